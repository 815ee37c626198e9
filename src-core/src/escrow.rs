//! A tablet's data key, sealed to the server: an inspector who forgot the PIN is let in again without losing what was
//! not synced. The tablet seals with a key pair that it throws away; only the server's own key opens.
//!
//! The data key itself is never read out: what the administrator gets is a [`Recovery`], a file for the tablet that opens
//! with a code which is told apart from it, and works once.
//!
//! X25519 between the throw-away key and the server's Ed25519 key (as Montgomery point), BLAKE3 of the shared secret and both
//! public keys as key, XChaCha20-Poly1305.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use crate::ids::DeviceId;

/// A sealed data key. Texts are hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrow {
    /// The server's public key.
    pub to: String,
    /// The throw-away public key.
    pub from: String,
    /// 24 bytes.
    pub nonce: String,
    /// 48 bytes: the data key and the tag.
    pub sealed: String,
}

fn cipher(shared: &[u8; 32], from: &[u8; 32], to: &VerifyingKey) -> XChaCha20Poly1305 {
    let mut hasher = blake3::Hasher::new_derive_key("huce 2026 escrow of a data key");
    hasher.update(shared).update(from).update(to.as_bytes());
    XChaCha20Poly1305::new(hasher.finalize().as_bytes().into())
}

impl Escrow {
    /// Seals; `random` is fresh. None only when the server's key is no key.
    pub fn seal(data: &[u8; 32], server: &VerifyingKey, random: &[u8; 56]) -> Option<Self> {
        let (secret, nonce) = random.split_first_chunk::<32>()?;
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let from = x25519(*secret, X25519_BASEPOINT_BYTES);
        let shared = x25519(*secret, server.to_montgomery().to_bytes());
        // A point of small order would make the secret known to everybody.
        if shared == [0; 32] {
            return None;
        }
        let text = Payload { msg: data, aad: &from };
        let sealed = cipher(&shared, &from, server).encrypt(&XNonce::from(nonce), text).ok()?;
        let [to, from, nonce, sealed] =
            [server.as_bytes(), &from, nonce.as_slice(), &sealed].map(|b| HEXLOWER.encode(b));
        Some(Self { to, from, nonce, sealed })
    }

    /// Is it for this server?
    pub fn is_to(&self, server: &VerifyingKey) -> bool {
        self.to == HEXLOWER.encode(server.as_bytes())
    }

    /// Opens it with the server's own key. None when it is for another server, or damaged.
    pub fn open(&self, server: &SigningKey) -> Option<[u8; 32]> {
        let from: [u8; 32] = HEXLOWER.decode(self.from.as_bytes()).ok()?.try_into().ok()?;
        let nonce: [u8; 24] = HEXLOWER.decode(self.nonce.as_bytes()).ok()?.try_into().ok()?;
        let sealed = HEXLOWER.decode(self.sealed.as_bytes()).ok()?;
        let shared = x25519(server.to_scalar_bytes(), from);
        let text = Payload { msg: &sealed, aad: &from };
        let data = cipher(&shared, &from, &server.verifying_key()).decrypt(&XNonce::from(nonce), text).ok()?;
        data.try_into().ok()
    }
}

/// A data key on its way from the server to its tablet: useless without the code, and of no use to another tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Whose data key it is.
    pub device: DeviceId,
    /// 24 bytes; its name, too: a tablet takes each recovery once.
    pub nonce: String,
    /// 48 bytes: the data key and the tag.
    pub sealed: String,
}

/// Letters of a code, without those that are taken for one another: 20 of them are 100 bits.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Letters of a recovery's code.
const CODE_LETTERS: usize = 20;

fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn by_code(code: &str) -> XChaCha20Poly1305 {
    // 100 random bits need no stretching.
    XChaCha20Poly1305::new(&blake3::derive_key("huce 2026 recovery of a data key", plain(code).as_bytes()).into())
}

impl Recovery {
    /// Seals a data key under a new code, which is given back as it is read out: `ABCDE-FGHJK-LMNPQ-RSTUV`. `random` is
    /// fresh.
    pub fn seal(data: &[u8; 32], device: &DeviceId, random: &[u8; 44]) -> Option<(Self, String)> {
        let (nonce, rest) = random.split_first_chunk::<24>()?;
        let letter = |b: &u8| LETTERS.get(usize::from(b % 32)).map_or('A', |b| char::from(*b));
        let letters: Vec<char> = rest.iter().take(CODE_LETTERS).map(letter).collect();
        let code = letters.chunks(5).map(|five| five.iter().collect::<String>()).collect::<Vec<_>>().join("-");
        let text = Payload { msg: data, aad: device.as_str().as_bytes() };
        let sealed = by_code(&code).encrypt(&XNonce::from(*nonce), text).ok()?;
        Some((Self { device: device.clone(), nonce: HEXLOWER.encode(nonce), sealed: HEXLOWER.encode(&sealed) }, code))
    }

    /// The file's name, in the top folder of a drive.
    pub fn file_name(device: &DeviceId) -> String {
        format!("huce-{device}.recovery")
    }

    /// Under which name the server keeps the recovery of this code: 32 hexadecimal digits that do not tell the code.
    pub fn name_of(code: &str) -> String {
        let hash = blake3::derive_key("huce 2026 name of a recovery", plain(code).as_bytes());
        HEXLOWER.encode(hash.first_chunk::<16>().unwrap_or(&[0; 16]))
    }

    /// Opens it with the code as somebody typed it; spaces, dashes and lower case do not matter.
    pub fn open(&self, code: &str) -> Option<[u8; 32]> {
        let nonce: [u8; 24] = HEXLOWER.decode(self.nonce.as_bytes()).ok()?.try_into().ok()?;
        let sealed = HEXLOWER.decode(self.sealed.as_bytes()).ok()?;
        let text = Payload { msg: &sealed, aad: self.device.as_str().as_bytes() };
        by_code(code).decrypt(&XNonce::from(nonce), text).ok()?.try_into().ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_opens_with_its_code_for_its_tablet_only() {
        let device = DeviceId::new("aaaaaaaaaaaaaaaa").unwrap();
        let (recovery, code) = Recovery::seal(&[5; 32], &device, &[77; 44]).unwrap();
        assert_eq!(code.len(), 23);
        assert_eq!(recovery.open(&code), Some([5; 32]));
        assert_eq!(recovery.open(&code.to_lowercase().replace('-', " ")), Some([5; 32]));
        assert_eq!(recovery.open("AAAAA-AAAAA-AAAAA-AAAAA"), None);
        assert_eq!(Recovery::name_of(&code), Recovery::name_of(&code.to_lowercase().replace('-', "")));
        assert_eq!(Recovery::name_of(&code).len(), 32);
        assert_ne!(Recovery::name_of(&code), Recovery::name_of("AAAAA-AAAAA-AAAAA-AAAAA"));
        let other = Recovery { device: DeviceId::new("bbbbbbbbbbbbbbbb").unwrap(), ..recovery };
        assert_eq!(other.open(&code), None);
    }
}
