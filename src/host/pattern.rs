//! Patterns of sshd_config: wildcards, lists with negation, address ranges; with "cannot be told" beside yes and no.
//!
//! In: what a pattern is compared with, where that is known. Out: [`Tri`]. Linear in pattern times text, whatever is in them.

use ipnet::IpNet;
use std::net::IpAddr;
use std::ops::Not;

/// Yes, no, or not to be told from what was collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tri {
    Yes,
    No,
    Maybe,
}

impl From<bool> for Tri {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl Tri {
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }
}

/// What a list of patterns says: a negated one that matches counts more than any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Yes,
    No,
    /// By a negated pattern.
    Excluded,
    /// It cannot be compared.
    Wrong,
}

/// `*` is any text, `?` any character.
pub(super) fn glob(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut t, mut p) = (0, 0);
    // Where the last star was, and how far the text was when it took one byte more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    (p, t) = (at + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// A list of patterns between commas, some with `!`.
pub(super) fn list(text: &str, patterns: &str) -> Listed {
    let mut found = Listed::No;
    for pattern in patterns.split(',') {
        let (negated, pattern) = negation(pattern);
        if glob(text, pattern) {
            if negated {
                return Listed::Excluded;
            }
            found = Listed::Yes;
        }
    }
    found
}

/// A list of addresses, ranges and patterns.
pub(super) fn addresses(address: &str, patterns: &str) -> Listed {
    let parsed: Option<IpAddr> = address.parse().ok();
    let mut found = Listed::No;
    for pattern in patterns.split(',') {
        let (negated, pattern) = negation(pattern);
        if pattern.is_empty() {
            return Listed::Wrong;
        }
        let range = match range(pattern) {
            Ok(range) => range,
            Err(()) => return Listed::Wrong,
        };
        let matches = match (range, parsed) {
            (Some(range), Some(address)) => range.contains(&address),
            (Some(_), None) => false,
            (None, _) => glob(address, pattern),
        };
        if matches && negated {
            return Listed::Excluded;
        }
        if matches {
            found = Listed::Yes;
        }
    }
    found
}

/// What sshd makes of `user`, `user@host` in AllowUsers and its kin.
pub(super) fn user(name: &str, host: Option<&str>, address: Option<&str>, pattern: &str) -> Tri {
    let Some((of_user, of_host)) = pattern.rsplit_once('@') else { return glob(name, pattern).into() };
    if !glob(name, of_user) {
        return Tri::No;
    }
    let Some(address) = address else { return Tri::Maybe };
    let by_address = addresses(address, of_host);
    if matches!(by_address, Listed::Excluded | Listed::Wrong) {
        return Tri::No;
    }
    // Without a look-up the name of the peer is its address.
    let by_name = host.map(|host| list(&host.to_ascii_lowercase(), &of_host.to_ascii_lowercase()));
    match (by_address, by_name) {
        (_, Some(Listed::Excluded)) => Tri::No,
        (Listed::Yes, Some(_)) | (_, Some(Listed::Yes)) => Tri::Yes,
        (_, Some(_)) => Tri::No,
        (_, None) => Tri::Maybe,
    }
}

fn negation(pattern: &str) -> (bool, &str) {
    pattern.strip_prefix('!').map_or((false, pattern), |rest| (true, rest))
}

/// An address, or one with the length of a prefix.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()
}

/// The range that a pattern is, if it is one; an error where bits are set beyond its length.
fn range(pattern: &str) -> Result<Option<IpNet>, ()> {
    let Some(net) = network(pattern) else { return Ok(None) };
    if net.network() == net.addr() { Ok(Some(net)) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_a_shell() {
        for (text, pattern, expected) in [
            ("alice", "alice", true),
            ("alice", "al*", true),
            ("alice", "*l?c*", true),
            ("alice", "Alice", false),
            ("", "*", true),
            ("alice", "", false),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*a*a*a*c", false),
        ] {
            assert_eq!(glob(text, pattern), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn negation_counts_more_than_order() {
        assert_eq!(list("bob", "*,!bob"), Listed::Excluded);
        assert_eq!(list("bob", "!bob,*"), Listed::Excluded);
        assert_eq!(list("bob", "alice,b*"), Listed::Yes);
        assert_eq!(addresses("192.0.2.7", "192.0.2.0/24,!192.0.2.7"), Listed::Excluded);
        assert_eq!(addresses("192.0.2.7", "192.0.2.1/24"), Listed::Wrong);
        assert_eq!(addresses("192.0.2.7", "192.0.*"), Listed::Yes);
        assert_eq!(addresses("2001:db8::7", "2001:db8::/32"), Listed::Yes);
    }

    #[test]
    fn a_user_at_a_host_needs_both() {
        let known = |pattern| user("bob", Some("192.0.2.7"), Some("192.0.2.7"), pattern);
        assert_eq!(known("bob@192.0.2.0/24"), Tri::Yes);
        assert_eq!(known("bob@198.51.100.0/24"), Tri::No);
        assert_eq!(known("alice@192.0.2.7"), Tri::No);
        assert_eq!(known("b*@*"), Tri::Yes);
        assert_eq!(user("bob", None, None, "bob@192.0.2.0/24"), Tri::Maybe);
        assert_eq!(user("bob", None, Some("192.0.2.7"), "bob@*.example.com"), Tri::Maybe);
    }
}
