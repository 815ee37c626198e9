//! The conflict desk: what two people wrote side by side, from what they started, and the decision between them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{calls, household::DoorLine};
use crate::{
    body::Noun,
    clock::Millis,
    facility::Facility,
    ids::{EventId, PersonId},
};

/// What waits for a decision in this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Conflicts {}

/// Reply to [`Conflicts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictsReply {
    /// The newest first.
    pub conflicts: Vec<ConflictLine>,
    /// There are more than a page shows: what is settled makes room for them.
    pub more: bool,
}

/// The most conflicts of one [`ConflictsReply`].
pub const MAX_CONFLICTS: usize = 200;

/// A conflict and where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictLine {
    /// The field.
    pub conflict: Conflict,
    /// The door of its record; none for a request about a place without one.
    pub door: Option<DoorLine>,
    /// The facility of its record, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Facility>,
}

/// A field with more than one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Of which kind of record.
    pub noun: Noun,
    /// Of which record.
    pub id: String,
    /// Which field.
    pub field: String,
    /// The title of the measure that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// What both sides started from; none when the field had no value, or its event is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ConflictValue>,
    /// The values that stand side by side, the newest first.
    pub values: Vec<ConflictValue>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConflictValue {
    /// Who said so.
    pub person: PersonId,
    /// When.
    pub when_ms: Millis,
    /// The value.
    pub value: Value,
    /// By which event.
    pub event: EventId,
}

/// A person decides: the field has this value from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settle {
    /// Of which kind of record.
    pub noun: Noun,
    /// Which record.
    pub id: String,
    /// Which field.
    pub field: String,
    /// The value, one of those shown or a new one.
    pub value: Value,
}

calls! {
    Conflicts => "conflicts" -> ConflictsReply;
    Settle => "settle" -> EventId;
}
