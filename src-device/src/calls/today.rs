//! Today: the first screen.

use std::collections::HashMap;

use huce_core::{
    clock::china_date,
    door::Door,
    facility::Facility,
    household::Household,
    ids::{GridId, HouseholdId},
    ipc::{
        CallError,
        household::PlanLine,
        today::{DraftLine, Today, TodayReply},
    },
    plan::PlanState,
    projection::Doc,
    round::Round,
    site::Site,
    view,
};

use super::Answer;
use crate::Device;

impl Device {
    /// All doors about which something is known.
    pub(super) fn doors(&self) -> Result<HashMap<HouseholdId, Door>, CallError> {
        let mut doors = HashMap::new();
        self.docs("d/", |key, doc| {
            let id = key.strip_prefix("d/").and_then(|id| HouseholdId::new(id).ok());
            if let (Doc::Door(door), Some(id)) = (doc, id) {
                doors.insert(id, door);
            }
        })?;
        Ok(doors)
    }

    /// Households of this person's grids, in the order of walking.
    pub(super) fn my_households(&self) -> Vec<Household> {
        let mine = self.my_grids();
        self.index().all().filter(|h| mine.contains(&h.grid)).collect()
    }

    /// What a household or facility is called in a header; "" when it is not here (any more).
    fn short(&self, site: &Site) -> String {
        match site {
            Site::Household(id) => self.index().get(id).map(|household| household.short()),
            Site::Facility(id) => self.index().facility(id).map(Facility::short),
        }
        .unwrap_or_default()
    }

    /// Is `grid` the other one, or below it?
    pub(super) fn is_within(&self, grid: &GridId, top: &GridId) -> bool {
        let profile = self.profile();
        let grids: Vec<_> = profile.iter().flat_map(|p| p.grids.iter().chain(&p.above)).collect();
        let mut here = Some(grid.clone());
        for _ in 0..64 {
            match here {
                Some(at) if at == *top => return true,
                Some(at) => here = grids.iter().find(|g| g.id == at).and_then(|g| g.parent.clone()),
                None => return false,
            }
        }
        false
    }

    fn round_doors<'a>(
        &self,
        round: &Round,
        households: &'a [Household],
        doors: &'a HashMap<HouseholdId, Door>,
        nothing: &'a Door,
    ) -> Vec<(&'a Household, &'a Door)> {
        let mut within: HashMap<&GridId, bool> = HashMap::new();
        let mut here = Vec::new();
        for household in households {
            if *within.entry(&household.grid).or_insert_with(|| self.is_within(&household.grid, &round.grid)) {
                here.push((household, doors.get(&household.id).unwrap_or(nothing)));
            }
        }
        here
    }
}

/// A plan or follow-up shows on the first screen so many days before its date: what fits in one trip is done in one.
const SOON_DAYS: u64 = 7;

impl Answer<Today> for Device {
    fn answer(&self, _: Today) -> Result<TodayReply, CallError> {
        let now_ms = self.server_now_ms();
        let soon = (china_date(now_ms) + chrono::Days::new(SOON_DAYS)).to_string();
        let (doors, households, nothing) = (self.doors()?, self.my_households(), Door::default());
        let (all, _) = self.rounds()?;
        let running = all.iter().filter(|r| view::runs(r, now_ms));
        let rounds = running
            .map(|round| (round, self.round_doors(round, &households, &doors, &nothing)))
            .filter(|(_, doors)| !doors.is_empty())
            .map(|(round, doors)| view::round_progress(round, &doors, now_ms));
        let known = || households.iter().filter_map(|h| doors.get(&h.id));
        let temps: Vec<f64> = known().filter_map(|d| d.last_temp()).map(|(_, c)| c).collect();
        let cold = || known().filter(|d| view::is_cold(d.last_temp().map(|(_, c)| c)));
        let planned = |d: &&Door| d.plans.values().any(|p| p.state != PlanState::Closed);
        let is_due = |line: &PlanLine| line.plan.due().is_some_and(|due| due <= soon.as_str());
        let (follow_ups, plans_due): (Vec<_>, Vec<_>) =
            self.plan_lines(false)?.into_iter().filter(is_due).partition(|l| l.plan.state == PlanState::FollowUp);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let drafts = self.drafts().into_iter().map(|draft| DraftLine {
            short: self.short(&draft.opened.at),
            at: draft.opened.at,
            kept_ms: draft.kept_ms,
        });
        Ok(TodayReply {
            now_ms,
            rounds: rounds.collect(),
            requests: self.request_lines(false)?,
            plans_due,
            follow_ups,
            measured: count(temps.len()),
            cold: count(cold().count()),
            cold_planned: count(cold().filter(planned).count()),
            temperatures: view::temperatures(temps),
            drafts: drafts.collect(),
        })
    }
}
