//! What a save changes waits in memory and is handed on with many others: a batch of sled costs more than the save's
//! fsync (it seals, and writes its log twice). Nothing is promised earlier or later by it: a batch is durable after
//! [`Store::flush`] and not before, here as below, and what a save changed can be made again from the journal.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use super::{Batch, Store, StoreError, Visit};

/// So many batches wait at most: a start after a cut reads as many entries of the journal.
pub const MOST_BATCHES: usize = 128;
/// A batch with more changes is handed on at once, and what waits before it.
const MOST_CHANGES: usize = 64;
/// So many bytes wait at most, and one batch.
const MOST_BYTES: usize = 1024 * 1024;

type Changes = BTreeMap<String, Option<Vec<u8>>>;

/// A store that hands batches on when many have come, when it is flushed, and when it is closed.
pub struct WriteBehind {
    inner: Box<dyn Store>,
    ahead: RwLock<Ahead>,
}

/// What waits.
#[derive(Default)]
struct Ahead {
    changes: Batch,
    batches: usize,
    bytes: usize,
}

impl WriteBehind {
    /// Over this store.
    pub fn over(inner: Box<dyn Store>) -> Self {
        Self { inner, ahead: RwLock::default() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Ahead> {
        self.ahead.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ahead> {
        self.ahead.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands on what waits; where the store refuses, it goes on waiting.
    fn hand_on(&self, ahead: &mut Ahead) -> Result<(), StoreError> {
        if !ahead.changes.is_empty() {
            self.inner.put(&ahead.changes)?;
        }
        *ahead = Ahead::default();
        Ok(())
    }

    /// What waits for keys that begin so.
    fn ahead_of(&self, prefix: &str) -> Changes {
        let ahead = self.read();
        let from = ahead.changes.changes.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(|(key, _)| key.starts_with(prefix)).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

impl Store for WriteBehind {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(waiting) = self.read().changes.changes.get(key) {
            return Ok(waiting.clone());
        }
        self.inner.get(key)
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let bytes: usize =
            batch.changes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        let is_large = batch.changes.len() > MOST_CHANGES || bytes > MOST_BYTES;
        let mut ahead = self.write();
        if is_large || ahead.batches >= MOST_BATCHES || ahead.bytes + bytes > MOST_BYTES {
            self.hand_on(&mut ahead)?;
        }
        if is_large {
            return self.inner.put(batch);
        }
        ahead.changes.changes.extend(batch.changes.iter().map(|(key, value)| (key.clone(), value.clone())));
        ahead.batches += 1;
        ahead.bytes += bytes;
        Ok(())
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut ahead = self.ahead_of(prefix).into_iter().peekable();
        let mut goes_on = true;
        self.inner.scan(prefix, &mut |key, below| {
            while goes_on && let Some((waiting, value)) = ahead.next_if(|(waiting, _)| waiting.as_str() < key) {
                goes_on = value.is_none_or(|value| visit(&waiting, &value));
            }
            goes_on = goes_on
                && match ahead.next_if(|(waiting, _)| waiting.as_str() == key) {
                    Some((_, value)) => value.is_none_or(|value| visit(key, &value)),
                    None => visit(key, below),
                };
            goes_on
        })?;
        while goes_on && let Some((waiting, value)) = ahead.next() {
            goes_on = value.is_none_or(|value| visit(&waiting, &value));
        }
        Ok(())
    }

    fn each(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut ahead = self.ahead_of(prefix);
        let mut goes_on = true;
        self.inner.each(prefix, &mut |key, below| {
            goes_on = match ahead.remove(key) {
                Some(waiting) => waiting.is_none_or(|value| visit(key, &value)),
                None => visit(key, below),
            };
            goes_on
        })?;
        let mut rest = ahead.into_iter();
        while goes_on && let Some((waiting, value)) = rest.next() {
            goes_on = value.is_none_or(|value| visit(&waiting, &value));
        }
        Ok(())
    }

    fn verify(&self) -> Result<(), StoreError> {
        self.hand_on(&mut self.write())?;
        self.inner.verify()
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.hand_on(&mut self.write())?;
        self.inner.flush()
    }
}

impl Drop for WriteBehind {
    /// Best effort: what is not handed on is made again from the journal. A panic may be half of something.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = self.hand_on(&mut self.write());
        }
    }
}
