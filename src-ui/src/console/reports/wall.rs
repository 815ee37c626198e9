//! The wall screen of the dispatch room 日调度: the day so far, large enough to be read from the other side of the room. It
//! asks anew by itself and needs nobody. What residents said is not on it: who passes by reads along.

use std::time::Duration;

use huce_core::{
    figures::{
        Figure, PeriodKind, Rate, Report,
        words::{permille_text, points_text, tenths_text},
    },
    ids::GridId,
    ipc::{
        Changed,
        household::RequestLine,
        report::{ReadReport, Scope},
        request::{Requests, RequestsReply},
    },
    request::RequestState,
};
use leptos::text_prop::TextProp;

use super::{
    super::{figures::grouped, overview::Clock, shown::Shown},
    chart::Course,
    scope::lang,
};
use crate::{
    address,
    here::use_here,
    i18n::*,
    load::load,
    parts::{Icon, Sign},
    prelude::*,
    router::to,
    when::weekday,
    words,
};

/// How often the figures are counted anew.
const AGAIN: Duration = Duration::from_secs(60);
/// So many requests and grids fit.
const SHOWN: usize = 8;

/// The page: `/wall?grid=SY-1`.
#[component]
pub fn WallPage() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let grid = address::query("grid").and_then(|grid| GridId::new(grid).ok());
    let report = load(&[], move || {
        let scope = Scope { kind: PeriodKind::Day, day: None, grid: grid.clone() };
        ReadReport { scope }
    });
    let requests = load(&[Changed::Doors], || Requests { closed: false });
    if let Ok(again) = set_interval_with_handle(move || report.reload(), AGAIN) {
        on_cleanup(move || again.clear());
    }
    let clock = move || huce_core::clock::clock_text(huce_core::clock::china_time(here.now_ms()));
    let today = here.today();
    let day =
        move || format!("{} {}", crate::when::day_text(i18n, today.get(), today.get()), weekday(i18n, today.get()));
    view! {
        <div class="wall">
            <header class="wall-head">
                <h1>{t!(i18n, report.wall)}</h1>
                <span>{day}</span>
                <b class="wall-clock">{clock}</b>
                <a class="btn quiet icon-only" href=to("/reports?kind=day") aria-label=t!(i18n, console.close)><Icon sign=Sign::Close/></a>
            </header>
            <Shown of=report lines=8 let:answer><Numbers answer/><Course answer/><Best answer/></Shown>
            <Shown of=requests lines=6 let:answer><Running answer/></Shown>
        </div>
    }
}

/// The day's figures.
#[component]
fn Numbers(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    let count = move |figure: Figure| Signal::derive(move || grouped(answer.with(|r| r.total.get(figure))));
    let share = move |rate: Rate| Signal::derive(move || permille_text(answer.with(|r| r.total.permille(rate))));
    let median = Signal::derive(move || {
        answer.with(|r| r.total.median_tenths()).map_or("–".to_owned(), |n| format!("{} °C", tenths_text(n.into())))
    });
    let named = move |figure: Figure| TextProp::from(move || figure.name(lang(i18n)));
    let rated = move |rate: Rate| TextProp::from(move || rate.name(lang(i18n)));
    let tile = |label: TextProp, value: Signal<String>, worry: bool| {
        view! { <div class="wall-tile" class:worry=worry><b>{value}</b><span>{move || label.get()}</span></div> }
    };
    view! {
        <section class="wall-tiles" aria-label=t!(i18n, report.counts)>
            {tile(named(Figure::Visits), count(Figure::Visits), false)}
            {tile(rated(Rate::Coverage), share(Rate::Coverage), false)}
            {tile(t!(i18n, report.median).into(), median, false)}
            {tile(rated(Rate::Cold), share(Rate::Cold), false)}
            {tile(named(Figure::Taken), count(Figure::Taken), false)}
            {tile(rated(Rate::AnsweredInTime), share(Rate::AnsweredInTime), false)}
            {tile(rated(Rate::SolvedInTime), share(Rate::SolvedInTime), false)}
            {tile(named(Figure::Solved), count(Figure::Solved), false)}
            {tile(named(Figure::RequestsOverdue), count(Figure::RequestsOverdue), true)}
            {tile(named(Figure::PlansOverdue), count(Figure::PlansOverdue), true)}
        </section>
    }
}

/// The first of the league.
#[component]
fn Best(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="c-card wall-league">
            <h2>{t!(i18n, report.league)}</h2>
            <ol>{live(move || answer.with(|r| r.league.iter().take(SHOWN).map(|line| view! {
                <li><span>{line.place}</span><b>{r.name_of(&line.grid).to_owned()}</b><span>{points_text(line.tenths)}</span></li>
            }).collect_view()))}</ol>
        </section>
    }
}

/// Whose clocks run, the least time left first.
fn running(reply: &RequestsReply) -> Vec<RequestLine> {
    let runs = |l: &&RequestLine| matches!(l.request.state(l.satisfied), RequestState::New | RequestState::Answered);
    let mut running: Vec<_> = reply.requests.iter().filter(runs).cloned().collect();
    huce_core::order::sort_by_key(&mut running, |line| line.request.clock().due_ms);
    running.truncate(SHOWN);
    running
}

#[component]
fn Running(answer: Memo<RequestsReply>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let rows = Memo::new(move |_| answer.with(running));
    view! {
        <section class="c-card wall-running">
            <h2>{t!(i18n, report.running)}</h2>
            {live(move || rows.with(Vec::is_empty).then(|| view! { <p class="c-nothing">{t_string!(i18n, report.none_running)}</p> }))}
            <ul>{live(move || rows.get().into_iter().map(|line| {
                let category = line.request.category;
                let place = line.door.map(|d| format!("{} {}", d.estate, d.short)).or_else(|| line.facility.map(|f| f.name));
                let place = place.unwrap_or_else(|| here.grid_name(&line.request.grid));
                let request = StoredValue::new(line.request);
                view! { <li><Clock request/><b>{move || words::category(i18n, category)}</b><span>{place}</span></li> }
            }).collect_view())}</ul>
        </section>
    }
}
