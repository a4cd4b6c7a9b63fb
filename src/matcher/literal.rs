//! The literal that every match of a regular expression must hold, derived so that nobody has to declare it.
//!
//! In: the expression. Out: the literal, and whether matches begin with it; None where there is no literal of use.

use crate::template::MIN_LITERAL;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};

/// See the module.
pub fn required(expression: &str) -> Option<(bool, Vec<u8>)> {
    let hir = ParserBuilder::new().utf8(false).build().parse(expression).ok()?;
    if let Some(prefix) = anchored_prefix(&hir).filter(|p| p.len() >= MIN_LITERAL) {
        return Some((true, prefix));
    }
    let mut longest = Vec::new();
    inside(&hir, &mut longest);
    (longest.len() >= MIN_LITERAL).then_some((false, longest))
}

fn anchored_prefix(hir: &Hir) -> Option<Vec<u8>> {
    let HirKind::Concat(parts) = hir.kind() else { return None };
    let mut parts = parts.iter();
    match parts.next()?.kind() {
        HirKind::Look(Look::Start) => {}
        _ => return None,
    }
    match parts.next()?.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_vec()),
        _ => None,
    }
}

fn inside(hir: &Hir, longest: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() > longest.len() => {
            *longest = literal.0.to_vec();
        }
        HirKind::Concat(parts) => parts.iter().for_each(|p| inside(p, longest)),
        HirKind::Capture(capture) => inside(&capture.sub, longest),
        HirKind::Repetition(repetition) if repetition.min > 0 => inside(&repetition.sub, longest),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::required;

    #[test]
    fn derives_what_every_match_holds() {
        for (expression, expected) in [
            (r"^Failed (?<user>.*) x", Some((true, "Failed "))),
            (r"^(?<path>.+): Permission denied$", Some((false, ": Permission denied"))),
            (r"^(?:abcdef|ghijkl)$", None),
            (r"^(?:long literal)?abcd(?:ef)+", Some((false, "abcd"))),
        ] {
            let expected = expected.map(|(p, l)| (p, l.as_bytes().to_vec()));
            assert_eq!(required(expression), expected, "{expression}");
        }
    }
}
