//! What `systemctl` says of sshd.
//!
//! In: `systemctl status` and `list-units`. Out: whether the service runs.

use super::fact::{FactName, HostFact, Quote};
use super::files::{HostFile, Role};

const UNITS: &[&str] = &["sshd.service", "ssh.service", "sshd.socket", "ssh.socket"];
/// What stands before a unit's name.
const MARKS: [char; 7] = ['●', '○', '×', '↻', '*', ' ', '\t'];

/// Whether a line of such an output is kept.
pub(super) fn matters(line: &str) -> bool {
    let bare = line.trim_start_matches(MARKS);
    bare.starts_with("Active:")
        || line.starts_with(['●', '○', '×', '↻', '*'])
        || UNITS.iter().any(|u| bare.starts_with(u))
}

/// What the outputs tell.
pub(super) fn facts(files: &[HostFile]) -> Vec<HostFact> {
    let (mut active, mut inactive): (Option<Quote>, Option<Quote>) = (None, None);
    for file in files.iter().filter(|f| f.role == Role::Services) {
        let mut unit = None;
        for (number, line) in file.lines() {
            let bare = line.trim_start_matches(MARKS);
            let state = match bare.strip_prefix("Active:") {
                Some(state) => unit.map(|unit| (unit, state.trim_start())),
                None => {
                    let name = bare.split_whitespace().next().unwrap_or_default();
                    unit = UNITS.iter().find(|u| **u == name);
                    // UNIT LOAD ACTIVE SUB DESCRIPTION
                    let state = bare.split_whitespace().nth(2).filter(|_| !bare.contains(" - "));
                    unit.zip(state)
                }
            };
            let Some((unit, state)) = state else { continue };
            let found = match state.split_whitespace().next() {
                Some("active" | "activating" | "reloading") => &mut active,
                // A socket that is not used is nothing.
                Some("inactive" | "failed" | "deactivating") if unit.ends_with(".service") => &mut inactive,
                _ => continue,
            };
            found.get_or_insert_with(|| file.quote(number, line));
        }
    }
    let fact = |name, quote| HostFact { name, sure: true, quotes: vec![quote] };
    match (active, inactive) {
        (Some(quote), _) => vec![fact(FactName::ServiceActive, quote)],
        (None, Some(quote)) => vec![fact(FactName::ServiceInactive, quote)],
        (None, None) => Vec::new(),
    }
}
