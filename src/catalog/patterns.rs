//! The patterns of a catalog, each decoded when it is first asked for.
//!
//! In: patterns, or the bytes that they were packed into. Out: the pattern at a position, and the position of an id. Knows
//! nothing of causes and rules.
//!
//! Of thousands of patterns a pasted transcript needs dozens: to decode all took a fifth of the time from its start to the report.
//! The build script compiles this module too, to pack them.

use super::resolve::{Pattern, PatternId};
use crate::lazy::Lazy;

/// See the module.
#[derive(Debug)]
pub struct Patterns {
    /// Where each ends, then each.
    packed: &'static [u8],
    made: Lazy<Pattern>,
}

impl Default for Patterns {
    fn default() -> Self {
        Self::packed(&[])
    }
}

/// The length, and the end of each pattern behind the table of ends.
pub fn pack(patterns: &[Pattern]) -> Vec<u8> {
    let mut ends = (patterns.len() as u32).to_le_bytes().to_vec();
    let mut all = Vec::new();
    for pattern in patterns {
        all = postcard::to_extend(pattern, all).expect("plain data");
        ends.extend((all.len() as u32).to_le_bytes());
    }
    ends.extend(all);
    ends
}

impl Patterns {
    /// Of what [`pack`] made.
    pub fn packed(packed: &'static [u8]) -> Self {
        let length = if packed.is_empty() { 0 } else { number(packed, 0) };
        Self { packed, made: Lazy::new(length) }
    }

    /// As bytes.
    pub fn as_bytes(&self) -> &'static [u8] {
        self.packed
    }

    /// How many there are.
    #[allow(clippy::len_without_is_empty, reason = "a catalog without patterns is of no interest")]
    pub fn len(&self) -> usize {
        if self.packed.is_empty() { 0 } else { number(self.packed, 0) }
    }

    /// The pattern at a position.
    pub fn at(&self, id: PatternId) -> &Pattern {
        let at = usize::from(id.0);
        self.made.get(at, || {
            let bytes = &self.packed[4 + 4 * self.len()..];
            let from = if at == 0 { 0 } else { number(self.packed, 4 * at) };
            postcard::from_bytes(&bytes[from..number(self.packed, 4 * at + 4)]).expect("packed when it was compiled")
        })
    }

    /// All, in order of id.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Pattern> + ExactSizeIterator {
        (0..self.len()).map(|at| self.at(PatternId(at as u16)))
    }

    /// The position of a full id.
    pub fn position(&self, id: &str) -> Option<PatternId> {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            let found = PatternId(middle as u16);
            match self.at(found).id.as_ref().cmp(id) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return Some(found),
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        None
    }
}

fn number(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
}
