//! The twin on sled 0.34. What was measured about it is in ARCHITECTURE.md; from that follow the three guards here:
//! every call runs under `catch_unwind` (damage makes sled panic), every value carries a checksum (damage can also
//! give wrong values), and `flush` is followed by a `sync_data` of sled's file (its own flush is no fsync).

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use super::{Batch, PIECE_BYTES, Store, StoreError, Visit};

/// Bytes that sled may keep in memory.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes before a value: how many further pieces (4), checksum (8).
const HEAD: usize = 12;

/// A store in a folder. The caller holds the lock of the folder.
#[derive(Debug)]
pub struct OnSled {
    pub(super) db: sled::Db,
    folder: PathBuf,
    /// Values in pieces are read and written apart: a reader must not see half of each.
    pieces: RwLock<()>,
}

impl OnSled {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when sled cannot make sense of it: put it aside and begin anew.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(2_000));
        let db = guarded(|| config.open())?;
        Ok(Self { db, folder: folder.to_owned(), pieces: RwLock::new(()) })
    }

    fn whole(&self, key: &str, stored: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged(format!("value of {}", kind_of(key)));
        let (count, rest) = stored.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (sum, first) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let mut value = first.to_vec();
        for n in 0..u32::from_le_bytes(*count) {
            let piece = guarded(|| self.db.get(piece_key(key, n)))?.ok_or_else(damaged)?;
            value.extend_from_slice(&piece);
        }
        if checksum(key, &value) == *sum { Ok(value) } else { Err(damaged()) }
    }

    fn pieces_of(&self, key: &str) -> Result<u32, StoreError> {
        let stored = guarded(|| self.db.get(key))?;
        let count = stored.as_deref().and_then(<[u8]>::split_first_chunk::<4>).map(|(count, _)| *count);
        // A number beyond reason is damage; the pieces it speaks of are not there.
        Ok(count.map_or(0, u32::from_le_bytes).min(100_000))
    }
}

impl Store for OnSled {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _whole = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        guarded(|| self.db.get(key))?.map(|stored| self.whole(key, &stored)).transpose()
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let _alone = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        let mut changes = sled::Batch::default();
        for (key, change) in &batch.changes {
            let before = self.pieces_of(key)?;
            let mut after = 0;
            if let Some(value) = change {
                let mut stored = vec![0; 4];
                stored.extend_from_slice(&checksum(key, value));
                let (first, rest) = value.split_at(value.len().min(PIECE_BYTES - HEAD));
                stored.extend_from_slice(first);
                for piece in rest.chunks(PIECE_BYTES) {
                    changes.insert(piece_key(key, after).as_bytes(), piece);
                    after += 1;
                }
                stored.iter_mut().zip(after.to_le_bytes()).for_each(|(to, from)| *to = from);
                changes.insert(key.as_bytes(), stored);
            } else {
                changes.remove(key.as_bytes());
            }
            for n in after..before {
                changes.remove(piece_key(key, n).as_bytes());
            }
        }
        guarded(|| self.db.apply_batch(changes))
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let _whole = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let mut pairs = guarded(|| Ok(self.db.scan_prefix(prefix)))?;
        while let Some((key, stored)) = guarded(|| pairs.next().transpose())? {
            let key = std::str::from_utf8(&key).map_err(|_| StoreError::Damaged("a key".to_owned()))?;
            if !visit(key, &self.whole(key, &stored)?) {
                break;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        guarded(|| self.db.flush())?;
        // sled's flush starts the writing and does not wait for the disk: without this a power cut loses the end.
        File::open(self.folder.join("db"))?.sync_data()?;
        Ok(())
    }
}

fn piece_key(key: &str, n: u32) -> String {
    format!("+{key}/{n:08}")
}

/// Keys hold identifiers of doors; logs do not.
fn kind_of(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}

fn checksum(key: &str, value: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&[0]);
    hasher.update(value);
    let mut short = [0; 8];
    short.iter_mut().zip(hasher.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
    short
}

fn guarded<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(e))) => Err(StoreError::Io(e)),
        Ok(Err(e)) => Err(StoreError::Damaged(e.to_string())),
        Err(_) => Err(StoreError::Damaged("sled panicked".to_owned())),
    }
}
