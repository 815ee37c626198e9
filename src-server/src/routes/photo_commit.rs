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
    auth::{HandsIn, Seer},
    photos::Committed,
    store::photos,
};

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/photos/{hash}/commit", open: false, handler: post(commit) }
}

async fn commit(tablet: HandsIn, State(app): State<App>, Path(hash): Path<String>) -> Answer<PhotoReceipt> {
    let id = photo::id(hash)?;
    photo::must_see(&app, &Seer { person: tablet.person, device: Some(tablet.device) }, &id).await?;
    let stored = photos::stored(&mut *app.store.pool().acquire().await?, &id).await?;
    let bytes = stored.ok_or_else(|| Fault::not_found("photo"))?.bytes;
    match app.photos.commit(&id, bytes).await? {
        Committed::Whole(bytes) => {
            let mut write = app.store.write().await?;
            photos::complete(&mut write, &id, bytes, app.now_ms()).await?;
            write.commit().await?;
            Ok(Json(PhotoReceipt { photo: id, bytes }))
        }
        Committed::Incomplete => Err(Fault::new(StatusCode::CONFLICT, "incomplete")),
        Committed::WrongHash => Err(Fault::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_hash")),
    }
}
