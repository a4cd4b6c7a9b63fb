//! Client and server evidence of one event are joined; other people's trouble in the same log is not the client's; and a
//! log that runs backwards says the same as the one that does not.

use crate::samples;
use crate::support::{Folder, causes, report_on, sample, sshtriage, texts, verdict};
use serde_json::Value;

const KEY: &str = "SHA256:0123456789012345678901234567890123456789AAA";
const OTHER_KEY: &str = "SHA256:0123456789012345678901234567890123456789BBB";

/// alice's key is refused; her clock, if the transcript has one, says 19:06.
fn client(clock: &str, key: &str) -> String {
    [
        "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
        "debug1: Connection established.",
        "debug1: Authentications that can continue: publickey",
        &format!("debug1: Offering public key: /home/alice/.ssh/id_ed25519 ED25519 {key} agent"),
        "debug1: Authentications that can continue: publickey",
        "debug1: No more authentication methods to try.",
        "alice@web01.example.com: Permission denied (publickey).",
    ]
    .iter()
    .map(|line| format!("{clock}{line}\n"))
    .collect()
}

/// Four people, four faults; alice's is her key in a file that others may write.
fn server() -> String {
    let refused = |pid: u32, reason: &str, user: &str, port: u32, key: &str| {
        format!(
            "Apr 17 10:06:00 web01 sshd[{pid}]: {reason}\n\
             Apr 17 10:06:00 web01 sshd[{pid}]: Failed publickey for {user} from 192.0.2.7 port {port} ssh2: ED25519 {key}\n\
             Apr 17 10:06:01 web01 sshd[{pid}]: Connection closed by authenticating user {user} 192.0.2.7 port {port} [preauth]\n"
        )
    };
    [
        refused(100, "Authentication refused: bad ownership or modes for directory /home/bob", "bob", 4001, OTHER_KEY),
        "Apr 17 10:06:00 web01 sshd[200]: User carol from 192.0.2.7 not allowed because not listed in AllowUsers\n"
            .into(),
        refused(
            300,
            "Authentication refused: bad ownership or modes for file /home/alice/.ssh/authorized_keys",
            "alice",
            4002,
            KEY,
        ),
        refused(400, "error: Refusing RSA key: Invalid key length", "dave", 4003, OTHER_KEY),
    ]
    .concat()
}

fn both(client: &str, server: &str) -> Value {
    let folder = Folder::new();
    let paths = [folder.write("client.log", client), folder.write("secure", server)];
    sshtriage(["--format", "json", "--year", "2026"]).arg(&paths[0]).arg(&paths[1]).run().json()
}

#[test]
fn the_servers_reason_overrides_the_clients_symptom_and_the_report_says_so() {
    let report = both(&client("", KEY), &server());
    assert_eq!(verdict(&report), "file-permissions.authorized-keys", "{report:#}");
    assert_eq!(report["verdict"]["users"][0], "alice");
    let explained = &report["verdict"]["explains"][0];
    assert_eq!(explained["cause"], "keys.public-key-rejected", "{report:#}");
    assert_eq!(texts(&explained["joined_by"]), ["fingerprint", "user", "host"]);
    assert!(explained["evidence"][0]["path"].as_str().is_some_and(|p| p.ends_with("client.log")));
    let others = &report["diagnoses"].as_array().expect("a list")[1..];
    assert!(others.iter().all(|d| d.get("explains").is_none()), "{report:#}");
}

#[test]
fn a_key_joins_what_no_name_does() {
    let nameless = client("", KEY).replace("alice@web01.example.com: ", "").replace("/home/alice", "/home/me");
    let report = both(&nameless, &server());
    assert_eq!(verdict(&report), "file-permissions.authorized-keys", "{report:#}");
    assert_eq!(texts(&report["verdict"]["explains"][0]["joined_by"]), ["fingerprint", "host"]);
}

#[test]
fn clocks_and_zones_may_differ_by_hours() {
    let report = both(&client("2026-04-17T19:06:00Z ", KEY), &server());
    assert_eq!(verdict(&report), "file-permissions.authorized-keys", "{report:#}");
    assert_eq!(report["verdict"]["explains"][0]["clock_offset_seconds"], -9 * 3600, "{report:#}");
}

#[test]
fn of_two_failures_of_one_user_the_one_at_that_time_counts() {
    let earlier =
        "Apr 16 08:00:00 web01 sshd[50]: User alice from 192.0.2.7 not allowed because not listed in AllowUsers\n";
    let unlogged = KEY.replace('A', "C");
    let report = both(&client("2026-04-17T10:06:00Z ", &unlogged), &format!("{earlier}{}", server()));
    assert_eq!(verdict(&report), "file-permissions.authorized-keys", "{report:#}");
}

#[test]
fn other_peoples_failures_are_not_the_clients() {
    let without_alice: String =
        server().lines().filter(|l| !l.contains("sshd[300]")).map(|l| format!("{l}\n")).collect();
    let report = both(&client("", KEY), &without_alice);
    assert_eq!(verdict(&report), "keys.public-key-rejected", "{report:#}");
}

#[test]
fn both_sides_in_one_paste_are_joined() {
    let report = report_on(format!("{}\n{}", client("", KEY), server()), &["--year", "2026"]);
    assert_eq!(verdict(&report), "file-permissions.authorized-keys", "{report:#}");
    assert_eq!(report["verdict"]["explains"][0]["cause"], "keys.public-key-rejected", "{report:#}");
}

/// What is put in place of a name is no other user.
#[test]
fn a_name_that_somebody_hid_is_nobodys() {
    let paste = "asyncssh.misc.PermissionDenied: Permission denied for user username on host hostname\n\n\
        Jun 24 19:29:00 XXX sshd[119216]: userauth_pubkey: key type ssh-rsa not in PubkeyAcceptedKeyTypes [preauth]\n\
        Jun 24 19:29:00 XXX sshd[119216]: Connection closed by authenticating user XXX 198.51.100.221 port 57964 [preauth]\n";
    let expected = [(paste.to_owned(), "keys.signature-algorithm-disabled")];
    let named = paste.replace("user username", "user alice").replace("user XXX", "user bob");
    for (paste, cause) in expected.into_iter().chain([(named, "client.wrong-password")]) {
        assert_eq!(verdict(&report_on(paste, &["--year", "2026"])), cause);
    }
}

/// A failed attempt before a success is no verdict; what was stated there is worth knowing all the same.
#[test]
fn what_was_refused_before_a_success_is_told_and_is_no_verdict() {
    let log = "Apr 17 10:00:00 web01 sshd[7]: error: Certificate invalid: expired\n\
        Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n";
    let report = report_on(log, &["--year", "2026"]);
    assert!(report["verdict"].is_null() && causes(&report).is_empty(), "{report:#}");
    assert_eq!(report["overcome"][0]["cause"], "keys.certificate-invalid", "{report:#}");
    let folder = Folder::new();
    let text = sshtriage(["--lang", "en"]).arg(folder.write("secure", log)).run();
    assert!(text.text().contains("Refused, before the login succeeded"), "{}", text.text());
    let mistyped = "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 51022 ssh2\n\
        Apr 17 10:00:05 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n";
    assert!(report_on(mistyped, &["--year", "2026"]).get("overcome").is_none());
}

#[test]
fn a_finding_that_names_nobody_explains_nobody_elses_failure() {
    let log = "Nov 22 13:40:00 web01 dropbear[1]: Child connection from 198.51.100.7:39770\n\
        Nov 22 13:40:00 web01 dropbear[1]: Bad password attempt for 'alice' from 198.51.100.7:39770\n\
        Nov 22 13:40:02 web01 dropbear[2]: Child connection from 198.51.100.7:39830\n\
        Nov 22 13:40:02 web01 dropbear[2]: Login attempt for nonexistent user\n";
    assert_eq!(causes(&report_on(log, &["--year", "2025"])), ["client.unknown-user", "client.wrong-password"]);
}

#[test]
fn a_log_that_runs_backwards_leads_to_the_same_diagnoses() {
    let mut turned = 0;
    for (log, expected) in samples::expectations(&sample("")) {
        if log.to_string_lossy().ends_with(".client.log") || log.starts_with(sample("hostile")) {
            continue;
        }
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let backwards: String = lines.iter().rev().map(|line| format!("{line}\n")).collect();
        if !sshtriage::scan::backwards::runs_backwards(backwards.as_bytes()) {
            continue;
        }
        turned += 1;
        let report = report_on(&backwards, &["--year", "2025"]);
        assert_eq!(causes(&report), expected.causes, "{}", log.display());
        // The same lines, counted from the other end; of several sessions others may be the first.
        if report["verdict"]["count"] != 1 {
            continue;
        }
        let cited: Vec<u64> = report["verdict"]["evidence"]
            .as_array()
            .map(|all| all.iter().filter_map(|e| e["line"].as_u64()).collect())
            .unwrap_or_default();
        let missing = expected.cited.iter().find(|line| !cited.contains(&(lines.len() as u64 + 1 - **line)));
        assert_eq!(missing, None, "{}: {cited:?}", log.display());
    }
    assert!(turned >= 30, "only {turned} samples");
}

#[test]
fn a_service_that_seems_to_have_ended_has_where_a_client_is_refused() {
    let stopped = "Apr 17 10:00:00 web01 sshd[7]: Server listening on 0.0.0.0 port 22.\n\
                   Apr 17 10:01:00 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n\
                   Apr 17 10:02:00 web01 sshd[7]: Received signal 15; terminating.\n";
    let refused = "$ ssh alice@web01\nssh: connect to host web01 port 22: Connection refused\n";
    assert_eq!(verdict(&both(refused, stopped)), "service-config.not-running");
    let again = format!("{stopped}Apr 17 10:02:01 web01 sshd[12]: Server listening on 0.0.0.0 port 22.\n");
    assert_eq!(verdict(&both(refused, &again)), "network.connection-refused");
    assert_eq!(verdict(&both(&refused.replace("web01", "db02"), stopped)), "network.connection-refused");
}

/// The listener names the address of a client that waited too long, and the client says only that it was closed.
#[test]
fn a_prompt_that_is_closed_is_explained_by_the_servers_timeout() {
    let closed = "alice@pc:~$ ssh web01\nalice@web01's password: \nConnection closed by 192.0.2.10 port 22\n";
    let timeout = "Apr 17 10:02:00 web01 sshd[7]: Timeout before authentication for connection from 192.0.2.7 to 192.0.2.10, pid = 9\n";
    let report = both(closed, timeout);
    assert_eq!(verdict(&report), "service-config.login-grace-time", "{report:#}");
    assert_eq!(report["verdict"]["explains"][0]["cause"], "pam.account-denied");
    let denied =
        "Apr 17 10:01:00 web01 sshd[9]: fatal: Access denied for user alice by PAM account configuration [preauth]\n";
    assert_eq!(verdict(&both(closed, &format!("{denied}{timeout}"))), "pam.account-denied");
}

/// What ends a client's attempt is not over because the user came in once, from wherever.
#[test]
fn a_login_of_the_same_user_says_nothing_of_a_name_that_is_not_found() {
    let unresolved = "bob@pc:~$ ssh alice@web01\nssh: Could not resolve hostname web01: Name or service not known\nbob@pc:~$ ssh alice@db02 true\n";
    let accepted = "Apr 17 10:00:00 web01 sshd[9]: Accepted password for alice from 192.0.2.7 port 51022 ssh2\n";
    assert_eq!(verdict(&both(unresolved, accepted)), "network.name-resolution");
}

/// What a client only concludes is explained by the one thing that its server states as often.
#[test]
fn the_one_thing_that_failed_as_often_on_the_server_explains_the_client() {
    let closed = "$ ssh web01\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535\n";
    let refused =
        "Apr 17 10:00:00 web01 sshd[7]: fatal: Connection from 192.0.2.7 port 40022 with IP opts:  07 0b 0c\n";
    let (twice, other) = (
        closed.repeat(2),
        refused.replace("10:00:00 web01 sshd[7]", "10:05:00 web01 sshd[9]").replace("40022", "40031"),
    );
    assert_eq!(verdict(&both(&twice, &format!("{refused}{other}"))), "network.ip-options-refused");
    assert_ne!(verdict(&both(&twice, refused)), "network.ip-options-refused");
}

/// The log has a failure of the very user on the very server: that counts more than what his client may only guess.
#[test]
fn a_servers_word_of_the_very_user_counts_more_than_a_clients_guess() {
    let denied = "$ ./push.sh\nalice@web01.example.com: Permission denied (publickey,password).\n".repeat(3);
    let log = "Apr 17 10:00:00 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 40022 ssh2\n\
        Apr 17 10:01:00 web01 sshd[8]: Failed password for root from 203.0.113.9 port 40023 ssh2\n\
        Apr 17 10:02:00 web01 sshd[9]: Accepted publickey for bob from 192.0.2.8 port 40024 ssh2\n";
    let report = both(&denied, log);
    assert_eq!(verdict(&report), "client.wrong-password");
    assert_eq!(report["verdict"]["explains"][0]["cause"], "keys.public-key-rejected");
    assert_eq!(verdict(&both(&denied.replace("alice", "carol"), log)), "keys.public-key-rejected");
}
