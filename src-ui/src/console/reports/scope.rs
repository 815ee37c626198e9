//! Which days, and whose: chosen at the top of the page and kept in its address, so that a report is a link.

use chrono::NaiveDate;
use huce_core::{
    clock::{Millis, china_date, parse_day},
    figures::{Period, PeriodKind},
    ids::GridId,
    ipc::report::Scope,
    register::Lang,
};
use leptos::text_prop::TextProp;

use crate::{
    address,
    here::use_here,
    i18n::*,
    parts::{Icon, Segmented, Sign},
    prelude::*,
    router::to,
};

/// The language of the core's words.
pub fn lang(i18n: I18n) -> Lang {
    match i18n.get_locale() {
        Locale::zh => Lang::Zh,
        Locale::en => Lang::En,
    }
}

/// The word of a period's length in an address.
fn word(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Day => "day",
        PeriodKind::Week => "week",
        PeriodKind::Month => "month",
    }
}

/// A scope behind the `?` of an address.
pub fn query_of(scope: &Scope) -> String {
    let mut query = format!("kind={}", word(scope.kind));
    if let Some(day) = &scope.day {
        query.push_str("&day=");
        query.push_str(day);
    }
    if let Some(grid) = &scope.grid {
        query.push_str("&grid=");
        query.push_str(grid.as_str());
    }
    query
}

/// The scope that the address names; a week that runs when it names none.
pub fn of_address() -> Scope {
    let kind = match address::query("kind").as_deref() {
        Some("day") => PeriodKind::Day,
        Some("month") => PeriodKind::Month,
        _ => PeriodKind::Week,
    };
    let day = address::query("day").filter(|day| parse_day(day).is_some());
    Scope { kind, day, grid: address::query("grid").and_then(|grid| GridId::new(grid).ok()) }
}

/// What is chosen.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// How long.
    pub kind: RwSignal<PeriodKind>,
    /// A day in it, YYYY-MM-DD; none: today.
    pub day: RwSignal<Option<String>>,
    /// Whose grids.
    pub grid: RwSignal<Option<GridId>>,
}

impl Chosen {
    /// What the address says, and the address follows.
    pub fn of_address(path: &'static str) -> Self {
        let Scope { kind, day, grid } = of_address();
        let chosen = Self { kind: RwSignal::new(kind), day: RwSignal::new(day), grid: RwSignal::new(grid) };
        effect(move || address::rename(&format!("{}?{}", to(path), query_of(&chosen.scope()))));
        chosen
    }

    /// As the calls have it; follows it.
    pub fn scope(self) -> Scope {
        Scope { kind: self.kind.get(), day: self.day.get(), grid: self.grid.get() }
    }

    fn period(self, now_ms: Millis) -> Period {
        let day = self.day.get().as_deref().and_then(parse_day).unwrap_or_else(|| china_date(now_ms));
        Period::of(self.kind.get(), day)
    }

    fn go(self, day: NaiveDate) {
        self.day.set(Some(day.to_string()));
    }
}

/// The choices.
#[component]
pub fn Choice(chosen: Chosen) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let kinds: Vec<(PeriodKind, TextProp)> = vec![
        (PeriodKind::Day, t!(i18n, report.day).into()),
        (PeriodKind::Week, t!(i18n, report.week).into()),
        (PeriodKind::Month, t!(i18n, report.month).into()),
    ];
    let first = move || chosen.period(here.now_ms_untracked()).first_day().to_string();
    let step = move |forth: bool| {
        let period = chosen.period(here.now_ms_untracked());
        chosen.go(if forth { period.after() } else { period.before() }.first_day());
    };
    let grids = move || here.ready(|r| r.grids.iter().map(|g| (g.id.clone(), g.name.clone())).collect::<Vec<_>>());
    view! {
        <Segmented options=kinds value=chosen.kind label=t!(i18n, report.kind)/>
        <span class="report-days">
            <button type="button" class="btn quiet icon-only" aria-label=t!(i18n, report.before) on:click=move |_| step(false)><Icon sign=Sign::Back/></button>
            <input type="date" class="input" aria-label=t!(i18n, report.first_day) prop:value=first
                on:change=move |e| chosen.day.set(Some(event_target_value(&e)).filter(|day| parse_day(day).is_some()))/>
            <button type="button" class="btn quiet icon-only" aria-label=t!(i18n, report.after) on:click=move |_| step(true)><Icon sign=Sign::Next/></button>
        </span>
        <select class="input c-filter" aria-label=t!(i18n, console.grid)
            on:change=move |e| chosen.grid.set(GridId::new(event_target_value(&e)).ok())>
            <option value="">{t!(i18n, console.every_grid)}</option>
            {live(move || grids().unwrap_or_default().into_iter().map(|(id, name)| {
                let on = chosen.grid.with_untracked(|grid| grid.as_ref() == Some(&id));
                view! { <option value=id.to_string() selected=on>{name}</option> }
            }).collect_view())}
        </select>
    }
}
