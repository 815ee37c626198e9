//! Conflicts as people see them: the values that stand side by side, and the one from which both sides started. A
//! record keeps only what stands; the start is found by walking back through the events ([`Back`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    body::Body,
    clock::Hlc,
    event::Event,
    ids::{EventId, MeasureId},
    ipc::conflict::{Conflict, ConflictLine, ConflictValue, MAX_CONFLICTS},
    plan,
    record::{Field, Record},
};

/// The most events that are walked back: somebody who changed a field more often than this without signal sees no start.
const FARTHEST: usize = 200;

/// A record's fields that wait for a decision, without what they started from.
pub fn conflicts(record: &Record) -> Vec<Conflict> {
    let of = |(field, held): (&str, &Field)| Conflict {
        noun: record.noun,
        id: record.id.clone(),
        field: field.to_owned(),
        measure: measure_of(record, field),
        base: None,
        values: held
            .live
            .iter()
            .map(|h| ConflictValue {
                person: h.person.clone(),
                when_ms: h.when_ms,
                value: h.value.clone(),
                event: h.event.clone(),
            })
            .collect(),
    };
    record.conflicts().map(of).collect()
}

fn measure_of(record: &Record, field: &str) -> Option<String> {
    let id = field.strip_prefix("measure/")?.split('/').next()?;
    let title = plan::field::measure(&MeasureId::new(id).ok()?, "title");
    record.text(&title).map(str::to_owned)
}

/// The newest first, and no more than a page shows. True when there are more.
pub fn newest(lines: &mut Vec<ConflictLine>) -> bool {
    let when = |line: &ConflictLine| line.conflict.values.iter().map(|v| v.when_ms).max();
    let order = |line: &ConflictLine| (line.conflict.id.clone(), line.conflict.field.clone());
    lines.sort_by(|a, b| when(b).cmp(&when(a)).then_with(|| order(a).cmp(&order(b))));
    let more = lines.len() > MAX_CONFLICTS;
    lines.truncate(MAX_CONFLICTS);
    more
}

/// The walk back from a conflict's values to the one that all of them come from. The caller loads events:
/// while there is a [`Back::wanted`] one, [`Back::give`] it; then [`Back::found`].
#[derive(Debug)]
pub struct Back<'a> {
    conflict: &'a Conflict,
    /// Events that were asked for; none: it is not here, or does not set the field.
    known: BTreeMap<EventId, Option<Step>>,
}

#[derive(Debug)]
struct Step {
    at: Hlc,
    value: ConflictValue,
    over: Vec<EventId>,
}

impl<'a> Back<'a> {
    /// From the values of this conflict.
    pub fn from(conflict: &'a Conflict) -> Self {
        Self { conflict, known: BTreeMap::new() }
    }

    /// The event to load next; none when the walk is over.
    pub fn wanted(&self) -> Option<EventId> {
        if self.known.len() >= FARTHEST {
            return None;
        }
        let live = self.conflict.values.iter().map(|v| &v.event);
        let over = self.known.values().flatten().flat_map(|step| &step.over);
        live.chain(over).find(|id| !self.known.contains_key(id)).cloned()
    }

    /// An event that was wanted, or that it is not here.
    pub fn give(&mut self, id: EventId, event: Option<Event>) {
        let step = event.and_then(|event| {
            let Body::Edit(edit) = &event.body else { return None };
            let same = edit.noun == self.conflict.noun && edit.id == self.conflict.id;
            let said = edit.set.get(&self.conflict.field).filter(|_| same)?;
            let value = ConflictValue {
                person: event.person.clone(),
                when_ms: event.when_ms(),
                value: said.v.clone(),
                event: event.id(),
            };
            Some(Step { at: event.at, value, over: said.over.clone() })
        });
        self.known.insert(id, step);
    }

    /// The newest value that every side replaced.
    pub fn found(mut self) -> Option<ConflictValue> {
        let mut sides = self.conflict.values.iter().map(|v| self.before(&v.event));
        let first = sides.next()?;
        let common = sides.fold(first, |common, side| common.intersection(&side).cloned().collect());
        let newest = common.into_iter().max_by_key(|id| self.known.get(id).and_then(Option::as_ref).map(|s| s.at))?;
        self.known.remove(&newest).flatten().map(|step| step.value)
    }

    /// Everything that an event replaced, directly or through others, as far as it is here.
    fn before(&self, id: &EventId) -> BTreeSet<EventId> {
        let (mut all, mut open) = (BTreeSet::new(), vec![id.clone()]);
        while let Some(step) = open.pop().and_then(|id| self.known.get(&id)) {
            let over = step.iter().flat_map(|step| &step.over);
            let known = over.filter(|id| matches!(self.known.get(id), Some(Some(_))));
            let new: Vec<_> = known.filter(|id| !all.contains(*id)).cloned().collect();
            all.extend(new.iter().cloned());
            open.extend(new);
        }
        all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        body::{Assertion, Edit, Noun},
        ids::{DeviceId, GridId, PersonId},
    };

    fn edit(device: &str, seq: u64, ms: i64, value: &str, over: &[&Event]) -> Event {
        let over = over.iter().map(|e| e.id()).collect();
        let set = [("diagnosis".to_owned(), Assertion { v: json!(value), over })].into();
        Event {
            device: DeviceId::new(device).unwrap(),
            seq,
            prev: None,
            at: Hlc { ms, count: 0 },
            offset_ms: None,
            person: PersonId::new("wang").unwrap(),
            grid: GridId::new("zz-01").unwrap(),
            household: None,
            facility: None,
            body: Body::Edit(Edit { noun: Noun::Plan, id: "p".to_owned(), set }),
        }
    }

    fn base(events: &[&Event]) -> (Conflict, Option<ConflictValue>) {
        let mut record = Record::new(events[0], Noun::Plan, "p");
        for event in events {
            let Body::Edit(edit) = &event.body else { unreachable!() };
            record.apply(event, edit);
        }
        let conflict = conflicts(&record).remove(0);
        let mut back = Back::from(&conflict);
        while let Some(id) = back.wanted() {
            let event = events.iter().find(|e| e.id() == id).map(|e| (*e).clone());
            back.give(id, event);
        }
        let found = back.found();
        (conflict, found)
    }

    #[test]
    fn the_start_is_what_both_sides_replaced_last() {
        let first = edit("aaaaaaaaaaaaaaaa", 1, 1, "first", &[]);
        let start = edit("aaaaaaaaaaaaaaaa", 2, 2, "start", &[&first]);
        // One side changed it twice, with a clock that lies.
        let mine = edit("bbbbbbbbbbbbbbbb", 1, 0, "mine", &[&start]);
        let again = edit("bbbbbbbbbbbbbbbb", 2, 9, "again", &[&mine]);
        let theirs = edit("cccccccccccccccc", 1, 5, "theirs", &[&start]);
        let (conflict, found) = base(&[&first, &start, &mine, &again, &theirs]);
        assert_eq!(conflict.values.len(), 2);
        assert_eq!(found.unwrap().value, json!("start"));
    }

    #[test]
    fn without_a_common_start_there_is_none() {
        let mine = edit("bbbbbbbbbbbbbbbb", 1, 1, "mine", &[]);
        let theirs = edit("cccccccccccccccc", 1, 2, "theirs", &[]);
        assert_eq!(base(&[&mine, &theirs]).1, None);
        // Nor when the start is not here.
        let start = edit("aaaaaaaaaaaaaaaa", 1, 1, "start", &[]);
        let mine = edit("bbbbbbbbbbbbbbbb", 1, 2, "mine", &[&start]);
        let theirs = edit("cccccccccccccccc", 1, 3, "theirs", &[&start]);
        assert_eq!(base(&[&mine, &theirs]).1, None);
    }
}
