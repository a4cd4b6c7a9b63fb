//! The whole flow: input → framing → record → match → evidence → diagnosis → report.
//!
//! In: places to read, a catalog, and what the user asks. Out: a [`Report`], or every known line in order.
//! The only place where lines are read on several threads. Knows nothing of their contents.
//!
//! Evidence is merged in order of input whatever thread made it, and merging is associative, so the result is the same for
//! any number of threads and any size of chunks.

mod collect;
pub mod follow;
mod listing;
mod members;
mod workers;

pub use listing::list_hits;

use crate::catalog::cause::Language;
use crate::detect::{Detected, Reading, detect};
use crate::diagnosis::diagnose;
use crate::evidence::{Builder, Evidence, Filter, Traits, widen};
use crate::framing;
use crate::host::{self, Beside, HostFile, Hosts};
use crate::input::archive::{self, Finding, Member};
use crate::input::journal::dump::Dump;
use crate::input::journal::{Journal, is_journal};
use crate::input::limits::Limits;
use crate::input::stream::Stream;
use crate::input::{Content, Opened, Place};
use crate::matcher::Matcher;
use crate::record::time::{Clock, Micros, Zone};
use crate::report::{InputReport, Parts, Report};
use crate::scan::{self, Plan, backwards, calendar};
use bumpalo::Bump;
use collect::{Collected, Found, Hasher, Identity, Seen};
use members::Members;
use rayon::prelude::*;
use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::ops::{ControlFlow, Range};

/// Bytes of a chunk, unless a test asks for others.
pub const CHUNK: usize = 4 << 20;

/// Chunks for each thread whose results may wait to be joined.
const GROUP: usize = 4;

/// Bytes of a dump that are turned into lines at a time.
const DUMP_BLOCK: usize = 8 << 20;

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
    /// What archives may cost.
    pub limits: Limits,
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
            limits: Limits::default(),
            chunk: CHUNK,
            plain: false,
        }
    }
}

/// Reads all places and diagnoses what they say together.
pub fn triage(matcher: &Matcher<'_>, places: &[Place], options: &Options, language: Language) -> Report {
    let traits = Traits::of(matcher.catalog());
    let run = Run { parts: true, ..Run::new(matcher, &traits, options, places.len() > 1) };
    let mut all = Collected::new(&traits, &options.filter);
    let Ok(()) = workers::in_order(
        places.len(),
        |at| run.place(&places[at]),
        |found| {
            all.append(found);
            Ok::<(), Infallible>(())
        },
    );
    let hosts = Hosts::new(std::mem::take(&mut all.host_files));
    let (inputs, evidence) = all.finish();
    let transcripts: Vec<bool> = inputs.iter().map(|i| i.kind == "client-transcript").collect();
    let by_client = |input: u32| transcripts.get(input as usize).is_some_and(|is| *is);
    let beside = Beside::new(&hosts, inputs.iter().map(|i| i.path.as_str()));
    let conclusion = diagnose(matcher.catalog(), &evidence, &beside, &by_client);
    let zone = options.zone;
    let parts = Parts { matcher, inputs, evidence: &evidence, conclusion: &conclusion, hosts: &hosts, language, zone };
    Report::new(parts)
}

/// Reports on each place alone, several at a time; in order, each as soon as those before it are there.
///
/// # Errors
/// Those of `take`, which end it.
pub fn each<E>(
    matcher: &Matcher<'_>,
    places: &[Place],
    options: &Options,
    language: Language,
    take: impl FnMut(Report) -> Result<(), E>,
) -> Result<(), E> {
    let one = |at: usize| triage(matcher, &places[at..=at], options, language);
    workers::in_order(places.len(), one, take)
}

/// What a member says of its host beside what its lines say of logins.
fn host_file(member: &Member<'_>) -> Option<HostFile> {
    match &member.finding {
        Finding::Input(opened) if opened.content.head().len() <= host::MOST_BYTES => {
            HostFile::read(&member.path, opened.content.head())
        }
        _ => None,
    }
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

/// What takes an input's stretches one after the other.
type Take<'t> = dyn FnMut(&Stretch<'_>) -> io::Result<()> + 't;

struct Run<'r> {
    matcher: &'r Matcher<'r>,
    traits: &'r Traits,
    options: &'r Options,
    /// Whether there is more than one place, so that one may be a copy of another.
    several: bool,
    /// Whether an input may be a part of a log, so that what is open at its ends is of interest.
    parts: bool,
    seen: Seen,
}

impl<'r> Run<'r> {
    fn new(matcher: &'r Matcher<'r>, traits: &'r Traits, options: &'r Options, several: bool) -> Self {
        Self { matcher, traits, options, several, parts: false, seen: Seen::default() }
    }
}

impl<'r> Run<'r> {
    /// All that is in a place: one input, or the members of an archive.
    fn place(&self, place: &Place) -> Collected<'r> {
        let mut all = Collected::new(self.traits, &self.options.filter);
        rayon::in_place_scope(|scope| {
            let mut members = Members::new(self, scope, |found: Found| all.add(found, &self.seen));
            archive::walk(place, &self.options.limits, &mut |member| {
                members.add(member);
                ControlFlow::Continue(())
            });
            members.finish();
        });
        all.sorted(&place.shown())
    }

    /// What one input holds.
    fn member(&self, member: Member<'_>) -> Found {
        let mut evidence = Evidence::default();
        let mut turned = false;
        let host_file = host_file(&member);
        let mut hasher = (self.several || member.inside).then(Hasher::new);
        let (mut report, span) = self.read(member, &mut |stretch| {
            turned = stretch.backwards;
            hasher.iter_mut().for_each(|h| h.add(stretch.bytes));
            let before = std::mem::take(&mut evidence);
            evidence = before.join(self.evidence(0, stretch), self.traits, &self.options.filter);
            Ok(())
        });
        (report.lines, report.hits) = (evidence.totals.lines, evidence.totals.hits);
        // Without times two equal texts may be of two events.
        let identity = |h: &Hasher| Some(Identity { hash: h.finish(), bytes: report.bytes, span: span? });
        let identity = hasher.as_ref().and_then(identity);
        Found { report, identity, span, evidence, turned, host_file }
    }

    /// Hands the bytes of an input to `take`: all at once, or those of a stream block after block. What goes wrong is in the
    /// report; beside it the times of the first and the last line.
    fn read(&self, member: Member<'_>, take: &mut Take<'_>) -> (InputReport, Option<(Micros, Micros)>) {
        let mut report = InputReport { path: member.path, kind: "unknown".to_owned(), ..InputReport::default() };
        let mut span = None;
        match member.finding {
            Finding::Refused(reason) => report.error = Some(reason),
            Finding::Passed { bytes, note } => (report.bytes, report.note) = (bytes, Some(note)),
            Finding::Input(opened) => match self.opened(opened, &mut report, take) {
                Ok(found) => span = found,
                Err(error) => report.error = Some(error.to_string()),
            },
        }
        (report, span)
    }

    fn opened(
        &self,
        mut opened: Opened<'_>,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        report.bytes = opened.bytes;
        if is_journal(opened.content.bytes()) {
            let read = self.journal(opened.content.bytes(), report, take);
            return opened.damage().map_or(read, |what| Err(io::Error::other(what)));
        }
        let head = opened.content.head();
        if let Some(dump) = Dump::of(head) {
            let read = self.dump(dump, &mut opened.content, report, take);
            return opened.damage().map_or(read, |what| Err(io::Error::other(what)));
        }
        let Detected { reading, kind, format } = detect(self.matcher, head);
        (report.kind, report.format) = (kind, format.to_owned());
        if reading == Reading::Binary {
            report.bytes = report.bytes.max(head.len() as u64);
            report.note = Some("is no text; passed over".to_owned());
            return opened.damage().map_or(Ok(None), |what| Err(io::Error::other(what)));
        }
        let reference = opened.modified.unwrap_or(self.options.now);
        if let Content::Stream(stream) = &mut opened.content {
            return self.stream(stream, reading, reference, report, take);
        }
        let bytes = opened.content.bytes();
        let backwards = backwards::runs_backwards(bytes);
        let mut clock = Clock { zone: self.options.zone, years: calendar::years(bytes, reference, self.options.year) };
        if backwards {
            // Its years turn the other way round; that of its newest line serves for all.
            clock.years = clock.years.first().map(|(_, year)| vec![(0, *year)]).unwrap_or_default();
        }
        let span = calendar::span(&clock, bytes).map(|(a, b)| if backwards { (b, a) } else { (a, b) });
        self.times(report, span);
        take(&Stretch { offset: 0, bytes, reading, clock: &clock, backwards })?;
        opened.damage().map_or(Ok(span), |what| Err(io::Error::other(what)))
    }

    /// A binary journal: its entries as lines.
    fn journal(
        &self,
        bytes: &[u8],
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let mut journal = Journal::open(bytes)?;
        let clock = Clock { zone: self.options.zone, years: Vec::new() };
        let wanted = |program: &[u8]| self.matcher.catalog().class_of(program).is_some();
        (report.kind, report.format) = ("server-log".to_owned(), "journal".to_owned());
        if let Some(note) = journal.said_span().and_then(|span| self.outside(span)) {
            self.times(report, journal.said_span());
            report.note = Some(note.to_owned());
            return Ok(None);
        }
        let mut offset = 0;
        while let Some(block) = journal.next_block(&wanted) {
            self.times(report, journal.span());
            take(&Stretch { offset, bytes: &block, reading: Reading::Log, clock: &clock, backwards: false })?;
            offset += block.len() as u64;
        }
        self.times(report, journal.span());
        journal.damage().map_or(Ok(journal.span()), |what| Err(io::Error::other(what)))
    }

    /// Why an input need not be read whose entries were received in this time. Some may have been sent a little before.
    fn outside(&self, (first, last): (Micros, Micros)) -> Option<&'static str> {
        let early = self.options.since.is_some_and(|since| last < since.saturating_sub(archive::MARGIN));
        let late = self.options.until.is_some_and(|until| first > until.saturating_add(archive::MARGIN));
        let note = early.then_some("was last written before --since");
        note.or(late.then_some("begins after --until"))
    }

    /// A journal dump whose entries take several lines.
    fn dump(
        &self,
        mut dump: Dump,
        content: &mut Content<'_>,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let clock = Clock { zone: self.options.zone, years: Vec::new() };
        let (mut offset, mut span, mut seen) = (0, None, None);
        let mut blocks = content.blocks(DUMP_BLOCK);
        report.bytes = 0;
        report.format = dump.name().to_owned();
        loop {
            let block = blocks.next()?;
            let text = match &block {
                Some((_, block)) => dump.feed(block),
                None => dump.finish(),
            };
            report.bytes += block.as_ref().map_or(0, |(bytes, _)| *bytes);
            let Detected { reading, kind, .. } = seen.get_or_insert_with(|| detect(self.matcher, &text)).clone();
            report.kind = kind;
            span = widen(span, calendar::span_at(&clock, &text, offset));
            self.times(report, span);
            if !text.is_empty() {
                take(&Stretch { offset, bytes: &text, reading, clock: &clock, backwards: false })?;
                offset += text.len() as u64;
            }
            if block.is_none() {
                return Ok(span);
            }
        }
    }

    fn stream(
        &self,
        stream: &mut Stream<'_>,
        reading: Reading,
        reference: Micros,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let mut clock = Clock { zone: self.options.zone, years: Vec::new() };
        let mut span = None;
        report.bytes = 0;
        while let Some(block) = stream.next_block()? {
            let offset = report.bytes;
            // Of a pipe that runs backwards only what fits into one block can be read from its end.
            let backwards = offset == 0 && stream.is_over() && backwards::runs_backwards(&block);
            let year = clock.years.last().map(|(_, year)| *year).or(self.options.year);
            let years = calendar::years(&block, reference, year);
            clock.years.extend(years.into_iter().map(|(at, year)| (at + offset, year)));
            span = widen(span, calendar::span_at(&clock, &block, offset));
            self.times(report, span);
            take(&Stretch { offset, bytes: &block, reading, clock: &clock, backwards })?;
            report.bytes += block.len() as u64 + stream.take_skipped();
        }
        Ok(span)
    }

    /// The evidence of a stretch, cut into chunks for all threads.
    fn evidence(&self, input: u32, stretch: &Stretch<'_>) -> Evidence {
        let plan = self.plan(stretch);
        let filter = &self.options.filter;
        let scan_chunk = |range: &Range<usize>| {
            let arena = Bump::new();
            let (places, chunk) = stretch.chunk(range);
            let builder = Builder::new(self.traits, filter, input, places.start);
            let mut builder = if self.parts && places.start == 0 { builder.after_another() } else { builder };
            let lines = scan::scan(&plan, input, places.start, &chunk, &arena, &mut builder);
            builder.finish(lines, places.end)
        };
        let join = |a: Option<Evidence>, b: Option<Evidence>| match (a, b) {
            (Some(a), Some(b)) => Some(a.join(b, self.traits, filter)),
            (a, b) => a.or(b),
        };
        let mut chunks = self.chunks(stretch);
        if let [only] = chunks.as_slice() {
            return scan_chunk(only);
        }
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

    fn times(&self, report: &mut InputReport, span: Option<(Micros, Micros)>) {
        report.first = span.map(|(first, _)| self.options.zone.rfc3339(first));
        report.last = span.map(|(_, last)| self.options.zone.rfc3339(last));
    }
}
