//! `POST /v1/token`: the signed challenge for a token.

use axum::{Json, extract::State, http::StatusCode, routing::post};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Verifier};
use huce_core::{
    event::key_text,
    wire::{DeviceKey, Token, TokenAsk, token_text},
};

use super::{Answer, Fault, Route, Said};
use crate::{
    app::App,
    auth::{self, Anybody},
    store::devices,
};

const LONGEST_VERSION: usize = 80;

pub(super) fn route() -> Route {
    Route { method: "POST", path: "/v1/token", open: true, handler: post(token) }
}

async fn token(Anybody(peer): Anybody, State(app): State<App>, Said(ask): Said<TokenAsk>) -> Answer<Token> {
    let now_ms = app.now_ms();
    if let Some(limits) = &app.limits {
        limits.token(peer, &ask.device)?;
    }
    let mut write = app.store.write().await?;
    let Some(chain) = devices::chain(&mut write, &ask.device).await?.filter(|c| !c.is_server) else {
        return Err(Fault::new(StatusCode::FORBIDDEN, "not_enrolled"));
    };
    let sig = BASE64URL_NOPAD.decode(ask.sig.as_bytes()).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let text = token_text(app.hub_device().as_ref(), &ask.nonce);
    // A hub knows devices by whose events are in its grids, too: those have no place here.
    if app.hub.is_some() && chain.users.is_empty() {
        return Err(Fault::new(StatusCode::FORBIDDEN, "not_enrolled"));
    }
    if sig.is_none_or(|sig| chain.key.verify(text.as_bytes(), &sig).is_err()) {
        return Err(Fault::signed_out());
    }
    if !devices::use_challenge(&mut write, &ask.nonce, now_ms).await? {
        return Err(Fault::signed_out());
    }
    if !chain.approved {
        return Err(Fault::new(StatusCode::FORBIDDEN, if chain.revoked { "revoked" } else { "not_approved" }));
    }
    let token = auth::secret(32)?;
    let until_ms = now_ms.saturating_add(auth::TOKEN_MS);
    devices::add_token(&mut write, &auth::hash(&token), &ask.device, until_ms, now_ms).await?;
    let offset_ms = ask.now_ms.map(|there| now_ms.saturating_sub(there));
    let version = ask.version.as_deref().map(|v| v.chars().take(LONGEST_VERSION).collect::<String>());
    devices::met(&mut write, &ask.device, offset_ms, version.as_deref()).await?;
    devices::heard(&mut write, &ask.device, None, now_ms).await?;
    write.commit().await?;
    let as_of_ms = app.hub.as_ref().map(|hub| hub.as_of_ms());
    let server = DeviceKey { device: app.own.device.clone(), key: key_text(&app.own.key.verifying_key()) };
    let server = app.hub.is_none().then_some(server);
    Ok(Json(Token { token, until_ms, now_ms, revoked: chain.revoked, epoch: Some(app.epoch()), server, as_of_ms }))
}
