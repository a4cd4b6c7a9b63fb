//! What clients complain of.
//!
//! In: what was judged. Out: whether a cause that users get past alone may still be somebody's trouble. Knows nothing of lines.

use super::came_in::CameIn;
use super::judge::Judgement;
use crate::catalog::{Catalog, CauseId};
use crate::evidence::{Fact, ShapeFacts};

/// See the module.
pub(super) struct Complaints<'c> {
    catalog: &'c Catalog,
    causes: Vec<CauseId>,
}

impl<'c> Complaints<'c> {
    /// What clients show that they failed for, and not that they got in all the same.
    pub(super) fn of(
        catalog: &'c Catalog,
        judged: &[(&ShapeFacts, Judgement)],
        came_in: &CameIn<'_>,
        is_client: &dyn Fn(&Fact) -> bool,
    ) -> Self {
        let got_in = |shape: &ShapeFacts, judgement: &Judgement, fact: &Fact| {
            came_in.unseen(catalog, &shape.shape, fact)
                || came_in.when_tried_again(catalog, fact)
                || (judgement.is_unreached() && came_in.later_at_the_server(catalog, fact))
        };
        let complains = |(shape, judgement): &&(&ShapeFacts, Judgement)| {
            shape.facts().any(|fact| is_client(fact) && !got_in(shape, judgement, fact))
        };
        Self { catalog, causes: judged.iter().filter(complains).map(|(_, judgement)| judgement.cause).collect() }
    }

    /// Whether a client fails at all.
    pub(super) fn any(&self) -> bool {
        !self.causes.is_empty()
    }

    /// Whether users get past a cause alone, and nobody complains of it or of what may come of it.
    pub(super) fn leave(&self, cause: CauseId) -> bool {
        let known = self.catalog.cause_at(cause);
        known.passes && !self.causes.iter().any(|other| *other == cause || known.outranks.contains(other))
    }
}
