//! A tablet's work that came as a file: it is handed to the server, and the receipts go back to the tablet as a file.

use huce_core::ipc::{CallError, Code};
use leptos::html;
use serde::Deserialize;
use serde_json::value::RawValue;
use web_sys::File;

use crate::{
    console::{
        save::save,
        upload::{Sending, Shape},
    },
    error::error_texts,
    i18n::*,
    parts::{Icon, Sign},
    prelude::*,
};

const IMPORT: &str = "/api/bundle/import";

/// What came of it.
#[derive(Clone, Deserialize)]
struct Imported {
    taken: Taken,
    /// Signed: kept letter by letter.
    receipts: Box<RawValue>,
}

#[derive(Clone, Deserialize)]
struct Taken {
    stored: u64,
    had: u64,
    refused: u64,
    photos: u64,
}

#[derive(Clone)]
enum Stage {
    Waiting,
    Sending(f64),
    /// What came of the file with this name.
    Done(String, Imported),
    Refused(CallError),
}

/// The card.
#[component]
pub fn BundleImport() -> impl IntoView {
    let i18n = use_i18n();
    let input = NodeRef::<html::Input>::new();
    let stage = RwSignal::new_local(Stage::Waiting);
    let sending = StoredValue::new_local(None::<Sending>);
    let take = move |file: File| {
        stage.set(Stage::Sending(0.0));
        let name = file.name();
        let progress = move |part: f64| drop(stage.try_set(Stage::Sending(part)));
        // Not by `reply::read`, which does not keep a part letter by letter.
        let read = |text: String| serde_json::from_str::<Imported>(&text).map_err(|_| CallError::new(Code::NotHuce));
        let done = move |answered: Result<String, CallError>| {
            drop(stage.try_set(match answered.and_then(read) {
                Ok(imported) => Stage::Done(name.clone(), imported),
                Err(error) => Stage::Refused(error),
            }));
        };
        match Sending::begin(IMPORT, Shape::Bytes, std::slice::from_ref(&file), progress, done) {
            Ok(begun) => sending.set_value(Some(begun)),
            Err(error) => stage.set(Stage::Refused(error)),
        }
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            take(file);
        }
        // The same file again is a change too.
        input.set_value("");
    };
    on_cleanup(move || drop(sending.try_set_value(None)));
    view! {
        <section class="c-card bundle-import">
            <div>
                <h2>{t!(i18n, people.bundle)}</h2>
                <p class="c-muted">{t!(i18n, people.bundle_what)}</p>
                {move || match stage.get() {
                    Stage::Waiting => ().into_any(),
                    Stage::Sending(part) => view! {
                        <p role="status">{t_string!(i18n, people.bundle_sending, percent = format!("{:.0}", part * 100.0))}</p>
                    }.into_any(),
                    Stage::Refused(error) => {
                        let (title, text) = error_texts(i18n, &error);
                        view! { <p class="error-line" role="alert">{title}"。"{text}</p> }.into_any()
                    }
                    Stage::Done(name, Imported { taken, receipts }) => view! {
                        <p class="error-line good" role="status">
                            {t_string!(i18n, people.bundle_taken, stored = taken.stored, had = taken.had, photos = taken.photos, refused = taken.refused)}
                        </p>
                        <button type="button" class="btn primary" on:click=move |_| save(&format!("{name}.receipts"), receipts.get())>
                            {t!(i18n, people.bundle_receipts)}
                        </button>
                    }.into_any(),
                }}
            </div>
            <input node_ref=input class="visually-hidden" type="file" tabindex="-1" name="bundle" accept=".huce"
                aria-label=t!(i18n, people.bundle_choose) on:change=chosen/>
            <button type="button" class="btn" disabled=move || matches!(stage.get(), Stage::Sending(_))
                on:click=move |_| if let Some(input) = input.get_untracked() { input.click() }>
                <Icon sign=Sign::Import/><span>{t!(i18n, people.bundle_choose)}</span>
            </button>
        </section>
    }
}
