//! What matching needs of a catalog, as bytes that are used where they lie.
//!
//! In: what an index was ranked into, or the same made by the build script. Out: wordings, literals, texts and dispatch by position.
//! Knows nothing of causes and rules.
//!
//! The built-in tables are some three megabytes of which a short run reads a few pages. To read them into memory first would be
//! most of such a run.

use super::index::IndexWording;
use crate::matcher::dispatch::Dispatch;
use crate::matcher::literal::Needs;
use crate::template::Wording;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Bytes built into the program, or made for a user's catalog.
pub type Bytes = Cow<'static, [u8]>;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Every wording of every pattern, the one that wins first.
    pub wordings: Wordings,
    /// What [`IndexWording::literal`] points into.
    pub literals: Bytes,
    /// What [`IndexWording::parts`] points into.
    pub parts: Bytes,
    /// What patterns' texts are ranges of.
    pub texts: Bytes,
    /// How a message finds its wordings.
    pub dispatch: Dispatch,
}

/// What of a pattern is only needed once it is tried, or shown.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct PatternTexts {
    /// Versions of the emitter that print it.
    pub versions: String,
    /// The wordings, as templates.
    pub messages: Vec<String>,
    /// The names of all fields, by their position among what a match captures.
    pub slots: Vec<String>,
    /// In place of wordings.
    pub regex: Option<String>,
    /// What a message must have to match it.
    pub needs: Needs,
}

impl Tables {
    /// Of the bytes of each, in the order of the fields.
    pub fn packed([wordings, literals, parts, texts, dispatch]: [&'static [u8]; 5]) -> Self {
        Self {
            wordings: Wordings(wordings.into()),
            literals: literals.into(),
            parts: parts.into(),
            texts: texts.into(),
            dispatch: Dispatch::of_bytes(dispatch),
        }
    }

    /// The literal of a wording.
    pub fn literal(&self, wording: &IndexWording) -> &[u8] {
        &self.literals[wording.literal.0 as usize..wording.literal.1 as usize]
    }

    /// A wording, ready to be matched.
    pub fn unpack(&self, wording: &IndexWording) -> Wording {
        let (unpacked, _) =
            postcard::take_from_bytes(&self.parts[wording.parts as usize..]).expect("packed when the index was made");
        unpacked
    }

    /// The texts of a pattern that lie in this range.
    pub fn texts(&self, (from, to): (u32, u32)) -> PatternTexts {
        postcard::from_bytes(&self.texts[from as usize..to as usize]).expect("written when the index was made")
    }
}

/// Wordings as fixed-size fields, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Wordings(Bytes);

impl Wordings {
    const SIZE: usize = 40;

    /// Packs wordings.
    pub fn of(wordings: &[IndexWording]) -> Self {
        let mut bytes = Vec::with_capacity(wordings.len() * Self::SIZE);
        for w in wordings {
            bytes.extend(w.pattern.to_le_bytes());
            bytes.extend(w.wording.to_le_bytes());
            bytes.extend(w.literal_bytes.to_le_bytes());
            bytes.extend([w.message, u8::from(w.prefixed)]);
            bytes.extend(w.literal.0.to_le_bytes());
            bytes.extend(w.literal.1.to_le_bytes());
            bytes.extend(w.suffix.0.to_le_bytes());
            bytes.extend(w.suffix.1.to_le_bytes());
            bytes.extend(w.inner);
            bytes.extend(w.parts.to_le_bytes());
        }
        Self(bytes.into())
    }

    /// As bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// How many there are.
    #[allow(clippy::len_without_is_empty, reason = "a catalog without wordings is of no interest")]
    pub fn len(&self) -> usize {
        self.0.len() / Self::SIZE
    }

    /// The wording at a position.
    #[inline]
    pub fn at(&self, at: u32) -> IndexWording {
        let from = at as usize * Self::SIZE;
        let b = &self.0[from..from + Self::SIZE];
        let short = |at: usize| u16::from_le_bytes([b[at], b[at + 1]]);
        let long = |at: usize| u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
        let wide = |at: usize| u64::from(long(at)) | u64::from(long(at + 4)) << 32;
        IndexWording {
            pattern: short(0),
            wording: short(2),
            literal_bytes: short(4),
            message: b[6],
            prefixed: b[7] != 0,
            literal: (long(8), long(12)),
            suffix: (wide(16), wide(24)),
            inner: [b[32], b[33], b[34], b[35]],
            parts: long(36),
        }
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = IndexWording> {
        (0..self.len() as u32).map(|at| self.at(at))
    }
}
