//! What happened in the demo district: rounds, visits, requests, plans.

use std::collections::BTreeMap;

use huce_core::{
    body::{Body, CallBack, Noun, Outcome, Reading, Visit},
    clock::{Millis, china_date, china_midnight, china_now},
    ids::{FormId, GridId, HouseholdId, MeasureId, PersonId, RequestId, RoundId},
    plan,
    record::first_edit,
    request, round,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{DAY_MS, DemoError, answers::Paper, doors, edit, once, read, record, system};
use crate::{app::App, intake::Entry, store::forms};

#[derive(Deserialize)]
struct DemoRound {
    id: String,
    grid: GridId,
    name: String,
    form: FormId,
    from_days: i64,
    until_days: i64,
}

/// Days from today as `YYYY-MM-DD`.
fn day(now_ms: Millis, days: i64) -> String {
    china_date(now_ms.saturating_add(days.saturating_mul(DAY_MS))).to_string()
}

/// Hour and minute of a day before today.
fn instant(now_ms: Millis, days_ago: i64, hour: i64, minute: i64) -> Millis {
    china_midnight(china_date(now_ms)) - days_ago * DAY_MS + (hour * 60 + minute) * 60_000
}

pub(super) async fn rounds(app: &App) -> Result<(), DemoError> {
    let now_ms = app.now_ms();
    let mut entries = Vec::new();
    for each in read::<Vec<DemoRound>>("rounds.json")? {
        let set = vec![
            (round::field::NAME.to_owned(), json!(each.name)),
            (round::field::FORM.to_owned(), json!(each.form)),
            (round::field::FROM.to_owned(), json!(day(now_ms, each.from_days))),
            (round::field::UNTIL.to_owned(), json!(day(now_ms, each.until_days))),
        ];
        if let Some(edit) = edit(app, Noun::Round, &each.id, set).await? {
            let entry = Entry::of_grid(system()?, each.grid, Body::Edit(edit));
            entries.push(entry.at(now_ms + each.from_days * DAY_MS));
        }
    }
    record(app, entries).await
}

/// Everything that has happened, in the order in which it did.
pub(super) async fn past(app: &App) -> Result<(), DemoError> {
    let now_ms = app.now_ms();
    let mut scene = Scene { now_ms, doors: doors(app).await?, entries: Vec::new() };
    let mut conn = app.store.pool().acquire().await?;
    let wanting = || DemoError::File { file: "history.json", why: "the form heating-visit is not published".into() };
    let form = forms::current(&mut conn).await?.into_iter().find(|f| f.form.as_str() == "heating-visit");
    let form = form.ok_or_else(wanting)?;
    let paper = Paper::open(&forms::bytes(&mut conn, &form.hash).await?.ok_or_else(wanting)?)?;
    drop(conn);
    scene.visits(&paper, &(form.form, form.hash.chars().take(16).collect()))?;
    scene.requests()?;
    scene.plans()?;
    scene.entries.sort_by_key(|(at_ms, _)| *at_ms);
    once(app, "demo:past", scene.entries.into_iter().map(|(_, entry)| entry).collect()).await
}

struct Scene {
    now_ms: Millis,
    doors: BTreeMap<HouseholdId, GridId>,
    entries: Vec<(Millis, Entry)>,
}

#[derive(Deserialize)]
struct DemoVisit {
    estate: String,
    household: String,
    person: PersonId,
    round: Option<RoundId>,
    days_ago: i64,
    hour: i64,
    minute: i64,
    outcome: Outcome,
    rooms: Vec<Room>,
    satisfaction: Option<u8>,
}

#[derive(Deserialize)]
pub(super) struct Room {
    pub name: String,
    pub temp_c: f64,
}

#[derive(Deserialize)]
struct DemoRequest {
    id: RequestId,
    estate: String,
    household: String,
    channel: Value,
    category: Value,
    severity: Value,
    mode: Value,
    text: String,
    taken_by: PersonId,
    minutes_ago: i64,
    answered_after_min: Option<i64>,
    resolved_after_min: Option<i64>,
    resolution: Option<String>,
    assignee: Option<PersonId>,
    call_back: Option<DemoCallBack>,
}

#[derive(Deserialize)]
struct DemoCallBack {
    after_min: i64,
    reached: bool,
    satisfied: Option<bool>,
    note: String,
}

#[derive(Deserialize)]
struct DemoPlan {
    id: String,
    estate: String,
    household: String,
    person: PersonId,
    opened_days_ago: i64,
    diagnosis: String,
    consent: Option<bool>,
    before_c: Option<f64>,
    after_c: Option<f64>,
    measures: Vec<DemoMeasure>,
    follow_ups: Vec<DemoFollowUp>,
}

#[derive(Deserialize)]
struct DemoMeasure {
    id: MeasureId,
    title: String,
    priority: i64,
    until_days: i64,
    state: String,
    why: String,
    who: PersonId,
}

#[derive(Deserialize)]
struct DemoFollowUp {
    days: u32,
    due_days: i64,
    done_c: Option<f64>,
}

impl Scene {
    fn add(&mut self, at_ms: Millis, person: &PersonId, door: &(HouseholdId, GridId), body: Body) {
        let entry = Entry::new(person.clone(), door.1.clone(), Some(door.0.clone()), body);
        self.entries.push((at_ms, entry.at(at_ms)));
    }

    /// The door that a file names as `3-2-501`.
    fn door(&self, file: &'static str, estate: &str, short: &str) -> Result<(HouseholdId, GridId), DemoError> {
        let missing = || DemoError::File { file, why: format!("the register has no {estate} {short}") };
        let mut parts = short.splitn(3, '-');
        let (Some(building), Some(entrance), Some(room)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(missing());
        };
        let household = HouseholdId::of_address(estate, building, entrance, room);
        let grid = self.doors.get(&household).cloned().ok_or_else(missing)?;
        Ok((household, grid))
    }

    fn visits(&mut self, paper: &Paper, form: &(FormId, String)) -> Result<(), DemoError> {
        for each in read::<Vec<DemoVisit>>("history.json")? {
            let door = self.door("history.json", &each.estate, &each.household)?;
            let at_ms = instant(self.now_ms, each.days_ago, each.hour, each.minute);
            let is_done = each.outcome == Outcome::Done;
            let answers = match each.satisfaction {
                Some(score) if is_done => paper.fill(china_now(at_ms), &each.rooms, score)?,
                _ => Value::Null,
            };
            let visit = Visit {
                outcome: each.outcome,
                round: each.round,
                also: Vec::new(),
                form: is_done.then(|| form.clone()),
                started_ms: Some(at_ms - 9 * 60_000),
                answers,
                readings: each.rooms.into_iter().map(|r| Reading { room: r.name, temp_c: r.temp_c }).collect(),
                satisfaction: each.satisfaction,
                photos: Vec::new(),
                corrects: None,
            };
            self.add(at_ms, &each.person, &door, Body::Visit(visit));
        }
        Ok(())
    }

    fn requests(&mut self) -> Result<(), DemoError> {
        use request::field as f;
        for each in read::<Vec<DemoRequest>>("requests.json")? {
            let door = self.door("requests.json", &each.estate, &each.household)?;
            let taken_ms = self.now_ms - each.minutes_ago * 60_000;
            let mut say = |at_ms: Millis, person: &PersonId, set: Vec<(&str, Value)>| {
                let set = set.into_iter().map(|(name, value)| (name.to_owned(), value));
                self.add(at_ms, person, &door, Body::Edit(first_edit(Noun::Request, each.id.as_str(), set)));
            };
            say(
                taken_ms,
                &each.taken_by,
                vec![
                    (f::CHANNEL, each.channel),
                    (f::CATEGORY, each.category),
                    (f::SEVERITY, each.severity),
                    (f::MODE, each.mode),
                    (f::TEXT, json!(each.text)),
                    (f::TAKEN_MS, json!(taken_ms)),
                ],
            );
            let by = each.assignee.clone().unwrap_or_else(|| each.taken_by.clone());
            if let Some(after) = each.answered_after_min {
                let at_ms = taken_ms + after * 60_000;
                say(at_ms, &by, vec![(f::ANSWERED_MS, json!(at_ms)), (f::ASSIGNEE, json!(each.assignee))]);
            }
            let Some(after) = each.resolved_after_min else { continue };
            let resolved_ms = taken_ms + after * 60_000;
            say(resolved_ms, &by, vec![(f::RESOLVED_MS, json!(resolved_ms)), (f::RESOLUTION, json!(each.resolution))]);
            if let Some(call) = each.call_back {
                let body = CallBack {
                    request: each.id.clone(),
                    reached: call.reached,
                    satisfied: call.satisfied,
                    note: call.note,
                    of: None,
                };
                self.add(resolved_ms + call.after_min * 60_000, &each.taken_by, &door, Body::CallBack(body));
            }
        }
        Ok(())
    }

    fn plans(&mut self) -> Result<(), DemoError> {
        use plan::field as f;
        for each in read::<Vec<DemoPlan>>("plans.json")? {
            let door = self.door("plans.json", &each.estate, &each.household)?;
            let opened_ms = instant(self.now_ms, each.opened_days_ago, 10, 20);
            let mut first =
                vec![(f::DIAGNOSIS.to_owned(), json!(each.diagnosis)), (f::BEFORE_C.to_owned(), json!(each.before_c))];
            let mut later = vec![(f::AFTER_C.to_owned(), json!(each.after_c))];
            if each.consent.is_some() {
                first.push((f::CONSENT.to_owned(), json!(each.consent)));
            }
            for measure in each.measures {
                let part = |part: &str| f::measure(&measure.id, part);
                first.extend([
                    (part("title"), json!(measure.title)),
                    (part("who"), json!(measure.who)),
                    (part("until"), json!(day(self.now_ms, measure.until_days))),
                    (part("priority"), json!(measure.priority)),
                    (part("why"), json!(measure.why)),
                ]);
                if measure.state != "open" {
                    later.push((part("state"), json!(measure.state)));
                }
            }
            for follow_up in each.follow_ups {
                let part = |part: &str| f::follow_up(follow_up.days, part);
                later.push((part("due"), json!(day(self.now_ms, follow_up.due_days))));
                later.push((part("done_c"), json!(follow_up.done_c)));
            }
            later.retain(|(_, value)| !value.is_null());
            self.add(opened_ms, &each.person, &door, Body::Edit(first_edit(Noun::Plan, &each.id, first)));
            if !later.is_empty() {
                let later_ms = opened_ms + DAY_MS + 5 * 3_600_000;
                let at_ms = if later_ms < self.now_ms { later_ms } else { opened_ms + 3_600_000 };
                self.add(at_ms, &each.person, &door, Body::Edit(first_edit(Noun::Plan, &each.id, later)));
            }
        }
        Ok(())
    }
}
