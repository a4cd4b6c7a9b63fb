//! Chunks that lie outside the time that the user asks about: their lines are counted, not read.
//!
//! In: a chunk of a log. Out: the number of its lines, if none of them can be of that time. Knows nothing of patterns.
//!
//! Nothing is taken on trust: every line is looked at, so logs that are not in order lose nothing. But most lines begin as one
//! that was read, up to the hour; and journalctl's JSON says the time where it is found without taking the line apart.

use super::Plan;
use crate::framing;
use crate::record::quick::Quick;
use crate::record::time::{self, Micros, SECOND, Stamp, Zone};
use crate::record::{self, journal};
use memchr::memmem::Finder;
use std::ops::Range;

const HOUR: Micros = 3600 * SECOND;
/// A leap second, and a fraction of it.
const LEAP: Micros = 2 * SECOND;
/// No place changes its clocks by more.
const SUMMER_TIME: Micros = 3 * HOUR;
/// Bytes of `Apr 17 10:`, and of the whole stamp.
const YEARLESS: (usize, usize) = (10, 15);
/// Bytes of `2018-04-17T10`, and of the stamp to the second.
const ISO: (usize, usize) = (13, 19);

/// The number of lines of a chunk of a log that begins at `offset`, if all of them lie outside the window.
pub(super) fn lines_outside(plan: &Plan<'_>, offset: u64, chunk: &[u8]) -> Option<u64> {
    if (plan.since.is_none() && plan.until.is_none()) || plan.plain {
        return None;
    }
    let mut window = Window::new(plan, offset, chunk);
    let mut lines = 0;
    for range in framing::lines(chunk) {
        let line = &chunk[range.clone()];
        if !window.known.begins(line) && !window.is_outside(line, offset + range.start as u64) {
            return None;
        }
        lines += 1;
    }
    Some(lines)
}

struct Window<'a, 'p> {
    plan: &'p Plan<'p>,
    /// Whether all lines without a year are of the same.
    one_year: bool,
    known: Beginning<'a>,
    quick: Quick<'a>,
    journal: JournalTimes,
    scratch: Vec<u8>,
}

/// How a line begins of which all lines of the same hour and form are outside.
#[derive(Debug, Default)]
struct Beginning<'a> {
    /// Up to the hour; empty: none is known.
    hour: &'a [u8],
    /// Where digits of a second are, behind a point.
    fraction: Range<usize>,
    /// The zone, and what ends the stamp.
    end: &'a [u8],
}

impl<'a, 'p> Window<'a, 'p> {
    fn new(plan: &'p Plan<'p>, offset: u64, chunk: &[u8]) -> Self {
        let year = |at: u64| plan.clock.years.partition_point(|(from, _)| *from <= at);
        let journal = JournalTimes {
            name: Finder::new(JournalTimes::NAME),
            message: Finder::new(b"\"MESSAGE\":\""),
            escaped: Finder::new(b"\\u"),
        };
        Self {
            plan,
            one_year: year(offset) == year(offset + chunk.len() as u64),
            known: Beginning::default(),
            quick: Quick::default(),
            journal,
            scratch: Vec::new(),
        }
    }

    fn is_outside(&mut self, line: &'a [u8], offset: u64) -> bool {
        if record::is_escaped(line) {
            if let Some(times) = self.journal.of(line) {
                return self.excludes(times);
            }
            let stamp = record::parse(line, &mut self.scratch).map(|record| record.stamp);
            return stamp.is_none_or(|stamp| self.excludes_stamp(stamp, offset));
        }
        let Some(record) = self.quick.parse(line, |_| true) else { return true };
        let outside = self.excludes_stamp(record.stamp, offset);
        if outside {
            self.learn(line, offset);
        }
        outside
    }

    /// A line without a time may be of any.
    fn excludes_stamp(&self, stamp: Stamp, offset: u64) -> bool {
        self.plan.clock.resolve(stamp, offset).is_some_and(|at| self.excludes(at..at))
    }

    /// Whether nothing from the first to the last of two times is within the window.
    fn excludes(&self, times: Range<Micros>) -> bool {
        let early = self.plan.since.is_some_and(|since| times.end < since);
        let late = self.plan.until.is_some_and(|until| times.start > until);
        early || late
    }

    /// Remembers the beginning of a line if all of its hour lies outside.
    fn learn(&mut self, line: &'a [u8], offset: u64) {
        let Some((stamp, used)) = time::traditional(line).or_else(|| time::iso(line)) else { return };
        let (hour, seconds) = if matches!(stamp, Stamp::Yearless { .. }) { YEARLESS } else { ISO };
        let yearless = hour == YEARLESS.0;
        let shaped = if yearless { self.one_year && used == seconds && line[6] == b' ' } else { line[4] == b'-' };
        // `Apr 7 10:00:00` is shorter than the rest.
        let Some(behind) = line.get(seconds..used) else { return };
        let digits = behind.iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
        let fraction = match line.get(seconds) {
            Some(b'.' | b',') if !yearless => seconds..seconds + 1 + digits,
            _ => seconds..seconds,
        };
        let (Some(at), Some(end)) = (self.plan.clock.resolve(stamp, offset), line.get(fraction.end..used + 1)) else {
            return;
        };
        let moves = matches!(self.plan.clock.zone, Zone::Named(_)) && !matches!(stamp, Stamp::Instant(_));
        let slack = HOUR + LEAP + if moves { SUMMER_TIME } else { 0 };
        if shaped && end.last() == Some(&b' ') && self.excludes(at - slack..at + slack) {
            self.known = Beginning { hour: &line[..hour], fraction, end };
        }
    }
}

impl Beginning<'_> {
    /// Whether a line begins so: then it has this hour, or no header.
    fn begins(&self, line: &[u8]) -> bool {
        if self.hour.is_empty() || !line.starts_with(self.hour) {
            return false;
        }
        let Some((fraction, rest)) =
            line.get(self.fraction.start..).and_then(|l| l.split_at_checked(self.fraction.len()))
        else {
            return false;
        };
        // A year may stand behind the time.
        let has_year = || match rest.get(1..6) {
            Some([year @ .., b' ' | b']']) => year.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        fraction.iter().enumerate().all(|(at, b)| b.is_ascii_digit() || (at == 0 && matches!(b, b'.' | b',')))
            && rest.starts_with(self.end)
            && (self.hour.len() > YEARLESS.0 || !has_year())
    }
}

/// Finds the time of an entry of `journalctl -o json` without taking the entry apart.
struct JournalTimes {
    name: Finder<'static>,
    message: Finder<'static>,
    escaped: Finder<'static>,
}

impl JournalTimes {
    const NAME: &'static [u8] = b"REALTIME_TIMESTAMP";

    /// The earliest and the latest time in an entry, if it says one and nothing in it could say another: no object within the
    /// object, no name written in another way.
    fn of(&self, line: &[u8]) -> Option<Range<Micros>> {
        let object = journal::object(line)?;
        if memchr::memchr(b'{', &object[1..]).is_some() || self.escaped.find(object).is_some() {
            return None;
        }
        self.message.find(object)?;
        let mut times: Option<Range<Micros>> = None;
        for at in self.name.find_iter(object) {
            let named =
                [&b"{\"__"[..], b",\"__", b"{\"_SOURCE_", b",\"_SOURCE_"].iter().any(|n| object[..at].ends_with(n));
            let value = object[at + Self::NAME.len()..].strip_prefix(b"\":\"").filter(|_| named)?;
            let (digits, rest) = value.split_first_chunk::<16>()?;
            let sound = rest.first() == Some(&b'"') && digits[0] < b'7' && digits.iter().all(u8::is_ascii_digit);
            let at: Micros = std::str::from_utf8(digits).ok().filter(|_| sound)?.parse().ok()?;
            times = Some(times.map_or(at..at, |t| t.start.min(at)..t.end.max(at)));
        }
        times
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::detect::Reading;
    use crate::matcher::Matcher;
    use crate::record::time::Clock;

    /// Whether all lines of a chunk are outside of what is from 2018-04-17 10:00 to 12:00 UTC.
    fn outside(lines: &[&str]) -> bool {
        let catalog = Catalog::builtin();
        let matcher = Matcher::new(&catalog);
        let clock = Clock { years: vec![(0, 2018)], ..Clock::default() };
        let since = 1_523_959_200 * SECOND;
        let plan = Plan {
            matcher: &matcher,
            reading: Reading::Log,
            clock: &clock,
            since: Some(since),
            until: Some(since + 2 * HOUR),
            plain: false,
        };
        let found = lines_outside(&plan, 0, (lines.join("\n") + "\n").as_bytes());
        assert!(found.is_none_or(|count| count == lines.len() as u64));
        found.is_some()
    }

    #[test]
    fn a_chunk_is_passed_over_only_if_no_line_of_it_can_be_within() {
        let early = "Apr 17 08:00:00 h sshd[1]: a";
        let early_iso = "2018-04-17T08:00:00.123456+00:00 h sshd[1]: a";
        let entry = |at: &str, more: &str| {
            format!(r#"{{"__CURSOR":"s","__REALTIME_TIMESTAMP":"{at}","SYSLOG_IDENTIFIER":"sshd","_PID":"1",{more}}}"#)
        };
        let early_entry = entry("1523952000000000", r#""MESSAGE":"a""#);
        let within = "1523959200000000";
        let cases: [(&[&str], bool); 25] = [
            (&[early, early, "Apr 17 08:59:60 h sshd[1]: a", "", "no header", "Apr 17 13:00:00 h sshd[1]: a"], true),
            (&[early, "Apr 17 09:59:59 h sshd[1]: a", early, "Apr 17 10:00:00 h sshd[1]: a"], false),
            (&[early, "Apr 17 12:00:00 h sshd[1]: a"], false),
            (
                &["Apr 7 10:00:00 h sshd[1]: a", "Apr 7 2018 10:00:00 h sshd[1]: a", "Apr  7 10:00:00 h sshd[1]: a"],
                true,
            ),
            (&[early, "Apr 17 08:00:00 2018 h sshd[1]: a", "Apr 17 08:00:00.5 h sshd[1]: a"], true),
            (&["Apr 18 11:00:00 h sshd[1]: a", "Apr 17 08:00:00 h sshd[1]: a"], true),
            (&["Apr 17 10:00:00 2017 h sshd[1]: a", "Apr 17 10:00:00 h sshd[1]: a"], false),
            (&["Apr 16 10:00:00 h sshd[1]: a", "Apr 16 10:00:00 2019 h sshd[1]: a"], true),
            (&["Apr 17 11:00:00 2017 h sshd[1]: a", "Apr 17 11:00:00 2017 h sshd[1]: a"], true),
            (&[early, "h sshd[1]: Failed without a time"], false),
            (&[early, "Apr 17 08:00:00 h last message repeated 3 times"], true),
            (&[early_iso, "2018-04-17T08:30:00.1+00:00 h sshd[1]: a", "2018-04-17 08:30:00 h sshd[1]: a"], true),
            (&[early_iso, "2018-04-17T08:30:00.123456-02:00 h sshd[1]: a"], false),
            (&[early_iso, "2018-04-17T08:30:00-02:00 h sshd[1]: a"], false),
            (&[early_iso, "2018-04-17T08:30:00-02:00:00 +00:00 h sshd[1]: a"], false),
            (&["2018-04-17T08:30:00Z h sshd[1]: a", "2018-04-17T19:30:00+09:00 h sshd[1]: a"], false),
            (&["2018-04-17 08:30:00 h sshd[1]: a", "2018-04-17 08:30:00 h sshd[1]: a"], true),
            (&["1523952000.123456 h sshd[1]: a", "1523959200.123456 h sshd[1]: a"], false),
            (&["<38>1 2018-04-17T08:30:00Z h sshd 1 - - a", "<38>1 2018-04-17T13:30:00Z h sshd 1 - - a"], true),
            (&["<38>1 2018-04-17T08:30:00Z h sshd 1 - - a", "<38>1 2018-04-17T11:30:00Z h sshd 1 - - a"], false),
            (&[&early_entry, &early_entry], true),
            (&[&early_entry, &entry(within, r#""MESSAGE":"a""#)], false),
            (
                &[
                    &early_entry,
                    &entry("1523952000000000", &format!(r#""MESSAGE":"a","_SOURCE_REALTIME_TIMESTAMP":"{within}""#)),
                ],
                false,
            ),
            (
                &[
                    &early_entry,
                    &entry("1523952000000000", r#""message":"a","@timestamp":"2018-04-17T10:30:00Z","ident":"sshd""#),
                ],
                false,
            ),
            (
                &[
                    &early_entry,
                    r#"{"@timestamp":"2018-04-17T10:30:00Z","message":"a","ident":"sshd","journald":{"__REALTIME_TIMESTAMP":"1523952000000000","MESSAGE":"a"}}"#,
                ],
                false,
            ),
        ];
        for (lines, expected) in cases {
            assert_eq!(outside(lines), expected, "{lines:#?}");
        }
    }
}
