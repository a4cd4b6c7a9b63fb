//! The names of a ranked index resolved to positions: what matching and diagnosing ask of a catalog.
//!
//! In: an [`Index`]. Out: [`Resolved`]. Knows nothing of files and texts, and of whether names exist: `check.rs` reports those
//! that do not, and they are left out here.
//! The build script compiles this module too, so that nothing of the built-in catalog is looked up by name when the program starts.

use super::format::{self, Guessing};
use super::index::{Index, IndexCause, IndexHearsay, IndexLapse, IndexPattern, IndexRule};
use crate::host::FactName;
use crate::record::Mark;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A name that lies in the program, or was read from a user's catalog.
pub type Name = Cow<'static, str>;

/// Position of a pattern in [`Resolved::patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct PatternId(pub u16);

/// Position of a cause in [`Resolved::causes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub struct CauseId(pub u16);

fn in_place<'de: 'static, D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
    <&'static str>::deserialize(from).map(Cow::Borrowed)
}

fn phrases_in_place<'de: 'static, D: Deserializer<'de>>(from: D) -> Result<Vec<(PatternId, Name)>, D::Error> {
    let phrases = <Vec<(PatternId, &'static str)>>::deserialize(from)?;
    Ok(phrases.into_iter().map(|(owner, phrase)| (owner, Cow::Borrowed(phrase))).collect())
}

/// What a line says about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Kind {
    /// Evidence that, or why, a login or connection failed.
    Failure,
    /// Somebody got in.
    Success,
    /// Known, and in itself no failure.
    Context,
}

impl Kind {
    /// The word of the catalog and of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Success => "success",
            Self::Context => "context",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        [Self::Failure, Self::Success, Self::Context].into_iter().find(|k| k.name() == word)
    }
}

/// How much a failure line, or a rule, proves of its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub enum Weight {
    /// Something else went wrong before.
    Consequence,
    /// Compatible with the cause; others are as likely.
    Weak,
    /// Usually this cause.
    Strong,
    /// States this cause.
    Decisive,
}

impl Weight {
    const ALL: [Self; 4] = [Self::Consequence, Self::Weak, Self::Strong, Self::Decisive];

    /// The word of the catalog.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consequence => "consequence",
            Self::Weak => "weak",
            Self::Strong => "strong",
            Self::Decisive => "decisive",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name() == word)
    }
}

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum Stage {
    /// Looking up the server's name.
    NameResolution,
    /// Opening the TCP connection.
    Tcp,
    /// Exchanging identification strings.
    Banner,
    /// Agreeing on keys.
    Kex,
    /// Checking the server's host key.
    HostKey,
    /// Authenticating the user.
    Auth,
    /// After authentication.
    Session,
}

impl Stage {
    pub(super) const ALL: [Self; 7] =
        [Self::NameResolution, Self::Tcp, Self::Banner, Self::Kex, Self::HostKey, Self::Auth, Self::Session];

    /// The word of the catalog and of the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::NameResolution => "name-resolution",
            Self::Tcp => "tcp",
            Self::Banner => "banner",
            Self::Kex => "kex",
            Self::HostKey => "host-key",
            Self::Auth => "auth",
            Self::Session => "session",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == word)
    }
}

/// A root cause, without its texts (see `Catalog::texts`).
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Cause {
    /// `category.name`, stable.
    #[serde(deserialize_with = "in_place")]
    pub id: Name,
    /// How far a connection with this fault comes, where that is always the same.
    pub stage: Option<Stage>,
    /// Whether guessers and scanners produce it by the thousand.
    pub background: bool,
    /// Whether a user gets past it alone.
    pub passes: bool,
    /// Whether it keeps sshd from starting.
    pub at_start: bool,
    /// Whether a client goes on after it.
    pub goes_on: bool,
    /// How sure lines alone can make of it.
    pub at_most: f64,
    /// Causes that are consequences when this one is proven; transitive.
    pub outranks: Vec<CauseId>,
    /// Causes that a client's lines suggest, where they prove little, when a server states this one.
    pub seen_as: Vec<CauseId>,
    /// What the host's configuration says of it.
    pub host: HostRules,
    /// Set for the one cause that is concluded by counting.
    pub guessing: Option<Guessing>,
    /// What several lines prove together.
    pub rules: Vec<Rule>,
}

/// Facts of the host beside a log that count for a cause or against it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct HostRules {
    /// They speak for the cause once a line or rule proposes it.
    pub confirmed_by: Vec<FactName>,
    /// They speak against it.
    pub refuted_by: Vec<FactName>,
    /// They decide for it where the log shows no more than a cause that it outranks, or the one named.
    pub decided_by: Vec<(FactName, Option<CauseId>)>,
}

/// What several lines of one connection prove together; all conditions must hold.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Rule {
    /// Every one seen.
    pub all: Vec<PatternId>,
    /// One of them seen, if there are any.
    pub any: Vec<PatternId>,
    /// None of them seen.
    pub none: Vec<PatternId>,
    /// The last known line is one of them, if there are any.
    pub last: Vec<PatternId>,
    /// Seen that often.
    pub at_least: Option<(u8, PatternId)>,
    /// Bit set over [`Resolved::lapses`]; every one holds.
    pub lapses: u64,
    /// One of these facts is known of the login, if there are any.
    pub given: Vec<FactName>,
    /// Causes that give way where it holds, whichever outranks the other.
    pub over: Vec<CauseId>,
    /// How much it proves; None where it shows that all is as it was meant, and the cause is none.
    pub weight: Option<Weight>,
}

/// How much time may lie between two lines of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Lapse {
    /// From the first line of one of these.
    pub from: Vec<PatternId>,
    /// To the first line of one of these that is not before it.
    pub to: Vec<PatternId>,
    /// So many.
    pub seconds: u32,
    /// Whether at least so many; else at most.
    pub apart: bool,
}

/// What a line is to the attempt that it stands in: which of two says how the attempt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
pub enum Place {
    /// Nothing: context of no stage that no rule wants at the end, or what a command printed.
    Beside,
    /// A test of the way, such as a ping; an attempt by itself where no client speaks.
    Test,
    /// A part of it.
    #[default]
    Attempt,
}

/// A known message.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Pattern {
    /// `category.cause/name` or `context.topic/name`.
    #[serde(deserialize_with = "in_place")]
    pub id: Name,
    /// The cause it leads to or supports.
    pub cause: Option<CauseId>,
    /// Bit set over [`Resolved::emitters`].
    pub emitters: u64,
    /// What the line says.
    pub kind: Kind,
    /// Set for failures.
    pub weight: Weight,
    /// How far a connection has come once this line is there.
    pub stage: Option<Stage>,
    /// Which trailing mark the line must carry; None: any.
    pub mark: Option<Mark>,
    /// Whether a connection or attempt begins with it.
    pub starts: bool,
    /// Whether an attempt begins with it once the one before has logged in.
    pub hop: bool,
    /// Whether it is the first line of what a command shows.
    pub heads: bool,
    /// Whether a person typed it: an attempt begins with it.
    pub typed: bool,
    /// Whether it counts only where it is all that a line says.
    pub alone: bool,
    /// Whether the client may go on after it with another address, so that it proves nothing once a later one answers.
    pub retried: bool,
    /// Whether the service accepts connections once it is there.
    pub serves: bool,
    /// Whether the client has ended with it.
    pub ends: bool,
    /// Whether what follows is only a beginning, so that its end says nothing.
    pub cuts: bool,
    /// Whether a server tells it to a client that came in otherwise.
    pub told: bool,
    /// What it is to the attempt that it stands in.
    pub place: Place,
    /// What it states of its host.
    pub states: Vec<FactName>,
    /// Whether it is known by general words, see `PatternEntry::phrases`.
    pub general: bool,
    /// Where its texts lie, see `Catalog::pattern_texts`.
    pub(super) texts: (u32, u32),
}

/// A program that writes lines.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Emitter {
    /// Its name in `emitters.toml`.
    pub name: String,
    /// The rest of its table.
    pub data: format::Emitter,
}

/// Emitters whose lines share a header tag, or that all may speak without a header: they are matched as one.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Class {
    /// Bit set over [`Resolved::emitters`].
    pub emitters: u64,
    /// Whether lines of one process id belong to one connection.
    pub connections: bool,
    /// Whether they are clients, whose lines need no process id to belong to one attempt.
    pub clients: bool,
    /// Whether unknown lines are worth showing.
    pub ssh: bool,
}

/// Position of a class in [`Resolved::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct ClassId(pub u8);
/// See the module. Positions are stable for one set of files.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Resolved {
    /// In order of id.
    pub causes: Vec<Cause>,
    /// In order of id; kept apart, see `patterns.rs`.
    #[serde(skip)]
    pub patterns: Vec<Pattern>,
    /// General words, and whose they are, in order of the patterns.
    #[serde(deserialize_with = "phrases_in_place")]
    pub phrases: Vec<(PatternId, Name)>,
    /// In order of name.
    pub emitters: Vec<Emitter>,
    /// See [`Class`]; the first two are of lines without a header, in a client's transcript and in what sshd printed.
    pub classes: Vec<Class>,
    /// The class of each program tag of a header, in order of the tags.
    pub programs: Vec<(Name, ClassId)>,
    /// What rules want to know of the time between lines; at most [`MOST_LAPSES`] count.
    pub lapses: Vec<Lapse>,
    /// What says that a message is only named.
    pub hearsay: IndexHearsay,
}

/// How many different ones of [`Resolved::lapses`] there may be.
pub const MOST_LAPSES: usize = 64;

impl Resolved {
    /// Resolves every name of a ranked index.
    pub fn of(index: Index) -> Self {
        let emitters: Vec<Emitter> = index.emitters.into_iter().map(|(name, data)| Emitter { name, data }).collect();
        let mut known = Self { emitters, hearsay: index.hearsay, ..Self::default() };
        known.patterns = {
            let cause = |id: &String| {
                let at = index.causes.binary_search_by(|c| c.id.as_str().cmp(id)).ok()?;
                Some(CauseId(at as u16))
            };
            let phrases =
                index.patterns.iter().zip(0..).flat_map(|(p, at)| {
                    p.phrases.iter().map(move |phrase| (PatternId(at), Cow::Owned(phrase.clone())))
                });
            known.phrases = phrases.collect();
            let pattern = |p: IndexPattern| known.pattern(p, cause);
            index.patterns.into_iter().map(pattern).collect()
        };
        let ids: Vec<String> = index.causes.iter().map(|c| c.id.clone()).collect();
        for cause in index.causes {
            let cause = known.cause(cause, &ids);
            known.causes.push(cause);
        }
        known.close_outranks();
        known.find_what_stands_beside();
        known.group_programs();
        known
    }

    fn pattern(&self, p: IndexPattern, cause: impl Fn(&String) -> Option<CauseId>) -> Pattern {
        let mask = p.emitters.iter().filter_map(|e| emitter(&self.emitters, e)).fold(0, |m, e| m | 1 << e);
        Pattern {
            id: p.id.into(),
            cause: p.owner.as_ref().and_then(cause),
            emitters: mask,
            kind: Kind::named(&p.kind).unwrap_or(Kind::Context),
            weight: p.weight.and_then(|w| Weight::named(&w)).unwrap_or(Weight::Consequence),
            stage: p.stage.and_then(|s| Stage::named(&s)),
            mark: p.mark.and_then(|m| Mark::named(&m)),
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
            place: Place::Attempt,
            states: p.states.iter().filter_map(|fact| FactName::named(fact)).collect(),
            general: !p.phrases.is_empty(),
            texts: p.texts,
        }
    }

    fn cause(&mut self, c: IndexCause, ids: &[String]) -> Cause {
        let position = |id: &String| ids.binary_search(id).ok().map(|at| CauseId(at as u16));
        let facts = |names: &[String]| names.iter().filter_map(|n| FactName::named(n)).collect();
        Cause {
            id: c.id.into(),
            stage: c.stage.and_then(|s| Stage::named(&s)),
            background: c.background,
            passes: c.passes,
            at_start: c.at_start,
            goes_on: c.goes_on,
            at_most: c.at_most.unwrap_or(1.0),
            outranks: c.outranks.iter().filter_map(position).collect(),
            seen_as: c.seen_as.iter().filter_map(position).collect(),
            host: HostRules {
                confirmed_by: facts(&c.confirmed_by),
                refuted_by: facts(&c.refuted_by),
                decided_by: c.decided_by.iter().filter_map(|d| deciding(d, position)).collect(),
            },
            guessing: c.guessing,
            rules: c.rules.iter().map(|r| self.rule(r, position)).collect(),
        }
    }

    fn rule(&mut self, rule: &IndexRule, cause: impl Fn(&String) -> Option<CauseId>) -> Rule {
        let lapses = self.lapse(rule.within.as_ref(), false) | self.lapse(rule.apart.as_ref(), true);
        let ids = |names: &[String]| names.iter().filter_map(|n| self.pattern_id(n)).collect();
        Rule {
            all: ids(&rule.all),
            any: ids(&rule.any),
            none: ids(&rule.none),
            last: ids(&rule.last),
            at_least: rule.at_least.as_ref().and_then(|(count, of)| Some((*count, self.pattern_id(of)?))),
            lapses,
            given: rule.given.iter().filter_map(|name| FactName::named(name)).collect(),
            over: rule.over.iter().filter_map(cause).collect(),
            weight: Weight::named(&rule.weight),
        }
    }

    /// The bit of a condition.
    fn lapse(&mut self, lapse: Option<&IndexLapse>, apart: bool) -> u64 {
        let Some(lapse) = lapse else { return 0 };
        let ids = |names: &[String]| names.iter().filter_map(|n| self.pattern_id(n)).collect();
        let lapse = Lapse { from: ids(&lapse.from), to: ids(&lapse.to), seconds: lapse.seconds, apart };
        let at = self.lapses.iter().position(|known| *known == lapse).unwrap_or_else(|| {
            self.lapses.push(lapse);
            self.lapses.len() - 1
        });
        if at < MOST_LAPSES { 1 << at } else { 0 }
    }

    /// Makes `outranks` transitive.
    fn close_outranks(&mut self) {
        let direct: Vec<Vec<CauseId>> = self.causes.iter().map(|c| c.outranks.clone()).collect();
        for cause in &mut self.causes {
            let mut at = 0;
            while let Some(next) = cause.outranks.get(at).copied() {
                for further in &direct[next.0 as usize] {
                    if !cause.outranks.contains(further) {
                        cause.outranks.push(*further);
                    }
                }
                at += 1;
            }
        }
    }

    fn find_what_stands_beside(&mut self) {
        let mut beside: Vec<bool> =
            self.patterns.iter().map(|p| p.kind == Kind::Context && p.stage.is_none() && !p.ends).collect();
        let ends = self.causes.iter().flat_map(|cause| &cause.rules).flat_map(|rule| &rule.last);
        ends.for_each(|p| beside[p.0 as usize] = false);
        for (pattern, beside) in self.patterns.iter_mut().zip(beside) {
            let tests = || evidence_of(&self.emitters, pattern).all(|kind| matches!(kind, "banner-test" | "ping"));
            if beside || is_shown(&self.emitters, pattern) {
                pattern.place = Place::Beside;
            } else if tests() {
                pattern.place = Place::Test;
            }
        }
    }

    /// Programs with the same set of emitters share a class, so that one matcher serves them.
    fn group_programs(&mut self) {
        let bare = |evidence: fn(&str) -> bool| {
            let speaks = |e: &Emitter| e.data.bare && evidence(&e.data.evidence);
            self.emitters.iter().enumerate().filter(|(_, e)| speaks(e)).fold(0, |m, (i, _)| m | 1 << i)
        };
        let client = bare(|evidence| evidence != "server-log");
        let server = bare(|evidence| evidence != "client-transcript");
        self.classes = vec![self.class(client), self.class(server)];
        let mut masks: BTreeMap<String, u64> = BTreeMap::new();
        for (i, emitter) in self.emitters.iter().enumerate() {
            for program in &emitter.data.programs {
                *masks.entry(program.clone()).or_default() |= 1 << i;
            }
        }
        for (program, mask) in masks {
            let known = self.classes.iter().skip(2).position(|c| c.emitters == mask);
            let at = known.map_or(self.classes.len(), |at| at + 2);
            if known.is_none() {
                self.classes.push(self.class(mask));
            }
            self.programs.push((program.into(), ClassId(at as u8)));
        }
    }

    fn class(&self, mask: u64) -> Class {
        let any = |wanted: fn(&format::Emitter) -> bool| {
            self.emitters.iter().enumerate().any(|(i, e)| mask & 1 << i != 0 && wanted(&e.data))
        };
        let clients = !any(|e| e.evidence != "client-transcript");
        Class { emitters: mask, connections: any(|e| e.connections), clients, ssh: any(|e| e.ssh) }
    }

    fn pattern_id(&self, id: &str) -> Option<PatternId> {
        pattern_id(&self.patterns, id)
    }
}

/// What a rule wants to know of the time between lines.
pub fn lapses_of<'l>(lapses: &'l [Lapse], rule: &Rule) -> impl Iterator<Item = &'l Lapse> + use<'l> {
    let wanted = rule.lapses;
    lapses.iter().take(MOST_LAPSES).enumerate().filter(move |(at, _)| wanted & 1 << at != 0).map(|(_, lapse)| lapse)
}

/// In what kinds of evidence a pattern's emitters speak.
pub fn evidence_of<'e>(emitters: &'e [Emitter], pattern: &Pattern) -> impl Iterator<Item = &'e str> {
    let bits = pattern.emitters;
    let speaking = emitters.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1);
    speaking.map(|(_, emitter)| emitter.data.evidence.as_str())
}

/// Whether a pattern is the output of a command on a server, and neither of a log nor a client's words.
pub fn is_shown(emitters: &[Emitter], pattern: &Pattern) -> bool {
    evidence_of(emitters, pattern).all(|kind| matches!(kind, "service-status" | "listening-sockets" | "config-test"))
}

/// The position of an emitter's name.
pub fn emitter(emitters: &[Emitter], name: &str) -> Option<usize> {
    emitters.binary_search_by(|e| e.name.as_str().cmp(name)).ok()
}

/// The position of a full id.
pub fn pattern_id(patterns: &[Pattern], id: &str) -> Option<PatternId> {
    patterns.binary_search_by(|p| p.id.as_ref().cmp(id)).ok().map(|i| PatternId(i as u16))
}

/// `FACT`, or `FACT over CAUSE`. Without such a fact or cause None.
fn deciding(text: &str, cause: impl Fn(&String) -> Option<CauseId>) -> Option<(FactName, Option<CauseId>)> {
    let Some((fact, over)) = text.split_once(" over ") else { return Some((FactName::named(text)?, None)) };
    Some((FactName::named(fact)?, Some(cause(&over.to_owned())?)))
}
