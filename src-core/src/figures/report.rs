//! A report: the figures of a period beside those of the one before and of a season ago, grid by grid, with the league
//! and what is overdue. The same for the wall screen, the bulletin, the summary, the workbook and the command line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    count::{Counted, Source, Step, Trace},
    facts::{PlanFact, RequestFact, tenths},
    figure::Sums,
    league::{LeagueLine, league},
    period::Period,
};
use crate::{
    body::{Noun, Outcome},
    clock::Millis,
    door::{Door, VisitBrief},
    grid::{Grid, Level},
    ids::{EventId, GridId, PersonId},
    plan::{MeasureState, Plan},
    record::Record,
    site::{KnownSite, Site},
};

/// The most overdue items that a report names; [`Report::overdue_total`] says how many there are.
pub const MOST_OVERDUE: usize = 200;

/// A period in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Which period.
    pub period: Period,
    /// The clock of whoever made it.
    pub now_ms: Millis,
    /// Whose: a grid with those below it; none: every grid that the asking person sees.
    pub grid: Option<GridId>,
    /// All of it.
    pub total: Sums,
    /// The same of the period before.
    pub before: Sums,
    /// The same of a season ago.
    pub season_before: Sums,
    /// By grid (inspectors' grids, and what lies in none), in the order of codes.
    pub grids: Vec<GridLine>,
    /// The league of these grids, the best first.
    pub league: Vec<LeagueLine>,
    /// What happened hour by hour (of a day) or day by day.
    pub steps: Vec<Step>,
    /// Plans and requests that are overdue at its end, the longest first.
    pub overdue: Vec<Overdue>,
    /// How many are.
    pub overdue_total: u32,
}

/// A grid's figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridLine {
    /// Which.
    pub grid: GridId,
    /// What it is called.
    pub name: String,
    /// Its figures, those of grids below it included.
    pub sums: Sums,
}

/// Something that should have been done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// Since when.
    pub since_ms: Millis,
    /// In which grid.
    pub grid: GridId,
    /// What.
    pub source: Source,
    /// Where: 小区 3-2-501, 一号热力站; "" where it is about no place.
    pub place: String,
    /// What it is about: the diagnosis, or the resident's words.
    pub about: String,
    /// Who works on it.
    pub who: Option<PersonId>,
}

/// What is overdue of a plan or request; none for one that is not, or for another record.
pub fn overdue(record: &Record, door: Option<&Door>, place: String, at_ms: Millis) -> Option<Overdue> {
    match record.noun {
        Noun::Plan => {
            let (fact, plan) = (PlanFact::from_record(record)?, Plan::from_record(record)?);
            let source = Source::Plan { household: plan.household.clone(), plan: plan.id.clone() };
            let open = plan.measures.iter().filter(|measure| measure.state == MeasureState::Open);
            // Whoever has the measure that should have been done first.
            let first = open.min_by_key(|measure| measure.until.clone().unwrap_or_else(|| "9".to_owned()));
            let who = first.and_then(|measure| measure.who.clone());
            let since_ms = fact.overdue_since(at_ms)?;
            Some(Overdue { since_ms, grid: plan.grid, source, place, about: plan.diagnosis, who })
        }
        Noun::Request => {
            let fact = RequestFact::new(record, door)?;
            let since_ms = fact.overdue_since(at_ms)?;
            let request = fact.request;
            let source = Source::Request { site: request.site(), request: request.id };
            Some(Overdue { since_ms, grid: request.grid, source, place, about: request.text, who: request.assignee })
        }
        _ => None,
    }
}

/// One fact behind a figure, in words for a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceLine {
    /// It.
    pub trace: Trace,
    /// Where: 小区 3-2-501, 一号热力站; "" where it is about no place.
    pub place: String,
    /// Who was there, or works on it.
    pub who: Option<PersonId>,
    /// How a visit ended.
    pub outcome: Option<Outcome>,
    /// The lowest room temperature at a visit, tenths of a degree.
    pub tenths: Option<i32>,
    /// A plan's diagnosis, or what a resident said.
    pub about: String,
    /// The event: the visit's, or the one that opened the plan or request.
    pub event: Option<EventId>,
}

/// The line of a fact, from its place's door and, of a plan or request, its record.
pub fn trace_line(trace: Trace, door: Option<&Door>, record: Option<&Record>, place: String) -> TraceLine {
    let visit = match &trace.source {
        Source::Visit { event, .. } => door.and_then(|door| door.visits.get(event)),
        Source::Plan { .. } | Source::Request { .. } => None,
    };
    let event = match &trace.source {
        Source::Visit { event, .. } => Some(event.clone()),
        Source::Plan { plan, .. } => plan.as_str().parse().ok(),
        Source::Request { request, .. } => request.as_str().parse().ok(),
    };
    let text = |field| record.and_then(|record| record.text(field)).unwrap_or_default().to_owned();
    let (about, who) = match &trace.source {
        Source::Visit { .. } => (String::new(), visit.map(|visit| visit.person.clone())),
        Source::Plan { .. } => (text(crate::plan::field::DIAGNOSIS), None),
        Source::Request { .. } => {
            let who = record.and_then(|record| record.read(crate::request::field::ASSIGNEE));
            (text(crate::request::field::TEXT), who)
        }
    };
    TraceLine {
        outcome: visit.map(|visit| visit.outcome),
        tenths: visit.and_then(VisitBrief::lowest_c).map(tenths),
        trace,
        place,
        who,
        about,
        event,
    }
}

/// Where something is, as lists and reports write it.
pub fn place_text(site: Option<&KnownSite>) -> String {
    match site {
        Some(KnownSite::Household(household)) => format!("{} {}", household.estate, household.short()),
        Some(KnownSite::Facility(facility)) => facility.short(),
        None => String::new(),
    }
}

impl Source {
    /// The place that it is about.
    pub fn site(&self) -> Option<Site> {
        match self {
            Self::Visit { site, .. } => Some(site.clone()),
            Self::Plan { household, .. } => Some(household.into()),
            Self::Request { site, .. } => site.clone(),
        }
    }

    /// Its record, where it has one of its own.
    pub fn record(&self) -> Option<(Noun, &str)> {
        match self {
            Self::Visit { .. } => None,
            Self::Plan { plan, .. } => Some((Noun::Plan, plan.as_str())),
            Self::Request { request, .. } => Some((Noun::Request, request.as_str())),
        }
    }
}

/// Under which grid the figures of each grid are listed: the inspector's grid above it (or itself), else itself.
pub fn listed_under(grids: &[Grid]) -> BTreeMap<GridId, GridId> {
    let by_id: BTreeMap<&GridId, &Grid> = grids.iter().map(|grid| (&grid.id, grid)).collect();
    let under = |grid: &Grid| {
        let mut seen = BTreeSet::new();
        let mut at = Some(grid);
        while let Some(here) = at.filter(|here| seen.insert(&here.id)) {
            if here.level == Level::Inspector {
                return here.id.clone();
            }
            at = here.parent.as_ref().and_then(|above| by_id.get(above).copied());
        }
        grid.id.clone()
    };
    grids.iter().map(|grid| (grid.id.clone(), under(grid))).collect()
}

/// The counts of these grids, put together as they are listed.
pub fn listed(counted: &Counted, grids: &[Grid]) -> BTreeMap<GridId, Sums> {
    let under = listed_under(grids);
    let mut listed: BTreeMap<GridId, Sums> = BTreeMap::new();
    for (grid, sums) in &counted.grids {
        listed.entry(under.get(grid).unwrap_or(grid).clone()).or_default().add(sums);
    }
    listed
}

/// What a report is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// Which period.
    pub period: Period,
    /// When it is made.
    pub now_ms: Millis,
    /// Whose grids.
    pub grid: Option<GridId>,
    /// All of those grids, with their names.
    pub grids: &'a [Grid],
    /// Counted in the period.
    pub counted: Counted,
    /// Counted in the period before.
    pub before: Counted,
    /// Counted a season ago.
    pub season_before: Counted,
    /// What is overdue, in any order.
    pub overdue: Vec<Overdue>,
}

impl Report {
    /// Puts a report together.
    pub fn new(parts: Parts<'_>) -> Self {
        let Parts { period, now_ms, grid, grids, counted, before, season_before, mut overdue } = parts;
        let ids: BTreeSet<GridId> = grids.iter().map(|grid| grid.id.clone()).collect();
        let listed = listed(&counted, grids);
        let names: BTreeMap<&GridId, &str> = grids.iter().map(|grid| (&grid.id, grid.name.as_str())).collect();
        let name = |id: &GridId| names.get(id).copied().unwrap_or(id.as_str()).to_owned();
        let overdue_total = u32::try_from(overdue.len()).unwrap_or(u32::MAX);
        crate::order::sort_by_key(&mut overdue, |item| (item.since_ms, item.source.clone()));
        overdue.truncate(MOST_OVERDUE);
        Self {
            period,
            now_ms,
            grid,
            total: counted.total(&ids),
            before: before.total(&ids),
            season_before: season_before.total(&ids),
            league: league(&listed),
            grids: listed.into_iter().map(|(grid, sums)| GridLine { name: name(&grid), grid, sums }).collect(),
            steps: counted.steps,
            overdue,
            overdue_total,
        }
    }

    /// The best and the worst of the league: three each, of fewer than six grids half of them, rounded down.
    pub fn best_and_worst(&self) -> (&[LeagueLine], &[LeagueLine]) {
        let each = (self.league.len() / 2).min(3);
        let (best, rest) = self.league.split_at(each);
        (best, rest.split_at(rest.len() - each).1)
    }

    /// What a grid is called here.
    pub fn name_of<'a>(&'a self, grid: &'a GridId) -> &'a str {
        self.grids.iter().find(|line| line.grid == *grid).map_or(grid.as_str(), |line| line.name.as_str())
    }
}
