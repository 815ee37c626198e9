//! Plans: open one, change it, work it off.

use serde::{Deserialize, Serialize};

use super::{calls, conflict::Conflict, household::PlanLine};
use crate::{
    body::PhotoRole,
    clock::Millis,
    ids::{EventId, HouseholdId, MeasureId, PersonId, PhotoId, PlanId},
    plan::MeasureState,
};

/// Plans of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plans {
    /// Also closed ones?
    pub closed: bool,
}

/// One plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenPlan {
    /// Which.
    pub plan: PlanId,
}

/// Reply to [`OpenPlan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanPage {
    /// The plan and its door.
    pub line: PlanLine,
    /// What happened, the newest first.
    pub story: Vec<PlanStory>,
    /// Photos before and after.
    pub photos: Vec<(PhotoRole, Option<MeasureId>, PhotoId)>,
    /// What waits for a decision.
    pub conflicts: Vec<Conflict>,
}

/// One line of a plan's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanStory {
    /// When.
    pub when_ms: Millis,
    /// Who.
    pub person: PersonId,
    /// The field that was set, see [`crate::plan::field`].
    pub field: String,
    /// Its value.
    pub value: serde_json::Value,
    /// Not on the server yet?
    pub unsent: bool,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum PlanChange {
    /// Says what is wrong.
    Diagnosis {
        /// In words.
        text: String,
    },
    /// The resident agreed, or not.
    Consent {
        /// Agreed?
        agreed: bool,
    },
    /// Adds a measure (accepts a suggestion, or one's own).
    Add {
        /// Catalogue code or own name; made unique by the backend.
        measure: MeasureId,
        /// What is done.
        title: String,
        /// Why.
        why: Option<String>,
        /// Who.
        who: Option<PersonId>,
        /// Until when, YYYY-MM-DD.
        until: Option<String>,
        /// 1 is the most urgent.
        priority: Option<i64>,
    },
    /// Who does a measure.
    Assign {
        /// Which.
        measure: MeasureId,
        /// Who.
        who: Option<PersonId>,
    },
    /// Until when.
    Until {
        /// Which.
        measure: MeasureId,
        /// YYYY-MM-DD.
        until: Option<String>,
    },
    /// Done, dropped, or open again (undo).
    State {
        /// Which.
        measure: MeasureId,
        /// How far.
        state: MeasureState,
    },
    /// A reading before the work, °C.
    Before {
        /// °C
        temp_c: Option<f64>,
    },
    /// A reading after the work, °C.
    After {
        /// °C
        temp_c: Option<f64>,
    },
    /// A follow-up on a day.
    FollowUp {
        /// Days after the work.
        days: u32,
        /// YYYY-MM-DD.
        due: String,
    },
    /// A follow-up was made.
    FollowedUp {
        /// Which.
        days: u32,
        /// °C measured.
        temp_c: Option<f64>,
    },
    /// Closes or re-opens the plan.
    Close {
        /// Closed?
        closed: bool,
    },
}

/// Changes a plan; opens one when there is none to name. All changes are saved together or not at all.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangePlan {
    /// At which door.
    pub household: HouseholdId,
    /// Which; none opens a new one.
    pub plan: Option<PlanId>,
    /// What.
    pub changes: Vec<PlanChange>,
}

/// Reply to [`ChangePlan`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChanged {
    /// Which.
    pub plan: PlanId,
    /// By which event; none when nothing changed.
    pub event: Option<EventId>,
}

calls! {
    Plans => "plans" -> Vec<PlanLine>;
    OpenPlan => "open_plan" -> PlanPage;
    ChangePlan => "change_plan" -> PlanChanged;
}
