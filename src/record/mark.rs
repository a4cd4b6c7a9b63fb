//! The mark behind some of sshd's messages.
//!
//! In: a word of the catalog. Out: [`Mark`]. The build script compiles this module too.

use serde::{Deserialize, Serialize};

/// What sshd puts behind messages of its unprivileged and its per-user child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// ` [preauth]`: nobody is authenticated yet. OpenSSH 5.9 and later.
    Preauth,
    /// ` [postauth]`.
    Postauth,
}

impl Mark {
    /// The mark of a word in the catalog.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "preauth" => Some(Self::Preauth),
            "postauth" => Some(Self::Postauth),
            _ => None,
        }
    }
}
