//! Requests: take down, answer, resolve, call back.

use huce_core::{
    act,
    body::{Body, Noun},
    door::Door,
    ids::{EventId, RequestId},
    ipc::{
        CallError, Code,
        household::RequestLine,
        request::{
            AnswerRequest, OpenRequest, RecordCallBack, RequestPage, Requests, RequestsReply, ResolveRequest,
            TakeRequest,
        },
    },
    projection::Doc,
    record::Record,
    request::{Request, RequestState},
    view,
};

use super::{Answer, not_found};
use crate::{Device, device::New};

impl Device {
    /// Requests of this person's grids, the least time left first.
    pub(super) fn request_lines(&self, closed: bool) -> Result<Vec<RequestLine>, CallError> {
        let mut records = Vec::new();
        self.docs("r/request/", |_, doc| {
            if let Doc::Record(record) = doc {
                records.push(record);
            }
        })?;
        let mine = self.my_grids();
        let mut lines = Vec::new();
        for record in records.iter().filter(|r| mine.contains(&self.stands(r))) {
            let Some((line, _)) = self.request_line(record)? else { continue };
            if closed || view::request_state(&line) != RequestState::Closed {
                lines.push(line);
            }
        }
        view::sort_requests(&mut lines, self.server_now_ms());
        Ok(lines)
    }

    /// A request and its door (or facility); none for a record that is no whole request yet.
    fn request_line(&self, record: &Record) -> Result<Option<(RequestLine, Option<Door>)>, CallError> {
        let Some(request) = Request::from_record(record) else { return Ok(None) };
        let unsent = record.fields.values().flat_map(|f| &f.live).any(|held| self.is_unsent(&held.event));
        let household = request.household.as_ref().and_then(|id| self.index().get(id));
        let facility = request.facility.as_ref().and_then(|id| self.index().facility(id).cloned());
        let door = request.site().map(|site| self.door(site)).transpose()?;
        Ok(Some((view::request_line(&request, household.as_ref(), facility, door.as_ref(), unsent), door)))
    }
}

impl Answer<Requests> for Device {
    fn answer(&self, call: Requests) -> Result<RequestsReply, CallError> {
        Ok(RequestsReply { now_ms: self.server_now_ms(), requests: self.request_lines(call.closed)? })
    }
}

impl Answer<OpenRequest> for Device {
    fn answer(&self, call: OpenRequest) -> Result<RequestPage, CallError> {
        let record = self.my_record(Noun::Request, call.request.as_str())?;
        let (line, door) = self.request_line(&record)?.ok_or_else(|| not_found("request"))?;
        Ok(view::request_page(line, door.as_ref(), self.conflicts_of(&record)?))
    }
}

impl Answer<TakeRequest> for Device {
    fn answer(&self, call: TakeRequest) -> Result<RequestId, CallError> {
        let person = self.me()?;
        let site = call.site();
        let grid = match (&site, &call.grid) {
            (Some(site), _) => self.my_site(site)?.1.grid().clone(),
            (None, Some(grid)) => grid.clone(),
            (None, None) => return Err(CallError::new(Code::BadInput).with("field", "grid").with("why", "empty")),
        };
        self.check_grid(&grid)?;
        let now_ms = self.server_now_ms();
        let (event, _) = self.write(|id| {
            let edit = act::take_request(&call, &id.to_string(), now_ms)?;
            Ok::<_, CallError>((vec![New { person, grid, site, body: Body::Edit(edit) }], None))
        })?;
        RequestId::new(event.to_string()).map_err(|e| CallError::new(Code::Internal).with("what", e))
    }
}

impl Answer<AnswerRequest> for Device {
    fn answer(&self, call: AnswerRequest) -> Result<EventId, CallError> {
        let (me, now_ms) = (self.me()?, self.server_now_ms());
        let event = self.write_edit(Noun::Request, call.request.as_str(), |record| {
            act::answer_request(record, &me, now_ms).map(Some)
        })?;
        event.ok_or_else(|| CallError::new(Code::Stale))
    }
}

impl Answer<ResolveRequest> for Device {
    fn answer(&self, call: ResolveRequest) -> Result<EventId, CallError> {
        let now_ms = self.server_now_ms();
        let event = self.write_edit(Noun::Request, call.request.as_str(), |record| {
            act::resolve_request(record, &call.resolution, now_ms).map(Some)
        })?;
        event.ok_or_else(|| CallError::new(Code::Stale))
    }
}

impl Answer<RecordCallBack> for Device {
    fn answer(&self, call: RecordCallBack) -> Result<EventId, CallError> {
        let person = self.me()?;
        let record = self.my_record(Noun::Request, call.request.as_str())?;
        Request::from_record(&record).ok_or_else(|| not_found("request"))?;
        let body = act::call_back(&record, &call)?;
        let site = record.site();
        Ok(self.record(person, record.grid, site, body)?)
    }
}
