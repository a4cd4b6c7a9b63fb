//! Options of sshd in what somebody pasted: lines of sshd_config, or of `sshd -T`, among others.
//!
//! In: a text. Out: [`Pasted`]: its lines that are such options, with their numbers, and what the prompt before them calls the
//! host. They count only behind a line that names sshd_config or `sshd -T`: elsewhere they are somebody's words, or a client's
//! options. Knows nothing of what options mean.

use super::words;

/// Larger texts are no pastes.
pub(super) const MOST_BYTES: usize = 256 << 10;

/// What may be the value of an option.
enum Value {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Names and patterns.
    Names,
}

const SWITCH: Value = Value::Word(&["yes", "no"]);

const OPTIONS: [(&str, Value); 10] = [
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
    /// `web01` of `[root@web01 ~]# sshd -T`.
    pub(super) host: Option<&'t str>,
}

/// What one of the lines before options must have.
const SERVER: [&str; 2] = ["sshd_config", "sshd -T"];

/// Whether a text names what options must stand behind: most do not, and are not read for them.
pub(super) fn may_have_options(text: &[u8]) -> bool {
    SERVER.iter().any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
}

/// What a text shows of sshd's options.
pub(super) fn options(text: &str) -> Pasted<'_> {
    let mut pasted = Pasted::default();
    let mut unsure: Vec<&str> = Vec::new();
    let mut of_server = false;
    for (number, whole) in (1u32..).zip(text.lines()) {
        let names_server = SERVER.iter().any(|name| whole.contains(name));
        let line = plain(whole);
        let first = line.split_ascii_whitespace().next().unwrap_or_default();
        if names_server {
            of_server = true;
            pasted.host = pasted.host.or(prompting_host(whole));
        } else if whole.contains("ssh_config") || whole.contains(".ssh/config") || first.eq_ignore_ascii_case("host") {
            of_server = false;
        }
        if !of_server {
            continue;
        }
        if first.eq_ignore_ascii_case("match") {
            pasted.options.push((number, line));
        } else if let Some((name, value)) = option(line) {
            match value {
                true => pasted.options.push((number, line)),
                // Of lines that add up one cannot be read: then the others say nothing either.
                false => unsure.push(name),
            }
        }
    }
    let is_of = |line: &str, names: &[&str]| option(line).is_some_and(|(name, _)| names.contains(&name));
    pasted.options.retain(|(_, line)| !is_of(line, &unsure));
    pasted
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
        Value::Names => {
            let sign = |b: u8| b.is_ascii_alphanumeric() || b"_.@*?!-/:+\\".contains(&b);
            let name = |word: &str| word.bytes().all(sign) && !word.ends_with("..") && !SENTENCE.contains(&word);
            (1..=40).contains(&words().count()) && words().all(name)
        }
    };
    Some((name, readable))
}

/// `web01` of `[root@web01 ~]# `, `root@web01:~# ` and the like.
fn prompting_host(line: &str) -> Option<&str> {
    let prompt = &line[..line.find(['#', '$'])?];
    let (_, after) = prompt.rsplit_once('@')?;
    let host = after.split([':', ' ', ']', '~']).next().unwrap_or_default();
    Some(host).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u32, &str)> {
        options(text).options
    }

    #[test]
    fn options_are_told_from_prose_and_from_a_clients() {
        let paste = "[root@web01 ~]# grep -n Root /etc/ssh/sshd_config\n12:PermitRootLogin no\n\
                     > PasswordAuthentication yes # for now\nPort 22\nAllowUsers alice bob@192.0.2.*\n#DenyUsers carol\n";
        let expected =
            [(2, "PermitRootLogin no"), (3, "PasswordAuthentication yes"), (5, "AllowUsers alice bob@192.0.2.*")];
        assert_eq!(options(paste), Pasted { options: expected.to_vec(), host: Some("web01") });
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
    fn what_cannot_be_read_makes_its_option_unsure() {
        for line in ["AllowUsers is not set here", "AllowUsers ops ...", "AllowUsers \"alice\""] {
            let paste = format!("# cat /etc/ssh/sshd_config\nAllowUsers bob\n{line}\nUsePAM yes\n");
            assert_eq!(found(&paste), [(4, "UsePAM yes")], "{line}");
        }
        let blocks = "# cat sshd_config\nmatch user bob\n    PermitRootLogin no\n";
        assert_eq!(found(blocks), [(2, "match user bob"), (3, "PermitRootLogin no")]);
    }
}
