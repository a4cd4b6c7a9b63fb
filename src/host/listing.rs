//! What `ls -l` and `namei -l` say of a user's home, `.ssh` and `authorized_keys`.
//!
//! In: its output. Out: facts of one user. Only entries whose folder the output names can be placed.

use super::fact::{FactName, HostFact, Place, Quote};
use super::files::{HostFile, Role};

/// Longest way that is followed.
const MOST_WALKED: usize = 1000;

/// Whether a line of such an output is kept.
pub(super) fn matters(line: &str) -> bool {
    heading(line).is_some()
        || walk(line).is_some()
        || entry(line).is_some_and(|e| line.starts_with('d') || e.name.ends_with("authorized_keys"))
}

/// Whether a line names the folder that the next ones list.
pub(super) fn is_heading(line: &str) -> bool {
    heading(line).is_some()
}

/// Whether a line says whereto `namei` goes.
pub(super) fn is_walk(line: &str) -> bool {
    walk(line).is_some()
}

/// What a line of such an output is of.
pub(super) fn name(line: &str) -> Option<&str> {
    entry(line).map(|entry| entry.name)
}

/// Whose modes and owners are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'w> {
    pub(super) user: &'w str,
    pub(super) uid: Option<&'w str>,
    pub(super) home: &'w str,
}

/// What the listings tell of a user's files.
pub(super) fn facts(files: &[HostFile], whose: Whose<'_>) -> Vec<HostFact> {
    let home = whose.home.trim_end_matches('/');
    let ssh = format!("{home}/.ssh");
    let places = [
        (Place::Home, home.to_owned()),
        (Place::AuthorizedKeys, format!("{ssh}/authorized_keys")),
        (Place::SshDirectory, ssh.clone()),
    ];
    let mut facts: Vec<HostFact> = Vec::new();
    let (mut folder_shown, mut keys_shown): (Option<Quote>, bool) = (None, false);
    for file in files.iter().filter(|f| f.role == Role::Listing) {
        let mut folder = None;
        let mut walked: Option<String> = None;
        for (number, line) in file.lines() {
            if let Some(name) = heading(line) {
                (folder, walked) = (Some(name), None);
                continue;
            }
            if walk(line).is_some() {
                (folder, walked) = (None, Some(String::new()));
                continue;
            }
            let Some(entry) = (if walked.is_some() { step(line) } else { entry(line) }) else { continue };
            if let Some(above) = walked.as_mut().filter(|above| above.len() < MOST_WALKED) {
                *above = if entry.name == "/" { String::new() } else { format!("{above}/{}", entry.name) };
            }
            let Some(path) = walked.clone().or_else(|| entry.path(folder)) else { continue };
            let quote = file.quote(number, line);
            if path == ssh && entry.name == "." && !file.is_cut() {
                folder_shown.get_or_insert(quote.clone());
            }
            keys_shown |= path == places[1].1;
            for (place, _) in places.iter().filter(|(_, at)| *at == path) {
                let Some(name) = entry.judged(*place, whose) else { continue };
                if !facts.iter().any(|f| f.name == name) {
                    facts.push(HostFact { name, sure: true, quotes: vec![quote.clone()] });
                }
            }
        }
    }
    if let Some(quote) = folder_shown.filter(|_| !keys_shown) {
        facts.push(HostFact { name: FactName::AuthorizedKeysAbsent, sure: true, quotes: vec![quote] });
    }
    facts
}

/// `/home/alice/.ssh:`
fn heading(line: &str) -> Option<&str> {
    line.strip_suffix(':').filter(|name| name.starts_with('/'))
}

/// `f: /home/alice/.ssh/authorized_keys`, above the way there step by step.
fn walk(line: &str) -> Option<&str> {
    line.strip_prefix("f: ").filter(|path| path.starts_with('/'))
}

/// `drwx------ alice alice .ssh`, as `namei -l` has it.
fn step(line: &str) -> Option<Entry<'_>> {
    let entry = entry(line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[_, owner, _, name] = words.as_slice() else { return None };
    Some(Entry { owner, name, ..entry })
}

#[derive(Debug, PartialEq, Eq)]
struct Entry<'l> {
    mode: &'l str,
    owner: &'l str,
    name: &'l str,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let mode = line.split_whitespace().next().filter(|m| line.starts_with(m) && (10..=11).contains(&m.len()))?;
    let letters = |m: &str| m.bytes().skip(1).take(9).all(|b| b"rwxsStT-".contains(&b));
    if !mode.is_ascii() || !b"d-".contains(&mode.as_bytes()[0]) || !letters(mode) {
        return None;
    }
    let mut words = line.split_whitespace().skip(2);
    let owner = words.next()?;
    // Group, size, month, day and time stand between owner and name.
    let name = words.last()?;
    // `ls -F` marks what is no plain file.
    let name = if name.len() > 1 { name.strip_suffix(['/', '*']).unwrap_or(name) } else { name };
    Some(Entry { mode, owner, name })
}

impl Entry<'_> {
    /// Where it is, if that can be told.
    fn path(&self, folder: Option<&str>) -> Option<String> {
        let folder = folder.map(|f| f.trim_end_matches('/'));
        match self.name {
            name if name.starts_with('/') => Some(name.trim_end_matches('/').to_owned()),
            "." => folder.map(str::to_owned),
            ".." => folder.and_then(|f| f.rsplit_once('/')).map(|(above, _)| above.to_owned()),
            name => folder.map(|f| format!("{f}/{name}")),
        }
    }

    /// None where it cannot be told whose it is.
    fn judged(&self, place: Place, whose: Whose<'_>) -> Option<FactName> {
        let users = self.owner == whose.user || Some(self.owner) == whose.uid;
        let is_roots = self.owner == "root" || self.owner == "0";
        let has = |at: usize, letter: u8| self.mode.as_bytes()[at] == letter;
        // sshd looks in as the user.
        let shut = !users && is_roots && !(4..10).any(|at| has(at, b'r') || has(at, b'x'));
        let unknown = whose.uid.is_none() && self.owner.bytes().all(|b| b.is_ascii_digit()) && !is_roots;
        if has(5, b'w') || has(8, b'w') {
            Some(FactName::ModeTooOpen(place))
        } else if (!users && !is_roots) || shut {
            Some(FactName::OwnerWrong(place)).filter(|_| !unknown)
        } else {
            Some(FactName::ModeFits(place))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_told_from_a_list() {
        assert_eq!(walk("f: /home/alice/.ssh"), Some("/home/alice/.ssh"));
        assert_eq!(walk("f: home"), None);
        let expected = Entry { mode: "drwx------", owner: "alice", name: ".ssh" };
        assert_eq!(step("drwx------ alice users .ssh"), Some(expected));
        assert_eq!(step("drwx------ 2 alice users 29 Jan  1 10:00 .ssh"), None);
    }

    #[test]
    fn entries_are_placed_by_the_heading_before_them() {
        let line = "drwxrwxr-x. 2 alice alice unconfined_u:object_r:ssh_home_t:s0 29 Jan  1 10:00 .ssh";
        let found = entry(line).expect("an entry");
        assert_eq!((found.mode, found.owner, found.name), ("drwxrwxr-x.", "alice", ".ssh"));
        assert_eq!(found.path(Some("/home/alice")).as_deref(), Some("/home/alice/.ssh"));
        assert_eq!(found.path(None), None);
        let whose = Whose { user: "alice", uid: Some("1001"), home: "/home/alice" };
        let judged = |line: &str, whose: Whose<'_>| entry(line).and_then(|e| e.judged(Place::Home, whose));
        let nobody = Whose { uid: None, ..whose };
        assert_eq!(judged(line, whose), Some(FactName::ModeTooOpen(Place::Home)));
        for (line, whose, expected) in [
            ("drwxr-xr-x 2 root root 29 Jan  1 10:00 .ssh", whose, Some(FactName::ModeFits(Place::Home))),
            ("drwx------ 2 root root 29 Jan  1 10:00 .ssh", whose, Some(FactName::OwnerWrong(Place::Home))),
            ("drwx------ 2 1001 1001 29 Jan  1 10:00 .ssh", whose, Some(FactName::ModeFits(Place::Home))),
            ("drwx------ 2 1005 1001 29 Jan  1 10:00 .ssh", whose, Some(FactName::OwnerWrong(Place::Home))),
            ("drwx------ 2 1001 1001 29 Jan  1 10:00 .ssh", nobody, None),
        ] {
            assert_eq!(judged(line, whose), expected, "{line}");
        }
        assert_eq!(entry("total 12"), None);
        assert_eq!(entry("Dec 11 06:55:46 web01 sshd[1]: x"), None);
    }
}
