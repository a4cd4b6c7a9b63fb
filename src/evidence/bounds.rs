//! What cannot be in the sample of anything any more, known to all threads.
//!
//! In: the limits of the samples of finished chunks. Out: the same for chunks still to be read. Knows nothing of lines.
//!
//! A sample keeps the keys with the smallest hashes. Once any chunk holds a full sample, a key above all of that one's is in no
//! sample of the whole, whatever else is read: not to take it at all changes nothing but the time. A log full of guessing would
//! otherwise fill new samples in every chunk, only for most of it to be dropped where chunks are joined.

use super::Evidence;
use super::tally::Limit;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, PoisonError};

/// Shapes whose limit is remembered; there are few.
const MAX_SHAPES: usize = 4096;

/// See the module. For inputs that are all joined in the end.
#[derive(Debug, Default)]
pub struct Bounds(Mutex<Known>);

/// What is known at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) sources: Limit,
    pub(super) users: Limit,
    pub(super) shapes: FxHashMap<u64, Limit>,
}

impl Bounds {
    pub(super) fn known(&self) -> Known {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Learns from the evidence of a chunk.
    pub(super) fn learn(&self, evidence: &Evidence) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.sources = known.sources.min(evidence.sources.limit());
        known.users = known.users.min(evidence.users.limit());
        for (hash, shape) in &evidence.shapes {
            let limit = shape.facts.limit();
            if limit < Limit::default() && (known.shapes.len() < MAX_SHAPES || known.shapes.contains_key(hash)) {
                let before = known.shapes.entry(*hash).or_default();
                *before = limit.min(*before);
            }
        }
    }
}
