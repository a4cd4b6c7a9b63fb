//! Server logs made up from a seed: many connections at once, process ids that come around again, several hosts, gaps,
//! repeated messages, every way to write a header, damage.
//!
//! In: a seed and what the log should be like. Out: its bytes, the same on every machine.

/// What a log should be like.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Where the random numbers begin.
    pub seed: u64,
    /// How many connections.
    pub connections: usize,
    /// How the headers are written.
    pub headers: Headers,
    /// One line in so many is damaged; 0: none.
    pub damage: u64,
}

/// How headers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headers {
    /// ISO 8601, so that no line needs a year.
    Iso,
    /// As syslogd writes them.
    Syslog,
    /// Line by line another one.
    Mixed,
}

/// What one connection logs, and how it is told apart: `{u}` user, `{s}` source, `{p}` port.
const CONNECTIONS: &[&[&str]] = &[
    &[
        "Connection from {s} port {p} on 192.0.2.10 port 22 rdomain \"\"",
        "Invalid user {u} from {s} port {p}",
        "pam_unix(sshd:auth): check pass; user unknown",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={s}",
        "Failed password for invalid user {u} from {s} port {p} ssh2",
        "Connection closed by invalid user {u} {s} port {p} [preauth]",
    ],
    &[
        "User {u} from {s} not allowed because not listed in AllowUsers",
        "Failed password for invalid user {u} from {s} port {p} ssh2",
        "Failed password for invalid user {u} from {s} port {p} ssh2",
        "Connection closed by invalid user {u} {s} port {p} [preauth]",
    ],
    &[
        "Authentication refused: bad ownership or modes for directory /home/{u}/.ssh",
        "Failed publickey for {u} from {s} port {p} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
        "Connection closed by authenticating user {u} {s} port {p} [preauth]",
    ],
    &[
        "Accepted publickey for {u} from {s} port {p} ssh2: ED25519 SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
        "pam_unix(sshd:session): session opened for user {u}(uid=1000) by (uid=0)",
        "Received disconnect from {s} port {p}:11: disconnected by user",
        "Disconnected from user {u} {s} port {p}",
        "pam_unix(sshd:session): session closed for user {u}",
    ],
    &[
        "Failed password for {u} from {s} port {p} ssh2",
        "Failed password for {u} from {s} port {p} ssh2",
        "error: maximum authentication attempts exceeded for {u} from {s} port {p} ssh2 [preauth]",
        "Disconnecting authenticating user {u} {s} port {p}: Too many authentication failures [preauth]",
    ],
    &[
        "Unable to negotiate with {s} port {p}: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1 [preauth]",
    ],
    &["Did not receive identification string from {s} port {p}"],
    &[
        "Connection from {s} port {p} on 192.0.2.10 port 22",
        "banner exchange: Connection from {s} port {p}: invalid format",
    ],
    &["fatal: Timeout before authentication for {s} port {p}"],
    &[
        "pam_unix(sshd:account): account {u} has expired (account expired)",
        "fatal: Access denied for user {u} by PAM account configuration [preauth]",
    ],
    &["something about {u} that no catalog knows, number {p}"],
    &["error: kex_exchange_identification: Connection closed by remote host", "Connection closed by {s} port {p}"],
];
/// Lines of other programs in between.
const OTHERS: &[&str] = &[
    "cron[77]: (root) CMD (run-parts /etc/cron.hourly)",
    "kernel: [12345.678901] eth0: link up",
    "systemd[1]: Started Session 5 of user root.",
];
const HOSTS: &[&str] = &["web01", "web02", "db01"];
const USERS: &[&str] = &["alice", "bob", "carol", "root", "admin", "x from 192.0.2.9 port 1 ssh2", "günther", ""];

/// A log of that kind.
pub fn log(kind: Kind) -> Vec<u8> {
    let mut random = Random(kind.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut waiting = Vec::new();
    let mut open: Vec<Connection> = Vec::new();
    let mut seconds = 1_523_926_800;
    let mut out = Vec::new();
    for _ in 0..kind.connections {
        waiting.push(Connection::new(&mut random));
    }
    while !waiting.is_empty() || !open.is_empty() {
        while open.len() < 40
            && let Some(next) = waiting.pop()
        {
            open.push(next);
        }
        seconds += match random.below(3000) {
            0 => 20 * 60,
            1 => 3 * 86_400,
            _ => random.below(3),
        };
        let at = random.below(open.len() as u64) as usize;
        let line = open[at].next_line();
        let (host, pid) = (open[at].host, open[at].pid);
        if open[at].lines.is_empty() {
            open.swap_remove(at);
        }
        let mut bytes = header(kind.headers, seconds, host, pid, &line, &mut random).into_bytes();
        if kind.damage > 0 && random.below(kind.damage) == 0 {
            damage(&mut bytes, &mut random);
        }
        out.extend_from_slice(&bytes);
        out.push(b'\n');
        match random.below(60) {
            0 => out.extend_from_slice(
                format!(
                    "{} {host} last message repeated {} times\n",
                    stamp(kind.headers, seconds),
                    1 + random.below(5)
                )
                .as_bytes(),
            ),
            1 => out.extend_from_slice(
                format!("{} {host} {}\n", stamp(kind.headers, seconds), random.pick(OTHERS)).as_bytes(),
            ),
            _ => {}
        }
    }
    out
}

/// A connection with the lines it has still to log, the last first.
struct Connection {
    host: &'static str,
    pid: u64,
    user: &'static str,
    source: String,
    port: u64,
    lines: Vec<&'static str>,
}

impl Connection {
    fn new(random: &mut Random) -> Self {
        let source = match random.below(3) {
            0 => format!("2001:db8::{:x}", random.below(400)),
            _ => format!("198.51.100.{}", random.below(256)),
        };
        let lines = CONNECTIONS[random.below(CONNECTIONS.len() as u64) as usize];
        Self {
            host: random.pick(HOSTS),
            // Few ids, so that they are used again soon.
            pid: 1 + random.below(300),
            user: random.pick(USERS),
            source,
            port: 1024 + random.below(60_000),
            lines: lines.iter().rev().copied().collect(),
        }
    }

    fn next_line(&mut self) -> String {
        let template = self.lines.pop().unwrap_or_default();
        let line = template.replace("{s}", &self.source).replace("{p}", &self.port.to_string());
        line.replace("{u}", self.user)
    }
}

fn header(headers: Headers, seconds: u64, host: &str, pid: u64, message: &str, random: &mut Random) -> String {
    let way = if headers == Headers::Mixed { random.below(8) } else { 0 };
    let iso = time(seconds, "%Y-%m-%dT%H:%M:%S");
    let short = time(seconds, "%b %e %H:%M:%S");
    match way {
        0 => format!("{} {host} sshd[{pid}]: {message}", stamp(headers, seconds)),
        1 => format!("{short} {host} sshd[{pid}]: {message}"),
        2 => format!("<38>1 {iso}Z {host} sshd {pid} - - {message}"),
        3 => format!("{iso}.123456+00:00 {host} sshd[{pid}]: {message}"),
        4 => format!("{seconds}.123456 {host} sshd[{pid}]: {message}"),
        5 => format!("{short} {host} auth.info sshd[{pid}]: {message}"),
        6 => format!("{short} {host} sshd[{pid}]: message repeated 3 times: [ {message}]"),
        _ => {
            let fields = serde_json::json!({
                "__REALTIME_TIMESTAMP": format!("{seconds}123456"), "_HOSTNAME": host, "SYSLOG_IDENTIFIER": "sshd",
                "_PID": pid.to_string(), "MESSAGE": message,
            });
            fields.to_string()
        }
    }
}

fn stamp(headers: Headers, seconds: u64) -> String {
    match headers {
        Headers::Syslog => time(seconds, "%b %e %H:%M:%S"),
        _ => time(seconds, "%Y-%m-%dT%H:%M:%SZ"),
    }
}

fn time(seconds: u64, format: &str) -> String {
    let time = chrono::DateTime::from_timestamp(seconds as i64, 0).expect("within this century");
    time.format(format).to_string()
}

/// What happens to lines: bytes change, go missing or come, the rest is cut off, or another line runs into them.
fn damage(line: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(line.len() as u64) as usize;
    match random.below(6) {
        0 => line[at] = random.below(256) as u8,
        1 => drop(line.remove(at)),
        2 => line.truncate(at),
        3 => line.insert(at, b'\n'),
        4 => line.splice(at..at, *b"\0\x1b[31m\xff").for_each(drop),
        _ => line.extend_from_within(at..),
    }
}

/// A small generator of random numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    /// Any number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}
