//! Two people wrote different things: what it was before and what each of them made of it stand here, with who and
//! when, until a person chooses one or writes another.

use huce_core::ipc::conflict::{Conflict, ConflictValue, Settle};
use leptos::{ev::SubmitEvent, task::spawn_local};
use serde_json::Value;

use super::conflict_words::{Kind, field_word, value_word};
use crate::{
    backend::call,
    form::text,
    here::use_here,
    i18n::*,
    parts::{Button, Icon, Kind as Press, Sign, Tone, state::ErrorLine, use_toasts},
    prelude::*,
    when::moment_text,
};

/// A conflict with its values side by side; one tap settles it.
#[component]
pub fn ConflictCard(
    /// What waits.
    conflict: Conflict,
    /// It was settled; pages that follow changes by themselves need not know.
    #[prop(optional, into)]
    on_settled: Option<Callback<()>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let error = RwSignal::new(None);
    let running = RwSignal::new(false);
    let toasts = use_toasts();
    let kind = Kind::of(&conflict);
    let Conflict { noun, id, field, .. } = conflict.clone();
    let choose = Callback::new(move |value: Value| {
        running.set(true);
        error.set(None);
        let settle = Settle { noun, id: id.clone(), field: field.clone(), value };
        spawn_local(async move {
            let reply = call(settle).await;
            let _ = running.try_set(false);
            match reply {
                Ok(_) => {
                    toasts.say(Tone::Good, t_string!(i18n, conflict.settled));
                    on_settled.map(|then| then.try_run(()));
                }
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    });
    let stands = |name: &str| conflict.values.iter().any(|c| c.value == name);
    let others: Vec<_> = kind.all(i18n).into_iter().map(|(name, _)| name).filter(|name| !stands(name)).collect();
    let (base, values) = (conflict.base.clone(), conflict.values.clone());
    view! {
        <section class="dispute" role="alert">
            <p class="dispute-head"><Icon sign=Sign::Warning/><b>{live(move || field_word(i18n, &conflict))}</b>" "{t!(i18n, conflict.sides)}</p>
            <ul class="dispute-values">
                {base.map(|value| view! { <Side value kind running choose is_base=true/> })}
                {values.into_iter().map(|value| view! { <Side value kind running choose/> }).collect_view()}
            </ul>
            {(kind.is_typed() || !others.is_empty()).then(|| view! { <Other kind others running choose/> })}
            <ErrorLine error/>
        </section>
    }
}

#[component]
fn Side(
    value: ConflictValue,
    kind: Kind,
    running: RwSignal<bool>,
    choose: Callback<Value>,
    #[prop(optional)] is_base: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let ConflictValue { person, when_ms, value, .. } = value;
    let shown = value.clone();
    let is_mine = here.ready(|r| r.me.id == person).unwrap_or(false);
    let who = move || {
        let name = if is_mine { text!(i18n, conflict.mine) } else { here.name_of(&person) };
        text!(i18n, conflict.who, who = name, when = moment_text(i18n, when_ms, here.now_ms_untracked()))
    };
    view! {
        <li class="dispute-value" class:base=is_base>
            <span class="row-text">
                {is_base.then(|| view! { <span class="row-sub">{t!(i18n, conflict.base)}</span> })}
                <span class="row-title">{live(move || value_word(i18n, here, kind, &shown))}</span>
                <span class="row-sub">{who}</span>
            </span>
            <Button kind=if is_base { Press::Quiet } else { Press::Secondary } disabled=running on_press=move |()| choose.run(value.clone())>
                {live(move || if is_base { t_string!(i18n, conflict.back) } else { t_string!(i18n, conflict.choose) })}
            </Button>
        </li>
    }
}

/// Another value: one of the few that there are, or typed.
#[component]
fn Other(kind: Kind, others: Vec<&'static str>, running: RwSignal<bool>, choose: Callback<Value>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        match kind.read(&typed.get_untracked()) {
            Some(value) => choose.run(value),
            None => wrong.set(kind == Kind::Number),
        }
    };
    let mode = if kind == Kind::Number { "decimal" } else { "text" };
    view! {
        <details class="dispute-other">
            <summary>{t!(i18n, conflict.other)}</summary>
            {if kind.is_typed() {
                view! {
                    <form class="inline" on:submit=on_submit>
                        <input class="input" type=if kind == Kind::Day { "date" } else { "text" } inputmode=mode aria-label=t!(i18n, conflict.other)
                            prop:value=move || typed.get() on:input=move |e| { wrong.set(false); typed.set(event_target_value(&e)); }/>
                        <button class="btn" disabled=move || running.get()>{t!(i18n, conflict.settle)}</button>
                    </form>
                    {(kind == Kind::List).then(|| view! { <p class="sub">{t!(i18n, conflict.list_hint)}</p> })}
                    <Show when=move || wrong.get()><p class="error-line" role="alert">{t!(i18n, conflict.bad_number)}</p></Show>
                }.into_any()
            } else {
                others.into_iter().map(|name| {
                    let word = move || value_word(i18n, here, kind, &Value::from(name));
                    view! { <Button disabled=running on_press=move |()| choose.run(Value::from(name))>{word}</Button> }
                }).collect_view().into_any()
            }}
        </details>
    }
}
