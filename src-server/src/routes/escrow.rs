//! `POST /v1/escrow`: the tablet's data key, sealed to this server, for the day on which its PIN is forgotten. Only the
//! administrator at the shell opens it (`huce-server escrow open`).

use axum::{Json, extract::State, routing::post};
use huce_core::escrow::Escrow;
use serde_json::{Value, json};

use super::{Answer, Fault, Route, Said};
use crate::{app::App, auth::Tablet, store::safety};

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/escrow", open: false, handler: post(escrow) }
}

async fn escrow(tablet: Tablet, State(app): State<App>, Said(escrow): Said<Escrow>) -> Answer<Value> {
    // Sealed to another key it would be kept in vain, and nobody would know before the day on which it is needed.
    if !escrow.is_to(&app.own.key.verifying_key()) || escrow.open(&app.own.key).is_none() {
        return Err(Fault::bad_request("escrow"));
    }
    let mut write = app.store.write().await?;
    safety::keep_escrow(&mut write, &tablet.device, &escrow, app.now_ms()).await?;
    write.commit().await?;
    Ok(Json(json!({})))
}
