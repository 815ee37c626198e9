//! How far the store has the journal. Kept in the store, in the same batch as what it speaks of, and only after the
//! journal's fsync: so the store is never ahead of the journal, a start reads only what came after the mark, and a
//! journal that ends before it has lost something.

use std::sync::atomic::Ordering;

use huce_core::clock::Hlc;
use serde::{Deserialize, Serialize};

use super::{Device, Head, absorb::json};
use crate::{
    keys,
    store::{Batch, Store, StoreError},
};

/// The version of what is in the store: its keys and the shapes of their values. 3: facilities have documents of their
/// own; 4: a visit counts for several rounds, requests keep pauses and routes, rules have documents, what was done of the four
/// musts has keys, photos say where they were taken; 5: records say when they were opened. What a program of before made of their events is made again.
pub const SCHEMA: u32 = 5;

/// The mark.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Mark {
    /// [`SCHEMA`] of the program that wrote it.
    pub(super) schema: u32,
    /// Every entry of the journal up to this number is in the store.
    pub(super) entry: u64,
    /// The number of the next own event.
    pub(super) next_seq: u64,
    /// The hash of the newest own event.
    pub(super) prev: Option<String>,
    /// The newest own timestamp.
    pub(super) at: Hlc,
}

impl Mark {
    /// The mark of a store; none in one that is new, or of a version before marks.
    pub(super) fn read(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        let Some(bytes) = store.get(keys::MARK)? else { return Ok(None) };
        let mark: Self = serde_json::from_slice(&bytes).map_err(|e| StoreError::Damaged(e.to_string()))?;
        if mark.schema > SCHEMA {
            // Made by a newer version: its documents may mean something else, so they are made again.
            return Err(StoreError::Damaged(format!("version {} is newer than this program", mark.schema)));
        }
        Ok(Some(mark))
    }
}

impl Device {
    /// Adds to a batch that with it the store has the journal up to `entry`. Not when it lacks something before.
    pub(super) fn mark(&self, batch: &mut Batch, entry: u64, head: &Head) -> Result<(), StoreError> {
        if self.is_behind.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Head { next_seq, prev, at } = head;
        let mark = Mark { schema: SCHEMA, entry, next_seq: *next_seq, prev: prev.clone(), at: *at };
        batch.put(keys::MARK, json(&mark)?);
        Ok(())
    }

    /// The store did not take what the journal has: the mark stays where it is, and the next start reads the journal
    /// from there; into a new store where this one is damaged.
    pub(super) fn fall_behind(&self, why: &StoreError) {
        self.is_behind.store(true, Ordering::Relaxed);
        self.report(format!("the store did not take what was saved: {why}"));
        if matches!(why, StoreError::Damaged(_)) {
            self.ask_rebuild();
        }
    }
}
