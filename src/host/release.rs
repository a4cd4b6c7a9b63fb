//! What a host is: its name, its system, its OpenSSH.
//!
//! In: the files that say so. Out: [`About`].

use super::files::{HostFile, Role};
use compact_str::CompactString;

/// What a host is, as far as its files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub name: Option<CompactString>,
    /// `Debian GNU/Linux 12 (bookworm)`.
    pub os: Option<String>,
    /// `9.2p1`.
    pub openssh: Option<String>,
    /// Its addresses.
    pub addresses: Vec<CompactString>,
}

/// Addresses that are kept.
const MOST_ADDRESSES: usize = 64;
/// Bytes of a name.
const MOST_NAME: usize = 200;

impl About {
    pub(super) fn of(files: &[HostFile]) -> Self {
        let lines = |role: Role| files.iter().filter(move |f| f.role == role).flat_map(HostFile::lines).map(|(_, l)| l);
        let pretty =
            || lines(Role::Os).find_map(|l| l.strip_prefix("PRETTY_NAME=")).map(|v| v.trim_matches(['"', '\'']));
        // What is no list of names and values is the whole of the older files.
        let plain = || files.iter().filter(|f| f.role == Role::Os).find_map(plain_release);
        let os = pretty().map(str::to_owned).or_else(plain);
        let mut addresses: Vec<CompactString> =
            lines(Role::Addresses).filter_map(address).take(MOST_ADDRESSES).collect();
        addresses.dedup();
        Self {
            name: lines(Role::Hostname).find_map(host_name),
            os: os.map(|os| os.chars().take(MOST_NAME).collect()),
            openssh: lines(Role::Packages).find_map(openssh_version),
            addresses,
        }
    }

    /// Whether a name or address, as a client or a log has it, is this host's.
    pub fn is_called(&self, name: &str) -> bool {
        let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_address = name.contains(':') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let by_name = || self.name.as_deref().is_some_and(|own| label(own) == label(name));
        !name.is_empty() && (self.addresses.iter().any(|a| a == name) || (!is_address && by_name()))
    }
}

/// `rhel` and 8: what os-release calls the system, and the first number of its version, 0 where there is none.
pub(super) fn system(files: &[HostFile]) -> Option<(&str, u32)> {
    let of = |name: &str| {
        let lines = files.iter().filter(|f| f.role == Role::Os).flat_map(HostFile::lines);
        let value = lines.filter_map(|(_, line)| line.strip_prefix(name)).next();
        value.map(|value| value.trim_matches(['"', '\'']))
    };
    let major = of("VERSION_ID=").and_then(|version| version.split('.').next()?.parse().ok());
    Some((of("ID=")?, major.unwrap_or(0)))
}

fn plain_release(file: &HostFile) -> Option<String> {
    let (_, line) = file.lines().next()?;
    if line.contains('=') {
        return None;
    }
    let debian = file.host_path().ends_with("debian_version");
    Some(if debian { format!("Debian {}", line.trim()) } else { line.trim().to_owned() })
}

fn host_name(line: &str) -> Option<CompactString> {
    let line = line.trim();
    let stated = line.strip_prefix("Static hostname:").map(str::trim);
    let of_uname = || line.strip_prefix("Linux ").and_then(|rest| rest.split(' ').next());
    let alone = || Some(line).filter(|l| !l.starts_with('#') && !l.contains([' ', ':', '=']));
    let name = stated.or_else(of_uname).or_else(alone)?;
    let fits =
        !name.is_empty() && name.len() <= 253 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    // What machines are called before they have a name.
    (fits && !matches!(name, "localhost" | "localhost.localdomain" | "(none)")).then(|| name.into())
}

fn address(line: &str) -> Option<CompactString> {
    let mut words = line.split_whitespace().skip_while(|w| !matches!(*w, "inet" | "inet6"));
    words.next()?;
    let address = words.next()?.trim_start_matches("addr:").split(['/', '%']).next()?;
    let parsed: std::net::IpAddr = address.parse().ok()?;
    (!parsed.is_loopback()).then(|| address.into())
}

/// Whether a line of a package list is about OpenSSH.
pub(super) fn is_openssh_package(line: &str) -> bool {
    line.contains("openssh")
}

/// Of `openssh-server-8.7p1-38.el9.x86_64` and `ii  openssh-server  1:9.2p1-2+deb12u3  amd64  ...`.
fn openssh_version(line: &str) -> Option<String> {
    let at = line.find("openssh-server").map(|at| at + "openssh-server".len());
    let at = at.or_else(|| line.find("openssh-").map(|at| at + "openssh".len()))?;
    let rest = line[at..].trim_start_matches(|c: char| !c.is_ascii_digit());
    let rest = rest.split_once(':').filter(|(epoch, _)| epoch.len() == 1).map_or(rest, |(_, rest)| rest);
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
    let version = &rest[..end];
    (version.contains('.') && version.len() <= 16).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_package_lists() {
        for (line, expected) in [
            ("openssh-server-8.7p1-38.el9_4.4.x86_64                Mon Jan  6 09:12:44 2025", Some("8.7p1")),
            ("ii  openssh-server  1:9.2p1-2+deb12u3  amd64  secure shell (SSH) server", Some("9.2p1")),
            ("openssh-9.6p1-150600.6.12.1.x86_64", Some("9.6p1")),
            ("ii  openssh-sftp-server", None),
        ] {
            assert_eq!(openssh_version(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn names_are_found_where_commands_print_them() {
        for (line, expected) in [
            ("web01.example.com", Some("web01.example.com")),
            ("   Static hostname: web01", Some("web01")),
            ("Linux web01 5.14.0-427.el9.x86_64 #1 SMP x86_64 GNU/Linux", Some("web01")),
            ("localhost", None),
            ("# set by hand", None),
        ] {
            assert_eq!(host_name(line).as_deref(), expected, "{line}");
        }
        assert_eq!(
            address("2: eth0    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0").as_deref(),
            Some("192.0.2.10")
        );
    }
}
