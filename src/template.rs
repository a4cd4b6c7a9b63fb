//! Message templates: `Failed {method} for [invalid user ]{user} from {source} port {port} ssh2`.
//!
//! In: the text of a template, later the bytes of one message. Out: where each field lies, or no match.
//! Knows nothing of records, causes or files.
//!
//! A template is unfolded into flat wordings (no options, no alternatives left). A wording matches a whole message.
//! What stands before its first free field (`user`, `text`, `rest`) is matched forward from the first byte, what stands
//! after its last one backward from the last byte. So whatever a hostile user name imitates stays inside the name, and the
//! time is linear: typed fields have bounded length, and one pass over the message finds the parts between free fields.

#[path = "template/bytes.rs"]
pub mod bytes;
#[path = "template/field.rs"]
mod field;
#[path = "template/parse.rs"]
mod parse;

pub use field::FieldType;

use field::{ALLOWED, MAX_REDACTED, allowed, bracketed, is_option, run};
use memchr::memmem::{Finder, FinderRev};
use parse::Flat;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;

/// Most fields a template may have.
pub const MAX_FIELDS: usize = 16;
/// Longest value of an address, word, token or number in bytes; longer runs do not match.
const MAX_TYPED: usize = 1024;
/// A wording needs a literal of this length, so that it can be found without trying it on every message.
pub const MIN_LITERAL: usize = 4;

/// Where the fields of a match lie in the message, by slot.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    /// Which of the spans are meant: emptying it costs one store, not sixteen.
    set: u16,
    spans: [(u32, u32); MAX_FIELDS],
}

impl Captures {
    /// The byte range of a field, or None where the matched wording has no such field.
    pub fn get(&self, slot: usize) -> Option<Range<usize>> {
        let (start, end) = *self.spans.get(slot)?;
        (self.set >> slot & 1 != 0).then_some(start as usize..end as usize)
    }

    /// The byte ranges of all fields.
    pub fn all(&self) -> impl Iterator<Item = Range<usize>> {
        (0..MAX_FIELDS).filter_map(|slot| self.get(slot))
    }

    /// How many bytes of the message all fields take.
    pub fn bytes(&self) -> usize {
        self.all().map(|range| range.len()).sum()
    }

    /// Forgets what ends behind this byte.
    pub fn forget_from(&mut self, end: usize) {
        for slot in 0..MAX_FIELDS {
            if self.get(slot).is_some_and(|range| range.end > end) {
                self.set &= !(1 << slot);
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.set = 0;
    }

    pub(crate) fn set(&mut self, slot: u8, range: Range<usize>) {
        self.set |= 1 << slot;
        self.spans[slot as usize] = (range.start as u32, range.end as u32);
    }
}

/// A template, parsed and unfolded.
#[derive(Debug)]
pub struct Template {
    /// The flat wordings, longest first.
    pub wordings: Vec<Wording>,
}

/// One wording: literals and fields in turn.
#[derive(Debug, Deserialize, Serialize)]
pub struct Wording {
    parts: Vec<Part>,
    first_free: usize,
    last_free: usize,
    literal_bytes: usize,
}

impl Wording {
    /// What follows the beginning of a message, where a literal holds its last `length` bytes; fields with something that fits.
    pub fn after(&self, beginning: &[u8], length: usize) -> Option<Vec<u8>> {
        let bytes = &beginning[beginning.len().checked_sub(length)?..];
        if let Some(Part::Literal(first)) = self.parts.first() {
            let shared = first.text.len().min(beginning.len());
            if first.text.as_bytes()[..shared] != beginning[..shared] {
                return None;
            }
        }
        let find = |part: &Part| match part {
            Part::Literal(literal) => memchr::memmem::find(literal.text.as_bytes(), bytes),
            Part::Field { .. } => None,
        };
        let (at, found) = self.parts.iter().enumerate().find_map(|(at, part)| Some((at, find(part)?)))?;
        let mut after = Vec::new();
        for (number, part) in self.parts.iter().enumerate().skip(at) {
            match part {
                Part::Literal(literal) if number == at => {
                    after.extend_from_slice(&literal.text.as_bytes()[found + bytes.len()..]);
                }
                Part::Literal(literal) => after.extend_from_slice(literal.text.as_bytes()),
                Part::Field { ty: FieldType::Number, .. } => after.push(b'1'),
                Part::Field { ty: FieldType::Rest | FieldType::Token, .. } => {}
                Part::Field { .. } => after.push(b'x'),
            }
        }
        Some(after)
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
enum Part {
    Literal(Literal),
    Field { ty: FieldType, slot: u8 },
}

#[derive(Debug, Clone, Deserialize, Serialize)]
struct Literal {
    text: Box<str>,
    /// Set where the literal follows a free field and is searched for; the search runs from the right after a `user`.
    find: Option<Find>,
}

/// A search, made ready when it is first needed: most wordings are never tried.
#[derive(Debug, Clone, Deserialize, Serialize)]
enum Find {
    Left(#[serde(skip)] OnceLock<Box<Finder<'static>>>),
    Right(#[serde(skip)] OnceLock<Box<FinderRev<'static>>>),
}

impl Literal {
    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Template {
    /// Parses a template; field names get their slot from `slots`, which grows by the new ones.
    ///
    /// # Errors
    /// What is wrong with the template, in words.
    pub fn parse(text: &str, slots: &mut Vec<String>) -> Result<Self, String> {
        let parsed = parse::wordings(text, slots)?;
        let mut wordings = parsed.into_iter().map(Wording::new).collect::<Result<Vec<_>, _>>()?;
        wordings.sort_by_key(|w| std::cmp::Reverse(w.literal_bytes));
        Ok(Self { wordings })
    }

    /// A template as one regular expression over a whole log line, for programs that know no templates. It accepts at least
    /// what the template accepts.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn to_regex(text: &str) -> Result<String, String> {
        Ok(format!("{}( \\[(pre|post)auth\\])?$", parse::regex(text)?))
    }
}

impl Wording {
    fn new(parts: Vec<Flat>) -> Result<Self, String> {
        let mut merged: Vec<Flat> = Vec::new();
        for part in parts {
            match (merged.last_mut(), part) {
                (Some(Flat::Bytes(last)), Flat::Bytes(more)) => last.extend(more),
                (_, Flat::Bytes(empty)) if empty.is_empty() => {}
                (Some(Flat::Field(..)), Flat::Field(..)) => {
                    return Err("two fields need a literal between them".into());
                }
                (_, part) => merged.push(part),
            }
        }
        let last = merged.len().saturating_sub(1);
        for (i, part) in merged.iter().enumerate() {
            if matches!(part, Flat::Field(FieldType::Rest, _)) && i != last {
                return Err("a rest field must be last".into());
            }
        }
        let literal = |p: &Flat| match p {
            Flat::Bytes(b) => b.len(),
            Flat::Field(..) => 0,
        };
        if merged.iter().map(literal).max().unwrap_or(0) < MIN_LITERAL {
            return Err(format!("needs a literal of at least {MIN_LITERAL} bytes"));
        }
        let literal_bytes = merged.iter().map(literal).sum();
        let free = |p: &Flat| matches!(p, Flat::Field(ty, _) if ty.is_free());
        let first_free = merged.iter().position(free).unwrap_or(merged.len());
        let last_free = merged.iter().rposition(free).unwrap_or(merged.len());
        let mut before = None;
        let parts = merged
            .into_iter()
            .enumerate()
            .map(|(i, part)| match part {
                Flat::Field(ty, slot) => {
                    before = Some(ty);
                    Ok(Part::Field { ty, slot })
                }
                Flat::Bytes(bytes) => {
                    let searched = i > first_free && i < last_free;
                    let find = match before.take() {
                        Some(FieldType::User) if searched => Some(Find::Right(OnceLock::new())),
                        Some(FieldType::Text) if searched => Some(Find::Left(OnceLock::new())),
                        _ => None,
                    };
                    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8")?;
                    Ok(Part::Literal(Literal { text: text.into(), find }))
                }
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { parts, first_free, last_free, literal_bytes })
    }

    /// The bytes every match begins with; empty where the wording begins with a field.
    pub fn prefix(&self) -> &[u8] {
        match self.parts.first() {
            Some(Part::Literal(l)) => l.bytes(),
            _ => &[],
        }
    }

    /// The longest run of bytes that every match holds.
    pub fn longest_literal(&self) -> &[u8] {
        let literals = self.parts.iter().filter_map(|p| match p {
            Part::Literal(l) => Some(l.bytes()),
            Part::Field { .. } => None,
        });
        literals.max_by_key(|l| l.len()).unwrap_or_default()
    }

    /// The bytes every match ends with; empty where the wording ends with a field.
    pub fn suffix(&self) -> &[u8] {
        match self.parts.last() {
            Some(Part::Literal(l)) => l.bytes(),
            _ => &[],
        }
    }

    /// All groups of four bytes that every match holds behind its first part and before its last one.
    pub fn inner(&self) -> Vec<[u8; 4]> {
        let inner = self.parts.get(1..self.parts.len().saturating_sub(1)).unwrap_or_default();
        let literals = inner.iter().filter_map(|p| match p {
            Part::Literal(l) => Some(l.bytes().windows(4)),
            Part::Field { .. } => None,
        });
        literals.flatten().map(|w| [w[0], w[1], w[2], w[3]]).collect()
    }

    /// How many bytes of a match are fixed: the more, the more specific.
    pub fn literal_bytes(&self) -> usize {
        self.literal_bytes
    }

    /// Matches a whole message, of which `known` bytes are known to be as its first part says: all of them or none.
    pub fn matches(&self, message: &[u8], known: usize, captures: &mut Captures) -> bool {
        captures.clear();
        let parts = &self.parts[usize::from(known > 0)..self.first_free];
        let Some(head) = forward(parts, message, known, message.len(), captures) else {
            return false;
        };
        if self.first_free == self.parts.len() {
            return head == message.len();
        }
        let tail_parts = &self.parts[self.last_free + 1..];
        let Some(tail) = backward(tail_parts, message, head, message.len(), captures) else {
            return false;
        };
        self.free_fields(message, head, tail, captures)
    }

    /// Lays out the free fields between `head` and `tail`, with the parts that stand between them.
    fn free_fields(&self, message: &[u8], head: usize, tail: usize, captures: &mut Captures) -> bool {
        let mut at = head;
        let mut i = self.first_free;
        while let Part::Field { ty, slot } = self.parts[i] {
            let next =
                (i + 1..=self.last_free).find(|&n| matches!(self.parts[n], Part::Field { ty, .. } if ty.is_free()));
            let Some(next) = next else {
                if tail < at + ty.min_len() {
                    return false;
                }
                captures.set(slot, at..tail);
                return true;
            };
            let between = &self.parts[i + 1..next];
            let Some((start, end)) = search(between, message, at + ty.min_len(), tail, captures) else {
                return false;
            };
            captures.set(slot, at..start);
            at = end;
            i = next;
        }
        false
    }
}

/// Finds `parts`, which begin with a literal that is to be searched for, within `from..to`.
fn search(parts: &[Part], message: &[u8], from: usize, to: usize, captures: &mut Captures) -> Option<(usize, usize)> {
    let Some(Part::Literal(literal @ Literal { find: Some(find), .. })) = parts.first() else {
        return None;
    };
    let wanted = literal.bytes();
    let window = message.get(from..to)?;
    let mut attempt = |offset: usize| {
        let start = from + offset;
        forward(&parts[1..], message, start + wanted.len(), to, captures).map(|end| (start, end))
    };
    match find {
        Find::Left(finder) => {
            let finder = finder.get_or_init(|| Box::new(Finder::new(wanted).into_owned()));
            finder.find_iter(window).find_map(&mut attempt)
        }
        Find::Right(finder) => {
            let finder = finder.get_or_init(|| Box::new(FinderRev::new(wanted).into_owned()));
            finder.rfind_iter(window).find_map(&mut attempt)
        }
    }
}

/// Matches literals and typed fields from `at` on; returns where they end.
fn forward(parts: &[Part], message: &[u8], mut at: usize, to: usize, captures: &mut Captures) -> Option<usize> {
    for (i, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(l) => {
                bytes::begins(message.get(at..to)?, l.bytes()).then_some(())?;
                at += l.bytes().len();
            }
            Part::Field { ty, slot } => {
                let limit = to.min(at + MAX_TYPED);
                let bit = allowed(*ty, message.get(at));
                let mut end = at + run(message.get(at..limit)?, bit);
                if ty.is_address() && bit == FieldType::Word.bit() {
                    end = end.max(at + bracketed(&message[at..limit]));
                }
                if let Some(Part::Literal(next)) = parts.get(i + 1) {
                    end = last_start(&message[..to], at, end, next.bytes());
                }
                (end >= at + ty.min_len() && !is_option(*ty, &message[at..end])).then_some(())?;
                captures.set(*slot, at..end);
                at = end;
            }
        }
    }
    Some(at)
}

/// Matches literals and typed fields that end at `to`; returns where they begin, not before `from`.
fn backward(parts: &[Part], message: &[u8], from: usize, mut to: usize, captures: &mut Captures) -> Option<usize> {
    for (i, part) in parts.iter().enumerate().rev() {
        match part {
            Part::Literal(l) => {
                bytes::ends(message.get(from..to)?, l.bytes()).then_some(())?;
                to -= l.bytes().len();
            }
            Part::Field { ty, slot } => {
                let limit = from.max(to.saturating_sub(MAX_TYPED));
                let bit = allowed(*ty, message.get(limit..to)?.last());
                let before = message.get(limit..to)?.iter().rposition(|b| ALLOWED[*b as usize] & bit == 0);
                let mut start = before.map_or(limit, |before| limit + before + 1);
                if ty.is_address() && bit == FieldType::Word.bit() {
                    let mut opening = (from.max(to.saturating_sub(MAX_REDACTED))..start).rev();
                    let begins = |at: &usize| bracketed(&message[*at..to]) == to - at;
                    start = opening.find(begins).unwrap_or(start);
                }
                if let Some(Part::Literal(before)) = i.checked_sub(1).map(|b| &parts[b]) {
                    start = first_end(message, from, start, to, before.bytes());
                }
                (start + ty.min_len() <= to && !is_option(*ty, &message[start..to])).then_some(())?;
                captures.set(*slot, start..to);
                to = start;
            }
        }
    }
    Some(to)
}

/// The last place from `at` to `end` at which `literal` begins; `at` where there is none.
fn last_start(message: &[u8], at: usize, mut end: usize, literal: &[u8]) -> usize {
    while end > at && !bytes::begins(&message[end..], literal) {
        // From one place where it may begin to the next.
        end = memchr::memrchr(literal[0], &message[at..end]).map_or(at, |before| at + before);
    }
    end
}

/// The first place from `start` to `to` at which `literal`, which begins not before `from`, ends; `to` where there is none.
fn first_end(message: &[u8], from: usize, mut start: usize, to: usize, literal: &[u8]) -> usize {
    while start < to && !message[from..start].ends_with(literal) {
        let last = literal[literal.len() - 1];
        start = memchr::memchr(last, &message[start..to]).map_or(to, |before| start + before + 1);
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The captured fields of a match as `name=value` in slot order.
    fn captured(template: &str, message: &str) -> Option<Vec<String>> {
        let mut slots = Vec::new();
        let parsed = Template::parse(template, &mut slots).expect("valid template");
        let mut captures = Captures::default();
        parsed.wordings.iter().any(|w| w.matches(message.as_bytes(), 0, &mut captures)).then(|| {
            let field = |(i, n): (usize, &String)| Some(format!("{n}={}", &message[captures.get(i)?]));
            slots.iter().enumerate().filter_map(field).collect()
        })
    }

    const FAILED: &str = "Failed {method} for [invalid user ]{user} from {source} port {port} ssh2";

    #[test]
    fn a_user_name_that_imitates_the_rest_of_the_line_stays_one_user() {
        let line = "Failed password for invalid user root from 10.0.0.1 port 22 ssh2 from 192.0.2.5 port 4022 ssh2";
        let expected = ["method=password", "user=root from 10.0.0.1 port 22 ssh2", "source=192.0.2.5", "port=4022"];
        assert_eq!(captured(FAILED, line).expect("matches"), expected);
    }

    #[test]
    fn an_empty_user_name_is_a_user_name() {
        let line = "Failed none for invalid user  from 2001:db8::1%eth0 port 1 ssh2";
        assert_eq!(captured(FAILED, line).expect("matches")[1..3], ["user=", "source=2001:db8::1%eth0"]);
    }

    #[test]
    fn a_typed_field_gives_back_what_the_next_literal_needs() {
        let found = captured(
            "Received disconnect from {source}: {code}: {text}",
            "Received disconnect from 192.0.2.1: 11: Bye: x",
        );
        assert_eq!(found.expect("matches"), ["source=192.0.2.1", "code=11", "text=Bye: x"]);
    }

    #[test]
    fn a_text_field_is_as_short_as_possible_and_a_user_field_as_long() {
        assert_eq!(captured("open {path} by {who}", "open a by b by c").expect("matches"), ["path=a", "who=b by c"]);
        assert_eq!(captured("open {user} by {who}", "open a by b by c").expect("matches"), ["user=a by b", "who=c"]);
    }

    #[test]
    fn the_whole_message_must_match() {
        assert_eq!(captured(FAILED, "Failed password for a from 192.0.2.1 port 1 ssh2 "), None);
        assert_eq!(captured(FAILED, "xFailed password for a from 192.0.2.1 port 1 ssh2"), None);
        assert_eq!(captured(FAILED, "Failed password for a from 192.0.2.1 port y ssh2"), None);
    }

    #[test]
    fn a_number_may_be_redacted() {
        for (port, matches) in
            [("x", true), ("XXXXX", true), ("**", true), ("<port>", true), ("xyz", false), ("", false)]
        {
            let line = format!("Failed password for a from 192.0.2.1 port {port} ssh2");
            assert_eq!(captured(FAILED, &line).is_some(), matches, "{port}");
        }
    }

    #[test]
    fn an_address_may_be_redacted() {
        let template = "connect to host {host} port {port}: Connection refused";
        for host in ["<IP>", "[redacted]", "1.2.*.*", "$HOST", "***"] {
            let message = format!("connect to host {host} port 22: Connection refused");
            assert_eq!(captured(template, &message).expect(host)[0], format!("host={host}"));
        }
        let found = captured(r"Exit from \<{source}:{port}\>: {text}", "Exit from <192.0.2.1:5>: x");
        assert_eq!(found.expect("matches"), ["source=192.0.2.1", "port=5", "text=x"]);
    }

    #[test]
    fn alternatives_and_options_nest_and_escapes_are_literal() {
        let template = r"a<b|c[d{number}]>\[end\]";
        for message in ["ab[end]", "ac[end]", "acd12[end]"] {
            assert!(captured(template, message).is_some(), "{message}");
        }
        assert!(captured(template, "ad1[end]").is_none());
    }

    #[test]
    fn of_several_spaces_a_web_page_leaves_one() {
        for message in ["avc:  denied  { read }", "avc: denied { read }"] {
            assert!(captured(r"avc:  denied  \{ {what} \}", message).is_some(), "{message}");
        }
        assert!(captured("a bcd", "a  bcd").is_none());
        assert_eq!(Template::to_regex("ab  cd").expect("valid"), "ab  ?cd( \\[(pre|post)auth\\])?$");
    }

    #[test]
    fn faulty_templates_say_what_is_wrong() {
        for (template, word) in [
            ("abcd {user}{port}", "literal between"),
            ("abcd {rest} x", "must be last"),
            ("abcd {user", "without"),
            ("abcd ]", "unexpected"),
            ("abcd [x", "missing"),
            ("abcd {x:what}", "unknown field type"),
            ("{user} x", "at least"),
            ("abcd \\d", "escapes nothing"),
        ] {
            let error = Template::parse(template, &mut Vec::new()).expect_err(template);
            assert!(error.contains(word), "{template}: {error}");
        }
    }
}
