//! What somebody shows of a host beside a failed login: outputs of commands that decide what the log or the client cannot say.

use crate::support::{Folder, causes, report_on, sshtriage};

const WRONG_PASSWORD: &str = "Apr 17 10:00:02 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 50980 ssh2\n\
    Apr 17 10:00:09 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 50980 ssh2\n\
    Apr 17 10:00:11 web01 sshd[7]: Connection closed by authenticating user alice 192.0.2.7 port 50980 [preauth]\n";
const LEFT: &str =
    "Apr 17 10:00:11 web01 sshd[7]: Connection closed by authenticating user alice 192.0.2.7 port 50980 [preauth]\n";
const DENIED_BY_PAM: &str =
    "Apr 17 20:47:10 web01 sshd[7]: fatal: Access denied for user alice by PAM account configuration [preauth]\n";
const KEY_REFUSED: &str = "alice@192.0.2.10: Permission denied (publickey).\n";
const REFUSED: &str = "$ ssh alice@192.0.2.10\nssh: connect to host 192.0.2.10 port 22: Connection refused\n";
const REFUSED_2222: &str =
    "$ ssh -p 2222 alice@192.0.2.10\nssh: connect to host 192.0.2.10 port 2222: Connection refused\n";

/// The failure, what is shown, and the verdict.
const CASES: &[(&str, &str, &str)] = &[
    (
        WRONG_PASSWORD,
        "# passwd -S alice\nalice LK 2018-04-17 0 99999 7 -1 (Password locked.)",
        "environment.account-locked",
    ),
    (WRONG_PASSWORD, "# passwd -S bob\nbob L 04/17/2018 0 99999 7 -1", "client.wrong-password"),
    (WRONG_PASSWORD, "# passwd -S alice\nalice P 04/17/2018 0 99999 7 -1", "client.wrong-password"),
    (WRONG_PASSWORD, "# id alice\nid: ‘alice’: no such user", "client.unknown-user"),
    (WRONG_PASSWORD, "# chage -l alice\nchage: user 'alice' does not exist in /etc/passwd", "client.unknown-user"),
    (
        WRONG_PASSWORD,
        "# pam_tally2 -u alice\nLogin           Failures Latest failure     From\n\
         alice              12    04/17/18 10:00:09  192.0.2.7",
        "pam.account-locked",
    ),
    (
        WRONG_PASSWORD,
        "# systemctl status sssd\n● sssd.service - System Security Services Daemon\n   Active: failed (Result: exit-code)",
        "pam.directory-service",
    ),
    (
        WRONG_PASSWORD,
        "# systemctl status mysqld\n● mysqld.service - MySQL\n   Active: inactive (dead)",
        "client.wrong-password",
    ),
    (DENIED_BY_PAM, "# grep -v '^#' /etc/security/time.conf\nsshd;*;bob|alice;Wk0700-1930", "pam.time-denied"),
    (DENIED_BY_PAM, "# grep -v '^#' /etc/security/time.conf\nsshd;*;bob;Wk0700-1930", "pam.account-denied"),
    (DENIED_BY_PAM, "# tail -1 /etc/security/access.conf\n- : ALL EXCEPT ops : ALL", "pam.access-denied"),
    (
        "Apr 17 10:00:01 web01 sshd(pam_google_authenticator)[8]: Invalid verification code for alice\n\
         Apr 17 10:00:01 web01 sshd[7]: error: PAM: Authentication failure for alice from 192.0.2.7\n",
        "# timedatectl\n      Local time: Tue 2018-04-17 10:06:00 UTC\nSystem clock synchronized: no",
        "environment.clock-skew",
    ),
    (
        LEFT,
        "# namei -l /home/alice/.ssh/authorized_keys\nf: /home/alice/.ssh/authorized_keys\ndr-xr-xr-x root  root  /\n\
         drwxr-xr-x root  root  home\ndrwxrwxrwx alice alice alice\ndrwx------ alice alice .ssh",
        "file-permissions.home-or-ssh-directory",
    ),
    (
        KEY_REFUSED,
        "# stat /home/alice\nAccess: (0777/drwxrwxrwx)  Uid: ( 1001/   alice)   Gid: ( 1001/   alice)",
        "file-permissions.home-or-ssh-directory",
    ),
    (
        KEY_REFUSED,
        "# ls -la /home/alice/.ssh\ndrwx------ 2 root  root  29 Apr 17 09:00 .\ndrwx------ 5 alice alice 29 Apr 17 09:00 ..\n\
         -rw------- 1 root  root 410 Apr 17 09:00 authorized_keys",
        "file-permissions.authorized-keys",
    ),
    (
        KEY_REFUSED,
        "# ls -la /home/alice/.ssh\ndrwx------ 2 alice alice 29 Apr 17 09:00 .\ndrwx------ 5 alice alice 29 Apr 17 09:00 ..",
        "keys.authorized-keys-missing",
    ),
    (
        KEY_REFUSED,
        "[alice@laptop ~]$ ls -la ~/.ssh\ndrwx------ 2 alice alice 29 Apr 17 09:00 .\n-rw------- 1 alice alice 1679 Apr 17 09:00 id_rsa",
        "keys.public-key-rejected",
    ),
    (
        KEY_REFUSED,
        "# cat /home/alice/.ssh/authorized_keys\ncat: /home/alice/.ssh/authorized_keys: No such file or directory",
        "keys.authorized-keys-missing",
    ),
    (
        KEY_REFUSED,
        "# cat /home/bob/.ssh/authorized_keys\ncat: /home/bob/.ssh/authorized_keys: No such file or directory",
        "keys.public-key-rejected",
    ),
    (REFUSED, "# rpm -q openssh-server\npackage openssh-server is not installed", "service-config.binary-missing"),
    (
        REFUSED,
        "# fail2ban-client status sshd\nStatus for the jail: sshd\n`- Actions\n   |- Currently banned: 1\n   `- Banned IP list:   198.51.100.7",
        "environment.source-banned",
    ),
    (REFUSED, "# fail2ban-client status sshd\n`- Actions\n   `- Banned IP list:", "network.connection-refused"),
    (
        REFUSED_2222,
        "# ss -tln\nState  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:*",
        "service-config.not-listening",
    ),
    (
        REFUSED,
        "# ss -tlnp | grep sshd\nLISTEN 0 128 *:2222 *:* users:((\"sshd\",pid=8,fd=3))",
        "service-config.not-listening",
    ),
    (
        REFUSED,
        "# ss -tln\nState  Recv-Q Send-Q Local Address:Port Peer Address:Port\n\
         LISTEN 0 128 127.0.0.1:22 0.0.0.0:*\nLISTEN 0 128 203.0.113.10:22 0.0.0.0:*",
        "network.connection-refused",
    ),
    (
        "ssh_exchange_identification: Connection closed by remote host\n",
        "# journalctl -u ssh\ndebug1: srclimit_penalise: active penalty for ipv4 192.0.2.7/32 already exists, 16 seconds remaining",
        "service-config.source-penalty",
    ),
    (
        "Connection timed out during banner exchange\n",
        "# uptime\n 11:05:01 up 120 days,  3:01,  2 users,  load average: 182.41, 170.02, 150.33",
        "environment.host-overloaded",
    ),
];

#[test]
fn what_is_shown_decides_what_the_failure_leaves_open() {
    let wrong = CASES.iter().filter_map(|(failure, shown, expected)| {
        let report = report_on(format!("{failure}\n{shown}\n"), &["--year", "2018"]);
        let found = causes(&report).first().copied().unwrap_or_default().to_owned();
        (found != *expected).then(|| format!("{shown}\n  {found} in place of {expected}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The report quotes the line, and says what it states.
#[test]
fn the_report_cites_what_was_shown() {
    let report = report_on(format!("{WRONG_PASSWORD}\n# passwd -S alice\nalice L 04/17/2018 0 99999 7 -1\n"), &[]);
    let told = &report["verdict"]["host_facts"][0];
    assert_eq!(
        (told["fact"].as_str(), told["evidence"][0]["line"].as_u64()),
        (Some("account-locked"), Some(6)),
        "{told}"
    );
}

/// What one host shows is nothing of another's; in a file of its own it counts where all evidence is of one server.
#[test]
fn what_a_file_of_its_own_shows_is_of_the_only_server() {
    let folder = Folder::new();
    let shown = folder.write("shown.txt", "# passwd -S alice\nalice L 04/17/2018 0 99999 7 -1\n");
    let log = folder.write("secure", WRONG_PASSWORD);
    let other = folder.write("other", WRONG_PASSWORD.replace("web01", "web02"));
    let verdict = |paths: &[&std::path::PathBuf]| {
        let run = paths.iter().fold(sshtriage(["--format", "json"]), |run, path| run.arg(path)).run();
        run.json()["verdict"]["cause"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(verdict(&[&log, &shown]), "environment.account-locked");
    assert_eq!(verdict(&[&log, &other, &shown]), "client.wrong-password");
}

/// A catalog's own words work as the built-in ones do.
#[test]
fn a_folder_of_ones_own_may_state_facts() {
    let folder = Folder::new();
    folder.write(
        "environment/quarantined.toml",
        r#"title.en = "The account is in quarantine"
title.ja = "アカウントが隔離されている"
what_happened.en = "x"
what_happened.ja = "x"
why.en = "x"
why.ja = "x"
stage = "auth"
outranks = ["client.wrong-password"]
decided_by = ["shown:quarantine"]
references = ["x(1)"]
[[confirm]]
where = "server"
text.en = "x"
text.ja = "x"
[[fix]]
where = "server"
text.en = "x"
text.ja = "x"
[[pattern]]
name = "listed"
emitters = ["host-status"]
kind = "context"
states = ["shown:quarantine"]
versions = "all"
messages = ['quarantine: {user} since {when}']
examples = [{ text = 'quarantine: alice since monday', user = 'alice', when = 'monday' }]
near_misses = ['quarantine: none']
"#,
    );
    let text = |user: &str| format!("{WRONG_PASSWORD}\nquarantine: {user} since monday\n");
    let catalog = folder.path().to_str().expect("UTF-8").to_owned();
    for (user, expected) in [("alice", "environment.quarantined"), ("bob", "client.wrong-password")] {
        let report = report_on(text(user), &["--catalog", &catalog, "--year", "2018"]);
        assert_eq!(causes(&report)[0], expected, "{user}");
    }
}
