//! What `ss` and `netstat` say of sshd's ports.
//!
//! In: their output, and the ports that sshd is to listen on. Out: whether it can be reached.

use super::fact::{FactName, HostFact};
use super::files::{HostFile, Role};

/// Whether a line of such an output is kept.
pub(super) fn matters(line: &str) -> bool {
    line.contains("LISTEN") || line.contains("Local Address")
}

/// What the listings tell.
pub(super) fn facts(files: &[HostFile], ports: &[u16]) -> Vec<HostFact> {
    let listings = files.iter().filter(|f| f.role == Role::Sockets);
    let (mut open, mut loopback, mut others, mut heading) = (None, None, false, None);
    for file in listings {
        for (number, line) in file.lines() {
            let quote = || file.quote(number, line);
            match listener(line) {
                Some((address, port)) if ports.contains(&port) => {
                    let found = if is_loopback(address) { &mut loopback } else { &mut open };
                    found.get_or_insert_with(quote);
                }
                Some(_) => others = true,
                None if heading.is_none() && line.contains("Local Address") => heading = Some(quote()),
                None => {}
            }
        }
    }
    let fact = |name, quote| vec![HostFact { name, sure: true, quotes: vec![quote] }];
    match (open, loopback, heading) {
        (Some(quote), _, _) => fact(FactName::Listening, quote),
        (None, Some(quote), _) => fact(FactName::ListensOnLoopbackOnly, quote),
        // A list of TCP listeners, and not of established connections or of another kind of socket.
        (None, None, Some(quote)) if others => fact(FactName::NotListening, quote),
        _ => Vec::new(),
    }
}

/// Address and port of a line that shows a listening TCP socket.
fn listener(line: &str) -> Option<(&str, u16)> {
    if !line.contains("LISTEN") || line.starts_with('u') || line.contains("STREAM") {
        return None;
    }
    let address = |word: &str| -> Option<(usize, u16)> {
        let at = word.rfind(':')?;
        let port = if &word[at + 1..] == "ssh" { 22 } else { word[at + 1..].parse().ok()? };
        Some((at, port))
    };
    line.split_whitespace().find_map(|word| address(word).map(|(at, port)| (&word[..at], port)))
}

fn is_loopback(address: &str) -> bool {
    let bare = address.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
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
    }
}
