//! A tablet's folder with one of everything in it: doors, visits, a plan, photos that wait, an open draft, a refused
//! event, events of another tablet, the book of the server.

use std::path::Path;

use anyhow::Result;
use huce_core::{
    body::{Body, Noun, Outcome, Photo, PhotoRole, Visit},
    grid::{Grid, Level},
    household::field,
    ids::{EventId, GridId, HouseholdId, PersonId, PhotoId},
    ipc::visit::{BeginVisit, KeepStep},
    person::{Person, Role, RoleIn},
    record::first_edit,
    wire::{DeviceKey, Fate, Profile, PulledEvent, Receipt, Refusal},
};
use huce_device::{Answer, Device, DeviceError, clock::HandClock, device::OnUnknown};
use serde_json::{Value, json};

/// Device time of the first event.
pub const BEGUN_MS: i64 = 1_800_000_000_000;

pub fn grid() -> GridId {
    GridId::new("G-1").unwrap()
}

pub fn li() -> PersonId {
    PersonId::new("li").unwrap()
}

pub fn open(folder: &Path) -> Result<Device> {
    for _ in 0..200 {
        match Device::open(folder, HandClock::at(BEGUN_MS)) {
            // Another test is starting a process: until its exec it holds a copy of every open file, also of a lock.
            Err(DeviceError::InUse) => std::thread::sleep(std::time::Duration::from_millis(5)),
            opened => return Ok(opened?),
        }
    }
    anyhow::bail!("{} is in use", folder.display())
}

pub fn door(device: &Device, room: &str) -> Result<HouseholdId> {
    let id = HouseholdId::of_address("金穗花园", "3", "2", room);
    let set = [(field::ESTATE, json!("金穗花园")), (field::BUILDING, json!("3")), (field::ENTRANCE, json!("2"))];
    let set = set.into_iter().chain([(field::ROOM, json!(room)), (field::FLOOR, json!(5))]);
    let edit = first_edit(Noun::Household, id.as_str(), set.map(|(n, v): (&str, Value)| (n.to_owned(), v)));
    device.record(li(), grid(), Some(id.clone()), Body::Edit(edit))?;
    Ok(id)
}

pub fn knock(device: &Device, at: &HouseholdId) -> Result<EventId> {
    let visit = Visit {
        outcome: Outcome::NoAnswer,
        round: None,
        also: Vec::new(),
        form: None,
        started_ms: None,
        answers: Value::Null,
        readings: Vec::new(),
        satisfaction: None,
        photos: Vec::new(),
        corrects: None,
    };
    Ok(device.record(li(), grid(), Some(at.clone()), Body::Visit(visit))?)
}

/// A photo of this text, as evidence at a door.
pub fn photo(device: &Device, at: &HouseholdId, text: &str) -> Result<PhotoId> {
    let jpeg = text.repeat(3_000).into_bytes();
    let photo = PhotoId::of_bytes(&jpeg);
    device.files().put(&photo, &jpeg, text.as_bytes())?;
    let body = Photo {
        photo: photo.clone(),
        bytes: jpeg.len() as u64,
        role: PhotoRole::Visit,
        plan: None,
        request: None,
        exif_taken: None,
        place: None,
        attached: None,
    };
    device.record(li(), grid(), Some(at.clone()), Body::Photo(body))?;
    Ok(photo)
}

/// Own events that wait, as another tablet would pull them.
pub fn as_pulled(device: &Device) -> Result<Vec<PulledEvent>> {
    let events = device.waiting_events(1_000)?;
    Ok((1..).zip(events).map(|(pos, event)| PulledEvent { pos, event }).collect())
}

pub fn profile(others: &[&Device]) -> Profile {
    let person =
        Person { id: li(), name: "李工".to_owned(), roles: vec![RoleIn { role: Role::Inspector, grid: grid() }] };
    let grid = Grid::new(grid(), "一网格".into(), Level::Inspector, None);
    Profile {
        person: person.clone(),
        grids: vec![grid],
        above: Vec::new(),
        people: vec![person],
        forms: Vec::new(),
        keys: others.iter().map(|d| DeviceKey { device: d.id().clone(), key: d.public_key() }).collect(),
        epoch: 1,
        now_ms: 0,
        covered: None,
        rules: Vec::new(),
    }
}

/// Fills an empty folder; the tablet is closed in order afterwards.
pub fn fill(folder: &Path) -> Result<()> {
    let elsewhere = tempfile::tempdir()?;
    let other = open(elsewhere.path())?;
    let far = door(&other, "1101")?;
    knock(&other, &far)?;
    let device = open(folder)?;
    device.set_profile(profile(&[&other]))?;
    device.edit_book(|book| {
        book.url = Some("http://127.0.0.1:1".to_owned());
        book.person = Some(li());
        book.epoch = Some(1);
    })?;
    device.take_pulled(&as_pulled(&other)?, &grid(), 2, OnUnknown::Report)?;
    let near = door(&device, "501")?;
    for room in ["502", "601", "602"] {
        let at = door(&device, room)?;
        knock(&device, &at)?;
    }
    let refused = knock(&device, &near)?;
    device.confirm(&[Receipt { event: Some(refused), fate: Fate::Refused { code: Refusal::NoRight } }])?;
    let plan = first_edit(
        Noun::Plan,
        "p1",
        [("diagnosis".to_owned(), json!("末端不热")), ("household".to_owned(), json!(near))],
    );
    device.record(li(), grid(), Some(near.clone()), Body::Edit(plan))?;
    photo(&device, &near, "radiator")?;
    photo(&device, &near, "valve")?;
    let draft = device.answer(BeginVisit::at(far))?;
    for at in ["rooms", "leaks"] {
        device.answer(KeepStep { draft: draft.draft.clone(), step: None, at: Some(at.to_owned()) })?;
    }
    device.flush()?;
    Ok(())
}

/// All that a person would see of a folder, as text: to compare before and after.
pub fn seen(device: &Device) -> Result<Value> {
    let (events, photos, bytes) = device.waiting_counts();
    let drafts: Vec<Value> =
        device.drafts().iter().map(|d| json!([d.opened, d.steps, d.at, d.photos, d.kept_ms])).collect();
    let held: Vec<_> = device.files().list()?.into_iter().map(|h| h.photo).collect();
    let whole = held.iter().map(|p| Ok(device.files().get(p)?.whole().is_some())).collect::<Result<Vec<bool>>>()?;
    Ok(json!({
        "state": device.state()?, "waiting": [events, photos, bytes], "refused": device.refused_events(),
        "drafts": drafts, "photos": held, "photos_whole": whole.iter().all(|w| *w),
        "cursor": device.cursor(&grid())?, "profile": device.profile(),
        "households": device.index().all().map(|h| h.short()).collect::<Vec<_>>(),
    }))
}
