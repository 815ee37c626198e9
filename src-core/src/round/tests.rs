//! The worked example of a round: one building, one entrance more, what was drawn, how far it is on the third day, and
//! which door is knocked at next. Checked by hand.

use serde_json::json;

use super::{
    again::{Again, DayPart, again},
    coverage::Coverage,
    walk::{Way, next, walk},
    *,
};
use crate::{
    body::{Outcome, Reading},
    clock::{china_midnight, parse_day},
    door::{Door, VisitBrief},
    household::HeatingMode,
    ids::{EventId, HouseholdId},
    view,
};

const ROUND: &str = "r1";

fn person(login: &str) -> PersonId {
    PersonId::new(login).unwrap()
}

/// An hour of a day in Zhengzhou.
fn at(day: &str, hour: i64) -> Millis {
    china_midnight(parse_day(day).unwrap()) + hour * 3_600_000
}

/// A household of 金穗花园 building 1.
fn household(entrance: &str, floor: i32, room: &str) -> Household {
    Household {
        id: HouseholdId::new(format!("h{entrance}{room}")).unwrap(),
        grid: GridId::new("SY-1").unwrap(),
        estate: "金穗花园".into(),
        building: "1".into(),
        entrance: entrance.into(),
        room: room.into(),
        floor: Some(floor),
        account: None,
        area_m2: None,
        mode: Some(HeatingMode::Series),
        name: None,
        phone: None,
        care: Vec::new(),
        note: None,
    }
}

/// A visit: outcome, when, which round, the lowest temperature.
type Said = (Outcome, Millis, Option<&'static str>, Option<f64>);

fn door(visits: &[Said]) -> Door {
    let brief = |(n, (outcome, when_ms, round, temp_c)): (usize, &Said)| {
        let id: EventId = format!("dev-{}", n + 1).parse().unwrap();
        let readings = temp_c.map(|temp_c| Reading { room: "客厅".into(), temp_c }).into_iter().collect();
        let brief = VisitBrief {
            when_ms: *when_ms,
            person: person("chen"),
            outcome: *outcome,
            round: round.map(|id| RoundId::new(id).unwrap()),
            also: Vec::new(),
            form: None,
            readings,
            satisfaction: None,
            corrects: None,
        };
        (id, brief)
    };
    Door { visits: visits.iter().enumerate().map(brief).collect(), ..Door::default() }
}

fn round(query: Query) -> Round {
    Round {
        id: RoundId::new(ROUND).unwrap(),
        grid: GridId::new("SY-1").unwrap(),
        name: "顶层复查".into(),
        form: FormId::new("heating-visit").unwrap(),
        from: "2026-12-01".into(),
        until: "2026-12-04".into(),
        target: None,
        query,
        drawn_ms: at("2026-11-30", 9),
        people: Vec::new(),
        who: Vec::new(),
        drive: None,
    }
}

/// The rooms of the doors that a query draws.
fn drawn(query: Query, doors: &[(Household, Door)]) -> Vec<String> {
    let doors = doors.iter().map(|(household, door)| (household, door)).collect();
    view::drawn(&round(query), doors).into_iter().map(|(household, _)| household.room.clone()).collect()
}

#[test]
fn a_query_asks_the_register_as_it_is_and_the_past_as_it_was() {
    let last_year = Period { from: "2025-11-15".into(), until: "2026-03-15".into() };
    let cold = |day: &str, c| (Outcome::Done, at(day, 10), None, Some(c));
    let mut tagged = household("1", 1, "101");
    tagged.care = vec!["空巢".into()];
    let mut parallel = household("1", 6, "602");
    parallel.mode = Some(HeatingMode::Parallel);
    let mut elsewhere = household("2", 3, "301");
    elsewhere.building = "2".into();
    let mut unknown = household("2", 0, "201");
    (unknown.floor, unknown.mode) = (None, None);
    let doors = [
        (tagged, door(&[cold("2026-01-10", 16.5), cold("2026-02-10", 19.0)])),
        (household("1", 5, "501"), door(&[cold("2026-03-16", 15.0)])),
        // Seen only after the round was drawn up: it stays in a round of doors where nobody was.
        (parallel, door(&[cold("2026-12-01", 15.0)])),
        (unknown, door(&[(Outcome::NoAnswer, at("2026-11-20", 10), None, None)])),
        (elsewhere, Door::default()),
    ];
    let nothing = Query::default();
    assert!(nothing.is_everything());
    assert_eq!(drawn(nothing.clone(), &doors), ["101", "501", "602", "201", "301"]);
    let top = |floors| drawn(Query { top_floors: Some(floors), ..Query::default() }, &doors);
    assert_eq!(top(1), ["602", "301"], "the highest of each stairwell; where no floor is known, none");
    assert_eq!(top(2), ["501", "602", "301"]);
    let of = |query| drawn(query, &doors);
    assert_eq!(of(Query { modes: vec![HeatingMode::Parallel], ..Query::default() }), ["602"]);
    assert_eq!(of(Query { care: Some(Vec::new()), ..Query::default() }), ["101"]);
    assert!(of(Query { care: Some(vec!["孤寡".into()]), ..Query::default() }).is_empty());
    assert_eq!(of(Query { cold: Some(last_year.clone()), ..Query::default() }), ["101"], "repaired later, cold once");
    let never = Query { unvisited_since: Some(String::new()), ..Query::default() };
    assert_eq!(of(never.clone()), ["602", "201", "301"], "nobody at home is no visit");
    let since = Query { unvisited_since: Some("2026-03-16".into()), ..Query::default() };
    assert_eq!(of(since), ["101", "602", "201", "301"]);
    let place = |building: Option<&str>| Place { estate: "金穗花园".into(), building: building.map(str::to_owned) };
    assert_eq!(of(Query { places: vec![place(Some("2"))], ..Query::default() }), ["301"]);
    assert_eq!(of(Query { places: vec![place(None)], top_floors: Some(1), ..never }), ["602", "301"], "all must hold");
    // What travels says nothing of what was not asked.
    assert_eq!(serde_json::to_value(Query::default()).unwrap(), json!({}));
    let written = serde_json::to_value(Query { cold: Some(last_year), ..Query::default() }).unwrap();
    assert_eq!(written, json!({ "cold": { "from": "2025-11-15", "until": "2026-03-15" } }));
    // A criterion of a newer version is not asked.
    assert!(serde_json::from_value::<Query>(json!({ "pets": true })).unwrap().is_everything());
}

/// Eight doors in two stairwells on the third of four days.
fn example() -> (Round, Vec<(Household, Door)>) {
    let said = |outcome, day: &str, hour| (outcome, at(day, hour), Some(ROUND), None);
    let doors = vec![
        (household("1", 1, "101"), door(&[said(Outcome::Done, "2026-12-01", 10)])),
        (household("1", 1, "102"), door(&[said(Outcome::NoAnswer, "2026-12-03", 10)])),
        (
            household("1", 2, "201"),
            door(&[said(Outcome::NoAnswer, "2026-12-01", 10), said(Outcome::Done, "2026-12-01", 18)]),
        ),
        (household("1", 2, "202"), Door::default()),
        (household("2", 1, "101"), door(&[said(Outcome::Refused, "2026-12-02", 15)])),
        // A visit of another round counts for nothing here.
        (household("2", 1, "102"), door(&[(Outcome::Done, at("2026-12-02", 9), Some("r0"), None)])),
        (household("2", 2, "201"), door(&[said(Outcome::Done, "2026-12-03", 9)])),
        (household("2", 2, "202"), Door::default()),
    ];
    let mut round = round(Query::default());
    round.who = vec![(Entrance::of(&household("2", 1, "101")), person("li"))];
    (round, doors)
}

#[test]
fn coverage_counts_doors_and_days() {
    let (mut round, doors) = example();
    let cover = |round: &Round| {
        let doors = doors.iter().map(|(household, door)| (household, view::told(round, door)));
        Coverage::of_one(round, doors, at("2026-12-03", 11))
    };
    let all = cover(&round);
    assert_eq!((all.doors, all.target, all.visited, all.refused, all.no_answer), (8, 8, 4, 1, 1));
    assert_eq!((all.today, all.days_left), (1, 2));
    let stairwells: Vec<_> = all
        .stairwells
        .iter()
        .map(|s| (s.at.entrance.as_str(), s.who.as_ref(), s.doors, s.visited, s.no_answer))
        .collect();
    assert_eq!(stairwells, [("1", None, 4, 2, 1), ("2", Some(&person("li")), 4, 2, 0)]);
    // 8 doors in 4 days: 6, 4, 2 and 0 are to be left. Two ended on the first day, one on the second, one today.
    let burn: Vec<_> = all.burn.iter().map(|day| (day.day.as_str(), day.planned, day.left)).collect();
    assert_eq!(
        burn,
        [("2026-12-01", 6, Some(6)), ("2026-12-02", 4, Some(5)), ("2026-12-03", 2, Some(4)), ("2026-12-04", 0, None)]
    );
    assert_eq!((all.grids.len(), all.grids[0].doors, all.grids[0].visited), (1, 8, 4));
    // Half of the doors are enough.
    round.target = Some(4);
    let half = cover(&round);
    assert_eq!(half.burn.iter().map(|day| day.planned).collect::<Vec<_>>(), [7, 6, 5, 4]);
}

#[test]
fn one_walks_up_each_stairwell_and_comes_back_at_another_time_of_day() {
    let (round, doors) = example();
    let doors: Vec<_> = doors.iter().map(|(household, door)| (household, door)).collect();
    let rooms = |way, now_ms| {
        let stairwells = walk(&round, &doors, way, now_ms);
        let rooms: Vec<String> = stairwells.iter().flat_map(|s| &s.doors).map(|door| door.room.clone()).collect();
        (rooms, next(&stairwells).map(|id| id.as_str().to_owned()))
    };
    let morning = at("2026-12-03", 11);
    let (up, next_up) = rooms(Way::Up, morning);
    assert_eq!(up, ["101", "102", "201", "202", "101", "102", "201", "202"]);
    assert_eq!(next_up.as_deref(), Some("h1202"), "102 was silent this morning");
    assert_eq!(rooms(Way::Up, at("2026-12-03", 14)).1.as_deref(), Some("h1102"), "and is offered in the afternoon");
    let (down, next_down) = rooms(Way::Down, morning);
    assert_eq!(down, ["201", "202", "101", "102", "201", "202", "101", "102"]);
    assert_eq!(next_down.as_deref(), Some("h1202"));
}

#[test]
fn a_silent_door_is_offered_at_a_part_of_the_day_that_was_not_tried() {
    let knocked = |hours: &[(&str, i64)]| {
        let said = |(day, hour): &(&str, i64)| (Outcome::NoAnswer, at(day, *hour), Some(ROUND), None);
        door(&hours.iter().map(said).collect::<Vec<_>>())
    };
    let id = RoundId::new(ROUND).unwrap();
    let when = |door: &Door, day: &str, hour| again(door, &id, at(day, hour)).unwrap();
    let once = knocked(&[("2026-12-01", 10)]);
    let morning = when(&once, "2026-12-02", 9);
    let wanted = Again { times: 1, tried: vec![DayPart::Morning], at: DayPart::Afternoon, now: false };
    assert_eq!(morning, wanted, "another morning is no other time of day");
    assert!(when(&once, "2026-12-01", 14).now && when(&once, "2026-12-01", 18).now);
    let twice = knocked(&[("2026-12-01", 10), ("2026-12-01", 18)]);
    assert_eq!(when(&twice, "2026-12-02", 9).at, DayPart::Afternoon);
    assert!(when(&twice, "2026-12-02", 12).now && !when(&twice, "2026-12-02", 17).now);
    let always = knocked(&[("2026-12-01", 10), ("2026-12-01", 18), ("2026-12-02", 14)]);
    assert!(!when(&always, "2026-12-03", 14).now && when(&always, "2026-12-03", 9).now);
    assert_eq!(again(&Door::default(), &id, at("2026-12-01", 9)), None, "nobody has knocked yet");
    let open = door(&[
        (Outcome::NoAnswer, at("2026-12-01", 10), Some(ROUND), None),
        (Outcome::Done, at("2026-12-01", 18), Some(ROUND), None),
    ]);
    assert_eq!(again(&open, &id, at("2026-12-02", 9)), None, "somebody answered");
}

#[test]
fn a_stairwell_is_a_field_and_says_whose_its_doors_are() {
    let entrance = Entrance { estate: "西里路54/56号".into(), building: "3".into(), entrance: String::new() };
    assert_eq!(Entrance::of_field(&entrance.field()), Some(entrance));
    assert_eq!(Entrance::of_field("name"), None);
    let (mut round, doors) = example();
    let [first, .., last] = doors.as_slice() else { panic!("eight doors") };
    assert!(round.is_for(&person("chen"), &first.0) && !round.is_for(&person("chen"), &last.0));
    assert!(round.is_for(&person("li"), &last.0) && round.is_for(&person("li"), &first.0));
    round.people = vec![person("li")];
    assert!(!round.is_for(&person("chen"), &first.0) && round.is_for(&person("li"), &first.0));
}

#[test]
fn last_year_is_the_winter_that_is_over() {
    let of = |day: &str| Period::last_winter(parse_day(day).unwrap());
    let winter = |from: &str, until: &str| Period { from: from.into(), until: until.into() };
    assert_eq!(of("2026-12-01"), winter("2025-11-15", "2026-03-15"));
    assert_eq!(of("2027-02-01"), winter("2025-11-15", "2026-03-15"), "the same winter goes on");
    assert_eq!(of("2027-04-01"), winter("2026-11-15", "2027-03-15"));
}

#[test]
fn a_visit_counts_for_the_round_that_asks_for_the_door() {
    let whole = Round { id: RoundId::new("r0").unwrap(), from: "2026-12-02".into(), ..round(Query::default()) };
    let cold = round(Query { top_floors: Some(1), ..Query::default() });
    let both = || [(0, &whole), (0, &cold)];
    assert_eq!(view::round_at(both(), &Door::default()).map(|r| r.id.as_str()), Some(ROUND));
    let done = door(&[(Outcome::Done, at("2026-12-01", 9), Some(ROUND), None)]);
    assert_eq!(view::round_at(both(), &done).map(|r| r.id.as_str()), Some("r0"), "the other one is not done here");
    assert_eq!(view::round_at([], &done), None);
}
