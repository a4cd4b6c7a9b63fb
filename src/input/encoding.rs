//! Bytes that are not UTF-8 text: PowerShell redirects UTF-16.
//!
//! In: the bytes of an input. Out: whether they are UTF-16, and the same text as UTF-8.
//! Other encodings keep ASCII as it is, which is all that matching needs.

use std::io;

/// Byte order mark of UTF-8.
pub const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
/// Largest UTF-16 input; transcripts are small, and all of it is decoded at once.
const MAX_UTF16: usize = 64 << 20;

/// Whether this is UTF-16: it has a byte order mark, or every other byte of its beginning is zero.
pub fn is_utf16(bytes: &[u8]) -> bool {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    little_endian_without_mark(bytes)
}

fn little_endian_without_mark(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(512) & !1];
    let zero_at = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    head.len() >= 16 && zero_at(1) * 10 >= head.len() / 2 * 9 && zero_at(0) * 10 < head.len() / 2
}

/// Decodes; what is no character becomes U+FFFD.
///
/// # Errors
/// There is too much of it.
pub fn from_utf16(bytes: &[u8]) -> io::Result<Vec<u8>> {
    if bytes.len() > MAX_UTF16 {
        return Err(io::Error::other("is UTF-16 text of over 64 MiB; convert it with iconv -t UTF-8"));
    }
    let big_endian = bytes.starts_with(&[0xfe, 0xff]);
    let marked = big_endian || bytes.starts_with(&[0xff, 0xfe]);
    let pairs = bytes[if marked { 2 } else { 0 }..].chunks_exact(2);
    let units =
        pairs.map(|p| if big_endian { u16::from_be_bytes([p[0], p[1]]) } else { u16::from_le_bytes([p[0], p[1]]) });
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_become_utf8() {
        let text = "ssh: connect to host h port 22: Connection refused\r\nログオン\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [[&[0xff, 0xfe][..], &little].concat(), [&[0xfe, 0xff][..], &big].concat(), little] {
            assert!(is_utf16(&bytes));
            assert_eq!(from_utf16(&bytes).expect("small"), text.as_bytes());
        }
        assert!(!is_utf16(text.as_bytes()) && !is_utf16(b"") && !is_utf16(&[0; 64]));
    }
}
