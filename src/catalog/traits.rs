//! What is asked of the pattern of every known line, in a few bytes for each.
//!
//! In: a resolved catalog. Out: [`Traits`]. Knows nothing of lines.
//!
//! The build script compiles this module too: to gather this from patterns and rules when the program starts took longer than to
//! read a pasted transcript.

use super::resolve::{self, Kind, Pattern, PatternId, Resolved, Rule, Stage, Weight};
use std::borrow::Cow;

/// What holds of a pattern or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    /// Strangers cause it by the thousand.
    Noise,
    /// It proves little.
    Faint,
    /// A session begins with it.
    Starts,
    /// An attempt begins with it once the one before has logged in.
    Hop,
    /// It is the first line of what a command shows.
    Heads,
    /// A person typed it.
    Typed,
    /// A client says it, and nobody typed it.
    Answers,
    /// It keeps somebody out, and is no mere consequence.
    Refuses,
    /// The client may go on after it with another address.
    Retried,
    /// The client has ended with it.
    Ends,
    /// It shows how far a connection has come, and no failure.
    Progress,
    /// Mere context, and no rule holds where it alone was seen.
    Mute,
    /// Mere context that no rule names, of programs that serve no connections.
    Aside,
    /// It shows something of a host, and no rule wants it in an attempt.
    Alone,
    /// It is the end of a [`Lapse`](resolve::Lapse).
    Timed,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Traits(Cow<'static, [u8]>);

impl Traits {
    /// Emitters, traits, kind and stage.
    const SIZE: usize = 12;
    const KINDS: [Kind; 3] = [Kind::Failure, Kind::Success, Kind::Context];

    /// Of what [`Traits::as_bytes`] gave.
    pub fn packed(bytes: Cow<'static, [u8]>) -> Self {
        Self(bytes)
    }

    /// Gathers them.
    pub fn of(known: &Resolved) -> Self {
        let alone = alone(known);
        let mute = mute(known, &alone);
        let aside = aside(known);
        let timed = timed(known);
        let mut bytes = Vec::with_capacity(known.patterns.len() * Self::SIZE);
        for (at, p) in known.patterns.iter().enumerate() {
            let holds = |which: Trait| match which {
                Trait::Noise => p.cause.is_some_and(|c| known.causes[c.0 as usize].background),
                Trait::Faint => p.weight <= Weight::Weak,
                Trait::Starts => p.starts,
                Trait::Hop => p.hop,
                Trait::Heads => p.heads,
                Trait::Typed => p.typed,
                Trait::Answers => {
                    !p.typed && resolve::evidence_of(&known.emitters, p).any(|kind| kind == "client-transcript")
                }
                Trait::Refuses => {
                    p.kind == Kind::Failure
                        && p.weight > Weight::Consequence
                        && p.stage.is_some_and(|s| s < Stage::Session)
                }
                Trait::Retried => p.retried,
                Trait::Ends => p.ends,
                Trait::Progress => p.kind != Kind::Failure && p.stage.is_some(),
                Trait::Mute => mute[at],
                Trait::Aside => aside[at],
                Trait::Alone => alone[at],
                Trait::Timed => timed[at],
            };
            let traits = ALL.into_iter().filter(|which| holds(*which)).fold(0_u16, |bits, t| bits | 1 << t as u16);
            let kind = Self::KINDS.iter().position(|k| *k == p.kind).expect("one of them") as u8;
            let stage = p.stage.map_or(0, |stage| 1 + stage as u8);
            bytes.extend(p.emitters.to_le_bytes());
            bytes.extend(traits.to_le_bytes());
            bytes.extend([kind, stage]);
        }
        Self(bytes.into())
    }

    /// As bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it holds of a pattern.
    #[inline]
    pub fn has(&self, pattern: PatternId, which: Trait) -> bool {
        let of = self.at(pattern);
        u16::from_le_bytes([of[8], of[9]]) >> which as u16 & 1 == 1
    }

    /// What a pattern's line says of a login.
    #[inline]
    pub fn kind(&self, pattern: PatternId) -> Kind {
        Self::KINDS[usize::from(self.at(pattern)[10])]
    }

    /// How far a connection has come once a pattern's line is there.
    #[inline]
    pub fn stage(&self, pattern: PatternId) -> Option<Stage> {
        Stage::ALL.get(usize::from(self.at(pattern)[11]).wrapping_sub(1)).copied()
    }

    /// Bit set: who says it.
    #[inline]
    pub fn emitters(&self, pattern: PatternId) -> u64 {
        u64::from_le_bytes(self.at(pattern)[..8].try_into().expect("eight bytes"))
    }

    #[inline]
    fn at(&self, pattern: PatternId) -> &[u8; Self::SIZE] {
        let from = usize::from(pattern.0) * Self::SIZE;
        self.0[from..from + Self::SIZE].try_into().expect("as many bytes")
    }
}

const ALL: [Trait; 15] = [
    Trait::Noise,
    Trait::Faint,
    Trait::Starts,
    Trait::Hop,
    Trait::Heads,
    Trait::Typed,
    Trait::Answers,
    Trait::Refuses,
    Trait::Retried,
    Trait::Ends,
    Trait::Progress,
    Trait::Mute,
    Trait::Aside,
    Trait::Alone,
    Trait::Timed,
];

/// For each pattern whether it is mere context, and no rule holds where it alone was seen. What stands alone is kept: it states
/// something, or was asked for.
fn mute(known: &Resolved, alone: &[bool]) -> Vec<bool> {
    let mut mute: Vec<bool> =
        known.patterns.iter().zip(alone).map(|(p, alone)| p.kind == Kind::Context && !alone).collect();
    let holds_alone = |rule: &Rule, p: PatternId| {
        rule.all.iter().all(|other| *other == p)
            && rule.at_least.is_none_or(|(_, other)| other == p)
            && rule.lapses == 0
    };
    for rule in known.causes.iter().flat_map(|cause| &cause.rules) {
        let named = rule.all.iter().chain(&rule.any).chain(&rule.last).chain(rule.at_least.iter().map(|(_, p)| p));
        for p in named.filter(|p| holds_alone(rule, **p)) {
            mute[p.0 as usize] = false;
        }
    }
    mute
}

/// For each pattern whether a rule wants to know when it came.
fn timed(known: &Resolved) -> Vec<bool> {
    let mut timed = vec![false; known.patterns.len()];
    known.lapses.iter().flat_map(|lapse| &lapse.to).for_each(|p| timed[p.0 as usize] = true);
    timed
}

/// For each pattern whether it is mere context that no rule names, of programs that serve no connections.
fn aside(known: &Resolved) -> Vec<bool> {
    let connects = |at: usize| known.emitters[at].data.connections;
    let serves = |emitters: u64| (0..known.emitters.len()).any(|at| emitters & 1 << at != 0 && connects(at));
    let mut aside: Vec<bool> =
        known.patterns.iter().map(|p| p.kind == Kind::Context && !serves(p.emitters) && p.states.is_empty()).collect();
    named_by_rules(known).for_each(|p| aside[p.0 as usize] = false);
    aside
}

/// For each pattern whether it is context that no rule names, and states something of a host or is what a command prints.
fn alone(known: &Resolved) -> Vec<bool> {
    let shows =
        |p: &Pattern| p.kind == Kind::Context && (!p.states.is_empty() || resolve::is_shown(&known.emitters, p));
    let mut alone: Vec<bool> = known.patterns.iter().map(shows).collect();
    named_by_rules(known).for_each(|p| alone[p.0 as usize] = false);
    alone
}

/// The patterns that rules name, some several times.
fn named_by_rules(known: &Resolved) -> impl Iterator<Item = PatternId> {
    known.causes.iter().flat_map(|cause| &cause.rules).flat_map(|rule| {
        let Rule { all, any, none, last, at_least, lapses: _, given: _, over: _, weight: _ } = rule;
        let timed = resolve::lapses_of(&known.lapses, rule).flat_map(|lapse| lapse.from.iter().chain(&lapse.to));
        [all, any, none, last].into_iter().flatten().chain(timed).copied().chain(at_least.map(|(_, p)| p))
    })
}
