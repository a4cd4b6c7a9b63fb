//! Who came in after all, where the lines of the refusal cannot say so.
//!
//! In: the evidence. Out: whether a user whom such lines refuse came in, as other lines tell. With keyboard-interactive sshd has
//! a process of its own ask PAM (auth-pam.c, `sshpam_init_ctx`): what modules log carries that process's number, which no line
//! of the connection names. And a client that is not asked to tell says that a password was wrong, not that the next one was
//! right. Knows nothing of causes.

use super::judge;
use crate::catalog::{Catalog, PatternId};
use crate::evidence::{Evidence, Fact, Shape, ShapeFacts};
use crate::record::time::Micros;
use rustc_hash::{FxHashMap, FxHashSet};

/// A person who mistyped is in by then.
const SOON: Micros = 2 * 60 * 1_000_000;

/// See the module.
pub(super) struct Apart<'e> {
    /// By host and user, from when to when somebody came in.
    logins: FxHashMap<(&'e str, &'e str), Vec<(Micros, Micros)>>,
    /// By host and address, the same.
    addresses: FxHashMap<(&'e str, &'e str), Vec<(Micros, Micros)>>,
    /// Users who came in anywhere.
    users: FxHashSet<&'e str>,
}

impl<'e> Apart<'e> {
    /// Looks through the evidence.
    pub(super) fn of(catalog: &Catalog, evidence: &'e Evidence) -> Self {
        let (mut logins, mut addresses): (FxHashMap<_, Vec<_>>, FxHashMap<_, Vec<_>>) = Default::default();
        let comes_in = |facts: &&ShapeFacts| judge::logged_in(catalog, &facts.shape);
        for fact in evidence.shapes().filter(comes_in).flat_map(ShapeFacts::facts) {
            let Some(times) = fact.first.zip(fact.last) else { continue };
            let host = fact.who.host.as_str();
            if let Some(user) = &fact.who.user {
                logins.entry((host, user.as_str())).or_default().push(times);
            }
            if let Some(source) = &fact.who.source {
                addresses.entry((host, source.as_str())).or_default().push(times);
            }
        }
        let users = logins.keys().map(|(_, user)| *user).collect();
        Self { logins, addresses, users }
    }

    /// Whether somebody came in from the address after what names nobody: ssh-keyscan asks for every kind of key, and an old
    /// client is replaced.
    pub(super) fn came_in_from_there(&self, fact: &Fact) -> bool {
        let Some(source) = fact.who.source.as_deref().filter(|_| fact.who.user.is_none()) else { return false };
        let logins = self.addresses.get(&(fact.who.host.as_str(), source));
        fact.last.zip(logins).is_some_and(|(refused, all)| all.iter().any(|(_, last)| *last >= refused))
    }

    /// Whether a client's lines do not say that the login failed, and a server says that the user came in.
    pub(super) fn came_in_unseen(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let known = fact.who.user.as_deref().is_some_and(|user| self.users.contains(user));
        known && !judge::has_failed(catalog, shape)
    }

    /// Whether the lines may be of a process apart, and its user came in.
    pub(super) fn came_in(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let speaks_apart = |(p, _): &(PatternId, u8)| catalog.speaks_apart(catalog.pattern_at(*p));
        let Some(user) = &fact.who.user else { return false };
        came_in_soon(self.logins.get(&(fact.who.host.as_str(), user.as_str())), fact)
            && shape.seen.iter().all(speaks_apart)
    }
}

fn came_in_soon(logins: Option<&Vec<(Micros, Micros)>>, fact: &Fact) -> bool {
    let Some(refused) = fact.last else { return false };
    let soon = |(first, last): &(Micros, Micros)| *last >= refused && *first <= refused + SOON;
    logins.is_some_and(|all| all.iter().any(soon))
}
