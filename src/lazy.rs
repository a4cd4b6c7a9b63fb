//! Tables whose entries are made when they are first asked for.
//!
//! In: a position and how to make its entry. Out: the entry, the same for all threads. Knows nothing of what the entries are.
//!
//! Of thousands of entries a short transcript needs dozens. Merely preparing one place for each would touch more memory than
//! all the rest of such a run, so places are prepared in blocks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

/// Entries that are prepared together.
const BLOCK: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct Lazy<T> {
    blocks: Box<[OnceLock<Block<T>>]>,
}

type Block<T> = Box<[Entry<T>]>;

#[derive(Debug)]
struct Entry<T> {
    asked: AtomicU8,
    made: OnceLock<T>,
}

impl<T> Lazy<T> {
    /// A table of `length` entries.
    pub fn new(length: usize) -> Self {
        Self { blocks: (0..length.div_ceil(BLOCK)).map(|_| OnceLock::new()).collect() }
    }

    /// The entry at a position below the length.
    #[inline]
    pub fn get(&self, at: usize, make: impl FnOnce() -> T) -> &T {
        self.entry(at).made.get_or_init(make)
    }

    /// The entry at a position below the length, from the time on that it is worth making: once asked for more than `times`.
    #[inline]
    pub fn get_after(&self, times: u8, at: usize, make: impl FnOnce() -> T) -> Option<&T> {
        let entry = self.entry(at);
        if let Some(made) = entry.made.get() {
            return Some(made);
        }
        let asked = entry.asked.load(Ordering::Relaxed);
        if asked < times {
            // Threads may overlook each other: what is made a little later is the same.
            entry.asked.store(asked + 1, Ordering::Relaxed);
            return None;
        }
        Some(entry.made.get_or_init(make))
    }

    #[inline]
    fn entry(&self, at: usize) -> &Entry<T> {
        let make = || Entry { asked: AtomicU8::new(0), made: OnceLock::new() };
        let block = self.blocks[at / BLOCK].get_or_init(|| (0..BLOCK).map(|_| make()).collect());
        &block[at % BLOCK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_made_once() {
        let table = Lazy::new(130);
        for at in [0, 15, 16, 129, 0, 129] {
            assert_eq!(*table.get(at, || at), at);
        }
        assert_eq!(*table.get(15, || panic!("made already")), 15);
        let asked: Vec<_> = (0..4).map(|_| table.get_after(2, 7, || 7).copied()).collect();
        assert_eq!(asked, [None, None, Some(7), Some(7)]);
    }
}
