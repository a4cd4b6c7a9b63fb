//! What `ss` and `netstat` say of sshd's ports.
//!
//! In: their output, and the ports that sshd is to listen on. Out: whether it can be reached.

use super::fact::{FactName, HostFact};
use super::files::{HostFile, Role};

/// The state of a socket that waits for connections.
pub(super) const LISTENING: &str = "LISTEN";

/// What sshd logs of a socket that it opens: beside a list that names no programs it tells which is sshd's.
const OPENED: &str = "Server listening on ";

/// Whether a line of a paste is of such an output, and no sentence about it. Of Windows a listener tells, but not that there is
/// no other: it may be the client's machine.
pub(super) fn is_of_list(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let listed = matches!(first, "LISTEN" | "tcp" | "tcp4" | "tcp6" | "TCP") && listener(line).is_some();
    listed || line.contains("Local Address") && line.contains("Peer Address") || line.contains("Foreign Address")
}

/// Whether a line of such an output is kept.
pub(super) fn matters(line: &str) -> bool {
    line.contains(LISTENING) || line.contains("Local Address")
}

/// What the listings tell.
pub(super) fn facts(files: &[HostFile], ports: &[u16]) -> Vec<HostFact> {
    let listings = files.iter().filter(|f| f.role == Role::Sockets);
    let (mut open, mut some, mut loopback) = (None, None, None);
    let (mut elsewhere, mut others, mut heading) = (None, false, None);
    let (mut here, mut logged) = (false, None);
    for file in listings {
        for (number, line) in file.lines() {
            let quote = || file.quote(number, line);
            // What a log tells was so once: that it is open here a list must say.
            if let Some(port) = opened(line) {
                (here, logged) = (here || ports.contains(&port), logged.or_else(|| Some(quote())));
                continue;
            }
            match listener(line) {
                Some((address, port)) if ports.contains(&port) => {
                    let found = match address {
                        _ if is_loopback(address) => &mut loopback,
                        _ if is_any(address) => &mut open,
                        _ => &mut some,
                    };
                    found.get_or_insert_with(quote);
                }
                Some(_) if file.is_pasted() && line.contains("LISTENING") => {}
                // sshd's own on another port: then it is not on this one, however short the list.
                Some((address, port)) => {
                    others = true;
                    // Of a login's forwarded ports the addresses are the loopback's.
                    let is_sshds = is_sshds(line, port) && !is_loopback(address);
                    elsewhere = elsewhere.or_else(|| is_sshds.then(quote));
                }
                None if heading.is_none() && line.contains("Local Address") => heading = Some(quote()),
                None => {}
            }
        }
    }
    // Somebody in between may translate the address that was asked for into one of those.
    let sure = |name: &FactName| *name != FactName::ListensOnSomeAddressesOnly;
    let fact = |name, quote| vec![HostFact { sure: sure(&name), name, quotes: vec![quote] }];
    // A list of TCP listeners, and not of established connections or of another kind of socket. In a paste it may be a list of
    // anything: sshd must be in it.
    let missing = elsewhere
        .or_else(|| logged.filter(|_| !here))
        .or_else(|| heading.filter(|_| others && !files.iter().any(HostFile::is_pasted)));
    let told = [
        (FactName::Listening, open),
        (FactName::ListensOnSomeAddressesOnly, some),
        (FactName::ListensOnLoopbackOnly, loopback),
        (FactName::NotListening, missing),
    ];
    told.into_iter().find_map(|(name, quote)| Some(fact(name, quote?))).unwrap_or_default()
}

/// Address and port of a line that shows a listening TCP socket.
fn listener(line: &str) -> Option<(&str, u16)> {
    if !line.contains(LISTENING) || line.starts_with('u') || line.contains("STREAM") {
        return None;
    }
    let address = |word: &str| -> Option<(usize, u16)> {
        let at = word.rfind(':')?;
        let port = if &word[at + 1..] == "ssh" { 22 } else { word[at + 1..].parse().ok()? };
        Some((at, port))
    };
    line.split_whitespace().find_map(|word| address(word).map(|(at, port)| (&word[..at], port)))
}

/// The port of `Server listening on 0.0.0.0 port 22.`
pub(super) fn opened(line: &str) -> Option<u16> {
    let (_, socket) = line.split_once(OPENED)?;
    let (_, port) = socket.trim_end().trim_end_matches('.').rsplit_once(" port ")?;
    port.parse().ok()
}

fn is_sshds(line: &str, port: u16) -> bool {
    port == 22 || line.contains("\"sshd\"") || line.contains("/sshd")
}

fn is_loopback(address: &str) -> bool {
    let bare = address.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a socket is open on every address.
fn is_any(address: &str) -> bool {
    let bare = address.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    bare == "*" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_found_in_every_listing() {
        for (line, expected) in [
            (
                "tcp    LISTEN  0       128            0.0.0.0:22          0.0.0.0:*    users:((\"sshd\",pid=812,fd=3))",
                Some(("0.0.0.0", 22)),
            ),
            ("LISTEN 0      128             [::]:2222            [::]:*", Some(("[::]", 2222))),
            (
                "tcp6       0      0 :::22                   :::*                    LISTEN      812/sshd",
                Some(("::", 22)),
            ),
            ("tcp        0      0 127.0.0.1:ssh           0.0.0.0:*               LISTEN", Some(("127.0.0.1", 22))),
            ("u_str LISTEN 0 4096 /run/systemd/private 12:22 * 0", None),
            ("tcp   ESTAB 0 0 192.0.2.10:22 198.51.100.7:50122", None),
        ] {
            assert_eq!(listener(line), expected, "{line}");
        }
        assert!(is_loopback("127.0.0.1") && is_loopback("[::1]") && !is_loopback("0.0.0.0") && !is_loopback("*"));
        assert!(
            ["*", "0.0.0.0", "[::]", "::", "*%eth0", "[::ffff:0.0.0.0]"].into_iter().all(is_any) && !is_any("10.8.0.5")
        );
    }
}
