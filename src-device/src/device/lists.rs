//! What a start reads from the store, in one go: the index, what waits for the server, open drafts, the mark. That it
//! can be read is also what a start checks of a store.

use std::collections::BTreeMap;

use huce_core::{facility::Facility, ids::PhotoId, projection::Doc};

use super::{Waiting, mark::Mark};
use crate::{
    index::{Fields, Index, Listed},
    journal::Entry,
    keys,
    store::{Store, StoreError},
};

pub(super) struct Lists {
    pub(super) index: Index,
    pub(super) waiting: Waiting,
    /// Entries of open drafts, by their numbers in the journal.
    pub(super) drafts: BTreeMap<u64, Entry>,
    pub(super) mark: Option<Mark>,
}

/// Their records are few enough to be read as they are.
const FACILITIES: &str = "r/facility/";

fn number(text: Option<&str>) -> Option<u64> {
    text.and_then(|n| n.parse().ok())
}

impl Lists {
    pub(super) fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mark = Mark::read(store)?;
        let mut index = Index::default();
        store.each(keys::ROWS, &mut |_, bytes| {
            if let Some(row) = Fields::read(bytes) {
                index.read(&row);
            }
            true
        })?;
        store.each(FACILITIES, &mut |_, bytes| {
            if let Ok(Doc::Record(record)) = serde_json::from_slice(bytes)
                && let Some(facility) = Facility::from_record(&record)
            {
                index.list(Listed::Facility(facility));
            }
            true
        })?;
        index.settle();
        let mut waiting = Waiting::default();
        store.each(keys::OUTBOX, &mut |key, bytes| {
            let seq = number(key.rsplit('/').next());
            waiting.events.extend(seq.map(|seq| (seq, serde_json::from_slice(bytes).unwrap_or_default())));
            true
        })?;
        store.each(keys::PHOTOS, &mut |key, bytes| {
            let mut parts = key.split('/').skip(1);
            let seq = number(parts.next());
            let photo = parts.next().and_then(|p| PhotoId::new(p).ok());
            let bytes = serde_json::from_slice(bytes).unwrap_or_default();
            waiting.photos.extend(seq.zip(photo).map(|at| (at, bytes)));
            true
        })?;
        store.each(keys::SAID, &mut |key, _| {
            let what = key.strip_prefix(keys::SAID).unwrap_or_default();
            // A photo's name is as long as a hash.
            match what.parse::<u64>().ok().filter(|_| what.len() < 64) {
                Some(seq) => waiting.said.extend(Some(seq)),
                None => waiting.said_photos.extend(PhotoId::new(what).ok()),
            }
            true
        })?;
        let mut drafts = BTreeMap::new();
        store.each(keys::DRAFTS, &mut |key, bytes| {
            let number = number(key.rsplit('/').next());
            drafts.extend(number.zip(serde_json::from_slice(bytes).ok()));
            true
        })?;
        store.each(keys::CURSORS, &mut |_, _| true)?;
        Ok(Self { index, waiting, drafts, mark })
    }
}
