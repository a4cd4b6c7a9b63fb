//! Where within a line a message may begin or end: behind prompts and labels, in a sentence, between marks.
//!
//! In: a line without its decoration. Out: offsets, or what stands there. Knows nothing of what the text says; each search is
//! bounded, so that a line costs no more than its length.

/// Longest line whose words are tried as beginnings; what follows a longer prefix is no paste of a terminal.
const MAX_PREFIX: usize = 400;
/// So far a paragraph in one line is read for what it tells.
const MAX_PARAGRAPH: usize = 4000;

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

/// Labels of a message, `could not run: ssh: ...`, and the longest of those that are words.
const MOST_LABELS: usize = 6;
const LONGEST_LABEL: usize = 60;

/// Where what stands behind each of a message's first labels begins.
pub fn behind_labels(message: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(message, b": ").take(MOST_LABELS).map(|at| at + 2)
}

/// A message and what stands behind each of its first labels, as long as they are words: what is quoted before may be a
/// stranger's, and so is what a header field such as `User-Agent` holds.
pub fn behind_words(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_of_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'.' | b'/');
    let mut from = 0;
    let behind = behind_labels(message).map_while(move |at| {
        let label = &message[std::mem::replace(&mut from, at)..at - 2];
        (label.len() <= LONGEST_LABEL && label.iter().all(is_of_word)).then_some(&message[at..])
    });
    std::iter::once(message).chain(behind)
}

/// Whether a line quotes more than one thing between backticks.
pub fn quotes_several(text: &[u8]) -> bool {
    memchr::memchr_iter(b'`', text).nth(3).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
