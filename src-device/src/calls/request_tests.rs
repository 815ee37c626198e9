//! Requests on a tablet without signal: asked twice, paused, handed over twice, and sent the right way by what was decided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use huce_core::{
    grid::{Grid, Level},
    ids::{RequestId, RuleId},
    ipc::{
        conflict::{Conflicts, Settle},
        request::{
            AnswerRequest, CountRequests, FindSame, HandOverRequest, JoinRequest, OpenRequest, PauseRequest,
            RecordCallBack, Requests, ResolveRequest, ResumeRequest, Rules, TakeRequest,
        },
    },
    request::{Category, Channel, Party, PauseReason},
    rule::{Place, Rule},
    sample,
};
use serde_json::json;

use super::*;
use crate::device::tests::{door_at, exchange, tablet};

fn call(home: &HouseholdId) -> TakeRequest {
    sample::take_leak(Some(home.clone()))
}

fn over(request: &RequestId, to: Party) -> HandOverRequest {
    HandOverRequest { request: request.clone(), to, who: None, reason: "不归我管".into() }
}

#[test]
fn the_same_matter_is_asked_once_more_and_another_one_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (device, clock) = tablet(dir.path(), "li", &[]);
    let home = door_at(&device, "501");
    let find = || device.answer(FindSame { household: Some(home.clone()), facility: None, category: Category::Leak });
    assert_eq!(find().unwrap(), None);
    let first = device.answer(call(&home)).unwrap();
    assert_eq!(find().unwrap().unwrap().request.id, first);
    clock.set(1_800_000_060_000);
    assert_eq!(device.answer(TakeRequest { channel: Channel::Desk, ..call(&home) }).unwrap(), first);
    let other = device.answer(TakeRequest { another: true, ..call(&home) }).unwrap();
    assert_ne!(other, first);
    let page = device.answer(OpenRequest { request: first.clone() }).unwrap();
    assert_eq!((page.line.request.again.len(), page.due.len(), page.same), (1, 1, None));
    // After all it was the same.
    device.answer(JoinRequest { request: other.clone(), into: first.clone() }).unwrap();
    let open = device.answer(Requests { closed: false }).unwrap().requests;
    assert_eq!(open.iter().map(|line| &line.request.id).collect::<Vec<_>>(), [&first]);
    let count = || device.answer(CountRequests { from_ms: 0, until_ms: i64::MAX }).unwrap();
    assert_eq!((count().taken, count().repeats), (1, 1));
    clock.set(1_800_000_000_000 + 8 * 24 * 3_600_000);
    assert_ne!(device.answer(call(&home)).unwrap(), first, "after seven days it is another request");
}

#[test]
fn paused_resumed_and_called_back_with_a_clock_that_went_back() {
    let dir = tempfile::tempdir().unwrap();
    let (device, clock) = tablet(dir.path(), "li", &[]);
    let request = device.answer(call(&door_at(&device, "501"))).unwrap();
    let line = || device.answer(OpenRequest { request: request.clone() }).unwrap().line;
    device.answer(AnswerRequest { request: request.clone() }).unwrap();
    clock.set(1_800_000_000_000 + 5 * 60_000);
    let pause = PauseRequest { request: request.clone(), reason: PauseReason::NobodyHome, note: String::new() };
    device.answer(pause.clone()).unwrap();
    assert_eq!(device.answer(pause).unwrap_err().code, Code::Stale);
    clock.set(1_800_000_000_000 + 3 * 3_600_000);
    assert_eq!(line().request.clock().left_ms(device.server_now_ms()), 15 * 60_000);
    device.answer(ResumeRequest { request: request.clone() }).unwrap();
    clock.set(1_800_000_000_000 + 3 * 3_600_000 + 60_000);
    device.answer(ResolveRequest { request: request.clone(), resolution: "换垫圈".into() }).unwrap();
    assert_eq!(line().request.clocks()[1].kept(device.server_now_ms()), Some(true));
    // The battery was changed: the call is of this resolution all the same.
    clock.set(86_400_000);
    let call = RecordCallBack { request: request.clone(), reached: true, satisfied: Some(true), note: String::new() };
    device.answer(call).unwrap();
    assert_eq!(line().satisfied, Some(true));
}

#[test]
fn two_tablets_hand_over_at_once_and_what_the_grid_above_decided_holds_here() {
    let (a_dir, b_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, _) = tablet(a_dir.path(), "li", &[]);
    let (b, _) = tablet(b_dir.path(), "wang", &[&a]);
    let mut profile = a.profile().unwrap();
    profile.keys = vec![huce_core::wire::DeviceKey { device: b.id().clone(), key: b.public_key() }];
    a.set_profile(profile).unwrap();
    let home = door_at(&a, "501");
    let request = a.answer(call(&home)).unwrap();
    exchange(&a, &b);
    a.answer(over(&request, Party::Property)).unwrap();
    b.answer(over(&request, Party::Community)).unwrap();
    exchange(&a, &b);
    assert_eq!(a.state().unwrap(), b.state().unwrap());
    let conflict = b.answer(Conflicts {}).unwrap().conflicts.remove(0).conflict;
    assert_eq!((conflict.field.as_str(), conflict.values.len()), ("hand/1", 2));
    a.answer(over(&request, Party::Crew)).unwrap();
    let third = a.answer(over(&request, Party::Plant)).unwrap_err();
    assert_eq!((third.code, third.params[1].1.as_str()), (Code::BadInput, "waits_for_decision"));
    let decide = Settle { noun: Noun::Request, id: request.to_string(), field: "decide/2".into(), value: json!(null) };
    assert_eq!(a.answer(decide).unwrap_err().code, Code::NotHere, "nobody decides with a tablet");

    let mut profile = a.profile().unwrap();
    let above = GridId::new("G").unwrap();
    profile.grids[0].parent = Some(above.clone());
    let level = Level::Crew;
    profile.above = vec![Grid::new(above.clone(), "班组".into(), level, None)];
    profile.rules = vec![Rule {
        id: RuleId::of(&above, Category::Leak, Place::Door),
        grid: above,
        category: Category::Leak,
        place: Place::Door,
        party: Party::Property,
        reason: "公共立管".into(),
        request: None,
    }];
    a.set_profile(profile).unwrap();
    assert_eq!(a.answer(Rules {}).unwrap().len(), 1);
    let next = a.answer(call(&door_at(&a, "601"))).unwrap();
    let route = a.answer(OpenRequest { request: next }).unwrap().line.request.route;
    assert_eq!((route.party(), route.rule.is_some()), (Party::Property, true));
}
