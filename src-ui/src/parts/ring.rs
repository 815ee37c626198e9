//! Progress and clocks: a ring whose colour changes with what is left, its text always there.

use super::Tone;
use crate::prelude::*;

/// A ring.
#[component]
pub fn Ring(
    /// How much of it is drawn, 0 to 1.
    #[prop(into)]
    share: Signal<f64>,
    /// Its colour.
    #[prop(into)]
    tone: Signal<Tone>,
    /// The figure in it.
    #[prop(into)]
    text: Signal<String>,
    /// The word under the figure.
    #[prop(optional, into)]
    label: Signal<String>,
    /// Large: 92 px instead of 64.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    // A circle with a circumference of 100, so that a share is a length.
    let dash = move || format!("{:.2} 100", share.get().clamp(0.0, 1.0) * 100.0);
    let small = move || text.get().chars().count() > 5;
    view! {
        <span class=move || format!("ring {}{}", tone.get().class(), if large { " large" } else { "" }) role="img"
            aria-label=move || format!("{} {}", text.get(), label.get())>
            <svg viewBox="0 0 36 36" aria-hidden="true">
                <circle class="ring-ground" cx="18" cy="18" r="15.9155"></circle>
                <circle class="ring-share" cx="18" cy="18" r="15.9155" transform="rotate(-90 18 18)"
                    class:empty=move || share.get() <= 0.0 stroke-dasharray=dash></circle>
            </svg>
            <span class="ring-text" aria-hidden="true">
                <b class:small=small>{live(move || text.get())}</b>
                <span>{live(move || label.get())}</span>
            </span>
        </span>
    }
}
