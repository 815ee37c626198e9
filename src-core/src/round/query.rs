//! Which doors a round visits: the one definition, for the tablet and the server alike.
//!
//! All that is asked must hold. What the register says (place, floor, heating mode, care tags) is asked as it is now, so
//! that a corrected register corrects the round. What happened (cold, never visited) is asked as of the instant at which
//! the round was drawn up: a door does not leave a round of "never visited" because the round visited it. Both are
//! functions of the set of events: a visit that comes late from another tablet changes the doors, everywhere the same way.
//!
//! A criterion of a newer version is not known here and not asked.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    body::Outcome,
    clock::{Millis, china_date, china_midnight, parse_day},
    door::Door,
    household::{HeatingMode, Household, STANDARD_C},
};

/// What is asked of a door. Nothing asked: every door.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Query {
    /// In one of these estates or buildings; none named: anywhere in the grid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// On the so many highest floors of its stairwell (1: the top floor), see [`TopFloors`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_floors: Option<u32>,
    /// With one of these heating modes; a door whose mode is not known does not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<HeatingMode>,
    /// With one of these care tags; an empty list: with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care: Option<Vec<String>>,
    /// A visit of this period measured a room below the standard ("cold last year").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold: Option<Period>,
    /// Nobody has filled a form in there since this day, YYYY-MM-DD; "" asks for doors where nobody ever did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unvisited_since: Option<String>,
}

/// An estate, or one building of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// 小区
    pub estate: String,
    /// 楼栋, normal form; none: all of the estate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub building: Option<String>,
}

/// From a day to a day, both included, YYYY-MM-DD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
}

impl Period {
    /// The heating season that was over when this heating year (from 1 April) began: what "last year" means.
    pub fn last_winter(today: NaiveDate) -> Self {
        let year = if today.month() < 4 { today.year() - 1 } else { today.year() };
        Self { from: format!("{}-11-15", year - 1), until: format!("{year}-03-15") }
    }

    /// Is this instant on one of its days in Zhengzhou?
    fn has(&self, when_ms: Millis) -> bool {
        let day = china_date(when_ms).to_string();
        self.from <= day && day <= self.until
    }
}

impl Query {
    /// Is nothing asked?
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Does it ask what happened at the door? Else [`Self::fits`] alone decides.
    pub fn asks_past(&self) -> bool {
        self.cold.is_some() || self.unvisited_since.is_some()
    }

    /// Does it ask what only the household's full record says (a tablet's index has no heating modes)?
    pub fn asks_mode(&self) -> bool {
        !self.modes.is_empty()
    }

    /// Does the door fit by what the register says of it? `tops` are of all doors of its grid.
    pub fn fits(&self, household: &Household, tops: &TopFloors<'_>) -> bool {
        let at = |place: &Place| {
            place.estate == household.estate && place.building.as_ref().is_none_or(|b| *b == household.building)
        };
        let cares = |tags: &Vec<String>| match tags.as_slice() {
            [] => !household.care.is_empty(),
            tags => tags.iter().any(|tag| household.care.contains(tag)),
        };
        (self.places.is_empty() || self.places.iter().any(at))
            && self.top_floors.is_none_or(|floors| tops.has(household, floors))
            && (self.modes.is_empty() || household.mode.is_some_and(|mode| self.modes.contains(&mode)))
            && self.care.as_ref().is_none_or(cares)
    }

    /// Does it fit by what had happened there until the round was drawn up? A visit that a later one corrects counts for
    /// nothing.
    pub fn fits_past(&self, door: &Door, drawn_ms: Millis) -> bool {
        if !self.asks_past() {
            return true;
        }
        let visits = door.valid_visits();
        let past = || visits.iter().map(|(_, visit)| visit).filter(|visit| visit.when_ms <= drawn_ms);
        let is_cold =
            |period: &Period| past().any(|v| period.has(v.when_ms) && v.lowest_c().is_some_and(|c| c < STANDARD_C));
        let is_unvisited = |since: &String| {
            let since_ms = parse_day(since).map_or(Millis::MIN, china_midnight);
            !past().any(|v| v.outcome == Outcome::Done && v.when_ms >= since_ms)
        };
        self.cold.as_ref().is_none_or(is_cold) && self.unvisited_since.as_ref().is_none_or(is_unvisited)
    }
}

/// The highest floor of every stairwell. Of the doors of one grid only: whoever holds a grid holds all its doors, and so
/// finds the same floors. Floor 0 is what a register leaves empty.
#[derive(Debug, Default)]
pub struct TopFloors<'a>(BTreeMap<[&'a str; 4], i32>);

/// A stairwell's name within its grid.
fn stairwell(household: &Household) -> [&str; 4] {
    [household.grid.as_str(), &household.estate, &household.building, &household.entrance]
}

impl<'a> TopFloors<'a> {
    /// Finds them among all doors of these grids.
    pub fn of(households: impl IntoIterator<Item = &'a Household>) -> Self {
        let mut tops: BTreeMap<_, i32> = BTreeMap::new();
        for household in households {
            if let Some(floor) = household.floor.filter(|floor| *floor != 0) {
                let top = tops.entry(stairwell(household)).or_insert(floor);
                *top = floor.max(*top);
            }
        }
        Self(tops)
    }

    /// Is the door on one of the `floors` highest floors of its stairwell?
    fn has(&self, household: &Household, floors: u32) -> bool {
        let top = self.0.get(&stairwell(household));
        match (household.floor.filter(|floor| *floor != 0), top) {
            (Some(floor), Some(top)) => i64::from(*top) - i64::from(floor) < i64::from(floors),
            _ => false,
        }
    }
}
