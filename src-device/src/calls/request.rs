//! Requests: take down, answer, pause, hand over, resolve, call back, join. Deciding who is responsible is the dispatcher's, in
//! the console; the rules that decisions taught are here, so that the next request goes the right way without signal.

use huce_core::{
    act,
    body::{Body, Edit, Noun},
    door::Door,
    ids::{EventId, GridId, RequestId, RuleId},
    ipc::{
        CallError, Code,
        household::RequestLine,
        request::{
            AnswerRequest, CountRequests, FindSame, HandOverRequest, JoinRequest, OpenRequest, PauseRequest,
            RecordCallBack, RequestPage, Requests, RequestsReply, ResolveRequest, ResumeRequest, Rules, SetRequestMode,
            TakeRequest,
        },
    },
    plan::Plan,
    projection::Doc,
    record::Record,
    request::{Category, Party, Request, RequestFigures, RequestState, figures, same_matter},
    rule::{self, Place, Rule},
    site::{KnownSite, Site},
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

    /// The rules at hand: of this person's grids from their streams, of the grids above as the server told them.
    pub(super) fn rules(&self) -> Result<Vec<Rule>, CallError> {
        let mut rules = Vec::new();
        self.docs("r/rule/", |_, doc| {
            if let Doc::Record(record) = doc {
                rules.extend(Rule::from_record(&record));
            }
        })?;
        let mine = self.my_grids();
        let above = self.profile().into_iter().flat_map(|p| p.rules).filter(|rule| !mine.contains(&rule.grid));
        rules.extend(above);
        Ok(rules)
    }

    /// Who is responsible for such a request, and by which rule.
    pub(super) fn responsible(
        &self,
        rules: &[Rule],
        grid: &GridId,
        category: Category,
        site: Option<&Site>,
    ) -> (Party, Option<RuleId>) {
        let grids: Vec<_> = self.profile().into_iter().flat_map(|p| p.grids.into_iter().chain(p.above)).collect();
        let (party, rule) = rule::responsible(rules, &grids, grid, category, Place::of(site));
        (party, rule.map(|rule| rule.id.clone()))
    }

    /// What the resident said last of a request's newest resolution.
    fn satisfied(&self, record: &Record) -> Result<Option<bool>, CallError> {
        let line = self.request_line(record)?;
        Ok(line.and_then(|(line, _)| line.satisfied))
    }

    /// Records an act on a request of this person's grids.
    fn change_request(
        &self,
        id: &RequestId,
        act: impl FnOnce(&Record, Option<bool>) -> Result<Edit, CallError>,
    ) -> Result<EventId, CallError> {
        let event = self.write_edit(Noun::Request, id.as_str(), |record| {
            let satisfied = self.satisfied(record)?;
            act(record, satisfied).map(Some)
        })?;
        event.ok_or_else(|| CallError::new(Code::Stale))
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
        let now_ms = self.server_now_ms();
        let due = match (record.site(), &door) {
            (Some(site), Some(door)) => {
                let records = self.records_at(&site, door)?.records;
                let plans: Vec<_> =
                    records.iter().filter(|r| r.noun == Noun::Plan).filter_map(Plan::from_record).collect();
                // Rounds are walked from door to door; a facility has none.
                let round = match self.my_site(&site)?.1 {
                    KnownSite::Household(household) => self.round_at(&household, door)?,
                    KnownSite::Facility(_) => None,
                };
                view::due_here(door, &plans, round.as_ref(), Some(&call.request), now_ms)
            }
            _ => Vec::new(),
        };
        Ok(view::request_page(line, door.as_ref(), self.conflicts_of(&record)?, due, now_ms))
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
        let mut asked = None;
        let (event, _) = self.write(|id| {
            let new = |grid, site, edit| New { person, grid, site, body: Body::Edit(edit) };
            if let (Some(site), false) = (&site, call.another)
                && let Some(same) = same_matter(&self.door(site)?, call.category, now_ms)
            {
                let record = self.my_record(Noun::Request, same.id.as_str())?;
                let edit = act::ask_again(&record, &call, now_ms)?;
                asked = Some(same.id.clone());
                return Ok::<_, CallError>((vec![new(record.grid.clone(), record.site(), edit)], None));
            }
            let responsible = self.responsible(&self.rules()?, &grid, call.category, site.as_ref());
            let edit = act::take_request(&call, &id.to_string(), now_ms, &responsible)?;
            Ok((vec![new(grid, site, edit)], None))
        })?;
        match asked {
            Some(request) => Ok(request),
            None => RequestId::new(event.to_string()).map_err(|e| CallError::new(Code::Internal).with("what", e)),
        }
    }
}

impl Answer<FindSame> for Device {
    fn answer(&self, call: FindSame) -> Result<Option<RequestLine>, CallError> {
        let Some(site) = Site::of(call.household.as_ref(), call.facility.as_ref()) else { return Ok(None) };
        self.my_site(&site)?;
        let door = self.door(&site)?;
        let Some(same) = same_matter(&door, call.category, self.server_now_ms()) else { return Ok(None) };
        let record = self.my_record(Noun::Request, same.id.as_str())?;
        Ok(self.request_line(&record)?.map(|(line, _)| line))
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

impl Answer<JoinRequest> for Device {
    fn answer(&self, call: JoinRequest) -> Result<EventId, CallError> {
        let into = self.my_record(Noun::Request, call.into.as_str())?;
        self.change_request(&call.request, |record, _| act::join_request(record, &into))
    }
}

impl Answer<PauseRequest> for Device {
    fn answer(&self, call: PauseRequest) -> Result<EventId, CallError> {
        let now_ms = self.server_now_ms();
        self.change_request(&call.request, |record, _| act::pause_request(record, &call, now_ms))
    }
}

impl Answer<ResumeRequest> for Device {
    fn answer(&self, call: ResumeRequest) -> Result<EventId, CallError> {
        let now_ms = self.server_now_ms();
        self.change_request(&call.request, |record, _| act::resume_request(record, now_ms))
    }
}

impl Answer<HandOverRequest> for Device {
    fn answer(&self, call: HandOverRequest) -> Result<EventId, CallError> {
        self.change_request(&call.request, |record, satisfied| act::hand_over(record, &call, satisfied))
    }
}

impl Answer<SetRequestMode> for Device {
    fn answer(&self, call: SetRequestMode) -> Result<EventId, CallError> {
        self.change_request(&call.request, |record, satisfied| act::set_mode(record, &call, satisfied))
    }
}

impl Answer<Rules> for Device {
    fn answer(&self, _: Rules) -> Result<Vec<Rule>, CallError> {
        let mut rules = self.rules()?;
        rules.sort_by(|a, b| (&a.grid, a.category, a.place).cmp(&(&b.grid, b.category, b.place)));
        Ok(rules)
    }
}

impl Answer<CountRequests> for Device {
    fn answer(&self, call: CountRequests) -> Result<RequestFigures, CallError> {
        let mut lines = self.request_lines(true)?;
        lines.retain(|line| (call.from_ms..call.until_ms).contains(&line.request.taken_ms));
        let said = |line: &RequestLine| line.satisfied_ms.zip(line.satisfied);
        Ok(figures(lines.iter().map(|line| (&line.request, said(line))), self.server_now_ms()))
    }
}
