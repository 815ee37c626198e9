//! Names that survive a power cut: a file is there afterwards only when its folder was fsynced, and the folder only when
//! the one that it lies in was.

use std::{fs, io, path::Path};

/// Makes the names in a folder durable. Windows has no such call and needs none: its renames are journaled.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes a folder, and those that it lies in, durably. One that is there may have been made by a process that died
/// before its name was durable: it is made so now.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        if !parent.is_dir() {
            make_folder(parent)?;
        }
        match fs::create_dir(folder) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
    }
    match sync_folder(parent) {
        // A folder in one that may not be read: somebody else made it, and looks after its name.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}
