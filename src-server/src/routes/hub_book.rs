//! `GET /v1/hub/book`: what a hub has to know of grids, people and devices. For hubs only; the grids are those of the
//! person whose hub it is.

use axum::{Json, extract::State, routing::get};
use huce_core::hub::{HubBook, HubPerson};

use super::{Answer, Fault, Route, profile::profile_of};
use crate::{
    app::App,
    auth::{self, Tablet},
    store::{forms, grids, hub, people},
};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/hub/book", open: false, handler: get(book) }
}

async fn book(tablet: Tablet, State(app): State<App>) -> Answer<HubBook> {
    let now_ms = app.now_ms();
    // One transaction: everything in the book is of the same moment.
    let mut tx = app.store.read().await?;
    if app.hub.is_some() || !hub::is_hub(&mut tx, &tablet.device).await? {
        return Err(Fault::no_right());
    }
    let (tree, ids) = auth::grids_of(&mut tx, &tablet.person, now_ms).await?;
    let (logins, devices) = hub::people_and_devices(&mut tx, &ids).await?;
    let mut people = Vec::with_capacity(logins.len());
    for id in logins {
        let roles = people::roles(&mut tx, &id).await?;
        let roles = roles.into_iter().map(|held| (held.role, held.from_ms, held.until_ms)).collect();
        if let Some(profile) = profile_of(&app, &mut tx, &id, now_ms).await? {
            people.push(HubPerson { name: profile.person.name.clone(), id, roles, profile });
        }
    }
    let scope = grids::list(&mut tx, &ids).await?;
    let above = grids::list(&mut tx, &tree.above(&ids)).await?;
    let forms = forms::current(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(HubBook { now_ms, epoch: app.epoch(), scope, above, people, devices, forms }))
}
