//! sshtriage reads SSH logs and pasted client transcripts and names the root cause of a failed login: how sure it is, which
//! lines prove it, how far the connection came, and what to do.
//!
//! The flow has one direction: [`input`] → [`framing`] → [`record`] → [`matcher`] → [`evidence`] → [`diagnosis`] →
//! [`report`]. [`triage::triage`] shows it on one screen. What the program knows is data: the [`catalog`] of `patterns/`.
//!
//! ```
//! use sshtriage::catalog::{Catalog, cause::Language};
//! use sshtriage::{input, matcher::Matcher, triage};
//!
//! let path = std::env::temp_dir().join("sshtriage-example.log");
//! std::fs::write(&path, "ssh: connect to host 192.0.2.1 port 22: Connection timed out\n")?;
//!
//! let catalog = Catalog::builtin();
//! let matcher = Matcher::new(&catalog);
//! let places = input::list(&[path]);
//! let report = triage::triage(&matcher, &places, &triage::Options::default(), Language::En);
//! let verdict = report.verdict.expect("a failed login");
//! assert_eq!(verdict.cause, "network.connect-timeout");
//! assert_eq!(verdict.stage, Some("tcp"));
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod catalog;
pub mod cli;
pub mod detect;
pub mod diagnosis;
pub mod error;
pub mod evidence;
pub mod framing;
pub mod host;
pub mod input;
mod lazy;
pub mod matcher;
pub mod mmap;
pub mod record;
pub mod report;
pub mod scan;
pub mod template;
pub mod triage;
