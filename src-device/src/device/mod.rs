//! A tablet: its journal, its store, its key, and what of its own the server does not have yet. Everything that
//! happens goes through [`Device::write`] (what people here do) or [`Device::take_pulled`] (what the server knows).
//!
//! Read in this order: `open` (what a start makes good again) → here (recording) → `absorb` (events into documents)
//! → `outbox` (what waits for the server) → `pulled` (what came from it) → `granted` (what may be shown)
//! → `anew` (a copied tablet) → `drafts`.
//!
//! A save waits for one `fdatasync` of the journal and for nothing else: no lock is held while a network is waited for.

mod absorb;
mod anew;
mod check;
mod drafts;
mod granted;
mod lists;
mod mark;
mod open;
mod outbox;
mod pulled;
mod reconcile;
mod reserve;
mod safe;
#[cfg(test)]
pub(crate) mod tests;
mod upgrade;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs::File,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use ed25519_dalek::SigningKey;
use huce_core::{
    body::Body,
    clock::{Hlc, Millis},
    event::{Event, EventError, SignedEvent, device_id, key_text},
    ids::{DeviceId, DraftId, EventId, GridId, PersonId, PhotoId},
    ipc::{CallError, Changed, Code},
    projection::{Doc, Docs, Key},
    record::Record,
    site::Site,
    wire::Refusal,
};

pub use check::Check;
pub use drafts::Draft;
pub use mark::SCHEMA;
pub use outbox::WaitingPhoto;
pub use pulled::{Cursor, OnUnknown, Taken};

use crate::{
    book::{self, SyncBook},
    clock::Clock,
    identity::IdentityError,
    index::Index,
    journal::{Entry, Journal, JournalError},
    keys,
    photo::files::{FilesError, PhotoFiles},
    store::{Batch, Store, StoreError},
    vault::{Keys, Vault, VaultError},
};

/// Why the tablet could not do it.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Another process has this folder open.
    #[error("the folder is in use by another process")]
    InUse,
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The photos' folder.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The key.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The data key: a PIN is needed, or was wrong.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An event that cannot be made.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The disk.
    #[error("the disk: {0}")]
    Io(#[from] std::io::Error),
}

impl DeviceError {
    /// Is the disk full?
    pub fn is_full(&self) -> bool {
        let full = |e: &std::io::Error| {
            matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        };
        match self {
            Self::Journal(e) => e.is_full(),
            Self::Files(e) => e.is_full(),
            Self::Io(e) | Self::Store(StoreError::Io(e)) | Self::Vault(VaultError::Io(e)) => full(e),
            _ => false,
        }
    }
}

impl From<DeviceError> for CallError {
    fn from(e: DeviceError) -> Self {
        match &e {
            _ if e.is_full() => CallError::new(Code::DiskFull),
            DeviceError::Vault(VaultError::Locked { .. }) => CallError::new(Code::PinNeeded),
            DeviceError::Vault(VaultError::WrongPin { wait_ms }) => {
                CallError::new(Code::WrongPin).with("seconds", wait_ms / 1_000)
            }
            DeviceError::Vault(VaultError::ShortPin) => {
                CallError::new(Code::BadInput).with("field", "pin").with("why", "short")
            }
            DeviceError::Vault(VaultError::UsedRecovery) => CallError::new(Code::BadRecovery).with("why", "used"),
            DeviceError::Vault(VaultError::WrongKey) => CallError::new(Code::BadRecovery).with("why", "wrong"),
            DeviceError::Store(StoreError::Damaged(what)) => CallError::new(Code::Damaged).with("what", what),
            DeviceError::Event(EventError::TooLarge(bytes)) => {
                CallError::new(Code::BadInput).with("field", "answers").with("why", "too_long").with("bytes", bytes)
            }
            _ => CallError::new(Code::Internal).with("what", &e),
        }
    }
}

impl From<StoreError> for CallError {
    fn from(e: StoreError) -> Self {
        DeviceError::Store(e).into()
    }
}

/// What an event is to say; the device adds the rest.
#[derive(Debug, Clone)]
pub struct New {
    /// Who does it.
    pub person: PersonId,
    /// Whose stream carries it.
    pub grid: GridId,
    /// At which door or facility.
    pub site: Option<Site>,
    /// What happened.
    pub body: Body,
}

/// The end of this device's chain.
#[derive(Debug)]
struct Head {
    next_seq: u64,
    prev: Option<String>,
    at: Hlc,
}

/// What waits for the server, in memory.
#[derive(Debug, Default)]
struct Waiting {
    /// Own events by number; with the reason when the server refused them for good.
    events: BTreeMap<u64, Option<Refusal>>,
    /// Own photos by the number of their event.
    photos: BTreeMap<(u64, PhotoId), u64>,
    /// Of these, what a hub keeps, as it said in this run of the program: it waits all the same.
    held: BTreeSet<u64>,
    held_photos: BTreeSet<PhotoId>,
    /// Of these, what a hub says that the server has. It is not asked for again and not counted, until the server itself is
    /// reached: that is offered everything again, for a hub may say what it likes.
    said: BTreeSet<u64>,
    said_photos: BTreeSet<PhotoId>,
}

/// A clock that is set by hand or by the network moves a little; more than this is a jump.
const CLOCK_SLACK_MS: Millis = 5 * 60_000;

type Listener = Box<dyn Fn(Changed) + Send + Sync>;

/// A tablet. Share it in an [`Arc`] between the screens' commands and the sync's thread.
pub struct Device {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    key: SigningKey,
    keys: Keys,
    vault: Mutex<Vault>,
    id: DeviceId,
    journal: Journal,
    store: Box<dyn Store>,
    files: PhotoFiles,
    /// Held while something is recorded or taken in: one at a time.
    head: Mutex<Head>,
    waiting: Mutex<Waiting>,
    drafts: Mutex<BTreeMap<DraftId, Draft>>,
    /// The form that is being filled in, as the steps of its draft made it.
    pub(crate) filling: Mutex<Option<(DraftId, huce_core::form::OpenForm)>>,
    index: RwLock<Index>,
    book: Mutex<SyncBook>,
    pub(crate) forms: Mutex<HashMap<String, Arc<huce_core::form::Form>>>,
    pub(crate) progress: Mutex<Option<huce_core::ipc::sync::SyncProgress>>,
    /// Photos of others that came with the last pulls, and when they were taken.
    fresh: Mutex<BTreeSet<(Millis, PhotoId)>>,
    listeners: Mutex<Vec<Listener>>,
    reports: Mutex<Vec<String>>,
    /// The store lacks something that the journal has: the mark must not move.
    is_behind: AtomicBool,
    clock_flagged: AtomicBool,
    _lock: File,
}

/// A lock whose other holders cannot leave it broken: they only replace whole values.
pub(crate) fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// Its identifier, from its key.
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// Its public key, 64 hexadecimal digits.
    pub fn public_key(&self) -> String {
        key_text(&self.key.verifying_key())
    }

    /// Signs a text for the server (`huce-token:NONCE`), Ed25519.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        use ed25519_dalek::Signer;
        self.key.sign(bytes).to_bytes()
    }

    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// Its folder.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The bytes of photos.
    pub fn files(&self) -> &PhotoFiles {
        &self.files
    }

    /// Device time.
    pub fn now_ms(&self) -> Millis {
        self.clock.now_ms()
    }

    /// The server's clock as far as it is known here: what promises run by.
    pub fn server_now_ms(&self) -> Millis {
        self.clock.now_ms().saturating_add(hold(&self.book).offset_ms.unwrap_or(0))
    }

    /// What was found damaged and made good, or not, since the start. For the log and the sync page.
    pub fn reports(&self) -> Vec<String> {
        hold(&self.reports).clone()
    }

    /// Calls this whenever something changes that pages show. From any thread; must not block.
    pub fn on_change(&self, listener: impl Fn(Changed) + Send + Sync + 'static) {
        hold(&self.listeners).push(Box::new(listener));
    }

    /// Tells the listeners.
    pub fn changed(&self, what: Changed) {
        hold(&self.listeners).iter().for_each(|listener| listener(what));
    }

    /// The book of the server.
    pub fn book(&self) -> SyncBook {
        hold(&self.book).clone()
    }

    /// Changes the book, durably.
    pub fn edit_book(&self, edit: impl FnOnce(&mut SyncBook)) -> Result<(), DeviceError> {
        let (session, result) = {
            let mut book = hold(&self.book);
            let before = book.clone();
            edit(&mut book);
            let same = *book == before;
            let who = |book: &SyncBook| (book.person.clone(), book.waiting, book.revoked);
            let session = who(&book) != who(&before) || book.profile != before.profile;
            (session, if same { Ok(()) } else { book::write(&self.folder, &book, &self.keys.files) })
        };
        result?;
        self.escrow_data_key();
        self.changed(if session { Changed::Session } else { Changed::Sync });
        Ok(())
    }

    /// Records what one person did. Returns after it is durable.
    pub fn record(
        &self,
        person: PersonId,
        grid: GridId,
        site: Option<impl Into<Site>>,
        body: Body,
    ) -> Result<EventId, DeviceError> {
        let site = site.map(Into::into);
        let made: Result<_, DeviceError> = self.write(|_| Ok((vec![New { person, grid, site, body }], None)));
        made.map(|(id, _)| id)
    }

    /// Records what one act brings about: all of it or nothing. `make` is given the identifier that the first event
    /// will have, and reads documents as they are: nothing else is recorded or taken in meanwhile. The draft that it
    /// names is closed by the same act. Returns after it is durable: the first event's identifier, and how many there are.
    pub fn write<E: From<DeviceError>>(
        &self,
        make: impl FnOnce(&EventId) -> Result<(Vec<New>, Option<DraftId>), E>,
    ) -> Result<(EventId, usize), E> {
        let mut head = hold(&self.head);
        let first = EventId { device: self.id.clone(), seq: head.next_seq };
        let (news, closes) = make(&first)?;
        if news.is_empty() {
            return Ok((first, 0));
        }
        let count = news.len();
        let offset = hold(&self.book).offset_ms;
        let (mut seq, mut prev, mut at) = (head.next_seq, head.prev.clone(), head.at);
        let mut signed = Vec::with_capacity(count);
        self.flag_clock(at);
        for New { person, grid, site, body } in news {
            let now_ms = self.clock.now_ms();
            at = at.tick(now_ms);
            // The timestamp never goes back, the clock may: the offset leads from the timestamp to the server's time.
            let offset_ms = offset.map(|offset| now_ms.saturating_add(offset).saturating_sub(at.ms));
            let (device, (household, facility)) = (self.id.clone(), Site::names(site));
            let before = prev.take();
            let event = Event { device, seq, prev: before, at, offset_ms, person, grid, household, facility, body };
            let one = SignedEvent::sign(&event, &self.key).map_err(DeviceError::from)?;
            prev = Some(one.hash());
            seq += 1;
            signed.push((one, event));
        }
        let events = signed.iter().map(|(one, _)| one.clone()).collect();
        let entry = self.keep(&[Entry::Events { events, closes: closes.clone() }])?;
        // From here on it is saved, whatever becomes of the store: the store is made again from the journal.
        *head = Head { next_seq: seq, prev, at };
        let mut batch = Batch::default();
        if let Some(draft) = closes.and_then(|draft| hold(&self.drafts).remove(&draft)) {
            draft.numbers.iter().for_each(|number| batch.remove(keys::draft(*number)));
        }
        let absorbed = self.mark(&mut batch, entry, &head).and_then(|()| self.absorb(&signed, batch, true, None));
        if let Err(e) = absorbed {
            self.fall_behind(&e);
        }
        drop(head);
        self.changed(Changed::Doors);
        Ok((first, count))
    }

    /// Appends to the journal; frees the reserve when the disk is full and tries once more.
    /// Returns the last one's number there.
    pub(crate) fn keep(&self, entries: &[Entry]) -> Result<u64, DeviceError> {
        let mut last = self.journal.last();
        for entry in entries {
            last = match self.journal.append(entry) {
                Err(e) if e.is_full() && self.free_reserve() => self.journal.append(entry)?,
                appended => appended?,
            };
        }
        Ok(last)
    }

    /// A document.
    pub fn doc(&self, key: &Key) -> Result<Option<Doc>, StoreError> {
        let Some(bytes) = self.store.get(&key.to_string())? else { return Ok(None) };
        let doc = serde_json::from_slice(&bytes).map_err(|e| StoreError::Damaged(e.to_string()))?;
        Ok(Some(doc))
    }

    /// A record.
    pub fn record_of(&self, noun: huce_core::body::Noun, id: &str) -> Result<Option<Record>, StoreError> {
        Ok(match self.doc(&Key::Record(noun, id.to_owned()))? {
            Some(Doc::Record(record)) => Some(record),
            _ => None,
        })
    }

    /// What is known of a door, or of a facility; an empty one where nothing is.
    pub fn door(&self, site: impl Into<Site>) -> Result<huce_core::door::Door, StoreError> {
        Ok(match self.doc(&Key::Door(site.into()))? {
            Some(Doc::Door(door)) => door,
            _ => huce_core::door::Door::default(),
        })
    }

    /// All documents whose key begins so (`d/`, `r/plan/` …).
    pub fn docs(&self, prefix: &str, mut each: impl FnMut(&str, Doc)) -> Result<(), StoreError> {
        let mut damaged = None;
        self.store.scan(prefix, &mut |key, bytes| {
            match serde_json::from_slice(bytes) {
                Ok(doc) => each(key, doc),
                Err(e) => damaged = Some(StoreError::Damaged(e.to_string())),
            }
            damaged.is_none()
        })?;
        damaged.map_or(Ok(()), Err)
    }

    /// An event as it was signed.
    pub fn event(&self, id: &EventId) -> Result<Option<SignedEvent>, StoreError> {
        let Some(bytes) = self.store.get(&crate::keys::event(id))? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| StoreError::Damaged(e.to_string()))
    }

    /// The lists of households and facilities in memory.
    pub fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        if self.index.read().unwrap_or_else(PoisonError::into_inner).is_settled() {
            return self.index.read().unwrap_or_else(PoisonError::into_inner);
        }
        self.index.write().unwrap_or_else(PoisonError::into_inner).settle();
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is this own event not on the server yet, as far as the server or a hub said?
    pub fn is_unsent(&self, id: &EventId) -> bool {
        let waiting = hold(&self.waiting);
        id.device == self.id && waiting.events.contains_key(&id.seq) && !waiting.said.contains(&id.seq)
    }

    /// How far the clock stands behind this tablet's newest event, milliseconds, negative; none when it does not. Times of
    /// new events go on from the newest one then, in order and wrong.
    pub fn clock_jump_ms(&self) -> Option<Millis> {
        let behind = self.clock.now_ms().saturating_sub(hold(&self.head).at.ms);
        (behind < -CLOCK_SLACK_MS).then_some(behind)
    }

    /// Says once that the clock was set back.
    fn flag_clock(&self, newest: Hlc) {
        let behind = newest.ms.saturating_sub(self.clock.now_ms());
        let is_flagged = self.clock_flagged.swap(behind > CLOCK_SLACK_MS, Ordering::Relaxed);
        if behind > CLOCK_SLACK_MS && !is_flagged {
            self.report(format!("the clock was set back by {} minutes: set it right", behind / 60_000));
        }
    }

    pub(crate) fn report(&self, what: String) {
        tracing::warn!(what, "device.damage");
        hold(&self.reports).push(what);
    }

    /// All documents as texts, for comparing two tablets.
    pub fn state(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut all = BTreeMap::new();
        for prefix in ["r/", "d/", "f/", "i/"] {
            self.store.scan(prefix, &mut |key, bytes| {
                all.insert(key.to_owned(), String::from_utf8_lossy(bytes).into_owned());
                true
            })?;
        }
        Ok(all)
    }

    fn own_key(id: &SigningKey) -> DeviceId {
        device_id(&id.verifying_key())
    }
}

/// An event, signed and read.
pub(crate) type Both = (SignedEvent, Event);

/// Documents at hand while events are taken in.
pub(crate) type AtHand = Docs;
