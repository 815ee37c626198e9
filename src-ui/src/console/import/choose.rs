//! Where a file is put in: dropped, or chosen.

use leptos::{ev, html};
use web_sys::File;

use crate::{
    i18n::*,
    parts::{Icon, Sign},
    prelude::*,
};

/// The place.
#[component]
pub fn Choose(
    /// A file is there.
    on_file: Callback<File>,
) -> impl IntoView {
    let i18n = use_i18n();
    let input = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let open = move || {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|d| d.files()).and_then(|files| files.get(0)) {
            on_file.run(file);
        }
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            on_file.run(file);
        }
    };
    view! {
        <section class="c-card import-drop" class:over=move || over.get()
            on:dragover=move |e: ev::DragEvent| { e.prevent_default(); over.set(true) }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped>
            <Icon sign=Sign::Import/>
            <h2>{move || if over.get() { t_string!(i18n, import.drop_now) } else { t_string!(i18n, import.drop) }}</h2>
            <p class="c-muted">{t!(i18n, import.drop_hint)}</p>
            <input node_ref=input class="visually-hidden" type="file" tabindex="-1" name="register"
                accept=".xlsx,.xlsm,.csv,.tsv,.txt,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                aria-label=t!(i18n, import.choose) on:change=chosen/>
            <button type="button" class="btn big primary" on:click=move |_| open()>{t!(i18n, import.choose)}</button>
        </section>
        <section class="import-about">
            <div><h3>{t!(i18n, import.about_columns)}</h3><p>{t!(i18n, import.about_columns_text)}</p></div>
            <div><h3>{t!(i18n, import.about_rows)}</h3><p>{t!(i18n, import.about_rows_text)}</p></div>
            <div><h3>{t!(i18n, import.about_again)}</h3><p>{t!(i18n, import.about_again_text)}</p></div>
        </section>
    }
}
