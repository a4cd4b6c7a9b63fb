//! Programs that nobody knows: what their words may tell, and when that counts for nothing.

use crate::support::{causes, report_on, verdict};

const TOLD: &str =
    "Upload to the SSH server web01 did not work\nFrobnicator 3: peer's Host Key does not match the one on file\n";

#[test]
fn general_words_tell_a_little() {
    let report = report_on(TOLD, &[]);
    assert_eq!(verdict(&report), "keys.host-key-changed", "{report}");
    let confidence = report["verdict"]["confidence"].as_f64().expect("a number");
    assert!(confidence <= 0.3, "{confidence}");
    assert_eq!(report["verdict"]["evidence"][0]["line"], 2);
}

#[test]
fn general_words_count_only_where_nothing_else_does() {
    let refused = "ssh: connect to host web01 port 22: Connection refused\n";
    assert_eq!(causes(&report_on(format!("{TOLD}{refused}"), &[])), ["network.connection-refused"]);
    let came_in = "Accepted publickey for alice from 192.0.2.7 port 51022 ssh2: ED25519 SHA256:x\n";
    assert!(causes(&report_on(format!("{TOLD}{came_in}"), &[])).is_empty());
    // Nothing to do with SSH.
    let other = "Frobnicator 3: could not connect, network unreachable\n";
    assert!(causes(&report_on(other, &[])).is_empty());
    // Within a word, and in what a daemon logs, which may be a stranger's words.
    let word = TOLD.replace("Host Key does not match", "ghost key does not matchbox");
    assert!(causes(&report_on(word, &[])).is_empty());
    let logged = "notes on ssh\nApr 17 10:00:00 web01 app[7]: user 'host key mismatch' is unknown\n";
    assert!(causes(&report_on(logged, &[])).is_empty());
}

#[test]
fn the_core_of_a_wrapped_failure_counts() {
    for (line, cause) in [
        ("vault.tool - WARNING - Remote: Bad owner or permissions on /home/alice/.ssh/config", "client.config-error"),
        ("dial web01:22: ssh: handshake failed: knownhosts: key mismatch", "keys.host-key-changed"),
        ("INFO - Remote: Host key verification failed.", "keys.host-key-unknown"),
        ("unable to dial: EOF (error output: Permission denied (publickey).)", "keys.public-key-rejected"),
        // OpenSSH's own messages carry no others'.
        ("ssh_askpass: posix_spawnp: No such file or directory", "client.private-key-passphrase"),
        // Other services than SSH.
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", ""),
        ("Access denied for user 'alice'@'127.0.0.1' (using password: YES)", ""),
    ] {
        assert_eq!(verdict(&report_on(format!("{line}\n"), &[])), cause, "{line}");
    }
}

#[test]
fn much_text_that_has_nothing_to_do_with_it_costs_little() {
    let begun = std::time::Instant::now();
    assert!(causes(&report_on("host key mismatch y\n".repeat(45_000), &[])).is_empty());
    // Looking through all of it for every line would take minutes.
    assert!(begun.elapsed().as_secs() < 40);
}
