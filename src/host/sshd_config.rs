//! sshd_config as sshd reads it: included files in their places, the first value of an option counts, Match blocks come before
//! what stands outside of them.
//!
//! In: files of a host, and of whom and whence a connection is. Out: [`Effective`] options, each with its lines; what depends
//! on something that was not collected is marked so. Knows nothing of accounts but what it is told of groups.

use super::fact::Quote;
use super::files::HostFile;
use super::pattern::{self, Listed, Tri};
use super::words;
use std::collections::{BTreeMap, BTreeSet};

/// Where sshd begins to read, and what relative names in Include are relative to.
pub(super) const MAIN: &str = "/etc/ssh/sshd_config";
const FOLDER: &str = "/etc/ssh/";
/// Files here set algorithms and nothing else; what they are is chosen for the whole system, and bundles leave them out.
const ALGORITHMS_ONLY: &[&str] = &["/etc/crypto-policies/", "/usr/share/crypto-policies/"];
/// Files within files, as in sshd.
const MOST_DEPTH: usize = 16;
/// Lines of a configuration, included ones as often as they are included.
const MOST_LINES: usize = 4096;
/// Files that are included.
const MOST_FILES: usize = 256;

/// A configuration, parsed.
#[derive(Debug, Default)]
pub(super) struct Config {
    items: Vec<Item>,
    /// Whether a pattern of Include found nothing, so that files may not have been collected.
    pub(super) maybe_partial: bool,
    /// Why it says nothing: a file that is named is missing, or it is no configuration that sshd would take.
    broken: bool,
}

#[derive(Debug)]
enum Item {
    Set(Set),
    Match(Vec<Criterion>),
    /// What Include puts here.
    File(Vec<Item>),
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Set {
    /// In small letters, of aliases the one that sshd prints.
    keyword: String,
    pub(super) values: Vec<String>,
    pub(super) quote: Quote,
}

#[derive(Debug)]
struct Criterion {
    kind: String,
    patterns: String,
}

/// Of whom and whence a connection is, as far as that is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Connection<'c> {
    /// The user name tried.
    pub user: Option<&'c str>,
    /// The client's address.
    pub address: Option<&'c str>,
    /// The client's name as the server sees it; with UseDNS off that is its address.
    pub host: Option<&'c str>,
    /// The server's address.
    pub local_address: Option<&'c str>,
    /// The server's port.
    pub local_port: Option<u16>,
}

/// The groups of the user, as far as they are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    pub(super) names: Vec<(String, Option<Quote>)>,
    /// Whether there are no others.
    pub(super) complete: bool,
}

/// What counts for one connection.
#[derive(Debug, Default)]
pub(super) struct Effective {
    /// By keyword; more than one where lines add up.
    sets: BTreeMap<String, Vec<Set>>,
    /// Keywords of blocks of which it cannot be told whether they count.
    unsure: BTreeSet<String>,
}

/// Options whose lines add up.
const LISTS: &[&str] = &[
    "allowusers",
    "denyusers",
    "allowgroups",
    "denygroups",
    "acceptenv",
    "port",
    "listenaddress",
    "hostkey",
    "hostcertificate",
    "setenv",
    "subsystem",
];

/// Whether a line is the one of the file as it is shipped that shows, commented out, what the built-in default of
/// PermitRootLogin is: keys only. Distributions whose sshd admits root's password show another.
pub(super) fn is_root_default(line: &str) -> bool {
    let mut words = line.trim().strip_prefix('#').unwrap_or_default().split_ascii_whitespace();
    words.next() == Some("PermitRootLogin")
        && matches!(words.next(), Some("prohibit-password" | "without-password"))
        && words.next().is_none()
}

impl Config {
    /// The configuration that begins in `main`; `files` are all that may be included.
    pub(super) fn read(main: &HostFile, files: &[&HostFile]) -> Self {
        let mut reader = Reader { files, config: Self::default(), lines: 0, included: 0 };
        let items = reader.file(main, 0);
        reader.config.items = items;
        reader.config
    }

    /// What counts for a connection; None where nothing can be said.
    pub(super) fn effective(&self, connection: &Connection<'_>, groups: &dyn Fn() -> Groups) -> Option<Effective> {
        if self.broken {
            return None;
        }
        let mut general = Effective::default();
        Pass { of: None, into: &mut general }.run(&self.items, &mut Tri::Yes, Tri::Yes, false);
        let mut of_blocks = Effective::default();
        let by_name = general.value("usedns").is_none_or(|v| v.eq_ignore_ascii_case("no"));
        let host = connection.host.or(connection.address.filter(|_| by_name));
        let connection = Connection { host, ..*connection };
        Pass { of: Some((connection, groups)), into: &mut of_blocks }.run(&self.items, &mut Tri::No, Tri::Yes, true);
        // What blocks set takes the place of what stands outside; where one may or may not count, neither can be told.
        general.sets.extend(of_blocks.sets);
        general.unsure.extend(of_blocks.unsure);
        Some(general)
    }
}

impl Effective {
    /// The lines that set an option, where that can be told.
    pub(super) fn lines(&self, keyword: &str) -> &[Set] {
        if self.unsure.contains(keyword) { &[] } else { self.sets.get(keyword).map_or(&[], Vec::as_slice) }
    }

    /// Whether an option's value depends on what is not known.
    pub(super) fn is_unsure(&self, keyword: &str) -> bool {
        self.unsure.contains(keyword)
    }

    /// The first value of an option that is set.
    pub(super) fn value(&self, keyword: &str) -> Option<&str> {
        self.lines(keyword).first()?.values.first().map(String::as_str)
    }

    /// All values of an option.
    pub(super) fn values(&self, keyword: &str) -> impl Iterator<Item = &str> {
        self.lines(keyword).iter().flat_map(|set| &set.values).map(String::as_str)
    }

    /// The options that are set.
    pub(super) fn keywords(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(String::as_str).filter(|k| !self.unsure.contains(*k))
    }
}

struct Reader<'f> {
    files: &'f [&'f HostFile],
    config: Config,
    lines: usize,
    included: usize,
}

impl Reader<'_> {
    fn file(&mut self, file: &HostFile, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        self.config.broken |= file.is_cut();
        for (number, line) in file.lines() {
            self.lines += 1;
            if self.lines > MOST_LINES {
                self.config.broken = true;
                break;
            }
            let Some((keyword, rest)) = words::keyword(line) else { continue };
            let keyword = canonical(&keyword);
            if keyword == "match" {
                items.push(Item::Match(criteria(rest)));
                continue;
            }
            let Some(values) = words::arguments(rest) else {
                self.config.broken = true;
                continue;
            };
            if keyword == "include" {
                values.iter().for_each(|pattern| self.include(pattern, depth, &mut items));
                continue;
            }
            let quote = file.quote(number, line);
            items.push(Item::Set(Set { keyword, values, quote }));
        }
        items
    }

    fn include(&mut self, pattern: &str, depth: usize, items: &mut Vec<Item>) {
        let pattern = if pattern.starts_with('/') { pattern.to_owned() } else { format!("{FOLDER}{pattern}") };
        let files = self.files;
        let found: Vec<&HostFile> = files.iter().filter(|f| is_path(f.host_path(), &pattern)).copied().collect();
        if found.is_empty() && !ALGORITHMS_ONLY.iter().any(|folder| pattern.starts_with(folder)) {
            let wild = pattern.contains(['*', '?', '[']);
            self.config.maybe_partial |= wild;
            self.config.broken |= !wild;
        }
        for file in found {
            self.included += 1;
            if depth >= MOST_DEPTH || self.included > MOST_FILES {
                self.config.broken = true;
                return;
            }
            let inner = self.file(file, depth + 1);
            items.push(Item::File(inner));
        }
    }
}

/// Whether a path matches a pattern part by part; a star reaches no further than a slash, and finds nothing hidden.
fn is_path(path: &str, pattern: &str) -> bool {
    let hidden = |(p, part): (&str, &str)| part.starts_with('.') && !p.starts_with('.');
    path.split('/').count() == pattern.split('/').count()
        && pattern.split('/').zip(path.split('/')).all(|pair| pattern::glob(pair.1, pair.0) && !hidden(pair))
}

/// One reading of the whole: of what stands outside of blocks, or of what blocks set for a connection.
struct Pass<'p, 'c> {
    of: Option<(Connection<'c>, &'p dyn Fn() -> Groups)>,
    into: &'p mut Effective,
}

impl Pass<'_, '_> {
    /// `active` says whether lines count at the moment, `limit` whether blocks may: none does in a file that is included in a
    /// place that does not count. Before the first block of a file no such place is one, when it is read for what blocks set.
    fn run(&mut self, items: &[Item], active: &mut Tri, limit: Tri, mut before_blocks: bool) {
        for item in items {
            match item {
                Item::Set(set) => self.set(set, *active),
                Item::Match(criteria) => {
                    let applies = match &self.of {
                        Some((connection, groups)) => applies(criteria, connection, *groups),
                        None => Tri::from(matches!(criteria.as_slice(), [only] if only.kind == "all")),
                    };
                    *active = applies.and(limit);
                    before_blocks = false;
                }
                Item::File(items) => {
                    let (mut inner, limit) = (*active, if before_blocks { limit } else { *active });
                    self.run(items, &mut inner, limit, before_blocks);
                }
            }
        }
    }

    fn set(&mut self, set: &Set, active: Tri) {
        let known = self.into.sets.contains_key(&set.keyword);
        match active {
            Tri::No => {}
            Tri::Maybe if known && !LISTS.contains(&set.keyword.as_str()) => {}
            Tri::Maybe => drop(self.into.unsure.insert(set.keyword.clone())),
            Tri::Yes if known && !LISTS.contains(&set.keyword.as_str()) => {}
            // What a doubtful block before it set would count.
            Tri::Yes if self.into.unsure.contains(&set.keyword) => {}
            Tri::Yes => self.into.sets.entry(set.keyword.clone()).or_default().push(set.clone()),
        }
    }
}

fn criteria(rest: &str) -> Vec<Criterion> {
    let mut words = words::Delimited::new(rest);
    let mut all = Vec::new();
    while let Some(kind) = words.next().filter(|w| !w.starts_with('#')) {
        let kind = kind.to_ascii_lowercase();
        let alone = matches!(kind.as_str(), "all" | "invalid-user");
        let patterns = if alone { String::new() } else { words.next().unwrap_or_default() };
        all.push(Criterion { kind, patterns });
    }
    all
}

fn applies(criteria: &[Criterion], connection: &Connection<'_>, groups: &dyn Fn() -> Groups) -> Tri {
    let listed = |found: Listed| Tri::from(found == Listed::Yes);
    let text = |text: Option<&str>, patterns: &str| text.map_or(Tri::Maybe, |t| listed(pattern::list(t, patterns)));
    let address =
        |address: Option<&str>, patterns: &str| address.map_or(Tri::Maybe, |a| listed(pattern::addresses(a, patterns)));
    let one = |criterion: &Criterion| match criterion.kind.as_str() {
        "all" => Tri::Yes,
        "user" => text(connection.user, &criterion.patterns),
        "group" => connection.user.map_or(Tri::Maybe, |_| in_groups(&groups(), &criterion.patterns)),
        "host" => {
            let host = connection.host.map(str::to_ascii_lowercase);
            text(host.as_deref(), &criterion.patterns.to_ascii_lowercase())
        }
        "address" => address(connection.address, &criterion.patterns),
        "localaddress" => address(connection.local_address, &criterion.patterns),
        "localport" => connection.local_port.map_or(Tri::Maybe, |p| Tri::from(criterion.patterns == p.to_string())),
        // What newer servers know besides, or what is no criterion.
        _ => Tri::Maybe,
    };
    criteria.iter().map(one).fold(Tri::Yes, Tri::and)
}

fn in_groups(groups: &Groups, patterns: &str) -> Tri {
    let mut found = false;
    for (name, _) in &groups.names {
        match pattern::list(name, patterns) {
            Listed::Excluded => return Tri::No,
            Listed::Yes => found = true,
            Listed::No | Listed::Wrong => {}
        }
    }
    let others_count = !groups.complete && (!found || patterns.contains('!'));
    if others_count { Tri::Maybe } else { found.into() }
}

fn canonical(keyword: &str) -> String {
    let keyword = keyword.to_ascii_lowercase();
    let other = match keyword.as_str() {
        "challengeresponseauthentication" | "skeyauthentication" => "kbdinteractiveauthentication",
        "dsaauthentication" => "pubkeyauthentication",
        "pubkeyacceptedkeytypes" => "pubkeyacceptedalgorithms",
        "hostbasedacceptedkeytypes" => "hostbasedacceptedalgorithms",
        "keepalive" => "tcpkeepalive",
        _ => return keyword,
    };
    other.to_owned()
}
