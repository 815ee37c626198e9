//! Opening a tablet's folder: the one place where what a crash, a power cut or a damaged disk left is made good.
//!
//! In order: the lock, the key, the journal (torn tail cut, damage reported), the store (damaged: put aside, begun
//! anew), events that only one of the two has go to the other, the lists in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, OpenOptions, TryLockError},
    path::Path,
    sync::{Arc, Mutex, RwLock},
};

use huce_core::{clock::Hlc, event::SignedEvent, ids::PhotoId};

use super::{Both, Device, DeviceError, Head, Waiting, drafts::drafts_of, hold};
use crate::{
    book,
    clock::Clock,
    identity,
    index::{Index, Row},
    journal::{Entry, Journal, ReadBack},
    keys,
    photo::files::PhotoFiles,
    store::{Batch, OnSled, Store, StoreError},
};

/// A file that is there asks for the store to be made anew at the next start.
const REBUILD: &str = "store.rebuild";
/// Room that is kept, so that a full disk can be worked on.
const RESERVE: &str = "reserve";
const RESERVE_BYTES: usize = 4 * 1024 * 1024;
/// How many events are taken in at once when the store is made again.
const AT_ONCE: usize = 500;

impl Device {
    /// Opens a tablet's folder, or makes it. Puts right what the last end left behind; [`Device::reports`] says what.
    pub fn open(folder: &Path, clock: impl Clock) -> Result<Self, DeviceError> {
        fs::create_dir_all(folder)?;
        let lock = lock(folder)?;
        let (store, reports) = open_store(folder, clock.now_ms())?;
        Self::with_store(folder, clock, store, lock, reports)
    }

    /// The same over another store, which the caller has opened (simulations).
    pub fn open_over(folder: &Path, clock: impl Clock, store: Box<dyn Store>) -> Result<Self, DeviceError> {
        fs::create_dir_all(folder)?;
        let lock = lock(folder)?;
        Self::with_store(folder, clock, store, lock, Vec::new())
    }

    /// The same over another store (tests).
    pub(crate) fn with_store(
        folder: &Path,
        clock: impl Clock,
        store: Box<dyn Store>,
        lock: File,
        mut reports: Vec<String>,
    ) -> Result<Self, DeviceError> {
        let key = identity::open(folder)?;
        let id = Self::own_key(&key);
        let (journal, back) = Journal::open(&folder.join("journal"))?;
        reports.extend(back.damage.iter().map(ToString::to_string));
        let book = book::read(folder).unwrap_or_else(|why| {
            reports.push(format!("the book of the server is damaged ({why}): enrol again"));
            None
        });
        let device = Self {
            folder: folder.to_owned(),
            clock: Arc::new(clock),
            id,
            journal,
            store,
            files: PhotoFiles::open(folder)?,
            head: Mutex::new(Head { next_seq: 1, prev: None, at: Hlc::default() }),
            waiting: Mutex::default(),
            drafts: Mutex::new(drafts_of(&back.entries)),
            index: RwLock::new(Index::default()),
            book: Mutex::new(book.unwrap_or_default()),
            forms: Mutex::new(HashMap::new()),
            progress: Mutex::new(None),
            listeners: Mutex::default(),
            reports: Mutex::new(reports),
            _lock: lock,
            key,
        };
        device.reconcile(back)?;
        device.load_lists()?;
        device.keep_reserve();
        Ok(device)
    }

    /// Own events that only the journal or only the store has go to the other one.
    fn reconcile(&self, back: ReadBack) -> Result<(), DeviceError> {
        let mut own: BTreeMap<u64, Both> = BTreeMap::new();
        for signed in back
            .entries
            .into_iter()
            .flat_map(|e| if let Entry::Events { events, .. } = e { events } else { Vec::new() })
        {
            match signed.event() {
                Ok(event) if event.device == self.id => {
                    own.insert(event.seq, (signed, event));
                }
                Ok(_) => self.report("the journal holds an event of another device".to_owned()),
                Err(e) => self.report(format!("an event in the journal cannot be read: {e}")),
            }
        }
        let mut missing = Vec::new();
        for both in own.values() {
            if self.store.get(&keys::event(&both.1.id()))?.is_none() {
                missing.push(both.clone());
            }
        }
        for some in missing.chunks(AT_ONCE) {
            self.absorb(some, Batch::default(), true)?;
        }
        let lost = self.lost_by_journal(&own)?;
        if !lost.is_empty() {
            self.report(format!("{} events came back from the store into the journal", lost.len()));
            let events = lost.iter().map(|(signed, _)| signed.clone()).collect();
            self.keep(&[Entry::Events { events, closes: None }])?;
            own.extend(lost.into_iter().map(|both| (both.1.seq, both)));
        }
        self.report_gaps(&own);
        if let Some((signed, event)) = own.values().next_back() {
            let at = own.values().map(|(_, e)| e.at).max().unwrap_or(event.at);
            *hold(&self.head) = Head { next_seq: event.seq + 1, prev: Some(signed.hash()), at };
        }
        Ok(())
    }

    fn lost_by_journal(&self, own: &BTreeMap<u64, Both>) -> Result<Vec<Both>, StoreError> {
        let mut lost = Vec::new();
        self.store.scan(&format!("e/{}/", self.id), &mut |key, bytes| {
            let seq = key.rsplit('/').next().and_then(|n| n.parse::<u64>().ok());
            if seq.is_none_or(|seq| !own.contains_key(&seq))
                && let Ok(signed) = serde_json::from_slice::<SignedEvent>(bytes)
                && let Ok(event) = signed.event()
            {
                lost.push((signed, event));
            }
            true
        })?;
        Ok(lost)
    }

    fn report_gaps(&self, own: &BTreeMap<u64, Both>) {
        let mut next = 1;
        for seq in own.keys() {
            if *seq > next {
                self.report(format!("own events {next} to {} are missing", seq - 1));
            }
            next = seq + 1;
        }
    }

    fn load_lists(&self) -> Result<(), DeviceError> {
        let mut index = Index::default();
        self.store.scan(keys::ROWS, &mut |_, bytes| {
            index.put_all(Row::from_text(bytes));
            true
        })?;
        index.settle();
        *self.index.write().unwrap_or_else(std::sync::PoisonError::into_inner) = index;
        let mut waiting = Waiting::default();
        self.store.scan(keys::OUTBOX, &mut |key, bytes| {
            let seq = key.rsplit('/').next().and_then(|n| n.parse::<u64>().ok());
            waiting.events.extend(seq.map(|seq| (seq, serde_json::from_slice(bytes).unwrap_or_default())));
            true
        })?;
        self.store.scan(keys::PHOTOS, &mut |key, bytes| {
            let mut parts = key.split('/').skip(1);
            let seq = parts.next().and_then(|n| n.parse::<u64>().ok());
            let photo = parts.next().and_then(|p| PhotoId::new(p).ok());
            let bytes = serde_json::from_slice(bytes).unwrap_or_default();
            waiting.photos.extend(seq.zip(photo).map(|at| (at, bytes)));
            true
        })?;
        *hold(&self.waiting) = waiting;
        Ok(())
    }

    /// The store is put aside at the next start and made again from the journal and the server.
    pub fn ask_rebuild(&self) {
        if let Err(e) = disk_mark(&self.folder) {
            self.report(format!("the store cannot be marked for rebuilding: {e}"));
        }
    }

    fn keep_reserve(&self) {
        let path = self.folder.join(RESERVE);
        let there = fs::metadata(&path).is_ok_and(|m| m.len() == RESERVE_BYTES as u64);
        if !there && fs::write(&path, vec![0x5A; RESERVE_BYTES]).is_err() {
            let _ = fs::remove_file(&path);
        }
    }

    /// Gives the reserve back to a full disk. False when there was none.
    pub(super) fn free_reserve(&self) -> bool {
        let freed = fs::remove_file(self.folder.join(RESERVE)).is_ok();
        if freed {
            self.report("the disk is full: the reserve was given back".to_owned());
        }
        freed
    }
}

fn disk_mark(folder: &Path) -> std::io::Result<()> {
    crate::disk::write_whole(&folder.join(REBUILD), b"", false)
}

/// One process at a time; the lock ends with the process, however it ends.
pub(super) fn lock(folder: &Path) -> Result<File, DeviceError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DeviceError::InUse),
        // Some systems have no file locks (Android's app folders need none: one process has the folder anyway).
        Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

fn open_store(folder: &Path, now_ms: i64) -> Result<(Box<dyn Store>, Vec<String>), DeviceError> {
    let path = folder.join("store");
    let asked = folder.join(REBUILD).exists();
    let opened = if asked { Err(StoreError::Damaged("marked at the last run".to_owned())) } else { try_store(&path) };
    match opened {
        Ok(store) => Ok((store, Vec::new())),
        Err(StoreError::Damaged(why)) => {
            let mut reports =
                vec![format!("the store was damaged ({why}): it is made again from the journal and the server")];
            if path.exists() {
                let aside = (0..).map(|n| folder.join(format!("store.damaged-{now_ms}-{n}"))).find(|p| !p.exists());
                fs::rename(&path, aside.unwrap_or_else(|| folder.join("store.damaged")))?;
                reports.push("the damaged store is kept beside it".to_owned());
            }
            let store = try_store(&path)?;
            let _ = fs::remove_file(folder.join(REBUILD));
            Ok((store, reports))
        }
        Err(e) => Err(e.into()),
    }
}

/// Opens the store and reads all of what a start needs, so that damage there is found before anything is built on it.
fn try_store(path: &Path) -> Result<Box<dyn Store>, StoreError> {
    let store = OnSled::open(path)?;
    for prefix in [keys::ROWS, keys::OUTBOX, keys::PHOTOS, keys::CURSORS] {
        store.scan(prefix, &mut |_, _| true)?;
    }
    Ok(Box::new(store))
}
