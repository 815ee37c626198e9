//! Journal and store, brought to the same events. After an orderly start only what came after the mark is compared;
//! where the store is new, or something is damaged, everything is.

use std::collections::BTreeMap;

use huce_core::event::SignedEvent;

use super::{Both, Device, DeviceError, Head, hold};
use crate::{
    journal::{Entry, ReadBack},
    keys,
    store::{Batch, StoreError},
};

/// How many events are taken in at once when the store is made again.
const AT_ONCE: usize = 500;

pub(super) fn run(device: &Device, back: &ReadBack, all: bool) -> Result<(), DeviceError> {
    let mut own: BTreeMap<u64, Both> = BTreeMap::new();
    let events =
        back.entries.values().filter_map(|e| if let Entry::Events { events, .. } = e { Some(events) } else { None });
    for signed in events.flatten() {
        match signed.event() {
            Ok(event) if event.device == device.id => {
                own.insert(event.seq, (signed.clone(), event));
            }
            Ok(_) => device.report("the journal holds an event of another device".to_owned()),
            Err(e) => device.report(format!("an event in the journal cannot be read: {e}")),
        }
    }
    let mut missing = Vec::new();
    for both in own.values() {
        if device.store.get(&keys::event(&both.1.id()))?.is_none() {
            missing.push(both.clone());
        }
    }
    for some in missing.chunks(AT_ONCE) {
        device.absorb(some, Batch::default(), true, None)?;
    }
    if all {
        let lost = lost_by_journal(device, &own)?;
        if !lost.is_empty() {
            device.report(format!("{} events came back from the store into the journal", lost.len()));
            let events = lost.iter().map(|(signed, _)| signed.clone()).collect();
            device.keep(&[Entry::Events { events, closes: None }])?;
            own.extend(lost.into_iter().map(|both| (both.1.seq, both)));
        }
        report_gaps(device, &own);
    }
    let mut head = hold(&device.head);
    if let Some((signed, event)) = own.values().next_back() {
        let at = own.values().map(|(_, e)| e.at).max().unwrap_or(event.at).max(head.at);
        if event.seq >= head.next_seq {
            *head = Head { next_seq: event.seq + 1, prev: Some(signed.hash()), at };
        } else {
            head.at = at;
        }
    }
    Ok(())
}

/// Own events that the store has and the journal has not, in the order of their numbers.
fn lost_by_journal(device: &Device, own: &BTreeMap<u64, Both>) -> Result<Vec<Both>, StoreError> {
    let mut lost = BTreeMap::new();
    device.store.each(&format!("e/{}/", device.id), &mut |key, bytes| {
        let seq = key.rsplit('/').next().and_then(|n| n.parse::<u64>().ok());
        if seq.is_none_or(|seq| !own.contains_key(&seq))
            && let Ok(signed) = serde_json::from_slice::<SignedEvent>(bytes)
            && let Ok(event) = signed.event()
        {
            lost.insert(event.seq, (signed, event));
        }
        true
    })?;
    Ok(lost.into_values().collect())
}

fn report_gaps(device: &Device, own: &BTreeMap<u64, Both>) {
    let mut next = 1;
    for seq in own.keys() {
        if *seq > next {
            device.report(format!("own events {next} to {} are missing", seq - 1));
        }
        next = seq + 1;
    }
}
