//! Moving a server: from SQLite and a folder to PostgreSQL and an S3 store, or the other way.
//!
//! Rows are copied table by table, photos one by one. A move that was cut off goes on where it stopped, as long as the
//! source is what it was; otherwise the tables begin anew, and photos, named by their hash, stay. At the end every
//! table's digest is the same on both sides and every photo was read back and hashed. Only then is the source marked
//! as moved, so that no server is started on it again by mistake; nothing in it is removed.

use huce_core::ids::PhotoId;
use serde::Serialize;
use sqlx::Row;

use crate::{
    app::Places,
    photos::{PhotoError, Photos},
    store::{
        Address, Conn, SqlRow, Store, StoreError,
        meta::{self, MOVED, MOVING},
        occupied::{Occupied, Use},
        tables::{self, Table},
    },
};

/// Why a server was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Photos.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The source is none.
    #[error("there is no server's data in {0}")]
    NoSource(String),
    /// The target holds something else.
    #[error("the target database already holds a server's data: nothing was written")]
    NotEmpty,
    /// Their schemas differ.
    #[error("the two databases do not have the same tables: start this version on the source once, then move")]
    Schema,
    /// A copy is not what it was copied from.
    #[error("{0} is not the same on both sides: nothing was marked as moved; run the same command again")]
    Differs(String),
}

/// What a move came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Tables, all of them verified.
    pub tables: usize,
    /// Rows that this run copied.
    pub rows_copied: u64,
    /// Rows in all.
    pub rows: u64,
    /// Photos that this run copied.
    pub photos_copied: u64,
    /// Photos in all, read back and hashed.
    pub photos: u64,
    /// Photos that the source itself no longer has whole: tablets that still have them are asked for them.
    pub photos_damaged: Vec<String>,
}

/// Moves. `say` is told what is being done.
///
/// # Errors
/// Nothing in the source was changed; the same command again goes on.
pub async fn run(
    from: &Places,
    to_database: &Address,
    to_photos: Option<&crate::photos::Address>,
    say: impl Fn(&str),
) -> Result<Moved, MoveError> {
    let missing = || MoveError::NoSource(from.data.display().to_string());
    if from.database.is_none() && !from.data.join("huce.db").is_file() {
        return Err(missing());
    }
    let source = Store::open(&from.address()?).await?;
    let _source_is_ours = Occupied::take(&source, &from.data, Use::Alone).await?;
    let target = Store::open(to_database).await?;
    let _target_is_ours = Occupied::take(&target, &from.data, Use::Alone).await?;
    let fingerprint = source.meta("device").await?.ok_or_else(missing)?;
    let mut moved = copy_tables(&source, &target, &fingerprint, &say).await?;
    let photos_from = from.photos()?;
    match to_photos {
        Some(address) => {
            copy_photos(&source, &photos_from, &Photos::open(&from.data, Some(address))?, &mut moved, &say).await?
        }
        None => say("photos stay where they are"),
    }
    // In this order: cut off in between, neither is opened, and the same command goes on.
    let mut write = source.write().await?;
    meta::set(&mut write, MOVED, "to another database").await?;
    write.commit().await?;
    let mut write = target.write().await?;
    meta::unset(&mut write, MOVING).await?;
    write.commit().await?;
    source.close().await;
    target.close().await;
    Ok(moved)
}

async fn copy_tables(source: &Store, target: &Store, server: &str, say: &impl Fn(&str)) -> Result<Moved, MoveError> {
    let mut read = source.read().await?;
    let all = tables::all(&mut read, source.kind()).await?;
    let theirs = tables::all(&mut *target.pool().acquire().await.map_err(StoreError::from)?, target.kind()).await?;
    if all != theirs {
        return Err(MoveError::Schema);
    }
    // Whatever a server does to the source changes one of these digests.
    let mut fingerprint = server.to_owned();
    for table in all.iter().filter(|t| matches!(t.name.as_str(), "device" | "grid_head")) {
        fingerprint.push_str(&table.digest(&mut read).await?.hash);
    }
    begin(&mut read, target, &all, &fingerprint).await?;
    let mut moved =
        Moved { tables: all.len(), rows_copied: 0, rows: 0, photos_copied: 0, photos: 0, photos_damaged: Vec::new() };
    for table in all.iter().filter(|t| t.name != "meta") {
        say(&format!("table {}", table.name));
        moved.rows_copied += copy(&mut read, target, table).await?;
        let here = table.digest(&mut read).await?;
        let there = table.digest(&mut *target.pool().acquire().await.map_err(StoreError::from)?).await?;
        if here != there {
            return Err(MoveError::Differs(table.name.clone()));
        }
        moved.rows += here.rows;
    }
    Ok(moved)
}

/// Makes the target ready: empty, or as an earlier run from the same source left it. `meta` is written at once: it
/// says whose database this is, and that the move is not finished.
async fn begin(read: &mut Conn, target: &Store, all: &[Table], fingerprint: &str) -> Result<(), MoveError> {
    let before = target.meta(MOVING).await?;
    if before.is_none() && target.meta("device").await?.is_some() {
        return Err(MoveError::NotEmpty);
    }
    if before.as_deref() == Some(fingerprint) {
        return Ok(());
    }
    let mut write = target.write().await?;
    for table in all {
        table.clear(&mut write).await?;
    }
    let rows = sqlx::query("SELECT name, value FROM meta").fetch_all(read).await.map_err(StoreError::from)?;
    for row in rows {
        let name: String = row.try_get(0).map_err(StoreError::from)?;
        if !meta::MARKS.contains(&name.as_str()) {
            meta::set(&mut write, &name, row.try_get(1).map_err(StoreError::from)?).await?;
        }
    }
    meta::set(&mut write, MOVING, fingerprint).await?;
    write.commit().await?;
    Ok(())
}

async fn copy(read: &mut Conn, target: &Store, table: &Table) -> Result<u64, MoveError> {
    let mut copied = 0;
    let mut after = table.last(&mut *target.pool().acquire().await.map_err(StoreError::from)?).await?;
    loop {
        let page = table.page(&mut *read, after.as_ref()).await?;
        let Some(last) = page.last() else { return Ok(copied) };
        after = Some(table.key_of(last));
        let mut write = target.write().await?;
        table.put(&mut write, &page).await?;
        write.commit().await?;
        copied += page.len() as u64;
    }
}

async fn copy_photos(
    source: &Store,
    from: &Photos,
    to: &Photos,
    moved: &mut Moved,
    say: &impl Fn(&str),
) -> Result<(), MoveError> {
    let all = complete_photos(&mut *source.pool().acquire().await.map_err(StoreError::from)?).await?;
    for (at, photo) in all.iter().enumerate() {
        if at % 100 == 0 {
            say(&format!("photos {at}/{}", all.len()));
        }
        // Reading hashes again: what is there whole need not be sent again.
        if to.read(photo).await?.is_none() {
            match from.read(photo).await? {
                Some(bytes) if to.keep(photo, bytes.clone()).await? => moved.photos_copied += 1,
                _ => {
                    moved.photos_damaged.push(photo.to_string());
                    continue;
                }
            }
            if to.read(photo).await?.is_none() {
                return Err(MoveError::Differs(format!("photo {photo}")));
            }
        }
        moved.photos += 1;
    }
    Ok(())
}

/// The photos whose bytes the database holds to be whole.
pub async fn complete_photos(conn: &mut Conn) -> Result<Vec<PhotoId>, StoreError> {
    let rows =
        sqlx::query("SELECT hash FROM photo WHERE complete_ms IS NOT NULL ORDER BY hash").fetch_all(conn).await?;
    let photo =
        |row: &SqlRow| PhotoId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a photo's hash"));
    rows.iter().map(photo).collect()
}
