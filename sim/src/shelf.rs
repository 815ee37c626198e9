//! A tablet's store that can lose what was not flushed, and that can be where the tablet is cut off: between any two
//! steps of its work on the store. sled writes one log, so what survives a cut is what was put up to some moment, and
//! never less than what was flushed.

use std::{
    collections::BTreeMap,
    panic::resume_unwind,
    sync::{Arc, Mutex, PoisonError},
};

use huce_device::store::{Batch, InMemory, Store, StoreError, Visit};

use crate::dice::Dice;

/// What a cut unwinds with.
pub struct Cut;

#[derive(Default)]
struct Inner {
    now: InMemory,
    safe: BTreeMap<String, Vec<u8>>,
    pending: Vec<BTreeMap<String, Option<Vec<u8>>>>,
    fuse: Option<usize>,
    cursor_first: bool,
}

/// The store. Clones are the same store: one stays with the simulation when a tablet dies.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Inner>>);

impl Shelf {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tablet is cut off at the n-th next change or flush.
    pub fn set_fuse(&self, n: Option<usize>) {
        self.inner().fuse = n;
    }

    /// A planted bug: cursors are durable at once, the rest when it likes.
    pub fn spoil(&self) {
        self.inner().cursor_first = true;
    }

    /// After a cut: everything flushed is there, and of the rest what came before some moment.
    pub fn cut(&self, dice: &mut Dice) {
        let mut inner = self.inner();
        let kept = dice.below(inner.pending.len() + 1);
        let mut safe = std::mem::take(&mut inner.safe);
        for change in inner.pending.drain(..).take(kept) {
            apply(&mut safe, change);
        }
        let cursor_first = inner.cursor_first;
        *inner = Inner { safe: safe.clone(), cursor_first, ..Inner::default() };
        let mut all = Batch::default();
        safe.into_iter().for_each(|(key, value)| all.put(key, value));
        let _ = inner.now.put(&all);
    }

    /// Another store with the same content: a cloned tablet.
    pub fn copied(&self) -> Self {
        let inner = self.inner();
        let mut safe = inner.safe.clone();
        inner.pending.iter().cloned().for_each(|change| apply(&mut safe, change));
        let copy = Self::default();
        copy.inner().safe = safe;
        // Nothing is pending, so the cut keeps everything and only fills the memory.
        copy.cut(&mut Dice::new(0));
        copy
    }

    fn burn(&self) {
        let mut inner = self.inner();
        match inner.fuse {
            Some(0) => {
                inner.fuse = None;
                drop(inner);
                resume_unwind(Box::new(Cut));
            }
            Some(n) => inner.fuse = Some(n - 1),
            None => {}
        }
    }
}

fn apply(to: &mut BTreeMap<String, Vec<u8>>, change: BTreeMap<String, Option<Vec<u8>>>) {
    for (key, value) in change {
        match value {
            Some(value) => to.insert(key, value),
            None => to.remove(&key),
        };
    }
}

impl Store for Shelf {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner().now.get(key)
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        self.burn();
        let mut inner = self.inner();
        inner.now.put(batch)?;
        let change: BTreeMap<_, _> = batch.changes().map(|(k, v)| (k.to_owned(), v.map(<[u8]>::to_vec))).collect();
        if inner.cursor_first && change.keys().any(|key| key.starts_with("c/")) {
            apply(&mut inner.safe, change);
        } else {
            inner.pending.push(change);
        }
        Ok(())
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        // Outside of the lock: who visits may ask for more.
        let mut found = Vec::new();
        self.inner().now.scan(prefix, &mut |key, value| {
            found.push((key.to_owned(), value.to_vec()));
            true
        })?;
        for (key, value) in &found {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.burn();
        let mut inner = self.inner();
        if inner.cursor_first {
            return Ok(());
        }
        let mut safe = std::mem::take(&mut inner.safe);
        for change in inner.pending.drain(..) {
            apply(&mut safe, change);
        }
        inner.safe = safe;
        Ok(())
    }
}
