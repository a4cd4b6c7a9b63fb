//! One input → its stretches, each with the clock of its lines.
//!
//! In: an input that is open. Out: its text, all at once or block after block, to whoever takes it; what can be said of it as a
//! whole is in its report. Knows nothing of evidence.

use super::{Run, Stretch, Take};
use crate::detect::{Detected, Reading, detect};
use crate::evidence::widen;
use crate::host::is_configuration;
use crate::input::archive::{self, Finding, Member};
use crate::input::journal::dump::Dump;
use crate::input::journal::{Journal, is_journal};
use crate::input::stream::Stream;
use crate::input::{Content, Opened};
use crate::record::time::{Clock, Micros};
use crate::report::InputReport;
use crate::scan::{backwards, calendar};
use std::io;

/// Bytes of a dump that are turned into lines at a time.
const DUMP_BLOCK: usize = 8 << 20;

/// Neighbours in a log without years that are so far apart are of different years.
const HALF_A_YEAR: Micros = 182 * 86_400 * 1_000_000;

impl Run<'_> {
    /// Hands the bytes of an input to `take`: all at once, or those of a stream block after block. What goes wrong is in the
    /// report; beside it the times of the first and the last line.
    pub(super) fn read(&self, member: Member<'_>, take: &mut Take<'_>) -> (InputReport, Option<(Micros, Micros)>) {
        let mut report = InputReport { path: member.path, kind: "unknown".to_owned(), ..InputReport::default() };
        let mut span = None;
        match member.finding {
            Finding::Refused(reason) => report.error = Some(reason),
            Finding::Passed { bytes, note } => (report.bytes, report.note) = (bytes, Some(note)),
            Finding::Input(opened) => match self.opened(opened, &mut report, take) {
                Ok(found) => span = found,
                Err(error) => report.error = Some(error.to_string()),
            },
        }
        (report, span)
    }

    fn opened(
        &self,
        mut opened: Opened<'_>,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        report.bytes = opened.bytes;
        if is_journal(opened.content.bytes()) {
            let read = self.journal(opened.content.bytes(), report, take);
            return opened.damage().map_or(read, |what| Err(io::Error::other(what)));
        }
        let head = opened.content.head();
        if let Some(dump) = Dump::of(head) {
            let read = self.dump(dump, &mut opened.content, report, take);
            return opened.damage().map_or(read, |what| Err(io::Error::other(what)));
        }
        let Detected { reading, kind, format, is_log, is_script } = detect(self.matcher, head);
        (report.kind, report.format) = (kind, format.to_owned());
        let passed_over = match (reading, format) {
            (Reading::Binary, "program") => Some("is a program; passed over"),
            // What was pasted may begin with the script that failed.
            _ if is_script && report.path != "-" => Some("is a program; passed over"),
            (Reading::Binary, _) => Some("is no text; passed over"),
            _ if !is_log && is_configuration(&report.path) => Some("is configuration, and no log; passed over"),
            _ => None,
        };
        if let Some(note) = passed_over {
            report.bytes = report.bytes.max(head.len() as u64);
            report.kind = "unknown".to_owned();
            report.note = Some(note.to_owned());
            return opened.damage().map_or(Ok(None), |what| Err(io::Error::other(what)));
        }
        let reference = opened.modified.unwrap_or(self.options.now);
        if let Content::Stream(stream) = &mut opened.content {
            return self.stream(stream, reading, reference, report, take);
        }
        let bytes = opened.content.bytes();
        let backwards = backwards::runs_backwards(bytes);
        let mut clock =
            Clock { zone: self.options.zone.clone(), years: calendar::years(bytes, reference, self.options.year) };
        if backwards {
            // Its years turn the other way round; that of its newest line serves for all.
            clock.years = clock.years.first().map(|(_, year)| vec![(0, *year)]).unwrap_or_default();
        }
        let span = calendar::span(&clock, bytes).map(|(a, b)| if backwards { (b, a) } else { (a, b) });
        self.times(report, span);
        take(&Stretch { offset: 0, bytes, reading, clock: &clock, whole: true, backwards })?;
        opened.damage().map_or(Ok(span), |what| Err(io::Error::other(what)))
    }

    /// A binary journal: its entries as lines.
    fn journal(
        &self,
        bytes: &[u8],
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let mut journal = Journal::open(bytes)?;
        let clock = Clock { zone: self.options.zone.clone(), years: Vec::new() };
        let wanted = |program: &[u8]| self.matcher.catalog().class_of(program).is_some();
        (report.kind, report.format) = ("server-log".to_owned(), "journal".to_owned());
        if let Some(note) = journal.said_span().and_then(|span| self.outside(span)) {
            self.times(report, journal.said_span());
            report.note = Some(note.to_owned());
            return Ok(None);
        }
        let mut offset = 0;
        while let Some(block) = journal.next_block(&wanted) {
            self.times(report, journal.span());
            take(&Stretch {
                offset,
                bytes: &block,
                reading: Reading::Log,
                clock: &clock,
                whole: false,
                backwards: false,
            })?;
            offset += block.len() as u64;
        }
        self.times(report, journal.span());
        journal.damage().map_or(Ok(journal.span()), |what| Err(io::Error::other(what)))
    }

    /// Why an input need not be read whose entries were received in this time. Some may have been sent a little before.
    fn outside(&self, (first, last): (Micros, Micros)) -> Option<&'static str> {
        let early = self.options.since.is_some_and(|since| last < since.saturating_sub(archive::MARGIN));
        let late = self.options.until.is_some_and(|until| first > until.saturating_add(archive::MARGIN));
        let note = early.then_some("was last written before --since");
        note.or(late.then_some("begins after --until"))
    }

    /// A journal dump whose entries take several lines.
    fn dump(
        &self,
        mut dump: Dump,
        content: &mut Content<'_>,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let clock = Clock { zone: self.options.zone.clone(), years: Vec::new() };
        let (mut offset, mut span, mut seen) = (0, None, None);
        let mut blocks = content.blocks(DUMP_BLOCK);
        report.bytes = 0;
        report.format = dump.name().to_owned();
        loop {
            let block = blocks.next()?;
            let text = match &block {
                Some((_, block)) => dump.feed(block),
                None => dump.finish(),
            };
            report.bytes += block.as_ref().map_or(0, |(bytes, _)| *bytes);
            let Detected { reading, kind, .. } = seen.get_or_insert_with(|| detect(self.matcher, &text)).clone();
            report.kind = kind;
            span = widen(span, calendar::span_at(&clock, &text, offset));
            self.times(report, span);
            if !text.is_empty() {
                take(&Stretch { offset, bytes: &text, reading, clock: &clock, whole: false, backwards: false })?;
                offset += text.len() as u64;
            }
            if block.is_none() {
                return Ok(span);
            }
        }
    }

    fn stream(
        &self,
        stream: &mut Stream<'_>,
        reading: Reading,
        reference: Micros,
        report: &mut InputReport,
        take: &mut Take<'_>,
    ) -> io::Result<Option<(Micros, Micros)>> {
        let mut clock = Clock { zone: self.options.zone.clone(), years: Vec::new() };
        let (mut span, mut last) = (None, None);
        report.bytes = 0;
        while let Some(block) = stream.next_block()? {
            let offset = report.bytes;
            // Of a pipe that runs backwards only what fits into one block can be read from its end.
            let backwards = offset == 0 && stream.is_over() && backwards::runs_backwards(&block);
            let year = clock.years.last().map(|(_, year)| *year).or(self.options.year);
            let years = calendar::years(&block, reference, year);
            let known = clock.years.len();
            clock.years.extend(years.into_iter().map(|(at, year)| (at + offset, year)));
            let mut here = calendar::span_at(&clock, &block, offset);
            let back = |(first, _): (Micros, Micros)| last.is_some_and(|last| first < last - HALF_A_YEAR);
            if here.is_some_and(back) && clock.years.len() > known {
                // The year ended between two blocks.
                clock.years[known..].iter_mut().for_each(|(_, year)| *year += 1);
                here = calendar::span_at(&clock, &block, offset);
            }
            last = here.map(|(_, last)| last).or(last);
            span = widen(span, here);
            self.times(report, span);
            take(&Stretch { offset, bytes: &block, reading, clock: &clock, whole: false, backwards })?;
            report.bytes += block.len() as u64 + stream.take_skipped();
        }
        let guessed = !clock.years.is_empty() && self.options.year.is_none();
        if guessed && last.is_some_and(|last| last > reference + HALF_A_YEAR) {
            let what =
                "has lines of more than a year and no years in them; --year says which that of its first line is";
            return Err(io::Error::other(what));
        }
        Ok(span)
    }

    fn times(&self, report: &mut InputReport, span: Option<(Micros, Micros)>) {
        report.first = span.map(|(first, _)| self.options.zone.rfc3339(first));
        report.last = span.map(|(_, last)| self.options.zone.rfc3339(last));
    }
}
