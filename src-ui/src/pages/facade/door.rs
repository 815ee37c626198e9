//! The tapped door: what one needs to know before knocking, and the two things to do after.

use huce_core::{
    clock::china_date,
    household::Household,
    ids::{HouseholdId, RoundId},
    ipc::{
        Changed,
        household::{HouseholdPage, OpenHousehold},
        visit::QuickVisit,
    },
};
use leptos::task::spawn_local;

use crate::{
    backend::{call, place},
    error::error_texts,
    here::use_here,
    i18n::*,
    load::{load, show},
    parts::{Button, Card, Kind, LinkButton, Pill, Tag, TempChart, Tone, temp_text, temp_tone, use_toasts},
    prelude::*,
    router::to,
    when::day_text,
    words,
};

/// How many readings the small chart shows.
const READINGS: usize = 6;

#[component]
pub fn DoorPanel(household: HouseholdId) -> impl IntoView {
    let id = household.clone();
    let page = load(&[Changed::Doors], move || OpenHousehold { household: id.clone() });
    show(page, move |page| view! { <Panel page=page.clone()/> }.into_any())
}

/// `串联 · 6 层 · 62.4 ㎡ · 户号 2009000601`
pub fn facts(i18n: I18n, household: &Household) -> String {
    let mode = household.mode.map(|m| words::heating_mode(i18n, m).to_owned());
    let floor = household.floor.map(|f| t_string!(i18n, household.floor, floor = f));
    let area = household.area_m2.map(|a| t_string!(i18n, household.area, area = a));
    let account = household.account.as_deref().map_or_else(
        || t_string!(i18n, household.no_account).to_owned(),
        |a| t_string!(i18n, household.account, account = a),
    );
    [mode, floor, area, Some(account)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[component]
fn Panel(page: HouseholdPage) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let HouseholdPage { household, door, draft, round, .. } = page;
    let id = household.id.clone();
    let short = household.short();
    let temp = door.last_temp();
    let mut points: Vec<_> = door.valid_visits().iter().filter_map(|(_, v)| Some((v.when_ms, v.lowest_c()?))).collect();
    points = points.split_off(points.len().saturating_sub(READINGS));
    let last = door.last_visit().map(|v| v.when_ms);
    let last_text = move || match last {
        Some(ms) => t_string!(
            i18n,
            facade.last_visit,
            day = day_text(i18n, china_date(ms), china_date(here.now_ms_untracked()))
        ),
        None => t_string!(i18n, facade.never).to_owned(),
    };
    let care = household.care.clone();
    let of = household.clone();
    let tablet = place() == huce_core::ipc::session::Place::Tablet;
    let began = draft.is_some();
    let href = to(format!("/household/{id}"));
    let actions = tablet.then(|| {
        view! {
            <div class="door-actions">
                <LinkButton kind=Kind::Primary big=true href=to(format!("/visit/{id}"))>
                    {live(move || if began { t_string!(i18n, facade.go_on) } else { t_string!(i18n, facade.begin) })}
                </LinkButton>
                <QuickButtons household=id.clone() short=short.clone() round=round.map(|r| r.id)/>
            </div>
        }
    });
    view! {
        <Card>
            <div class="door-head">
                <a class="door-name" href=href.clone()>{short.clone()}</a>
                {temp.map(|(_, c)| view! { <Pill tone=temp_tone(c)>{temp_text(c)}</Pill> })}
            </div>
            <p class="sub">{live(move || facts(i18n, &of))}</p>
            <p class="tags">
                {care.into_iter().map(|c| view! { <Tag>{c}</Tag> }).collect_view()}
                <Tag>{last_text}</Tag>
            </p>
            {(!points.is_empty()).then(|| view! { <TempChart points/> })}
            <LinkButton kind=Kind::Quiet href=href>{t!(i18n, facade.more)}" →"</LinkButton>
        </Card>
        {actions}
    }
}

/// "No answer" and "refused": one tap, recorded five seconds later unless it is undone, because a record stays.
#[component]
pub fn QuickButtons(household: HouseholdId, short: String, round: Option<RoundId>) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let record = StoredValue::new((household, short, round));
    let quick = move |refused: bool| {
        let (household, short, round) = record.get_value();
        let soon = if refused {
            t_string!(i18n, facade.refused_soon, short = short.as_str())
        } else {
            t_string!(i18n, facade.no_answer_soon, short = short.as_str())
        };
        toasts.soon(soon, move || {
            spawn_local(async move {
                match call(QuickVisit { household, round, refused }).await {
                    Ok(_) => toasts.say(Tone::Good, t_string!(i18n, facade.recorded, short = short.as_str())),
                    Err(error) => {
                        let (title, text) = error_texts(i18n, &error);
                        toasts.say(Tone::Bad, format!("{short} {title}。{text}"));
                    }
                }
            });
        });
    };
    view! {
        <Button big=true on_press=move |()| quick(false)>{t!(i18n, facade.no_answer)}</Button>
        <Button big=true on_press=move |()| quick(true)>{t!(i18n, facade.refused)}</Button>
    }
}
