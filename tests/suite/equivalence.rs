//! What must not change the result: threads, where chunks are cut, a file or a pipe, the fast path or the plain one.

use crate::generator::{self, Headers, Kind};
use crate::support::{Folder, sample, sshtriage};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Large enough to be read as a log and not as a paste.
const LARGE: usize = 1 << 20;

const ISO: Kind = Kind { seed: 1, connections: 5500, headers: Headers::Iso, damage: 0 };
const SYSLOG: Kind = Kind { seed: 2, connections: 6500, headers: Headers::Syslog, damage: 0 };
const MIXED: Kind = Kind { seed: 3, connections: 4200, headers: Headers::Mixed, damage: 0 };
const DAMAGED: Kind = Kind { seed: 4, connections: 4200, headers: Headers::Mixed, damage: 20 };
const DAMAGED_ISO: Kind = Kind { seed: 5, connections: 4200, headers: Headers::Iso, damage: 20 };

/// The JSON report on a file with these options.
fn report(path: &Path, options: &[&str]) -> String {
    let args = ["--format", "json", "--year", "2018"];
    let run = sshtriage(args).args(options).arg(path).run();
    assert_eq!(run.code, Some(0), "{options:?}: {}", run.stderr);
    run.text().to_owned()
}

/// Fails where two texts differ, and shows the first line that does.
fn assert_same(expected: &str, found: &str, what: &str) {
    if let Some(difference) = difference(expected, found, what) {
        panic!("{difference}");
    }
}

/// The first line in which two texts differ, with those before it.
fn difference(expected: &str, found: &str, what: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    let mut pairs = expected.lines().zip(found.lines()).enumerate();
    let (at, (left, right)) = pairs.find(|(_, (a, b))| a != b).unwrap_or((0, ("one is longer", "")));
    let before: Vec<&str> = expected.lines().take(at).collect();
    let near = before[before.len().saturating_sub(6)..].join("\n");
    Some(format!("{what}: differs at line {at}\n{near}\n- {left}\n+ {right}\n"))
}

/// All recorded server logs, or all samples, one behind the other.
fn joined_samples(wanted: impl Fn(&str) -> bool, backwards: bool) -> Vec<u8> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("samples are readable").flatten() {
            match entry.path() {
                path if path.is_dir() => collect(&path, found),
                path if path.extension().is_some_and(|e| e == "log") => found.push(path),
                _ => {}
            }
        }
    }
    let mut paths = Vec::new();
    collect(&sample(""), &mut paths);
    paths.retain(|p| wanted(&p.display().to_string()));
    paths.sort();
    if backwards {
        paths.reverse();
    }
    assert!(paths.len() > 5);
    let mut all = Vec::new();
    for path in paths {
        all.extend(std::fs::read(path).expect("samples are readable"));
        all.push(b'\n');
    }
    all
}

/// Every input of these tests, by name.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let servers = |path: &str| !path.contains(".client.") && !path.contains("/dialects/") && !path.contains("/mixed/");
    let all = joined_samples(|_| true, false);
    let logs = joined_samples(servers, false);
    let generated = |kind| generator::log(kind);
    vec![
        ("all samples", all.clone()),
        ("all samples backwards", joined_samples(|_| true, true)),
        ("server samples, large", logs.repeat(LARGE / logs.len() + 1)),
        ("all samples, large", all.repeat(LARGE / all.len() + 1)),
        ("samples behind a large log", [generated(ISO), all].concat()),
        ("generated, ISO", generated(ISO)),
        ("generated, traditional", generated(SYSLOG)),
        ("generated, mixed", generated(MIXED)),
        ("generated, damaged", generated(DAMAGED)),
        ("generated, damaged ISO", generated(DAMAGED_ISO)),
        ("generated, small", generator::log(Kind { connections: 900, ..MIXED })),
        ("generated, small and damaged", generator::log(Kind { connections: 900, ..DAMAGED })),
    ]
}

/// The plain path takes its time, so each of these gets a test of its own, and they run side by side.
fn assert_plain_equals_fast(bytes: &[u8], what: &str) {
    let folder = Folder::new();
    let path = folder.write("auth.log", bytes);
    let fast = report(&path, &[]);
    let found: Value = serde_json::from_str(&fast).expect("checked elsewhere");
    assert!(found["totals"]["hits"].as_u64() > Some(100), "{what} holds something to find");
    assert_same(&report(&path, &["--plain-path"]), &fast, what);
}

#[test]
fn threads_and_cuts_do_not_change_the_result() {
    let mut wrong = Vec::new();
    for (name, bytes) in inputs() {
        let folder = Folder::new();
        let path = folder.write("auth.log", &bytes);
        let expected = report(&path, &["--threads", "1"]);
        for options in [
            &["--threads", "7"][..],
            &["--threads", "7", "--chunk-bytes", "1"],
            &["--threads", "2", "--chunk-bytes", "7"],
            &["--threads", "7", "--chunk-bytes", "100"],
            &["--threads", "2", "--chunk-bytes", "4096"],
            &["--threads", "2", "--chunk-bytes", "1048576"],
        ] {
            wrong.extend(difference(&expected, &report(&path, options), &format!("{name} with {options:?}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn threads_and_cuts_do_not_change_the_list_of_known_lines() {
    for (name, bytes) in inputs() {
        let folder = Folder::new();
        let path = folder.write("auth.log", &bytes);
        let list = |options: &[&str]| {
            let program = sshtriage(["--format", "ndjson", "--year", "2018"]).args(options);
            program.arg(&path).run().text().to_owned()
        };
        let expected = list(&["--threads", "1"]);
        let totals: Value = serde_json::from_str(&report(&path, &[])).expect("the program prints JSON");
        let listed = expected.lines().count() as u64;
        assert_eq!(totals["totals"]["hits"].as_u64(), Some(listed), "{name}: the report counts them all");
        for options in [&["--threads", "7", "--chunk-bytes", "4096"][..], &["--threads", "2", "--chunk-bytes", "100"]] {
            assert_same(&expected, &list(options), &format!("{name} with {options:?}"));
        }
    }
}

#[test]
fn many_names_and_addresses_are_sampled_alike_whatever_the_cuts() {
    let mut log = String::new();
    for n in 0..60_000u32 {
        let (a, b) = (n / 250, n % 250);
        log += &format!(
            "2018-04-17T10:00:00Z web01 sshd[{}]: User u{n} from 10.7.{a}.{b} not allowed because not listed in AllowUsers\n",
            n % 30_000 + 1
        );
    }
    let folder = Folder::new();
    let path = folder.write("auth.log", log);
    let expected = report(&path, &["--threads", "1"]);
    for options in [&["--threads", "7", "--chunk-bytes", "40000"][..], &["--threads", "2", "--chunk-bytes", "1000003"]]
    {
        assert_same(&expected, &report(&path, options), &format!("{options:?}"));
    }
}

#[test]
fn what_the_user_asks_about_is_answered_alike_whatever_the_cuts() {
    let folder = Folder::new();
    let path = folder.write("auth.log", generator::log(DAMAGED_ISO));
    for question in
        [["--user", "alice"], ["--source", "198.51.100.0/25"], ["--host", "web02"], ["--since", "2018-04-18"]]
    {
        let expected = report(&path, &question);
        let options = [&question[..], &["--threads", "7", "--chunk-bytes", "500"]].concat();
        assert_same(&expected, &report(&path, &options), &format!("{question:?}"));
    }
}

#[test]
fn a_pipe_gives_the_result_of_a_file() {
    let long_line = [b"2018-04-17T10:00:00Z web01 app[1]: ".to_vec(), vec![b'x'; 20 << 20], b"\n".to_vec()].concat();
    let cases = [
        ("small", generator::log(Kind { connections: 900, ..ISO })),
        ("small samples", joined_samples(|p| p.contains("/network/") || p.contains("/keys/"), false)),
        ("large", generator::log(ISO)),
        ("large and damaged", generator::log(DAMAGED_ISO)),
        ("of several blocks", generator::log(ISO).repeat(9)),
        // Its beginning and its end are one line, whichever blocks they come in.
        (
            "with a line longer than a block",
            [generator::log(Kind { connections: 50, ..ISO }), long_line, generator::log(ISO)].concat(),
        ),
    ];
    for (name, bytes) in cases {
        let folder = Folder::new();
        let path = folder.write("auth.log", &bytes);
        let shown = path.display().to_string();
        let expected = report(&path, &[]).replace(&shown, "-");
        let piped = sshtriage(["--format", "json", "--year", "2018", "-"]).stdin(bytes).run();
        assert_same(&expected, piped.text(), name);
    }
}

#[test]
fn a_pipe_lists_the_known_lines_of_a_file() {
    for (name, bytes) in [("large", generator::log(ISO)), ("of several blocks", generator::log(DAMAGED_ISO).repeat(9))]
    {
        let folder = Folder::new();
        let path = folder.write("auth.log", &bytes);
        let shown = path.display().to_string();
        let listed = sshtriage(["--format", "ndjson"]).arg(&path).run().text().replace(&shown, "-");
        let piped = sshtriage(["--format", "ndjson", "-"]).stdin(bytes).run();
        assert_same(&listed, piped.text(), name);
    }
}

#[test]
fn plain_equals_fast_on_samples_read_as_one_paste() {
    for part in ["/network/", "/hostile/", "/mixed/"] {
        assert_plain_equals_fast(&joined_samples(|path| path.contains(part), false), part);
    }
}

#[test]
fn plain_equals_fast_on_samples_backwards_read_as_one_paste() {
    for part in ["/file-permissions/", "/clean/"] {
        assert_plain_equals_fast(&joined_samples(|path| path.contains(part), true), part);
    }
}

#[test]
fn plain_equals_fast_on_server_samples_read_as_a_log() {
    let logs = joined_samples(|path| !path.contains(".client."), false);
    assert_plain_equals_fast(&[logs, generator::log(ISO)].concat(), "server samples before a large log");
}

#[test]
fn plain_equals_fast_on_client_samples_read_as_one_transcript() {
    let all = joined_samples(|path| path.contains(".client."), false);
    assert_plain_equals_fast(&all.repeat(LARGE / all.len() + 1), "client samples, large");
}

#[test]
fn plain_equals_fast_on_a_generated_traditional_log() {
    assert_plain_equals_fast(&generator::log(SYSLOG), "generated, traditional");
}

#[test]
fn plain_equals_fast_on_a_generated_log_of_all_dialects() {
    assert_plain_equals_fast(&generator::log(MIXED), "generated, mixed");
}

#[test]
fn plain_equals_fast_on_a_damaged_log() {
    assert_plain_equals_fast(&generator::log(DAMAGED), "generated, damaged");
}

#[test]
fn plain_equals_fast_on_small_damaged_pastes() {
    for seed in 10..13 {
        let kind = Kind { seed, connections: 250, damage: 3, ..MIXED };
        assert_plain_equals_fast(&generator::log(kind), &format!("{kind:?}"));
    }
}
