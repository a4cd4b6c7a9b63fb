//! Sessions that begin in one part of a log and go on in the next, as rotation and archived journals leave them.
//!
//! In: what is open at both ends of every part, and the parts in their order. Out: evidence of these sessions, the same that one
//! log of all parts would give, with every line in its own part. Which parts follow each other is for others to know.

use super::joins::OwnedJoins;
use super::{Evidence, Filter, Traits};

/// What of a part may have begun before it, or go on behind it.
#[derive(Debug)]
pub struct Ends {
    joins: OwnedJoins,
    lines: u64,
}

impl Ends {
    /// How many sessions.
    pub fn sessions(&self) -> usize {
        self.joins.open_sessions().count()
    }
}

impl Evidence {
    /// Takes out the sessions that other parts may belong to.
    pub fn take_ends(&mut self) -> Ends {
        Ends { joins: std::mem::take(&mut self.joins), lines: self.totals.lines }
    }

    /// The evidence of what was taken out of the inputs with these numbers, which follow each other.
    pub fn of_parts(parts: impl IntoIterator<Item = (u32, Ends)>, traits: &Traits, filter: &Filter) -> Self {
        let mut begins: Vec<(u64, u32)> = Vec::new();
        let mut joins = OwnedJoins::default();
        let mut lines = 0;
        for (input, mut ends) in parts {
            ends.joins.move_behind(&joins, lines);
            joins.join(ends.joins);
            begins.push((lines, input));
            lines += ends.lines;
        }
        let mut evidence = Self::default();
        joins.drain().for_each(|session| evidence.close(&session, traits, filter, 1));
        for line in evidence.shapes.values_mut().flat_map(|s| s.facts.values_mut()).flat_map(|f| &mut f.lines) {
            let at = begins.partition_point(|(first, _)| *first <= line.line);
            if let Some((first, input)) = at.checked_sub(1).and_then(|at| begins.get(at)) {
                (line.input, line.line) = (*input, line.line - first);
            }
        }
        evidence
    }
}
