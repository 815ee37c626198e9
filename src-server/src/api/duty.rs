//! How grids stand with the four musts.

use huce_core::{
    facility::heating_year_ms,
    grid::Level,
    ipc::duty::{Duties, DutiesReply, GridDuties},
};

use super::{
    asked::{Answer, Asked},
    rounds,
};
use crate::store::{duties, grids};

/// Answers [`Duties`].
pub async fn duties(asked: &Asked, _: Duties) -> Answer<DutiesReply> {
    let mut conn = asked.conn().await?;
    let viewer = &asked.viewer;
    let since_ms = heating_year_ms(asked.now_ms);
    let mut done = duties::since(&mut conn, viewer.grids.iter(), since_ms).await?;
    let rounds = rounds::all(&mut conn).await?;
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
