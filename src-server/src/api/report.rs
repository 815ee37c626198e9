//! Reports: facts are read out of the summary rows and documents, and counted by the core ([`huce_core::figures`]).
//!
//! Visits come grid by grid out of their rows, since a month of a whole city has hundreds of thousands; plans and
//! requests are few enough to be read as documents, which know more of them.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::Noun,
    clock::Millis,
    door::Door,
    figures::{
        Counting, Figure, Period, PlanFact, Report, RequestFact, VisitFact,
        count::Counted,
        report::{Overdue, Parts, TraceLine, overdue, place_text, trace_line},
    },
    grid::Grid,
    ids::{DeviceId, EventId, FacilityId, GridId, HouseholdId, PersonId},
    ipc::{
        CallError, Code,
        report::{MAX_TRACES, ReadReport, ReadTraces, TracesReply},
    },
    projection::{self, Doc, Docs, Key},
    record::Record,
    site::{KnownSite, Site},
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    figures,
};
use crate::store::{Conn, Question, Result, SqlRow, StoreError, docs, from_word, grids, grids::Tree};

/// Grids whose visits are read at once.
const GRIDS_AT_ONCE: usize = 16;
/// Plans or requests that are read at once.
const RECORDS_AT_ONCE: usize = 400;

/// Answers [`ReadReport`].
pub async fn read_report(asked: &Asked, call: ReadReport) -> Answer<Report> {
    let period = call.scope.period(asked.now_ms)?;
    let grids = within(asked, call.scope.grid.as_ref())?;
    let mut conn = asked.conn().await?;
    Ok(report(&mut conn, &grids, call.scope.grid, period, asked.now_ms).await?)
}

/// Answers [`ReadTraces`].
pub async fn read_traces(asked: &Asked, call: ReadTraces) -> Answer<TracesReply> {
    let period = call.scope.period(asked.now_ms)?;
    let grids = within(asked, call.scope.grid.as_ref())?;
    if !call.figure.is_traced() {
        return Err(CallError::new(Code::BadInput).with("field", "figure").with("why", "register"));
    }
    let mut conn = asked.conn().await?;
    let (total, lines) = traces(&mut conn, &grids, period, asked.now_ms, call.figure, MAX_TRACES).await?;
    Ok(TracesReply { period, now_ms: asked.now_ms, total, lines })
}

/// The grids that are meant: one that the person sees, with those below it, or everything that they see.
pub fn within(asked: &Asked, grid: Option<&GridId>) -> Answer<BTreeSet<GridId>> {
    let Some(top) = grid else { return Ok(asked.viewer.grids.clone()) };
    asked.viewer.must_see(top)?;
    Ok(below(&asked.viewer.tree, top).intersection(&asked.viewer.grids).cloned().collect())
}

/// A grid with those below it.
pub fn below(tree: &Tree, top: &GridId) -> BTreeSet<GridId> {
    tree.below(&BTreeSet::from([top.clone()]))
}

/// The report of these grids.
///
/// # Errors
/// When the database fails, or what is in it is damaged.
pub async fn report(
    conn: &mut Conn,
    of: &BTreeSet<GridId>,
    grid: Option<GridId>,
    period: Period,
    now_ms: Millis,
) -> Result<Report> {
    let named: Vec<Grid> = grids::list(conn, of).await?;
    let at_ms = period.at_ms(now_ms);
    let mut late = Vec::new();
    let counted = count(conn, of, Counting::new(period, now_ms), |record, docs| {
        late.extend(overdue(record, door_of(docs, record.site()), place_of(docs, record.site().as_ref()), at_ms));
    })
    .await?;
    let before = count(conn, of, Counting::new(period.before(), now_ms), |_, _| {}).await?;
    let season_before = count(conn, of, Counting::new(period.year_before(), now_ms), |_, _| {}).await?;
    let overdue: Vec<Overdue> = late;
    Ok(Report::new(Parts { period, now_ms, grid, grids: &named, counted, before, season_before, overdue }))
}

/// The facts behind a figure: how many, and the newest of them.
///
/// # Errors
/// When the database fails, or what is in it is damaged.
pub async fn traces(
    conn: &mut Conn,
    of: &BTreeSet<GridId>,
    period: Period,
    now_ms: Millis,
    figure: Figure,
    most: usize,
) -> Result<(u32, Vec<TraceLine>)> {
    let counted = count(conn, of, Counting::new(period, now_ms).tracing(figure), |_, _| {}).await?;
    let mut traces: Vec<_> = counted.traces.into_iter().filter(|trace| of.contains(&trace.grid)).collect();
    let total = u32::try_from(traces.len()).unwrap_or(u32::MAX);
    traces.truncate(most);
    let mut lines = Vec::with_capacity(traces.len());
    for part in traces.chunks(RECORDS_AT_ONCE) {
        let sites = part.iter().filter_map(|trace| trace.source.site());
        let mut keys: BTreeSet<Key> = sites.flat_map(|site| about(&site)).collect();
        let records = part.iter().filter_map(|trace| trace.source.record());
        keys.extend(records.map(|(noun, id)| Key::Record(noun, id.to_owned())));
        let docs = docs::load(conn, keys).await?;
        lines.extend(part.iter().map(|trace| {
            let site = trace.source.site();
            let record = trace.source.record().and_then(|(noun, id)| record_in(&docs, noun, id));
            trace_line(trace.clone(), door_of(&docs, site.clone()), record, place_of(&docs, site.as_ref()))
        }));
    }
    Ok((total, lines))
}

/// Reads the facts of these grids and counts them. `each` sees every plan and request, with what was read beside them.
async fn count(
    conn: &mut Conn,
    of: &BTreeSet<GridId>,
    mut counting: Counting,
    mut each: impl FnMut(&Record, &Docs),
) -> Result<Counted> {
    let mut query = figures::within(of, "SELECT grid, COUNT(*) FROM household WHERE grid IN ");
    query.push(" GROUP BY grid");
    for row in query.all(&mut *conn).await? {
        let n: i64 = row.try_get(1)?;
        counting.households(&id(row.try_get(0)?, GridId::new)?, u64::try_from(n).unwrap_or_default());
    }
    let all: Vec<&GridId> = of.iter().collect();
    for part in all.chunks(GRIDS_AT_ONCE) {
        for row in visits(part, counting.visits_between()).all(&mut *conn).await? {
            if let Some(fact) = visit(&row)?.filter(|fact| of.contains(&fact.grid)) {
                counting.visit(&fact);
            }
        }
    }
    for row in moved_visits(conn, of, counting.visits_between()).await? {
        if let Some(fact) = visit(&row)?.filter(|fact| of.contains(&fact.grid)) {
            counting.visit(&fact);
        }
    }
    let plans = figures::within(of, "SELECT id, household, CAST(NULL AS TEXT) FROM plan WHERE grid IN ");
    records(conn, plans, Noun::Plan, |record, docs| {
        if let Some(fact) = PlanFact::from_record(record) {
            counting.plan(&fact);
        }
        each(record, docs);
    })
    .await?;
    let (from_ms, until_ms) = counting.requests_between();
    let mut requests = figures::within(of, "SELECT id, household, facility FROM request WHERE grid IN ");
    requests
        .push(" AND taken_ms < ")
        .bind(until_ms)
        .push(" AND (state <> 'closed' OR closed_ms IS NULL OR taken_ms >= ");
    requests.bind(from_ms).push(" OR closed_ms >= ").bind(from_ms).push(" OR resolved_ms >= ").bind(from_ms).push(")");
    records(conn, requests, Noun::Request, |record, docs| {
        if let Some(fact) = RequestFact::new(record, door_of(docs, record.site())) {
            counting.request(fact);
        }
        each(record, docs);
    })
    .await?;
    Ok(counting.finish())
}

/// Visits, with the grid where their place lies now.
const VISITS: &str = "SELECT v.device, v.seq, COALESCE(h.grid, f.grid), v.household, v.facility, v.person, v.when_ms,
     v.outcome, v.lowest_c, v.satisfaction FROM visit v LEFT JOIN household h ON h.id = v.household
     LEFT JOIN facility f ON f.id = v.facility WHERE ";

/// Valid visits in the streams of these grids.
fn visits(grids: &[&GridId], between: (Millis, Millis)) -> Question {
    let mut query = Question::new(format!("{VISITS}v.grid IN "));
    query.list(grids.iter().map(|grid| grid.as_str()));
    valid_between(query, between)
}

/// Valid visits of places that came into these grids, recorded before that in others (docs/adr/0007).
async fn moved_visits(conn: &mut Conn, of: &BTreeSet<GridId>, between: (Millis, Millis)) -> Result<Vec<SqlRow>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut left = Question::new("SELECT site FROM moved WHERE grid NOT IN ");
    left.list(of.iter().map(GridId::as_str));
    let sites: BTreeSet<String> =
        left.all(&mut *conn).await?.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_>>()?;
    let sites: Vec<String> = sites.into_iter().collect();
    let mut rows = Vec::new();
    for part in sites.chunks(RECORDS_AT_ONCE) {
        let mut query = Question::new(format!("{VISITS}(v.household IN "));
        query.list(part.iter().map(String::as_str)).push(" OR v.facility IN ").list(part.iter().map(String::as_str));
        query.push(") AND v.grid NOT IN ").list(of.iter().map(GridId::as_str));
        rows.extend(valid_between(query, between).all(&mut *conn).await?);
    }
    Ok(rows)
}

fn valid_between(mut query: Question, (from_ms, until_ms): (Millis, Millis)) -> Question {
    query.push(" AND v.when_ms >= ").bind(from_ms).push(" AND v.when_ms < ").bind(until_ms);
    query.push(" AND NOT EXISTS (SELECT 1 FROM visit c WHERE c.corrects = v.device || '-' || v.seq)");
    query
}

/// A row of [`visits`]; none for a visit at a place that is not in the register (yet).
fn visit(row: &SqlRow) -> Result<Option<VisitFact>> {
    let Some(grid) = row.try_get::<Option<String>, _>(2)? else { return Ok(None) };
    let household = row.try_get::<Option<String>, _>(3)?.map(|text| id(text, HouseholdId::new)).transpose()?;
    let facility = row.try_get::<Option<String>, _>(4)?.map(|text| id(text, FacilityId::new)).transpose()?;
    let Some(site) = Site::of(household.as_ref(), facility.as_ref()) else { return Ok(None) };
    let device = id(row.try_get(0)?, DeviceId::new)?;
    let satisfaction: Option<i64> = row.try_get(9)?;
    Ok(Some(VisitFact {
        event: EventId { device, seq: row.try_get::<i64, _>(1)?.cast_unsigned() },
        grid: id(grid, GridId::new)?,
        site,
        person: id(row.try_get(5)?, PersonId::new)?,
        when_ms: row.try_get(6)?,
        outcome: from_word(row.try_get::<&str, _>(7)?)?,
        lowest_c: row.try_get(8)?,
        satisfaction: satisfaction.and_then(|n| u8::try_from(n).ok()),
    }))
}

fn id<T, E>(text: String, read: impl FnOnce(String) -> std::result::Result<T, E>) -> Result<T> {
    read(text).map_err(|_| StoreError::damaged("an identifier"))
}

/// Loads the records that a question names (id, household, facility), with their doors and places, part by part.
async fn records(conn: &mut Conn, query: Question, noun: Noun, mut each: impl FnMut(&Record, &Docs)) -> Result<()> {
    let rows = query.all(&mut *conn).await?;
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        let household = row.try_get::<Option<String>, _>(1)?.and_then(|text| HouseholdId::new(text).ok());
        let facility = row.try_get::<Option<String>, _>(2)?.and_then(|text| FacilityId::new(text).ok());
        named.push((row.try_get::<String, _>(0)?, Site::of(household.as_ref(), facility.as_ref())));
    }
    for part in named.chunks(RECORDS_AT_ONCE) {
        let mut keys: BTreeSet<Key> = part.iter().map(|(id, _)| Key::Record(noun, id.clone())).collect();
        keys.extend(part.iter().filter_map(|(_, site)| site.as_ref()).flat_map(about));
        let docs = docs::load_standing(conn, keys).await?;
        for (id, _) in part {
            if let Some(record) = record_in(&docs, noun, id) {
                each(record, &docs);
            }
        }
    }
    Ok(())
}

fn about(site: &Site) -> [Key; 2] {
    [projection::record_of(site), Key::Door(site.clone())]
}

fn record_in<'a>(docs: &'a Docs, noun: Noun, id: &str) -> Option<&'a Record> {
    match docs.get(&Key::Record(noun, id.to_owned())) {
        Some(Doc::Record(record)) => Some(record),
        _ => None,
    }
}

/// What is known of visits and call-backs there.
fn door_of(docs: &Docs, site: Option<Site>) -> Option<&Door> {
    match docs.get(&Key::Door(site?)) {
        Some(Doc::Door(door)) => Some(door),
        _ => None,
    }
}

fn place_of(docs: &Docs, site: Option<&Site>) -> String {
    let record = site.and_then(|site| record_in(docs, site.noun(), site.as_str()));
    place_text(record.and_then(KnownSite::from_record).as_ref())
}

/// What people are called, by login: for workbooks.
pub async fn names(conn: &mut Conn, now_ms: Millis) -> Result<BTreeMap<PersonId, String>> {
    let all = crate::store::people::list(conn, now_ms).await?;
    Ok(all.into_iter().map(|person| (person.id, person.name)).collect())
}
