//! The fault lab: real servers and clients with one fault each, in namespaces of their own, diagnosed from the server's log
//! alone, from the client's transcript alone, and from both together.
//!
//! `tests/lab/record` runs the situations and saves what the programs print today, with what each file alone must lead to;
//! the samples are such recordings. Without root and the programs it needs the test passes and says so, except where CI is set.
#![allow(clippy::print_stderr, reason = "says loudly what was not tested")]

use crate::hosts;
use crate::samples::{self, Expected, complaints, expectations, triage};
use crate::support::Folder;
use sshtriage::catalog::Catalog;
use sshtriage::matcher::Matcher;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the situations need beside the namespaces of a Linux kernel.
const PROGRAMS: [&str; 14] = [
    "sshd",
    "ssh",
    "rsyslogd",
    "nft",
    "ip",
    "nc",
    "busybox",
    "sshpass",
    "plink",
    "dropbear",
    "tinysshd",
    "fail2ban-server",
    "telnet",
    "ping",
];

fn missing() -> Vec<String> {
    let found = |name: &str| {
        let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
        folders.iter().any(|folder| Path::new(folder).join(name).exists())
    };
    let mut missing: Vec<String> = PROGRAMS.into_iter().filter(|p| !found(p)).map(str::to_owned).collect();
    for module in ["paramiko", "asyncssh"] {
        let import =
            Command::new("/usr/bin/python3").args(["-W", "ignore", "-c", &format!("import {module}")]).status();
        if !import.is_ok_and(|status| status.success()) {
            missing.push(format!("Python's {module}"));
        }
    }
    let namespaces = Command::new("unshare").args(["--mount", "--pid", "--net", "--fork", "true"]).status();
    if !namespaces.is_ok_and(|status| status.success()) {
        missing.push("the right to make namespaces".to_owned());
    }
    missing
}

/// Runs situations, all if none is named; returns what the recorder told.
fn record(out: &Path, jobs: &str, names: &[&str]) -> String {
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/record");
    let done = Command::new(record).args(["--jobs", jobs, "--out"]).arg(out).args(names).output();
    let done = done.expect("the recorder starts");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(told.contains("recorded"), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
    told
}

/// Runs every situation; what was recorded lies below `out`. On a busy machine a terminal may be typed into too early: what
/// could not be recorded is tried again, alone.
fn run(out: &Path) {
    let told = record(out, "8", &[]);
    let again: Vec<&str> = told.lines().filter_map(|line| line.strip_suffix(": failed")).collect();
    let told = if again.is_empty() { told } else { record(out, "1", &again) };
    // Other versions of OpenSSH come from source trees that a test machine does not have; their recordings are samples.
    let (skipped, failed): (Vec<&str>, Vec<&str>) = told
        .lines()
        .filter(|line| !line.ends_with(": recorded") && !line.ends_with(" failed"))
        .partition(|line| line.ends_with("(--openssh)"));
    skipped.iter().for_each(|line| eprintln!("fault lab: {line}"));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Server's and client's side of one event.
fn pairs(recorded: &BTreeMap<PathBuf, Expected>) -> Vec<(&Path, &Path)> {
    let client_of = |log: &Path| log.with_extension("client.log");
    let both = |log: &PathBuf| recorded.get_key_value(&client_of(log)).map(|(client, _)| client.as_path());
    recorded.keys().filter_map(|log| Some((log.as_path(), both(log)?))).collect()
}

#[test]
fn every_situation_is_diagnosed_from_each_side_and_from_both() {
    let missing = missing();
    if !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "CI must run the fault lab; missing: {missing:?}");
        eprintln!("\n*** FAULT LAB NOT RUN: missing {missing:?} ***\n");
        return;
    }
    let folder = Folder::new();
    run(folder.path());
    // What people wrote beside a sample counts; its line numbers are those of that recording.
    let mut known: BTreeMap<PathBuf, Expected> = expectations(&samples::root()).into_iter().collect();
    let expected = |(log, today): (PathBuf, Expected)| {
        let sample = log.strip_prefix(folder.path()).ok().and_then(|name| known.remove(&samples::root().join(name)));
        let mut expected = sample.unwrap_or(today);
        expected.cited.clear();
        (log, expected)
    };
    let recorded: BTreeMap<PathBuf, Expected> = expectations(folder.path()).into_iter().map(expected).collect();
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    let name = |log: &Path| log.strip_prefix(folder.path()).unwrap_or(log).display().to_string();
    let mut wrong = Vec::new();
    for (log, expected) in &recorded {
        let report = triage(&matcher, &[log]);
        wrong.extend(complaints(&report, expected).into_iter().map(|c| format!("{}: {c}", name(log))));
    }
    let pairs = pairs(&recorded);
    for (server, client) in &pairs {
        let (by_server, by_client) = (&recorded[*server].causes, &recorded[*client].causes);
        let report = triage(&matcher, &[server, client]);
        let verdict = report.verdict.as_ref().map(|v| v.cause.as_str());
        // The server knows why; where it only saw the consequence, the client does.
        let known = by_server.first().into_iter().chain(by_client.first()).any(|cause| verdict == Some(cause));
        let none = verdict.is_none() && by_server.is_empty() && by_client.is_empty();
        if !known && !none {
            wrong
                .push(format!("{}, both sides: {verdict:?}, server {by_server:?}, client {by_client:?}", name(server)));
        }
    }
    hosts::assert_bundles(&folder.path().join("bundles"));
    let causes: BTreeSet<&String> = recorded.values().flat_map(|e| &e.causes).collect();
    eprintln!("fault lab: {} files, {} pairs, {} causes", recorded.len(), pairs.len(), causes.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(recorded.len() >= 300 && pairs.len() >= 60 && causes.len() >= 50, "only {} files", recorded.len());
}
