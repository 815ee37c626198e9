//! The demo district of `assets/demo`: invented grids, people, registers, rounds, a season's visits, requests and
//! plans, recorded by the server's own device. Loading it again changes nothing: each step looks at what is there,
//! and what has no identity of its own (visits) goes in with a mark in one transaction.
//!
//! Days in the files are counted from the day of the first load, so that the demo never grows old.

use std::collections::BTreeMap;

use huce_core::{
    body::Noun,
    clock::Millis,
    ids::{GridId, HouseholdId, PersonId},
    person::{Person, RoleIn},
    projection::Key,
    record::{Record, first_edit},
};
use rust_embed::RustEmbed;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::Row;

use crate::{
    app::{App, SYSTEM},
    auth, builtin,
    import::{self, ImportError},
    intake::{Entry, record_in, record_own},
    routes::Fault,
    store::{StoreError, docs, grids::Tree, people},
};

mod answers;
mod season;

/// The inspector whose tablet `./x run` opens: 锅炉厂家属院, the estate with the cold end of the line.
pub const INSPECTOR: &str = "wangjianshe";
/// The password of everybody in the demo. For the demo only: it is public.
pub const PASSWORD: &str = "huce-demo";
/// What `demo load` prints.
pub const LOGINS: &str = "console logins of the demo (not for real data): diaodu (dispatcher), admin, sunbanzhang \
                          (crew lead), wangjianshe (inspector); password huce-demo";

#[derive(RustEmbed)]
#[folder = "../assets/demo"]
#[allow_missing = true]
struct Files;

/// Why the demo cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file of the demo is missing or says something else than its README.
    #[error("assets/demo/{file}: {why}")]
    File {
        /// Which.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The register.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// An event was not taken.
    #[error("an event of the demo was refused: {0:?}")]
    Refused(huce_core::wire::Refusal),
    /// A password could not be hashed.
    #[error("{}", .0.refused.code)]
    Password(Fault),
}

impl From<sqlx::Error> for DemoError {
    fn from(e: sqlx::Error) -> Self {
        Self::Store(e.into())
    }
}

/// Loads it.
pub async fn load(app: &App) -> Result<(), DemoError> {
    builtin::publish(app).await?;
    grids(app).await?;
    folk(app).await?;
    register(app).await?;
    facilities(app).await?;
    season::rounds(app).await?;
    season::past(app).await
}

fn bytes(file: &'static str) -> Result<Vec<u8>, DemoError> {
    let found = Files::get(file).ok_or_else(|| DemoError::File { file, why: "it is missing".into() })?;
    Ok(found.data.into_owned())
}

fn read<T: DeserializeOwned>(file: &'static str) -> Result<T, DemoError> {
    serde_json::from_slice(&bytes(file)?).map_err(|e| DemoError::File { file, why: e.to_string() })
}

fn system() -> Result<PersonId, DemoError> {
    PersonId::new(SYSTEM).map_err(|_| DemoError::Store(StoreError::damaged("the system's name")))
}

/// The edit that brings a record to these values; none when it has them.
async fn edit(
    app: &App,
    noun: Noun,
    id: &str,
    set: Vec<(String, Value)>,
) -> Result<Option<huce_core::body::Edit>, DemoError> {
    let record: Option<Record> =
        docs::record(&mut *app.store.pool().acquire().await?, &Key::Record(noun, id.to_owned())).await?;
    Ok(match record {
        Some(_) => None,
        None => Some(first_edit(noun, id, set)),
    })
}

async fn record(app: &App, entries: Vec<Entry>) -> Result<(), DemoError> {
    for recorded in record_own(app, entries).await? {
        if let crate::intake::Recorded::Refused(code) = recorded {
            return Err(DemoError::Refused(code));
        }
    }
    Ok(())
}

async fn grids(app: &App) -> Result<(), DemoError> {
    let bytes = bytes("grids.geojson")?;
    let read = move || import::grid::read("grids.geojson", &bytes, None);
    let mut rows = tokio::task::spawn_blocking(read).await.map_err(|_| ImportError::Reader)??;
    // What somebody made of a grid since stays.
    let there = Tree::load(&mut *app.store.pool().acquire().await?).await?;
    rows.grids.retain(|row| !there.has(&row.code));
    import::grid::apply(app, &system()?, "grids.geojson".to_owned(), rows, false).await?;
    Ok(())
}

#[derive(Deserialize)]
struct Somebody {
    login: PersonId,
    name: String,
    roles: Vec<RoleIn>,
}

async fn folk(app: &App) -> Result<(), DemoError> {
    let all: Vec<Somebody> = read("people.json")?;
    let there = people::list(&mut *app.store.pool().acquire().await?, app.now_ms()).await?;
    for Somebody { login, name, roles } in all {
        if there.iter().any(|p| p.id == login) {
            continue;
        }
        let hash = auth::hash_password(PASSWORD).await.map_err(DemoError::Password)?;
        let mut write = app.store.write().await?;
        // A day back, so that whatever they recorded this morning was theirs to record.
        let since_ms = app.now_ms().saturating_sub(DAY_MS);
        people::save(&mut write, &Person { id: login, name, roles }, Some(&hash), since_ms).await?;
        write.commit().await?;
    }
    Ok(())
}

const DAY_MS: Millis = 24 * 3_600_000;

async fn register(app: &App) -> Result<(), DemoError> {
    let bytes = bytes("register.csv")?;
    let read = tokio::task::spawn_blocking(move || import::read("register.csv", &bytes, |_, _| {}).map(|r| r.1)).await;
    let register = read.map_err(|_| ImportError::Reader)??;
    let known = import::apply::known(&mut *app.store.pool().acquire().await?, &register).await?;
    let choice = import::place::Choice { grid: None, above: None };
    let preview = import::compare::compare(&register, &known, &choice, &app.own.device);
    import::apply::apply(app, &system()?, preview, |_, _| {}).await?;
    Ok(())
}

async fn facilities(app: &App) -> Result<(), DemoError> {
    let bytes = bytes("facilities.csv")?;
    let read = move || import::facility::read("facilities.csv", &bytes).map(|(_, rows)| rows);
    let rows = tokio::task::spawn_blocking(read).await.map_err(|_| ImportError::Reader)??;
    let choice = import::place::Choice { grid: None, above: None };
    let (_, preview) = import::facility::compared(app, rows, &choice).await?;
    import::facility::apply(app, &system()?, &preview).await?;
    Ok(())
}

/// The households of the demo's estates and their grids.
async fn doors(app: &App) -> Result<BTreeMap<HouseholdId, GridId>, DemoError> {
    let rows = sqlx::query("SELECT id, grid FROM household").fetch_all(app.store.pool()).await?;
    let mut doors = BTreeMap::new();
    for row in rows {
        let ids = (HouseholdId::new(row.try_get::<String, _>(0)?), GridId::new(row.try_get::<String, _>(1)?));
        if let (Ok(household), Ok(grid)) = ids {
            doors.insert(household, grid);
        }
    }
    Ok(doors)
}

/// Records these in one transaction together with a mark; nothing when the mark is there.
async fn once(app: &App, mark: &str, entries: Vec<Entry>) -> Result<(), DemoError> {
    let mut write = app.store.write().await?;
    let fresh = sqlx::query("INSERT INTO meta (name, value) VALUES ($1, 'loaded') ON CONFLICT (name) DO NOTHING")
        .bind(mark)
        .execute(&mut *write)
        .await?
        .rows_affected();
    if fresh == 0 {
        return Ok(());
    }
    for recorded in record_in(app, &mut write, &entries).await? {
        if let crate::intake::Recorded::Refused(code) = recorded {
            return Err(DemoError::Refused(code));
        }
    }
    write.commit().await?;
    Ok(())
}
