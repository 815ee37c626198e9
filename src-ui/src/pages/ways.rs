//! Where the visit, plan and request pages lie, written once.

use huce_core::ids::{FormId, HouseholdId, PlanId, RequestId, RoundId};

use crate::{address::query, router::to};

/// A household's page.
pub fn household(id: &HouseholdId) -> String {
    to(format!("/household/{id}"))
}

/// The form at a door.
pub fn visit(id: &HouseholdId, round: Option<&RoundId>) -> String {
    match round {
        Some(round) => to(format!("/visit/{id}?round={round}")),
        None => to(format!("/visit/{id}")),
    }
}

/// Another form than the usual one at a door.
pub fn visit_with(id: &HouseholdId, form: &FormId) -> String {
    to(format!("/visit/{id}?form={form}"))
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
