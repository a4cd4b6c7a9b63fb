//! Logs in parts, as rotation leaves them: a connection that crosses from one into the next is one, and the report is that of
//! the whole log but for the places.

use crate::contract::assert_report;
use crate::generator::{self, Headers, Kind};
use crate::support::{Folder, sshtriage};
use serde_json::Value;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

const CAUSE: &str = "service-config.user-not-allowed";

fn report(path: &Path, options: &[&str]) -> Value {
    let report = sshtriage(["--format", "json", "--year", "2018"]).args(options).arg(path).run().json();
    assert_report(&report);
    report
}

/// The report without its inputs, and with every line numbered as in the log of which the named files are parts.
fn as_of_one(mut report: Value, begins: &HashMap<String, u64>) -> Value {
    fn walk(value: &mut Value, begins: &HashMap<String, u64>) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|v| walk(v, begins)),
            Value::Object(map) => {
                let path = map.remove("path");
                let name = path.as_ref().and_then(Value::as_str).and_then(|p| p.rsplit(['/', '!']).next());
                if let (Some(name), Some(line)) = (name, map.get("line").and_then(Value::as_u64)) {
                    map.insert("line".to_owned(), (line + begins[name]).into());
                }
                map.values_mut().for_each(|v| walk(v, begins));
            }
            _ => {}
        }
    }
    report.as_object_mut().expect("an object").remove("inputs");
    walk(&mut report, begins);
    report
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// The log cut behind so many parts of a thousand, but not between a line and the remark that it was repeated.
fn cut<'l>(log: &'l [u8], at: &[usize]) -> Vec<&'l [u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for permille in at {
        let to = sshtriage::framing::cut(log, log.len() * permille / 1000);
        parts.push(&log[from..to]);
        from = to;
    }
    parts.push(&log[from..]);
    parts
}

#[test]
fn the_report_of_a_rotated_log_is_that_of_the_whole_one() {
    let names = ["auth.log.3.gz", "auth.log.2", "auth.log.1", "auth.log"];
    for (headers, seed) in [(Headers::Iso, 41), (Headers::Syslog, 42), (Headers::Iso, 43)] {
        let log = generator::log(Kind { seed, connections: 7000, headers, damage: 0 });
        let folder = Folder::new();
        let whole = folder.write("whole/auth.log", &log);
        let expected = as_of_one(report(&whole, &[]), &HashMap::from([("auth.log".to_owned(), 0)]));
        assert!(
            expected["diagnoses"].as_array().map(Vec::len) > Some(4),
            "{}",
            crate::support::causes(&expected).join(" ")
        );
        for at in [[250, 500, 750], [10, 300, 999], [333, 334, 335]] {
            let mut begins = HashMap::new();
            let mut lines = 0;
            let mut archive = tar::Builder::new(Vec::new());
            let mut sorted: Vec<(&str, Vec<u8>)> = Vec::new();
            for (name, part) in names.iter().zip(cut(&log, &at)) {
                begins.insert((*name).to_owned(), lines);
                lines += part.iter().filter(|b| **b == b'\n').count() as u64;
                let bytes = if name.ends_with(".gz") { gzip(part) } else { part.to_vec() };
                folder.write(&format!("parts/{name}"), &bytes);
                sorted.push((name, bytes));
            }
            sorted.sort_by_key(|(name, _)| *name);
            for (name, bytes) in sorted {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len() as u64);
                header.set_mode(0o644);
                header.set_mtime(1_546_000_000);
                archive.append_data(&mut header, format!("var/log/{name}"), &*bytes).expect("into memory");
            }
            let bundle = folder.write("bundle.tar.gz", gzip(&archive.into_inner().expect("into memory")));
            for path in [folder.at("parts"), bundle] {
                for options in [&["--threads", "1"][..], &["--threads", "7", "--chunk-bytes", "5000"]] {
                    let found = as_of_one(report(&path, options), &begins);
                    assert!(found == expected, "{headers:?} {at:?} {path:?} {options:?}\n{expected:#}\n{found:#}");
                }
            }
        }
    }
}

#[test]
fn a_connection_that_crosses_is_one_and_others_with_its_number_are_not() {
    let line = |time: &str, pid: u32, text: &str| format!("2018-04-17T{time}Z web01 sshd[{pid}]: {text}\n");
    let refused =
        |time, pid| line(time, pid, "User alice from 198.51.100.7 not allowed because not listed in AllowUsers");
    let failed = |time, pid| line(time, pid, "Failed password for invalid user alice from 198.51.100.7 port 4000 ssh2");
    let found = |older: String, newer: String, names: [&str; 2]| {
        let folder = Folder::new();
        folder.write(names[0], older);
        folder.write(names[1], newer);
        let report = report(folder.path(), &[]);
        let diagnosis = report["diagnoses"].as_array().expect("a list").iter().find(|d| d["cause"] == CAUSE).cloned();
        let diagnosis = diagnosis.unwrap_or_else(|| panic!("{report:#}"));
        (diagnosis["count"].as_u64(), diagnosis["last"].as_str().unwrap_or_default()[11..].to_owned())
    };
    let names = ["secure-20180417", "secure"];
    let joined = (Some(1), "10:00:02Z".to_owned());
    assert_eq!(found(refused("09:59:59", 7), failed("10:00:02", 7), names), joined);
    assert_eq!(found(refused("09:59:59", 7), failed("10:00:02", 7), ["secure.1.gz", "secure"]), joined);
    // Another log, another process, or long after: not the same connection.
    for (older, newer, names) in [
        (refused("09:59:59", 7), failed("10:00:02", 7), ["web01.log", "web02.log"]),
        (refused("09:59:59", 7), failed("10:00:02", 8), names),
        (refused("09:59:59", 7), failed("10:20:02", 7), names),
        (refused("10:05:00", 7), failed("10:00:02", 7), names),
    ] {
        let (_, last) = found(older, newer, names);
        assert_ne!(last, joined.1, "{names:?}");
    }
}

#[test]
fn copies_of_a_part_count_once_whichever_comes_first() {
    let log = generator::log(Kind { seed: 44, connections: 2000, headers: Headers::Iso, damage: 0 });
    let folder = Folder::new();
    let whole = folder.write("whole/secure", &log);
    let parts = cut(&log, &[300, 600]);
    let expected = report(&whole, &[]);
    let summary = |report: &Value| {
        let diagnoses = report["diagnoses"].as_array().expect("a list").iter();
        let counts: Vec<_> = diagnoses.map(|d| (d["cause"].clone(), d["count"].clone(), d["last"].clone())).collect();
        let mut totals = report["totals"].clone();
        totals["bytes"].take();
        (counts, totals)
    };
    for (at, copy) in [(0, "a/copy"), (1, "a/secure"), (2, "x/secure"), (1, "b/secure.9"), (2, "a/copy")] {
        let folder = Folder::new();
        let names = ["logs/secure-20180417", "logs/secure-20180418", "logs/secure"];
        names.iter().zip(&parts).for_each(|(name, part)| drop(folder.write(name, part)));
        folder.write(copy, parts[at]);
        for threads in ["1", "7"] {
            let found = report(folder.path(), &["--threads", threads]);
            assert_eq!(summary(&found), summary(&expected), "a copy of part {at} as {copy}");
        }
    }
}
