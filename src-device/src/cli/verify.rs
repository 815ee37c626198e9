//! `verify`: are the events that were said to be saved still there, whole, and visible? What was said is checked
//! against the journal's bytes first, before anything is opened that might make something good again.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use ed25519_dalek::VerifyingKey;
use huce_core::{
    body::Body,
    event::{Event, SignedEvent},
    ids::EventId,
};
use huce_device::{
    Device,
    clock::SystemClock,
    identity,
    journal::{self, Entry},
};
use serde_json::json;

/// What the journal holds of one event.
struct Found {
    hash: String,
    event: Event,
    whole: bool,
}

/// Holds when every id is there and whole; without ids, when everything else is, too.
pub fn run(store: &Path, acked: Option<&Path>, pin: Option<&str>) -> Result<bool> {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let text = acked.map(read).transpose()?.unwrap_or_default();
    if !store.join(identity::FILE).exists() {
        bail!("{} is no tablet's folder", store.display());
    }
    let keys = super::pin::keys(store, pin)?;
    let key = identity::open(store, keys.as_ref().map(|keys| &keys.files))?.verifying_key();
    let back = journal::read(&store.join("journal"), keys.as_ref().map(|keys| &keys.journal))?;
    let found = index(back.entries.values(), &key);
    // Opened after that: the view is what the next start makes of it.
    let device = Device::open_with_pin(store, SystemClock, pin)?;
    let (mut checked, mut missing, mut damaged) = (0_u64, Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        checked += 1;
        let Ok(id) = line.parse::<EventId>() else {
            damaged.push(line.to_owned());
            continue;
        };
        match found.get(&id) {
            None => missing.push(line.to_owned()),
            Some(one) if !one.whole => damaged.push(line.to_owned()),
            Some(one) if !is_in_view(&device, &id, one)? => missing.push(line.to_owned()),
            Some(_) => {}
        }
    }
    let torn: Vec<_> = back.damage.iter().map(ToString::to_string).collect();
    let check = device.check()?;
    super::print(&json!({
        "checked": checked, "missing": missing, "damaged": damaged,
        "journal": { "events": found.len(), "damage": torn, "missing": back.missing }, "reports": device.reports(),
        "check": check,
    }))?;
    let whole = acked.is_some() || (back.is_whole() && check.is_whole());
    Ok(missing.is_empty() && damaged.is_empty() && whole)
}

/// Events by identity; whole means: the signature fits, and the chain from the event before.
fn index<'a>(entries: impl Iterator<Item = &'a Entry>, key: &VerifyingKey) -> BTreeMap<EventId, Found> {
    let mut found: BTreeMap<EventId, Found> = BTreeMap::new();
    let events = entries.flat_map(|e| if let Entry::Events { events, .. } = e { events.as_slice() } else { &[] });
    for signed in events {
        let Ok(event) = signed.event() else { continue };
        let whole = signed.verify(key).is_ok();
        let one = Found { hash: signed.hash(), whole, event };
        let id = one.event.id();
        if found.get(&id).is_none_or(|before| !before.whole) {
            found.insert(id, one);
        }
    }
    let hashes: BTreeMap<EventId, String> = found.iter().map(|(id, f)| (id.clone(), f.hash.clone())).collect();
    for (id, one) in &mut found {
        let before = id.seq.checked_sub(1).map(|seq| EventId { device: id.device.clone(), seq });
        let before = before.and_then(|id| hashes.get(&id));
        one.whole &= match (before, &one.event.prev) {
            (Some(hash), prev) => prev.as_ref() == Some(hash),
            (None, prev) => id.seq > 1 || prev.is_none(),
        };
    }
    found
}

fn is_in_view(device: &Device, id: &EventId, one: &Found) -> Result<bool> {
    let same = |signed: SignedEvent| signed.hash() == one.hash;
    if !device.event(id)?.is_some_and(same) {
        return Ok(false);
    }
    Ok(match (&one.event.body, &one.event.household) {
        (Body::Visit(_), Some(household)) => device.door(household)?.visits.contains_key(id),
        (Body::Edit(edit), _) => device.record_of(edit.noun, &edit.id)?.is_some(),
        _ => true,
    })
}
