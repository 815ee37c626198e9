//! The twin without a disk.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use super::{Batch, Store, StoreError, Visit};

/// A store that is gone with the process.
#[derive(Debug, Default)]
pub struct InMemory(RwLock<BTreeMap<String, Vec<u8>>>);

impl Store for InMemory {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, change) in &batch.changes {
            match change {
                Some(value) => map.insert(key.clone(), value.clone()),
                None => map.remove(key),
            };
        }
        Ok(())
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let here = map.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        for (key, value) in here {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
