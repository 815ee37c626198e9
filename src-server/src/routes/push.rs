//! `POST /v1/push`: a batch of events for one receipt each.

use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    routing::post,
};
use huce_core::{
    event::MAX_PAYLOAD_BYTES,
    wire::{Fate, MAX_PUSH_EVENTS, PushAsk, Pushed},
};

use super::{Answer, Fault, Route, Said};
use crate::{
    app::App,
    auth::HandsIn,
    hub,
    intake::take_all,
    store::{devices, hub::is_hub},
};

/// A full batch of the largest events, with what JSON puts around them.
const MAX_BODY_BYTES: usize = MAX_PUSH_EVENTS * (MAX_PAYLOAD_BYTES + 256);

pub(super) fn route() -> Route {
    let handler = post(push).layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    Route { method: "POST", path: "/v1/push", open: false, handler }
}

async fn push(tablet: HandsIn, State(app): State<App>, Said(ask): Said<PushAsk>) -> Answer<Pushed> {
    if ask.events.len() > MAX_PUSH_EVENTS {
        return Err(Fault::too_large().with("events", MAX_PUSH_EVENTS));
    }
    let now_ms = app.now_ms();
    let receipts = if app.hub.is_some() {
        let receipts = hub::take(&app, ask.events, &tablet.device).await?;
        let mut write = app.store.write().await?;
        devices::heard(&mut write, &tablet.device, Some(ask.unsent), now_ms).await?;
        write.commit().await?;
        receipts
    } else {
        let by_owners = ask.by_owners && is_hub(&mut *app.store.pool().acquire().await?, &tablet.device).await?;
        take_all(&app.store, ask.events, &tablet.device, by_owners, Some(ask.unsent), now_ms).await?
    };
    let stored = receipts.iter().filter(|r| r.fate == Fate::Stored).count();
    let refused = receipts.iter().filter(|r| matches!(r.fate, Fate::Refused { .. })).count();
    tracing::info!(device.id = %tablet.device, push.stored = stored, push.refused = refused, "pushed");
    Ok(Json(Pushed { receipts, now_ms, epoch: app.epoch() }))
}
