//! `huce-server escrow`: letting an inspector in again who forgot the PIN. The administrator at the shell makes a
//! recovery: a file for the tablet, and the code that opens it, which is told apart from it. The data key itself is
//! never shown. That it was opened, when and by which user is written down before.

use std::{fs::File, io::Write, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use ed25519_dalek::SigningKey;
use huce_core::{escrow::Recovery, ids::DeviceId};
use serde_json::{Value, json};

use crate::{
    app::{App, Places, system_clock},
    store::safety,
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
        Ask::Open(ask) => open(&app, places, &ask).await,
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

async fn open(app: &App, places: &Places, ask: &Open) -> Result<Value> {
    let escrow = safety::escrow(&mut *app.store.pool().acquire().await?, &ask.device).await?;
    let escrow = escrow.with_context(|| format!("{} has handed in no escrow", ask.device))?;
    let keys = [Some(app.own.key.clone()), earlier_key(places)];
    let data = keys.iter().flatten().find_map(|key| escrow.open(key).map(zeroize::Zeroizing::new));
    let Some(data) = data else { bail!("the escrow of {} is for another server's key", ask.device) };
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&ask.to).with_context(|| ask.to.display().to_string())?;
    let mut random = zeroize::Zeroizing::new([0u8; 44]);
    getrandom::fill(random.as_mut_slice()).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let (recovery, code) = Recovery::seal(&data, &ask.device, &random).context("the recovery cannot be sealed")?;
    // Written down first: whoever cuts the power cannot hide it.
    let mut write = app.store.write().await?;
    safety::opens_escrow(&mut write, &ask.device, &user(), app.now_ms()).await?;
    write.commit().await?;
    file.write_all(&serde_json::to_vec(&recovery)?)?;
    file.sync_all()?;
    tracing::info!(device.id = %ask.device, "an escrow was opened");
    Ok(json!({ "device": ask.device, "file": ask.to, "code": code }))
}

/// The key of the server from whose backup this one was restored: escrows of before are for it.
fn earlier_key(places: &Places) -> Option<SigningKey> {
    let text = std::fs::read_to_string(places.data.join("server.key.restored")).ok()?;
    let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).ok()?;
    Some(SigningKey::from_bytes(&bytes.try_into().ok()?))
}

/// Who sits at the shell, as far as it says.
pub fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    let user = named("SUDO_USER").or_else(|| named("USER")).or_else(|| named("LOGNAME"));
    user.unwrap_or_else(|| "unknown".to_owned()).chars().take(80).collect()
}
