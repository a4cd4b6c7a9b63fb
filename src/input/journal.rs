//! Binary journal files → lines.
//!
//! In: the bytes of a `.journal` file, whole, cut short or damaged. Out: blocks of text with one line for each entry, in the order
//! in which they were written. Knows nothing of patterns: whose entries matter is asked for, and the line of any other is empty.
//!
//! The file is walked from object to object, and not by its indexes: an entry always lies behind the data that it refers to, so
//! that whatever was lost, all the rest is found. Every byte is passed once and what an entry refers to is looked at within
//! bounds, so that no file can make this take long. Written from systemd's description of the format (JOURNAL_FILE_FORMAT):
//! the libraries at hand read folders of journals by their indexes, and neither bytes of an archive nor what is damaged.

pub mod dump;

mod compressed;
mod entry;
mod object;

use crate::evidence::widen;
use crate::record::time::Micros;
use compressed::Decoder;
use entry::{Entry, Field};
use object::{Header, Kind, Object};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::io;

/// Bytes of text in a block.
const BLOCK: usize = 8 << 20;
/// Bytes of a field that are used. sshd's lines have at most 1024.
const MAX_VALUE: usize = 8 << 10;
/// Fields that an entry may have; journald itself writes no more.
const MAX_FIELDS: usize = 1024;
/// Bytes of decompressed fields that are remembered.
const MAX_REMEMBERED: usize = 16 << 20;
/// Decompressed fields that are remembered.
const MAX_REMEMBERED_FIELDS: usize = 64 << 10;

/// Whether a file that begins so is a binary journal.
pub fn is_journal(head: &[u8]) -> bool {
    head.starts_with(object::SIGNATURE)
}

/// A journal file being read.
#[derive(Debug)]
pub struct Journal<'b> {
    bytes: &'b [u8],
    header: Header,
    at: usize,
    /// Where the room begins that journald keeps for what is to come: zeros to the end of the file.
    end: usize,
    entries: u64,
    /// Bytes that are no object, between objects.
    passed_over: u64,
    /// Entries that refer to something that is not there.
    incomplete: u64,
    span: Option<(Micros, Micros)>,
    compressed: Compressed,
}

impl<'b> Journal<'b> {
    /// Reads the header.
    ///
    /// # Errors
    /// It is none, or of a kind that is not known.
    pub fn open(bytes: &'b [u8]) -> io::Result<Self> {
        let header = Header::parse(bytes)?;
        let at = header.size;
        let compressed = Compressed::default();
        let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        Ok(Self { bytes, header, at, end, entries: 0, passed_over: 0, incomplete: 0, span: None, compressed })
    }

    /// The next entries, a line each; empty where `wanted` does not want what its program says. None at the end.
    pub fn next_block(&mut self, wanted: &dyn Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        while out.len() < BLOCK
            && let Some(object) = self.next_object()
        {
            match object.kind {
                Kind::Data => self.compressed.allowed += 2,
                Kind::Entry => {
                    self.entries += 1;
                    let entry = self.entry(&object);
                    self.span = widen(self.span, entry.time().map(|t| (t, t)));
                    if wanted(entry.program()) {
                        entry.write(&mut out);
                    }
                    out.push(b'\n');
                }
                _ => {}
            }
        }
        (!out.is_empty()).then_some(out)
    }

    /// When the first and the last entry were received, as far as the file says so itself and can be believed.
    pub fn said_span(&self) -> Option<(Micros, Micros)> {
        self.header.span
    }

    /// Times of the first and the last entry of those read so far.
    pub fn span(&self) -> Option<(Micros, Micros)> {
        self.span
    }

    /// What to tell the user of a file that is not as it should be, once all of it was read.
    pub fn damage(&self) -> Option<String> {
        let lost = self.header.entries.saturating_sub(self.entries);
        let what = match (lost, self.passed_over, self.incomplete) {
            (0, 0, 0) => return None,
            (0, 0, incomplete) => format!("parts of {incomplete} entries cannot be read"),
            (0, bytes, _) => format!("{bytes} bytes were passed over"),
            (lost, _, _) => format!("{lost} of its {} entries are not there", self.header.entries),
        };
        Some(format!("is a damaged or incomplete journal: {what}; the others are used"))
    }

    /// The object at the present place, or the next one that can be made out.
    fn next_object(&mut self) -> Option<Object<'b>> {
        let from = self.at;
        if Object::at(self.bytes, from, self.header.compact).is_none() {
            while self.at < self.end && !self.is_object_again() {
                self.at += 8;
            }
            self.passed_over += (self.at.min(self.end) - from.min(self.end)) as u64;
        }
        let found = Object::at(self.bytes, self.at, self.header.compact)?;
        let next = object::aligned(self.at + found.bytes.len());
        // A size that leads nowhere is not to be believed.
        self.at = if self.may_go_on(next) { next } else { self.at + 8 };
        Some(found)
    }

    /// Whether an object or the end is here.
    fn may_go_on(&self, at: usize) -> bool {
        at >= self.end || Object::at(self.bytes, at, self.header.compact).is_some()
    }

    /// Whether objects follow each other from here on: what is within an object may look like one, by chance or on purpose.
    fn is_object_again(&self) -> bool {
        let mut at = self.at;
        (0..3).all(|_| {
            let object = Object::at(self.bytes, at, self.header.compact).filter(|o| o.kind != Kind::Unused);
            let ends = at > self.at && self.may_go_on(at);
            at = object::aligned(at + object.as_ref().map_or(0, |o| o.bytes.len()));
            object.is_some() || ends
        })
    }

    fn entry(&mut self, object: &Object<'b>) -> Entry<'b> {
        let mut entry = Entry::default();
        entry.received_at(object.realtime());
        let mut complete = true;
        for item in object.items(self.header.compact).take(MAX_FIELDS) {
            let data = usize::try_from(item.offset).ok().filter(|at| *at < self.at);
            let data = data.and_then(|at| Object::at(self.bytes, at, self.header.compact));
            let data = data.filter(|d| d.kind == Kind::Data && item.hash.is_none_or(|hash| d.hash() == hash));
            match data {
                Some(data) if data.compression == 0 => {
                    let text = data.payload(self.header.compact);
                    if let Some((field, value)) = entry::split(&text[..text.len().min(MAX_VALUE)]) {
                        entry.set(field, Cow::Borrowed(value));
                    }
                }
                Some(data) => complete &= self.compressed.read(item.offset, &data, self.header.compact, &mut entry),
                None => complete = false,
            }
        }
        self.incomplete += u64::from(!complete);
        entry
    }
}

/// A field that matters, unpacked.
type Value = (Field, Box<[u8]>);

/// The fields that are stored compressed.
#[derive(Debug, Default)]
struct Compressed {
    decoder: Decoder,
    /// By offset; none for a field that is of no interest.
    known: FxHashMap<u64, Option<Value>>,
    bytes: usize,
    /// How many more may be decompressed: twice as many as there are, so that nothing is gained by referring to a few
    /// in turns that are forgotten just before.
    allowed: u64,
}

impl Compressed {
    /// Puts a field into an entry. False where it cannot be read.
    fn read(&mut self, offset: u64, data: &Object<'_>, compact: bool, entry: &mut Entry<'_>) -> bool {
        if !self.known.contains_key(&offset) {
            if self.allowed == 0 {
                return false;
            }
            self.allowed -= 1;
            let Some(text) = self.decoder.beginning(data.compression, data.payload(compact), MAX_VALUE) else {
                return false;
            };
            if self.bytes > MAX_REMEMBERED || self.known.len() > MAX_REMEMBERED_FIELDS {
                self.known.clear();
                self.bytes = 0;
            }
            let field = entry::split(&text).map(|(field, value)| (field, value.into()));
            self.bytes += text.len();
            self.known.insert(offset, field);
        }
        if let Some(Some((field, value))) = self.known.get(&offset) {
            entry.set(*field, Cow::Owned(value.to_vec()));
        }
        true
    }
}
