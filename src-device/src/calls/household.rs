//! Buildings, facades, a household with its timeline.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    act,
    body::{Body, Noun},
    clock::china_now,
    door::Door,
    form::{Environment, in_words},
    ids::EventId,
    ipc::{
        CallError,
        conflict::Conflict,
        household::{
            EditHousehold, Estate, Estates, Facade, FacadeReply, GridFigures, HouseholdPage, Map, MapReply,
            OpenHousehold, OpenVisitRecord, VisitRecord,
        },
    },
    plan::{Plan, PlanState},
    record::Record,
    site::Site,
    view,
};
use serde_json::Value;

use super::{Answer, not_found};
use crate::Device;

/// The records that a site's page shows: itself, its plans, its requests.
pub(super) struct Records {
    pub(super) records: Vec<Record>,
    /// What waits for a decision in them.
    pub(super) conflicts: Vec<Conflict>,
    /// What of them, and of the facts of the site, the server does not have.
    pub(super) unsent: Vec<EventId>,
}

impl Device {
    pub(super) fn records_at(&self, site: &Site, door: &Door) -> Result<Records, CallError> {
        let (mut records, mut conflicts, mut unsent) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (noun, id) in view::records_of(site, door) {
            let Some(record) = self.record_of(noun, &id)? else { continue };
            let live = record.fields.values().flat_map(|f| &f.live).map(|h| &h.event);
            unsent.extend(live.filter(|e| self.is_unsent(e)).cloned());
            conflicts.extend(self.conflicts_of(&record)?);
            records.push(record);
        }
        let facts = door.visits.keys().chain(door.call_backs.keys()).chain(door.photos.values().map(|(id, _)| id));
        unsent.extend(facts.filter(|e| self.is_unsent(e)).cloned());
        Ok(Records { records, conflicts, unsent: unsent.into_iter().collect() })
    }
}

impl Answer<Estates> for Device {
    fn answer(&self, _: Estates) -> Result<Vec<Estate>, CallError> {
        let (doors, nothing) = (self.doors()?, Door::default());
        let (_, running) = self.rounds()?;
        let households = self.my_households();
        let mut rounds = BTreeMap::new();
        let lines: Vec<_> = households
            .iter()
            .map(|h| {
                let round = *rounds.entry(&h.grid).or_insert_with(|| self.round_of(&h.grid, &running));
                (h, view::facade_door(h, doors.get(&h.id).unwrap_or(&nothing), round))
            })
            .collect();
        Ok(view::estates(lines))
    }
}

impl Answer<Facade> for Device {
    fn answer(&self, call: Facade) -> Result<FacadeReply, CallError> {
        let mine = self.my_grids();
        let mut households = self.index().building(&call.estate, &call.building);
        households.retain(|household| mine.contains(&household.grid));
        let doors = match &call.drive {
            Some(drive) => self.facade_of(drive, households)?,
            None => {
                let (_, running) = self.rounds()?;
                let mut doors = Vec::with_capacity(households.len());
                for household in &households {
                    let round = self.round_of(&household.grid, &running);
                    doors.push(view::facade_door(household, &self.door(&household.id)?, round));
                }
                doors
            }
        };
        if doors.is_empty() {
            return Err(not_found("building"));
        }
        Ok(FacadeReply { estate: call.estate, building: call.building, doors })
    }
}

impl Answer<OpenHousehold> for Device {
    fn answer(&self, call: OpenHousehold) -> Result<HouseholdPage, CallError> {
        let (_, household) = self.my_household(&call.household)?;
        let door = self.door(&household.id)?;
        let site = Site::from(&household.id);
        let Records { records, conflicts, unsent } = self.records_at(&site, &door)?;
        let of_plan = records.iter().filter(|record| record.noun == Noun::Plan);
        let mut plans: Vec<_> = of_plan.filter_map(Plan::from_record).collect();
        plans.sort_by(|a, b| (b.opened_ms, &b.id).cmp(&(a.opened_ms, &a.id)));
        let round = self.round_at(&household, &door)?;
        Ok(HouseholdPage {
            plans,
            conflicts,
            unsent,
            draft: self.draft_at(&site).map(|d| d.opened.draft),
            round,
            door,
            household,
        })
    }
}

impl Answer<OpenVisitRecord> for Device {
    fn answer(&self, call: OpenVisitRecord) -> Result<VisitRecord, CallError> {
        self.my_site(&call.at)?;
        let door = self.door(&call.at)?;
        let brief = door.visits.get(&call.visit).cloned().ok_or_else(|| not_found("visit"))?;
        let signed = self.event(&call.visit)?.ok_or_else(|| not_found("visit"))?;
        let Ok(Body::Visit(visit)) = signed.event().map(|e| e.body) else { return Err(not_found("visit")) };
        let form = visit.form.as_ref().and_then(|(_, hash)| self.form_by_short_hash(hash).ok());
        let answers = match form {
            Some(form) => {
                let started_ms = visit.started_ms.unwrap_or_default();
                in_words(&form, Environment::at(china_now(started_ms)), &visit.answers)
            }
            // Without its form an answer is still an answer.
            None => {
                let mut lines = Vec::new();
                plainly(&visit.answers, "", &mut lines);
                lines
            }
        };
        let (photos, files) = view::evidence(visit.photos, &door);
        Ok(VisitRecord { brief, answers, photos, files })
    }
}

type Lines = Vec<(String, String, String)>;

fn plainly(answers: &Value, place: &str, lines: &mut Lines) {
    let named = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}/{name}") };
    match answers {
        Value::Object(map) => map.iter().for_each(|(name, inner)| plainly(inner, &named(name), lines)),
        Value::Array(list) if list.iter().any(Value::is_object) => {
            list.iter().enumerate().for_each(|(n, inner)| plainly(inner, &named(&(n + 1).to_string()), lines));
        }
        Value::Null => {}
        Value::String(text) => lines.push((place.to_owned(), place.to_owned(), text.clone())),
        other => lines.push((place.to_owned(), place.to_owned(), other.to_string())),
    }
}

impl Answer<EditHousehold> for Device {
    fn answer(&self, call: EditHousehold) -> Result<Option<EventId>, CallError> {
        self.my_household(&call.household)?;
        self.write_edit(Noun::Household, call.household.as_str(), |record| act::edit_household(record, &call.set))
    }
}

impl Answer<Map> for Device {
    fn answer(&self, _: Map) -> Result<MapReply, CallError> {
        let (doors, nothing) = (self.doors()?, Door::default());
        let (_, running) = self.rounds()?;
        let households = self.my_households();
        let grids = self.profile().map(|p| p.grids).unwrap_or_default();
        let figures = grids.into_iter().filter(huce_core::grid::Grid::is_open).map(|grid| {
            let round = self.round_of(&grid.id, &running);
            let here: Vec<_> = households
                .iter()
                .filter(|h| h.grid == grid.id)
                .map(|h| view::facade_door(h, doors.get(&h.id).unwrap_or(&nothing), round))
                .collect();
            let count = |of: &dyn Fn(&huce_core::ipc::household::FacadeDoor) -> bool| {
                u32::try_from(here.iter().filter(|d| of(d)).count()).unwrap_or(u32::MAX)
            };
            let temps: Vec<f64> = here.iter().filter_map(|d| d.temp_c).collect();
            GridFigures {
                households: count(&|_| true),
                visited: count(&|d| view::ends(d.visit)),
                measured: count(&|d| d.temp_c.is_some()),
                cold: count(&|d| view::is_cold(d.temp_c)),
                mean_c: (!temps.is_empty()).then(|| temps.iter().sum::<f64>() / temps.len() as f64),
                open_requests: here.iter().map(|d| d.open_requests).sum(),
                open_plans: count(&|d| d.plan.is_some_and(|p| p != PlanState::Closed)),
                grid,
            }
        });
        Ok(MapReply { grids: figures.collect() })
    }
}
