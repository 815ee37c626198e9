//! An event: one fact that somebody recorded on one device, and the only thing that is synced.
//!
//! What travels and is stored is a [`SignedEvent`]: the payload's exact JSON bytes and the signature over them.
//! [`Event`] is the same payload read into types. Because the bytes are kept as they came, a body or a field that
//! this version does not know is stored, relayed and re-checked without being understood.

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    body::Body,
    clock::{Hlc, Millis},
    ids::{DeviceId, EventId, FacilityId, GridId, HouseholdId, PersonId},
    site::Site,
};

/// The most bytes of an event's payload. A visit of 12 rooms has about 2,500.
pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024;

/// The payload of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The device that recorded it.
    pub device: DeviceId,
    /// Its dense number on that device, from 1.
    pub seq: u64,
    /// The hash of the device's previous event, 64 hexadecimal digits; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// Device time.
    pub at: Hlc,
    /// Server time minus device time, measured at the last sync; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// Who did it.
    pub person: PersonId,
    /// The grid whose stream carries it.
    pub grid: GridId,
    /// The door it concerns, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// The facility it concerns, where it concerns no door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// What happened.
    pub body: Body,
}

impl Event {
    /// Its identity.
    pub fn id(&self) -> EventId {
        EventId { device: self.device.clone(), seq: self.seq }
    }

    /// What it is about: the door, or else the facility.
    pub fn site(&self) -> Option<Site> {
        Site::of(self.household.as_ref(), self.facility.as_ref())
    }

    /// When it happened by the server's clock, as far as the device knew.
    pub fn when_ms(&self) -> Millis {
        self.at.ms.saturating_add(self.offset_ms.unwrap_or(0))
    }
}

/// An event as it is stored and sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedEvent {
    /// The payload, byte for byte as its device signed it.
    pub payload: Box<RawValue>,
    /// Ed25519 over the payload's bytes, base64url without padding.
    pub sig: String,
}

/// Why an event cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The payload is no event.
    #[error("not an event: {0}")]
    Unreadable(String),
    /// More than [`MAX_PAYLOAD_BYTES`].
    #[error("an event of {0} bytes is too large")]
    TooLarge(usize),
    /// The signature is not by this key, or the payload was changed.
    #[error("the signature does not fit")]
    Signature,
}

impl SignedEvent {
    /// Signs an event.
    pub fn sign(event: &Event, key: &SigningKey) -> Result<Self, EventError> {
        let payload = serde_json::value::to_raw_value(event).map_err(|e| EventError::Unreadable(e.to_string()))?;
        let len = payload.get().len();
        if len > MAX_PAYLOAD_BYTES {
            return Err(EventError::TooLarge(len));
        }
        let sig = BASE64URL_NOPAD.encode(&key.sign(payload.get().as_bytes()).to_bytes());
        Ok(Self { payload, sig })
    }

    /// Reads the payload.
    pub fn event(&self) -> Result<Event, EventError> {
        let text = self.payload.get();
        if text.len() > MAX_PAYLOAD_BYTES {
            return Err(EventError::TooLarge(text.len()));
        }
        serde_json::from_str(text).map_err(|e| EventError::Unreadable(e.to_string()))
    }

    /// The hash that the device's next event names as `prev`: BLAKE3 of the payload, hexadecimal.
    pub fn hash(&self) -> String {
        blake3::hash(self.payload.get().as_bytes()).to_hex().to_string()
    }

    /// Checks the signature.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), EventError> {
        let bytes = BASE64URL_NOPAD.decode(self.sig.as_bytes()).map_err(|_| EventError::Signature)?;
        let sig = Signature::from_slice(&bytes).map_err(|_| EventError::Signature)?;
        key.verify(self.payload.get().as_bytes(), &sig).map_err(|_| EventError::Signature)
    }
}

/// The identifier of the device that holds this key.
pub fn device_id(key: &VerifyingKey) -> DeviceId {
    let hash = blake3::hash(key.as_bytes());
    let text = BASE32_NOPAD.encode(hash.as_bytes().get(..10).unwrap_or_default()).to_lowercase();
    DeviceId::new(text).unwrap_or_else(|_| unreachable!("base32 is always an identifier"))
}

/// A device's identifier as two people compare it: it is 80 bits of its key's hash, in groups of four.
pub fn spoken(device: &DeviceId) -> String {
    let letters: Vec<char> = device.as_str().chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

/// A public key as text: 64 hexadecimal digits.
pub fn key_text(key: &VerifyingKey) -> String {
    HEXLOWER.encode(key.as_bytes())
}

/// Reads [`key_text`].
pub fn key_from_text(text: &str) -> Option<VerifyingKey> {
    let bytes: [u8; 32] = HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()?;
    VerifyingKey::from_bytes(&bytes).ok()
}
