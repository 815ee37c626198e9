//! Enrolment: the line that the office handed over, or its parts (address, one-time code, fingerprint); then the progress
//! of the first pull.

use huce_core::{
    enrol_line::PREFIX,
    event::spoken,
    ipc::{
        CallError, Changed, Code,
        session::{Enrol as Ask, Session},
        sync::{SyncStatus, SyncStep},
    },
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    backend::call,
    here::use_here,
    i18n::*,
    load::load,
    parts::{Card, Icon, Sign, TextField, state::ErrorLine},
    prelude::*,
    router::use_go,
};

/// How many characters a code has.
const CODE: usize = 8;

/// Who nobody knows yet enrols; who is known waits.
#[component]
pub fn Door() -> impl IntoView {
    let here = use_here();
    let again = RwSignal::new(false);
    let waits = Memo::new(move |_| {
        here.session.with(|s| match s.ready() {
            Some(Session::Waiting { device, person }) => Some((spoken(device), person.to_string())),
            _ => None,
        })
    });
    // A new enrolment waits anew.
    Effect::new(move |_| {
        here.session.with(|_| ());
        again.set(false);
    });
    move || match waits.get().filter(|_| !again.get()) {
        Some((device, person)) => view! { <Waits device person again/> }.into_any(),
        None => view! { <Enrol/> }.into_any(),
    }
}

/// What both sides compare, until somebody lets the tablet in; then the pages come by themselves.
#[component]
fn Waits(device: String, person: String, again: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <main class="alone">
            <div class="enrol">
                <p class="enrol-brand">{t!(i18n, words.app)}</p>
                <Card>
                    <h1 class="title">{t!(i18n, settings.waits_title)}</h1>
                    <p class="sub">{t!(i18n, settings.waits_what)}</p>
                    <p class="spoken" role="status">{device}</p>
                    <p class="sub">{t!(i18n, settings.waits_for)}" "{person}</p>
                    <p class="progress-line"><span>{t!(i18n, settings.waits_on)}</span></p>
                    <button type="button" class="btn big wide" on:click=move |_| again.set(true)>{t!(i18n, settings.waits_again)}</button>
                </Card>
            </div>
        </main>
    }
}

/// A tablet becomes somebody's.
#[component]
pub fn Enrol() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let go = use_go();
    let url = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let fingerprint = RwSignal::new(String::new());
    let whole = Memo::new(move |_| url.with(|u| u.trim_start().starts_with(PREFIX)));
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let device = move || {
        here.session.with(|s| match s.ready() {
            Some(Session::NotEnrolled { device } | Session::Waiting { device, .. }) => spoken(device),
            _ => String::new(),
        })
    };
    // Why it is outside again, when it was inside.
    spawn_local(async move {
        if let Ok(state) = call(SyncStatus {}).await
            && let Some((_, e)) = state.last_error.filter(|(_, e)| e.code == Code::Revoked)
        {
            let _gone = error.try_set(Some(e));
        }
    });
    let figures = move || code.with(|c| c.chars().filter(|c| c.is_alphanumeric()).count());
    let url_error = Signal::derive(move || {
        let missing = tried.get() && url.with(|u| u.trim().is_empty());
        if missing { t_string!(i18n, settings.enrol_no_server).to_owned() } else { String::new() }
    });
    let code_error = Signal::derive(move || {
        if tried.get() && figures() != CODE && !whole.get() {
            t_string!(i18n, settings.enrol_short).to_owned()
        } else {
            String::new()
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        error.set(None);
        if running.get_untracked()
            || url.with_untracked(|u| u.trim().is_empty())
            || (figures() != CODE && !whole.get_untracked())
        {
            return;
        }
        running.set(true);
        let (go, url) = (go.clone(), url.get_untracked().trim().to_owned());
        let ask = Ask { url, code: code.get_untracked(), fingerprint: fingerprint.get_untracked() };
        spawn_local(async move {
            let reply = call(ask).await;
            let _ = running.try_set(false);
            match reply {
                Ok(session) => {
                    here.session.put(session);
                    go("/");
                }
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    view! {
        <main class="alone">
            <form class="enrol" on:submit=on_submit novalidate>
                <p class="enrol-brand">{t!(i18n, words.app)}</p>
                <Card>
                    <h1 class="title">{t!(i18n, settings.enrol_title)}</h1>
                    <p class="sub">{t!(i18n, settings.enrol_what)}</p>
                    <TextField name="url" kind="url" mode="url" value=url error=url_error label=t!(i18n, settings.enrol_server) hint=t!(i18n, settings.enrol_server_hint)/>
                    <Show when=move || !whole.get()>
                        <TextField name="code" value=code error=code_error label=t!(i18n, settings.enrol_code) hint=t!(i18n, settings.enrol_code_hint)/>
                        <TextField name="fingerprint" value=fingerprint label=t!(i18n, settings.enrol_print) hint=t!(i18n, settings.enrol_print_hint)/>
                    </Show>
                    <ErrorLine error/>
                    <Show when=move || running.get()><Pull/></Show>
                    <button type="submit" class="btn primary big wide" disabled=move || running.get()>
                        <Icon sign=Sign::Check/>
                        <span>{live(move || if running.get() { t_string!(i18n, settings.enrol_running) } else { t_string!(i18n, settings.enrol_go) })}</span>
                    </button>
                    <p class="sub">{t!(i18n, settings.device_id)}" "{device}</p>
                </Card>
            </form>
        </main>
    }
}

/// How far the first pull is.
#[component]
fn Pull() -> impl IntoView {
    let i18n = use_i18n();
    let sync = load(&[Changed::Sync], || SyncStatus {});
    let progress = move || sync.get(|s| s.running.filter(|r| r.step == SyncStep::Pull)).flatten();
    view! {
        <p class="progress-line" role="status">
            <span>{t!(i18n, settings.enrol_pull)}</span>
            <b>{live(move || progress().map(|p| t_string!(i18n, settings.enrol_pull_n, done = p.done, all = p.all)))}</b>
        </p>
        <span class="progress thick" aria-hidden="true">
            <span style:width=move || progress().map_or_else(|| "0%".to_owned(), |p| format!("{:.1}%", p.done as f64 / p.all.max(1) as f64 * 100.0))></span>
        </span>
    }
}
