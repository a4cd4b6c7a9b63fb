//! Rows of a table that a log search exported as CSV: `"Apr 17 10:00:00","web01","sshd","812","Invalid user bob ..."`.
//!
//! In: one line, its fields in quotes, in which quotes are doubled (RFC 4180), or a time without quotes as the first of them, where
//! a text without quotes is the last. Out: its record: the message is the first field with
//! blanks that is no time, or the last; where that has a header of its own, and no other columns say otherwise, that is it.
//! Else one field is the time, one a number, the process, and of the other names that in front of the number, or the last one, is
//! the program, and the one before that the host. Where no field is a number, program and process may stand in one, `sshd[812]`.
//! Commas, semicolons or tabs are between.
//! Knows nothing of the table's first line.

use super::{Dialect, Record, journal, number, syslog, time, time::Stamp};
use smallvec::SmallVec;

/// Most columns.
const MOST_FIELDS: usize = 24;
/// Of syslog's facilities those that programs log to; a column of them is beside that of the program.
const FACILITIES: [&[u8]; 6] = [b"auth", b"authpriv", b"daemon", b"kern", b"syslog", b"user"];
/// Longest host or program.
const LONGEST_NAME: usize = 64;

/// Whether quotes within a field of a row are doubled, so that a record cannot borrow the line itself.
pub fn is_escaped(line: &[u8]) -> bool {
    let is_row = || line.starts_with(b"\"") || (line.ends_with(b"\"") && is_timed(line));
    is_row() && memchr::memmem::find(line, b"\"\"").is_some()
}

/// Whether a line begins with a time without quotes that is a field of its own.
pub fn is_timed(line: &[u8]) -> bool {
    leading_time(line).is_some_and(|(_, used)| matches!(line.get(used), Some(b',' | b';' | b'\t')))
}

/// Parses a row; the message is written to `scratch` with its quotes as they were, and the record borrows of that.
pub fn parse_escaped<'a>(line: &[u8], scratch: &'a mut Vec<u8>) -> Option<Record<'a>> {
    let row = parse(line)?;
    let mut message = Vec::with_capacity(row.message.len());
    let mut rest = row.message;
    while let Some(at) = memchr::memmem::find(rest, b"\"\"") {
        message.extend_from_slice(&rest[..at + 1]);
        rest = &rest[at + 2..];
    }
    message.extend_from_slice(rest);
    let (host, program) = (String::from_utf8_lossy(row.host), String::from_utf8_lossy(row.program));
    let record = Record { host: b"", program: b"", message: b"", ..row };
    Some(journal::within(scratch, record, &host, &program, &message))
}

/// Parses a row that begins with a field in quotes or with a time.
pub fn parse(line: &[u8]) -> Option<Record<'_>> {
    let fields = fields(line.trim_ascii_end())?;
    let says = |(_, field): &(usize, &[u8])| field.contains(&b' ') && stamp(field).is_none();
    let mut numbered = fields.iter().copied().enumerate();
    let (at, message) = numbered.clone().find(says).or(numbered.next_back())?;
    let headed = syslog::parse(message).filter(|record| !record.program.is_empty());
    let row = of_columns(&fields, at, message);
    let same = |row: &Record<'_>| headed.is_some_and(|line| line.program == row.program && line.pid == row.pid);
    // With a facility beside it a line's own header is that of the daemon that wrote both.
    let relayed = headed.is_some() && fields.iter().any(|field| FACILITIES.contains(field));
    row.filter(|row| !same(row) && !relayed).or(headed)
}

/// What the columns beside the message say.
fn of_columns<'a>(fields: &[&'a [u8]], at: usize, message: &'a [u8]) -> Option<Record<'a>> {
    let others = || fields.iter().copied().enumerate().filter(|(other, _)| *other != at);
    let stamp = others().find_map(|(_, field)| stamp(field))?;
    let process = others().find_map(|(at, field)| Some((at, number::decimal(field)?)));
    let is_name = |field: &[u8]| {
        let of_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        (1..=LONGEST_NAME).contains(&field.len()) && field.iter().all(of_name) && !field.iter().all(u8::is_ascii_digit)
    };
    let names: SmallVec<[_; 8]> = others().filter(|(_, f)| is_name(f) && !is_rank(f)).collect();
    let tagged = others().find_map(|(at, field)| {
        let (program, behind) = field.split_at(memchr::memchr(b'[', field)?);
        let pid = behind.strip_prefix(b"[")?.strip_suffix(b"]")?;
        Some((at, Some(program).filter(|program| is_name(program))?, Some(number::decimal(pid)?)))
    });
    let before = process.and_then(|(at, _)| names.iter().rfind(|(name, _)| *name + 1 == at));
    if tagged.is_none() && process.is_none() && names.len() < 2 {
        return None;
    }
    let named = || {
        let (at, program) = *before.or(names.last())?;
        Some((at, program, process.map(|(_, pid)| pid)))
    };
    let (program_at, program, pid) = match process {
        Some(_) => named(),
        None => tagged.or_else(named),
    }?;
    let host = names.iter().rfind(|(at, _)| *at < program_at).map_or(&b""[..], |(_, host)| *host);
    Some(Record { stamp, host, program, pid, message, dialect: Dialect::Table, ..Record::default() })
}

/// Whether a field says how grave a message is, or whose kind, and no name.
fn is_rank(field: &[u8]) -> bool {
    syslog::is_level(field) || syslog::is_severity(field) || FACILITIES.contains(&field)
}

/// A field that is a time, and nothing else.
fn stamp(field: &[u8]) -> Option<Stamp> {
    let (stamp, used) = leading_time(field)?;
    (used == field.len()).then_some(stamp)
}

fn leading_time(text: &[u8]) -> Option<(Stamp, usize)> {
    let (stamp, used) = time::traditional(text).or_else(|| time::iso(text)).or_else(|| time::epoch(text))?;
    // What is no fraction of thousands behind a comma is the next field.
    let comma = text[..used].iter().position(|b| *b == b',');
    let ends = comma.filter(|at| !matches!(used - at - 1, 3 | 6 | 9));
    Some((stamp, ends.unwrap_or(used)))
}

/// The fields of a row, without their quotes; None where it is none, or has a single one.
fn fields(line: &[u8]) -> Option<SmallVec<[&[u8]; 8]>> {
    let mut fields = SmallVec::new();
    let mut rest = line;
    let mut separator = b',';
    let mut timed = false;
    loop {
        let (field, behind) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = closing(quoted)?;
                if quoted[..end].ends_with(b"\\") {
                    return None;
                }
                (&quoted[..end], &quoted[end + 1..])
            }
            None if fields.is_empty() && is_timed(line) => {
                timed = true;
                rest.split_at(leading_time(rest)?.1)
            }
            None => {
                let (field, behind) = rest.split_at(memchr::memchr(separator, rest).unwrap_or(rest.len()));
                match memchr::memchr2(b'"', b' ', field) {
                    None => (field, behind),
                    Some(at) if timed && field[at] == b' ' => (rest, &b""[..]),
                    Some(_) => return None,
                }
            }
        };
        fields.push(field);
        match behind.split_first() {
            None => return (fields.len() > 2).then_some(fields),
            Some((between @ (b';' | b'\t'), behind)) if fields.len() == 1 => (separator, rest) = (*between, behind),
            Some((between, behind)) if *between == separator && fields.len() < MOST_FIELDS => rest = behind,
            Some(_) => return None,
        }
    }
}

/// Where the quote is that closes a field, which is not doubled.
fn closing(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'"', &quoted[at..])?;
        if quoted.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_who_said_what() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for (line, expected) in [
            (
                r#""Apr 17 10:00:00","web01","sshd","812","Invalid user bob from 192.0.2.7 port 4""#,
                Some(("web01", "sshd", Some(812), "Invalid user bob from 192.0.2.7 port 4")),
            ),
            (
                r#""2018-04-17T10:00:00+09:00","auth","info","web01","sshd",812,"Connection closed by 192.0.2.7""#,
                Some(("web01", "sshd", Some(812), "Connection closed by 192.0.2.7")),
            ),
            (
                r#""Apr 17 10:00:00 web01 sshd[812]: Invalid user bob from 192.0.2.7","Apr 17 10:00:00","elsewhere""#,
                Some(("web01", "sshd", Some(812), "Invalid user bob from 192.0.2.7")),
            ),
            (
                r#""Apr 17 10:00:00","web01","sshd","812","Apr 17 10:00:00 web01 sshd[812]: Invalid user bob""#,
                Some(("web01", "sshd", Some(812), "Invalid user bob")),
            ),
            (
                r#""Apr 17 10:00:00","web01","app","9","Apr 17 10:00:00 web01 sshd[812]: Invalid user bob""#,
                Some(("web01", "app", Some(9), "Apr 17 10:00:00 web01 sshd[812]: Invalid user bob")),
            ),
            // What a stranger writes into his name is no field.
            (
                r#""Apr 17 10:00:00","web01","su","9","no "",""sshd"",""7"",""Accepted password for root"" for x""#,
                Some(("web01", "su", Some(9), r#"no "",""sshd"",""7"",""Accepted password for root"" for x"#)),
            ),
            (
                r#""Apr 17 10:00:00","web01","sshd","Invalid user bob from 192.0.2.7 port 4""#,
                Some(("web01", "sshd", None, "Invalid user bob from 192.0.2.7 port 4")),
            ),
            // The same where quotes are escaped otherwise, or not at all.
            (r#""Apr 17 10:00:00","web01","su","9","no x\",Accepted password for root,\" for x""#, None),
            (r#""Apr 17 10:00:00","web01","su","9","no x",Accepted password for root," for x""#, None),
            (
                r#""Apr 17 10:00:00","/a/long/path/to/a/file/auth.log","web01","sshd","812","no hostkeys available""#,
                Some(("web01", "sshd", Some(812), "no hostkeys available")),
            ),
            (
                r#""Apr 17 10:00:00";"sshd-session[812]";"requirement ""uid >= 1000"" not met""#,
                Some(("", "sshd-session", Some(812), r#"requirement ""uid >= 1000"" not met"#)),
            ),
            (
                r#""Apr 17 10:00:00","web01","sshd","812","alice[1000]","User alice not allowed""#,
                Some(("web01", "sshd", Some(812), "User alice not allowed")),
            ),
            (r#""Apr 17 10:00:00";"sshd[812]","Invalid user bob from 192.0.2.7""#, None),
            (
                r#"2018-04-17T10:00:00.5+02:00;web01;sshd;812;"Invalid user bob from 192.0.2.7 port 4""#,
                Some(("web01", "sshd", Some(812), "Invalid user bob from 192.0.2.7 port 4")),
            ),
            (
                "Apr 17 10:00:00,web01,sshd,812,Received disconnect from 192.0.2.7: 11: Bye, bye",
                Some(("web01", "sshd", Some(812), "Received disconnect from 192.0.2.7: 11: Bye, bye")),
            ),
            (
                "2018-04-17 10:00:00,web01,sshd,info,812,Invalid user bob from 192.0.2.7",
                Some(("web01", "sshd", Some(812), "Invalid user bob from 192.0.2.7")),
            ),
            (
                "2018-04-17 10:00:00,web01,auth,6,Apr 17 10:00:00 web02 sshd[812]: Invalid user bob from 192.0.2.7",
                Some(("web02", "sshd", Some(812), "Invalid user bob from 192.0.2.7")),
            ),
            (r#"2018-04-17 10:00:00,5 web01 app: 7,sshd,812,"Accepted password for root""#, None),
            // A host or a program: neither is certain.
            (r#""Apr 17 10:00:00","web01","Invalid user bob from 192.0.2.7 port 4""#, None),
            (r#""_time","host","process","pid","_raw""#, None),
            (r#""it said","Invalid user bob from 192.0.2.7""#, None),
            (r#""Apr 17 10:00:00","web01","sshd","812","Invalid user"#, None),
        ] {
            let found = parse(line.as_bytes()).map(|r| (text(r.host), text(r.program), r.pid, text(r.message)));
            assert_eq!(found, expected.map(|(h, p, pid, m)| (h.into(), p.into(), pid, m.into())), "{line}");
        }
    }
}
