//! What the program is given to read: special files, encodings, damage, files that change. No run may hang.

use crate::archives::gzip;
use crate::contract::assert_report;
use crate::support::{Folder, Outcome, Program, causes, sshtriage, verdict};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

const REFUSED: &str = "ssh: connect to host web01 port 22: Connection refused\n";
const CAUSE: &str = "network.connection-refused";
const DENIED: &str =
    "2018-04-17T10:00:00Z web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
const OTHER: &str = "2018-04-17T10:00:00Z web01 cron[99]: (root) CMD (run-parts /etc/cron.hourly)\n";

fn scan(paths: &[&Path]) -> Outcome {
    let program = sshtriage(["--format", "json"]);
    paths.iter().fold(program, |p, path| p.arg(path)).run()
}

fn make_fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo is everywhere").success());
}

/// The input of that name in a report.
fn input<'r>(report: &'r Value, name: &str) -> &'r Value {
    let inputs = report["inputs"].as_array().expect("inputs is a list");
    let found = inputs.iter().find(|i| i["path"].as_str().is_some_and(|p| p.ends_with(name)));
    found.unwrap_or_else(|| panic!("{name} is not among the inputs: {report:#}"))
}

/// Named alone it is refused with exit code 2; beside a good file that one is read.
fn assert_refused(path: &Path, reason: &str) {
    let folder = Folder::new();
    let good = folder.write("good.log", REFUSED);
    let began = Instant::now();
    let alone = scan(&[path]);
    assert!(began.elapsed() < Duration::from_secs(20), "{} took long to refuse", path.display());
    assert_eq!(alone.code, Some(2), "{}", path.display());
    let report = alone.json();
    assert_report(&report);
    let error = report["inputs"][0]["error"].as_str().unwrap_or_default();
    assert!(error.contains(reason), "{}: {error}", path.display());
    assert!(alone.stderr.contains(reason), "{}", alone.stderr);
    let both = scan(&[path, &good]);
    assert_eq!((both.code, verdict(&both.json())), (Some(0), CAUSE), "{}", path.display());
}

#[test]
fn a_fifo_that_nobody_writes_to_is_refused() {
    let folder = Folder::new();
    make_fifo(&folder.at("pipe"));
    assert_refused(&folder.at("pipe"), "nobody writes");
}

#[test]
fn a_fifo_is_read_to_the_end_however_slowly_it_is_written() {
    for (before_open, before_data, between) in [(0, 0, 0), (300, 100, 200), (0, 2500, 50)] {
        let folder = Folder::new();
        let path = folder.at("pipe");
        make_fifo(&path);
        let pause = |millis| std::thread::sleep(Duration::from_millis(millis));
        let writer = {
            let path = path.clone();
            std::thread::spawn(move || {
                pause(before_open);
                let mut pipe = OpenOptions::new().write(true).open(path).expect("somebody reads");
                pause(before_data);
                for piece in [&DENIED[..40], &DENIED[40..], OTHER] {
                    // A reader that has given up fails the test below, with a better message.
                    drop(pipe.write_all(piece.as_bytes()));
                    pause(between);
                }
            })
        };
        let run = scan(&[&path]);
        // Lets a writer go that still waits for a reader.
        drop(OpenOptions::new().read(true).write(true).open(&path));
        writer.join().expect("the writer does not panic");
        let report = run.json();
        let situation = format!("opened after {before_open} ms, data after {before_data} ms: {}", run.stderr);
        assert_eq!(verdict(&report), "service-config.user-not-allowed", "{situation}");
        assert_eq!(report["inputs"][0]["lines"], 2, "{situation}");
    }
}

#[test]
fn sockets_and_devices_are_refused() {
    let folder = Folder::new();
    let socket = folder.at("socket");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    assert_refused(&socket, "socket");
    assert_refused(Path::new("/dev/zero"), "device");
}

#[test]
fn missing_files_loops_and_dangling_links_are_refused() {
    let folder = Folder::new();
    symlink("b", folder.at("a")).expect("a link");
    symlink("a", folder.at("b")).expect("a link");
    symlink("nowhere", folder.at("dangling")).expect("a link");
    assert_refused(&folder.at("a"), "symbolic links");
    assert_refused(&folder.at("dangling"), "No such file");
    assert_refused(&folder.at("missing"), "No such file");
    let file = folder.write("file", REFUSED);
    assert_refused(&file.join("below"), "Not a directory");
}

#[test]
#[allow(clippy::print_stderr, reason = "says what a privileged run leaves out")]
fn a_file_without_read_permission_is_refused() {
    let folder = Folder::new();
    let secret = folder.write("secret.log", REFUSED);
    let nothing = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(&secret, nothing).expect("our own file");
    if File::open(&secret).is_ok() {
        eprintln!("running as root, whom no permission stops: a loop of links stands for the unreadable file");
        let looped = folder.at("loop.log");
        symlink("loop.log", &looped).expect("a link");
        assert_refused(&looped, "symbolic links");
    } else {
        assert_refused(&secret, "Permission denied");
    }
}

#[test]
fn a_directory_is_read_around_everything_in_it_that_cannot_be() {
    let folder = Folder::new();
    folder.write("logs/deep/er/good.log", REFUSED);
    make_fifo(&folder.at("logs/pipe"));
    let _listener = UnixListener::bind(folder.at("logs/socket")).expect("a socket");
    symlink("nowhere", folder.at("logs/dangling")).expect("a link");
    symlink("loop", folder.at("logs/loop")).expect("a link");
    symlink("..", folder.at("logs/deep/up")).expect("a link");
    symlink("/dev/zero", folder.at("logs/zero")).expect("a link");
    let run = scan(&[&folder.at("logs")]);
    let report = run.json();
    assert_report(&report);
    assert_eq!((run.code, verdict(&report)), (Some(0), CAUSE));
    assert_eq!(report["verdict"]["count"], 1, "the file is reached twice, over a link too, and read once");
    for name in ["pipe", "socket", "dangling", "loop", "zero"] {
        assert!(input(&report, name)["error"].is_string(), "{name}");
    }
}

#[test]
fn a_directory_named_twice_is_read_once() {
    let folder = Folder::new();
    folder.write("logs/a.log", REFUSED);
    let once = scan(&[&folder.at("logs")]);
    let twice = scan(&[&folder.at("logs"), &folder.at("logs")]);
    assert_eq!(once.text(), twice.text());
    let around = scan(&[&folder.at("logs"), &folder.at("logs/../logs")]);
    assert_eq!(once.text(), around.text());
}

#[test]
fn an_empty_directory_is_nothing_to_read() {
    let folder = Folder::new();
    let run = scan(&[folder.path()]);
    assert_eq!((run.code, run.stderr.is_empty()), (Some(2), false));
}

#[test]
fn empty_and_binary_files_prove_nothing() {
    let noise: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (name, content) in [
        ("empty", Vec::new()),
        ("line feeds", vec![b'\n'; 5000]),
        ("blanks", b"   \t  \n      \n".repeat(50)),
        ("noise", noise.clone()),
        ("much noise", noise.repeat(8)),
        ("zeros", vec![0; 70_000]),
        ("many zeros", vec![0; 3_000_000]),
        ("escapes", b"\x1b[2J\x1b]0;owned\x07\n".repeat(100)),
        ("no line feed", b"x".repeat(70_000)),
    ] {
        let folder = Folder::new();
        let path = folder.write("input", &content);
        let run = scan(&[&path]);
        let report = run.json();
        assert_report(&report);
        assert_eq!((run.code, verdict(&report)), (Some(0), ""), "{name}");
        assert_eq!(report["inputs"][0]["bytes"], content.len(), "{name}");
        assert_eq!(report["inputs"][0]["error"], Value::Null, "{name}");
        let from_pipe = sshtriage(["--format", "json", "-"]).stdin(content).run();
        assert_eq!(verdict(&from_pipe.json()), "", "{name}");
        let text = sshtriage([&path]).run();
        assert!(text.text().chars().all(|c| c == '\n' || !c.is_control()), "{name}: {}", text.text());
    }
}

/// UTF-16 in either order.
fn utf16(text: &str, unit: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
    let mark = mark.then_some('\u{feff}');
    let text: String = mark.into_iter().chain(text.chars()).collect();
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn every_encoding_of_a_transcript_gives_the_same_verdict() {
    let transcript = format!("PS C:\\> ssh -v web01\r\ndebug1: Connecting to web01 [192.0.2.10] port 22.\r\n{REFUSED}");
    let unix = transcript.replace('\r', "");
    for (name, bytes) in [
        ("UTF-8", unix.clone().into_bytes()),
        ("UTF-8 with a byte order mark", [b"\xef\xbb\xbf", unix.as_bytes()].concat()),
        ("CRLF", transcript.clone().into_bytes()),
        ("CR CR LF", transcript.replace('\r', "\r\r").into_bytes()),
        ("UTF-16 LE with a mark", utf16(&transcript, u16::to_le_bytes, true)),
        ("UTF-16 LE without a mark", utf16(&transcript, u16::to_le_bytes, false)),
        ("UTF-16 BE with a mark", utf16(&transcript, u16::to_be_bytes, true)),
        ("UTF-16 BE without a mark", utf16(&transcript, u16::to_be_bytes, false)),
        (
            "UTF-16 LE cut within a character",
            utf16(&transcript, u16::to_le_bytes, true)[..].split_last().map(|(_, r)| r.to_vec()).unwrap_or_default(),
        ),
        ("no line feed at the end", unix.trim_end().as_bytes().to_vec()),
        ("Shift_JIS around it", [b"\x83\x8d\x83O\x83C\x83\x93\r\n", transcript.as_bytes()].concat()),
        ("Latin-1 around it", [b"Verbindung schl\xe4gt fehl\n", unix.as_bytes()].concat()),
    ] {
        let folder = Folder::new();
        let path = folder.write("transcript.txt", &bytes);
        for run in [scan(&[&path]), sshtriage(["--format", "json"]).stdin(bytes.clone()).run()] {
            let report = run.json();
            assert_report(&report);
            assert_eq!(verdict(&report), CAUSE, "{name}");
            assert_eq!(report["verdict"]["hosts"], serde_json::json!(["web01"]), "{name}");
            assert_eq!(report["inputs"][0]["kind"], "client-transcript", "{name}");
        }
    }
}

#[test]
fn a_byte_order_mark_hides_no_first_line() {
    let folder = Folder::new();
    for (name, first, others) in [("transcript", REFUSED, 0), ("log", DENIED, 0), ("large log", DENIED, 15_000)] {
        let content = format!("\u{feff}{first}{}", OTHER.repeat(others));
        let path = folder.write("input.log", &content);
        for run in [scan(&[&path]), sshtriage(["--format", "json"]).stdin(content).run()] {
            assert_eq!(run.json()["verdict"]["evidence"][0]["line"], 1, "{name}");
        }
    }
}

#[test]
fn user_names_in_old_encodings_are_shown_and_counted() {
    for name in [&b"andr\xe9"[..], b"\x93\x63\x92\x86", b"\xff\xfe", b"\xc3"] {
        let line = [
            b"2018-04-17T10:00:00Z web01 sshd[11]: User ",
            name,
            b" from 198.51.100.7 not allowed because not listed in AllowUsers\n",
        ]
        .concat();
        let folder = Folder::new();
        let path = folder.write("auth.log", line);
        let report = scan(&[&path]).json();
        assert_report(&report);
        assert_eq!(verdict(&report), "service-config.user-not-allowed");
        assert_eq!(report["verdict"]["users"][0].as_str(), Some(String::from_utf8_lossy(name).as_ref()));
    }
}

#[test]
fn runs_of_zeros_after_a_crash_hide_no_other_line() {
    let folder = Folder::new();
    for (name, zeros) in [("few", 100), ("a page", 4096), ("many", 200_000), ("a lot", 5_000_000)] {
        let nothing = vec![0; zeros];
        for separator in [&b"\n"[..], b""] {
            let log = [OTHER.as_bytes(), &nothing, separator, OTHER.as_bytes(), DENIED.as_bytes()].concat();
            let path = folder.write("auth.log", log);
            let report = scan(&[&path]).json();
            assert_eq!(causes(&report), ["service-config.user-not-allowed"], "{name}");
            assert_eq!(report["verdict"]["evidence"][0]["line"], 3 + separator.len(), "{name}");
        }
    }
}

#[test]
fn a_line_of_200_megabytes_does_not_hide_the_next() {
    let folder = Folder::new();
    let path = folder.at("auth.log");
    let mut file = File::create(&path).expect("a temporary file");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..200 {
        file.write_all(&piece).expect("200 MB of room");
    }
    write!(file, "\n{DENIED}").expect("a line of room");
    drop(file);
    let report = scan(&[&path]).json();
    assert_eq!(verdict(&report), "service-config.user-not-allowed");
    assert_eq!(report["verdict"]["evidence"][0]["line"], 2);
    assert_eq!(report["inputs"][0]["lines"], 2);
}

/// Scans a large log while it shrinks again and again. Whatever it had read until then, it must end in good order, and say
/// so if it came upon the missing part.
#[test]
fn a_log_that_shrinks_while_it_is_scanned_ends_no_run() {
    let folder = Folder::new();
    let path = folder.at("auth.log");
    let block = [OTHER.repeat(200), DENIED.to_owned()].concat().repeat(64);
    let full = (72 << 20) / block.len() as u64 + 1;
    for format in ["json", "ndjson"] {
        let mut noticed = 0;
        for delay in [10, 25, 50, 90, 160, 280] {
            std::fs::write(&path, block.repeat(full as usize)).expect("72 MB of room");
            let shrinking = OpenOptions::new().write(true).open(&path).expect("our own file");
            let program = sshtriage(["--format", format, "--threads", "2"]).arg(&path);
            let run = program.run_while(|| {
                std::thread::sleep(Duration::from_millis(delay));
                for size in [48 << 20, 20 << 20, 1 << 20, 4097, 0] {
                    shrinking.set_len(size).expect("our own file");
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            assert!(matches!(run.code, Some(0 | 2)), "{:?} {}", run.code, run.stderr);
            if format == "json" {
                let report = run.json();
                assert_report(&report);
                let said = report["inputs"][0]["error"].is_string();
                assert_eq!(said, run.stderr.contains("auth.log"), "{}", run.stderr);
            } else {
                run.json_lines().iter().for_each(crate::contract::assert_hit);
            }
            noticed += u32::from(run.stderr.contains("truncated"));
        }
        assert!(noticed > 0, "{format}: not one of the runs noticed; the file was cut while it was scanned");
    }
}

#[test]
fn a_log_that_is_rotated_in_place_while_it_is_scanned_ends_no_run() {
    let folder = Folder::new();
    let path = folder.at("auth.log");
    let block = [OTHER.repeat(200), DENIED.to_owned()].concat().repeat(1000);
    for delay in [50, 100, 150] {
        std::fs::write(&path, &block).expect("room for a log");
        let rotated = OpenOptions::new().append(true).open(&path).expect("our own file");
        let run = sshtriage(["--format", "json"]).arg(&path).run_while(|| {
            std::thread::sleep(Duration::from_millis(delay));
            rotated.set_len(0).expect("our own file");
            for _ in 0..200 {
                (&rotated).write_all(DENIED.as_bytes()).expect("room for a line");
            }
        });
        assert!(matches!(run.code, Some(0 | 2)), "{:?} {}", run.code, run.stderr);
        assert_report(&run.json());
    }
}

#[test]
fn a_log_that_is_replaced_while_it_is_scanned_is_read_as_it_was() {
    let folder = Folder::new();
    let path = folder.write("auth.log", [OTHER.repeat(20_000), DENIED.to_owned()].concat());
    let run = sshtriage(["--format", "json"]).arg(&path).run_while(|| {
        std::thread::sleep(Duration::from_millis(100));
        std::fs::rename(&path, folder.at("auth.log.1")).expect("our own file");
        folder.write("auth.log", "");
    });
    assert_eq!(verdict(&run.json()), "service-config.user-not-allowed");
}

#[test]
fn standard_input_may_be_a_file_a_pipe_or_closed() {
    let folder = Folder::new();
    folder.write("auth.log", [OTHER.repeat(20_000), DENIED.to_owned()].concat());
    let program = env!("CARGO_BIN_EXE_sshtriage");
    for (redirection, code, cause) in [
        ("< auth.log", 0, "service-config.user-not-allowed"),
        ("< /dev/null", 0, ""),
        // The runtime opens /dev/null in place of a closed standard input.
        ("<&-", 0, ""),
    ] {
        let script = format!("exec '{program}' --format json {redirection}");
        let run = Program::of("sh").args(&["-c", &script]).dir(folder.path()).run();
        assert_eq!(run.code, Some(code), "{redirection}: {}", run.stderr);
        assert_eq!(verdict(&run.json()), cause, "{redirection}");
    }
    let script = format!("cat auth.log | '{program}' --format json");
    let run = Program::of("sh").args(&["-c", &script]).dir(folder.path()).run();
    assert_eq!(verdict(&run.json()), "service-config.user-not-allowed");
}

/// Small files are listed side by side, and what is large or holds others is not; all come in the order of their names.
#[test]
fn known_lines_of_many_files_come_in_the_order_of_their_names() {
    let folder = Folder::new();
    let line = |n: usize| format!("Apr 17 10:00:00 web01 sshd[{n}]: Invalid user bob from 192.0.2.7 port {n}\n");
    let mut expected = Vec::new();
    for n in 0..60 {
        let times = if n % 20 == 7 { 9000 } else { 2 };
        let name = format!("{n:02}.log");
        match n % 20 {
            11 => drop(folder.write(&format!("{name}.gz"), gzip(line(n).repeat(times).as_bytes()))),
            _ => drop(folder.write(&name, line(n).repeat(times))),
        }
        expected.extend(std::iter::repeat_n(n as u64, times));
    }
    let run = sshtriage(["--format", "ndjson", "--year", "2025"]).arg(folder.path()).run();
    let pids: Vec<u64> = run.json_lines().iter().filter_map(|hit| hit["pid"].as_u64()).collect();
    assert!(pids == expected, "{} of {} lines, or in another order", pids.len(), expected.len());
}
