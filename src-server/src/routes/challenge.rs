//! `GET /v1/challenge`: something to sign, so that a device can show that it holds its key.

use axum::{Json, extract::State, routing::get};
use huce_core::wire::Challenge;

use super::{Answer, Route};
use crate::{
    app::App,
    auth::{self, Anybody},
    store::devices,
};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/challenge", open: true, handler: get(challenge) }
}

async fn challenge(_: Anybody, State(app): State<App>) -> Answer<Challenge> {
    let now_ms = app.now_ms();
    let nonce = auth::secret(24)?;
    let mut write = app.store.write().await?;
    devices::add_challenge(&mut write, &nonce, now_ms.saturating_add(auth::CHALLENGE_MS), now_ms).await?;
    write.commit().await?;
    Ok(Json(Challenge { nonce, now_ms, hub: app.hub_device() }))
}
