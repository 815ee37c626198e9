//! A round from the query to its coverage: who may draw it up, what it has, what a tablet's visits make of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::{
    body::{Body, Noun},
    ids::{FormId, HouseholdId},
    person::Role,
    record::first_edit,
};
use serde_json::{Value, json};

use super::tests::Console;
use crate::{
    auth,
    intake::{Entry, From, record_own, take},
    sample::{NOW, Stores, grid, person},
    store::{forms, people},
};

/// Puts doors of the building there: 101 and 102 on the first floor, 601 and 602 on the sixth; somebody lives alone in 101.
async fn doors(console: &Console) {
    let entries = [("101", 1, json!(["独居"])), ("102", 1, json!([])), ("601", 6, json!([])), ("602", 6, json!([]))]
        .map(|(room, floor, care)| {
            let id = HouseholdId::of_address("西里路54号", "3", "2", room);
            let set = [
                ("estate", json!("西里路54号")),
                ("building", json!("3")),
                ("entrance", json!("2")),
                ("room", json!(room)),
                ("floor", json!(floor)),
                ("care", care),
            ];
            let edit = first_edit(Noun::Household, id.as_str(), set.map(|(name, value)| (name.to_owned(), value)));
            Entry::new(person("huce"), grid("S-1"), Some(id), Body::Edit(edit))
        });
    let recorded = record_own(&console.district.app, entries.into()).await.unwrap();
    assert!(recorded.iter().all(|one| one.id().is_some()), "{recorded:?}");
}

/// A crew lead who signed in, and a form to choose.
async fn lead_and_form(console: &Console) {
    let app = &console.district.app;
    console.district.add("sun", Role::CrewLead, "S-1").await;
    let mut write = app.store.write().await.unwrap();
    people::add_session(&mut write, &auth::hash("sun"), &person("sun"), NOW + 3_600_000, NOW).await.unwrap();
    let form = FormId::new("top").unwrap();
    let published = forms::Published { form: &form, version: None, title: ("顶层", "Top"), bytes: b"form", by: None };
    forms::publish(&mut write, published, NOW).await.unwrap();
    write.commit().await.unwrap();
}

fn rooms(page: &Value) -> Vec<(&str, bool, Option<&str>)> {
    let doors = page["doors"].as_array().unwrap().iter();
    doors.map(|d| (d["room"].as_str().unwrap(), d["apart"] == json!(true), d["visit"].as_str())).collect()
}

async fn a_round_is_counted_drawn_up_assigned_and_covered(stores: Stores) {
    let mut console = Console::on(stores).await;
    doors(&console).await;
    lead_and_form(&console).await;
    let query = json!({ "top_floors": 1 });
    let (status, size) = console.ask("count_round", "sun", &json!({ "grid": "S-1", "query": query })).await;
    assert_eq!(status, 200, "{size}");
    assert_eq!((&size["doors"], &size["of"], &size["stairwells"]), (&json!(2), &json!(5), &json!(1)), "{size}");
    assert_eq!(size["grids"], json!([["S-1", "S-1", 2]]));
    assert_eq!(size["tags"], json!([["独居", 1]]));
    assert_eq!(size["places"], json!([["西里路54号", ["3"]]]));
    let bad = json!({ "grid": "S-1", "query": { "cold": { "from": "2025-11-15", "until": "x" } } });
    assert_eq!(console.ask("count_round", "sun", &bad).await.0, 422, "a period of no days");

    let draw = |until: &str| json!({ "name": "顶层复查", "grid": "S-1", "query": query, "form": "top", "from": "2026-01-09", "until": until, "people": [] });
    assert_eq!(
        console.ask("draw_round", "li", &draw("2026-01-12")).await.0,
        403,
        "an inspector goes, and does not send"
    );
    assert_eq!(console.ask("draw_round", "sun", &draw("2026-01-01")).await.0, 422, "it ends before it begins");
    let (status, drive) = console.ask("draw_round", "sun", &draw("2026-01-12")).await;
    assert_eq!(status, 200, "{drive}");
    let (_, list) = console.ask("rounds", "li", &json!({})).await;
    let line = &list["drives"][0];
    assert_eq!((&line["drive"], &line["doors"], &line["phase"]), (&drive, &json!(2), &json!("running")), "{list}");
    assert_eq!((&list["may_draw"], &list["forms"]), (&json!([]), &json!([])));
    // Who sees another grid sees nothing of it.
    let (_, elsewhere) = console.ask("rounds", "wang", &json!({})).await;
    assert_eq!(elsewhere["drives"], json!([]));
    assert_eq!(console.ask("open_round", "wang", &json!({ "drive": drive })).await.0, 403);

    let stairwell = json!({ "estate": "西里路54号", "building": "3", "entrance": "2" });
    let assign = json!({ "drive": drive, "stairwells": [stairwell], "person": "li" });
    assert_eq!(console.ask("assign_round", "li", &assign).await.0, 403);
    assert_eq!(console.ask("assign_round", "sun", &assign).await, (200, json!(1)));
    let (_, page) = console.ask("open_round", "li", &json!({ "drive": drive })).await;
    assert_eq!(
        (&page["may_change"], &page["coverage"]["stairwells"][0]["who"]),
        (&json!(false), &json!("li")),
        "{page}"
    );
    let round = page["rounds"][0]["id"].clone();

    // A visit at each of them: nobody at home, refused.
    let mut tablet = console.district.tablet("li", 9).await;
    for (room, outcome) in [("601", "no_answer"), ("602", "refused")] {
        let id = HouseholdId::of_address("西里路54号", "3", "2", room);
        let body = json!({ "kind": "visit", "outcome": outcome, "round": round });
        let signed = tablet.record("S-1", Some(&id), serde_json::from_value(body).unwrap());
        take(&console.district.app.store, vec![signed], &From::Device(tablet.device.clone()), NOW).await.unwrap();
    }
    let (_, page) = console.ask("open_round", "sun", &json!({ "drive": drive })).await;
    let coverage = &page["coverage"];
    let figures = ["doors", "visited", "refused", "no_answer", "today", "days_left"].map(|name| coverage[name].clone());
    assert_eq!(figures, [2, 1, 1, 1, 1, 3].map(|n| json!(n)), "{page}");
    let left: Vec<_> = coverage["burn"].as_array().unwrap().iter().map(|day| day["left"].clone()).collect();
    assert_eq!(left, [json!(2), json!(1), Value::Null, Value::Null], "the second of four days");
    assert_eq!(page["grids"][0]["visited"], json!(1), "{page}");

    let facade = json!({ "estate": "西里路54号", "building": "3", "drive": drive });
    let (_, facade) = console.ask("facade", "sun", &facade).await;
    let wanted = [
        ("501", true, None),
        ("101", true, None),
        ("102", true, None),
        ("601", false, Some("no_answer")),
        ("602", false, Some("refused")),
    ];
    assert_eq!(rooms(&facade), wanted, "a door without a floor stands first");

    let end = json!({ "drive": drive, "set": [["until", "2026-01-09"]] });
    assert_eq!(console.ask("change_round", "sun", &end).await, (200, json!(1)));
    let (_, list) = console.ask("rounds", "sun", &json!({})).await;
    assert_eq!(list["drives"][0]["phase"], json!("over"));
    let query = json!({ "drive": drive, "set": [["query", {}]] });
    assert_eq!(console.ask("change_round", "sun", &query).await.0, 422, "which doors stays");
}

async fn special_care_visits_come_due_by_the_tags(stores: Stores) {
    let mut console = Console::on(stores).await;
    doors(&console).await;
    let (status, due) = console.ask("care_visits", "li", &json!({})).await;
    assert_eq!(status, 200, "{due}");
    assert_eq!((&due["total"], &due["visits"][0]["kinds"]), (&json!(1), &json!(["everyday"])), "{due}");
    assert_eq!(due["visits"][0]["door"]["short"], json!("3-2-101"));
    let (_, elsewhere) = console.ask("care_visits", "wang", &json!({})).await;
    assert_eq!(elsewhere["total"], json!(0));
}

async fn a_tablet_says_of_rounds_what_its_person_may(stores: Stores) {
    let console = Console::on(stores).await;
    console.district.add("sun", Role::CrewLead, "S-1").await;
    let edit = |n: u32| {
        let set = [("name", json!("顶层复查")), ("form", json!("top"))];
        Body::Edit(first_edit(Noun::Round, &format!("r{n}"), set.map(|(name, value)| (name.to_owned(), value))))
    };
    for (n, (login, stored)) in (0..).zip([("li", false), ("sun", true)]) {
        let mut tablet = console.district.tablet(login, 20 + n as u8).await;
        let signed = tablet.record("S-1", None, edit(n));
        let from = From::Device(tablet.device.clone());
        let receipts = take(&console.district.app.store, vec![signed], &from, NOW).await.unwrap();
        assert_eq!(receipts[0].fate == huce_core::wire::Fate::Stored, stored, "{login}: {receipts:?}");
    }
}

crate::sample::on_both_stores! {
    a_round_is_counted_drawn_up_assigned_and_covered,
    special_care_visits_come_due_by_the_tags,
    a_tablet_says_of_rounds_what_its_person_may,
}
