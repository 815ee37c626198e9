//! Estates and their buildings, each with the figures that say where to go first.

use huce_core::ipc::{
    Changed,
    household::{Building, Estates},
};

use super::{exports::Exports, facade::facade_path, ways};
use crate::{
    frame::Header,
    i18n::*,
    load::{load, show},
    parts::{Empty, LinkButton, Sign},
    prelude::*,
    router::to,
};

/// The buildings of this person's grids.
#[component]
pub fn Buildings() -> impl IntoView {
    let i18n = use_i18n();
    let estates = load(&[Changed::Doors], || Estates {});
    view! {
        <Header title=t!(i18n, facade.buildings) search=true>
            <Exports table="households" filter=Signal::derive(String::new)/>
            <LinkButton sign=Sign::Next href=ways::facilities(None)>{t!(i18n, facility.title)}</LinkButton>
        </Header>
        <main class="body">
            {show(estates, move |estates| {
                if estates.is_empty() {
                    return view! { <Empty sign=Sign::Building title=t!(i18n, facade.estates_none) text=t!(i18n, facade.estates_none_do)/> }.into_any();
                }
                estates.iter().map(|estate| {
                    let households: u32 = estate.buildings.iter().map(|b| b.households).sum();
                    let name = estate.name.clone();
                    view! {
                        <section class="estate-block">
                            <h2 class="estate-name">{name.clone()}" "<span class="sub">{live(move || t_string!(i18n, facade.households, n = households))}</span></h2>
                            <ul class="tiles">
                                {estate.buildings.iter().cloned().map(|building| view! { <BuildingTile estate=name.clone() building/> }).collect_view()}
                            </ul>
                        </section>
                    }
                }).collect_view().into_any()
            })}
        </main>
    }
}

#[component]
fn BuildingTile(estate: String, building: Building) -> impl IntoView {
    let i18n = use_i18n();
    let Building { name, households, visited, cold, plans } = building;
    let width = format!("{:.1}%", f64::from(visited) / f64::from(households.max(1)) * 100.0);
    let href = to(facade_path(&estate, &name));
    view! {
        <li>
            <a class="tile" href=href>
                <b class="tile-name">{live(move || t_string!(i18n, facade.building, building = name.as_str()))}</b>
                <span class="tile-n">{visited}<span class="sub">"/"{households}</span></span>
                <span class="progress" aria-hidden="true"><span style:width=width></span></span>
                <span class="tile-marks">
                    <span class="sub">{live(move || t_string!(i18n, facade.visited, n = visited))}</span>
                    {(cold > 0).then(|| view! { <span class="pill small tone-calm">{live(move || t_string!(i18n, facade.cold, n = cold))}</span> })}
                    {(plans > 0).then(|| view! { <span class="pill small tone-ember">{live(move || t_string!(i18n, facade.plans, n = plans))}</span> })}
                </span>
            </a>
        </li>
    }
}
