//! Estates, facades, a household's page, one visit's answers, and what a person changes of a household.

use std::sync::Arc;

use huce_core::{
    act,
    body::{Body, Noun},
    clock::china_now,
    door::Door,
    form::{Environment, Form, in_words, read_bytes},
    household::Household,
    ids::{EventId, FormId, HouseholdId},
    ipc::{
        CallError, Code,
        household::{
            EditHousehold, Estate, Estates, Facade, FacadeReply, HouseholdPage, Map, MapReply, OpenHousehold,
            OpenVisitRecord, VisitRecord,
        },
    },
    plan::Plan,
    projection::{Doc, Key},
    site::Site,
    view,
};

use super::{
    asked::{Answer, Asked},
    conflict, doors, figures, round,
};
use crate::store::{Conn, docs, forms, stream};

/// Answers [`Estates`].
pub async fn estates(asked: &Asked, _: Estates) -> Answer<Vec<Estate>> {
    let mut conn = asked.conn().await?;
    let running = asked.running(&mut conn).await?;
    Ok(doors::estates(&mut conn, &asked.viewer.grids, &running).await?)
}

/// Answers [`Facade`]: only the doors that the person sees.
pub async fn facade(asked: &Asked, call: Facade) -> Answer<FacadeReply> {
    let mut conn = asked.conn().await?;
    let doors = match &call.drive {
        Some(drive) => round::facade(&mut conn, asked, drive, &call).await?,
        None => {
            let running = asked.running(&mut conn).await?;
            doors::facade(&mut conn, &asked.viewer.grids, &running, &call.estate, &call.building).await?
        }
    };
    if doors.is_empty() {
        let what = format!("{} {}", call.estate, call.building);
        return Err(CallError::new(Code::NotFound).with("what", what));
    }
    Ok(FacadeReply { estate: call.estate, building: call.building, doors })
}

/// Answers [`Map`].
pub async fn map(asked: &Asked, _: Map) -> Answer<MapReply> {
    let mut conn = asked.conn().await?;
    let running = asked.running(&mut conn).await?;
    let own = figures::by_grid(&mut conn, &asked.viewer.grids, &running).await?;
    let grids = figures::of_grids(&mut conn, &asked.viewer.tree, &asked.viewer.grids, &own).await?;
    Ok(MapReply { grids })
}

/// Answers [`OpenHousehold`].
pub async fn open_household(asked: &Asked, call: OpenHousehold) -> Answer<HouseholdPage> {
    let (record, household) = asked.household(&call.household).await?;
    let mut conn = asked.conn().await?;
    let site = Site::from(&household.id);
    let door = door(&mut conn, &site).await?;
    let keys = view::records_of(&site, &door).into_iter().map(|(noun, id)| Key::Record(noun, id));
    let docs = docs::load_standing(&mut conn, keys).await?;
    let mut conflicts = conflict::of(&mut conn, &record).await?;
    let mut plans = Vec::new();
    for doc in docs.values() {
        let Doc::Record(other) = doc else { continue };
        // Plans and requests stand where the household does, which the person sees (docs/adr/0007).
        if other.noun == Noun::Household {
            continue;
        }
        conflicts.extend(conflict::of(&mut conn, other).await?);
        if other.noun == Noun::Plan {
            plans.extend(Plan::from_record(other));
        }
    }
    plans.sort_by(|a, b| (b.opened_ms, &b.id).cmp(&(a.opened_ms, &a.id)));
    let round = round::round_at(&mut conn, asked, &household, &door).await?;
    Ok(HouseholdPage { household, door, plans, conflicts, unsent: Vec::new(), draft: None, round })
}

/// Answers [`OpenVisitRecord`].
pub async fn open_visit_record(asked: &Asked, call: OpenVisitRecord) -> Answer<VisitRecord> {
    asked.site(&call.at).await?;
    let mut conn = asked.conn().await?;
    let missing = || CallError::new(Code::NotFound).with("what", &call.visit);
    let signed = stream::event(&mut conn, &call.visit.device, call.visit.seq).await?.ok_or_else(missing)?;
    let event = signed.event().map_err(|_| missing())?;
    let Body::Visit(visit) = &event.body else { return Err(missing()) };
    if event.site().as_ref() != Some(&call.at) {
        return Err(missing());
    }
    let mut door = door(&mut conn, &call.at).await?;
    let brief = door.visits.remove(&call.visit).ok_or_else(missing)?;
    let form = match &visit.form {
        Some((form, hash)) => form_of(&mut conn, form, hash).await?,
        None => None,
    };
    let made = Environment::at(china_now(visit.started_ms.unwrap_or_default()));
    let answers = form.map(|form| in_words(&form, made, &visit.answers)).unwrap_or_default();
    let (photos, files) = view::evidence(visit.photos.clone(), &door);
    Ok(VisitRecord { brief, answers, photos, files })
}

/// The form that a visit was filled in with; none when it is not here.
async fn form_of(conn: &mut Conn, form: &FormId, hash: &str) -> Answer<Option<Arc<Form>>> {
    let Some(bytes) = forms::bytes_by_prefix(conn, form, hash).await? else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || read_bytes(&bytes).form);
    Ok(read.await.ok().flatten().map(Arc::new))
}

/// Answers [`EditHousehold`].
pub async fn edit_household(asked: &Asked, call: EditHousehold) -> Answer<Option<EventId>> {
    let (record, household) = asked.household(&call.household).await?;
    match act::edit_household(&record, &call.set)? {
        Some(edit) => Ok(Some(asked.write(&record.grid, Some(household.id.into()), Body::Edit(edit)).await?)),
        None => Ok(None),
    }
}

/// What is known of a door, or of a facility; an empty one when nothing happened there.
pub async fn door(conn: &mut Conn, site: &Site) -> Answer<Door> {
    let key = Key::Door(site.clone());
    match docs::load(conn, [key.clone()]).await?.remove(&key) {
        Some(Doc::Door(door)) => Ok(door),
        _ => Ok(Door::default()),
    }
}

/// The household that a record is about, for lists.
pub fn household_in(docs: &huce_core::projection::Docs, id: &HouseholdId) -> Option<Household> {
    match docs.get(&Key::Record(Noun::Household, id.to_string())) {
        Some(Doc::Record(record)) => Household::from_record(record),
        _ => None,
    }
}
