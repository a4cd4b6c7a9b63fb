//! `sshtriage explain` and `sshtriage patterns`: the catalog, for reading and for checking.

use super::Stop;
use super::question::{Lang, language};
use crate::catalog::cause::Language;
use crate::catalog::check::check;
use crate::catalog::tables::PatternTexts;
use crate::catalog::{Catalog, CauseId, Kind, Pattern, base_of, builtin_files, read_folder};
use crate::report::{place_name, steps};
use crate::template::Template;
use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Id of a cause, such as keys.host-key-changed, or of a pattern
    #[arg(value_name = "CAUSE|PATTERN")]
    id: String,
    /// Language [default: from the environment]
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// Folder with more patterns
    #[arg(long, value_name = "DIR")]
    catalog: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct PatternsArgs {
    #[command(subcommand)]
    command: PatternsCommand,
}

#[derive(Debug, Subcommand)]
enum PatternsCommand {
    /// Lists all patterns
    List {
        /// Text or JSON
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
        /// Folder with more patterns
        #[arg(long, value_name = "DIR")]
        catalog: Vec<PathBuf>,
    },
    /// Checks catalog folders, or the built-in catalog, and reports all problems
    Check {
        /// Folders as for --catalog; one with an emitters.toml stands alone
        #[arg(value_name = "DIR")]
        folders: Vec<PathBuf>,
    },
    /// Writes the patterns as one regular expression a line, for other programs
    Export {
        /// Only patterns of this emitter
        #[arg(long, value_name = "NAME")]
        emitter: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

pub(super) fn patterns(args: &PatternsArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    match &args.command {
        PatternsCommand::List { format, catalog } => list(*format, &Catalog::with_folders(catalog)?, out),
        PatternsCommand::Check { folders } => check_folders(folders, out),
        PatternsCommand::Export { emitter } => export(emitter.as_deref(), out),
    }
}

fn check_folders(folders: &[PathBuf], out: &mut dyn Write) -> Result<u8, Stop> {
    let mut files = Vec::new();
    for folder in folders {
        files.extend(read_folder(folder)?);
    }
    if folders.is_empty() {
        files = builtin_files();
    }
    let (catalog, problems) = check(base_of(&files), &files);
    for problem in &problems {
        writeln!(out, "{problem}")?;
    }
    let (causes, patterns) = (catalog.causes.len(), catalog.patterns.len());
    writeln!(out, "{causes} causes, {patterns} patterns, {} problem(s)", problems.len())?;
    Ok(if problems.is_empty() { 0 } else { super::UNUSABLE })
}

fn export(emitter: Option<&str>, out: &mut dyn Write) -> Result<u8, Stop> {
    let catalog = Catalog::builtin();
    let wanted = |p: &&Pattern| {
        let known = catalog.emitters.iter().position(|e| Some(e.name.as_str()) == emitter);
        emitter.is_none() || known.is_some_and(|at| p.emitters & 1 << at != 0)
    };
    let named_group = regex::Regex::new(r"\(\?P?<\w+>").expect("a constant");
    for pattern in catalog.patterns.iter().filter(wanted) {
        let texts = catalog.pattern_texts(pattern);
        for regex in texts.messages.iter().filter_map(|m| Template::to_regex(m).ok()) {
            writeln!(out, "{regex}")?;
        }
        // Group names are ours, flags and anchors ours too: other programs look for the message anywhere in the line.
        if let Some(regex) = &texts.regex {
            let unflagged = regex.trim_start_matches("(?-u)").trim_start_matches("(?s-u)").trim_start_matches('^');
            writeln!(out, "{}", named_group.replace_all(unflagged, "("))?;
        }
    }
    Ok(0)
}

#[derive(Serialize)]
struct Listed<'l> {
    pattern: &'l str,
    kind: &'static str,
    cause: Option<&'l str>,
    weight: Option<&'static str>,
    stage: Option<&'static str>,
    emitters: Vec<&'l str>,
    versions: String,
    messages: Vec<String>,
    regex: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    phrases: Vec<&'l str>,
}

impl Listed<'_> {
    fn wordings(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().chain(&self.regex).map(String::as_str).chain(self.phrases.iter().copied())
    }
}

fn listed<'l>(catalog: &'l Catalog, p: &'l Pattern) -> Listed<'l> {
    let PatternTexts { versions, messages, regex, .. } = catalog.pattern_texts(p);
    let emitters = catalog.emitters.iter().enumerate().filter(|(at, _)| p.emitters & 1 << at != 0);
    Listed {
        pattern: &p.id,
        kind: p.kind.name(),
        cause: p.cause.map(|c| catalog.cause_at(c).id.as_ref()),
        weight: (p.kind == Kind::Failure).then(|| p.weight.name()),
        stage: p.stage.map(|s| s.name()),
        emitters: emitters.map(|(_, e)| e.name.as_str()).collect(),
        versions,
        messages,
        regex,
        phrases: catalog.phrases_of(p).collect(),
    }
}

fn list(format: ListFormat, catalog: &Catalog, out: &mut dyn Write) -> Result<u8, Stop> {
    let all: Vec<Listed<'_>> = catalog.patterns.iter().map(|p| listed(catalog, p)).collect();
    if format == ListFormat::Json {
        serde_json::to_writer_pretty(&mut *out, &all).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(0);
    }
    for p in &all {
        let weight = p.weight.map(|w| format!(", {w}")).unwrap_or_default();
        writeln!(out, "{}  ({}{weight}; {})", p.pattern, p.kind, p.emitters.join(", "))?;
        for message in p.wordings() {
            writeln!(out, "    {message}")?;
        }
    }
    Ok(0)
}

pub(super) fn explain(args: &ExplainArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    let catalog = Catalog::with_folders(&args.catalog)?;
    let language = language(args.lang);
    if let Some(cause) = catalog.cause_id(&args.id) {
        return explain_cause(&catalog, cause, language, out);
    }
    let suffix = format!("/{}", args.id);
    let found: Vec<&Pattern> = catalog.patterns.iter().filter(|p| p.id == args.id || p.id.ends_with(&suffix)).collect();
    if found.is_empty() {
        return Err(Stop::Message(unknown(&catalog, &args.id)));
    }
    for pattern in found {
        explain_pattern(&catalog, pattern, out)?;
        if let Some(cause) = pattern.cause {
            writeln!(out)?;
            explain_cause(&catalog, cause, language, out)?;
        }
    }
    Ok(0)
}

fn unknown(catalog: &Catalog, id: &str) -> String {
    let part = id.rsplit(['.', '/']).next().unwrap_or(id);
    let near: Vec<&str> =
        catalog.causes.iter().map(|c| c.id.as_ref()).filter(|c| !part.is_empty() && c.contains(part)).take(5).collect();
    if near.is_empty() {
        format!("no cause or pattern '{id}'; sshtriage patterns list shows all")
    } else {
        format!("no cause or pattern '{id}'; perhaps {}", near.join(", "))
    }
}

fn explain_cause(catalog: &Catalog, id: CauseId, language: Language, out: &mut dyn Write) -> Result<u8, Stop> {
    let word = |en: &'static str, ja: &'static str| if language == Language::Ja { ja } else { en };
    let texts = catalog.texts(id);
    writeln!(out, "{}\n{}\n", catalog.cause_at(id).id, texts.title.get(language))?;
    writeln!(out, "{}\n  {}\n", word("What happened", "何が起きたか"), texts.what_happened.get(language))?;
    writeln!(out, "{}\n  {}", word("Why", "理由"), texts.why.get(language))?;
    for (title, confirm) in [(word("To make sure", "確認方法"), true), (word("What to do", "対処"), false)] {
        writeln!(out, "\n{title}")?;
        for (at, step) in steps(&texts, confirm, language, &|_| None).iter().enumerate() {
            writeln!(out, "  {}. [{}] {}", at + 1, place_name(&step.r#where, language), step.text)?;
            for line in step.command.iter().flat_map(|c| c.lines()) {
                writeln!(out, "       {line}")?;
            }
            for (label, text) in
                [(word("prints if so", "該当時の出力"), &step.prints), (word("to undo", "元に戻すには"), &step.undo)]
            {
                if let Some(text) = text {
                    writeln!(out, "       {label}: {text}")?;
                }
            }
        }
    }
    if !texts.references.is_empty() {
        writeln!(out, "\n{}", word("References", "参考"))?;
        texts.references.iter().try_for_each(|r| writeln!(out, "  {r}"))?;
    }
    writeln!(out, "\n{}", word("Lines that lead here", "この原因を示す行"))?;
    for pattern in catalog.patterns.iter().filter(|p| p.cause == Some(id)) {
        explain_pattern(catalog, pattern, out)?;
    }
    Ok(0)
}

fn explain_pattern(catalog: &Catalog, pattern: &Pattern, out: &mut dyn Write) -> Result<(), Stop> {
    let p = listed(catalog, pattern);
    let weight = p.weight.map(|w| format!(", {w}")).unwrap_or_default();
    writeln!(out, "  {} ({}{weight}; {}; {})", p.pattern, p.kind, p.emitters.join(", "), p.versions)?;
    for message in p.wordings() {
        writeln!(out, "      {message}")?;
    }
    Ok(())
}
