//! Work that waits: for a disk, a pipe, a decoder. It runs beside the pool whose threads scan chunks, since whoever waits
//! within the pool keeps a core idle, and takes up other work whose memory then adds up.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

/// Results for each thread that may wait for one before them.
const WINDOW: usize = 8;

/// Does `work` on the numbers up to `count`, several at a time, and hands the results to `take` in order, each as soon as
/// those before it are there. Ends early when `take` fails.
pub(super) fn in_order<T: Send, E>(
    count: usize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    // Asking for the number starts the pool.
    let threads = if count <= 1 { 1 } else { rayon::current_num_threads().min(count) };
    if threads <= 1 {
        return (0..count).try_for_each(|at| take(work(at)));
    }
    let desk = Desk { count, window: WINDOW * threads, state: Mutex::default(), changed: Condvar::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(at) = desk.next() {
                    // A panic must not leave the others waiting for this result.
                    let guard = CloseOnPanic(&desk);
                    let result = work(at);
                    std::mem::forget(guard);
                    desk.hand_in(at, result);
                }
            });
        }
        let result = (0..count).try_for_each(|at| desk.result(at).map_or(Ok(()), &mut take));
        desk.close();
        result
    })
}

/// Where numbers are given out and results come in.
struct Desk<T> {
    count: usize,
    window: usize,
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    next: usize,
    taken: usize,
    closed: bool,
    results: BTreeMap<usize, T>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { next: 0, taken: 0, closed: false, results: BTreeMap::new() }
    }
}

impl<T> Desk<T> {
    fn next(&self) -> Option<usize> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let far = |s: &mut State<T>| !s.closed && s.next < self.count && s.next >= s.taken + self.window;
        let mut state = self.changed.wait_while(state, far).unwrap_or_else(PoisonError::into_inner);
        let at = state.next;
        state.next += 1;
        (!state.closed && at < self.count).then_some(at)
    }

    fn hand_in(&self, at: usize, result: T) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).results.insert(at, result);
        self.changed.notify_all();
    }

    fn result(&self, at: usize) -> Option<T> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = |s: &mut State<T>| !s.closed && !s.results.contains_key(&at);
        let mut state = self.changed.wait_while(state, missing).unwrap_or_else(PoisonError::into_inner);
        state.taken = at + 1;
        let result = state.results.remove(&at);
        drop(state);
        self.changed.notify_all();
        result
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}

struct CloseOnPanic<'d, T>(&'d Desk<T>);

impl<T> Drop for CloseOnPanic<'_, T> {
    fn drop(&mut self) {
        self.0.close();
    }
}
