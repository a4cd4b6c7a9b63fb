//! Decimal numbers: process ids, times, counts.
//!
//! In: bytes. Out: the number, if it fits 32 bits. Knows nothing of what is counted.

/// A number that is all of a text.
pub(crate) fn decimal(digits: &[u8]) -> Option<u32> {
    leading_number(digits).filter(|(_, used)| *used == digits.len()).map(|(number, _)| number)
}

/// The number of at most ten digits that a text begins with, and how many they are.
#[inline]
pub(super) fn leading_number(text: &[u8]) -> Option<(u32, usize)> {
    let mut number = 0u32;
    for (at, byte) in text.iter().take(11).enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return (at > 0).then_some((number, at));
        }
        number = number.checked_mul(10)?.checked_add(u32::from(digit))?;
    }
    (1..=10).contains(&text.len()).then_some((number, text.len()))
}
