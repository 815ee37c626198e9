//! One of a few, all in sight.

use crate::prelude::*;
use leptos::{ev::KeyboardEvent, text_prop::TextProp};

/// A choice. Arrow keys move it.
#[component]
pub fn Segmented<T>(
    /// What can be chosen, with its words.
    options: Vec<(T, TextProp)>,
    /// What is chosen.
    value: RwSignal<T>,
    /// What the choice is about.
    #[prop(into)]
    label: TextProp,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let values: Vec<T> = options.iter().map(|(v, _)| *v).collect();
    let on_key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => 1,
            "ArrowLeft" | "ArrowUp" => values.len().saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        let at = values.iter().position(|v| *v == value.get_untracked()).unwrap_or(0);
        if let Some(next) = values.get((at + step) % values.len().max(1)) {
            value.set(*next);
        }
    };
    let buttons = options
        .into_iter()
        .map(|(option, text)| {
            let chosen = move || value.get() == option;
            view! {
                <button type="button" role="radio" class:on=chosen
                    aria-checked=move || if chosen() { "true" } else { "false" }
                    tabindex=move || if chosen() { "0" } else { "-1" }
                    on:click=move |_| value.set(option)>{live(move || text.get())}</button>
            }
        })
        .collect_view();
    view! { <div class="segmented" role="radiogroup" aria-label=move || label.get() on:keydown=on_key>{buttons}</div> }
}
