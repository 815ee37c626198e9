//! Intake, with faults in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::{
    body::{Body, Noun},
    event::SignedEvent,
    record::first_edit,
    wire::{Fate, Refusal},
};
use serde_json::json;

use super::*;
use crate::sample::{District, NOW, Tablet, grid};

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

#[tokio::test]
async fn a_repeat_has_no_effect_and_positions_are_dense() {
    let district = District::new().await;
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

#[tokio::test]
async fn the_digest_is_that_of_the_stream() {
    let district = District::new().await;
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

#[tokio::test]
async fn what_comes_too_early_waits_and_what_is_forked_is_kept_aside() {
    let district = District::new().await;
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

#[tokio::test]
async fn a_changed_byte_and_a_foreign_key_are_refused_and_leave_the_others() {
    let district = District::new().await;
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

#[tokio::test]
async fn a_foreign_grid_is_refused_and_the_chain_goes_on() {
    let district = District::new().await;
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

#[tokio::test]
async fn what_was_recorded_before_a_move_is_still_taken() {
    let district = District::new().await;
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

#[tokio::test]
async fn a_body_of_a_newer_version_is_kept_and_handed_on_byte_for_byte() {
    let district = District::new().await;
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

#[tokio::test]
async fn a_plan_edited_under_another_door_does_not_empty_that_door() {
    let district = District::new().await;
    let mut tablet = district.tablet("li", 1).await;
    let visit = tablet.visit(&district.household, 16.0);
    let edit = |name: &str| Body::Edit(first_edit(Noun::Plan, "p1", [(name.to_owned(), json!("立管排气"))]));
    let plan = tablet.record("S-1", Some(&district.household), edit("diagnosis"));
    assert_eq!(push(&district, &tablet, &[&visit, &plan]).await, [Fate::Stored, Fate::Stored]);
    // An older event that names the plan without a door: the plan stays with its door, which is loaded too.
    let mut older = tablet.next("S-1", None, edit("note"));
    older.at.ms = NOW - 1000;
    let older = tablet.sign(&older);
    assert_eq!(push(&district, &tablet, &[&older]).await, [Fate::Stored]);
    let key = Key::Door(district.household.clone());
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let Some(Doc::Door(door)) = docs::load(&mut conn, [key.clone()]).await.unwrap().remove(&key) else { panic!() };
    assert_eq!((door.visits.len(), door.plans.len()), (1, 1));
}

#[tokio::test]
async fn two_processes_on_one_folder_are_one_device() {
    let district = District::new().await;
    let other = crate::app::App::open(district.folder.path(), crate::app::system_clock()).await.unwrap();
    let entry = || Entry::new(crate::sample::person("admin"), grid("S-1"), None, Body::Unknown);
    let (a, b) = tokio::join!(
        record_own(&district.app, (0..20).map(|_| entry()).collect()),
        record_own(&other, (0..20).map(|_| entry()).collect())
    );
    let ids: BTreeSet<_> = a.unwrap().into_iter().chain(b.unwrap()).map(|r| r.id().unwrap().clone()).collect();
    assert_eq!(ids.len(), 40);
    let refused = record_own(&other, vec![Entry::new(crate::sample::person("admin"), grid("X"), None, Body::Unknown)]);
    assert_eq!(refused.await.unwrap(), [Recorded::Refused(Refusal::NoGrid)]);
}
