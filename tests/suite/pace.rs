//! How long a connection took between two of its lines, and what that proves: the same lines at another pace say something else.

use crate::support::{report_on, verdict};

/// A log, and the verdict.
const CASES: &[(&str, &str, &str)] = &[
    (
        "the password is wrong, and the time is up soon after: it is set short, or the user is slow",
        "Apr 17 10:00:02 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 50980 ssh2\n\
         Apr 17 10:00:12 web01 sshd[7]: fatal: Timeout before authentication for 192.0.2.7 port 50980\n",
        "service-config.login-grace-time",
    ),
    (
        "so says the listener",
        "Apr 17 10:00:02 web01 sshd-session[7]: Failed password for alice from 192.0.2.7 port 50980 ssh2\n\
         Apr 17 10:00:12 web01 sshd[3]: Timeout before authentication for connection from 192.0.2.7 to 192.0.2.1, pid = 7\n",
        "service-config.login-grace-time",
    ),
    (
        "the password is wrong, and the connection is left standing",
        "Apr 17 10:00:02 web01 sshd[7]: Failed password for alice from 192.0.2.7 port 50980 ssh2\n\
         Apr 17 10:01:59 web01 sshd[7]: fatal: Timeout before authentication for 192.0.2.7 port 50980\n",
        "client.wrong-password",
    ),
    (
        "who came in waited for the name of the address",
        "Apr 17 10:00:00 web01 sshd[7]: Connection from 192.0.2.7 port 50980\n\
         Apr 17 10:00:30 web01 sshd[7]: reverse mapping checking getaddrinfo for a.example.net [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!\n\
         Apr 17 10:00:34 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 50980 ssh2\n",
        "network.reverse-dns",
    ),
    (
        "so says a log of what sshd did, also where the name was found",
        "Apr 17 10:00:00 web01 sshd[7]: debug1: attempt 0 failures 0 [preauth]\n\
         Apr 17 10:00:00 web01 sshd[7]: debug3: Trying to reverse map address 192.0.2.7.\n\
         Apr 17 10:00:40 web01 sshd[7]: debug2: input_userauth_request: setting up authctxt for alice [preauth]\n\
         Apr 17 10:00:40 web01 sshd[7]: debug1: PAM: initializing for \"alice\"\n\
         Apr 17 10:00:44 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 50980 ssh2\n",
        "network.reverse-dns",
    ),
    (
        "and where it was found at once",
        "Apr 17 10:00:00 web01 sshd[7]: debug1: attempt 0 failures 0 [preauth]\n\
         Apr 17 10:00:00 web01 sshd[7]: debug3: Trying to reverse map address 192.0.2.7.\n\
         Apr 17 10:00:01 web01 sshd[7]: debug1: PAM: initializing for \"alice\"\n\
         Apr 17 10:00:44 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 50980 ssh2\n",
        "",
    ),
    (
        "who came in did not wait",
        "Apr 17 10:00:00 web01 sshd[7]: Connection from 192.0.2.7 port 50980\n\
         Apr 17 10:00:01 web01 sshd[7]: reverse mapping checking getaddrinfo for a.example.net [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!\n\
         Apr 17 10:00:34 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 50980 ssh2\n",
        "",
    ),
];

#[test]
fn the_same_lines_mean_another_thing_at_another_pace() {
    for (situation, log, expected) in CASES {
        assert_eq!(verdict(&report_on(log, &[])), *expected, "{situation}");
    }
}

/// The log of a session that a shell ended, `seconds` after it began, and what `getent passwd` shows.
fn session(seconds: u32, between: &str, shell: &str) -> String {
    format!(
        "Apr 17 10:00:02 web01 sshd[7]: Accepted password for alice from 192.0.2.7 port 50980 ssh2\n\
         Apr 17 10:00:02 web01 sshd[7]: pam_unix(sshd:session): session opened for user alice by (uid=0)\n\
         {between}\
         Apr 17 10:00:{:02} web01 sshd[7]: pam_unix(sshd:session): session closed for user alice\n\
         [root@web01 ~]# getent passwd alice\nalice:x:1001:1001::/home/alice:{shell}\n",
        2 + seconds
    )
}

#[test]
fn a_shell_that_refuses_logins_explains_a_session_that_is_over_at_once() {
    let sftp = "Apr 17 10:00:02 web01 sshd[9]: subsystem request for sftp by user alice\n";
    let child = "Apr 17 10:00:02 web01 sshd[7]: User child is on pid 9\n";
    for (log, expected) in [
        (session(0, "", "/sbin/nologin"), "environment.shell-invalid"),
        (session(1, "", "/bin/false"), "environment.shell-invalid"),
        (session(20, "", "/sbin/nologin"), ""),
        (session(0, "", "/bin/bash"), ""),
        (session(0, &format!("{child}{sftp}"), "/sbin/nologin"), ""),
        (
            session(0, "", "/sbin/nologin")
                .replace("passwd alice\nalice:x:1001:1001::/home/alice", "passwd bob\nbob:x:1002:1002::/home/bob"),
            "",
        ),
    ] {
        let report = report_on(&log, &[]);
        assert_eq!(verdict(&report), expected, "{log}");
        let told = report["verdict"]["host_facts"][0]["evidence"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(told.starts_with("alice:x:"), !expected.is_empty(), "{told}");
    }
}
