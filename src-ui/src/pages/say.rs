//! What the visit, plan and request pages say and hear alike: a failure in one sentence, and that something changed.

use huce_core::ipc::{CallError, Changed};
use leptos::prelude::*;

use crate::{
    backend::{changed, on_changed},
    error::error_texts,
    i18n::*,
};

/// What happened, what was kept, what to do.
pub fn say(i18n: I18n, error: &CallError) -> String {
    let (title, text) = error_texts(i18n, error);
    format!("{title} {text}")
}

/// Grows whenever the backend says that something about doors changed; read it in whatever loads them.
pub fn doors_changed() -> RwSignal<u32> {
    let version = RwSignal::new(0_u32);
    let listener = on_changed(move |noun| {
        if noun == Changed::Doors {
            let _gone = version.try_update(|n| *n = n.wrapping_add(1));
        }
    });
    on_cleanup(move || changed::forget(listener));
    version
}
