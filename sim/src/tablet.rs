//! A tablet in a history: the real engine over a folder and a [`Shelf`], with a clock that lies, that can be cut off at
//! any step and opened again from what was durable.

use std::{
    fs,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use anyhow::{Context as _, Result};
use ed25519_dalek::SigningKey;
use huce_core::{
    event::device_id,
    ids::{DeviceId, PersonId},
};
use huce_device::{
    Device,
    clock::HandClock,
    identity,
    sync::{Report, SyncError, Watch, enrol_over, line::Line, sync_at_hub, sync_over},
};

use crate::{
    dice::Dice,
    district::{copy_folder, secret},
    shelf::{Cut, Shelf},
};

/// What tablets know as the server's address. Nothing is ever sent to it.
pub const URL: &str = "http://sim.invalid";

type Syncing = Pin<Box<dyn Future<Output = Result<Report, SyncError>>>>;

/// What became of something that a tablet was asked to do.
pub enum Did<T> {
    /// It was done, well or not.
    Done(T),
    /// The tablet was cut off meanwhile.
    Cut,
}

/// A tablet.
pub struct Tablet {
    /// Whose.
    pub person: PersonId,
    /// How far its clock is off, milliseconds.
    pub skew_ms: i64,
    /// Its identity.
    pub id: DeviceId,
    /// Is it out of the history for good (its clone was re-enrolled elsewhere, it was lost)?
    pub gone: bool,
    folder: PathBuf,
    shelf: Shelf,
    clock: Arc<HandClock>,
    device: Option<Arc<Device>>,
    syncing: Option<Syncing>,
}

impl Tablet {
    /// The n-th tablet of the district, enrolled as this person's.
    pub fn new(folder: &Path, n: u64, person: &PersonId, server: (DeviceId, String), now_ms: i64) -> Result<Self> {
        fs::create_dir_all(folder)?;
        identity::keep(folder, &secret(n))?;
        // The reserve for a full disk is 4 MiB: here it has its length and takes no room.
        fs::File::create(folder.join("reserve"))?.set_len(4 * 1024 * 1024)?;
        let mut tablet = Self {
            person: person.clone(),
            skew_ms: 0,
            id: device_id(&SigningKey::from_bytes(&secret(n)).verifying_key()),
            gone: false,
            folder: folder.to_owned(),
            shelf: Shelf::default(),
            clock: Arc::new(HandClock::at(now_ms)),
            device: None,
            syncing: None,
        };
        tablet.open()?;
        tablet.device()?.edit_book(|book| {
            book.url = Some(URL.to_owned());
            book.person = Some(person.clone());
            book.server = Some(server);
        })?;
        Ok(tablet)
    }

    fn open(&mut self) -> Result<()> {
        let device = Device::open_over(&self.folder, self.clock.clone(), Box::new(self.shelf.clone()))?;
        self.device = Some(Arc::new(device));
        Ok(())
    }

    /// The tablet, running.
    pub fn device(&self) -> Result<Arc<Device>> {
        self.device.clone().context("the tablet is off")
    }

    /// The world's time, as this tablet's clock shows it.
    pub fn set_clock(&self, world_ms: i64) {
        self.clock.set(world_ms.saturating_add(self.skew_ms));
    }

    /// Is a sync under way?
    pub fn is_syncing(&self) -> bool {
        self.syncing.is_some()
    }

    /// Begins a sync.
    pub fn begin(&mut self, line: Arc<dyn Line>) -> Result<()> {
        let device = self.device()?;
        self.syncing = Some(Box::pin(async move { sync_over(&device, line, &Watch::alone()).await }));
        Ok(())
    }

    /// Begins a sync with the hub.
    pub fn begin_at_hub(&mut self, line: Arc<dyn Line>) -> Result<()> {
        let device = self.device()?;
        self.syncing = Some(Box::pin(async move { sync_at_hub(&device, line, &Watch::alone()).await }));
        Ok(())
    }

    /// Begins an enrolment with a one-time code.
    pub fn enrol(&mut self, line: Arc<dyn Line>, code: String) -> Result<()> {
        let device = self.device()?;
        self.syncing = Some(Box::pin(async move {
            let session = enrol_over(&device, line, URL.to_owned(), &code, "sim").await;
            session.map(|_| Report::default()).map_err(SyncError::Local)
        }));
        Ok(())
    }

    /// Nobody waits for the sync any more.
    pub fn hang_up(&mut self) {
        self.syncing = None;
    }

    /// Goes on with the sync as far as it goes. None when it waits, or there is none.
    pub fn go_on(&mut self) -> Did<Option<Result<Report, SyncError>>> {
        let Some(syncing) = &mut self.syncing else { return Did::Done(None) };
        let polled = unless_cut(|| syncing.as_mut().poll(&mut Context::from_waker(Waker::noop())));
        match polled {
            None => Did::Cut,
            Some(Poll::Pending) => Did::Done(None),
            Some(Poll::Ready(result)) => {
                self.syncing = None;
                Did::Done(Some(result))
            }
        }
    }

    /// Asks the tablet something during which it may be cut off.
    pub fn ask<T>(&self, what: impl FnOnce(&Device) -> T) -> Result<Did<T>> {
        let device = self.device()?;
        Ok(unless_cut(|| what(&device)).map_or(Did::Cut, Did::Done))
    }

    /// It will be cut off at the n-th next step of its store.
    pub fn set_fuse(&self, n: Option<usize>) {
        self.shelf.set_fuse(n);
    }

    /// Cut off, as it is. What was not durable may be gone; `torn` bytes of a save that was never told are in the journal.
    pub fn cut(&mut self, dice: &mut Dice, torn: bool) -> Result<()> {
        self.syncing = None;
        self.device = None;
        self.shelf.cut(dice);
        if dice.in_of(1, 12) {
            // The store was damaged: it is made again from the journal and the server.
            self.shelf = Shelf::default();
        }
        if torn {
            self.tear(dice)?;
        }
        Ok(())
    }

    /// Half an entry at the journal's end, as a power cut in the middle of a save leaves it.
    fn tear(&self, dice: &mut Dice) -> Result<()> {
        use std::io::Write;
        let logs = fs::read_dir(self.folder.join("journal"))?;
        let mut logs: Vec<_> =
            logs.flatten().map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "log")).collect();
        logs.sort();
        let Some(last) = logs.last() else { return Ok(()) };
        let mut entry = Vec::new();
        let payload = dice.bytes(80);
        if !huce_device::journal::segment::encode(1, &payload, &mut entry) {
            return Ok(());
        }
        entry.truncate(1 + dice.below(entry.len() - 1));
        Ok(fs::OpenOptions::new().append(true).open(last)?.write_all(&entry)?)
    }

    /// Everything that it holds, as it is now.
    pub fn snapshot(&self) -> Result<(PathBuf, Shelf)> {
        let to = self.folder.with_extension("before");
        copy_folder(&self.folder.join("journal"), &to)?;
        Ok((to, self.shelf.copied()))
    }

    /// Back to a snapshot; it must be off.
    pub fn roll_back(&mut self, (from, shelf): (PathBuf, Shelf)) -> Result<()> {
        fs::remove_dir_all(self.folder.join("journal"))?;
        fs::rename(from, self.folder.join("journal"))?;
        self.shelf = shelf;
        Ok(())
    }

    /// From now on its store makes cursors durable before what they stand for.
    pub fn spoil_flush(&self) {
        self.shelf.spoil();
    }

    /// Opens it again.
    pub fn reopen(&mut self) -> Result<()> {
        self.syncing = None;
        self.device = None;
        self.open()
    }

    /// Is it running?
    pub fn is_on(&self) -> bool {
        self.device.is_some()
    }

    /// A copy of everything that it holds, in another folder: a cloned tablet. It must be off.
    pub fn cloned(&self, folder: &Path) -> Result<Self> {
        copy_folder(&self.folder, folder)?;
        let mut copy = Self {
            person: self.person.clone(),
            skew_ms: self.skew_ms,
            id: self.id.clone(),
            gone: false,
            folder: folder.to_owned(),
            shelf: self.shelf.copied(),
            clock: Arc::new(HandClock::at(0)),
            device: None,
            syncing: None,
        };
        copy.open()?;
        Ok(copy)
    }
}

/// Does it; none when the shelf's fuse burned out meanwhile.
fn unless_cut<T>(what: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(what)) {
        Ok(done) => Some(done),
        Err(why) if why.is::<Cut>() => None,
        Err(why) => resume_unwind(why),
    }
}
