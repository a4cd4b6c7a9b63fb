//! Sessions: the lines of one connection or attempt.
//!
//! In: hits. Out: sessions, each with what it saw, when, and by whom. Which lines are one session is for `joins.rs`.
//! Putting two sessions together does not depend on which comes first.

use super::joins::Key;
use super::{Hit, Joining, Shape, Who, earlier, later};
use crate::catalog::{Kind, PatternId};
use crate::record::time::Micros;
use compact_str::CompactString;
use smallvec::SmallVec;
use std::borrow::Cow;

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
struct Event<'a> {
    pattern: PatternId,
    count: u8,
    line: u64,
    time: Option<Micros>,
    text: Cow<'a, [u8]>,
}

/// A name, and the line that says it.
type Said<'a> = Option<(u64, Cow<'a, [u8]>)>;

/// The known lines of one connection or attempt.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    input: u32,
    last: (u64, PatternId),
    span: (Option<Micros>, Option<Micros>),
    host: Said<'a>,
    user: Said<'a>,
    source: Said<'a>,
    events: SmallVec<[Event<'a>; 4]>,
}

impl<'a> Session<'a> {
    /// A session of one line.
    pub(super) fn of(hit: &Hit<'a>) -> Self {
        let event = Event {
            pattern: hit.pattern,
            count: hit.repeat.min(8) as u8,
            line: hit.line,
            time: hit.time,
            text: Cow::Borrowed(&hit.text[..hit.text.len().min(MAX_TEXT)]),
        };
        let said = |name: &'a [u8]| (hit.line, Cow::Borrowed(name));
        Self {
            input: hit.input,
            last: (hit.offset, hit.pattern),
            span: (hit.time, hit.time),
            host: (!hit.host.is_empty()).then(|| said(hit.host)),
            user: hit.user.map(said),
            source: hit.source.map(said),
            events: SmallVec::from_iter([event]),
        }
    }

    /// Whether an attempt is over when `pattern`, which begins one, comes.
    pub(super) fn is_complete(&self, pattern: PatternId, kind: impl Fn(PatternId) -> Kind) -> bool {
        self.events.iter().any(|e| e.pattern == pattern || kind(e.pattern) != Kind::Context)
    }

    /// Adds what another session of the same connection saw.
    pub(super) fn absorb(&mut self, other: Self) {
        if other.last.0 > self.last.0 {
            self.last = other.last;
        }
        self.span = (earlier(self.span.0, other.span.0), later(self.span.1, other.span.1));
        first_said(&mut self.host, other.host);
        first_said(&mut self.user, other.user);
        first_said(&mut self.source, other.source);
        for event in other.events {
            match self.events.iter().position(|e| e.pattern == event.pattern) {
                Some(at) => self.events[at].absorb(event),
                None if self.events.len() < MAX_EVENTS => self.events.push(event),
                None => {}
            }
        }
    }

    pub(super) fn into_owned(self) -> Session<'static> {
        let own = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
        let own_said = |said: Said<'_>| said.map(|(line, name)| (line, own(name)));
        Session {
            input: self.input,
            last: self.last,
            span: self.span,
            host: own_said(self.host),
            user: own_said(self.user),
            source: own_said(self.source),
            events: self.events.into_iter().map(|e| Event { text: own(e.text), ..e }).collect(),
        }
    }

    pub(super) fn shift_lines(&mut self, by: u64) {
        self.events.iter_mut().for_each(|e| e.line += by);
        let said = [&mut self.host, &mut self.user, &mut self.source];
        said.into_iter().flatten().for_each(|(line, _)| *line += by);
    }

    pub(super) fn shape(&self) -> Shape {
        let mut seen: SmallVec<[(PatternId, u8); 8]> =
            self.events.iter().map(|e| (e.pattern, e.count)).collect();
        seen.sort_unstable();
        Shape { seen, last: self.last.1 }
    }

    pub(super) fn who(&self) -> Who {
        let text = |said: &Said<'_>| said.as_ref().map(|(_, name)| CompactString::from_utf8_lossy(name));
        Who { host: text(&self.host).unwrap_or_default(), user: text(&self.user), source: text(&self.source) }
    }

    pub(super) fn span(&self) -> (Option<Micros>, Option<Micros>) {
        self.span
    }

    pub(super) fn place(&self) -> (u32, u64) {
        (self.input, self.events.iter().map(|e| e.line).min().unwrap_or(0))
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        let line = |e: Event<'_>| Line {
            input: self.input,
            line: e.line,
            time: e.time,
            pattern: e.pattern,
            text: e.text.into_owned().into_boxed_slice(),
        };
        let mut lines: Vec<Line> = self.events.into_iter().map(line).collect();
        lines.sort_by_key(|l| l.line);
        lines
    }
}

impl Event<'_> {
    fn absorb(&mut self, other: Self) {
        let count = self.count.saturating_add(other.count).min(8);
        if other.line < self.line {
            *self = other;
        }
        self.count = count;
    }
}

/// The first line that names somebody counts.
fn first_said<'a>(said: &mut Said<'a>, other: Said<'a>) {
    if let Some(other) = other
        && said.as_ref().is_none_or(|known| other.0 < known.0)
    {
        *said = Some(other);
    }
}

/// By what a line is joined to others: its process, the process it announces, and its peer.
pub(super) fn keys<'a>(hit: &Hit<'a>) -> SmallVec<[Key<'a>; 3]> {
    let host = || Cow::Borrowed(hit.host);
    match hit.joins {
        Joining::Alone => SmallVec::new(),
        Joining::Attempt => SmallVec::from_iter([Key::Attempt]),
        Joining::Process => {
            let process = hit.pid.map(|pid| Key::Process { host: host(), pid });
            let child = hit.child.map(|pid| Key::Process { host: host(), pid });
            let peer = hit.source.zip(hit.port);
            let peer = peer.map(|(source, port)| Key::Peer { host: host(), source: Cow::Borrowed(source), port });
            process.into_iter().chain(child).chain(peer).collect()
        }
    }
}
