//! Seeded logs for the benchmarks: the same bytes for the same seed, on every machine.
//!
//! In: a kind, a seed and a size. Out: the bytes of a log, with the counts that a benchmark asserts.

/// Xorshift: fast, seeded, and good enough to shuffle log lines.
pub struct Random(u64);

impl Random {
    /// A generator for `seed`, which must not be 0.
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// What a corpus is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A brute-forced host: every line is sshd's.
    Dense,
    /// 97 of 100 lines are other programs'.
    Sparse,
    /// As dense, and no user name and no address comes twice.
    Distinct,
    /// Three of four lines begin or end like the messages with the most candidates, and then are something else.
    Adversarial,
    /// As dense, with lines of 50 MB between.
    Long,
}

impl Kind {
    /// All, in the order of the tables.
    pub const ALL: [Self; 5] = [Self::Dense, Self::Sparse, Self::Distinct, Self::Adversarial, Self::Long];
}

/// Bytes of a long line.
const LONG_LINE: usize = 50_000_000;

/// A generated log.
pub struct Corpus {
    /// What it is made of.
    pub kind: Kind,
    /// The log.
    pub bytes: Vec<u8>,
    /// Its lines.
    pub lines: u64,
    /// Lines with `Failed password`.
    pub failed_passwords: u64,
}

const USERS: [&str; 16] = [
    "root",
    "admin",
    "test",
    "oracle",
    "postgres",
    "ubuntu",
    "deploy",
    "git",
    "ftpuser",
    "alice",
    "bob",
    "nagios",
    "www-data",
    "user1",
    "guest",
    "minecraft",
];
const OTHERS: [(&str, &str); 6] = [
    ("CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"),
    ("systemd", "Started Session 4711 of user root."),
    ("nginx", "192.0.2.44 - - \"GET /index.html HTTP/1.1\" 200 5124 \"-\" \"curl/7.88.1\""),
    ("postfix/smtpd", "connect from mail.example.com[198.51.100.25]"),
    ("dhclient", "DHCPREQUEST for 192.0.2.10 on eth0 to 192.0.2.1 port 67"),
    ("sudo", "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/apt update"),
];

/// Generates about `size` bytes.
pub fn generate(kind: Kind, seed: u64, size: usize) -> Corpus {
    let mut random = Random::new(seed);
    let mut corpus = Corpus { kind, bytes: Vec::with_capacity(size + 1024), lines: 0, failed_passwords: 0 };
    let mut second = 0;
    let mut long_lines = 0;
    while corpus.bytes.len() < size {
        second += random.below(3);
        match kind {
            Kind::Sparse if random.below(100) < 99 => {
                let (program, message) = OTHERS[random.below(6) as usize];
                let pid = 1000 + random.below(30_000);
                corpus.line(second, &format!("{program}[{pid}]: {message}"));
            }
            Kind::Adversarial if random.below(10) != 0 => hostile(&mut corpus, &mut random, second),
            Kind::Distinct => {
                let number = corpus.failed_passwords;
                let source = format!("2001:db8::{:x}:{:x}", number >> 16, number & 0xffff);
                connection(&mut corpus, &mut random, second, &format!("u{number}"), &source);
            }
            Kind::Long if corpus.bytes.len() / LONG_LINE > long_lines => {
                long_lines += 1;
                corpus.line(second, &format!("app[77]: {}", "x from 192.0.2.1 port 22 ".repeat(LONG_LINE / 25)));
            }
            _ => {
                let user = USERS[random.below(16) as usize];
                let parts = [1 + random.below(200), random.below(4), random.below(4), 1 + random.below(250)];
                let source = parts.map(|n| n.to_string()).join(".");
                connection(&mut corpus, &mut random, second, user, &source);
            }
        }
    }
    corpus
}

/// A line that leads far into the patterns and is, mostly, none of them.
fn hostile(corpus: &mut Corpus, random: &mut Random, second: u64) {
    const BEGINNINGS: [&str; 8] = [
        "Failed password for ",
        "Failed publickey for invalid user ",
        "Connection closed by authenticating user ",
        "Disconnected from invalid user ",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=",
        "User x from ",
        "Unable to negotiate with ",
        "Received disconnect from ",
    ];
    const MIDDLES: [&str; 4] = [" from ", " port 22 ssh2 from ", " not allowed because ", ": "];
    const ENDS: [&str; 4] = [" port 22 ssh2x", " [preauth]x", " port x", ": x ssh2"];
    let pid = 1000 + random.below(31_000);
    let middle = MIDDLES[random.below(4) as usize].repeat(1 + random.below(12) as usize);
    let (beginning, end) = (BEGINNINGS[random.below(8) as usize], ENDS[random.below(4) as usize]);
    corpus.line(second, &format!("sshd[{pid}]: {beginning}{middle}{end}"));
}

/// The lines of one guess.
fn connection(corpus: &mut Corpus, random: &mut Random, second: u64, user: &str, source: &str) {
    let pid = 1000 + random.below(31_000);
    let port = 1024 + random.below(60_000);
    let known = random.below(2) == 0;
    let invalid = if known { "" } else { "invalid user " };
    let state = if known { "authenticating user" } else { "invalid user" };
    if !known {
        corpus.line(second, &format!("sshd[{pid}]: Invalid user {user} from {source} port {port}"));
    }
    corpus.line(second, &format!("sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={source} "));
    corpus.line(second, &format!("sshd[{pid}]: Failed password for {invalid}{user} from {source} port {port} ssh2"));
    corpus.line(second, &format!("sshd[{pid}]: Connection closed by {state} {user} {source} port {port} [preauth]"));
    corpus.failed_passwords += 1;
}

impl Corpus {
    fn line(&mut self, second: u64, rest: &str) {
        use std::io::Write;
        let day = 1 + second / 86_400 % 28;
        let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
        writeln!(self.bytes, "Apr {day:2} {hour:02}:{minute:02}:{second:02} web01 {rest}")
            .expect("memory does not fail");
        self.lines += 1;
    }
}
