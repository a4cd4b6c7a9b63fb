//! How sure a verdict is.

use super::judge::Judgement;
use crate::catalog::Weight;

/// How much a verdict of this weight is to be believed when nothing competes.
fn base(weight: Weight) -> f64 {
    match weight {
        Weight::Decisive => 0.95,
        Weight::Strong => 0.8,
        Weight::Weak => 0.5,
        Weight::Consequence => 0.3,
    }
}

/// What a proposal of equal weight takes from the confidence.
const COMPETITION: f64 = 0.85;

/// See the module.
pub fn of(judgement: &Judgement) -> f64 {
    base(judgement.weight) * if judgement.contested { COMPETITION } else { 1.0 }
}
