//! Folders as earlier versions wrote them (`tests/fixtures/stores/vN`) are opened, and hold what they held. A fixture of
//! the present version is made by `HUCE_FIXTURE=DIR cargo test -p huce-tests --test faults make_a_fixture -- --ignored`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::filled;

/// What the version that wrote it showed.
const SEEN: &str = "seen.json";

#[test]
#[ignore = "makes a fixture, by hand, once a version"]
fn make_a_fixture() -> Result<()> {
    let folder = PathBuf::from(std::env::var_os("HUCE_FIXTURE").context("HUCE_FIXTURE=DIR")?);
    fs::create_dir_all(&folder)?;
    filled::fill(&folder)?;
    let device = filled::open(&folder)?;
    fs::write(folder.join(SEEN), serde_json::to_vec_pretty(&filled::seen(&device)?)?)?;
    drop(device);
    // Room that is kept for a full disk says nothing about a version.
    fs::remove_file(folder.join("reserve"))?;
    Ok(())
}

pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

#[test]
fn stores_of_every_version_are_opened() -> Result<()> {
    let mut versions = 0;
    for version in fs::read_dir(huce_tests::root().join("tests/fixtures/stores"))? {
        let version = version?.path();
        let folder = tempfile::tempdir()?;
        copy(&version, folder.path())?;
        let was: Value = serde_json::from_slice(&fs::read(version.join(SEEN))?)?;
        // Twice: what the first opening made of it is opened, too.
        for _ in 0..2 {
            let device = filled::open(folder.path())?;
            ensure!(device.reports().is_empty(), "{}: {:?}", version.display(), device.reports());
            ensure!(filled::seen(&device)? == was, "{} shows something else", version.display());
        }
        let device = filled::open(folder.path())?;
        let door = filled::door(&device, "701")?;
        filled::knock(&device, &door)?;
        ensure!(device.waiting_counts().0 == was["waiting"][0].as_u64().unwrap_or(0) + 2, "it does not go on");
        versions += 1;
    }
    ensure!(versions > 0, "no fixture was found");
    Ok(())
}
