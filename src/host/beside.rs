//! Which host a line is of: the one among whose files the input lies, or else the only one of its name.
//!
//! In: the hosts and the paths of all inputs. Out: the host of a session, and what an input is called.

use super::{Host, Hosts};

/// The hosts beside the inputs.
#[derive(Debug, Default)]
pub struct Beside<'h> {
    hosts: Option<&'h Hosts>,
    of_input: Vec<Option<usize>>,
    paths: Vec<&'h str>,
}

impl<'h> Beside<'h> {
    /// For inputs with these paths.
    pub fn new(hosts: &'h Hosts, inputs: impl Iterator<Item = &'h str>) -> Self {
        let paths: Vec<&str> = inputs.collect();
        if hosts.is_empty() {
            return Self { paths, ..Self::default() };
        }
        Self { hosts: Some(hosts), of_input: paths.iter().map(|path| hosts.of_input(path)).collect(), paths }
    }

    /// The path of an input.
    pub fn path(&self, input: u32) -> &'h str {
        self.paths.get(input as usize).copied().unwrap_or_default()
    }

    /// Whether there is any host.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_none()
    }

    /// The host that a server's line in an input is of; `name` is what the line calls it.
    pub fn server(&self, input: u32, name: &str) -> Option<&'h Host> {
        let may_be = |host: &&Host| name.is_empty() || host.about.name.is_none() || host.about.is_called(name);
        match self.around(input) {
            // A log server keeps the logs of other hosts.
            Some(host) => Some(host).filter(may_be),
            None => self.called(name),
        }
    }

    /// The host that a client's session in an input is of: the one it calls so, or the one that somebody showed beside it.
    pub fn client(&self, input: u32, name: &str) -> Option<&'h Host> {
        let may_be = |host: &&Host| {
            host.about.name.is_none() || name.is_empty() || is_address(name) || host.about.is_called(name)
        };
        let shown = || self.around(input).filter(|host| host.is_pasted());
        self.called(name).or_else(|| shown().filter(may_be))
    }

    /// The host among whose files an input lies.
    fn around(&self, input: u32) -> Option<&'h Host> {
        let at = self.of_input.get(input as usize).copied().flatten()?;
        Some(self.hosts?.at(at))
    }

    /// The host that somebody showed in a file of its own, where nothing is known of any other, if it may be called so.
    pub fn only_shown(&self, name: &str) -> Option<&'h Host> {
        let mut hosts = self.hosts?.iter();
        let only = hosts.next().filter(|host| host.is_pasted() && hosts.next().is_none())?;
        let may_be = only.about.name.is_none() || name.is_empty() || is_address(name) || only.about.is_called(name);
        Some(only).filter(|_| may_be)
    }

    /// The host that a client calls so, if there is only one.
    pub fn called(&self, name: &str) -> Option<&'h Host> {
        let mut found = self.hosts?.iter().filter(|host| host.about.is_called(name));
        found.next().filter(|_| found.next().is_none())
    }
}

fn is_address(name: &str) -> bool {
    name.parse::<std::net::IpAddr>().is_ok()
}
