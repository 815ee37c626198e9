//! What was found in a workbook: what is wrong by sheet and row, as the spreadsheet numbers them; what is different from
//! the version in use; and the way on.

use huce_core::{
    form::{Difference, Effect, xlsform::Topic},
    ids::RoundId,
    ipc::{
        CallError,
        form::{CheckedForm, FlawLine, FormsReply, PublishForm, RoundUse},
    },
};
use leptos::{ev, task::spawn_local};
use web_sys::File;

use super::{
    ChooseFile, called, version_words,
    wording::{topic_words, what_words},
};
use crate::{
    backend,
    form::text,
    i18n::*,
    load::Loader,
    pages::say::say,
    parts::{Dialog, Tone, use_toasts},
    prelude::*,
};

/// The page of one workbook.
#[component]
pub fn Check(
    /// What was found.
    found: CheckedForm,
    /// The list, which changes when it is published.
    forms: Loader<FormsReply>,
    /// To the list.
    back: Callback<()>,
    /// Looks again.
    look: Callback<String>,
    /// Other files.
    take: Callback<Vec<File>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let asking = RwSignal::new(false);
    let failed = RwSignal::new(None::<CallError>);
    let is_current = forms
        .peek(|reply| reply.forms.iter().flat_map(|f| &f.versions).any(|v| v.current && v.hash == found.hash))
        .unwrap_or(false);
    let hash = StoredValue::new(found.hash.clone());
    let chosen = RwSignal::new(Vec::<RoundId>::new());
    let rounds: Vec<RoundUse> = found.rounds.iter().filter(|round| !round.uses).cloned().collect();
    let publish = move |_| {
        failed.set(None);
        spawn_local(async move {
            match backend::call(PublishForm { hash: hash.get_value(), rounds: chosen.get_untracked() }).await {
                Ok(reply) => {
                    toasts.say(Tone::Good, t_string!(i18n, forms.publish_done));
                    forms.put(reply);
                    let _gone = asking.try_set(false);
                    look.run(hash.get_value());
                }
                Err(error) => drop(failed.try_set(Some(error))),
            }
        });
    };
    let CheckedForm { file, form, version, title, languages, questions, opens, errors, warnings, .. } = found.clone();
    let (wrong, may) = (errors.len(), found.may_publish);
    let (different, matter) = found.different;
    let beside = found.beside.clone();
    let compared = beside.clone().map(|(hash, version)| version_words(i18n, &version, &hash));
    let names: Vec<String> = languages.into_iter().filter(|l| !l.is_empty()).collect();
    let id = form.as_ref().map(ToString::to_string);
    let is_named = !called(i18n, &title).is_empty();
    let (shown, head) = (title.clone(), if is_named { String::new() } else { file.clone() });
    let facts = move || {
        let version = (!version.is_empty()).then(|| text!(i18n, forms.version_n, n = version.as_str()));
        let count = opens.then(|| text!(i18n, forms.questions_n, n = questions));
        let parts = [is_named.then(|| file.clone()), id.clone(), version, count, Some(names.join(", "))];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let state = move || match (wrong, is_current) {
        (0, true) => view! { <span class="c-tag good">{t_string!(i18n, forms.in_use)}</span> },
        (0, false) => view! { <span class="c-tag good">{t_string!(i18n, forms.no_errors)}</span> },
        (n, _) => view! { <span class="c-tag bad">{text!(i18n, forms.errors_n, n = n)}</span> },
    };
    view! {
        <header class="c-head">
            <button type="button" class="c-link" on:click=move |_| back.run(())>{t!(i18n, forms.title)}" ›"</button>
            <h1>{move || called(i18n, &shown)}{head}</h1>
            {state}
            <span class="grow"></span>
            <ChooseFile on_files=take again=true/>
        </header>
        <section class="c-card import-result forms-result">
            <div class="import-result-text">
                <p>{facts}</p>
                <p class="c-muted">{if is_current { t_string!(i18n, forms.used_now) } else { t_string!(i18n, forms.not_yet) }}</p>
            </div>
            <div class="import-actions">
                {opens.then(|| view! {
                    <a class="btn big" rel="external" href=format!("/try/{}", hash.get_value())>{t!(i18n, forms.try_it)}</a>
                })}
                {(wrong == 0 && may && !is_current).then(|| view! {
                    <button type="button" class="btn big primary" on:click=move |_| { failed.set(None); asking.set(true) }>{t!(i18n, forms.publish)}</button>
                })}
                {(wrong == 0 && !may).then(|| view! { <p class="c-muted">{t!(i18n, forms.may_not)}</p> })}
            </div>
        </section>
        {(wrong > 0).then(|| view! { <Flaws flaws=errors is_error=true/> })}
        {(!warnings.is_empty()).then(|| view! { <Flaws flaws=warnings is_error=false/> })}
        {compared.filter(|_| opens).map(|beside| view! { <Differences found=found.differences beside different matter/> })}
        <Dialog open=asking title=move || text!(i18n, forms.publish_title, title = called(i18n, &title))>
            <p>{t!(i18n, forms.publish_means)}</p>
            {beside.is_some().then(|| match matter {
                0 => view! { <p class="c-said">{text!(i18n, forms.publish_harmless, n = different)}</p> },
                _ => view! { <p class="c-said warn">{text!(i18n, forms.publish_matters, n = different, matter = matter)}</p> },
            })}
            {(!rounds.is_empty()).then(|| view! { <ForRounds rounds=rounds.clone() chosen/> })}
            {move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> })}
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| asking.set(false)>{t_string!(i18n, forms.keep)}</button>
                <button type="button" class="btn primary" on:click=publish>{t_string!(i18n, forms.publish_now)}</button>
            </div>
        </Dialog>
    }
}

/// Rounds that use another form, to be put on this one.
#[component]
fn ForRounds(rounds: Vec<RoundUse>, chosen: RwSignal<Vec<RoundId>>) -> impl IntoView {
    let i18n = use_i18n();
    let lines = rounds.into_iter().map(|RoundUse { round, name, until, .. }| {
        let tick = move |event: ev::Event| {
            let on = event_target_checked(&event);
            chosen.update(|all| {
                all.retain(|of| *of != round);
                all.extend(on.then(|| round.clone()));
            });
        };
        view! {
            <label class="forms-round">
                <input type="checkbox" on:change=tick/>
                <span>{name}</span>
                <small class="c-muted">{text!(i18n, forms.until, day = until)}</small>
            </label>
        }
    });
    view! {
        <fieldset class="forms-rounds">
            <legend>{t!(i18n, forms.for_rounds)}</legend>
            {lines.collect_view()}
        </fieldset>
    }
}

/// What is wrong, sheet by sheet in the order of their rows.
#[component]
fn Flaws(flaws: Vec<FlawLine>, is_error: bool) -> impl IntoView {
    let i18n = use_i18n();
    let count = flaws.len();
    let mut sheets: Vec<(String, Vec<FlawLine>)> = Vec::new();
    for flaw in flaws {
        let sheet = flaw.sheet.clone().unwrap_or_default();
        match sheets.iter_mut().find(|(name, _)| *name == sheet) {
            Some((_, all)) => all.push(flaw),
            None => sheets.push((sheet, vec![flaw])),
        }
    }
    let sheets = sheets.into_iter().map(|(name, mut flaws)| {
        flaws.sort_by_key(|flaw| flaw.row.unwrap_or_default());
        let rows = flaws.into_iter().map(|flaw| view! { <FlawRow flaw is_error/> }).collect_view();
        let name = if name.is_empty() { t_string!(i18n, forms.whole_file).to_owned() } else { name };
        view! {
            <tbody>
                <tr class="forms-sheet"><th colspan="3" scope="rowgroup">{name}</th></tr>
                {rows}
            </tbody>
        }
    });
    let sheets = sheets.collect_view();
    let class = if is_error { "c-card forms-flaws bad" } else { "c-card forms-flaws warn" };
    view! {
        <section class=class>
            <header class="c-card-head">
                <h2>{move || if is_error { text!(i18n, forms.errors_n, n = count) } else { text!(i18n, forms.warnings_n, n = count) }}</h2>
            </header>
            <table class="c-table">
                <thead><tr>
                    <th scope="col" class="gutter">{t!(i18n, forms.row)}</th>
                    <th scope="col">{t!(i18n, forms.column)}</th>
                    <th scope="col">{t!(i18n, forms.what)}</th>
                </tr></thead>
                {sheets}
            </table>
        </section>
    }
}

#[component]
fn FlawRow(flaw: FlawLine, is_error: bool) -> impl IntoView {
    let i18n = use_i18n();
    let FlawLine { topic, row, column, node, message, message_zh, meant, expression, position, .. } = flaw;
    let class = if is_error { "c-why bad" } else { "c-why warn" };
    let said = move || topic_words(i18n, topic).map(|words| view! { <b class=class>{words}</b> });
    let sentence = live(move || if i18n.get_locale() == Locale::zh { message_zh.clone() } else { message.clone() });
    // The expression with the place where it goes wrong.
    let expression = expression.map(|source| {
        let at = position.unwrap_or(usize::MAX);
        let before: String = source.chars().take(at).collect();
        let rest: String = source.chars().skip(at).collect();
        view! { <code class="forms-expression">{before}{(!rest.is_empty()).then(|| view! { <mark>{rest}</mark> })}</code> }
    });
    view! {
        <tr>
            <td class="gutter">{row.map(|n| n.to_string())}</td>
            <td><code>{column.or(node)}</code></td>
            <td>
                {said}
                <span class=if topic == Topic::Other { class } else { "forms-detail" }>{sentence}</span>
                {expression}
                {meant.map(|meant| view! { <span class="forms-meant">{move || text!(i18n, forms.meant, meant = meant.as_str())}</span> })}
            </td>
        </tr>
    }
}

#[component]
fn Differences(found: Vec<Difference>, beside: String, different: u32, matter: u32) -> impl IntoView {
    let i18n = use_i18n();
    let shown = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let rows = move || {
        let rows = found.iter().map(|d| {
            let matters = d.effect == Effect::Matters;
            let language = if d.language.is_empty() { String::new() } else { format!(" ({})", d.language) };
            let label = called(i18n, &d.label);
            let path = d.reference.trim_start_matches('/').split_once('/').map(|(_, path)| path.to_owned());
            view! {
                <tr class:matters=matters>
                    <th scope="row">{label}<small class="c-muted">{path}</small></th>
                    <td>{what_words(i18n, d.what)}{language}{matters.then(|| view! { <span class="c-tag warn">{t_string!(i18n, forms.matters)}</span> })}</td>
                    <td class="c-muted">{(!d.before.is_empty()).then(|| view! { <s>{d.before.clone()}</s> })}</td>
                    <td>{d.after.clone()}</td>
                </tr>
            }
        });
        rows.collect_view()
    };
    view! {
        <section class="c-card forms-differences">
            <header class="c-card-head"><h2>{move || text!(i18n, forms.differences, beside = beside.as_str())}</h2></header>
            {if different == 0 {
                view! { <p class="c-nothing good">{t!(i18n, forms.same)}</p> }
            } else {
                view! {
                    <p class="c-muted">{move || text!(i18n, forms.differences_n, n = different, matter = matter)}</p>
                    <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, forms.compare)>
                        <table class="c-table">
                            <thead><tr>
                                <th scope="col">{t!(i18n, forms.question)}</th>
                                <th scope="col">{t!(i18n, forms.what)}</th>
                                <th scope="col">{t!(i18n, import.before)}</th>
                                <th scope="col">{t!(i18n, import.after)}</th>
                            </tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                    {(different > shown).then(|| view! { <p class="c-muted">{move || text!(i18n, import.first_changes, n = shown)}</p> })}
                }
            }}
        </section>
    }
}
