//! Messages within a line: behind prompts and labels, in quotes, with decoration or a full stop behind them.
//!
//! In: a line or a part of one. Out: the known message that states most. Knows nothing of headers and of other lines.

use super::{Found, Scanner, prose};
use crate::catalog::{Catalog, ClassId, Kind, PatternId, Weight};
use crate::record::{Record, decoration, places, unfold};

/// Whether a message begins with the name of a function, as OpenSSH puts it there.
pub(super) fn is_function(message: &[u8]) -> bool {
    message.split(|b| matches!(b, b':' | b' ')).next().unwrap_or_default().contains(&b'_')
}

impl<'a> Scanner<'a, '_> {
    /// What somebody quoted without the full stop that the program printed.
    pub(super) fn with_full_stop(
        &self,
        class: ClassId,
        text: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<Found<'a>> {
        let message = decoration::undecorate_end(decoration::undecorate(text));
        let may_end = message.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b')' | b'\'' | b'"'));
        if !may_end || message.len() < crate::template::MIN_LITERAL {
            return None;
        }
        let ended = self.keep(&[message, b"."].concat());
        self.whole_line(class, ended, shown, scratch).flatten().filter(|found| found.fixed() >= prose::MIN_FIXED)
    }

    /// Of what is known within a line, and may lead to a cause, what somebody has, and does not only name.
    pub(super) fn had(&self, line: &'a [u8], mut found: Vec<Found<'a>>) -> Vec<Found<'a>> {
        let leads = |found: &Found<'a>| self.plan.matcher.catalog().pattern_at(found.pattern).cause.is_some();
        // What the line begins with is what it is.
        let behind = |found: &Found<'a>| found.message.as_ptr() != line.as_ptr();
        found.retain(|found| !(leads(found) && behind(found) && self.is_named(line, &found.message[..found.stated()])));
        found
    }

    /// Whether a message within a line is one that somebody only names. Notes that there was such a one.
    pub(super) fn is_named(&self, line: &[u8], message: &[u8]) -> bool {
        let start = message.as_ptr().addr().checked_sub(line.as_ptr().addr());
        let place = start.filter(|start| start + message.len() <= line.len());
        let named = place.is_some_and(|at| self.plan.matcher.is_hearsay(line, at..at + message.len(), false));
        self.names.set(self.names.get() || named);
        named
    }

    /// A message behind a label.
    pub(super) fn behind_label(&self, class: ClassId, text: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let label = memchr::memmem::find(text, b": ")?;
        self.bare_within(class, &text[label + 2..], shown)
    }

    /// What a client says of a failure of its own, or nothing much, may carry what it was told: of `a: b: c` that states most.
    /// OpenSSH's own failures carry no others', nor do its functions' names.
    pub(super) fn innermost(&self, class: ClassId, found: Found<'a>, shown: &'a [u8]) -> Found<'a> {
        let pattern = |found: &Found<'_>| self.plan.matcher.catalog().pattern_at(found.pattern);
        let states = |found: &Found<'_>| match pattern(found).kind {
            Kind::Failure => Some(pattern(found).weight),
            _ => None,
        };
        let by_ssh = self.plan.matcher.catalog().first_emitter(found.pattern).is_some_and(|e| e.name == "ssh");
        let of_ssh = || pattern(&found).kind == Kind::Failure || is_function(found.message);
        let own = class == Catalog::BARE_CLIENT && found.record.program.is_empty() && !(by_ssh && of_ssh());
        if !own || pattern(&found).kind == Kind::Success || states(&found) > Some(Weight::Weak) {
            return found;
        }
        let behind = places::behind_labels(found.message);
        let behind = behind.filter_map(|at| self.bare_within(class, &found.message[at..], shown));
        let least = states(&found).map_or(Weight::Consequence, |own| own.max(Weight::Weak));
        let stronger = |inner: &Found<'_>| states(inner) > Some(least) && inner.fixed() >= prose::MIN_FIXED;
        behind.into_iter().find(stronger).unwrap_or(found)
    }

    /// The words of a sentence before a message are no part of the name that it begins with, which may hold blanks.
    pub(super) fn without_sentence(&self, class: ClassId, found: Found<'a>, shown: &'a [u8]) -> Found<'a> {
        let name = self.plan.matcher.fields(found.pattern).user.and_then(|slot| found.captures.get(usize::from(slot)));
        let Some(name) = name.filter(|name| name.start == 0 && found.record.program.is_empty()) else { return found };
        let name = &found.message[name];
        let within = name.iter().rposition(|b| matches!(b, b' ' | b'`' | b'"' | b'\'' | b'(' | b':'));
        let is_sentence = memchr::memchr3(b'`', b':', b',', name).is_some();
        let narrow =
            within.filter(|_| is_sentence).and_then(|at| self.bare_within(class, &found.message[at + 1..], shown));
        narrow.filter(|narrow| narrow.pattern == found.pattern).unwrap_or(found)
    }

    /// What is known in each of the lines that a line holds, behind prompts and labels and in quotes.
    pub(super) fn in_lines(&self, class: ClassId, lines: Vec<&'a [u8]>, shown: &'a [u8]) -> Vec<Found<'a>> {
        let inside = |part: &'a [u8]| {
            let mut starts = std::iter::once(0).chain(places::word_starts(part));
            starts.find_map(|at| {
                if self.is_out_of_patience() {
                    return None;
                }
                let opening = at.checked_sub(1).map(|before| part[before]);
                let found = self.quoted(class, opening, &part[at..], shown)?;
                Some((at, self.innermost(class, found, shown)))
            })
        };
        let plain = |part: &'a [u8]| {
            let whole = unfold::unescaped(part)?;
            let found = unfold::unescaped_strings(part).chain([whole]).find_map(|plain| inside(self.keep(&plain)));
            found.map(|(_, found)| (0, found))
        };
        let quoted = |part: &'a [u8]| match plain(part).or_else(|| inside(part)) {
            Some((at, found)) => {
                // A sentence before it may be a message of its own.
                let before = part[..at].trim_ascii_end().strip_suffix(b".");
                before.and_then(|before| self.bare_within(class, before, shown)).into_iter().chain([found]).collect()
            }
            None => unfold::quoted(part).into_iter().filter_map(|part| Some(inside(part)?.1)).collect::<Vec<_>>(),
        };
        lines.into_iter().flat_map(quoted).collect()
    }

    /// A message within a line: what ends where another script begins says more than what takes the rest of a sentence along.
    fn quoted(&self, class: ClassId, opening: Option<u8>, message: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let mut ends = places::closings(opening, message).chain(places::ends(message));
        let cut = ends.find_map(|end| self.bare_within(class, &message[..end], shown));
        let found = cut.or_else(|| match opening {
            None => self.bare(class, message, shown),
            Some(_) => self.bare_within(class, message, shown),
        })?;
        // What takes the rest of a sentence along says less than what fits up to some word.
        match self.told_as_written(message, &[class], shown) {
            Some((told, _)) if told.fixed() > found.fixed() => Some(told),
            _ => Some(found),
        }
    }

    /// A message that is not all that its line says.
    pub(super) fn bare_within(&self, class: ClassId, message: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let alone = |pattern: PatternId| self.plan.matcher.catalog().pattern_at(pattern).alone;
        self.bare(class, message, shown).filter(|found| !alone(found.pattern))
    }

    /// A message without a header, with or without decoration behind it. What decoration turns into something that proves nothing
    /// may state a failure without it.
    pub(super) fn bare(&self, class: ClassId, message: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let message = message.trim_ascii();
        let found = |message: &'a [u8]| self.found(class, Record { message, ..Record::default() }, shown);
        let whole = found(message);
        let kind = |found: &Option<Found<'_>>| found.as_ref().map(|f| self.kind(f.pattern));
        let end = decoration::undecorate_end(message);
        let says_more = |plain: &Option<Found<'_>>| plain.as_ref().map(Found::fixed) > whole.as_ref().map(Found::fixed);
        // A full stop may be the sentence's.
        let stopped = end.strip_suffix(b".").filter(|_| kind(&whole) != Some(Kind::Context)).and_then(found);
        let end = Some(end).filter(|end| end.len() < message.len());
        match (kind(&whole), end) {
            (None, Some(end)) => found(end).or(stopped),
            (None, None) => stopped,
            (Some(Kind::Failure), Some(end)) => {
                let plain =
                    found(end).filter(|plain| stopped.as_ref().is_none_or(|s| s.fixed() <= plain.fixed())).or(stopped);
                if says_more(&plain) { plain } else { whole }
            }
            (Some(Kind::Failure), None) if says_more(&stopped) => stopped,
            (Some(Kind::Context), Some(end)) => {
                let plain = found(end);
                if kind(&plain) == Some(Kind::Failure) && says_more(&plain) { plain } else { whole }
            }
            _ => whole,
        }
    }
}
