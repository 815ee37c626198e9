//! The two transports of a [`Call`]: Tauri's `invoke` on the tablet, HTTP in the console. A page does not know which.
//!
//! The tablet's commands take one argument named `call` and fail with a [`CallError`]; the server answers
//! `POST /api/NAME` with the reply or, with a status that is no success, a [`CallError`].

use std::{cell::Cell, pin::Pin};

use huce_core::{
    ids::PhotoId,
    ipc::{CHANGED_EVENT, Call, CallError, Changed, Code, session::Place},
};
use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde::{Deserialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCredentials, RequestInit, Response};

use crate::reply::{Unread, read};

/// How often the console asks again for what it shows, milliseconds.
const POLL_MS: i32 = 15_000;

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Console) };
}

/// Where the screens run.
pub fn place() -> Place {
    PLACE.get()
}

/// Says where the screens run. Once, before the app starts.
pub fn stand_at(place: Place) {
    PLACE.set(place);
}

/// Makes a call.
///
/// # Errors
/// What the backend says; [`Code::Offline`] when it cannot be reached.
pub async fn call<C: Call>(call: C) -> Result<C::Reply, CallError> {
    let reply = understand(C::NAME, &ask(C::NAME, question(&call)).await?)?;
    if place() == Place::Console && writes(C::NAME) {
        changed::tell(Changed::Doors);
    }
    Ok(reply)
}

/// A call as JSON.
pub(crate) fn question<C: Call>(call: &C) -> String {
    // Calls are plain structs: they always become JSON.
    serde_json::to_string(call).unwrap_or_default()
}

/// Makes the call of this name, both as JSON. One future for all calls, so that pages hold no copy of its code.
pub(crate) fn ask(name: &'static str, question: String) -> Asking {
    Box::pin(async move {
        match place() {
            Place::Tablet => invoke(name, &question).await,
            Place::Console => post(name, &question).await,
        }
    })
}

/// A reply on its way, as JSON.
pub(crate) type Asking = Pin<Box<dyn Future<Output = Result<String, CallError>>>>;

/// The reply to the call of this name.
pub(crate) fn understand<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, CallError> {
    read(text).map_err(|why| misunderstood(name, &why))
}

#[cold]
fn misunderstood(name: &str, why: &Unread) -> CallError {
    CallError::new(Code::NotHuce).with("what", format!("{name}: {why}"))
}

/// Does a call change what pages show? Names of calls that only ask; everything else does.
fn writes(name: &str) -> bool {
    const ASK: &[&str] = &[
        "who_am_i",
        "now",
        "estates",
        "facade",
        "open_household",
        "open_visit_record",
        "map",
        "search",
        "today",
        "plans",
        "open_plan",
        "suggest",
        "requests",
        "open_request",
        "sync_status",
        "overview",
        "people",
        "import_status",
    ];
    !ASK.contains(&name)
}

/// Where a photo's bytes are; `thumb` for the small one.
pub fn photo_url(photo: &PhotoId, thumb: bool) -> String {
    if place() == Place::Console {
        return format!("/api/photo/{photo}{}", if thumb { "?thumb=1" } else { "" });
    }
    format!("{}/{photo}{}", shell_origin(), if thumb { "/thumb" } else { "" })
}

/// Where a picture, sound or film of a form's version is.
pub fn form_file_url(hash: &str, name: &str) -> String {
    let name = js_sys::encode_uri_component(name);
    match place() {
        Place::Console => format!("/api/form/{hash}/file/{name}"),
        Place::Tablet => format!("{}/form/{hash}/{name}", shell_origin()),
    }
}

/// Where the shell answers for bytes.
fn shell_origin() -> &'static str {
    let agent = web_sys::window().and_then(|w| w.navigator().user_agent().ok()).unwrap_or_default();
    // Webviews of Windows and Android know custom schemes only as hosts.
    if agent.contains("Windows") || agent.contains("Android") {
        "http://huce-photo.localhost"
    } else {
        "huce-photo://localhost"
    }
}

fn internals() -> Option<JsValue> {
    let window = web_sys::window()?;
    Reflect::get(&window, &"__TAURI_INTERNALS__".into()).ok().filter(JsValue::is_object)
}

fn fault(what: &str) -> CallError {
    CallError::new(Code::Internal).with("what", what)
}

fn object(fields: &[(&str, &JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes every property.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

fn method(of: &JsValue, name: &str) -> Result<Function, CallError> {
    Reflect::get(of, &name.into()).ok().and_then(|f| f.dyn_into().ok()).ok_or_else(|| fault(name))
}

async fn invoke(name: &str, body: &str) -> Result<String, CallError> {
    let call = JSON::parse(body).map_err(|_| fault("call"))?;
    ask_shell(name, &object(&[("call", &call)]), &JsValue::UNDEFINED).await.map(|reply| as_json(&reply))
}

/// Sends bytes to the shell; `said` says what they are, in a header.
pub(crate) async fn send_bytes(name: &str, said: &str, bytes: &JsValue) -> Result<String, CallError> {
    let headers = object(&[("huce-call", &said.into())]);
    ask_shell(name, bytes, &object(&[("headers", &headers)])).await.map(|reply| as_json(&reply))
}

/// The bytes of something of this name that the shell has.
pub(crate) async fn read_bytes(name: &str, photo: &PhotoId) -> Result<JsValue, CallError> {
    ask_shell(name, &object(&[("photo", &photo.as_str().into())]), &JsValue::UNDEFINED).await
}

fn as_json(value: &JsValue) -> String {
    JSON::stringify(value).ok().and_then(|s| s.as_string()).unwrap_or_else(|| "null".into())
}

async fn ask_shell(name: &str, arguments: &JsValue, options: &JsValue) -> Result<JsValue, CallError> {
    let tauri = internals().ok_or_else(|| fault("shell"))?;
    let asked = method(&tauri, "invoke")?.call3(&tauri, &name.into(), arguments, options);
    let reply = match asked {
        Ok(promise) => JsFuture::from(Promise::resolve(&promise)).await,
        Err(error) => Err(error),
    };
    reply.map_err(|error| {
        read(&as_json(&error)).unwrap_or_else(|_| fault(&error.as_string().unwrap_or_else(|| name.to_owned())))
    })
}

async fn post(name: &str, body: &str) -> Result<String, CallError> {
    let offline = |_: JsValue| CallError::new(Code::Offline);
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_credentials(RequestCredentials::SameOrigin);
    let headers = Headers::new().map_err(|_| fault("headers"))?;
    for (key, value) in [("content-type", "application/json"), ("x-huce", "1")] {
        headers.set(key, value).map_err(|_| fault("headers"))?;
    }
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let window = web_sys::window().ok_or_else(|| fault("window"))?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(&format!("/api/{name}"), &init))
        .await
        .and_then(|r| r.dyn_into())
        .map_err(offline)?;
    let text =
        JsFuture::from(response.text().map_err(offline)?).await.map_err(offline)?.as_string().unwrap_or_default();
    if response.ok() {
        return Ok(text);
    }
    Err(refusal(response.status(), &text))
}

/// What an answer that is no success means: its own words, else its status.
fn refusal(status: u16, text: &str) -> CallError {
    read(text).unwrap_or_else(|_| {
        CallError::new(match status {
            401 => Code::SignedOut,
            403 => Code::NoRight,
            404 => Code::NotFound,
            500 => Code::Internal,
            _ => Code::NotHuce,
        })
        .with("what", status)
    })
}

/// Who wants to know that something changed.
pub mod changed {
    use std::cell::RefCell;

    use super::{
        CHANGED_EVENT, Changed, Closure, Deserialize, JSON, JsCast, JsValue, POLL_MS, ask_shell, internals, method,
        object, read,
    };

    type Listener = (usize, Box<dyn Fn(Changed)>);

    thread_local! {
        static LISTENERS: RefCell<(usize, Vec<Listener>)> = const { RefCell::new((0, Vec::new())) };
    }

    /// Calls `then` on every change, until [`forget`] is called with the number returned.
    pub fn on_changed(then: impl Fn(Changed) + 'static) -> usize {
        LISTENERS.with_borrow_mut(|(next, all)| {
            *next += 1;
            all.push((*next, Box::new(then)));
            *next
        })
    }

    /// Ends a subscription.
    pub fn forget(listener: usize) {
        // Dropped outside: what a listener holds may subscribe or forget on its own.
        let gone = LISTENERS
            .with_borrow_mut(|(_, all)| all.iter().position(|(id, _)| *id == listener).map(|at| all.swap_remove(at)));
        drop(gone);
    }

    /// Tells every listener.
    pub fn tell(what: Changed) {
        LISTENERS.with_borrow(|(_, all)| all.iter().for_each(|(_, then)| then(what)));
    }

    /// Listens to the shell, or asks the server from time to time. Once, when the app starts.
    pub fn watch() {
        match internals() {
            Some(tauri) => {
                let heard = Closure::<dyn Fn(JsValue)>::new(|event: JsValue| {
                    #[derive(Deserialize)]
                    struct Heard {
                        payload: Changed,
                    }
                    let text = JSON::stringify(&event).ok().and_then(|s| s.as_string()).unwrap_or_default();
                    if let Ok(heard) = read::<Heard>(&text) {
                        tell(heard.payload);
                    }
                });
                let callback = method(&tauri, "transformCallback")
                    .ok()
                    .and_then(|register| register.call1(&tauri, heard.as_ref()).ok());
                // Lives as long as the window.
                heard.forget();
                let Some(callback) = callback else { return };
                wasm_bindgen_futures::spawn_local(async move {
                    let target = object(&[("kind", &"Any".into())]);
                    let listen =
                        object(&[("event", &CHANGED_EVENT.into()), ("target", &target), ("handler", &callback)]);
                    // Without events the pages still load when they are opened.
                    let _ = ask_shell("plugin:event|listen", &listen, &JsValue::UNDEFINED).await;
                });
            }
            None => {
                let poll = Closure::<dyn Fn()>::new(|| {
                    if web_sys::window().and_then(|w| w.document()).is_some_and(|d| !d.hidden()) {
                        tell(Changed::Doors);
                    }
                });
                if let Some(window) = web_sys::window() {
                    let _ = window
                        .set_interval_with_callback_and_timeout_and_arguments_0(poll.as_ref().unchecked_ref(), POLL_MS);
                }
                poll.forget();
            }
        }
    }
}

pub use changed::on_changed;
