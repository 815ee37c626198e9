//! The truth on a tablet: an append-only file of what this tablet's people did. Saving appends here and waits for
//! one `fdatasync`; everything else (the store, the lists) can be made again from it and from the server.
//!
//! Read in this order: [`Entry`] (what is kept) → [`segment`] (the bytes) → [`Journal`] (the files).
//!
//! Opening: whole entries are read; a torn tail (the power went while it was written, so nobody was told "saved") is
//! set aside and cut; a damaged middle is reported and stays as it is. Nothing is ever deleted: what is cut is kept
//! beside the segment, for a person with patience.

mod entry;
pub mod segment;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use entry::{Entry, KeptStep, Opened};

use crate::disk::sync_folder;

/// A segment that has grown beyond this many bytes gets no more entries.
pub const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused.
    #[error("the journal cannot be {doing}: {source}")]
    Io {
        /// `read`, `written`, …
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An entry that cannot be written as it is.
    #[error("an entry cannot be written: {0}")]
    Entry(String),
}

impl JournalError {
    /// Is the disk full?
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// What was found damaged. Everything around it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment's number.
    pub segment: u64,
    /// Where it begins, bytes from the segment's start.
    pub offset: u64,
    /// How long it is.
    pub bytes: u64,
    /// What kind.
    pub kind: DamageKind,
}

/// Kinds of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// The segment's first bytes.
    Header,
    /// An entry that was not written to its end: nobody was told that it was saved.
    TornTail,
    /// Bytes that were an entry.
    Entry,
    /// A whole entry that this version cannot read.
    NotUnderstood,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { segment, offset, bytes, kind } = self;
        write!(f, "journal {segment:08} at {offset}: {bytes} bytes, {kind:?}")
    }
}

#[derive(Debug)]
struct Writer {
    file: File,
    number: u64,
    len: u64,
    /// After a failed write or sync nobody knows what is in the file's last pages: the next entry begins a new file.
    spoilt: bool,
}

/// The journal of one tablet, open for writing.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    writer: Mutex<Writer>,
}

/// What a folder of segments holds.
#[derive(Debug, Default)]
pub struct ReadBack {
    /// In the order in which they were written.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub damage: Vec<Damage>,
}

impl Journal {
    /// Opens the folder (makes it where there is none) and reads everything in it.
    pub fn open(folder: &Path) -> Result<(Self, ReadBack), JournalError> {
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(io("made"))?;
            sync_folder(folder.parent().unwrap_or(folder)).map_err(io("made"))?;
        }
        let numbers = segments(folder)?;
        let mut back = ReadBack::default();
        let mut last = None;
        for number in &numbers {
            let bytes = fs::read(path(folder, *number)).map_err(io("read"))?;
            let scan = read_segment(*number, &bytes, &mut back);
            last = Some((*number, scan, bytes));
        }
        let writer = match last {
            Some((number, scan, bytes)) if is_clean(&scan, &bytes) => {
                let file = OpenOptions::new().append(true).open(path(folder, number)).map_err(io("opened"))?;
                Writer { file, number, len: bytes.len() as u64, spoilt: false }
            }
            Some((number, scan, bytes)) if is_torn_only(&scan) => {
                cut(folder, number, scan.end, &bytes)?;
                let file = OpenOptions::new().append(true).open(path(folder, number)).map_err(io("opened"))?;
                Writer { file, number, len: scan.end as u64, spoilt: false }
            }
            // Damage stays as it is; what is new goes into a file of its own.
            Some((number, ..)) => begin(folder, number + 1)?,
            None => begin(folder, 1)?,
        };
        Ok((Self { folder: folder.to_owned(), writer: Mutex::new(writer) }, back))
    }

    /// Appends entries; returns after they are on the disk. All of one call share one `fdatasync`.
    ///
    /// # Errors
    /// Nothing was saved then, as far as anybody may say; the same may be tried again.
    pub fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut bytes = Vec::with_capacity(1024);
        for entry in entries {
            let payload = serde_json::to_vec(entry).map_err(|e| JournalError::Entry(e.to_string()))?;
            if !segment::encode(&payload, &mut bytes) {
                return Err(JournalError::Entry(format!("{} bytes are too many", payload.len())));
            }
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.spoilt || writer.len >= SEGMENT_BYTES {
            *writer = begin(&self.folder, writer.number + 1)?;
        }
        let written = writer.file.write_all(&bytes).and_then(|()| writer.file.sync_data());
        match written {
            Ok(()) => {
                writer.len += bytes.len() as u64;
                Ok(())
            }
            Err(e) => {
                writer.spoilt = true;
                // What was half written must not look saved after a restart; if this fails too, it reads as torn.
                let _ = writer.file.set_len(writer.len).and_then(|()| writer.file.sync_all());
                Err(io("written")(e))
            }
        }
    }

    /// Reads everything back, as it is on the disk now.
    pub fn read_all(&self) -> Result<ReadBack, JournalError> {
        let _quiet = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        read(&self.folder)
    }
}

/// Reads a folder of segments without opening it for writing: for `verify` and `rescue`. Changes nothing.
pub fn read(folder: &Path) -> Result<ReadBack, JournalError> {
    let mut back = ReadBack::default();
    if folder.is_dir() {
        for number in segments(folder)? {
            let bytes = fs::read(path(folder, number)).map_err(io("read"))?;
            read_segment(number, &bytes, &mut back);
        }
    }
    Ok(back)
}

fn read_segment(number: u64, bytes: &[u8], back: &mut ReadBack) -> segment::Scan {
    let scan = segment::scan(bytes);
    let mut damage = |offset: usize, bytes: usize, kind| {
        back.damage.push(Damage { segment: number, offset: offset as u64, bytes: bytes as u64, kind });
    };
    if !scan.header {
        // A file that ends within its header was being made when the power went.
        let kind = if segment::HEADER.starts_with(bytes) { DamageKind::TornTail } else { DamageKind::Header };
        damage(0, segment::HEADER.len().min(bytes.len()), kind);
    }
    for hole in &scan.holes {
        let kind = if hole.torn { DamageKind::TornTail } else { DamageKind::Entry };
        damage(hole.bytes.start, hole.bytes.len(), kind);
    }
    for payload in &scan.payloads {
        match bytes.get(payload.clone()).map(serde_json::from_slice::<Entry>) {
            Some(Ok(entry)) => back.entries.push(entry),
            _ => damage(payload.start, payload.len(), DamageKind::NotUnderstood),
        }
    }
    scan
}

fn is_clean(scan: &segment::Scan, bytes: &[u8]) -> bool {
    scan.header && scan.holes.is_empty() && scan.end == bytes.len()
}

fn is_torn_only(scan: &segment::Scan) -> bool {
    scan.header && !scan.holes.is_empty() && scan.holes.iter().all(|h| h.torn)
}

/// Sets a torn tail aside and cuts it off.
fn cut(folder: &Path, number: u64, end: usize, bytes: &[u8]) -> Result<(), JournalError> {
    let aside = folder.join(format!("{number:08}.{end}.torn"));
    crate::disk::write_whole(&aside, bytes.get(end..).unwrap_or_default(), true).map_err(io("cut"))?;
    let file = OpenOptions::new().write(true).open(path(folder, number)).map_err(io("cut"))?;
    file.set_len(end as u64).and_then(|()| file.sync_all()).map_err(io("cut"))
}

fn begin(folder: &Path, number: u64) -> Result<Writer, JournalError> {
    let mut number = number;
    loop {
        let opened = OpenOptions::new().append(true).create_new(true).open(path(folder, number));
        let mut file = match opened {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                number += 1;
                continue;
            }
            opened => opened.map_err(io("begun"))?,
        };
        file.write_all(segment::HEADER).and_then(|()| file.sync_all()).map_err(io("begun"))?;
        sync_folder(folder).map_err(io("begun"))?;
        return Ok(Writer { file, number, len: segment::HEADER.len() as u64, spoilt: false });
    }
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

fn segments(folder: &Path) -> Result<Vec<u64>, JournalError> {
    let mut numbers = Vec::new();
    for file in fs::read_dir(folder).map_err(io("read"))? {
        let name = file.map_err(io("read"))?.file_name();
        numbers.extend(name.to_str().and_then(|n| n.strip_suffix(".log")).and_then(|n| n.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn io(doing: &'static str) -> impl Fn(io::Error) -> JournalError {
    move |source| JournalError::Io { doing, source }
}
