//! Journals: real ones, made by systemd-journal-remote and judged by journalctl, and what becomes of them when they are damaged.

use crate::contract::assert_report;
use crate::support::{Folder, Program, diagnose, sshtriage, verdict};
use serde_json::Value;
use sshtriage::input::journal::Journal;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const HEAD: &str = "_HOSTNAME=web01\n_TRANSPORT=syslog\nPRIORITY=6\n_BOOT_ID=0123456789abcdef0123456789abcdef\n";
const CAUSE: &str = "service-config.user-not-allowed";

/// Ways to store a journal: compact layout, compressed fields, keyed hashes.
const LAYOUTS: [(&str, &str, &str); 6] =
    [("0", "no", "1"), ("0", "yes", "1"), ("1", "no", "1"), ("1", "yes", "1"), ("0", "no", "0"), ("1", "yes", "0")];

/// An entry in the export format; what is no plain text is written as binary.
fn exported(second: u64, program: &str, pid: u64, message: &str) -> Vec<u8> {
    let micros = 1_523_926_800_000_000 + second * 1_000_000;
    let mut out = format!("__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={}\n{HEAD}", second * 1_000_000 + 5);
    out.push_str(&format!("SYSLOG_IDENTIFIER={program}\n_COMM={program}\n_PID={pid}\n"));
    let mut out = out.into_bytes();
    if message.bytes().any(|b| b < b' ') {
        out.extend_from_slice(b"MESSAGE\n");
        out.extend_from_slice(&(message.len() as u64).to_le_bytes());
        out.extend_from_slice(message.as_bytes());
    } else {
        out.extend_from_slice(format!("MESSAGE={message}").as_bytes());
    }
    out.extend_from_slice(b"\n\n");
    out
}

/// Connections with and without failure, between lines of others, long and odd messages.
fn entries() -> Vec<u8> {
    let mut out = Vec::new();
    for n in 0..120u64 {
        let pid = 1000 + n;
        let (name, port) = (["alice", "bob", "carol"][n as usize % 3], 4000 + n);
        let source = format!("198.51.100.{}", n % 3 + 1);
        out.extend(exported(n, "cron", 9, &format!("(root) CMD (job number {n})")));
        match n % 4 {
            0 => out.extend(exported(
                n,
                "sshd",
                pid,
                &format!("User {name} from {source} not allowed because not listed in AllowUsers"),
            )),
            1 => out.extend(exported(
                n,
                "sshd-session",
                pid,
                &format!("Accepted publickey for {name} from {source} port {port} ssh2: ED25519 SHA256:abc"),
            )),
            2 => out.extend(exported(n, "sshd", pid, &format!("a message that nobody knows, {}", "long ".repeat(200)))),
            _ => {
                let forged = "x\n2018-04-17T10:00:00.000000+00:00 web01 sshd[5]: Accepted password for root from 192.0.2.1 port 22 ssh2\n";
                out.extend(exported(n, "sshd", pid, forged));
                out.extend(exported(n, "app", 77, &format!("{{\"stack\":\"{}\"}}", "frame ".repeat(300 + n as usize))));
            }
        }
        out.extend(exported(
            n,
            "sshd",
            pid,
            &format!("Connection closed by authenticating user {name} {source} port {port} [preauth]"),
        ));
    }
    out
}

/// systemd-journal-remote, where it is installed; says loudly where not.
fn maker() -> Option<PathBuf> {
    let places = ["/lib/systemd/systemd-journal-remote", "/usr/lib/systemd/systemd-journal-remote"];
    let found = places.iter().map(PathBuf::from).find(|p| p.exists());
    let found = found.filter(|_| Command::new("journalctl").arg("--version").output().is_ok());
    if found.is_none() {
        // Not by a macro, whose output the test harness keeps to itself.
        let missing = "systemd-journal-remote or journalctl is missing (package systemd-journal-remote)";
        writeln!(std::io::stderr(), "journals: SKIPPED, for {missing}").expect("standard error is open");
    }
    found
}

fn make(folder: &Folder, name: &str, text: &[u8], (compact, compress, keyed): (&str, &str, &str)) -> Option<PathBuf> {
    let maker = maker()?;
    let export = folder.write(&format!("{name}.export"), text);
    let path = folder.at(&format!("{name}.journal"));
    let made = Command::new(maker)
        .args([&format!("--compress={compress}"), "-o"])
        .args([&path, &export])
        .envs([("SYSTEMD_JOURNAL_COMPACT", compact), ("SYSTEMD_JOURNAL_KEYED_HASH", keyed)])
        .output()
        .expect("it was found");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(path)
}

fn journalctl(path: &Path, form: &str) -> Vec<u8> {
    let run = Command::new("journalctl").args(["--utc", "--all", "-o", form, "--file"]).arg(path).output();
    let run = run.expect("it was found");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

/// The file without the room at its end.
fn content(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).expect("it was made");
    let end = objects(&bytes).last().map_or(0, |(_, at, size)| at + size.next_multiple_of(8));
    bytes.truncate(end);
    bytes
}

/// Every known line, without where it stands and how it is written.
fn hits(path: &Path) -> Vec<Value> {
    let run = sshtriage(["--format", "ndjson", "--year", "2018"]).arg(path).run();
    let mut lines = run.json_lines();
    for line in &mut lines {
        let line = line.as_object_mut().expect("an object");
        for name in ["file", "text", "line"] {
            line.remove(name);
        }
    }
    lines
}

fn report(path: &Path) -> Value {
    let report = sshtriage(["--format", "json"]).arg(path).run().json();
    assert_report(&report);
    report
}

/// Diagnoses without the places and the writing of their lines.
fn findings(report: &Value) -> Vec<Value> {
    let mut found = report["diagnoses"].as_array().expect("a list").clone();
    for line in found.iter_mut().flat_map(|d| d["evidence"].as_array_mut().expect("a list")) {
        *line = serde_json::json!([line["time"], line["pattern"]]);
    }
    found
}

#[test]
fn a_journal_says_what_journalctl_says_of_it_however_it_is_stored() {
    let folder = Folder::new();
    for (at, layout) in LAYOUTS.into_iter().enumerate() {
        let Some(path) = make(&folder, &format!("layout{at}"), &entries(), layout) else { return };
        assert_same_as_journalctl(&folder, &path, &format!("{layout:?}"));
    }
}

fn assert_same_as_journalctl(folder: &Folder, path: &Path, what: &str) {
    let json = folder.write("dump.json", journalctl(path, "json"));
    let (own, theirs) = (report(path), report(&json));
    let input = &own["inputs"][0];
    assert_eq!(
        (&input["format"], &input["kind"], &input["error"]),
        (&"journal".into(), &"server-log".into(), &Value::Null),
        "{what}"
    );
    assert_eq!(verdict(&own), CAUSE, "{what}");
    for name in ["lines", "hits", "failures", "successes", "unrecognised"] {
        assert_eq!(own["totals"][name], theirs["totals"][name], "{what}: {name}");
    }
    for name in ["first", "last", "lines"] {
        assert_eq!(own["inputs"][0][name], theirs["inputs"][0][name], "{what}: {name}");
    }
    assert_eq!(findings(&own), findings(&theirs), "{what}");
    assert_eq!(hits(path), hits(&json), "{what}");
    assert!(own["totals"]["hits"].as_u64() > Some(100), "{what}");
    let proof = &own["verdict"]["evidence"][0];
    let line = proof["line"].as_u64().expect("a number") as usize;
    let dump = String::from_utf8(journalctl(path, "json")).expect("JSON");
    let entry: Value = serde_json::from_str(dump.lines().nth(line - 1).expect("that many entries")).expect("JSON");
    let (text, message) = (proof["text"].as_str().expect("a text"), entry["MESSAGE"].as_str().expect("a text"));
    assert!(text.ends_with(message), "{what}: entry {line} is {message}, not {text}");
}

#[test]
fn every_kind_of_journalctl_output_gives_the_same_diagnoses() {
    let folder = Folder::new();
    let Some(path) = make(&folder, "kinds", &entries(), LAYOUTS[3]) else { return };
    let expected = hits(&path);
    let known = |form: &str| {
        let mut hits = expected.clone();
        for hit in hits.iter_mut().filter_map(Value::as_object_mut) {
            if matches!(form, "short-monotonic" | "short-delta" | "cat") {
                hit.remove("time");
            }
            // The unit stands where the program's name was.
            if form == "with-unit" {
                hit.remove("program");
            }
        }
        hits
    };
    for (form, format) in [
        ("short", "syslog"),
        ("short-full", "syslog-iso8601"),
        ("short-iso", "syslog-iso8601"),
        ("short-iso-precise", "syslog-iso8601"),
        ("short-precise", "syslog"),
        ("short-monotonic", "syslog"),
        ("short-unix", "journal-short-unix"),
        ("short-delta", "syslog"),
        ("verbose", "journal-verbose"),
        ("export", "journal-export"),
        ("json", "journal-json"),
        ("json-pretty", "journal-json"),
        ("json-sse", "journal-json"),
        ("json-seq", "journal-json"),
    ] {
        let dump = journalctl(&path, form);
        let file = folder.write(&format!("dump.{form}"), &dump);
        let piped = sshtriage(["--format", "json", "--year", "2018", "-"]).stdin(dump.clone()).run().json();
        assert_report(&piped);
        assert_eq!((&piped["inputs"][0]["format"], verdict(&piped)), (&format.into(), CAUSE), "{form}");
        let mut found = hits(&file);
        if matches!(form, "short-monotonic" | "short-delta") {
            found.iter_mut().filter_map(Value::as_object_mut).for_each(|hit| drop(hit.remove("time")));
        }
        assert!(found == known(form), "{form}: {:#?}", found.iter().zip(known(form)).find(|(a, b)| *a != b));
        let text = String::from_utf8_lossy(&dump).into_owned();
        let proof = &piped["verdict"]["evidence"][0];
        let line = text.split('\n').nth(proof["line"].as_u64().expect("a number") as usize - 1).expect("a line");
        assert!(line.contains("not listed in AllowUsers"), "{form}: {line}");
    }
    // The message alone: no program and no process, so that all lines are taken for one attempt.
    let one = exported(0, "sshd", 7, "User alice from 198.51.100.7 not allowed because not listed in AllowUsers");
    let Some(path) = make(&folder, "one", &one, LAYOUTS[3]) else { return };
    assert_eq!(verdict(&diagnose(journalctl(&path, "cat"))), CAUSE);
}

#[test]
fn the_unit_in_place_of_the_program_is_that_of_sshd() {
    for unit in ["ssh.service", "sshd.service", "sshd@3-192.0.2.1:22-198.51.100.7:4000.service"] {
        let line = format!(
            "Tue 2018-04-17 10:00:00 UTC web01 {unit}[7]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n"
        );
        assert_eq!(verdict(&diagnose(line)), CAUSE, "{unit}");
    }
}

/// Kind, place and size of every object.
fn objects(bytes: &[u8]) -> Vec<(u8, usize, usize)> {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes")) as usize;
    let mut at = number(88);
    let mut found = Vec::new();
    while at + 16 <= bytes.len() && number(at + 8) >= 16 {
        found.push((bytes[at], at, number(at + 8)));
        at += number(at + 8).next_multiple_of(8);
    }
    found
}

/// Data objects: where they begin, their size, and where their content begins.
fn data_objects(bytes: &[u8]) -> Vec<(usize, usize, usize)> {
    let content = if bytes[12] & 16 != 0 { 72 } else { 64 };
    objects(bytes).into_iter().filter(|(kind, ..)| *kind == 1).map(|(_, at, size)| (at, size, content)).collect()
}

/// Compresses fields where they lie. What becomes free is marked as unused, as the format allows.
fn recompressed(bytes: &[u8], method: u8, flag: u8, compress: impl Fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, usize) {
    let mut out = bytes.to_vec();
    out[12] |= flag;
    let mut count = 0;
    for (at, size, content) in data_objects(bytes) {
        let packed = compress(&bytes[at + content..at + size]);
        let room = size.next_multiple_of(8);
        let free = room.saturating_sub((content + packed.len()).next_multiple_of(8));
        if content + packed.len() >= size || free < 16 {
            continue;
        }
        let (end, packed_size) = (at + room, content + packed.len());
        out[at + content..end].fill(0);
        out[at + content..at + packed_size].copy_from_slice(&packed);
        out[at + 1] = method;
        out[at + 8..at + 16].copy_from_slice(&(packed_size as u64).to_le_bytes());
        out[end - free + 8..end - free + 16].copy_from_slice(&(free as u64).to_le_bytes());
        count += 1;
    }
    (out, count)
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 1000);
    let mut encoder = liblzma::stream::Stream::new_easy_encoder(1, liblzma::stream::Check::None).expect("an encoder");
    encoder.process_vec(content, &mut out, liblzma::stream::Action::Finish).expect("room enough");
    out
}

fn lz4(content: &[u8]) -> Vec<u8> {
    [(content.len() as u64).to_le_bytes().to_vec(), lz4_flex::block::compress(content)].concat()
}

#[test]
fn fields_compressed_by_older_and_newer_systemd_are_read() {
    let folder = Folder::new();
    for layout in [LAYOUTS[0], LAYOUTS[2]] {
        let Some(path) = make(&folder, &format!("plain{}", layout.0), &entries(), layout) else { return };
        let plain = std::fs::read(&path).expect("it was made");
        for (name, method, flag, compress) in [
            ("xz", 1, 1, xz as fn(&[u8]) -> Vec<u8>),
            ("lz4", 2, 2, lz4),
            ("zstd", 4, 8, |c| zstd::bulk::compress(c, 3).expect("memory")),
        ] {
            let (bytes, count) = recompressed(&plain, method, flag, compress);
            assert!(count > 20, "{name}: only {count} fields became smaller");
            let path = folder.write(&format!("{name}{}.journal", layout.0), bytes);
            assert_eq!(
                journalctl(&path, "short"),
                journalctl(&folder.at(&format!("plain{}.journal", layout.0)), "short"),
                "{name}"
            );
            assert_same_as_journalctl(&folder, &path, name);
        }
    }
}

#[test]
fn the_journal_of_a_machine_that_died_and_the_archived_ones_are_read_in_a_folder() {
    let folder = Folder::new();
    let Some(maker) = maker() else { return };
    let path = folder.at("var/system.journal~");
    std::fs::create_dir_all(folder.at("var")).expect("a folder");
    let live = folder.at("var/live.journal");
    let mut child = Command::new(maker)
        .arg("-o")
        .args([&live, Path::new("-")])
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it was found");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&entries()).expect("it reads");
    let expected = entries().windows(7).filter(|w| w == b"MESSAGE").count();
    let began = Instant::now();
    let read = || journalctl_lines(&live);
    while read() < expected && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().expect("our own child");
    child.wait().expect("our own child");
    std::fs::rename(&live, &path).expect("renamed");
    assert_eq!(std::fs::read(&path).expect("made")[16], 1, "the journal was closed in good order");
    let mut archived = content(&path);
    archived[16] = 2;
    folder.write("var/system@0005e1-0001.journal", archived);
    folder.write("var/messages", "Apr 17 10:00:00 web01 kernel: nothing\n");
    let report = report(&folder.at("var"));
    for input in report["inputs"].as_array().expect("a list") {
        assert_eq!(input["error"], Value::Null, "{input}");
        if input["path"].as_str().expect("a path").contains("system") {
            assert_eq!(
                (&input["format"], input["lines"].as_u64()),
                (&"journal".into(), Some(expected as u64)),
                "{input}"
            );
        }
    }
    assert_eq!((report["inputs"].as_array().map(Vec::len), verdict(&report)), (Some(3), CAUSE));
    let piped = sshtriage(["--format", "json", "-"]).stdin(std::fs::read(&path).expect("made")).run().json();
    assert_eq!((&piped["inputs"][0]["format"], verdict(&piped)), (&"journal".into(), CAUSE));
}

fn journalctl_lines(path: &Path) -> usize {
    let run = Command::new("journalctl").args(["-o", "json", "--file"]).arg(path).output().expect("it was found");
    run.stdout.iter().filter(|b| **b == b'\n').count()
}

/// Entries, and text of those of SSH programs. No line may hold what moves a cursor, and the work must be bounded.
fn read(bytes: &[u8]) -> Option<(usize, Vec<u8>, Option<String>)> {
    let began = Instant::now();
    let mut journal = Journal::open(bytes).ok()?;
    let mut text = Vec::new();
    while let Some(block) = journal.next_block(&|program| program.starts_with(b"sshd")) {
        text.extend(block);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "reading {} bytes took {:?}", bytes.len(), began.elapsed());
    assert!(!text.iter().any(|b| *b < b' ' && !matches!(b, b'\n' | b'\t')));
    assert!(text.len() <= bytes.len() * 64 + 4096, "{} bytes of text from {}", text.len(), bytes.len());
    Some((text.iter().filter(|b| **b == b'\n').count(), text, journal.damage()))
}

#[test]
fn a_journal_cut_anywhere_is_read_to_there_and_says_so() {
    let folder = Folder::new();
    for layout in LAYOUTS {
        let Some(path) = make(&folder, "cut", &entries(), layout) else { return };
        let bytes = content(&path);
        let (all, text, damage) = read(&bytes).expect("a journal");
        assert_eq!(damage, None);
        let mut before = all;
        let first = data_objects(&bytes)[0].0;
        let ends = (first.saturating_sub(500)..bytes.len()).rev().step_by(977);
        for end in ends.chain([first / 2, 4000, 271, 100, 8]) {
            let Some((entries, part, damage)) = read(&bytes[..end]) else {
                assert!(end < 272, "cut at {end}");
                continue;
            };
            assert!(entries <= before && text.starts_with(&part), "cut at {end}");
            assert!(damage.is_some() || entries == all, "cut at {end}: {entries} of {all} entries, and no word of it");
            before = entries;
            if end < first {
                assert_eq!(entries, 0);
            }
        }
        std::fs::remove_file(path).expect("removed");
    }
    let Some(path) = make(&folder, "half", &entries(), LAYOUTS[3]) else { return };
    let bytes = content(&path);
    let first = data_objects(&bytes)[0].0;
    let half = folder.write("half.journal~", &bytes[..first + (bytes.len() - first) / 2]);
    let run = sshtriage(["--format", "json"]).arg(&half).run();
    let report = run.json();
    assert_report(&report);
    assert_eq!((run.code, verdict(&report)), (Some(0), CAUSE));
    let error = report["inputs"][0]["error"].as_str().expect("it is damaged");
    assert!(error.contains("entries are not there") && run.stderr.contains(error), "{error}");
}

#[test]
fn bytes_changed_at_random_cost_what_they_touch_and_no_more() {
    let folder = Folder::new();
    for layout in [LAYOUTS[0], LAYOUTS[3]] {
        let Some(path) = make(&folder, &format!("random{}", layout.0), &entries(), layout) else { return };
        let bytes = content(&path);
        let (all, ..) = read(&bytes).expect("a journal");
        let first = data_objects(&bytes)[0].0;
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        for round in 0..400 {
            let mut damaged = bytes.clone();
            let flips = [1, 1, 4, 64, 1024][round % 5];
            for _ in 0..flips {
                let at = first + random(bytes.len() - first);
                damaged[at] = [0, 0xff, damaged[at] ^ (1 << random(8)), random(256) as u8][random(4)];
            }
            let (entries, ..) = read(&damaged).expect("the header is whole");
            // A size that is wrong takes along what lies up to the next object that can be made out.
            assert!(entries <= all + 1, "round {round}: {entries} entries of {all}");
            if flips == 1 {
                assert!(
                    entries + 60 >= all,
                    "round {round}: only {entries} of {all} entries after one byte was changed"
                );
            }
            for _ in 0..8 {
                damaged[random(300)] ^= 1 << random(8);
            }
            drop(read(&damaged));
        }
    }
}

#[test]
fn a_hole_in_a_journal_loses_only_what_was_in_it() {
    let folder = Folder::new();
    for fill in [0, 0xff, b'x'] {
        let Some(path) = make(&folder, "hole", &entries(), LAYOUTS[1]) else { return };
        let mut bytes = content(&path);
        let (all, ..) = read(&bytes).expect("a journal");
        let first = data_objects(&bytes)[0].0;
        let hole = first + 40_000;
        assert!(bytes.len() > hole + 60_000, "{}", bytes.len());
        bytes[hole..hole + 8192].fill(fill);
        let (entries, text, damage) = read(&bytes).expect("a journal");
        assert!(entries < all && entries > all * 3 / 4, "{entries} of {all}");
        assert!(damage.expect("it is damaged").contains("not there"));
        assert!(String::from_utf8_lossy(&text).contains("port 4119"), "the last connection");
        std::fs::remove_file(path).expect("removed");
    }
}

#[test]
fn a_small_field_that_unpacks_to_very_much_is_little_work() {
    let folder = Folder::new();
    let zeros = vec![b'0'; 200 << 20];
    let bombs =
        [(4, 8, zstd::bulk::compress(&[b"MESSAGE=", &zeros[..]].concat(), 3).expect("memory")), (1, 1, xz(&zeros))];
    let Some(path) = make(&folder, "bomb", &entries(), LAYOUTS[0]) else { return };
    let plain = std::fs::read(&path).expect("it was made");
    for (method, flag, bomb) in bombs {
        let room = |content: &[u8]| content.len() >= bomb.len().min(1500);
        let (bytes, _) = recompressed(&plain, method, flag, |content| {
            if room(content) { bomb[..bomb.len().min(content.len() - 16)].to_vec() } else { vec![0; content.len()] }
        });
        let (entries, text, _) = read(&bytes).expect("a journal");
        assert!(entries > 300 && text.len() < 4 << 20, "{entries} entries, {} bytes", text.len());
    }
}

#[test]
fn what_only_begins_like_a_journal_is_refused_with_the_reason() {
    let folder = Folder::new();
    for (name, bytes, reason) in [
        ("signature", b"LPKSHHRH".to_vec(), "without any entry"),
        ("zeros", [&b"LPKSHHRH"[..], &[0; 5000]].concat(), "header is damaged"),
        ("newer", [&b"LPKSHHRH\0\0\0\0\0\x01\0\0"[..], &[0; 5000]].concat(), "features that are not known (0x100)"),
        ("ones", [&b"LPKSHHRH"[..], &[0xff; 5000]].concat(), "features that are not known"),
    ] {
        let path = folder.write(name, bytes);
        let run = Program::of(env!("CARGO_BIN_EXE_sshtriage")).args(&["--format", "json"]).arg(&path).run();
        let report = run.json();
        assert_report(&report);
        let error = report["inputs"][0]["error"].as_str().unwrap_or_default();
        assert!(error.contains(reason), "{name}: {error}");
        assert_eq!((verdict(&report), report["totals"]["lines"].as_u64()), ("", Some(0)), "{name}");
    }
}

#[test]
fn a_connection_that_an_archived_journal_ends_in_goes_on_in_the_next() {
    let folder = Folder::new();
    let refused = "User alice from 198.51.100.7 not allowed because not listed in AllowUsers";
    let failed = "Failed password for invalid user alice from 198.51.100.7 port 4000 ssh2";
    let (older, newer) = (exported(100, "sshd", 7, refused), exported(102, "sshd", 7, failed));
    let (Some(older), Some(newer)) =
        (make(&folder, "older", &older, LAYOUTS[0]), make(&folder, "newer", &newer, LAYOUTS[0]))
    else {
        return;
    };
    let name = "system@0123456789abcdef0123456789abcdef-0000000000000001-00056a00db93e400.journal";
    folder.write(&format!("journal/{name}"), std::fs::read(older).expect("made"));
    folder.write("journal/system.journal", std::fs::read(newer).expect("made"));
    let report = report(&folder.at("journal"));
    assert_eq!((verdict(&report), &report["verdict"]["count"]), (CAUSE, &1.into()), "{report:#}");
    assert_eq!(report["diagnoses"].as_array().map(Vec::len), Some(1), "{report:#}");
    let (first, last) = (report["verdict"]["first"].as_str(), report["verdict"]["last"].as_str());
    assert_eq!((first, last), (Some("2018-04-17T01:01:40Z"), Some("2018-04-17T01:01:42Z")));
    assert!(report["inputs"][0]["path"].as_str().is_some_and(|p| p.contains("system@")), "{report:#}");
}

#[test]
fn a_journal_that_ends_before_the_window_is_not_read() {
    let folder = Folder::new();
    let Some(path) = make(&folder, "system", &entries(), LAYOUTS[0]) else { return };
    let report = |options: &[&str]| {
        let report = sshtriage(["--format", "json"]).args(options).arg(&path).run().json();
        assert_report(&report);
        report
    };
    let lines = |report: &Value| report["totals"]["lines"].as_u64();
    // The entries are of the first minutes after 01:00.
    for options in [["--since", "2018-04-17 01:01"], ["--since", "2018-04-17 23:00"], ["--until", "2018-04-16"]] {
        assert!(lines(&report(&options)) > Some(300), "{options:?}: within a day nothing is certain");
    }
    for options in [["--since", "2018-04-19"], ["--until", "2018-04-15"]] {
        let report = report(&options);
        assert_eq!(lines(&report), Some(0), "{options:?}");
        assert!(report["inputs"][0]["note"].as_str().is_some_and(|n| n.contains(options[0])), "{report:#}");
    }
}
