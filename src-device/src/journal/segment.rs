//! One segment's bytes. A header, then entries:
//!
//! | bytes | header, version 2 |
//! |---|---|
//! | 8 | `HUCEJNL` and the version |
//! | 8 | the number of the next new entry when the segment was begun: what older segments hold from there on was never confirmed and does not count |
//! | 8 | first bytes of BLAKE3 over the 16 before |
//!
//! | bytes | entry, version 2 |
//! |---|---|
//! | 4 | marker, to find the next entry behind damage |
//! | 4 | length of the payload |
//! | 8 | the entry's number, dense over all segments from 1: a missing one is a lost one |
//! | 8 | first bytes of BLAKE3 over length, number and payload |
//! | … | payload |
//!
//! Numbers are little endian. Version 1 had neither numbers nor what follows the version in the header; it is still read.
//! Reading never fails and never panics: what cannot be read is reported as a [`Hole`], and what surrounds it is kept.

use std::ops::Range;

/// First bytes of a segment, without the version.
pub const MAGIC: &[u8; 7] = b"HUCEJNL";
/// The version that is written.
pub const VERSION: u8 = 2;
/// First bytes of an entry. No JSON text holds them.
pub const MARKER: [u8; 4] = [0xF5, 0x0D, 0x1E, 0xFA];
/// The most bytes of a payload: beyond it a length is damage, not a length.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;
/// Bytes of a header.
pub const HEADER: usize = 24;
/// Bytes of the header of version 1.
pub const HEADER_1: usize = 8;

/// An entry's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number; none in version 1.
    pub number: Option<u64>,
    /// Where its head begins.
    pub start: usize,
    /// Its payload.
    pub payload: Range<usize>,
}

/// A stretch of bytes that is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Where.
    pub bytes: Range<usize>,
    /// It looks like an entry that was being written when the power went: it begins like one and the file ends in it.
    pub torn: bool,
    /// No whole entry follows.
    pub last: bool,
}

/// What a segment's bytes hold.
#[derive(Debug, Default)]
pub struct Scan {
    /// The entries, in order.
    pub entries: Vec<Place>,
    /// What is no entry, in order.
    pub holes: Vec<Hole>,
    /// The version that it was written in; none when the header is not (any more) as it was written.
    pub version: Option<u8>,
    /// What the header says of the next number; none when it does not say.
    pub next: Option<u64>,
    /// How long its header is.
    pub header: usize,
}

impl Scan {
    /// Is all of it as it was written, in the version that is written now?
    pub fn is_clean(&self) -> bool {
        self.version == Some(VERSION) && self.holes.is_empty()
    }
}

fn short_hash(parts: &[&[u8]]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut short = [0; 8];
    short.iter_mut().zip(hasher.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
    short
}

/// The header of a new segment.
pub fn header(next: u64) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), &[VERSION], &next.to_le_bytes()].concat();
    let sum = short_hash(&[&bytes]);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Adds an entry's bytes. False when the payload is too long to be one.
#[must_use]
pub fn encode(number: u64, payload: &[u8], into: &mut Vec<u8>) -> bool {
    let Ok(length) = u32::try_from(payload.len()) else { return false };
    if payload.len() > MAX_PAYLOAD {
        return false;
    }
    let (length, number) = (length.to_le_bytes(), number.to_le_bytes());
    into.extend_from_slice(&MARKER);
    into.extend_from_slice(&length);
    into.extend_from_slice(&number);
    into.extend_from_slice(&short_hash(&[&length, &number, payload]));
    into.extend_from_slice(payload);
    true
}

enum At {
    Entry(Place),
    /// The file ends before the entry does.
    Short,
    Nothing,
}

/// Takes so many bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*first)
}

fn at(bytes: &[u8], start: usize, numbered: bool) -> At {
    let mut rest = bytes.get(start..).unwrap_or_default();
    let head = if numbered { 24 } else { 16 };
    if rest.len() < head {
        let begins = rest.iter().zip(&MARKER).all(|(a, b)| a == b);
        return if begins && !rest.is_empty() { At::Short } else { At::Nothing };
    }
    let (Some(marker), Some(length)) = (take::<4>(&mut rest), take::<4>(&mut rest)) else { return At::Nothing };
    let number = if numbered { take::<8>(&mut rest) } else { None };
    let Some(sum) = take::<8>(&mut rest) else { return At::Nothing };
    let wanted = u32::from_le_bytes(length) as usize;
    if marker != MARKER || wanted > MAX_PAYLOAD {
        return At::Nothing;
    }
    let Some(payload) = rest.get(..wanted) else { return At::Short };
    let expected = match &number {
        Some(number) => short_hash(&[&length, number, payload]),
        None => short_hash(&[&length, payload]),
    };
    if expected != sum {
        return At::Nothing;
    }
    let from = start + head;
    At::Entry(Place { number: number.map(u64::from_le_bytes), start, payload: from..from + wanted })
}

/// Version, next number and length of a header that is as it was written.
fn read_header(bytes: &[u8]) -> Option<(u8, Option<u64>, usize)> {
    let mut rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let [version] = take::<1>(&mut rest)?;
    if version == 1 {
        return Some((1, None, HEADER_1));
    }
    let next = take::<8>(&mut rest)?;
    let sum = take::<8>(&mut rest)?;
    (short_hash(&[bytes.get(..16)?]) == sum).then_some((version, Some(u64::from_le_bytes(next)), HEADER))
}

/// The number in a segment's header, from its first [`HEADER`] bytes; none in version 1 and in a damaged one.
pub fn next_in_header(bytes: &[u8]) -> Option<u64> {
    read_header(bytes)?.1
}

/// Finds every whole entry.
pub fn scan(bytes: &[u8]) -> Scan {
    if let Some((version, next, header)) = read_header(bytes) {
        let found = scan_from(bytes, header, version > 1);
        return Scan { version: Some(version), next, ..found };
    }
    // The header is damaged: whichever version finds more is the one.
    let (new, old) = (scan_from(bytes, HEADER, true), scan_from(bytes, HEADER_1, false));
    if old.entries.len() > new.entries.len() { old } else { new }
}

fn scan_from(bytes: &[u8], header: usize, numbered: bool) -> Scan {
    let header = header.min(bytes.len());
    let mut found = Scan { header, ..Scan::default() };
    let mut place = header;
    while place < bytes.len() {
        let short = match at(bytes, place, numbered) {
            At::Entry(entry) => {
                place = entry.payload.end;
                found.entries.push(entry);
                continue;
            }
            At::Short => true,
            At::Nothing => false,
        };
        let next = next_entry(bytes, place + 1, numbered);
        let end = next.unwrap_or(bytes.len());
        found.holes.push(Hole { bytes: place..end, torn: short && next.is_none(), last: next.is_none() });
        place = end;
    }
    found
}

/// The next place at which a whole entry begins.
fn next_entry(bytes: &[u8], from: usize, numbered: bool) -> Option<usize> {
    let mut place = from;
    loop {
        let rest = bytes.get(place..)?;
        place += rest.windows(MARKER.len()).position(|w| w == MARKER)?;
        if matches!(at(bytes, place, numbered), At::Entry(_)) {
            return Some(place);
        }
        place += 1;
    }
}
