//! What every reading command is asked: whom it concerns, in which language, by which patterns.
//!
//! In: flags, environment, the clock. Out: a filter, a zone, a language. Knows nothing of inputs.

use crate::catalog::cause::Language;
use crate::error::Error;
use crate::evidence::Filter;
use crate::host::network;
use crate::record::time::{Micros, Zone};
use clap::ValueEnum;
use ipnet::IpNet;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Question {
    /// Language of the report [default: from LC_ALL, LC_MESSAGES or LANG, else en]
    #[arg(long, value_enum)]
    pub(super) lang: Option<Lang>,
    /// Only what concerns this user
    #[arg(long, value_name = "U")]
    user: Option<String>,
    /// Only what concerns this client address or network
    #[arg(long, value_name = "IP|CIDR")]
    source: Option<String>,
    /// Only what concerns this server
    #[arg(long, value_name = "H")]
    host: Option<String>,
    /// Zone of timestamps without one, such as Asia/Tokyo or +09:00
    #[arg(long, value_name = "TZ", default_value = "UTC", allow_hyphen_values = true)]
    timezone: String,
    /// Folder with more patterns; may be given several times. One with an emitters.toml replaces the built-in catalog
    #[arg(long, value_name = "DIR")]
    pub(super) catalog: Vec<PathBuf>,
    /// No notes on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    En,
    Ja,
}

impl Question {
    pub(super) fn filter(&self) -> Result<Filter, Error> {
        let source = self.source.as_deref().map(address).transpose().map_err(wrong("--source"))?;
        Ok(Filter { user: self.user.clone(), source, host: self.host.clone() })
    }

    pub(super) fn zone(&self) -> Result<Zone, Error> {
        Zone::parse(&self.timezone).map_err(wrong("--timezone"))
    }
}

/// What is wrong with the value of an option.
pub(super) fn wrong(name: &'static str) -> impl Fn(String) -> Error {
    move |reason| Error::Option { name, reason }
}

/// The present.
pub(super) fn now() -> Micros {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_1970.map_or(0, |d| d.as_micros() as Micros)
}

/// The language asked for, else that of the environment.
pub(super) fn language(asked: Option<Lang>) -> Language {
    match asked {
        Some(Lang::Ja) => Language::Ja,
        Some(Lang::En) => Language::En,
        None => {
            let variables = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
            let value = variables.filter_map(|name| std::env::var(name).ok()).find(|v| !v.is_empty());
            if value.unwrap_or_default().starts_with("ja") { Language::Ja } else { Language::En }
        }
    }
}

fn address(text: &str) -> Result<IpNet, String> {
    network(text).ok_or_else(|| format!("'{text}' is no address or network; write 192.0.2.7 or 192.0.2.0/24"))
}
