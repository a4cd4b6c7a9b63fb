//! `sshtriage follow`: watches logs while somebody tries again.

use super::Stop;
use super::question::{Question, language, now};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::input::tail::{News, Tail};
use crate::matcher::Matcher;
use crate::report::DiagnosisReport;
use crate::report::escape::for_terminal;
use crate::report::text::{self, Style};
use crate::triage::Options;
use crate::triage::follow::Follower;
use clap::ValueEnum;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_millis(250);
/// Pieces of one input that are read before others have their turn.
const PIECES: usize = 16;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Log files, also ones that do not exist yet; - reads standard input, such as journalctl -f -o json
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Text for people, or one JSON object for every diagnosis
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    question: Question,
    /// A connection that says nothing for so long is judged by what it said
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    silence: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Ndjson,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.1..=3600.0).contains(s));
    seconds.ok_or_else(|| "must be 0.1 to 3600".to_owned())
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<u8, Stop> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|e| Stop::Message(e.to_string()))?;
    }
    let catalog = Catalog::with_folders(&args.question.catalog)?;
    let matcher = Matcher::new(&catalog);
    let mut tails = Vec::new();
    for path in &args.files {
        let failed = |source| Error::Io { doing: "follow", path: path.clone(), source };
        tails.push(Tail::new(path).map_err(failed)?);
    }
    let language = language(args.question.lang);
    let names = args.files.iter().map(|path| path.display().to_string());
    let silence = Duration::from_secs_f64(args.silence);
    let follower = Follower::new(&matcher, args.options()?, language, silence, names);
    let color = args.format == Format::Text && io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let style = Style { language, color };
    let mut watch = Watch { args, tails, follower, out, style, told: BTreeMap::new(), troubles: Vec::new() };
    watch.run(&stop)?;
    Ok(0)
}

impl Args {
    fn options(&self) -> Result<Options, Error> {
        Ok(Options { filter: self.question.filter()?, zone: self.question.zone()?, now: now(), ..Options::default() })
    }
}

struct Watch<'w> {
    args: &'w Args,
    tails: Vec<Tail>,
    follower: Follower<'w>,
    out: &'w mut dyn Write,
    style: Style,
    /// How often each cause was named.
    told: BTreeMap<String, u64>,
    /// What is wrong with an input, so that it is said once.
    troubles: Vec<Option<String>>,
}

impl Watch<'_> {
    fn run(&mut self, stop: &AtomicBool) -> Result<(), Stop> {
        let began = Instant::now();
        self.troubles = vec![None; self.tails.len()];
        let mut open = self.tails.len();
        let mut passed = Duration::ZERO;
        while open > 0 && !stop.load(Ordering::Relaxed) && is_read() {
            self.follower.set_clock(now());
            for input in 0..self.tails.len() {
                open -= usize::from(self.input(input, passed)?);
            }
            let silent = self.follower.silent(passed);
            self.tell(silent)?;
            if open > 0 {
                std::thread::sleep(INTERVAL);
            }
            passed = began.elapsed();
        }
        if !is_read() {
            return Ok(());
        }
        for input in 0..self.tails.len() {
            let mut rest = self.tails[input].rest();
            if !rest.is_empty() {
                rest.push(b'\n');
                let found = self.follower.feed(input, passed, &rest);
                self.tell(found)?;
            }
        }
        let found = self.follower.finish();
        self.tell(found)?;
        self.summary()
    }

    /// Takes what is new of an input. True once nothing more can come.
    fn input(&mut self, input: usize, now: Duration) -> Result<bool, Stop> {
        for _ in 0..PIECES {
            let news = match self.tails[input].poll(now) {
                Ok(news) => news,
                Err(e) => {
                    self.note(input, Some(e.to_string()));
                    return Ok(false);
                }
            };
            match news {
                News::Nothing => break,
                News::Ended => return Ok(true),
                News::Restarted => self.follower.restart(input),
                News::Context { bytes, lines } => self.follower.context(input, lines, &bytes),
                News::Appended(bytes) if bytes.is_empty() => {}
                News::Appended(bytes) => {
                    let found = self.follower.feed(input, now, &bytes);
                    self.tell(found)?;
                }
            }
        }
        let absent = !self.tails[input].is_there() && now.is_zero();
        self.note(input, absent.then(|| "does not exist yet".to_owned()));
        Ok(false)
    }

    fn note(&mut self, input: usize, trouble: Option<String>) {
        if self.troubles[input] == trouble {
            return;
        }
        if let Some(what) = trouble.as_ref().filter(|_| !self.args.question.quiet) {
            let path = self.args.files[input].display().to_string();
            eprintln!("sshtriage: {}: {}", for_terminal(&path), for_terminal(what));
        }
        self.troubles[input] = trouble;
    }

    fn tell(&mut self, found: Vec<DiagnosisReport>) -> Result<(), Stop> {
        for diagnosis in found {
            let told = self.told.entry(diagnosis.cause.clone()).or_default();
            *told += 1;
            let first = *told == 1;
            match self.args.format {
                Format::Text => text::write_diagnosis(&diagnosis, first, self.style, self.out)?,
                Format::Ndjson => {
                    serde_json::to_writer(&mut *self.out, &diagnosis).map_err(io::Error::from)?;
                    self.out.write_all(b"\n")?;
                }
            }
            self.out.flush()?;
        }
        Ok(())
    }

    /// The last words: for people among the diagnoses, else apart from them.
    fn summary(&mut self) -> Result<(), Stop> {
        let summary = text::follow_summary(&self.follower.totals(), &self.told, self.style.language);
        match self.args.format {
            Format::Text => self.out.write_all(summary.as_bytes())?,
            Format::Ndjson if !self.args.question.quiet => eprint!("{summary}"),
            Format::Ndjson => {}
        }
        Ok(())
    }
}

/// Whether somebody still reads standard output.
fn is_read() -> bool {
    let stdout = io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut asked, Some(&at_once)).is_err() || !asked[0].revents().contains(PollFlags::ERR)
}
