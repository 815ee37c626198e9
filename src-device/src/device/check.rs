//! The whole of a tablet's folder, read and compared: what a start leaves out because a person waits for it.

use std::collections::BTreeSet;

use huce_core::{body::Body, event::SignedEvent, projection::Doc};
use serde::Serialize;

use super::{Device, DeviceError};
use crate::{
    journal::{DamageKind, Entry},
    photo::files::Found,
    store::StoreError,
};

/// What was found. Empty lists: everything is as it was written.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Check {
    /// Whole entries of the journal.
    pub journal_entries: usize,
    /// Damage in the journal, entries that are missing.
    pub journal: Vec<String>,
    /// Values of the store that cannot be read, own events that it lacks.
    pub store: Vec<String>,
    /// Photos whose bytes are not those of their names.
    pub photos: Vec<String>,
}

impl Check {
    /// Is everything as it was written?
    pub fn is_whole(&self) -> bool {
        self.journal.is_empty() && self.store.is_empty() && self.photos.is_empty()
    }
}

impl Device {
    /// Reads everything. A damaged store is marked, so that the next start makes it again.
    ///
    /// # Errors
    /// The disk refuses; damage is an answer.
    pub fn check(&self) -> Result<Check, DeviceError> {
        let back = self.journal.read_all()?;
        let mut check = Check { journal_entries: back.entries.len(), ..Check::default() };
        let hurt = back.damage.iter().filter(|d| d.kind != DamageKind::TornTail);
        check.journal.extend(hurt.map(ToString::to_string));
        check.journal.extend(back.missing.iter().map(|m| format!("entries {} to {} are missing", m.start(), m.end())));
        let mut photos = BTreeSet::new();
        for signed in back.entries.values().flat_map(events) {
            let Ok(event) = signed.event() else {
                check.journal.push("an event cannot be read".to_owned());
                continue;
            };
            if let Body::Photo(photo) = &event.body {
                photos.insert(photo.photo.clone());
            }
            match self.event(&event.id()) {
                Ok(Some(stored)) if stored.hash() == signed.hash() => {}
                Ok(_) => check.store.push(format!("event {} is not there as it was saved", event.id())),
                Err(StoreError::Damaged(why)) => check.store.push(why),
                Err(e) => return Err(e.into()),
            }
        }
        match self.store.verify() {
            Err(StoreError::Damaged(why)) => check.store.push(why),
            verified => verified?,
        }
        // One damaged value ends a scan: each kind is looked at apart.
        for prefix in ["c/", "d/", "e/", "f/", "h/", "i/", "m/", "o/", "p/", "q/", "r/", "t/"] {
            let mut unread = 0_u64;
            let scanned = self.store.each(prefix, &mut |_, bytes| {
                let documents = matches!(prefix, "d/" | "f/" | "r/");
                unread += u64::from(documents && serde_json::from_slice::<Doc>(bytes).is_err());
                true
            });
            match scanned {
                Err(StoreError::Damaged(why)) => check.store.push(why),
                scanned => scanned?,
            }
            if unread > 0 {
                check.store.push(format!("{unread} documents of {prefix}"));
            }
        }
        for held in self.files.list()? {
            photos.remove(&held.photo);
            if let Found::Damaged { bytes } = self.files.get(&held.photo)? {
                check.photos.push(format!("photo {}: {bytes} bytes that are not its own", held.photo));
            }
        }
        // Photos that the server has may be gone; those that wait for it may not.
        let waiting: BTreeSet<_> = self.waiting_photos().into_iter().map(|w| w.photo).collect();
        check.photos.extend(photos.intersection(&waiting).map(|photo| format!("photo {photo} is gone")));
        if !check.store.is_empty() {
            self.ask_rebuild();
        }
        Ok(check)
    }
}

fn events(entry: &Entry) -> &[SignedEvent] {
    if let Entry::Events { events, .. } = entry { events } else { &[] }
}
