//! Taking one photo for one purpose: the buttons, the camera, the file, what happens to it.

use std::sync::Arc;

use huce_core::{
    ids::PhotoId,
    ipc::{CallError, Code},
};
use leptos::{html, task::spawn_local};

use super::{Camera, Purpose, read_base64};
use crate::{form::text, i18n::*, prelude::*};

/// How a photo that is being taken is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Shot {
    /// Nothing is under way.
    Idle,
    /// The bytes are being made into a photo.
    Working,
    /// It did not become one.
    Failed(CallError),
}

/// Two buttons, camera and file; reports the photo once it is durable.
#[component]
pub fn TakePhoto(
    /// What it is for; asked when the photo is there.
    purpose: Arc<dyn Fn() -> Option<Purpose> + Send + Sync>,
    /// It is durable. Called even when the screen was left meanwhile.
    on_photo: Arc<dyn Fn(PhotoId) + Send + Sync>,
    /// Opens the camera from elsewhere: set it to true.
    #[prop(optional)]
    open: Option<RwSignal<bool>>,
    /// Says "again" instead of "take a photo".
    #[prop(into, optional)]
    again: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = open.unwrap_or_else(|| RwSignal::new(false));
    let shot = RwSignal::new(Shot::Idle);
    let input = NodeRef::<html::Input>::new();
    // Not callbacks of the page: they must still be there when the page was left while the photo was being made.
    let work = StoredValue::new((purpose, on_photo));
    let take_in = move |base64: Result<String, CallError>| {
        let Some((purpose, on_photo)) = work.try_get_value() else { return };
        shot.set(Shot::Working);
        spawn_local(async move {
            let added = match (base64, purpose()) {
                (Ok(base64), Some(purpose)) => purpose.add(base64).await,
                (Err(error), _) => Err(error),
                (_, None) => return,
            };
            let after = match added {
                Ok(photo) => {
                    on_photo(photo);
                    Shot::Idle
                }
                Err(error) => Shot::Failed(error),
            };
            let _ = shot.try_set(after);
        });
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        shot.set(Shot::Working);
        spawn_local(async move {
            let base64 = read_base64(&file).await;
            // So that the same file can be chosen again.
            input.set_value("");
            take_in(base64);
        });
    };
    let choose = move || {
        open.set(false);
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    view! {
        <div class="take-photo">
            <input class="file-input" type="file" accept="image/*" capture="environment" node_ref=input on:change=chosen
                aria-label=t!(i18n, visit.choose_file) tabindex="-1"/>
            <div class="take-buttons">
                <button type="button" class="btn" disabled=move || shot.get() == Shot::Working on:click=move |_| open.set(true)>
                    {move || if again.get() { text!(i18n, visit.retake) } else { text!(i18n, visit.take_photo) }}
                </button>
                <button type="button" class="btn quiet" disabled=move || shot.get() == Shot::Working on:click=move |_| choose()>
                    {t!(i18n, visit.choose_file)}
                </button>
            </div>
            {move || match shot.get() {
                Shot::Idle => None,
                Shot::Working => Some(view! {
                    <p class="photo-word" role="status"><span class="bar busy"></span>{text!(i18n, visit.photo_working)}</p>
                }.into_any()),
                Shot::Failed(error) => Some(view! {
                    <p class="photo-word bad" role="alert">{photo_error(i18n, &error)}</p>
                }.into_any()),
            }}
            <Show when=move || open.get()>
                <Camera
                    on_shot=move |base64| { open.set(false); take_in(Ok(base64)); }
                    on_file=move |()| choose()
                    on_close=move |()| open.set(false)/>
            </Show>
        </div>
    }
}

fn photo_error(i18n: I18n, error: &CallError) -> String {
    match error.code {
        Code::BadPhoto => text!(i18n, visit.photo_bad),
        Code::DiskFull => text!(i18n, visit.photo_disk_full),
        _ => text!(i18n, visit.photo_failed),
    }
}
