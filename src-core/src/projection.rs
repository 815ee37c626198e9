//! From events to what the screens read. The same pure step runs on the tablet and on the server:
//! ask [`touches`] which documents an event needs, load them, [`apply`], write them back in one batch.
//! Whoever calls passes every event once; order does not matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    body::{Body, Edit, Noun},
    door::{CallBackBrief, Door, PlanBrief, VisitBrief, photo_brief},
    event::Event,
    ids::PlanId,
    plan::Plan,
    record::Record,
    request::Request,
    site::Site,
};

/// Names a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    /// A record: `r/NOUN/ID`.
    Record(Noun, String),
    /// What is known of a household or facility: `d/HOUSEHOLD`, `f/FACILITY`.
    Door(Site),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Record(noun, id) => write!(f, "r/{}/{id}", noun.as_str()),
            Self::Door(Site::Household(id)) => write!(f, "d/{id}"),
            Self::Door(Site::Facility(id)) => write!(f, "f/{id}"),
        }
    }
}

/// The key of a site's own record.
pub fn record_of(site: &Site) -> Key {
    Key::Record(site.noun(), site.to_string())
}

/// A document, stored as JSON under its [`Key`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Doc {
    /// A record that changes.
    Record(Record),
    /// What is known about a door, or a facility.
    Door(Door),
}

/// The documents at hand. A key that is missing is a document that does not exist yet.
pub type Docs = BTreeMap<Key, Doc>;

/// The documents that [`apply`] reads or writes for this event.
pub fn touches(event: &Event) -> Vec<Key> {
    let record = match &event.body {
        Body::Edit(edit) => Some(Key::Record(edit.noun, edit.id.clone())),
        _ => None,
    };
    record.into_iter().chain(event.site().map(Key::Door)).collect()
}

/// Takes an event into the documents.
pub fn apply(event: &Event, docs: &mut Docs) {
    if let Body::Edit(edit) = &event.body {
        apply_edit(event, edit, docs);
    }
    let Some(site) = event.site() else { return };
    let door = door(docs, site);
    match &event.body {
        Body::Visit(visit) => {
            let brief = VisitBrief {
                when_ms: event.when_ms(),
                person: event.person.clone(),
                outcome: visit.outcome,
                round: visit.round.clone(),
                also: visit.also.clone(),
                form: visit.form.as_ref().map(|(form, _)| form.clone()),
                readings: visit.readings.clone(),
                satisfaction: visit.satisfaction,
                corrects: visit.corrects.clone(),
            };
            door.visits.insert(event.id(), brief);
        }
        Body::Photo(photo) => {
            let brief = photo_brief(event.when_ms(), &event.person, photo);
            let first = door.photos.get(&photo.photo).is_none_or(|(id, _)| event.id() < *id);
            if first {
                door.photos.insert(photo.photo.clone(), (event.id(), brief));
            }
        }
        Body::CallBack(said) => {
            let brief = CallBackBrief { when_ms: event.when_ms(), person: event.person.clone(), said: said.clone() };
            door.call_backs.insert(event.id(), brief);
        }
        Body::Unknown => {
            if let Err(place) = door.newer.binary_search(&event.id()) {
                door.newer.insert(place, event.id());
            }
        }
        // What is done in a grid is kept beside the documents.
        Body::Edit(_) | Body::Duty(_) => {}
    }
}

fn apply_edit(event: &Event, edit: &Edit, docs: &mut Docs) {
    let key = Key::Record(edit.noun, edit.id.clone());
    let doc = docs.entry(key).or_insert_with(|| Doc::Record(Record::new(event, edit.noun, &edit.id)));
    let Doc::Record(record) = doc else { return };
    record.apply(event, edit);
    let plan = Plan::from_record(record);
    let request = Request::from_record(record);
    match edit.noun {
        Noun::Plan => {
            if let (Some(plan), Ok(id)) = (plan, PlanId::new(edit.id.clone())) {
                door(docs, plan.household.clone().into()).plans.insert(id, PlanBrief::from(&plan));
            }
        }
        Noun::Request => {
            if let Some(request) = request
                && let Some(site) = request.site()
            {
                door(docs, site).requests.insert(request.id.clone(), request);
            }
        }
        _ => {}
    }
}

fn door(docs: &mut Docs, site: Site) -> &mut Door {
    let doc = docs.entry(Key::Door(site)).or_insert_with(|| Doc::Door(Door::default()));
    if !matches!(doc, Doc::Door(_)) {
        *doc = Doc::Door(Door::default());
    }
    match doc {
        Doc::Door(door) => door,
        Doc::Record(_) => unreachable!("replaced above"),
    }
}
