//! The PIN is forgotten: the code that the administrator told, and a new PIN. Nothing is lost meanwhile.

use huce_core::ipc::{CallError, session::Recover};
use leptos::task::spawn_local;

use super::pin::SHORTEST;
use crate::{
    backend::call,
    here::use_here,
    i18n::*,
    parts::{Button, TextField, state::ErrorLine},
    prelude::*,
};

/// Under the digits of the lock screen.
#[component]
pub fn Forgotten() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let [code, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let is_short = move || new.with(|p| p.chars().count() < SHORTEST);
    let differs = move || new.get() != again.get();
    let word =
        move |is_wrong: bool, word: &'static str| if tried.get() && is_wrong { word.to_owned() } else { String::new() };
    let short = Signal::derive(move || word(is_short(), t_string!(i18n, pin.short)));
    let differ = Signal::derive(move || word(differs(), t_string!(i18n, pin.differ)));
    let go = move |()| {
        tried.set(true);
        if untrack(|| is_short() || differs()) || running.get_untracked() {
            return;
        }
        running.set(true);
        error.set(None);
        let ask = Recover { code: code.get_untracked(), pin: new.get_untracked() };
        spawn_local(async move {
            let reply = call(ask).await;
            let _ = running.try_set(false);
            match reply {
                Ok(session) => here.session.put(session),
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    view! {
        <details class="forgot">
            <summary>{t!(i18n, pin.forgot)}</summary>
            <p class="sub">{t!(i18n, pin.forgot_do)}</p>
            <TextField name="recovery" value=code label=t!(i18n, pin.recovery)/>
            <TextField name="new-pin" kind="password" mode="numeric" value=new error=short label=t!(i18n, pin.new) hint=t!(i18n, pin.new_hint)/>
            <TextField name="again-pin" kind="password" mode="numeric" value=again error=differ label=t!(i18n, pin.again)/>
            <ErrorLine error/>
            <Button on_press=go>{live(move || if running.get() { t_string!(i18n, pin.opening) } else { t_string!(i18n, pin.recover) })}</Button>
        </details>
    }
}
