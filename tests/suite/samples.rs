//! Every recorded sample against the whole catalog: the diagnoses must be exactly those that its `.toml` expects.

use crate::support::Folder;
use serde::Deserialize;
use sshtriage::catalog::{Catalog, cause::Language};
use sshtriage::input;
use sshtriage::matcher::Matcher;
use sshtriage::report::Report;
use sshtriage::triage::{self, Options};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a sample's `.toml` says; `samples/README.md` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[allow(dead_code, reason = "for people")]
    recorded: String,
    /// The diagnoses from this file alone, best first.
    pub causes: Vec<String>,
    stage: Option<String>,
    users: Option<Vec<String>>,
    sources: Option<Vec<String>>,
    /// Lines, from 1, that must be among the evidence of the first.
    #[serde(default)]
    pub cited: Vec<u64>,
}

/// The report on some files together.
pub fn triage(matcher: &Matcher<'_>, logs: &[&Path]) -> Report {
    let logs: Vec<PathBuf> = logs.iter().map(|log| log.to_path_buf()).collect();
    triage::triage(matcher, &input::list(&logs), &Options::default(), Language::En)
}

/// Where the samples are.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// All expectations below `folder`, with the log each belongs to.
pub fn expectations(folder: &Path) -> Vec<(PathBuf, Expected)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("samples are readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            // Bundles are more than a log; `hosts.rs` has them.
            found.extend(if path.ends_with("bundles") { Vec::new() } else { expectations(&path) });
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).expect("samples are readable");
            let expected = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            found.push((path.with_extension("log"), expected));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// In what the report is not as expected.
pub fn complaints(report: &Report, expected: &Expected) -> Vec<String> {
    let mut complaints = Vec::new();
    let causes: Vec<&str> = report.diagnoses.iter().map(|d| d.cause.as_str()).collect();
    if causes != expected.causes {
        complaints.push(format!("causes {causes:?}, expected {:?}", expected.causes));
        return complaints;
    }
    let Some(verdict) = &report.verdict else { return complaints };
    if expected.stage.is_some() && verdict.stage != expected.stage.as_deref() {
        complaints.push(format!("stage {:?}, expected {:?}", verdict.stage, expected.stage));
    }
    let sets = [("users", &verdict.users, &expected.users), ("sources", &verdict.sources, &expected.sources)];
    for (name, found, expected) in sets {
        let set = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
        if let Some(expected) = expected
            && set(found) != set(expected)
        {
            complaints.push(format!("{name} {found:?}, expected {expected:?}"));
        }
    }
    let cited: Vec<u64> = verdict.evidence.iter().map(|e| e.line).collect();
    if let Some(missing) = expected.cited.iter().find(|line| !cited.contains(line)) {
        complaints.push(format!("line {missing} is not among the evidence {cited:?}"));
    }
    complaints
}

#[test]
fn every_sample_is_diagnosed_as_recorded() {
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    let all = expectations(&root());
    assert!(all.len() >= 300, "only {} samples found", all.len());
    let mut wrong = Vec::new();
    for (log, expected) in &all {
        let report = triage(&matcher, &[log]);
        assert_eq!(report.inputs[0].error, None, "{}", log.display());
        for complaint in complaints(&report, expected) {
            wrong.push(format!("{}: {complaint}", log.strip_prefix(root()).unwrap_or(log).display()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} samples:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn every_log_has_an_expectation() {
    fn logs(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("samples are readable").flatten() {
            let path = entry.path();
            if path.is_dir() && path.with_extension("toml").exists() {
                continue;
            }
            if path.is_dir() {
                logs(&path, found);
            } else if path.extension().is_some_and(|e| e == "log") && !path.with_extension("toml").exists() {
                found.push(path);
            }
        }
    }
    let mut lonely = Vec::new();
    logs(&root(), &mut lonely);
    assert!(lonely.is_empty(), "{lonely:?}");
}

#[test]
fn the_samples_cover_all_seven_families() {
    let causes: BTreeSet<String> = expectations(&root()).into_iter().flat_map(|(_, e)| e.causes).collect();
    let families: BTreeSet<&str> = causes.iter().filter_map(|c| c.split('.').next()).collect();
    assert_eq!(families.len(), 7, "{families:?}");
    assert!(causes.len() >= 45, "{} causes", causes.len());
}

/// When and by which process a line of a syslog file was written.
fn written(line: &str) -> Option<(&str, &str)> {
    let (header, _) = line.split_once("]: ")?;
    let (before, pid) = header.rsplit_once('[')?;
    let time = if before.starts_with(|c: char| c.is_ascii_digit()) { before.get(..19) } else { before.get(..15) };
    Some((time?, pid)).filter(|(_, pid)| pid.bytes().all(|b| b.is_ascii_digit()))
}

#[test]
fn which_of_two_processes_wrote_first_decides_nothing() {
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    let mut swapped = 0;
    let mut wrong = Vec::new();
    for (log, expected) in expectations(&root()) {
        let Ok(text) = std::fs::read_to_string(&log) else { continue };
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let expected = Expected { cited: Vec::new(), ..expected };
        for at in 1..lines.len().min(100) {
            let (Some(first), Some(second)) = (written(lines[at - 1]), written(lines[at])) else { continue };
            if first.0 != second.0 || first.1 == second.1 {
                continue;
            }
            let mut lines = lines.clone();
            lines.swap(at - 1, at);
            let folder = Folder::new();
            let report = triage(&matcher, &[&folder.write("auth.log", lines.concat())]);
            swapped += 1;
            wrong.extend(complaints(&report, &expected).into_iter().map(|c| format!("{}:{at}: {c}", log.display())));
        }
    }
    assert!(wrong.is_empty(), "{} of {swapped}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(swapped >= 250, "only {swapped} pairs of lines");
}
