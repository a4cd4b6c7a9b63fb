//! Counting with bounded memory, the same whatever the order.
//!
//! In: keys. Out: counts of them; of too many keys a sample. A key belongs to the sample by its hash alone, so the sample is
//! fair, and which keys are in it does not depend on chunks or threads. Counts of sampled keys are exact.

use compact_str::CompactString;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;
use std::hash::{BuildHasher, Hash};

/// Addresses whose attempts are counted.
const MAX_SOURCES: usize = 65_536;
/// Different names of one address that are told apart.
const MAX_NAMES: usize = 8;

/// Keeps the `most` keys with the smallest hash once there are more than `slack` times as many.
pub(super) fn keep_sample<K: Hash + Eq, V>(map: &mut FxHashMap<K, V>, most: usize, slack: usize) {
    if map.len() <= most * slack {
        return;
    }
    let mut hashes: Vec<u64> = map.keys().map(|k| FxBuildHasher.hash_one(k)).collect();
    let (_, limit, _) = hashes.select_nth_unstable(most - 1);
    let limit = *limit;
    map.retain(|k, _| FxBuildHasher.hash_one(k) <= limit);
}

/// What one address tried.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// Sessions that failed in a way that guessers do.
    pub failures: u64,
    /// Sessions in which somebody got in.
    pub successes: u64,
    /// Hashes of the names tried, the smallest 8.
    names: SmallVec<[u64; 8]>,
}

impl Tried {
    /// How many different names; 8 means 8 or more.
    pub fn names(&self) -> u64 {
        self.names.len() as u64
    }

    fn add_name(&mut self, hash: u64) {
        if let Err(at) = self.names.binary_search(&hash) {
            self.names.insert(at, hash);
            self.names.truncate(MAX_NAMES);
        }
    }
}

/// Attempts by client address.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    map: FxHashMap<CompactString, Tried>,
}

impl Sources {
    pub(super) fn add(&mut self, source: &CompactString, user: Option<&str>, success: bool, count: u64) {
        if !self.map.contains_key(source) {
            self.map.insert(source.clone(), Tried::default());
            keep_sample(&mut self.map, MAX_SOURCES, 2);
        }
        let Some(tried) = self.map.get_mut(source) else { return };
        if success {
            tried.successes += count;
        } else {
            tried.failures += count;
            if let Some(user) = user {
                tried.add_name(FxBuildHasher.hash_one(user));
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (source, theirs) in other.map {
            let tried = self.map.entry(source).or_default();
            tried.failures += theirs.failures;
            tried.successes += theirs.successes;
            theirs.names.into_iter().for_each(|n| tried.add_name(n));
        }
        keep_sample(&mut self.map, MAX_SOURCES, 2);
    }

    pub(super) fn prune(&mut self) {
        keep_sample(&mut self.map, MAX_SOURCES, 1);
    }

    /// What `source` tried.
    pub fn get(&self, source: &str) -> Option<&Tried> {
        self.map.get(source)
    }

    /// All addresses, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&CompactString, &Tried)> {
        self.map.iter()
    }
}
