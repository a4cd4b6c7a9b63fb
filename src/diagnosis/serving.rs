//! When each host was last seen to serve: a stop before that was a restart, and what nobody names was no trouble of anybody's.
//!
//! In: the evidence. Out: whether a host listened, had a connection or let somebody in after what a finding says. Knows nothing
//! of causes.

use super::finding::Finding;
use super::judge;
use crate::catalog::{Catalog, PatternId, Stage, Weight};
use crate::evidence::{Evidence, Fact, later};
use crate::record::time::Micros;
use rustc_hash::FxHashMap;

/// When and where something was last seen on each host.
type LastSeen<'e> = FxHashMap<&'e str, (Option<Micros>, (u32, u64))>;

/// So many lines the state of a service goes on at most, with the log's newest.
const EXCERPT: u64 = 30;

/// See the module.
#[derive(Debug)]
pub(super) struct Serving<'e> {
    connections: LastSeen<'e>,
    logins: LastSeen<'e>,
}

impl<'e> Serving<'e> {
    /// Looks through the evidence.
    pub(super) fn of(catalog: &Catalog, evidence: &'e Evidence) -> Self {
        let (mut connections, mut logins) = (LastSeen::default(), LastSeen::default());
        let note = |last: &mut LastSeen<'e>, fact: &'e Fact| {
            let (time, place) = last.entry(&fact.who.host).or_insert((fact.last, fact.place()));
            *time = later(*time, fact.last);
            *place = (*place).max(fact.place());
        };
        for facts in evidence.shapes() {
            let listens = facts.shape.seen.iter().any(|(p, _)| catalog.pattern_at(*p).serves);
            // Of a login the log may show no more than its session.
            let has_session = |(p, _): &(PatternId, u8)| catalog.pattern_at(*p).stage == Some(Stage::Session);
            let comes_in = judge::logged_in(catalog, &facts.shape)
                || (!judge::has_failed(catalog, &facts.shape) && facts.shape.seen.iter().any(has_session));
            for fact in facts.facts() {
                if listens || fact.who.source.is_some() {
                    note(&mut connections, fact);
                }
                if comes_in {
                    note(&mut logins, fact);
                }
            }
        }
        Self { connections, logins }
    }

    /// Whether somebody came in to each host of a finding after it was first seen there.
    pub(super) fn somebody_came_in(&self, finding: &Finding<'_>) -> bool {
        let first = finding.on_server().filter_map(|fact| fact.first).min();
        let hosts = || finding.on_server().map(|fact| fact.who.host.as_str());
        // What proves nothing is not worth a look where the service let anybody in at all.
        let proves_nothing = finding.weight <= Some(Weight::Consequence);
        let after = |(time, _): &(Option<Micros>, _)| {
            proves_nothing || first.zip(*time).is_none_or(|(first, time)| first <= time)
        };
        hosts().next().is_some() && hosts().all(|host| self.logins.get(host).is_some_and(after))
    }

    /// Whether a host let somebody in.
    pub(super) fn lets_in(&self, host: &str) -> bool {
        self.logins.contains_key(host)
    }

    /// Whether somebody came in anywhere.
    pub(super) fn is_any_login(&self) -> bool {
        !self.logins.is_empty()
    }

    /// Whether every host listened, or had a connection, after what a finding says of it.
    pub(super) fn came_after(&self, finding: &Finding<'_>) -> bool {
        finding.on_server().all(|fact| {
            // The process that ended may have served all the time before.
            let end = fact.lines.last().map_or(fact.place(), |line| (line.input, line.line));
            self.connections.get(fact.who.host.as_str()).is_some_and(|(time, place)| {
                // Behind a state that tells no time come the newest lines of the log, which are older than the state.
                let in_excerpt = fact.last.is_none()
                    && time.is_some()
                    && end.0 == place.0
                    && place.1.saturating_sub(end.1) <= EXCERPT;
                let after = end < *place && !in_excerpt;
                fact.last.zip(*time).map_or(after, |(ended, serves)| ended < serves || (ended == serves && after))
            })
        })
    }
}
