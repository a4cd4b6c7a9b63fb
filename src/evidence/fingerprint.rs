//! Fingerprints of keys: what client and server both say of a key, whatever their clocks and names.
//!
//! In: the text of a line. Out: a set of at most 8 hashes, the same in whatever order lines come. Knows nothing of causes.

use super::tally::hash_of;
use memchr::memmem::Finder;
use smallvec::SmallVec;
use std::sync::LazyLock;

/// Fingerprints that are remembered of a session; of more, those with the smallest hashes.
const MOST: usize = 8;
/// How OpenSSH writes one since 6.8: this, and 43 letters of base64.
const LABEL: &[u8] = b"SHA256:";
static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(LABEL));
const LETTERS: usize = 43;

/// The fingerprints of a session's keys, each as a hash, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprints(SmallVec<[u64; 2]>);

impl Fingerprints {
    /// The first one in a line; a certificate's authority may come after it.
    pub fn of(text: &[u8]) -> Self {
        let letters = FINDER.find(text).and_then(|at| text.get(at + LABEL.len()..)).unwrap_or_default();
        let length = letters.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
        let found = (length == LETTERS).then(|| hash_of(&&letters[..LETTERS]));
        Self(found.into_iter().collect())
    }

    /// Adds those of another line or session.
    pub fn merge(&mut self, other: &Self) {
        for hash in &other.0 {
            if let Err(at) = self.0.binary_search(hash) {
                self.0.insert(at, *hash);
            }
        }
        self.0.truncate(MOST);
    }

    /// Whether both name the same key.
    pub fn meet(&self, other: &Self) -> bool {
        self.0.iter().any(|hash| other.0.binary_search(hash).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "SHA256:0123456789012345678901234567890123456789ABC";

    #[test]
    fn client_and_server_name_the_same_key() {
        let client = Fingerprints::of(format!("debug1: Offering public key: /k ED25519 {KEY} agent").as_bytes());
        let server = Fingerprints::of(format!("Failed publickey for u from h port 1 ssh2: ED25519 {KEY}").as_bytes());
        assert!(client.meet(&server));
        assert!(!client.meet(&Fingerprints::of(b"SHA256:tooshort")));
        assert!(!client.meet(&Fingerprints::default()));
    }

    #[test]
    fn the_order_of_many_keys_is_of_no_account() {
        let keys: Vec<_> = (0..20).map(|n| Fingerprints::of(format!("SHA256:{n:043}").as_bytes())).collect();
        let all = |order: &mut dyn Iterator<Item = &Fingerprints>| {
            let mut all = Fingerprints::default();
            order.for_each(|key| all.merge(key));
            all
        };
        assert_eq!(all(&mut keys.iter()), all(&mut keys.iter().rev()));
    }
}
