//! A facility: what is known of it, what waits for a decision, and everything that happened there in one column.

use huce_core::{
    facility::Facility as Facts,
    ids::FacilityId,
    ipc::{
        Changed,
        facility::{FacilityPage, OpenFacility},
        session::Place,
    },
    site::Site,
};
use leptos::text_prop::TextProp;

use super::{
    conflict::ConflictCard,
    household::{OtherForms, story::Story, waiting},
    ways,
};
use crate::{
    address::use_params,
    backend::place,
    frame::Header,
    i18n::*,
    load::{load_some, show},
    parts::{Card, Kind, LinkButton, Tag},
    prelude::*,
    words,
};

/// A facility.
#[component]
pub fn Facility() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let id = Memo::new(move |_| params.get("id").and_then(|id| FacilityId::new(id).ok()));
    let page = load_some(&[Changed::Doors, Changed::Sync], move || id.get().map(|facility| OpenFacility { facility }));
    let title = move || page.get(|p| p.facility.short()).unwrap_or_default();
    let kind = move || page.get(|p| p.facility.kind);
    let above = (
        Signal::derive(move || ways::facilities(kind())),
        TextProp::from(move || kind().map_or(t_string!(i18n, facility.title), |kind| words::facility_kind(i18n, kind))),
    );
    let beside = waiting(i18n, move || page.get(|p| !p.unsent.is_empty()).unwrap_or(false));
    view! {
        <Header title above beside/>
        <main class="body">{show(page, move |page| view! { <Page page=page.clone()/> }.into_any())}</main>
    }
}

#[component]
fn Page(page: FacilityPage) -> impl IntoView {
    let i18n = use_i18n();
    let FacilityPage { facility, door, conflicts, unsent, draft } = page;
    let site = Site::from(&facility.id);
    let here = site.clone();
    let (newer, began) = (door.newer.len(), draft.is_some());
    view! {
        {conflicts.into_iter().map(|c| view! { <ConflictCard conflict=c/> }).collect_view()}
        <div class="columns story-first">
            <div class="column">
                <Card title=t!(i18n, household.timeline) class="fill">
                    <Story site=here door plans=Vec::new() unsent/>
                    {(newer > 0).then(|| view! { <p class="sub">{live(move || t_string!(i18n, household.newer, n = newer))}</p> })}
                </Card>
            </div>
            <div class="column">
                <FactsCard facility/>
                {(place() == Place::Tablet).then(|| view! {
                    <div class="actions">
                        <LinkButton kind=Kind::Primary big=true href=ways::visit(&site)>
                            {live(move || if began { t_string!(i18n, household.go_on) } else { t_string!(i18n, facility.begin) })}
                        </LinkButton>
                        <OtherForms site/>
                    </div>
                })}
            </div>
        </div>
    }
}

#[component]
fn FactsCard(facility: Facts) -> impl IntoView {
    let i18n = use_i18n();
    let Facts { kind, name, code, position, estate, building, note, .. } = facility;
    let at = position.map(|(lat, lon)| format!("{lat:.5}, {lon:.5}"));
    let address = move || {
        let building = building.as_deref().map(|b| t_string!(i18n, facade.building, building = b));
        [estate.clone(), building].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    view! {
        <Card>
            <div class="door-head"><span class="door-name">{name}</span></div>
            <p class="tags">
                <Tag>{live(move || words::facility_kind(i18n, kind))}</Tag>
                {code.map(|code| view! { <Tag>{code}</Tag> })}
            </p>
            <p class="sub">{live(address)}</p>
            {at.map(|at| view! { <p><span class="sub">{t!(i18n, facility.position)}" "</span>{at}</p> })}
            {note.map(|n| view! { <p><span class="sub">{t!(i18n, household.note)}" "</span>{n}</p> })}
        </Card>
    }
}
