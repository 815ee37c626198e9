//! The PIN from the shell: never as an argument, which every process can see.

use std::path::Path;

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use huce_device::{
    clock::{Clock, SystemClock},
    recover,
    vault::{self, Keys, Vault},
};
use zeroize::Zeroizing;

/// The PIN of `--pin-file`, else of `HUCE_PIN`.
pub fn given(file: Option<&Path>) -> Result<Option<Zeroizing<String>>> {
    match file {
        Some(file) => read(file).map(Some),
        None => Ok(std::env::var("HUCE_PIN").ok().map(Zeroizing::new)),
    }
}

/// The first line of a file.
pub fn read(file: &Path) -> Result<Zeroizing<String>> {
    let text = Zeroizing::new(std::fs::read_to_string(file).with_context(|| file.display().to_string())?);
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned()))
}

/// Prints the escrow. Needs no PIN: only the server can open it.
pub fn escrow(store: &Path) -> Result<bool> {
    let escrow = vault::escrow_of(store)?;
    super::print(&escrow)?;
    Ok(escrow.is_some())
}

/// How the folder is opened without its PIN.
pub enum By<'a> {
    /// With the data key itself.
    DataKey(&'a Path),
    /// With the server's recovery and its code.
    Recovery(&'a Path, &'a Path),
    /// With the code alone: the recovery is on a drive.
    Code(&'a Path),
}

/// Opens the folder with what the administrator gave, and sets a new PIN.
pub fn recover(store: &Path, by: &By<'_>, to: &Path) -> Result<bool> {
    if !store.is_dir() {
        bail!("{} is no tablet's folder", store.display());
    }
    let data_key = match by {
        By::DataKey(file) => file,
        By::Code(code) => {
            recover::recover(store, &read(code)?, &read(to)?)?;
            return Ok(true);
        }
        By::Recovery(file, code) => {
            let text = std::fs::read(file).with_context(|| file.display().to_string())?;
            let recovery = serde_json::from_slice(&text).context("this is no recovery")?;
            Vault::recover_with(store, &recovery, &read(code)?, &read(to)?)?;
            return Ok(true);
        }
    };
    let bytes = HEXLOWER.decode(read(data_key)?.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let data = Zeroizing::new(bytes.context("a data key is 64 hexadecimal digits")?);
    Vault::recover(store, data, &read(to)?)?;
    Ok(true)
}

/// The keys of a folder that is read without being opened; none in one of version 1.
pub fn keys(store: &Path, pin: Option<&str>) -> Result<Option<Keys>> {
    if !vault::exists(store) {
        return Ok(None);
    }
    Ok(Some(Vault::open(store, pin, SystemClock.now_ms())?.keys()))
}
