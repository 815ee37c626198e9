//! A bundle: what a tablet could not send, as one file for the server's eyes only; and the signed receipts that come back.
//!
//! The file: eight letters, a header, chunks of 64 KiB. A throw-away X25519 key agrees with the server's Ed25519 key (as
//! Montgomery point), as in [`crate::escrow`]; each chunk is sealed with XChaCha20-Poly1305 under a nonce that counts, and says whether it is the
//! last: nothing can be changed, moved, repeated or cut off unnoticed. Inside are records: the manifest, which the device
//! signed, then events, then photos. Nothing of a bundle is used before all of it has been opened once.

use std::io::{self, Read, Write};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use crate::{
    clock::Millis,
    event::SignedEvent,
    ids::{DeviceId, EventId, PhotoId},
    photo::MAX_PHOTO_BYTES,
    wire::Fate,
};

const MAGIC: &[u8; 8] = b"HUCEBND1";
/// Plain bytes of a chunk; only the last is shorter.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// Magic, throw-away key, server's key, nonce.
const HEADER: usize = 8 + 32 + 32 + 16;
/// The most bytes of one record.
const MAX_RECORD: usize = MAX_PHOTO_BYTES + 1024;

/// Why a bundle is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No bundle.
    #[error("this is no bundle")]
    NoBundle,
    /// For another server.
    #[error("this bundle is for another server (its key is {to})")]
    Elsewhere {
        /// The key of that server, hexadecimal digits.
        to: String,
    },
    /// Changed or cut off.
    #[error("the bundle is damaged or cut off, near byte {0}: nothing of it was taken")]
    Damaged(u64),
    /// Not from the device that it names.
    #[error("the bundle is not from the tablet that it names")]
    NotSigned,
    /// The server's key is no key.
    #[error("the server's key is none")]
    BadKey,
}

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Whose it is.
    pub device: DeviceId,
    /// When it was made, device time.
    pub made_ms: Millis,
    /// The server's epoch, as the tablet knows it.
    pub epoch: Option<u64>,
    /// How many events.
    pub events: u64,
    /// How many photos.
    pub photos: u64,
}

/// A part of a bundle.
#[derive(Debug)]
pub enum Record {
    /// The first: what the bundle says of itself, and the device's signature.
    Manifest(Manifest, String),
    /// Events, in the order of their numbers.
    Events(Vec<SignedEvent>),
    /// A photo's bytes.
    Photo(PhotoId, Vec<u8>),
}

/// One event's receipt. The hash says which event it was, should the number have been used twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventReceipt {
    /// Which event.
    pub event: EventId,
    /// Its hash.
    pub hash: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// What a server answers to a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// For which tablet.
    pub device: DeviceId,
    /// Of which server.
    pub server: DeviceId,
    /// The server's epoch.
    pub epoch: u64,
    /// The server's clock.
    pub now_ms: Millis,
    /// One an event.
    pub events: Vec<EventReceipt>,
    /// Photos that are whole, re-hashed and durable: hash and bytes.
    pub photos: Vec<(PhotoId, u64)>,
}

/// The same as a file: the exact JSON, and the server's signature over it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedReceipts {
    /// [`Receipts`] as JSON.
    pub receipts: Box<RawValue>,
    /// Ed25519 over `huce-receipts:` and those bytes, base64url.
    pub sig: String,
}

impl SignedReceipts {
    /// Signs.
    pub fn sign(receipts: &Receipts, server: &SigningKey) -> Option<Self> {
        let receipts = serde_json::value::to_raw_value(receipts).ok()?;
        let sig = BASE64URL_NOPAD.encode(&server.sign(said("huce-receipts:", receipts.get()).as_bytes()).to_bytes());
        Some(Self { receipts, sig })
    }

    /// Opens; none when this server did not sign it.
    pub fn open(&self, server: &VerifyingKey) -> Option<Receipts> {
        is_signed("huce-receipts:", self.receipts.get(), &self.sig, server)
            .then(|| serde_json::from_str(self.receipts.get()).ok())
            .flatten()
    }
}

fn said(kind: &str, text: &str) -> String {
    format!("{kind}{text}")
}

fn is_signed(kind: &str, text: &str, sig: &str, key: &VerifyingKey) -> bool {
    let sig = BASE64URL_NOPAD.decode(sig.as_bytes()).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    sig.is_some_and(|sig| key.verify(said(kind, text).as_bytes(), &sig).is_ok())
}

fn cipher(shared: &[u8; 32], header: &[u8]) -> XChaCha20Poly1305 {
    let mut hasher = blake3::Hasher::new_derive_key("huce 2026 bundle for a server");
    hasher.update(shared).update(header);
    XChaCha20Poly1305::new(hasher.finalize().as_bytes().into())
}

fn nonce(prefix: &[u8], number: u64, last: bool) -> XNonce {
    let mut nonce = [0u8; 24];
    for (to, from) in nonce.iter_mut().zip(prefix.iter().chain(&number.to_be_bytes())) {
        *to = *from;
    }
    // The counter has seven bytes of its eight: the first is the mark of the last chunk.
    if let Some(mark) = nonce.get_mut(16) {
        *mark = u8::from(last);
    }
    XNonce::from(nonce)
}

/// Writes a bundle.
pub struct Sealer<W> {
    out: W,
    cipher: XChaCha20Poly1305,
    prefix: [u8; 16],
    number: u64,
    plain: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins one for this server; `random` is fresh. The manifest is signed by the device.
    ///
    /// # Errors
    /// When it cannot be written, or the server's key is none.
    pub fn begin(
        mut out: W,
        server: &VerifyingKey,
        random: &[u8; 48],
        manifest: &Manifest,
        device: &SigningKey,
    ) -> Result<Self, BundleError> {
        let (secret, prefix) = random.split_first_chunk::<32>().ok_or(BundleError::BadKey)?;
        let prefix: [u8; 16] = prefix.try_into().map_err(|_| BundleError::BadKey)?;
        let from = x25519(*secret, X25519_BASEPOINT_BYTES);
        let shared = x25519(*secret, server.to_montgomery().to_bytes());
        if shared == [0; 32] {
            return Err(BundleError::BadKey);
        }
        let header = [MAGIC.as_slice(), &from, server.as_bytes(), &prefix].concat();
        out.write_all(&header)?;
        let mut sealer = Self { out, cipher: cipher(&shared, &header), prefix, number: 0, plain: Vec::new() };
        let text = serde_json::to_string(manifest).map_err(io::Error::other)?;
        // The signature is of this file: it cannot be put in front of other contents.
        let of = said(&HEXLOWER.encode(&header), &text);
        let sig = BASE64URL_NOPAD.encode(&device.sign(said("huce-bundle:", &of).as_bytes()).to_bytes());
        sealer.record(b'm', &[text.as_bytes(), b"\n", sig.as_bytes()])?;
        Ok(sealer)
    }

    /// Adds events, in the order of their numbers.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn events(&mut self, events: &[SignedEvent]) -> Result<(), BundleError> {
        let json = serde_json::to_vec(events).map_err(io::Error::other)?;
        self.record(b'e', &[&json])
    }

    /// Adds a photo.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn photo(&mut self, photo: &PhotoId, bytes: &[u8]) -> Result<(), BundleError> {
        self.record(b'p', &[photo.as_str().as_bytes(), b"\n", bytes])
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(mut self) -> Result<W, BundleError> {
        self.chunk(true)?;
        Ok(self.out)
    }

    fn record(&mut self, kind: u8, parts: &[&[u8]]) -> Result<(), BundleError> {
        let len: usize = parts.iter().map(|p| p.len()).sum();
        let len = u32::try_from(len).ok().filter(|len| *len as usize <= MAX_RECORD).ok_or(BundleError::NoBundle)?;
        self.plain.push(kind);
        self.plain.extend_from_slice(&len.to_le_bytes());
        parts.iter().for_each(|part| self.plain.extend_from_slice(part));
        while self.plain.len() > CHUNK {
            self.chunk(false)?;
        }
        Ok(())
    }

    fn chunk(&mut self, last: bool) -> Result<(), BundleError> {
        let rest = self.plain.split_off(self.plain.len().min(CHUNK));
        let sealed = self.cipher.encrypt(&nonce(&self.prefix, self.number, last), self.plain.as_slice());
        let sealed = sealed.map_err(|_| BundleError::NoBundle)?;
        self.out.write_all(&sealed)?;
        self.number += 1;
        self.plain = rest;
        Ok(())
    }
}

/// Reads a bundle, record by record.
pub struct Opener<R> {
    input: R,
    cipher: XChaCha20Poly1305,
    header: Vec<u8>,
    number: u64,
    plain: Vec<u8>,
    over: bool,
}

/// The key of the server that a bundle is for, when these are a bundle's first bytes.
pub fn addressee(header: &[u8]) -> Option<String> {
    let key = header.strip_prefix(MAGIC.as_slice())?.get(32..64)?;
    Some(HEXLOWER.encode(key))
}

impl<R: Read> Opener<R> {
    /// Begins to read with the first of these keys for which it is.
    ///
    /// # Errors
    /// When it is no bundle, or for another server.
    pub fn begin(mut input: R, keys: &[&SigningKey]) -> Result<Self, BundleError> {
        let mut header = vec![0; HEADER];
        input.read_exact(&mut header).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => BundleError::NoBundle,
            _ => e.into(),
        })?;
        let to = addressee(&header).ok_or(BundleError::NoBundle)?;
        let is_to = |key: &&&SigningKey| HEXLOWER.encode(key.verifying_key().as_bytes()) == to;
        let Some(key) = keys.iter().find(is_to) else { return Err(BundleError::Elsewhere { to }) };
        let from: [u8; 32] = header.get(8..40).and_then(|b| b.try_into().ok()).ok_or(BundleError::NoBundle)?;
        let shared = x25519(key.to_scalar_bytes(), from);
        let cipher = cipher(&shared, &header);
        Ok(Self { input, cipher, header, number: 0, plain: Vec::new(), over: false })
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// When the file was changed or cut off.
    pub fn next_record(&mut self) -> Result<Option<Record>, BundleError> {
        let damaged = |opener: &Self| BundleError::Damaged((HEADER as u64) + opener.number * (CHUNK + TAG) as u64);
        if !self.fill(5)? {
            return if self.plain.is_empty() { Ok(None) } else { Err(damaged(self)) };
        }
        let kind = self.plain.first().copied();
        let len = self.plain.get(1..5).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).unwrap_or_default();
        let len = len as usize;
        if len > MAX_RECORD || !self.fill(5 + len)? {
            return Err(damaged(self));
        }
        let rest = self.plain.split_off(5 + len);
        let record = std::mem::replace(&mut self.plain, rest);
        let body = record.get(5..).unwrap_or_default();
        let line = |body: &[u8]| body.iter().position(|b| *b == b'\n');
        let read = match kind {
            Some(b'e') => serde_json::from_slice(body).ok().map(Record::Events),
            Some(b'm') => line(body).and_then(|at| {
                let (text, sig) = body.split_at_checked(at)?;
                let sig = String::from_utf8(sig.get(1..)?.to_vec()).ok()?;
                let text = std::str::from_utf8(text).ok()?;
                Some(Record::Manifest(serde_json::from_str(text).ok()?, format!("{sig}\n{text}")))
            }),
            Some(b'p') => line(body).and_then(|at| {
                let (id, bytes) = body.split_at_checked(at)?;
                let id = PhotoId::new(std::str::from_utf8(id).ok()?).ok()?;
                Some(Record::Photo(id, bytes.get(1..)?.to_vec()))
            }),
            _ => None,
        };
        read.map(Some).ok_or_else(|| damaged(self))
    }

    /// Is the manifest's signature of this file and this device's key?
    pub fn is_from(&self, signed: &str, device: &VerifyingKey) -> bool {
        let Some((sig, text)) = signed.split_once('\n') else { return false };
        is_signed("huce-bundle:", &said(&HEXLOWER.encode(&self.header), text), sig, device)
    }

    /// Until so many plain bytes are here. False when the bundle ends before.
    fn fill(&mut self, len: usize) -> Result<bool, BundleError> {
        while self.plain.len() < len && !self.over {
            let mut sealed = Vec::with_capacity(CHUNK + TAG);
            self.input.by_ref().take((CHUNK + TAG) as u64).read_to_end(&mut sealed)?;
            let prefix = self.header.get(HEADER - 16..).unwrap_or_default();
            let open = |last| {
                let text = Payload { msg: &sealed, aad: b"" };
                self.cipher.decrypt(&nonce(prefix, self.number, last), text).ok()
            };
            let plain = match open(false) {
                Some(plain) => plain,
                None => {
                    self.over = true;
                    let mut one = [0u8; 1];
                    let ends = self.input.read(&mut one)? == 0;
                    let at = HEADER as u64 + self.number * (CHUNK + TAG) as u64;
                    open(true).filter(|_| ends).ok_or(BundleError::Damaged(at))?
                }
            };
            self.plain.extend_from_slice(&plain);
            self.number += 1;
        }
        Ok(self.plain.len() >= len)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn key(n: u8) -> SigningKey {
        SigningKey::from_bytes(&[n; 32])
    }

    fn bundle(photo: &[u8]) -> Vec<u8> {
        let device = crate::event::device_id(&key(2).verifying_key());
        let manifest = Manifest { device, made_ms: 7, epoch: Some(1), events: 0, photos: 1 };
        let server = key(1).verifying_key();
        let mut sealer = Sealer::begin(Vec::new(), &server, &[3; 48], &manifest, &key(2)).unwrap();
        sealer.photo(&PhotoId::of_bytes(photo), photo).unwrap();
        sealer.end().unwrap()
    }

    fn read(bytes: &[u8], keys: &[&SigningKey]) -> Result<Vec<Record>, BundleError> {
        let mut opener = Opener::begin(bytes, keys)?;
        let mut all = Vec::new();
        while let Some(record) = opener.next_record()? {
            if let Record::Manifest(_, signed) = &record {
                assert!(opener.is_from(signed, &key(2).verifying_key()));
                assert!(!opener.is_from(signed, &key(1).verifying_key()));
            }
            all.push(record);
        }
        Ok(all)
    }

    #[test]
    fn what_goes_in_comes_out_whatever_its_length() {
        for len in [0, 1, CHUNK - 400, CHUNK, CHUNK + 1, 3 * CHUNK, 200_001] {
            let photo = vec![9; len];
            let records = read(&bundle(&photo), &[&key(5), &key(1)]).unwrap();
            assert!(matches!(&records[1], Record::Photo(_, bytes) if *bytes == photo), "{len}");
            assert_eq!(records.len(), 2);
        }
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_noticed() {
        let whole = bundle(&[8; 300]);
        for at in 0..whole.len() {
            assert!(read(&whole[..at], &[&key(1)]).is_err(), "cut at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            assert!(read(&flipped, &[&key(1)]).is_err(), "flipped at {at}");
        }
        let long = bundle(&vec![8; 3 * CHUNK]);
        for at in [HEADER + CHUNK + TAG, HEADER + 2 * (CHUNK + TAG), long.len() - 1] {
            assert!(read(&long[..at], &[&key(1)]).is_err(), "cut at a chunk");
        }
        let mut more = whole;
        more.push(0);
        assert!(read(&more, &[&key(1)]).is_err());
    }

    #[test]
    fn another_server_is_told_whose_it_is() {
        let other = read(&bundle(b"x"), &[&key(4)]).unwrap_err();
        assert!(
            matches!(other, BundleError::Elsewhere { to } if to == HEXLOWER.encode(key(1).verifying_key().as_bytes()))
        );
        assert!(matches!(read(b"PK\x03\x04", &[&key(1)]).unwrap_err(), BundleError::NoBundle));
    }
}
