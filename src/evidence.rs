//! Hits → facts: what was seen together, how often, by whom, and the lines that show it.
//!
//! In: the hits of one chunk, in order. Out: [`Evidence`], which merges with that of the next chunk or input.
//! Knows nothing of causes or output.
//!
//! Lines of one connection (server) or attempt (client) form a session. Sessions that saw the same patterns have the same
//! [`Shape`]; there are few shapes and many sessions, so that everything later works on shapes. Merging is associative:
//! any cut into chunks and any order of threads gives the same evidence.

mod bounds;
mod filter;
mod fingerprint;
mod joins;
mod ongoing;
mod parts;
mod session;
mod tally;
mod traits;
mod unknown;

pub use bounds::Bounds;
pub use filter::Filter;
pub use fingerprint::Fingerprints;
pub use joins::MAX_GAP_MICROS;
pub use parts::Ends;
pub use session::{Line, Session};
pub use tally::{Dictionary, Names, Sources, Tried};
pub use traits::Traits;
pub use unknown::{Unknown, UnknownLine};

use crate::catalog::{Kind, PatternId, Place};
use crate::record::time::Micros;
use compact_str::CompactString;
use joins::{End, Joins, Key, OwnedJoins};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use tally::{Sample, hash_of};

/// Facts of one shape that are kept when only noise made it; beyond that the rest is counted, not named.
const MAX_NOISE_FACTS: usize = 128;
/// The same for shapes that some line gives a closer reason for.
const MAX_FACTS: usize = 32_768;

/// A line that a pattern knows.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// Position of the input.
    pub input: u32,
    /// From 0 within the chunk.
    pub line: u64,
    /// Byte offset of the line in its input.
    pub offset: u64,
    /// When, if known.
    pub time: Option<Micros>,
    /// The server, by header or as the client names it; may be empty.
    pub host: &'a [u8],
    /// The program's tag, or the emitter's name for a line without a header.
    pub program: &'a [u8],
    /// The process.
    pub pid: Option<u32>,
    /// What knows the line.
    pub pattern: PatternId,
    /// The user name in it.
    pub user: Option<&'a [u8]>,
    /// The client's address in it.
    pub source: Option<&'a [u8]>,
    /// The port in it.
    pub port: Option<u32>,
    /// A process that the line announces as its child.
    pub child: Option<u32>,
    /// For how many messages it stands.
    pub repeat: u32,
    /// The whole line.
    pub text: &'a [u8],
    /// Whether the line may name a key.
    pub may_name_key: bool,
    /// What the line is to its attempt.
    pub place: Place,
    /// How it belongs to others.
    pub joins: Joining,
}

/// How a line belongs to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// To no other.
    Alone,
    /// To those of the same process of the same host.
    Process,
    /// To the attempt that the transcript is in.
    Attempt,
}

/// The patterns that a session saw, each with how often (at most 8), the last of them, and what is known of the time between them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// Ascending by pattern.
    pub seen: SmallVec<[(PatternId, u8); 8]>,
    /// The last line's pattern.
    pub last: PatternId,
    /// Bit set over the catalog's lapses: those that hold.
    pub lapses: u64,
}

/// Who met with a shape, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who {
    /// The server; empty where unknown.
    pub host: CompactString,
    /// The user name tried.
    pub user: Option<CompactString>,
    /// The client's address.
    pub source: Option<CompactString>,
    /// The port that a client asked for; None in a server's log.
    pub port: Option<u32>,
}

/// Sessions of one shape and one [`Who`].
#[derive(Debug, Clone)]
pub struct Fact {
    /// Who.
    pub who: Who,
    /// How many.
    pub count: u64,
    /// The earliest, if its time is known.
    pub first: Option<Micros>,
    /// The latest.
    pub last: Option<Micros>,
    /// The keys offered.
    pub keys: Fingerprints,
    /// The lines of the first one in order of input.
    pub lines: Vec<Line>,
    /// Where the last one in order of input begins: input and line.
    pub until: (u32, u64),
}

/// Facts of one shape.
#[derive(Debug, Clone)]
pub struct ShapeFacts {
    /// The shape.
    pub shape: Shape,
    /// Sessions of this shape, also those whose fact is not kept.
    pub count: u64,
    /// The earliest.
    pub first: Option<Micros>,
    /// The latest.
    pub last: Option<Micros>,
    facts: Sample<Fact>,
    noise: bool,
}

/// Which of two inputs, by their numbers, comes first.
pub type Order<'o> = dyn Fn(&u32, &u32) -> Ordering + 'o;
/// A session that outlives the bytes it was read from.
pub type OngoingSession = Session<Box<[u8]>>;

/// Counts of lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// All lines.
    pub lines: u64,
    /// Lines that a pattern knows.
    pub hits: u64,
    /// Of these, failures; a repeated message counts as often as it was repeated.
    pub failures: u64,
    /// Of these, successes.
    pub successes: u64,
    /// Lines of SSH programs that no pattern knows.
    pub unrecognised: u64,
}

/// What one chunk, one input or all inputs say.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Counts.
    pub totals: Totals,
    shapes: FxHashMap<u64, ShapeFacts>,
    /// Attempts by client address.
    pub sources: Sources,
    /// User names in failed attempts that are noise or a person's, as only counting tells.
    pub users: Names,
    /// Lines of SSH programs that no pattern knows.
    pub unknown: Unknown,
    joins: OwnedJoins,
}

/// Collects the hits of one chunk.
#[derive(Debug)]
pub struct Builder<'a, 't> {
    traits: &'t Traits,
    filter: &'t Filter,
    input: u32,
    bounds: &'t Bounds,
    known: bounds::Known,
    evidence: Evidence,
    joins: Joins<&'a [u8]>,
}

impl<'a, 't> Builder<'a, 't> {
    /// For a chunk that begins at `offset` of input number `input`.
    pub fn new(traits: &'t Traits, filter: &'t Filter, bounds: &'t Bounds, input: u32, offset: u64) -> Self {
        let known = bounds.known();
        let (sources, users) = (Sources::within(known.sources), Names::within(known.users));
        let evidence = Evidence { sources, users, ..Evidence::default() };
        Self { traits, filter, input, bounds, known, evidence, joins: Joins::starting_at(offset) }
    }

    /// Keeps what may have begun in an input before this one, see [`Evidence::take_ends`].
    pub fn after_another(mut self) -> Self {
        self.joins.follow();
        self
    }

    /// Takes the next hit.
    pub fn hit(&mut self, hit: &Hit<'a>) {
        let repeat = u64::from(hit.repeat);
        self.evidence.totals.hits += 1;
        match self.traits.kind(hit.pattern) {
            Kind::Failure => self.evidence.totals.failures += repeat,
            Kind::Success => self.evidence.totals.successes += repeat,
            Kind::Context => {}
        }
        if self.traits.is_aside(hit.pattern) {
            return;
        }
        // What a command shows of a host belongs to no attempt, and is not how one ended.
        let shown = hit.pid.is_none() && self.traits.stands_alone(hit.pattern);
        if hit.joins == Joining::Alone || shown {
            if !self.traits.is_mute(hit.pattern) {
                self.close(&Session::of(hit), hit.repeat);
            }
            return;
        }
        let (starts, hop) = (self.traits.starts(hit.pattern), self.traits.is_hop(hit.pattern));
        let (typed, heads) = (self.traits.is_typed(hit.pattern), self.traits.is_head(hit.pattern));
        let begins = match hit.joins {
            Joining::Attempt if starts || hop || typed || heads => {
                self.joins.open(Key::ATTEMPT).is_some_and(|attempt| {
                    let is_complete = || attempt.any(|p| p == hit.pattern || self.traits.kind(p) != Kind::Context);
                    let goes_on = || self.traits.is_between_addresses(attempt) && attempt.may_go_on_with(hit.host);
                    let ended = |kind: Kind| attempt.any(|p| self.traits.kind(p) == kind);
                    (starts && is_complete() && !goes_on())
                        || (hop && (ended(Kind::Success) || (ended(Kind::Failure) && attempt.is_not_of(hit))))
                        || (heads && attempt.any(|p| self.traits.is_head(p)))
                        || (typed && (self.traits.had_answer(attempt) || attempt.is_not_of(hit)))
                })
            }
            Joining::Attempt => {
                let another =
                    |attempt| self.traits.is_another(attempt, hit.pattern) || self.traits.is_of_another(attempt, hit);
                self.joins.open(Key::ATTEMPT).is_some_and(another)
            }
            // Nothing but what it says tells one connection from the next.
            Joining::Process if hit.pid.is_none() => {
                let key = Key::process(hit.host, 0);
                starts || self.joins.open(key).is_some_and(|open| self.traits.is_of_another(open, hit))
            }
            _ => starts,
        };
        let child = hit.child.map(|_| 1);
        let end = End {
            offset: hit.offset,
            time: hit.time,
            port: hit.port.filter(|_| hit.joins == Joining::Process || hit.source.is_some()),
            begins,
            is_in: self.traits.is_in(hit.pattern),
            may_be_late: self.traits.may_be_late(hit.pattern),
            announces: false,
        };
        self.joins.line(hit, session::Keys::of(hit).as_slice(), child, end);
        if self.joins.has_over() {
            self.joins.take_over().iter().for_each(|over| self.close(over, 1));
        }
    }

    fn close(&mut self, session: &Session<&[u8]>, repeat: u32) {
        self.evidence.close_within(session, self.traits, self.filter, repeat, &self.known);
    }

    /// Takes a line of an SSH program that no pattern knows.
    pub fn unknown(&mut self, line: u64, message: &[u8]) {
        self.evidence.totals.unrecognised += 1;
        self.evidence.unknown.add(self.input, line, message);
    }

    /// The evidence of a chunk of `lines` lines that is all of an input, when no other input goes on with it.
    pub fn finish_all(mut self, lines: u64) -> Evidence {
        self.evidence.totals.lines = lines;
        self.joins.drain().for_each(|session| self.close(&session, 1));
        self.bounds.learn(&self.evidence);
        self.evidence
    }

    /// The evidence of the chunk, which has `lines` lines and ends at `offset` of its input.
    pub fn finish(mut self, lines: u64, offset: u64) -> Evidence {
        self.evidence.totals.lines = lines;
        let (joins, over) = std::mem::take(&mut self.joins).into_owned(offset);
        self.evidence.joins = joins;
        over.iter().for_each(|session| self.close(session, 1));
        self.bounds.learn(&self.evidence);
        self.evidence
    }
}

impl Evidence {
    /// Adds the evidence of what follows in the same input.
    pub fn join(mut self, next: Self, traits: &Traits, filter: &Filter) -> Self {
        for over in self.append(next) {
            self.close(&over, traits, filter, 1);
        }
        self
    }

    /// Nothing follows in this input: every session is over.
    pub fn complete(mut self, traits: &Traits, filter: &Filter) -> Self {
        for session in self.joins.drain() {
            self.close(&session, traits, filter, 1);
        }
        self.prune();
        self
    }

    /// Puts the numbers of the lines right in complete evidence of an input that was read from its end.
    pub fn turn_lines(&mut self) {
        let last = self.totals.lines.saturating_sub(1);
        for fact in self.shapes.values_mut().flat_map(|s| s.facts.values_mut()) {
            fact.lines.iter_mut().for_each(|line| line.line = last.saturating_sub(line.line));
            fact.lines.sort_by_key(|line| line.line);
            fact.until.1 = last.saturating_sub(fact.until.1);
        }
        self.unknown.turn_lines(last);
    }

    /// Adds the complete evidence of another input. Of two lines that show the same, that of the earlier input is kept.
    /// Once all are there, [`Evidence::prune`] leaves what does not depend on their order.
    pub fn merge(mut self, other: Self, inputs: &Order<'_>) -> Self {
        self.absorb(other, inputs);
        self
    }

    /// Evidence of lines that are counted elsewhere: it only shows where else they are.
    pub fn uncounted(mut self) -> Self {
        self.totals = Totals::default();
        (self.sources, self.users) = (Sources::default(), Names::default());
        self.unknown.uncount();
        for shape in self.shapes.values_mut() {
            shape.count = 0;
            shape.facts.values_mut().for_each(|fact| fact.count = 0);
        }
        self
    }

    /// Gives the inputs other numbers.
    pub fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        for fact in self.shapes.values_mut().flat_map(|s| s.facts.values_mut()) {
            fact.lines.iter_mut().for_each(|line| line.input = number(line.input));
            fact.until.0 = number(fact.until.0);
        }
        self.unknown.renumber(number);
    }

    fn absorb(&mut self, other: Self, inputs: &Order<'_>) {
        self.totals.lines += other.totals.lines;
        self.totals.hits += other.totals.hits;
        self.totals.failures += other.totals.failures;
        self.totals.successes += other.totals.successes;
        self.totals.unrecognised += other.totals.unrecognised;
        self.sources.merge(other.sources);
        self.users.merge(other.users);
        self.unknown.merge(other.unknown, inputs);
        if self.shapes.is_empty() {
            self.shapes = other.shapes;
            return;
        }
        for (hash, facts) in other.shapes {
            match self.shapes.entry(hash) {
                Entry::Vacant(entry) => drop(entry.insert(facts)),
                Entry::Occupied(mut entry) => entry.get_mut().merge(facts, inputs),
            }
        }
    }

    fn shift_lines(&mut self, by: u64) {
        if by == 0 {
            return;
        }
        for fact in self.shapes.values_mut().flat_map(|s| s.facts.values_mut()) {
            fact.lines.iter_mut().for_each(|line| line.line += by);
            fact.until.1 += by;
        }
        self.unknown.shift_lines(by);
        self.joins.shift_lines(by);
    }

    fn close<T: AsRef<[u8]>>(&mut self, session: &Session<T>, traits: &Traits, filter: &Filter, repeat: u32) {
        self.close_within(session, traits, filter, repeat, &bounds::Known::default());
    }

    fn close_within<T: AsRef<[u8]>>(
        &mut self,
        session: &Session<T>,
        traits: &Traits,
        filter: &Filter,
        repeat: u32,
        known: &bounds::Known,
    ) {
        let (host, user, source) = (session.host(), session.user(), session.source());
        if filter.is_set() {
            let who = session.who();
            if !filter.admits(who.user.as_deref(), who.source.as_deref(), &who.host) {
                return;
            }
        }
        let shape = session.shape(traits);
        let noise = traits.is_noise(&shape);
        let any = |kind: Kind| shape.seen.iter().any(|(p, _)| traits.kind(*p) == kind);
        if let Some(source) = source {
            let outcome = match (any(Kind::Success), traits.has_noise(&shape)) {
                (true, _) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
            };
            if let Some(success) = outcome {
                let guesses =
                    shape.seen.iter().filter(|(p, _)| traits.kind(*p) == Kind::Failure).map(|(_, n)| *n).max();
                let count = if success { 1 } else { u64::from(guesses.unwrap_or(1)) };
                let span = session.span().0.zip(session.span().1);
                self.sources.add(source, user, success, count.max(u64::from(repeat)), span);
                if let Some(user) = user.filter(|_| !success) {
                    self.users.add(user, 1);
                }
            }
        }
        let hash = hash_of(&shape);
        let make = || {
            let facts = Sample::within(known.shapes.get(&hash).copied().unwrap_or_default());
            ShapeFacts { shape: shape.clone(), count: 0, first: None, last: None, facts, noise }
        };
        let facts = self.shapes.entry(hash).or_insert_with(make);
        facts.add(hash_of(&(host, user, source)), session, u64::from(repeat));
    }

    /// The shapes seen, in no order.
    pub fn shapes(&self) -> impl Iterator<Item = &ShapeFacts> {
        self.shapes.values()
    }

    /// Leaves of what there is too much of as much as is kept.
    pub fn prune(&mut self) {
        self.shapes.values_mut().for_each(|s| s.facts.prune(s.most()));
        self.sources.prune();
        self.users.prune();
        self.unknown.prune();
    }
}

impl ShapeFacts {
    /// Whether some facts were counted and not kept.
    pub fn is_partial(&self) -> bool {
        self.facts.is_partial()
    }

    /// By whom. Of too many a fair sample, the same whatever the order.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    fn most(&self) -> usize {
        if self.noise { MAX_NOISE_FACTS } else { MAX_FACTS }
    }

    fn add<T: AsRef<[u8]>>(&mut self, hash: u64, session: &Session<T>, count: u64) {
        let ((first, last), place) = (session.span(), session.place());
        self.count += count;
        self.first = earlier(self.first, first);
        self.last = later(self.last, last);
        let make = || Fact {
            who: session.who(),
            count,
            first,
            last,
            keys: session.fingerprints().clone(),
            lines: session.lines(),
            until: place,
        };
        let change = |fact: &mut Fact| {
            fact.count += count;
            fact.first = earlier(fact.first, first);
            fact.last = later(fact.last, last);
            fact.keys.merge(session.fingerprints());
            if place < fact.place() {
                fact.lines = session.lines();
            }
            fact.until = fact.until.max(place);
        };
        self.facts.update(self.most(), hash, make, change);
    }

    fn merge(&mut self, other: Self, inputs: &Order<'_>) {
        self.count += other.count;
        self.first = earlier(self.first, other.first);
        self.last = later(self.last, other.last);
        self.facts.merge(other.facts, self.most(), |fact, theirs| fact.merge(theirs, inputs));
    }
}

impl Fact {
    /// Where its first line is: input and line.
    pub fn place(&self) -> (u32, u64) {
        self.lines.first().map_or((u32::MAX, u64::MAX), |l| (l.input, l.line))
    }

    fn merge(&mut self, other: Self, inputs: &Order<'_>) {
        self.count += other.count;
        self.first = earlier(self.first, other.first);
        self.last = later(self.last, other.last);
        self.keys.merge(&other.keys);
        let (mine, theirs) = (self.place(), other.place());
        if inputs(&theirs.0, &mine.0).then(theirs.1.cmp(&mine.1)).is_lt() {
            self.lines = other.lines;
        }
        if inputs(&other.until.0, &self.until.0).then(other.until.1.cmp(&self.until.1)).is_gt() {
            self.until = other.until;
        }
    }
}

/// The earlier of two times of which either may be unknown.
pub fn earlier(a: Option<Micros>, b: Option<Micros>) -> Option<Micros> {
    a.into_iter().chain(b).min()
}

/// The later of two times of which either may be unknown.
pub fn later(a: Option<Micros>, b: Option<Micros>) -> Option<Micros> {
    a.into_iter().chain(b).max()
}

/// The stretch of time that covers both.
pub fn widen(a: Option<(Micros, Micros)>, b: Option<(Micros, Micros)>) -> Option<(Micros, Micros)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}
