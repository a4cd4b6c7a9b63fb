//! What a caller or reader gets to see, as plain data in one language.
//!
//! In: diagnoses, evidence and the texts of their causes. Out: [`Report`], whose field names are the contract of
//! `--format json`. The writers in `report/` know nothing but this.

pub mod escape;
pub mod host;
pub mod json;
pub mod text;

use crate::catalog::Catalog;
use crate::catalog::cause::{Language, Texts, fill_command};
use crate::diagnosis::{Clocks, Conclusion, Diagnosis, Explained, Top};
use crate::evidence::{Evidence, Line, UnknownLine};
use crate::host::Hosts;
use crate::matcher::Matcher;
use crate::record::time::{Micros, Zone};
use crate::scan;
use host::{BundleReport, HostFactReport};
use serde::Serialize;
use std::collections::BTreeSet;

/// Below this confidence a report says what to collect.
pub const CONFIDENT: f64 = 0.7;
/// Unknown texts that a report lists.
const MOST_UNRECOGNISED: usize = 20;

/// A whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `sshtriage/1`.
    pub schema: &'static str,
    /// The program.
    pub tool: Tool,
    /// What was read, or could not be.
    pub inputs: Vec<InputReport>,
    /// A copy of the first diagnosis.
    pub verdict: Option<DiagnosisReport>,
    /// Best first.
    pub diagnoses: Vec<DiagnosisReport>,
    /// What was refused in connections that came in nevertheless, by another key, method or address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overcome: Vec<DiagnosisReport>,
    /// Guessing no worse than every server on the Internet sees, where nothing else failed and somebody came in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub background: Vec<DiagnosisReport>,
    /// The hosts whose files were among the inputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleReport>,
    /// Counts of lines.
    pub totals: TotalsReport,
    /// The most frequent lines of SSH programs that no pattern knows.
    pub unrecognised: Vec<UnrecognisedReport>,
    /// What to collect next.
    pub next_steps: Vec<String>,
}

/// The program that wrote a report.
#[derive(Debug, Serialize)]
pub struct Tool {
    /// sshtriage.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// How many patterns it knew.
    pub patterns: usize,
}

/// One input.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InputReport {
    /// As the user named it, or found.
    pub path: String,
    /// What kind of evidence it is.
    pub kind: String,
    /// How it is written.
    pub format: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its lines.
    pub lines: u64,
    /// Lines that a pattern knows.
    pub hits: u64,
    /// Time of its first line.
    pub first: Option<String>,
    /// Time of its last line.
    pub last: Option<String>,
    /// Why it could not be read, or not to its end.
    pub error: Option<String>,
    /// Why it was passed over, though it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The input with the same content, whose lines are counted instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// Failures in it, where lines are only listed.
    #[serde(skip)]
    pub failures: u64,
}

/// One root cause.
#[derive(Debug, Clone, Serialize)]
pub struct DiagnosisReport {
    /// The cause's id.
    pub cause: String,
    /// The part of it before the dot.
    pub category: String,
    /// The fault in one line.
    pub title: String,
    /// 0 to 1.
    pub confidence: f64,
    /// How far the connection came.
    pub stage: Option<&'static str>,
    /// Failed connections or attempts.
    pub count: u64,
    /// The earliest.
    pub first: Option<String>,
    /// The latest.
    pub last: Option<String>,
    /// User names, the most frequent first.
    pub users: Vec<String>,
    /// How many there are.
    pub users_total: u64,
    /// Client addresses, the most frequent first.
    pub sources: Vec<String>,
    /// How many there are.
    pub sources_total: u64,
    /// Servers, the most frequent first.
    pub hosts: Vec<String>,
    /// How many there are.
    pub hosts_total: u64,
    /// What happened, and why.
    pub explanation: String,
    /// How to make sure.
    pub confirmation: Vec<StepReport>,
    /// How to fix it, safest first.
    pub remediation: Vec<StepReport>,
    /// Where to read more.
    pub references: Vec<String>,
    /// The lines that prove it.
    pub evidence: Vec<EvidenceReport>,
    /// Ids of other causes that the same lines leave possible.
    pub alternatives: Vec<String>,
    /// What clients saw of it, where the server tells the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explains: Vec<ExplainedReport>,
    /// What the files of the host say of it: the lines are in `evidence`, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_facts: Vec<HostFactReport>,
    /// Whether users and sources come from a sample, and their totals are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
}

/// What a client's transcript shows of a diagnosis whose reason the server tells.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedReport {
    /// What the transcript alone would lead to.
    pub cause: String,
    /// What client and server have in common: fingerprint, source, user, host, time.
    pub joined_by: Vec<&'static str>,
    /// By how much the server's clock or zone is ahead of the client's, where that is why their times differ.
    pub clock_offset_seconds: Option<i64>,
    /// The client's lines.
    pub evidence: Vec<EvidenceReport>,
}

/// A step to take.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// What to do, with what it risks.
    pub text: String,
    /// client, server or network.
    pub r#where: String,
    /// What to type.
    pub command: Option<String>,
    /// What the command prints if this is the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prints: Option<String>,
    /// The command that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// A line that proves something.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceReport {
    /// The input.
    pub path: String,
    /// From 1.
    pub line: u64,
    /// When.
    pub time: Option<String>,
    /// Id of the pattern that knows it.
    pub pattern: String,
    /// The line.
    pub text: String,
}

/// Counts of lines.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TotalsReport {
    /// Bytes of all inputs.
    pub bytes: u64,
    /// Their lines.
    pub lines: u64,
    /// Lines that a pattern knows.
    pub hits: u64,
    /// Of these, failures.
    pub failures: u64,
    /// Of these, successes.
    pub successes: u64,
    /// Lines of SSH programs that no pattern knows.
    pub unrecognised: u64,
}

/// A text that no pattern knows.
#[derive(Debug, Clone, Serialize)]
pub struct UnrecognisedReport {
    /// With its variable parts masked.
    pub text: String,
    /// How many lines.
    pub count: u64,
    /// Input of the first.
    pub path: String,
    /// Its line, from 1.
    pub line: u64,
}

/// What a report is made of.
#[derive(Debug)]
pub struct Parts<'p> {
    /// The patterns.
    pub matcher: &'p Matcher<'p>,
    /// What was read.
    pub inputs: Vec<InputReport>,
    /// What was found in it.
    pub evidence: &'p Evidence,
    /// What it means.
    pub conclusion: &'p Conclusion,
    /// The hosts beside the inputs.
    pub hosts: &'p Hosts,
    /// The language of titles and texts.
    pub language: Language,
    /// The zone of the times.
    pub zone: Zone,
}

impl Report {
    /// Puts everything into words.
    pub fn new(parts: Parts<'_>) -> Self {
        let all = |list: &[Diagnosis]| list.iter().map(|d| parts.diagnosis(d)).collect::<Vec<_>>();
        let (diagnoses, overcome) = (all(&parts.conclusion.diagnoses), all(&parts.conclusion.overcome));
        let background = all(&parts.conclusion.background);
        let verdict = diagnoses.first().cloned();
        let totals = parts.evidence.totals;
        Self {
            schema: "sshtriage/1",
            tool: Tool {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                patterns: parts.matcher.catalog().patterns.len(),
            },
            next_steps: parts.next_steps(verdict.as_ref()),
            totals: TotalsReport {
                bytes: parts.inputs.iter().map(|i| i.bytes).sum(),
                lines: totals.lines,
                hits: totals.hits,
                failures: totals.failures,
                successes: totals.successes,
                unrecognised: totals.unrecognised,
            },
            unrecognised: parts.unrecognised(),
            bundles: parts.hosts.iter().filter(|h| h.is_described()).map(BundleReport::of).collect(),
            inputs: parts.inputs,
            verdict,
            diagnoses,
            overcome,
            background,
        }
    }
}

impl Parts<'_> {
    fn diagnosis(&self, d: &Diagnosis) -> DiagnosisReport {
        let catalog = self.matcher.catalog();
        let id = catalog.cause_at(d.cause).id.to_string();
        let texts = catalog.texts(d.cause);
        let fields = self.fields(d);
        let value = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let host_facts: Vec<HostFactReport> = d.beside.iter().map(|t| HostFactReport::of(t, self.language)).collect();
        let mut evidence: Vec<EvidenceReport> = d.lines.iter().map(|l| self.line(catalog, l)).collect();
        for line in host_facts.iter().flat_map(|f| &f.evidence) {
            if !evidence.iter().any(|e| (&e.path, e.line) == (&line.path, line.line)) {
                evidence.push(line.clone());
            }
        }
        let (happened, why) = (texts.what_happened.get(self.language), texts.why.get(self.language));
        // Japanese sentences follow each other without a blank.
        let explanation = match self.language {
            Language::En => format!("{happened} {why}"),
            Language::Ja => format!("{happened}{why}"),
        };
        DiagnosisReport {
            category: id.split('.').next().unwrap_or_default().to_owned(),
            cause: id,
            title: texts.title.get(self.language).to_owned(),
            confidence: d.confidence,
            stage: d.stage.map(|s| s.name()),
            count: d.count,
            first: self.time(d.first),
            last: self.time(d.last),
            users: names(&d.users),
            users_total: d.users.total,
            sources: names(&d.sources),
            sources_total: d.sources.total,
            hosts: names(&d.hosts),
            hosts_total: d.hosts.total,
            explanation,
            confirmation: steps(&texts, true, self.language, &value),
            remediation: steps(&texts, false, self.language, &value),
            references: texts.references,
            evidence,
            host_facts,
            approximate: d.approximate,
            alternatives: d.alternatives.iter().map(|c| catalog.cause_at(*c).id.to_string()).collect(),
            explains: d.explains.iter().map(|e| self.explained(e)).collect(),
        }
    }

    fn explained(&self, e: &Explained) -> ExplainedReport {
        let catalog = self.matcher.catalog();
        let joined = &e.joined;
        let common = [
            (joined.fingerprint, "fingerprint"),
            (joined.source, "source"),
            (joined.user, "user"),
            (joined.host, "host"),
            (joined.clocks == Clocks::Agree, "time"),
        ];
        ExplainedReport {
            cause: catalog.cause_at(e.cause).id.to_string(),
            joined_by: common.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name).collect(),
            clock_offset_seconds: match joined.clocks {
                Clocks::Offset(micros) => Some(micros / 1_000_000),
                _ => None,
            },
            evidence: e.lines.iter().map(|l| self.line(catalog, l)).collect(),
        }
    }

    /// Values for commands: what the cited lines show, the diagnosis' own user and address first.
    fn fields(&self, d: &Diagnosis) -> Vec<(String, String)> {
        let own = [("user", &d.users), ("source", &d.sources), ("host", &d.hosts)];
        let own = own.iter().filter_map(|(name, top)| Some(((*name).to_owned(), top.listed.first()?.to_string())));
        let cited = d.lines.iter().flat_map(|l| scan::fields(self.matcher, &l.text, l.pattern));
        own.chain(cited).collect()
    }

    fn line(&self, catalog: &Catalog, line: &Line) -> EvidenceReport {
        EvidenceReport {
            path: self.path(line.input),
            line: line.line + 1,
            time: self.time(line.time),
            pattern: catalog.pattern_at(line.pattern).id.to_string(),
            text: String::from_utf8_lossy(&line.text).trim_end().to_owned(),
        }
    }

    fn unrecognised(&self) -> Vec<UnrecognisedReport> {
        let report = |unknown: &UnknownLine| UnrecognisedReport {
            text: unknown.text.to_string(),
            count: unknown.count,
            path: self.path(unknown.input),
            line: unknown.line + 1,
        };
        self.evidence.unknown.most_frequent(MOST_UNRECOGNISED).into_iter().map(report).collect()
    }

    fn next_steps(&self, verdict: Option<&DiagnosisReport>) -> Vec<String> {
        if verdict.is_some_and(|v| v.confidence >= CONFIDENT) {
            return Vec::new();
        }
        let catalog = self.matcher.catalog();
        let seen = || self.evidence.shapes().flat_map(|s| &s.shape.seen).map(|(p, _)| catalog.pattern_at(*p));
        // One paste may hold several kinds of evidence.
        let pasted: BTreeSet<&str> = seen()
            .filter_map(|pattern| {
                let mut kinds = catalog.evidence_of(pattern);
                let first = kinds.next()?;
                kinds.all(|kind| kind == first).then_some(first)
            })
            .collect();
        let given =
            |kind: &String| pasted.contains(kind.as_str()) || self.inputs.iter().any(|i| i.kind == *kind && i.hits > 0);
        let tried = |host: &String| {
            let lines = || self.evidence.shapes().flat_map(|s| s.facts()).flat_map(|f| &f.lines);
            lines().any(|line| says(line, host) && of_client(catalog, line))
        };
        let steps = catalog.next_steps();
        let open = steps.into_iter().filter(|s| !s.evidence.iter().any(given) && !s.hosts.iter().any(tried));
        let words = |s: crate::catalog::format::NextStep| {
            let text = s.text.get(self.language);
            s.command.map_or_else(|| text.to_owned(), |c| format!("{text}  {c}"))
        };
        open.map(words).collect()
    }

    fn path(&self, input: u32) -> String {
        self.inputs.get(input as usize).map(|i| i.path.clone()).unwrap_or_default()
    }

    fn time(&self, time: Option<Micros>) -> Option<String> {
        time.map(|t| self.zone.rfc3339(t))
    }
}

/// Whether a line has a word that is this name, between blanks or brackets.
fn says(line: &Line, name: &str) -> bool {
    line.text.split(|b| b" []'()".contains(b)).any(|word| word == name.as_bytes())
}

fn of_client(catalog: &Catalog, line: &Line) -> bool {
    catalog.evidence_of(catalog.pattern_at(line.pattern)).all(|kind| kind == "client-transcript")
}

fn names(top: &Top) -> Vec<String> {
    top.listed.iter().map(ToString::to_string).collect()
}

/// Where a step is to be done, in words.
pub fn place_name(place: &str, language: Language) -> &'static str {
    match (place, language) {
        ("client", Language::En) => "client",
        ("client", Language::Ja) => "クライアント",
        ("network", Language::En) => "network",
        ("network", Language::Ja) => "ネットワーク",
        (_, Language::En) => "server",
        (_, Language::Ja) => "サーバー",
    }
}

/// The steps of a cause in one language, with what the evidence shows filled in.
pub fn steps(
    texts: &Texts,
    confirm: bool,
    language: Language,
    value: &dyn Fn(&str) -> Option<String>,
) -> Vec<StepReport> {
    let list = if confirm { &texts.confirm } else { &texts.fix };
    let step = |s: &crate::catalog::cause::Step| {
        let mut text = s.text.get(language).trim().to_owned();
        if let Some(risk) = &s.risk {
            text.push_str(match language {
                Language::En => " Risk: ",
                Language::Ja => "注意：",
            });
            text.push_str(risk.get(language));
        }
        StepReport {
            text,
            r#where: s.r#where.clone(),
            command: s.command.as_ref().map(|c| fill_command(c.trim(), value)),
            prints: s.prints.clone(),
            undo: s.undo.as_ref().map(|u| fill_command(u.trim(), value)),
        }
    };
    list.iter().map(step).collect()
}
