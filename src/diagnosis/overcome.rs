//! Refusals in connections that came in nevertheless, by another key, method or address.
//!
//! In: the evidence and what kept somebody out. Out: the refusals for a stated reason, those apart of which a client complains:
//! the key was refused, which is the question, and a password let somebody in later. So it is where the server told the client
//! why (`told`). Knows nothing of ranking.

use super::finding::Finding;
use super::judge::{self, Judgement};
use super::sides::joined;
use super::{may_explain, server_reasons};
use crate::catalog::{Catalog, CauseId};
use crate::evidence::{Evidence, Fact, Shape, ShapeFacts};
use std::collections::BTreeMap;

/// How sure it is that what the server told a client that came in is what its text is about.
const TOLD: f64 = 0.8;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Overcome<'e> {
    /// What nobody complains of.
    pub(super) silent: BTreeMap<CauseId, Finding<'e>>,
    /// What a client complains of, each with the facts that are its own.
    pub(super) complained_of: BTreeMap<CauseId, Finding<'e>>,
}

impl<'e> Overcome<'e> {
    /// Looks for them, but for reasons for which somebody was kept out, too.
    pub(super) fn of(
        catalog: &Catalog,
        evidence: &'e Evidence,
        findings: &BTreeMap<CauseId, Finding<'e>>,
        is_client: &dyn Fn(&Fact) -> bool,
    ) -> Self {
        let complaints = complaints(catalog, findings);
        let refused = |facts: &'e ShapeFacts| {
            let judgement = judge::overcome(catalog, &facts.shape).filter(|j| !findings.contains_key(&j.cause));
            judgement.map(|judgement| (judgement, facts))
        };
        let judged: Vec<(Judgement, &'e ShapeFacts)> = evidence.shapes().filter_map(refused).collect();
        let mut refusals: Vec<(&Judgement, &'e Shape, &'e Fact, Option<i32>)> = Vec::new();
        for (judgement, facts) in &judged {
            let refusal = |fact| (judgement, &facts.shape, fact, strength(catalog, &complaints, judgement.cause, fact));
            refusals.extend(facts.facts().map(refusal));
        }
        let most = refusals.iter().filter_map(|(.., strength)| *strength).max();
        let mut likely =
            refusals.iter().filter(|(.., s)| s.is_some() && *s == most).map(|(judgement, ..)| judgement.cause);
        // Of several reasons none is known to be the client's.
        let most = likely.next().filter(|cause| likely.all(|other| other == *cause)).and(most);
        let mut overcome = Self::default();
        for (judgement, shape, fact, strength) in refusals {
            let client = is_client(fact);
            let told = client && judgement.deciding.iter().any(|p| catalog.pattern_at(*p).told);
            let own = told || (strength.is_some() && strength == most);
            let findings = if own { &mut overcome.complained_of } else { &mut overcome.silent };
            let finding = findings.entry(judgement.cause).or_default();
            finding.add(catalog, (judgement, judgement), (shape, fact), client, if told { TOLD } else { 1.0 });
        }
        overcome
    }
}

/// What clients show that no server's failure explains, and that is no mere mistyping.
fn complaints<'e>(catalog: &Catalog, findings: &BTreeMap<CauseId, Finding<'e>>) -> Vec<(CauseId, Vec<&'e Fact>)> {
    let reasons = server_reasons(catalog, findings);
    let explained = |symptom: &CauseId| reasons.iter().any(|(_, explained)| explained.cause == *symptom);
    let complains = |(symptom, finding): &(&CauseId, &Finding<'e>)| {
        finding.by_client && !catalog.cause_at(**symptom).background && !explained(symptom)
    };
    let clients = findings.iter().filter(complains);
    clients.map(|(symptom, finding)| (*symptom, finding.compared())).collect()
}

/// What speaks most for a refusal being what one of the clients complains of.
fn strength(catalog: &Catalog, complaints: &[(CauseId, Vec<&Fact>)], cause: CauseId, refusal: &Fact) -> Option<i32> {
    let explained = complaints.iter().filter(|(symptom, _)| may_explain(catalog, cause, *symptom));
    let of_one_event = |client: &&Fact| {
        let strength = joined(client, refusal)?.strength();
        (strength > 0 || client.place().0 == refusal.place().0).then_some(strength)
    };
    explained.flat_map(|(_, clients)| clients.iter().filter_map(of_one_event)).max()
}
