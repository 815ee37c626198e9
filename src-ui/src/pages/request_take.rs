//! Taking a request down: big choices, the words, the phone, the door by search. The clocks start when it is kept.

use huce_core::{
    ids::GridId,
    ipc::{
        CallError,
        household::{DoorLine, OpenHousehold, RequestLine},
        request::{FindSame, TakeRequest},
        search::Search,
        session::{Session, WhoAmI},
    },
    request::{Category, Channel, Mode, Severity},
    view::door_line,
};
use leptos::task::spawn_local;

use super::request_words::{CATEGORIES, CHANNELS, Choose, MODES, SEVERITIES};
use super::{plan::when, say::say, ways};
use crate::{backend, form::text, i18n::*, prelude::*};

/// The form.
#[component]
pub fn TakeDown(
    /// Closed; true when a request was taken down.
    #[prop(into)]
    on_done: Callback<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    // Whoever sits at the hotline takes the next call on the hotline.
    let last = last_channel().and_then(|c| crate::reply::read::<Channel>(&c).ok());
    let channel = RwSignal::new(last);
    let category = RwSignal::new(None::<Category>);
    let severity = RwSignal::new(Some(Severity::Small));
    let mode = RwSignal::new(Some(Mode::Own));
    let text = RwSignal::new(String::new());
    let phone = RwSignal::new(String::new());
    let door = RwSignal::new(None::<DoorLine>);
    // Whoever comes from a door takes down a request of that door.
    if let Some(household) = ways::request_door() {
        spawn_local(async move {
            if let Ok(page) = backend::call(OpenHousehold { household }).await {
                let _gone = door.try_set(Some(door_line(&page.household)));
            }
        });
    }
    let same = RwSignal::new(None::<RequestLine>);
    let matter = category;
    let another = RwSignal::new(false);
    // As soon as door and matter are known: is it open there already?
    Effect::new(move |_| {
        let asked = (door.with(|d| d.as_ref().map(|d| d.household.clone())), category.get());
        same.set(None);
        another.set(false);
        let (Some(household), Some(category)) = asked else { return };
        spawn_local(async move {
            let call = FindSame { household: Some(household.clone()), facility: None, category };
            let Ok(found) = backend::call(call).await else { return };
            // Answers may overtake one another; only the one to what stands there counts.
            let here = door.try_get_untracked().flatten().map(|d| d.household);
            if here.as_ref() == Some(&household) && matter.try_get_untracked().flatten() == Some(category) {
                let _gone = same.try_set(found);
            }
        });
    });
    let joins = move || same.with(Option::is_some) && !another.get();
    let grid = RwSignal::new(None::<GridId>);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<CallError>);
    spawn_local(async move {
        if let Ok(Session::Ready(ready)) = backend::call(WhoAmI {}).await {
            let _gone = grid.try_set(ready.grids.first().map(|g| g.id.clone()));
        }
    });
    let ready = move || {
        channel.get().is_some()
            && category.get().is_some()
            && (door.with(Option::is_some) || grid.with(Option::is_some))
    };
    let take = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let (Some(channel), Some(category), Some(severity), Some(mode)) =
            (channel.get_untracked(), category.get_untracked(), severity.get_untracked(), mode.get_untracked())
        else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let household = door.get_untracked().map(|d| d.household);
        let call = TakeRequest {
            grid: if household.is_some() { None } else { grid.get_untracked() },
            household,
            facility: None,
            channel,
            category,
            severity,
            text: text.get_untracked(),
            phone: Some(phone.get_untracked()).filter(|p| !p.trim().is_empty()),
            mode,
            another: another.get_untracked(),
        };
        if let Ok(channel) = serde_json::to_string(&channel) {
            remember_channel(&channel);
        }
        spawn_local(async move {
            let taken = backend::call(call).await;
            let _gone = busy.try_set(false);
            match taken {
                Ok(_) => {
                    on_done.try_run(true);
                }
                Err(error) => {
                    let _gone = failed.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="card take-down" on:submit=take>
            <h2>{t!(i18n, request.take)}</h2>
            <Choose label=Signal::derive(t!(i18n, request.category)) all=CATEGORIES.to_vec() chosen=category/>
            <Choose label=Signal::derive(t!(i18n, request.severity)) all=SEVERITIES.to_vec() chosen=severity/>
            <FindDoor door/>
            {live(move || same.get().map(|line| view! { <Same line another/> }))}
            <label class="stacked"><span>{t!(i18n, request.words)}</span>
                <textarea rows="3" prop:value=move || text.get() on:input=move |ev| text.set(event_target_value(&ev))></textarea></label>
            <label class="stacked"><span>{t!(i18n, request.phone)}</span>
                <input type="tel" inputmode="tel" autocomplete="off" prop:value=move || phone.get() on:input=move |ev| phone.set(event_target_value(&ev))/></label>
            <Choose label=Signal::derive(t!(i18n, request.channel)) all=CHANNELS.to_vec() chosen=channel/>
            <Choose label=Signal::derive(t!(i18n, request.mode)) all=MODES.to_vec() chosen=mode/>
            {live(move || failed.get().map(|error| view! { <p class="page-alert" role="alert">{say(i18n, &error)}</p> }))}
            <div class="form-foot">
                <button type="button" class="btn big" on:click=move |_| on_done.run(false)>{t!(i18n, visit.close)}</button>
                <span class="grow"></span>
                <button class="btn big primary" disabled=move || busy.get() || !ready()>
                    {live(move || if joins() { t_string!(i18n, request.take_join) } else { t_string!(i18n, request.take_now) })}
                </button>
            </div>
        </form>
    }
}

/// The same matter is open there: it is joined, unless somebody says that it is another one.
#[component]
fn Same(line: RequestLine, another: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let taken_ms = line.request.asked_ms();
    let href = ways::request(&line.request.id);
    view! {
        <div class="confirm same-matter" role="status">
            <p>{live(move || text!(i18n, request.same_taken, when = when(taken_ms)))}" "<a href=href>{line.request.text}</a>
                {live(move || (!another.get()).then(|| view! { <small>{t!(i18n, request.same_joins)}</small> }))}</p>
            <button type="button" class="btn" aria-pressed=move || another.get().to_string() on:click=move |_| another.update(|a| *a = !*a)>
                {live(move || if another.get() { t_string!(i18n, request.not_another) } else { t_string!(i18n, request.another) })}
            </button>
        </div>
    }
}

/// A door, found by anything.
#[component]
fn FindDoor(door: RwSignal<Option<DoorLine>>) -> impl IntoView {
    let i18n = use_i18n();
    let typed = RwSignal::new(String::new());
    let hits = RwSignal::new(Vec::<DoorLine>::new());
    let find = move |text: String| {
        typed.set(text.clone());
        if text.trim().is_empty() {
            hits.set(Vec::new());
            return;
        }
        spawn_local(async move {
            let asked = text.clone();
            let Ok(found) = backend::call(Search { text, limit: 6 }).await else { return };
            // Answers may overtake one another; only the one to what stands there counts.
            if typed.try_get_untracked().as_ref() == Some(&asked) {
                let _gone = hits.try_set(found.hits.into_iter().map(|h| h.door).collect());
            }
        });
    };
    view! {
        <div class="stacked find-door">
            <span>{t!(i18n, request.door)}</span>
            {live(move || match door.get() {
                Some(found) => view! {
                    <div class="found-door">
                        <b>{found.estate}" "{found.short}</b>
                        <button type="button" class="btn" on:click=move |_| door.set(None)>{text!(i18n, request.other_door)}</button>
                    </div>
                }.into_any(),
                None => view! {
                    <input type="search" autocomplete="off" aria-label=text!(i18n, request.door) placeholder=text!(i18n, request.find_door)
                        prop:value=move || typed.get() on:input=move |ev| find(event_target_value(&ev))/>
                    {live(move || hits.get().into_iter().map(|hit| {
                        let chosen = hit.clone();
                        view! {
                            <button type="button" class="row" on:click=move |_| door.set(Some(chosen.clone()))>
                                <span><b>{hit.short}</b>" "{hit.estate}</span>
                            </button>
                        }
                    }).collect_view())}
                }.into_any(),
            })}
        </div>
    }
}

const CHANNEL: &str = "huce.channel";

fn last_channel() -> Option<String> {
    window().local_storage().ok()??.get_item(CHANNEL).ok()?
}

fn remember_channel(channel: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Full or forbidden: it is asked again next time.
        let _ = storage.set_item(CHANNEL, channel);
    }
}
