//! Whom fail2ban bans, as its client and iptables list them, and DenyHosts, as hosts.deny in a paste does.
//!
//! In: a line, of hosts.deny one that is known to be of that file. Out: the addresses that it bans. Everybody bans strangers: a
//! list says something of a login only where its own address is on it, or, in a paste, an address that is named elsewhere, too.

use super::fact::{FactName, HostFact};
use super::files::{HostFile, Role};
use std::net::IpAddr;

/// What the line of a list begins with.
pub(super) const LIST: &str = "Banned IP list:";
/// What a rule of iptables has that refuses.
const REFUSALS: [&str; 2] = ["REJECT", "DROP"];

/// The addresses that a line bans: `Banned IP list: 192.0.2.7`, `REJECT all -- 192.0.2.7 0.0.0.0/0`, `-A f2b-sshd -s 192.0.2.7/32
/// -j REJECT`. Of a rule that is the only address it has, beside any.
pub(super) fn banned(line: &str) -> Vec<IpAddr> {
    if let Some((_, listed)) = line.split_once(LIST) {
        return addresses(listed).collect();
    }
    if !line.split_ascii_whitespace().any(|word| REFUSALS.contains(&word)) {
        return Vec::new();
    }
    let of_somebody: Vec<IpAddr> = addresses(line).filter(|address| !address.is_unspecified()).collect();
    if of_somebody.len() == 1 { of_somebody } else { Vec::new() }
}

/// The addresses that a line names, also those with the length of a network behind them.
pub(super) fn addresses(line: &str) -> impl Iterator<Item = IpAddr> {
    let words = line.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':')));
    words.filter_map(|word| word.trim_matches(['.', ':']).parse().ok().or_else(|| word.parse().ok()))
}

/// Whether the lists ban somebody who connects from this address, or, where no evidence shows it, from one that was named.
pub(super) fn facts(files: &[HostFile], address: Option<&str>) -> Vec<HostFact> {
    let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
    let lines = files.iter().filter(|f| f.role == Role::Bans).flat_map(|file| file.lines().map(move |l| (file, l)));
    let named = |line: &str, own: IpAddr| match is_of_hosts_deny(line) {
        true => addresses(line).any(|address| address == own),
        false => banned(line).contains(&own),
    };
    let mut bans = lines.filter(|(_, (_, line))| address.is_none_or(|own| named(line, own)));
    let fact = |(file, (number, line)): (&HostFile, (u32, &str))| {
        let name = match is_of_hosts_deny(line) {
            true => FactName::WrappersRefuseAddress,
            false => FactName::AddressBanned,
        };
        HostFact { name, sure: address.is_some(), quotes: vec![file.quote(number, line)] }
    };
    bans.next().map(fact).into_iter().collect()
}

/// Whether a line names daemons and whom they do not serve.
fn is_of_hosts_deny(line: &str) -> bool {
    let daemons = line.split_once(':').map(|(daemons, _)| daemons.trim());
    daemons.is_some_and(|daemons| daemons == "sshd" || daemons.eq_ignore_ascii_case("ALL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_bans_the_addresses_that_it_lists() {
        for (line, expected) in [
            ("   `- Banned IP list:\t192.0.2.130 2001:db8::7", &["192.0.2.130", "2001:db8::7"][..]),
            ("   `- Banned IP list:", &[]),
            ("REJECT     all  --  198.51.100.7   0.0.0.0/0   reject-with icmp-port-unreachable", &["198.51.100.7"]),
            ("   17  1020 DROP   all  --  *  *  198.51.100.23   0.0.0.0/0", &["198.51.100.23"]),
            ("-A f2b-sshd -s 198.51.100.7/32 -j REJECT --reject-with icmp-port-unreachable", &["198.51.100.7"]),
            ("REJECT     all  --  0.0.0.0/0            0.0.0.0/0            reject-with icmp-host-prohibited", &[]),
            ("ACCEPT     all  --  198.51.100.7         0.0.0.0/0", &[]),
        ] {
            let found: Vec<String> = banned(line).iter().map(IpAddr::to_string).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
