//! What was done of the four musts.

use std::collections::BTreeMap;

use huce_core::{clock::Millis, event::Event, ids::GridId, team::DutyDone};
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, parts, plain};

/// Adds those among these events.
pub async fn add(conn: &mut Conn, events: impl Iterator<Item = &Event>) -> Result<()> {
    let mut rows = Vec::new();
    for event in events {
        if let Some(done) = DutyDone::of(event) {
            rows.push((event, serde_json::to_string(&done).map_err(|_| StoreError::damaged("a duty"))?));
        }
    }
    for part in parts(&rows) {
        let mut query = Question::new("INSERT INTO duty (device, seq, grid, when_ms, body) ");
        query.rows(part, |row, (event, body)| {
            row.bind(event.device.as_str())
                .bind(event.seq.cast_signed())
                .bind(event.grid.as_str())
                .bind(event.when_ms())
                .bind(plain(body).into_owned());
        });
        query.run(&mut *conn).await?;
    }
    Ok(())
}

/// What was done since then, by grid.
pub async fn since(
    conn: &mut Conn,
    grids: impl Iterator<Item = &GridId>,
    since_ms: Millis,
) -> Result<BTreeMap<GridId, Vec<DutyDone>>> {
    let mut query = Question::new("SELECT grid, body FROM duty WHERE when_ms >= ");
    query.bind(since_ms).push(" AND grid IN ").list(grids.map(|grid| grid.as_str().to_owned()));
    let mut all: BTreeMap<GridId, Vec<DutyDone>> = BTreeMap::new();
    for row in query.all(conn).await? {
        let grid = GridId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a grid's code"))?;
        let done = serde_json::from_str(row.try_get(1)?).map_err(|_| StoreError::damaged("a duty"))?;
        all.entry(grid).or_default().push(done);
    }
    Ok(all)
}
