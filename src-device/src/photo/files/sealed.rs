//! A photo or thumbnail as it lies on the disk, sealed piece by piece: 8 bytes `HUCEPHO` and the version; the photo's
//! name, sealed; then pieces of 64 KiB, each sealed with the name, its number and whether it is the last, so that
//! pieces cannot be moved, left out or taken from another file.

use huce_core::ids::PhotoId;

use crate::vault::{Seal, SealError};

const HEAD: &[u8; 8] = b"HUCEPHO\x02";
const PIECE: usize = 64 * 1024;
/// What sealing adds: version, nonce, tag.
const MORE: usize = 1 + 24 + 16;
/// Bytes before the first piece: the name has 64 digits.
pub(super) const HEADER: usize = HEAD.len() + 64 + MORE;

fn about(photo: &PhotoId, kind: &str, n: usize, is_last: bool) -> Vec<u8> {
    format!("{kind} {photo} {n} {}", u8::from(is_last)).into_bytes()
}

pub(super) fn close(seal: &Seal, photo: &PhotoId, kind: &str, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut sealed = HEAD.to_vec();
    sealed.extend(seal.seal(b"name of a photo", photo.as_str().as_bytes())?);
    let count = bytes.len().div_ceil(PIECE).max(1);
    for n in 0..count {
        let piece = bytes.get(n * PIECE..bytes.len().min((n + 1) * PIECE)).unwrap_or_default();
        sealed.extend(seal.seal(&about(photo, kind, n, n + 1 == count), piece)?);
    }
    Ok(sealed)
}

/// None when something of it is not as it was written.
pub(super) fn open(seal: &Seal, photo: &PhotoId, kind: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    if name(seal, sealed)? != *photo {
        return None;
    }
    let pieces = sealed.get(HEADER..)?;
    let count = pieces.len().div_ceil(PIECE + MORE);
    let mut bytes = Vec::with_capacity(pieces.len());
    for (n, piece) in pieces.chunks(PIECE + MORE).enumerate() {
        bytes.extend(seal.open(&about(photo, kind, n, n + 1 == count), piece)?);
    }
    (count > 0).then_some(bytes)
}

/// The pieces that open, zeros for those that do not.
pub(super) fn salvage(seal: &Seal, photo: &PhotoId, kind: &str, sealed: &[u8]) -> Vec<u8> {
    let pieces = sealed.get(HEADER..).unwrap_or_default();
    let count = pieces.len().div_ceil(PIECE + MORE);
    let open = |(n, piece): (usize, &[u8])| {
        let opened = seal.open(&about(photo, kind, n, n + 1 == count), piece);
        opened.unwrap_or_else(|| vec![0; piece.len().saturating_sub(MORE)])
    };
    pieces.chunks(PIECE + MORE).enumerate().flat_map(open).collect()
}

/// Whose bytes they are, from the first [`HEADER`] bytes.
pub(super) fn name(seal: &Seal, sealed: &[u8]) -> Option<PhotoId> {
    let name = seal.open(b"name of a photo", sealed.strip_prefix(HEAD)?.get(..HEADER - HEAD.len())?)?;
    PhotoId::new(String::from_utf8(name).ok()?).ok()
}

/// How many bytes a file of `len` holds.
pub(super) fn plain_len(len: u64) -> u64 {
    let pieces = len.saturating_sub(HEADER as u64);
    pieces.saturating_sub(pieces.div_ceil((PIECE + MORE) as u64) * MORE as u64)
}
