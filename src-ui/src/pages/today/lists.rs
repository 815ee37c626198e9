//! Requests with their clocks, plans and follow-ups that are due, visits that wait to be finished.

use huce_core::{
    ids::RequestId,
    ipc::{
        household::{PlanLine, RequestLine},
        request::AnswerRequest,
        today::DraftLine,
    },
    plan::{MeasureState, PlanState},
    request::RequestState,
};
use leptos::task::spawn_local;

use crate::{
    backend::call,
    error::error_texts,
    here::use_here,
    i18n::*,
    pages::{clock_ring::ClockRing, ways},
    parts::{Button, Card, Empty, Kind, LinkButton, Pill, Row, Sign, Tone, temp_text, use_toasts},
    prelude::*,
    router::to,
    when::{days_until, iso_day_text, moment_text},
    words,
};

const REQUESTS: usize = 4;
const DUE: usize = 6;

#[component]
pub fn Drafts(drafts: Vec<DraftLine>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    (!drafts.is_empty()).then(|| {
        view! {
            <Card title=t!(i18n, today.drafts)>
                <ul class="rows">
                    {drafts.into_iter().map(|draft| {
                        let kept_ms = draft.kept_ms;
                        let href = ways::visit(&draft.at);
                        view! {
                            <Row title=draft.short.clone() sub=move || t_string!(i18n, today.kept_at, time = moment_text(i18n, kept_ms, here.now_ms_untracked()))>
                                <LinkButton href>{t!(i18n, today.resume)}</LinkButton>
                            </Row>
                        }
                    }).collect_view()}
                </ul>
            </Card>
        }
    })
}

#[component]
pub fn Requests(requests: Vec<RequestLine>) -> impl IntoView {
    let i18n = use_i18n();
    let more = requests.len() > REQUESTS;
    view! {
        <Card title=t!(i18n, today.requests)>
            {if requests.is_empty() {
                view! { <Empty sign=Sign::Request title=t!(i18n, today.requests_none) text=t!(i18n, today.requests_none_do)/> }.into_any()
            } else {
                view! { <ul class="rows">{requests.into_iter().take(REQUESTS).map(|line| view! { <RequestRow line/> }).collect_view()}</ul> }.into_any()
            }}
            {more.then(|| view! { <LinkButton kind=Kind::Quiet href=to("/requests")>{t!(i18n, today.all_requests)}</LinkButton> })}
        </Card>
    }
}

/// A request with the clock that runs now.
#[component]
pub fn RequestRow(line: RequestLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let RequestLine { request, door, facility, satisfied, .. } = line;
    let clock = request.clock();
    let state = request.state(satisfied);
    let (category, channel, severity) = (request.category, request.channel, request.severity);
    let short = door.map(|d| d.short).or_else(|| facility.map(|f| f.short()));
    let short = short.unwrap_or_else(|| here.grid_name(&request.grid));
    let title = move || format!("{short} {}", words::category(i18n, category));
    let taken_ms = request.taken_ms;
    let sub = move || {
        let when = moment_text(i18n, taken_ms, here.now_ms_untracked());
        format!("{} · {} · {when}", words::channel(i18n, channel), words::severity(i18n, severity))
    };
    let ring = view! { <ClockRing clock/> }.into_any();
    let href = to(format!("/request/{}", request.id));
    let id = request.id.clone();
    view! {
        <Row title sub lead=ring href=href.clone()>
            {if state == RequestState::New {
                view! { <Take id/> }.into_any()
            } else {
                view! { <Pill tone=words::request_tone(state)>{live(move || words::request_state(i18n, state))}</Pill> }.into_any()
            }}
        </Row>
    }
}

/// Takes a request on: the first clock stops.
#[component]
fn Take(id: RequestId) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let running = RwSignal::new(false);
    let take = move |()| {
        running.set(true);
        let call = call(AnswerRequest { request: id.clone() });
        spawn_local(async move {
            match call.await {
                Ok(_) => toasts.say(Tone::Good, t_string!(i18n, today.answered)),
                Err(error) => {
                    let (title, text) = error_texts(i18n, &error);
                    toasts.say(Tone::Bad, format!("{title}。{text}"));
                }
            }
            let _ = running.try_set(false);
        });
    };
    view! { <Button disabled=running on_press=take>{t!(i18n, today.take)}</Button> }
}

#[component]
pub fn Due(plans: Vec<PlanLine>, follow_ups: Vec<PlanLine>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let now_ms = here.now_ms_untracked();
    let more = plans.len() + follow_ups.len() > DUE;
    let mut lines: Vec<PlanLine> = Vec::new();
    for line in plans.into_iter().chain(follow_ups) {
        if !lines.iter().any(|l| l.plan.id == line.plan.id) {
            lines.push(line);
        }
    }
    let rows = lines
        .into_iter()
        .take(DUE)
        .map(|line| {
            let plan = line.plan;
            let state = plan.state;
            let (done, all) = plan.progress();
            let short = line.door.short.clone();
            let diagnosis = plan.diagnosis.clone();
            let title = if diagnosis.is_empty() { short } else { format!("{short} {diagnosis}") };
            let due = plan.due().map(str::to_owned);
            let open: Vec<String> = plan
                .measures
                .iter()
                .filter(|m| m.state == MeasureState::Open)
                .map(|m| m.title.clone())
                .take(2)
                .collect();
            let before = plan.after_c.or(plan.before_c);
            let sub = move || {
                let due = due.as_deref().map(|day| match days_until(day, now_ms) {
                    Some(0) => t_string!(i18n, today.due_today).to_owned(),
                    Some(days) if days < 0 => t_string!(i18n, today.overdue, days = -days),
                    _ => t_string!(i18n, today.due_on, day = iso_day_text(i18n, day, now_ms)),
                });
                let what = if state == PlanState::FollowUp { before.map(temp_text) } else { Some(open.join("、")) };
                [what.filter(|w| !w.is_empty()), due].into_iter().flatten().collect::<Vec<_>>().join(" · ")
            };
            let pill = move || {
                if state == PlanState::Working && all > 0 {
                    t_string!(i18n, household.progress, done = done, all = all)
                } else {
                    words::plan_state(i18n, state).to_owned()
                }
            };
            view! {
                <Row title sub href=to(format!("/plan/{}", plan.id))>
                    <Pill tone=words::plan_tone(state)>{pill}</Pill>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Card title=t!(i18n, today.due) class="fill">
            {if rows.is_empty() {
                view! { <Empty sign=Sign::Check title=t!(i18n, today.due_none) text=t!(i18n, today.due_none_do)/> }.into_any()
            } else {
                view! { <ul class="rows">{rows}</ul> }.into_any()
            }}
            {more.then(|| view! { <LinkButton kind=Kind::Quiet href=to("/plans")>{t!(i18n, today.all_plans)}</LinkButton> })}
        </Card>
    }
}
