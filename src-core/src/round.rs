//! A round 排查行动: a form, the doors of a grid that a query draws, a period, people, who takes which stairwell. A typed
//! view of a [`Record`].
//!
//! A record lies in one grid's stream, and a tablet holds its own grids only. A drive over many grids is therefore one
//! round for each inspector's grid that has doors in it; they carry the same [`Round::drive`] and are shown as one.
//!
//! Read in this order: here → [`query`] (which doors) → [`coverage`] (how far, day by day) → [`again`] (when to knock once
//! more) → [`walk`] (in which order).

pub mod again;
pub mod coverage;
pub mod query;
pub mod walk;

use serde::{Deserialize, Serialize};

pub use query::{Period, Place, Query, TopFloors};

use crate::{
    clock::{Millis, china_date},
    household::Household,
    ids::{FormId, GridId, PersonId, RoundId},
    record::Record,
};

/// Names of the record's fields. Who takes a stairwell is a field of its own, see [`Entrance::field`].
pub mod field {
    /// What it is called.
    pub const NAME: &str = "name";
    /// The form that is filled in.
    pub const FORM: &str = "form";
    /// First day, YYYY-MM-DD.
    pub const FROM: &str = "from";
    /// Last day, YYYY-MM-DD.
    pub const UNTIL: &str = "until";
    /// Households to visit; absent: every one that the query draws.
    pub const TARGET: &str = "target";
    /// Which doors, a [`super::Query`]; absent: all of the grid.
    pub const QUERY: &str = "query";
    /// The instant as of which the query is asked.
    pub const DRAWN_MS: &str = "drawn_ms";
    /// Who goes, a list of logins; absent: whoever works in the grid.
    pub const PEOPLE: &str = "people";
    /// What the rounds that were drawn up together have in common.
    pub const DRIVE: &str = "drive";
}

/// A stairwell 单元: what is assigned, and what is walked in one go. Ordered by its parts, as a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Entrance {
    /// 小区
    pub estate: String,
    /// 楼栋, normal form
    pub building: String,
    /// 单元, normal form; "" where the building has one door
    pub entrance: String,
}

impl Entrance {
    /// That of a household.
    pub fn of(household: &Household) -> Self {
        Self {
            estate: household.estate.clone(),
            building: household.building.clone(),
            entrance: household.entrance.clone(),
        }
    }

    /// Is it that of this household?
    pub fn has(&self, household: &Household) -> bool {
        self.estate == household.estate && self.building == household.building && self.entrance == household.entrance
    }

    /// The record's field that says who takes it: two people who assign different stairwells do not meet in one.
    pub fn field(&self) -> String {
        format!("who/{}/{}/{}", self.estate, self.building, self.entrance)
    }

    /// Reads [`Self::field`]. Building and entrance in normal form hold no slash, an estate's name may.
    pub fn of_field(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix("who/")?.rsplitn(3, '/');
        let (entrance, building, estate) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { estate: estate.to_owned(), building: building.to_owned(), entrance: entrance.to_owned() })
    }
}

/// A round as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Its identifier.
    pub id: RoundId,
    /// Whose households it visits.
    pub grid: GridId,
    /// What it is called.
    pub name: String,
    /// The form that is filled in.
    pub form: FormId,
    /// First day, YYYY-MM-DD.
    pub from: String,
    /// Last day, YYYY-MM-DD.
    pub until: String,
    /// Households to visit; none: every one that the query draws.
    pub target: Option<u32>,
    /// Which doors of the grid.
    #[serde(default, skip_serializing_if = "Query::is_everything")]
    pub query: Query,
    /// The instant as of which the query is asked; 0 where it does not ask about the past.
    #[serde(default)]
    pub drawn_ms: Millis,
    /// Who goes; nobody named: whoever works in the grid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonId>,
    /// Who takes which stairwell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<(Entrance, PersonId)>,
    /// What the rounds that were drawn up together have in common; none for one that stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drive: Option<RoundId>,
}

/// Where a round stands in its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 进行中
    Running,
    /// 未开始
    Ahead,
    /// 已结束
    Over,
}

impl Round {
    /// Reads the record; none when it has no name or form yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        let assigned = record.fields.keys().filter_map(|name| {
            let who = record.read(name.as_str())?;
            Some((Entrance::of_field(name)?, who))
        });
        Some(Self {
            id: RoundId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            name: record.text(field::NAME)?.to_owned(),
            form: record.read(field::FORM)?,
            from: record.text(field::FROM).unwrap_or_default().to_owned(),
            until: record.text(field::UNTIL).unwrap_or_default().to_owned(),
            target: record.integer(field::TARGET).and_then(|n| u32::try_from(n).ok()),
            query: record.read(field::QUERY).unwrap_or_default(),
            drawn_ms: record.integer(field::DRAWN_MS).unwrap_or_default(),
            people: record.read(field::PEOPLE).unwrap_or_default(),
            who: assigned.collect(),
            drive: record.read(field::DRIVE),
        })
    }

    /// Does it visit every door of its grid? Only such a round says of a grid's figures what is visited.
    pub fn is_whole(&self) -> bool {
        self.query.is_everything()
    }

    /// What it is listed under: its drive, or itself.
    pub fn group(&self) -> &RoundId {
        self.drive.as_ref().unwrap_or(&self.id)
    }

    /// Where the day of `now_ms` stands in its period.
    pub fn phase(&self, now_ms: Millis) -> Phase {
        let today = china_date(now_ms).to_string();
        if today < self.from {
            Phase::Ahead
        } else if today > self.until {
            Phase::Over
        } else {
            Phase::Running
        }
    }

    /// Who takes this household's stairwell; none: nobody in particular.
    pub fn who_takes(&self, household: &Household) -> Option<&PersonId> {
        self.who.iter().find(|(entrance, _)| entrance.has(household)).map(|(_, person)| person)
    }

    /// Is this door for `me`? It is when its stairwell is assigned to me; where it is nobody's, when I am one of those
    /// who go, or nobody is named.
    pub fn is_for(&self, me: &PersonId, household: &Household) -> bool {
        match self.who_takes(household) {
            Some(person) => person == me,
            None => self.people.is_empty() || self.people.contains(me),
        }
    }
}

#[cfg(test)]
mod tests;
