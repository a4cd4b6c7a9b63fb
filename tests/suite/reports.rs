//! Whole reports on a handful of samples, in both languages, as they are in `tests/golden/`.
//!
//! After a change that is meant: `SSHTRIAGE_BLESS=1 cargo test --test suite reports`, then read the difference before you
//! commit it. What changes with every release (version, number of patterns) is masked.

use crate::support::sshtriage;
use std::path::{Path, PathBuf};

/// Names of golden files, and the samples they are about.
const REPORTS: &[(&str, &[&str])] = &[
    ("connection-refused", &["network/connection-refused/nothing-listens.client.log"]),
    ("host-key-changed", &["keys/host-key-changed/reinstalled-server.client.log"]),
    ("two-users-two-faults", &["mixed/two-users-two-faults.log"]),
    ("successful-login", &["clean/key.log"]),
    ("escape-sequence", &["hostile/user-name-escape-sequence.log"]),
    (
        "client-and-server",
        &["keys/public-key-rejected/not-authorized.client.log", "keys/public-key-rejected/not-authorized.log"],
    ),
    ("nothing-wrong-and-a-missing-file", &["clean/ping-and-port.log", "missing.log"]),
];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The report as it is compared.
fn report(samples: &[&str], language: &str, format: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let args = ["--lang", language, "--format", format, "--year", "2026", "--color", "never"];
    let text = sshtriage(args).args(samples).dir(&folder).run().text().to_owned();
    let masks = [(r#""version": "[^"]*""#, r#""version": "*""#), (r#""patterns": [0-9]+"#, r#""patterns": 0"#)];
    masks.iter().fold(text, |text, (pattern, mask)| {
        regex::Regex::new(pattern).expect("a constant").replace(&text, *mask).into_owned()
    })
}

fn first_difference(expected: &str, found: &str) -> String {
    let mut pairs = expected.lines().zip(found.lines()).enumerate();
    match pairs.find(|(_, (a, b))| a != b) {
        Some((at, (a, b))) => format!("line {}\n- {a}\n+ {b}", at + 1),
        None => "one goes on where the other ends".to_owned(),
    }
}

fn blessing() -> bool {
    std::env::var_os("SSHTRIAGE_BLESS").is_some_and(|v| v == "1")
}

#[test]
fn reports_are_those_of_the_golden_files() {
    let mut wrong = Vec::new();
    for (name, samples) in REPORTS {
        for (language, format, extension) in
            [("en", "text", "txt"), ("ja", "text", "txt"), ("en", "json", "json"), ("ja", "json", "json")]
        {
            let file = format!("{name}.{language}.{extension}");
            let found = report(samples, language, format);
            if blessing() {
                std::fs::create_dir_all(golden("")).expect("tests/golden is writable");
                std::fs::write(golden(&file), &found).expect("tests/golden is writable");
                continue;
            }
            let expected = std::fs::read_to_string(golden(&file)).unwrap_or_default();
            if expected != found {
                wrong.push(format!("{file}: {}", first_difference(&expected, &found)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nif all of this is meant: SSHTRIAGE_BLESS=1", wrong.join("\n"));
}

#[test]
fn every_golden_file_belongs_to_a_report() {
    if blessing() {
        // They are being written at this moment.
        return;
    }
    let entries = std::fs::read_dir(golden("")).expect("tests/golden is there");
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let known = REPORTS.iter().any(|(report, _)| name.split('.').next() == Some(report));
        assert!(known, "{name} is of no report");
    }
}

#[test]
fn lines_for_people_are_of_a_width_that_terminals_have() {
    for (name, samples) in REPORTS {
        for language in ["en", "ja"] {
            let text = report(samples, language, "text");
            // Cited lines and commands are not wrapped: both are to be copied.
            let prose = text.lines().filter(|l| !l.starts_with("      ") && !l.contains(".log"));
            for line in prose {
                let columns: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
                assert!(columns <= 120, "{name}: {columns} columns: {line}");
            }
        }
    }
}
