//! Search by anything, from every page: results under the box, arrow keys and Enter as well as a finger.

use huce_core::{
    facility::Facility,
    ipc::{
        Changed,
        search::{Hit, Search},
    },
};
use leptos::{ev::KeyboardEvent, html};

use crate::{
    i18n::*,
    load::load_some,
    pages::ways,
    parts::{Empty, Icon, Pill, Sign, temp_text, temp_tone},
    prelude::*,
    router::{to, use_go},
    words,
};

/// How many hits are shown.
const LIMIT: u32 = 20;

/// The search box with its results.
#[component]
pub fn SearchBox() -> impl IntoView {
    let i18n = use_i18n();
    let go = use_go();
    let text = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let at = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    let hits = load_some(&[Changed::Doors], move || {
        let typed = text.get().trim().to_owned();
        (!typed.is_empty()).then_some(Search { text: typed, limit: LIMIT })
    });
    let count = move || hits.peek(|r| r.hits.len()).unwrap_or(0);
    let close = move || {
        open.set(false);
        text.set(String::new());
    };
    let on_key = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => at.update(|n| *n = (*n + 1).min(count().saturating_sub(1))),
            "ArrowUp" => at.update(|n| *n = n.saturating_sub(1)),
            "Escape" => close(),
            "Enter" if !event.is_composing() => {
                let chosen = hits.peek(|r| r.hits.get(at.get_untracked()).map(|h| h.door.household.clone())).flatten();
                if let Some(household) = chosen {
                    close();
                    if let Some(input) = input.get_untracked() {
                        let _ = input.blur();
                    }
                    go(&format!("/household/{household}"));
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    // Ctrl-K and / lead here from anywhere.
    let hotkey = window_event_listener(leptos::ev::keydown, move |event| {
        let typing = document()
            .active_element()
            .is_some_and(|e| matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
        let asked = (event.key() == "k" && (event.ctrl_key() || event.meta_key())) || (event.key() == "/" && !typing);
        if let (true, Some(input)) = (asked, input.get_untracked()) {
            event.prevent_default();
            let _ = input.focus();
        }
    });
    on_cleanup(move || hotkey.remove());
    let shown = move || open.get() && !text.with(|t| t.trim().is_empty());
    view! {
        <div class="search" role="search">
            <Icon sign=Sign::Search/>
            <input node_ref=input class="search-input" type="search" name="search" autocomplete="off" role="combobox"
                aria-expanded=move || if shown() { "true" } else { "false" } aria-controls="search-results"
                aria-activedescendant=move || shown().then(|| format!("hit-{}", at.get()))
                placeholder=t!(i18n, settings.search) aria-label=t!(i18n, settings.search)
                prop:value=move || text.get()
                on:input=move |e| { text.set(event_target_value(&e)); at.set(0); open.set(true); }
                on:focus=move |_| open.set(true) on:keydown=on_key/>
            <Show when=shown>
                <div class="search-veil" on:click=move |_| close()></div>
                <div class="search-results" id="search-results" role="listbox" aria-label=t!(i18n, settings.results)>
                    {live(move || hits.get(|reply| {
                        if reply.hits.is_empty() && reply.facilities.is_empty() {
                            return view! {
                                <Empty sign=Sign::Search title=move || t_string!(i18n, settings.search_none, text = text.get())
                                    text=t!(i18n, settings.search_none_do)/>
                            }.into_any();
                        }
                        let more = (reply.total as usize > reply.hits.len()).then_some(reply.total);
                        view! {
                            {reply.hits.iter().cloned().enumerate().map(|(n, hit)| view! { <HitRow n hit at close=Callback::new(move |()| close())/> }).collect_view()}
                            {reply.facilities.iter().cloned().map(|facility| view! { <FacilityRow facility close=Callback::new(move |()| close())/> }).collect_view()}
                            {more.map(|n| view! { <p class="search-more">{t_string!(i18n, settings.search_more, n = n)}</p> })}
                        }.into_any()
                    }))}
                </div>
            </Show>
        </div>
    }
}

#[component]
fn FacilityRow(facility: Facility, close: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let kind = facility.kind;
    let place = [facility.code, facility.estate].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    view! {
        <a class="hit" role="option" href=ways::facility(&facility.id) on:click=move |_| close.run(())>
            <span class="row-text">
                <span class="row-title">{facility.name}</span>
                <span class="row-sub">{live(move || words::facility_kind(i18n, kind))}" · "{place}</span>
            </span>
        </a>
    }
}

#[component]
fn HitRow(n: usize, hit: Hit, at: RwSignal<usize>, close: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let on = move || at.get() == n;
    let account = hit.account.clone();
    view! {
        <a class="hit" class:on=on id=format!("hit-{n}") role="option" aria-selected=move || if on() { "true" } else { "false" }
            href=to(format!("/household/{}", hit.door.household)) on:click=move |_| close.run(())>
            <span class="row-text">
                <span class="row-title">{hit.door.short.clone()}</span>
                <span class="row-sub">
                    {hit.door.estate.clone()}
                    {live(move || account.as_ref().map(|a| format!(" · {}", t_string!(i18n, household.account, account = a.as_str()))))}
                    {(!hit.care.is_empty()).then(|| format!(" · {}", hit.care.join("、")))}
                </span>
            </span>
            {hit.temp_c.map(|c| view! { <Pill tone=temp_tone(c)>{temp_text(c)}</Pill> })}
        </a>
    }
}
