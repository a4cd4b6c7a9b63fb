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

const CLOSED: &str = "ssh_exchange_identification: Connection closed by remote host\n";

/// The failure, what is shown, and the verdict.
const CASES: &[(&str, &str, &str)] = &[
    (
        WRONG_PASSWORD,
        "# passwd -S alice\nalice LK 2018-04-17 0 99999 7 -1 (Password locked.)",
        "environment.account-locked",
    ),
    (
        WRONG_PASSWORD,
        "# id alice; ls -lnd /home/alice\nuid=4711(alice) gid=1001(alice) groups=1001(alice)\n\
         drwxr-xr-x 3 1001 1001 60 Apr 17 09:00 /home/alice",
        "file-permissions.home-or-ssh-directory",
    ),
    (
        WRONG_PASSWORD,
        "# id alice; ls -lnd /home/alice\nuid=1001(alice) gid=1001(alice) groups=1001(alice)\n\
         drwxr-xr-x 3 1001 1001 60 Apr 17 09:00 /home/alice",
        "client.wrong-password",
    ),
    (
        REFUSED,
        "# netstat -tln\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n\
         tcp        0      0 0.0.0.0:2200            0.0.0.0:*               LISTEN\n# grep listening /var/log/secure\n\
         Apr 17 09:00:02 web01 sshd[7]: Server listening on 0.0.0.0 port 2200.",
        "service-config.not-listening",
    ),
    (
        REFUSED,
        "# netstat -tln\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n\
         tcp        0      0 0.0.0.0:2200            0.0.0.0:*               LISTEN\n# grep listening /var/log/secure\n\
         Apr 17 09:00:02 web01 sshd[7]: Server listening on 0.0.0.0 port 22.\n\
         Apr 17 09:00:02 web01 sshd[7]: Server listening on 0.0.0.0 port 2200.",
        "network.connection-refused",
    ),
    (
        REFUSED,
        "# ss -lntp\nState    Recv-Q   Send-Q     Local Address:Port      Peer Address:Port  Process\n\
         LISTEN   0        128             10.8.0.5:22             0.0.0.0:*      users:((\"sshd\",pid=611,fd=3))",
        "service-config.not-listening",
    ),
    (
        REFUSED,
        "# ss -lntp\nState    Recv-Q   Send-Q     Local Address:Port      Peer Address:Port  Process\n\
         LISTEN   0        128                    *:22                   *:*      users:((\"sshd\",pid=611,fd=3))",
        "network.connection-refused",
    ),
    (
        CLOSED,
        "# ls -l /proc/812/exe\nlrwxrwxrwx 1 root root 0 Apr 17 09:00 /proc/812/exe -> '/usr/sbin/sshd (deleted)'",
        "service-config.binary-missing",
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
    (
        DENIED_BY_PAM,
        "# LANG=C chage -l alice | tail -4\nPassword expires\t\t\t: never\nAccount expires\t\t\t: Mar 31, 2018",
        "pam.account-expired",
    ),
    (DENIED_BY_PAM, "# chage -l alice\nAccount expires\t\t\t: Mar 31, 2058", "pam.account-denied"),
    (DENIED_BY_PAM, "# chage -l bob\nAccount expires\t\t\t: Mar 31, 2018", "pam.account-denied"),
    (DENIED_BY_PAM, "# chage -l alice\nPassword inactive\t\t: 2018-03-31", "pam.account-expired"),
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
        "$ curl ifconfig.me\n198.51.100.7\n# fail2ban-client status sshd\nStatus for the jail: sshd\n`- Actions\n   |- Currently banned: 1\n   `- Banned IP list:   198.51.100.7",
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
        "service-config.not-listening",
    ),
    (REFUSED, "# grep -i ^port /etc/ssh/sshd_config\nPort 2222", "service-config.not-listening"),
    (REFUSED_2222, "# grep -i ^port /etc/ssh/sshd_config\nPort 2222", "network.connection-refused"),
    (
        REFUSED,
        "# ps -ef | grep sshd\nroot      3321  3300  0 10:01 pts/0    00:00:00 grep --color=auto sshd",
        "service-config.not-running",
    ),
    (
        REFUSED,
        "From the office (198.51.100.7).\n# iptables -L -n\nChain f2b-sshd (1 references)\n\
         REJECT     all  --  198.51.100.7         0.0.0.0/0            reject-with icmp-port-unreachable",
        "environment.source-banned",
    ),
    (
        "ssh: connect to host 192.0.2.10 port 22: Connection timed out\n",
        "# nft list ruleset\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport { 80, 443 } accept",
        "network.host-firewall",
    ),
    (
        "ssh: connect to host 192.0.2.10 port 22: Connection timed out\n",
        "# nft list ruleset\n\t\ttype filter hook input priority 0; policy drop;\n\t\ttcp dport { 22, 80 } accept",
        "network.connect-timeout",
    ),
    (
        CLOSED,
        "# ps aux | grep sshd\nroot 812 0.0 0.1 15440 9216 ? Ss Nov06 0:01 sshd: /usr/sbin/sshd -D [listener] 10 of 10-100 startups",
        "service-config.max-startups",
    ),
    (CLOSED, "# cat /etc/hosts.deny\nsshd: ALL", "service-config.tcp-wrappers"),
    (CLOSED, "# cat /etc/hosts.allow\nsshd: ALL\n# cat /etc/hosts.deny\nALL: ALL", "network.closed-before-banner"),
    (CLOSED, "# cat /etc/hosts.deny\nsshd: 198.51.100.", "network.closed-before-banner"),
    (CLOSED, "My address is 192.0.2.7.\n# cat /etc/hosts.deny\nsshd: 192.0.2.7", "service-config.tcp-wrappers"),
    (CLOSED, "My address is 192.0.2.7.\n# cat /etc/hosts.deny\nsshd: 203.0.113.4", "network.closed-before-banner"),
    (CLOSED, "My address is 192.0.2.7.\n# cat /etc/hosts.allow\nsshd: 192.0.2.7", "network.closed-before-banner"),
    (
        WRONG_PASSWORD,
        "# grep AllowGroups /etc/ssh/sshd_config\nAllowGroups ops\n# id alice\nuid=1001(alice) gid=1001(alice) groups=1001(alice),100(users)",
        "service-config.user-not-allowed",
    ),
    (
        WRONG_PASSWORD,
        "# grep AllowGroups /etc/ssh/sshd_config\nAllowGroups ops\n# id alice\nuid=1001(alice) gid=1001(alice) groups=1001(alice),27(ops)",
        "client.wrong-password",
    ),
    (
        WRONG_PASSWORD,
        "# cat /etc/pam.d/sshd\nauth required pam_listfile.so item=user sense=allow file=/etc/ssh/users onerr=fail",
        "pam.listfile-denied",
    ),
    (
        WRONG_PASSWORD,
        "# cat /etc/pam.d/sshd\nauth       required     pam_succeed_if.so user ingroup ops",
        "pam.succeed-if-denied",
    ),
    (
        WRONG_PASSWORD,
        "# cat /etc/pam.d/system-auth\nauth requisite pam_succeed_if.so uid >= 1000 quiet_success",
        "client.wrong-password",
    ),
    (
        WRONG_PASSWORD,
        "# faillock --user alice\nalice:\nWhen                Type  Source    Valid\n\
         2018-04-17 10:00:02 RHOST 192.0.2.7   V\n2018-04-17 10:00:03 RHOST 192.0.2.7   V\n2018-04-17 10:00:09 RHOST 192.0.2.7   V",
        "pam.account-locked",
    ),
    (DENIED_BY_PAM, "# ls -l /etc/nologin\n-rw-r--r-- 1 root root 0 Apr 17 09:00 /etc/nologin", "pam.nologin"),
    (DENIED_BY_PAM, "# grep access /etc/pam.d/sshd\naccount    required     pam_access.so", "pam.access-denied"),
    (
        KEY_REFUSED,
        "# ls -lZ /home/alice/.ssh/authorized_keys\n\
         -rw-------. alice alice unconfined_u:object_r:default_t:s0 /home/alice/.ssh/authorized_keys",
        "environment.selinux-denied",
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
    (
        "debug2: we sent a hostbased packet, wait for reply\ndebug1: No more client hostkeys for hostbased authentication.\n\
         debug1: No more authentication methods to try.\nPermission denied (publickey,hostbased).\n",
        "",
        "keys.hostbased-refused",
    ),
    (
        "Connection timed out during banner exchange\n",
        "[1912563.420117] INFO: task mysqld:1170 blocked for more than 241 seconds.",
        "environment.host-overloaded",
    ),
    (
        KEY_REFUSED,
        "# ssh-keygen -lf /home/alice/.ssh/authorized_keys\n/home/alice/.ssh/authorized_keys is not a public key file.",
        "keys.authorized-keys-malformed",
    ),
    (
        "alice@192.0.2.10's password: \nclient_loop: send disconnect: Broken pipe\n",
        "# sshd -T -C user=alice,host=x,addr=192.0.2.7 | grep chroot\nchrootdirectory /srv/sftp/%u",
        "file-permissions.chroot-directory",
    ),
    (
        KEY_REFUSED,
        "`sshd[7]: subsystem request for sftp by user alice failed, subsystem not found`",
        "service-config.subsystem-failed",
    ),
    (
        "Connection to web01.example.com closed by remote host.\nConnection to web01.example.com closed.\n",
        "$ sudo sshd -T | grep -i alive\nclientaliveinterval 300\nclientalivecountmax 0",
        "service-config.idle-timeout",
    ),
    (
        "alice@192.0.2.10's password: \nConnection closed by 192.0.2.10 port 22\n",
        "# sshd -T | grep -i grace\nlogingracetime 60",
        "service-config.login-grace-time",
    ),
    (
        "debug1: SSH2_MSG_KEXINIT sent\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n",
        "# ss -tln\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:*",
        "network.kex-stalled",
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

/// What healthy hosts show, too: who is banned, what is not installed on a client, ports that somebody forwarded, and so on.
const EVERYDAY: &[&str] = &[
    "# fail2ban-client status sshd\n`- Actions\n   |- Currently banned: 2\n   `- Banned IP list:   203.0.113.5 203.0.113.6",
    "# chage -l alice\nPassword expires\t: never\nAccount expires\t: Dec 31, 2030",
    "alice@laptop:~$ dpkg -l | grep openssh\nun  openssh-server     <none>     <none>       (no description available)",
    "# ss -tlnp | grep ssh\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"systemd\",pid=1,fd=3))\n\
     LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:((\"sshd\",pid=99,fd=9))",
    "# ss -tlnp | grep sshd\nLISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:((\"sshd\",pid=99,fd=9))",
    "# ps -ef | grep sshd\nroot  812  1  0 09:00 ?  00:00:00 sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\n\
     root  3321  3300  0 10:01 pts/0  00:00:00 grep --color=auto sshd",
    "# timedatectl\nSystem clock synchronized: yes\nNTP service: active",
    "# cat /etc/pam.d/sshd\n# account  required     pam_access.so\naccount    required     pam_nologin.so",
    "# cat /etc/security/access.conf\n#-:ALL EXCEPT root:tty1\n# grep -n root /etc/security/access.conf\n12:#-:root:ALL",
    "# cat /etc/security/limits.conf\n#@student        -       maxlogins       4",
    "# cat /etc/pam.d/system-auth\nauth requisite pam_succeed_if.so uid >= 1000 quiet_success",
    "# cat /etc/passwd\nroot:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\nalice:x:1001:1001::/home/alice:/bin/bash",
    "# cat /etc/ssh/sshd_config\n#Port 22\n#LoginGraceTime 2m\n#ChrootDirectory none\nUsePAM yes\nLoginGraceTime 120",
    "# uptime\n 11:05:01 up 120 days,  3:01,  2 users,  load average: 1.41, 1.02, 0.33",
];

/// Files that this machine has, as their packages brought them, and what its sshd says.
fn of_this_machine() -> Vec<String> {
    let folders = ["/etc/pam.d", "/etc/security"].map(std::fs::read_dir).into_iter().flatten().flatten().flatten();
    let paths =
        ["/etc/ssh/sshd_config", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf"].map(std::path::PathBuf::from);
    let files = folders.map(|entry| entry.path()).chain(paths);
    let shown = files.filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        Some(format!("# cat {}\n{text}", path.display()))
    });
    let options = std::process::Command::new("/usr/sbin/sshd").arg("-T").output();
    let options = options.ok().filter(|out| out.status.success()).map(|out| out.stdout);
    let options = options.map(|text| format!("# sshd -T\n{}", String::from_utf8_lossy(&text)));
    shown.chain(options).collect()
}

/// A verdict from what is everywhere would be wrong nearly always.
#[test]
fn what_every_host_shows_decides_nothing() {
    let failures = [
        WRONG_PASSWORD,
        LEFT,
        DENIED_BY_PAM,
        KEY_REFUSED,
        REFUSED,
        CLOSED,
        "Apr 17 10:00:02 web01 sshd[7]: Invalid user alice from 192.0.2.7 port 50980\n",
        "Apr 17 10:00:02 web01 sshd[7]: error: PAM: pam_open_session(): Permission denied\n",
        "ssh: connect to host 192.0.2.10 port 22: Connection timed out\n",
        "Connection timed out during banner exchange\n",
        "client_loop: send disconnect: Broken pipe\n",
        "Connection to 192.0.2.10 closed by remote host.\n",
        "Connection to 192.0.2.10 closed.\n",
    ];
    let first = |text: String| {
        let report = report_on(text, &["--year", "2018"]);
        causes(&report).first().copied().unwrap_or_default().to_owned()
    };
    let own = of_this_machine();
    for failure in failures {
        let alone = first(failure.to_owned());
        for shown in EVERYDAY.iter().copied().chain(own.iter().map(String::as_str)) {
            let found = first(format!("{failure}\n{shown}\n"));
            assert_eq!(found, alone, "{failure}{shown}");
        }
    }
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
