//! The merge rule, with its faults in it: any order, any repeat, concurrent and sequential edits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    body::{Assertion, Body, Edit, Noun, Outcome, Reading, Visit},
    clock::Hlc,
    event::Event,
    ids::{DeviceId, EventId, FacilityId, GridId, HouseholdId, PersonId},
    projection::{Doc, Docs, Key, apply, touches},
    record::{Record, first_edit},
    site::Site,
};

fn event(device: &str, seq: u64, body: Body) -> Event {
    Event {
        device: DeviceId::new(device).unwrap(),
        seq,
        prev: None,
        at: Hlc { ms: i64::try_from(seq).unwrap() * 1000, count: 0 },
        offset_ms: None,
        person: PersonId::new("jia").unwrap(),
        grid: GridId::new("DL-08-1").unwrap(),
        household: Some(HouseholdId::of_address("金穗花园", "3", "2", "501")),
        facility: None,
        body,
    }
}

fn edit(value: &str, over: &[&Event]) -> Body {
    let assertion = Assertion { v: json!(value), over: over.iter().map(|e| e.id()).collect() };
    Body::Edit(Edit { noun: Noun::Plan, id: "p-1".into(), set: BTreeMap::from([("diagnosis".into(), assertion)]) })
}

fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Docs {
    let mut docs = Docs::new();
    for event in events {
        apply(event, &mut docs);
        for key in touches(event) {
            assert!(docs.contains_key(&key) || matches!(key, Key::Door(_)), "{key} is named by touches");
        }
    }
    docs
}

fn plan(docs: &Docs) -> &Record {
    match docs.get(&Key::Record(Noun::Plan, "p-1".into())) {
        Some(Doc::Record(record)) => record,
        other => panic!("no plan: {other:?}"),
    }
}

#[test]
fn sequential_edits_never_conflict_and_concurrent_ones_always_show() {
    let first = event("a", 1, edit("cold", &[]));
    let second = event("b", 2, edit("air", &[&first]));
    let docs = replay([&first, &second]);
    assert_eq!(plan(&docs).conflicts().count(), 0);
    assert_eq!(plan(&docs).text("diagnosis"), Some("air"));

    let third = event("a", 2, edit("filter", &[&first]));
    let docs = replay([&first, &second, &third]);
    let (_, field) = plan(&docs).conflicts().next().unwrap();
    assert_eq!(field.live.len(), 2);

    let settled = event("c", 9, edit("filter", &[&second, &third]));
    let docs = replay([&first, &second, &third, &settled]);
    assert_eq!(plan(&docs).conflicts().count(), 0);
    assert_eq!(plan(&docs).text("diagnosis"), Some("filter"));
}

#[test]
fn two_people_who_say_the_same_do_not_conflict() {
    let one = event("a", 1, edit("air", &[]));
    let two = event("b", 1, edit("air", &[]));
    assert_eq!(plan(&replay([&one, &two])).conflicts().count(), 0);
}

/// Every order of a set with concurrent edits, overtaken edits, visits, corrections, photos and unknown bodies.
#[test]
fn any_order_gives_the_same_documents_byte_for_byte() {
    let one = event("a", 1, edit("cold", &[]));
    let two = event("b", 2, edit("air", &[&one]));
    let three = event("a", 2, edit("filter", &[&one]));
    let four = event("c", 3, edit("valve", &[&two]));
    let visit = |corrects: Option<EventId>, temp_c: f64| {
        Body::Visit(Visit {
            outcome: Outcome::Done,
            round: None,
            also: Vec::new(),
            form: None,
            started_ms: None,
            answers: json!({}),
            readings: vec![Reading { room: "客厅".into(), temp_c }],
            satisfaction: Some(3),
            photos: Vec::new(),
            corrects,
        })
    };
    let five = event("a", 3, visit(None, 14.6));
    let six = event("a", 4, visit(Some(five.id()), 15.6));
    let seven = event("d", 1, Body::Unknown);
    let events = [one, two, three, four, five, six, seven];

    let expected =
        serde_json::to_string(&replay(&events).into_iter().map(|(k, d)| (k.to_string(), d)).collect::<Vec<_>>());
    let expected = expected.unwrap();
    let mut orders = 0;
    let mut order: Vec<usize> = (0..events.len()).collect();
    permute(&mut order, 0, &mut |order| {
        let docs = replay(order.iter().map(|n| &events[*n]));
        let got: Vec<_> = docs.into_iter().map(|(k, d)| (k.to_string(), d)).collect();
        assert_eq!(serde_json::to_string(&got).unwrap(), expected, "order {order:?}");
        orders += 1;
    });
    assert_eq!(orders, 5_040);
}

fn permute(items: &mut Vec<usize>, from: usize, visit: &mut impl FnMut(&[usize])) {
    if from == items.len() {
        return visit(items);
    }
    for n in from..items.len() {
        items.swap(from, n);
        permute(items, from + 1, visit);
        items.swap(from, n);
    }
}

#[test]
fn an_edit_that_changes_nothing_is_none() {
    let first = event("a", 1, edit("cold", &[]));
    let docs = replay([&first]);
    assert!(plan(&docs).edit([("diagnosis".to_owned(), json!("cold"))]).is_none());
    assert!(plan(&docs).edit([("after_c".to_owned(), json!(null))]).is_none());
    let change = plan(&docs).edit([("diagnosis".to_owned(), json!("air"))]).unwrap();
    assert_eq!(change.set["diagnosis"].over, [first.id()]);
    assert_eq!(first_edit(Noun::Plan, "p", [("x".to_owned(), json!(null))]).set.len(), 0);
}

#[test]
fn a_corrected_visit_no_longer_counts() {
    let visit = |temp_c, corrects| {
        let readings = vec![Reading { room: "客厅".into(), temp_c }];
        let (round, form, started_ms, satisfaction) = (None, None, None, None);
        let (outcome, answers, photos) = (Outcome::Done, json!(null), Vec::new());
        let also = Vec::new();
        Body::Visit(Visit { outcome, round, also, form, started_ms, answers, readings, satisfaction, photos, corrects })
    };
    let wrong = event("a", 5, visit(41.0, None));
    let right = event("b", 1, visit(14.1, Some(wrong.id())));
    let docs = replay([&right, &wrong]);
    let Some(Doc::Door(door)) = docs.get(&Key::Door(wrong.site().unwrap())) else { panic!("no door") };
    assert_eq!(door.last_temp().map(|(_, c)| c), Some(14.1));
}

#[test]
fn what_happens_at_a_facility_is_known_of_it_and_of_no_door() {
    let station = FacilityId::of_code("station", "RL-001");
    let visit = Body::Visit(crate::sample::visit(1));
    let at = |event: Event| Event { household: None, facility: Some(station.clone()), ..event };
    let here = at(event("a", 1, visit.clone()));
    let home = event("a", 2, visit.clone());
    // Were both named, the door counts.
    let both = Event { facility: Some(station.clone()), ..event("a", 3, visit) };
    let docs = replay([&here, &home, &both]);
    let visits = |site: Site| match docs.get(&Key::Door(site)) {
        Some(Doc::Door(door)) => door.visits.len(),
        _ => 0,
    };
    assert_eq!((visits(station.clone().into()), visits(home.site().unwrap())), (1, 2));
    // An event of before says nothing of facilities, and is written as it was.
    let text = serde_json::to_string(&home).unwrap();
    assert!(!text.contains("facility"));
    let read: Event = serde_json::from_str(&text).unwrap();
    assert_eq!(read, home);
    let text = serde_json::to_string(&here).unwrap();
    assert!(text.contains(&format!("\"facility\":\"{station}\"")) && !text.contains("household"), "{text}");
}

#[test]
fn a_household_that_was_moved_stays_moved_whatever_a_clock_says() {
    let door = HouseholdId::of_address("金穗花园", "3", "2", "501");
    let (from, to) = (GridId::new("DL-08-1").unwrap(), GridId::new("DL-08-2").unwrap());
    let household = |device: &str, seq: u64, grid: &GridId, field: &str, value: serde_json::Value, over: &[&Event]| {
        let assertion = Assertion { v: value, over: over.iter().map(|e| e.id()).collect() };
        let set = BTreeMap::from([(field.to_owned(), assertion)]);
        let body = Body::Edit(Edit { noun: Noun::Household, id: door.to_string(), set });
        Event { grid: grid.clone(), ..event(device, seq, body) }
    };
    let opened = household("a", 1, &from, "note", json!("x"), &[]);
    let moved = household("s", 5, &to, crate::record::HOME, json!(to), &[]);
    // A tablet of the old grid that has not heard of the move, and whose clock runs ahead.
    let late = household("b", 9, &from, "account", json!("17"), &[]);
    // Moved back for good, by somebody whose clock is behind.
    let back = household("c", 2, &from, crate::record::HOME, json!(null), &[&moved]);
    let stands = |events: &[&Event]| {
        let docs = replay(events.iter().copied());
        match docs.get(&Key::Record(Noun::Household, door.to_string())) {
            Some(Doc::Record(record)) => record.clone(),
            other => panic!("no household: {other:?}"),
        }
    };
    let three = [&opened, &moved, &late];
    for [i, j, k] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let record = stands(&[three[i], three[j], three[k]]);
        assert_eq!((record.grid.clone(), record.carrier.clone()), (to.clone(), Some(from.clone())));
        assert_eq!(record, stands(&three));
        for place in 0..=3 {
            let mut four = vec![three[i], three[j], three[k]];
            four.insert(place, &back);
            let record = stands(&four);
            assert_eq!((record.grid.clone(), record.carrier.clone()), (from.clone(), None));
            assert_eq!(record, stands(&[three[0], three[1], three[2], &back]));
        }
    }
}

#[test]
fn a_plan_was_opened_when_its_own_event_says_whatever_other_clocks_say() {
    let set = |value: &str| BTreeMap::from([("diagnosis".to_owned(), Assertion { v: json!(value), over: Vec::new() })]);
    let edit = |value: &str| Body::Edit(Edit { noun: Noun::Plan, id: "a-1".to_owned(), set: set(value) });
    // Its tablet's clock is two hours ahead, and knows; the other one fell back to 1970.
    let mut opened = event("a", 1, edit("末端不热"));
    opened.offset_ms = Some(-7_200_000);
    let mut late = event("b", 9, edit("阀门关着"));
    (late.at.ms, late.offset_ms) = (5, None);
    let of = |events: [&Event; 2]| match replay(events).get(&Key::Record(Noun::Plan, "a-1".to_owned())) {
        Some(Doc::Record(record)) => (record.opened_ms(), record.oldest.0.ms),
        other => panic!("no plan: {other:?}"),
    };
    assert_eq!(of([&opened, &late]), (opened.when_ms(), 5));
    assert_eq!(of([&late, &opened]), (opened.when_ms(), 5));
    // Without it, nothing better is known than the oldest event.
    assert_eq!(of([&late, &late]), (5, 5));
}
