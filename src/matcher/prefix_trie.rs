//! A radix trie over the literal beginnings of messages.
//!
//! In: prefixes with a number each, later a message. Out: the numbers of all prefixes of the message.
//! Knows nothing of what the numbers mean.

use smallvec::{Array, SmallVec};

/// See the module.
#[derive(Debug)]
pub struct PrefixTrie {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    /// Bytes between the parent and this node, never empty but at the root.
    label: Box<[u8]>,
    /// First bytes of the children's labels, in step with `children`.
    first_bytes: Vec<u8>,
    children: Vec<u32>,
    /// Numbers of the prefixes that end here.
    here: Vec<u32>,
}

impl Default for PrefixTrie {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl PrefixTrie {
    /// Adds a prefix.
    pub fn insert(&mut self, prefix: &[u8], number: u32) {
        let mut at = 0;
        let mut rest = prefix;
        while let Some(&first) = rest.first() {
            let known = self.nodes[at].first_bytes.iter().position(|b| *b == first);
            let Some(edge) = known else {
                let node = Node { label: rest.into(), here: vec![number], ..Node::default() };
                self.nodes.push(node);
                let child = self.nodes.len() as u32 - 1;
                self.nodes[at].first_bytes.push(first);
                self.nodes[at].children.push(child);
                return;
            };
            let child = self.nodes[at].children[edge] as usize;
            let common =
                self.nodes[child].label.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if common < self.nodes[child].label.len() {
                self.split(at, edge, common);
            }
            at = self.nodes[at].children[edge] as usize;
            rest = &rest[common..];
        }
        self.nodes[at].here.push(number);
    }

    /// Puts a node into the edge, `common` bytes down.
    fn split(&mut self, parent: usize, edge: usize, common: usize) {
        let child = self.nodes[parent].children[edge];
        let label = std::mem::take(&mut self.nodes[child as usize].label);
        self.nodes[child as usize].label = label[common..].into();
        self.nodes.push(Node {
            label: label[..common].into(),
            first_bytes: vec![label[common]],
            children: vec![child],
            here: Vec::new(),
        });
        self.nodes[parent].children[edge] = self.nodes.len() as u32 - 1;
    }

    /// Appends the numbers of all inserted prefixes of `message`.
    pub fn walk<A: Array<Item = u32>>(&self, message: &[u8], found: &mut SmallVec<A>) {
        let mut node = &self.nodes[0];
        let mut rest = message;
        loop {
            found.extend_from_slice(&node.here);
            let Some(first) = rest.first() else { return };
            let Some(edge) = memchr::memchr(*first, &node.first_bytes) else { return };
            node = &self.nodes[node.children[edge] as usize];
            let Some(after) = rest.strip_prefix(&*node.label) else { return };
            rest = after;
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
            trie.insert(prefix, number as u32);
        }
        for message in [&b"Failed password for"[..], b"Failed publickey", b"Fai", b"Accepted", b"", b"Failure!", b"Acceptance"] {
            let mut found = SmallVec::<[u32; 8]>::new();
            trie.walk(message, &mut found);
            found.sort_unstable();
            let expected: Vec<u32> = (0..6).filter(|n| message.starts_with(prefixes[*n as usize])).collect();
            assert_eq!(found.as_slice(), expected, "{}", String::from_utf8_lossy(message));
        }
    }
}
