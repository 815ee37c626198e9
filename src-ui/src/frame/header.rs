//! The header tells the truth: where I am, whether the server is reachable, what waits to be synced.

use huce_core::ipc::{
    Changed, Code,
    session::Place,
    sync::{SyncState, SyncStatus},
};
use leptos::text_prop::TextProp;

use super::SearchBox;
use crate::{
    backend::place,
    i18n::*,
    load::{Loader, load},
    parts::{Icon, Sign, Tone},
    prelude::*,
};

/// The sync's state, loaded once for all pages of the tablet.
#[derive(Clone, Copy)]
pub struct SyncHere(pub Loader<SyncState>);

/// Loads the sync's state for the pages below.
pub fn provide_sync() {
    provide_context(SyncHere(load(&[Changed::Sync, Changed::Doors], || SyncStatus {})));
}

/// A page's head: where it is, what it is, and at the right what can be done.
#[component]
pub fn Header(
    /// What the page is.
    #[prop(into)]
    title: TextProp,
    /// A line beside it.
    #[prop(optional, into)]
    sub: Option<TextProp>,
    /// The page above: its address (see [`crate::router::to`]) and name.
    #[prop(optional)]
    above: Option<(Signal<String>, TextProp)>,
    /// With the search box.
    #[prop(optional)]
    search: bool,
    /// What stands right of the title: states.
    #[prop(optional, into)]
    beside: Option<AnyView>,
    /// What can be done.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let short = children.is_some();
    view! {
        <header class="head">
            {above.map(|(href, name)| view! {
                <a class="head-above" href=move || href.get()><Icon sign=Sign::Back/><span>{live(move || name.get())}</span></a>
            })}
            <h1>{live(move || title.get())}</h1>
            {sub.map(|s| view! { <span class="head-sub">{live(move || s.get())}</span> })}
            {beside}
            <span class="grow"></span>
            {(search && place() == Place::Tablet).then(|| view! { <SearchBox/> })}
            {children.map(|c| view! { <div class="head-actions">{c()}</div> })}
            {(place() == Place::Tablet).then(|| view! { <SyncPill short/> })}
        </header>
    }
}

/// Online or offline, and what waits; leads to the sync's page.
#[component]
pub fn SyncPill(
    /// Figures only.
    #[prop(optional)]
    short: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let Some(SyncHere(sync)) = use_context::<SyncHere>() else { return ().into_any() };
    let tone = move || {
        sync.get(|s| match (s.running.is_some(), s.online, s.events_waiting + s.photos_waiting, s.refused.is_empty()) {
            (_, _, _, false) => Tone::Bad,
            (true, ..) => Tone::Calm,
            (_, true, 0, _) => Tone::Good,
            _ => Tone::Warn,
        })
        .unwrap_or(Tone::Plain)
    };
    let text = move || sync.get(|s| pill_text(i18n, s, short)).unwrap_or_default();
    let full = move || sync.get(|s| pill_text(i18n, s, false)).unwrap_or_default();
    view! {
        <a class=move || format!("pill sync-pill {}", tone().class()) href="/sync" aria-label=full>
            <i class="dot" aria-hidden="true"></i>
            <span>{text}</span>
        </a>
    }
    .into_any()
}

/// Is the server there? A stranger in its place is not the same as nobody.
pub fn place_text(i18n: I18n, sync: &SyncState) -> &'static str {
    match &sync.last_error {
        Some((_, e)) if matches!(e.code, Code::Untrusted | Code::Unencrypted) => t_string!(i18n, sync.untrusted),
        _ if sync.online => t_string!(i18n, sync.online),
        _ => t_string!(i18n, sync.offline),
    }
}

/// `离线 · 12 条记录、8 张照片待同步`
pub fn pill_text(i18n: I18n, sync: &SyncState, short: bool) -> String {
    if let Some(run) = sync.running {
        let percent = run.done.saturating_mul(100).checked_div(run.all).unwrap_or(0).min(100);
        return t_string!(i18n, sync.running, percent = percent);
    }
    let place = place_text(i18n, sync);
    let (events, photos) = (sync.events_waiting, sync.photos_waiting);
    let waiting = match (events, photos) {
        (0, 0) => return if sync.online { t_string!(i18n, sync.synced).to_owned() } else { place.to_owned() },
        _ if short => (events + photos).to_string(),
        (_, 0) => t_string!(i18n, sync.waiting_events, events = events),
        (0, _) => t_string!(i18n, sync.waiting_photos, photos = photos),
        _ => t_string!(i18n, sync.waiting, events = events, photos = photos),
    };
    format!("{place} · {waiting}")
}
