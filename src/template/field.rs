//! What the fields of a template may hold.
//!
//! In: a field's type, and bytes that its value would begin or end with. Out: which bytes it may take, and how many.
//! Knows nothing of what stands around a field.

use serde::{Deserialize, Serialize};

/// What people put for a digit that they do not want to show.
const REDACTED_DIGITS: &[u8] = b"xX*#nN";
/// Bit of [`ALLOWED`] for these.
const REDACTED_NUMBER: u8 = 16;
/// What is put in brackets for an address that is not shown may hold blanks: `{ip redacted}`, `<my address>`.
pub(super) const MAX_REDACTED: usize = 40;

/// What a field may hold. See `patterns/README.md` for the same in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum FieldType {
    /// Anything, also nothing; as much as possible.
    User,
    /// Anything, at least a byte; as little as possible.
    Text,
    /// Anything, also nothing; only last.
    Rest,
    /// An IP address, host name or UNKNOWN; also what people write in place of one.
    Address,
    /// Decimal digits.
    Number,
    /// No white space, at least a byte.
    Word,
    /// No white space, perhaps nothing.
    Token,
    /// An address as somebody types it: no option of the command, as in `ssh -v web01`.
    Target,
}

impl FieldType {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "user" => Self::User,
            "text" => Self::Text,
            "rest" => Self::Rest,
            "address" => Self::Address,
            "number" => Self::Number,
            "word" => Self::Word,
            "token" => Self::Token,
            "target" => Self::Target,
            _ => return None,
        })
    }

    /// The type of a field that names none.
    pub(super) fn default_for(field: &str) -> Self {
        match field {
            "user" | "ruser" => Self::User,
            "rest" => Self::Rest,
            "source" | "host" | "server" | "address" | "rhost" => Self::Address,
            "port" | "pid" | "child" | "worker" | "uid" | "gid" | "line" | "status" | "code" | "count" | "limit"
            | "seconds" | "number" | "signal" | "bytes" => Self::Number,
            "method" | "algorithm" | "option" | "module" | "key_type" | "fingerprint" | "service" => Self::Word,
            _ => Self::Text,
        }
    }

    pub(super) fn is_free(self) -> bool {
        matches!(self, Self::User | Self::Text | Self::Rest)
    }

    pub(super) fn is_address(self) -> bool {
        matches!(self, Self::Address | Self::Target)
    }

    pub(super) fn min_len(self) -> usize {
        usize::from(!matches!(self, Self::User | Self::Rest | Self::Token))
    }

    /// Bit of [`ALLOWED`].
    pub(super) fn bit(self) -> u8 {
        match self {
            Self::Number => 1,
            Self::Address | Self::Target => 2,
            Self::Word | Self::Token => 4,
            Self::User | Self::Text | Self::Rest => 8,
        }
    }
}

/// Whether an address begins or ends like what people put for one that they do not want to show: `<IP>`, `[redacted]`,
/// `(hidden)`, `{{ ip }}`. Within brackets anything but white space may stand; `1.2.*.*`, `$IP` and `███` are addresses as they are.
fn is_redacted(edge: Option<&u8>) -> bool {
    matches!(edge, Some(b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'(' | b')' | 0x80..))
}

/// Whether what should be a target is an option.
#[inline]
pub(super) fn is_option(ty: FieldType, value: &[u8]) -> bool {
    ty == FieldType::Target && matches!(value, [b'-', letter, ..] if letter.is_ascii_alphanumeric())
}

/// How many bytes such brackets take; 0 where the text does not begin with them.
pub(super) fn bracketed(text: &[u8]) -> usize {
    let closing = match text.first() {
        Some(b'<') => b'>',
        Some(b'[') => b']',
        Some(b'{') => b'}',
        Some(b'(') => b')',
        _ => return 0,
    };
    let opening = text.iter().take_while(|b| **b == text[0]).count().min(2);
    let within = &text[..text.len().min(MAX_REDACTED)];
    let words =
        |text: &[u8]| text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'.' | b'\''));
    let end = memchr::memchr(closing, within).filter(|end| words(&within[opening..*end]));
    // As many closing ones as there are opening ones.
    end.filter(|end| text[*end..].iter().take(opening).all(|b| *b == closing)).map_or(0, |end| end + opening)
}

/// Bits of the bytes that a field may hold here, by how its value begins or ends.
#[inline]
pub(super) fn allowed(ty: FieldType, edge: Option<&u8>) -> u8 {
    let bit = ty.bit();
    if edge.is_none_or(|b| ALLOWED[*b as usize] & bit != 0) {
        return bit;
    }
    match ty {
        FieldType::Address | FieldType::Target | FieldType::Number if is_redacted(edge) => FieldType::Word.bit(),
        FieldType::Number if edge.is_some_and(|b| REDACTED_DIGITS.contains(b)) => REDACTED_NUMBER,
        _ => bit,
    }
}

/// How many bytes from the start of `text` a typed field may hold.
#[inline]
pub(super) fn run(text: &[u8], bit: u8) -> usize {
    text.iter().position(|b| ALLOWED[*b as usize] & bit == 0).unwrap_or(text.len())
}

/// Which typed fields may hold a byte.
pub(super) static ALLOWED: [u8; 256] = {
    let mut allowed = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let digit = byte.is_ascii_digit();
        let masked = matches!(byte, b'*' | b'#' | b'$' | 0x80..);
        let address = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%') || masked;
        let word = byte > b' ' && byte != 0x7f;
        let mut redacted = false;
        let mut digit_like = 0;
        while digit_like < REDACTED_DIGITS.len() {
            redacted |= REDACTED_DIGITS[digit_like] == byte;
            digit_like += 1;
        }
        allowed[at] = 8 | (digit as u8) | ((address as u8) << 1) | ((word as u8) << 2) | ((redacted as u8) << 4);
        at += 1;
    }
    allowed
};
