//! `--format ndjson`: every known line of every input, in order.
//!
//! In: places to read and what the user asks. Out: JSON lines. Knows nothing of sessions and diagnoses.

use super::{GROUP, LEAST_CHUNK, LISTED_CHUNK, Options, Run, Stretch, workers};
use crate::catalog::Kind;
use crate::evidence::{Hit, Traits};
use crate::framing;
use crate::input::{Content, Place, archive};
use crate::matcher::Matcher;
use crate::record::time::Micros;
use crate::report::InputReport;
use crate::report::json::{self, HitLine};
use crate::scan::{self, Sink};
use bumpalo::Bump;
use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

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
    let meanings: Vec<_> = matcher.catalog().patterns.iter().map(|_| OnceLock::new()).collect();
    let mut inputs = Vec::new();
    let mut spare = Vec::new();
    let lister = Lister { run: &run, meanings: &meanings };
    // What is small, and known to stay so, is listed ahead; the rest when its turn comes.
    let ahead = |at: usize| {
        let opened = archive::open(&places[at]);
        let is_small = match &opened {
            Ok(opened) => !matches!(opened.content, Content::Stream(_)) && opened.bytes <= LEAST_CHUNK as u64,
            Err(_) => true,
        };
        let mut lines = Vec::new();
        let listed = if is_small && !archive::has_members(&opened) {
            Ok(lister.list(&places[at], opened, &mut Vec::new(), &mut lines))
        } else {
            Err(opened)
        };
        (at, lines, listed)
    };
    workers::in_order(places.len(), ahead, |(at, lines, listed)| {
        let (mut reports, refused) = match listed {
            Ok(listed) => listed,
            Err(opened) => lister.list(&places[at], opened, &mut spare, out),
        };
        inputs.append(&mut reports);
        refused.map_or(Ok(()), Err)?;
        out.write_all(&lines)
    })?;
    Ok(inputs)
}

/// Lists places, whichever they are.
struct Lister<'l> {
    run: &'l Run<'l>,
    meanings: &'l Meanings,
}

impl Lister<'_> {
    /// Writes the known lines of a place. Returns the inputs in it, and why the output refuses, if it does.
    fn list(
        &self,
        place: &Place,
        opened: archive::Opening,
        spare: &mut Vec<Vec<u8>>,
        out: &mut dyn Write,
    ) -> (Vec<InputReport>, Option<io::Error>) {
        let (mut inputs, mut refused) = (Vec::new(), None);
        archive::walk(place, opened, &self.run.options.limits, &mut |member| {
            let mut path = Vec::new();
            json::text(&mut path, member.path.as_bytes());
            let (run, meanings) = (self.run, self.meanings);
            let mut listing = Listing { run, meanings, path, lines: 0, failures: 0, refused: None, spare, out };
            let (mut report, _) = run.read(member, &mut |stretch| listing.stretch(stretch));
            (report.failures, refused) = (listing.failures, listing.refused.take());
            inputs.push(report);
            if refused.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (inputs, refused)
    }
}

/// Lists one input's known lines.
struct Listing<'l, 'w> {
    run: &'l Run<'l>,
    meanings: &'l Meanings,
    /// The input's path as JSON.
    path: Vec<u8>,
    lines: u64,
    failures: u64,
    /// Why the output could not be written, which is no fault of the input.
    refused: Option<io::Error>,
    /// Written already: their memory is used again, since getting it anew costs more than filling it.
    spare: &'w mut Vec<Vec<u8>>,
    out: &'w mut dyn Write,
}

/// What a chunk holds.
#[derive(Default)]
struct Listed {
    lines: Vec<u8>,
    failures: u64,
}

impl Listing<'_, '_> {
    /// A stretch of the input: chunks in parallel, a few at a time, written in order while the next are read.
    fn stretch(&mut self, stretch: &Stretch<'_>) -> io::Result<()> {
        let (run, meanings, path) = (self.run, self.meanings, self.path.as_slice());
        let plan = run.plan(stretch);
        let list = |range: &Range<usize>, first: u64, out: Vec<u8>| {
            let arena = Bump::new();
            let from = stretch.offset + range.start as u64;
            let (failures, time, speaker, written) = (0, None, (&b""[..], &b""[..]), Vec::new());
            let mut sink = HitWriter { run, meanings, path, first, out, failures, time, speaker, written };
            let lines = scan::scan(&plan, 0, from, &stretch.bytes[range.clone()], &arena, &mut sink);
            (lines, Listed { lines: sink.out, failures: sink.failures })
        };
        let chunks = run.chunks(stretch, run.options.chunk.min(LISTED_CHUNK));
        if let [only] = chunks.as_slice() {
            let (lines, listed) = list(only, self.lines, self.spare.pop().unwrap_or_default());
            self.lines += lines;
            self.failures += listed.failures;
            let written = write(&mut vec![listed], self.out, self.spare);
            return check(&mut self.refused, written);
        }
        let mut done = Vec::new();
        for wave in chunks.chunks(GROUP * rayon::current_num_threads()) {
            let mut next = Vec::new();
            let lines = &mut self.lines;
            let mut buffers: Vec<Vec<u8>> = wave.iter().map(|_| self.spare.pop().unwrap_or_default()).collect();
            let mut read = || {
                let count = |range: &Range<usize>| framing::lines(&stretch.bytes[range.clone()]).count() as u64;
                let counts: Vec<u64> = wave.par_iter().map(count).collect();
                let mut firsts = Vec::new();
                for count in counts {
                    firsts.push(*lines);
                    *lines += count;
                }
                let chunk = |((range, first), out): ((&Range<usize>, &u64), &mut Vec<u8>)| {
                    list(range, *first, std::mem::take(out)).1
                };
                next = wave.par_iter().zip(&firsts).zip(&mut buffers).map(chunk).collect();
            };
            let written = rayon::in_place_scope(|scope| {
                scope.spawn(|_| read());
                write(&mut done, self.out, self.spare)
            });
            self.failures += next.iter().map(|listed: &Listed| listed.failures).sum::<u64>();
            done = next;
            check(&mut self.refused, written)?;
        }
        let written = write(&mut done, self.out, self.spare);
        check(&mut self.refused, written)
    }
}

/// Keeps why the output refuses.
fn check(kept: &mut Option<io::Error>, written: io::Result<()>) -> io::Result<()> {
    written.map_err(|refused| {
        *kept = Some(refused);
        io::Error::other("not read to its end")
    })
}

fn write(done: &mut Vec<Listed>, out: &mut dyn Write, spare: &mut Vec<Vec<u8>>) -> io::Result<()> {
    for mut listed in done.drain(..) {
        out.write_all(&listed.lines)?;
        listed.lines.clear();
        spare.push(listed.lines);
    }
    Ok(())
}

/// What the lines of each pattern mean, as JSON.
type Meanings = [OnceLock<Box<[u8]>>];

struct HitWriter<'w, 'a> {
    run: &'w Run<'w>,
    meanings: &'w Meanings,
    path: &'w [u8],
    first: u64,
    out: Vec<u8>,
    failures: u64,
    /// The last time, and as text.
    time: Option<(Micros, String)>,
    /// The last server and program, and both as JSON.
    speaker: (&'a [u8], &'a [u8]),
    written: Vec<u8>,
}

impl<'a> Sink<'a> for HitWriter<'_, 'a> {
    fn hit(&mut self, hit: &Hit<'a>) {
        let options = self.run.options;
        if options.filter.is_set() {
            let text = |bytes: &'a [u8]| String::from_utf8_lossy(bytes);
            let (user, source) = (hit.user.map(text), hit.source.map(text));
            if !options.filter.names(user.as_deref(), source.as_deref(), &text(hit.host)) {
                return;
            }
        }
        let catalog = self.run.matcher.catalog();
        let pattern = catalog.pattern_at(hit.pattern);
        self.failures += u64::from(pattern.kind == Kind::Failure);
        let meaning = self.meanings[usize::from(hit.pattern.0)].get_or_init(|| {
            let cause = pattern.cause.map(|c| catalog.cause_at(c).id.as_ref());
            json::meaning(&pattern.id, pattern.kind.name(), cause).into()
        });
        if self.speaker.0 != hit.host || self.speaker.1 != hit.program || self.written.is_empty() {
            self.speaker = (hit.host, hit.program);
            self.written.clear();
            json::speaker(&mut self.written, hit.host, hit.program);
        }
        if let Some(time) = hit.time
            && self.time.as_ref().is_none_or(|(known, _)| *known != time)
        {
            self.time = Some((time, options.zone.rfc3339(time)));
        }
        let line = HitLine {
            file: self.path,
            line: self.first + hit.line + 1,
            time: hit.time.and(self.time.as_ref()).map(|(_, text)| text.as_str()),
            speaker: &self.written,
            pid: hit.pid,
            meaning,
            user: hit.user,
            source: hit.source,
            port: hit.port,
            text: hit.text,
        };
        line.write(&mut self.out);
    }

    fn unknown(&mut self, _line: u64, _message: &[u8]) {}
}
