//! Facilities: their list, one with its timeline, what people change of it. Visits there are in [`super::visit`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{calls, conflict::Conflict};
use crate::{
    body::Outcome,
    clock::Millis,
    door::Door,
    facility::{Facility, FacilityKind},
    ids::{DraftId, EventId, FacilityId},
};

/// Facilities of this person's grids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facilities {
    /// Of which kind; none: of every.
    pub kind: Option<FacilityKind>,
    /// Words that name, code or estate hold, or pinyin initials; "" finds all.
    pub text: String,
    /// Only those that nobody has looked at since the heating year began ([`crate::facility::heating_year_ms`]).
    pub due: bool,
}

/// Reply to [`Facilities`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacilitiesReply {
    /// By kind, then by name, numbers by value; [`MAX_FACILITIES`] at most.
    pub facilities: Vec<FacilityLine>,
    /// How many there are in all.
    pub total: u32,
    /// Of each kind that there is: how many fit the text, and how many of them are due.
    pub kinds: Vec<(FacilityKind, u32, u32)>,
}

/// The most facilities of one [`FacilitiesReply`].
pub const MAX_FACILITIES: usize = 500;

/// A facility in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacilityLine {
    /// It.
    pub facility: Facility,
    /// How the last visit ended.
    pub visit: Option<Outcome>,
    /// When that was.
    pub visited_ms: Option<Millis>,
    /// Nobody has looked at it since the heating year began.
    pub due: bool,
    /// Requests that have not come to their end.
    pub open_requests: u32,
}

/// One facility.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenFacility {
    /// Which.
    pub facility: FacilityId,
}

/// Reply to [`OpenFacility`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacilityPage {
    /// What is known of it.
    pub facility: Facility,
    /// Visits, photos, requests in brief.
    pub door: Door,
    /// What waits for a decision, of it and its requests.
    pub conflicts: Vec<Conflict>,
    /// Events about it that the server does not have yet (always empty in the console).
    pub unsent: Vec<EventId>,
    /// A draft of a visit that waits to be finished here.
    pub draft: Option<DraftId>,
}

/// Sets fields of a facility (name, position, estate, building, note), see [`crate::facility::field`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EditFacility {
    /// Which.
    pub facility: FacilityId,
    /// Field and value.
    pub set: Vec<(String, Value)>,
}

calls! {
    Facilities => "facilities" -> FacilitiesReply;
    OpenFacility => "open_facility" -> FacilityPage;
    EditFacility => "edit_facility" -> Option<EventId>;
}
