//! `follow`: logs that grow, are rotated, emptied and not there yet, while the program watches them.

use crate::support::{Folder, Outcome, finish, sample};
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a diagnosis may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for one to come if it came at all: several times the silence that is waited for.
const QUIET: Duration = Duration::from_millis(2500);
const CAUSE: &str = "service-config.user-not-allowed";

/// The program, watching.
struct Watch {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<ChildStderr>,
}

impl Watch {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sshtriage"))
            .args(["follow", "--silence", "0.5", "--lang", "en"])
            .args(args)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let stdin = child.stdin.take();
        let stdout: ChildStdout = child.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line.expect("UTF-8")).is_err() {
                    return;
                }
            }
        });
        let stderr = child.stderr.take();
        Self { child, stdin, lines, stderr }
    }

    /// Watching these files as NDJSON; returns once they are being watched.
    fn json(folder: &Folder, args: &[&str]) -> Self {
        let watch = Self::start(folder, &[&["--format", "ndjson"], args].concat());
        // There is no sign of the first look at the files: it follows the start by milliseconds.
        std::thread::sleep(Duration::from_millis(700));
        watch
    }

    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).expect("a diagnosis");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
    }

    /// The next diagnosis is of this user, proven by this line.
    fn expect(&self, user: &str, path: &str, line: u64) {
        let found = self.next();
        let proof = &found["evidence"][0];
        assert_eq!(
            (found["cause"].as_str(), found["users"][0].as_str(), proof["path"].as_str(), proof["line"].as_u64()),
            (Some(CAUSE), Some(user), Some(path), Some(line)),
            "{found:#}"
        );
    }

    fn expect_nothing(&self) {
        match self.lines.recv_timeout(QUIET) {
            Err(RecvTimeoutError::Timeout) => {}
            other => panic!("nothing was to be said: {other:?}"),
        }
    }

    /// Ends it with a signal; returns what it had still to say, and its exit code.
    fn end(self, signal: &str) -> (Vec<String>, Outcome) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is everywhere").success());
        self.wait()
    }

    fn wait(mut self) -> (Vec<String>, Outcome) {
        self.child.stderr = self.stderr.take();
        self.child.stdin = self.stdin.take().or_else(|| self.child.stdin.take());
        if self.child.stdin.is_none() {
            return self.wait_without_stdin();
        }
        let outcome = finish(self.child, Vec::new(), || {});
        (self.lines.iter().collect(), outcome)
    }

    fn wait_without_stdin(mut self) -> (Vec<String>, Outcome) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                break status;
            }
            if began.elapsed() > PATIENCE {
                self.child.kill().expect("our own child");
                panic!("it did not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().expect("a pipe");
        std::io::Read::read_to_string(&mut pipe, &mut stderr).expect("UTF-8");
        (self.lines.iter().collect(), Outcome { code: status.code(), stdout: Vec::new(), stderr })
    }
}

fn denied(pid: u32, user: &str) -> String {
    format!(
        "2018-04-17T10:00:{:02}Z web01 sshd[{pid}]: User {user} from 198.51.100.{} not allowed because not listed in AllowUsers\n",
        pid % 60,
        pid % 250
    )
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a writable folder");
    file.write_all(text.as_bytes()).expect("a writable folder");
}

#[test]
fn a_connection_is_judged_when_it_falls_silent_and_what_was_there_before_is_not() {
    let folder = Folder::new();
    let log = folder.write("secure", denied(1, "old").repeat(3));
    let watch = Watch::json(&folder, &["secure"]);
    watch.expect_nothing();
    append(&log, &denied(2, "alice"));
    watch.expect("alice", "secure", 4);
    // The rest of the same connection says nothing new.
    append(
        &log,
        "2018-04-17T10:00:05Z web01 sshd[2]: Connection closed by invalid user alice 198.51.100.2 port 4000 [preauth]\n",
    );
    watch.expect_nothing();
    // A line in two pieces is one line.
    let line = denied(3, "bob");
    append(&log, &line[..60]);
    watch.expect_nothing();
    append(&log, &line[60..]);
    watch.expect("bob", "secure", 6);
    let (more, outcome) = watch.end("-TERM");
    assert_eq!((more, outcome.code), (Vec::new(), Some(0)), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("3 new lines, 3 known: 3 failures, 0 successes; 2 diagnoses"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains(&format!("2  {CAUSE}")), "{}", outcome.stderr);
}

#[test]
fn the_lines_before_the_start_belong_to_a_connection_that_goes_on() {
    let folder = Folder::new();
    let head = "2018-04-17T10:00:01Z web01 sshd[7]: Connection from 198.51.100.7 port 4000 on 192.0.2.1 port 22\n";
    let log = folder.write("secure", head);
    let watch = Watch::json(&folder, &["secure"]);
    append(
        &log,
        "2018-04-17T10:00:02Z web01 sshd[7]: fatal: Access denied for user alice by PAM account configuration [preauth]\n",
    );
    let found = watch.next();
    let (source, user) = (found["sources"][0].as_str(), found["users"][0].as_str());
    assert_eq!((source, user), (Some("198.51.100.7"), Some("alice")), "{found:#}");
    watch.end("-INT");
}

#[test]
fn a_log_is_followed_through_rotation_by_name_and_by_copy() {
    let folder = Folder::new();
    let log = folder.write("secure", "");
    let watch = Watch::json(&folder, &["secure"]);
    append(&log, &denied(2, "before"));
    watch.expect("before", "secure", 1);

    let mut writer = OpenOptions::new().append(true).open(&log).expect("it is there");
    fs::rename(&log, folder.at("secure.1")).expect("renamed");
    // Whoever writes has the old file open for a moment.
    writer.write_all(denied(3, "late").as_bytes()).expect("still open");
    watch.expect("late", "secure", 2);
    append(&log, &denied(4, "renamed"));
    watch.expect("renamed", "secure", 1);

    fs::copy(&log, folder.at("secure.2")).expect("copied");
    OpenOptions::new().write(true).truncate(true).open(&log).expect("emptied");
    std::thread::sleep(Duration::from_millis(600));
    append(&log, &denied(5, "copied"));
    watch.expect("copied", "secure", 1);

    // Emptied and filled with more than before, between two looks at it.
    fs::write(
        &log,
        format!("{}{}", denied(6, "refilled"), "2018-04-17T10:00:09Z web01 cron[1]: much more\n".repeat(20)),
    )
    .expect("written");
    watch.expect("refilled", "secure", 1);
    let (more, outcome) = watch.end("-INT");
    assert_eq!((more, outcome.code), (Vec::new(), Some(0)));
}

#[test]
fn a_file_that_does_not_exist_yet_is_waited_for() {
    let folder = Folder::new();
    let watch = Watch::json(&folder, &["new", "other"]);
    folder.write("other", denied(2, "alice"));
    watch.expect("alice", "other", 1);
    folder.write("new", format!("{}{}", denied(3, "bob"), denied(4, "carol")));
    let mut users = [watch.next(), watch.next()].map(|d| d["users"][0].as_str().map(str::to_owned));
    users.sort();
    assert_eq!(users, [Some("bob".to_owned()), Some("carol".to_owned())]);
    let (_, outcome) = watch.end("-TERM");
    assert!(outcome.stderr.contains("new: does not exist yet"), "{}", outcome.stderr);
}

#[test]
fn filters_are_those_of_scan() {
    for (filter, expected) in
        [(["--user", "alice"], "alice"), (["--source", "198.51.100.3/32"], "bob"), (["--host", "web02"], "carol")]
    {
        let folder = Folder::new();
        let log = folder.write("secure", "");
        let watch = Watch::json(&folder, &[&filter[..], &["secure"]].concat());
        append(
            &log,
            &format!("{}{}{}", denied(2, "alice"), denied(3, "bob"), denied(4, "carol").replace("web01", "web02")),
        );
        let found = watch.next();
        assert_eq!(found["users"][0], expected, "{filter:?}");
        let (more, _) = watch.end("-TERM");
        assert!(more.is_empty(), "{filter:?}: {more:?}");
    }
}

#[test]
fn a_diagnosis_has_the_fields_of_scan_and_people_get_text_with_a_summary() {
    let text = fs::read_to_string(sample("mixed/two-users-two-faults.log")).expect("a sample");
    let folder = Folder::new();
    folder.write("whole.log", &text);
    let log = folder.write("secure", "");
    let scan = crate::support::report_on(&text, &[]);
    let names = |diagnosis: &Value| diagnosis.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
    let watch = Watch::json(&folder, &["secure"]);
    append(&log, &text);
    let found = watch.next();
    assert_eq!(names(&found), names(&scan["diagnoses"][0]));
    let (more, _) = watch.end("-TERM");
    let mut causes: Vec<String> = more
        .iter()
        .map(|l| serde_json::from_str::<Value>(l).expect("JSON"))
        .chain([found])
        .map(|d| d["cause"].as_str().expect("a cause").to_owned())
        .collect();
    causes.sort();
    causes.dedup();
    let mut expected = crate::support::causes(&scan);
    expected.sort_unstable();
    assert_eq!(causes, expected);

    let log = folder.write("messages", "");
    let watch = Watch::start(&folder, &["messages"]);
    std::thread::sleep(Duration::from_millis(700));
    append(&log, &format!("{}{}", denied(2, "alice"), denied(3, "bob\u{1b}[2J")));
    std::thread::sleep(QUIET);
    let (lines, outcome) = watch.end("-INT");
    let said = lines.join("\n");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(said.matches("Root cause:").count(), 1, "{said}");
    assert!(said.contains("alice") && said.contains("messages:2") && !said.contains('\u{1b}'), "{said}");
    assert!(
        said.ends_with(&format!("2 new lines, 2 known: 2 failures, 0 successes; 2 diagnoses\n      2  {CAUSE}")),
        "{said}"
    );
}

#[test]
fn a_pipe_is_followed_to_its_end() {
    let folder = Folder::new();
    let json = |pid: u32, user: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1523926800000000\",\"_HOSTNAME\":\"web01\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"_PID\":\"{pid}\",\
             \"MESSAGE\":\"User {user} from 198.51.100.7 not allowed because not listed in AllowUsers\"}}\n"
        )
    };
    let export = |pid: u32, user: &str| {
        format!(
            "__REALTIME_TIMESTAMP=1523926800000000\n_HOSTNAME=web01\nSYSLOG_IDENTIFIER=sshd\n_PID={pid}\n\
             MESSAGE=User {user} from 198.51.100.7 not allowed because not listed in AllowUsers\n\n"
        )
    };
    for (write, lines) in [(&json as &dyn Fn(u32, &str) -> String, [1, 2, 3]), (&export, [5, 11, 17])] {
        let mut watch = Watch::json(&folder, &["-"]);
        let mut stdin = watch.stdin.take().expect("a pipe");
        for (pid, user) in [(1, "alice"), (2, "bob")] {
            stdin.write_all(write(pid, user).as_bytes()).expect("it reads");
            watch.expect(user, "-", lines[pid as usize - 1]);
        }
        // The end of the pipe is the end of what is open.
        stdin.write_all(write(3, "carol").trim_end().as_bytes()).expect("it reads");
        drop(stdin);
        watch.expect("carol", "-", lines[2]);
        let (more, outcome) = watch.wait();
        assert_eq!((more, outcome.code), (Vec::new(), Some(0)), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("3 diagnoses"), "{}", outcome.stderr);
    }
}

#[test]
fn a_closed_output_ends_it_quietly_even_if_nothing_is_to_be_said() {
    let folder = Folder::new();
    folder.write("secure", "");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sshtriage"));
    command.args(["follow", "secure"]).current_dir(folder.path());
    let mut child =
        command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).spawn().expect("the program was built");
    drop(command);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().expect("our own child").is_none(), "it ended though somebody reads");
    drop(reader);
    let began = Instant::now();
    while child.try_wait().expect("our own child").is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().expect("our own child");
            panic!("it goes on though nobody reads");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let outcome = child.wait_with_output().expect("our own child");
    assert_eq!((outcome.status.code(), outcome.stderr), (Some(0), Vec::new()));
}

#[test]
fn guesses_of_a_stranger_are_one_cause_and_the_memory_stays_small() {
    let folder = Folder::new();
    let log = folder.write("secure", "");
    let watch = Watch::json(&folder, &["secure"]);
    let mut pid = 1000;
    let mut text = String::new();
    let write = |text: &mut String, count: u32, pid: &mut u32| {
        text.clear();
        for _ in 0..count {
            *pid += 1;
            let (user, port) = (format!("u{pid}"), 1024 + *pid % 60000);
            text.push_str(&format!(
                "2018-04-17T10:00:00Z web01 sshd[{pid}]: Invalid user {user} from 203.0.113.66 port {port}\n"
            ));
            text.push_str(&format!("2018-04-17T10:00:01Z web01 sshd[{pid}]: Failed password for invalid user {user} from 203.0.113.66 port {port} ssh2\n"));
        }
        append(&log, text);
    };
    write(&mut text, 40, &mut pid);
    // Some come before it is clear that these are guesses.
    let mut last = watch.next();
    while let Ok(line) = watch.lines.recv_timeout(QUIET) {
        last = serde_json::from_str(&line).expect("JSON");
    }
    assert_eq!(last["cause"], "environment.brute-force", "{last:#}");
    for _ in 0..20 {
        write(&mut text, 2000, &mut pid);
        while watch.lines.try_recv().is_ok() {}
    }
    while watch.lines.recv_timeout(QUIET).is_ok() {}
    let status = fs::read_to_string(format!("/proc/{}/status", watch.child.id())).unwrap_or_default();
    let anonymous = status
        .lines()
        .find_map(|l| l.strip_prefix("RssAnon:"))
        .and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
    if let Some(kib) = anonymous {
        assert!(kib < 64 << 10, "{kib} KiB");
    }
    let (_, outcome) = watch.end("-TERM");
    assert!(outcome.stderr.contains("80080 new lines"), "{}", outcome.stderr);
}

#[test]
fn what_cannot_grow_is_refused() {
    let folder = Folder::new();
    fs::create_dir(folder.at("dir")).expect("a folder");
    let journal: PathBuf = folder.write("system.journal", [&b"LPKSHHRH"[..], &[0; 600]].concat());
    drop(File::open(journal).expect("it is there"));
    for (args, reason) in [
        (&["dir"][..], "is a directory"),
        (&["/dev/null"], "is no file"),
        (&["system.journal"], "binary journal"),
        (&["--silence=-1", "x"], "--silence"),
        (&["--source", "x", "x"], "--source"),
        (&[], "FILE"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sshtriage"));
        let run = command
            .arg("follow")
            .args(args)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("it was built");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(reason), "{args:?}: {said}");
    }
}
