//! Lines that a pager or `systemctl status` has cut at the edge of the terminal: `User bob from 192.0.2.7 not allowed because not l>`.
//!
//! In: the message of a log line that ends in a mark of cutting. Out: the message it begins, where only one cause has such. Knows
//! nothing of headers.
//!
//! Wherever a known message holds the last bytes that are there, what follows them in it may have followed here. What that takes
//! of fields is made up, so nothing of it is kept.

use super::{Found, Scanner};
use crate::catalog::ClassId;
use crate::record::Record;

/// What stands for the rest of a cut line; systemd keeps its very end.
const MARKS: [&str; 3] = [">", "…", "..."];
/// No more of the end is kept.
const MOST_KEPT: usize = 8;
/// So many of the last bytes are looked for, the more the better; at last those from the last blank on.
const ENDS: [usize; 3] = [20, 12, 7];
/// Ways to go on that are tried; where there are more, the end says too little.
const MOST_WAYS: usize = 200;
/// Lines of a chunk that are tried: each is compared with every message.
const MOST: u32 = 200;

impl<'a> Scanner<'a, '_> {
    /// See the module.
    pub(super) fn cut(&self, class: ClassId, record: Record<'a>, shown: &'a [u8]) -> Option<Found<'a>> {
        let message = record.message.trim_ascii_end();
        let cut_at = |mark: &&str| memchr::memmem::rfind(message, mark.as_bytes()).map(|at| (at, at + mark.len()));
        let (head, tail) = MARKS.iter().find_map(cut_at).map(|(end, rest)| (&message[..end], &message[rest..]))?;
        let tried = self.cuts.get();
        if tried >= MOST || tail.len() > MOST_KEPT {
            return None;
        }
        self.cuts.set(tried + 1);
        // Cut within the last field.
        if tail.is_empty()
            && let Some(found) = self.found(class, Record { message: head, ..record }, shown)
        {
            return Some(found);
        }
        let word = memchr::memrchr(b' ', head).map(|blank| head.len() - blank).filter(|length| *length > 1);
        let lengths = ENDS.iter().copied().chain(word).filter(|length| *length <= head.len());
        lengths.into_iter().find_map(|length| {
            let mut ends = self.plan.matcher.continuations(class, head, length);
            ends.retain(|end| end.ends_with(tail));
            // Of too many some would not be asked.
            if ends.len() > MOST_WAYS {
                return None;
            }
            let whole = |end: &Vec<u8>| {
                let message = self.keep(&[head, end.as_slice()].concat());
                let mut found = self.found(class, Record { message, ..record }, shown)?;
                found.captures.forget_from(found.message.len() - end.len());
                Some(found)
            };
            let mut found: Vec<Found<'a>> = ends.iter().filter_map(whole).collect();
            let pattern = |found: &Found<'_>| self.plan.matcher.catalog().pattern_at(found.pattern);
            let first = found.first().map(|f| (pattern(f).kind, pattern(f).cause))?;
            let one_cause = found.iter().all(|f| (pattern(f).kind, pattern(f).cause) == first);
            one_cause.then(|| found.swap_remove(0))
        })
    }
}
