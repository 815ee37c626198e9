//! Today: the tablet's first screen.

use serde::{Deserialize, Serialize};

use super::{
    calls,
    household::{PlanLine, RequestLine},
};
use crate::{clock::Millis, ids::HouseholdId, round::Round, site::Site};

/// What is to be done today.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Today {}

/// Reply to [`Today`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TodayReply {
    /// The clock by which promises run.
    pub now_ms: Millis,
    /// Running rounds.
    pub rounds: Vec<RoundProgress>,
    /// Open requests, the least time left first.
    pub requests: Vec<RequestLine>,
    /// Plans with something due, overdue first.
    pub plans_due: Vec<PlanLine>,
    /// Follow-ups that are due.
    pub follow_ups: Vec<PlanLine>,
    /// Last temperatures of the grid by whole degree: (degree, households).
    pub temperatures: Vec<(i32, u32)>,
    /// Households with a temperature.
    pub measured: u32,
    /// Of which below the standard.
    pub cold: u32,
    /// Of which have a plan.
    pub cold_planned: u32,
    /// Drafts of visits that wait to be finished.
    pub drafts: Vec<DraftLine>,
}

/// How far a round is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundProgress {
    /// The round.
    pub round: Round,
    /// Doors of it.
    pub doors: u32,
    /// Doors whose visit ended (done or refused).
    pub visited: u32,
    /// Doors where nobody answered so far.
    pub no_answer: u32,
    /// Of `visited`, today.
    pub today: u32,
    /// Whole days left, today included.
    pub days_left: i64,
    /// By stairwell, in walking order.
    pub stairwells: Vec<Stairwell>,
    /// The next door in walking order that is to be knocked at now.
    pub next: Option<HouseholdId>,
    /// Of `no_answer`, those whose other time of day it is.
    #[serde(default)]
    pub again_now: u32,
}

/// A stairwell's part in a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stairwell {
    /// 小区
    pub estate: String,
    /// 楼栋
    pub building: String,
    /// 单元
    pub entrance: String,
    /// Doors.
    pub doors: u32,
    /// Doors done.
    pub visited: u32,
}

/// A visit that waits to be finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftLine {
    /// Where.
    pub at: Site,
    /// `3-3-601`, 一号热力站
    pub short: String,
    /// When the last answer was kept.
    pub kept_ms: Millis,
}

calls! {
    Today => "today" -> TodayReply;
}
