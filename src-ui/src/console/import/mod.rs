//! The import of a household register: choose a file → it is sent, with progress → it is read, with progress → look
//! at what would happen → apply → done. Nothing is written before "apply", and there is a way back at each step. The
//! import's number stands in the address, so that a page that is loaded again goes on where it was.

mod choose;
mod preview;
mod wording;

use std::time::Duration;

use huce_core::{
    ipc::{
        CallError, Code,
        console::{ApplyImport, ImportStage, ImportState, ImportStatus},
    },
    register::{
        Lang, file_error_text,
        table::{FileError, MAX_FILE_BYTES},
    },
};
use leptos::task::spawn_local;
use web_sys::File;

use super::upload::{Sending, Shape};
use crate::{address, backend, form::text, i18n::*, prelude::*, reply, router::to};
use choose::Choose;
use preview::{Applied, Preview, Refused};

const UPLOAD: &str = "/api/import/upload";
/// How often the server is asked how far it is.
const ASK_EVERY: Duration = Duration::from_millis(400);

/// How far the import is.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// A file is to be chosen.
    Choose,
    /// Its bytes are sent: name, part that has been sent.
    Sending(String, f64),
    /// The server works on it, or has something to show.
    At(Box<ImportState>),
    /// It did not work: with what file, why.
    Refused(String, CallError),
}

impl Step {
    fn of(state: ImportState) -> Self {
        match (state.stage, state.error.clone()) {
            (ImportStage::Failed, error) => Self::Refused(
                state.file,
                error.unwrap_or_else(|| CallError::new(Code::Internal).with("what", "import")),
            ),
            _ => Self::At(Box::new(state)),
        }
    }
}

/// The page.
#[component]
pub fn ImportPage() -> impl IntoView {
    let i18n = use_i18n();
    let step = RwSignal::new(Step::Choose);
    let sending = StoredValue::new_local(None::<Sending>);
    let applying = RwSignal::new(false);
    let follow = move |state: ImportState| {
        let working = matches!(state.stage, ImportStage::Reading | ImportStage::Applying);
        let import = state.import;
        if step.try_set(Step::of(state)).is_none() && working {
            set_timeout(move || ask(step, import), ASK_EVERY);
        }
    };
    let back = move |()| {
        sending.set_value(None);
        step.set(Step::Choose);
        address::rename(&to("/import"));
    };
    let take = move |file: File| {
        let name = file.name();
        let bytes = file.size();
        if bytes > MAX_FILE_BYTES as f64 {
            step.set(Step::Refused(name, too_large(bytes as u64)));
            return;
        }
        step.set(Step::Sending(name.clone(), 0.0));
        let shown = name.clone();
        let progress = move |sent: f64| {
            let _left = step.try_update(|s| {
                if let Step::Sending(_, part) = s {
                    *part = sent;
                }
            });
        };
        let refused = name.clone();
        let read = |text: String| reply::read::<ImportState>(&text).map_err(|_| CallError::new(Code::NotHuce));
        let done = move |answered: Result<String, CallError>| match answered.and_then(read) {
            Ok(state) => {
                address::rename(&to(format!("/import?n={}", state.import)));
                follow(state);
            }
            Err(error) => drop(step.try_set(Step::Refused(refused.clone(), error))),
        };
        match Sending::begin(UPLOAD, Shape::Form, std::slice::from_ref(&file), progress, done) {
            Ok(begun) => sending.set_value(Some(begun)),
            Err(error) => step.set(Step::Refused(shown, error)),
        }
    };
    let apply = move |import: u64| {
        applying.set(true);
        spawn_local(async move {
            let answered = backend::call(ApplyImport { import }).await;
            let _left = applying.try_set(false);
            match answered {
                Ok(state) => follow(state),
                Err(error) => drop(step.try_set(Step::Refused(String::new(), error))),
            }
        });
    };
    // Loaded again, or come back to.
    if let Some(import) = address::query("n").and_then(|n| n.parse().ok()) {
        ask(step, import);
    }
    on_cleanup(move || drop(sending.try_set_value(None)));
    let view_of = Memo::new(move |_| step.get());
    view! {
        <div class="c-sheet import-page">
            <header class="c-head">
                <h1>{t!(i18n, import.title)}</h1>
                <Steps step=view_of/>
            </header>
            {move || match view_of.get() {
                Step::Choose => view! { <Choose on_file=Callback::new(take)/> }.into_any(),
                Step::Sending(file, part) => view! { <Progress title=text!(i18n, import.sending) file part=Some(part) on_back=Callback::new(back) back=t_string!(i18n, import.cancel).to_string()/> }.into_any(),
                Step::Refused(file, error) => view! { <Refused file error on_back=Callback::new(back)/> }.into_any(),
                Step::At(state) => match state.stage {
                    ImportStage::Reading => view! {
                        <Progress title=text!(i18n, import.reading) file=state.file.clone() part=part_of(state.progress)
                            on_back=Callback::new(back) back=text!(i18n, import.cancel)/>
                    }.into_any(),
                    ImportStage::Applying => view! {
                        <Progress title=text!(i18n, import.applying) file=state.file.clone() part=part_of(state.progress)
                            on_back=Callback::new(back) back=String::new()/>
                    }.into_any(),
                    ImportStage::Done => view! { <Applied state=*state on_back=Callback::new(back)/> }.into_any(),
                    ImportStage::Preview | ImportStage::Failed => {
                        let import = state.import;
                        view! { <Preview state=*state applying on_back=Callback::new(back) on_apply=Callback::new(move |()| apply(import))/> }.into_any()
                    }
                },
            }}
        </div>
    }
}

/// Asks how far an import is, until there is something to look at. What was left stops asking.
fn ask(step: RwSignal<Step>, import: u64) {
    spawn_local(async move {
        let answered = backend::call(ImportStatus { import }).await;
        // Another file was chosen meanwhile, or the page was left.
        let is_other = step.try_get_untracked().is_none_or(|s| match s {
            Step::At(state) => state.import != import,
            Step::Choose => false,
            _ => true,
        });
        if is_other {
            return;
        }
        match answered {
            Ok(state) => {
                let working = matches!(state.stage, ImportStage::Reading | ImportStage::Applying);
                step.set(Step::of(state));
                if working {
                    set_timeout(move || ask(step, import), ASK_EVERY);
                }
            }
            // The server goes on without us; it is asked again.
            Err(error) if error.code == Code::Offline => set_timeout(move || ask(step, import), ASK_EVERY * 5),
            // A restart forgets previews: begin anew.
            Err(error) if error.code == Code::NotFound => step.set(Step::Choose),
            Err(error) => step.set(Step::Refused(String::new(), error)),
        }
    });
}

fn too_large(bytes: u64) -> CallError {
    let error = FileError::TooLarge { bytes, limit_bytes: MAX_FILE_BYTES };
    CallError::new(Code::BadFile)
        .with("why", "too_large")
        .with("zh", file_error_text(&error, Lang::Zh))
        .with("en", file_error_text(&error, Lang::En))
}

fn part_of((done, all): (u64, u64)) -> Option<f64> {
    (all > 0).then(|| done as f64 / all as f64)
}

/// The four steps, and which one it is.
#[component]
fn Steps(step: Memo<Step>) -> impl IntoView {
    let i18n = use_i18n();
    let at = move || match step.get() {
        Step::Choose | Step::Refused(..) => 0,
        Step::Sending(..) => 1,
        Step::At(state) => match state.stage {
            ImportStage::Reading | ImportStage::Failed => 1,
            ImportStage::Preview => 2,
            ImportStage::Applying | ImportStage::Done => 3,
        },
    };
    let names = move || {
        [
            t_string!(i18n, import.step_choose),
            t_string!(i18n, import.step_read),
            t_string!(i18n, import.step_look),
            t_string!(i18n, import.step_apply),
        ]
    };
    view! {
        <ol class="c-steps">
            {move || names().into_iter().enumerate().map(|(i, name)| view! {
                <li class:on=i == at() class:past=i < at() aria-current=(i == at()).then_some("step")><b>{i + 1}</b>{name}</li>
            }).collect_view()}
        </ol>
    }
}

/// A bar: the part that is done, or that something is done where nobody knows how much.
#[component]
fn Progress(
    title: String,
    file: String,
    part: Option<f64>,
    on_back: Callback<()>,
    /// What the way back says; none where there is none (events are being written).
    back: String,
) -> impl IntoView {
    let percent = part.map(|p| (p.clamp(0.0, 1.0) * 100.0).round());
    view! {
        <section class="c-card import-progress">
            <h2>{title.clone()}</h2>
            <p class="c-muted">{file}</p>
            <div class="import-bar">
                <progress max="100" value=percent.map(|p| p.to_string()) aria-label=title></progress>
                <b>{percent.map(|p| format!("{p:.0}%"))}</b>
            </div>
            {(!back.is_empty()).then(|| view! {
                <button type="button" class="btn" on:click=move |_| on_back.run(())>{back}</button>
            })}
        </section>
    }
}
