//! A line of a paste that is one message: behind a log line's header, behind a program's tag, or alone.
//!
//! In: one line of a paste. Out: the message that it is, if it is known. Knows nothing of messages within a line (see [`super::within`]),
//! nor of other lines.

use super::{Found, Scanner, prose};
use crate::catalog::{Catalog, ClassId, Kind, Weight};
use crate::detect::Reading;
use crate::record::{self, Mark, Record, decoration, places, tag, unfold};

/// A tool puts no more before a line than this.
const MAX_BEFORE_HEADER: usize = 120;

impl<'a> Scanner<'a, '_> {
    /// Where the message of a log line begins, if the line begins with its header; of an audit log the whole line is the message.
    pub(super) fn message_column(&self, line: &[u8]) -> Option<usize> {
        let record = record::parse_text(line).filter(|r| !r.message.is_empty())?;
        record
            .message
            .as_ptr()
            .addr()
            .checked_sub(line.as_ptr().addr())
            .filter(|column| (1..=line.len()).contains(column))
    }

    /// A line that is one message, with a header or without. Some(None): it has a header, and its message is not known.
    pub(super) fn whole_line(
        &self,
        class: ClassId,
        text: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<Option<Found<'a>>> {
        for layer in decoration::layers(text) {
            if let Some(record) = self.record(layer, scratch)
                && let Some(class) = self.plan.matcher.catalog().class_of(record.program)
            {
                // What a program wrote to the kernel's own log has its name before it.
                let own = || self.tagged(tag::alone(record.message)?, shown);
                let of_ssh = self.plan.matcher.catalog().classes[class.0 as usize].ssh;
                let found = self.headed(class, record, shown).or_else(own);
                let found = if of_ssh { found } else { found.or_else(|| self.told_by_another(&record, shown)) };
                // A program that formats its own log may begin a message as another is called.
                if found.is_some() || record.pid.is_some() || !record.host.is_empty() {
                    return Some(found);
                }
            }
        }
        let others = decoration::layers(text).find_map(|layer| self.record(layer, scratch));
        if let Some(record) = others {
            let found = self.told_by_another(&record, shown);
            // What else another program says may be a stranger's words.
            if found.is_some() || (record.pid.is_some() && !record.host.is_empty()) {
                return Some(found);
            }
        }
        if let Some(record) = self.header_within(text) {
            let class = self.plan.matcher.catalog().class_of(record.program)?;
            return Some(self.headed(class, record, shown));
        }
        let message = decoration::undecorate(text);
        // The mark of sshd's unprivileged half, which no client writes. Only of a whole line: within one it may be a stranger's.
        let marked = record::strip(decoration::undecorate_end(message)).mark != Mark::None;
        let class = if marked || tag::is_of_pam(message) { Catalog::BARE_SERVER } else { class };
        let other = if class == Catalog::BARE_SERVER { Catalog::BARE_CLIENT } else { Catalog::BARE_SERVER };
        let both = matches!(self.plan.reading, Reading::Paste(_));
        let is_certain = |found: &Option<Found<'_>>| found.as_ref().is_some_and(|f| f.fixed() >= prose::MIN_FIXED);
        let stamp = decoration::stamp(text);
        let stamped = |found: Found<'a>| Found { record: Record { stamp, ..found.record }, ..found };
        let bare = |class| self.bare(class, message, shown).map(stamped).map(Some);
        let tagged = || {
            let mut tagged = decoration::layers(text).filter_map(tag::alone);
            tagged.find_map(|record| self.tagged(record, shown)).map(Some)
        };
        let by_other = || {
            bare(other).filter(|found| both && is_certain(found) && self.behind_label(class, message, shown).is_none())
        };
        let item = || decoration::item(text).and_then(|item| self.bare(class, item, shown)).map(Some);
        let behind_level =
            || decoration::behind_level(message).and_then(|behind| self.bare(class, behind, shown)).map(Some);
        item().or_else(|| bare(class)).or_else(behind_level).or_else(tagged).or_else(by_other)
    }

    /// A client's failure that another program logged as it got it: a script, cron, a unit's command.
    fn told_by_another(&self, record: &Record<'a>, shown: &'a [u8]) -> Option<Found<'a>> {
        let fails = |found: &Found<'_>| {
            self.kind(found.pattern) == Kind::Failure
                && found.fixed() >= prose::MIN_FIXED
                && self.plan.matcher.catalog().pattern_at(found.pattern).weight > Weight::Consequence
        };
        let bare = |message: &'a [u8]| self.bare(Catalog::BARE_CLIENT, message, shown).filter(fails);
        let labels = |message: &'a [u8]| places::behind_words(message).find_map(bare);
        let message = record.message;
        let values = || unfold::told_values(message).find_map(|value| labels(self.keep(&value)));
        let found = bare(message).or_else(|| decoration::behind_level(message).and_then(labels));
        let found = found.or_else(|| labels(message)).or_else(values)?;
        let stamped = Record { stamp: record.stamp, ..found.record };
        Some(Found { record: stamped, ..found })
    }

    /// The header of an SSH server's line behind what a tool put before it: its own level, or fields of a table. In any other
    /// line such a thing may be a stranger's words.
    fn header_within(&self, text: &'a [u8]) -> Option<Record<'a>> {
        let programs = decoration::layers(text).any(|layer| record::parse_text(layer).is_some_and(|r| r.pid.is_some()));
        if programs || !decoration::begins_as_a_tools(text) {
            return None;
        }
        let catalog = self.plan.matcher.catalog();
        let is_servers = |record: &Record<'_>| record.pid.is_some() && catalog.class_of(record.program).is_some();
        // Behind what a web server quotes of a request anything may stand.
        let quotes = |at: &usize| memchr::memmem::find(&text[..*at], b"\" ").is_some();
        let starts = places::word_starts(text).take_while(|at| *at < MAX_BEFORE_HEADER && !quotes(at));
        starts.filter_map(|at| record::parse_text(&text[at..])).find(is_servers)
    }

    /// A message behind the tag of a program.
    fn tagged(&self, record: Record<'a>, shown: &'a [u8]) -> Option<Found<'a>> {
        self.headed(self.plan.matcher.catalog().class_of(record.program)?, record, shown)
    }

    /// A message behind a header, with or without decoration behind it.
    fn headed(&self, class: ClassId, record: Record<'a>, shown: &'a [u8]) -> Option<Found<'a>> {
        let whole = self.found(class, record, shown);
        let least = |found: &Option<Found<'_>>| found.as_ref().map_or(0, Found::fixed);
        let full = record.message.trim_ascii_end();
        let ends = [full.strip_suffix(b"\""), Some(decoration::undecorate_end(full))].into_iter().flatten();
        let shorter = ends.filter(|message| message.len() < full.len());
        let plain = shorter.filter_map(|message| self.found(class, Record { message, ..record }, shown));
        let plain = plain.max_by_key(Found::fixed).filter(|plain| plain.fixed() > least(&whole));
        plain.or(whole).or_else(|| self.without_tail(class, record, shown)).or_else(|| self.cut(class, record, shown))
    }

    /// A message behind a header, before what somebody put behind it.
    fn without_tail(&self, class: ClassId, record: Record<'a>, shown: &'a [u8]) -> Option<Found<'a>> {
        if !matches!(self.plan.reading, Reading::Paste(_)) {
            return None;
        }
        let before = |at: usize| record.message[..at].trim_ascii_end();
        let found = |at: usize| self.found(class, Record { message: before(at), ..record }, shown);
        places::tails(record.message).filter_map(found).find(|found| found.fixed() >= prose::MIN_FIXED)
    }
}
