//! The whole program on generated logs, as a ratio to counting line feeds of the same bytes in the same run.
//!
//! `cargo bench` prints a table. Sizes are in MiB: `SSHTRIAGE_BENCH_MIB=1024 cargo bench`. Every run asserts its counts.
//! With `SSHTRIAGE_BENCH_WRITE=FOLDER` it only writes the logs there, for `benches/compare`.
#![allow(clippy::print_stdout, reason = "a benchmark prints its table")]

mod corpus;

use bumpalo::Bump;
use corpus::Kind;
use rayon::prelude::*;
use sshtriage::catalog::{Catalog, cause::Language};
use sshtriage::detect::Reading;
use sshtriage::evidence::Hit;
use sshtriage::matcher::Matcher;
use sshtriage::record::{quick::Quick, time::Clock};
use sshtriage::scan::{self, Plan, Sink};
use sshtriage::{framing, input, triage};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

const RUNS: usize = 5;

fn main() {
    let size = std::env::var("SSHTRIAGE_BENCH_MIB").ok().and_then(|s| s.parse::<usize>().ok()).unwrap_or(256) << 20;
    if let Some(folder) = std::env::var_os("SSHTRIAGE_BENCH_WRITE") {
        for kind in Kind::ALL {
            let path = Path::new(&folder).join(format!("{kind:?}.log").to_lowercase());
            std::fs::write(path, corpus::generate(kind, 7, size).bytes).expect("the folder is writable");
        }
        return;
    }
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    stages(&matcher, &corpus::generate(Kind::Dense, 7, size.min(64 << 20)));
    println!("| corpus | MiB | newline count | sshtriage | MiB/s | ratio |\n| --- | --- | --- | --- | --- | --- |");
    for kind in Kind::ALL {
        let made = corpus::generate(kind, 7, size);
        let path = std::env::temp_dir().join(format!("sshtriage-bench-{}-{kind:?}.log", std::process::id()));
        std::fs::write(&path, &made.bytes).expect("the temporary folder has room");
        let floor = median(|| {
            assert_eq!(line_feeds(&made.bytes), made.lines);
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
    assert!(report.totals.unrecognised == 0 || made.kind == Kind::Adversarial);
    assert!(report.totals.failures >= 2 * made.failed_passwords);
    let named = |cause: &str| report.diagnoses.iter().any(|d| d.cause == cause);
    assert!(named("environment.brute-force") || made.kind == Kind::Distinct);
    black_box(report);
}

fn line_feeds(bytes: &[u8]) -> u64 {
    bytes.par_chunks(4 << 20).map(|c| memchr::memchr_iter(b'\n', c).count() as u64).sum()
}

/// The stages of a dense log, one after the other on one thread, each with all before it.
fn stages(matcher: &Matcher<'_>, made: &corpus::Corpus) {
    let bytes = made.bytes.as_slice();
    let lines = || framing::lines(bytes).map(|range| &bytes[range]);
    let framed = median(|| assert_eq!(lines().count() as u64, made.lines));
    let headed = median(|| {
        let mut quick = Quick::default();
        let read = lines().filter(|line| quick.parse(line, |_| true).is_some_and(|r| r.program == b"sshd"));
        assert_eq!(read.count() as u64, made.lines);
    });
    let clock = Clock::default();
    let plan = Plan { matcher, reading: Reading::Log, clock: &clock, since: None, until: None, plain: false };
    let matched = median(|| {
        let arena = Bump::new();
        let mut counter = Counter(0);
        scan::scan(&plan, 0, 0, bytes, &arena, &mut counter);
        assert_eq!(counter.0, made.lines);
    });
    println!("| stage, one thread | ns a line |\n| --- | --- |");
    for (name, time) in [("lines", framed), ("and headers", headed), ("and patterns", matched)] {
        println!("| {name} | {:.0} |", time.as_nanos() as f64 / made.lines as f64);
    }
    println!();
}

/// Counts known lines.
struct Counter(u64);

impl<'a> Sink<'a> for Counter {
    fn hit(&mut self, hit: &Hit<'a>) {
        self.0 += 1;
        black_box(hit);
    }

    fn unknown(&mut self, _line: u64, _message: &[u8]) {}
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
