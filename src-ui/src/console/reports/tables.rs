//! The league 擂台赛, the figures grid by grid, what is overdue, and what the figures mean.

use huce_core::figures::{
    Figure, LeagueLine, Rate, Report, Source,
    report::{GridLine, Overdue},
    words::{permille_text, points_text},
};

use super::{
    super::figures::{grouped, moment},
    scope::{Chosen, lang, query_of},
};
use crate::{form::text, here::use_here, i18n::*, pages::ways, prelude::*, router::to};

/// The page of what stands behind a line.
pub fn page_of(source: &Source) -> String {
    match source {
        Source::Visit { site, event } => match site.household() {
            Some(household) => to(format!("/record/{household}/{event}")),
            None => ways::site(site),
        },
        Source::Plan { plan, .. } => ways::plan(plan),
        Source::Request { request, .. } => ways::request(request),
    }
}

/// What kind of thing it is.
pub fn kind_of(i18n: I18n, source: &Source) -> &'static str {
    match source {
        Source::Visit { .. } => t_string!(i18n, report.a_visit),
        Source::Plan { .. } => t_string!(i18n, report.a_plan),
        Source::Request { .. } => t_string!(i18n, report.a_request),
    }
}

/// The league, best first; the first and the last three stand out.
#[component]
pub fn League(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    let line = move |report: &Report, line: &LeagueLine| {
        let (best, worst) = report.best_and_worst();
        let class = match (best.contains(line), worst.contains(line)) {
            (true, _) => "best",
            (_, true) => "worst",
            _ => "",
        };
        let [found, closed, on_time, satisfied] = line.parts.map(points_text);
        view! {
            <tr class=class>
                <td class="number">{line.place}</td>
                <th scope="row">{report.name_of(&line.grid).to_owned()}</th>
                <td class="number"><b>{points_text(line.tenths)}</b></td>
                <td class="number">{found}</td><td class="number">{closed}</td><td class="number">{on_time}</td><td class="number">{satisfied}</td>
            </tr>
        }
    };
    view! {
        <section class="c-card">
            <header class="c-card-head"><h2>{t!(i18n, report.league)}</h2><span class="c-muted">{t!(i18n, report.league_hint)}</span></header>
            <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, report.league)>
                <table class="c-table report-league">
                    <thead><tr>
                        <th scope="col">{t!(i18n, report.place)}</th>
                        <th scope="col">{t!(i18n, console.grid)}</th>
                        <th scope="col">{t!(i18n, report.points)}</th>
                        <th scope="col">{t!(i18n, report.found)}</th>
                        <th scope="col">{t!(i18n, report.closed)}</th>
                        <th scope="col">{t!(i18n, report.on_time)}</th>
                        <th scope="col">{t!(i18n, report.satisfied)}</th>
                    </tr></thead>
                    <tbody>{live(move || answer.with(|r| r.league.iter().map(|l| line(r, l)).collect_view()))}</tbody>
                </table>
            </div>
        </section>
    }
}

/// What the table of grids shows beside the shares.
const OF_GRIDS: [Figure; 6] = [
    Figure::Visits,
    Figure::PlansOpened,
    Figure::PlansClosed,
    Figure::PlansOverdue,
    Figure::Taken,
    Figure::RequestsOverdue,
];
const SHARES: [Rate; 5] = [Rate::Coverage, Rate::Cold, Rate::SolvedInTime, Rate::Closed, Rate::Satisfied];

/// Grid by grid; a grid leads to its own report.
#[component]
pub fn Grids(answer: Memo<Report>, chosen: Chosen) -> impl IntoView {
    let i18n = use_i18n();
    let line = move |line: &GridLine| {
        let mut scope = chosen.scope();
        scope.grid = Some(line.grid.clone());
        let shares = SHARES.map(|rate| view! { <td class="number">{permille_text(line.sums.permille(rate))}</td> });
        let counts = OF_GRIDS.map(|figure| view! { <td class="number">{grouped(line.sums.get(figure))}</td> });
        let grid = line.grid.clone();
        view! {
            <tr>
                <th scope="row"><a class="row-link" href=to(format!("/reports?{}", query_of(&scope)))
                    on:click=move |_| chosen.grid.set(Some(grid.clone()))>{line.name.clone()}</a></th>
                <td class="number">{grouped(line.sums.get(Figure::Households))}</td>
                {shares.into_iter().collect_view()}{counts.into_iter().collect_view()}
            </tr>
        }
    };
    view! {
        <section class="c-card">
            <header class="c-card-head"><h2>{t!(i18n, report.by_grid)}</h2></header>
            <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, report.by_grid)>
                <table class="c-table report-grids">
                    <thead><tr>
                        <th scope="col">{t!(i18n, console.grid)}</th>
                        <th scope="col">{move || Figure::Households.name(lang(i18n))}</th>
                        {SHARES.map(|rate| view! { <th scope="col">{move || rate.name(lang(i18n))}</th> }).into_iter().collect_view()}
                        {OF_GRIDS.map(|figure| view! { <th scope="col">{move || figure.name(lang(i18n))}</th> }).into_iter().collect_view()}
                    </tr></thead>
                    <tbody>{live(move || answer.with(|r| r.grids.iter().map(line).collect_view()))}</tbody>
                </table>
            </div>
        </section>
    }
}

/// What should have been done, the longest first, by name.
#[component]
pub fn OverdueItems(answer: Memo<Report>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let line = move |item: &Overdue| {
        let Overdue { since_ms, grid, source, place, about, who } = item.clone();
        let (href, kind) = (page_of(&source), kind_of(i18n, &source));
        view! {
            <tr>
                <td class="number">{moment(since_ms, here.now_ms_untracked())}</td>
                <td class="wide"><a class="row-to" href=href><b>{kind}" "{place}</b>{(!about.is_empty()).then(|| view! { <small>{about}</small> })}</a></td>
                <td>{here.grid_name(&grid)}</td>
                <td>{who.map(|who| here.name_of(&who))}</td>
            </tr>
        }
    };
    view! {
        <section class="c-card">
            <header class="c-card-head">
                <h2>{t!(i18n, report.overdue)}</h2>
                <span class="c-muted">{move || text!(i18n, report.overdue_n, n = answer.with(|r| r.overdue_total))}</span>
            </header>
            {live(move || if answer.with(|r| r.overdue.is_empty()) {
                view! { <p class="c-nothing">{t_string!(i18n, report.none_overdue)}</p> }
            } else {
                let rows = answer.with(|r| r.overdue.iter().map(line).collect_view());
                view! {
                    <div class="c-scroll" tabindex="0" role="region" aria-label=t_string!(i18n, report.overdue)>
                        <table class="c-table">
                            <thead><tr>
                                <th scope="col">{t_string!(i18n, report.since)}</th>
                                <th scope="col">{t_string!(i18n, report.what)}</th>
                                <th scope="col">{t_string!(i18n, console.grid)}</th>
                                <th scope="col">{t_string!(i18n, report.who)}</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                }
            })}
        </section>
    }
}

/// What every figure means.
#[component]
pub fn Meanings() -> impl IntoView {
    let i18n = use_i18n();
    let lines = Figure::ALL.map(|figure| {
        view! { <div><dt>{move || figure.name(lang(i18n))}</dt><dd>{move || figure.meaning(lang(i18n))}</dd></div> }
    });
    view! {
        <details class="c-card report-meanings">
            <summary>{t!(i18n, report.meanings)}</summary>
            <p>{t!(i18n, report.meanings_all)}</p>
            <dl>{lines.into_iter().collect_view()}</dl>
        </details>
    }
}
