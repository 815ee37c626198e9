//! An answer that is a picture: a photo, a photo that was drawn on, a signature or a drawing. It can be made again or
//! removed until the visit is submitted.

use std::sync::Arc;

use huce_core::{form::screens::word, ids::PhotoId, ipc::CallError};
use leptos::task::spawn_local;

use super::{
    asked::Asked,
    drawing::{Drawing, Paper},
};
use crate::{
    backend, files,
    i18n::*,
    photo::{Facing, Intake, Purpose, Shot, ShotWords, TakePicture},
    prelude::*,
};

/// How a picture comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Photo,
    /// A photo that is drawn on.
    Annotated,
    Signature,
    Drawn,
}

impl Way {
    fn of(appearance: &str) -> Self {
        let words = [("signature", Self::Signature), ("draw", Self::Drawn), ("annotate", Self::Annotated)];
        words.into_iter().find(|(wanted, _)| word(appearance, wanted)).map_or(Self::Photo, |(_, way)| way)
    }

    /// White paper, in the shape of what is written on it.
    fn paper(self) -> Paper {
        if self == Self::Signature { Paper::White(1600, 800) } else { Paper::White(1600, 1200) }
    }

    fn is_by_hand(self) -> bool {
        matches!(self, Self::Signature | Self::Drawn)
    }
}

/// Is the camera what a picture question of this appearance wants?
pub fn wants_camera(appearance: &str) -> bool {
    !Way::of(appearance).is_by_hand()
}

/// A picture, or the buttons to make one.
#[component]
pub fn ImageAnswer(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let i18n = use_i18n();
    let filling = asked.filling;
    if filling.is_trial {
        return view! { <TrialPhoto asked/> };
    }
    let way = Way::of(&asked.appearance());
    let photo = Memo::new(move |_| asked.value.with(|v| PhotoId::new(v.clone()).ok()));
    let has = Signal::derive(move || photo.with(Option::is_some));
    // The camera is open, or the paper.
    let open = RwSignal::new(false);
    let paper = RwSignal::new(None::<Paper>);
    let target = asked.reference();
    Effect::new({
        let at = target.clone();
        move |_| {
            if filling.shooting.with(|s| s.as_ref() == Some(&at)) {
                filling.shooting.set(None);
                open.set(true);
            }
        }
    });
    let intake = Intake::new(
        Arc::new(move || {
            let site = filling.site.try_get_value()?;
            Some(Purpose::of_draft(site, filling.draft.try_get_value()?))
        }),
        Arc::new(move |photo: PhotoId| filling.set(&target, photo.as_str(), false)),
    );
    let title = Signal::derive(move || asked.read(|n| n.label.clone()));
    let front = asked.looks("new-front");
    let take = move |picture: Result<String, CallError>| match (picture, way) {
        (Ok(base64), Way::Annotated) => paper.set(Some(Paper::Picture(base64))),
        (picture, _) => intake.take_in(picture),
    };
    // On what is kept: the photo with the marks is another one, and takes its place.
    let mark = move |_| {
        let Some(photo) = photo.get_untracked() else { return };
        intake.shot.set(Shot::Working);
        spawn_local(async move {
            let picture = files::picture(&photo).await;
            let _ = intake.shot.try_set(match &picture {
                Ok(_) => Shot::Idle,
                Err(error) => Shot::Failed(error.clone()),
            });
            let _ = picture.map(|picture| paper.try_set(Some(Paper::Picture(picture))));
        });
    };
    let buttons = move || match way {
        Way::Photo | Way::Annotated => view! {
            <TakePicture intake open again=has facing={if front { Facing::Person } else { Facing::Away }}
                only_new=front || asked.looks("new")
                on_picture=take/>
        },
        Way::Signature | Way::Drawn => view! {
            <button type="button" class="btn" id=asked.id() disabled=move || intake.shot.get() == Shot::Working
                on:click=move |_| paper.set(Some(way.paper()))>
                {live(move || match (way, has.get()) {
                    (Way::Signature, false) => text!(i18n, answer.sign),
                    (Way::Signature, true) => text!(i18n, answer.sign_again),
                    (_, false) => text!(i18n, answer.draw),
                    (_, true) => text!(i18n, answer.draw_again),
                })}
            </button>
        },
    };
    view! {
        <div class="photo-answer">
            {live(move || photo.get().map(|p| view! {
                <figure class="shot">
                    <img src=backend::photo_url(&p, true) alt=move || title.get()/>
                </figure>
            }))}
            <Show when=move || !asked.locked.get()>
                <div class="take-photo">{buttons()}<ShotWords intake/></div>
            </Show>
            <Show when=move || has.get() && !asked.locked.get()>
                {(!way.is_by_hand()).then(|| view! {
                    <button type="button" class="btn quiet" disabled=move || intake.shot.get() == Shot::Working on:click=mark>
                        {t!(i18n, answer.mark)}
                    </button>
                })}
                <button type="button" class="btn quiet" on:click=move |_| asked.answer("")>{t!(i18n, visit.remove)}</button>
            </Show>
            {live(move || paper.get().map(|on| view! {
                <Drawing title paper=on ink={usize::from(!way.is_by_hand())}
                    on_done=move |base64: String| { paper.set(None); intake.take_in(Ok(base64)); }
                    on_close=move |()| paper.set(None)/>
            }))}
        </div>
    }
}

/// In a trial nothing is recorded, and so no photo is taken; one that is required can be given all the same.
#[component]
fn TrialPhoto(asked: Asked) -> impl IntoView {
    let i18n = use_i18n();
    let has = Memo::new(move |_| asked.value.with(|v| !v.is_empty()));
    view! {
        <div class="photo-answer">
            <p class="c-muted">{t!(i18n, visit.trial_photo)}</p>
            <button type="button" class="btn" aria-pressed=move || has.get().to_string()
                on:click=move |_| asked.answer(if has.get_untracked() { "" } else { TRIAL_PHOTO })>
                {live(move || if has.get() { text!(i18n, visit.remove) } else { text!(i18n, visit.trial_photo_take) })}
            </button>
        </div>
    }
}

/// The hash of no picture.
pub const TRIAL_PHOTO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[cfg(test)]
mod tests {
    use super::wants_camera;

    #[test]
    fn what_is_drawn_by_hand_wants_no_camera() {
        assert!(wants_camera("") && wants_camera("new-front") && wants_camera("annotate"));
        assert!(!wants_camera("signature") && !wants_camera("w2 draw"));
    }
}
