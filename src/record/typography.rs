//! What editors, keyboards, web pages and terminals make of a line.
//!
//! In: a line. Out: the same in plain ASCII, and whether it was so handled. Knows nothing of what the text says, nor of what stands
//! around it.

/// What ends a line on a web page.
const BREAKS: [&[u8]; 6] = [b"<br>", b"<br/>", b"<br />", b"</p>", b"</div>", b"</li>"];

/// The line without what a web page ends it with.
pub(super) fn without_break(line: &[u8]) -> &[u8] {
    let without = |end: &&[u8]| line.strip_suffix(*end);
    if line.ends_with(b">") { BREAKS.iter().find_map(without).unwrap_or(line) } else { line }
}

/// Signs for the end of a line within one.
const SIGNS: [&str; 2] = ["\u{2028}", "↵"];

/// The lines of a text in which a web page's tags or signs stand for their ends; empty where there is none of these.
pub fn broken(text: &[u8]) -> Vec<&[u8]> {
    if memchr::memchr2(b'<', 0xe2, text).is_none() {
        return Vec::new();
    }
    let marks = || BREAKS.iter().copied().chain(SIGNS.iter().map(|sign| sign.as_bytes()));
    let mut lines = Vec::new();
    let mut from = 0;
    for at in memchr::memchr2_iter(b'<', 0xe2, text) {
        if let Some(mark) = marks().find(|mark| at >= from && text[at..].starts_with(mark)) {
            lines.push(&text[from..at]);
            from = at + mark.len();
        }
    }
    lines.push(&text[from..]);
    lines.retain(|line| !line.trim_ascii().is_empty());
    lines
}

/// Whether an editor, a web page or a tool left its marks on a log's line, which no program writes so.
pub fn is_handled(line: &[u8]) -> bool {
    // Most lines hold none of these, and are asked no more.
    let has = |byte: u8| memchr::memchr(byte, line).is_some();
    let foreign = has(b'&') || !line.is_ascii();
    let marked = foreign || memchr::memchr2(b'<', b'*', line).is_some();
    let holds = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    let typographic = || SAME_MARKS.iter().any(|(mark, _)| holds(mark.as_bytes()));
    let colored = || memchr::memchr_iter(b'[', line).any(|at| color(&line[at..]).is_some());
    line.ends_with(b">")
        || is_shortened(line)
        || memchr::memchr(0x1b, line).is_some()
        || colored()
        || (marked && (remark(line).is_some() || holds(b"**") || holds(b"&#")))
        || (foreign && typographic())
        || (has(b'\\') && super::unfold::holds_lines(line))
        || super::unfold::headers_within(line).next().is_some()
}

/// Whether all but the very end of a line's rest was left out, as systemd does.
fn is_shortened(line: &[u8]) -> bool {
    let end = &line[line.len().saturating_sub(11)..];
    let kept = end.windows(3).rposition(|dots| dots == b"...").map(|at| end.len() - at - 3);
    kept.is_some_and(|kept| kept > 0)
}

/// Bytes of `[my local IP address]` or `<my server>`: what somebody put in place of a name, as one word.
fn placeholder(text: &[u8]) -> Option<usize> {
    let closing = match text.first() {
        Some(b'[') => b']',
        Some(b'<') => b'>',
        _ => return None,
    };
    let end = text.iter().take(40).position(|b| *b == closing)?;
    let words = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b' ' | b'\'' | b'-');
    let inside = &text[1..end];
    (inside.contains(&b' ') && inside.iter().all(words) && !inside.starts_with(b" ")).then_some(end + 1)
}

/// Marks of other keyboards and of editors, and the ASCII that programs print; for those of bold type it is nothing.
const SAME_MARKS: [(&str, &str); 40] = [
    ("\\(", "("),
    ("\\)", ")"),
    ("\\[", "["),
    ("\\]", "]"),
    ("\\_", "_"),
    ("\\.", "."),
    ("**", ""),
    ("<b>", ""),
    ("</b>", ""),
    ("<strong>", ""),
    ("</strong>", ""),
    ("，", ", "),
    ("、", ", "),
    ("：", ": "),
    ("；", "; "),
    ("。", ". "),
    ("（", " ("),
    ("）", ")"),
    ("“", "\""),
    ("”", "\""),
    ("‘", "'"),
    ("’", "'"),
    ("＝", "="),
    ("＠", "@"),
    ("\u{a0}", " "),
    ("\u{200b}", ""),
    ("\u{feff}", ""),
    ("…", "..."),
    ("–", "-"),
    ("—", "--"),
    ("&nbsp;", " "),
    ("&quot;", "\""),
    ("&ldquo;", "\""),
    ("&rdquo;", "\""),
    ("&apos;", "'"),
    ("&lsquo;", "'"),
    ("&rsquo;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// The character of `&#39;` or `&#x27;`, and how many bytes stand for it.
fn numbered(text: &[u8]) -> Option<(u8, usize)> {
    let number = text.strip_prefix(b"&#")?;
    let end = number.iter().take(6).position(|b| *b == b';')?;
    let digits = std::str::from_utf8(&number[..end]).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u8::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let ascii = if code == 0xa0 { b' ' } else { code };
    (b' '..0x7f).contains(&ascii).then_some((ascii, end + 3))
}

/// How the first byte of an escape sequence is written where it is not shown itself, or is lost.
const ESCAPES: [&str; 7] = ["^[[", "\\e[", "\\033[", "\\x1b[", "\\u001b[", "␛[", "["];

/// Bytes of a color that is there without its escape byte: `[0;1;31m`.
fn color(text: &[u8]) -> Option<usize> {
    let (escape, rest) = ESCAPES.iter().find_map(|e| Some((e.len(), text.strip_prefix(e.as_bytes())?)))?;
    let end = rest.iter().take(12).position(|b| !b.is_ascii_digit() && *b != b';')?;
    (rest[end] == b'm' && end > 0).then_some(escape + end + 1)
}

/// Where somebody points at the line, or remarks on it, behind its end: `<--- here`.
fn remark(text: &[u8]) -> Option<usize> {
    let arrow = |mark: &&str| memchr::memmem::find(text, mark.as_bytes());
    ["<--", "<==", "←", "⇐", "⇦"].iter().find_map(arrow).filter(|at| text[..*at].ends_with(b" "))
}

/// The line with plain ASCII in place of what an editor, a keyboard or a web page made of it; None where there is nothing such.
pub fn plain_marks(text: &[u8]) -> Option<Vec<u8>> {
    let has_marks = memchr::memchr3(b'&', b'*', b'<', text).is_some() || memchr::memchr2(b'[', b'\\', text).is_some();
    if text.is_ascii() && !has_marks {
        return None;
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = remark(text).map_or(text, |at| text[..at].trim_ascii_end());
    while let Some((byte, after)) = rest.split_first() {
        if let Some(blank) = placeholder(rest) {
            plain.extend(rest[..blank].iter().map(|b| if *b == b' ' { b'_' } else { *b }));
            rest = &rest[blank..];
            continue;
        }
        if let Some(gone) = color(rest) {
            rest = &rest[gone..];
            continue;
        }
        if let Some((ascii, length)) = numbered(rest) {
            plain.push(ascii);
            rest = &rest[length..];
            continue;
        }
        let same = SAME_MARKS.iter().find(|(mark, _)| rest.starts_with(mark.as_bytes()));
        rest = match same {
            Some((mark, ascii)) => {
                let blank = if plain.ends_with(b" ") { ascii.strip_prefix(' ') } else { None };
                plain.extend_from_slice(blank.unwrap_or(ascii).as_bytes());
                let after = &rest[mark.len()..];
                if ascii.ends_with(' ') { after.trim_ascii_start() } else { after }
            }
            None => {
                plain.push(*byte);
                after
            }
        };
    }
    (plain != text).then_some(plain)
}

/// The same where an editor made a pair of a backtick and a quote, which older programs write around a name.
pub fn backticked(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.contains('‘'))?;
    plain_marks(text.replace('‘', "`").as_bytes())
}
