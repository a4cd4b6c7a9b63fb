//! Several attempts in one paste: what keeps somebody out now is what the last of them failed for, if it got past the others.

use crate::support::{causes, report_on, verdict};

const MISMATCH: &str = "$ ssh alice@192.0.2.7\nUnable to negotiate with 192.0.2.7 port 22: no matching key exchange method found. \
     Their offer: diffie-hellman-group1-sha1\n";
const NO_HOST_KEY: &str = "$ ssh -oKexAlgorithms=+diffie-hellman-group1-sha1 alice@192.0.2.7\n\
     Unable to negotiate with 192.0.2.7 port 22: no matching host key type found. Their offer: ssh-rsa\n";
const NO_CIPHER: &str = "$ ssh -oKexAlgorithms=+diffie-hellman-group1-sha1 -oHostKeyAlgorithms=+ssh-rsa alice@192.0.2.7\n\
     Unable to negotiate with 192.0.2.7 port 22: no matching cipher found. Their offer: aes128-cbc,3des-cbc\n";
const MISTYPED: &str = "$ ssh -oKexAlgorithms=+diffie-hellman-group1-sha1 alice@192.0.2.7\nalice@192.0.2.7's password:\n\
     Permission denied, please try again.\nalice@192.0.2.7's password:\nPermission denied, please try again.\n\
     alice@192.0.2.7's password:\nalice@192.0.2.7: Permission denied (publickey,password).\n";
const OPEN_KEY: &str = "$ ssh -i deploy.pem alice@192.0.2.7\nPermissions 0644 for 'deploy.pem' are too open.\n\
     Load key \"deploy.pem\": bad permissions\nalice@192.0.2.7: Permission denied (publickey).\n";
const KEY_REFUSED: &str = "$ ssh -v -i deploy.pem alice@192.0.2.7\nOpenSSH_8.2p1 Ubuntu-4ubuntu0.5, OpenSSL 1.1.1f  31 Mar 2020\n\
     debug1: Connecting to 192.0.2.7 [192.0.2.7] port 22.\ndebug1: Connection established.\n\
     debug1: Authentications that can continue: publickey\ndebug1: Next authentication method: publickey\n\
     debug1: Offering public key: deploy.pem RSA SHA256:Vq7MyXB2Jc4xWm0kPz8sQv1LrTn6YbEoUh9dGfAi3Kt explicit\n\
     debug1: Authentications that can continue: publickey\ndebug1: No more authentication methods to try.\n\
     alice@192.0.2.7: Permission denied (publickey).\n";
const DENIED: &str = "$ ssh alice@192.0.2.7\nalice@192.0.2.7: Permission denied (publickey).\n";
const UNRESOLVED: &str =
    "$ ssh alice@web01\nssh: Could not resolve hostname web01: Temporary failure in name resolution\n";
const UNREACHABLE: &str = "$ ssh alice@192.0.2.7\nssh: connect to host 192.0.2.7 port 22: No route to host\n";
const REFUSED: &str = "$ ssh alice@192.0.2.7\nssh: connect to host 192.0.2.7 port 22: Connection refused\n";
const BOOTING: &str = "$ ssh alice@192.0.2.7\n\"System is booting up. Unprivileged users are not permitted to log in yet. \
     Please come back later. For technical details, see pam_nologin(8).\"\nConnection closed by 192.0.2.7 port 22\n";
const TIMED_OUT: &str = "$ ssh alice@192.0.2.7\nssh: connect to host 192.0.2.7 port 22: Connection timed out\n";
const OTHER_PORT: &str = "$ ssh -p 2222 alice@192.0.2.7\nkex_exchange_identification: read: Connection reset by peer\n\
     Connection reset by 192.0.2.7 port 2222\n";
const ELSEWHERE: &str = "$ ssh bob@198.51.100.9\nbob@198.51.100.9's password:\nPermission denied, please try again.\n\
     bob@198.51.100.9: Permission denied (publickey,password).\n";

const NAMED_ONLY: &str = "[alice@pc ~]$ ssh web01\nLast login: Sun Apr 15 10:00:00 2018 from 192.0.2.9\n\
     -bash: /opt/menu/env.sh: No such file or directory\nConnection to web01 closed.\n";
const NAMED_AGAIN: &str = "[alice@pc ~]$ ssh web01 uptime; echo $?\n/home/alice/.bashrc: line 1: /opt/menu/env.sh: No such file or directory\n1\n";
const ROOT_KEY: &str = "$ ssh -v root@192.0.2.7\ndebug1: Authentications that can continue: publickey\n\
     debug1: Offering public key: /home/alice/.ssh/id_rsa RSA SHA256:Vq7MyXB2Jc4xWm0kPz8sQv1LrTn6YbEoUh9dGfAi3Kt\n\
     debug1: Server accepts key: /home/alice/.ssh/id_rsa RSA SHA256:Vq7MyXB2Jc4xWm0kPz8sQv1LrTn6YbEoUh9dGfAi3Kt\n\
     debug1: Authentications that can continue: publickey\ndebug1: No more authentication methods to try.\n\
     root@192.0.2.7: Permission denied (publickey).\n";
const ROOT_WITH_PUTTY: &str = "login as: root\nAuthenticating with public key \"key\"\n\
     Server refused public-key signature despite accepting key!\n";

/// What is tried in turn, and the verdict.
const CASES: &[(&[&str], &str)] = &[
    (&[MISMATCH, MISTYPED], "client.wrong-password"),
    (&[MISMATCH, NO_HOST_KEY], "keys.host-key-type-mismatch"),
    (&[MISMATCH, NO_HOST_KEY, NO_CIPHER], "service-config.algorithm-mismatch"),
    (&[OPEN_KEY, KEY_REFUSED], "keys.public-key-rejected"),
    // A bare denial says less than what came before it.
    (&[OPEN_KEY, DENIED], "client.private-key-permissions"),
    (&[KEY_REFUSED, DENIED], "keys.public-key-rejected"),
    (&[NAMED_ONLY, NAMED_AGAIN], "environment.session-ended-at-login"),
    // The key is root's, and root may not come in.
    (&[ROOT_KEY], "service-config.root-login-refused"),
    (&[ROOT_WITH_PUTTY], "service-config.root-login-refused"),
    (&[UNRESOLVED, UNREACHABLE], "network.no-route"),
    (&[UNRESOLVED, REFUSED], "network.connection-refused"),
    (&[REFUSED, OTHER_PORT], "network.closed-before-banner"),
    (&[TIMED_OUT, REFUSED, BOOTING], "pam.nologin"),
    // Another server, which says nothing of the first.
    (&[MISMATCH, ELSEWHERE], "service-config.algorithm-mismatch"),
    // Came less far than before.
    (&[KEY_REFUSED, REFUSED], "network.connection-refused"),
];

#[test]
fn the_last_attempt_that_got_further_decides() {
    let wrong = CASES.iter().filter_map(|(attempts, expected)| {
        let report = report_on(attempts.concat(), &[]);
        let found = verdict(&report);
        (found != *expected).then(|| format!("{found} for {expected}:\n{}", attempts.concat()))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Somebody pastes the beginning of what the second try said.
#[test]
fn what_breaks_off_is_past_where_another_attempt_came_further() {
    let failed = "$ ssh -i key alice@web01\nReceived disconnect from 192.0.2.10: 2: Too many authentication failures for alice\n";
    let cut = "$ ssh -v -i key alice@web01\nOpenSSH_6.4, OpenSSL 1.0.1e-fips 11 Feb 2013\n\
               debug1: Connecting to web01 [192.0.2.10] port 22.\ndebug1: Connection established.\n\
               debug1: Remote protocol version 2.0, remote software version OpenSSH_6.6\ndebug1: SSH2_MSG_KEXINIT sent\n";
    assert_eq!(verdict(&report_on(cut, &[])), "network.kex-stalled");
    assert_ne!(verdict(&report_on([failed, cut].concat(), &[])), "network.kex-stalled");
}

/// The same command, at the same prompt, let somebody in: it was a moment's trouble. Another one says nothing of the first.
#[test]
fn a_command_that_works_when_it_is_typed_again_kept_nobody_out() {
    let failed = "alice@pc:~$ ssh web01\nssh: connect to host web01 port 22: Connection refused\n";
    let works = |command: &str| {
        format!("{command}\nLast login: Tue Apr 17 09:58:11 2018 from 192.0.2.7\nalice@web01:~$ exit\n")
    };
    for (second, expected) in [
        ("alice@pc:~$ ssh web01", None),
        ("alice@laptop:~$ ssh web01", Some("network.connection-refused")),
        ("alice@pc:~$ ssh -4 web01", Some("network.connection-refused")),
    ] {
        let report = report_on([failed, &works(second)].concat(), &[]);
        assert_eq!(report["verdict"]["cause"].as_str(), expected, "{second}");
    }
    let before = report_on([&works("alice@pc:~$ ssh web01"), failed].concat(), &[]);
    assert_eq!(verdict(&before), "network.connection-refused");
    // Twice, and then it worked; or it failed once more.
    let in_the_end = report_on([failed, failed, &works("alice@pc:~$ ssh web01")].concat(), &[]);
    assert_eq!(in_the_end["verdict"]["cause"].as_str(), None);
    let on_and_off = report_on([failed, &works("alice@pc:~$ ssh web01"), failed].concat(), &[]);
    assert_eq!(verdict(&on_and_off), "network.connection-refused");
}

#[test]
fn what_is_passed_is_less_sure_than_what_came_after() {
    let report = report_on([MISMATCH, MISTYPED].concat(), &[]);
    let confidence = |at: usize| report["diagnoses"][at]["confidence"].as_f64().expect("confidence");
    assert_eq!(causes(&report).get(1), Some(&"service-config.algorithm-mismatch"));
    assert!(confidence(1) < confidence(0));
}

#[test]
fn every_attempt_has_the_user_of_its_command() {
    let report = report_on(MISTYPED, &[]);
    assert_eq!(report["verdict"]["users"], serde_json::json!(["alice"]));
}
