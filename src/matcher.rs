//! From one message to the pattern that knows it.
//!
//! In: the class of the program that wrote the message, and its bytes. Out: the pattern and where its fields lie.
//! Knows nothing of files, records or the wording of causes.
//!
//! A message is dispatched by its first bytes to the wordings that begin so, see [`dispatch`], then by its last bytes; what is
//! left is a handful of candidates, tried from the most specific on. Only where none of them fits, the wordings that begin with
//! a field are looked for by a literal inside. Which candidates there are is worked out, for each class of programs and each
//! beginning, when the first message comes that has it, so that a short transcript pays only for what it holds.

pub mod dispatch;
pub mod fours;
mod hearsay;
pub mod literal;
mod phrases;
mod reach;

use crate::catalog::index::IndexWording;
use crate::catalog::tables::PatternTexts;
use crate::catalog::{Catalog, ClassId, PatternId, Place};
use crate::lazy::Lazy;
use crate::record::Stripped;
use crate::template::{Captures, Wording};
pub(crate) use hearsay::{Hearsay, List, Passage, Passages};
use literal::Needs;
use phrases::Phrases;
use reach::Reach;
use regex::bytes::Regex;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

/// Messages with one beginning that come before it pays to group their candidates.
const FEW: u8 = 6;

/// How much of a text is looked at for the beginning of a message.
const LONGEST_BEGINNING: usize = 80;

/// Matches messages against a catalog. Shared by all threads.
#[derive(Debug)]
pub struct Matcher<'c> {
    catalog: &'c Catalog,
    patterns: Lazy<Compiled>,
    /// In step with the catalog's wordings.
    wordings: Lazy<Box<Wording>>,
    /// For each class of programs the candidates that a beginning and all above it leave.
    reaches: Vec<OnceLock<Lazy<Reach>>>,
    /// For each class all its candidates in order of precedence, for the plain path.
    all: Vec<OnceLock<Vec<u32>>>,
    phrases: OnceLock<Phrases>,
    hearsay: OnceLock<Hearsay>,
    passages: Vec<Passage<'c>>,
    lists: OnceLock<Vec<List>>,
}

/// A pattern made ready.
#[derive(Debug)]
struct Compiled {
    slots: Vec<String>,
    regex: Option<String>,
    needs: Needs,
    /// The expression, once a message has what it needs.
    compiled: OnceLock<Option<Regex>>,
    vis: bool,
    fields: Fields,
}

/// Where a pattern's captures hold what the evidence is grouped by, if it says it at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fields {
    /// The user name.
    pub user: Option<u8>,
    /// The client's address.
    pub source: Option<u8>,
    /// The client's port in server logs, the server's in transcripts.
    pub port: Option<u8>,
    /// The server as the client names it.
    pub host: Option<u8>,
    /// Process id of a child that the line announces.
    pub child: Option<u8>,
    /// Process id that a listener's line is about.
    pub worker: Option<u8>,
    /// Whether it says anything else, which may name a key.
    pub more: bool,
    /// What it is to its attempt.
    pub place: Place,
}

impl<'c> Matcher<'c> {
    /// A matcher over `catalog`; nothing is compiled yet.
    pub fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            patterns: Lazy::new(catalog.patterns.len()),
            wordings: Lazy::new(catalog.tables.wordings.len()),
            reaches: catalog.classes.iter().map(|_| OnceLock::new()).collect(),
            all: catalog.classes.iter().map(|_| OnceLock::new()).collect(),
            phrases: OnceLock::new(),
            hearsay: OnceLock::new(),
            passages: catalog.hearsay.passages.iter().map(Passage::of).collect(),
            lists: OnceLock::new(),
        }
    }

    /// The catalog that is matched against.
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The pattern that knows the message of `line`, with its fields in `captures`.
    pub fn find(&self, class: ClassId, line: Stripped<'_>, captures: &mut Captures) -> Option<PatternId> {
        let message = line.message;
        let tables = &self.catalog.tables;
        let dispatch = &tables.dispatch;
        let end = IndexWording::last_bytes(message).0;
        let beginning = dispatch.longest(message, &tables.literals);
        let found = (beginning != dispatch::NONE).then_some(beginning).and_then(|beginning| {
            let mut matches = |at: u32| self.matches(at, &tables.wordings.at(at), line, true, captures);
            match self.reach(class, beginning) {
                Some(reach) => reach.first(message, end, matches),
                None => self.candidates(class, beginning, end).into_iter().find(|at| matches(*at)),
            }
        });
        if let Some(at) = found {
            return Some(PatternId(tables.wordings.at(at).pattern));
        }
        let mut reached = SmallVec::<[u32; 24]>::new();
        let literal = |at: u32| tables.literal(&tables.wordings.at(at));
        dispatch.inside(message, literal, |at| {
            if !reached.contains(&at) {
                reached.push(at);
            }
        });
        reached.sort_unstable();
        self.first(class, reached.into_iter(), line, captures)
    }

    /// How much of a text is the literal that some message begins with; 0 where it begins as none does.
    pub fn begins(&self, class: ClassId, text: &[u8]) -> usize {
        let tables = &self.catalog.tables;
        let beginnings = tables.dispatch.wordings(tables.dispatch.longest(text, &tables.literals));
        let mut longest_first =
            beginnings.map(|at| tables.wordings.at(at)).filter(|wording| self.is_of(class, wording));
        longest_first.next().map_or(0, |wording| tables.literal(&wording).len())
    }

    /// Whether a text begins with the literal that some message holds, behind a name that may be left out or anything else.
    pub fn begins_within(&self, class: ClassId, text: &[u8]) -> bool {
        let tables = &self.catalog.tables;
        let mut begins = false;
        let literal = |at: u32| tables.literal(&tables.wordings.at(at));
        tables.dispatch.inside(&text[..text.len().min(LONGEST_BEGINNING)], literal, |at| {
            begins |= text.starts_with(literal(at)) && self.is_of(class, &tables.wordings.at(at));
        });
        begins
    }

    /// The same answer as [`Matcher::find`] by trying every pattern in order of rank: slow, plain, and the measure of the other.
    pub fn find_plain(&self, class: ClassId, line: Stripped<'_>, captures: &mut Captures) -> Option<PatternId> {
        let wordings = &self.catalog.tables.wordings;
        let of_class = || (0..wordings.len() as u32).filter(|at| self.is_of(class, &wordings.at(*at))).collect();
        let all = self.all[usize::from(class.0)].get_or_init(of_class);
        self.first(class, all.iter().copied(), line, captures)
    }

    /// Where the fields of `pattern` that matter lie in its captures.
    pub fn fields(&self, pattern: PatternId) -> Fields {
        self.compiled(pattern).fields
    }

    /// Whether some who print `pattern` write user names as vis(3) does; names of others hold no such escapes.
    pub fn is_vis(&self, pattern: PatternId) -> bool {
        self.compiled(pattern).vis
    }

    /// The field names of `pattern`, by slot.
    pub fn slots(&self, pattern: PatternId) -> &[String] {
        &self.compiled(pattern).slots
    }

    fn first(
        &self,
        class: ClassId,
        mut order: impl Iterator<Item = u32>,
        line: Stripped<'_>,
        captures: &mut Captures,
    ) -> Option<PatternId> {
        let end = IndexWording::last_bytes(line.message).0;
        let fits = |at: u32| {
            let wording = &self.catalog.tables.wordings.at(at);
            let (suffix, mask) = wording.suffix;
            let fits =
                end & mask == suffix && self.is_of(class, wording) && self.matches(at, wording, line, false, captures);
            fits.then_some(PatternId(wording.pattern))
        };
        order.find_map(fits)
    }

    /// Whether programs of a class write a wording.
    fn is_of(&self, class: ClassId, wording: &IndexWording) -> bool {
        let pattern = self.catalog.pattern_at(PatternId(wording.pattern));
        pattern.emitters & self.catalog.classes[usize::from(class.0)].emitters != 0
    }

    /// `reached`: by its beginning, which the message is known to have.
    fn matches(
        &self,
        at: u32,
        wording: &IndexWording,
        line: Stripped<'_>,
        reached: bool,
        captures: &mut Captures,
    ) -> bool {
        let pattern = PatternId(wording.pattern);
        if self.catalog.pattern_at(pattern).mark.is_some_and(|mark| mark != line.mark) {
            return false;
        }
        if wording.message == IndexWording::REGEX {
            return self.compiled(pattern).regex_matches(line.message, captures);
        }
        let known = if reached { (wording.literal.1 - wording.literal.0) as usize } else { 0 };
        let unpack = || Box::new(self.catalog.tables.unpack(wording));
        self.wordings.get(at as usize, unpack).matches(line.message, known, captures)
    }

    /// The candidates for messages of a class whose longest beginning is this; none yet where few such messages have come.
    fn reach(&self, class: ClassId, beginning: u32) -> Option<&Reach> {
        let dispatch = &self.catalog.tables.dispatch;
        let of_beginning = || {
            let wordings = dispatch.wordings(beginning).map(|at| (at, self.catalog.tables.wordings.at(at)));
            let candidates = wordings.filter(|(_, wording)| self.is_of(class, wording));
            Reach::of(candidates.map(|(at, wording)| {
                let inner = (wording.inner != [0; 4]).then(|| fours::four(&wording.inner));
                (at, wording.suffix, inner)
            }))
        };
        let reaches = self.reaches[usize::from(class.0)].get_or_init(|| Lazy::new(dispatch.len()));
        reaches.get_after(FEW, beginning as usize, of_beginning)
    }

    /// The candidates that [`Reach`] would try for a message with this end, without what it holds.
    fn candidates(&self, class: ClassId, beginning: u32, end: u64) -> SmallVec<[u32; 24]> {
        let tables = &self.catalog.tables;
        let fits = |at: &u32| {
            let wording = tables.wordings.at(*at);
            let (suffix, mask) = wording.suffix;
            end & mask == suffix && self.is_of(class, &wording)
        };
        let mut fitting: SmallVec<[u32; 24]> = tables.dispatch.wordings(beginning).filter(fits).collect();
        fitting.sort_unstable();
        fitting
    }

    /// The pattern whose general words a line holds that no pattern knows.
    pub fn in_general_words(&self, line: &[u8]) -> Option<(PatternId, Range<usize>)> {
        self.phrases.get_or_init(|| Phrases::of(self.catalog)).find(line)
    }

    /// Whether the words around a message, which lies within `line`, say that somebody only names it. `general` words are named in more
    /// ways.
    pub fn is_hearsay(&self, line: &[u8], message: Range<usize>, general: bool) -> bool {
        self.hearsay.get_or_init(|| Hearsay::of(&self.catalog.hearsay.cues)).holds(line, message, general)
    }

    /// Failures that exclude each other, several of which in a text are a list of what may go wrong.
    pub(crate) fn lists(&self) -> &[List] {
        self.lists.get_or_init(|| self.catalog.hearsay.lists.iter().map(|list| List::of(self.catalog, list)).collect())
    }

    /// Whether the next line of a text is of a passage that reports nothing.
    pub(crate) fn is_passage<'m>(&'m self, passages: &mut Passages<'m>, line: &[u8]) -> bool {
        passages.hold(&self.passages, line)
    }

    /// What messages of a class that begin so go on with behind this beginning, each once, by its last `length` bytes.
    pub fn continuations(&self, class: ClassId, beginning: &[u8], length: usize) -> BTreeSet<Vec<u8>> {
        let tables = &self.catalog.tables;
        let wordings = (0..tables.wordings.len() as u32).map(|at| (at, tables.wordings.at(at)));
        let templates = wordings.filter(|(_, w)| w.message != IndexWording::REGEX && self.is_of(class, w));
        let after = |(at, wording): (u32, IndexWording)| {
            self.wordings.get(at as usize, || Box::new(tables.unpack(&wording))).after(beginning, length)
        };
        templates.filter_map(after).collect()
    }

    fn compiled(&self, pattern: PatternId) -> &Compiled {
        self.patterns.get(usize::from(pattern.0), || Compiled::new(self.catalog, self.catalog.pattern_at(pattern)))
    }
}

impl Compiled {
    fn new(catalog: &Catalog, pattern: &crate::catalog::Pattern) -> Self {
        let vis = catalog.emitters.iter().enumerate().any(|(at, e)| e.data.vis && pattern.emitters & 1 << at != 0);
        let PatternTexts { slots, regex, needs, .. } = catalog.pattern_texts(pattern);
        let slot = |name: &str| slots.iter().position(|s| s == name).map(|at| at as u8);
        let fields = Fields {
            user: slot("user"),
            source: slot("source"),
            port: slot("port"),
            host: slot("host"),
            child: slot("child"),
            worker: slot("worker"),
            place: pattern.place,
            more: slots
                .iter()
                .any(|s| !["user", "source", "port", "host", "child", "worker", "method"].contains(&s.as_str())),
        };
        Self { vis, fields, slots, regex, needs, compiled: OnceLock::new() }
    }

    fn regex_matches(&self, message: &[u8], captures: &mut Captures) -> bool {
        let Needs { begins, any } = &self.needs;
        let held = || any.iter().any(|literal| memchr::memmem::find(message, literal).is_some());
        let begun = || begins.iter().any(|beginning| message.starts_with(beginning));
        if !(begins.is_empty() || begun()) || !(any.is_empty() || held()) {
            return false;
        }
        let regex =
            self.compiled.get_or_init(|| self.regex.as_ref().and_then(|r| Regex::new(&literal::unbounded(r)).ok()));
        let Some(found) = regex.as_ref().and_then(|r| r.captures(message)) else { return false };
        captures.clear();
        for (slot, name) in self.slots.iter().enumerate() {
            if let Some(m) = found.name(name) {
                captures.set(slot as u8, m.range());
            }
        }
        true
    }
}

/// The literal that every match of `regex` holds, if there is one of use.
pub fn required_literal(regex: &str) -> Option<Vec<u8>> {
    literal::required(regex).map(|(_, literal)| literal)
}
