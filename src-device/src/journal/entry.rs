//! What the journal keeps. One entry is one act of a person: it is there whole or not at all.

use huce_core::{
    body::Photo,
    clock::Millis,
    event::SignedEvent,
    ids::{DraftId, EventId, RoundId},
    site::Site,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An entry, stored as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// Events of one act, and the draft that they bring to its end.
    Events {
        /// In the order of their numbers.
        events: Vec<SignedEvent>,
        /// The draft that was submitted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closes: Option<DraftId>,
    },
    /// A draft was begun.
    Opened(Opened),
    /// A step of a draft.
    Step(KeptStep),
    /// A photo was taken for a draft; it becomes evidence when the draft is submitted.
    DraftPhoto {
        /// Of which draft.
        draft: DraftId,
        /// What its event will say.
        photo: Photo,
    },
    /// A draft was thrown away.
    Discarded {
        /// Which.
        draft: DraftId,
    },
}

/// The beginning of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Its name.
    pub draft: DraftId,
    /// Where.
    #[serde(flatten)]
    pub at: Site,
    /// For which round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// Which visit it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventId>,
    /// BLAKE3 of the form's workbook, 64 hexadecimal digits: a draft ends on the form on which it began.
    pub form: String,
    /// Device time; what `today()` means in it.
    pub started_ms: Millis,
    /// Answers to begin with.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answers: Value,
}

/// A step that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptStep {
    /// Of which draft.
    pub draft: DraftId,
    /// The form engine's step; none when only the place changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Value>,
    /// Where the person is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Device time.
    pub kept_ms: Millis,
}
