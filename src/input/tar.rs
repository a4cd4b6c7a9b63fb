//! tar archives: v7, ustar, GNU and pax, with long names and sparse files.
//!
//! In: a reader. Out: [`Entry`] after entry, each with its bytes. Names are only text here.
//!
//! The `tar` crate knows the fields of headers. Walking from one to the next is done here, because what a header announces
//! (a name of 20 GB, a file of zeros of 8 EB) must not be believed with memory, and because a damaged header must not hide
//! what comes behind it.

use crate::record::time::Micros;
use std::io::{self, Read};
use tar::{EntryType, GnuExtSparseHeader, GnuHeader, Header, PaxExtensions};

const BLOCK: usize = 512;
/// Bytes of a long name or of pax records that are kept.
const MOST_SAID: u64 = 1 << 20;
/// Pieces of a sparse file.
const MOST_PIECES: usize = 65_536;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A directory, or a link to what is elsewhere.
    Nothing,
    /// A device or the like.
    Special(&'static str),
}

/// A member of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) kind: Kind,
    /// Bytes when unpacked.
    pub(super) size: u64,
    pub(super) modified: Option<Micros>,
    /// Where the bytes of a sparse file belong: offset and length.
    pieces: Option<Vec<(u64, u64)>>,
}

impl Entry {
    /// Whether it is larger unpacked than in the archive.
    pub(super) fn is_sparse(&self) -> bool {
        self.pieces.is_some()
    }
}

/// The entries of an archive.
pub(super) struct Entries<R> {
    reader: R,
    /// Bytes of the current entry, and of what fills its last block, that were not read yet.
    left: u64,
    padding: u64,
    /// Headers that made no sense.
    pub(super) damaged: u64,
}

/// What long names and pax records say of the entry behind them.
#[derive(Debug, Default)]
struct Said {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<Micros>,
    sparse_name: Option<Vec<u8>>,
    sparse_size: Option<u64>,
    sparse_map: Vec<u64>,
    sparse_in_data: bool,
}

/// Whether this begins like a tar archive.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(..BLOCK).is_some_and(|block| block[0] != 0 && is_header(block))
}

fn is_header(block: &[u8]) -> bool {
    let header = Header::from_byte_slice(block);
    let sum = |range: std::ops::Range<usize>| block[range].iter().map(|b| u32::from(*b)).sum::<u32>();
    let expected = sum(0..148) + 8 * u32::from(b' ') + sum(156..BLOCK);
    header.cksum().is_ok_and(|found| found == expected)
}

impl<R: Read> Entries<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, left: 0, padding: 0, damaged: 0 }
    }

    /// The next member; what was not read of the one before is skipped.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut said = Said::default();
        loop {
            skip(&mut self.reader, self.left + self.padding)?;
            (self.left, self.padding) = (0, 0);
            let Some(block) = self.header()? else { return Ok(None) };
            let header = Header::from_byte_slice(&block);
            let size = said.size.unwrap_or(header.entry_size().unwrap_or(0));
            self.left = size;
            self.padding = size.next_multiple_of(BLOCK as u64).saturating_sub(size);
            match header.entry_type() {
                EntryType::GNULongName => {
                    let mut name = self.said()?;
                    name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
                    said.path = Some(name);
                }
                EntryType::XHeader => said.records(&self.said()?),
                EntryType::GNULongLink | EntryType::XGlobalHeader => {}
                kind => return self.entry(header, kind, said).map(Some),
            }
        }
    }

    /// The bytes of the current entry.
    pub(super) fn data<'d>(&'d mut self, entry: &'d Entry) -> Data<'d, R> {
        Data { entries: self, pieces: entry.pieces.as_deref(), at: 0, size: entry.size }
    }

    /// The next block that is a header.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut lost = false;
        loop {
            match fill(&mut self.reader, &mut block)? {
                BLOCK => {}
                0 => return Ok(None),
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
            if block.iter().all(|b| *b == 0) {
                continue;
            }
            if is_header(&block) {
                return Ok(Some(block));
            }
            self.damaged += u64::from(!lost);
            lost = true;
        }
    }

    fn said(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let most = self.left.min(MOST_SAID);
        self.reader.by_ref().take(most).read_to_end(&mut bytes)?;
        self.left -= bytes.len() as u64;
        Ok(bytes)
    }

    fn entry(&mut self, header: &Header, kind: EntryType, said: Said) -> io::Result<Entry> {
        let path = said.sparse_name.or(said.path).unwrap_or_else(|| header.path_bytes().into_owned());
        let path = String::from_utf8_lossy(&path).into_owned();
        let modified = said.modified.or_else(|| header.mtime().ok().map(|s| (s.min(1 << 40) as Micros) * 1_000_000));
        let kind = match kind {
            // What old tars mean by the slash.
            EntryType::Regular if path.ends_with('/') && header.as_ustar().is_none() => Kind::Nothing,
            EntryType::Directory | EntryType::Link | EntryType::Symlink => Kind::Nothing,
            EntryType::Char | EntryType::Block => Kind::Special("a device"),
            EntryType::Fifo => Kind::Special("a named pipe"),
            // POSIX: what is not known is read as a file.
            _ => Kind::File,
        };
        if matches!(kind, Kind::Nothing | Kind::Special(_)) && header.as_gnu().is_none() && header.as_ustar().is_some()
        {
            // Their size says how large the target is, or nothing.
            (self.left, self.padding) = (0, 0);
        }
        let mut entry = Entry { path, kind, size: self.left, modified, pieces: None };
        if let Some(gnu) = header.as_gnu().filter(|_| header.entry_type() == EntryType::GNUSparse) {
            entry.pieces = Some(self.sparse_of_header(gnu)?);
            entry.size = gnu.real_size().unwrap_or(self.left);
        } else if said.sparse_in_data {
            entry.pieces = Some(self.sparse_of_data()?);
            entry.size = said.sparse_size.unwrap_or(self.left);
        } else if !said.sparse_map.is_empty() {
            entry.pieces = Some(said.sparse_map.chunks_exact(2).map(|p| (p[0], p[1])).collect());
            entry.size = said.sparse_size.unwrap_or(self.left);
        }
        Ok(entry)
    }

    fn sparse_of_header(&mut self, gnu: &GnuHeader) -> io::Result<Vec<(u64, u64)>> {
        let mut pieces = Vec::new();
        let mut add = |all: &[tar::GnuSparseHeader]| {
            let filled = all.iter().filter(|s| !s.is_empty());
            pieces.extend(filled.filter_map(|s| Some((s.offset().ok()?, s.length().ok()?))));
            if pieces.len() > MOST_PIECES {
                Err(io::Error::other("is a sparse file of too many pieces"))
            } else {
                Ok(())
            }
        };
        add(&gnu.sparse)?;
        let mut extended = gnu.is_extended();
        while extended {
            let mut more = GnuExtSparseHeader::new();
            self.reader.read_exact(more.as_mut_bytes())?;
            add(more.sparse())?;
            extended = more.is_extended();
        }
        Ok(pieces)
    }

    /// The map that pax 1.0 puts before the data: decimal numbers, one a line, how many pieces first.
    fn sparse_of_data(&mut self) -> io::Result<Vec<(u64, u64)>> {
        let mut numbers = Vec::new();
        let mut number = 0u64;
        while numbers.first().is_none_or(|count: &u64| (numbers.len() as u64) < count.saturating_mul(2) + 1) {
            let mut block = [0; BLOCK];
            let wanted = self.left.min(BLOCK as u64) as usize;
            if wanted == 0 || fill(&mut self.reader, &mut block[..wanted])? < wanted {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.left -= wanted as u64;
            for byte in block {
                match byte {
                    b'0'..=b'9' => number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0')),
                    b'\n' => numbers.push(std::mem::take(&mut number)),
                    _ => {}
                }
            }
            if numbers.len() > 2 * MOST_PIECES {
                return Err(io::Error::other("is a sparse file of too many pieces"));
            }
        }
        let count = numbers[0] as usize;
        Ok(numbers[1..].chunks_exact(2).take(count).map(|p| (p[0], p[1])).collect())
    }
}

impl Said {
    fn records(&mut self, bytes: &[u8]) {
        for record in PaxExtensions::new(bytes).flatten() {
            let value = record.value_bytes();
            let number = || std::str::from_utf8(value).ok()?.parse::<u64>().ok();
            match record.key_bytes() {
                b"path" => self.path = Some(value.to_vec()),
                b"size" => self.size = number(),
                b"mtime" => self.modified = seconds(value),
                b"GNU.sparse.name" => self.sparse_name = Some(value.to_vec()),
                b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.sparse_size = number(),
                b"GNU.sparse.major" => self.sparse_in_data = value == b"1",
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => self.sparse_map.extend(number()),
                b"GNU.sparse.map" => {
                    let numbers = value.split(|b| *b == b',').filter_map(|n| std::str::from_utf8(n).ok()?.parse().ok());
                    self.sparse_map = numbers.collect();
                }
                _ => {}
            }
        }
    }
}

/// Seconds since 1970 with a fraction.
fn seconds(text: &[u8]) -> Option<Micros> {
    let seconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (0.0..1e12).contains(&seconds).then_some((seconds * 1e6) as Micros)
}

/// Bytes of an entry, with the holes of a sparse one.
pub(super) struct Data<'d, R> {
    entries: &'d mut Entries<R>,
    pieces: Option<&'d [(u64, u64)]>,
    at: u64,
    size: u64,
}

impl<R: Read> Read for Data<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut most = (into.len() as u64).min(self.size.saturating_sub(self.at));
        let mut hole = false;
        if let Some(pieces) = &mut self.pieces {
            while let [(from, length), rest @ ..] = *pieces
                && self.at >= from.saturating_add(*length)
            {
                *pieces = rest;
            }
            let (from, length) = pieces.first().copied().unwrap_or((u64::MAX, 0));
            hole = self.at < from;
            most = most.min(if hole { from - self.at } else { from.saturating_add(length) - self.at });
        }
        if most == 0 {
            return Ok(0);
        }
        let into = &mut into[..most as usize];
        let count = if hole {
            into.fill(0);
            into.len()
        } else {
            let most = most.min(self.entries.left) as usize;
            self.entries.reader.read(&mut into[..most])?
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        self.entries.left -= if hole { 0 } else { count as u64 };
        Ok(count)
    }
}

/// Reads until `into` is full or the end is there.
fn fill(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match reader.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn skip(reader: &mut impl Read, count: u64) -> io::Result<()> {
    let skipped = io::copy(&mut reader.by_ref().take(count), &mut io::sink())?;
    if skipped < count { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}
