//! Clocks, routes, duplicates and figures, each from records as tablets with right and wrong clocks leave them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::*;
use crate::{
    body::{Assertion, Body, CallBack, Edit, Noun},
    clock::Hlc,
    door::{CallBackBrief, Door},
    event::Event,
    ids::DeviceId,
    record::first_edit,
};

/// 2026-01-10 08:00 in Zhengzhou.
const NOW: Millis = 1_768_003_200_000;
const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;

fn event(device: &str, seq: u64, ms: Millis, body: Body) -> Event {
    Event {
        device: DeviceId::new(device).unwrap(),
        seq,
        prev: None,
        at: Hlc { ms, count: 0 },
        offset_ms: None,
        person: PersonId::new("li").unwrap(),
        grid: GridId::new("S-1").unwrap(),
        household: HouseholdId::new("h1").ok(),
        facility: None,
        body,
    }
}

/// A record of these fields, all said at once.
fn record(set: &[(&str, Value)]) -> Record {
    let fields = set.iter().map(|(name, v)| ((*name).to_owned(), v.clone()));
    let edit = first_edit(Noun::Request, "r-1", fields);
    let event = event("aaaaaaaaaaaaaaaa", 1, NOW, Body::Edit(edit.clone()));
    let mut record = Record::new(&event, Noun::Request, "r-1");
    record.apply(&event, &edit);
    record
}

/// A small problem, taken down now, with what else is said of it.
fn request(more: &[(&str, Value)]) -> Request {
    let mut set = vec![
        (field::CHANNEL, json!("hotline")),
        (field::CATEGORY, json!("leak")),
        (field::SEVERITY, json!("small")),
        (field::TAKEN_MS, json!(NOW)),
    ];
    for (name, value) in more {
        set.retain(|(known, _)| known != name);
        set.push((*name, value.clone()));
    }
    Request::from_record(&record(&set)).unwrap()
}

fn pause(reason: &str, ms: Millis) -> Value {
    json!({ "reason": reason, "ms": ms })
}

#[test]
fn a_request_of_an_earlier_version_reads_as_it_did() {
    let plain = request(&[]);
    assert_eq!((plain.route.party(), plain.route.count(), plain.pauses.len()), (Party::Crew, 0, 0));
    assert!(!plain.doubtful && plain.again.is_empty() && plain.joined.is_none());
    // What this version writes of a plain request is what the earlier one wrote, and a route that the earlier one ignores.
    let kept = serde_json::to_value(&plain).unwrap();
    for new in ["pauses", "joined", "another", "again", "doubtful", "mode_why"] {
        assert!(kept.get(new).is_none(), "{new}");
    }
    let mut old = kept;
    old.as_object_mut().unwrap().remove("route");
    assert_eq!(serde_json::from_value::<Request>(old).unwrap().route, Route::default());
}

#[test]
fn a_pause_moves_the_promise_and_resolving_ends_it() {
    let solve = |request: &Request| request.clocks()[1];
    let still = request(&[("pause/1", pause("nobody_home", NOW + 5 * MINUTE))]);
    let clock = solve(&still);
    assert_eq!(clock.left_ms(NOW + 9 * HOUR), 15 * MINUTE, "it stands still");
    assert_eq!((clock.kept(NOW + 9 * HOUR), still.paused().is_some()), (None, true));
    // An hour of pause, then it runs again.
    let runs = [("pause/1", pause("parts", NOW + 5 * MINUTE)), ("resume/1", json!(NOW + 65 * MINUTE))];
    assert_eq!(solve(&request(&runs)).due_ms, NOW + 80 * MINUTE);
    assert!(request(&runs).paused().is_none());
    // Resolved while it stood still.
    let resolved = [runs[0].clone(), ("resolved_ms", json!(NOW + 3 * HOUR))];
    let clock = solve(&request(&resolved));
    assert_eq!((clock.left_ms(0), clock.kept(0)), (15 * MINUTE, Some(true)));
    assert!(request(&resolved).paused().is_none());
}

#[test]
fn a_pause_after_the_promise_broke_does_not_mend_it_and_overlaps_count_once() {
    let late = [("pause/1", pause("parts", NOW + 21 * MINUTE)), ("resume/1", json!(NOW + 90 * MINUTE))];
    assert_eq!(request(&late).clocks()[1].due_ms, NOW + 20 * MINUTE);
    let twice = [
        ("pause/1", pause("parts", NOW + 5 * MINUTE)),
        ("resume/1", json!(NOW + 15 * MINUTE)),
        ("pause/2", pause("others", NOW + 10 * MINUTE)),
        ("resume/2", json!(NOW + 25 * MINUTE)),
    ];
    assert_eq!(request(&twice).clocks()[1].due_ms, NOW + 40 * MINUTE);
    // A clock set back while it stood still: no time is taken from the promise.
    let back = [("pause/1", pause("parts", NOW + 5 * MINUTE)), ("resume/1", json!(NOW - HOUR))];
    assert_eq!(request(&back).clocks()[1].due_ms, NOW + 20 * MINUTE);
}

#[test]
fn only_an_appointment_moves_the_day() {
    let day = |reason| {
        let set = [("pause/1", pause(reason, NOW + 5 * MINUTE)), ("resume/1", json!(NOW + 5 * MINUTE + 10 * HOUR))];
        request(&set).day_clock().due_ms - NOW
    };
    assert_eq!((day("appointment"), day("parts")), (34 * HOUR, 24 * HOUR));
}

#[test]
fn clocks_that_lie_are_seen_and_break_no_promise() {
    // Answered by a tablet whose clock is an hour behind.
    let behind = request(&[(field::ANSWERED_MS, json!(NOW - HOUR)), (field::RESOLVED_MS, json!(NOW + 10 * MINUTE))]);
    assert!(behind.doubtful);
    assert_eq!(behind.answered_ms, Some(NOW), "nothing is answered before it was asked");
    // Half a minute is no lie.
    assert!(!request(&[(field::ANSWERED_MS, json!(NOW - 30_000))]).doubtful);
    // Taken down after the battery was changed.
    let factory = request(&[(field::TAKEN_MS, json!(86_400_000_i64))]);
    assert!(factory.doubtful);
    // Seen by a tablet that is behind: never more than the promise is left.
    assert_eq!(request(&[]).clock().left_ms(NOW - 9 * HOUR), ANSWER_MS);
    let sum = figures([(&behind, None), (&factory, None)].into_iter(), NOW + HOUR);
    assert_eq!((sum.taken, sum.doubtful, sum.answers, sum.solutions), (2, 2, 0, 0));
}

#[test]
fn somebody_is_told_before_the_promise_breaks() {
    let at = |request: &Request, ms| request.escalation(None, NOW + ms);
    let answered = request(&[(field::ANSWERED_MS, json!(NOW + MINUTE))]);
    assert_eq!(at(&answered, 14 * MINUTE), None);
    assert_eq!(at(&answered, 15 * MINUTE), Some(Escalation::Lead), "a quarter is left");
    assert_eq!(at(&answered, 20 * MINUTE + 1), Some(Escalation::Dispatcher));
    assert_eq!(at(&request(&[]), 4 * MINUTE), Some(Escalation::Lead), "nobody has answered yet");
    let major = [(field::SEVERITY, json!("major")), (field::ANSWERED_MS, json!(NOW))];
    assert_eq!(at(&request(&major), 5 * HOUR), None);
    // What stands still is not pressed, but for the day.
    let parts = [(field::ANSWERED_MS, json!(NOW)), ("pause/1", pause("parts", NOW + MINUTE))];
    assert_eq!(
        (at(&request(&parts), 10 * HOUR), at(&request(&parts), 25 * HOUR)),
        (None, Some(Escalation::Dispatcher))
    );
    let escalated = [(field::ANSWERED_MS, json!(NOW)), (field::MODE, json!("escalated"))];
    assert_eq!(at(&request(&escalated), MINUTE), Some(Escalation::Dispatcher));
    let resolved = request(&[(field::RESOLVED_MS, json!(NOW + HOUR))]);
    assert_eq!(at(&resolved, 9 * HOUR), None);
    let reopened = |ms| resolved.escalation(Some(false), NOW + ms);
    assert_eq!((reopened(MINUTE), reopened(9 * HOUR)), (Some(Escalation::Lead), Some(Escalation::Dispatcher)));
}

fn handed(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to, "reason": "不归我管" })
}

#[test]
fn after_the_second_hand_over_somebody_decides_and_that_stands() {
    let mut set = vec![("party", json!("inspector")), ("hand/1", handed("inspector", "property"))];
    let route = |set: &[(&str, Value)]| request(set).route;
    assert_eq!((route(&set).party(), route(&set).may_hand_over()), (Party::Property, MayHandOver::Yes));
    set.push(("hand/2", handed("property", "crew")));
    let twice = route(&set);
    assert_eq!((twice.party(), twice.may_hand_over()), (Party::Crew, MayHandOver::WaitsForDecision));
    assert_eq!(request(&set).escalation(None, NOW), Some(Escalation::Dispatcher));
    set.push(("decide/2", json!({ "party": "property", "reason": "公共立管" })));
    let decided = route(&set);
    assert_eq!((decided.party(), decided.may_hand_over()), (Party::Property, MayHandOver::Decided));
    // Written without signal while it was being decided.
    set.push(("hand/3", handed("crew", "community")));
    assert_eq!((route(&set).party(), route(&set).needs_decision()), (Party::Property, false));
    // Decided anew.
    set.push(("decide/3", json!({ "party": "community", "reason": "楼道" })));
    assert_eq!(route(&set).party(), Party::Community);
    // One of a newer version is one, and does not break the rest.
    let newer = [("hand/1", handed("inspector", "robots")), ("hand/2", json!("?"))];
    assert_eq!((route(&newer).party(), route(&newer).count()), (Party::Other, 1));
}

#[test]
fn two_hand_overs_at_the_same_time_are_one_step_and_a_conflict() {
    let mut record = record(&[(field::CHANNEL, json!("desk")), (field::TAKEN_MS, json!(NOW))]);
    for (device, to) in [("bbbbbbbbbbbbbbbb", "property"), ("cccccccccccccccc", "crew")] {
        let set = [("hand/1".to_owned(), Assertion { v: handed("inspector", to), over: Vec::new() })].into();
        let edit = Edit { noun: Noun::Request, id: "r-1".to_owned(), set };
        record.apply(&event(device, 1, NOW + 1, Body::Edit(edit.clone())), &edit);
    }
    assert_eq!(record.conflicts().count(), 1);
    assert_eq!(Request::from_record(&record).unwrap().route.count(), 1);
}

fn door(requests: &[(&str, &[(&str, Value)])]) -> Door {
    let mut door = Door::default();
    for (id, set) in requests {
        let mut request = request(set);
        request.id = RequestId::new(*id).unwrap();
        door.requests.insert(request.id.clone(), request);
    }
    door
}

#[test]
fn the_same_matter_is_what_is_open_there_for_seven_days() {
    let door = door(&[
        ("closed", &[(field::JOINED, json!("first"))]),
        ("later", &[(field::TAKEN_MS, json!(NOW + 1))]),
        ("first", &[]),
        ("cold", &[(field::CATEGORY, json!("cold"))]),
    ]);
    let same = |category, ms| same_matter(&door, category, ms).map(|r| r.id.as_str());
    assert_eq!(same(Category::Leak, NOW + HOUR), Some("first"));
    assert_eq!(same(Category::Cold, NOW + SAME_MS), Some("cold"));
    assert_eq!(same(Category::Noise, NOW), None);
    assert_eq!(same(Category::Cold, NOW + SAME_MS + 1), None);
    // Asked again, it is the same for seven days more.
    let again = json!({ "channel": "desk", "ms": NOW + 6 * 24 * HOUR });
    let asked = self::door(&[("r", &[("again/1", again)])]);
    assert!(same_matter(&asked, Category::Leak, NOW + 12 * 24 * HOUR).is_some());
}

#[test]
fn a_call_back_belongs_to_the_resolution_that_it_names_whatever_the_clocks_say() {
    // Resolved by a tablet whose clock is a day ahead.
    let resolved = request(&[(field::RESOLVED_MS, json!(NOW + 24 * HOUR))]);
    let mut door = Door::default();
    let say = |satisfied, of| CallBackBrief {
        when_ms: NOW + HOUR,
        person: PersonId::new("zhao").unwrap(),
        said: CallBack {
            request: resolved.id.clone(),
            reached: true,
            satisfied: Some(satisfied),
            note: String::new(),
            of,
        },
    };
    door.requests.insert(resolved.id.clone(), resolved.clone());
    door.call_backs.insert("dddddddddddddddd-1".parse().unwrap(), say(true, None));
    assert_eq!(door.satisfied(&resolved.id), None, "by the time alone it was said before");
    door.call_backs.insert("dddddddddddddddd-2".parse().unwrap(), say(true, resolved.resolved_by.clone()));
    assert_eq!(door.said(&resolved.id), Some((NOW + HOUR, true)));
    // Of an earlier resolution it says nothing, however late it was said.
    let earlier: EventId = "aaaaaaaaaaaaaaaa-9".parse().unwrap();
    door.call_backs.insert(
        "dddddddddddddddd-3".parse().unwrap(),
        CallBackBrief { when_ms: NOW + 99 * HOUR, ..say(false, Some(earlier)) },
    );
    assert_eq!(door.satisfied(&resolved.id), Some(true));
}

/// The worked example, checked by hand:
///
/// | request | answered | solved | called back | content |
/// |---|---|---|---|---|
/// | a, small | in 2 min ✓ | in 15 min ✓ | after 1 h ✓ | yes |
/// | b, small | in 6 min ✗ | in 30 min ✗ | after 30 h ✗ | yes |
/// | c, major | in 1 min ✓ | in 7 h ✓ | after 2 h ✓ | no: re-opened, so not solved ✗ |
/// | d, small, asked again | no ✗ | no ✗ | | |
/// | e, joined into d | | | | |
/// | f, major, still in time | in 1 min ✓ | | | |
#[test]
fn the_figures_of_the_worked_example() {
    let at = |minutes: i64| json!(NOW + minutes * MINUTE);
    let course = |more: &[(&str, Value)], id: &str| {
        let mut request = request(more);
        request.id = RequestId::new(id).unwrap();
        request.household = HouseholdId::new(format!("h-{id}")).ok();
        request
    };
    let solved = |answered, resolved| [(field::ANSWERED_MS, at(answered)), (field::RESOLVED_MS, at(resolved))];
    let major = (field::SEVERITY, json!("major"));
    let a = course(&solved(2, 15), "a");
    let b = course(&solved(6, 30), "b");
    let c = course(&[solved(1, 7 * 60).as_slice(), std::slice::from_ref(&major)].concat(), "c");
    let d = course(&[("again/1", json!({ "channel": "desk", "ms": NOW + HOUR }))], "d");
    let mut e = course(&[(field::TAKEN_MS, at(30)), (field::JOINED, json!("d"))], "e");
    e.household.clone_from(&d.household);
    let f = course(&[(field::TAKEN_MS, at(30 * 60)), (field::ANSWERED_MS, at(30 * 60 + 1)), major], "f");
    let said = |minutes: i64, satisfied| Some((NOW + minutes * MINUTE, satisfied));
    let all = [
        (&a, said(75, true)),
        (&b, said(30 + 30 * 60, true)),
        (&c, said(9 * 60, false)),
        (&d, None),
        (&e, None),
        (&f, None),
    ];
    let sum = figures(all.into_iter(), NOW + 32 * HOUR);
    let wanted = RequestFigures {
        taken: 5,
        closed: 2,
        answers: 5,
        answered_on_time: 3,
        solutions: 4,
        solved_on_time: 1,
        call_backs: 3,
        called_back_on_time: 2,
        asked: 3,
        satisfied: 2,
        repeats: 2,
        handed_over: 0,
        undecided: 0,
        doubtful: 0,
    };
    assert_eq!(sum, wanted);
    assert_eq!((sum.closing_rate(), sum.on_time_rate(), sum.answer_rate()), (Some(0.4), Some(0.25), Some(0.6)));
    assert_eq!((RequestFigures::default().closing_rate(), sum.satisfaction().map(|s| s > 0.66)), (None, Some(true)));
}
