//! Messages that mislead, each with what it really means: seen in real runs or read in the emitters' sources.

use crate::support::{causes, report_on};

/// A log or transcript, and the causes that must be found, in order.
struct Trap {
    situation: &'static str,
    lines: &'static [&'static str],
    causes: &'static [&'static str],
}

/// Lines of one sshd process on one server.
const SERVER: &[Trap] = &[
    Trap {
        situation: "too open a key on the server is a host key",
        lines: &["error: Permissions 0666 for '/etc/ssh/ssh_host_rsa_key' are too open."],
        causes: &["file-permissions.host-key"],
    },
    Trap {
        situation: "an old server without key exchange algorithms has no host keys",
        lines: &["fatal: No supported key exchange algorithms [preauth]"],
        causes: &["keys.host-key-missing"],
    },
    Trap {
        situation: "a deferred penalty refuses nobody",
        lines: &[
            "srclimit_penalise: ipv4: new 192.0.2.7/32 deferred penalty of 5 seconds for penalty: failed authentication",
        ],
        causes: &[],
    },
    Trap {
        situation: "an active penalty refuses the source",
        lines: &["drop connection #0 from [192.0.2.7]:51022 on [198.51.100.1]:22 penalty: failed authentication"],
        causes: &["service-config.source-penalty"],
    },
    Trap {
        situation: "MaxStartups, old wording",
        lines: &["drop connection #10 from [192.0.2.7]:51022 on [198.51.100.1]:22 past MaxStartups"],
        causes: &["service-config.max-startups"],
    },
    Trap {
        situation: "MaxStartups, new spelling",
        lines: &["drop connection #10 from [192.0.2.7]:51022 on [198.51.100.1]:22 Maxstartups"],
        causes: &["service-config.max-startups"],
    },
    Trap {
        situation: "LoginGraceTime of 10.x, from the listener and without a user",
        lines: &["Timeout before authentication for connection from 192.0.2.7 to 198.51.100.1, pid = 4711"],
        causes: &["service-config.login-grace-time"],
    },
    Trap {
        situation: "LoginGraceTime before 9.8",
        lines: &["fatal: Timeout before authentication for 192.0.2.7 port 51022"],
        causes: &["service-config.login-grace-time"],
    },
    Trap {
        situation: "a host key that cannot be loaded, to 7.9",
        lines: &[
            "error: Could not load host key: /etc/ssh/ssh_host_rsa_key",
            "error: Could not load host key: /etc/ssh/ssh_host_ed25519_key",
            "sshd: no hostkeys available -- exiting.",
        ],
        causes: &["keys.host-key-missing"],
    },
    Trap {
        situation: "a host key that cannot be loaded, from 8.0",
        lines: &[
            "error: Unable to load host key: /etc/ssh/ssh_host_rsa_key",
            "sshd: no hostkeys available -- exiting.",
        ],
        causes: &["keys.host-key-missing"],
    },
    Trap {
        situation: "a limit that could not be set refuses nobody",
        lines: &[
            "Accepted password for alice from 192.0.2.7 port 51022 ssh2",
            "pam_limits(sshd:session): Could not set limit for 'nofile' to soft=65536, hard=65536: Operation not permitted; uid=1000,euid=0",
            "pam_unix(sshd:session): session opened for user alice by (uid=0)",
        ],
        causes: &[],
    },
    Trap {
        situation: "no space for a pty is the pty limit",
        lines: &[
            "Accepted password for alice from 192.0.2.7 port 51022 ssh2",
            "error: openpty: No space left on device",
            "error: session_pty_req: session 0 alloc failed",
        ],
        causes: &["environment.pty-failed"],
    },
    Trap {
        situation: "stock RHEL's uid requirement merely follows root's wrong password",
        lines: &[
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
            "pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"",
            "Failed password for root from 192.0.2.7 port 51022 ssh2",
        ],
        causes: &["client.wrong-password"],
    },
    Trap {
        situation: "a certificate that is expired, to 9.9",
        lines: &["error: Certificate invalid: expired"],
        causes: &["keys.certificate-invalid"],
    },
    Trap {
        situation: "a certificate that is expired, newer",
        lines: &[
            "error: Refusing certificate ID \"alice\" serial=1 signed by ED25519 CA SHA256:0123456789012345678901234567890123456789012: Certificate invalid: expired",
        ],
        causes: &["keys.certificate-invalid"],
    },
    Trap {
        situation: "a client that leaves before its banner, to 7.9",
        lines: &["Did not receive identification string from 192.0.2.7 port 51022"],
        causes: &["network.closed-before-banner"],
    },
    Trap {
        situation: "a client that leaves before its banner, from 8.0",
        lines: &[
            "error: kex_exchange_identification: Connection closed by remote host",
            "Connection closed by 192.0.2.7 port 51022",
        ],
        causes: &["network.closed-before-banner"],
    },
    Trap {
        situation: "an unknown user under keyboard-interactive is an illegal user",
        lines: &[
            "error: PAM: User not known to the underlying authentication module for illegal user mallory from 192.0.2.7",
        ],
        causes: &["client.unknown-user"],
    },
    Trap {
        situation: "the disconnect code right behind the port",
        lines: &["Received disconnect from 192.0.2.7 port 51022:11: Bye Bye [preauth]"],
        causes: &["client.aborted"],
    },
    Trap {
        situation: "an invalid user without a name",
        lines: &["Invalid user  from 192.0.2.7 port 51022"],
        causes: &["client.unknown-user"],
    },
    Trap {
        situation: "a user whose name is user",
        lines: &["Invalid user user from 192.0.2.7 port 51022"],
        causes: &["client.unknown-user"],
    },
    Trap {
        situation: "a misspelt limit",
        lines: &["pam_limits(sshd:session): could not sent limit for 'nofile'"],
        causes: &["pam.limits-failed"],
    },
    Trap {
        situation: "a refusal by account configuration after the right password",
        lines: &["fatal: Access denied for user alice by PAM account configuration [preauth]"],
        causes: &["pam.account-denied"],
    },
    Trap {
        situation: "rsyslog's escape of a line feed",
        lines: &[
            "error: maximum authentication attempts exceeded for alice from 192.0.2.7 port 51022 ssh2 [preauth]#012",
        ],
        causes: &["service-config.max-auth-tries"],
    },
    Trap {
        situation: "a machine-translated line stays unknown",
        lines: &["ユーザー alice のパスワードの認証に失敗しました (192.0.2.7 ポート 51022 から)"],
        causes: &[],
    },
    Trap {
        situation: "the privilege separation child of an old server ends",
        lines: &["fatal: privsep_preauth: preauth child terminated by signal 31"],
        causes: &["environment.sshd-crashed"],
    },
];

/// What a client printed.
const CLIENT: &[Trap] = &[
    Trap {
        situation: "too open a key at the client is the user's",
        lines: &["Permissions 0666 for '/home/alice/.ssh/id_rsa' are too open.", "This private key will be ignored."],
        causes: &["client.private-key-permissions"],
    },
    Trap {
        situation: "identity files that do not exist are routine",
        lines: &[
            "debug1: identity file /home/alice/.ssh/id_rsa type -1",
            "debug1: key_load_public: No such file or directory",
            "debug1: identity file /home/alice/.ssh/id_rsa-cert type -1",
        ],
        causes: &[],
    },
    Trap {
        situation: "debug lines that say fail are routine",
        lines: &[
            "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.6",
            "debug1: Unspecified GSS failure.  Minor code may provide more information",
            "debug1: No credentials were supplied, or the credentials were unavailable or inaccessible",
            "debug1: Authentication succeeded (publickey).",
            "Authenticated to web01.example.com ([192.0.2.10]:22) using \"publickey\".",
            "debug1: Entering interactive session.",
        ],
        causes: &[],
    },
    Trap {
        situation: "an address that leads nowhere, and the next one logs in",
        lines: &[
            "debug1: Connecting to web01.example.com [2001:db8::1] port 22.",
            "debug1: connect to address 2001:db8::1 port 22: Network is unreachable",
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: Connection established.",
            "Authenticated to web01.example.com ([192.0.2.10]:22) using \"publickey\".",
        ],
        causes: &[],
    },
    Trap {
        situation: "an address that leads nowhere, and the next one refuses the key",
        lines: &[
            "debug1: Connecting to web01.example.com [2001:db8::1] port 22.",
            "debug1: connect to address 2001:db8::1 port 22: Network is unreachable",
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: Connection established.",
            "debug1: Authentications that can continue: publickey",
            "debug1: Offering public key: /home/alice/.ssh/id_rsa RSA SHA256:0123456789012345678901234567890123456789012",
            "debug1: Authentications that can continue: publickey",
            "debug1: No more authentication methods to try.",
            "alice@web01.example.com: Permission denied (publickey).",
        ],
        causes: &["keys.public-key-rejected"],
    },
    Trap {
        situation: "two addresses that fail differently: ssh says in the end which counts",
        lines: &[
            "debug1: Connecting to web01.example.com [2001:db8::1] port 22.",
            "debug1: connect to address 2001:db8::1 port 22: Network is unreachable",
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: connect to address 192.0.2.10 port 22: Connection timed out",
            "ssh: connect to host web01.example.com port 22: Connection timed out",
        ],
        causes: &["network.connect-timeout"],
    },
    Trap {
        situation: "a transcript cut behind the last address",
        lines: &[
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: connect to address 192.0.2.10 port 22: Connection refused",
        ],
        causes: &["network.connection-refused"],
    },
    Trap {
        situation: "ConnectionAttempts, and the second answers",
        lines: &[
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: connect to address 192.0.2.10 port 22: Connection refused",
            "debug1: Trying again...",
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: Connection established.",
            "Authenticated to web01.example.com ([192.0.2.10]:22) using \"publickey\".",
        ],
        causes: &[],
    },
    Trap {
        situation: "another server answers",
        lines: &[
            "debug1: Connecting to web01.example.com [192.0.2.10] port 22.",
            "debug1: connect to address 192.0.2.10 port 22: Connection refused",
            "debug1: Connecting to web02.example.com [192.0.2.11] port 22.",
            "debug1: Connection established.",
            "Authenticated to web02.example.com ([192.0.2.11]:22) using \"publickey\".",
        ],
        causes: &["network.connection-refused"],
    },
    Trap {
        situation: "telnet goes on from IPv6 to IPv4",
        lines: &[
            "Trying 2001:db8::1...",
            "telnet: connect to address 2001:db8::1: Network is unreachable",
            "Trying 192.0.2.10...",
            "Connected to web01.example.com.",
            "Escape character is '^]'.",
            "SSH-2.0-OpenSSH_9.6",
        ],
        causes: &[],
    },
    Trap {
        situation: "nc goes on from IPv6 to IPv4",
        lines: &[
            "nc: connect to localhost (::1) port 22 (tcp) failed: Connection refused",
            "Connection to localhost (127.0.0.1) 22 port [tcp/ssh] succeeded!",
        ],
        causes: &[],
    },
];

/// What is found, and what was to be found.
fn wrong(traps: &[Trap], header: &str) -> Vec<String> {
    let found = |trap: &Trap| {
        let text: String = trap.lines.iter().map(|line| format!("{header}{line}\n")).collect();
        let report = report_on(text, &["--year", "2026"]);
        let found: Vec<String> = causes(&report).into_iter().map(str::to_owned).collect();
        (found != trap.causes).then(|| format!("{}: {found:?} in place of {:?}", trap.situation, trap.causes))
    };
    traps.iter().filter_map(found).collect()
}

#[test]
fn no_message_of_a_server_misleads() {
    let wrong = wrong(SERVER, "Apr 17 10:00:00 web01 sshd[4711]: ");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_message_of_a_client_misleads() {
    let wrong = wrong(CLIENT, "");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `Not allowed at this time` is what a client sees of MaxStartups and of penalties alike: only the server knows which.
#[test]
fn a_client_that_is_not_allowed_at_this_time_gets_both_reasons_and_little_confidence() {
    let transcript = "debug1: Local version string SSH-2.0-OpenSSH_9.9\n\
        debug1: kex_exchange_identification: banner line 0: Not allowed at this time\n\
        kex_exchange_identification: Connection closed by remote host\n\
        Connection closed by 192.0.2.10 port 22\n";
    let report = report_on(transcript, &[]);
    let verdict = &report["verdict"];
    let cause = verdict["cause"].as_str().unwrap_or_default();
    assert!(["service-config.max-startups", "service-config.source-penalty"].contains(&cause), "{report:#}");
    assert!(verdict["confidence"].as_f64().is_some_and(|c| c < 0.7), "{report:#}");
    assert!(report["next_steps"].as_array().is_some_and(|s| !s.is_empty()));
    // The server's log decides.
    let log = "Apr 17 10:00:00 web01 sshd[9]: drop connection #0 from [192.0.2.7]:51022 on [192.0.2.10]:22 penalty: failed authentication\n";
    let folder = crate::support::Folder::new();
    let paths = [folder.write("client.log", transcript), folder.write("secure", log)];
    let report =
        crate::support::sshtriage(["--format", "json", "--year", "2026"]).arg(&paths[0]).arg(&paths[1]).run().json();
    assert_eq!(causes(&report)[0], "service-config.source-penalty", "{report:#}");
    assert!(report["verdict"]["confidence"].as_f64().is_some_and(|c| c > 0.9), "{report:#}");
}

/// A console shows sshd's lines behind the kernel's stamp, and the kernel's own about sshd as well.
#[test]
fn on_a_console_the_tag_says_who_speaks() {
    let console = "[   28.081386] sshd[1178]: fatal: Missing privilege separation directory: /run/sshd\n";
    assert_eq!(causes(&report_on(console, &[])), ["file-permissions.privsep-directory"]);
    let kernel = "[   28.081386] sshd[1178]: segfault at 0 ip 00007f0a5c1d2e80 sp 00007ffd5a3b1c28 error 4 in libcrypto.so.3[7f0a5c000000+27a000]\n";
    assert_eq!(causes(&report_on(kernel, &[])), ["environment.sshd-crashed"]);
}

#[test]
fn a_name_that_sshd_escaped_is_the_name_that_was_typed() {
    for (written, typed) in [(r"CORP\\jdoe", r"CORP\jdoe"), (r"\303\251ric", "éric"), ("o'neil", "o'neil")] {
        let log = format!("Apr 17 10:00:00 web01 sshd[7]: Failed password for {written} from 192.0.2.9 port 4 ssh2\n");
        let report = report_on(log, &["--year", "2026", "--user", typed]);
        assert_eq!(report["verdict"]["users"][0], typed, "{report:#}");
    }
}
