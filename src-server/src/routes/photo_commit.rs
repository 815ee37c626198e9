//! `POST /v1/photos/{hash}/commit`: all chunks are here; the reply says that the bytes are whole and durable.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use huce_core::wire::PhotoReceipt;

use super::{Answer, Fault, Route, photo};
use crate::{
    app::App,
    auth::HandsIn,
    photos::{Committed, turns::TURNS},
    store::{hub, photos},
};

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/photos/{hash}/commit", open: false, handler: post(commit) }
}

async fn commit(tablet: HandsIn, State(app): State<App>, Path(hash): Path<String>) -> Answer<PhotoReceipt> {
    let id = photo::id(hash)?;
    photo::may_bring(&app, &tablet, &id).await?;
    let stored = photos::stored(&mut *app.store.pool().acquire().await?, &id).await?;
    let bytes = stored.ok_or_else(|| Fault::not_found("photo"))?.bytes;
    let turn = TURNS.take(&tablet.device).await;
    let committed = app.photos.commit(&id, bytes).await?;
    drop(turn);
    match committed {
        Committed::Whole(bytes) => {
            let mut write = app.store.write().await?;
            photos::complete(&mut write, &id, bytes, app.now_ms()).await?;
            let held = app.hub.is_some() && !hub::is_photo_there(&mut write, &id).await?;
            write.commit().await?;
            if let Some(hub) = app.hub.as_ref().filter(|_| held) {
                hub.wake();
            }
            Ok(Json(PhotoReceipt { photo: id, bytes, held }))
        }
        Committed::Incomplete => Err(Fault::new(StatusCode::CONFLICT, "incomplete")),
        Committed::WrongHash => Err(Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_hash")),
    }
}
