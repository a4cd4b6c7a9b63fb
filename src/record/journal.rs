//! `journalctl -o json`, `json-seq` and `json-sse`: one JSON object a line.
//!
//! In: one line. Out: its record; the message lies in the caller's scratch buffer, since JSON escapes it.
//! Knows nothing of the binary journal.

use super::{Dialect, Record, time::Stamp};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// The year 2200, in microseconds: a later time is no time.
const LATEST: i64 = 7_258_118_400_000_000;

/// The fields that matter; all optional, for a journal may lack any of them.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "__REALTIME_TIMESTAMP", borrow, default)]
    received: Option<Cow<'a, str>>,
    #[serde(rename = "_SOURCE_REALTIME_TIMESTAMP", borrow, default)]
    sent: Option<Cow<'a, str>>,
    #[serde(rename = "_HOSTNAME", borrow, default)]
    host: Option<Cow<'a, str>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", borrow, default)]
    program: Option<Cow<'a, str>>,
    #[serde(rename = "_COMM", borrow, default)]
    command: Option<Cow<'a, str>>,
    #[serde(rename = "_TRANSPORT", borrow, default)]
    transport: Option<Cow<'a, str>>,
    #[serde(rename = "_PID", borrow, default)]
    pid: Option<Cow<'a, str>>,
    #[serde(rename = "SYSLOG_PID", borrow, default)]
    syslog_pid: Option<Cow<'a, str>>,
    #[serde(rename = "MESSAGE", default)]
    message: Value,
}

/// The JSON object of a line: all of it, or what `-o json-seq` puts a record separator before, `-o json-sse` the word `data:`.
pub fn object(line: &[u8]) -> Option<&[u8]> {
    match line.first()? {
        b'{' => Some(line),
        0x1e => line.get(1..).filter(|object| object.first() == Some(&b'{')),
        b'd' => line.strip_prefix(b"data: ").filter(|object| object.first() == Some(&b'{')),
        _ => None,
    }
}

/// Parses a line; host, program and message are written to `scratch`, of which the record borrows.
pub fn parse<'a>(line: &[u8], scratch: &'a mut Vec<u8>) -> Option<Record<'a>> {
    let text = line.trim_ascii();
    if text.first() != Some(&b'{') || text.last() != Some(&b'}') {
        return None;
    }
    let entry: Entry = serde_json::from_slice(text).ok()?;
    let stamp = entry.sent.or(entry.received).and_then(|t| t.parse().ok());
    let stamp = stamp.filter(|t| (0..=LATEST).contains(t)).map_or(Stamp::None, Stamp::Instant);
    let kernel = entry.transport.as_deref() == Some("kernel");
    let program = entry.program.or(entry.command).unwrap_or(Cow::Borrowed(if kernel { "kernel" } else { "" }));
    let host = entry.host.unwrap_or_default();
    let pid = entry.syslog_pid.or(entry.pid).and_then(|p| p.trim().parse().ok());
    scratch.clear();
    scratch.extend_from_slice(host.as_bytes());
    scratch.extend_from_slice(program.as_bytes());
    match &entry.message {
        Value::String(text) => scratch.extend_from_slice(text.as_bytes()),
        // What is not UTF-8 comes as an array of bytes.
        Value::Array(bytes) => scratch.extend(bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok())),
        _ => return None,
    }
    let (host, rest) = scratch.split_at(host.len());
    let (program, message) = rest.split_at(program.len());
    Some(Record { stamp, host, program, pid, message, dialect: Dialect::JournalJson, ..Record::default() })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn escapes_and_byte_arrays_become_the_message() {
        for (line, message) in [
            (
                r#"{"SYSLOG_IDENTIFIER":"sshd","_PID":"12","MESSAGE":"a \"b\"","_HOSTNAME":"h","__REALTIME_TIMESTAMP":"1523926800000000"}"#,
                &b"a \"b\""[..],
            ),
            (r#"{"SYSLOG_IDENTIFIER":"sshd","SYSLOG_PID":"12","MESSAGE":[97,255],"_HOSTNAME":"h"}"#, &b"a\xff"[..]),
        ] {
            let mut scratch = Vec::new();
            let record = parse(line.as_bytes(), &mut scratch).expect("a record");
            assert_eq!(
                (record.host, record.program, record.pid, record.message),
                (&b"h"[..], &b"sshd"[..], Some(12), message)
            );
        }
    }

    #[test]
    fn other_json_is_no_record() {
        for line in ["{}", "{\"a\":1}", "[]", "{broken}", ""] {
            assert!(parse(line.as_bytes(), &mut Vec::new()).is_none(), "{line}");
        }
    }
}
