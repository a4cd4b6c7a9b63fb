//! What the user names → bytes.
//!
//! In: paths, or standard input. Out: a list of [`Place`]s in a fixed order, and the bytes of each when it is its turn; those
//! of compressed files and archives by [`archive::walk`].
//! Knows nothing of lines, records or patterns. Nothing here can hang on a special file, and one bad file stops no other.

pub mod archive;
mod decompress;
pub mod encoding;
pub mod journal;
pub mod limits;
pub mod rotation;
pub mod stream;
pub mod tail;
mod tar;
mod zip;

use crate::detect::SMALL;
use crate::error::Error;
use crate::framing;
use crate::mmap::Mapping;
use crate::record::time::Micros;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use stream::{Source, Stream};

/// Name of standard input in reports.
pub const STDIN: &str = "-";

/// Largest binary journal from a pipe or archive; journald begins another file at this size.
const MAX_STREAMED_JOURNAL: u64 = 128 << 20;

/// Something to read, or the reason why it cannot be.
#[derive(Debug)]
pub struct Place {
    /// As the user named it, or found below what the user named.
    pub path: PathBuf,
    /// Why it will not be read.
    pub refused: Option<String>,
}

/// The content of a place, or of a member of an archive.
#[derive(Debug)]
pub enum Content<'a> {
    /// All of it in memory.
    Owned(Vec<u8>),
    /// A regular file in the page cache.
    Mapped(Mapping),
    /// Something whose end is not in sight; what was read ahead is in it.
    Stream(Stream<'a>),
}

impl<'a> Content<'a> {
    /// All bytes; none of a stream.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(mapping) => mapping.strip_prefix(encoding::UTF8_MARK).unwrap_or(mapping),
            Self::Stream(_) => &[],
        }
    }

    /// All bytes, or what is known of the beginning of a stream.
    pub fn head(&self) -> &[u8] {
        match self {
            Self::Stream(stream) => stream.head(),
            whole => whole.bytes(),
        }
    }

    /// The content in blocks of whole lines, for those who need no more at a time.
    pub fn blocks(&mut self, size: usize) -> Blocks<'_, 'a> {
        match self {
            Self::Stream(stream) => Blocks::Streamed(stream),
            whole => {
                let bytes = whole.bytes();
                Blocks::Whole(bytes, framing::chunks(bytes, size).into_iter())
            }
        }
    }

    fn source(&mut self) -> Source<'_> {
        match self {
            Self::Stream(stream) => Box::new(stream),
            whole => Box::new(whole.bytes()),
        }
    }
}

/// Blocks of whole lines, one after the other.
#[derive(Debug)]
pub enum Blocks<'s, 'a> {
    /// Of what is in memory.
    Whole(&'s [u8], std::vec::IntoIter<Range<usize>>),
    /// Of a stream, in its own sizes.
    Streamed(&'s mut Stream<'a>),
}

impl Blocks<'_, '_> {
    /// The next block, with the number of bytes that it stands for.
    ///
    /// # Errors
    /// Reading failed.
    #[allow(clippy::should_implement_trait, reason = "an iterator of results would not end at the first error")]
    pub fn next(&mut self) -> io::Result<Option<(u64, Cow<'_, [u8]>)>> {
        Ok(match self {
            Self::Whole(bytes, ranges) => ranges.next().map(|r| (r.len() as u64, Cow::Borrowed(&bytes[r]))),
            Self::Streamed(stream) => {
                let block = stream.next_block()?;
                block.map(|block| (block.len() as u64 + stream.take_skipped(), Cow::Owned(block)))
            }
        })
    }
}

/// A place, or a member of an archive, opened.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Its content.
    pub content: Content<'a>,
    /// When it was last written, if that is known.
    pub modified: Option<Micros>,
    /// Bytes, as stored or as the archive says; 0 where that is not known.
    pub bytes: u64,
    /// Why the content is not all there was.
    pub damage: Option<String>,
    /// Leave to hold so much in memory.
    pub(crate) _held: Option<limits::Permit>,
}

impl Opened<'_> {
    /// What to tell the user when not all of it was read.
    pub fn damage(&self) -> Option<String> {
        let truncated = matches!(&self.content, Content::Mapped(mapping) if mapping.was_truncated());
        let truncated =
            truncated.then(|| "was truncated while it was read; what was there until then is used".to_owned());
        self.damage.clone().or(truncated)
    }
}

/// Lists what `paths` stand for: files as they are, directories with everything below, in order of names.
pub fn list(paths: &[PathBuf]) -> Vec<Place> {
    let mut walk = Walk::default();
    for path in paths {
        if path.as_os_str() == STDIN {
            walk.places.push(Place { path: path.clone(), refused: None });
            continue;
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => walk.directory(path, &meta),
            Ok(_) => walk.places.push(Place { path: path.clone(), refused: None }),
            Err(e) => walk.places.push(Place { path: path.clone(), refused: Some(e.to_string()) }),
        }
    }
    walk.places
}

#[derive(Default)]
struct Walk {
    places: Vec<Place>,
    directories: HashSet<(u64, u64)>,
    files: HashSet<(u64, u64)>,
}

impl Walk {
    /// Files first, then what links lead to, so that nothing below one directory is read twice and no loop is walked.
    fn directory(&mut self, path: &Path, meta: &Metadata) {
        if !self.directories.insert((meta.dev(), meta.ino())) {
            return;
        }
        let mut entries: Vec<PathBuf> = match fs::read_dir(path) {
            Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
            Err(e) => return self.refuse(path, e.to_string()),
        };
        let name = |entry: &PathBuf| entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        entries.sort_by(|a, b| rotation::order(&name(a), &name(b)).then_with(|| a.cmp(b)));
        let (links, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|p| p.is_symlink());
        for entry in own.iter().chain(&links) {
            match fs::metadata(entry) {
                Err(e) => self.refuse(entry, e.to_string()),
                Ok(meta) if meta.is_dir() => self.directory(entry, &meta),
                Ok(meta) => match special(&meta) {
                    Some(what) => self.refuse(entry, format!("is {what}, which is read only when named itself")),
                    None if self.files.insert((meta.dev(), meta.ino())) => {
                        self.places.push(Place { path: entry.clone(), refused: None });
                    }
                    None => {}
                },
            }
        }
    }

    fn refuse(&mut self, path: &Path, reason: String) {
        self.places.push(Place { path: path.to_owned(), refused: Some(reason) });
    }
}

/// What a file is that is no regular file.
fn special(meta: &Metadata) -> Option<&'static str> {
    let kind = meta.file_type();
    let named = [
        (kind.is_fifo(), "a named pipe"),
        (kind.is_socket(), "a socket"),
        (kind.is_char_device(), "a device"),
        (kind.is_block_device(), "a device"),
        (kind.is_dir(), "a directory"),
    ];
    named.into_iter().find_map(|(is, name)| is.then_some(name))
}

impl Place {
    /// What to call it in reports.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Opens it.
    ///
    /// # Errors
    /// It cannot be read, or is nothing that has an end.
    pub fn open(&self) -> Result<Opened<'static>, Error> {
        let failed = |source| Error::Io { doing: "read", path: self.path.clone(), source };
        if self.path.as_os_str() == STDIN || self.path.as_os_str() == "/dev/stdin" {
            return open_stdin().map_err(failed);
        }
        let meta = fs::metadata(&self.path).map_err(failed)?;
        let refuse = |what: &str| failed(io::Error::other(format!("is {what}")));
        match special(&meta) {
            None => open_regular(open(&self.path, 0).map_err(failed)?, &meta).map_err(failed),
            Some("a named pipe") => {
                // Without this flag, opening waits for a writer that may never come.
                let file = open(&self.path, libc::O_NONBLOCK).map_err(failed)?;
                let first = stream::await_writer(&file).map_err(failed)?;
                read(Box::new(file), first).map_err(failed)
            }
            Some(what) => Err(refuse(what)),
        }
    }
}

fn open(path: &Path, flags: i32) -> io::Result<File> {
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Standard input: a redirected file is a file, anything else a stream.
fn open_stdin() -> io::Result<Opened<'static>> {
    let file = crate::mmap::duplicate_stdin()?;
    let meta = file.metadata()?;
    if meta.is_file() { open_regular(file, &meta) } else { read(Box::new(file), Vec::new()) }
}

fn open_regular(mut file: File, meta: &Metadata) -> io::Result<Opened<'static>> {
    let modified = Some(meta.mtime() * 1_000_000);
    // Files of /proc say 0 bytes and have some.
    let small = meta.len() <= SMALL as u64;
    let content = if small {
        let mut bytes = Vec::with_capacity(meta.len() as usize + 1);
        file.by_ref().take(SMALL as u64 * 64).read_to_end(&mut bytes)?;
        Content::Owned(bytes)
    } else {
        Content::Mapped(Mapping::new(&file)?)
    };
    let bytes = match &content {
        Content::Owned(bytes) => bytes.len() as u64,
        _ => meta.len(),
    };
    Ok(Opened { content: decoded(content)?, modified, bytes, damage: None, _held: None })
}

/// Reads what is small; the beginning of what is not. What goes wrong on the way leaves what was there.
fn read<'a>(mut source: Source<'a>, mut ahead: Vec<u8>) -> io::Result<Opened<'a>> {
    let missing = (SMALL + 1).saturating_sub(ahead.len()) as u64;
    let failed = source.by_ref().take(missing).read_to_end(&mut ahead).err();
    if failed.is_some() && ahead.is_empty() {
        return failed.map_or_else(|| unreachable!("checked above"), Err);
    }
    if ahead.len() <= SMALL || failed.is_some() {
        let bytes = ahead.len() as u64;
        let damage = failed.map(|e| format!("{e}; what was there until then is used"));
        return Ok(Opened { content: decoded(Content::Owned(ahead))?, modified: None, bytes, damage, _held: None });
    }
    if journal::is_journal(&ahead) {
        return read_journal(source, ahead);
    }
    if encoding::is_utf16(&ahead) {
        return Err(io::Error::other(
            "is UTF-16 text of over 1 MiB from a pipe or archive; convert it with iconv -t UTF-8",
        ));
    }
    if ahead.starts_with(encoding::UTF8_MARK) {
        ahead.drain(..encoding::UTF8_MARK.len());
    }
    Ok(Opened {
        content: Content::Stream(Stream::new(source, ahead)),
        modified: None,
        bytes: 0,
        damage: None,
        _held: None,
    })
}

/// A binary journal must lie in memory, for its entries refer to what is far before them; one at a time does.
fn read_journal(source: Source<'_>, mut bytes: Vec<u8>) -> io::Result<Opened<'_>> {
    let held = limits::one_journal();
    source.take(MAX_STREAMED_JOURNAL + 1 - bytes.len() as u64).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_STREAMED_JOURNAL {
        return Err(io::Error::other(
            "is a journal of over 128 MiB from a pipe or archive; unpack it and name the file",
        ));
    }
    let size = bytes.len() as u64;
    Ok(Opened { content: Content::Owned(bytes), modified: None, bytes: size, damage: None, _held: Some(held) })
}

/// Turns UTF-16 into UTF-8, and takes a byte order mark off.
fn decoded(content: Content<'_>) -> io::Result<Content<'_>> {
    if journal::is_journal(content.bytes()) {
        return Ok(content);
    }
    if encoding::is_utf16(content.bytes()) {
        return encoding::from_utf16(content.bytes()).map(Content::Owned);
    }
    Ok(match content {
        Content::Owned(mut bytes) if bytes.starts_with(encoding::UTF8_MARK) => {
            bytes.drain(..encoding::UTF8_MARK.len());
            Content::Owned(bytes)
        }
        other => other,
    })
}
