//! The one merge rule. A field's value is the set of assertions that nothing replaces: one is settled, more are a
//! conflict that stays visible until a person settles it. Which assertion replaces which is said by the events
//! themselves, never by a clock; so the same set of events gives the same record in any order.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    body::{Assertion, Edit, Noun},
    clock::{Hlc, Millis},
    event::Event,
    ids::{EventId, FacilityId, GridId, HouseholdId, PersonId},
    site::Site,
};

/// A value that somebody asserted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// By which event.
    pub event: EventId,
    /// Device time, for the order of display only.
    pub at: Hlc,
    /// By the server's clock, as far as the device knew.
    pub when_ms: Millis,
    /// By whom.
    pub person: PersonId,
    /// The value.
    pub value: Value,
}

/// The assertions of one field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Field {
    /// What nothing replaces yet, the newest first by (timestamp, event).
    pub live: Vec<Held>,
    /// Everything that some event replaces, arrived or not: it does not come to life (again).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replaced: BTreeSet<EventId>,
}

impl Field {
    /// Two or more values that differ stand side by side.
    pub fn is_conflict(&self) -> bool {
        let mut values = self.live.iter().map(|h| &h.value);
        let first = values.next();
        values.any(|v| Some(v) != first)
    }

    fn apply(&mut self, held: Held, over: &[EventId]) {
        self.live.retain(|h| !over.contains(&h.event));
        self.replaced.extend(over.iter().cloned());
        let known = self.live.iter().any(|h| h.event == held.event);
        if !known && !self.replaced.contains(&held.event) {
            let place = self.live.partition_point(|h| (h.at, &h.event) > (held.at, &held.event));
            self.live.insert(place, held);
        }
    }
}

/// The field of a household or facility that says in which grid it stands since it was moved, see `docs/adr/0007`.
pub const HOME: &str = "grid";

/// A record: everything that is asserted about one household, facility, plan, request, round or grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its kind.
    pub noun: Noun,
    /// Its identifier.
    pub id: String,
    /// Where it stands: the grid that its field [`HOME`] names; without one, the grid of its newest event.
    pub grid: GridId,
    /// The grid of its newest event, where that is another one than where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<GridId>,
    /// The door it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
    /// The facility it belongs to, where it belongs to no door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<FacilityId>,
    /// Orders those above.
    pub newest: (Hlc, EventId),
    /// Its first event, by (timestamp, event).
    pub oldest: (Hlc, EventId),
    /// When the event happened that opened it and by which it is named, by the server's clock as far as its device knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_ms: Option<Millis>,
    /// Its fields.
    pub fields: BTreeMap<String, Field>,
}

impl Record {
    /// An empty record, about to take its first event.
    pub fn new(event: &Event, noun: Noun, id: &str) -> Self {
        let stamp = (event.at, event.id());
        Self {
            noun,
            id: id.to_owned(),
            grid: event.grid.clone(),
            carrier: None,
            household: event.household.clone(),
            facility: event.facility.clone(),
            newest: stamp.clone(),
            oldest: stamp,
            named_ms: None,
            fields: BTreeMap::new(),
        }
    }

    /// What it belongs to: a door, or else a facility.
    pub fn site(&self) -> Option<Site> {
        Site::of(self.household.as_ref(), self.facility.as_ref())
    }

    /// When it was opened. A tablet whose clock is wrong opens nothing on another day, and makes nothing older by an edit.
    pub fn opened_ms(&self) -> Millis {
        self.named_ms.unwrap_or(self.oldest.0.ms)
    }

    /// Takes an edit in. The caller passes each event once (stores know which events they have).
    pub fn apply(&mut self, event: &Event, edit: &Edit) {
        let stamp = (event.at, event.id());
        let mut carrier = self.carrier.take().unwrap_or_else(|| self.grid.clone());
        if stamp >= self.newest {
            carrier = event.grid.clone();
            self.household = event.household.clone();
            self.facility = event.facility.clone();
            self.newest = stamp.clone();
        }
        if stamp < self.oldest {
            self.oldest = stamp;
        }
        if event.id().to_string() == self.id {
            self.named_ms = Some(event.when_ms());
        }
        for (name, Assertion { v, over }) in &edit.set {
            let held = Held {
                event: event.id(),
                at: event.at,
                when_ms: event.when_ms(),
                person: event.person.clone(),
                value: v.clone(),
            };
            self.fields.entry(name.clone()).or_default().apply(held, over);
        }
        // Where it stands is a statement like any other, so that no clock decides it.
        match self.home() {
            Some(home) if home != carrier => (self.grid, self.carrier) = (home, Some(carrier)),
            _ => self.grid = carrier,
        }
    }

    /// The grid to which somebody moved it. Only households and facilities are moved: what belongs to one goes with it.
    fn home(&self) -> Option<GridId> {
        matches!(self.noun, Noun::Household | Noun::Facility).then(|| self.read(HOME)).flatten()
    }

    /// What lists show: the newest assertion of the field.
    pub fn held(&self, field: &str) -> Option<&Held> {
        self.fields.get(field).and_then(|f| f.live.first())
    }

    /// The value that lists show; null counts as none.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.held(field).map(|h| &h.value).filter(|v| !v.is_null())
    }

    /// The value as a text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.value(field)?.as_str()
    }

    /// The value as a number.
    pub fn number(&self, field: &str) -> Option<f64> {
        self.value(field)?.as_f64()
    }

    /// The value as an integer.
    pub fn integer(&self, field: &str) -> Option<i64> {
        self.value(field)?.as_i64()
    }

    /// The value read into a type; none when it is of another shape.
    pub fn read<T: serde::de::DeserializeOwned>(&self, field: &str) -> Option<T> {
        serde_json::from_value(self.value(field)?.clone()).ok()
    }

    /// The fields that wait for a person's decision.
    pub fn conflicts(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.fields.iter().filter(|(_, f)| f.is_conflict()).map(|(n, f)| (n.as_str(), f))
    }

    /// An assertion that replaces everything now visible of this field.
    pub fn assert(&self, field: &str, v: Value) -> Assertion {
        let over = self.fields.get(field).map(|f| f.live.iter().map(|h| h.event.clone()).collect()).unwrap_or_default();
        Assertion { v, over }
    }

    /// An edit that sets these fields, replacing what is now visible, and leaves out those that already have the value.
    /// None when nothing would change.
    pub fn edit(&self, set: impl IntoIterator<Item = (String, Value)>) -> Option<Edit> {
        let set: BTreeMap<_, _> = set
            .into_iter()
            .filter(|(name, v)| match self.fields.get(name) {
                Some(field) => field.is_conflict() || field.live.first().map(|h| &h.value) != Some(v),
                None => !v.is_null(),
            })
            .map(|(name, v)| {
                let assertion = self.assert(&name, v);
                (name, assertion)
            })
            .collect();
        (!set.is_empty()).then(|| Edit { noun: self.noun, id: self.id.clone(), set })
    }
}

/// The edit that opens a record which does not exist yet.
pub fn first_edit(noun: Noun, id: &str, set: impl IntoIterator<Item = (String, Value)>) -> Edit {
    let set = set
        .into_iter()
        .filter(|(_, v)| !v.is_null())
        .map(|(name, v)| (name, Assertion { v, over: Vec::new() }))
        .collect();
    Edit { noun, id: id.to_owned(), set }
}
