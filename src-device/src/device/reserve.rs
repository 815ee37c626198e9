//! Room that is kept, so that a full disk can be worked on.

use std::{fs, path::Path};

const FILE: &str = "reserve";
const BYTES: usize = 4 * 1024 * 1024;
/// What is said when it is gone.
pub(super) const FREED: &str = "the disk is full: the reserve was given back";

/// Makes the reserve where there is none and room enough. A file of one value is no room on disks that compress, so
/// its bytes are hashed ones.
pub(super) fn keep(folder: &Path) {
    let path = folder.join(FILE);
    if fs::metadata(&path).is_ok_and(|m| m.len() == BYTES as u64) {
        return;
    }
    let mut bytes = vec![0; BYTES];
    blake3::Hasher::new_derive_key("huce reserve").finalize_xof().fill(&mut bytes);
    if fs::write(&path, bytes).is_err() {
        let _ = fs::remove_file(&path);
    }
}

/// Is there no room any more? What sled makes of a full disk looks like damage.
pub(super) fn is_needed(folder: &Path) -> bool {
    let path = folder.join("room");
    let full = fs::write(&path, [0x5A; 64 * 1024]).is_err_and(|e| e.kind() == std::io::ErrorKind::StorageFull);
    let _ = fs::remove_file(&path);
    full
}

/// Gives it back. False when there was none.
pub(super) fn free(folder: &Path) -> bool {
    fs::remove_file(folder.join(FILE)).is_ok()
}
