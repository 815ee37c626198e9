//! Plans: open one, change it, work it off.

use huce_core::{
    act,
    body::{Body, Noun},
    clock::china_date,
    household::Household,
    ids::PlanId,
    ipc::{
        CallError, Code,
        household::PlanLine,
        plan::{ChangePlan, OpenPlan, PlanChanged, PlanPage, Plans},
    },
    plan::PlanState,
    projection::Doc,
    view,
};

use super::{Answer, not_found};
use crate::{Device, device::New};

impl Device {
    /// Plans of this person's grids: what is due first, first.
    pub(super) fn plan_lines(&self, closed: bool) -> Result<Vec<PlanLine>, CallError> {
        let mut records = Vec::new();
        self.docs("r/plan/", |_, doc| {
            if let Doc::Record(record) = doc {
                records.push(record);
            }
        })?;
        let mine = self.my_grids();
        records.retain(|record| mine.contains(&self.stands(record)));
        let index = self.index();
        let here = records.iter();
        let mut lines: Vec<_> = here.filter_map(|r| view::plan_line(r, &index.get(r.household.as_ref()?)?)).collect();
        lines.retain(|line| closed || line.plan.state != PlanState::Closed);
        let due = |line: &PlanLine| (line.plan.due().is_none(), line.plan.due().map(str::to_owned));
        lines.sort_by_key(|line| (due(line), line.plan.id.clone()));
        Ok(lines)
    }
}

impl Answer<Plans> for Device {
    fn answer(&self, call: Plans) -> Result<Vec<PlanLine>, CallError> {
        self.plan_lines(call.closed)
    }
}

impl Answer<OpenPlan> for Device {
    fn answer(&self, call: OpenPlan) -> Result<PlanPage, CallError> {
        let record = self.my_record(Noun::Plan, call.plan.as_str())?;
        let household = record.household.clone().ok_or_else(|| not_found("plan"))?;
        let door = self.door(&household)?;
        let (_, household): (_, Household) = self.my_household(&household)?;
        let conflicts = self.conflicts_of(&record)?;
        let page = view::plan_page(&record, &household, &door, conflicts, |event| self.is_unsent(event));
        page.ok_or_else(|| not_found("plan"))
    }
}

impl Answer<ChangePlan> for Device {
    fn answer(&self, call: ChangePlan) -> Result<PlanChanged, CallError> {
        let person = self.me()?;
        let today = china_date(self.server_now_ms());
        let mut plan = call.plan.clone();
        let (event, count) = self.write(|next| {
            let (_, household) = self.my_household(&call.household)?;
            let record = match &call.plan {
                Some(plan) => Some(self.my_record(Noun::Plan, plan.as_str())?),
                None => None,
            };
            if record.as_ref().is_some_and(|r| r.household.as_ref() != Some(&call.household)) {
                return Err(not_found("plan"));
            }
            let id = match &plan {
                Some(plan) => plan.clone(),
                None => PlanId::new(next.to_string()).map_err(|e| CallError::new(Code::Internal).with("what", e))?,
            };
            let edit = act::change_plan(record.as_ref(), id.as_str(), &call.changes, today)?;
            plan = Some(id);
            let new = edit.map(|edit| New {
                person,
                grid: record.map_or(household.grid, |r| r.grid),
                site: Some(call.household.clone().into()),
                body: Body::Edit(edit),
            });
            Ok((new.into_iter().collect(), None))
        })?;
        let plan = plan.ok_or_else(|| not_found("plan"))?;
        Ok(PlanChanged { plan, event: (count > 0).then_some(event) })
    }
}
