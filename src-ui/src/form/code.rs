//! Answers that are codes on a label: typed, or read by the camera where the web view can read codes.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    asked::Asked,
    line::{Line, Reading},
};
use crate::{
    i18n::*,
    photo::{Camera, decoded},
    prelude::*,
};

/// How reading is doing.
#[derive(Clone, Copy, PartialEq)]
enum Scan {
    Idle,
    Open,
    Reading,
    /// There is no code in the picture.
    Nothing,
}

/// A code.
#[component]
pub fn Code(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let i18n = use_i18n();
    let scan = RwSignal::new(Scan::Idle);
    let read = move |picture: String| {
        scan.set(Scan::Reading);
        spawn_local(async move {
            let code = code_in(&picture).await.filter(|code| !code.is_empty());
            if scan.try_set(if code.is_some() { Scan::Idle } else { Scan::Nothing }).is_none()
                && let Some(code) = code
            {
                asked.answer(&code);
            }
        });
    };
    view! {
        <Line asked reading=Reading::TEXT/>
        {detector().is_some().then(|| view! {
            <button type="button" class="btn" disabled=move || asked.locked.get() || scan.get() == Scan::Reading
                on:click=move |_| scan.set(Scan::Open)>{t!(i18n, answer.scan)}</button>
        })}
        <Show when=move || scan.get() == Scan::Nothing>
            <p class="photo-word bad" role="alert">{t!(i18n, answer.no_code)}</p>
        </Show>
        <Show when=move || scan.get() == Scan::Open>
            <Camera on_shot=read on_close=move |()| scan.set(Scan::Idle)/>
        </Show>
    }
}

/// What reads codes, where there is one.
fn detector() -> Option<Function> {
    Reflect::get(&window(), &"BarcodeDetector".into()).ok()?.dyn_into().ok()
}

async fn code_in(picture: &str) -> Option<String> {
    let image = decoded(picture).await?;
    let detector = Reflect::construct(&detector()?, &Array::new()).ok()?;
    let detect: Function = Reflect::get(&detector, &"detect".into()).ok()?.dyn_into().ok()?;
    let promise: Promise = detect.call1(&detector, &image).ok()?.dyn_into().ok()?;
    let codes: Array = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let first: JsValue = codes.get(0);
    Reflect::get(&first, &"rawValue".into()).ok()?.as_string()
}
