//! The tablet's own key: made once, in a file that only its owner may read. It never leaves the tablet.

use std::path::Path;

use ed25519_dalek::SigningKey;

use crate::disk;

/// The file's name: 32 bytes of the key and 8 of its BLAKE3.
pub const FILE: &str = "device.key";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The disk refused.
    #[error("the tablet's key: {0}")]
    Io(#[from] std::io::Error),
    /// The file is damaged. The tablet has to be enrolled anew; its events can be rescued.
    #[error("the tablet's key is damaged")]
    Damaged,
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(String),
}

/// Reads the key, or makes one.
pub fn open(folder: &Path) -> Result<SigningKey, IdentityError> {
    let path = folder.join(FILE);
    if let Some(bytes) = disk::read_if_there(&path)? {
        let (secret, sum) = bytes.split_first_chunk::<32>().ok_or(IdentityError::Damaged)?;
        let whole = blake3::hash(secret).as_bytes().get(..8) == Some(sum);
        return if whole { Ok(SigningKey::from_bytes(secret)) } else { Err(IdentityError::Damaged) };
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|e| IdentityError::Random(e.to_string()))?;
    keep(folder, &secret)
}

/// Writes a key that was made elsewhere (simulations, which must not be random).
pub fn keep(folder: &Path, secret: &[u8; 32]) -> Result<SigningKey, IdentityError> {
    let mut bytes = secret.to_vec();
    bytes.extend_from_slice(blake3::hash(secret).as_bytes().get(..8).unwrap_or_default());
    disk::write_whole(&folder.join(FILE), &bytes, true)?;
    Ok(SigningKey::from_bytes(secret))
}
