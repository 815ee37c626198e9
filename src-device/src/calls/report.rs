//! Reports of this person's grids, counted from what the tablet holds. The counting is the core's
//! ([`huce_core::figures`]); the server does the same with what it holds.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::Noun,
    door::Door,
    figures::{
        Counting, Period, PlanFact, Report, RequestFact, VisitFact,
        count::Counted,
        report::{Overdue, Parts, overdue, place_text, trace_line},
    },
    grid::Grid,
    household::Household,
    ids::GridId,
    ipc::{
        CallError, Code,
        report::{MAX_TRACES, ReadReport, ReadTraces, TracesReply},
    },
    projection::Doc,
    record::Record,
    site::{KnownSite, Site},
};

use super::Answer;
use crate::Device;

/// What this tablet holds of some grids.
struct Held {
    grids: BTreeSet<GridId>,
    households: BTreeMap<GridId, u64>,
    doors: BTreeMap<Site, (GridId, Door)>,
    plans: Vec<Record>,
    requests: Vec<Record>,
}

impl Held {
    fn door(&self, site: Option<&Site>) -> Option<&Door> {
        site.and_then(|site| self.doors.get(site)).map(|(_, door)| door)
    }

    fn count(&self, mut counting: Counting) -> Counted {
        self.households.iter().for_each(|(grid, n)| counting.households(grid, *n));
        for (site, (grid, door)) in &self.doors {
            VisitFact::of_door(grid, site, door).for_each(|fact| counting.visit(&fact));
        }
        self.plans.iter().filter_map(PlanFact::from_record).for_each(|fact| counting.plan(&fact));
        for record in &self.requests {
            if let Some(fact) = RequestFact::new(record, self.door(record.site().as_ref())) {
                counting.request(fact);
            }
        }
        counting.finish()
    }
}

impl Device {
    /// The grids of a report: one of this person's with those below it, or all of them.
    fn reported(&self, grid: Option<&GridId>) -> Result<Vec<Grid>, CallError> {
        if let Some(grid) = grid {
            self.check_grid(grid)?;
        }
        let all = self.profile().map(|profile| profile.grids).unwrap_or_default();
        Ok(all.into_iter().filter(|at| grid.is_none_or(|top| self.is_within(&at.id, top))).collect())
    }

    fn held(&self, grids: &[Grid]) -> Result<Held, CallError> {
        let grids: BTreeSet<GridId> = grids.iter().map(|grid| grid.id.clone()).collect();
        let mut households: BTreeMap<GridId, u64> = BTreeMap::new();
        let mut doors = BTreeMap::new();
        let mut known = self.doors()?;
        for Household { id, grid, .. } in self.my_households().into_iter().filter(|h| grids.contains(&h.grid)) {
            *households.entry(grid.clone()).or_default() += 1;
            if let Some(door) = known.remove(&id) {
                doors.insert(Site::from(id), (grid, door));
            }
        }
        for facility in self.my_facilities("").into_iter().filter(|f| grids.contains(&f.grid)) {
            let site = Site::from(&facility.id);
            let door = self.door(&site)?;
            doors.insert(site, (facility.grid, door));
        }
        let [plans, requests] = [Noun::Plan, Noun::Request].map(|noun| self.records_in(noun, &grids));
        Ok(Held { plans: plans?, requests: requests?, grids, households, doors })
    }

    fn records_in(&self, noun: Noun, grids: &BTreeSet<GridId>) -> Result<Vec<Record>, CallError> {
        let mut records = Vec::new();
        self.docs(&format!("r/{}/", noun.as_str()), |_, doc| {
            if let Doc::Record(record) = doc {
                records.push(record);
            }
        })?;
        for record in &mut records {
            record.grid = self.stands(record);
        }
        records.retain(|record: &Record| grids.contains(&record.grid));
        Ok(records)
    }

    fn place_of(&self, site: Option<&Site>) -> String {
        let known = match site {
            Some(Site::Household(id)) => self.index().get(id).map(KnownSite::Household),
            Some(Site::Facility(id)) => self.index().facility(id).cloned().map(KnownSite::Facility),
            None => None,
        };
        place_text(known.as_ref())
    }

    fn overdue_in(&self, held: &Held, period: Period, now_ms: i64) -> Vec<Overdue> {
        let at_ms = period.at_ms(now_ms);
        let records = held.plans.iter().chain(&held.requests);
        let late = records.filter_map(|record| {
            let site = record.site();
            overdue(record, held.door(site.as_ref()), self.place_of(site.as_ref()), at_ms)
        });
        late.collect()
    }
}

impl Answer<ReadReport> for Device {
    fn answer(&self, call: ReadReport) -> Result<Report, CallError> {
        let now_ms = self.server_now_ms();
        let period = call.scope.period(now_ms)?;
        let grids = self.reported(call.scope.grid.as_ref())?;
        let held = self.held(&grids)?;
        let count = |period| held.count(Counting::new(period, now_ms));
        Ok(Report::new(Parts {
            period,
            now_ms,
            grid: call.scope.grid,
            grids: &grids,
            counted: count(period),
            before: count(period.before()),
            season_before: count(period.year_before()),
            overdue: self.overdue_in(&held, period, now_ms),
        }))
    }
}

impl Answer<ReadTraces> for Device {
    fn answer(&self, call: ReadTraces) -> Result<TracesReply, CallError> {
        if !call.figure.is_traced() {
            return Err(CallError::new(Code::BadInput).with("field", "figure").with("why", "register"));
        }
        let now_ms = self.server_now_ms();
        let period = call.scope.period(now_ms)?;
        let held = self.held(&self.reported(call.scope.grid.as_ref())?)?;
        let counted = held.count(Counting::new(period, now_ms).tracing(call.figure));
        let traces = counted.traces.into_iter().filter(|trace| held.grids.contains(&trace.grid));
        let mut traces: Vec<_> = traces.collect();
        let total = u32::try_from(traces.len()).unwrap_or(u32::MAX);
        traces.truncate(MAX_TRACES);
        let mut lines = Vec::with_capacity(traces.len());
        for trace in traces {
            let site = trace.source.site();
            let record = match trace.source.record() {
                Some((noun, id)) => self.record_of(noun, id)?,
                None => None,
            };
            let place = self.place_of(site.as_ref());
            lines.push(trace_line(trace, held.door(site.as_ref()), record.as_ref(), place));
        }
        Ok(TracesReply { period, now_ms, total, lines })
    }
}
