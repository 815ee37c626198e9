//! Events into documents: load what they touch, apply, write everything back in one batch.

use std::collections::BTreeSet;

use huce_core::{
    body::Body,
    ids::{EventId, GridId},
    projection::{Doc, Docs, Key, apply, touches},
    site::KnownSite,
    team::DutyDone,
};

use super::{AtHand, Both, Device, hold};
use crate::{
    index::{Listed, Row},
    keys,
    store::{Batch, StoreError},
};

impl Device {
    /// Takes events in that are not here yet, together with `batch`. `wait`: they are own ones, not on the server, and
    /// known not to be here. `via`: the grid in whose stream they came, which need not be their own (docs/adr/0007). Returns
    /// how many were new. The caller holds the head's lock.
    pub(super) fn absorb(
        &self,
        events: &[Both],
        mut batch: Batch,
        wait: bool,
        via: Option<&GridId>,
    ) -> Result<usize, StoreError> {
        let mut docs = AtHand::new();
        let mut seen = BTreeSet::new();
        let mut waiting_photos = Vec::new();
        let mut waiting_events = Vec::new();
        let granted = self.granted()?;
        let shows = |grid: &GridId| granted.as_ref().is_none_or(|grids| grids.contains(grid));
        for (signed, event) in events {
            let id = event.id();
            let key = keys::event(&id);
            if seen.contains(&key) {
                continue;
            }
            let carried = via.filter(|grid| **grid != event.grid);
            let is_shown = shows(&event.grid) || carried.is_some_and(shows);
            let is_known = !wait && self.store.get(&key)?.is_some();
            let was_shown = is_known && (shows(&event.grid) || self.is_carried(&id, granted.as_ref())?);
            if let Some(grid) = carried {
                batch.put(keys::carried(grid, &id), "null");
            }
            // An own event of a grid that is another's now is known and not shown, until it comes back with its household.
            if is_known && (was_shown || !is_shown) {
                continue;
            }
            // What may not be shown is kept (own events are), but is in no document.
            if is_shown {
                self.load(event, &mut docs)?;
                apply(event, &mut docs);
                if let Some(done) = DutyDone::of(event) {
                    batch.put(keys::duty(&event.grid, &id), json(&done)?);
                }
            }
            batch.put(&key, json(signed)?);
            seen.insert(key);
            if wait {
                batch.put(keys::outbox(event.seq), "null");
                waiting_events.push(event.seq);
                if let Body::Photo(photo) = &event.body {
                    batch.put(keys::photo(event.seq, &photo.photo), json(&photo.bytes)?);
                    waiting_photos.push(((event.seq, photo.photo.clone()), photo.bytes));
                }
            }
        }
        let listed = put_docs(&docs, &mut batch)?;
        if !batch.is_empty() {
            self.store.put(&batch)?;
        }
        if !listed.is_empty() {
            let mut index = self.index.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            listed.into_iter().for_each(|line| index.list(line));
        }
        let mut waiting = hold(&self.waiting);
        waiting.events.extend(waiting_events.into_iter().map(|seq| (seq, None)));
        waiting.photos.extend(waiting_photos);
        Ok(seen.len())
    }

    /// Did this event come in the stream of one of these grids, which is not its own?
    fn is_carried(&self, id: &EventId, grids: Option<&BTreeSet<GridId>>) -> Result<bool, StoreError> {
        for grid in grids.into_iter().flatten() {
            if self.store.get(&keys::carried(grid, id))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Loads what the projection reads or writes for this event.
    fn load(&self, event: &huce_core::event::Event, docs: &mut AtHand) -> Result<(), StoreError> {
        for key in touches(event) {
            self.load_one(key, docs)?;
        }
        // A plan or request keeps the site of its newest event, which need not be the one that this event names.
        if let Body::Edit(edit) = &event.body {
            let site = match docs.get(&Key::Record(edit.noun, edit.id.clone())) {
                Some(Doc::Record(record)) => record.site(),
                _ => None,
            };
            if let Some(site) = site {
                self.load_one(Key::Door(site), docs)?;
            }
        }
        Ok(())
    }

    fn load_one(&self, key: Key, docs: &mut AtHand) -> Result<(), StoreError> {
        if !docs.contains_key(&key)
            && let Some(doc) = self.doc(&key)?
        {
            docs.insert(key, doc);
        }
        Ok(())
    }
}

/// Puts documents into a batch, with the short rows of households. Returns what the lists in memory get.
pub(super) fn put_docs(docs: &Docs, batch: &mut Batch) -> Result<Vec<Listed>, StoreError> {
    let mut listed = Vec::new();
    for (key, doc) in docs {
        batch.put(key.to_string(), json(doc)?);
        let Doc::Record(record) = doc else { continue };
        match KnownSite::from_record(record) {
            Some(KnownSite::Household(household)) => {
                let row = Row::of(&household);
                batch.put(keys::row(&household.id), row.to_text());
                listed.push(Listed::Household(row));
            }
            Some(KnownSite::Facility(facility)) => listed.push(Listed::Facility(facility)),
            None => {}
        }
    }
    Ok(listed)
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|e| StoreError::Damaged(e.to_string()))
}
