//! A visit while it is being filled in: every step is in the journal before it is answered, and what is submitted is
//! what the form engine makes of those steps here, whatever the screen thought.

use std::sync::Arc;

use chrono::Days;
use data_encoding::BASE64;
use huce_core::{
    body::{Body, Noun, Outcome, Photo, PhotoRole, Reading, Visit},
    clock::{Millis, china_date, china_now, china_time},
    form::{Environment, Form, FormChange, OpenForm, Refused, outcome},
    ids::{DraftId, EventId, FormId, HouseholdId, MeasureId, PhotoId},
    ipc::{
        CallError, Code,
        visit::{
            AddPhoto, Added, BeginVisit, DiscardDraft, FindChoices, FoundChoices, KeepStep, Kept, QuickVisit,
            SubmitVisit, Submitted, Suggest, SuggestedMeasure, VisitDraft, VisitForm, VisitForms,
        },
    },
    plan::{MeasureState, Plan},
    site::{KnownSite, Site},
};
use serde_json::Value;

use super::{Answer, findings, not_found};
use crate::{
    Device, DeviceError,
    device::{Draft, New, hold},
    journal::{Entry, KeptStep, Opened},
    photo::{self, Watermark, files::Put},
};

/// Bytes of one step, at most: a text answer of a person, not a book.
const MAX_STEP_BYTES: usize = 32 * 1024;

/// The draft that is being filled in, and its session.
type Filling = Option<(DraftId, OpenForm)>;

fn internal(what: impl ToString) -> CallError {
    CallError::new(Code::Internal).with("what", what)
}

fn open_form(form: &Arc<Form>, started_ms: Millis) -> OpenForm {
    let language = Some("zh".to_owned());
    OpenForm::new(
        form.clone(),
        Environment { language, seed: started_ms.unsigned_abs(), ..Environment::at(china_now(started_ms)) },
    )
}

/// The two lines of a watermark that say where a photo was taken.
fn marked(known: &KnownSite) -> (String, String) {
    match known {
        KnownSite::Household(h) => {
            let door = match h.entrance.as_str() {
                "" => format!("{}室", h.room),
                entrance => format!("{entrance}单元 {}室", h.room),
            };
            (format!("{} {}号楼", h.estate, h.building), door)
        }
        KnownSite::Facility(f) => {
            let place = [Some(f.kind.zh()), f.estate.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let code = f.code.as_deref().filter(|code| *code != f.name);
            (place, [Some(f.name.as_str()), code].into_iter().flatten().collect::<Vec<_>>().join(" "))
        }
    }
}

/// A step that the form does not take: nothing was kept, the answer before it stands.
fn refused(refused: Refused) -> CallError {
    CallError::new(Code::BadInput).with("field", "answer").with("why", refused.word())
}

impl Device {
    /// The form of a draft as its steps make it.
    pub fn replay(&self, draft: &Draft) -> Result<OpenForm, CallError> {
        let form = self.form_by_hash(&draft.opened.form)?;
        let mut session = open_form(&form, draft.opened.started_ms);
        if draft.opened.answers.is_object() {
            session.load_answers(&draft.opened.answers);
        }
        for step in draft.steps.iter().filter_map(|step| serde_json::from_value(step.clone()).ok()) {
            // A step that the engine refuses (an older version kept those too) changed nothing on the screen either.
            let _ = session.apply(&step);
        }
        Ok(session)
    }

    /// The session of a draft, taken out while it is used: whatever fails then, the next call finds it as the journal
    /// has it.
    fn take_filling(&self, filling: &mut Filling, draft: &DraftId) -> Result<OpenForm, CallError> {
        match filling.take() {
            Some((of, session)) if of == *draft => Ok(session),
            _ => self.replay(&self.draft(draft).ok_or_else(|| not_found("draft"))?),
        }
    }

    fn visit_draft(&self, draft: Draft, known: &KnownSite) -> Result<VisitDraft, CallError> {
        let session = self.replay(&draft)?;
        let view = session.view();
        let form = FormId::new(session.form().id().to_owned()).map_err(internal)?;
        *hold(&self.filling) = Some((draft.opened.draft.clone(), session));
        Ok(VisitDraft {
            view,
            form,
            at: draft.at,
            kept_ms: (!draft.steps.is_empty()).then_some(draft.kept_ms),
            short: known.short(),
            draft: draft.opened.draft,
            hash: draft.opened.form,
        })
    }

    fn suggestions(&self, session: &mut OpenForm, site: &Site) -> Result<Vec<SuggestedMeasure>, CallError> {
        let mut planned: Vec<MeasureId> = Vec::new();
        for id in self.door(site)?.plans.keys() {
            let plan = self.record_of(Noun::Plan, id.as_str())?.as_ref().and_then(Plan::from_record);
            let open = plan.filter(|p| p.state != huce_core::plan::PlanState::Closed);
            let measures = open.into_iter().flat_map(|p| p.measures);
            planned.extend(measures.filter(|m| m.state != MeasureState::Dropped).map(|m| m.id));
        }
        let today = china_date(self.server_now_ms());
        let found = session.suggestions().into_iter().filter_map(|s| {
            let words = |texts: &std::collections::BTreeMap<String, String>| {
                let zh = texts.get("zh").or_else(|| texts.values().next()).cloned().unwrap_or_default();
                let en = texts.get("en").cloned().unwrap_or_else(|| zh.clone());
                (zh, en)
            };
            Some(SuggestedMeasure {
                measure: MeasureId::new(s.measure.clone()).ok()?,
                title: words(&s.label),
                why: words(&s.why),
                priority: s.priority.rank(),
                until: today.checked_add_days(Days::new(u64::from(s.days)))?.to_string(),
            })
        });
        let base = |id: &MeasureId| {
            let (head, tail) = id.as_str().rsplit_once('-').unwrap_or((id.as_str(), "x"));
            if tail.bytes().all(|b| b.is_ascii_digit()) { head.to_owned() } else { id.to_string() }
        };
        let is_planned = |id: &MeasureId| planned.iter().any(|p| p == id || base(p) == id.as_str());
        Ok(found.filter(|s| !is_planned(&s.measure)).collect())
    }

    /// Records a visit whose answers are given as a whole (command line, tests), by the form's own rules.
    pub fn record_visit(&self, site: &Site, form: FormId, answers: &Value) -> Result<Submitted, CallError> {
        let begun = self.answer(BeginVisit { form: Some(form), ..BeginVisit::at(site) })?;
        let draft = self.draft(&begun.draft).ok_or_else(|| not_found("draft"))?;
        let form = self.form_by_hash(&draft.opened.form)?;
        let mut session = self.replay(&draft)?;
        let passed_over = session.load_answers(answers);
        if !passed_over.is_empty() {
            self.answer(DiscardDraft { draft: begun.draft })?;
            return Err(CallError::new(Code::InvalidAnswers).with("refs", passed_over.join(",")));
        }
        let submitted = self.submit(&draft, &form, &mut session);
        if submitted.is_err() {
            self.answer(DiscardDraft { draft: begun.draft })?;
        }
        submitted
    }

    fn submit(&self, draft: &Draft, form: &Arc<Form>, session: &mut OpenForm) -> Result<Submitted, CallError> {
        let person = self.me()?;
        let violations = session.violations();
        if !violations.is_empty() {
            return Err(CallError::new(Code::InvalidAnswers).with("refs", violations.join(",")));
        }
        let opened = &draft.opened;
        let answers = session.answers();
        let named: Vec<PhotoId> =
            outcome::photos(form, &answers).into_iter().filter_map(|name| PhotoId::new(name).ok()).collect();
        let readings = outcome::rooms(&answers).into_iter().map(|r| Reading { room: r.label, temp_c: r.temp_c });
        let short_hash = opened.form.get(..16).unwrap_or_default().to_owned();
        let form_id = FormId::new(form.id().to_owned()).ok();
        let also = match (self.my_site(&opened.at)?.1, &form_id) {
            (KnownSite::Household(household), Some(form)) => {
                self.also_at(&household, &self.door(&opened.at)?, opened.round.as_ref(), form)?
            }
            _ => Vec::new(),
        };
        let visit = Visit {
            outcome: Outcome::Done,
            round: opened.round.clone(),
            also,
            form: form_id.map(|id| (id, short_hash)),
            started_ms: Some(opened.started_ms),
            readings: readings.collect(),
            satisfaction: outcome::satisfaction(&answers),
            photos: named.clone(),
            corrects: opened.corrects.clone(),
            answers,
        };
        // A correction says again what the first visit found.
        let found = if opened.corrects.is_none() { session.findings() } else { Vec::new() };
        let now_ms = self.server_now_ms();
        let mut requests = Vec::new();
        let (visit, _) = self.write(|visit_id| {
            // Once only: whoever taps twice is told that it is done.
            self.draft(&opened.draft).ok_or_else(|| CallError::new(Code::Stale))?;
            let (_, known) = self.my_site(&opened.at)?;
            let new =
                |body| New { person: person.clone(), grid: known.grid().clone(), site: Some(opened.at.clone()), body };
            let taken = named.iter().filter_map(|name| draft.photos.iter().find(|p| p.photo == *name));
            let photos = taken.map(|photo| new(Body::Photo(photo.clone())));
            let mut news: Vec<New> = std::iter::once(new(Body::Visit(visit))).chain(photos).collect();
            let door = self.door(&opened.at)?;
            let first = EventId { seq: visit_id.seq + news.len() as u64, ..visit_id.clone() };
            let rules = self.rules()?;
            let responsible = |category| self.responsible(&rules, known.grid(), category, Some(&opened.at));
            let found = findings::requests(found, door.open_requests(), &opened.at, &first, now_ms, responsible)?;
            for (request, body) in found {
                requests.push(request);
                news.push(new(body));
            }
            Ok::<_, CallError>((news, Some(opened.draft.clone())))
        })?;
        let lowest_temp_c = outcome::lowest_temp_c(&session.answers());
        Ok(Submitted { visit, suggestions: self.suggestions(session, &opened.at)?, requests, lowest_temp_c })
    }

    fn newest_filled(&self, household: &HouseholdId) -> Result<Option<(EventId, Visit)>, CallError> {
        let door = self.door(household)?;
        for (id, _) in door.valid_visits().into_iter().rev() {
            if let Some(visit) = self.visit(id)?.filter(|v| v.outcome == Outcome::Done) {
                return Ok(Some((id.clone(), visit)));
            }
        }
        Ok(None)
    }

    fn visit(&self, id: &EventId) -> Result<Option<Visit>, CallError> {
        let event = self.event(id)?.and_then(|signed| signed.event().ok());
        Ok(event.and_then(|e| if let Body::Visit(visit) = e.body { Some(visit) } else { None }))
    }
}

impl Answer<BeginVisit> for Device {
    fn answer(&self, call: BeginVisit) -> Result<VisitDraft, CallError> {
        self.me()?;
        let (_, known) = self.my_site(&call.at)?;
        if let Some(draft) = self.draft_of(&call.at, call.form.as_ref()) {
            return self.visit_draft(draft, &known);
        }
        let (all, running) = self.rounds()?;
        let found = match &known {
            KnownSite::Household(household) => self.round_at(household, &self.door(&call.at)?)?,
            KnownSite::Facility(facility) => self.round_of(&facility.grid, &running).cloned(),
        };
        let round = call.round.or(found.map(|round| round.id));
        let of_round = all.iter().find(|r| Some(&r.id) == round.as_ref()).map(|r| r.form.clone());
        // A round of doors asks nothing of a facility.
        let of_round = of_round.filter(|form| known.kind().is_none() || self.fit(form, known.kind()).is_some());
        // A visit with another form is not what the round asked for.
        let asks = known.kind().is_none() || of_round.is_some();
        let round = round.filter(|_| asks && (call.form.is_none() || call.form == of_round));
        let wanted = call.form.or(of_round);
        let (hash, answers) = match &call.corrects {
            None => (self.form_at(&known, wanted)?, Value::Null),
            Some(id) => {
                let is_here = self.door(&call.at)?.visits.contains_key(id);
                let visit = self.visit(id)?.filter(|_| is_here).ok_or_else(|| not_found("visit"))?;
                let form = visit.form.as_ref().map(|(form, _)| form.clone()).or(wanted);
                (self.form(form.as_ref())?.0, visit.answers)
            }
        };
        let started_ms = self.now_ms();
        let name = blake3::hash(format!("{}/{started_ms}/{}", call.at, self.drafts().len()).as_bytes());
        let draft = DraftId::new(format!("{started_ms}-{}", name.to_hex().get(..8).unwrap_or_default()));
        let opened = Opened {
            draft: draft.map_err(internal)?,
            at: call.at,
            round,
            corrects: call.corrects,
            form: hash,
            started_ms,
            answers,
        };
        let id = opened.draft.clone();
        self.keep_draft(Entry::Opened(opened))?;
        let draft = self.draft(&id).ok_or_else(|| not_found("draft"))?;
        self.visit_draft(draft, &known)
    }
}

impl Answer<VisitForms> for Device {
    fn answer(&self, call: VisitForms) -> Result<Vec<VisitForm>, CallError> {
        let (_, known) = self.my_site(&call.at)?;
        let all = self.forms_at(&known)?.into_iter();
        all.map(|form| {
            let id = FormId::new(form.id().to_owned()).map_err(internal)?;
            let title = (form.title("zh").to_owned(), form.title("en").to_owned());
            Ok(VisitForm { begun: self.draft_of(&call.at, Some(&id)).is_some(), form: id, title })
        })
        .collect()
    }
}

impl Answer<KeepStep> for Device {
    fn answer(&self, call: KeepStep) -> Result<Kept, CallError> {
        let written = call.step.as_ref().map(serde_json::to_value).transpose().map_err(internal)?;
        let bytes = written.as_ref().map_or(0, |s| s.to_string().len()) + call.at.as_ref().map_or(0, String::len);
        if bytes > MAX_STEP_BYTES {
            return Err(CallError::new(Code::BadInput).with("field", "answer").with("why", "too_long"));
        }
        let kept_ms = self.now_ms();
        let mut filling = hold(&self.filling);
        let mut session = self.take_filling(&mut filling, &call.draft)?;
        let change = match &call.step {
            None => FormChange::default(),
            Some(step) => match session.apply(step) {
                Ok(change) => change,
                Err(error) => {
                    *filling = Some((call.draft, session));
                    return Err(refused(error));
                }
            },
        };
        let entry = Entry::Step(KeptStep { draft: call.draft.clone(), step: written, at: call.at, kept_ms });
        if !self.keep_draft(entry)? {
            return Err(not_found("draft"));
        }
        *filling = Some((call.draft, session));
        Ok(Kept { kept_ms, change })
    }
}

impl Answer<FindChoices> for Device {
    fn answer(&self, call: FindChoices) -> Result<FoundChoices, CallError> {
        let mut filling = hold(&self.filling);
        let session = self.take_filling(&mut filling, &call.draft)?;
        let (choices, found) = session.find_choices(&call.reference, &call.text, call.skip);
        *filling = Some((call.draft, session));
        Ok(FoundChoices { choices, found })
    }
}

impl Answer<DiscardDraft> for Device {
    fn answer(&self, call: DiscardDraft) -> Result<Kept, CallError> {
        if self.keep_draft(Entry::Discarded { draft: call.draft })? {
            self.changed(huce_core::ipc::Changed::Doors);
            Ok(Kept { kept_ms: self.now_ms(), change: FormChange::default() })
        } else {
            Err(not_found("draft"))
        }
    }
}

impl Answer<SubmitVisit> for Device {
    fn answer(&self, call: SubmitVisit) -> Result<Submitted, CallError> {
        let draft = self.draft(&call.draft).ok_or_else(|| not_found("draft"))?;
        let form = self.form_by_hash(&draft.opened.form)?;
        let mut session = self.replay(&draft)?;
        self.submit(&draft, &form, &mut session)
    }
}

impl Answer<Suggest> for Device {
    fn answer(&self, call: Suggest) -> Result<Vec<SuggestedMeasure>, CallError> {
        self.my_household(&call.household)?;
        let Some((_, visit)) = self.newest_filled(&call.household)? else { return Ok(Vec::new()) };
        let Some((id, hash)) = &visit.form else { return Ok(Vec::new()) };
        let form = self.form_by_short_hash(hash).or_else(|_| self.form(Some(id)).map(|(_, form)| form))?;
        let mut session = open_form(&form, visit.started_ms.unwrap_or_else(|| self.now_ms()));
        session.load_answers(&visit.answers);
        self.suggestions(&mut session, &Site::from(call.household))
    }
}

impl Answer<QuickVisit> for Device {
    fn answer(&self, call: QuickVisit) -> Result<EventId, CallError> {
        let person = self.me()?;
        let (_, household) = self.my_household(&call.household)?;
        let door = self.door(&household.id)?;
        let round = match call.round {
            Some(round) => Some(round),
            None => self.round_at(&household, &door)?.map(|round| round.id),
        };
        // Whoever is not at home, or says no, does so to every round that asks the same.
        let (all, _) = self.rounds()?;
        let form = all.iter().find(|other| Some(&other.id) == round.as_ref()).map(|other| &other.form);
        let also = match form {
            Some(form) => self.also_at(&household, &door, round.as_ref(), form)?,
            None => Vec::new(),
        };
        let visit = Visit {
            outcome: if call.refused { Outcome::Refused } else { Outcome::NoAnswer },
            round,
            also,
            form: None,
            started_ms: None,
            answers: Value::Null,
            readings: Vec::new(),
            satisfaction: None,
            photos: Vec::new(),
            corrects: None,
        };
        Ok(self.record(person, household.grid, Some(call.household), Body::Visit(visit))?)
    }
}

impl Answer<AddPhoto> for Device {
    fn answer(&self, call: AddPhoto) -> Result<Added, CallError> {
        let person = self.me()?;
        let (_, known) = self.my_site(&call.at)?;
        let bad = |why: &str| CallError::new(Code::BadPhoto).with("why", why);
        let picture = BASE64.decode(call.base64.as_bytes()).map_err(|_| bad("photo_not_an_image"))?;
        let taker = self.profile().map_or_else(|| person.to_string(), |p| p.person.name);
        let (place, household) = marked(&known);
        let mark = Watermark {
            place,
            household,
            taken_at: china_time(self.server_now_ms()).format("%Y-%m-%d %H:%M:%S").to_string(),
            taker,
            position: None,
            lang: photo::Lang::Zh,
        };
        let made = photo::process(&picture, &mark).map_err(|e| bad(e.code()))?;
        let bytes = made.jpeg.len() as u64;
        let put = self.files().put(&made.photo, &made.jpeg, &made.thumb).map_err(DeviceError::from)?;
        if put == Put::WrongBytes {
            return Err(internal("a photo's hash"));
        }
        let place = made.exif.position();
        let photo = Photo {
            photo: made.photo.clone(),
            bytes,
            role: call.role,
            plan: call.plan,
            request: call.request,
            exif_taken: made.exif.taken_at,
            place,
            attached: None,
        };
        match call.draft {
            Some(draft) => {
                let photo = Photo { role: PhotoRole::Visit, ..photo };
                if !self.keep_draft(Entry::DraftPhoto { draft, photo })? {
                    return Err(not_found("draft"));
                }
            }
            None => {
                self.record(person, known.grid().clone(), Some(call.at), Body::Photo(photo))?;
            }
        }
        Ok(Added { photo: made.photo, bytes })
    }
}
