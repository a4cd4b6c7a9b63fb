//! Counting with bounded memory, the same whatever the order.
//!
//! In: keys. Out: counts of them; of too many keys a sample. A key belongs to the sample by its hash alone, so the sample is
//! fair, and which keys are in it does not depend on chunks or threads. Counts of sampled keys are exact.

use super::widen;
use crate::record::time::Micros;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smallvec::SmallVec;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};

/// Addresses whose attempts are counted.
const MAX_SOURCES: usize = 4096;
/// Names that are counted.
const MAX_USERS: usize = 4096;
/// Sessions of one address of which the times are kept.
const MAX_TIMES: usize = 4;
/// By how much a clock that somebody connects by may be off.
const OFF_BEAT: Micros = 1_000_000;
/// Whoever comes sooner again may be a person who tries once more.
const SLOWEST_HANDS: Micros = 8 * OFF_BEAT;
/// Different names of one address that are told apart.
const MAX_NAMES: usize = 8;

/// The hash that keys are known by: the maps' fast one, stirred once more, since the sample takes the smallest.
pub(super) fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    let mut hash = hasher.finish();
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// Bytes of a log as text.
pub(super) fn name(bytes: &[u8]) -> CompactString {
    std::str::from_utf8(bytes).map_or_else(|_| CompactString::from_utf8_lossy(bytes), CompactString::new)
}

/// The highest hash that a sample may still hold; of a sample that is not full, any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Limit(u64);

impl Default for Limit {
    fn default() -> Self {
        Self(u64::MAX)
    }
}

/// Values by the hash of their key; of more than `most` keys those with the smallest hash.
#[derive(Debug, Clone)]
pub(super) struct Sample<V> {
    map: FxHashMap<u64, V>,
    /// No key above this can be among the smallest any more.
    limit: u64,
}

impl<V> Default for Sample<V> {
    fn default() -> Self {
        Self { map: FxHashMap::default(), limit: u64::MAX }
    }
}

impl<V> Sample<V> {
    /// An empty sample that takes nothing beyond `reach`.
    pub(super) fn within(limit: Limit) -> Self {
        Self { limit: limit.0, ..Self::default() }
    }

    pub(super) fn limit(&self) -> Limit {
        Limit(self.limit)
    }

    /// Changes the value of `hash`, or makes one; does nothing for a key that is not in the sample.
    pub(super) fn update(&mut self, most: usize, hash: u64, make: impl FnOnce() -> V, change: impl FnOnce(&mut V)) {
        if hash > self.limit {
            return;
        }
        match self.map.entry(hash) {
            Entry::Occupied(mut entry) => change(entry.get_mut()),
            Entry::Vacant(entry) => {
                entry.insert(make());
                self.prune_much(most);
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self, most: usize, join: impl Fn(&mut V, V)) {
        if other.limit < self.limit {
            self.limit = other.limit;
            self.map.retain(|hash, _| *hash <= other.limit);
        }
        if self.map.is_empty() && other.limit == self.limit {
            self.map = other.map;
        } else {
            let limit = self.limit;
            for (hash, theirs) in other.map.into_iter().filter(|(hash, _)| *hash <= limit) {
                match self.map.entry(hash) {
                    Entry::Occupied(mut entry) => join(entry.get_mut(), theirs),
                    Entry::Vacant(entry) => drop(entry.insert(theirs)),
                }
            }
        }
        self.prune_much(most);
    }

    /// Leaves the `most` smallest once there are so many more that it is worth the while.
    fn prune_much(&mut self, most: usize) {
        if self.map.len() >= most + most / 4 {
            self.prune(most);
        }
    }

    /// Leaves the `most` smallest.
    pub(super) fn prune(&mut self, most: usize) {
        if self.map.len() > most {
            let mut hashes: Vec<u64> = self.map.keys().copied().collect();
            let (_, limit, _) = hashes.select_nth_unstable(most - 1);
            self.limit = *limit;
            self.map.retain(|hash, _| hash <= limit);
        }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.map.values_mut()
    }

    /// How many different keys there were; beyond the sample's size an estimate from how dense its hashes lie.
    pub(super) fn distinct(&self) -> u64 {
        let share = self.limit as f64 / u64::MAX as f64;
        if self.limit == u64::MAX { self.map.len() as u64 } else { (self.map.len() as f64 / share) as u64 }
    }

    /// Whether keys were left out.
    pub(super) fn is_partial(&self) -> bool {
        self.limit < u64::MAX
    }

    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        self.map.get(&hash)
    }
}

/// What one address tried.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// The address.
    pub source: CompactString,
    /// Guesses: failures of one kind in a session, added up.
    pub failures: u64,
    /// Sessions that failed.
    pub connections: u64,
    /// Guesses of sessions that say a name.
    named: u64,
    /// Sessions in which somebody got in.
    pub successes: u64,
    /// Times of the first and the last failure.
    span: Option<(Micros, Micros)>,
    /// What the failing sessions lasted, all together.
    busy: Micros,
    /// When the first of the failing sessions began and ended.
    times: SmallVec<[(Micros, Micros); MAX_TIMES]>,
    /// Hashes of the names tried, the smallest 8.
    names: SmallVec<[u64; 4]>,
}

impl Tried {
    /// How many different names; 8 means 8 or more.
    pub fn names(&self) -> u64 {
        self.names.len() as u64
    }

    /// Seconds between the first and the last failure.
    pub fn seconds(&self) -> Option<u64> {
        self.span.map(|(first, last)| last.saturating_sub(first).unsigned_abs() / 1_000_000)
    }

    /// Whether some of the failing sessions were at the same time: one of the first began before another ended, or all together
    /// lasted longer than from the first to the last.
    pub fn is_parallel(&self) -> bool {
        self.times.windows(2).any(|pair| pair[1].0 < pair[0].1)
            || self.span.is_some_and(|(first, last)| self.busy > last.saturating_sub(first))
    }

    /// Whether its sessions, so many at least, began each as long after the one before, as the first of them tell.
    pub fn comes_by_the_clock(&self, times: u64) -> bool {
        let gaps = || self.times.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
        let (least, most) = (gaps().min(), gaps().max());
        let even = least.zip(most).is_some_and(|(least, most)| least > SLOWEST_HANDS && most - least <= OFF_BEAT);
        self.connections >= times && self.times.len() > 2 && even
    }

    /// Whether it tried names, and none but those of a dictionary.
    pub fn tried_only(&self, dictionary: &Dictionary) -> bool {
        !self.names.is_empty() && self.names.iter().all(|name| dictionary.0.contains(name))
    }

    /// Whether it tried any of a dictionary.
    pub fn tried_any(&self, dictionary: &Dictionary) -> bool {
        self.names.iter().any(|name| dictionary.0.contains(name))
    }

    /// Whether it tried names of a dictionary, and of several no more than one other.
    pub fn tried_mostly(&self, dictionary: &Dictionary) -> bool {
        let others = self.names.iter().filter(|name| !dictionary.0.contains(name)).count();
        self.tried_only(dictionary) || (self.names.len() > 2 && others == 1)
    }

    /// Whether it tried no name twice.
    pub fn tried_each_once(&self) -> bool {
        self.named == self.names()
    }

    /// Whether both tried the same names.
    pub fn tried_the_same(&self, other: &Self) -> bool {
        self.names == other.names
    }

    fn add_name(&mut self, hash: u64) {
        if let Err(at) = self.names.binary_search(&hash)
            && at < MAX_NAMES
        {
            self.names.insert(at, hash);
            self.names.truncate(MAX_NAMES);
        }
    }

    fn add_times(&mut self, times: (Micros, Micros)) {
        let at = self.times.partition_point(|earlier| *earlier <= times);
        if at < MAX_TIMES {
            self.times.truncate(MAX_TIMES - 1);
            self.times.insert(at, times);
        }
    }

    fn add(&mut self, user: Option<&[u8]>, success: bool, count: u64, span: Option<(Micros, Micros)>) {
        if success {
            self.successes += count;
        } else {
            self.failures += count;
            self.connections += 1;
            self.busy = self.busy.saturating_add(span.map_or(0, |(first, last)| last.saturating_sub(first)));
            self.span = widen(self.span, span);
            span.into_iter().for_each(|times| self.add_times(times));
            if let Some(user) = user {
                self.named += count;
                self.add_name(hash_of(&user));
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.failures += other.failures;
        self.connections += other.connections;
        self.named += other.named;
        self.busy = self.busy.saturating_add(other.busy);
        self.successes += other.successes;
        self.span = widen(self.span, other.span);
        other.times.into_iter().for_each(|times| self.add_times(times));
        other.names.into_iter().for_each(|n| self.add_name(n));
    }
}

/// User names to compare with those that were tried.
#[derive(Debug, Default)]
pub struct Dictionary(FxHashSet<u64>);

impl Dictionary {
    /// A dictionary of `names`, without those that somebody uses; root is always guessed, too.
    pub fn of(names: &[String], used: &[&str]) -> Self {
        let guessed = |name: &&String| *name == "root" || !used.contains(&name.as_str());
        Self(names.iter().filter(guessed).map(|name| hash_of(&name.as_bytes())).collect())
    }

    /// A dictionary of all of `names`.
    pub fn all(names: &[&str]) -> Self {
        Self(names.iter().map(|name| hash_of(&name.as_bytes())).collect())
    }
}

/// Attempts by client address.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    sample: Sample<Tried>,
}

impl Sources {
    pub(super) fn within(limit: Limit) -> Self {
        Self { sample: Sample::within(limit) }
    }

    pub(super) fn limit(&self) -> Limit {
        self.sample.limit()
    }

    pub(super) fn add(
        &mut self,
        source: &[u8],
        user: Option<&[u8]>,
        success: bool,
        count: u64,
        span: Option<(Micros, Micros)>,
    ) {
        let make = || {
            let mut tried = Tried { source: name(source), ..Tried::default() };
            tried.add(user, success, count, span);
            tried
        };
        self.sample.update(MAX_SOURCES, hash_of(&source), make, |tried| tried.add(user, success, count, span));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.sample.merge(other.sample, MAX_SOURCES, Tried::merge);
    }

    pub(super) fn prune(&mut self) {
        self.sample.prune(MAX_SOURCES);
    }

    /// What `source` tried.
    pub fn get(&self, source: &str) -> Option<&Tried> {
        self.sample.get(hash_of(&source.as_bytes()))
    }

    /// How many addresses; of very many an estimate.
    pub fn distinct(&self) -> u64 {
        self.sample.distinct()
    }

    /// Whether these are not all.
    pub fn is_partial(&self) -> bool {
        self.sample.is_partial()
    }

    /// What all addresses tried, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Tried> {
        self.sample.values()
    }
}

/// User names in attempts that may be guesses, with how often.
#[derive(Debug, Clone, Default)]
pub struct Names {
    sample: Sample<(CompactString, u64)>,
}

impl Names {
    pub(super) fn within(limit: Limit) -> Self {
        Self { sample: Sample::within(limit) }
    }

    pub(super) fn limit(&self) -> Limit {
        self.sample.limit()
    }

    pub(super) fn add(&mut self, user: &[u8], count: u64) {
        let make = || (name(user), count);
        self.sample.update(MAX_USERS, hash_of(&user), make, |known| known.1 += count);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.sample.merge(other.sample, MAX_USERS, |known, theirs| known.1 += theirs.1);
    }

    pub(super) fn prune(&mut self) {
        self.sample.prune(MAX_USERS);
    }

    /// How many names; of very many an estimate.
    pub fn distinct(&self) -> u64 {
        self.sample.distinct()
    }

    /// The names and how often each was tried, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &(CompactString, u64)> {
        self.sample.values()
    }
}
