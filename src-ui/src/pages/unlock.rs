//! The locked tablet: digits that gloves can press, and what to do when the PIN is forgotten.

use huce_core::{
    clock::Millis,
    ipc::{
        Code,
        session::{Session, Unlock as Ask},
    },
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::recover::Forgotten;
use crate::{
    backend::call,
    error::error_texts,
    form::text,
    here::{device_ms, use_here},
    i18n::*,
    parts::{Card, Icon, Sign},
    prelude::*,
};

/// The most characters of a PIN.
const LONGEST: usize = 32;

/// Asks for the PIN.
#[component]
pub fn Unlock() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let pin = RwSignal::new(String::new());
    let opening = RwSignal::new(false);
    // What happened to the last try.
    let word = RwSignal::new(String::new());
    // When the next try is possible, by the device's clock.
    let free_at = RwSignal::new(0);
    let wait = move |ms: Millis| free_at.set(if ms > 0 { device_ms() + ms } else { 0 });
    here.session.peek(|s| {
        if let Session::Locked { wait_ms } = s {
            wait(*wait_ms);
        }
    });
    // The clock of the promises ticks each second; how much is left is counted by the device's.
    let left_s = move || {
        let _tick = here.now_ms();
        ((free_at.get() - device_ms()).max(0) + 999) / 1_000
    };
    let is_shut = move || left_s() > 0 || opening.get();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = pin.get_untracked();
        if typed.is_empty() || untrack(is_shut) {
            return;
        }
        opening.set(true);
        spawn_local(async move {
            let reply = call(Ask { pin: typed }).await;
            pin.set(String::new());
            opening.set(false);
            match reply {
                Ok(session) => here.session.put(session),
                Err(e) if matches!(e.code, Code::WrongPin | Code::PinNeeded) => {
                    let seconds = e.params.iter().find(|(name, _)| name == "seconds").and_then(|(_, v)| v.parse().ok());
                    wait(seconds.unwrap_or(0) * 1_000);
                    word.set(text!(i18n, pin.wrong));
                }
                Err(e) => {
                    let (title, text) = error_texts(i18n, &e);
                    word.set(format!("{title} {text}"));
                }
            }
        });
    };
    let press = Callback::new(move |digit: char| {
        pin.update(|p| {
            if p.chars().count() < LONGEST {
                p.push(digit)
            }
        });
        word.set(String::new());
    });
    let erase = move |_| {
        pin.update(|p| {
            p.pop();
        })
    };
    let keys = "123456789".chars().map(move |digit| {
        view! { <button type="button" class="key" on:click=move |_| press.run(digit)>{digit.to_string()}</button> }
    });
    view! {
        <main class="alone">
            <form class="enrol unlock" on:submit=submit>
                <p class="enrol-brand">{t!(i18n, words.app)}</p>
                <Card>
                    <h1 class="title">{t!(i18n, pin.locked)}</h1>
                    <input class="input pin" type="password" inputmode="none" autocomplete="off" name="pin" maxlength=LONGEST aria-label=t!(i18n, pin.enter) placeholder=t!(i18n, pin.enter)
                        prop:value=move || pin.get() on:input=move |e| pin.set(event_target_value(&e))/>
                    <p class="unlock-word" role="status" class:bad=move || word.with(|w| !w.is_empty())>
                        {live(move || match left_s() {
                            0 if opening.get() => text!(i18n, pin.opening),
                            0 => word.get(),
                            n => text!(i18n, pin.wait, n = n),
                        })}
                    </p>
                    <div class="keys">
                        {keys.collect_view()}
                        <button type="button" class="key" aria-label=t!(i18n, pin.erase) on:click=erase>"⌫"</button>
                        <button type="button" class="key" on:click=move |_| press.run('0')>"0"</button>
                        <button type="submit" class="key primary" aria-label=t!(i18n, pin.open) disabled=is_shut><Icon sign=Sign::Check/></button>
                    </div>
                </Card>
            </form>
            <Forgotten/>
        </main>
    }
}
