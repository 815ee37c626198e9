//! Everything that the screens read, by key. A view: it can be thrown away and made again from the journal and the
//! server, so a save does not wait for it. One trait, two twins ([`OnSled`] on the disk, [`InMemory`] for tests and
//! simulations), one test suite; [`Sealed`] lies over either, so that the disk reads nothing, and [`WriteBehind`] over all,
//! so that a save does not pay for sled's batches.
//!
//! Values carry a checksum, because a flipped bit in a file that sled reads can come back as a wrong value, and are
//! split into pieces of at most [`PIECE_BYTES`], because sled never fsyncs the files in which it puts large ones.

mod in_memory;
mod on_sled;
mod sealed;
#[cfg(test)]
mod suite;
mod write_behind;

use std::collections::BTreeMap;

pub use in_memory::InMemory;
pub use on_sled::OnSled;
pub use sealed::Sealed;
pub use write_behind::{MOST_BATCHES, WriteBehind};

/// The most bytes of one value as sled sees it.
pub const PIECE_BYTES: usize = 4_000;

/// Why the store did not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is on the disk is not what was written.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The disk refused.
    #[error("the store: {0}")]
    Io(#[from] std::io::Error),
}

/// Changes that happen together or not at all. Of two for one key the later counts.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub(super) changes: BTreeMap<String, Option<Vec<u8>>>,
}

impl Batch {
    /// Sets a value.
    pub fn put(&mut self, key: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.changes.insert(key.into(), Some(value.into()));
    }

    /// Takes a value away.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.changes.insert(key.into(), None);
    }

    /// The changes by key; none takes the value away.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.changes.iter().map(|(key, value)| (key.as_str(), value.as_deref()))
    }

    /// Nothing to do?
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What is called for each pair of a scan; false stops it.
pub type Visit<'a> = dyn FnMut(&str, &[u8]) -> bool + 'a;

/// Keys and values. Keys are texts of at most 200 bytes that do not begin with `+`.
pub trait Store: Send + Sync {
    /// The value of a key.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Applies a batch: whole or not at all, also across a crash. Durable only after [`Store::flush`].
    fn put(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Goes through the keys that begin so, in order of keys. A prefix ends at a slash, behind the first or second part
    /// of a key.
    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// The same in any order: where there is much, it takes no memory for sorting.
    fn each(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.scan(prefix, visit)
    }

    /// Reads everything: is it as it was put, and is all of it there? What is in memory only is.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when not.
    fn verify(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Returns after everything put so far survives a power cut.
    fn flush(&self) -> Result<(), StoreError>;
}
