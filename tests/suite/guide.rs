//! The guide's steps and what their outputs mean together: as files of their own, and as one paste with Japanese notes between.

use crate::support::{Folder, report_on, sshtriage, texts, verdict};
use serde_json::Value;

const RUN_LISTEN_ANY: &str = r#"[root@web01 ~]# service sshd status
openssh-daemon (pid  31350) is running...
[root@web01 ~]# netstat -ano | grep 0.0.0.0:22
tcp        0      0 0.0.0.0:22                  0.0.0.0:*                   LISTEN      off (0.00/0/0)
"#;

const RUN_ONLY: &str = r#"[root@web01 ~]# systemctl status sshd
● sshd.service - OpenSSH server daemon
     Loaded: loaded (/usr/lib/systemd/system/sshd.service; enabled; preset: enabled)
     Active: active (running) since Fri 2026-04-17 09:00:00 JST; 1h ago
   Main PID: 712 (sshd)
"#;

const RUN_SYSTEMD: &str = r#"[root@web01 ~]# systemctl status sshd
● sshd.service - OpenSSH server daemon
     Loaded: loaded (/usr/lib/systemd/system/sshd.service; enabled; preset: enabled)
     Active: active (running) since Fri 2026-04-17 09:00:00 JST; 1h ago
   Main PID: 712 (sshd)
[root@web01 ~]# ss -lntp
State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process
LISTEN 0      128          0.0.0.0:22        0.0.0.0:*     users:(("sshd",pid=712,fd=3))
LISTEN 0      128             [::]:22           [::]:*     users:(("sshd",pid=712,fd=4))
"#;

const LOOPBACK_OK: &str = r#"[root@web01 ~]# ssh -v alice@127.0.0.1
OpenSSH_8.7p1, OpenSSL 3.0.7 1 Nov 2022
debug1: Connecting to 127.0.0.1 [127.0.0.1] port 22.
debug1: Connection established.
debug1: Authenticated to 127.0.0.1 ([127.0.0.1]:22) using "password".
Last login: Fri Apr 17 10:00:00 2026 from 127.0.0.1
"#;

const OUTSIDE_TIMEOUT: &str = r#"$ ssh -v alice@web01.example.com
OpenSSH_9.2p1, OpenSSL 3.0.11 19 Sep 2023
debug1: Connecting to web01.example.com [192.0.2.10] port 22.
debug1: connect to address 192.0.2.10 port 22: Connection timed out
ssh: connect to host web01.example.com port 22: Connection timed out
"#;

const OUTSIDE_REFUSED: &str = r#"$ ssh -v alice@web01.example.com
OpenSSH_9.2p1, OpenSSL 3.0.11 19 Sep 2023
debug1: Connecting to web01.example.com [192.0.2.10] port 22.
debug1: connect to address 192.0.2.10 port 22: Connection refused
ssh: connect to host web01.example.com port 22: Connection refused
"#;

const TELNET_TIMEOUT: &str = r#"$ telnet 192.0.2.10 22
Trying 192.0.2.10...
telnet: Unable to connect to remote host: Connection timed out
"#;

const TELNET_REFUSED: &str = r#"$ telnet 192.0.2.10 22
Trying 192.0.2.10...
telnet: Unable to connect to remote host: Connection refused
"#;

const PING_OK: &str = r#"$ ping -c 3 192.0.2.10
PING 192.0.2.10 (192.0.2.10) 56(84) bytes of data.
64 bytes from 192.0.2.10: icmp_seq=1 ttl=55 time=12.3 ms
64 bytes from 192.0.2.10: icmp_seq=2 ttl=55 time=12.1 ms

--- 192.0.2.10 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1001ms
rtt min/avg/max/mdev = 12.1/12.2/12.3/0.1 ms
"#;

const LISTEN_LOOPBACK: &str = r#"[root@web01 ~]# ss -lntp | grep sshd
LISTEN 0      128        127.0.0.1:22        0.0.0.0:*     users:(("sshd",pid=712,fd=3))
"#;

const NETSTAT_LOOPBACK: &str = r#"[root@web01 ~]# netstat -lntp | grep :22
tcp        0      0 127.0.0.1:22            0.0.0.0:*               LISTEN      712/sshd
"#;

const NETSTAT_WINDOWS: &str = r#"C:\> netstat -ano | findstr :22
  TCP    0.0.0.0:22             0.0.0.0:0              LISTENING       2456
  TCP    [::]:22                [::]:0                 LISTENING       2456
"#;

const NOT_RUNNING_CONFIG: &str = r#"[root@web01 ~]# systemctl status sshd
● sshd.service - OpenSSH server daemon
     Loaded: loaded (/usr/lib/systemd/system/sshd.service; enabled; preset: enabled)
     Active: failed (Result: exit-code) since Fri 2026-04-17 09:00:00 JST; 1h ago
   Main PID: 712 (code=exited, status=255/EXCEPTION)
[root@web01 ~]# sshd -t
/etc/ssh/sshd_config: line 12: Bad configuration option: PermitRootLogn
/etc/ssh/sshd_config: terminating, 1 bad configuration options
"#;

const INACTIVE: &str = r#"[root@web01 ~]# systemctl status sshd
○ sshd.service - OpenSSH server daemon
     Loaded: loaded (/usr/lib/systemd/system/sshd.service; disabled; preset: enabled)
     Active: inactive (dead)
"#;

const STOPPED_SYSV: &str = r#"[root@web01 ~]# service sshd status
openssh-daemon is stopped
"#;

const GETENFORCE: &str = r#"[root@web01 ~]# getenforce
Enforcing
"#;

const LS: &str = r#"[root@web01 ~]# ls -ld /home/alice /home/alice/.ssh /home/alice/.ssh/authorized_keys
drwxrwxrwx. 3 alice alice 4096 Apr 17 09:00 /home/alice
drwx------. 2 alice alice   29 Apr 17 09:00 /home/alice/.ssh
-rw-------. 1 alice alice  400 Apr 17 09:00 /home/alice/.ssh/authorized_keys
"#;

const IPTABLES: &str = r#"[root@web01 ~]# iptables -S
-P INPUT DROP
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
"#;

const FIREWALLD: &str = r#"[root@web01 ~]# firewall-cmd --list-all
public (active)
  target: default
  icmp-block-inversion: no
  interfaces: eth0
  sources: 
  services: dhcpv6-client http
  ports: 
  protocols: 
"#;

const DENIED: &str = r#"$ ssh -v alice@web01.example.com
debug1: Connecting to web01.example.com [192.0.2.10] port 22.
debug1: Connection established.
debug1: Authentications that can continue: publickey
debug1: Offering public key: /home/alice/.ssh/id_ed25519 ED25519 SHA256:0123456789012345678901234567890123456789AAA
debug1: Authentications that can continue: publickey
debug1: No more authentication methods to try.
alice@web01.example.com: Permission denied (publickey).
"#;

/// Outputs, and the cause that they lead to; none where nothing failed.
const SETS: &[(&str, &[&str], &str)] = &[
    (
        "it runs and listens everywhere, loopback works, outside gets no answer: a firewall or security group",
        &[RUN_LISTEN_ANY, LOOPBACK_OK, OUTSIDE_TIMEOUT, PING_OK],
        "network.connect-timeout",
    ),
    ("the same with systemd", &[RUN_SYSTEMD, LOOPBACK_OK, OUTSIDE_TIMEOUT], "network.connect-timeout"),
    ("it listens on loopback only", &[LISTEN_LOOPBACK, OUTSIDE_REFUSED, RUN_ONLY], "service-config.not-listening"),
    ("the same by netstat and telnet", &[NETSTAT_LOOPBACK, TELNET_REFUSED], "service-config.not-listening"),
    (
        "it does not run because of its configuration",
        &[NOT_RUNNING_CONFIG, OUTSIDE_REFUSED],
        "service-config.invalid-option",
    ),
    ("it does not run", &[INACTIVE, OUTSIDE_REFUSED], "service-config.not-running"),
    ("it does not run, before systemd", &[STOPPED_SYSV, TELNET_REFUSED], "service-config.not-running"),
    ("Windows listens", &[NETSTAT_WINDOWS, OUTSIDE_TIMEOUT], "network.connect-timeout"),
    ("the listing shows what sshd dislikes", &[GETENFORCE, LS, DENIED], "file-permissions.home-or-ssh-directory"),
    ("iptables drops what it does not accept", &[IPTABLES, OUTSIDE_TIMEOUT], "network.host-firewall"),
    ("firewalld lets SSH not in", &[FIREWALLD, OUTSIDE_TIMEOUT], "network.host-firewall"),
    ("the port test and ping alone", &[PING_OK, TELNET_TIMEOUT], "network.connect-timeout"),
    ("all is well on the server", &[RUN_LISTEN_ANY, LOOPBACK_OK, PING_OK], ""),
];

fn as_files(outputs: &[&str]) -> Value {
    let folder = Folder::new();
    let paths = outputs.iter().enumerate().map(|(at, text)| folder.write(&format!("{at}.log"), text));
    let paths: Vec<_> = paths.collect();
    paths.iter().fold(sshtriage(["--format", "json", "--lang", "en"]), |run, path| run.arg(path)).run().json()
}

fn as_paste(outputs: &[&str]) -> Value {
    let pasted: String =
        outputs.iter().map(|text| format!("{text}\n次に、以下のコマンドを実行しました。\n\n")).collect();
    report_on(pasted, &["--lang", "en"])
}

#[test]
fn what_the_steps_print_leads_to_the_cause() {
    let mut wrong = Vec::new();
    for (situation, outputs, cause) in SETS {
        let turned: Vec<&str> = outputs.iter().rev().copied().collect();
        let ways = [
            ("files", as_files(outputs)),
            ("files the other way round", as_files(&turned)),
            ("one paste", as_paste(outputs)),
            ("one paste the other way round", as_paste(&turned)),
        ];
        for (way, report) in ways {
            if verdict(&report) != *cause {
                wrong.push(format!("{situation}, {way}: {}", verdict(&report)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Outputs that decide nothing, each with the beginning of the step that would ask for it.
const INDECISIVE: &[(&str, &str)] = &[
    ("SSH-2.0-OpenSSH_9.6\n", "Test the port"),
    (PING_OK, "If the port does not answer"),
    (
        "Apr 17 10:00:00 web01 sshd[7]: Connection from 192.0.2.7 port 51022 on 192.0.2.10 port 22\n",
        "On the server (management console), follow the log",
    ),
    ("debug1: Reading configuration data /etc/ssh/ssh_config\n", "On the client, save the full debug output"),
    ("openssh-daemon (pid  31350) is running...\n", "On the server, check that the SSH service is running"),
    ("port 22\nlistenaddress 0.0.0.0:22\nusepam yes\n", "On the server, test the configuration"),
    (NETSTAT_WINDOWS, "On the server, check on which address"),
    (LOOPBACK_OK, "On the server, log in over the loopback"),
];

#[test]
fn next_steps_never_ask_for_what_is_given_and_keep_the_guides_order() {
    let all = report_on("nothing\n", &["--lang", "en"]);
    let all: Vec<&str> = texts(&all["next_steps"]);
    assert_eq!(all.len(), 10, "{all:?}");
    for (at, first) in INDECISIVE.iter().enumerate() {
        for second in &INDECISIVE[at..] {
            let outputs = [first.0, second.0];
            for (way, report) in [("files", as_files(&outputs)), ("paste", as_paste(&outputs))] {
                assert!(report["verdict"].is_null(), "{way} {first:?} {second:?}: {report:#}");
                let steps = texts(&report["next_steps"]);
                for given in [first.1, second.1] {
                    assert!(!steps.iter().any(|step| step.starts_with(given)), "{way}: {given} in {steps:?}");
                }
                let places: Vec<_> = steps.iter().map(|step| all.iter().position(|known| known == step)).collect();
                assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{way}: {steps:?}");
            }
        }
    }
}
