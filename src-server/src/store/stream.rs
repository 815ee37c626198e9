//! The events and their grids' streams: heads, positions, digests, pages.

use std::collections::BTreeMap;

use huce_core::{
    clock::Millis,
    digest::Digest,
    event::{Event, SignedEvent},
    ids::{DeviceId, GridId, HouseholdId},
    wire::PulledEvent,
};
use serde_json::value::RawValue;
use sqlx::Row;

use super::{Conn, Question, Result, SqlRow, StoreError, parts};

/// The newest position of a grid and the digest up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The newest position; 0 when the stream is empty.
    pub pos: u64,
    /// Of all events up to it.
    pub digest: Digest,
}

/// The head of a grid, for reading.
pub async fn head(conn: &mut Conn, grid: &GridId) -> Result<Head> {
    let row = sqlx::query("SELECT head, digest_count, digest_sum FROM grid_head WHERE grid = $1")
        .bind(grid.as_str())
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(Head::default()), |row| read_head(&row))
}

/// The heads of these grids, locked until the transaction ends: positions are given out by one writer at a time.
/// The caller passes them in one order (they are sorted), so that two writers never wait for each other.
pub async fn lock_heads(conn: &mut Conn, grids: impl IntoIterator<Item = &GridId>) -> Result<BTreeMap<GridId, Head>> {
    let mut heads = BTreeMap::new();
    let sorted: std::collections::BTreeSet<&GridId> = grids.into_iter().collect();
    for grid in sorted {
        let row = sqlx::query(
            "INSERT INTO grid_head (grid, head, digest_count, digest_sum) VALUES ($1, 0, 0, 0)
             ON CONFLICT (grid) DO UPDATE SET head = grid_head.head RETURNING head, digest_count, digest_sum",
        )
        .bind(grid.as_str())
        .fetch_one(&mut *conn)
        .await?;
        heads.insert(grid.clone(), read_head(&row)?);
    }
    Ok(heads)
}

/// Writes a grid's new head.
pub async fn save_head(conn: &mut Conn, grid: &GridId, head: &Head) -> Result<()> {
    sqlx::query("UPDATE grid_head SET head = $2, digest_count = $3, digest_sum = $4 WHERE grid = $1")
        .bind(grid.as_str())
        .bind(head.pos.cast_signed())
        .bind(head.digest.count.cast_signed())
        .bind(head.digest.sum.cast_signed())
        .execute(conn)
        .await?;
    Ok(())
}

fn read_head(row: &SqlRow) -> Result<Head> {
    let number = |at: usize| row.try_get::<i64, _>(at).map(i64::cast_unsigned);
    Ok(Head { pos: number(0)?, digest: Digest { count: number(1)?, sum: number(2)? } })
}

/// An event to add, with its place.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// Read.
    pub event: &'a Event,
    /// As it came.
    pub signed: &'a SignedEvent,
    /// Its hash.
    pub hash: &'a str,
    /// Its position in the grid's stream.
    pub pos: u64,
}

/// Adds events.
pub async fn append(conn: &mut Conn, events: &[NewEvent<'_>], now_ms: Millis) -> Result<()> {
    for part in parts(events) {
        let mut query = Question::new(
            "INSERT INTO event (device, seq, hash, grid, pos, person, when_ms, stored_ms, household, payload, sig) ",
        );
        query.rows(part, |row, new| {
            row.bind(new.event.device.as_str())
                .bind(new.event.seq.cast_signed())
                .bind(new.hash)
                .bind(new.event.grid.as_str())
                .bind(new.pos.cast_signed())
                .bind(new.event.person.as_str())
                .bind(new.event.when_ms())
                .bind(now_ms)
                .bind(new.event.household.as_ref().map(HouseholdId::as_str))
                .bind(new.signed.payload.get())
                .bind(new.signed.sig.as_str());
        });
        query.kept();
        query.run(&mut *conn).await?;
    }
    Ok(())
}

/// A page of a grid's stream: at most `limit` events after position `after`, and together at most `bytes` of
/// payload (but at least one event).
pub async fn page(conn: &mut Conn, grid: &GridId, after: u64, limit: usize, bytes: usize) -> Result<Vec<PulledEvent>> {
    // What is carried into the stream from another grid stands among its own.
    let sql = "SELECT pos, payload, sig FROM event WHERE grid = $1 AND pos > $2 UNION ALL
               SELECT pos, payload, sig FROM carried WHERE grid = $1 AND pos > $2 ORDER BY 1 LIMIT $3";
    let rows = sqlx::query(sql)
        .bind(grid.as_str())
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await?;
    let mut page = Vec::with_capacity(rows.len());
    let mut size = 0usize;
    for row in rows {
        let payload: String = row.try_get(1)?;
        size = size.saturating_add(payload.len());
        if size > bytes && !page.is_empty() {
            break;
        }
        let pos: i64 = row.try_get(0)?;
        page.push(PulledEvent { pos: pos.cast_unsigned(), event: signed(payload, row.try_get(2)?)? });
    }
    Ok(page)
}

/// One event by its identity.
pub async fn event(conn: &mut Conn, device: &DeviceId, seq: u64) -> Result<Option<SignedEvent>> {
    let row = sqlx::query("SELECT payload, sig FROM event WHERE device = $1 AND seq = $2")
        .bind(device.as_str())
        .bind(seq.cast_signed())
        .fetch_optional(conn)
        .await?;
    row.map(|row| signed(row.try_get(0)?, row.try_get(1)?)).transpose()
}

/// The hashes of a device's stored events between two numbers, both included.
pub async fn hashes(conn: &mut Conn, device: &DeviceId, from: u64, until: u64) -> Result<BTreeMap<u64, String>> {
    let rows = sqlx::query("SELECT seq, hash FROM event WHERE device = $1 AND seq >= $2 AND seq <= $3")
        .bind(device.as_str())
        .bind(from.cast_signed())
        .bind(until.cast_signed())
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|row| Ok((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get(1)?))).collect()
}

/// Keeps an event that was not taken, so that nothing is lost.
pub async fn keep_refused(
    conn: &mut Conn,
    device: &DeviceId,
    seq: u64,
    signed: &SignedEvent,
    code: &str,
    now_ms: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO refused (device, seq, hash, code, refused_ms, payload, sig) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (device, seq, hash) DO UPDATE SET code = excluded.code",
    )
    .bind(device.as_str())
    .bind(seq.cast_signed())
    .bind(signed.hash())
    .bind(code)
    .bind(now_ms)
    .bind(signed.payload.get())
    .bind(&signed.sig)
    .execute(conn)
    .await?;
    Ok(())
}

/// The hashes under which a device's events were refused, between two numbers: as a branch of its chain, or for
/// another reason.
pub async fn refused_hashes(
    conn: &mut Conn,
    device: &DeviceId,
    from: u64,
    until: u64,
    forked: bool,
) -> Result<Vec<(u64, String)>> {
    let rows = sqlx::query(
        "SELECT seq, hash, code FROM refused WHERE device = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq, hash",
    )
    .bind(device.as_str())
    .bind(from.cast_signed())
    .bind(until.cast_signed())
    .fetch_all(conn)
    .await?;
    let mut hashes = Vec::new();
    for row in rows {
        if (row.try_get::<String, _>(2)? == "forked") == forked {
            hashes.push((row.try_get::<i64, _>(0)?.cast_unsigned(), row.try_get(1)?));
        }
    }
    Ok(hashes)
}

/// Everything that was kept aside: why, and the event as it came, in the order of devices and numbers.
pub async fn aside(conn: &mut Conn) -> Result<Vec<(String, SignedEvent)>> {
    let rows = sqlx::query("SELECT code, payload, sig FROM refused ORDER BY device, seq, hash").fetch_all(conn).await?;
    rows.into_iter().map(|row| Ok((row.try_get(0)?, signed(row.try_get(1)?, row.try_get(2)?)?))).collect()
}

/// A refused event was taken after all.
pub async fn forget_refused(conn: &mut Conn, device: &DeviceId, seq: u64, hash: &str) -> Result<()> {
    sqlx::query("DELETE FROM refused WHERE device = $1 AND seq = $2 AND hash = $3")
        .bind(device.as_str())
        .bind(seq.cast_signed())
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

fn signed(payload: String, sig: String) -> Result<SignedEvent> {
    let payload = RawValue::from_string(payload).map_err(|_| StoreError::damaged("an event"))?;
    Ok(SignedEvent { payload, sig })
}
