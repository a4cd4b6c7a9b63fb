//! The candidates that a message's first bytes leave, by how its last bytes must be.
//!
//! In: candidates in order of precedence, each with the end that every match of it has. Out: those that may match a message
//! with a given end, best first. Knows nothing of patterns and templates.
//!
//! The first bytes of sshd's most frequent messages (`Failed `, `Connection `) leave over a hundred candidates. Few ends are
//! different, so that comparing each end once, not each candidate, makes a catalog twice as large cost nearly the same.

use super::fours::FoursOfText;
use smallvec::SmallVec;

/// See [`crate::catalog::index::IndexWording::suffix`]: the last bytes, and which of them count.
pub type Suffix = (u64, u64);

/// Candidates that are tried before it pays to look at the groups of four bytes that the message holds.
const FEW: u32 = 2;

/// See the module.
#[derive(Debug, Default)]
pub struct Reach {
    suffixes: Box<[Suffix]>,
    /// For each suffix, where its candidates begin in `candidates`; one more at the end.
    starts: Box<[u32]>,
    /// By suffix, then in order of precedence; with four bytes that every match holds.
    candidates: Box<[(u32, Option<u32>)]>,
}

impl Reach {
    /// Groups candidates; the lower number wins.
    pub fn of(candidates: impl Iterator<Item = (u32, Suffix, Option<u32>)>) -> Self {
        let mut sorted: Vec<_> = candidates.map(|(candidate, suffix, inner)| (suffix, candidate, inner)).collect();
        sorted.sort_unstable();
        let (mut suffixes, mut starts) = (Vec::new(), Vec::new());
        for (at, (suffix, ..)) in sorted.iter().enumerate() {
            if suffixes.last() != Some(suffix) {
                suffixes.push(*suffix);
                starts.push(at as u32);
            }
        }
        starts.push(sorted.len() as u32);
        let candidates = sorted.into_iter().map(|(_, candidate, inner)| (candidate, inner)).collect();
        Self { suffixes: suffixes.into(), starts: starts.into(), candidates }
    }

    /// The best candidate for which `matches` is true, among those that fit the message and its `end`.
    pub fn first(&self, message: &[u8], end: u64, mut matches: impl FnMut(u32) -> bool) -> Option<u32> {
        // What is left of each group that fits.
        let mut open = SmallVec::<[(u32, u32); 8]>::new();
        // In order, and the last byte is the highest: those that end like the message lie together, behind the one that may end
        // anyhow.
        let last = end >> 56;
        let from = self.suffixes.partition_point(|(suffix, _)| suffix >> 56 < last);
        let alike = self.suffixes[from..].iter().take_while(|(suffix, _)| suffix >> 56 == last);
        if from > 0 && self.suffixes[0].1 == 0 {
            open.push((self.starts[0], self.starts[1]));
        }
        for (at, (suffix, mask)) in alike.enumerate() {
            if end & mask == *suffix {
                open.push((self.starts[from + at], self.starts[from + at + 1]));
            }
        }
        let (mut tried, mut held) = (0, None);
        loop {
            let best =
                open.iter_mut().filter(|(at, to)| at < to).min_by_key(|(at, _)| self.candidates[*at as usize].0)?;
            let (candidate, _) = self.candidates[best.0 as usize];
            best.0 += 1;
            if matches(candidate) {
                return Some(candidate);
            }
            tried += 1;
            if tried < FEW {
                continue;
            }
            let first = held.is_none();
            let held = held.get_or_insert_with(|| FoursOfText::of(message));
            let cannot = |at: &u32| self.candidates[*at as usize].1.is_some_and(|inner| !held.has(inner));
            let skip = |(at, to): &mut (u32, u32)| *at += (*at..*to).take_while(cannot).count() as u32;
            if first { open.iter_mut().for_each(skip) } else { skip(best) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::index::IndexWording;
    use crate::matcher::fours::four;

    #[test]
    fn of_many_only_those_are_tried_whose_bytes_are_there() {
        let inner: [&[u8; 4]; 3] = [b" abc", b"9xyz", b"port"];
        let candidates = (0..30).map(|at| (at, (0, 0), Some(four(inner[at as usize % 3]))));
        let mut tried = Vec::new();
        let found = Reach::of(candidates).first(b"from 192.0.2.1 port 22", 0, |candidate| {
            tried.push(candidate);
            candidate > 20
        });
        assert_eq!((found, tried), (Some(23), vec![0, 1, 2, 5, 8, 11, 14, 17, 20, 23]));
    }

    #[test]
    fn only_what_fits_the_end_is_tried_and_the_best_first() {
        let ends: [&[u8]; 5] = [b"ssh2", b"", b"ssh2", b"preauth", b""];
        let reach =
            Reach::of(ends.iter().enumerate().map(|(at, end)| (at as u32, IndexWording::last_bytes(end), None)));
        for (message, expected) in
            [(&b"x ssh2"[..], vec![0, 1, 2, 4]), (b"x", vec![1, 4]), (b"a preauth", vec![1, 3, 4])]
        {
            let mut tried = Vec::new();
            let end = IndexWording::last_bytes(message).0;
            let none = reach.first(message, end, |candidate| {
                tried.push(candidate);
                false
            });
            assert_eq!((none, tried), (None, expected));
        }
    }
}
