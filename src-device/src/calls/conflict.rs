//! The conflict desk, and the decisions made there.

use huce_core::{
    act,
    body::Noun,
    conflict::{self, Back},
    ids::EventId,
    ipc::{
        CallError, Code,
        conflict::{Conflict, ConflictLine, Conflicts, ConflictsReply, Settle},
    },
    projection::Doc,
    record::Record,
    request, view,
};

use super::Answer;
use crate::Device;

impl Device {
    /// A record's conflicts, each with what it started from as far as its events are here.
    pub(super) fn conflicts_of(&self, record: &Record) -> Result<Vec<Conflict>, CallError> {
        let mut conflicts = conflict::conflicts(record);
        for conflict in &mut conflicts {
            let mut back = Back::from(conflict);
            while let Some(id) = back.wanted() {
                let event = self.event(&id)?.and_then(|signed| signed.event().ok());
                back.give(id, event);
            }
            conflict.base = back.found();
        }
        Ok(conflicts)
    }
}

impl Answer<Conflicts> for Device {
    fn answer(&self, _: Conflicts) -> Result<ConflictsReply, CallError> {
        let mine = self.my_grids();
        let mut disputed = Vec::new();
        self.docs("r/", |_, doc| {
            if let Doc::Record(record) = doc
                && record.conflicts().next().is_some()
                && mine.contains(&self.stands(&record))
            {
                disputed.push(record);
            }
        })?;
        let mut conflicts = Vec::new();
        for record in disputed {
            let household = record.household.as_ref().and_then(|id| self.index().get(id));
            let door = household.as_ref().map(view::door_line);
            let facility = record.facility.as_ref().and_then(|id| self.index().facility(id).cloned());
            let here = self.conflicts_of(&record)?;
            conflicts.extend(here.into_iter().map(|conflict| ConflictLine {
                conflict,
                door: door.clone(),
                facility: facility.clone(),
            }));
        }
        let more = conflict::newest(&mut conflicts);
        Ok(ConflictsReply { conflicts, more })
    }
}

impl Answer<Settle> for Device {
    fn answer(&self, call: Settle) -> Result<EventId, CallError> {
        // Who is responsible is decided in the console, by dispatchers; the server would refuse it from here.
        if call.noun == Noun::Rule || call.field.starts_with(request::field::DECIDE) {
            return Err(CallError::new(Code::NotHere).with("why", "dispatcher"));
        }
        let event = self.write_edit(call.noun, &call.id, |record| act::settle(record, &call).map(Some))?;
        event.ok_or_else(|| CallError::new(Code::Stale))
    }
}
