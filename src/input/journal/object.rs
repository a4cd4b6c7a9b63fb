//! The layout of a journal file: its header, and the objects behind it.
//!
//! In: bytes and a place in them. Out: an object that lies within them whole, or nothing. Knows nothing of what objects mean.

use super::entry::LATEST;
use crate::record::time::Micros;
use std::io;

/// The first bytes of a journal file.
pub(super) const SIGNATURE: &[u8] = b"LPKSHHRH";
/// Header of the oldest files.
const LEAST_HEADER: u64 = 208;

/// Features without which a file cannot be understood: compression by XZ, by LZ4, keyed hashes, compression by Zstandard,
/// compact layout.
const KNOWN_FEATURES: u32 = 0b1_1111;
const COMPACT: u32 = 0b1_0000;

/// What matters of a file's header.
#[derive(Debug)]
pub(super) struct Header {
    /// Bytes of it.
    pub(super) size: usize,
    /// Whether references have 32 bits.
    pub(super) compact: bool,
    /// How many entries the file should have.
    pub(super) entries: u64,
    /// When the first and the last entry were received, in a file that was closed in good order.
    pub(super) span: Option<(Micros, Micros)>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let cut = || io::Error::other("is the beginning of a journal, without any entry");
        let features = u32::from_le_bytes(part(bytes, 12).ok_or_else(cut)?);
        if features & !KNOWN_FEATURES != 0 {
            let unknown = features & !KNOWN_FEATURES;
            return Err(io::Error::other(format!("is a journal with features that are not known ({unknown:#x})")));
        }
        let size = number(bytes, 88).ok_or_else(cut)?;
        let entries = number(bytes, 152).ok_or_else(cut)?;
        if size < LEAST_HEADER || size % 8 != 0 || size > 64 << 10 {
            return Err(io::Error::other(format!("is a journal whose header is damaged ({size} bytes of header)")));
        }
        if size > bytes.len() as u64 {
            return Err(cut());
        }
        let time = |at| number(bytes, at).and_then(|t| Micros::try_from(t).ok()).filter(|t| (1..=LATEST).contains(t));
        let closed = matches!(bytes.get(16), Some(0 | 2)) && entries > 0;
        let span = time(184).zip(time(192)).filter(|(first, last)| closed && first <= last);
        Ok(Self { size: size as usize, compact: features & COMPACT != 0, entries, span })
    }
}

/// Kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unused,
    Data,
    Entry,
    /// Indexes, names of fields, seals.
    Other,
}

/// An object, with its header.
#[derive(Debug)]
pub(super) struct Object<'b> {
    pub(super) kind: Kind,
    /// 0, or the bit of a method.
    pub(super) compression: u8,
    pub(super) bytes: &'b [u8],
}

/// What an entry refers to.
pub(super) struct Item {
    pub(super) offset: u64,
    /// The hash that its data must have, where the layout says.
    pub(super) hash: Option<u64>,
}

impl<'b> Object<'b> {
    /// The object at a place.
    pub(super) fn at(bytes: &'b [u8], at: usize, compact: bool) -> Option<Self> {
        let rest = bytes.get(at..).filter(|_| at.is_multiple_of(8))?;
        let (kind, least) = match rest.first()? {
            0 => (Kind::Unused, 16),
            1 => (Kind::Data, payload_at(compact)),
            2 => (Kind::Other, 40),
            3 => (Kind::Entry, 64),
            4..=5 => (Kind::Other, 16),
            6 => (Kind::Other, 24),
            7 => (Kind::Other, 64),
            _ => return None,
        };
        let [compression, reserved @ ..] = part::<7>(rest, 1)?;
        let size = usize::try_from(number(rest, 8)?).ok()?;
        let sound = reserved == [0; 6] && matches!(compression, 0 | 1 | 2 | 4) && size >= least;
        let bytes = rest.get(..size).filter(|_| sound && (compression == 0 || kind == Kind::Data))?;
        Some(Self { kind, compression, bytes })
    }

    /// The hash of a data object's content.
    pub(super) fn hash(&self) -> u64 {
        number(self.bytes, 16).unwrap_or_default()
    }

    /// The content of a data object, as it is stored.
    pub(super) fn payload(&self, compact: bool) -> &'b [u8] {
        self.bytes.get(payload_at(compact)..).unwrap_or_default()
    }

    /// When an entry was received.
    pub(super) fn realtime(&self) -> u64 {
        number(self.bytes, 24).unwrap_or_default()
    }

    /// The data that an entry refers to.
    pub(super) fn items(&self, compact: bool) -> impl Iterator<Item = Item> + use<'b> {
        let items = self.bytes.get(64..).unwrap_or_default();
        items.chunks_exact(if compact { 4 } else { 16 }).map(move |item| match compact {
            true => Item { offset: u64::from(u32::from_le_bytes(part(item, 0).unwrap_or_default())), hash: None },
            false => Item { offset: number(item, 0).unwrap_or_default(), hash: number(item, 8) },
        })
    }
}

fn payload_at(compact: bool) -> usize {
    if compact { 72 } else { 64 }
}

/// Where the next object may begin.
pub(super) fn aligned(at: usize) -> usize {
    at.next_multiple_of(8)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    part(bytes, at).map(u64::from_le_bytes)
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
