//! What people and tools put around a line when they paste it: quotes, list numbers, indentation, fences, wrappers' times, levels.
//!
//! In: one pasted line. Out: the same without its decoration, layer by layer. Knows nothing of what the text says, nor of where
//! within it a message may begin (see [`super::places`]).

use super::time::Stamp;
use super::{syslog, time, typography};
use std::borrow::Cow;

/// How bad a program calls what it says.
const LEVELS: [&[u8]; 9] =
    [b"error", b"err", b"warning", b"warn", b"fatal", b"critical", b"failed", b"exception", b"fatal error"];

/// The line without terminal escape sequences, backspaces and other control characters.
pub fn clean(line: &[u8]) -> Cow<'_, [u8]> {
    let control = |b: &u8| (*b < b' ' && *b != b'\t') || *b == 0x7f;
    let line = typography::without_break(line.trim_ascii_end());
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
    layers(line).last().unwrap_or(line)
}

/// The line, and what is left of it layer by layer of decoration. A log line's own time comes off last, so that its header
/// can be tried before.
pub fn layers(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(line), |text| peel(text)).take(12)
}

/// Takes a kind of decoration off, where there is any.
type Layer = fn(&[u8]) -> &[u8];

/// Takes one layer off.
fn peel(text: &[u8]) -> Option<&[u8]> {
    const LAYERS: [Layer; 8] = [blanks, quote, list_number, console_status, stream, tag, file_name, wrapper_time];
    LAYERS.iter().map(|layer| layer(text)).find(|peeled| peeled.len() < text.len())
}

/// Whether a word, a bracket or a quotation begins there.
fn begins_as_text(text: &[u8]) -> bool {
    text.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'[' | b'<' | b'`' | b'*'))
}

/// The line from the mark of a list's item on, which is part of some messages.
pub fn item(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii();
    (text.starts_with(b"- ") || text.starts_with(b"* ")).then_some(text)
}

/// Marks of quoting, fences and frames.
fn quote(text: &[u8]) -> &[u8] {
    let quotes = [
        &b">"[..],
        b"&gt;",
        b"|",
        b"```",
        b"`",
        b"**",
        b"... ",
        b"// ",
        "│".as_bytes(),
        "•".as_bytes(),
        "●".as_bytes(),
        "・".as_bytes(),
    ];
    // A note; an option that is put out of effect has no colon.
    let is_note = |after: &&[u8]| after[0].is_ascii_uppercase() && memchr::memmem::find(after, b": ").is_some();
    // A log that somebody put out of effect in a script or a ticket.
    let is_logged = |after: &[u8]| after.strip_prefix(b" ").is_some_and(starts_with_time);
    let comment = || {
        let after = text.strip_prefix(b"#").filter(|after| !after.is_empty())?;
        (is_note(&after) || is_logged(after)).then_some(after)
    };
    // Code within a sentence ends as it begins.
    let code = || text.strip_prefix(b"`")?.strip_suffix(b"`").filter(|code| !code.contains(&b'`'));
    // A whole line in brackets, closed on it or on a later one.
    let bracketed = || {
        let inside = text.strip_prefix(b"[")?;
        let closed = memchr::memchr2(b'[', b']', inside).is_none_or(|at| at + 1 == inside.len());
        (closed && memchr::memmem::find(inside, b": ").is_some()).then_some(inside)
    };
    let quoted = || quotes.iter().find_map(|quote| text.strip_prefix(*quote));
    // An item of a list; a rule of access.conf has a colon there.
    let item = || text.strip_prefix(b"- ").or_else(|| text.strip_prefix(b"* ")).filter(|after| begins_as_text(after));
    code().or_else(bracketed).or_else(quoted).or_else(item).or_else(comment).unwrap_or(text)
}

/// The mark in front of every line of a mail that is answered, where there is one.
pub fn quote_mark(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    let frame = "│".as_bytes();
    let length =
        if line.starts_with(frame) { frame.len() } else { usize::from(matches!(line.first(), Some(b'>' | b'|'))) };
    &line[..length]
}

/// `<code>`, `<span class="quotelev1">`, `[FONT=Menlo]` and the like.
fn tag(text: &[u8]) -> &[u8] {
    let (closing, equals) = match text.first() {
        Some(b'<') => (b'>', b' '),
        Some(b'[') => (b']', b'='),
        _ => return text,
    };
    let Some(end) = text.iter().take(60).position(|b| *b == closing) else { return text };
    let inside = text[1..end].strip_prefix(b"/").unwrap_or(&text[1..end]);
    let name = &inside[..memchr::memchr(equals, inside).unwrap_or(inside.len())];
    let known = match closing {
        b'>' => (1..=10).contains(&name.len()) && name.iter().all(u8::is_ascii_lowercase),
        _ => FORUM_TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name)),
    };
    if known { &text[end + 1..] } else { text }
}

/// `[FAILED] `, `[  OK  ] `: what systemd writes on the console before a unit's line.
fn console_status(text: &[u8]) -> &[u8] {
    let status = [&b"[FAILED] "[..], b"[  OK  ] ", b"[DEPEND] ", b"[ TIME ] ", b"[ WARN ] ", b"[ INFO ] "];
    status.iter().find_map(|status| text.strip_prefix(*status)).unwrap_or(text)
}

/// What a container runtime or a tool puts before what it read: `stderr F `, `stdout: `.
fn stream(text: &[u8]) -> &[u8] {
    const STREAMS: [&[u8]; 6] = [b"stderr F ", b"stdout F ", b"stderr P ", b"stdout P ", b"stderr: ", b"stdout: "];
    STREAMS.iter().find_map(|stream| text.strip_prefix(*stream)).unwrap_or(text)
}

/// Whether a line begins with the level of a program's own log, or with a field between quotes.
pub fn begins_as_a_tools(text: &[u8]) -> bool {
    layers(text).any(|layer| {
        let word = layer.split(|b| *b == b' ').next().unwrap_or_default();
        let word = word.strip_prefix(b"[").and_then(|word| word.strip_suffix(b"]")).unwrap_or(word);
        syslog::is_level(word) || layer.starts_with(b"\"")
    })
}

/// Tags in square brackets that forums know; programs write other words so.
const FORUM_TAGS: [&[u8]; 13] =
    [b"B", b"I", b"U", b"CODE", b"COLOR", b"EMAIL", b"FONT", b"HTML", b"ICODE", b"INDENT", b"PHP", b"QUOTE", b"SIZE"];

/// `/var/log/secure:` and `auth.log-12-` of grep, `web-1  | ` of compose.
fn file_name(text: &[u8]) -> &[u8] {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-');
    let length = text.iter().take(120).take_while(|b| name(b)).count();
    let (named, rest) = text.split_at(length);
    let like_a_path =
        named.contains(&b'/') || named.ends_with(b".log") || named.ends_with(b"secure") || named.contains(&b'.');
    match rest {
        [b':', after @ ..] if like_a_path && after.first().is_some_and(|b| *b != b' ') => after,
        [b' ', ..] if length > 0 => match blanks(rest) {
            [b'|', b' ', after @ ..] => after,
            _ => text,
        },
        _ => text,
    }
}

/// The line without what quoting puts behind it: backticks, stars, frames, quotes, closing tags.
pub fn undecorate_end(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii_end();
    // `<---- here`
    if let Some(arrow) = memchr::memmem::find(text, b" <--") {
        text = text[..arrow].trim_ascii_end();
    }
    for _ in 0..6 {
        if ends_plainly(text) {
            break;
        }
        let before = text.len();
        const QUOTES: [&[u8]; 15] = [
            b"`.",
            b"`",
            b"*",
            b"|",
            b"\xe2\x94\x82",
            b"\"",
            b"'",
            b",",
            b"}",
            b"\\n",
            b"\\r",
            b"')",
            b"...",
            "…".as_bytes(),
            "」".as_bytes(),
        ];
        for quote in QUOTES {
            // `so', as GNU's tools quote.
            let count = |mark: u8| memchr::memchr_iter(mark, text).count();
            if quote != b"'" || !text.ends_with(b"'") || count(b'`') < count(b'\'') {
                text = text.strip_suffix(quote).unwrap_or(text).trim_ascii_end();
            }
        }
        // A bracket that closes what the message stands in.
        let count = |mark: u8| memchr::memchr_iter(mark, text).count();
        for (opening, closing) in [(b'(', b')'), (b'[', b']')] {
            if text.last() == Some(&closing) && count(closing) > count(opening) {
                text = text[..text.len() - 1].trim_ascii_end();
            }
        }
        for (closing, opening) in [(b">", b"</"), (b"]", b"[/")] {
            if text.ends_with(closing)
                && let Some(start) = memchr::memmem::rfind(text, opening)
                && text.len() - start < 12
            {
                text = text[..start].trim_ascii_end();
            }
        }
        if text.len() == before {
            break;
        }
    }
    text
}

/// Whether nothing that quoting puts behind a line can be there: most lines, told by a byte or two.
fn ends_plainly(text: &[u8]) -> bool {
    match text {
        [.., before, b'n' | b'r'] => *before != b'\\',
        [.., last] => last.is_ascii_alphanumeric(),
        [] => true,
    }
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

/// `[12] `, `12. `, `12) `, `12: `, `12| `, and the gutter of a pager or editor, `  12  text`.
fn list_number(text: &[u8]) -> &[u8] {
    if let Some(behind) = text.strip_prefix(b"[") {
        let digits = behind.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
        if (1..=3).contains(&digits)
            && let Some(after) = behind[digits..].strip_prefix(b"] ")
        {
            return after;
        }
    }
    let digits = text.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
    let rest = &text[digits..];
    match rest {
        [b'.' | b')' | b':' | b'|', b' ' | b'\t', after @ ..] if digits > 0 => after,
        [b':' | b'|', after @ ..] if digits > 0 && after.first().is_some_and(u8::is_ascii_alphabetic) => after,
        [b'\t', after @ ..] if digits > 0 => after,
        [b' ', after @ ..] if digits > 0 && (starts_word(after) || starts_with_time(after)) => after,
        _ => text,
    }
}

/// Whether a gutter's number may stand before this: a letter, after one more blank at least, so that `64 bytes` stays.
fn starts_word(after: &[u8]) -> bool {
    after.first() == Some(&b' ') || after.starts_with(b"debug")
}

/// Whether it is a log's line that a gutter's number may stand before.
fn starts_with_time(after: &[u8]) -> bool {
    time::traditional(after).or_else(|| time::iso(after)).is_some()
}

/// `2018-04-17T10:00:00Z `, `Apr 17 10:00:00 `, `[10:00:00] `, `10:00:00.123 `, with brackets or without.
fn wrapper_time(text: &[u8]) -> &[u8] {
    stamped(text).map_or(text, |(_, after)| after)
}

/// The time that a wrapper, or `ts`, put before a line; a time of day alone is none.
pub fn stamp(line: &[u8]) -> Stamp {
    let mut stamps = layers(line).filter_map(stamped).map(|(stamp, _)| stamp);
    stamps.find(|stamp| *stamp != Stamp::None).unwrap_or_default()
}

fn stamped(text: &[u8]) -> Option<(Stamp, &[u8])> {
    let bracketed = matches!(text.first(), Some(b'[' | b'('));
    let inner = if bracketed { &text[1..] } else { text };
    let (stamp, used) = time::iso(inner)
        .or_else(|| time::traditional(inner))
        .or_else(|| time::localised(inner))
        .or_else(|| time::epoch(inner))
        .or_else(|| clock_time(inner).map(|used| (Stamp::None, used)))?;
    let after = &inner[used..];
    // `[2018-04-17 10:00:00,123 +0000]`
    let zone = after.len() > 6
        && after[0] == b' '
        && matches!(after[1], b'+' | b'-')
        && after[2..6].iter().all(u8::is_ascii_digit);
    let after = if bracketed && zone { &after[6..] } else { after };
    let after = match after.first() {
        Some(b']' | b')') if bracketed => &after[1..],
        _ if bracketed => return None,
        _ => after,
    };
    match after.first() {
        None => Some((stamp, after)),
        Some(b' ' | b'\t' | b'|' | b'-' | b':') => Some((stamp, blanks(&after[1..]))),
        Some(_) => None,
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

/// What a tool's level or mark in brackets is put before: `X` of `ERROR: X` and of `[web1] error: X`. None where there is neither.
pub fn behind_level(text: &[u8]) -> Option<&[u8]> {
    let mark = |text: &[u8]| {
        let end = text.strip_prefix(b"[")?.iter().take(40).position(|b| *b == b']')? + 2;
        (text.get(end) == Some(&b' ')).then_some(end + 1)
    };
    let level = |text: &[u8]| {
        let end = memchr::memchr(b':', &text[..text.len().min(12)])?;
        let is_level = LEVELS.iter().any(|level| text[..end].eq_ignore_ascii_case(level));
        (is_level && text.get(end + 1) == Some(&b' ')).then_some(end + 2)
    };
    let at = |text: &[u8]| mark(text).or_else(|| level(text));
    std::iter::successors(Some(text), |text| at(text).map(|at| text[at..].trim_ascii_start())).take(4).skip(1).last()
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
            ("# Apr 17 10:00:00 web01 sshd[1]: x", "web01 sshd[1]: x"),
            ("2 Apr 17 10:00:00 web01 sshd[1]: x", "web01 sshd[1]: x"),
            ("2018-04-17T10:00:00Z debug1: x", "debug1: x"),
            ("[10:00:00.123] debug1: x", "debug1: x"),
            ("Apr 17 10:00:00 debug1: x", "debug1: x"),
            ("\u{3000}debug1: x", "debug1: x"),
            ("64 bytes from 192.0.2.1", "64 bytes from 192.0.2.1"),
            ("[root@h ~]# ssh h", "[root@h ~]# ssh h"),
            ("```", ""),
            ("`ssh: x", "ssh: x"),
            ("  • ssh: x", "ssh: x"),
            ("... ssh: x", "ssh: x"),
            ("<code>ssh: x", "ssh: x"),
            ("/var/log/secure:12:ssh: x", "ssh: x"),
            ("web-1  | ssh: x", "ssh: x"),
        ] {
            assert_eq!(String::from_utf8_lossy(undecorate(line.as_bytes())), expected, "{line}");
        }
    }

    #[test]
    fn decoration_behind_goes() {
        for line in ["a b.`", "a b.**", "a b. │", "a b.</code>", "a b.\",", "a b.\\r\\n"] {
            assert_eq!(String::from_utf8_lossy(undecorate_end(line.as_bytes())), "a b.", "{line}");
        }
    }

    #[test]
    fn a_log_lines_own_time_comes_off_last() {
        let layers: Vec<_> = layers(b"> 12: Apr 17 10:00:00 h sshd[1]: x").map(String::from_utf8_lossy).collect();
        assert!(layers.iter().any(|l| l == "Apr 17 10:00:00 h sshd[1]: x"), "{layers:?}");
    }

    #[test]
    fn escapes_and_controls_are_removed() {
        let line = b"\x1b[31mPermission\x1b[0m denied\x1b]0;title\x07 x\x08(a).\r";
        assert_eq!(clean(line).as_ref(), b"Permission denied (a).");
    }
}
