//! Inputs whose newest line comes first, as `journalctl -r` and some consoles show them.
//!
//! In: the bytes of an input or of a chunk. Out: whether time runs backwards, and the lines in the order they were written.
//! Knows nothing of patterns. Whoever reads such an input from its end sees sessions begin before they end; the numbers of
//! the lines are put right at the end, see [`crate::evidence::Evidence::turn_lines`].

use crate::framing;
use crate::record;
use crate::record::time::Clock;

/// Bytes at the beginning of an input that are looked at.
const HEAD: usize = 64 << 10;
/// A log is written in order but for neighbours; steps back are the rule in one that runs backwards, and so many times rarer
/// in others.
const RARELY: u64 = 8;
/// Steps after which most logs are known to run forwards.
const ENOUGH: u64 = 64;

/// Whether nearly all lines have a time and they go back. Lines without one belong to a transcript, which has its own order.
pub fn runs_backwards(bytes: &[u8]) -> bool {
    let head = &bytes[..framing::cut(bytes, HEAD)];
    // Within one year: the turn of a year, read either way, is a single step.
    let clock = Clock { years: vec![(0, 2000)], ..Clock::default() };
    let mut scratch = Vec::new();
    let (mut filled, mut stamped, mut up, mut down) = (0u64, 0u64, 0u64, 0u64);
    let mut previous = None;
    for line in framing::lines(head) {
        let line = &head[line];
        filled += u64::from(!line.trim_ascii().is_empty());
        let time = record::parse(line, &mut scratch).and_then(|r| clock.resolve(r.stamp, 0));
        let Some(time) = time else { continue };
        stamped += 1;
        if let Some(before) = previous.replace(time) {
            up += u64::from(time > before);
            down += u64::from(time < before);
            if up + down >= ENOUGH && down <= RARELY * up {
                return false;
            }
        }
    }
    down >= 2 && down > RARELY * up && stamped * 5 >= filled * 4
}

/// The lines of a chunk, the last one first.
pub fn turned(chunk: &[u8]) -> Vec<u8> {
    let mut turned = Vec::with_capacity(chunk.len() + 1);
    let whole = chunk.strip_suffix(b"\n").unwrap_or(chunk);
    for line in whole.rsplit(|b| *b == b'\n') {
        turned.extend_from_slice(line);
        turned.push(b'\n');
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORWARDS: &str = "Apr 17 10:00:00 h sshd[1]: a\nApr 17 10:00:01 h sshd[1]: b\nApr 17 10:00:02 h sshd[1]: c\n";

    #[test]
    fn the_order_of_time_is_seen() {
        let backwards = turned(FORWARDS.as_bytes());
        assert!(!runs_backwards(FORWARDS.as_bytes()));
        assert!(runs_backwards(&backwards));
        assert_eq!(turned(&backwards), FORWARDS.as_bytes());
    }

    #[test]
    fn a_transcript_behind_a_log_keeps_its_order() {
        let mut paste = turned(FORWARDS.as_bytes());
        paste.extend_from_slice(b"debug1: one\ndebug1: two\nalice@h: Permission denied (publickey).\n");
        assert!(!runs_backwards(&paste));
    }

    #[test]
    fn a_long_log_runs_as_its_beginning_does() {
        let lines: String =
            (0..3600).map(|s| format!("Apr 17 10:{:02}:{:02} h sshd[1]: a\n", s / 60, s % 60)).collect();
        assert!(!runs_backwards(lines.as_bytes()));
        assert!(runs_backwards(&turned(lines.as_bytes())));
    }

    #[test]
    fn a_single_step_back_is_a_clock_that_was_set() {
        let log = "Apr 17 10:00:00 h sshd[1]: a\nApr 17 09:59:59 h sshd[1]: b\nApr 17 09:59:59 h sshd[1]: c\n";
        assert!(!runs_backwards(log.as_bytes()));
    }
}
