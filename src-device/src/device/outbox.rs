//! What waits for the server. The sync asks here what to send, and tells here what the server said.

use std::collections::BTreeMap;

use huce_core::{
    event::SignedEvent,
    ids::{EventId, PhotoId},
    ipc::{
        Changed,
        sync::{HubState, PhotoRuleState, SyncState},
    },
    wire::{Fate, PhotoReceipt, Profile, Receipt, Refusal},
};

use super::{Device, DeviceError, hold};
use crate::{
    keys,
    store::{Batch, StoreError},
};

/// A photo that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPhoto {
    /// Which.
    pub photo: PhotoId,
    /// How many bytes.
    pub bytes: u64,
    /// The number of the event that names it.
    pub seq: u64,
}

impl Device {
    /// Own events that the server does not have, in the order of their numbers, without those it refused for good.
    pub fn waiting_events(&self, limit: usize) -> Result<Vec<SignedEvent>, DeviceError> {
        let seqs: Vec<u64> = {
            let waiting = hold(&self.waiting);
            waiting.events.iter().filter(|(_, refused)| refused.is_none()).map(|(seq, _)| *seq).take(limit).collect()
        };
        self.own_events(&seqs)
    }

    /// The numbers of the own events that wait, without those that were refused for good.
    pub(crate) fn waiting_seqs(&self) -> Vec<u64> {
        let waiting = hold(&self.waiting);
        waiting.events.iter().filter(|(_, refused)| refused.is_none()).map(|(seq, _)| *seq).collect()
    }

    /// Own events by their numbers.
    pub(crate) fn own_events(&self, seqs: &[u64]) -> Result<Vec<SignedEvent>, DeviceError> {
        let mut events = Vec::with_capacity(seqs.len());
        for seq in seqs.iter().copied() {
            let found = self.event(&EventId { device: self.id.clone(), seq });
            match found {
                Ok(Some(signed)) => events.push(signed),
                Ok(None) | Err(StoreError::Damaged(_)) => {
                    // The journal has it: the store is to be made again.
                    self.ask_rebuild();
                    return Err(StoreError::Damaged(format!("own event {seq}")).into());
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(events)
    }

    /// Events of other devices that are here, after this one, in the order of devices and numbers: what a restored
    /// server may lack.
    pub fn others_events(&self, after: Option<&EventId>, limit: usize) -> Result<Vec<SignedEvent>, DeviceError> {
        let after = after.map(keys::event).unwrap_or_default();
        // Of all that are here only the first ones are held: on a sealed store, to sort means to hold.
        let mut first: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        self.store.each(keys::EVENTS, &mut |key, bytes| {
            let own = keys::event_of(key).is_some_and(|(device, _)| device == self.id.as_str());
            let is_early = first.len() < limit || first.last_key_value().is_some_and(|(last, _)| key < last.as_str());
            if !own && key > after.as_str() && is_early {
                first.insert(key.to_owned(), bytes.to_vec());
                if first.len() > limit {
                    first.pop_last();
                }
            }
            true
        })?;
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|e| StoreError::Damaged(e.to_string()));
        Ok(first.into_values().map(read).collect::<Result<_, _>>()?)
    }

    /// The same without what a hub keeps, or the server has, as the hub said.
    pub fn waiting_beyond_hub(&self, limit: usize) -> Result<Vec<SignedEvent>, DeviceError> {
        let seqs: Vec<u64> = {
            let waiting = hold(&self.waiting);
            let beyond = |seq: &u64| !waiting.held.contains(seq) && !waiting.said.contains(seq);
            let waits = waiting.events.iter().filter(|(seq, refused)| refused.is_none() && beyond(seq));
            waits.map(|(seq, _)| *seq).take(limit).collect()
        };
        self.own_events(&seqs)
    }

    /// How many of the waiting events and photos a hub keeps, as it said.
    pub fn held_counts(&self) -> (u64, u64) {
        let waiting = hold(&self.waiting);
        let events = waiting.held.iter().filter(|seq| waiting.events.get(seq).is_some_and(Option::is_none)).count();
        let photos = waiting.photos.keys().filter(|(_, photo)| waiting.held_photos.contains(photo)).count();
        (events as u64, photos as u64)
    }

    /// Does a hub keep this own event, as it said?
    pub fn is_held(&self, seq: u64) -> bool {
        hold(&self.waiting).held.contains(&seq)
    }

    /// A hub keeps this photo: it waits all the same.
    pub fn photo_held(&self, photo: &PhotoId) {
        hold(&self.waiting).held_photos.insert(photo.clone());
    }

    /// What a hub keeps is to be asked again: it may be another one, or have handed on.
    pub fn forget_held(&self) {
        let mut waiting = hold(&self.waiting);
        waiting.held.clear();
        waiting.held_photos.clear();
    }

    /// How many events and photos wait, and the photos' bytes.
    pub fn waiting_counts(&self) -> (u64, u64, u64) {
        let waiting = hold(&self.waiting);
        let waits = |(seq, refused): &(&u64, &Option<Refusal>)| refused.is_none() && !waiting.said.contains(seq);
        let events = waiting.events.iter().filter(waits).count();
        let photos = || waiting.photos.iter().filter(|((_, photo), _)| !waiting.said_photos.contains(photo));
        (events as u64, photos().count() as u64, photos().map(|(_, bytes)| bytes).sum())
    }

    /// Events that the server refused for good: kept here, and shown.
    pub fn refused_events(&self) -> Vec<(EventId, Refusal)> {
        let waiting = hold(&self.waiting);
        let refused = waiting.events.iter().filter_map(|(seq, refused)| Some((*seq, (*refused)?)));
        refused.map(|(seq, why)| (EventId { device: self.id.clone(), seq }, why)).collect()
    }

    /// What the server said of own events. Only [`Fate::Stored`] and [`Fate::Had`] end the waiting;
    /// [`Refusal::Gap`] does not end it either way.
    pub fn confirm(&self, receipts: &[Receipt]) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        let mut changes = Vec::new();
        for receipt in receipts {
            let Some(event) = receipt.event.as_ref().filter(|e| e.device == self.id) else { continue };
            match &receipt.fate {
                Fate::Stored | Fate::Had => {
                    batch.remove(keys::outbox(event.seq));
                    changes.push((event.seq, None));
                }
                Fate::Refused { code: Refusal::Gap } => {}
                // No receipt: it waits until the server has it.
                Fate::Held => {
                    hold(&self.waiting).held.insert(event.seq);
                }
                Fate::Refused { code } => {
                    batch.put(keys::outbox(event.seq), super::absorb::json(code)?);
                    changes.push((event.seq, Some(*code)));
                }
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        {
            let mut waiting = hold(&self.waiting);
            // Only what still waits: a receipt that comes late must not bring anything back.
            changes.retain(|(seq, _)| waiting.events.contains_key(seq));
            self.store.put(&batch)?;
            for (seq, refused) in changes {
                match refused {
                    None => waiting.events.remove(&seq),
                    Some(code) => waiting.events.insert(seq, Some(code)),
                };
            }
        }
        self.changed(Changed::Sync);
        Ok(())
    }

    /// What a hub said of own events. That the server has one is a hub's word and no receipt: see [`Self::forget_said`].
    pub fn hub_said(&self, receipts: &[Receipt]) -> Result<(), DeviceError> {
        let taken = |receipt: &&Receipt| matches!(receipt.fate, Fate::Stored | Fate::Had);
        let own = |receipt: &Receipt| receipt.event.as_ref().filter(|id| id.device == self.id).map(|id| id.seq);
        let said: Vec<u64> = receipts.iter().filter(taken).filter_map(own).collect();
        let rest: Vec<Receipt> = receipts.iter().filter(|receipt| !taken(receipt)).cloned().collect();
        if !said.is_empty() {
            let mut batch = Batch::default();
            said.iter().for_each(|seq| batch.put(keys::said(*seq), "null"));
            let mut waiting = hold(&self.waiting);
            self.store.put(&batch)?;
            said.iter().for_each(|seq| {
                waiting.held.remove(seq);
            });
            waiting.said.extend(said);
            drop(waiting);
            self.changed(Changed::Sync);
        }
        self.confirm(&rest)
    }

    /// A hub says that the server has this photo. Its bytes stay, and the server is asked itself when it is reached.
    pub fn hub_said_photo(&self, photo: &PhotoId) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        batch.put(keys::said_photo(photo), "null");
        {
            let mut waiting = hold(&self.waiting);
            self.store.put(&batch)?;
            waiting.held_photos.remove(photo);
            waiting.said_photos.insert(photo.clone());
        }
        self.changed(Changed::Sync);
        Ok(())
    }

    /// Does a hub say that the server has this photo?
    pub fn is_photo_said(&self, photo: &PhotoId) -> bool {
        hold(&self.waiting).said_photos.contains(photo)
    }

    /// The server itself is here: what only a hub said counts no more, and is offered to the server.
    pub fn forget_said(&self) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        let mut waiting = hold(&self.waiting);
        waiting.said.iter().for_each(|seq| batch.remove(keys::said(*seq)));
        waiting.said_photos.iter().for_each(|photo| batch.remove(keys::said_photo(photo)));
        if waiting.said.is_empty() && waiting.said_photos.is_empty() {
            return Ok(());
        }
        self.store.put(&batch)?;
        waiting.said.clear();
        waiting.said_photos.clear();
        Ok(())
    }

    /// Photos that the server does not have, the oldest evidence first. Photos whose event was refused for good are
    /// left out; photos whose event waits come too (send events first).
    pub fn waiting_photos(&self) -> Vec<WaitingPhoto> {
        let waiting = hold(&self.waiting);
        let refused = |seq: &u64| waiting.events.get(seq).is_some_and(Option::is_some);
        let photos = waiting.photos.iter().filter(|((seq, _), _)| !refused(seq));
        photos.map(|((seq, photo), bytes)| WaitingPhoto { photo: photo.clone(), bytes: *bytes, seq: *seq }).collect()
    }

    /// The server holds this photo, durably. The bytes stay here until room is needed, see `PhotoFiles::remove`.
    pub fn photo_sent(&self, receipt: &PhotoReceipt) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        {
            let mut waiting = hold(&self.waiting);
            let here = |at: &(u64, PhotoId), bytes: u64| at.1 == receipt.photo && bytes == receipt.bytes;
            let ended: Vec<_> =
                waiting.photos.iter().filter(|(at, b)| here(at, **b)).map(|(at, _)| at.clone()).collect();
            ended.iter().for_each(|(seq, photo)| batch.remove(keys::photo(*seq, photo)));
            self.store.put(&batch)?;
            for at in ended {
                waiting.photos.remove(&at);
            }
        }
        self.changed(Changed::Sync);
        Ok(())
    }

    /// Everything own waits again, and everything is pulled again: the server's epoch is another one, or it knows
    /// less than it did. The server answers "had" to what it has.
    pub fn wait_again(&self) -> Result<(), DeviceError> {
        let head = hold(&self.head);
        let mut batch = Batch::default();
        let mut photos = Vec::new();
        for seq in 1..head.next_seq {
            let id = EventId { device: self.id.clone(), seq };
            let Some(signed) = self.event(&id)? else { continue };
            batch.put(keys::outbox(seq), "null");
            if let Ok(event) = signed.event()
                && let huce_core::body::Body::Photo(photo) = event.body
                && self.files.has(&photo.photo)
            {
                batch.put(keys::photo(seq, &photo.photo), super::absorb::json(&photo.bytes)?);
                photos.push(((seq, photo.photo), photo.bytes));
            }
        }
        self.store.each(keys::CURSORS, &mut |key, _| (batch.remove(key), true).1)?;
        self.store.each(keys::SAID, &mut |key, _| (batch.remove(key), true).1)?;
        let mut waiting = hold(&self.waiting);
        self.store.put(&batch)?;
        waiting.said.clear();
        waiting.said_photos.clear();
        waiting.events = (1..head.next_seq).map(|seq| (seq, None)).collect();
        waiting.photos.extend(photos);
        drop(waiting);
        drop(head);
        self.store.flush()?;
        self.changed(Changed::Sync);
        Ok(())
    }

    /// What was refused is sent once more: the answer may be another one now.
    pub fn retry_refused(&self) -> Result<(), DeviceError> {
        let mut batch = Batch::default();
        let mut waiting = hold(&self.waiting);
        for (seq, _) in waiting.events.iter().filter(|(_, refused)| refused.is_some()) {
            batch.put(keys::outbox(*seq), "null");
        }
        self.store.put(&batch)?;
        waiting.events.values_mut().for_each(|refused| *refused = None);
        Ok(())
    }

    /// Takes note of the server's epoch; when it is another one than before, everything own waits again (true).
    pub fn note_epoch(&self, epoch: u64) -> Result<bool, DeviceError> {
        let before = hold(&self.book).epoch;
        if before == Some(epoch) {
            return Ok(false);
        }
        if before.is_some() {
            self.wait_again()?;
        }
        self.edit_book(|book| {
            book.epoch = Some(epoch);
            book.relay |= before.is_some();
        })?;
        Ok(before.is_some())
    }

    /// Who uses the tablet and what they may see.
    pub fn profile(&self) -> Option<Profile> {
        hold(&self.book).profile.clone()
    }

    /// Sets it, durably.
    pub fn set_profile(&self, profile: Profile) -> Result<(), DeviceError> {
        self.edit_book(|book| book.profile = Some(profile))
    }

    /// What runs now, for the sync page; none when nothing does.
    pub fn set_progress(&self, progress: Option<huce_core::ipc::sync::SyncProgress>) {
        *hold(&self.progress) = progress;
        self.changed(Changed::Sync);
    }

    /// When photos go, and whether they wait now.
    pub fn photo_rule(&self) -> PhotoRuleState {
        let rule = hold(&self.book).photo_rule;
        let metered = crate::network::is_metered();
        PhotoRuleState { rule, metered, waits: rule.wait || (rule.only_unmetered && metered == Some(true)) }
    }

    /// The most kB a second of photos.
    pub fn photo_limit(&self) -> Option<u32> {
        hold(&self.book).photo_rule.limit_kb_s
    }

    /// How the sync is.
    pub fn sync_state(&self) -> SyncState {
        let book = self.book();
        let (events_waiting, photos_waiting, photo_bytes_waiting) = self.waiting_counts();
        SyncState {
            url: book.url,
            events_waiting,
            photos_waiting,
            photo_bytes_waiting,
            running: *hold(&self.progress),
            last_success_ms: book.last_success_ms,
            last_error: book.last_error,
            refused: self.refused_events(),
            offset_ms: book.offset_ms,
            online: book.online,
            hub: book.hub.map(|url| {
                let (events, photos) = self.held_counts();
                HubState { url, last_ms: book.hub_ms, events, photos }
            }),
        }
    }

    /// Returns after everything in the store survives a power cut.
    pub fn flush(&self) -> Result<(), DeviceError> {
        Ok(self.store.flush()?)
    }
}
