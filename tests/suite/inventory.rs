//! Every message of the inventory is known, or says why it need not be: rendered with friendly and hostile values, inside
//! every way to write a header, it is won by its pattern, and user and source come out as they went in.
//!
//! The templates are unfolded here by code of their own, so that the product's is checked and not trusted.

use crate::dialects::{DIALECTS, Dialect};
use crate::support::Folder;
use serde_json::Value;
use sshtriage::catalog::Catalog;
use sshtriage::matcher::Matcher;
use sshtriage::{input, triage};
use std::collections::BTreeSet;
use std::path::Path;

/// Why a message need not be known; `tests/inventory/README.md` says what they mean.
const REASONS: [&str; 5] = ["-no-login", "-internal", "-routine", "-no-text", "-part"];

/// One message of one emitter.
#[derive(Debug)]
struct Entry {
    place: String,
    /// By emitter; one alone is for all. Wordings of one message may be won by different patterns.
    patterns: Vec<Vec<String>>,
    emitters: Vec<String>,
    level: String,
    message: String,
}

/// What to put for `{user}` and `{source}`.
#[derive(Debug, Clone, Copy)]
struct Values {
    user: &'static str,
    source: &'static str,
}

const VALUES: [Values; 8] = [
    Values { user: "alice", source: "192.0.2.7" },
    Values { user: "bob", source: "2001:db8::7" },
    Values { user: "carol", source: "fe80::1ff:fe23:4567:890a%eth0" },
    Values { user: "o'brien \"x\"", source: "client7.example.com" },
    Values { user: "dave smith", source: "192.0.2.7" },
    Values { user: "x from 203.0.113.66 port 1 ssh2", source: "192.0.2.7" },
    Values { user: "ユーザー", source: "198.51.100.200" },
    Values { user: "CORP\\jdoe", source: "192.0.2.7" },
];

fn entries() -> Vec<Entry> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventory");
    let files = std::fs::read_dir(folder).expect("the inventory is there").flatten().map(|e| e.path());
    let mut files: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "tsv")).collect();
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("UTF-8");
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let lines = text.lines().enumerate().filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
        for (number, line) in lines.skip(1) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [pattern, emitters, _versions, level, _source, message] = columns[..] else {
                panic!("{name}:{}: not six columns", number + 1);
            };
            entries.push(Entry {
                place: format!("{name}:{}", number + 1),
                patterns: pattern.split(',').map(|p| p.split('|').map(str::to_owned).collect()).collect(),
                emitters: emitters.split(',').map(str::to_owned).collect(),
                level: level.to_owned(),
                message: message.to_owned(),
            });
        }
    }
    entries
}

impl Entry {
    /// The patterns of which one must win when the emitter at this position says it; none for what need not be known.
    fn expected(&self, emitter: usize) -> &[String] {
        let patterns = &self.patterns[emitter.min(self.patterns.len() - 1)];
        if patterns[0].starts_with(['-', '?']) { &[] } else { patterns }
    }
}

/// A part of a message that is to be rendered.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Field(String),
}

/// All wordings of a template.
fn unfold(template: &str) -> Vec<Vec<Part>> {
    fn sequence(rest: &mut std::str::Chars<'_>) -> (Vec<Vec<Part>>, Option<char>) {
        let mut all = vec![Vec::new()];
        let append = |all: &mut Vec<Vec<Part>>, part: Part| all.iter_mut().for_each(|w| w.push(part.clone()));
        while let Some(c) = rest.next() {
            match c {
                '\\' => append(&mut all, Part::Text(rest.next().into_iter().collect())),
                '{' => append(&mut all, Part::Field(rest.by_ref().take_while(|c| *c != '}').collect())),
                '[' | '<' => {
                    let mut choices = if c == '[' { vec![Vec::new()] } else { Vec::new() };
                    loop {
                        let (inner, end) = sequence(rest);
                        choices.extend(inner);
                        if end != Some('|') {
                            break;
                        }
                    }
                    all = all
                        .iter()
                        .flat_map(|w| choices.iter().map(move |c| w.iter().chain(c).cloned().collect()))
                        .collect();
                }
                ']' | '>' | '|' => return (all, Some(c)),
                _ => append(&mut all, Part::Text(c.into())),
            }
        }
        (all, None)
    }
    sequence(&mut template.chars()).0
}

/// The message, and what must be captured of it.
struct Rendered {
    text: String,
    user: Option<&'static str>,
    source: Option<&'static str>,
}

/// A name as OpenSSH's log.c writes it.
fn vis(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'\\' => "\\\\".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    name.bytes().map(escape).collect()
}

fn render(parts: &[Part], values: Values, emitter: &str) -> Rendered {
    let written = if matches!(emitter, "sshd" | "ssh") { vis(values.user) } else { values.user.to_owned() };
    let mut rendered = Rendered { text: String::new(), user: None, source: None };
    for part in parts {
        match part {
            Part::Text(text) => rendered.text.push_str(text),
            Part::Field(field) => {
                let (name, ty) = field.split_once(':').unwrap_or((field, ""));
                let base = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
                rendered.text.push_str(match (base, ty) {
                    ("user", _) => &written,
                    ("source", _) => values.source,
                    ("port", _) => "51022",
                    ("host", _) => "web01.example.com",
                    ("reason", _) => "No such file or directory",
                    ("path", _) => "/etc/ssh/file",
                    ("method", _) => "publickey",
                    ("algorithm", _) => "ssh-rsa",
                    ("phase", _) => "auth",
                    ("number" | "uid" | "gid" | "pid" | "line" | "count" | "limit" | "seconds" | "status", _)
                    | (_, "number") => "7",
                    (_, "word") => "0x1f",
                    (_, "address") => "192.0.2.7",
                    _ => "something",
                });
                match name {
                    "user" => rendered.user = Some(values.user),
                    "source" => rendered.source = Some(values.source),
                    _ => {}
                }
            }
        }
    }
    rendered
}

/// What an emitter puts before a message of this level.
fn prefix(emitter: &str, level: &str) -> &'static str {
    match (emitter, level) {
        ("sshd", "error") => "error: ",
        ("sshd", "fatal") => "fatal: ",
        ("sshd" | "ssh", "debug") => "debug1: ",
        _ => "",
    }
}

/// Lines to scan, each with the entry it came from.
#[derive(Default)]
struct Sheet<'e> {
    text: String,
    expected: Vec<(&'e Entry, usize, Rendered)>,
}

impl<'e> Sheet<'e> {
    /// Adds what the emitter at position `emitter` says; `header` is how its lines begin and its tag, None without a header.
    fn add(&mut self, entry: &'e Entry, emitter: usize, header: Option<(&Dialect, &str)>, rendered: Rendered) {
        let prefix = prefix(&entry.emitters[emitter], &entry.level);
        let message = format!("{prefix}{}", rendered.text);
        let line = match header {
            None => message,
            Some((dialect, program)) if dialect.line.starts_with('{') => {
                let quoted = serde_json::to_string(&message).expect("a string");
                let json = dialect.line.replace("\"sshd\"", &format!("\"{program}\""));
                let json = json.replace("\"sshd[", &format!("\"{program}["));
                json.replace("{}", &quoted[1..quoted.len() - 1])
            }
            Some((dialect, program)) if dialect.line.starts_with("<Event") => {
                let text =
                    message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;");
                dialect.line.replace("sshd", program).replace("{}", &text)
            }
            Some((dialect, program)) if dialect.line.starts_with('"') => {
                dialect.line.replace("sshd", program).replace("{}", &message.replace('"', "\"\""))
            }
            Some((dialect, program)) => dialect.line.replace("sshd", program).replace("{}", &message),
        };
        self.text.push_str(&line);
        self.text.push('\n');
        self.expected.push((entry, emitter, rendered));
    }

    /// What is not as expected.
    fn complaints(&self, matcher: &Matcher<'_>, what: &str) -> Vec<String> {
        let folder = Folder::new();
        let path = folder.write("sheet.log", &self.text);
        let options = triage::Options { year: Some(2018), ..triage::Options::default() };
        let mut out = Vec::new();
        triage::list_hits(matcher, &input::list(&[path]), &options, &mut out).expect("our own file");
        let mut found: Vec<Vec<Value>> = vec![Vec::new(); self.expected.len()];
        for hit in out.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let hit: Value = serde_json::from_slice(hit).expect("JSON");
            found[hit["line"].as_u64().expect("a number") as usize - 1].push(hit);
        }
        let wrong = |((entry, emitter, rendered), hits): (&(&Entry, usize, Rendered), &Vec<Value>)| {
            let expected = entry.expected(*emitter);
            let hit = hits.iter().find(|h| h["pattern"].as_str().is_some_and(|p| expected.iter().any(|e| e == p)));
            let complaint = match hit {
                None => {
                    let other: Vec<_> = hits.iter().filter_map(|h| h["pattern"].as_str()).collect();
                    Some(format!("{other:?} in place of {expected:?}"))
                }
                Some(h) if rendered.user.is_some() && h["user"].as_str() != rendered.user => {
                    Some(format!("{}: user {}", h["pattern"], h["user"]))
                }
                Some(h) if rendered.source.is_some() && h["source"].as_str() != rendered.source => {
                    Some(format!("{}: source {}", h["pattern"], h["source"]))
                }
                Some(_) => None,
            }?;
            Some(format!("{} ({what}): {complaint}: {}", entry.place, rendered.text))
        };
        self.expected.iter().zip(&found).filter_map(wrong).collect()
    }
}

/// The tag of an emitter's lines; None for clients, whose lines have no header.
fn tag<'c>(catalog: &'c Catalog, emitter: &str) -> Option<&'c str> {
    let emitter = catalog.emitters.iter().find(|e| e.name == emitter)?;
    let client = emitter.data.evidence == "client-transcript";
    emitter.data.programs.first().filter(|_| !client).map(String::as_str)
}

/// Fails where there are complaints; of those about the same message one is enough.
fn assert_none(mut complaints: Vec<String>) {
    let place = |complaint: &String| complaint.split(' ').next().unwrap_or_default().to_owned();
    complaints.sort_by_key(place);
    complaints.dedup_by_key(|c| place(c));
    let count = complaints.len();
    complaints.truncate(60);
    assert!(complaints.is_empty(), "{count} complaints:\n{}", complaints.join("\n"));
}

/// Calls `each` for every wording of every known message with each of its emitters.
fn every_wording<'e>(entries: &'e [Entry], mut each: impl FnMut(&'e Entry, usize, &[Part])) {
    for entry in entries {
        let wordings = unfold(&entry.message);
        for emitter in (0..entry.emitters.len()).filter(|e| !entry.expected(*e).is_empty()) {
            wordings.iter().for_each(|parts| each(entry, emitter, parts));
        }
    }
}

#[test]
fn every_message_has_a_pattern_or_a_reason() {
    let catalog = Catalog::builtin();
    let entries = entries();
    assert!(entries.len() > 12_000, "only {} messages", entries.len());
    let complaint = |entry: &Entry| {
        let known = entry.patterns.iter().flatten().all(|pattern| match pattern.as_str() {
            reason if reason.starts_with('-') => REASONS.contains(&reason),
            pattern => catalog.pattern_id(pattern).is_some(),
        });
        let strange = entry.emitters.iter().find(|name| catalog.emitters.iter().all(|e| e.name != **name));
        match (known, strange) {
            (false, _) => {
                Some(format!("{}: no pattern or reason {:?}: {}", entry.place, entry.patterns, entry.message))
            }
            (true, Some(name)) => Some(format!("{}: no emitter '{name}'", entry.place)),
            (true, None) => None,
        }
    };
    assert_none(entries.iter().filter_map(complaint).collect());
}

#[test]
fn no_message_is_listed_twice() {
    let entries = entries();
    let mut seen = BTreeSet::new();
    let twice = entries.iter().filter(|e| !seen.insert((&e.emitters, &e.message)));
    assert_none(twice.map(|e| format!("{}: {}", e.place, e.message)).collect());
}

#[test]
fn every_known_message_is_found_with_friendly_and_hostile_values() {
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    let entries = entries();
    let mut complaints = Vec::new();
    for values in VALUES {
        let (mut logs, mut pastes) = (Sheet::default(), Sheet::default());
        every_wording(&entries, |entry, emitter, parts| {
            let header = tag(&catalog, &entry.emitters[emitter]).map(|program| (&DIALECTS[0], program));
            let sheet = if header.is_some() { &mut logs } else { &mut pastes };
            sheet.add(entry, emitter, header, render(parts, values, &entry.emitters[emitter]));
        });
        let what = format!("{} {}", values.user, values.source);
        complaints.extend(logs.complaints(&matcher, &what));
        complaints.extend(pastes.complaints(&matcher, &what));
    }
    assert_none(complaints);
}

#[test]
fn every_known_message_of_a_server_is_found_in_every_dialect() {
    let catalog = Catalog::builtin();
    let matcher = Matcher::new(&catalog);
    let entries = entries();
    let mut complaints = Vec::new();
    for (number, dialect) in
        DIALECTS.iter().enumerate().filter(|(_, d)| d.line.contains("sshd") && d.name != "sshd-session")
    {
        let mut sheet = Sheet::default();
        every_wording(&entries, |entry, emitter, parts| {
            // macOS puts the library's name in parentheses before the message.
            let ambiguous = dialect.name.starts_with("macOS log") && entry.message.starts_with('(');
            if let Some(program) = tag(&catalog, &entry.emitters[emitter]).filter(|_| !ambiguous) {
                let values = VALUES[(entry.message.len() + number) % VALUES.len()];
                sheet.add(entry, emitter, Some((dialect, program)), render(parts, values, &entry.emitters[emitter]));
            }
        });
        complaints.extend(sheet.complaints(&matcher, dialect.name));
    }
    assert_none(complaints);
}
