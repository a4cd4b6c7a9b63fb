//! Sets of groups of four bytes, by which most literals are told to be missing without looking for them.
//!
//! In: groups of four bytes. Out: whether one may be among them: a Bloom filter of one hash, which may say yes in error, never no.
//! Knows nothing of messages.

/// A set of `64 * WORDS` bits, a power of two.
#[derive(Debug, Clone)]
pub struct Fours<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Default for Fours<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> Fours<WORDS> {
    /// All that lie in `text`.
    pub fn of(text: &[u8]) -> Self {
        let mut set = Self::default();
        text.windows(4).for_each(|window| set.add(four(window)));
        set
    }

    /// Adds a group.
    #[inline]
    pub fn add(&mut self, four: u32) {
        let (word, bit) = Self::place(four);
        self.0[word] |= bit;
    }

    /// Whether a group may have been added.
    #[inline]
    pub fn has(&self, four: u32) -> bool {
        let (word, bit) = Self::place(four);
        self.0[word] & bit != 0
    }

    #[inline]
    fn place(four: u32) -> (usize, u64) {
        let hash = four.wrapping_mul(0x9e37_79b1) >> (32 - (64 * WORDS).ilog2());
        ((hash / 64) as usize, 1 << (hash % 64))
    }
}

/// Four bytes as a number.
#[inline]
pub fn four(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_most_else_is_not() {
        let set = Fours::<16>::of(b"Failed password for bob");
        assert!(b"Failed password for bob".windows(4).all(|window| set.has(four(window))));
        assert!((0..1000).filter(|n| set.has(*n)).count() < 100);
        assert!(!Fours::<16>::of(b"abc").has(four(b"abc\0")));
    }
}
