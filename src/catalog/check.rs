//! The checks that every catalog passes before it is used: the built-in one in the tests, a user's at start.
//!
//! In: the files of a base catalog and of the one to check. Out: the compiled catalog of both, and all problems at once,
//! each with file and line. Knows nothing of inputs.

use super::format::{
    self, CauseFile, Cue, CuePlace, Example, File, ListEntry, PassageEntry, PatternEntry, RuleEntry, Step,
};
use super::index::{self, Index, IndexWording};
use super::patterns::{self, Patterns};
use super::resolve::{self, Resolved};
use super::traits::Traits;
use super::{Base, Catalog, ClassId, Kind, MOST_LAPSES, PatternId, SourceFile, Stage, Weight};
use crate::host::FactName;
use crate::matcher::{Hearsay, Matcher, Passage, Passages};
use crate::record::{self, Mark};
use crate::template::{Captures, Template};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use toml::Spanned;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In words.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Emitters are bits of a number.
const MOST_EMITTERS: usize = 64;

/// Shortest of [`PatternEntry::phrases`].
const LEAST_PHRASE: usize = 8;

/// Checks `files` as an addition to `base`; an empty base means that they stand alone.
pub fn check(base: Base, files: &[SourceFile]) -> (Catalog, Vec<Problem>) {
    let Base { mut index, tables, files: mut all } = base;
    index.unrank(tables);
    let mut problems = Vec::new();
    let mut parsed = Vec::new();
    for file in files {
        let mut report = Report { file, problems: &mut problems };
        match format::parse(&file.path, &file.text) {
            Err((offset, message)) => report.at(offset, message),
            Ok(content) => {
                report.identity(&content, &index);
                index.add(&file.path, content.clone());
                parsed.push((file, content));
            }
        }
    }
    all.extend_from_slice(files);
    if index.emitters.len() > MOST_EMITTERS {
        let file = files.iter().find(|f| f.path == format::EMITTERS).unwrap_or(&all[0]);
        let message = format!("{} emitters, {MOST_EMITTERS} at the most", index.emitters.len());
        Report { file, problems: &mut problems }.at(0, message);
        index.emitters.truncate(MOST_EMITTERS);
    }
    let tables = index.rank();
    let known = Resolved::of(index);
    // To the end of the process, as those of the built-in catalog.
    let patterns = Patterns::packed(patterns::pack(&known.patterns).leak());
    let traits = Traits::of(&known);
    let catalog = Catalog::new(known, patterns, traits, tables, all);
    let matcher = Matcher::new(&catalog);
    for (file, content) in parsed {
        let report = Report { file, problems: &mut problems };
        Checker { catalog: &catalog, matcher: &matcher, report }.file(&content);
    }
    problems.sort();
    problems.dedup();
    (catalog, problems)
}

/// Collects the problems of one file.
struct Report<'r> {
    file: &'r SourceFile,
    problems: &'r mut Vec<Problem>,
}

impl Report<'_> {
    fn at(&mut self, offset: usize, message: impl Into<String>) {
        let line =
            self.file.text.as_bytes()[..offset.min(self.file.text.len())].iter().filter(|b| **b == b'\n').count();
        self.problems.push(Problem { file: self.file.shown.clone(), line: line + 1, message: message.into() });
    }

    fn on<T>(&mut self, place: &Spanned<T>, message: impl Into<String>) {
        self.at(place.span().start, message);
    }

    /// Ids are used once, and follow from the path.
    fn identity(&mut self, content: &File, index: &Index) {
        let id = format::id_of(&self.file.path);
        let exists = index.causes.iter().any(|c| c.id == id);
        match content {
            File::Cause(_) if exists => {
                self.at(0, format!("cause {id} exists already; leave out the title and the texts to add to it"))
            }
            File::Addition(_) if !exists => self.at(0, format!("no title, and no cause {id} to add to")),
            _ => {}
        }
        if !matches!(content, File::Emitters(_) | File::NextSteps(_) | File::Hearsay(_)) && id.split('.').count() != 2 {
            self.at(0, "the path must be <category>/<name>.toml");
        }
        let taken: BTreeSet<&str> = index.patterns.iter().map(|p| p.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for pattern in patterns_of(content) {
            let full = format::full_id(&id, pattern.name.get_ref());
            if taken.contains(full.as_str()) || !seen.insert(full.clone()) {
                self.on(&pattern.name, format!("pattern {full} exists already"));
            }
        }
    }
}

/// Whether a text for people holds a field such as `{user}`.
fn holds_field(text: &str) -> bool {
    let inside = |rest: &str| {
        rest.split_once('}')
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    text.split('{').skip(1).any(inside)
}

fn patterns_of(file: &File) -> &[PatternEntry] {
    match file {
        File::Cause(f) => &f.pattern,
        File::Addition(f) => &f.pattern,
        File::Context(f) => &f.pattern,
        File::Emitters(_) | File::NextSteps(_) | File::Hearsay(_) => &[],
    }
}

struct Checker<'c> {
    catalog: &'c Catalog,
    matcher: &'c Matcher<'c>,
    report: Report<'c>,
}

impl Checker<'_> {
    fn file(&mut self, content: &File) {
        let id = format::id_of(&self.report.file.path);
        match content {
            File::Cause(f) => self.cause(&id, f),
            File::Addition(f) => f.rule.iter().for_each(|r| self.rule(&id, r)),
            File::Hearsay(f) => {
                f.cue.iter().for_each(|cue| self.cue(cue));
                f.passage.iter().for_each(|passage| self.passage(passage));
                f.list.iter().for_each(|list| self.list(list));
            }
            File::Context(_) | File::Emitters(_) | File::NextSteps(_) => {}
        }
        let context = matches!(content, File::Context(_));
        for pattern in patterns_of(content) {
            self.pattern(&id, pattern, context);
        }
    }

    fn cause(&mut self, id: &str, f: &CauseFile) {
        for (name, text) in [("title", &f.title), ("what_happened", &f.what_happened), ("why", &f.why)] {
            if text.en.trim().is_empty() || text.ja.trim().is_empty() {
                self.report.at(0, format!("{name} is empty in one language"));
            }
            if holds_field(&text.en) || holds_field(&text.ja) {
                self.report.at(0, format!("{name}: fields are filled in in commands only"));
            }
        }
        if f.confirm.is_empty() {
            self.report.at(0, "needs at least one [[confirm]]");
        }
        if f.fix.is_empty() {
            self.report.at(0, "needs at least one [[fix]]");
        }
        f.confirm.iter().chain(&f.fix).for_each(|s| self.step(s));
        if let Some(stage) = &f.stage {
            self.stage(stage);
        }
        for other in f.outranks.iter().chain(&f.seen_as) {
            if self.catalog.cause_id(other.get_ref()).is_none() {
                self.report.on(other, format!("no cause {}", other.get_ref()));
            } else if other.get_ref() == id {
                self.report.on(other, "a cause cannot outrank itself, nor be seen as itself");
            }
        }
        if let Some(at_most) = f.at_most.as_ref().filter(|most| !(0.0..=1.0).contains(most.get_ref())) {
            self.report.on(at_most, "at_most is a number from 0 to 1");
        }
        self.host_facts(f);
        for outcome in
            f.guessing.iter().flat_map(|g| g.outcomes.iter().chain(&g.of_nobody).chain(&g.answers).chain(&g.probes))
        {
            if self.catalog.cause_id(outcome).is_none() {
                self.report.at(0, format!("guessing: no cause {outcome}"));
            }
        }
        if f.pattern.is_empty() && f.rule.is_empty() && f.guessing.is_none() {
            self.report.at(0, "nothing leads to this cause: it has no pattern and no rule");
        }
        f.rule.iter().for_each(|r| self.rule(id, r));
    }

    fn host_facts(&mut self, f: &CauseFile) {
        let decisions = f.decided_by.iter().map(|d| {
            let (fact, over) =
                d.get_ref().split_once(" over ").map_or((d.get_ref().as_str(), None), |(f, o)| (f, Some(o)));
            (d, fact, over)
        });
        let facts = f.confirmed_by.iter().chain(&f.refuted_by).map(|fact| (fact, fact.get_ref().as_str(), None));
        for (place, fact, over) in facts.chain(decisions.clone()) {
            if FactName::named(fact).is_none() {
                self.report.on(place, format!("no fact '{fact}' is told of a host"));
            }
            if over.is_some_and(|over| self.catalog.cause_id(over).is_none()) {
                self.report.on(place, format!("no cause {}", over.unwrap_or_default()));
            }
        }
        for (place, fact, _) in decisions.filter(|(_, _, over)| over.is_none() && f.outranks.is_empty()) {
            self.report.on(place, format!("'{fact}' decides over nothing: give outranks, or '{fact} over CAUSE'"));
        }
    }

    fn step(&mut self, step: &Step) {
        if !matches!(step.r#where.get_ref().as_str(), "client" | "server" | "network") {
            self.report.on(&step.r#where, "where is client, server or network");
        }
        if step.text.en.trim().is_empty() || step.text.ja.trim().is_empty() {
            self.report.on(&step.r#where, "the text is empty in one language");
        }
        let texts = [Some(&step.text), step.risk.as_ref()].into_iter().flatten().flat_map(|t| [&t.en, &t.ja]);
        if texts.into_iter().any(|text| holds_field(text)) {
            self.report.on(&step.r#where, "fields are filled in in commands only");
        }
    }

    fn stage(&mut self, stage: &Spanned<String>) {
        if Stage::named(stage.get_ref()).is_none() {
            self.report.on(stage, format!("unknown stage '{}'", stage.get_ref()));
        }
    }

    fn weight(&mut self, weight: &Spanned<String>) {
        if Weight::named(weight.get_ref()).is_none() {
            self.report.on(weight, format!("unknown weight '{}'", weight.get_ref()));
        }
    }

    fn rule(&mut self, id: &str, rule: &RuleEntry) {
        if rule.weight.get_ref() != format::NOTHING {
            self.weight(&rule.weight);
        }
        let of = rule.at_least.iter().map(|a| &a.of);
        let lapses = || rule.within.iter().chain(&rule.apart);
        let timed = lapses().flat_map(|lapse| lapse.from.iter().chain(&lapse.to));
        let named = rule.all.iter().chain(&rule.any).chain(&rule.none).chain(&rule.last).chain(of).chain(timed);
        for name in named {
            let full = format::full_id(id, name.get_ref());
            if self.catalog.pattern_id(&full).is_none() {
                self.report.on(name, format!("no pattern {full}"));
            }
        }
        for other in rule.over.iter().filter(|other| self.catalog.cause_id(other.get_ref()).is_none()) {
            self.report.on(other, format!("no cause {}", other.get_ref()));
        }
        if let Some(at_least) = &rule.at_least
            && !(1..=8).contains(at_least.count.get_ref())
        {
            self.report.on(&at_least.count, "count is 1 to 8");
        }
        for fact in rule.given.iter().filter(|fact| FactName::named(fact.get_ref()).is_none()) {
            self.report.on(fact, format!("no fact '{}' is told of a host", fact.get_ref()));
        }
        if lapses().any(|lapse| lapse.from.is_empty() || lapse.to.is_empty()) {
            self.report.on(&rule.weight, "within and apart need from and to");
        }
        if lapses().next().is_some() && self.catalog.lapses.len() > MOST_LAPSES {
            self.report.on(&rule.weight, format!("more than {MOST_LAPSES} different within and apart in the catalog"));
        }
        let seen = rule.at_least.is_some() || lapses().next().is_some();
        if rule.all.is_empty() && rule.any.is_empty() && rule.last.is_empty() && !seen {
            self.report.on(&rule.weight, "a rule needs all, any, last, at_least, within or apart");
        }
    }

    fn pattern(&mut self, file_id: &str, p: &PatternEntry, context: bool) {
        let kind = Kind::named(p.kind.get_ref());
        match (kind, &p.weight) {
            (None, _) => self.report.on(&p.kind, "kind is failure, success or context"),
            (Some(Kind::Failure), None) => self.report.on(&p.kind, "a failure needs a weight"),
            (Some(Kind::Failure), Some(weight)) => self.weight(weight),
            (Some(_), Some(weight)) => self.report.on(weight, "only a failure has a weight"),
            (Some(_), None) => {}
        }
        if context && kind == Some(Kind::Failure) {
            self.report.on(&p.kind, "a context file holds no failures");
        }
        if let Some(stage) = &p.stage {
            self.stage(stage);
        }
        if let Some(mark) = &p.mark
            && Mark::named(mark.get_ref()).is_none()
        {
            self.report.on(mark, "mark is preauth, postauth or none");
        }
        for fact in p.states.iter().filter(|fact| FactName::named(fact.get_ref()).is_none()) {
            self.report.on(fact, format!("no fact '{}' is told of a host", fact.get_ref()));
        }
        if p.emitters.is_empty() {
            self.report.on(&p.name, "names no emitter");
        }
        for emitter in &p.emitters {
            if resolve::emitter(&self.catalog.emitters, emitter.get_ref()).is_none() {
                self.report.on(emitter, format!("no emitter '{}' in emitters.toml", emitter.get_ref()));
            }
        }
        self.wordings(p);
        if p.examples.is_empty() {
            self.report.on(&p.name, "needs at least one example");
        }
        if p.near_misses.is_empty() {
            self.report.on(&p.name, "needs at least one near miss");
        }
        let full = format::full_id(file_id, p.name.get_ref());
        if let Some(id) = self.catalog.pattern_id(&full) {
            p.examples.iter().for_each(|e| self.example(id, e));
            p.near_misses.iter().for_each(|n| self.near_miss(id, n));
        }
    }

    fn wordings(&mut self, p: &PatternEntry) {
        let given = [!p.messages.is_empty(), p.regex.is_some(), !p.phrases.is_empty()];
        if given.iter().filter(|given| **given).count() != 1 {
            self.report.on(&p.name, "needs either messages or a regex or phrases");
        }
        self.phrases(p);
        if p.messages.len() > usize::from(IndexWording::REGEX) {
            self.report.on(&p.name, format!("more than {} messages", IndexWording::REGEX));
        }
        let mut slots = Vec::new();
        for message in &p.messages {
            if let Err(reason) = Template::parse(message.get_ref(), &mut slots) {
                self.report.on(message, reason);
            }
        }
        if let Some(regex) = &p.regex {
            match regex::bytes::Regex::new(regex.get_ref()) {
                Err(e) => self.report.on(regex, e.to_string().replace('\n', " ")),
                Ok(_) if crate::matcher::required_literal(regex.get_ref()).is_none() => {
                    self.report.on(regex, "has no literal of 4 bytes that every match must hold");
                }
                Ok(_) => {}
            }
        }
    }

    fn phrases(&mut self, p: &PatternEntry) {
        for phrase in &p.phrases {
            let text = phrase.get_ref();
            if text.to_ascii_lowercase() != *text || text.trim() != text {
                self.report.on(phrase, "a phrase is in small letters, without blanks around it");
            }
            if text.len() < LEAST_PHRASE {
                self.report.on(phrase, format!("a phrase of less than {LEAST_PHRASE} bytes is there by chance"));
            }
        }
        if !p.phrases.is_empty() && p.weight.as_ref().is_none_or(|w| w.get_ref() != "consequence") {
            self.report.on(&p.name, "phrases weigh no more than a consequence");
        }
    }

    fn example(&mut self, pattern: PatternId, example: &Example) {
        if self.catalog.pattern_at(pattern).general {
            let said = self.matcher.in_general_words(example.text.get_ref().as_bytes());
            if said.map(|(owner, _)| owner) != Some(pattern) {
                self.report.on(&example.text, "the example holds none of the phrases, or another's");
            }
            return;
        }
        let mut captures = Captures::default();
        let text = example.text.get_ref();
        for class in self.classes(pattern) {
            let stripped = record::strip(text.as_bytes());
            let message = stripped.message;
            match self.matcher.find(class, stripped, &mut captures) {
                None => self.report.on(&example.text, "the example matches no pattern"),
                Some(winner) if winner != pattern => {
                    let winner = &self.catalog.pattern_at(winner).id;
                    self.report.on(&example.text, format!("the example is won by {winner}"));
                }
                Some(_) => {
                    let slots = self.matcher.slots(pattern).iter().enumerate();
                    let found: BTreeMap<String, String> = slots
                        .filter_map(|(i, name)| {
                            let value = message.get(captures.get(i)?)?;
                            Some((name.clone(), String::from_utf8_lossy(value).into_owned()))
                        })
                        // A field that may be empty, and is, need not be listed.
                        .filter(|(name, value)| !value.is_empty() || example.fields.contains_key(name))
                        .collect();
                    if found != example.fields {
                        self.report.on(&example.text, format!("captures {found:?}, expected {:?}", example.fields));
                    }
                }
            }
        }
    }

    fn near_miss(&mut self, pattern: PatternId, near_miss: &Spanned<String>) {
        let said = self.matcher.in_general_words(near_miss.get_ref().as_bytes());
        if said.is_some_and(|(owner, _)| owner == pattern) {
            self.report.on(near_miss, "the near miss matches");
        }
        let mut captures = Captures::default();
        for class in self.classes(pattern) {
            let stripped = record::strip(near_miss.get_ref().as_bytes());
            if self.matcher.find(class, stripped, &mut captures) == Some(pattern) {
                self.report.on(near_miss, "the near miss matches");
            }
        }
    }

    /// A kind of passage: all lines of its examples belong to one, and not all of its near misses.
    fn passage(&mut self, entry: &PassageEntry) {
        let known = index::index_passage(entry);
        let made = [&entry.opening, &entry.within].map(|regex| (regex, regex::bytes::Regex::new(regex.get_ref())));
        for (regex, error) in made.iter().filter_map(|(regex, made)| Some((regex, made.as_ref().err()?))) {
            self.report.on(regex, error.to_string().lines().last().unwrap_or_default());
        }
        if known.begins.is_empty() {
            self.report.on(&entry.opening, "needs to begin with ^ and a literal");
        }
        let kinds = [Passage::of(&known)];
        let is_one = |text: &str| {
            let mut passages = Passages::default();
            text.lines().all(|line| passages.hold(&kinds, line.as_bytes()))
        };
        for example in entry.examples.iter().filter(|example| !is_one(example.get_ref())) {
            self.report.on(example, "the example is not one passage");
        }
        for near_miss in entry.near_misses.iter().filter(|near_miss| is_one(near_miss.get_ref())) {
            self.report.on(near_miss, "the near miss is a passage");
        }
    }

    fn list(&mut self, list: &ListEntry) {
        for cause in list.causes.iter().filter(|cause| self.catalog.cause_id(cause.get_ref()).is_none()) {
            self.report.on(cause, format!("no cause {}", cause.get_ref()));
        }
        if !(2..=list.causes.len()).contains(list.least.get_ref()) {
            self.report.on(&list.least, "least is at least 2, and no more than there are causes");
        }
    }

    /// A sign that a message is only named: found by itself in its examples, and by none in its near misses.
    fn cue(&mut self, cue: &Cue) {
        if let Err(error) = regex::bytes::Regex::new(cue.regex.get_ref()) {
            self.report.on(&cue.regex, error.to_string().lines().last().unwrap_or_default());
        }
        if cue.examples.is_empty() {
            self.report.on(&cue.regex, "needs an example");
        }
        let own = Hearsay::of(&[(cue.place, cue.regex.get_ref().clone())]);
        for (text, expected) in
            cue.examples.iter().map(|text| (text, true)).chain(cue.near_misses.iter().map(|text| (text, false)))
        {
            let line = text.get_ref();
            match line.find(format::MESSAGE).map(|at| at..at + format::MESSAGE.len()) {
                None => self.report.on(text, format!("needs {} in it", format::MESSAGE)),
                Some(place) if expected && !own.holds(line.as_bytes(), place.clone(), true) => {
                    self.report.on(text, "the example is not found")
                }
                Some(place)
                    if !expected
                        && self.matcher.is_hearsay(line.as_bytes(), place.clone(), cue.place == CuePlace::General) =>
                {
                    self.report.on(text, "the near miss matches")
                }
                Some(_) => {}
            }
        }
    }

    /// The classes in which a pattern's lines may come: with its first tag, and bare.
    fn classes(&self, pattern: PatternId) -> Vec<ClassId> {
        let Some(emitter) = self.catalog.first_emitter(pattern) else { return Vec::new() };
        let tag = emitter.data.programs.first().map(String::as_bytes);
        let mut classes: Vec<ClassId> = tag.and_then(|t| self.catalog.class_of(t)).into_iter().collect();
        if emitter.data.bare && emitter.data.evidence != "server-log" {
            classes.push(Catalog::BARE_CLIENT);
        }
        if emitter.data.bare && emitter.data.evidence != "client-transcript" {
            classes.push(Catalog::BARE_SERVER);
        }
        classes
    }
}
