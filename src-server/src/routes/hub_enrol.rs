//! `POST /v1/hub/enrol`: a hub's one-time code for a place as a hub.

use axum::{extract::State, http::StatusCode, routing::post};
use huce_core::{
    event::{device_id, key_from_text, key_text},
    hub::HubEnrolAsk,
    wire::Enrolled,
};

use super::{Answer, Fault, Route, Said, enrol::enrolled};
use crate::{
    app::App,
    auth::{self, Anybody},
    store::{
        devices,
        failures::{self, Try},
        hub,
    },
};

/// The longest name of a hub and of a version, in characters.
const LONGEST: usize = 80;

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/hub/enrol", open: true, handler: post(enrol) }
}

async fn enrol(Anybody(peer): Anybody, State(app): State<App>, Said(ask): Said<HubEnrolAsk>) -> Answer<Enrolled> {
    let now_ms = app.now_ms();
    let Some(key) = key_from_text(&ask.public_key) else { return Err(Fault::bad_request("public_key")) };
    let what = format!("enrol:{peer}");
    if let Try::Locked(until_ms) = failures::count(&app.store, &what, now_ms).await? {
        return Err(auth::locked(until_ms, now_ms));
    }
    let device = device_id(&key);
    if device == app.own.device {
        return Err(Fault::bad_request("public_key"));
    }
    let clip = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
    let mut write = app.store.write().await?;
    let code = auth::hub_hash(&ask.code);
    let person = match devices::use_code(&mut write, &code, now_ms).await? {
        Some((person, _)) => person,
        None => {
            // The reply was lost: the same code and the same key get the same answer.
            let had = devices::got_by_code(&mut write, &code, &device, now_ms).await?;
            let (person, _) = had.ok_or_else(|| Fault::new(StatusCode::FORBIDDEN, "bad_code"))?;
            drop(write);
            failures::forgive(&app.store, &what).await?;
            return Ok(enrolled(&app, device, person, true));
        }
    };
    let place = devices::Place {
        device: &device,
        person: &person,
        name: &clip(&ask.name),
        key: &key_text(&key),
        version: &clip(&ask.version),
        is_server: false,
        // Its code is made on the server's shell.
        approved: true,
    };
    devices::place(&mut write, &place, now_ms).await?;
    hub::add_hub(&mut write, &device).await?;
    write.commit().await?;
    failures::forgive(&app.store, &what).await?;
    tracing::info!(device.id = %device, "a hub got its place");
    Ok(enrolled(&app, device, person, true))
}
