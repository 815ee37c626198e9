//! What is in each table. The order of columns is that of the paper ledgers: when, where, what, how far, who; and at the
//! end the event behind the row, which leads to its page.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::{Noun, Outcome},
    clock::{Millis, china_midnight, parse_day},
    door::{Door, VisitBrief},
    facility::Facility,
    figures::{PlanFact, RequestFact, report::place_text},
    household::HeatingMode,
    ids::{EventId, FacilityId, GridId, HouseholdId},
    plan::{Plan, PlanState},
    projection::{self, Doc, Docs, Key},
    record::Record,
    request::RequestState,
    site::{KnownSite, Site},
    view::{self, Seen},
};
use sqlx::Row as _;

use super::{
    ask::{Desk, Filter, Ledger},
    table::{Cell, Column, Place, Row, Table},
    words::{cell, cell_of},
};
use crate::{
    api::figures::within,
    store::{Question, Result, SqlRow, StoreError, docs, from_word},
};

/// Rows that are made at once.
const AT_ONCE: usize = 400;
/// Rows of one table, at most: a sheet holds 1,048,576.
pub const MOST_ROWS: usize = 1_000_000;

/// Makes a table.
///
/// # Errors
/// When the database fails, or what is in it is damaged.
pub async fn table(desk: &mut Desk<'_>, ledger: Ledger, filter: &Filter, between: (Millis, Millis)) -> Result<Table> {
    let (columns, rows) = match ledger {
        Ledger::Visits => (VISITS.to_vec(), visits(desk, filter, between).await?),
        Ledger::Plans => (PLANS.to_vec(), plans(desk, filter, between).await?),
        Ledger::Requests => (REQUESTS.to_vec(), requests(desk, filter, between).await?),
        Ledger::Facilities => (FACILITIES.to_vec(), facilities(desk, filter).await?),
        Ledger::Households => (HOUSEHOLDS.to_vec(), households(desk, filter).await?),
        Ledger::Grids => (GRIDS.to_vec(), grids(desk)),
    };
    Ok(Table { name: ledger.sheet(filter.lang).to_owned(), columns, rows })
}

const GRID: Column = Column::new("grid", "网格", "grid");
const PLACE: Column = Column::new("place", "地点", "place");
const EVENT: Column = Column::new("event", "事件", "event");
const WHO: Column = Column::new("who", "经办人", "who");

const VISITS: [Column; 11] = [
    Column::new("at", "时间", "at"),
    GRID,
    PLACE,
    Column::new("outcome", "结果", "outcome"),
    Column::new("lowest_c", "最低室温 ℃", "lowest °C"),
    Column::new("rooms", "各房间温度", "rooms"),
    Column::new("satisfaction", "满意度（1–5）", "satisfaction (1 to 5)"),
    Column::new("round", "排查行动", "round"),
    WHO,
    Column::new("corrected_by", "被此事件更正", "corrected by"),
    EVENT,
];

const PLANS: [Column; 15] = [
    Column::new("opened", "建立时间", "opened"),
    GRID,
    PLACE,
    Column::new("diagnosis", "诊断", "diagnosis"),
    Column::new("state", "状态", "state"),
    Column::new("consent", "住户同意", "consent"),
    Column::new("measures", "措施（完成/全部）", "measures (done/all)"),
    Column::new("due", "下一期限", "next date"),
    Column::new("overdue", "超期", "overdue"),
    Column::new("before_c", "措施前 ℃", "before °C"),
    Column::new("after_c", "措施后 ℃", "after °C"),
    Column::new("effect_c", "效果 ℃", "effect °C"),
    Column::new("closed", "完成时间", "closed"),
    WHO,
    EVENT,
];

const REQUESTS: [Column; 19] = [
    Column::new("taken", "受理时间", "taken"),
    GRID,
    PLACE,
    Column::new("channel", "来源", "channel"),
    Column::new("category", "类别", "category"),
    Column::new("severity", "程度", "severity"),
    Column::new("mode", "办理方式", "mode"),
    Column::new("text", "内容", "what was said"),
    Column::new("state", "状态", "state"),
    Column::new("answered", "应答时间", "answered"),
    Column::new("answered_in_time", "应答及时", "answered in time"),
    Column::new("resolved", "解决时间", "resolved"),
    Column::new("solved_in_time", "解决及时", "solved in time"),
    Column::new("resolution", "处理结果", "resolution"),
    Column::new("called_back", "回访时间", "called back"),
    Column::new("satisfied", "满意", "satisfied"),
    Column::new("closed", "办结时间", "closed"),
    WHO,
    EVENT,
];

const FACILITIES: [Column; 13] = [
    Column::new("kind", "类别", "kind"),
    Column::new("code", "编号", "code"),
    Column::new("name", "名称", "name"),
    GRID,
    Column::new("estate", "小区", "estate"),
    Column::new("building", "楼栋", "building"),
    Column::new("latitude", "纬度（WGS-84）", "latitude (WGS-84)"),
    Column::new("longitude", "经度（WGS-84）", "longitude (WGS-84)"),
    Column::new("visited", "最近到访", "last visit"),
    Column::new("outcome", "结果", "outcome"),
    Column::new("due", "本年度待巡检", "due this year"),
    Column::new("open_requests", "在办诉求", "open requests"),
    Column::new("page", "详情", "page"),
];

const HOUSEHOLDS: [Column; 16] = [
    GRID,
    Column::new("estate", "小区", "estate"),
    Column::new("building", "楼栋", "building"),
    Column::new("entrance", "单元", "entrance"),
    Column::new("floor", "楼层", "floor"),
    Column::new("room", "房号", "room"),
    Column::new("account", "户号", "account"),
    Column::new("area_m2", "面积 m²", "area m²"),
    Column::new("mode", "供热方式", "heating mode"),
    Column::new("temp_c", "最近室温 ℃", "last °C"),
    Column::new("measured", "测温时间", "measured"),
    Column::new("visited", "最近入户", "last visit"),
    Column::new("outcome", "结果", "outcome"),
    Column::new("plan", "一户一策", "plan"),
    Column::new("open_requests", "在办诉求", "open requests"),
    Column::new("page", "详情", "page"),
];

const GRIDS: [Column; 3] =
    [Column::new("code", "编码", "code"), Column::new("name", "名称", "name"), Column::new("above", "上级", "above")];

/// What was read beside the rows.
struct Known(Docs);

impl Known {
    async fn load(desk: &mut Desk<'_>, noun: Option<Noun>, part: &[Named]) -> Result<Self> {
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        for named in part {
            keys.extend(noun.map(|noun| Key::Record(noun, named.id.clone())));
            keys.extend(named.site.iter().flat_map(|site| [projection::record_of(site), Key::Door(site.clone())]));
        }
        Ok(Self(docs::load_standing(desk.conn, keys).await?))
    }

    fn record(&self, noun: Noun, id: &str) -> Option<&Record> {
        match self.0.get(&Key::Record(noun, id.to_owned())) {
            Some(Doc::Record(record)) => Some(record),
            _ => None,
        }
    }

    fn door(&self, site: &Site) -> Option<&Door> {
        match self.0.get(&Key::Door(site.clone())) {
            Some(Doc::Door(door)) => Some(door),
            _ => None,
        }
    }

    /// Where a row is, in words that lead to its page, and as a place.
    fn place(&self, site: Option<&Site>) -> (Cell, Option<Place>) {
        let Some(site) = site else { return (Cell::Empty, None) };
        let known = self.record(site.noun(), site.as_str()).and_then(KnownSite::from_record);
        let place = match &known {
            Some(KnownSite::Facility(Facility { position: Some((lat, lon)), .. })) => Some(Place::Point(*lat, *lon)),
            _ => None,
        };
        (Cell::Link(place_text(known.as_ref()), page_of(site)), place)
    }
}

/// The console's page of a household or facility.
fn page_of(site: &Site) -> String {
    format!("/{}/{site}", site.noun().as_str())
}

/// A row to be made: what it is called, and where it is.
struct Named {
    id: String,
    site: Option<Site>,
}

fn named(row: &SqlRow) -> Result<Named> {
    let household = row.try_get::<Option<String>, _>(1)?.and_then(|id| HouseholdId::new(id).ok());
    let facility = row.try_get::<Option<String>, _>(2)?.and_then(|id| FacilityId::new(id).ok());
    Ok(Named { id: row.try_get(0)?, site: Site::of(household.as_ref(), facility.as_ref()) })
}

async fn all_named(desk: &mut Desk<'_>, mut query: Question) -> Result<Vec<Named>> {
    query.push(" LIMIT ").bind(i64::try_from(MOST_ROWS).unwrap_or(i64::MAX));
    query.all(desk.conn).await?.iter().map(named).collect()
}

async fn visits(desk: &mut Desk<'_>, filter: &Filter, (from_ms, until_ms): (Millis, Millis)) -> Result<Vec<Row>> {
    let mut query =
        within(&desk.of, "SELECT device || '-' || seq, household, facility, grid FROM visit WHERE grid IN ");
    query.push(" AND when_ms >= ").bind(from_ms).push(" AND when_ms < ").bind(until_ms);
    query.push(" ORDER BY when_ms, device, seq LIMIT ").bind(i64::try_from(MOST_ROWS).unwrap_or(i64::MAX));
    let mut all = Vec::new();
    for row in query.all(desk.conn).await? {
        let grid = GridId::new(row.try_get::<String, _>(3)?).map_err(|_| StoreError::damaged("a grid's code"))?;
        all.push((named(&row)?, grid));
    }
    let mut rows = Vec::with_capacity(all.len());
    while !all.is_empty() {
        let part: Vec<(Named, GridId)> = all.drain(..all.len().min(AT_ONCE)).collect();
        let (part, grids): (Vec<Named>, Vec<GridId>) = part.into_iter().unzip();
        let known = Known::load(desk, None, &part).await?;
        for (named, grid) in part.iter().zip(&grids) {
            let Some((site, event)) = named.site.as_ref().zip(named.id.parse::<EventId>().ok()) else { continue };
            let Some(door) = known.door(site) else { continue };
            if let Some(visit) = door.visits.get(&event) {
                rows.push(visit_row(desk, filter, (grid, site), (&event, visit), (door, &known)));
            }
        }
    }
    Ok(rows)
}

fn visit_row(
    desk: &Desk<'_>,
    filter: &Filter,
    (grid, site): (&GridId, &Site),
    (event, visit): (&EventId, &VisitBrief),
    (door, known): (&Door, &Known),
) -> Row {
    let (where_it_is, place) = known.place(Some(site));
    let rooms = visit.readings.iter().map(|reading| format!("{} {:.1}", reading.room, reading.temp_c));
    let corrected = door.visits.iter().find(|(_, other)| other.corrects.as_ref() == Some(event));
    let page = match site {
        Site::Household(household) => format!("/record/{household}/{event}"),
        Site::Facility(_) => page_of(site),
    };
    let cells = vec![
        Cell::Moment(visit.when_ms),
        Cell::text(desk.grid(grid)),
        where_it_is,
        cell(visit.outcome, filter.lang),
        Cell::temp(visit.lowest_c()),
        Cell::text(rooms.collect::<Vec<_>>().join("; ")),
        visit.satisfaction.map_or(Cell::Empty, |n| Cell::Count(n.into())),
        Cell::text(visit.round.as_ref().map(ToString::to_string).unwrap_or_default()),
        Cell::text(desk.person(&visit.person)),
        Cell::text(corrected.map(|(by, _)| by.to_string()).unwrap_or_default()),
        Cell::Link(event.to_string(), page),
    ];
    Row { cells, place }
}

async fn plans(desk: &mut Desk<'_>, filter: &Filter, (from_ms, until_ms): (Millis, Millis)) -> Result<Vec<Row>> {
    let mut query = within(&desk.of, "SELECT id, household, CAST(NULL AS TEXT) FROM plan WHERE grid IN ");
    query.push(" AND opened_ms >= ").bind(from_ms).push(" AND opened_ms < ").bind(until_ms);
    if filter.open {
        query.push(" AND state <> 'closed'");
    }
    query.push(" ORDER BY opened_ms, id");
    let all = all_named(desk, query).await?;
    let mut rows = Vec::with_capacity(all.len());
    for part in all.chunks(AT_ONCE) {
        let known = Known::load(desk, Some(Noun::Plan), part).await?;
        for named in part {
            let Some(record) = known.record(Noun::Plan, &named.id) else { continue };
            let (Some(plan), Some(fact)) = (Plan::from_record(record), PlanFact::from_record(record)) else { continue };
            if !filter.is_alive(fact.closed_ms) {
                continue;
            }
            let (where_it_is, place) = known.place(named.site.as_ref());
            let (done, all) = plan.progress();
            let who: BTreeSet<String> =
                plan.measures.iter().filter_map(|m| m.who.as_ref()).map(|who| desk.person(who)).collect();
            let overdue = fact.overdue_since(desk.now_ms).is_some();
            let due = plan.due().and_then(parse_day).map(china_midnight);
            let cells = vec![
                Cell::Moment(plan.opened_ms),
                Cell::text(desk.grid(&plan.grid)),
                where_it_is,
                Cell::text(&plan.diagnosis),
                cell(plan.state, filter.lang),
                Cell::yes(plan.consent, filter.lang),
                Cell::text(format!("{done}/{all}")),
                Cell::moment(due),
                Cell::yes(Some(overdue), filter.lang),
                Cell::temp(plan.before_c),
                Cell::temp(plan.after_c),
                Cell::temp(plan.effect_c()),
                Cell::moment(fact.closed_ms),
                Cell::text(who.into_iter().collect::<Vec<_>>().join(", ")),
                Cell::Link(named.id.clone(), format!("/plan/{}", named.id)),
            ];
            rows.push(Row { cells, place });
        }
    }
    Ok(rows)
}

async fn requests(desk: &mut Desk<'_>, filter: &Filter, (from_ms, until_ms): (Millis, Millis)) -> Result<Vec<Row>> {
    let mut query = within(&desk.of, "SELECT id, household, facility FROM request WHERE grid IN ");
    query.push(" AND taken_ms >= ").bind(from_ms).push(" AND taken_ms < ").bind(until_ms);
    if filter.open {
        query.push(" AND state <> 'closed'");
    }
    query.push(" ORDER BY taken_ms, id");
    let all = all_named(desk, query).await?;
    let mut rows = Vec::with_capacity(all.len());
    for part in all.chunks(AT_ONCE) {
        let known = Known::load(desk, Some(Noun::Request), part).await?;
        for named in part {
            let Some(record) = known.record(Noun::Request, &named.id) else { continue };
            let door = named.site.as_ref().and_then(|site| known.door(site));
            let Some(fact) = RequestFact::new(record, door) else { continue };
            if filter.lets(&fact, desk.now_ms) {
                rows.push(request_row(desk, filter, named, &fact, &known));
            }
        }
    }
    Ok(rows)
}

impl Filter {
    fn lets(&self, fact: &RequestFact, now_ms: Millis) -> bool {
        let request = &fact.request;
        let state = request.state(fact.satisfied);
        (!self.running || matches!(state, RequestState::New | RequestState::Answered))
            && (!self.alarm || request.escalation(fact.satisfied, now_ms).is_some())
            && (!self.decide || (state != RequestState::Closed && request.route.needs_decision()))
            && self.party.is_none_or(|party| party == request.route.party())
            && self.state.is_none_or(|wanted| wanted == state)
            && self.category.is_none_or(|category| category == request.category)
            && self.mode.is_none_or(|mode| mode == request.mode)
            // What is handled in another request ended there.
            && (self.alive_since.is_none() || request.joined.is_none())
            && self.is_alive(fact.closed_ms())
    }

    fn is_alive(&self, closed_ms: Option<Millis>) -> bool {
        self.alive_since.is_none_or(|since| closed_ms.is_none_or(|closed| closed >= since))
    }
}

fn request_row(desk: &Desk<'_>, filter: &Filter, named: &Named, fact: &RequestFact, known: &Known) -> Row {
    let (request, lang) = (&fact.request, filter.lang);
    let (where_it_is, place) = known.place(named.site.as_ref());
    let [answered, solved] = fact.kept(desk.now_ms);
    let cells = vec![
        Cell::Moment(request.taken_ms),
        Cell::text(desk.grid(&request.grid)),
        where_it_is,
        cell(request.channel, lang),
        cell(request.category, lang),
        cell(request.severity, lang),
        cell(request.mode, lang),
        Cell::text(&request.text),
        cell(request.state(fact.satisfied), lang),
        Cell::moment(request.answered_ms),
        Cell::yes(answered, lang),
        Cell::moment(request.resolved_ms),
        Cell::yes(solved, lang),
        Cell::text(request.resolution.clone().unwrap_or_default()),
        Cell::moment(fact.said_ms),
        Cell::yes(fact.satisfied, lang),
        Cell::moment(fact.closed_ms()),
        Cell::text(request.assignee.as_ref().map(|who| desk.person(who)).unwrap_or_default()),
        Cell::Link(named.id.clone(), format!("/request/{}", named.id)),
    ];
    Row { cells, place }
}

async fn facilities(desk: &mut Desk<'_>, filter: &Filter) -> Result<Vec<Row>> {
    let mut query =
        within(&desk.of, "SELECT body, outcome, visited_ms, done_ms, open_requests FROM facility WHERE grid IN ");
    if let Some(kind) = filter.kind {
        query.push(" AND kind = ").bind(kind.as_str());
    }
    query.push(" ORDER BY kind, id");
    let mut rows = Vec::new();
    let found = query.all(desk.conn).await?;
    let fits = crate::api::facility::fits(&filter.text);
    for row in &found {
        let facility: Facility =
            serde_json::from_str(row.try_get(0)?).map_err(|_| StoreError::damaged("a facility"))?;
        let outcome: Option<Outcome> = row.try_get::<Option<&str>, _>(1)?.map(from_word).transpose()?;
        let seen = Seen {
            last: outcome.zip(row.try_get(2)?),
            done_ms: row.try_get(3)?,
            open_requests: u32::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u32::MAX),
        };
        let line = view::facility_line(facility, seen, desk.now_ms);
        if (filter.due && !line.due) || !fits(&line.facility) {
            continue;
        }
        let facility = line.facility;
        let kind = match filter.lang {
            huce_core::register::Lang::Zh => facility.kind.zh(),
            huce_core::register::Lang::En => facility.kind.as_str(),
        };
        let degree = |part: Option<f64>| part.map_or(Cell::Empty, |degree| Cell::Number(degree, 6));
        let cells = vec![
            Cell::text(kind),
            Cell::text(facility.code.clone().unwrap_or_default()),
            Cell::text(&facility.name),
            Cell::text(desk.grid(&facility.grid)),
            Cell::text(facility.estate.clone().unwrap_or_default()),
            Cell::text(facility.building.clone().unwrap_or_default()),
            degree(facility.position.map(|(lat, _)| lat)),
            degree(facility.position.map(|(_, lon)| lon)),
            Cell::moment(line.visited_ms),
            cell_of(line.visit, filter.lang),
            Cell::yes(Some(line.due), filter.lang),
            Cell::Count(line.open_requests.into()),
            Cell::Link(facility.id.to_string(), format!("/facility/{}", facility.id)),
        ];
        let place = facility.position.map(|(lat, lon)| Place::Point(lat, lon));
        rows.push(Row { cells, place });
    }
    Ok(rows)
}

async fn households(desk: &mut Desk<'_>, filter: &Filter) -> Result<Vec<Row>> {
    let mut query = within(
        &desk.of,
        "SELECT id, grid, estate, building, entrance, floor, room, account, area_m2, mode, temp_c, temp_ms, visited_ms,
         outcome, plan_state, open_requests FROM household WHERE grid IN ",
    );
    for (column, value) in [("estate", &filter.estate), ("building", &filter.building)] {
        if let Some(value) = value {
            query.push(format!(" AND {column} = ")).bind(value.clone());
        }
    }
    query.push(" ORDER BY grid, sort LIMIT ").bind(i64::try_from(MOST_ROWS).unwrap_or(i64::MAX));
    let names: BTreeMap<String, String> = desk.grids.iter().map(|(id, g)| (id.to_string(), g.name.clone())).collect();
    let rows = query.all(desk.conn).await?;
    rows.iter().map(|row| household_row(row, filter, &names)).collect()
}

fn household_row(row: &SqlRow, filter: &Filter, names: &BTreeMap<String, String>) -> Result<Row> {
    let text = |at: usize| row.try_get::<Option<String>, _>(at).map(|text| Cell::text(text.unwrap_or_default()));
    let (id, grid): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let floor: i64 = row.try_get(5)?;
    let mode: Option<HeatingMode> = row.try_get::<Option<&str>, _>(9)?.map(from_word).transpose()?;
    let outcome: Option<Outcome> = row.try_get::<Option<&str>, _>(13)?.map(from_word).transpose()?;
    let plan: Option<PlanState> = row.try_get::<Option<&str>, _>(14)?.map(from_word).transpose()?;
    let cells = vec![
        Cell::text(names.get(&grid).cloned().unwrap_or(grid)),
        text(2)?,
        text(3)?,
        text(4)?,
        if floor == 0 { Cell::Empty } else { Cell::text(floor.to_string()) },
        text(6)?,
        text(7)?,
        row.try_get::<Option<f64>, _>(8)?.map_or(Cell::Empty, |area| Cell::Number(area, 2)),
        cell_of(mode, filter.lang),
        Cell::temp(row.try_get(10)?),
        Cell::moment(row.try_get(11)?),
        Cell::moment(row.try_get(12)?),
        cell_of(outcome, filter.lang),
        cell_of(plan, filter.lang),
        Cell::Count(u64::try_from(row.try_get::<i64, _>(15)?).unwrap_or_default()),
        Cell::Link(id.clone(), format!("/household/{id}")),
    ];
    Ok(Row { cells, place: None })
}

fn grids(desk: &Desk<'_>) -> Vec<Row> {
    let rows = desk.grids.values().map(|grid| Row {
        cells: vec![
            Cell::text(grid.id.as_str()),
            Cell::text(&grid.name),
            Cell::text(grid.parent.as_ref().map(|above| desk.grid(above)).unwrap_or_default()),
        ],
        place: (!grid.polygon.is_empty()).then(|| Place::Area(grid.polygon.clone())),
    });
    rows.collect()
}
