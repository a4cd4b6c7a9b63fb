//! Failures that somebody tells of in a sentence: `the log says Failed password for bob from 192.0.2.7 port 4 ssh2 and then ...`.
//!
//! In: a line of a paste in which nothing else is known. Out: the failures stated in it, in order. Knows nothing of headers.
//!
//! What stands between marks of quoting is tried first, then every word as a beginning, in capitals or not, and every later
//! end of a word as the end. Of all that fits that counts which is fixed text for the most part, and then the longest.

use super::{Found, Scanner};
use crate::catalog::{Catalog, ClassId, Kind};
use crate::record::places;

/// What may be there by chance, a message in the middle of a sentence or one of the other side, is known by this much fixed text.
pub(super) const MIN_FIXED: usize = 14;
/// Longest message within a sentence.
const MAX_TOLD: usize = 300;
/// Failures told of in one sentence.
const MOST_TOLD: usize = 4;
/// Words in one line that begin as messages do and are tried as such.
const MOST_TRIED: usize = 40;
/// This much of the beginning of a server's message is there only where one was begun.
const SURELY_BEGUN: usize = 8;
/// Whose words may be told: what a server says, and what clients and commands print.
const SPEAKERS: [ClassId; 2] = [Catalog::BARE_SERVER, Catalog::BARE_CLIENT];

impl<'a> Scanner<'a, '_> {
    /// See the module. In a line that a server wrote itself what is between marks may be a stranger's name, so the line must
    /// not be one.
    /// `whole` is the line with what decorates it.
    pub(super) fn in_prose(&self, line: &'a [u8], whole: &'a [u8], shown: &'a [u8]) -> Vec<Found<'a>> {
        let named = |start: usize, length: usize| self.is_named(whole, &line[start..start + length]);
        let stated = |span: &'a [u8]| {
            let found = self.bare_within(Catalog::BARE_SERVER, span, shown)?;
            let start = span.as_ptr().addr() - line.as_ptr().addr();
            (self.kind(found.pattern) == Kind::Failure && !named(start, found.stated())).then_some(found)
        };
        if let Some(found) = places::between_marks(line).find_map(stated) {
            return vec![found];
        }
        let mut told = Vec::new();
        let (mut over, mut tried) = (0, 0);
        for start in places::beginnings(line) {
            if start < over {
                continue;
            }
            if self.is_out_of_patience() {
                break;
            }
            let text = &line[start..];
            // The whole line was tried as such.
            let is_all = |(found, length): &(Found<'_>, usize)| {
                *length == line.len() && line.as_ptr_range().contains(&found.message.as_ptr())
            };
            if let Some((found, length)) = self.told(text, shown, &mut tried).filter(|told| !is_all(told)) {
                over = start + length;
                if !named(start, found.stated().min(length)) {
                    told.push(found);
                }
            } else if self.has_surely_begun(line, start) {
                // Of a message that cannot be read to its end the rest may be a stranger's name.
                break;
            }
            if told.len() == MOST_TOLD || tried >= MOST_TRIED {
                break;
            }
        }
        told
    }

    /// Whether one of a server's messages begins at `start`, and no sentence goes on with a word that anybody may write.
    fn has_surely_begun(&self, line: &[u8], start: usize) -> bool {
        let (before, text) = line.split_at(start);
        let begun = self.plan.matcher.begins(Catalog::BARE_SERVER, text);
        let is_word = || text[..begun].trim_ascii_end().iter().all(u8::is_ascii_alphabetic);
        let goes_on = || before.ends_with(b" ") && !before.ends_with(b": ");
        begun >= SURELY_BEGUN && !(is_word() && goes_on())
    }

    /// The failure that a text begins with, and its length; with its first letter in capitals or not. Counts what it tried.
    fn told(&self, text: &'a [u8], shown: &'a [u8], tried: &mut usize) -> Option<(Found<'a>, usize)> {
        let text = &text[..text.len().min(MAX_TOLD)];
        let matcher = self.plan.matcher;
        let begins = |text: &[u8]| SPEAKERS.iter().any(|class| matcher.begins(*class, text) > 0);
        let written = begins(text) || SPEAKERS.iter().any(|class| matcher.begins_within(*class, text));
        *tried += usize::from(written);
        if written && let Some(told) = self.told_as_written(text, &SPEAKERS, shown) {
            return Some(told);
        }
        let first = text.first().filter(|b| b.is_ascii_alphabetic())?;
        let mut turned = text.to_vec();
        turned[0] = first ^ 0x20;
        let turned_begins = begins(&turned);
        *tried += usize::from(turned_begins);
        turned_begins.then(|| self.told_as_written(self.keep(&turned), &SPEAKERS, shown))?
    }

    /// The failure that a text begins with as one of `speakers` prints it, and its length.
    pub(super) fn told_as_written(
        &self,
        text: &'a [u8],
        speakers: &[ClassId],
        shown: &'a [u8],
    ) -> Option<(Found<'a>, usize)> {
        let text = &text[..text.len().min(MAX_TOLD)];
        let mut best: Option<(usize, Found<'a>, usize)> = None;
        for end in places::word_ends(text) {
            for class in speakers {
                let Some(found) = self.bare_within(*class, &text[..end], shown) else { continue };
                let fixed = found.fixed();
                if best.as_ref().is_none_or(|(most, ..)| fixed >= *most) {
                    best = Some((fixed, found, end));
                }
            }
        }
        let (fixed, found, end) = best?;
        (fixed >= MIN_FIXED && self.kind(found.pattern) == Kind::Failure).then_some((found, end))
    }
}
