//! What an import would do: every row accounted for, every change in words. And what it did, or why nothing.

use huce_core::ipc::{
    CallError,
    console::{ImportChange, ImportCounts, ImportState, RejectedRow},
};

use super::{
    super::figures::grouped,
    wording::{column, reason, refusal, value},
};
use crate::{
    form::text,
    i18n::*,
    parts::{Icon, Sign},
    prelude::*,
    router::to,
};

/// Look, then apply.
#[component]
pub fn Preview(
    /// What the server found.
    state: ImportState,
    /// The answer to "apply" is on its way.
    applying: RwSignal<bool>,
    /// Another file.
    on_back: Callback<()>,
    /// Do it.
    on_apply: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let counts = state.counts.unwrap_or_default();
    let to_do = counts.new + counts.changed;
    let import = state.import;
    let file = state.file.clone();
    view! {
        <section class="c-card import-result">
            <div class="import-result-text">
                <h2>{move || match to_do {
                    0 => t_string!(i18n, import.nothing_to_do).to_string(),
                    _ => text!(i18n, import.would_do, new = grouped(counts.new), changed = grouped(counts.changed)),
                }}</h2>
                <p class="c-muted">{file}" · "{t!(i18n, import.nothing_yet)}</p>
            </div>
            <div class="import-actions">
                <button type="button" class="btn" on:click=move |_| on_back.run(())>{t!(i18n, import.other_file)}</button>
                {(to_do > 0).then(|| view! {
                    <button type="button" class="btn big primary" disabled=move || applying.get() on:click=move |_| on_apply.run(())>
                        {move || text!(i18n, import.apply, n = grouped(to_do))}
                    </button>
                })}
            </div>
        </section>
        <Counts counts/>
        <div class="import-tables">
            <Rejected rows=state.rejected counts import/>
            <Changes changes=state.changes counts/>
        </div>
    }
}

/// The figures: rows = households + exact + conflicting + unusable; households = new + changed + unchanged.
#[component]
fn Counts(counts: ImportCounts) -> impl IntoView {
    let i18n = use_i18n();
    let figure = move |number: u64, label: String, tone: &'static str| {
        let class = if number == 0 { "import-count none".to_owned() } else { format!("import-count {tone}") };
        view! { <li class=class><b>{grouped(number)}</b><span>{label}</span></li> }
    };
    view! {
        <section class="c-card import-counts">
            <div>
                <h3>{move || text!(i18n, import.rows_n, n = grouped(counts.rows))}</h3>
                <ul>{move || [
                    figure(counts.households, text!(i18n, import.households), "good"),
                    figure(counts.exact_duplicates, text!(i18n, import.exact_duplicates), ""),
                    figure(counts.conflicting_duplicates, text!(i18n, import.conflicting_duplicates), "warn"),
                    figure(counts.unusable, text!(i18n, import.unusable), "bad"),
                ].into_view()}</ul>
            </div>
            <div>
                <h3>{move || text!(i18n, import.households_n, n = grouped(counts.households))}</h3>
                <ul>{move || [
                    figure(counts.new, text!(i18n, import.new), "good"),
                    figure(counts.changed, text!(i18n, import.changed), "warn"),
                    figure(counts.unchanged, text!(i18n, import.unchanged), ""),
                    figure(counts.repaired, text!(i18n, import.repaired), ""),
                ].into_view()}</ul>
            </div>
            {(counts.missing > 0).then(|| view! {
                <p class="c-said warn"><Icon sign=Sign::Warning/><span>{move || text!(i18n, import.missing, n = grouped(counts.missing))}</span></p>
            })}
        </section>
    }
}

#[component]
fn Rejected(rows: Vec<RejectedRow>, counts: ImportCounts, import: u64) -> impl IntoView {
    let i18n = use_i18n();
    let all = counts.exact_duplicates + counts.conflicting_duplicates + counts.unusable;
    let shown = rows.len() as u64;
    let tone = |why: &str| match why {
        "exact_duplicate" => "",
        "conflicting_duplicate" => "warn",
        _ => "bad",
    };
    let rows = StoredValue::new(rows);
    view! {
        <section class="c-card import-table">
            <header class="c-card-head">
                <h2>{move || text!(i18n, import.rejected_n, n = grouped(all))}</h2>
                {(all > 0).then(|| view! {
                    <a class="btn" href=format!("/api/import/{import}/rejected.xlsx") download rel="external">
                        <Icon sign=Sign::Import/><span>{t!(i18n, import.download)}</span>
                    </a>
                })}
            </header>
            {if all == 0 {
                view! { <p class="c-nothing good">{t!(i18n, import.all_rows_in)}</p> }.into_any()
            } else {
                view! {
                    <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, import.rejected)>
                        <table class="c-table">
                            <thead><tr>
                                <th scope="col" class="number">{t!(i18n, import.row)}</th>
                                <th scope="col">{t!(i18n, import.column)}</th>
                                <th scope="col">{t!(i18n, import.reason)}</th>
                                <th scope="col">{t!(i18n, import.address)}</th>
                            </tr></thead>
                            <tbody>{move || rows.with_value(|rows| rows.iter().map(|row| view! {
                                <tr>
                                    <td class="number"><b>{row.row}</b></td>
                                    <td>{row.column.clone()}</td>
                                    <td class="wide"><span class=format!("c-why {}", tone(&row.why))>{reason(i18n, row)}</span></td>
                                    <td class="c-muted">{row.address.clone()}</td>
                                </tr>
                            }).collect_view())}</tbody>
                        </table>
                    </div>
                    {(all > shown).then(|| view! { <p class="c-muted">{move || text!(i18n, import.first_shown, n = grouped(shown), all = grouped(all))}</p> })}
                }.into_any()
            }}
        </section>
    }
}

#[component]
fn Changes(changes: Vec<ImportChange>, counts: ImportCounts) -> impl IntoView {
    let i18n = use_i18n();
    // Changed fields first: what is new is what one expects of an import.
    let (fields, new): (Vec<_>, Vec<_>) = changes.into_iter().partition(|c| c.field.is_some());
    let sorted = StoredValue::new([fields, new].concat());
    let is_none = counts.new + counts.changed == 0;
    view! {
        <section class="c-card import-table">
            <header class="c-card-head"><h2>{t!(i18n, import.changes)}</h2></header>
            {if is_none {
                view! { <p class="c-nothing">{t!(i18n, import.no_changes)}</p> }.into_any()
            } else {
                view! {
                    <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, import.changes)>
                        <table class="c-table">
                            <thead><tr>
                                <th scope="col">{t!(i18n, import.address)}</th>
                                <th scope="col">{t!(i18n, import.what)}</th>
                                <th scope="col">{t!(i18n, import.before)}</th>
                                <th scope="col">{t!(i18n, import.after)}</th>
                            </tr></thead>
                            <tbody>{move || sorted.with_value(|all| all.iter().map(|change| match &change.field {
                                Some((field, old, new)) => view! {
                                    <tr>
                                        <td>{change.address.clone()}</td>
                                        <td>{column(i18n, field)}</td>
                                        <td class="c-muted"><s>{value(i18n, field, old)}</s></td>
                                        <td><b>{value(i18n, field, new)}</b></td>
                                    </tr>
                                }.into_any(),
                                None => view! {
                                    <tr><td>{change.address.clone()}</td><td colspan="3"><span class="c-tag good">{t_string!(i18n, import.new_household)}</span></td></tr>
                                }.into_any(),
                            }).collect_view())}</tbody>
                        </table>
                    </div>
                    {move || (sorted.with_value(Vec::len) >= 200).then(|| view! { <p class="c-muted">{text!(i18n, import.first_changes, n = 200)}</p> })}
                }.into_any()
            }}
        </section>
    }
}

/// It is done.
#[component]
pub fn Applied(
    /// What was done.
    state: ImportState,
    /// Another file.
    on_back: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let counts = state.counts.unwrap_or_default();
    let import = state.import;
    let left_out = counts.rows.saturating_sub(counts.households);
    view! {
        <section class="c-card import-done" role="status">
            <Icon sign=Sign::Check/>
            <h2>{move || text!(i18n, import.done, new = grouped(counts.new), changed = grouped(counts.changed))}</h2>
            <p class="c-muted">{state.file.clone()}" · "{move || text!(i18n, import.unchanged_n, n = grouped(counts.unchanged))}</p>
            {(left_out > 0).then(|| view! {
                <p class="c-said warn"><Icon sign=Sign::Warning/>
                    <span>{move || text!(i18n, import.left_out, n = grouped(left_out))}" "
                        <a class="c-link" href=format!("/api/import/{import}/rejected.xlsx") download rel="external">{t!(i18n, import.download)}</a></span>
                </p>
            })}
            <div class="import-actions">
                <button type="button" class="btn" on:click=move |_| on_back.run(())>{t!(i18n, import.other_file)}</button>
                <a class="btn big primary" href=to("/buildings")>{t!(i18n, import.to_buildings)}</a>
            </div>
        </section>
    }
}

/// Nothing was imported, and why.
#[component]
pub fn Refused(
    /// The file's name.
    file: String,
    /// Why.
    error: CallError,
    /// Another file.
    on_back: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let words = Memo::new(move |_| refusal(i18n, &error));
    view! {
        <section class="c-card import-refused" role="alert">
            <Icon sign=Sign::Warning/>
            <div>
                <h2>{move || words.get().0}</h2>
                {(!file.is_empty()).then(|| view! { <p class="c-muted">{file}</p> })}
                <p>{move || words.get().1}</p>
                <p><b>{t!(i18n, import.what_to_do)}</b>" "{move || words.get().2}</p>
                <p class="c-muted">{t!(i18n, import.kept)}</p>
            </div>
            <button type="button" class="btn big primary" on:click=move |_| on_back.run(())>{t!(i18n, import.other_file)}</button>
        </section>
    }
}
