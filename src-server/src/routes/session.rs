//! `POST /api/who_am_i`, `/api/sign_in`, `/api/sign_out`: the console's sessions.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::post,
};
use huce_core::{
    ids::PersonId,
    ipc::session::{Place, Ready, Session, SignIn},
};

use super::{Answer, Fault, Route, Said, about};
use crate::{
    app::App,
    auth::{self, Anybody, SignedIn},
    store::people,
};

/// Open: it says who is here, and nobody is an answer.
pub(super) fn who_am_i() -> Route {
    Route { method: "POST", path: "/api/who_am_i", open: true, handler: post(who) }
}

pub(super) fn sign_in() -> Route {
    Route { method: "POST", path: "/api/sign_in", open: true, handler: post(enter) }
}

pub(super) fn sign_out() -> Route {
    Route { method: "POST", path: "/api/sign_out", open: true, handler: post(leave) }
}

async fn who(signed_in: Result<SignedIn, Fault>, State(app): State<App>) -> Answer<Session> {
    match signed_in {
        Ok(signed_in) => Ok(Json(session(&app, &signed_in.person).await?)),
        Err(fault) if fault == Fault::signed_out() => Ok(Json(Session::SignedOut)),
        Err(fault) => Err(fault),
    }
}

async fn enter(
    Anybody(peer): Anybody,
    State(app): State<App>,
    headers: HeaderMap,
    Said(call): Said<SignIn>,
) -> Result<Response, Fault> {
    if let Some(limits) = &app.limits {
        limits.sign_in(peer, call.login.trim())?;
    }
    let (person, cookie) = auth::sign_in(&app, call.login.trim(), &call.password).await?;
    let session = session(&app, &person).await?;
    Ok(([(header::SET_COOKIE, auth::cookie_header(&app, &headers, &cookie))], Json(session)).into_response())
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(cookie) = auth::cookie(&headers) {
        let mut write = app.store.write().await?;
        people::end_session(&mut write, &auth::hash(cookie)).await?;
        write.commit().await?;
    }
    Ok(([(header::SET_COOKIE, auth::cookie_header(&app, &headers, ""))], Json(Session::SignedOut)).into_response())
}

async fn session(app: &App, person: &PersonId) -> Result<Session, Fault> {
    let about = about(&mut *app.store.pool().acquire().await?, person, app.now_ms()).await?;
    Ok(about.map_or(Session::SignedOut, |about| {
        let super::About { person: me, grids, above, people, .. } = about;
        Session::Ready(Ready { place: Place::Console, me, grids, above, people, has_pin: false })
    }))
}
