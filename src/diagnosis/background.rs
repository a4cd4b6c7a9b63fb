//! Guessing by strangers, told from people's trouble by counting.
//!
//! In: what every address tried, and the thresholds of the one cause that carries them. Out: which facts are guessing.

use super::came_in::is_mistyped;
use super::conduct::{
    TRIES_OF_A_PERSON, is_a_single_try, is_loopback, is_private, is_public, is_within, may_be_a_single_guess, may_scan,
    names_nobody, reconnects,
};
use super::{Judgement, Serving, SourcesByUser, judge};
use crate::catalog::format::Guessing;
use crate::catalog::{Catalog, CauseId, Stage};
use crate::evidence::{Dictionary, Evidence, Fact, ShapeFacts, Tried, Who};
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};

/// Addresses that may try a name that is somebody's own; more are guessing it.
const SOURCES_OF_A_PERSON: u64 = 2;

/// See the module.
#[derive(Debug)]
pub struct Background<'e> {
    /// The cause to book guessing under, if there is any guessing.
    pub cause: Option<CauseId>,
    thresholds: Option<&'e Guessing>,
    evidence: &'e Evidence,
    distributed: bool,
    dictionary: Dictionary,
    /// Whether several addresses of the Internet try what dictionaries hold, and nothing else.
    strangers: bool,
    /// Whether several addresses of the Internet come and name nobody.
    scanners: bool,
    by_user: SourcesByUser,
    /// The names that nobody has and that an address tried once.
    nobodies: FxHashMap<&'e str, FxHashSet<&'e str>>,
    /// The addresses of which there are so many different probes without a name that they scan.
    scanning: FxHashSet<&'e str>,
    /// Which servers let somebody in.
    serving: &'e Serving<'e>,
    /// Whether a client shows that it was kept out.
    complained: bool,
    /// Causes of which a few facts look like a person's amid a distributed attack.
    persons: FxHashSet<CauseId>,
    /// Users who came in.
    admitted: Dictionary,
    /// Whether some were turned away, and all of whom the address is known are strangers.
    turns_away_strangers: bool,
    /// The addresses of which a name that nobody has was tried, and the log does not say which.
    unnamed: FxHashSet<&'e str>,
}

impl<'e> Background<'e> {
    /// Counts.
    pub fn of(
        catalog: &'e Catalog,
        evidence: &'e Evidence,
        judged: &[(&'e ShapeFacts, Judgement)],
        serving: &'e Serving<'e>,
        complained: bool,
    ) -> Self {
        let found =
            catalog.causes.iter().enumerate().find_map(|(at, c)| Some((CauseId(at as u16), c.guessing.as_ref()?)));
        let used = used(catalog, evidence);
        let failing = evidence.sources.iter().filter(|t| t.failures > 0 && t.successes == 0).count() as u64;
        let mut background = Self {
            cause: found.map(|(cause, _)| cause),
            thresholds: found.map(|(_, thresholds)| thresholds),
            evidence,
            distributed: false,
            dictionary: found.map(|(_, t)| Dictionary::of(&t.names, &used)).unwrap_or_default(),
            strangers: false,
            scanners: found.is_some_and(|(_, t)| {
                evidence.sources.iter().filter(|tried| may_scan(tried)).count() as u64 >= t.scanners
            }),
            serving,
            complained,
            by_user: SourcesByUser::default(),
            nobodies: FxHashMap::default(),
            scanning: FxHashSet::default(),
            persons: FxHashSet::default(),
            admitted: Dictionary::all(&used),
            unnamed: FxHashSet::default(),
            turns_away_strangers: false,
        };
        background.look_for_nobodies(catalog, judged);
        let strange: Vec<&Tried> = evidence.sources.iter().filter(|t| background.may_be_a_stranger(t)).collect();
        // Where a directory is down nobody's name is known: such addresses are strangers only among others.
        let is_another = |source: &&&str| !strange.is_empty() && !strange.iter().any(|t| t.source == **source);
        let strangers = (strange.len() + background.unnamed.iter().filter(is_another).count()) as u64;
        // One name alone may be one person's, at home and on the way.
        let several = strangers > SOURCES_OF_A_PERSON
            || strange.first().is_some_and(|one| strange.iter().any(|other| !other.tried_the_same(one)));
        let crowd = several && found.is_some_and(|(_, t)| strangers >= t.strangers);
        let guesses = evidence.sources.iter().any(|t| background.is_guesser(t, true))
            || strange.iter().any(|t| background.is_rapid(t))
            || evidence.sources.iter().any(|t| t.names() > SOURCES_OF_A_PERSON && background.is_a_programs(t));
        background.look_for_scans(catalog, judged);
        let of_cause =
            |judgement: &Judgement| background.is_among(&catalog.cause_at(judgement.cause).id, |t| &t.turned_away);
        let turned_away =
            judged.iter().filter(|(_, judgement)| of_cause(judgement)).flat_map(|(shape, _)| shape.facts());
        let mut sources = turned_away.filter_map(|fact| fact.who.source.as_deref()).peekable();
        let any = sources.peek().is_some();
        background.turns_away_strangers = any && sources.all(|source| background.is_of_nobody_here(source));
        background.strangers = crowd || guesses || background.is_crowd_of_nobodies();
        background.distributed =
            found.is_some_and(|(_, t)| failing >= t.sources || (failing >= t.sources_beside && guesses));
        if background.distributed {
            background.look_for_persons(catalog, judged);
        }
        background
    }

    /// Looks who of the Internet tries names that nobody has, each once.
    fn look_for_nobodies(&mut self, catalog: &Catalog, judged: &[(&'e ShapeFacts, Judgement)]) {
        let of_nobody = |judgement: &Judgement| self.is_of_nobody(&catalog.cause_at(judgement.cause).id);
        let facts = judged.iter().filter(|(_, judgement)| of_nobody(judgement)).flat_map(|(shape, _)| shape.facts());
        let facts: Vec<&Fact> = facts.collect();
        let strange = |who: &Who| self.tried(who).is_some_and(|tried| names_nobody(tried) && is_public(&tried.source));
        let unnamed = facts.iter().map(|fact| &fact.who).filter(|who| who.user.is_none() && strange(who));
        let unnamed = unnamed.filter_map(|who| who.source.as_deref()).collect();
        let mut nobodies = FxHashMap::<&str, FxHashSet<&str>>::default();
        for who in facts.iter().map(|fact| &fact.who).filter(|who| self.tried(who).is_some_and(may_be_a_single_guess)) {
            if let (Some(source), Some(user)) = (&who.source, &who.user) {
                nobodies.entry(source).or_default().insert(user);
            }
        }
        (self.nobodies, self.unnamed) = (nobodies, unnamed);
    }

    /// Looks who comes with one probe after the other, and each another one, or faster than hands.
    fn look_for_scans(&mut self, catalog: &Catalog, judged: &[(&'e ShapeFacts, Judgement)]) {
        let mut kinds = FxHashMap::<&str, usize>::default();
        let mut disagrees = FxHashSet::<&str>::default();
        for (shape, judgement) in judged.iter().filter(|(_, j)| self.is_probe(&catalog.cause_at(j.cause).id)) {
            let sources: FxHashSet<&str> = (shape.facts().filter(|fact| fact.who.user.is_none()))
                .filter_map(|fact| fact.who.source.as_deref())
                .collect();
            if !self.is_outcome(&catalog.cause_at(judgement.cause).id) {
                disagrees.extend(&sources);
            }
            sources.into_iter().for_each(|source| *kinds.entry(source).or_default() += 1);
        }
        let least = self.thresholds.map_or(usize::MAX, |t| t.kinds_of_probes);
        let crowds = |tried: &Tried| {
            is_public(&tried.source) && self.thresholds.is_some_and(|t| reconnects(t, tried, t.rapid_connections))
        };
        let scans = |(source, kinds): &(&str, usize)| {
            let nameless = self.evidence.sources.get(source).filter(|tried| tried.names() == 0);
            // Who finds no common algorithm may be a program that tries again.
            nameless.is_some_and(|tried| *kinds >= least || (!disagrees.contains(source) && crowds(tried)))
        };
        self.scanning = kinds.into_iter().filter(scans).map(|(source, _)| source).collect();
    }

    /// Whether so many addresses of the Internet try such names and not all the same, or one address tries two that no person
    /// would take for each other.
    fn is_crowd_of_nobodies(&self) -> bool {
        let names: FxHashSet<&str> = self.nobodies.values().flatten().copied().collect();
        // With one of them: all with all would be for a stranger to make as slow as he likes.
        let unlike = |names: &FxHashSet<&str>| {
            let first = names.iter().min();
            first.is_some_and(|first| names.iter().any(|name| are_unlike(first, name)))
        };
        self.thresholds.is_some_and(|t| self.nobodies.len().min(names.len()) as u64 >= t.nobodies)
            || self.nobodies.values().any(unlike)
    }

    /// The cause to book a fact under if it is guessing.
    pub fn claims(&self, catalog: &Catalog, judgement: &Judgement, fact: &Fact) -> Option<CauseId> {
        let who = &fact.who;
        let refused = || self.is_refused_for_a_reason(&catalog.cause_at(judgement.cause).id, who);
        let turned_away = || self.is_turned_away(&catalog.cause_at(judgement.cause).id, who);
        if !self.complained && (self.is_systems(who) || refused() || turned_away()) {
            return self.cause;
        }
        // Who surveys a port sends whatever comes to mind.
        let surveys = || {
            let source = who.source.as_deref().filter(|_| who.user.is_none());
            source.is_some_and(|source| self.scanning.contains(source)) && self.serving.lets_in(&who.host)
        };
        if !self.complained && judgement.stage.is_none_or(|stage| stage < Stage::Auth) && surveys() {
            return self.cause;
        }
        let cause = self.cause.filter(|_| catalog.cause_at(judgement.cause).background)?;
        let id = &catalog.cause_at(judgement.cause).id;
        let outcome = self.is_outcome(id);
        let (of_nobody, answer) = (self.is_of_nobody(id), self.is_among(id, |t| &t.answers));
        let nameless = who.user.is_none();
        let probe = nameless && self.is_probe(id);
        let probe_amid_others = probe && (self.strangers || self.scanners);
        // Who belongs there comes in, so that the server is not broken for everybody, nor is a stranger's try anybody's trouble.
        let others_come_in = self.serving.lets_in(&who.host);
        let by_its_names = of_nobody || answer || (outcome && who.user.is_none());
        // An address that is not in the sample is one of very many; what has none is no help to anybody.
        let Some(source) = who.source.as_deref() else { return (probe_amid_others && others_come_in).then_some(cause) };
        let tried = self.evidence.sources.get(source);
        let of_nobodies = self.nobodies.contains_key(source) || self.unnamed.contains(source);
        let is_known = |tried: &Tried| self.may_be_a_stranger(tried) || of_nobodies;
        let scans = probe_amid_others && tried.map_or_else(|| is_public(source), may_scan);
        let of_a_scanner = probe && others_come_in && (self.scanning.contains(source) || tried.is_some_and(is_known));
        let unnamed = of_nobody && nameless && is_public(source);
        let once = |tried: &Tried| is_a_single_try(tried) || (fact.count <= TRIES_OF_A_PERSON && names_nobody(tried));
        let tries_unnamed =
            |tried: &Tried| self.guesses_in_turn(tried) || ((others_come_in || self.strangers) && once(tried));
        let alone = scans
            || of_a_scanner
            || tried.is_some_and(|tried| {
                (unnamed && tries_unnamed(tried))
                    || self.is_guesser(tried, outcome)
                    || ((outcome || answer) && self.is_strange(tried, who))
                    || (outcome && self.tries_others_names(tried))
                    || (by_its_names && (self.strangers || others_come_in) && may_be_a_single_guess(tried))
                    || (of_nobody && !self.complained && self.is_a_programs(tried))
                    || (probe_amid_others && outcome && !self.complained && names_nobody(tried) && is_public(source))
                    || (others_come_in
                        && (outcome || tried.names() > 1 || (answer && !self.complained))
                        && self.may_be_a_stranger(tried))
                    || (others_come_in && outcome && may_be_a_single_guess(tried) && self.nobodies.contains_key(source))
            });
        let person = tried.is_some_and(|tried| {
            tried.successes > 0 || (self.persons.contains(&judgement.cause) && self.looks_like_a_person(who, tried))
        });
        // Refusals for a stated reason are part of a distributed attack only when many addresses try the same name.
        let among_many = self.distributed && !person && (outcome || !self.is_own_name(who));
        (alone || among_many).then_some(cause)
    }

    /// Whether it is an account of the system that, amid strangers, no address or one of theirs tries.
    fn is_systems(&self, who: &Who) -> bool {
        let listed = |t: &Guessing| who.user.as_ref().is_some_and(|user| t.system_accounts.iter().any(|a| a == user));
        let may_be_theirs =
            || who.source.as_deref().is_none_or(is_public) && self.tried(who).is_none_or(|tried| tried.successes == 0);
        self.strangers && self.thresholds.is_some_and(listed) && may_be_theirs()
    }

    /// Whether an address of the Internet that nobody came in from tries several names, and that of somebody who comes in from
    /// elsewhere.
    fn tries_others_names(&self, tried: &Tried) -> bool {
        let strange = tried.names() > 1 && tried.successes == 0 && is_public(&tried.source);
        strange && tried.tried_any(&self.admitted)
    }

    /// Whether a server does not allow a stranger who tries one name of a dictionary after the other, or one that others come in to
    /// a stranger who comes again and again at once.
    fn is_refused_for_a_reason(&self, cause: &str, who: &Who) -> bool {
        let again = |tried: &Tried| self.thresholds.is_some_and(|t| reconnects(t, tried, t.rapid_refusals));
        let guesses = |tried: &Tried| is_public(&tried.source) && self.is_guesser(tried, true);
        let in_turn = |tried: &Tried| tried.names() > SOURCES_OF_A_PERSON && self.may_be_a_stranger(tried);
        let amid_others = |tried: &Tried| guesses(tried) || (self.may_be_a_stranger(tried) && again(tried));
        self.is_among(cause, |t| &t.refusals)
            && self
                .tried(who)
                .is_some_and(|tried| in_turn(tried) || (self.serving.lets_in(&who.host) && amid_others(tried)))
    }

    /// Whether a server that others come in to is too busy for a stranger.
    fn is_turned_away(&self, cause: &str, who: &Who) -> bool {
        let strange = || match who.source.as_deref() {
            Some(source) => self.is_of_nobody_here(source),
            None => self.turns_away_strangers,
        };
        self.is_among(cause, |t| &t.turned_away) && self.serving.lets_in(&who.host) && strange()
    }

    /// Whether an address of the Internet only ever failed.
    fn is_of_nobody_here(&self, source: &str) -> bool {
        is_public(source)
            && self.evidence.sources.get(source).is_some_and(|tried| tried.failures > 0 && tried.successes == 0)
    }

    /// Whether guessing is no more than what every server on the Internet sees: it is little, and no address stands out or it is
    /// very little.
    pub fn is_usual(&self) -> bool {
        let guesses = || self.evidence.sources.iter().map(|tried| tried.failures).sum::<u64>();
        let fewer_than = |most: fn(&Guessing) -> u64| self.thresholds.is_some_and(|t| guesses() < most(t));
        (!self.distributed || fewer_than(|t| t.usual))
            && (fewer_than(|t| t.usual_of_one) || !self.evidence.sources.iter().any(|tried| self.insists(tried)))
    }

    /// Whether guessing and scanning end in a cause.
    pub fn is_outcome(&self, cause: &str) -> bool {
        self.is_among(cause, |t| &t.outcomes)
    }

    /// Whether a cause is that nobody has the name.
    pub fn is_of_nobody(&self, cause: &str) -> bool {
        self.is_among(cause, |t| &t.of_nobody)
    }

    /// Whether scanners end in a cause, too.
    pub fn is_probe(&self, cause: &str) -> bool {
        self.is_among(cause, |t| &t.probes)
    }

    fn is_among(&self, cause: &str, list: fn(&Guessing) -> &Vec<String>) -> bool {
        self.thresholds.is_some_and(|t| list(t).iter().any(|listed| listed == cause))
    }

    /// How sure it is at most that somebody failed for this cause: a single try of a name that nobody has may be a guess, and so may
    /// some in quick succession.
    pub fn at_most(&self, cause: &str, who: &Who) -> f64 {
        let guess = self.thresholds.filter(|_| who.user.is_some() && self.is_of_nobody(cause));
        let hasty = |tried: &Tried| is_public(&tried.source) && self.guesses_in_turn(tried);
        let may_be = |tried: &Tried| may_be_a_single_guess(tried) || hasty(tried);
        guess.filter(|_| self.tried(who).is_some_and(may_be)).map_or(1.0, |t| t.single_try_at_most)
    }

    /// Whether an address fails with nothing but what dictionaries hold, also where somebody comes in from it.
    pub fn tries_the_dictionary(&self, who: &Who) -> bool {
        self.tried(who).is_some_and(|tried| tried.tried_only(&self.dictionary))
    }

    fn tried(&self, who: &Who) -> Option<&Tried> {
        self.evidence.sources.get(who.source.as_deref()?)
    }

    fn is_guesser(&self, tried: &Tried, outcome: bool) -> bool {
        let many_names = |t: &Guessing| tried.names() >= t.users_per_source && tried.successes == 0;
        (outcome && self.insists(tried)) || self.thresholds.is_some_and(many_names)
    }

    /// Whether an address of the Internet tries names that nobody has faster than hands, each in a connection of its own: who is asked
    /// again stays in one. Or, among strangers, one name after the other.
    fn is_a_programs(&self, tried: &Tried) -> bool {
        let strange = tried.successes == 0 && is_public(&tried.source);
        let several = self.strangers && tried.names() > SOURCES_OF_A_PERSON;
        strange && (several || self.thresholds.is_some_and(|t| reconnects(t, tried, enough(t, tried))))
    }

    /// Whether an address comes again and again faster than hands, for names that nobody has and the log does not say.
    fn guesses_in_turn(&self, tried: &Tried) -> bool {
        tried.successes == 0 && self.thresholds.is_some_and(|t| reconnects(t, tried, t.rapid_guesses_in_turn))
    }

    /// Whether it is a monitor that looks whether the port answers: on the server itself, or by the clock, and without a name.
    pub fn is_monitor(&self, source: &str) -> bool {
        let by_the_clock = |tried: &Tried| {
            let comes = |t: &Guessing| tried.comes_by_the_clock(t.beats);
            names_nobody(tried) && self.thresholds.is_some_and(comes)
        };
        is_loopback(source) || self.evidence.sources.get(source).is_some_and(by_the_clock)
    }

    /// Whether one address fails more often than a person, or faster.
    fn insists(&self, tried: &Tried) -> bool {
        self.thresholds.filter(|_| tried.names() > 0).is_some_and(|t| {
            // Who is asked again and again in one connection may be a person at a keyboard.
            let at_a_prompt = tried.connections == 1 && tried.names() == 1 && is_private(&tried.source);
            let rapid = !at_a_prompt
                && tried.successes == 0
                && tried.failures >= t.rapid_failures
                && is_within(tried, tried.failures, t.seconds_per_failure);
            // Of one's own network one name again and again is somebody's job, or somebody's mistake.
            let own = tried.names() == 1 && is_private(&tried.source);
            rapid || (!own && tried.failures >= t.failures_per_source && tried.failures > 4 * tried.successes)
        })
    }

    /// Whether an address is no person's, by what few failures tell.
    fn is_strange(&self, tried: &Tried, who: &Who) -> bool {
        let known = self.may_be_a_stranger(tried);
        self.is_faster_than_hands(tried, who) || (known && (self.strangers || self.is_rapid(tried)))
    }

    /// Whether somebody of whom little is known may be a stranger: who tries what dictionaries hold, several names once each,
    /// or a name that nobody has and the log does not say.
    pub fn may_be_of_a_stranger(&self, cause: &str, who: &Who) -> bool {
        let in_turn = |tried: &Tried| tried.names() > 1 && may_be_a_single_guess(tried);
        let of_nobody = who.user.is_none() && self.is_of_nobody(cause);
        let nameless = |tried: &Tried| of_nobody && names_nobody(tried) && is_public(&tried.source);
        self.tried(who).is_some_and(|tried| in_turn(tried) || nameless(tried) || self.may_be_a_stranger(tried))
    }

    /// Whether an address of the Internet tries what dictionaries hold, and hardly anything else.
    fn may_be_a_stranger(&self, tried: &Tried) -> bool {
        tried.failures > 0 && tried.successes == 0 && tried.tried_mostly(&self.dictionary) && is_public(&tried.source)
    }

    /// Whether one address guesses faster than a person types, or connects and types.
    fn is_rapid(&self, tried: &Tried) -> bool {
        self.thresholds.is_some_and(|t| {
            reconnects(t, tried, enough(t, tried))
                || (tried.failures >= t.rapid_guesses && is_within(tried, tried.failures, t.seconds_per_failure))
        })
    }

    /// Whether one address tries root, what dictionaries hold, or several names, in more connections at a time than a person
    /// opens.
    fn is_faster_than_hands(&self, tried: &Tried, who: &Who) -> bool {
        let guessed = who.user.as_deref() == Some("root")
            || tried.tried_only(&self.dictionary)
            || tried.names() > SOURCES_OF_A_PERSON;
        self.thresholds.filter(|_| guessed && tried.successes == 0).is_some_and(|t| {
            let at_once = tried.seconds().is_some_and(|s| s < tried.connections);
            (tried.connections >= t.rapid_connections && at_once)
                || (tried.failures >= t.parallel_failures && tried.is_parallel())
        })
    }

    fn is_own_name(&self, who: &Who) -> bool {
        let few = |user: &CompactString| self.by_user.get(user).is_some_and(|n| *n <= SOURCES_OF_A_PERSON);
        who.user.as_ref().is_some_and(|user| user != "root" && few(user))
    }

    fn looks_like_a_person(&self, who: &Who, tried: &Tried) -> bool {
        self.is_own_name(who) && tried.names() == 1
    }

    /// A handful of addresses that tried one name of their own are people; a crowd of them is a dictionary.
    fn look_for_persons(&mut self, catalog: &Catalog, judged: &[(&'e ShapeFacts, Judgement)]) {
        let noisy = || judged.iter().filter(|(_, j)| catalog.cause_at(j.cause).background);
        let facts = |shape: &'e ShapeFacts| shape.facts().map(|f| &f.who);
        let mut pairs = FxHashSet::default();
        for (shape, _) in noisy() {
            for who in facts(shape) {
                if let (Some(user), Some(source)) = (&who.user, &who.source)
                    && pairs.insert((user.clone(), source.clone()))
                {
                    *self.by_user.entry(user.clone()).or_default() += 1;
                }
            }
        }
        if self.evidence.sources.is_partial() {
            return;
        }
        let causes: FxHashSet<CauseId> = noisy().map(|(_, j)| j.cause).collect();
        for cause in causes {
            let of_cause = || noisy().filter(move |(_, j)| j.cause == cause).flat_map(|(s, _)| facts(s));
            let all: FxHashSet<_> = of_cause().map(|who| &who.source).collect();
            let persons: FxHashSet<_> = of_cause()
                .filter(|who| {
                    let tried = who.source.as_deref().and_then(|s| self.evidence.sources.get(s));
                    tried.is_some_and(|t| self.looks_like_a_person(who, t))
                })
                .map(|who| &who.source)
                .collect();
            if persons.len() <= (all.len() / 10).max(3) {
                self.persons.insert(cause);
            }
        }
    }
}

/// So many connections in quick succession are guessing: one name may be that of somebody's job.
fn enough(thresholds: &Guessing, tried: &Tried) -> u64 {
    if tried.names() > 1 { thresholds.rapid_guesses_in_turn } else { thresholds.rapid_guesses }
}

/// Whether two names are not the same one mistyped, shortened or with a domain.
fn are_unlike(name: &str, other: &str) -> bool {
    let (name, other) = (name.to_lowercase(), other.to_lowercase());
    !name.contains(&other) && !other.contains(&name) && !is_mistyped(&name, &other)
}

/// Names that somebody got in with.
fn used<'e>(catalog: &Catalog, evidence: &'e Evidence) -> Vec<&'e str> {
    let logged_in = |facts: &&ShapeFacts| judge::logged_in(catalog, &facts.shape);
    evidence.shapes().filter(logged_in).flat_map(ShapeFacts::facts).filter_map(|f| f.who.user.as_deref()).collect()
}
