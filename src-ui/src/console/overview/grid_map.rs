//! The grids as a map, coloured by room temperature, coverage or open requests, with a legend. A grid that is chosen
//! shows all of its figures.

use huce_core::{
    ids::GridId,
    ipc::{console::OverviewReply, household::GridFigures},
};

use super::super::figures::{grouped, percent};
use crate::{
    form::text,
    i18n::*,
    parts::{GridMap, Icon, MapMode, Segmented, Sign, temp_text},
    prelude::*,
};

/// The colours and what they stand for, as the map draws them.
fn legend(mode: MapMode) -> &'static [(&'static str, &'static str)] {
    match mode {
        MapMode::Temp => &[
            ("t-14", "< 15"),
            ("t-16", "15–17"),
            ("t-18", "17–18"),
            ("t-20", "18–21"),
            ("t-22", "21–23"),
            ("t-24", "23–26"),
            ("t-26", "≥ 26 °C"),
        ],
        MapMode::Coverage => &[("share-1", "< 25"), ("share-2", "25–50"), ("share-3", "50–75"), ("share-4", "≥ 75 %")],
        MapMode::Requests => &[("t-none", "0"), ("share-2", "1–2"), ("share-3", "3–5"), ("share-4", "≥ 6")],
    }
}

/// The map with what belongs to it.
#[component]
pub fn GridsOnMap(
    /// The figures.
    answer: Memo<OverviewReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let mode = RwSignal::new(MapMode::Temp);
    let chosen = RwSignal::new(None::<GridId>);
    let grids = Memo::new(move |_| answer.with(|a| a.grids.clone()));
    let without = move || grids.with(|g| g.iter().filter(|f| f.grid.polygon.is_empty()).count());
    let any = Memo::new(move |_| grids.with(|g| g.iter().any(|f| !f.grid.polygon.is_empty())));
    let modes = vec![
        (MapMode::Temp, t!(i18n, console.layer_temperature).into()),
        (MapMode::Coverage, t!(i18n, console.layer_coverage).into()),
        (MapMode::Requests, t!(i18n, console.layer_requests).into()),
    ];
    view! {
        <section class="c-card grid-map" aria-label=t!(i18n, console.map)
            on:keydown=move |ev| if ev.key() == "Escape" { chosen.set(None) }>
            <div class="map-head">
                <Segmented options=modes value=mode label=t!(i18n, console.map_shows)/>
            </div>
            <div class="map-canvas">
                {move || if any.get() {
                    view! { <GridMap grids=grids.get() mode=mode selected=chosen/> }.into_any()
                } else {
                    view! { <p class="c-nothing">{t_string!(i18n, console.no_outlines)}</p> }.into_any()
                }}
            </div>
            <div class="map-foot">
                <ul class="legend" aria-label=t!(i18n, console.legend)>
                    {move || legend(mode.get()).iter().map(|(class, text)| view! {
                        <li><i class=format!("swatch {class}") aria-hidden="true"></i>{*text}</li>
                    }).collect_view()}
                </ul>
                {move || (any.get() && without() > 0).then(|| view! { <span class="c-muted">{text!(i18n, console.without_outline, n = without())}</span> })}
            </div>
            {move || {
                let grid = chosen.get()?;
                grids.with(|all| all.iter().find(|g| g.grid.id == grid).cloned()).map(|figures| view! { <Details figures chosen/> })
            }}
        </section>
    }
}

/// All figures of the chosen grid.
#[component]
fn Details(figures: GridFigures, chosen: RwSignal<Option<GridId>>) -> impl IntoView {
    let i18n = use_i18n();
    let lines = [
        (t_string!(i18n, console.households), grouped(figures.households.into())),
        (
            t_string!(i18n, console.coverage),
            format!("{} ({})", percent(figures.visited, figures.households), figures.visited),
        ),
        (t_string!(i18n, console.mean_temperature), figures.mean_c.map_or("–".to_owned(), temp_text)),
        (t_string!(i18n, console.cold), format!("{} / {}", figures.cold, figures.measured)),
        (t_string!(i18n, console.open_requests), grouped(figures.open_requests.into())),
        (t_string!(i18n, console.open_plans), grouped(figures.open_plans.into())),
    ];
    view! {
        <div class="map-details" role="status">
            <div class="map-details-head">
                <b>{figures.grid.name.clone()}</b>
                <span class="c-muted">{figures.grid.id.to_string()}</span>
                <button type="button" class="btn quiet icon-only" aria-label=t_string!(i18n, console.close) on:click=move |_| chosen.set(None)>
                    <Icon sign=Sign::Close/>
                </button>
            </div>
            <dl>{lines.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }).collect_view()}</dl>
        </div>
    }
}
