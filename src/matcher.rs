//! From one message to the pattern that knows it.
//!
//! In: the class of the program that wrote the message, and its bytes. Out: the pattern and where its fields lie.
//! Knows nothing of files, records or the wording of causes.
//!
//! Every class of programs has its own matcher, built when its first line comes, so that a short transcript pays only for
//! the client's patterns. A message is dispatched by its first bytes through a trie over the literal beginnings of all
//! wordings, then by its last bytes; what is left is a handful of candidates, tried from the most specific on. Only where
//! none of them fits, one Aho-Corasick pass looks for the literals of the patterns that begin with a field.

pub mod literal;
mod prefix_trie;
mod reach;

use crate::catalog::index::IndexWording;
use crate::catalog::{Catalog, ClassId, PatternId};
use crate::record::{Mark, Stripped};
use crate::template::{Captures, MAX_FIELDS, Template};
use aho_corasick::AhoCorasick;
use prefix_trie::PrefixTrie;
use reach::Reach;
use regex::bytes::Regex;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Matches messages against a catalog. Shared by all threads.
#[derive(Debug)]
pub struct Matcher<'c> {
    catalog: &'c Catalog,
    patterns: Vec<OnceLock<Compiled>>,
    classes: Vec<OnceLock<ClassMatcher>>,
}

/// A pattern made ready.
#[derive(Debug)]
struct Compiled {
    slots: Vec<String>,
    templates: Vec<Template>,
    regex: Option<Regex>,
    vis: bool,
    user: Option<u8>,
    source: Option<u8>,
    port: Option<u8>,
    host: Option<u8>,
    child: Option<u8>,
}

#[derive(Debug)]
struct ClassMatcher {
    /// In order of precedence.
    candidates: Vec<Candidate>,
    by_prefix: PrefixTrie,
    /// The candidates that a place of the trie and all before it leave; made when the first message ends its way there.
    reaches: Vec<OnceLock<Reach>>,
    inner: Inner,
}

/// The candidates that begin with a field, found by a literal inside.
#[derive(Debug, Default)]
struct Inner {
    /// Built once some messages came that no prefix explains; None inside: there are no such candidates.
    automaton: OnceLock<Option<AhoCorasick>>,
    /// Messages searched without the automaton.
    searched: AtomicU32,
    /// Position among the candidates, by the automaton's pattern.
    candidates: Vec<u32>,
    /// Where the literals lie in the catalog, in step.
    wordings: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    pattern: PatternId,
    mark: Option<Mark>,
    message: u8,
    wording: u16,
    /// See [`IndexWording::suffix`]: rejects most candidates without looking at their parts.
    suffix: (u64, u64),
    /// See [`IndexWording::inner`]; as [`reach::bit_of`] says it.
    inner: Option<u16>,
}

/// Fields that the evidence is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The user name.
    User,
    /// The client's address.
    Source,
    /// The client's port in server logs, the server's in transcripts.
    Port,
    /// The server as the client names it.
    Host,
    /// Process id of a child that the line announces.
    Child,
}

impl<'c> Matcher<'c> {
    /// A matcher over `catalog`; nothing is compiled yet.
    pub fn new(catalog: &'c Catalog) -> Self {
        Self {
            catalog,
            patterns: catalog.patterns.iter().map(|_| OnceLock::new()).collect(),
            classes: catalog.classes.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The catalog that is matched against.
    pub fn catalog(&self) -> &'c Catalog {
        self.catalog
    }

    /// The pattern that knows the message of `line`, with its fields in `captures`.
    pub fn find(&self, class: ClassId, line: Stripped<'_>, captures: &mut Captures) -> Option<PatternId> {
        let message = line.message;
        let matcher = self.class(class);
        let mut path = SmallVec::<[u32; 16]>::new();
        matcher.by_prefix.walk(message, &mut path);
        let end = IndexWording::last_bytes(message).0;
        let found = matcher.reach(&path).first(message, end, |at| self.candidate_matches(matcher, at, line, captures));
        if let Some(at) = found {
            return Some(matcher.candidates[at as usize].pattern);
        }
        let mut reached = SmallVec::<[u32; 24]>::new();
        matcher.inner.reach(self.catalog, message, &mut reached);
        reached.sort_unstable();
        self.first(matcher, &reached, line, captures)
    }

    /// How much of a text is the literal that some message begins with; 0 where it begins as none does.
    pub fn begins(&self, class: ClassId, text: &[u8]) -> usize {
        self.class(class).by_prefix.longest(text)
    }

    /// The same answer as [`Matcher::find`] by trying every pattern in order of rank: slow, plain, and the measure of the other.
    pub fn find_plain(&self, class: ClassId, line: Stripped<'_>, captures: &mut Captures) -> Option<PatternId> {
        let matcher = self.class(class);
        let all: Vec<u32> = (0..matcher.candidates.len() as u32).collect();
        self.first(matcher, &all, line, captures)
    }

    /// Where a field of `pattern` lies in its captures.
    pub fn slot(&self, pattern: PatternId, field: Field) -> Option<usize> {
        let compiled = self.compiled(pattern);
        let slot = match field {
            Field::User => compiled.user,
            Field::Source => compiled.source,
            Field::Port => compiled.port,
            Field::Host => compiled.host,
            Field::Child => compiled.child,
        };
        slot.map(usize::from)
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
        matcher: &ClassMatcher,
        order: &[u32],
        line: Stripped<'_>,
        captures: &mut Captures,
    ) -> Option<PatternId> {
        let end = IndexWording::last_bytes(line.message).0;
        let fits = |at: &u32| {
            let (suffix, mask) = matcher.candidates[*at as usize].suffix;
            end & mask == suffix && self.candidate_matches(matcher, *at, line, captures)
        };
        order.iter().copied().find(fits).map(|at| matcher.candidates[at as usize].pattern)
    }

    fn candidate_matches(&self, matcher: &ClassMatcher, at: u32, line: Stripped<'_>, captures: &mut Captures) -> bool {
        let candidate = &matcher.candidates[at as usize];
        if candidate.mark.is_some_and(|mark| mark != line.mark) {
            return false;
        }
        let compiled = self.compiled(candidate.pattern);
        match candidate.message {
            IndexWording::REGEX => compiled.regex_matches(line.message, captures),
            at => compiled.templates[at as usize].wordings[candidate.wording as usize].matches(line.message, captures),
        }
    }

    fn compiled(&self, pattern: PatternId) -> &Compiled {
        self.patterns[pattern.0 as usize].get_or_init(|| Compiled::new(self.catalog, self.catalog.pattern_at(pattern)))
    }

    fn class(&self, class: ClassId) -> &ClassMatcher {
        self.classes[class.0 as usize].get_or_init(|| ClassMatcher::new(self.catalog, class))
    }
}

impl Compiled {
    /// Faulty templates were reported by the checks; here they match nothing.
    fn new(catalog: &Catalog, pattern: &crate::catalog::Pattern) -> Self {
        let vis = catalog.emitters.iter().enumerate().any(|(at, e)| e.data.vis && pattern.emitters & 1 << at != 0);
        let mut slots = Vec::new();
        let parse = |m: &String| Template::parse(m, &mut slots).unwrap_or_else(|_| Template { wordings: Vec::new() });
        let templates = pattern.messages.iter().map(parse).collect();
        let regex = pattern.regex.as_ref().and_then(|r| Regex::new(r).ok());
        if let Some(regex) = &regex {
            slots = regex.capture_names().flatten().take(MAX_FIELDS).map(str::to_owned).collect();
        }
        let slot = |name: &str| slots.iter().position(|s| s == name).map(|at| at as u8);
        let (user, source, port, host, child) =
            (slot("user"), slot("source"), slot("port"), slot("host"), slot("child"));
        Self { vis, user, source, port, host, child, slots, templates, regex }
    }

    fn regex_matches(&self, message: &[u8], captures: &mut Captures) -> bool {
        let Some(found) = self.regex.as_ref().and_then(|r| r.captures(message)) else {
            return false;
        };
        captures.clear();
        for (slot, name) in self.slots.iter().enumerate() {
            if let Some(m) = found.name(name) {
                captures.set(slot as u8, m.range());
            }
        }
        true
    }
}

impl ClassMatcher {
    fn new(catalog: &Catalog, class: ClassId) -> Self {
        let mask = catalog.classes[class.0 as usize].emitters;
        let mut matcher = Self {
            candidates: Vec::new(),
            by_prefix: PrefixTrie::default(),
            reaches: Vec::new(),
            inner: Inner::default(),
        };
        // Wordings of one template share their literal; each is inserted once.
        let mut nodes = FxHashMap::default();
        for (position, wording) in catalog.wordings.iter().enumerate() {
            let id = PatternId(wording.pattern);
            let pattern = catalog.pattern_at(id);
            if pattern.emitters & mask == 0 {
                continue;
            }
            let at = matcher.candidates.len() as u32;
            let (message, wording_at, suffix) = (wording.message, wording.wording, wording.suffix);
            let inner = (wording.inner != [0; 4]).then(|| reach::bit_of(wording.inner));
            matcher.candidates.push(Candidate {
                pattern: id,
                mark: pattern.mark,
                message,
                wording: wording_at,
                suffix,
                inner,
            });
            if wording.prefixed {
                let node =
                    nodes.entry(wording.literal).or_insert_with(|| matcher.by_prefix.node(catalog.literal(wording)));
                matcher.by_prefix.add(*node, at);
            } else {
                matcher.inner.candidates.push(at);
                matcher.inner.wordings.push(position as u32);
            }
        }
        matcher.reaches.resize_with(matcher.by_prefix.len(), OnceLock::new);
        matcher
    }

    /// The candidates for messages whose way through the trie is `path`.
    fn reach(&self, path: &[u32]) -> &Reach {
        let of_path = || {
            let candidates = path.iter().flat_map(|node| self.by_prefix.at(*node));
            Reach::of(candidates.map(|at| {
                let candidate = &self.candidates[*at as usize];
                (*at, candidate.suffix, candidate.inner)
            }))
        };
        let last = path.last().map_or(0, |node| *node as usize);
        self.reaches[last].get_or_init(of_path)
    }
}

/// Building the automaton costs as much as searching this many messages literal by literal; a short paste has fewer.
const SEARCHES_BEFORE_AUTOMATON: u32 = 24;

impl Inner {
    /// Appends the candidates whose literal lies in `message`.
    fn reach(&self, catalog: &Catalog, message: &[u8], reached: &mut SmallVec<[u32; 24]>) {
        let literal = |wording: u32| catalog.literal(&catalog.wordings[wording as usize]);
        if self.automaton.get().is_none() && self.searched.fetch_add(1, Ordering::Relaxed) < SEARCHES_BEFORE_AUTOMATON {
            let mut last: (&[u8], bool) = (b"", true);
            for (candidate, wording) in self.candidates.iter().zip(&self.wordings) {
                let literal = literal(*wording);
                if literal != last.0 {
                    last = (literal, memchr::memmem::find(message, literal).is_some());
                }
                if last.1 {
                    reached.push(*candidate);
                }
            }
            return;
        }
        let build = || {
            let literals = self.wordings.iter().map(|w| literal(*w));
            if self.wordings.is_empty() { None } else { AhoCorasick::new(literals).ok() }
        };
        let Some(automaton) = self.automaton.get_or_init(build) else { return };
        for hit in automaton.find_overlapping_iter(message) {
            let candidate = self.candidates[hit.pattern().as_usize()];
            if !reached.contains(&candidate) {
                reached.push(candidate);
            }
        }
    }
}

/// The literal that every match of `regex` holds, if there is one of use.
pub fn required_literal(regex: &str) -> Option<Vec<u8>> {
    literal::required(regex).map(|(_, literal)| literal)
}
