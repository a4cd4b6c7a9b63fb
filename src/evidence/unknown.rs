//! Lines of SSH programs that no pattern knows, with their variable parts masked, so that a user sees what we miss.
//!
//! In: messages. Out: masked texts with counts and the first place of each.

use super::Order;
use super::tally::{Sample, hash_of};
use compact_str::CompactString;

/// Different masked texts that are told apart.
const MAX_TEXTS: usize = 2048;
/// Bytes of a message that are looked at.
const MAX_TEXT: usize = 240;

/// A masked text.
#[derive(Debug, Clone)]
pub struct UnknownLine {
    /// The text, masked.
    pub text: CompactString,
    /// How many lines.
    pub count: u64,
    /// Position of the input of the first.
    pub input: u32,
    /// Line of the first, from 0.
    pub line: u64,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Unknown {
    sample: Sample<UnknownLine>,
    /// Where texts are masked, so that a log full of unknown lines costs no allocation each.
    masked: String,
}

impl Unknown {
    pub(super) fn add(&mut self, input: u32, line: u64, message: &[u8]) {
        let mut masked = std::mem::take(&mut self.masked);
        masked.clear();
        mask(message, &mut masked);
        let hash = hash_of(&masked.as_str());
        let make = || UnknownLine { text: CompactString::new(&masked), count: 1, input, line };
        self.sample.update(MAX_TEXTS, hash, make, |known| known.add(1, (input, line), &u32::cmp));
        self.masked = masked;
    }

    pub(super) fn merge(&mut self, other: Self, inputs: &Order<'_>) {
        self.sample.merge(other.sample, MAX_TEXTS, |known, theirs| known.merge(theirs, inputs));
    }

    /// Leaves only where the lines are.
    pub(super) fn uncount(&mut self) {
        self.sample.values_mut().for_each(|u| u.count = 0);
    }

    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.sample.values_mut().for_each(|u| u.input = number(u.input));
    }

    pub(super) fn prune(&mut self) {
        self.sample.prune(MAX_TEXTS);
    }

    pub(super) fn shift_lines(&mut self, by: u64) {
        self.sample.values_mut().for_each(|u| u.line += by);
    }

    /// The lines were counted from the end, whose number is `last`.
    pub(super) fn turn_lines(&mut self, last: u64) {
        self.sample.values_mut().for_each(|u| u.line = last.saturating_sub(u.line));
    }

    /// The most frequent ones, ties in order of text.
    pub fn most_frequent(&self, most: usize) -> Vec<&UnknownLine> {
        let mut all: Vec<_> = self.sample.values().collect();
        all.sort_by(|a, b| b.count.cmp(&a.count).then(a.text.cmp(&b.text)));
        all.truncate(most);
        all
    }
}

impl UnknownLine {
    fn merge(&mut self, other: Self, inputs: &Order<'_>) {
        self.add(other.count, (other.input, other.line), inputs);
    }

    fn add(&mut self, count: u64, (input, line): (u32, u64), inputs: &Order<'_>) {
        self.count += count;
        if inputs(&input, &self.input).then(line.cmp(&self.line)).is_lt() {
            (self.input, self.line) = (input, line);
        }
    }
}

/// Puts `*` for every word with a digit, a path or a quoted text, and for what follows ` user `.
fn mask(message: &[u8], out: &mut String) {
    let text = String::from_utf8_lossy(&message[..message.len().min(MAX_TEXT)]);
    let mut quote = None;
    let mut previous = "";
    for word in text.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        let opens = word.bytes().find(|c| matches!(c, b'"' | b'\''));
        let variable = quote.is_some()
            || opens.is_some()
            || word.bytes().any(|b| b.is_ascii_digit() || b == b'/')
            || matches!(previous, "user" | "for" | "User");
        let is_odd = |mark: u8| word.bytes().filter(|b| *b == mark).count() % 2 == 1;
        match (quote, opens) {
            (None, Some(mark)) if is_odd(mark) => quote = Some(mark),
            (Some(mark), _) if is_odd(mark) => quote = None,
            _ => {}
        }
        out.push_str(if variable { "*" } else { word });
        previous = word;
    }
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn variable_parts_are_masked() {
        for (message, expected) in [
            ("strange event 17 from 192.0.2.1 port 22", "strange event * from * port *"),
            ("cannot stat '/home/a b' now", "cannot stat * * now"),
            ("refused user mallory today", "refused user * today"),
        ] {
            let mut masked = String::new();
            mask(message.as_bytes(), &mut masked);
            assert_eq!(masked, expected);
        }
    }
}
