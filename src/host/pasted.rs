//! What somebody pasted of a server's state, among other lines: of sshd_config or `sshd -T`, of `ss`, `netstat`, `ls -l` and `id`,
//! of hosts.allow and hosts.deny, and of lists of bans.
//!
//! In: a text. Out: [`Pasted`]: its lines that are such, with their numbers, and what the prompt before them calls the host.
//! Options count only behind a line that names sshd_config or `sshd -T`: elsewhere they are somebody's words, or a client's
//! options. Knows nothing of what the lines mean.

use super::{aging, bans, listing, sockets, usual_home, words};
use std::borrow::Cow;
use std::net::IpAddr;

/// Larger texts are no pastes.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// What may be the value of an option.
enum Value {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Names and patterns.
    Names,
    Number,
}

const SWITCH: Value = Value::Word(&["yes", "no"]);

const OPTIONS: [(&str, Value); 11] = [
    ("Port", Value::Number),
    ("PermitRootLogin", Value::Word(&["yes", "no", "prohibit-password", "without-password", "forced-commands-only"])),
    ("AllowUsers", Value::Names),
    ("DenyUsers", Value::Names),
    ("AllowGroups", Value::Names),
    ("DenyGroups", Value::Names),
    ("UsePAM", SWITCH),
    ("PasswordAuthentication", SWITCH),
    ("PubkeyAuthentication", SWITCH),
    ("KbdInteractiveAuthentication", SWITCH),
    ("ChallengeResponseAuthentication", SWITCH),
];

/// Words of a sentence, which no list of names holds.
const SENTENCE: [&str; 16] =
    ["is", "are", "was", "not", "has", "have", "can", "to", "in", "on", "the", "a", "and", "or", "with", "for"];

/// See the module.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pasted<'t> {
    /// The lines that are options, as sshd would read them, with their numbers from 1.
    pub(super) options: Vec<(u32, &'t str)>,
    /// The lines of lists of sockets, with their numbers.
    pub(super) sockets: Vec<(u32, &'t str)>,
    /// The lines of lists of files; before them what they are of, where the command says it: `/home/alice/.ssh:`.
    pub(super) listing: Vec<(u32, Cow<'t, str>)>,
    /// The lines of `id`.
    pub(super) ids: Vec<(u32, &'t str)>,
    /// Lines that ask `chage` for somebody's dates, and those with the dates.
    pub(super) aging: Vec<(u32, &'t str)>,
    /// The lines that ban an address which is named elsewhere in the text, but by no log.
    pub(super) bans: Vec<(u32, &'t str)>,
    /// The lines of hosts.allow and hosts.deny that are for sshd.
    pub(super) allow: Vec<(u32, &'t str)>,
    pub(super) deny: Vec<(u32, &'t str)>,
    /// `web01` of `[root@web01 ~]# sshd -T`.
    pub(super) host: Option<&'t str>,
}

/// How the output of `id` begins and goes on, and how the names of the files of TCP Wrappers do.
const ID: &str = "uid=";
const GID: &str = " gid=";
const WRAPPERS: &str = "hosts.";

/// The names of the chains that fail2ban makes.
const BANNED: &str = "f2b-";

/// The commands that list files.
const LIST: &str = "ls -";
/// The usual short name of `ls -l`, behind a prompt.
const SHORT_LISTS: [&str; 3] = ["$ ll", "# ll", "% ll"];
const WALK: &str = "namei -";

/// Commands that list sockets.
const LISTS: [&str; 2] = ["ss -", "netstat -"];

/// What one of the lines before options must have.
const SERVER: [&str; 2] = ["sshd_config", "sshd -T"];

/// Whether a text names a command or a state that what is looked for comes with: most do not, and are not read.
pub(super) fn may_show(text: &[u8]) -> bool {
    SERVER
        .iter()
        .chain(&[sockets::LISTENING, aging::COMMAND, LIST, WALK, GID, WRAPPERS, bans::LIST, BANNED])
        .chain(&SHORT_LISTS)
        .any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
}

/// What a text shows.
pub(super) fn read(text: &str) -> Pasted<'_> {
    let mut pasted = Pasted::default();
    pasted.read_options(text);
    pasted.read_lists(text);
    pasted.read_wrappers(text);
    pasted.read_bans(text);
    pasted
}

impl<'t> Pasted<'t> {
    fn read_options(&mut self, text: &'t str) {
        let mut unsure: Vec<&str> = Vec::new();
        let mut of_server = false;
        for (number, whole) in (1u32..).zip(text.lines()) {
            let line = plain(whole);
            let first = line.split_ascii_whitespace().next().unwrap_or_default();
            if SERVER.iter().any(|name| whole.contains(name)) {
                of_server = true;
                self.host = self.host.or(prompting_host(whole));
            } else if whole.contains("ssh_config")
                || whole.contains(".ssh/config")
                || first.eq_ignore_ascii_case("host")
            {
                of_server = false;
            }
            if !of_server {
                continue;
            }
            if first.eq_ignore_ascii_case("match") {
                self.options.push((number, line));
            } else if let Some((name, value)) = option(line) {
                match value {
                    true => self.options.push((number, line)),
                    // Of lines that add up one cannot be read: then the others say nothing either.
                    false => unsure.push(name),
                }
            }
        }
        let is_of = |line: &str, names: &[&str]| option(line).is_some_and(|(name, _)| names.contains(&name));
        self.options.retain(|(_, line)| !is_of(line, &unsure));
    }

    fn read_lists(&mut self, text: &'t str) {
        // Where the last list of files begins, and whether it holds a client's files, and a server's.
        let (mut begin, mut of_client, mut of_server) = (0, false, false);
        let mut opened = Vec::new();
        for (number, whole) in (1u32..).zip(text.lines()) {
            let line = plain(whole);
            if sockets::is_of_list(line) {
                self.sockets.push((number, line));
            } else if sockets::opened(line).is_some() {
                opened.push((number, line));
            } else if aging::asked_for(whole).is_some() {
                self.aging.push((number, whole));
            } else if aging::matters(line) {
                self.aging.push((number, line));
            } else if line.starts_with(ID) {
                self.ids.push((number, line));
            } else if let Some(folder) = listed_folder(whole) {
                self.leave_out(begin, of_client && !of_server);
                (begin, of_client, of_server) = (self.listing.len(), false, false);
                self.listing.push((number, folder.into()));
            } else if listing::is_walk(line) || (begin < self.listing.len() && listing::is_heading(line)) {
                self.listing.push((number, line.into()));
            } else if let Some(name) = listing::name(line) {
                of_server |= name.ends_with("authorized_keys");
                of_client |= name.starts_with("id_") || name.starts_with("known_hosts") || name.ends_with(".pem");
                if listing::matters(line) {
                    self.listing.push((number, line.into()));
                }
            } else if LISTS.iter().any(|command| whole.contains(command)) {
                self.host = self.host.or(prompting_host(whole));
            }
        }
        self.leave_out(begin, of_client && !of_server);
        if !self.sockets.is_empty() {
            self.sockets.extend(opened);
        }
    }

    /// Lines behind one that names the file, or after its name.
    fn read_wrappers(&mut self, text: &'t str) {
        let mut file = None;
        for (number, whole) in (1u32..).zip(text.lines()) {
            let named = ["hosts.allow", "hosts.deny"].into_iter().find(|name| whole.contains(name));
            file = named.or(file);
            let line =
                named.and_then(|name| whole.split_once(name)?.1.strip_prefix(':')).unwrap_or(plain(whole)).trim();
            let daemons = line.split_once(':').map(|(daemons, _)| daemons.trim().to_ascii_lowercase());
            if daemons.is_some_and(|daemons| daemons == "sshd" || daemons == "all") {
                match file {
                    Some("hosts.allow") => self.allow.push((number, line)),
                    Some(_) => self.deny.push((number, line)),
                    None => {}
                }
            }
        }
    }

    fn read_bans(&mut self, text: &'t str) {
        let lines = || (1u32..).zip(text.lines());
        let denied = |number: u32| self.deny.binary_search_by_key(&number, |(deny, _)| *deny).is_ok();
        let bans = lines().map(|(number, line)| match denied(number) {
            true => (number, plain(line), bans::addresses(line).collect()),
            false => (number, plain(line), bans::banned(line)),
        });
        let bans: Vec<(u32, &str, Vec<IpAddr>)> = bans.filter(|(.., banned)| !banned.is_empty()).collect();
        if bans.is_empty() {
            return;
        }
        // A log names whoever guesses.
        let of_log = |line: &str| ["sshd[", "sshd-session[", "fail2ban."].iter().any(|tag| line.contains(tag));
        let others = lines()
            .filter(|(number, line)| !of_log(line) && bans.binary_search_by_key(number, |(ban, ..)| *ban).is_err());
        let named: Vec<IpAddr> = others.flat_map(|(_, line)| bans::addresses(line)).collect();
        let own = bans.iter().filter(|(.., banned)| banned.iter().any(|address| named.contains(address)));
        self.bans = own.map(|(number, line, _)| (*number, *line)).collect();
    }

    fn leave_out(&mut self, begin: usize, is_of_client: bool) {
        if is_of_client {
            self.listing.truncate(begin);
        }
    }
}

/// A line without marks of quoting, the file and number that grep puts before it, and a comment behind it.
fn plain(line: &str) -> &str {
    let mut line = line.trim_start_matches(['>', '|', '`', ' ', '\t']);
    for _ in 0..2 {
        let found = line.split_once(':').filter(|(before, _)| {
            before.ends_with("sshd_config") || before.ends_with(".conf") || before.bytes().all(|b| b.is_ascii_digit())
        });
        line = found.map_or(line, |(_, after)| after);
    }
    line.split_once(" #").map_or(line, |(line, _)| line).trim_end_matches(['`', ' ', '\t', '\r'])
}

/// The option that a line begins with, and whether its value can be read.
fn option(line: &str) -> Option<(&'static str, bool)> {
    let (keyword, rest) = words::keyword(line)?;
    let written = |name: &str| keyword == name || keyword == name.to_ascii_lowercase();
    let (name, value) = OPTIONS.iter().find(|(name, _)| written(name))?;
    let words = || rest.split_ascii_whitespace();
    let readable = match value {
        Value::Word(known) => words().count() == 1 && words().all(|word| known.contains(&word)),
        Value::Number => words().count() == 1 && rest.trim().parse::<u16>().is_ok(),
        Value::Names => {
            let sign = |b: u8| b.is_ascii_alphanumeric() || b"_.@*?!-/:+\\".contains(&b);
            let name = |word: &str| word.bytes().all(sign) && !word.ends_with("..") && !SENTENCE.contains(&word);
            (1..=40).contains(&words().count()) && words().all(name)
        }
    };
    Some((name, readable))
}

/// What a line asks to list, as `ls` writes it above: `/home/alice/.ssh:` of `[alice@web01 ~]$ ls -la ~/.ssh`. No more than a
/// slash and a colon, which is no folder of anybody's, where that cannot be told.
fn listed_folder(line: &str) -> Option<String> {
    let short = || SHORT_LISTS.iter().find_map(|list| line.find(list)).map(|at| at + 2);
    let at = line.find(LIST).or_else(short)?;
    let (before, command) = line.split_at(at);
    if !before.ends_with([' ', '#', '$', '>']) && at > 0 {
        return None;
    }
    let (alone, others) = command.split_at(command.find([';', '|', '&']).unwrap_or(command.len()));
    let lists_more = others.contains(" ls ") || others.contains(" ll ");
    let mut words = alone.split_ascii_whitespace().filter(|word| !word.contains('>'));
    let is_list =
        |name: &str| name == "ll" || (name == "ls" && command[3..].split(' ').next().unwrap_or_default().contains('l'));
    words.next().filter(|name| is_list(name))?;
    let (options, paths): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('-'));
    let itself = options.iter().any(|options| !options.starts_with("--") && options.contains('d'));
    let home = || prompting(before).map(|(user, _)| usual_home(user));
    let absolute = |path: &str| match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => home().map(|home| home + rest),
        _ => Some(path.to_owned()).filter(|path| path.starts_with('/')),
    };
    let here = || absolute(&prompted_folder(before)?);
    let folder = match paths[..] {
        [] | ["." | "./"] => here(),
        // What is listed by its name stands there as it was asked for.
        _ if itself => here(),
        [path] if path.starts_with(['/', '~']) => absolute(path),
        [path] if path.ends_with("authorized_keys") => here(),
        [path] => here().map(|here| format!("{here}/{path}")),
        // Each has a heading of its own.
        _ => None,
    };
    let folder = folder.filter(|_| !lists_more).unwrap_or_default();
    Some(format!("/{}:", folder.trim_matches('/')))
}

/// The folder that a prompt names: `~/.ssh` of `alice@web01:~/.ssh$ ` and of `[alice@web01 .ssh]$ `, which names the last part only.
fn prompted_folder(prompt: &str) -> Option<String> {
    let prompt = prompt.trim_end().strip_suffix(['#', '$', '%', '>'])?;
    let (_, host) = prompt.rsplit_once('@')?;
    match (host.split_once(':'), host.strip_suffix(']').and_then(|host| host.split_once(' '))) {
        (Some((_, folder)), _) => Some(folder.trim().to_owned()),
        (None, Some((_, "~"))) => Some("~".to_owned()),
        (None, Some((_, ".ssh"))) => Some("~/.ssh".to_owned()),
        _ => None,
    }
}

/// `web01` of `[root@web01 ~]# `, `root@web01:~# ` and the like.
fn prompting_host(line: &str) -> Option<&str> {
    prompting(line).map(|(_, host)| host)
}

/// User and host of such a prompt.
fn prompting(line: &str) -> Option<(&str, &str)> {
    let prompt = &line[..line.find(['#', '$'])?];
    let (before, after) = prompt.rsplit_once('@')?;
    let user = before.rsplit([' ', '[', '(', ')']).next().unwrap_or_default();
    let host = after.split([':', ' ', ']', '~']).next().unwrap_or_default();
    Some((user, host)).filter(|(_, host)| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, &str)> {
        read(text).options
    }

    #[test]
    fn options_are_told_from_prose_and_from_a_clients() {
        let paste = "[root@web01 ~]# grep -n Root /etc/ssh/sshd_config\n12:PermitRootLogin no\n\
                     > PasswordAuthentication yes # for now\nPort is 22\nAllowUsers alice bob@192.0.2.*\n#DenyUsers carol\n";
        let expected =
            [(2, "PermitRootLogin no"), (3, "PasswordAuthentication yes"), (5, "AllowUsers alice bob@192.0.2.*")];
        assert_eq!(read(paste), Pasted { options: expected.to_vec(), host: Some("web01"), ..Pasted::default() });
        assert_eq!(found("$ sudo sshd -T\nusepam yes\npermitrootlogin without-password\n").len(), 2);
        assert_eq!(found("/etc/ssh/sshd_config:12:AllowUsers bob\n"), [(1, "AllowUsers bob")]);
        let client = "sshd_config:\nUsePAM yes\n~/.ssh/config:\nHost web01\n  PasswordAuthentication no\n";
        assert_eq!(found(client), [(2, "UsePAM yes")]);
        for words in ["AllowUsers alice\n", "User alice from 192.0.2.1 not allowed because not listed in AllowUsers\n"]
        {
            assert_eq!(found(words), []);
        }
    }

    #[test]
    fn a_list_of_files_is_of_the_folder_that_the_command_names() {
        for (line, expected) in [
            ("[root@web01 ~]# ls -la /home/alice/.ssh/", Some("/home/alice/.ssh:")),
            ("alice@web01:~$ ls -la ~/.ssh | head", Some("/home/alice/.ssh:")),
            ("root@web01:~# ls -la /home/alice/.ssh; sshd -T 2>&1 | grep -i keys", Some("/home/alice/.ssh:")),
            ("root@web01:~# ls -la /home/bob/.ssh; ls -la /home/alice/.ssh", Some("/:")),
            ("root@web01:~# ls -l ~ 2>/dev/null", Some("/root:")),
            ("$ sudo ls -al /home/alice", Some("/home/alice:")),
            ("$ ls -ld /home/alice", Some("/:")),
            ("alice@web01:~/.ssh$ ll", Some("/home/alice/.ssh:")),
            ("[alice@web01 .ssh]$ ls -la", Some("/home/alice/.ssh:")),
            ("[alice@web01 ~]$ ls -la .ssh", Some("/home/alice/.ssh:")),
            ("alice@web01:~$ ls -ld .ssh", Some("/home/alice:")),
            ("alice@web01:~$ ls -l .ssh/authorized_keys", Some("/home/alice:")),
            ("alice@web01:~/work$ ls -la", Some("/home/alice/work:")),
            ("alice@web01:~$ ls -la work", Some("/home/alice/work:")),
            ("alice@web01:~$ ls -la .ssh work", Some("/:")),
            ("[alice@web01 work]$ ls -la", Some("/:")),
            ("and then all is well", None),
            ("$ ls -la .ssh", Some("/:")),
            ("$ ls -la ~/.ssh", Some("/:")),
            ("$ ls -a /home/alice", None),
            ("tools -l /home/alice", None),
        ] {
            assert_eq!(listed_folder(line).as_deref(), expected, "{line}");
        }
        let paste = "# ls -la /home/alice/.ssh\ntotal 4\ndrwx------ 2 alice alice 29 Apr 17 09:00 .\n";
        let listed = [(1, "/home/alice/.ssh:".into()), (3, "drwx------ 2 alice alice 29 Apr 17 09:00 .".into())];
        assert_eq!(read(paste).listing, listed);
        let clients = paste.to_owned() + "-rw------- 1 alice alice 1679 Apr 17 09:00 id_rsa\n";
        assert_eq!(read(&clients).listing, []);
        let servers = clients.clone() + "-rw------- 1 alice alice 410 Apr 17 09:00 authorized_keys\n";
        assert_eq!(read(&servers).listing.len(), 3);
    }

    #[test]
    fn what_cannot_be_read_makes_its_option_unsure() {
        for line in ["AllowUsers is not set here", "AllowUsers ops ...", "AllowUsers \"alice\""] {
            let paste = format!("# cat /etc/ssh/sshd_config\nAllowUsers bob\n{line}\nUsePAM yes\n");
            assert_eq!(found(&paste), [(4, "UsePAM yes")], "{line}");
        }
        let blocks = "# cat sshd_config\nmatch user bob\n    PermitRootLogin no\n";
        assert_eq!(found(blocks), [(2, "match user bob"), (3, "PermitRootLogin no")]);
    }
}
