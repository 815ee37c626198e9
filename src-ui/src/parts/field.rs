//! What is typed: a label above, a hint under it, an error in its place.

use crate::prelude::*;
use leptos::text_prop::TextProp;

/// Label, hint and error around an input.
#[component]
pub fn Field(
    /// What is asked.
    #[prop(into)]
    label: TextProp,
    /// How to answer.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// Why the answer cannot be used; empty for none.
    #[prop(optional, into)]
    error: Signal<String>,
    /// The input.
    children: Children,
) -> impl IntoView {
    view! {
        <label class="field" class:wrong=move || !error.get().is_empty()>
            <span class="field-label">{live(move || label.get())}</span>
            {children()}
            {hint.map(|h| view! { <span class="field-hint">{live(move || h.get())}</span> })}
            <span class="field-error" role="alert">{live(move || error.get())}</span>
        </label>
    }
}

/// A line of text.
#[component]
pub fn TextField(
    /// What is asked.
    #[prop(into)]
    label: TextProp,
    /// What is typed.
    value: RwSignal<String>,
    /// How to answer.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// Why the answer cannot be used; empty for none.
    #[prop(optional, into)]
    error: Signal<String>,
    /// `text`, `password`, `tel`, `url`, `date`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The keyboard on a tablet: `text`, `decimal`, `numeric`, `tel`, `url`.
    #[prop(default = "text")]
    mode: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Its name for forms and tests.
    name: &'static str,
) -> impl IntoView {
    let input = view! {
        <input class="input" type=kind inputmode=mode name=name autocomplete=autocomplete autocapitalize="off" spellcheck="false"
            prop:value=move || value.get() on:input=move |e| value.set(event_target_value(&e))/>
    };
    match hint {
        Some(hint) => view! { <Field label hint error>{input}</Field> }.into_any(),
        None => view! { <Field label error>{input}</Field> }.into_any(),
    }
}
