//! Photos: small in lists, in pairs before and after, large when tapped. A photo whose bytes are not here says so.

use leptos::text_prop::TextProp;

use super::{
    dialog::Dialog,
    icon::{Icon, Sign},
};
use crate::{i18n::*, prelude::*};

/// A photo that opens large when it is tapped.
#[component]
pub fn Thumb(
    /// Where the small one is.
    small: String,
    /// Where the large one is.
    large: String,
    /// What it shows.
    #[prop(into)]
    caption: TextProp,
) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    let missing = RwSignal::new(false);
    let sources = StoredValue::new((small.clone(), large));
    let (alt, title, under) = (caption.clone(), caption.clone(), caption);
    view! {
        <button type="button" class="thumb" class:missing=move || missing.get() on:click=move |_| open.set(true)>
            {live(move || if missing.get() {
                view! { <span class="thumb-missing"><Icon sign=Sign::Photo/><span>{t_string!(i18n, household.photo_missing)}</span></span> }.into_any()
            } else {
                let alt = alt.clone();
                view! { <img src=small.clone() alt=move || alt.get().to_string() loading="lazy" on:error=move |_| missing.set(true)/> }.into_any()
            })}
            <span class="thumb-caption">{live(move || under.get())}</span>
        </button>
        <Dialog open title=title.clone() class="viewer">
            {
                // Without a line the small one is better than nothing; the next opening tries again.
                let only_small = RwSignal::new(false);
                let source = move || sources.with_value(|(small, large)| if only_small.get() { small.clone() } else { large.clone() });
                view! { <img class="viewer-photo" src=source alt="" on:error=move |_| only_small.set(true)/> }
            }
        </Dialog>
    }
}

/// Before and after, side by side.
#[component]
pub fn PhotoPair(
    /// Photos of before: small, large, caption.
    before: Vec<(String, String, String)>,
    /// Photos of after.
    after: Vec<(String, String, String)>,
) -> impl IntoView {
    let side = |all: Vec<(String, String, String)>| {
        all.into_iter().map(|(small, large, caption)| view! { <Thumb small large caption/> }).collect_view()
    };
    view! { <div class="photo-pair"><div class="photos">{side(before)}</div><div class="photos">{side(after)}</div></div> }
}
