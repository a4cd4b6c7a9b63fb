//! One failed attempt of a client, and whether another shows that its trouble is over.
//!
//! In: what an attempt saw and how far it came. Out: of two, whether the second got past what ended the first. Knows nothing of
//! causes.
//!
//! People try again with an option, another key or another name, and paste all of it: what counts is what keeps them out
//! now. A further attempt that came further is past it, and so is one that came as far and does not fail for it again, unless
//! it shows less: a bare `Permission denied` is the end of many failures that only a verbose client tells.

use super::judge::{Basis, Judgement};
use super::sides::is_same_host;
use crate::catalog::{Catalog, Stage};
use crate::evidence::{Fact, Shape};

/// See the module.
#[derive(Debug)]
pub(super) struct Attempt<'e> {
    pub(super) fact: &'e Fact,
    reached: Option<Stage>,
    /// Whether the client told what it did.
    verbose: bool,
    /// Whether it failed in that nothing follows: what was pasted may have been cut there.
    breaks_off: bool,
}

impl<'e> Attempt<'e> {
    pub(super) fn of(catalog: &Catalog, shape: &Shape, fact: &'e Fact, judgement: &Judgement) -> Self {
        let verbose = shape.seen.iter().any(|(pattern, _)| catalog.pattern_at(*pattern).starts);
        let breaks_off = judgement.basis == Basis::Ending;
        Self { fact, reached: judgement.stage, verbose, breaks_off }
    }

    /// Whether this, further down the same text or where the other breaks off, got past what ended `earlier`, which it does not
    /// fail for again. `follows` says whether what this failed for may be a consequence of that.
    pub(super) fn is_past(&self, earlier: &Self, follows: bool) -> bool {
        let (ours, theirs) = (&self.fact.who, &earlier.fact.who);
        let ((text, line), (their_text, their_line)) = (self.fact.place(), earlier.fact.place());
        // What failed before any server was reached, such as looking up its name, is no matter of one server.
        let before_any = earlier.reached <= Some(Stage::NameResolution);
        let same_server = before_any || is_same_host(&ours.host, &theirs.host);
        let as_another = ours.user.as_ref().zip(theirs.user.as_ref()).is_some_and(|(a, b)| a != b);
        let shows_more = self.verbose && !earlier.verbose;
        let shows_it = shows_more || (self.verbose == earlier.verbose && !follows);
        let as_far = self.reached == earlier.reached && shows_it && !as_another;
        // Of several that failed alike only the first is known.
        let once = earlier.fact.count == 1;
        // Which of two came first does not matter where the other may only have been cut.
        let further = earlier.reached < self.reached && (their_line < line || earlier.breaks_off);
        once && text == their_text && same_server && (further || (as_far && their_line < line))
    }
}
