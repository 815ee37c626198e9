//! A store of version 1, whose values were not sealed, becomes one whose values are: copied whole into a new folder,
//! which then takes its place. sled frees nothing that is deleted, so the old folder goes. What a crash leaves half done is
//! begun again, or ended.

use std::{fs, path::Path};

use super::DeviceError;
use crate::{
    disk::sync_folder,
    store::{Batch, OnSled, Sealed, Store, StoreError},
    vault::Keys,
};

const AT_ONCE: usize = 500;
/// The new store, until it is complete.
const NEW: &str = "store.sealed";
/// The old one, until it is gone.
const OLD: &str = "store.unsealed";

/// Ends what a crash interrupted.
pub(super) fn finish(folder: &Path) -> Result<(), DeviceError> {
    let (store, new, old) = (folder.join("store"), folder.join(NEW), folder.join(OLD));
    if old.exists() {
        if !store.exists() && new.exists() {
            fs::rename(&new, &store)?;
            sync_folder(folder)?;
        }
        fs::remove_dir_all(&old)?;
    }
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    Ok(())
}

/// Seals the values of `plain`, a store of version 1 in `store/`.
pub(super) fn seal(folder: &Path, plain: OnSled, keys: &Keys) -> Result<(), StoreError> {
    let (store, new, old) = (folder.join("store"), folder.join(NEW), folder.join(OLD));
    let on_disk = OnSled::open(&new)?;
    on_disk.is_sealed()?;
    let sealed = Sealed::new(on_disk, keys);
    let mut batch = Batch::default();
    let mut count = 0;
    let mut failed = None;
    plain.each("", &mut |key, value| {
        batch.put(key, value);
        count += 1;
        if count == AT_ONCE {
            failed = sealed.put(&std::mem::take(&mut batch)).err();
            count = 0;
        }
        failed.is_none()
    })?;
    failed.map_or(Ok(()), Err)?;
    sealed.put(&batch)?;
    sealed.flush()?;
    drop((sealed, plain));
    fs::rename(&store, &old)?;
    fs::rename(&new, &store)?;
    sync_folder(folder)?;
    fs::remove_dir_all(&old)?;
    Ok(())
}
