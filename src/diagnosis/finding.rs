//! Everything found of one cause, gathered over its facts.
//!
//! In: facts with their judgements. Out: a [`Diagnosis`]. Knows nothing of other causes.

use super::attempt::Attempt;
use super::confidence;
use super::configuration::Told;
use super::judge::{Judgement, Ruling};
use super::sides::{Joined, joined};
use super::{Diagnosis, Explained, MOST_CITED, MOST_SESSIONS, NEARBY, Top};
use crate::catalog::{Catalog, CauseId, Kind, Stage, Weight};
use crate::evidence::{Evidence, Fact, Line, Shape, Sources, earlier, later};
use crate::record::time::Micros;
use compact_str::CompactString;
use std::collections::BTreeMap;

/// Sessions of clients that are compared with those of servers; a paste holds a handful.
const MOST_COMPARED: usize = 16;

/// Facts of hosts that are told.
const MOST_TOLD: usize = 8;

/// Everything found of one cause.
#[derive(Debug, Default)]
pub(super) struct Finding<'e> {
    pub(super) weight: Option<Weight>,
    pub(super) confidence: f64,
    /// The confidence that it is ranked by.
    pub(super) ranked: f64,
    /// Whether something of it is no cause that guessers and scanners produce by the thousand.
    pub(super) is_more_than_noise: bool,
    /// Whether something of it is of somebody who does not try what dictionaries hold, from the Internet, and nothing else.
    pub(super) is_somebodys: bool,
    pub(super) stage: Option<Stage>,
    pub(super) count: u64,
    pub(super) first: Option<Micros>,
    pub(super) last: Option<Micros>,
    users: BTreeMap<CompactString, u64>,
    sources: BTreeMap<CompactString, u64>,
    hosts: BTreeMap<CompactString, u64>,
    /// Lines of the best-founded sessions, by weight and place.
    sessions: Vec<(Weight, Vec<Line>)>,
    alternatives: Vec<CauseId>,
    /// Whether a client's transcript shows it.
    pub(super) by_client: bool,
    /// What the lines of clients alone led to, where files of the server decided for this.
    symptoms: Vec<CauseId>,
    /// What clients show of it, and what servers do, each without guessing.
    attempts: Vec<Attempt<'e>>,
    server_facts: Vec<&'e Fact>,
    /// What clients saw of it.
    pub(super) explains: Vec<Explained>,
    /// What the files of hosts say of it.
    beside: Vec<Told>,
    /// See [`Diagnosis::approximate`].
    pub(super) approximate: bool,
    /// In place of counting the named ones: how many users and addresses there are.
    totals: Option<(u64, u64)>,
}

/// Lines between what somebody put side by side.
const BESIDE: u64 = 100;

/// Who looks what the port is comes no more often.
const PROBES: u64 = 2;

/// No log of one event takes as long.
const MANY_DAYS: Micros = 300 * 24 * 60 * 60 * 1_000_000;

impl<'e> Finding<'e> {
    /// Adds a fact. `by_lines` is what its lines alone lead to: strangers who guess are noise also where the configuration
    /// says why they fail. Its lines alone make no surer than `at_most`.
    pub(super) fn add(
        &mut self,
        catalog: &Catalog,
        (judgement, by_lines): (&Judgement, &Judgement),
        (shape, fact): (&Shape, &'e Fact),
        client: bool,
        at_most: f64,
    ) {
        let sure =
            |judgement: &Judgement| confidence::of(judgement, catalog.cause_at(judgement.cause).at_most.min(at_most));
        let confidence = sure(judgement);
        let decided = matches!(judgement.ruling, Some(Ruling::Decided { .. }));
        if decided && client && !self.symptoms.contains(&by_lines.cause) {
            self.symptoms.push(by_lines.cause);
        }
        let ranked = if decided { sure(by_lines) } else { confidence };
        self.ranked = self.ranked.max(ranked);
        self.is_more_than_noise |= !catalog.cause_at(by_lines.cause).background;
        if confidence > self.confidence {
            self.confidence = confidence;
            self.stage = judgement.stage;
        }
        self.weight = self.weight.max(Some(judgement.weight));
        self.by_client |= client;
        if client {
            self.attempts.push(Attempt::of(catalog, shape, fact, judgement))
        } else {
            self.server_facts.push(fact)
        }
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

    /// Notes what a host's files say, each thing once.
    pub(super) fn tell(&mut self, told: Vec<Told>) {
        for told in told {
            if self.beside.len() < MOST_TOLD && !self.beside.contains(&told) {
                self.beside.push(told);
            }
        }
    }

    pub(super) fn add_guess(&mut self, fact: &Fact) {
        (self.confidence, self.ranked) = (0.9, 0.9);
        self.weight = Some(Weight::Decisive);
        self.stage = Some(Stage::Auth);
        self.count_in(fact);
        self.cite(Weight::Decisive, fact.lines.iter().take(1).cloned().collect());
    }

    /// Guessing of more names and addresses than facts are kept of: the counts of the larger samples take their place.
    pub(super) fn recount(&mut self, evidence: &Evidence) {
        let tried = evidence.sources.iter().filter(|t| t.failures > 0);
        self.sources = tried.map(|t| (t.source.clone(), t.failures)).collect();
        self.users = evidence.users.iter().cloned().collect();
        self.totals = Some((evidence.users.distinct(), evidence.sources.distinct()));
        (self.confidence, self.ranked) = (0.9, 0.9);
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

    /// Whether this may be the reason of `other`, of the same side: no user, address or server contradicts, and all of it
    /// lies close to this in time. What names an address and no user says nothing of sessions that name users.
    pub(super) fn may_concern(&self, other: &Self) -> bool {
        let meet = |a: &BTreeMap<CompactString, u64>, b: &BTreeMap<CompactString, u64>| {
            a.is_empty() || b.is_empty() || a.keys().any(|k| b.contains_key(k))
        };
        let early = self.first.zip(other.first).is_some_and(|(a, b)| b.saturating_add(NEARBY) < a);
        let late = self.last.zip(other.last).is_some_and(|(a, b)| b.saturating_sub(NEARBY) > a);
        let names = meet(&self.users, &other.users) && meet(&self.sources, &other.sources);
        let of_others = self.users.is_empty() && !self.sources.is_empty() && !other.users.is_empty();
        // A client names the server in its own way, by its own clock.
        let near = || (!early && !late) || self.is_by_another_clock(other);
        names && !of_others && (other.by_client || (meet(&self.hosts, &other.hosts) && near()))
    }

    /// Whether both lie close together in one text, apart in time by years: a log without them beside one that has them.
    fn is_by_another_clock(&self, other: &Self) -> bool {
        let gap = self.first.zip(other.first).map_or(0, |(a, b)| a.saturating_sub(b).saturating_abs());
        let first = |finding: &Self| finding.server_facts.first().map(|fact| fact.place());
        let beside = |(a, b): ((u32, u64), (u32, u64))| a.0 == b.0 && a.1.abs_diff(b.1) <= BESIDE;
        gap > MANY_DAYS && first(self).zip(first(other)).is_some_and(beside)
    }

    /// Whether a client got past all of it: further down the same text it failed for `later`, and not for this again.
    /// `follows` says whether that may be a consequence of this.
    pub(super) fn is_passed_in(&self, later: &Self, follows: bool) -> bool {
        let is_past = |earlier: &Attempt<'_>| later.attempts.iter().any(|attempt| attempt.is_past(earlier, follows));
        self.server_facts.is_empty() && !self.attempts.is_empty() && self.attempts.iter().all(is_past)
    }

    /// What is passed is no surer a cause than what came after it.
    pub(super) fn give_way_to(&mut self, confidence: f64) {
        self.confidence = self.confidence.min(confidence);
        self.ranked = self.ranked.min(confidence);
    }

    /// Whether it is of a service that only seems to have ended, and of no login.
    pub(super) fn is_stop_of_service(&self) -> bool {
        self.weight <= Some(Weight::Consequence) && self.is_of_service()
    }

    /// Whether it is of a service, and of no login.
    pub(super) fn is_of_service(&self) -> bool {
        !self.by_client && !self.names_users() && self.sources.is_empty()
    }

    /// Whether no line of it proves much.
    pub(super) fn proves_little(&self) -> bool {
        self.weight < Some(Weight::Strong)
    }

    /// Whether it is about logins of several names.
    pub(super) fn names_several_users(&self) -> bool {
        self.users.len() > 1
    }

    /// Whether it is about logins of known names.
    pub(super) fn names_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// Whether it is only what the Internet does to every server, beside logins that succeed: addresses that also get in left
    /// without naming a user (monitoring, or somebody who tests the port), or somebody tried root and left.
    pub(super) fn is_probing(&self, sources: &Sources) -> bool {
        let gets_in = |source: &CompactString| sources.get(source).is_some_and(|tried| tried.successes > 0);
        let noise = !self.by_client && !self.is_more_than_noise && !self.sources.is_empty();
        let names_nobody = self.proves_little() && !self.names_users() && self.sources.keys().all(gets_in);
        let tried_root = self.weight <= Some(Weight::Consequence)
            && self.users.keys().all(|user| user == "root")
            && sources.iter().any(|tried| tried.successes > 0);
        noise && (names_nobody || tried_root)
    }

    /// Whether it is connections that ended before anything was said, as far as the log tells: of addresses that nobody knows,
    /// or, where no client complains, of any.
    pub(super) fn is_probing_the_port(&self, somebody_complains: bool) -> bool {
        let noise = !self.by_client && !self.is_more_than_noise;
        let early = self.stage.is_some_and(|stage| stage <= Stage::Banner);
        let early = early || self.weight <= Some(Weight::Consequence);
        let of_nobody = match self.sources.is_empty() {
            // What a command shows of the port, somebody asked for.
            true => self.proves_little() || (self.first.is_some() && self.count <= PROBES),
            false => !somebody_complains,
        };
        let insists = self.weight >= Some(Weight::Strong) && self.sources.values().any(|times| *times > PROBES);
        noise && early && !self.names_users() && of_nobody && !insists
    }

    /// Whether it is connections that named nobody, all of addresses that `is_monitor` says something of.
    pub(super) fn is_monitoring(&self, is_monitor: impl Fn(&str) -> bool) -> bool {
        let noise = !self.by_client && !self.is_more_than_noise && self.proves_little();
        noise && !self.names_users() && !self.sources.is_empty() && self.sources.keys().all(|source| is_monitor(source))
    }

    /// Whether it is all of strangers who try names that nobody has; root is there, and may be anybody's mistake.
    pub(super) fn is_of_strangers(&self) -> bool {
        !self.by_client && !self.is_more_than_noise && !self.is_somebodys && !self.users.contains_key("root")
    }

    /// What clients saw of it, where files of the server decided.
    pub(super) fn symptoms(&self) -> &[CauseId] {
        &self.symptoms
    }

    /// What servers show of it.
    pub(super) fn on_server(&self) -> impl Iterator<Item = &'e Fact> {
        self.server_facts.iter().copied()
    }

    /// What speaks most for a session of this, on the server, being one of `client`'s.
    pub(super) fn joined_with(&self, client: &Self) -> Option<Joined> {
        let clients = client.compared();
        let pairs = self.server_facts.iter().flat_map(|server| clients.iter().map(move |c| joined(c, server)));
        pairs.flatten().max_by_key(Joined::strength)
    }

    /// Whether somebody put both into one text.
    pub(super) fn shares_input_with(&self, client: &Self) -> bool {
        let is_in = |input: u32| client.attempts.iter().any(|attempt| attempt.fact.place().0 == input);
        self.server_facts.iter().any(|fact| is_in(fact.place().0))
    }

    /// Whether every session of `servers` is one of those that this client shows.
    pub(super) fn covers(&self, servers: &Self) -> bool {
        let clients = self.compared();
        let covered = |server: &&Fact| clients.iter().filter_map(|c| joined(c, server)).any(|j| j.strength() > 0);
        !servers.server_facts.is_empty() && servers.server_facts.iter().all(covered)
    }

    /// The first of the client's sessions.
    pub(super) fn compared(&self) -> Vec<&'e Fact> {
        let mut clients: Vec<&'e Fact> = self.attempts.iter().map(|attempt| attempt.fact).collect();
        clients.sort_by_key(|fact| fact.place());
        clients.truncate(MOST_COMPARED);
        clients
    }

    /// The lines to show, in order of input.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for line in self.sessions.iter().flat_map(|(_, lines)| lines) {
            if lines.len() < MOST_CITED && !lines.iter().any(|l| (l.input, l.line) == (line.input, line.line)) {
                lines.push(line.clone());
            }
        }
        lines.sort_by_key(|l| (l.input, l.line));
        lines
    }

    pub(super) fn conclude(&self, cause: CauseId) -> Diagnosis {
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
            lines: self.lines(),
            alternatives: self.alternatives.clone(),
            beside: self.beside.clone(),
            explains: self.explains.clone(),
        }
    }
}
