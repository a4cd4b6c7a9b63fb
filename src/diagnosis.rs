//! Facts and rules → ranked diagnoses.
//!
//! In: the evidence of all inputs and the catalog's rules. Out: [`Diagnosis`], best first. Pure: no bytes, no formats.
//!
//! Every shape is judged once: its failure lines and the rules that hold propose causes, consequences give way to what they
//! follow from, the heaviest proposal wins. Then the facts of all shapes are gathered by cause, guessing by strangers is set
//! apart from people's trouble, and what explains another finding is put before it.

mod background;
mod judge;

use crate::catalog::{Catalog, CauseId, Kind, Stage, Weight};
use crate::evidence::{Evidence, Fact, Line, ShapeFacts, earlier, later};
use crate::record::time::Micros;
use background::Background;
use compact_str::CompactString;
use judge::Judgement;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Names and addresses listed in a diagnosis.
const MOST_LISTED: usize = 20;
/// Lines cited in a diagnosis.
const MOST_CITED: usize = 8;
/// Sessions whose lines are cited.
const MOST_SESSIONS: usize = 3;

/// A root cause, with what speaks for it.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The cause.
    pub cause: CauseId,
    /// 0 to 1.
    pub confidence: f64,
    /// How far the connection came.
    pub stage: Option<Stage>,
    /// Failed connections or attempts; for what concerns a host as a whole, lines.
    pub count: u64,
    /// The earliest.
    pub first: Option<Micros>,
    /// The latest.
    pub last: Option<Micros>,
    /// User names by frequency.
    pub users: Top,
    /// Client addresses by frequency.
    pub sources: Top,
    /// Servers by frequency.
    pub hosts: Top,
    /// The lines that prove it, in order of input.
    pub lines: Vec<Line>,
    /// Causes that the same lines leave possible, likeliest first.
    pub alternatives: Vec<CauseId>,
    /// Whether there were too many names and addresses to keep: then their lists come from a fair sample, totals are estimates.
    pub approximate: bool,
}

/// The most frequent of many values.
#[derive(Debug, Clone, Default)]
pub struct Top {
    /// At most 20, the most frequent first.
    pub listed: Vec<CompactString>,
    /// How many there are.
    pub total: u64,
}

/// How much a verdict of this weight is to be believed when nothing competes.
/// decisive: the emitter states the cause. The others follow from how often the samples' lines of that weight had the cause they name.
fn base_confidence(weight: Weight) -> f64 {
    match weight {
        Weight::Decisive => 0.95,
        Weight::Strong => 0.8,
        Weight::Weak => 0.5,
        Weight::Consequence => 0.3,
    }
}

/// What a proposal of equal weight takes from the confidence.
const COMPETITION: f64 = 0.85;

/// Everything found of one cause.
#[derive(Debug, Default)]
struct Finding {
    weight: Option<Weight>,
    confidence: f64,
    stage: Option<Stage>,
    count: u64,
    first: Option<Micros>,
    last: Option<Micros>,
    users: BTreeMap<CompactString, u64>,
    sources: BTreeMap<CompactString, u64>,
    hosts: BTreeMap<CompactString, u64>,
    /// Lines of the best-founded sessions, by weight and place.
    sessions: Vec<(Weight, Vec<Line>)>,
    alternatives: Vec<CauseId>,
    /// Whether a client's transcript shows it.
    by_client: bool,
    /// See [`Diagnosis::approximate`].
    approximate: bool,
    /// In place of counting the named ones: how many users and addresses there are.
    totals: Option<(u64, u64)>,
}

/// Diagnoses the evidence. `by_client` says which inputs are transcripts of clients.
pub fn diagnose(catalog: &Catalog, evidence: &Evidence, by_client: &dyn Fn(u32) -> bool) -> Vec<Diagnosis> {
    let mut judged: Vec<(&ShapeFacts, Judgement)> =
        evidence.shapes().filter_map(|facts| Some((facts, judge::judge(catalog, &facts.shape)?))).collect();
    judged.sort_by(|a, b| a.0.shape.cmp(&b.0.shape));
    let background = Background::of(catalog, evidence, &judged);
    let mut findings: BTreeMap<CauseId, Finding> = BTreeMap::new();
    for (facts, judgement) in &judged {
        let mut named = 0;
        for fact in facts.facts() {
            named += fact.count;
            match background.claims(catalog, judgement, &fact.who) {
                Some(guessing) => findings.entry(guessing).or_default().add_guess(fact),
                None => {
                    let client = fact.lines.first().is_some_and(|l| by_client(l.input));
                    findings.entry(judgement.cause).or_default().add(catalog, judgement, fact, client);
                }
            }
        }
        // What was counted but not kept is noise of many addresses.
        let unnamed = facts.count - named.min(facts.count);
        if unnamed > 0 {
            let cause = background.cause.filter(|_| catalog.cause_at(judgement.cause).background);
            let finding = findings.entry(cause.unwrap_or(judgement.cause)).or_default();
            finding.count += unnamed;
            finding.approximate = true;
            finding.first = earlier(finding.first, facts.first);
            finding.last = later(finding.last, facts.last);
        }
    }
    if let Some(finding) = background.cause.and_then(|cause| findings.get_mut(&cause))
        && finding.approximate
    {
        finding.recount(evidence);
    }
    rank(catalog, findings, background.cause)
}

/// Around an event, consequences of it are noted this much earlier or later.
const NEARBY: Micros = 10 * 60 * 1_000_000;

/// Best first: what explains a transcript or is one, then what a line states, guessing by strangers last but for mere consequences.
/// What another finding explains is its consequence and no finding of its own.
fn rank(catalog: &Catalog, mut findings: BTreeMap<CauseId, Finding>, guessing: Option<CauseId>) -> Vec<Diagnosis> {
    let explains = |cause: &CauseId, finding: &Finding, other: &CauseId, consequence: &Finding| {
        cause != other
            && finding.weight >= Some(Weight::Strong)
            && catalog.cause_at(*cause).outranks.contains(other)
            && !catalog.cause_at(*other).outranks.contains(cause)
            && finding.may_concern(consequence)
    };
    let is_explained = |other: &CauseId, consequence: &Finding| {
        findings.iter().any(|(cause, finding)| explains(cause, finding, other, consequence))
    };
    let explained: Vec<CauseId> =
        findings.iter().filter(|(other, f)| is_explained(other, f)).map(|(other, _)| *other).collect();
    let of_client: Vec<CauseId> = findings.iter().filter(|(_, f)| f.by_client).map(|(c, _)| *c).collect();
    findings.retain(|cause, _| !explained.contains(cause));
    let explains_client = |cause: &CauseId, finding: &Finding| {
        finding.weight >= Some(Weight::Strong)
            && of_client.iter().any(|other| catalog.cause_at(*cause).outranks.contains(other))
    };
    let tier = |cause: &CauseId, finding: &Finding| {
        if Some(*cause) == guessing {
            4
        } else if finding.weight <= Some(Weight::Consequence) {
            if finding.by_client { 3 } else { 5 }
        } else if explains_client(cause, finding) {
            0
        } else if finding.by_client {
            1
        } else if catalog.cause_at(*cause).background {
            3
        } else {
            2
        }
    };
    let mut ranked: Vec<(u8, CauseId, &Finding)> =
        findings.iter().map(|(cause, finding)| (tier(cause, finding), *cause, finding)).collect();
    ranked.sort_by(|a, b| {
        let by_confidence = b.2.confidence.total_cmp(&a.2.confidence);
        a.0.cmp(&b.0).then(by_confidence).then(b.2.count.cmp(&a.2.count)).then(a.1.cmp(&b.1))
    });
    let finish = |(_, cause, finding): (u8, CauseId, &Finding)| finding.conclude(cause);
    ranked.into_iter().map(finish).collect()
}

impl Finding {
    fn add(&mut self, catalog: &Catalog, judgement: &Judgement, fact: &Fact, client: bool) {
        let confidence = base_confidence(judgement.weight) * if judgement.contested { COMPETITION } else { 1.0 };
        if confidence > self.confidence {
            self.confidence = confidence;
            self.stage = judgement.stage;
        }
        self.weight = self.weight.max(Some(judgement.weight));
        self.by_client |= client;
        for alternative in &judgement.alternatives {
            if !self.alternatives.contains(alternative) {
                self.alternatives.push(*alternative);
            }
        }
        self.count_in(fact);
        let deciding = |line: &&Line| {
            let pattern = catalog.pattern_at(line.pattern);
            let own = pattern.cause == Some(judgement.cause) || judgement.deciding.contains(&line.pattern);
            own || (pattern.kind == Kind::Failure && !catalog.cause_at(judgement.cause).background)
        };
        let lines: Vec<Line> = fact.lines.iter().filter(deciding).cloned().collect();
        self.cite(judgement.weight, lines);
    }

    fn add_guess(&mut self, fact: &Fact) {
        self.confidence = 0.9;
        self.weight = Some(Weight::Decisive);
        self.stage = Some(Stage::Auth);
        self.count_in(fact);
        self.cite(Weight::Decisive, fact.lines.iter().take(1).cloned().collect());
    }

    /// Guessing of more names and addresses than facts are kept of: the counts of the larger samples take their place.
    fn recount(&mut self, evidence: &Evidence) {
        let tried = evidence.sources.iter().filter(|t| t.failures > 0);
        self.sources = tried.map(|t| (t.source.clone(), t.failures)).collect();
        self.users = evidence.users.iter().cloned().collect();
        self.totals = Some((evidence.users.distinct(), evidence.sources.distinct()));
        self.confidence = 0.9;
        self.weight = Some(Weight::Decisive);
        self.stage = Some(Stage::Auth);
    }

    fn count_in(&mut self, fact: &Fact) {
        let who = &fact.who;
        self.count += fact.count;
        self.first = earlier(self.first, fact.first);
        self.last = later(self.last, fact.last);
        let add = |map: &mut BTreeMap<CompactString, u64>, value: &CompactString| {
            *map.entry(value.clone()).or_default() += fact.count;
        };
        if let Some(user) = &who.user {
            add(&mut self.users, user);
        }
        if let Some(source) = &who.source {
            add(&mut self.sources, source);
        }
        if !who.host.is_empty() {
            add(&mut self.hosts, &who.host);
        }
    }

    /// Keeps the lines of the heaviest and then earliest sessions.
    fn cite(&mut self, weight: Weight, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        self.sessions.push((weight, lines));
        self.sessions.sort_by(|a, b| {
            let place = |s: &(Weight, Vec<Line>)| s.1.first().map(|l| (l.input, l.line));
            b.0.cmp(&a.0).then(place(a).cmp(&place(b)))
        });
        self.sessions.truncate(MOST_SESSIONS);
    }

    /// Whether this may be the reason of `other`: a common user, address and server, or one of them does not say; and all of
    /// it close to this in time.
    fn may_concern(&self, other: &Self) -> bool {
        let meet = |a: &BTreeMap<CompactString, u64>, b: &BTreeMap<CompactString, u64>| {
            a.is_empty() || b.is_empty() || a.keys().any(|k| b.contains_key(k))
        };
        let early = self.first.zip(other.first).is_some_and(|(a, b)| b.saturating_add(NEARBY) < a);
        let late = self.last.zip(other.last).is_some_and(|(a, b)| b.saturating_sub(NEARBY) > a);
        let names = meet(&self.users, &other.users) && meet(&self.sources, &other.sources);
        // A client names the server in its own way, by its own clock.
        names && (other.by_client || (meet(&self.hosts, &other.hosts) && !early && !late))
    }

    fn conclude(&self, cause: CauseId) -> Diagnosis {
        let mut lines: Vec<Line> = Vec::new();
        for line in self.sessions.iter().flat_map(|(_, lines)| lines) {
            if lines.len() < MOST_CITED && !lines.iter().any(|l| (l.input, l.line) == (line.input, line.line)) {
                lines.push(line.clone());
            }
        }
        lines.sort_by_key(|l| (l.input, l.line));
        Diagnosis {
            cause,
            confidence: (self.confidence * 100.0).round() / 100.0,
            stage: self.stage,
            count: self.count,
            first: self.first,
            last: self.last,
            users: Top::of(&self.users, self.totals.map(|(users, _)| users)),
            sources: Top::of(&self.sources, self.totals.map(|(_, sources)| sources)),
            hosts: Top::of(&self.hosts, None),
            approximate: self.approximate,
            lines,
            alternatives: self.alternatives.clone(),
        }
    }
}

impl Top {
    fn of(counts: &BTreeMap<CompactString, u64>, total: Option<u64>) -> Self {
        let mut all: Vec<_> = counts.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let listed = all.iter().take(MOST_LISTED).map(|(name, _)| (*name).clone()).collect();
        Self { listed, total: total.unwrap_or(all.len() as u64) }
    }
}

/// Counts by user name over all facts of noise, for telling names that many addresses try.
type SourcesByUser = FxHashMap<CompactString, u64>;
