//! What the evidence must know of the catalog's patterns, so that it need not know the catalog.
//!
//! In: a catalog. Out: for each pattern what it says of a session, and whether it is noise. Knows nothing of lines.

use super::{Session, Shape};
use crate::catalog::{Catalog, Kind, PatternId};

/// What the evidence must know of the catalog: which patterns are noise, for bounding memory, and which begin a session.
#[derive(Debug)]
pub struct Traits {
    kinds: Vec<Kind>,
    noise: Vec<bool>,
    starts: Vec<bool>,
    hops: Vec<bool>,
    retried: Vec<bool>,
}

impl Traits {
    /// Reads them off a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let noise = |p: &crate::catalog::Pattern| {
            p.kind != Kind::Failure || p.cause.is_some_and(|c| catalog.cause_at(c).background)
        };
        Self {
            kinds: catalog.patterns.iter().map(|p| p.kind).collect(),
            noise: catalog.patterns.iter().map(noise).collect(),
            starts: catalog.patterns.iter().map(|p| p.starts).collect(),
            hops: catalog.patterns.iter().map(|p| p.hop).collect(),
            retried: catalog.patterns.iter().map(|p| p.retried).collect(),
        }
    }

    pub(super) fn kind(&self, pattern: PatternId) -> Kind {
        self.kinds[pattern.0 as usize]
    }

    pub(super) fn is_noise(&self, shape: &Shape) -> bool {
        shape.seen.iter().all(|(p, _)| self.noise[p.0 as usize])
    }

    pub(super) fn is_hop(&self, pattern: PatternId) -> bool {
        self.hops[pattern.0 as usize]
    }

    pub(super) fn starts(&self, pattern: PatternId) -> bool {
        self.starts[pattern.0 as usize]
    }

    /// Whether one address of a server failed and nothing else did: then the client tries the next.
    pub(super) fn is_between_addresses(&self, attempt: &Session<&[u8]>) -> bool {
        let retried = |p: PatternId| self.retried[p.0 as usize];
        attempt.any(retried) && !attempt.any(|p| self.kind(p) != Kind::Context && !retried(p))
    }
}
