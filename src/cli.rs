//! The command line: flags, subcommands, streams and exit codes.
//!
//! In: arguments, environment, the clock. Out: results on standard output, everything else on standard error, an exit code.
//! The only place that prints, and that reads the environment. Knows nothing of how a stage works.
#![allow(clippy::print_stderr, reason = "this is the place that prints")]

mod catalog;
mod follow;
mod question;
mod scan;

use crate::report::escape::for_terminal;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;

/// Reads SSH logs and transcripts of failed logins and names the root cause, the proof and the fix.
#[derive(Debug, Parser)]
#[command(name = "sshtriage", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    scan: scan::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Diagnoses files, directories or standard input (the default)
    Scan(Box<scan::Args>),
    /// Watches logs that grow, and prints each diagnosis as its connection ends
    Follow(Box<follow::Args>),
    /// Prints all that is known of a cause or pattern
    Explain(catalog::ExplainArgs),
    /// Lists or checks the catalog of patterns
    Patterns(catalog::PatternsArgs),
}

/// Exit code for unusable arguments, or when nothing could be read.
const UNUSABLE: u8 = 2;

/// Runs the program with the arguments of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A failure to print help or a usage error leaves nothing to be done.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { UNUSABLE } else { 0 });
        }
    };
    let mut out = io::stdout().lock();
    let result = match cli.command {
        None => scan::run(&cli.scan, &mut out),
        Some(Command::Scan(args)) => scan::run(&args, &mut out),
        Some(Command::Follow(args)) => follow::run(&args, &mut out),
        Some(Command::Explain(args)) => catalog::explain(&args, &mut out),
        Some(Command::Patterns(args)) => catalog::patterns(&args, &mut out),
    };
    match result.and_then(|code| out.flush().map(|()| code).map_err(Stop::Output)) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads our output has seen enough.
        Err(Stop::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Stop::Output(e)) => fail(&format!("cannot write the result: {e}")),
        Err(Stop::Message(message)) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    let lines: Vec<_> = message.lines().map(for_terminal).collect();
    eprintln!("sshtriage: {}", lines.join("\n"));
    ExitCode::from(UNUSABLE)
}

/// Why a subcommand ends early.
#[derive(Debug)]
enum Stop {
    Output(io::Error),
    Message(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<crate::error::Error> for Stop {
    fn from(error: crate::error::Error) -> Self {
        Self::Message(error.to_string())
    }
}
