//! Many segments read as one journal. Two rules make one of them: of two copies of a number the one in the later
//! segment counts; and where a segment says at which number it was begun, older segments' entries from there on
//! do not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    ops::RangeInclusive,
    path::Path,
};

use super::{
    Damage, DamageKind, Entry, JournalError, io as failed, path,
    segment::{self, Place, Scan},
    segments,
};
use crate::vault::Seal;

/// What a folder of segments holds.
#[derive(Debug, Default)]
pub struct ReadBack {
    /// By number, in the order in which they were written.
    pub entries: BTreeMap<u64, Entry>,
    /// What could not be read.
    pub damage: Vec<Damage>,
    /// Numbers that should be there and are not: entries that are lost to the journal.
    pub missing: Vec<RangeInclusive<u64>>,
    /// Some entries are not sealed: they are of version 1.
    pub is_unsealed: bool,
    last: u64,
}

impl ReadBack {
    /// The number of the newest entry, read or only seen; 0 when there is none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Was something lost? A torn tail is no loss: nobody was told that it was saved.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.damage.iter().all(|d| d.kind == DamageKind::TornTail)
    }
}

/// The last segment, as it is on the disk.
#[derive(Debug)]
pub(super) struct End {
    pub(super) segment: u64,
    pub(super) is_clean: bool,
    pub(super) next: Option<u64>,
    bytes: Vec<u8>,
    places: Vec<(u64, Place)>,
}

impl End {
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.places.iter().filter_map(|(number, place)| Some((*number, self.bytes.get(place.payload.clone())?)))
    }
}

/// Reads a folder of segments without opening it for writing: for `verify` and `rescue`. Changes nothing.
pub fn read(folder: &Path, seal: Option<&Seal>) -> Result<ReadBack, JournalError> {
    if folder.is_dir() { Ok(read_after(folder, seal, 0)?.0) } else { Ok(ReadBack::default()) }
}

/// Reads the entries after number `known`, and as few segments as that needs.
pub(super) fn read_after(
    folder: &Path,
    seal: Option<&Seal>,
    known: u64,
) -> Result<(ReadBack, Option<End>), JournalError> {
    let mut reading = Reading { known, ..Reading::default() };
    let mut end = None;
    for number in segments_after(folder, known)? {
        let bytes = fs::read(path(folder, number)).map_err(failed("read"))?;
        let scan = segment::scan(&bytes);
        let places = reading.segment(number, &bytes, &scan, seal);
        end = Some(End { segment: number, is_clean: scan.is_clean(), next: scan.next, bytes, places });
    }
    Ok((reading.finish(), end))
}

/// The segments in which entries after `known` may be: from the last one that was begun when they were not there yet.
fn segments_after(folder: &Path, known: u64) -> Result<Vec<u64>, JournalError> {
    let mut wanted = segments(folder)?;
    if known > 0 {
        let mut from = 0;
        for (place, number) in wanted.iter().enumerate().rev() {
            let mut head = Vec::with_capacity(segment::HEADER);
            let file = File::open(path(folder, *number)).map_err(failed("read"))?;
            file.take(segment::HEADER as u64).read_to_end(&mut head).map_err(failed("read"))?;
            if segment::next_in_header(&head).is_some_and(|next| next <= known + 1) {
                from = place;
                break;
            }
        }
        wanted.drain(..from);
    }
    Ok(wanted)
}

/// A hole, and the number of the whole entry before it.
struct Found {
    damage: Damage,
    is_last: bool,
    is_numbered: bool,
    before: u64,
}

#[derive(Default)]
struct Reading {
    known: u64,
    entries: BTreeMap<u64, Entry>,
    present: BTreeSet<u64>,
    found: Vec<Found>,
    segment: u64,
    is_numbered: bool,
    is_unsealed: bool,
}

impl Reading {
    fn segment(&mut self, number: u64, bytes: &[u8], scan: &Scan, seal: Option<&Seal>) -> Vec<(u64, Place)> {
        self.segment = number;
        self.is_numbered = scan.version != Some(1);
        if let Some(next) = scan.next {
            self.entries.split_off(&next);
            self.present.split_off(&next);
        }
        let mut last = self.present.last().copied().unwrap_or(0);
        let before_it = last;
        if scan.version.is_none_or(|version| version > segment::VERSION) {
            // A file that ends within its header was being made when the power went; so was one that is all zeros.
            let begun = bytes.len() < segment::HEADER || bytes.iter().all(|b| *b == 0);
            let kind = if begun { DamageKind::TornTail } else { DamageKind::Header };
            self.hole(0, scan.header, kind, begun, last);
        }
        let mut places = Vec::with_capacity(scan.entries.len());
        let mut holes = scan.holes.iter().peekable();
        for place in &scan.entries {
            while let Some(hole) = holes.next_if(|hole| hole.bytes.start < place.start) {
                self.hole(hole.bytes.start, hole.bytes.len(), DamageKind::Entry, false, last);
            }
            // Version 1 has no numbers: its entries count from the one before.
            last = place.number.unwrap_or(last + 1);
            self.present.insert(last);
            places.push((last, place.clone()));
            if last <= self.known {
                continue;
            }
            self.is_unsealed |= seal.is_some() && bytes.get(place.payload.start) == Some(&b'{');
            match bytes.get(place.payload.clone()).and_then(|payload| understand(last, payload, seal)) {
                Some(entry) => drop(self.entries.insert(last, entry)),
                None => {
                    self.entries.remove(&last);
                    self.hole(place.start, place.payload.end - place.start, DamageKind::NotUnderstood, false, last);
                }
            }
        }
        for hole in holes {
            let kind = if hole.torn { DamageKind::TornTail } else { DamageKind::Entry };
            // An empty segment's torn entry is the one after all that is known.
            let before = if places.is_empty() { before_it } else { last };
            self.hole(hole.bytes.start, hole.bytes.len(), kind, hole.last, before);
        }
        places
    }

    fn hole(&mut self, offset: usize, bytes: usize, kind: DamageKind, is_last: bool, before: u64) {
        let damage = Damage { segment: self.segment, offset: offset as u64, bytes: bytes as u64, kind };
        self.found.push(Found { damage, is_last, is_numbered: self.is_numbered, before });
    }

    fn finish(self) -> ReadBack {
        let last = self.present.last().copied().unwrap_or(0);
        let mut missing = Vec::new();
        let mut next = self.known + 1;
        for number in self.present.range(next..) {
            if *number > next {
                missing.push(next..=number - 1);
            }
            next = number + 1;
        }
        let segment = self.segment;
        let (known, present, is_unsealed) = (self.known, self.present, self.is_unsealed);
        let damage = self.found.into_iter().map(|Found { mut damage, is_last, is_numbered, before }| {
            // A segment was left behind, and nothing is missing after it: its end was never confirmed.
            let whole = before + 1 > last || before < known || present.contains(&(before + 1));
            if damage.segment != segment && is_last && is_numbered && whole && damage.kind == DamageKind::Entry {
                damage.kind = DamageKind::TornTail;
            }
            damage
        });
        ReadBack { damage: damage.collect(), entries: self.entries, missing, is_unsealed, last }
    }
}

/// Reads a payload: JSON, or JSON that was sealed.
fn understand(number: u64, payload: &[u8], seal: Option<&Seal>) -> Option<Entry> {
    if payload.first() == Some(&b'{') {
        return serde_json::from_slice(payload).ok();
    }
    serde_json::from_slice(&seal?.open(&number.to_le_bytes(), payload)?).ok()
}
