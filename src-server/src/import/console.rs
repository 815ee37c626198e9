//! Imports from the console: uploaded, read in the background with progress, looked at, applied.
//!
//! The file and how far it has come are in the database ([`imports`]), so that any server process answers for it: one
//! reads the file, another may show the preview, a third apply it. Whoever uploaded it, and nobody else, sees it.
//! Before anything of a preview is shown, every grid that it touches is checked: a register may name doors of grids
//! that the person has no right to. What is applied is compared anew: only differences are written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::extract::{Multipart, multipart::Field};
use huce_core::{
    ids::GridId,
    ipc::{
        CallError, Code,
        console::{ApplyImport, ImportStage, ImportState, ImportStatus},
    },
    register::{
        Lang,
        table::{FileError, MAX_FILE_BYTES},
    },
};
use tokio::sync::Semaphore;

use super::{
    ImportError,
    apply::{apply, known},
    compare::{Preview, compare},
    file_error,
    place::Choice,
    read,
    rejected::{rejected_rows, rejected_workbook},
};
use crate::{
    api::{
        asked::{Answer, Asked},
        viewer::IMPORTERS,
    },
    store::imports,
};

/// Rows and changes that a reply carries; the rest is in the workbook and in the figures.
const SHOWN: usize = 200;
/// Files in memory at once.
const AT_ONCE: usize = 2;
/// A file that is too large is still read to its end (and thrown away) up to here, so that the browser sees the reply.
const MAX_DRAINED_BYTES: u64 = 512 << 20;
/// How often progress is written down.
const TICK: Duration = Duration::from_millis(500);

/// The turns of this process. Cheap to clone.
#[derive(Clone)]
pub struct Imports {
    turns: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

fn must_import(asked: &Asked) -> Answer<()> {
    if asked.viewer.is_one_of(&IMPORTERS) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
}

/// The state of an import of this person's own.
async fn own(asked: &Asked, import: u64) -> Answer<ImportState> {
    must_import(asked)?;
    let found = imports::get(&mut *asked.conn().await?, import).await?;
    let found = found.ok_or_else(|| CallError::new(Code::NotFound).with("what", import))?;
    if found.person != asked.viewer.person.id {
        return Err(CallError::new(Code::NoRight));
    }
    let mut state = found.state;
    let works = matches!(state.stage, ImportStage::Reading | ImportStage::Applying);
    if works && asked.now_ms.saturating_sub(found.changed_ms) > imports::STALLED_MS {
        // The process that worked on it is gone. What it wrote stays; the same file again goes on from there.
        state.stage = ImportStage::Failed;
        state.error = Some(CallError::new(Code::Internal).with("what", "import"));
    }
    Ok(state)
}

async fn file(asked: &Asked, import: u64) -> Answer<Vec<u8>> {
    let bytes = imports::file(&mut *asked.conn().await?, import).await?;
    bytes.ok_or_else(|| CallError::new(Code::NotFound).with("what", import))
}

async fn change(asked: &Asked, was: ImportStage, state: &ImportState) -> Answer<bool> {
    let mut write = asked.app.store.write().await?;
    let is_changed = imports::change(&mut write, was, state, asked.app.now_ms()).await?;
    write.commit().await?;
    Ok(is_changed)
}

/// Rows done and rows in all, written down from time to time: also as a sign that this process is alive.
struct Meter {
    counts: Arc<(AtomicU64, AtomicU64)>,
    ticker: tokio::task::JoinHandle<()>,
}

impl Meter {
    fn start(asked: &Asked, state: &ImportState) -> Self {
        let counts = Arc::new((AtomicU64::new(state.progress.0), AtomicU64::new(state.progress.1)));
        let (seen, asked, mut state) = (counts.clone(), asked.clone(), state.clone());
        let ticker = tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                state.progress = (seen.0.load(Ordering::Relaxed), seen.1.load(Ordering::Relaxed));
                match change(&asked, state.stage, &state).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => tracing::warn!(error = ?error.code, "an import's progress was not written"),
                }
            }
        });
        Self { counts, ticker }
    }

    fn set(counts: &(AtomicU64, AtomicU64), done: u64, all: u64) {
        counts.0.store(done, Ordering::Relaxed);
        counts.1.store(all, Ordering::Relaxed);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.ticker.abort();
    }
}

/// Takes an upload (the first file of a form) and begins to read it.
pub async fn upload(turns: &Imports, asked: &Asked, mut form: Multipart) -> Answer<ImportState> {
    must_import(asked)?;
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "file").with("why", why);
    while let Some(field) = form.next_field().await.map_err(|_| bad("upload"))? {
        let Some(name) = field.file_name().map(|n| n.chars().take(200).collect::<String>()) else { continue };
        let turn = turns.turns.clone().acquire_owned().await.map_err(|_| CallError::new(Code::Internal))?;
        let too_large = |bytes| file_error(&FileError::TooLarge { bytes, limit_bytes: MAX_FILE_BYTES });
        let bytes = whole(field, MAX_FILE_BYTES).await?.map_err(too_large)?;
        let mut state = ImportState {
            import: 0,
            file: name,
            stage: ImportStage::Reading,
            progress: (0, 0),
            counts: None,
            rejected: Vec::new(),
            changes: Vec::new(),
            error: None,
        };
        let mut write = asked.app.store.write().await?;
        imports::add(&mut write, &asked.viewer.person.id, &mut state, &bytes, asked.now_ms).await?;
        write.commit().await?;
        let (asked, reading) = (asked.clone(), state.clone());
        tokio::spawn(async move {
            look(&asked, reading, bytes).await;
            drop(turn);
        });
        return Ok(state);
    }
    Err(bad("missing"))
}

/// The bytes of an upload; how many there are when there are more than `limit_bytes`.
pub async fn whole(mut field: Field<'_>, limit_bytes: u64) -> Answer<Result<Vec<u8>, u64>> {
    let mut bytes = Vec::new();
    let mut size = 0u64;
    while let Some(part) = field.chunk().await.map_err(|_| CallError::new(Code::Offline))? {
        size += part.len() as u64;
        if size <= limit_bytes {
            bytes.extend_from_slice(&part);
        } else {
            bytes = Vec::new();
        }
        if size > MAX_DRAINED_BYTES {
            break;
        }
    }
    Ok(if size > limit_bytes { Err(size) } else { Ok(bytes) })
}

/// What the file would change, and the rows that it cannot.
async fn compared(
    asked: &Asked,
    state: &ImportState,
    bytes: Vec<u8>,
) -> Answer<(Preview, Vec<huce_core::ipc::console::RejectedRow>)> {
    let (meter, name) = (Meter::start(asked, state), state.file.clone());
    let counts = meter.counts.clone();
    let work = move || {
        let (table, register) = read(&name, &bytes, |done, all| Meter::set(&counts, done as u64, all as u64))?;
        Ok((rejected_rows(&table, &register.refusals()), register))
    };
    let done = tokio::task::spawn_blocking(work).await.unwrap_or(Err(ImportError::Reader));
    let (mut rejected, register) = done?;
    let known = known(&mut *asked.conn().await?, &register).await?;
    // Where the importer is not at home everywhere, new grids come below their own.
    let tops = asked.viewer.tops(&IMPORTERS);
    let choice = Choice { grid: None, above: tops.first().cloned() };
    let server = asked.app.own.device.clone();
    let compared = tokio::task::spawn_blocking(move || compare(&register, &known, &choice, &server)).await;
    let mut preview = compared.map_err(|_| CallError::from(&ImportError::Reader))?;
    let foreign: Vec<GridId> =
        preview.grids_touched().into_iter().filter(|g| !asked.viewer.may(&IMPORTERS, g)).collect();
    if !foreign.is_empty() {
        let grids: Vec<_> = foreign.iter().take(10).map(GridId::as_str).collect();
        return Err(CallError::new(Code::NoRight).with("grids", grids.join(" ")));
    }
    preview.missing.retain(|(grid, _)| asked.viewer.grids.contains(grid));
    preview.counts.missing = preview.missing.len() as u64;
    rejected.truncate(SHOWN);
    Ok((preview, rejected))
}

async fn look(asked: &Asked, mut state: ImportState, bytes: Vec<u8>) {
    let done = compared(asked, &state, bytes).await;
    match done {
        Ok((preview, rejected)) => {
            state.stage = ImportStage::Preview;
            state.progress = (preview.counts.rows, preview.counts.rows);
            state.counts = Some(preview.counts);
            state.rejected = rejected;
            state.changes = preview.changes.into_iter().take(SHOWN).collect();
        }
        Err(error) => fail(&mut state, error),
    }
    finish(asked, ImportStage::Reading, &state).await;
}

fn fail(state: &mut ImportState, error: CallError) {
    state.stage = ImportStage::Failed;
    state.error = Some(error);
}

async fn finish(asked: &Asked, was: ImportStage, state: &ImportState) {
    if let Err(error) = change(asked, was, state).await {
        tracing::error!(error = ?error.code, "an import's end was not written");
    }
}

/// Answers [`ImportStatus`].
pub async fn import_status(asked: &Asked, call: ImportStatus) -> Answer<ImportState> {
    own(asked, call.import).await
}

/// Answers [`ApplyImport`]: begins to write; a repeat while it writes, or after, has no effect.
pub async fn apply_import(turns: &Imports, asked: &Asked, call: ApplyImport) -> Answer<ImportState> {
    let mut state = own(asked, call.import).await?;
    if state.stage == ImportStage::Reading {
        return Err(CallError::new(Code::Stale));
    }
    if state.stage != ImportStage::Preview {
        return Ok(state);
    }
    state.stage = ImportStage::Applying;
    state.progress = (0, 0);
    if !change(asked, ImportStage::Preview, &state).await? {
        return own(asked, call.import).await;
    }
    let (turns, asked, mut applying) = (turns.clone(), asked.clone(), state.clone());
    tokio::spawn(async move {
        let _turn = turns.turns.acquire().await;
        match write(&asked, &applying).await {
            Ok(written) => {
                applying.stage = ImportStage::Done;
                applying.progress = (written, written);
            }
            Err(error) => fail(&mut applying, error),
        }
        finish(&asked, ImportStage::Applying, &applying).await;
    });
    Ok(state)
}

async fn write(asked: &Asked, state: &ImportState) -> Answer<u64> {
    let bytes = file(asked, state.import).await?;
    let (preview, _) = compared(asked, state, bytes).await?;
    let households = preview.edits.len() as u64;
    let meter = Meter::start(asked, &ImportState { progress: (0, households), ..state.clone() });
    apply(&asked.app, &asked.viewer.person.id, preview, |done, all| Meter::set(&meter.counts, done, all)).await?;
    Ok(households)
}

/// The rows that are not imported, as .xlsx.
pub async fn rejected(asked: &Asked, import: u64) -> Answer<Vec<u8>> {
    let state = own(asked, import).await?;
    // Rows are shown only of a file whose grids were checked.
    if !matches!(state.stage, ImportStage::Preview | ImportStage::Applying | ImportStage::Done) {
        return Err(CallError::new(Code::NotFound).with("what", "rejected"));
    }
    let bytes = file(asked, import).await?;
    let work = move || {
        let (table, register) = read(&state.file, &bytes, |_, _| {})?;
        Ok(rejected_workbook(&table, &register.refusals(), Lang::Zh)?)
    };
    Ok(tokio::task::spawn_blocking(work).await.unwrap_or(Err(ImportError::Reader))?)
}

impl From<ImportError> for CallError {
    fn from(error: ImportError) -> Self {
        Self::from(&error)
    }
}
