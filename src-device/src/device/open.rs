//! Opening a tablet's folder: the one place where what a crash, a power cut or a damaged disk left is made good.
//!
//! In order: the lock, the store (damaged: put aside, begun anew) with the lists that are read from it, the key, the
//! journal from the store's mark on (all of it where the store is new or something is damaged), what only one of the
//! two has goes to the other.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, OpenOptions, TryLockError},
    path::Path,
    sync::{Arc, Mutex, RwLock, atomic::AtomicBool},
};

use huce_core::clock::Hlc;

use super::{
    Device, DeviceError, Head, SCHEMA, drafts::drafts_of, hold, lists::Lists, mark::Mark, reconcile, reserve, upgrade,
};
use crate::{
    book,
    clock::Clock,
    disk, identity,
    journal::{Entry, Journal},
    keys,
    photo::files::PhotoFiles,
    store::{Batch, InMemory, OnSled, Sealed, Store, StoreError, WriteBehind},
    vault::{Keys, Vault},
};

/// A file that is there asks for the store to be made anew at the next start.
const REBUILD: &str = "store.rebuild";
/// Without room sled does not open: the view is made in memory then, from the journal.
const NO_ROOM: &str = "the disk is full: until there is room only what was recorded on this tablet is shown, and nothing more can be saved";
/// How many damaged stores are kept.
const KEPT: usize = 2;

impl Device {
    /// Opens a tablet's folder, or makes it. Puts right what the last end left behind; [`Device::reports`] says what.
    ///
    /// # Errors
    /// [`DeviceError::Vault`] when a PIN was set: see [`Device::open_with_pin`].
    pub fn open(folder: &Path, clock: impl Clock) -> Result<Self, DeviceError> {
        Self::open_with_pin(folder, clock, None)
    }

    /// The same with the PIN that was set.
    pub fn open_with_pin(folder: &Path, clock: impl Clock, pin: Option<&str>) -> Result<Self, DeviceError> {
        disk::make_folder(folder)?;
        // An earlier start may have died before it made the names durable.
        disk::sync_folder(folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        let lock = lock(folder)?;
        let mut reports = Vec::new();
        let vault = match Vault::open(folder, pin, clock.now_ms()).map_err(DeviceError::from) {
            Err(e) if e.is_full() && reserve::free(folder) => {
                reports.push(reserve::FREED.to_owned());
                Vault::open(folder, pin, clock.now_ms())?
            }
            opened => opened?,
        };
        let keys = vault.keys();
        let (store, lists) = match open_store(folder, clock.now_ms(), &keys, &mut reports) {
            // sled cannot be opened on a full disk.
            Err(e) if e.is_full() => {
                if reserve::free(folder) {
                    reports.push(reserve::FREED.to_owned());
                }
                match open_store(folder, clock.now_ms(), &keys, &mut reports) {
                    Err(e) if e.is_full() => {
                        reports.push(NO_ROOM.to_owned());
                        let store: Box<dyn Store> = Box::new(InMemory::default());
                        let lists = Lists::read(store.as_ref())?;
                        (store, lists)
                    }
                    opened => opened?,
                }
            }
            opened => opened?,
        };
        Self::assemble(folder, Arc::new(clock), store, lists, vault, lock, reports)
    }

    /// The same over another store, which the caller has opened (simulations).
    pub fn open_over(folder: &Path, clock: impl Clock, store: Box<dyn Store>) -> Result<Self, DeviceError> {
        disk::make_folder(folder)?;
        let lock = lock(folder)?;
        let lists = Lists::read(store.as_ref())?;
        let vault = Vault::open(folder, None, clock.now_ms())?;
        Self::assemble(folder, Arc::new(clock), store, lists, vault, lock, Vec::new())
    }

    fn assemble(
        folder: &Path,
        clock: Arc<dyn Clock>,
        store: Box<dyn Store>,
        lists: Lists,
        vault: Vault,
        lock: File,
        mut reports: Vec<String>,
    ) -> Result<Self, DeviceError> {
        let keys = vault.keys();
        let key = identity::open(folder, Some(&keys.files))?;
        // Whatever was begun in this folder by a start that died has its name from here on.
        disk::sync_folder(folder)?;
        let id = Self::own_key(&key);
        let known = lists.mark.as_ref().map_or(0, |mark| mark.entry);
        let (journal, mut back) = Journal::open(&folder.join("journal"), Some(keys.journal.clone()), known)?;
        let is_damaged = known > 0 && (back.last() < known || !back.is_whole());
        if is_damaged {
            back = journal.read_all()?;
        }
        reports.extend(back.damage.iter().map(ToString::to_string));
        reports
            .extend(back.missing.iter().map(|m| format!("journal: entries {} to {} are missing", m.start(), m.end())));
        if back.last() < known {
            reports.push(format!("journal: entries {} to {known} are missing at its end", back.last() + 1));
        }
        let book = book::read(folder, &keys.files).unwrap_or_else(|why| {
            reports.push(format!("the book of the server is damaged ({why}): enrol again"));
            None
        });
        let Lists { index, waiting, drafts: stored, mark } = lists;
        let head = match &mark {
            Some(Mark { next_seq, prev, at, .. }) => Head { next_seq: *next_seq, prev: prev.clone(), at: *at },
            None => Head { next_seq: 1, prev: None, at: Hlc::default() },
        };
        let mut entries = stored.clone();
        entries.extend(back.entries.iter().map(|(number, entry)| (*number, entry.clone())));
        let device = Self {
            folder: folder.to_owned(),
            clock,
            id,
            journal,
            store: Box::new(WriteBehind::over(store)),
            files: PhotoFiles::sealed(folder, &keys)?,
            keys,
            vault: Mutex::new(vault),
            head: Mutex::new(head),
            waiting: Mutex::new(waiting),
            drafts: Mutex::new(drafts_of(&entries)),
            filling: Mutex::default(),
            index: RwLock::new(index),
            book: Mutex::new(book.unwrap_or_default()),
            forms: Mutex::new(HashMap::new()),
            progress: Mutex::new(None),
            fresh: Mutex::default(),
            listeners: Mutex::default(),
            reports: Mutex::new(reports),
            is_behind: AtomicBool::new(false),
            clock_flagged: AtomicBool::new(false),
            _lock: lock,
            key,
        };
        if back.is_unsealed
            && let Err(e) = device.journal.seal_again()
        {
            device.report(format!("the journal of an earlier version could not be sealed: {e}"));
        }
        device.settle_journal();
        reconcile::run(&device, &back, known == 0 || is_damaged)?;
        if mark.as_ref().is_some_and(|mark| mark.schema < SCHEMA) {
            let _one_at_a_time = hold(&device.head);
            if let Err(e) = device.remake(Batch::default(), device.granted()?.as_ref()) {
                device.fall_behind(&e);
            }
        }
        device.store_drafts(&stored)?;
        device.escrow_data_key();
        let newest = hold(&device.head).at;
        device.flag_clock(newest);
        device.keep_reserve();
        Ok(device)
    }

    /// Writes again what no fsync vouches for. Where the disk refuses, the next save tries again, and the mark waits.
    fn settle_journal(&self) {
        let settled = match self.journal.settle() {
            Err(e) if e.is_full() && self.free_reserve() => self.journal.settle(),
            settled => settled,
        };
        if let Err(e) = settled {
            self.report(format!("the end of the journal could not be written again: {e}"));
            self.is_behind.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// The store gets the drafts that are open, loses those that are not, and the mark.
    fn store_drafts(&self, stored: &BTreeMap<u64, Entry>) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        let head = hold(&self.head);
        let drafts = hold(&self.drafts);
        let open: std::collections::BTreeSet<u64> = drafts.values().flat_map(|d| d.numbers.iter().copied()).collect();
        stored.keys().filter(|number| !open.contains(number)).for_each(|number| batch.remove(keys::draft(*number)));
        let missing: Vec<u64> = open.into_iter().filter(|number| !stored.contains_key(number)).collect();
        if !missing.is_empty() {
            let all = self.journal.read_all()?.entries;
            for number in missing {
                if let Some(entry) = all.get(&number) {
                    batch.put(keys::draft(number), super::absorb::json(entry)?);
                }
            }
        }
        self.mark(&mut batch, self.journal.last(), &head)?;
        Ok(self.store.put(&batch)?)
    }

    /// The store is put aside at the next start and made again from the journal and the server.
    pub fn ask_rebuild(&self) {
        if let Err(e) = disk_mark(&self.folder) {
            self.report(format!("the store cannot be marked for rebuilding: {e}"));
        }
    }

    fn keep_reserve(&self) {
        reserve::keep(&self.folder);
    }

    /// Gives the reserve back to a full disk. False when there was none.
    pub(super) fn free_reserve(&self) -> bool {
        let freed = reserve::free(&self.folder);
        if freed {
            self.report(reserve::FREED.to_owned());
        }
        freed
    }
}

fn disk_mark(folder: &Path) -> std::io::Result<()> {
    disk::write_whole(&folder.join(REBUILD), b"", false)
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

fn open_store(
    folder: &Path,
    now_ms: i64,
    keys: &Keys,
    reports: &mut Vec<String>,
) -> Result<(Box<dyn Store>, Lists), DeviceError> {
    upgrade::finish(folder)?;
    let path = folder.join("store");
    let asked = folder.join(REBUILD).exists();
    let opened =
        if asked { Err(StoreError::Damaged("marked at the last run".to_owned())) } else { try_store(folder, keys) };
    match opened {
        Ok(opened) => Ok(opened),
        Err(StoreError::Damaged(_)) if !asked && reserve::is_needed(folder) => {
            Err(StoreError::Io(std::io::ErrorKind::StorageFull.into()).into())
        }
        Err(StoreError::Damaged(why)) => {
            reports.push(format!("the store was damaged ({why}): it is made again from the journal and the server"));
            if path.exists() {
                let aside = (0..).map(|n| folder.join(format!("store.damaged-{now_ms}-{n}"))).find(|p| !p.exists());
                fs::rename(&path, aside.unwrap_or_else(|| folder.join("store.damaged")))?;
                reports.push("the damaged store is kept beside it".to_owned());
                forget_old(folder);
            }
            let opened = try_store(folder, keys)?;
            let _ = fs::remove_file(folder.join(REBUILD));
            Ok(opened)
        }
        Err(e) => Err(e.into()),
    }
}

/// Damaged stores that are older than the newest ones make room.
fn forget_old(folder: &Path) {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_aside =
        |p: &std::path::PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("store.damaged"));
    let mut aside: Vec<_> = names.filter(is_aside).collect();
    aside.sort();
    for old in aside.iter().rev().skip(KEPT) {
        let _ = fs::remove_dir_all(old);
    }
}

/// Opens the store and reads all of what a start needs, so that damage there is found before anything is built on it.
fn try_store(folder: &Path, keys: &Keys) -> Result<(Box<dyn Store>, Lists), StoreError> {
    let mut store = OnSled::open(&folder.join("store"))?;
    if !store.is_sealed()? {
        upgrade::seal(folder, store, keys)?;
        store = OnSled::open(&folder.join("store"))?;
    }
    let store = Sealed::new(store, keys);
    let lists = Lists::read(&store)?;
    Ok((Box::new(store), lists))
}
