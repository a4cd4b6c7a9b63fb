//! gzip, xz, zstd, bzip2 and lz4 → what was compressed.
//!
//! In: compressed bytes. Out: a reader of what was in them, members or frames one behind the other, that gives all there is
//! before it says what is wrong. Which format it is, is told from the first bytes. Knows nothing of archives.

use super::stream::Source;
use crate::record::time::Micros;
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

/// Bytes that a decoder gets at a time.
const INPUT: usize = 64 << 10;
/// Bytes that a decoder on a thread of its own hands over at a time.
const PIECE: usize = 512 << 10;
/// Pieces that it may be ahead: as much as a block, so that it does not rest while one is scanned.
const AHEAD: usize = 16;

/// How something is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Xz,
    Zstd,
    Bzip2,
    Lz4,
}

impl Codec {
    /// Tells it from the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let bzip2 =
            |h: &[u8]| h.starts_with(b"BZh") && matches!(h.get(3), Some(b'1'..=b'9')) && is_bzip2_block(&h[4..]);
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            // Frames to be skipped come before those of pzstd and of lz4 with a dictionary.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => bzip2(head).then_some(Self::Bzip2),
        }
    }

    /// MiB that a decoder takes, as far as the beginning tells; it refuses to take much more.
    pub(super) fn memory(self, head: &[u8]) -> u64 {
        let bytes = match self {
            Self::Gzip => 0,
            Self::Bzip2 => 4 << 20,
            Self::Lz4 => 9 << 20,
            Self::Xz => xz_dictionary(head) + (1 << 20),
            Self::Zstd => zstd_window(head) + (1 << 20),
        };
        bytes >> 20
    }
}

fn is_bzip2_block(rest: &[u8]) -> bool {
    rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17rE8P\x90")
}

/// Size of the dictionary that the first block of an xz file declares.
fn xz_dictionary(head: &[u8]) -> u64 {
    // Behind the stream's header: size of the block's header, flags, optional sizes, filters; LZMA2 is the last of them.
    let header = head.get(12..12 + 64.min(head.len().saturating_sub(12))).unwrap_or_default();
    let Some(at) = header.windows(2).skip(2).position(|w| w == [0x21, 1]) else { return 8 << 20 };
    let bits = u32::from(header.get(at + 4).copied().unwrap_or(0)).min(40);
    (u64::from(2 | (bits & 1)) << (bits / 2 + 11)).min(4 << 30)
}

/// Size of the window that the first frame of a zstd file declares; never less than the usual one.
fn zstd_window(head: &[u8]) -> u64 {
    const USUAL: u64 = 8 << 20;
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] = *head else { return USUAL };
    let single_segment = descriptor & 0x20 != 0;
    if single_segment {
        // Small enough to be all in one piece: the window is the content, whose size follows.
        let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let size = head.get(5 + dictionary..5 + dictionary + length).unwrap_or_default();
        return size.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b)).max(USUAL);
    }
    let base = 1u64 << (10 + u32::from(window >> 3));
    (base + base / 8 * u64::from(window & 7)).max(USUAL)
}

/// A reader of what is in `source`, which begins with `head`.
///
/// # Errors
/// The decoder cannot be set up.
pub(super) fn decoder<'a>(codec: Codec, source: Source<'a>, head: &[u8]) -> io::Result<Source<'a>> {
    let source = BufReader::with_capacity(INPUT, source);
    Ok(match codec {
        Codec::Gzip => Box::new(Gzip::Member(Box::new(GzDecoder::new(source)))),
        Codec::Bzip2 => Box::new(MultiBzDecoder::new(source)),
        Codec::Lz4 => Box::new(Lz4(FrameDecoder::new(source))),
        Codec::Xz => {
            let limit = (codec.memory(head) << 20) + (2 << 20);
            let stream = liblzma::stream::Stream::new_stream_decoder(limit, liblzma::stream::CONCATENATED)?;
            Box::new(XzDecoder::new_stream(source, stream))
        }
        Codec::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(source)?;
            decoder.window_log_max(zstd_window(head).next_power_of_two().ilog2().clamp(10, 31))?;
            Box::new(decoder)
        }
    })
}

/// When the content of a gzip file was last written, if its header says so.
pub(super) fn gzip_written(head: &[u8]) -> Option<Micros> {
    let seconds = u32::from_le_bytes(*head.get(4..8)?.first_chunk()?);
    (seconds > 0).then(|| Micros::from(seconds) * 1_000_000)
}

/// Members one behind the other, with zeros from a tape behind the last.
enum Gzip<R> {
    Member(Box<GzDecoder<R>>),
    Over,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Self::Member(member) = self else { return Ok(0) };
            let count = member.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            let Self::Member(member) = std::mem::replace(self, Self::Over) else { return Ok(0) };
            let mut rest = member.into_inner();
            skip_zeros(&mut rest)?;
            match rest.fill_buf()? {
                [] => return Ok(0),
                [0x1f, ..] => *self = Self::Member(Box::new(GzDecoder::new(rest))),
                _ => return Err(io::Error::other("has something else behind the gzip data")),
            }
        }
    }
}

fn skip_zeros(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = source.fill_buf()?;
        let zeros = buffer.iter().take_while(|b| **b == 0).count();
        if zeros == 0 {
            return Ok(());
        }
        source.consume(zeros);
    }
}

/// Frames one behind the other.
struct Lz4<R: BufRead>(FrameDecoder<R>);

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(into)?;
            if count > 0 || into.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(count);
            }
        }
    }
}

/// What a decoder on a thread of its own has made, so that it works while others scan.
pub(super) struct ReadAhead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    taken: usize,
}

impl ReadAhead {
    /// Starts a thread that reads `source` until its end, or until nobody wants the rest.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>, source: Source<'scope>) -> Self {
        let (sender, pieces) = sync_channel(AHEAD);
        scope.spawn(move || pump(source, &sender));
        Self { pieces, piece: Vec::new(), taken: 0 }
    }
}

fn pump(mut source: Source<'_>, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let failed = source.by_ref().take(PIECE as u64).read_to_end(&mut piece).err();
        let ended = piece.is_empty();
        let sent = ended || sender.send(Ok(piece)).is_ok();
        if let Some(error) = failed {
            // Nobody listens any more: then nobody needs to know.
            drop(sender.send(Err(error)));
            return;
        }
        if ended || !sent {
            return;
        }
    }
}

impl Read for ReadAhead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.piece.len() {
            match self.pieces.recv() {
                Ok(piece) => (self.piece, self.taken) = (piece?, 0),
                // The thread is gone, and has said all it had to.
                Err(_) => return Ok(0),
            }
        }
        let count = (&self.piece[self.taken..]).read(into)?;
        self.taken += count;
        Ok(count)
    }
}
