//! What kind of evidence an input is, told from its content, never from its name.
//!
//! In: the beginning of an input (all of it, when small). Out: how to read it, and the words for the report.
//! Knows nothing of other inputs.

use crate::catalog::{Catalog, ClassId};
use crate::framing;
use crate::matcher::Matcher;
use crate::record::{self, Dialect, decoration, places, tag, typography};
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
    /// Nothing that says what happened: no text, or a program.
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
    /// Whether most lines have a header, so that they tell of events wherever the input lies.
    pub is_log: bool,
    /// Whether it begins as a script does.
    pub is_script: bool,
}

/// Looks at `bytes`, of which a large input shows only the beginning to it.
pub fn detect(matcher: &Matcher<'_>, bytes: &[u8]) -> Detected {
    let small = bytes.len() <= SMALL;
    let head = if small { bytes } else { &bytes[..framing::cut(bytes, HEAD)] };
    Survey::of(matcher, head).conclude(small, head)
}

#[derive(Debug, Default)]
struct Survey {
    /// Lines that are not blank.
    filled: u64,
    /// Lines with a header.
    headed: u64,
    /// Lines with a header behind decoration.
    decorated: u64,
    /// Lines with a header that a terminal has filled with blanks.
    padded: u64,
    /// Whether an editor, a web page or a tool has left marks on one.
    handled: bool,
    /// Whether one is of an SSH program.
    of_ssh: bool,
    dialects: Vec<(Dialect, u64)>,
    /// Lines without a header that a client, or a status command, may print.
    client: Votes,
    /// Lines without a header that sshd may print.
    server: Votes,
}

/// Lines that one class knows.
#[derive(Debug, Default)]
struct Votes {
    known: u64,
    kinds: Vec<(String, u64)>,
}

impl Survey {
    fn of(matcher: &Matcher<'_>, head: &[u8]) -> Self {
        let mut survey = Self::default();
        let mut bare = Vec::new();
        let mut scratch = Vec::new();
        for line in framing::lines(head) {
            let line = &head[line];
            if line.trim_ascii().is_empty() {
                continue;
            }
            survey.filled += 1;
            if let Some(record) = record::parse(line, &mut scratch) {
                survey.headed += 1;
                let class = matcher.catalog().class_of(record.program);
                let of_ssh = class.is_some_and(|class| matcher.catalog().classes[class.0 as usize].ssh);
                survey.of_ssh |= of_ssh;
                survey.handled |= of_ssh && places::has_tail(record.message);
                count(&mut survey.dialects, record.dialect);
                survey.handled |= !record::is_escaped(line) && typography::is_handled(line);
                survey.padded += u64::from(line.ends_with(b" "));
                continue;
            }
            let cleaned = decoration::clean(line);
            let mut headed =
                decoration::layers(&cleaned).find_map(|l| record::parse(l, &mut scratch).map(|r| r.dialect));
            if headed.is_none() && decoration::layers(&cleaned).any(|l| is_of_server(matcher.catalog(), l)) {
                headed = Some(Dialect::Bare);
            }
            match headed {
                Some(dialect) => {
                    survey.decorated += 1;
                    count(&mut survey.dialects, dialect);
                }
                None => bare.push(decoration::undecorate(&cleaned).to_vec()),
            }
        }
        survey.client = Votes::of(matcher, Catalog::BARE_CLIENT, &bare);
        // Asking sshd's patterns too is of use only where the client's leave something open.
        if survey.client.known < bare.len() as u64 {
            survey.server = Votes::of(matcher, Catalog::BARE_SERVER, &bare);
        }
        survey
    }

    fn conclude(self, small: bool, head: &[u8]) -> Detected {
        let by_server = self.server.known > self.client.known;
        let (class, votes) = match by_server {
            true => (Catalog::BARE_SERVER, self.server),
            false => (Catalog::BARE_CLIENT, self.client),
        };
        let headers = self.headed + self.decorated;
        let program = head.starts_with(b"\x7fELF");
        let binary = headers == 0 && votes.known == 0 && looks_binary(head);
        let is_log = headers * 2 >= self.filled;
        let reading = if binary || program {
            Reading::Binary
        } else if small && (self.headed < self.filled || self.handled || !self.of_ssh || self.padded * 2 > self.headed)
        {
            Reading::Paste(class)
        } else if is_log {
            Reading::Log
        } else {
            Reading::Bare(class)
        };
        let known = votes.known;
        let mut kinds = votes.kinds;
        if headers > 0 {
            kinds.push(("server-log".to_owned(), headers));
        }
        let dialect = most(self.dialects).filter(|_| headers >= known).unwrap_or_default();
        Detected {
            reading,
            kind: most(kinds).unwrap_or_else(|| "unknown".to_owned()),
            format: match (program, binary) {
                (true, _) => "program",
                (false, true) => "binary",
                (false, false) => dialect.name(),
            },
            is_log,
            is_script: head.starts_with(b"#!/"),
        }
    }
}

impl Votes {
    fn of(matcher: &Matcher<'_>, class: ClassId, lines: &[Vec<u8>]) -> Self {
        let mut votes = Self::default();
        let mut captures = Captures::default();
        for line in lines {
            if let Some(pattern) = matcher.find(class, record::strip(line), &mut captures) {
                votes.known += 1;
                if let Some(emitter) = matcher.catalog().first_emitter(pattern) {
                    count(&mut votes.kinds, emitter.data.evidence.clone());
                }
            }
        }
        votes
    }
}

/// Whether only the tag of a line's header is there, and it is that of a program that writes to a server's log: its process is
/// named, if only by `xxx`, as a client's never is.
fn is_of_server(catalog: &Catalog, line: &[u8]) -> bool {
    let tagged = tag::alone(line).filter(|r| r.pid.is_some() || line[r.program.len()..].starts_with(b"["));
    tagged.is_some_and(|record| catalog.class_of(record.program).is_some())
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
