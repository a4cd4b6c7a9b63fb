//! Failures that kept nobody out.
//!
//! In: a failure, and who came in, guessed and complained. Out: whether it is anybody's trouble. The reasons are those of
//! [`CameIn`]; here is which of them counts for what.

use super::background::Background;
use super::came_in::CameIn;
use super::complaints::Complaints;
use super::judge::Judgement;
use crate::catalog::{Catalog, Stage};
use crate::evidence::{Fact, Shape};

/// See the module.
pub(super) struct Excuses<'a, 'e> {
    pub(super) catalog: &'e Catalog,
    pub(super) came_in: &'a CameIn<'e>,
    pub(super) background: &'a Background<'e>,
    pub(super) complaints: &'a Complaints<'e>,
    /// Whether a client shows that it was kept out.
    pub(super) complained: bool,
}

impl<'e> Excuses<'_, 'e> {
    /// Which excuses count for what is judged so.
    pub(super) fn of<'x>(&'x self, shape: &'x Shape, judgement: &'x Judgement) -> Excuse<'x, 'e> {
        let cause = self.catalog.cause_at(judgement.cause);
        let outcome = self.background.is_outcome(&cause.id);
        let early = judgement.stage.is_some_and(|stage| stage < Stage::Auth);
        let refused = judgement.stage == Some(Stage::Auth);
        Excuse {
            all: self,
            shape,
            judgement,
            outcome,
            of_nobody: self.background.is_of_nobody(&cause.id),
            mistypes: outcome || (cause.passes && refused),
            probe: early && !self.complained && self.background.is_probe(&cause.id),
            leaves: self.complaints.leave(judgement.cause),
            unreached: judgement.is_unreached(),
            goes_on: cause.goes_on,
            silent: cause.goes_on && refused,
        }
    }
}

/// What may excuse failures that are judged alike.
pub(super) struct Excuse<'x, 'e> {
    all: &'x Excuses<'x, 'e>,
    shape: &'x Shape,
    judgement: &'x Judgement,
    /// Whether guessing ends so.
    outcome: bool,
    /// Whether nobody has such a name.
    of_nobody: bool,
    /// Whether people mistype and are in then.
    mistypes: bool,
    /// Whether somebody may only have tested the port.
    probe: bool,
    /// Whether users get past it alone, and nobody complains.
    leaves: bool,
    /// Whether the server was not reached, or is one that the client does not know.
    unreached: bool,
    /// Whether a client goes on after it.
    goes_on: bool,
    /// Whether it goes on and says nothing more where it comes in.
    silent: bool,
}

impl Excuse<'_, '_> {
    /// Whether whoever failed is in for all that, or was never to be let in. `client`: a client says it.
    pub(super) fn holds(&self, fact: &Fact, client: bool) -> bool {
        let came_in = self.all.came_in;
        came_in.another_process_says(self.all.catalog, self.shape, fact)
            || self.of_a_try(fact)
            || (self.leaves && came_in.afterwards(fact))
            || (!self.all.complained && came_in.after_a_look(self.all.catalog, self.shape, self.judgement, fact))
            || if client { self.of_a_client(fact) } else { self.of_a_server(fact) }
    }

    /// Whether a try was no more than that: people mistype, and look who else may be in.
    fn of_a_try(&self, fact: &Fact) -> bool {
        let came_in = self.all.came_in;
        let looks = || self.all.background.tries_the_dictionary(&fact.who) && came_in.by_another_name(fact);
        (self.outcome && (came_in.by_nearly_the_same_name(fact) || looks()))
            || (self.of_nobody && came_in.by_the_right_name(fact))
            || (self.mistypes && came_in.but_mistyped(self.shape, &self.judgement.deciding, fact))
    }

    fn of_a_client(&self, fact: &Fact) -> bool {
        let (catalog, came_in) = (self.all.catalog, self.all.came_in);
        came_in.when_tried_again(catalog, fact)
            || (self.unreached && came_in.later_at_the_server(catalog, fact))
            || (self.outcome && came_in.unseen(catalog, self.shape, fact))
            || (self.goes_on && came_in.anyway(catalog, self.shape, fact))
            || (self.silent && came_in.without_a_word(catalog, self.shape, fact))
    }

    fn of_a_server(&self, fact: &Fact) -> bool {
        (self.probe && self.all.came_in.by_address(fact)) || self.all.came_in.in_spite_of(self.judgement, fact)
    }
}
