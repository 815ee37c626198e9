//! A pull must not skip what commits late. The fault is in the test: the same two writers without the grid's lock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::time::Duration;

use huce_core::{body::Body, event::Event, event::SignedEvent};
use sqlx::Row;

use super::{Store, Write, stream};
use crate::sample::{District, NOW, Stores, Tablet, grid};

/// How a writer comes to its position.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Positions {
    /// As intake does: under the lock of the grid's head.
    UnderTheLock,
    /// The fault: from a counter that does not wait for whoever was before.
    FromACounter,
}

struct Writer {
    event: Event,
    signed: SignedEvent,
}

impl Writer {
    fn new(seed: u8) -> Self {
        let mut tablet = Tablet::new("li", seed);
        let event = tablet.next("S-1", None, Body::Unknown);
        Self { signed: tablet.sign(&event), event }
    }

    async fn append(&self, write: &mut Write, positions: Positions) {
        let (head, pos) = match positions {
            Positions::UnderTheLock => {
                let mut head = stream::lock_heads(write, [&grid("S-1")]).await.unwrap()[&grid("S-1")];
                head.pos += 1;
                (Some(head), head.pos)
            }
            Positions::FromACounter => {
                let next = sqlx::query("SELECT nextval('fault')").fetch_one(&mut **write).await.unwrap();
                (None, next.get::<i64, _>(0).cast_unsigned())
            }
        };
        let new = stream::NewEvent { event: &self.event, signed: &self.signed, hash: &self.signed.hash(), pos };
        stream::append(write, &[new], NOW).await.unwrap();
        if let Some(head) = head {
            stream::save_head(write, &grid("S-1"), &head).await.unwrap();
        }
    }
}

/// One writer begins first and commits last; a tablet pulls in between and at the end. Which positions did it see?
async fn race(store: &Store, positions: Positions) -> Vec<u64> {
    let before = stream::head(&mut store.pool().acquire().await.unwrap(), &grid("S-1")).await.unwrap().pos;
    let (first, second) = (Writer::new(21), Writer::new(22));
    let mut late = store.write().await.unwrap();
    first.append(&mut late, positions).await;
    let other = store.clone();
    let quick = tokio::spawn(async move {
        let mut write = other.write().await.unwrap();
        second.append(&mut write, positions).await;
        write.commit().await.unwrap();
    });
    // Time enough for the second to commit where nothing holds it up.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        if quick.is_finished() {
            break;
        }
    }
    let mut seen = pull(store, before).await;
    late.commit().await.unwrap();
    quick.await.unwrap();
    seen.extend(pull(store, seen.last().copied().unwrap_or(before)).await);
    seen.iter().map(|pos| pos - before).collect()
}

async fn pull(store: &Store, after: u64) -> Vec<u64> {
    let mut read = store.read().await.unwrap();
    let page = stream::page(&mut read, &grid("S-1"), after, 100, usize::MAX).await.unwrap();
    page.iter().map(|e| e.pos).collect()
}

async fn whoever_commits_late_is_not_skipped(stores: Stores) {
    let district = District::on(stores).await;
    assert_eq!(race(&district.app.store, Positions::UnderTheLock).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_lock_the_pull_skips_whoever_commits_late() {
    let district = District::on(Stores::Servers).await;
    let store = &district.app.store;
    let head = stream::head(&mut store.pool().acquire().await.unwrap(), &grid("S-1")).await.unwrap().pos;
    let counter = format!("CREATE SEQUENCE fault START WITH {}", head + 1);
    sqlx::query(sqlx::AssertSqlSafe(counter)).execute(store.pool()).await.unwrap();
    assert_eq!(race(store, Positions::FromACounter).await, [2], "if both are seen, this test shows nothing any more");
}

crate::sample::on_both_stores! {
    whoever_commits_late_is_not_skipped,
}
