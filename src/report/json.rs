//! `--format json` and `ndjson`: the contract's objects.
//!
//! In: a [`Report`], or one known line. Out: JSON text. Field names are those of the structs.

use super::Report;
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

/// One known line in `--format ndjson`. Texts are bytes of the log; what is no UTF-8 in them is replaced.
#[derive(Debug)]
pub struct HitLine<'h> {
    /// The input, as a JSON string.
    pub file: &'h [u8],
    /// From 1.
    pub line: u64,
    /// When, RFC 3339.
    pub time: Option<&'h str>,
    /// The server.
    pub host: Option<&'h [u8]>,
    /// The program.
    pub program: &'h [u8],
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
    pub user: Option<&'h [u8]>,
    /// The client's address in it.
    pub source: Option<&'h [u8]>,
    /// The port in it.
    pub port: Option<u32>,
    /// The line.
    pub text: &'h [u8],
}

impl HitLine<'_> {
    /// Appends the object and a line feed. There are millions of them: texts are copied as they are where nothing in them needs
    /// escaping, which is a tenth of what a serializer takes.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        out.extend_from_slice(b"{\"file\":");
        out.extend_from_slice(self.file);
        out.extend_from_slice(b",\"line\":");
        out.extend_from_slice(digits.format(self.line).as_bytes());
        optional(out, b",\"time\":", self.time.map(str::as_bytes), text);
        optional(out, b",\"host\":", self.host, text);
        optional(out, b",\"program\":", Some(self.program), text);
        optional(out, b",\"pid\":", self.pid, number);
        optional(out, b",\"pattern\":", Some(self.pattern.as_bytes()), text);
        optional(out, b",\"kind\":", Some(self.kind.as_bytes()), text);
        optional(out, b",\"cause\":", self.cause.map(str::as_bytes), text);
        optional(out, b",\"category\":", self.category.map(str::as_bytes), text);
        optional(out, b",\"user\":", self.user, text);
        optional(out, b",\"source\":", self.source, text);
        optional(out, b",\"port\":", self.port, number);
        optional(out, b",\"text\":", Some(self.text), text);
        out.extend_from_slice(b"}\n");
    }
}

fn optional<T>(out: &mut Vec<u8>, name: &[u8], value: Option<T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.extend_from_slice(name);
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

fn number(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a text as a JSON string.
pub fn text(out: &mut Vec<u8>, text: &[u8]) {
    // Without stopping at the first that needs escaping, so that many are looked at in one instruction.
    let escaped = |b: u8| u8::from(b.wrapping_sub(b' ') > b'~' - b' ') | u8::from(b == b'"') | u8::from(b == b'\\');
    if text.iter().fold(0, |any, b| any | escaped(*b)) == 0 {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        serde_json::to_writer(out, &String::from_utf8_lossy(text)).expect("a string into memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_as_a_serializer_would() {
        for byte in 0..=u8::MAX {
            for bytes in [&[b'a', byte, b'b'][..], &[byte], &[0xc3, byte]] {
                let mut out = Vec::new();
                text(&mut out, bytes);
                let expected = serde_json::to_string(&String::from_utf8_lossy(bytes)).expect("a string");
                assert_eq!(String::from_utf8_lossy(&out), expected, "{bytes:?}");
            }
        }
    }
}
