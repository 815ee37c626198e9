//! What this tablet's person may see. Documents are made of the events of granted grids only; when the grants change,
//! what other people recorded in the others goes, and the documents are made again from what stays.
//!
//! Own events stay as events, whatever becomes of their grid: the journal keeps them until a backup covers them, and a
//! restored server may need them again. They are in no document then.

use std::collections::BTreeSet;

use huce_core::{
    event::SignedEvent,
    ids::GridId,
    ipc::Changed,
    projection::{Docs, apply},
    team::DutyDone,
};

use super::{
    Device, DeviceError,
    absorb::{json, put_docs},
    hold,
};
use crate::{
    index::Index,
    keys,
    store::{Batch, StoreError},
};

impl Device {
    /// The grids whose events are in the documents; none before the first sync: then all are.
    pub fn granted(&self) -> Result<Option<BTreeSet<GridId>>, StoreError> {
        let Some(bytes) = self.store.get(keys::GRANTED)? else { return Ok(None) };
        Ok(serde_json::from_slice(&bytes).ok())
    }

    /// From now on these grids are granted, and no others. To be called when own events were handed in. Returns how
    /// many events of others went.
    pub fn grant(&self, grids: &BTreeSet<GridId>) -> Result<usize, DeviceError> {
        let head = hold(&self.head);
        if self.granted()?.as_ref() == Some(grids) {
            return Ok(0);
        }
        let mut batch = Batch::default();
        let mut gone = 0;
        let carried = self.carried_into(Some(grids))?;
        for (key, signed) in self.stored_events()? {
            if let Ok(event) = signed.event()
                && event.device != self.id
                && !grids.contains(&event.grid)
                && !carried.contains(&key)
            {
                batch.remove(key);
                gone += 1;
            }
        }
        for prefix in [keys::CURSORS, keys::ASIDE, keys::CARRIED] {
            self.store.each(prefix, &mut |key, _| {
                let grid = key.split('/').nth(1).unwrap_or_default();
                if !grids.iter().any(|g| g.as_str() == grid) {
                    batch.remove(key);
                }
                true
            })?;
        }
        batch.put(keys::GRANTED, json(grids)?);
        self.remake(batch, Some(grids))?;
        drop(head);
        self.changed(Changed::Doors);
        Ok(gone)
    }

    /// Makes all documents again from the events as they are after `batch`, and writes both at once. The caller holds
    /// the head's lock.
    pub(super) fn remake(&self, mut batch: Batch, granted: Option<&BTreeSet<GridId>>) -> Result<(), StoreError> {
        let mut docs = Docs::new();
        let replaced: Vec<(String, Option<Vec<u8>>)> =
            batch.changes().map(|(k, v)| (k.to_owned(), v.map(<[u8]>::to_vec))).collect();
        let mut events: std::collections::BTreeMap<String, SignedEvent> = self.stored_events()?.into_iter().collect();
        for (key, value) in replaced.into_iter().filter(|(key, _)| key.starts_with(keys::EVENTS)) {
            match value.and_then(|v| serde_json::from_slice(&v).ok()) {
                Some(signed) => events.insert(key, signed),
                None => events.remove(&key),
            };
        }
        let carried = self.carried_into(granted)?;
        let mut duties = Vec::new();
        for (key, event) in events.iter().filter_map(|(key, signed)| Some((key, signed.event().ok()?))) {
            if granted.is_none_or(|grids| grids.contains(&event.grid)) || carried.contains(key) {
                apply(&event, &mut docs);
                duties.extend(DutyDone::of(&event).map(|done| (keys::duty(&event.grid, &event.id()), done)));
            }
        }
        for prefix in ["r/", "d/", "f/", keys::ROWS, keys::DUTIES] {
            self.store.each(prefix, &mut |key, _| (batch.remove(key), true).1)?;
        }
        for (key, done) in duties {
            batch.put(key, json(&done)?);
        }
        let mut index = Index::default();
        put_docs(&docs, &mut batch)?.into_iter().for_each(|line| index.list(line));
        self.store.put(&batch)?;
        self.store.flush()?;
        index.settle();
        *self.index.write().unwrap_or_else(std::sync::PoisonError::into_inner) = index;
        Ok(())
    }

    /// The keys of the events that came in the stream of one of these grids and are of another.
    fn carried_into(&self, grids: Option<&BTreeSet<GridId>>) -> Result<BTreeSet<String>, StoreError> {
        let mut carried = BTreeSet::new();
        let Some(grids) = grids else { return Ok(carried) };
        self.store.each(keys::CARRIED, &mut |key, _| {
            if let Some((grid, event)) = keys::carried_of(key)
                && grids.iter().any(|g| g.as_str() == grid)
            {
                carried.insert(event);
            }
            true
        })?;
        Ok(carried)
    }

    /// Everything that was done of the four musts in the grids that are shown here.
    pub fn duties(&self) -> Result<Vec<(GridId, DutyDone)>, StoreError> {
        let mut all = Vec::new();
        self.store.scan(keys::DUTIES, &mut |key, bytes| {
            let grid = key.split('/').nth(1).and_then(|grid| GridId::new(grid).ok());
            all.extend(grid.zip(serde_json::from_slice(bytes).ok()));
            true
        })?;
        Ok(all)
    }

    fn stored_events(&self) -> Result<Vec<(String, SignedEvent)>, StoreError> {
        let (mut all, mut damaged) = (Vec::new(), None);
        self.store.each(keys::EVENTS, &mut |key, bytes| {
            match serde_json::from_slice(bytes) {
                Ok(signed) => all.push((key.to_owned(), signed)),
                Err(e) => damaged = Some(StoreError::Damaged(e.to_string())),
            }
            damaged.is_none()
        })?;
        all.sort_unstable_by(|(a, _), (b, _): &(String, SignedEvent)| a.cmp(b));
        damaged.map_or(Ok(all), Err)
    }

    /// Every event that is here, own ones and pulled ones, in the order of devices and numbers.
    pub fn events(&self) -> Result<Vec<SignedEvent>, StoreError> {
        Ok(self.stored_events()?.into_iter().map(|(_, signed)| signed).collect())
    }
}
