//! The door of the console: a name, a password, and what to do when they do not fit.

use huce_core::ipc::{
    CallError, Code,
    session::{Session, SignIn},
};
use leptos::{ev, html, task::spawn_local};

use crate::{
    backend,
    error::error_texts,
    here::use_here,
    i18n::*,
    parts::{Icon, Sign},
    prelude::*,
};

/// How far the signing in is.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    /// Something is typed.
    Typing,
    /// The server looks at it.
    Asking,
    /// Nothing was typed here.
    Missing,
    /// The server said no.
    Refused(CallError),
}

/// The page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let (login, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let shown = RwSignal::new(false);
    let entry = RwSignal::new(Entry::Typing);
    let (login_field, password_field) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    Effect::new(move |_| {
        if let Some(field) = login_field.get() {
            let _already_there = field.focus();
        }
    });
    let enter = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if entry.get_untracked() == Entry::Asking {
            return;
        }
        // What the browser filled in by itself is in the fields, not always in the signals.
        let typed = |field: NodeRef<html::Input>, else_: RwSignal<String>| {
            field.get_untracked().map_or_else(|| else_.get_untracked(), |f| f.value())
        };
        let call =
            SignIn { login: typed(login_field, login).trim().to_owned(), password: typed(password_field, password) };
        if call.login.is_empty() || call.password.is_empty() {
            entry.set(Entry::Missing);
            let empty = if call.login.is_empty() { login_field } else { password_field };
            if let Some(field) = empty.get_untracked() {
                let _stays = field.focus();
            }
            return;
        }
        entry.set(Entry::Asking);
        spawn_local(async move {
            match backend::call(call).await {
                Ok(session @ Session::Ready(_)) => {
                    password.set(String::new());
                    here.session.put(session);
                }
                Ok(_) => entry.set(Entry::Refused(CallError::new(Code::NotHuce))),
                Err(error) => {
                    let is_wrong = error.code == Code::WrongPassword;
                    entry.set(Entry::Refused(error));
                    if let Some(field) = password_field.get_untracked().filter(|_| is_wrong) {
                        field.select();
                    }
                }
            }
        });
    };
    let said = move || match entry.get() {
        Entry::Missing => Some((t_string!(i18n, console.fill_both), String::new())),
        Entry::Refused(error) => Some(error_texts(i18n, &error)),
        Entry::Typing | Entry::Asking => None,
    };
    let is_locked = move || entry.with(|e| matches!(e, Entry::Refused(error) if error.code == Code::Locked));
    view! {
        <main class="sign-in">
            <form class="c-card sign-in-card" on:submit=enter aria-labelledby="sign-in-title">
                <p class="sign-in-brand" aria-hidden="true">"户策"</p>
                <h1 id="sign-in-title">{t!(i18n, console.sign_in_title)}</h1>
                <p class="c-muted">{t!(i18n, console.sign_in_hint)}</p>
                <label class="field">
                    <span class="field-label">{t!(i18n, console.login)}</span>
                    <input class="input" node_ref=login_field name="login" type="text" autocomplete="username" autocapitalize="off" spellcheck="false"
                        prop:value=move || login.get() on:input=move |e| login.set(event_target_value(&e))/>
                </label>
                <label class="field">
                    <span class="field-label">{t!(i18n, console.password)}</span>
                    <span class="sign-in-password">
                        <input class="input" node_ref=password_field name="password" autocomplete="current-password"
                            type=move || if shown.get() { "text" } else { "password" }
                            aria-describedby="sign-in-said"
                            prop:value=move || password.get() on:input=move |e| password.set(event_target_value(&e))/>
                        <button type="button" class="btn quiet" aria-pressed=move || shown.get().to_string() on:click=move |_| shown.update(|s| *s = !*s)>
                            {move || if shown.get() { t_string!(i18n, console.hide) } else { t_string!(i18n, console.show) }}
                        </button>
                    </span>
                </label>
                <div id="sign-in-said" class="sign-in-said" role="alert">
                    {move || said().map(|(title, words)| view! {
                        <p class="c-said bad"><Icon sign=if is_locked() { Sign::Clock } else { Sign::Warning }/><span><b>{title}</b>" "{words}</span></p>
                    })}
                </div>
                <button type="submit" class="btn big primary" disabled=move || entry.get() == Entry::Asking>
                    {move || if entry.get() == Entry::Asking { t_string!(i18n, console.signing_in) } else { t_string!(i18n, console.sign_in) }}
                </button>
                <div class="sign-in-foot">
                    <button type="button" class="c-link" lang="en" on:click=move |_| i18n.set_locale(if i18n.get_locale_untracked() == Locale::zh { Locale::en } else { Locale::zh })>
                        {move || if i18n.get_locale() == Locale::zh { "English" } else { "中文" }}
                    </button>
                </div>
            </form>
        </main>
    }
}
