//! Imports from the console: uploaded, read in the background with progress, looked at, applied.
//!
//! An import lives in memory until it is applied; a restart of the server forgets previews, never events. Whoever
//! uploaded it, and nobody else, sees it. Before anything of a preview is shown, every grid that it touches is
//! checked: a register may name doors of grids that the person has no right to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::extract::{Multipart, multipart::Field};
use huce_core::{
    ids::{GridId, PersonId},
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
use crate::api::{
    asked::{Answer, Asked},
    viewer::IMPORTERS,
};

/// Rows and changes that a reply carries; the rest is in the workbook and in the figures.
const SHOWN: usize = 200;
/// Imports that are remembered.
const KEPT: usize = 20;
/// Files in memory at once.
const AT_ONCE: usize = 2;
/// A file that is too large is still read to its end (and thrown away) up to here, so that the browser sees the reply.
const MAX_DRAINED_BYTES: u64 = 512 << 20;

/// The imports of this process. Cheap to clone.
#[derive(Clone)]
pub struct Imports {
    jobs: Arc<Mutex<BTreeMap<u64, Job>>>,
    turns: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Self {
        Self { jobs: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

struct Job {
    person: PersonId,
    state: ImportState,
    preview: Option<Preview>,
    rejected: Option<Arc<Vec<u8>>>,
}

impl Imports {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<u64, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, person: &PersonId, file: &str, now_ms: i64) -> ImportState {
        let mut jobs = self.jobs();
        // Numbers go on from the clock, so that a number from before a restart means no other import.
        let import = jobs.keys().last().copied().unwrap_or_default().max(now_ms.unsigned_abs()) + 1;
        let state = ImportState {
            import,
            file: file.to_owned(),
            stage: ImportStage::Reading,
            progress: (0, 0),
            counts: None,
            rejected: Vec::new(),
            changes: Vec::new(),
            error: None,
        };
        jobs.insert(import, Job { person: person.clone(), state: state.clone(), preview: None, rejected: None });
        while jobs.len() > KEPT {
            jobs.pop_first();
        }
        state
    }

    fn change(&self, import: u64, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs().get_mut(&import) {
            change(job);
        }
    }

    fn fail(&self, import: u64, error: CallError) {
        self.change(import, |job| {
            job.state.stage = ImportStage::Failed;
            job.state.error = Some(error);
            job.preview = None;
        });
    }

    fn own<T>(&self, asked: &Asked, import: u64, ask: impl FnOnce(&mut Job) -> Answer<T>) -> Answer<T> {
        must_import(asked)?;
        let mut jobs = self.jobs();
        let missing = || CallError::new(Code::NotFound).with("what", import);
        let job = jobs.get_mut(&import).ok_or_else(missing)?;
        if job.person == asked.viewer.person.id { ask(job) } else { Err(CallError::new(Code::NoRight)) }
    }
}

fn must_import(asked: &Asked) -> Answer<()> {
    if asked.viewer.is_one_of(&IMPORTERS) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
}

/// Takes an upload (the first file of a form) and begins to read it.
pub async fn upload(imports: &Imports, asked: &Asked, mut form: Multipart) -> Answer<ImportState> {
    must_import(asked)?;
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "file").with("why", why);
    while let Some(field) = form.next_field().await.map_err(|_| bad("upload"))? {
        let Some(name) = field.file_name().map(|n| n.chars().take(200).collect::<String>()) else { continue };
        let turns = imports.turns.clone();
        let turn = turns.acquire_owned().await.map_err(|_| CallError::new(Code::Internal))?;
        let bytes = whole(field).await?;
        let state = imports.begin(&asked.viewer.person.id, &name, asked.now_ms);
        let (imports, asked, import) = (imports.clone(), asked.clone(), state.import);
        tokio::spawn(async move {
            if let Err(error) = look(&imports, &asked, import, name, bytes).await {
                imports.fail(import, error);
            }
            drop(turn);
        });
        return Ok(state);
    }
    Err(bad("missing"))
}

async fn whole(mut field: Field<'_>) -> Answer<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut size = 0u64;
    while let Some(part) = field.chunk().await.map_err(|_| CallError::new(Code::Offline))? {
        size += part.len() as u64;
        if size <= MAX_FILE_BYTES {
            bytes.extend_from_slice(&part);
        } else {
            bytes = Vec::new();
        }
        if size > MAX_DRAINED_BYTES {
            break;
        }
    }
    if size > MAX_FILE_BYTES {
        return Err(file_error(&FileError::TooLarge { bytes: size, limit_bytes: MAX_FILE_BYTES }));
    }
    Ok(bytes)
}

async fn look(imports: &Imports, asked: &Asked, import: u64, name: String, bytes: Vec<u8>) -> Answer<()> {
    let meter = imports.clone();
    let work = move || {
        let progress =
            |done: usize, all: usize| meter.change(import, |job| job.state.progress = (done as u64, all as u64));
        let (table, register) = read(&name, &bytes, progress)?;
        let workbook = rejected_workbook(&table, &register, Lang::Zh)?;
        Ok((rejected_rows(&table, &register), workbook, register))
    };
    let done = tokio::task::spawn_blocking(work).await.unwrap_or(Err(ImportError::Reader));
    let (mut rejected, workbook, register) = done.map_err(|e| CallError::from(&e))?;
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
    imports.change(import, |job| {
        job.state.stage = ImportStage::Preview;
        job.state.progress = (preview.counts.rows, preview.counts.rows);
        job.state.counts = Some(preview.counts);
        job.state.rejected = rejected;
        job.state.changes = preview.changes.iter().take(SHOWN).cloned().collect();
        job.rejected = Some(Arc::new(workbook));
        job.preview = Some(preview);
    });
    Ok(())
}

/// Answers [`ImportStatus`].
pub fn import_status(imports: &Imports, asked: &Asked, call: &ImportStatus) -> Answer<ImportState> {
    imports.own(asked, call.import, |job| Ok(job.state.clone()))
}

/// Answers [`ApplyImport`]: begins to write; a repeat while it writes, or after, has no effect.
pub fn apply_import(imports: &Imports, asked: &Asked, call: &ApplyImport) -> Answer<ImportState> {
    let import = call.import;
    let (state, preview) = imports.own(asked, import, |job| {
        let preview = job.preview.take();
        if let Some(preview) = &preview {
            // Rights may have changed since the preview.
            if preview.grids_touched().iter().any(|g| !asked.viewer.may(&IMPORTERS, g)) {
                return Err(CallError::new(Code::NoRight));
            }
            job.state.stage = ImportStage::Applying;
            job.state.progress = (0, preview.edits.len() as u64);
        } else if job.state.stage == ImportStage::Reading {
            return Err(CallError::new(Code::Stale));
        }
        Ok((job.state.clone(), preview))
    })?;
    if let Some(preview) = preview {
        let (imports, asked) = (imports.clone(), asked.clone());
        tokio::spawn(async move {
            let meter = imports.clone();
            let progress = |done, all| meter.change(import, |job| job.state.progress = (done, all));
            match apply(&asked.app, &asked.viewer.person.id, preview, progress).await {
                Ok(_) => imports.change(import, |job| job.state.stage = ImportStage::Done),
                Err(error) => imports.fail(import, CallError::from(&error)),
            }
        });
    }
    Ok(state)
}

/// The rows that are not imported, as .xlsx.
pub fn rejected(imports: &Imports, asked: &Asked, import: u64) -> Answer<Arc<Vec<u8>>> {
    imports.own(asked, import, |job| {
        job.rejected.clone().ok_or_else(|| CallError::new(Code::NotFound).with("what", "rejected"))
    })
}

impl From<ImportError> for CallError {
    fn from(error: ImportError) -> Self {
        Self::from(&error)
    }
}
