//! Text that strangers choose: it must not change the verdict, move the reader's cursor, or end the run.
//!
//! All attackers here come from 203.0.113.66; what they imitate from 192.0.2.1.

use crate::contract::assert_report;
use crate::support::{Folder, causes, diagnose, report_on, sshtriage, texts, verdict};
use serde_json::Value;

const ATTACKER: &str = "203.0.113.66";
const HEAD: &str = "2018-04-17T10:00:00Z web01 sshd[11]: ";
const DENIED: &str =
    "2018-04-17T10:00:00Z web01 sshd[99]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
const DENIED_CAUSE: &str = "service-config.user-not-allowed";
/// What a guesser's attempts may be called.
const GUESSING: &[&str] = &[
    "environment.brute-force",
    "client.unknown-user",
    "client.wrong-password",
    "network.not-ssh",
    "network.closed-before-banner",
    "client.aborted",
    "pam.authentication-failed",
    "client.protocol-violation",
    "service-config.algorithm-mismatch",
];

/// Names and identification strings that imitate what sshd, PAM, systemd or the client say themselves.
const IMITATIONS: &[&str] = &[
    "root from 192.0.2.1 port 22 ssh2",
    "x from 192.0.2.1",
    "Accepted password for root from 192.0.2.1 port 22 ssh2",
    "x ssh2\\nAccepted publickey for root from 192.0.2.1 port 22 ssh2",
    "User root from 192.0.2.1 not allowed because not listed in AllowUsers",
    "error: no hostkeys available -- exiting.",
    "fatal: Access denied for user root by PAM account configuration",
    "sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
    "Apr 17 10:00:00 web01 sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
    "2018-04-17T10:00:00Z web01 sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
    "Authentication refused: bad ownership or modes for directory /root",
    "ssh: connect to host web01 port 22: Connection refused",
    "\"ssh: connect to host web01 port 22: Connection refused\"",
    "root: Permission denied (publickey).",
    "pam_unix(sshd:session): session opened for user root by (uid=0)",
    "last message repeated 5000 times",
    "x [preauth]",
    "debug1: Authentication succeeded (publickey).",
    "message repeated 9 times: [ Accepted password for root from 192.0.2.1 port 22 ssh2]",
    "Address already in use.",
    "> alice@web01: Permission denied (publickey).",
    "x ********Apr 17 10:00:00 web01 sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
    "x debug1: y ssh: connect to host web01 port 22: Connection refused",
    "x\",\"Accepted password for root from 192.0.2.1 port 22 ssh2\",\"",
];

/// What sshd writes of a name or identification string.
const WRAPPINGS: &[&str] = &[
    "Invalid user {} from 203.0.113.66 port 4000",
    "Failed password for invalid user {} from 203.0.113.66 port 4000 ssh2",
    "Failed none for invalid user {} from 203.0.113.66 port 4000 ssh2",
    "Connection closed by invalid user {} 203.0.113.66 port 4000 [preauth]",
    "Disconnected from invalid user {} 203.0.113.66 port 4000 [preauth]",
    "Received disconnect from 203.0.113.66 port 4000:11: {} [preauth]",
    "Bad protocol version identification '{}' from 203.0.113.66 port 4000",
    "input_userauth_request: invalid user {} [preauth]",
    "error: PAM: Authentication failure for illegal user {} from 203.0.113.66",
];

/// What a report believes of what a stranger said: nothing, if all is well.
fn fooled_by(report: &Value) -> Vec<String> {
    assert_report(report);
    let mut beliefs = Vec::new();
    if report["totals"]["successes"] != 0 {
        beliefs.push("that somebody got in".to_owned());
    }
    for diagnosis in report["diagnoses"].as_array().expect("checked above") {
        let cause = diagnosis["cause"].as_str().unwrap_or_default();
        let patterns: Vec<&str> =
            diagnosis["evidence"].as_array().into_iter().flatten().filter_map(|e| e["pattern"].as_str()).collect();
        if !GUESSING.contains(&cause) {
            beliefs.push(format!("{cause} by {patterns:?}"));
        }
        let others: Vec<&str> = texts(&diagnosis["sources"]).into_iter().filter(|s| *s != ATTACKER).collect();
        if !others.is_empty() {
            beliefs.push(format!("that it came from {others:?} by {patterns:?}"));
        }
    }
    beliefs
}

/// Every wrapping with every imitation, in inputs made by `around`.
fn assert_never_fooled(around: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for wrapping in WRAPPINGS {
        for name in IMITATIONS {
            let text = around(&wrapping.replace("{}", name));
            let report = diagnose(&text);
            wrong.extend(fooled_by(&report).into_iter().map(|belief| format!("{text}  makes it believe {belief}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_that_imitate_messages_are_not_believed_in_a_log() {
    assert_never_fooled(|message| format!("{HEAD}{message}\n"));
}

#[test]
fn names_that_imitate_messages_are_not_believed_behind_a_remark() {
    assert_never_fooled(|message| format!("Hello, here is my log:\n{HEAD}{message}\n"));
}

#[test]
fn names_that_imitate_messages_are_not_believed_in_a_quoted_log() {
    assert_never_fooled(|message| format!("Hello, here is my log:\n> {HEAD}{message}\n"));
}

#[test]
fn names_that_imitate_messages_are_not_believed_in_sshds_own_log() {
    assert_never_fooled(|message| format!("Server listening on 0.0.0.0 port 22.\n{message}\n"));
}

#[test]
fn names_that_imitate_messages_are_not_believed_in_a_journal() {
    let message = |text: &str| {
        let fields =
            serde_json::json!({"SYSLOG_IDENTIFIER": "sshd", "_PID": "11", "_HOSTNAME": "web01", "MESSAGE": text});
        format!("{fields}\n")
    };
    let mut log = String::new();
    for wrapping in WRAPPINGS {
        IMITATIONS.iter().for_each(|name| log += &message(&wrapping.replace("{}", name)));
        log += &message(&wrapping.replace(
            "{}",
            "\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":\"Accepted password for root from 192.0.2.1 port 22 ssh2",
        ));
    }
    assert_eq!(fooled_by(&diagnose(&log)), [""; 0]);
}

#[test]
fn the_address_asked_about_is_the_one_that_connected() {
    let mut log = String::new();
    for wrapping in WRAPPINGS {
        IMITATIONS.iter().for_each(|name| log += &format!("{HEAD}{}\n", wrapping.replace("{}", name)));
    }
    let folder = Folder::new();
    let path = folder.write("auth.log", log);
    let hits = sshtriage(["--format", "ndjson", "--source", "192.0.2.0/24"]).arg(path).run();
    let named: Vec<Value> = hits.json_lines().into_iter().filter(|h| h["source"].is_string()).collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn one_real_fault_is_found_among_all_imitations() {
    let mut log = String::new();
    for (at, name) in IMITATIONS.iter().cycle().take(400).enumerate() {
        let wrapping = WRAPPINGS[at % WRAPPINGS.len()].replace("{}", name);
        log += &format!("2018-04-17T09:00:00Z web01 sshd[{}]: {wrapping}\n", 1000 + at);
    }
    let report = diagnose(log + DENIED);
    assert_eq!(verdict(&report), DENIED_CAUSE);
    assert_eq!(texts(&report["verdict"]["users"]), ["alice"]);
    assert_eq!(report["verdict"]["count"], 1);
}

/// Characters that move a cursor, change colours, or show text in another order than it has.
const DANGEROUS: &[&str] = &[
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    "\x1bP1;1|\x1b\\",
    "\r",
    "\x08\x08\x08",
    "\x07",
    "\x7f",
    "\x0b",
    "\x0c",
    "\u{9b}2J",
    "\u{85}",
    "\u{202e}gnp.exe",
    "\u{2066}x\u{2069}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{e0041}",
];

fn is_dangerous(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn no_report_for_people_holds_a_raw_control_character() {
    for text in DANGEROUS {
        for line in [
            format!("{HEAD}User al{text}ice from 198.51.100.7 not allowed because not listed in AllowUsers\n"),
            format!(
                "2018-04-17T10:00:00Z we{text}b01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n"
            ),
            format!("{HEAD}Authentication refused: bad ownership or modes for directory /home/al{text}ice\n"),
            format!("ssh: connect to host web{text}01 port 22: Connection refused\n"),
            format!("{HEAD}an unknown {text} message\n"),
        ] {
            for args in [&["--color", "never"][..], &["--color", "never", "--lang", "ja"]] {
                let run = sshtriage(args).stdin(line.clone()).run();
                let bad: Vec<char> =
                    run.text().chars().chain(run.stderr.chars()).filter(|c| is_dangerous(*c)).collect();
                assert!(bad.is_empty(), "{bad:?} from {line:?}:\n{:?}", run.text());
            }
        }
    }
}

#[test]
fn json_escapes_what_a_terminal_would_obey() {
    for format in [&["--format", "json"][..], &["--format", "json", "--each"], &["--format", "ndjson"]] {
        for text in DANGEROUS {
            let line =
                format!("{HEAD}User al{text}ice from 198.51.100.7 not allowed because not listed in AllowUsers\n");
            let run = sshtriage(format).stdin(line).run();
            let raw = run.text().chars().find(|c| *c < ' ' && *c != '\n');
            assert_eq!(raw, None, "{text:?} with {format:?}");
        }
    }
}

#[test]
fn file_names_are_shown_without_control_characters() {
    let folder = Folder::new();
    let present = folder.write("a\x1b[31m\u{202e}.log", DENIED);
    let missing = folder.at("b\x1b[31m\n.log");
    let run = sshtriage(["--color", "never"]).arg(&present).arg(&missing).run();
    assert_eq!(run.code, Some(0));
    assert!(!run.text().chars().any(is_dangerous), "{:?}", run.text());
    assert!(!run.stderr.trim_end().chars().any(|c| is_dangerous(c) || c == '\n'), "{:?}", run.stderr);
}

#[test]
fn arguments_are_shown_without_control_characters() {
    for args in [
        &["explain", "a\x1b[31mb"][..],
        &["--source", "\x1b[31m", "-"],
        &["--since", "\x1b[31m", "-"],
        &["--timezone", "\x1b[31m", "-"],
        &["--catalog", "/nonexistent/\x1b[31m", "-"],
        &["/nonexistent/\x1b[31m"],
    ] {
        let run = sshtriage(args).run();
        assert_eq!(run.code, Some(2));
        assert!(!run.stderr.chars().any(is_dangerous), "{:?}", run.stderr);
    }
}

#[test]
fn markup_quotes_and_escapes_are_kept_as_they_are_in_json() {
    for name in [
        "<script>alert(1)</script>",
        "a\"b",
        "a'b",
        "a\\b",
        "a\\nb",
        "a\\012b",
        "&lt;",
        "a`b",
        "{user}",
        "%s%n",
        "💥",
        "a,b",
        "\\",
        "\\u001b",
    ] {
        // sshd doubles backslashes.
        let written = name.replace('\\', "\\\\");
        let report =
            diagnose(format!("{HEAD}User {written} from 198.51.100.7 not allowed because not listed in AllowUsers\n"));
        assert_eq!(verdict(&report), DENIED_CAUSE, "{name}");
        assert_eq!(texts(&report["verdict"]["users"]), [name]);
    }
}

/// In a paste the mark of sshd's child shows that a line is the server's; it makes nothing inside the line a message.
#[test]
fn a_marked_line_with_an_unknown_header_is_not_searched_for_what_a_name_imitates() {
    let imitated = "User root from 203.0.113.66 not allowed because not listed in AllowUsers";
    for line in [
        format!("collector|web01|Invalid user {imitated} [preauth]"),
        format!("at ten: Invalid user x {imitated} from 198.51.100.7 port 4 [preauth]"),
        format!("collector: \"Invalid user x: {imitated} [preauth]\""),
    ] {
        let report = diagnose(format!("$ tail collected.log\n{line}\n"));
        assert_ne!(verdict(&report), DENIED_CAUSE, "{line}: {report:#}");
    }
}

#[test]
fn no_command_to_be_copied_holds_what_a_stranger_wrote() {
    for name in [
        "a;reboot",
        "$(reboot)",
        "`reboot`",
        "a|reboot",
        "a&&reboot",
        "-oProxyCommand=reboot",
        "a\\nreboot",
        "a' reboot '",
        "a\" reboot \"",
        "a b>reboot",
        "a#reboot",
        "~reboot",
        "*reboot",
    ] {
        let report = diagnose(format!(
            "{HEAD}User {name} from 198.51.100.7 not allowed because not listed in AllowUsers\n{HEAD}Authentication refused: bad ownership or modes for directory /home/{name}\n{HEAD}Failed publickey for {name} from 198.51.100.7 port 40000 ssh2: ED25519 SHA256:x\n"
        ));
        for diagnosis in report["diagnoses"].as_array().expect("diagnoses is a list") {
            for steps in ["remediation", "confirmation"] {
                for step in diagnosis[steps].as_array().expect("steps are a list") {
                    for field in ["command", "undo"] {
                        let command = step[field].as_str().unwrap_or_default();
                        assert!(!command.contains("reboot"), "{name}: {command}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_user_name_of_8_kibibytes_is_cut_in_the_report_and_hides_nothing() {
    for letter in ["A", " ", "\\", " from 192.0.2.1 port 1", "é", "\u{202e}"] {
        let name = letter.repeat(8192 / letter.len());
        let line = format!("{HEAD}Invalid user {name} from 203.0.113.66 port 4000\n");
        let report = diagnose(format!("{line}{DENIED}"));
        assert_report(&report);
        assert!(causes(&report).contains(&DENIED_CAUSE), "{letter:?}");
        let size = report.to_string().len();
        assert!(size < 200_000, "{letter:?}: the report has {size} bytes");
        assert_eq!(fooled_by(&diagnose(&line)), [""; 0], "{letter:?}");
        let text = sshtriage(["-"]).stdin(line).run();
        let longest = text.text().lines().map(|l| l.chars().count()).max();
        assert!(longest < Some(1000), "{letter:?}: a line of {longest:?} characters for people");
    }
}

#[test]
fn a_hundred_thousand_names_and_addresses_hide_no_fault_and_do_not_swell_the_report() {
    let mut log = String::new();
    for n in 0..100_000u32 {
        let (a, b, c) = (n >> 16, n >> 8 & 255, n & 255);
        log += &format!(
            "2018-04-17T09:00:00Z web01 sshd[{}]: Failed password for invalid user u{n} from 10.{a}.{b}.{c} port {} ssh2\n",
            n % 30_000 + 100,
            n % 60_000 + 1024
        );
        if n == 50_000 {
            log += DENIED;
        }
    }
    let report = diagnose(&log);
    assert_report(&report);
    assert_eq!(verdict(&report), DENIED_CAUSE);
    assert_eq!(texts(&report["verdict"]["users"]), ["alice"]);
    assert_eq!(report["totals"]["failures"], 100_001);
    assert!(report.to_string().len() < 300_000);
    let alice = report_on(&log, &["--user", "alice"]);
    assert_eq!(causes(&alice), [DENIED_CAUSE]);
    let one = report_on(&log, &["--user", "u77777"]);
    assert_eq!(one["verdict"]["count"], 1, "{one:#}");
}

#[test]
fn a_hundred_thousand_unknown_messages_are_counted_and_few_listed() {
    let mut log = String::new();
    for n in 0..100_000u32 {
        let word: String = (0..5).map(|i| char::from(b'a' + (n / 26u32.pow(i) % 26) as u8)).collect();
        log += &format!("{HEAD}unheard of {word}\n");
    }
    let report = diagnose(log + DENIED);
    assert_report(&report);
    assert_eq!(verdict(&report), DENIED_CAUSE);
    assert_eq!(report["totals"]["unrecognised"], 100_000);
    assert!(report["unrecognised"].as_array().is_some_and(|l| l.len() <= 100));
}

#[test]
fn what_looks_like_a_regular_expression_is_text() {
    for name in
        [".*", "(a+)+$", "[", "\\Q", "^", "$", "a{1000000}", "(?i)x", "\\", "[[:alpha:]]", "(((((((((((((((((((("]
    {
        let line = format!("{HEAD}User {name} from 198.51.100.7 not allowed because not listed in AllowUsers\n");
        let report = report_on(format!("{line}{}", DENIED.replace("alice", "bob")), &["--user", name]);
        assert_eq!(texts(&report["verdict"]["users"]), [name]);
        assert_eq!(report["verdict"]["count"], 1, "{name}");
    }
}

#[test]
fn lines_made_to_be_slow_are_read_in_time() {
    let line = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    for (name, text) in [
        ("lines of blanks", line("                                            \n", 2 << 20)),
        ("one line of blanks", line(" ", 300_000)),
        ("a large line of blanks", line(" ", 3 << 20)),
        ("wrapped blanks", line(&format!("{}\n", " ".repeat(60_000)), 300_000)),
        ("quotes", line("\"abcd", 300_000)),
        ("escaped line feeds", line("abcd\\n", 300_000)),
        ("words", line("a ", 300_000)),
        ("short lines", line("a b:c\n", 300_000)),
        ("lines that almost match", line("Failed password for \n", 300_000)),
        ("nested quotes", line("> ", 300_000)),
        ("nested bars in lines", line("| | | | | | | | | | | | 1. 2. 3. 4. 5\n", 300_000)),
        ("brackets", line("[", 300_000)),
        ("backspaces", line("a\x08", 300_000)),
        ("escapes without end", line("\x1b]0;", 300_000)),
        ("from from from", format!("{HEAD}Invalid user {} from x\n", line(" from ", 60_000)).repeat(14)),
        ("many froms in a log", format!("{HEAD}Failed password for {}\n", line(" from 1 port 2 ", 60_000)).repeat(40)),
        (
            "what may begin a message everywhere",
            line(&format!("{{\"error\":\"{}\"}}\n", "\\\"a\\\" ssh: ".repeat(64)), 1 << 20),
        ),
        ("a log of a single word", line("sshd[1]: ", 3 << 20)),
    ] {
        let folder = Folder::new();
        let path = folder.write("input.log", format!("{text}\n{DENIED}"));
        let began = std::time::Instant::now();
        let report = sshtriage(["--format", "json"]).arg(path).run().json();
        let took = began.elapsed();
        assert_eq!(report["totals"]["successes"], 0, "{name}");
        assert!(causes(&report).contains(&DENIED_CAUSE), "{name}");
        assert!(took.as_secs() < 30, "{name} took {took:?}");
    }
}

#[test]
fn broken_journal_lines_hide_no_sound_one() {
    let deep = |open: &str, close: &str| format!("{{\"MESSAGE\":{}1{}}}", open.repeat(20_000), close.repeat(20_000));
    let good = r#"{"SYSLOG_IDENTIFIER":"sshd","_PID":"99","_HOSTNAME":"web01","__REALTIME_TIMESTAMP":"1523959200000000","MESSAGE":"User alice from 198.51.100.7 not allowed because not listed in AllowUsers"}"#;
    for broken in [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        "{".repeat(60_000),
        "{}".to_owned(),
        "{\"MESSAGE\":".to_owned(),
        "{\"MESSAGE\":\"x\"".to_owned(),
        "{\"MESSAGE\":\"x\"}}".to_owned(),
        "{\"MESSAGE\":null,\"SYSLOG_IDENTIFIER\":\"sshd\"}".to_owned(),
        "{\"MESSAGE\":\"\\ud800\",\"SYSLOG_IDENTIFIER\":\"sshd\"}".to_owned(),
        "{\"MESSAGE\":[1,2,\"x\",null,-5,1e400,999999],\"SYSLOG_IDENTIFIER\":\"sshd\"}".to_owned(),
        "{\"MESSAGE\":\"a\",\"MESSAGE\":\"b\",\"SYSLOG_IDENTIFIER\":\"sshd\"}".to_owned(),
        "{\"_PID\":99999999999999999999999,\"MESSAGE\":\"x\"}".to_owned(),
        "{\"_PID\":\"99999999999999999999999\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"MESSAGE\":\"x\"}".to_owned(),
        "{\"MESSAGE\":\"\\u0000\\u001b[2J\",\"SYSLOG_IDENTIFIER\":\"sshd\"}".to_owned(),
        "{\"\u{0}\":\"\u{1}\"}".to_owned(),
    ] {
        for repeats in [1, (2 << 20) / (broken.len() + good.len())] {
            let report = diagnose(format!("{broken}\n{good}\n").repeat(repeats));
            assert_report(&report);
            let shown: String = broken.chars().take(60).collect();
            assert_eq!(verdict(&report), DENIED_CAUSE, "{shown} {repeats} times");
            assert_eq!(report["verdict"]["first"], "2018-04-17T10:00:00Z", "{shown}");
        }
    }
}

#[test]
fn numbers_too_large_for_anything_are_survived() {
    let failed = "Failed password for bob from 198.51.100.9 port 4000 ssh2";
    for line in [
        "2018-04-17T10:00:00Z web01 sshd[99999999999]: Failed password for bob from 198.51.100.9 port 4000 ssh2"
            .to_owned(),
        "2018-04-17T10:00:00Z web01 sshd[4294967295]: Failed password for bob from 198.51.100.9 port 4000 ssh2"
            .to_owned(),
        "2018-04-17T10:00:00Z web01 sshd[4294967296]: Failed password for bob from 198.51.100.9 port 4000 ssh2"
            .to_owned(),
        format!("{HEAD}Failed password for bob from 198.51.100.9 port 99999999999999999999999 ssh2"),
        format!("{HEAD}message repeated 99999999999 times: [ {failed}]"),
        format!("{HEAD}message repeated 4294967295 times: [ {failed}]"),
        format!("{HEAD}message repeated 0 times: [ {failed}]"),
        format!("{HEAD}message repeated -1 times: [ {failed}]"),
        format!("{HEAD}message repeated 18446744073709551616 times: [ {failed}]"),
        "2018-04-17T10:00:00Z web01 last message repeated 99999999999 times".to_owned(),
        "2018-04-17T10:00:00Z web01 last message repeated 4294967295 times".to_owned(),
        "2018-04-17T10:00:00Z web01 last message repeated 0 times".to_owned(),
        "<99999999999>Apr 17 10:00:00 web01 sshd[1]: x".to_owned(),
        "99999999999999999999 2018-04-17 10:00:00.123 x".to_owned(),
        "99999999999.999999999999999999 web01 sshd[1]: x".to_owned(),
        "type=AVC msg=audit(99999999999.999:99999999999999999999): avc: denied".to_owned(),
        "[99999999999999999999.999999999999] x".to_owned(),
        "Connection from 198.51.100.9 port 99999999999999999999".to_owned(),
    ] {
        let report = diagnose(format!("{DENIED}{line}\n").repeat(5));
        assert_report(&report);
        assert_eq!(verdict(&report), DENIED_CAUSE, "{line}");
        let hits = sshtriage(["--format", "ndjson", "-"]).stdin(format!("{DENIED}{line}\n")).run();
        hits.json_lines().iter().for_each(crate::contract::assert_hit);
    }
}

#[test]
fn a_claim_of_billions_of_repetitions_outweighs_no_proof() {
    let claim = format!(
        "{HEAD}message repeated 4294967295 times: [ Failed password for bob from 198.51.100.9 port 4000 ssh2]\n"
    );
    let report = report_on(format!("{}{DENIED}", claim.repeat(1000)), &[]);
    assert_eq!(verdict(&report), DENIED_CAUSE);
}

#[test]
fn impossible_and_distant_dates_hide_no_fault() {
    let message = "web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers";
    let journal = |stamp: &str| {
        format!(
            r#"{{"SYSLOG_IDENTIFIER":"sshd","_PID":"11","_HOSTNAME":"web01","__REALTIME_TIMESTAMP":"{stamp}","MESSAGE":"User alice from 198.51.100.7 not allowed because not listed in AllowUsers"}}"#
        )
    };
    let mut lines: Vec<String> = [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "1969-12-31T23:59:59Z",
        "2018-02-29T10:00:00Z",
        "2016-12-31T23:59:60Z",
        "Feb 29 10:00:00",
        "Feb 29 10:00:00 2018",
        "99999999999.999999",
    ]
    .iter()
    .map(|stamp| format!("{stamp} {message}"))
    .collect();
    for stamp in [
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "0",
        "-1",
        "253402300800000000",
        "1e9",
        "",
    ] {
        lines.push(journal(stamp));
    }
    for line in &lines {
        for options in [&[][..], &["--timezone", "+14:00"], &["--timezone", "Pacific/Apia"], &["--since", "1970-01-01"]]
        {
            let report = report_on(format!("{line}\n"), options);
            assert_report(&report);
            if options.first() != Some(&"--since") {
                assert_eq!(verdict(&report), DENIED_CAUSE, "{line}");
            }
            let text = sshtriage(options).stdin(format!("{line}\n")).run();
            assert_eq!(text.code, Some(0), "{line}");
        }
    }
    // Next to each other their distance is larger than any number.
    for pair in [[0, 1], [10, 11], [11, 10], [0, 11], [12, 10]] {
        let log = pair.map(|at| lines[at].clone()).join("\n");
        let report = diagnose(log);
        assert_eq!(verdict(&report), DENIED_CAUSE, "{pair:?}");
    }
}

#[test]
fn years_without_a_calendar_are_refused_or_survived() {
    for year in ["0", "1", "9999", "10000", "262142", "2147483647", "-1", "-2147483648"] {
        let option = format!("--year={year}");
        let log = "Dec 31 10:00:00 web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n\
                   Jan  1 10:00:00 web01 sshd[12]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
        let run = sshtriage(["--format", "json", &option, "-"]).stdin(log).run();
        if run.code == Some(2) {
            assert!(run.stderr.contains("year"), "{year}: {}", run.stderr);
            continue;
        }
        assert_eq!(run.code, Some(0), "{year}: {}", run.stderr);
        assert_report(&run.json());
        assert_eq!(verdict(&run.json()), DENIED_CAUSE, "{year}");
    }
}
