//! By which wordings a message may be: tables over the literals of all wordings, made when a catalog is indexed.
//!
//! In: the literals of the wordings in order of precedence, later a message. Out: the longest literal that the message begins with
//! and those above it, and the wordings whose literal lies inside. Knows nothing of templates and programs.
//!
//! Beginnings are a sorted list searched by halves, each with the longest other one that it begins with: nothing is built at
//! start, and all programs share it. (A radix trie for each class of programs was a fifth of the time of a short paste, and not
//! faster to search.) Literals inside are found by four of their bytes, the rarest; an Aho-Corasick automaton over them took two
//! fifths of that time to build.

use super::fours::{Fours, four};
use crate::template::bytes;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// No beginning.
pub const NONE: u32 = u32::MAX;
/// Words of the set of four bytes; of its bits a hundred times fewer are set than there are.
const WORDS: usize = 512;

/// See the module. Wordings are named by their place in order of precedence, literals by where they lie in the catalog's.
#[derive(Debug, Clone, Default)]
pub struct Dispatch {
    /// For each byte, where the beginnings that have it first begin; one more at the end.
    firsts: Numbers,
    /// The first sixteen bytes of each beginning, in order; most searches need no more.
    keys: Numbers,
    /// Where each beginning lies among the literals, two numbers each.
    beginnings: Numbers,
    /// For each beginning the longest other one that it begins with.
    parents: Numbers,
    /// For each beginning, where its wordings begin among `members`; one more at the end.
    starts: Numbers,
    members: Numbers,
    /// Groups of four bytes, in order.
    fours: Numbers,
    /// For each, where its wordings begin among `inside`; one more at the end.
    four_starts: Numbers,
    /// A wording, and how far the four bytes lie within its literal; two numbers each.
    inside: Numbers,
    filter: Box<Fours<WORDS>>,
}

/// A literal of a wording: where it lies, and whether every match begins with it.
pub type Place = (bool, (u32, u32));

impl Dispatch {
    /// Makes the tables for wordings with these literals.
    pub fn of(places: &[Place], literals: &[u8]) -> Self {
        let text = |place: (u32, u32)| &literals[place.0 as usize..place.1 as usize];
        let mut sorted: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
        for (wording, (prefixed, place)) in places.iter().enumerate() {
            if *prefixed {
                sorted.entry(text(*place)).or_default().push(wording as u32);
            }
        }
        let mut made = Draft::default();
        let mut open: Vec<(&[u8], u32)> = Vec::new();
        let mut firsts = sorted.keys().map(|beginning| beginning[0]).peekable();
        let mut before = 0;
        for byte in 0..=u8::MAX {
            made.firsts.push(before);
            while firsts.next_if_eq(&byte).is_some() {
                before += 1;
            }
        }
        made.firsts.push(before);
        for (at, (beginning, wordings)) in sorted.into_iter().enumerate() {
            while open.last().is_some_and(|(above, _)| !beginning.starts_with(above)) {
                open.pop();
            }
            made.keys.extend(key(beginning).to_be_bytes().chunks_exact(4).map(four));
            let (_, (from, to)) = places[wordings[0] as usize];
            made.beginnings.extend([from, to]);
            made.parents.push(open.last().map_or(NONE, |(_, parent)| *parent));
            made.starts.push(made.members.len() as u32);
            made.members.extend(wordings);
            open.push((beginning, at as u32));
        }
        made.starts.push(made.members.len() as u32);
        made.add_inside(places, &text);
        made.finish()
    }

    /// What [`Dispatch::to_bytes`] gave.
    pub fn of_bytes(bytes: &'static [u8]) -> Self {
        let length = |which: usize| read(bytes, which) as usize;
        let mut at = 4 * TABLES;
        let mut table = |which: usize| {
            let from = at;
            at += 4 * length(which);
            Numbers(Cow::Borrowed(&bytes[from..at]))
        };
        Self::of_tables(std::array::from_fn(&mut table))
    }

    /// As bytes: the lengths of the tables, then the tables.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside, filter: _ } = self;
        let tables = [firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside];
        let lengths = tables.iter().flat_map(|table| (table.len() as u32).to_le_bytes());
        lengths.chain(tables.iter().flat_map(|table| table.0.iter().copied())).collect()
    }

    fn of_tables(tables: [Numbers; TABLES]) -> Self {
        let [firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside] = tables;
        let mut filter = Box::<Fours<WORDS>>::default();
        (0..fours.len()).for_each(|at| filter.add(fours.at(at)));
        Self { firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside, filter }
    }

    /// How many beginnings there are; their numbers are below it.
    #[allow(clippy::len_without_is_empty, reason = "a catalog without wordings is of no interest")]
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// The longest beginning that `message` has; [`NONE`] where it has none.
    pub fn longest(&self, message: &[u8], literals: &[u8]) -> u32 {
        let text = |at: usize| {
            let place = self.beginnings.at(2 * at) as usize..self.beginnings.at(2 * at + 1) as usize;
            &literals[place]
        };
        let Some(first) = message.first().map(|byte| usize::from(*byte)) else { return NONE };
        let (from, to) = (self.firsts.at(first) as usize, self.firsts.at(first + 1) as usize);
        let wanted = key(message);
        // The last that is not behind the message in order: every beginning of the message is one of its beginnings too.
        let end = partition(from, to, |at| {
            let key = self.keys.wide(at);
            key < wanted || key == wanted && text(at) <= message
        });
        let mut at = if end > from { end as u32 - 1 } else { NONE };
        while at != NONE && !bytes::begins(message, text(at as usize)) {
            at = self.parents.at(at as usize);
        }
        at
    }

    /// The wordings of a beginning and of all above it.
    pub fn wordings(&self, beginning: u32) -> impl Iterator<Item = u32> {
        let up = |at: &u32| Some(self.parents.at(*at as usize)).filter(|parent| *parent != NONE);
        std::iter::successors(Some(beginning).filter(|at| *at != NONE), up).flat_map(|at| {
            let range = self.starts.at(at as usize)..self.starts.at(at as usize + 1);
            range.map(|member| self.members.at(member as usize))
        })
    }

    /// Hands to `take` every wording whose literal, which `literal` gives, lies anywhere in `message`; some more than once.
    pub fn inside<'l>(&self, message: &[u8], literal: impl Fn(u32) -> &'l [u8], mut take: impl FnMut(u32)) {
        for (at, window) in message.windows(4).enumerate() {
            let four = four(window);
            if !self.filter.has(four) {
                continue;
            }
            let known = partition(0, self.fours.len(), |at| self.fours.at(at) < four);
            if known == self.fours.len() || self.fours.at(known) != four {
                continue;
            }
            for entry in self.four_starts.at(known) as usize..self.four_starts.at(known + 1) as usize {
                let (wording, offset) = (self.inside.at(2 * entry), self.inside.at(2 * entry + 1));
                let begins = at.checked_sub(offset as usize).and_then(|from| message.get(from..));
                if begins.is_some_and(|rest| bytes::begins(rest, literal(wording))) {
                    take(wording);
                }
            }
        }
    }
}

/// How many tables there are.
const TABLES: usize = 9;

/// The tables in the making.
#[derive(Default)]
struct Draft {
    firsts: Vec<u32>,
    keys: Vec<u32>,
    beginnings: Vec<u32>,
    parents: Vec<u32>,
    starts: Vec<u32>,
    members: Vec<u32>,
    fours: Vec<u32>,
    four_starts: Vec<u32>,
    inside: Vec<u32>,
}

impl Draft {
    fn add_inside<'l>(&mut self, places: &[Place], text: &dyn Fn((u32, u32)) -> &'l [u8]) {
        let inside = || places.iter().enumerate().filter(|(_, (prefixed, _))| !prefixed);
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for (_, (_, place)) in inside() {
            text(*place).windows(4).for_each(|w| *counts.entry(four(w)).or_default() += 1);
        }
        let mut by_four: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for (wording, (_, place)) in inside() {
            let fours = text(*place).windows(4).map(four).enumerate();
            if let Some((offset, rarest)) = fours.min_by_key(|(_, four)| counts.get(four)) {
                by_four.entry(rarest).or_default().push((wording as u32, offset as u32));
            }
        }
        for (four, wordings) in by_four {
            self.fours.push(four);
            self.four_starts.push(self.inside.len() as u32 / 2);
            self.inside.extend(wordings.into_iter().flat_map(|(wording, offset)| [wording, offset]));
        }
        self.four_starts.push(self.inside.len() as u32 / 2);
    }

    fn finish(self) -> Dispatch {
        let Self { firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside } = self;
        let tables = [firsts, keys, beginnings, parents, starts, members, fours, four_starts, inside];
        Dispatch::of_tables(tables.map(|table| Numbers::of(&table)))
    }
}

/// Numbers of four bytes each, wherever they lie.
#[derive(Debug, Clone, Default)]
struct Numbers(Cow<'static, [u8]>);

impl Numbers {
    fn of(numbers: &[u32]) -> Self {
        Self(numbers.iter().flat_map(|n| n.to_le_bytes()).collect())
    }

    fn len(&self) -> usize {
        self.0.len() / 4
    }

    #[inline]
    fn at(&self, at: usize) -> u32 {
        read(&self.0, at)
    }

    /// Four numbers as the sixteen bytes that they were, read as one number.
    #[inline]
    fn wide(&self, at: usize) -> u128 {
        self.0[16 * at..].first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes))
    }
}

#[inline]
fn read(bytes: &[u8], at: usize) -> u32 {
    let b = &bytes[4 * at..4 * at + 4];
    u32::from_le_bytes([b[0], b[1], b[2], b[3]])
}

/// The first sixteen bytes, so that numbers are in the order of the texts.
fn key(text: &[u8]) -> u128 {
    if let Some(first) = text.first_chunk() {
        return u128::from_be_bytes(*first);
    }
    let mut first = [0; 16];
    first[..text.len()].copy_from_slice(text);
    u128::from_be_bytes(first)
}

/// The first place from `from` to `to` for which `holds` is false, where it is true for all before it.
#[inline]
fn partition(from: usize, to: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables over literals, each true for a beginning.
    fn tables(literals: &[(bool, &[u8])]) -> (Dispatch, Vec<u8>, Vec<Place>) {
        let mut all = Vec::new();
        let mut places = Vec::new();
        for (prefixed, literal) in literals {
            let start = all.len() as u32;
            all.extend_from_slice(literal);
            places.push((*prefixed, (start, all.len() as u32)));
        }
        let made = Dispatch::of(&places, &all);
        (Dispatch::of_bytes(made.to_bytes().leak()), all, places)
    }

    #[test]
    fn finds_exactly_the_beginnings() {
        let beginnings: [&[u8]; 8] = [
            b"Failed ",
            b"Failed password",
            b"Fail",
            b"Accepted",
            b"Failure",
            b"A\0\0\0",
            b"Connection closed by ",
            b"Connection closed by x",
        ];
        let (made, all, _) = tables(&beginnings.map(|b| (true, b)));
        for message in [
            &b"Failed password for"[..],
            b"Failed publickey",
            b"Fai",
            b"Accepted",
            b"",
            b"Failure!",
            b"Acceptance",
            b"A",
            b"A\0\0\0",
            b"Connection closed by ",
            b"Connection closed by y",
            b"Connection closed by xyz",
            b"\xff",
            b"Zebra",
        ] {
            let mut found: Vec<u32> = made.wordings(made.longest(message, &all)).collect();
            found.sort_unstable();
            let expected: Vec<u32> = (0..8).filter(|n| message.starts_with(beginnings[*n as usize])).collect();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(message));
        }
    }

    #[test]
    fn finds_exactly_what_lies_inside() {
        let inside: [&[u8]; 5] = [b" from ", b"port", b" from port", b"refused", b"used"];
        let (made, all, places) = tables(&inside.map(|b| (false, b)));
        let literal = |wording: u32| &all[places[wording as usize].1.0 as usize..places[wording as usize].1.1 as usize];
        for message in
            [&b"x from port 22: refused"[..], b" from", b"port", b"", b"fro", b"refuse used", b" from from port"]
        {
            let mut found = Vec::new();
            made.inside(message, literal, |wording| found.push(wording));
            found.sort_unstable();
            found.dedup();
            let held = |n: &u32| memchr::memmem::find(message, inside[*n as usize]).is_some();
            let expected: Vec<u32> = (0..5).filter(held).collect();
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(message));
        }
    }
}
