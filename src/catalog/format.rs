//! The shape of the catalog's TOML files, as written in `patterns/README.md`.
//!
//! In: the text of one file. Out: plain data with the place of every part that a check may complain about.
//! Knows nothing of whether the content makes sense (`check.rs`) and nothing of matching.
//! The build script compiles this module too, so that the index of the built-in catalog is ready before the program starts.

use crate::matcher::literal;
use crate::template::{MIN_LITERAL, Template};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A text in both languages of the product.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// One file `patterns/<category>/<cause>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseFile {
    /// The fault in one line.
    pub title: Bilingual,
    /// What the login ran into.
    pub what_happened: Bilingual,
    /// The mechanism and the usual reasons.
    pub why: Bilingual,
    /// How far a connection with this fault comes.
    pub stage: Option<Spanned<String>>,
    /// Whether password guessers and scanners produce it by the thousand.
    #[serde(default)]
    pub background: bool,
    /// Ids of causes that are mere consequences when this one is proven in the same connection.
    #[serde(default)]
    pub outranks: Vec<Spanned<String>>,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// Present in the one cause that is concluded by counting.
    pub guessing: Option<Guessing>,
    /// How to make sure.
    #[serde(default)]
    pub confirm: Vec<Step>,
    /// How to fix it, safest first.
    #[serde(default)]
    pub fix: Vec<Step>,
    /// The lines that lead here.
    #[serde(default)]
    pub pattern: Vec<PatternEntry>,
    /// What several lines of one connection prove together.
    #[serde(default)]
    pub rule: Vec<RuleEntry>,
}

/// One file `patterns/context/<topic>.toml`: known lines that prove nothing alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextFile {
    /// What the lines have in common.
    pub title: Bilingual,
    /// The lines.
    pub pattern: Vec<PatternEntry>,
}

/// A file of a user's folder that adds to a cause which exists already: no texts, only lines and rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionFile {
    /// More lines that lead to the cause.
    #[serde(default)]
    pub pattern: Vec<PatternEntry>,
    /// More rules.
    #[serde(default)]
    pub rule: Vec<RuleEntry>,
}

/// `next-steps.toml`: what to collect when the evidence does not decide, in the order of the guide.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextStepsFile {
    /// In order.
    pub step: Vec<NextStep>,
}

/// One thing to collect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextStep {
    /// Kinds of input that it yields; with one of them at hand it is not asked for.
    pub evidence: Vec<String>,
    /// What to do.
    pub text: Bilingual,
    /// What to type.
    pub command: Option<String>,
}

/// Thresholds beyond which failures count as guessing rather than as somebody's trouble.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guessing {
    /// Ids of the causes that guesses end in: many of them by one address are guessing, whatever the names.
    pub outcomes: Vec<String>,
    /// Failures of one address in quick succession: faster than a person types.
    pub rapid_failures: u64,
    /// What quick succession means.
    pub seconds_per_failure: u64,
    /// Failures of one address, however slow.
    pub failures_per_source: u64,
    /// Different user names tried by one address.
    pub users_per_source: u64,
    /// Addresses that fail in one log.
    pub sources: u64,
}

/// One step of confirming or fixing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// client, server or network.
    pub r#where: Spanned<String>,
    /// What to do.
    pub text: Bilingual,
    /// What to type; may name captured fields in braces.
    pub command: Option<Spanned<String>>,
    /// What the command prints if this is the cause.
    pub prints: Option<String>,
    /// What the step may break.
    pub risk: Option<Bilingual>,
    /// The command that takes it back.
    pub undo: Option<String>,
}

/// One `[[pattern]]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternEntry {
    /// Unique in its file.
    pub name: Spanned<String>,
    /// Names of `emitters.toml`.
    pub emitters: Vec<Spanned<String>>,
    /// failure, success or context.
    pub kind: Spanned<String>,
    /// How much a failure proves: decisive, strong, weak, consequence.
    pub weight: Option<Spanned<String>>,
    /// How far a connection has come once this line is there.
    pub stage: Option<Spanned<String>>,
    /// Which trailing mark the line must carry: preauth, postauth or none; left out, any.
    pub mark: Option<Spanned<String>>,
    /// Whether a connection or attempt begins with this line.
    #[serde(default)]
    pub starts: bool,
    /// The emitter's versions that print it.
    pub versions: String,
    /// The wordings, as templates.
    #[serde(default)]
    pub messages: Vec<Spanned<String>>,
    /// In place of `messages`, what a template cannot say.
    pub regex: Option<Spanned<String>>,
    /// Messages that must match, with every field captured.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Messages that must not match.
    #[serde(default)]
    pub near_misses: Vec<Spanned<String>>,
}

/// A message with the captures expected.
#[derive(Debug, Clone, Deserialize)]
pub struct Example {
    /// The message, without its header.
    pub text: Spanned<String>,
    /// Every captured field and its value.
    #[serde(flatten)]
    pub fields: BTreeMap<String, String>,
}

/// One `[[rule]]` table; all conditions given must hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// Every one of these patterns was seen.
    #[serde(default)]
    pub all: Vec<Spanned<String>>,
    /// One of them was seen.
    #[serde(default)]
    pub any: Vec<Spanned<String>>,
    /// None of them was seen.
    #[serde(default)]
    pub none: Vec<Spanned<String>>,
    /// The last known line is one of them.
    #[serde(default)]
    pub last: Vec<Spanned<String>>,
    /// One of them was seen that often.
    pub at_least: Option<AtLeast>,
    /// How much the rule proves.
    pub weight: Spanned<String>,
}

/// A pattern and how often it must be seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// Number of lines, at most 8: beyond that nobody counts.
    pub count: Spanned<u8>,
    /// The pattern.
    pub of: Spanned<String>,
}

/// One table of `emitters.toml`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Emitter {
    /// Tags that the program's lines carry in a log.
    pub programs: Vec<String>,
    /// The kind of input in which it speaks without a header.
    pub evidence: String,
    /// Whether it also speaks without a header.
    #[serde(default)]
    pub bare: bool,
    /// Whether the lines of one process id belong to one connection.
    #[serde(default)]
    pub connections: bool,
    /// Whether unknown lines of it are worth showing.
    #[serde(default)]
    pub ssh: bool,
}

/// What the scanner needs of a catalog, without the texts: small, so that starting is cheap.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Index {
    /// By name, in order.
    pub emitters: Vec<(String, Emitter)>,
    /// In order of id.
    pub causes: Vec<IndexCause>,
    /// In order of the files; `owner` says whose.
    pub patterns: Vec<IndexPattern>,
    /// All wordings of all patterns; after [`Index::rank`] the one that wins comes first.
    #[serde(with = "packed")]
    pub wordings: Vec<IndexWording>,
    /// What [`IndexWording::literal`] points into.
    #[serde(with = "bytes")]
    pub literals: Vec<u8>,
}

/// What dispatch needs of one wording of a pattern, so that templates need not be parsed before they are tried.
#[derive(Debug, Clone, Copy)]
pub struct IndexWording {
    /// Position in [`Index::patterns`].
    pub pattern: u16,
    /// Position among the pattern's messages; [`IndexWording::REGEX`] for its regular expression.
    pub message: u8,
    /// Position among the template's wordings.
    pub wording: u16,
    /// Whether every match begins with the literal; otherwise it lies somewhere inside.
    pub prefixed: bool,
    /// How many bytes of a match are fixed.
    pub literal_bytes: u16,
    /// Where the literal begins and ends in [`Index::literals`].
    pub literal: (u32, u32),
    /// The last bytes of every match, at most 8 (the last in the highest byte), and which of them count.
    pub suffix: (u64, u64),
}

impl IndexWording {
    /// See [`IndexWording::message`].
    pub const REGEX: u8 = u8::MAX;

    /// See [`IndexWording::suffix`]; also for the end of a message, to compare with it.
    pub fn last_bytes(text: &[u8]) -> (u64, u64) {
        let mut last = [0; 8];
        let count = text.len().min(8);
        last[8 - count..].copy_from_slice(&text[text.len() - count..]);
        let mask = if count == 0 { 0 } else { u64::MAX << (8 * (8 - count)) };
        (u64::from_le_bytes(last), mask)
    }
}

/// Ten thousand wordings as fixed-size fields: reading them back takes a tenth of what a field-by-field decoder takes.
mod packed {
    use super::IndexWording;
    use serde::{Deserialize, Deserializer, Serializer};

    const SIZE: usize = 32;

    pub fn serialize<S: Serializer>(wordings: &[IndexWording], serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(wordings.len() * SIZE);
        for w in wordings {
            bytes.extend(w.pattern.to_le_bytes());
            bytes.extend(w.wording.to_le_bytes());
            bytes.extend(w.literal_bytes.to_le_bytes());
            bytes.extend([w.message, u8::from(w.prefixed)]);
            bytes.extend(w.literal.0.to_le_bytes());
            bytes.extend(w.literal.1.to_le_bytes());
            bytes.extend(w.suffix.0.to_le_bytes());
            bytes.extend(w.suffix.1.to_le_bytes());
        }
        serializer.serialize_bytes(&bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IndexWording>, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        let short = |b: &[u8], at: usize| u16::from_le_bytes([b[at], b[at + 1]]);
        let long = |b: &[u8], at: usize| u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
        let wide = |b: &[u8], at: usize| u64::from(long(b, at)) | u64::from(long(b, at + 4)) << 32;
        let wording = |b: &[u8]| IndexWording {
            pattern: short(b, 0),
            wording: short(b, 2),
            literal_bytes: short(b, 4),
            message: b[6],
            prefixed: b[7] != 0,
            literal: (long(b, 8), long(b, 12)),
            suffix: (wide(b, 16), wide(b, 24)),
        };
        Ok(bytes.chunks_exact(SIZE).map(wording).collect())
    }
}

/// A byte string, which serde otherwise takes for a sequence of numbers.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        <&[u8]>::deserialize(deserializer).map(<[u8]>::to_vec)
    }
}

/// A cause without its texts.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexCause {
    /// `category.name`.
    pub id: String,
    /// See [`CauseFile::stage`].
    pub stage: Option<String>,
    /// See [`CauseFile::background`].
    pub background: bool,
    /// See [`CauseFile::outranks`].
    pub outranks: Vec<String>,
    /// See [`CauseFile::guessing`].
    pub guessing: Option<Guessing>,
    /// See [`CauseFile::rule`].
    pub rules: Vec<IndexRule>,
}

/// A rule whose pattern names are full ids.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct IndexRule {
    /// See [`RuleEntry::all`].
    pub all: Vec<String>,
    /// See [`RuleEntry::any`].
    pub any: Vec<String>,
    /// See [`RuleEntry::none`].
    pub none: Vec<String>,
    /// See [`RuleEntry::last`].
    pub last: Vec<String>,
    /// See [`RuleEntry::at_least`].
    pub at_least: Option<(u8, String)>,
    /// See [`RuleEntry::weight`].
    pub weight: String,
}

/// A pattern without its examples.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexPattern {
    /// `category.cause/name` or `context.topic/name`.
    pub id: String,
    /// Id of the cause whose file holds it, none for context files.
    pub owner: Option<String>,
    /// See [`PatternEntry::emitters`].
    pub emitters: Vec<String>,
    /// See [`PatternEntry::kind`].
    pub kind: String,
    /// See [`PatternEntry::weight`].
    pub weight: Option<String>,
    /// See [`PatternEntry::stage`].
    pub stage: Option<String>,
    /// See [`PatternEntry::mark`].
    pub mark: Option<String>,
    /// See [`PatternEntry::starts`].
    pub starts: bool,
    /// See [`PatternEntry::versions`].
    pub versions: String,
    /// See [`PatternEntry::messages`].
    pub messages: Vec<String>,
    /// See [`PatternEntry::regex`].
    pub regex: Option<String>,
}

/// A file of a catalog folder, parsed.
#[derive(Debug)]
pub enum File {
    /// A cause.
    Cause(Box<CauseFile>),
    /// Lines and rules for a cause that another file defines.
    Addition(AdditionFile),
    /// Known lines of no cause.
    Context(ContextFile),
    /// The programs.
    Emitters(BTreeMap<String, Emitter>),
    /// What to collect.
    NextSteps(NextStepsFile),
}

/// Path of the file with the programs.
pub const EMITTERS: &str = "emitters.toml";
/// Path of the file with what to collect.
pub const NEXT_STEPS: &str = "next-steps.toml";

/// Parses the file at `path` (relative to the catalog folder, with `/`), which decides what it must hold.
///
/// # Errors
/// The parser's message and the byte offset it speaks of.
pub fn parse(path: &str, text: &str) -> Result<File, (usize, String)> {
    let located = |e: toml::de::Error| (e.span().map_or(0, |s| s.start), e.message().replace('\n', ", "));
    if path == EMITTERS {
        toml::from_str(text).map(File::Emitters).map_err(located)
    } else if path == NEXT_STEPS {
        toml::from_str(text).map(File::NextSteps).map_err(located)
    } else if path.starts_with("context/") {
        toml::from_str(text).map(File::Context).map_err(located)
    } else if has_title(text) {
        toml::from_str(text).map(|f| File::Cause(Box::new(f))).map_err(located)
    } else {
        toml::from_str(text).map(File::Addition).map_err(located)
    }
}

/// Whether a cause's file defines the cause; without a title it adds to one that exists.
pub fn has_title(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("title") || line.starts_with("[title]"))
}

/// The id that a path stands for: `keys/host-key-changed.toml` is `keys.host-key-changed`.
pub fn id_of(path: &str) -> String {
    path.trim_end_matches(".toml").replace('/', ".")
}

impl Index {
    /// Adds a parsed file. Names are resolved to full ids here; whether they exist is for `check.rs`.
    pub fn add(&mut self, path: &str, file: File) {
        let id = id_of(path);
        match file {
            File::Emitters(map) => {
                for (name, emitter) in map {
                    self.emitters.retain(|(n, _)| *n != name);
                    self.emitters.push((name, emitter));
                }
            }
            File::NextSteps(_) => {}
            File::Addition(f) => {
                if let Some(cause) = self.causes.iter_mut().find(|c| c.id == id) {
                    cause.rules.extend(f.rule.iter().map(|r| index_rule(&id, r)));
                }
                self.add_patterns(&id, Some(&id), f.pattern);
            }
            File::Context(f) => self.add_patterns(&id, None, f.pattern),
            File::Cause(f) => {
                let rules = f.rule.iter().map(|r| index_rule(&id, r)).collect();
                self.causes.push(IndexCause {
                    id: id.clone(),
                    stage: f.stage.map(Spanned::into_inner),
                    background: f.background,
                    outranks: inner(f.outranks),
                    guessing: f.guessing,
                    rules,
                });
                self.add_patterns(&id, Some(&id), f.pattern);
            }
        }
    }

    fn add_patterns(&mut self, file_id: &str, owner: Option<&str>, entries: Vec<PatternEntry>) {
        for p in entries {
            let pattern = IndexPattern {
                id: format!("{file_id}/{}", p.name.get_ref()),
                owner: owner.map(str::to_owned),
                emitters: inner(p.emitters),
                kind: p.kind.into_inner(),
                weight: p.weight.map(Spanned::into_inner),
                stage: p.stage.map(Spanned::into_inner),
                mark: p.mark.map(Spanned::into_inner),
                starts: p.starts,
                versions: p.versions,
                messages: inner(p.messages),
                regex: p.regex.map(Spanned::into_inner),
            };
            self.add_wordings(&pattern);
            self.patterns.push(pattern);
        }
    }

    /// Faulty templates and expressions have no wordings; the checks report them.
    fn add_wordings(&mut self, p: &IndexPattern) {
        let pattern = self.patterns.len() as u16;
        for (m, message) in p.messages.iter().enumerate() {
            let Ok(template) = Template::parse(message, &mut Vec::new()) else { continue };
            for (w, wording) in template.wordings.iter().enumerate() {
                let prefixed = wording.prefix().len() >= MIN_LITERAL;
                let literal = if prefixed { wording.prefix() } else { wording.longest_literal() };
                let literal_bytes = wording.literal_bytes() as u16;
                let literal = self.add_literal(literal);
                let suffix = IndexWording::last_bytes(wording.suffix());
                self.wordings.push(IndexWording {
                    pattern,
                    message: m as u8,
                    wording: w as u16,
                    prefixed,
                    literal_bytes,
                    literal,
                    suffix,
                });
            }
        }
        if let Some((prefixed, literal)) = p.regex.as_ref().and_then(|r| literal::required(r)) {
            let literal_bytes = literal.len() as u16;
            let literal = self.add_literal(&literal);
            self.wordings.push(IndexWording {
                pattern,
                message: IndexWording::REGEX,
                wording: 0,
                prefixed,
                literal_bytes,
                literal,
                suffix: (0, 0),
            });
        }
    }

    fn add_literal(&mut self, literal: &[u8]) -> (u32, u32) {
        let start = self.literals.len() as u32;
        self.literals.extend_from_slice(literal);
        (start, self.literals.len() as u32)
    }

    /// Wordings share their beginnings; each is stored once.
    fn share_literals(&mut self) {
        let all = std::mem::take(&mut self.literals);
        let mut known: BTreeMap<&[u8], (u32, u32)> = BTreeMap::new();
        for wording in &mut self.wordings {
            let literal = &all[wording.literal.0 as usize..wording.literal.1 as usize];
            wording.literal = *known.entry(literal).or_insert_with(|| {
                let start = self.literals.len() as u32;
                self.literals.extend_from_slice(literal);
                (start, self.literals.len() as u32)
            });
        }
    }

    /// Sorts causes and patterns by id, and wordings by precedence: what begins with a literal first, then by fixed bytes,
    /// then by id.
    pub fn rank(&mut self) {
        self.emitters.sort_by(|a, b| a.0.cmp(&b.0));
        self.causes.sort_by(|a, b| a.id.cmp(&b.id));
        let mut order: Vec<usize> = (0..self.patterns.len()).collect();
        order.sort_by(|a, b| self.patterns[*a].id.cmp(&self.patterns[*b].id));
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| position[*old] = new as u16);
        self.patterns.sort_by(|a, b| a.id.cmp(&b.id));
        self.wordings.iter_mut().for_each(|w| w.pattern = position[w.pattern as usize]);
        self.share_literals();
        self.wordings
            .sort_by_key(|w| (!w.prefixed, std::cmp::Reverse(w.literal_bytes), w.pattern, w.message, w.wording));
    }
}

/// A bare pattern name means the rule's own file.
pub fn full_id(file_id: &str, name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{file_id}/{name}") }
}

fn index_rule(id: &str, rule: &RuleEntry) -> IndexRule {
    let full = |names: &[Spanned<String>]| names.iter().map(|n| full_id(id, n.get_ref())).collect();
    IndexRule {
        all: full(&rule.all),
        any: full(&rule.any),
        none: full(&rule.none),
        last: full(&rule.last),
        at_least: rule.at_least.as_ref().map(|a| (*a.count.get_ref(), full_id(id, a.of.get_ref()))),
        weight: rule.weight.get_ref().clone(),
    }
}

fn inner(list: Vec<Spanned<String>>) -> Vec<String> {
    list.into_iter().map(Spanned::into_inner).collect()
}
