//! Rounds: drawing one up, who takes which stairwell, how far it is, and the walk; special-care visits that are due.
//!
//! What is asked for and shown is a **drive**: the rounds that were drawn up together, one for each inspector's grid (see
//! [`crate::round`]). A round that stands alone is a drive of one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    calls,
    household::{DoorLine, GridFigures},
};
use crate::{
    care::CareKind,
    clock::Millis,
    ids::{FormId, GridId, PersonId, RoundId},
    round::{
        Entrance, Phase, Query, Round,
        coverage::Coverage,
        walk::{WalkStairwell, Way},
    },
};

/// Rounds of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rounds {}

/// Reply to [`Rounds`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundsReply {
    /// Running ones first, then those to come, then those that are over; within these what ends first.
    pub drives: Vec<DriveLine>,
    /// Grids in which this person may draw up a round, with names.
    pub may_draw: Vec<(GridId, String)>,
    /// Forms to choose from, with titles in Chinese and English.
    pub forms: Vec<(FormId, (String, String))>,
}

/// The most drives of one [`RoundsReply`].
pub const MAX_DRIVES: usize = 200;

/// A drive in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriveLine {
    /// What it is asked for by: [`Round::group`].
    pub drive: RoundId,
    /// What it is called.
    pub name: String,
    /// The form.
    pub form: FormId,
    /// First day, YYYY-MM-DD.
    pub from: String,
    /// Last day, YYYY-MM-DD.
    pub until: String,
    /// Where today stands in it.
    pub phase: Phase,
    /// Its grids, those that this person sees.
    pub grids: Vec<GridId>,
    /// Doors of it.
    pub doors: u32,
    /// Doors whose visit ended.
    pub visited: u32,
    /// Doors where nobody has answered so far.
    pub no_answer: u32,
}

/// How many doors would a round have?
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CountRound {
    /// The grid, with everything below it.
    pub grid: GridId,
    /// Which of its doors.
    pub query: Query,
}

/// Reply to [`CountRound`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundSize {
    /// Doors that fit.
    pub doors: u32,
    /// Of how many.
    pub of: u32,
    /// Stairwells that they are in.
    pub stairwells: u32,
    /// By inspector's grid: its name and its doors. Each becomes a round.
    pub grids: Vec<(GridId, String, u32)>,
    /// By estate.
    pub estates: Vec<(String, u32)>,
    /// Care tags that doors of the grid have, with how many of them.
    pub tags: Vec<(String, u32)>,
    /// All estates of the grid with their buildings.
    pub places: Vec<(String, Vec<String>)>,
}

/// Draws a round up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DrawRound {
    /// What it is called.
    pub name: String,
    /// The grid, with everything below it.
    pub grid: GridId,
    /// Which of its doors.
    pub query: Query,
    /// The form.
    pub form: FormId,
    /// First day, YYYY-MM-DD.
    pub from: String,
    /// Last day, YYYY-MM-DD.
    pub until: String,
    /// Who goes; nobody named: whoever works in the grid.
    pub people: Vec<PersonId>,
}

/// Changes what a drive is called, its last day, who goes ([`crate::round::field`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeRound {
    /// Which.
    pub drive: RoundId,
    /// Field and value.
    pub set: Vec<(String, Value)>,
}

/// Says who takes these stairwells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssignRound {
    /// Of which drive.
    pub drive: RoundId,
    /// Which stairwells, at most [`MAX_ASSIGNED`].
    pub stairwells: Vec<Entrance>,
    /// Who; none: nobody in particular.
    pub person: Option<PersonId>,
}

/// The most stairwells of one [`AssignRound`]: they have to fit into an event.
pub const MAX_ASSIGNED: usize = 200;

/// How far is a drive?
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenRound {
    /// Which.
    pub drive: RoundId,
}

/// Reply to [`OpenRound`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundPage {
    /// Its rounds in the grids that this person sees.
    pub rounds: Vec<Round>,
    /// How far they are.
    pub coverage: Coverage,
    /// The map: every grid that this person sees and that has doors of it. Only `households` (its doors) and `visited`
    /// are of the round, the rest is nought.
    pub grids: Vec<GridFigures>,
    /// May this person change it, and say who takes what?
    pub may_change: bool,
}

/// The way through a drive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WalkRound {
    /// Which.
    pub drive: RoundId,
    /// Up or down the stairwells.
    #[serde(default)]
    pub way: Way,
    /// Also what others take.
    #[serde(default)]
    pub all: bool,
}

/// Reply to [`WalkRound`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkReply {
    /// What it is called.
    pub name: String,
    /// By round (a person with one grid has one), its stairwells in walking order.
    pub rounds: Vec<(RoundId, Vec<WalkStairwell>)>,
}

/// Special-care visits 三访 that are due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CareVisits {}

/// Reply to [`CareVisits`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CareReply {
    /// The most urgent first; [`MAX_CARE`] at most.
    pub visits: Vec<CareLine>,
    /// How many there are in all.
    pub total: u32,
}

/// The most lines of one [`CareReply`].
pub const MAX_CARE: usize = 300;

/// A household that is to be visited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CareLine {
    /// Its door.
    pub door: DoorLine,
    /// 重点关注
    pub care: Vec<String>,
    /// The kinds that are due, the most urgent first.
    pub kinds: Vec<CareKind>,
    /// Until which day, YYYY-MM-DD.
    pub due: String,
    /// Days that it is late; 0 or less: not yet.
    pub late_days: i64,
    /// When somebody was there last.
    pub last_ms: Option<Millis>,
}

calls! {
    Rounds => "rounds" -> RoundsReply;
    CountRound => "count_round" -> RoundSize;
    DrawRound => "draw_round" -> RoundId;
    ChangeRound => "change_round" -> u32;
    AssignRound => "assign_round" -> u32;
    OpenRound => "open_round" -> RoundPage;
    WalkRound => "walk_round" -> WalkReply;
    CareVisits => "care_visits" -> CareReply;
}
