//! What the files of a host say to what its log, or a client of it, shows.
//!
//! In: a session's shape and who it was, the hosts beside the inputs, and the lines among the evidence that state something of
//! a host. Out: the judgement in the light of their facts, and what was told. Which fact counts for which cause, and which line
//! states one, is in the catalog. Facts alone are no verdict: something must have failed.

use super::judge::{self, Judgement, Power, Ruling};
use super::stated::Stated;
use crate::catalog::{Catalog, CauseId, HostRules};
use crate::evidence::{Evidence, Fact, Shape, ShapeFacts};
use crate::host::{Beside, Connection, FactName, Host, HostFact, Login};
use crate::record::time::day_of;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Logins that hosts are asked about; of more the rest goes without.
const MOST_ASKED: usize = 1024;

/// A fact that counted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// For or against the cause.
    pub ruling: Ruling,
    /// What.
    pub fact: HostFact,
}

/// Host by its root, user, address, port, day.
type Asked = (String, Option<CompactString>, Option<CompactString>, Option<u16>, Option<i64>);

/// Asks hosts, each question once.
#[derive(Debug)]
pub(super) struct Configuration<'c> {
    catalog: &'c Catalog,
    beside: &'c Beside<'c>,
    stated: Stated<'c>,
    answers: FxHashMap<Asked, Rc<Vec<HostFact>>>,
    /// Users that came in, and whence.
    admitted: FxHashSet<(CompactString, Option<CompactString>)>,
    /// Facts that some cause waits for.
    wanted: FxHashSet<FactName>,
    /// Users that some rule is about.
    users: Vec<&'c FactName>,
}

impl<'c> Configuration<'c> {
    pub(super) fn new(
        catalog: &'c Catalog,
        beside: &'c Beside<'c>,
        evidence: &'c Evidence,
        is_client: &dyn Fn(&Fact) -> bool,
    ) -> Self {
        let mut new = Self {
            catalog,
            beside,
            stated: Stated::of(catalog, beside, evidence, is_client),
            answers: FxHashMap::default(),
            admitted: FxHashSet::default(),
            wanted: FxHashSet::default(),
            users: Vec::new(),
        };
        let given = || catalog.causes.iter().flat_map(|c| &c.rules).flat_map(|rule| &rule.given);
        new.users = given().filter(|fact| matches!(fact, FactName::UserIs(_))).collect();
        if !new.is_empty() {
            let names =
                |r: &'c HostRules| r.confirmed_by.iter().chain(&r.refuted_by).chain(r.decided_by.iter().map(|d| &d.0));
            new.wanted = catalog.causes.iter().flat_map(|c| names(&c.host)).chain(given()).cloned().collect();
            let logged_in = |s: &&ShapeFacts| judge::logged_in(catalog, &s.shape);
            let facts = evidence.shapes().filter(logged_in).flat_map(ShapeFacts::facts);
            new.admitted = facts.filter_map(|f| Some((f.who.user.clone()?, f.who.source.clone()))).collect();
        }
        new
    }

    /// Whether nothing is known of any host.
    fn is_empty(&self) -> bool {
        self.beside.is_empty() && self.stated.is_empty()
    }

    /// The judgement of one login, if the host's files change it or speak to it.
    pub(super) fn judge(&mut self, shape: &Shape, fact: &Fact, client: bool) -> Option<(Judgement, Vec<Told>)> {
        let is_it = |name: &&&FactName| matches!(name, FactName::UserIs(user) if Some(user) == fact.who.user.as_ref());
        let user = self.users.iter().find(is_it).map(|name| (*name).clone());
        if self.is_empty() && user.is_none() {
            return None;
        }
        let host = match client {
            true => self.beside.client(fact.place().0, &fact.who.host),
            false => self.beside.server(fact.place().0, &fact.who.host),
        };
        let host = host.or_else(|| self.beside.only_shown(&fact.who.host).filter(|_| self.stated.is_one_server()));
        let mut answer = host.and_then(|host| self.ask(host, fact)).map(|known| known.to_vec()).unwrap_or_default();
        answer.extend(self.stated.of_login(fact));
        answer.extend(user.map(|name| HostFact { name, sure: true, quotes: Vec::new() }));
        if answer.is_empty() {
            return None;
        }
        // Whoever came in from there is not kept out by what was configured then.
        let came_in = fact.who.user.as_ref().is_some_and(|user| {
            self.admitted.contains(&(user.clone(), fact.who.source.clone()))
                || self.admitted.contains(&(user.clone(), None))
        });
        let power = match (came_in, client) {
            (true, _) => Power::Ruling,
            (false, false) => Power::Deciding,
            (false, true) => Power::Explaining,
        };
        let judgement = judge::judge_beside(self.catalog, shape, &answer, power)?;
        // Without a ruling they spoke against another cause, which gave way.
        let told =
            judgement.ruling.map(|ruling| told(self.catalog, judgement.cause, ruling, &answer)).unwrap_or_default();
        Some((judgement, told))
    }

    fn ask(&mut self, host: &Host, fact: &Fact) -> Option<Rc<Vec<HostFact>>> {
        let who = &fact.who;
        let day = fact.first.map(day_of);
        let local_port = who.port.and_then(|port| port.try_into().ok());
        let asked = (host.root.clone(), who.user.clone(), who.source.clone(), local_port, day);
        if let Some(known) = self.answers.get(&asked) {
            return Some(Rc::clone(known));
        }
        if self.answers.len() >= MOST_ASKED {
            return None;
        }
        let connection = Connection {
            user: who.user.as_deref(),
            address: who.source.as_deref(),
            local_port,
            ..Connection::default()
        };
        let mut facts = host.facts(&Login { connection, at: fact.first });
        facts.retain(|f| self.wanted.contains(&f.name) && !f.quotes.is_empty());
        let facts = Rc::new(facts);
        self.answers.insert(asked, Rc::clone(&facts));
        Some(facts)
    }
}

/// The facts that a ruling rests on.
fn told(catalog: &Catalog, cause: CauseId, ruling: Ruling, facts: &[HostFact]) -> Vec<Told> {
    let rules = &catalog.cause_at(cause).host;
    let counts = |fact: &&HostFact| match ruling {
        Ruling::Confirmed => rules.confirmed_by.contains(&fact.name),
        Ruling::Refuted => rules.refuted_by.contains(&fact.name),
        Ruling::Decided { .. } => rules.decided_by.iter().any(|(name, _)| *name == fact.name),
    };
    facts.iter().filter(counts).map(|fact| Told { ruling, fact: fact.clone() }).collect()
}
