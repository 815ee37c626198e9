//! A short word at the lower edge: something was done, or will be in a moment unless it is undone.

use std::cell::Cell;

use leptos::leptos_dom::helpers::set_timeout_with_handle;
use std::time::Duration;

use super::Tone;
use crate::{i18n::*, prelude::*};

/// How long an action waits for "undo".
const UNDO: Duration = Duration::from_secs(5);
const SHOWN: Duration = Duration::from_secs(4);

#[derive(Clone)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
    undo: Option<Callback<()>>,
}

/// Says things at the lower edge. In the context of every page.
#[derive(Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
}

/// Says things at the lower edge.
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(|| Toasts { all: RwSignal::new(Vec::new()) })
}

/// Makes [`use_toasts`] work. Once, when the app starts.
pub fn provide_toasts() {
    provide_context(Toasts { all: RwSignal::new(Vec::new()) });
}

impl Toasts {
    /// Says that something happened.
    pub fn say(&self, tone: Tone, text: impl Into<String>) {
        let id = self.push(tone, text.into(), None);
        let toasts = *self;
        // Without a timer it stays: better than a word that nobody saw.
        let _ = set_timeout_with_handle(move || toasts.remove(id), SHOWN);
    }

    /// Does `then` in five seconds, unless "undo" is pressed before. For what cannot be taken back once it is
    /// recorded. Leaving the page does not undo it.
    pub fn soon(&self, text: impl Into<String>, then: impl FnOnce() + 'static) {
        let undone = RwSignal::new(false);
        let (toasts, shown) = (*self, Cell::new(0));
        let undo = Callback::new(move |()| undone.set(true));
        let id = self.push(Tone::Plain, text.into(), Some(undo));
        shown.set(id);
        let timer = set_timeout_with_handle(
            move || {
                toasts.remove(id);
                if !undone.try_get_untracked().unwrap_or(false) {
                    then();
                }
            },
            UNDO,
        );
        if timer.is_err() {
            toasts.remove(id);
        }
    }

    fn push(&self, tone: Tone, text: String, undo: Option<Callback<()>>) -> u32 {
        let id = self.all.with_untracked(|all| all.iter().map(|t| t.id).max().unwrap_or(0).wrapping_add(1));
        self.all.update(|all| all.push(Toast { id, tone, text, undo }));
        id
    }

    fn remove(&self, id: u32) {
        let _ = self.all.try_update(|all| all.retain(|t| t.id != id));
    }
}

/// Where they appear. Once, in the frame.
#[component]
pub fn ToastShelf() -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.all.get() key=|t| t.id let:toast>
                <div class=format!("toast {}", toast.tone.class())>
                    <span>{toast.text.clone()}</span>
                    {toast.undo.map(|undo| view! {
                        <button type="button" class="btn quiet" on:click=move |_| { undo.run(()); toasts.remove(toast.id); }>
                            {t!(i18n, settings.undo)}
                        </button>
                    })}
                </div>
            </For>
        </div>
    }
}
