//! All plans of this person's grids, by what is due: overdue, this week, later, follow-ups.

use chrono::{Days, NaiveDate};
use huce_core::{
    clock::parse_day,
    ipc::{CallError, household::PlanLine, plan::Plans},
    plan::PlanState,
};
use leptos::task::spawn_local;

use super::exports::Exports;
use super::say::{doors_changed, say};
use super::{
    plan::{day_word, state_word, today, tone},
    ways,
};
use crate::{backend, form::text, frame::header::SyncPill, i18n::*, prelude::*};

/// When something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Overdue,
    ThisWeek,
    Later,
    FollowUp,
    Closed,
}

fn due(line: &PlanLine, today: NaiveDate) -> Due {
    let day = line.plan.due().and_then(parse_day);
    let week = today.checked_add_days(Days::new(7)).unwrap_or(today);
    match (line.plan.state, day) {
        (PlanState::Closed, _) => Due::Closed,
        (_, Some(day)) if day < today => Due::Overdue,
        (PlanState::FollowUp, _) => Due::FollowUp,
        (_, Some(day)) if day <= week => Due::ThisWeek,
        _ => Due::Later,
    }
}

/// The list.
#[component]
pub fn PlansPage() -> impl IntoView {
    let i18n = use_i18n();
    let closed = RwSignal::new(false);
    let reply = RwSignal::new(None::<Result<Vec<PlanLine>, CallError>>);
    let load = move || {
        let closed = closed.get_untracked();
        spawn_local(async move {
            let got = backend::call(Plans { closed }).await;
            let _ = reply.try_set(Some(got));
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
                <h1>{t!(i18n, plan.list_title)}</h1>
                <span class="grow"></span>
                <button class="btn quiet" aria-pressed=move || closed.get().to_string() on:click=move |_| closed.update(|c| *c = !*c)>
                    {live(move || if closed.get() { text!(i18n, plan.hide_closed) } else { text!(i18n, plan.show_closed) })}
                </button>
                <Exports table="plans" filter=Signal::derive(move || format!("open={}", !closed.get()))/>
                <SyncPill short=true/>
            </header>
            <div class="list-body">
                {live(move || match reply.get() {
                    None => view! { <div class="work page-wait" role="status">{text!(i18n, plan.opening)}</div> }.into_any(),
                    Some(Err(error)) => view! {
                        <div class="work page-error" role="alert">
                            <p>{say(i18n, &error)}</p>
                            <button class="btn primary" on:click=move |_| load()>{text!(i18n, visit.retry)}</button>
                        </div>
                    }.into_any(),
                    Some(Ok(lines)) if lines.is_empty() => view! { <p class="empty">{text!(i18n, plan.none)}</p> }.into_any(),
                    Some(Ok(lines)) => groups(i18n, lines).into_any(),
                })}
            </div>
        </div>
    }
}

fn groups(i18n: I18n, mut lines: Vec<PlanLine>) -> impl IntoView {
    let now = today();
    huce_core::order::sort_by_key(&mut lines, |l| (due(l, now), l.plan.due().map(str::to_owned)));
    let of = |group: Due| lines.iter().filter(|l| due(l, now) == group).cloned().collect::<Vec<_>>();
    [Due::Overdue, Due::ThisWeek, Due::Later, Due::FollowUp, Due::Closed]
        .map(|group| (group, of(group)))
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(group, lines)| {
            let word = match group {
                Due::Overdue => text!(i18n, plan.overdue),
                Due::ThisWeek => text!(i18n, plan.this_week),
                Due::Later => text!(i18n, plan.later),
                Due::FollowUp => text!(i18n, plan.follow_ups),
                Due::Closed => text!(i18n, plan.state_closed),
            };
            let class = if group == Due::Overdue { "group-title bad" } else { "group-title" };
            view! {
                <section class="card list-card">
                    <h2 class=class>{word}" "<b>{lines.len()}</b></h2>
                    {lines.into_iter().map(|line| view! { <Line line/> }).collect_view()}
                </section>
            }
        })
        .collect_view()
}

#[component]
fn Line(line: PlanLine) -> impl IntoView {
    let i18n = use_i18n();
    let (done, all) = line.plan.progress();
    let next: Vec<String> = line
        .plan
        .measures
        .iter()
        .filter(|m| m.state == huce_core::plan::MeasureState::Open)
        .map(|m| m.title.clone())
        .take(2)
        .collect();
    let effect = line.plan.effect_c().map(|c| format!("{c:+.1} °C"));
    let before = line.plan.before_c.map(|c| format!("{c:.1} °C"));
    view! {
        <a class="row plan-row" href=ways::plan(&line.plan.id)>
            <span>
                <b>{line.door.short}</b>" "<span class="estate">{line.door.estate}</span>
                <small>{next.join(" · ")}</small>
            </span>
            <span class="figure-small">{effect.or(before)}</span>
            <span class="due-day">{line.plan.due().map(|d| day_word(i18n, d))}</span>
            {line.conflict.then(|| view! { <em class="pill bad">{text!(i18n, plan.has_conflict)}</em> })}
            <em class=format!("pill {}", tone(line.plan.state))>{state_word(i18n, line.plan.state)}{(all > 0).then(|| format!(" {done}/{all}"))}</em>
        </a>
    }
}
