//! Somebody's tablets in a line each: heard when, what waits on it, which version; and taking one away.

use huce_core::{
    clock::{Millis, china_date},
    event::spoken,
    ipc::{
        CallError,
        console::{Approve, DeviceLine, PeopleReply, Revoke},
    },
};
use leptos::task::spawn_local;

use super::{
    super::figures::{left, moment},
    forgotten::Forgotten,
};
use crate::{
    backend,
    form::text,
    i18n::*,
    load::Loader,
    pages::say::say,
    parts::{Dialog, Tone, use_toasts},
    prelude::*,
};

/// A clock that is off by more is worth a word.
const CLOCK_OFF_MS: i64 = 60_000;

/// Tablets that wait to be let in: whose, by which key, since when.
#[component]
pub fn WaitingTablets(
    /// Everybody and their tablets; asked again afterwards.
    people: Loader<PeopleReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let waiting = Memo::new(move |_| {
        people
            .get(|p| {
                let name = |d: &DeviceLine| {
                    p.people.iter().find(|x| x.id == d.person).map_or_else(|| d.person.to_string(), |x| x.name.clone())
                };
                let waits = p.devices.iter().filter(|d| !d.approved && !d.revoked);
                waits.map(|d| (d.clone(), name(d), p.may_edit)).collect::<Vec<_>>()
            })
            .unwrap_or_default()
    });
    move || {
        let waiting = waiting.get();
        (!waiting.is_empty()).then(|| {
            let lines =
                waiting.into_iter().map(|(device, owner, may_edit)| view! { <Waits device owner may_edit people/> });
            view! {
                <section class="c-card tablets-waiting">
                    <h2>{t_string!(i18n, people.waiting_title)}</h2>
                    <p class="c-muted">{t_string!(i18n, people.waiting_what)}</p>
                    <ul class="tablets">{lines.collect_view()}</ul>
                </section>
            }
        })
    }
}

#[component]
fn Waits(device: DeviceLine, owner: String, may_edit: bool, people: Loader<PeopleReply>) -> impl IntoView {
    let i18n = use_i18n();
    let here = crate::here::use_here();
    let toasts = use_toasts();
    let failed = RwSignal::new(None::<CallError>);
    let DeviceLine { device: id, name, version, enrolled_ms, .. } = device;
    let number = spoken(&id);
    let device = StoredValue::new(id);
    let decide = move |lets_in: bool| {
        failed.set(None);
        spawn_local(async move {
            let device = device.get_value();
            let (done, words) = if lets_in {
                (backend::call(Approve { device }).await, t_string!(i18n, people.approve_done))
            } else {
                (backend::call(Revoke { device }).await, t_string!(i18n, people.refuse_done))
            };
            match done {
                Ok(_) => {
                    toasts.say(Tone::Good, words);
                    people.reload();
                }
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    view! {
        <li>
            <b>{owner}</b>
            <code class="spoken">{number}</code>
            <span>{name}</span>
            <span class="c-muted">{text!(i18n, people.enrolled_at, time = moment(enrolled_ms, here.now_ms_untracked()))}</span>
            <span class="c-muted">{version}</span>
            {may_edit.then(|| view! {
                <button type="button" class="btn primary" on:click=move |_| decide(true)>{t_string!(i18n, people.approve)}</button>
                <button type="button" class="btn" on:click=move |_| decide(false)>{t_string!(i18n, people.refuse)}</button>
            })}
            {move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> })}
        </li>
    }
}

/// The tablets.
#[component]
pub fn Tablets(
    /// Which.
    devices: Vec<DeviceLine>,
    /// The server's time.
    now_ms: Millis,
    /// May this person take them away?
    may_edit: bool,
    /// Asked again afterwards.
    people: Loader<PeopleReply>,
    /// Whose they are.
    owner: String,
) -> impl IntoView {
    let i18n = use_i18n();
    if devices.is_empty() {
        return view! { <span class="c-muted">{t_string!(i18n, people.no_tablet)}</span> }.into_any();
    }
    let owner = StoredValue::new(owner);
    let lines = devices.into_iter().map(|d| view! { <Tablet device=d now_ms may_edit people owner/> }).collect_view();
    view! { <ul class="tablets">{lines}</ul> }.into_any()
}

#[component]
fn Tablet(
    device: DeviceLine,
    now_ms: Millis,
    may_edit: bool,
    people: Loader<PeopleReply>,
    owner: StoredValue<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let failed = RwSignal::new(None::<CallError>);
    let DeviceLine { device: id, name, version, seen_ms, unsent, revoked, approved, offset_ms, enrolled_ms, .. } =
        device;
    let is_today = seen_ms.is_some_and(|at| china_date(at) == china_date(now_ms));
    let (tone, heard) = match seen_ms {
        _ if revoked && !approved => ("", t_string!(i18n, people.refused).to_owned()),
        _ if revoked => ("", t_string!(i18n, people.revoked).to_owned()),
        _ if !approved => ("warn", t_string!(i18n, people.waits_to_enter).to_owned()),
        None => ("warn", text!(i18n, people.never_heard, time = moment(enrolled_ms, now_ms))),
        Some(at) if is_today => ("good", text!(i18n, people.heard, time = moment(at, now_ms))),
        Some(at) => ("warn", text!(i18n, people.heard, time = moment(at, now_ms))),
    };
    let waiting = match unsent {
        (0, 0) => t_string!(i18n, people.nothing_waits).to_owned(),
        (events, photos) => text!(i18n, people.waits, events = events, photos = photos),
    };
    let has_waiting = unsent != (0, 0);
    let shown = if name.trim().is_empty() { id.to_string() } else { name };
    let (aloud, title, forgotten) = (shown.clone(), shown.clone(), shown.clone());
    let device = StoredValue::new(id);
    let revoke = move |_| {
        failed.set(None);
        spawn_local(async move {
            match backend::call(Revoke { device: device.get_value() }).await {
                Ok(_) => {
                    toasts.say(Tone::Good, t_string!(i18n, people.revoke_done));
                    people.reload();
                    let _gone = asking.try_set(false);
                }
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    view! {
        <li class:revoked=revoked>
            <b>{shown}</b>
            <span class=format!("c-dot {tone}")><i aria-hidden="true"></i>{heard}</span>
            {(!revoked).then(|| view! { <span class=if has_waiting { "c-tag warn" } else { "c-muted" }>{waiting}</span> })}
            <span class="c-muted" title=spoken(&device.get_value())>{version}</span>
            {offset_ms.filter(|ms| ms.abs() > CLOCK_OFF_MS).map(|ms| view! {
                <span class="c-tag warn">{text!(i18n, people.clock_off, time = left(ms.abs()))}</span>
            })}
            {(may_edit && approved && !revoked).then(|| view! {
                <Forgotten device=device.get_value() name=forgotten owner/>
                <button type="button" class="c-link danger" aria-label=text!(i18n, people.revoke_of, name = aloud)
                    on:click=move |_| { failed.set(None); asking.set(true) }>{t_string!(i18n, people.revoke)}</button>
            })}
            <Dialog open=asking title=move || text!(i18n, people.revoke_title, name = title.clone())>
                <p>{text!(i18n, people.revoke_sure, name = owner.get_value())}</p>
                {has_waiting.then(|| view! { <p class="c-said warn">{t_string!(i18n, people.revoke_waits)}</p> })}
                {move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> })}
                <div class="dialog-foot">
                    <button type="button" class="btn" on:click=move |_| asking.set(false)>{t_string!(i18n, people.keep)}</button>
                    <button type="button" class="btn danger" on:click=revoke>{t_string!(i18n, people.revoke_now)}</button>
                </div>
            </Dialog>
        </li>
    }
}
