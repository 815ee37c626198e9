//! A form is tried in the tablet's own screens, on a page and in a bundle of its own (`/try/HASH`): the console loads
//! the screens of forms only when somebody tries one. Everything that was done is here and goes along with each step;
//! the server does it all again and keeps nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use huce_core::{
    form::{FormView, Step},
    ids::{DraftId, FormId, HouseholdId},
    ipc::{
        CallError, Code,
        form::{FindTryChoices, Trial, TryForm},
        session::Place,
        visit::{FoundChoices, Kept, VisitDraft},
    },
};

use leptos::task::spawn_local;

use crate::{
    address, backend,
    form::{
        Filling, FormFrame,
        keeper::{Behind, Pending},
        locale_code, text,
    },
    i18n::*,
    pages::say::say,
    prelude::*,
    router::Side,
};

/// What was done.
#[derive(Clone)]
struct Tried(Arc<Mutex<Trial>>);

impl Tried {
    fn done(&self) -> MutexGuard<'_, Trial> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was done, and perhaps one step more.
    fn with(&self, step: Option<&Step>) -> Trial {
        let mut trial = self.done().clone();
        trial.steps.extend(step.cloned());
        trial
    }
}

impl Behind for Tried {
    fn keep(&self, step: Option<Step>, _: Option<String>) -> Pending<Kept> {
        let tried = self.clone();
        Box::pin(async move {
            let Some(step) = step else { return Ok(Kept { kept_ms: 0, change: Default::default() }) };
            let reply = backend::call(TryForm { trial: tried.with(Some(&step)), whole: false }).await?;
            tried.done().steps.push(step);
            Ok(Kept { kept_ms: reply.begun_ms, change: reply.change })
        })
    }

    fn anew(&self) -> Pending<FormView> {
        let tried = self.clone();
        Box::pin(async move {
            let reply = backend::call(TryForm { trial: tried.with(None), whole: true }).await?;
            reply.change.view.ok_or_else(|| CallError::new(Code::NotHuce))
        })
    }

    fn find_choices(&self, reference: String, text: String, skip: usize) -> Pending<FoundChoices> {
        Box::pin(backend::call(FindTryChoices { trial: self.with(None), reference, text, skip }))
    }

    fn file_url(&self, name: &str) -> String {
        backend::form_file_url(&self.done().hash, name)
    }

    fn is_trial(&self) -> bool {
        true
    }
}

/// The page. Whoever is not signed in finds the way to the console.
pub const TRIAL: Side = Side {
    place: Place::Console,
    door: || view! { <main class="alone"><a class="btn big primary" href="/console" rel="external">"户策"</a></main> },
    pages: || view! { <TrialPage/> },
};

/// Opens a form to be tried.
async fn begin(hash: String, language: &str) -> Result<Filling, CallError> {
    let broken = || CallError::new(Code::Internal).with("what", "trial");
    let mut trial = Trial { hash, language: Some(language.to_owned()), ..Trial::default() };
    let opened = backend::call(TryForm { trial: trial.clone(), whole: true }).await?;
    trial.begun_ms = Some(opened.begun_ms);
    let view = opened.change.view.ok_or_else(|| CallError::new(Code::NotHuce))?;
    let draft = DraftId::new("trial").map_err(|_| broken())?;
    let household = HouseholdId::new("trial").map_err(|_| broken())?;
    let form = FormId::new("trial").map_err(|_| broken())?;
    let draft = VisitDraft { draft, form, view, at: None, kept_ms: None, short: String::new(), hash: String::new() };
    Ok(Filling::over(draft, household.into(), Arc::new(Tried(Arc::new(Mutex::new(trial))))))
}

/// How far it is.
#[derive(Clone)]
enum Stage {
    Opening,
    Failed(CallError),
    Filling(Filling),
}

/// The tablet in the page.
#[component]
fn TrialPage() -> impl IntoView {
    let i18n = use_i18n();
    let hash = StoredValue::new(address::path().trim_start_matches("/try/").to_owned());
    let stage = RwSignal::new_local(Stage::Opening);
    let upright = RwSignal::new(false);
    let open = move || {
        stage.set(Stage::Opening);
        let language = untrack(|| locale_code(i18n));
        spawn_local(async move {
            let opened = begin(hash.get_value(), language).await;
            let _left = stage.try_set(opened.map_or_else(Stage::Failed, Stage::Filling));
        });
    };
    open();
    let back = StoredValue::new(format!("/console/forms?w={}", hash.get_value()));
    let end = Callback::new(move |()| {
        let _stays = window().location().set_href(&back.get_value());
    });
    view! {
        <div class="trial">
            <header class="trial-head">
                <a class="btn" rel="external" href=back.get_value()>"← "{t!(i18n, forms.end_trial)}</a>
                <p role="status">{t!(i18n, forms.is_trial)}</p>
                <span class="grow"></span>
                <button type="button" class="btn" on:click=move |_| open()>{t!(i18n, forms.anew)}</button>
                <button type="button" class="btn" aria-pressed=move || upright.get().to_string() on:click=move |_| upright.update(|u| *u = !*u)>
                    {t!(i18n, forms.turn)}
                </button>
            </header>
            <div class="trial-tablet" class:upright=move || upright.get()>
                {move || match stage.get() {
                    Stage::Opening => view! { <div class="work page-wait" role="status">{text!(i18n, visit.opening)}</div> },
                    Stage::Failed(error) => view! {
                        <div class="work page-error" role="alert">
                            <h2>{text!(i18n, visit.not_opened)}</h2>
                            <p>{say(i18n, &error)}</p>
                            <button class="btn primary" on:click=move |_| open()>{text!(i18n, visit.retry)}</button>
                        </div>
                    },
                    Stage::Filling(filling) => view! { <Tablet filling end/> },
                }}
            </div>
        </div>
    }
}

#[component]
fn Tablet(filling: Filling, end: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || filling.read(|f| f.view().title.clone());
    view! {
        <div class="work visit-page">
            <header class="page-head">
                <h1>{title}</h1>
                <span class="grow"></span>
                <div class="switch" role="group" aria-label="中文 / English">
                    <button type="button" class:on=move || i18n.get_locale() == Locale::zh on:click=move |_| i18n.set_locale(Locale::zh)>"中文"</button>
                    <button type="button" class:on=move || i18n.get_locale() == Locale::en on:click=move |_| i18n.set_locale(Locale::en)>"EN"</button>
                </div>
            </header>
            <FormFrame filling on_submit=move |()| end.run(()) submitting=Signal::stored(false)/>
        </div>
    }
}
