//! Intake, with faults in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::{
    body::{Body, Noun},
    event::SignedEvent,
    ids::FacilityId,
    record::first_edit,
    wire::{Fate, Refusal},
};
use serde_json::json;

use super::*;
use crate::sample::{District, NOW, Stores, Tablet, grid, person};

async fn push(district: &District, tablet: &Tablet, events: &[&SignedEvent]) -> Vec<Fate> {
    let events = events.iter().map(|e| (*e).clone()).collect();
    let receipts = take(&district.app.store, events, &From::Device(tablet.device.clone()), NOW).await.unwrap();
    receipts.into_iter().map(|r| r.fate).collect()
}

fn refused(code: Refusal) -> Fate {
    Fate::Refused { code }
}

async fn page(district: &District, code: &str, after: u64, limit: usize) -> Vec<huce_core::wire::PulledEvent> {
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    stream::page(&mut conn, &grid(code), after, limit, usize::MAX).await.unwrap()
}

async fn scalar<T>(district: &District, sql: &'static str) -> T
where
    T: Send + Unpin + sqlx::Type<crate::store::Db> + for<'r> sqlx::Decode<'r, crate::store::Db>,
{
    sqlx::query_scalar(sql).fetch_one(district.app.store.pool()).await.unwrap()
}

async fn a_repeat_has_no_effect_and_positions_are_dense(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let visits: Vec<_> = (0..3).map(|n| tablet.visit(&district.household, 16.0 + f64::from(n))).collect();
    let all: Vec<_> = visits.iter().collect();
    assert_eq!(push(&district, &tablet, &all[..2]).await, [Fate::Stored, Fate::Stored]);
    assert_eq!(push(&district, &tablet, &all).await, [Fate::Had, Fate::Had, Fate::Stored]);
    // The same event twice in one batch.
    let more = tablet.visit(&district.household, 19.5);
    assert_eq!(push(&district, &tablet, &[&more, &more]).await, [Fate::Stored, Fate::Had]);
    let positions: Vec<u64> = page(&district, "S-1", 0, 100).await.iter().map(|e| e.pos).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6], "the grid's and the household's edit, four visits");
    assert_eq!(scalar::<i64>(&district, "SELECT COUNT(*) FROM visit").await, 4);
    assert_eq!(scalar::<f64>(&district, "SELECT temp_c FROM household").await, 19.5);
    assert_eq!(scalar::<String>(&district, "SELECT outcome FROM round_visit WHERE round = 'r1'").await, "done");
}

async fn the_digest_is_that_of_the_stream(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let visits = [tablet.visit(&district.household, 16.0), tablet.visit(&district.household, 17.0)];
    push(&district, &tablet, &[&visits[0], &visits[1]]).await;
    let mut digest = huce_core::digest::Digest::default();
    for pulled in page(&district, "S-1", 0, 100).await {
        digest.add(&pulled.event.hash());
    }
    let head = stream::head(&mut district.app.store.pool().acquire().await.unwrap(), &grid("S-1")).await.unwrap();
    assert_eq!(head, stream::Head { pos: 4, digest });
}

async fn what_comes_too_early_waits_and_what_is_forked_is_kept_aside(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let first = tablet.visit(&district.household, 16.0);
    let mut clone = Tablet { seq: tablet.seq, prev: tablet.prev.clone(), ..Tablet::new("li", 1) };
    let second = tablet.visit(&district.household, 17.0);
    let third = tablet.visit(&district.household, 18.0);
    assert_eq!(push(&district, &tablet, &[&third, &first]).await, [refused(Refusal::Gap), Fate::Stored]);
    assert_eq!(push(&district, &tablet, &[&second, &third]).await, [Fate::Stored, Fate::Stored]);
    // A cloned tablet goes on from the first event.
    let other_second = clone.visit(&district.household, 20.0);
    let other_third = clone.visit(&district.household, 21.0);
    let other_fourth = clone.visit(&district.household, 22.0);
    assert_eq!(
        push(&district, &tablet, &[&other_second, &other_third, &other_fourth]).await,
        [refused(Refusal::Forked), refused(Refusal::Forked), refused(Refusal::Forked)]
    );
    let fifth = clone.visit(&district.household, 23.0);
    assert_eq!(push(&district, &tablet, &[&fifth]).await, [refused(Refusal::Forked)], "the branch goes on aside");
    assert_eq!(scalar::<i64>(&district, "SELECT COUNT(*) FROM refused WHERE code = 'forked'").await, 4);
    assert_eq!(scalar::<f64>(&district, "SELECT temp_c FROM household").await, 18.0, "the fork has no effect");
    assert_eq!(push(&district, &tablet, &[&other_second]).await, [refused(Refusal::Forked)]);
}

async fn a_changed_byte_and_a_foreign_key_are_refused_and_leave_the_others(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let mut stranger = Tablet::new("li", 9);
    let first = tablet.visit(&district.household, 16.0);
    let foreign = stranger.visit(&district.household, 30.0);
    let mut forged = tablet.visit(&district.household, 17.0);
    let changed = forged.payload.get().replace("17.0", "27.0");
    assert_ne!(changed, forged.payload.get());
    forged.payload = serde_json::value::RawValue::from_string(changed).unwrap();
    let nonsense =
        SignedEvent { payload: serde_json::value::to_raw_value(&json!({"hello": 1})).unwrap(), sig: first.sig.clone() };
    assert_eq!(
        push(&district, &tablet, &[&foreign, &first, &forged, &nonsense]).await,
        [refused(Refusal::NotYours), Fate::Stored, refused(Refusal::Signature), refused(Refusal::Unreadable)]
    );
    assert_eq!(push(&district, &stranger, &[&foreign]).await, [refused(Refusal::NotYours)], "a device without a place");
}

async fn a_foreign_grid_is_refused_and_the_chain_goes_on(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let note = |text: &str| {
        Body::Edit(first_edit(Noun::Household, district.household.as_str(), [("note".to_owned(), json!(text))]))
    };
    let elsewhere = tablet.record("S-2", None, Body::Unknown);
    let nowhere = tablet.record("X", None, Body::Unknown);
    let here = tablet.visit(&district.household, 16.0);
    assert_eq!(
        push(&district, &tablet, &[&elsewhere, &nowhere, &here]).await,
        [refused(Refusal::NoRight), refused(Refusal::NoGrid), Fate::Stored]
    );
    assert_eq!(
        push(&district, &tablet, &[&elsewhere, &nowhere, &here]).await,
        [refused(Refusal::NoRight), refused(Refusal::NoGrid), Fate::Had]
    );
    // Another inspector cannot reach into the household by carrying the event in a grid of their own.
    let mut other = district.tablet("wang", 2).await;
    let reach = other.record("S-2", Some(&district.household), note("reached"));
    let door = other.record("S-2", Some(&district.household), Body::Unknown);
    assert_eq!(push(&district, &other, &[&reach, &door]).await, [refused(Refusal::NoRight), refused(Refusal::NoRight)]);
    // Nor can an inspector move a grid.
    let edit = first_edit(Noun::Grid, "S-1", [("parent".to_owned(), json!("S-2"))]);
    let moved = tablet.record("S-1", None, Body::Edit(edit));
    assert_eq!(push(&district, &tablet, &[&moved]).await, [refused(Refusal::NoRight)]);
    // Once the right is there, what was refused can be handed in again.
    district.add("li", huce_core::person::Role::Inspector, "S").await;
    assert_eq!(push(&district, &tablet, &[&elsewhere]).await, [Fate::Stored]);
    assert_eq!(push(&district, &tablet, &[&elsewhere]).await, [Fate::Had]);
}

async fn what_was_recorded_before_a_move_is_still_taken(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let before = tablet.visit(&district.household, 16.0);
    district.later(3_600_000);
    district.add("li", huce_core::person::Role::Inspector, "S-2").await;
    let mut late = tablet.next("S-1", Some(&district.household), Body::Unknown);
    late.at.ms = NOW + 7_200_000;
    let late = tablet.sign(&late);
    let events = vec![before, late];
    let from = From::Device(tablet.device.clone());
    let fates = take(&district.app.store, events, &from, NOW + 7_300_000).await.unwrap();
    assert_eq!(fates[0].fate, Fate::Stored);
    assert_eq!(fates[1].fate, refused(Refusal::NoRight));
}

async fn a_body_of_a_newer_version_is_kept_and_handed_on_byte_for_byte(stores: Stores) {
    let district = District::on(stores).await;
    let tablet = district.tablet("li", 1).await;
    let event = tablet.next("S-1", Some(&district.household), Body::Unknown);
    let mut value = serde_json::to_value(&event).unwrap();
    value["body"] = json!({"kind": "signature", "ink": [1, 2, 3]});
    value["weather"] = json!("雪");
    let payload = serde_json::value::RawValue::from_string(format!("{:#}", value)).unwrap();
    let sig = ed25519_dalek::Signer::sign(&tablet.key, payload.get().as_bytes());
    let signed = SignedEvent { payload, sig: data_encoding::BASE64URL_NOPAD.encode(&sig.to_bytes()) };
    assert_eq!(push(&district, &tablet, &[&signed]).await, [Fate::Stored]);
    let pulled = page(&district, "S-1", 2, 10).await;
    assert_eq!(pulled[0].event.payload.get(), signed.payload.get());
    pulled[0].event.verify(&tablet.key.verifying_key()).unwrap();
}

async fn a_plan_stays_at_the_door_at_which_it_was_opened(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let visit = tablet.visit(&district.household, 16.0);
    let edit = |name: &str| Body::Edit(first_edit(Noun::Plan, "p1", [(name.to_owned(), json!("立管排气"))]));
    let plan = tablet.record("S-1", Some(&district.household), edit("diagnosis"));
    assert_eq!(push(&district, &tablet, &[&visit, &plan]).await, [Fate::Stored, Fate::Stored]);
    // Another door, or none, whether the event is older or newer: which one shows the plan must not depend on that.
    let other = huce_core::ids::HouseholdId::of_address("西里路54号", "3", "2", "502");
    for (at_ms, household) in
        [(NOW - 1000, None), (NOW - 1000, Some(&other)), (NOW + 1000, None), (NOW + 1000, Some(&other))]
    {
        let mut moving = tablet.next("S-1", household, edit("note"));
        moving.at.ms = at_ms;
        let moving = tablet.sign(&moving);
        assert_eq!(push(&district, &tablet, &[&moving]).await, [refused(Refusal::NoSuchDoor)]);
    }
    let staying = tablet.record("S-1", Some(&district.household), edit("note"));
    assert_eq!(push(&district, &tablet, &[&staying]).await, [Fate::Stored], "the chain goes on");
    let key = Key::Door(district.household.clone().into());
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let Some(Doc::Door(door)) = docs::load(&mut conn, [key.clone()]).await.unwrap().remove(&key) else { panic!() };
    assert_eq!((door.visits.len(), door.plans.len()), (1, 1));
    assert_eq!(scalar::<i64>(&district, "SELECT COUNT(*) FROM refused WHERE code = 'no_such_door'").await, 4);
    assert_eq!(
        scalar::<i64>(&district, "SELECT COUNT(*) FROM doc WHERE key LIKE 'd/%'").await,
        1,
        "no other door shows it"
    );
}

async fn a_facility_has_its_visits_and_requests_and_no_grid_reaches_into_another(stores: Stores) {
    let district = District::on(stores).await;
    let (mut tablet, mut other) = (district.tablet("li", 1).await, district.tablet("wang", 2).await);
    let station = FacilityId::of_code("station", "RL-001");
    let at = |mut event: Event| {
        event.facility = Some(station.clone());
        event
    };
    let set = [("kind", json!("station")), ("name", json!("一号热力站")), ("code", json!("RL-001"))];
    let edit = first_edit(Noun::Facility, station.as_str(), set.map(|(k, v)| (k.to_owned(), v)));
    let opened = tablet.sign(&at(tablet.next("S-1", None, Body::Edit(edit))));
    let visit = || serde_json::from_value(json!({"kind": "visit", "outcome": "done", "answers": {"a": 1}})).unwrap();
    let visited = tablet.sign(&at(tablet.next("S-1", None, visit())));
    let set = [("channel", json!("visit")), ("severity", json!("major")), ("taken_ms", json!(NOW))];
    let id = format!("{}-3", tablet.device);
    let edit = first_edit(Noun::Request, &id, set.map(|(k, v)| (k.to_owned(), v)));
    let taken = tablet.sign(&at(tablet.next("S-1", None, Body::Edit(edit))));
    // Nobody carries the request to a door.
    let edit = first_edit(Noun::Request, &id, [("text".to_owned(), json!("x"))]);
    let moved = tablet.record("S-1", Some(&district.household), Body::Edit(edit));
    assert_eq!(
        push(&district, &tablet, &[&opened, &visited, &taken, &moved]).await,
        [Fate::Stored, Fate::Stored, Fate::Stored, refused(Refusal::NoSuchDoor)]
    );
    let reach = other.sign(&at(other.next("S-2", None, visit())));
    assert_eq!(push(&district, &other, &[&reach]).await, [refused(Refusal::NoRight)]);
    let key = Key::Door(station.clone().into());
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let Some(Doc::Door(door)) = docs::load(&mut conn, [key.clone()]).await.unwrap().remove(&key) else { panic!() };
    assert_eq!((door.visits.len(), door.requests.len(), key.to_string()), (1, 1, format!("f/{station}")));
    assert_eq!(scalar::<i64>(&district, "SELECT done_ms FROM facility WHERE kind = 'station'").await, NOW + 1000);
    assert_eq!(scalar::<i64>(&district, "SELECT open_requests FROM facility").await, 1);
    assert_eq!(scalar::<String>(&district, "SELECT facility FROM request").await, station.to_string());
    assert_eq!(scalar::<i64>(&district, "SELECT COUNT(*) FROM visit WHERE household IS NULL").await, 1);
}

async fn two_processes_on_one_database_are_one_device(stores: Stores) {
    let district = District::on(stores).await;
    let other = crate::app::App::open(&district.places, crate::app::system_clock()).await.unwrap();
    let entry = || Entry::of_grid(crate::sample::person("admin"), grid("S-1"), Body::Unknown);
    let (a, b) = tokio::join!(
        record_own(&district.app, (0..20).map(|_| entry()).collect()),
        record_own(&other, (0..20).map(|_| entry()).collect())
    );
    let ids: BTreeSet<_> = a.unwrap().into_iter().chain(b.unwrap()).map(|r| r.id().unwrap().clone()).collect();
    assert_eq!(ids.len(), 40);
    let refused = record_own(&other, vec![Entry::of_grid(crate::sample::person("admin"), grid("X"), Body::Unknown)]);
    assert_eq!(refused.await.unwrap(), [Recorded::Refused(Refusal::NoGrid)]);
}

async fn two_grids_that_meet_at_a_new_door_lose_nothing(stores: Stores) {
    let district = District::on(stores).await;
    // A door that no register knows yet: whoever visits it first makes its document.
    for round in 0..6 {
        let door = huce_core::ids::HouseholdId::of_address("西里路54号", "9", "1", &format!("{round}01"));
        let mut pushes = Vec::new();
        for (seed, login, code) in [(1, "li", "S-1"), (2, "wang", "S-2"), (3, "li", "S-1"), (4, "wang", "S-2")] {
            let mut tablet = district.tablet(login, seed + 10 * round).await;
            let visit = json!({"kind": "visit", "outcome": "no_answer"});
            let visits: Vec<_> = (0..5)
                .map(|_| tablet.record(code, Some(&door), serde_json::from_value(visit.clone()).unwrap()))
                .collect();
            let (store, from) = (district.app.store.clone(), From::Device(tablet.device.clone()));
            pushes.push(tokio::spawn(async move { take(&store, visits, &from, NOW).await.unwrap() }));
        }
        for push in pushes {
            assert!(push.await.unwrap().iter().all(|r| r.fate == Fate::Stored));
        }
        let key = Key::Door(door.into());
        let mut conn = district.app.store.pool().acquire().await.unwrap();
        let Some(Doc::Door(door)) = docs::load(&mut conn, [key.clone()]).await.unwrap().remove(&key) else { panic!() };
        assert_eq!(door.visits.len(), 20);
    }
}

async fn a_batch_that_comes_many_times_at_once_has_its_effect_once(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let visits: Vec<_> = (0..20).map(|_| tablet.visit(&district.household, 17.0)).collect();
    let from = From::Device(tablet.device.clone());
    let mut pushes = Vec::new();
    for _ in 0..8 {
        let (store, visits, from) = (district.app.store.clone(), visits.clone(), from.clone());
        pushes.push(tokio::spawn(async move { take(&store, visits, &from, NOW).await.unwrap() }));
    }
    let mut stored = 0;
    for push in pushes {
        for receipt in push.await.unwrap() {
            assert_ne!(receipt.fate, refused(Refusal::Forked));
            stored += usize::from(receipt.fate == Fate::Stored);
        }
    }
    assert_eq!(stored, 20);
    let head = stream::head(&mut district.app.store.pool().acquire().await.unwrap(), &grid("S-1")).await.unwrap();
    assert_eq!((head.pos, head.digest.count), (22, 22));
    assert_eq!(scalar::<i64>(&district, "SELECT COUNT(*) FROM visit").await, 20);
}

async fn a_household_that_moves_takes_its_history_along(stores: Stores) {
    let district = District::on(stores).await;
    let (mut tablet, mut other) = (district.tablet("li", 1).await, district.tablet("wang", 2).await);
    let first = tablet.visit(&district.household, 16.0);
    assert_eq!(push(&district, &tablet, &[&first]).await, [Fate::Stored]);
    let home = |code: &str| {
        let set = [(HOME.to_owned(), json!(code))];
        Body::Edit(first_edit(Noun::Household, district.household.as_str(), set))
    };
    // An inspector moves nobody, and nobody goes to a grid that there is not.
    let own = tablet.record("S-1", Some(&district.household), home("S-1"));
    let nowhere = tablet.record("S-1", Some(&district.household), home("X"));
    assert_eq!(
        push(&district, &tablet, &[&own, &nowhere]).await,
        [refused(Refusal::NoRight), refused(Refusal::NoGrid)]
    );
    let moving = || Entry::new(person("admin"), grid("S-2"), Some(&district.household), home("S-2"));
    assert!(record_own(&district.app, vec![moving()]).await.unwrap()[0].id().is_some());
    let hashes = |page: Vec<huce_core::wire::PulledEvent>| -> Vec<String> {
        assert!(page.iter().zip(1..).all(|(event, pos)| event.pos == pos), "positions are dense");
        page.iter().map(|event| event.event.hash()).collect()
    };
    let (from, to) = (hashes(page(&district, "S-1", 0, 100).await), hashes(page(&district, "S-2", 0, 100).await));
    assert_eq!((from.len(), to.len()), (4, 4), "the grid, the move, the household, the visit");
    assert!(to.contains(&first.hash()) && from[1..].iter().all(|hash| to.contains(hash)));
    assert_eq!(scalar::<String>(&district, "SELECT grid FROM household").await, "S-2");
    // The tablet of the old grid has not heard: its visit is taken, and the new grid is told. Twice is once.
    let late = tablet.visit(&district.household, 17.0);
    assert_eq!(push(&district, &tablet, &[&late]).await, [Fate::Stored]);
    assert_eq!(push(&district, &tablet, &[&late]).await, [Fate::Had]);
    let body = json!({"kind": "visit", "outcome": "no_answer"});
    let here = other.record("S-2", Some(&district.household), serde_json::from_value(body).unwrap());
    assert_eq!(push(&district, &other, &[&here]).await, [Fate::Stored]);
    let to = hashes(page(&district, "S-2", 0, 100).await);
    assert!(to.contains(&late.hash()) && to.contains(&here.hash()));
    assert!(!hashes(page(&district, "S-1", 0, 100).await).contains(&here.hash()), "what is new is the new grid's");
    let mut digest = huce_core::digest::Digest::default();
    to.iter().for_each(|hash| digest.add(hash));
    let head = stream::head(&mut district.app.store.pool().acquire().await.unwrap(), &grid("S-2")).await.unwrap();
    assert_eq!((head.pos, head.digest), (to.len() as u64, digest));
    let key = Key::Door(district.household.clone().into());
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let Some(Doc::Door(door)) = docs::load(&mut conn, [key.clone()]).await.unwrap().remove(&key) else { panic!() };
    assert_eq!(door.visits.len(), 3);
    drop(conn);
    // After 30 days a tablet must have heard.
    let late = tablet.visit(&district.household, 18.0);
    let (events, from) = (vec![late], From::Device(tablet.device.clone()));
    let fates = take(&district.app.store, events, &from, NOW + 31 * 24 * 3_600_000).await.unwrap();
    assert_eq!(fates[0].fate, refused(Refusal::NoRight));
    // And back: nothing is in a stream twice.
    let back = Entry::new(person("admin"), grid("S-1"), Some(&district.household), home("S-1"));
    record_own(&district.app, vec![back]).await.unwrap();
    for code in ["S-1", "S-2"] {
        let all = hashes(page(&district, code, 0, 100).await);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{code}");
    }
}

async fn a_name_with_a_nul_is_stored(stores: Stores) {
    let district = District::on(stores).await;
    let mut tablet = district.tablet("li", 1).await;
    let household = huce_core::ids::HouseholdId::of_address("\0", "1", "1", "1");
    let set = [("estate", "甲\0乙"), ("building", "1"), ("entrance", "1"), ("room", "1")];
    let edit = first_edit(Noun::Household, household.as_str(), set.map(|(k, v)| (k.to_owned(), json!(v))));
    let event = tablet.record("S-1", Some(&household), Body::Edit(edit));
    let odd = tablet.record("S-1", None, Body::Edit(first_edit(Noun::Plan, "p\0", [("note".to_owned(), json!("\0"))])));
    assert_eq!(push(&district, &tablet, &[&event, &odd]).await, [Fate::Stored, Fate::Stored]);
    let name = scalar::<String>(&district, "SELECT estate FROM household WHERE building = '1'").await;
    assert_eq!(name, "甲\u{fffd}乙");
}

crate::sample::on_both_stores! {
    two_grids_that_meet_at_a_new_door_lose_nothing,
    a_batch_that_comes_many_times_at_once_has_its_effect_once,
    a_name_with_a_nul_is_stored,
    a_household_that_moves_takes_its_history_along,
    a_repeat_has_no_effect_and_positions_are_dense,
    the_digest_is_that_of_the_stream,
    what_comes_too_early_waits_and_what_is_forked_is_kept_aside,
    a_changed_byte_and_a_foreign_key_are_refused_and_leave_the_others,
    a_foreign_grid_is_refused_and_the_chain_goes_on,
    what_was_recorded_before_a_move_is_still_taken,
    a_body_of_a_newer_version_is_kept_and_handed_on_byte_for_byte,
    a_plan_stays_at_the_door_at_which_it_was_opened,
    a_facility_has_its_visits_and_requests_and_no_grid_reaches_into_another,
    two_processes_on_one_database_are_one_device,
}
