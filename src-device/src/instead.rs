//! A copied tablet gets a new identity in its place: a new folder beside the old one is enrolled, what the server keeps aside of the
//! old one is recorded again in it, open forms come along, and then the two folders change places. The old one stays,
//! under another name. Cut off anywhere, the next start either finds the old tablet or ends the change.
//!
//! In order: [`enrol`] (everything but the change, safe to repeat) → the caller lets go of the old tablet →
//! [`change_places`]; at every start [`finish`].

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use huce_core::ipc::{
    CallError, Code,
    session::{Enrol, Session, WhoAmI},
};

use crate::{
    Answer, Device, DeviceError,
    clock::SystemClock,
    device::WaitingPhoto,
    disk,
    sync::{self, block_on},
};

/// A file in the new folder: it is whole, and takes the old one's place.
const WHOLE: &str = "takes-place";

fn beside(folder: &Path, what: &str) -> PathBuf {
    let mut name: OsString = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    folder.with_file_name(name)
}

/// Enrols the new tablet with a code for the same server, and brings over what only the old one has. `pin` is the one of
/// the old folder, where it has one: the new folder has it, too.
///
/// # Errors
/// [`Code::WrongPin`], [`Code::SyncFirst`], and those of an enrolment. Then nothing has changed, and the same can be tried
/// again.
pub fn enrol(old: &Device, code: &str, pin: Option<&str>, name: &str) -> Result<Session, CallError> {
    if !old.is_forked() {
        return Err(CallError::new(Code::NotHere).with("why", "not_copied"));
    }
    let pin = pin.filter(|_| old.has_pin());
    if old.has_pin() && !old.is_pin(pin.unwrap_or_default())? {
        let wait_ms = crate::vault::wait_ms(old.folder(), old.now_ms());
        return Err(CallError::new(Code::WrongPin).with("seconds", wait_ms / 1_000));
    }
    hand_in(old)?;
    let folder = beside(old.folder(), "anew");
    let new = match Device::open_with_pin(&folder, SystemClock, pin) {
        // What an earlier try left is of no use without its PIN, and holds nothing that the old folder does not.
        Err(DeviceError::Vault(_)) => {
            fs::remove_dir_all(&folder).map_err(DeviceError::from)?;
            Device::open_with_pin(&folder, SystemClock, pin)?
        }
        opened => opened?,
    };
    if let Some(pin) = pin.filter(|_| !new.has_pin()) {
        new.set_pin(None, pin)?;
    }
    let book = old.book();
    let ask = Enrol {
        url: book.url.clone().unwrap_or_default(),
        code: code.to_owned(),
        fingerprint: book.pin.clone().unwrap_or_default(),
    };
    block_on(sync::enrol(&new, &ask, name))??;
    let pairs = new.carry_over(old)?;
    new.carry_drafts(old, &pairs)?;
    new.edit_book(|to| {
        to.hub = book.hub;
        to.photo_rule = book.photo_rule;
    })?;
    new.flush()?;
    disk::write_whole(&folder.join(WHOLE), b"", true).map_err(DeviceError::from)?;
    tracing::info!(events = pairs.len(), "sync.enrolled_anew");
    new.answer(WhoAmI {})
}

/// What is not of the branch goes to the server under the old identity: it is good for that.
fn hand_in(old: &Device) -> Result<(), CallError> {
    if is_handed_in(old)? {
        return Ok(());
    }
    sync::sync_now(old)?;
    if is_handed_in(old)? { Ok(()) } else { Err(CallError::new(Code::SyncFirst)) }
}

fn is_handed_in(old: &Device) -> Result<bool, CallError> {
    let branch = old.branch_from().unwrap_or(u64::MAX);
    let of_the_past = |photo: &WaitingPhoto| photo.seq < branch;
    let events = old.waiting_seqs().into_iter().any(|seq| seq < branch);
    Ok(!events && !old.waiting_photos().iter().any(of_the_past))
}

/// The new folder takes the old one's place; where the old one is now. Nobody has either of them open.
///
/// # Errors
/// The disk refuses: [`finish`] tries again.
pub fn change_places(folder: &Path) -> io::Result<PathBuf> {
    let new = beside(folder, "anew");
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut aside = beside(folder, "copied");
    for n in 2.. {
        if !aside.exists() {
            break;
        }
        aside = beside(folder, &format!("copied-{n}"));
    }
    if folder.exists() {
        fs::rename(folder, &aside)?;
        disk::sync_folder(parent)?;
    }
    fs::rename(&new, folder)?;
    disk::sync_folder(parent)?;
    fs::remove_file(folder.join(WHOLE))?;
    disk::sync_folder(folder)?;
    Ok(aside)
}

/// Ends a change that was cut off. Before the folder is opened.
///
/// # Errors
/// The disk refuses.
pub fn finish(folder: &Path) -> io::Result<()> {
    let new = beside(folder, "anew");
    if new.join(WHOLE).exists() {
        change_places(folder)?;
    } else if folder.join(WHOLE).exists() {
        // Cut off after the second name.
        fs::remove_file(folder.join(WHOLE))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A folder with a word in it.
    fn folder(path: &Path, word: &str) {
        fs::create_dir_all(path).unwrap();
        fs::write(path.join("word"), word).unwrap();
    }

    fn word(path: &Path) -> String {
        fs::read_to_string(path.join("word")).unwrap_or_default()
    }

    #[test]
    fn a_change_that_is_cut_off_anywhere_is_ended_by_the_next_start() {
        for cut in 0..5 {
            let dir = tempfile::tempdir().unwrap();
            let tablet = dir.path().join("store");
            folder(&tablet, "old");
            let (new, aside) = (beside(&tablet, "anew"), beside(&tablet, "copied"));
            folder(&new, "new");
            if cut > 0 {
                fs::write(new.join(WHOLE), "").unwrap();
            }
            if cut > 1 {
                fs::rename(&tablet, &aside).unwrap();
            }
            if cut > 2 {
                fs::rename(&new, &tablet).unwrap();
            }
            if cut > 3 {
                fs::remove_file(tablet.join(WHOLE)).unwrap();
            }
            finish(&tablet).unwrap();
            finish(&tablet).unwrap();
            // Before it was whole it is nothing yet.
            let (here, there) = if cut == 0 { ("old", "") } else { ("new", "old") };
            assert_eq!((word(&tablet).as_str(), word(&aside).as_str()), (here, there), "cut {cut}");
            assert!(!tablet.join(WHOLE).exists());
        }
    }

    #[test]
    fn a_second_change_keeps_both_old_folders() {
        let dir = tempfile::tempdir().unwrap();
        let tablet = dir.path().join("store");
        folder(&tablet, "first");
        for next in ["second", "third"] {
            folder(&beside(&tablet, "anew"), next);
            fs::write(beside(&tablet, "anew").join(WHOLE), "").unwrap();
            change_places(&tablet).unwrap();
        }
        assert_eq!(word(&tablet), "third");
        assert_eq!([word(&beside(&tablet, "copied")), word(&beside(&tablet, "copied-2"))], ["first", "second"]);
    }
}
