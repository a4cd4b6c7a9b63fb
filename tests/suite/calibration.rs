//! Stated confidence against how often it is right: over the samples, and over what is left of them when deciding lines, the
//! beginning or the end is missing, as in what people paste.
//!
//! Right is what the sample, or its other side, is diagnosed with; where lines were taken away also what follows from that
//! cause according to the catalog, for the rest of a log shows the consequence. Where nothing failed any verdict is wrong.
#![allow(clippy::print_stderr, reason = "the table of what was measured")]

use crate::samples::{expectations, root};
use crate::support::diagnose;
use serde_json::Value;
use sshtriage::catalog::Catalog;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Stated confidence may exceed the share of right verdicts by this.
const TOLERANCE: f64 = 0.05;
/// Verdicts that state at least this are right nearly always.
const SURE: f64 = 0.8;
const SURE_RIGHT: f64 = 0.97;
/// Fewer verdicts say nothing of a bin.
const FEWEST: u32 = 10;

/// What may be left of a text: a name for it, and the lines.
fn variants(text: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let count = lines.len();
    let part = |from: usize, to: usize| lines[from..to].concat();
    let mut variants = vec![("whole", text.to_vec())];
    if count > 4 {
        variants.push(("without its last quarter", part(0, count - count / 4)));
        variants.push(("first half", part(0, count - count / 2)));
    }
    if count > 3 {
        variants.push(("last three lines", part(count - 3, count)));
    }
    if count > 8 {
        variants.push(("second half", part(count / 2, count)));
    }
    let report = diagnose(text);
    let cited: Vec<u64> = report["verdict"]["evidence"].as_array().map_or(Vec::new(), |all| {
        let mut cited: Vec<u64> = all.iter().filter_map(|e| e["line"].as_u64()).collect();
        cited.sort_unstable();
        cited
    });
    for (name, taken) in
        [("without what decides", &cited[..]), ("without the first of it", &cited[..cited.len().min(1)])]
    {
        if !taken.is_empty() {
            let kept = lines.iter().enumerate().filter(|(at, _)| !taken.contains(&(*at as u64 + 1)));
            variants.push((name, kept.flat_map(|(_, line)| line.iter().copied()).collect()));
        }
    }
    variants
}

/// The other side's recording of the same event.
fn other_side(log: &Path) -> PathBuf {
    let name = log.to_string_lossy();
    match name.strip_suffix(".client.log") {
        Some(server) => PathBuf::from(format!("{server}.log")),
        None => log.with_extension("client.log"),
    }
}

/// The causes, and with `also` what they outrank.
fn with_consequences(catalog: &Catalog, causes: &BTreeSet<String>, also: bool) -> BTreeSet<String> {
    let ids = causes.iter().filter_map(|id| catalog.cause_id(id)).filter(|_| also);
    let consequences = ids.flat_map(|id| &catalog.cause_at(id).outranks);
    let consequences = consequences.map(|id| catalog.cause_at(*id).id.to_string());
    causes.iter().cloned().chain(consequences).collect()
}

#[derive(Debug, Default)]
struct Bin {
    verdicts: u32,
    right: u32,
    stated: f64,
}

#[test]
fn verdicts_are_right_as_often_as_they_say() {
    let catalog = Catalog::builtin();
    let all: BTreeMap<PathBuf, BTreeSet<String>> =
        expectations(&root()).into_iter().map(|(log, e)| (log, e.causes.into_iter().collect())).collect();
    let mut bins: BTreeMap<u32, Bin> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (log, own) in &all {
        let mut causes = own.clone();
        causes.extend(all.get(&other_side(log)).into_iter().flatten().cloned());
        let text = std::fs::read(log).expect("samples are readable");
        for (name, left) in variants(&text) {
            let report = diagnose(&left);
            let verdict = &report["verdict"];
            let (Some(cause), Some(confidence)) = (verdict["cause"].as_str(), verdict["confidence"].as_f64()) else {
                continue;
            };
            let right = with_consequences(&catalog, &causes, name != "whole").contains(cause);
            let bin = bins.entry((confidence * 10.0 + 1e-9) as u32).or_default();
            bin.verdicts += 1;
            bin.right += u32::from(right);
            bin.stated += confidence;
            if !right && confidence >= SURE {
                let log = log.strip_prefix(root()).unwrap_or(log).display().to_string();
                wrong.push(format!("{log}, {name}: {cause} {confidence}, expected {causes:?}"));
            }
        }
    }
    let share = |bin: &Bin| f64::from(bin.right) / f64::from(bin.verdicts);
    for (tenths, bin) in &bins {
        let stated = bin.stated / f64::from(bin.verdicts);
        eprintln!("0.{tenths}: {} verdicts, stated {stated:.2}, right {:.3}", bin.verdicts, share(bin));
    }
    for (tenths, bin) in bins.iter().filter(|(_, bin)| bin.verdicts >= FEWEST) {
        let stated = bin.stated / f64::from(bin.verdicts);
        assert!(share(bin) >= stated - TOLERANCE, "0.{tenths}: stated {stated:.2}, right {:.3}", share(bin));
    }
    let sure = bins.range((SURE * 10.0) as u32..).fold((0, 0), |(n, r), (_, b)| (n + b.verdicts, r + b.right));
    assert!(sure.0 >= 500, "only {} sure verdicts", sure.0);
    let sure_right = f64::from(sure.1) / f64::from(sure.0);
    assert!(sure_right >= SURE_RIGHT, "{sure_right:.3} of {} sure verdicts:\n{}", sure.0, wrong.join("\n"));
}

/// A part of a transcript that shows no offered key does not prove that there was none.
#[test]
fn what_is_missing_proves_little_where_the_beginning_is_missing_too() {
    let end = "debug1: Authentications that can continue: publickey\n\
        debug1: No more authentication methods to try.\n\
        alice@web01.example.com: Permission denied (publickey).\n";
    let confidence = |report: &Value| report["verdict"]["confidence"].as_f64().unwrap_or(0.0);
    let part = diagnose(end);
    assert!(confidence(&part) > 0.0 && confidence(&part) < 0.7, "{part:#}");
    assert!(part["next_steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{part:#}");
    let whole = diagnose(format!(
        "debug1: Connecting to web01.example.com [192.0.2.10] port 22.\ndebug1: Connection established.\n{end}"
    ));
    assert!(confidence(&whole) > confidence(&part), "{whole:#}");
}
