//! A building's facade with the tapped door beside it.

pub mod door;

use huce_core::{
    ids::RoundId,
    ipc::{Changed, household::Facade as Ask},
};
use leptos::text_prop::TextProp;

use crate::{
    address::{followed_query, use_params},
    frame::Header,
    i18n::*,
    load::{load, show},
    parts::{Card, Empty, FacadeGrid, FacadeMode, Segmented, Sign},
    prelude::*,
    router::to,
};

/// The path of a building's page.
pub fn facade_path(estate: &str, building: &str) -> String {
    let part = |text: &str| js_sys::encode_uri_component(text).as_string().unwrap_or_default();
    format!("/facade/{}/{}", part(estate), part(building))
}

/// The same with the visits of a drive.
pub fn facade_of(estate: &str, building: &str, drive: &RoundId) -> String {
    format!("{}?drive={drive}", facade_path(estate, building))
}

/// A building.
#[component]
pub fn Facade() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let estate = Memo::new(move |_| params.get("estate").unwrap_or_default());
    let building = Memo::new(move |_| params.get("building").unwrap_or_default());
    let drive = Memo::new(|_| followed_query("drive").and_then(|id| RoundId::new(id).ok()));
    let reply =
        load(&[Changed::Doors], move || Ask { estate: estate.get(), building: building.get(), drive: drive.get() });
    // Whoever comes from a round wants to see who was visited.
    let first = if drive.with_untracked(Option::is_some) { FacadeMode::Visit } else { FacadeMode::Temp };
    let mode = RwSignal::new(first);
    let selected = RwSignal::new(None);
    let word = move |get: fn(I18n) -> &'static str| TextProp::from(move || get(i18n));
    let modes = vec![
        (FacadeMode::Temp, word(|i18n| t_string!(i18n, facade.temp))),
        (FacadeMode::Visit, word(|i18n| t_string!(i18n, facade.visit))),
        (FacadeMode::Plan, word(|i18n| t_string!(i18n, facade.plan))),
        (FacadeMode::Request, word(|i18n| t_string!(i18n, facade.request))),
    ];
    let above = (Signal::derive(|| to("/buildings")), TextProp::from(move || estate.get()));
    view! {
        <Header title=move || t_string!(i18n, facade.title, building = building.get()) above>
            <Segmented options=modes value=mode label=t!(i18n, facade.shows)/>
        </Header>
        <main class="body facade-page">
            <Card class="facade-card">
                {show(reply, move |reply| {
                    if reply.doors.is_empty() {
                        return view! { <Empty sign=Sign::Building title=t!(i18n, facade.empty)/> }.into_any();
                    }
                    view! { <FacadeGrid doors=reply.doors.clone() mode selected/> }.into_any()
                })}
                <Legend mode=mode/>
            </Card>
            <aside class="facade-side">
                {live(move || match selected.get() {
                    Some(household) => view! { <door::DoorPanel household/> }.into_any(),
                    None => view! { <Card><Empty sign=Sign::Door title=t!(i18n, facade.choose) text=t!(i18n, facade.choose_do)/></Card> }.into_any(),
                })}
            </aside>
        </main>
    }
}

#[component]
fn Legend(#[prop(into)] mode: Signal<FacadeMode>) -> impl IntoView {
    let i18n = use_i18n();
    let scale = ["t-14", "t-16", "t-18", "t-20", "t-22", "t-24", "t-26"];
    view! {
        <div class="legend" aria-label=t!(i18n, facade.legend)>
            <Show when=move || mode.get() == FacadeMode::Temp>
                <span>{t!(i18n, facade.low)}</span>
                {scale.map(|class| view! { <i class=format!("heat-swatch {class}")></i> }).collect_view()}
                <span>{t!(i18n, facade.high)}</span>
                <span class="legend-gap">{t!(i18n, facade.standard)}</span>
            </Show>
            <span class="grow"></span>
            <span class="legend-mark"><i class="mark-plan"></i>{t!(i18n, facade.has_plan)}</span>
            <span class="legend-mark"><i class="mark-request"></i>{t!(i18n, facade.has_request)}</span>
            <Show when=move || mode.get() == FacadeMode::Temp><span class="legend-mark">{t!(i18n, facade.no_reading)}</span></Show>
        </div>
    }
}
