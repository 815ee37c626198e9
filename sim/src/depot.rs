//! The server in a history: the real one (database, photos, router), called in the same thread, that can be cut off,
//! backed up and restored.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, Result};
use axum::{Router, body::Body, http::Request};
use huce_core::{
    body::{Body as HuceBody, Noun},
    event::{SignedEvent, key_text},
    ids::{DeviceId, FacilityId, HouseholdId, PersonId},
    person::{Person, Role, RoleIn},
    projection::Key,
    record::first_edit,
};
use huce_device::sync::line::{Ask, Reply, Verb};
use huce_server::{
    app::App,
    auth,
    intake::{Entry, record_own},
    serve,
    store::{devices, docs, people, stream},
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::district::{self, BEGIN_MS, copy_folder, grid};

/// The server.
pub struct Depot {
    runtime: Runtime,
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    open: Option<(App, Router)>,
    backups: usize,
    restores: u64,
}

impl Depot {
    /// A copy of the district in a folder, open.
    pub fn new(folder: &Path) -> Result<Self> {
        copy_folder(district::template()?, &folder.join("server"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = Arc::new(AtomicI64::new(BEGIN_MS));
        let mut depot = Self { runtime, folder: folder.to_owned(), clock, open: None, backups: 0, restores: 0 };
        depot.start()?;
        Ok(depot)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("server")
    }

    /// Sets the server's clock.
    pub fn set_clock(&self, ms: i64) {
        self.clock.store(ms, Ordering::SeqCst);
    }

    fn start(&mut self) -> Result<()> {
        let clock = self.clock.clone();
        let app = self.runtime.block_on(App::open(&self.data(), Arc::new(move || clock.load(Ordering::SeqCst))))?;
        let router = serve::router(app.clone());
        self.open = Some((app, router));
        Ok(())
    }

    fn stop(&mut self) {
        if let Some((app, _)) = self.open.take() {
            self.runtime.block_on(app.store.close());
        }
    }

    /// It is cut off and starts again: what was committed is there.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// Keeps a copy as it is now.
    pub fn back_up(&mut self) -> Result<()> {
        self.stop();
        self.backups += 1;
        copy_folder(&self.data(), &self.folder.join(format!("backup-{}", self.backups)))?;
        self.start()
    }

    /// How many copies were kept.
    pub fn backups(&self) -> usize {
        self.backups
    }

    /// Puts the n-th copy (from 1) in the place of what is there.
    pub fn restore(&mut self, n: usize) -> Result<()> {
        self.stop();
        std::fs::remove_dir_all(self.data())?;
        copy_folder(&self.folder.join(format!("backup-{n}")), &self.data())?;
        self.restores += 1;
        // A restored copy is another device, see `App::open`.
        let key = data_encoding::HEXLOWER.encode(&district::secret(2_000 + self.restores));
        std::fs::write(self.data().join("server.key"), key)?;
        self.start()?;
        Ok(())
    }

    /// Answers a request, to its end.
    pub fn answer(&self, ask: &Ask) -> Result<Reply> {
        let (_, router) = self.open.as_ref().context("the server is not open")?;
        answer(&self.runtime, router, ask)
    }

    /// Its identifier and public key, as an enrolment tells them.
    pub fn place(&self) -> Result<(DeviceId, String)> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        Ok((app.own.device.clone(), key_text(&app.own.key.verifying_key())))
    }

    /// Answers, and forgets what it did: a server that tells before it is durable, and is cut off.
    pub fn answer_and_forget(&mut self, ask: &Ask) -> Result<Reply> {
        let before = self.folder.join("before");
        self.stop();
        copy_folder(&self.data(), &before)?;
        self.start()?;
        let reply = self.answer(ask)?;
        self.stop();
        std::fs::remove_dir_all(self.data())?;
        std::fs::rename(&before, self.data())?;
        self.start()?;
        Ok(reply)
    }

    /// A one-time code for somebody, as an administrator reads it out.
    pub fn code(&self, login: &PersonId) -> Result<String> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        let given = self.runtime.block_on(auth::give_code(app, login, true));
        given.map(|(code, _)| code).map_err(|e| anyhow::anyhow!("no code: {e:?}"))
    }

    /// The place of a tablet is taken away.
    pub fn revoke(&self, device: &DeviceId) -> Result<()> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        self.runtime.block_on(async {
            let mut write = app.store.write().await?;
            devices::revoke(&mut write, device, app.now_ms()).await?;
            write.commit().await?;
            Ok(())
        })
    }

    /// Somebody in the office writes a note at a door, without looking at what is there.
    pub fn console_note(&self, code: &str, door: &HouseholdId, text: &str) -> Result<String> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        let edit = first_edit(Noun::Household, door.as_str(), [("note".to_owned(), text.into())]);
        let entry =
            Entry::new(district::person(district::AUDITOR)?, grid(code)?, Some(door.clone()), HuceBody::Edit(edit));
        let recorded = self.runtime.block_on(record_own(app, vec![entry]))?;
        let id = recorded.first().and_then(|r| r.id()).map(ToString::to_string);
        id.context("the console's event was refused")
    }

    /// The server's documents under these keys, as it stores them.
    pub fn documents<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, String>> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        let key = |text: &str| match text.split('/').collect::<Vec<_>>()[..] {
            ["r", noun, id] => Some(Key::Record(serde_json::from_value(noun.into()).ok()?, id.to_owned())),
            ["d", door] => HouseholdId::new(door).ok().map(|id| Key::Door(id.into())),
            ["f", id] => FacilityId::new(id).ok().map(|id| Key::Door(id.into())),
            _ => None,
        };
        let keys: Vec<Key> = keys.filter_map(key).collect();
        let found = self.runtime.block_on(async {
            Ok::<_, anyhow::Error>(docs::load(&mut *app.store.pool().acquire().await?, keys).await?)
        })?;
        found.into_iter().map(|(key, doc)| Ok((key.to_string(), serde_json::to_string(&doc)?))).collect()
    }

    /// What the server keeps aside: why, and the payload.
    pub fn aside(&self) -> Result<Vec<(String, SignedEvent)>> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        self.runtime.block_on(async { Ok(stream::aside(&mut *app.store.pool().acquire().await?).await?) })
    }

    /// From now on this person is inspector in exactly these grids.
    pub fn set_grids(&self, login: &PersonId, codes: &[&str]) -> Result<()> {
        let (app, _) = self.open.as_ref().context("the server is not open")?;
        let roles =
            codes.iter().map(|code| Ok(RoleIn { role: Role::Inspector, grid: grid(code)? })).collect::<Result<_>>()?;
        let who = Person { id: login.clone(), name: login.to_string(), roles };
        self.runtime.block_on(async {
            let mut write = app.store.write().await?;
            people::save(&mut write, &who, None, app.now_ms()).await?;
            write.commit().await?;
            Ok(())
        })
    }
}

/// A router's answer to a request, to its end.
pub fn answer(runtime: &Runtime, router: &Router, ask: &Ask) -> Result<Reply> {
    runtime.block_on(answer_over(router.clone(), ask))
}

/// The same within a runtime.
pub async fn answer_over(router: Router, ask: &Ask) -> Result<Reply> {
    let verb = match ask.verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
    };
    let mut request = Request::builder().method(verb).uri(&ask.path);
    if let Some(token) = &ask.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(kind) = ask.content_type {
        request = request.header("content-type", kind);
    }
    if ask.packed {
        request = request.header("content-encoding", "zstd");
    }
    let request = request.body(Body::from(ask.body.clone()))?;
    let reply = router.oneshot(request).await?;
    let status = reply.status().as_u16();
    let body = axum::body::to_bytes(reply.into_body(), usize::MAX).await?.to_vec();
    Ok(Reply { status, body })
}

impl Drop for Depot {
    fn drop(&mut self) {
        self.stop();
    }
}
