//! One chunk → hits.
//!
//! In: the bytes of a chunk and how its input is to be read. Out: every known line, in order, to a [`Sink`].
//! Knows nothing of other chunks, of causes or of output.
//!
//! A log's line costs its header, one look-up of the program, and a match only where the program matters. What has no
//! headers is read with more patience, see [`paste`].

pub mod backwards;
pub mod calendar;
mod cut;
mod headed;
mod listed;
mod paste;
mod prose;
mod window;
mod within;
mod wrapped;

use crate::catalog::{Catalog, ClassId, PatternId};
use crate::detect::Reading;
use crate::evidence::{Builder, Hit, Joining};
use crate::framing;
use crate::matcher::Matcher;
use crate::record::quick::Quick;
use crate::record::time::{Clock, Micros, Stamp};
use crate::record::{self, Dialect, Record, Stripped, number};
use crate::template::{Captures, bytes};
use bumpalo::Bump;
use smallvec::SmallVec;
use std::cell::Cell;
use std::ops::Range;

/// Lines that a wrapped message may be spread over, beside its first.
const MAX_WRAPS: usize = 2;

/// What trying a message costs whatever its length, in bytes.
const COST_OF_A_TRY: usize = 64;

/// What all chunks of an input have in common.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'p> {
    /// The patterns.
    pub matcher: &'p Matcher<'p>,
    /// How to read the lines.
    pub reading: Reading,
    /// What their timestamps leave out.
    pub clock: &'p Clock,
    /// Only lines not before this.
    pub since: Option<Micros>,
    /// Only lines not after this.
    pub until: Option<Micros>,
    /// Whether every line is tried with every pattern, without dispatch: the reference that the tests compare with.
    pub plain: bool,
}

/// Takes what a chunk holds.
pub trait Sink<'a> {
    /// A known line.
    fn hit(&mut self, hit: &Hit<'a>);
    /// A line of an SSH program that no pattern knows; the number counts from 0.
    fn unknown(&mut self, line: u64, message: &[u8]);
}

/// Scans the chunk of input number `input` that begins at `offset`; returns its number of lines.
/// What the hits borrow beside the chunk lies in `arena`.
pub fn scan<'a>(
    plan: &Plan<'_>,
    input: u32,
    offset: u64,
    chunk: &'a [u8],
    arena: &'a Bump,
    sink: &mut impl Sink<'a>,
) -> u64 {
    let scanner = Scanner::new(plan, input, offset, chunk, arena);
    match plan.reading {
        Reading::Log => window::lines_outside(plan, offset, chunk).unwrap_or_else(|| scanner.log(sink)),
        Reading::Bare(class) => scanner.paste(class, 0, sink),
        Reading::Paste(class) => scanner.paste(class, MAX_WRAPS, sink),
        Reading::Binary => framing::lines(chunk).count() as u64,
    }
}

struct Scanner<'a, 'p> {
    plan: &'p Plan<'p>,
    input: u32,
    offset: u64,
    chunk: &'a [u8],
    arena: &'a Bump,
    /// Cut lines that were tried, see [`cut`].
    cuts: Cell<u32>,
    /// Whether the line that is read only names a failure.
    names: Cell<bool>,
    /// Bytes of messages that may still be tried, and a constant for each; see [`paste`].
    patience: Cell<usize>,
}

impl<'a, 'p> Scanner<'a, 'p> {
    fn new(plan: &'p Plan<'p>, input: u32, offset: u64, chunk: &'a [u8], arena: &'a Bump) -> Self {
        Self {
            plan,
            input,
            offset,
            chunk,
            arena,
            cuts: Cell::new(0),
            names: Cell::new(false),
            patience: Cell::new(paste::PATIENCE + paste::PATIENCE_A_BYTE * chunk.len()),
        }
    }
}

/// A known message, with the line or lines it was found in.
struct Found<'a> {
    class: ClassId,
    pattern: PatternId,
    captures: Captures,
    record: Record<'a>,
    message: &'a [u8],
    text: &'a [u8],
}

/// A server as known_hosts calls it, without its port and address: `[web1]:2222 ([192.0.2.1]:2222)`, `web1 (192.0.2.1)`.
fn server_name(host: &[u8]) -> &[u8] {
    let bracketed = || {
        let inside = host.strip_prefix(b"[")?;
        Some(&inside[..memchr::memmem::find(inside, b"]:")?])
    };
    let named = || Some(&host[..memchr::memmem::find(host, b" (").filter(|at| *at > 0)?]);
    bracketed().or_else(named).unwrap_or(host)
}

/// What reading a log needs beside its lines.
#[derive(Default)]
struct LogReader<'a> {
    scratch: Vec<u8>,
    captures: Captures,
    memo: ProgramMemo,
    quick: Quick<'a>,
    /// The last time, as written and as it is; many lines have the same.
    time: Option<(Stamp, Option<Micros>)>,
}

/// What a line of a log is.
enum LogLine {
    /// Nothing that is known.
    Other,
    /// Known.
    Hit,
    /// The line before, so many times.
    Repeats(u32),
}

/// The same, borrowed.
struct Known<'a, 'k> {
    class: ClassId,
    pattern: PatternId,
    captures: &'k Captures,
    record: &'k Record<'a>,
    message: &'a [u8],
    text: &'a [u8],
}

impl<'a> Found<'a> {
    fn known(&self) -> Known<'a, '_> {
        let Self { class, pattern, captures, record, message, text } = self;
        Known { class: *class, pattern: *pattern, captures, record, message, text }
    }
}

impl Found<'_> {
    /// Bytes of the message that its pattern fixes: the more, the less it is there by chance.
    fn fixed(&self) -> usize {
        self.message.len() - self.captures.bytes()
    }

    /// Bytes of the message before what takes any rest of its line.
    fn stated(&self) -> usize {
        let rest = self.captures.all().find(|field| field.end == self.message.len());
        rest.map_or(self.message.len(), |rest| rest.start)
    }
}

impl<'a> Scanner<'a, '_> {
    fn log(&self, sink: &mut impl Sink<'a>) -> u64 {
        let mut reader = LogReader::default();
        // The last known line and where it begins.
        let mut previous: Option<(u64, Range<usize>)> = None;
        let mut lines = 0;
        for range in framing::lines(self.chunk) {
            let line = lines;
            lines += 1;
            match self.log_line(&range, line, &mut reader, |hit| sink.hit(hit)) {
                Ok(LogLine::Hit) => previous = Some((line, range)),
                Ok(LogLine::Other) => {}
                Ok(LogLine::Repeats(repeat)) => {
                    let text = &self.chunk[range];
                    if let Some((_, known)) = previous.as_ref().filter(|(at, _)| at + 1 == line) {
                        let again = |hit: &Hit<'a>| sink.hit(&Hit { text, repeat, ..*hit });
                        // It was read before and is the same again.
                        drop(self.log_line(known, line, &mut LogReader::default(), again));
                    }
                }
                Err(unknown) => sink.unknown(line, unknown),
            }
        }
        lines
    }

    /// Reads a line; what is known goes to `take`. Of a line that is not known and should be, its message.
    #[inline]
    fn log_line(
        &self,
        range: &Range<usize>,
        line: u64,
        reader: &mut LogReader<'a>,
        take: impl FnOnce(&Hit<'a>),
    ) -> Result<LogLine, &'a [u8]> {
        let catalog = self.plan.matcher.catalog();
        let text = &self.chunk[range.clone()];
        let mut class = None;
        let record = match record::is_escaped(text) || self.plan.plain {
            true => self.record(text, &mut reader.scratch),
            false => {
                let memo = &mut reader.memo;
                let wanted = |program: &[u8]| {
                    class = memo.class_of(catalog, program);
                    class.is_some()
                };
                reader.quick.parse(text, wanted).map(|record| match record.dialect {
                    Dialect::KernelRing => self.on_console(record),
                    _ => record,
                })
            }
        };
        let Some(record) = record else { return Ok(LogLine::Other) };
        if record.repeats_previous > 0 {
            return Ok(LogLine::Repeats(record.repeats_previous));
        }
        let Some(class) = class.or_else(|| reader.memo.class_of(catalog, record.program)) else {
            return Ok(LogLine::Other);
        };
        let stripped = record::strip(record.message);
        let message = stripped.message;
        let offset = self.offset + range.start as u64;
        let time = match reader.time {
            Some((stamp, time)) if stamp == record.stamp && self.plan.clock.years.len() <= 1 => time,
            _ => self.plan.clock.resolve(record.stamp, offset),
        };
        reader.time = Some((record.stamp, time));
        if !self.is_in_window(time) {
            return Ok(LogLine::Other);
        }
        let Some(pattern) = self.find(class, stripped, &mut reader.captures) else {
            return if catalog.classes[class.0 as usize].ssh { Err(message) } else { Ok(LogLine::Other) };
        };
        let known = Known { class, pattern, captures: &reader.captures, record: &record, message, text };
        take(&self.hit(&known, line, offset, time));
        Ok(LogLine::Hit)
    }

    fn found(&self, class: ClassId, record: Record<'a>, text: &'a [u8]) -> Option<Found<'a>> {
        let stripped = record::strip(record.message);
        let message = stripped.message;
        let mut captures = Captures::default();
        self.patience.set(self.patience.get().saturating_sub(COST_OF_A_TRY + message.len()));
        let pattern = self.find(class, stripped, &mut captures)?;
        Some(Found { class, pattern, captures, record, message, text })
    }

    /// The header of a line. What was escaped is copied, so that it lives as long as the chunk.
    fn record(&self, line: &'a [u8], scratch: &mut Vec<u8>) -> Option<Record<'a>> {
        if !record::is_escaped(line) {
            return record::parse_text(line).map(|record| self.on_console(record));
        }
        let record = record::parse(line, scratch)?;
        self.plan.matcher.catalog().class_of(record.program)?;
        Some(Record {
            host: self.keep(record.host),
            program: self.keep(record.program),
            message: self.keep(record.message),
            ..record
        })
    }

    /// On a console other programs' lines carry the kernel's stamp: who speaks is said behind it, unless the kernel speaks of them.
    fn on_console<'l>(&self, record: Record<'l>) -> Record<'l> {
        if record.dialect != Dialect::KernelRing || record.program != b"kernel" {
            return record;
        }
        let catalog = self.plan.matcher.catalog();
        let Some(tagged) = record::parse_text(record.message).filter(|t| t.pid.is_some()) else { return record };
        let by_kernel =
            || self.find(catalog.class_of(record.program)?, record::strip(record.message), &mut Captures::default());
        if catalog.class_of(tagged.program).is_none() || by_kernel().is_some() {
            return record;
        }
        Record { program: tagged.program, pid: tagged.pid, message: tagged.message, ..record }
    }

    /// Blanks at the end belong to some messages; where the message with them is unknown, it is tried without.
    fn find(&self, class: ClassId, line: Stripped<'_>, captures: &mut Captures) -> Option<PatternId> {
        let find = |line: Stripped<'_>, captures: &mut Captures| match self.plan.plain {
            true => self.plan.matcher.find_plain(class, line, captures),
            false => self.plan.matcher.find(class, line, captures),
        };
        find(line, captures).or_else(|| {
            let message = line.message.trim_ascii_end();
            if message.len() == line.message.len() {
                return None;
            }
            find(Stripped { message, ..line }, captures)
        })
    }

    /// The time of a line (None inside: unknown), or None where it lies outside the window.
    fn time_in_window(&self, record: &Record<'_>, offset: u64) -> Option<Option<Micros>> {
        let time = self.plan.clock.resolve(record.stamp, offset);
        self.is_in_window(time).then_some(time)
    }

    fn is_in_window(&self, time: Option<Micros>) -> bool {
        let early = self.plan.since.zip(time).is_some_and(|(since, at)| at < since);
        let late = self.plan.until.zip(time).is_some_and(|(until, at)| at > until);
        !early && !late
    }

    fn hit(&self, found: &Known<'a, '_>, line: u64, offset: u64, time: Option<Micros>) -> Hit<'a> {
        let matcher = self.plan.matcher;
        let catalog = matcher.catalog();
        let fields = matcher.fields(found.pattern);
        let field = |slot: Option<u8>| found.message.get(found.captures.get(usize::from(slot?))?);
        let number = |slot: Option<u8>| field(slot).and_then(number::decimal);
        let headless = found.record.program.is_empty();
        let emitter = || catalog.first_emitter(found.pattern);
        let program = match emitter().filter(|_| headless) {
            Some(emitter) => self.keep(emitter.name.as_bytes()),
            None => found.record.program,
        };
        let connects = match headless {
            true => emitter().is_some_and(|e| e.data.connections),
            false => catalog.classes[found.class.0 as usize].connections,
        };
        let by_client = || catalog.classes[usize::from(found.class.0)].clients;
        // A client's lines need no process id, whether a logger put a header before them or not.
        let of_one = headless || (found.record.pid.is_none() && by_client());
        let general = catalog.pattern_at(found.pattern).general;
        let joins = match (connects && !general, of_one, found.record.pid) {
            (false, ..) | (true, false, None) => Joining::Alone,
            (true, true, _) if matches!(self.plan.reading, Reading::Paste(_)) => Joining::Attempt,
            (true, ..) => Joining::Process,
        };
        Hit {
            input: self.input,
            line,
            offset,
            time,
            host: if found.record.host.is_empty() {
                field(fields.host).filter(|_| headless).map(server_name).unwrap_or_default()
            } else {
                found.record.host
            },
            program,
            pid: number(fields.worker).or(found.record.pid),
            pattern: found.pattern,
            user: field(fields.user).map(|user| self.user(user, found.pattern)),
            source: field(fields.source).map(record::unmapped),
            port: number(fields.port),
            child: number(fields.child),
            repeat: found.record.repeat.max(1),
            text: found.text,
            may_name_key: fields.more,
            place: fields.place,
            joins,
        }
    }

    /// A user name as it was typed: sshd escapes what it does not trust, PAM and others do not.
    fn user(&self, user: &'a [u8], pattern: PatternId) -> &'a [u8] {
        if memchr::memchr(b'\\', user).is_none() || !self.plan.matcher.is_vis(pattern) {
            return user;
        }
        self.keep(&record::unvis(user))
    }

    /// Copies bytes that do not live as long as the chunk.
    fn keep(&self, bytes: &[u8]) -> &'a [u8] {
        self.arena.alloc_slice_copy(bytes)
    }
}

/// Remembers the classes of programs: logs say the same few names many times.
struct ProgramMemo {
    known: [(SmallVec<[u8; 24]>, Option<ClassId>); 32],
}

impl Default for ProgramMemo {
    fn default() -> Self {
        Self { known: std::array::from_fn(|_| (SmallVec::new(), None)) }
    }
}

impl ProgramMemo {
    fn class_of(&mut self, catalog: &Catalog, program: &[u8]) -> Option<ClassId> {
        let (&first, &last) = program.first().zip(program.last())?;
        let place = (usize::from(first) * 7 + usize::from(last) * 3 + program.len()) % self.known.len();
        let (name, class) = &mut self.known[place];
        if name.len() != program.len() || !bytes::begins(name, program) {
            *class = catalog.class_of(program);
            name.clear();
            name.extend_from_slice(program);
        }
        *class
    }
}

/// The fields of `pattern` in a line that was cited, by name.
pub fn fields(matcher: &Matcher<'_>, line: &[u8], pattern: PatternId) -> Vec<(String, String)> {
    let clock = Clock::default();
    let plan = Plan { matcher, reading: Reading::Log, clock: &clock, since: None, until: None, plain: false };
    let arena = Bump::new();
    let scanner = Scanner::new(&plan, 0, 0, line, &arena);
    let classes = [Catalog::BARE_CLIENT, Catalog::BARE_SERVER];
    let mut found = classes.into_iter().flat_map(|class| scanner.line(class, line, line, &mut Vec::new()));
    let Some(found) = found.find(|f| f.pattern == pattern) else { return Vec::new() };
    let named = |(slot, name): (usize, &String)| {
        let value = found.message.get(found.captures.get(slot)?)?;
        Some((name.clone(), String::from_utf8_lossy(value).into_owned()))
    };
    matcher.slots(pattern).iter().enumerate().filter_map(named).collect()
}

impl<'a> Sink<'a> for Builder<'a, '_> {
    fn hit(&mut self, hit: &Hit<'a>) {
        Builder::hit(self, hit);
    }

    fn unknown(&mut self, line: u64, message: &[u8]) {
        Builder::unknown(self, line, message);
    }
}
