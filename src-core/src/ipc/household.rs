//! Buildings, facades, a household with its timeline.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{calls, conflict::Conflict};
use crate::{
    body::{Attached, Outcome},
    clock::Millis,
    door::{Door, VisitBrief},
    facility::Facility,
    grid::Grid,
    household::Household,
    ids::{EventId, GridId, HouseholdId, PhotoId, RoundId},
    plan::{Plan, PlanState},
    request::Request,
    site::Site,
};

/// The estates and buildings of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Estates {}

/// An estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estate {
    /// 小区
    pub name: String,
    /// Its buildings, in natural order.
    pub buildings: Vec<Building>,
}

/// A building, with the figures that its tile shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Building {
    /// 楼栋, normal form.
    pub name: String,
    /// How many households.
    pub households: u32,
    /// How many of them were visited (an answered door) in the running round, or ever where no round runs.
    pub visited: u32,
    /// How many of the last temperatures are below the standard.
    pub cold: u32,
    /// How many have a plan that is not closed.
    pub plans: u32,
}

/// One building's facade.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facade {
    /// 小区
    pub estate: String,
    /// 楼栋, normal form.
    pub building: String,
    /// The drive whose visits count ([`crate::round::Round::group`]); none: the running round of each grid, or all visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drive: Option<RoundId>,
}

/// Reply to [`Facade`]: every door, sorted by entrance, floor and room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacadeReply {
    /// 小区
    pub estate: String,
    /// 楼栋
    pub building: String,
    /// Its doors.
    pub doors: Vec<FacadeDoor>,
}

/// A door in a facade, and in every list of doors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FacadeDoor {
    /// Which household.
    pub household: HouseholdId,
    /// 单元
    pub entrance: String,
    /// 楼层
    pub floor: i32,
    /// 房号
    pub room: String,
    /// Lowest room temperature at the last visit that measured, °C.
    pub temp_c: Option<f64>,
    /// How the last visit of the running round (or ever) ended.
    pub visit: Option<Outcome>,
    /// When that was.
    pub visited_ms: Option<Millis>,
    /// The plan that is furthest from closed.
    pub plan: Option<PlanState>,
    /// Requests that have not come to their end.
    pub open_requests: u32,
    /// 重点关注: has tags?
    pub care: bool,
    /// Is it none of the drive that was asked for?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
}

/// One household.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenHousehold {
    /// Which.
    pub household: HouseholdId,
}

/// Reply to [`OpenHousehold`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HouseholdPage {
    /// The address and the heating.
    pub household: Household,
    /// Visits, photos, plans, requests in brief.
    pub door: Door,
    /// Its plans in full, the newest first.
    pub plans: Vec<Plan>,
    /// What waits for a decision, of the household, its plans and its requests.
    pub conflicts: Vec<Conflict>,
    /// Events of this door that the server does not have yet (always empty in the console).
    pub unsent: Vec<EventId>,
    /// A draft of a visit that waits to be finished here.
    pub draft: Option<crate::ids::DraftId>,
    /// The running round that this door belongs to.
    pub round: Option<crate::round::Round>,
}

/// Sets fields of a household (care tags, account number, phone …), see [`crate::household::field`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EditHousehold {
    /// Which.
    pub household: HouseholdId,
    /// Field and value.
    pub set: Vec<(String, Value)>,
}

/// One visit with all its answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenVisitRecord {
    /// Where.
    #[serde(flatten)]
    pub at: Site,
    /// Which visit.
    pub visit: EventId,
}

/// Reply to [`OpenVisitRecord`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VisitRecord {
    /// Figures.
    pub brief: VisitBrief,
    /// Question and answer, in the form's words (Chinese, English), in the form's order.
    pub answers: Vec<(String, String, String)>,
    /// Photos.
    pub photos: Vec<PhotoId>,
    /// Recordings and files, with what they are and their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<(PhotoId, Attached, u64)>,
}

/// What the map shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Map {}

/// Reply to [`Map`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapReply {
    /// Grids with their polygons and figures.
    pub grids: Vec<GridFigures>,
}

/// A grid's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridFigures {
    /// The grid.
    pub grid: Grid,
    /// Households in it.
    pub households: u32,
    /// Of which visited in the running round (or ever).
    pub visited: u32,
    /// Of which with a temperature.
    pub measured: u32,
    /// Of which below the standard.
    pub cold: u32,
    /// Mean of the last temperatures, °C.
    pub mean_c: Option<f64>,
    /// Requests that have not come to their end.
    pub open_requests: u32,
    /// Plans that are not closed.
    pub open_plans: u32,
}

/// A door in lists of requests and plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoorLine {
    /// Which household.
    pub household: HouseholdId,
    /// Its grid.
    pub grid: GridId,
    /// 小区
    pub estate: String,
    /// `3-3-601`
    pub short: String,
}

/// A request in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestLine {
    /// The request.
    pub request: Request,
    /// Its door.
    pub door: Option<DoorLine>,
    /// Its facility, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<Facility>,
    /// Was the last call-back satisfied?
    pub satisfied: Option<bool>,
    /// When that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied_ms: Option<Millis>,
    /// Not on the server yet?
    pub unsent: bool,
}

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanLine {
    /// The plan.
    pub plan: Plan,
    /// Its door.
    pub door: DoorLine,
    /// Has fields that wait for a decision?
    pub conflict: bool,
}

calls! {
    Estates => "estates" -> Vec<Estate>;
    Facade => "facade" -> FacadeReply;
    OpenHousehold => "open_household" -> HouseholdPage;
    OpenVisitRecord => "open_visit_record" -> VisitRecord;
    EditHousehold => "edit_household" -> Option<EventId>;
    Map => "map" -> MapReply;
}
