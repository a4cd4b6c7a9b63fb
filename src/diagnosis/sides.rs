//! Client and server evidence of the same event.
//!
//! In: what one session of a client and one of a server say of who, whence, when and with which key. Out: whether they may
//! be of the same event, and what speaks for it. Knows nothing of causes.
//!
//! Names that contradict rule it out; a key that both name proves it, whatever the names and clocks. Clocks may differ: by
//! a zone that one side does not tell, which is a multiple of a quarter of an hour, or by any time at all, which then
//! counts against the pair where a closer one is there.

use crate::evidence::Fact;
use crate::record::time::Micros;

const MINUTE: Micros = 60 * 1_000_000;
/// How far the two notes of one event lie apart when the clocks agree.
const NEARBY: Micros = 10 * MINUTE;
/// Zones differ by multiples of this.
const ZONE_STEP: Micros = 15 * MINUTE;
/// Beside their zones, clocks are off by no more than this.
const DRIFT: Micros = 2 * MINUTE;
/// The largest difference between two zones.
const MOST_ZONES: Micros = 26 * 60 * MINUTE;

/// What speaks for two sessions being one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// A key that both name.
    pub fingerprint: bool,
    /// The client's address.
    pub source: bool,
    /// How their times lie.
    pub clocks: Clocks,
    /// The user.
    pub user: bool,
    /// The server's name.
    pub host: bool,
}

/// How the times of two sessions lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocks {
    /// Apart by no difference between zones.
    Differ,
    /// One of them is not known.
    Unknown,
    /// Apart by a difference between zones, in microseconds.
    Offset(Micros),
    /// Close together.
    Agree,
}

impl Joined {
    /// How much speaks for it: a key more than an address, an address more than a user or a time.
    pub fn strength(&self) -> i32 {
        let clocks = match self.clocks {
            Clocks::Agree => 2,
            Clocks::Offset(_) => 1,
            Clocks::Unknown => 0,
            Clocks::Differ => -2,
        };
        let weighed = [(self.fingerprint, 8), (self.source, 4), (self.user, 2), (self.host, 1)];
        clocks + weighed.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum::<i32>()
    }
}

/// What speaks for `client` and `server` being the same event, or None if they cannot be.
pub fn joined(client: &Fact, server: &Fact) -> Option<Joined> {
    let fingerprint = client.keys.meet(&server.keys);
    let same = |a: Option<&str>, b: Option<&str>| a.zip(b).map(|(a, b)| a == b);
    let told = |user: &str| !is_masked(user);
    let users = (client.who.user.as_deref().filter(|user| told(user)))
        .zip(server.who.user.as_deref().filter(|user| told(user)));
    let user = users.map(|(client, server)| is_same_user(client, server));
    let source = same(client.who.source.as_deref(), server.who.source.as_deref());
    if user == Some(false) && !fingerprint {
        return None;
    }
    Some(Joined {
        fingerprint,
        source: source == Some(true),
        clocks: clocks(client, server),
        user: user == Some(true),
        host: is_same_host(&client.who.host, &server.who.host),
    })
}

/// Whether something stands where somebody did not want to show a name.
fn is_masked(name: &str) -> bool {
    let blank = name.bytes().all(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.'));
    blank || ["redacted", "hidden", "username", "someuser"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// One side may name the domain or realm of a user, where the other leaves it out.
fn is_same_user(client: &str, server: &str) -> bool {
    let own = |name: &str| {
        let name = name.rsplit('\\').next().unwrap_or_default();
        name.split('@').next().unwrap_or_default().to_owned()
    };
    let qualified = |name: &str| name.contains(['\\', '@']);
    // In a sentence words may stand before the client's.
    let ends_with = |name: &str| client.strip_suffix(name).is_some_and(|before| before.ends_with(' '));
    client == server || ends_with(server) || (qualified(client) != qualified(server) && own(client) == own(server))
}

/// A client says the full name where the server's log has the first label.
pub(super) fn is_same_host(a: &str, b: &str) -> bool {
    !a.is_empty() && !b.is_empty() && short_name(a) == short_name(b)
}

/// The first label of a name, or an address.
pub(super) fn short_name(host: &str) -> String {
    let is_address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.') || host.contains(':');
    let label = if is_address { host } else { host.split('.').next().unwrap_or_default() };
    label.to_ascii_lowercase()
}

fn clocks(client: &Fact, server: &Fact) -> Clocks {
    let (Some(first), Some(last)) = (client.first, client.last) else { return Clocks::Unknown };
    let (Some(began), Some(ended)) = (server.first, server.last) else { return Clocks::Unknown };
    let apart = if began > last {
        began.saturating_sub(last)
    } else if ended < first {
        ended.saturating_sub(first)
    } else {
        return Clocks::Agree;
    };
    if apart.saturating_abs() <= NEARBY {
        return Clocks::Agree;
    }
    let steps = (apart.saturating_add(apart.signum() * ZONE_STEP / 2)) / ZONE_STEP;
    let offset = steps * ZONE_STEP;
    if (apart - offset).abs() <= DRIFT && offset.abs() <= MOST_ZONES { Clocks::Offset(offset) } else { Clocks::Differ }
}
