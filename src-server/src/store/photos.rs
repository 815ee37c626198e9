//! Which photos are named by which events, and which bytes are here.

use std::collections::BTreeSet;

use huce_core::{
    clock::Millis,
    ids::{DeviceId, GridId, PhotoId},
};
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, parts};

/// A photo whose bytes come or have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// How many bytes it has, as its device said.
    pub bytes: u64,
    /// Whole, re-hashed and durable?
    pub complete: bool,
}

/// Notes that an event of a grid names a photo.
pub async fn name(conn: &mut Conn, photo: &PhotoId, grid: &GridId, device: &DeviceId) -> Result<()> {
    sqlx::query(
        "INSERT INTO photo_named (photo, grid, device) VALUES ($1, $2, $3) ON CONFLICT (photo, grid, device) DO NOTHING",
    )
    .bind(photo.as_str())
    .bind(grid.as_str())
    .bind(device.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The same for many.
pub async fn name_all(conn: &mut Conn, named: impl IntoIterator<Item = (&PhotoId, &GridId, &DeviceId)>) -> Result<()> {
    let named: Vec<_> = named.into_iter().collect();
    for part in parts(&named) {
        let mut query = Question::new("INSERT INTO photo_named (photo, grid, device) ");
        query.rows(part, |row, (photo, grid, device)| {
            row.bind(photo.as_str()).bind(grid.as_str()).bind(device.as_str());
        });
        query.push(" ON CONFLICT (photo, grid, device) DO NOTHING").kept();
        query.run(&mut *conn).await?;
    }
    Ok(())
}

/// Where a photo is named: grids, and devices.
pub async fn named(conn: &mut Conn, photo: &PhotoId) -> Result<(BTreeSet<GridId>, BTreeSet<DeviceId>)> {
    let rows = sqlx::query("SELECT grid, device FROM photo_named WHERE photo = $1")
        .bind(photo.as_str())
        .fetch_all(conn)
        .await?;
    let mut named = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        named.0.insert(GridId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a grid"))?);
        named.1.insert(DeviceId::new(row.try_get::<String, _>(1)?).map_err(|_| StoreError::damaged("a device"))?);
    }
    Ok(named)
}

/// What is known of a photo's bytes.
pub async fn stored(conn: &mut Conn, photo: &PhotoId) -> Result<Option<Stored>> {
    let row = sqlx::query("SELECT bytes, complete_ms FROM photo WHERE hash = $1")
        .bind(photo.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(Stored {
            bytes: row.try_get::<i64, _>(0)?.cast_unsigned(),
            complete: row.try_get::<Option<i64>, _>(1)?.is_some(),
        })
    })
    .transpose()
}

/// A photo begins to come. What is complete stays so.
pub async fn begin(conn: &mut Conn, photo: &PhotoId, bytes: u64, device: &DeviceId, now_ms: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO photo (hash, bytes, device, begun_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (hash) DO UPDATE SET bytes = excluded.bytes, device = excluded.device
         WHERE photo.complete_ms IS NULL",
    )
    .bind(photo.as_str())
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .bind(device.as_str())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Its bytes are whole and durable.
pub async fn complete(conn: &mut Conn, photo: &PhotoId, bytes: u64, now_ms: Millis) -> Result<()> {
    sqlx::query("UPDATE photo SET complete_ms = COALESCE(complete_ms, $3), bytes = $2 WHERE hash = $1")
        .bind(photo.as_str())
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Its file is gone or damaged: it has to come again.
pub async fn lost(conn: &mut Conn, photo: &PhotoId) -> Result<()> {
    sqlx::query("UPDATE photo SET complete_ms = NULL WHERE hash = $1").bind(photo.as_str()).execute(conn).await?;
    Ok(())
}
