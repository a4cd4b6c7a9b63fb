//! What kind of evidence an input is, told from its content, never from its name.
//!
//! In: the beginning of an input (all of it, when small). Out: how to read it, and the words for the report.
//! Knows nothing of other inputs.

use crate::catalog::{Catalog, ClassId, PatternId};
use crate::framing;
use crate::matcher::Matcher;
use crate::record::{self, Dialect, paste};
use crate::template::Captures;

/// Inputs up to this size are looked at whole, and read with everything that pastes need.
pub const SMALL: usize = 1 << 20;
/// Bytes of a larger input that are looked at.
const HEAD: usize = 64 << 10;

/// How to read an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Every line has a header, or is of no interest.
    Log,
    /// No line has a header.
    Bare(ClassId),
    /// Small and of any mixture: with decoration, wrapped lines, transcripts and logs in one.
    Paste(ClassId),
    /// Not text.
    Binary,
}

/// What an input is.
#[derive(Debug, Clone)]
pub struct Detected {
    /// How to read it.
    pub reading: Reading,
    /// `inputs[].kind` of the contract.
    pub kind: String,
    /// `inputs[].format`.
    pub format: &'static str,
}

/// Looks at `bytes`, of which a large input shows only the beginning to it.
pub fn detect(matcher: &Matcher<'_>, bytes: &[u8]) -> Detected {
    let small = bytes.len() <= SMALL;
    let head = if small { bytes } else { &bytes[..framing::cut(bytes, HEAD)] };
    let mut survey = Survey::default();
    let mut scratch = Vec::new();
    for line in framing::lines(head) {
        survey.line(matcher, &head[line], &mut scratch);
    }
    survey.conclude(matcher.catalog(), small, head)
}

#[derive(Debug, Default)]
struct Survey {
    filled: u64,
    headed: u64,
    decorated: u64,
    dialects: Vec<(Dialect, u64)>,
    client_only: u64,
    server_only: u64,
    bare_known: u64,
    client_kinds: Vec<(String, u64)>,
    server_kinds: Vec<(String, u64)>,
}

impl Survey {
    fn line(&mut self, matcher: &Matcher<'_>, line: &[u8], scratch: &mut Vec<u8>) {
        if line.trim_ascii().is_empty() {
            return;
        }
        self.filled += 1;
        if let Some(record) = record::parse(line, scratch) {
            self.headed += 1;
            count(&mut self.dialects, record.dialect);
            return;
        }
        let cleaned = paste::clean(line);
        let text = paste::undecorate(&cleaned);
        if let Some(record) = record::parse(text, scratch) {
            self.decorated += 1;
            count(&mut self.dialects, record.dialect);
            return;
        }
        let mut captures = Captures::default();
        let message = record::strip(text).message;
        let client = matcher.find(Catalog::BARE_CLIENT, message, &mut captures);
        let server = matcher.find(Catalog::BARE_SERVER, message, &mut captures);
        self.client_only += u64::from(client.is_some() && server.is_none());
        self.server_only += u64::from(server.is_some() && client.is_none());
        self.bare_known += u64::from(server.is_some() || client.is_some());
        let evidence = |p: PatternId| matcher.catalog().first_emitter(p).map(|e| e.data.evidence.clone());
        if let Some(kind) = client.and_then(evidence) {
            count(&mut self.client_kinds, kind);
        }
        if let Some(kind) = server.and_then(evidence) {
            count(&mut self.server_kinds, kind);
        }
    }

    fn conclude(mut self, catalog: &Catalog, small: bool, head: &[u8]) -> Detected {
        let class = if self.server_only > self.client_only { Catalog::BARE_SERVER } else { Catalog::BARE_CLIENT };
        let headers = self.headed + self.decorated;
        let binary = headers == 0 && self.bare_known == 0 && looks_binary(head);
        let reading = if binary {
            Reading::Binary
        } else if small && self.headed < self.filled && (self.decorated > 0 || self.bare_known > 0 || headers == 0 || head.len() < SMALL / 4) {
            Reading::Paste(class)
        } else if headers * 2 >= self.filled {
            Reading::Log
        } else {
            Reading::Bare(class)
        };
        let mut kinds = if class == Catalog::BARE_SERVER { self.server_kinds } else { self.client_kinds };
        if headers > 0 {
            kinds.push(("server-log".to_owned(), headers));
        }
        let kind = most(kinds).unwrap_or_else(|| "unknown".to_owned());
        let dialect = most(std::mem::take(&mut self.dialects)).unwrap_or_default();
        let format = match (binary, headers >= self.bare_known && headers > 0) {
            (true, _) => "binary",
            (_, true) => dialect.name(),
            (_, false) => Dialect::Bare.name(),
        };
        debug_assert!(catalog.classes.len() > 1);
        Detected { reading, kind, format }
    }
}

fn looks_binary(head: &[u8]) -> bool {
    let sample = &head[..head.len().min(4096)];
    let control = sample.iter().filter(|b| **b < b' ' && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b | 0x08)).count();
    control * 10 > sample.len()
}

fn count<T: PartialEq>(counts: &mut Vec<(T, u64)>, value: T) {
    match counts.iter_mut().find(|(v, _)| *v == value) {
        Some((_, n)) => *n += 1,
        None => counts.push((value, 1)),
    }
}

/// The most frequent value; of equals the first seen.
fn most<T>(counts: Vec<(T, u64)>) -> Option<T> {
    let best = counts.iter().map(|(_, n)| *n).max()?;
    counts.into_iter().find(|(_, n)| *n == best).map(|(v, _)| v)
}
