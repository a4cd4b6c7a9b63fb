//! The times of an input as a whole: which years its lines are of, and when it begins and ends.
//!
//! In: the bytes of an input. Out: years by offset, and the first and last time. Knows nothing of patterns.

use crate::framing;
use crate::record::time::{self, Clock, Micros};
use crate::record::{self, decoration};
use std::ops::Range;

/// Lines further apart than this are sampled when the years of a large log are looked for.
const YEAR_GRID: usize = 256 << 10;
/// Lines that are looked at for the first and last time of an input.
const MOST_LOOKED_AT: usize = 1000;

/// The years of an input's yearless timestamps; see [`time::years`]. A large input is sampled, and read closely only where
/// a year ends.
pub fn years(bytes: &[u8], reference: Micros, fixed: Option<i32>) -> Vec<(u64, i32)> {
    let stamps = |range: Range<usize>| {
        let from = range.start;
        framing::lines(&bytes[range]).filter_map(move |line| {
            let at = from + line.start;
            yearless(&bytes[at..from + line.end]).map(|(month, day)| (at as u64, month, day))
        })
    };
    if bytes.len() <= 16 * YEAR_GRID {
        return time::years(stamps(0..bytes.len()), reference, fixed);
    }
    let mut sampled: Vec<(u64, u8, u8)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let next = framing::cut(bytes, at + YEAR_GRID);
        let first = stamps(at..next).next();
        if let (Some(before), Some(now)) = (sampled.last().copied(), first)
            && before.1 >= now.1 + 6
        {
            sampled.extend(stamps(before.0 as usize..now.0 as usize).skip(1));
        }
        sampled.extend(first);
        at = next;
        if at >= bytes.len() {
            let tail = bytes.len().saturating_sub(YEAR_GRID / 4);
            let from = framing::cut(bytes, tail);
            sampled.extend(stamps(from..bytes.len()));
        }
    }
    time::years(sampled.into_iter(), reference, fixed)
}

/// Times of the first and the last line that have one.
pub fn span(clock: &Clock, bytes: &[u8]) -> Option<(Micros, Micros)> {
    span_at(clock, bytes, 0)
}

/// The same for a stretch that begins at `offset`.
pub fn span_at(clock: &Clock, bytes: &[u8], offset: u64) -> Option<(Micros, Micros)> {
    let mut scratch = Vec::new();
    let mut time = |range: Range<usize>| {
        let record = record::parse(&bytes[range.clone()], &mut scratch)?;
        clock.resolve(record.stamp, offset + range.start as u64)
    };
    let first = framing::lines(bytes).take(MOST_LOOKED_AT).find_map(&mut time)?;
    let mut end = bytes.len();
    let mut last = None;
    for _ in 0..MOST_LOOKED_AT {
        if end == 0 || last.is_some() {
            break;
        }
        let start = memchr::memrchr(b'\n', &bytes[..end - 1]).map_or(0, |at| at + 1);
        last = time(start..end.min(start + framing::MAX_LINE));
        end = start;
    }
    Some((first, last.unwrap_or(first)))
}

fn yearless(line: &[u8]) -> Option<(u8, u8)> {
    let line = match line.first()? {
        b'<' => &line[line.iter().take(6).position(|b| *b == b'>')? + 1..],
        _ => &line[..line.len().min(120)],
    };
    // Quoted lines may have a priority behind the quote.
    let after_priority = |layer: &[u8]| match layer.first() {
        Some(b'<') => {
            layer.iter().take(6).position(|b| *b == b'>').and_then(|end| time::traditional(&layer[end + 1..]))
        }
        _ => None,
    };
    let stamp = match line.first()? {
        b'A'..=b'Z' => time::traditional(line).or_else(|| time::localised(line)),
        _ if !may_hold_a_day(line) => None,
        _ => decoration::layers(line)
            .find_map(|l| time::traditional(l).or_else(|| after_priority(l)).or_else(|| time::localised(l))),
    };
    // Behind whatever a tool puts before a line.
    let within = || days(line).find_map(|day| time::traditional(&line[day.checked_sub(4)?..]));
    match stamp.or_else(within)?.0 {
        time::Stamp::Yearless { month, day, .. } => Some((month, day)),
        _ => None,
    }
}

/// Whether a day and a clock's time stand somewhere in a line as `17 10:00:00`: without them no layer of it begins with a time
/// that lacks the year, and most lines of other dialects need not be taken apart to know.
fn may_hold_a_day(line: &[u8]) -> bool {
    days(line).next().is_some()
}

/// Where a day and a clock's time begin.
fn days(line: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b':', line).filter_map(|colon| match line[..colon] {
        [.., a, b, day, b' ', _, _] if day.is_ascii_digit() && (a == b' ' || b == b' ') => Some(colon - 5),
        _ => None,
    })
}
