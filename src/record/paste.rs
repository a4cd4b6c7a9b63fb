//! What people and tools put around the lines of a transcript when they paste it.
//!
//! In: one pasted line. Out: where its own text may begin. Knows nothing of what the text says.
//! Quotes, list numbers, indentation, fences, wrappers' times and prompts are decoration; escape sequences are removed.

use super::time::Stamp;
use super::{Record, syslog, time, typography};
use std::borrow::Cow;

/// Longest line whose words are tried as beginnings; what follows a longer prefix is no paste of a terminal.
const MAX_PREFIX: usize = 400;
/// How bad a program calls what it says.
const LEVELS: [&[u8]; 9] =
    [b"error", b"err", b"warning", b"warn", b"fatal", b"critical", b"failed", b"exception", b"fatal error"];
/// So far a paragraph in one line is read for what it tells.
const MAX_PARAGRAPH: usize = 4000;

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
    let comment = || text.strip_prefix(b"#").filter(|after| !after.is_empty()).filter(is_note);
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

/// Offsets at which the emitter's own text may begin behind a prompt, a tool's prefix or a label.
pub fn word_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let limit = text.len().min(MAX_PREFIX);
    (1..limit).filter(move |at| {
        let before = text[at - 1];
        let here = text[*at];
        let boundary = matches!(
            before,
            b' ' | b'\t'
                | b':'
                | b'>'
                | b'#'
                | b'$'
                | b'%'
                | b']'
                | b'"'
                | b'\''
                | b'`'
                | b'='
                | b'('
                | b'['
                | b'*'
                | b','
        );
        let other_script = !before.is_ascii() && here.is_ascii();
        (boundary || other_script) && !matches!(here, b' ' | b'\t' | b':' | b'>' | b'"' | b'\'' | b'`')
    })
}

/// Offsets at which somebody's words may go over into a message: where any word begins, whatever stands before it.
pub fn beginnings(text: &[u8]) -> impl Iterator<Item = usize> {
    let word = |b: &u8| b.is_ascii_alphanumeric();
    let limit = text.len().min(MAX_PARAGRAPH);
    (0..limit).filter(move |at| word(&text[*at]) && at.checked_sub(1).is_none_or(|before| !word(&text[before])))
}

/// Most places at which something behind a message may begin.
const MOST_TAILS: usize = 6;

/// Places where something may begin that people or tools put behind a message: marks, remarks behind a mark, how often it came.
/// The last first.
pub fn tails(text: &[u8]) -> impl Iterator<Item = usize> {
    let is_word = |b: &u8| b.is_ascii_alphanumeric();
    let counts = |tail: &[u8]| {
        let digits = tail.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let label = &tail[..tail.len() - digits];
        digits > 0 && (label == b"x" || (label.ends_with(b":") && !label.contains(&b' ')))
    };
    let begins = move |at: &usize| match text[*at] {
        b' ' | b'\t' => text.get(at + 1).is_some_and(|next| !is_word(next) || counts(&text[at + 1..])),
        b'\\' | b'{' | b'[' | b'`' | b'!' | b'?' | b';' | b'^' | b'<' => is_word(&text[at - 1]) || text[at - 1] == b']',
        mark => !mark.is_ascii() && text[at - 1].is_ascii(),
    };
    (crate::template::MIN_LITERAL..text.len()).rev().filter(begins).take(MOST_TAILS)
}

/// Whether a message ends in a mark that none of SSH's ends in.
pub fn has_tail(message: &[u8]) -> bool {
    let last = message.trim_ascii_end().last();
    last.is_some_and(|b| matches!(b, b'\\' | b'|' | b';' | b'`' | b'}' | b'?') || !b.is_ascii())
}

/// Places behind which a quoted message may be over: at a closing mark, and where another script begins, as in
/// `エラー「Permission denied」が出ます`. Empty for text that does not begin in ASCII.
pub fn ends(text: &[u8]) -> impl Iterator<Item = usize> {
    let quoted = text.first().is_some_and(u8::is_ascii);
    let first = |found: Option<usize>| found.filter(|at| quoted && *at >= crate::template::MIN_LITERAL);
    let other_script = first(text.iter().position(|b| !b.is_ascii()));
    let mark = first(memchr::memchr3(b'`', b'"', b'<', text));
    // Fields that a logger sets apart.
    let fields = first(memchr::memmem::find(text, b"  ").filter(|at| text[*at..].contains(&b'=')));
    other_script.into_iter().chain(mark).chain(fields)
}

/// Places where words end, where a message that a sentence goes on behind may be over: before blanks, marks of a sentence and
/// other scripts.
pub fn word_ends(text: &[u8]) -> impl Iterator<Item = usize> {
    let mark = |b: u8| matches!(b, b'.' | b',' | b';' | b':' | b')' | b'!' | b'?' | b'"' | b'\'' | b'`' | b'*');
    (crate::template::MIN_LITERAL..=text.len()).filter(move |at| {
        let before = text[at - 1];
        // Within a list, a name or a number no word ends.
        let goes_on =
            |b: &u8| matches!(b, b',' | b'.' | b':') && text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        let is_mark = |b: &u8| mark(*b) && !goes_on(b);
        let is_over = |b: &u8| *b == b' ' || *b == b'\t' || is_mark(b) || (!b.is_ascii() && before.is_ascii());
        !before.is_ascii_whitespace() && text.get(*at).is_none_or(is_over)
    })
}

/// Places where a message that stands behind `opening` may end at what closes it, the last first: a message may hold such
/// marks of its own.
pub fn closings(opening: Option<u8>, text: &[u8]) -> impl Iterator<Item = usize> {
    let closing = match opening {
        Some(b'(') => Some(b')'),
        Some(b'[') => Some(b']'),
        Some(mark @ (b'\'' | b'*')) => Some(mark),
        _ => None,
    };
    let ends = closing.into_iter().flat_map(|mark| memchr::memrchr_iter(mark, text));
    ends.filter(|at| *at >= crate::template::MIN_LITERAL).take(4)
}

/// Whether a message begins as PAM's modules begin theirs when sshd calls them: `pam_unix(sshd:auth): `. No client writes that.
pub fn is_of_pam(message: &[u8]) -> bool {
    let name = message.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    message.starts_with(b"pam_") && message[name..].starts_with(b"(sshd:")
}

/// The header of a line of which only the program's tag was pasted: `sshd[7]: x`, `auth.info sshd[7]: x`, `sshd[xxx]: x`.
pub fn tagged(text: &[u8]) -> Option<Record<'_>> {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let length = text.iter().take(40).take_while(|b| name(b)).count();
    let (program, rest) = text.split_at(length);
    match rest {
        [b' ', rest @ ..] if program.contains(&b'.') && length > 0 => tagged(rest).filter(|_| program.len() < 20),
        [b':', b' ', message @ ..] if length > 0 => Some(Record { program, message, ..Record::default() }),
        [b'[', rest @ ..] if length > 0 => {
            let end = rest.iter().take(12).position(|b| *b == b']')?;
            let pid = &rest[..end];
            let redacted = |b: &u8| matches!(b, b'x' | b'X' | b'*' | b'#' | b'N');
            let message = rest[end + 1..].strip_prefix(b": ")?;
            let known = syslog::decimal(pid);
            (known.is_some() || pid.iter().all(redacted)).then(|| Record {
                program,
                pid: known,
                message,
                ..Record::default()
            })
        }
        _ => None,
    }
}

/// The lines that a line holds in escaped form, as tools print them: `"msg": "one\r\ntwo"`.
pub fn embedded_lines(text: &[u8]) -> Vec<&[u8]> {
    // However often it was escaped.
    split(text, |slashes, behind| slashes > 0 && matches!(behind, b'n' | b'r'))
}

/// A text of which a tool's JSON has escaped the quotes, without that.
pub fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(text, b"\\\"")?;
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (before, behind) = rest.split_at(slashes(rest));
        if behind.first() != Some(&b'"') {
            plain.extend_from_slice(before);
        }
        plain.extend(behind.first());
        rest = behind.get(1..).unwrap_or_default();
    }
    Some(plain)
}

/// Whether a line holds several in escaped form.
pub fn holds_lines(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"\\n").nth(1).is_some()
}

/// The strings of a line of JSON that hold escaped quotes, without their escapes.
pub fn unescaped_strings(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    split(text, |slashes, behind| slashes == 0 && behind == b'"').into_iter().filter_map(unescaped)
}

/// The parts of a line between double quotes, escaped or not.
pub fn quoted(text: &[u8]) -> Vec<&[u8]> {
    split(text, |_, behind| behind == b'"')
}

/// Marks that people put around what they quote.
const MARKS: [(&str, &str); 8] =
    [("\"", "\""), ("'", "'"), ("`", "`"), ("**", "**"), ("“", "”"), ("‘", "’"), ("「", "」"), ("『", "』")];
/// Quotations of one kind of mark that are looked at in a line.
const MOST_QUOTED: usize = 4;

/// What stands between two marks in a sentence, up to the first mark that closes and up to the last: a quotation may hold such
/// marks of its own. A mark within a word is none.
pub fn between_marks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = &text[..text.len().min(10 * MAX_PREFIX)];
    let within_word = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
    MARKS.iter().flat_map(move |(opening, closing)| {
        let opens = memchr::memmem::find_iter(text, opening.as_bytes())
            .filter(move |at| !within_word(at.checked_sub(1).and_then(|before| text.get(before))));
        opens.take(MOST_QUOTED).flat_map(move |at| {
            let from = at + opening.len();
            let rest = &text[from..];
            let closes = |end: &usize| !within_word(rest.get(end + closing.len()));
            let first = memchr::memmem::find_iter(rest, closing.as_bytes()).find(closes);
            let last =
                memchr::memmem::rfind_iter(rest, closing.as_bytes()).find(closes).filter(|last| Some(*last) != first);
            [first, last]
                .into_iter()
                .flatten()
                .filter(|end| *end >= crate::template::MIN_LITERAL)
                .map(|end| &rest[..end])
        })
    })
}

/// Whether a line is a transcript whose line ends were lost.
pub fn runs_on(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b" debug1: ").nth(1).is_some()
}

/// Such a line before each of its debug messages.
pub fn debug_lines(text: &[u8]) -> Vec<&[u8]> {
    let begins = memchr::memmem::find_iter(text, b" debug").filter(|at| text.get(at + 7..at + 9) == Some(b": "));
    let mut starts: Vec<usize> = std::iter::once(0).chain(begins).collect();
    // What the client says in the end is no debug message.
    let last = starts.last().copied().unwrap_or_default();
    starts.extend(memchr::memmem::find(&text[last..], b". ").map(|stop| last + stop + 1));
    starts.push(text.len());
    starts.windows(2).map(|pair| text[pair[0]..pair[1]].trim_ascii()).filter(|line| !line.is_empty()).collect()
}

/// Where in a line further log lines begin, whose line ends were lost: each with its time, host and process.
pub fn headers_within(text: &[u8]) -> impl Iterator<Item = usize> {
    let begins = |at: &usize| {
        let year = || text[*at..].starts_with(b"20") && text.get(*at + 4) == Some(&b'-');
        let month = || text[*at].is_ascii_uppercase() && text.get(*at + 3) == Some(&b' ');
        month() || year()
    };
    // Behind a blank, or where nothing is left of the line's end.
    let ends_word = |at: &usize| !text[at - 1].is_ascii_uppercase() && text[at - 1] != b'-';
    (1..text.len())
        .filter(begins)
        .filter(ends_word)
        .filter(|at| syslog::parse(&text[*at..]).is_some_and(|r| r.pid.is_some() && !r.host.is_empty()))
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

/// Labels of a message, `could not run: ssh: ...`, and the longest of them.
const MOST_LABELS: usize = 6;
const LONGEST_LABEL: usize = 60;

/// A message and what stands behind each of its first labels, which are words: what is quoted before may be a stranger's, and so is
/// what a header field such as `User-Agent` holds.
pub fn behind_labels(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    fn behind(rest: &[u8]) -> Option<&[u8]> {
        let at = memchr::memmem::find(rest, b": ")?;
        let is_of_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'.' | b'/');
        (at <= LONGEST_LABEL && rest[..at].iter().all(is_of_word)).then(|| &rest[at + 2..])
    }
    std::iter::successors(Some(message), |rest| behind(rest)).take(MOST_LABELS + 1)
}

/// What a program says that it was told, in fields such as `err="..."`, without their escapes.
pub fn told_values(message: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    const FIELDS: [&[u8]; 9] = [
        b" err=\"",
        b" error=\"",
        b" msg=\"",
        b" message=\"",
        b"\"err\":\"",
        b"\"error\":\"",
        b"\"msg\":\"",
        b"\"msg\": \"",
        b"\"message\":\"",
    ];
    FIELDS.iter().filter_map(move |field| {
        let first = || message.starts_with(&field[1..]).then(|| field.len() - 1);
        let from = first().or_else(|| memchr::memmem::find(message, field).map(|at| at + field.len()))?;
        let value = &message[from..];
        let escaped = |end: usize| value[..end].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
        let end = memchr::memchr_iter(b'"', value).find(|end| !escaped(*end))?;
        Some(unescaped(&value[..end]).unwrap_or_else(|| value[..end].to_vec()))
    })
}

/// Whether a line quotes more than one thing between backticks.
pub fn quotes_several(text: &[u8]) -> bool {
    memchr::memchr_iter(b'`', text).nth(3).is_some()
}

/// How many backslashes a text begins with: each run of them is looked at once, however long it is.
fn slashes(text: &[u8]) -> usize {
    text.iter().take_while(|b| **b == b'\\').count()
}

/// Splits where `separates` says so of a byte and of how many backslashes are before it; leaves out what is too short for any
/// message.
fn split(text: &[u8], separates: impl Fn(usize, u8) -> bool) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at < text.len() {
        let slashes = slashes(&text[at..]);
        let Some(behind) = text.get(at + slashes) else { break };
        if separates(slashes, *behind) {
            parts.push(&text[from..at]);
            from = at + slashes + 1;
        }
        at += slashes + 1;
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
    fn a_tag_alone_is_a_header() {
        for (line, expected) in [
            ("sshd[7]: x y", Some(("sshd", Some(7), "x y"))),
            ("auth.info sshd[37]: x", Some(("sshd", Some(37), "x"))),
            ("sshd[xxx]: x", Some(("sshd", None, "x"))),
            ("sshd: x", Some(("sshd", None, "x"))),
            ("User sshd[7]: x", None),
            ("[7]: x", None),
        ] {
            let found = tagged(line.as_bytes());
            let text = String::from_utf8_lossy;
            let found = found.map(|r| (text(r.program).into_owned(), r.pid, text(r.message).into_owned()));
            assert_eq!(found, expected.map(|(p, pid, m)| (p.to_owned(), pid, m.to_owned())), "{line}");
        }
    }

    #[test]
    fn a_message_within_a_sentence_ends_where_the_sentence_goes_on() {
        for (text, expected) in [
            ("Permission denied」が表示", vec!["Permission denied"]),
            ("Permission denied (a).` 에러", vec!["Permission denied (a).` ", "Permission denied (a)."]),
            ("何か", vec![]),
        ] {
            let found: Vec<&str> = ends(text.as_bytes()).map(|at| &text[..at]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_somebody_quotes_stands_between_marks() {
        for (line, expected) in [
            ("it said: ‘a bad mode’. I see", vec!["a bad mode"]),
            ("the log: 'user 'bob' denied' it's", vec!["user 'bob", "user 'bob' denied", "bob' denied"]),
            ("ログは「a bad mode」です", vec!["a bad mode"]),
            ("don't, won't", vec![]),
        ] {
            let found: Vec<_> = between_marks(line.as_bytes()).map(String::from_utf8_lossy).collect();
            assert_eq!(found, expected, "{line}");
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
    fn runs_of_backslashes_are_looked_at_once() {
        let run = "\\".repeat(2_000_000);
        let text = format!("one{run}x two{run}n three {run}\"four{run}");
        let begun = std::time::Instant::now();
        assert_eq!(embedded_lines(text.as_bytes()).len(), 2);
        assert_eq!(quoted(text.as_bytes()).len(), 2);
        assert!(unescaped(text.as_bytes()).is_some_and(|plain| plain.len() < text.len()));
        // Each byte anew would take hours.
        assert!(begun.elapsed().as_secs() < 20);
    }

    #[test]
    fn a_transcript_on_one_line_is_taken_apart() {
        let text = b"OpenSSH_6.2 debug1: a debug2: b debug1: No more. bob: denied";
        let lines: Vec<_> = debug_lines(text).into_iter().map(String::from_utf8_lossy).collect();
        assert_eq!(lines, ["OpenSSH_6.2", "debug1: a", "debug2: b", "debug1: No more.", "bob: denied"]);
        // Cut anywhere.
        (0..text.len()).for_each(|end| drop(debug_lines(&text[..end])));
    }

    #[test]
    fn escapes_and_controls_are_removed() {
        let line = b"\x1b[31mPermission\x1b[0m denied\x1b]0;title\x07 x\x08(a).\r";
        assert_eq!(clean(line).as_ref(), b"Permission denied (a).");
    }

    #[test]
    fn lines_inside_a_tools_json_are_found() {
        let line = br#"fatal: [web]: UNREACHABLE! => {"msg": "Failed: ssh: one\r\ntwo more"}"#;
        let parts = embedded_lines(line).into_iter().flat_map(quoted);
        let parts: Vec<_> = parts.map(String::from_utf8_lossy).collect();
        assert!(parts.iter().any(|p| p == "Failed: ssh: one") && parts.iter().any(|p| p == "two more"));
    }
}
