//! Forms as their authors see them: a workbook is uploaded, looked at, tried, published; a form is retired. What was
//! uploaded lies in the database, so that any server process answers for it; what was read of it stays in this
//! process's memory for a while. A trial is nowhere: each step brings all steps before it, and they are done again.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::extract::Multipart;
use huce_core::{
    body::{Body, Noun},
    clock::{Millis, china_date, china_now},
    form::{
        Effect, Environment, Form, FormChange, OpenForm, Step, compare,
        package::{self, Package},
    },
    ids::{FormId, GridId, RoundId},
    ipc::{
        CallError, Code,
        form::{
            CheckForm, CheckedForm, FindTryChoices, FlawLine, FormLine, Forms, FormsReply, MOST_DIFFERENCES,
            MOST_FLAWS, MOST_STEPS, PublishForm, RetireForm, RoundUse, Trial, Tried, TryForm,
        },
        visit::FoundChoices,
    },
    round,
};
use serde_json::json;
use sqlx::Row;
use tokio::sync::Semaphore;

use super::{
    asked::{Answer, Asked},
    figures::small,
    viewer::ADMINISTRATORS,
};
use crate::{
    import::console::whole,
    intake::{Entry, record_in},
    publish::{self, Looked, MAX_FORM_BYTES, look},
    store::{Conn, Result as Stored, StoreError, forms},
};

/// Forms that were read and are kept in memory; one of the season takes 5 MB, one of 100,000 choices 100.
const KEPT: usize = 6;
/// Forms that are read, and trials that are replayed, at once.
const AT_ONCE: usize = 2;
/// Bytes of one step, at most; as on the tablet.
const MAX_STEP_BYTES: usize = 32 * 1024;
/// A trial whose steps take longer than this ends.
const LONGEST: Duration = Duration::from_secs(10);
const DAY_MS: Millis = 24 * 3_600_000;

/// What was read, by the workbook's hash, asked for last first.
type Kept = VecDeque<(String, Arc<Looked>)>;

/// What this process has read. Cheap to clone.
#[derive(Clone)]
pub struct Reading {
    kept: Arc<Mutex<Kept>>,
    turns: Arc<Semaphore>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { kept: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Reading {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read of this workbook; the one that was asked for longest ago goes.
    fn find(&self, hash: &str) -> Option<Arc<Looked>> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(of, _)| of == hash)?;
        let found = kept.remove(at)?;
        let looked = found.1.clone();
        kept.push_front(found);
        Some(looked)
    }

    async fn read(&self, hash: String, bytes: Vec<u8>) -> Answer<Arc<Looked>> {
        let looked = self.work(move || look(&bytes).map_err(|no_form| bad_file(&no_form))).await?;
        let looked = Arc::new(looked);
        let mut kept = self.kept();
        kept.retain(|(of, _)| *of != hash);
        kept.push_front((hash, looked.clone()));
        kept.truncate(KEPT);
        Ok(looked)
    }

    /// Does what takes long beside the others.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
        let broken = || CallError::new(Code::Internal).with("what", "form");
        let _turn = self.turns.acquire().await.map_err(|_| broken())?;
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(broken()))
    }

    /// A workbook that was uploaded or published.
    async fn looked(&self, asked: &Asked, hash: &str) -> Answer<Arc<Looked>> {
        if let Some(looked) = self.find(hash) {
            return Ok(looked);
        }
        let bytes = forms::any_bytes(&mut *asked.conn().await?, hash).await?;
        self.read(hash.to_owned(), bytes.ok_or_else(|| missing(hash))?).await
    }
}

fn missing(what: impl ToString) -> CallError {
    CallError::new(Code::NotFound).with("what", what)
}

fn bad_file(no_form: &huce_core::form::NoForm) -> CallError {
    CallError::new(Code::BadFile).with("why", publish::word(no_form)).with("said", no_form)
}

fn must_administer(asked: &Asked) -> Answer<()> {
    if asked.viewer.is_one_of(&ADMINISTRATORS) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
}

/// Forms are for the tablets of every grid: whoever administers all of them decides.
fn may_publish(asked: &Asked) -> bool {
    let tops = asked.viewer.tops(&ADMINISTRATORS);
    !tops.is_empty() && asked.app.hub.is_none() && asked.viewer.tree.below(&tops).len() == asked.viewer.tree.len()
}

fn must_publish(asked: &Asked) -> Answer<()> {
    if asked.app.hub.is_some() {
        return Err(CallError::new(Code::NotHere).with("why", "hub"));
    }
    if may_publish(asked) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
}

/// Takes an upload, reads it and says what it found. Several files are a form and the files that it names.
pub async fn upload(reading: &Reading, asked: &Asked, mut form: Multipart) -> Answer<CheckedForm> {
    must_administer(asked)?;
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "file").with("why", why);
    let (mut files, mut left) = (Vec::new(), MAX_FORM_BYTES as u64);
    while let Some(field) = form.next_field().await.map_err(|_| bad("upload"))? {
        let Some(name) = field.file_name().map(|n| n.chars().take(200).collect::<String>()) else { continue };
        let too_large = |_| CallError::new(Code::BadFile).with("why", "too_large");
        let bytes = whole(field, left).await?.map_err(too_large)?;
        left = left.saturating_sub(bytes.len() as u64);
        files.push((name, bytes));
    }
    let (name, bytes) = match files.len() {
        0 => return Err(bad("missing")),
        1 => files.swap_remove(0),
        _ => {
            let package = Package::of(files).map_err(|error| bad_file(&error.into()))?;
            (package.name.clone(), package.bytes().map_err(|error| bad_file(&error.into()))?)
        }
    };
    let hash = blake3::hash(&bytes).to_hex().to_string();
    if reading.find(&hash).is_none() {
        // What is no form is not kept.
        reading.read(hash, bytes.clone()).await?;
    }
    let mut write = asked.app.store.write().await?;
    let hash = forms::add_trial(&mut write, &asked.viewer.person.id, &name, &bytes, asked.now_ms).await?;
    write.commit().await?;
    check_form(reading, asked, CheckForm { hash }).await
}

/// A picture, sound or film of a form that was uploaded or published, and what it may be sent as.
pub async fn file(asked: &Asked, hash: &str, name: &str) -> Answer<(&'static str, Vec<u8>)> {
    must_administer(asked)?;
    let kind = package::media_type(name).ok_or_else(|| missing("file"))?;
    let bytes = forms::any_bytes(&mut *asked.conn().await?, hash).await?.ok_or_else(|| missing("file"))?;
    Ok((kind, package::file_of(&bytes, name).ok_or_else(|| missing("file"))?))
}

/// Answers [`CheckForm`].
pub async fn check_form(reading: &Reading, asked: &Asked, call: CheckForm) -> Answer<CheckedForm> {
    must_administer(asked)?;
    let looked = reading.looked(asked, &call.hash).await?;
    let mut conn = asked.conn().await?;
    let file = forms::trial_name(&mut conn, &call.hash).await?.unwrap_or_default();
    let current = match &looked.id {
        Some(id) => forms::current(&mut conn).await?.into_iter().find(|f| f.form == *id),
        None => None,
    };
    let rounds = rounds(&mut conn, &asked.viewer.grids, asked.now_ms).await?;
    let rounds = rounds.into_iter().map(|(form, (round, name, until))| {
        let uses = looked.id.as_ref() == Some(&form);
        RoundUse { round, name, until, uses }
    });
    let rounds = rounds.collect();
    drop(conn);
    let current = current.filter(|current| current.hash != call.hash);
    let beside = match current {
        Some(current) => Some((reading.looked(asked, &current.hash).await?, current.hash)),
        None => None,
    };
    let mut different = Vec::new();
    if let (Some((before, _)), Some(new)) = (&beside, looked.form.clone())
        && let Some(old) = before.form.clone()
    {
        different = reading.work(move || Ok(compare(&old, &new))).await?;
    }
    let matter = different.iter().filter(|d| d.effect == Effect::Matters).count();
    let counts = (small(different.len() as u64), small(matter as u64));
    if different.len() > MOST_DIFFERENCES {
        // What matters is told in any case.
        different.sort_by_key(|d| d.effect == Effect::Harmless);
        different.truncate(MOST_DIFFERENCES);
    }
    let form = looked.form.as_deref();
    let questions = form.map_or(0, |f| f.questions.iter().filter(|q| q.kind.is_question()).count());
    let version = |form: Option<&Form>| form.map(|f| f.version().to_owned()).unwrap_or_default();
    Ok(CheckedForm {
        hash: call.hash,
        file,
        form: looked.id.clone(),
        version: version(form),
        title: (looked.title("zh"), looked.title("en")),
        languages: form.map(|f| f.languages().to_vec()).unwrap_or_default(),
        questions: small(questions as u64),
        opens: form.is_some(),
        errors: looked.errors.iter().take(MOST_FLAWS).map(FlawLine::from).collect(),
        warnings: looked.warnings.iter().take(MOST_FLAWS).map(FlawLine::from).collect(),
        beside: beside.map(|(before, hash)| (hash, version(before.form.as_deref()))),
        differences: different,
        different: counts,
        may_publish: may_publish(asked),
        rounds,
    })
}

/// A trial as far as it was done, and what its last step changed.
fn replay(form: Arc<Form>, trial: &Trial, begun_ms: Millis) -> Answer<(OpenForm, Option<FormChange>)> {
    let bad = |why: &str| CallError::new(Code::BadInput).with("field", "answer").with("why", why);
    let size = |step: &Step| match step {
        Step::Set { reference, value } => reference.len() + value.len(),
        Step::AddRepeat { reference } | Step::RemoveRepeat { reference } => reference.len(),
        Step::Language { language } => language.len(),
    };
    if trial.steps.len() > MOST_STEPS || trial.steps.iter().any(|step| size(step) > MAX_STEP_BYTES) {
        return Err(bad("full"));
    }
    let (begun, seed) = (Instant::now(), begun_ms.unsigned_abs());
    let language = trial.language.clone().or_else(|| Some("zh".to_owned()));
    let mut open = OpenForm::new(form, Environment { language, seed, ..Environment::at(china_now(begun_ms)) });
    let Some((last, before)) = trial.steps.split_last() else { return Ok((open, None)) };
    for step in before {
        if begun.elapsed() > LONGEST {
            return Err(CallError::new(Code::Internal).with("what", "trial"));
        }
        let _ = open.apply(step);
    }
    let change = open.apply(last).map_err(|refused| bad(refused.word()))?;
    Ok((open, Some(change)))
}

/// Replays a trial and does something with it.
async fn tried<T: Send + 'static>(
    reading: &Reading,
    asked: &Asked,
    trial: Trial,
    then: impl FnOnce(OpenForm, Option<FormChange>, Millis) -> T + Send + 'static,
) -> Answer<T> {
    must_administer(asked)?;
    let looked = reading.looked(asked, &trial.hash).await?;
    let form = looked.form.clone().ok_or_else(|| missing("form"))?;
    let now_ms = asked.now_ms;
    let begun_ms = trial.begun_ms.map_or(now_ms, |ms| ms.clamp(now_ms.saturating_sub(DAY_MS), now_ms));
    let work = move || replay(form, &trial, begun_ms).map(|(open, change)| then(open, change, begun_ms));
    reading.work(work).await
}

/// Answers [`TryForm`].
pub async fn try_form(reading: &Reading, asked: &Asked, call: TryForm) -> Answer<Tried> {
    let whole = call.whole;
    let told = move |open: OpenForm, change: Option<FormChange>, begun_ms| {
        let mut change = change.unwrap_or_default();
        if whole || change == FormChange::default() {
            change.view = Some(open.view());
        }
        Tried { begun_ms, change }
    };
    tried(reading, asked, call.trial, told).await
}

/// Answers [`FindTryChoices`].
pub async fn find_try_choices(reading: &Reading, asked: &Asked, call: FindTryChoices) -> Answer<FoundChoices> {
    let FindTryChoices { trial, reference, text, skip } = call;
    let found = move |open: OpenForm, _, _| {
        let (choices, found) = open.find_choices(&reference, &text, skip);
        FoundChoices { choices, found }
    };
    tried(reading, asked, trial, found).await
}

/// Answers [`Forms`].
pub async fn forms(reading: &Reading, asked: &Asked, _: Forms) -> Answer<FormsReply> {
    must_administer(asked)?;
    number(reading, asked).await?;
    let mut conn = asked.conn().await?;
    let mut lines: BTreeMap<FormId, FormLine> = BTreeMap::new();
    for version in forms::versions(&mut conn).await? {
        let (form, title) = (version.form.clone(), version.title.clone());
        let new = || FormLine { form, title, versions: Vec::new(), rounds: Vec::new() };
        let line = lines.entry(version.form).or_insert_with(new);
        if version.line.current {
            line.title = version.title;
        }
        line.versions.push(version.line);
    }
    for (form, round) in rounds(&mut conn, &asked.viewer.grids, asked.now_ms).await? {
        if let Some(line) = lines.get_mut(&form) {
            line.rounds.push(round);
        }
    }
    let mut all: Vec<FormLine> = lines.into_values().collect();
    all.sort_by_cached_key(|line| (!line.versions.iter().any(|v| v.current), line.title.0.clone()));
    Ok(FormsReply { forms: all, may_publish: may_publish(asked) })
}

/// Looks at the versions whose number nobody has read yet: those that came with the server.
async fn number(reading: &Reading, asked: &Asked) -> Answer<()> {
    let versions = forms::versions(&mut *asked.conn().await?).await?;
    for version in versions.into_iter().filter(|version| version.is_unread) {
        let hash = version.line.hash;
        let Some(bytes) = forms::bytes(&mut *asked.conn().await?, &hash).await? else { continue };
        let said = reading.work(move || Ok(look(&bytes).ok().and_then(|l| l.form).map(|f| f.version().to_owned())));
        let said = said.await?.unwrap_or_default();
        let mut write = asked.app.store.write().await?;
        forms::number(&mut write, &hash, &said).await?;
        write.commit().await?;
    }
    Ok(())
}

/// Which, what it is called, its last day.
type RoundLine = (RoundId, String, String);

/// The rounds of these grids that have not ended, with the forms that they use.
async fn rounds(conn: &mut Conn, grids: &BTreeSet<GridId>, now_ms: Millis) -> Stored<Vec<(FormId, RoundLine)>> {
    let today = china_date(now_ms).to_string();
    let rows =
        sqlx::query("SELECT id, grid, name, form, until_day FROM round WHERE until_day >= $1 ORDER BY from_day, id")
            .bind(today)
            .fetch_all(conn)
            .await?;
    let mut rounds = Vec::new();
    for row in rows {
        let damaged = |_| StoreError::damaged("a round");
        let grid = GridId::new(row.try_get::<String, _>(1)?).map_err(damaged)?;
        if grids.contains(&grid) {
            let round = RoundId::new(row.try_get::<String, _>(0)?).map_err(damaged)?;
            let form = FormId::new(row.try_get::<String, _>(3)?).map_err(damaged)?;
            rounds.push((form, (round, row.try_get(2)?, row.try_get(4)?)));
        }
    }
    Ok(rounds)
}

/// Answers [`PublishForm`].
pub async fn publish_form(reading: &Reading, asked: &Asked, call: PublishForm) -> Answer<FormsReply> {
    must_publish(asked)?;
    let looked = reading.looked(asked, &call.hash).await?;
    let Some(ready) = looked.ready() else {
        return Err(CallError::new(Code::BadInput).with("field", "form").with("why", "errors"));
    };
    let bytes = forms::any_bytes(&mut *asked.conn().await?, &call.hash).await?.ok_or_else(|| missing(&call.hash))?;
    let mut changes = Vec::new();
    for round in &call.rounds {
        let record = asked.record(Noun::Round, round.as_str()).await?;
        let edit = record.edit([(round::field::FORM.to_owned(), json!(ready.form))]);
        let person = asked.viewer.person.id.clone();
        changes.extend(edit.map(|edit| Entry::of_grid(person, record.grid.clone(), Body::Edit(edit))));
    }
    let mut write = asked.app.store.write().await?;
    ready.publish(&mut write, &bytes, asked.viewer.person.id.as_str(), asked.now_ms).await?;
    if record_in(&asked.app, &mut write, &changes).await?.iter().any(|recorded| recorded.id().is_none()) {
        return Err(CallError::new(Code::NoRight));
    }
    write.commit().await?;
    let (form, person) = (&ready.form, &asked.viewer.person.id);
    tracing::info!(form.id = %form, form.hash = %call.hash, person.id = %person, "a form was published");
    forms(reading, asked, Forms {}).await
}

/// Answers [`RetireForm`].
pub async fn retire_form(reading: &Reading, asked: &Asked, call: RetireForm) -> Answer<FormsReply> {
    must_publish(asked)?;
    let mut write = asked.app.store.write().await?;
    if !forms::versions(&mut write).await?.iter().any(|version| version.form == call.form) {
        return Err(missing(call.form));
    }
    forms::retire(&mut write, &call.form).await?;
    write.commit().await?;
    tracing::info!(form.id = %call.form, person.id = %asked.viewer.person.id, "a form was retired");
    forms(reading, asked, Forms {}).await
}
