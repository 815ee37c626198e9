//! `GET /v1/recovery/{name}`: the recovery that the console made for a tablet whose PIN was forgotten. The tablet is locked
//! and has no key to sign with: it names the recovery by its code, and what comes opens with that code alone.

use axum::{
    Json,
    extract::{Path, State},
    routing::get,
};
use huce_core::escrow::Recovery;

use super::{Answer, Fault, Route};
use crate::{app::App, auth::Anybody, store::safety};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/recovery/{name}", open: true, handler: get(recovery) }
}

async fn recovery(_: Anybody, State(app): State<App>, Path(name): Path<String>) -> Answer<Recovery> {
    let found = safety::recovery(&mut *app.store.pool().acquire().await?, &name, app.now_ms()).await?;
    found.map(Json).ok_or_else(|| Fault::not_found("recovery"))
}
