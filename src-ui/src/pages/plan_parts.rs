//! The cards of a plan: conflicts, effect, measures, follow-ups, photos.

use std::sync::Arc;

use huce_core::{
    body::PhotoRole,
    ids::{MeasureId, PersonId, PhotoId},
    ipc::{
        plan::PlanChange,
        visit::{Suggest, SuggestedMeasure},
    },
    order::sort_by_key,
    plan::{FollowUp, Measure, MeasureState},
};
use leptos::{html, task::spawn_local};

use super::conflict::ConflictCard;
use super::plan::{Desk, PAIR, day_word, today};
use crate::{
    backend,
    form::text,
    i18n::*,
    photo::{Purpose, TakePhoto},
    prelude::*,
};

/// What waits for a decision.
#[component]
pub fn Conflicts(desk: Desk) -> impl IntoView {
    move || {
        let all = desk.reply.with(|r| r.as_ref().and_then(|r| r.as_ref().ok()).map(|r| r.conflicts.clone()));
        let card = |conflict| view! { <ConflictCard conflict on_settled=move |()| desk.load()/> };
        all.unwrap_or_default().into_iter().map(card).collect_view()
    }
}

/// What the work brought.
#[component]
pub fn Effect(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let effect = Memo::new(move |_| desk.plan().map(|p| (p.before_c, p.after_c, p.effect_c(), p.reaches_standard())));
    view! {
        <section class="card effect-card">
            <h2>{t!(i18n, plan.effect)}</h2>
            {live(move || match effect.get() {
                Some((Some(before), Some(after), Some(gain), reaches)) => view! {
                    <p class={if gain > 0.0 { "effect good" } else { "effect bad" }}>{format!("{gain:+.1} °C")}</p>
                    <p class="effect-from">{format!("{before:.1} → {after:.1} °C")}" · "
                        {if reaches == Some(true) { text!(i18n, plan.at_standard) } else { text!(i18n, plan.below_standard) }}</p>
                }.into_any(),
                _ => view! { <p class="effect-none">{text!(i18n, plan.no_effect)}</p> }.into_any(),
            })}
            <div class="pair">
                <Reading desk after=false value=Signal::derive(move || effect.get().and_then(|e| e.0))/>
                <Reading desk after=true value=Signal::derive(move || effect.get().and_then(|e| e.1))/>
            </div>
        </section>
    }
}

/// A temperature before or after the work.
#[component]
fn Reading(desk: Desk, after: bool, value: Signal<Option<f64>>) -> impl IntoView {
    let i18n = use_i18n();
    let shown = move || value.get().map(|c| c.to_string()).unwrap_or_default();
    let label = move || if after { text!(i18n, plan.after) } else { text!(i18n, plan.before) };
    view! {
        <label class="reading">
            <span>{label}</span>
            <span class="entry number small">
                <input inputmode="decimal" prop:value=shown disabled=move || desk.busy.get() on:change=move |ev| {
                    let text = event_target_value(&ev);
                    let temp_c = match text.trim() { "" => None, t => match t.parse::<f64>() { Ok(c) => Some(c), Err(_) => return } };
                    if temp_c != value.get_untracked() {
                        desk.change(vec![if after { PlanChange::After { temp_c } } else { PlanChange::Before { temp_c } }]);
                    }
                }/>
                <span class="unit" aria-hidden="true">"°C"</span>
            </span>
        </label>
    }
}

/// The measures, and one more.
#[component]
pub fn Measures(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let opened = RwSignal::new(None::<MeasureId>);
    let adding = RwSignal::new(false);
    let all = Memo::new(move |_| {
        let mut all = desk.plan().map(|p| p.measures).unwrap_or_default();
        sort_by_key(&mut all, |m| (m.state, m.until.clone().unwrap_or_else(|| "9".into()), m.priority));
        all
    });
    view! {
        <section class="card measures-card">
            <h2>{t!(i18n, plan.measures)}</h2>
            <For each=move || all.get() key=|m| (m.id.clone(), m.title.clone(), m.who.clone(), m.until.clone(), m.state) let(measure)>
                <MeasureRow desk measure opened/>
            </For>
            {live(move || all.with(Vec::is_empty).then(|| view! { <p class="empty">{text!(i18n, plan.no_measures)}</p> }))}
            <Show when=move || adding.get() fallback=move || view! {
                <button class="btn wide" on:click=move |_| adding.set(true)>"＋ "{t!(i18n, plan.add)}</button>
            }>
                <AddMeasure desk on_done=move |()| adding.set(false)/>
            </Show>
        </section>
    }
}

#[component]
fn MeasureRow(desk: Desk, measure: Measure, opened: RwSignal<Option<MeasureId>>) -> impl IntoView {
    let i18n = use_i18n();
    let id = StoredValue::new(measure.id.clone());
    let is_open = move || opened.with(|o| o.as_ref() == Some(&id.get_value()));
    let (who, until) = (measure.who.clone(), measure.until.clone());
    let under = move || {
        let name = who.as_ref().map_or_else(|| text!(i18n, plan.nobody), |w| desk.name_of(w));
        [Some(name), until.as_ref().map(|d| day_word(i18n, d))].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let state = measure.state;
    let late =
        state == MeasureState::Open && measure.until.as_deref().is_some_and(|d| d < today().to_string().as_str());
    let (tone, word) = match state {
        MeasureState::Done => ("good", text!(i18n, plan.done)),
        MeasureState::Dropped => ("plain", text!(i18n, plan.dropped)),
        MeasureState::Open if late => ("bad", text!(i18n, plan.late)),
        MeasureState::Open => ("warn", text!(i18n, plan.open)),
    };
    let set = move |state| desk.change(vec![PlanChange::State { measure: id.get_value(), state }]);
    let until_now = measure.until.clone().unwrap_or_default();
    let who_now = StoredValue::new(measure.who.clone());
    view! {
        <div class="measure">
            <button class="row" aria-expanded=move || is_open().to_string()
                on:click=move |_| opened.set(if is_open() { None } else { Some(id.get_value()) })>
                <span><b>{measure.title}</b><small>{under}</small></span>
                <em class=format!("pill {tone}")>{word}</em>
            </button>
            <Show when=is_open>
                <div class="measure-more">
                    {measure.why.clone().map(|why| view! { <p class="question-hint">{why}</p> })}
                    <label><span>{t!(i18n, plan.who)}</span>
                        <select disabled=move || desk.busy.get() on:change=move |ev| {
                            let who = PersonId::new(event_target_value(&ev)).ok();
                            desk.change(vec![PlanChange::Assign { measure: id.get_value(), who }]);
                        }>
                            <option value="">{t!(i18n, plan.nobody)}</option>
                            {live(move || desk.people.get().into_iter().map(|p| {
                                let chosen = who_now.with_value(|w| w.as_ref() == Some(&p.id));
                                view! { <option value=p.id.to_string() selected=chosen>{p.name}</option> }
                            }).collect_view())}
                        </select>
                    </label>
                    <label><span>{t!(i18n, plan.due)}</span>
                        <input type="date" prop:value=until_now.clone() disabled=move || desk.busy.get() on:change=move |ev| {
                            let until = Some(event_target_value(&ev)).filter(|d| !d.is_empty());
                            desk.change(vec![PlanChange::Until { measure: id.get_value(), until }]);
                        }/>
                    </label>
                    <div class="pair">
                        {match state {
                            MeasureState::Open => view! {
                                <button class="btn" disabled=move || desk.busy.get() on:click=move |_| set(MeasureState::Dropped)>{text!(i18n, plan.drop)}</button>
                                <button class="btn strong" disabled=move || desk.busy.get() on:click=move |_| set(MeasureState::Done)>{text!(i18n, plan.mark_done)}</button>
                            }.into_any(),
                            _ => view! {
                                <button class="btn" disabled=move || desk.busy.get() on:click=move |_| set(MeasureState::Open)>{text!(i18n, plan.undo)}</button>
                            }.into_any(),
                        }}
                    </div>
                </div>
            </Show>
        </div>
    }
}

/// From what the newest visit suggests, or in one's own words.
#[component]
fn AddMeasure(desk: Desk, #[prop(into)] on_done: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let suggested = RwSignal::new(Vec::<SuggestedMeasure>::new());
    let title = RwSignal::new(String::new());
    let until = RwSignal::new(today().checked_add_days(chrono::Days::new(3)).unwrap_or_default().to_string());
    if let Some(plan) = untrack(|| desk.plan()) {
        spawn_local(async move {
            if let Ok(found) = backend::call(Suggest { household: plan.household }).await {
                let _ = suggested.try_set(found);
            }
        });
    }
    let zh = move || i18n.get_locale() == Locale::zh;
    let own = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let text = title.get_untracked().trim().to_owned();
        // The backend makes it unique.
        let (false, Ok(measure)) = (text.is_empty(), MeasureId::new("own")) else { return };
        let until = Some(until.get_untracked()).filter(|d| !d.is_empty());
        desk.change(vec![PlanChange::Add { measure, title: text, why: None, who: None, until, priority: Some(3) }]);
        on_done.run(());
    };
    view! {
        <div class="add-measure">
            {live(move || suggested.get().into_iter().map(|m| {
                let (title, why) = if zh() { (m.title.0, m.why.0) } else { (m.title.1, m.why.1) };
                let (t, w) = (title.clone(), why.clone());
                view! {
                    <button class="row" disabled=move || desk.busy.get() on:click=move |_| {
                        desk.change(vec![PlanChange::Add { measure: m.measure.clone(), title: t.clone(), why: Some(w.clone()),
                            who: None, until: Some(m.until.clone()), priority: Some(m.priority) }]);
                        on_done.run(());
                    }><span><b>"＋ "{title}</b><small>{why}</small></span></button>
                }
            }).collect_view())}
            <form class="own-measure" on:submit=own>
                <label><span>{t!(i18n, plan.own_words)}</span>
                    <input prop:value=move || title.get() on:input=move |ev| title.set(event_target_value(&ev))/></label>
                <label><span>{t!(i18n, plan.due)}</span>
                    <input type="date" prop:value=move || until.get() on:input=move |ev| until.set(event_target_value(&ev))/></label>
                <div class="pair">
                    <button type="button" class="btn" on:click=move |_| on_done.run(())>{t!(i18n, visit.close)}</button>
                    <button class="btn strong" disabled=move || desk.busy.get() || title.with(|t| t.trim().is_empty())>{t!(i18n, plan.add)}</button>
                </div>
            </form>
        </div>
    }
}

/// The follow-ups, each with its day and its reading; the plan is closed or opened again here.
#[component]
pub fn FollowUps(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let all = Memo::new(move |_| desk.plan().map(|p| p.follow_ups).unwrap_or_default());
    let schedule = move |_| {
        let taken: Vec<u32> = all.with_untracked(|f| f.iter().map(|f| f.days).collect());
        let Some(days) = huce_core::act::FOLLOW_UP_DAYS.into_iter().find(|d| !taken.contains(d)) else { return };
        if let Some(due) = today().checked_add_days(chrono::Days::new(u64::from(days))) {
            desk.change(vec![PlanChange::FollowUp { days, due: due.to_string() }]);
        }
    };
    let more = move || all.with(|f| f.len() < huce_core::act::FOLLOW_UP_DAYS.len());
    view! {
        <section class="card follow-card">
            <h2>{t!(i18n, plan.follow_ups)}</h2>
            {live(move || all.get().into_iter().map(|f| view! { <FollowUpRow desk follow_up=f/> }).collect_view())}
            <Show when=more>
                <button class="btn wide" disabled=move || desk.busy.get() on:click=schedule>"＋ "{t!(i18n, plan.add_follow_up)}</button>
            </Show>
        </section>
    }
}

#[component]
fn FollowUpRow(desk: Desk, follow_up: FollowUp) -> impl IntoView {
    let i18n = use_i18n();
    let FollowUp { days, due, done_c } = follow_up;
    let late = done_c.is_none() && due < today().to_string();
    let field = NodeRef::<html::Input>::new();
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let text = field.get_untracked().map(|f| f.value()).unwrap_or_default();
        if let Ok(c) = text.trim().parse::<f64>() {
            desk.change(vec![PlanChange::FollowedUp { days, temp_c: Some(c) }]);
        }
    };
    view! {
        <div class="follow">
            <span><b>{text!(i18n, plan.follow_up_day, days = days)}</b><small>{day_word(i18n, &due)}</small></span>
            {match done_c {
                Some(c) => view! { <em class="pill good">{format!("{c:.1} °C")}</em> }.into_any(),
                None => view! {
                    {late.then(|| view! { <em class="pill bad">{text!(i18n, plan.late)}</em> })}
                    <form class="inline" on:submit=save>
                        <input node_ref=field inputmode="decimal" placeholder="°C" aria-label=text!(i18n, plan.follow_up_reading)/>
                        <button class="btn" disabled=move || desk.busy.get()>{text!(i18n, plan.record)}</button>
                    </form>
                }.into_any(),
            }}
        </div>
    }
}

/// Before and after, side by side.
#[component]
pub fn Photos(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let photos = Memo::new(move |_| {
        desk.reply.with(|r| r.as_ref().and_then(|r| r.as_ref().ok()).map(|r| r.photos.clone())).unwrap_or_default()
    });
    let word = move |role| match role {
        PhotoRole::Before => text!(i18n, plan.photo_before),
        _ => text!(i18n, plan.photo_after),
    };
    view! {
        <div class="before-after">
            {PAIR.map(|role| view! {
                <div class="before-after-side">
                    <span class="side-label">{live(move || word(role))}</span>
                    {live(move || photos.with(|all| all.iter().filter(|(r, _, _)| *r == role).map(|(_, _, p)| p.clone()).collect::<Vec<PhotoId>>())
                        .into_iter().map(|p| view! {
                            <a class="shot" href=backend::photo_url(&p, false) target="_blank"><img src=backend::photo_url(&p, true) alt=word(role) loading="lazy"/></a>
                        }).collect_view())}
                    <TakePhoto
                        purpose=Arc::new(move || desk.reply.try_with_untracked(|r| {
                            let line = &r.as_ref()?.as_ref().ok()?.line;
                            Some(Purpose::of_plan(line.plan.household.clone(), line.plan.id.clone(), role))
                        })?)
                        on_photo=Arc::new(move |_| desk.load())/>
                </div>
            })}
        </div>
    }
}
