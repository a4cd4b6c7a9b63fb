//! How much an archive may cost: depth, members, bytes after decompression, memory, time.
//!
//! In: what the user allows. Out: a [`Budget`] for one walk, which says no in words. Knows no format. The clock decides
//! nothing but when to give up.
//!
//! Memory is shared by all walks of the process: few large streams are open at a time, and fewer decoders with a large
//! window. Whoever waits for the second may hold the first, never the other way round, so nobody waits for ever.

use crate::record::time::Micros;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the user allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Containers within each other: a compressed archive with a compressed file in it makes three.
    pub depth: u32,
    /// Bytes after decompression. Unset: see [`Budget::allowed`].
    pub expansion: Option<u64>,
    /// Members of one archive.
    pub members: u64,
    /// Members last written before this are of no interest.
    pub since: Option<Micros>,
    /// Names of members that are, however old.
    pub timeless: fn(&str) -> bool,
    /// How long one compressed file or archive may take.
    pub time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 8, expansion: None, members: 100_000, since: None, timeless: |_| false, time: None }
    }
}

/// Bytes that any archive may expand to.
const LEAST_EXPANSION: u64 = 4 << 30;
/// How often its own size a large archive may expand to. Logs are compressed to a tenth or a fiftieth.
const MOST_RATIO: u64 = 100;

/// MiB of decoders that every walk may have.
const SMALL_DECODERS: u64 = 12;
/// MiB that one permit for large decoders stands for: a dictionary of `xz -9`, and what belongs to it.
const LARGE_DECODERS: u64 = 68;

static STREAMS: Gate = Gate::new(3);
static LARGE: Gate = Gate::new(2);
static JOURNALS: Gate = Gate::new(1);

/// Waits until no other walk holds a whole journal in memory. Who holds one waits for nothing else.
pub(super) fn one_journal() -> Permit {
    JOURNALS.enter(1)
}

/// What one walk may still use.
#[derive(Debug)]
pub(super) struct Budget<'l> {
    pub(super) limits: &'l Limits,
    /// Bytes of the outermost file, or what was read of a pipe.
    stored: Arc<AtomicU64>,
    expanded: AtomicU64,
    began: Instant,
}

impl<'l> Budget<'l> {
    pub(super) fn new(limits: &'l Limits, stored: u64) -> Self {
        Self { limits, stored: Arc::new(AtomicU64::new(stored)), expanded: AtomicU64::new(0), began: Instant::now() }
    }

    /// Where to count what is read of a pipe.
    pub(super) fn stored(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.stored)
    }

    /// # Errors
    /// It has taken too long already.
    pub(super) fn check_time(&self) -> io::Result<()> {
        match self.limits.time {
            Some(most) if self.began.elapsed() > most => {
                let what = format!("takes longer than {} seconds; --max-seconds allows more", most.as_secs());
                Err(io::Error::other(what))
            }
            _ => Ok(()),
        }
    }

    /// Bytes that may come out of all decoders together.
    fn allowed(&self) -> u64 {
        let by_ratio = self.stored.load(Ordering::Relaxed).saturating_mul(MOST_RATIO);
        self.limits.expansion.unwrap_or(by_ratio.max(LEAST_EXPANSION))
    }
}

/// Counts what comes out of a decoder, and ends it where that is too much.
pub(super) struct Metered<'b, R> {
    pub(super) inner: R,
    pub(super) budget: &'b Budget<'b>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.budget.check_time()?;
        let count = self.inner.read(buffer)?;
        let total = self.budget.expanded.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        let allowed = self.budget.allowed();
        if total > allowed {
            let what = format!("expands to more than {allowed} bytes; --max-expansion allows more");
            return Err(io::Error::other(what));
        }
        Ok(count)
    }
}

/// Counts what is read of a pipe.
pub(super) struct Counted<R> {
    pub(super) inner: R,
    pub(super) stored: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.stored.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The memory of one walk's decoders.
#[derive(Debug, Default)]
pub(super) struct Memory {
    used: u64,
    large: Option<Permit>,
    stream: Option<Permit>,
}

impl Memory {
    /// Waits for room for one more decoder. No room at all is an error.
    pub(super) fn take(&mut self, mebibytes: u64) -> io::Result<()> {
        let total = self.used + mebibytes;
        let held = self.large.as_ref().map_or(SMALL_DECODERS, |p| u64::from(p.count) * LARGE_DECODERS);
        if total > held {
            let permits = total.div_ceil(LARGE_DECODERS) as u32;
            if self.large.is_some() || permits > LARGE.most {
                return Err(io::Error::other(format!(
                    "needs {total} MiB of memory to be decompressed, more than is allowed"
                )));
            }
            self.stream();
            self.large = Some(LARGE.enter(permits));
        }
        self.used = total;
        Ok(())
    }

    /// Gives back what [`Self::take`] gave.
    pub(super) fn give(&mut self, mebibytes: u64) {
        self.used -= mebibytes;
        if self.used <= SMALL_DECODERS {
            self.large = None;
        }
    }

    /// Waits until one more large stream may be open; it counts as open until the walk ends.
    pub(super) fn stream(&mut self) {
        if self.stream.is_none() {
            self.stream = Some(STREAMS.enter(1));
        }
    }
}

/// Lets so many in at a time.
#[derive(Debug)]
struct Gate {
    most: u32,
    inside: Mutex<u32>,
    left: Condvar,
}

/// Leave to use what is scarce; dropping it lets somebody else in.
#[derive(Debug)]
pub struct Permit {
    gate: &'static Gate,
    count: u32,
}

impl Gate {
    const fn new(most: u32) -> Self {
        Self { most, inside: Mutex::new(0), left: Condvar::new() }
    }

    fn enter(&'static self, count: u32) -> Permit {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |inside: &mut u32| *inside + count > self.most;
        let mut inside = self.left.wait_while(inside, full).unwrap_or_else(PoisonError::into_inner);
        *inside += count;
        Permit { gate: self, count }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.gate.inside.lock().unwrap_or_else(PoisonError::into_inner) -= self.count;
        self.gate.left.notify_all();
    }
}
