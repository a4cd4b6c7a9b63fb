//! What a bundle holds beside its logs: the configuration and the state of the hosts that wrote them.
//!
//! In: small members of archives and directories ([`Files`]). Out: [`Hosts`], and for a login on one of them the
//! [`HostFact`]s that its files state, each with the lines that say so. A closed vocabulary ([`FactName`]); which cause a fact
//! speaks for or against is written in the catalog. Knows nothing of causes, patterns and records.
//!
//! Nothing is concluded from half of something: where a file is cut, an included one is missing, or a value depends on what
//! was not collected, no fact is told, or one that is not sure.

mod access;
mod access_conf;
mod accounts;
mod aging;
mod bans;
mod beside;
mod fact;
mod files;
mod listing;
mod origin;
mod pam;
mod pasted;
mod pattern;
mod release;
mod services;
mod sockets;
mod sshd_config;
mod words;
mod wrappers;

pub use beside::Beside;
pub use fact::{FactName, HostFact, Method, Place, Quote};
pub use files::{Files, HostFile, MOST_BYTES, is_configuration, is_named};
pub use pattern::network;
pub use release::About;
pub use sshd_config::Connection;

use crate::record::time::{Micros, day_of};
use access::Access;
use accounts::Accounts;
use files::Role;
use origin::Peer;
use sshd_config::{Config, Effective};

/// The hosts of all inputs, in the order of their roots.
#[derive(Debug, Default)]
pub struct Hosts {
    roots: Vec<String>,
    hosts: Vec<Host>,
}

/// One host.
#[derive(Debug)]
pub struct Host {
    /// The folder that holds its files.
    pub root: String,
    /// What it is.
    pub about: About,
    files: Vec<HostFile>,
    config: Option<Config>,
    /// Whether all that is known of it stands in a paste.
    pasted: bool,
}

/// A login that is asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Login<'l> {
    /// Of whom, and whence.
    pub connection: Connection<'l>,
    /// When.
    pub at: Option<Micros>,
}

impl Hosts {
    /// Puts together what belongs together.
    pub fn new(files: Files) -> Self {
        let hosts: Vec<Host> = files.by_root().into_iter().map(|(root, files)| Host::new(root, files)).collect();
        Self { roots: hosts.iter().map(|h| h.root.clone()).collect(), hosts }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Host> {
        self.hosts.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// The position of the host among whose files an input lies.
    pub fn of_input(&self, path: &str) -> Option<usize> {
        let root = files::enclosing(&self.roots, path)?;
        self.roots.binary_search_by(|r| r.as_str().cmp(root)).ok()
    }

    /// The host at a position.
    pub fn at(&self, position: usize) -> &Host {
        &self.hosts[position]
    }
}

impl Host {
    fn new(root: String, files: Vec<HostFile>) -> Self {
        let mut about = About::of(&files);
        let sshd: Vec<&HostFile> = files.iter().filter(|f| f.role == Role::SshdConfig).collect();
        let of_main = |loose: bool| sshd.iter().find(|f| f.host_path() == sshd_config::MAIN && f.is_loose() == loose);
        let main = of_main(false).or_else(|| of_main(true));
        let pasted = files.iter().any(HostFile::is_pasted);
        about.name = about.name.or_else(|| files.iter().find_map(HostFile::prompt).map(Into::into));
        let mut config = main.map(|main| Config::read(main, &sshd));
        config.iter_mut().for_each(|config| config.maybe_partial |= pasted);
        Self { root, about, files, config, pasted }
    }

    /// Its sshd_config.
    pub fn sshd_config(&self) -> Option<&str> {
        self.main().map(HostFile::path)
    }

    fn main(&self) -> Option<&HostFile> {
        self.files.iter().find(|f| f.role == Role::SshdConfig && f.host_path() == sshd_config::MAIN)
    }

    /// Whether all that is known of it stands in a paste.
    pub fn is_pasted(&self) -> bool {
        self.pasted
    }

    /// Whether its files say more than what it is called.
    pub fn is_described(&self) -> bool {
        !self.pasted && (self.about != About::default() || self.config.is_some())
    }

    /// All that its files state of a login.
    pub fn facts(&self, login: &Login<'_>) -> Vec<HostFact> {
        let accounts = Accounts::new(&self.files);
        let mut facts = Vec::new();
        let user = login.connection.user;
        let effective = self.effective(&login.connection);
        if let Some(user) = user {
            facts.extend(accounts.facts(user, login.at));
            facts.extend(aging::facts(&self.files, user, login.at.map(day_of)));
        }
        let (mut strict, mut uses_pam) = (true, true);
        if let (Some(config), Some(effective)) = (&self.config, &effective) {
            let mut told = config_facts(effective, &login.connection, &accounts);
            told.extend(self.root_by_default(effective, user));
            told.iter_mut().for_each(|fact| fact.sure &= !config.maybe_partial);
            facts.extend(told);
            strict = effective.value("strictmodes") != Some("no");
            uses_pam = effective.value("usepam") == Some("yes");
        }
        if let Some(user) = user.filter(|_| strict) {
            let home = accounts.home(user).map_or_else(|| usual_home(user), str::to_owned);
            facts.extend(listing::facts(&self.files, listing::Whose { user, uid: accounts.uid(user), home: &home }));
        }
        let peer = Peer { name: login.connection.host, address: login.connection.address };
        if uses_pam {
            let stack = pam::facts(&self.files);
            let access = FactName::PamModuleListed("access".into());
            let module = stack.iter().find(|fact| fact.name == access).and_then(|fact| fact.quotes.first());
            if let (Some(module), Some(user), Some(_)) = (module, user, peer.address) {
                facts.extend(access_conf::facts(&self.files, module, user, &accounts.groups(user), &peer));
            }
            facts.extend(stack);
        }
        facts.extend(wrappers::facts(&self.files, &peer));
        facts.extend(bans::facts(&self.files, peer.address));
        facts.extend(self.nologin());
        facts.extend(services::facts(&self.files));
        let listening = sockets::facts(&self.files, &ports(login.connection.local_port, effective.as_ref()));
        if listening.is_empty() {
            facts.extend(effective.as_ref().and_then(|e| other_port(e, login.connection.local_port?)));
        }
        facts.extend(listening);
        facts
    }

    /// The options that count for a connection, as `sshd -T -C` prints them: keyword and values, in order of keywords.
    pub fn options(&self, connection: &Connection<'_>) -> Option<Vec<(String, Vec<String>)>> {
        let effective = self.effective(connection)?;
        let option = |keyword: &str| (keyword.to_owned(), effective.values(keyword).map(str::to_owned).collect());
        Some(effective.keywords().map(option).collect())
    }

    fn effective(&self, connection: &Connection<'_>) -> Option<Effective> {
        let accounts = Accounts::new(&self.files);
        let groups = || connection.user.map(|user| accounts.groups(user)).unwrap_or_default();
        self.config.as_ref()?.effective(connection, &groups)
    }

    /// Root's password is refused where nothing else is set and the file shows that default.
    fn root_by_default(&self, effective: &Effective, user: Option<&str>) -> Option<HostFact> {
        let option = "permitrootlogin";
        if user != Some("root") || effective.value(option).is_some() || effective.is_unsure(option) {
            return None;
        }
        let main = self.main()?;
        let (number, line) = main.lines().find(|(_, line)| sshd_config::is_root_default(line))?;
        let quotes = vec![main.quote(number, line)];
        Some(HostFact { name: FactName::RootPasswordRefused, sure: true, quotes })
    }

    fn nologin(&self) -> Option<HostFact> {
        let file = self.files.iter().find(|f| f.role == Role::Nologin)?;
        let (number, line) = file.lines().next().unwrap_or((1, ""));
        Some(HostFact { name: FactName::NologinPresent, sure: true, quotes: vec![file.quote(number, line)] })
    }
}

/// That sshd is told to listen, but not on the port that was asked for.
fn other_port(effective: &Effective, asked: u16) -> Option<HostFact> {
    let mut set = effective.values("port").map(|port| port.parse::<u16>()).peekable();
    set.peek()?;
    let other =
        set.all(|port| port.is_ok_and(|port| port != asked)) && effective.values("listenaddress").next().is_none();
    let quotes = effective.lines("port").iter().take(3).map(|set| set.quote.clone()).collect();
    // The service may have been started before.
    other.then_some(HostFact { name: FactName::NotListening, sure: false, quotes })
}

/// Where a user is at home unless passwd says otherwise.
fn usual_home(user: &str) -> String {
    if user == "root" { "/root".to_owned() } else { format!("/home/{user}") }
}

/// The port that was asked for, or those that sshd is told to listen on.
fn ports(asked: Option<u16>, effective: Option<&Effective>) -> Vec<u16> {
    if let Some(port) = asked {
        return vec![port];
    }
    let named = effective.map(|e| e.values("port").filter_map(|p| p.parse().ok()).collect::<Vec<u16>>());
    named.filter(|ports| !ports.is_empty()).unwrap_or_else(|| vec![22])
}

/// What the options that count state of a login.
fn config_facts(effective: &Effective, connection: &Connection<'_>, accounts: &Accounts<'_>) -> Vec<HostFact> {
    let mut facts = Vec::new();
    let mut tell = |name: FactName, quotes: Vec<Quote>| facts.push(HostFact { name, sure: true, quotes });
    let quotes =
        |keyword: &str| effective.lines(keyword).iter().take(3).map(|set| set.quote.clone()).collect::<Vec<_>>();
    for keyword in effective.keywords() {
        tell(FactName::ConfigSets(keyword.into()), quotes(keyword));
    }
    for method in Method::ALL {
        match effective.value(method.option()).map(str::to_ascii_lowercase).as_deref() {
            Some("no") => tell(FactName::MethodDisabled(method), quotes(method.option())),
            Some("yes") => tell(FactName::MethodEnabled(method), quotes(method.option())),
            _ => {}
        }
    }
    let asking = [Method::Password, Method::KeyboardInteractive].map(Method::option);
    if asking.iter().all(|option| effective.value(option).is_some_and(|v| v.eq_ignore_ascii_case("no"))) {
        tell(FactName::PasswordsDisabled, asking.iter().flat_map(|option| quotes(option)).take(3).collect());
    }
    let Some(user) = connection.user else { return facts };
    match access::access(effective, connection, user, &|| accounts.groups(user)) {
        Access::Refused(quotes) => tell(FactName::ConfigExcludesUser, quotes),
        Access::Admitted(quotes) => tell(FactName::ConfigAdmitsUser, quotes),
        Access::Unknown => {}
    }
    if user == "root" {
        let root = "permitrootlogin";
        match effective.value(root).map(str::to_ascii_lowercase).as_deref() {
            Some("no") => {
                tell(FactName::RootLoginRefused, quotes(root));
                tell(FactName::RootPasswordRefused, quotes(root));
            }
            Some("prohibit-password" | "without-password" | "forced-commands-only") => {
                tell(FactName::RootPasswordRefused, quotes(root));
            }
            Some("yes") => tell(FactName::RootLoginPermitted, quotes(root)),
            _ => {}
        }
    }
    facts
}
