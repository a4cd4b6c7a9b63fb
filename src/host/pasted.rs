//! Options of sshd in what somebody pasted: lines of sshd_config, or of `sshd -T`, among others.
//!
//! In: a text. Out: its lines that are such options, with their numbers. What `ssh_config` knows, too, counts only beside what
//! it does not know. Knows nothing of what options mean.

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

/// Options of sshd alone.
const SERVER: [(&str, Value); 6] = [
    ("PermitRootLogin", Value::Word(&["yes", "no", "prohibit-password", "without-password", "forced-commands-only"])),
    ("AllowUsers", Value::Names),
    ("DenyUsers", Value::Names),
    ("AllowGroups", Value::Names),
    ("DenyGroups", Value::Names),
    ("UsePAM", SWITCH),
];

/// Options of clients, too.
const BOTH: [(&str, Value); 4] = [
    ("PasswordAuthentication", SWITCH),
    ("PubkeyAuthentication", SWITCH),
    ("KbdInteractiveAuthentication", SWITCH),
    ("ChallengeResponseAuthentication", SWITCH),
];

/// The lines that are options, as sshd would read them, with their numbers from 1.
pub(super) fn options(text: &str) -> Vec<(u32, &str)> {
    let lines = || (1u32..).zip(text.lines().map(plain));
    if !lines().any(|(_, line)| is_one_of(&SERVER, line)) {
        return Vec::new();
    }
    let is_option = |line: &str| is_one_of(&SERVER, line) || is_one_of(&BOTH, line) || is_match(line);
    lines().filter(|(_, line)| is_option(line)).collect()
}

/// A line without marks of quoting, the file and number that grep puts before it, and a comment behind it.
fn plain(line: &str) -> &str {
    let line = line.trim_start_matches(['>', '|', '`', ' ', '\t']);
    let found = line.split_once(':').filter(|(before, _)| {
        before.ends_with("sshd_config") || before.ends_with(".conf") || before.bytes().all(|b| b.is_ascii_digit())
    });
    let line = found.map_or(line, |(_, after)| after);
    line.split_once(" #").map_or(line, |(line, _)| line).trim_end_matches(['`', ' ', '\t', '\r'])
}

fn is_one_of(options: &[(&str, Value)], line: &str) -> bool {
    let Some((keyword, rest)) = words::keyword(line) else { return false };
    let written = |name: &str| keyword == name || keyword == name.to_ascii_lowercase();
    let Some((_, value)) = options.iter().find(|(name, _)| written(name)) else { return false };
    let words = || rest.split_ascii_whitespace();
    match value {
        Value::Word(known) => words().count() == 1 && words().all(|word| known.contains(&word)),
        Value::Names => {
            let sign = |b: u8| b.is_ascii_alphanumeric() || b"_.@*?!-/:+\\".contains(&b);
            (1..=40).contains(&words().count()) && words().all(|word| word.bytes().all(sign))
        }
    }
}

fn is_match(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let criteria = ["user", "group", "address", "host", "localaddress", "localport", "all"];
    words.next() == Some("Match")
        && words.next().is_some_and(|word| criteria.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_from_prose_and_from_a_clients() {
        let paste = "$ grep -n Root /etc/ssh/sshd_config\n12:PermitRootLogin no\n> PasswordAuthentication yes # for now\n\
                     PermitRootLogin no is what I set\nport 22\nAllowUsers alice bob@192.0.2.*\n#DenyUsers carol\n";
        let expected =
            [(2, "PermitRootLogin no"), (3, "PasswordAuthentication yes"), (6, "AllowUsers alice bob@192.0.2.*")];
        assert_eq!(options(paste), expected);
        assert_eq!(options("Host web01\n  PasswordAuthentication no\n  User alice\n"), []);
        assert_eq!(options("usepam yes\npermitrootlogin without-password\n").len(), 2);
        assert_eq!(options("User alice from 192.0.2.1 not allowed because not listed in AllowUsers\n"), []);
    }
}
