//! The audit: is what the database holds what the devices signed, all of it and nothing else?
//!
//! Every event is read again: its hash, its device's signature, its place in its device's chain (`chain.rs`) and in its
//! grid's stream (`streams.rs`). Whoever changes the database by hand has no device's key: what they alter or add does
//! not verify, what they remove leaves a gap in a chain. Only the newest events of a device can be cut off without a
//! gap; a daily head ([`head`]) that was printed and signed off shows that, too.

use std::collections::BTreeSet;

use huce_core::event::SignedEvent;
use serde::Serialize;

use crate::store::{Result, Store};

mod chain;
pub mod head;
mod streams;
#[cfg(test)]
mod tests;

/// What happened to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is not what its device signed, or not where it was.
    Altered,
    /// No device recorded it.
    Added,
    /// It is gone.
    Removed,
    /// A device, or a grid's head, is not what it was.
    Record,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The event `device-number`, or `device:…`, `grid:…`.
    pub event: String,
    /// What happened to it.
    pub what: What,
    /// How that shows.
    pub why: String,
}

/// What an audit came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Devices whose chains were followed.
    pub devices: u64,
    /// Events whose hash and signature were checked, those kept aside included.
    pub events: u64,
    /// Streams whose positions and digests were checked.
    pub grids: u64,
    /// What is wrong, by event.
    pub findings: BTreeSet<Finding>,
}

impl Report {
    fn find(&mut self, event: impl Into<String>, what: What, why: impl Into<String>) {
        self.findings.insert(Finding { event: event.into(), what, why: why.into() });
    }
}

/// Checks everything, at one moment; the server may run meanwhile.
///
/// # Errors
/// When the database cannot be read at all. What is wrong in it is in the report.
pub async fn verify(store: &Store) -> Result<Report> {
    let mut read = store.read().await?;
    let mut report = Report::default();
    chain::check(&mut read, &mut report).await?;
    streams::check(&mut read, &mut report).await?;
    Ok(report)
}

/// An event as a row holds it.
struct Row {
    seq: u64,
    hash: String,
    grid: Option<String>,
    signed: Option<SignedEvent>,
}

fn signed(payload: String, sig: String) -> Option<SignedEvent> {
    Some(SignedEvent { payload: serde_json::value::RawValue::from_string(payload).ok()?, sig })
}
