//! Letting an inspector in again who forgot the PIN. An administrator, at the shell (`huce-server escrow`) or in the console,
//! makes a recovery: a file for the tablet, and the code that opens it, which is told apart from it. The data key itself
//! is never shown. That it was opened, when and by whom is written down before. What the console made a tablet also
//! fetches by itself, with the code.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use huce_core::{clock::Millis, escrow::Recovery, ids::DeviceId};
use serde_json::{Value, json};

use crate::{
    app::{App, Places, system_clock},
    store::{StoreError, safety},
};

/// Escrowed data keys.
#[derive(Debug, Subcommand)]
pub enum Ask {
    /// Makes a recovery for a tablet whose PIN was forgotten; prints its code.
    Open(Open),
    /// Which tablets can be let in again, and for which that was done.
    List,
}

/// Opens one.
#[derive(Debug, Args)]
pub struct Open {
    /// Which tablet.
    #[arg(long)]
    pub device: DeviceId,
    /// The file for the tablet; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// Does it.
///
/// # Errors
/// When there is no escrow of this tablet, or none that this server's keys open.
pub async fn run(ask: Ask, places: &Places) -> Result<Value> {
    let app = App::open(places, system_clock()).await?;
    let answer = match ask {
        Ask::Open(ask) => open(&app, &ask).await,
        Ask::List => list(&app).await,
    };
    app.store.close().await;
    answer
}

async fn list(app: &App) -> Result<Value> {
    let all = safety::escrows(&mut *app.store.pool().acquire().await?).await?;
    let opened = |times: Vec<(i64, String)>| -> Vec<Value> {
        times.into_iter().map(|(ms, who)| json!({ "opened_ms": ms, "by": who })).collect()
    };
    Ok(all.into_iter().map(|(d, ms, times)| json!({ "device": d, "kept_ms": ms, "opened": opened(times) })).collect())
}

/// How long a tablet can fetch its recovery: until the shift after this one.
pub const FETCHED_MS: Millis = 24 * 3_600_000;

/// Why there is no recovery.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The tablet handed in nothing, or for the key of a server that is no longer there.
    #[error("{0} has handed in no escrow that this server can open")]
    NoEscrow(DeviceId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No randomness, or no cipher.
    #[error("the recovery cannot be sealed: {0}")]
    Seal(String),
}

/// Opens a tablet's escrow on behalf of somebody, who is written down before; the recovery and its code. Where `fetched`,
/// the tablet can fetch it for [`FETCHED_MS`].
///
/// # Errors
/// See [`RecoveryError`].
pub async fn make(
    app: &App,
    device: &DeviceId,
    by_whom: &str,
    fetched: bool,
) -> Result<(Recovery, String), RecoveryError> {
    let mut write = app.store.write().await?;
    let escrow = safety::escrow(&mut write, device).await?;
    let keys = [Some(app.own.key.clone()), earlier_key(&app.data)];
    let opened = keys.iter().flatten().find_map(|key| escrow.as_ref()?.open(key).map(zeroize::Zeroizing::new));
    let data = opened.ok_or_else(|| RecoveryError::NoEscrow(device.clone()))?;
    let mut random = zeroize::Zeroizing::new([0u8; 44]);
    getrandom::fill(random.as_mut_slice()).map_err(|e| RecoveryError::Seal(e.to_string()))?;
    let made = Recovery::seal(&data, device, &random);
    let (recovery, code) = made.ok_or_else(|| RecoveryError::Seal("no cipher".to_owned()))?;
    let now_ms = app.now_ms();
    safety::opens_escrow(&mut write, device, by_whom, now_ms).await?;
    if fetched {
        let until_ms = now_ms.saturating_add(FETCHED_MS);
        safety::keep_recovery(&mut write, &Recovery::name_of(&code), &recovery, until_ms, now_ms).await?;
    }
    // Whoever cuts the power cannot hide it: nothing is handed out before this is durable.
    write.commit().await?;
    tracing::info!(device.id = %device, "an escrow was opened");
    Ok((recovery, code))
}

async fn open(app: &App, ask: &Open) -> Result<Value> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&ask.to).with_context(|| ask.to.display().to_string())?;
    let made = make(app, &ask.device, &user(), false).await;
    if made.is_err() {
        // Nothing is in it yet.
        let _still_there = std::fs::remove_file(&ask.to);
    }
    let (recovery, code) = made?;
    file.write_all(&serde_json::to_vec(&recovery)?)?;
    file.sync_all()?;
    Ok(json!({ "device": ask.device, "file": ask.to, "code": code }))
}

/// The key of the server from whose backup this one was restored: escrows of before are for it.
fn earlier_key(data: &Path) -> Option<SigningKey> {
    let text = std::fs::read_to_string(data.join("server.key.restored")).ok()?;
    let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).ok()?;
    Some(SigningKey::from_bytes(&bytes.try_into().ok()?))
}

/// Who sits at the shell, as far as it says.
pub fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    let user = named("SUDO_USER").or_else(|| named("USER")).or_else(|| named("LOGNAME"));
    user.unwrap_or_else(|| "unknown".to_owned()).chars().take(80).collect()
}
