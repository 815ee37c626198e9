//! What tablets ask (`/v1/…`, shapes in [`huce_core::wire`]) and how the console signs in (`/api/…`): one file per
//! endpoint. A handler authorizes through its first argument, does one thing, and answers with a typed value.
//!
//! Every endpoint is a [`Route`] of the table [`all`], so that a test can ask each one without credentials.

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::app::App;

mod bundle;
mod challenge;
mod enrol;
mod escrow;
pub mod fault;
mod forms;
mod hub_book;
mod hub_enrol;
mod photo;
mod photo_chunk;
mod photo_commit;
mod photo_missing;
mod profile;
mod pull;
mod push;
mod recovery;
mod session;
#[cfg(test)]
mod tests;
mod token;

pub use fault::Fault;
pub use photo::thumbnail;
pub use profile::{About, about};

/// An endpoint.
pub struct Route {
    /// Its method.
    pub method: &'static str,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// May anybody ask it? Then it checks what it is given itself.
    pub open: bool,
    /// What answers.
    pub handler: MethodRouter<App>,
}

/// Every endpoint of this folder.
pub fn all() -> Vec<Route> {
    vec![
        enrol::route(),
        challenge::route(),
        token::route(),
        profile::route(),
        escrow::route(),
        recovery::route(),
        forms::route(),
        push::route(),
        pull::route(),
        photo_missing::route(),
        photo_chunk::route(),
        photo_commit::route(),
        photo::route(),
        hub_enrol::route(),
        bundle::route(),
        hub_book::route(),
        session::who_am_i(),
        session::sign_in(),
        session::sign_out(),
    ]
}

/// What handlers answer with.
pub type Answer<T> = Result<Json<T>, Fault>;

/// A JSON body, whatever its content type says (curl sends forms). The route's body limit holds for what comes out of
/// the decompression.
pub struct Said<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Said<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let bytes = body(request, app).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|e| Fault::bad_request(&format!("{:?}", e.classify())))
    }
}

/// The bytes of a body.
pub struct Raw(pub Bytes);

impl FromRequest<App> for Raw {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        body(request, app).await.map(Self)
    }
}

async fn body(request: Request, app: &App) -> Result<Bytes, Fault> {
    Bytes::from_request(request, app).await.map_err(|e| {
        if e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Fault::too_large()
        } else {
            Fault::bad_request("body")
        }
    })
}

/// Answers in JSON.
pub fn json<T: Serialize>(value: T) -> Response {
    Json(value).into_response()
}
