//! One segment's bytes. A header of 8 bytes (`HUCEJNL` and the version), then entries:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | marker, to find the next entry behind damage |
//! | 4 | length of the payload, little endian |
//! | 8 | first bytes of BLAKE3 over length and payload |
//! | … | payload, JSON |
//!
//! Reading never fails and never panics: what cannot be read is reported as [`Damage`], and what surrounds it is kept.

use std::ops::Range;

/// First bytes of a segment.
pub const HEADER: &[u8; 8] = b"HUCEJNL\x01";
/// First bytes of an entry. No JSON text holds them.
pub const MARKER: [u8; 4] = [0xF5, 0x0D, 0x1E, 0xFA];
/// Bytes of an entry before its payload.
pub const HEAD: usize = 16;
/// The most bytes of a payload: beyond it a length is damage, not a length.
pub const MAX_PAYLOAD: usize = 16 * 1024 * 1024;

/// A stretch of bytes that is no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Where.
    pub bytes: Range<usize>,
    /// It looks like an entry that was being written when the power went: it begins like one and the file ends in it.
    pub torn: bool,
}

/// What a segment's bytes hold.
#[derive(Debug, Default)]
pub struct Scan {
    /// The payloads, as ranges of the bytes.
    pub payloads: Vec<Range<usize>>,
    /// What is no entry, in order.
    pub holes: Vec<Hole>,
    /// The header is not (any more) as it was written.
    pub header: bool,
    /// Behind the last whole entry: where the next one goes.
    pub end: usize,
}

fn digest(length: [u8; 4], payload: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    let mut short = [0; 8];
    short.iter_mut().zip(hasher.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
    short
}

/// Adds an entry's bytes. False when the payload is too long to be one.
#[must_use]
pub fn encode(payload: &[u8], into: &mut Vec<u8>) -> bool {
    if payload.len() > MAX_PAYLOAD {
        return false;
    }
    let Ok(length) = u32::try_from(payload.len()) else { return false };
    let length = length.to_le_bytes();
    into.extend_from_slice(&MARKER);
    into.extend_from_slice(&length);
    into.extend_from_slice(&digest(length, payload));
    into.extend_from_slice(payload);
    true
}

enum At {
    Entry(Range<usize>),
    /// The file ends before the entry does.
    Short,
    Nothing,
}

fn at(bytes: &[u8], start: usize) -> At {
    let rest = bytes.get(start..).unwrap_or_default();
    if rest.len() < HEAD {
        let begins = rest.iter().zip(&MARKER).all(|(a, b)| a == b);
        return if begins && !rest.is_empty() { At::Short } else { At::Nothing };
    }
    let (Some((marker, rest)), true) = (rest.split_first_chunk::<4>(), true) else { return At::Nothing };
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return At::Nothing };
    let Some((sum, rest)) = rest.split_first_chunk::<8>() else { return At::Nothing };
    let wanted = u32::from_le_bytes(*length) as usize;
    if *marker != MARKER || wanted > MAX_PAYLOAD {
        return At::Nothing;
    }
    match rest.get(..wanted) {
        None => At::Short,
        Some(payload) if digest(*length, payload) == *sum => At::Entry(start + HEAD..start + HEAD + wanted),
        Some(_) => At::Nothing,
    }
}

/// Finds every whole entry.
pub fn scan(bytes: &[u8]) -> Scan {
    let mut found = Scan { header: bytes.starts_with(HEADER), ..Scan::default() };
    let mut place = HEADER.len().min(bytes.len());
    found.end = place;
    while place < bytes.len() {
        let short = match at(bytes, place) {
            At::Entry(payload) => {
                place = payload.end;
                found.end = place;
                found.payloads.push(payload);
                continue;
            }
            At::Short => true,
            At::Nothing => false,
        };
        let next = next_entry(bytes, place + 1);
        found.holes.push(Hole { bytes: place..next.unwrap_or(bytes.len()), torn: short && next.is_none() });
        place = next.unwrap_or(bytes.len());
    }
    found
}

/// The next place at which a whole entry begins.
fn next_entry(bytes: &[u8], from: usize) -> Option<usize> {
    let mut place = from;
    loop {
        let rest = bytes.get(place..)?;
        place += rest.windows(MARKER.len()).position(|w| w == MARKER)?;
        if matches!(at(bytes, place), At::Entry(_)) {
            return Some(place);
        }
        place += 1;
    }
}
