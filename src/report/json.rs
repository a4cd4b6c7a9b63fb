//! `--format json` and `ndjson`: the contract's objects.
//!
//! In: a [`Report`], or one known line. Out: JSON text. Field names are those of the structs.

use super::Report;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a report, over many lines or on one.
///
/// # Errors
/// The output refuses.
pub fn write(report: &Report, compact: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    if compact {
        serde_json::to_writer(&mut out, report)?;
    } else {
        serde_json::to_writer_pretty(&mut out, report)?;
    }
    out.write_all(b"\n")?;
    out.flush()
}

/// One known line in `--format ndjson`.
#[derive(Debug, Serialize)]
pub struct HitLine<'h> {
    /// The input.
    pub file: &'h str,
    /// From 1.
    pub line: u64,
    /// When, RFC 3339.
    pub time: Option<String>,
    /// The server.
    pub host: Option<&'h str>,
    /// The program.
    pub program: &'h str,
    /// Its process.
    pub pid: Option<u32>,
    /// Id of the pattern.
    pub pattern: &'h str,
    /// failure, success or context.
    pub kind: &'static str,
    /// The cause it proves or supports.
    pub cause: Option<&'h str>,
    /// The part of the cause's id before the dot.
    pub category: Option<&'h str>,
    /// The user name in it.
    pub user: Option<&'h str>,
    /// The client's address in it.
    pub source: Option<&'h str>,
    /// The port in it.
    pub port: Option<u32>,
    /// The line.
    pub text: &'h str,
}
