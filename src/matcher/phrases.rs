//! General words that tell of a cause: what is left where no known message is found.
//!
//! In: the phrases of all patterns, and a line. Out: the pattern whose phrase stands in it first, the longest where several begin
//! there, and where it stands. Letters are the same in capitals or not, and a phrase begins and ends where words do. Knows
//! nothing of whether it counts.

use crate::catalog::{Catalog, Name, PatternId};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;

/// See the module.
#[derive(Debug)]
pub(super) struct Phrases {
    /// None where there are no phrases.
    automaton: Option<AhoCorasick>,
    /// Whose each phrase is.
    patterns: Vec<PatternId>,
}

impl Phrases {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let forms = |(owner, phrase): &(PatternId, Name)| {
            let (owner, phrase) = (*owner, phrase.to_string());
            in_capitals(&phrase).into_iter().chain([phrase]).map(move |form| (owner, form))
        };
        let (patterns, phrases): (Vec<PatternId>, Vec<String>) = catalog.phrases.iter().flat_map(forms).unzip();
        let mut builder = AhoCorasick::builder();
        let builder = builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest);
        // Built in half the time of the others; no more than a paste is searched.
        let builder = builder.kind(Some(AhoCorasickKind::NoncontiguousNFA));
        Self { automaton: builder.build(phrases).ok(), patterns }
    }

    pub(super) fn find(&self, line: &[u8]) -> Option<(PatternId, Range<usize>)> {
        let is_word = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric());
        let edge = |before: Option<&u8>, after: Option<&u8>| !(is_word(before) && is_word(after));
        let mut found = self.automaton.as_ref()?.find_iter(line);
        let begins = |at: usize| edge(at.checked_sub(1).and_then(|before| line.get(before)), line.get(at));
        let ends = |at: usize| edge(line.get(at - 1), line.get(at));
        let found = found.find(|found| begins(found.start()) && ends(found.end()))?;
        Some((self.patterns[found.pattern().as_usize()], found.range()))
    }
}

/// A phrase with its first letter, and with all letters, in capitals: of what is not ASCII the automaton knows no others.
fn in_capitals(phrase: &str) -> Vec<String> {
    let mut letters = phrase.chars();
    let forms = match letters.next() {
        Some(first) if !phrase.is_ascii() => vec![first.to_uppercase().chain(letters).collect(), phrase.to_uppercase()],
        _ => Vec::new(),
    };
    forms.into_iter().filter(|form: &String| form != phrase).collect()
}
