//! Lines that a line holds: escaped, between quotes, or with their line ends lost.
//!
//! In: one line. Out: the lines in it, without what kept them together. Knows nothing of what the text says.

use super::syslog;

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
    let begins = |text: &[u8]| match *text {
        [b'2', b'0', _, _, b'-'] => true,
        [first, _, _, b' ', _] => first.is_ascii_uppercase(),
        _ => false,
    };
    // Behind a blank, or where nothing is left of the line's end.
    let ends_word = |at: &usize| !text[at - 1].is_ascii_uppercase() && text[at - 1] != b'-';
    let begin = text.windows(5).enumerate().skip(1).filter(move |(_, here)| begins(here)).map(|(at, _)| at);
    begin
        .filter(ends_word)
        .filter(|at| syslog::parse(&text[*at..]).is_some_and(|r| r.pid.is_some() && !r.host.is_empty()))
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
    fn lines_inside_a_tools_json_are_found() {
        let line = br#"fatal: [web]: UNREACHABLE! => {"msg": "Failed: ssh: one\r\ntwo more"}"#;
        let parts = embedded_lines(line).into_iter().flat_map(quoted);
        let parts: Vec<_> = parts.map(String::from_utf8_lossy).collect();
        assert!(parts.iter().any(|p| p == "Failed: ssh: one") && parts.iter().any(|p| p == "two more"));
    }
}
