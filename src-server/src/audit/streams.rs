//! Each grid's stream: every position once, from 1 to the head, and the digest of exactly these events, its own and those
//! that were carried into it.

use std::collections::BTreeMap;

use huce_core::digest::Digest;
use sqlx::Row as _;

use super::{Report, What};
use crate::store::{Conn, Result};

/// Rows of one page.
const PAGE: i64 = 5_000;

#[derive(Default)]
struct Stream {
    head: u64,
    noted: Digest,
    seen: u64,
    digest: Digest,
    missing: Vec<u64>,
    beyond: Vec<String>,
}

pub(super) async fn check(conn: &mut Conn, report: &mut Report) -> Result<()> {
    let rows = sqlx::query("SELECT grid, head, digest_count, digest_sum FROM grid_head").fetch_all(&mut *conn).await?;
    let mut streams: BTreeMap<String, Stream> = BTreeMap::new();
    for row in rows {
        let number = |at: usize| row.try_get::<i64, _>(at).map(i64::cast_unsigned);
        let noted = Digest { count: number(2)?, sum: number(3)? };
        streams.insert(row.try_get(0)?, Stream { head: number(1)?, noted, ..Stream::default() });
    }
    let (mut grid, mut pos) = (String::new(), 0i64);
    loop {
        let rows = sqlx::query(
            "SELECT grid, pos, hash, device, seq FROM event WHERE (grid, pos) > ($1, $2) UNION ALL
             SELECT grid, pos, hash, device, seq FROM carried WHERE (grid, pos) > ($1, $2) ORDER BY 1, 2 LIMIT $3",
        )
        .bind(&grid)
        .bind(pos)
        .bind(PAGE)
        .fetch_all(&mut *conn)
        .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            (grid, pos) = (row.try_get(0)?, row.try_get(1)?);
            let stream = streams.entry(grid.clone()).or_default();
            let at = pos.cast_unsigned();
            stream.missing.extend((stream.seen + 1..at).take(1_000));
            stream.seen = at;
            if at > stream.head {
                stream.beyond.push(format!("{}-{}", row.try_get::<String, _>(3)?, row.try_get::<i64, _>(4)?));
            }
            stream.digest.add(row.try_get(2)?);
        }
    }
    for (grid, stream) in streams {
        report.grids += 1;
        let name = format!("grid:{grid}");
        let missing = stream.missing.into_iter().chain((stream.seen + 1..=stream.head).take(1_000));
        for pos in missing {
            report.find(format!("{name}:{pos}"), What::Removed, "no event stands at this position of the stream");
        }
        for event in stream.beyond {
            report.find(event, What::Added, "its position is beyond the head of its grid's stream");
        }
        if stream.digest != stream.noted {
            report.find(name, What::Record, "the digest of its events is not the one that is noted");
        }
    }
    Ok(())
}
