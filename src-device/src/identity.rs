//! The tablet's own key: made once, sealed, in two files that only their owner may read. It never leaves the tablet.

use std::path::Path;

use ed25519_dalek::SigningKey;

use crate::{disk, vault::Seal};

/// The file's name. Sealed 32 bytes; in version 1 the bytes as they are and 8 of their BLAKE3.
pub const FILE: &str = "device.key";
/// Without its key a tablet has to be enrolled anew: there are two.
const COPIES: [&str; 2] = [FILE, "device.key.copy"];
const ABOUT: &[u8] = b"device key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The disk refused.
    #[error("the tablet's key: {0}")]
    Io(#[from] std::io::Error),
    /// Both files are damaged. The tablet has to be enrolled anew; its events can be rescued.
    #[error("the tablet's key is damaged")]
    Damaged,
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(String),
}

fn whole(bytes: &[u8], seal: Option<&Seal>) -> Option<[u8; 32]> {
    if let Some((secret, sum)) = bytes.split_first_chunk::<32>()
        && blake3::hash(secret).as_bytes().get(..8) == Some(sum)
    {
        return Some(*secret);
    }
    seal?.open(ABOUT, bytes)?.try_into().ok()
}

/// Reads the key, or makes one. Makes a copy that is damaged, missing or not sealed again.
pub fn open(folder: &Path, seal: Option<&Seal>) -> Result<SigningKey, IdentityError> {
    let mut found = None;
    let mut there = false;
    let mut again = Vec::new();
    for name in COPIES {
        let bytes = disk::read_if_there(&folder.join(name))?;
        there |= bytes.is_some();
        let secret = bytes.as_deref().and_then(|bytes| whole(bytes, seal));
        if secret.is_none() || (seal.is_some() && bytes.is_some_and(|b| b.len() == 40)) {
            again.push(name);
        }
        found = found.or(secret);
    }
    let secret = match found {
        Some(secret) => secret,
        None if there => return Err(IdentityError::Damaged),
        None => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|e| IdentityError::Random(e.to_string()))?;
            secret
        }
    };
    for name in again {
        let bytes = match seal {
            Some(seal) => seal.seal(ABOUT, &secret).map_err(|e| IdentityError::Random(e.to_string()))?,
            None => [secret.as_slice(), blake3::hash(&secret).as_bytes().get(..8).unwrap_or_default()].concat(),
        };
        let written = disk::write_whole(&folder.join(name), &bytes, true);
        // A copy more is not worth a start: on a full disk the one that is there has to do.
        if !there || name == FILE && found.is_none() {
            written?;
        }
    }
    Ok(SigningKey::from_bytes(&secret))
}

/// Writes a key that was made elsewhere (simulations, which must not be random).
pub fn keep(folder: &Path, secret: &[u8; 32]) -> Result<SigningKey, IdentityError> {
    let bytes = [secret.as_slice(), blake3::hash(secret).as_bytes().get(..8).unwrap_or_default()].concat();
    disk::write_whole(&folder.join(FILE), &bytes, true)?;
    Ok(SigningKey::from_bytes(secret))
}
