//! Requests: take down, answer, resolve, call back.

use serde::{Deserialize, Serialize};

use super::{calls, conflict::Conflict, household::RequestLine};
use crate::{
    clock::Millis,
    ids::{EventId, FacilityId, GridId, HouseholdId, PhotoId, RequestId},
    request::{Category, Channel, Mode, Severity},
    site::Site,
};

/// Requests of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Requests {
    /// Also those that came to their end?
    pub closed: bool,
}

/// Reply to [`Requests`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestsReply {
    /// The clock by which promises run.
    pub now_ms: Millis,
    /// The least time left first.
    pub requests: Vec<RequestLine>,
}

/// Takes a request down; its clocks start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TakeRequest {
    /// At which door; none for a request about a place without one.
    pub household: Option<HouseholdId>,
    /// At which facility, where there is no door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// In which grid, where there is neither.
    pub grid: Option<GridId>,
    /// Where it came from.
    pub channel: Channel,
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// In the resident's words.
    pub text: String,
    /// Whom to call back.
    pub phone: Option<String>,
    /// How it is handled.
    pub mode: Mode,
}

impl TakeRequest {
    /// Where it is: at a door, or else at a facility.
    pub fn site(&self) -> Option<Site> {
        Site::of(self.household.as_ref(), self.facility.as_ref())
    }
}

/// Answers a request: the first clock stops.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnswerRequest {
    /// Which.
    pub request: RequestId,
}

/// Resolves a request: the second clock stops.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResolveRequest {
    /// Which.
    pub request: RequestId,
    /// What was done.
    pub resolution: String,
}

/// Records a call-back; not satisfied re-opens the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordCallBack {
    /// Which.
    pub request: RequestId,
    /// Did anybody pick up?
    pub reached: bool,
    /// Content?
    pub satisfied: Option<bool>,
    /// What was said.
    pub note: String,
}

/// One request, whole. Reply: [`RequestPage`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenRequest {
    /// Which.
    pub request: RequestId,
}

/// What one page shows of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestPage {
    /// The request.
    pub line: RequestLine,
    /// Its photos, the oldest first.
    pub photos: Vec<PhotoId>,
    /// What waits for a decision.
    pub conflicts: Vec<Conflict>,
}

calls! {
    Requests => "requests" -> RequestsReply;
    OpenRequest => "open_request" -> RequestPage;
    TakeRequest => "take_request" -> RequestId;
    AnswerRequest => "answer_request" -> EventId;
    ResolveRequest => "resolve_request" -> EventId;
    RecordCallBack => "record_call_back" -> EventId;
}
