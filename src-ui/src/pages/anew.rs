//! A tablet that was copied, or put back from a copy, as the server sees it: what happened, that nothing is lost, and a new
//! identity with a new code.

use huce_core::ipc::{CallError, session::EnrolAnew};
use leptos::task::spawn_local;

use crate::{
    backend::call,
    here::use_here,
    i18n::*,
    parts::{Button, Card, Kind, TextField, Tone, state::ErrorLine, use_toasts},
    prelude::*,
};

/// The card.
#[component]
pub fn AnewCard() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let [code, pin] = [(); 2].map(|()| RwSignal::new(String::new()));
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = RwSignal::new(false);
    let has_pin = untrack(|| here.ready(|r| r.has_pin)).unwrap_or(false);
    let go = move |()| {
        if running.get_untracked() {
            return;
        }
        running.set(true);
        error.set(None);
        let ask = EnrolAnew { code: code.get_untracked(), pin: has_pin.then(|| pin.get_untracked()) };
        spawn_local(async move {
            let reply = call(ask).await;
            let _ = running.try_set(false);
            match reply {
                Ok(session) => {
                    toasts.say(Tone::Good, t_string!(i18n, sync.anew_done));
                    here.session.put(session);
                }
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    view! {
        <Card title=t!(i18n, sync.anew)>
            <p class="error-line warn">{t!(i18n, sync.anew_what)}</p>
            <TextField name="anew-code" value=code label=t!(i18n, sync.anew_code) hint=t!(i18n, sync.anew_hint)/>
            {has_pin.then(|| view! { <TextField name="anew-pin" kind="password" mode="numeric" value=pin label=t!(i18n, pin.old)/> })}
            <ErrorLine error/>
            <div class="head-actions">
                <Button kind=Kind::Primary on_press=go>
                    {live(move || if running.get() { t_string!(i18n, sync.anew_runs) } else { t_string!(i18n, sync.anew_go) })}
                </Button>
            </div>
        </Card>
    }
}
