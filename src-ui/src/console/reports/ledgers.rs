//! Ledgers 台账: which one, of which days and grid, as which file.

use huce_core::ids::GridId;

use super::lang_word;
use crate::{here::use_here, i18n::*, prelude::*};

/// A ledger: its name, and the kinds of files that it has.
type Ledger = (&'static str, &'static [&'static str]);

const TABLES: &[&str] = &["xlsx", "csv"];
const PLACES: &[&str] = &["xlsx", "csv", "geojson"];
/// Those of days, then those of now.
const LEDGERS: [Ledger; 6] = [
    ("visits", TABLES),
    ("plans", TABLES),
    ("requests", PLACES),
    ("facilities", PLACES),
    ("households", TABLES),
    ("grids", PLACES),
];

fn name(i18n: I18n, ledger: &str) -> (&'static str, &'static str) {
    match ledger {
        "visits" => (t_string!(i18n, report.ledger_visits), t_string!(i18n, report.ledger_visits_is)),
        "plans" => (t_string!(i18n, report.ledger_plans), t_string!(i18n, report.ledger_plans_is)),
        "requests" => (t_string!(i18n, report.ledger_requests), t_string!(i18n, report.ledger_requests_is)),
        "facilities" => (t_string!(i18n, report.ledger_facilities), t_string!(i18n, report.ledger_facilities_is)),
        "households" => (t_string!(i18n, report.ledger_households), t_string!(i18n, report.ledger_households_is)),
        _ => (t_string!(i18n, report.ledger_grids), t_string!(i18n, report.ledger_grids_is)),
    }
}

/// The page.
#[component]
pub fn LedgersPage() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let (from, until) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let grid = RwSignal::new(None::<GridId>);
    let grids = move || here.ready(|r| r.grids.iter().map(|g| (g.id.clone(), g.name.clone())).collect::<Vec<_>>());
    let query = move || {
        let mut query = format!("lang={}", lang_word(i18n));
        for (name, value) in [("from", from.get()), ("until", until.get())] {
            if !value.is_empty() {
                query.push_str(&format!("&{name}={value}"));
            }
        }
        if let Some(grid) = grid.get() {
            query.push_str(&format!("&grid={grid}"));
        }
        query
    };
    let cards = LEDGERS.map(|(ledger, kinds)| {
        let files = kinds.iter().map(|kind| {
            let href = move || format!("/api/export/{ledger}.{kind}?{}", query());
            let label = move || format!("{} .{kind}", name(i18n, ledger).0);
            view! { <a class="btn" href=href download="" rel="external" aria-label=label>{format!(".{kind}")}</a> }
        });
        view! {
            <section class="c-card ledger">
                <h2>{move || name(i18n, ledger).0}</h2>
                <p>{move || name(i18n, ledger).1}</p>
                <div class="ledger-files">{files.collect_view()}</div>
            </section>
        }
    });
    view! {
        <div class="c-sheet ledgers-page">
            <header class="c-head">
                <h1>{t!(i18n, report.ledgers)}</h1>
                <span class="grow"></span>
                <label class="c-days"><span>{t!(i18n, report.from)}</span>
                    <input type="date" class="input" prop:value=from on:change=move |e| from.set(event_target_value(&e))/></label>
                <label class="c-days"><span>{t!(i18n, report.until)}</span>
                    <input type="date" class="input" prop:value=until on:change=move |e| until.set(event_target_value(&e))/></label>
                <select class="input c-filter" aria-label=t!(i18n, console.grid)
                    on:change=move |e| grid.set(GridId::new(event_target_value(&e)).ok())>
                    <option value="">{t!(i18n, console.every_grid)}</option>
                    {live(move || grids().unwrap_or_default().into_iter().map(|(id, name)| view! { <option value=id.to_string()>{name}</option> }).collect_view())}
                </select>
            </header>
            <p class="c-muted">{t!(i18n, report.ledgers_hint)}</p>
            <div class="ledger-cards">{cards.into_iter().collect_view()}</div>
        </div>
    }
}
