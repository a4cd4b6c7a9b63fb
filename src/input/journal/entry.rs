//! One entry of a journal → one line.
//!
//! In: the fields of an entry, however they were stored. Out: a line that the record stage reads, in the form of
//! `journalctl -o short-iso-precise`, or of RFC 5424 where a name would not be safe in that. What a program, or a stranger, put
//! into a field can neither begin another line nor pass for another field.

use crate::record::syslog::is_priority;
use crate::record::time::Micros;
use chrono::{DateTime, Datelike, Timelike};
use std::borrow::Cow;

/// The year 2200: a later time is no time.
pub(super) const LATEST: Micros = 7_258_118_400_000_000;

/// The fields that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Message,
    Host,
    Identifier,
    Command,
    Transport,
    Pid,
    SyslogPid,
    Received,
    Sent,
}

const FIELDS: [(&[u8], Field); 9] = [
    (b"MESSAGE", Field::Message),
    (b"_HOSTNAME", Field::Host),
    (b"SYSLOG_IDENTIFIER", Field::Identifier),
    (b"_COMM", Field::Command),
    (b"_TRANSPORT", Field::Transport),
    (b"_PID", Field::Pid),
    (b"SYSLOG_PID", Field::SyslogPid),
    (b"__REALTIME_TIMESTAMP", Field::Received),
    (b"_SOURCE_REALTIME_TIMESTAMP", Field::Sent),
];

impl Field {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }
}

/// Field and value of `NAME=value`, if the field matters.
pub(super) fn split(text: &[u8]) -> Option<(Field, &[u8])> {
    let equals = memchr::memchr(b'=', &text[..text.len().min(40)])?;
    Some((Field::named(&text[..equals])?, &text[equals + 1..]))
}

/// What matters of an entry. Of a field that is there more than once, the first counts.
#[derive(Debug, Default)]
pub(super) struct Entry<'b> {
    values: [Option<Cow<'b, [u8]>>; FIELDS.len()],
    received: Option<Micros>,
}

impl<'b> Entry<'b> {
    pub(super) fn set(&mut self, field: Field, value: Cow<'b, [u8]>) {
        self.values[field as usize].get_or_insert(value);
    }

    pub(super) fn received_at(&mut self, micros: u64) {
        self.received = Micros::try_from(micros).ok().filter(|t| (0..=LATEST).contains(t));
    }

    /// When it was sent, else received.
    pub(super) fn time(&self) -> Option<Micros> {
        let said = |field| self.number(field).filter(|t| (0..=LATEST).contains(t));
        said(Field::Sent).or_else(|| said(Field::Received)).or(self.received)
    }

    /// Who says it.
    pub(super) fn program(&self) -> &[u8] {
        let kernel = || self.get(Field::Transport).filter(|t| *t == b"kernel");
        self.get(Field::Identifier).or_else(|| self.get(Field::Command)).or_else(kernel).unwrap_or_default()
    }

    /// Appends it as text without a line feed; nothing for an entry without a message.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let Some(message) = self.get(Field::Message) else { return };
        let host = self.get(Field::Host).unwrap_or_default();
        let program = self.program();
        let pid = self.number(Field::SyslogPid).or_else(|| self.number(Field::Pid));
        let pid = pid.and_then(|pid| u32::try_from(pid).ok());
        match pid {
            Some(pid) if is_plain(host) && is_plain(program) && !is_priority(host) => {
                self.write_time(out);
                for part in [b" ", host, b" ", program, b"["] {
                    out.extend_from_slice(part);
                }
                out.extend_from_slice(pid.to_string().as_bytes());
                out.extend_from_slice(b"]: ");
            }
            _ => {
                out.extend_from_slice(b"1 ");
                self.write_time(out);
                for token in [host, program] {
                    out.push(b' ');
                    write_token(token, out);
                }
                out.push(b' ');
                out.extend_from_slice(pid.map_or("-".to_owned(), |pid| pid.to_string()).as_bytes());
                out.extend_from_slice(b" - - ");
            }
        }
        write_message(message, out);
    }

    fn get(&self, field: Field) -> Option<&[u8]> {
        self.values[field as usize].as_deref()
    }

    fn number(&self, field: Field) -> Option<i64> {
        std::str::from_utf8(self.get(field)?).ok()?.trim().parse().ok()
    }

    /// RFC 3339 to the microsecond, in UTC.
    fn write_time(&self, out: &mut Vec<u8>) {
        let Some(at) = self.time().and_then(DateTime::from_timestamp_micros) else {
            return out.push(b'-');
        };
        let digits = |out: &mut Vec<u8>, value: u32, places: u32| {
            (0..places).rev().for_each(|place| out.push(b'0' + (value / 10u32.pow(place) % 10) as u8));
        };
        digits(out, at.year().unsigned_abs(), 4);
        for (mark, value) in
            [(b'-', at.month()), (b'-', at.day()), (b'T', at.hour()), (b':', at.minute()), (b':', at.second())]
        {
            out.push(mark);
            digits(out, value, 2);
        }
        out.push(b'.');
        digits(out, at.nanosecond() / 1000, 6);
        out.extend_from_slice(b"+00:00");
    }
}

/// Whether a name means itself in a line of syslog, whatever stands beside it.
fn is_plain(name: &[u8]) -> bool {
    let plain =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'(' | b')' | b'/' | b'+' | b'@');
    // `debug1:` is what a client's transcript has behind a wrapper's time.
    name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(plain) && !name.starts_with(b"debug")
}

/// A name in RFC 5424; what it must not hold becomes `?`, and so part of no name that is known.
fn write_token(name: &[u8], out: &mut Vec<u8>) {
    if name.is_empty() || name == b"-" {
        return out.push(b'-');
    }
    out.extend(name.iter().take(255).map(|b| if b.is_ascii_graphic() || *b >= 0x80 { *b } else { b'?' }));
}

/// Control characters as rsyslog writes them, `#012` for a line feed. A tab is harmless.
fn write_message(message: &[u8], out: &mut Vec<u8>) {
    let mut message = message;
    while let [rest @ .., b'\r' | b'\n' | 0] = message {
        message = rest;
    }
    if !message.iter().any(|b| is_control(*b)) {
        return out.extend_from_slice(message);
    }
    for byte in message {
        match is_control(*byte) {
            true => out.extend_from_slice(format!("#{byte:03o}").as_bytes()),
            false => out.push(*byte),
        }
    }
}

fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    fn line(fields: &[(&str, &str)]) -> String {
        let mut entry = Entry::default();
        for (name, value) in fields {
            entry.set(Field::named(name.as_bytes()).expect("a field"), Cow::Borrowed(value.as_bytes()));
        }
        let mut out = Vec::new();
        entry.write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn fields_are_read_back_as_they_were_whatever_is_in_them() {
        let odd = [
            "web01",
            "",
            "-",
            "web 01",
            "sshd[1]:",
            "last",
            "db.example.com",
            "2001:db8::1",
            "auth.info",
            "日本",
            "ssh",
        ];
        for host in odd {
            for program in
                odd.into_iter().chain(["debug1", "sshd", "sshd-session", "kernel", "sshd(pam_unix)", "(systemd)"])
            {
                for pid in [Some("12"), None, Some("x")] {
                    for message in ["m", "sshd[9]: x", "[7] y", "last message repeated 3 times", "b\nc", "\u{1b}[2J"] {
                        let time = ("__REALTIME_TIMESTAMP", "1523926800123456");
                        let mut fields =
                            vec![time, ("_HOSTNAME", host), ("SYSLOG_IDENTIFIER", program), ("MESSAGE", message)];
                        fields.extend(pid.map(|pid| ("_PID", pid)));
                        let line = line(&fields);
                        assert!(!line.bytes().any(is_control), "{line:?}");
                        let mut scratch = Vec::new();
                        let record = record::parse(line.as_bytes(), &mut scratch).unwrap_or_else(|| panic!("{line}"));
                        let name = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
                        let safe = |name: &str| if name == "-" { String::new() } else { name.replace(' ', "?") };
                        assert_eq!(name(record.host), safe(host), "{line}");
                        assert_eq!(name(record.program).trim_matches('-'), safe(program), "{line}");
                        assert_eq!(record.pid, pid.and_then(|p| p.parse().ok()), "{line}");
                        let written = message.replace('\n', "#012").replace('\u{1b}', "#033");
                        assert_eq!(name(record.message), written, "{line}");
                        assert_eq!(record.stamp, record::time::Stamp::Instant(1_523_926_800_123_456), "{line}");
                        assert_eq!(record.repeats_previous, 0, "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_entry_without_a_message_is_no_line() {
        assert_eq!(line(&[("_HOSTNAME", "h"), ("SYSLOG_IDENTIFIER", "sshd")]), "");
    }
}
