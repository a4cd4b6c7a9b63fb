//! The whole flow: input → framing → record → match → evidence → diagnosis → report.
//!
//! In: places to read, a catalog, and what the user asks. Out: a [`Report`], or every known line in order.
//! The only place where lines are read on several threads. Knows nothing of their contents.
//!
//! Of many places a few at a time are put together by the thread that read them: the one that adds up all has a merge for each
//! group, not for each place. A log that no other place can be a part of is closed where it was read. (Ten thousand files of
//! 13 kB: 2.1 s on one thread and 1.5 s on two before both, 1.4 and 0.9 s since; what is left beyond one file of that size, 0.7
//! and 0.4 s, is opening each and telling what it is.)
//!
//! Evidence is merged in order of input whatever thread made it, and merging is associative, so the result is the same for
//! any number of threads and any size of chunks.

mod collect;
pub mod follow;
mod listing;
mod members;
mod read;
mod workers;

pub use listing::list_hits;

use crate::catalog::cause::Language;
use crate::detect::Reading;
use crate::diagnosis::diagnose;
use crate::evidence::{Bounds, Builder, Evidence, Filter, Traits};
use crate::framing;
use crate::host::{self, Beside, HostFile, Hosts};
use crate::input::Place;
use crate::input::archive::{self, Finding, Member};
use crate::input::limits::Limits;
use crate::input::rotation;
use crate::matcher::Matcher;
use crate::record::time::{Clock, Micros, Zone};
use crate::report::{Parts, Report};
use crate::scan::{self, Plan, backwards};
use bumpalo::Bump;
use collect::{Collected, Found, Hasher, Identity, Seen};
use members::Members;
use rayon::prelude::*;
use std::borrow::Cow;
use std::convert::Infallible;
use std::io;
use std::ops::{ControlFlow, Range};

/// Bytes of a chunk, unless a test asks for others: what is known of each is joined with what came before, which costs the
/// less the fewer there are.
pub const CHUNK: usize = 16 << 20;

/// The same where every line is written, and the lines of many chunks wait for each other.
const LISTED_CHUNK: usize = 2 << 20;

/// Chunks for each thread, so that none waits long for the last of another.
const SHARES: usize = 8;

/// Bytes of a chunk that are worth joining, however few threads are busy.
const FAIR_CHUNK: usize = 4 << 20;

/// Bytes of which the work is worth that of another thread.
const LEAST_CHUNK: usize = 512 << 10;

/// Chunks for each thread whose results may wait to be joined.
const GROUP: usize = 4;

/// Groups of places for each thread, so that none waits long for the last of another.
const GROUPS: usize = 64;

/// Places of a group.
const MOST_IN_GROUP: usize = 16;

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
    let paths: Vec<String> = places.iter().map(Place::shown).collect();
    let parts = rotation::may_be_parts(paths.iter().map(String::as_str));
    let run = Run { parts: Some(parts), ..Run::new(matcher, &traits, options, places.len() > 1) };
    let mut all = Collected::new(&traits, &options.filter);
    let groups: Vec<&[Place]> = places.chunks(group_size(places.len())).collect();
    let group = |at: usize| {
        let mut of_group = Collected::new(&traits, &options.filter);
        groups[at].iter().for_each(|place| of_group.append(run.place(place)));
        of_group
    };
    let Ok(()) = workers::in_order(groups.len(), group, |found| {
        all.append(found);
        Ok::<(), Infallible>(())
    });
    let hosts = Hosts::new(std::mem::take(&mut all.host_files));
    let (inputs, evidence) = all.finish();
    let transcripts: Vec<bool> = inputs.iter().map(|i| i.kind == "client-transcript").collect();
    let by_client = |input: u32| transcripts.get(input as usize).is_some_and(|is| *is);
    let beside = Beside::new(&hosts, inputs.iter().map(|i| i.path.as_str()));
    let conclusion = diagnose(matcher.catalog(), &evidence, &beside, &by_client);
    let zone = options.zone.clone();
    let parts = Parts { matcher, inputs, evidence: &evidence, conclusion: &conclusion, hosts: &hosts, language, zone };
    Report::new(parts)
}

/// How many of so many places a thread puts together before the others' are added: one, where each is worth a thread.
fn group_size(places: usize) -> usize {
    // Asking for the number of threads starts the pool, which one paste does without.
    if places <= GROUPS { 1 } else { (places / (GROUPS * rayon::current_num_threads())).clamp(1, MOST_IN_GROUP) }
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
fn host_files(member: &Member<'_>) -> Vec<HostFile> {
    match &member.finding {
        Finding::Input(opened) if opened.content.head().len() <= host::MOST_BYTES => {
            let head = opened.content.head();
            match HostFile::read(&member.path, head) {
                Some(file) => vec![file],
                None if member.inside => Vec::new(),
                None => HostFile::pasted(&member.path, head),
            }
        }
        _ => Vec::new(),
    }
}

/// A part of an input: all of a file, or a block of a pipe.
struct Stretch<'s> {
    offset: u64,
    bytes: &'s [u8],
    reading: Reading,
    clock: &'s Clock,
    /// Whether it is all of an input.
    whole: bool,
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
    /// Whether a place may be a part of another's log, or a copy of such a part: then what is open at its ends is of interest,
    /// as it always is in members of archives. None where inputs are not put together.
    parts: Option<bool>,
    seen: Seen,
    bounds: Bounds,
}

impl<'r> Run<'r> {
    fn new(matcher: &'r Matcher<'r>, traits: &'r Traits, options: &'r Options, several: bool) -> Self {
        let (seen, bounds) = (Seen::default(), Bounds::default());
        Self { matcher, traits, options, several, parts: None, seen, bounds }
    }
}

impl<'r> Run<'r> {
    /// All that is in a place: one input, or the members of an archive.
    fn place(&self, place: &Place) -> Collected<'r> {
        let mut all = Collected::new(self.traits, &self.options.filter);
        let opened = archive::open(place);
        // One paste is read before the threads of a pool have started.
        if !archive::has_members(&opened) {
            archive::walk(place, opened, &self.options.limits, &mut |member| {
                all.add(self.member(member), &self.seen);
                ControlFlow::Continue(())
            });
            return all.sorted(&place.shown());
        }
        rayon::in_place_scope(|scope| {
            let mut members = Members::new(self, scope, |found: Found| all.add(found, &self.seen));
            archive::walk(place, opened, &self.options.limits, &mut |member| {
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
        let part = self.is_part(&member);
        let host_files = host_files(&member);
        let mut hasher = (self.several || member.inside).then(Hasher::new);
        let (mut report, span) = self.read(member, &mut |stretch| {
            turned = stretch.backwards;
            hasher.iter_mut().for_each(|h| h.add(stretch.bytes));
            let before = std::mem::take(&mut evidence);
            evidence = before.join(self.evidence(0, part, stretch), self.traits, &self.options.filter);
            Ok(())
        });
        (report.lines, report.hits) = (evidence.totals.lines, evidence.totals.hits);
        // Without times two equal texts may be of two events.
        let identity = |h: &Hasher| Some(Identity { hash: h.finish(), bytes: report.bytes, span: span? });
        let identity = hasher.as_ref().and_then(identity);
        Found { report, identity, span, evidence, turned, part, host_files }
    }

    /// Whether an input may be a part of a log whose other parts are inputs too.
    fn is_part(&self, member: &Member<'_>) -> bool {
        self.parts.is_some_and(|parts| parts || member.inside)
    }

    /// The evidence of a stretch, cut into chunks for all threads. `part`: whether another input may lie before this one.
    fn evidence(&self, input: u32, part: bool, stretch: &Stretch<'_>) -> Evidence {
        let plan = self.plan(stretch);
        let filter = &self.options.filter;
        let scan_chunk = |range: &Range<usize>| {
            let arena = Bump::new();
            let (places, chunk) = stretch.chunk(range);
            let builder = Builder::new(self.traits, filter, &self.bounds, input, places.start);
            let mut builder = if part && places.start == 0 { builder.after_another() } else { builder };
            let lines = scan::scan(&plan, input, places.start, &chunk, &arena, &mut builder);
            if stretch.whole && !part && chunk.len() == stretch.bytes.len() {
                return builder.finish_all(lines);
            }
            builder.finish(lines, places.end)
        };
        let join = |a: Option<Evidence>, b: Option<Evidence>| match (a, b) {
            (Some(a), Some(b)) => Some(a.join(b, self.traits, filter)),
            (a, b) => a.or(b),
        };
        let mut chunks = self.chunks(stretch, self.options.chunk);
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

    /// Chunks of at most `most` bytes.
    fn chunks(&self, stretch: &Stretch<'_>, most: usize) -> Vec<Range<usize>> {
        let size = match stretch.reading {
            // Small, and lines belong together across any cut.
            Reading::Paste(_) => usize::MAX,
            _ if stretch.bytes.len() <= LEAST_CHUNK => LEAST_CHUNK,
            // What makes less than a chunk for each thread is for all of them too.
            _ => {
                let share = stretch.bytes.len().div_ceil(rayon::current_num_threads());
                (share / SHARES).max(FAIR_CHUNK).min(share).max(LEAST_CHUNK).min(most)
            }
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
}
