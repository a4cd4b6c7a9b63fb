//! The candidates that a message's first bytes leave, by how its last bytes must be.
//!
//! In: candidates in order of precedence, each with the end that every match of it has. Out: those that may match a message
//! with a given end, best first. Knows nothing of patterns and templates.
//!
//! The first bytes of sshd's most frequent messages (`Failed `, `Connection `) leave over a hundred candidates. Few ends are
//! different, so that comparing each end once, not each candidate, makes a catalog twice as large cost nearly the same.

use smallvec::SmallVec;

/// See [`crate::catalog::index::IndexWording::suffix`]: the last bytes, and which of them count.
pub type Suffix = (u64, u64);

/// See the module.
#[derive(Debug, Default)]
pub struct Reach {
    suffixes: Box<[Suffix]>,
    /// For each suffix, where its candidates begin in `candidates`; one more at the end.
    starts: Box<[u32]>,
    /// By suffix, then in order of precedence.
    candidates: Box<[u32]>,
}

impl Reach {
    /// Groups candidates; the lower number wins.
    pub fn of(candidates: impl Iterator<Item = (u32, Suffix)>) -> Self {
        let mut sorted: Vec<(Suffix, u32)> = candidates.map(|(candidate, suffix)| (suffix, candidate)).collect();
        sorted.sort_unstable();
        let (mut suffixes, mut starts) = (Vec::new(), Vec::new());
        for (at, (suffix, _)) in sorted.iter().enumerate() {
            if suffixes.last() != Some(suffix) {
                suffixes.push(*suffix);
                starts.push(at as u32);
            }
        }
        starts.push(sorted.len() as u32);
        let candidates = sorted.into_iter().map(|(_, candidate)| candidate).collect();
        Self { suffixes: suffixes.into(), starts: starts.into(), candidates }
    }

    /// The best candidate for which `matches` is true, among those that fit the message's `end`.
    pub fn first(&self, end: u64, mut matches: impl FnMut(u32) -> bool) -> Option<u32> {
        // What is left of each group that fits.
        let mut open = SmallVec::<[(u32, u32); 8]>::new();
        for (at, (suffix, mask)) in self.suffixes.iter().enumerate() {
            if end & mask == *suffix {
                open.push((self.starts[at], self.starts[at + 1]));
            }
        }
        loop {
            let best = open.iter_mut().filter(|(at, to)| at < to).min_by_key(|(at, _)| self.candidates[*at as usize])?;
            let candidate = self.candidates[best.0 as usize];
            best.0 += 1;
            if matches(candidate) {
                return Some(candidate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::index::IndexWording;

    #[test]
    fn only_what_fits_the_end_is_tried_and_the_best_first() {
        let ends: [&[u8]; 5] = [b"ssh2", b"", b"ssh2", b"preauth", b""];
        let reach = Reach::of(ends.iter().enumerate().map(|(at, end)| (at as u32, IndexWording::last_bytes(end))));
        for (message, expected) in [(&b"x ssh2"[..], vec![0, 1, 2, 4]), (b"x", vec![1, 4]), (b"a preauth", vec![1, 3, 4])]
        {
            let mut tried = Vec::new();
            let end = IndexWording::last_bytes(message).0;
            let none = reach.first(end, |candidate| {
                tried.push(candidate);
                false
            });
            assert_eq!((none, tried), (None, expected));
        }
    }
}
