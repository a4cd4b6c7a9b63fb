//! The one error type: what was attempted, on what, and the cause.
//!
//! Damaged input is no error but an entry in the report; these are for what stops the program or one input.

use crate::catalog::check::Problem;
use std::fmt;
use std::path::PathBuf;

/// Why the program, or one of its inputs, cannot go on.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused.
    Io {
        /// What was attempted: read, open ...
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A catalog folder has problems.
    Catalog {
        /// All of them.
        problems: Vec<Problem>,
    },
    /// An option's value makes no sense.
    Option {
        /// The option, with its dashes.
        name: &'static str,
        /// What is wrong, in words.
        reason: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => {
                write!(f, "cannot {doing} {}: {source}", path.display())
            }
            Self::Catalog { problems } => {
                for problem in problems {
                    writeln!(f, "{problem}")?;
                }
                write!(f, "the catalog has {} problem(s)", problems.len())
            }
            Self::Option { name, reason } => write!(f, "{name}: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
