//! Which table, and which of its rows: what a console list has as its filter, and what an auditor asks for.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::{Millis, china_midnight, parse_day},
    facility::FacilityKind,
    figures::{Figure, PeriodKind},
    grid::Grid,
    ids::{GridId, PersonId},
    ipc::{CallError, Code},
    register::Lang,
    request::{Category, Mode, Party, RequestState},
};
use serde::Deserialize;

use crate::store::{Conn, Result, grids};

/// The tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ledger {
    /// 入户台账: visits, also those that a later one corrects.
    Visits,
    /// 一户一策台账
    Plans,
    /// 诉求台账
    Requests,
    /// 设施台账
    Facilities,
    /// 住户台账
    Households,
    /// 网格
    Grids,
}

impl Ledger {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Visits, Self::Plans, Self::Requests, Self::Facilities, Self::Households, Self::Grids];

    /// The name of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visits => "visits",
            Self::Plans => "plans",
            Self::Requests => "requests",
            Self::Facilities => "facilities",
            Self::Households => "households",
            Self::Grids => "grids",
        }
    }

    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ledger| ledger.as_str() == name)
    }

    /// The name of its sheet.
    pub fn sheet(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Visits, Lang::Zh) => "入户台账",
            (Self::Plans, Lang::Zh) => "一户一策台账",
            (Self::Requests, Lang::Zh) => "诉求台账",
            (Self::Facilities, Lang::Zh) => "设施台账",
            (Self::Households, Lang::Zh) => "住户台账",
            (Self::Grids, Lang::Zh) => "网格",
            (_, Lang::En) => self.as_str(),
        }
    }
}

/// Which rows. As a query of the address: `?grid=SY-1&from=2026-11-01&until=2026-11-30&lang=zh`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Of this grid and those below it.
    pub grid: Option<GridId>,
    /// From this day on (visits by their time, plans by their opening, requests by their taking).
    pub from: Option<String>,
    /// Until this day, included.
    pub until: Option<String>,
    /// Only what has not come to its end.
    pub open: bool,
    /// Only requests of which a clock runs.
    pub running: bool,
    /// Only requests of which somebody has to be told now.
    pub alarm: bool,
    /// Only requests that wait for the decision who is responsible.
    pub decide: bool,
    /// Requests so far.
    pub state: Option<RequestState>,
    /// Requests about this.
    pub category: Option<Category>,
    /// Requests handled so.
    pub mode: Option<Mode>,
    /// Requests for which this party is responsible.
    pub party: Option<Party>,
    /// Facilities of this kind.
    pub kind: Option<FacilityKind>,
    /// Facilities that nobody has looked at in this heating year.
    pub due: bool,
    /// Facilities of which every word says something.
    pub text: String,
    /// Households of this estate.
    pub estate: Option<String>,
    /// Households of this building, with [`Self::estate`].
    pub building: Option<String>,
    /// Of plans and requests only those that had not come to their end before this: what a report counts.
    #[serde(skip)]
    pub alive_since: Option<Millis>,
    /// Of facts: the length of the report.
    pub length: Option<PeriodKind>,
    /// Of facts: a day in its period.
    pub day: Option<String>,
    /// Of facts: behind which figure.
    pub figure: Option<Figure>,
    /// Chinese or English headings and words.
    pub lang: Lang,
}

impl Filter {
    /// The instants that it lets pass, as a half-open range.
    ///
    /// # Errors
    /// When a day is none.
    pub fn between(&self) -> std::result::Result<(Millis, Millis), CallError> {
        let day = |text: &Option<String>, field: &str| {
            let bad = || CallError::new(Code::BadInput).with("field", field).with("why", "format");
            text.as_deref().map(|text| parse_day(text).ok_or_else(bad)).transpose()
        };
        let from_ms = day(&self.from, "from")?.map_or(Millis::MIN, china_midnight);
        let until = day(&self.until, "until")?.map(|day| day + chrono::Days::new(1));
        Ok((from_ms, until.map_or(Millis::MAX, china_midnight)))
    }
}

/// What rows are made with.
pub struct Desk<'a> {
    /// The database.
    pub conn: &'a mut Conn,
    /// The grids that may be read, cut down to what is asked for.
    pub of: BTreeSet<GridId>,
    /// When.
    pub now_ms: Millis,
    /// What grids are called.
    pub grids: BTreeMap<GridId, Grid>,
    /// What people are called.
    pub people: BTreeMap<PersonId, String>,
}

impl<'a> Desk<'a> {
    /// Lays out what is needed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(conn: &'a mut Conn, of: BTreeSet<GridId>, now_ms: Millis) -> Result<Self> {
        let grids = grids::list(conn, &of).await?.into_iter().map(|grid| (grid.id.clone(), grid)).collect();
        let people = crate::api::report::names(conn, now_ms).await?;
        Ok(Self { conn, of, now_ms, grids, people })
    }

    /// What a grid is called.
    pub fn grid(&self, id: &GridId) -> String {
        self.grids.get(id).map_or_else(|| id.to_string(), |grid| grid.name.clone())
    }

    /// What somebody is called.
    pub fn person(&self, id: &PersonId) -> String {
        self.people.get(id).cloned().unwrap_or_else(|| id.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_days_of_zhengzhou_and_a_day_that_is_none_is_said() {
        let filter = |from: &str, until: &str| Filter {
            from: Some(from.to_owned()),
            until: Some(until.to_owned()),
            ..Filter::default()
        };
        let (from_ms, until_ms) = filter("2026-11-30", "2026-11-30").between().unwrap();
        assert_eq!(until_ms - from_ms, 24 * 3_600_000);
        assert_eq!(Filter::default().between().unwrap(), (Millis::MIN, Millis::MAX));
        assert_eq!(filter("2026-11-31", "2026-11-30").between().unwrap_err().code, Code::BadInput);
        for ledger in Ledger::ALL {
            assert_eq!(Ledger::of_name(ledger.as_str()), Some(ledger));
        }
    }
}
