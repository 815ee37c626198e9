//! The conflict desk, and the decisions made there.

use std::collections::BTreeSet;

use huce_core::{
    act,
    body::{Body, Noun},
    conflict::{self, Back},
    ids::EventId,
    ipc::{
        CallError, Code,
        conflict::{Conflict, ConflictLine, Conflicts, ConflictsReply, MAX_CONFLICTS, Settle},
    },
    projection::{self, Doc, Key},
    record::Record,
    request, view,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    facility::facility_in,
    figures::within,
    household::household_in,
    viewer::DECIDERS,
};
use crate::store::{Conn, StoreError, docs, stream};

/// The tables that count a record's conflicts.
const COUNTED: [(Noun, &str); 5] = [
    (Noun::Household, "household"),
    (Noun::Facility, "facility"),
    (Noun::Plan, "plan"),
    (Noun::Request, "request"),
    (Noun::Rule, "rule"),
];

/// Answers [`Conflicts`].
pub async fn conflicts(asked: &Asked, _: Conflicts) -> Answer<ConflictsReply> {
    let mut conn = asked.conn().await?;
    let mut keys = BTreeSet::new();
    for (noun, table) in COUNTED {
        let mut query = within(&asked.viewer.grids, &format!("SELECT id FROM {table} WHERE conflict > 0 AND grid IN "));
        // One more than a page shows tells that there are more.
        query.push(" ORDER BY id LIMIT ").bind(i64::try_from(MAX_CONFLICTS + 1).unwrap_or(i64::MAX));
        for row in query.all(&mut conn).await? {
            keys.insert(Key::Record(noun, row.try_get(0).map_err(StoreError::from)?));
        }
    }
    let mut docs = docs::load(&mut conn, keys.clone()).await?;
    let record_in = |docs: &huce_core::projection::Docs, key: &Key| match docs.get(key) {
        Some(Doc::Record(record)) => Some(record.clone()),
        _ => None,
    };
    let records: Vec<Record> = keys.iter().filter_map(|key| record_in(&docs, key)).collect();
    let sites: Vec<Key> = records.iter().filter_map(Record::site).map(|site| projection::record_of(&site)).collect();
    docs.extend(docs::load(&mut conn, sites).await?);
    let mut conflicts = Vec::new();
    for record in &records {
        let household = record.household.as_ref().and_then(|id| household_in(&docs, id));
        let door = household.as_ref().map(view::door_line);
        let facility = record.facility.as_ref().and_then(|id| facility_in(&docs, id));
        let here = of(&mut conn, record).await?;
        conflicts.extend(here.into_iter().map(|conflict| ConflictLine {
            conflict,
            door: door.clone(),
            facility: facility.clone(),
        }));
    }
    let more = conflict::newest(&mut conflicts);
    Ok(ConflictsReply { conflicts, more })
}

/// A record's conflicts, each with what it started from.
pub async fn of(conn: &mut Conn, record: &Record) -> Answer<Vec<Conflict>> {
    let mut conflicts = conflict::conflicts(record);
    for conflict in &mut conflicts {
        let mut back = Back::from(conflict);
        while let Some(id) = back.wanted() {
            let signed = stream::event(conn, &id.device, id.seq).await?;
            back.give(id, signed.and_then(|signed| signed.event().ok()));
        }
        conflict.base = back.found();
    }
    Ok(conflicts)
}

/// Answers [`Settle`].
pub async fn settle(asked: &Asked, call: Settle) -> Answer<EventId> {
    if matches!(call.noun, Noun::Grid | Noun::Round | Noun::Unknown) {
        return Err(CallError::new(Code::NotHere).with("why", call.noun.as_str()));
    }
    let record = asked.record(call.noun, &call.id).await?;
    if call.noun == Noun::Rule || call.field.starts_with(request::field::DECIDE) {
        asked.viewer.must(&DECIDERS, &record.grid)?;
    }
    let edit = act::settle(&record, &call)?;
    asked.write(&record.grid, record.site(), Body::Edit(edit)).await
}
