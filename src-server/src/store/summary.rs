//! Summary rows: what lists, facades and figures read, so that they never replay history.
//!
//! Each row is a pure function of documents; intake calls [`save`] with the documents that a batch changed.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;

use super::{Conn, Question, Result, StoreError, grids, parts, plain, word};
use huce_core::{
    body::{Noun, Visit},
    door::Door,
    event::Event,
    facility::Facility,
    figures::RequestFact,
    grid::Grid,
    household::Household,
    ids::{FacilityId, GridId, HouseholdId, RequestId, RoundId},
    plan::Plan,
    projection::{self, Doc, Docs, Key},
    record::Record,
    register::text::natural_key,
    request::Request,
    round::Round,
    rule::Rule,
    site::Site,
    view::Seen,
};

/// Brings the summary rows of these documents up to date. `docs` holds, for every door in `keys`, its household's (or
/// facility's) record as well (when there is one), and the other way round.
pub async fn save(conn: &mut Conn, docs: &Docs, keys: &BTreeSet<Key>) -> Result<()> {
    let (mut sites, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        match key {
            Key::Door(site) => {
                sites.insert(site.clone());
            }
            Key::Record(noun, id) => {
                let Some(Doc::Record(record)) = docs.get(key) else { continue };
                match noun {
                    Noun::Household => addresses.extend(HouseholdId::new(id.clone())),
                    Noun::Facility => sites.extend(Site::of_record(*noun, id)),
                    Noun::Plan => plan(conn, record, grid_of(docs, key, &record.grid)).await?,
                    Noun::Request => request(conn, record, docs, grid_of(docs, key, &record.grid)).await?,
                    Noun::Round => round(conn, record).await?,
                    Noun::Rule => rule(conn, record).await?,
                    Noun::Grid => {
                        if let Some(grid) = Grid::from_record(record) {
                            grids::save(conn, &grid).await?;
                        }
                    }
                    Noun::Unknown => {}
                }
            }
        }
    }
    let doors = sites.iter().filter_map(Site::household).filter(|household| !addresses.contains(*household));
    households(conn, docs, doors, "").await?;
    households(conn, docs, addresses.iter(), ON_NEW_ADDRESS).await?;
    facilities(conn, docs, sites.iter().filter_map(Site::facility)).await?;
    sites.extend(addresses.into_iter().map(Site::Household));
    for site in &sites {
        let Some(Doc::Door(door)) = docs.get(&Key::Door(site.clone())) else { continue };
        for id in door.requests.keys() {
            // A call-back changes the state of a request whose own record it does not touch.
            let satisfied = door.satisfied(id);
            if let Some(request) = door.requests.get(id) {
                sqlx::query("UPDATE request SET state = $2, satisfied = $3, closed_ms = $4 WHERE id = $1")
                    .bind(id.as_str())
                    .bind(word(&request.state(satisfied)))
                    .bind(satisfied.map(i64::from))
                    .bind(RequestFact::at_door(request, door).closed_ms())
                    .execute(&mut *conn)
                    .await?;
            }
        }
    }
    Ok(())
}

/// What changes in a household's row besides what happened at its door, when its own record changed. A column that is
/// set costs its indexes, whether it is the same as before or not.
const ON_NEW_ADDRESS: &str = "grid = excluded.grid, estate = excluded.estate, building = excluded.building,
     entrance = excluded.entrance, floor = excluded.floor, room = excluded.room, sort = excluded.sort,
     account = excluded.account, area_m2 = excluded.area_m2, mode = excluded.mode, care = excluded.care,
     search = excluded.search, conflict = excluded.conflict, ";

async fn households(conn: &mut Conn, docs: &Docs, ids: impl Iterator<Item = &HouseholdId>, also: &str) -> Result<()> {
    let nothing = Door::default();
    let mut rows = Vec::new();
    for id in ids {
        let door = match docs.get(&Key::Door(id.into())) {
            Some(Doc::Door(door)) => door,
            _ => &nothing,
        };
        let Some(Doc::Record(record)) = docs.get(&Key::Record(Noun::Household, id.to_string())) else { continue };
        if let Some(household) = Household::from_record(record) {
            rows.push((household, record.conflicts().count(), door));
        }
    }
    for part in parts(&rows) {
        let mut query = Question::new(
            "INSERT INTO household (id, grid, estate, building, entrance, floor, room, sort, account, area_m2, mode, care,
             search, temp_c, temp_ms, outcome, visited_ms, round, plan, plan_state, open_requests, conflict) ",
        );
        query.rows(part, |row, (household, conflicts, door)| {
            let temp = door.last_temp();
            let visit = door.last_visit();
            let plan = door.plan();
            row.bind(household.id.as_str())
                .bind(household.grid.as_str())
                .bind(plain(&household.estate).into_owned())
                .bind(plain(&household.building).into_owned())
                .bind(plain(&household.entrance).into_owned())
                .bind(i64::from(household.floor.unwrap_or_default()))
                .bind(plain(&household.room).into_owned())
                .bind(plain(&sort_key(household)).into_owned())
                .bind(household.account.as_deref().map(|a| plain(a).into_owned()))
                .bind(household.area_m2)
                .bind(household.mode.map(|m| word(&m)))
                .bind(serde_json::json!(household.care).to_string())
                .bind(plain(&search_text(household)).into_owned())
                .bind(temp.map(|(_, c)| c))
                .bind(temp.map(|(ms, _)| ms))
                .bind(visit.map(|v| word(&v.outcome)))
                .bind(visit.map(|v| v.when_ms))
                .bind(visit.and_then(|v| v.round.as_ref()).map(RoundId::as_str))
                .bind(plan.map(|(id, _)| id.as_str().to_owned()))
                .bind(plan.map(|(_, brief)| word(&brief.state)))
                .bind(i64::try_from(door.open_requests().count()).unwrap_or(i64::MAX))
                .bind(i64::try_from(*conflicts).unwrap_or(i64::MAX));
        });
        query.push(" ON CONFLICT (id) DO UPDATE SET ").push(also).push(
            "temp_c = excluded.temp_c, temp_ms = excluded.temp_ms, outcome = excluded.outcome,
             visited_ms = excluded.visited_ms, round = excluded.round, plan = excluded.plan,
             plan_state = excluded.plan_state, open_requests = excluded.open_requests",
        );
        query.kept();
        query.run(&mut *conn).await?;
    }
    round_visits(conn, &rows).await
}

async fn facilities(conn: &mut Conn, docs: &Docs, ids: impl Iterator<Item = &FacilityId>) -> Result<()> {
    let mut rows = Vec::new();
    for id in ids {
        let Some(Doc::Record(record)) = docs.get(&projection::record_of(&id.into())) else { continue };
        let Some(facility) = Facility::from_record(record) else { continue };
        let seen = match docs.get(&Key::Door(id.into())) {
            Some(Doc::Door(door)) => Seen::from(door),
            _ => Seen::default(),
        };
        let body = serde_json::to_string(&facility).map_err(|_| StoreError::damaged("a facility"))?;
        rows.push((facility, body, seen, record.conflicts().count()));
    }
    for part in parts(&rows) {
        let mut query = Question::new(
            "INSERT INTO facility (id, grid, kind, body, outcome, visited_ms, done_ms, open_requests, conflict) ",
        );
        query.rows(part, |row, (facility, body, seen, conflicts)| {
            row.bind(facility.id.as_str())
                .bind(facility.grid.as_str())
                .bind(facility.kind.as_str())
                .bind(body.as_str())
                .bind(seen.last.map(|(outcome, _)| word(&outcome)))
                .bind(seen.last.map(|(_, when_ms)| when_ms))
                .bind(seen.done_ms)
                .bind(i64::from(seen.open_requests))
                .bind(i64::try_from(*conflicts).unwrap_or(i64::MAX));
        });
        query.push(
            " ON CONFLICT (id) DO UPDATE SET grid = excluded.grid, kind = excluded.kind, body = excluded.body,
             outcome = excluded.outcome, visited_ms = excluded.visited_ms, done_ms = excluded.done_ms,
             open_requests = excluded.open_requests, conflict = excluded.conflict",
        );
        query.run(&mut *conn).await?;
    }
    Ok(())
}

async fn round_visits(conn: &mut Conn, rows: &[(Household, usize, &Door)]) -> Result<()> {
    let mut newest = Vec::new();
    for (household, _, door) in rows {
        let mut by_round: BTreeMap<&RoundId, _> = BTreeMap::new();
        for (_, visit) in door.valid_visits() {
            by_round.extend(visit.rounds().map(|round| (round, visit)));
        }
        newest.extend(by_round.into_iter().map(|(round, visit)| (household, round, visit)));
    }
    for part in parts(&newest) {
        let mut query = Question::new("INSERT INTO round_visit (household, round, grid, outcome, when_ms) ");
        query.rows(part, |row, (household, round, visit)| {
            row.bind(household.id.as_str())
                .bind(round.as_str())
                .bind(household.grid.as_str())
                .bind(word(&visit.outcome))
                .bind(visit.when_ms);
        });
        query.push(
            " ON CONFLICT (household, round) DO UPDATE SET grid = excluded.grid, outcome = excluded.outcome,
             when_ms = excluded.when_ms",
        );
        query.kept();
        query.run(&mut *conn).await?;
    }
    Ok(())
}

async fn plan(conn: &mut Conn, record: &Record, grid: &GridId) -> Result<()> {
    let Some(plan) = Plan::from_record(record) else { return Ok(()) };
    let (done, measures) = plan.progress();
    let who: BTreeSet<_> = plan.measures.iter().filter_map(|m| m.who.as_ref()).map(|p| p.as_str()).collect();
    let who = serde_json::to_string(&who).map_err(|_| StoreError::damaged("a plan"))?;
    sqlx::query(
        "INSERT INTO plan (id, grid, household, state, due, done, measures, who, opened_ms, changed_ms, conflict)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET grid = excluded.grid,
         household = excluded.household, state = excluded.state, due = excluded.due, done = excluded.done,
         measures = excluded.measures, who = excluded.who, opened_ms = excluded.opened_ms,
         changed_ms = excluded.changed_ms, conflict = excluded.conflict",
    )
    .bind(plan.id.as_str())
    .bind(grid.as_str())
    .bind(plan.household.as_str())
    .bind(word(&plan.state))
    .bind(plan.due().map(|d| plain(d).into_owned()))
    .bind(i64::try_from(done).unwrap_or(i64::MAX))
    .bind(i64::try_from(measures).unwrap_or(i64::MAX))
    .bind(who)
    .bind(plan.opened_ms)
    .bind(plan.changed_ms)
    .bind(i64::try_from(record.conflicts().count()).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

async fn request(conn: &mut Conn, record: &Record, docs: &Docs, grid: &GridId) -> Result<()> {
    let Some(request) = Request::from_record(record) else { return Ok(()) };
    let [_, solve] = request.clocks();
    let door = match request.site().and_then(|site| docs.get(&Key::Door(site))) {
        Some(Doc::Door(door)) => Some(door),
        _ => None,
    };
    let satisfied = match door {
        Some(door) => door.satisfied(&request.id),
        None => request.satisfied,
    };
    let closed_ms = match door {
        Some(door) => RequestFact::at_door(&request, door).closed_ms(),
        None => RequestFact::new(record, None).and_then(|fact| fact.closed_ms()),
    };
    sqlx::query(
        "INSERT INTO request (id, grid, household, channel, category, severity, state, taken_ms, answered_ms,
         resolved_ms, satisfied, assignee, conflict, facility, due_ms, doubtful, joined,
         closed_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (id) DO UPDATE SET grid = excluded.grid, household = excluded.household,
         channel = excluded.channel, category = excluded.category, severity = excluded.severity,
         state = excluded.state, taken_ms = excluded.taken_ms, answered_ms = excluded.answered_ms,
         resolved_ms = excluded.resolved_ms, satisfied = excluded.satisfied, assignee = excluded.assignee,
         conflict = excluded.conflict, facility = excluded.facility, due_ms = excluded.due_ms,
         doubtful = excluded.doubtful, joined = excluded.joined,
         closed_ms = excluded.closed_ms",
    )
    .bind(request.id.as_str())
    .bind(grid.as_str())
    .bind(request.household.as_ref().map(HouseholdId::as_str))
    .bind(word(&request.channel))
    .bind(word(&request.category))
    .bind(word(&request.severity))
    .bind(word(&request.state(satisfied)))
    .bind(request.taken_ms)
    .bind(request.answered_ms)
    .bind(request.resolved_ms)
    .bind(satisfied.map(i64::from))
    .bind(request.assignee.as_ref().map(|p| p.as_str()))
    .bind(i64::try_from(record.conflicts().count()).unwrap_or(i64::MAX))
    .bind(request.facility.as_ref().map(FacilityId::as_str))
    .bind(solve.due_ms)
    .bind(i64::from(request.doubtful))
    .bind(request.joined.as_ref().map(RequestId::as_str))
    .bind(closed_ms)
    .execute(conn)
    .await?;
    Ok(())
}

async fn rule(conn: &mut Conn, record: &Record) -> Result<()> {
    let rule = Rule::from_record(record);
    let body = rule.map(|rule| serde_json::to_string(&rule)).transpose().map_err(|_| StoreError::damaged("a rule"))?;
    sqlx::query(
        "INSERT INTO rule (id, grid, body, conflict) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET
         grid = excluded.grid, body = excluded.body, conflict = excluded.conflict",
    )
    .bind(record.id.as_str())
    .bind(record.grid.as_str())
    .bind(body.map(|body| plain(&body).into_owned()))
    .bind(i64::try_from(record.conflicts().count()).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    Ok(())
}

/// The rules that hold in these grids.
pub async fn rules(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Result<Vec<Rule>> {
    let mut query = Question::new("SELECT body FROM rule WHERE body IS NOT NULL AND grid IN ");
    query.list(grids.iter().map(GridId::as_str));
    query.push(" ORDER BY grid, id");
    let read = |row: &super::SqlRow| serde_json::from_str(row.try_get(0)?).map_err(|_| StoreError::damaged("a rule"));
    query.all(conn).await?.iter().map(read).collect()
}

async fn round(conn: &mut Conn, record: &Record) -> Result<()> {
    let Some(round) = Round::from_record(record) else { return Ok(()) };
    let body = serde_json::to_string(&round).map_err(|_| StoreError::damaged("a round"))?;
    sqlx::query(
        "INSERT INTO round (id, grid, name, form, from_day, until_day, target, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET grid = excluded.grid, name = excluded.name, form = excluded.form,
         from_day = excluded.from_day, until_day = excluded.until_day, target = excluded.target, body = excluded.body",
    )
    .bind(round.id.as_str())
    .bind(round.grid.as_str())
    .bind(plain(&round.name).into_owned())
    .bind(round.form.as_str())
    .bind(plain(&round.from).into_owned())
    .bind(plain(&round.until).into_owned())
    .bind(round.target.map(i64::from))
    .bind(plain(&body).into_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds visits to those that are counted by time.
pub async fn add_visits(conn: &mut Conn, visits: &[(&Event, &Visit)]) -> Result<()> {
    for part in parts(visits) {
        let mut query = Question::new(
            "INSERT INTO visit (device, seq, grid, household, person, when_ms, outcome, round, lowest_c, satisfaction,
             facility, corrects) ",
        );
        query.rows(part, |row, (event, visit)| {
            row.bind(event.device.as_str())
                .bind(event.seq.cast_signed())
                .bind(event.grid.as_str())
                .bind(event.household.as_ref().map(HouseholdId::as_str))
                .bind(event.person.as_str())
                .bind(event.when_ms())
                .bind(word(&visit.outcome))
                .bind(visit.round.as_ref().map(RoundId::as_str))
                .bind(visit.lowest_c())
                .bind(visit.satisfaction.map(i64::from))
                .bind(event.facility.as_ref().map(FacilityId::as_str))
                .bind(visit.corrects.as_ref().map(ToString::to_string));
        });
        query.kept();
        query.run(&mut *conn).await?;
    }
    Ok(())
}

/// Orders doors as one walks past them: estate, building, entrance, floor, room, numbers by value.
pub fn sort_key(household: &Household) -> String {
    let floor = household.floor.unwrap_or_default().saturating_add(100).clamp(0, 999);
    let part = |text: &str| natural_key(text);
    format!(
        "{}\u{1}{}\u{1}{}\u{1}{floor:03}\u{1}{}",
        part(&household.estate),
        part(&household.building),
        part(&household.entrance),
        part(&household.room)
    )
}

/// What a search looks into: estate, `3-2-501`, account number, the phone's last four digits.
fn search_text(household: &Household) -> String {
    let digits: Vec<char> = household.phone.iter().flat_map(|p| p.chars()).filter(char::is_ascii_digit).collect();
    let tail: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    let account = household.account.as_deref().unwrap_or_default();
    format!("{} {} {account} {tail}", household.estate, household.short()).to_lowercase()
}

/// The grid that a document belongs to: that in which its household (or facility) stands, which plans and requests go along
/// with; a record's own; else that of the event at hand.
pub fn grid_of<'a>(docs: &'a Docs, key: &Key, event_grid: &'a GridId) -> &'a GridId {
    let record = match key {
        Key::Record(..) => docs.get(key),
        Key::Door(site) => docs.get(&projection::record_of(site)),
    };
    let Some(Doc::Record(record)) = record else { return event_grid };
    match record.site().and_then(|site| docs.get(&projection::record_of(&site))) {
        Some(Doc::Record(site)) => &site.grid,
        _ => &record.grid,
    }
}
