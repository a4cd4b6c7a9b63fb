//! A user's catalog as it was compiled last, kept in the user's cache folder: a thousand patterns of one's own take many times as
//! long to check and to index as a pasted transcript takes to read.
//!
//! In: the folders and the files read from them, later the catalog that they made. Out: that catalog, for as long as the files and
//! this program are the same. Only catalogs without problems are kept, one for each list of folders. Whatever goes wrong here
//! (no home, no room, another program's file) means compiling again and is nobody's concern.
//!
//! The tables are used where they lie in the mapped file; names are copied, since they are text and must stay what was checked.

use super::patterns::Patterns;
use super::resolve::Resolved;
use super::tables::Tables;
use super::traits::Traits;
use super::{Catalog, SourceFile};
use crate::mmap::Mapping;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use twox_hash::XxHash3_128;

/// Of the patterns and the code that this program was built from.
static BUILD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/build.bin"));
/// Names, patterns, their traits, wordings, literals, parts, texts and dispatch.
const PARTS: usize = 8;
/// The key, and the length of each part.
const HEADER: usize = 16 + 8 * PARTS;

/// Where the catalog of these folders is kept, and the key that says whether it is still of their files.
pub(super) struct Place {
    path: PathBuf,
    key: [u8; 16],
}

impl Place {
    /// None where there is nowhere to keep it.
    pub(super) fn of(folders: &[PathBuf], files: &[SourceFile]) -> Option<Self> {
        let set = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")))?;
        let mut name = XxHash3_128::new();
        for folder in folders {
            add(&mut name, fs::canonicalize(folder).ok()?.as_os_str().as_encoded_bytes());
        }
        let mut key = XxHash3_128::new();
        add(&mut key, BUILD);
        for file in files {
            add(&mut key, file.path.as_bytes());
            add(&mut key, file.text.as_bytes());
        }
        let path = cache.join("sshtriage").join(format!("{:032x}.catalog", name.finish_128()));
        Some(Self { path, key: key.finish_128().to_le_bytes() })
    }

    /// What was kept of the same files.
    pub(super) fn load(&self, files: &[SourceFile]) -> Option<Catalog> {
        let file = File::open(&self.path).ok()?;
        let mapping = Mapping::new(&file).ok()?;
        if !(mapping.len() > HEADER && mapping.starts_with(&self.key) && mapping.ends_with(&self.key)) {
            return None;
        }
        // To the end of the process: the tables borrow from it.
        let bytes: &'static [u8] = Box::leak(Box::new(mapping));
        let mut from = HEADER;
        let mut parts = [&bytes[..0]; PARTS];
        for (at, part) in parts.iter_mut().enumerate() {
            let length = bytes.get(16 + 8 * at..24 + 8 * at)?;
            let to = from.checked_add(usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?)?;
            *part = bytes.get(from..to)?;
            from = to;
        }
        let [names, patterns, traits, tables @ ..] = parts;
        let known: Resolved = postcard::from_bytes(names.to_vec().leak()).ok()?;
        let alone = super::stand_alone(files);
        let mut all = if alone { Vec::new() } else { super::builtin_files() };
        all.extend_from_slice(files);
        let (patterns, traits) = (Patterns::packed(patterns.to_vec().leak()), Traits::packed(traits.into()));
        Some(Catalog::new(known, patterns, traits, Tables::packed(tables), all))
    }

    /// Keeps what `files` were compiled to. Whoever reads meanwhile has the old one or the new one, never half of one.
    pub(super) fn keep(&self, catalog: &Catalog) -> Option<()> {
        let folder = self.path.parent()?;
        let names = postcard::to_allocvec(&catalog.resolved()).ok()?;
        let Tables { wordings, literals, parts, texts, dispatch } = &catalog.tables;
        let (patterns, traits) = (catalog.patterns.as_bytes(), catalog.traits.as_bytes());
        let parts: [&[u8]; PARTS] =
            [&names, patterns, traits, wordings.as_bytes(), literals, parts, texts, &dispatch.to_bytes()];
        fs::create_dir_all(folder).ok()?;
        let made = folder.join(format!("{}.new", std::process::id()));
        // Another that writes the same, on another machine with the same home, is left alone.
        let file = File::create_new(&made).ok()?;
        let written = write(file, &self.key, &parts).and_then(|()| fs::rename(&made, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&made);
        }
        written.ok()
    }
}

fn write(mut file: File, key: &[u8], parts: &[&[u8]]) -> std::io::Result<()> {
    file.write_all(key)?;
    for part in parts {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    for part in parts {
        file.write_all(part)?;
    }
    file.write_all(key)
}

/// With its length, so that no two lists of texts are the same bytes.
fn add(hash: &mut XxHash3_128, text: &[u8]) {
    hash.write(&(text.len() as u64).to_le_bytes());
    hash.write(text);
}
