//! A question that must be answered before going on. The browser's own dialog: it keeps the focus inside, closes on
//! Escape, and tells readers what it is.

use leptos::{html, text_prop::TextProp};

use super::icon::{Icon, Sign};
use crate::{i18n::*, prelude::*};

/// A dialog that is open while `open` is true.
#[component]
pub fn Dialog(
    /// Is it open? Closing sets it to false.
    open: RwSignal<bool>,
    /// What it is about.
    #[prop(into)]
    title: TextProp,
    /// Classes for the layout.
    #[prop(optional)]
    class: &'static str,
    /// Its content, made anew each time it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let i18n = use_i18n();
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let title = StoredValue::new(title);
    let children = StoredValue::new(children);
    view! {
        <dialog node_ref=node class=format!("dialog {class}") aria-label=move || title.with_value(TextProp::get).to_string() on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2>{live(move || title.with_value(TextProp::get))}</h2>
                    <button type="button" class="btn quiet icon-only" aria-label=t!(i18n, household.close) on:click=move |_| open.set(false)>
                        <Icon sign=Sign::Close/>
                    </button>
                </header>
                <div class="dialog-body">{children.with_value(|c| c())}</div>
            </Show>
        </dialog>
    }
}
