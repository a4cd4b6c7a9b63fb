//! Pipes: read in blocks that end at line ends, with a bounded buffer.
//!
//! In: an open pipe and what was read of it already. Out: one block after the other. Knows nothing of lines' content.

use crate::framing;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;

/// Bytes of a block: enough work for all threads, little memory.
const BLOCK: usize = 8 << 20;

/// A pipe being read.
#[derive(Debug)]
pub struct Stream {
    file: File,
    buffer: Vec<u8>,
    ended: bool,
}

impl Stream {
    pub(super) fn new(file: File, ahead: Vec<u8>) -> Self {
        Self { file, buffer: ahead, ended: false }
    }

    /// What is known of the beginning.
    pub fn head(&self) -> &[u8] {
        &self.buffer
    }

    /// The next block: whole lines, but for a line longer than a block, which comes in pieces. None at the end.
    ///
    /// # Errors
    /// Reading failed.
    pub fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        while !self.ended && self.buffer.len() < BLOCK {
            let missing = (BLOCK - self.buffer.len()) as u64;
            self.ended = self.file.by_ref().take(missing).read_to_end(&mut self.buffer)? == 0;
        }
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let cut = if self.ended { self.buffer.len() } else { last_cut(&self.buffer) };
        let rest = self.buffer.split_off(cut);
        Ok(Some(std::mem::replace(&mut self.buffer, rest)))
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

/// Makes a pipe that was opened without waiting block again, once it is certain that it has a writer.
pub(super) fn await_writer(file: &File) -> io::Result<()> {
    let mut probe = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, valid for the call; no time to wait.
    let ready = unsafe { libc::poll(&raw mut probe, 1, 1000) };
    let data = probe.revents & libc::POLLIN != 0;
    let hung_up = probe.revents & libc::POLLHUP != 0;
    if ready == 0 || (hung_up && !data) {
        return Err(io::Error::other("is a named pipe that nobody writes to"));
    }
    // SAFETY: plain flag calls on a descriptor that `file` owns.
    let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
    // SAFETY: as above.
    let set = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK) };
    if set == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
