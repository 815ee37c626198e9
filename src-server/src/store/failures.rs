//! Lock-out after repeated failures, counted where every server process sees it.
//!
//! A try is counted before it is looked at, and forgiven when it succeeds: a hundred tries at the same time
//! are a hundred tries.

use huce_core::clock::Millis;
use sqlx::Row;

use super::{Result, Store};

/// So many failures …
pub const MAX_FAILURES: i64 = 5;
/// … lock for so long …
pub const LOCKED_MS: Millis = 15 * 60_000;
/// … and are forgotten after so long without another.
pub const FORGOTTEN_MS: Millis = 15 * 60_000;

/// May it be tried?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// Yes; so many failures are left if this one fails.
    Left(i64),
    /// No, not before this time.
    Locked(Millis),
}

/// Counts a try of `what` (`login:NAME`, `enrol:ADDRESS`) and says whether it may be made.
pub async fn count(store: &Store, what: &str, now_ms: Millis) -> Result<Try> {
    let mut write = store.write().await?;
    let row = sqlx::query("SELECT count, last_ms, locked_until_ms FROM failure WHERE what = $1")
        .bind(what)
        .fetch_optional(&mut *write)
        .await?;
    let (mut count, last_ms, locked_ms): (i64, Millis, Millis) = match row {
        Some(row) => (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?),
        None => (0, now_ms, 0),
    };
    if locked_ms > now_ms {
        return Ok(Try::Locked(locked_ms));
    }
    if locked_ms > 0 || now_ms.saturating_sub(last_ms) > FORGOTTEN_MS {
        count = 0;
    }
    count += 1;
    let locked_ms = if count >= MAX_FAILURES { now_ms.saturating_add(LOCKED_MS) } else { 0 };
    sqlx::query(
        "INSERT INTO failure (what, count, last_ms, locked_until_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (what)
         DO UPDATE SET count = excluded.count, last_ms = excluded.last_ms, locked_until_ms = excluded.locked_until_ms",
    )
    .bind(what)
    .bind(count)
    .bind(now_ms)
    .bind(locked_ms)
    .execute(&mut *write)
    .await?;
    sqlx::query("DELETE FROM failure WHERE last_ms < $1 AND locked_until_ms < $2")
        .bind(now_ms.saturating_sub(FORGOTTEN_MS))
        .bind(now_ms)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(Try::Left(MAX_FAILURES - count))
}

/// It succeeded: the count begins anew.
pub async fn forgive(store: &Store, what: &str) -> Result<()> {
    let mut write = store.write().await?;
    sqlx::query("DELETE FROM failure WHERE what = $1").bind(what).execute(&mut *write).await?;
    write.commit().await
}
