//! What the evidence must know of the catalog's patterns, so that it need not know the catalog.
//!
//! In: a catalog. Out: what its patterns say of a session. Knows nothing of lines.

use super::{Hit, Session, Shape};
use crate::catalog::traits::{self, Trait};
use crate::catalog::{Catalog, Kind, Lapse, PatternId, Stage};
use crate::record::time::Micros;

/// What the evidence must know of the catalog: which patterns are noise, for bounding memory, and which begin a session.
#[derive(Debug)]
pub struct Traits {
    table: traits::Traits,
    /// What rules want to know of the time between lines.
    lapses: Vec<Lapse>,
}

impl Traits {
    /// Reads them off a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        Self { table: catalog.traits.clone(), lapses: catalog.lapses.clone() }
    }

    fn has(&self, pattern: PatternId, which: Trait) -> bool {
        self.table.has(pattern, which)
    }

    pub(super) fn kind(&self, pattern: PatternId) -> Kind {
        self.table.kind(pattern)
    }

    /// Whether a line, seen alone, is no part of any conclusion.
    pub(super) fn is_mute(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Mute)
    }

    /// Whether a line is no part of any conclusion and of no connection.
    pub(super) fn is_aside(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Aside)
    }

    /// Whether a line shows something of a host, and no rule wants it in an attempt.
    pub(super) fn stands_alone(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Alone)
    }

    /// Which of [`Catalog::lapses`](crate::catalog::Catalog) hold in a session whose patterns were first seen at these times.
    pub(super) fn lapses(&self, seen: impl Iterator<Item = (PatternId, Option<Micros>)> + Clone) -> u64 {
        if !seen.clone().any(|(p, _)| self.has(p, Trait::Timed)) {
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
        let noise = |p: PatternId| self.has(p, Trait::Noise);
        failures().all(noise) || (failures().any(noise) && failures().all(|p| noise(p) || self.has(p, Trait::Faint)))
    }

    /// Whether something failed that strangers cause by the thousand.
    pub(super) fn has_noise(&self, shape: &Shape) -> bool {
        shape.seen.iter().any(|(p, _)| self.kind(*p) == Kind::Failure && self.has(*p, Trait::Noise))
    }

    /// Whether a client said anything.
    pub(super) fn had_answer(&self, attempt: &Session<&[u8]>) -> bool {
        attempt.any(|p| self.has(p, Trait::Answers))
    }

    /// Whether somebody is in with a line.
    pub(super) fn is_in(&self, pattern: PatternId) -> bool {
        self.kind(pattern) == Kind::Success
            || (self.kind(pattern) == Kind::Context && self.table.stage(pattern) == Some(Stage::Session))
    }

    /// Whether a line may be said of a session that has lasted: its end is, and nothing of how it came about.
    pub(super) fn may_be_late(&self, pattern: PatternId) -> bool {
        self.kind(pattern) == Kind::Context && self.table.stage(pattern).is_none_or(|stage| stage == Stage::Session)
    }

    /// Whether it is the first line of what a command shows.
    pub(super) fn is_head(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Heads)
    }

    /// Whether a person typed it.
    pub(super) fn is_typed(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Typed)
    }

    pub(super) fn is_hop(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Hop)
    }

    pub(super) fn starts(&self, pattern: PatternId) -> bool {
        self.has(pattern, Trait::Starts)
    }

    /// Whether an attempt has ended, and a line shows that another came on: its beginning was not pasted. So where one program
    /// was let in and another is refused, or a session, or what reads like one, was all that there was.
    pub(super) fn is_another(&self, attempt: &Session<&[u8]>, next: PatternId) -> bool {
        let of_others = |p: PatternId| self.table.emitters(p) & self.table.emitters(next) == 0;
        let in_session = |p: PatternId| self.table.stage(p) == Some(Stage::Session);
        let only_a_session = || {
            attempt.any(in_session)
                && !attempt.any(|p| self.kind(p) != Kind::Context || (self.table.stage(p).is_some() && !in_session(p)))
        };
        let comes_before = || self.table.stage(next).is_some_and(|stage| stage < Stage::Session);
        let (goes_on, refuses) = (self.has(next, Trait::Progress), self.has(next, Trait::Refuses));
        (goes_on && self.has(attempt.last_pattern(), Trait::Ends))
            || (refuses && attempt.any(|p| self.kind(p) == Kind::Success && of_others(p)))
            || ((goes_on || refuses) && comes_before() && only_a_session())
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
        let authenticates = |p: PatternId| self.table.stage(p) >= Some(Stage::Auth);
        let comes_before = self.kind(hit.pattern) == Kind::Failure
            && self.table.stage(hit.pattern).is_some_and(|stage| stage <= Stage::Banner);
        let asks = self.kind(hit.pattern) == Kind::Failure && self.table.stage(hit.pattern) != Some(Stage::Session);
        let told_by_server = !self.has(hit.pattern, Trait::Answers);
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
        let retried = |p: PatternId| self.has(p, Trait::Retried);
        attempt.any(retried) && !attempt.any(|p| self.kind(p) != Kind::Context && !retried(p))
    }
}
