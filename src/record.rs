//! One line → who said what, when.
//!
//! In: the bytes of one line. Out: a [`Record`] that borrows them, or nothing for a line without a header.
//! Knows nothing of the catalog and of other lines.

pub mod decoration;
pub mod journal;
mod mark;
pub mod number;
pub mod places;
pub mod quick;
pub mod syslog;
pub mod table;
pub mod tag;
pub mod time;
pub mod typography;
pub mod unfold;
pub mod windows_event;

pub use mark::Mark;

use time::Stamp;

/// The header of a line, and its message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record<'a> {
    /// When, as written.
    pub stamp: Stamp,
    /// The server's name; empty where the line has none.
    pub host: &'a [u8],
    /// The program's tag; empty for a line without a header.
    pub program: &'a [u8],
    /// The process, where given.
    pub pid: Option<u32>,
    /// What the program said, level prefix and marks removed by [`strip`] only later.
    pub message: &'a [u8],
    /// How often the message stands for itself: N for `message repeated N times: [...]`, else 1 (or 0 meaning 1).
    pub repeat: u32,
    /// Set for `last message repeated N times`, which says nothing of its own.
    pub repeats_previous: u32,
    /// How the header is written.
    pub dialect: Dialect,
}

/// Ways to write a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// No header.
    #[default]
    Bare,
    /// RFC 3164 as written by rsyslog, syslogd, BusyBox, `journalctl -o short`.
    Syslog,
    /// ISO 8601 time, host and tag.
    Iso,
    /// RFC 5424.
    Rfc5424,
    /// `journalctl -o short-unix`.
    Epoch,
    /// `journalctl -o json`.
    JournalJson,
    /// dmesg.
    KernelRing,
    /// auditd's own file.
    Audit,
    /// macOS `log show`.
    MacOs,
    /// Win32-OpenSSH's own file.
    Windows,
    /// Events of Windows as XML.
    WindowsEvent,
    /// JSON of a log shipper.
    ShippedJson,
    /// CSV of a log search.
    Table,
}

impl Dialect {
    /// The word in `inputs[].format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "plain",
            Self::Syslog => "syslog",
            Self::Iso => "syslog-iso8601",
            Self::Rfc5424 => "syslog-rfc5424",
            Self::Epoch => "journal-short-unix",
            Self::JournalJson => "journal-json",
            Self::KernelRing => "dmesg",
            Self::Audit => "audit",
            Self::MacOs => "macos-log",
            Self::Windows => "windows-openssh",
            Self::WindowsEvent => "windows-event-xml",
            Self::ShippedJson => "json",
            Self::Table => "csv",
        }
    }
}

/// Parses a line's header. JSON, XML and tables need `scratch` for what they unescape.
pub fn parse<'a>(line: &'a [u8], scratch: &'a mut Vec<u8>) -> Option<Record<'a>> {
    if let Some(object) = journal::object(line) {
        return journal::parse(object, scratch).map(unrepeat);
    }
    if line.starts_with(windows_event::START) {
        return windows_event::parse(line, scratch).map(unrepeat);
    }
    if table::is_escaped(line) {
        return table::parse_escaped(line, scratch).map(unrepeat);
    }
    parse_text(line)
}

/// Whether a line's texts are escaped, so that a record cannot borrow the line itself.
pub fn is_escaped(line: &[u8]) -> bool {
    journal::object(line).is_some() || line.starts_with(windows_event::START) || table::is_escaped(line)
}

/// Parses the header of a line whose texts are not escaped.
pub fn parse_text(line: &[u8]) -> Option<Record<'_>> {
    if line.starts_with(b"\"") {
        return table::parse(line).map(unrepeat);
    }
    syslog::parse(line).or_else(|| table::is_timed(line).then(|| table::parse(line)).flatten()).map(unrepeat)
}

/// rsyslog writes `message repeated 3 times: [ the message]` for the third and later copies.
fn unrepeat(record: Record<'_>) -> Record<'_> {
    let Some(rest) = record.message.strip_prefix(b"message repeated ") else { return record };
    let Some(end) = memchr::memchr(b' ', rest) else { return record };
    let Some(times) = number::decimal(&rest[..end]) else { return record };
    let inner = rest[end..].strip_prefix(b" times: [").and_then(|r| r.trim_ascii_end().strip_suffix(b"]"));
    match inner {
        Some(message) => Record { message: message.trim_ascii_start(), repeat: times, ..record },
        None => record,
    }
}

/// A message without what sshd and ssh put around the emitter's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stripped<'a> {
    /// The emitter's own text.
    pub message: &'a [u8],
    /// Whether it was a debug message, which sshd and ssh print of themselves only.
    pub debug: bool,
    /// The mark behind it.
    pub mark: Mark,
}

/// Removes a level prefix (`error: `, `debug1: `), the mark of a child process (` [preauth]`), and line ends, also those that
/// rsyslog writes as `#015` and `#012`.
pub fn strip(message: &[u8]) -> Stripped<'_> {
    let mut message = message;
    while let [rest @ .., b'\r' | b'\n' | 0] | [rest @ .., b'#', b'0', b'1', b'5' | b'2'] = message {
        message = rest;
    }
    let mut debug = false;
    match message {
        [b'e', b'r', b'r', b'o', b'r', b':', b' ', rest @ ..] => message = rest,
        [b'f', b'a', b't', b'a', b'l', b':', b' ', rest @ ..] => message = rest,
        [b'd', b'e', b'b', b'u', b'g', b'1'..=b'3', b':', b' ', rest @ ..] => {
            message = rest;
            debug = true;
        }
        _ => {}
    }
    let mut mark = Mark::None;
    if message.last() == Some(&b']') {
        for (text, meaning) in [(&b" [preauth]"[..], Mark::Preauth), (b" [postauth]", Mark::Postauth)] {
            if let Some(rest) = message.strip_suffix(text) {
                message = rest;
                mark = meaning;
                break;
            }
        }
    }
    Stripped { message, debug, mark }
}

/// An IPv4 address without the prefix that a socket for both families puts before it (RFC 4291, 2.5.5.2): programs differ.
pub fn unmapped(address: &[u8]) -> &[u8] {
    match address.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case(b"::ffff:") && address[7..].contains(&b'.') => &address[7..],
        _ => address,
    }
}

/// Takes back what OpenSSH's log.c does with vis(3) (VIS_SAFE | VIS_OCTAL): `\\` for a backslash, three octal digits for
/// bytes outside printable ASCII. Anything else stays as it is.
pub fn unvis(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\\', [b'\\', after @ ..]) => {
                out.push(b'\\');
                after
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                after
            }
            (byte, after) => {
                out.push(byte);
                after
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_was_typed() {
        for (written, typed) in [
            ("alice", "alice"),
            (r"CORP\\jdoe", r"CORP\jdoe"),
            (r"\303\251ric", "éric"),
            (r"\\303", r"\303"),
            (r"a\40", r"a\40"),
            (r"end\", r"end\"),
        ] {
            assert_eq!(unvis(written.as_bytes()), typed.as_bytes(), "{written}");
        }
    }

    #[test]
    fn level_prefix_and_process_mark_are_no_part_of_the_message() {
        for (text, expected, debug, mark) in [
            ("error: PAM: x [preauth]\r", "PAM: x", false, Mark::Preauth),
            ("fatal: no hostkeys", "no hostkeys", false, Mark::None),
            ("debug2: x [postauth]", "x", true, Mark::Postauth),
            ("debug9: x", "debug9: x", false, Mark::None),
            ("x#015", "x", false, Mark::None),
        ] {
            assert_eq!(strip(text.as_bytes()), Stripped { message: expected.as_bytes(), debug, mark });
        }
    }

    #[test]
    fn repeated_messages_count() {
        let mut scratch = Vec::new();
        let record = parse(b"Apr 17 10:00:00 h sshd[1]: message repeated 3 times: [ Failed x]", &mut scratch);
        let record = record.expect("a record");
        assert_eq!((record.message, record.repeat), (&b"Failed x"[..], 3));
        let record = parse(b"Apr 17 10:00:00 h last message repeated 4 times", &mut scratch).expect("a record");
        assert_eq!(record.repeats_previous, 4);
    }
}
