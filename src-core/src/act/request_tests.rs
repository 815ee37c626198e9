//! What people do with a request, one after the other, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::json;

use super::*;
use crate::{
    body::Body,
    clock::{Hlc, Millis},
    event::Event,
    ids::{DeviceId, GridId, HouseholdId, PersonId, RequestId, RuleId},
    ipc::request::{DecideRequest, HandOverRequest, PauseRequest, RecordCallBack, SetRequestMode, TakeRequest},
    request::{Category, Channel, Mode, Party, PauseReason, Request, RequestState, Severity},
    rule::{Place, Rule},
    sample,
};

const NOW: Millis = 1_768_003_200_000;

/// A desk at which edits become events, one after the other.
struct Desk {
    record: Option<Record>,
    seq: u64,
}

impl Desk {
    fn new() -> Self {
        Self { record: None, seq: 0 }
    }

    fn take(&mut self, edit: &Edit) {
        self.seq += 1;
        let event = Event {
            device: DeviceId::new("aaaaaaaaaaaaaaaa").unwrap(),
            seq: self.seq,
            prev: None,
            at: Hlc { ms: NOW + i64::try_from(self.seq).unwrap(), count: 0 },
            offset_ms: Some(0),
            person: PersonId::new("li").unwrap(),
            grid: GridId::new("S-1").unwrap(),
            household: HouseholdId::new("h1").ok(),
            facility: None,
            body: Body::Edit(edit.clone()),
        };
        let record = self.record.get_or_insert_with(|| Record::new(&event, edit.noun, &edit.id));
        record.apply(&event, edit);
    }

    fn record(&self) -> &Record {
        self.record.as_ref().unwrap()
    }

    fn request(&self) -> Request {
        Request::from_record(self.record()).unwrap()
    }
}

fn call() -> TakeRequest {
    TakeRequest { phone: Some("13812346265".into()), ..sample::take_leak(HouseholdId::new("h1").ok()) }
}

fn taken(id: &str) -> Desk {
    let mut desk = Desk::new();
    desk.take(&take_request(&call(), id, NOW, &(Party::Crew, None)).unwrap());
    desk
}

fn over(to: Party, reason: &str) -> HandOverRequest {
    HandOverRequest { request: RequestId::new("r-1").unwrap(), to, who: None, reason: reason.into() }
}

fn why(refused: CallError) -> (Code, String) {
    (refused.code, refused.params.into_iter().next_back().map(|(_, v)| v).unwrap_or_default())
}

#[test]
fn handed_over_twice_with_reasons_then_decided_and_the_table_has_learned() {
    let mut desk = taken("r-1");
    let hand = |desk: &Desk, to, reason| hand_over(desk.record(), &over(to, reason), None);
    assert_eq!(why(hand(&desk, Party::Property, " ").unwrap_err()), (Code::BadInput, "empty".into()));
    assert_eq!(why(hand(&desk, Party::Crew, "?").unwrap_err()), (Code::BadInput, "same".into()));
    let first = hand(&desk, Party::Property, "公共立管").unwrap();
    desk.take(&first);
    let second = hand(&desk, Party::Community, "没有物业").unwrap();
    desk.take(&second);
    assert_eq!(desk.request().route.party(), Party::Community);
    assert_eq!(why(hand(&desk, Party::Crew, "退回").unwrap_err()).1, "waits_for_decision");

    let grid = GridId::new("S").unwrap();
    let decide = DecideRequest {
        request: RequestId::new("r-1").unwrap(),
        party: Party::Property,
        reason: "公共立管归物业".into(),
        teach: Some(grid.clone()),
    };
    desk.take(&decide_request(desk.record(), &decide, None).unwrap());
    let route = desk.request().route;
    assert_eq!((route.party(), route.hand_overs.len()), (Party::Property, 2));
    assert_eq!(route.decision.unwrap().taught, Some(grid.clone()));
    assert_eq!(why(hand(&desk, Party::Crew, "再转").unwrap_err()).1, "decided");

    let mut rule = Desk::new();
    rule.take(&teach_rule(None, &desk.request(), &grid, &decide).unwrap());
    assert_eq!(rule.record().id, RuleId::of(&grid, Category::Leak, Place::Door).as_str());
    let learned = Rule::from_record(rule.record()).unwrap();
    assert_eq!((learned.party, learned.place, learned.category), (Party::Property, Place::Door, Category::Leak));
    // Taught the same again, nothing is written; ended, the company's table holds; taught again, it is back.
    assert_eq!(teach_rule(Some(rule.record()), &desk.request(), &grid, &decide), None);
    rule.take(&end_rule(rule.record()).unwrap());
    assert_eq!(Rule::from_record(rule.record()), None);
    assert_eq!(end_rule(rule.record()).unwrap_err().code, Code::Stale);
    rule.take(&teach_rule(Some(rule.record()), &desk.request(), &grid, &decide).unwrap());
    assert!(Rule::from_record(rule.record()).is_some());
}

#[test]
fn a_clock_is_paused_with_a_reason_and_runs_again() {
    let mut desk = taken("r-1");
    let pause =
        PauseRequest { request: RequestId::new("r-1").unwrap(), reason: PauseReason::Parts, note: "等阀门".into() };
    assert_eq!(resume_request(desk.record(), NOW).unwrap_err().code, Code::Stale);
    desk.take(&pause_request(desk.record(), &pause, NOW + 60_000).unwrap());
    assert_eq!(pause_request(desk.record(), &pause, NOW + 70_000).unwrap_err().code, Code::Stale);
    desk.take(&resume_request(desk.record(), NOW + 120_000).unwrap());
    desk.take(&pause_request(desk.record(), &pause, NOW + 180_000).unwrap());
    let pauses = desk.request().pauses;
    assert_eq!((pauses.len(), pauses[0].until_ms, pauses[0].note.as_str()), (2, Some(NOW + 120_000), "等阀门"));
    assert!(desk.request().paused().is_some());
    desk.take(&resolve_request(desk.record(), "换阀门", NOW + 240_000).unwrap());
    assert_eq!(pause_request(desk.record(), &pause, NOW + 300_000).unwrap_err().code, Code::Stale);
}

#[test]
fn asked_again_it_is_one_request_and_gets_no_better() {
    let mut desk = taken("r-1");
    let worse = TakeRequest { channel: Channel::CityApp, severity: Severity::Major, ..call() };
    desk.take(&ask_again(desk.record(), &worse, NOW + 60_000).unwrap());
    let less = TakeRequest { channel: Channel::Desk, phone: Some("13900000000".into()), ..call() };
    desk.take(&ask_again(desk.record(), &less, NOW + 90_000).unwrap());
    let request = desk.request();
    assert_eq!((request.again.len(), request.severity, request.channel), (2, Severity::Major, Channel::Hotline));
    assert_eq!((request.again[0].phone.as_deref(), request.again[1].phone.as_deref()), (None, Some("13900000000")));
    assert_eq!(request.asked_ms(), NOW + 90_000);
}

#[test]
fn what_was_opened_twice_ends_in_the_other() {
    let (first, mut second) = (taken("r-1"), taken("r-2"));
    assert_eq!(join_request(first.record(), first.record()).unwrap_err().code, Code::BadInput);
    second.take(&join_request(second.record(), first.record()).unwrap());
    assert_eq!(second.request().state(None), RequestState::Closed);
    assert_eq!(join_request(second.record(), first.record()).unwrap_err().code, Code::Stale);
    assert_eq!(join_request(first.record(), second.record()).unwrap_err().code, Code::Stale, "no rings");
    assert_eq!(resolve_request(second.record(), "好了", NOW).unwrap_err().code, Code::Stale);
    assert_eq!(hand_over(second.record(), &over(Party::Property, "?"), None).unwrap_err().code, Code::Stale);
}

#[test]
fn not_content_re_opens_and_the_next_resolution_asks_anew() {
    let mut desk = taken("r-1");
    let request = RequestId::new("r-1").unwrap();
    desk.take(&answer_request(desk.record(), &PersonId::new("li").unwrap(), NOW + 60_000).unwrap());
    desk.take(&resolve_request(desk.record(), "排气", NOW + 120_000).unwrap());
    let call =
        RecordCallBack { request: request.clone(), reached: true, satisfied: Some(false), note: "还漏".into() };
    let Body::CallBack(said) = call_back(desk.record(), &call).unwrap() else { panic!("at a door it is a fact") };
    assert_eq!(said.of, desk.request().resolved_by);
    assert!(desk.request().is_reopened(Some(false)));
    let mode = SetRequestMode { request, mode: Mode::Joint, reason: "与物业同去".into() };
    desk.take(&set_mode(desk.record(), &mode, Some(false)).unwrap());
    assert_eq!((desk.request().mode, desk.request().mode_why.as_deref()), (Mode::Joint, Some("与物业同去")));
    assert_eq!(set_mode(desk.record(), &mode, Some(false)).unwrap_err().code, Code::Stale);
    desk.take(&resolve_request(desk.record(), "换管", NOW + 180_000).unwrap());
    assert_ne!(said.of, desk.request().resolved_by, "what was said is of the one before");
    assert_eq!(
        set_mode(desk.record(), &SetRequestMode { mode: Mode::Own, ..mode }, None).unwrap_err().code,
        Code::Stale
    );
}

#[test]
fn without_a_door_what_was_said_is_in_the_request() {
    let mut desk = taken("r-1");
    desk.record.as_mut().unwrap().household = None;
    desk.take(&resolve_request(desk.record(), "好了", NOW + 99 * 3_600_000).unwrap());
    desk.record.as_mut().unwrap().household = None;
    let request = RequestId::new("r-1").unwrap();
    let call = RecordCallBack { request, reached: true, satisfied: Some(true), note: String::new() };
    let Body::Edit(edit) = call_back(desk.record(), &call).unwrap() else { panic!("no door to keep it at") };
    assert_eq!(edit.set["satisfied"].v, json!(true));
    desk.take(&edit);
    // The clock that resolved was days ahead; of which resolution it was said is written down.
    assert_eq!(desk.request().satisfied, Some(true));
}
