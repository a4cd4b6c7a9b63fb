//! Runs the program the way a user does, but never longer than a minute; and writes the files that it reads.

use serde_json::Value;
use sshtriage::catalog::{Catalog, cause::Language};
use sshtriage::matcher::Matcher;
use sshtriage::{input, triage};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A run that takes longer counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// A run of the program that has not begun.
pub struct Program {
    command: Command,
    stdin: Vec<u8>,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

/// The program with these arguments, an empty standard input, and nothing of the tester's language settings.
pub fn sshtriage<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Program {
    let mut program = Program::of(env!("CARGO_BIN_EXE_sshtriage"));
    program.command.args(args);
    program
}

impl Program {
    /// Any program.
    pub fn of(name: &str) -> Self {
        let mut command = Command::new(name);
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "NO_COLOR", "TZ"] {
            command.env_remove(name);
        }
        command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        Self { command, stdin: Vec::new() }
    }

    /// More arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The folder it runs in.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// What comes through the pipe on its standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Outcome {
        self.run_while(|| {})
    }

    /// Runs it, calling `meanwhile` once it has started.
    pub fn run_while(mut self, meanwhile: impl FnOnce()) -> Outcome {
        let child = self.piped().spawn().expect("the program was built");
        finish(child, self.stdin, meanwhile)
    }

    /// Runs it while nobody reads what it prints.
    pub fn run_unread(mut self) -> Outcome {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.piped().stdout(writer);
        let child = self.command.spawn().expect("the program was built");
        // The command holds our end of the pipe for writing.
        drop(self.command);
        finish(child, self.stdin, || {})
    }

    fn piped(&mut self) -> &mut Command {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped())
    }
}

/// Feeds a child, collects what it prints, and kills it when its time is up.
pub fn finish(mut child: Child, stdin: Vec<u8>, meanwhile: impl FnOnce()) -> Outcome {
    let mut input = child.stdin.take().expect("its standard input is a pipe");
    let feeder = std::thread::spawn(move || {
        // A program that does not read its standard input to the end is free to do so.
        drop(input.write_all(&stdin));
    });
    let collect = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                stream.read_to_end(&mut bytes).expect("a pipe is readable");
            }
            bytes
        })
    };
    let stdout = collect(child.stdout.take().map(|s| Box::new(s) as _));
    let stderr = collect(child.stderr.take().map(|s| Box::new(s) as _));
    let began = Instant::now();
    meanwhile();
    let status = loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            break status;
        }
        if began.elapsed() > LIMIT {
            child.kill().expect("our own child");
            child.wait().expect("our own child");
            panic!("hung: killed after {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    feeder.join().expect("the feeder does not panic");
    let stderr = stderr.join().expect("the reader does not panic");
    let stderr = String::from_utf8(stderr).expect("standard error is UTF-8");
    let stdout = stdout.join().expect("the reader does not panic");
    assert_eq!(status.signal(), None, "ended by a signal: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    Outcome { code: status.code(), stdout, stderr }
}

impl Outcome {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// Standard output as one JSON value.
    pub fn json(&self) -> Value {
        let text = self.text();
        serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}\n{}", self.stderr))
    }

    /// Standard output as one JSON value a line.
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.text().lines().map(parse).collect()
    }
}

/// The built-in catalog, for tests that run within this process.
pub static MATCHER: LazyLock<Matcher<'static>> =
    LazyLock::new(|| Matcher::new(Box::leak(Box::new(Catalog::builtin()))));

/// The JSON report on a text that lies in a file, made within this process: for tests that ask hundreds of times.
pub fn diagnose(text: impl AsRef<[u8]>) -> Value {
    let folder = Folder::new();
    let places = input::list(&[folder.write("input.log", text)]);
    let report = triage::triage(&MATCHER, &places, &triage::Options::default(), Language::En);
    serde_json::to_value(report).expect("plain data")
}

/// The JSON report that the program prints on a text that lies in a file.
pub fn report_on(text: impl AsRef<[u8]>, args: &[&str]) -> Value {
    let folder = Folder::new();
    let path = folder.write("input.log", text);
    sshtriage(["--format", "json"]).args(args).arg(path).run().json()
}

/// The diagnosed causes, best first.
pub fn causes(report: &Value) -> Vec<&str> {
    let diagnoses = report["diagnoses"].as_array().expect("diagnoses is a list");
    diagnoses.iter().filter_map(|d| d["cause"].as_str()).collect()
}

/// The verdict's cause, or an empty text.
pub fn verdict(report: &Value) -> &str {
    report["verdict"]["cause"].as_str().unwrap_or_default()
}

/// A list of texts.
pub fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().unwrap_or_else(|| panic!("no list: {value}"));
    list.iter().filter_map(Value::as_str).collect()
}

/// A folder of a test's own, removed afterwards.
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("sshtriage-").tempdir().expect("a temporary folder"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where something in it is.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file in it, and the folders on the way.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        let parent = path.parent().expect("a file in a folder");
        std::fs::create_dir_all(parent).expect("a temporary folder is writable");
        std::fs::write(&path, content).expect("a temporary folder is writable");
        path
    }
}

/// A recorded sample.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}
