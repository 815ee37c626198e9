//! Imports from the console on their way: the file, and how far it has come, where every server process sees it.

use huce_core::{
    clock::Millis,
    ids::PersonId,
    ipc::console::{ImportStage, ImportState},
};
use sqlx::Row;

use super::{Conn, Result, StoreError, plain, word};

/// An import is forgotten after so long: its file holds residents' names.
pub const KEPT_MS: Millis = 24 * 3_600_000;
/// A process that works on an import says so at least this often; after so long without, it has died.
pub const STALLED_MS: Millis = 60_000;

/// An import as it is stored.
#[derive(Debug)]
pub struct Import {
    /// Who uploaded it.
    pub person: PersonId,
    /// How far it is.
    pub state: ImportState,
    /// When that was written.
    pub changed_ms: Millis,
}

/// Keeps an upload under a number of its own (`state.import` is changed to it). What is too old goes.
pub async fn add(
    conn: &mut Conn,
    person: &PersonId,
    state: &mut ImportState,
    file: &[u8],
    now_ms: Millis,
) -> Result<()> {
    sqlx::query("DELETE FROM import_job WHERE changed_ms < $1")
        .bind(now_ms.saturating_sub(KEPT_MS))
        .execute(&mut *conn)
        .await?;
    state.import = now_ms.unsigned_abs();
    loop {
        let added = sqlx::query(
            "INSERT INTO import_job (id, person, stage, state, file, changed_ms) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(state.import.cast_signed())
        .bind(person.as_str())
        .bind(word(&state.stage))
        .bind(json(state)?)
        .bind(file)
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
        if added.rows_affected() == 1 {
            return Ok(());
        }
        state.import += 1;
    }
}

/// Reads it, without the file.
pub async fn get(conn: &mut Conn, import: u64) -> Result<Option<Import>> {
    let row = sqlx::query("SELECT person, state, changed_ms FROM import_job WHERE id = $1")
        .bind(import.cast_signed())
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let damaged = || StoreError::damaged("an import");
    Ok(Some(Import {
        person: PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| damaged())?,
        state: serde_json::from_str(row.try_get(1)?).map_err(|_| damaged())?,
        changed_ms: row.try_get(2)?,
    }))
}

/// The file as it was uploaded.
pub async fn file(conn: &mut Conn, import: u64) -> Result<Option<Vec<u8>>> {
    let file = sqlx::query_scalar("SELECT file FROM import_job WHERE id = $1").bind(import.cast_signed());
    Ok(file.fetch_optional(conn).await?)
}

/// Writes a new state over one that is at the stage `was`. False when it is at another stage by now: of two that
/// begin to apply an import, one is told so.
pub async fn change(conn: &mut Conn, was: ImportStage, state: &ImportState, now_ms: Millis) -> Result<bool> {
    let done =
        sqlx::query("UPDATE import_job SET stage = $3, state = $4, changed_ms = $5 WHERE id = $1 AND stage = $2")
            .bind(state.import.cast_signed())
            .bind(word(&was))
            .bind(word(&state.stage))
            .bind(json(state)?)
            .bind(now_ms)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

fn json(state: &ImportState) -> Result<String> {
    let json = serde_json::to_string(state).map_err(|_| StoreError::damaged("an import"))?;
    Ok(plain(&json).into_owned())
}
