//! The server of a season: the real one (database, photos, router), called in this thread, with a clock that the season
//! sets; and what people in the office do in the console, through the same calls as its pages.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use ed25519_dalek::SigningKey;
use huce_core::{
    body::{Body as HuceBody, Noun},
    clock::Millis,
    event::{device_id, key_text},
    grid::{Covers, Grid, Level},
    household::field as h,
    ids::{DeviceId, GridId, PersonId},
    ipc::{Call, CallError},
    person::Person,
    record::first_edit,
    register::grid::GridRegister,
    team::{Member, Seat},
};
use huce_device::sync::{
    SyncError,
    line::{Ask, Later, Line, Reply},
};
use huce_server::{
    app::{App, SYSTEM},
    auth, builtin, export,
    intake::{Entry, record_own},
    serve,
    store::{devices, people},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::{
    crew::Hand,
    town::{STREETS, Town},
};
use crate::depot::answer_over;

/// The password of everybody in a season. For the demo only: it is public.
pub const PASSWORD: &str = "huce-demo";

/// The server.
pub struct Office {
    runtime: Runtime,
    app: App,
    router: Router,
    clock: Arc<AtomicI64>,
    line: Arc<dyn Line>,
}

/// From a tablet straight to the router.
#[derive(Debug)]
struct Wire(Router);

impl Line for Wire {
    fn send(&self, ask: Ask) -> Later<'_, Result<Reply, SyncError>> {
        let router = self.0.clone();
        Box::pin(async move { answer_over(router, &ask).await.map_err(|e| SyncError::Offline(format!("{e:#}"))) })
    }

    fn pause(&self, _: u64) -> Later<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn rectangle([west, south, east, north]: [f64; 4]) -> Vec<Vec<[f64; 2]>> {
    vec![vec![[west, south], [east, south], [east, north], [west, north], [west, south]]]
}

fn fields<const N: usize>(set: [(&str, Value); N]) -> impl Iterator<Item = (String, Value)> + use<N> {
    set.map(|(name, value)| (name.to_owned(), value)).into_iter()
}

impl Office {
    /// A server in a folder that holds none yet, with a key of its own.
    pub fn open(data: &Path, secret: &[u8; 32], now_ms: Millis) -> Result<Self> {
        ensure!(!data.join("huce.db").exists(), "{} holds a server's data already", data.display());
        fs::create_dir_all(data)?;
        fs::write(data.join("server.key"), data_encoding::HEXLOWER.encode(secret))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = Arc::new(AtomicI64::new(now_ms));
        let time = clock.clone();
        let app = runtime.block_on(App::open(data, Arc::new(move || time.load(Ordering::SeqCst))))?;
        runtime.block_on(builtin::publish(&app))?;
        let router = serve::router(app.clone());
        let line = Arc::new(Wire(router.clone()));
        Ok(Self { runtime, app, router, clock, line })
    }

    /// Sets its clock.
    pub fn set_clock(&self, now_ms: Millis) {
        self.clock.store(now_ms, Ordering::SeqCst);
    }

    /// The way to it.
    pub fn line(&self) -> Arc<dyn Line> {
        self.line.clone()
    }

    /// Runs something to its end.
    pub fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// Its identifier and public key, as an enrolment tells them.
    pub fn place(&self) -> (DeviceId, String) {
        (self.app.own.device.clone(), key_text(&self.app.own.key.verifying_key()))
    }

    fn record(&self, entries: Vec<Entry>) -> Result<()> {
        for recorded in self.wait(record_own(&self.app, entries))? {
            recorded.id().with_context(|| format!("the town itself was refused: {recorded:?}"))?;
        }
        Ok(())
    }

    /// Grids, stations and households of the town.
    pub fn fill(&self, town: &Town, hands: &[Hand]) -> Result<()> {
        let system = PersonId::new(SYSTEM)?;
        let mut entries = Vec::new();
        let mut add = |grid: Grid, team: Vec<(Seat, Member)>| {
            let mut set = GridRegister::fields(&grid);
            set.extend(team.into_iter().map(|(seat, member)| (seat.field(), json!([member]))));
            let edit = first_edit(Noun::Grid, grid.id.as_str(), set);
            entries.push(Entry::of_grid(system.clone(), grid.id.clone(), HuceBody::Edit(edit)));
        };
        let bounds = |number: &dyn Fn(usize) -> bool| {
            let squares = (0..town.patches.len()).filter(|n| number(*n)).filter_map(|n| town.patches.get(n));
            let all = squares.map(|patch| patch.square);
            all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]).unwrap_or_default()
        };
        for (street, (code, name, _)) in STREETS.iter().enumerate() {
            let mut grid = Grid::new(GridId::new(*code)?, (*name).to_owned(), Level::Street, None);
            grid.polygon = rectangle(bounds(&|n| town.street(n) == street));
            add(grid, Vec::new());
        }
        for (number, (code, name, street)) in town.crews.iter().enumerate() {
            let parent = STREETS.get(*street).map(|(code, _, _)| GridId::new(*code)).transpose()?;
            let mut grid = Grid::new(code.clone(), name.clone(), Level::Crew, parent);
            grid.polygon = rectangle(bounds(&|n| town.patches.get(n).is_some_and(|patch| patch.crew == number)));
            add(grid, Vec::new());
        }
        for (number, patch) in town.patches.iter().enumerate() {
            let parent = town.crews.get(patch.crew).map(|(code, _, _)| code.clone());
            let mut grid = Grid::new(patch.grid.clone(), patch.name.clone(), Level::Inspector, parent);
            grid.polygon = rectangle(patch.square);
            grid.covers = vec![Covers { estate: patch.estate.clone(), buildings: Vec::new(), entrances: Vec::new() }];
            let inspector = hands.iter().find(|hand| hand.patches == [number]);
            let seat = |hand: &Hand| {
                let member = Member { name: hand.name.clone(), person: Some(hand.person.clone()), ..Member::default() };
                (Seat::Inspector, member)
            };
            add(grid, inspector.map(seat).into_iter().collect());
        }
        for patch in &town.patches {
            let ([west, south, _, north], (name, code)) = (patch.square, &patch.station_name);
            let set = fields([
                ("kind", json!("station")),
                ("name", json!(name)),
                ("code", json!(code)),
                ("estate", json!(patch.estate)),
                ("position", json!([(south + north) / 2.0, west + 0.003])),
            ]);
            let edit = first_edit(Noun::Facility, patch.station.as_str(), set);
            let site = Some(patch.station.clone());
            entries.push(Entry::new(system.clone(), patch.grid.clone(), site, HuceBody::Edit(edit)));
        }
        for (number, home) in town.homes.iter().enumerate() {
            let Some(patch) = town.patches.get(home.patch) else { continue };
            let set = fields([
                (h::ESTATE, json!(home.estate)),
                (h::BUILDING, json!(home.building)),
                (h::ENTRANCE, json!(home.entrance)),
                (h::ROOM, json!(home.room)),
                (h::FLOOR, json!(home.floor)),
                (h::MODE, json!(home.mode)),
                (h::AREA_M2, json!(home.area_tenths as f64 / 10.0)),
                (h::ACCOUNT, json!(format!("20{number:08}"))),
                (h::CARE, if home.care.is_empty() { Value::Null } else { json!(home.care) }),
            ]);
            let edit = first_edit(Noun::Household, home.id.as_str(), set);
            entries.push(Entry::new(system.clone(), patch.grid.clone(), Some(home.id.clone()), HuceBody::Edit(edit)));
        }
        self.record(entries)
    }

    /// Somebody, with a password where they work in the console.
    pub fn add_person(&self, who: &Person, password: Option<&str>) -> Result<()> {
        self.wait(async {
            let mut write = self.app.store.write().await?;
            people::save(&mut write, who, password, self.app.now_ms()).await?;
            write.commit().await?;
            Ok::<_, anyhow::Error>(())
        })
    }

    /// The hash of [`PASSWORD`].
    pub fn password(&self) -> Result<String> {
        self.wait(auth::hash_password(PASSWORD)).map_err(|e| anyhow::anyhow!("no password: {e:?}"))
    }

    /// A tablet gets its place.
    pub fn add_tablet(&self, person: &PersonId, secret: &[u8; 32]) -> Result<()> {
        let key = SigningKey::from_bytes(secret).verifying_key();
        let device = device_id(&key);
        let place = devices::Place {
            approved: true,
            device: &device,
            person,
            name: person.as_str(),
            key: &key_text(&key),
            version: "season",
            is_server: false,
        };
        self.wait(async {
            let mut write = self.app.store.write().await?;
            devices::place(&mut write, &place, self.app.now_ms()).await?;
            write.commit().await?;
            Ok::<_, anyhow::Error>(())
        })
    }

    /// Somebody in the office does something in the console.
    pub fn console<C: Call>(&self, login: &str, call: &C) -> Result<std::result::Result<C::Reply, CallError>> {
        let signed_in = self.wait(auth::sign_in(&self.app, login, PASSWORD));
        let (_, cookie) = signed_in.map_err(|e| anyhow::anyhow!("{login} cannot sign in: {e:?}"))?;
        let request = Request::builder()
            .method("POST")
            .uri(format!("/api/{}", C::NAME))
            .header("content-type", "application/json")
            .header("x-huce", "1")
            .header("cookie", format!("huce={cookie}"))
            .body(Body::from(serde_json::to_vec(call)?))?;
        let (is_good, body) = self.wait(async {
            let reply = self.router.clone().oneshot(request).await?;
            let is_good = reply.status().is_success();
            Ok::<_, anyhow::Error>((is_good, to_bytes(reply.into_body(), usize::MAX).await?))
        })?;
        let unreadable = || format!("{}: {}", C::NAME, String::from_utf8_lossy(&body));
        Ok(match is_good {
            true => Ok(serde_json::from_slice(&body).with_context(unreadable)?),
            false => Err(serde_json::from_slice(&body).with_context(unreadable)?),
        })
    }

    /// Closes it. Every event goes into a file beside the data, a line each; gives how many there are.
    pub fn close(self, events: &Path) -> Result<u64> {
        let written = self.wait(export::events(&self.app, events))?;
        self.wait(self.app.store.close());
        Ok(written)
    }
}
