//! An answer that is a photo: it can be taken again or removed until the visit is submitted.

use std::sync::Arc;

use huce_core::{form::NodeState, ids::PhotoId};

use super::filling::Filling;
use crate::{
    backend,
    i18n::*,
    photo::{Purpose, TakePhoto},
    prelude::*,
};

/// A photo, or the buttons to take one.
#[component]
pub fn ImageAnswer(
    /// The form.
    filling: Filling,
    /// The question's reference.
    main: String,
    /// The question.
    node: Memo<Option<NodeState>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let photo = Memo::new(move |_| node.with(|n| n.as_ref().and_then(|n| PhotoId::new(n.value.clone()).ok())));
    let has = Signal::derive(move || photo.with(Option::is_some));
    let open = RwSignal::new(false);
    let at = main.clone();
    Effect::new(move |_| {
        if filling.shooting.with(|s| s.as_ref() == Some(&at)) {
            filling.shooting.set(None);
            open.set(true);
        }
    });
    let target = main.clone();
    let main = StoredValue::new(main);
    view! {
        <div class="photo-answer">
            {move || photo.get().map(|p| view! {
                <figure class="shot">
                    <img src=backend::photo_url(&p, true) alt=node.with_untracked(|n| n.as_ref().map(|n| n.label.clone()))/>
                </figure>
            })}
            <TakePhoto open again=has
                purpose=Arc::new(move || {
                    let household = filling.household.try_get_value()?;
                    Some(Purpose::of_draft(household, filling.draft.try_get_value()?))
                })
                on_photo=Arc::new(move |photo: PhotoId| {
                    filling.set(&target, photo.as_str(), false);
                })/>
            <Show when=move || has.get()>
                <button type="button" class="btn quiet" on:click=move |_| {
                    filling.set(&main.get_value(), "", false);
                }>{t!(i18n, visit.remove)}</button>
            </Show>
        </div>
    }
}
