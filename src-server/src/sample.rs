//! A small district and a tablet for tests: grids `S` > `S-1`, `S-2`; inspector `li` in `S-1`, administrator `admin`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ed25519_dalek::SigningKey;
use huce_core::{
    body::{Body, Noun},
    clock::Hlc,
    event::{Event, SignedEvent, device_id, key_text},
    ids::{DeviceId, GridId, HouseholdId, PersonId},
    person::{Person, Role, RoleIn},
    record::first_edit,
};
use serde_json::json;

use crate::{
    app::{App, Places},
    intake::{Entry, record_own},
    store::{devices, people},
};

/// When the tests begin: 2026-01-10 08:00 in Zhengzhou.
pub const NOW: i64 = 1_768_003_200_000;

pub fn grid(code: &str) -> GridId {
    GridId::new(code).unwrap()
}

pub fn person(login: &str) -> PersonId {
    PersonId::new(login).unwrap()
}

/// What a test's server stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stores {
    /// SQLite, photos in a folder.
    Files,
    /// PostgreSQL, photos in an S3 store.
    Servers,
}

impl Stores {
    /// Empty ones.
    pub fn places(self, folder: &std::path::Path) -> Places {
        let mut places = Places::folder(folder);
        if self == Self::Servers {
            let url = crate::postgres::cluster().and_then(|c| c.database()).unwrap_or_else(|why| panic!("{why}"));
            places.database = Some(url.parse().unwrap());
            places.photos = self.photos(folder).0;
        }
        places
    }

    /// Where the photos go, and the folder in which their bytes then lie (the S3 server keeps them in files, too).
    pub fn photos(self, folder: &std::path::Path) -> (Option<crate::photos::Address>, std::path::PathBuf) {
        if self == Self::Files {
            return (None, folder.join("photos"));
        }
        let (url, folder) = crate::s3::s3().and_then(|s3| s3.bucket()).unwrap_or_else(|why| panic!("{why}"));
        (Some(url.parse().unwrap()), folder)
    }
}

/// Each of these tests runs on both.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => {
        mod on_files {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::sample::Stores::Files).await;
            })*
        }
        mod on_servers {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::sample::Stores::Servers).await;
            })*
        }
    };
}
pub(crate) use on_both_stores;

/// A server in a folder of its own, with a clock that the test moves.
pub struct District {
    pub app: App,
    pub places: Places,
    pub folder: tempfile::TempDir,
    pub clock: Arc<AtomicI64>,
    pub household: HouseholdId,
}

impl District {
    pub async fn on(stores: Stores) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let places = stores.places(folder.path());
        let clock = Arc::new(AtomicI64::new(NOW));
        let read = clock.clone();
        let app = App::open(&places, Arc::new(move || read.load(Ordering::SeqCst))).await.unwrap();
        let mut entries = Vec::new();
        for (code, parent, level) in
            [("S", None, "street"), ("S-1", Some("S"), "inspector"), ("S-2", Some("S"), "inspector")]
        {
            let set = [("name", json!(code)), ("level", json!(level)), ("parent", json!(parent))];
            let edit = first_edit(Noun::Grid, code, set.map(|(k, v)| (k.to_owned(), v)));
            entries.push(Entry::of_grid(person("huce"), grid(code), Body::Edit(edit)));
        }
        let household = HouseholdId::of_address("西里路54号", "3", "2", "501");
        let set = [("estate", "西里路54号"), ("building", "3"), ("entrance", "2"), ("room", "501")];
        let edit = first_edit(Noun::Household, household.as_str(), set.map(|(k, v)| (k.to_owned(), json!(v))));
        entries.push(Entry::new(person("huce"), grid("S-1"), Some(household.clone()), Body::Edit(edit)));
        for recorded in record_own(&app, entries).await.unwrap() {
            assert!(recorded.id().is_some(), "{recorded:?}");
        }
        let district = Self { app, places, folder, clock, household };
        district.add("li", Role::Inspector, "S-1").await;
        district.add("wang", Role::Inspector, "S-2").await;
        district.add("admin", Role::Administrator, "S").await;
        district
    }

    pub async fn add(&self, login: &str, role: Role, code: &str) {
        let who =
            Person { id: person(login), name: login.to_uppercase(), roles: vec![RoleIn { role, grid: grid(code) }] };
        let mut write = self.app.store.write().await.unwrap();
        people::save(&mut write, &who, None, self.app.now_ms()).await.unwrap();
        write.commit().await.unwrap();
    }

    pub fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// A tablet that has its place already.
    pub async fn tablet(&self, login: &str, seed: u8) -> Tablet {
        let tablet = Tablet::new(login, seed);
        let mut write = self.app.store.write().await.unwrap();
        let place = devices::Place {
            approved: true,
            device: &tablet.device,
            person: &tablet.person,
            name: "tablet",
            key: &key_text(&tablet.key.verifying_key()),
            version: "test",
            is_server: false,
        };
        devices::place(&mut write, &place, self.app.now_ms()).await.unwrap();
        write.commit().await.unwrap();
        tablet
    }
}

/// A tablet's chain.
pub struct Tablet {
    pub key: SigningKey,
    pub device: DeviceId,
    pub person: PersonId,
    pub seq: u64,
    pub prev: Option<String>,
}

impl Tablet {
    pub fn new(login: &str, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        Self { device: device_id(&key.verifying_key()), key, person: person(login), seq: 0, prev: None }
    }

    /// The next event.
    pub fn next(&self, code: &str, household: Option<&HouseholdId>, body: Body) -> Event {
        Event {
            device: self.device.clone(),
            seq: self.seq + 1,
            prev: self.prev.clone(),
            at: Hlc { ms: NOW + self.seq as i64 * 1000, count: 0 },
            offset_ms: None,
            person: self.person.clone(),
            grid: grid(code),
            household: household.cloned(),
            facility: None,
            body,
        }
    }

    /// Signs it and goes on from there.
    pub fn sign(&mut self, event: &Event) -> SignedEvent {
        let signed = SignedEvent::sign(event, &self.key).unwrap();
        self.seq = event.seq;
        self.prev = Some(signed.hash());
        signed
    }

    /// The next event, signed.
    pub fn record(&mut self, code: &str, household: Option<&HouseholdId>, body: Body) -> SignedEvent {
        let event = self.next(code, household, body);
        self.sign(&event)
    }

    /// A visit that measured one room.
    pub fn visit(&mut self, household: &HouseholdId, temp_c: f64) -> SignedEvent {
        let body = json!({"kind": "visit", "outcome": "done", "round": "r1", "readings": [{"room": "客厅", "temp_c": temp_c}]});
        self.record("S-1", Some(household), serde_json::from_value(body).unwrap())
    }
}
