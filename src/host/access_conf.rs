//! Rules of pam_access, as access.conf(5) has them.
//!
//! In: access.conf and access.d, the line of the PAM stack that names the module, and the login. Out: the first rule that
//! means it, if that refuses; nothing where it cannot be told.

use super::fact::{FactName, HostFact, Quote};
use super::files::{HostFile, Role};
use super::origin::{Peer, list};
use super::pattern::Tri;
use super::sshd_config::Groups;

const MAIN: &str = "/etc/security/access.conf";
const MORE: &str = "/etc/security/access.d/";

/// Whether the rules refuse a user from a peer. `module`: the line of the stack.
pub(super) fn facts(files: &[HostFile], module: &Quote, user: &str, groups: &Groups, peer: &Peer<'_>) -> Vec<HostFact> {
    // With options names and separators may mean something else.
    let has = |option: &str| module.text.contains(option);
    let file_of = |option: &str| module.text.split_whitespace().find_map(|w| w.strip_prefix(option)).map(str::to_owned);
    // Elsewhere, or where its word is not the last, it is no reason of the account phase.
    let mut words = module.text.trim_start_matches('-').split_whitespace();
    let refuses = words.next() == Some("account") && matches!(words.next(), Some("required" | "requisite"));
    if !refuses || has("fieldsep=") || has("listsep=") {
        return Vec::new();
    }
    let own = file_of("accessfile=");
    let main = own.as_deref().unwrap_or(MAIN);
    let of_role = || files.iter().filter(|f| f.role == Role::Access);
    let Some(first) = of_role().find(|f| f.host_path() == main) else { return Vec::new() };
    let mut more: Vec<&HostFile> = of_role()
        .filter(|f| own.is_none() && f.host_path().starts_with(MORE) && f.host_path().ends_with(".conf"))
        .collect();
    more.sort_by_key(|f| f.host_path());
    let by_group = !has("nodefgroup");
    // Whether a rule above may admit it.
    let mut doubtful = false;
    for file in std::iter::once(first).chain(more) {
        if file.is_cut() {
            return Vec::new();
        }
        for (number, line) in file.lines() {
            let Some((admits, meant)) = rule(line, user, groups, by_group, peer) else { continue };
            match meant {
                Tri::Yes if admits || doubtful => return Vec::new(),
                Tri::Yes => {
                    let name = FactName::AccessConfRefusesUser;
                    // Another module may have let the rest of the stack be skipped.
                    return vec![HostFact { name, sure: false, quotes: vec![file.quote(number, line)] }];
                }
                Tri::Maybe => doubtful |= admits,
                Tri::No => {}
            }
        }
    }
    Vec::new()
}

/// `+:alice (wheel):192.0.2.0/24`: whether it admits, and whether it means this login.
fn rule(line: &str, user: &str, groups: &Groups, by_group: bool, peer: &Peer<'_>) -> Option<(bool, Tri)> {
    let mut fields = line.splitn(3, ':').map(str::trim);
    let admits = match fields.next()? {
        "+" => true,
        "-" => false,
        _ => return None,
    };
    let (users, origins) = (fields.next()?, fields.next()?);
    let in_group = |name: &str| match groups.names.iter().any(|(group, _)| group == name) {
        true => Tri::Yes,
        false if groups.complete => Tri::No,
        false => Tri::Maybe,
    };
    let of_user = list(users, &mut |word| match word {
        _ if word.eq_ignore_ascii_case("ALL") => Tri::Yes,
        _ if word.starts_with('(') => in_group(word.trim_matches(['(', ')'])),
        _ if word.contains('@') => Tri::Maybe,
        _ if word == user => Tri::Yes,
        _ if by_group => in_group(word),
        _ => Tri::No,
    });
    let from = list(origins, &mut |word| {
        let numbered = |begins: &str| {
            let number = word.strip_prefix(begins);
            number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()) && !n.contains(':'))
        };
        let terminal = ["tty", "ttyS", "pts/", ":"].iter().any(|begins| numbered(begins))
            || matches!(word, "cron" | "crond" | "console" | "su" | "sudo");
        // A login over the network is not local.
        let local = word.eq_ignore_ascii_case("LOCAL") || word.eq_ignore_ascii_case("NONE");
        if terminal || local { Tri::No } else { peer.is(word) }
    });
    Some((admits, of_user.and(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_means_users_groups_and_origins() {
        let groups = Groups { names: vec![("wheel".into(), None)], complete: true };
        let peer = Peer { name: None, address: Some("192.0.2.7") };
        for (line, expected) in [
            ("-:ALL EXCEPT root (wheel):ALL", Some((false, Tri::No))),
            ("-:ALL EXCEPT root (staff):ALL", Some((false, Tri::Yes))),
            ("+ : alice : 192.0.2.0/24 198.51.100.1", Some((true, Tri::Yes))),
            ("+:wheel:192.0.2.", Some((true, Tri::Yes))),
            ("+:root:cron crond :0 tty1 LOCAL", Some((true, Tri::No))),
            ("-:ALL:ALL EXCEPT LOCAL", Some((false, Tri::Yes))),
            ("-:@team:ALL", Some((false, Tri::Maybe))),
            ("+:alice:2001:db8::/32", Some((true, Tri::No))),
            ("+:alice:::1 :0 console01", Some((true, Tri::Maybe))),
            ("allow:alice:ALL", None),
        ] {
            assert_eq!(rule(line, "alice", &groups, true, &peer), expected, "{line}");
        }
    }
}
