//! Evidence of an input that goes on: what is over, and what has fallen silent, session by session.
//!
//! In: the evidence of the next stretch, and how far an input was read some time ago. Out: sessions to be judged now; what may go
//! on stays. Memory is that of what is open, however long the input goes on.

use super::{Evidence, Filter, OngoingSession, Traits};
use std::ops::Range;

impl Evidence {
    /// Adds the evidence of what follows in the same input. Returns the sessions that are over by that.
    pub fn append(&mut self, mut next: Self) -> Vec<OngoingSession> {
        next.shift_lines(self.totals.lines);
        self.joins.join(std::mem::take(&mut next.joins));
        self.absorb(next, &u32::cmp);
        self.joins.take_over()
    }

    /// The open sessions whose last line lies in a range of offsets. They stay open, for they may go on.
    pub fn with_last_line_in(&self, offsets: Range<u64>) -> Vec<OngoingSession> {
        self.joins.open_sessions().filter(|s| offsets.contains(&s.end())).cloned().collect()
    }

    /// What was found but the open sessions, as evidence that is complete. Counts of lines stay.
    pub fn take_closed(&mut self) -> Self {
        Self {
            totals: self.totals,
            shapes: std::mem::take(&mut self.shapes),
            sources: std::mem::take(&mut self.sources),
            users: std::mem::take(&mut self.users),
            unknown: std::mem::take(&mut self.unknown),
            ..Self::default()
        }
    }

    /// The evidence of one session.
    pub fn of_session(session: &OngoingSession, traits: &Traits, filter: &Filter) -> Self {
        let mut evidence = Self::default();
        evidence.close(session, traits, filter, 1);
        evidence
    }

    /// Exchanges the counts of who tried what. By them alone guessing is told from people's trouble.
    pub fn exchange_counts(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.sources, &mut other.sources);
        std::mem::swap(&mut self.users, &mut other.users);
    }

    /// Adds the counts of who tried what, and nothing else.
    pub fn count(&mut self, other: &mut Self) {
        self.sources.merge(std::mem::take(&mut other.sources));
        self.users.merge(std::mem::take(&mut other.users));
    }
}
