//! Memory-mapped files that may be truncated while they are read.
//!
//! In: an open regular file. Out: its bytes, as long as the [`Mapping`] lives. Knows nothing of what they mean.
//!
//! # Contract of the unsafe code
//! A log is a live file: logrotate's copytruncate shortens it while it is mapped, and touching a page behind the new end
//! raises SIGBUS. A handler, installed with the first mapping, looks the address up in a table of our own mappings. If it is
//! ours, a page of zeros is put in its place and the mapping is marked; reading goes on, and the caller is told afterwards
//! with [`Mapping::was_truncated`]. Any other SIGBUS is handed to whoever handled it before.
//! The handler touches atomics and calls mmap and sigaction only. Bytes may change under a reader's eyes; all code that
//! reads them checks bounds on what it reads and draws no conclusion for memory safety from having read them before.

use memmap2::Mmap;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::fd::FromRawFd;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Mappings that may exist at the same time.
const SLOTS: usize = 256;

/// Where a mapping lies. `start` is 0 while the slot is free and 1 while it is being filled.
struct Slot {
    start: AtomicUsize,
    end: AtomicUsize,
    truncated: AtomicBool,
}

static TABLE: [Slot; SLOTS] =
    [const { Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), truncated: AtomicBool::new(false) } }; SLOTS];

static INSTALL: Once = Once::new();
static mut PREVIOUS: std::mem::MaybeUninit<libc::sigaction> = std::mem::MaybeUninit::uninit();

/// A file's bytes.
#[derive(Debug)]
pub struct Mapping {
    map: Mmap,
    slot: usize,
}

impl Mapping {
    /// Maps all of `file`.
    ///
    /// # Errors
    /// The system refuses, or too many mappings exist.
    pub fn new(file: &File) -> io::Result<Self> {
        INSTALL.call_once(install);
        // SAFETY: see the contract above: shortening is survived, and readers do not rely on unchanged bytes.
        let map = unsafe { Mmap::map(file)? };
        let free = |s: &Slot| s.start.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        let slot = TABLE.iter().position(free).ok_or_else(|| io::Error::other("too many files are mapped"))?;
        let start = map.as_ptr() as usize;
        TABLE[slot].truncated.store(false, Ordering::Release);
        TABLE[slot].end.store(start + map.len(), Ordering::Release);
        TABLE[slot].start.store(start, Ordering::Release);
        Ok(Self { map, slot })
    }

    /// Whether a page was missing when it was read: the file is shorter than it was.
    pub fn was_truncated(&self) -> bool {
        TABLE[self.slot].truncated.load(Ordering::Acquire)
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        TABLE[self.slot].start.store(0, Ordering::Release);
    }
}

fn install() {
    // SAFETY: sigaction gets a valid new action and valid room for the old one, which is written once, under `Once`,
    // before the first mapping exists and so before the handler can read it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_bus_error as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        let previous = &raw mut PREVIOUS;
        libc::sigaction(libc::SIGBUS, &raw const action, previous.cast());
    }
}

extern "C" fn on_bus_error(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo_t to a handler installed with SA_SIGINFO.
    let address = unsafe { (*info).si_addr() } as usize;
    let page = page_size();
    for slot in &TABLE {
        let start = slot.start.load(Ordering::Acquire);
        if start <= 1 || address < start || address >= slot.end.load(Ordering::Acquire) {
            continue;
        }
        let at = (address & !(page - 1)) as *mut libc::c_void;
        // SAFETY: the page lies within a mapping of ours (mappings begin at a page), which its owner keeps alive while it reads.
        let put = unsafe {
            libc::mmap(at, page, libc::PROT_READ, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED, -1, 0)
        };
        if put != libc::MAP_FAILED {
            slot.truncated.store(true, Ordering::Release);
            return;
        }
    }
    // Not ours: whoever was there before gets it when the instruction is tried again.
    // SAFETY: PREVIOUS was filled before this handler could run.
    unsafe {
        let previous = &raw const PREVIOUS;
        libc::sigaction(libc::SIGBUS, previous.cast(), std::ptr::null_mut());
    }
}

fn page_size() -> usize {
    // SAFETY: no preconditions; async-signal-safe on every libc in use.
    (unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) as usize
}

/// Standard input as a file of its own.
///
/// # Errors
/// There is no standard input.
pub(super) fn duplicate_stdin() -> io::Result<File> {
    // SAFETY: dup has no preconditions; the new descriptor belongs to nobody else.
    unsafe {
        let copy = libc::dup(0);
        if copy == -1 { Err(io::Error::last_os_error()) } else { Ok(File::from_raw_fd(copy)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_cut_short_while_mapped_reads_as_zeros_and_says_so() {
        let path = std::env::temp_dir().join(format!("sshtriage-mmap-{}", std::process::id()));
        let mut file = File::options().create(true).truncate(true).read(true).write(true).open(&path).expect("a file");
        file.write_all(&vec![b'x'; 1 << 20]).expect("written");
        let mapping = Mapping::new(&file).expect("mapped");
        assert_eq!(mapping[(1 << 20) - 1], b'x');
        assert!(!mapping.was_truncated());
        file.set_len(100).expect("cut");
        assert_eq!(mapping.iter().filter(|b| **b == b'x').count(), 100);
        assert!(mapping.was_truncated());
        drop(mapping);
        std::fs::remove_file(path).expect("removed");
    }
}
