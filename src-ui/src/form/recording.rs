//! Questions for recordings and files: nothing on the tablet can keep them yet. They say so, and pretend nothing.

use huce_core::form::Kind;

use super::asked::Asked;
use crate::{i18n::*, prelude::*};

/// What cannot be answered here, and whether the visit can be submitted without it.
#[component]
pub fn NotRecorded(
    /// The question.
    asked: Asked,
    /// What it asks for.
    kind: Kind,
) -> impl IntoView {
    let i18n = use_i18n();
    let what = match kind {
        Kind::Audio => t!(i18n, answer.no_audio),
        Kind::Video => t!(i18n, answer.no_video),
        _ => t!(i18n, answer.no_file),
    };
    let required = move || asked.read(|n| n.required);
    view! {
        <p class="note" class:warn=required id=asked.id()>
            {what}" "
            {live(move || if required() { t_string!(i18n, answer.blocks) } else { t_string!(i18n, answer.can_be_left) })}
        </p>
    }
}
