//! One shape → the cause that it proves best.
//!
//! In: the patterns of a session, each with how often, and the catalog's weights and rules. Out: a [`Judgement`], or none
//! where nothing failed.

use crate::catalog::{Catalog, CauseId, Kind, PatternId, Rule, Stage, Weight};
use crate::evidence::Shape;
use crate::host::{FactName, HostFact};
use std::cmp::Ordering;

/// What a shape proves.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The cause.
    pub cause: CauseId,
    /// How much speaks for it.
    pub weight: Weight,
    /// Whether another cause has the same weight.
    pub contested: bool,
    /// What the conclusion rests on beside lines that state it.
    pub basis: Basis,
    /// What the host's files say of it.
    pub ruling: Option<Ruling>,
    /// How far the connection came.
    pub stage: Option<Stage>,
    /// The patterns that decided.
    pub deciding: Vec<PatternId>,
    /// The other causes proposed, heaviest first.
    pub alternatives: Vec<CauseId>,
}

impl Judgement {
    /// Whether the server was not reached, or is one that the client does not know.
    pub(super) fn is_unreached(&self) -> bool {
        matches!(self.stage, Some(Stage::Tcp | Stage::HostKey))
    }
}

/// What was not said also counts in some conclusions; how much, depends on how much of the connection was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Lines that are there.
    Lines,
    /// That some lines are not there, where those before them would be, too.
    Absence,
    /// That nothing follows: the connection hangs there, or the text was cut.
    Ending,
    /// That some lines are not there, in a text that begins in the middle.
    AbsenceInPart,
}

/// What the files of a host say of a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// They speak for it.
    Confirmed,
    /// They speak against it.
    Refuted,
    /// They state it, where lines show only its consequence; surely, or as far as was collected.
    Decided {
        /// Whether nothing that was not collected can change it.
        sure: bool,
    },
}

/// A cause proposed by a line or a rule.
#[derive(Debug)]
struct Proposal {
    cause: CauseId,
    weight: Weight,
    basis: Basis,
    ruling: Option<Ruling>,
    deciding: Vec<PatternId>,
    /// What gives way to it by a rule that holds.
    over: Vec<CauseId>,
    /// Lines of the cause's own file, also those that only support it.
    support: usize,
    /// Whether it is that something took long, which it did for whoever came in, too.
    slow: bool,
}

/// See the module.
pub fn judge(catalog: &Catalog, shape: &Shape) -> Option<Judgement> {
    judge_beside(catalog, shape, &[], Power::Ruling)
}

/// What a host's files may do to a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Speak for and against what lines propose.
    Ruling,
    /// Also decide for a cause that no line proposes; where one states the reason, only by a fact that names that: so for a
    /// server's log.
    Deciding,
    /// Also where lines state what was seen: a client sees no reasons.
    Explaining,
}

/// The same in the light of what the host's files state of the login.
pub fn judge_beside(catalog: &Catalog, shape: &Shape, facts: &[HostFact], power: Power) -> Option<Judgement> {
    let logged_in = logged_in(catalog, shape);
    let mut proposals = propose(catalog, shape, facts);
    proposals.retain(|p| !logged_in || survives_success(catalog, p) || is_last_word(shape, p));
    leave_out_overtaken(catalog, shape, &mut proposals);
    rule(catalog, facts, &mut proposals);
    let stated = |p: &Proposal| p.weight == Weight::Decisive && p.ruling != Some(Ruling::Refuted);
    if power != Power::Ruling {
        // What a line of the server's states gives way only to what is known to be its reason.
        let named = power == Power::Deciding && proposals.iter().any(stated);
        decide_by_facts(catalog, facts, named, &mut proposals);
    }
    decide(catalog, shape, proposals)
}

/// What a connection that came in was refused before, where a line states the reason and it is not a stranger's guessing.
pub fn overcome(catalog: &Catalog, shape: &Shape) -> Option<Judgement> {
    if !logged_in(catalog, shape) {
        return None;
    }
    let mut proposals = propose(catalog, shape, &[]);
    proposals.retain(|p| {
        let stated = p.weight == Weight::Decisive && !catalog.cause_at(p.cause).background;
        stated && stage(catalog, p) == Some(Stage::Auth) && !survives_success(catalog, p) && !is_last_word(shape, p)
    });
    decide(catalog, shape, proposals)
}

/// Whether a line says that something failed.
pub fn has_failed(catalog: &Catalog, shape: &Shape) -> bool {
    shape.seen.iter().any(|(p, _)| catalog.pattern_at(*p).kind == Kind::Failure)
}

/// Whether a rule holds but for what only the host's files can say.
pub fn depends_on_facts(catalog: &Catalog, shape: &Shape) -> bool {
    let given = |r: &&Rule| !r.given.is_empty();
    let mut rules = catalog.causes.iter().flat_map(|cause| &cause.rules).filter(given);
    rules.any(|rule| is_seen(catalog, rule, shape))
}

/// Whether somebody got in.
pub fn logged_in(catalog: &Catalog, shape: &Shape) -> bool {
    shape.seen.iter().any(|(p, _)| catalog.pattern_at(*p).kind == Kind::Success)
}

fn decide(catalog: &Catalog, shape: &Shape, mut proposals: Vec<Proposal>) -> Option<Judgement> {
    let outranked: Vec<CauseId> = proposals
        .iter()
        .filter(|p| proposals.iter().any(|o| outranks(catalog, o, p) && !outranks(catalog, p, o)))
        .map(|p| p.cause)
        .collect();
    if outranked.len() < proposals.len() {
        proposals.retain(|p| !outranked.contains(&p.cause));
    }
    proposals.sort_by(|a, b| {
        let heavier = b.weight.cmp(&a.weight).then(b.support.cmp(&a.support));
        heavier.then(stage(catalog, b).cmp(&stage(catalog, a))).then(a.cause.cmp(&b.cause))
    });
    let reached = shape.seen.iter().filter_map(|(p, _)| catalog.pattern_at(*p).stage).max();
    let (best, others) = proposals.split_first()?;
    Some(Judgement {
        cause: best.cause,
        weight: best.weight,
        basis: best.basis,
        ruling: best.ruling,
        contested: others.iter().any(|o| o.weight == best.weight),
        stage: stage(catalog, best).or(reached),
        deciding: best.deciding.clone(),
        alternatives: others.iter().filter(|o| o.weight > Weight::Consequence).map(|o| o.cause).collect(),
    })
}

fn propose(catalog: &Catalog, shape: &Shape, facts: &[HostFact]) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut add = |cause: CauseId, weight: Weight, basis: Basis, deciding: Vec<PatternId>| {
        let known = proposals.iter().position(|p| p.cause == cause);
        match known.map(|at| &mut proposals[at]) {
            Some(known) => {
                match weight.cmp(&known.weight) {
                    Ordering::Greater => (known.weight, known.basis) = (weight, basis),
                    Ordering::Equal => known.basis = known.basis.min(basis),
                    Ordering::Less => {}
                }
                known.deciding.extend(deciding);
            }
            None => {
                let (over, support, slow) = (Vec::new(), 0, false);
                proposals.push(Proposal { cause, weight, basis, ruling: None, deciding, over, support, slow });
            }
        }
    };
    for (id, _) in &shape.seen {
        let pattern = catalog.pattern_at(*id);
        if let (Kind::Failure, Some(cause)) = (pattern.kind, pattern.cause) {
            add(cause, pattern.weight, Basis::Lines, vec![*id]);
        }
    }
    let begins = shows_beginning(catalog, shape);
    let rules =
        catalog.causes.iter().zip(0..).flat_map(|(cause, at)| cause.rules.iter().map(move |r| (CauseId(at), r)));
    let holding: Vec<(CauseId, &Rule)> = rules.filter(|(_, rule)| holds(catalog, rule, shape, facts)).collect();
    for (cause, rule) in &holding {
        let named = rule.all.iter().chain(&rule.any).chain(&rule.last);
        let timed = catalog.lapses_of(rule).flat_map(|lapse| lapse.from.iter().chain(&lapse.to));
        let named = named.chain(rule.at_least.iter().map(|(_, p)| p)).chain(timed);
        let deciding = named.filter(|p| count(shape, **p) > 0).copied().collect();
        let basis = match (rule.none.is_empty(), rule.last.is_empty()) {
            (false, _) if !begins => Basis::AbsenceInPart,
            (_, false) => Basis::Ending,
            (false, true) => Basis::Absence,
            (true, true) => Basis::Lines,
        };
        if let Some(weight) = rule.weight {
            add(*cause, weight, basis, deciding);
        }
    }
    let of_cause = |cause| holding.iter().filter(move |(of, _)| *of == cause).map(|(_, rule)| *rule);
    proposals.retain(|proposal| of_cause(proposal.cause).all(|rule| rule.weight.is_some()));
    for proposal in &mut proposals {
        proposal.over = of_cause(proposal.cause).flat_map(|rule| &rule.over).copied().collect();
        proposal.slow = of_cause(proposal.cause).any(|rule| catalog.lapses_of(rule).any(|lapse| lapse.apart));
        let own = |p: &&(PatternId, u8)| catalog.pattern_at(p.0).cause == Some(proposal.cause);
        proposal.support = shape.seen.iter().filter(own).count();
    }
    proposals
}

/// What the host's files say to what was proposed. What a line states was so when it was written; anything less gives way.
fn rule(catalog: &Catalog, facts: &[HostFact], proposals: &mut [Proposal]) {
    for proposal in proposals.iter_mut().filter(|_| !facts.is_empty()) {
        let rules = &catalog.cause_at(proposal.cause).host;
        if facts.iter().any(|f| rules.confirmed_by.contains(&f.name)) {
            proposal.ruling = Some(Ruling::Confirmed);
        } else if facts.iter().any(|f| f.sure && rules.refuted_by.contains(&f.name)) {
            proposal.ruling = Some(Ruling::Refuted);
            if proposal.weight < Weight::Decisive {
                proposal.weight = Weight::Consequence;
            }
        }
    }
}

/// The reason that the host's files state counts for the consequences of it that are there; `named`: only for those that the
/// decision names.
fn decide_by_facts(catalog: &Catalog, facts: &[HostFact], named: bool, proposals: &mut Vec<Proposal>) {
    for (at, cause) in catalog.causes.iter().enumerate() {
        let id = CauseId(at as u16);
        let decided = |p: &Proposal| {
            let decides = |(name, over): &&(FactName, Option<CauseId>)| {
                let over = over.map_or_else(|| !named && cause.outranks.contains(&p.cause), |over| over == p.cause);
                (over || (!named && p.cause == id)) && facts.iter().any(|f| f.name == *name)
            };
            cause.host.decided_by.iter().any(|d| decides(&d))
        };
        let mut deciding = Vec::new();
        for consequence in proposals.iter_mut().filter(|p| decided(p)) {
            deciding.extend(consequence.deciding.iter().copied());
            if consequence.cause != id {
                consequence.weight = Weight::Consequence;
            }
        }
        if deciding.is_empty() {
            continue;
        }
        let names = || cause.host.decided_by.iter().map(|(name, _)| name);
        let sure = facts.iter().any(|f| f.sure && names().any(|name| *name == f.name));
        let ruling = Some(Ruling::Decided { sure });
        let proposal = Proposal {
            cause: id,
            weight: Weight::Strong,
            basis: Basis::Lines,
            ruling,
            deciding,
            over: Vec::new(),
            support: 1,
            slow: false,
        };
        match proposals.iter_mut().find(|p| p.cause == id) {
            // Lines that say the same are worth as much, and the facts confirm them.
            Some(known) if known.weight >= Weight::Strong => {}
            Some(known) => *known = proposal,
            None => proposals.push(proposal),
        }
    }
}

/// Whether what comes first in a connection is there. A server notes a login in a few lines, all of which its log has.
fn shows_beginning(catalog: &Catalog, shape: &Shape) -> bool {
    shape.seen.iter().map(|(p, _)| catalog.pattern_at(*p)).any(|pattern| {
        let early = pattern.kind == Kind::Context && pattern.stage.is_some_and(|s| s <= Stage::Kex);
        pattern.starts || early || catalog.evidence_of(pattern).all(|evidence| evidence != "client-transcript")
    })
}

fn holds(catalog: &Catalog, rule: &Rule, shape: &Shape, facts: &[HostFact]) -> bool {
    is_seen(catalog, rule, shape) && (rule.given.is_empty() || facts.iter().any(|f| rule.given.contains(&f.name)))
}

fn is_seen(catalog: &Catalog, rule: &Rule, shape: &Shape) -> bool {
    let seen = |p: &PatternId| count(shape, *p) > 0;
    // A failure is one, wherever the rest was cut away.
    let is_cut = || {
        let cuts = || shape.seen.iter().any(|(p, _)| catalog.pattern_at(*p).cuts);
        catalog.pattern_at(shape.last).kind == Kind::Context && cuts()
    };
    rule.all.iter().all(seen)
        && (rule.any.is_empty() || rule.any.iter().any(seen))
        && !rule.none.iter().any(seen)
        && (rule.last.is_empty() || (rule.last.contains(&shape.last) && !is_cut()))
        && rule.at_least.is_none_or(|(least, p)| count(shape, p) >= least)
        && shape.lapses & rule.lapses == rule.lapses
}

fn count(shape: &Shape, pattern: PatternId) -> u8 {
    shape.seen.binary_search_by_key(&pattern, |(p, _)| *p).map_or(0, |at| shape.seen[at].1)
}

/// Once somebody is in, only what went wrong afterwards is a failure.
fn survives_success(catalog: &Catalog, proposal: &Proposal) -> bool {
    proposal.weight > Weight::Consequence
        && (proposal.slow || stage(catalog, proposal).is_none_or(|s| s == Stage::Session))
}

/// A failure that nothing follows came after the login, or in its place.
fn is_last_word(shape: &Shape, proposal: &Proposal) -> bool {
    proposal.weight == Weight::Decisive && proposal.basis == Basis::Lines && proposal.deciding.contains(&shape.last)
}

/// The failure of one address means nothing once another answers, and less than what the client says in the end.
fn leave_out_overtaken(catalog: &Catalog, shape: &Shape, proposals: &mut Vec<Proposal>) {
    let retried = |p: &PatternId| catalog.pattern_at(*p).retried;
    let of_one_address = |p: &Proposal| p.deciding.iter().all(retried);
    let answered = shape.seen.iter().any(|(p, _)| !retried(p) && catalog.pattern_at(*p).stage > Some(Stage::Tcp));
    if answered || !proposals.iter().all(of_one_address) {
        proposals.retain(|p| !of_one_address(p));
    }
}

/// A cause takes precedence over its consequences when it is proven at least as well, or well.
fn outranks(catalog: &Catalog, a: &Proposal, b: &Proposal) -> bool {
    let outranks = || catalog.cause_at(a.cause).outranks.contains(&b.cause) && !b.over.contains(&a.cause);
    a.over.contains(&b.cause) || (outranks() && (a.weight >= b.weight || a.weight >= Weight::Strong))
}

fn stage(catalog: &Catalog, proposal: &Proposal) -> Option<Stage> {
    let of_lines = proposal.deciding.iter().filter_map(|p| {
        let pattern = catalog.pattern_at(*p);
        pattern.stage.filter(|_| pattern.kind == Kind::Failure)
    });
    of_lines.max().or(catalog.cause_at(proposal.cause).stage)
}
