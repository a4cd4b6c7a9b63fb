//! One event, written by every program that writes logs: the same cause, user, source, host and time.

use crate::contract::{assert_hit, assert_report};
use crate::support::{Folder, sshtriage, texts, verdict};
use serde_json::Value;
use std::time::{Duration, SystemTime};

const MESSAGE: &str = "User alice from 198.51.100.7 not allowed because not listed in AllowUsers";
const CAUSE: &str = "service-config.user-not-allowed";
const INSTANT: &str = "2018-04-17T10:00:00Z";
/// The line of another program, with enough of which around it an input is read as a log.
const OTHER: &str = "2018-04-17T10:00:00Z web01 cron[99]: (root) CMD (run-parts /etc/cron.hourly)\n";

/// A way to write a header, and what its line must yield; the message stands at `{}`.
pub struct Dialect {
    pub name: &'static str,
    pub line: &'static str,
    host: Option<&'static str>,
    time: Option<&'static str>,
    pid: Option<u64>,
}

const fn full(name: &'static str, line: &'static str) -> Dialect {
    Dialect { name, line, host: Some("web01"), time: Some(INSTANT), pid: Some(12) }
}

pub const DIALECTS: &[Dialect] = &[
    full("rsyslog, traditional", "Apr 17 10:00:00 web01 sshd[12]: {}"),
    full("syslogd behind a priority", "<38>Apr 17 10:00:00 web01 sshd[12]: {}"),
    full("traditional with a year", "Apr 17 10:00:00 2018 web01 sshd[12]: {}"),
    full("Solaris", "Apr 17 10:00:00 web01 sshd[12]: [ID 800047 auth.info] {}"),
    full("BusyBox", "Apr 17 10:00:00 web01 auth.info sshd[12]: {}"),
    full("macOS system.log", "Apr 17 10:00:00 web01 sshd[12] <Error>: {}"),
    full("a tag with a blank", "Apr 17 10:00:00 web01 sshd [12]: {}"),
    full("sshd-session", "Apr 17 10:00:00 web01 sshd-session[12]: {}"),
    full("rsyslog, ISO", "2018-04-17T10:00:00+00:00 web01 sshd[12]: {}"),
    full("rsyslog, ISO in Japan", "2018-04-17T19:00:00+09:00 web01 sshd[12]: {}"),
    full("ISO without a colon", "2018-04-17T19:00:00+0900 web01 sshd[12]: {}"),
    full("ISO with fractions", "2018-04-17T10:00:00.000000Z web01 sshd[12]: {}"),
    full("ISO without a zone", "2018-04-17 10:00:00 web01 sshd[12]: {}"),
    full("RFC 5424", "<38>1 2018-04-17T10:00:00Z web01 sshd 12 - - {}"),
    full("RFC 5424 with data", "<38>1 2018-04-17T10:00:00Z web01 sshd 12 ID47 [a@1 b=\"c\\]\\\"\"][d] {}"),
    full("RFC 5424 with a byte order mark", "<38>1 2018-04-17T10:00:00Z web01 sshd 12 - - \u{feff}{}"),
    full("journalctl -o short-full", "Tue 2018-04-17 10:00:00 UTC web01 sshd[12]: {}"),
    full("journalctl -o short-unix", "1523959200.000000 web01 sshd[12]: {}"),
    full(
        "journalctl -o json",
        r#"{"__REALTIME_TIMESTAMP":"1523959200000000","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"sshd","_PID":"12","MESSAGE":"{}"}"#,
    ),
    full(
        "journalctl -o json, sent earlier",
        r#"{"__REALTIME_TIMESTAMP":"1523959299000000","_SOURCE_REALTIME_TIMESTAMP":"1523959200000000","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"sshd","SYSLOG_PID":"12","_PID":"1","MESSAGE":"{}"}"#,
    ),
    full(
        "journalctl -o json, standard output of a unit",
        r#"{"__REALTIME_TIMESTAMP":"1523959200000000","_HOSTNAME":"web01","_COMM":"sshd","_PID":"12","MESSAGE":"{}"}"#,
    ),
    full("journalctl in Japanese", " 4月 17 10:00:00 web01 sshd[12]: {}"),
    full("journalctl in French", "avril 17 10:00:00 web01 sshd[12]: {}"),
    full("journalctl -o short-full in Japanese", "火 2018-04-17 10:00:00 UTC web01 sshd[12]: {}"),
    full("a tag that a relay repeats", "<86>1 2018-04-17T10:00:00Z web01 sshd[12]: - sshd[12]:: {}"),
    full(
        "Filebeat",
        r#"{"@timestamp":"2018-04-17T10:00:00.000Z","message":"{}","syslog":{"pid":12,"identifier":"sshd"},"host":{"hostname":"web01"}}"#,
    ),
    full(
        "rsyslog's JSON",
        r#"{"@timestamp":"2018-04-17T10:00:00Z","host":"web01","programname":"sshd","procid":"12","msg":"{}"}"#,
    ),
    full(
        "rsyslog's JSON with the tag",
        r#"{"timereported":"2018-04-17T10:00:00Z","hostname":"web01","syslogtag":"sshd[12]:","msg":" {}"}"#,
    ),
    full(
        "rsyslog's JSON with names of one's own",
        r#"{"@timestamp":"2018-04-17T10:00:00+00:00", "host":"web01", "severity":"info", "program":"sshd", "pid":"12", "message":"{}"}"#,
    ),
    full(
        "syslog-ng's JSON",
        r#"{"PROGRAM":"sshd","PRIORITY":"info","PID":"12","MESSAGE":"{}","ISODATE":"2018-04-17T10:00:00+00:00","HOST":"web01","FACILITY":"auth"}"#,
    ),
    full(
        "wevtutil",
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='OpenSSH'/><TimeCreated SystemTime='2018-04-17T10:00:00.000000000Z'/><Execution ProcessID='12' ThreadID='6'/><Computer>web01</Computer></System><EventData><Data Name='process'>sshd</Data><Data Name='payload'>{}</Data></EventData></Event>",
    ),
    full("FreeBSD with a numeric priority", "Apr 17 10:00:00 <4.6> web01 sshd[12]: {}"),
    full("a host that is named twice", "Apr 17 10:00:00 web01 web01 sshd[12]: {}"),
    full("a row of CSV", "\"2018-04-17T10:00:00Z\",\"web01\",\"sshd\",\"12\",\"{}\""),
    full("a row of CSV with the line in it", "\"web01\",\"/var/log/secure\",\"Apr 17 10:00:00 web01 sshd[12]: {}\""),
    full("svlogd and sshd's own header", "2018-04-17_10:00:00.00000 web01 sshd[12]: {}"),
    full("RFC 5424 without priority and version", "2018-04-17T10:00:00+00:00 web01 sshd 12 - - {}"),
    Dialect { name: "without a time", time: None, ..full("", "web01 sshd[12]: {}") },
    Dialect { name: "the tag alone", time: None, host: None, ..full("", "sshd[12]: {}") },
    Dialect { name: "metalog", host: None, pid: None, ..full("", "Apr 17 10:00:00 [sshd] {}") },
    Dialect { name: "without a process", pid: None, ..full("", "Apr 17 10:00:00 web01 sshd: {}") },
    Dialect { name: "without a host", host: None, ..full("", "Apr 17 10:00:00 sshd[12]: {}") },
    Dialect { name: "OpenWrt", host: None, ..full("", "Tue Apr 17 10:00:00 2018 auth.info sshd[12]: {}") },
    Dialect {
        name: "macOS log show",
        host: None,
        ..full("", "2018-04-17 10:00:00.000000+0000 0x1a2b     Default     0x0                  12     0    sshd: {}")
    },
    Dialect { name: "Win32-OpenSSH", host: None, ..full("", "12 2018-04-17 10:00:00.000 {}") },
    Dialect { name: "journalctl -o short-monotonic", time: None, ..full("", "[ 3834.172980] web01 sshd[12]: {}") },
    Dialect { name: "RFC 5424 without a time", time: None, ..full("", "<38>1 - web01 sshd 12 - - {}") },
    Dialect {
        name: "socklog",
        host: None,
        ..full("", "2018-04-17T10:00:00.00000Z auth.info: Apr 17 10:00:00 sshd[12]: {}")
    },
    Dialect { name: "sshd -E", host: None, time: None, pid: None, ..full("", "{}") },
];

/// Fails unless the event is found as it was.
fn assert_found(dialect: &Dialect, text: &str, situation: &str) {
    let what = format!("{} {situation}", dialect.name);
    let folder = Folder::new();
    let path = folder.write("auth.log", text);
    let options = ["--year", "2018"];
    let report = sshtriage(["--format", "json"]).args(&options).arg(&path).run().json();
    assert_report(&report);
    assert_eq!(verdict(&report), CAUSE, "{what}");
    let found = &report["verdict"];
    assert_eq!(texts(&found["users"]), ["alice"], "{what}");
    assert_eq!(texts(&found["sources"]), ["198.51.100.7"], "{what}");
    assert_eq!(texts(&found["hosts"]), dialect.host.into_iter().collect::<Vec<_>>(), "{what}");
    assert_eq!(found["first"].as_str(), dialect.time, "{what}");
    assert_eq!(found["count"], 1, "{what}");
    let hits = sshtriage(["--format", "ndjson"]).args(&options).arg(&path).run().json_lines();
    let hit = hits.iter().find(|h| h["cause"] == CAUSE).unwrap_or_else(|| panic!("{what}: {hits:?}"));
    assert_hit(hit);
    assert_eq!((hit["user"].as_str(), hit["source"].as_str()), (Some("alice"), Some("198.51.100.7")), "{what}");
    assert_eq!((hit["host"].as_str(), hit["time"].as_str()), (dialect.host, dialect.time), "{what}");
    assert_eq!(hit["pid"].as_u64(), dialect.pid, "{what}");
    assert!(hit["program"].as_str().is_some_and(|p| p.starts_with("sshd")), "{what}: {hit}");
}

#[test]
fn every_dialect_alone_gives_the_same_event() {
    for dialect in DIALECTS {
        let line = dialect.line.replace("{}", MESSAGE);
        assert_found(dialect, &format!("{line}\n"), "alone");
        assert_found(dialect, &line, "without a line feed");
        assert_found(dialect, &format!("{line}\r\n"), "with CRLF");
    }
}

#[test]
fn every_dialect_among_others_gives_the_same_event() {
    let many = OTHER.repeat(15_000);
    for dialect in DIALECTS.iter().filter(|d| d.line != "{}") {
        let line = dialect.line.replace("{}", MESSAGE);
        assert_found(dialect, &format!("{OTHER}{line}\n{OTHER}"), "between lines of another program");
        assert_found(dialect, &format!("{many}{line}\n{many}"), "deep in a large log");
        assert_found(dialect, &format!("Hello, here is the log:\n\n{line}\n\nBye\n"), "in a mail");
    }
}

#[test]
fn every_dialect_quoted_or_numbered_gives_the_same_event() {
    for dialect in DIALECTS.iter().filter(|d| d.line != "{}") {
        let line = dialect.line.replace("{}", MESSAGE);
        for (situation, before) in
            [("quoted", "> "), ("indented", "    "), ("quoted twice", "> > "), ("numbered", "  12: ")]
        {
            assert_found(dialect, &format!("Here it is:\n{before}{line}\n"), situation);
        }
    }
}

#[test]
fn a_message_that_the_journal_wrote_as_bytes_is_the_same_event() {
    let bytes: Vec<String> = MESSAGE.bytes().map(|b| b.to_string()).collect();
    let line = format!(
        r#"{{"__REALTIME_TIMESTAMP":"1523959200000000","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"sshd","_PID":"12","MESSAGE":[{}]}}"#,
        bytes.join(",")
    );
    let dialect = full("journalctl -o json, bytes", "{}");
    assert_found(&dialect, &format!("{line}\n"), "alone");
    assert_found(&dialect, &format!("{}{line}\n", OTHER.repeat(15_000)), "in a large log");
}

#[test]
fn repeated_messages_count_as_often_as_they_were_repeated() {
    let line = "Apr 17 10:00:00 web01 sshd[12]: Failed password for bob from 198.51.100.9 port 4000 ssh2\n";
    let again = "Apr 17 10:00:02 web01 sshd[12]: message repeated 3 times: [ Failed password for bob from 198.51.100.9 port 4000 ssh2]\n";
    let last = "Apr 17 10:00:02 web01 last message repeated 3 times\n";
    for (name, log) in [("rsyslog", [line, again].concat()), ("syslogd", [line, last].concat())] {
        for padding in [0, 15_000] {
            let folder = Folder::new();
            let path = folder.write("auth.log", format!("{}{log}", OTHER.repeat(padding)));
            let report = sshtriage(["--format", "json", "--year", "2018"]).arg(path).run().json();
            assert_eq!(report["totals"]["failures"], 4, "{name} {padding}");
        }
    }
}

/// A traditional log over New Year.
fn over_new_year(lines_between: usize) -> String {
    let line =
        |stamp: &str, user: &str| format!("{stamp} web01 sshd[{}]: {}\n", user.len(), MESSAGE.replace("alice", user));
    let quiet = |stamp: &str| {
        format!("{stamp} web01 cron[99]: (root) CMD (run-parts /etc/cron.hourly)\n").repeat(lines_between)
    };
    [
        line("Dec 30 23:59:59", "a"),
        quiet("Dec 31 12:00:00"),
        line("Dec 31 23:59:59", "bb"),
        line("Jan  1 00:00:00", "ccc"),
        quiet("Jan  1 12:00:00"),
        line("Jan  2 10:00:00", "dddd"),
    ]
    .concat()
}

#[test]
fn a_traditional_log_over_new_year_has_two_years() {
    for (size, log) in
        [("small", over_new_year(1)), ("large", over_new_year(12_000)), ("very large", over_new_year(50_000))]
    {
        let folder = Folder::new();
        let path = folder.write("auth.log", log);
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_514_900_000); // 2018-01-02
        let file = std::fs::File::options().append(true).open(&path).expect("our own file");
        file.set_modified(written).expect("our own file");
        for options in [&[][..], &["--year", "2017"], &["--chunk-bytes", "5000"]] {
            let report = sshtriage(["--format", "json"]).args(options).arg(&path).run().json();
            let found = &report["verdict"];
            assert_eq!(found["first"], "2017-12-30T23:59:59Z", "{size} {options:?}");
            assert_eq!(found["last"], "2018-01-02T10:00:00Z", "{size} {options:?}");
            let window = ["--since", "2017-12-31", "--until", "2018-01-01"];
            let program = sshtriage(["--format", "json"]).args(options).args(&window);
            let report = program.arg(&path).run().json();
            assert_eq!(texts(&report["verdict"]["users"]).len(), 2, "{size} {options:?}");
        }
    }
}

#[test]
fn the_year_follows_from_when_the_file_was_written() {
    let line = |stamp: &str| format!("{stamp} web01 sshd[12]: {MESSAGE}\n");
    for (stamp, written, expected) in [
        ("Apr 17 10:00:00", 1_523_999_999, "2018-04-17T10:00:00Z"),
        ("Dec 31 10:00:00", 1_514_900_000, "2017-12-31T10:00:00Z"),
        ("Jan  2 10:00:00", 1_514_900_000, "2018-01-02T10:00:00Z"),
        ("Feb 29 10:00:00", 1_456_800_000, "2016-02-29T10:00:00Z"),
    ] {
        let folder = Folder::new();
        let path = folder.write("auth.log", line(stamp));
        let file = std::fs::File::options().append(true).open(&path).expect("our own file");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(written)).expect("our own file");
        let report = sshtriage(["--format", "json"]).arg(&path).run().json();
        assert_eq!(report["verdict"]["first"], expected, "{stamp}");
    }
}

#[test]
fn the_time_zone_places_what_has_none_and_shows_the_rest() {
    for (stamp, zone, expected) in [
        ("Apr 17 10:00:00", "Asia/Tokyo", "2018-04-17T10:00:00+09:00"),
        ("2018-04-17 10:00:00", "Asia/Tokyo", "2018-04-17T10:00:00+09:00"),
        ("2018-04-17T10:00:00Z", "Asia/Tokyo", "2018-04-17T19:00:00+09:00"),
        ("2018-04-17T10:00:00+09:00", "UTC", "2018-04-17T01:00:00Z"),
        ("1523959200.500000", "+09:00", "2018-04-17T19:00:00.500000+09:00"),
        ("Jul  1 10:00:00", "Europe/Berlin", "2018-07-01T10:00:00+02:00"),
        ("Jan  1 10:00:00", "Europe/Berlin", "2018-01-01T10:00:00+01:00"),
        ("Apr 17 10:00:00", "Asia/Kathmandu", "2018-04-17T10:00:00+05:45"),
        // In the hour that summer time repeats: the first time around.
        ("Oct 28 02:30:00", "Europe/Berlin", "2018-10-28T02:30:00+02:00"),
    ] {
        let line = format!("{stamp} web01 sshd[12]: {MESSAGE}\n");
        let args = ["--format", "json", "--year", "2018", "--timezone", zone];
        let report: Value = sshtriage(args).stdin(line).run().json();
        assert_report(&report);
        assert_eq!(report["verdict"]["first"], expected, "{stamp} {zone}");
    }
}
