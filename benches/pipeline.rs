//! The whole program on generated logs, as a ratio to counting line feeds of the same bytes in the same run.
//!
//! `cargo bench` prints a table. Sizes are in MiB: `SSHTRIAGE_BENCH_MIB=1024 cargo bench`. Every run asserts its counts.
//! With `SSHTRIAGE_BENCH_WRITE=FOLDER` it only writes the logs there, for `benches/compare`.
#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

mod corpus;

use corpus::Kind;
use rayon::prelude::*;
use sshtriage::catalog::{Catalog, cause::Language};
use sshtriage::matcher::Matcher;
use sshtriage::{input, triage};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const RUNS: usize = 5;

fn main() {
    let size = std::env::var("SSHTRIAGE_BENCH_MIB").ok().and_then(|s| s.parse::<usize>().ok()).unwrap_or(256) << 20;
    if let Some(folder) = std::env::var_os("SSHTRIAGE_BENCH_WRITE") {
        for (kind, name) in [(Kind::Dense, "dense.log"), (Kind::Sparse, "sparse.log")] {
            let path = Path::new(&folder).join(name);
            std::fs::write(path, corpus::generate(kind, 7, size).bytes).expect("the folder is writable");
        }
        return;
    }
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    println!("| corpus | MiB | newline count | sshtriage | MiB/s | ratio |\n| --- | --- | --- | --- | --- | --- |");
    for kind in [Kind::Dense, Kind::Sparse] {
        let made = corpus::generate(kind, 7, size);
        let path = std::env::temp_dir().join(format!("sshtriage-bench-{}-{kind:?}.log", std::process::id()));
        std::fs::write(&path, &made.bytes).expect("the temporary folder has room");
        let floor = median(|| {
            let feeds: usize = made.bytes.par_chunks(4 << 20).map(|c| memchr::memchr_iter(b'\n', c).count()).sum();
            assert_eq!(feeds as u64, made.lines);
        });
        let ours = median(|| run(&matcher, &path, &made));
        let rate = made.bytes.len() as f64 / f64::from(1 << 20) / ours.as_secs_f64();
        println!(
            "| {kind:?} | {} | {floor:.2?} | {ours:.2?} | {rate:.0} | {:.1} |",
            made.bytes.len() >> 20,
            ours.as_secs_f64() / floor.as_secs_f64()
        );
        std::fs::remove_file(&path).expect("it was written above");
    }
}

fn run(matcher: &Matcher<'_>, path: &Path, made: &corpus::Corpus) {
    let places = input::list(&[path.to_owned()]);
    let report = triage::triage(matcher, &places, &triage::Options::default(), Language::En);
    assert_eq!(report.totals.lines, made.lines);
    assert_eq!(report.totals.unrecognised, 0);
    assert!(report.totals.failures >= 2 * made.failed_passwords);
    assert_eq!(report.verdict.as_ref().map(|v| v.cause.as_str()), Some("environment.brute-force"));
    black_box(report);
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}
