//! `--since` and `--until`: what is outside is passed over soon, and nothing within is lost, in whatever order the lines are.

use crate::generator::{self, Headers, Kind};
use crate::support::{Folder, MATCHER};
use sshtriage::catalog::cause::Language;
use sshtriage::input;
use sshtriage::record::time::{Micros, Zone};
use sshtriage::triage::{self, Options};
use std::path::Path;

const DAY: Micros = 86_400_000_000;
/// 2016-11-01.
const BEGIN: Micros = 1_477_958_400_000_000;

/// The report for people and programs on a file, as text.
fn report(path: &Path, options: &Options) -> String {
    let places = input::list(&[path.to_owned()]);
    let report = triage::triage(&MATCHER, &places, options, Language::En);
    serde_json::to_string_pretty(&report).expect("plain data")
}

/// One line every 2 hours, for more than a year.
fn spread(line: impl Fn(chrono::DateTime<chrono::Utc>, u64) -> String) -> Vec<u8> {
    let time = |n: u64| chrono::DateTime::from_timestamp_micros(BEGIN + n as Micros * DAY / 12).expect("this century");
    (0..6000).flat_map(|n| (line(time(n), n) + "\n").into_bytes()).collect()
}

fn logs() -> Vec<(&'static str, Vec<u8>)> {
    let message = |n: u64| format!("Failed password for u{} from 198.51.100.{} port {n} ssh2", n % 7, n % 200);
    let traditional = spread(|t, n| match n % 50 {
        49 => format!("{} web01 last message repeated 2 times", t.format("%b %e %T")),
        48 => format!("{} web01 sshd[{n}]: {}", t.format("%b %e %T %Y"), message(n)),
        47 => format!("{} 2001:db8::5 sshd[{n}]: {}", t.format("%b %e %T"), message(n)),
        _ => format!("{} web01 sshd[{n}]: {}", t.format("%b %e %T"), message(n)),
    });
    let pieces: Vec<&[u8]> = traditional.chunks(traditional.len() / 8).collect();
    let unordered = [4, 0, 7, 2, 6, 1, 5, 3].map(|at| pieces[at]).join(&b'\n');
    let iso = spread(|t, n| {
        let east = chrono::FixedOffset::east_opt(if n % 3 == 0 { 9 } else { -8 } * 3600).expect("a zone");
        format!("{} web01 sshd[{n}]: {}", t.with_timezone(&east).format("%Y-%m-%dT%H:%M:%S%.6f%:z"), message(n))
    });
    let local = spread(|t, n| format!("{} web01 sshd[{n}]: {}", t.format("%Y-%m-%d %H:%M:%S"), message(n)));
    let entries = spread(|t, n| {
        let at = t.timestamp_micros().to_string();
        let fields = serde_json::json!({
            "__REALTIME_TIMESTAMP": at, "_HOSTNAME": "web01", "SYSLOG_IDENTIFIER": "sshd", "_PID": n.to_string(),
            "MESSAGE": message(n),
        });
        fields.to_string()
    });
    let epoch = spread(|t, n| format!("{}.5 web01 sshd[{n}]: {}", t.timestamp(), message(n)));
    // Without a time a line may be of any.
    let some_without = spread(|t, n| match n % 1500 {
        0 => format!("web01 sshd[{n}]: {}", message(n)),
        _ => format!("{} web01 sshd[{n}]: {}", t.format("%b %e %T"), message(n)),
    });
    let generated = |seed, headers, damage| generator::log(Kind { seed, connections: 4500, headers, damage });
    vec![
        ("traditional, over the turn of a year", traditional),
        ("traditional, in no order", unordered),
        ("ISO of two zones", iso),
        ("without a zone", local),
        ("entries of a journal", entries),
        ("seconds since 1970", epoch),
        ("some lines without a time", some_without),
        ("generated, of all dialects", generated(31, Headers::Mixed, 0)),
        ("generated, damaged", generated(32, Headers::Mixed, 20)),
        ("generated, traditional and damaged", generated(33, Headers::Syslog, 20)),
    ]
}

#[test]
fn passing_over_what_is_outside_changes_nothing() {
    let begin = 1_523_926_800_000_000;
    for (name, log) in logs() {
        let folder = Folder::new();
        let path = folder.write("auth.log", &log);
        let (begin, year) = if name.starts_with("generated") { (begin, 2018) } else { (BEGIN, 2016) };
        let mut found = 0;
        for (since, until) in [
            (Some(begin + 70 * DAY), Some(begin + 75 * DAY)),
            (Some(begin + DAY), Some(begin + 2 * DAY)),
            (Some(begin + 480 * DAY), None),
            (None, Some(begin + DAY / 2)),
            (Some(begin + 9000 * DAY), None),
        ] {
            for zone in ["UTC", "Europe/Berlin"] {
                let zone = Zone::parse(zone).expect("a zone");
                let options = Options { since, until, year: Some(year), zone, chunk: 4000, ..Options::default() };
                let expected = report(&path, &Options { plain: true, ..options.clone() });
                assert_eq!(report(&path, &options), expected, "{name} from {since:?} to {until:?}");
                found += usize::from(expected.contains("\"verdict\": {"));
            }
        }
        assert!(found >= 2, "{name} has something in {found} windows");
    }
}
