//! `GET /v1/pull?grid=G&after=N&limit=L`: a page of a grid's stream.

use axum::{
    Json,
    extract::{Query, State},
    routing::get,
};
use huce_core::{
    ids::GridId,
    wire::{MAX_PULL_EVENTS, Pulled},
};
use serde::Deserialize;

use super::{Answer, Fault, Route};
use crate::{
    app::App,
    auth::{self, Tablet},
    store::stream,
};

/// A page ends early when its payloads come to this.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/pull", open: false, handler: get(pull) }
}

#[derive(Debug, Deserialize)]
struct Ask {
    grid: String,
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn pull(
    tablet: Tablet,
    State(app): State<App>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
) -> Answer<Pulled> {
    let Query(ask) = ask.map_err(|_| Fault::bad_request("query"))?;
    let grid = GridId::new(ask.grid).map_err(|_| Fault::bad_request("grid"))?;
    // One transaction: page, head and digest are of the same moment.
    let mut tx = app.store.read().await?;
    let (_, grids) = auth::grids_of(&mut tx, &tablet.person, app.now_ms()).await?;
    if !grids.contains(&grid) {
        return Err(Fault::no_right());
    }
    let epoch = app.epoch_in(&mut tx).await?;
    let head = stream::head(&mut tx, &grid).await?;
    let limit = ask.limit.unwrap_or(MAX_PULL_EVENTS).clamp(1, MAX_PULL_EVENTS);
    let events = stream::page(&mut tx, &grid, ask.after, limit, MAX_PAGE_BYTES).await?;
    tx.commit().await?;
    let next = events.last().map_or(ask.after.min(head.pos), |e| e.pos);
    Ok(Json(Pulled { events, next, head: head.pos, digest: head.digest, epoch }))
}
