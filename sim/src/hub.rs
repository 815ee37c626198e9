//! The depot hub in a history: the real server started with an upstream, whose line to the server is in the hands of the
//! simulation. It can be cut off between any two requests, put back from an older copy, and lost for good.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, Result};
use axum::Router;
use huce_core::{
    ids::{DeviceId, PersonId},
    wire::{Fate, Missing, PhotoReceipt, Pushed},
};
use huce_device::sync::line::{Ask, Reply, Verb};
use huce_server::{
    app::App,
    hub::{
        Passed, Up, UpError, pass,
        up::{Later, UpAsk, UpReply},
    },
    serve,
    store::hub,
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

use crate::{
    depot,
    district::{self, BEGIN_MS, copy_folder},
    planted::rewrite,
    world::World,
};

type Asked = (UpAsk, oneshot::Sender<Result<UpReply, UpError>>);
type Passing = Pin<Box<dyn Future<Output = Result<Passed, UpError>>>>;

/// The hub says that the server has what only it has. False when there was nothing to lie about.
fn lie(ask: &Ask, reply: &mut Reply) -> bool {
    let mut lied = false;
    if ask.path == "/v1/push" {
        rewrite(reply, |said: &mut Pushed| {
            for receipt in said.receipts.iter_mut().filter(|r| r.fate == Fate::Held) {
                (receipt.fate, lied) = (Fate::Stored, true);
            }
        });
    } else if ask.path.contains("/missing") {
        rewrite(reply, |said: &mut Missing| {
            lied = said.held;
            (said.complete, said.held) = (said.complete || said.held, false);
        });
    } else if ask.path.ends_with("/commit") {
        rewrite(reply, |said: &mut PhotoReceipt| lied = std::mem::take(&mut said.held));
    }
    lied
}

/// The hub's end of the line: what it asks waits until the simulation answers.
struct Link(mpsc::UnboundedSender<Asked>);

impl Up for Link {
    fn send(&self, ask: UpAsk) -> Later<'_, Result<UpReply, UpError>> {
        let (reply, answer) = oneshot::channel();
        let gone = || UpError::Offline("the line is cut".to_owned());
        let sent = self.0.send((ask, reply)).map_err(|_| gone());
        Box::pin(async move {
            sent?;
            answer.await.map_err(|_| gone())?
        })
    }
}

/// How far a pass has come.
enum Come {
    Asks(Asked),
    Over(Result<Passed, UpError>),
}

/// Who may do what, as the hub heard it.
#[derive(Debug, Clone, Default)]
struct Heard {
    rights: BTreeMap<PersonId, Vec<&'static str>>,
    revoked: BTreeSet<DeviceId>,
}

/// The hub.
pub struct SimHub {
    runtime: Runtime,
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    open: Option<(App, Router)>,
    passing: Option<(Passing, mpsc::UnboundedReceiver<Asked>)>,
    copied: bool,
    heard: BTreeMap<i64, Heard>,
    /// Pulled out for good.
    pub lost: bool,
    /// It says that the server has what only it has.
    pub lies: bool,
}

impl SimHub {
    /// A hub in a folder, enrolled, that has heard nothing yet.
    pub fn new(folder: &Path, lies: bool) -> Result<Self> {
        let folder = folder.join("hub");
        copy_folder(district::hub_template()?, &folder)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let clock = Arc::new(AtomicI64::new(BEGIN_MS));
        let (open, passing, heard) = (None, None, BTreeMap::new());
        let mut hub = Self { runtime, folder, clock, open, passing, copied: false, heard, lost: false, lies };
        hub.start()?;
        Ok(hub)
    }

    fn start(&mut self) -> Result<()> {
        let clock = self.clock.clone();
        let app = self.runtime.block_on(App::open(&self.folder, Arc::new(move || clock.load(Ordering::SeqCst))))?;
        let router = serve::router(app.clone());
        self.open = Some((app, router));
        Ok(())
    }

    fn stop(&mut self) {
        self.passing = None;
        if let Some((app, _)) = self.open.take() {
            self.runtime.block_on(app.store.close());
        }
    }

    /// Cut off, and started again.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// Copied as it is now, or put back from that copy. True when it was put back.
    pub fn copy_or_put_back(&mut self) -> Result<bool> {
        let copy = self.folder.with_extension("copy");
        self.stop();
        let back = self.copied;
        let (from, to) = if back { (&copy, &self.folder) } else { (&self.folder, &copy) };
        if to.is_dir() {
            std::fs::remove_dir_all(to)?;
        }
        copy_folder(from, to)?;
        self.copied = !back;
        self.start()?;
        Ok(back)
    }

    /// Answers a tablet.
    pub fn answer(&self, ask: &Ask) -> Result<Reply> {
        let (_, router) = self.open.as_ref().context("the hub is not open")?;
        depot::answer(&self.runtime, router, ask)
    }

    /// How much the server does not have.
    pub fn waiting(&self) -> Result<u64> {
        let (app, _) = self.open.as_ref().context("the hub is not open")?;
        self.runtime.block_on(async { Ok(hub::waiting_count(&mut *app.store.pool().acquire().await?).await?) })
    }

    /// Is a pass under way?
    pub fn is_passing(&self) -> bool {
        self.passing.is_some()
    }

    fn as_of_ms(&self) -> i64 {
        self.open.as_ref().and_then(|(app, _)| app.hub.as_ref()).map_or(0, |hub| hub.as_of_ms())
    }

    /// Goes on with the pass until it asks something or is over; begins one where there is none.
    fn go_on(&mut self) -> Result<Come> {
        let (app, _) = self.open.as_ref().context("the hub is not open")?;
        let (passing, asks) = self.passing.get_or_insert_with(|| {
            let (sender, asks) = mpsc::unbounded_channel();
            let app = app.clone();
            (Box::pin(async move { pass(&app, &Link(sender)).await }), asks)
        });
        let come = self.runtime.block_on(async {
            tokio::select! {
                biased;
                over = passing => Come::Over(over),
                Some(asked) = asks.recv() => Come::Asks(asked),
            }
        });
        if matches!(come, Come::Over(_)) {
            self.passing = None;
        }
        Ok(come)
    }
}

impl Drop for SimHub {
    fn drop(&mut self) {
        self.stop();
    }
}

impl World {
    /// The hub in reach of tablets, where there is one.
    pub(crate) fn hub(&mut self) -> Option<&mut SimHub> {
        self.hub.as_mut().filter(|hub| !hub.lost)
    }

    /// The hub goes a step on with its pass: one request, which may go wrong. None while it is not over.
    pub(crate) fn hub_step(&mut self) -> Result<Option<Result<Passed, UpError>>> {
        let now_ms = self.now_ms;
        let Some(hub) = self.hub() else { return Ok(None) };
        hub.clock.store(now_ms, Ordering::SeqCst);
        match hub.go_on()? {
            Come::Over(result) => {
                let said = match &result {
                    Ok(p) => format!("{} up, {} refused, {} down, {} photos", p.pushed, p.refused, p.pulled, p.photos),
                    Err(e) => e.to_string(),
                };
                self.note(format!("the hub ends a pass: {said}"));
                Ok(Some(result))
            }
            Come::Asks((ask, reply)) => {
                let fault = if self.calm { 99 } else { self.dice.below(40) };
                match fault {
                    0 => {
                        self.fault("hub: request lost");
                        self.note("the hub's request is lost");
                        let _ = reply.send(Err(UpError::Offline("the request is lost".to_owned())));
                    }
                    1 => {
                        self.fault("hub: reply lost");
                        self.serve_hub(&ask)?;
                        let _ = reply.send(Err(UpError::Offline("the reply is lost".to_owned())));
                    }
                    2 => {
                        self.fault("hub: reply truncated");
                        let (status, mut body) = self.serve_hub(&ask)?;
                        let len = self.dice.below(body.len());
                        body.truncate(len);
                        let _ = reply.send(Ok((status, body)));
                    }
                    3 => {
                        self.fault("hub: captive portal");
                        let _ = reply.send(Ok((200, b"<html>please sign in</html>".to_vec())));
                    }
                    4 => {
                        self.fault("hub cut");
                        self.serve_hub(&ask)?;
                        self.note("the hub is cut off");
                        self.hub().context("no hub")?.restart()?;
                    }
                    _ => {
                        let said = self.serve_hub(&ask)?;
                        self.remember(&ask, &said);
                        let _ = reply.send(Ok(said));
                    }
                }
                Ok(None)
            }
        }
    }

    /// The server answers the hub.
    fn serve_hub(&mut self, ask: &UpAsk) -> Result<UpReply> {
        let verb = match ask.method {
            "GET" => Verb::Get,
            "PUT" => Verb::Put,
            _ => Verb::Post,
        };
        let kind = ask.body.as_ref().map(|(kind, _)| *kind);
        let asked = Ask {
            verb,
            path: ask.path.clone(),
            token: ask.token.clone(),
            content_type: kind,
            packed: false,
            body: ask.body.clone().map(|(_, body)| body).unwrap_or_default(),
            limit: usize::MAX,
        };
        let reply = self.depot.answer(&asked)?;
        self.outcome.requests += 1;
        self.note(format!("the hub: {} {} -> {}", ask.method, ask.path, reply.status));
        Ok((reply.status, reply.body))
    }

    /// What the hub knows of people from now on, if it takes it over.
    fn remember(&mut self, ask: &UpAsk, said: &UpReply) {
        if ask.path == "/v1/hub/book" && said.0 == 200 {
            let heard = Heard { rights: self.rights.clone(), revoked: self.revoked.clone() };
            let now_ms = self.now_ms;
            if let Some(hub) = self.hub() {
                hub.heard.insert(now_ms, heard);
            }
        }
    }

    /// The hub answers a tablet.
    pub(crate) fn hub_answers(&mut self, n: usize, ask: &Ask) -> Result<Reply> {
        let hub = self.hub().context("no hub")?;
        let mut reply = hub.answer(ask)?;
        if hub.lies && lie(ask, &mut reply) {
            self.fault("hub lied");
        }
        // Rule 9: by what the hub had heard.
        if let Some(query) = ask.path.strip_prefix("/v1/pull?grid=").filter(|_| reply.status == 200) {
            let grid = query.split('&').next().unwrap_or_default().to_owned();
            let tablet = self.tablet(n)?;
            let (person, device) = (tablet.person.clone(), tablet.id.clone());
            let hub = self.hub().context("no hub")?;
            let heard = hub.heard.get(&hub.as_of_ms()).cloned().unwrap_or_default();
            let may = heard.rights.get(&person).is_some_and(|grids| grids.contains(&grid.as_str()));
            if !may || heard.revoked.contains(&device) {
                self.fail(format!("rule 9: the hub gave tablet {n} a page of {grid} without a right"));
            }
        }
        Ok(reply)
    }

    /// Passes until one ends.
    pub(crate) fn hub_passes(&mut self) -> Result<Option<Result<Passed, UpError>>> {
        for _ in 0..2_000 {
            if self.hub().is_none() {
                return Ok(None);
            }
            if let Some(over) = self.hub_step()? {
                return Ok(Some(over));
            }
        }
        anyhow::bail!("the hub passes without an end")
    }

    /// What goes wrong with a hub.
    pub(crate) fn hub_mishap(&mut self) -> Result<()> {
        let lost = self.dice.in_of(1, 12);
        let cut = self.dice.in_of(1, 2);
        let Some(hub) = self.hub() else { return Ok(()) };
        if lost {
            hub.stop();
            hub.lost = true;
            self.fault("hub lost for good");
            self.note("the hub is lost for good");
        } else if cut {
            hub.restart()?;
            self.fault("hub cut");
            self.note("the hub is cut off");
        } else if hub.copy_or_put_back()? {
            self.fault("hub put back from a copy");
            self.note("the hub is put back from a copy");
        } else {
            self.note("the hub is copied");
        }
        Ok(())
    }
}
