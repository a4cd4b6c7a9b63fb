//! The shape of the catalog's TOML files, as written in `patterns/README.md`.
//!
//! In: the text of one file. Out: plain data with the place of every part that a check may complain about.
//! Knows nothing of whether the content makes sense (`check.rs`) and nothing of matching.
//! The build script compiles this module too.

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
#[derive(Debug, Clone, Deserialize)]
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
    /// Whether a user gets past it alone, so that it is over for one who comes in afterwards.
    #[serde(default)]
    pub passes: bool,
    /// Whether it keeps sshd from starting, so that it is over once sshd listens again.
    #[serde(default)]
    pub at_start: bool,
    /// Whether a client goes on after it, with another key or without: where nothing says that the login failed, and the same
    /// server lets the client in, nothing did.
    #[serde(default)]
    pub goes_on: bool,
    /// How sure lines alone can make of this cause, where that is less than the weight of a line says: 0 to 1.
    pub at_most: Option<Spanned<f64>>,
    /// Ids of causes that are mere consequences when this one is proven in the same connection.
    #[serde(default)]
    pub outranks: Vec<Spanned<String>>,
    /// Ids of causes that a client's lines suggest, where they prove little, when a server states this one.
    #[serde(default)]
    pub seen_as: Vec<Spanned<String>>,
    /// Facts of the host beside the log that speak for this cause once a line or rule proposes it.
    #[serde(default)]
    pub confirmed_by: Vec<Spanned<String>>,
    /// Facts that speak against it.
    #[serde(default)]
    pub refuted_by: Vec<Spanned<String>>,
    /// Facts that decide for it where the log shows no more than what it outranks.
    #[serde(default)]
    pub decided_by: Vec<Spanned<String>>,
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextFile {
    /// What the lines have in common.
    pub title: Bilingual,
    /// The lines.
    pub pattern: Vec<PatternEntry>,
}

/// A file of a user's folder that adds to a cause which exists already: no texts, only lines and rules.
#[derive(Debug, Clone, Deserialize)]
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
    /// Names of servers: with a login to one of them at hand it is not asked for either.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What to do.
    pub text: Bilingual,
    /// What to type.
    pub command: Option<String>,
}

/// `hearsay.toml`: what around a message says that somebody names it and does not have it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HearsayFile {
    /// In no order.
    #[serde(default)]
    pub cue: Vec<Cue>,
    /// In no order.
    #[serde(default)]
    pub passage: Vec<PassageEntry>,
    /// In no order.
    #[serde(default)]
    pub list: Vec<ListEntry>,
}

/// Failures that exclude each other: where a text has several of them close together, it says what may go wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEntry {
    /// What they are of.
    pub causes: Vec<Spanned<String>>,
    /// So many different ones.
    pub least: Spanned<usize>,
    /// Within so many lines.
    pub lines: usize,
}

/// Lines of which none is anybody's evidence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassageEntry {
    /// What its first line is; begins with `^` and a literal.
    pub opening: Spanned<String>,
    /// What every further line is.
    pub within: Spanned<String>,
    /// Lines that are one passage.
    pub examples: Vec<Spanned<String>>,
    /// Lines that do not all belong to one that begins with the first of them.
    #[serde(default)]
    pub near_misses: Vec<Spanned<String>>,
}

/// Words around a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Where they stand.
    pub place: CuePlace,
    /// They.
    pub regex: Spanned<String>,
    /// Lines with [`MESSAGE`] in them that say so.
    pub examples: Vec<Spanned<String>>,
    /// Lines that no cue may be found in.
    #[serde(default)]
    pub near_misses: Vec<Spanned<String>>,
}

/// Where the words of a [`Cue`] stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CuePlace {
    /// In the message's sentence, before it.
    Before,
    /// Behind it.
    Behind,
    /// Before it and behind it, with [`MESSAGE`] in its place.
    Around,
    /// The same around general words, which code and comments are full of.
    General,
}

/// Thresholds beyond which failures count as guessing rather than as somebody's trouble.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Guessing {
    /// Ids of the causes that guesses end in: many of them by one address are guessing, whatever the names.
    pub outcomes: Vec<String>,
    /// Those of them that names end in which nobody on the server has: while others guess, an address of the Internet that tries no
    /// name twice is guessing, too.
    pub of_nobody: Vec<String>,
    /// Ids of the causes that a server answers guessing with: of an address that guesses they are nobody's trouble.
    pub answers: Vec<String>,
    /// Ids of the causes that scanners end in, too: of an address of the Internet that names nobody and does not insist they are
    /// scanning, while others guess or scan.
    pub probes: Vec<String>,
    /// So many such addresses are scanning.
    pub scanners: u64,
    /// So many addresses of the Internet that try a name which nobody has, each once, and as many names are guessing.
    pub nobodies: u64,
    /// So many different probes of one address, which names nobody, are a scan.
    pub kinds_of_probes: usize,
    /// So many connections without a name, each as long after the one before, are a monitor's.
    pub beats: u64,
    /// What keeps out whom the configuration does not allow: a stranger's trouble is nobody's.
    pub refusals: Vec<String>,
    /// How a server turns away whom it is too busy for: of a stranger it is nobody's trouble where others come in.
    #[serde(default)]
    pub turned_away: Vec<String>,
    /// So many connections of a stranger in quick succession that end in one of them.
    pub rapid_refusals: u64,
    /// Accounts of the system that nobody logs in with.
    pub system_accounts: Vec<String>,
    /// Fewer guesses are no more than every server on the Internet sees, where no single address stands out.
    pub usual: u64,
    /// Fewer guesses than this are so also where one address made them.
    pub usual_of_one: u64,
    /// How sure it can be that such a try is a person's, where others do not guess.
    pub single_try_at_most: f64,
    /// Failures of one address in quick succession: faster than a person types.
    pub rapid_failures: u64,
    /// What quick succession means.
    pub seconds_per_failure: u64,
    /// Connections of one address, for root or several names, that fail within a second each: no person opens them that fast.
    pub rapid_connections: u64,
    /// Failures of one address, for root or several names, some of them in connections at the same time.
    pub parallel_failures: u64,
    /// Failures of one address in quick succession, for names of the dictionary.
    pub rapid_guesses: u64,
    /// So many connections of it in quick succession are where it tries one name after the other.
    pub rapid_guesses_in_turn: u64,
    /// The time in which nobody opens a connection and types a password.
    pub seconds_per_connection: u64,
    /// Failures of one address, however slow.
    pub failures_per_source: u64,
    /// Different user names tried by one address.
    pub users_per_source: u64,
    /// Addresses that fail in one log.
    pub sources: u64,
    /// The same where one of them guesses.
    pub sources_beside: u64,
    /// Names that every dictionary holds and hardly anybody logs in with. Root is one of them.
    #[serde(default)]
    pub names: Vec<String>,
    /// Addresses of the Internet that fail for such names only, not all for one: so few are strangers already.
    #[serde(default)]
    pub strangers: u64,
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
    /// Whether an attempt begins with this line once the one before has logged in: the next hop of a ProxyJump.
    #[serde(default)]
    pub hop: bool,
    /// Whether it is the first line of what a command shows: what another such line began is over.
    #[serde(default)]
    pub heads: bool,
    /// Whether a person typed the line: an attempt begins with it.
    #[serde(default)]
    pub typed: bool,
    /// Whether it counts only where it is all that a line says: within others' lines such words are common.
    #[serde(default)]
    pub alone: bool,
    /// Whether the client may go on after this line with another address of the server, or once more with the same.
    #[serde(default)]
    pub retried: bool,
    /// Whether the service accepts connections once it is there, so that one that only seemed to have ended runs again.
    #[serde(default)]
    pub serves: bool,
    /// Whether the client has ended with this line: what goes on after it is another attempt.
    #[serde(default)]
    pub ends: bool,
    /// Whether the command shows only a beginning of what was printed: where that ends, nothing ended.
    #[serde(default)]
    pub cuts: bool,
    /// Whether a server tells this to a client that came in by another method: then it is what the client's text is about.
    #[serde(default)]
    pub told: bool,
    /// What the line states of its host, in the words that causes are confirmed and decided by.
    #[serde(default)]
    pub states: Vec<Spanned<String>>,
    /// The emitter's versions that print it.
    pub versions: String,
    /// The wordings, as templates.
    #[serde(default)]
    pub messages: Vec<Spanned<String>>,
    /// In place of `messages`, what a template cannot say.
    pub regex: Option<Spanned<String>>,
    /// In place of both, words in small letters that programs nobody knows may tell of the cause with: they count only where
    /// nothing else in all the evidence does, and nobody is seen to come in.
    #[serde(default)]
    pub phrases: Vec<Spanned<String>>,
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
    /// So little time passed.
    pub within: Option<Lapse>,
    /// So much time passed.
    pub apart: Option<Lapse>,
    /// The host's files state one of these facts of the login.
    #[serde(default)]
    pub given: Vec<Spanned<String>>,
    /// Causes that give way to this one where the rule holds, whichever outranks the other.
    #[serde(default)]
    pub over: Vec<Spanned<String>>,
    /// How much the rule proves; [`NOTHING`] where it shows that there is nothing to prove.
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

/// The time between the first line of one of some patterns and the first of one of others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lapse {
    /// As the lines tell it; no condition holds where they do not.
    pub seconds: u32,
    /// From the earliest of these.
    pub from: Vec<Spanned<String>>,
    /// To the earliest of these that is not before it.
    pub to: Vec<Spanned<String>>,
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
    /// Whether it may speak for a connection from a process of its own, whose number no line of the connection names.
    #[serde(default)]
    pub apart: bool,
    /// Whether unknown lines of it are worth showing.
    #[serde(default)]
    pub ssh: bool,
    /// Whether it writes what it does not trust as vis(3) does: `\\` for a backslash, `\303` for other bytes.
    #[serde(default)]
    pub vis: bool,
}

/// A file of a catalog folder, parsed.
#[derive(Debug, Clone)]
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
    /// Signs that a message is only named.
    Hearsay(HearsayFile),
}

/// Path of the file with the programs.
pub const EMITTERS: &str = "emitters.toml";
/// The weight of a rule that takes its cause back: what it names was meant to be.
pub const NOTHING: &str = "nothing";
/// Path of the file with what to collect.
pub const NEXT_STEPS: &str = "next-steps.toml";
/// Path of the file with the signs that a message is only named.
pub const HEARSAY: &str = "hearsay.toml";
/// What stands for the message in an example of a [`Cue`].
pub const MESSAGE: &str = "{message}";

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
    } else if path == HEARSAY {
        toml::from_str(text).map(File::Hearsay).map_err(located)
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

/// What stands before the patterns and rules of a cause's file; all of it where texts follow these.
pub fn without_patterns(text: &str) -> &str {
    let begins = |names: &[&str], text: &str| names.iter().filter_map(|name| text.find(&format!("\n{name}"))).min();
    match begins(&["[[pattern]]", "[[rule]]"], text) {
        Some(at) if begins(&["[[confirm]]", "[[fix]]", "[guessing]"], &text[at..]).is_none() => &text[..at + 1],
        _ => text,
    }
}

/// The id that a path stands for: `keys/host-key-changed.toml` is `keys.host-key-changed`.
pub fn id_of(path: &str) -> String {
    path.trim_end_matches(".toml").replace('/', ".")
}

/// A bare pattern name means the rule's own file.
pub fn full_id(file_id: &str, name: &str) -> String {
    if name.contains('/') { name.to_owned() } else { format!("{file_id}/{name}") }
}
