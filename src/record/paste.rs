//! What people and tools put around the lines of a transcript when they paste it.
//!
//! In: one pasted line. Out: where its own text may begin. Knows nothing of what the text says.
//! Quotes, list numbers, indentation, fences, wrappers' times and prompts are decoration; escape sequences are removed.

use super::time;
use std::borrow::Cow;

/// Longest line whose words are tried as beginnings; what follows a longer prefix is no paste of a terminal.
const MAX_PREFIX: usize = 200;

/// The line without terminal escape sequences, backspaces and other control characters.
pub fn clean(line: &[u8]) -> Cow<'_, [u8]> {
    let control = |b: &u8| (*b < b' ' && *b != b'\t') || *b == 0x7f;
    let line = line.trim_ascii_end();
    if !line.iter().any(control) {
        return Cow::Borrowed(line);
    }
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x1b => rest = after_escape(after),
            0x08 => drop(out.pop()),
            _ if control(byte) => {}
            _ => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

/// Skips the rest of an escape sequence: CSI, OSC or a single character.
fn after_escape(rest: &[u8]) -> &[u8] {
    match rest.first() {
        Some(b'[') => {
            let end = rest[1..].iter().position(|b| (0x40..=0x7e).contains(b));
            end.map_or(&[], |end| &rest[end + 2..])
        }
        Some(b']') => {
            let end = rest.iter().position(|b| *b == 0x07 || *b == 0x1b);
            end.map_or(&[], |end| rest[end + 1..].strip_prefix(b"\\").unwrap_or(&rest[end + 1..]))
        }
        Some(_) => &rest[1..],
        None => rest,
    }
}

/// The line without decoration in front: blanks, quotes, list numbers, times.
pub fn undecorate(line: &[u8]) -> &[u8] {
    let mut text = line;
    for _ in 0..8 {
        let before = text.len();
        text = blanks(text);
        text = list_number(text);
        text = wrapper_time(text);
        for quote in [&b">"[..], b"|", b"```", b"\xe2\x94\x82"] {
            text = text.strip_prefix(quote).unwrap_or(text);
        }
        if text.len() == before {
            break;
        }
    }
    text
}

/// ASCII blanks, the ideographic space and the no-break space.
fn blanks(mut text: &[u8]) -> &[u8] {
    loop {
        let trimmed = text.trim_ascii_start();
        let trimmed = [&b"\xe3\x80\x80"[..], b"\xc2\xa0"]
            .iter()
            .find_map(|blank| trimmed.strip_prefix(*blank))
            .unwrap_or(trimmed);
        if trimmed.len() == text.len() {
            return text;
        }
        text = trimmed;
    }
}

/// `12. `, `12) `, `12: `, `12| `, and the gutter of a pager or editor, `  12  text`.
fn list_number(text: &[u8]) -> &[u8] {
    let digits = text.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let rest = &text[digits..];
    match rest {
        [b'.' | b')' | b':' | b'|', b' ' | b'\t', after @ ..] if digits > 0 => after,
        [b':' | b'|', after @ ..] if digits > 0 && after.first().is_some_and(u8::is_ascii_alphabetic) => after,
        [b'\t', after @ ..] if digits > 0 => after,
        [b' ', after @ ..] if digits > 0 && starts_word(after) => after,
        _ => text,
    }
}

/// Whether a gutter's number may stand before this: a letter, after one more blank at least, so that `64 bytes` stays.
fn starts_word(after: &[u8]) -> bool {
    after.first() == Some(&b' ') || after.starts_with(b"debug")
}

/// `2018-04-17T10:00:00Z `, `Apr 17 10:00:00 `, `[10:00:00] `, `10:00:00.123 `, with brackets or without.
fn wrapper_time(text: &[u8]) -> &[u8] {
    let bracketed = matches!(text.first(), Some(b'[' | b'('));
    let inner = if bracketed { &text[1..] } else { text };
    let used = time::iso(inner)
        .or_else(|| time::traditional(inner))
        .or_else(|| time::epoch(inner))
        .map(|(_, used)| used)
        .or_else(|| clock_time(inner));
    let Some(used) = used else { return text };
    let after = &inner[used..];
    let after = match after.first() {
        Some(b']' | b')') if bracketed => &after[1..],
        _ if bracketed => return text,
        _ => after,
    };
    match after.first() {
        None => after,
        Some(b' ' | b'\t' | b'|' | b'-' | b':') => blanks(&after[1..]),
        Some(_) => text,
    }
}

/// Bytes of `10:00:00` or `10:00:00.123`.
fn clock_time(text: &[u8]) -> Option<usize> {
    let head = text.get(..8)?;
    let shape = head.iter().enumerate().all(|(i, b)| match i {
        2 | 5 => *b == b':',
        _ => b.is_ascii_digit(),
    });
    shape.then(|| {
        let fraction = text[8..].iter().take_while(|b| matches!(b, b'.' | b',' | b'0'..=b'9')).count();
        8 + fraction
    })
}

/// Offsets at which the emitter's own text may begin behind a prompt, a tool's prefix or a label.
pub fn word_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let limit = text.len().min(MAX_PREFIX);
    (1..limit).filter(move |at| {
        let before = text[at - 1];
        let here = text[*at];
        let boundary = matches!(before, b' ' | b'\t' | b':' | b'>' | b'#' | b'$' | b'%' | b']' | b'"' | b'\'' | b'`' | b'=' | b'(');
        boundary && !matches!(here, b' ' | b'\t' | b':' | b'>' | b'"' | b'\'' | b'`')
    })
}

/// Parts of a line that holds several in escaped form, as tools print them: `"msg": "one\r\ntwo"`.
pub fn embedded(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < text.len() {
        let skip = match &text[at..] {
            [b'\\', b'r', b'\\', b'n', ..] => 4,
            [b'\\', b'n' | b'r' | b'"', ..] => 2,
            [b'"', ..] => 1,
            _ => 0,
        };
        if skip == 0 {
            at += 1;
            continue;
        }
        parts.push(&text[from..at]);
        at += skip;
        from = at;
    }
    parts.push(&text[from..]);
    parts.retain(|part| part.len() >= crate::template::MIN_LITERAL);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_in_front_goes() {
        for (line, expected) in [
            ("  3. ssh: x", "ssh: x"),
            ("> > debug1: x", "debug1: x"),
            ("12:debug1: x", "debug1: x"),
            ("    12  debug1: x", "debug1: x"),
            ("2018-04-17T10:00:00Z debug1: x", "debug1: x"),
            ("[10:00:00.123] debug1: x", "debug1: x"),
            ("Apr 17 10:00:00 debug1: x", "debug1: x"),
            ("\u{3000}debug1: x", "debug1: x"),
            ("64 bytes from 192.0.2.1", "64 bytes from 192.0.2.1"),
            ("[root@h ~]# ssh h", "[root@h ~]# ssh h"),
            ("```", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(undecorate(line.as_bytes())), expected, "{line}");
        }
    }

    #[test]
    fn escapes_and_controls_are_removed() {
        let line = b"\x1b[31mPermission\x1b[0m denied\x1b]0;title\x07 x\x08(a).\r";
        assert_eq!(clean(line).as_ref(), b"Permission denied (a).");
    }

    #[test]
    fn lines_inside_a_tools_json_are_found() {
        let line = br#"fatal: [web]: UNREACHABLE! => {"msg": "Failed: ssh: one\r\ntwo more"}"#;
        let parts: Vec<_> = embedded(line).into_iter().map(String::from_utf8_lossy).collect();
        assert!(parts.iter().any(|p| p == "Failed: ssh: one") && parts.iter().any(|p| p == "two more"));
    }
}
