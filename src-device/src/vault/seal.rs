//! One key at work: XChaCha20-Poly1305, a fresh random nonce for everything that is sealed.
//!
//! A sealed text: version (1 byte, 1), nonce (24), ciphertext with its tag (16 more than the text).

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInOut, Payload},
};

/// First byte of a sealed text. No JSON begins so.
const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system gives no randomness.
    #[error("no randomness: {0}")]
    Random(String),
    /// More than the cipher takes (256 GiB).
    #[error("too large to be sealed")]
    TooLarge,
}

/// A key that seals and opens. Its bytes are wiped when it goes.
#[derive(Clone)]
pub struct Seal(XChaCha20Poly1305);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    /// With a key of its own for one purpose.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals a text; `about` (its place, its number) is not kept, but has to be the same at opening.
    pub fn seal(&self, about: &[u8], text: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|e| SealError::Random(e.to_string()))?;
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: about });
        let sealed = sealed.map_err(|_| SealError::TooLarge)?;
        Ok([[VERSION].as_slice(), &nonce, &sealed].concat())
    }

    /// Opens it; none when it is damaged, under another key, or about something else.
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        self.open_into(about, sealed, &mut text).then_some(text)
    }

    /// The same into memory that is there already: where very many are opened, one after another.
    pub fn open_into(&self, about: &[u8], sealed: &[u8], text: &mut Vec<u8>) -> bool {
        let Some((nonce, sealed)) = sealed.strip_prefix(&[VERSION]).and_then(|rest| rest.split_first_chunk::<NONCE>())
        else {
            return false;
        };
        text.clear();
        text.extend_from_slice(sealed);
        self.0.decrypt_in_place(&XNonce::from(*nonce), about, text).is_ok()
    }
}
