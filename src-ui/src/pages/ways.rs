//! Where the visit, plan and request pages lie, written once.

use huce_core::{
    facility::FacilityKind,
    ids::{FacilityId, FormId, HouseholdId, PlanId, RequestId, RoundId},
    site::Site,
};

use crate::{address::query, router::to};

/// A household's page.
pub fn household(id: &HouseholdId) -> String {
    to(format!("/household/{id}"))
}

/// A facility's page.
pub fn facility(id: &FacilityId) -> String {
    to(format!("/facility/{id}"))
}

/// The list of facilities of a kind, or of all.
pub fn facilities(kind: Option<FacilityKind>) -> String {
    let list = to("/facilities");
    kind.map_or(list.clone(), |kind| format!("{list}?kind={}", kind.as_str()))
}

/// The page of a household or facility.
pub fn site(site: &Site) -> String {
    match site {
        Site::Household(id) => household(id),
        Site::Facility(id) => facility(id),
    }
}

/// The form at a door or facility.
pub fn visit(site: &Site) -> String {
    match site {
        Site::Household(id) => to(format!("/visit/{id}")),
        Site::Facility(id) => to(format!("/facility-visit/{id}")),
    }
}

/// Another form than the usual one there.
pub fn visit_with(site: &Site, form: &FormId) -> String {
    format!("{}?form={form}", visit(site))
}

/// The form of a round at a door.
pub fn visit_of(household: &HouseholdId, round: &RoundId) -> String {
    format!("{}?round={round}", visit(&household.into()))
}

/// The walk of a drive, on the tablet.
pub fn walk(drive: &RoundId) -> String {
    to(format!("/walk/{drive}"))
}

/// A drive's page in the console.
pub fn round(drive: &RoundId) -> String {
    to(format!("/round/{drive}"))
}

/// A plan's page.
pub fn plan(id: &PlanId) -> String {
    to(format!("/plan/{id}"))
}

/// Taking a request down at a door.
pub fn take_request(at: &HouseholdId) -> String {
    to(format!("/requests?door={at}"))
}

/// The door at which [`take_request`] was asked for.
pub fn request_door() -> Option<HouseholdId> {
    query("door").and_then(|id| HouseholdId::new(id).ok())
}

/// A request's page.
pub fn request(id: &RequestId) -> String {
    to(format!("/request/{id}"))
}
