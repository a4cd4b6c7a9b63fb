//! What is in a place: itself, what was compressed, the members of an archive, and of archives in it.
//!
//! In: a [`Place`] and what may be spent on it. Out: every [`Member`] with its name and bytes, one after the other, to a
//! visitor; what cannot be read, or is of no interest, with the reason. Everything is streamed, nothing written, and names are
//! shown and never used. Knows nothing of lines.

use super::decompress::{self, Codec, ReadAhead};
use super::limits::{Budget, Counted, Limits, Memory, Metered};
use super::stream::Source;
use super::{Content, Opened, Place, rotation, tar, zip};
use crate::error::Error;
use crate::record::time::Micros;
use std::io::{self, BufReader};
use std::ops::ControlFlow;

/// Empty members that are named; beyond that they are counted.
const MOST_EMPTY: u64 = 1000;
/// Archives made to be the same every time say that everything is of 1970 or 1980.
const PLAUSIBLE: Micros = 800_000_000_000_000;
/// A member's time may be of another zone than the lines in it, and 24 hours are a day.
pub const MARGIN: Micros = 26 * 3600 * 1_000_000;

/// Something found.
#[derive(Debug)]
pub struct Member<'a> {
    /// `bundle.tar.xz!sos/var/log/secure`; what is no member of an archive has the name of its file.
    pub path: String,
    /// Whether an archive or a decoder stands between it and the file.
    pub inside: bool,
    /// What it is.
    pub finding: Finding<'a>,
}

/// What can be said of a member.
#[derive(Debug)]
pub enum Finding<'a> {
    /// It can be read.
    Input(Opened<'a>),
    /// It cannot be, or not all of it, and why.
    Refused(String),
    /// It need not be, and why.
    Passed {
        /// Its size.
        bytes: u64,
        /// Why.
        note: String,
    },
}

/// Takes what is found; says whether to go on.
pub type Visit<'v> = dyn FnMut(Member<'_>) -> ControlFlow<()> + 'v;

/// What is in a place, or why it cannot be read.
pub type Opening = Result<Opened<'static>, String>;

/// Opens a place.
pub fn open(place: &Place) -> Opening {
    match &place.refused {
        Some(reason) => Err(reason.clone()),
        None => place.open().map_err(reason),
    }
}

/// Whether there is more in a place than itself.
pub fn has_members(opened: &Opening) -> bool {
    opened.as_ref().is_ok_and(|o| Container::of(o.content.head()).is_some())
}

/// Shows all that is in `place`, opened before, to `visit`.
pub fn walk(place: &Place, opened: Opening, limits: &Limits, visit: &mut Visit<'_>) {
    let path = place.shown();
    let budget = Budget::new(limits, opened.as_ref().map_or(0, |o| o.bytes));
    let mut walk =
        Walk { budget: &budget, memory: Memory::default(), visit, members: 0, empty: 0, ahead: false, over: false };
    match opened {
        Ok(opened) => {
            let spot = Spot { path, modified: opened.modified, depth: 0 };
            walk.content(&spot, opened);
            walk.count_empty(&spot);
        }
        Err(reason) => walk.show(path, false, Finding::Refused(reason)),
    }
}

fn reason(error: Error) -> String {
    match error {
        Error::Io { source, .. } => source.to_string(),
        other => other.to_string(),
    }
}

/// Where the walk is.
#[derive(Debug, Clone)]
struct Spot {
    path: String,
    modified: Option<Micros>,
    depth: u32,
}

/// What holds something else.
#[derive(Debug, Clone, Copy)]
enum Container {
    Compressed(Codec),
    Tar,
    Zip,
    /// Not read.
    Foreign(&'static str),
}

impl Container {
    fn of(head: &[u8]) -> Option<Self> {
        const FOREIGN: &[(&[u8], &str)] = &[
            (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
            (b"Rar!\x1a\x07", "a rar archive"),
            (b"\x1f\x9d", "compressed by compress"),
            (b"LZIP", "compressed by lzip"),
            (b"MSCF\0\0\0\0", "a cabinet"),
            (b"070701", "a cpio archive"),
        ];
        let foreign = || FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| Self::Foreign(name));
        if let Some(codec) = Codec::of(head) {
            return Some(Self::Compressed(codec));
        }
        if zip::is_zip(head) {
            return Some(Self::Zip);
        }
        if tar::is_tar(head) { Some(Self::Tar) } else { foreign() }
    }
}

struct Walk<'w, 'v> {
    budget: &'w Budget<'w>,
    memory: Memory,
    visit: &'w mut Visit<'v>,
    members: u64,
    empty: u64,
    /// Whether a decoder works on a thread of its own already.
    ahead: bool,
    /// Whether nothing more is to be shown.
    over: bool,
}

impl Walk<'_, '_> {
    fn show(&mut self, path: String, inside: bool, finding: Finding<'_>) {
        if !self.over {
            self.over = (self.visit)(Member { path, inside, finding }).is_break();
        }
    }

    fn refuse(&mut self, spot: &Spot, reason: impl ToString) {
        self.show(spot.path.clone(), spot.depth > 0, Finding::Refused(reason.to_string()));
    }

    fn content(&mut self, spot: &Spot, mut opened: Opened<'_>) {
        let Some(container) = Container::of(opened.content.head()) else {
            opened.modified = rotation::written(&spot.path).into_iter().chain(spot.modified).min();
            return self.show(spot.path.clone(), spot.depth > 0, Finding::Input(opened));
        };
        let most = self.budget.limits.depth;
        if spot.depth >= most {
            return self.refuse(spot, format!("is nested more than {most} deep; --max-depth allows more"));
        }
        let result = match container {
            Container::Compressed(codec) => self.compressed(codec, spot, &mut opened),
            Container::Tar => self.tar(spot, &mut opened),
            Container::Zip => self.zip(spot, &mut opened),
            Container::Foreign(what) => Err(io::Error::other(format!("is {what}, which is not read; unpack it first"))),
        };
        if let Some(reason) = result.err().map(|e| e.to_string()).or(opened.damage()) {
            self.refuse(spot, reason);
        }
    }

    fn compressed(&mut self, codec: Codec, spot: &Spot, opened: &mut Opened<'_>) -> io::Result<()> {
        let head = opened.content.head();
        let head = head[..head.len().min(128)].to_vec();
        let written = Some(codec).filter(|c| *c == Codec::Gzip).and_then(|_| decompress::gzip_written(&head));
        let inner = Spot {
            path: spot.path.clone(),
            modified: written.filter(|at| *at > PLAUSIBLE).or(spot.modified),
            depth: spot.depth + 1,
        };
        let source = self.source(spot, opened);
        let decoder = decompress::decoder(codec, source, &head)?;
        self.with_memory(codec.memory(&head), |walk| walk.decoded(&inner, decoder, 0))
    }

    fn source<'o>(&self, spot: &Spot, opened: &'o mut Opened<'_>) -> Source<'o>
    where
        Self: 'o,
    {
        let counted = spot.depth == 0 && matches!(opened.content, Content::Stream(_));
        let source = opened.content.source();
        if counted { Box::new(Counted { inner: source, stored: self.budget.stored() }) } else { source }
    }

    fn with_memory(&mut self, cost: u64, run: impl FnOnce(&mut Self)) -> io::Result<()> {
        self.memory.take(cost)?;
        run(self);
        self.memory.give(cost);
        Ok(())
    }

    /// Goes on with what comes out of a decoder. What is large is decoded on a thread of its own, while this one works on what
    /// is there already. `size` is what the archive says, if it does.
    fn decoded(&mut self, spot: &Spot, decoder: Source<'_>, size: u64) {
        let budget = self.budget;
        let mut opened = match super::read(Box::new(Metered { inner: decoder, budget }), Vec::new()) {
            Ok(opened) => opened,
            Err(reason) => return self.refuse(spot, reason),
        };
        opened.modified = spot.modified;
        let Content::Stream(stream) = opened.content else { return self.content(spot, opened) };
        opened.bytes = size;
        if self.ahead {
            return self.content(spot, Opened { content: Content::Stream(stream), ..opened });
        }
        self.memory.stream();
        self.ahead = true;
        std::thread::scope(|scope| {
            let stream = stream.replace_source(|source| Box::new(ReadAhead::start(scope, source)));
            self.content(spot, Opened { content: Content::Stream(stream), ..opened });
        });
        self.ahead = false;
    }

    fn tar(&mut self, spot: &Spot, opened: &mut Opened<'_>) -> io::Result<()> {
        let mut entries = tar::Entries::new(BufReader::with_capacity(64 << 10, opened.content.source()));
        while let Some(entry) = entries.next()? {
            if self.over {
                return Ok(());
            }
            match entry.kind {
                tar::Kind::Nothing => {}
                tar::Kind::Special(what) => {
                    let path = format!("{}!{}", spot.path, entry.path);
                    self.show(path, true, Finding::Refused(format!("is {what}, which holds no log")));
                }
                tar::Kind::File => {
                    let Some(member) = self.enter(spot, &entry.path, entry.size, entry.modified) else { continue };
                    let budget = self.budget;
                    let sparse = entry.is_sparse();
                    let data = entries.data(&entry);
                    let data: Source<'_> =
                        if sparse { Box::new(Metered { inner: data, budget }) } else { Box::new(data) };
                    self.member(&member, data, entry.size);
                }
            }
        }
        match entries.damaged {
            0 => Ok(()),
            count => Err(io::Error::other(format!("has damage at {count} place(s); what follows was found again"))),
        }
    }

    /// Reads a member that needs no decoder.
    fn member(&mut self, spot: &Spot, data: Source<'_>, size: u64) {
        match super::read(data, Vec::new()) {
            Ok(opened) => {
                let bytes = if matches!(opened.content, Content::Stream(_)) { size } else { opened.bytes };
                self.content(spot, Opened { modified: spot.modified, bytes, ..opened });
            }
            Err(reason) => self.refuse(spot, reason),
        }
    }

    fn zip(&mut self, spot: &Spot, opened: &mut Opened<'_>) -> io::Result<()> {
        let bytes = opened.content.bytes();
        if bytes.is_empty() {
            let source = self.source(spot, opened);
            return self.zip_in_order(spot, source);
        }
        let Ok(archive) = rawzip::ZipArchive::from_slice(bytes) else {
            self.zip_in_order(spot, Box::new(bytes))?;
            return Err(io::Error::other("has no directory at its end; its members were found without"));
        };
        for record in archive.entries() {
            let record = record.map_err(io::Error::other)?;
            if self.over {
                return Ok(());
            }
            let entry = zip::Entry::of(&record);
            let Some(member) = self.enter_zip(spot, &entry) else { continue };
            let found = archive.get_entry(record.wayfinder());
            let found =
                found.map_err(io::Error::other).and_then(|e| Ok((entry.decoder(Box::new(e.data()), e.data())?, e)));
            match found {
                Ok((decoder, e)) => {
                    let cost = entry.codec().map_or(0, |codec| codec.memory(e.data()));
                    let checked = Box::new(e.verifying_reader(decoder));
                    if let Err(reason) = self.with_memory(cost, |walk| walk.decoded(&member, checked, entry.size)) {
                        self.refuse(&member, reason);
                    }
                }
                Err(reason) => self.refuse(&member, reason),
            }
        }
        Ok(())
    }

    fn zip_in_order(&mut self, spot: &Spot, source: Source<'_>) -> io::Result<()> {
        let mut members = zip::Members::new(source);
        while let Some(entry) = members.next()? {
            if self.over {
                return Ok(());
            }
            let Some(member) = self.enter_zip(spot, &entry) else { continue };
            match members.data(&entry) {
                Ok(decoder) => {
                    // What decoders need beyond a window of the usual size is not known before they have begun.
                    let cost = entry.codec().map_or(0, |codec| codec.memory(&[]));
                    if let Err(reason) = self.with_memory(cost, |walk| walk.decoded(&member, decoder, entry.size)) {
                        self.refuse(&member, reason);
                    }
                }
                Err(reason) => self.refuse(&member, reason),
            }
        }
        Ok(())
    }

    fn enter_zip(&mut self, spot: &Spot, entry: &zip::Entry) -> Option<Spot> {
        if entry.nothing {
            return None;
        }
        let member = self.enter(spot, &entry.path, entry.size, entry.modified)?;
        if entry.encrypted {
            self.refuse(&member, "is encrypted; unpack it with its password first");
            return None;
        }
        Some(member)
    }

    /// Where a member is, if it is to be read.
    fn enter(&mut self, spot: &Spot, name: &str, size: u64, modified: Option<Micros>) -> Option<Spot> {
        if let Err(reason) = self.budget.check_time() {
            self.refuse(spot, reason);
            self.over = true;
            return None;
        }
        if size == 0 && self.empty >= MOST_EMPTY {
            self.empty += 1;
            return None;
        }
        let written = modified.filter(|at| *at > PLAUSIBLE);
        let path = format!("{}!{name}", spot.path);
        let member = Spot { path, modified: written.or(spot.modified), depth: spot.depth + 1 };
        if size == 0 {
            self.empty += 1;
            let content = Content::Owned(Vec::new());
            let nothing = Opened { content, modified: member.modified, bytes: 0, damage: None, _held: None };
            self.show(member.path, true, Finding::Input(nothing));
            return None;
        }
        self.members += 1;
        let most = self.budget.limits.members;
        if self.members > most {
            self.refuse(spot, format!("holds more than {most} members; --max-members allows more"));
            self.over = true;
            return None;
        }
        let since = self.budget.limits.since.map(|since| since.saturating_sub(MARGIN));
        if written.zip(since).is_some_and(|(at, since)| at < since) && !(self.budget.limits.timeless)(&member.path) {
            let note = "was last written before --since".to_owned();
            self.show(member.path, true, Finding::Passed { bytes: size, note });
            return None;
        }
        Some(member)
    }

    /// Tells of empty members that were not named.
    fn count_empty(&mut self, spot: &Spot) {
        if self.empty > MOST_EMPTY {
            let note = format!("{} more empty members", self.empty - MOST_EMPTY);
            self.show(spot.path.clone(), spot.depth > 0, Finding::Passed { bytes: 0, note });
        }
    }
}
