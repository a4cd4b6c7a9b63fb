//! Pipes, decoders and members of archives: read in blocks that end at line ends, with a bounded buffer.
//!
//! In: something to read and what was read of it already. Out: one block after the other. Knows nothing of lines' content.

use crate::framing;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Bytes of a block: enough work for all threads, little memory.
const BLOCK: usize = 8 << 20;
/// Times, of 20 ms each, that a pipe is given to find a writer.
const PATIENCE: u32 = 50;

/// Where bytes come from.
pub type Source<'a> = Box<dyn Read + Send + 'a>;

/// Bytes whose end is not in sight.
pub struct Stream<'a> {
    source: Source<'a>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were read one after the other, by those who want no blocks.
    taken: usize,
    ended: bool,
    /// Why it ended early; told when what was there is used.
    failed: Option<io::Error>,
    /// Bytes left out of a line that is longer than a block.
    skipped: u64,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("ahead", &self.buffer.len()).finish_non_exhaustive()
    }
}

impl<'a> Stream<'a> {
    pub(super) fn new(source: Source<'a>, ahead: Vec<u8>) -> Self {
        Self { source, buffer: ahead, taken: 0, ended: false, failed: None, skipped: 0 }
    }

    /// The same bytes by another way.
    pub(super) fn replace_source<'b>(self, by: impl FnOnce(Source<'a>) -> Source<'b>) -> Stream<'b> {
        let Self { source, buffer, taken, ended, failed, skipped } = self;
        Stream { source: by(source), buffer, taken, ended, failed, skipped }
    }

    /// What is known of the beginning.
    pub fn head(&self) -> &[u8] {
        &self.buffer
    }

    /// Whether no block comes any more.
    pub fn is_over(&self) -> bool {
        self.ended && self.buffer.is_empty()
    }

    /// Bytes left out of the last block: what nobody looks at of a line longer than a block.
    pub fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// The next block of whole lines. None at the end.
    ///
    /// # Errors
    /// Reading failed; what was there until then was in the blocks before.
    pub fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            while !self.ended && self.buffer.len() < BLOCK {
                let missing = (BLOCK - self.buffer.len()) as u64;
                self.buffer.reserve(missing as usize);
                match self.source.by_ref().take(missing).read_to_end(&mut self.buffer) {
                    Ok(count) => self.ended = count == 0,
                    Err(error) => (self.ended, self.failed) = (true, Some(error)),
                }
            }
            if self.ended || memchr::memchr(b'\n', &self.buffer).is_some() {
                break;
            }
            self.skipped += (self.buffer.len() - framing::MAX_LINE) as u64;
            self.buffer.truncate(framing::MAX_LINE);
        }
        if self.buffer.is_empty() {
            return self.failed.take().map_or(Ok(None), Err);
        }
        let cut = if self.ended { self.buffer.len() } else { last_cut(&self.buffer) };
        let rest = self.buffer.split_off(cut);
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = (&self.buffer[self.taken..]).read(into)?;
        self.taken += count;
        if count > 0 || into.is_empty() {
            return Ok(count);
        }
        (self.buffer, self.taken) = (Vec::new(), 0);
        self.source.read(into)
    }
}

/// The last place where `buffer` may be cut; its end where there is none.
fn last_cut(buffer: &[u8]) -> usize {
    let mut end = buffer.len();
    while let Some(feed) = memchr::memrchr(b'\n', &buffer[..end]) {
        // The line behind must be in sight, to know whether it may be cut off from the one before.
        if buffer.len() - feed > 200 && framing::cut(buffer, feed + 1) == feed + 1 {
            return feed + 1;
        }
        end = feed;
    }
    buffer.len()
}

/// Waits a moment for a writer of a pipe that was opened without waiting; once there is one, reading blocks as usual.
/// Returns what was read to find out.
pub(super) fn await_writer(mut file: &File) -> io::Result<Vec<u8>> {
    let mut first = vec![0; 4096];
    for _ in 0..PATIENCE {
        match file.read(&mut first) {
            // Nobody has it open for writing, or nobody any more.
            Ok(0) => std::thread::sleep(Duration::from_millis(20)),
            Ok(count) => {
                first.truncate(count);
                return block_again(file).map(|()| first);
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return block_again(file).map(|()| Vec::new()),
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other("is a named pipe that nobody writes to"))
}

fn block_again(file: &File) -> io::Result<()> {
    // SAFETY: plain flag calls on a descriptor that `file` owns.
    let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: as above.
    let set = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK) };
    if set == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
