//! In which order one walks: stairwell by stairwell, floor by floor, up or down.

use serde::{Deserialize, Serialize};

use super::{
    Entrance, Round,
    again::{Again, again},
    coverage::ends,
};
use crate::{
    body::Outcome,
    clock::Millis,
    door::Door,
    household::Household,
    ids::{HouseholdId, PersonId},
};

/// Which way a stairwell is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the bottom to the top.
    #[default]
    Up,
    /// From the top down: where there is a lift.
    Down,
}

/// A stairwell with its doors in walking order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkStairwell {
    /// Which.
    pub at: Entrance,
    /// Who takes it.
    pub who: Option<PersonId>,
    /// Its doors that are of the round.
    pub doors: Vec<WalkDoor>,
}

/// A door on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkDoor {
    /// Which.
    pub household: HouseholdId,
    /// 楼层; 0: not known
    pub floor: i32,
    /// 房号
    pub room: String,
    /// 重点关注
    pub care: Vec<String>,
    /// Lowest room temperature at the last visit that measured, °C.
    pub temp_c: Option<f64>,
    /// How the newest visit of the round ended.
    pub visit: Option<Outcome>,
    /// Where nobody has answered so far.
    pub again: Option<Again>,
}

impl WalkDoor {
    /// Is it to be knocked at now?
    pub fn is_open(&self) -> bool {
        match &self.again {
            Some(again) => again.now,
            None => !self.visit.is_some_and(ends),
        }
    }
}

/// The stairwells of a round with their doors, in the order in which one walks them. `doors` are the round's, in the order
/// of addresses (estate, building, entrance, floor, room).
pub fn walk(round: &Round, doors: &[(&Household, &Door)], way: Way, now_ms: Millis) -> Vec<WalkStairwell> {
    let mut stairwells: Vec<WalkStairwell> = Vec::new();
    for (household, door) in doors {
        if !stairwells.last().is_some_and(|last| last.at.has(household)) {
            let who = round.who_takes(household).cloned();
            stairwells.push(WalkStairwell { at: Entrance::of(household), who, doors: Vec::new() });
        }
        let line = WalkDoor {
            household: household.id.clone(),
            floor: household.floor.unwrap_or_default(),
            room: household.room.clone(),
            care: household.care.clone(),
            temp_c: door.last_temp().map(|(_, c)| c),
            visit: door.visit_in(&round.id).map(|visit| visit.outcome),
            again: again(door, &round.id, now_ms),
        };
        if let Some(stairwell) = stairwells.last_mut() {
            stairwell.doors.push(line);
        }
    }
    if way == Way::Down {
        for stairwell in &mut stairwells {
            // Rooms of a floor keep their order.
            crate::order::sort_by_key(&mut stairwell.doors, |door| std::cmp::Reverse(door.floor));
        }
    }
    stairwells
}

/// The door to go to: the first on the way that is open now.
pub fn next(stairwells: &[WalkStairwell]) -> Option<&HouseholdId> {
    stairwells.iter().flat_map(|s| &s.doors).find(|door| door.is_open()).map(|door| &door.household)
}
