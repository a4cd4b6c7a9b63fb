//! The whole flow: input → framing → record → match → evidence → diagnosis → report.
//!
//! In: places to read, a catalog, and what the user asks. Out: a [`Report`], or every known line in order.
//! The only place with threads. Knows nothing of the contents of lines.
//!
//! Evidence is merged in order of input whatever thread made it, and merging is associative, so the result is the same for
//! any number of threads and any size of chunks.

mod listing;

pub use listing::list_hits;

use crate::catalog::cause::Language;
use crate::detect::{Detected, Reading, detect};
use crate::diagnosis::diagnose;
use crate::error::Error;
use crate::evidence::{Builder, Evidence, Filter, Traits, widen};
use crate::framing;
use crate::input::stream::Stream;
use crate::input::{Content, Opened, Place};
use crate::matcher::Matcher;
use crate::record::time::{Clock, Micros, Zone};
use crate::report::{InputReport, Parts, Report};
use crate::scan::{self, Plan, backwards, calendar};
use bumpalo::Bump;
use rayon::prelude::*;
use std::borrow::Cow;
use std::io;
use std::ops::Range;

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
    let conclusion = diagnose(matcher.catalog(), &evidence, &by_client);
    let parts = Parts {
        matcher,
        inputs: inputs.clone(),
        evidence: &evidence,
        conclusion: &conclusion,
        language,
        zone: options.zone,
    };
    Report::new(parts)
}

/// A part of an input: all of a file, or a block of a pipe.
struct Stretch<'s> {
    offset: u64,
    bytes: &'s [u8],
    reading: Reading,
    clock: &'s Clock,
    /// Whether the newest line comes first: then it is all of an input, and is read from its end.
    backwards: bool,
}

impl<'s> Stretch<'s> {
    /// A chunk as it is to be read: its places in the input, counted from where reading begins, and its bytes.
    fn chunk(&self, range: &Range<usize>) -> (Range<u64>, Cow<'s, [u8]>) {
        let bytes = &self.bytes[range.clone()];
        if self.backwards {
            let length = self.bytes.len();
            let places = (length - range.end) as u64..(length - range.start) as u64;
            return (places, Cow::Owned(backwards::turned(bytes)));
        }
        (self.offset + range.start as u64..self.offset + range.end as u64, Cow::Borrowed(bytes))
    }
}

struct Run<'r> {
    matcher: &'r Matcher<'r>,
    traits: &'r Traits,
    options: &'r Options,
}

impl Run<'_> {
    fn place(&self, input: u32, place: &Place) -> (InputReport, Evidence) {
        let filter = &self.options.filter;
        let mut evidence = Evidence::default();
        let mut turned = false;
        let mut report = self.read(place, |stretch| {
            turned = stretch.backwards;
            evidence = std::mem::take(&mut evidence).join(self.evidence(input, stretch), self.traits, filter);
            Ok(())
        });
        let mut evidence = evidence.complete(self.traits, filter);
        if turned {
            evidence.turn_lines();
        }
        report.lines = evidence.totals.lines;
        report.hits = evidence.totals.hits;
        (report, evidence)
    }

    /// Hands the bytes of a place to `take`: all at once, or those of a pipe block after block. What goes wrong is in the report.
    fn read(&self, place: &Place, mut take: impl FnMut(&Stretch<'_>) -> io::Result<()>) -> InputReport {
        let mut report = InputReport { path: place.shown(), kind: "unknown".to_owned(), ..InputReport::default() };
        let opened = match &place.refused {
            Some(reason) => Err(reason.clone()),
            None => place.open().map_err(reason),
        };
        let result = opened.and_then(|opened| self.opened(opened, &mut report, &mut take).map_err(|e| e.to_string()));
        report.error = result.err();
        report
    }

    fn opened(
        &self,
        mut opened: Opened,
        report: &mut InputReport,
        take: &mut dyn FnMut(&Stretch<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        report.bytes = opened.bytes;
        if let Content::Stream(stream) = &mut opened.content {
            return self.stream(stream, report, take);
        }
        let bytes = opened.content.bytes();
        let Detected { reading, kind, format } = detect(self.matcher, bytes);
        let reference = opened.modified.unwrap_or(self.options.now);
        let backwards = reading != Reading::Binary && backwards::runs_backwards(bytes);
        let mut clock = Clock { zone: self.options.zone, years: calendar::years(bytes, reference, self.options.year) };
        if backwards {
            // Its years turn the other way round; that of its newest line serves for all.
            clock.years = clock.years.first().map(|(_, year)| vec![(0, *year)]).unwrap_or_default();
        }
        let span = calendar::span(&clock, bytes);
        self.describe(report, kind, format, if backwards { span.map(|(last, first)| (first, last)) } else { span });
        take(&Stretch { offset: 0, bytes, reading, clock: &clock, backwards })?;
        opened.content.truncation().map_or(Ok(()), |what| Err(io::Error::other(what)))
    }

    fn stream(
        &self,
        stream: &mut Stream,
        report: &mut InputReport,
        take: &mut dyn FnMut(&Stretch<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Detected { reading, kind, format } = detect(self.matcher, stream.head());
        let mut clock = Clock { zone: self.options.zone, years: Vec::new() };
        let mut span = None;
        self.describe(report, kind, format, None);
        while let Some(block) = stream.next_block()? {
            let offset = report.bytes;
            // Of a pipe that runs backwards only what fits into one block can be read from its end.
            let backwards = offset == 0 && stream.is_over() && backwards::runs_backwards(&block);
            let year = clock.years.last().map(|(_, year)| *year).or(self.options.year);
            let years = calendar::years(&block, self.options.now, year);
            clock.years.extend(years.into_iter().map(|(at, year)| (at + offset, year)));
            span = widen(span, calendar::span_at(&clock, &block, offset));
            self.times(report, span);
            take(&Stretch { offset, bytes: &block, reading, clock: &clock, backwards })?;
            report.bytes += block.len() as u64 + stream.take_skipped();
        }
        Ok(())
    }

    /// The evidence of a stretch, cut into chunks for all threads.
    fn evidence(&self, input: u32, stretch: &Stretch<'_>) -> Evidence {
        let plan = self.plan(stretch);
        let filter = &self.options.filter;
        let scan_chunk = |range: &Range<usize>| {
            let arena = Bump::new();
            let (places, chunk) = stretch.chunk(range);
            let mut builder = Builder::new(self.traits, filter, input, places.start);
            let lines = scan::scan(&plan, input, places.start, &chunk, &arena, &mut builder);
            builder.finish(lines, places.end)
        };
        let join = |a: Option<Evidence>, b: Option<Evidence>| match (a, b) {
            (Some(a), Some(b)) => Some(a.join(b, self.traits, filter)),
            (a, b) => a.or(b),
        };
        let mut chunks = self.chunks(stretch);
        if stretch.backwards {
            chunks.reverse();
        }
        // Group by group, so that few unjoined results exist at a time and memory stays bounded.
        let joined = chunks.chunks(GROUP * rayon::current_num_threads()).fold(None, |before, group| {
            join(before, group.par_iter().with_max_len(1).map(scan_chunk).map(Some).reduce(|| None, join))
        });
        joined.unwrap_or_default()
    }

    fn chunks(&self, stretch: &Stretch<'_>) -> Vec<Range<usize>> {
        let size = match stretch.reading {
            // Small, and lines belong together across any cut.
            Reading::Paste(_) => usize::MAX,
            _ => self.options.chunk,
        };
        framing::chunks(stretch.bytes, size)
    }

    fn plan<'p>(&'p self, stretch: &Stretch<'p>) -> Plan<'p> {
        Plan {
            matcher: self.matcher,
            reading: stretch.reading,
            clock: stretch.clock,
            since: self.options.since,
            until: self.options.until,
            plain: self.options.plain,
        }
    }

    fn describe(&self, report: &mut InputReport, kind: String, format: &str, span: Option<(Micros, Micros)>) {
        report.kind = kind;
        report.format = format.to_owned();
        self.times(report, span);
    }

    fn times(&self, report: &mut InputReport, span: Option<(Micros, Micros)>) {
        report.first = span.map(|(first, _)| self.options.zone.rfc3339(first));
        report.last = span.map(|(_, last)| self.options.zone.rfc3339(last));
    }
}

fn reason(error: Error) -> String {
    match error {
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}
