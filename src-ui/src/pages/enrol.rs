//! Enrolment: server address and one-time code, then the progress of the first pull.

use huce_core::ipc::{
    CallError, Changed,
    session::{Enrol as Ask, Session},
    sync::{SyncStatus, SyncStep},
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

/// A tablet becomes somebody's.
#[component]
pub fn Enrol() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let go = use_go();
    let url = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let device = move || {
        here.session.with(|s| match s.ready() {
            Some(Session::NotEnrolled { device }) => device.to_string(),
            _ => String::new(),
        })
    };
    let figures = move || code.with(|c| c.chars().filter(|c| c.is_alphanumeric()).count());
    let url_error = Signal::derive(move || {
        let missing = tried.get() && url.with(|u| u.trim().is_empty());
        if missing { t_string!(i18n, settings.enrol_no_server).to_owned() } else { String::new() }
    });
    let code_error = Signal::derive(move || {
        if tried.get() && figures() != CODE { t_string!(i18n, settings.enrol_short).to_owned() } else { String::new() }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        error.set(None);
        if running.get_untracked() || url.with_untracked(|u| u.trim().is_empty()) || figures() != CODE {
            return;
        }
        running.set(true);
        let (ask, go) = (Ask { url: url.get_untracked().trim().to_owned(), code: code.get_untracked() }, go.clone());
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
                    <TextField name="code" value=code error=code_error label=t!(i18n, settings.enrol_code) hint=t!(i18n, settings.enrol_code_hint)/>
                    <ErrorLine error/>
                    <Show when=move || running.get()><Pull/></Show>
                    <button type="submit" class="btn primary big wide" disabled=move || running.get()>
                        <Icon sign=Sign::Check/>
                        <span>{move || if running.get() { t_string!(i18n, settings.enrol_running) } else { t_string!(i18n, settings.enrol_go) }}</span>
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
            <b>{move || progress().map(|p| t_string!(i18n, settings.enrol_pull_n, done = p.done, all = p.all))}</b>
        </p>
        <span class="progress thick" aria-hidden="true">
            <span style:width=move || progress().map_or_else(|| "0%".to_owned(), |p| format!("{:.1}%", p.done as f64 / p.all.max(1) as f64 * 100.0))></span>
        </span>
    }
}
