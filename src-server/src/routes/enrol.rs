//! `POST /v1/enrol`: a one-time code for a place among the devices. Safe to repeat when the reply was lost: within the
//! code's time the same code and the same key get the same answer, and nothing changes.

use axum::{Json, extract::State, http::StatusCode, routing::post};
use huce_core::{
    event::{device_id, key_from_text, key_text},
    ids::{DeviceId, PersonId},
    wire::{EnrolAsk, Enrolled},
};

use super::{Answer, Fault, Route, Said};
use crate::{
    app::App,
    auth::{self, Anybody},
    store::{
        devices,
        failures::{self, Try},
    },
};

/// The longest name of a device and of a version, in characters.
const LONGEST: usize = 80;

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/enrol", open: true, handler: post(enrol) }
}

async fn enrol(Anybody(peer): Anybody, State(app): State<App>, Said(ask): Said<EnrolAsk>) -> Answer<Enrolled> {
    let now_ms = app.now_ms();
    let Some(key) = key_from_text(&ask.public_key) else { return Err(Fault::bad_request("public_key")) };
    let device = device_id(&key);
    if let Some(limits) = &app.limits {
        limits.token(peer, &device)?;
    }
    // By the tablet, not by the address, which a whole depot shares: who errs five times waits, nobody else does. That
    // guessing with ever new keys is hopeless is the doing of the codes: a trillion of them, each good for ten minutes.
    let what = format!("enrol:{device}");
    if let Try::Locked(until_ms) = failures::count(&app.store, &what, now_ms).await? {
        return Err(auth::locked(until_ms, now_ms));
    }
    if device == app.own.device {
        return Err(Fault::bad_request("public_key"));
    }
    let clip = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
    let mut write = app.store.write().await?;
    let code = auth::hash(&auth::plain_code(&ask.code));
    let (person, approved) = match devices::use_code(&mut write, &code, now_ms).await? {
        Some(used) => used,
        None => {
            let had = devices::got_by_code(&mut write, &code, &device, now_ms).await?;
            let (person, approved) = had.ok_or_else(|| Fault::new(StatusCode::FORBIDDEN, "bad_code"))?;
            drop(write);
            failures::forgive(&app.store, &what).await?;
            return Ok(enrolled(&app, device, person, approved));
        }
    };
    let place = devices::Place {
        device: &device,
        person: &person,
        name: &clip(&ask.device_name),
        key: &key_text(&key),
        version: &clip(&ask.version),
        is_server: false,
        approved,
    };
    devices::place(&mut write, &place, now_ms).await?;
    write.commit().await?;
    failures::forgive(&app.store, &what).await?;
    tracing::info!(device.id = %device, device.approved = approved, "a device got its place");
    Ok(enrolled(&app, device, person, approved))
}

pub(super) fn enrolled(app: &App, device: DeviceId, person: PersonId, approved: bool) -> Json<Enrolled> {
    let server_key = key_text(&app.own.key.verifying_key());
    Json(Enrolled { device, person, server_key, server_device: app.own.device.clone(), approved })
}
