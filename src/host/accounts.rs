//! passwd, shadow, group and nsswitch.conf: whether a user exists, may log in, and in which groups he is.
//!
//! In: these files of one host. Out: facts and groups of one user. Hashes of passwords were not kept.

use super::fact::{FactName, HostFact, Quote};
use super::files::{HostFile, Role};
use super::sshd_config::Groups;
use super::words;
use crate::record::time::{Micros, day_of};

/// Shells that print a line, or nothing, and end.
const REFUSING: &[&str] = &["nologin", "false", "true", "sync", "shutdown", "halt"];
const USABLE: &[&str] = &["bash", "sh", "zsh", "ksh", "dash", "fish", "tcsh", "csh", "mksh", "ash"];

/// The account files of one host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accounts<'h> {
    files: &'h [HostFile],
}

impl<'h> Accounts<'h> {
    pub(super) fn new(files: &'h [HostFile]) -> Self {
        Self { files }
    }

    fn file(&self, role: Role) -> Option<&'h HostFile> {
        self.files.iter().find(|f| f.role == role)
    }

    /// The line of an account in a file, with its fields.
    fn line(&self, role: Role, user: &str) -> Option<(Vec<&'h str>, Quote)> {
        let file = self.file(role)?;
        let own = |line: &str| line.strip_prefix(user).is_some_and(|rest| rest.starts_with(':'));
        let (number, line) = file.lines().find(|(_, line)| own(line))?;
        Some((line.split(':').collect(), file.quote(number, line)))
    }

    /// Whether there may be accounts or groups elsewhere: in a directory. None where that cannot be told.
    fn only_files(&self, database: &str) -> (Option<bool>, Option<Quote>) {
        let Some(file) = self.file(Role::Nsswitch) else { return (None, None) };
        let found = file.lines().find_map(|(number, line)| {
            let (name, sources) = line.split_once(':')?;
            (name.trim() == database).then(|| (sources, file.quote(number, line)))
        });
        let Some((sources, quote)) = found else { return (None, None) };
        let local = |source: &str| {
            source.starts_with('[') || source.ends_with(']') || matches!(source, "files" | "systemd" | "altfiles")
        };
        (Some(sources.split_whitespace().all(local)), Some(quote))
    }

    pub(super) fn home(&self, user: &str) -> Option<&'h str> {
        self.line(Role::Passwd, user)?.0.get(5).copied().filter(|home| home.starts_with('/'))
    }

    pub(super) fn uid(&self, user: &str) -> Option<&'h str> {
        let listed = self.line(Role::Passwd, user).and_then(|(fields, _)| fields.get(2).copied());
        listed.or_else(|| self.shown_id(user)?.1.strip_prefix("uid=")?.split('(').next())
    }

    /// What the files state of a user at the time of a login.
    pub(super) fn facts(&self, user: &str, at: Option<Micros>) -> Vec<HostFact> {
        let mut facts = Vec::new();
        let Some(passwd) = self.file(Role::Passwd) else { return facts };
        let mut tell = |name: FactName, sure: bool, quotes: Vec<Quote>| facts.push(HostFact { name, sure, quotes });
        match self.line(Role::Passwd, user) {
            Some((fields, quote)) => {
                let shell = fields.get(6).and_then(|s| s.trim().rsplit('/').next()).unwrap_or_default();
                if REFUSING.contains(&shell) {
                    tell(FactName::ShellRefuses, true, vec![quote.clone()]);
                } else if USABLE.contains(&shell) {
                    tell(FactName::ShellUsable, true, vec![quote.clone()]);
                }
                tell(FactName::UserPresent, true, vec![quote]);
            }
            None if !passwd.is_cut() && passwd.lines().any(|(_, l)| l.starts_with("root:")) => {
                let (only, quote) = self.only_files("passwd");
                let last = passwd.lines().last().map(|(number, line)| passwd.quote(number, line));
                if only != Some(false) {
                    tell(FactName::UserAbsent, only == Some(true), quote.into_iter().chain(last).collect());
                }
            }
            None => {}
        }
        if let Some((fields, quote)) = self.line(Role::Shadow, user) {
            for name in shadow_facts(&fields, at.map(day_of)) {
                tell(name, true, vec![quote.clone()]);
            }
        }
        facts
    }

    /// The user's groups.
    pub(super) fn groups(&self, user: &str) -> Groups {
        if let Some(shown) = self.shown_groups(user) {
            return shown;
        }
        let Some(file) = self.file(Role::Group) else { return Groups::default() };
        let account = self.line(Role::Passwd, user).map(|(fields, _)| fields);
        let own = account.as_ref().and_then(|fields| fields.get(3)).copied();
        let mut groups = Groups::default();
        for (number, line) in file.lines() {
            let mut fields = line.split(':');
            let (Some(name), _, Some(gid), Some(members)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            if Some(gid) == own || members.split(',').any(|m| m.trim() == user) {
                groups.names.push((name.to_owned(), Some(file.quote(number, line))));
            }
        }
        let whole = |role: Role| self.file(role).is_some_and(|f| !f.is_cut());
        let local = |database: &str| self.only_files(database).0 == Some(true);
        if account.is_none() && whole(Role::Passwd) && local("passwd") {
            // Who does not exist is in no group, whatever lists him.
            return Groups { names: Vec::new(), complete: true };
        }
        groups.complete = account.is_some() && whole(Role::Group) && local("group");
        groups
    }
}

impl<'h> Accounts<'h> {
    /// What `id` says: `uid=1001(alice) gid=1001(alice) groups=1001(alice),10(wheel)`.
    fn shown_id(&self, user: &str) -> Option<(u32, &'h str)> {
        self.file(Role::Ids)?.lines().find(|(_, line)| words::between(line, '(', ')').next() == Some(user))
    }

    fn shown_groups(&self, user: &str) -> Option<Groups> {
        let (number, line) = self.shown_id(user)?;
        let (_, groups) = line.split_once("gid=")?;
        let quote = self.file(Role::Ids)?.quote(number, line);
        let names = words::between(groups.split(" context=").next()?, '(', ')');
        Some(Groups { names: names.map(|name| (name.to_owned(), Some(quote.clone()))).collect(), complete: true })
    }
}

/// `user:password:changed:min:max:warn:inactive:expires:`, days since 1970.
fn shadow_facts(fields: &[&str], today: Option<i64>) -> Vec<FactName> {
    let mut facts = Vec::new();
    let password = fields.get(1).copied().unwrap_or_default();
    if password.starts_with('!') {
        facts.push(FactName::AccountLocked);
    } else if password == "(hash)" {
        facts.push(FactName::PasswordSet);
    }
    let number = |at: usize| fields.get(at).and_then(|f| f.trim().parse::<i64>().ok());
    let Some(today) = today else { return facts };
    if number(7).is_some_and(|expires| expires >= 0 && expires <= today) {
        facts.push(FactName::AccountExpired);
    }
    let changed = number(2);
    let aged =
        changed.zip(number(4)).is_some_and(|(changed, most)| (0..99_999).contains(&most) && today - changed > most);
    if changed == Some(0) || aged {
        facts.push(FactName::PasswordExpired);
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shadow_tells_what_keeps_somebody_out() {
        let facts = |line: &str, day| shadow_facts(&line.split(':').collect::<Vec<_>>(), day);
        assert_eq!(facts("a:(hash):20000:0:99999:7:::", Some(20100)), [FactName::PasswordSet]);
        assert_eq!(facts("a:!(hash):20000:0:99999:7:::", Some(20100)), [FactName::AccountLocked]);
        assert_eq!(
            facts("a:(hash):20000:0:99999:7::20050:", Some(20050)),
            [FactName::PasswordSet, FactName::AccountExpired]
        );
        assert_eq!(facts("a:(hash):20000:0:99999:7::20050:", Some(20049)), [FactName::PasswordSet]);
        assert_eq!(facts("a:(hash):20000:0:90:7:::", Some(20091)), [FactName::PasswordSet, FactName::PasswordExpired]);
        assert_eq!(facts("a:(hash):0:0:99999:7:::", None), [FactName::PasswordSet]);
        assert_eq!(facts("a:*:0:0:99999:7:::", Some(1)), [FactName::PasswordExpired]);
        assert_eq!(facts("a", Some(1)), []);
    }
}
