//! A depot hub: the same server, started with an upstream. Tablets on a LAN without internet hand in to it and pull from
//! it; it hands everything on when it reaches its server. It may be pulled out at any moment, for good as well.
//!
//! What it keeps falls in two: a copy of the streams of its grids, with the server's own positions, so that a tablet may
//! go from one to the other without starting anew; and a tray with what the server does not have. A hub never says
//! "stored" of what is in the tray: it says `held`, and the tablet keeps it, too. It judges nothing but signatures;
//! rights in its tray are the server's to judge, rights to its copy come from the server's book.
//!
//! Read in this order: here → `tray` (what tablets hand in) → [`up`] (the line to the server) → [`relay`] (one pass).

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use huce_core::{clock::Millis, event::key_text, hub::HubEnrolAsk, wire::Enrolled};
use tokio::sync::Notify;

pub mod relay;
mod tray;
pub mod up;

pub use relay::{Passed, pass};
pub use tray::take;
pub use up::{Up, UpError};

use crate::{
    app::{App, Clock, OpenError, Places},
    store::{Result, Store, StoreError, hub, meta},
};

/// Where the upstream is; a database that has it is a hub's.
const UPSTREAM: &str = "hub_upstream";
/// The upstream's epoch.
pub(crate) const EPOCH: &str = "hub_epoch";
/// Of which time the book is.
const AS_OF: &str = "hub_as_of";
/// The upstream's clock minus this machine's, ms.
const OFFSET: &str = "hub_offset";
/// The grids whose streams are carried.
const SCOPE: &str = "hub_scope";
/// The hash of the book that was taken over last.
const BOOK: &str = "hub_book";

/// What a hub knows of its upstream.
#[derive(Debug)]
pub struct Hub {
    /// Where it is.
    pub upstream: String,
    epoch: AtomicU64,
    as_of_ms: AtomicI64,
    offset_ms: AtomicI64,
    wake: Notify,
}

impl Hub {
    /// Reads it; none when this database is a server's.
    pub(crate) async fn load(store: &Store) -> Result<Option<Arc<Self>>> {
        let Some(upstream) = store.meta(UPSTREAM).await? else { return Ok(None) };
        let number = async |name: &str| {
            let text = store.meta(name).await?;
            text.map_or(Ok(0), |t| t.parse::<i64>().map_err(|_| StoreError::damaged(name)))
        };
        Ok(Some(Arc::new(Self {
            upstream,
            epoch: AtomicU64::new(number(EPOCH).await?.cast_unsigned()),
            as_of_ms: AtomicI64::new(number(AS_OF).await?),
            offset_ms: AtomicI64::new(number(OFFSET).await?),
            wake: Notify::new(),
        })))
    }

    /// The upstream's epoch at the last contact; 0 before the first.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Something was handed in: the next pass is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Of which time its book is, the upstream's clock.
    pub fn as_of_ms(&self) -> Millis {
        self.as_of_ms.load(Ordering::SeqCst)
    }

    /// The upstream's clock minus this machine's.
    pub fn offset_ms(&self) -> Millis {
        self.offset_ms.load(Ordering::SeqCst)
    }
}

/// Makes a hub of a server that has nothing yet: a one-time code for hubs becomes a place at the upstream. A hub that
/// lost its place (the upstream was restored, or took it away) is enrolled again in the same way.
///
/// # Errors
/// When the data is a server's, the upstream cannot be reached, or it does not take the code.
pub async fn enrol(app: &App, up: &dyn Up, upstream: &str, code: &str, name: &str) -> std::result::Result<(), UpError> {
    if app.hub.is_none() && hub::is_a_server(&mut *app.store.pool().acquire().await.map_err(StoreError::from)?).await? {
        return Err(UpError::NotAHub);
    }
    let ask = HubEnrolAsk {
        code: code.to_owned(),
        public_key: key_text(&app.own.key.verifying_key()),
        name: name.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let enrolled: Enrolled = up::Session::new(up).post("/v1/hub/enrol", &ask).await?;
    if enrolled.device != app.own.device {
        return Err(UpError::NotHuce("a place for another device".to_owned()));
    }
    Ok(place(app, upstream).await?)
}

/// From its next opening on this data is a hub's, of this upstream.
///
/// # Errors
/// When the database fails.
pub async fn place(app: &App, upstream: &str) -> Result<()> {
    let mut write = app.store.write().await?;
    meta::set(&mut write, UPSTREAM, upstream).await?;
    write.commit().await
}

/// Opens a hub's data; its upstream is here from now on. With a code it is enrolled first.
///
/// # Errors
/// See [`enrol`] and [`App::open`].
pub async fn open(places: &Places, clock: Clock, upstream: &str, code: Option<&str>) -> anyhow::Result<App> {
    let app = App::open(places, clock.clone()).await?;
    if let Some(code) = code {
        let name = ["HUCE_NAME", "HOSTNAME"].iter().find_map(|n| std::env::var(n).ok());
        let up = up::OverHttp::new(upstream, &app.data)?;
        enrol(&app, &up, upstream, code, &name.unwrap_or_else(|| "huce-hub".to_owned())).await?;
    } else if app.hub.is_none() {
        anyhow::bail!("this is no hub yet: give it the code of `huce-server code new --hub` with --code");
    } else {
        place(&app, upstream).await?;
    }
    app.store.close().await;
    drop(app);
    Ok(App::open(places, clock).await?)
}

/// Is this database a hub's? Then people, grids and forms are administered at its upstream.
///
/// # Errors
/// When it is.
pub fn must_be_server(app: &App) -> std::result::Result<(), OpenError> {
    match &app.hub {
        Some(_) => Err(OpenError::Marked("this is the data of a depot hub: do that on its server")),
        None => Ok(()),
    }
}
