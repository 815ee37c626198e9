//! How far a round is: the one definition, for the tablet and the server alike.
//!
//! A door is **visited** when the newest valid visit of the round there ended (form filled in, or refused); "no answer"
//! means: come again. The **burn-down** has a line for each day of the period: how many doors were left at its end, and how
//! many were to be left if every day took the same part of the target. The worked example is in `round/tests.rs`.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Entrance, Round};
use crate::{
    body::Outcome,
    clock::{Millis, china_date, parse_day},
    household::Household,
    ids::{GridId, PersonId},
};

/// How the newest valid visit of a round at a door ended, and when it was.
pub type Told = (Outcome, Millis);

/// How far a round is, or several that are one drive.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Its doors.
    pub doors: u32,
    /// How many of them are to be visited: the targets, where they are fewer.
    pub target: u32,
    /// Doors whose visit ended.
    pub visited: u32,
    /// Of these, where somebody said no.
    pub refused: u32,
    /// Doors where nobody has answered so far.
    pub no_answer: u32,
    /// Of the visited, today.
    pub today: u32,
    /// Whole days left, today included.
    pub days_left: i64,
    /// By stairwell, in walking order.
    pub stairwells: Vec<StairwellCoverage>,
    /// By the grid of the doors, without those below.
    pub grids: Vec<GridCoverage>,
    /// Day by day over the period.
    pub burn: Vec<BurnDay>,
}

/// A stairwell's part in a round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StairwellCoverage {
    /// Which.
    pub at: Entrance,
    /// Who takes it.
    pub who: Option<PersonId>,
    /// Doors.
    pub doors: u32,
    /// Doors whose visit ended.
    pub visited: u32,
    /// Doors where nobody has answered so far.
    pub no_answer: u32,
}

/// A grid's part in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCoverage {
    /// Which.
    pub grid: GridId,
    /// Doors.
    pub doors: u32,
    /// Doors whose visit ended.
    pub visited: u32,
}

/// A day of the burn-down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurnDay {
    /// YYYY-MM-DD
    pub day: String,
    /// Doors that were to be left at its end.
    pub planned: u32,
    /// Doors that were left at its end (today: now); none for a day to come.
    pub left: Option<u32>,
}

/// The most days of a burn-down: a period is checked when it is drawn up, a record may say anything.
const MAX_DAYS: i64 = 400;

/// Does this outcome end the visit in a round? Nobody at home means: come again.
pub fn ends(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Done | Outcome::Refused)
}

impl Coverage {
    /// Counts the doors of these rounds, each with its own, in walking order.
    pub fn of<'a>(
        rounds: &[&Round],
        doors: impl IntoIterator<Item = (&'a Round, &'a Household, Option<Told>)>,
        now_ms: Millis,
    ) -> Self {
        let today = china_date(now_ms);
        let mut all = Self::default();
        let mut by_round: BTreeMap<_, u32> = BTreeMap::new();
        let mut by_grid: BTreeMap<&GridId, (u32, u32)> = BTreeMap::new();
        let mut ended: Vec<NaiveDate> = Vec::new();
        for (round, household, told) in doors {
            let at = told.filter(|(outcome, _)| ends(*outcome)).map(|(_, when_ms)| china_date(when_ms));
            let is_ended = u32::from(at.is_some());
            let is_silent = u32::from(told.is_some_and(|(outcome, _)| outcome == Outcome::NoAnswer));
            all.doors += 1;
            all.visited += is_ended;
            all.refused += u32::from(told.is_some_and(|(outcome, _)| outcome == Outcome::Refused));
            all.no_answer += is_silent;
            all.today += u32::from(at == Some(today));
            ended.extend(at);
            *by_round.entry(&round.id).or_default() += 1;
            let grid = by_grid.entry(&household.grid).or_default();
            *grid = (grid.0 + 1, grid.1 + is_ended);
            if !all.stairwells.last().is_some_and(|last| last.at.has(household)) {
                all.stairwells.push(StairwellCoverage {
                    at: Entrance::of(household),
                    who: round.who_takes(household).cloned(),
                    doors: 0,
                    visited: 0,
                    no_answer: 0,
                });
            }
            if let Some(stairwell) = all.stairwells.last_mut() {
                stairwell.doors += 1;
                stairwell.visited += is_ended;
                stairwell.no_answer += is_silent;
            }
        }
        let goal = |round: &Round| {
            let doors = by_round.get(&round.id).copied().unwrap_or_default();
            round.target.map_or(doors, |target| target.min(doors))
        };
        all.target = rounds.iter().copied().map(goal).sum();
        let line =
            |(grid, (doors, visited)): (&GridId, (u32, u32))| GridCoverage { grid: grid.clone(), doors, visited };
        all.grids = by_grid.into_iter().map(line).collect();
        let from = rounds.iter().filter_map(|round| parse_day(&round.from)).min();
        let until = rounds.iter().filter_map(|round| parse_day(&round.until)).max();
        if let (Some(from), Some(until)) = (from, until) {
            all.days_left = ((until - today).num_days() + 1).max(0);
            all.burn = burn(&all, (from, until), &ended, today);
        }
        all
    }

    /// The same for one round.
    pub fn of_one<'a>(
        round: &'a Round,
        doors: impl IntoIterator<Item = (&'a Household, Option<Told>)>,
        now_ms: Millis,
    ) -> Self {
        let doors = doors.into_iter().map(|(household, told)| (round, household, told));
        Self::of(&[round], doors, now_ms)
    }
}

/// What was done before the first day counts on it; what is done after the last one is in the sums and in no day.
fn burn(all: &Coverage, (from, until): (NaiveDate, NaiveDate), ended: &[NaiveDate], today: NaiveDate) -> Vec<BurnDay> {
    let days = ((until - from).num_days() + 1).clamp(0, MAX_DAYS);
    let line = |n: i64| {
        let day = from.checked_add_days(Days::new(n.unsigned_abs())).unwrap_or(until);
        let share = i64::from(all.target) * (n + 1) / days.max(1);
        let done = || u32::try_from(ended.iter().filter(|at| **at <= day).count()).unwrap_or(u32::MAX);
        BurnDay {
            day: day.to_string(),
            planned: all.doors.saturating_sub(u32::try_from(share).unwrap_or(u32::MAX)),
            left: (day <= today).then(|| all.doors.saturating_sub(done())),
        }
    };
    (0..days).map(line).collect()
}
