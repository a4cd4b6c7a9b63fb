//! What the members of one place say, put together in the order of their names, whatever order they came in: an archive and
//! the directory it was made of give the same.
//!
//! In: the report and the evidence of one input after the other. Out: all reports in order, and the evidence of all. Sessions
//! that cross from one part of a rotated log into the next are whole again.

use crate::evidence::{Ends, Evidence, Filter, MAX_GAP_MICROS, Traits};
use crate::host::{Files, HostFile};
use crate::input::rotation;
use crate::record::time::Micros;
use crate::report::InputReport;
use rustc_hash::FxHashMap;
use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use twox_hash::XxHash3_128;

/// Inputs of a place without a known line that are named; of the others there is one summary.
const MOST_QUIET: usize = 20_000;
/// Sessions at the ends of inputs that wait for other parts of their logs.
const MOST_OPEN: usize = 10_000;
/// The same of one place, since several places may wait for one before them.
const MOST_OPEN_IN_PLACE: usize = 2000;
/// A part may begin before the end of the one that it follows by as much as lines of a log are in disorder.
const MAX_OVERLAP: Micros = 60 * 1_000_000;

/// Contents that were seen: the same log in two places of an archive is counted once.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashSet<Identity>>);

/// What tells a content from others: its hash, its size, and the times of its first and last line, which may be read differently in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) hash: u128,
    pub(super) bytes: u64,
    pub(super) span: (Micros, Micros),
}

impl Seen {
    /// Notes that a content was seen; false if it had been before.
    pub(super) fn add(&self, content: Identity) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(content)
    }
}

/// Tells contents apart as they stream by.
pub(super) struct Hasher(XxHash3_128);

impl Hasher {
    pub(super) fn new() -> Self {
        Self(XxHash3_128::new())
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(super) fn finish(&self) -> u128 {
        self.0.finish_128()
    }
}

/// An input as reported, with what it holds if that can be told from what others hold.
pub(super) type Numbered = (InputReport, Option<Identity>);

/// What one input holds.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) report: InputReport,
    pub(super) identity: Option<Identity>,
    /// Times of its first and last line.
    pub(super) span: Option<(Micros, Micros)>,
    pub(super) evidence: Evidence,
    /// Whether it was read from its end.
    pub(super) turned: bool,
    /// Whether it may be a part of a log whose other parts are inputs too.
    pub(super) part: bool,
    /// What it says of its host.
    pub(super) host_files: Vec<HostFile>,
}

/// Inputs and their evidence.
#[derive(Debug)]
pub(super) struct Collected<'r> {
    pub(super) inputs: Vec<Numbered>,
    pub(super) evidence: Evidence,
    pub(super) host_files: Files,
    traits: &'r Traits,
    filter: &'r Filter,
    parts: Vec<Part>,
    /// Sessions in all parts.
    open: usize,
    /// Whether the inputs' numbers are their order.
    in_order: bool,
    quiet: usize,
    summary: Option<InputReport>,
}

/// What of an input other parts of the same log may belong to.
#[derive(Debug)]
struct Part {
    input: u32,
    identity: Option<Identity>,
    /// Whether it is the one that counts of all copies.
    counted: bool,
    span: (Micros, Micros),
    ends: Ends,
}

impl<'r> Collected<'r> {
    pub(super) fn new(traits: &'r Traits, filter: &'r Filter) -> Self {
        Self {
            inputs: Vec::new(),
            evidence: Evidence::default(),
            host_files: Files::default(),
            traits,
            filter,
            parts: Vec::new(),
            open: 0,
            in_order: false,
            quiet: 0,
            summary: None,
        }
    }

    /// The number of the next input.
    pub(super) fn next(&self) -> u32 {
        self.inputs.len() as u32
    }

    /// Adds the next input.
    pub(super) fn add(&mut self, found: Found, seen: &Seen) {
        let Found { report, identity: content, span, mut evidence, turned, part, host_files } = found;
        let counted = content.is_none_or(|content| seen.add(content));
        let input = self.next();
        if let Some(span) = span.filter(|_| part && !turned && report.kind == "server-log") {
            let ends = evidence.take_ends();
            if ends.sessions() > 0 {
                self.open += ends.sessions();
                self.parts.push(Part { input, identity: content, counted, span, ends });
            }
        }
        let mut evidence = complete(evidence, self.traits, self.filter, (counted, turned));
        evidence.renumber(|_| input);
        // What a report may cite is named.
        let quiet =
            host_files.is_empty() && report.hits == 0 && report.error.is_none() && evidence.totals.unrecognised == 0;
        self.quiet += usize::from(quiet);
        host_files.into_iter().for_each(|file| self.host_files.add(file));
        if quiet && self.quiet > MOST_QUIET {
            self.evidence.totals.lines += evidence.totals.lines;
            let summary = self
                .summary
                .get_or_insert_with(|| InputReport { kind: "unknown".to_owned(), ..InputReport::default() });
            summary.bytes += report.bytes;
            summary.lines += report.lines;
            return;
        }
        self.inputs.push((report, content));
        self.merge(evidence);
        if self.open > MOST_OPEN {
            self.join_parts(true);
        }
    }

    /// Adds evidence of inputs that are there.
    fn merge(&mut self, evidence: Evidence) {
        let all = std::mem::take(&mut self.evidence).merge(evidence, &self.order());
        self.evidence = all;
    }

    /// Which of two inputs comes first.
    fn order(&self) -> impl Fn(&u32, &u32) -> Ordering {
        let path = |number: &u32| self.inputs[*number as usize].0.path.as_str();
        move |a, b| if self.in_order { a.cmp(b) } else { rotation::order(path(a), path(b)).then(a.cmp(b)) }
    }

    /// Joins the sessions at the ends of parts that follow each other. With `wait`, those of the log that came last stay.
    fn join_parts(&mut self, wait: bool) {
        let inputs = &self.inputs;
        let log = |part: &Part| rotation::log(&inputs[part.input as usize].0.path);
        let mut parts = std::mem::take(&mut self.parts);
        if let Some(last) = parts.last().map(log).filter(|_| wait) {
            (self.parts, parts) = parts.into_iter().partition(|part| log(part) == last);
        }
        self.open = self.parts.iter().map(|part| part.ends.sessions()).sum();
        if self.open > MOST_OPEN / 2 {
            parts.append(&mut self.parts);
            self.open = 0;
        }
        parts.sort_by(|a, b| (log(a), a.span, a.input).cmp(&(log(b), b.span, b.input)));
        let follows = |gap: Micros| (-MAX_OVERLAP..=MAX_GAP_MICROS).contains(&gap);
        let goes_on = |a: &Part, b: &Part| log(a) == log(b) && follows(b.span.0 - a.span.1);
        let mut fresh: HashSet<Identity> = parts.iter().filter(|p| p.counted).filter_map(|p| p.identity).collect();
        let mut rows: Vec<Vec<Part>> = Vec::new();
        for part in parts {
            match rows.last_mut() {
                Some(row) if row.last().is_some_and(|last| goes_on(last, &part)) => row.push(part),
                _ => rows.push(vec![part]),
            }
        }
        // Of copies, those count that are part of the longest row.
        rows.sort_by_key(|row| Reverse(row.len()));
        let mut joined = Evidence::default();
        for row in rows {
            let mut is_new = |part: &Part| part.identity.is_none_or(|identity| fresh.remove(&identity));
            let counted = row.iter().filter(|part| is_new(part)).count() > 0;
            let row = row.into_iter().map(|part| (part.input, part.ends));
            let evidence = Evidence::of_parts(row, self.traits, self.filter);
            let evidence = if counted { evidence } else { evidence.uncounted() };
            joined = joined.merge(evidence, &self.order());
        }
        self.merge(joined);
    }

    /// Brings the inputs into order. `path` is that of the place.
    pub(super) fn sorted(mut self, path: &str) -> Self {
        if self.open > MOST_OPEN_IN_PLACE {
            self.join_parts(false);
        }
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        order.sort_by(|a, b| rotation::order(&self.inputs[*a].0.path, &self.inputs[*b].0.path).then(a.cmp(b)));
        let mut numbers = vec![0; order.len()];
        order.iter().zip(0u32..).for_each(|(old, new)| numbers[*old] = new);
        self.evidence.renumber(|number| numbers[number as usize]);
        self.parts.iter_mut().for_each(|part| part.input = numbers[part.input as usize]);
        self.in_order = true;
        let mut old: Vec<Option<Numbered>> = std::mem::take(&mut self.inputs).into_iter().map(Some).collect();
        self.inputs = order.into_iter().filter_map(|at| old[at].take()).collect();
        if let Some(summary) = self.summary.take() {
            let note = Some(format!("{} more members without a known line", self.quiet - MOST_QUIET));
            self.inputs.push((InputReport { path: path.to_owned(), note, ..summary }, None));
        }
        self
    }

    /// Appends what the next place holds.
    pub(super) fn append(&mut self, mut next: Self) {
        let base = self.next();
        next.evidence.renumber(|number| number + base);
        self.inputs.extend(next.inputs);
        self.host_files.append(next.host_files);
        self.in_order = true;
        self.merge(next.evidence);
        self.parts.extend(next.parts.into_iter().map(|part| Part { input: part.input + base, ..part }));
        self.open += next.open;
        if self.open > MOST_OPEN {
            self.join_parts(true);
        }
    }

    /// The reports, in which copies name the input that they are copies of, and whose lines are counted.
    pub(super) fn finish(mut self) -> (Vec<InputReport>, Evidence) {
        self.join_parts(false);
        self.evidence.prune();
        let mut originals: FxHashMap<Identity, String> = FxHashMap::default();
        let name_copy = |(mut report, content): Numbered| {
            if let Some(content) = content {
                match originals.get(&content) {
                    Some(original) => {
                        report.duplicate_of = Some(original.clone());
                        (report.lines, report.hits) = (0, 0);
                    }
                    None => drop(originals.insert(content, report.path.clone())),
                }
            }
            report
        };
        (self.inputs.into_iter().map(name_copy).collect(), self.evidence)
    }
}

/// The complete evidence of one input: whether it counts, and whether it was read from its end.
fn complete(evidence: Evidence, traits: &Traits, filter: &Filter, (counted, turned): (bool, bool)) -> Evidence {
    let mut evidence = evidence.complete(traits, filter);
    if turned {
        evidence.turn_lines();
    }
    if counted { evidence } else { evidence.uncounted() }
}
