//! Journal dumps whose entries take several lines (`journalctl -o export`, `verbose`, `json-pretty`) → lines.
//!
//! In: the text, block after block. Out: as many lines; the one with an entry's message holds the whole entry, its others are
//! empty, so that line numbers stay those of the dump. What is no entry stays as it is. Memory is that of one entry.

use super::entry::{Entry, Field};
use super::{MAX_FIELDS, MAX_VALUE};
use crate::framing;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Bytes looked at to tell a dump.
const HEAD: usize = 64 << 10;
/// Lines at the beginning that may be of something else.
const STRANGE_LINES: usize = 100;
/// Lines of an entry after which its own line is no longer kept for it.
const MAX_LINES: usize = 64 << 10;
/// Bytes of an entry in JSON.
const MAX_OBJECT: usize = 1 << 20;
/// Bytes of a field of the export format; a longer one is no such field.
const MAX_BINARY: u64 = 64 << 20;

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Export,
    Verbose,
    PrettyJson,
}

/// A dump being read.
#[derive(Debug)]
pub struct Dump {
    form: Form,
    /// What of the last block needs more to be understood.
    carried: Vec<u8>,
    entry: Entry<'static>,
    fields: usize,
    /// Lines of the entry so far.
    lines: usize,
    /// Which of them has the message.
    message_line: Option<usize>,
    /// The field that goes on, for as many bytes where that is known.
    open: Option<Open>,
    /// The entry so far, as JSON.
    object: Vec<u8>,
    within: bool,
}

#[derive(Debug)]
struct Open {
    field: Option<Field>,
    value: Vec<u8>,
    missing: u64,
}

impl Dump {
    /// Whether an input that begins with `head` is such a dump.
    pub fn of(head: &[u8]) -> Option<Self> {
        let head = &head[..head.len().min(HEAD)];
        let lines: Vec<&[u8]> = framing::lines(head).take(STRANGE_LINES).map(|line| &head[line]).collect();
        let form = lines.windows(2).find_map(|pair| {
            let (line, next) = (without_return(pair[0]), pair[1]);
            let verbose = || next.starts_with(b"    ") && verbose_head(line).is_some();
            match line {
                [b'_', b'_', b'C', b'U', b'R', b'S', b'O', b'R', b'=', ..] => Some(Form::Export),
                _ if line.starts_with(b"__REALTIME_TIMESTAMP=") => Some(Form::Export),
                b"{" if next.starts_with(b"\t\"") => Some(Form::PrettyJson),
                _ => verbose().then_some(Form::Verbose),
            }
        })?;
        Some(Self {
            form,
            carried: Vec::new(),
            entry: Entry::default(),
            fields: 0,
            lines: 0,
            message_line: None,
            open: None,
            object: Vec::new(),
            within: false,
        })
    }

    /// The word in `inputs[].format`.
    pub fn name(&self) -> &'static str {
        match self.form {
            Form::Export => "journal-export",
            Form::Verbose => "journal-verbose",
            Form::PrettyJson => "journal-json",
        }
    }

    /// The lines of the next block.
    pub fn feed(&mut self, block: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(block.len() / 2);
        let carried = std::mem::take(&mut self.carried);
        let bytes = if carried.is_empty() { Cow::Borrowed(block) } else { Cow::Owned([&carried, block].concat()) };
        let mut rest = &bytes[..];
        while let Some(used) = self.step(rest, &mut out) {
            rest = &rest[used..];
        }
        self.carried = rest[..rest.len().min(MAX_OBJECT)].to_vec();
        out
    }

    /// Nothing follows.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = std::mem::take(&mut self.carried);
        if !rest.is_empty() {
            rest.push(b'\n');
            out = self.feed(&rest);
        }
        self.close_field();
        self.end_entry(&mut out);
        out
    }

    /// Takes a line, or what is there of a binary field; returns how many bytes.
    fn step(&mut self, rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        if self.form == Form::Export && self.open.is_some() {
            return self.binary(rest, out);
        }
        let end = memchr::memchr(b'\n', rest)?;
        let line = without_return(&rest[..end]);
        if self.form == Form::Export && self.lines > 0 && is_name(line) {
            // The length of the value follows, and may look like anything, also like the end of a line.
            let (length, _) = rest[end + 1..].split_first_chunk::<8>()?;
            let missing = u64::from_le_bytes(*length);
            if missing <= MAX_BINARY {
                self.note_line(Field::named(line), out);
                self.lines += length.iter().filter(|b| **b == b'\n').count();
                self.open = Some(Open { field: Field::named(line), value: Vec::new(), missing: missing + 1 });
                return Some(end + 9);
            }
        }
        match self.form {
            Form::Export => self.export_line(line, out),
            Form::Verbose => self.verbose_line(line, out),
            Form::PrettyJson => self.json_line(line, out),
        }
        Some(end + 1)
    }

    /// A part of a binary field, with the line feed behind it.
    fn binary(&mut self, rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
        let open = self.open.as_mut().filter(|_| !rest.is_empty())?;
        let used = usize::try_from(open.missing).unwrap_or(usize::MAX).min(rest.len());
        let value = &rest[..used];
        open.missing -= used as u64;
        let kept = value.len() - usize::from(open.missing == 0);
        open.value.extend_from_slice(&value[..kept.min(MAX_VALUE.saturating_sub(open.value.len()))]);
        let done = open.missing == 0;
        self.lines += memchr::memchr_iter(b'\n', value).count();
        self.relieve(out);
        if done {
            self.close_field();
        }
        Some(used)
    }

    fn export_line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if line.is_empty() && self.lines > 0 {
            self.lines += 1;
            return self.end_entry(out);
        }
        match named(line) {
            Some((name, value)) => self.field(Field::named(name), value, out),
            None if self.lines == 0 => pass(line, out),
            None => self.note_line(None, out),
        }
    }

    fn verbose_line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if let Some(time) = verbose_head(line) {
            self.close_field();
            self.end_entry(out);
            self.within = true;
            self.entry.received_at(time);
            return self.note_line(None, out);
        }
        // Further lines of a value stand further in than any name.
        let inner = line.strip_prefix(b"    ").filter(|_| self.within);
        match inner.map(|inner| (inner, named(inner))) {
            Some((_, Some((name, value)))) => {
                self.close_field();
                let field = Field::named(name);
                self.note_line(field, out);
                self.open = Some(Open { field, value: value[..value.len().min(MAX_VALUE)].to_vec(), missing: 0 });
            }
            Some((inner, None)) => {
                if let Some(open) = self.open.as_mut().filter(|open| open.value.len() < MAX_VALUE) {
                    open.value.push(b'\n');
                    open.value.extend(inner.trim_ascii().iter().take(MAX_VALUE));
                }
                self.note_line(None, out);
            }
            None => {
                self.close_field();
                self.end_entry(out);
                pass(line, out);
            }
        }
    }

    fn json_line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if !self.within && line != b"{" {
            return pass(line, out);
        }
        self.within = true;
        let is_message = line.trim_ascii_start().starts_with(b"\"MESSAGE\" :");
        self.note_line(is_message.then_some(Field::Message), out);
        if self.object.len() + line.len() <= MAX_OBJECT {
            self.object.extend_from_slice(line);
        }
        if line.first() != Some(&b'}') {
            return;
        }
        let object = std::mem::take(&mut self.object);
        let object = object.strip_suffix(b",").unwrap_or(&object);
        for (name, value) in serde_json::from_slice::<Map<String, Value>>(object).unwrap_or_default() {
            if let Some(field) = Field::named(name.as_bytes())
                && let Some(value) = bytes_of(value)
            {
                self.entry.set(field, Cow::Owned(value));
            }
        }
        self.end_entry(out);
    }

    fn field(&mut self, field: Option<Field>, value: &[u8], out: &mut Vec<u8>) {
        self.note_line(field, out);
        self.fields += 1;
        if let Some(field) = field.filter(|_| self.fields <= MAX_FIELDS) {
            self.entry.set(field, Cow::Owned(value[..value.len().min(MAX_VALUE)].to_vec()));
        }
    }

    fn close_field(&mut self) {
        if let Some(Open { field: Some(field), value, .. }) = self.open.take() {
            self.entry.set(field, Cow::Owned(value));
        }
    }

    fn note_line(&mut self, field: Option<Field>, out: &mut Vec<u8>) {
        if field == Some(Field::Message) {
            self.message_line.get_or_insert(self.lines);
        }
        self.lines += 1;
        self.relieve(out);
    }

    /// Of an entry that goes on for ever, lines are given out before it ends.
    fn relieve(&mut self, out: &mut Vec<u8>) {
        if self.lines > MAX_LINES {
            out.resize(out.len() + self.lines - 1, b'\n');
            self.lines = 1;
            self.message_line = None;
        }
    }

    fn end_entry(&mut self, out: &mut Vec<u8>) {
        let entry = std::mem::take(&mut self.entry);
        let lines = std::mem::take(&mut self.lines);
        let message_line = self.message_line.take().unwrap_or(0);
        self.fields = 0;
        self.within = false;
        for line in 0..lines {
            if line == message_line {
                entry.write(out);
            }
            out.push(b'\n');
        }
    }
}

fn pass(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&line[..line.len().min(framing::MAX_LINE)]);
    out.push(b'\n');
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// `NAME=value`.
fn named(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = memchr::memchr(b'=', &line[..line.len().min(65)])?;
    is_name(&line[..equals]).then(|| (&line[..equals], &line[equals + 1..]))
}

fn is_name(text: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_uppercase() || *b == b'_';
    text.first().is_some_and(letter) && text.len() <= 64 && text.iter().all(|b| letter(b) || b.is_ascii_digit())
}

/// The time in `Tue 2018-04-17 10:00:00.123456 UTC [s=...;i=1;b=...;m=5;t=56a00db93e400;x=...]`.
fn verbose_head(line: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(&line[..line.len().min(400)]).ok()?;
    let (time, cursor) = text.trim_end().strip_suffix(']')?.split_once(" [s=")?;
    let shape = time.len() < 80 && time.as_bytes().get(3) == Some(&b' ') && time.as_bytes()[0].is_ascii_uppercase();
    let at = cursor.split(';').find_map(|part| part.strip_prefix("t=")).filter(|_| shape)?;
    u64::from_str_radix(at, 16).ok()
}

/// A text, or the numbers of the bytes of what is none; of several values the first.
fn bytes_of(value: Value) -> Option<Vec<u8>> {
    let byte = |value: &Value| value.as_u64().and_then(|b| u8::try_from(b).ok());
    let mut bytes = match value {
        Value::String(text) => text.into_bytes(),
        Value::Array(values) if values.iter().all(|v| byte(v).is_some()) => values.iter().filter_map(byte).collect(),
        Value::Array(values) => return values.into_iter().next().and_then(bytes_of),
        _ => return None,
    };
    bytes.truncate(MAX_VALUE);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &[u8] = b"__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1523926800000000\n_HOSTNAME=web01\nMESSAGE\n\
        \x0a\0\0\0\0\0\0\0one\ntwo\n\n\x01\nSYSLOG_IDENTIFIER=sshd\n_PID=7\n\n\
        __CURSOR=s=1;i=2\nMESSAGE=x\nSYSLOG_IDENTIFIER=cron\n_PID=8\n_HOSTNAME=web01\n__REALTIME_TIMESTAMP=1523926800000001\n\n";
    const VERBOSE: &[u8] = b"-- a remark\nTue 2018-04-17 10:00:00.000000 JST [s=e;i=1;b=0;m=5;t=56a00db93e400;x=1]\n    _PID=7\n    \
        MESSAGE=one\n            SYSLOG_IDENTIFIER=su\n    SYSLOG_IDENTIFIER=sshd\n    _HOSTNAME=web01\nanother remark\n";
    const PRETTY: &[u8] =
        b"{\n\t\"_PID\" : \"7\",\n\t\"MESSAGE\" : [\n\t\t97,\n\t\t10,\n\t\t98\n\t],\n\t\"_HOSTNAME\" : \"web01\",\n\t\
        \"SYSLOG_IDENTIFIER\" : \"sshd\",\n\t\"__REALTIME_TIMESTAMP\" : \"1523926800000000\"\n}\n{\n\t\"broken\n}\n";

    fn unfold(text: &[u8], piece: usize) -> String {
        let mut dump = Dump::of(text).expect("a dump");
        let mut out: Vec<u8> = text.chunks(piece).flat_map(|p| dump.feed(p)).collect();
        out.extend(dump.finish());
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn an_entry_is_one_line_where_its_message_stands_however_the_dump_is_cut() {
        for (text, expected) in [
            (
                EXPORT,
                &[
                    (4, "2018-04-17T01:00:00.000000+00:00 web01 sshd[7]: one#012two#012#012#001"),
                    (14, "2018-04-17T01:00:00.000001+00:00 web01 cron[8]: x"),
                ][..],
            ),
            (
                VERBOSE,
                &[
                    (1, "-- a remark"),
                    (4, "2018-04-17T01:00:00.000000+00:00 web01 sshd[7]: one#012SYSLOG_IDENTIFIER=su"),
                    (8, "another remark"),
                ],
            ),
            (PRETTY, &[(3, "2018-04-17T01:00:00.000000+00:00 web01 sshd[7]: a#012b")]),
        ] {
            for piece in 1..text.len() + 1 {
                let found = unfold(text, piece);
                let lines: Vec<(usize, &str)> = found.lines().enumerate().map(|(at, l)| (at + 1, l)).collect();
                let filled: Vec<(usize, &str)> = lines.into_iter().filter(|(_, l)| !l.is_empty()).collect();
                assert_eq!(filled, expected, "pieces of {piece}");
                let feeds = |text: &[u8]| text.iter().filter(|b| **b == b'\n').count();
                assert_eq!(feeds(found.as_bytes()), feeds(text), "pieces of {piece}: {found}");
            }
        }
    }

    #[test]
    fn a_dump_that_ends_anywhere_is_read_to_there() {
        for text in [EXPORT, VERBOSE, PRETTY] {
            for end in 0..text.len() {
                if let Some(mut dump) = Dump::of(&text[..end]) {
                    let mut out = dump.feed(&text[..end]);
                    out.extend(dump.finish());
                    assert!(out.len() <= end + 100);
                }
            }
        }
        let cut = &EXPORT[..EXPORT.len() - 1];
        assert!(unfold(cut, 9).ends_with("cron[8]: x\n\n\n\n\n"), "the last entry lacks its empty line");
    }

    #[test]
    fn other_text_is_no_dump() {
        for text in
            ["", "{\n  \"a\": 1\n}\n", "Apr 17 10:00:00 h sshd[1]: MESSAGE=x\n", "{\"MESSAGE\":\"x\"}\n", "A=b\nC=d\n"]
        {
            assert!(Dump::of(text.as_bytes()).is_none(), "{text}");
        }
    }
}
