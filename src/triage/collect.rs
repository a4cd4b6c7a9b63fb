//! What the members of one place say, put together in the order of their names, whatever order they came in: an archive and
//! the directory it was made of give the same.
//!
//! In: the report and the evidence of one input after the other. Out: all reports in order, and the evidence of all.

use crate::evidence::{Evidence, Filter, Traits};
use crate::input::rotation;
use crate::record::time::Micros;
use crate::report::InputReport;
use rustc_hash::FxHashMap;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use twox_hash::XxHash3_128;

/// Inputs of a place without a known line that are named; of the others there is one summary.
const MOST_QUIET: usize = 20_000;

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

/// Inputs and their evidence.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) inputs: Vec<Numbered>,
    pub(super) evidence: Evidence,
    quiet: usize,
    summary: Option<InputReport>,
}

impl Collected {
    /// The number of the next input.
    pub(super) fn next(&self) -> u32 {
        self.inputs.len() as u32
    }

    /// Adds the next input.
    pub(super) fn add(&mut self, (report, content): Numbered, evidence: Evidence) {
        let quiet = report.hits == 0 && report.error.is_none() && evidence.totals.unrecognised == 0;
        self.quiet += usize::from(quiet);
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
        let inputs = &self.inputs;
        let path = |number: &u32| inputs[*number as usize].0.path.as_str();
        let order = |a: &u32, b: &u32| rotation::order(path(a), path(b)).then(a.cmp(b));
        self.evidence = std::mem::take(&mut self.evidence).merge(evidence, &order);
    }

    /// Brings the inputs into order. `path` is that of the place.
    pub(super) fn sorted(mut self, path: &str) -> Self {
        let mut order: Vec<usize> = (0..self.inputs.len()).collect();
        order.sort_by(|a, b| rotation::order(&self.inputs[*a].0.path, &self.inputs[*b].0.path).then(a.cmp(b)));
        let mut numbers = vec![0; order.len()];
        order.iter().zip(0u32..).for_each(|(old, new)| numbers[*old] = new);
        self.evidence.renumber(|number| numbers[number as usize]);
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
        self.evidence = std::mem::take(&mut self.evidence).merge(next.evidence, &u32::cmp);
    }

    /// The reports, in which copies name the input that they are copies of, and whose lines are counted.
    pub(super) fn finish(self) -> (Vec<InputReport>, Evidence) {
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
pub(super) fn complete(
    evidence: Evidence,
    traits: &Traits,
    filter: &Filter,
    (counted, turned): (bool, bool),
) -> Evidence {
    let mut evidence = evidence.complete(traits, filter);
    if turned {
        evidence.turn_lines();
    }
    if counted { evidence } else { evidence.uncounted() }
}
