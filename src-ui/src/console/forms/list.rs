//! The forms: in use or not, since when, by whom, in which rounds; retiring one, and publishing an older version again.

use huce_core::{
    ids::FormId,
    ipc::{
        CallError,
        form::{FormLine, FormVersion, FormsReply, PublishForm, RetireForm},
    },
};
use leptos::task::spawn_local;

use super::{super::figures::moment, called, version_words};
use crate::{
    backend,
    form::text,
    here::use_here,
    i18n::*,
    load::Loader,
    pages::say::say,
    parts::{Dialog, Tone, use_toasts},
    prelude::*,
};

/// What is to be decided in the dialog.
#[derive(Clone, PartialEq)]
enum Asking {
    Retire(FormLine),
    Again(FormLine, FormVersion),
}

/// The table.
#[component]
pub fn List(
    /// The forms.
    answer: Memo<FormsReply>,
    /// Asked for them.
    forms: Loader<FormsReply>,
    /// Shows one version.
    look: Callback<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let asking = RwSignal::new(None::<Asking>);
    let failed = RwSignal::new(None::<CallError>);
    let ask = Callback::new(move |what: Asking| {
        failed.set(None);
        asking.set(Some(what));
        open.set(true);
    });
    let decide = move |_| {
        let Some(what) = asking.get_untracked() else { return };
        spawn_local(async move {
            let (done, words) = match what {
                Asking::Retire(line) => {
                    let form: FormId = line.form;
                    (backend::call(RetireForm { form }).await, t_string!(i18n, forms.retire_done))
                }
                Asking::Again(_, version) => (
                    backend::call(PublishForm { hash: version.hash, rounds: Vec::new() }).await,
                    t_string!(i18n, forms.publish_done),
                ),
            };
            match done {
                Ok(reply) => {
                    toasts.say(Tone::Good, words);
                    forms.put(reply);
                    let _gone = open.try_set(false);
                }
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    let lines = move || {
        let reply = answer.get();
        let may = reply.may_publish;
        let rows = reply.forms.into_iter().map(|line| {
            let current = line.versions.iter().find(|v| v.current).cloned();
            let newest = current.clone().or_else(|| line.versions.first().cloned());
            let older: Vec<_> = line.versions.iter().filter(|v| !v.current).cloned().collect();
            let rounds: Vec<_> = line.rounds.iter().map(|(_, name, _)| name.clone()).collect();
            let (retiring, title) = (line.clone(), line.title.clone());
            let said = newest.as_ref().map(|v| version_words(i18n, &v.version, &v.hash));
            let when = newest.as_ref().map(|v| {
                let by = v.by.clone().unwrap_or_else(|| t_string!(i18n, forms.came_with).to_owned());
                (moment(v.published_ms, here.now_ms_untracked()), by)
            });
            let is_used = current.is_some();
            let hash = newest.map(|v| v.hash).unwrap_or_default();
            let older = older.into_iter().map(|version| {
                let (line, again, looked) = (line.clone(), version.clone(), version.hash.clone());
                view! {
                    <li>
                        <button type="button" class="c-link" on:click=move |_| look.run(looked.clone())>
                            {version_words(i18n, &version.version, &version.hash)}
                        </button>
                        <span class="c-muted">{moment(version.published_ms, here.now_ms_untracked())}</span>
                        {may.then(|| view! {
                            <button type="button" class="c-link" on:click=move |_| ask.run(Asking::Again(line.clone(), again.clone()))>
                                {t_string!(i18n, forms.again)}
                            </button>
                        })}
                    </li>
                }
            });
            let older: Vec<_> = older.collect();
            let count = older.len();
            view! {
                <tr class:retired=!is_used data-form=line.form.to_string()>
                    <th scope="row">
                        <button type="button" class="c-link" on:click=move |_| look.run(hash.clone())>{called(i18n, &title)}</button>
                        <small class="c-muted">{line.form.to_string()}</small>
                    </th>
                    <td>{if is_used {
                        view! { <span class="c-tag good">{t_string!(i18n, forms.in_use)}</span> }
                    } else {
                        view! { <span class="c-tag">{t_string!(i18n, forms.retired)}</span> }
                    }}" "{said}</td>
                    <td>{when.as_ref().map(|w| w.0.clone())}<small class="c-muted">{when.map(|w| w.1)}</small></td>
                    <td>{rounds.join("、")}</td>
                    <td>{(count > 0).then(|| view! {
                        <details>
                            <summary>{text!(i18n, forms.older_n, n = count)}</summary>
                            <ul class="forms-older">{older}</ul>
                        </details>
                    })}</td>
                    <td>{(may && is_used).then(|| view! {
                        <button type="button" class="c-link danger" on:click=move |_| ask.run(Asking::Retire(retiring.clone()))>
                            {t_string!(i18n, forms.retire)}
                        </button>
                    })}</td>
                </tr>
            }
        });
        rows.collect_view()
    };
    let title = move || match asking.get() {
        Some(Asking::Retire(line)) => text!(i18n, forms.retire_title, title = called(i18n, &line.title)),
        Some(Asking::Again(line, version)) => text!(
            i18n,
            forms.again_title,
            title = called(i18n, &line.title),
            version = version_words(i18n, &version.version, &version.hash)
        ),
        None => String::new(),
    };
    view! {
        <section class="c-card forms-list">
            {move || (!answer.with(|a| a.may_publish)).then(|| view! { <p class="c-said">{t_string!(i18n, forms.may_not)}</p> })}
            {move || answer.with(|a| a.forms.is_empty()).then(|| view! { <p class="c-nothing">{t_string!(i18n, forms.none)}</p> })}
            <table class="c-table">
                <thead><tr>
                    <th scope="col">{t!(i18n, forms.form)}</th>
                    <th scope="col">{t!(i18n, forms.version)}</th>
                    <th scope="col">{t!(i18n, forms.published)}</th>
                    <th scope="col">{t!(i18n, forms.rounds)}</th>
                    <th scope="col">{t!(i18n, forms.older)}</th>
                    <th scope="col"></th>
                </tr></thead>
                <tbody>{lines}</tbody>
            </table>
        </section>
        <Dialog open title>
            {move || match asking.get() {
                Some(Asking::Retire(line)) => view! {
                    <p>{t_string!(i18n, forms.retire_means)}</p>
                    {(!line.rounds.is_empty()).then(|| {
                        let names: Vec<_> = line.rounds.iter().map(|(_, name, _)| name.as_str()).collect();
                        view! { <p class="c-said warn">{text!(i18n, forms.retire_rounds, names = names.join("、"))}</p> }
                    })}
                },
                _ => view! { <p>{t_string!(i18n, forms.publish_means)}</p> },
            }}
            {move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> })}
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| open.set(false)>{t_string!(i18n, forms.keep)}</button>
                {move || match asking.get() {
                    Some(Asking::Retire(_)) => view! { <button type="button" class="btn danger" on:click=decide>{t_string!(i18n, forms.retire_now)}</button> },
                    _ => view! { <button type="button" class="btn primary" on:click=decide>{t_string!(i18n, forms.publish_now)}</button> },
                }}
            </div>
        </Dialog>
    }
}
