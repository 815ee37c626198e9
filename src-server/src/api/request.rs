//! Requests: the list with its clocks, taking one down, answering, resolving, calling back.

use std::collections::BTreeSet;

use huce_core::{
    act,
    body::{Body, Noun},
    door::Door,
    ids::{EventId, FacilityId, HouseholdId, RequestId},
    ipc::{
        CallError, Code,
        household::RequestLine,
        request::{
            AnswerRequest, OpenRequest, RecordCallBack, RequestPage, Requests, RequestsReply, ResolveRequest,
            TakeRequest,
        },
    },
    projection::{self, Doc, Docs, Key},
    record::Record,
    request::Request,
    site::Site,
    view,
};
use sqlx::Row;

use super::{
    asked::{Answer, Asked},
    conflict,
    facility::facility_in,
    figures::within,
    household::household_in,
};
use crate::store::{StoreError, docs};

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
    let rows = query.all(&mut conn).await?;
    let mut keys = BTreeSet::new();
    let mut ids = Vec::new();
    for row in rows {
        let id: String = row.try_get(0).map_err(StoreError::from)?;
        let household: Option<String> = row.try_get(1).map_err(StoreError::from)?;
        let facility: Option<String> = row.try_get(2).map_err(StoreError::from)?;
        keys.insert(Key::Record(Noun::Request, id.clone()));
        let household = household.and_then(|h| HouseholdId::new(h).ok());
        let facility = facility.and_then(|f| FacilityId::new(f).ok());
        keys.extend(Site::of(household.as_ref(), facility.as_ref()).iter().flat_map(about));
        ids.push(id);
    }
    let docs = docs::load(&mut conn, keys).await?;
    let mut requests: Vec<_> = ids.iter().filter_map(|id| line(&docs, id)).collect();
    view::sort_requests(&mut requests, asked.now_ms);
    Ok(RequestsReply { now_ms: asked.now_ms, requests })
}

/// Answers [`OpenRequest`].
pub async fn open_request(asked: &Asked, call: OpenRequest) -> Answer<RequestPage> {
    let record = asked.record(Noun::Request, call.request.as_str()).await?;
    let mut keys = BTreeSet::from([Key::Record(Noun::Request, record.id.clone())]);
    keys.extend(record.site().iter().flat_map(about));
    let mut conn = asked.conn().await?;
    let docs = docs::load(&mut conn, keys).await?;
    let line = line(&docs, &record.id).ok_or_else(|| CallError::new(Code::NotFound).with("what", &call.request))?;
    let door = record.site().and_then(|site| door_in(&docs, site));
    Ok(view::request_page(line, door, conflict::of(&mut conn, &record).await?))
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
    let edit = act::take_request(&call, "new", asked.now_ms)?;
    let event = asked.open(&grid, site, edit).await?;
    RequestId::new(event.to_string()).map_err(|_| CallError::new(Code::Internal).with("what", "request"))
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

async fn write(asked: &Asked, record: &Record, body: Body) -> Answer<EventId> {
    asked.write(&record.grid, record.site(), body).await
}
