//! Which lines are of one connection, also across the borders of chunks.
//!
//! In: sessions of one line each with the keys they are joined by, later the open ends of two neighbouring stretches.
//! Out: sessions that are over. Knows nothing of what the lines say.
//!
//! A connection's lines come from several processes (listener, monitor, unprivileged child, the user's child). Two lines with
//! a key in common and none between them that has it too are neighbours; whether neighbours are of one connection is decided
//! by these two lines alone. A session is what hangs together by such links, so it does not depend on where a chunk was cut.

use super::Hit;
use super::session::Session;
use crate::record::time::Micros;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// Neighbours further apart than this are of different connections: process ids and ports come around again.
const MAX_GAP_BYTES: u64 = 256 << 10;
/// The same in time. LoginGraceTime is 2 minutes unless somebody changed it.
pub const MAX_GAP_MICROS: Micros = 15 * 60 * 1_000_000;
/// The same between a process's line and a later one in which its parent announces it: both write at the same moment.
const MAX_LATE_MICROS: Micros = 1_000_000;
/// The same from a login to the end of its session.
const MAX_SESSION_MICROS: Micros = 24 * 60 * 60 * 1_000_000;

/// Sessions, open or over, after which those that are over are taken out: few enough to stay in a core's cache.
const MAX_NODES: usize = 2048;

/// What lines may have in common: an attempt, a process of a server, a client's end of a connection. Only a hash of it,
/// so that it costs no text; names that strangers choose are no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

impl Key {
    /// The attempt that a transcript is in.
    pub(super) const ATTEMPT: Self = Self(0);

    /// A process of a server.
    pub(super) fn process(host: &[u8], pid: u32) -> Self {
        Self::of(|hasher| (1u8, host, pid).hash(hasher))
    }

    /// A client's end of a connection to a server.
    pub(super) fn peer(host: &[u8], source: &[u8], port: u32) -> Self {
        Self::of(|hasher| (2u8, host, source, port).hash(hasher))
    }

    fn of(feed: impl FnOnce(&mut FxHasher)) -> Self {
        let mut hasher = FxHasher::default();
        feed(&mut hasher);
        Self(hasher.finish() | 1)
    }
}

/// What of a line decides whether its neighbour is of the same connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) offset: u64,
    pub(super) time: Option<Micros>,
    pub(super) port: Option<u32>,
    /// Whether a connection begins with the line.
    pub(super) begins: bool,
    /// Whether somebody is in with the line.
    pub(super) is_in: bool,
    /// Whether it may be said of a session that has lasted.
    pub(super) may_be_late: bool,
    /// Whether the line is its parent's word that the process has begun.
    pub(super) announces: bool,
}

impl End {
    fn leads_to(&self, next: &Self) -> bool {
        let near = next.offset.saturating_sub(self.offset) <= MAX_GAP_BYTES;
        let lasts = self.is_in && next.may_be_late;
        let most = match next.announces {
            true => MAX_LATE_MICROS,
            false if lasts => MAX_SESSION_MICROS,
            false => MAX_GAP_MICROS,
        };
        let soon = match (self.time, next.time) {
            (Some(before), Some(after)) => after.saturating_sub(before).saturating_abs() <= most,
            _ => !next.announces,
        };
        let same_port = match (self.port, next.port) {
            (Some(before), Some(after)) => before == after,
            _ => true,
        };
        !next.begins && near && soon && same_port
    }
}

/// A session in the making, or where it went.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all are open, and a box each would cost an allocation a connection"
)]
enum Node<T> {
    /// The session, and how many ends of keys lead to it.
    Open { session: Session<T>, ends: u32 },
    /// Joined with another.
    Moved(u32),
    /// Over, and taken out.
    Over,
}

/// The sessions of a stretch of input.
#[derive(Debug)]
pub(super) struct Joins<T> {
    from: u64,
    to: u64,
    /// Whether something lies before the stretch.
    follows: bool,
    nodes: Vec<Node<T>>,
    /// Number of nodes worth looking through for those that are over.
    roomy: usize,
    /// The first line of a key, while a line before the stretch may be its neighbour.
    heads: FxHashMap<Key, (u32, End)>,
    /// The last line of a key, while a line behind the stretch may be its neighbour.
    tails: FxHashMap<Key, (u32, End)>,
    over: Vec<Session<T>>,
}

/// Sessions that outlive their chunk.
pub(super) type OwnedJoins = Joins<Box<[u8]>>;

impl<T> Default for Joins<T> {
    fn default() -> Self {
        Self {
            from: 0,
            to: 0,
            follows: false,
            nodes: Vec::new(),
            roomy: 0,
            heads: FxHashMap::default(),
            tails: FxHashMap::default(),
            over: Vec::new(),
        }
    }
}

impl<'a> Joins<&'a [u8]> {
    pub(super) fn starting_at(offset: u64) -> Self {
        Self { from: offset, to: offset, follows: offset > 0, ..Self::default() }
    }

    /// Another input may lie before this one.
    pub(super) fn follow(&mut self) {
        self.follows = true;
    }

    /// Takes the next line. `child` is the position among `keys` of a process that the line announces: what came before it
    /// is of another process that had this number, unless it came just now.
    pub(super) fn line(&mut self, hit: &Hit<'a>, keys: &[Key], child: Option<usize>, end: End) {
        let mut found: Option<u32> = None;
        let mut left = [u32::MAX; 3];
        let end_of = |at| End { announces: Some(at) == child, ..end };
        for (at, key) in keys.iter().enumerate() {
            let Some(&(before, last)) = self.tails.get(key) else { continue };
            left[at] = before;
            if last.leads_to(&end_of(at)) {
                found = Some(match found {
                    Some(known) => self.unite(known, before),
                    None => self.root(before),
                });
            }
        }
        let node = match found {
            Some(node) => {
                if let Node::Open { session, .. } = &mut self.nodes[node as usize] {
                    session.add(hit);
                }
                node
            }
            None => {
                self.nodes.push(Node::Open { session: Session::of(hit), ends: 0 });
                self.nodes.len() as u32 - 1
            }
        };
        for (at, key) in keys.iter().enumerate() {
            self.retain(node);
            let known = match self.tails.get_mut(key) {
                Some(tail) => {
                    *tail = (node, end);
                    true
                }
                None => {
                    self.tails.insert(*key, (node, end));
                    false
                }
            };
            if !known && self.may_have_neighbour_before(&end) {
                self.retain(node);
                self.heads.insert(*key, (node, end_of(at)));
            }
        }
        // Let go only now, so that a session that goes on stays open between.
        left.into_iter().filter(|before| *before != u32::MAX).for_each(|before| self.release(before));
        if self.nodes.len() >= self.roomy.max(MAX_NODES) {
            self.to = end.offset;
            self.settle();
            self.compact();
            // What is open stays: the next time is when as much again has come, so that the cost per line is constant.
            self.roomy = 2 * self.nodes.len();
        }
    }

    /// The open session that `key` leads to.
    pub(super) fn open(&self, key: Key) -> Option<&Session<&'a [u8]>> {
        let (node, _) = self.tails.get(&key)?;
        match &self.nodes[self.root(*node) as usize] {
            Node::Open { session, .. } => Some(session),
            _ => None,
        }
    }

    /// Ends the stretch at `offset`; what remains open no longer borrows from it. The second are the sessions that are over.
    pub(super) fn into_owned(mut self, offset: u64) -> (OwnedJoins, Vec<Session<&'a [u8]>>) {
        self.to = offset;
        self.settle();
        self.compact();
        let own_node = |node| match node {
            Node::Open { session, ends } => Node::Open { session: Session::into_owned(session), ends },
            Node::Moved(to) => Node::Moved(to),
            Node::Over => Node::Over,
        };
        let owned = Joins {
            from: self.from,
            to: self.to,
            follows: self.follows,
            nodes: self.nodes.into_iter().map(own_node).collect(),
            roomy: 0,
            heads: self.heads,
            tails: self.tails,
            over: Vec::new(),
        };
        (owned, self.over)
    }
}

impl<T: AsRef<[u8]>> Joins<T> {
    /// Appends the stretch that follows.
    pub(super) fn join(&mut self, next: Self) {
        if self.from == self.to {
            (self.from, self.follows) = (next.from, next.follows);
        }
        let base = self.nodes.len() as u32;
        self.nodes.extend(next.nodes.into_iter().map(|node| match node {
            Node::Moved(to) => Node::Moved(to + base),
            node => node,
        }));
        self.over.extend(next.over);
        for (key, (node, first)) in next.heads {
            let node = node + base;
            match self.tails.remove(&key) {
                Some((before, last)) => {
                    let united = if last.leads_to(&first) { self.unite(before, node) } else { node };
                    self.release(before);
                    self.release(united);
                }
                None if self.may_have_neighbour_before(&first) && !self.heads.contains_key(&key) => {
                    self.heads.insert(key, (node, first));
                }
                None => self.release(node),
            }
        }
        for (key, (node, last)) in next.tails {
            if let Some((before, _)) = self.tails.insert(key, (node + base, last)) {
                self.release(before);
            }
        }
        self.to = next.to;
        self.settle();
        self.compact();
    }

    /// Whether sessions are over that were not taken out.
    pub(super) fn has_over(&self) -> bool {
        !self.over.is_empty()
    }

    /// Takes out the sessions that are over.
    pub(super) fn take_over(&mut self) -> Vec<Session<T>> {
        std::mem::take(&mut self.over)
    }

    /// The sessions that may go on, in no order.
    pub(super) fn open_sessions(&self) -> impl Iterator<Item = &Session<T>> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Open { session, .. } => Some(session),
            _ => None,
        })
    }

    /// Takes out everything.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Session<T>> + use<T> {
        let all = std::mem::take(self);
        let open = all.nodes.into_iter().filter_map(|node| match node {
            Node::Open { session, .. } => Some(session),
            _ => None,
        });
        open.chain(all.over)
    }

    /// Makes this, which is a whole input, the stretch that follows `before`, with so many lines before it. Of an attempt that a
    /// transcript shows, no other input holds a part.
    pub(super) fn move_behind(&mut self, before: &Self, lines: u64) {
        if let Some((node, _)) = self.heads.remove(&Key::ATTEMPT) {
            self.release(node);
        }
        let by = before.to;
        (self.from, self.to, self.follows) = (self.from + by, self.to + by, by > 0);
        self.heads.values_mut().chain(self.tails.values_mut()).for_each(|(_, end)| end.offset += by);
        self.sessions_mut().for_each(|session| session.move_by(by));
        self.shift_lines(lines);
        self.settle();
    }

    pub(super) fn shift_lines(&mut self, by: u64) {
        self.sessions_mut().for_each(|session| session.shift_lines(by));
    }

    fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session<T>> {
        let open = self.nodes.iter_mut().filter_map(|node| match node {
            Node::Open { session, .. } => Some(session),
            _ => None,
        });
        open.chain(&mut self.over)
    }

    fn may_have_neighbour_before(&self, first: &End) -> bool {
        self.follows && first.offset - self.from <= MAX_GAP_BYTES && !first.begins
    }

    /// Gives up the ends that no line outside the stretch can be a neighbour of.
    fn settle(&mut self) {
        let (from, to, follows) = (self.from, self.to, self.follows);
        let far_before = |(_, last): &(u32, End)| to - last.offset > MAX_GAP_BYTES;
        let far_behind = |(_, first): &(u32, End)| !follows || first.offset - from > MAX_GAP_BYTES;
        let tails: Vec<u32> = self.tails.extract_if(|_, v| far_before(v)).map(|(_, (node, _))| node).collect();
        let heads: Vec<u32> = self.heads.extract_if(|_, v| far_behind(v)).map(|(_, (node, _))| node).collect();
        tails.into_iter().chain(heads).for_each(|node| self.release(node));
    }

    /// Drops what is over, so that memory follows what is open.
    fn compact(&mut self) {
        let roots: Vec<u32> = (0..self.nodes.len() as u32).map(|n| self.root(n)).collect();
        let mut places = vec![u32::MAX; self.nodes.len()];
        let mut kept = Vec::with_capacity(self.nodes.len());
        for (at, node) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            if matches!(node, Node::Open { .. }) {
                places[at] = kept.len() as u32;
                kept.push(node);
            }
        }
        self.nodes = kept;
        let ends = self.heads.values_mut().chain(self.tails.values_mut());
        ends.for_each(|(node, _)| *node = places[roots[*node as usize] as usize]);
    }

    fn root(&self, mut node: u32) -> u32 {
        while let Node::Moved(to) = self.nodes[node as usize] {
            node = to;
        }
        node
    }

    /// Makes two sessions one; returns where it is.
    fn unite(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return a;
        }
        // The younger moves: chains of moves stay short, for nobody keeps a reference to a line that was just read.
        let (to, from) = (a.min(b), a.max(b));
        let moved = std::mem::replace(&mut self.nodes[from as usize], Node::Moved(to));
        if let (Node::Open { session, ends }, Node::Open { session: theirs, ends: more }) =
            (&mut self.nodes[to as usize], moved)
        {
            session.absorb(theirs);
            *ends += more;
        }
        to
    }

    fn retain(&mut self, node: u32) {
        let root = self.root(node);
        if let Node::Open { ends, .. } = &mut self.nodes[root as usize] {
            *ends += 1;
        }
    }

    fn release(&mut self, node: u32) {
        let root = self.root(node);
        if let Node::Open { ends, .. } = &mut self.nodes[root as usize] {
            *ends -= 1;
        }
        self.release_unless_held(root);
    }

    fn release_unless_held(&mut self, node: u32) {
        let root = self.root(node) as usize;
        if matches!(self.nodes[root], Node::Open { ends: 0, .. })
            && let Node::Open { session, .. } = std::mem::replace(&mut self.nodes[root], Node::Over)
        {
            self.over.push(session);
        }
    }
}
