//! What goes wrong in every login and keeps nobody out.
//!
//! In: the evidence. Out: what shapes prove without what fails on a server whoever comes: a PAM module that is not there, a
//! directory that does not answer. Strangers are refused there for something else. Knows nothing of causes.

use super::judge::{self, Judgement};
use crate::catalog::{Catalog, Kind, PatternId};
use crate::evidence::{Evidence, Shape, ShapeFacts};
use rustc_hash::{FxHashMap, FxHashSet};

/// In so many logins at least, or it may be theirs alone.
const LEAST: u64 = 2;

/// See the module.
pub(super) struct EveryLogin(FxHashSet<PatternId>);

impl EveryLogin {
    /// Looks through those who came in and those who did not.
    pub(super) fn of(catalog: &Catalog, evidence: &Evidence) -> Self {
        let (logins, others): (Vec<_>, Vec<_>) =
            evidence.shapes().partition(|facts| judge::logged_in(catalog, &facts.shape));
        let mut came_in = FxHashMap::<&str, u64>::default();
        let mut failed = FxHashMap::<(PatternId, &str), u64>::default();
        for (shape, fact) in logins.iter().flat_map(|shape| shape.facts().map(|fact| (&shape.shape, fact))) {
            *came_in.entry(&fact.who.host).or_default() += fact.count;
            for pattern in failures(catalog, shape) {
                *failed.entry((pattern, &fact.who.host)).or_default() += fact.count;
            }
        }
        let always = |pattern: PatternId, host: &str| {
            let times = failed.get(&(pattern, host)).copied().unwrap_or_default();
            times >= LEAST && came_in.get(host) == Some(&times)
        };
        let everywhere = |pattern: &PatternId| {
            let with = others.iter().filter(|facts| failures(catalog, &facts.shape).any(|p| p == *pattern));
            with.flat_map(|facts: &&ShapeFacts| facts.facts()).all(|fact| always(*pattern, &fact.who.host))
        };
        let patterns: FxHashSet<PatternId> = failed.keys().map(|(pattern, _)| *pattern).collect();
        Self(patterns.into_iter().filter(everywhere).collect())
    }

    /// What else a shape proves, where somebody was kept out.
    pub(super) fn apart(&self, catalog: &Catalog, shape: &Shape, judgement: &Judgement) -> Judgement {
        let usual = |(p, _): &(PatternId, u8)| self.0.contains(p);
        let without = || {
            let seen = shape.seen.iter().filter(|p| !usual(p)).copied().collect();
            judge::judge(catalog, &Shape { seen, ..shape.clone() })
        };
        let differs = shape.seen.iter().any(usual) && !judge::logged_in(catalog, shape);
        differs.then(without).flatten().unwrap_or_else(|| judgement.clone())
    }
}

fn failures(catalog: &Catalog, shape: &Shape) -> impl Iterator<Item = PatternId> {
    shape.seen.iter().map(|(p, _)| *p).filter(|p| catalog.pattern_at(*p).kind == Kind::Failure)
}
