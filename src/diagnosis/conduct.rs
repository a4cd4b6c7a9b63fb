//! What one address did, as far as it tells a person from a program.
//!
//! In: the counts of an address, or the address itself. Out: yes or no. Knows nothing of causes and of other addresses.

use crate::catalog::format::Guessing;
use crate::evidence::Tried;
use std::net::IpAddr;

/// So often somebody looks what is wrong.
pub(super) const TRIES_OF_A_PERSON: u64 = 2;

/// Whether an address of the Internet names nobody and does not insist.
pub(super) fn may_scan(tried: &Tried) -> bool {
    (1..=TRIES_OF_A_PERSON).contains(&tried.connections) && names_nobody(tried) && is_public(&tried.source)
}

/// Whether an address of the Internet tried no name twice.
pub(super) fn may_be_a_single_guess(tried: &Tried) -> bool {
    tried.names() > 0 && tried.tried_each_once() && tried.successes == 0 && is_public(&tried.source)
}

/// Whether an address that the log names nobody of came no more often than a person who looks what is wrong.
pub(super) fn is_a_single_try(tried: &Tried) -> bool {
    names_nobody(tried) && tried.connections <= TRIES_OF_A_PERSON
}

/// Whether nobody came in from an address, and the log names nobody of it.
pub(super) fn names_nobody(tried: &Tried) -> bool {
    tried.names() == 0 && tried.successes == 0
}

/// Whether an address came so often, and faster than anybody opens a connection and types.
pub(super) fn reconnects(thresholds: &Guessing, tried: &Tried, least: u64) -> bool {
    tried.connections >= least && is_within(tried, tried.connections, thresholds.seconds_per_connection)
}

/// Whether so many tries took no longer than this each.
pub(super) fn is_within(tried: &Tried, tries: u64, seconds_each: u64) -> bool {
    tried.seconds().is_some_and(|seconds| seconds <= seconds_each.saturating_mul(tries.saturating_sub(1)))
}

/// Whether an address is the server's own.
pub(super) fn is_loopback(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether an address is one of a network of one's own.
pub(super) fn is_private(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok() && !is_public(address)
}

/// Whether an address is one of the Internet's: no host name and none of a network of one's own. Of one whose end is redacted
/// (`187.212.x.x`) the beginning tells.
pub(super) fn is_public(address: &str) -> bool {
    let shown = address.trim_end_matches(['.', 'x', 'X', '*']);
    if shown.len() < address.len() {
        let masked = address[shown.len()..].split('.').skip(1).map(|_| ".1");
        let filled: String = std::iter::once(shown).chain(masked).collect();
        return shown.contains('.') && filled.parse::<std::net::Ipv4Addr>().is_ok() && is_public(&filled);
    }
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => {
            let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || shared)
        }
        Ok(IpAddr::V6(ip)) => {
            !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified())
        }
        Err(_) => false,
    }
}
