//! Sessions: the lines of one connection or attempt, and how they are put together again across chunks.
//!
//! In: hits, later the open ends of two neighbouring chunks. Out: sessions that are over.
//! Whether two neighbouring lines of a process belong together is decided by these two lines alone, so that the result does
//! not depend on where a chunk was cut.

use super::{Hit, Joining, Shape, Who};
use crate::catalog::{Kind, PatternId};
use crate::record::time::Micros;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::borrow::Cow;

/// Two lines of a process further apart than this are of different connections: process ids come around again.
const MAX_GAP_BYTES: u64 = 2 << 20;
/// The same in time. LoginGraceTime is 2 minutes unless somebody changed it.
const MAX_GAP_MICROS: Micros = 15 * 60 * 1_000_000;
/// Different patterns that a server's session remembers; transcripts have more.
const MAX_EVENTS: usize = 192;
/// Bytes of a line that a report shows.
const MAX_TEXT: usize = 1000;

/// A line that is kept to be shown.
#[derive(Debug, Clone)]
pub struct Line {
    /// Position of the input.
    pub input: u32,
    /// From 0.
    pub line: u64,
    /// When.
    pub time: Option<Micros>,
    /// What knows it.
    pub pattern: PatternId,
    /// The line, cut where it is very long.
    pub text: Box<[u8]>,
}

/// The lines of one process that may form a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    host: Cow<'a, [u8]>,
    pid: u32,
}

impl<'a> Key<'a> {
    pub(super) fn of(hit: &Hit<'a>) -> Option<Self> {
        match hit.joins {
            Joining::Alone => None,
            Joining::Process => Some(Self { host: Cow::Borrowed(hit.host), pid: hit.pid.unwrap_or(0) }),
            Joining::Attempt => Some(Self { host: Cow::Borrowed(b""), pid: 0 }),
        }
    }

    pub(super) fn to_owned_key(&self) -> Key<'static> {
        Key { host: Cow::Owned(self.host.to_vec()), pid: self.pid }
    }
}

/// A pattern seen in a session, with its first line.
#[derive(Debug, Clone)]
struct Event<'a> {
    pattern: PatternId,
    count: u8,
    line: u64,
    time: Option<Micros>,
    text: Cow<'a, [u8]>,
}

/// The first or last line of a session, as far as its neighbours matter.
#[derive(Debug, Clone, Copy)]
struct End {
    offset: u64,
    time: Option<Micros>,
    port: Option<u32>,
}

/// The known lines of one connection or attempt.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    input: u32,
    begins: bool,
    first: End,
    last: End,
    last_pattern: PatternId,
    span: (Option<Micros>, Option<Micros>),
    host: Cow<'a, [u8]>,
    user: Option<Cow<'a, [u8]>>,
    source: Option<Cow<'a, [u8]>>,
    events: SmallVec<[Event<'a>; 4]>,
}

impl<'a> Session<'a> {
    pub(super) fn of(hit: &Hit<'a>, begins: bool) -> Self {
        let end = End { offset: hit.offset, time: hit.time, port: hit.port };
        let event = Event {
            pattern: hit.pattern,
            count: hit.repeat.min(8) as u8,
            line: hit.line,
            time: hit.time,
            text: Cow::Borrowed(&hit.text[..hit.text.len().min(MAX_TEXT)]),
        };
        Self {
            input: hit.input,
            begins,
            first: end,
            last: end,
            last_pattern: hit.pattern,
            span: (hit.time, hit.time),
            host: Cow::Borrowed(hit.host),
            user: hit.user.map(Cow::Borrowed),
            source: hit.source.map(Cow::Borrowed),
            events: SmallVec::from_iter([event]),
        }
    }

    /// Whether `next`, which follows in the same process, is of the same connection.
    pub(super) fn continues_with(&self, next: &Session<'_>) -> bool {
        let near = next.first.offset.saturating_sub(self.last.offset) <= MAX_GAP_BYTES;
        let soon = match (self.last.time, next.first.time) {
            (Some(before), Some(after)) => (after - before).abs() <= MAX_GAP_MICROS,
            _ => true,
        };
        let same_port = match (self.last.port, next.first.port) {
            (Some(before), Some(after)) => before == after,
            _ => true,
        };
        !next.begins && near && soon && same_port
    }

    /// Whether an attempt is over when `pattern`, which begins one, comes.
    pub(super) fn is_complete(&self, pattern: PatternId, kind: impl Fn(PatternId) -> Kind) -> bool {
        self.events.iter().any(|e| e.pattern == pattern || kind(e.pattern) != Kind::Context)
    }

    pub(super) fn append(&mut self, next: Self) {
        self.last = next.last;
        self.last_pattern = next.last_pattern;
        self.span = (super::earlier(self.span.0, next.span.0), super::later(self.span.1, next.span.1));
        if self.host.is_empty() {
            self.host = next.host;
        }
        self.user = self.user.take().or(next.user);
        self.source = self.source.take().or(next.source);
        for event in next.events {
            match self.events.iter().position(|e| e.pattern == event.pattern) {
                Some(at) => self.events[at].count = self.events[at].count.saturating_add(event.count).min(8),
                None if self.events.len() < MAX_EVENTS => self.events.push(event),
                None => {}
            }
        }
    }

    pub(super) fn into_owned(self) -> Session<'static> {
        let own = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
        Session {
            input: self.input,
            begins: self.begins,
            first: self.first,
            last: self.last,
            last_pattern: self.last_pattern,
            span: self.span,
            host: own(self.host),
            user: self.user.map(own),
            source: self.source.map(own),
            events: self.events.into_iter().map(|e| Event { text: own(e.text), ..e }).collect(),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        let mut seen: SmallVec<[(PatternId, u8); 8]> =
            self.events.iter().map(|e| (e.pattern, e.count)).collect();
        seen.sort_unstable();
        Shape { seen, last: self.last_pattern }
    }

    pub(super) fn who(&self) -> Who {
        let text = |bytes: &Cow<'_, [u8]>| CompactString::from_utf8_lossy(bytes);
        Who {
            host: text(&self.host),
            user: self.user.as_ref().map(text),
            source: self.source.as_ref().map(text),
        }
    }

    pub(super) fn span(&self) -> (Option<Micros>, Option<Micros>) {
        self.span
    }

    pub(super) fn place(&self) -> (u32, u64) {
        (self.input, self.events.first().map_or(0, |e| e.line))
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        let line = |e: Event<'_>| Line {
            input: self.input,
            line: e.line,
            time: e.time,
            pattern: e.pattern,
            text: e.text.into_owned().into_boxed_slice(),
        };
        self.events.into_iter().map(line).collect()
    }
}

/// The sessions of a stretch of input that its neighbours may add to.
#[derive(Debug, Default)]
pub(super) struct Joins {
    from: u64,
    to: u64,
    /// Over at the right; may have begun before the stretch. At most one a process: its first.
    heads: FxHashMap<Key<'static>, Session<'static>>,
    /// May go on behind the stretch; the flag says that it may also have begun before.
    tails: FxHashMap<Key<'static>, (Session<'static>, bool)>,
}

impl Joins {
    pub(super) fn starting_at(offset: u64) -> Self {
        Self { from: offset, to: offset, ..Self::default() }
    }

    pub(super) fn ends_at(&mut self, offset: u64) {
        self.to = offset;
    }

    pub(super) fn may_have_begun_before(&self, session: &Session<'_>) -> bool {
        self.from > 0 && session.first.offset - self.from <= MAX_GAP_BYTES
    }

    pub(super) fn has_head(&self, key: &Key<'static>) -> bool {
        self.heads.contains_key(key)
    }

    pub(super) fn leave_head(&mut self, key: Key<'static>, session: Session<'static>) {
        self.heads.insert(key, session);
    }

    pub(super) fn leave_open(&mut self, key: Key<'static>, session: Session<'static>) {
        let first = !self.heads.contains_key(&key) && self.may_have_begun_before(&session);
        self.tails.insert(key, (session, first));
    }

    /// Appends the stretch that follows; returns the sessions that are over.
    pub(super) fn join(&mut self, next: Self) -> Vec<Session<'static>> {
        let mut over = Vec::new();
        for (key, head) in next.heads {
            self.add(key, head, true, None, &mut over);
        }
        for (key, (tail, is_head)) in next.tails {
            self.add(key, tail, is_head, Some(()), &mut over);
        }
        self.to = next.to;
        over
    }

    /// Adds one session of the following stretch; `open` says that it may go on behind that.
    fn add(
        &mut self,
        key: Key<'static>,
        session: Session<'static>,
        may_have_begun_before: bool,
        open: Option<()>,
        over: &mut Vec<Session<'static>>,
    ) {
        let mut joined = session;
        let mut is_head = may_have_begun_before && self.may_have_begun_before(&joined) && !self.heads.contains_key(&key);
        if let Some((mut tail, tail_is_head)) = self.tails.remove(&key) {
            if may_have_begun_before && tail.continues_with(&joined) {
                tail.append(joined);
                joined = tail;
                is_head = tail_is_head;
            } else {
                is_head = false;
                self.finish(&key, tail, tail_is_head, over);
            }
        }
        match open {
            Some(()) => drop(self.tails.insert(key, (joined, is_head))),
            None => self.finish(&key, joined, is_head, over),
        }
    }

    fn finish(&mut self, key: &Key<'static>, session: Session<'static>, is_head: bool, over: &mut Vec<Session<'static>>) {
        if is_head && !self.heads.contains_key(key) {
            self.heads.insert(key.clone(), session);
        } else {
            over.push(session);
        }
    }

    /// Takes out the sessions that no neighbour can add to any more.
    pub(super) fn settle(&mut self) -> Vec<Session<'static>> {
        let (from, to) = (self.from, self.to);
        let far_from_start = |s: &Session<'_>| from == 0 || s.first.offset - from > MAX_GAP_BYTES;
        let mut over = Vec::new();
        let late: Vec<_> = self.tails.extract_if(|_, (s, _)| to - s.last.offset > MAX_GAP_BYTES).collect();
        for (key, (session, is_head)) in late {
            self.finish(&key, session, is_head, &mut over);
        }
        over.extend(self.heads.extract_if(|_, s| far_from_start(s)).map(|(_, s)| s));
        over
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> Vec<Session<'static>> {
        let heads = self.heads.drain().map(|(_, s)| s);
        heads.chain(self.tails.drain().map(|(_, (s, _))| s)).collect()
    }

    pub(super) fn shift_lines(&mut self, by: u64) {
        let tails = self.tails.values_mut().map(|(s, _)| s);
        self.heads.values_mut().chain(tails).flat_map(|s| &mut s.events).for_each(|e| e.line += by);
    }
}
