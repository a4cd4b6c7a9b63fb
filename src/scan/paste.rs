//! Pastes and what has no headers: reading with patience.
//!
//! In: the lines of a chunk, with decoration, wrapped, transcripts and logs in one. Out: every known line, in order.
//! Knows nothing of how a log is read line by line.
//!
//! Decoration is removed, wrapped lines are put together (see [`super::wrapped`]), and a client's text is looked for behind
//! prompts and labels. A server's is looked for within a line only in somebody's own words, see [`prose`],
//! since its user names are chosen by strangers.

use super::{Found, Scanner, Sink, prose};
use crate::catalog::{Catalog, ClassId, Kind, PatternId, Weight};
use crate::detect::Reading;
use crate::framing;
use crate::matcher::Passages;
use crate::record::{self, Dialect, Mark, Record, journal, paste, typography};
use crate::template::Captures;
use std::ops::Range;

/// A tool puts no more before a line than this.
const MAX_BEFORE_HEADER: usize = 120;
/// Longest stretch of unknown log lines whose line ends were lost.
const MAX_UNKNOWN: usize = 4000;
/// Longest line of which general words are taken.
const MOST_OF_GENERAL_WORDS: usize = 1000;
/// One of these is in every text that has to do with SSH.
const NAMES_OF_SSH: [&[u8]; 11] =
    [b"ssh", b"SSH", b"Ssh", b"sftp", b"SFTP", b"Sftp", b"scp ", b"JSch", b"PuTTY", b"putty", b"plink"];
/// Labels of a message behind which another is looked for: `a: b: c: d`.
const MOST_LABELS: usize = 6;

/// Whether a line's own header was read, and how much of it is fixed text.
fn says(found: &[Found<'_>]) -> (bool, usize) {
    (found.iter().any(|f| !f.record.program.is_empty()), found.iter().map(Found::fixed).sum())
}

/// Whether a message begins with the name of a function, as OpenSSH puts it there.
fn is_function(message: &[u8]) -> bool {
    message.split(|b| matches!(b, b':' | b' ')).next().unwrap_or_default().contains(&b'_')
}

impl<'a> Scanner<'a, '_> {
    pub(super) fn paste(&self, class: ClassId, wraps: usize, sink: &mut impl Sink<'a>) -> u64 {
        let ranges: Vec<Range<usize>> = framing::lines(self.chunk).collect();
        let mut scratch = Vec::new();
        let mut at = 0;
        let mut column = None;
        let mut unknown = Vec::new();
        let mut decided = false;
        let mut passages = Passages::default();
        let is_paste = matches!(self.plan.reading, Reading::Paste(_));
        while at < ranges.len() {
            let offset = self.offset + ranges[at].start as u64;
            let line = at as u64;
            let text = &self.chunk[ranges[at].clone()];
            let reports_nothing = is_paste && self.plan.matcher.is_passage(&mut passages, text.trim_ascii_end());
            if reports_nothing || self.is_within_message(text, column, &mut scratch) {
                at += 1;
                continue;
            }
            column = self.message_column(text).or(column.filter(|_| text.first() == Some(&b' ')));
            let (found, taken) = self.wrapped(class, &ranges[at..], wraps, &mut scratch);
            at += taken;
            for found in &found {
                if let Some(time) = self.time_in_window(&found.record, offset) {
                    sink.hit(&self.hit(&found.known(), line, offset, time));
                }
                decided |= self.kind(found.pattern) != Kind::Context;
            }
            if found.is_empty() {
                self.unknown_in_paste(class, &self.chunk[ranges[at - 1].clone()], line, &mut scratch, sink);
                unknown.push(at - 1);
            }
        }
        // General words count only where nothing else does, in a text that has to do with SSH.
        let about_ssh = || NAMES_OF_SSH.iter().any(|name| memchr::memmem::find(self.chunk, name).is_some());
        if decided || unknown.is_empty() || !is_paste || !about_ssh() {
            return ranges.len() as u64;
        }
        for at in unknown {
            if let Some(found) = self.in_general_words(&self.chunk[ranges[at].clone()], &mut scratch) {
                let offset = self.offset + ranges[at].start as u64;
                if let Some(time) = self.time_in_window(&found.record, offset) {
                    sink.hit(&self.hit(&found.known(), at as u64, offset, time));
                }
            }
        }
        ranges.len() as u64
    }

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

    /// Whether a line is a further one of a message, as journalctl prints it below the first: what looks like a header in it is
    /// part of what a program, or somebody through it, had to say.
    fn is_within_message(&self, line: &[u8], column: Option<usize>, scratch: &mut Vec<u8>) -> bool {
        let indent = line.iter().take_while(|b| **b == b' ').count();
        column.is_some_and(|column| indent >= column)
            && paste::layers(&line[indent..]).any(|layer| record::parse(layer, scratch).is_some())
    }

    /// The lines of a text between the tags of a web page. A stranger may put one into his name: of a log's line they count only
    /// where no known message goes on across one, and a known line stands before the first.
    fn broken(
        &self,
        class: ClassId,
        text: &'a [u8],
        found: &[Found<'_>],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Vec<&'a [u8]> {
        let lines = typography::broken(text);
        let across =
            |found: &Found<'_>| !found.record.program.is_empty() && typography::broken(found.message).len() > 1;
        let is_log = lines.len() > 1 && record::parse_text(text).is_some();
        let is_said = is_log && (found.iter().any(across) || self.line(class, lines[0], shown, scratch).is_empty());
        if is_said { Vec::new() } else { lines }
    }

    /// Log lines whose line ends were lost. What looks like a header may be a stranger's words, unless all that stands before it is
    /// a known line.
    fn run_together(&self, class: ClassId, text: &'a [u8], shown: &'a [u8], scratch: &mut Vec<u8>) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        let mut from = 0;
        for end in paste::headers_within(text).chain([text.len()]) {
            if end - from > MAX_UNKNOWN {
                break;
            }
            let line = self.line_as_written(class, text[from..end].trim_ascii_end(), shown, scratch);
            if !line.is_empty() {
                found.extend(line);
                from = end;
            }
        }
        found
    }

    /// Everything known in one line of a paste, with its own marks or with those that an editor put in their place.
    pub(super) fn line(
        &self,
        class: ClassId,
        line: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Vec<Found<'a>> {
        let text = match paste::clean(line) {
            std::borrow::Cow::Borrowed(text) => text,
            std::borrow::Cow::Owned(text) => self.keep(&text),
        };
        let found = self.line_as_written(class, text, shown, scratch);
        if let Some(message) = journal::message_alone(text) {
            let lines = message.lines().filter(|line| !line.trim().is_empty());
            let told: Vec<_> =
                lines.flat_map(|line| self.line(class, self.keep(line.as_bytes()), shown, scratch)).collect();
            if says(&told) > says(&found) {
                return told;
            }
        }
        let broken = self.broken(class, text, &found, shown, scratch);
        if broken.len() > 1 || paste::holds_lines(text) || paste::runs_on(text) {
            let lines = match paste::runs_on(text) {
                _ if broken.len() > 1 => broken,
                true => paste::debug_lines(text),
                false => paste::embedded_lines(text),
            };
            let split: Vec<_> = lines.into_iter().flat_map(|line| self.line(class, line, shown, scratch)).collect();
            if says(&split) > says(&found) {
                return split;
            }
        }
        if found.is_empty() && record::parse_text(text).is_some() {
            let lines = self.run_together(class, text, shown, scratch);
            if !lines.is_empty() {
                return lines;
            }
        }
        // What was found with a mark in it may be half of what is there.
        let marked = !text.is_ascii() || memchr::memchr(b'&', text).is_some();
        if (found.is_empty() || marked)
            && let Some(plain) = typography::plain_marks(text)
        {
            let mut best = found;
            for plain in typography::backticked(text).into_iter().chain([plain]) {
                let plain = self.line_as_written(class, self.keep(&plain), shown, scratch);
                if says(&plain) > says(&best) {
                    best = plain;
                }
            }
            return best;
        }
        if !found.is_empty() {
            return found;
        }
        self.with_full_stop(class, text, shown, scratch).into_iter().collect()
    }

    /// What somebody quoted without the full stop that the program printed.
    fn with_full_stop(
        &self,
        class: ClassId,
        text: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<Found<'a>> {
        let message = paste::undecorate_end(paste::undecorate(text));
        let may_end = message.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b')' | b'\'' | b'"'));
        if !may_end || message.len() < crate::template::MIN_LITERAL {
            return None;
        }
        let ended = self.keep(&[message, b"."].concat());
        self.whole_line(class, ended, shown, scratch).flatten().filter(|found| found.fixed() >= prose::MIN_FIXED)
    }

    fn line_as_written(
        &self,
        class: ClassId,
        text: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Vec<Found<'a>> {
        let whole = self.whole_line(class, text, shown, scratch);
        // What is known and no failure may still lead to one: a label, a prompt, `remote: ` of git.
        // OpenSSH's own function names before a message are part of it.
        let leads = |found: &Found<'_>| {
            found.record.program.is_empty() && !is_function(found.message) && self.kind(found.pattern) == Kind::Context
        };
        match whole {
            Some(Some(found)) if !leads(&found) => {
                let found = self.without_sentence(class, found, shown);
                return vec![self.innermost(class, found, shown)];
            }
            Some(None) => return Vec::new(),
            _ => {}
        }
        let whole = whole.flatten();
        let bare = paste::undecorate(text);
        let lines = paste::embedded_lines(bare);
        if class == Catalog::BARE_SERVER || (record::strip(bare).debug && lines.len() == 1) {
            let before = |at: usize| self.bare_within(class, bare[..at].trim_ascii_end(), shown);
            let cut = || paste::tails(bare).filter_map(before).find(|found| found.fixed() >= prose::MIN_FIXED);
            return whole.or_else(cut).into_iter().collect();
        }
        if let Some(whole) = whole {
            if lines.len() > 1 {
                let found = self.in_lines(class, lines, shown);
                return if found.is_empty() { vec![whole] } else { found };
            }
            if self.plan.matcher.catalog().pattern_at(whole.pattern).typed {
                // In a sentence that begins with a command what came of it may follow.
                let told = self.in_prose(bare, shown);
                return std::iter::once(whole).chain(told).collect();
            }
            let behind = self.behind_label(class, bare, shown);
            // Where the label is known with the rest, it says whose trouble that is.
            let any_rest = |found: &Found<'_>| {
                let behind = whole.message.len().saturating_sub(found.message.len());
                whole.captures.all().any(|rest| rest.start <= behind && rest.end == whole.message.len())
            };
            let states = |found: &Found<'_>| {
                self.plan.matcher.catalog().pattern_at(found.pattern).weight > Weight::Weak && any_rest(found)
            };
            let says_more = |found: &Found<'_>| {
                self.kind(found.pattern) == Kind::Failure && (found.fixed() > whole.fixed() || states(found))
            };
            return vec![behind.filter(says_more).unwrap_or(whole)];
        }
        let found = self.had(bare, self.in_lines(class, lines, shown));
        // What proves nothing may be a word or two of the sentence.
        let states = found.iter().any(|found| self.kind(found.pattern) != Kind::Context);
        let told = self.in_prose(bare, shown);
        // A message may hold another program's.
        let fixed = |found: &[Found<'_>]| found.iter().map(Found::fixed).max().unwrap_or(0);
        let holds_more = fixed(&told) > fixed(&found) || (paste::quotes_several(bare) && told.len() > found.len());
        if told.is_empty() || (states && !holds_more) { found } else { told }
    }

    /// Of failures within a line those that somebody has, and does not only name.
    fn had(&self, line: &'a [u8], mut found: Vec<Found<'a>>) -> Vec<Found<'a>> {
        let place = |found: &Found<'_>| {
            let start = found.message.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
            (start + found.message.len() <= line.len()).then(|| start..start + found.stated())
        };
        let named = |found: &Found<'_>| {
            self.kind(found.pattern) == Kind::Failure
                && place(found).is_some_and(|place| place.start > 0 && self.plan.matcher.is_hearsay(line, place))
        };
        found.retain(|found| !named(found));
        found
    }

    /// A message behind a label.
    fn behind_label(&self, class: ClassId, text: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let label = memchr::memmem::find(text, b": ")?;
        self.bare_within(class, &text[label + 2..], shown)
    }

    /// What a client says of a failure of its own, or nothing much, may carry what it was told: of `a: b: c` that states most.
    /// OpenSSH's own failures carry no others', nor do its functions' names.
    fn innermost(&self, class: ClassId, found: Found<'a>, shown: &'a [u8]) -> Found<'a> {
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
        let labels = memchr::memmem::find_iter(found.message, b": ").take(MOST_LABELS);
        let behind = labels.filter_map(|at| self.bare_within(class, &found.message[at + 2..], shown));
        let least = states(&found).map_or(Weight::Consequence, |own| own.max(Weight::Weak));
        let stronger = |inner: &Found<'_>| states(inner) > Some(least) && inner.fixed() >= prose::MIN_FIXED;
        behind.into_iter().find(stronger).unwrap_or(found)
    }

    /// The words of a sentence before a message are no part of the name that it begins with, which may hold blanks.
    fn without_sentence(&self, class: ClassId, found: Found<'a>, shown: &'a [u8]) -> Found<'a> {
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
    fn in_lines(&self, class: ClassId, lines: Vec<&'a [u8]>, shown: &'a [u8]) -> Vec<Found<'a>> {
        let inside = |part: &'a [u8]| {
            let mut starts = std::iter::once(0).chain(paste::word_starts(part));
            starts.find_map(|at| {
                let opening = at.checked_sub(1).map(|before| part[before]);
                let found = self.quoted(class, opening, &part[at..], shown)?;
                Some((at, self.innermost(class, found, shown)))
            })
        };
        let plain = |part: &'a [u8]| {
            let whole = paste::unescaped(part)?;
            let found = paste::unescaped_strings(part).chain([whole]).find_map(|plain| inside(self.keep(&plain)));
            found.map(|(_, found)| (0, found))
        };
        let quoted = |part: &'a [u8]| match plain(part).or_else(|| inside(part)) {
            Some((at, found)) => {
                // A sentence before it may be a message of its own.
                let before = part[..at].trim_ascii_end().strip_suffix(b".");
                before.and_then(|before| self.bare_within(class, before, shown)).into_iter().chain([found]).collect()
            }
            None => paste::quoted(part).into_iter().filter_map(|part| Some(inside(part)?.1)).collect::<Vec<_>>(),
        };
        lines.into_iter().flat_map(quoted).collect()
    }

    /// Whether a line may be somebody's own words: what the client itself says at length, and what a server logs, is either known
    /// or not.
    pub(super) fn is_prose(&self, class: ClassId, line: &'a [u8], scratch: &mut Vec<u8>) -> bool {
        let catalog = self.plan.matcher.catalog();
        let mut headed = || {
            let mut records = paste::layers(line).filter_map(|layer| self.record(layer, scratch));
            records.any(|record| catalog.class_of(record.program).is_some())
        };
        class != Catalog::BARE_SERVER && !record::strip(paste::undecorate(line)).debug && !headed()
    }

    pub(super) fn kind(&self, pattern: PatternId) -> Kind {
        self.plan.matcher.catalog().pattern_at(pattern).kind
    }

    /// A line that is one message, with a header or without. Some(None): it has a header, and its message is not known.
    pub(super) fn whole_line(
        &self,
        class: ClassId,
        text: &'a [u8],
        shown: &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<Option<Found<'a>>> {
        for layer in paste::layers(text) {
            if let Some(record) = self.record(layer, scratch)
                && let Some(class) = self.plan.matcher.catalog().class_of(record.program)
            {
                // What a program wrote to the kernel's own log has its name before it.
                let own = || self.tagged(paste::tagged(record.message)?, shown);
                let of_ssh = self.plan.matcher.catalog().classes[class.0 as usize].ssh;
                let found = self.headed(class, record, shown).or_else(own);
                let found = if of_ssh { found } else { found.or_else(|| self.told_by_another(&record, shown)) };
                // A program that formats its own log may begin a message as another is called.
                if found.is_some() || record.pid.is_some() || !record.host.is_empty() {
                    return Some(found);
                }
            }
        }
        let others = paste::layers(text).find_map(|layer| self.record(layer, scratch));
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
        let message = paste::undecorate(text);
        // The mark of sshd's unprivileged half, which no client writes. Only of a whole line: within one it may be a stranger's.
        let marked = record::strip(paste::undecorate_end(message)).mark != Mark::None;
        let class = if marked || paste::is_of_pam(message) { Catalog::BARE_SERVER } else { class };
        let other = if class == Catalog::BARE_SERVER { Catalog::BARE_CLIENT } else { Catalog::BARE_SERVER };
        let both = matches!(self.plan.reading, Reading::Paste(_));
        let is_certain = |found: &Option<Found<'_>>| found.as_ref().is_some_and(|f| f.fixed() >= prose::MIN_FIXED);
        let stamp = paste::stamp(text);
        let stamped = |found: Found<'a>| Found { record: Record { stamp, ..found.record }, ..found };
        let bare = |class| self.bare(class, message, shown).map(stamped).map(Some);
        let tagged = || {
            let mut tagged = paste::layers(text).filter_map(paste::tagged);
            tagged.find_map(|record| self.tagged(record, shown)).map(Some)
        };
        let by_other = || {
            bare(other).filter(|found| both && is_certain(found) && self.behind_label(class, message, shown).is_none())
        };
        let item = || paste::item(text).and_then(|item| self.bare(class, item, shown)).map(Some);
        let behind_level = || paste::behind_level(message).and_then(|behind| self.bare(class, behind, shown)).map(Some);
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
        let labels = |message: &'a [u8]| paste::behind_labels(message).find_map(bare);
        let message = record.message;
        let values = || paste::told_values(message).find_map(|value| labels(self.keep(&value)));
        let found = bare(message).or_else(|| paste::behind_level(message).and_then(labels));
        let found = found.or_else(|| labels(message)).or_else(values)?;
        let stamped = Record { stamp: record.stamp, ..found.record };
        Some(Found { record: stamped, ..found })
    }

    /// The header of an SSH server's line behind what a tool put before it: its own level, or fields of a table. In any other
    /// line such a thing may be a stranger's words.
    fn header_within(&self, text: &'a [u8]) -> Option<Record<'a>> {
        let programs = paste::layers(text).any(|layer| record::parse_text(layer).is_some_and(|r| r.pid.is_some()));
        if programs || !paste::begins_as_a_tools(text) {
            return None;
        }
        let catalog = self.plan.matcher.catalog();
        let is_servers = |record: &Record<'_>| record.pid.is_some() && catalog.class_of(record.program).is_some();
        // Behind what a web server quotes of a request anything may stand.
        let quotes = |at: &usize| memchr::memmem::find(&text[..*at], b"\" ").is_some();
        let starts = paste::word_starts(text).take_while(|at| *at < MAX_BEFORE_HEADER && !quotes(at));
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
        let ends = [full.strip_suffix(b"\""), Some(paste::undecorate_end(full))].into_iter().flatten();
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
        paste::tails(record.message).filter_map(found).find(|found| found.fixed() >= prose::MIN_FIXED)
    }

    /// A message within a line: what ends where another script begins says more than what takes the rest of a sentence along.
    fn quoted(&self, class: ClassId, opening: Option<u8>, message: &'a [u8], shown: &'a [u8]) -> Option<Found<'a>> {
        let mut ends = paste::closings(opening, message).chain(paste::ends(message));
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
        let end = paste::undecorate_end(message);
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
                if kind(&plain) == Some(Kind::Failure) { plain } else { whole }
            }
            _ => whole,
        }
    }

    /// What a program that nobody knows says in words that many use.
    fn in_general_words(&self, line: &'a [u8], scratch: &mut Vec<u8>) -> Option<Found<'a>> {
        let text = line.trim_ascii_end();
        if text.len() > MOST_OF_GENERAL_WORDS {
            return None;
        }
        let (pattern, place) = self.plan.matcher.in_general_words(text)?;
        if self.plan.matcher.is_hearsay(text, place) {
            return None;
        }
        // What a daemon logs may be anybody's words.
        let by_syslog = |record: &Record<'_>| record.dialect == Dialect::Syslog && !record.host.is_empty();
        let is_logged = |record: Record<'_>| record.pid.is_some() || by_syslog(&record);
        let logged = paste::layers(text).any(|layer| self.record(layer, scratch).is_some_and(is_logged));
        let record = Record { message: text, ..Record::default() };
        let found = || Found {
            class: Catalog::BARE_CLIENT,
            pattern,
            captures: Captures::default(),
            record,
            message: text,
            text,
        };
        (!logged && !record::strip(paste::undecorate(text)).debug).then(found)
    }

    fn unknown_in_paste(
        &self,
        class: ClassId,
        line: &'a [u8],
        number: u64,
        scratch: &mut Vec<u8>,
        sink: &mut impl Sink<'a>,
    ) {
        let catalog = self.plan.matcher.catalog();
        let headed = paste::layers(line.trim_ascii_end()).find_map(|layer| self.record(layer, scratch));
        let text = paste::undecorate(line.trim_ascii_end());
        let known = match headed {
            Some(record) => catalog.class_of(record.program).map(|c| (c, record.message)),
            // Without a header only a debug line is certain to be of an SSH program.
            None => record::strip(text).debug.then_some((class, text)),
        };
        if let Some((class, message)) = known
            && catalog.classes[class.0 as usize].ssh
        {
            sink.unknown(number, record::strip(message).message);
        }
    }
}
