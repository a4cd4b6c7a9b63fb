//! Pastes and what has no headers: reading with patience.
//!
//! In: the lines of a chunk, with decoration, wrapped, transcripts and logs in one. Out: every known line, in order.
//! Knows nothing of how a log is read line by line.
//!
//! Decoration is removed, wrapped lines are put together (see [`super::wrapped`]), and a client's text is looked for behind
//! prompts and labels. A server's is looked for within a line only in somebody's own words, see [`prose`],
//! since its user names are chosen by strangers.

use super::within::is_function;
use super::{Found, Scanner, Sink, prose};
use crate::catalog::{Catalog, ClassId, Kind, PatternId, Weight};
use crate::detect::Reading;
use crate::framing;
use crate::matcher::Passages;
use crate::record::{self, Dialect, Record, decoration, journal, places, typography, unfold};
use crate::template::Captures;
use std::ops::Range;

/// Longest stretch of unknown log lines whose line ends were lost.
const MAX_UNKNOWN: usize = 4000;
/// Longest text that may list what may go wrong: longer ones are somebody's.
const MOST_WITH_LISTS: usize = 64 << 10;
/// Longest line of which general words are taken.
const MOST_OF_GENERAL_WORDS: usize = 1000;
/// Bytes of messages that are tried within the lines of a chunk, whatever its size and for each of its bytes. Real texts take 80
/// a byte, and the most patient of them four million in all. A chunk that is made to take more is read from there on without
/// looking within its lines.
pub(super) const PATIENCE: usize = 128 << 20;
pub(super) const PATIENCE_A_BYTE: usize = 500;
/// One of these is in every text that has to do with SSH.
const NAMES_OF_SSH: [&[u8]; 11] =
    [b"ssh", b"SSH", b"Ssh", b"sftp", b"SFTP", b"Sftp", b"scp ", b"JSch", b"PuTTY", b"putty", b"plink"];

/// Whether a line that is a message may be one of code, a comment or a table of texts. The cues that say so cost more than the line.
fn may_be_code(text: &[u8]) -> bool {
    [&b"//"[..], b"/*", b"<", b"'", b"\""].iter().any(|mark| text.trim_ascii_start().starts_with(mark))
}

/// Whether a line's own header was read, and how much of it is fixed text.
fn says(found: &[Found<'_>]) -> (bool, usize) {
    (found.iter().any(|f| !f.record.program.is_empty()), found.iter().map(Found::fixed).sum())
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
        let is_short = is_paste && self.chunk.len() <= MOST_WITH_LISTS;
        let mut known = Vec::new();
        while at < ranges.len() {
            let offset = self.offset + ranges[at].start as u64;
            let line = at;
            let text = &self.chunk[ranges[at].clone()];
            let mut reports_nothing = || is_paste && self.plan.matcher.is_passage(&mut passages, text.trim_ascii_end());
            if self.is_within_message(text, column, &mut scratch) || reports_nothing() {
                at += 1;
                continue;
            }
            column = self.message_column(text).or(column.filter(|_| text.first() == Some(&b' ')));
            let (found, taken) = self.wrapped(class, &ranges[at..], wraps, &mut scratch);
            at += taken;
            if found.is_empty() {
                self.unknown_in_paste(class, &self.chunk[ranges[at - 1].clone()], line as u64, &mut scratch, sink);
                unknown.push(at - 1);
            } else if is_short {
                known.push((line, found));
            } else {
                decided |= self.tell(line, offset, &found, sink);
            }
        }
        self.leave_out_lists(&mut known);
        self.leave_out_repeated(&mut known, |line| &self.chunk[ranges[line].clone()]);
        for (line, found) in known {
            decided |= self.tell(line, self.offset + ranges[line].start as u64, &found, sink);
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

    /// Whether so much was tried in this chunk that no real text takes as much.
    pub(super) fn is_out_of_patience(&self) -> bool {
        self.patience.get() == 0
    }

    /// Hands on what is known in a line. Returns whether any of it proves something.
    fn tell(&self, line: usize, offset: u64, found: &[Found<'a>], sink: &mut impl Sink<'a>) -> bool {
        for found in found {
            if let Some(time) = self.time_in_window(&found.record, offset) {
                sink.hit(&self.hit(&found.known(), line as u64, offset, time));
            }
        }
        found.iter().any(|found| self.kind(found.pattern) != Kind::Context)
    }

    /// Whether a line is a further one of a message, as journalctl prints it below the first: what looks like a header in it is
    /// part of what a program, or somebody through it, had to say.
    fn is_within_message(&self, line: &[u8], column: Option<usize>, scratch: &mut Vec<u8>) -> bool {
        let indent = line.iter().take_while(|b| **b == b' ').count();
        column.is_some_and(|column| indent >= column)
            && decoration::layers(&line[indent..]).any(|layer| record::parse(layer, scratch).is_some())
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
        for end in unfold::headers_within(text).chain([text.len()]) {
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
        let text = match decoration::clean(line) {
            std::borrow::Cow::Borrowed(text) => text,
            std::borrow::Cow::Owned(text) => self.keep(&text),
        };
        self.names.set(false);
        let found = self.line_as_written(class, text, shown, scratch);
        if found.is_empty() && self.names.get() {
            return found;
        }
        if let Some(message) = journal::message_alone(text) {
            let lines = message.lines().filter(|line| !line.trim().is_empty());
            let told: Vec<_> =
                lines.flat_map(|line| self.line(class, self.keep(line.as_bytes()), shown, scratch)).collect();
            if says(&told) > says(&found) {
                return told;
            }
        }
        let broken = self.broken(class, text, &found, shown, scratch);
        // A logged failure that is known with all its lines is whole.
        let is_whole = |found: &Found<'_>| {
            let logged = !found.record.program.is_empty() && self.kind(found.pattern) == Kind::Failure;
            logged && unfold::holds_lines(found.message)
        };
        let holds_lines = unfold::holds_lines(text) && !found.iter().any(is_whole);
        if broken.len() > 1 || holds_lines || unfold::runs_on(text) {
            let lines = match unfold::runs_on(text) {
                _ if broken.len() > 1 => broken,
                true => unfold::debug_lines(text),
                false => unfold::embedded_lines(text),
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
                let found = vec![self.innermost(class, found, shown)];
                return if found[0].record.program.is_empty() && may_be_code(text) {
                    self.had(text, found)
                } else {
                    found
                };
            }
            Some(None) => return Vec::new(),
            _ => {}
        }
        let whole = whole.flatten();
        let bare = decoration::undecorate(text);
        let lines = unfold::embedded_lines(bare);
        if class == Catalog::BARE_SERVER || (record::strip(bare).debug && lines.len() == 1) {
            let before = |at: usize| self.bare_within(class, bare[..at].trim_ascii_end(), shown);
            let cut = || places::tails(bare).filter_map(before).find(|found| found.fixed() >= prose::MIN_FIXED);
            return whole.or_else(cut).into_iter().collect();
        }
        if let Some(whole) = whole {
            if lines.len() > 1 {
                let found = self.in_lines(class, lines, shown);
                return if found.is_empty() { vec![whole] } else { found };
            }
            if self.plan.matcher.catalog().pattern_at(whole.pattern).typed {
                // In a sentence that begins with a command what came of it may follow.
                let told = self.in_prose(bare, text, shown);
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
        let found = self.had(text, self.in_lines(class, lines, shown));
        // What proves nothing may be a word or two of the sentence.
        let states = found.iter().any(|found| self.kind(found.pattern) != Kind::Context);
        let told = self.in_prose(bare, text, shown);
        // A message may hold another program's.
        let fixed = |found: &[Found<'_>]| found.iter().map(Found::fixed).max().unwrap_or(0);
        let holds_more = fixed(&told) > fixed(&found) || (places::quotes_several(bare) && told.len() > found.len());
        if told.is_empty() || (states && !holds_more) { found } else { told }
    }

    /// Whether a line may be somebody's own words: what the client itself says at length, and what a server logs, is either known
    /// or not.
    pub(super) fn is_prose(&self, class: ClassId, line: &'a [u8], scratch: &mut Vec<u8>) -> bool {
        let catalog = self.plan.matcher.catalog();
        let mut headed = || {
            let mut records = decoration::layers(line).filter_map(|layer| self.record(layer, scratch));
            records.any(|record| catalog.class_of(record.program).is_some())
        };
        class != Catalog::BARE_SERVER && !record::strip(decoration::undecorate(line)).debug && !headed()
    }

    pub(super) fn kind(&self, pattern: PatternId) -> Kind {
        self.plan.matcher.catalog().pattern_at(pattern).kind
    }

    /// What a program that nobody knows says in words that many use.
    fn in_general_words(&self, line: &'a [u8], scratch: &mut Vec<u8>) -> Option<Found<'a>> {
        let text = line.trim_ascii_end();
        if text.len() > MOST_OF_GENERAL_WORDS {
            return None;
        }
        let (pattern, place) = self.plan.matcher.in_general_words(text)?;
        if self.plan.matcher.is_hearsay(text, place, true) {
            return None;
        }
        // What a daemon logs may be anybody's words.
        let by_syslog = |record: &Record<'_>| record.dialect == Dialect::Syslog && !record.host.is_empty();
        let is_logged = |record: Record<'_>| record.pid.is_some() || by_syslog(&record);
        let logged = decoration::layers(text).any(|layer| self.record(layer, scratch).is_some_and(is_logged));
        let record = Record { message: text, ..Record::default() };
        let found = || Found {
            class: Catalog::BARE_CLIENT,
            pattern,
            captures: Captures::default(),
            record,
            message: text,
            text,
        };
        (!logged && !record::strip(decoration::undecorate(text)).debug).then(found)
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
        let headed = decoration::layers(line.trim_ascii_end()).find_map(|layer| self.record(layer, scratch));
        let text = decoration::undecorate(line.trim_ascii_end());
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
