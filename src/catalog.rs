//! The catalog: what sshtriage knows, read from `patterns/` and the folders a user adds.
//!
//! In: the embedded index and files, or the TOML files of a folder. Out: [`Catalog`], checked, with every name resolved.
//! Knows nothing of inputs, threads or output. Texts for people stay unparsed until somebody asks for them.

pub mod cause;
pub mod check;
pub mod format;
pub mod index;
pub mod tables;

use crate::error::Error;
use crate::host::FactName;
use crate::matcher::dispatch::Dispatch;
use crate::record::Mark;
use compact_str::CompactString;
use format::{File, Guessing};
use index::{Index, IndexCause, IndexPattern, IndexRule};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use tables::{PatternTexts, Tables, Wordings};

static INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/index.bin"));
static WORDINGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wordings.bin"));
static LITERALS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/literals.bin"));
static TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/texts.bin"));
static DISPATCH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dispatch.bin"));
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Position of a pattern in [`Catalog::patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub u16);

/// Position of a cause in [`Catalog::causes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(pub u16);

/// What a line says about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    fn named(word: &str) -> Option<Self> {
        [Self::Failure, Self::Success, Self::Context].into_iter().find(|k| k.name() == word)
    }
}

/// How much a failure line, or a rule, proves of its cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name() == word)
    }
}

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    const ALL: [Self; 7] =
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

    fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == word)
    }
}

/// A root cause, without its texts (see [`Catalog::texts`]).
#[derive(Debug)]
pub struct Cause {
    /// `category.name`, stable.
    pub id: CompactString,
    /// How far a connection with this fault comes, where that is always the same.
    pub stage: Option<Stage>,
    /// Whether guessers and scanners produce it by the thousand.
    pub background: bool,
    /// Causes that are consequences when this one is proven; transitive.
    pub outranks: Vec<CauseId>,
    /// What the host's configuration says of it.
    pub host: HostRules,
    /// Set for the one cause that is concluded by counting.
    pub guessing: Option<Guessing>,
    /// What several lines prove together.
    pub rules: Vec<Rule>,
}

/// Facts of the host beside a log that count for a cause or against it.
#[derive(Debug, Default)]
pub struct HostRules {
    /// They speak for the cause once a line or rule proposes it.
    pub confirmed_by: Vec<FactName>,
    /// They speak against it.
    pub refuted_by: Vec<FactName>,
    /// They decide for it where the log shows no more than a cause that it outranks, or the one named.
    pub decided_by: Vec<(FactName, Option<CauseId>)>,
}

/// What several lines of one connection prove together; all conditions must hold.
#[derive(Debug)]
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
    /// Causes that give way where it holds, whichever outranks the other.
    pub over: Vec<CauseId>,
    /// How much it proves.
    pub weight: Weight,
}

/// A known message.
#[derive(Debug)]
pub struct Pattern {
    /// `category.cause/name` or `context.topic/name`.
    pub id: CompactString,
    /// The cause it leads to or supports.
    pub cause: Option<CauseId>,
    /// Bit set over [`Catalog::emitters`].
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
    /// Whether the client may go on after it with another address, so that it proves nothing once a later one answers.
    pub retried: bool,
    /// Where its texts lie, see [`Catalog::pattern_texts`].
    texts: (u32, u32),
}

/// A program that writes lines.
#[derive(Debug)]
pub struct Emitter {
    /// Its name in `emitters.toml`.
    pub name: String,
    /// The rest of its table.
    pub data: format::Emitter,
}

/// Emitters whose lines share a header tag, or that all may speak without a header: they are matched as one.
#[derive(Debug)]
pub struct Class {
    /// Bit set over [`Catalog::emitters`].
    pub emitters: u64,
    /// Whether lines of one process id belong to one connection.
    pub connections: bool,
    /// Whether they are clients, whose lines need no process id to belong to one attempt.
    pub clients: bool,
    /// Whether unknown lines are worth showing.
    pub ssh: bool,
}

/// Position of a class in [`Catalog::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassId(pub u8);

/// Everything known. Positions are stable for one set of files.
#[derive(Debug, Default)]
pub struct Catalog {
    /// In order of id.
    pub causes: Vec<Cause>,
    /// In order of id.
    pub patterns: Vec<Pattern>,
    /// In order of name.
    pub emitters: Vec<Emitter>,
    /// See [`Class`]; the first two are [`Catalog::BARE_CLIENT`] and [`Catalog::BARE_SERVER`].
    pub classes: Vec<Class>,
    /// What matching needs.
    pub tables: Tables,
    programs: FxHashMap<Box<[u8]>, ClassId>,
    files: Vec<SourceFile>,
}

/// A file of a catalog folder, with its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to its folder, with `/`.
    pub path: String,
    /// What to call it in messages.
    pub shown: String,
    /// The TOML.
    pub text: Cow<'static, str>,
}

impl Catalog {
    /// Lines without a header in a client's transcript.
    pub const BARE_CLIENT: ClassId = ClassId(0);
    /// Lines without a header in what sshd printed to a file or terminal.
    pub const BARE_SERVER: ClassId = ClassId(1);

    /// The catalog built into the program.
    pub fn builtin() -> Self {
        // The build script ranked it.
        let Base { index, tables, files } = Base::builtin();
        Self::compile(index, tables, files)
    }

    /// The built-in catalog and the files of `folders`; folders that bring an `emitters.toml` stand alone.
    ///
    /// # Errors
    /// A folder cannot be read, or its files have problems: all of them, with file and line.
    pub fn with_folders(folders: &[PathBuf]) -> Result<Self, Error> {
        if folders.is_empty() {
            return Ok(Self::builtin());
        }
        let mut files = Vec::new();
        for folder in folders {
            files.extend(read_folder(folder)?);
        }
        let (catalog, problems) = check::check(base_of(&files), &files);
        if problems.is_empty() { Ok(catalog) } else { Err(Error::Catalog { problems }) }
    }

    /// Resolves every name of a ranked index. Unknown names were reported by the checks and are left out here.
    fn compile(index: Index, tables: Tables, files: Vec<SourceFile>) -> Self {
        let emitters: Vec<Emitter> = index.emitters.into_iter().map(|(name, data)| Emitter { name, data }).collect();
        let mut catalog = Self { emitters, tables, files, ..Self::default() };
        catalog.patterns = {
            let cause = |id: &String| {
                let at = index.causes.binary_search_by(|c| c.id.as_str().cmp(id)).ok()?;
                Some(CauseId(at as u16))
            };
            let pattern = |p: IndexPattern| catalog.pattern(p, cause);
            index.patterns.into_iter().map(pattern).collect()
        };
        let ids: Vec<String> = index.causes.iter().map(|c| c.id.clone()).collect();
        catalog.causes = index.causes.into_iter().map(|c| catalog.cause(c, &ids)).collect();
        catalog.close_outranks();
        catalog.group_programs();
        catalog
    }

    fn pattern(&self, p: IndexPattern, cause: impl Fn(&String) -> Option<CauseId>) -> Pattern {
        let mask = p.emitters.iter().filter_map(|e| self.emitter(e)).fold(0, |m, e| m | 1 << e);
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
            retried: p.retried,
            texts: p.texts,
        }
    }

    fn cause(&self, c: IndexCause, ids: &[String]) -> Cause {
        let position = |id: &String| ids.binary_search(id).ok().map(|at| CauseId(at as u16));
        let facts = |names: &[String]| names.iter().filter_map(|n| FactName::named(n)).collect();
        Cause {
            id: c.id.into(),
            stage: c.stage.and_then(|s| Stage::named(&s)),
            background: c.background,
            outranks: c.outranks.iter().filter_map(position).collect(),
            host: HostRules {
                confirmed_by: facts(&c.confirmed_by),
                refuted_by: facts(&c.refuted_by),
                decided_by: c.decided_by.iter().filter_map(|d| deciding(d, position)).collect(),
            },
            guessing: c.guessing,
            rules: c.rules.iter().map(|r| self.rule(r, position)).collect(),
        }
    }

    fn rule(&self, rule: &IndexRule, cause: impl Fn(&String) -> Option<CauseId>) -> Rule {
        let ids = |names: &[String]| names.iter().filter_map(|n| self.pattern_id(n)).collect();
        Rule {
            all: ids(&rule.all),
            any: ids(&rule.any),
            none: ids(&rule.none),
            last: ids(&rule.last),
            at_least: rule.at_least.as_ref().and_then(|(count, of)| Some((*count, self.pattern_id(of)?))),
            over: rule.over.iter().filter_map(cause).collect(),
            weight: Weight::named(&rule.weight).unwrap_or(Weight::Consequence),
        }
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

    /// Programs with the same set of emitters share a class, so that one matcher serves them.
    fn group_programs(&mut self) {
        let bare = |evidence: fn(&str) -> bool| {
            let speaks = |e: &Emitter| e.data.bare && evidence(&e.data.evidence);
            self.emitters.iter().enumerate().filter(|(_, e)| speaks(e)).fold(0, |m, (i, _)| m | 1 << i)
        };
        let client = bare(|evidence| evidence != "server-log");
        let server = bare(|evidence| evidence != "client-transcript");
        self.classes = vec![self.class(client), self.class(server)];
        let mut masks: FxHashMap<Box<[u8]>, u64> = FxHashMap::default();
        for (i, emitter) in self.emitters.iter().enumerate() {
            for program in &emitter.data.programs {
                *masks.entry(program.as_bytes().into()).or_default() |= 1 << i;
            }
        }
        let mut programs: Vec<_> = masks.into_iter().collect();
        programs.sort();
        for (program, mask) in programs {
            let known = self.classes.iter().skip(2).position(|c| c.emitters == mask);
            let at = known.map_or(self.classes.len(), |at| at + 2);
            if known.is_none() {
                self.classes.push(self.class(mask));
            }
            self.programs.insert(program, ClassId(at as u8));
        }
    }

    fn class(&self, mask: u64) -> Class {
        let any = |wanted: fn(&format::Emitter) -> bool| {
            self.emitters.iter().enumerate().any(|(i, e)| mask & 1 << i != 0 && wanted(&e.data))
        };
        let clients = !any(|e| e.evidence != "client-transcript");
        Class { emitters: mask, connections: any(|e| e.connections), clients, ssh: any(|e| e.ssh) }
    }

    /// The class of a header's program tag, None for programs that say nothing about logins.
    pub fn class_of(&self, program: &[u8]) -> Option<ClassId> {
        self.programs.get(program).copied()
    }

    /// The pattern of a full id.
    pub fn pattern_id(&self, id: &str) -> Option<PatternId> {
        self.patterns.binary_search_by(|p| p.id.as_str().cmp(id)).ok().map(|i| PatternId(i as u16))
    }

    /// The cause of an id.
    pub fn cause_id(&self, id: &str) -> Option<CauseId> {
        self.causes.binary_search_by(|c| c.id.as_str().cmp(id)).ok().map(|i| CauseId(i as u16))
    }

    /// What of a pattern is only needed once it is tried, or shown; decoded now.
    pub fn pattern_texts(&self, pattern: &Pattern) -> PatternTexts {
        self.tables.texts(pattern.texts)
    }

    /// The pattern at a position.
    pub fn pattern_at(&self, id: PatternId) -> &Pattern {
        &self.patterns[id.0 as usize]
    }

    /// The cause at a position.
    pub fn cause_at(&self, id: CauseId) -> &Cause {
        &self.causes[id.0 as usize]
    }

    /// The texts of a cause, parsed now.
    pub fn texts(&self, id: CauseId) -> cause::Texts {
        let wanted = self.cause_at(id).id.as_str();
        let file = self.files.iter().find(|f| format::id_of(&f.path) == wanted && format::has_title(&f.text));
        file.and_then(|f| match format::parse(&f.path, &f.text) {
            Ok(File::Cause(cause)) => Some(cause::Texts::from(*cause)),
            _ => None,
        })
        .unwrap_or_default()
    }

    /// What to collect when the evidence does not decide, in order; that of a user's folder replaces the built-in list.
    pub fn next_steps(&self) -> Vec<format::NextStep> {
        let file = self.files.iter().rfind(|f| f.path == format::NEXT_STEPS);
        match file.map(|f| format::parse(&f.path, &f.text)) {
            Some(Ok(File::NextSteps(steps))) => steps.step,
            _ => Vec::new(),
        }
    }

    /// The emitter that a pattern names first, for lines that carry no program tag.
    pub fn first_emitter(&self, id: PatternId) -> Option<&Emitter> {
        self.emitters.get(self.pattern_at(id).emitters.trailing_zeros() as usize)
    }

    /// In what kinds of evidence a pattern's emitters speak.
    pub fn evidence_of(&self, pattern: &Pattern) -> impl Iterator<Item = &str> {
        let bits = pattern.emitters;
        let emitters = self.emitters.iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1);
        emitters.map(|(_, emitter)| emitter.data.evidence.as_str())
    }

    fn emitter(&self, name: &str) -> Option<usize> {
        self.emitters.binary_search_by(|e| e.name.as_str().cmp(name)).ok()
    }
}

/// `FACT`, or `FACT over CAUSE`. Without such a fact or cause None.
fn deciding(text: &str, cause: impl Fn(&String) -> Option<CauseId>) -> Option<(FactName, Option<CauseId>)> {
    let Some((fact, over)) = text.split_once(" over ") else { return Some((FactName::named(text)?, None)) };
    Some((FactName::named(fact)?, Some(cause(&over.to_owned())?)))
}

/// What a catalog is added to: files that were checked before, and their index.
#[derive(Debug, Default)]
pub struct Base {
    index: Index,
    tables: Tables,
    files: Vec<SourceFile>,
}

impl Base {
    /// The built-in catalog.
    fn builtin() -> Self {
        let index = postcard::from_bytes(INDEX).expect("written by the build script");
        let tables = Tables {
            wordings: Wordings::packed(WORDINGS.into()),
            literals: LITERALS.into(),
            texts: TEXTS.into(),
            dispatch: Dispatch::of_bytes(DISPATCH),
        };
        Self { index, tables, files: builtin_files() }
    }
}

/// What `files` add to: the built-in catalog, or nothing where they bring emitters of their own and so stand alone.
pub fn base_of(files: &[SourceFile]) -> Base {
    let alone = files.iter().any(|f| f.path == format::EMITTERS);
    if alone { Base::default() } else { Base::builtin() }
}

/// The files of the built-in catalog.
pub fn builtin_files() -> Vec<SourceFile> {
    let file = |(path, text): &(&str, &'static str)| SourceFile {
        path: (*path).to_owned(),
        shown: format!("patterns/{path}"),
        text: Cow::Borrowed(text),
    };
    FILES.iter().map(file).collect()
}

/// The TOML files of a catalog folder, in order of their paths.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<SourceFile>, Error> {
    let mut files = Vec::new();
    collect(folder, folder, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<SourceFile>) -> Result<(), Error> {
    let failed = |path: &Path, e| Error::Io { doing: "read", path: path.to_owned(), source: e };
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let path = entry.map_err(|e| failed(folder, e))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|e| failed(&path, e))?;
            let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            files.push(SourceFile {
                path: relative.replace('\\', "/"),
                shown: path.display().to_string(),
                text: Cow::Owned(text),
            });
        }
    }
    Ok(())
}
