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

/// Whether a pattern of a list matches, and the line that shows it where it is not the list's own.
type Matches<'m> = &'m dyn Fn(&str) -> (Tri, Option<Quote>);

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
    let named = |pattern: &str| (pattern::user(user, host, connection.address, pattern), None);
    let groups = if effective.lines("denygroups").is_empty() && effective.lines("allowgroups").is_empty() {
        Groups::default()
    } else {
        groups()
    };
    let group = |pattern: &str| match groups.names.iter().find(|(name, _)| pattern::glob(name, pattern)) {
        Some((_, quote)) => (Tri::Yes, quote.clone()),
        None => (if groups.complete { Tri::No } else { Tri::Maybe }, None),
    };
    let mut admitting = Vec::new();
    let mut doubtful = false;
    let lists: [(&str, bool, Matches<'_>); 4] = [
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
        let mut found = Tri::No;
        let mut said = Vec::new();
        for set in lines {
            for (matched, quote) in set.values.iter().map(|pattern| matches(pattern)) {
                found = found.or(matched);
                if matched == Tri::Yes && said.is_empty() {
                    said.push(set.quote.clone());
                    said.extend(quote);
                }
            }
        }
        match (found, admits) {
            (Tri::Yes, false) => return Access::Refused(said),
            (Tri::No, true) => {
                return Access::Refused(lines.iter().take(MOST_QUOTES).map(|set| set.quote.clone()).collect());
            }
            (Tri::Yes, true) => admitting.extend(said),
            (Tri::Maybe, _) => doubtful = true,
            (Tri::No, false) => {}
        }
    }
    admitting.truncate(MOST_QUOTES);
    if doubtful { Access::Unknown } else { Access::Admitted(admitting) }
}
