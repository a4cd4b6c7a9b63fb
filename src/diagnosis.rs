//! Facts and rules → ranked diagnoses.
//!
//! In: the evidence of all inputs and the catalog's rules. Out: a [`Conclusion`], best first. Pure: no bytes, no formats.
//!
//! Every shape is judged once: its failure lines and the rules that hold propose causes, consequences give way to what they
//! follow from, the heaviest proposal wins. Then the facts of all shapes are gathered by cause, guessing by strangers is set
//! apart from people's trouble, what a client saw is joined with the server's reason for it, and what explains another
//! finding is put before it. What a client got past when it tried again counts less than what it failed at last. What the
//! configuration beside a log says to a login is asked once the log has been judged.

mod attempt;
mod background;
mod came_in;
mod complaints;
mod conduct;
mod confidence;
mod configuration;
mod every_login;
mod excuses;
mod finding;
mod judge;
mod overcome;
mod reasons;
mod serving;
mod sides;
mod stated;

use crate::catalog::{Catalog, CauseId, Kind, Stage, Weight};
use crate::evidence::{Evidence, Fact, Line, ShapeFacts, earlier, later};
use crate::host::Beside;
use crate::record::time::Micros;
use background::Background;
use came_in::CameIn;
use compact_str::CompactString;
use complaints::Complaints;
use configuration::Configuration;
pub use configuration::Told;
use every_login::EveryLogin;
use excuses::Excuses;
use finding::Finding;
use judge::Judgement;
pub use judge::Ruling;
use overcome::Overcome;
use reasons::{may_explain, server_reasons};
use rustc_hash::FxHashMap;
use serving::Serving;
pub use sides::{Clocks, Joined};
use std::cmp::Ordering;
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
    /// What clients saw of it.
    pub explains: Vec<Explained>,
    /// What the files of the host say of it.
    pub beside: Vec<Told>,
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

/// What a client saw of a diagnosis whose reason the server tells.
#[derive(Debug, Clone)]
pub struct Explained {
    /// What the client's transcript alone would lead to.
    pub cause: CauseId,
    /// What speaks for both being one event.
    pub joined: Joined,
    /// The client's lines.
    pub lines: Vec<Line>,
}

/// All that the evidence leads to.
#[derive(Debug, Clone, Default)]
pub struct Conclusion {
    /// What kept somebody out, best first.
    pub diagnoses: Vec<Diagnosis>,
    /// What was refused in connections that came in nevertheless, by another key, method or address.
    pub overcome: Vec<Diagnosis>,
    /// Guessing no worse than every server on the Internet sees, where nothing else failed and somebody came in.
    pub background: Vec<Diagnosis>,
}

/// Diagnoses the evidence. `by_client` says which inputs are transcripts of clients, `beside` what is known of the hosts.
pub fn diagnose(
    catalog: &Catalog,
    evidence: &Evidence,
    beside: &Beside<'_>,
    by_client: &dyn Fn(u32) -> bool,
) -> Conclusion {
    let is_client = |fact: &Fact| {
        // Before what a command shows somebody may have left a session.
        let tells = fact.lines.iter().find(|l| catalog.pattern_at(l.pattern).kind != Kind::Context);
        tells.or(fact.lines.first()).is_some_and(|l| is_of_client(catalog, l, by_client))
    };
    let mut shapes: Vec<&ShapeFacts> = evidence.shapes().collect();
    shapes.sort_by(|a, b| a.shape.cmp(&b.shape));
    let (mut judged, mut depending): (Vec<(&ShapeFacts, Judgement)>, Vec<&ShapeFacts>) = Default::default();
    for facts in shapes {
        match judge::judge(catalog, &facts.shape) {
            Some(judgement) => judged.push((facts, judgement)),
            None if judge::depends_on_facts(catalog, &facts.shape) => depending.push(facts),
            None => {}
        }
    }
    leave_out_general_words(catalog, evidence, &mut judged);
    let serving = Serving::of(catalog, evidence);
    let came_in = CameIn::of(catalog, evidence, &judged);
    let complaints = Complaints::of(catalog, &judged, &came_in, &is_client);
    let complained = complaints.any();
    let every_login = EveryLogin::of(catalog, evidence);
    let apart: Vec<(&ShapeFacts, Judgement)> =
        judged.iter().map(|(facts, judgement)| (*facts, every_login.apart(catalog, &facts.shape, judgement))).collect();
    let background = Background::of(catalog, evidence, &apart, &serving, complained);
    let excuses = Excuses { catalog, came_in: &came_in, background: &background, complaints: &complaints, complained };
    let mut configuration = Configuration::new(catalog, beside, evidence, &is_client);
    let mut findings: BTreeMap<CauseId, Finding<'_>> = BTreeMap::new();
    for ((facts, judgement), (_, apart)) in judged.iter().zip(&apart) {
        let mut named = 0;
        let excuse = excuses.of(&facts.shape, judgement);
        for fact in facts.facts() {
            named += fact.count;
            let client = is_client(fact);
            if excuse.holds(fact, client) {
                continue;
            }
            match background.claims(catalog, apart, fact) {
                Some(guessing) => findings.entry(guessing).or_default().add_guess(fact),
                None => {
                    let beside = configuration.judge(&facts.shape, fact, client);
                    let (ruled, told) = beside.as_ref().map_or((judgement, None), |(j, told)| (j, Some(told)));
                    // It was so for a while, or of one of two units, and sshd listens.
                    let refuted = ruled.ruling == Some(Ruling::Refuted);
                    if refuted && !complained && catalog.cause_at(ruled.cause).at_start {
                        continue;
                    }
                    let finding = findings.entry(ruled.cause).or_default();
                    let at_most = background.at_most(&catalog.cause_at(ruled.cause).id, &fact.who);
                    finding.add(catalog, (ruled, judgement), (&facts.shape, fact), client, at_most);
                    finding.is_somebodys |=
                        !background.may_be_of_a_stranger(&catalog.cause_at(judgement.cause).id, &fact.who);
                    finding.tell(told.cloned().unwrap_or_default());
                }
            }
        }
        // What was counted but not kept is noise of many addresses.
        let unnamed = facts.count - named.min(facts.count);
        if unnamed > 0 {
            let cause = background.cause.filter(|_| catalog.cause_at(judgement.cause).background);
            let finding = findings.entry(cause.unwrap_or(judgement.cause)).or_default();
            finding.count += unnamed;
            finding.is_more_than_noise |= !catalog.cause_at(judgement.cause).background;
            finding.approximate = true;
            finding.first = earlier(finding.first, facts.first);
            finding.last = later(finding.last, facts.last);
        }
    }
    for facts in depending {
        for fact in facts.facts() {
            let client = is_client(fact);
            if let Some((ruled, told)) = configuration.judge(&facts.shape, fact, client) {
                let finding = findings.entry(ruled.cause).or_default();
                finding.add(catalog, (&ruled, &ruled), (&facts.shape, fact), client, 1.0);
                finding.tell(told);
            }
        }
    }
    if let Some(finding) = background.cause.and_then(|cause| findings.get_mut(&cause))
        && finding.approximate
    {
        finding.recount(evidence);
    }
    findings.retain(|cause, finding| {
        let at_start = || !complained && catalog.cause_at(*cause).at_start && finding.is_of_service();
        let restarted = (finding.is_stop_of_service() || at_start()) && serving.came_after(finding);
        let probed = background.is_outcome(&catalog.cause_at(*cause).id)
            && finding.is_probing_the_port(complained)
            && (serving.somebody_came_in(finding) || (!complained && finding.proves_little() && came_in.is_shown()));
        let monitored = !complained
            && background.is_outcome(&catalog.cause_at(*cause).id)
            && finding.is_monitoring(|source| background.is_monitor(source));
        !restarted && !probed && !monitored && !finding.is_probing(&evidence.sources)
    });
    // Nothing else failed, and who had business there came in.
    let is_guess = |(cause, finding): (&CauseId, &Finding<'_>)| {
        background.cause == Some(*cause)
            || (background.is_outcome(&catalog.cause_at(*cause).id) && finding.is_of_strangers())
    };
    let only_guesses = findings.iter().all(is_guess);
    let aside = only_guesses && background.is_usual() && serving.is_any_login();
    let usual = if aside { std::mem::take(&mut findings) } else { BTreeMap::new() };
    let Overcome { silent, complained_of } = Overcome::of(catalog, evidence, &findings, &is_client);
    findings.extend(complained_of);
    let conclude = |findings: &BTreeMap<CauseId, Finding<'_>>| -> Vec<Diagnosis> {
        findings.iter().map(|(cause, finding)| finding.conclude(*cause)).collect()
    };
    let mut overcome = conclude(&silent);
    overcome.sort_by(|a, b| b.count.cmp(&a.count).then(a.cause.cmp(&b.cause)));
    let guessing = background.cause.map(|cause| (cause, background.is_usual() && serving.is_any_login()));
    Conclusion { diagnoses: rank(catalog, findings, guessing), overcome, background: conclude(&usual) }
}

/// General words count only where nothing else is found, and nobody is seen to come in.
fn leave_out_general_words(catalog: &Catalog, evidence: &Evidence, judged: &mut Vec<(&ShapeFacts, Judgement)>) {
    let general = |judgement: &Judgement| judgement.deciding.iter().all(|p| catalog.pattern_at(*p).general);
    let found = judged.iter().any(|(_, judgement)| !general(judgement));
    if found || evidence.shapes().any(|facts| judge::logged_in(catalog, &facts.shape)) {
        judged.retain(|(_, judgement)| !general(judgement));
    }
}

/// Whether a client wrote a line: a paste may hold both sides. What either may write is told by its input.
fn is_of_client(catalog: &Catalog, line: &Line, by_client: &dyn Fn(u32) -> bool) -> bool {
    let all_of = |kinds: &[&str]| catalog.evidence_of(catalog.pattern_at(line.pattern)).all(|e| kinds.contains(&e));
    all_of(&["client-transcript"])
        || (!all_of(&["server-log", "service-status", "listening-sockets", "config-test"]) && by_client(line.input))
}

/// A client's text that tells less counts no more than what a server says.
const TELLING: f64 = 0.3;

/// How much less sure what a client got past is than what it failed at last.
const LESS: f64 = 0.05;

/// Around an event, consequences of it are noted this much earlier or later.
const NEARBY: Micros = 10 * 60 * 1_000_000;

/// Best first: what explains a transcript or is one, then what a line states, noise that names users and consequences for users;
/// guessing by strangers after that, before noise that names nobody, which may well be theirs.
/// What another finding explains is its consequence and no finding of its own. `guessing` is its cause, and whether people
/// come in and there is no more of it than anywhere: then nothing else is its consequence, and everything else comes first.
fn rank(
    catalog: &Catalog,
    mut findings: BTreeMap<CauseId, Finding<'_>>,
    guessing: Option<(CauseId, bool)>,
) -> Vec<Diagnosis> {
    let reasons = server_reasons(catalog, &findings);
    let outranks = |cause: &CauseId, other: &CauseId| may_explain(catalog, *cause, *other);
    let explains = |cause: &CauseId, finding: &Finding<'_>, other: &CauseId, consequence: &Finding<'_>| {
        let concerns = || match (finding.by_client, consequence.by_client) {
            (true, false) => finding.covers(consequence),
            // What the server says of a client's trouble is in `reasons`.
            (false, true) => false,
            _ => finding.may_concern(consequence),
        };
        let passed = || finding.is_passed_in(consequence, true);
        let usual = guessing == Some((*cause, true));
        finding.weight >= Some(Weight::Strong) && !usual && outranks(cause, other) && concerns() && !passed()
    };
    let is_explained = |other: &CauseId, consequence: &Finding<'_>| {
        reasons.iter().any(|(_, explained)| explained.cause == *other)
            || findings.iter().any(|(cause, finding)| explains(cause, finding, other, consequence))
    };
    let explained: Vec<CauseId> =
        findings.iter().filter(|(other, f)| is_explained(other, f)).map(|(other, _)| *other).collect();
    findings.retain(|cause, _| !explained.contains(cause));
    for (cause, reason) in reasons {
        if let Some(finding) = findings.get_mut(&cause) {
            // What strangers produce by the thousand is there on every server: that it is the client's, more must say.
            let least = i32::from(catalog.cause_at(cause).background);
            if finding.explains.is_empty() && reason.joined.strength() > least {
                finding.confidence = confidence::confirmed(finding.confidence);
                finding.ranked = finding.ranked.max(finding.confidence);
            }
            finding.explains.push(reason);
        }
    }
    give_way_to_later_attempts(catalog, &mut findings);
    let tier = |cause: &CauseId, finding: &Finding<'_>| {
        if let Some((_, usual)) = guessing.filter(|(guessing, _)| guessing == cause) {
            if usual { 8 } else { 5 }
        } else if !finding.explains.is_empty() {
            0
        } else if finding.weight <= Some(Weight::Consequence) {
            match (finding.by_client, finding.names_users()) {
                (true, _) => 3,
                (false, true) => 4,
                (false, false) => 7,
            }
        } else if finding.by_client && finding.confidence >= TELLING {
            1
        } else if !finding.by_client && !finding.is_more_than_noise {
            let named = finding.names_users() || finding.weight >= Some(Weight::Strong);
            if !named {
                6
            } else if finding.is_somebodys {
                3
            } else {
                4
            }
        } else {
            2
        }
    };
    let mut ranked: Vec<(u8, CauseId, &Finding<'_>)> =
        findings.iter().map(|(cause, finding)| (tier(cause, finding), *cause, finding)).collect();
    ranked.sort_by(|a, b| {
        let by_confidence = b.2.ranked.total_cmp(&a.2.ranked);
        let by_stage = || if a.2.by_client && b.2.by_client { b.2.stage.cmp(&a.2.stage) } else { Ordering::Equal };
        a.0.cmp(&b.0).then(by_confidence).then_with(by_stage).then(b.2.count.cmp(&a.2.count)).then(a.1.cmp(&b.1))
    });
    let finish = |(_, cause, finding): (u8, CauseId, &Finding<'_>)| finding.conclude(cause);
    ranked.into_iter().map(finish).collect()
}

/// What a client was past when it tried again keeps nobody out any more, so what it failed at last counts before that.
fn give_way_to_later_attempts(catalog: &Catalog, findings: &mut BTreeMap<CauseId, Finding<'_>>) {
    let after = |(cause, earlier): (&CauseId, &Finding<'_>)| {
        let is_past = |later: &CauseId, f: &Finding<'_>| earlier.is_passed_in(f, may_explain(catalog, *cause, *later));
        // Who was refused reached the server, however little the refusal says.
        let reached =
            |f: &Finding<'_>| f.weight >= Some(Weight::Weak) && earlier.stage.is_some_and(|stage| stage < Stage::Auth);
        let counts = |f: &Finding<'_>| f.weight >= Some(Weight::Strong) || reached(f);
        let later = findings.iter().filter(|(later, f)| counts(f) && is_past(later, f));
        // Less than any of them: one may be passed, too.
        Some((*cause, later.map(|(_, finding)| finding.confidence).min_by(f64::total_cmp)?))
    };
    let passed: Vec<(CauseId, f64)> = findings.iter().filter_map(after).collect();
    for (cause, confidence) in passed {
        if let Some(finding) = findings.get_mut(&cause) {
            finding.give_way_to(confidence - LESS);
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
