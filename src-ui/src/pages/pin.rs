//! Setting the PIN, locking by hand, and telling the shell that somebody is here.

use std::cell::Cell;

use huce_core::ipc::{
    CallError,
    session::{Lock, SetPin, Touched},
};
use leptos::{ev, ev::SubmitEvent, task::spawn_local};

use crate::{
    backend::call,
    here::{device_ms, use_here},
    i18n::*,
    parts::{Button, Card, Icon, Sign, TextField, Tone, state::ErrorLine, use_toasts},
    prelude::*,
};

/// The fewest characters of a PIN.
pub(super) const SHORTEST: usize = 4;
/// How often the shell hears that somebody is here, milliseconds.
const TELL_MS: i64 = 20_000;

/// The card of the settings.
#[component]
pub fn PinCard() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let has_pin = Memo::new(move |_| here.ready(|r| r.has_pin).unwrap_or(false));
    let [old, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let is_short = move || new.with(|p| p.chars().count() < SHORTEST);
    let differs = move || new.get() != again.get();
    let short =
        Signal::derive(
            move || if tried.get() && is_short() { t_string!(i18n, pin.short).to_owned() } else { String::new() },
        );
    let differ =
        Signal::derive(
            move || if tried.get() && differs() { t_string!(i18n, pin.differ).to_owned() } else { String::new() },
        );
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if untrack(|| is_short() || differs()) || running.get_untracked() {
            return;
        }
        running.set(true);
        error.set(None);
        let ask = SetPin { old: has_pin.get_untracked().then(|| old.get_untracked()), new: new.get_untracked() };
        spawn_local(async move {
            let reply = call(ask).await;
            let _ = running.try_set(false);
            match reply {
                Ok(session) => {
                    for field in [old, new, again] {
                        let _ = field.try_set(String::new());
                    }
                    let _ = tried.try_set(false);
                    here.session.put(session);
                    toasts.say(Tone::Good, t_string!(i18n, pin.kept));
                }
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    let lock = move |()| {
        spawn_local(async move {
            if let Ok(session) = call(Lock {}).await {
                here.session.put(session);
            }
        });
    };
    view! {
        <Card title=t!(i18n, pin.title)>
            <p class="sub">{live(move || if has_pin.get() { t_string!(i18n, pin.is_set) } else { t_string!(i18n, pin.none) })}</p>
            <form class="pin-form" on:submit=on_submit novalidate>
                <Show when=move || has_pin.get()>
                    <TextField name="old-pin" kind="password" mode="numeric" value=old label=t!(i18n, pin.old)/>
                </Show>
                <TextField name="new-pin" kind="password" mode="numeric" value=new error=short label=t!(i18n, pin.new) hint=t!(i18n, pin.new_hint)/>
                <TextField name="again-pin" kind="password" mode="numeric" value=again error=differ label=t!(i18n, pin.again)/>
                <ErrorLine error/>
                <div class="head-actions">
                    <button type="submit" class="btn" disabled=move || running.get()>
                        {live(move || if has_pin.get() { t_string!(i18n, pin.change) } else { t_string!(i18n, pin.set) })}
                    </button>
                    <Show when=move || has_pin.get()><Button on_press=lock>{t!(i18n, pin.lock)}</Button></Show>
                </div>
            </form>
        </Card>
    }
}

/// A word on the first page until there is a PIN.
#[component]
pub fn PinHint() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let is_open = Memo::new(move |_| here.ready(|r| !r.has_pin).unwrap_or(false));
    view! {
        <Show when=move || is_open.get()>
            <a class="dispute-hint calm" href="/settings"><Icon sign=Sign::Person/><span>{t!(i18n, pin.hint)}</span><Icon sign=Sign::Next/></a>
        </Show>
    }
}

/// Tells the shell now and then that somebody touches the screen. Once, around the pages.
pub fn watch_touches() {
    let here = use_here();
    let told = std::rc::Rc::new(Cell::new(0_i64));
    let touched = move || {
        let now = device_ms();
        if untrack(|| here.ready(|r| r.has_pin)) == Some(true) && (now - told.get()).abs() > TELL_MS {
            told.set(now);
            spawn_local(async move {
                // It locks a little early when this does not arrive.
                let _ = call(Touched {}).await;
            });
        }
    };
    let by_key = touched.clone();
    let pointer = window_event_listener(ev::pointerdown, move |_| touched());
    let key = window_event_listener(ev::keydown, move |_| by_key());
    on_cleanup(move || {
        pointer.remove();
        key.remove();
    });
}
