//! Which grid is how far 擂台赛: coverage of the running round, the furthest first.

use huce_core::ipc::{console::OverviewReply, household::GridFigures};

use super::super::figures::{grouped, percent};
use crate::{i18n::*, prelude::*};

/// The furthest first; grids without households have no place.
fn ranked(grids: &[GridFigures]) -> Vec<GridFigures> {
    let mut ranked: Vec<_> = grids.iter().filter(|g| g.households > 0).cloned().collect();
    // By the exact shares: a/b against c/d as a*d against c*b.
    ranked.sort_by(|a, b| {
        let [left, right] =
            [u64::from(a.visited) * u64::from(b.households), u64::from(b.visited) * u64::from(a.households)];
        right.cmp(&left).then_with(|| a.grid.id.cmp(&b.grid.id))
    });
    ranked
}

/// The league.
#[component]
pub fn League(
    /// The figures.
    answer: Memo<OverviewReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let ranked = Memo::new(move |_| answer.with(|a| ranked(&a.grids)));
    view! {
        <section class="c-card league" aria-label=t!(i18n, console.league)>
            <header class="c-card-head">
                <h2>{t!(i18n, console.league)}</h2>
                <span class="c-muted">{t!(i18n, console.league_hint)}</span>
            </header>
            {move || ranked.with(Vec::is_empty).then(|| view! { <p class="c-nothing">{t!(i18n, console.no_grids)}</p> })}
            <ol class="league-list" tabindex="0">
                {move || ranked.get().into_iter().enumerate().map(|(i, g)| {
                    let share = f64::from(g.visited) * 100.0 / f64::from(g.households.max(1));
                    view! {
                        <li class:first=i == 0>
                            <span class="league-place">{i + 1}</span>
                            <span class="league-name" title=g.grid.id.to_string()>{g.grid.name.clone()}</span>
                            <svg class="league-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                                <rect class="track" width="100" height="8"></rect>
                                <rect class="filled" width=format!("{:.1}", share.clamp(0.0, 100.0)) height="8"></rect>
                            </svg>
                            <span class="league-count c-muted">{format!("{}/{}", grouped(g.visited.into()), grouped(g.households.into()))}</span>
                            <b class="league-share">{percent(g.visited, g.households)}</b>
                        </li>
                    }
                }).collect_view()}
            </ol>
        </section>
    }
}
