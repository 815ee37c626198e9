//! A page that has nothing, waits, or failed: designed states, not afterthoughts.

use huce_core::ipc::CallError;
use leptos::text_prop::TextProp;

use super::{
    button::Button,
    icon::{Icon, Sign},
};
use crate::{error::error_texts, i18n::*, prelude::*};

/// Nothing is here, and why.
#[component]
pub fn Empty(
    /// What there is not.
    #[prop(into)]
    title: TextProp,
    /// Why, or what to do.
    #[prop(optional, into)]
    text: Option<TextProp>,
    /// A picture.
    #[prop(optional)]
    sign: Option<Sign>,
    /// What can be done about it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state">
            {sign.map(|sign| view! { <Icon sign/> })}
            <p class="state-title">{live(move || title.get())}</p>
            {text.map(|t| view! { <p class="state-text">{live(move || t.get())}</p> })}
            {children.map(|c| c())}
        </div>
    }
}

/// It is on its way. Shown after a moment only, so that quick replies do not flicker.
#[component]
pub fn Waiting() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <div class="state waiting" role="status">
            <span class="spinner" aria-hidden="true"></span>
            <p class="state-text">{t!(i18n, settings.loading)}</p>
        </div>
    }
}

/// It did not work: what happened, what was kept, what to do.
#[component]
pub fn Failed(
    /// Why.
    error: CallError,
    /// Tries again.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let texts = Memo::new(move |_| error_texts(i18n, &error));
    view! {
        <div class="state failed" role="alert">
            <Icon sign=Sign::Warning/>
            <p class="state-title">{live(move || texts.get().0)}</p>
            <p class="state-text">{live(move || texts.get().1)}</p>
            {on_retry.map(|retry| view! {
                <Button on_press=retry>{t!(i18n, settings.retry)}</Button>
            })}
        </div>
    }
}

/// An error in one line, beside what it belongs to. Nothing for none.
#[component]
pub fn ErrorLine(
    /// Why.
    #[prop(into)]
    error: Signal<Option<CallError>>,
) -> impl IntoView {
    let i18n = use_i18n();
    move || {
        error.get().map(|e| {
            let (title, text) = error_texts(i18n, &e);
            view! { <p class="error-line" role="alert"><b>{title}</b>" "{text}</p> }
        })
    }
}
