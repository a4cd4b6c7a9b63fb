//! The catalog: what sshtriage knows, read from `patterns/` and the folders a user adds.
//!
//! In: the embedded index and files, or the TOML files of a folder. Out: [`Catalog`], checked, with every name resolved.
//! Knows nothing of inputs, threads or output. Texts for people stay unparsed until somebody asks for them.

pub mod cause;
pub mod check;
pub mod format;
pub mod index;
mod kept;
pub mod patterns;
pub mod resolve;
pub mod tables;
pub mod traits;

pub use resolve::{
    Cause, CauseId, Class, ClassId, Emitter, HostRules, Kind, Lapse, MOST_LAPSES, Name, Pattern, PatternId, Place,
    Rule, Stage, Weight,
};

use crate::error::Error;
use format::File;
use index::{Index, IndexHearsay};
use patterns::Patterns;
use resolve::Resolved;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use tables::{PatternTexts, Tables};
use traits::Traits;

static RESOLVED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/resolved.bin"));
static PATTERNS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/patterns.bin"));
static TRAITS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/traits.bin"));
static INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/index.bin"));
static WORDINGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wordings.bin"));
static LITERALS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/literals.bin"));
static PARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/parts.bin"));
static TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/texts.bin"));
static DISPATCH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dispatch.bin"));
static EXPLAINED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/explained.bin"));
/// Path, text, and where in [`EXPLAINED`] the texts of a cause lie.
static FILES: &[(&str, &str, (u32, u32))] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Everything known. Positions are stable for one set of files.
#[derive(Debug, Default)]
pub struct Catalog {
    /// In order of id.
    pub causes: Vec<Cause>,
    /// In order of id.
    pub patterns: Patterns,
    /// What is asked of them for every line.
    pub traits: Traits,
    /// General words, and whose they are.
    pub phrases: Vec<(PatternId, Name)>,
    /// In order of name.
    pub emitters: Vec<Emitter>,
    /// See [`Class`]; the first two are [`Catalog::BARE_CLIENT`] and [`Catalog::BARE_SERVER`].
    pub classes: Vec<Class>,
    /// What rules want to know of the time between lines, see [`Rule::lapses`].
    pub lapses: Vec<Lapse>,
    /// What says that a message is only named.
    pub hearsay: IndexHearsay,
    /// What matching needs.
    pub tables: Tables,
    programs: FxHashMap<Cow<'static, [u8]>, ClassId>,
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
    /// The texts of a cause, where the build script has read them.
    explained: &'static [u8],
}

impl Catalog {
    /// Lines without a header in a client's transcript.
    pub const BARE_CLIENT: ClassId = ClassId(0);
    /// Lines without a header in what sshd printed to a file or terminal.
    pub const BARE_SERVER: ClassId = ClassId(1);

    /// The catalog built into the program.
    pub fn builtin() -> Self {
        let known = postcard::from_bytes(RESOLVED).expect("written by the build script");
        let (patterns, traits) = (Patterns::packed(PATTERNS), Traits::packed(TRAITS.into()));
        Self::new(known, patterns, traits, builtin_tables(), builtin_files())
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
        let kept = kept::Place::of(folders, &files);
        if let Some(catalog) = kept.as_ref().and_then(|place| place.load(&files)) {
            return Ok(catalog);
        }
        let (catalog, problems) = check::check(base_of(&files), &files);
        if !problems.is_empty() {
            return Err(Error::Catalog { problems });
        }
        kept.and_then(|place| place.keep(&catalog));
        Ok(catalog)
    }

    /// The patterns of `known` are those given packed.
    fn new(known: Resolved, patterns: Patterns, traits: Traits, tables: Tables, files: Vec<SourceFile>) -> Self {
        let Resolved { causes, patterns: _, phrases, emitters, classes, programs, lapses, hearsay } = known;
        let bytes = |name: Name| match name {
            Cow::Borrowed(name) => Cow::Borrowed(name.as_bytes()),
            Cow::Owned(name) => Cow::Owned(name.into_bytes()),
        };
        let programs = programs.into_iter().map(|(program, class)| (bytes(program), class)).collect();
        Self { causes, patterns, traits, phrases, emitters, classes, lapses, hearsay, tables, programs, files }
    }

    /// What [`Catalog::new`] was given, without the patterns.
    fn resolved(&self) -> Resolved {
        let text =
            |(name, class): (&Cow<'_, [u8]>, &ClassId)| (String::from_utf8_lossy(name).into_owned().into(), *class);
        Resolved {
            causes: self.causes.clone(),
            patterns: Vec::new(),
            phrases: self.phrases.clone(),
            emitters: self.emitters.clone(),
            classes: self.classes.clone(),
            programs: self.programs.iter().map(text).collect(),
            lapses: self.lapses.clone(),
            hearsay: self.hearsay.clone(),
        }
    }

    /// What a rule wants to know of the time between lines.
    pub fn lapses_of(&self, rule: &Rule) -> impl Iterator<Item = &Lapse> {
        resolve::lapses_of(&self.lapses, rule)
    }

    /// The class of a header's program tag, None for programs that say nothing about logins.
    pub fn class_of(&self, program: &[u8]) -> Option<ClassId> {
        self.programs.get(program).copied()
    }

    /// The pattern of a full id.
    pub fn pattern_id(&self, id: &str) -> Option<PatternId> {
        self.patterns.position(id)
    }

    /// The cause of an id.
    pub fn cause_id(&self, id: &str) -> Option<CauseId> {
        self.causes.binary_search_by(|c| c.id.as_ref().cmp(id)).ok().map(|i| CauseId(i as u16))
    }

    /// What of a pattern is only needed once it is tried, or shown; decoded now.
    pub fn pattern_texts(&self, pattern: &Pattern) -> PatternTexts {
        self.tables.texts(pattern.texts)
    }

    /// The pattern at a position.
    pub fn pattern_at(&self, id: PatternId) -> &Pattern {
        self.patterns.at(id)
    }

    /// The general words of a pattern, see `PatternEntry::phrases`.
    pub fn phrases_of(&self, pattern: &Pattern) -> impl Iterator<Item = &str> {
        let wanted = pattern.general.then(|| self.pattern_id(&pattern.id)).flatten();
        self.phrases.iter().filter(move |(owner, _)| Some(*owner) == wanted).map(|(_, phrase)| phrase.as_ref())
    }

    /// The cause at a position.
    pub fn cause_at(&self, id: CauseId) -> &Cause {
        &self.causes[id.0 as usize]
    }

    /// The texts of a cause, read now.
    pub fn texts(&self, id: CauseId) -> cause::Texts {
        let wanted = self.cause_at(id).id.as_ref();
        let is_its = |path: &str| {
            let names = path.strip_suffix(".toml").and_then(|path| path.split_once('/'));
            names.is_some_and(|names| wanted.split_once('.') == Some(names))
        };
        let file = self.files.iter().find(|f| is_its(&f.path) && format::has_title(&f.text));
        if let Some(explained) = file.map(|f| f.explained).filter(|explained| !explained.is_empty()) {
            return postcard::from_bytes(explained).expect("written by the build script");
        }
        let parsed = |path: &str, text: &str| match format::parse(path, text) {
            Ok(File::Cause(cause)) => Some(cause::Texts::from(*cause)),
            _ => None,
        };
        // The patterns are most of a file, and no part of its texts.
        file.and_then(|f| parsed(&f.path, format::without_patterns(&f.text)).or_else(|| parsed(&f.path, &f.text)))
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
        resolve::evidence_of(&self.emitters, pattern)
    }

    /// Whether a pattern is the output of a command on a server, and neither of a log nor a client's words.
    pub fn is_shown(&self, pattern: &Pattern) -> bool {
        resolve::is_shown(&self.emitters, pattern)
    }

    /// Whether a line may be of a process of its own that no line of its connection names.
    pub fn speaks_apart(&self, pattern: &Pattern) -> bool {
        let apart = |(bit, e): (usize, &Emitter)| e.data.apart && pattern.emitters >> bit & 1 == 1;
        self.emitters.iter().enumerate().any(apart)
    }
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
        Self { index, tables: builtin_tables(), files: builtin_files() }
    }
}

fn builtin_tables() -> Tables {
    Tables::packed([WORDINGS, LITERALS, PARTS, TEXTS, DISPATCH])
}

/// What `files` add to: the built-in catalog, or nothing where they bring emitters of their own and so stand alone.
pub fn base_of(files: &[SourceFile]) -> Base {
    if stand_alone(files) { Base::default() } else { Base::builtin() }
}

fn stand_alone(files: &[SourceFile]) -> bool {
    files.iter().any(|f| f.path == format::EMITTERS)
}

/// The files of the built-in catalog.
pub fn builtin_files() -> Vec<SourceFile> {
    let file = |(path, text, (from, to)): &(&str, &'static str, (u32, u32))| SourceFile {
        path: (*path).to_owned(),
        shown: format!("patterns/{path}"),
        text: Cow::Borrowed(text),
        explained: &EXPLAINED[*from as usize..*to as usize],
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
                explained: &[],
            });
        }
    }
    Ok(())
}
