//! sshd_config as a real sshd reads it: what we say counts for a connection is what `sshd -T -C` prints, and whom we say is
//! excluded is kept out by a real sshd.
//!
//! Without sshd the tests pass and say so, except where CI is set.
#![allow(clippy::print_stderr, reason = "says loudly what was not tested")]

use crate::support::{Folder, Program};
use sshtriage::host::{Connection, FactName, Files, Host, HostFile, Hosts, Login};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SSHD: &str = "/usr/sbin/sshd";

fn ready() -> bool {
    let missing: Vec<&str> =
        [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen"].into_iter().filter(|p| !Path::new(p).exists()).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI must test with {missing:?}");
    eprintln!("\n*** NOT TESTED: {missing:?} missing; install openssh-server and openssh-client ***\n");
    false
}

/// A folder with a host key, in which `/etc/ssh` of the configurations is `etc/ssh`.
fn prepared() -> Folder {
    let folder = Folder::new();
    let path = folder.at("host_key").display().to_string();
    let run = Program::of("ssh-keygen").args(&["-q", "-t", "ed25519", "-N", "", "-f", &path]).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    if !Path::new("/run/sshd").exists() {
        // An init system makes this at boot; containers have none, and others than root may not.
        drop(std::fs::create_dir("/run/sshd"));
    }
    folder
}

/// Writes the configuration's files for the real sshd; returns the main one.
fn write(folder: &Folder, files: &BTreeMap<String, String>) -> PathBuf {
    drop(std::fs::remove_dir_all(folder.at("etc")));
    let here = format!("{}/etc/ssh/", folder.path().display());
    for (name, text) in files {
        let first = if name == "sshd_config" {
            format!("HostKey {}\n", folder.at("host_key").display())
        } else {
            String::new()
        };
        folder.write(&format!("etc/ssh/{name}"), first + &text.replace("/etc/ssh/", &here));
    }
    folder.at("etc/ssh/sshd_config")
}

/// The same files, and the machine's accounts, as a bundle.
fn host(files: &BTreeMap<String, String>) -> Hosts {
    let mut all = Files::default();
    let mut add = |name: &str, text: &str| all.add(HostFile::read(name, text.as_bytes()).expect("a host's file"));
    for (name, text) in files {
        add(&format!("b!etc/ssh/{name}"), text);
    }
    for name in ["etc/passwd", "etc/group"] {
        add(&format!("b!{name}"), &std::fs::read_to_string(Path::new("/").join(name)).expect("every machine has it"));
    }
    add("b!etc/nsswitch.conf", "passwd: files\ngroup: files\n");
    Hosts::new(all)
}

/// What `sshd -T` prints for a connection: keyword and values; of options that stand on several lines all of them.
fn printed(config: &Path, connection: &Connection<'_>) -> BTreeMap<String, Vec<String>> {
    let (user, address) = (connection.user.unwrap_or(""), connection.address.unwrap_or(""));
    let (host, port) = (connection.host.unwrap_or(""), connection.local_port.unwrap_or(22));
    let local = connection.local_address.unwrap_or("");
    let of = format!("user={user},host={host},addr={address},laddr={local},lport={port}");
    let run = Program::of(SSHD).args(&["-T", "-f", &config.display().to_string(), "-C", &of]).run();
    let text = std::fs::read_to_string(config).unwrap_or_default();
    assert_eq!(run.code, Some(0), "{}\n{text}", run.stderr);
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in run.text().lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        all.entry(keyword.to_owned()).or_default().push(value.to_owned());
    }
    all
}

/// Options that are compared: lists, and ones of which the first value counts.
const LISTS: [&str; 4] = ["allowusers", "denyusers", "allowgroups", "denygroups"];
const SINGLE: [&str; 8] = [
    "permitrootlogin",
    "passwordauthentication",
    "kbdinteractiveauthentication",
    "pubkeyauthentication",
    "maxauthtries",
    "maxsessions",
    "forcecommand",
    "x11forwarding",
];

fn compare(folder: &Folder, files: &BTreeMap<String, String>, connection: &Connection<'_>) {
    let real = printed(&write(folder, files), connection);
    let default = printed(&write(folder, &BTreeMap::from([("sshd_config".to_owned(), String::new())])), connection);
    let hosts = host(files);
    let host: &Host = hosts.iter().next().expect("one host");
    let ours: BTreeMap<String, Vec<String>> =
        host.options(connection).expect("a whole configuration").into_iter().collect();
    let none = Vec::new();
    for keyword in LISTS {
        let (real, ours) = (real.get(keyword).unwrap_or(&none), ours.get(keyword).unwrap_or(&none));
        assert_eq!(ours, real, "{keyword} for {connection:?} in {files:#?}");
    }
    for keyword in SINGLE {
        let real = &real[keyword];
        let ours = ours.get(keyword).map_or_else(|| default[keyword].clone(), |values| vec![values.join(" ")]);
        let ours: Vec<String> = ours.iter().map(|v| v.replace("prohibit-password", "without-password")).collect();
        assert_eq!(&ours, real, "{keyword} for {connection:?} in {files:#?}");
    }
}

/// A small generator of its own: the same configurations every time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

fn line(random: &mut Random) -> String {
    let blank = random.of(&[" ", "\t", "  ", "=", " = "]);
    let (keyword, value) = match random.below(12) {
        0 => ("AllowUsers", random.of(&["root daemon", "*@192.0.2.* bin", "\"root\" nobody # two", "d?emon*"])),
        1 => ("DenyUsers", random.of(&["bin", "root@198.51.100.0/24", "*o*@host.example.com"])),
        2 => ("allowgroups", random.of(&["root", "daemon \"bin\"", "s* w*"])),
        3 => ("DenyGroups", random.of(&["nogroup", "games root"])),
        4 => ("PermitRootLogin", random.of(&["no", "yes", "prohibit-password", "forced-commands-only"])),
        5 => ("PasswordAuthentication", random.of(&["no", "yes"])),
        6 => ("ChallengeResponseAuthentication", random.of(&["no", "yes"])),
        7 => ("PubkeyAuthentication", random.of(&["no", "yes"])),
        8 => ("MaxAuthTries", random.of(&["2", "3", "7"])),
        9 => ("MaxSessions", random.of(&["1", "4"])),
        10 => ("X11Forwarding", random.of(&["no", "yes"])),
        _ => ("ForceCommand", random.of(&["/bin/true", "internal-sftp"])),
    };
    // Lists take blanks; a sign of equality after the keyword does as well.
    format!("{keyword}{blank}{value}\n")
}

fn block(random: &mut Random) -> String {
    let one = |random: &mut Random| match random.below(7) {
        0 => format!("User {}", random.of(&["root", "!root,*", "daemon,bin", "*o*", "!bin"])),
        1 => format!("Group {}", random.of(&["root", "daemon,bin", "!root,*", "*,!games"])),
        2 => format!("Host {}", random.of(&["*.example.com", "!host.example.com,*", "other"])),
        3 => format!(
            "Address {}",
            random.of(&["192.0.2.0/24", "198.51.100.7", "!192.0.2.9,*", "2001:db8::/32", "192.0.*"])
        ),
        4 => format!("LocalPort {}", random.of(&["22", "2222"])),
        5 => format!("LocalAddress {}", random.of(&["192.0.2.10", "203.0.113.0/24"])),
        _ => format!("USER={}", random.of(&["root", "bin"])),
    };
    match random.below(8) {
        0 => "Match all\n".to_owned(),
        1 | 2 => format!("Match {} {}\n", one(random), one(random)),
        _ => format!("Match {}\n", one(random)),
    }
}

fn configuration(random: &mut Random) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let includes = [
        "Include /etc/ssh/conf.d/*.conf\n",
        "include extra.conf /etc/ssh/conf.d/2*.conf\n",
        "Include /etc/ssh/nothing*/x\n",
    ];
    for name in [
        "conf.d/10-a.conf",
        "conf.d/20-b.conf",
        "conf.d/20-b.conf.off",
        "conf.d/.hidden.conf",
        "extra.conf",
        "sshd_config",
    ] {
        let mut text = String::new();
        for _ in 0..random.below(7) {
            text += &match random.below(5) {
                0 => block(random),
                1 if name == "sshd_config" => random.of(&includes).replace("extra.conf", "/etc/ssh/extra.conf"),
                _ => line(random),
            };
        }
        files.insert(name.to_owned(), text);
    }
    files
}

#[test]
fn what_counts_for_a_connection_is_what_sshd_says() {
    if !ready() {
        return;
    }
    let folder = prepared();
    let mut random = Random(2018);
    let connection = |user, address, host, port| Connection {
        user: Some(user),
        address: Some(address),
        host: Some(host),
        local_address: Some("192.0.2.10"),
        local_port: Some(port),
    };
    for _ in 0..150 {
        let files = configuration(&mut random);
        for connection in [
            connection("root", "192.0.2.9", "host.example.com", 22),
            connection("daemon", "198.51.100.7", "other", 2222),
            connection("mallory", "2001:db8::7", "a.example.com", 22),
        ] {
            compare(&folder, &files, &connection);
        }
    }
}

/// What is told of a connection of which less is known must hold for it once all is known.
#[test]
fn what_cannot_be_told_is_not_told() {
    let mut random = Random(1979);
    let all = Connection {
        user: Some("root"),
        address: Some("192.0.2.9"),
        host: Some("host.example.com"),
        local_address: Some("192.0.2.10"),
        local_port: Some(22),
    };
    let partial = [
        Connection { host: None, local_address: None, local_port: None, ..all },
        Connection { local_address: None, local_port: None, ..all },
        Connection { address: None, host: None, ..all },
        Connection { address: None, host: None, local_address: None, local_port: None, ..all },
    ];
    let mut told = 0;
    for _ in 0..400 {
        // With UseDNS the client's name is not its address, and so not known.
        let mut files = configuration(&mut random);
        files.entry("sshd_config".to_owned()).or_default().insert_str(0, "UseDNS yes\n");
        let hosts = host(&files);
        let host = hosts.iter().next().expect("one host");
        let facts = |connection| {
            // Which of several lists refuses a user first may be open where that one does is not.
            host.facts(&Login { connection, at: None }).into_iter().map(|f| f.name).collect::<Vec<_>>()
        };
        let known = facts(all);
        for connection in partial {
            for fact in facts(connection) {
                assert!(known.contains(&fact), "{fact:?} of {connection:?}, but not of {all:?} in {files:#?}");
                told += 1;
            }
        }
    }
    assert!(told > 1000, "{told} facts");
}

/// A real sshd that listens on one port for each configuration, in a Match block of that port.
struct Server {
    folder: Folder,
    ports: Vec<u16>,
    sshd: Child,
}

impl Server {
    fn start(blocks: &[&str]) -> Self {
        let folder = prepared();
        let held: Vec<TcpListener> =
            blocks.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a loopback address")).collect();
        let ports: Vec<u16> = held.iter().map(|l| l.local_addr().expect("bound").port()).collect();
        drop(held);
        let here = folder.path().display().to_string();
        let key = format!("{here}/user_key");
        let run = Program::of("ssh-keygen").args(&["-q", "-t", "ed25519", "-N", "", "-f", &key]).run();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let mut config = format!(
            "HostKey {here}/host_key\nAuthorizedKeysFile {key}.pub\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nListenAddress 127.0.0.1\nMaxStartups 100\n"
        );
        ports.iter().for_each(|port| config += &format!("Port {port}\n"));
        for (port, block) in ports.iter().zip(blocks) {
            config += &format!("Match LocalPort {port}\n{block}\n");
        }
        let config = folder.write("etc/ssh/sshd_config", config);
        let mut command = Command::new(SSHD);
        command.arg("-D").arg("-f").arg(config).arg("-E").arg(folder.at("sshd.log"));
        let sshd = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self { folder, ports, sshd: sshd.expect("sshd can be started") };
        let began = Instant::now();
        while server.log().matches("Server listening").count() < blocks.len() {
            assert!(began.elapsed() < Duration::from_secs(20), "sshd does not listen:\n{}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.at("sshd.log")).unwrap_or_default()).into_owned()
    }

    /// Whether the tester, with the right key, comes in.
    fn admits(&self, user: &str, port: u16) -> bool {
        let key = self.folder.at("user_key").display().to_string();
        let (port, login) = (port.to_string(), format!("{user}@127.0.0.1"));
        let run = Program::of("ssh").args(&[
            "-F",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "IdentityAgent=none",
            "-o",
            "IdentitiesOnly=yes",
            "-i",
            &key,
            "-p",
            &port,
            &login,
            "true",
        ]);
        run.run().code == Some(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, and need not.
        drop(self.sshd.kill());
        drop(self.sshd.wait());
    }
}

#[test]
fn whom_we_say_is_excluded_is_kept_out_by_a_real_sshd() {
    if !ready() {
        return;
    }
    let name = |args: &[&str]| Program::of("id").args(args).run().text().trim().to_owned();
    let (user, group) = (name(&["-un"]), name(&["-gn"]));
    let of = |text: &str| text.replace("USER", &user).replace("GROUP", &group);
    let blocks: Vec<String> = [
        "AllowUsers USER",
        "AllowUsers nobody-else",
        "AllowUsers USER@127.0.0.1",
        "AllowUsers USER@127.0.0.0/8",
        "AllowUsers USER@192.0.2.0/24",
        "AllowUsers *@!127.0.0.1,*",
        "AllowUsers USER@localhost",
        "AllowUsers !USER *",
        "DenyUsers USER",
        "DenyUsers USER@192.0.2.* nobody-else",
        "DenyUsers USER@127.*\nAllowUsers USER",
        "AllowUsers USER\nDenyGroups GROUP",
        "AllowGroups GROUP",
        "AllowGroups nobody-elses",
        "AllowGroups nobody-elses\nAllowGroups GROU?* *",
        "AllowUsers nobody-else\nAllowGroups GROUP",
        "DenyGroups nobody-elses",
        "DenyUsers nobody-else\nAllowGroups \"GROUP\"",
    ]
    .map(of)
    .to_vec();
    // An sshd listens on 16 ports at most.
    let outcomes: Vec<bool> = blocks.chunks(9).flat_map(|blocks| outcomes(blocks, &user)).collect();
    let admitted = outcomes.iter().filter(|admitted| **admitted).count();
    assert!(admitted >= 5 && outcomes.len() - admitted >= 5, "{outcomes:?}");
}

/// Whether each block admits the user, which sshd and we must agree on.
fn outcomes(blocks: &[String], user: &str) -> Vec<bool> {
    let server = Server::start(&blocks.iter().map(String::as_str).collect::<Vec<_>>());
    let config = std::fs::read_to_string(server.folder.at("etc/ssh/sshd_config")).expect("written above");
    let hosts = host(&BTreeMap::from([("sshd_config".to_owned(), config)]));
    let host = hosts.iter().next().expect("one host");
    let ask = |(block, port): (&String, &u16)| {
        let connection = Connection {
            user: Some(user),
            address: Some("127.0.0.1"),
            local_port: Some(*port),
            ..Connection::default()
        };
        let facts = host.facts(&Login { connection, at: None });
        let ours = |name: FactName| facts.iter().any(|f| f.name == name && f.sure);
        let admitted = server.admits(user, *port);
        assert_eq!(ours(FactName::ConfigAdmitsUser), admitted, "{block}\n{}", server.log());
        assert_eq!(ours(FactName::ConfigExcludesUser), !admitted, "{block}\n{}", server.log());
        if !admitted {
            let fact = facts.iter().find(|f| f.name == FactName::ConfigExcludesUser).expect("just now");
            assert!(block.lines().any(|l| l == fact.quotes[0].text), "{block}: {:?}", fact.quotes);
        }
        admitted
    };
    blocks.iter().zip(&server.ports).map(ask).collect()
}
