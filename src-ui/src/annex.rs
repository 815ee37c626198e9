//! Pages in a wasm module of their own: the window (or the console) loads it when the first of them is wanted, or ahead,
//! when nothing else is to be done, and keeps it. Two modules in one document are two apps that share nothing but the document: the
//! element in which the annex draws, the address ([`crate::address`]) and the language ([`crate::prefs`]). What the
//! shell tells reaches both.
//!
//! The script that `xtask` writes puts `window.huceAnnex = { NAME: { load } }` there, and the annex adds `open` to it:
//! `open(element)` draws the page of the address and gives back what takes it away again. What the annex has begun
//! (answers on their way to the disk) goes on when its page is left.

use huce_core::ipc::{CallError, Code, session::Place};
use js_sys::{Function, Promise, Reflect};
use leptos::{html, mount::mount_to, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use crate::{
    address::{self, Route, Routes},
    backend::{self, changed},
    frame::header::provide_sync,
    here::provide_here,
    i18n::*,
    parts::{
        state::{Failed, Waiting},
        toast::{ToastShelf, provide_toasts},
    },
    prefs,
    prelude::*,
};

/// The annex of the window in which visits are.
pub const VISIT: &str = "visit";
/// The annex of the console for what only some of the office do: registers, forms, people and tablets.
pub const OFFICE: &str = "office";

/// The part of `window.huceAnnex` that is about this annex.
fn shared(name: &str) -> Option<JsValue> {
    let all = Reflect::get(&window(), &"huceAnnex".into()).ok()?;
    Reflect::get(&all, &name.into()).ok().filter(JsValue::is_object)
}

fn function(name: &str, which: &str) -> Option<Function> {
    Reflect::get(&shared(name)?, &which.into()).ok()?.dyn_into().ok()
}

/// What opens the annex' pages; it is loaded when it is not there yet.
async fn loaded(name: &'static str) -> Result<Function, CallError> {
    if let Some(open) = function(name, "open") {
        return Ok(open);
    }
    let load = || function(name, "load")?.call0(&JsValue::NULL).ok()?.dyn_into::<Promise>().ok();
    let fault = || CallError::new(Code::Internal).with("what", name);
    JsFuture::from(load().ok_or_else(fault)?).await.map_err(|_| fault())?;
    function(name, "open").ok_or_else(fault)
}

/// Loads an annex so that it is there when it is wanted.
pub fn load_ahead(name: &'static str) {
    spawn_local(async move {
        // Whoever opens a page of it says why it does not come.
        let _ = loaded(name).await;
    });
}

#[derive(Clone)]
enum State {
    Loading,
    Failed(CallError),
    Open,
}

/// A visit's pages.
pub fn visit() -> AnyView {
    Annex(AnnexProps { name: VISIT }).into_any()
}

/// The office's pages.
pub fn office() -> AnyView {
    Annex(AnnexProps { name: OFFICE }).into_any()
}

/// Where an annex draws.
#[component]
fn Annex(name: &'static str) -> impl IntoView {
    let within = NodeRef::<html::Div>::new();
    let state = RwSignal::new(State::Loading);
    let close = StoredValue::new_local(None::<Function>);
    let open = move || {
        state.set(State::Loading);
        spawn_local(async move {
            let opened = loaded(name).await;
            // None when the page was left meanwhile.
            let Some(within) = within.try_get_untracked().flatten() else { return };
            let after = match opened {
                Ok(open) => {
                    let closing = open.call1(&JsValue::NULL, &within).ok().and_then(|close| close.dyn_into().ok());
                    let _ = close.try_set_value(closing);
                    State::Open
                }
                Err(error) => State::Failed(error),
            };
            let _ = state.try_set(after);
        });
    };
    open();
    on_cleanup(move || {
        let _ = close.try_with_value(|close| close.as_ref().map(|close| close.call0(&JsValue::NULL)));
    });
    view! {
        <div class="annex" node_ref=within></div>
        {live(move || match state.get() {
            State::Loading => view! { <div class="alone"><Waiting/></div> }.into_any(),
            State::Failed(error) => {
                view! { <div class="alone"><Failed error on_retry=Callback::new(move |()| open())/></div> }.into_any()
            }
            State::Open => ().into_any(),
        })}
    }
}

/// Offers the pages of this module, an annex of the tablet's window or of the console. Once, when it starts.
pub fn offer(name: &str, place: Place, routes: &'static [Route]) {
    backend::stand_at(place);
    changed::watch();
    address::follow_query();
    let open = Closure::<dyn Fn(HtmlElement) -> JsValue>::new(move |within| open(within, routes));
    if let Some(shared) = shared(name) {
        let _ = Reflect::set(&shared, &"open".into(), open.as_ref());
    }
    // Lives as long as the window.
    open.forget();
}

/// Draws the page of the address; what it gives back takes the page away.
fn open(within: HtmlElement, routes: &'static [Route]) -> JsValue {
    address::arrive();
    let owner = Owner::new();
    let drawn = owner.with(|| {
        mount_to(within, move || {
            prefs::share_language(use_i18n());
            provide_toasts();
            provide_here();
            if backend::place() == Place::Tablet {
                provide_sync();
            }
            view! { <Routes routes/><ToastShelf/> }
        })
    });
    Closure::once_into_js(move || {
        drop(drawn);
        owner.cleanup();
    })
}
