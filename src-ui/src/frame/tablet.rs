//! The tablet's frame: the same five places at the left in landscape and at the bottom in portrait; sync and settings
//! apart. On its first page after a start it goes on with the form that was open when the app was ended.

use std::time::Duration;

use huce_core::ipc::today::Today;
use leptos::task::spawn_local;

use crate::{
    address, annex,
    backend::call,
    frame::header::provide_sync,
    here::device_ms,
    i18n::*,
    pages::{pin::watch_touches, ways},
    parts::{Icon, Sign, toast::ToastShelf},
    prelude::*,
};

/// A draft older than this is offered on Today instead of being opened, milliseconds.
const GO_ON_WITHIN_MS: i64 = 4 * 3_600_000;

/// When the pages of visits are loaded though nobody has opened one yet.
const LOAD_AFTER: Duration = Duration::from_millis(1_500);

/// Around every page of the tablet.
#[component]
pub fn TabletFrame(children: Children) -> impl IntoView {
    let i18n = use_i18n();
    provide_sync();
    go_on_with_draft();
    watch_touches();
    // A visit opens at once; the first page comes first.
    set_timeout(|| annex::load_ahead(annex::VISIT), LOAD_AFTER);
    view! {
        <div class="tablet">
            <a class="skip" href="#page">{t!(i18n, settings.skip)}</a>
            <nav class="rail" aria-label=t!(i18n, settings.nav)>
                <span class="brand" aria-hidden="true">{t!(i18n, words.app)}</span>
                <ul class="rail-places">
                    <RailPlace href="/" under=&[] sign=Sign::Today>{t!(i18n, settings.today)}</RailPlace>
                    <RailPlace href="/buildings" under=&["/facade", "/household", "/visit", "/facilities", "/facility", "/facility-visit"] sign=Sign::Building>{t!(i18n, settings.buildings)}</RailPlace>
                    <RailPlace href="/requests" under=&["/request"] sign=Sign::Request>{t!(i18n, settings.requests)}</RailPlace>
                    <RailPlace href="/plans" under=&["/plan"] sign=Sign::Plan>{t!(i18n, settings.plans)}</RailPlace>
                    <RailPlace href="/map" under=&[] sign=Sign::Map>{t!(i18n, settings.map)}</RailPlace>
                </ul>
                <ul class="rail-places apart">
                    <RailPlace href="/sync" under=&[] sign=Sign::Sync>{t!(i18n, settings.sync)}</RailPlace>
                    <RailPlace href="/settings" under=&[] sign=Sign::Settings>{t!(i18n, settings.title)}</RailPlace>
                </ul>
            </nav>
            <div class="page" id="page">{children()}</div>
            <ToastShelf/>
        </div>
    }
}

#[component]
fn RailPlace(href: &'static str, under: &'static [&'static str], sign: Sign, children: Children) -> impl IntoView {
    let here = Memo::new(move |_| {
        let path = address::path();
        let within = |top: &str| path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        path == href || (href != "/" && within(href)) || under.iter().any(|top| within(top))
    });
    view! {
        <li>
            <a class="rail-place" class:on=here href=href aria-current=move || here.get().then_some("page")>
                <Icon sign/>
                <span>{children()}</span>
            </a>
        </li>
    }
}

fn go_on_with_draft() {
    if untrack(address::path) != "/" {
        return;
    }
    spawn_local(async move {
        let Ok(today) = call(Today {}).await else { return };
        let newest = today.drafts.into_iter().max_by_key(|d| d.kept_ms);
        if let Some(draft) =
            newest.filter(|d| d.kept_ms > device_ms() - GO_ON_WITHIN_MS && untrack(address::path) == "/")
        {
            address::go(&ways::visit(&draft.at));
        }
    });
}
