//! Lists of what may go wrong: failures that exclude each other, one a line and close together.
//!
//! In: what is known in the lines of a text, in order. Out: the same without the failures of such lists. Knows nothing of how a line is
//! read. Nothing typed and no line of a log stands between the failures of a list: whoever tries again shows what he did, and what failed
//! on several servers is told with their names.

use super::{Found, Scanner};
use crate::catalog::{CauseId, Kind};

impl<'a> Scanner<'a, '_> {
    /// See the module. Of each line its number and what is known in it.
    pub(super) fn leave_out_lists(&self, known: &mut [(usize, Vec<Found<'a>>)]) {
        for (is_end, least, lines) in self.plan.matcher.lists() {
            let mut from = 0;
            while from < known.len() {
                let first = known[from].0;
                let near = known[from..].iter().take_while(|(line, found)| {
                    line - first <= lines && !found.iter().any(|found| self.is_shown_to_be_had(found))
                });
                let to = from + near.count();
                let mut causes: Vec<CauseId> =
                    known[from..to].iter().filter_map(|(_, found)| self.only_failure(found)).collect();
                causes.retain(|cause| is_end(*cause));
                causes.sort_unstable();
                causes.dedup();
                if causes.len() >= least {
                    known[from..to]
                        .iter_mut()
                        .for_each(|(_, found)| found.retain(|f| self.kind(f.pattern) != Kind::Failure));
                    from = to;
                } else {
                    from += 1;
                }
            }
        }
    }

    /// Whether a line is of a log or typed, or tells of a server or user.
    fn is_shown_to_be_had(&self, found: &Found<'a>) -> bool {
        let fields = self.plan.matcher.fields(found.pattern);
        let mut named = [fields.user, fields.source, fields.host].into_iter().flatten();
        let tells =
            |slot: u8| found.captures.get(usize::from(slot)).is_some_and(|name| !found.message[name].starts_with(b"<"));
        let pattern = self.plan.matcher.catalog().pattern_at(found.pattern);
        !found.record.program.is_empty() || pattern.typed || named.any(tells)
    }

    /// The cause of a line that tells of one failure.
    fn only_failure(&self, found: &[Found<'a>]) -> Option<CauseId> {
        let mut failures = found.iter().filter(|found| self.kind(found.pattern) == Kind::Failure);
        let first = failures.next()?;
        self.plan.matcher.catalog().pattern_at(first.pattern).cause.filter(|_| failures.next().is_none())
    }
}
