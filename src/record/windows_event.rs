//! Events of Windows as XML, one a line: `wevtutil qe OpenSSH/Operational /f:xml`.
//!
//! In: one line. Out: its record; host, program and message lie in the caller's scratch buffer, since XML escapes them.
//! Knows nothing of the binary .evtx.

use super::{Dialect, Record, journal, number, time, time::Stamp};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What such a line begins with.
pub const START: &[u8] = b"<Event ";

/// What matters of an event.
#[derive(Default)]
struct Parts {
    stamp: Stamp,
    pid: Option<u32>,
    host: String,
    process: String,
    message: String,
}

/// Parses a line; host, program and message are written to `scratch`, of which the record borrows.
pub fn parse<'a>(line: &[u8], scratch: &'a mut Vec<u8>) -> Option<Record<'a>> {
    let text = std::str::from_utf8(line).ok().filter(|_| line.starts_with(START))?;
    let parts = parts(text)?;
    let record = Record { stamp: parts.stamp, pid: parts.pid, dialect: Dialect::WindowsEvent, ..Record::default() };
    // The first builds wrote the program and the process into the message: `sshd: PID 50650: Invalid user ...`.
    let labelled = || {
        let (program, rest) = parts.message.split_once(": PID ")?;
        let (pid, message) = rest.split_once(": ")?;
        Some((program, number::decimal(pid.as_bytes())?, message))
    };
    let (program, pid, message) = match labelled() {
        Some((program, pid, message)) if parts.process.is_empty() => (program, Some(pid), message),
        _ => (parts.process.as_str(), record.pid, parts.message.as_str()),
    };
    let record = Record { pid, ..record };
    Some(journal::within(scratch, record, &parts.host, program, message.trim_end().as_bytes()))
}

fn parts(text: &str) -> Option<Parts> {
    let mut reader = Reader::from_str(text);
    let mut parts = Parts::default();
    // Name of the element whose text comes, or the `Name` of its data.
    let mut inside = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => {
                inside = attribute(&start, "Name")
                    .unwrap_or_else(|| String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                if let Some(time) = attribute(&start, "SystemTime") {
                    parts.stamp = time::iso(time.as_bytes()).map_or(Stamp::None, |(stamp, _)| stamp);
                }
                if let Some(pid) = attribute(&start, "ProcessID") {
                    parts.pid = number::decimal(pid.as_bytes());
                }
            }
            Event::Text(text) => parts.take(&inside, &text.decode().ok()?),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(character) => parts.take(&inside, character.encode_utf8(&mut [0; 4])),
                None => parts.take(&inside, quick_xml::escape::resolve_predefined_entity(&entity.decode().ok()?)?),
            },
            Event::End(_) => inside.clear(),
            _ => {}
        }
    }
    Some(parts)
}

impl Parts {
    fn take(&mut self, inside: &str, text: &str) {
        match inside {
            "Computer" => self.host.push_str(text),
            "process" => self.process.push_str(text),
            "payload" | "Data" => self.message.push_str(text),
            _ => {}
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    attribute.unescape_value().ok().map(|value| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn both_forms_of_the_event_are_read() {
        for (line, pid) in [
            (
                "<Event xmlns='x'><System><Provider Name='OpenSSH' Guid='{1}' /><TimeCreated SystemTime='2019-03-26T00:58:31.3Z' />\
                 <Execution ProcessID='12' ThreadID='6' /><Computer>h</Computer></System><EventData><Data Name='process'>sshd\
                 </Data><Data Name='payload'>Invalid user &lt;a&gt; &amp; b&#39; from 192.0.2.1 </Data></EventData></Event>",
                12,
            ),
            (
                r#"<Event xmlns="x"><System><Provider Name="sshd" /><TimeCreated SystemTime="2019-03-26T00:58:31.3Z" /><Computer>h</Computer></System><EventData><Data>sshd: PID 13: Invalid user &lt;a&gt; &amp; b' from 192.0.2.1</Data></EventData></Event>"#,
                13,
            ),
        ] {
            let mut scratch = Vec::new();
            let record = parse(line.as_bytes(), &mut scratch).expect("an event");
            let found = (record.host, record.program, record.pid, record.message);
            let message = &b"Invalid user <a> & b' from 192.0.2.1"[..];
            assert_eq!(found, (&b"h"[..], &b"sshd"[..], Some(pid), message));
        }
    }

    #[test]
    fn broken_xml_is_no_event() {
        for line in ["<Event xmlns='x'><System", "<Event x", "<Events>", "<Event a='&'><Data>x</Dat>"] {
            assert!(parse(line.as_bytes(), &mut Vec::new()).is_none(), "{line}");
        }
    }
}
