//! Inputs that grow: each connection is judged as soon as it is over, or has been silent for a while.
//!
//! In: what was appended to each input, and the time that has passed. Out: diagnoses, each once. Reads no file and no clock.
//!
//! Many failures end with nothing but silence, so silence counts: after a short one what is well founded is said, after a long one
//! the rest. A session stays open meanwhile, and what it shows later is another diagnosis only if it has another cause.

use super::{Options, Run, Stretch};
use crate::catalog::cause::Language;
use crate::detect::{Detected, Reading, detect};
use crate::diagnosis::diagnose;
use crate::evidence::{Evidence, OngoingSession, Totals, Traits};
use crate::host::{Beside, Hosts};
use crate::input::journal::dump::Dump;
use crate::matcher::Matcher;
use crate::record::time::{Clock, Micros};
use crate::report::{CONFIDENT, DiagnosisReport, InputReport, Parts, Report, TotalsReport};
use crate::scan::calendar;
use compact_str::CompactString;
use std::collections::VecDeque;
use std::time::Duration;

/// A silence so many times as long as the one asked for lets everything be said.
const LONG: u32 = 10;
/// Sessions of which it is remembered what was said of them.
const MAX_REMEMBERED: usize = 4096;
/// Guesses are told by counting attempts of at most this time.
const COUNTED: Duration = Duration::from_secs(3600);
/// Files that took the place of an input's first one and whose lines may still be cited.
const MAX_RESTARTS: usize = 16;

/// Watches growing inputs.
pub struct Follower<'f> {
    matcher: &'f Matcher<'f>,
    traits: Traits,
    options: Options,
    language: Language,
    /// How long a session must be silent.
    silence: Duration,
    inputs: Vec<Input>,
    /// Who tried what, in the last hour or so.
    tried: Evidence,
    tried_since: Duration,
}

/// An input being followed.
struct Input {
    path: String,
    evidence: Evidence,
    /// Bytes of text taken.
    offset: u64,
    /// Lines that are no context.
    new_lines: u64,
    /// Where what is new begins: what lies before is context.
    fresh: u64,
    /// How far it had been taken at which time.
    marks: VecDeque<(Duration, u64)>,
    /// Up to where sessions were looked at after a short and after a long silence.
    looked_at: [u64; 2],
    clock: Clock,
    started: Option<Started>,
    said: VecDeque<Said>,
    /// Lines at which a file began anew.
    restarts: VecDeque<u64>,
}

/// What was said of a session, which is known by its first line.
struct Said {
    first: u64,
    /// Its last line then.
    end: u64,
    causes: Vec<CompactString>,
}

/// What the first lines show.
struct Started {
    reading: Reading,
    kind: String,
    dump: Option<Dump>,
}

impl<'f> Follower<'f> {
    /// Follows inputs with these names.
    pub fn new(
        matcher: &'f Matcher<'f>,
        options: Options,
        language: Language,
        silence: Duration,
        paths: impl IntoIterator<Item = String>,
    ) -> Self {
        let traits = Traits::of(matcher.catalog());
        let inputs = paths.into_iter().map(|path| Input::new(path, &options)).collect();
        let (tried, tried_since) = (Evidence::default(), Duration::ZERO);
        Self { matcher, traits, options, language, silence, inputs, tried, tried_since }
    }

    /// Takes what an input had before, of which nothing is said; `lines` lie before that.
    pub fn context(&mut self, input: usize, lines: u64, bytes: &[u8]) {
        self.inputs[input].evidence.totals.lines = lines;
        let (over, mut closed) = self.take(input, bytes);
        self.tried.count(&mut closed);
        let known = &mut self.inputs[input];
        known.fresh = known.offset;
        known.looked_at = [known.offset; 2];
        let open = known.evidence.with_last_line_in(0..known.offset);
        for session in over.iter().chain(&open) {
            self.remember(input, session, None);
        }
        let known = &mut self.inputs[input];
        known.evidence.totals = Totals { lines: known.evidence.totals.lines, ..Totals::default() };
        known.new_lines = 0;
    }

    /// What the clock says, for timestamps without a year.
    pub fn set_clock(&mut self, now: Micros) {
        self.options.now = now;
    }

    /// Takes what was appended to an input: whole lines. `now` is the time since the beginning.
    pub fn feed(&mut self, input: usize, now: Duration, bytes: &[u8]) -> Vec<DiagnosisReport> {
        let (over, closed) = self.take(input, bytes);
        let end = self.inputs[input].offset;
        self.inputs[input].marks.push_back((now, end));
        let mut found = self.judge(input, closed);
        for session in over {
            found.extend(self.session(input, &session, 0.0));
        }
        found
    }

    /// The input's file is another one now, or begins anew.
    pub fn restart(&mut self, input: usize) {
        let known = &mut self.inputs[input];
        known.restarts.push_back(known.evidence.totals.lines);
        if known.restarts.len() > MAX_RESTARTS {
            known.restarts.pop_front();
        }
    }

    /// What has been silent for long enough at `now`.
    pub fn silent(&mut self, now: Duration) -> Vec<DiagnosisReport> {
        if now.saturating_sub(self.tried_since) > COUNTED {
            (self.tried, self.tried_since) = (Evidence::default(), now);
        }
        let mut found = Vec::new();
        for input in 0..self.inputs.len() {
            for (which, wait, confident) in [(0, self.silence, CONFIDENT), (1, self.silence * LONG, 0.0)] {
                let known = &mut self.inputs[input];
                let from = known.looked_at[which];
                let to = known.taken_at(now.checked_sub(wait)).max(from);
                known.looked_at[which] = to;
                if from < to {
                    for session in self.inputs[input].evidence.with_last_line_in(from..to) {
                        found.extend(self.session(input, &session, confident));
                    }
                }
            }
            let known = &mut self.inputs[input];
            while known.marks.get(1).is_some_and(|(_, end)| *end <= known.looked_at[1]) {
                known.marks.pop_front();
            }
        }
        found
    }

    /// Nothing follows: what is still open is judged.
    pub fn finish(&mut self) -> Vec<DiagnosisReport> {
        let mut found = Vec::new();
        for input in 0..self.inputs.len() {
            let rest = self.inputs[input].started.as_mut().and_then(|s| s.dump.as_mut()).map(Dump::finish);
            if let Some(text) = rest.filter(|text| !text.is_empty()) {
                let over = self.take_text(input, &text);
                found.extend(over.iter().flat_map(|s| self.session(input, s, 0.0)).collect::<Vec<_>>());
            }
            let known = &self.inputs[input];
            for session in known.evidence.with_last_line_in(known.fresh..u64::MAX) {
                found.extend(self.session(input, &session, 0.0));
            }
        }
        found
    }

    /// Counts of all inputs' new lines.
    pub fn totals(&self) -> TotalsReport {
        let sum = |count: fn(&Input) -> u64| self.inputs.iter().map(count).sum();
        TotalsReport {
            bytes: sum(|i| i.offset - i.fresh),
            lines: sum(|i| i.new_lines),
            hits: sum(|i| i.evidence.totals.hits),
            failures: sum(|i| i.evidence.totals.failures),
            successes: sum(|i| i.evidence.totals.successes),
            unrecognised: sum(|i| i.evidence.totals.unrecognised),
        }
    }

    /// Reads a stretch; returns the sessions over by it, and what belongs to no session.
    fn take(&mut self, input: usize, bytes: &[u8]) -> (Vec<OngoingSession>, Evidence) {
        let known = &mut self.inputs[input];
        let dump = known.started.as_mut().map_or_else(|| Dump::of(bytes), |s| s.dump.take());
        let (text, dump) = match dump {
            Some(mut dump) => (dump.feed(bytes), Some(dump)),
            None => (bytes.to_vec(), None),
        };
        let started = known.started.get_or_insert_with(|| Started::of(self.matcher, &text));
        started.dump = dump;
        let over = if text.is_empty() { Vec::new() } else { self.take_text(input, &text) };
        (over, self.inputs[input].evidence.take_closed())
    }

    fn take_text(&mut self, input: usize, text: &[u8]) -> Vec<OngoingSession> {
        let known = &mut self.inputs[input];
        for (at, year) in calendar::years(text, self.options.now, None) {
            if known.clock.years.last().is_none_or(|(_, last)| *last != year) {
                known.clock.years.push((at + known.offset, year));
            }
        }
        let reading = known.started.as_ref().map_or(Reading::Log, |s| s.reading);
        let (offset, clock) = (known.offset, &known.clock);
        let stretch = Stretch { offset, bytes: text, reading, clock, whole: false, backwards: false };
        let run = Run::new(self.matcher, &self.traits, &self.options, false);
        let next = run.evidence(input as u32, false, &stretch);
        known.offset += text.len() as u64;
        known.new_lines += next.totals.lines;
        known.evidence.append(next)
    }

    fn session(&mut self, input: usize, session: &OngoingSession, confident: f64) -> Vec<DiagnosisReport> {
        if session.end() < self.inputs[input].fresh {
            return Vec::new();
        }
        self.remember(input, session, None);
        let mut evidence = Evidence::of_session(session, &self.traits, &self.options.filter);
        // Counted already, when it was first seen.
        evidence.exchange_counts(&mut Evidence::default());
        let mut found = self.judge(input, evidence);
        found.retain(|d| d.confidence >= confident && !self.was_said(input, session, &d.cause));
        for diagnosis in &found {
            self.remember(input, session, Some(&diagnosis.cause));
        }
        found
    }

    /// Diagnoses evidence of one input, in the light of what was tried before.
    fn judge(&mut self, input: usize, mut evidence: Evidence) -> Vec<DiagnosisReport> {
        self.tried.count(&mut evidence);
        if evidence.shapes().next().is_none() {
            return Vec::new();
        }
        evidence.exchange_counts(&mut self.tried);
        let by_client = |input: u32| self.inputs[input as usize].kind() == "client-transcript";
        let conclusion = diagnose(self.matcher.catalog(), &evidence, &Beside::default(), &by_client);
        evidence.exchange_counts(&mut self.tried);
        let named = |input: &Input| InputReport { path: input.path.clone(), ..InputReport::default() };
        let parts = Parts {
            matcher: self.matcher,
            inputs: self.inputs.iter().map(named).collect(),
            evidence: &evidence,
            conclusion: &conclusion,
            language: self.language,
            zone: self.options.zone.clone(),
            hosts: &Hosts::default(),
        };
        let mut found = Report::new(parts).diagnoses;
        let lines = found.iter_mut().flat_map(|d| &mut d.evidence);
        lines.for_each(|line| line.line -= self.inputs[input].file_begins_at(line.line - 1));
        found
    }

    /// Notes a session, and what was said of it. What was tried in it counts when it is first seen.
    fn remember(&mut self, input: usize, session: &OngoingSession, cause: Option<&str>) {
        let said = &mut self.inputs[input].said;
        let (first, end) = (session.place().1, session.end());
        let cause = cause.map(CompactString::from);
        if let Some(known) = said.iter_mut().rev().find(|s| s.first == first) {
            known.end = if cause.is_some() { end } else { known.end };
            return known.causes.extend(cause);
        }
        said.push_back(Said { first, end, causes: cause.into_iter().collect() });
        if said.len() > MAX_REMEMBERED {
            said.pop_front();
        }
        self.tried.count(&mut Evidence::of_session(session, &self.traits, &self.options.filter));
    }

    /// Whether a diagnosis is no news: its cause was named, or nothing has happened but that others make it look like guessing.
    fn was_said(&self, input: usize, session: &OngoingSession, cause: &str) -> bool {
        let said = self.inputs[input].said.iter().rev().find(|s| s.first == session.place().1);
        said.filter(|s| !s.causes.is_empty()).is_some_and(|s| {
            let guessing = self.matcher.catalog().causes.iter().any(|c| c.guessing.is_some() && c.id == cause);
            guessing || s.end == session.end() || s.causes.iter().any(|c| c == cause)
        })
    }
}

impl Input {
    fn new(path: String, options: &Options) -> Self {
        Self {
            path,
            evidence: Evidence::default(),
            offset: 0,
            new_lines: 0,
            fresh: 0,
            marks: VecDeque::new(),
            looked_at: [0; 2],
            clock: Clock { zone: options.zone.clone(), years: Vec::new() },
            started: None,
            said: VecDeque::new(),
            restarts: VecDeque::new(),
        }
    }

    fn kind(&self) -> &str {
        self.started.as_ref().map_or("unknown", |s| &s.kind)
    }

    /// How far it had been taken at a time.
    fn taken_at(&self, time: Option<Duration>) -> u64 {
        let before = self.marks.iter().rev().find(|(at, _)| time.is_some_and(|time| *at <= time));
        before.map_or(0, |(_, end)| *end)
    }

    /// The line at which the file begins that holds a line.
    fn file_begins_at(&self, line: u64) -> u64 {
        self.restarts.iter().rev().find(|begin| **begin <= line).copied().unwrap_or(0)
    }
}

impl Started {
    fn of(matcher: &Matcher<'_>, text: &[u8]) -> Self {
        let Detected { reading, kind, .. } = detect(matcher, text);
        let reading = match reading {
            // A log of which a few lines say nothing is a log; only where no line has a header none is expected.
            Reading::Paste(class) if kind != "server-log" => Reading::Bare(class),
            Reading::Paste(_) | Reading::Binary => Reading::Log,
            reading => reading,
        };
        Self { reading, kind, dump: None }
    }
}
