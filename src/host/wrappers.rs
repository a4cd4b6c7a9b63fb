//! hosts.allow and hosts.deny of TCP Wrappers, as hosts_access(5) and hosts_options(5) read them.
//!
//! In: the two files, and who connects. Out: the line by which sshd built with libwrap refuses him. No fact
//! where a line may or may not mean him, or where the system's sshd has no libwrap.

use super::fact::{FactName, HostFact, Quote};
use super::files::{HostFile, Role};
use super::origin::{Peer, list};
use super::pattern::Tri;
use super::release;

pub(super) const ALLOW: &str = "/etc/hosts.allow";
pub(super) const DENY: &str = "/etc/hosts.deny";
/// A list that a program made, which grows with every guess, is not asked for every login.
const MOST_LINES: usize = 1000;

/// What the files say of a peer.
pub(super) fn facts(files: &[HostFile], peer: &Peer<'_>) -> Vec<HostFact> {
    let find = |path: &str| files.iter().find(|f| f.role == Role::Wrappers && f.host_path() == path);
    let (allow, deny) = (find(ALLOW), find(DENY));
    let too_long = |file: &HostFile| file.is_cut() || file.lines().nth(MOST_LINES).is_some();
    let cut = [allow, deny].into_iter().flatten().any(too_long);
    if (allow.is_none() && deny.is_none()) || cut || lacks_libwrap(files) {
        return Vec::new();
    }
    // Whether a line above may let him in.
    let mut doubtful = false;
    for (file, admits) in [(allow, true), (deny, false)] {
        for (quote, line) in file.into_iter().flat_map(joined) {
            let Some((meant, admits)) = rule(&line, admits, peer) else { continue };
            match meant {
                Tri::Yes if admits || (doubtful && peer.address.is_some()) => return Vec::new(),
                // Who is not known is none of the few that are let in by name, as far as can be told.
                Tri::Yes => {
                    let sure = allow.is_some() && deny.is_some() && !doubtful;
                    return vec![HostFact { name: FactName::WrappersRefuseAddress, sure, quotes: vec![quote] }];
                }
                Tri::Maybe => doubtful |= admits,
                Tri::No => {}
            }
        }
    }
    Vec::new()
}

/// The lines of a file, those that end in a backslash with the next.
fn joined(file: &HostFile) -> Vec<(Quote, String)> {
    let mut lines: Vec<(Quote, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in file.lines() {
        let text = line.trim_end();
        let (text, more) = text.strip_suffix('\\').map_or((text, false), |text| (text, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, before)) => before.push_str(text),
            None => lines.push((file.quote(number, line), text.to_owned())),
        }
        goes_on = more;
    }
    lines
}

/// Whether a line is about sshd and this peer, and whether it lets him in.
fn rule(line: &str, admits: bool, peer: &Peer<'_>) -> Option<(Tri, bool)> {
    let fields = fields(line);
    let (daemons, clients) = (fields.first()?, fields.get(1)?);
    let daemon = list(daemons, &mut |word| match word.split_once('@') {
        Some(("sshd", _)) => Tri::Maybe,
        Some(_) => Tri::No,
        None => (word == "sshd" || word.eq_ignore_ascii_case("ALL")).into(),
    });
    let client = list(clients, &mut |word| match word.to_ascii_uppercase().as_str() {
        "LOCAL" => peer.name.map_or(Tri::Maybe, |name| (!name.contains('.')).into()),
        "KNOWN" | "UNKNOWN" | "PARANOID" => Tri::Maybe,
        _ => word.rsplit_once('@').filter(|(user, _)| !user.is_empty()).map_or_else(|| peer.is(word), |_| Tri::Maybe),
    });
    let options = fields.iter().skip(2).map(|option| option.trim().to_ascii_lowercase());
    let admits = options.fold(admits, |admits, option| match option.split_whitespace().next() {
        Some("allow") => true,
        Some("deny" | "twist") => false,
        _ => admits,
    });
    // A program says whether it may.
    let asks = fields.iter().skip(2).any(|option| option.trim_start().starts_with("aclexec"));
    let meant = daemon.and(client);
    Some((if asks { meant.and(Tri::Maybe) } else { meant }, admits))
}

/// What stands between colons, of which those in brackets are none.
fn fields(line: &str) -> Vec<&str> {
    let (mut fields, mut from, mut depth) = (Vec::new(), 0, 0u32);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                fields.push(&line[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    fields.push(&line[from..]);
    fields
}

/// Whether the system's own sshd does without: Fedora since 28 and RHEL since 8, Arch, Alpine and SUSE since 15.
fn lacks_libwrap(files: &[HostFile]) -> bool {
    release::system(files).is_some_and(|(id, major)| match id {
        "rhel" | "centos" | "rocky" | "almalinux" | "ol" => major >= 8,
        "fedora" => major >= 28,
        "amzn" => major >= 2022,
        _ => matches!(id, "arch" | "alpine" | "sles" | "sles_sap" | "opensuse-leap" | "opensuse-tumbleweed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_means_the_peer_decides() {
        let peer = Peer { name: None, address: Some("192.0.2.7") };
        for (line, expected) in [
            ("ALL: ALL", Some((Tri::Yes, false))),
            ("sshd : 192.0.2. : allow", Some((Tri::Yes, true))),
            ("vsftpd: ALL", Some((Tri::No, false))),
            ("ALL EXCEPT sshd: ALL", Some((Tri::No, false))),
            ("sshd: ALL EXCEPT 192.0.2.0/255.255.255.0", Some((Tri::No, false))),
            ("sshd: [2001:db8::]/32, .example.com", Some((Tri::Maybe, false))),
            ("sshd: LOCAL", Some((Tri::Maybe, false))),
            ("sshd: ALL: spawn /bin/echo %c: deny", Some((Tri::Yes, false))),
            ("sshd", None),
        ] {
            assert_eq!(rule(line, false, &peer), expected, "{line}");
        }
    }
}
