//! What people do with a request: take it down, ask again, answer, pause, hand over, decide, resolve, call back, join.
//! Each act refuses with [`Code::Stale`] what somebody else did meanwhile, so that nobody acts on a page that is old.

use serde_json::{Value, json};

use super::{bad, short_text};
use crate::{
    body::{Assertion, Body, CallBack, Edit, Noun},
    clock::Millis,
    ids::{GridId, PersonId, RuleId},
    ipc::{
        CallError, Code,
        request::{DecideRequest, HandOverRequest, PauseRequest, RecordCallBack, SetRequestMode, TakeRequest},
    },
    record::{Record, first_edit},
    request::{Again, Decided, Handed, MayHandOver, Party, Paused, Request, RequestState, field as f},
    rule::{self, Place},
};

fn stale() -> CallError {
    CallError::new(Code::Stale)
}

/// A text that must say something.
fn reason(field: &str, text: &str) -> Result<String, CallError> {
    let text = short_text(field, text)?;
    if text.is_empty() { Err(bad(field, "empty")) } else { Ok(text) }
}

fn phone(phone: Option<&str>) -> Result<Option<String>, CallError> {
    Ok(phone.map(|p| short_text("phone", p)).transpose()?.filter(|p| !p.is_empty()))
}

fn edit<const N: usize>(record: &Record, set: [(String, Value); N]) -> Result<Edit, CallError> {
    record.edit(set).ok_or_else(stale)
}

/// The request that somebody works on; [`Code::Stale`] when it came to its end meanwhile. `satisfied`: what the resident said
/// last of its newest resolution.
fn open(record: &Record, satisfied: Option<bool>) -> Result<Request, CallError> {
    let request = Request::from_record(record).ok_or_else(stale)?;
    match request.state(satisfied) {
        RequestState::New | RequestState::Answered => Ok(request),
        RequestState::Resolved | RequestState::Closed => Err(stale()),
    }
}

/// The edit that takes a request down. `id` is the identifier of the event that will carry it; `responsible`: who is, and by which
/// rule ([`rule::responsible`]).
pub fn take_request(
    call: &TakeRequest,
    id: &str,
    now_ms: Millis,
    responsible: &(Party, Option<RuleId>),
) -> Result<Edit, CallError> {
    let set = [
        (f::CHANNEL, json!(call.channel)),
        (f::CATEGORY, json!(call.category)),
        (f::SEVERITY, json!(call.severity)),
        (f::TEXT, json!(short_text("text", &call.text)?)),
        (f::PHONE, json!(phone(call.phone.as_deref())?)),
        (f::MODE, json!(call.mode)),
        (f::TAKEN_MS, json!(now_ms)),
        (f::PARTY, json!(responsible.0)),
        (f::RULE, json!(responsible.1)),
        (f::ANOTHER, json!(call.another.then_some(true))),
    ];
    Ok(first_edit(Noun::Request, id, set.map(|(name, v)| (name.to_owned(), v))))
}

/// The edit that asks once more what is open already. Somebody who sees it get worse makes it a major fault.
pub fn ask_again(record: &Record, call: &TakeRequest, now_ms: Millis) -> Result<Edit, CallError> {
    let request = Request::from_record(record).ok_or_else(stale)?;
    // Those who ask at the same time, each at a tablet without signal, all asked.
    let ms = now_ms.max(request.asked_ms() + 1);
    let again = Again {
        channel: call.channel,
        text: short_text("text", &call.text)?,
        phone: phone(call.phone.as_deref())?.filter(|p| request.phone.as_ref() != Some(p)),
        ms,
    };
    let mut set = vec![(f::step(f::AGAIN, ms), json!(again))];
    if call.severity > request.severity {
        set.push((f::SEVERITY.to_owned(), json!(call.severity)));
    }
    record.edit(set).ok_or_else(stale)
}

/// The edit that answers a request; [`Code::Stale`] when somebody has answered it already.
pub fn answer_request(record: &Record, by: &PersonId, now_ms: Millis) -> Result<Edit, CallError> {
    if record.value(f::ANSWERED_MS).is_some() || record.value(f::JOINED).is_some() {
        return Err(stale());
    }
    edit(record, [(f::ANSWERED_MS.to_owned(), json!(now_ms)), (f::ASSIGNEE.to_owned(), json!(by))])
}

/// The edit that resolves a request (again, after an unsatisfied call-back).
pub fn resolve_request(record: &Record, resolution: &str, now_ms: Millis) -> Result<Edit, CallError> {
    let resolution = reason("resolution", resolution)?;
    if record.value(f::JOINED).is_some() {
        return Err(stale());
    }
    edit(record, [(f::RESOLVED_MS.to_owned(), json!(now_ms)), (f::RESOLUTION.to_owned(), json!(resolution))])
}

/// What a call-back records. Nobody can be content who was not reached. A request without a door has no door to keep
/// the call at: there the answer is a field of the request.
pub fn call_back(record: &Record, call: &RecordCallBack) -> Result<Body, CallError> {
    let satisfied = call.satisfied.filter(|_| call.reached);
    let note = short_text("note", &call.note)?;
    let of = record.held(f::RESOLVED_MS).filter(|held| !held.value.is_null()).map(|held| held.event.clone());
    if record.household.is_none()
        && let Some(satisfied) = satisfied
    {
        // Said again after another resolution, even the same answer is news.
        let set = [(f::SATISFIED, json!(satisfied)), (f::SATISFIED_OF, json!(of))];
        let assert = |(name, v): (&str, Value)| -> (String, Assertion) { (name.to_owned(), record.assert(name, v)) };
        let set = set.map(assert).into();
        return Ok(Body::Edit(Edit { noun: Noun::Request, id: record.id.clone(), set }));
    }
    Ok(Body::CallBack(CallBack { request: call.request.clone(), reached: call.reached, satisfied, note, of }))
}

/// The edit that stops the clock, with a reason.
pub fn pause_request(record: &Record, call: &PauseRequest, now_ms: Millis) -> Result<Edit, CallError> {
    let request = open(record, None)?;
    if request.paused().is_some() {
        return Err(stale());
    }
    let n = request.pauses.len() as i64 + 1;
    let paused = Paused { reason: call.reason, note: short_text("note", &call.note)?, ms: now_ms };
    edit(record, [(f::step(f::PAUSE, n), json!(paused))])
}

/// The edit that lets it run again.
pub fn resume_request(record: &Record, now_ms: Millis) -> Result<Edit, CallError> {
    let request = open(record, None)?;
    request.paused().ok_or_else(stale)?;
    edit(record, [(f::step(f::RESUME, request.pauses.len() as i64), json!(now_ms))])
}

/// The edit that hands a request over. After the second time the dispatcher decides (`why`: `waits_for_decision`), and what was
/// decided stands (`decided`).
pub fn hand_over(record: &Record, call: &HandOverRequest, satisfied: Option<bool>) -> Result<Edit, CallError> {
    let request = open(record, satisfied)?;
    match request.route.may_hand_over() {
        MayHandOver::Yes => {}
        MayHandOver::WaitsForDecision => return Err(bad("to", "waits_for_decision")),
        MayHandOver::Decided => return Err(bad("to", "decided")),
    }
    let from = request.route.party();
    let to_another = call.who.is_some() && call.who != request.assignee;
    if from == call.to && !to_another {
        return Err(bad("to", "same"));
    }
    let handed = Handed { from, to: call.to, who: call.who.clone(), reason: reason("reason", &call.reason)? };
    let n = i64::from(request.route.count()) + 1;
    edit(record, [(f::step(f::HAND, n), json!(handed)), (f::ASSIGNEE.to_owned(), json!(call.who))])
}

/// The edit that says how a request is handled: alone, together with others, escalated.
pub fn set_mode(record: &Record, call: &SetRequestMode, satisfied: Option<bool>) -> Result<Edit, CallError> {
    let request = open(record, satisfied)?;
    if request.mode == call.mode {
        return Err(stale());
    }
    let why = reason("reason", &call.reason)?;
    edit(record, [(f::MODE.to_owned(), json!(call.mode)), (f::MODE_WHY.to_owned(), json!(why))])
}

/// The edit that joins a request into another one at the same place: it ends there, and the other one is asked once more.
pub fn join_request(record: &Record, into: &Record) -> Result<Edit, CallError> {
    let (request, other) = Request::from_record(record).zip(Request::from_record(into)).ok_or_else(stale)?;
    let fits = request.id != other.id && request.site().is_some() && request.site() == other.site();
    if !fits {
        return Err(bad("into", "elsewhere"));
    }
    if request.joined.is_some() || other.joined.is_some() {
        return Err(stale());
    }
    edit(record, [(f::JOINED.to_owned(), json!(other.id))])
}

/// The edit that decides who is responsible 责任认定. `teach`: the grid for which it becomes a rule.
pub fn decide_request(record: &Record, call: &DecideRequest, satisfied: Option<bool>) -> Result<Edit, CallError> {
    let request = open(record, satisfied)?;
    let decided = Decided { party: call.party, reason: reason("reason", &call.reason)?, taught: call.teach.clone() };
    edit(record, [(f::step(f::DECIDE, i64::from(request.route.count())), json!(decided))])
}

/// The edit that makes a decision a rule in `grid`. `rule` is the rule as it is, where there is one.
pub fn teach_rule(rule: Option<&Record>, request: &Request, grid: &GridId, call: &DecideRequest) -> Option<Edit> {
    let place = Place::of(request.site().as_ref());
    let set = [
        (rule::field::CATEGORY, json!(request.category)),
        (rule::field::PLACE, json!(place)),
        (rule::field::PARTY, json!(call.party)),
        (rule::field::REASON, json!(call.reason.trim())),
        (rule::field::REQUEST, json!(request.id)),
        (rule::field::ENDED, Value::Null),
    ]
    .map(|(name, v)| (name.to_owned(), v));
    match rule {
        Some(record) => record.edit(set),
        None => Some(first_edit(Noun::Rule, RuleId::of(grid, request.category, place).as_str(), set)),
    }
}

/// The edit that ends a rule: the table above it, or the company's own, holds again.
pub fn end_rule(record: &Record) -> Result<Edit, CallError> {
    edit(record, [(rule::field::ENDED.to_owned(), json!(true))])
}
