//! What becomes of one event: taken, there already, or refused with a code.
//!
//! The chain is checked before rights. An event that is refused for good still counts in its device's chain and is
//! kept aside: otherwise one event without a right would hold up everything that the tablet recorded after it.

use std::collections::BTreeMap;

use huce_core::{
    body::{Body, Edit, Noun},
    event::Event,
    ids::{DeviceId, GridId},
    projection::{self, Doc, Key},
    record::HOME,
    request,
    site::Site,
    wire::{Fate, Refusal},
};

use super::{Batch, From, read::Reading, rights::GRACE_MS};
use crate::store::{Conn, Result, devices::Chain, stream, word};

/// What is here already of the numbers of a batch.
pub struct Known {
    stored: BTreeMap<u64, String>,
    refused: Vec<(u64, String)>,
    forked: Vec<(u64, String)>,
}

impl Known {
    /// Asks for it.
    pub async fn load(conn: &mut Conn, device: &DeviceId, read: &[Reading]) -> Result<Self> {
        let numbers = || read.iter().filter_map(|r| r.place.as_ref()).map(|p| p.seq);
        let (Some(from), Some(until)) = (numbers().min(), numbers().max()) else {
            return Ok(Self { stored: BTreeMap::new(), refused: Vec::new(), forked: Vec::new() });
        };
        // Also the one before the first: a branch goes on from it.
        let before = from.saturating_sub(1);
        Ok(Self {
            stored: stream::hashes(conn, device, from, until).await?,
            refused: stream::refused_hashes(conn, device, from, until, false).await?,
            forked: stream::refused_hashes(conn, device, before, until, true).await?,
        })
    }
}

impl<'a> Batch<'a> {
    pub(super) async fn one(
        &mut self,
        conn: &mut Conn,
        reading: &'a Reading,
        chain: &mut Chain,
        known: &mut Known,
    ) -> Result<Fate> {
        let Some(place) = &reading.place else { return Ok(no(Refusal::Unreadable)) };
        if let Err(code @ (Refusal::NotYours | Refusal::Signature)) = &reading.said {
            return Ok(no(*code));
        }
        let hash = reading.hash.as_str();
        // A cloned or restored tablet: everything that follows an event of its branch is of the branch, whatever numbers
        // the other one has come to.
        let branch = place.seq.checked_sub(1).zip(place.prev.clone());
        let is_next = place.seq == chain.seq + 1 && place.prev == chain.hash;
        let is_had = known.stored.get(&place.seq) == Some(&reading.hash);
        if !is_next && !is_had && branch.is_some_and(|before| known.forked.contains(&before)) {
            return self.quarantine(conn, reading, place.seq, known).await;
        }
        let relayed = matches!(self.from, From::Relay(_) | From::Hub(_));
        if place.seq > chain.seq && known.stored.contains_key(&place.seq) {
            // Somebody handed it on before its own device came back.
            if !is_had {
                return self.quarantine(conn, reading, place.seq, known).await;
            }
            if is_next {
                chain.seq = place.seq;
                chain.hash = Some(hash.to_owned());
            }
            return Ok(Fate::Had);
        }
        let was_refused = known.refused.iter().any(|(seq, h)| *seq == place.seq && h == hash);
        if place.seq <= chain.seq {
            match known.stored.get(&place.seq) {
                Some(stored) if stored == hash => return Ok(Fate::Had),
                _ if !was_refused => return self.quarantine(conn, reading, place.seq, known).await,
                // Refused before: perhaps the right, or the grid, is there now.
                _ => {}
            }
        } else if relayed && !is_next {
            // Its place in the chain is checked when its device, or somebody who has it all, sends what came before.
        } else if place.seq > chain.seq + 1 {
            return Ok(no(Refusal::Gap));
        } else if place.prev != chain.hash {
            return self.quarantine(conn, reading, place.seq, known).await;
        } else {
            chain.seq = place.seq;
            chain.hash = Some(hash.to_owned());
        }
        let verdict = match &reading.said {
            Ok(event) => self.may(event, chain).map(|()| event),
            Err(code) => Err(*code),
        };
        match verdict {
            Ok(event) => {
                if was_refused {
                    stream::forget_refused(conn, &place.device, place.seq, hash).await?;
                }
                known.stored.insert(place.seq, hash.to_owned());
                self.apply(event, &reading.signed, hash);
                Ok(Fate::Stored)
            }
            Err(code) => {
                self.set_aside(conn, reading, place.seq, code).await?;
                known.refused.push((place.seq, hash.to_owned()));
                Ok(no(code))
            }
        }
    }

    /// The newer branch of a device's chain: kept as it came, and refused. Its tablet enrols anew and records it again.
    async fn quarantine(&self, conn: &mut Conn, reading: &Reading, seq: u64, known: &mut Known) -> Result<Fate> {
        self.set_aside(conn, reading, seq, Refusal::Forked).await?;
        known.forked.push((seq, reading.hash.clone()));
        Ok(no(Refusal::Forked))
    }

    async fn set_aside(&self, conn: &mut Conn, reading: &Reading, seq: u64, code: Refusal) -> Result<()> {
        stream::keep_refused(conn, self.from.device(), seq, &reading.signed, &word(&code), self.now_ms).await
    }

    /// May this event be taken, now that it is known to be what its device signed?
    fn may(&self, event: &Event, chain: &Chain) -> std::result::Result<(), Refusal> {
        let edit = match &event.body {
            Body::Edit(edit) => Some(edit),
            _ => None,
        };
        if edit.is_some_and(|edit| self.moves_door(event, edit)) {
            return Err(Refusal::NoSuchDoor);
        }
        // Whoever is moved goes to a grid that there is.
        if super::home_of(event).is_some_and(|home| !self.heads.contains_key(&home) || !self.tree.has(&home)) {
            return Err(Refusal::NoGrid);
        }
        if chain.is_server || matches!(self.from, From::Server(_)) {
            let opens = edit.is_some_and(|e| e.noun == Noun::Grid && e.id == event.grid.as_str());
            return if opens || self.tree.has(&event.grid) { Ok(()) } else { Err(Refusal::NoGrid) };
        }
        let revoked = chain.revoked && !matches!(self.from, From::Relay(_));
        if revoked || !chain.users.contains(&event.person) {
            return Err(Refusal::NotYours);
        }
        if !self.tree.has(&event.grid) {
            return Err(Refusal::NoGrid);
        }
        let right = |grid| self.rights.may_record(&self.tree, &event.person, grid, event.when_ms());
        let may_edit = match edit.map(|e| e.noun) {
            // The tree of grids decides who sees what: only administrators change it.
            Some(Noun::Grid) => self.rights.is_administrator(&self.tree, &event.person, &event.grid),
            // Who goes where is said by whoever leads there.
            Some(Noun::Round) => self.rights.leads(&self.tree, &event.person, &event.grid, event.when_ms()),
            // Who is responsible is decided by dispatchers; whoever it concerns does not decide it with a tablet of their own.
            Some(Noun::Rule) => self.rights.decides(&self.tree, &event.person, &event.grid),
            Some(Noun::Request) if edit.is_some_and(decides) => {
                self.rights.decides(&self.tree, &event.person, &event.grid)
            }
            // So does where a household stands.
            Some(_) if edit.is_some_and(|edit| edit.set.contains_key(HOME)) => {
                let administers = |grid: &GridId| self.rights.is_administrator(&self.tree, &event.person, grid);
                let from = event.site().and_then(|site| self.stands(&site).cloned());
                let to = super::home_of(event);
                administers(&event.grid) && from.iter().chain(&to).all(administers)
            }
            _ => true,
        };
        // Its tablet may not have heard yet that the door left this grid.
        let left = |site: &Site| {
            let left_ms = self.left.get(&(site.to_string(), event.grid.clone()));
            left_ms.is_some_and(|left_ms| self.now_ms.saturating_sub(*left_ms) < GRACE_MS)
        };
        // An event must not reach into another grid's records by naming them.
        let reaches = |key: &Key| match self.record_of(key) {
            Some(Doc::Record(record)) => {
                let site = record.site().or_else(|| Site::of_record(record.noun, &record.id));
                let stands = site.as_ref().and_then(|site| self.stands(site)).unwrap_or(&record.grid);
                right(stands) || site.is_some_and(|site| left(&site))
            }
            _ => true,
        };
        if may_edit && right(&event.grid) && projection::touches(event).iter().all(reaches) {
            Ok(())
        } else {
            Err(Refusal::NoRight)
        }
    }

    /// A plan or request stays at the door or facility at which it was opened: were an edit to carry it to another, which of
    /// them shows it would depend on the order in which events come.
    fn moves_door(&self, event: &Event, edit: &Edit) -> bool {
        match self.docs.get(&Key::Record(edit.noun, edit.id.clone())) {
            Some(Doc::Record(record)) if matches!(edit.noun, Noun::Plan | Noun::Request) => {
                record.site() != event.site()
            }
            _ => false,
        }
    }

    fn record_of(&self, key: &Key) -> Option<&Doc> {
        match key {
            Key::Record(..) => self.docs.get(key),
            Key::Door(site) => self.docs.get(&projection::record_of(site)),
        }
    }
}

/// Does this edit of a request say who is responsible?
fn decides(edit: &Edit) -> bool {
    edit.set.keys().any(|name| name.split('/').next() == Some(request::field::DECIDE))
}

fn no(code: Refusal) -> Fate {
    Fate::Refused { code }
}
