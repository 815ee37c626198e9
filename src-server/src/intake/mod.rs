//! Intake: the only way in which events enter the database.
//!
//! A batch is one transaction: which events are taken (`check.rs`), the documents that they change
//! ([`huce_core::projection`]), the summary rows, positions and digests are written together or not at all. Whatever
//! is wrong with one event leaves the others alone. A repeat of what is here already has no effect.
//!
//! The order in a batch: the device is locked, then the heads of the grids of its events and of the documents that they
//! touch → documents are loaded → each event is checked and applied in the order of its number → everything that
//! changed is written → commit → receipts. Two writers that meet all the same (a document that is new to both, or that
//! moved to another grid meanwhile) are told apart by the database: one gives way and takes its batch again.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::{Body, Noun},
    clock::Millis,
    event::{Event, SignedEvent},
    ids::{DeviceId, EventId, GridId, PhotoId},
    projection::{self, Doc, Docs, Key},
    record::HOME,
    site::Site,
    wire::{Fate, Receipt, Refusal},
};

use crate::store::{
    Conn, Result, Store, StoreError, Write,
    carried::{self, Carried},
    devices, docs, duties,
    grids::Tree,
    photos, stream, summary,
};

mod check;
mod own;
mod read;
mod rights;
#[cfg(test)]
mod tests;

pub use own::{Entry, Recorded, Say, record_in, record_own};
use read::Reading;
pub use read::place_of;

/// So often a batch is taken again when another writer came first.
const MAX_TRIES: usize = 8;

/// Who hands the events in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A tablet that showed its token: only its own events are taken.
    Device(DeviceId),
    /// A tablet hands on what this other device recorded: after a restore the server may lack it. What the device signed
    /// is taken as from itself, with or without what came before it.
    Relay(DeviceId),
    /// A hub hands in what this device brought it: judged as from the device, with or without what came before it.
    Hub(DeviceId),
    /// The server itself (imports, console): its own events, without asking for rights, which the caller has checked.
    Server(DeviceId),
}

impl From {
    fn device(&self) -> &DeviceId {
        match self {
            Self::Device(device) | Self::Relay(device) | Self::Hub(device) | Self::Server(device) => device,
        }
    }
}

/// Takes a batch in; one receipt an event, in their order. When this returns `Stored`, the event is durable.
///
/// # Errors
/// When the database fails: then nothing of the batch was stored, and it is safe to send it again.
pub async fn take(store: &Store, events: Vec<SignedEvent>, from: &From, now_ms: Millis) -> Result<Vec<Receipt>> {
    take_part(store, events, from, None, now_ms).await
}

async fn take_part(
    store: &Store,
    events: Vec<SignedEvent>,
    from: &From,
    unsent: Option<(u64, u64)>,
    now_ms: Millis,
) -> Result<Vec<Receipt>> {
    let Some(chain) = devices::chain(&mut *store.pool().acquire().await?, from.device()).await? else {
        return strangers(store, &events, from, now_ms).await;
    };
    let key = chain.key;
    let device = from.device().clone();
    // Signatures are the work of a processor, not of the thread that serves everybody.
    let read = tokio::task::spawn_blocking(move || read::batch(events, &device, &key)).await;
    let read = read.map_err(|_| StoreError::damaged("a batch"))?;
    let mut tries = 1;
    loop {
        match once(store, &read, from, unsent, now_ms).await {
            Err(e) if e.is_collision() && tries < MAX_TRIES => tries += 1,
            taken => return taken,
        }
    }
}

/// Events of a device that nobody knows here, as a tablet or hub hands them on: of a tablet that was enrolled, or of the
/// server itself as it was, between the backup from which this one was restored and its loss. They are kept aside as they came.
async fn strangers(store: &Store, events: &[SignedEvent], from: &From, now_ms: Millis) -> Result<Vec<Receipt>> {
    let mut write = store.write().await?;
    let mut receipts = Vec::with_capacity(events.len());
    for signed in events {
        let id = place_of(signed).map(|(device, seq)| EventId { device, seq });
        if let Some(id) = id.as_ref().filter(|id| matches!(from, From::Relay(_) | From::Hub(_)) && fits(signed, id)) {
            let code = crate::store::word(&Refusal::NotYours);
            stream::keep_refused(&mut write, &id.device, id.seq, signed, &code, now_ms).await?;
        }
        receipts.push(refused(id, Refusal::NotYours));
    }
    write.commit().await?;
    Ok(receipts)
}

fn fits(signed: &SignedEvent, id: &EventId) -> bool {
    signed.event().is_ok_and(|event| event.id() == *id)
}

async fn once(
    store: &Store,
    read: &[Reading],
    from: &From,
    unsent: Option<(u64, u64)>,
    now_ms: Millis,
) -> Result<Vec<Receipt>> {
    let mut write = store.write().await?;
    devices::lock(&mut write, from.device()).await?;
    let receipts = Batch::take(&mut write, read, from, now_ms).await?;
    if unsent.is_some() {
        devices::heard(&mut write, from.device(), unsent, now_ms).await?;
    }
    write.commit().await?;
    Ok(receipts)
}

/// Takes in what a tablet hands in: its own events, and those of other devices that it hands on; or a hub, then
/// `by_owners` says whether it has them of their own devices. One transaction a device; with the events of the tablet
/// itself it is written down what it says is `unsent` there.
///
/// # Errors
/// See [`take`].
pub async fn take_all(
    store: &Store,
    events: Vec<SignedEvent>,
    by: &DeviceId,
    by_owners: bool,
    unsent: Option<(u64, u64)>,
    now_ms: Millis,
) -> Result<Vec<Receipt>> {
    let mut parts: BTreeMap<DeviceId, Vec<(usize, SignedEvent)>> = BTreeMap::new();
    let count = events.len();
    for (at, signed) in events.into_iter().enumerate() {
        let device = place_of(&signed).map_or_else(|| by.clone(), |place| place.0);
        parts.entry(device).or_default().push((at, signed));
    }
    let mut receipts: Vec<Receipt> = vec![refused(None, Refusal::Unreadable); count];
    let has_own = parts.contains_key(by);
    for (device, part) in parts {
        let unsent = unsent.filter(|_| device == *by);
        let from = match device == *by {
            true => From::Device(device),
            false if by_owners => From::Hub(device),
            false => From::Relay(device),
        };
        let (places, part): (Vec<usize>, Vec<SignedEvent>) = part.into_iter().unzip();
        for (at, receipt) in places.into_iter().zip(take_part(store, part, &from, unsent, now_ms).await?) {
            if let Some(place) = receipts.get_mut(at) {
                *place = receipt;
            }
        }
    }
    if !has_own && unsent.is_some() {
        let mut write = store.write().await?;
        devices::heard(&mut write, by, unsent, now_ms).await?;
        write.commit().await?;
    }
    Ok(receipts)
}

/// One batch within its transaction.
struct Batch<'a> {
    from: &'a From,
    now_ms: Millis,
    tree: Tree,
    rights: rights::Rights,
    heads: BTreeMap<GridId, stream::Head>,
    docs: Docs,
    /// Which of the documents the database had.
    stored: BTreeSet<Key>,
    changed: BTreeMap<Key, GridId>,
    taken: Vec<stream::NewEvent<'a>>,
    /// When the sites of this batch left which grids.
    left: BTreeMap<(String, GridId), Millis>,
    /// Events that also stand in the stream of another grid, with their positions there.
    carried: BTreeMap<GridId, Vec<(u64, Carried)>>,
    /// Sites that went from one grid to another.
    moves: Vec<(Site, GridId, GridId)>,
}

impl<'a> Batch<'a> {
    async fn take(conn: &mut Write, read: &'a [Reading], from: &'a From, now_ms: Millis) -> Result<Vec<Receipt>> {
        let Some(mut chain) = devices::chain(conn, from.device()).await? else {
            return Ok(read.iter().map(|r| refused(r.id(), Refusal::NotYours)).collect());
        };
        let began = (chain.seq, chain.hash.clone());
        let events: Vec<&Event> = read.iter().filter_map(Reading::event).collect();
        let keys = keys(&events);
        let grids = docs::grids(conn, &keys).await?;
        let changes_tree = |e: &&Event| matches!(&e.body, Body::Edit(edit) if edit.noun == Noun::Grid);
        let tree = if events.iter().any(changes_tree) {
            Tree::load(conn).await?
        } else {
            // Who is above these is all that is asked.
            let homes: Vec<GridId> = events.iter().filter_map(|e| home_of(e)).collect();
            Tree::load_above(conn, events.iter().map(|e| &e.grid).chain(&grids).chain(&homes)).await?
        };
        let homes: BTreeSet<GridId> = events.iter().filter_map(|e| home_of(e)).filter(|grid| tree.has(grid)).collect();
        let own = events.iter().map(|e| &e.grid).filter(|grid| tree.has(grid) || matches!(from, From::Server(_)));
        let heads = stream::lock_heads(conn, own.chain(&grids).chain(&homes)).await?;
        let left = carried::left(conn, &events.iter().filter_map(|e| e.site()).collect()).await?;
        let rights = rights::Rights::load(conn, events.iter().map(|e| &e.person), now_ms).await?;
        let docs = docs::load_under(conn, keys, &heads.keys().cloned().collect()).await?;
        let stored = docs.keys().cloned().collect();
        let known = check::Known::load(conn, from.device(), read).await?;
        let (changed, taken, carried, moves) = (BTreeMap::new(), Vec::new(), BTreeMap::new(), Vec::new());
        let mut batch = Batch { from, now_ms, tree, rights, heads, docs, stored, changed, taken, left, carried, moves };
        let mut receipts = Vec::with_capacity(read.len());
        let mut seen = known;
        for reading in read {
            let fate = batch.one(conn, reading, &mut chain, &mut seen).await?;
            receipts.push(Receipt { event: reading.id(), fate });
        }
        batch.write(conn).await?;
        if began != (chain.seq, chain.hash.clone()) {
            devices::save_chain(conn, from.device(), chain.seq, chain.hash.as_deref()).await?;
        }
        Ok(receipts)
    }

    /// Takes the event into the documents in memory, and gives it its place.
    fn apply(&mut self, event: &'a Event, signed: &'a SignedEvent, hash: &'a str) {
        let pos = self.position(&event.grid, hash);
        let site = event.site();
        let before = site.as_ref().and_then(|site| self.stands(site)).cloned();
        projection::apply(event, &mut self.docs);
        let after = site.as_ref().and_then(|site| self.stands(site)).cloned();
        // It stands in every stream that has to tell of it (docs/adr/0007).
        let others: BTreeSet<&GridId> = before.iter().chain(&after).filter(|grid| **grid != event.grid).collect();
        for grid in others {
            if let Some(carried) = Carried::of(event, signed, hash) {
                let pos = self.position(grid, hash);
                self.carried.entry(grid.clone()).or_default().push((pos, carried));
            }
        }
        if let (Some(site), Some(before), Some(after)) = (site, before, after)
            && before != after
        {
            self.moves.push((site, before, after));
        }
        for key in projection::touches(event) {
            self.changed.insert(key, event.grid.clone());
        }
        if let Body::Edit(edit) = &event.body
            && edit.noun == Noun::Grid
            && let Some(Doc::Record(record)) = self.docs.get(&Key::Record(Noun::Grid, edit.id.clone()))
            && let Some(grid) = huce_core::grid::Grid::from_record(record)
        {
            self.tree.put(grid.id, grid.parent);
        }
        self.taken.push(stream::NewEvent { event, signed, hash, pos });
    }

    /// The next position of a grid's stream.
    fn position(&mut self, grid: &GridId, hash: &str) -> u64 {
        let head = self.heads.entry(grid.clone()).or_default();
        head.pos += 1;
        head.digest.add(hash);
        head.pos
    }

    /// Where a household or facility stands, as far as it is known.
    fn stands(&self, site: &Site) -> Option<&GridId> {
        match self.docs.get(&projection::record_of(site)) {
            Some(Doc::Record(record)) => Some(&record.grid),
            _ => None,
        }
    }

    /// Whoever moved takes everything along that the old stream tells of them. Gives the photos that this names in new grids.
    async fn move_along(&mut self, conn: &mut Conn) -> Result<BTreeSet<(PhotoId, GridId, DeviceId)>> {
        let mut routes: Vec<((GridId, GridId), BTreeSet<Site>)> = Vec::new();
        for (site, from, to) in std::mem::take(&mut self.moves) {
            // One after the other: somebody may move twice in a batch.
            match routes
                .last_mut()
                .filter(|(route, sites)| *route == (from.clone(), to.clone()) && !sites.contains(&site))
            {
                Some((_, sites)) => drop(sites.insert(site)),
                None => routes.push(((from, to), BTreeSet::from([site]))),
            }
        }
        for ((from, to), sites) in routes {
            let mut along = Vec::new();
            for event in carried::history(conn, &from, &to, &sites).await? {
                along.push((self.position(&to, &event.hash), event));
            }
            carried::add(conn, &to, &along).await?;
            carried::moved(conn, &from, &to, &sites, self.now_ms).await?;
            self.carried.entry(to).or_default().append(&mut along);
        }
        let mut named = BTreeSet::new();
        for (grid, events) in &self.carried {
            for event in events.iter().filter_map(|(_, carried)| carried.signed.event().ok()) {
                let photos = match event.body {
                    Body::Visit(visit) => visit.photos,
                    Body::Photo(photo) => vec![photo.photo],
                    _ => Vec::new(),
                };
                named.extend(photos.into_iter().map(|photo| (photo, grid.clone(), event.device.clone())));
            }
        }
        Ok(named)
    }

    async fn write(&mut self, conn: &mut Conn) -> Result<()> {
        stream::append(conn, &self.taken, self.now_ms).await?;
        for (grid, events) in &self.carried {
            carried::add(conn, grid, events).await?;
        }
        let named_elsewhere = self.move_along(conn).await?;
        let rows = self.changed.iter().filter_map(|(key, grid)| {
            let doc = self.docs.get(key)?;
            let grid = summary::grid_of(&self.docs, key, grid);
            let household = match (key, doc) {
                (Key::Door(site), _) => site.household(),
                (_, Doc::Record(record)) => record.household.as_ref(),
                _ => None,
            };
            Some(docs::DocRow { key, grid, household, doc })
        });
        let (known, new): (Vec<_>, Vec<_>) = rows.partition(|row| self.stored.contains(row.key));
        docs::add(conn, &new).await?;
        docs::save(conn, &known).await?;
        summary::save(conn, &self.docs, &self.changed.keys().cloned().collect()).await?;
        let mut visits = Vec::new();
        let mut named: BTreeSet<(&PhotoId, &GridId, &DeviceId)> = BTreeSet::new();
        for new in &self.taken {
            match &new.event.body {
                Body::Visit(visit) => {
                    visits.push((new.event, visit));
                    named.extend(visit.photos.iter().map(|photo| (photo, &new.event.grid, &new.event.device)));
                }
                Body::Photo(photo) => {
                    named.insert((&photo.photo, &new.event.grid, &new.event.device));
                }
                Body::Duty(duty) => {
                    named.extend(duty.photos.iter().map(|photo| (photo, &new.event.grid, &new.event.device)));
                }
                _ => {}
            }
        }
        summary::add_visits(conn, &visits).await?;
        duties::add(conn, self.taken.iter().map(|new| new.event)).await?;
        named.extend(named_elsewhere.iter().map(|(photo, grid, device)| (photo, grid, device)));
        photos::name_all(conn, named).await?;
        let grids: BTreeSet<&GridId> =
            self.taken.iter().map(|new| &new.event.grid).chain(self.carried.keys()).collect();
        for grid in grids {
            if let Some(head) = self.heads.get(grid) {
                stream::save_head(conn, grid, head).await?;
            }
        }
        Ok(())
    }
}

/// The documents that these events read or write: their own, each site's record and the other way round.
fn keys(events: &[&Event]) -> BTreeSet<Key> {
    let mut keys: BTreeSet<Key> = events.iter().flat_map(|e| projection::touches(e)).collect();
    let pairs: Vec<Key> = keys.iter().filter_map(counterpart).collect();
    keys.extend(pairs);
    keys
}

/// A door's household (or facility), a household's door.
fn counterpart(key: &Key) -> Option<Key> {
    match key {
        Key::Door(site) => Some(projection::record_of(site)),
        Key::Record(noun, id) => Site::of_record(*noun, id).map(Key::Door),
    }
}

/// The grid into which an event moves its household or facility.
fn home_of(event: &Event) -> Option<GridId> {
    let Body::Edit(edit) = &event.body else { return None };
    let moves = matches!(edit.noun, Noun::Household | Noun::Facility);
    let home = edit.set.get(HOME).filter(|_| moves)?;
    serde_json::from_value(home.v.clone()).ok()
}

fn refused(event: Option<EventId>, code: Refusal) -> Receipt {
    Receipt { event, fate: Fate::Refused { code } }
}
