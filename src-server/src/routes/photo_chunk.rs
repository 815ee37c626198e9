//! `PUT /v1/photos/{hash}/chunks/{n}`: one chunk's bytes.

use axum::{
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    routing::put,
};
use huce_core::photo::PHOTO_CHUNK_BYTES;

use super::{Fault, Raw, Route, photo};
use crate::{
    app::App,
    auth::HandsIn,
    photos::{chunk_len, turns::TURNS},
    store::photos,
};

pub(super) fn route() -> Route {
    let handler = put(chunk).layer(DefaultBodyLimit::max(PHOTO_CHUNK_BYTES));
    Route { method: "PUT", path: "/v1/photos/{hash}/chunks/{n}", open: false, handler }
}

async fn chunk(
    tablet: HandsIn,
    State(app): State<App>,
    Path((hash, number)): Path<(String, String)>,
    Raw(bytes): Raw,
) -> Result<StatusCode, Fault> {
    let id = photo::id(hash)?;
    let number: u32 = number.parse().map_err(|_| Fault::bad_request("chunk"))?;
    photo::may_bring(&app, &tablet, &id).await?;
    let stored = photos::stored(&mut *app.store.pool().acquire().await?, &id).await?;
    let stored = stored.ok_or_else(|| Fault::not_found("photo"))?;
    if stored.complete {
        return Ok(StatusCode::NO_CONTENT);
    }
    // Half a chunk is no chunk: it comes again whole.
    if chunk_len(stored.bytes, number) != Some(bytes.len() as u64) {
        return Err(Fault::bad_request("chunk"));
    }
    let _turn = TURNS.take(&tablet.device).await;
    app.photos.put(&id, number, bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}
