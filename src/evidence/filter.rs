//! Whom a question is about.
//!
//! In: a user name, addresses, a server. Out: whether a session or line concerns them. Knows nothing of what lines say.

use ipnet::IpNet;
use std::net::IpAddr;

/// What the user asks about.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// This user only.
    pub user: Option<String>,
    /// These client addresses only.
    pub source: Option<IpNet>,
    /// This server only.
    pub host: Option<String>,
}

impl Filter {
    /// Whether anything is asked for.
    pub fn is_set(&self) -> bool {
        self.user.is_some() || self.source.is_some() || self.host.is_some()
    }

    /// Whether a single line names this user, address and server: it says nothing of the connection it belongs to.
    pub fn names(&self, user: Option<&str>, source: Option<&str>, host: &str) -> bool {
        let said = user.is_some() || source.is_some();
        (said || (self.user.is_none() && self.source.is_none())) && self.admits(user, source, host)
    }

    /// Whether something about this user, address and server is asked for. What names neither user nor address concerns the
    /// whole host, and so everybody on it.
    pub fn admits(&self, user: Option<&str>, source: Option<&str>, host: &str) -> bool {
        let everybody = user.is_none() && source.is_none();
        let user_fits = self.user.as_deref().is_none_or(|u| user == Some(u) || everybody);
        let source_fits = self.source.is_none_or(|net| {
            everybody || source.is_some_and(|s| s.parse::<IpAddr>().is_ok_and(|ip| net.contains(&ip)))
        });
        let host_fits = self.host.as_deref().is_none_or(|h| host.is_empty() || host == h);
        user_fits && source_fits && host_fits
    }
}
