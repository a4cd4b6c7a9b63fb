//! Headers of log lines: everything between the start of a line and the message.
//!
//! In: one line. Out: time, host, program, pid and message, all borrowed; None for a line without a header.
//! Knows nothing of the catalog. Dialects are told apart by their shape, line by line, so a log that mixes them is no problem.

use super::number::decimal;
use super::{Dialect, Record, tag, time};
use time::Stamp;

/// Parses the header of one line.
pub fn parse(line: &[u8]) -> Option<Record<'_>> {
    // The common case first: `Apr 17 10:00:00 host program[pid]: message`.
    if let Some((stamp, used)) = time::traditional(line) {
        return after_stamp(stamp, &line[used..], Dialect::Syslog);
    }
    match line.first()? {
        b'0'..=b'9' => starts_with_digit(line),
        b'<' => with_priority(line),
        b'[' => kernel_ring(line),
        b't' | b'n' => audit(line).or_else(|| localised(line)).or_else(|| without_time(line)),
        b'{' => None,
        b'-' => supercomputer(line),
        _ => with_weekday(line).or_else(|| localised(line)).or_else(|| without_time(line)),
    }
}

/// `11月 24 10:00:00 host ...`, `24. Dez 10:00:00` and the like: journalctl writes the month in the reader's language.
fn localised(line: &[u8]) -> Option<Record<'_>> {
    let (stamp, used) = time::localised(line)?;
    after_stamp(stamp, &line[used..], Dialect::Syslog)
}

/// `- 1131567051 2005.11.09 node Nov 9 12:10:51 node/node sshd[12]: message`, as clusters collect their logs.
fn supercomputer(line: &[u8]) -> Option<Record<'_>> {
    let mut words = line.splitn(5, |b| *b == b' ');
    let (_, seconds, date, _, rest) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let date_shaped = date.len() == 10 && date[4] == b'.' && date[7] == b'.';
    let at = decimal(seconds).filter(|_| seconds.len() == 10 && date_shaped)?;
    let record = parse(rest)?;
    Some(Record { stamp: Stamp::Instant(i64::from(at) * 1_000_000), ..record })
}

/// `host program[pid]: message` and `program[pid]: message`: what is left when somebody cut the time off.
fn without_time(line: &[u8]) -> Option<Record<'_>> {
    let end = memchr::memchr2(b' ', b'[', line)?;
    let (first, rest) = line.split_at(end);
    let record = Record { dialect: Dialect::Syslog, ..Record::default() };
    let tag = match rest.first() {
        Some(b'[') => tag::behind(line, record),
        // sshd's own texts begin with a capital or a function's name; a user name behind them may look like a tag.
        _ if is_host(first) => tag::behind(&rest[1..], Record { host: first, ..record }),
        _ => None,
    };
    tag.filter(|record| record.pid.is_some())
}

fn starts_with_digit(line: &[u8]) -> Option<Record<'_>> {
    if let Some((stamp, used)) = time::iso(line) {
        // RFC 5424 without priority and version.
        return after_stamp(stamp, &line[used..], Dialect::Iso).or_else(|| rfc5424(line));
    }
    if let Some((stamp, used)) = time::epoch(line) {
        return after_stamp(stamp, &line[used..], Dialect::Epoch);
    }
    // RFC 5424 whose priority was cut off: `1 2018-04-17T10:00:00Z host program pid id [data] message`.
    if let Some(record) = line.strip_prefix(b"1 ").and_then(rfc5424) {
        return Some(record);
    }
    windows_file(line).or_else(|| localised(line)).or_else(|| year_first(line))
}

/// `2018 Apr 17 10:00:00.123456 host ...`, as SONiC has it.
fn year_first(line: &[u8]) -> Option<Record<'_>> {
    let (year, rest) = (line.get(..4)?, line.get(4..)?.strip_prefix(b" ")?);
    let year = decimal(year).filter(|year| (1970..=2200).contains(year))?;
    // A line's number has no fraction of a second behind it.
    let (stamp, used) = time::traditional(rest).filter(|_| rest.get(15) == Some(&b'.'))?;
    after_stamp(stamp.in_year(i32::try_from(year).ok()?)?, &rest[used..], Dialect::Syslog)
}

/// Whether a word may be the name or address of a server: no decoration, no label, no beginning of a sentence.
fn is_host(word: &[u8]) -> bool {
    let name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    edge(word.first()) && edge(word.last()) && word.iter().all(name) && !word.iter().all(u8::is_ascii_digit)
}

/// Win32-OpenSSH's own file: `1234 2018-04-17 10:00:00.123 message`, at first `1234 10:00:00 123 message` or `1234 10:00:00:123 message`.
fn windows_file(line: &[u8]) -> Option<Record<'_>> {
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    let pid = decimal(&line[..digits])?;
    let rest = line[digits..].strip_prefix(b" ")?;
    let (stamp, message) = match time::iso(rest) {
        Some((stamp, used)) => (stamp, &rest[used..]),
        None => {
            let shape = rest.get(..13)?.iter().enumerate().all(|(i, b)| match i {
                2 | 5 => *b == b':',
                8 => matches!(b, b' ' | b':'),
                12 => *b == b' ',
                _ => b.is_ascii_digit(),
            });
            shape.then_some((Stamp::None, &rest[13..]))?
        }
    };
    let message = message.trim_ascii_start();
    Some(Record { stamp, program: b"sshd", pid: Some(pid), message, dialect: Dialect::Windows, ..Record::default() })
}

/// `<34>Apr 17 ...` and RFC 5424's `<34>1 2018-04-17T10:00:00Z host program pid id [data] message`.
fn with_priority(line: &[u8]) -> Option<Record<'_>> {
    let end = line.iter().take(5).position(|b| *b == b'>')?;
    if end < 2 || !line[1..end].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let rest = &line[end + 1..];
    match rest.strip_prefix(b"1 ") {
        // Where the fields of RFC 5424 are not what they should be, a relay put an old header behind its version.
        Some(rest) => rfc5424(rest).or_else(|| parse(rest)),
        None if rest.first() == Some(&b'<') => None,
        None => parse(rest),
    }
}

fn rfc5424(line: &[u8]) -> Option<Record<'_>> {
    let mut rest = line;
    let mut token = || {
        let end = memchr::memchr(b' ', rest)?;
        let (token, after) = rest.split_at(end);
        rest = &after[1..];
        Some(token)
    };
    let (stamp, host, program, pid, id) = (token()?, token()?, token()?, token()?, token()?);
    // An older header, whose tag a relay repeats: `sshd[12]: - sshd[12]:: message`.
    if pid == b"-" && id.strip_suffix(b":").is_some_and(|tag| tag == program && tag.ends_with(b"]:")) {
        return None;
    }
    let stamp = match stamp {
        b"-" => Stamp::None,
        _ => time::iso(stamp)?.0,
    };
    let message = after_structured_data(rest)?;
    let message = message.strip_prefix(b"\xef\xbb\xbf").unwrap_or(message);
    let blank = |value: &'_ [u8]| value == b"-";
    Some(Record {
        stamp,
        host: if blank(host) { b"" } else { host },
        program,
        pid: decimal(pid),
        message: message.trim_ascii_start(),
        dialect: Dialect::Rfc5424,
        ..Record::default()
    })
}

/// Skips `-` or `[id name="value"]...`; a value may hold `\"`, `\]` and `\\`.
fn after_structured_data(mut rest: &[u8]) -> Option<&[u8]> {
    if let Some(message) = rest.strip_prefix(b"-") {
        return Some(message.strip_prefix(b" ").unwrap_or(message));
    }
    while rest.first() == Some(&b'[') {
        let mut quoted = false;
        let mut escaped = false;
        let end = rest.iter().position(|b| {
            let closes = *b == b']' && !quoted;
            match (*b, escaped) {
                (_, true) => escaped = false,
                (b'\\', false) => escaped = true,
                (b'"', false) => quoted = !quoted,
                _ => {}
            }
            closes
        })?;
        rest = &rest[end + 1..];
    }
    rest.strip_prefix(b" ")
}

/// `[12345.678901] message`, `[12345.678901] host program[pid]: message` of `journalctl -o short-monotonic`, and `[Tue Apr 17 10:00:00 2018] message` of dmesg.
fn kernel_ring(line: &[u8]) -> Option<Record<'_>> {
    let end = line.iter().take(40).position(|b| *b == b']')?;
    let inside = line[1..end].trim_ascii();
    // `-o short-delta` says how long after the entry before: `198.000005 <    1.000000 >`.
    let inside = memchr::memchr(b'<', inside).map_or(inside, |delta| inside[..delta].trim_ascii_end());
    let message = line[end + 1..].strip_prefix(b" ")?;
    let record = Record { program: b"kernel", message, dialect: Dialect::KernelRing, ..Record::default() };
    if let Some((program, pid, message)) = tag::through_kernel(message) {
        return Some(Record { program, pid: Some(pid), message, ..record });
    }
    // dropbear on a terminal: `[1234] Apr 17 10:00:00 message`.
    if let (Some(pid), Some((stamp, used))) = (decimal(inside), time::traditional(message)) {
        let message = message[used..].trim_ascii_start();
        return Some(Record { stamp, program: b"dropbear", pid: Some(pid), message, ..record });
    }
    if let Some((stamp, used)) = line.get(5..).and_then(time::traditional)
        && line[4] == b' '
        && used + 5 == end
    {
        return Some(Record { stamp, ..record });
    }
    let seconds = inside.iter().position(|b| *b == b'.')?;
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if !digits(&inside[..seconds]) || !digits(&inside[seconds + 1..]) {
        return None;
    }
    let monotonic = after_stamp(Stamp::None, message, Dialect::Syslog);
    Some(monotonic.filter(|m| m.pid.is_some() && !m.host.is_empty()).unwrap_or(record))
}

/// `type=AVC msg=audit(1523926800.123:456): ...`, also with `node=host ` before it. The message is the whole line.
fn audit(line: &[u8]) -> Option<Record<'_>> {
    let (host, rest) = match line.strip_prefix(b"node=") {
        Some(rest) => rest.split_at(memchr::memchr(b' ', rest)?),
        None => (&b""[..], line),
    };
    let message = rest.trim_ascii_start();
    message.starts_with(b"type=").then_some(())?;
    let at = memchr::memmem::find(message.get(..80.min(message.len()))?, b"audit(")?;
    let (stamp, _) = time::epoch(&message[at + 6..])?;
    // What sshd has audited names its process first.
    let pid = memchr::memmem::find(message.get(..160.min(message.len()))?, b": pid=").and_then(|at| {
        let digits = &message[at + 6..];
        decimal(&digits[..digits.iter().take(10).take_while(|b| b.is_ascii_digit()).count()])
    });
    Some(Record { stamp, host, program: b"audit", pid, message, dialect: Dialect::Audit, ..Record::default() })
}

/// `Tue Apr 17 10:00:00 2018 ...` of OpenWrt and `Tue 2018-04-17 10:00:00 JST host ...` of `journalctl -o short-full`.
fn with_weekday(line: &[u8]) -> Option<Record<'_>> {
    const DAYS: [&[u8; 4]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
    let head = line.get(..4)?;
    let rest = match DAYS.iter().any(|day| *day == head) {
        true => &line[4..],
        // The day's name in another language stands only before a date without ambiguity.
        false => foreign_weekday(line)?,
    };
    if let Some((stamp, used)) = time::traditional(rest) {
        return after_stamp(stamp, &rest[used..], Dialect::Syslog);
    }
    let (stamp, used) = time::iso(rest)?;
    let after = rest[used..].strip_prefix(b" ")?;
    // A zone's abbreviation says too little to shift the time by, except for this one.
    let zone = after.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    let stamp = match (stamp, &after[..zone]) {
        (Stamp::Local(at), b"UTC") => Stamp::Instant(at),
        (stamp, _) => stamp,
    };
    let after = if zone >= 2 { &after[zone..] } else { after };
    after_stamp(stamp, after, Dialect::Iso)
}

/// What is behind a short word that is no ASCII word of any log: `火 2018-04-17 ...`, `Di. 2018-04-17 ...`, `mar. 2018-04-17 ...`.
fn foreign_weekday(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().take(16).position(|b| *b == b' ').filter(|end| *end > 0)?;
    let letter = |b: &u8| !b.is_ascii() || b.is_ascii_alphabetic() || *b == b'.';
    let rest = &line[end + 1..];
    (line[..end].iter().all(letter) && rest.first().is_some_and(u8::is_ascii_digit)).then_some(rest)
}

/// Host, program and pid behind the time.
fn after_stamp(stamp: Stamp, rest: &[u8], dialect: Dialect) -> Option<Record<'_>> {
    let rest = rest.trim_ascii_start();
    if rest.starts_with(b"0x") {
        return unified_log(stamp, rest);
    }
    let rest = rest.strip_prefix(b"- ").unwrap_or(rest);
    let end = memchr::memchr(b' ', rest)?;
    let first = &rest[..end];
    let record = Record { stamp, dialect, ..Record::default() };
    // metalog: `[sshd] message`.
    if let Some(name) = first.strip_prefix(b"[").map(|name| name.strip_suffix(b":").unwrap_or(name))
        && let Some(program) = name.strip_suffix(b"]").filter(|name| name.iter().any(u8::is_ascii_alphabetic))
    {
        // `2018-04-17T10:00:00.816Z [DEBUG] message` of programs that format their own log.
        if is_level(program) {
            return None;
        }
        return Some(Record { program, message: rest[end..].trim_ascii_start(), ..record });
    }
    if is_priority(first.strip_suffix(b":").unwrap_or(first)) {
        let after = rest[end + 1..].trim_ascii_start();
        // socklog keeps the time that the program sent.
        let after = time::traditional(after).map_or(after, |(_, used)| after[used..].trim_ascii_start());
        return tag::behind(after, record).filter(|r| r.pid.is_some()).or_else(|| with_host(after, record));
    }
    // Without a host the tag comes first; it must carry a pid, or it may be a client's `debug1:` behind a wrapper's time.
    let has_tag = first.ends_with(b":") || first.ends_with(b"]");
    if has_tag && let Some(record) = tag::behind(rest, record) {
        let own_tag = record.pid.is_some() || record.program == b"kernel";
        return own_tag.then_some(record);
    }
    // fail2ban's own file: `fail2ban.actions        [1234]: NOTICE  [sshd] Ban 192.0.2.1`.
    let after = rest[end..].trim_ascii_start();
    if after.first() == Some(&b'[') && first.contains(&b'.') && first.starts_with(b"fail2ban") {
        return tag::behind(rest, record);
    }
    with_host(rest, record)
}

/// Host and tag, with a priority between them in some dialects.
fn with_host<'a>(rest: &'a [u8], record: Record<'a>) -> Option<Record<'a>> {
    let end = memchr::memchr(b' ', rest)?;
    let after = rest[end..].trim_ascii_start();
    // Programs that format their own log: `2018-04-17 10:00:00,123 DEBUG asyncssh: message`.
    if is_level(&rest[..end]) {
        return tag::behind(after, record);
    }
    let record = Record { host: &rest[..end], ..record };
    if let Some(repeated) = after.strip_prefix(b"last message repeated ") {
        let times = repeated.split(|b| *b == b' ').next().and_then(decimal)?;
        return Some(Record { message: b"", repeats_previous: times, ..record });
    }
    // Some appliances say their name twice.
    let again = after.strip_prefix(record.host).filter(|rest| rest.first() == Some(&b' '));
    let mut after = again.map_or(after, <[u8]>::trim_ascii_start);
    let token = &after[..memchr::memchr(b' ', after).unwrap_or(after.len())];
    let behind = after[token.len()..].trim_ascii_start();
    // SONiC and others have the severity alone.
    let is_severity = || {
        let tagged = || tag::behind(behind, record).is_some_and(|record| record.pid.is_some());
        (is_level(token) || SEVERITIES.contains(&token)) && tagged()
    };
    if is_priority(token) || is_severity() {
        after = behind;
    }
    // AIX names whom a line came through.
    if let Some(forwarded) = rest.strip_prefix(b"Message forwarded from ") {
        let end = memchr::memchr(b':', forwarded)?;
        return tag::behind(forwarded[end + 1..].trim_ascii_start(), Record { host: &forwarded[..end], ..record });
    }
    tag::behind(after, record)
}

/// What syslog calls a severity in capitals, and a program's logger does not.
const SEVERITIES: [&[u8]; 4] = [b"ERR", b"CRIT", b"ALERT", b"EMERG"];

/// What loggers of programs call a priority, in capitals.
pub fn is_level(word: &[u8]) -> bool {
    const LEVELS: [&[u8]; 9] =
        [b"TRACE", b"DEBUG", b"INFO", b"NOTICE", b"WARN", b"WARNING", b"ERROR", b"CRITICAL", b"FATAL"];
    LEVELS.contains(&word)
}

/// syslog(3)'s severities, as they are written out.
pub fn is_severity(word: &[u8]) -> bool {
    const SEVERITIES: [&[u8]; 11] =
        [b"emerg", b"panic", b"alert", b"crit", b"err", b"error", b"warn", b"warning", b"notice", b"info", b"debug"];
    SEVERITIES.contains(&word)
}

/// `authpriv.info` of BusyBox and OpenWrt, `<auth.info>` and `<4.6>` of FreeBSD, `auth|security:info` of AIX.
pub fn is_priority(token: &[u8]) -> bool {
    if token.starts_with(b"auth|security:") {
        return true;
    }
    let token = token.strip_prefix(b"<").and_then(|t| t.strip_suffix(b">")).unwrap_or(token);
    let Some(dot) = memchr::memchr(b'.', token) else { return false };
    if let [level @ b'0'..=b'7'] = &token[dot + 1..] {
        return level.is_ascii_digit() && dot > 0 && token[..dot].iter().all(u8::is_ascii_digit);
    }
    dot > 0 && token[..dot].iter().all(|b| b.is_ascii_alphanumeric()) && is_severity(&token[dot + 1..])
}

/// macOS `log show`: `0x1a2b Default 0x0 1234 0 sshd: message`, with the library in parentheses sometimes.
fn unified_log(stamp: Stamp, rest: &[u8]) -> Option<Record<'_>> {
    let mut rest = rest;
    let mut token = || {
        rest = rest.trim_ascii_start();
        let end = memchr::memchr(b' ', rest)?;
        let (token, after) = rest.split_at(end);
        rest = after;
        Some(token)
    };
    let (_thread, _kind, _activity, pid, _ttl) = (token()?, token()?, token()?, token()?, token()?);
    let pid = decimal(pid)?;
    let rest = rest.trim_ascii_start();
    let end = rest.iter().take(64).position(|b| *b == b':')?;
    let mut message = rest[end + 1..].trim_ascii_start();
    if message.first() == Some(&b'(')
        && let Some(close) = message.iter().take(64).position(|b| *b == b')')
    {
        message = message[close + 1..].trim_ascii_start();
    }
    Some(Record { stamp, program: &rest[..end], pid: Some(pid), message, dialect: Dialect::MacOs, ..Record::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Option<(String, String, Option<u32>, String)> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        parse(line.as_bytes()).map(|r| (text(r.host), text(r.program), r.pid, text(r.message)))
    }

    #[test]
    fn every_dialect_yields_host_program_pid_and_message() {
        for (line, host, pid) in [
            ("Apr 17 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr  7 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("<38>Apr 17 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 web01 sshd: msg", "web01", None),
            ("Apr 17 10:00:00.123456 web01 sshd[12]: msg", "web01", Some(12)),
            ("2018-04-17T10:00:00.123456+09:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("2018-04-17T10:00:00+0900 web01 sshd[12]: msg", "web01", Some(12)),
            ("<38>1 2018-04-17T10:00:00Z web01 sshd 12 - - msg", "web01", Some(12)),
            ("<38>1 2018-04-17T10:00:00Z web01 sshd 12 - [a b=\"\\]\"][c] \u{feff}msg", "web01", Some(12)),
            ("Tue Apr 17 10:00:00 2018 authpriv.info sshd[12]: msg", "", Some(12)),
            ("Apr 17 10:00:00 web01 auth.info sshd[12]: msg", "web01", Some(12)),
            ("Tue 2018-04-17 10:00:00 UTC web01 sshd[12]: msg", "web01", Some(12)),
            ("1523926800.123456 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 mac sshd[12] <Error>: msg", "mac", Some(12)),
            ("2018-04-17 10:00:00.123456+0900 0x1a2b Default     0x0    12   0    sshd: (lib) msg", "", Some(12)),
            ("Apr 17 10:00:00 sun sshd[12]: [ID 800047 auth.info] msg", "sun", Some(12)),
            ("12 2018-04-17 10:00:00.123 msg", "", Some(12)),
            ("Apr 17 10:00:00 sshd[12]: msg", "", Some(12)),
            ("Apr 7 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 2018 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 2001:db8::50 sshd[12]: msg", "2001:db8::50", Some(12)),
            ("Apr 17 10:00:00 <auth.info> web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 aix1 auth|security:info sshd[12]: msg", "aix1", Some(12)),
            ("Apr 17 10:00:00 Message forwarded from aix1: sshd[12]: msg", "aix1", Some(12)),
            ("1 2018-04-17T10:00:00Z web01 sshd 12 - - msg", "web01", Some(12)),
            ("12 10:00:00 123 msg", "", Some(12)),
            ("12 10:00:00:123 msg", "", Some(12)),
            ("web01 sshd[12]: msg", "web01", Some(12)),
            ("sshd[12]: msg", "", Some(12)),
            ("Apr 17 10:00:00 web01 sshd[12]:  msg", "web01", Some(12)),
            ("Apr 17 10:00:00 web01 web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 2018 10:00:00.123456 web01 INFO sshd[12]: msg", "web01", Some(12)),
            ("2018 Apr 17 10:00:00.123456 web01 ERR sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 <4.6> web01 sshd[12]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 [sshd] msg", "", None),
            ("Apr 17 10:00:00 [sshd]: msg", "", None),
            ("Apr 17 10:00:00 web01 sshd[12]: [12] Apr 17 10:00:00 msg", "web01", Some(12)),
            ("2018-04-17T10:00:00+00:00 web01 sshd 12 - - msg", "web01", Some(12)),
            (" 4月 17 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("11月 17 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("Dez 17 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("févr. 7 10:00:00 web01 sshd[12]: msg", "web01", Some(12)),
            ("火 2018-04-17 10:00:00 JST web01 sshd[12]: msg", "web01", Some(12)),
            ("2018-04-17T10:00:00.12345 auth.info: Apr 17 10:00:00 sshd[12]: msg", "", Some(12)),
            ("2018-04-17T10:00:00.12345 auth.info: sshd[12]:  msg", "", Some(12)),
            ("<86>1 2018-04-17T10:00:00+01:00 web01 sshd[12]: - sshd[12]:: msg", "web01", Some(12)),
            ("web01 sshd[12]: kernel:[  970.699396]: msg", "web01", Some(12)),
            ("Apr 17 10:00:00 web01 kernel: [773580.832329] sshd[12]: msg", "web01", Some(12)),
            ("- 1131567051 2005.11.09 web01 Nov 9 12:10:51 web01/web01 sshd[12]: msg", "web01/web01", Some(12)),
        ] {
            let found = parts(line).unwrap_or_else(|| panic!("no header: {line}"));
            assert_eq!(found, (host.into(), "sshd".into(), pid, "msg".into()), "{line}");
        }
    }

    #[test]
    fn other_programs_are_told_by_their_tags() {
        for (line, program, message) in [
            ("Apr 17 10:00:00 h sshd(pam_unix)[1]: msg", "sshd(pam_unix)", "msg"),
            ("Apr 17 10:00:00 h kernel: [1.5] msg", "kernel", "msg"),
            ("Apr 17 10:00:00 h kernel: [   12.345678] [UFW BLOCK] IN=eth0", "kernel", "[UFW BLOCK] IN=eth0"),
            ("[12345.678901] msg", "kernel", "msg"),
            ("[Tue Apr 17 10:00:00 2018] msg", "kernel", "msg"),
            ("[1234] Apr 17 10:00:00 msg", "dropbear", "msg"),
            ("type=AVC msg=audit(1523926800.123:456): avc", "audit", "type=AVC msg=audit(1523926800.123:456): avc"),
            (
                "2018-04-17 10:00:00,123 fail2ban.actions        [99]: NOTICE  [sshd] Ban 192.0.2.1",
                "fail2ban.actions",
                "NOTICE  [sshd] Ban 192.0.2.1",
            ),
        ] {
            let found = parts(line).unwrap_or_else(|| panic!("no header: {line}"));
            assert_eq!((found.1.as_str(), found.3.as_str()), (program, message), "{line}");
        }
    }

    #[test]
    fn a_transcript_behind_a_wrappers_time_is_no_log() {
        for line in [
            "2018-04-17T10:00:00Z debug1: Connecting to h",
            "Apr 17 10:00:00 ssh: connect to host h port 22: Connection refused",
            "2018-04-17 10:00:00 kex_exchange_identification: read: Connection reset by peer",
            "debug1: x",
            "debug1: x[3]: y",
            "> sshd[7]: x",
            "12 sshd[7]: x",
            "User sshd[7]: User bob from 192.0.2.1",
            "",
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
    }
}
