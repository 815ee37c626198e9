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
        self.path(grid).contains(top)
    }
}

impl Answer<Today> for Device {
    fn answer(&self, _: Today) -> Result<TodayReply, CallError> {
        let now_ms = self.server_now_ms();
        let soon = (china_date(now_ms) + chrono::Days::new(view::SOON_DAYS)).to_string();
        let me = self.me().ok();
        let (mut running, _) = self.rounds()?;
        running.retain(|round| view::runs(round, now_ms));
        let doors = self.doors_for(&running)?;
        let mine = |round: &Round| {
            let mut mine = self.doors_of(round, &doors);
            mine.retain(|(household, _)| me.as_ref().is_none_or(|me| round.is_for(me, household)));
            mine
        };
        let rounds = running
            .iter()
            .map(|round| (round, mine(round)))
            .filter(|(_, doors)| !doors.is_empty())
            .map(|(round, doors)| view::round_progress(round, &doors, now_ms));
        let known = || doors.known();
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
