//! What people do, as fields to set: from a call to an edit. Pure, and the same on the tablet and on the server,
//! so that a plan that is changed in the console means what it means at the door.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::{
    body::{Edit, Noun},
    clock::{Millis, parse_day},
    facility, household,
    ids::{MeasureId, PersonId, RoundId},
    ipc::{
        CallError, Code,
        conflict::Settle,
        plan::PlanChange,
        round::{DrawRound, MAX_ASSIGNED},
    },
    plan::{MeasureState, Plan, field},
    record::{Record, first_edit},
    round::{self, Entrance, Query},
};

mod request;
#[cfg(test)]
mod request_tests;

pub use request::{
    answer_request, ask_again, call_back, decide_request, end_rule, hand_over, join_request, pause_request,
    resolve_request, resume_request, set_mode, take_request, teach_rule,
};

/// Days after the work on which somebody looks again.
pub const FOLLOW_UP_DAYS: [u32; 3] = [3, 15, 60];

/// The most characters of a text that somebody types.
const MAX_TEXT: usize = 2_000;

/// The edit that a list of changes of a plan makes. `record` is the plan as it is, none for a new one named `id`.
/// None when nothing would change.
pub fn change_plan(
    record: Option<&Record>,
    id: &str,
    changes: &[PlanChange],
    today: NaiveDate,
) -> Result<Option<Edit>, CallError> {
    let mut set: Vec<(String, Value)> = Vec::new();
    let before = record.and_then(Plan::from_record);
    for change in changes {
        apply_change(before.as_ref(), change, &mut set)?;
    }
    schedule_follow_ups(before.as_ref(), today, &mut set);
    Ok(match record {
        Some(record) => record.edit(set),
        None => Some(first_edit(Noun::Plan, id, set)),
    })
}

fn apply_change(before: Option<&Plan>, change: &PlanChange, set: &mut Vec<(String, Value)>) -> Result<(), CallError> {
    let known = |id: &MeasureId, set: &[(String, Value)]| {
        let title = field::measure(id, "title");
        before.is_some_and(|p| p.measures.iter().any(|m| m.id == *id)) || set.iter().any(|(name, _)| *name == title)
    };
    match change {
        PlanChange::Diagnosis { text } => set.push((field::DIAGNOSIS.into(), json!(short_text("diagnosis", text)?))),
        PlanChange::Consent { agreed } => set.push((field::CONSENT.into(), json!(agreed))),
        PlanChange::Add { measure, title, why, who, until, priority } => {
            let title = short_text("title", title)?;
            if title.is_empty() {
                return Err(bad("title", "empty"));
            }
            let id = free_id(measure, |id| known(id, set))?;
            let name = |part: &str| field::measure(&id, part);
            set.push((name("title"), json!(title)));
            set.push((name("state"), json!(MeasureState::Open)));
            set.push((name("why"), json!(why)));
            set.push((name("who"), json!(who)));
            set.push((name("until"), json!(until.as_deref().map(day).transpose()?)));
            set.push((name("priority"), json!(priority)));
        }
        PlanChange::Assign { measure, who } => {
            must(known(measure, set), "measure")?;
            set.push((field::measure(measure, "who"), json!(who)));
        }
        PlanChange::Until { measure, until } => {
            must(known(measure, set), "measure")?;
            set.push((field::measure(measure, "until"), json!(until.as_deref().map(day).transpose()?)));
        }
        PlanChange::State { measure, state } => {
            must(known(measure, set), "measure")?;
            set.push((field::measure(measure, "state"), json!(state)));
        }
        PlanChange::Before { temp_c } => set.push((field::BEFORE_C.into(), json!(temp_c.map(room_temp).transpose()?))),
        PlanChange::After { temp_c } => set.push((field::AFTER_C.into(), json!(temp_c.map(room_temp).transpose()?))),
        PlanChange::FollowUp { days, due } => set.push((field::follow_up(*days, "due"), json!(day(due)?))),
        PlanChange::FollowedUp { days, temp_c } => {
            let due = before.and_then(|p| p.follow_ups.iter().find(|f| f.days == *days));
            must(due.is_some(), "follow_up")?;
            set.push((field::follow_up(*days, "done_c"), json!(temp_c.map(room_temp).transpose()?)));
        }
        PlanChange::Close { closed } => set.push((field::CLOSED.into(), json!(closed))),
    }
    Ok(())
}

/// When the last open measure is done, follow-ups are put on the calendar by themselves.
fn schedule_follow_ups(before: Option<&Plan>, today: NaiveDate, set: &mut Vec<(String, Value)>) {
    let Some(plan) = before else { return };
    let state_of = |id: &MeasureId, now: MeasureState| {
        let name = field::measure(id, "state");
        let new = set.iter().rev().find(|(n, _)| *n == name).and_then(|(_, v)| serde_json::from_value(v.clone()).ok());
        new.unwrap_or(now)
    };
    let states: Vec<_> = plan.measures.iter().map(|m| state_of(&m.id, m.state)).collect();
    let added = set.iter().any(|(name, _)| name.ends_with("/title"));
    let finished = states.contains(&MeasureState::Done) && !states.contains(&MeasureState::Open) && !added;
    let changed = set.iter().any(|(name, _)| name.starts_with("measure/") && name.ends_with("/state"));
    if !(finished && changed && plan.follow_ups.is_empty()) {
        return;
    }
    for days in FOLLOW_UP_DAYS {
        if let Some(due) = today.checked_add_days(Days::new(u64::from(days))) {
            set.push((field::follow_up(days, "due"), json!(due.to_string())));
        }
    }
}

/// The edit that settles a conflict; [`Code::Stale`] when there is none (any more).
pub fn settle(record: &Record, call: &Settle) -> Result<Edit, CallError> {
    let conflict = record.fields.get(&call.field).is_some_and(|f| f.is_conflict());
    let edit = conflict.then(|| record.edit([(call.field.clone(), call.value.clone())])).flatten();
    edit.ok_or_else(|| CallError::new(Code::Stale))
}

/// The edit that changes a household's facts. The address stays: another address is another household.
pub fn edit_household(record: &Record, set: &[(String, Value)]) -> Result<Option<Edit>, CallError> {
    use household::field as f;
    let mut checked = Vec::new();
    for (name, value) in set {
        let fits = match name.as_str() {
            f::ACCOUNT | f::NAME | f::PHONE | f::NOTE => {
                value.is_null() || value.as_str().is_some_and(|t| t.chars().count() <= MAX_TEXT)
            }
            f::AREA_M2 => value.is_null() || value.as_f64().is_some_and(|a| a > 0.0 && a < 10_000.0),
            f::FLOOR => value.as_i64().is_some_and(|n| (-9..200).contains(&n)),
            f::MODE => value.is_null() || serde_json::from_value::<household::HeatingMode>(value.clone()).is_ok(),
            f::CARE => serde_json::from_value::<Vec<String>>(value.clone()).is_ok_and(|tags| tags.len() <= 20),
            _ => false,
        };
        must(fits, name)?;
        checked.push((name.clone(), value.clone()));
    }
    Ok(record.edit(checked))
}

/// The edit that changes a facility's facts. Kind and code stay: with others it is another facility.
pub fn edit_facility(record: &Record, set: &[(String, Value)]) -> Result<Option<Edit>, CallError> {
    use facility::field as f;
    let mut checked = Vec::new();
    for (name, value) in set {
        let is_text = || value.as_str().is_some_and(|t| t.chars().count() <= MAX_TEXT);
        let fits = match name.as_str() {
            f::NAME => is_text() && value.as_str().is_some_and(|name| !name.trim().is_empty()),
            f::ESTATE | f::BUILDING | f::NOTE => value.is_null() || is_text(),
            f::POSITION => value.is_null() || serde_json::from_value(value.clone()).is_ok_and(facility::is_position),
            _ => false,
        };
        must(fits, name)?;
        checked.push((name.clone(), value.clone()));
    }
    Ok(record.edit(checked))
}

/// The longest period of a round, days: a heating year.
const MAX_ROUND_DAYS: i64 = 366;

/// The most people, places and tags of a round: it has to fit into an event.
const MAX_LISTED: usize = 200;

/// What all rounds of a drive say. Each becomes a record of its own in its grid, see [`crate::round`].
pub fn draw_round(call: &DrawRound, drive: &RoundId, now_ms: Millis) -> Result<Vec<(String, Value)>, CallError> {
    use round::field as f;
    let name = round_name(&call.name)?;
    let (from, until) = period(&call.from, &call.until)?;
    check_query(&call.query)?;
    if call.people.len() > MAX_LISTED {
        return Err(bad("people", "too_many"));
    }
    let mut set = vec![
        (f::NAME.to_owned(), json!(name)),
        (f::FORM.to_owned(), json!(call.form)),
        (f::FROM.to_owned(), json!(from)),
        (f::UNTIL.to_owned(), json!(until)),
        (f::DRIVE.to_owned(), json!(drive)),
        (f::DRAWN_MS.to_owned(), json!(now_ms)),
    ];
    if !call.query.is_everything() {
        set.push((f::QUERY.to_owned(), json!(call.query)));
    }
    if !call.people.is_empty() {
        set.push((f::PEOPLE.to_owned(), json!(call.people)));
    }
    Ok(set)
}

/// The edit that changes a round: its name, its last day, who goes. Which doors, with which form, stays: what was visited
/// was visited for that.
pub fn change_round(record: &Record, set: &[(String, Value)]) -> Result<Option<Edit>, CallError> {
    use round::field as f;
    let mut checked = Vec::new();
    for (name, value) in set {
        let value = match name.as_str() {
            f::NAME => json!(round_name(value.as_str().unwrap_or_default())?),
            f::UNTIL => {
                let from = record.text(f::FROM).unwrap_or_default();
                json!(period(from, value.as_str().unwrap_or_default())?.1)
            }
            f::PEOPLE => {
                let people = serde_json::from_value::<Vec<PersonId>>(value.clone());
                must(people.is_ok_and(|people| people.len() <= MAX_LISTED), name)?;
                value.clone()
            }
            _ => return Err(bad(name, "unknown")),
        };
        checked.push((name.clone(), value));
    }
    Ok(record.edit(checked))
}

/// The edit that says who takes these stairwells of a round.
pub fn assign_round(
    record: &Record,
    stairwells: &[Entrance],
    person: Option<&PersonId>,
) -> Result<Option<Edit>, CallError> {
    if stairwells.len() > MAX_ASSIGNED {
        return Err(bad("stairwells", "too_many"));
    }
    let long = |part: &String| part.chars().count() > MAX_PART;
    if stairwells.iter().any(|s| [&s.estate, &s.building, &s.entrance].into_iter().any(long)) {
        return Err(bad("stairwells", "too_long"));
    }
    Ok(record.edit(stairwells.iter().map(|stairwell| (stairwell.field(), json!(person)))))
}

/// The most characters of a part of an address, or of a tag.
const MAX_PART: usize = 100;

fn round_name(name: &str) -> Result<String, CallError> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(bad("name", "empty")),
        1..=60 => Ok(name.to_owned()),
        _ => Err(bad("name", "too_long")),
    }
}

fn period(from: &str, until: &str) -> Result<(String, String), CallError> {
    let first = parse_day(from).ok_or_else(|| bad("from", "no_day"))?;
    let last = parse_day(until).ok_or_else(|| bad("until", "no_day"))?;
    match (last - first).num_days() {
        days if days < 0 => Err(bad("until", "before_from")),
        days if days >= MAX_ROUND_DAYS => Err(bad("until", "too_long")),
        _ => Ok((first.to_string(), last.to_string())),
    }
}

/// Can a round be drawn up by this?
pub fn check_query(query: &Query) -> Result<(), CallError> {
    let long = |text: &String| text.chars().count() > MAX_PART;
    let tags = query.care.iter().flatten();
    let parts = query.places.iter().flat_map(|place| std::iter::once(&place.estate).chain(&place.building));
    must(query.places.len() <= MAX_LISTED && !parts.chain(tags).any(long), "places")?;
    must(query.care.as_ref().is_none_or(|tags| tags.len() <= MAX_LISTED), "care")?;
    must(query.modes.len() <= MAX_LISTED, "modes")?;
    must(query.top_floors.is_none_or(|floors| (1..=99).contains(&floors)), "top_floors")?;
    if let Some(cold) = &query.cold {
        // Compared as texts, so they have to be written as days are.
        let (from, until) = period(&cold.from, &cold.until).map_err(|_| bad("cold", "no_day"))?;
        must(from == cold.from && until == cold.until, "cold")?;
    }
    let is_day = |day: &String| day.is_empty() || parse_day(day).is_some_and(|read| read.to_string() == *day);
    must(query.unvisited_since.as_ref().is_none_or(is_day), "unvisited_since")
}

fn free_id(wanted: &MeasureId, taken: impl Fn(&MeasureId) -> bool) -> Result<MeasureId, CallError> {
    if !taken(wanted) {
        return Ok(wanted.clone());
    }
    let numbered = (2..100).filter_map(|n| MeasureId::new(format!("{wanted}-{n}")).ok()).find(|id| !taken(id));
    numbered.ok_or_else(|| bad("measure", "too_many"))
}

fn bad(field: &str, why: &str) -> CallError {
    CallError::new(Code::BadInput).with("field", field).with("why", why)
}

fn must(holds: bool, field: &str) -> Result<(), CallError> {
    if holds { Ok(()) } else { Err(bad(field, "unknown")) }
}

/// A text that the software put together, cut to what a field takes.
pub fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

fn short_text(field: &str, text: &str) -> Result<String, CallError> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT { Err(bad(field, "too_long")) } else { Ok(text.to_owned()) }
}

fn day(text: &str) -> Result<String, CallError> {
    text.parse::<NaiveDate>().map(|d| d.to_string()).map_err(|_| bad("until", "no_day"))
}

fn room_temp(temp_c: f64) -> Result<f64, CallError> {
    if (-30.0..=60.0).contains(&temp_c) { Ok(temp_c) } else { Err(bad("temp_c", "out_of_range")) }
}
