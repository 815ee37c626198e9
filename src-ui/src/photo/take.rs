//! Taking one photo for one purpose: the buttons, the camera, the file, what happens to it.

use std::sync::Arc;

use huce_core::{
    ids::PhotoId,
    ipc::{CallError, Code},
};
use leptos::{html, task::spawn_local};

use super::{Camera, Facing, Purpose, read_base64};
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

/// What a photo is for; asked when the photo is there.
pub type AskPurpose = Arc<dyn Fn() -> Option<Purpose> + Send + Sync>;

/// Gets a photo once it is durable, even when the screen was left meanwhile.
pub type TakePhotoId = Arc<dyn Fn(PhotoId) + Send + Sync>;

/// Makes pictures into photos. A handle: copies speak of the same photo.
#[derive(Clone, Copy)]
pub struct Intake {
    /// How it is doing.
    pub shot: RwSignal<Shot>,
    // Not callbacks of the page: they must still be there when the page was left while the photo was being made.
    work: StoredValue<(AskPurpose, TakePhotoId)>,
}

impl Intake {
    /// For one purpose.
    pub fn new(purpose: AskPurpose, on_photo: TakePhotoId) -> Self {
        Self { shot: RwSignal::new(Shot::Idle), work: StoredValue::new((purpose, on_photo)) }
    }

    /// Makes a photo of a picture (base64), or says why there is none.
    pub fn take_in(self, base64: Result<String, CallError>) {
        let Some((purpose, on_photo)) = self.work.try_get_value() else { return };
        let shot = self.shot;
        let _ = shot.try_set(Shot::Working);
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
    }
}

/// How a photo that is being taken is doing, in words.
#[component]
pub fn ShotWords(
    /// Which.
    intake: Intake,
) -> impl IntoView {
    let i18n = use_i18n();
    live(move || match intake.shot.get() {
        Shot::Idle => None,
        Shot::Working => Some(view! {
            <p class="photo-word" role="status"><span class="bar busy"></span>{text!(i18n, visit.photo_working)}</p>
        }),
        Shot::Failed(error) => Some(view! { <p class="photo-word bad" role="alert">{photo_error(i18n, &error)}</p> }),
    })
}

/// Two buttons, camera and file; reports the photo once it is durable.
#[component]
pub fn TakePhoto(
    /// What it is for; asked when the photo is there.
    purpose: AskPurpose,
    /// It is durable. Called even when the screen was left meanwhile.
    on_photo: TakePhotoId,
    /// Says "again" instead of "take a photo".
    #[prop(into, optional)]
    again: Signal<bool>,
) -> impl IntoView {
    let intake = Intake::new(purpose, on_photo);
    view! {
        <div class="take-photo">
            <TakePicture intake again on_picture=move |picture| intake.take_in(picture)/>
            <ShotWords intake/>
        </div>
    }
}

/// The buttons that lead to a picture: camera and file.
#[component]
pub fn TakePicture(
    /// What pictures are made into; no other one while it is at work.
    intake: Intake,
    /// The picture, base64, or why it cannot be read.
    #[prop(into)]
    on_picture: Callback<Result<String, CallError>>,
    /// Opens the camera from elsewhere: set it to true.
    #[prop(optional)]
    open: Option<RwSignal<bool>>,
    /// Says "again" instead of "take a photo".
    #[prop(into, optional)]
    again: Signal<bool>,
    /// Which camera.
    #[prop(optional)]
    facing: Facing,
    /// Only pictures that are taken now: no file can be chosen.
    #[prop(optional)]
    only_new: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = open.unwrap_or_else(|| RwSignal::new(false));
    let shot = intake.shot;
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        shot.set(Shot::Working);
        spawn_local(async move {
            let base64 = read_base64(&file).await;
            // So that the same file can be chosen again.
            input.set_value("");
            let _ = shot.try_set(Shot::Idle);
            on_picture.try_run(base64);
        });
    };
    let choose = move || {
        open.set(false);
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let on_file = (!only_new).then(|| Callback::new(move |()| choose()));
    view! {
        <div class="take-buttons">
            <input class="file-input" type="file" accept="image/*" capture="environment" node_ref=input on:change=chosen
                aria-label=t!(i18n, visit.choose_file) tabindex="-1"/>
            <button type="button" class="btn" disabled=move || shot.get() == Shot::Working on:click=move |_| open.set(true)>
                {live(move || if again.get() { text!(i18n, visit.retake) } else { text!(i18n, visit.take_photo) })}
            </button>
            {(!only_new).then(|| view! {
                <button type="button" class="btn quiet" disabled=move || shot.get() == Shot::Working on:click=move |_| choose()>
                    {t!(i18n, visit.choose_file)}
                </button>
            })}
        </div>
        <Show when=move || open.get()>
            <Camera facing on_file
                on_shot=move |base64| { open.set(false); on_picture.run(Ok(base64)); }
                on_close=move |()| open.set(false)/>
        </Show>
    }
}

fn photo_error(i18n: I18n, error: &CallError) -> String {
    match error.code {
        Code::BadPhoto => text!(i18n, visit.photo_bad),
        Code::DiskFull => text!(i18n, visit.photo_disk_full),
        _ => text!(i18n, visit.photo_failed),
    }
}
