//! The header of a line that begins as the one before: the same host at the same place, behind a time of the same form.
//!
//! In: the lines of a log, one after the other. Out: the same records that [`super::parse_text`] gives, sooner.
//! Knows nothing of the catalog. Whatever is unusual in a line is left to the full parser, which also says what is usual.

use super::time::{self, Micros, SECOND, Stamp};
use super::{Dialect, Record, number, syslog};
use crate::template::bytes;

/// A line of the usual form.
enum Usual<'a> {
    Record(Record<'a>),
    Unwanted,
}

/// What the last usual line began with.
#[derive(Debug, Clone, Default)]
pub struct Quick<'a> {
    /// From the start of a line to the blank before the host.
    time: &'a [u8],
    stamp: Stamp,
    host: &'a [u8],
    dialect: Dialect,
}

impl<'a> Quick<'a> {
    /// The record of a line whose texts are not escaped; perhaps none for a program that is not `wanted`.
    pub fn parse(&mut self, line: &'a [u8], wanted: impl FnMut(&[u8]) -> bool) -> Option<Record<'a>> {
        match self.usual(line, wanted) {
            Some(Usual::Record(record)) => return Some(record),
            Some(Usual::Unwanted) => return None,
            None => {}
        }
        let record = super::parse_text(line)?;
        self.learn(line, &record);
        Some(record)
    }

    /// `time host program[pid]: message` or `time host program: message` with the known host, and nothing else.
    #[inline]
    fn usual(&mut self, line: &'a [u8], mut wanted: impl FnMut(&[u8]) -> bool) -> Option<Usual<'a>> {
        let at = self.time.len();
        let (time, rest) = line.split_at_checked(at)?;
        let (blank, rest) = rest.split_first()?;
        if *blank != b' ' || !bytes::begins(rest, self.host) || rest.get(self.host.len()) != Some(&b' ') {
            return None;
        }
        if !(bytes::begins(time, self.time)) {
            self.stamp = self.read_time(time)?;
            self.time = time;
        }
        let rest = &rest[self.host.len() + 1..];
        let end = memchr::memchr3(b'[', b':', b' ', &rest[..rest.len().min(64)])?;
        let (program, rest) = rest.split_at(end);
        let (pid, message) = match rest {
            [b'[', rest @ ..] => {
                let (pid, used) = number::leading_number(rest)?;
                (Some(pid), rest[used..].strip_prefix(b"]: ")?)
            }
            _ => (None, rest.strip_prefix(b": ")?),
        };
        if !is_plain_program(program, pid) {
            return None;
        }
        // Of a program that nobody asks for it is enough to know that its message is no other's.
        let wanted = wanted(program);
        if !is_plain_message(message, !wanted) {
            return None;
        }
        if !wanted {
            return Some(Usual::Unwanted);
        }
        let (stamp, host, dialect) = (self.stamp, self.host, self.dialect);
        Some(Usual::Record(Record { stamp, host, program, pid, message, dialect, repeat: 0, repeats_previous: 0 }))
    }

    /// The time of a line of the known form; the date is mostly that of the line before.
    fn read_time(&self, text: &[u8]) -> Option<Stamp> {
        let (stamp, used) = match (self.dialect, self.stamp) {
            // The same minute.
            (Dialect::Syslog, Stamp::Yearless { month, day, of_day })
                if text.len() == 15 && bytes::begins(text, &self.time[..13]) =>
            {
                let seconds = |time: &[u8]| {
                    let (tens, ones) = (time[13].wrapping_sub(b'0'), time[14].wrapping_sub(b'0'));
                    (tens < 6 && ones < 10).then(|| Micros::from(10 * tens + ones))
                };
                let passed = seconds(text)? - seconds(self.time)?;
                (Stamp::Yearless { month, day, of_day: of_day + passed * SECOND }, 15)
            }
            (Dialect::Syslog, Stamp::Yearless { month, day, .. })
                if text.len() == 15 && text[..7] == self.time[..7] =>
            {
                (Stamp::Yearless { month, day, of_day: time::clock(&text[7..])? }, 15)
            }
            (Dialect::Syslog, _) => time::traditional(text)?,
            (Dialect::Iso, _) => time::iso(text)?,
            _ => return None,
        };
        (used == text.len()).then_some(stamp)
    }

    /// Remembers a line's beginning if it is of the usual form.
    fn learn(&mut self, line: &'a [u8], record: &Record<'a>) {
        let at = (record.host.as_ptr() as usize).wrapping_sub(line.as_ptr() as usize);
        let form = matches!(record.dialect, Dialect::Syslog | Dialect::Iso);
        if !form || !is_plain_host(record.host) || at == 0 || at >= line.len() || line[at - 1] != b' ' {
            return;
        }
        let known = Self { time: &line[..at - 1], stamp: record.stamp, host: record.host, dialect: record.dialect };
        if known.read_time(known.time) == Some(record.stamp) {
            *self = known;
        }
    }
}

/// Whether nothing in a host's name may make the full parser take it for something else.
fn is_plain_host(host: &[u8]) -> bool {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    edge(host.first())
        && edge(host.last())
        && host.iter().all(name)
        && !syslog::is_priority(host)
        && !host.starts_with(b"0x")
        && !host.starts_with(b"fail2ban")
        && host != b"Message"
}

/// Whether the full parser takes the message for all there is. `indented` ones too, if their blanks do not matter.
fn is_plain_message(message: &[u8], indented: bool) -> bool {
    // A relay's or a container's own tag, a kernel's clock, a repeated message: all begin in their own way.
    let message = if indented { message.trim_ascii_start() } else { message };
    match message.first() {
        None | Some(b'[' | b'-') => false,
        Some(b'k') => !message.starts_with(b"kernel:"),
        Some(b'm') => !message.starts_with(b"message repeated "),
        Some(first) => !first.is_ascii_whitespace(),
    }
}

/// Whether the full parser takes this tag for what it seems.
fn is_plain_program(program: &[u8], pid: Option<u32>) -> bool {
    match program {
        [] | b"kernel" | b"debug1" | b"debug2" | b"debug3" => false,
        b"ssh" | b"scp" | b"sftp" => pid.is_some(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_the_full_parser_gives_whatever_comes_before() {
        let lines = [
            "Apr 17 10:00:00 web01 sshd[12]: msg",
            "Apr 17 10:00:01 web01 sshd[12]: msg",
            "Apr 17 25:00:01 web01 sshd[12]: msg",
            "Apr  7 10:00:01 web01 sshd: msg",
            "Apr 17 10:00:01 web01 sshd[12]:  msg",
            "Apr 17 10:00:01 web01 sshd[12]: message repeated 3 times: [ msg]",
            "Apr 17 10:00:01 web01 last message repeated 2 times",
            "Apr 17 10:00:01 web01 web01 sshd[12]: msg",
            "Apr 17 10:00:01 web01 auth.info sshd[12]: msg",
            "Apr 17 10:00:01 web01 sshd[12] <Error>: msg",
            "Apr 17 10:00:01 web01 kernel: [ 12.5] msg",
            "Apr 17 10:00:01 web01 ssh: connect to host h port 22: Connection refused",
            "Apr 17 10:00:01 web01 sshd[12]: [12] Apr 17 10:00:00 msg",
            "Apr 17 10:00:01 web01 sshd[12345678901]: msg",
            "Apr 17 10:00:01 web012 sshd[12]: msg",
            "Apr 17 10:00:01 sshd[12]: msg",
            "Apr 17 10:00:01 Message forwarded from web01: sshd[12]: msg",
            "2018-04-17T10:00:00.123456+09:00 web01 sshd[12]: msg",
            "2018-04-17T10:00:01.123456+09:00 web01 sshd[12]: msg",
            "2018-04-18T10:00:01.123456+08:00 web01 CRON[12]: msg",
            "Apr 17 10:00:01 web01 CRON[12]:   msg",
            "Apr 17 10:00:01 web01 CRON[12]:   kernel: msg",
            "Apr 17 10:00:01 web01 CRON[12]: [12] Apr 17 10:00:00 sshd[3]: msg",
            "2018-04-17 10:00:01 web01 sshd[12]: msg",
            "<38>Apr 17 10:00:00 web01 sshd[12]: msg",
            "Apr 17 10:00:01 auth.info web01 sshd[12]: msg",
            "web01 sshd[12]: msg",
            "Apr 17 10:00:01 web01 sshd[12]: kernel:[  1.5]: msg",
            "Apr 17 10:00:01 web01 debug1: msg",
            "",
        ];
        for first in lines {
            for second in lines {
                let mut quick = Quick::default();
                for line in [first, second, first] {
                    let skipping = quick.clone().parse(line.as_bytes(), |program| program != b"CRON");
                    let (found, expected) =
                        (quick.parse(line.as_bytes(), |_| true), super::super::parse_text(line.as_bytes()));
                    assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{line} after {first}");
                    let others = |record: Option<Record<'_>>| {
                        record.filter(|r| r.program != b"CRON").map(|record| format!("{record:?}"))
                    };
                    assert_eq!(others(skipping), others(expected), "{line} after {first}");
                }
            }
        }
    }
}
