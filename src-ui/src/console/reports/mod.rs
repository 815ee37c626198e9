//! Reports 日调度, 周通报, 月总结: what happened in a day, week or month, in sentences, figures and charts, as a page that
//! prints well and as a workbook. Every figure leads to the facts behind it ([`traces`]), every fact to its page. Read in this
//! order: [`scope`] (which days, whose) → this page → [`figures`], [`chart`], [`tables`] → [`traces`] → [`ledgers`] (台账) →
//! [`wall`] (the screen in the dispatch room).
//!
//! What the figures are called and mean comes from the core, where they are counted, and is the same in the workbooks.

mod chart;
mod figures;
mod ledgers;
mod scope;
mod tables;
mod traces;
mod wall;

use huce_core::{
    figures::{Report, words::sentences},
    ipc::report::ReadReport,
};

use super::shown::Shown;
use crate::{form::text, i18n::*, load::load, prelude::*, when::moment_text};
use chart::Course;
use figures::Figures;
pub use ledgers::LedgersPage;
use scope::{Chosen, lang, query_of};
use tables::{Grids, League, Meanings, OverdueItems};
pub use traces::TracesPage;
pub use wall::WallPage;

/// The page: `/reports?kind=week&day=2026-11-23&grid=SY-1`.
#[component]
pub fn ReportsPage() -> impl IntoView {
    let i18n = use_i18n();
    let chosen = Chosen::of_address("/reports");
    // Not with every change of a door: a month of a city takes a second to count.
    let report = load(&[], move || ReadReport { scope: chosen.scope() });
    let workbook = move || {
        let scope = query_of(&chosen.scope());
        format!("/api/report.xlsx?{scope}&lang={}", lang_word(i18n))
    };
    view! {
        <div class="c-sheet report-page">
            <header class="c-head no-print">
                <h1>{t!(i18n, report.title)}</h1>
                <scope::Choice chosen/>
                <span class="grow"></span>
                <a class="btn" href=move || wall(&chosen.scope())>{t!(i18n, report.to_wall)}</a>
                <button type="button" class="btn" on:click=move |_| report.reload()>{t!(i18n, report.again)}</button>
                <a class="btn" href=workbook download="" rel="external">{t!(i18n, report.workbook)}</a>
                <button type="button" class="btn primary" on:click=move |_| drop(window().print())>{t!(i18n, report.print)}</button>
            </header>
            <Shown of=report lines=10 let:answer><Sheet answer chosen/></Shown>
        </div>
    }
}

/// The wall screen of the same grids.
fn wall(scope: &huce_core::ipc::report::Scope) -> String {
    let grid = scope.grid.as_ref().map(|grid| format!("?grid={grid}")).unwrap_or_default();
    crate::router::to(format!("/wall{grid}"))
}

/// `zh`, `en`: the words of the server's files.
pub fn lang_word(i18n: I18n) -> &'static str {
    match i18n.get_locale() {
        Locale::zh => "zh",
        Locale::en => "en",
    }
}

/// The report itself: what is printed.
#[component]
fn Sheet(answer: Memo<Report>, chosen: Chosen) -> impl IntoView {
    let i18n = use_i18n();
    let here = crate::here::use_here();
    let title = move || answer.with(|r| format!("{} {}", r.period.report_name(lang(i18n)), r.period.title(lang(i18n))));
    let whose = move || match answer.with(|r| r.grid.clone()) {
        Some(grid) => here.grid_name(&grid),
        None => t_string!(i18n, report.every_grid).to_owned(),
    };
    let made = move || {
        let now_ms = answer.with(|r| r.now_ms);
        text!(i18n, report.made, at = moment_text(i18n, now_ms, here.now_ms_untracked()))
    };
    view! {
        <article class="report">
            <header class="report-head">
                <h2>{title}</h2>
                <p class="c-muted">{whose}" · "{made}</p>
            </header>
            <section class="c-card report-said">
                {live(move || answer.with(|r| sentences(r, lang(i18n))).into_iter().map(|said| view! { <p>{said}</p> }).collect_view())}
            </section>
            <Figures answer chosen/>
            <div class="report-charts">
                <Course answer/>
                <chart::Temperatures answer/>
            </div>
            <League answer/>
            <Grids answer chosen/>
            <OverdueItems answer/>
            <Meanings/>
        </article>
    }
}
