//! Requests: take down, answer, pause, hand over, decide, resolve, call back; and the rules of who is responsible.

use serde::{Deserialize, Serialize};

use super::{calls, conflict::Conflict, household::RequestLine};
use crate::{
    clock::Millis,
    ids::{EventId, FacilityId, GridId, HouseholdId, PersonId, PhotoId, PlanId, RequestId, RuleId},
    request::{Category, Channel, Mode, Party, PauseReason, RequestFigures, Severity},
    rule::Rule,
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

/// Takes a request down; its clocks start. Where the same matter is open (same place, same category, seven days), that one is
/// asked once more, and the reply names it.
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
    /// It is another matter than what is open there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub another: bool,
}

/// The open request about the same matter, if there is one. Asked while somebody takes a request down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FindSame {
    /// At which door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// At which facility, where there is no door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// What it is about.
    pub category: Category,
}

/// Joins a request into another one at the same place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    /// Which ends.
    pub request: RequestId,
    /// In which it is handled from now on.
    pub into: RequestId,
}

/// Stops the clock, with a reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PauseRequest {
    /// Which.
    pub request: RequestId,
    /// Why.
    pub reason: PauseReason,
    /// In words.
    #[serde(default)]
    pub note: String,
}

/// Lets the clock run again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResumeRequest {
    /// Which.
    pub request: RequestId,
}

/// Hands a request over, with a reason.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HandOverRequest {
    /// Which.
    pub request: RequestId,
    /// To whom.
    pub to: Party,
    /// To whom in person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<PersonId>,
    /// Why.
    pub reason: String,
}

/// Says how a request is handled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetRequestMode {
    /// Which.
    pub request: RequestId,
    /// How.
    pub mode: Mode,
    /// Why.
    pub reason: String,
}

/// Decides who is responsible 责任认定. Dispatchers only, in the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DecideRequest {
    /// Which.
    pub request: RequestId,
    /// Who is responsible.
    pub party: Party,
    /// Why.
    pub reason: String,
    /// From now on it holds for every request of its kind in this grid, which is the request's own or one above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teach: Option<GridId>,
}

/// The rules that decisions taught, for this person's grids and above. Reply: the rules, by grid and category.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rules {}

/// Ends a rule. Dispatchers only, in the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EndRule {
    /// Which.
    pub rule: RuleId,
}

/// The figures of the requests that were taken down in a period, of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountRequests {
    /// From when on.
    pub from_ms: Millis,
    /// Until when, exclusive.
    pub until_ms: Millis,
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
    /// What else is due at this door or facility: one trip does it all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<DueHere>,
    /// The open request about the same matter, when somebody opened it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<RequestId>,
}

/// What is due at a place besides the request at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueKind {
    /// Another request that is open.
    Request,
    /// A measure of a plan.
    Measure,
    /// A follow-up of a plan.
    FollowUp,
    /// A visit of the running round.
    Round,
}

/// One thing that is due at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueHere {
    /// What kind of thing.
    pub kind: DueKind,
    /// What, in words: the resident's, the measure's, the round's name. "" where the kind says it all.
    pub title: String,
    /// Until when, YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
}

calls! {
    Requests => "requests" -> RequestsReply;
    OpenRequest => "open_request" -> RequestPage;
    TakeRequest => "take_request" -> RequestId;
    AnswerRequest => "answer_request" -> EventId;
    ResolveRequest => "resolve_request" -> EventId;
    RecordCallBack => "record_call_back" -> EventId;
    FindSame => "find_same" -> Option<RequestLine>;
    JoinRequest => "join_request" -> EventId;
    PauseRequest => "pause_request" -> EventId;
    ResumeRequest => "resume_request" -> EventId;
    HandOverRequest => "hand_over_request" -> EventId;
    SetRequestMode => "set_request_mode" -> EventId;
    DecideRequest => "decide_request" -> EventId;
    Rules => "rules" -> Vec<Rule>;
    EndRule => "end_rule" -> EventId;
    CountRequests => "count_requests" -> RequestFigures;
}
