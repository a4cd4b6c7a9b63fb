//! The whole flow: input → framing → record → match → evidence → diagnosis → report.
//!
//! In: places to read, a catalog, and what the user asks. Out: a [`Report`], or every known line in order.
//! The only place with threads. Knows nothing of the contents of lines.
//!
//! Evidence is merged in order of input whatever thread made it, and merging is associative, so the result is the same for
//! any number of threads and any size of chunks.

use crate::catalog::Kind;
use crate::catalog::cause::Language;
use crate::detect::{Detected, Reading, detect};
use crate::diagnosis::diagnose;
use crate::error::Error;
use crate::evidence::{Builder, Evidence, Filter, Hit, Traits};
use crate::framing;
use crate::input::stream::Stream;
use crate::input::{Content, Opened, Place};
use crate::matcher::Matcher;
use crate::record::time::{Clock, Micros, Zone};
use crate::report::json::HitLine;
use crate::report::{InputReport, Parts, Report};
use crate::scan::{self, Plan, Sink, calendar};
use crate::template::Captures;
use bumpalo::Bump;
use rayon::prelude::*;
use std::io::{self, Write};

/// Bytes of a chunk, unless a test asks for others.
pub const CHUNK: usize = 4 << 20;

/// Chunks for each thread whose results may wait to be joined.
const GROUP: usize = 4;

/// What the user asks.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whom it concerns.
    pub filter: Filter,
    /// Only events not before this.
    pub since: Option<Micros>,
    /// Only events not after this.
    pub until: Option<Micros>,
    /// Year of the first line, for timestamps without one.
    pub year: Option<i32>,
    /// Zone of timestamps without one, and of the times in the report.
    pub zone: Zone,
    /// The present, for streams whose timestamps have no year.
    pub now: Micros,
    /// Bytes of a chunk.
    pub chunk: usize,
    /// Whether to use the slow reference path.
    pub plain: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            since: None,
            until: None,
            year: None,
            zone: Zone::Utc,
            now: 0,
            chunk: CHUNK,
            plain: false,
        }
    }
}

/// Reads all places and diagnoses what they say together.
pub fn triage(matcher: &Matcher<'_>, places: &[Place], options: &Options, language: Language) -> Report {
    let traits = Traits::of(matcher.catalog());
    let run = Run { matcher, traits: &traits, options };
    let (inputs, evidence) = places
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(at, place)| {
            let (input, evidence) = run.place(at as u32, place);
            (vec![input], evidence)
        })
        .reduce(Default::default, |(mut inputs, a), (more, b)| {
            inputs.extend(more);
            (inputs, a.merge(b))
        });
    let by_client =
        |input: u32| inputs.get(input as usize).is_some_and(|i: &InputReport| i.kind == "client-transcript");
    let diagnoses = diagnose(matcher.catalog(), &evidence, &by_client);
    let parts = Parts {
        matcher,
        inputs: inputs.clone(),
        evidence: &evidence,
        diagnoses: &diagnoses,
        language,
        zone: options.zone,
    };
    Report::new(parts)
}

struct Run<'r> {
    matcher: &'r Matcher<'r>,
    traits: &'r Traits,
    options: &'r Options,
}

impl Run<'_> {
    fn place(&self, input: u32, place: &Place) -> (InputReport, Evidence) {
        let mut report = InputReport { path: place.shown(), kind: "unknown".to_owned(), ..InputReport::default() };
        let opened = match &place.refused {
            Some(reason) => Err(reason.clone()),
            None => place.open().map_err(reason),
        };
        let evidence = match opened {
            Err(error) => {
                report.error = Some(error);
                Evidence::default()
            }
            Ok(opened) => self.opened(input, opened, &mut report),
        };
        report.lines = evidence.totals.lines;
        report.hits = evidence.totals.hits;
        (report, evidence)
    }

    fn opened(&self, input: u32, mut opened: Opened, report: &mut InputReport) -> Evidence {
        report.bytes = opened.bytes;
        if let Content::Stream(stream) = &mut opened.content {
            return self.stream(input, stream, report);
        }
        let bytes = opened.content.bytes();
        let detected = detect(self.matcher, bytes);
        let reference = opened.modified.unwrap_or(self.options.now);
        let clock = self.clock(&detected, bytes, reference);
        let evidence = self.bytes(input, 0, bytes, detected.reading, &clock);
        self.describe(report, &detected, calendar::span(&clock, bytes));
        report.error = opened.content.truncation();
        evidence.complete(self.traits, &self.options.filter)
    }

    /// A pipe: block after block, each in parallel.
    fn stream(&self, input: u32, stream: &mut Stream, report: &mut InputReport) -> Evidence {
        let detected = detect(self.matcher, stream.head());
        let mut evidence = Evidence::default();
        let mut clock = Clock { zone: self.options.zone, years: Vec::new() };
        let mut offset = 0;
        let mut span = None;
        loop {
            let block = match stream.next_block() {
                Ok(Some(block)) => block,
                Ok(None) => break,
                Err(error) => {
                    report.error = Some(format!("reading stopped: {error}"));
                    break;
                }
            };
            let year = clock.years.last().map(|(_, year)| *year).or(self.options.year);
            let years = calendar::years(&block, self.options.now, year);
            clock.years.extend(years.into_iter().map(|(at, year)| (at + offset, year)));
            let next = self.bytes(input, offset, &block, detected.reading, &clock);
            span = crate::evidence::widen(span, calendar::span_at(&clock, &block, offset));
            evidence = evidence.join(next, self.traits, &self.options.filter);
            offset += block.len() as u64 + stream.take_skipped();
        }
        report.bytes = offset;
        self.describe(report, &detected, span);
        evidence.complete(self.traits, &self.options.filter)
    }

    /// A stretch of an input, cut into chunks for all threads.
    fn bytes(&self, input: u32, offset: u64, bytes: &[u8], reading: Reading, clock: &Clock) -> Evidence {
        let plan = self.plan(reading, clock);
        let chunks = match reading {
            // Small, and lines belong together across any cut.
            Reading::Paste(_) => framing::chunks(bytes, usize::MAX),
            _ => framing::chunks(bytes, self.options.chunk),
        };
        let filter = &self.options.filter;
        let scan_chunk = |range: &std::ops::Range<usize>| {
            let chunk = &bytes[range.clone()];
            let arena = Bump::new();
            let from = offset + range.start as u64;
            let mut builder = Builder::new(self.traits, filter, input, from);
            let lines = scan::scan(&plan, input, from, chunk, &arena, &mut builder);
            builder.finish(lines, offset + range.end as u64)
        };
        let join = |a: Option<Evidence>, b: Option<Evidence>| match (a, b) {
            (Some(a), Some(b)) => Some(a.join(b, self.traits, filter)),
            (a, b) => a.or(b),
        };
        // Group by group, so that few unjoined results exist at a time and memory stays bounded.
        let group = GROUP * rayon::current_num_threads();
        let joined = chunks.chunks(group).fold(None, |before, group| {
            join(before, group.par_iter().with_max_len(1).map(scan_chunk).map(Some).reduce(|| None, join))
        });
        joined.unwrap_or_default()
    }

    fn plan<'p>(&'p self, reading: Reading, clock: &'p Clock) -> Plan<'p> {
        Plan {
            matcher: self.matcher,
            reading,
            clock,
            since: self.options.since,
            until: self.options.until,
            plain: self.options.plain,
        }
    }

    fn clock(&self, detected: &Detected, bytes: &[u8], reference: Micros) -> Clock {
        let years = match detected.reading {
            Reading::Binary => Vec::new(),
            _ => calendar::years(bytes, reference, self.options.year),
        };
        Clock { zone: self.options.zone, years }
    }

    fn describe(&self, report: &mut InputReport, detected: &Detected, span: Option<(Micros, Micros)>) {
        report.kind.clone_from(&detected.kind);
        report.format = detected.format.to_owned();
        report.first = span.map(|(first, _)| self.options.zone.rfc3339(first));
        report.last = span.map(|(_, last)| self.options.zone.rfc3339(last));
    }
}

/// Writes one JSON object for every known line, in order. Returns the inputs, with their errors.
///
/// # Errors
/// The output refuses.
pub fn list_hits(
    matcher: &Matcher<'_>,
    places: &[Place],
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<Vec<InputReport>> {
    let traits = Traits::of(matcher.catalog());
    let run = Run { matcher, traits: &traits, options };
    places.iter().map(|place| run.list_place(place, out)).collect()
}

impl Run<'_> {
    fn list_place(&self, place: &Place, out: &mut dyn Write) -> io::Result<InputReport> {
        let mut report = InputReport { path: place.shown(), kind: "unknown".to_owned(), ..InputReport::default() };
        let opened = match &place.refused {
            Some(reason) => Err(reason.clone()),
            None => place.open().map_err(reason),
        };
        let mut opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                report.error = Some(error);
                return Ok(report);
            }
        };
        let mut listing = Listing { run: self, path: report.path.clone(), lines: 0, offset: 0, failures: 0, out };
        match &mut opened.content {
            Content::Stream(stream) => {
                let detected = detect(self.matcher, stream.head());
                let mut clock = Clock { zone: self.options.zone, years: Vec::new() };
                loop {
                    match stream.next_block() {
                        Ok(Some(block)) => {
                            let year = clock.years.last().map(|(_, year)| *year).or(self.options.year);
                            let years = calendar::years(&block, self.options.now, year);
                            let offset = listing.offset;
                            clock.years.extend(years.into_iter().map(|(at, year)| (at + offset, year)));
                            listing.bytes(&block, detected.reading, &clock)?;
                            listing.offset += stream.take_skipped();
                        }
                        Ok(None) => break,
                        Err(error) => {
                            report.error = Some(format!("reading stopped: {error}"));
                            break;
                        }
                    }
                }
            }
            content => {
                let bytes = content.bytes();
                let detected = detect(self.matcher, bytes);
                let clock = self.clock(&detected, bytes, opened.modified.unwrap_or(self.options.now));
                listing.bytes(bytes, detected.reading, &clock)?;
                report.error = content.truncation();
            }
        }
        report.bytes = listing.offset;
        report.failures = listing.failures;
        Ok(report)
    }
}

/// Lists one input's known lines.
struct Listing<'l, 'w> {
    run: &'l Run<'l>,
    path: String,
    lines: u64,
    offset: u64,
    failures: u64,
    out: &'w mut dyn Write,
}

impl Listing<'_, '_> {
    /// A stretch of the input: chunks in parallel, a few at a time, written in order.
    fn bytes(&mut self, bytes: &[u8], reading: Reading, clock: &Clock) -> io::Result<()> {
        let plan = self.run.plan(reading, clock);
        let chunks = match reading {
            Reading::Paste(_) => framing::chunks(bytes, usize::MAX),
            _ => framing::chunks(bytes, self.run.options.chunk),
        };
        for wave in chunks.chunks(4 * rayon::current_num_threads()) {
            let counts: Vec<u64> = wave.par_iter().map(|r| framing::lines(&bytes[r.clone()]).count() as u64).collect();
            let mut starts = vec![self.lines];
            counts.iter().for_each(|n| starts.push(starts[starts.len() - 1] + n));
            let written: Vec<(Vec<u8>, u64)> = wave
                .par_iter()
                .zip(&starts)
                .map(|(range, first)| {
                    let arena = Bump::new();
                    let from = self.offset + range.start as u64;
                    let mut sink =
                        HitWriter { run: self.run, path: &self.path, first: *first, out: Vec::new(), failures: 0 };
                    scan::scan(&plan, 0, from, &bytes[range.clone()], &arena, &mut sink);
                    (sink.out, sink.failures)
                })
                .collect();
            for (lines, failures) in &written {
                self.out.write_all(lines)?;
                self.failures += failures;
            }
            self.lines = starts[wave.len()];
        }
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

struct HitWriter<'w> {
    run: &'w Run<'w>,
    path: &'w str,
    first: u64,
    out: Vec<u8>,
    failures: u64,
}

impl<'a> Sink<'a> for HitWriter<'_> {
    fn hit(&mut self, hit: &Hit<'a>, _captures: &Captures, _message: &[u8]) {
        let text = |bytes: &'a [u8]| String::from_utf8_lossy(bytes);
        let (host, program, line) = (text(hit.host), text(hit.program), text(hit.text));
        let (user, source) = (hit.user.map(text), hit.source.map(text));
        if !self.run.options.filter.names(user.as_deref(), source.as_deref(), &host) {
            return;
        }
        let catalog = self.run.matcher.catalog();
        let pattern = catalog.pattern_at(hit.pattern);
        self.failures += u64::from(pattern.kind == Kind::Failure);
        let cause = pattern.cause.map(|c| catalog.cause_at(c).id.as_str());
        let object = HitLine {
            file: self.path,
            line: self.first + hit.line + 1,
            time: hit.time.map(|t| self.run.options.zone.rfc3339(t)),
            host: (!host.is_empty()).then_some(&*host),
            program: &program,
            pid: hit.pid,
            pattern: &pattern.id,
            kind: pattern.kind.name(),
            cause,
            category: cause.and_then(|c| c.split('.').next()),
            user: user.as_deref(),
            source: source.as_deref(),
            port: hit.port,
            text: &line,
        };
        serde_json::to_writer(&mut self.out, &object).expect("plain data into memory");
        self.out.push(b'\n');
    }

    fn unknown(&mut self, _line: u64, _message: &[u8]) {}
}

fn reason(error: Error) -> String {
    match error {
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
