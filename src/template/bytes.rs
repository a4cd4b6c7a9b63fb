//! Comparing a few bytes: literals of messages are so short that a call to the system's memcmp costs more than the bytes.
//!
//! In: two byte strings. Out: whether one begins or ends with the other. Knows nothing of messages.

/// Whether `text` begins with `with`.
#[inline]
pub fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|head| equal(head, with))
}

/// Whether `text` ends with `with`.
#[inline]
pub fn ends(text: &[u8], with: &[u8]) -> bool {
    text.len().checked_sub(with.len()).is_some_and(|at| equal(&text[at..], with))
}

/// Eight, four or two bytes at a time; the last ones overlap those before.
#[inline]
fn equal(a: &[u8], b: &[u8]) -> bool {
    debug_assert_eq!(a.len(), b.len());
    match a.len() {
        0 => true,
        1 => a[0] == b[0],
        2..4 => a.first_chunk::<2>() == b.first_chunk::<2>() && a.last_chunk::<2>() == b.last_chunk::<2>(),
        4..8 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        _ => {
            let eights = a.chunks_exact(8).zip(b.chunks_exact(8)).all(|(a, b)| a == b);
            eights && a.last_chunk::<8>() == b.last_chunk::<8>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_standard_library_says() {
        let text: Vec<u8> = (0..40).collect();
        for length in 0..text.len() {
            for place in 0..=length {
                let mut with = text[..length].to_vec();
                if place < length {
                    with[place] ^= 1;
                }
                assert_eq!(begins(&text, &with), text.starts_with(&with), "{with:?}");
                with.reverse();
                let turned: Vec<u8> = text.iter().rev().copied().collect();
                assert_eq!(ends(&turned, &with), turned.ends_with(&with), "{with:?}");
            }
        }
        assert!(!begins(b"ab", b"abc") && !ends(b"ab", b"cab") && begins(b"", b"") && ends(b"", b""));
    }
}
