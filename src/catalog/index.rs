//! What the scanner needs of a catalog: everything but the texts, small, so that starting is cheap.
//!
//! In: parsed files. Out: an [`Index`] with full ids and all wordings in order of precedence.
//! The build script compiles this module too, so that the index of the built-in catalog is ready before the program starts.

use super::format::{CuePlace, Emitter, File, Guessing, Lapse, PassageEntry, PatternEntry, RuleEntry, full_id, id_of};
use super::tables::{PatternTexts, Tables, Wordings};
use crate::matcher::dispatch::Dispatch;
use crate::matcher::literal;
use crate::template::{MAX_FIELDS, MIN_LITERAL, Template};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// What the scanner needs of a catalog, without the texts: small, so that starting is cheap.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Index {
    /// By name, in order.
    pub emitters: Vec<(String, Emitter)>,
    /// In order of id.
    pub causes: Vec<IndexCause>,
    /// In order of the files; `owner` says whose.
    pub patterns: Vec<IndexPattern>,
    /// Of all files.
    pub hearsay: IndexHearsay,
    /// All wordings of all patterns.
    #[serde(skip)]
    wordings: Vec<IndexWording>,
    /// What [`IndexWording::literal`] points into.
    #[serde(skip)]
    literals: Vec<u8>,
    /// What [`IndexWording::parts`] points into.
    #[serde(skip)]
    parts: Vec<u8>,
    /// What [`IndexPattern::texts`] are ranges of.
    #[serde(skip)]
    texts: Vec<u8>,
    /// Of wordings added since the last [`Index::rank`], what [`IndexWording::inner`] is chosen from.
    #[serde(skip)]
    inner: Vec<(usize, Vec<[u8; 4]>)>,
}

/// See `HearsayFile`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct IndexHearsay {
    /// Regular expressions, and where they are looked for.
    pub cues: Vec<(CuePlace, String)>,
    /// See [`IndexPassage`].
    pub passages: Vec<IndexPassage>,
    /// See `ListEntry`.
    pub lists: Vec<IndexList>,
}

/// See `ListEntry`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexList {
    /// Ids.
    pub causes: Vec<String>,
    /// So many different ones.
    pub least: usize,
    /// Within so many lines.
    pub lines: usize,
}

/// See `PassageEntry`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexPassage {
    /// Its first line begins with one of these.
    pub begins: Vec<Vec<u8>>,
    /// What its first line is.
    pub opening: String,
    /// What every further line is.
    pub within: String,
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
    /// Four bytes that every match holds between its first and its last part; zeros for none.
    pub inner: [u8; 4],
    /// Where it lies in [`Index::parts`], packed; of no meaning for a regular expression.
    pub parts: u32,
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

/// A cause without its texts.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexCause {
    /// `category.name`.
    pub id: String,
    /// See `CauseFile::stage`.
    pub stage: Option<String>,
    /// See `CauseFile::background`.
    pub background: bool,
    /// See `CauseFile::passes`.
    pub passes: bool,
    /// See `CauseFile::at_most`.
    pub at_most: Option<f64>,
    /// See `CauseFile::at_start`.
    pub at_start: bool,
    /// See `CauseFile::goes_on`.
    pub goes_on: bool,
    /// See `CauseFile::outranks`.
    pub outranks: Vec<String>,
    /// See `CauseFile::seen_as`.
    pub seen_as: Vec<String>,
    /// See `CauseFile::confirmed_by`.
    pub confirmed_by: Vec<String>,
    /// See `CauseFile::refuted_by`.
    pub refuted_by: Vec<String>,
    /// See `CauseFile::decided_by`.
    pub decided_by: Vec<String>,
    /// See `CauseFile::guessing`.
    pub guessing: Option<Guessing>,
    /// See `CauseFile::rule`.
    pub rules: Vec<IndexRule>,
}

/// A rule whose pattern names are full ids.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct IndexRule {
    /// See `RuleEntry::all`.
    pub all: Vec<String>,
    /// See `RuleEntry::any`.
    pub any: Vec<String>,
    /// See `RuleEntry::none`.
    pub none: Vec<String>,
    /// See `RuleEntry::last`.
    pub last: Vec<String>,
    /// See `RuleEntry::at_least`.
    pub at_least: Option<(u8, String)>,
    /// See `RuleEntry::within`.
    pub within: Option<IndexLapse>,
    /// See `RuleEntry::apart`.
    pub apart: Option<IndexLapse>,
    /// See `RuleEntry::given`.
    pub given: Vec<String>,
    /// See `RuleEntry::over`.
    pub over: Vec<String>,
    /// See `RuleEntry::weight`.
    pub weight: String,
}

/// A `Lapse` whose pattern names are full ids.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexLapse {
    /// See `Lapse::seconds`.
    pub seconds: u32,
    /// See `Lapse::from`.
    pub from: Vec<String>,
    /// See `Lapse::to`.
    pub to: Vec<String>,
}

/// A pattern without its examples.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct IndexPattern {
    /// `category.cause/name` or `context.topic/name`.
    pub id: String,
    /// Id of the cause whose file holds it, none for context files.
    pub owner: Option<String>,
    /// See `PatternEntry::emitters`.
    pub emitters: Vec<String>,
    /// See `PatternEntry::kind`.
    pub kind: String,
    /// See `PatternEntry::weight`.
    pub weight: Option<String>,
    /// See `PatternEntry::stage`.
    pub stage: Option<String>,
    /// See `PatternEntry::mark`.
    pub mark: Option<String>,
    /// See `PatternEntry::starts`.
    pub starts: bool,
    /// See `PatternEntry::hop`.
    pub hop: bool,
    /// See `PatternEntry::heads`.
    pub heads: bool,
    /// See `PatternEntry::typed`.
    pub typed: bool,
    /// See `PatternEntry::alone`.
    pub alone: bool,
    /// See `PatternEntry::retried`.
    pub retried: bool,
    /// See `PatternEntry::serves`.
    pub serves: bool,
    /// See `PatternEntry::ends`.
    pub ends: bool,
    /// See `PatternEntry::cuts`.
    pub cuts: bool,
    /// See `PatternEntry::told`.
    pub told: bool,
    /// See `PatternEntry::states`.
    pub states: Vec<String>,
    /// See `PatternEntry::phrases`.
    pub phrases: Vec<String>,
    /// Where its texts lie among all, see [`PatternTexts`].
    pub texts: (u32, u32),
}

/// What is kept of a kind of passage.
pub fn index_passage(entry: &PassageEntry) -> IndexPassage {
    let (opening, within) = (entry.opening.get_ref().clone(), entry.within.get_ref().clone());
    IndexPassage { begins: literal::needs(&opening).begins, opening, within }
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
            File::Hearsay(f) => {
                self.hearsay.cues.extend(f.cue.into_iter().map(|cue| (cue.place, cue.regex.into_inner())));
                self.hearsay.passages.extend(f.passage.iter().map(index_passage));
                let lists = f.list.into_iter().map(|list| IndexList {
                    causes: inner(list.causes),
                    least: list.least.into_inner(),
                    lines: list.lines,
                });
                self.hearsay.lists.extend(lists);
            }
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
                    passes: f.passes,
                    at_start: f.at_start,
                    goes_on: f.goes_on,
                    at_most: f.at_most.map(Spanned::into_inner),
                    outranks: inner(f.outranks),
                    seen_as: inner(f.seen_as),
                    confirmed_by: inner(f.confirmed_by),
                    refuted_by: inner(f.refuted_by),
                    decided_by: inner(f.decided_by),
                    guessing: f.guessing,
                    rules,
                });
                self.add_patterns(&id, Some(&id), f.pattern);
            }
        }
    }

    fn add_patterns(&mut self, file_id: &str, owner: Option<&str>, entries: Vec<PatternEntry>) {
        for p in entries {
            let mut texts = PatternTexts {
                versions: p.versions,
                messages: inner(p.messages),
                slots: Vec::new(),
                needs: p.regex.as_ref().map(|r| literal::needs(r.get_ref())).unwrap_or_default(),
                regex: p.regex.map(Spanned::into_inner),
            };
            self.add_wordings(&mut texts);
            let pattern = IndexPattern {
                id: format!("{file_id}/{}", p.name.get_ref()),
                owner: owner.map(str::to_owned),
                emitters: inner(p.emitters),
                kind: p.kind.into_inner(),
                weight: p.weight.map(Spanned::into_inner),
                stage: p.stage.map(Spanned::into_inner),
                mark: p.mark.map(Spanned::into_inner),
                starts: p.starts,
                hop: p.hop,
                heads: p.heads,
                typed: p.typed,
                alone: p.alone,
                retried: p.retried,
                serves: p.serves,
                ends: p.ends,
                cuts: p.cuts,
                told: p.told,
                states: inner(p.states),
                phrases: inner(p.phrases),
                texts: self.add_texts(&texts),
            };
            self.patterns.push(pattern);
        }
    }

    /// Faulty templates and expressions have no wordings; the checks report them.
    fn add_wordings(&mut self, p: &mut PatternTexts) {
        let pattern = self.patterns.len() as u16;
        for (m, message) in p.messages.iter().enumerate().take(usize::from(IndexWording::REGEX)) {
            let Ok(template) = Template::parse(message, &mut p.slots) else { continue };
            for (w, wording) in template.wordings.iter().enumerate() {
                let prefixed = wording.prefix().len() >= MIN_LITERAL;
                let literal = if prefixed { wording.prefix() } else { wording.longest_literal() };
                let literal_bytes = wording.literal_bytes() as u16;
                let literal = self.add_literal(literal);
                let suffix = IndexWording::last_bytes(wording.suffix());
                self.inner.push((self.wordings.len(), wording.inner()));
                let parts = self.parts.len() as u32;
                self.parts.extend(postcard::to_allocvec(wording).expect("plain data"));
                self.wordings.push(IndexWording {
                    pattern,
                    message: m as u8,
                    wording: w as u16,
                    prefixed,
                    literal_bytes,
                    literal,
                    suffix,
                    inner: [0; 4],
                    parts,
                });
            }
        }
        if let Some(regex) = &p.regex {
            p.slots = literal::group_names(regex).take(MAX_FIELDS).map(str::to_owned).collect();
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
                inner: [0; 4],
                parts: 0,
            });
        }
    }

    fn add_texts(&mut self, texts: &PatternTexts) -> (u32, u32) {
        let start = self.texts.len() as u32;
        self.texts.extend(postcard::to_allocvec(texts).expect("plain data"));
        (start, self.texts.len() as u32)
    }

    fn add_literal(&mut self, literal: &[u8]) -> (u32, u32) {
        let start = self.literals.len() as u32;
        self.literals.extend_from_slice(literal);
        (start, self.literals.len() as u32)
    }

    /// The rarest four bytes tell most.
    fn choose_inner(&mut self) {
        let mut counts: BTreeMap<[u8; 4], u32> = BTreeMap::new();
        for four in self.inner.iter().flat_map(|(_, fours)| fours) {
            *counts.entry(*four).or_default() += 1;
        }
        for (wording, fours) in std::mem::take(&mut self.inner) {
            let rarest = fours.into_iter().min_by_key(|four| counts.get(four));
            self.wordings[wording].inner = rarest.unwrap_or_default();
        }
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
    /// then by id. What matching needs leaves the index.
    pub fn rank(&mut self) -> Tables {
        self.emitters.sort_by(|a, b| a.0.cmp(&b.0));
        self.causes.sort_by(|a, b| a.id.cmp(&b.id));
        let mut order: Vec<usize> = (0..self.patterns.len()).collect();
        order.sort_by(|a, b| self.patterns[*a].id.cmp(&self.patterns[*b].id));
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, old)| position[*old] = new as u16);
        self.patterns.sort_by(|a, b| a.id.cmp(&b.id));
        self.wordings.iter_mut().for_each(|w| w.pattern = position[w.pattern as usize]);
        self.choose_inner();
        self.share_literals();
        self.wordings
            .sort_by_key(|w| (!w.prefixed, std::cmp::Reverse(w.literal_bytes), w.pattern, w.message, w.wording));
        let places: Vec<_> = self.wordings.iter().map(|w| (w.prefixed, w.literal)).collect();
        let dispatch = Dispatch::of(&places, &self.literals);
        Tables {
            wordings: Wordings::of(&std::mem::take(&mut self.wordings)),
            literals: std::mem::take(&mut self.literals).into(),
            parts: std::mem::take(&mut self.parts).into(),
            texts: std::mem::take(&mut self.texts).into(),
            dispatch,
        }
    }

    /// Takes back what [`Index::rank`] gave, so that more can be added.
    pub fn unrank(&mut self, tables: Tables) {
        self.wordings = tables.wordings.iter().collect();
        self.literals = tables.literals.into_owned();
        self.parts = tables.parts.into_owned();
        self.texts = tables.texts.into_owned();
    }
}

fn index_rule(id: &str, rule: &RuleEntry) -> IndexRule {
    let full = |names: &[Spanned<String>]| names.iter().map(|n| full_id(id, n.get_ref())).collect();
    let lapse = |l: &Lapse| IndexLapse { seconds: l.seconds, from: full(&l.from), to: full(&l.to) };
    IndexRule {
        all: full(&rule.all),
        any: full(&rule.any),
        none: full(&rule.none),
        last: full(&rule.last),
        at_least: rule.at_least.as_ref().map(|a| (*a.count.get_ref(), full_id(id, a.of.get_ref()))),
        within: rule.within.as_ref().map(lapse),
        apart: rule.apart.as_ref().map(lapse),
        given: rule.given.iter().map(|fact| fact.get_ref().clone()).collect(),
        over: rule.over.iter().map(|cause| cause.get_ref().clone()).collect(),
        weight: rule.weight.get_ref().clone(),
    }
}

fn inner(list: Vec<Spanned<String>>) -> Vec<String> {
    list.into_iter().map(Spanned::into_inner).collect()
}
