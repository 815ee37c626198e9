//! The small district in which every history begins: two grids below a street, three doors and a heat station in each,
//! three inspectors.
//! It is made once by the real server and copied for each history.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use anyhow::{Context, Result};
use ed25519_dalek::SigningKey;
use huce_core::{
    body::{Body, Noun},
    event::{device_id, key_text},
    facility::FacilityKind,
    ids::{FacilityId, GridId, HouseholdId, PersonId},
    person::{Person, Role, RoleIn},
    record::first_edit,
    site::Site,
};
use huce_server::{
    app::App,
    intake::{Entry, record_own},
    store::{devices, hub, people},
};
use serde_json::{Value, json};

/// When histories begin: 2026-01-10 08:00 in Zhengzhou.
pub const BEGIN_MS: i64 = 1_768_003_200_000;
/// The street, above both grids.
pub const STREET: &str = "S";
/// The grids.
pub const GRIDS: [&str; 2] = ["S-1", "S-2"];
/// Who works where at the beginning: tablet n is person n's.
pub const PEOPLE: [(&str, &str); 4] = [("li", "S-1"), ("wang", "S-1"), ("zhao", "S-2"), ("chen", "S-1")];
/// Sees everything; the oracle looks through this person's eyes.
pub const AUDITOR: &str = "admin";

/// A grid's code.
pub fn grid(code: &str) -> Result<GridId> {
    Ok(GridId::new(code)?)
}

/// A person.
pub fn person(login: &str) -> Result<PersonId> {
    Ok(PersonId::new(login)?)
}

/// The key of the n-th tablet of the district; beyond them the auditor's, newer versions', re-enrolled ones'.
pub fn secret(n: u64) -> [u8; 32] {
    *blake3::hash(format!("huce-sim key {n}").as_bytes()).as_bytes()
}

/// The auditor's number.
pub const AUDITOR_KEY: u64 = 1_000;
/// The number of the tablet with a newer version.
pub const NEWER_KEY: u64 = 1_001;
/// Whose the hub is: a crew lead of the street.
pub const HUB: &str = "depot";
/// The hub's number.
pub const HUB_KEY: u64 = 3_000;

/// The doors of a grid.
pub fn doors(code: &str) -> Vec<HouseholdId> {
    ["501", "502", "503"].map(|room| HouseholdId::of_address("西里路54号", code, "2", room)).to_vec()
}

/// The heat station of a grid.
pub fn station(code: &str) -> FacilityId {
    FacilityId::of_code(FacilityKind::Station.as_str(), code)
}

/// The doors and the heat station of a grid.
pub fn sites(code: &str) -> Vec<Site> {
    doors(code).into_iter().map(Site::from).chain([station(code).into()]).collect()
}

/// Where histories keep their files: in memory where the machine has such a place.
pub fn scratch() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let fits = shm.is_dir() && tempfile::tempdir_in(shm).is_ok();
    if fits { shm.to_owned() } else { std::env::temp_dir() }
}

/// The folder that is copied. Made once a process; the last one out removes nothing: it is a few hundred kilobytes.
pub fn template() -> Result<&'static Path> {
    static MADE: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make().map_err(|e| format!("{e:#}")));
    match made {
        Ok(folder) => Ok(folder.path()),
        Err(e) => Err(anyhow::anyhow!("the district cannot be made: {e}")),
    }
}

/// A hub's folder, enrolled, to be copied.
pub fn hub_template() -> Result<&'static Path> {
    static MADE: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make_hub().map_err(|e| format!("{e:#}")));
    match made {
        Ok(folder) => Ok(folder.path()),
        Err(e) => Err(anyhow::anyhow!("the hub cannot be made: {e}")),
    }
}

fn make_hub() -> Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("huce-sim-hub-").tempdir_in(scratch())?;
    fs::write(folder.path().join("server.key"), data_encoding::HEXLOWER.encode(&secret(HUB_KEY)))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = App::open(folder.path(), Arc::new(|| BEGIN_MS)).await?;
        huce_server::hub::place(&app, "http://sim.invalid").await?;
        app.store.close().await;
        Ok::<_, anyhow::Error>(())
    })?;
    Ok(folder)
}

fn make() -> Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("huce-sim-district-").tempdir_in(scratch())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fill(folder.path()))?;
    Ok(folder)
}

async fn fill(folder: &Path) -> Result<()> {
    fs::write(folder.join("server.key"), data_encoding::HEXLOWER.encode(&secret(2_000)))?;
    let app = App::open(folder, Arc::new(|| BEGIN_MS - 1_000)).await?;
    let mut entries = Vec::new();
    let system = person("huce")?;
    for (code, parent, level) in
        [(STREET, None, "street"), ("S-1", Some("S"), "inspector"), ("S-2", Some("S"), "inspector")]
    {
        let set = [("name", json!(code)), ("level", json!(level)), ("parent", json!(parent))];
        let edit = first_edit(Noun::Grid, code, set.map(|(k, v)| (k.to_owned(), v)));
        entries.push(Entry::of_grid(system.clone(), grid(code)?, Body::Edit(edit)));
    }
    for code in GRIDS {
        for (door, room) in doors(code).into_iter().zip(["501", "502", "503"]) {
            let set = [("estate", "西里路54号"), ("building", code), ("entrance", "2"), ("room", room)];
            let set = set.map(|(k, v)| (k.to_owned(), Value::from(v))).into_iter();
            let edit = first_edit(Noun::Household, door.as_str(), set.chain([("floor".to_owned(), json!(5))]));
            entries.push(Entry::new(system.clone(), grid(code)?, Some(door), Body::Edit(edit)));
        }
        let set = [("kind", "station"), ("name", "热力站"), ("code", code)];
        let set = set.map(|(k, v)| (k.to_owned(), Value::from(v)));
        let edit = first_edit(Noun::Facility, station(code).as_str(), set);
        entries.push(Entry::new(system.clone(), grid(code)?, Some(station(code)), Body::Edit(edit)));
    }
    for recorded in record_own(&app, entries).await? {
        recorded.id().context("the district's own events were refused")?;
    }
    let mut write = app.store.write().await?;
    let admin = (AUDITOR, STREET, Role::Administrator, AUDITOR_KEY);
    let inspectors = PEOPLE.iter().zip(0..).map(|((login, code), n)| (*login, *code, Role::Inspector, n));
    let depot = (HUB, STREET, Role::CrewLead, HUB_KEY);
    for (login, code, role, key) in inspectors.chain([admin, depot]) {
        let who =
            Person { id: person(login)?, name: login.to_owned(), roles: vec![RoleIn { role, grid: grid(code)? }] };
        people::save(&mut write, &who, None, BEGIN_MS - 1_000).await?;
        let mut keys = vec![key];
        if login == PEOPLE[0].0 {
            keys.push(NEWER_KEY);
        }
        for key in keys {
            let public = SigningKey::from_bytes(&secret(key)).verifying_key();
            let device = device_id(&public);
            let place = devices::Place {
                approved: true,
                device: &device,
                person: &who.id,
                name: login,
                key: &key_text(&public),
                version: "sim",
                is_server: false,
            };
            devices::place(&mut write, &place, BEGIN_MS - 1_000).await?;
            if login == HUB {
                hub::add_hub(&mut write, &device).await?;
            }
        }
    }
    write.commit().await?;
    app.store.close().await;
    Ok(())
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
