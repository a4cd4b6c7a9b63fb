//! The PAM stack of sshd, with what it includes.
//!
//! In: the files of `pam.d`. Out: its modules, each with its line, and whether all of the stack is there.

use super::fact::{FactName, HostFact, Quote};
use super::files::{HostFile, Role};
use std::collections::BTreeMap;

/// Where sshd's stack begins.
const MAIN: &str = "/etc/pam.d/sshd";
/// Lines that are read, included ones as often as they are included.
const MOST_LINES: usize = 2000;
const MOST_DEPTH: usize = 16;
/// Modules whose absence is worth telling: without them no message of theirs, and nothing that they do, is of today's stack.
const TOLD_ABSENT: &[&str] = &[
    "access",
    "duo",
    "faillock",
    "google_authenticator",
    "krb5",
    "ldap",
    "limits",
    "listfile",
    "nologin",
    "securetty",
    "shells",
    "sss",
    "succeed_if",
    "tally",
    "tally2",
    "time",
    "winbind",
];

/// What the stack tells.
pub(super) fn facts(files: &[HostFile]) -> Vec<HostFact> {
    let files: Vec<&HostFile> = files.iter().filter(|f| f.role == Role::Pam).collect();
    let Some(main) = files.iter().find(|f| f.host_path() == MAIN) else { return Vec::new() };
    let mut stack = Stack { files: &files, modules: BTreeMap::new(), lines: 0, complete: true };
    stack.read(main, 0);
    let listed = |(name, quote): (&String, &Quote)| HostFact {
        name: FactName::PamModuleListed(name.as_str().into()),
        sure: true,
        quotes: vec![quote.clone()],
    };
    let mut facts: Vec<HostFact> = stack.modules.iter().map(listed).collect();
    let first = main.lines().next().map(|(number, line)| main.quote(number, line));
    if stack.complete {
        let absent = TOLD_ABSENT.iter().filter(|name| !stack.modules.contains_key(**name));
        facts.extend(absent.map(|name| HostFact {
            name: FactName::PamModuleUnlisted((*name).into()),
            sure: true,
            quotes: first.clone().into_iter().collect(),
        }));
    }
    facts
}

struct Stack<'f> {
    files: &'f [&'f HostFile],
    modules: BTreeMap<String, Quote>,
    lines: usize,
    complete: bool,
}

impl Stack<'_> {
    fn read(&mut self, file: &HostFile, depth: usize) {
        self.complete &= !file.is_cut();
        for (number, line) in file.lines() {
            self.lines += 1;
            if self.lines > MOST_LINES {
                self.complete = false;
                return;
            }
            match entry(line) {
                Some(Entry::Include(name)) => self.include(name, depth),
                Some(Entry::Module(name)) => {
                    self.modules.entry(name.to_owned()).or_insert_with(|| file.quote(number, line));
                }
                None => {}
            }
        }
    }

    fn include(&mut self, name: &str, depth: usize) {
        let path = if name.starts_with('/') { name.to_owned() } else { format!("/etc/pam.d/{name}") };
        let files = self.files;
        match files.iter().find(|f| f.host_path() == path) {
            Some(file) if depth < MOST_DEPTH => self.read(file, depth + 1),
            _ => self.complete = false,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Entry<'l> {
    Include(&'l str),
    Module(&'l str),
}

/// `auth [success=1 default=ignore] pam_unix.so nullok`, `@include common-auth`, `auth substack password-auth`.
fn entry(line: &str) -> Option<Entry<'_>> {
    let line = line.trim().trim_start_matches('-');
    if let Some(name) = line.strip_prefix("@include") {
        return name.split_whitespace().next().map(Entry::Include);
    }
    let (_, rest) = line.split_once(|c: char| c.is_whitespace())?;
    let rest = rest.trim_start();
    let (control, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => rest.split_once(|c: char| c.is_whitespace())?,
    };
    let what = rest.split_whitespace().next()?;
    if matches!(control, "include" | "substack") {
        return Some(Entry::Include(what));
    }
    let name = what.rsplit('/').next()?.strip_prefix("pam_")?.strip_suffix(".so")?;
    name.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        .then_some(Entry::Module(name))
}

#[cfg(test)]
mod tests {
    use super::{Entry, entry};

    #[test]
    fn lines_of_a_stack_are_modules_or_further_files() {
        for (line, expected) in [
            ("auth [success=1 default=ignore] pam_unix.so nullok", Some(Entry::Module("unix"))),
            ("-session optional /lib/security/pam_systemd.so", Some(Entry::Module("systemd"))),
            ("@include common-auth", Some(Entry::Include("common-auth"))),
            ("auth\tsubstack\tpassword-auth", Some(Entry::Include("password-auth"))),
            ("auth required", None),
            ("nonsense", None),
        ] {
            assert_eq!(entry(line), expected, "{line}");
        }
    }
}
