//! Lines among the evidence that state something of a host: what commands print, by patterns of the catalog with `states`.
//!
//! In: the evidence. Out: the facts that they state of a login. Which fact counts for which cause is for `configuration.rs`.

use crate::catalog::{Catalog, PatternId};
use crate::evidence::{Evidence, Fact, Line, ShapeFacts};
use crate::host::{Beside, FactName, HostFact, Quote, network};
use compact_str::CompactString;
use ipnet::IpNet;
use rustc_hash::FxHashSet;
use std::net::IpAddr;

/// Lines that are remembered; a paste holds a handful.
const MOST_STATED: usize = 256;

/// See the module.
#[derive(Debug)]
pub(super) struct Stated<'e> {
    lines: Vec<StatedLine<'e>>,
    /// Whether all evidence of servers is of one: then what no host is named for is its.
    one_server: bool,
}

#[derive(Debug)]
struct StatedLine<'e> {
    input: u32,
    /// Empty where unknown.
    host: &'e str,
    /// Its words, if it is of the users among them.
    of_users: Option<FxHashSet<CompactString>>,
    /// The addresses and networks in it, if it is of those that log in from them.
    of_sources: Option<Vec<IpNet>>,
    fact: HostFact,
}

impl<'e> Stated<'e> {
    /// Looks for them, in the order of the evidence.
    pub(super) fn of(
        catalog: &Catalog,
        beside: &Beside<'_>,
        evidence: &'e Evidence,
        is_client: &dyn Fn(&Fact) -> bool,
    ) -> Self {
        let states = |pattern: PatternId| &catalog.pattern_at(pattern).states;
        let stating = evidence.shapes().filter(|s| s.shape.seen.iter().any(|(p, _)| !states(*p).is_empty()));
        let facts = stating.flat_map(ShapeFacts::facts);
        let lines = facts.flat_map(|fact| fact.lines.iter().map(move |line| (fact, line)));
        let named = lines.flat_map(|(fact, line)| states(line.pattern).iter().map(move |name| (fact, line, name)));
        let stated = named.filter_map(|(fact, line, name)| {
            // A client calls servers what it likes.
            let host = if is_client(fact) { "" } else { fact.who.host.as_str() };
            StatedLine::of(catalog, beside, host, line, name)
        });
        let mut lines: Vec<StatedLine<'_>> = stated.collect();
        let place = |stated: &StatedLine<'_>| (stated.input, stated.fact.quotes.first().map(|quote| quote.line));
        lines.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.fact.name.cmp(&b.fact.name)));
        lines.truncate(MOST_STATED);
        let servers = evidence.shapes().flat_map(ShapeFacts::facts).filter(|fact| !is_client(fact));
        let mut names = servers.map(|fact| fact.who.host.as_str()).filter(|host| !host.is_empty());
        let first = names.next();
        Self { lines, one_server: names.all(|host| Some(host) == first) }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether all evidence of servers is of one.
    pub(super) fn is_one_server(&self) -> bool {
        self.one_server
    }

    /// What they state of a login.
    pub(super) fn of_login(&self, login: &Fact) -> impl Iterator<Item = HostFact> {
        let concerns = move |stated: &&StatedLine<'_>| {
            let of_host = match stated.host {
                "" => self.one_server,
                host => host == login.who.host,
            };
            let of_user = |words: &FxHashSet<_>| login.who.user.as_ref().is_some_and(|user| words.contains(user));
            (stated.input == login.place().0 || of_host)
                && stated.of_users.as_ref().is_none_or(of_user)
                && stated.of_sources.as_ref().is_none_or(|networks| stated.is_of_source(networks, login))
        };
        self.lines.iter().filter(concerns).map(|stated| stated.fact.clone())
    }
}

impl<'e> StatedLine<'e> {
    fn of(catalog: &Catalog, beside: &Beside<'_>, host: &'e str, line: &Line, name: &FactName) -> Option<Self> {
        let text = String::from_utf8_lossy(&line.text).into_owned();
        if is_comment(&text) {
            return None;
        }
        let slots = catalog.pattern_texts(catalog.pattern_at(line.pattern)).slots;
        let of_users = slots.iter().any(|slot| slot == "user").then(|| words(&text));
        let of_sources = slots.iter().any(|slot| slot == "source").then(|| networks(&text));
        // That something is there is no proof that it is the reason; and of a whole host no more than a part may be shown.
        let sure = of_users.is_some() && !matches!(name, FactName::Shown(_));
        let quote = Quote { path: beside.path(line.input).to_owned(), line: line.line + 1, text };
        let fact = HostFact { name: name.clone(), sure, quotes: vec![quote] };
        Some(Self { input: line.input, host, of_users, of_sources, fact })
    }

    /// Whether what is said of some addresses holds for the one of a login. What is done to an address is done from then on, which
    /// the order of a log's lines tells.
    fn is_of_source(&self, networks: &[IpNet], login: &Fact) -> bool {
        let address = |source: &CompactString| source.split('%').next()?.parse::<IpAddr>().ok();
        let Some(source) = login.who.source.as_ref().and_then(address) else { return true };
        let (input, first) = login.place();
        let line = self.fact.quotes.first().map_or(0, |quote| quote.line);
        let is_own = login.lines.iter().any(|own| (own.input, own.line + 1) == (input, line));
        let too_early = self.input == input && first < line && !is_own;
        !too_early && networks.iter().any(|network| network.contains(&source))
    }
}

/// Whether a line of a file is put out of effect: `#account required pam_access.so`, with or without what grep puts before it.
/// (Before the `#` of a prompt stands the prompt.)
fn is_comment(line: &str) -> bool {
    let before = line.find('#').map(|at| line[..at].trim_matches(['>', '|', '`', ' ', '\t']));
    before.is_some_and(|before| before.is_empty() || before.ends_with(':'))
}

/// What may be a user's name in a line.
fn words(line: &str) -> FxHashSet<CompactString> {
    let words = line.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
    // A sentence's end is no part of a name.
    words.map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).map(CompactString::from).collect()
}

/// The addresses of a line, with or without the length of a prefix.
fn networks(line: &str) -> Vec<IpNet> {
    let words = line.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/')));
    words.filter_map(|word| network(word.trim_matches(':'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_a_line_may_be_networks() {
        let found = |line| networks(line).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found("ipv4: new 192.0.2.0/24 active penalty of 40 seconds"), ["192.0.2.0/24"]);
        assert_eq!(found("2001:db8::/32: activating ipv6 penalty"), ["2001:db8::/32"]);
        assert_eq!(found("from [192.0.2.7]:22"), ["192.0.2.7/32"]);
    }

    #[test]
    fn a_comment_is_told_from_a_prompt() {
        for line in ["#Port 22", "  # account required pam_access.so", "/etc/pam.d/sshd:12:#account", "> #x"] {
            assert!(is_comment(line), "{line}");
        }
        for line in ["account required pam_access.so", "root@web01:~# id", "sshd;*;bob;Wk0700-1930 # shift"] {
            assert!(!is_comment(line), "{line}");
        }
    }
}
