//! One request: its clocks, what it says, who is responsible, what else is due there, and the one next thing to do: answer,
//! resolve, call back.

use std::sync::Arc;

use huce_core::{
    facility::Facility,
    ids::{PhotoId, RequestId},
    ipc::{
        CallError, Code,
        household::RequestLine,
        request::{AnswerRequest, OpenRequest, RecordCallBack, RequestPage as Opened, ResolveRequest},
        session::Place,
    },
    request::RequestState,
    site::Site,
};
use leptos::task::spawn_local;

use super::say::{doors_changed, say};
use super::{
    clock_ring::ClockRing,
    conflict::ConflictCard,
    plan::when,
    request_route::{DueCard, RouteCard, SameCard},
    request_steps::Steps,
    request_words::{Worded, tone},
    ways,
};
use crate::{
    address::use_params,
    backend,
    form::text,
    frame::header::SyncPill,
    i18n::*,
    parts::Thumb,
    photo::{Purpose, TakePhoto},
    prelude::*,
    router::to,
};

/// What is done with the request.
#[derive(Clone, Copy)]
pub struct Work {
    /// Something is on its way.
    pub busy: RwSignal<bool>,
    /// The last thing was not kept.
    pub failed: RwSignal<Option<CallError>>,
    load: Callback<()>,
}

impl Work {
    /// Does it, then reads the request anew.
    pub fn run<T: 'static>(self, work: impl Future<Output = Result<T, CallError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let done = work.await;
            let _gone = self.busy.try_set(false);
            let _gone = self.failed.try_set(done.err());
            self.load.try_run(());
        });
    }
}

/// The request's page.
#[component]
pub fn RequestPage() -> impl IntoView {
    let i18n = use_i18n();
    let id = use_params().get("request").and_then(|r| RequestId::new(r).ok());
    let id = StoredValue::new(id);
    let line = RwSignal::new(None::<Result<Opened, CallError>>);
    let load = Callback::new(move |()| {
        let Some(id) = id.try_get_value().flatten() else {
            line.set(Some(Err(CallError::new(Code::NotFound).with("what", "request"))));
            return;
        };
        spawn_local(async move {
            let opened = backend::call(OpenRequest { request: id }).await;
            let _gone = line.try_set(Some(opened));
        });
    });
    let changes = doors_changed();
    Effect::new(move |_| {
        changes.track();
        load.run(());
    });
    let work = Work { busy: RwSignal::new(false), failed: RwSignal::new(None), load };
    // What somebody is writing must not go when the request is read anew: drawn again only when it changed.
    let shown = Memo::new(move |_| line.get());
    move || match shown.get() {
        None => view! { <div class="work page-wait" role="status">{text!(i18n, request.loading)}</div> }.into_any(),
        Some(Err(error)) => view! {
            <div class="work page-error" role="alert">
                <p>{say(i18n, &error)}</p>
                <button class="btn" on:click=move |_| load.run(())>{text!(i18n, visit.retry)}</button>
            </div>
        }
        .into_any(),
        Some(Ok(opened)) => view! { <Page opened work/> }.into_any(),
    }
}

#[component]
fn Page(opened: Opened, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let Opened { line, photos, conflicts, due, same } = opened;
    let RequestLine { request, door, facility, satisfied, satisfied_ms, unsent } = line;
    let state = request.state(satisfied);
    let short = door.as_ref().map(|d| d.short.clone()).or_else(|| facility.as_ref().map(Facility::short));
    let [answer, solve] = request.clocks();
    let (category, channel, severity, mode) = (request.category, request.channel, request.severity, request.mode);
    let id = request.id.clone();
    let place = request.site().map(|site| (site, request.id.clone()));
    let is_open = state != RequestState::Closed;
    // What is solved waits for a call, what has ended for nothing.
    let in_hand = matches!(state, RequestState::New | RequestState::Answered);
    let call_back = request.call_back_clock(satisfied_ms).filter(|_| !in_hand);
    let (site, joined, whole) = (request.site(), request.joined.clone(), request.clone());
    let this = request.id.clone();
    view! {
        <div class="work request-page">
            <header class="page-head">
                <a class="crumb" href=to("/requests")>{t!(i18n, request.list_title)}" ›"</a>
                <h1>{live(move || category.word(i18n))}{short.map(|short| format!(" · {short}"))}</h1>
                <em class=format!("pill {}", tone(state))>{live(move || state.word(i18n))}</em>
                {unsent.then(|| view! { <span class="kept">{t!(i18n, plan.unsent)}</span> })}
                <SyncPill short=true/>
            </header>
            {live(move || work.failed.get().map(|error| view! { <p class="page-alert" role="alert">{say(i18n, &error)}</p> }))}
            {same.map(|into| view! { <SameCard request=this into work/> })}
            {conflicts.into_iter().map(|conflict| view! { <ConflictCard conflict on_settled=work.load/> }).collect_view()}
            <div class="request-columns">
                <section class="card clocks-card">
                    <ClockRing clock=answer large=true/>
                    <ClockRing clock=solve large=true/>
                    {call_back.map(|clock| view! { <ClockRing clock large=true/> })}
                </section>
                <section class="card">
                    <p class="request-words">{request.text.clone()}</p>
                    <dl class="facts">
                        {door.map(|d| view! { <dt>{t!(i18n, request.door)}</dt><dd><a href=ways::household(&d.household)>{d.estate}" "{d.short}</a></dd> })}
                        {facility.map(|f| view! { <dt>{t!(i18n, facility.title)}</dt><dd><a href=ways::facility(&f.id)>{f.name}</a></dd> })}
                        <dt>{t!(i18n, request.channel)}</dt><dd>{live(move || channel.word(i18n))}</dd>
                        <dt>{t!(i18n, request.severity)}</dt><dd>{live(move || severity.word(i18n))}</dd>
                        <dt>{t!(i18n, request.mode)}</dt><dd>{live(move || mode.word(i18n))}</dd>
                        {request.phone.clone().map(|p| view! { <dt>{t!(i18n, request.phone)}</dt><dd><a href=format!("tel:{p}")>{p.clone()}</a></dd> })}
                        <dt>{t!(i18n, request.taken)}</dt><dd>{when(request.taken_ms)}</dd>
                        {request.resolution.clone().map(|r| view! { <dt>{t!(i18n, request.resolution)}</dt><dd>{r}</dd> })}
                    </dl>
                    {place.map(|(site, request)| view! { <Photos photos site request is_open work/> })}
                </section>
                <RouteCard request=whole.clone() satisfied/>
                {(!due.is_empty()).then(|| view! { <DueCard due site/> })}
                {in_hand.then(|| view! { <Steps request=whole work/> })}
                {match state {
                    _ if joined.is_some() => view! {
                        <p class="note">{t!(i18n, request.joined)}" "
                            {joined.map(|into| view! { <a href=ways::request(&into)>{t!(i18n, request.joined_look)}</a> })}</p>
                    },
                    RequestState::New => view! { <Answer id work/> }.into_any(),
                    RequestState::Answered => view! { <Resolve id work/> }.into_any(),
                    RequestState::Resolved => view! { <CallBack id work/> }.into_any(),
                    RequestState::Closed => view! { <p class="note good">{t!(i18n, request.closed_well)}</p> }.into_any(),
                }}
            </div>
        </div>
    }
}

/// What it looks like there: photos of the request, and one more while it is open.
#[component]
fn Photos(photos: Vec<PhotoId>, site: Site, request: RequestId, is_open: bool, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let can_take = is_open && backend::place() == Place::Tablet;
    let shots = photos.into_iter().map(|p| {
        let (small, large) = (backend::photo_url(&p, true), backend::photo_url(&p, false));
        view! { <Thumb small large caption=t!(i18n, request.photo)/> }
    });
    view! {
        <div class="photos">{shots.collect_view()}</div>
        {can_take.then(|| view! {
            <TakePhoto
                purpose=Arc::new(move || Some(Purpose::of_request(site.clone(), request.clone())))
                on_photo=Arc::new(move |_| work.load.run(()))/>
        })}
    }
}

#[component]
fn Answer(id: RequestId, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="card next-card">
            <p class="lead">{t!(i18n, request.answer_hint)}</p>
            <button class="btn big primary" disabled=move || work.busy.get()
                on:click=move |_| work.run(backend::call(AnswerRequest { request: id.clone() }))>{t!(i18n, request.answer)}</button>
        </section>
    }
}

#[component]
fn Resolve(id: RequestId, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let text = RwSignal::new(String::new());
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let resolution = text.get_untracked();
        if !resolution.trim().is_empty() {
            work.run(backend::call(ResolveRequest { request: id.clone(), resolution }));
        }
    };
    view! {
        <form class="card next-card" on:submit=save>
            <label class="stacked"><span>{t!(i18n, request.what_was_done)}</span>
                <textarea rows="4" prop:value=move || text.get() on:input=move |ev| text.set(event_target_value(&ev))></textarea></label>
            <button class="btn big primary" disabled=move || work.busy.get() || text.with(|t| t.trim().is_empty())>{t!(i18n, request.resolve)}</button>
        </form>
    }
}

#[component]
fn CallBack(id: RequestId, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let note = RwSignal::new(String::new());
    let id = StoredValue::new(id);
    let record = move |reached: bool, satisfied: Option<bool>| {
        let call = RecordCallBack { request: id.get_value(), reached, satisfied, note: note.get_untracked() };
        work.run(backend::call(call));
    };
    view! {
        <section class="card next-card">
            <p class="lead">{t!(i18n, request.call_back_hint)}</p>
            <label class="stacked"><span>{t!(i18n, request.what_was_said)}</span>
                <textarea rows="3" prop:value=move || note.get() on:input=move |ev| note.set(event_target_value(&ev))></textarea></label>
            <div class="trio">
                <button class="btn big" disabled=move || work.busy.get() on:click=move |_| record(false, None)>{t!(i18n, request.not_reached)}</button>
                <button class="btn big" disabled=move || work.busy.get() on:click=move |_| record(true, Some(false))>{t!(i18n, request.not_satisfied)}</button>
                <button class="btn big primary" disabled=move || work.busy.get() on:click=move |_| record(true, Some(true))>{t!(i18n, request.satisfied)}</button>
            </div>
        </section>
    }
}
