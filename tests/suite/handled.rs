//! Lines as tools, web pages and terminals hand them on: the same diagnosis as of the lines themselves.

use crate::support::{causes, report_on, sshtriage, verdict};

/// Refused by the account phase: the reason and its consequence.
const LOG: &str = "Apr 17 10:00:00 web01 sshd[7]: pam_access(sshd:account): access denied for user `bob' from `192.0.2.7'\n\
     Apr 17 10:00:00 web01 sshd[7]: fatal: Access denied for user bob by PAM account configuration [preauth]\n";
const TRANSCRIPT: &str = "OpenSSH_8.2p1 Ubuntu-4, OpenSSL 1.1.1f  31 Mar 2020\n\
     debug1: Connecting to web01 [192.0.2.7] port 22.\ndebug1: Connection established.\n\
     debug1: Authentications that can continue: publickey\ndebug1: Next authentication method: publickey\n\
     debug1: Offering public key: /home/bob/.ssh/id_rsa RSA SHA256:Vq7MyXB2Jc4xWm0kPz8sQv1LrTn6YbEoUh9dGfAi3Kt\n\
     debug1: Authentications that can continue: publickey\ndebug1: No more authentication methods to try.\n\
     bob@web01: Permission denied (publickey).\n";

fn each_line(text: &str, write: impl Fn(&str) -> String) -> String {
    text.lines().map(|line| write(line) + "\n").collect()
}

fn escaped(line: &str) -> String {
    line.replace('&', "&amp;").replace('\'', "&#x27;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn a_handled_line_says_what_it_said() {
    type Hand = (&'static str, fn(&str) -> String);
    let hands: [Hand; 11] = [
        ("a web page's entities", |line| escaped(line)),
        ("a web page's breaks", |line| format!("{line}<br>")),
        ("typographic quotes", |line| line.replace('`', "‘").replace('\'', "’")),
        ("a screen's blanks", |line| format!("{line}      ")),
        ("a list's items", |line| format!("- {line}")),
        ("a container runtime", |line| format!("2018-04-17T10:00:00.000000000Z stderr F {line}")),
        ("a program's own log", |line| format!("2018-04-17 10:00:00,123 INFO  [main] shell - {line}")),
        ("a table", |line| format!("\"2018-04-17 10:00:00\",\"web01\",\"{line}\"")),
        ("JSON", |line| serde_json::json!({ "stream": "stderr", "log": line }).to_string()),
        ("colours", |line| format!("\u{1b}[0;32m{line}\u{1b}[0m")),
        ("a prefix of compose", |line| format!("web-1  | {line}")),
    ];
    for (text, cause) in [(LOG, "pam.access-denied"), (TRANSCRIPT, "keys.public-key-rejected")] {
        for (hand, write) in &hands {
            let handled = each_line(text, write);
            assert_eq!(verdict(&report_on(&handled, &[])), cause, "{hand}:\n{handled}");
        }
        let one_line = serde_json::json!({ "changed": false, "msg": text }).to_string();
        assert_eq!(verdict(&report_on(&one_line, &[])), cause, "{one_line}");
    }
    let run_on = TRANSCRIPT.replace('\n', " ");
    assert_eq!(verdict(&report_on(&run_on, &[])), "keys.public-key-rejected", "{run_on}");
}

#[test]
fn what_a_terminal_cut_off_is_put_back_where_one_cause_has_it() {
    for (line, cause, user) in [
        (
            "User bob from 192.0.2.7 not allowed because not listed i>",
            Some("service-config.user-not-allowed"),
            Some("bob"),
        ),
        (
            "User bob from 192.0.2.7 not allowed because listed in Deny…",
            Some("service-config.user-not-allowed"),
            Some("bob"),
        ),
        ("Failed password for bob from 192.0.2.7 po...2", Some("client.wrong-password"), Some("bob")),
        // Several reasons begin so.
        ("User bob from 192.0.2.7 not allowed beca>", None, None),
        // What was cut off is not made up.
        ("Bad configuration option: Permit>", Some("service-config.invalid-option"), None),
    ] {
        let report = report_on(format!("Apr 17 10:00:00 web01 sshd[7]: {line}\n"), &[]);
        assert_eq!(report["verdict"]["cause"].as_str(), cause, "{line}");
        assert_eq!(
            report["verdict"]["users"][0]["name"].as_str().or(report["verdict"]["users"][0].as_str()),
            user,
            "{line}"
        );
        let shown = report.to_string();
        assert!(!shown.contains("\"x\""), "{line}: {shown}");
    }
}

#[test]
fn what_a_script_logged_of_its_ssh_counts_where_no_server_speaks() {
    let refused = "Apr 17 10:00:00 nas backup.sh[7]: ssh: connect to host web01 port 22: Connection refused\n";
    assert_eq!(verdict(&report_on(refused, &[])), "network.connection-refused");
    // Not within somebody's words.
    let told = "Apr 17 10:00:00 nas httpd[7]: GET /?q=ssh: connect to host web01 port 22: Connection refused\n";
    assert!(causes(&report_on(told, &[])).is_empty());
}

#[test]
fn what_fails_in_every_login_is_not_why_a_stranger_is_refused() {
    let fails = |pid: u32| {
        format!(
            "Apr 17 10:00:0{pid} web01 sshd[{pid}]: PAM unable to dlopen(pam_ck.so): /lib/security/pam_ck.so: cannot open shared object file: No such file or directory\n"
        )
    };
    let login = |pid: u32| {
        let accepted = format!(
            "Apr 17 10:00:0{pid} web01 sshd[{pid}]: Accepted password for bob from 192.0.2.7 port 5102{pid} ssh2\n"
        );
        fails(pid) + &accepted
    };
    let guess = fails(5)
        + "Apr 17 10:00:05 web01 sshd[5]: Invalid user minecraft from 203.0.113.9 port 51022\n\
           Apr 17 10:00:07 web01 sshd[5]: Failed password for invalid user minecraft from 203.0.113.9 port 51022 ssh2\n";
    assert_eq!(report_on([login(1), login(2), guess.clone()].concat(), &[])["verdict"], serde_json::Value::Null);
    assert_ne!(report_on(guess, &[])["verdict"], serde_json::Value::Null);
}

#[test]
fn a_short_message_within_anothers_line_is_none() {
    for line in
        ["TLS: Negotiation failed.", "nginx says: Unable to authenticate to registry", "tail: invalid option -- 'z'"]
    {
        assert!(causes(&report_on(line, &[])).is_empty(), "{line}");
    }
}

#[test]
fn what_stands_for_an_address_hides_no_line() {
    for source in
        ["(hidden)", "(my address)", "██████", "$IP", "{{ ip }}", "**.***.***.***", "○○○", "サーバのIP", "<my ip>"]
    {
        let line = format!("Apr 17 10:00:00 web01 sshd[7]: Failed password for bob from {source} port 5022 ssh2\n");
        assert_eq!(verdict(&report_on(&line, &[])), "client.wrong-password", "{line}");
    }
}

#[test]
fn a_pointer_behind_a_line_and_a_colour_without_its_escape_are_no_part_of_it() {
    let message = "fatal: Access denied for user bob by PAM account configuration [preauth]";
    for line in [
        format!("{message}   <--- here"),
        format!("{message}  ← これ"),
        format!("**{message}**"),
        format!("[0;1;31m{message}[0m"),
        format!("^[[31m{message}^[[0m"),
        message.replace(' ', "&#32;"),
    ] {
        let line = format!("Apr 17 10:00:00 web01 sshd[7]: {line}\n");
        assert_eq!(verdict(&report_on(&line, &[])), "pam.account-denied", "{line}");
    }
}

#[test]
fn log_lines_whose_line_ends_were_lost_are_taken_apart() {
    let line = "Apr 17 10:00:00 web01 sshd[7]: Connection from 203.0.113.9 port 5022 on 10.0.0.1 port 22 \
                Apr 17 10:00:01 web01 sshd[7]: User mallory from 203.0.113.9 not allowed because not listed in AllowUsers \
                Apr 17 10:00:01 web01 sshd[7]: Connection closed by invalid user mallory 203.0.113.9 port 5022 [preauth]\n";
    assert_eq!(verdict(&report_on(line, &[])), "service-config.user-not-allowed");
    // What is a message as it stands is one, whatever a stranger calls himself.
    let name = "x Apr 17 10:00:02 web01 sshd[9]: Accepted password for root from 192.0.2.7 port 22 ssh2";
    let log = format!("Apr 17 10:00:01 web01 sshd[8]: Invalid user {name} from 203.0.113.9 port 5022\n");
    assert_eq!(verdict(&report_on(&log, &[])), "client.unknown-user");
    // Nor is it what another program, or an unknown message, has to say.
    let refused =
        "Apr 17 10:00:02 web01 sshd[9]: Authentication refused: bad ownership or modes for directory /home/bob";
    for before in ["nginx[7]: 203.0.113.9 GET / by Mozilla", "sshd[7]: pam_own(sshd:auth): no such name: bob"] {
        let log = format!("Apr 17 10:00:01 web01 {before} {refused}\n");
        assert!(!causes(&report_on(&log, &[])).contains(&"file-permissions.home-or-ssh-directory"), "{log}");
    }
}

/// A quoted mail breaks a message where its width ends, and the first two lines are known without the third.
#[test]
fn a_message_that_a_mail_broke_twice_is_read_to_its_end() {
    let mail = "> Apr 17 10:00:00 web01 sshd[7]: pam_krb5(sshd:auth):\n> authentication failure; logname=bob uid=0 euid=0 tty=ssh ruser=\n> rhost=192.0.2.7\n";
    let line = mail.replace("\n> ", " ").replacen("> ", "", 1);
    for text in [mail, &line] {
        let hits = sshtriage(["--format", "ndjson"]).stdin(text).run().json_lines();
        let patterns: Vec<_> = hits.iter().map(|hit| hit["pattern"].as_str().unwrap_or_default()).collect();
        assert_eq!(patterns, ["pam.directory-service/krb5-wrong-password"], "{text}");
    }
}
