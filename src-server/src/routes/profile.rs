//! `GET /v1/profile`: who uses the tablet, and what they may see.

use std::collections::BTreeSet;

use axum::{Json, extract::State, routing::get};
use huce_core::{
    clock::Millis,
    grid::Grid,
    ids::{GridId, PersonId},
    person::Person,
    rule::Rule,
    wire::Profile,
};

use super::{Answer, Fault, Route};
use crate::{
    app::App,
    auth::{self, Tablet},
    store::{Conn, Result, devices, forms, grids, hub, people, safety, summary},
};

pub(super) fn route() -> Route {
    Route { method: "GET", path: "/v1/profile", open: false, handler: get(profile) }
}

/// Somebody, their grids and their colleagues.
#[derive(Debug, Clone)]
pub struct About {
    /// Who.
    pub person: Person,
    /// The codes of the subtrees of their roles.
    pub ids: BTreeSet<GridId>,
    /// The same as grids.
    pub grids: Vec<Grid>,
    /// Grids above.
    pub above: Vec<Grid>,
    /// People who work in these grids or above.
    pub people: Vec<Person>,
    /// Rules of who is responsible in the grids above.
    pub rules: Vec<Rule>,
}

/// Reads it; none when there is no such person.
pub async fn about(conn: &mut Conn, id: &PersonId, now_ms: Millis) -> Result<Option<About>> {
    let Some(person) = people::person(conn, id, now_ms).await? else { return Ok(None) };
    let (tree, ids) = auth::grids_of(conn, id, now_ms).await?;
    let above_ids = tree.above(&ids);
    let works_here = |p: &Person| p.roles.iter().any(|r| ids.contains(&r.grid) || above_ids.contains(&r.grid));
    let people = people::list(conn, now_ms).await?.into_iter().filter(|p| p.id == *id || works_here(p)).collect();
    let (own, above) = (grids::list(conn, &ids).await?, grids::list(conn, &above_ids).await?);
    let rules = summary::rules(conn, &above_ids).await?;
    Ok(Some(About { person, ids, grids: own, above, people, rules }))
}

async fn profile(tablet: Tablet, State(app): State<App>) -> Answer<Profile> {
    let mut conn = app.store.pool().acquire().await?;
    let profile = match &app.hub {
        // As the server gave it: also with the grids that this hub does not carry.
        Some(_) => hub::profile(&mut conn, &tablet.person).await?,
        None => {
            let covered = safety::covered(&mut conn, &tablet.device).await?;
            let profile = profile_of(&app, &mut conn, &tablet.person, app.now_ms()).await?;
            profile.map(|profile| Profile { covered, ..profile })
        }
    };
    profile.map(Json).ok_or_else(Fault::signed_out)
}

/// What a tablet of this person is told; none when there is no such person.
pub(super) async fn profile_of(app: &App, conn: &mut Conn, id: &PersonId, now_ms: Millis) -> Result<Option<Profile>> {
    let Some(about) = about(conn, id, now_ms).await? else { return Ok(None) };
    let keys = devices::keys(conn, &about.ids).await?;
    let forms = forms::current(conn).await?;
    let About { person, grids, above, people, rules, .. } = about;
    Ok(Some(Profile { person, grids, above, people, forms, keys, epoch: app.epoch(), now_ms, covered: None, rules }))
}
