//! `POST /api/bundle/import`: a bundle's bytes for the receipts that go back to its tablet. For those who dispatch, lead a
//! crew or administer; what is in the bundle proves itself.

use std::path::PathBuf;

use axum::{
    Json,
    body::Body,
    extract::{DefaultBodyLimit, State},
    routing::post,
};
use futures_util::StreamExt;
use huce_core::{
    bundle::{BundleError, SignedReceipts},
    ipc::{CallError, Code},
    person::Role,
};
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use super::{Answer, Fault, Route};
use crate::{
    app::App,
    auth::SignedIn,
    bundle::{self, ImportError, Taken},
    store::people,
};

/// The most bytes of a bundle: a tablet's day has some 20 MB.
const MAX_BYTES: u64 = 1 << 30;
/// Who may bring one.
const BRINGERS: [Role; 3] = [Role::CrewLead, Role::Dispatcher, Role::Administrator];

pub(super) fn route() -> Route {
    let handler = post(import).layer(DefaultBodyLimit::disable());
    Route { method: "POST", path: "/api/bundle/import", open: false, handler }
}

/// What came of it, and the file for the tablet.
#[derive(Debug, Serialize)]
struct Imported {
    taken: Taken,
    receipts: SignedReceipts,
}

async fn import(who: SignedIn, State(app): State<App>, body: Body) -> Answer<Imported> {
    let person = people::person(&mut *app.store.pool().acquire().await?, &who.person, app.now_ms()).await?;
    let may = person.is_some_and(|p| p.roles.iter().any(|r| BRINGERS.contains(&r.role)));
    if !may || app.hub.is_some() {
        return Err(Fault::no_right());
    }
    let file = Uploaded::new(&app)?;
    file.fill(body).await?;
    let (taken, receipts) = bundle::import(&app, &file.0).await.map_err(|e| match e {
        ImportError::Bundle(BundleError::Io(e)) => Fault::internal(&e),
        ImportError::Bundle(e) => bad(&e.to_string()),
        ImportError::Stranger(_) => bad(&e.to_string()),
        e => Fault::internal(&e),
    })?;
    Ok(Json(Imported { taken, receipts }))
}

fn bad(why: &str) -> Fault {
    CallError::new(Code::BadBundle).with("why", why).into()
}

/// The file while it is here. Sealed, as it came.
struct Uploaded(PathBuf);

impl Uploaded {
    fn new(app: &App) -> Result<Self, Fault> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|e| Fault::internal(&e))?;
        Ok(Self(app.data.join(format!("bundle-{}.part", data_encoding::HEXLOWER.encode(&random)))))
    }

    async fn fill(&self, body: Body) -> Result<(), Fault> {
        let mut file = tokio::fs::File::create(&self.0).await.map_err(|e| Fault::internal(&e))?;
        let (mut parts, mut bytes) = (body.into_data_stream(), 0u64);
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Fault::bad_request("body"))?;
            bytes += part.len() as u64;
            if bytes > MAX_BYTES {
                return Err(Fault::too_large());
            }
            file.write_all(&part).await.map_err(|e| Fault::internal(&e))?;
        }
        file.flush().await.map_err(|e| Fault::internal(&e))
    }
}

impl Drop for Uploaded {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
