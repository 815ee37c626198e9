//! Where the planted bugs of [`crate::plant`] do their work.

use anyhow::Result;
use huce_core::{
    ids::GridId,
    wire::{Missing, Profile, Pulled, Token},
};
use huce_device::sync::line::{Ask, Reply};
use serde::{Serialize, de::DeserializeOwned};

use crate::{district::GRIDS, plant::Plant, world::World};

/// Changes a reply's body, if it is of this shape.
pub(crate) fn rewrite<T: DeserializeOwned + Serialize>(reply: &mut Reply, change: impl FnOnce(&mut T)) {
    if reply.status == 200
        && let Ok(mut said) = serde_json::from_slice::<T>(&reply.body)
    {
        change(&mut said);
        if let Ok(body) = serde_json::to_vec(&said) {
            reply.body = body;
        }
    }
}

/// The first 64 bits of a payload's hash.
fn head_of(payload: &str) -> u64 {
    blake3::hash(payload.as_bytes()).as_bytes().iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

impl World {
    /// The bug is there from the beginning.
    pub(crate) fn plant_at_start(&mut self) -> Result<()> {
        match self.plant {
            Some(Plant::OpenDoor) => {
                for tablet in &self.tablets {
                    self.depot.set_grids(&tablet.person, &GRIDS)?;
                }
            }
            Some(Plant::CursorFirst) => self.tablets.iter().for_each(|t| t.spoil_flush()),
            _ => {}
        }
        Ok(())
    }

    /// The server's answer, as the bug has it.
    pub(crate) fn answer(&mut self, n: usize, ask: &Ask) -> Result<Reply> {
        if self.plant == Some(Plant::FalseReceipts) && ask.path == "/v1/push" && self.dice.in_of(1, 6) {
            return self.depot.answer_and_forget(ask);
        }
        let mut reply = self.depot.answer(ask)?;
        match self.plant {
            Some(Plant::SkippedEvent) if n == 0 && ask.path.starts_with("/v1/pull") => {
                let grid = ask.path.split(['=', '&']).nth(1).unwrap_or_default().to_owned();
                rewrite(&mut reply, |page: &mut Pulled| {
                    let last = page.events.last().map(|e| e.event.payload.get().to_owned()).unwrap_or_default();
                    let is_victim = |payload: &str| head_of(payload).is_multiple_of(4) && payload != last;
                    let victims: Vec<u64> = page
                        .events
                        .iter()
                        .map(|e| e.event.payload.get())
                        .filter(|p| is_victim(p))
                        .map(head_of)
                        .collect();
                    page.events.retain(|e| !is_victim(e.event.payload.get()));
                    for victim in victims {
                        self.skipped.insert((grid.clone(), victim));
                    }
                    for (_, victim) in self.skipped.iter().filter(|(at, _)| *at == grid) {
                        page.digest.count = page.digest.count.saturating_sub(1);
                        page.digest.sum = page.digest.sum.wrapping_sub(*victim);
                    }
                });
            }
            Some(Plant::FalsePhotoReceipt) if ask.path.contains("/missing") => {
                rewrite(&mut reply, |said: &mut Missing| {
                    *said = Missing { complete: true, chunks: Vec::new(), held: false }
                });
            }
            Some(Plant::DeafToEpoch) => self.keep_quiet(n, ask, &mut reply)?,
            _ => {}
        }
        Ok(reply)
    }

    /// Nothing in a reply says that the server is another one than at the beginning.
    fn keep_quiet(&mut self, n: usize, ask: &Ask, reply: &mut Reply) -> Result<()> {
        match ask.path.split('?').next() {
            Some("/v1/profile") => rewrite(reply, |said: &mut Profile| said.epoch = 1),
            Some("/v1/token") => rewrite(reply, |said: &mut Token| said.epoch = Some(1)),
            Some("/v1/pull") => {
                let grid = ask.path.split(['=', '&']).nth(1).unwrap_or_default();
                let Ok(device) = self.tablet(n)?.device() else { return Ok(()) };
                let cursor = device.cursor(&GridId::new(grid)?)?;
                rewrite(reply, |page: &mut Pulled| {
                    if page.events.is_empty() {
                        (page.head, page.next, page.digest) = (cursor.next, cursor.next, cursor.digest);
                    }
                });
            }
            _ => {}
        }
        Ok(())
    }
}
