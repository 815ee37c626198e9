//! Forms, as the office writes them: a workbook is dropped → what is wrong with it, in place → what is different from
//! the version in use → tried in the tablet's own screens ([`crate::trial`]) → published. And the list of forms, where one is retired or
//! an older version published again. Nothing reaches a tablet before "publish". The workbook's hash stands in the
//! address, so that a page that is loaded again shows the same.

mod check;
mod list;
mod wording;

use huce_core::ipc::{
    CallError, Changed, Code,
    form::{CheckForm, CheckedForm, Forms},
};
use leptos::{ev, html, task::spawn_local};
use web_sys::{File, FileList};

use super::{
    shown::Shown,
    upload::{Sending, Shape},
};
use crate::{
    address, backend,
    form::text,
    i18n::*,
    load::load,
    pages::say::say,
    parts::{Icon, Sign},
    prelude::*,
    reply,
    router::to,
};
use check::Check;
use list::List;

const UPLOAD: &str = "/api/form";
/// What tablets take; the server says the same.
const MAX_FORM_BYTES: f64 = (16 << 20) as f64;

/// How far it is.
#[derive(Clone)]
enum Step {
    /// The forms, and a place to drop another.
    List,
    /// A file is sent and read: its name, the part that has been sent.
    Sending(String, f64),
    /// It did not work: with what file, why.
    Refused(String, CallError),
    /// What was found.
    Looked(Box<CheckedForm>),
}

/// The page.
#[component]
pub fn FormsPage() -> impl IntoView {
    let i18n = use_i18n();
    let forms = load(&[Changed::Session], || Forms {});
    let step = RwSignal::new_local(Step::List);
    let sending = StoredValue::new_local(None::<Sending>);
    let show = move |found: CheckedForm| {
        address::rename(&to(format!("/forms?w={}", found.hash)));
        drop(step.try_set(Step::Looked(Box::new(found))));
    };
    let back = Callback::new(move |()| {
        sending.set_value(None);
        step.set(Step::List);
        address::rename(&to("/forms"));
    });
    let look = Callback::new(move |hash: String| {
        spawn_local(async move {
            match backend::call(CheckForm { hash }).await {
                Ok(found) => show(found),
                // Forgotten after a day.
                Err(error) if error.code == Code::NotFound => drop(step.try_set(Step::List)),
                Err(error) => drop(step.try_set(Step::Refused(String::new(), error))),
            }
        });
    });
    let take = Callback::new(move |files: Vec<File>| {
        let name = files.iter().map(File::name).collect::<Vec<_>>().join(", ");
        if files.iter().map(|file| file.size()).sum::<f64>() > MAX_FORM_BYTES {
            step.set(Step::Refused(name, CallError::new(Code::BadFile).with("why", "too_large")));
            return;
        }
        step.set(Step::Sending(name.clone(), 0.0));
        let progress = move |sent: f64| {
            let _left = step.try_update(|s| {
                if let Step::Sending(_, part) = s {
                    *part = sent;
                }
            });
        };
        let read = |text: String| reply::read::<CheckedForm>(&text).map_err(|_| CallError::new(Code::NotHuce));
        let named = name.clone();
        let done = move |answered: Result<String, CallError>| match answered.and_then(read) {
            Ok(found) => show(found),
            Err(error) => drop(step.try_set(Step::Refused(named.clone(), error))),
        };
        match Sending::begin(UPLOAD, Shape::Form, &files, progress, done) {
            Ok(begun) => sending.set_value(Some(begun)),
            Err(error) => step.set(Step::Refused(name, error)),
        }
    });
    // Loaded again, come back to, or left by the way that leads to the list.
    Effect::new(move |_| {
        let wanted = address::followed_query("w");
        let shown = step.with_untracked(|s| match s {
            Step::Looked(found) => Some(found.hash.clone()),
            _ => None,
        });
        match wanted {
            Some(hash) if shown.as_ref() != Some(&hash) => look.run(hash),
            None if shown.is_some() => step.set(Step::List),
            _ => {}
        }
    });
    on_cleanup(move || drop(sending.try_set_value(None)));
    view! {
        <div class="c-sheet forms-page">
            {move || match step.get() {
                Step::List => view! {
                    <header class="c-head"><h1>{t!(i18n, forms.title)}</h1></header>
                    <Drop on_files=take/>
                    <Shown of=forms lines=8 let:answer><List answer forms look/></Shown>
                },
                Step::Sending(name, part) => view! {
                    <section class="c-card import-progress" role="status">
                        <h2>{if part < 1.0 { t_string!(i18n, forms.sending) } else { t_string!(i18n, forms.reading) }}</h2>
                        <p class="c-muted">{name}</p>
                        <div class="import-bar"><progress max="100" value=(part < 1.0).then(|| format!("{:.0}", part * 100.0))
                            aria-label=t!(i18n, forms.sending)></progress></div>
                        <button type="button" class="btn" on:click=move |_| back.run(())>{t!(i18n, import.cancel)}</button>
                    </section>
                },
                Step::Refused(name, error) => view! { <Refused name error back/> },
                Step::Looked(found) => view! { <Check found=*found forms back look take/> },
            }}
        </div>
    }
}

/// Where a workbook is put in, with the files that it names: dropped, or chosen.
#[component]
fn Drop(on_files: Callback<Vec<File>>) -> impl IntoView {
    let i18n = use_i18n();
    let over = RwSignal::new(false);
    let dropped = move |event: ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        give(event.data_transfer().and_then(|d| d.files()), on_files);
    };
    view! {
        <section class="c-card import-drop forms-drop" class:over=move || over.get()
            on:dragover=move |e: ev::DragEvent| { e.prevent_default(); over.set(true) }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped>
            <Icon sign=Sign::Import/>
            <div>
                <h2>{move || if over.get() { t_string!(i18n, import.drop_now) } else { t_string!(i18n, forms.drop) }}</h2>
                <p class="c-muted">{t!(i18n, forms.drop_hint)}</p>
            </div>
            <ChooseFile on_files/>
        </section>
    }
}

/// Hands the chosen files on, if there are any.
fn give(files: Option<FileList>, to: Callback<Vec<File>>) {
    let files: Vec<File> =
        files.map(|all| (0..all.length()).filter_map(|at| all.get(at)).collect()).unwrap_or_default();
    if !files.is_empty() {
        to.run(files);
    }
}

/// The button that opens the browser's list of files.
#[component]
fn ChooseFile(
    on_files: Callback<Vec<File>>,
    /// Instead of the one that is shown.
    #[prop(optional)]
    again: bool,
) -> impl IntoView {
    let i18n = use_i18n();
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        give(input.files(), on_files);
        // The same file again, mended meanwhile, is a change too.
        input.set_value("");
    };
    view! {
        <input node_ref=input class="visually-hidden" type="file" multiple tabindex="-1" name="form"
            aria-label=t!(i18n, forms.choose) on:change=chosen/>
        <button type="button" class=if again { "btn" } else { "btn big primary" }
            on:click=move |_| if let Some(input) = input.get_untracked() { input.click() }>
            {move || if again { t_string!(i18n, forms.other_file) } else { t_string!(i18n, forms.choose) }}
        </button>
    }
}

/// The file is no form, or something else kept it from being read.
#[component]
fn Refused(name: String, error: CallError, back: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let why = error.params.iter().find(|(name, _)| name == "why").map(|(_, why)| why.clone()).unwrap_or_default();
    let words = move || match (error.code, why.as_str()) {
        (Code::BadFile, "too_large" | "unpacks_too_large") => t_string!(i18n, forms.too_large).to_owned(),
        (Code::BadFile, "several_forms") => t_string!(i18n, forms.several_forms).to_owned(),
        (Code::BadFile, "two_of_one_name") => t_string!(i18n, forms.two_of_one_name).to_owned(),
        (Code::BadFile, _) => t_string!(i18n, forms.no_workbook).to_owned(),
        _ => say(i18n, &error),
    };
    view! {
        <section class="c-card import-refused" role="alert">
            <Icon sign=Sign::Warning/>
            <div>
                <h2>{t!(i18n, forms.refused)}</h2>
                <p class="c-muted">{name}</p>
                <p>{words}</p>
                <p class="c-muted">{t!(i18n, forms.nothing_changed)}</p>
            </div>
            <button type="button" class="btn big primary" on:click=move |_| back.run(())>{t!(i18n, forms.other_file)}</button>
        </section>
    }
}

/// What something is called, in the language of the page.
fn called(i18n: I18n, title: &(String, String)) -> String {
    let (own, other) = match i18n.get_locale() {
        Locale::zh => (&title.0, &title.1),
        Locale::en => (&title.1, &title.0),
    };
    if own.is_empty() { other.clone() } else { own.clone() }
}

/// `第 3 版`, or the beginning of the hash where the author does not count.
fn version_words(i18n: I18n, version: &str, hash: &str) -> String {
    if version.is_empty() { hash.chars().take(8).collect() } else { text!(i18n, forms.version_n, n = version) }
}
