//! Sets of groups of four bytes, by which most literals are told to be missing without looking for them.
//!
//! In: groups of four bytes. Out: whether one may be among them: Bloom filters of one hash, which may say yes in error, never no.
//! Knows nothing of messages.
//!
//! Of one message the set is made again and again, and has a byte for each place: a bit would have to be read before it is set,
//! which took half of the time.

/// A set of `64 * WORDS` bits, a power of two.
#[derive(Debug, Clone)]
pub struct Fours<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Default for Fours<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> Fours<WORDS> {
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

/// Places in the set of a text.
const PLACES: usize = 1024;

/// The set of all groups that lie in a text.
#[derive(Debug)]
pub struct FoursOfText([bool; PLACES]);

impl FoursOfText {
    /// All that lie in `text`.
    pub fn of(text: &[u8]) -> Self {
        let mut set = [false; PLACES];
        text.windows(4).for_each(|window| set[place(four(window))] = true);
        Self(set)
    }

    /// Whether a group may lie in the text.
    #[inline]
    pub fn has(&self, four: u32) -> bool {
        self.0[place(four)]
    }
}

#[inline]
fn place(four: u32) -> usize {
    (four.wrapping_mul(0x9e37_79b1) >> (32 - PLACES.ilog2())) as usize
}

/// Four bytes as a number.
#[inline]
pub fn four(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(*bytes.first_chunk().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_and_most_else_is_not() {
        let set = FoursOfText::of(b"Failed password for bob");
        assert!(b"Failed password for bob".windows(4).all(|window| set.has(four(window))));
        assert!((0..1000).filter(|n| set.has(*n)).count() < 100);
        assert!(!FoursOfText::of(b"abc").has(four(b"abc\0")));
        let mut some = Fours::<16>::default();
        some.add(four(b"pass"));
        assert!(some.has(four(b"pass")) && (0..1000).filter(|n| some.has(*n)).count() < 100);
    }
}
