#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{fs, path::Path, sync::Arc};

use huce_core::{
    body::{Body, Noun, Outcome, Photo, PhotoRole, Visit},
    event::key_text,
    grid::{Grid, Level},
    household::field,
    ids::{EventId, GridId, HouseholdId, PersonId, PhotoId},
    person::{Person, Role, RoleIn},
    record::first_edit,
    wire::{DeviceKey, Fate, PhotoReceipt, Profile, PulledEvent, Receipt, Refusal},
};
use serde_json::{Value, json};

use super::*;
use crate::clock::HandClock;

pub(crate) fn grid() -> GridId {
    GridId::new("G-1").unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    let roles = vec![RoleIn { role: Role::Inspector, grid: grid() }];
    Person { id: PersonId::new(name).unwrap(), name: name.to_owned(), roles }
}

/// A tablet of `name` in grid G-1 that knows the keys of `others`.
pub(crate) fn tablet(dir: &Path, name: &str, others: &[&Device]) -> (Device, Arc<HandClock>) {
    let clock = Arc::new(HandClock::at(1_800_000_000_000));
    let device = Device::open(dir, clock.clone()).unwrap();
    let of = |d: &Device| DeviceKey { device: d.id().clone(), key: key_text(&d.key.verifying_key()) };
    let g = Grid::new(grid(), "一网格".into(), Level::Inspector, None);
    let profile = Profile {
        person: person(name),
        grids: vec![g],
        above: Vec::new(),
        people: vec![person(name)],
        forms: Vec::new(),
        keys: others.iter().map(|d| of(d)).collect(),
        epoch: 1,
        now_ms: 0,
        covered: None,
        rules: Vec::new(),
    };
    device.set_profile(profile).unwrap();
    (device, clock)
}

/// Makes a door known.
pub(crate) fn door_at(device: &Device, room: &str) -> HouseholdId {
    let id = HouseholdId::of_address("金穗花园", "3", "2", room);
    let set = [(field::ESTATE, json!("金穗花园")), (field::BUILDING, json!("3")), (field::ENTRANCE, json!("2"))];
    let set = set.into_iter().chain([(field::ROOM, json!(room)), (field::FLOOR, json!(5))]);
    let edit = first_edit(Noun::Household, id.as_str(), set.map(|(n, v): (&str, Value)| (n.to_owned(), v)));
    device.record(person("li").id, grid(), Some(id.clone()), Body::Edit(edit)).unwrap();
    id
}

pub(crate) fn knocked(device: &Device, at: &HouseholdId) -> EventId {
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
    device.record(person("li").id, grid(), Some(at.clone()), Body::Visit(visit)).unwrap()
}

/// Everything that a tablet has recorded, as the server would hand it out.
pub(crate) fn stream(device: &Device) -> Vec<PulledEvent> {
    let events = device.journal.read_all().unwrap().entries.into_values();
    let events = events.flat_map(|e| if let Entry::Events { events, .. } = e { events } else { Vec::new() });
    (1..).zip(events).map(|(pos, event)| PulledEvent { pos, event }).collect()
}

/// Both pull everything that the other has recorded.
pub(crate) fn exchange(a: &Device, b: &Device) {
    let (of_a, of_b) = (stream(a), stream(b));
    for (to, from) in [(a, &of_b), (b, &of_a)] {
        to.reset_cursor(&grid()).unwrap();
        to.take_pulled(from, &grid(), 0, OnUnknown::Report).unwrap();
    }
}

fn take(device: &Device, events: &[PulledEvent]) -> Taken {
    device.take_pulled(events, &grid(), events.len() as u64, OnUnknown::Report).unwrap()
}

#[test]
fn what_was_saved_is_there_after_reopening_with_and_without_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let last = knocked(&device, &home);
    let (state, id) = (device.state().unwrap(), device.id().clone());
    drop(device);
    for gone in [None, Some("store")] {
        if let Some(folder) = gone {
            fs::remove_dir_all(dir.path().join(folder)).unwrap();
        }
        let device = Device::open(dir.path(), HandClock::at(5)).unwrap();
        assert_eq!((device.state().unwrap(), device.id()), (state.clone(), &id));
        assert_eq!(device.waiting_events(10).unwrap().len(), 2);
        assert!(device.is_unsent(&last) && device.profile().is_some());
        assert_eq!(device.index().get(&home).unwrap().short(), "3-2-501");
    }
    let device = Device::open(dir.path(), HandClock::at(5)).unwrap();
    let next = knocked(&device, &home);
    assert_eq!(next.seq, last.seq + 1);
    let events: Vec<_> = device.waiting_events(10).unwrap();
    assert_eq!(events[2].event().unwrap().prev, Some(events[1].hash()), "the chain goes on");
    assert!(events[2].event().unwrap().at > events[1].event().unwrap().at, "a clock set back does not turn time");
}

#[test]
fn a_second_process_is_turned_away() {
    let dir = tempfile::tempdir().unwrap();
    let (_device, _) = tablet(dir.path(), "li", &[]);
    assert!(matches!(Device::open(dir.path(), HandClock::at(5)), Err(DeviceError::InUse)));
}

#[test]
fn a_damaged_store_is_put_aside_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    knocked(&device, &home);
    device.flush().unwrap();
    let state = device.state().unwrap();
    drop(device);
    let whole = fs::read(dir.path().join("store/db")).unwrap();
    for place in (0..whole.len().min(4_000)).step_by(97) {
        let mut bytes = whole.clone();
        bytes[place] ^= 4;
        fs::write(dir.path().join("store/db"), bytes).unwrap();
        let device = Device::open(dir.path(), HandClock::at(5)).unwrap();
        assert_eq!(device.state().unwrap(), state, "byte {place}");
        drop(device);
    }
}

#[test]
fn an_event_that_the_journal_lost_comes_back_from_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let last = knocked(&device, &home);
    device.flush().unwrap();
    drop(device);
    let path = dir.path().join("journal/00000001.log");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len() - 30;
    bytes[end] ^= 1;
    fs::write(&path, bytes).unwrap();
    let device = Device::open(dir.path(), HandClock::at(5)).unwrap();
    assert!(!device.reports().is_empty());
    assert_eq!(stream(&device).last().unwrap().event.event().unwrap().id(), last);
    assert_eq!(knocked(&device, &home).seq, last.seq + 1);
}

#[test]
fn the_same_event_twice_and_in_another_order_changes_nothing() {
    let (a_dir, b_dir, c_dir) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, clock) = tablet(a_dir.path(), "li", &[]);
    let home = door_at(&a, "501");
    for n in 0..4 {
        clock.set(1_800_000_000_000 + n);
        knocked(&a, &home);
    }
    let edit = a.record_of(Noun::Household, home.as_str()).unwrap().unwrap();
    let edit = edit.edit([(field::ACCOUNT.to_owned(), json!("2031"))]).unwrap();
    a.record(person("li").id, grid(), Some(home), Body::Edit(edit)).unwrap();
    let events = stream(&a);
    let (b, _) = tablet(b_dir.path(), "wang", &[&a]);
    let (c, _) = tablet(c_dir.path(), "zhao", &[&a]);
    assert_eq!(take(&b, &events), Taken::Stored { new: 6, aside: Vec::new() });
    let cursor = b.cursor(&grid()).unwrap();
    assert_eq!(take(&b, &events), Taken::Stored { new: 0, aside: Vec::new() });
    assert_eq!((cursor.next, cursor.digest.count, b.cursor(&grid()).unwrap()), (6, 6, cursor));
    let backwards: Vec<_> = events.iter().rev().cloned().collect();
    take(&c, &backwards);
    assert_eq!(b.state().unwrap(), c.state().unwrap());
    assert_eq!(a.state().unwrap(), b.state().unwrap());
}

#[test]
fn strangers_are_named_and_forgeries_are_set_aside() {
    let (a_dir, b_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, _) = tablet(a_dir.path(), "li", &[]);
    door_at(&a, "501");
    let mut events = stream(&a);
    let (b, _) = tablet(b_dir.path(), "wang", &[]);
    assert_eq!(take(&b, &events), Taken::UnknownKeys(vec![a.id().clone()]));
    assert_eq!(b.cursor(&grid()).unwrap(), Cursor::default());
    let mut profile = b.profile().unwrap();
    profile.keys = vec![DeviceKey { device: a.id().clone(), key: a.public_key() }];
    b.set_profile(profile).unwrap();
    let text = events[0].event.payload.get().replace("金穗花园", "银穗花园");
    let forged = serde_json::value::RawValue::from_string(text).unwrap();
    events[0].event.payload = forged;
    let Taken::Stored { new, aside } = take(&b, &events) else { panic!() };
    assert_eq!((new, aside.len(), b.index().len()), (0, 1, 0));
}

#[test]
fn receipts_end_the_waiting_and_a_new_epoch_begins_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let (kept, refused) = (knocked(&device, &home), knocked(&device, &home));
    let photo = PhotoId::of_bytes(b"jpeg");
    device.files().put(&photo, b"jpeg", b"thumb").unwrap();
    let body = Photo {
        photo: photo.clone(),
        bytes: 4,
        role: PhotoRole::Visit,
        plan: None,
        request: None,
        exif_taken: None,
        place: None,
        attached: None,
    };
    let last = device.record(person("li").id, grid(), Some(home), Body::Photo(body)).unwrap();
    let receipt = |event: &EventId, fate| Receipt { event: Some(event.clone()), fate };
    let refuse = |code| Fate::Refused { code };
    device
        .confirm(&[
            receipt(&kept, Fate::Stored),
            receipt(&refused, refuse(Refusal::NoRight)),
            receipt(&last, refuse(Refusal::Gap)),
        ])
        .unwrap();
    assert!(!device.is_unsent(&kept));
    assert_eq!(device.refused_events(), vec![(refused, Refusal::NoRight)]);
    assert_eq!(device.waiting_counts(), (2, 1, 4));
    device.photo_sent(&PhotoReceipt { photo: photo.clone(), bytes: 5, held: false }).unwrap();
    assert_eq!(device.waiting_photos().len(), 1, "a receipt for other bytes is none");
    device.photo_sent(&PhotoReceipt { photo, bytes: 4, held: false }).unwrap();
    assert!(device.waiting_photos().is_empty());
    assert!(!device.note_epoch(7).unwrap() && !device.note_epoch(7).unwrap());
    assert!(device.note_epoch(8).unwrap());
    assert_eq!(device.waiting_counts(), (4, 1, 4));
    drop(device);
    let device = Device::open(dir.path(), HandClock::at(5)).unwrap();
    assert_eq!(device.waiting_counts(), (4, 1, 4));
}

#[test]
fn a_copied_tablet_gets_its_lost_events_back() {
    let (a_dir, b_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, _) = tablet(a_dir.path(), "li", &[]);
    let home = door_at(&a, "501");
    knocked(&a, &home);
    for name in ["device.key", "vault"] {
        fs::copy(a_dir.path().join(name), b_dir.path().join(name)).unwrap();
    }
    let (b, _) = tablet(b_dir.path(), "li", &[]);
    take(&b, &stream(&a));
    assert_eq!((b.state().unwrap(), b.waiting_counts().0), (a.state().unwrap(), 0));
    assert_eq!(knocked(&b, &home).seq, 3);
}

#[test]
fn a_copied_tablet_s_branch_is_recorded_again_once_and_names_itself_anew() {
    let (old_dir, new_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (old, _) = tablet(old_dir.path(), "li", &[]);
    let home = door_at(&old, "501");
    let plan = old
        .write::<DeviceError>(|id| {
            let set = [("diagnosis".to_owned(), json!("末端不热"))];
            let edit = first_edit(Noun::Plan, &id.to_string(), set);
            let new =
                New { person: person("li").id, grid: grid(), site: Some(home.clone().into()), body: Body::Edit(edit) };
            Ok((vec![new], None))
        })
        .unwrap()
        .0;
    let forked = Fate::Refused { code: Refusal::Forked };
    let receipts: Vec<_> = [1, 2]
        .map(|seq| Receipt { event: Some(EventId { device: old.id().clone(), seq }), fate: forked.clone() })
        .to_vec();
    old.confirm(&receipts).unwrap();
    assert!(old.is_forked() && old.branch().unwrap().len() == 2);
    let (new, _) = tablet(new_dir.path(), "li", &[]);
    let pairs = new.carry_over(&old).unwrap();
    assert_eq!(new.carry_over(&old).unwrap(), pairs, "a second time it is only told");
    let events: Vec<_> = new.waiting_events(10).unwrap().iter().map(|e| e.event().unwrap()).collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].at, old.branch().unwrap()[1].event().unwrap().at, "it happened when it happened");
    assert!(new.record_of(Noun::Plan, &pairs[1].1.to_string()).unwrap().is_some());
    assert!(new.record_of(Noun::Plan, &plan.to_string()).unwrap().is_none(), "the plan has its new name");
}

#[test]
fn grids_that_moved_away_leave_with_what_others_recorded_and_come_back_whole() {
    let (mine_dir, theirs_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (theirs, _) = tablet(theirs_dir.path(), "wang", &[]);
    let (mine, _) = tablet(mine_dir.path(), "li", &[&theirs]);
    let home = door_at(&theirs, "501");
    take(&mine, &stream(&theirs));
    knocked(&mine, &home);
    let full = mine.state().unwrap();
    assert_eq!(mine.grant(&[].into()).unwrap(), 1);
    assert!(mine.state().unwrap().is_empty() && mine.index().is_empty());
    assert_eq!(mine.events().unwrap().len(), 1, "what was recorded here stays as an event");
    assert_eq!(mine.cursor(&grid()).unwrap(), Cursor::default());
    mine.grant(&[grid()].into()).unwrap();
    take(&mine, &stream(&theirs));
    assert_eq!(mine.state().unwrap(), full);
}

#[test]
fn what_is_carried_into_a_granted_grid_is_shown_and_goes_with_it() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (other, _) = tablet(there.path(), "li", &[]);
    let home = door_at(&other, "501");
    knocked(&other, &home);
    let events = stream(&other);
    let (device, _) = tablet(here.path(), "wang", &[&other]);
    let grids = |codes: &[&str]| codes.iter().map(|code| GridId::new(*code).unwrap()).collect::<BTreeSet<_>>();
    let new = GridId::new("G-2").unwrap();
    device.grant(&grids(&["G-2"])).unwrap();
    // The household moved from G-1 to G-2: its history comes in the stream of G-2, signed for G-1.
    for want in [2, 0] {
        let taken = device.take_pulled(&events, &new, 2, OnUnknown::Report).unwrap();
        assert_eq!(taken, Taken::Stored { new: want, aside: Vec::new() });
    }
    let visits = |device: &Device| match device.doc(&Key::Door((&home).into())).unwrap() {
        Some(Doc::Door(door)) => door.visits.len(),
        _ => 0,
    };
    assert_eq!(visits(&device), 1);
    assert!(device.index().get(&home).is_some());
    device.grant(&grids(&["G-2", "G-3"])).unwrap();
    assert_eq!((visits(&device), device.events().unwrap().len()), (1, 2), "it stays with the grid");
    device.grant(&grids(&["G-3"])).unwrap();
    assert_eq!((visits(&device), device.events().unwrap().len()), (0, 0), "and goes with it");
}

#[test]
fn an_own_visit_comes_back_with_its_household() {
    let here = tempfile::tempdir().unwrap();
    let (device, _) = tablet(here.path(), "li", &[]);
    let home = door_at(&device, "501");
    knocked(&device, &home);
    let events = stream(&device);
    let new = GridId::new("G-2").unwrap();
    device.grant(&BTreeSet::from([new.clone()])).unwrap();
    assert!(device.index().get(&home).is_none(), "what was recorded in G-1 is not shown any more");
    device.take_pulled(&events, &new, 2, OnUnknown::Report).unwrap();
    assert!(device.index().get(&home).is_some(), "until the household came to G-2");
}
