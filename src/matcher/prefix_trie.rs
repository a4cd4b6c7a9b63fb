//! A radix trie over the literal beginnings of messages.
//!
//! In: prefixes with a number each, later a message. Out: the places of all prefixes of the message.
//! Knows nothing of what the numbers mean.

use smallvec::{Array, SmallVec};

/// See the module. Labels lie in one buffer and short lists within their nodes: building it is part of every start.
#[derive(Debug)]
pub struct PrefixTrie {
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    /// The root's children by first byte, of which it has many; 0 for none.
    first: [u32; 256],
}

/// Where a prefix ends in the trie.
#[derive(Debug, Clone, Copy)]
pub struct NodeId(u32);

#[derive(Debug, Default)]
struct Node {
    /// Bytes between the parent and this node, as a range of the buffer; never empty but at the root.
    label: (u32, u32),
    /// First bytes of the children's labels, in step with `children`.
    first_bytes: SmallVec<[u8; 8]>,
    children: SmallVec<[u32; 4]>,
    /// Numbers of the prefixes that end here.
    here: SmallVec<[u32; 4]>,
}

impl Default for PrefixTrie {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], bytes: Vec::new(), first: [0; 256] }
    }
}

impl PrefixTrie {
    /// Gives `number` to a prefix; a prefix may have many.
    pub fn add(&mut self, node: NodeId, number: u32) {
        self.nodes[node.0 as usize].here.push(number);
    }

    /// The place of a prefix, made if there is none yet. It stays the same whatever is added later.
    pub fn node(&mut self, prefix: &[u8]) -> NodeId {
        let mut at = 0;
        let mut rest = prefix;
        while let Some(&first) = rest.first() {
            let known = self.nodes[at].first_bytes.iter().position(|b| *b == first);
            let Some(edge) = known else { return self.leaf(at, rest) };
            let child = self.nodes[at].children[edge] as usize;
            let label = self.label(child);
            let common = label.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if common < label.len() {
                self.split(at, edge, common as u32);
            }
            at = self.nodes[at].children[edge] as usize;
            rest = &rest[common..];
        }
        NodeId(at as u32)
    }

    fn label(&self, node: usize) -> &[u8] {
        let (start, end) = self.nodes[node].label;
        &self.bytes[start as usize..end as usize]
    }

    fn leaf(&mut self, parent: usize, label: &[u8]) -> NodeId {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(label);
        self.nodes.push(Node { label: (start, self.bytes.len() as u32), ..Node::default() });
        let child = self.nodes.len() as u32 - 1;
        self.nodes[parent].first_bytes.push(label[0]);
        self.nodes[parent].children.push(child);
        if parent == 0 {
            self.first[usize::from(label[0])] = child;
        }
        NodeId(child)
    }

    /// Puts a node into the edge, `common` bytes down.
    fn split(&mut self, parent: usize, edge: usize, common: u32) {
        let child = self.nodes[parent].children[edge];
        let (start, end) = self.nodes[child as usize].label;
        let middle = start + common;
        self.nodes[child as usize].label = (middle, end);
        self.nodes.push(Node {
            label: (start, middle),
            first_bytes: SmallVec::from_slice(&[self.bytes[middle as usize]]),
            children: SmallVec::from_slice(&[child]),
            here: SmallVec::new(),
        });
        self.nodes[parent].children[edge] = self.nodes.len() as u32 - 1;
        if parent == 0 {
            self.first[usize::from(self.bytes[start as usize])] = self.nodes.len() as u32 - 1;
        }
    }

    /// How many places there are; their numbers are below it.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The numbers of the prefix that ends at `node`.
    pub fn at(&self, node: u32) -> &[u32] {
        &self.nodes[node as usize].here
    }

    /// Length of the longest prefix of `message`; 0 where there is none.
    pub fn longest(&self, message: &[u8]) -> usize {
        let mut path = SmallVec::<[u32; 16]>::new();
        self.walk(message, &mut path);
        let mut length = 0;
        let mut longest = 0;
        for node in path {
            length += self.label(node as usize).len();
            if !self.at(node).is_empty() {
                longest = length;
            }
        }
        longest
    }

    /// The places that `message` leads through, from the root on; each but the first and those between prefixes ends one.
    pub fn walk<A: Array<Item = u32>>(&self, message: &[u8], path: &mut SmallVec<A>) {
        path.push(0);
        let mut rest = message;
        let mut at = rest.first().map_or(0, |first| self.first[usize::from(*first)]) as usize;
        while at != 0 {
            let label = self.label(at);
            // Most labels are short: comparing byte by byte beats a call.
            if rest.len() < label.len() || !label.iter().zip(rest).all(|(a, b)| a == b) {
                return;
            }
            path.push(at as u32);
            rest = &rest[label.len()..];
            let node = &self.nodes[at];
            let edge = rest.first().and_then(|first| node.first_bytes.iter().position(|b| b == first));
            at = edge.map_or(0, |edge| node.children[edge] as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_exactly_the_prefixes() {
        let prefixes: [&[u8]; 6] = [b"Failed ", b"Failed password", b"Fail", b"Accepted", b"", b"Failure"];
        let mut trie = PrefixTrie::default();
        for (number, prefix) in prefixes.iter().enumerate() {
            let node = trie.node(prefix);
            trie.add(node, number as u32);
        }
        for message in
            [&b"Failed password for"[..], b"Failed publickey", b"Fai", b"Accepted", b"", b"Failure!", b"Acceptance"]
        {
            let mut path = SmallVec::<[u32; 8]>::new();
            trie.walk(message, &mut path);
            let mut found: Vec<u32> = path.iter().flat_map(|node| trie.at(*node)).copied().collect();
            found.sort_unstable();
            let expected: Vec<u32> = (0..6).filter(|n| message.starts_with(prefixes[*n as usize])).collect();
            assert_eq!(found.as_slice(), expected, "{}", String::from_utf8_lossy(message));
            let longest = expected.iter().map(|n| prefixes[*n as usize].len()).max();
            assert_eq!(trie.longest(message), longest.unwrap_or(0), "{}", String::from_utf8_lossy(message));
        }
    }
}
