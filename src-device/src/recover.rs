//! An inspector forgot the PIN. The administrator opened the escrow and told a code; what belongs to it is on a drive, or
//! the server has it. A tablet that is locked but runs still knows its server. One that was started anew does not: where
//! its server is, is sealed like everything else, and only the drive is left.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use huce_core::{
    escrow::Recovery,
    ipc::{CallError, Code},
};

use crate::{
    Device, DeviceError,
    bundle::places,
    sync::{SyncError, block_on, http::Http, trust::Pin},
    vault::{self, Vault},
};

/// The extension of a recovery's file.
const FILES: &str = "recovery";
/// Files that are looked at in one place, and the most bytes of one.
const MOST: (usize, u64) = (50, 4096);

/// Opens a folder that waits for its PIN, and sets a new one. What is in it stays as it is.
///
/// # Errors
/// [`Code::BadRecovery`], [`Code::BadInput`] for a PIN that is too short.
pub fn recover(folder: &Path, code: &str, pin: &str) -> Result<(), CallError> {
    vault::long_enough(pin).map_err(DeviceError::from)?;
    let recovery = on_drives(code).ok_or_else(|| none("drive"))?;
    Vault::recover_with(folder, &recovery, code, pin).map_err(DeviceError::from)?;
    Ok(())
}

impl Device {
    /// The same for a tablet that is open behind its lock.
    ///
    /// # Errors
    /// See [`recover`]; and what a sync may say of the line.
    pub fn recover(&self, code: &str, pin: &str) -> Result<(), CallError> {
        vault::long_enough(pin).map_err(DeviceError::from)?;
        let recovery = match on_drives(code) {
            Some(found) => found,
            None => self.fetch_recovery(code)?,
        };
        Ok(self.recover_with(&recovery, code, pin)?)
    }

    fn fetch_recovery(&self, code: &str) -> Result<Recovery, CallError> {
        let book = self.book();
        let url = book.url.ok_or_else(|| none("drive"))?;
        let http = Http::new(&url, book.pin.map(Pin::new).as_ref())?;
        match block_on(http.get(&format!("/v1/recovery/{}", Recovery::name_of(code))))? {
            Err(SyncError::Refused { status: 404, .. }) => Err(none("none")),
            found => Ok(found?),
        }
    }
}

fn none(why: &str) -> CallError {
    CallError::new(Code::BadRecovery).with("why", why)
}

fn on_drives(code: &str) -> Option<Recovery> {
    let folders = places().into_iter().map(|place| PathBuf::from(place.folder));
    folders.flat_map(|folder| files(&folder)).find(|recovery| recovery.open(code).is_some())
}

fn files(folder: &Path) -> Vec<Recovery> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.extension() == Some(OsStr::new(FILES))).take(MOST.0);
    let small = files.filter(|path| fs::metadata(path).is_ok_and(|file| file.len() <= MOST.1));
    small.filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok()).collect()
}
