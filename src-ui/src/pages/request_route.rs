//! Who is responsible for a request and how that came about, who asked again, when its clock stood still; what else is due at the
//! door; and that the same matter was opened twice.

use huce_core::{
    ids::RequestId,
    ipc::request::{DueHere, DueKind, JoinRequest},
    request::{Asked, Pause, Request},
    site::Site,
};

use super::{plan::when, request::Work, request_words::Worded, ways};
use crate::{
    backend,
    form::text,
    here::use_here,
    i18n::*,
    parts::{Pill, Tone},
    prelude::*,
    when::iso_day_text,
    words,
};

/// Who is responsible, with every hand-over and its reason, and the decision.
#[component]
pub fn RouteCard(
    /// The request.
    request: Request,
    /// What the resident said last of its newest resolution.
    satisfied: Option<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let party = request.route.party();
    let (undecided, by_rule) = (request.route.needs_decision(), request.route.rule.is_some());
    let Request { route, again, pauses, mode_why, doubtful, .. } = request.clone();
    let request = StoredValue::new(request);
    let told = move || request.with_value(|r| r.escalation(satisfied, here.now_ms()));
    let hand_overs = route.hand_overs.into_iter().map(|hand| {
        let by = hand.by.clone();
        view! {
            <li>
                <b>{live(move || format!("{} → {}", hand.from.word(i18n), hand.to.word(i18n)))}</b>
                {hand.who.map(|who| view! { " "{live(move || here.name_of(&who))} })}
                <p>{hand.reason}</p>
                <small>{live(move || here.name_of(&by))}" · "{when(hand.when_ms)}</small>
            </li>
        }
    });
    let decision = route.decision.map(|decision| {
        view! {
            <li class="decision">
                <b>{live(move || text!(i18n, request.decided, party = decision.party.word(i18n)))}</b>
                <p>{decision.reason}</p>
                <small>{live(move || here.name_of(&decision.by))}" · "{when(decision.when_ms)}
                    {decision.taught.map(|grid| view! { " · "{live(move || text!(i18n, request.taught, grid = here.grid_name(&grid)))} })}
                </small>
            </li>
        }
    });
    view! {
        <section class="card route-card">
            <h2>{t!(i18n, request.responsible)}</h2>
            <p class="request-words">{live(move || party.word(i18n))}
                {by_rule.then(|| view! { " "<Pill>{t!(i18n, request.by_rule)}</Pill> })}
                {undecided.then(|| view! { " "<Pill tone=Tone::Bad>{t!(i18n, request.undecided)}</Pill> })}
                {live(move || told().map(|who| view! { " "<Pill tone=Tone::Warn>{words::escalation(i18n, who)}</Pill> }))}
            </p>
            {mode_why.map(|why| view! { <p class="note">{why}</p> })}
            {doubtful.then(|| view! { <p class="note warn">{t!(i18n, request.doubtful)}</p> })}
            <ol class="route">{hand_overs.collect_view()}{decision}</ol>
            {pauses.into_iter().map(|pause| view! { <Stood pause/> }).collect_view()}
            {again.into_iter().map(|again| view! { <Again again/> }).collect_view()}
        </section>
    }
}

/// A time in which the clock stood still.
#[component]
fn Stood(pause: Pause) -> impl IntoView {
    let i18n = use_i18n();
    let Pause { reason, note, from_ms, until_ms, .. } = pause;
    let note = if note.is_empty() { String::new() } else { format!(" · {note}") };
    view! {
        <p class="note">{live(move || text!(i18n, request.stood_still, why = words::pause_reason(i18n, reason)))}{note}" · "{when(from_ms)}
            {until_ms.map(|until_ms| view! { " – "{when(until_ms)} })}</p>
    }
}

/// Somebody asked once more.
#[component]
fn Again(again: Asked) -> impl IntoView {
    let i18n = use_i18n();
    let Asked { channel, text, phone, when_ms, .. } = again;
    let text = if text.is_empty() { String::new() } else { format!(" · {text}") };
    view! {
        <p class="note warn">{live(move || text!(i18n, request.asked_again, channel = channel.word(i18n)))}{text}" · "{when(when_ms)}
            {phone.map(|phone| view! { " · "<a href=format!("tel:{phone}")>{phone.clone()}</a> })}</p>
    }
}

/// What else is due here: whoever is at the door does it before leaving.
#[component]
pub fn DueCard(
    /// What.
    due: Vec<DueHere>,
    /// Where.
    site: Option<Site>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let rows = due.into_iter().map(|thing| {
        let DueHere { kind, title, until, request, plan } = thing;
        let href = match (&request, &plan) {
            (Some(request), _) => ways::request(request),
            (None, Some(plan)) => ways::plan(plan),
            (None, None) => site.as_ref().map(ways::site).unwrap_or_default(),
        };
        let word = move || match kind {
            DueKind::Request => t_string!(i18n, request.due_request),
            DueKind::Measure => t_string!(i18n, request.due_measure),
            DueKind::FollowUp => t_string!(i18n, request.due_follow_up),
            DueKind::Round => t_string!(i18n, request.due_round),
        };
        let day = move || until.as_deref().map(|day| iso_day_text(i18n, day, here.now_ms_untracked()));
        view! {
            <a class="row" href=href>
                <span><b>{live(word)}</b><small>{title}</small></span>
                {live(move || day().map(|day| view! { <span class="due-day">{day}</span> }))}
            </a>
        }
    });
    view! {
        <section class="card due-card">
            <h2>{t!(i18n, request.due_here)}</h2>
            {rows.collect_view()}
        </section>
    }
}

/// The same matter is open in another request: one of them is enough.
#[component]
pub fn SameCard(
    /// This one.
    request: RequestId,
    /// The other one, which was taken down first.
    into: RequestId,
    /// Does what is asked.
    work: Work,
) -> impl IntoView {
    let i18n = use_i18n();
    let other = ways::request(&into);
    let join = move |_| {
        work.run(backend::call(JoinRequest { request: request.clone(), into: into.clone() }));
    };
    view! {
        <div class="confirm">
            <p>{t!(i18n, request.same_open)}" "<a href=other>{t!(i18n, request.same_look)}</a></p>
            <button type="button" class="btn strong" disabled=move || work.busy.get() on:click=join>{t!(i18n, request.join)}</button>
        </div>
    }
}
