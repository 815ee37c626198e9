//! What people were told is saved, as the simulation saw it happen. The oracle believes this and nothing else.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use huce_core::event::SignedEvent;
use serde_json::Value;

/// An event as the oracle knows it: parsed by itself, without the engine's types.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Identity and content: two tablets that are copies of each other may use one identity twice.
    pub key: String,
    /// `device-number`.
    pub id: String,
    /// The payload's bytes.
    pub payload: String,
    /// The payload as plain JSON.
    pub json: Value,
}

impl Fact {
    /// Reads a signed event.
    pub fn of(signed: &SignedEvent) -> Result<Self> {
        Self::of_payload(signed.payload.get())
    }

    /// Reads a payload.
    pub fn of_payload(payload: &str) -> Result<Self> {
        let json: Value = serde_json::from_str(payload)?;
        let device = json.get("device").and_then(Value::as_str).context("an event without a device")?;
        let seq = json.get("seq").and_then(Value::as_u64).context("an event without a number")?;
        let id = format!("{device}-{seq}");
        let hash = blake3::hash(payload.as_bytes()).to_hex();
        let key = format!("{id}#{}", hash.get(..8).unwrap_or_default());
        Ok(Self { key, id, payload: payload.to_owned(), json })
    }

    /// Which device recorded it.
    pub fn device(&self) -> &str {
        self.json.get("device").and_then(Value::as_str).unwrap_or_default()
    }

    /// In which grid.
    pub fn grid(&self) -> &str {
        self.json.get("grid").and_then(Value::as_str).unwrap_or_default()
    }

    /// Of which kind.
    pub fn kind(&self) -> &str {
        self.json.pointer("/body/kind").and_then(Value::as_str).unwrap_or_default()
    }

    /// The photo that it names, when it is a photo's event.
    pub fn photo(&self) -> Option<&str> {
        (self.kind() == "photo").then(|| self.json.pointer("/body/photo").and_then(Value::as_str)).flatten()
    }
}

/// A set of events by their keys.
pub type Facts = BTreeMap<String, Fact>;

/// An event that somebody was told is saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The event.
    pub fact: Fact,
    /// On which tablet.
    pub tablet: usize,
}

/// Reads what a tablet holds.
pub fn facts_of(events: &[SignedEvent]) -> Result<Facts> {
    events.iter().map(|signed| Fact::of(signed).map(|fact| (fact.key.clone(), fact))).collect()
}
