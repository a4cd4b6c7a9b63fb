//! Files that grow, are renamed, replaced and emptied while they are read; and pipes, without waiting for them.
//!
//! In: a path, asked again and again. Out: what was appended, as whole lines, and whether the file began anew. Knows nothing of
//! lines' content, and never waits.

use super::{STDIN, journal};
use crate::framing;
use crate::mmap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

/// Bytes of what was there before that are read as context.
const CONTEXT: u64 = 64 << 10;
/// Bytes read at a time.
const PIECE: usize = 1 << 20;
/// Bytes before the present place by which a file is known again.
const MEMORY: usize = 64;
/// How long a file that was replaced may still be written to.
const GRACE: Duration = Duration::from_secs(1);

const JOURNAL: &str =
    "is a binary journal, which is not followed itself; use: journalctl -f -o json | sshtriage follow -";

/// What happened to a file since it was last asked.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// It was there before: the last of it, and how many lines are before that.
    Context {
        /// Whole lines.
        bytes: Vec<u8>,
        /// Lines before these.
        lines: u64,
    },
    /// Whole lines were appended.
    Appended(Vec<u8>),
    /// Another file has taken its place, or it was emptied: what comes is at the beginning.
    Restarted,
    /// A pipe is at its end, and nothing can come.
    Ended,
    /// Nothing, for now.
    Nothing,
}

/// A path being followed.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    state: State,
    /// A line whose end has not come.
    partial: Vec<u8>,
    /// Whether the rest of a line that is too long is left out.
    skipping: bool,
}

#[derive(Debug)]
enum State {
    /// Not there; whether it ever was.
    Absent {
        seen: bool,
    },
    File(Open),
    Pipe(Receiver<io::Result<Vec<u8>>>),
    Over,
}

#[derive(Debug)]
struct Open {
    file: File,
    id: (u64, u64),
    read: u64,
    /// The last bytes before `read`.
    last: Vec<u8>,
    /// When it was first seen that another file has its name.
    replaced: Option<Duration>,
}

impl Tail {
    /// Follows a path; `-` is standard input.
    ///
    /// # Errors
    /// It is nothing that can grow.
    pub fn new(path: &Path) -> io::Result<Self> {
        let made = |state| Ok(Self { path: path.to_owned(), state, partial: Vec::new(), skipping: false });
        if path.as_os_str() == STDIN || path.as_os_str() == "/dev/stdin" {
            let file = mmap::duplicate_stdin()?;
            return made(State::Pipe(pump(move || Ok(file))));
        }
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => Err(io::Error::other("is a directory; name the files in it")),
            Ok(meta) if meta.file_type().is_fifo() => {
                let path = path.to_owned();
                made(State::Pipe(pump(move || File::open(path))))
            }
            Ok(meta) if !meta.is_file() => Err(io::Error::other("is no file and no pipe")),
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            Ok(_) if File::open(path).is_ok_and(|file| is_journal(&file)) => Err(io::Error::other(JOURNAL)),
            _ => made(State::Absent { seen: false }),
        }
    }

    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        !matches!(self.state, State::Absent { .. })
    }

    /// What happened since. To be asked again at once unless it says [`News::Nothing`]. `now` is the time since the beginning.
    ///
    /// # Errors
    /// Reading failed; that may pass.
    pub fn poll(&mut self, now: Duration) -> io::Result<News> {
        match &mut self.state {
            State::Over => Ok(News::Nothing),
            State::Pipe(_) => self.pipe(),
            State::Absent { seen } => {
                let seen = *seen;
                self.open(seen, now)
            }
            State::File(_) => self.file(now),
        }
    }

    /// What a pipe, or a file that nothing comes to any more, ended with: a line without an end.
    pub fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.partial)
    }

    fn pipe(&mut self) -> io::Result<News> {
        let State::Pipe(blocks) = &self.state else { return Ok(News::Nothing) };
        match blocks.try_recv() {
            Ok(block) => {
                let block = block?;
                Ok(self.lines(block))
            }
            Err(TryRecvError::Empty) => Ok(News::Nothing),
            Err(TryRecvError::Disconnected) => {
                self.state = State::Over;
                Ok(News::Ended)
            }
        }
    }

    fn open(&mut self, seen: bool, now: Duration) -> io::Result<News> {
        let file = match File::open(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(News::Nothing),
            file => file?,
        };
        if is_journal(&file) {
            return Err(io::Error::other(JOURNAL));
        }
        let meta = file.metadata()?;
        let mut open = Open { file, id: (meta.dev(), meta.ino()), read: 0, last: Vec::new(), replaced: None };
        // What is in a file that has just come is new; only at the beginning it is context.
        let was_there = !seen && now.is_zero();
        let news = if was_there { open.context(meta.len())? } else { News::Restarted };
        self.state = State::File(open);
        Ok(match news {
            News::Context { mut bytes, lines } => {
                let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
                self.partial = bytes.split_off(whole);
                News::Context { bytes, lines }
            }
            news => news,
        })
    }

    fn file(&mut self, now: Duration) -> io::Result<News> {
        let State::File(open) = &mut self.state else { return Ok(News::Nothing) };
        if open.began_anew()? {
            (open.read, open.last) = (0, Vec::new());
            self.partial.clear();
            self.skipping = false;
            return Ok(News::Restarted);
        }
        let piece = open.piece()?;
        if !piece.is_empty() {
            open.replaced = open.replaced.map(|_| now);
            return Ok(self.lines(piece));
        }
        if !open.is_at(&self.path) {
            let since = *open.replaced.get_or_insert(now);
            let another = fs::metadata(&self.path).is_ok();
            // Whoever writes may not know yet that the file was renamed.
            if another && now.saturating_sub(since) >= GRACE {
                self.state = State::Absent { seen: true };
                let rest = self.rest();
                return Ok(if rest.is_empty() { News::Nothing } else { News::Appended(rest) });
            }
        }
        Ok(News::Nothing)
    }

    /// The whole lines among what was kept and what has come.
    fn lines(&mut self, mut piece: Vec<u8>) -> News {
        if self.skipping {
            let end = memchr::memchr(b'\n', &piece);
            // The line feed stays: it ends the beginning of the line, which was kept.
            piece.drain(..end.unwrap_or(piece.len()));
            self.skipping = end.is_none();
        }
        self.partial.append(&mut piece);
        match memchr::memrchr(b'\n', &self.partial) {
            Some(end) => {
                let rest = self.partial.split_off(end + 1);
                News::Appended(std::mem::replace(&mut self.partial, rest))
            }
            None => {
                if self.partial.len() > framing::MAX_LINE {
                    self.partial.truncate(framing::MAX_LINE);
                    self.skipping = true;
                }
                News::Appended(Vec::new())
            }
        }
    }
}

impl Open {
    /// Reads the end of what is there, from the beginning of a line on.
    fn context(&mut self, length: u64) -> io::Result<News> {
        let from = length.saturating_sub(CONTEXT);
        let mut lines = 0;
        let mut piece = vec![0; PIECE];
        while self.read < from {
            let wanted = piece.len().min((from - self.read) as usize);
            let count = self.file.read_at(&mut piece[..wanted], self.read)?;
            if count == 0 {
                break;
            }
            lines += memchr::memchr_iter(b'\n', &piece[..count]).count() as u64;
            self.read += count as u64;
        }
        let mut bytes = vec![0; (length - self.read) as usize];
        let count = self.file.read_at(&mut bytes, self.read)?;
        bytes.truncate(count);
        self.took(&bytes);
        if from > 0 {
            let begins = memchr::memchr(b'\n', &bytes).map_or(bytes.len(), |at| at + 1);
            bytes.drain(..begins);
            lines += 1;
        }
        Ok(News::Context { bytes, lines })
    }

    fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; PIECE];
        let count = self.file.read_at(&mut piece, self.read)?;
        piece.truncate(count);
        self.took(&piece);
        Ok(piece)
    }

    fn took(&mut self, piece: &[u8]) {
        self.read += piece.len() as u64;
        self.last.extend_from_slice(&piece[piece.len().saturating_sub(MEMORY)..]);
        self.last.drain(..self.last.len().saturating_sub(MEMORY));
    }

    /// Whether it was emptied, even if more than before was written to it since.
    fn began_anew(&self) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        if length < self.read {
            return Ok(true);
        }
        let mut last = vec![0; self.last.len()];
        let from = self.read - last.len() as u64;
        let same = self.file.read_exact_at(&mut last, from).is_ok();
        Ok(length > self.read && !(same && last == self.last))
    }

    fn is_at(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.id)
    }
}

fn is_journal(file: &File) -> bool {
    let mut head = [0; 8];
    file.read_exact_at(&mut head, 0).is_ok() && journal::is_journal(&head)
}

/// Reads a pipe on a thread of its own, for reading it waits. A few blocks are read ahead.
fn pump(open: impl FnOnce() -> io::Result<File> + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        let mut file = match open() {
            Ok(file) => file,
            Err(e) => return drop(sender.send(Err(e))),
        };
        let mut buffer = vec![0; PIECE / 4];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    let failed = result.is_err();
                    if sender.send(result.map(|count| buffer[..count].to_vec())).is_err() || failed {
                        return;
                    }
                }
            }
        }
    });
    receiver
}
