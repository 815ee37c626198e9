//! When a tablet's numbers were used a second time (its folder was copied, or put back from a copy), the server keeps
//! the newer branch aside and refuses it. The tablet is enrolled anew then: a new folder with a new key, into which
//! everything of the branch is recorded again under the new identity. The old folder stays as it is.

use std::collections::BTreeMap;

use huce_core::{
    body::Body,
    event::{Event, EventError, SignedEvent},
    ids::{EventId, PhotoId},
    ipc::Changed,
    wire::Refusal,
};
use serde_json::Value;

use super::{Device, DeviceError, Head, hold};
use crate::{
    journal::{Entry, KeptStep, Opened},
    photo::files::Found,
    store::Batch,
};

impl Device {
    /// Is this tablet a copy of another one, as the server sees it? Then it has to be enrolled anew.
    pub fn is_forked(&self) -> bool {
        hold(&self.waiting).events.values().any(|refused| is_branch(*refused))
    }

    /// The number at which the branch begins: that of the first own event that the server keeps aside as one.
    pub fn branch_from(&self) -> Option<u64> {
        hold(&self.waiting).events.iter().find(|(_, refused)| is_branch(**refused)).map(|(seq, _)| *seq)
    }

    /// Own events that the server keeps aside because their numbers were used for others, in order; and those after them
    /// that it has not seen yet: they are of the same branch.
    pub fn branch(&self) -> Result<Vec<SignedEvent>, DeviceError> {
        let first = self.branch_from().unwrap_or(u64::MAX);
        let seqs: Vec<u64> = {
            let waiting = hold(&self.waiting);
            let of_it = |(seq, refused): &(&u64, &Option<Refusal>)| {
                is_branch(**refused) || (**seq > first && (refused.is_none() || **refused == Some(Refusal::Gap)))
            };
            waiting.events.iter().filter(of_it).map(|(seq, _)| *seq).collect()
        };
        let mut events = Vec::with_capacity(seqs.len());
        for seq in seqs {
            events.extend(self.event(&EventId { device: self.id.clone(), seq })?);
        }
        Ok(events)
    }

    /// Records the branch of another folder's tablet again, under this one's identity: the same acts of the same people
    /// at the same times, naming one another by their new identities. All of it or nothing, and safe to repeat: what was
    /// carried over before is only told. Gives the old and the new identity of each.
    pub fn carry_over(&self, from: &Self) -> Result<Vec<(EventId, EventId)>, DeviceError> {
        let mut head = hold(&self.head);
        let mut branch = Vec::new();
        for signed in from.branch()? {
            branch.push(signed.event()?);
        }
        // A device gives a timestamp once: what is here with the same one was carried over before.
        let own = self.events()?.into_iter().filter_map(|signed| signed.event().ok()).filter(|e| e.device == self.id);
        let here: BTreeMap<_, _> = own.map(|event| ((event.at, event.person.clone()), event.id())).collect();
        let before = |event: &Event| here.get(&(event.at, event.person.clone())).cloned();
        let mut seqs = head.next_seq..;
        let mut names: BTreeMap<EventId, EventId> = BTreeMap::new();
        for event in &branch {
            let new = before(event).or_else(|| Some(EventId { device: self.id.clone(), seq: seqs.next()? }));
            names.extend(new.map(|new| (event.id(), new)));
        }
        branch.retain(|event| before(event).is_none());
        let texts = names.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
        let (mut prev, mut at) = (head.prev.clone(), head.at);
        let mut signed = Vec::with_capacity(branch.len());
        for old in branch {
            let Some(new) = names.get(&old.id()) else { continue };
            if let Body::Photo(photo) = &old.body {
                self.carry_photo(from, &photo.photo)?;
            }
            let event = Event {
                device: self.id.clone(),
                seq: new.seq,
                prev: prev.take(),
                body: renamed(&old.body, &texts)?,
                ..old
            };
            let one = SignedEvent::sign(&event, &self.key)?;
            prev = Some(one.hash());
            at = at.max(event.at);
            signed.push((one, event));
        }
        let Some((_, last)) = signed.last() else { return Ok(names.into_iter().collect()) };
        let next_seq = last.seq + 1;
        let events = signed.iter().map(|(one, _)| one.clone()).collect();
        let entry = self.keep(&[Entry::Events { events, closes: None }])?;
        *head = Head { next_seq, prev, at };
        let mut batch = Batch::default();
        if let Err(e) = self.mark(&mut batch, entry, &head).and_then(|()| self.absorb(&signed, batch, true, None)) {
            self.fall_behind(&e);
        }
        drop(head);
        self.changed(Changed::Doors);
        Ok(names.into_iter().collect())
    }

    fn carry_photo(&self, from: &Self, photo: &PhotoId) -> Result<(), DeviceError> {
        if let Found::Whole(bytes) = from.files.get(photo)? {
            let thumb = from.files.thumb(photo)?.whole().unwrap_or_default();
            self.files.put(photo, &bytes, &thumb)?;
        }
        Ok(())
    }

    /// Brings the other folder's open forms along, with their photos and workbooks. `names`: what [`Self::carry_over`]
    /// gave. Safe to repeat.
    pub fn carry_drafts(&self, from: &Self, names: &[(EventId, EventId)]) -> Result<(), DeviceError> {
        for old in from.drafts() {
            let draft = old.opened.draft.clone();
            if let Some(workbook) = from.form_bytes(&old.opened.form)? {
                self.keep_form(&old.opened.form, &workbook)?;
            }
            if self.draft(&draft).is_some() {
                // Perhaps not all of it.
                self.keep_draft(Entry::Discarded { draft: draft.clone() })?;
            }
            let renamed = |id: EventId| names.iter().find(|(was, _)| *was == id).map_or(id, |(_, is)| is.clone());
            let corrects = old.opened.corrects.clone().map(renamed);
            self.keep_draft(Entry::Opened(Opened { corrects, ..old.opened }))?;
            for photo in old.photos {
                self.carry_photo(from, &photo.photo)?;
                self.keep_draft(Entry::DraftPhoto { draft: draft.clone(), photo })?;
            }
            for step in old.steps {
                let step = KeptStep { draft: draft.clone(), step: Some(step), at: None, kept_ms: old.kept_ms };
                self.keep_draft(Entry::Step(step))?;
            }
            let step = KeptStep { draft, step: None, at: old.at, kept_ms: old.kept_ms };
            self.keep_draft(Entry::Step(step))?;
        }
        Ok(())
    }
}

fn is_branch(refused: Option<Refusal>) -> bool {
    matches!(refused, Some(Refusal::Forked | Refusal::Chain))
}

/// The body with every identity in it that has a new one: replaced assertions, plans and requests named by their
/// events, corrected visits.
fn renamed(body: &Body, texts: &BTreeMap<String, String>) -> Result<Body, EventError> {
    let unreadable = |e: serde_json::Error| EventError::Unreadable(e.to_string());
    let mut value = serde_json::to_value(body).map_err(unreadable)?;
    rename(&mut value, texts);
    serde_json::from_value(value).map_err(unreadable)
}

fn rename(value: &mut Value, texts: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(new) = texts.get(text) {
                new.clone_into(text);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|v| rename(v, texts)),
        Value::Object(all) => all.values_mut().for_each(|v| rename(v, texts)),
        _ => {}
    }
}
