//! When a tablet's numbers were used a second time (its folder was copied, or put back from a copy), the server keeps
//! the newer branch aside and refuses it. The tablet is enrolled anew then: a new folder with a new key, into which
//! everything of the branch is recorded again under the new identity. The old folder stays as it is.

use std::collections::BTreeMap;

use huce_core::{
    body::Body,
    event::{Event, EventError, SignedEvent},
    ids::EventId,
    ipc::Changed,
    wire::Refusal,
};
use serde_json::Value;

use super::{Device, DeviceError, Head, hold};
use crate::{journal::Entry, photo::files::Found, store::Batch};

impl Device {
    /// Is this tablet a copy of another one, as the server sees it? Then it has to be enrolled anew.
    pub fn is_forked(&self) -> bool {
        hold(&self.waiting).events.values().any(|refused| is_branch(*refused))
    }

    /// Own events that the server keeps aside because their numbers were used for others, in order.
    pub fn branch(&self) -> Result<Vec<SignedEvent>, DeviceError> {
        let seqs: Vec<u64> = {
            let waiting = hold(&self.waiting);
            waiting.events.iter().filter(|(_, refused)| is_branch(**refused)).map(|(seq, _)| *seq).collect()
        };
        let mut events = Vec::with_capacity(seqs.len());
        for seq in seqs {
            events.extend(self.event(&EventId { device: self.id.clone(), seq })?);
        }
        Ok(events)
    }

    /// Records the branch of another folder's tablet again, under this one's identity: the same acts of the same people
    /// at the same times, naming one another by their new identities. All of it or nothing, and safe to repeat. Gives
    /// the old and the new identity of each.
    pub fn carry_over(&self, from: &Self) -> Result<Vec<(EventId, EventId)>, DeviceError> {
        let mut head = hold(&self.head);
        let mut branch = Vec::new();
        for signed in from.branch()? {
            branch.push(signed.event()?);
        }
        // A device gives a timestamp once: what is here with the same one was carried over before.
        let own = self.events()?.into_iter().filter_map(|signed| signed.event().ok()).filter(|e| e.device == self.id);
        let here: BTreeMap<_, _> = own.map(|event| ((event.at, event.person.clone()), event.id())).collect();
        if branch.first().is_some_and(|first| here.contains_key(&(first.at, first.person.clone()))) {
            let pairs = branch.iter().filter_map(|e| Some((e.id(), here.get(&(e.at, e.person.clone()))?.clone())));
            return Ok(pairs.collect());
        }
        let names = (head.next_seq..).map(|seq| EventId { device: self.id.clone(), seq });
        let names: BTreeMap<EventId, EventId> = branch.iter().map(Event::id).zip(names).collect();
        let texts = names.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect();
        let (mut prev, mut at) = (head.prev.clone(), head.at);
        let mut signed = Vec::with_capacity(branch.len());
        for old in branch {
            let Some(new) = names.get(&old.id()) else { continue };
            if let Body::Photo(photo) = &old.body
                && let Found::Whole(bytes) = from.files.get(&photo.photo)?
            {
                let thumb = from.files.thumb(&photo.photo)?.whole().unwrap_or_default();
                self.files.put(&photo.photo, &bytes, &thumb)?;
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
        let Some((_, last)) = signed.last() else { return Ok(Vec::new()) };
        let next_seq = last.seq + 1;
        let events = signed.iter().map(|(one, _)| one.clone()).collect();
        let entry = self.keep(&[Entry::Events { events, closes: None }])?;
        *head = Head { next_seq, prev, at };
        let mut batch = Batch::default();
        if let Err(e) = self.mark(&mut batch, entry, &head).and_then(|()| self.absorb(&signed, batch, true)) {
            self.fall_behind(&e);
        }
        drop(head);
        self.changed(Changed::Doors);
        Ok(names.into_iter().collect())
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
