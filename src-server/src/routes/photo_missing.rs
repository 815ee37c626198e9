//! `GET /v1/photos/{hash}/missing?bytes=N`: which chunks the server lacks. `complete` is a receipt.

use axum::{
    Json,
    extract::{Path, Query, State},
    routing::get,
};
use huce_core::{ids::PhotoId, wire::Missing};
use serde::Deserialize;

use super::{Answer, Fault, Route, photo};
use crate::{
    app::App,
    auth::HandsIn,
    photos::MAX_PHOTO_BYTES,
    store::{hub, photos},
};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/photos/{hash}/missing", open: false, handler: get(missing) }
}

#[derive(Debug, Deserialize)]
struct Ask {
    bytes: u64,
}

async fn missing(
    tablet: HandsIn,
    State(app): State<App>,
    Path(hash): Path<String>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
) -> Answer<Missing> {
    let Query(ask) = ask.map_err(|_| Fault::bad_request("bytes"))?;
    let id = photo::id(hash)?;
    photo::may_bring(&app, &tablet, &id).await?;
    if ask.bytes == 0 {
        return Err(Fault::bad_request("bytes"));
    }
    if ask.bytes > MAX_PHOTO_BYTES {
        return Err(Fault::too_large());
    }
    let is_hub = app.hub.is_some();
    if is_hub && hub::is_photo_there(&mut *app.store.pool().acquire().await?, &id).await? {
        return Ok(Json(Missing { complete: true, chunks: Vec::new(), held: false }));
    }
    if is_complete(&app, &id).await? {
        // What a hub has the server has not: only the server's is a receipt.
        return Ok(Json(Missing { complete: !is_hub, chunks: Vec::new(), held: is_hub }));
    }
    let mut write = app.store.write().await?;
    photos::begin(&mut write, &id, ask.bytes, &tablet.device, app.now_ms()).await?;
    write.commit().await?;
    Ok(Json(Missing { complete: false, chunks: app.photos.missing(&id, ask.bytes).await?, held: false }))
}

/// Complete in the database and on the disk; a file that is gone has to come again.
async fn is_complete(app: &App, id: &PhotoId) -> Result<bool, Fault> {
    let stored = photos::stored(&mut *app.store.pool().acquire().await?, id).await?;
    if !stored.is_some_and(|s| s.complete) {
        return Ok(false);
    }
    if app.photos.read(id).await?.is_some() {
        return Ok(true);
    }
    tracing::error!(photo.id = %id, "a stored photo is gone or damaged: it is asked for again");
    let mut write = app.store.write().await?;
    photos::lost(&mut write, id).await?;
    write.commit().await?;
    app.photos.forget(id).await?;
    Ok(false)
}
