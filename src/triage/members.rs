//! The members of one place, read side by side: while one thread unpacks, others look at what is small and in memory.
//!
//! In: members one after the other. Out: what each holds, in the same order. Few bytes wait at a time. Knows nothing of lines.

use super::Run;
use super::collect::Found;
use crate::detect::SMALL;
use crate::input::archive::{Finding, Member};
use crate::input::{Content, Opened};
use rayon::Scope;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};

/// Bytes of members that may wait to be looked at.
const MOST_BYTES: usize = 4 << 20;
/// Members that may wait for one before them.
const MOST_WAITING: usize = 64;

/// What was found, or will be.
enum Slot {
    Here(Box<Found>),
    Pending { bytes: usize, found: Receiver<Found> },
}

/// Hands members to the threads of the pool, and what they hold to `take`.
pub(super) struct Members<'s, 'scope, T> {
    run: &'scope Run<'scope>,
    scope: &'s Scope<'scope>,
    take: T,
    waiting: VecDeque<Slot>,
    bytes: usize,
}

impl<'s, 'scope, T: FnMut(Found)> Members<'s, 'scope, T> {
    pub(super) fn new(run: &'scope Run<'scope>, scope: &'s Scope<'scope>, take: T) -> Self {
        Self { run, scope, take, waiting: VecDeque::new(), bytes: 0 }
    }

    pub(super) fn add(&mut self, member: Member<'_>) {
        let run = self.run;
        // A thread of the pool must not wait for the pool.
        let within = rayon::current_thread_index().is_some();
        let slot = match in_memory(member) {
            Ok((_, member)) if within => Slot::Here(Box::new(run.member(member))),
            Ok((bytes, member)) => {
                let (sender, found) = channel();
                self.bytes += bytes;
                // Nobody listens any more only if another member's thread panicked.
                self.scope.spawn(move |_| drop(sender.send(run.member(member))));
                Slot::Pending { bytes, found }
            }
            Err(member) => Slot::Here(Box::new(run.member(member))),
        };
        self.waiting.push_back(slot);
        while self.bytes > MOST_BYTES || self.waiting.len() > MOST_WAITING {
            self.take_first();
        }
    }

    pub(super) fn finish(mut self) {
        while !self.waiting.is_empty() {
            self.take_first();
        }
    }

    fn take_first(&mut self) {
        match self.waiting.pop_front() {
            Some(Slot::Here(found)) => (self.take)(*found),
            Some(Slot::Pending { bytes, found }) => {
                self.bytes -= bytes;
                // Without a result its thread panicked, and the scope does so at its end.
                found.recv().into_iter().for_each(&mut self.take);
            }
            None => {}
        }
    }
}

/// A small member of an archive as something that needs no decoder any more, with its size.
#[allow(clippy::result_large_err, reason = "neither is an error, and both are passed on at once")]
fn in_memory(member: Member<'_>) -> Result<(usize, Member<'static>), Member<'_>> {
    let Member { path, inside, finding } = member;
    match finding {
        Finding::Input(Opened { content: Content::Owned(content), modified, bytes, damage, _held })
            if inside && _held.is_none() && content.len() <= SMALL =>
        {
            let size = content.len();
            let opened = Opened { content: Content::Owned(content), modified, bytes, damage, _held };
            Ok((size, Member { path, inside, finding: Finding::Input(opened) }))
        }
        finding => Err(Member { path, inside, finding }),
    }
}
