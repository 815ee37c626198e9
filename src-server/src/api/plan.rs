//! Plans: the list, one plan with its story, and its changes.

use std::collections::BTreeSet;

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
    projection::{Doc, Docs, Key},
    site::Site,
    view,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    conflict,
    figures::within,
    household::{door, household_in},
};
use crate::store::{Conn, StoreError, docs};

/// The most plans of one list: what is due first comes first.
const MAX_PLANS: i64 = 1_000;

/// Answers [`Plans`]: what is due first, then the newest.
pub async fn plans(asked: &Asked, call: Plans) -> Answer<Vec<PlanLine>> {
    let mut conn = asked.conn().await?;
    let mut query = within(&asked.viewer.grids, "SELECT id, household FROM plan WHERE grid IN ");
    if !call.closed {
        query.push(" AND state <> 'closed'");
    }
    query.push(" ORDER BY CASE WHEN due IS NULL THEN 1 ELSE 0 END, due, changed_ms DESC, id LIMIT ").bind(MAX_PLANS);
    let rows = query.all(&mut conn).await?;
    let mut ids = Vec::new();
    let mut keys = BTreeSet::new();
    for row in rows {
        let plan: String = row.try_get(0).map_err(StoreError::from)?;
        keys.insert(Key::Record(Noun::Plan, plan.clone()));
        keys.insert(Key::Record(Noun::Household, row.try_get(1).map_err(StoreError::from)?));
        ids.push(plan);
    }
    let docs = docs::load_standing(&mut conn, keys).await?;
    Ok(ids.iter().filter_map(|id| line(&docs, id)).collect())
}

fn line(docs: &Docs, id: &str) -> Option<PlanLine> {
    let Some(Doc::Record(record)) = docs.get(&Key::Record(Noun::Plan, id.to_owned())) else { return None };
    let household = household_in(docs, record.household.as_ref()?)?;
    view::plan_line(record, &household)
}

/// Answers [`OpenPlan`].
pub async fn open_plan(asked: &Asked, call: OpenPlan) -> Answer<PlanPage> {
    let record = asked.record(Noun::Plan, call.plan.as_str()).await?;
    let missing = || CallError::new(Code::NotFound).with("what", &call.plan);
    let id = record.household.clone().ok_or_else(missing)?;
    let mut conn = asked.conn().await?;
    let household = household(&mut conn, &id).await?.ok_or_else(missing)?;
    let door = door(&mut conn, &Site::from(&id)).await?;
    let conflicts = conflict::of(&mut conn, &record).await?;
    view::plan_page(&record, &household, &door, conflicts, |_| false).ok_or_else(missing)
}

/// Answers [`ChangePlan`].
pub async fn change_plan(asked: &Asked, call: ChangePlan) -> Answer<PlanChanged> {
    let (_, household) = asked.household(&call.household).await?;
    let today = china_date(asked.now_ms);
    let Some(plan) = call.plan else {
        let edit = act::change_plan(None, "new", &call.changes, today)?;
        let edit = edit
            .filter(|e| !e.set.is_empty())
            .ok_or_else(|| CallError::new(Code::BadInput).with("field", "changes").with("why", "empty"))?;
        let event = asked.open(&household.grid, Some(household.id.into()), edit).await?;
        let plan = PlanId::new(event.to_string()).map_err(|_| CallError::new(Code::Internal).with("what", "plan"))?;
        return Ok(PlanChanged { plan, event: Some(event) });
    };
    let record = asked.record(Noun::Plan, plan.as_str()).await?;
    if record.household.as_ref() != Some(&household.id) {
        return Err(CallError::new(Code::NotFound).with("what", &plan));
    }
    let event = match act::change_plan(Some(&record), plan.as_str(), &call.changes, today)? {
        Some(edit) => Some(asked.write(&record.grid, record.site(), Body::Edit(edit)).await?),
        None => None,
    };
    Ok(PlanChanged { plan, event })
}

async fn household(conn: &mut Conn, id: &huce_core::ids::HouseholdId) -> Answer<Option<Household>> {
    let record = docs::record(conn, &Key::Record(Noun::Household, id.to_string())).await?;
    Ok(record.as_ref().and_then(Household::from_record))
}
