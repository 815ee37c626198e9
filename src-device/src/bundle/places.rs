//! Where bundles can go: drives that can be carried to the office, and the person's own folder, from which they can be
//! copied. A tablet has no use for a file dialog: the places are few, and gloves find a button.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use huce_core::ipc::sync::BundlePlace;

/// What a server adds to a bundle's name for its receipts.
const RECEIPTS: &str = "receipts";
/// Files of receipts that are offered of one place.
const MAX_RECEIPTS: usize = 20;

/// The places that are there now, drives first.
pub fn places() -> Vec<BundlePlace> {
    let mut found: Vec<BundlePlace> = drives().iter().filter_map(|drive| place(drive, true)).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.extend(documents().and_then(|folder| place(&folder, false)));
    found
}

fn place(folder: &Path, removable: bool) -> Option<BundlePlace> {
    let text = folder.to_str()?.to_owned();
    let name = folder.file_name().and_then(OsStr::to_str).map_or_else(|| text.clone(), str::to_owned);
    Some(BundlePlace { receipts: receipts(folder), folder: text, name, removable })
}

fn receipts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|e| e.path().extension() == Some(OsStr::new(RECEIPTS)));
    let mut dated: Vec<(SystemTime, String)> = files
        .filter_map(|e| Some((e.metadata().and_then(|m| m.modified()).ok()?, e.path().to_str()?.to_owned())))
        .collect();
    dated.sort_by(|a, b| b.cmp(a));
    dated.into_iter().take(MAX_RECEIPTS).map(|(_, path)| path).collect()
}

/// Drives as Linux desktops mount them (`/media/NAME`, `/media/USER/NAME`, `/run/media/USER/NAME`); where `HUCE_MEDIA` is
/// set, every folder within the folders that it names.
#[cfg(unix)]
fn drives() -> Vec<PathBuf> {
    let within = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    if let Some(tops) = env::var_os("HUCE_MEDIA") {
        return env::split_paths(&tops).flat_map(within).filter(|path| path.is_dir()).collect();
    }
    let first: Vec<PathBuf> = ["/media", "/run/media"].map(PathBuf::from).into_iter().flat_map(within).collect();
    let second: Vec<PathBuf> = first.iter().cloned().flat_map(within).collect();
    first.into_iter().chain(second).filter(|path| path.is_dir() && is_mounted(path)).collect()
}

/// Another file system than the folder around it.
#[cfg(unix)]
fn is_mounted(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|m| m.dev()).ok();
    path.parent().is_some_and(|around| device(path) != device(around))
}

/// Every drive but the system's.
#[cfg(windows)]
fn drives() -> Vec<PathBuf> {
    let system = env::var("SystemDrive").unwrap_or_else(|_| "C:".to_owned());
    let all = ('A'..='Z').map(|letter| format!("{letter}:"));
    all.filter(|drive| *drive != system).map(|drive| PathBuf::from(drive + "\\")).filter(|p| p.is_dir()).collect()
}

/// The person's own folder.
pub fn documents() -> Option<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?);
    let named = env::var_os("XDG_DOCUMENTS_DIR").map(PathBuf::from);
    let folders = named.into_iter().chain([home.join("Documents"), home.join("文档"), home]);
    folders.into_iter().find(|folder| folder.is_dir())
}
