//! What the server records itself, as a device of its own: console actions, imports, the demo.

use huce_core::{
    body::Body,
    clock::{Hlc, Millis},
    event::{Event, SignedEvent},
    ids::{EventId, GridId, PersonId},
    site::Site,
    wire::Fate,
};

use super::{Batch, From, read::Reading};
use crate::{
    app::App,
    store::{Result, StoreError, Write, devices},
};

/// Events of one transaction: an import of thousands is a few of them.
const AT_ONCE: usize = 500;

/// What an entry says.
pub enum Say {
    /// A body.
    This(Box<Body>),
    /// A body that is named by the event that will carry it: plans and requests are.
    Named(Box<dyn Fn(&EventId) -> Body + Send + Sync>),
}

/// Something to record. The caller has checked that the person may.
pub struct Entry {
    /// Who did it.
    pub person: PersonId,
    /// Whose stream carries it.
    pub grid: GridId,
    /// The door or facility it concerns.
    pub site: Option<Site>,
    /// When it happened; none: now. (The demo's history lies in the past.)
    pub at_ms: Option<Millis>,
    /// What happened.
    pub say: Say,
}

impl Entry {
    /// An entry of now.
    pub fn new(person: PersonId, grid: GridId, site: Option<impl Into<Site>>, body: Body) -> Self {
        Self { person, grid, site: site.map(Into::into), at_ms: None, say: Say::This(Box::new(body)) }
    }

    /// An entry of now that concerns no door and no facility.
    pub fn of_grid(person: PersonId, grid: GridId, body: Body) -> Self {
        Self::new(person, grid, None::<Site>, body)
    }

    /// An entry of now that opens a record named by its event.
    pub fn opening(
        person: PersonId,
        grid: GridId,
        site: Option<Site>,
        body: impl Fn(&EventId) -> Body + Send + Sync + 'static,
    ) -> Self {
        Self { person, grid, site, at_ms: None, say: Say::Named(Box::new(body)) }
    }

    /// The same in the past.
    pub fn at(mut self, at_ms: Millis) -> Self {
        self.at_ms = Some(at_ms);
        self
    }
}

/// What became of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Stored under this identity.
    Stored(EventId),
    /// Not taken, for example because there is no such grid.
    Refused(huce_core::wire::Refusal),
}

impl Recorded {
    /// The event's identity, when it was stored.
    pub fn id(&self) -> Option<&EventId> {
        match self {
            Self::Stored(id) => Some(id),
            Self::Refused(_) => None,
        }
    }
}

/// Records, in the order given; one transaction for every 500.
///
/// # Errors
/// When the database fails; what earlier transactions of the same call stored stays.
pub async fn record_own(app: &App, entries: Vec<Entry>) -> Result<Vec<Recorded>> {
    let mut all = Vec::with_capacity(entries.len());
    for part in entries.chunks(AT_ONCE) {
        let mut tries = 1;
        all.extend(loop {
            match once(app, part).await {
                Err(e) if e.is_collision() && tries < super::MAX_TRIES => tries += 1,
                recorded => break recorded?,
            }
        });
    }
    Ok(all)
}

async fn once(app: &App, part: &[Entry]) -> Result<Vec<Recorded>> {
    let mut write = app.store.write().await?;
    let recorded = record_in(app, &mut write, part).await?;
    write.commit().await?;
    Ok(recorded)
}

/// The same within a transaction of the caller's, which may write other things with it.
pub async fn record_in(app: &App, write: &mut Write, entries: &[Entry]) -> Result<Vec<Recorded>> {
    let now_ms = app.now_ms();
    let own = &app.own;
    // Read under its lock: another process (the command line, a second server) is the same device.
    devices::lock(write, &own.device).await?;
    let chain = devices::chain(write, &own.device).await?.ok_or_else(|| StoreError::damaged("the server's device"))?;
    let mut newest = newest(write, app, chain.seq).await?;
    let (mut seq, mut prev) = (chain.seq, chain.hash);
    let mut read = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let at = match entry.at_ms {
            Some(at_ms) => Hlc { ms: at_ms, count: u32::try_from(seq).unwrap_or(u32::MAX) },
            None => {
                newest = newest.tick(now_ms);
                newest
            }
        };
        let body = match &entry.say {
            Say::This(body) => Body::clone(body),
            Say::Named(body) => body(&EventId { device: own.device.clone(), seq }),
        };
        let (household, facility) = Site::names(entry.site.clone());
        let event = Event {
            device: own.device.clone(),
            seq,
            prev: prev.take(),
            at,
            offset_ms: Some(0),
            person: entry.person.clone(),
            grid: entry.grid.clone(),
            household,
            facility,
            body,
        };
        let signed = SignedEvent::sign(&event, &own.key).map_err(|_| StoreError::damaged("an event to record"))?;
        let hash = signed.hash();
        prev = Some(hash.clone());
        let place = super::read::Place { device: event.device.clone(), seq, prev: event.prev.clone() };
        read.push(Reading { signed, hash, place: Some(place), said: Ok(event) });
    }
    let receipts = Batch::take(write, &read, &From::Server(own.device.clone()), now_ms).await?;
    let recorded = |receipt: huce_core::wire::Receipt| match (receipt.event, receipt.fate) {
        (Some(id), Fate::Stored | Fate::Had) => Ok(Recorded::Stored(id)),
        (_, Fate::Refused { code }) => Ok(Recorded::Refused(code)),
        (None, _) | (_, Fate::Held) => Err(StoreError::damaged("a receipt")),
    };
    receipts.into_iter().map(recorded).collect()
}

/// The timestamp of the server's newest event, so that the next one is not before it.
async fn newest(write: &mut Write, app: &App, seq: u64) -> Result<Hlc> {
    let signed = crate::store::stream::event(write, &app.own.device, seq).await?;
    Ok(signed.and_then(|s| s.event().ok()).map(|e| e.at).unwrap_or_default())
}
