//! The tag of a program, and what stands between it and the message.
//!
//! In: a line from its tag on: behind a header's time and host, or alone, where that is all that was pasted of it. Out: program, pid
//! and message. Knows nothing of what the message says.

use super::number::decimal;
use super::{Record, time};

/// Whether a message begins as PAM's modules begin theirs when sshd calls them: `pam_unix(sshd:auth): `. No client writes that.
pub fn is_of_pam(message: &[u8]) -> bool {
    let name = message.iter().take(40).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    message.starts_with(b"pam_") && message[name..].starts_with(b"(sshd:")
}

/// The header of a line of which only the program's tag was pasted: `sshd[7]: x`, `auth.info sshd[7]: x`, `sshd[xxx]: x`.
pub fn alone(text: &[u8]) -> Option<Record<'_>> {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let length = text.iter().take(40).take_while(|b| name(b)).count();
    let (program, rest) = text.split_at(length);
    match rest {
        [b' ', rest @ ..] if program.contains(&b'.') && length > 0 => alone(rest).filter(|_| program.len() < 20),
        [b':', b' ', message @ ..] if length > 0 => Some(Record { program, message, ..Record::default() }),
        [b'[', rest @ ..] if length > 0 => {
            let end = rest.iter().take(12).position(|b| *b == b']')?;
            let pid = &rest[..end];
            let redacted = |b: &u8| matches!(b, b'x' | b'X' | b'*' | b'#' | b'N');
            let message = rest[end + 1..].strip_prefix(b": ")?;
            let known = decimal(pid);
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

/// `program[pid]: message`, `program: message`, `program [pid]: message`, macOS' `program[pid] <Error>: message`.
pub(super) fn behind<'a>(rest: &'a [u8], record: Record<'a>) -> Option<Record<'a>> {
    let rest = without_sequence(rest);
    let unit = unit_of_connection(rest);
    let (rest, unit) = match within_sssd(rest) {
        Some(inner) => (inner, None),
        None => (rest, unit),
    };
    let end = unit.or_else(|| rest.iter().take(128).position(|b| matches!(b, b'[' | b':' | b' ')))?;
    let program = if unit.is_some() { b"sshd.service" } else { base_name(&rest[..end]) };
    if program.is_empty() {
        return None;
    }
    let mut after = without_instance(&rest[end..]);
    let mut pid = None;
    let spaced = after.trim_ascii_start();
    if spaced.first() == Some(&b'[') {
        let close = spaced.iter().take(16).position(|b| *b == b']')?;
        pid = Some(decimal(&spaced[1..close])?);
        after = &spaced[close + 1..];
        let marked = after.trim_ascii_start();
        if marked.first() == Some(&b'<')
            && let Some(close) = marked.iter().take(16).position(|b| *b == b'>')
        {
            after = &marked[close + 1..];
        }
    }
    let levelled = |rest: &[u8]| pid.is_some() && (rest.starts_with(b" error: ") || rest.starts_with(b" fatal: "));
    let message = after.strip_prefix(b":").or_else(|| Some(after).filter(|rest| levelled(rest)))?;
    let message = without_own_tag(without_own_stamp(message.trim_ascii_start(), pid), program);
    if matches!(program, b"debug1" | b"debug2" | b"debug3") {
        return None;
    }
    // `ssh: connect to host ...` is the client's own text, not a tag.
    let own_text = pid.is_none() && matches!(program, b"ssh" | b"scp" | b"sftp");
    let message = match program {
        _ if own_text => rest,
        b"kernel" => {
            let stamped = without_solaris_id(message);
            let message = without_uptime(stamped);
            let relayed = through_kernel(message).filter(|_| message.len() < stamped.len());
            if let Some((program, pid, message)) = relayed {
                return Some(Record { program, pid: Some(pid), message, ..record });
            }
            message
        }
        _ => without_solaris_id(message),
    };
    Some(Record { program, pid, message, ..record })
}

/// `/usr/sbin/sshd[12]: message`: some daemons are started by their path and call themselves so.
fn base_name(program: &[u8]) -> &[u8] {
    match (program.first(), memchr::memrchr(b'/', program)) {
        (Some(b'/'), Some(slash)) => &program[slash + 1..],
        _ => program,
    }
}

/// `sssd[be[example.com]][900]: message` has what serves which domain behind the name. Returns what is behind that.
fn without_instance(rest: &[u8]) -> &[u8] {
    if !matches!(rest, [b'[', b'a'..=b'z' | b'A'..=b'Z', ..]) {
        return rest;
    }
    let mut depth = 0_i32;
    let closes = |b: &u8| {
        depth += i32::from(*b == b'[') - i32::from(*b == b']');
        depth == 0
    };
    let end = rest.iter().take(100).position(closes);
    end.filter(|end| matches!(rest[end + 1..].first(), Some(b'[' | b':'))).map_or(rest, |end| &rest[end + 1..])
}

/// `[sssd[krb5_child[901]]][901]: message`: what is inside the outer brackets, and the rest behind them.
fn within_sssd(rest: &[u8]) -> Option<&[u8]> {
    let inner = rest.strip_prefix(b"[sssd[")?;
    let name = inner.iter().take(32).position(|b| !b.is_ascii_alphanumeric() && *b != b'_')?;
    // A number in it is the process; the same stands behind the brackets.
    matches!(inner.get(name), Some(b'[' | b']')).then_some(inner)
}

/// A router numbers its lines and may repeat their time: `231: *Mar  4 10:11:12.345 UTC: %FAC-SEV-MNEM: message`.
fn without_sequence(rest: &[u8]) -> &[u8] {
    let without = || {
        let digits = rest.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
        let after = rest[digits..].strip_prefix(b": ").filter(|_| digits > 0)?;
        let after = after.strip_prefix(b"*").or_else(|| after.strip_prefix(b".")).unwrap_or(after);
        let after = time::traditional(after).map_or(after, |(_, used)| &after[used..]);
        let mark = memchr::memchr(b'%', &after[..after.len().min(12)])?;
        Some(&after[mark..])
    };
    without().unwrap_or(rest)
}

/// `kernel: [  970.699396] sshd[12]: message`: a program's own line, written to /dev/kmsg where no syslog daemon runs yet.
/// What the kernel itself says of a process begins the same on some machines: `sshd[12]: unhandled signal 11 at ...`.
pub(super) fn through_kernel(message: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let name = message.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    let (program, rest) = message.split_at(name);
    let rest = rest.strip_prefix(b"[").filter(|_| name > 0)?;
    let end = rest.iter().take(11).position(|b| *b == b']')?;
    let message = rest[end + 1..].strip_prefix(b": ").filter(|message| !message.starts_with(b"unhandled "))?;
    Some((program, decimal(&rest[..end])?, message))
}

/// A tag that a relay repeats, `sshd[12]: - sshd[12]:: message`, or a container's, `sshd[12]: kernel:[  970.699396]: message`.
fn without_own_tag<'a>(message: &'a [u8], program: &[u8]) -> &'a [u8] {
    let repeated = || {
        let rest = message.strip_prefix(b"- ")?.strip_prefix(program)?.strip_prefix(b"[")?;
        let end = rest.iter().take(11).position(|b| *b == b']')?;
        decimal(&rest[..end])?;
        rest[end + 1..].strip_prefix(b":: ")
    };
    let stamped = || {
        let rest = message.strip_prefix(b"kernel:").filter(|_| program != b"kernel")?.trim_ascii_start();
        let message = without_uptime(rest);
        (message.len() < rest.len()).then_some(message)
    };
    repeated().or_else(stamped).unwrap_or(message)
}

/// `journalctl -o with-unit` has a unit where the program's name is elsewhere, and where systemd starts an sshd for each connection
/// that is `sshd@3-192.0.2.1:22-198.51.100.7:4000.service`. Returns where it ends.
fn unit_of_connection(rest: &[u8]) -> Option<usize> {
    let instance = rest.strip_prefix(b"sshd@")?;
    let end = memchr::memmem::find(&instance[..instance.len().min(160)], b".service")?;
    (!instance[..end].contains(&b' ')).then_some(b"sshd@".len() + end + b".service".len())
}

/// dropbear that writes to standard error as well: `dropbear[825]: [825] Jul 10 23:53:52 message`.
fn without_own_stamp(message: &[u8], pid: Option<u32>) -> &[u8] {
    let stamped = || {
        let rest = message.strip_prefix(b"[")?;
        let end = rest.iter().take(11).position(|b| *b == b']')?;
        decimal(&rest[..end]).filter(|own| Some(*own) == pid)?;
        let rest = rest[end + 1..].strip_prefix(b" ")?;
        time::traditional(rest).map(|(_, used)| rest[used..].trim_ascii_start())
    };
    stamped().unwrap_or(message)
}

/// The kernel's own clock, which Debian's and Ubuntu's syslog keeps: `kernel: [12345.678901] message`.
fn without_uptime(message: &[u8]) -> &[u8] {
    let Some(rest) = message.strip_prefix(b"[") else { return message };
    let clock = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b' ');
    let end = rest.iter().take(20).take_while(|b| clock(b)).count();
    match &rest[end..] {
        [b']', b' ', message @ ..] | [b']', b':', b' ', message @ ..] if rest[..end].contains(&b'.') => message,
        _ => message,
    }
}

/// Solaris: `[ID 800047 auth.info] message`.
fn without_solaris_id(message: &[u8]) -> &[u8] {
    let Some(rest) = message.strip_prefix(b"[ID ") else { return message };
    memchr::memmem::find(&rest[..rest.len().min(40)], b"] ").map_or(message, |end| &rest[end + 2..])
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
            let found = alone(line.as_bytes());
            let text = String::from_utf8_lossy;
            let found = found.map(|r| (text(r.program).into_owned(), r.pid, text(r.message).into_owned()));
            assert_eq!(found, expected.map(|(p, pid, m)| (p.to_owned(), pid, m.to_owned())), "{line}");
        }
    }
}
