//! Devices: who holds which key, how far each one's chain has come, one-time codes, challenges and tokens.

use std::collections::BTreeSet;

use huce_core::{
    clock::Millis,
    event::key_from_text,
    ids::{DeviceId, GridId, PersonId},
    ipc::console::DeviceLine,
    wire::DeviceKey,
};
use sqlx::Row;

use super::{Conn, Question, Result, SqlRow, StoreError};

/// What intake needs to know of a device.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its public key.
    pub key: ed25519_dalek::VerifyingKey,
    /// The number of its newest event that was looked at (stored, or refused for good).
    pub seq: u64,
    /// The hash of that event.
    pub hash: Option<String>,
    /// Everybody who ever used it.
    pub users: BTreeSet<PersonId>,
    /// Was its place taken away?
    pub revoked: bool,
    /// Did somebody let it in?
    pub approved: bool,
    /// Is it this server itself?
    pub is_server: bool,
}

/// Locks a device until the transaction ends: its chain goes on in one transaction at a time. The first lock that a
/// writer takes, before those of grids ([`super::stream::lock_heads`]).
pub async fn lock(conn: &mut Conn, device: &DeviceId) -> Result<()> {
    sqlx::query("UPDATE device SET chain_seq = chain_seq WHERE id = $1").bind(device.as_str()).execute(conn).await?;
    Ok(())
}

/// Reads it.
pub async fn chain(conn: &mut Conn, device: &DeviceId) -> Result<Option<Chain>> {
    let row =
        sqlx::query("SELECT key, chain_seq, chain_hash, revoked_ms, is_server, approved_ms FROM device WHERE id = $1")
            .bind(device.as_str())
            .fetch_optional(&mut *conn)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let users: Vec<String> = sqlx::query_scalar("SELECT person FROM device_user WHERE device = $1")
        .bind(device.as_str())
        .fetch_all(conn)
        .await?;
    Ok(Some(Chain {
        key: key_from_text(row.try_get(0)?).ok_or_else(|| StoreError::damaged("a device's key"))?,
        seq: row.try_get::<i64, _>(1)?.cast_unsigned(),
        hash: row.try_get(2)?,
        users: users.into_iter().filter_map(|p| PersonId::new(p).ok()).collect(),
        revoked: row.try_get::<Option<i64>, _>(3)?.is_some(),
        is_server: row.try_get::<i64, _>(4)? != 0,
        approved: row.try_get::<Option<i64>, _>(5)?.is_some(),
    }))
}

/// Writes how far a device's chain has come.
pub async fn save_chain(conn: &mut Conn, device: &DeviceId, seq: u64, hash: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE device SET chain_seq = $2, chain_hash = $3 WHERE id = $1")
        .bind(device.as_str())
        .bind(seq.cast_signed())
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// A device that gets a place, or a new person.
#[derive(Debug)]
pub struct Place<'a> {
    /// From its key.
    pub device: &'a DeviceId,
    /// Whose it is from now on.
    pub person: &'a PersonId,
    /// What people call it.
    pub name: &'a str,
    /// Its public key as text.
    pub key: &'a str,
    /// The app's version.
    pub version: &'a str,
    /// Is it this server itself?
    pub is_server: bool,
    /// Is it let in by this alone?
    pub approved: bool,
}

/// Gives a device its place. A device that was here before keeps its chain, and is to be let in anew.
pub async fn place(conn: &mut Conn, place: &Place<'_>, now_ms: Millis) -> Result<()> {
    sqlx::query(
        "INSERT INTO device (id, person, name, key, version, enrolled_ms, unsent_events, unsent_photos, chain_seq, is_server, approved_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, $8)
         ON CONFLICT (id) DO UPDATE SET person = excluded.person, name = excluded.name, version = excluded.version,
         enrolled_ms = excluded.enrolled_ms, approved_ms = excluded.approved_ms, revoked_ms = NULL",
    )
    .bind(place.device.as_str())
    .bind(place.person.as_str())
    .bind(place.name)
    .bind(place.key)
    .bind(place.version)
    .bind(now_ms)
    .bind(i64::from(place.is_server))
    .bind(place.approved.then_some(now_ms))
    .execute(&mut *conn)
    .await?;
    sqlx::query("INSERT INTO device_user (device, person) VALUES ($1, $2) ON CONFLICT (device, person) DO NOTHING")
        .bind(place.device.as_str())
        .bind(place.person.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// A device asked for a token: what its clock is off by, and which version it runs (each none when it did not say).
pub async fn met(conn: &mut Conn, device: &DeviceId, offset_ms: Option<i64>, version: Option<&str>) -> Result<()> {
    sqlx::query("UPDATE device SET offset_ms = COALESCE($2, offset_ms), version = COALESCE($3, version) WHERE id = $1")
        .bind(device.as_str())
        .bind(offset_ms)
        .bind(version)
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets a device in. False when there is none that waits.
pub async fn approve(conn: &mut Conn, device: &DeviceId, now_ms: Millis) -> Result<bool> {
    let done =
        sqlx::query("UPDATE device SET approved_ms = $2 WHERE id = $1 AND approved_ms IS NULL AND revoked_ms IS NULL")
            .bind(device.as_str())
            .bind(now_ms)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// A device was heard: when, and what it had left then (none when it did not say).
pub async fn heard(conn: &mut Conn, device: &DeviceId, unsent: Option<(u64, u64)>, now_ms: Millis) -> Result<()> {
    let clip = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    sqlx::query(
        "UPDATE device SET seen_ms = $2, unsent_events = COALESCE($3, unsent_events),
         unsent_photos = COALESCE($4, unsent_photos) WHERE id = $1",
    )
    .bind(device.as_str())
    .bind(now_ms)
    .bind(unsent.map(|u| clip(u.0)))
    .bind(unsent.map(|u| clip(u.1)))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a device's place away, or does not let it in: its tokens end at once. False when there is no such device.
pub async fn revoke(conn: &mut Conn, device: &DeviceId, now_ms: Millis) -> Result<bool> {
    let done = sqlx::query("UPDATE device SET revoked_ms = $2 WHERE id = $1 AND is_server = 0 AND revoked_ms IS NULL")
        .bind(device.as_str())
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM token WHERE device = $1").bind(device.as_str()).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}

/// Every tablet, by name (the server itself is none).
pub async fn lines(conn: &mut Conn) -> Result<Vec<DeviceLine>> {
    let rows = sqlx::query(
        "SELECT id, name, person, version, enrolled_ms, seen_ms, unsent_events, unsent_photos, revoked_ms,
         approved_ms, offset_ms FROM device WHERE is_server = 0 ORDER BY name, id",
    )
    .fetch_all(conn)
    .await?;
    let line = |row: SqlRow| {
        Ok(DeviceLine {
            device: DeviceId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a device"))?,
            name: row.try_get(1)?,
            person: PersonId::new(row.try_get::<String, _>(2)?).map_err(|_| StoreError::damaged("a person"))?,
            version: row.try_get(3)?,
            enrolled_ms: row.try_get(4)?,
            seen_ms: row.try_get(5)?,
            unsent: (row.try_get::<i64, _>(6)?.cast_unsigned(), row.try_get::<i64, _>(7)?.cast_unsigned()),
            revoked: row.try_get::<Option<i64>, _>(8)?.is_some(),
            approved: row.try_get::<Option<i64>, _>(9)?.is_some(),
            offset_ms: row.try_get(10)?,
        })
    };
    rows.into_iter().map(line).collect()
}

/// The keys of the devices whose events are in these grids, and of the server.
pub async fn keys(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Result<Vec<DeviceKey>> {
    let mut query = Question::new("SELECT id, key FROM device WHERE is_server = 1 OR id IN (");
    query.push("SELECT DISTINCT device FROM event WHERE grid IN ").list(grids.iter().map(GridId::as_str));
    query.push(") OR id IN (SELECT DISTINCT device FROM carried WHERE grid IN ").list(grids.iter().map(GridId::as_str));
    query.push(") ORDER BY id");
    let rows = query.all(conn).await?;
    let key = |row: SqlRow| {
        let device = DeviceId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a device"))?;
        Ok(DeviceKey { device, key: row.try_get(1)? })
    };
    rows.into_iter().map(key).collect()
}

/// Keeps a one-time code by its hash. `approves`: whoever has it needs nobody to let them in.
pub async fn add_code(conn: &mut Conn, hash: &str, person: &PersonId, approves: bool, until_ms: Millis) -> Result<()> {
    sqlx::query("INSERT INTO code (hash, person, until_ms, approves) VALUES ($1, $2, $3, $4)")
        .bind(hash)
        .bind(person.as_str())
        .bind(until_ms)
        .bind(i64::from(approves))
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a code up; whose it was and whether it lets in by itself, or none when it is unknown, used or too old.
pub async fn use_code(conn: &mut Conn, hash: &str, now_ms: Millis) -> Result<Option<(PersonId, bool)>> {
    let row = sqlx::query(
        "UPDATE code SET used_ms = $2 WHERE hash = $1 AND used_ms IS NULL AND until_ms > $2 RETURNING person, approves",
    )
    .bind(hash)
    .bind(now_ms)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let person = PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a person"))?;
    Ok(Some((person, row.try_get::<i64, _>(1)? != 0)))
}

/// The place that a device got with this code before, while the code's time lasts: whose it is, and whether it was let
/// in. None when another device used it, or when the place was taken away or given anew since.
pub async fn got_by_code(
    conn: &mut Conn,
    hash: &str,
    device: &DeviceId,
    now_ms: Millis,
) -> Result<Option<(PersonId, bool)>> {
    // A place that is given with a code has the code's time.
    let row = sqlx::query(
        "SELECT device.person, device.approved_ms FROM code JOIN device
         ON device.person = code.person AND device.enrolled_ms = code.used_ms
         WHERE code.hash = $1 AND code.until_ms > $2 AND device.id = $3 AND device.revoked_ms IS NULL",
    )
    .bind(hash)
    .bind(now_ms)
    .bind(device.as_str())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let person = PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a person"))?;
    Ok(Some((person, row.try_get::<Option<i64>, _>(1)?.is_some())))
}

/// Keeps a challenge; old ones go.
pub async fn add_challenge(conn: &mut Conn, nonce: &str, until_ms: Millis, now_ms: Millis) -> Result<()> {
    sqlx::query("DELETE FROM challenge WHERE until_ms <= $1").bind(now_ms).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO challenge (nonce, until_ms) VALUES ($1, $2)")
        .bind(nonce)
        .bind(until_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Uses a challenge up; false when there is none (any more).
pub async fn use_challenge(conn: &mut Conn, nonce: &str, now_ms: Millis) -> Result<bool> {
    let done = sqlx::query("DELETE FROM challenge WHERE nonce = $1 AND until_ms > $2")
        .bind(nonce)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a token by its hash; old ones go.
pub async fn add_token(conn: &mut Conn, hash: &str, device: &DeviceId, until_ms: Millis, now_ms: Millis) -> Result<()> {
    sqlx::query("DELETE FROM token WHERE until_ms <= $1").bind(now_ms).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO token (hash, device, until_ms) VALUES ($1, $2, $3)")
        .bind(hash)
        .bind(device.as_str())
        .bind(until_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whose token it is: the device, its person, and whether its place was taken away; none when it ended.
pub async fn token(conn: &mut Conn, hash: &str, now_ms: Millis) -> Result<Option<(DeviceId, PersonId, bool)>> {
    let row = sqlx::query(
        "SELECT device.id, device.person, device.revoked_ms FROM token JOIN device ON device.id = token.device
         WHERE token.hash = $1 AND token.until_ms > $2 AND device.approved_ms IS NOT NULL",
    )
    .bind(hash)
    .bind(now_ms)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let device = DeviceId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a device"))?;
    let person = PersonId::new(row.try_get::<String, _>(1)?).map_err(|_| StoreError::damaged("a person"))?;
    Ok(Some((device, person, row.try_get::<Option<i64>, _>(2)?.is_some())))
}
