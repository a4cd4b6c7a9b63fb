//! zip archives: from their directory where all of it is in sight, else from what stands before each member.
//!
//! In: bytes, or a reader. Out: [`Entry`] after entry, and the bytes of each. Names are only text here.
//!
//! The directory at the end is read by the `rawzip` crate without keeping it. A pipe, or an archive whose end is missing,
//! has none: there the headers before the members are followed, and what makes no sense is skipped up to the next header.

use crate::input::decompress::{self, Codec};
use crate::input::stream::Source;
use crate::record::time::Micros;
use chrono::NaiveDate;
use flate2::bufread::DeflateDecoder;
use rawzip::time::ZipDateTimeKind;
use rawzip::{CompressionMethod, ZipFileHeaderRecord};
use std::io::{self, BufRead, BufReader, Read};

/// Signatures of what a zip archive is made of.
const MEMBER: &[u8; 4] = b"PK\x03\x04";
const DIRECTORY: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

/// A member of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) path: String,
    /// Bytes when unpacked, as the archive says.
    pub(super) size: u64,
    pub(super) modified: Option<Micros>,
    pub(super) encrypted: bool,
    /// A directory or a link.
    pub(super) nothing: bool,
    pub(super) method: CompressionMethod,
}

/// Whether this begins like a zip archive.
pub(super) fn is_zip(head: &[u8]) -> bool {
    // Parts of what was once spread over disks have a mark before the first member.
    let head = head.strip_prefix(b"PK\x07\x08").or(head.strip_prefix(b"PK00")).unwrap_or(head);
    head.starts_with(MEMBER) || head.starts_with(END)
}

impl Entry {
    pub(super) fn of(record: &ZipFileHeaderRecord<'_>) -> Self {
        Self {
            path: name(record.file_path().as_bytes()),
            size: record.uncompressed_size_hint(),
            modified: written(record.last_modified()),
            encrypted: record.flags().is_encrypted(),
            nothing: record.is_dir() || record.mode().is_symlink(),
            method: record.compression_method(),
        }
    }

    /// The codec of a member that is compressed by one that has files of its own too.
    pub(super) fn codec(&self) -> Option<Codec> {
        match self.method {
            CompressionMethod::BZIP2 => Some(Codec::Bzip2),
            CompressionMethod::ZSTD => Some(Codec::Zstd),
            CompressionMethod::XZ => Some(Codec::Xz),
            _ => None,
        }
    }

    /// What is in the compressed bytes `data`, which begin with `head`.
    ///
    /// # Errors
    /// The method is not known.
    pub(super) fn decoder<'a>(&self, data: Source<'a>, head: &[u8]) -> io::Result<Source<'a>> {
        match (self.codec(), self.method) {
            (Some(codec), _) => decompress::decoder(codec, data, head),
            (None, CompressionMethod::STORE) => Ok(data),
            (None, CompressionMethod::DEFLATE) => Ok(Box::new(DeflateDecoder::new(BufReader::new(data)))),
            (None, other) => {
                let what = format!("is compressed by method {} ({}), which is not supported", other.as_u16(), other);
                Err(io::Error::other(what))
            }
        }
    }
}

fn name(bytes: &[u8]) -> String {
    // Some write what Windows separates names with.
    String::from_utf8_lossy(bytes).replace('\\', "/")
}

/// A time without a zone counts as UTC.
fn written(at: ZipDateTimeKind) -> Option<Micros> {
    let day = NaiveDate::from_ymd_opt(i32::from(at.year()), u32::from(at.month()), u32::from(at.day()))?;
    let time = day.and_hms_opt(u32::from(at.hour()), u32::from(at.minute()), u32::from(at.second()))?;
    Some(time.and_utc().timestamp_micros())
}

/// The members of an archive in the order in which they lie in it.
pub(super) struct Members<'a> {
    reader: BufReader<Source<'a>>,
    current: Current,
}

/// What was not read yet of the member at hand.
enum Current {
    /// So many compressed bytes.
    Known(u64),
    /// Up to where the compressed bytes say that they end.
    Unknown,
}

/// Sizes and the time in the extra field of a member's header.
#[derive(Debug, Default)]
struct Extra {
    size: Option<u64>,
    stored: Option<u64>,
    modified: Option<Micros>,
}

impl<'a> Members<'a> {
    pub(super) fn new(source: Source<'a>) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, source), current: Current::Known(0) }
    }

    /// The next member; what was not read of the one before is skipped.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        if let Current::Known(left) = self.current {
            io::copy(&mut self.reader.by_ref().take(left), &mut io::sink())?;
        }
        self.current = Current::Known(0);
        if !self.find_member()? {
            return Ok(None);
        }
        let mut fixed = [0; 26];
        self.reader.read_exact(&mut fixed)?;
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let long = |at: usize| u64::from(short(at)) | u64::from(short(at + 2)) << 16;
        let flags = short(2);
        let mut path = vec![0; usize::from(short(22))];
        self.reader.read_exact(&mut path)?;
        let mut extra = vec![0; usize::from(short(24))];
        self.reader.read_exact(&mut extra)?;
        let extra = Extra::of(&extra, long(18), long(14));
        let size = extra.size.unwrap_or(long(18));
        let stored = extra.stored.unwrap_or(long(14));
        let sized = flags & 8 == 0 || stored > 0;
        self.current = if sized { Current::Known(stored) } else { Current::Unknown };
        let path = name(&path);
        Ok(Some(Entry {
            nothing: path.ends_with('/'),
            path,
            // A size that follows behind the member is not known to be none.
            size: if sized { size } else { size.max(1) },
            modified: extra.modified.or_else(|| dos_time(short(8), short(6))),
            encrypted: flags & 1 == 1,
            method: CompressionMethod::new(short(4)),
        }))
    }

    /// What is in the current member.
    ///
    /// # Errors
    /// The method is not known, or does not say where it ends.
    pub(super) fn data<'d>(&'d mut self, entry: &Entry) -> io::Result<Source<'d>> {
        match &mut self.current {
            Current::Known(left) => {
                let head = self.reader.fill_buf()?;
                let head = head[..head.len().min(64)].to_vec();
                entry.decoder(Box::new(Counting { reader: &mut self.reader, left }), &head)
            }
            // Reads no byte beyond its end, so that the next header can be found.
            Current::Unknown if entry.method == CompressionMethod::DEFLATE => {
                Ok(Box::new(DeflateDecoder::new(&mut self.reader)))
            }
            Current::Unknown => Err(io::Error::other("does not say how long it is")),
        }
    }

    /// Goes behind the next signature of a member. False where the directory begins, or at the end.
    fn find_member(&mut self) -> io::Result<bool> {
        let mut last = [0u8; 4];
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let mut used = 0;
            let mut found = None;
            for byte in buffer {
                used += 1;
                last = [last[1], last[2], last[3], *byte];
                if last[0] == b'P' && (&last == MEMBER || &last == DIRECTORY || &last == END) {
                    found = Some(&last == MEMBER);
                    break;
                }
            }
            self.reader.consume(used);
            if let Some(member) = found {
                return Ok(member);
            }
        }
    }
}

/// The compressed bytes of a member whose length is known.
struct Counting<'d, R> {
    reader: &'d mut R,
    left: &'d mut u64,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = (into.len() as u64).min(*self.left) as usize;
        let count = self.reader.read(&mut into[..most])?;
        if count == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        *self.left -= count as u64;
        Ok(count)
    }
}

impl Extra {
    /// Reads the fields; the sizes are in them where the header's own are too small for them.
    fn of(mut bytes: &[u8], size: u64, stored: u64) -> Self {
        const TOO_LARGE: u64 = u32::MAX as u64;
        let mut extra = Self::default();
        while let [a, b, c, d, rest @ ..] = bytes {
            let length = usize::from(u16::from_le_bytes([*c, *d]));
            let Some((data, behind)) = rest.split_at_checked(length) else { break };
            let number = |at: usize| Some(u64::from_le_bytes(*data.get(at..at + 8)?.first_chunk()?));
            match u16::from_le_bytes([*a, *b]) {
                0x0001 => {
                    extra.size = number(0).filter(|_| size == TOO_LARGE);
                    extra.stored = number(if size == TOO_LARGE { 8 } else { 0 }).filter(|_| stored == TOO_LARGE);
                }
                0x5455 if data.first().is_some_and(|flags| flags & 1 == 1) => {
                    let seconds = data.get(1..5).and_then(|s| s.first_chunk()).map(|s| i32::from_le_bytes(*s));
                    extra.modified = seconds.map(|s| Micros::from(s) * 1_000_000);
                }
                _ => {}
            }
            bytes = behind;
        }
        extra
    }
}

fn dos_time(date: u16, time: u16) -> Option<Micros> {
    let (date, time) = (u32::from(date), u32::from(time));
    let day = NaiveDate::from_ymd_opt(1980 + (date >> 9) as i32, date >> 5 & 15, date & 31)?;
    let at = day.and_hms_opt(time >> 11, time >> 5 & 63, (time & 31) * 2)?;
    Some(at.and_utc().timestamp_micros())
}
