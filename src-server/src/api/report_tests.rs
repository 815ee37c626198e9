//! What the server counts out of its rows is what the core counts out of documents, which is what a tablet does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;

use huce_core::{
    body::{Body, Noun},
    clock::china_date,
    event::SignedEvent,
    figures::{Counting, Figure, Period, PeriodKind, PlanFact, RequestFact, VisitFact, report::place_text},
    ids::FacilityId,
    projection::{Doc, Key},
    record::first_edit,
    site::{KnownSite, Site},
};
use serde_json::{Value, json};

use super::report::{below, report, traces};
use crate::{
    intake::{self, Entry, record_own, take},
    sample::{District, NOW, Stores, grid, person},
    store::{docs, grids::Tree},
};

const HOUR: i64 = 3_600_000;

fn body(json: Value) -> Body {
    serde_json::from_value(json).unwrap()
}

/// A visit that is corrected, one at a station, a plan with its effect, a request that nobody solves.
async fn worked(district: &District) -> Site {
    let station = FacilityId::of_code("station", "RL-001");
    let set = [("kind", "station"), ("name", "西里路热力站"), ("code", "RL-001")];
    let edit = first_edit(Noun::Facility, station.as_str(), set.map(|(k, v)| (k.to_owned(), json!(v))));
    let entry = Entry::new(person("huce"), grid("S-1"), Some(&station), Body::Edit(edit));
    assert!(record_own(&district.app, vec![entry]).await.unwrap().remove(0).id().is_some());
    let mut tablet = district.tablet("li", 1).await;
    let household = district.household.clone();
    let mut events: Vec<SignedEvent> = vec![tablet.visit(&household, 14.0)];
    let wrong = events[0].event().unwrap().id();
    let right = json!({"kind": "visit", "outcome": "done", "corrects": wrong, "answers": {"facility": "f0"},
        "readings": [{"room": "客厅", "temp_c": 17.4}, {"room": "主卧", "temp_c": 17.9}]});
    events.push(tablet.record("S-1", Some(&household), body(right)));
    let mut there = tablet.next("S-1", None, body(json!({"kind": "visit", "outcome": "done"})));
    there.facility = Some(station.clone());
    events.push(tablet.sign(&there));
    let id = format!("{}-{}", tablet.device, tablet.seq + 1);
    let plan = [("diagnosis", json!("末端不热")), ("before_c", json!(14.1)), ("after_c", json!(18.3))];
    let edit = first_edit(Noun::Plan, &id, plan.map(|(k, v)| (k.to_owned(), v)));
    events.push(tablet.record("S-1", Some(&household), Body::Edit(edit)));
    let id = format!("{}-{}", tablet.device, tablet.seq + 1);
    let request = [("channel", json!("hotline")), ("severity", json!("small")), ("taken_ms", json!(NOW))];
    let edit = first_edit(Noun::Request, &id, request.map(|(k, v)| (k.to_owned(), v)));
    events.push(tablet.record("S-1", Some(&household), Body::Edit(edit)));
    take(&district.app.store, events, &intake::From::Device(tablet.device.clone()), NOW).await.unwrap();
    Site::from(&station)
}

async fn rows_and_documents_have_the_same_figures(stores: Stores) {
    let district = District::on(stores).await;
    let station = worked(&district).await;
    let now_ms = NOW + HOUR;
    let period = Period::of(PeriodKind::Day, china_date(NOW));
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let tree = Tree::load(&mut conn).await.unwrap();
    let told = report(&mut conn, &below(&tree, &grid("S")), None, period, now_ms).await.unwrap();

    let mut counting = Counting::new(period, now_ms);
    counting.households(&grid("S-1"), 1);
    let household = Site::from(&district.household);
    let doors = [&household, &station].map(|site| Key::Door(site.clone()));
    let found = docs::load(&mut conn, doors).await.unwrap();
    let door = |site: &Site| match &found[&Key::Door(site.clone())] {
        Doc::Door(door) => door,
        Doc::Record(_) => panic!("no door"),
    };
    for site in [&household, &station] {
        VisitFact::of_door(&grid("S-1"), site, door(site)).for_each(|fact| counting.visit(&fact));
    }
    let known = door(&household);
    let plans = known.plans.keys().map(|id| Key::Record(Noun::Plan, id.to_string()));
    let requests = known.requests.keys().map(|id| Key::Record(Noun::Request, id.to_string()));
    for doc in docs::load(&mut conn, plans.chain(requests)).await.unwrap().values() {
        let Doc::Record(record) = doc else { panic!("no record") };
        match record.noun {
            Noun::Plan => counting.plan(&PlanFact::from_record(record).unwrap()),
            _ => counting.request(RequestFact::new(record, Some(known)).unwrap()),
        }
    }
    let counted = counting.finish();
    assert_eq!(told.total, counted.total(&BTreeSet::from([grid("S-1")])));
    assert_eq!(told.steps, counted.steps);

    use Figure::*;
    let figures = [Households, Covered, Visits, Inspections, Seen, Measured, Cold, PlansOpen, Taken, RequestsOverdue];
    assert_eq!(figures.map(|figure| told.total.get(figure)), [1, 1, 2, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!((told.total.median_tenths(), told.total.mean_effect_tenths()), (Some(174), Some(42)));
    assert_eq!((told.overdue_total, told.overdue[0].place.as_str()), (1, "西里路54号 3-2-501"));
    assert_eq!(told.grids.iter().map(|line| line.grid.as_str()).collect::<Vec<_>>(), ["S-1"]);
}

async fn a_figure_leads_to_its_events_and_other_grids_have_none_of_it(stores: Stores) {
    let district = District::on(stores).await;
    let station = worked(&district).await;
    let (now_ms, period) = (NOW + HOUR, Period::of(PeriodKind::Week, china_date(NOW)));
    let mut conn = district.app.store.pool().acquire().await.unwrap();
    let tree = Tree::load(&mut conn).await.unwrap();
    let here = below(&tree, &grid("S-1"));
    let (total, lines) = traces(&mut conn, &here, period, now_ms, Figure::Visits, 1).await.unwrap();
    assert_eq!((total, lines.len(), lines[0].place.as_str()), (2, 1, "西里路热力站"));
    assert_eq!(lines[0].trace.source.site(), Some(station));
    let (_, lines) = traces(&mut conn, &here, period, now_ms, Figure::Cold, 9).await.unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    // The correction, not what it corrects.
    assert_eq!((line.tenths, line.event.as_ref().map(|event| event.seq)), (Some(174), Some(2)));
    assert_eq!(line.who, Some(person("li")));
    let elsewhere = below(&tree, &grid("S-2"));
    let told = report(&mut conn, &elsewhere, None, period, now_ms).await.unwrap();
    assert!(told.total.counts.is_empty() && told.overdue.is_empty() && told.league.is_empty());
    assert_eq!(traces(&mut conn, &elsewhere, period, now_ms, Figure::Visits, 9).await.unwrap(), (0, Vec::new()));
    let record = docs::record(&mut conn, &Key::Record(Noun::Household, district.household.to_string())).await.unwrap();
    assert_eq!(place_text(KnownSite::from_record(&record.unwrap()).as_ref()), "西里路54号 3-2-501");
}

crate::sample::on_both_stores! {
    rows_and_documents_have_the_same_figures,
    a_figure_leads_to_its_events_and_other_grids_have_none_of_it,
}
