//! One round: how far it is as figures, burn-down, map and list of stairwells with their facades; who takes which stairwell.

use std::collections::BTreeSet;

use huce_core::{
    ids::{PersonId, RoundId},
    ipc::{
        Changed,
        round::{AssignRound, ChangeRound, OpenRound, RoundPage as Page},
    },
    round::{Entrance, coverage::StairwellCoverage, field},
};
use leptos::{ev, task::spawn_local};
use serde_json::json;

use super::super::{
    figures::{grouped, percent},
    shown::Shown,
};
use crate::{
    address::use_params,
    backend,
    here::use_here,
    i18n::*,
    load::{Loader, load_some},
    pages::{facade::facade_of, say::say},
    parts::{BurnChart, GridMap, MapMode, Pill, Tone, use_toasts},
    prelude::*,
    router::to,
    when::iso_day_text,
};

/// The page.
#[component]
pub fn RoundPage() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let params = use_params();
    let drive = Memo::new(move |_| params.get("drive").and_then(|id| RoundId::new(id).ok()));
    let page = load_some(&[Changed::Doors], move || drive.get().map(|drive| OpenRound { drive }));
    let name = move || page.get(|p| p.rounds.first().map(|r| r.name.clone())).flatten().unwrap_or_default();
    let period = move || {
        let days = page.get(|p| p.rounds.first().map(|r| (r.from.clone(), r.until.clone()))).flatten()?;
        let [from, until] = [&days.0, &days.1].map(|day| iso_day_text(i18n, day, here.now_ms_untracked()));
        Some(t_string!(i18n, round.period, from = from, until = until))
    };
    view! {
        <div class="c-sheet round-page">
            <header class="c-head">
                <a class="btn quiet" href=to("/rounds")>{t!(i18n, round.title)}</a>
                <h1>{name}</h1>
                <span class="c-muted">{period}</span>
            </header>
            <Shown of=page lines=8 let:answer>
                <Figures answer/>
                <div class="round-charts">
                    <Burn answer/>
                    <OnMap answer/>
                </div>
                <Stairwells answer drive page/>
            </Shown>
        </div>
    }
}

#[component]
fn Figures(answer: Memo<Page>) -> impl IntoView {
    let i18n = use_i18n();
    let figure = move |label: fn(I18n) -> &'static str, number: fn(&Page) -> String| {
        view! {
            <div class="c-card c-figure">
                <span class="figure-label">{live(move || label(i18n))}</span>
                <b class="figure-number">{live(move || answer.with(number))}</b>
            </div>
        }
    };
    view! {
        <div class="c-figures">
            {figure(|i| t_string!(i, round.doors), |p| format!("{}/{}", grouped(p.coverage.visited.into()), grouped(p.coverage.target.into())))}
            {figure(|i| t_string!(i, round.progress), |p| percent(p.coverage.visited, p.coverage.target))}
            {figure(|i| t_string!(i, round.no_answer), |p| p.coverage.no_answer.to_string())}
            {figure(|i| t_string!(i, round.refused), |p| p.coverage.refused.to_string())}
            {figure(|i| t_string!(i, round.days_left), |p| p.coverage.days_left.to_string())}
        </div>
    }
}

#[component]
fn Burn(answer: Memo<Page>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="c-card" aria-label=t!(i18n, round.burn)>
            <header class="c-card-head">
                <h2>{t!(i18n, round.burn)}</h2>
                <span class="c-muted">{t!(i18n, round.burn_hint)}</span>
            </header>
            {live(move || {
                let (days, doors) = answer.with(|p| (p.coverage.burn.clone(), p.coverage.doors));
                let said = days.iter().filter_map(|day| Some(format!("{} {}", day.day, day.left?)));
                let said = said.collect::<Vec<_>>().join(", ");
                let label = move || t_string!(i18n, round.burn_label, days = said.as_str());
                view! { <BurnChart days doors label/> }
            })}
        </section>
    }
}

#[component]
fn OnMap(answer: Memo<Page>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let chosen = RwSignal::new(None);
    let mode = RwSignal::new(MapMode::Coverage);
    view! {
        <section class="c-card" aria-label=t!(i18n, round.map)>
            <header class="c-card-head"><h2>{t!(i18n, round.map)}</h2></header>
            {live(move || {
                let grids = answer.with(|p| p.grids.clone());
                if grids.iter().all(|g| g.grid.polygon.is_empty()) {
                    return view! { <p class="c-nothing">{t!(i18n, round.map_none)}</p> };
                }
                view! { <GridMap grids mode selected=chosen/> }
            })}
            <ul class="draw-estates">
                {live(move || answer.with(|p| p.coverage.grids.clone()).into_iter().map(|part| view! {
                    <li>{here.grid_name(&part.grid)}" "<b>{format!("{}/{}", part.visited, part.doors)}</b></li>
                }).collect_view())}
            </ul>
        </section>
    }
}

/// `3 号楼 2 单元`, with its estate.
fn stairwell_name(i18n: I18n, at: &Entrance) -> String {
    let name = if at.entrance.is_empty() {
        t_string!(i18n, today.stairwell_plain, building = at.building.as_str())
    } else {
        t_string!(i18n, today.stairwell, building = at.building.as_str(), entrance = at.entrance.as_str())
    };
    format!("{} {name}", at.estate)
}

#[component]
fn Stairwells(answer: Memo<Page>, drive: Memo<Option<RoundId>>, page: Loader<Page>) -> impl IntoView {
    let i18n = use_i18n();
    let picked = RwSignal::new(BTreeSet::<Entrance>::new());
    let may_change = move || answer.with(|p| p.may_change);
    let rows = Memo::new(move |_| answer.with(|p| p.coverage.stairwells.clone()));
    view! {
        <section class="c-card">
            <header class="c-card-head"><h2>{t!(i18n, round.stairwells)}</h2></header>
            {live(move || may_change().then(|| view! { <Change drive page picked/> }))}
            <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, round.stairwells)>
                <table class="c-table">
                    <thead><tr>
                        <th scope="col">{t!(i18n, round.stairwell)}</th>
                        <th scope="col">{t!(i18n, round.who)}</th>
                        <th scope="col">{t!(i18n, round.progress)}</th>
                        <th scope="col">{t!(i18n, round.no_answer)}</th>
                        <th scope="col">{t!(i18n, round.facade)}</th>
                    </tr></thead>
                    <tbody>
                        <For each=move || rows.get() key=|s: &StairwellCoverage| format!("{s:?}") let:stairwell>
                            <Line stairwell drive picked may_change=Signal::derive(may_change)/>
                        </For>
                    </tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Line(
    stairwell: StairwellCoverage,
    drive: Memo<Option<RoundId>>,
    picked: RwSignal<BTreeSet<Entrance>>,
    may_change: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let StairwellCoverage { at, who, doors, visited, no_answer } = stairwell;
    let at = StoredValue::new(at);
    let name = move || at.with_value(|at| stairwell_name(i18n, at));
    let facade = move || {
        let drive = drive.get();
        at.with_value(|at| drive.map(|drive| to(facade_of(&at.estate, &at.building, &drive))))
    };
    let pick = move |on: bool| {
        picked.update(|all| {
            let at = at.get_value();
            let _there = if on { all.insert(at) } else { all.remove(&at) };
        });
    };
    let label = move || {
        let name = name();
        t_string!(i18n, round.pick, name = name.as_str())
    };
    view! {
        <tr>
            <td>
                <label class="c-check">
                    {live(move || may_change.get().then(|| view! {
                        <input type="checkbox" aria-label=label prop:checked=move || picked.with(|all| at.with_value(|at| all.contains(at)))
                            on:change=move |e| pick(event_target_checked(&e))/>
                    }))}
                    <span>{live(name)}</span>
                </label>
            </td>
            <td>{live(move || match &who {
                Some(person) => view! { <span>{here.name_of(person)}</span> },
                None => view! { <span class="c-muted">{t_string!(i18n, round.nobody)}</span> },
            })}</td>
            <td class="number">{format!("{visited}/{doors}")}</td>
            <td>{(no_answer > 0).then(|| view! { <Pill tone=Tone::Warn>{live(move || t_string!(i18n, round.no_answer_n, n = no_answer))}</Pill> })}</td>
            <td><a class="btn quiet" href=facade aria-label=move || format!("{} {}", t_string!(i18n, round.facade), name())>{t!(i18n, round.facade)}</a></td>
        </tr>
    }
}

/// Who takes the picked stairwells; another last day.
#[component]
fn Change(drive: Memo<Option<RoundId>>, page: Loader<Page>, picked: RwSignal<BTreeSet<Entrance>>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let person = RwSignal::new(String::new());
    let until = RwSignal::new(page.peek(|p| p.rounds.first().map(|r| r.until.clone())).flatten().unwrap_or_default());
    let people = here.ready(|r| r.people.clone()).unwrap_or_default();
    let assign = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(drive) = drive.get_untracked() else { return };
        let stairwells: Vec<Entrance> = picked.get_untracked().into_iter().collect();
        let n = stairwells.len();
        let call = AssignRound { drive, stairwells, person: PersonId::new(person.get_untracked()).ok() };
        spawn_local(async move {
            match backend::call(call).await {
                Ok(_) => {
                    toasts.say(Tone::Good, t_string!(i18n, round.assigned, n = n));
                    let _gone = picked.try_set(BTreeSet::new());
                    page.reload();
                }
                Err(error) => toasts.say(Tone::Bad, say(i18n, &error)),
            }
        });
    };
    let change = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(drive) = drive.get_untracked() else { return };
        let call = ChangeRound { drive, set: vec![(field::UNTIL.to_owned(), json!(until.get_untracked()))] };
        spawn_local(async move {
            match backend::call(call).await {
                Ok(_) => {
                    toasts.say(Tone::Good, t_string!(i18n, round.changed));
                    page.reload();
                }
                Err(error) => toasts.say(Tone::Bad, say(i18n, &error)),
            }
        });
    };
    let options = people.into_iter().map(|p| view! { <option value=p.id.to_string()>{p.name}</option> });
    view! {
        <div class="round-change">
            <form on:submit=assign>
                <label><span>{t!(i18n, round.assign_to)}</span>
                    <select class="input" name="assign-to" on:change=move |e| person.set(event_target_value(&e))>
                        <option value="">{t!(i18n, round.nobody)}</option>
                        {options.collect_view()}
                    </select>
                </label>
                <button type="submit" class="btn primary" disabled=move || picked.with(BTreeSet::is_empty)>{t!(i18n, round.assign)}</button>
            </form>
            <form on:submit=change>
                <label><span>{t!(i18n, round.end)}</span>
                    <input class="input" type="date" name="round-end" prop:value=move || until.get() on:input=move |e| until.set(event_target_value(&e))/>
                </label>
                <button type="submit" class="btn">{t!(i18n, round.change)}</button>
            </form>
        </div>
    }
}
