//! What keeps what tablets hold: escrowed data keys, and what verified backups cover.

use std::collections::BTreeMap;

use huce_core::{
    clock::Millis,
    escrow::{Escrow, Recovery},
    ids::DeviceId,
};
use sqlx::Row;

use super::{Conn, Result, StoreError, plain};

/// Keeps a tablet's escrow; a newer one takes its place.
pub async fn keep_escrow(conn: &mut Conn, device: &DeviceId, escrow: &Escrow, now_ms: Millis) -> Result<()> {
    let body = serde_json::to_string(escrow).map_err(|_| StoreError::damaged("an escrow"))?;
    sqlx::query(
        "INSERT INTO escrow (device, body, kept_ms) VALUES ($1, $2, $3)
         ON CONFLICT (device) DO UPDATE SET body = excluded.body, kept_ms = excluded.kept_ms",
    )
    .bind(device.as_str())
    .bind(plain(&body).into_owned())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// A tablet's escrow.
pub async fn escrow(conn: &mut Conn, device: &DeviceId) -> Result<Option<Escrow>> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM escrow WHERE device = $1")
        .bind(device.as_str())
        .fetch_optional(conn)
        .await?;
    body.map(|body| serde_json::from_str(&body).map_err(|_| StoreError::damaged("an escrow"))).transpose()
}

/// An escrow is about to be opened. Two openings in one millisecond have two lines.
pub async fn opens_escrow(conn: &mut Conn, device: &DeviceId, by_whom: &str, now_ms: Millis) -> Result<()> {
    let insert = "INSERT INTO escrow_opened (device, opened_ms, by_whom)
        SELECT $1, CASE WHEN COALESCE(MAX(opened_ms), 0) >= $2 THEN MAX(opened_ms) + 1 ELSE $2 END, $3
        FROM escrow_opened WHERE device = $1";
    sqlx::query(insert).bind(device.as_str()).bind(now_ms).bind(plain(by_whom).into_owned()).execute(conn).await?;
    Ok(())
}

/// Keeps a recovery for the tablet that will ask for it. What was made for that tablet before goes, and what is too old.
pub async fn keep_recovery(
    conn: &mut Conn,
    name: &str,
    recovery: &Recovery,
    until_ms: Millis,
    now_ms: Millis,
) -> Result<()> {
    let body = serde_json::to_string(recovery).map_err(|_| StoreError::damaged("a recovery"))?;
    sqlx::query("DELETE FROM recovery WHERE device = $1 OR until_ms <= $2")
        .bind(recovery.device.as_str())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO recovery (name, device, body, until_ms) VALUES ($1, $2, $3, $4)")
        .bind(name)
        .bind(recovery.device.as_str())
        .bind(body)
        .bind(until_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// The recovery of this name, while its time lasts.
pub async fn recovery(conn: &mut Conn, name: &str, now_ms: Millis) -> Result<Option<Recovery>> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM recovery WHERE name = $1 AND until_ms > $2")
        .bind(plain(name).into_owned())
        .bind(now_ms)
        .fetch_optional(conn)
        .await?;
    body.map(|body| serde_json::from_str(&body).map_err(|_| StoreError::damaged("a recovery"))).transpose()
}

/// Which tablets' escrows are here: since when, and when and by whom each was opened.
pub async fn escrows(conn: &mut Conn) -> Result<Vec<(String, Millis, Vec<(Millis, String)>)>> {
    let rows = sqlx::query("SELECT device, opened_ms, by_whom FROM escrow_opened ORDER BY device, opened_ms")
        .fetch_all(&mut *conn)
        .await?;
    let mut opened: BTreeMap<String, Vec<(Millis, String)>> = BTreeMap::new();
    for row in rows {
        opened.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?));
    }
    let rows = sqlx::query("SELECT device, kept_ms FROM escrow ORDER BY device").fetch_all(conn).await?;
    let line = |row: super::SqlRow| {
        let device: String = row.try_get(0)?;
        let times = opened.get(&device).cloned().unwrap_or_default();
        Ok((device, row.try_get(1)?, times))
    };
    rows.into_iter().map(line).collect()
}

/// Up to which number each device's events are here, without a gap: stored, or kept aside.
pub async fn whole_until(conn: &mut Conn) -> Result<BTreeMap<String, u64>> {
    let rows = sqlx::query("SELECT id, chain_seq FROM device WHERE chain_seq > 0 ORDER BY id").fetch_all(conn).await?;
    rows.into_iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.cast_unsigned()))).collect()
}

/// A verified backup covers these. What an earlier one covered stays covered.
pub async fn cover(conn: &mut Conn, until: &BTreeMap<String, u64>, now_ms: Millis) -> Result<()> {
    for (device, seq) in until {
        sqlx::query(
            "INSERT INTO covered (device, seq, verified_ms) VALUES ($1, $2, $3)
             ON CONFLICT (device) DO UPDATE SET seq = excluded.seq, verified_ms = excluded.verified_ms
             WHERE covered.seq < excluded.seq",
        )
        .bind(device.as_str())
        .bind(seq.cast_signed())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Up to which number a device's events are covered; none when no verified backup has any.
pub async fn covered(conn: &mut Conn, device: &DeviceId) -> Result<Option<u64>> {
    let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM covered WHERE device = $1")
        .bind(device.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(seq.map(i64::cast_unsigned))
}
