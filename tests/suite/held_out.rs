//! Logins that were recorded and judged by somebody who did not know the program: how often it agrees, and whether it is as
//! sure as it may be. See `tests/held-out/README.md`.
#![allow(clippy::print_stderr, reason = "the table of what was measured")]

use crate::support::sshtriage;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Of the logins that failed, so many verdicts are accepted, and so many of their families.
const RIGHT: f64 = 0.95;
const FAMILY_RIGHT: f64 = 0.97;
/// Verdicts that state at least this are right as often as the other says.
const SURE: f64 = 0.8;
const SURE_RIGHT: f64 = 0.97;
/// Logins that work and are diagnosed nevertheless.
const MOST_DIAGNOSED: usize = 60;

/// What is in a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).expect("the folder is readable");
    let mut paths: Vec<PathBuf> = read.map(|entry| entry.expect("its entries are").path()).collect();
    paths.sort();
    paths
}

#[test]
fn what_others_recorded_is_diagnosed_as_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/held-out");
    let logins = entries(&root).into_iter().filter(|set| set.is_dir()).flat_map(|set| entries(&set));
    let (mut failed, mut right, mut family_right, mut sure, mut sure_right) = (0, 0, 0, 0, 0);
    let (mut working, mut diagnosed, mut misses) = (0, 0, Vec::new());
    for login in logins {
        let expected = fs::read(login.join("expect.json")).expect("there is one for each");
        let expected: Value = serde_json::from_slice(&expected).expect("JSON");
        let accepted: Vec<&str> =
            expected["accept"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let evidence = entries(&login).into_iter().filter(|path| !path.ends_with("expect.json"));
        let program = sshtriage(["scan", "--format", "json"]);
        let report = evidence.fold(program, |program, path| program.arg(path)).run().json();
        let cause = report["verdict"]["cause"].as_str();
        let confidence = report["verdict"]["confidence"].as_f64().unwrap_or(0.0);
        let told = format!("{}: {cause:?} {confidence}, expected {accepted:?}", login.display());
        if accepted.is_empty() {
            working += 1;
            diagnosed += usize::from(cause.is_some());
            if cause.is_some() {
                misses.push(told);
            }
            continue;
        }
        let family = |id: &str| id.split('.').next().map(str::to_owned);
        let is_right = cause.is_some_and(|cause| accepted.contains(&cause));
        failed += 1;
        right += usize::from(is_right);
        family_right += usize::from(cause.is_some_and(|cause| accepted.iter().any(|a| family(a) == family(cause))));
        sure += usize::from(confidence >= SURE);
        sure_right += usize::from(confidence >= SURE && is_right);
        if !is_right {
            misses.push(told);
        }
    }
    let misses = misses.join("\n");
    eprintln!(
        "{right} and {family_right} of {failed}, {sure_right} of {sure} sure, {diagnosed} of {working} working:\n{misses}"
    );
    let share = |of: usize, all: usize| of as f64 / all as f64;
    assert!(failed >= 330 && working >= 55, "{failed} and {working} logins");
    assert!(share(right, failed) >= RIGHT, "{right} of {failed} right:\n{misses}");
    assert!(share(family_right, failed) >= FAMILY_RIGHT, "{family_right} of {failed} families right:\n{misses}");
    assert!(sure >= 200 && share(sure_right, sure) >= SURE_RIGHT, "{sure_right} of {sure} sure ones right:\n{misses}");
    assert!(diagnosed <= MOST_DIAGNOSED, "{diagnosed} of {working} working logins are diagnosed:\n{misses}");
}
