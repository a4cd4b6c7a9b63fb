//! What stands in a text and tells of no event: lists of what may go wrong, failures that exclude each other, one a line and close
//! together; and what somebody says once more of a line above.
//!
//! In: what is known in the lines of a text, in order. Out: the same without these. Knows nothing of how a line is read. Nothing else that is known stands between the failures of a list: whoever tries again shows what he did, and what failed on
//! several servers is told with their names.

use super::{Found, Scanner};
use crate::catalog::{CauseId, Kind};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// So many words before a message are a sentence.
const WORDS_OF_A_SENTENCE: usize = 4;

impl<'a> Scanner<'a, '_> {
    /// See the module. Of each line its number and what is known in it.
    pub(super) fn leave_out_lists(&self, known: &mut Vec<(usize, Vec<Found<'a>>)>) {
        for list in self.plan.matcher.lists() {
            let mut from = 0;
            while from < known.len() {
                let first = known[from].0;
                let items = known[from..].iter().map_while(|(line, found)| {
                    let cause = self.only_named(found).filter(|cause| list.causes.binary_search(cause).is_ok());
                    cause.filter(|_| line - first <= list.lines)
                });
                let items: Vec<CauseId> = items.collect();
                let different: BTreeSet<&CauseId> = items.iter().collect();
                if different.len() >= list.least {
                    known.drain(from..from + items.len());
                } else {
                    from += items.len().max(1);
                }
            }
        }
    }

    /// What somebody says once more of a line above, in a sentence of his own, is no line of its own. `text` gives a line's.
    pub(super) fn leave_out_repeated(
        &self,
        known: &mut Vec<(usize, Vec<Found<'a>>)>,
        text: impl Fn(usize) -> &'a [u8],
    ) {
        let mut whole = FxHashSet::default();
        known.retain(|(line, found)| {
            let [found] = found.as_slice() else { return true };
            let said = (found.pattern, found.message);
            if is_in_sentence(text(*line), found.message) {
                return !whole.contains(&said);
            }
            whole.insert(said);
            true
        });
    }

    /// The cause of a line that tells of one failure, and no server, user or log.
    fn only_named(&self, found: &[Found<'a>]) -> Option<CauseId> {
        let [found] = found else { return None };
        let fields = self.plan.matcher.fields(found.pattern);
        let mut names = [fields.user, fields.source, fields.host].into_iter().flatten();
        let tells =
            |slot: u8| found.captures.get(usize::from(slot)).is_some_and(|name| !found.message[name].starts_with(b"<"));
        let pattern = self.plan.matcher.catalog().pattern_at(found.pattern);
        let is_bare = found.record.program.is_empty() && pattern.kind == Kind::Failure && !names.any(tells);
        pattern.cause.filter(|_| is_bare)
    }
}

/// Whether words stand before a message in its line.
fn is_in_sentence(line: &[u8], message: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(line, message) else { return false };
    let words = line[..at].split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.filter(|word| word.iter().all(u8::is_ascii_alphabetic)).count() >= WORDS_OF_A_SENTENCE
}
