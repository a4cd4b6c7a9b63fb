//! The literals that every match of a regular expression must hold, derived so that nobody has to declare them.
//!
//! In: the expression. Out: one literal, and whether matches begin with it, None where there is none of use; what else a match
//! needs; the names of its groups; and the same expression without wide bounds.

use crate::template::MIN_LITERAL;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};
use serde::{Deserialize, Serialize};

/// A bound from here on only says that something is not endless.
const WIDE: u32 = 40;

/// How much of a beginning is told apart, and how many.
const MOST_BEGIN: usize = 12;
const MOST_BEGINNINGS: usize = 24;

/// The expression with `*` and `+` in place of `{0,300}` and `{1,300}`: a bound that is no part of a format costs so many states
/// each time it is compiled, and a search is linear without it.
pub fn unbounded(regex: &str) -> String {
    let mut open = String::with_capacity(regex.len());
    let mut rest = regex;
    while let Some(at) = rest.find('{') {
        let (before, bound) = rest.split_at(at);
        open.push_str(before);
        let inside = bound.find('}').map(|end| &bound[1..end]).filter(|_| !before.ends_with('\\'));
        let bounds = inside.and_then(|inside| inside.split_once(','));
        let wide = bounds.filter(|(_, most)| most.parse::<u32>().is_ok_and(|most| most >= WIDE));
        match (wide.map(|(least, _)| least), inside) {
            (Some(least @ ("0" | "1")), Some(inside)) => {
                open.push(if least == "0" { '*' } else { '+' });
                rest = &bound[inside.len() + 2..];
            }
            _ => {
                open.push('{');
                rest = &bound[1..];
            }
        }
    }
    open + rest
}

/// The names of an expression's groups, in order.
pub fn group_names(regex: &str) -> impl Iterator<Item = &str> {
    regex.split("(?").skip(1).filter_map(|opened| {
        let named = opened.strip_prefix("P<").or_else(|| opened.strip_prefix('<'))?;
        named.split_once('>').map(|(name, _)| name)
    })
}

/// What every match of an expression has, which is told sooner than the expression is compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Needs {
    /// It begins with one of these, if there are any.
    pub begins: Vec<Vec<u8>>,
    /// It holds one of these, if there are any.
    pub any: Vec<Vec<u8>>,
}

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

/// What every match needs beside: one of some beginnings, however short, and one of the literals of an alternation.
pub fn needs(expression: &str) -> Needs {
    let Ok(hir) = ParserBuilder::new().utf8(false).build().parse(expression) else { return Needs::default() };
    let mut any = Vec::new();
    alternatives(&hir, &mut any);
    Needs { begins: beginnings(&hir), any }
}

/// What a match may begin with, empty where that is anything.
fn beginnings(hir: &Hir) -> Vec<Vec<u8>> {
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return Vec::new();
    }
    let mut extractor = Extractor::new();
    extractor.limit_class(2).limit_repeat(1).limit_literal_len(MOST_BEGIN).limit_total(MOST_BEGINNINGS);
    let found = extractor.extract(hir);
    let beginnings = found.literals().unwrap_or_default();
    if beginnings.iter().any(|literal| literal.is_empty()) {
        return Vec::new();
    }
    beginnings.iter().map(|literal| literal.as_bytes().to_vec()).collect()
}

/// The alternation whose shortest literal is longest, with the alternations within its branches.
fn alternatives(hir: &Hir, best: &mut Vec<Vec<u8>>) {
    let shortest = |literals: &[Vec<u8>]| literals.iter().map(Vec::len).min().unwrap_or(0);
    match hir.kind() {
        HirKind::Alternation(branches) => {
            let of_branch = |branch: &Hir| {
                let (mut longest, mut within) = (Vec::new(), Vec::new());
                inside(branch, &mut longest);
                alternatives(branch, &mut within);
                if shortest(&within) > longest.len() { within } else { vec![longest] }
            };
            let literals: Vec<Vec<u8>> = branches.iter().flat_map(of_branch).collect();
            if shortest(&literals) > shortest(best) {
                *best = literals;
            }
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| alternatives(part, best)),
        HirKind::Capture(capture) => alternatives(&capture.sub, best),
        HirKind::Repetition(repetition) if repetition.min > 0 => alternatives(&repetition.sub, best),
        _ => {}
    }
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
    use super::{needs, required};

    #[test]
    fn a_wide_bound_is_none() {
        for (bounded, open) in [
            (r"^x{0,300}y", "^x*y"),
            (r"[^ ]{1,64}? z{2,300}", "[^ ]+? z{2,300}"),
            (r"a{0,9}b{12}", "a{0,9}b{12}"),
            (r"\{0,300}", r"\{0,300}"),
            ("{", "{"),
        ] {
            assert_eq!(super::unbounded(bounded), open);
        }
    }

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

    #[test]
    fn derives_what_else_a_match_needs() {
        for (expression, begins, any) in [
            (r"^d[rwx-]+ .* (?<path>/home/.+)$", &["d"][..], &[][..]),
            (
                r"^(?:[^ ]*(?:sshd_config|opensshserver)[^ ]*|rexec) line [0-9]+: .*$",
                &[],
                &["sshd_config", "opensshserver", "rexec"],
            ),
            (r"^(?<path>.+) line (?:: (?:Bad .+|Invalid .+))$", &[], &["Bad ", "Invalid "]),
            (
                r"^x line (?:: (?:Bad .+|Invalid .+)| too long)$",
                &["x line : Bad", "x line : Inv", "x line  too "],
                &["Bad ", "Invalid ", " too long"],
            ),
            (r"^(?:[ab]|long) line", &["a line", "b line", "long line"], &[]),
            (r"^(?:[ab]|long)? line", &["a line", "b line", "long line", " line"], &[]),
            (r"(?:a|long) line", &[], &["a", "long"]),
        ] {
            let found = needs(expression);
            let bytes = |texts: &[&str]| texts.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
            assert_eq!((found.begins, found.any), (bytes(begins), bytes(any)), "{expression}");
        }
    }
}
