//! The four musts (四个必组织) of a grid: recorded on the tablet, what is missing is shown on both sides.

use serde::{Deserialize, Serialize};

use super::calls;
use crate::{
    clock::Millis,
    ids::{EventId, GridId},
    team::{Duty, DutyDone, MustState},
};

/// How this person's grids stand with the four.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Duties {}

/// Reply to [`Duties`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DutiesReply {
    /// The server's clock, as far as it is known.
    pub now_ms: Millis,
    /// Grids with people of their own (crews' and inspectors'), by code.
    pub grids: Vec<GridDuties>,
}

/// So many of what was done are told of a grid.
pub const MAX_DONE: usize = 20;

/// How a grid stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridDuties {
    /// Which.
    pub grid: GridId,
    /// What it is called.
    pub name: String,
    /// The four.
    pub states: Vec<MustState>,
    /// What was done, the newest first; [`MAX_DONE`] at most.
    pub done: Vec<DutyDone>,
}

impl GridDuties {
    /// Of what was done; [`Duties`] is answered by it on both sides.
    pub fn of(
        grid: &crate::grid::Grid,
        mut done: Vec<DutyDone>,
        rounds: &[crate::round::Round],
        now_ms: Millis,
    ) -> Self {
        let since = crate::clock::china_date(crate::facility::heating_year_ms(now_ms));
        // Nothing is missing of the days before somebody first recorded anything.
        let first = done.iter().map(|d| crate::clock::china_date(d.when_ms)).min();
        let since = first.map_or_else(|| crate::clock::china_date(now_ms), |first| first.max(since));
        let states = crate::team::standing(&done, rounds, since, now_ms);
        done.sort_by(|a, b| (b.when_ms, &b.event).cmp(&(a.when_ms, &a.event)));
        done.truncate(MAX_DONE);
        Self { grid: grid.id.clone(), name: grid.name.clone(), states, done }
    }
}

/// Records that one of the four was done. On the tablet only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordDuty {
    /// In which grid.
    pub grid: GridId,
    /// What.
    pub duty: Duty,
}

calls! {
    Duties => "duties" -> DutiesReply;
    RecordDuty => "record_duty" -> EventId;
}
