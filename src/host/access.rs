//! DenyUsers, AllowUsers, DenyGroups, AllowGroups: in this order, as sshd asks.
//!
//! In: the options that count for a connection, its user, and his groups. Out: whether he is let in, with the lines.

use super::fact::Quote;
use super::pattern::{self, Tri};
use super::sshd_config::{Connection, Effective, Groups};

/// Lines that are quoted for one answer.
const MOST_QUOTES: usize = 3;

/// Whether a user is let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// By these lines, or because there are none.
    Admitted(Vec<Quote>),
    /// By these lines.
    Refused(Vec<Quote>),
    /// It depends on what is not known.
    Unknown,
}

/// What the four lists say of `user`.
pub(super) fn access(
    effective: &Effective,
    connection: &Connection<'_>,
    user: &str,
    groups: &dyn Fn() -> Groups,
) -> Access {
    if ["denyusers", "allowusers", "denygroups", "allowgroups"].iter().any(|k| effective.is_unsure(k)) {
        return Access::Unknown;
    }
    let by_name = effective.value("usedns").is_none_or(|v| v.eq_ignore_ascii_case("no"));
    let host = connection.host.or(connection.address.filter(|_| by_name));
    let named = |pattern: &str| pattern::user(user, host, connection.address, pattern);
    let groups = if effective.lines("denygroups").is_empty() && effective.lines("allowgroups").is_empty() {
        Groups::default()
    } else {
        groups()
    };
    let group = |pattern: &str| {
        let found = groups.names.iter().any(|(name, _)| pattern::glob(name, pattern));
        if found || groups.complete { found.into() } else { Tri::Maybe }
    };
    let mut admitting = Vec::new();
    let mut doubtful = false;
    let lists: [(&str, bool, &dyn Fn(&str) -> Tri); 4] = [
        ("denyusers", false, &named),
        ("allowusers", true, &named),
        ("denygroups", false, &group),
        ("allowgroups", true, &group),
    ];
    for (keyword, admits, matches) in lists {
        let lines = effective.lines(keyword);
        if lines.is_empty() {
            continue;
        }
        let of_line = |values: &[String]| values.iter().map(|p| matches(p)).fold(Tri::No, Tri::or);
        let found = lines.iter().map(|set| of_line(&set.values)).fold(Tri::No, Tri::or);
        let said = lines.iter().filter(|set| of_line(&set.values) == Tri::Yes).map(|set| set.quote.clone());
        match (found, admits) {
            (Tri::Yes, false) => return Access::Refused(said.take(MOST_QUOTES).collect()),
            (Tri::No, true) => {
                return Access::Refused(lines.iter().take(MOST_QUOTES).map(|set| set.quote.clone()).collect());
            }
            (Tri::Yes, true) => admitting.extend(said.take(1)),
            (Tri::Maybe, _) => doubtful = true,
            (Tri::No, false) => {}
        }
    }
    if doubtful { Access::Unknown } else { Access::Admitted(admitting) }
}
