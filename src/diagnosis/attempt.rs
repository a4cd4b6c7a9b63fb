//! One failed attempt of a client, and whether another shows that its trouble is over.
//!
//! In: what an attempt saw and how far it came. Out: of two, whether the second got past what ended the first. Knows nothing of
//! causes.
//!
//! People try again with an option, another key or another name, and paste all of it: what counts is what keeps them out
//! now. A further attempt that came further is past it, and so is one that came as far and does not fail for it again, unless
//! it shows less: a bare `Permission denied` is the end of many failures that only a verbose client tells.

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
}

impl<'e> Attempt<'e> {
    pub(super) fn of(catalog: &Catalog, shape: &Shape, fact: &'e Fact, reached: Option<Stage>) -> Self {
        let verbose = shape.seen.iter().any(|(pattern, _)| catalog.pattern_at(*pattern).starts);
        Self { fact, reached, verbose }
    }

    /// Whether this, further down the same text, got past what ended `earlier`, which it does not fail for again. `follows` says
    /// whether what this failed for may be a consequence of that.
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
        once && text == their_text && their_line < line && same_server && (earlier.reached < self.reached || as_far)
    }
}
