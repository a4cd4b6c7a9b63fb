//! A real sshd and a real ssh, with one fault each: what they print today must lead to the right verdict, from the client's
//! transcript alone and from the server's log alone.
//!
//! Everything happens on the loopback address, as whoever runs the tests, with configuration, keys and logs of its own; the
//! machine's own SSH is neither read nor changed. Without ssh or sshd the tests pass and say so, except where CI is set.
#![allow(clippy::print_stderr, reason = "says loudly what was not tested")]

use crate::contract::assert_report;
use crate::support::{Folder, Outcome, Program, sshtriage, texts, verdict};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SSHD: &str = "/usr/sbin/sshd";
/// Where sshd, started by root, puts its unprivileged half.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

/// Whether there is something to test with.
fn ready() -> bool {
    let found = |program: &str| Path::new(program).exists();
    let missing: Vec<&str> = [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen"].into_iter().filter(|p| !found(p)).collect();
    if missing.is_empty() {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI must test with {missing:?}");
    eprintln!("\n*** NOT TESTED: {missing:?} missing; install openssh-server and openssh-client ***\n");
    false
}

fn user() -> String {
    let run = Program::of("id").args(&["-un"]).run();
    run.text().trim().to_owned()
}

/// A port that nobody listens on at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback address");
    listener.local_addr().expect("a bound socket").port()
}

/// A server with everything that belongs to it.
struct Server {
    folder: Folder,
    port: u16,
    sshd: Option<Child>,
}

impl Server {
    /// Keys and files for both sides, and no server yet.
    fn prepare() -> Self {
        let server = Self { folder: Folder::new(), port: free_port(), sshd: None };
        for name in ["host_key", "user_key"] {
            server.make_key(name);
        }
        let public = std::fs::read(server.at("user_key.pub")).expect("made above");
        server.folder.write("authorized_keys", public);
        server.trust("host_key");
        server
    }

    /// Prepared, and running with these lines of configuration before the usual ones.
    fn start(config: &str) -> Self {
        let mut server = Self::prepare();
        server.run(config);
        server.await_log("Server listening");
        server
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.at(name)
    }

    fn make_key(&self, name: &str) {
        let path = self.at(name).display().to_string();
        let run = Program::of("ssh-keygen").args(&["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path]).run();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }

    /// Makes the client expect this host key.
    fn trust(&self, key: &str) {
        let public = std::fs::read_to_string(self.at(&format!("{key}.pub"))).expect("made above");
        self.folder.write("known_hosts", format!("[127.0.0.1]:{} {public}", self.port));
    }

    fn run(&mut self, config: &str) {
        if user() == "root" && !Path::new(PRIVILEGE_SEPARATION).exists() {
            // An init system makes this at boot; containers have none. Two tests may get here at once.
            drop(std::fs::create_dir(PRIVILEGE_SEPARATION));
        }
        let folder = self.folder.path().display();
        let config = format!(
            "{config}\nListenAddress 127.0.0.1\nPort {}\nHostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\n\
             PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nLogLevel VERBOSE\n",
            self.port
        );
        let config = self.folder.write("sshd_config", config);
        let mut command = Command::new(SSHD);
        command.arg("-D").arg("-f").arg(config).arg("-E").arg(self.at("sshd.log"));
        let output = std::fs::File::create(self.at("sshd.err")).expect("our own folder");
        let sshd = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output).spawn();
        self.sshd = Some(sshd.expect("sshd can be started"));
    }

    /// What sshd wrote: to its log, or before it had one.
    fn log(&self) -> String {
        let read = |name: &str| std::fs::read(self.at(name)).unwrap_or_default();
        String::from_utf8_lossy(&[read("sshd.err"), read("sshd.log")].concat()).into_owned()
    }

    /// Waits until the log says so.
    fn await_log(&self, words: &str) {
        let began = Instant::now();
        while !self.log().contains(words) {
            assert!(began.elapsed() < Duration::from_secs(20), "sshd never said {words}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a server that cannot start has given up.
    fn await_end(&mut self) {
        let sshd = self.sshd.as_mut().expect("started");
        let began = Instant::now();
        while sshd.try_wait().expect("our own child").is_none() {
            assert!(began.elapsed() < Duration::from_secs(20), "sshd runs although it should not");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Logs in with these options before the usual ones, and asks for nothing.
    fn ssh(&self, options: &[&str]) -> Outcome {
        let folder = self.folder.path().display();
        let known = format!("UserKnownHostsFile={folder}/known_hosts");
        let (port, login) = (self.port.to_string(), format!("{}@127.0.0.1", user()));
        let key = format!("{folder}/user_key");
        let mut args = vec!["-v", "-F", "none"];
        args.extend(options);
        args.extend(["-o", &known, "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes"]);
        args.extend(["-o", "BatchMode=yes", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes"]);
        args.extend(["-i", &key, "-p", &port, &login, "true"]);
        Program::of("ssh").args(&args).run()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(sshd) = &mut self.sshd {
            // One that has ended already cannot be killed, and need not.
            drop(sshd.kill());
            drop(sshd.wait());
        }
    }
}

/// The report on one side's words alone.
fn report(text: &str) -> Value {
    let run = sshtriage(["--format", "json", "-"]).stdin(text).run();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    assert_report(&report);
    report
}

/// Fails unless one side's words alone lead to this cause at this stage.
fn assert_verdict(side: &str, text: &str, cause: &str, stage: Option<&str>) {
    let report = report(text);
    assert_eq!(verdict(&report), cause, "by the {side}:\n{text}");
    if stage.is_some() {
        assert_eq!(report["verdict"]["stage"].as_str(), stage, "by the {side}:\n{text}");
    }
}

fn assert_client(run: &Outcome, cause: &str, stage: &str) {
    assert_eq!(run.code, Some(255), "the login fails: {}", run.stderr);
    assert_verdict("client", &run.stderr, cause, Some(stage));
}

#[test]
fn a_login_that_succeeds_is_no_failure() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    let run = server.ssh(&[]);
    assert_eq!(run.code, Some(0), "{}\n{}", run.stderr, server.log());
    server.await_log("Disconnected from");
    for (side, text) in [("client", run.stderr), ("server", server.log())] {
        let report = report(&text);
        assert_eq!(verdict(&report), "", "{side}:\n{text}");
        assert!(report["totals"]["successes"].as_u64() > Some(0), "{side}:\n{text}");
        assert_eq!(report["totals"]["failures"], 0, "{side}:\n{text}");
    }
}

#[test]
fn nothing_listens() {
    if !ready() {
        return;
    }
    let run = Server::prepare().ssh(&[]);
    assert_client(&run, "network.connection-refused", "tcp");
}

#[test]
fn the_key_is_not_authorized() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    server.make_key("other_key");
    let other = std::fs::read(server.at("other_key.pub")).expect("made above");
    server.folder.write("authorized_keys", other);
    let run = server.ssh(&[]);
    assert_client(&run, "keys.public-key-rejected", "auth");
    server.await_log("Connection closed by authenticating user");
    assert_verdict("server", &server.log(), "keys.public-key-rejected", Some("auth"));
    assert_eq!(texts(&report(&server.log())["verdict"]["users"]), [user()]);
    assert_eq!(texts(&report(&server.log())["verdict"]["sources"]), ["127.0.0.1"]);
}

#[test]
fn the_authorized_keys_lie_where_everybody_may_write() {
    if !ready() {
        return;
    }
    // The first of two settings counts.
    let server = Server::start("StrictModes yes");
    let everybody = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(server.at("authorized_keys"), everybody).expect("our own file");
    let run = server.ssh(&[]);
    assert_eq!(run.code, Some(255), "{}", run.stderr);
    server.await_log("Connection closed by authenticating user");
    assert_verdict("server", &server.log(), "file-permissions.authorized-keys", Some("auth"));
}

#[test]
fn the_user_is_not_among_those_allowed() {
    if !ready() {
        return;
    }
    let server = Server::start("AllowUsers nobody-of-that-name");
    let run = server.ssh(&[]);
    assert_eq!(run.code, Some(255), "{}", run.stderr);
    server.await_log("Connection closed by invalid user");
    assert_verdict("server", &server.log(), "service-config.user-not-allowed", Some("auth"));
}

#[test]
fn the_host_key_is_another_one_than_before() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    server.make_key("former_key");
    server.trust("former_key");
    let run = server.ssh(&[]);
    assert_client(&run, "keys.host-key-changed", "host-key");
}

#[test]
fn the_host_key_is_not_known() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    server.folder.write("known_hosts", "");
    let run = server.ssh(&[]);
    assert_client(&run, "keys.host-key-unknown", "host-key");
}

#[test]
fn no_algorithm_in_common() {
    if !ready() {
        return;
    }
    for (setting, offer) in [
        ("KexAlgorithms curve25519-sha256", "KexAlgorithms=ecdh-sha2-nistp256"),
        ("Ciphers aes128-ctr", "Ciphers=aes256-ctr"),
        ("MACs hmac-sha2-256\nCiphers aes128-ctr", "MACs=hmac-sha2-512"),
    ] {
        let server = Server::start(setting);
        let run = server.ssh(&["-o", offer, "-o", "Ciphers=aes128-ctr"]);
        assert_client(&run, "service-config.algorithm-mismatch", "kex");
        server.await_log("Unable to negotiate");
        assert_verdict("server", &server.log(), "service-config.algorithm-mismatch", Some("kex"));
    }
}

#[test]
fn others_may_read_the_private_key() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    let everybody = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(server.at("user_key"), everybody).expect("our own file");
    let run = server.ssh(&[]);
    assert_client(&run, "client.private-key-permissions", "auth");
}

#[test]
fn the_private_key_is_missing() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    std::fs::remove_file(server.at("user_key")).expect("our own file");
    std::fs::remove_file(server.at("user_key.pub")).expect("our own file");
    let run = server.ssh(&[]);
    assert_client(&run, "client.private-key-missing", "auth");
}

#[test]
fn more_keys_are_offered_than_the_server_wants_to_see() {
    if !ready() {
        return;
    }
    let server = Server::start("MaxAuthTries 2");
    let mut options = Vec::new();
    for name in ["one", "two", "three", "four"] {
        server.make_key(name);
        options.extend(["-i".to_owned(), server.at(name).display().to_string()]);
    }
    let run = server.ssh(&options.iter().map(String::as_str).collect::<Vec<_>>());
    assert_client(&run, "client.too-many-keys-offered", "auth");
    server.await_log("maximum authentication attempts exceeded");
    // The server cannot know how many more keys the client has.
    assert_verdict("server", &server.log(), "service-config.max-auth-tries", Some("auth"));
}

#[test]
fn the_configuration_has_an_option_that_does_not_exist() {
    if !ready() {
        return;
    }
    let mut server = Server::prepare();
    server.run("NoSuchOption yes");
    server.await_end();
    assert_verdict("server", &server.log(), "service-config.invalid-option", None);
    let test = Program::of(SSHD).args(&["-t", "-f"]).arg(server.at("sshd_config")).run();
    assert_eq!(test.code, Some(255), "{}", test.stderr);
    assert_verdict("config test", &test.stderr, "service-config.invalid-option", None);
}

#[test]
fn another_program_holds_the_port() {
    if !ready() {
        return;
    }
    let mut server = Server::prepare();
    let _holder = TcpListener::bind(("127.0.0.1", server.port)).expect("free a moment ago");
    server.run("");
    server.await_end();
    assert_verdict("server", &server.log(), "service-config.bind-failed", None);
}

#[test]
fn the_host_key_file_is_missing() {
    if !ready() {
        return;
    }
    let mut server = Server::prepare();
    std::fs::remove_file(server.at("host_key")).expect("our own file");
    server.run("");
    server.await_end();
    assert_verdict("server", &server.log(), "keys.host-key-missing", None);
}

/// Answers the first connection to the server's port with `act`, while the client connects.
fn impostor(act: impl FnOnce(std::net::TcpStream) + Send + 'static, options: &[&str]) -> Outcome {
    let server = Server::prepare();
    let listener = TcpListener::bind(("127.0.0.1", server.port)).expect("free a moment ago");
    let thread = std::thread::spawn(move || act(listener.accept().expect("the client connects").0));
    let run = server.ssh(options);
    thread.join().expect("the impostor does not panic");
    run
}

#[test]
fn the_server_closes_before_its_banner() {
    if !ready() {
        return;
    }
    let run = impostor(
        |mut stream| {
            // Reading first makes the end an orderly one.
            let mut greeting = [0; 256];
            stream.read(&mut greeting).map(drop).expect("the client speaks first");
        },
        &[],
    );
    assert_client(&run, "network.closed-before-banner", "banner");
    let run = impostor(drop, &[]);
    assert_client(&run, "network.closed-before-banner", "banner");
}

#[test]
fn the_server_says_nothing() {
    if !ready() {
        return;
    }
    let silent = |mut stream: std::net::TcpStream| {
        // Until the client gives up.
        stream.read_to_end(&mut Vec::new()).map(drop).expect("the client goes in order");
    };
    let run = impostor(silent, &["-o", "ConnectTimeout=2"]);
    assert_client(&run, "network.banner-timeout", "banner");
}

#[test]
fn a_web_server_answers() {
    if !ready() {
        return;
    }
    let web = |mut stream: std::net::TcpStream| {
        let page = format!("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n{}", "<p>x</p>\r\n".repeat(2000));
        // The client may hang up before the end of it.
        drop(stream.write_all(page.as_bytes()));
    };
    let run = impostor(web, &[]);
    assert_client(&run, "network.not-ssh", "banner");
}

#[test]
fn a_web_client_asks() {
    if !ready() {
        return;
    }
    let server = Server::start("");
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("the server listens");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("the server listens");
    // Closed or reset, the server has had enough.
    drop(stream.read_to_end(&mut Vec::new()));
    server.await_log("banner exchange");
    assert_verdict("server", &server.log(), "network.not-ssh", Some("banner"));
}
