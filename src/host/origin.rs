//! Where a login comes from, as hosts_access(5) and access.conf(5) write it, and their lists with EXCEPT.
//!
//! In: a pattern, and the peer's name and address as far as known. Out: [`Tri`]. Knows nothing of files and rules.

use super::pattern::{Tri, glob};
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};

/// Who connects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer<'p> {
    /// What the address resolves to, where that is known.
    pub(super) name: Option<&'p str>,
    /// None where no evidence shows it: then only `ALL` surely means it.
    pub(super) address: Option<&'p str>,
}

impl Peer<'_> {
    /// Whether a pattern means this peer: `ALL`, an address, `192.0.2.`, a network, a host name, `.example.com`.
    pub(super) fn is(&self, pattern: &str) -> Tri {
        let by_name = |matches: &dyn Fn(&str) -> bool| match self.name {
            Some(name) => Tri::from(matches(&name.to_ascii_lowercase())),
            None => Tri::Maybe,
        };
        let bare = pattern.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(pattern);
        let lower = bare.to_ascii_lowercase();
        if pattern.eq_ignore_ascii_case("ALL") {
            return Tri::Yes;
        }
        let Some(own) = self.address.filter(|_| !pattern.starts_with(['@', '/'])) else { return Tri::Maybe };
        let parsed: Option<IpAddr> = own.parse().ok();
        if let Some(net) = network(pattern) {
            return parsed.is_some_and(|address| net.contains(&address)).into();
        }
        if let Ok(address) = bare.parse::<IpAddr>() {
            return (parsed == Some(address)).into();
        }
        if let Some(prefix) = lower.strip_suffix('.') {
            return (prefix.bytes().all(|b| b.is_ascii_digit() || b == b'.') && own.starts_with(&lower)).into();
        }
        if lower.contains(['*', '?']) {
            return Tri::from(glob(own, &lower)).or(by_name(&|name| glob(name, &lower)));
        }
        if lower.starts_with('.') {
            return by_name(&|name| name.ends_with(&lower));
        }
        by_name(&|name| name == lower)
    }
}

/// `192.0.2.0/24`, `192.0.2.0/255.255.255.0`, `[2001:db8::]/32`, `2001:db8::/32`.
fn network(pattern: &str) -> Option<IpNet> {
    let (base, length) = pattern.split_once('/')?;
    let base = base.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(base);
    if let Ok(mask) = length.parse::<Ipv4Addr>() {
        return Ipv4Net::with_netmask(base.parse().ok()?, mask).ok().map(IpNet::V4);
    }
    IpNet::new(base.parse().ok()?, length.parse().ok()?).ok()
}

/// A list: what one of the words before EXCEPT means, unless the list behind it does, too.
pub(super) fn list(text: &str, means: &mut dyn FnMut(&str) -> Tri) -> Tri {
    let words: Vec<&str> = text.split([',', ' ', '\t']).filter(|word| !word.is_empty()).collect();
    let mut answer = Tri::No;
    // The innermost exception first: `A EXCEPT B EXCEPT C` is A without what is B and not C.
    for part in words.split(|word| word.eq_ignore_ascii_case("EXCEPT")).rev() {
        let meant = part.iter().fold(Tri::No, |found, word| found.or(means(word)));
        answer = meant.and(!answer);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_meant_by_address_network_and_name() {
        let known = Peer { name: Some("Client.example.com"), address: Some("192.0.2.7") };
        let unnamed = Peer { name: None, address: Some("192.0.2.7") };
        for (pattern, expected, without_name) in [
            ("ALL", Tri::Yes, Tri::Yes),
            ("192.0.2.7", Tri::Yes, Tri::Yes),
            ("192.0.2.8", Tri::No, Tri::No),
            ("192.0.2.", Tri::Yes, Tri::Yes),
            ("192.0.", Tri::Yes, Tri::Yes),
            ("198.51.", Tri::No, Tri::No),
            ("192.0.2.0/24", Tri::Yes, Tri::Yes),
            ("192.0.2.0/255.255.255.128", Tri::Yes, Tri::Yes),
            ("[2001:db8::]/32", Tri::No, Tri::No),
            ("192.0.2.*", Tri::Yes, Tri::Yes),
            (".example.com", Tri::Yes, Tri::Maybe),
            (".example.org", Tri::No, Tri::Maybe),
            ("client.example.com", Tri::Yes, Tri::Maybe),
            ("@trusted", Tri::Maybe, Tri::Maybe),
        ] {
            assert_eq!((known.is(pattern), unnamed.is(pattern)), (expected, without_name), "{pattern}");
        }
        assert_eq!(Peer { name: None, address: Some("2001:db8::7") }.is("[2001:db8::]/32"), Tri::Yes);
    }

    #[test]
    fn exceptions_have_exceptions() {
        let mut is = |word: &str| Tri::from(word == "ALL" || word == "b" || word == "c");
        assert_eq!(list("ALL EXCEPT a", &mut is), Tri::Yes);
        assert_eq!(list("ALL EXCEPT a, b", &mut is), Tri::No);
        assert_eq!(list("ALL EXCEPT b EXCEPT c", &mut is), Tri::Yes);
        assert_eq!(list("", &mut is), Tri::No);
    }
}
