//! Tables whose entries are made when they are first asked for.
//!
//! In: a position and how to make its entry. Out: the entry, the same for all threads. Knows nothing of what the entries are.
//!
//! Of thousands of entries a short transcript needs dozens. Merely preparing one place for each would touch more memory than
//! all the rest of such a run, so places are prepared in blocks.

use std::sync::OnceLock;

/// Entries that are prepared together: about a page of memory.
const BLOCK: usize = 64;

/// See the module.
#[derive(Debug)]
pub struct Lazy<T> {
    blocks: Box<[OnceLock<Block<T>>]>,
}

type Block<T> = Box<[OnceLock<T>]>;

impl<T> Lazy<T> {
    /// A table of `length` entries.
    pub fn new(length: usize) -> Self {
        Self { blocks: (0..length.div_ceil(BLOCK)).map(|_| OnceLock::new()).collect() }
    }

    /// The entry at a position below the length.
    #[inline]
    pub fn get(&self, at: usize, make: impl FnOnce() -> T) -> &T {
        let block = self.blocks[at / BLOCK].get_or_init(|| (0..BLOCK).map(|_| OnceLock::new()).collect());
        block[at % BLOCK].get_or_init(make)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_made_once() {
        let table = Lazy::new(130);
        for at in [0, 63, 64, 129, 0, 129] {
            assert_eq!(*table.get(at, || at), at);
        }
        assert_eq!(*table.get(63, || panic!("made already")), 63);
    }
}
