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
    // Writes before it reads, so that the row is locked: tries in other processes count one after another.
    let row = sqlx::query(
        "INSERT INTO failure (what, count, last_ms, locked_until_ms) VALUES ($1, 0, $2, 0) ON CONFLICT (what)
         DO UPDATE SET count = failure.count RETURNING count, last_ms, locked_until_ms",
    )
    .bind(what)
    .bind(now_ms)
    .fetch_one(&mut *write)
    .await?;
    let (mut count, last_ms, locked_ms): (i64, Millis, Millis) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if locked_ms > now_ms {
        return Ok(Try::Locked(locked_ms));
    }
    if locked_ms > 0 || now_ms.saturating_sub(last_ms) > FORGOTTEN_MS {
        count = 0;
    }
    count += 1;
    let locked_ms = if count >= MAX_FAILURES { now_ms.saturating_add(LOCKED_MS) } else { 0 };
    sqlx::query("UPDATE failure SET count = $2, last_ms = $3, locked_until_ms = $4 WHERE what = $1")
        .bind(what)
        .bind(count)
        .bind(now_ms)
        .bind(locked_ms)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    // Apart from the count, so that no transaction waits for two rows.
    let mut write = store.write().await?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::sample::{District, NOW, Stores};

    async fn a_hundred_tries_at_once_are_a_hundred_tries(stores: Stores) {
        let district = District::on(stores).await;
        let mut tries = Vec::new();
        for _ in 0..100 {
            let store = district.app.store.clone();
            tries.push(tokio::spawn(async move { count(&store, "login:li", NOW).await.unwrap() }));
        }
        let mut left = Vec::new();
        for one in tries {
            if let Try::Left(n) = one.await.unwrap() {
                left.push(n);
            }
        }
        left.sort_unstable();
        assert_eq!(left, (0..MAX_FAILURES).collect::<Vec<_>>());
    }

    crate::sample::on_both_stores! {
        a_hundred_tries_at_once_are_a_hundred_tries,
    }
}
