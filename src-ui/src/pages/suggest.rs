//! After a visit: the measures that the form's rules suggest, as cards to take over into the plan, and the way on.

use huce_core::{
    ids::{HouseholdId, PlanId, RoundId},
    ipc::{
        CallError,
        household::OpenHousehold,
        plan::{ChangePlan, PlanChange},
        today::Today,
        visit::{FoundRequest, SuggestedMeasure},
    },
    plan::PlanState,
    request::Severity,
    site::Site,
};
use leptos::task::spawn_local;

use super::say::say;
use super::{plan::day_word, request_words::Worded, ways};
use crate::{backend, form::text, frame::header::SyncPill, i18n::*, prelude::*};

/// How far the taking over is.
#[derive(Debug, Clone, PartialEq)]
enum Taken {
    Choosing,
    Saving,
    Failed(CallError),
    /// Into this plan, so many.
    Done(PlanId, usize),
    /// Nothing was taken over.
    Skipped,
}

/// The cards.
#[component]
pub fn Suggestions(
    /// At which door or facility.
    site: Site,
    /// What is suggested.
    measures: Vec<SuggestedMeasure>,
    /// Requests that were taken down for what the visit found.
    #[prop(optional)]
    requests: Vec<FoundRequest>,
    /// Lowest temperature of the visit, °C: what the plan starts from.
    lowest: Option<f64>,
) -> impl IntoView {
    let i18n = use_i18n();
    // A facility has no plan that would take measures up: there they are only told.
    let household = site.household().cloned();
    let taken = RwSignal::new(match &household {
        Some(_) if !measures.is_empty() => Taken::Choosing,
        _ => Taken::Skipped,
    });
    let chosen = RwSignal::new(vec![true; measures.len()]);
    let measures = StoredValue::new(measures);
    let is_door = household.is_some();
    let (household, site) = (StoredValue::new(household), StoredValue::new(site));
    let zh = move || i18n.get_locale() == Locale::zh;
    let count = move || chosen.with(|c| c.iter().filter(|on| **on).count());
    let accept = move |_| {
        let picked: Vec<SuggestedMeasure> = measures.with_value(|all| {
            chosen.with_untracked(|on| all.iter().zip(on).filter(|(_, on)| **on).map(|(m, _)| m.clone()).collect())
        });
        let Some(here) = household.get_value() else { return };
        let chinese = untrack(zh);
        taken.set(Taken::Saving);
        spawn_local(async move {
            let n = picked.len();
            let _ = taken.try_set(match take_over(here, picked, lowest, chinese).await {
                Ok(plan) => Taken::Done(plan, n),
                Err(error) => Taken::Failed(error),
            });
        });
    };
    view! {
        <div class="work suggest-page">
            <header class="page-head">
                <h1>{live(move || if is_door { t_string!(i18n, visit.submitted) } else { t_string!(i18n, facility.submitted) })}</h1>
                <span class="kept good"><i aria-hidden="true"></i>{t!(i18n, visit.submitted_kept)}</span>
                <SyncPill short=true/>
            </header>
            <div class="suggest-body">
                {(!requests.is_empty()).then(|| view! { <Found requests/> })}
                {live(move || match taken.get() {
                    Taken::Done(plan, n) => view! {
                        <p class="note good" role="status">{text!(i18n, visit.taken_over, n = n)}</p>
                        <WayOn site=site.get_value() plan=Some(plan)/>
                    }.into_any(),
                    Taken::Skipped => view! {
                        {measures.with_value(Vec::is_empty).then(|| view! { <p class="note good">{text!(i18n, visit.no_measures)}</p> })}
                        {(!is_door).then(|| view! { <Told measures=measures.get_value()/> })}
                        <WayOn site=site.get_value() plan=None/>
                    }.into_any(),
                    now => view! {
                        <p class="lead">{text!(i18n, visit.suggested)}</p>
                        <div class="cards">
                            {measures.get_value().into_iter().enumerate().map(|(i, m)| {
                                let on = move || chosen.with(|c| c.get(i).copied().unwrap_or(false));
                                view! {
                                    <button type="button" class="suggestion" class:on=on role="checkbox" aria-checked=move || on().to_string()
                                        on:click=move |_| chosen.update(|c| if let Some(on) = c.get_mut(i) { *on = !*on })>
                                        <span class="option-mark square" aria-hidden="true"></span>
                                        <span class="suggestion-text">
                                            <b>{if zh() { m.title.0.clone() } else { m.title.1.clone() }}</b>
                                            <span>{if zh() { m.why.0.clone() } else { m.why.1.clone() }}</span>
                                            <small>{text!(i18n, visit.until, day = day_word(i18n, &m.until))}</small>
                                        </span>
                                        <em class={if m.priority <= 1 { "pill bad" } else if m.priority == 2 { "pill warn" } else { "pill calm" }}>
                                            {priority(i18n, m.priority)}
                                        </em>
                                    </button>
                                }
                            }).collect_view()}
                        </div>
                        {match &now { Taken::Failed(error) => Some(view! { <p class="page-alert" role="alert">{say(i18n, error)}</p> }), _ => None }}
                        <footer class="form-foot">
                            <button type="button" class="btn big" on:click=move |_| taken.set(Taken::Skipped)>{text!(i18n, visit.not_now)}</button>
                            <span class="grow"></span>
                            <button type="button" class="btn big primary" disabled=move || count() == 0 || taken.get() == Taken::Saving on:click=accept>
                                {live(move || text!(i18n, visit.take_over, n = count()))}
                            </button>
                        </footer>
                    }.into_any(),
                })}
            </div>
        </div>
    }
}

/// The requests that the visit began: their clocks run.
#[component]
fn Found(requests: Vec<FoundRequest>) -> impl IntoView {
    let i18n = use_i18n();
    let zh = move || i18n.get_locale() == Locale::zh;
    let n = requests.len();
    view! {
        <section aria-labelledby="found">
            <p class="lead" id="found">{move || text!(i18n, visit.found, n = n)}</p>
            <div class="cards">
                {requests.into_iter().map(|found| {
                    let severity = if found.severity == Severity::Major { "pill bad" } else { "pill warn" };
                    let text = StoredValue::new(found.text);
                    view! {
                        <a class="suggestion found" href=ways::request(&found.request)>
                            <span class="suggestion-text">
                                <b>{move || found.category.word(i18n)}</b>
                                <span>{move || text.with_value(|t| if zh() { t.0.clone() } else { t.1.clone() })}</span>
                            </span>
                            <em class=severity>{move || found.severity.word(i18n)}</em>
                        </a>
                    }
                }).collect_view()}
            </div>
        </section>
    }
}

/// What the form's rules advise at a facility.
#[component]
fn Told(measures: Vec<SuggestedMeasure>) -> impl IntoView {
    let i18n = use_i18n();
    let zh = move || i18n.get_locale() == Locale::zh;
    let said = move |(in_zh, in_en): (String, String)| live(move || if zh() { in_zh.clone() } else { in_en.clone() });
    view! {
        <div class="cards">
            {measures.into_iter().map(|m| view! {
                <div class="suggestion found">
                    <span class="suggestion-text"><b>{said(m.title)}</b><span>{said(m.why)}</span></span>
                    <em class={if m.priority <= 1 { "pill bad" } else { "pill warn" }}>{live(move || priority(i18n, m.priority))}</em>
                </div>
            }).collect_view()}
        </div>
    }
}

/// Into the door's plan, or a new one.
async fn take_over(
    household: HouseholdId,
    picked: Vec<SuggestedMeasure>,
    lowest: Option<f64>,
    chinese: bool,
) -> Result<PlanId, CallError> {
    let page = backend::call(OpenHousehold { household: household.clone() }).await?;
    let plan = page.plans.iter().find(|p| p.state != PlanState::Closed);
    let mut changes = Vec::new();
    if plan.is_none_or(|p| p.before_c.is_none()) && lowest.is_some() {
        changes.push(PlanChange::Before { temp_c: lowest });
    }
    let said = |both: &(String, String)| if chinese || both.1.is_empty() { both.0.clone() } else { both.1.clone() };
    if plan.is_none_or(|p| p.diagnosis.is_empty()) {
        let whys: Vec<String> = picked.iter().map(|m| said(&m.why)).filter(|w| !w.is_empty()).collect();
        if !whys.is_empty() {
            changes.push(PlanChange::Diagnosis { text: whys.join(if chinese { ";" } else { "; " }) });
        }
    }
    changes.extend(picked.iter().map(|m| PlanChange::Add {
        measure: m.measure.clone(),
        title: said(&m.title),
        why: Some(said(&m.why)),
        who: None,
        until: Some(m.until.clone()),
        priority: Some(m.priority),
    }));
    let changed = backend::call(ChangePlan { household, plan: plan.map(|p| p.id.clone()), changes }).await?;
    Ok(changed.plan)
}

/// To the plan, back to the household (or facility), or next door.
#[component]
fn WayOn(site: Site, plan: Option<PlanId>) -> impl IntoView {
    let i18n = use_i18n();
    let round = crate::address::query("round").and_then(|r| RoundId::new(r).ok());
    let next = RwSignal::new(None::<(HouseholdId, RoundId)>);
    let is_door = site.household().is_some();
    spawn_local(async move {
        if !is_door {
            return;
        }
        let Ok(today) = backend::call(Today {}).await else { return };
        // The round that this visit belonged to, else the only one.
        let only = today.rounds.len() == 1;
        let of = today.rounds.into_iter().find(|r| only || Some(&r.round.id) == round.as_ref());
        if let Some((door, round)) = of.and_then(|r| r.next.map(|n| (n, r.round.id))) {
            let _ = next.try_set(Some((door, round)));
        }
    });
    view! {
        <footer class="form-foot">
            <a class="btn big" href=ways::site(&site)>{live(move || if is_door { text!(i18n, visit.to_household) } else { text!(i18n, facility.back) })}</a>
            {plan.map(|plan| view! { <a class="btn big" href=ways::plan(&plan)>{t!(i18n, visit.to_plan)}</a> })}
            <span class="grow"></span>
            {live(move || next.get().map(|(door, _)| view! {
                <a class="btn big primary" href=ways::household(&door)>{text!(i18n, visit.next_door)}" →"</a>
            }))}
        </footer>
    }
}

/// A measure's priority in words.
pub fn priority(i18n: I18n, rank: i64) -> String {
    match rank {
        i64::MIN..=1 => text!(i18n, visit.urgent),
        2 => text!(i18n, visit.high),
        3 => text!(i18n, visit.normal),
        _ => text!(i18n, visit.low),
    }
}
