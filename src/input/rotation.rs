//! Names of rotated logs: `secure`, `secure-20180408`, `secure.1`, `auth.log.2.gz` are parts of one log.
//!
//! In: names of files. Out: their order, oldest first, and the day that a name tells. Knows nothing of contents.

use crate::record::time::Micros;
use chrono::{Days, NaiveDate};
use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

/// What a compressed file's name ends with beyond that of the file in it.
const COMPRESSED: &[&str] = &[".gz", ".xz", ".zst", ".bz2", ".lz4"];

/// What the name of an archive ends with.
const ARCHIVES: &[&str] = &[".tar", ".tgz", ".txz", ".tbz2", ".zip"];

/// Which part of a rotated log, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'n> {
    /// Of a day, as digits.
    Dated(&'n str),
    /// So many rotations ago.
    Numbered(Reverse<u32>),
    /// A journal put aside, by the time of its first entry or, if it was found unfinished, of that discovery; in hexadecimal digits.
    Archived(&'n str),
    /// The one being written.
    Current,
}

/// The order of two paths: by their names, and parts of one log from the oldest to the newest.
pub fn order(a: &str, b: &str) -> Ordering {
    let key = |name| (parts(name), name);
    a.split('/').map(key).cmp(b.split('/').map(key))
}

/// The end of the day after the one in a name: nothing in that part of the log is younger.
pub fn written(path: &str) -> Option<Micros> {
    let name = path.rsplit(['/', '!']).next()?;
    let (_, Part::Dated(digits)) = parts(name) else { return None };
    let day = NaiveDate::parse_from_str(digits.get(..8)?, "%Y%m%d").ok()?;
    let end = day.checked_add_days(Days::new(2))?.and_hms_opt(0, 0, 0)?;
    Some(end.and_utc().timestamp_micros())
}

/// The log that a file is a part of: what its name, with the folders before, has in common with those of the others.
pub fn log(path: &str) -> (&str, &str) {
    let (folder, name) = path.split_at(path.rfind(['/', '!']).map_or(0, |at| at + 1));
    (folder, parts(name).0)
}

/// Whether two of these are parts of one log, or one, by its name, is packed and may hold such parts.
pub fn may_be_parts<'p>(mut paths: impl Iterator<Item = &'p str>) -> bool {
    let mut logs = HashSet::new();
    let packed = |path: &str| COMPRESSED.iter().chain(ARCHIVES).any(|end| path.ends_with(end));
    paths.any(|path| packed(path) || !logs.insert(log(path)))
}

/// `system@<id>-<number>-<time>.journal` of a sound journal, `system@<time>-<random>.journal~` of an unfinished one.
fn archived(name: &str) -> Option<(&str, Part<'_>)> {
    let (stem, of) = name.split_once('@')?;
    let (of, unfinished) = match of.strip_suffix(".journal~") {
        Some(of) => (of, true),
        None => (of.strip_suffix(".journal")?, false),
    };
    let mut fields = of.split('-');
    let time = if unfinished { fields.next() } else { fields.nth(2) }?;
    let hexadecimal = time.len() == 16 && time.bytes().all(|b| b.is_ascii_hexdigit());
    hexadecimal.then_some((stem, Part::Archived(time)))
}

fn parts(name: &str) -> (&str, Part<'_>) {
    let plain = COMPRESSED.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    if let Some(journal) = archived(plain) {
        return journal;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    for (stem, end) in [plain.rsplit_once('-'), plain.rsplit_once('.')].into_iter().flatten() {
        if stem.is_empty() || !digits(end) {
            continue;
        }
        if end.len() == 8 && matches!(&end[..2], "19" | "20") {
            return (stem, Part::Dated(end));
        }
        if end.len() <= 4 && plain[stem.len()..].starts_with('.') {
            return (stem, Part::Numbered(Reverse(end.parse().unwrap_or(0))));
        }
    }
    (plain.strip_suffix(".journal").unwrap_or(plain), Part::Current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_log_are_ordered_from_the_oldest() {
        let sorted = [
            "a/auth.log.10.gz",
            "a/auth.log.2.gz",
            "a/auth.log.1",
            "a/auth.log",
            "a/b/secure",
            "a/secure-20171231.xz",
            "a/secure-20180408",
            "a/secure.1.gz",
            "a/secure",
            "a/secure-x",
            "a/system@0123456789abcdef0123456789abcdef-0000000000000001-0005f00000000000.journal",
            "a/system@0005f10000000000-a123456789abcdef.journal~",
            "a/system.journal",
            "a/user-1000.journal",
        ];
        let mut names = sorted;
        names.sort();
        names.sort_by(|a, b| order(a, b));
        assert_eq!(names, sorted);
    }

    #[test]
    fn parts_of_one_log_have_its_name() {
        for (path, log) in [
            ("x.tar!var/log/auth.log.2.gz", ("x.tar!var/log/", "auth.log")),
            ("x.tar!auth.log", ("x.tar!", "auth.log")),
            ("secure-20180417", ("", "secure")),
            ("j/system@0005f10000000000-a123456789abcdef.journal~", ("j/", "system")),
            ("j/system.journal", ("j/", "system")),
            ("j/a@b.journal", ("j/", "a@b")),
        ] {
            assert_eq!(super::log(path), log, "{path}");
        }
    }

    #[test]
    fn one_log_in_two_files_and_what_is_packed_may_be_parts() {
        for (paths, parts) in [
            (&["a/secure", "b/secure", "a/messages"][..], false),
            (&["a/secure", "a/secure-20180417"], true),
            (&["a/secure", "sos.tar.xz"], true),
            (&["a/secure", "b.zip"], true),
            (&[], false),
        ] {
            assert_eq!(may_be_parts(paths.iter().copied()), parts, "{paths:?}");
        }
    }

    #[test]
    fn the_day_of_a_name_bounds_its_lines() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).and_then(|d| d.and_hms_opt(0, 0, 0));
        let micros = |y, m, d| day(y, m, d).map(|t| t.and_utc().timestamp_micros());
        assert_eq!(written("x.tar!var/log/secure-20180417.gz"), micros(2018, 4, 19));
        for name in ["secure", "secure.1", "secure-20189917", "a-20180417/secure", "mode-0777"] {
            assert_eq!(written(name), None, "{name}");
        }
    }
}
