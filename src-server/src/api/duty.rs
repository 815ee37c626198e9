//! How grids stand with the four musts.

use huce_core::{
    body::Noun,
    facility::heating_year_ms,
    grid::Level,
    ipc::duty::{Duties, DutiesReply, GridDuties},
    projection::{Doc, Key},
    round::Round,
};
use sqlx::Row;

use super::asked::{Answer, Asked};
use crate::store::{Question, StoreError, docs, duties, grids};

/// Answers [`Duties`].
pub async fn duties(asked: &Asked, _: Duties) -> Answer<DutiesReply> {
    let mut conn = asked.conn().await?;
    let viewer = &asked.viewer;
    let since_ms = heating_year_ms(asked.now_ms);
    let mut done = duties::since(&mut conn, viewer.grids.iter(), since_ms).await?;
    let mut keys = Vec::new();
    for row in Question::new("SELECT id FROM round ORDER BY id").all(&mut conn).await? {
        keys.push(Key::Record(Noun::Round, row.try_get(0).map_err(StoreError::from)?));
    }
    let rounds: Vec<Round> = docs::load(&mut conn, keys)
        .await?
        .into_values()
        .filter_map(|doc| if let Doc::Record(record) = doc { Round::from_record(&record) } else { None })
        .collect();
    let all = grids::list(&mut conn, &viewer.grids).await?;
    let staffed = all.iter().filter(|g| g.is_open() && matches!(g.level, Level::Crew | Level::Inspector));
    let grids = staffed
        .map(|grid| {
            let path = viewer.tree.path(&grid.id);
            let of_it: Vec<_> = rounds.iter().filter(|round| path.contains(&&round.grid)).cloned().collect();
            GridDuties::of(grid, done.remove(&grid.id).unwrap_or_default(), &of_it, asked.now_ms)
        })
        .collect();
    Ok(DutiesReply { now_ms: asked.now_ms, grids })
}
