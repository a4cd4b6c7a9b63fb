//! `--format ndjson`: every known line of every input, in order.
//!
//! In: places to read and what the user asks. Out: JSON lines. Knows nothing of sessions and diagnoses.

use super::{GROUP, Options, Run, Stretch};
use crate::catalog::Kind;
use crate::evidence::{Hit, Traits};
use crate::framing;
use crate::input::Place;
use crate::input::archive;
use crate::matcher::Matcher;
use crate::report::InputReport;
use crate::report::json::HitLine;
use crate::scan::{self, Sink};
use bumpalo::Bump;
use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};

/// Writes one JSON object for every known line, in order. Returns the inputs, with their errors.
///
/// # Errors
/// The output refuses.
pub fn list_hits(
    matcher: &Matcher<'_>,
    places: &[Place],
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<Vec<InputReport>> {
    let traits = Traits::of(matcher.catalog());
    let run = Run::new(matcher, &traits, options, false);
    let mut inputs = Vec::new();
    for place in places {
        let mut refused = None;
        archive::walk(place, &options.limits, &mut |member| {
            let path = member.path.clone();
            let mut listing = Listing { run: &run, path, lines: 0, failures: 0, refused: None, out };
            let (mut report, _) = run.read(member, &mut |stretch| listing.stretch(stretch));
            (report.failures, refused) = (listing.failures, listing.refused.take());
            inputs.push(report);
            if refused.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(refused) = refused {
            return Err(refused);
        }
    }
    Ok(inputs)
}

/// Lists one input's known lines.
struct Listing<'l, 'w> {
    run: &'l Run<'l>,
    path: String,
    lines: u64,
    failures: u64,
    /// Why the output could not be written, which is no fault of the input.
    refused: Option<io::Error>,
    out: &'w mut dyn Write,
}

impl Listing<'_, '_> {
    /// A stretch of the input: chunks in parallel, a few at a time, written in order.
    fn stretch(&mut self, stretch: &Stretch<'_>) -> io::Result<()> {
        let plan = self.run.plan(stretch);
        for wave in self.run.chunks(stretch).chunks(GROUP * rayon::current_num_threads()) {
            let count = |range: &Range<usize>| framing::lines(&stretch.bytes[range.clone()]).count() as u64;
            let counts: Vec<u64> = wave.par_iter().map(count).collect();
            let mut starts = vec![self.lines];
            counts.iter().for_each(|n| starts.push(starts[starts.len() - 1] + n));
            let list = |(range, first): (&Range<usize>, &u64)| {
                let arena = Bump::new();
                let from = stretch.offset + range.start as u64;
                let mut sink =
                    HitWriter { run: self.run, path: &self.path, first: *first, out: Vec::new(), failures: 0 };
                scan::scan(&plan, 0, from, &stretch.bytes[range.clone()], &arena, &mut sink);
                (sink.out, sink.failures)
            };
            let written: Vec<(Vec<u8>, u64)> = wave.par_iter().zip(&starts).map(list).collect();
            for (lines, failures) in &written {
                if let Err(refused) = self.out.write_all(lines) {
                    self.refused = Some(refused);
                    return Err(io::Error::other("not read to its end"));
                }
                self.failures += failures;
            }
            self.lines = starts[wave.len()];
        }
        Ok(())
    }
}

struct HitWriter<'w> {
    run: &'w Run<'w>,
    path: &'w str,
    first: u64,
    out: Vec<u8>,
    failures: u64,
}

impl<'a> Sink<'a> for HitWriter<'_> {
    fn hit(&mut self, hit: &Hit<'a>) {
        let text = |bytes: &'a [u8]| String::from_utf8_lossy(bytes);
        let (host, program, line) = (text(hit.host), text(hit.program), text(hit.text));
        let (user, source) = (hit.user.map(text), hit.source.map(text));
        if !self.run.options.filter.names(user.as_deref(), source.as_deref(), &host) {
            return;
        }
        let catalog = self.run.matcher.catalog();
        let pattern = catalog.pattern_at(hit.pattern);
        self.failures += u64::from(pattern.kind == Kind::Failure);
        let cause = pattern.cause.map(|c| catalog.cause_at(c).id.as_str());
        let object = HitLine {
            file: self.path,
            line: self.first + hit.line + 1,
            time: hit.time.map(|t| self.run.options.zone.rfc3339(t)),
            host: (!host.is_empty()).then_some(&*host),
            program: &program,
            pid: hit.pid,
            pattern: &pattern.id,
            kind: pattern.kind.name(),
            cause,
            category: cause.and_then(|c| c.split('.').next()),
            user: user.as_deref(),
            source: source.as_deref(),
            port: hit.port,
            text: &line,
        };
        serde_json::to_writer(&mut self.out, &object).expect("plain data into memory");
        self.out.push(b'\n');
    }

    fn unknown(&mut self, _line: u64, _message: &[u8]) {}
}
