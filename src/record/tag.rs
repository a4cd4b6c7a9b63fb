//! The tag of a program before its message, where that is all that was pasted of a log line's header.
//!
//! In: one line without decoration. Out: a record without time and host. Knows nothing of what the message says.

use super::{Record, syslog};

/// Whether a message begins as PAM's modules begin theirs when sshd calls them: `pam_unix(sshd:auth): `. No client writes that.
pub fn is_of_pam(message: &[u8]) -> bool {
    let name = message.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    message.starts_with(b"pam_") && message[name..].starts_with(b"(sshd:")
}

/// The header of a line of which only the program's tag was pasted: `sshd[7]: x`, `auth.info sshd[7]: x`, `sshd[xxx]: x`.
pub fn tagged(text: &[u8]) -> Option<Record<'_>> {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let length = text.iter().take(40).take_while(|b| name(b)).count();
    let (program, rest) = text.split_at(length);
    match rest {
        [b' ', rest @ ..] if program.contains(&b'.') && length > 0 => tagged(rest).filter(|_| program.len() < 20),
        [b':', b' ', message @ ..] if length > 0 => Some(Record { program, message, ..Record::default() }),
        [b'[', rest @ ..] if length > 0 => {
            let end = rest.iter().take(12).position(|b| *b == b']')?;
            let pid = &rest[..end];
            let redacted = |b: &u8| matches!(b, b'x' | b'X' | b'*' | b'#' | b'N');
            let message = rest[end + 1..].strip_prefix(b": ")?;
            let known = syslog::decimal(pid);
            (known.is_some() || pid.iter().all(redacted)).then(|| Record {
                program,
                pid: known,
                message,
                ..Record::default()
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_alone_is_a_header() {
        for (line, expected) in [
            ("sshd[7]: x y", Some(("sshd", Some(7), "x y"))),
            ("auth.info sshd[37]: x", Some(("sshd", Some(37), "x"))),
            ("sshd[xxx]: x", Some(("sshd", None, "x"))),
            ("sshd: x", Some(("sshd", None, "x"))),
            ("User sshd[7]: x", None),
            ("[7]: x", None),
        ] {
            let found = tagged(line.as_bytes());
            let text = String::from_utf8_lossy;
            let found = found.map(|r| (text(r.program).into_owned(), r.pid, text(r.message).into_owned()));
            assert_eq!(found, expected.map(|(p, pid, m)| (p.to_owned(), pid, m.to_owned())), "{line}");
        }
    }
}
