//! The tree of grids: looked at, edited, split, merged, and who works in it. In the console only.

use serde::{Deserialize, Serialize};

use super::calls;
use crate::{
    assign::By,
    grid::{Covers, Grid, Misplaced},
    ids::{EventId, GridId},
    shape::{Flaw, Rings, ShapeFault},
    team::{Member, Seat},
};

/// The grids of this person, with those above them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grids {}

/// Reply to [`Grids`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridsReply {
    /// From the top: each grid before those below it.
    pub grids: Vec<GridLine>,
    /// Gaps and overlaps, the largest first; [`MAX_FLAWS`] at most.
    pub flaws: Vec<Flaw>,
    /// May this person edit, split and merge somewhere?
    pub may_edit: bool,
}

/// The most gaps and overlaps of one [`GridsReply`].
pub const MAX_FLAWS: usize = 200;

/// A grid in the tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridLine {
    /// It.
    pub grid: Grid,
    /// How deep it lies: 0 at the top.
    pub depth: u32,
    /// Households that stand in it itself, and in all below it.
    pub households: (u32, u32),
    /// Facilities in it itself.
    pub facilities: u32,
    /// May this person change it?
    pub may_edit: bool,
}

/// Opens a grid, or changes one. What it says is all of it, but for the team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveGrid {
    /// As it shall be; its team and what it was merged into are left as they are.
    pub grid: Grid,
    /// Is there none of this code yet?
    pub new: bool,
}

/// Fills a seat of a team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaveSeat {
    /// Whose team.
    pub grid: GridId,
    /// Which seat.
    pub seat: Seat,
    /// Everybody who has it; nobody empties it.
    pub members: Vec<Member>,
}

/// Cuts a grid's polygon along a line: what the two parts would be. Nothing is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutGrid {
    /// Which.
    pub grid: GridId,
    /// Two or more points of [longitude, latitude], WGS-84 degrees.
    pub line: Vec<[f64; 2]>,
}

/// Reply to [`CutGrid`]: the parts on the left and on the right of the line; none when it does not cross the grid.
pub type Halves = Option<(Rings, Rings)>;

/// A part into which a grid is split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its code.
    pub code: GridId,
    /// What it is called.
    pub name: String,
    /// Its polygon; none: it has only addresses.
    #[serde(default)]
    pub polygon: Rings,
    /// The addresses that it covers.
    #[serde(default)]
    pub covers: Vec<Covers>,
}

/// Splits a grid. Households go to the part whose addresses name them, else the one that holds the place where they were
/// seen, with everything that is recorded of them; the others stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitGrid {
    /// Which.
    pub grid: GridId,
    /// Into what.
    pub parts: Vec<Part>,
    /// The parts are of the grid's own level and lie beside it (then its own polygon is what is left); else they lie below it.
    pub beside: bool,
    /// Only look.
    pub dry_run: bool,
}

/// Merges grids into one of them, or into another: their households go there, with everything that is recorded of them, and
/// they are closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergeGrids {
    /// Which; the grids below them come to lie below `into`.
    pub grids: Vec<GridId>,
    /// The grid that stays.
    pub into: GridId,
    /// Only look.
    pub dry_run: bool,
}

/// Brings the households of a grid, and of all below it, where addresses and places say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SortDoors {
    /// Which.
    pub grid: GridId,
    /// Only look.
    pub dry_run: bool,
}

/// What a split, a merge or a sorting did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// From where, to where, by what, how many households.
    pub households: Vec<(GridId, GridId, By, u32)>,
    /// Facilities that go along.
    pub facilities: u32,
    /// Households that stay where they are, of those that were looked at.
    pub stayed: u32,
    /// Events written; 0 when it only looked.
    pub events: u32,
}

/// Why a grid is not taken: `field` of [`super::Code::BadInput`] is `polygon` or `parent`, and this is `why`.
pub fn why_not(fault: Result<Misplaced, ShapeFault>) -> String {
    let word = match fault {
        Ok(misplaced) => serde_json::to_value(misplaced),
        Err(shape) => serde_json::to_value(shape),
    };
    word.ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

calls! {
    Grids => "grids" -> GridsReply;
    SaveGrid => "save_grid" -> Option<EventId>;
    SaveSeat => "save_seat" -> Option<EventId>;
    CutGrid => "cut_grid" -> Halves;
    SplitGrid => "split_grid" -> Moved;
    MergeGrids => "merge_grids" -> Moved;
    SortDoors => "sort_doors" -> Moved;
}
