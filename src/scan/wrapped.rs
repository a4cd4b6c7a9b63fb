//! Messages that go on in further lines of a paste: wrapped by a terminal, a mail or a frame.
//!
//! In: the lines from one on. Out: what is known in the first, alone or together with those behind it, and how many were used.
//! Knows nothing of how a single line is read.
//!
//! Lines are put together only where the whole is known and the pieces are not, or say less; a line with a header of its own is
//! never a piece.

use super::{Found, Scanner};
use crate::catalog::{ClassId, Kind};
use crate::record::time::Stamp;
use crate::record::{self, decoration, tag};
use std::ops::Range;

/// Lines that a message may go on in.
const MOST_GONE_ON: usize = 2;
/// The same within a frame, which is narrower.
const MOST_FRAMED: usize = 4;

impl<'a> Scanner<'a, '_> {
    /// Reads the first of `ranges`; where it says nothing alone, together with those behind it. Returns how many were used.
    pub(super) fn wrapped(
        &self,
        class: ClassId,
        ranges: &[Range<usize>],
        wraps: usize,
        scratch: &mut Vec<u8>,
    ) -> (Vec<Found<'a>>, usize) {
        let first = &self.chunk[ranges[0].clone()];
        let (alone, names) = self.said_or_named(class, first, scratch);
        let blank = |r: &Range<usize>| self.chunk[r.clone()].trim_ascii().is_empty();
        if wraps == 0 || names || blank(&ranges[0]) {
            return (alone, 1);
        }
        if let [found] = alone.as_slice() {
            let more = match found.record.program {
                b"" => self.goes_on(class, found, ranges, scratch),
                _ => self.logged_on(class, found, &ranges[..ranges.len().min(wraps + 1)], scratch),
            };
            return more.map_or((alone, 1), |(more, lines)| (vec![more], lines));
        }
        if !alone.is_empty() {
            return (alone, 1);
        }
        let joined = |more: usize, separator: &[u8]| {
            let mut whole = decoration::clean(first).into_owned();
            let mark = decoration::quote_mark(first);
            for range in &ranges[1..=more] {
                let piece = decoration::clean(&self.chunk[range.clone()]);
                let piece = piece.trim_ascii();
                whole.extend_from_slice(separator);
                whole.extend_from_slice(piece.strip_prefix(mark).unwrap_or(piece).trim_ascii_start());
            }
            self.keep(&whole)
        };
        let mut unknown = 0;
        let mut best: Option<(Found<'a>, usize)> = None;
        let wraps = if decoration::quote_mark(first).is_empty() { wraps } else { MOST_FRAMED };
        for (more, range) in ranges.iter().enumerate().skip(1).take(wraps) {
            let next = &self.chunk[range.clone()];
            // What a logged message announces with a colon may look like one of its own.
            let announced =
                more == 1 && first.trim_ascii_end().ends_with(b":") && self.is_headed(first) && !self.is_headed(next);
            // What has a header of its own is a line of its own, and so is what says or names something.
            let mut is_own = || {
                let (said, names) = self.said_or_named(class, next, scratch);
                names || !said.is_empty()
            };
            let open = best.is_some();
            if blank(range) || self.is_headed(next) || (!announced && !open && is_own()) {
                break;
            }
            for separator in [&b""[..], b" "] {
                let whole = joined(more, separator);
                // Only as a whole: the end of the first may look like the beginning of something else.
                let Some(Some(found)) = self.whole_line(class, whole, whole, scratch) else { continue };
                if best.as_ref().is_none_or(|(best, _)| best.fixed() < found.fixed()) {
                    best = Some((found, more + 1));
                }
                break;
            }
            if best.as_ref().is_some_and(|(found, _)| !takes_any_end(found)) {
                break;
            }
            unknown = more;
        }
        if let Some((found, lines)) = best {
            return (vec![found], lines);
        }
        if unknown > 0 && self.is_prose(class, first, scratch) {
            let sentence = joined(1, b" ");
            let told = self.in_prose(decoration::undecorate(sentence), sentence, sentence);
            if !told.is_empty() {
                return (told, 2);
            }
        }
        (Vec::new(), 1)
    }

    /// Whether a line has a header of its own. Behind the mark of a quotation a program alone is none: it may be any word.
    fn is_headed(&self, line: &[u8]) -> bool {
        let quoted = unquoted(line);
        let is_told = || record::parse_text(quoted).is_some_and(|r| r.stamp != Stamp::None || !r.host.is_empty());
        self.message_column(line).is_some() || (quoted.len() < line.len() && is_told())
    }

    /// What is known in a line, and whether a failure is only named where nothing is: that says no more together with other lines.
    fn said_or_named(&self, class: ClassId, line: &'a [u8], scratch: &mut Vec<u8>) -> (Vec<Found<'a>>, bool) {
        let said = self.line(class, line, line, scratch);
        let names = self.names.get() && said.is_empty();
        (said, names)
    }

    /// A logged line of which a terminal's edge left so little that only a general message fits: with what stands in the lines
    /// behind it, which say nothing themselves.
    fn logged_on(
        &self,
        class: ClassId,
        found: &Found<'a>,
        ranges: &[Range<usize>],
        scratch: &mut Vec<u8>,
    ) -> Option<(Found<'a>, usize)> {
        let mut whole = decoration::clean(&self.chunk[ranges[0].clone()]).into_owned();
        let mut best = None;
        for (more, range) in ranges.iter().enumerate().skip(1) {
            let next = &self.chunk[range.clone()];
            let is_another = next.trim_ascii().is_empty()
                || tag::alone(next).is_some_and(|record| record.pid.is_some())
                || self.is_headed(next)
                || self.whole_line(class, self.keep(&decoration::clean(next)), next, scratch).is_some();
            if is_another {
                break;
            }
            whole.extend_from_slice(&decoration::clean(next));
            let joined = self.keep(&whole);
            let least = best.as_ref().map_or(found.fixed(), |(best, _): &(Found<'a>, usize)| best.fixed());
            if let Some(Some(more_told)) = self.whole_line(class, joined, joined, scratch)
                && more_told.fixed() > least
            {
                best = Some((more_told, more + 1));
            }
        }
        best
    }

    /// What is found within a sentence, ends in a colon or may have any end, where the text goes on in lines of which nothing is known: the
    /// message may, too. With how many lines it takes.
    fn goes_on(
        &self,
        class: ClassId,
        found: &Found<'a>,
        ranges: &[Range<usize>],
        scratch: &mut Vec<u8>,
    ) -> Option<(Found<'a>, usize)> {
        let first = &self.chunk[ranges[0].clone()];
        let text = decoration::undecorate(first).trim_ascii();
        let is_label = text.ends_with(b":") && self.kind(found.pattern) == Kind::Failure;
        // Most lines of a transcript: they are known, and whole.
        let is_note = record::strip(text).debug && self.kind(found.pattern) == Kind::Context;
        // Within a frame a text is broken where the frame ends; its other side is no part of the text.
        let framed = !decoration::quote_mark(first).is_empty();
        let is_broken = framed && self.kind(found.pattern) == Kind::Failure;
        // What takes whatever comes, or proves nothing, may be the beginning of a message that states more.
        let is_open = takes_any_end(found) || self.kind(found.pattern) == Kind::Context;
        if is_note || !(is_label || is_broken || is_open || found.message.len() < text.len()) {
            return None;
        }
        let unframed = |text: &'_ [u8]| if framed { decoration::undecorate_end(text).len() } else { text.len() };
        let mut whole = decoration::clean(first).into_owned();
        whole.truncate(unframed(&whole));
        let mut best: Option<(Found<'a>, usize)> = None;
        for (more, range) in ranges.iter().enumerate().skip(1).take(if framed { MOST_FRAMED } else { MOST_GONE_ON }) {
            let line = &self.chunk[range.clone()];
            let clean = decoration::clean(line);
            let next = decoration::undecorate(&clean).trim_ascii();
            let own = self.line(class, line, line, scratch);
            if next.is_empty() || own.iter().any(|own| !is_label || !own.record.program.is_empty()) {
                break;
            }
            whole.push(b' ');
            whole.extend_from_slice(&next[..unframed(next)]);
            let joined = self.keep(&whole);
            let told = self.line(class, joined, joined, scratch).into_iter();
            let least = best.as_ref().map_or(found.fixed(), |(best, _)| best.fixed());
            let is_own = |told: &Found<'_>| own.iter().any(|own| own.pattern == told.pattern);
            let says_more = |told: &Found<'_>| self.kind(told.pattern) == Kind::Failure && told.fixed() > least;
            let failures = told.filter(|told| says_more(told) && !is_own(told));
            best = failures.max_by_key(Found::fixed).map(|told| (told, more + 1)).or(best);
        }
        best
    }
}

/// Whether a message was known with whatever stands at its end.
fn takes_any_end(found: &Found<'_>) -> bool {
    found.captures.all().any(|field| field.end == found.message.len())
}

/// A line without the mark of a quoted mail or a frame before it.
fn unquoted(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    line.strip_prefix(decoration::quote_mark(line)).unwrap_or(line).trim_ascii_start()
}
