//! Failures that kept nobody out.
//!
//! In: a failure, and who came in, guessed and complained. Out: whether it is anybody's trouble. The reasons are those of
//! [`CameIn`]; here is which of them counts for what.

use super::background::Background;
use super::came_in::CameIn;
use super::complaints::Complaints;
use super::judge::Judgement;
use crate::catalog::{Catalog, Stage};
use crate::evidence::{Fact, ShapeFacts};

/// See the module.
pub(super) struct Excuses<'a, 'e> {
    pub(super) catalog: &'e Catalog,
    pub(super) came_in: &'a CameIn<'e>,
    pub(super) background: &'a Background<'e>,
    pub(super) complaints: &'a Complaints<'e>,
    /// Whether a client shows that it was kept out.
    pub(super) complained: bool,
}

impl Excuses<'_, '_> {
    /// Whether whoever failed is in for all that, or was never to be let in. `client`: a client says it.
    pub(super) fn hold(&self, facts: &ShapeFacts, judgement: &Judgement, fact: &Fact, client: bool) -> bool {
        let (catalog, came_in, shape) = (self.catalog, self.came_in, &facts.shape);
        came_in.another_process_says(catalog, shape, fact)
            || self.of_a_try(facts, judgement, fact)
            || (self.complaints.leave(judgement.cause) && came_in.afterwards(fact))
            || match client {
                true => self.of_a_client(facts, judgement, fact),
                false => self.of_a_server(judgement, fact),
            }
    }

    /// Whether a try was no more than that: people mistype, and look who else may be in.
    fn of_a_try(&self, facts: &ShapeFacts, judgement: &Judgement, fact: &Fact) -> bool {
        let cause = self.catalog.cause_at(judgement.cause);
        let outcome = self.background.is_outcome(&cause.id);
        let mistypes = outcome || (cause.passes && judgement.stage == Some(Stage::Auth));
        let came_in = self.came_in;
        (outcome && came_in.by_nearly_the_same_name(fact))
            || (outcome && self.background.tries_the_dictionary(&fact.who) && came_in.by_another_name(fact))
            || (mistypes && came_in.but_mistyped(&facts.shape, &judgement.deciding, fact))
    }

    fn of_a_client(&self, facts: &ShapeFacts, judgement: &Judgement, fact: &Fact) -> bool {
        let cause = self.catalog.cause_at(judgement.cause);
        let outcome = self.background.is_outcome(&cause.id);
        self.came_in.when_tried_again(self.catalog, fact)
            || (outcome && self.came_in.unseen(self.catalog, &facts.shape, fact))
            || (cause.goes_on && self.came_in.anyway(self.catalog, &facts.shape, fact))
            || (cause.goes_on
                && judgement.stage == Some(Stage::Auth)
                && self.came_in.without_a_word(self.catalog, &facts.shape, fact))
    }

    fn of_a_server(&self, judgement: &Judgement, fact: &Fact) -> bool {
        let early = judgement.stage.is_some_and(|stage| stage < Stage::Auth);
        let probe = early && self.background.is_probe(&self.catalog.cause_at(judgement.cause).id);
        (probe && !self.complained && self.came_in.by_address(fact)) || self.came_in.in_spite_of(judgement, fact)
    }
}
