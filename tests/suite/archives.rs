//! Compressed files and archives: the same as the files in them, whatever they are packed into; damage and malice cost only
//! what they touch.

use crate::contract::assert_report;
use crate::generator::{self, Headers, Kind};
use crate::support::{Folder, MATCHER, Outcome, Program, causes, sample, sshtriage, texts, verdict};
use serde_json::Value;
use sshtriage::catalog::cause::Language;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

const DENIED: &str =
    "Apr 17 10:00:00 web01 sshd[11]: User alice from 198.51.100.7 not allowed because not listed in AllowUsers\n";
const CAUSE: &str = "service-config.user-not-allowed";
const OTHER: &str = "Apr 17 10:00:01 web01 cron[99]: (root) CMD (run-parts /etc/cron.hourly)\n";
/// 2018-06-01, when all files of these tests were last written.
const WRITTEN: u64 = 1_527_811_200;

pub type Files = Vec<(String, Vec<u8>)>;

fn scan(path: &Path, options: &[&str]) -> Outcome {
    sshtriage(["--format", "json"]).args(options).arg(path).run()
}

fn report(path: &Path, options: &[&str]) -> Value {
    let report = scan(path, options).json();
    assert_report(&report);
    report
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 1).read_to_end(&mut packed).expect("into memory");
    packed
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("into memory")
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast()).read_to_end(&mut packed).expect("into memory");
    packed
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let blocks = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(blocks, Vec::new());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn header(path: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..path.len().min(100)].copy_from_slice(&path.as_bytes()[..path.len().min(100)]);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(WRITTEN);
    header.set_cksum();
    header
}

pub fn tar(files: &Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = header("", tar::EntryType::Regular, bytes.len() as u64);
        builder.append_data(&mut header, path, bytes.as_slice()).expect("into memory");
    }
    builder.into_inner().expect("into memory")
}

pub fn zip(files: &Files) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut writer = rawzip::ZipArchiveWriter::new(&mut packed);
    for (path, bytes) in files {
        let written = rawzip::time::UtcDateTime::from_unix(WRITTEN as i64);
        let file = writer.new_file(path).last_modified(written).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().expect("into memory");
        let mut member = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
        member.write_all(bytes).expect("into memory");
        let (encoder, descriptor) = member.finish().expect("into memory");
        encoder.finish().expect("into memory");
        entry.finish(descriptor).expect("into memory");
    }
    writer.finish().expect("into memory");
    packed
}

/// A file as it was last written on the day of these tests.
fn write(folder: &Folder, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.write(name, bytes);
    let file = File::options().write(true).open(&path).expect("our own file");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN)).expect("our own file");
    path
}

/// What a server's logs look like when support gets them: rotated, compressed, copied, with other things between.
fn bundle() -> Files {
    let log = |seed, connections| generator::log(Kind { seed, connections, headers: Headers::Syslog, damage: 0 });
    let picture: Vec<u8> = (0..800_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let transcript = std::fs::read(sample("keys/host-key-changed/reinstalled-server.client.log"));
    let transcript =
        transcript.unwrap_or_else(|_| b"ssh: connect to host web01 port 22: Connection refused\n".to_vec());
    let recent = log(8, 300);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("sos/var/log/secure", recent.clone()),
        ("sos/var/log/secure-20180520.gz", gzip(&log(7, 6000))),
        ("sos/var/log/secure-20180527", [DENIED.repeat(3).as_bytes(), &log(9, 6000)].concat()),
        ("sos/var/log/auth.log.2.xz", xz(DENIED.as_bytes())),
        ("sos/var/log/auth.log.1", format!("{OTHER}{DENIED}").into_bytes()),
        ("sos/sos_commands/copy-of-secure", recent),
        ("sos/customer/transcript.txt", transcript),
        ("sos/customer/picture.png", picture),
        ("sos/customer/nothing", Vec::new()),
    ];
    files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect()
}

/// The report with the part of every path before that of the bundle itself left out.
fn without_paths(mut report: Value, whole: &str) -> Value {
    fn walk(value: &mut Value, whole: &str) {
        match value {
            Value::String(text) if text.starts_with(whole) => *text = text[text.find("sos/").unwrap_or(0)..].to_owned(),
            Value::Array(list) => list.iter_mut().for_each(|v| walk(v, whole)),
            Value::Object(map) => map.values_mut().for_each(|v| walk(v, whole)),
            _ => {}
        }
    }
    walk(&mut report, whole);
    report
}

#[test]
fn a_directory_and_everything_it_can_be_packed_into_give_the_same() {
    let folder = Folder::new();
    let files = bundle();
    for (path, bytes) in &files {
        write(&folder, &format!("plain/{path}"), bytes);
    }
    let shown = folder.path().display().to_string();
    let expected = without_paths(report(&folder.at("plain"), &[]), &shown);
    assert!(expected["totals"]["failures"].as_u64() > Some(5000));
    let mut backwards = files.clone();
    backwards.reverse();
    let archive = tar(&files);
    for (name, bytes) in [
        ("tar", archive.clone()),
        ("tar of another order", tar(&backwards)),
        ("tar.gz", gzip(&archive)),
        ("tar.xz", xz(&archive)),
        ("tar.zst", zstd(&archive)),
        ("tar.bz2", bzip2(&archive)),
        ("tar.lz4", lz4(&archive)),
        ("zip", zip(&files)),
        ("zip of another order", zip(&backwards)),
        ("tar within a zip", zip(&vec![("bundle.tar".to_owned(), archive.clone())])),
        ("zip within a tar.gz", gzip(&tar(&vec![("bundle.zip".to_owned(), zip(&files))]))),
    ] {
        let path = write(&folder, "bundle", &bytes);
        for options in [&["--threads", "1"][..], &["--threads", "7", "--chunk-bytes", "100000"]] {
            let found = without_paths(report(&path, options), &shown);
            assert_eq!(found, expected, "{name} with {options:?}");
        }
        let piped = sshtriage(["--format", "json", "-"]).stdin(bytes).run().json();
        assert_eq!(without_paths(piped, "-"), expected, "{name} from a pipe");
    }
}

#[test]
fn known_lines_of_an_archive_are_listed_like_those_of_its_files() {
    let folder = Folder::new();
    let files = bundle();
    let list = |path: &Path| {
        let run = sshtriage(["--format", "ndjson"]).arg(path).run();
        let mut hits = run.json_lines();
        hits.iter().for_each(crate::contract::assert_hit);
        for hit in &mut hits {
            let file = hit["file"].as_str().unwrap_or_default().to_owned();
            hit["file"] = file[file.find("sos/").expect("a file of the bundle")..].into();
        }
        hits.sort_by_key(|h| (h["file"].to_string(), h["line"].as_u64()));
        hits
    };
    for (path, bytes) in &files {
        write(&folder, &format!("plain/{path}"), bytes);
    }
    let expected = list(&folder.at("plain"));
    for bytes in [gzip(&tar(&files)), zip(&files)] {
        assert!(list(&write(&folder, "bundle", &bytes)) == expected);
    }
}

#[test]
fn a_rotated_log_is_read_from_its_oldest_part_and_in_the_right_years() {
    let line = |day: &str| DENIED.replace("Apr 17", day).into_bytes();
    let files: Files = [
        ("log/secure", line("Apr 16")),
        ("log/secure-20161231", line("Dec 30")),
        ("log/secure-20180408.gz", gzip(&line("Apr  2"))),
        ("log/auth.log", line("Apr 18")),
        ("log/auth.log.1", line("Mar  9")),
        ("log/auth.log.10.gz", gzip(&line("Sep 29"))),
        ("log/auth.log.2.gz", gzip(&line("Jan  5"))),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .to_vec();
    let folder = Folder::new();
    let report = report(&write(&folder, "logs.tar.gz", &gzip(&tar(&files))), &[]);
    let inputs = report["inputs"].as_array().expect("a list");
    let found: Vec<_> = inputs.iter().map(|i| (i["path"].as_str(), i["first"].as_str())).collect();
    let found: Vec<String> = found
        .into_iter()
        .map(|(p, t)| {
            format!("{} {}", p.unwrap_or("").rsplit('/').next().unwrap_or(""), &t.unwrap_or("          ")[..10])
        })
        .collect();
    let expected = [
        "auth.log.10.gz 2017-09-29",
        "auth.log.2.gz 2018-01-05",
        "auth.log.1 2018-03-09",
        "auth.log 2018-04-18",
        "secure-20161231 2016-12-30",
        "secure-20180408.gz 2018-04-02",
        "secure 2018-04-16",
    ];
    assert_eq!(found, expected);
    assert_eq!(report["verdict"]["count"], 7);
}

#[test]
fn the_year_of_a_compressed_log_turns_wherever_it_is_cut_to_be_read() {
    let line = |day: &str| format!("{day} 10:00:00 web01 cron[99]: (root) CMD (run-parts {})\n", "x".repeat(44));
    let length = line("Dec 30").len();
    assert_eq!(length, 100);
    // The first block ends at the last line end that so many bytes lie behind.
    let near = ((8 << 20) - 200) / length;
    let last_of = |report: &Value| report["inputs"][0]["last"].as_str().map(|t| t[..10].to_owned());
    let folder = Folder::new();
    for turn in near - 3..near + 4 {
        let log = line("Dec 30").repeat(turn) + &line("Jan  5").repeat(5000);
        let found = report(&write(&folder, "messages.gz", &gzip(log.as_bytes())), &[]);
        assert_eq!(last_of(&found), Some("2018-01-05".to_owned()), "the turn behind line {turn}");
    }
    // More than a year lies behind the first block, so that its own year cannot be told from what is read by then.
    let days = ["Feb  1", "Sep  1", "Mar  1", "Oct  1", "Apr  1"];
    let log: String = days.iter().map(|day| line(day).repeat(40_000)).collect();
    let path = write(&folder, "messages.gz", &gzip(log.as_bytes()));
    let found = report(&path, &[]);
    let fine = last_of(&found) == Some("2018-05-01".to_owned()) && found["inputs"][0]["error"].is_null();
    assert!(
        fine || found["inputs"][0]["error"].as_str().is_some_and(|e| e.contains("--year")),
        "{:#}",
        found["inputs"]
    );
    let found = report(&path, &["--year", "2016"]);
    assert_eq!((last_of(&found), &found["inputs"][0]["error"]), (Some("2018-04-01".to_owned()), &Value::Null));
}

#[test]
fn the_same_log_twice_is_counted_once_and_named() {
    let folder = Folder::new();
    let log = OTHER.repeat(10) + DENIED;
    let files =
        vec![("b/secure".to_owned(), log.clone().into_bytes()), ("a/secure".to_owned(), log.clone().into_bytes())];
    for (name, bytes) in [("tar", tar(&files)), ("zip", zip(&files))] {
        let report = report(&write(&folder, name, &bytes), &[]);
        assert_eq!((verdict(&report), &report["verdict"]["count"]), (CAUSE, &1.into()), "{name}");
        assert_eq!(report["totals"]["lines"], 11, "{name}");
        let cited = report["verdict"]["evidence"][0]["path"].as_str().unwrap_or_default();
        assert!(cited.ends_with("!a/secure"), "{name}: {cited}");
        assert_eq!(report["inputs"][0]["duplicate_of"], Value::Null);
        assert_eq!(report["inputs"][1]["duplicate_of"], report["inputs"][0]["path"]);
    }
    write(&folder, "logs/secure", log.as_bytes());
    write(&folder, "logs/secure.copy.gz", &gzip(log.as_bytes()));
    assert_eq!(report(&folder.at("logs"), &[])["verdict"]["count"], 1);
    // Without times nobody can tell whether it is one event or two.
    let refused = "ssh: connect to host web01 port 22: Connection refused\n";
    write(&folder, "transcripts/a", refused.as_bytes());
    write(&folder, "transcripts/b", refused.as_bytes());
    assert_eq!(report(&folder.at("transcripts"), &[])["verdict"]["count"], 2);
}

#[test]
fn what_is_left_of_a_damaged_file_is_used_and_the_damage_named() {
    let large =
        [DENIED.as_bytes(), &generator::log(Kind { seed: 7, connections: 9000, headers: Headers::Syslog, damage: 0 })]
            .concat();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 3 / 4].to_vec();
    let mut flipped = gzip(&large);
    let at = flipped.len() - 5;
    flipped[at] ^= 0xff;
    let files = vec![("log/secure".to_owned(), large.clone()), ("log/last".to_owned(), large.clone())];
    for (name, bytes) in [
        ("a gzip file cut off", cut(gzip(&large))),
        ("an xz file cut off", cut(xz(&large))),
        ("a zstd file cut off", cut(zstd(&large))),
        ("an lz4 file cut off", cut(lz4(&large))),
        ("a small gzip file cut off", cut(gzip((DENIED.to_owned() + &OTHER.repeat(9)).as_bytes()))),
        ("a gzip file with a wrong checksum", flipped),
        ("a gzip file and something else", [gzip(&large), b"and more".to_vec()].concat()),
        ("a tar cut off", cut(tar(&files))),
        ("a tar.gz cut off", cut(gzip(&tar(&files)))),
        ("a zip cut off", cut(zip(&files))),
        ("a zip cut off in a tar", tar(&vec![("a.zip".to_owned(), cut(zip(&files)))])),
    ] {
        let folder = Folder::new();
        let run = scan(&write(&folder, "input", &bytes), &[]);
        let report = run.json();
        assert_report(&report);
        assert_eq!(run.code, Some(0), "{name}");
        assert!(causes(&report).contains(&CAUSE), "{name}: {:?}", causes(&report));
        let errors = report["inputs"].as_array().expect("a list").iter().filter(|i| i["error"].is_string()).count();
        assert!(errors > 0 && run.stderr.contains("input"), "{name}: {}", run.stderr);
    }
}

#[test]
fn whole_files_in_pieces_are_no_damage() {
    let (one, two) = (DENIED.as_bytes(), OTHER.as_bytes());
    for (name, bytes) in [
        ("two gzip members", [gzip(two), gzip(one)].concat()),
        ("gzip padded for a tape", [gzip(one), vec![0; 5000]].concat()),
        ("two xz streams", [xz(two), xz(one)].concat()),
        ("two zstd frames", [zstd(two), zstd(one)].concat()),
        ("two bzip2 streams", [bzip2(two), bzip2(one)].concat()),
        ("two lz4 frames", [lz4(two), lz4(one)].concat()),
        ("two tars", [tar(&vec![("a".into(), two.to_vec())]), tar(&vec![("b".into(), one.to_vec())])].concat()),
        ("a zip behind a script", [b"PK00".to_vec(), zip(&vec![("a".into(), one.to_vec())])].concat()),
    ] {
        let folder = Folder::new();
        let run = scan(&write(&folder, "input", &bytes), &[]);
        assert_eq!((verdict(&run.json()), run.stderr.as_str()), (CAUSE, ""), "{name}");
    }
}

/// An input whose error contains `reason`, while what else is there is still read.
fn assert_told(name: &str, bytes: &[u8], options: &[&str], reason: &str) {
    let folder = Folder::new();
    let path = write(&folder, "hostile", bytes);
    let began = Instant::now();
    let run = scan(&path, options);
    assert!(began.elapsed() < Duration::from_secs(40), "{name} took {:?}", began.elapsed());
    let report = run.json();
    assert_report(&report);
    assert!(run.stderr.contains(reason), "{name}: {}", run.stderr);
    let both =
        sshtriage(["--format", "json"]).args(options).arg(&path).arg(write(&folder, "good", DENIED.as_bytes())).run();
    assert!(causes(&both.json()).contains(&CAUSE), "{name}");
}

#[test]
fn hostile_archives_are_refused_in_words() {
    let good = || ("good".to_owned(), DENIED.as_bytes().to_vec());
    let nested = (0..30).fold(DENIED.as_bytes().to_vec(), |inner, _| gzip(&inner));
    let zips = (0..30).fold(DENIED.as_bytes().to_vec(), |inner, _| zip(&vec![("z".to_owned(), inner)]));
    let mut encrypted = zip(&vec![good()]);
    for signature in [b"PK\x03\x04", b"PK\x01\x02"] {
        let at = encrypted.windows(4).position(|w| w == signature).expect("it has one");
        encrypted[at + if signature[2] == 3 { 6 } else { 8 }] |= 1;
    }
    let device = [header("dev/sda", tar::EntryType::Block, 0).as_bytes().to_vec(), tar(&vec![good()])].concat();
    let huge =
        [header("secure", tar::EntryType::Regular, 1 << 60).as_bytes().to_vec(), DENIED.as_bytes().to_vec()].concat();
    let long_name = [header("x", tar::EntryType::GNULongName, 1 << 60).as_bytes().to_vec(), vec![b'a'; 9000]].concat();
    let repeated = OTHER.repeat(400_000);
    for (name, bytes, options, reason) in [
        ("gzip in gzip in gzip", nested, &[][..], "--max-depth"),
        ("zip in zip in zip", zips, &[], "--max-depth"),
        ("more than is allowed", gzip(repeated.as_bytes()), &["--max-expansion", "9000000"], "--max-expansion"),
        ("more members than allowed", tar(&vec![good(), good(), good()]), &["--max-members", "2"], "--max-members"),
        ("an encrypted member", encrypted, &[], "is encrypted"),
        ("a device", device, &[], "is a device"),
        ("a member larger than the archive", huge, &[], "end"),
        ("a name without end", long_name, &[], "end"),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04 and so on".to_vec(), &[], "7z"),
    ] {
        assert_told(name, &bytes, options, reason);
    }
}

#[test]
fn names_of_members_are_shown_and_nothing_else() {
    let folder = Folder::new();
    let names = ["/etc/passwd", "../../../tmp/sshtriage-escape", "a\x1b[2Jb\nc", "", "C:\\log", "x!y"];
    let mut bytes = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let line = DENIED.replace("10:00:00", &format!("10:00:0{at}"));
        bytes.extend(header(name, tar::EntryType::Regular, line.len() as u64).as_bytes());
        bytes.extend(line.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    let path = write(&folder, "names.tar", &bytes);
    let found = report(&path, &[]);
    assert_eq!(found["verdict"]["count"], names.len());
    let mut shown: Vec<_> = found["inputs"].as_array().expect("a list").iter().map(|i| i["path"].to_string()).collect();
    shown.sort();
    let mut expected: Vec<_> =
        names.iter().map(|n| Value::from(format!("{}!{n}", path.display())).to_string()).collect();
    expected.sort();
    assert_eq!(shown, expected);
    assert!(!Path::new("/tmp/sshtriage-escape").exists());
    let text = sshtriage([&path]).run();
    assert!(text.text().chars().all(|c| c == '\n' || !c.is_control()), "{}", text.text());
}

#[test]
fn long_names_and_sparse_files_of_every_dialect_are_read() {
    let folder = Folder::new();
    let long = format!("{}/secure", "d".repeat(150));
    let path = folder.write(&format!("in/{long}"), DENIED);
    // A log with a hole behind its first line, as a crash leaves it.
    let mut file = File::options().write(true).open(&path).expect("our own file");
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(2 << 20)).expect("our own file");
    file.write_all(format!("\n{}", DENIED.replace("10:00:00", "11:00:00")).as_bytes()).expect("room");
    drop(file);
    let expected = report(&folder.at("in"), &[]);
    assert_eq!(expected["verdict"]["count"], 2);
    for options in [
        &["--format=gnu"][..],
        &["--format=posix"],
        &["--format=gnu", "-S"],
        &["--format=posix", "-S"],
        &["--format=posix", "-S", "--sparse-version=0.0"],
        &["--format=posix", "-S", "--sparse-version=0.1"],
    ] {
        let archive = folder.at("out.tar");
        let made =
            Program::of("tar").args(options).args(&["-cf"]).arg(&archive).arg("-C").arg(folder.at("in")).arg(".").run();
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let found = report(&archive, &[]);
        let of =
            |r: &Value| (r["verdict"]["count"].clone(), r["totals"]["lines"].clone(), r["inputs"][0]["bytes"].clone());
        assert_eq!(of(&found), of(&expected), "{options:?}");
        assert!(found["inputs"][0]["path"].as_str().is_some_and(|p| p.ends_with(&long)), "{options:?}");
    }
}

/// With as much private memory as the program may ever take.
fn run_in_bounds(path: &Path, options: &str) -> Outcome {
    let program = env!("CARGO_BIN_EXE_sshtriage");
    let line =
        format!("ulimit -d {} && exec {program} --format json --threads 2 {options} {}", 256 << 10, path.display());
    Program::of("sh").arg("-c").arg(line).run()
}

/// The same bytes so many times, compressed to very little.
fn many(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("into memory");
    (0..times).for_each(|_| encoder.write_all(bytes).expect("into memory"));
    encoder.finish().expect("into memory")
}

#[test]
fn bombs_cost_no_memory() {
    let zeros = vec![0u8; 64 << 20];
    let log = OTHER.repeat((64 << 20) / OTHER.len());
    let empty: Vec<u8> =
        (0..20_000).flat_map(|n| header(&format!("e{n}"), tar::EntryType::Regular, 0).as_bytes().to_vec()).collect();
    let good = tar(&vec![("good".to_owned(), DENIED.as_bytes().to_vec())]);
    let with_good = |first: Vec<u8>| [first, good.clone()].concat();
    let zeros_in_tar = with_good([header("zeros", tar::EntryType::Regular, 4 << 30).as_bytes().to_vec()].concat());
    let folder = Folder::new();
    for (name, bytes, options) in [
        ("6 GiB of zeros", many(&zeros, 96), ""),
        ("1 GiB of one line", many(log.as_bytes(), 16), ""),
        ("much of one line, refused", many(log.as_bytes(), 16), "--max-expansion 100000000"),
        ("a million empty members", many(&empty, 50), ""),
        (
            "a dictionary of 64 MiB",
            {
                let mut p = Vec::new();
                liblzma::read::XzEncoder::new(&zeros[..], 9).read_to_end(&mut p).expect("into memory");
                p
            },
            "",
        ),
        ("a header that promises 4 GiB", gzip(&zeros_in_tar), ""),
    ] {
        let began = Instant::now();
        let run = run_in_bounds(&write(&folder, "bomb", &bytes), options);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let report = run.json();
        assert_report(&report);
        assert!(report["inputs"].as_array().is_some_and(|i| i.len() < 1500), "{name}");
        assert!(began.elapsed() < Duration::from_secs(50), "{name} took {:?}", began.elapsed());
    }
}

#[test]
fn each_archive_is_one_line_in_order_and_a_bad_one_stops_no_other() {
    let folder = Folder::new();
    let line = |user: &str| DENIED.replace("alice", user).into_bytes();
    let archive =
        |user: &str| gzip(&tar(&vec![("var/log/secure".into(), line(user)), ("etc/motd".into(), b"hello\n".to_vec())]));
    let users: Vec<String> = (0..60).map(|n| format!("u{n:02}")).collect();
    for user in &users {
        write(&folder, &format!("bundles/{user}.tar.gz"), &archive(user));
    }
    write(&folder, "bundles/u30.tar.gz", &archive("broken")[..60]);
    let run = sshtriage(["--format", "json", "--each"]).arg(folder.at("bundles")).run();
    let reports = run.json_lines();
    reports.iter().for_each(assert_report);
    let users_of =
        |r: &Value| if r["verdict"].is_null() { String::new() } else { texts(&r["verdict"]["users"]).concat() };
    let named: Vec<String> = reports.iter().map(users_of).collect();
    let expected: Vec<String> = users.iter().map(|u| if u == "u30" { String::new() } else { u.clone() }).collect();
    assert_eq!(named, expected);
    assert!(run.stderr.contains("u30.tar.gz") && run.code == Some(0), "{}", run.stderr);
    assert_eq!(reports[0]["inputs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn members_written_before_the_window_are_not_read() {
    let mut old = header("secure-old", tar::EntryType::Regular, DENIED.len() as u64);
    old.set_mtime(WRITTEN - 60 * 86400);
    old.set_cksum();
    let mut bytes = [old.as_bytes().to_vec(), DENIED.replace("Apr 17", "Mar 10").into_bytes()].concat();
    bytes.resize(1024, 0);
    bytes.extend(tar(&vec![("secure".to_owned(), DENIED.as_bytes().to_vec())]));
    let folder = Folder::new();
    let path = write(&folder, "logs.tar", &bytes);
    assert_eq!(report(&path, &[])["verdict"]["count"], 2);
    let since = report(&path, &["--since", "2018-04-17"]);
    assert_eq!((&since["verdict"]["count"], &since["totals"]["lines"]), (&1.into(), &1.into()));
    assert!(since["inputs"][1]["note"].as_str().is_some_and(|n| n.contains("--since")), "{:#}", since["inputs"]);
}

#[test]
fn bombs_within_bombs_end_when_their_time_is_over() {
    let folder = Folder::new();
    let log = OTHER.repeat((64 << 20) / OTHER.len());
    let bomb = [many(DENIED.as_bytes(), 1), many(log.as_bytes(), 128)].concat();
    let members = || -> Files {
        let bombs = (0..40).map(|n| (format!("var/log/bomb{n}"), bomb.clone()));
        [("var/log/secure".to_owned(), DENIED.as_bytes().to_vec())].into_iter().chain(bombs).collect()
    };
    let empty: Vec<u8> =
        (0..20_000).flat_map(|n| header(&format!("e{n}"), tar::EntryType::Regular, 0).as_bytes().to_vec()).collect();
    let first = tar(&vec![("var/log/secure".to_owned(), DENIED.as_bytes().to_vec())]);
    for (name, bytes) in [
        ("compressed", bomb.clone()),
        ("in a tar", tar(&members())),
        ("in a tar.gz", gzip(&tar(&members()))),
        ("in a zip", zip(&members())),
        ("in a zip in a tar", tar(&vec![("a.zip".to_owned(), zip(&members())), ("b.zip".to_owned(), zip(&members()))])),
        ("empty members", [many(&first[..1024], 1), many(&empty, 3000)].concat()),
    ] {
        let path = write(&folder, "bomb", &bytes);
        let began = Instant::now();
        let run = scan(&path, &["--max-seconds", "2", "--max-expansion", "1000000000000000"]);
        assert!(began.elapsed() < Duration::from_secs(20), "{name} took {:?}", began.elapsed());
        let report = run.json();
        assert_report(&report);
        assert!(
            run.stderr.contains("takes longer than 2 seconds; --max-seconds allows more"),
            "{name}: {}",
            run.stderr
        );
        assert_eq!(verdict(&report), CAUSE, "{name}: what was read by then counts");
    }
}

#[test]
fn a_pool_of_one_thread_reads_an_archive_within_itself() {
    let folder = Folder::new();
    let path = write(&folder, "logs.zip", &zip(&bundle()));
    let (sender, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
        let places = sshtriage::input::list(&[path]);
        let options = sshtriage::triage::Options::default();
        let report = || sshtriage::triage::triage(&MATCHER, &places, &options, Language::En);
        sender.send(pool.install(report).totals.lines)
    });
    assert!(done.recv_timeout(Duration::from_secs(40)).expect("it ends") > 30_000);
}
