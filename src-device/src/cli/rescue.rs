//! `rescue`: what only this tablet may have, out of a folder whose store no longer opens. Reads the journal and the
//! photos and nothing else, changes nothing in the folder, and takes everything: which events the server confirmed is
//! written in the store only, and the server answers "had" to what it has.
//!
//! A line of the file: `{"event": {"id", "payload", "sig"}}` or `{"draft": {"opened", "steps", "photos"}}`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use huce_core::{
    body::{Body, Photo},
    event::SignedEvent,
    ids::{DraftId, EventId, PhotoId},
};
use huce_device::{
    disk,
    journal::{self, DamageKind, Entry},
    photo::files::{Found, PhotoFiles},
    vault::Keys,
};
use serde_json::{Value, json};

pub fn run(store: &Path, to: &Path, pin: Option<&str>) -> Result<bool> {
    let folder = store.join("journal");
    if !folder.is_dir() {
        bail!("{} holds no journal", store.display());
    }
    if to.exists() {
        bail!("{} is there already: an earlier rescue is not written over", to.display());
    }
    let keys = super::pin::keys(store, pin)?;
    let back = journal::read(&folder, keys.as_ref().map(|keys| &keys.journal))?;
    let mut events: BTreeMap<EventId, SignedEvent> = BTreeMap::new();
    let mut drafts: BTreeMap<DraftId, Value> = BTreeMap::new();
    // With the ending that a copy of it gets.
    let mut photos: BTreeMap<PhotoId, String> = BTreeMap::new();
    let mut unreadable = 0_u64;
    for entry in back.entries.into_values() {
        match entry {
            Entry::Events { events: some, closes } => {
                for signed in some {
                    let Ok(event) = signed.event() else {
                        unreadable += 1;
                        continue;
                    };
                    if let Body::Photo(photo) = &event.body {
                        photos.insert(photo.photo.clone(), ending(photo));
                    }
                    events.insert(event.id(), signed);
                }
                drop(closes.map(|draft| drafts.remove(&draft)));
            }
            Entry::Opened(opened) => {
                let draft = json!({ "opened": opened, "steps": [], "photos": [] });
                drafts.insert(opened.draft, draft);
            }
            Entry::Step(kept) => add(&mut drafts, &kept.draft, "steps", kept.step),
            Entry::DraftPhoto { draft, photo } => {
                add(&mut drafts, &draft, "photos", Some(json!(photo)));
                photos.insert(photo.photo.clone(), ending(&photo));
            }
            Entry::Discarded { draft } => drop(drafts.remove(&draft)),
        }
    }
    let mut text = Vec::new();
    for (id, signed) in &events {
        line(&mut text, id, signed)?;
    }
    for draft in drafts.values() {
        serde_json::to_writer(&mut text, &json!({ "draft": draft }))?;
        text.push(b'\n');
    }
    let (copied, lost) = copy_photos(store, to, &photos, keys.as_ref())?;
    disk::write_whole(to, &text, true).with_context(|| to.display().to_string())?;
    let hurt = |kind| !matches!(kind, DamageKind::TornTail);
    let holds = unreadable == 0
        && back.missing.is_empty()
        && !back.damage.iter().any(|d| hurt(d.kind))
        && lost.iter().all(|(_, damaged)| !damaged);
    super::print(&json!({
        "events": events.len(), "unreadable": unreadable, "drafts": drafts.len(), "photos": copied,
        "photos_not_here": lost.iter().filter(|(_, damaged)| !damaged).map(|(p, _)| p).collect::<Vec<_>>(),
        "photos_damaged": lost.iter().filter(|(_, damaged)| *damaged).map(|(p, _)| p).collect::<Vec<_>>(),
        "damage": back.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))?;
    Ok(holds)
}

/// The payload is written byte for byte as it was signed: a value that was parsed and printed again may differ.
fn line(text: &mut Vec<u8>, id: &EventId, signed: &SignedEvent) -> Result<()> {
    let head = format!("{{\"event\":{{\"id\":{},\"payload\":{},\"sig\":", json!(id), signed.payload.get());
    text.extend_from_slice(head.as_bytes());
    serde_json::to_writer(&mut *text, &signed.sig)?;
    text.extend_from_slice(b"}}\n");
    Ok(())
}

fn add(drafts: &mut BTreeMap<DraftId, Value>, draft: &DraftId, list: &str, item: Option<Value>) {
    let list = drafts.get_mut(draft).and_then(|d| d.get_mut(list)).and_then(Value::as_array_mut);
    if let Some(list) = list {
        list.extend(item);
    }
}

/// `jpg`; of a recording or a file what its name ends with, so that the office can open it.
fn ending(photo: &Photo) -> String {
    let Some(attached) = &photo.attached else { return "jpg".to_owned() };
    let ending = Path::new(&attached.name).extension().and_then(|ending| ending.to_str());
    ending.filter(|e| e.bytes().all(|b| b.is_ascii_alphanumeric())).unwrap_or("bin").to_owned()
}

/// Copies what is there; a photo whose bytes are not those of its name is copied too, under another name.
fn copy_photos(
    store: &Path,
    to: &Path,
    photos: &BTreeMap<PhotoId, String>,
    keys: Option<&Keys>,
) -> Result<(u64, Vec<(PhotoId, bool)>)> {
    let files = PhotoFiles::reading(store, keys);
    let mut name = to.file_name().context("--to names no file")?.to_owned();
    name.push(".photos");
    let folder: PathBuf = to.with_file_name(name);
    let (mut copied, mut lost) = (0, Vec::new());
    for (photo, ending) in photos {
        let (bytes, whole) = match files.get(photo)? {
            Found::Whole(bytes) => (bytes, true),
            Found::Damaged { .. } => (files.salvage(photo)?, false),
            Found::Missing => {
                lost.push((photo.clone(), false));
                continue;
            }
        };
        fs::create_dir_all(&folder)?;
        let damaged = if whole { "" } else { "damaged." };
        disk::write_whole(&folder.join(format!("{photo}.{damaged}{ending}")), &bytes, true)?;
        if whole {
            copied += 1;
        } else {
            lost.push((photo.clone(), true));
        }
    }
    Ok((copied, lost))
}
