//! What tablets hand in to a hub: kept, durably, until the server has it. Checked is only that it is what a known device
//! signed.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;
use huce_core::{
    body::Body,
    event::{EventError, SignedEvent},
    ids::{DeviceId, EventId, GridId, PhotoId},
    wire::{Fate, Receipt, Refusal},
};

use crate::{
    app::App,
    intake::place_of,
    store::{Conn, Result, hub, photos, stream},
};

/// Takes a batch; one receipt an event, in their order.
///
/// # Errors
/// When the database fails: then nothing of the batch was kept.
pub async fn take(app: &App, events: Vec<SignedEvent>, by: &DeviceId) -> Result<Vec<Receipt>> {
    let now_ms = app.now_ms();
    let mut write = app.store.write().await?;
    let mut keys: BTreeMap<DeviceId, Option<VerifyingKey>> = BTreeMap::new();
    let mut receipts = Vec::with_capacity(events.len());
    let mut kept = false;
    for signed in events {
        let Some((device, seq)) = place_of(&signed) else {
            receipts.push(Receipt { event: None, fate: no(Refusal::Unreadable) });
            continue;
        };
        if !keys.contains_key(&device) {
            let key = hub::key(&mut write, &device).await?;
            keys.insert(device.clone(), key);
        }
        let id = EventId { device, seq };
        let fate = match keys.get(&id.device).and_then(Option::as_ref).map(|key| signed.verify(key)) {
            None => no(Refusal::NotYours),
            Some(Err(EventError::Signature)) => no(Refusal::Signature),
            Some(Err(_)) => no(Refusal::Unreadable),
            Some(Ok(())) => {
                let hash = signed.hash();
                let there = stream::hashes(&mut write, &id.device, seq, seq).await?;
                if there.get(&seq) == Some(&hash) {
                    Fate::Had
                } else {
                    kept = true;
                    name_photos(&mut write, &signed, None).await?;
                    hub::hold(&mut write, &id, &signed, &hash, id.device == *by, now_ms).await?
                }
            }
        };
        receipts.push(Receipt { event: Some(id), fate });
    }
    write.commit().await?;
    if kept && let Some(hub) = &app.hub {
        hub.wake();
    }
    Ok(receipts)
}

fn no(code: Refusal) -> Fate {
    Fate::Refused { code }
}

/// Notes which photos an event names: its device may bring them then.
pub(super) async fn name_photos(conn: &mut Conn, signed: &SignedEvent, stream: Option<&GridId>) -> Result<()> {
    let Ok(event) = signed.event() else { return Ok(()) };
    let grid = stream.unwrap_or(&event.grid);
    let mut named: BTreeSet<(&PhotoId, &GridId)> = BTreeSet::new();
    match &event.body {
        Body::Visit(visit) => named.extend(visit.photos.iter().map(|photo| (photo, grid))),
        Body::Photo(photo) => {
            named.insert((&photo.photo, grid));
        }
        Body::Duty(duty) => named.extend(duty.photos.iter().map(|photo| (photo, grid))),
        _ => {}
    }
    for (photo, grid) in named {
        photos::name(conn, photo, grid, &event.device).await?;
    }
    Ok(())
}
