//! What came from the server: checked, stored, flushed; only then does the cursor move.

use ed25519_dalek::VerifyingKey;
use huce_core::{
    body::Body,
    digest::Digest,
    event::{EventError, SignedEvent, key_from_text},
    ids::{DeviceId, GridId, PhotoId},
    ipc::Changed,
    wire::{PulledEvent, Refusal},
};
use serde::{Deserialize, Serialize};

use super::{Both, Device, DeviceError, Head, hold};
use crate::{
    journal::Entry,
    keys,
    store::{Batch, StoreError},
};

/// How many events are taken in before others may save again.
const AT_ONCE: usize = 100;
/// So many photos of others are remembered, to have their thumbnails before somebody looks.
const MOST_FRESH: usize = 200;

/// How far a grid was pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// Ask after this position.
    pub next: u64,
    /// Of everything up to it, to compare with the server's.
    pub digest: Digest,
}

/// What to do with an event of a device whose key is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// Take nothing and say which: the profile is to be fetched again.
    Report,
    /// Keep it aside as it came: the new profile did not know it either.
    SetAside,
}

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Stored; the cursor has moved.
    Stored {
        /// Events that were new here.
        new: usize,
        /// Events that could not be taken and are kept aside: position and why.
        aside: Vec<(u64, String)>,
    },
    /// Nothing was taken: the keys of these devices are not known here.
    UnknownKeys(Vec<DeviceId>),
}

impl Device {
    /// How far this grid was pulled.
    pub fn cursor(&self, grid: &GridId) -> Result<Cursor, DeviceError> {
        let bytes = self.store.get(&keys::cursor(grid))?;
        Ok(bytes.and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default())
    }

    /// The grid is pulled again from its beginning: the digests differ, or the server's head is behind the cursor.
    pub fn reset_cursor(&self, grid: &GridId) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        batch.remove(keys::cursor(grid));
        Ok(self.store.put(&batch)?)
    }

    /// Takes a page of a grid's stream in; safe to repeat. `next` is the cursor that the server gave with it.
    pub fn take_pulled(
        &self,
        events: &[PulledEvent],
        grid: &GridId,
        next: u64,
        unknown: OnUnknown,
    ) -> Result<Taken, DeviceError> {
        let mut cursor = self.cursor(grid)?;
        let mut good: Vec<Both> = Vec::with_capacity(events.len());
        let mut aside = Vec::new();
        let mut strangers = Vec::new();
        let mut batch = Batch::default();
        let keyring = self.keyring();
        for PulledEvent { pos, event: signed } in events {
            if *pos > cursor.next {
                cursor.digest.add(&signed.hash());
            }
            let checked = signed.event().and_then(|event| match keyring.iter().find(|(id, _)| *id == event.device) {
                None => {
                    strangers.push(event.device.clone());
                    Err(EventError::Signature)
                }
                Some((_, key)) => signed.verify(key).map(|()| event),
            });
            match checked {
                Ok(event) => good.push((signed.clone(), event)),
                Err(e) => {
                    batch.put(keys::aside(grid, *pos), super::absorb::json(signed)?);
                    aside.push((*pos, e.to_string()));
                }
            }
        }
        strangers.sort();
        strangers.dedup();
        if !strangers.is_empty() && unknown == OnUnknown::Report {
            return Ok(Taken::UnknownKeys(strangers));
        }
        let mut new = 0;
        for some in good.chunks(AT_ONCE) {
            new += self.take(some, grid)?;
        }
        self.note_photos(&good);
        self.store.put(&batch)?;
        // Stored and flushed before the cursor moves.
        self.store.flush()?;
        cursor.next = cursor.next.max(next);
        let mut batch = Batch::default();
        batch.put(keys::cursor(grid), super::absorb::json(&cursor)?);
        self.store.put(&batch)?;
        if new > 0 {
            self.changed(Changed::Doors);
        }
        Ok(Taken::Stored { new, aside })
    }

    /// Takes in what was set aside because its device was not known then, and is now. Returns how many were new.
    pub fn take_aside(&self) -> Result<usize, DeviceError> {
        let mut kept = Vec::new();
        self.store.scan(keys::ASIDE, &mut |key, bytes| {
            kept.extend(serde_json::from_slice::<SignedEvent>(bytes).ok().map(|signed| (key.to_owned(), signed)));
            true
        })?;
        if kept.is_empty() {
            return Ok(0);
        }
        let keyring = self.keyring();
        let (mut good, mut batch) = (Vec::new(), Batch::default());
        for (key, signed) in kept {
            let grid = key.split('/').nth(1).and_then(|grid| GridId::new(grid).ok());
            let (Ok(event), Some(grid)) = (signed.event(), grid) else { continue };
            let known = keyring.iter().find(|(id, _)| *id == event.device);
            if known.is_some_and(|(_, public)| signed.verify(public).is_ok()) {
                batch.remove(key);
                good.push(((signed, event), grid));
            }
        }
        let mut new = 0;
        for (both, grid) in good {
            new += self.take(&[both], &grid)?;
        }
        self.store.put(&batch)?;
        if new > 0 {
            self.changed(Changed::Doors);
        }
        Ok(new)
    }

    /// Which photos of others came; the newest are remembered.
    fn note_photos(&self, events: &[Both]) {
        let mut fresh = hold(&self.fresh);
        for (_, event) in events.iter().filter(|(_, event)| event.device != self.id) {
            if let Body::Photo(photo) = &event.body
                && photo.attached.is_none()
            {
                fresh.insert((event.when_ms(), photo.photo.clone()));
                if fresh.len() > MOST_FRESH {
                    fresh.pop_first();
                }
            }
        }
    }

    /// The newest photo of others that came and was not asked for yet.
    pub fn next_fresh_photo(&self) -> Option<PhotoId> {
        hold(&self.fresh).pop_last().map(|(_, photo)| photo)
    }

    fn take(&self, events: &[Both], via: &GridId) -> Result<usize, DeviceError> {
        let mut head = hold(&self.head);
        // Own events that this tablet has lost (it was restored from a copy) come back into the journal first.
        let lost: Vec<Both> =
            events.iter().filter(|(_, e)| e.device == self.id && e.seq >= head.next_seq).cloned().collect();
        let mut entry = None;
        if let Some((signed, event)) = lost.last() {
            let events = lost.iter().map(|(signed, _)| signed.clone()).collect();
            entry = Some(self.keep(&[Entry::Events { events, closes: None }])?);
            *head = Head { next_seq: event.seq + 1, prev: Some(signed.hash()), at: head.at.max(event.at) };
        }
        self.replace_branches(events)?;
        let mut batch = Batch::default();
        let marked = entry.map_or(Ok(()), |entry| self.mark(&mut batch, entry, &head));
        let absorbed = marked.and_then(|()| self.absorb(events, batch, false, Some(via)));
        match &absorbed {
            Err(e) if entry.is_some() => self.fall_behind(e),
            Err(StoreError::Damaged(_)) => self.ask_rebuild(),
            _ => {}
        }
        let mut batch = Batch::default();
        let mut ended = Vec::new();
        for (signed, event) in events.iter().filter(|(_, e)| e.device == self.id) {
            // Whatever the server sends it has. Under the same number it may have what another tablet recorded that was
            // copied from this one: then this tablet's own waits for the new enrolment.
            let same = self.event(&event.id())?.is_none_or(|here| here.hash() == signed.hash());
            let refused = (!same).then_some(Refusal::Forked);
            match &refused {
                None => batch.remove(keys::outbox(event.seq)),
                Some(code) => batch.put(keys::outbox(event.seq), super::absorb::json(code)?),
            }
            ended.push((event.seq, refused));
        }
        if !ended.is_empty() {
            let mut waiting = hold(&self.waiting);
            self.store.put(&batch)?;
            for (seq, refused) in ended {
                match refused {
                    None => waiting.events.remove(&seq),
                    Some(code) => waiting.events.insert(seq, Some(code)),
                };
            }
        }
        Ok(absorbed?)
    }

    /// Under the number of another device's event the server may have another one than this tablet: the device was copied,
    /// the server restored, and the other branch came first. The server's counts; the other is kept aside there, too.
    fn replace_branches(&self, events: &[Both]) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        for (signed, event) in events.iter().filter(|(_, e)| e.device != self.id) {
            let here = self.event(&event.id())?;
            if let Some(here) = here.filter(|here| here.hash() != signed.hash()) {
                self.report(format!("event {} of a copied tablet gave way to the server's", event.id()));
                batch.put(keys::branch(&event.id(), &here.hash()), super::absorb::json(&here)?);
                batch.put(keys::event(&event.id()), super::absorb::json(signed)?);
            }
        }
        if !batch.is_empty() {
            self.remake(batch, self.granted()?.as_ref())?;
        }
        Ok(())
    }

    /// The keys under which events verify here: the profile's, the server's, the own one.
    fn keyring(&self) -> Vec<(DeviceId, VerifyingKey)> {
        let book = hold(&self.book);
        let devices = book.profile.iter().flat_map(|p| p.keys.iter().map(|k| (k.device.clone(), k.key.as_str())));
        let server = book.server.iter().map(|(id, key)| (id.clone(), key.as_str()));
        let known = devices.chain(server).filter_map(|(id, text)| Some((id, key_from_text(text)?)));
        known.chain([(self.id.clone(), self.key.verifying_key())]).collect()
    }
}
