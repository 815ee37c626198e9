//! A stolen tablet: nothing in its folder can be read without the PIN, and a forgotten PIN loses nothing.

use std::fs;

use anyhow::{Context, Result, ensure};
use ed25519_dalek::SigningKey;
use huce_core::event::{device_id, key_text};
use huce_device::{Device, DeviceError, clock::HandClock, vault::VaultError};

use super::{filled, soak};

/// Words that are in the filled folder, as they would lie on a disk.
const WORDS: [&str; 6] = ["金穗花园", "李工", "末端不热", "radiatorradiator", "valvevalve", "127.0.0.1"];

fn is_in(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|w| w == word.as_bytes())
}

fn readable(folder: &std::path::Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(readable(&path)?);
            continue;
        }
        let bytes = fs::read(&path)?;
        found.extend(WORDS.iter().filter(|w| is_in(&bytes, w)).map(|w| format!("{w} in {}", path.display())));
    }
    Ok(found)
}

#[test]
fn nothing_at_rest_can_be_read_and_a_forgotten_pin_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    filled::fill(folder.path())?;
    let server = SigningKey::from_bytes(&[9; 32]);
    let device = filled::open(folder.path())?;
    device.edit_book(|book| {
        book.server = Some((device_id(&server.verifying_key()), key_text(&server.verifying_key())))
    })?;
    let was = filled::seen(&device)?;
    device.set_pin(None, "2580")?;
    let escrow = device.escrow().context("no escrow")?;
    drop(device);
    ensure!(readable(folder.path())?.is_empty(), "{:?}", readable(folder.path())?);
    let open = |pin: Option<&str>, at| Device::open_with_pin(folder.path(), HandClock::at(at), pin);
    let now = filled::BEGUN_MS;
    ensure!(matches!(open(None, now), Err(DeviceError::Vault(VaultError::Locked { wait_ms: 0 }))));
    for _ in 0..3 {
        ensure!(matches!(open(Some("1111"), now), Err(DeviceError::Vault(VaultError::WrongPin { .. }))));
    }
    ensure!(matches!(open(Some("2580"), now), Err(DeviceError::Vault(VaultError::Locked { .. }))), "no wait");
    let device = open(Some("2580"), now + 3_600_000)?;
    ensure!(filled::seen(&device)? == was, "something changed");
    drop(device);
    // Forgotten: the administrator's server opens the escrow.
    let data = zeroize::Zeroizing::new(escrow.open(&server).context("the server cannot open it")?);
    huce_device::vault::Vault::recover(folder.path(), data, "3690")?;
    ensure!(filled::seen(&open(Some("3690"), now)?)? == was, "something unsynced was lost");
    Ok(())
}

#[test]
fn the_command_line_takes_the_pin_from_a_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = folder.path().join("tablet");
    let (acked, _) = soak::soak(&store, 5)?;
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    fs::write(&right, "2580\n")?;
    fs::write(&wrong, "1111\n")?;
    let text = |p: &std::path::Path| p.to_string_lossy().into_owned();
    ensure!(soak::run(&store, &["set-pin", "--to", &text(&right)])?.status.success());
    let status = |args: &[&str]| -> Result<bool> { Ok(soak::run(&store, args)?.status.success()) };
    ensure!(!status(&["status"])? && !status(&["status", "--pin-file", &text(&wrong)])?);
    ensure!(status(&["status", "--pin-file", &text(&right)])?);
    let to = text(&folder.path().join("rescued"));
    ensure!(!status(&["rescue", "--to", &to])? && status(&["rescue", "--to", &to, "--pin-file", &text(&right)])?);
    ensure!(fs::read_to_string(&to)?.lines().count() >= acked.len(), "not all was rescued");
    Ok(())
}
