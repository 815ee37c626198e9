//! What waits, as a file for the server (`huce_core::bundle`), where there is no network at all; and the receipts that
//! come back. What was exported waits until a receipt says otherwise. `places` says where files can go.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

mod places;

use huce_core::{
    bundle::{Manifest, Sealer, SignedReceipts},
    clock::china_time,
    event::{SignedEvent, key_from_text},
    ids::EventId,
    ipc::{
        CallError, Code,
        sync::{BundleMade, ReceiptsTaken},
    },
    wire::{Fate, PhotoReceipt, Receipt, Refusal},
};

use crate::{Device, DeviceError, disk, photo::files::Found};

pub use places::{documents, places};

/// Events of one record.
const AT_ONCE: usize = 500;
/// A file of receipts is never larger.
const MAX_RECEIPTS_BYTES: u64 = 64 * 1024 * 1024;

fn bad(why: &str) -> CallError {
    CallError::new(Code::BadBundle).with("why", why)
}

fn io(e: std::io::Error) -> CallError {
    DeviceError::Io(e).into()
}

/// A drive is no disk of the tablet's: it can be full or pulled out, and nothing is lost by that.
fn drive(e: std::io::Error) -> CallError {
    match e.kind() {
        std::io::ErrorKind::StorageFull => bad("no_room"),
        _ => bad("unwritable"),
    }
}

impl Device {
    /// Writes what waits into a file that only the server can read: events, then photos. The file is there whole or not
    /// at all.
    ///
    /// # Errors
    /// [`Code::NotEnrolled`]; [`Code::BadBundle`] with `why` = `nothing_waits`, `no_room` or `unwritable`.
    pub fn export_bundle(&self, to: &Path) -> Result<BundleMade, CallError> {
        let book = self.book();
        let server = book.server.as_ref().and_then(|(_, key)| key_from_text(key));
        let server = server.ok_or_else(|| CallError::new(Code::NotEnrolled))?;
        let seqs = self.waiting_seqs();
        let mut photos = self.waiting_photos();
        photos.retain(|photo| self.files().has(&photo.photo));
        let handed_on = if book.relay { self.others_count()? } else { 0 };
        let events = seqs.len() as u64 + handed_on;
        if events == 0 && photos.is_empty() {
            return Err(bad("nothing_waits"));
        }
        let mut random = [0u8; 48];
        getrandom::fill(&mut random).map_err(|e| CallError::new(Code::Internal).with("what", e))?;
        let manifest = Manifest {
            device: self.id().clone(),
            made_ms: self.now_ms(),
            epoch: book.epoch,
            events,
            photos: photos.len() as u64,
        };
        let to = &self.bundle_file(to);
        let part = to.with_extension("part");
        let file = new_file(&part).map_err(drive)?;
        let written = (|| {
            let other = |e: huce_core::bundle::BundleError| match e {
                huce_core::bundle::BundleError::Io(e) => drive(e),
                e => CallError::new(Code::Internal).with("what", e),
            };
            let mut sealer =
                Sealer::begin(BufWriter::new(file), &server, &random, &manifest, self.signing_key()).map_err(other)?;
            for some in seqs.chunks(AT_ONCE) {
                sealer.events(&self.own_events(some)?).map_err(other)?;
            }
            if handed_on > 0 {
                self.each_of_others(|some| sealer.events(some).map_err(other))?;
            }
            for photo in &photos {
                match self.files().get(&photo.photo).map_err(DeviceError::from)? {
                    Found::Whole(bytes) => sealer.photo(&photo.photo, &bytes).map_err(other)?,
                    // Said by `status` and `verify`; the others go.
                    _ => tracing::warn!(photo.id = %photo.photo, "bundle.photo_damaged"),
                }
            }
            let mut out = sealer.end().map_err(other)?;
            out.flush().map_err(drive)?;
            let file = out.into_inner().map_err(|e| drive(e.into_error()))?;
            file.sync_all().map_err(drive)?;
            file.metadata().map(|m| m.len()).map_err(drive)
        })();
        let bytes = match written {
            Ok(bytes) => bytes,
            Err(e) => {
                let _ = fs::remove_file(&part);
                return Err(e);
            }
        };
        fs::rename(&part, to).map_err(drive)?;
        disk::sync_folder(to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
            .map_err(drive)?;
        Ok(BundleMade { path: to.display().to_string(), events, photos: photos.len() as u64, bytes })
    }

    /// In a folder, a bundle is named after its tablet and its time.
    fn bundle_file(&self, to: &Path) -> PathBuf {
        if !to.is_dir() {
            return to.to_owned();
        }
        let tablet = self.id().as_str().get(..6).unwrap_or_default();
        to.join(format!("huce-{tablet}-{}.huce", china_time(self.now_ms()).format("%m%d-%H%M")))
    }

    /// Takes the receipts in that the server gave for a bundle of this tablet. Safe to repeat.
    ///
    /// # Errors
    /// [`Code::BadBundle`] with `why`: `no_receipts`, `another_server` (or changed), `another_tablet`, `too_old`; nothing
    /// was changed then.
    pub fn import_receipts(&self, from: &Path) -> Result<ReceiptsTaken, CallError> {
        let len = fs::metadata(from).map_err(io)?.len();
        if len > MAX_RECEIPTS_BYTES {
            return Err(bad("no_receipts"));
        }
        let signed: SignedReceipts =
            serde_json::from_slice(&fs::read(from).map_err(io)?).map_err(|_| bad("no_receipts"))?;
        let book = self.book();
        let server = book.server.as_ref().and_then(|(_, key)| key_from_text(key));
        let receipts = server.and_then(|key| signed.open(&key)).ok_or_else(|| bad("another_server"))?;
        if receipts.device != *self.id() {
            return Err(bad("another_tablet"));
        }
        match book.epoch {
            // The server was restored since: it may have lost what it confirmed then.
            Some(epoch) if receipts.epoch < epoch => return Err(bad("too_old")),
            _ => self.note_epoch(receipts.epoch)?,
        };
        let mut own = Vec::new();
        for receipt in &receipts.events {
            let here = if receipt.event.device == *self.id() { self.event(&receipt.event)? } else { None };
            if here.is_some_and(|here| here.hash() == receipt.hash) {
                own.push(Receipt { event: Some(receipt.event.clone()), fate: receipt.fate.clone() });
            }
        }
        self.confirm(&own)?;
        for (photo, bytes) in &receipts.photos {
            self.photo_sent(&PhotoReceipt { photo: photo.clone(), bytes: *bytes, held: false })?;
        }
        self.flush()?;
        let count = |fits: fn(&Fate) -> bool| own.iter().filter(|r| fits(&r.fate)).count() as u64;
        Ok(ReceiptsTaken {
            confirmed: count(|f| matches!(f, Fate::Stored | Fate::Had)),
            refused: count(|f| matches!(f, Fate::Refused { code } if *code != Refusal::Gap)),
            photos: receipts.photos.len() as u64,
        })
    }

    fn others_count(&self) -> Result<u64, CallError> {
        let mut count = 0;
        self.each_of_others(|some| {
            count += some.len() as u64;
            Ok(())
        })?;
        Ok(count)
    }

    /// What others recorded and this tablet has to hand on, page by page.
    fn each_of_others(&self, mut each: impl FnMut(&[SignedEvent]) -> Result<(), CallError>) -> Result<(), CallError> {
        let mut after: Option<EventId> = None;
        loop {
            let some = self.others_events(after.as_ref(), AT_ONCE)?;
            let Some(last) = some.last().and_then(|signed| signed.event().ok()) else { return Ok(()) };
            after = Some(last.id());
            each(&some)?;
        }
    }
}

fn new_file(path: &Path) -> std::io::Result<File> {
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path)
}
