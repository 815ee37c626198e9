//! Two people wrote different things: both stand here with who and when, until a person chooses.

use huce_core::{
    household::field as hf,
    ipc::household::{Conflict, ConflictValue, Settle},
    plan::field as pf,
};
use leptos::task::spawn_local;
use serde_json::Value;

use crate::{
    backend::call,
    here::use_here,
    i18n::*,
    parts::{Button, Icon, Sign, Tone, state::ErrorLine, use_toasts},
    prelude::*,
    when::moment_text,
};

/// The word for a field of a record.
fn field_word(i18n: I18n, field: &str) -> String {
    let part = field.rsplit('/').next().unwrap_or(field);
    let word = match part {
        hf::CARE => t_string!(i18n, household.field_care),
        hf::ACCOUNT => t_string!(i18n, household.field_account),
        hf::AREA_M2 => t_string!(i18n, household.field_area),
        hf::MODE => t_string!(i18n, household.field_mode),
        hf::NAME => t_string!(i18n, household.field_name),
        hf::PHONE => t_string!(i18n, household.field_phone),
        hf::NOTE => t_string!(i18n, household.field_note),
        hf::FLOOR => t_string!(i18n, household.field_floor),
        pf::DIAGNOSIS => t_string!(i18n, household.field_diagnosis),
        pf::CONSENT => t_string!(i18n, household.field_consent),
        pf::BEFORE_C => t_string!(i18n, household.field_before),
        pf::AFTER_C => t_string!(i18n, household.field_after),
        pf::CLOSED => t_string!(i18n, household.field_closed),
        "who" | "assignee" => t_string!(i18n, household.field_who),
        "until" | "due" => t_string!(i18n, household.field_until),
        "state" => t_string!(i18n, household.field_state),
        "title" => t_string!(i18n, household.field_title),
        "resolution" => t_string!(i18n, household.field_resolution),
        "text" => t_string!(i18n, household.field_text),
        _ => return part.to_owned(),
    };
    word.to_owned()
}

/// A value as people read it.
fn value_text(i18n: I18n, value: &Value) -> String {
    match value {
        Value::Null => t_string!(i18n, words.empty).to_owned(),
        Value::Bool(true) => t_string!(i18n, words.yes).to_owned(),
        Value::Bool(false) => t_string!(i18n, words.no).to_owned(),
        Value::String(text) if text.is_empty() => t_string!(i18n, words.empty).to_owned(),
        Value::String(text) => match text.as_str() {
            "open" => t_string!(i18n, words.measure_open).to_owned(),
            "done" => t_string!(i18n, words.measure_done).to_owned(),
            "dropped" => t_string!(i18n, words.measure_dropped).to_owned(),
            "series" => t_string!(i18n, words.series).to_owned(),
            "parallel" => t_string!(i18n, words.parallel).to_owned(),
            "individual" => t_string!(i18n, words.individual).to_owned(),
            other => other.to_owned(),
        },
        Value::Array(all) => all.iter().map(|v| value_text(i18n, v)).collect::<Vec<_>>().join("、"),
        other => other.to_string(),
    }
}

/// A conflict with its values side by side; one tap settles it.
#[component]
pub fn ConflictBanner(conflict: Conflict) -> impl IntoView {
    let i18n = use_i18n();
    let error = RwSignal::new(None);
    let running = RwSignal::new(false);
    let Conflict { noun, id, field, values } = conflict;
    let settle = StoredValue::new(Settle { noun, id, field: field.clone(), value: Value::Null });
    let toasts = use_toasts();
    let choose = Callback::new(move |value: Value| {
        running.set(true);
        let settle = Settle { value, ..settle.get_value() };
        spawn_local(async move {
            let reply = call(settle).await;
            let _ = running.try_set(false);
            match reply {
                Ok(_) => toasts.say(Tone::Good, t_string!(i18n, household.settled)),
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    });
    view! {
        <section class="dispute" role="alert">
            <p class="dispute-head"><Icon sign=Sign::Warning/><b>{move || field_word(i18n, &field)}</b>" "{t!(i18n, household.conflict)}</p>
            <ul class="dispute-values">
                {values.into_iter().map(|value| view! { <Choice value running choose/> }).collect_view()}
            </ul>
            <ErrorLine error/>
        </section>
    }
}

#[component]
fn Choice(value: ConflictValue, running: RwSignal<bool>, choose: Callback<Value>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let ConflictValue { person, when_ms, value, .. } = value;
    let shown = value.clone();
    view! {
        <li class="dispute-value">
            <span class="row-text">
                <span class="row-title">{move || value_text(i18n, &shown)}</span>
                <span class="row-sub">{move || t_string!(i18n, household.conflict_who, who = here.name_of(&person), when = moment_text(i18n, when_ms, here.now_ms_untracked()))}</span>
            </span>
            <Button disabled=running on_press=move |()| choose.run(value.clone())>{t!(i18n, household.choose)}</Button>
        </li>
    }
}
