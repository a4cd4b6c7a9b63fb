//! What a client saw → the server's reason for it.
//!
//! In: the findings of both sides. Out: for each symptom of a client the causes that a server states of the same event. Knows
//! nothing of lines.

use super::Explained;
use super::finding::Finding;
use super::sides::{Clocks, Joined};
use crate::catalog::{Catalog, CauseId, Stage, Weight};
use std::collections::BTreeMap;

/// What a server states counts more than what a client's text leads to, if that is surer by so much.
const SURER: f64 = 0.3;

/// Whether `other` is a consequence of `cause`, and not the other way round.
pub(super) fn may_explain(catalog: &Catalog, cause: CauseId, other: CauseId) -> bool {
    cause != other
        && catalog.cause_at(cause).outranks.contains(&other)
        && !catalog.cause_at(other).outranks.contains(&cause)
}

/// The server's reasons for what clients saw. Of several possible ones those count for which most speaks: other people's
/// failures in the same log are not the client's.
pub(super) fn server_reasons(
    catalog: &Catalog,
    findings: &BTreeMap<CauseId, Finding<'_>>,
) -> Vec<(CauseId, Explained)> {
    let mut reasons = Vec::new();
    // On each side one thing failed as often as on the other, and somebody gave both.
    let failed = |by_client: bool| {
        let mut of_side = findings.values().filter(|finding| finding.by_client == by_client);
        of_side.next().filter(|_| of_side.next().is_none())
    };
    let only_two = failed(true).zip(failed(false)).is_some_and(|(client, server)| {
        // Of many the server names no more than one, and none of them came farther than the client saw.
        let farther = client.stage.is_some_and(|stage| stage < Stage::Auth) && server.stage >= Some(Stage::Auth);
        client.count == server.count && (client.count == 1 || (!farther && !server.names_several_users()))
    });
    for (symptom, client) in findings.iter().filter(|(_, finding)| finding.by_client) {
        let candidates = findings.iter().filter_map(|(cause, server)| {
            let joined = server.joined_with(client)?;
            // Where both sides name the event, or somebody put both into one text, what the server states needs no rule to count
            // more than a guess of the client's.
            let told_together = joined.clocks == Clocks::Unknown && (server.shares_input_with(client) || only_two);
            let named = joined.fingerprint || (joined.user && joined.clocks == Clocks::Agree);
            let surer = client.confidence + SURER <= server.confidence;
            let says_more = |least: Weight| {
                server.weight >= Some(least) && (client.weight < Some(least) || (told_together && surer))
            };
            let of_event = ((named || told_together) && says_more(Weight::Decisive))
                || (told_together && says_more(Weight::Strong));
            // The log has a failure of the very user on the very server, and the client can only guess.
            let of_user = joined.user && joined.host && surer && server.is_somebodys && says_more(Weight::Strong);
            let stated = ((of_event && !catalog.cause_at(*cause).background) || of_user)
                && !may_explain(catalog, *symptom, *cause);
            // A service that only seems to have ended did end where a client was refused.
            let stopped = || server.is_stop_of_service() && joined.host;
            let shows = server.weight >= Some(Weight::Strong) || stopped();
            let guessed = client.proves_little() && catalog.cause_at(*cause).seen_as.contains(symptom);
            // What a log states counts more than what files allow to conclude.
            let stated_of =
                |symptom: &CauseId| server.weight >= Some(Weight::Decisive) && may_explain(catalog, *cause, *symptom);
            let concluded = client.symptoms().iter().any(stated_of);
            let explains = shows && (guessed || concluded || may_explain(catalog, *cause, *symptom));
            // What a stranger does is the client's only if something says so.
            let strange = catalog.cause_at(*cause).background && !server.is_somebodys && joined.strength() <= 0;
            (cause != symptom && !strange && (explains || stated)).then_some((*cause, joined))
        });
        let candidates: Vec<(CauseId, Joined)> = candidates.collect();
        let most = candidates.iter().map(|(_, joined)| joined.strength()).max();
        let likely = || candidates.iter().filter(|(_, joined)| Some(joined.strength()) == most);
        // Of two that nothing speaks for, what strangers produce by the thousand is less likely the client's.
        let is_noise = |cause: CauseId| catalog.cause_at(cause).background;
        let only_noise = likely().all(|(cause, _)| is_noise(*cause));
        for (cause, joined) in likely().filter(|(cause, _)| only_noise || !is_noise(*cause)).copied() {
            reasons.push((cause, Explained { cause: *symptom, joined, lines: client.lines() }));
        }
    }
    reasons
}
