//! Sessions: the lines of one connection or attempt.
//!
//! In: hits. Out: sessions, each with what it saw, when, and by whom. Which lines are one session is for `joins.rs`.
//! Putting two sessions together does not depend on which comes first.

use super::joins::Key;
use super::tally::name;
use super::{Fingerprints, Hit, Joining, Shape, Traits, Who, earlier, later};
use crate::catalog::{PatternId, Place};
use crate::record::time::Micros;
use smallvec::SmallVec;

/// Different patterns that a session remembers.
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

/// A pattern seen in a session, with its first line.
#[derive(Debug, Clone)]
struct Event<T> {
    pattern: PatternId,
    count: u8,
    line: u64,
    time: Option<Micros>,
    text: T,
}

/// How it ends: what that line is to it, where it is, and what it says. The greatest counts.
type Ending = (Place, u64, PatternId);

/// A name, and the line that says it.
type Said<T> = Option<(u64, T)>;

/// The known lines of one connection or attempt. `T` is text borrowed from a chunk, or owned once the chunk is gone.
#[derive(Debug, Clone)]
pub struct Session<T> {
    input: u32,
    /// Offset of its last line.
    last: u64,
    ending: Ending,
    span: (Option<Micros>, Option<Micros>),
    host: Said<T>,
    user: Said<T>,
    source: Said<T>,
    port: Said<u32>,
    keys: Fingerprints,
    events: SmallVec<[Event<T>; 4]>,
}

impl<'a> Session<&'a [u8]> {
    /// A session of one line.
    pub(super) fn of(hit: &Hit<'a>) -> Self {
        let said = |name: &'a [u8]| (hit.line, name);
        Self {
            input: hit.input,
            last: hit.offset,
            ending: ending(hit),
            span: (hit.time, hit.time),
            host: (!hit.host.is_empty()).then(|| said(hit.host)),
            user: hit.user.map(said),
            source: hit.source.map(said),
            port: asked_port(hit),
            keys: fingerprints(hit),
            events: smallvec::smallvec![Event::of(hit)],
        }
    }

    /// Adds a line; the same as to absorb a session of that line alone.
    pub(super) fn add(&mut self, hit: &Hit<'a>) {
        self.last = self.last.max(hit.offset);
        self.ending = self.ending.max(ending(hit));
        self.span = (earlier(self.span.0, hit.time), later(self.span.1, hit.time));
        let host = Some(hit.host).filter(|h| !h.is_empty());
        for (said, name) in [(&mut self.host, host), (&mut self.user, hit.user)] {
            first_said(said, name.map(|n| (hit.line, n)));
        }
        first_address(&mut self.source, hit.source.map(|source| (hit.line, source)));
        first_said(&mut self.port, asked_port(hit));
        self.keys.merge(&fingerprints(hit));
        self.add_event(Event::of(hit));
    }

    pub(super) fn into_owned(self) -> Session<Box<[u8]>> {
        let own = |said: Said<&'a [u8]>| said.map(|(line, name)| (line, name.into()));
        let event = |e: Event<&'a [u8]>| Event {
            pattern: e.pattern,
            count: e.count,
            line: e.line,
            time: e.time,
            text: e.text.into(),
        };
        Session {
            input: self.input,
            last: self.last,
            ending: self.ending,
            span: self.span,
            host: own(self.host),
            user: own(self.user),
            source: own(self.source),
            port: self.port,
            keys: self.keys,
            events: self.events.into_iter().map(event).collect(),
        }
    }
}

impl<T: AsRef<[u8]>> Session<T> {
    /// Whether a line of such a pattern was seen.
    pub(super) fn any(&self, wanted: impl Fn(PatternId) -> bool) -> bool {
        self.events.iter().any(|e| wanted(e.pattern))
    }

    /// Whether `host` may be a further address of the server: the same name, or what follows an IPv6 address.
    pub(super) fn may_go_on_with(&self, host: &[u8]) -> bool {
        let first = self.host();
        let is_ipv6 = || memchr::memchr(b':', first).is_some();
        !host.is_empty() && !first.is_empty() && (first == host || is_ipv6())
    }

    /// Whether a line names another user, or another server by the same kind of name: of the same login one may be tried again.
    pub(super) fn is_not_of(&self, hit: &Hit<'_>) -> bool {
        let is_address = |host: &[u8]| host.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'));
        let same_kind = |a: &[u8], b: &[u8]| !a.is_empty() && !b.is_empty() && is_address(a) == is_address(b);
        let other_user = self.user().zip(hit.user).is_some_and(|(ours, theirs)| ours != theirs);
        other_user || (same_kind(self.host(), hit.host) && self.host() != hit.host)
    }

    /// Adds what another session of the same connection saw.
    pub(super) fn absorb(&mut self, other: Self) {
        self.last = self.last.max(other.last);
        self.ending = self.ending.max(other.ending);
        self.span = (earlier(self.span.0, other.span.0), later(self.span.1, other.span.1));
        first_said(&mut self.host, other.host);
        first_said(&mut self.user, other.user);
        first_address(&mut self.source, other.source);
        first_said(&mut self.port, other.port);
        self.keys.merge(&other.keys);
        other.events.into_iter().for_each(|e| self.add_event(e));
    }

    fn add_event(&mut self, event: Event<T>) {
        match self.events.iter().position(|e| e.pattern == event.pattern) {
            Some(at) => self.events[at].absorb(event),
            None if self.events.len() < MAX_EVENTS => self.events.push(event),
            None => {}
        }
    }

    /// Makes it one of an input in which so many bytes lie before its own.
    pub(super) fn move_by(&mut self, bytes: u64) {
        self.last += bytes;
        self.ending.1 += bytes;
        self.input = 0;
    }

    pub(super) fn shift_lines(&mut self, by: u64) {
        self.events.iter_mut().for_each(|e| e.line += by);
        let said = [&mut self.host, &mut self.user, &mut self.source];
        said.into_iter().flatten().for_each(|(line, _)| *line += by);
        self.port.iter_mut().for_each(|(line, _)| *line += by);
    }

    pub(super) fn shape(&self, traits: &Traits) -> Shape {
        let mut seen: SmallVec<[(PatternId, u8); 8]> = self.events.iter().map(|e| (e.pattern, e.count)).collect();
        seen.sort_unstable();
        let times = self.events.iter().map(|e| (e.pattern, e.time));
        Shape { seen, last: self.ending.2, lapses: traits.lapses(times) }
    }

    pub(super) fn host(&self) -> &[u8] {
        self.host.as_ref().map_or(b"", |(_, name)| name.as_ref())
    }

    pub(super) fn user(&self) -> Option<&[u8]> {
        self.user.as_ref().map(|(_, name)| name.as_ref())
    }

    pub(super) fn source(&self) -> Option<&[u8]> {
        self.source.as_ref().map(|(_, name)| name.as_ref())
    }

    pub(super) fn fingerprints(&self) -> &Fingerprints {
        &self.keys
    }

    pub(super) fn who(&self) -> Who {
        Who {
            host: name(self.host()),
            user: self.user().map(name),
            source: self.source().map(name),
            port: self.port.map(|(_, port)| port),
        }
    }

    pub(super) fn span(&self) -> (Option<Micros>, Option<Micros>) {
        self.span
    }

    pub(super) fn last_pattern(&self) -> PatternId {
        self.ending.2
    }

    /// Offset of its last line.
    pub fn end(&self) -> u64 {
        self.last
    }

    /// Input and first line.
    pub fn place(&self) -> (u32, u64) {
        (self.input, self.events.iter().map(|e| e.line).min().unwrap_or(0))
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let line = |e: &Event<T>| Line {
            input: self.input,
            line: e.line,
            time: e.time,
            pattern: e.pattern,
            text: e.text.as_ref().into(),
        };
        let mut lines: Vec<Line> = self.events.iter().map(line).collect();
        lines.sort_by_key(|l| l.line);
        lines
    }
}

impl<'a> Event<&'a [u8]> {
    fn of(hit: &Hit<'a>) -> Self {
        Self {
            pattern: hit.pattern,
            count: hit.repeat.min(8) as u8,
            line: hit.line,
            time: hit.time,
            text: &hit.text[..hit.text.len().min(MAX_TEXT)],
        }
    }
}

impl<T> Event<T> {
    fn absorb(&mut self, other: Self) {
        let count = self.count.saturating_add(other.count).min(8);
        if other.line < self.line {
            *self = other;
        }
        self.count = count;
    }
}

/// The first line that names somebody counts.
fn first_said<T>(said: &mut Said<T>, other: Said<T>) {
    if let Some(other) = other
        && said.as_ref().is_none_or(|known| other.0 < known.0)
    {
        *said = Some(other);
    }
}

/// The first address counts, and before any the first name of one: PAM logs what sshd resolved, which others do not say.
fn first_address<T: AsRef<[u8]>>(said: &mut Said<T>, other: Said<T>) {
    match (said.as_ref(), other.as_ref()) {
        (Some((_, known)), Some((_, new))) if is_number(known.as_ref()) != is_number(new.as_ref()) => {
            if is_number(new.as_ref()) {
                *said = other;
            }
        }
        _ => first_said(said, other),
    }
}

/// Whether an address is written in numbers.
fn is_number(address: &[u8]) -> bool {
    address.contains(&b':') || address.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

fn ending(hit: &Hit<'_>) -> Ending {
    (hit.place, hit.offset, hit.pattern)
}

/// The port that the client of a transcript asked for.
fn asked_port(hit: &Hit<'_>) -> Said<u32> {
    hit.port.filter(|_| hit.joins == Joining::Attempt && hit.source.is_none()).map(|port| (hit.line, port))
}

fn fingerprints(hit: &Hit<'_>) -> Fingerprints {
    if hit.may_name_key { Fingerprints::of(hit.text) } else { Fingerprints::default() }
}

/// By what a line is joined to others: its process, the process it announces, and its peer.
pub(super) struct Keys {
    keys: [Key; 3],
    count: usize,
}

impl Keys {
    pub(super) fn of(hit: &Hit<'_>) -> Self {
        let mut all = Self { keys: [Key::ATTEMPT; 3], count: 0 };
        match hit.joins {
            Joining::Alone => {}
            Joining::Attempt => all.add(Key::ATTEMPT),
            Joining::Process => {
                all.add(Key::process(hit.host, hit.pid.unwrap_or(0)));
                if let Some(pid) = hit.child {
                    all.add(Key::process(hit.host, pid));
                }
                if let (Some(source), Some(port)) = (hit.source, hit.port) {
                    all.add(Key::peer(hit.host, source, port));
                }
            }
        }
        all
    }

    fn add(&mut self, key: Key) {
        self.keys[self.count] = key;
        self.count += 1;
    }

    pub(super) fn as_slice(&self) -> &[Key] {
        &self.keys[..self.count]
    }
}
