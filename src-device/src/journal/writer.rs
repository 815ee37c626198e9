//! Where the journal is written, and what happens when the disk fails.
//!
//! After a write or fsync that failed nobody knows what is in the file's last pages, and a later fsync that succeeds
//! proves nothing about them (Linux marks them clean). So such a segment gets no more entries: the next one begins
//! with a copy of every confirmed entry that shared a block with the failed one, under the same numbers, and its
//! header says that what the old segment holds beyond them does not count. The failed save is tried once more there.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use super::{
    JournalError, ReadBack, SEGMENT_BYTES, io as failed, path,
    read::End,
    segment::{self, HEADER},
};
use crate::disk::sync_folder;

/// The largest block that a disk may rewrite as one: what lies in the same one as a failed write is in danger.
const BLOCK: u64 = 64 * 1024;

#[derive(Debug)]
struct Open {
    file: File,
    len: u64,
    /// The entries that reach into the block that is written next: where each begins, and its bytes.
    block: VecDeque<(u64, Vec<u8>)>,
}

impl Open {
    fn wrote(&mut self, bytes: Vec<u8>) {
        let start = self.len;
        self.len += bytes.len() as u64;
        self.block.push_back((start, bytes));
        let boundary = self.len / BLOCK * BLOCK;
        while self.block.front().is_some_and(|(start, bytes)| start + bytes.len() as u64 <= boundary) {
            self.block.pop_front();
        }
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    open: Option<Open>,
    /// The highest segment that there is.
    segment: u64,
    /// The number of the next entry.
    pub(super) next: u64,
    /// Entries that the next segment begins with: where they are now they are not to be trusted.
    again: Vec<u8>,
}

impl Writer {
    /// Goes on where the journal ends. `known`: entries up to this number were confirmed by an fsync.
    pub(super) fn begin_at(folder: &Path, end: Option<End>, known: u64, back: &ReadBack) -> Result<Self, JournalError> {
        let next = back.last().max(known) + 1;
        let Some(end) = end else { return Ok(Self { open: None, segment: 0, next, again: Vec::new() }) };
        let mut writer = Self { open: None, segment: end.segment, next, again: Vec::new() };
        let mut open = Open {
            file: File::open(path(folder, end.segment)).map_err(failed("opened"))?,
            len: HEADER as u64,
            block: VecDeque::new(),
        };
        for (number, payload) in end.entries() {
            let mut bytes = Vec::with_capacity(payload.len() + HEADER);
            // What was read is never too long to be written.
            let _fits = segment::encode(number, payload, &mut bytes);
            if number > known {
                writer.again.extend_from_slice(&bytes);
            }
            open.wrote(bytes);
        }
        let is_confirmed = end.is_clean && end.next.is_some_and(|begun| begun <= next) && writer.again.is_empty();
        if is_confirmed {
            open.file = OpenOptions::new().append(true).open(path(folder, end.segment)).map_err(failed("opened"))?;
            writer.open = Some(open);
        }
        Ok(writer)
    }

    /// Are there no entries left that only an untrusted segment holds?
    pub(super) fn is_settled(&self) -> bool {
        self.again.is_empty()
    }

    /// Writes what has to be written again. It is done with the next entry anyway, but then is when a person waits.
    pub(super) fn settle(&mut self, folder: &Path) -> Result<(), JournalError> {
        if self.is_settled() { Ok(()) } else { self.begin(folder, &[]) }
    }

    /// Writes these entries, which are all that there are, into a segment of their own, and goes on in another one.
    pub(super) fn write_again(&mut self, folder: &Path, all: Vec<u8>) -> Result<(), JournalError> {
        let before = std::mem::replace(&mut self.again, all);
        self.open = None;
        if let Err(e) = self.begin(folder, &[]) {
            self.again = before;
            return Err(e);
        }
        self.open = None;
        Ok(())
    }

    /// Appends the entry that has number `next`.
    pub(super) fn append(&mut self, folder: &Path, bytes: Vec<u8>) -> Result<(), JournalError> {
        if self.open.as_ref().is_some_and(|open| open.len >= SEGMENT_BYTES) {
            self.open = None;
        }
        let written = match &mut self.open {
            None => self.begin(folder, &bytes),
            Some(open) => match open.file.write_all(&bytes).and_then(|()| open.file.sync_data()) {
                Ok(()) => {
                    open.wrote(bytes);
                    Ok(())
                }
                Err(e) => {
                    tracing::warn!(error = %e, segment = self.segment, "journal.segment_left");
                    self.leave();
                    self.begin(folder, &bytes)
                }
            },
        };
        if written.is_ok() {
            self.next += 1;
        }
        written
    }

    /// Leaves a segment that is not to be trusted any more.
    fn leave(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.again = open.block.into_iter().flat_map(|(_, bytes)| bytes).collect();
        // Best effort: what was half written should not look saved after a restart. If this fails too, the next
        // segment's header says so.
        let _ = open.file.set_len(open.len).and_then(|()| open.file.sync_all());
    }

    /// Begins a segment with what has to be written again and what is new. Both are there or neither is.
    fn begin(&mut self, folder: &Path, new: &[u8]) -> Result<(), JournalError> {
        let mut file = loop {
            self.segment += 1;
            match OpenOptions::new().append(true).create_new(true).open(path(folder, self.segment)) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                opened => break opened.map_err(failed("begun"))?,
            }
        };
        let entries = [self.again.as_slice(), new].concat();
        let bytes = [segment::header(self.next).as_slice(), &entries].concat();
        let written = file.write_all(&bytes).and_then(|()| file.sync_all()).and_then(|()| sync_folder(folder));
        if let Err(e) = written {
            // Best effort: a full disk needs the room. If it stays, the header of the segment after it says what counts.
            let _ = fs::remove_file(path(folder, self.segment));
            return Err(failed("written")(e));
        }
        let mut open = Open { file, len: HEADER as u64, block: VecDeque::new() };
        open.wrote(entries);
        self.again = Vec::new();
        self.open = Some(open);
        Ok(())
    }
}
