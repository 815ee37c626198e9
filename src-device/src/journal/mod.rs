//! The truth on a tablet: an append-only file of what this tablet's people did. Saving appends here and waits for
//! one `fdatasync`; everything else (the store, the lists) can be made again from it and from the server.
//!
//! Read in this order: [`Entry`] (what is kept) → [`segment`] (the bytes) → `read` (many segments as one) → [`Journal`]
//! → `writer` (what happens when the disk fails).
//!
//! Opening: whole entries are read, damage is reported and stays as it is. Nothing is ever cut or deleted. What no
//! fsync is known to vouch for (a process may have died between its write and its fsync, or after an fsync that failed)
//! is written again, into a segment of its own.

mod entry;
mod read;
pub mod segment;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use entry::{Entry, KeptStep, Opened};
pub use read::{ReadBack, read};

use crate::{disk, vault::Seal};
use writer::Writer;

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
    /// A whole entry that this version, or this key, cannot read.
    NotUnderstood,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { segment, offset, bytes, kind } = self;
        write!(f, "journal {segment:08} at {offset}: {bytes} bytes, {kind:?}")
    }
}

/// The journal of one tablet, open for writing.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    seal: Option<Seal>,
    writer: Mutex<Writer>,
}

impl Journal {
    /// Opens the folder (makes it where there is none) and reads the entries after number `known`: those up to it are
    /// in the store, and were confirmed by an fsync. 0: everything is read.
    pub fn open(folder: &Path, seal: Option<Seal>, known: u64) -> Result<(Self, ReadBack), JournalError> {
        disk::make_folder(folder).map_err(io("made"))?;
        let (back, end) = read::read_after(folder, seal.as_ref(), known)?;
        let writer = Writer::begin_at(folder, end, known, &back)?;
        Ok((Self { folder: folder.to_owned(), seal, writer: Mutex::new(writer) }, back))
    }

    /// Appends an entry; returns its number after it is on the disk.
    ///
    /// # Errors
    /// It was not saved then, as far as anybody may say; the same may be tried again.
    pub fn append(&self, entry: &Entry) -> Result<u64, JournalError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let number = writer.next;
        let bytes = self.encoded(number, entry)?;
        writer.append(&self.folder, bytes)?;
        Ok(number)
    }

    /// Writes again what no fsync vouches for. It is done with the next entry anyway, but then is when a person waits.
    pub fn settle(&self) -> Result<(), JournalError> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).settle(&self.folder)
    }

    /// Writes every entry again, sealed, and then lets the segments go in which some were not. One that is damaged is
    /// kept beside, under another name: a person may find more in it than a program.
    pub fn seal_again(&self) -> Result<(), JournalError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let old = segments(&self.folder)?;
        let back = read(&self.folder, self.seal.as_ref())?;
        let mut all = Vec::new();
        for (number, entry) in &back.entries {
            all.extend_from_slice(&self.encoded(*number, entry)?);
        }
        writer.write_again(&self.folder, all)?;
        for number in old {
            let hurt = back.damage.iter().any(|d| d.segment == number && d.kind != DamageKind::TornTail);
            let from = path(&self.folder, number);
            let done = if hurt { fs::rename(&from, from.with_extension("damaged")) } else { fs::remove_file(&from) };
            done.map_err(io("sealed"))?;
        }
        disk::sync_folder(&self.folder).map_err(io("sealed"))
    }

    fn encoded(&self, number: u64, entry: &Entry) -> Result<Vec<u8>, JournalError> {
        let plain = serde_json::to_vec(entry).map_err(|e| JournalError::Entry(e.to_string()))?;
        let payload = match &self.seal {
            Some(seal) => seal.seal(&number.to_le_bytes(), &plain).map_err(|e| JournalError::Entry(e.to_string()))?,
            None => plain,
        };
        let mut bytes = Vec::with_capacity(payload.len() + segment::HEADER);
        if !segment::encode(number, &payload, &mut bytes) {
            return Err(JournalError::Entry(format!("{} bytes are too many", payload.len())));
        }
        Ok(bytes)
    }

    /// Reads everything back, as it is on the disk now.
    pub fn read_all(&self) -> Result<ReadBack, JournalError> {
        let _quiet = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        read(&self.folder, self.seal.as_ref())
    }

    /// The number of the newest entry; 0 when there is none.
    pub fn last(&self) -> u64 {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).next.saturating_sub(1)
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
