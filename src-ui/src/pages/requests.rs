//! The requests of this person's grids with their clocks, and the form that takes one down.

use huce_core::ipc::{
    CallError,
    household::RequestLine,
    request::{Requests, RequestsReply},
};
use leptos::task::spawn_local;

use super::say::{doors_changed, say};
use super::{
    clock_ring::ClockRing,
    request_take::TakeDown,
    request_words::{Worded, tone},
    ways,
};
use crate::{backend, form::text, frame::header::SyncPill, here::use_here, i18n::*, prelude::*, words};

/// The list.
#[component]
pub fn RequestsPage() -> impl IntoView {
    let i18n = use_i18n();
    let closed = RwSignal::new(false);
    let taking = RwSignal::new(ways::request_door().is_some());
    let reply = RwSignal::new(None::<Result<RequestsReply, CallError>>);
    let load = move || {
        let closed = closed.get_untracked();
        spawn_local(async move {
            let got = backend::call(Requests { closed }).await;
            let _gone = reply.try_set(Some(got));
        });
    };
    let changes = doors_changed();
    Effect::new(move |_| {
        changes.track();
        closed.track();
        load();
    });
    view! {
        <div class="work list-page">
            <header class="page-head">
                <h1>{t!(i18n, request.list_title)}</h1>
                <span class="grow"></span>
                <button class="btn quiet" aria-pressed=move || closed.get().to_string() on:click=move |_| closed.update(|c| *c = !*c)>
                    {live(move || if closed.get() { text!(i18n, request.hide_closed) } else { text!(i18n, request.show_closed) })}
                </button>
                <button class="btn big primary" on:click=move |_| taking.set(true)>"＋ "{t!(i18n, request.take)}</button>
                <SyncPill short=true/>
            </header>
            <div class="list-body">
                <Show when=move || taking.get()>
                    <TakeDown on_done=move |taken: bool| { taking.set(false); if taken { load(); } }/>
                </Show>
                {live(move || match reply.get() {
                    None => view! { <div class="work page-wait" role="status">{text!(i18n, request.loading)}</div> }.into_any(),
                    Some(Err(error)) => view! {
                        <div class="work page-error" role="alert">
                            <p>{say(i18n, &error)}</p>
                            <button class="btn" on:click=move |_| load()>{text!(i18n, visit.retry)}</button>
                        </div>
                    }.into_any(),
                    Some(Ok(got)) if got.requests.is_empty() => view! { <p class="empty">{text!(i18n, request.none)}</p> }.into_any(),
                    Some(Ok(got)) => view! {
                        <section class="card list-card">
                            {got.requests.into_iter().map(|line| view! { <Line line/> }).collect_view()}
                        </section>
                    }.into_any(),
                })}
            </div>
        </div>
    }
}

#[component]
fn Line(line: RequestLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let RequestLine { request, door, facility, satisfied, unsent, .. } = line;
    let place = door.map(|d| format!("{} {}", d.estate, d.short)).or_else(|| facility.map(|f| f.name));
    let state = request.state(satisfied);
    let (party, undecided, again) = (request.route.party(), request.route.needs_decision(), request.again.len());
    let clock = request.clock();
    let whole = StoredValue::new(request.clone());
    let told = move || whole.with_value(|r| r.escalation(satisfied, here.now_ms()));
    let (category, channel) = (request.category, request.channel);
    view! {
        <a class="row request-row" href=ways::request(&request.id)>
            <ClockRing clock/>
            <span class="request-text">
                <b>{live(move || category.word(i18n))}{place.map(|place| format!(" · {place}"))}</b>
                <small>{request.text.clone()}</small>
                <small>{live(move || format!("{} · {}", channel.word(i18n), party.word(i18n)))}
                    {(again > 0).then(|| format!(" · ×{}", again + 1))}{unsent.then(|| format!(" · {}", text!(i18n, plan.unsent)))}</small>
            </span>
            {undecided.then(|| view! { <em class="pill bad">{t!(i18n, request.undecided)}</em> })}
            {live(move || told().filter(|_| !undecided).map(|who| view! { <em class="pill warn">{words::escalation(i18n, who)}</em> }))}
            <em class=format!("pill {}", tone(state))>{live(move || state.word(i18n))}</em>
        </a>
    }
}
