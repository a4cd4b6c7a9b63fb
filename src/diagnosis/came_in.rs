//! Who came in after all, where the lines of the refusal cannot say so.
//!
//! In: the evidence. Out: whether a user or an address came in, as other lines tell. With keyboard-interactive sshd has a process
//! of its own ask PAM (auth-pam.c, `sshpam_init_ctx`): what modules log carries that process's number, which no line of the
//! connection names. A client that is not asked to tell says that a password was wrong, not that the next one was right. And
//! ssh-keyscan is refused in connections of its own. People mistype, are let in in spite of what was said, and type a command
//! again that works then. Knows nothing of causes.

use super::conduct::TRIES_OF_A_PERSON;
use super::judge::{self, Judgement};
use super::sides::{is_same_host, short_name};
use crate::catalog::{Catalog, CauseId, Kind, PatternId, Stage};
use crate::evidence::{Evidence, Fact, Shape, ShapeFacts};
use crate::record::time::Micros;
use rustc_hash::{FxHashMap, FxHashSet};
use std::hash::Hash;

/// A person who mistyped is in by then.
const SOON: Micros = 2 * 60 * 1_000_000;
/// A program that tries the next name is in by then.
const AT_ONCE: Micros = 3 * 1_000_000;
/// Who mistyped, and looked the password up, is in by then.
const LATER: Micros = 30 * 60 * 1_000_000;
/// So many times somebody mistypes.
const FEW: u64 = 3;
/// So many letters of a name are mistyped at most.
const MISTYPED: usize = 2;
/// Letters of names that are compared: a stranger may write as many as he likes.
const MOST_LETTERS: usize = 64;

/// Connections in which somebody came in, all alike.
struct Login<'e> {
    first: Micros,
    last: Micros,
    user: Option<&'e str>,
    shape: &'e Shape,
    /// For which cause something was amiss all the same.
    amiss: Option<CauseId>,
    times: u64,
}

/// Where a client was let in, or a command without options was typed and nothing failed.
struct Contact<'e> {
    /// What stands before the command; empty where a program tries again by itself.
    prompt: &'e [u8],
    /// Whether it shows a session.
    shown: bool,
    line: u64,
}

/// See the module.
pub(super) struct CameIn<'e> {
    /// By host and user, the times in which somebody came in: by their beginning, each with the latest end so far.
    logins: FxHashMap<(&'e str, &'e str), Vec<(Micros, Micros)>>,
    /// By host and address, who came in from there.
    addresses: FxHashMap<(&'e str, &'e str), Vec<Login<'e>>>,
    /// By host and user, when somebody was last in without anything that failed before.
    clean: FxHashMap<(&'e str, &'e str), Micros>,
    /// Users who came in anywhere.
    users: FxHashSet<&'e str>,
    /// Commands, with the prompt before them, behind which somebody was in: by the input, where the last of each is.
    commands: FxHashMap<(u32, &'e [u8]), u64>,
    /// By the input, the last line that begins with a prompt and a command.
    typed: FxHashMap<u32, u64>,
    /// By the input and the server, where nothing failed.
    at_servers: FxHashMap<(u32, String), Vec<Contact<'e>>>,
    /// The servers that say that somebody came in.
    hosts: FxHashSet<String>,
    /// By the input, the servers that somebody was in at, by the names that clients have for them.
    servers: FxHashMap<u32, FxHashSet<&'e str>>,
    /// By the input, the last line by which a client shows that it was in, and by which anybody does.
    latest: FxHashMap<u32, (Option<u64>, u64)>,
}

impl<'e> CameIn<'e> {
    /// Looks through the evidence, of which nothing is amiss but what was `judged`, in order of shapes.
    pub(super) fn of(catalog: &Catalog, evidence: &'e Evidence, judged: &[(&ShapeFacts, Judgement)]) -> Self {
        let mut logins: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut addresses: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut clean: FxHashMap<_, Micros> = FxHashMap::default();
        let comes_in = |facts: &&ShapeFacts| judge::logged_in(catalog, &facts.shape);
        let known = |shape: &'e ShapeFacts| {
            let failed = judge::has_failed(catalog, &shape.shape);
            let amiss = judged.binary_search_by(|(facts, _)| facts.shape.cmp(&shape.shape)).ok();
            let amiss = amiss.map(|at| judged[at].1.cause);
            shape.facts().map(move |fact| (failed, &shape.shape, amiss, fact))
        };
        for (failed, shape, amiss, fact) in evidence.shapes().filter(comes_in).flat_map(known) {
            let Some((first, last)) = fact.first.zip(fact.last) else { continue };
            let host = fact.who.host.as_str();
            if let Some(user) = &fact.who.user {
                logins.entry((host, user.as_str())).or_default().push((first, last));
                if !failed {
                    note_latest(&mut clean, (host, user.as_str()), last);
                }
            }
            if let Some(source) = &fact.who.source {
                let user = fact.who.user.as_deref();
                let login = Login { first, last, user, shape, amiss, times: fact.count };
                addresses.entry((host, source.as_str())).or_default().push(login);
            }
        }
        for times in logins.values_mut() {
            times.sort_unstable();
            let mut latest = Micros::MIN;
            for (_, last) in times {
                latest = latest.max(*last);
                *last = latest;
            }
        }
        let users = logins.keys().map(|(_, user)| *user).collect();
        let hosts = logins.keys().map(|(host, _)| short_name(host)).collect();
        let mut commands = FxHashMap::default();
        let mut servers: FxHashMap<u32, FxHashSet<&str>> = FxHashMap::default();
        let is_in = |facts: &&ShapeFacts| is_in_session(catalog, &facts.shape);
        for facts in evidence.shapes().filter(is_in) {
            let failed = judge::has_failed(catalog, &facts.shape);
            for fact in facts.facts() {
                let (input, line) = fact.until;
                if !fact.who.host.is_empty() {
                    servers.entry(input).or_default().insert(&fact.who.host);
                }
                if let Some(command) = command(catalog, fact).filter(|_| !failed) {
                    note_latest(&mut commands, (input, command), line);
                }
            }
        }
        let mut typed = FxHashMap::default();
        let is_typed = |facts: &&ShapeFacts| facts.shape.seen.iter().any(|(p, _)| catalog.pattern_at(*p).typed);
        for fact in evidence.shapes().filter(is_typed).flat_map(ShapeFacts::facts) {
            if command(catalog, fact).is_some() {
                let (input, line) = fact.until;
                note_latest(&mut typed, input, line);
            }
        }
        let mut at_servers = FxHashMap::<_, Vec<Contact<'_>>>::default();
        // A program that tries again asks nobody.
        for fact in evidence.shapes().filter(comes_in).flat_map(ShapeFacts::facts) {
            let (input, line) = fact.until;
            at_servers.entry((input, short_name(&fact.who.host))).or_default().push(Contact {
                prompt: b"",
                shown: true,
                line,
            });
        }
        let says_nothing = |facts: &&ShapeFacts| is_typed(facts) && !judge::has_failed(catalog, &facts.shape);
        for facts in evidence.shapes().filter(says_nothing) {
            let shown = is_in_session(catalog, &facts.shape);
            for fact in facts.facts() {
                let (input, line) = fact.until;
                let Some((prompt, _)) = command(catalog, fact).and_then(prompt).filter(|(_, plain)| *plain) else {
                    continue;
                };
                at_servers.entry((input, short_name(&fact.who.host))).or_default().push(Contact {
                    prompt,
                    shown,
                    line,
                });
            }
        }
        let mut latest = FxHashMap::<u32, (Option<u64>, u64)>::default();
        for facts in evidence.shapes().filter(|facts| comes_in(facts) || (is_typed(facts) && is_in(facts))) {
            for fact in facts.facts() {
                let (input, line) = fact.place();
                let (by_client, by_anybody) = latest.entry(input).or_default();
                *by_anybody = line.max(*by_anybody);
                if is_typed(&facts) {
                    *by_client = (*by_client).max(Some(fact.until.1));
                }
            }
        }
        Self { logins, addresses, clean, users, commands, typed, at_servers, hosts, servers, latest }
    }

    /// Whether the lines may be of a process apart, and its user came in soon.
    pub(super) fn another_process_says(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let speaks_apart = |(p, _): &(PatternId, u8)| catalog.speaks_apart(catalog.pattern_at(*p));
        let logins = fact.who.user.as_deref().and_then(|user| self.logins.get(&(fact.who.host.as_str(), user)));
        let soon = |(refused, all): (Micros, &Vec<(Micros, Micros)>)| {
            let begun = all.partition_point(|(first, _)| *first <= refused + SOON);
            begun.checked_sub(1).is_some_and(|at| all[at].1 >= refused)
        };
        fact.last.zip(logins).is_some_and(soon) && shape.seen.iter().all(speaks_apart)
    }

    /// Whether somebody came in from the address after what names nobody: ssh-keyscan asks for every kind of key, and an old
    /// client is replaced.
    pub(super) fn by_address(&self, fact: &Fact) -> bool {
        let refused = fact.last.filter(|_| fact.who.user.is_none());
        refused.is_some_and(|refused| self.logins_from(fact).any(|login| login.last >= refused))
    }

    /// Whether somebody came in soon from the address by nearly the same name: it was mistyped.
    pub(super) fn by_nearly_the_same_name(&self, fact: &Fact) -> bool {
        let Some((refused, name)) = fact.last.zip(fact.who.user.as_deref()) else { return false };
        let soon = |first: Micros, last: Micros| first <= refused + SOON && refused <= last;
        let alike = |other: &str| other != name && is_mistyped(other, name);
        self.logins_from(fact).any(|login| soon(login.first, login.last) && login.user.is_some_and(alike))
    }

    /// Whether somebody came in from the address by the right name: at once, as a program does that tries one after the other, or
    /// soon, where the log does not say which name was wrong.
    pub(super) fn by_the_right_name(&self, fact: &Fact) -> bool {
        let time = if fact.who.user.is_none() { SOON } else { AT_ONCE };
        // Of many logins alike the first is known, and when it began.
        let next = |refused: Micros| self.logins_from(fact).any(|l| (refused..=refused + time).contains(&l.first));
        fact.count <= FEW && fact.last.is_some_and(next)
    }

    /// Whether somebody came in from the address after no more than a look at another name. Root is whom an administrator means.
    pub(super) fn by_another_name(&self, fact: &Fact) -> bool {
        let other = fact.who.user.as_deref() != Some("root");
        let looked = fact.last.filter(|_| other && fact.count <= TRIES_OF_A_PERSON);
        looked.is_some_and(|looked| self.logins_from(fact).any(|login| login.last >= looked))
    }

    /// Whether the user failed a few times, or not much more often than not, and came in from the same address not long after, or
    /// once and came in later from anywhere: a key was hit that was not meant. Root's password may have been guessed, and so may any that
    /// took many tries.
    pub(super) fn but_mistyped(&self, shape: &Shape, deciding: &[PatternId], fact: &Fact) -> bool {
        let Some(user) = fact.who.user.as_deref().filter(|user| *user != "root") else { return false };
        let Some(ended) = fact.last else { return false };
        let decided = shape.seen.iter().filter(|(pattern, _)| deciding.contains(pattern));
        let tries = decided.map(|(_, times)| u64::from(*times)).max().unwrap_or(1);
        let of_user = || self.logins_from(fact).filter(|login| login.user == Some(user));
        let soon = |login: &Login<'_>| login.last >= ended && login.first <= ended + LATER;
        // Who comes in again and again mistypes now and then.
        let few = || FEW.max(2 * of_user().map(|login| login.times).sum::<u64>());
        let anywhere = || self.logins.get(&(fact.who.host.as_str(), user));
        let later = || anywhere().and_then(|all| all.last()).is_some_and(|(_, latest)| *latest >= ended);
        (tries <= FEW && fact.count <= few() && of_user().any(soon)) || (fact.count == 1 && tries == 1 && later())
    }

    /// Whether the user came in from the same address afterwards with the very same said before: what somebody is let in in spite
    /// of kept nobody out.
    pub(super) fn in_spite_of(&self, judgement: &Judgement, fact: &Fact) -> bool {
        let deciding = &judgement.deciding;
        let Some(ended) = fact.last.filter(|_| fact.count <= FEW) else { return false };
        let user = fact.who.user.as_deref().filter(|user| *user != "root");
        let said = |shape: &Shape| deciding.iter().all(|p| shape.seen.iter().any(|(seen, _)| seen == p));
        let later = |login: &Login<'_>| {
            login.user == user && login.last >= ended && login.amiss != Some(judgement.cause) && said(login.shape)
        };
        user.is_some() && !deciding.is_empty() && self.logins_from(fact).any(later)
    }

    /// Whether the user came in afterwards, and nothing failed then.
    pub(super) fn afterwards(&self, fact: &Fact) -> bool {
        let user = fact.who.user.as_deref();
        let clean = user.and_then(|user| self.clean.get(&(fact.who.host.as_str(), user)));
        fact.last.zip(clean).is_some_and(|(refused, clean)| *clean > refused)
    }

    /// Whether somebody shows that a command of theirs let them in.
    pub(super) fn is_shown(&self) -> bool {
        !self.commands.is_empty()
    }

    /// Whether the same command, typed once more at the same prompt, let the client in.
    pub(super) fn when_tried_again(&self, catalog: &Catalog, fact: &Fact) -> bool {
        let (input, line) = fact.place();
        // Of several that failed alike only the first is known.
        let command = command(catalog, fact).filter(|_| fact.count == 1);
        command.and_then(|command| self.commands.get(&(input, command))).is_some_and(|last| *last > line)
    }

    /// Whether a plain command led the client in at the server later in the same text, at the same prompt, or nothing more was
    /// said and the server let somebody in.
    pub(super) fn later_at_the_server(&self, catalog: &Catalog, fact: &Fact) -> bool {
        let (input, line) = fact.until;
        let own = command(catalog, fact).and_then(prompt).map(|(prompt, _)| prompt);
        let known = Some(&fact.who.host).filter(|host| fact.place().0 == input && !host.is_empty());
        known.is_some_and(|host| {
            let server = (input, short_name(host));
            let in_then = |contact: &Contact<'_>| {
                let same = own.is_none_or(|own| own == contact.prompt || contact.prompt.is_empty());
                contact.line > line && same && (contact.shown || self.hosts.contains(&server.1))
            };
            self.at_servers.get(&server).is_some_and(|later| later.iter().any(in_then))
        })
    }

    /// Whether what decides only shows the state of a server, and somebody was in later in the same text. Where the service is
    /// said not to run, what it logged when it did may follow: then a client has to show it.
    pub(super) fn after_a_look(&self, catalog: &Catalog, shape: &Shape, decided: &Judgement, fact: &Fact) -> bool {
        let shows_state = |p: PatternId| shows(catalog, p, &["service-status", "listening-sockets"]);
        let (input, line) = fact.place();
        let itself = || !shows_state(shape.last) && is_in_session(catalog, shape);
        let later = |(by_client, by_anybody): &(Option<u64>, u64)| match catalog.cause_at(decided.cause).at_start {
            true => by_client.is_some_and(|last| last > line),
            false => *by_anybody > line,
        };
        decided.deciding.iter().all(|p| shows_state(*p)) && (itself() || self.latest.get(&input).is_some_and(later))
    }

    /// Whether a client, of which nothing says that the login failed, shows elsewhere that the server lets it in, or the server
    /// says so of its user.
    pub(super) fn anyway(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let by_user = || fact.who.user.as_deref().is_some_and(|user| self.users.contains(user));
        let at_server = || {
            let servers = self.servers.get(&fact.place().0);
            // A text may be of one server, and say so only once.
            let only = |servers: &FxHashSet<&str>| {
                let first = servers.iter().next();
                first.is_some_and(|first| servers.iter().all(|other| other == first || is_same_host(first, other)))
            };
            let named = |servers: &FxHashSet<&str>| servers.iter().any(|name| is_same_host(name, &fact.who.host));
            servers.is_some_and(|servers| if fact.who.host.is_empty() { only(servers) } else { named(servers) })
        };
        goes_on(catalog, shape) && (by_user() || at_server())
    }

    /// Whether a client said no more than what it goes on after, and another command was typed behind it: it says so where it fails.
    pub(super) fn without_a_word(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let (input, line) = fact.place();
        let is_over = || self.typed.get(&input).is_some_and(|last| line < *last);
        // Who was asked for a password may have left there.
        let last = catalog.pattern_at(shape.last);
        let asked = last.kind == Kind::Context && last.stage != Some(Stage::Session);
        !asked && fact.count == 1 && command(catalog, fact).is_some() && is_over() && goes_on(catalog, shape)
    }

    /// Who came in from the address of a fact.
    fn logins_from<'s>(&'s self, fact: &'s Fact) -> impl Iterator<Item = &'s Login<'s>> {
        let source = fact.who.source.as_deref();
        let logins = source.and_then(|source| self.addresses.get(&(fact.who.host.as_str(), source)));
        logins.into_iter().flatten()
    }

    /// Whether a client's lines do not say that the login failed, and others say that the user came in.
    pub(super) fn unseen(&self, catalog: &Catalog, shape: &Shape, fact: &Fact) -> bool {
        let known = fact.who.user.as_deref().is_some_and(|user| self.users.contains(user));
        known && !judge::has_failed(catalog, shape)
    }
}

/// Keeps the greatest value of each key.
fn note_latest<K: Eq + Hash, V: Copy + Ord>(latest: &mut FxHashMap<K, V>, key: K, value: V) {
    let known = latest.entry(key).or_insert(value);
    *known = value.max(*known);
}

/// Whether an attempt shows that somebody was in, and nothing that failed but what a client goes on after.
fn is_in_session(catalog: &Catalog, shape: &Shape) -> bool {
    let in_session = |(p, _): &(PatternId, u8)| {
        let pattern = catalog.pattern_at(*p);
        pattern.kind == Kind::Success || pattern.stage == Some(Stage::Session)
    };
    goes_on(catalog, shape) && shape.seen.iter().any(in_session)
}

/// Whether a client went on after all that failed, as far as the lines say. What a status shows
/// stops nobody who is in; that the port is not open to others does not stop who sits at the server.
fn goes_on(catalog: &Catalog, shape: &Shape) -> bool {
    let failures = shape.seen.iter().map(|(p, _)| *p).filter(|p| catalog.pattern_at(*p).kind == Kind::Failure);
    let mut caused = failures.filter_map(|p| Some((p, catalog.cause_at(catalog.pattern_at(p).cause?))));
    caused.all(|(p, cause)| {
        cause.goes_on
            || (shows(catalog, p, &["service-status"]) && cause.stage.is_none_or(|stage| stage >= Stage::Auth))
    })
}

/// Whether a line is no event: it shows a state, as of when somebody looked, by one of these kinds of evidence.
fn shows(catalog: &Catalog, p: PatternId, kinds: &[&str]) -> bool {
    catalog.first_emitter(p).is_some_and(|emitter| kinds.contains(&emitter.data.evidence.as_str()))
}

/// The command that an attempt began with, and a prompt that says at which machine.
fn command<'f>(catalog: &Catalog, fact: &'f Fact) -> Option<&'f [u8]> {
    let typed = fact.lines.iter().find(|line| catalog.pattern_at(line.pattern).typed)?;
    let text = typed.text.trim_ascii();
    prompt(text).is_some_and(|(prompt, _)| prompt.contains(&b'@')).then_some(text)
}

/// Options of a command that say no more than where to, as whom, with which key, and how much of it is told.
const PLAIN_OPTIONS: &[u8] = b"pJli46v";
/// Those of them that a value stands behind.
const VALUED_OPTIONS: &[u8] = b"pJli";

/// The prompt before a command, and whether that has no other options and is all that was typed.
fn prompt(command: &[u8]) -> Option<(&[u8], bool)> {
    let at = memchr::memmem::find(command, b"ssh ")?;
    let ends = |pair: &[u8]| matches!(pair[0], b'$' | b'#' | b'%' | b'>') && pair[1] == b' ';
    let end = command[..at].windows(2).rposition(ends)? + 2;
    let mut words = command[at + 4..].split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut plain = true;
    // What stands behind the server is another program's.
    while let Some([b'-', letter, value @ ..]) = words.next() {
        plain &= PLAIN_OPTIONS.contains(letter);
        if VALUED_OPTIONS.contains(letter) && value.is_empty() {
            words.next();
        }
    }
    Some((&command[..end], end == at && plain))
}

/// Whether one name may be the other with some letters wrong.
pub(super) fn is_mistyped(name: &str, other: &str) -> bool {
    let beginning = |name: &str| name.chars().take(MOST_LETTERS).collect::<String>();
    strsim::damerau_levenshtein(&beginning(name), &beginning(other)) <= MISTYPED
}
