//! Requests: the list with its clocks, taking one down, answering, pausing, handing over, deciding who is responsible,
//! resolving, calling back; the rules that decisions taught.

use std::collections::BTreeSet;

use huce_core::{
    act,
    body::{Body, Noun},
    door::Door,
    ids::{EventId, FacilityId, GridId, HouseholdId, RequestId, RuleId},
    ipc::{
        CallError, Code,
        household::RequestLine,
        request::{
            AnswerRequest, CountRequests, DecideRequest, EndRule, FindSame, HandOverRequest, JoinRequest, OpenRequest,
            PauseRequest, RecordCallBack, RequestPage, Requests, RequestsReply, ResolveRequest, ResumeRequest, Rules,
            SetRequestMode, TakeRequest,
        },
    },
    plan::Plan,
    projection::{self, Doc, Docs, Key},
    record::Record,
    request::{Category, Party, Request, RequestFigures, figures, same_matter},
    rule::{self, Place, Rule},
    site::Site,
    view,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    conflict,
    facility::facility_in,
    figures::within,
    household::{door, household_in},
    round::round_at,
    viewer::DECIDERS,
};
use crate::store::{Conn, Question, SqlRow, StoreError, docs, grids, summary};

/// The most requests of one list; open ones come first.
const MAX_REQUESTS: i64 = 1_000;

/// Answers [`Requests`].
pub async fn requests(asked: &Asked, call: Requests) -> Answer<RequestsReply> {
    let mut conn = asked.conn().await?;
    let mut query = within(&asked.viewer.grids, "SELECT id, household, facility FROM request WHERE grid IN ");
    if !call.closed {
        query.push(" AND state <> 'closed'");
    }
    query.push(" ORDER BY CASE WHEN state = 'closed' THEN 1 ELSE 0 END, taken_ms DESC, id LIMIT ");
    query.bind(MAX_REQUESTS);
    let mut requests = lines(&mut conn, query).await?;
    view::sort_requests(&mut requests, asked.now_ms);
    Ok(RequestsReply { now_ms: asked.now_ms, requests })
}

/// The requests that a question about `id, household, facility` finds.
async fn lines(conn: &mut Conn, query: Question) -> Answer<Vec<RequestLine>> {
    let mut keys = BTreeSet::new();
    let mut ids = Vec::new();
    for row in query.all(&mut *conn).await? {
        let (id, site) = named(&row)?;
        keys.insert(Key::Record(Noun::Request, id.clone()));
        keys.extend(site.iter().flat_map(about));
        ids.push(id);
    }
    let docs = docs::load_standing(conn, keys).await?;
    Ok(ids.iter().filter_map(|id| line(&docs, id)).collect())
}

fn named(row: &SqlRow) -> Result<(String, Option<Site>), StoreError> {
    let household = row.try_get::<Option<String>, _>(1)?.and_then(|h| HouseholdId::new(h).ok());
    let facility = row.try_get::<Option<String>, _>(2)?.and_then(|f| FacilityId::new(f).ok());
    Ok((row.try_get(0)?, Site::of(household.as_ref(), facility.as_ref())))
}

/// So many requests are read at a time when all of a period are counted.
const COUNTED_AT_ONCE: i64 = 2_000;

/// Answers [`CountRequests`]: all of the period, however many.
pub async fn count_requests(asked: &Asked, call: CountRequests) -> Answer<RequestFigures> {
    let mut conn = asked.conn().await?;
    let mut all: Vec<RequestLine> = Vec::new();
    loop {
        let mut query = within(&asked.viewer.grids, "SELECT id, household, facility FROM request WHERE grid IN ");
        query.push(" AND taken_ms >= ").bind(call.from_ms);
        query.push(" AND taken_ms < ").bind(call.until_ms);
        // Names go on where the last page ended.
        query.push(" AND id > ").bind(all.last().map_or_else(String::new, |line| line.request.id.to_string()));
        query.push(" ORDER BY id LIMIT ").bind(COUNTED_AT_ONCE);
        let page = lines(&mut conn, query).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let said = |line: &RequestLine| line.satisfied_ms.zip(line.satisfied);
    Ok(figures(all.iter().map(|line| (&line.request, said(line))), asked.now_ms))
}

/// Answers [`OpenRequest`].
pub async fn open_request(asked: &Asked, call: OpenRequest) -> Answer<RequestPage> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let mut keys = BTreeSet::from([Key::Record(Noun::Request, record.id.clone())]);
    keys.extend(record.site().iter().flat_map(about));
    let mut conn = asked.conn().await?;
    let docs = docs::load_standing(&mut conn, keys).await?;
    let line = line(&docs, &record.id).ok_or_else(|| CallError::new(Code::NotFound).with("what", &call.request))?;
    let door = record.site().and_then(|site| door_in(&docs, site));
    let mut due = Vec::new();
    if let (Some(site), Some(door)) = (record.site(), door) {
        let keys = door.plans.keys().map(|id| Key::Record(Noun::Plan, id.to_string()));
        let plans = docs::load(&mut conn, keys).await?;
        // They stand where their household does, which the person sees.
        let read = |doc: &Doc| if let Doc::Record(plan) = doc { Plan::from_record(plan) } else { None };
        let plans: Vec<_> = plans.values().filter_map(read).collect();
        // Rounds are walked from door to door; a facility has none.
        let household = site.household().and_then(|id| household_in(&docs, id));
        let round = match &household {
            Some(household) => round_at(&mut conn, asked, household, door).await?,
            None => None,
        };
        due = view::due_here(door, &plans, round.as_ref(), Some(&call.request), asked.now_ms);
    }
    Ok(view::request_page(line, door, conflict::of(&mut conn, &record).await?, due, asked.now_ms))
}

/// What a request's line needs of its door or facility.
fn about(site: &Site) -> [Key; 2] {
    [projection::record_of(site), Key::Door(site.clone())]
}

fn door_in(docs: &Docs, site: Site) -> Option<&Door> {
    match docs.get(&Key::Door(site)) {
        Some(Doc::Door(door)) => Some(door),
        _ => None,
    }
}

fn line(docs: &Docs, id: &str) -> Option<RequestLine> {
    let Some(Doc::Record(record)) = docs.get(&Key::Record(Noun::Request, id.to_owned())) else { return None };
    let request = Request::from_record(record)?;
    let household = request.household.as_ref().and_then(|h| household_in(docs, h));
    let facility = request.facility.as_ref().and_then(|id| facility_in(docs, id));
    let door = request.site().and_then(|site| door_in(docs, site));
    Some(view::request_line(&request, household.as_ref(), facility, door, false))
}

/// Answers [`TakeRequest`].
pub async fn take_request(asked: &Asked, call: TakeRequest) -> Answer<RequestId> {
    let site = call.site();
    let grid = match (&site, &call.grid) {
        (Some(site), _) => asked.site(site).await?.1.grid().clone(),
        (None, Some(grid)) => grid.clone(),
        (None, None) => return Err(CallError::new(Code::BadInput).with("field", "grid").with("why", "empty")),
    };
    asked.viewer.must_see(&grid)?;
    if let (Some(site), false) = (&site, call.another)
        && let Some(same) = same(asked, site, call.category).await?
    {
        let edit = act::ask_again(&same, &call, asked.now_ms)?;
        write(asked, &same, Body::Edit(edit)).await?;
        return named_by(&same.id);
    }
    let responsible = responsible(asked, &grid, call.category, site.as_ref()).await?;
    let edit = act::take_request(&call, "new", asked.now_ms, &responsible)?;
    let event = asked.open(&grid, site, edit).await?;
    named_by(&event.to_string())
}

fn named_by(id: &str) -> Answer<RequestId> {
    RequestId::new(id).map_err(|_| CallError::new(Code::Internal).with("what", "request"))
}

/// The open request about the same matter, where the person sees it.
async fn same(asked: &Asked, site: &Site, category: Category) -> Answer<Option<Record>> {
    let door = door(&mut *asked.conn().await?, site).await?;
    let Some(same) = same_matter(&door, category, asked.now_ms) else { return Ok(None) };
    let key = Key::Record(Noun::Request, same.id.to_string());
    let record = docs::standing(&mut *asked.conn().await?, &key).await?;
    Ok(record.filter(|record| asked.viewer.grids.contains(&record.grid)))
}

/// Who is responsible for such a request, and by which rule.
async fn responsible(
    asked: &Asked,
    grid: &GridId,
    category: Category,
    site: Option<&Site>,
) -> Answer<(Party, Option<RuleId>)> {
    let path: BTreeSet<GridId> = asked.viewer.tree.path(grid).into_iter().cloned().collect();
    let mut conn = asked.conn().await?;
    let rules = summary::rules(&mut conn, &path).await?;
    let grids = grids::list(&mut conn, &path).await?;
    let (party, rule) = rule::responsible(&rules, &grids, grid, category, Place::of(site));
    Ok((party, rule.map(|rule| rule.id.clone())))
}

/// Answers [`FindSame`].
pub async fn find_same(asked: &Asked, call: FindSame) -> Answer<Option<RequestLine>> {
    let Some(site) = Site::of(call.household.as_ref(), call.facility.as_ref()) else { return Ok(None) };
    asked.site(&site).await?;
    let Some(record) = same(asked, &site, call.category).await? else { return Ok(None) };
    line_of(asked, &record).await
}

/// A request with what is known of its door or facility.
async fn line_of(asked: &Asked, record: &Record) -> Answer<Option<RequestLine>> {
    let mut keys = BTreeSet::from([Key::Record(Noun::Request, record.id.clone())]);
    keys.extend(record.site().iter().flat_map(about));
    let docs = docs::load_standing(&mut *asked.conn().await?, keys).await?;
    Ok(line(&docs, &record.id))
}

/// A request that the person sees, and what the resident said last of its newest resolution.
async fn request_of(asked: &Asked, id: &RequestId) -> Answer<(Record, Option<bool>)> {
    let record = asked.record(Noun::Request, id.as_str()).await?;
    let line = line_of(asked, &record).await?;
    Ok((record, line.and_then(|line| line.satisfied)))
}

/// Answers [`AnswerRequest`].
pub async fn answer_request(asked: &Asked, call: AnswerRequest) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let edit = act::answer_request(&record, &asked.viewer.person.id, asked.now_ms)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`ResolveRequest`].
pub async fn resolve_request(asked: &Asked, call: ResolveRequest) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let edit = act::resolve_request(&record, &call.resolution, asked.now_ms)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`RecordCallBack`].
pub async fn record_call_back(asked: &Asked, call: RecordCallBack) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let body = act::call_back(&record, &call)?;
    write(asked, &record, body).await
}

/// Answers [`PauseRequest`].
pub async fn pause_request(asked: &Asked, call: PauseRequest) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let edit = act::pause_request(&record, &call, asked.now_ms)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`ResumeRequest`].
pub async fn resume_request(asked: &Asked, call: ResumeRequest) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let edit = act::resume_request(&record, asked.now_ms)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`HandOverRequest`].
pub async fn hand_over_request(asked: &Asked, call: HandOverRequest) -> Answer<EventId> {
    let (record, satisfied) = request_of(asked, &call.request).await?;
    let edit = act::hand_over(&record, &call, satisfied)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`SetRequestMode`].
pub async fn set_request_mode(asked: &Asked, call: SetRequestMode) -> Answer<EventId> {
    let (record, satisfied) = request_of(asked, &call.request).await?;
    let edit = act::set_mode(&record, &call, satisfied)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`JoinRequest`].
pub async fn join_request(asked: &Asked, call: JoinRequest) -> Answer<EventId> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let into = asked.record(Noun::Request, call.into.as_str()).await?;
    let edit = act::join_request(&record, &into)?;
    write(asked, &record, Body::Edit(edit)).await
}

/// Answers [`DecideRequest`]. The rule comes after the decision: were the server to stop in between, the decision stands, and
/// taking it again teaches the rule.
pub async fn decide_request(asked: &Asked, call: DecideRequest) -> Answer<EventId> {
    let (record, satisfied) = request_of(asked, &call.request).await?;
    asked.viewer.must(&DECIDERS, &record.grid)?;
    if let Some(grid) = &call.teach {
        asked.viewer.must(&DECIDERS, grid)?;
        if !asked.viewer.tree.path(&record.grid).contains(&grid) {
            return Err(CallError::new(Code::BadInput).with("field", "teach").with("why", "elsewhere"));
        }
    }
    let request = Request::from_record(&record).ok_or_else(|| CallError::new(Code::Stale))?;
    let edit = act::decide_request(&record, &call, satisfied)?;
    let event = write(asked, &record, Body::Edit(edit)).await?;
    if let Some(grid) = &call.teach {
        let id = RuleId::of(grid, request.category, Place::of(request.site().as_ref()));
        let known = docs::record(&mut *asked.conn().await?, &Key::Record(Noun::Rule, id.to_string())).await?;
        if let Some(edit) = act::teach_rule(known.as_ref(), &request, grid, &call) {
            asked.write(grid, None, Body::Edit(edit)).await?;
        }
    }
    Ok(event)
}

/// Answers [`Rules`]: of the person's grids and of those above, which hold for them as well.
pub async fn rules(asked: &Asked, _: Rules) -> Answer<Vec<Rule>> {
    let above = asked.viewer.tree.above(&asked.viewer.grids);
    let grids: BTreeSet<GridId> = asked.viewer.grids.iter().chain(&above).cloned().collect();
    let mut rules = summary::rules(&mut *asked.conn().await?, &grids).await?;
    rules.sort_by(|a, b| (&a.grid, a.category, a.place).cmp(&(&b.grid, b.category, b.place)));
    Ok(rules)
}

/// Answers [`EndRule`].
pub async fn end_rule(asked: &Asked, call: EndRule) -> Answer<EventId> {
    let record = asked.record(Noun::Rule, call.rule.as_str()).await?;
    asked.viewer.must(&DECIDERS, &record.grid)?;
    let edit = act::end_rule(&record)?;
    asked.write(&record.grid, None, Body::Edit(edit)).await
}

async fn write(asked: &Asked, record: &Record, body: Body) -> Answer<EventId> {
    asked.write(&record.grid, record.site(), body).await
}
