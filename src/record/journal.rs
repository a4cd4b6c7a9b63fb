//! One JSON object a line: `journalctl -o json`, `json-seq` and `json-sse`, and what shippers of logs make of it (Filebeat,
//! Fluent Bit, rsyslog, syslog-ng).
//!
//! In: one line. Out: its record; the message lies in the caller's scratch buffer, since JSON escapes it.
//! Knows nothing of the binary journal.

use super::{Dialect, Record, time, time::Stamp};
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
    #[serde(rename = "_HOSTNAME", alias = "HOST", borrow, default)]
    host: Option<Cow<'a, str>>,
    #[serde(rename = "SYSLOG_IDENTIFIER", alias = "PROGRAM", borrow, default)]
    program: Option<Cow<'a, str>>,
    #[serde(rename = "_COMM", borrow, default)]
    command: Option<Cow<'a, str>>,
    #[serde(rename = "_TRANSPORT", borrow, default)]
    transport: Option<Cow<'a, str>>,
    #[serde(rename = "_PID", borrow, default)]
    pid: Option<Cow<'a, str>>,
    #[serde(rename = "SYSLOG_PID", alias = "PID", borrow, default)]
    syslog_pid: Option<Cow<'a, str>>,
    #[serde(rename = "ISODATE", alias = "DATE", borrow, default)]
    date: Option<Cow<'a, str>>,
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
    if entry.message.is_null() {
        return shipped(&serde_json::from_slice(text).ok()?, scratch);
    }
    let stamp = entry.sent.or(entry.received).and_then(|t| t.parse().ok());
    let of_date = || entry.date.as_deref().and_then(|at| time::iso(at.as_bytes())).map(|(stamp, _)| stamp);
    let stamp = stamp.filter(|t| (0..=LATEST).contains(t)).map(Stamp::Instant).or_else(of_date).unwrap_or(Stamp::None);
    let kernel = entry.transport.as_deref() == Some("kernel");
    let program = entry.program.or(entry.command).unwrap_or(Cow::Borrowed(if kernel { "kernel" } else { "" }));
    let host = entry.host.unwrap_or_default();
    let pid = entry.syslog_pid.or(entry.pid).and_then(|p| p.trim().parse().ok());
    let record = Record { stamp, pid, dialect: Dialect::JournalJson, ..Record::default() };
    match &entry.message {
        Value::String(text) => Some(within(scratch, record, &host, &program, text.as_bytes())),
        // What is not UTF-8 comes as an array of bytes.
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect();
            Some(within(scratch, record, &host, &program, &bytes))
        }
        _ => None,
    }
}

/// Where the shippers put the message, its program and the rest; a dot leads into an object within.
const MESSAGE: [&str; 3] = ["message", "msg", "log"];
const PROGRAM: [&str; 11] = [
    "syslog.identifier",
    "log.syslog.appname",
    "process.name",
    "programname",
    "ident",
    "appname",
    "app-name",
    "syslog_identifier",
    "program",
    "syslogtag",
    "tag",
];
const PID: [&str; 6] = ["syslog.pid", "process.pid", "log.syslog.procid", "procid", "pid", "proc-id"];
const HOST: [&str; 5] = ["host.hostname", "host.name", "host", "hostname", "_hostname"];
const TIME: [&str; 5] = ["@timestamp", "timestamp", "timereported", "time", "date"];

/// An object of a shipper. Without a program in a field of its own the message may still begin with a header.
fn shipped<'a>(object: &Value, scratch: &'a mut Vec<u8>) -> Option<Record<'a>> {
    let text = |names: &[&str]| names.iter().find_map(|name| field(object, name)?.as_str());
    // The blank behind the tag is rsyslog's.
    let message = text(&MESSAGE)?.trim_start_matches(' ').trim_end_matches(['\n', '\r']);
    let number = |name: &&str| {
        let value = field(object, name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|pid| u32::try_from(pid).ok())
    };
    let record = Record { dialect: Dialect::ShippedJson, ..Record::default() };
    let Some(program) = text(&PROGRAM) else {
        // Several lines are no record: see `message_alone`.
        if message.contains('\n') {
            return None;
        }
        scratch.clear();
        scratch.extend_from_slice(message.as_bytes());
        return super::syslog::parse(scratch).map(|inner| Record { dialect: Dialect::ShippedJson, ..inner });
    };
    // A tag has the number behind the name: `sshd[12]:`.
    let (program, tagged) =
        program.trim_end_matches(':').split_once('[').unwrap_or((program.trim_end_matches(':'), ""));
    let tagged = || tagged.strip_suffix(']')?.parse().ok();
    let stamp = text(&TIME).and_then(|at| time::iso(at.as_bytes())).map_or(Stamp::None, |(stamp, _)| stamp);
    let record = Record { stamp, pid: PID.iter().find_map(number).or_else(tagged), ..record };
    Some(within(scratch, record, text(&HOST).unwrap_or_default(), program, message.as_bytes()))
}

/// Where a tool's object has what it read, or what a command printed.
const TEXT: [&str; 9] = ["message", "msg", "log", "textPayload", "_raw", "result._raw", "stderr", "text", "line"];

/// What an object says that has no header: lines of a transcript, one or many.
pub fn message_alone(line: &[u8]) -> Option<String> {
    let text = line.trim_ascii();
    let text = text.strip_suffix(b",").unwrap_or(text);
    if text.first() != Some(&b'{') || text.last() != Some(&b'}') {
        return None;
    }
    let object: Value = serde_json::from_slice(text).ok()?;
    if PROGRAM.iter().any(|name| field(&object, name).is_some()) {
        return None;
    }
    TEXT.iter().find_map(|name| field(&object, name)?.as_str()).map(str::to_owned)
}

fn field<'v>(object: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(object, |value, name| value.get(name))
}

/// The record with its texts, which are written to `scratch`.
pub(super) fn within<'a>(
    scratch: &'a mut Vec<u8>,
    record: Record<'a>,
    host: &str,
    program: &str,
    message: &[u8],
) -> Record<'a> {
    scratch.clear();
    scratch.extend_from_slice(host.as_bytes());
    scratch.extend_from_slice(program.as_bytes());
    scratch.extend_from_slice(message);
    let (host, rest) = scratch.split_at(host.len());
    let (program, message) = rest.split_at(program.len());
    Record { host, program, message, ..record }
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
    fn shippers_have_names_of_their_own() {
        for line in [
            r#"{"@timestamp":"2018-04-17T10:00:00Z","message":"m","syslog":{"pid":12,"identifier":"sshd"},"host":{"hostname":"h"}}"#,
            r#"{"@timestamp":"2018-04-17T10:00:00Z","host":"h","programname":"sshd","procid":"12","msg":"m\n"}"#,
            r#"{"@timestamp":"2018-04-17T10:00:00Z", "host":"h", "program":"sshd", "pid":"12", "message":"m"}"#,
            r#"{"timereported":"2018-04-17T10:00:00Z","hostname":"h","syslogtag":"sshd[12]:","msg":" m"}"#,
            r#"{"PROGRAM":"sshd","PRIORITY":"info","PID":"12","MESSAGE":"m","HOST":"h","DATE":"2018-04-17T10:00:00+00:00"}"#,
            r#"{"date":1523959200.0,"host":"h","ident":"sshd","pid":"12","message":"m"}"#,
            r#"{"log":"Apr 17 10:00:00 h sshd[12]: m\n","stream":"stdout"}"#,
        ] {
            let mut scratch = Vec::new();
            let record = parse(line.as_bytes(), &mut scratch).unwrap_or_else(|| panic!("no record: {line}"));
            let found = (record.host, record.program, record.pid, record.message);
            assert_eq!(found, (&b"h"[..], &b"sshd"[..], Some(12), &b"m"[..]), "{line}");
        }
    }

    #[test]
    fn other_json_is_no_record() {
        for line in ["{}", "{\"a\":1}", "[]", "{broken}", ""] {
            assert!(parse(line.as_bytes(), &mut Vec::new()).is_none(), "{line}");
        }
    }
}
