//! The twin on sled 0.34. What was measured about it is in ARCHITECTURE.md; from that follow the guards here: every
//! call runs under `catch_unwind` (damage makes sled panic); every value carries a checksum (damage can also give
//! wrong values); the sum of all checksums is kept with each batch (damage can also make values disappear); and
//! `flush` is followed by a `sync_data` of sled's file (its own flush is no fsync).

use std::{
    borrow::Cow,
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockWriteGuard},
};

use super::{Batch, PIECE_BYTES, Store, StoreError, Visit};
use crate::disk::sync_folder;

/// Bytes that sled may keep in memory.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes before a value: how many further pieces (4), checksum (8).
const HEAD: usize = 12;

/// A store in a folder. The caller holds the lock of the folder.
#[derive(Debug)]
pub struct OnSled {
    pub(super) db: sled::Db,
    folder: PathBuf,
    /// Values in pieces are read and written apart: a reader must not see half of each. Inside: the sum of all that is there.
    pieces: RwLock<Sum>,
}

impl OnSled {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when sled cannot make sense of it: put it aside and begin anew.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(2_000));
        let db = opened(&config)?;
        // sled makes its names durable nowhere: without this the whole store may be gone after a power cut.
        sync_folder(folder)?;
        sync_folder(folder.parent().unwrap_or(folder))?;
        let store = Self { db, folder: folder.to_owned(), pieces: RwLock::default() };
        let kept = guarded(|| store.db.get(SUM))?;
        let sum = match kept.as_deref().map(Sum::from_bytes) {
            Some(sum) => sum.ok_or_else(|| StoreError::Damaged("its sum".to_owned()))?,
            // New, or of the version before sums.
            None => store.sum_up()?,
        };
        *store.alone() = sum;
        Ok(store)
    }

    fn alone(&self) -> RwLockWriteGuard<'_, Sum> {
        self.pieces.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Are its values sealed? A new store's will be: it is marked so. None sealed: one of version 1.
    pub fn is_sealed(&self) -> Result<bool, StoreError> {
        if guarded(|| Ok(self.db.is_empty()))? {
            guarded(|| self.db.insert(SEALED, b"1".as_slice()))?;
        }
        Ok(guarded(|| self.db.get(SEALED))?.is_some())
    }

    /// Reads everything.
    fn sum_up(&self) -> Result<Sum, StoreError> {
        let mut sum = Sum::default();
        let mut pairs = guarded(|| Ok(self.db.iter()))?;
        while let Some((key, stored)) = guarded(|| pairs.next().transpose())? {
            if key.starts_with(b"*") || key.starts_with(b"+") {
                continue;
            }
            let text = std::str::from_utf8(&key).map_err(|_| StoreError::Damaged("a key".to_owned()))?;
            self.whole(text, &stored)?;
            sum.add(head_of(&stored).map(|(_, sum)| sum));
        }
        Ok(sum)
    }

    fn whole<'s>(&self, key: &str, stored: &'s [u8]) -> Result<Cow<'s, [u8]>, StoreError> {
        let damaged = || StoreError::Damaged(format!("value of {}", kind_of(key)));
        let (count, rest) = stored.split_first_chunk::<4>().ok_or_else(damaged)?;
        let (sum, first) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let mut value = Cow::Borrowed(first);
        for n in 0..u32::from_le_bytes(*count) {
            let piece = guarded(|| self.db.get(piece_key(key, n)))?.ok_or_else(damaged)?;
            value.to_mut().extend_from_slice(&piece);
        }
        if checksum(key, &value) == *sum { Ok(value) } else { Err(damaged()) }
    }

    /// How many further pieces a value has, and its checksum; none when there is no such value.
    fn before(&self, key: &str) -> Result<Option<(u32, u64)>, StoreError> {
        let stored = guarded(|| self.db.get(key))?;
        // A number beyond reason is damage; the pieces it speaks of are not there.
        Ok(stored.as_deref().and_then(head_of).map(|(count, sum)| (count.min(100_000), sum)))
    }
}

impl Store for OnSled {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _whole = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let stored = guarded(|| self.db.get(key))?;
        stored.map(|stored| Ok(self.whole(key, &stored)?.into_owned())).transpose()
    }

    fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut kept = self.alone();
        let mut sum = *kept;
        let mut changes = sled::Batch::default();
        for (key, change) in &batch.changes {
            let before = self.before(key)?;
            sum.take(before.map(|(_, sum)| sum));
            let mut after = 0;
            if let Some(value) = change {
                let mut stored = vec![0; 4];
                let check = checksum(key, value);
                sum.add(Some(u64::from_le_bytes(check)));
                stored.extend_from_slice(&check);
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
            for n in after..before.map_or(0, |(pieces, _)| pieces) {
                changes.remove(piece_key(key, n).as_bytes());
            }
        }
        changes.insert(SUM, sum.to_bytes());
        guarded(|| self.db.apply_batch(changes))?;
        *kept = sum;
        Ok(())
    }

    fn scan(&self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let _whole = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        let mut pairs = guarded(|| Ok(self.db.scan_prefix(prefix)))?;
        while let Some((key, stored)) = guarded(|| pairs.next().transpose())? {
            // What is ours: the sum, the mark, pieces of values.
            if key.starts_with(b"*") || key.starts_with(b"+") {
                continue;
            }
            let key = std::str::from_utf8(&key).map_err(|_| StoreError::Damaged("a key".to_owned()))?;
            if !visit(key, &self.whole(key, &stored)?) {
                break;
            }
        }
        Ok(())
    }

    fn verify(&self) -> Result<(), StoreError> {
        let sum = self.alone();
        if self.sum_up()? == *sum { Ok(()) } else { Err(StoreError::Damaged("values have disappeared".to_owned())) }
    }

    fn flush(&self) -> Result<(), StoreError> {
        guarded(|| self.db.flush())?;
        // sled's flush starts the writing and does not wait for the disk: without this a power cut loses the end.
        File::open(self.folder.join("db"))?.sync_data()?;
        Ok(())
    }
}

/// Where the sum is. No key of a value begins so.
const SUM: &[u8] = b"*sum";

/// Says that values are sealed.
const SEALED: &[u8] = b"*sealed";

/// How many values there are, and the sum of their checksums.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    sum: u64,
}

impl Sum {
    fn add(&mut self, checksum: Option<u64>) {
        self.count += u64::from(checksum.is_some());
        self.sum = self.sum.wrapping_add(checksum.unwrap_or(0));
    }

    fn take(&mut self, checksum: Option<u64>) {
        self.count = self.count.wrapping_sub(u64::from(checksum.is_some()));
        self.sum = self.sum.wrapping_sub(checksum.unwrap_or(0));
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.count.to_le_bytes(), self.sum.to_le_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<8>()?;
        let sum = rest.try_into().ok()?;
        Some(Self { count: u64::from_le_bytes(*count), sum: u64::from_le_bytes(sum) })
    }
}

/// The number of further pieces and the checksum, from a value as it is stored.
fn head_of(stored: &[u8]) -> Option<(u32, u64)> {
    let (count, rest) = stored.split_first_chunk::<4>()?;
    let (sum, _) = rest.split_first_chunk::<8>()?;
    Some((u32::from_le_bytes(*count), u64::from_le_bytes(*sum)))
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

/// The folder's lock is held, so nobody else has this store: where sled's own lock is still taken, it is by a thread of a
/// store that was just closed, or by a process between its fork and its exec.
fn opened(config: &sled::Config) -> Result<sled::Db, StoreError> {
    let mut tries = 0;
    loop {
        match guarded(|| config.open()) {
            Err(StoreError::Io(e)) if tries < 100 && e.to_string().contains("could not acquire lock") => {
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            opened => return opened,
        }
    }
}

fn guarded<T>(act: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(e))) => Err(StoreError::Io(e)),
        Ok(Err(e)) => Err(StoreError::Damaged(e.to_string())),
        Err(_) => Err(StoreError::Damaged("sled panicked".to_owned())),
    }
}
