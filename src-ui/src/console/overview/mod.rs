//! The dispatcher's first page 调度: five figures, the grids as a map, the queue of requests with their clocks, room
//! temperatures, and which grid is how far. Every figure is a sum that the server keeps; nothing is computed here but
//! shares.

mod cards;
mod grid_map;
mod histogram;
mod league;
mod queue;

use huce_core::ipc::{
    Changed,
    console::{Overview, OverviewReply},
};

use super::shown::Shown;
use crate::{
    i18n::*,
    load::{Loader, load},
    pages::conflicts::ConflictHint,
    prelude::*,
    router::to,
};
use cards::Cards;
use grid_map::GridsOnMap;
use histogram::Temperatures;
pub use histogram::degrees;
use league::League;
pub use queue::Clock;
use queue::Queue;

/// The overview's figures, asked once for the frame (tablets synced) and this page.
pub type Figures = Loader<OverviewReply>;

/// Asks for the figures and hands them to everything below.
pub fn provide_figures() -> Figures {
    let figures = load(&[Changed::Doors], || Overview {});
    provide_context(figures);
    figures
}

/// The overview.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let i18n = use_i18n();
    let figures = use_context::<Figures>().unwrap_or_else(provide_figures);
    view! {
        <h1 class="visually-hidden">{t!(i18n, console.dispatch)}</h1>
        <Shown of=figures lines=8 let:answer>
            {move || answer.with(|a| a.households == 0).then(|| view! {
                <div class="c-empty" role="status">
                    <h2>{t!(i18n, console.no_households)}</h2>
                    <p>{t!(i18n, console.no_households_hint)}</p>
                    <a class="btn primary" href=to("/import")>{t!(i18n, console.to_import)}</a>
                </div>
            })}
            <ConflictHint/>
            <div class="overview">
                <Cards answer/>
                <div class="overview-main">
                    <GridsOnMap answer/>
                    <Temperatures answer/>
                </div>
                <div class="overview-side">
                    <Queue/>
                    <League answer/>
                </div>
            </div>
        </Shown>
    }
}
