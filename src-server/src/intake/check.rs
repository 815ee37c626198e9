//! What becomes of one event: taken, there already, or refused with a code.
//!
//! The chain is checked before rights. An event that is refused for good still counts in its device's chain and is
//! kept aside: otherwise one event without a right would hold up everything that the tablet recorded after it.

use std::collections::BTreeMap;

use huce_core::{
    body::{Body, Noun},
    event::Event,
    ids::DeviceId,
    projection::{self, Doc, Key},
    wire::{Fate, Refusal},
};

use super::{Batch, From, read::Reading};
use crate::store::{Conn, Result, devices::Chain, stream, word};

/// What is here already of the numbers of a batch.
pub struct Known {
    stored: BTreeMap<u64, String>,
    refused: Vec<(u64, String)>,
}

impl Known {
    /// Asks for it.
    pub async fn load(conn: &mut Conn, device: &DeviceId, read: &[Reading]) -> Result<Self> {
        let numbers = || read.iter().filter_map(|r| r.place.as_ref()).map(|p| p.seq);
        let (Some(from), Some(until)) = (numbers().min(), numbers().max()) else {
            return Ok(Self { stored: BTreeMap::new(), refused: Vec::new() });
        };
        Ok(Self {
            stored: stream::hashes(conn, device, from, until).await?,
            refused: stream::refused_hashes(conn, device, from, until).await?,
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
        let was_refused = known.refused.iter().any(|(seq, h)| *seq == place.seq && h == hash);
        if place.seq <= chain.seq {
            match known.stored.get(&place.seq) {
                Some(stored) if stored == hash => return Ok(Fate::Had),
                _ if !was_refused => {
                    self.set_aside(conn, reading, place.seq, Refusal::Forked).await?;
                    return Ok(no(Refusal::Forked));
                }
                // Refused before: perhaps the right, or the grid, is there now.
                _ => {}
            }
        } else if place.seq > chain.seq + 1 {
            return Ok(no(Refusal::Gap));
        } else if place.prev != chain.hash {
            return Ok(no(Refusal::Chain));
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

    async fn set_aside(&self, conn: &mut Conn, reading: &Reading, seq: u64, code: Refusal) -> Result<()> {
        stream::keep_refused(conn, self.from.device(), seq, &reading.signed, &word(&code), self.now_ms).await
    }

    /// May this event be taken, now that it is known to be what its device signed?
    fn may(&self, event: &Event, chain: &Chain) -> std::result::Result<(), Refusal> {
        let edit = match &event.body {
            Body::Edit(edit) => Some(edit),
            _ => None,
        };
        if let From::Server(_) = self.from {
            let opens = edit.is_some_and(|e| e.noun == Noun::Grid && e.id == event.grid.as_str());
            return if opens || self.tree.has(&event.grid) { Ok(()) } else { Err(Refusal::NoGrid) };
        }
        if chain.revoked || !chain.users.contains(&event.person) {
            return Err(Refusal::NotYours);
        }
        if !self.tree.has(&event.grid) {
            return Err(Refusal::NoGrid);
        }
        let right = |grid| self.rights.may_record(&self.tree, &event.person, grid, event.when_ms());
        let may_edit = match edit.map(|e| e.noun) {
            // The tree of grids decides who sees what: only administrators change it.
            Some(Noun::Grid) => self.rights.is_administrator(&self.tree, &event.person, &event.grid),
            _ => true,
        };
        // An event must not reach into another grid's records by naming them.
        let reaches = |key: &Key| match self.record_of(key) {
            Some(Doc::Record(record)) => right(&record.grid),
            _ => true,
        };
        if may_edit && right(&event.grid) && projection::touches(event).iter().all(reaches) {
            Ok(())
        } else {
            Err(Refusal::NoRight)
        }
    }

    fn record_of(&self, key: &Key) -> Option<&Doc> {
        match key {
            Key::Record(..) => self.docs.get(key),
            Key::Door(household) => self.docs.get(&Key::Record(Noun::Household, household.to_string())),
        }
    }
}

fn no(code: Refusal) -> Fate {
    Fate::Refused { code }
}
