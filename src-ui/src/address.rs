//! Where the app is: the browser's address, the page that it names, and how to go elsewhere. Our own hundred lines:
//! leptos_router weighs 90 kB of wasm for nested, hydrated and animated routes, and we have none of these.
//!
//! [`listen`] once, [`Routes`] where pages stand; then every link within the app, the browser's back and [`go`] change
//! the page without loading the app again. The same page with other values in its path is another page.
//! Whoever changes the address says so by the browser's own event: another module in the same document
//! ([`crate::annex`]) hears it, too.

use std::thread::LocalKey;

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent, UrlSearchParams};

use crate::pages::NotFound;

thread_local! {
    static PATH: ArcRwSignal<String> = ArcRwSignal::new(String::new());
    static SEARCH: ArcRwSignal<String> = ArcRwSignal::new(String::new());
}

/// A page and where it is: `/plan/:plan`, where `:plan` is any value.
pub struct Route {
    /// Where.
    pub path: &'static str,
    /// What stands there.
    pub page: fn() -> AnyView,
}

/// `routes! { "/plans" => PlansPage, … }`
macro_rules! routes {
    ($($path:literal => $page:path,)*) => {
        &[$($crate::address::Route { path: $path, page: || leptos::prelude::IntoAny::into_any($page()) }),*]
    };
}
pub(crate) use routes;

/// The values that stand in a page's address, by the names of its route.
#[derive(Clone, Copy)]
pub struct Params(StoredValue<Vec<(&'static str, String)>>);

/// The values in the address of the page around.
pub fn use_params() -> Params {
    use_context().unwrap_or_else(|| Params(StoredValue::new(Vec::new())))
}

impl Params {
    /// The value of this name.
    pub fn get(self, name: &str) -> Option<String> {
        self.0.with_value(|all| all.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
    }
}

/// The address without its query; follows it.
pub fn path() -> String {
    PATH.with(Get::get)
}

/// A value behind the `?`, not followed.
pub fn query(name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(&search()).ok()?.get(name)
}

/// A value behind the `?`; follows it.
pub fn followed_query(name: &str) -> Option<String> {
    SEARCH.with(Track::track);
    query(name)
}

/// Everything from the `?` on; empty for nothing.
pub fn search() -> String {
    window().location().search().unwrap_or_default()
}

/// Goes to an address of the app, at its top.
pub fn go(address: &str) {
    let _ = window().history().and_then(|h| h.push_state_with_url(&JsValue::NULL, "", Some(address)));
    tell();
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Calls the place that one is at by another address: "back" does not lead to the old one.
pub fn rename(address: &str) {
    let _ = window().history().and_then(|h| h.replace_state_with_url(&JsValue::NULL, "", Some(address)));
    tell();
}

fn tell() {
    let _ = Event::new("popstate").and_then(|went| window().dispatch_event(&went));
}

/// Takes over where the browser is.
pub(crate) fn arrive() {
    follow(&PATH, window().location().pathname().unwrap_or_default());
    follow(&SEARCH, search());
}

fn follow(place: &'static LocalKey<ArcRwSignal<String>>, now: String) {
    place.with(|at| {
        if at.with_untracked(|at| *at != now) {
            at.set(now);
        }
    });
}

/// Follows what stands behind the `?` and not which page is there: an annex' pages come and go as the first module says.
pub(crate) fn follow_query() {
    let _for_ever = window_event_listener(ev::popstate, |_| follow(&SEARCH, search()));
}

/// Follows links and the browser's own buttons. Once, when the app starts.
pub fn listen() {
    arrive();
    let _for_ever = (
        window_event_listener(ev::popstate, |_| arrive()),
        window_event_listener(ev::click, |event| {
            if let Some(address) = followed(&event) {
                event.prevent_default();
                go(&address);
            }
        }),
    );
}

/// The address of the link that was clicked, when it leads to another page of the app in this window.
fn followed(event: &MouseEvent) -> Option<String> {
    let elsewhere = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || elsewhere {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let link = link.dyn_into::<HtmlAnchorElement>().ok()?;
    let here = window().location();
    let is_ours = link.protocol() == here.protocol().ok()? && link.host() == here.host().ok()?;
    // Another bundle's page is the browser's business, too.
    if !is_ours || !link.target().is_empty() || link.has_attribute("download") || link.rel() == "external" {
        return None;
    }
    let (page, spot) = (format!("{}{}", link.pathname(), link.search()), link.hash());
    // A spot on this page is the browser's business.
    if !spot.is_empty() && page == format!("{}{}", here.pathname().ok()?, search()) {
        return None;
    }
    Some(page + &spot)
}

/// The page that the address names.
#[component]
pub fn Routes(routes: &'static [Route]) -> impl IntoView {
    // Another household is another page: what was typed at one door never stands at the next.
    let at = Memo::new(move |_| {
        let path = path();
        routes.iter().enumerate().find_map(|(at, route)| Some((at, values(route.path, &path)?)))
    });
    move || match at.get().and_then(|(at, values)| Some((routes.get(at)?, values))) {
        None => NotFound().into_any(),
        Some((route, values)) => {
            provide_context(Params(StoredValue::new(values)));
            (route.page)()
        }
    }
}

/// The values of a path that a route is for; none when it is for another.
fn values(route: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (parts(route), parts(path));
    let mut values = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(values),
            (Some(want), Some(part)) => match want.strip_prefix(':') {
                Some(name) => values.push((name, decoded(part))),
                None if want == part => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// `%E5%8F%B7` as it is meant; what cannot be meant as it stands.
fn decoded(part: &str) -> String {
    if !part.contains('%') {
        return part.to_owned();
    }
    js_sys::decode_uri_component(part).map_or_else(|_| part.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn a_route_is_for_paths_of_its_form() {
        assert_eq!(values("/", "/"), Some(vec![]));
        assert_eq!(values("/plans", "/plans/"), Some(vec![]));
        assert_eq!(
            values("/facade/:estate/:building", "/facade/e1/3"),
            Some(vec![("estate", "e1".to_owned()), ("building", "3".to_owned())])
        );
        assert_eq!(values("/plan/:plan", "/plan"), None);
        assert_eq!(values("/plan/:plan", "/plan/a-1/x"), None);
        assert_eq!(values("/plans", "/plan/a-1"), None);
        assert_eq!(values("/", "/index.html"), None);
    }
}
