//! Bytes → lines, and where a chunk may be cut.
//!
//! In: the bytes of an input. Out: byte ranges. Knows nothing of meaning or dialects, with one exception: a line
//! `last message repeated N times` belongs to the line before it, so that no chunk begins with one.

use memchr::memchr;
use std::ops::Range;

/// Bytes of a line that are looked at; the rest of a longer line is skipped.
pub const MAX_LINE: usize = 64 * 1024;

/// The lines of `bytes` without their line feeds, as ranges. A last line without a line feed counts.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let range = at..at + length.min(MAX_LINE);
        at += length + 1;
        Some(range)
    })
}

/// Cuts `bytes` into chunks of about `size` bytes that begin and end at line ends.
pub fn chunks(bytes: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut chunks = Vec::with_capacity(bytes.len() / size.max(1) + 1);
    let mut from = 0;
    while from < bytes.len() {
        let to = cut(bytes, from.saturating_add(size.max(1)));
        chunks.push(from..to);
        from = to;
    }
    chunks
}

/// The first place at or after `at` where a chunk may end.
pub fn cut(bytes: &[u8], at: usize) -> usize {
    let mut at = match line_end(bytes, at.saturating_sub(1)) {
        Some(end) => end,
        None => return bytes.len(),
    };
    while at < bytes.len() && repeats_previous(&bytes[at..]) {
        at = line_end(bytes, at).unwrap_or(bytes.len());
    }
    at
}

/// Behind the first line feed at or after `at`.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    memchr(b'\n', rest).map(|n| at + n + 1)
}

fn repeats_previous(rest: &[u8]) -> bool {
    let head = &rest[..rest.len().min(160)];
    let head = &head[..memchr(b'\n', head).unwrap_or(head.len())];
    memchr::memmem::find(head, b"last message repeated ").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_any_size_hold_the_same_lines() {
        let text = b"one\n\ntwo\nApr 1 h last message repeated 2 times\nthree\nlast";
        let expected: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        for size in 1..text.len() + 2 {
            let chunks = chunks(text, size);
            let found: Vec<&[u8]> = chunks
                .iter()
                .flat_map(|c| lines(&text[c.clone()]).map(move |l| &text[c.start + l.start..c.start + l.end]))
                .collect();
            assert_eq!(found, expected, "size {size}");
            assert!(chunks.iter().all(|c| !text[c.clone()].starts_with(b"Apr 1 h last")));
        }
    }
}
