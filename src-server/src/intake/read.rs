//! The first look at an event, without the database: is it one, is it signed, which number has it?

use ed25519_dalek::VerifyingKey;
use huce_core::{
    event::{Event, SignedEvent},
    ids::{DeviceId, EventId},
    wire::Refusal,
};
use serde::Deserialize;

/// An event as far as it can be read.
#[derive(Debug)]
pub struct Reading {
    /// As it came.
    pub signed: SignedEvent,
    /// Its hash.
    pub hash: String,
    /// Its place in its device's chain; none when not even that can be read.
    pub place: Option<Place>,
    /// What it says, or why it cannot be taken whatever the database holds.
    pub said: Result<Event, Refusal>,
}

/// Where an event stands in its device's chain. Read apart from the rest, so that an event of a shape that this
/// version cannot read does not break the chain of those that follow.
#[derive(Debug, Deserialize)]
pub struct Place {
    /// Who recorded it.
    pub device: DeviceId,
    /// Its number.
    pub seq: u64,
    /// The hash of the one before.
    #[serde(default)]
    pub prev: Option<String>,
}

impl Reading {
    /// Its identity.
    pub fn id(&self) -> Option<EventId> {
        self.place.as_ref().map(|p| EventId { device: p.device.clone(), seq: p.seq })
    }

    /// The event, when it can be read.
    pub fn event(&self) -> Option<&Event> {
        self.said.as_ref().ok()
    }
}

/// The device and number that an event names, whoever signed it.
pub fn place_of(signed: &SignedEvent) -> Option<(DeviceId, u64)> {
    serde_json::from_str::<Place>(signed.payload.get()).ok().map(|place| (place.device, place.seq))
}

/// Looks at a batch.
pub fn batch(events: Vec<SignedEvent>, device: &DeviceId, key: &VerifyingKey) -> Vec<Reading> {
    events.into_iter().map(|signed| one(signed, device, key)).collect()
}

fn one(signed: SignedEvent, device: &DeviceId, key: &VerifyingKey) -> Reading {
    let hash = signed.hash();
    let place: Option<Place> = serde_json::from_str(signed.payload.get()).ok();
    let said = match &place {
        None => Err(Refusal::Unreadable),
        Some(place) if place.device != *device => Err(Refusal::NotYours),
        Some(_) if signed.verify(key).is_err() => Err(Refusal::Signature),
        Some(_) => signed.event().map_err(|_| Refusal::Unreadable),
    };
    Reading { signed, hash, place, said }
}
