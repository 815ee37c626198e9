//! The commands that look after a server's data: moving, backing up, restoring, auditing. Results are JSON on stdout,
//! progress goes to stderr, and the exit code is 0 only when it holds.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    app::{App, Places, system_clock},
    audit, backup,
    command::Command,
    migrate, photos, recovery,
    store::{
        Address, Store,
        occupied::{Occupied, Use},
    },
};

/// Moves everything.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Where to: postgres://USER:PASSWORD@HOST/NAME, an empty database.
    #[arg(long, value_name = "URL", env = "HUCE_TO_DATABASE", hide_env_values = true)]
    pub to_database: Address,
    /// Where the photos go: s3://BUCKET/PREFIX?endpoint=URL; without it they stay where they are.
    #[arg(long, value_name = "URL", env = "HUCE_TO_PHOTOS", hide_env_values = true)]
    pub to_photos: Option<photos::Address>,
}

/// Writes a backup.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// Restores one.
#[derive(Debug, Args)]
pub struct Restore {
    /// The file.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Restore into a temporary folder, open it, check everything, and remove it again. The server whose backup it is
    /// (`--data`, `--database`) then tells its tablets what the backup covers.
    #[arg(long)]
    pub verify: bool,
    /// Use the copy although the audit found something in it.
    #[arg(long)]
    pub despite_findings: bool,
}

/// Audits.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Checks every signature, chain and stream; names every event that was altered, added or removed.
    Verify {
        /// A head that was kept: nothing that it names may be gone.
        #[arg(long, value_name = "FILE.json")]
        against: Option<PathBuf>,
    },
    /// Prints how far everything has come, under a fingerprint to be signed off.
    Head,
}

/// Was it one of these?
pub enum Ran {
    /// Yes.
    Done(ExitCode),
    /// No: another one's.
    NotMine(Box<Command>),
}

/// Runs a command of these.
///
/// # Errors
/// When it did not hold; the text says what was kept and what to do.
pub async fn run(command: Command, places: &Places) -> Result<Ran> {
    let say = |what: &str| eprintln!("huce-server: {what}");
    match command {
        Command::Migrate(ask) => {
            print(&migrate::run(places, &ask.to_database, ask.to_photos.as_ref(), say).await?)?;
        }
        Command::Backup(ask) => {
            let made = backup::write(places, &ask.to, system_clock()()).await?;
            let rows: u64 = made.digests.values().map(|d| d.rows).sum();
            let photos = made.entries.keys().filter(|name| name.starts_with("photos/")).count();
            let bytes = std::fs::metadata(&ask.to)?.len();
            print(&serde_json::json!({
                "file": ask.to, "bytes": bytes, "rows": rows, "photos": photos, "photos_damaged": made.photos_damaged,
            }))?;
        }
        Command::Restore(ask) => {
            let now_ms = system_clock()();
            if ask.verify {
                let folder = scratch()?;
                let to = Places::folder(&folder);
                let done = backup::verify(&ask.from, &to, ask.despite_findings, now_ms).await;
                std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
                let (restored, copy) = done?;
                let told = backup::tell_covered(places, &copy, now_ms).await?;
                if told.is_none() {
                    say("no server of this backup has its data in --data: tablets do not learn of it");
                }
                let mut report = serde_json::to_value(&restored)?;
                if let Some(report) = report.as_object_mut() {
                    report.insert("covers_devices".to_owned(), told.into());
                }
                print(&report)?;
            } else {
                print(&backup::restore(&ask.from, places, ask.despite_findings, now_ms).await?)?;
            }
        }
        Command::Escrow(ask) => print(&recovery::run(ask, places).await?)?,
        Command::Audit(Audit::Verify { against }) => {
            let head: Option<audit::head::Head> = match &against {
                Some(file) => Some(serde_json::from_slice(&std::fs::read(file)?).context("not a head")?),
                None => None,
            };
            // Without [`App::open`], which writes: an audit changes nothing.
            if places.database.is_none() && !places.data.join("huce.db").is_file() {
                bail!("there is no server's data in {}", places.data.display());
            }
            let store = Store::open(&places.address()?).await?;
            let _ours = Occupied::take(&store, &places.data, Use::Shared).await?;
            let mut report = audit::verify(&store).await?;
            if let Some(head) = head {
                head.check(&store, &mut report).await?;
            }
            store.close().await;
            print(&report)?;
            if !report.findings.is_empty() {
                return Ok(Ran::Done(ExitCode::FAILURE));
            }
        }
        Command::Audit(Audit::Head) => {
            let app = App::open(places, system_clock()).await?;
            print(&audit::head::make(&app.store, &app.own, app.now_ms()).await?)?;
            app.store.close().await;
        }
        other => return Ok(Ran::NotMine(Box::new(other))),
    }
    Ok(Ran::Done(ExitCode::SUCCESS))
}

fn print(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A folder of our own among the temporary ones, closed to others: a restored copy holds residents' data and the key.
fn scratch() -> Result<PathBuf> {
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let folder = std::env::temp_dir().join(format!("huce-verify-{}", data_encoding::HEXLOWER.encode(&random)));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}
