//! The files of hosts among the members of archives and directories, and which belong together.
//!
//! In: path and bytes of each small member. Out: [`HostFile`]s, cut down to the lines that matter, within bounds that do not
//! depend on threads; and the folder that stands for the root of the host, by what follows it: `etc/ssh/sshd_config`,
//! `sos_commands/`. Contents must look like what the name says. Knows nothing of what the lines mean.

use super::fact::Quote;
use super::pasted::{self, Pasted};
use super::{listing, release, services, sockets, sshd_config, wrappers};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

/// Larger files are no configuration, or a directory of people too large to be kept.
pub const MOST_BYTES: usize = 1 << 20;
/// Bytes kept of one file.
const MOST_KEPT: usize = 512 << 10;
/// Bytes kept of one line.
const MOST_LINE: usize = 2048;
/// Bytes kept of all files together.
const MOST_TOTAL: usize = 48 << 20;
/// What keeping a file costs beside its text.
const OVERHEAD: usize = 256;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Of sshd, or something that it may include.
    SshdConfig,
    Passwd,
    Shadow,
    Group,
    Nsswitch,
    Pam,
    /// hosts.allow and hosts.deny.
    Wrappers,
    /// Of pam_access.
    Access,
    /// Its being there is what counts.
    Nologin,
    Os,
    Hostname,
    Packages,
    /// Of `ls -l`.
    Listing,
    Sockets,
    Services,
    Addresses,
    /// Of `id`.
    Ids,
    /// What `chage -l` prints, behind the line that asks for it.
    Aging,
    /// Lists of bans.
    Bans,
}

/// The lines of a file that matter.
#[derive(Debug, Clone)]
pub struct HostFile {
    path: String,
    /// Bytes of the path that are the host's root; what follows is the path on the host, without its first slash.
    root: usize,
    /// Whether only the last part of the path says what it is: then the root is the folder it is in, or one above.
    loose: bool,
    pub(super) role: Role,
    numbers: Vec<u32>,
    text: String,
    cut: bool,
    /// Whether it was found in a paste: it is of nobody else's host, and there may be more of it.
    pasted: bool,
    /// What the prompt in a paste calls the host.
    prompt: Option<String>,
    host_path: String,
}

/// Collected files, in the order of their places.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<HostFile>,
    bytes: usize,
    /// Roots of which something was left out: nothing is concluded from the rest.
    partial: FxHashSet<String>,
}

/// How a path says what a file is.
struct Named {
    role: Role,
    root: usize,
    loose: bool,
}

impl HostFile {
    /// The file, if it is one that tells something of a host.
    pub fn read(path: &str, bytes: &[u8]) -> Option<Self> {
        let named = named(path)?;
        if bytes[..bytes.len().min(4096)].contains(&0) {
            return None;
        }
        let host_path = match (named.loose, named.role) {
            (true, Role::SshdConfig) => sshd_config::MAIN.to_owned(),
            _ => format!("/{}", &path[named.root..]),
        };
        let mut file = Self {
            path: path.to_owned(),
            root: named.root,
            loose: named.loose,
            role: named.role,
            numbers: Vec::new(),
            text: String::new(),
            cut: bytes.len() > MOST_BYTES,
            pasted: false,
            prompt: None,
            host_path,
        };
        file.keep(&bytes[..bytes.len().min(MOST_BYTES)]);
        file.is_as_named().then_some(file)
    }

    /// What a paste shows of sshd's options, of open ports and of files. The paste is the root of its own host.
    pub fn pasted(path: &str, bytes: &[u8]) -> Vec<Self> {
        if bytes.len() > pasted::MOST_BYTES || !pasted::may_show(bytes) {
            return Vec::new();
        }
        // A copy: a file that is cut while it is mapped changes under the text.
        let Ok(text) = String::from_utf8(bytes.to_vec()) else { return Vec::new() };
        let Pasted { options, sockets, listing, ids, aging, bans, allow, deny, host } = pasted::read(&text);
        let file = |role: Role, host_path: &str, lines: Vec<(u32, Cow<'_, str>)>| Self {
            path: path.to_owned(),
            root: path.len(),
            loose: false,
            role,
            numbers: lines.iter().map(|(number, _)| *number).collect(),
            text: lines.iter().flat_map(|(_, line)| [line.as_ref(), "\n"]).collect(),
            cut: false,
            pasted: true,
            prompt: host.map(str::to_owned),
            host_path: host_path.to_owned(),
        };
        let files = [
            file(Role::SshdConfig, sshd_config::MAIN, borrowed(options)),
            file(Role::Sockets, "", borrowed(sockets)),
            file(Role::Listing, "", listing),
            file(Role::Ids, "", borrowed(ids)),
            file(Role::Aging, "", borrowed(aging)),
            file(Role::Bans, "", borrowed(bans)),
            file(Role::Wrappers, wrappers::ALLOW, borrowed(allow)),
            file(Role::Wrappers, wrappers::DENY, borrowed(deny)),
        ];
        files.into_iter().filter(|file| !file.numbers.is_empty() && file.text.len() <= MOST_KEPT).collect()
    }

    pub(super) fn is_pasted(&self) -> bool {
        self.pasted
    }

    pub(super) fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    fn keep(&mut self, bytes: &[u8]) {
        for (number, line) in (1u32..).zip(bytes.split(|b| *b == b'\n')) {
            let line = String::from_utf8_lossy(&line[..line.len().min(MOST_LINE)]);
            let Some(kept) = self.role.kept(line.trim_end_matches('\r')) else { continue };
            if self.text.len() + kept.len() > MOST_KEPT {
                self.cut = true;
                return;
            }
            self.cut |= line.len() >= MOST_LINE;
            self.numbers.push(number);
            self.text.push_str(&kept);
            self.text.push('\n');
        }
        self.text.shrink_to_fit();
        self.numbers.shrink_to_fit();
    }

    fn is_as_named(&self) -> bool {
        let any = |like: &dyn Fn(&str) -> bool| self.lines().any(|(_, line)| like(line));
        match self.role {
            Role::Nologin | Role::Wrappers | Role::Access => true,
            // Nothing but comments says something, too.
            Role::SshdConfig if !self.loose => true,
            Role::SshdConfig => any(&|line| {
                let known = [
                    "port",
                    "permitrootlogin",
                    "subsystem",
                    "usepam",
                    "passwordauthentication",
                    "allowusers",
                    "include",
                    "match",
                ];
                super::words::keyword(line).is_some_and(|(k, _)| known.contains(&k.to_ascii_lowercase().as_str()))
            }),
            Role::Passwd => any(&|line| line.split(':').count() == 7),
            Role::Shadow => any(&|line| line.split(':').count() == 9),
            Role::Group => any(&|line| line.split(':').count() == 4),
            Role::Pam => any(&|line| line.contains(".so") || line.contains("include")),
            _ => !self.numbers.is_empty(),
        }
    }

    /// Its lines that matter, with their numbers from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u32, &str)> {
        self.numbers.iter().copied().zip(self.text.lines())
    }

    pub(super) fn quote(&self, number: u32, line: &str) -> Quote {
        Quote { path: self.path.clone(), line: u64::from(number), text: line.to_owned() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Where it was on its host.
    pub(super) fn host_path(&self) -> &str {
        &self.host_path
    }

    /// Whether there is more than what was kept.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(super) fn is_loose(&self) -> bool {
        self.loose
    }

    pub(super) fn root(&self) -> &str {
        &self.path[..self.root]
    }

    pub(super) fn move_root(&mut self, root: &str) {
        self.root = root.len();
    }

    fn cost(&self) -> usize {
        self.text.len() + 4 * self.numbers.len() + self.path.len() + self.host_path.len() + OVERHEAD
    }
}

impl Files {
    /// Adds a file.
    pub fn add(&mut self, file: HostFile) {
        if self.partial.contains(file.root()) {
            return;
        }
        if self.bytes + file.cost() > MOST_TOTAL {
            self.partial.insert(file.root().to_owned());
            return;
        }
        self.bytes += file.cost();
        self.files.push(file);
    }

    /// Adds what the next place holds.
    pub fn append(&mut self, next: Self) {
        self.partial.extend(next.partial);
        next.files.into_iter().for_each(|file| self.add(file));
    }

    /// The files by host, in the order of their roots.
    pub(super) fn by_root(mut self) -> Vec<(String, Vec<HostFile>)> {
        // Of two with the same name unpacking leaves the last.
        self.files.reverse();
        self.files.sort_by(|a, b| (&a.path, a.role, &a.host_path).cmp(&(&b.path, b.role, &b.host_path)));
        self.files.dedup_by(|b, a| a.path == b.path && a.role == b.role && a.host_path == b.host_path);
        let mut roots: Vec<String> = self
            .files
            .iter()
            .filter(|f| !f.loose && !f.pasted)
            .map(|f| f.root().to_owned())
            .chain(self.partial.iter().cloned())
            .collect();
        roots.sort();
        roots.dedup();
        for file in self.files.iter_mut().filter(|f| f.loose) {
            if let Some(root) = enclosing(&roots, file.root()) {
                let root = root.to_owned();
                file.move_root(&root);
            }
        }
        // Where a host's own files are, what somebody pasted among them is not needed.
        self.files.retain(|file| !file.pasted || enclosing(&roots, &file.path).is_none());
        let partial = &self.partial;
        self.files.retain(|file| !partial.contains(file.root()));
        let mut hosts: std::collections::BTreeMap<String, Vec<HostFile>> = std::collections::BTreeMap::new();
        for file in self.files {
            hosts.entry(file.root().to_owned()).or_default().push(file);
        }
        hosts.into_iter().collect()
    }
}

fn borrowed<'t>(lines: Vec<(u32, &'t str)>) -> Vec<(u32, Cow<'t, str>)> {
    lines.into_iter().map(|(number, line)| (number, line.into())).collect()
}

/// The longest of some sorted roots that `path` lies in.
pub(super) fn enclosing<'r>(roots: &'r [String], path: &str) -> Option<&'r str> {
    let within =
        |end: usize| roots.binary_search_by(|r| r.as_str().cmp(&path[..end])).ok().map(|at| roots[at].as_str());
    let ends = path.char_indices().rev().filter(|(_, c)| matches!(c, '/' | '!')).map(|(at, _)| at + 1);
    let longest = path.len();
    // The root of all relative paths is no part of standard input or of an absolute one.
    let outermost = (!path.starts_with('/') && path != crate::input::STDIN).then_some(0);
    std::iter::once(longest).chain(ends).chain(outermost).find_map(within)
}

impl Role {
    /// What is kept of a line: nothing secret, and nothing that says nothing.
    fn kept(self, line: &str) -> Option<String> {
        let uncommented =
            || Some(line.to_owned()).filter(|l| !l.trim_start().is_empty() && !l.trim_start().starts_with('#'));
        match self {
            Self::SshdConfig => uncommented().or_else(|| sshd_config::is_root_default(line).then(|| line.to_owned())),
            Self::Passwd | Self::Group | Self::Nsswitch | Self::Pam => uncommented(),
            Self::Wrappers | Self::Access => uncommented(),
            Self::Shadow => uncommented().map(|l| without_hash(&l)),
            Self::Nologin | Self::Hostname | Self::Os => Some(line.to_owned()).filter(|l| !l.trim().is_empty()),
            Self::Packages => release::is_openssh_package(line).then(|| line.to_owned()),
            Self::Listing => listing::matters(line).then(|| line.to_owned()),
            Self::Sockets => sockets::matters(line).then(|| line.to_owned()),
            Self::Services => services::matters(line).then(|| line.to_owned()),
            Self::Addresses => line.contains("inet").then(|| line.to_owned()),
            Self::Ids | Self::Aging | Self::Bans => Some(line.to_owned()),
        }
    }
}

/// A line of shadow in which a password's hash is replaced by what may be known of it.
fn without_hash(line: &str) -> String {
    let mut fields: Vec<&str> = line.split(':').collect();
    let Some(hash) = fields.get(1).copied() else { return line.to_owned() };
    let locks: String = hash.chars().take_while(|c| *c == '!').collect();
    let shown = match &hash[locks.len()..] {
        "" => locks,
        "*" => format!("{locks}*"),
        _ => format!("{locks}(hash)"),
    };
    fields[1] = &shown;
    fields.join(":")
}

/// Whether a path is that of a file which tells something of a host.
pub fn is_named(path: &str) -> bool {
    named(path).is_some()
}

/// Whether a path is that of a host's configuration: what looks like a message there is quoted, and nothing happened.
pub fn is_configuration(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split(['/', '!']).any(|folder| folder == "etc")
}

/// What the path says.
fn named(path: &str) -> Option<Named> {
    let inner = path.rfind('!').map_or(0, |at| at + 1);
    let parts: Vec<&str> = path[inner..].split('/').collect();
    let (name, folders) = parts.split_last()?;
    // `sos_commands/networking/ss_-peaonmi`
    let at = |depth: usize| path.len() + 1 - parts[parts.len() - depth..].iter().map(|p| p.len() + 1).sum::<usize>();
    if let Some(depth) = folders.iter().rposition(|f| *f == "sos_commands") {
        let role = of_command(name)?;
        return Some(Named { role, root: at(parts.len() - depth), loose: false });
    }
    let tail = |depth: usize| folders.len().checked_sub(depth).map(|from| folders[from..].join("/"));
    // What sshd_config may include: anything but the keys beside it.
    let of_ssh = folders.windows(2).rposition(|f| f == ["etc", "ssh"]).map(|at| folders.len() - at);
    if let Some(depth) = of_ssh
        && (depth > 2 || name.contains(".conf") || name.starts_with("sshd_config"))
    {
        return Some(Named { role: Role::SshdConfig, root: at(depth + 1), loose: false });
    }
    for depth in 1..=3 {
        let Some(folder) = tail(depth) else { break };
        let found = match (folder.as_str(), *name) {
            ("etc", "passwd") => Some(Role::Passwd),
            ("etc", "shadow") => Some(Role::Shadow),
            ("etc", "group") => Some(Role::Group),
            ("etc", "nsswitch.conf") => Some(Role::Nsswitch),
            ("etc", "nologin") | ("run", "nologin") | ("var/run", "nologin") => Some(Role::Nologin),
            ("etc", "hostname") | ("proc/sys/kernel", "hostname") => Some(Role::Hostname),
            ("etc" | "usr/lib", "os-release") => Some(Role::Os),
            ("etc", "redhat-release" | "centos-release" | "SuSE-release" | "debian_version") => Some(Role::Os),
            ("etc/pam.d", _) => Some(Role::Pam),
            ("etc", "hosts.allow" | "hosts.deny") => Some(Role::Wrappers),
            ("etc/security", "access.conf") | ("etc/security/access.d", _) => Some(Role::Access),
            _ => None,
        };
        // `var/run` is longer than `run`.
        if let Some(role) = found
            && !(folder == "run" && tail(2).as_deref() == Some("var/run"))
        {
            return Some(Named { role, root: at(depth + 1), loose: false });
        }
    }
    let role = match *name {
        "sshd_config" => Role::SshdConfig,
        "passwd" => Role::Passwd,
        "shadow" => Role::Shadow,
        "group" => Role::Group,
        "nsswitch.conf" => Role::Nsswitch,
        "os-release" => Role::Os,
        "hostname" => Role::Hostname,
        _ => of_command(name)?,
    };
    Some(Named { role, root: at(1), loose: true })
}

/// What the output of a command is, by the file that it was kept in.
fn of_command(name: &str) -> Option<Role> {
    let stem = name.trim_end_matches(".txt").trim_end_matches(".log").trim_end_matches(".out");
    let command = stem.split(['_', '-', ' ', '.']).next().unwrap_or_default();
    let says = |word: &str| stem.contains(word);
    match command {
        "ls" => Some(Role::Listing),
        "ss" | "netstat" => Some(Role::Sockets),
        "systemctl" => Some(Role::Services),
        "rpm" | "dpkg" => Some(Role::Packages),
        "hostname" | "hostnamectl" | "uname" => Some(Role::Hostname),
        "ip" if says("addr") => Some(Role::Addresses),
        "ifconfig" => Some(Role::Addresses),
        "installed" if says("rpms") || says("debs") => Some(Role::Packages),
        "sh" if says("rpm") => Some(Role::Packages),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(path: &str) -> Option<(Role, &str, bool)> {
        named(path).map(|n| (n.role, &path[..n.root], n.loose))
    }

    #[test]
    fn the_root_of_a_host_is_what_stands_before_the_known_part_of_a_path() {
        for (path, expected) in [
            ("b.tar.xz!sos/etc/ssh/sshd_config", Some((Role::SshdConfig, "b.tar.xz!sos/", false))),
            ("b!etc/ssh/sshd_config.d/50-a.conf", Some((Role::SshdConfig, "b!", false))),
            ("/etc/ssh/conf.d/x", Some((Role::SshdConfig, "/", false))),
            ("etc/passwd", Some((Role::Passwd, "", false))),
            ("a/b/var/run/nologin", Some((Role::Nologin, "a/b/", false))),
            ("a/run/nologin", Some((Role::Nologin, "a/", false))),
            ("a/sos_commands/networking/ss_-peaonmi", Some((Role::Sockets, "a/", false))),
            ("a/usr/lib/os-release", Some((Role::Os, "a/", false))),
            ("case/sshd_config", Some((Role::SshdConfig, "case/", true))),
            ("case/installed-rpms", Some((Role::Packages, "case/", true))),
            ("a/etc/ssh/ssh_host_rsa_key", None),
            ("a/var/log/secure", None),
            ("a/sos_commands/logs/journalctl_--no-pager", None),
        ] {
            assert_eq!(placed(path), expected, "{path}");
        }
    }

    #[test]
    fn of_hosts_that_are_too_large_nothing_is_kept() {
        let mut files = Files::default();
        let passwd = "u:x:1:1::/home/u:/bin/bash\n".repeat(18_000);
        for host in 0..150 {
            files.add(HostFile::read(&format!("h{host}/etc/passwd"), passwd.as_bytes()).expect("a passwd"));
            files.add(HostFile::read(&format!("h{host}/etc/hostname"), b"web01\n").expect("a name"));
        }
        let kept = files.by_root();
        assert!((50..150).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().all(|(_, files)| files.len() == 2));
        let bytes: usize = kept.iter().flat_map(|(_, files)| files).map(HostFile::cost).sum();
        assert!(bytes <= MOST_TOTAL, "{bytes}");
    }

    #[test]
    fn a_path_lies_in_the_longest_root_that_holds_it() {
        let roots = ["", "/", "a!", "a!sos/", "b/"].map(str::to_owned);
        for (path, expected) in [
            ("a!sos/var/log/secure", Some("a!sos/")),
            ("a!secure", Some("a!")),
            ("b/c/d", Some("b/")),
            ("/var/log/secure", Some("/")),
            ("var/log/secure", Some("")),
            ("-", None),
        ] {
            assert_eq!(enclosing(&roots, path), expected, "{path}");
        }
    }
}
