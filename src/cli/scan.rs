//! `sshtriage scan`: options into [`triage::Options`], reports onto standard output.

use super::Stop;
use super::question::{Question, language, now, wrong};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::host;
use crate::input::limits::Limits;
use crate::input::{self, Place};
use crate::matcher::Matcher;
use crate::record::time::point;
use crate::report::escape::for_terminal;
use crate::report::text::Style;
use crate::report::{InputReport, json, text};
use crate::triage::{self, Options};
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Log files, transcripts, compressed files, archives and directories; - or nothing reads standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Report for people, one JSON report, or one JSON object for every known line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// One compact JSON report a line, one for each PATH (in a directory: for each file or archive)
    #[arg(long)]
    each: bool,
    #[command(flatten)]
    question: Question,
    /// Only events from T on: RFC 3339, '2018-04-17 10:00', or relative such as 2h
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only events up to T
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Year of the first line, for timestamps without a year
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i32).range(1970..=2200), allow_hyphen_values = true)]
    year: Option<i32>,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// No progress on standard error
    #[arg(long)]
    no_progress: bool,
    /// Colours in the report for people
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Exit with 1 when a failure was diagnosed
    #[arg(long)]
    exit_code: bool,
    /// How deep archives and compressed files may be nested
    #[arg(long, value_name = "N", default_value_t = Limits::default().depth)]
    max_depth: u32,
    /// Bytes that a compressed file or archive may expand to [default: 100 times its size, at least 4 GiB]
    #[arg(long, value_name = "BYTES")]
    max_expansion: Option<u64>,
    /// Members of an archive that are read
    #[arg(long, value_name = "N", default_value_t = Limits::default().members)]
    max_members: u64,
    /// Seconds that a compressed file or an archive may take; what was read by then is used [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_seconds: Option<u64>,
    #[arg(long, hide = true, default_value_t = triage::CHUNK)]
    chunk_bytes: usize,
    #[arg(long, hide = true)]
    plain_path: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Ndjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<u8, Stop> {
    let options = args.options()?;
    let paths = args.paths()?;
    let catalog = Catalog::with_folders(&args.question.catalog)?;
    if let Some(threads) = args.threads {
        // Fails only when a pool exists already, which then serves as well.
        drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
    }
    let places = input::list(&paths);
    if places.is_empty() {
        return Err(Stop::Message("the directories hold no files".to_owned()));
    }
    // Taking the tables apart would cost a short run a tenth of its time; the end of the process frees them as well.
    let catalog: &'static Catalog = Box::leak(Box::new(catalog));
    let matcher: &'static Matcher<'_> = Box::leak(Box::new(Matcher::new(catalog)));
    let session = Session { args, matcher, options: &options };
    let (read, failed) = match (args.format, args.each) {
        (Format::Ndjson, _) => {
            let inputs = triage::list_hits(matcher, &places, &options, out)?;
            session.note_errors(&inputs);
            (something_read(&inputs), inputs.iter().any(|i| i.failures > 0))
        }
        (Format::Json, true) => session.each(&places, out)?,
        (format, _) => session.all(&places, format, out)?,
    };
    Ok(if read { u8::from(failed && args.exit_code) } else { super::UNUSABLE })
}

fn something_read(inputs: &[InputReport]) -> bool {
    inputs.iter().any(|i| i.error.is_none() || i.bytes > 0)
}

struct Session<'s> {
    args: &'s Args,
    matcher: &'s Matcher<'s>,
    options: &'s Options,
}

impl Session<'_> {
    /// One report. Says whether something was read, and whether something failed in it.
    fn all(&self, places: &[Place], format: Format, out: &mut dyn Write) -> Result<(bool, bool), Stop> {
        let language = language(self.args.question.lang);
        let report = triage::triage(self.matcher, places, self.options, language);
        if format == Format::Json {
            json::write(&report, false, out)?;
        } else {
            let color = match self.args.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            };
            text::write(&report, Style { language, color }, out)?;
        }
        self.note_errors(&report.inputs);
        Ok((something_read(&report.inputs), report.verdict.is_some()))
    }

    /// One report for each place, written in order, each as soon as those before it are done.
    fn each(&self, places: &[Place], out: &mut dyn Write) -> Result<(bool, bool), Stop> {
        let language = language(self.args.question.lang);
        let (mut read, mut failed) = (false, false);
        triage::each(self.matcher, places, self.options, language, |report| {
            json::write(&report, true, out)?;
            self.note_errors(&report.inputs);
            failed |= report.verdict.is_some();
            read |= something_read(&report.inputs);
            Ok::<(), Stop>(())
        })?;
        Ok((read, failed))
    }

    fn note_errors(&self, inputs: &[InputReport]) {
        if self.args.question.quiet {
            return;
        }
        for input in inputs {
            if let Some(error) = &input.error {
                eprintln!("sshtriage: {}: {}", for_terminal(&input.path), for_terminal(error));
            }
        }
    }
}

impl Args {
    fn paths(&self) -> Result<Vec<PathBuf>, Stop> {
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        if std::io::stdin().is_terminal() {
            return Err(Stop::Message(
                "no PATH given; name log files, or paste a transcript into: sshtriage -".to_owned(),
            ));
        }
        Ok(vec![PathBuf::from(input::STDIN)])
    }

    fn options(&self) -> Result<Options, Error> {
        if self.each && self.format != Format::Json {
            return Err(wrong("--each")("goes with --format json".to_owned()));
        }
        if self.threads == Some(0) {
            return Err(wrong("--threads")("must be at least 1".to_owned()));
        }
        let zone = self.question.zone()?;
        let now = now();
        let time =
            |name, text: &Option<String>| text.as_ref().map(|t| point(t, &zone, now).map_err(wrong(name))).transpose();
        let since = time("--since", &self.since)?;
        Ok(Options {
            filter: self.question.filter()?,
            since,
            until: time("--until", &self.until)?,
            year: self.year,
            zone,
            now,
            limits: Limits {
                depth: self.max_depth,
                expansion: self.max_expansion,
                members: self.max_members,
                since,
                timeless: host::is_named,
                time: self.max_seconds.map(Duration::from_secs),
            },
            chunk: self.chunk_bytes.max(1),
            plain: self.plain_path,
        })
    }
}
