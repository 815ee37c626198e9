//! A household: the facts, what waits for a decision, and everything that happened there in one column.

pub(super) mod story;

use huce_core::{
    clock::china_date,
    household::Household as Facts,
    ids::HouseholdId,
    ipc::{
        Changed,
        household::{HouseholdPage, OpenHousehold},
        session::Place,
        visit::VisitForms,
    },
    plan::PlanState,
    site::Site,
};
use leptos::text_prop::TextProp;

use super::{
    conflict::ConflictCard,
    facade::{
        door::{QuickButtons, facts},
        facade_path,
    },
    ways,
};
use crate::{
    address::use_params,
    backend::place,
    frame::Header,
    here::use_here,
    i18n::*,
    load::{load_some, show},
    parts::{Button, Card, Dialog, Empty, Kind, LinkButton, Pill, Sign, Tag, TempChart, temp_text, temp_tone},
    prelude::*,
    router::to,
    when::short_day,
};

/// How many readings the chart shows.
const READINGS: usize = 8;

/// A household.
#[component]
pub fn Household() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let id = Memo::new(move |_| params.get("id").and_then(|id| HouseholdId::new(id).ok()));
    let page =
        load_some(&[Changed::Doors, Changed::Sync], move || id.get().map(|household| OpenHousehold { household }));
    let title = move || page.get(|p| p.household.short()).unwrap_or_default();
    let above = (
        Signal::derive(move || {
            page.get(|p| to(facade_path(&p.household.estate, &p.household.building)))
                .unwrap_or_else(|| to("/buildings"))
        }),
        TextProp::from(move || {
            page.get(|p| {
                let building = t_string!(i18n, facade.building, building = p.household.building.as_str());
                format!("{} {building}", p.household.estate)
            })
            .unwrap_or_default()
        }),
    );
    let beside = waiting(i18n, move || page.get(|p| !p.unsent.is_empty()).unwrap_or(false));
    view! {
        <Header title above beside/>
        <main class="body">{show(page, move |page| view! { <Page page=page.clone()/> }.into_any())}</main>
    }
}

/// Stands in the header while something of this place is not at the server yet.
pub(super) fn waiting(i18n: I18n, unsent: impl Fn() -> bool + Send + Sync + 'static) -> AnyView {
    view! {
        <Show when=unsent><span class="pill tone-warn">{t!(i18n, household.waiting)}</span></Show>
    }
    .into_any()
}

#[component]
fn Page(page: HouseholdPage) -> impl IntoView {
    let i18n = use_i18n();
    let newer = page.door.newer.len();
    let conflicts = page.conflicts.clone();
    let (story, chart, actions) = (page.clone(), page.clone(), page.clone());
    view! {
        {conflicts.into_iter().map(|c| view! { <ConflictCard conflict=c/> }).collect_view()}
        <div class="columns story-first">
            <div class="column">
                <Card title=t!(i18n, household.timeline) class="fill">
                    <story::Story site=Site::from(&story.household.id) door=story.door plans=story.plans unsent=story.unsent/>
                    {(newer > 0).then(|| view! { <p class="sub">{live(move || t_string!(i18n, household.newer, n = newer))}</p> })}
                </Card>
            </div>
            <div class="column">
                <FactsCard page/>
                <Readings page=chart/>
                <Actions page=actions/>
            </div>
        </div>
    }
}

#[component]
fn FactsCard(page: HouseholdPage) -> impl IntoView {
    let i18n = use_i18n();
    let household = page.household;
    let temp = page.door.last_temp();
    let round = page.round.map(|r| r.name);
    let Facts { name, phone, note, care, .. } = household.clone();
    let contact = [name, phone].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <Card>
            <div class="door-head">
                <span class="door-name">{household.short()}</span>
                {temp.map(|(_, c)| view! { <Pill tone=temp_tone(c)>{temp_text(c)}</Pill> })}
            </div>
            <p class="sub">{household.estate.clone()}</p>
            <p class="sub">{live(move || facts(i18n, &household))}</p>
            <p class="tags">
                {care.into_iter().map(|c| view! { <Tag>{c}</Tag> }).collect_view()}
                {round.map(|name| view! { <Tag>{live(move || t_string!(i18n, household.round, name = name.as_str()))}</Tag> })}
            </p>
            {(!contact.is_empty()).then(|| view! { <p><span class="sub">{t!(i18n, household.contact)}" "</span>{contact}</p> })}
            {note.map(|n| view! { <p><span class="sub">{t!(i18n, household.note)}" "</span>{n}</p> })}
        </Card>
    }
}

#[component]
fn Readings(page: HouseholdPage) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let now_ms = here.now_ms_untracked();
    let mut points: Vec<_> =
        page.door.valid_visits().iter().filter_map(|(_, v)| Some((v.when_ms, v.lowest_c()?))).collect();
    points = points.split_off(points.len().saturating_sub(READINGS));
    view! {
        <Card title=t!(i18n, household.chart)>
            {live(move || if points.is_empty() {
                view! { <Empty title=t!(i18n, household.chart_none)/> }.into_any()
            } else {
                let days = points.iter().map(|(ms, _)| short_day(china_date(*ms), china_date(now_ms))).collect();
                view! { <TempChart points=points.clone() numbers=true days/> }.into_any()
            })}
        </Card>
    }
}

#[component]
fn Actions(page: HouseholdPage) -> impl IntoView {
    let i18n = use_i18n();
    let id = page.household.id.clone();
    let began = page.draft.is_some();
    let plan = page.plans.iter().find(|p| p.state != PlanState::Closed).map(|p| to(format!("/plan/{}", p.id)));
    let new_plan = to(format!("/new-plan/{id}"));
    let has_visit = page.door.last_visit().is_some();
    let tablet = place() == Place::Tablet;
    view! {
        <div class="actions">
            {tablet.then(|| view! {
                <LinkButton kind=Kind::Primary big=true href=to(format!("/visit/{id}"))>
                    {live(move || if began { t_string!(i18n, household.go_on) } else { t_string!(i18n, household.begin) })}
                </LinkButton>
                <QuickButtons household=id.clone() short=page.household.short() round=page.round.map(|r| r.id)/>
                <OtherForms site=Site::from(&id)/>
            })}
            {match plan {
                Some(href) => Some(view! { <LinkButton sign=Sign::Plan href>{t!(i18n, household.open_plan)}</LinkButton> }),
                None if has_visit && tablet => Some(view! { <LinkButton sign=Sign::Plan href=new_plan>{t!(i18n, household.new_plan)}</LinkButton> }),
                None => None,
            }}
            <LinkButton sign=Sign::Request href=ways::take_request(&id)>{t!(i18n, household.new_request)}</LinkButton>
        </div>
    }
}

/// The forms besides the usual one: after a repair, care, consent, registration; at a facility those that fit it.
#[component]
pub fn OtherForms(site: Site) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let at = StoredValue::new(site.clone());
    // Asked when somebody looks: the first time the workbooks are read.
    let forms = load_some(&[Changed::Sync], move || open.get().then(|| VisitForms { at: site.clone() }));
    view! {
        <Button sign=Sign::Plus on_press=move |()| open.set(true)>{t!(i18n, household.other_form)}</Button>
        <Dialog open title=move || t_string!(i18n, household.which_form)>
            {show(forms, move |forms| {
                let rows = forms.iter().map(|form| {
                    let href = ways::visit_with(&at.get_value(), &form.form);
                    let (title, begun) = (form.title.clone(), form.begun);
                    view! {
                        <a class="row" href=href>
                            <span>{move || if i18n.get_locale() == Locale::zh { title.0.clone() } else { title.1.clone() }}</span>
                            {begun.then(|| view! { <em class="pill warn">{t!(i18n, household.begun)}</em> })}
                        </a>
                    }
                });
                view! { <nav class="work form-list">{rows.collect_view()}</nav> }.into_any()
            })}
        </Dialog>
    }
}
