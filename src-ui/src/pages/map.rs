//! The map: grids as shapes with their figures, without a basemap and without a network.

use huce_core::ipc::{
    Changed,
    household::{GridFigures, Map as Ask},
};
use leptos::text_prop::TextProp;

use crate::{
    frame::Header,
    i18n::*,
    load::{load, show},
    parts::{Card, Empty, GridMap, LinkButton, MapMode, Segmented, Sign, temp_text},
    prelude::*,
    router::to,
    words,
};

/// The grids of this person.
#[component]
pub fn Map() -> impl IntoView {
    let i18n = use_i18n();
    let reply = load(&[Changed::Doors], || Ask {});
    let mode = RwSignal::new(MapMode::Temp);
    let selected = RwSignal::new(None);
    let word = move |get: fn(I18n) -> &'static str| TextProp::from(move || get(i18n));
    let modes = vec![
        (MapMode::Temp, word(|i18n| t_string!(i18n, settings.map_temp))),
        (MapMode::Coverage, word(|i18n| t_string!(i18n, settings.map_coverage))),
        (MapMode::Requests, word(|i18n| t_string!(i18n, settings.map_requests))),
    ];
    let chosen = move || {
        let id = selected.get()?;
        reply.get(|r| r.grids.iter().find(|g| g.grid.id == id).cloned()).flatten()
    };
    view! {
        <Header title=t!(i18n, settings.map_title)>
            <Segmented options=modes value=mode label=t!(i18n, settings.map_shows)/>
            <LinkButton href=to("/duties")>{t!(i18n, duty.title)}</LinkButton>
        </Header>
        <main class="body facade-page">
            <Card class="map-card">
                {show(reply, move |reply| {
                    if reply.grids.iter().all(|g| g.grid.polygon.is_empty()) {
                        return view! { <Empty sign=Sign::Map title=t!(i18n, settings.map_none) text=t!(i18n, settings.map_none_do)/> }.into_any();
                    }
                    view! { <GridMap grids=reply.grids.clone() mode selected/> }.into_any()
                })}
            </Card>
            <aside class="facade-side">
                {live(move || match chosen() {
                    Some(figures) => view! { <Figures figures/> }.into_any(),
                    None => view! { <Card><Empty sign=Sign::Map title=t!(i18n, settings.map_choose)/></Card> }.into_any(),
                })}
            </aside>
        </main>
    }
}

#[component]
fn Figures(figures: GridFigures) -> impl IntoView {
    let i18n = use_i18n();
    let f = figures;
    let level = f.grid.level;
    let households = f.households;
    let line = move |word: fn(I18n) -> &'static str, value: String| {
        view! { <li class="figure-line"><span class="sub">{live(move || word(i18n))}</span><b>{value}</b></li> }
    };
    view! {
        <Card>
            <p class="door-name">{f.grid.name.clone()}</p>
            <p class="sub">{live(move || words::level(i18n, level))}" · "{f.grid.id.to_string()}" · "{live(move || t_string!(i18n, settings.map_households, n = households))}</p>
            <ul class="figure-lines">
                {line(|i| t_string!(i, settings.map_mean), f.mean_c.map_or_else(|| "—".into(), temp_text))}
                {line(|i| t_string!(i, settings.map_covered), format!("{}/{}", f.visited, f.households))}
                {line(|i| t_string!(i, settings.map_cold), format!("{}/{}", f.cold, f.measured))}
                {line(|i| t_string!(i, settings.map_open), f.open_requests.to_string())}
                {line(|i| t_string!(i, settings.map_plans), f.open_plans.to_string())}
            </ul>
        </Card>
    }
}
