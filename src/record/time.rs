//! Timestamps → instants.
//!
//! In: the bytes of a timestamp and what a log leaves out (year, zone). Out: microseconds since 1970 UTC.
//! Knows nothing of lines or messages, and never reads the clock: what "now" is comes from the caller.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// A second.
pub const SECOND: Micros = 1_000_000;

/// Days since 1970-01-01 at an instant, in UTC.
pub fn day_of(instant: Micros) -> i64 {
    instant.div_euclid(24 * 3600 * SECOND)
}

/// A timestamp as written; what it leaves out is filled in by [`Clock::resolve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stamp {
    /// The line carries none.
    #[default]
    None,
    /// `Apr 17 10:00:00`: no year and no zone.
    Yearless {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// Microseconds of the day.
        of_day: Micros,
    },
    /// `2018-04-17 10:00:00`: no zone; as microseconds since 1970 as if it were UTC.
    Local(Micros),
    /// An instant.
    Instant(Micros),
}

impl Stamp {
    /// The same in a year that stood apart; None where it has no such day.
    pub fn in_year(self, year: i32) -> Option<Self> {
        match self {
            Self::Yearless { month, day, of_day } => Some(Self::Local(midnight(year, month, day)? + of_day)),
            stamp => Some(stamp),
        }
    }
}

/// The zone of timestamps that carry none, and of the times in reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Zone {
    /// UTC.
    #[default]
    Utc,
    /// A fixed distance from UTC.
    Fixed(FixedOffset),
    /// A place, with its rules for summer time.
    Named(TimeZone),
}

impl Zone {
    /// Parses `UTC`, `Z`, `+09:00`, `+0900` or a name such as `Asia/Tokyo`.
    ///
    /// # Errors
    /// The text names no zone.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("utc") || text.eq_ignore_ascii_case("z") {
            return Ok(Self::Utc);
        }
        if let Some((seconds, used)) = offset(text.as_bytes())
            && used == text.len()
            && let Some(fixed) = FixedOffset::east_opt(seconds)
        {
            return Ok(Self::Fixed(fixed));
        }
        let named = TimeZone::get(text).map(Self::Named);
        named.map_err(|_| format!("'{text}' is no time zone; write Asia/Tokyo, +09:00 or UTC"))
    }

    fn to_instant(&self, local: Micros) -> Micros {
        match self {
            Self::Utc => local,
            Self::Fixed(fixed) => local - Micros::from(fixed.local_minus_utc()) * SECOND,
            Self::Named(tz) => {
                let civil = Offset::UTC.to_datetime(Timestamp::from_microsecond(local).unwrap_or_default());
                // In the hour that summer time repeats, the first; in the hour it skips, as if it were not skipped.
                let shift = match tz.to_ambiguous_timestamp(civil).offset() {
                    AmbiguousOffset::Unambiguous { offset } => offset,
                    AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
                };
                local - Micros::from(shift.seconds()) * SECOND
            }
        }
    }

    /// RFC 3339 in this zone; fractions only where there are any.
    pub fn rfc3339(&self, instant: Micros) -> String {
        let utc = DateTime::from_timestamp_micros(instant).unwrap_or_default();
        let whole = instant.rem_euclid(SECOND) == 0;
        let format = if whole { SecondsFormat::Secs } else { SecondsFormat::Micros };
        match self {
            Self::Utc => utc.to_rfc3339_opts(format, true),
            Self::Fixed(fixed) => utc.with_timezone(fixed).to_rfc3339_opts(format, false),
            Self::Named(tz) => {
                let shift = tz.to_offset(Timestamp::from_microsecond(instant).unwrap_or_default());
                let fixed = FixedOffset::east_opt(shift.seconds()).expect("places keep within a day of UTC");
                utc.with_timezone(&fixed).to_rfc3339_opts(format, false)
            }
        }
    }
}

fn naive(micros: Micros) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

/// Fills in what the timestamps of one input leave out.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// For timestamps without a zone.
    pub zone: Zone,
    /// Byte offsets from which a year applies, ascending; the first is 0. Empty: no line lacks a year.
    pub years: Vec<(u64, i32)>,
}

impl Clock {
    /// The instant of a timestamp that stands at `offset` in its input.
    pub fn resolve(&self, stamp: Stamp, offset: u64) -> Option<Micros> {
        match stamp {
            Stamp::None => None,
            Stamp::Instant(instant) => Some(instant),
            Stamp::Local(local) => Some(self.zone.to_instant(local)),
            Stamp::Yearless { month, day, of_day } => {
                let at = self.years.partition_point(|(from, _)| *from <= offset);
                let year = self.years.get(at.checked_sub(1)?)?.1;
                Some(self.zone.to_instant(midnight(year, month, day)? + of_day))
            }
        }
    }
}

/// Midnight of a day as if in UTC. 29 February of a common year, which a wrong guess of the year brings about, is 1 March.
fn midnight(year: i32, month: u8, day: u8) -> Option<Micros> {
    let date = NaiveDate::from_ymd_opt(year, month.into(), day.into())
        .or_else(|| (month == 2 && day == 29).then(|| NaiveDate::from_ymd_opt(year, 3, 1)).flatten())?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp() * SECOND)
}

/// Finds the years of an input's yearless timestamps, given in order as (offset, month, day): where the calendar jumps
/// back by months a year ended, and the last line is not later than `reference` (with a day's grace for clocks and zones).
pub fn years(stamps: impl Iterator<Item = (u64, u8, u8)>, reference: Micros, fixed: Option<i32>) -> Vec<(u64, i32)> {
    let mut turns = Vec::new();
    let mut previous: Option<(u8, u8)> = None;
    for (offset, month, day) in stamps {
        if let Some((before, _)) = previous
            && before >= month + 6
        {
            turns.push(offset);
        }
        // A line from before the turn among those after it (written late) does not count as eleven months' progress.
        if previous.is_none_or(|(before, _)| month < before + 6) || turns.is_empty() {
            previous = Some((month, day));
        }
    }
    let Some((month, day)) = previous else { return Vec::new() };
    let limit = naive(reference).date() + Days::new(1);
    let last = fixed.map_or_else(
        || {
            let this = limit.year();
            if (u32::from(month), u32::from(day)) > (limit.month(), limit.day()) { this - 1 } else { this }
        },
        // The year that the user gives is that of the first line.
        |first| first + turns.len() as i32,
    );
    let first = last - turns.len() as i32;
    let starts = std::iter::once(0).chain(turns);
    starts.zip(first..).collect()
}

/// Parses `Apr 17 10:00:00` at the start of `line`, with a fraction or a year behind it; returns the bytes used.
pub fn traditional(line: &[u8]) -> Option<(Stamp, usize)> {
    let head = line.get(..15)?;
    if head[3] != b' ' || head[6] != b' ' || head[9] != b':' || head[12] != b':' {
        return unaligned(line);
    }
    let month = month(&head[..3])?;
    let day = if head[4] == b' ' { digit(head[5])? } else { two(&head[4..6])? };
    let of_day = clock(&head[7..15])?;
    if !(1..=31).contains(&day) {
        return None;
    }
    let (fraction, mut used) = fraction(&line[15..]);
    used += 15;
    let of_day = of_day + fraction;
    if let Some(year) = line.get(used..used + 6).filter(|y| y[0] == b' ' && matches!(y[5], b' ' | b']'))
        && let Some(year) = number(&year[1..5])
        && (1970..=2200).contains(&year)
    {
        let midnight = midnight(year as i32, month, day)?;
        return Some((Stamp::Local(midnight + of_day), used + 5));
    }
    Some((Stamp::Yearless { month, day, of_day }, used))
}

/// `Apr 7 10:00:00` with one blank, and `Apr 17 2018 10:00:00` with the year in the middle.
fn unaligned(line: &[u8]) -> Option<(Stamp, usize)> {
    let month = month(line.get(..3)?)?;
    let rest = line[3..].strip_prefix(b" ")?;
    let digits = rest.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let day = u8::try_from(number(&rest[..digits])?).ok().filter(|d| (1..=31).contains(d))?;
    let mut at = 4 + digits + 1;
    if line.get(at - 1) != Some(&b' ') {
        return None;
    }
    let year = line.get(at..at + 5).filter(|y| y[4] == b' ').and_then(|y| number(&y[..4]));
    if year.is_some() {
        at += 5;
    }
    let of_day = clock(line.get(at..at + 8)?)?;
    let (fraction, used) = fraction(&line[at + 8..]);
    let (of_day, used) = (of_day + fraction, at + 8 + used);
    match year {
        Some(year) => Some((Stamp::Local(midnight(year as i32, month, day)? + of_day), used)),
        None if digits == 1 => Some((Stamp::Yearless { month, day, of_day }, used)),
        None => None,
    }
}

/// Parses `11月 24 10:00:00` and its like at the start of `line`: the abbreviations of glibc's locales. What English
/// abbreviates the same way is for [`traditional`].
pub fn localised(line: &[u8]) -> Option<(Stamp, usize)> {
    let start = line.iter().take(2).take_while(|b| **b == b' ').count();
    let end = start + memchr::memchr(b' ', &line[start..line.len().min(start + 16)])?;
    let blanks = line[end..].iter().take(2).take_while(|b| **b == b' ').count();
    let at = end + blanks;
    let digits = line[at..].iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let day = u8::try_from(number(line.get(at..at + digits)?)?).ok().filter(|d| (1..=31).contains(d))?;
    let at = at + digits;
    let of_day = line.get(at..at + 9).filter(|text| text[0] == b' ').and_then(|text| clock(&text[1..]))?;
    // Last, for it costs most.
    let name = std::str::from_utf8(&line[start..end]).ok()?.trim_end_matches('.').to_lowercase();
    let month = MONTHS_ELSEWHERE.iter().position(|names| names.split(' ').any(|n| n == name))? as u8 + 1;
    let (fraction, used) = fraction(&line[at + 9..]);
    Some((Stamp::Yearless { month, day, of_day: of_day + fraction }, at + 9 + used))
}

/// January to December in Japanese and Chinese, Korean, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech,
/// Swedish, Finnish, Turkish and Russian; in small letters, without the dot.
const MONTHS_ELSEWHERE: [&str; 12] = [
    "1月 1월 jan jän janv ene gen sty led tammi oca янв",
    "2月 2월 feb févr fev lut úno helmi şub фев",
    "3月 3월 mar mär märz mars mrt bře maalis мар мрт",
    "4月 4월 apr avril abr kwi dub huhti nis апр",
    "5月 5월 mai may mag mei maj kvě touko май мая",
    "6月 6월 jun juin giu juni cze čer kesä haz июн",
    "7月 7월 jul juil lug juli lip čec heinä tem июл",
    "8月 8월 aug août ago sie srp elo ağu авг",
    "9月 9월 sep sept set wrz zář syys eyl сен",
    "10月 10월 okt oct out ott paź říj loka eki окт",
    "11月 11월 nov lis marras kas ноя",
    "12月 12월 dez dec déc dic dis gru pro joulu ara дек",
];

/// Parses `2018-04-17T10:00:00.123456+09:00` at the start of `line` (also with a space, svlogd's `_`, a comma, no zone).
pub fn iso(line: &[u8]) -> Option<(Stamp, usize)> {
    let head = line.get(..19)?;
    if head[4] != b'-' || head[7] != b'-' || !matches!(head[10], b'T' | b' ' | b'_') {
        return None;
    }
    let year = number(&head[..4])? as i32;
    let sensible = (1970..=2200).contains(&year);
    let local = midnight(year, two(&head[5..7])?, two(&head[8..10])?)? + clock(&head[11..19])?;
    let (fraction, mut used) = fraction(&line[19..]);
    used += 19;
    let local = local + fraction;
    let (stamp, used) = match offset(&line[used..]) {
        _ if line.get(used) == Some(&b'Z') => (Stamp::Instant(local), used + 1),
        Some((seconds, more)) => (Stamp::Instant(local - Micros::from(seconds) * SECOND), used + more),
        None => (Stamp::Local(local), used),
    };
    // A year that no SSH log is from is a time of no use, in a line that may be of use.
    Some((if sensible { stamp } else { Stamp::None }, used))
}

/// Parses seconds since 1970 with a fraction, `1523926800.123`.
pub fn epoch(line: &[u8]) -> Option<(Stamp, usize)> {
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(9..=11).contains(&digits) || line.get(digits) != Some(&b'.') {
        return None;
    }
    let (fraction, used) = fraction(&line[digits..]);
    let seconds = number(&line[..digits])? as Micros;
    Some((Stamp::Instant(seconds * SECOND + fraction), digits + used))
}

fn month(name: &[u8]) -> Option<u8> {
    const MONTHS: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    MONTHS.iter().position(|m| *m == name).map(|m| m as u8 + 1)
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

fn two(bytes: &[u8]) -> Option<u8> {
    Some(digit(bytes[0])? * 10 + digit(bytes[1])?)
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0u64, |n, b| Some(n.checked_mul(10)? + u64::from(digit(*b)?)))
}

/// Microseconds of the day of `hh:mm:ss`.
pub(super) fn clock(text: &[u8]) -> Option<Micros> {
    if text[2] != b':' || text[5] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(&text[..2])?, two(&text[3..5])?, two(&text[6..8])?);
    (hour < 24 && minute < 60 && second <= 60)
        .then(|| (Micros::from(hour) * 3600 + Micros::from(minute) * 60 + Micros::from(second)) * SECOND)
}

/// Microseconds of `.123456` or `,123`, and the bytes used.
fn fraction(text: &[u8]) -> (Micros, usize) {
    if !matches!(text.first(), Some(b'.' | b',')) {
        return (0, 0);
    }
    let digits = text[1..].iter().take_while(|b| b.is_ascii_digit()).count();
    let micros = (0..6).fold(0, |n, i| n * 10 + text[1..=digits].get(i).map_or(0, |b| Micros::from(b - b'0')));
    if digits == 0 { (0, 0) } else { (micros, digits + 1) }
}

/// Seconds east of UTC of `+09:00`, `+0900` or `+09`, and the bytes used.
fn offset(text: &[u8]) -> Option<(i32, usize)> {
    let sign = match text.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = two(text.get(1..3)?)?;
    let (minutes, used) = match text.get(3..) {
        Some([b':', rest @ ..]) if rest.len() >= 2 => (two(rest)?, 6),
        Some(rest) if rest.len() >= 2 && rest[0].is_ascii_digit() => (two(rest)?, 5),
        _ => (0, 3),
    };
    (hours < 24 && minutes < 60).then(|| (sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60), used))
}

/// Parses the value of `--since` and `--until`: RFC 3339, `2018-04-17 10:00[:00]`, `2018-04-17`, or `2h` before `now`.
///
/// # Errors
/// The text is no such time.
pub fn point(text: &str, zone: &Zone, now: Micros) -> Result<Micros, String> {
    let wrong = || format!("'{text}' is no time; write 2018-04-17T10:00:00+09:00, '2018-04-17 10:00' or 2h");
    let unit = match text.as_bytes().last() {
        Some(b's') => 1,
        Some(b'm') => 60,
        Some(b'h') => 3600,
        Some(b'd') => 86_400,
        Some(b'w') => 604_800,
        _ => 0,
    };
    if unit > 0 {
        let count = number(&text.as_bytes()[..text.len() - 1]).filter(|_| text.len() > 1).ok_or_else(wrong)?;
        let distance = i64::try_from(count).ok().and_then(|c| c.checked_mul(unit * SECOND)).ok_or_else(wrong)?;
        return now.checked_sub(distance).ok_or_else(wrong);
    }
    let padded = match text.len() {
        10 => format!("{text} 00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    let (stamp, used) = iso(padded.as_bytes()).ok_or_else(wrong)?;
    if used != padded.len() {
        return Err(wrong());
    }
    Clock { zone: zone.clone(), years: Vec::new() }.resolve(stamp, 0).ok_or_else(wrong)
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("UTC"),
            Self::Fixed(fixed) => fixed.fmt(f),
            Self::Named(tz) => f.write_str(tz.iana_name().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str, zone: &str) -> String {
        let line = text.as_bytes();
        let (stamp, _) = traditional(line).or_else(|| iso(line)).expect("a timestamp");
        let zone = Zone::parse(zone).expect("a zone");
        let clock = Clock { zone: zone.clone(), years: vec![(0, 2018)] };
        zone.rfc3339(clock.resolve(stamp, 0).expect("resolved"))
    }

    #[test]
    fn timestamps_of_every_format_become_instants() {
        for (text, zone, expected) in [
            ("Apr 17 10:00:00 h", "UTC", "2018-04-17T10:00:00Z"),
            ("Apr  7 10:00:00.25 h", "Asia/Tokyo", "2018-04-07T10:00:00.250000+09:00"),
            ("Apr 17 10:00:00 2016 h", "UTC", "2016-04-17T10:00:00Z"),
            ("Apr 7 10:00:00 h", "UTC", "2018-04-07T10:00:00Z"),
            ("Apr 7 2016 10:00:00 h", "UTC", "2016-04-07T10:00:00Z"),
            ("Apr 17 10:00:00 2001:db8::50 sshd", "UTC", "2018-04-17T10:00:00Z"),
            ("2018-04-17T10:00:00+0900 h", "UTC", "2018-04-17T01:00:00Z"),
            ("2018-04-17T10:00:00.123456Z h", "+09:00", "2018-04-17T19:00:00.123456+09:00"),
            ("2018-04-17 10:00:00,123 h", "UTC", "2018-04-17T10:00:00.123000Z"),
            ("2018-07-01 10:00:00 h", "Europe/Berlin", "2018-07-01T10:00:00+02:00"),
        ] {
            assert_eq!(resolve(text, zone), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_timestamp_is_none() {
        for text in ["Apr 32 10:00:00", "Apr 17 25:00:00", "Axx 17 10:00:00", "short", "2018-13-17 10:00:00"] {
            assert!(traditional(text.as_bytes()).or_else(|| iso(text.as_bytes())).is_none(), "{text}");
        }
    }

    #[test]
    fn a_log_over_new_year_gets_two_years() {
        let reference = 1_514_900_000 * SECOND; // 2018-01-02
        let stamps = [(0, 12, 30), (50, 12, 31), (100, 1, 1), (150, 12, 31), (200, 1, 2)];
        assert_eq!(years(stamps.into_iter(), reference, None), [(0, 2017), (100, 2018)]);
        assert_eq!(years(stamps.into_iter(), reference, Some(2010)), [(0, 2010), (100, 2011)]);
    }

    #[test]
    fn a_log_of_last_december_read_in_january_is_last_years() {
        let reference = 1_515_000_000 * SECOND; // 2018-01-03
        assert_eq!(years([(0, 12, 30)].into_iter(), reference, None), [(0, 2017)]);
    }

    #[test]
    fn points_in_time_are_absolute_or_relative() {
        let now = 1_523_959_200 * SECOND; // 2018-04-17T10:00:00Z
        for (text, expected) in [
            ("2h", "2018-04-17T08:00:00Z"),
            ("2018-04-17 10:00", "2018-04-17T10:00:00Z"),
            ("2018-04-17", "2018-04-17T00:00:00Z"),
            ("2018-04-17T10:00:00+09:00", "2018-04-17T01:00:00Z"),
        ] {
            assert_eq!(Zone::Utc.rfc3339(point(text, &Zone::Utc, now).expect(text)), expected);
        }
        for text in ["", "h", "yesterday", "2018-04-17 10", "99999999999999999h"] {
            assert!(point(text, &Zone::Utc, now).is_err(), "{text}");
        }
    }
}
