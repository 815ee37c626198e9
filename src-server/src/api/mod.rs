//! What the console asks: `POST /api/NAME` with a call of [`huce_core::ipc`] as the body and its reply as the answer;
//! errors are `{code, params}` with a status ([`crate::routes::Fault`]). One file per noun; a handler is
//! `async fn name(&Asked, Call) -> Answer<Reply>`.
//!
//! Read in this order: `viewer.rs` (who may what) → `asked.rs` (what a handler works with) → `figures.rs` and
//! `rounds.rs` (what is counted) → the nouns. Signing in and out is in [`crate::routes`].

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, FromRequestParts, Multipart, Path, Query, State, rejection::QueryRejection},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use huce_core::ipc::{
    Call, CallError, Code,
    conflict::{Conflicts, Settle},
    console::{
        ApplyImport, Approve, ImportState, ImportStatus, NewCode, OpenEscrow, Overview, People, Revoke, SavePerson,
    },
    duty::{Duties, RecordDuty},
    facility::{EditFacility, Facilities, OpenFacility},
    form::{CheckForm, CheckedForm, FindTryChoices, Forms, PublishForm, RetireForm, TryForm},
    grid::{CutGrid, Grids, MergeGrids, SaveGrid, SaveSeat, SortDoors, SplitGrid},
    household::{EditHousehold, Estates, Facade, Map, OpenHousehold, OpenVisitRecord},
    plan::{ChangePlan, OpenPlan, Plans},
    report::{ReadReport, ReadTraces, Scope},
    request::{
        AnswerRequest, CountRequests, DecideRequest, EndRule, FindSame, HandOverRequest, JoinRequest, OpenRequest,
        PauseRequest, RecordCallBack, Requests, ResolveRequest, ResumeRequest, Rules, SetRequestMode, TakeRequest,
    },
    round::{AssignRound, CareVisits, ChangeRound, CountRound, DrawRound, OpenRound, Rounds, WalkRound},
    search::Search,
    session::{Enrol, EnrolAnew, Lock, Now, NowReply, Recover, SetPin, Touched, Unlock},
    sync::{
        BundlePlaces, ExportBundle, ImportReceipts, ReadPhotoRule, SetHub, SetPhotoRule, StopSync, SyncNow, SyncStatus,
    },
    today::Today,
    visit::{AddPhoto, BeginVisit, DiscardDraft, FindChoices, KeepStep, QuickVisit, SubmitVisit, Suggest, VisitForms},
};
use huce_core::register::Lang;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    auth::SignedIn,
    import::console::{self as imports, Imports},
    ledger::{
        ask::{Desk, Filter, Ledger},
        files::{self, Kind},
        report as workbooks, rows,
    },
    routes::{self, Fault, Raw, Route},
};

pub mod asked;
mod conflict;
mod console;
mod doors;
mod duty;
pub(crate) mod facility;
pub mod figures;
mod form;
#[cfg(test)]
mod form_tests;
mod grid;
pub(crate) mod household;
mod lists;
mod plan;
#[cfg(test)]
mod recovery_tests;
pub mod report;
#[cfg(test)]
mod report_tests;
mod request;
mod round;
#[cfg(test)]
mod round_tests;
pub mod rounds;
mod search;
#[cfg(test)]
mod tests;
pub mod viewer;

use asked::{Answer, Asked};
use form::Reading;
use viewer::Viewer;

/// Calls that only a tablet answers: visits are recorded at the door, and the console has nothing to sync.
const TABLET_ONLY: [&str; 28] = [
    Today::NAME,
    WalkRound::NAME,
    Enrol::NAME,
    EnrolAnew::NAME,
    Unlock::NAME,
    Recover::NAME,
    Lock::NAME,
    SetPin::NAME,
    Touched::NAME,
    BeginVisit::NAME,
    KeepStep::NAME,
    SubmitVisit::NAME,
    Suggest::NAME,
    DiscardDraft::NAME,
    FindChoices::NAME,
    VisitForms::NAME,
    QuickVisit::NAME,
    AddPhoto::NAME,
    RecordDuty::NAME,
    SyncStatus::NAME,
    SyncNow::NAME,
    StopSync::NAME,
    SetHub::NAME,
    BundlePlaces::NAME,
    ExportBundle::NAME,
    ImportReceipts::NAME,
    ReadPhotoRule::NAME,
    SetPhotoRule::NAME,
];

/// The path of every call: [`CALLS`].
pub const ANY_CALL: &str = "/api/{call}";

/// The console's endpoints. Fixed paths (signing in and out) come before the general one.
pub fn all() -> Vec<Route> {
    let route = |method, path, handler| Route { method, path, open: false, handler };
    let mut all = vec![
        route("POST", ANY_CALL, post(call)),
        route("POST", "/api/import/upload", post(upload).layer(DefaultBodyLimit::disable())),
        route("GET", "/api/import/{import}/rejected.xlsx", get(rejected)),
        route("POST", "/api/form", post(upload_form).layer(DefaultBodyLimit::disable())),
        route("GET", "/api/form/{form}/file/{file}", get(form_file)),
        route("GET", "/api/export/{table}", get(export)),
        route("GET", "/api/report.xlsx", get(report_workbook)),
    ];
    // The same photos under the same rule: a tablet shows its token, the console its cookie.
    let photo = routes::all().into_iter().find(|route| route.path == "/v1/photos/{hash}");
    all.extend(photo.map(|photo| route("GET", "/api/photo/{hash}", photo.handler)));
    all
}

/// [`all`] as a router.
pub fn router() -> Router<App> {
    let add = |router: Router<App>, route: Route| router.route(route.path, route.handler);
    all().into_iter().fold(Router::new(), add).layer(Extension(Imports::default())).layer(Extension(Reading::default()))
}

impl FromRequestParts<App> for Asked {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let who = SignedIn::from_request_parts(parts, app).await?;
        let now_ms = app.now_ms();
        let viewer = Viewer::load(&mut *app.store.pool().acquire().await?, &who.person, now_ms).await?;
        let Some(viewer) = viewer else { return Err(Fault::signed_out()) };
        Ok(Self { app: app.clone(), viewer, now_ms, url: app.way.url(&parts.headers) })
    }
}

async fn call(
    asked: Asked,
    Extension(imports): Extension<Imports>,
    Extension(reading): Extension<Reading>,
    Path(name): Path<String>,
    Raw(body): Raw,
) -> Result<Response, Fault> {
    answer(&asked, (&imports, &reading), &name, &body).await.map_err(Fault::from)
}

/// The handlers of all calls, found by name.
macro_rules! handlers {
    ($asked:ident, $imports:ident, $reading:ident; $($call:ty => |$said:pat_param| $reply:expr;)*) => {
        /// The names of all calls that the console answers.
        pub const CALLS: &[&str] = &[$(<$call as Call>::NAME),*];

        async fn answer(
            $asked: &Asked,
            ($imports, $reading): (&Imports, &Reading),
            name: &str,
            body: &[u8],
        ) -> Answer<Response> {
            match name {
                $(<$call as Call>::NAME => {
                    let $said: $call = read(body)?;
                    let reply: <$call as Call>::Reply = $reply?;
                    json(&reply)
                })*
                name if TABLET_ONLY.contains(&name) => Err(CallError::new(Code::NotHere).with("why", "tablet")),
                name => Err(CallError::new(Code::NotFound).with("what", name)),
            }
        }
    };
}

handlers! { asked, imports, reading;
    Now => |_| Answer::Ok(NowReply { now_ms: asked.now_ms });
    Search => |call| search::search(asked, call).await;
    Estates => |call| household::estates(asked, call).await;
    Facade => |call| household::facade(asked, call).await;
    OpenHousehold => |call| household::open_household(asked, call).await;
    OpenVisitRecord => |call| household::open_visit_record(asked, call).await;
    Conflicts => |call| conflict::conflicts(asked, call).await;
    Settle => |call| conflict::settle(asked, call).await;
    EditHousehold => |call| household::edit_household(asked, call).await;
    Map => |call| household::map(asked, call).await;
    Duties => |call| duty::duties(asked, call).await;
    Grids => |call| grid::grids(asked, call).await;
    SaveGrid => |call| grid::save_grid(asked, call).await;
    SaveSeat => |call| grid::save_seat(asked, call).await;
    CutGrid => |call| grid::cut_grid(asked, call).await;
    SplitGrid => |call| grid::split_grid(asked, call).await;
    MergeGrids => |call| grid::merge_grids(asked, call).await;
    SortDoors => |call| grid::sort_doors(asked, call).await;
    Facilities => |call| facility::facilities(asked, call).await;
    OpenFacility => |call| facility::open_facility(asked, call).await;
    EditFacility => |call| facility::edit_facility(asked, call).await;
    Plans => |call| plan::plans(asked, call).await;
    OpenPlan => |call| plan::open_plan(asked, call).await;
    ChangePlan => |call| plan::change_plan(asked, call).await;
    Requests => |call| request::requests(asked, call).await;
    OpenRequest => |call| request::open_request(asked, call).await;
    TakeRequest => |call| request::take_request(asked, call).await;
    AnswerRequest => |call| request::answer_request(asked, call).await;
    ResolveRequest => |call| request::resolve_request(asked, call).await;
    RecordCallBack => |call| request::record_call_back(asked, call).await;
    FindSame => |call| request::find_same(asked, call).await;
    JoinRequest => |call| request::join_request(asked, call).await;
    PauseRequest => |call| request::pause_request(asked, call).await;
    ResumeRequest => |call| request::resume_request(asked, call).await;
    HandOverRequest => |call| request::hand_over_request(asked, call).await;
    SetRequestMode => |call| request::set_request_mode(asked, call).await;
    DecideRequest => |call| request::decide_request(asked, call).await;
    CountRequests => |call| request::count_requests(asked, call).await;
    Rules => |call| request::rules(asked, call).await;
    EndRule => |call| request::end_rule(asked, call).await;
    Rounds => |call| round::rounds(asked, call).await;
    CountRound => |call| round::count_round(asked, call).await;
    DrawRound => |call| round::draw_round(asked, call).await;
    ChangeRound => |call| round::change_round(asked, call).await;
    AssignRound => |call| round::assign_round(asked, call).await;
    OpenRound => |call| round::open_round(asked, call).await;
    CareVisits => |call| round::care_visits(asked, call).await;
    ReadReport => |call| report::read_report(asked, call).await;
    ReadTraces => |call| report::read_traces(asked, call).await;
    Overview => |call| console::overview(asked, call).await;
    People => |call| console::people(asked, call).await;
    SavePerson => |call| console::save_person(asked, call).await;
    NewCode => |call| console::new_code(asked, call).await;
    Approve => |call| console::approve(asked, call).await;
    Revoke => |call| console::revoke(asked, call).await;
    OpenEscrow => |call| console::open_escrow(asked, call).await;
    ImportStatus => |call| imports::import_status(asked, call).await;
    ApplyImport => |call| imports::apply_import(imports, asked, call).await;
    Forms => |call| form::forms(reading, asked, call).await;
    CheckForm => |call| form::check_form(reading, asked, call).await;
    TryForm => |call| form::try_form(reading, asked, call).await;
    FindTryChoices => |call| form::find_try_choices(reading, asked, call).await;
    PublishForm => |call| form::publish_form(reading, asked, call).await;
    RetireForm => |call| form::retire_form(reading, asked, call).await;
}

fn read<T: Call>(body: &[u8]) -> Answer<T> {
    serde_json::from_slice(body).map_err(|e| {
        CallError::new(Code::BadInput).with("field", T::NAME).with("why", format!("{:?}", e.classify()).to_lowercase())
    })
}

fn json<T: Serialize>(reply: &T) -> Answer<Response> {
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(reply)).into_response())
}

async fn upload(
    asked: Asked,
    Extension(imports): Extension<Imports>,
    form: Multipart,
) -> Result<Json<ImportState>, Fault> {
    Ok(Json(imports::upload(&imports, &asked, form).await?))
}

async fn upload_form(
    asked: Asked,
    Extension(reading): Extension<Reading>,
    form: Multipart,
) -> Result<Json<CheckedForm>, Fault> {
    Ok(Json(form::upload(&reading, &asked, form).await?))
}

async fn form_file(asked: Asked, Path((hash, name)): Path<(String, String)>) -> Result<Response, Fault> {
    let (kind, bytes) = form::file(&asked, &hash, &name).await?;
    let forever = "private, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, forever)], bytes).into_response())
}

async fn rejected(asked: Asked, State(_): State<App>, Path(import): Path<u64>) -> Result<Response, Fault> {
    let workbook = imports::rejected(&asked, import).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rejected.xlsx\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, workbook).into_response())
}

/// A list or ledger as a file: `visits.xlsx`, `facilities.geojson`. Of it the rows that the person sees.
async fn export(
    asked: Asked,
    Path(name): Path<String>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, Fault> {
    let Query(filter) = filter.map_err(|_| Fault::bad_request("query"))?;
    let missing = || CallError::new(Code::NotFound).with("what", &name);
    let (table, ending) = name.rsplit_once('.').ok_or_else(missing)?;
    let kind = Kind::of_ending(ending).ok_or_else(missing)?;
    let made = match Ledger::of_name(table) {
        Some(ledger) => {
            let between = filter.between()?;
            let of = report::within(&asked, filter.grid.as_ref())?;
            let mut conn = asked.conn().await?;
            let mut desk = Desk::new(&mut conn, of, asked.now_ms).await.map_err(CallError::from)?;
            rows::table(&mut desk, ledger, &filter, between).await.map_err(CallError::from)?
        }
        None => lists::table(&asked, table, &filter).await?.ok_or_else(missing)?,
    };
    let bytes = files::write(&made, kind, filter.lang, &asked.url).map_err(broken)?;
    Ok(download(kind, &format!("huce-{name}"), bytes))
}

/// Which report, as a query.
#[derive(Debug, Deserialize)]
struct AskedReport {
    #[serde(flatten)]
    scope: Scope,
    #[serde(default)]
    lang: Lang,
}

/// A report's workbook.
async fn report_workbook(asked: Asked, ask: Result<Query<AskedReport>, QueryRejection>) -> Result<Response, Fault> {
    let Query(AskedReport { scope, lang }) = ask.map_err(|_| Fault::bad_request("query"))?;
    let period = scope.period(asked.now_ms)?;
    let of = report::within(&asked, scope.grid.as_ref())?;
    let mut conn = asked.conn().await?;
    let told = report::report(&mut conn, &of, scope.grid, period, asked.now_ms).await.map_err(CallError::from)?;
    let mut desk = Desk::new(&mut conn, of, asked.now_ms).await.map_err(CallError::from)?;
    let bytes = workbooks::workbook(&mut desk, &told, lang, &asked.url).await.map_err(broken)?;
    Ok(download(Kind::Workbook, &workbooks::file_name(&period), bytes))
}

fn broken(why: anyhow::Error) -> CallError {
    tracing::error!(error = %why, "a workbook could not be made");
    CallError::new(Code::Internal).with("what", "workbook")
}

fn download(kind: Kind, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.content_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}
