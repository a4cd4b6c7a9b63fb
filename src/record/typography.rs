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

/// Whether an editor, a web page or a tool left its marks on a log's line, which no program writes so.
pub fn is_handled(line: &[u8]) -> bool {
    let typographic = || SAME_MARKS.iter().any(|(mark, _)| memchr::memmem::find(line, mark.as_bytes()).is_some());
    without_break(line).len() < line.len()
        || memchr::memchr(0x1b, line).is_some()
        || line.ends_with(b">")
        || is_shortened(line)
        || super::paste::holds_lines(line)
        || ((memchr::memchr(b'&', line).is_some() || !line.is_ascii()) && typographic())
}

/// Whether all but the very end of a line's rest was left out, as systemd does.
fn is_shortened(line: &[u8]) -> bool {
    let kept = memchr::memmem::rfind(line, b"...").map(|at| line.len() - at - 3);
    kept.is_some_and(|kept| (1..=8).contains(&kept))
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
const SAME_MARKS: [(&str, &str); 43] = [
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
    ("&#160;", " "),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&ldquo;", "\""),
    ("&rdquo;", "\""),
    ("&#39;", "'"),
    ("&#039;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("&lsquo;", "'"),
    ("&rsquo;", "'"),
    ("&#x2F;", "/"),
    ("&#x60;", "`"),
    ("&#x3D;", "="),
    ("&#61;", "="),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&amp;", "&"),
];

/// The line with plain ASCII in place of what an editor, a keyboard or a web page made of it; None where there is nothing such.
pub fn plain_marks(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() && memchr::memchr3(b'&', b'*', b'<', text).is_none() && memchr::memchr(b'[', text).is_none() {
        return None;
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        if let Some(blank) = placeholder(rest) {
            plain.extend(rest[..blank].iter().map(|b| if *b == b' ' { b'_' } else { *b }));
            rest = &rest[blank..];
            continue;
        }
        let same = SAME_MARKS.iter().find(|(mark, _)| rest.starts_with(mark.as_bytes()));
        rest = match same {
            Some((mark, ascii)) => {
                plain.extend_from_slice(ascii.as_bytes());
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
