//! What the evidence must know of the catalog's patterns, so that it need not know the catalog.
//!
//! In: a catalog. Out: for each pattern what it says of a session, and whether it is noise. Knows nothing of lines.

use super::{Session, Shape};
use crate::catalog::{Catalog, Kind, Pattern, PatternId, Rule, Weight};

/// What the evidence must know of the catalog: which patterns are noise, for bounding memory, and which begin a session.
#[derive(Debug)]
pub struct Traits {
    kinds: Vec<Kind>,
    noise: Vec<bool>,
    /// Whether a line proves little.
    faint: Vec<bool>,
    starts: Vec<bool>,
    hops: Vec<bool>,
    typed: Vec<bool>,
    /// Whether a client says it, and nobody typed it.
    answers: Vec<bool>,
    retried: Vec<bool>,
    ends: Vec<bool>,
    /// Whether a line shows how far a connection has come, and no failure.
    progress: Vec<bool>,
    mute: Vec<bool>,
    aside: Vec<bool>,
    alone: Vec<bool>,
}

impl Traits {
    /// Reads them off a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let noise = |p: &Pattern| p.cause.is_some_and(|c| catalog.cause_at(c).background);
        let answers = |p: &Pattern| !p.typed && catalog.evidence_of(p).any(|kind| kind == "client-transcript");
        let alone = alone(catalog);
        Self {
            kinds: catalog.patterns.iter().map(|p| p.kind).collect(),
            noise: catalog.patterns.iter().map(noise).collect(),
            faint: catalog.patterns.iter().map(|p| p.weight <= Weight::Weak).collect(),
            starts: catalog.patterns.iter().map(|p| p.starts).collect(),
            hops: catalog.patterns.iter().map(|p| p.hop).collect(),
            typed: catalog.patterns.iter().map(|p| p.typed).collect(),
            answers: catalog.patterns.iter().map(answers).collect(),
            retried: catalog.patterns.iter().map(|p| p.retried).collect(),
            ends: catalog.patterns.iter().map(|p| p.ends).collect(),
            progress: catalog.patterns.iter().map(|p| p.kind != Kind::Failure && p.stage.is_some()).collect(),
            mute: mute(catalog, &alone),
            aside: aside(catalog),
            alone,
        }
    }

    pub(super) fn kind(&self, pattern: PatternId) -> Kind {
        self.kinds[pattern.0 as usize]
    }

    /// Whether a line, seen alone, is no part of any conclusion.
    pub(super) fn is_mute(&self, pattern: PatternId) -> bool {
        self.mute[pattern.0 as usize]
    }

    /// Whether a line is no part of any conclusion and of no connection.
    pub(super) fn is_aside(&self, pattern: PatternId) -> bool {
        self.aside[pattern.0 as usize]
    }

    /// Whether a line shows something of a host, and no rule wants it in an attempt.
    pub(super) fn stands_alone(&self, pattern: PatternId) -> bool {
        self.alone[pattern.0 as usize]
    }

    /// Whether nothing but what strangers cause by the thousand failed, and what may go with it: where a password is wrong, RHEL's
    /// PAM adds that root's uid is too low.
    pub(super) fn is_noise(&self, shape: &Shape) -> bool {
        let failures = || shape.seen.iter().map(|(p, _)| *p).filter(|p| self.kind(*p) == Kind::Failure);
        let noise = |p: PatternId| self.noise[p.0 as usize];
        failures().all(noise) || (failures().any(noise) && failures().all(|p| noise(p) || self.faint[p.0 as usize]))
    }

    /// Whether a client said anything.
    pub(super) fn had_answer(&self, attempt: &Session<&[u8]>) -> bool {
        attempt.any(|p| self.answers[p.0 as usize])
    }

    /// Whether a person typed it.
    pub(super) fn is_typed(&self, pattern: PatternId) -> bool {
        self.typed[pattern.0 as usize]
    }

    pub(super) fn is_hop(&self, pattern: PatternId) -> bool {
        self.hops[pattern.0 as usize]
    }

    pub(super) fn starts(&self, pattern: PatternId) -> bool {
        self.starts[pattern.0 as usize]
    }

    /// Whether an attempt has ended, and a line shows that another came on: its beginning was not pasted.
    pub(super) fn is_another(&self, attempt: &Session<&[u8]>, next: PatternId) -> bool {
        self.ends[attempt.last_pattern().0 as usize] && self.progress[next.0 as usize]
    }

    /// Whether one address of a server failed and nothing else did: then the client tries the next.
    pub(super) fn is_between_addresses(&self, attempt: &Session<&[u8]>) -> bool {
        let retried = |p: PatternId| self.retried[p.0 as usize];
        attempt.any(retried) && !attempt.any(|p| self.kind(p) != Kind::Context && !retried(p))
    }
}

/// For each pattern whether it is mere context, and no rule holds where it alone was seen. What stands alone is kept: it states
/// something, or was asked for.
fn mute(catalog: &Catalog, alone: &[bool]) -> Vec<bool> {
    let mut mute: Vec<bool> =
        catalog.patterns.iter().zip(alone).map(|(p, alone)| p.kind == Kind::Context && !alone).collect();
    let holds_alone = |rule: &Rule, p: PatternId| {
        rule.all.iter().all(|other| *other == p) && rule.at_least.is_none_or(|(_, other)| other == p)
    };
    for rule in catalog.causes.iter().flat_map(|cause| &cause.rules) {
        let named = rule.all.iter().chain(&rule.any).chain(&rule.last).chain(rule.at_least.iter().map(|(_, p)| p));
        for p in named.filter(|p| holds_alone(rule, **p)) {
            mute[p.0 as usize] = false;
        }
    }
    mute
}

/// For each pattern whether it is mere context that no rule names, of programs that serve no connections.
fn aside(catalog: &Catalog) -> Vec<bool> {
    let connects = |at: usize| catalog.emitters[at].data.connections;
    let serves = |emitters: u64| (0..catalog.emitters.len()).any(|at| emitters & 1 << at != 0 && connects(at));
    let mut aside: Vec<bool> = catalog
        .patterns
        .iter()
        .map(|p| p.kind == Kind::Context && !serves(p.emitters) && p.states.is_empty())
        .collect();
    named_by_rules(catalog).for_each(|p| aside[p.0 as usize] = false);
    aside
}

/// For each pattern whether it is context that no rule names, and states something of a host or is what a command prints.
fn alone(catalog: &Catalog) -> Vec<bool> {
    let shows = |p: &Pattern| p.kind == Kind::Context && (!p.states.is_empty() || catalog.is_shown(p));
    let mut alone: Vec<bool> = catalog.patterns.iter().map(shows).collect();
    named_by_rules(catalog).for_each(|p| alone[p.0 as usize] = false);
    alone
}

/// The patterns that rules name, some several times.
fn named_by_rules(catalog: &Catalog) -> impl Iterator<Item = PatternId> {
    catalog.causes.iter().flat_map(|cause| &cause.rules).flat_map(|rule| {
        let Rule { all, any, none, last, at_least, over: _, weight: _ } = rule;
        [all, any, none, last].into_iter().flatten().copied().chain(at_least.map(|(_, p)| p))
    })
}
