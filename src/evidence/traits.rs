//! What the evidence must know of the catalog's patterns, so that it need not know the catalog.
//!
//! In: a catalog. Out: for each pattern what it says of a session, and whether it is noise. Knows nothing of lines.

use super::{Hit, Session, Shape};
use crate::catalog::{Catalog, Kind, Lapse, Pattern, PatternId, Rule, Stage, Weight};
use crate::record::time::Micros;

/// What the evidence must know of the catalog: which patterns are noise, for bounding memory, and which begin a session.
#[derive(Debug)]
pub struct Traits {
    kinds: Vec<Kind>,
    noise: Vec<bool>,
    /// Whether a line proves little.
    faint: Vec<bool>,
    starts: Vec<bool>,
    stages: Vec<Option<Stage>>,
    hops: Vec<bool>,
    heads: Vec<bool>,
    typed: Vec<bool>,
    /// Whether a client says it, and nobody typed it.
    answers: Vec<bool>,
    /// Bit sets: who says it.
    emitters: Vec<u64>,
    /// Whether it keeps somebody out, and is no mere consequence.
    refuses: Vec<bool>,
    retried: Vec<bool>,
    ends: Vec<bool>,
    /// Whether a line shows how far a connection has come, and no failure.
    progress: Vec<bool>,
    mute: Vec<bool>,
    aside: Vec<bool>,
    alone: Vec<bool>,
    /// What rules want to know of the time between lines.
    lapses: Vec<Lapse>,
    /// Whether it is the end of one of them.
    timed: Vec<bool>,
}

impl Traits {
    /// Reads them off a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        let noise = |p: &Pattern| p.cause.is_some_and(|c| catalog.cause_at(c).background);
        let answers = |p: &Pattern| !p.typed && catalog.evidence_of(p).any(|kind| kind == "client-transcript");
        let refuses = |p: &Pattern| {
            p.kind == Kind::Failure && p.weight > Weight::Consequence && p.stage.is_some_and(|s| s < Stage::Session)
        };
        let alone = alone(catalog);
        Self {
            kinds: catalog.patterns.iter().map(|p| p.kind).collect(),
            noise: catalog.patterns.iter().map(noise).collect(),
            faint: catalog.patterns.iter().map(|p| p.weight <= Weight::Weak).collect(),
            starts: catalog.patterns.iter().map(|p| p.starts).collect(),
            stages: catalog.patterns.iter().map(|p| p.stage).collect(),
            hops: catalog.patterns.iter().map(|p| p.hop).collect(),
            heads: catalog.patterns.iter().map(|p| p.heads).collect(),
            typed: catalog.patterns.iter().map(|p| p.typed).collect(),
            answers: catalog.patterns.iter().map(answers).collect(),
            emitters: catalog.patterns.iter().map(|p| p.emitters).collect(),
            refuses: catalog.patterns.iter().map(refuses).collect(),
            retried: catalog.patterns.iter().map(|p| p.retried).collect(),
            ends: catalog.patterns.iter().map(|p| p.ends).collect(),
            progress: catalog.patterns.iter().map(|p| p.kind != Kind::Failure && p.stage.is_some()).collect(),
            mute: mute(catalog, &alone),
            aside: aside(catalog),
            alone,
            timed: timed(catalog),
            lapses: catalog.lapses.clone(),
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

    /// Which of [`Catalog::lapses`](crate::catalog::Catalog) hold in a session whose patterns were first seen at these times.
    pub(super) fn lapses(&self, seen: impl Iterator<Item = (PatternId, Option<Micros>)> + Clone) -> u64 {
        if !seen.clone().any(|(p, _)| self.timed[p.0 as usize]) {
            return 0;
        }
        let holds = |lapse: &Lapse| {
            let first = |wanted: &[PatternId], after: Micros| {
                let times = seen.clone().filter(|(p, _)| wanted.contains(p)).filter_map(|(_, time)| time);
                times.filter(|time| *time >= after).min()
            };
            let from = first(&lapse.from, Micros::MIN)?;
            let to = first(&lapse.to, from)?;
            let seconds = (to - from) / 1_000_000;
            Some(if lapse.apart { seconds >= lapse.seconds.into() } else { seconds <= lapse.seconds.into() })
        };
        let holding = self.lapses.iter().enumerate().filter(|(_, lapse)| holds(lapse) == Some(true));
        holding.fold(0, |bits, (at, _)| bits | 1 << at)
    }

    /// Whether nothing but what strangers cause by the thousand failed, and what may go with it: where a password is wrong, RHEL's
    /// PAM adds that root's uid is too low.
    pub(super) fn is_noise(&self, shape: &Shape) -> bool {
        let failures = || shape.seen.iter().map(|(p, _)| *p).filter(|p| self.kind(*p) == Kind::Failure);
        let noise = |p: PatternId| self.noise[p.0 as usize];
        failures().all(noise) || (failures().any(noise) && failures().all(|p| noise(p) || self.faint[p.0 as usize]))
    }

    /// Whether something failed that strangers cause by the thousand.
    pub(super) fn has_noise(&self, shape: &Shape) -> bool {
        shape.seen.iter().any(|(p, _)| self.kind(*p) == Kind::Failure && self.noise[p.0 as usize])
    }

    /// Whether a client said anything.
    pub(super) fn had_answer(&self, attempt: &Session<&[u8]>) -> bool {
        attempt.any(|p| self.answers[p.0 as usize])
    }

    /// Whether it is the first line of what a command shows.
    pub(super) fn is_head(&self, pattern: PatternId) -> bool {
        self.heads[pattern.0 as usize]
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

    /// Whether an attempt has ended, and a line shows that another came on: its beginning was not pasted. So where one program
    /// was let in and another is refused.
    pub(super) fn is_another(&self, attempt: &Session<&[u8]>, next: PatternId) -> bool {
        let of_others = |p: PatternId| self.emitters[p.0 as usize] & self.emitters[next.0 as usize] == 0;
        (self.ends[attempt.last_pattern().0 as usize] && self.progress[next.0 as usize])
            || (self.refuses[next.0 as usize] && attempt.any(|p| self.kind(p) == Kind::Success && of_others(p)))
    }

    /// Whether a server's line is of another connection than this: it says the same of another user, names another address, or the
    /// connection was further than where the line says that one failed.
    pub(super) fn is_of_another(&self, connection: &Session<&[u8]>, hit: &Hit<'_>) -> bool {
        let other_user = || connection.user().zip(hit.user).is_some_and(|(ours, theirs)| ours != theirs);
        // A name may be that of the address.
        let is_address = |name: &[u8]| name.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'));
        let other_source = || {
            let named = connection.source().zip(hit.source);
            named.is_some_and(|(ours, theirs)| ours != theirs && is_address(ours) && is_address(theirs))
        };
        let authenticates = |p: PatternId| self.stages[p.0 as usize] >= Some(Stage::Auth);
        let comes_before = self.kind(hit.pattern) == Kind::Failure
            && self.stages[hit.pattern.0 as usize].is_some_and(|stage| stage <= Stage::Banner);
        let asks =
            self.kind(hit.pattern) == Kind::Failure && self.stages[hit.pattern.0 as usize] != Some(Stage::Session);
        let told_by_server = !self.answers[hit.pattern.0 as usize];
        let let_in = told_by_server && self.kind(hit.pattern) == Kind::Success;
        (let_in && other_user())
            || (told_by_server
                && !self.had_answer(connection)
                && (other_source()
                    || (connection.any(|p| p == hit.pattern || (asks && self.kind(p) == Kind::Success))
                        && other_user())
                    || (comes_before && connection.any(authenticates))))
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
        rule.all.iter().all(|other| *other == p)
            && rule.at_least.is_none_or(|(_, other)| other == p)
            && rule.lapses == 0
    };
    for rule in catalog.causes.iter().flat_map(|cause| &cause.rules) {
        let named = rule.all.iter().chain(&rule.any).chain(&rule.last).chain(rule.at_least.iter().map(|(_, p)| p));
        for p in named.filter(|p| holds_alone(rule, **p)) {
            mute[p.0 as usize] = false;
        }
    }
    mute
}

/// For each pattern whether a rule wants to know when it came.
fn timed(catalog: &Catalog) -> Vec<bool> {
    let mut timed = vec![false; catalog.patterns.len()];
    catalog.lapses.iter().flat_map(|lapse| &lapse.to).for_each(|p| timed[p.0 as usize] = true);
    timed
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
        let Rule { all, any, none, last, at_least, lapses: _, given: _, over: _, weight: _ } = rule;
        let timed = catalog.lapses_of(rule).flat_map(|lapse| lapse.from.iter().chain(&lapse.to));
        [all, any, none, last].into_iter().flatten().chain(timed).copied().chain(at_least.map(|(_, p)| p))
    })
}
