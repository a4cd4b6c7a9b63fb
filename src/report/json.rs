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

/// One known line in `--format ndjson`. Texts are bytes of the log; what is no UTF-8 in them is replaced. What many lines share
/// comes written already.
#[derive(Debug)]
pub struct HitLine<'h> {
    /// The input, as a JSON string.
    pub file: &'h [u8],
    /// From 1.
    pub line: u64,
    /// When, RFC 3339.
    pub time: Option<&'h str>,
    /// See [`speaker`].
    pub speaker: &'h [u8],
    /// Its process.
    pub pid: Option<u32>,
    /// See [`meaning`].
    pub meaning: &'h [u8],
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
        out.extend_from_slice(self.speaker);
        optional(out, b",\"pid\":", self.pid, number);
        out.extend_from_slice(self.meaning);
        optional(out, b",\"user\":", self.user, text);
        optional(out, b",\"source\":", self.source, text);
        optional(out, b",\"port\":", self.port, number);
        optional(out, b",\"text\":", Some(self.text), text);
        out.extend_from_slice(b"}\n");
    }
}

/// The members that say who wrote a line: the server, if it is named, and the program.
pub fn speaker(out: &mut Vec<u8>, host: &[u8], program: &[u8]) {
    optional(out, b",\"host\":", Some(host).filter(|host| !host.is_empty()), text);
    optional(out, b",\"program\":", Some(program), text);
}

/// The members that say what a line means: its pattern, the pattern's kind, and the cause that it proves or supports.
pub fn meaning(pattern: &str, kind: &str, cause: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    let category = cause.and_then(|cause| cause.split('.').next());
    optional(&mut out, b",\"pattern\":", Some(pattern.as_bytes()), text);
    optional(&mut out, b",\"kind\":", Some(kind.as_bytes()), text);
    optional(&mut out, b",\"cause\":", cause.map(str::as_bytes), text);
    optional(&mut out, b",\"category\":", category.map(str::as_bytes), text);
    out
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
    out.reserve(text.len() + 2);
    out.push(b'"');
    let start = out.len();
    out.extend_from_slice(text);
    // The copy is looked at: a file that is cut while it is mapped changes under the text.
    if is_plain(&out[start..]) {
        out.push(b'"');
    } else {
        let copy = out.split_off(start);
        out.pop();
        serde_json::to_writer(out, &String::from_utf8_lossy(&copy)).expect("a string into memory");
    }
}

/// Whether nothing in a text needs escaping; eight bytes at a time, of which the last may overlap those before.
fn is_plain(text: &[u8]) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    // In each byte that is less than `n`, the highest bit; where none is, nothing.
    let less = |word: u64, n: u64| word.wrapping_sub(EACH * n) & !word;
    let escaped = |eight: [u8; 8]| {
        let word = u64::from_ne_bytes(eight);
        let is = |byte: u8| less(word ^ (EACH * u64::from(byte)), 1);
        (word | less(word, 0x20) | is(b'"') | is(b'\\') | is(0x7f)) & (EACH << 7)
    };
    match text.last_chunk::<8>() {
        Some(last) => {
            let (eights, _) = text.as_chunks::<8>();
            eights.iter().fold(escaped(*last), |any, eight| any | escaped(*eight)) == 0
        }
        None => text.iter().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written_as_a_serializer_would() {
        for byte in 0..=u8::MAX {
            let long = [&[b'a'; 11][..], &[byte], &[b'b'; 9]].concat();
            for bytes in [&[b'a', byte, b'b'][..], &[byte], &[0xc3, byte], &long, &long[..12], &long[11..]] {
                let mut out = Vec::new();
                text(&mut out, bytes);
                let expected = serde_json::to_string(&String::from_utf8_lossy(bytes)).expect("a string");
                assert_eq!(String::from_utf8_lossy(&out), expected, "{bytes:?}");
            }
        }
    }
}
