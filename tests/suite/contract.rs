//! The names and types that callers may rely on, as data, and the check that a JSON value has them.
//!
//! A field that the contract does not name must be listed here as an addition, so that none is renamed unnoticed.

use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// What a value may be.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A text that is not empty.
    Text,
    /// A text that may be empty.
    AnyText,
    /// A whole number, 0 or more.
    Count,
    /// A whole number.
    Number,
    /// A number from 0 to 1.
    Share,
    /// RFC 3339.
    Time,
    /// True or false.
    Flag,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Null or that.
    Or(&'static Shape),
    /// Absent, null or that.
    Addition(&'static Shape),
    /// A list of them, at most as many.
    List(&'static Shape, usize),
    /// An object of these fields and no others.
    Object(&'static [(&'static str, Shape)]),
}

use Shape::{Addition, AnyText, Count, Flag, List, Number, Object, OneOf, Or, Share, Text, Time};

const KINDS: &[&str] = &[
    "server-log",
    "client-transcript",
    "service-status",
    "listening-sockets",
    "config-test",
    "banner-test",
    "ping",
    "unknown",
];
const STAGES: &[&str] = &["name-resolution", "tcp", "banner", "kex", "host-key", "auth", "session"];
const NAMES: Shape = List(&Text, 20);
const STEP: Shape = Object(&[
    ("text", Text),
    ("where", OneOf(&["client", "server", "network"])),
    ("command", Or(&Text)),
    ("prints", Addition(&Text)),
    ("undo", Addition(&Text)),
]);
const CITED: Shape =
    Object(&[("path", Text), ("line", Count), ("time", Or(&Time)), ("pattern", Text), ("text", AnyText)]);
const DIAGNOSIS: Shape = Object(&[
    ("cause", Text),
    ("category", Text),
    ("title", Text),
    ("confidence", Share),
    ("stage", Or(&OneOf(STAGES))),
    ("count", Count),
    ("first", Or(&Time)),
    ("last", Or(&Time)),
    ("users", List(&AnyText, 20)),
    ("sources", NAMES),
    ("hosts", NAMES),
    ("users_total", Count),
    ("sources_total", Count),
    ("hosts_total", Count),
    ("explanation", Text),
    ("remediation", List(&STEP, 100)),
    ("references", List(&Text, 100)),
    ("evidence", List(&CITED, 1000)),
    ("confirmation", Addition(&List(&STEP, 100))),
    ("alternatives", Addition(&List(&Text, 100))),
    ("approximate", Addition(&Flag)),
    ("explains", Addition(&List(&EXPLAINED, 100))),
    ("host_facts", Addition(&List(&HOST_FACT, 8))),
]);
const HOST_FACT: Shape = Object(&[
    ("fact", Text),
    ("effect", OneOf(&["confirms", "refutes", "decides"])),
    ("text", Text),
    ("evidence", List(&CITED, 3)),
]);
const BUNDLE: Shape = Object(&[
    ("root", AnyText),
    ("host", Or(&Text)),
    ("os", Or(&Text)),
    ("openssh", Or(&Text)),
    ("sshd_config", Or(&Text)),
]);
const EXPLAINED: Shape = Object(&[
    ("cause", Text),
    ("joined_by", List(&OneOf(&["fingerprint", "source", "user", "host", "time"]), 5)),
    ("clock_offset_seconds", Or(&Number)),
    ("evidence", List(&CITED, 1000)),
]);
const INPUT: Shape = Object(&[
    ("path", Text),
    ("kind", OneOf(KINDS)),
    ("format", AnyText),
    ("bytes", Count),
    ("lines", Count),
    ("hits", Count),
    ("first", Or(&Time)),
    ("last", Or(&Time)),
    ("error", Or(&Text)),
    ("note", Addition(&Text)),
    ("duplicate_of", Addition(&Text)),
]);
const TOOL: Shape = Object(&[("name", Text), ("version", Text), ("patterns", Count)]);
const TOTALS: Shape = Object(&[
    ("bytes", Count),
    ("lines", Count),
    ("hits", Count),
    ("failures", Count),
    ("successes", Count),
    ("unrecognised", Count),
]);
const UNRECOGNISED: Shape = Object(&[("text", AnyText), ("count", Count), ("path", Text), ("line", Count)]);

/// `--format json`.
pub const REPORT: Shape = Object(&[
    ("schema", OneOf(&["sshtriage/1"])),
    ("tool", TOOL),
    ("inputs", List(&INPUT, usize::MAX)),
    ("verdict", Or(&DIAGNOSIS)),
    ("diagnoses", List(&DIAGNOSIS, usize::MAX)),
    ("overcome", Addition(&List(&DIAGNOSIS, usize::MAX))),
    ("background", Addition(&List(&DIAGNOSIS, usize::MAX))),
    ("bundles", Addition(&List(&BUNDLE, usize::MAX))),
    ("totals", TOTALS),
    ("unrecognised", List(&UNRECOGNISED, usize::MAX)),
    ("next_steps", List(&Text, 100)),
]);

/// One line of `--format ndjson`; any field but the first ones may be absent.
pub const HIT: Shape = Object(&[
    ("file", Text),
    ("line", Count),
    ("pattern", Text),
    ("kind", OneOf(&["failure", "success", "context"])),
    ("text", AnyText),
    ("time", Addition(&Time)),
    ("host", Addition(&Text)),
    ("program", Addition(&AnyText)),
    ("pid", Addition(&Count)),
    ("cause", Addition(&Text)),
    ("category", Addition(&Text)),
    ("user", Addition(&AnyText)),
    ("source", Addition(&Text)),
    ("port", Addition(&Count)),
]);

/// Fails unless `value` has this shape, and its parts agree with each other.
pub fn assert_report(value: &Value) {
    let mut complaints = Vec::new();
    compare(value, REPORT, "report", &mut complaints);
    assert!(complaints.is_empty(), "{}\nin the report on {}", complaints.join("\n"), value["inputs"]);
    let first = value["diagnoses"].get(0).cloned().unwrap_or(Value::Null);
    assert_eq!(value["verdict"], first, "the verdict is a copy of the first diagnosis");
    for diagnosis in value["diagnoses"].as_array().expect("checked above") {
        assert_category(diagnosis);
        for name in ["users", "sources", "hosts"] {
            let listed = diagnosis[name].as_array().expect("checked above").len() as u64;
            let total = diagnosis[format!("{name}_total")].as_u64().expect("checked above");
            assert!(total >= listed, "{name}: {total} in all, {listed} listed");
        }
        for cited in diagnosis["evidence"].as_array().expect("checked above") {
            let known = value["inputs"].as_array().expect("checked above").iter();
            assert!(known.clone().any(|i| i["path"] == cited["path"]), "{cited}");
            assert!(cited["line"].as_u64() > Some(0), "lines count from 1: {cited}");
        }
    }
    for name in ["bytes", "lines", "hits"] {
        let inputs = value["inputs"].as_array().expect("checked above");
        let sum: u64 = inputs.iter().filter_map(|i| i[name].as_u64()).sum();
        assert_eq!(value["totals"][name].as_u64(), Some(sum), "the total of {name}");
    }
}

/// The same for one line of ndjson.
pub fn assert_hit(value: &Value) {
    let mut complaints = Vec::new();
    compare(value, HIT, "hit", &mut complaints);
    assert!(complaints.is_empty(), "{}\n{value:#}", complaints.join("\n"));
    assert!(value["line"].as_u64() > Some(0), "lines count from 1: {value}");
    assert!(value["kind"] != "failure" || value["cause"].is_string(), "a failure has a cause: {value}");
    if value["cause"].is_string() {
        assert_category(value);
    }
}

fn assert_category(value: &Value) {
    let cause = value["cause"].as_str().expect("checked before");
    let category = cause.split('.').next();
    assert_eq!(value["category"].as_str(), category, "the part of {cause} before the dot");
}

fn compare(value: &Value, shape: Shape, at: &str, complaints: &mut Vec<String>) {
    let fits = match shape {
        Text => value.as_str().is_some_and(|t| !t.is_empty()),
        AnyText => value.is_string(),
        Count => value.is_u64(),
        Number => value.is_i64(),
        Share => value.as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)),
        Time => value.as_str().is_some_and(is_rfc3339),
        Flag => value.is_boolean(),
        OneOf(words) => value.as_str().is_some_and(|t| words.contains(&t)),
        Or(inner) | Addition(inner) if !value.is_null() => {
            return compare(value, *inner, at, complaints);
        }
        Or(_) | Addition(_) => true,
        List(item, most) => {
            let Some(list) = value.as_array().filter(|l| l.len() <= most) else {
                complaints.push(format!("{at}: no list of at most {most}"));
                return;
            };
            list.iter().for_each(|v| compare(v, *item, &format!("{at}[]"), complaints));
            true
        }
        Object(fields) => {
            let Some(object) = value.as_object() else {
                complaints.push(format!("{at}: no object"));
                return;
            };
            for (name, shape) in fields {
                match (object.get(*name), shape) {
                    (Some(v), _) => compare(v, *shape, &format!("{at}.{name}"), complaints),
                    (None, Addition(_)) => {}
                    (None, _) => complaints.push(format!("{at}.{name} is missing")),
                }
            }
            let unknown = object.keys().filter(|k| fields.iter().all(|(name, _)| name != k));
            complaints.extend(unknown.map(|k| format!("{at}.{k} is neither promised nor a known addition")));
            true
        }
    };
    if !fits {
        complaints.push(format!("{at}: wrong type or value: {value:.300}"));
    }
}

fn is_rfc3339(text: &str) -> bool {
    static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
        let shape = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$";
        Regex::new(shape).expect("a constant")
    });
    SHAPE.is_match(text) && chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
