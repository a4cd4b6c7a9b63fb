//! How sure a verdict is.
//!
//! In: a judgement, and whether both sides tell of it. Out: 0 to 1. Knows nothing of lines.
//!
//! Three things make it: how decisive the evidence is (the weight that the catalog gives to the line or rule), how much of
//! the connection was seen (a rule that concludes from what is missing says less where the beginning is missing too, and one
//! that concludes from the end says less because texts are cut), and what competes. Where client and server tell of the same
//! event, half of the doubt goes; so it does where the configuration beside the log says the same. For a few causes the catalog
//! knows that even a line which states them is often not the whole story (`at_most`). The numbers are not taken
//! from the air: `tests/suite/calibration.rs` takes away deciding lines, beginnings and ends of every sample and holds what is
//! stated against how often it is right.

use super::judge::{Basis, Judgement, Ruling};
use crate::catalog::Weight;

/// How much a verdict of this weight is to be believed when all was seen and nothing competes.
fn base(weight: Weight) -> f64 {
    match weight {
        Weight::Decisive => 0.95,
        Weight::Strong => 0.8,
        Weight::Weak => 0.5,
        Weight::Consequence => 0.3,
    }
}

/// What is left of it by what the conclusion rests on. Of the samples' halves that end in the key exchange two in five hang
/// there; of ends without a beginning that show no offered key not half had none to offer.
fn seen(basis: Basis) -> f64 {
    match basis {
        Basis::Lines | Basis::Absence => 1.0,
        Basis::Ending => 0.75,
        Basis::AbsenceInPart => 0.55,
    }
}

/// What a proposal of equal weight takes from the confidence.
const COMPETITION: f64 = 0.85;

/// What the configuration decides where the log only shows that a login failed. It states the reason for itself, but what was
/// collected may be younger than the login; where files may be missing, they may say otherwise.
const DECIDED: f64 = 0.9;
const DECIDED_IN_PART: f64 = 0.8;
/// What is left of a cause that a line states and the configuration does not show any more: it was changed since.
const OUTDATED: f64 = 0.9;
/// What is left of a cause that was only concluded, and that the configuration rules out.
const REFUTED: f64 = 0.6;

/// Of one session, of whose cause lines alone can make so sure `at_most`.
pub fn of(judgement: &Judgement, at_most: f64) -> f64 {
    let of_lines = base(judgement.weight) * seen(judgement.basis) * if judgement.contested { COMPETITION } else { 1.0 };
    let of_lines = of_lines.min(at_most);
    match judgement.ruling {
        None => of_lines,
        Some(Ruling::Confirmed) => confirmed(of_lines),
        Some(Ruling::Decided { sure: true }) => DECIDED,
        Some(Ruling::Decided { sure: false }) => DECIDED_IN_PART,
        Some(Ruling::Refuted) if judgement.weight == Weight::Decisive => of_lines * OUTDATED,
        Some(Ruling::Refuted) => of_lines * REFUTED,
    }
}

/// Once the other side, or the configuration, tells of the same event.
pub fn confirmed(confidence: f64) -> f64 {
    1.0 - (1.0 - confidence) / 2.0
}
