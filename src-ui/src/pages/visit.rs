//! A visit: from the open door to what is to be done about it. The form is filled in here, kept step by step,
//! submitted, and the measures that its rules suggest are taken over into the plan.

use huce_core::{
    ids::{EventId, FacilityId, FormId, HouseholdId, RoundId},
    ipc::{
        CallError, Code,
        visit::{BeginVisit, DiscardDraft, SubmitVisit, Submitted},
    },
    site::Site,
};
use leptos::task::spawn_local;

use super::{say::say, suggest::Suggestions, ways};
use crate::{
    address::{self, use_params},
    backend,
    form::text,
    form::{Filling, FormFrame, Kept},
    frame::header::SyncPill,
    i18n::*,
    prelude::*,
};

/// How far the visit is.
#[derive(Clone)]
enum Stage {
    Opening,
    /// The draft could not be opened.
    NotOpened(CallError),
    Filling(Filling),
    Submitted(Submitted),
}

/// The visit's page.
#[component]
pub fn VisitPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let stage = RwSignal::new_local(Stage::Opening);
    // The page stands at two addresses: `/visit/HOUSEHOLD` and `/facility-visit/FACILITY`.
    let at = move || {
        let facility = || params.get("facility").and_then(|f| FacilityId::new(f).ok()).map(Site::from);
        params.get("household").and_then(|h| HouseholdId::new(h).ok()).map(Site::from).or_else(facility)
    };
    let open = move || {
        let round = address::query("round").and_then(|r| RoundId::new(r).ok());
        let form = address::query("form").and_then(|f| FormId::new(f).ok());
        let corrects = address::query("corrects").and_then(|v| v.parse::<EventId>().ok());
        let site = untrack(at);
        stage.set(Stage::Opening);
        spawn_local(async move {
            let opened = match site {
                None => Err(CallError::new(Code::NotFound).with("what", "household")),
                Some(site) => backend::call(BeginVisit { at: site.clone(), round, form, corrects })
                    .await
                    .map(|draft| Filling::open(draft, site)),
            };
            let _ = stage.try_set(match opened {
                Ok(filling) => Stage::Filling(filling),
                Err(error) => Stage::NotOpened(error),
            });
        });
    };
    open();
    move || match stage.get() {
        Stage::Opening => {
            view! { <div class="work page-wait" role="status">{text!(i18n, visit.opening)}</div> }.into_any()
        }
        Stage::NotOpened(error) => view! {
            <div class="work page-error" role="alert">
                <h2>{text!(i18n, visit.not_opened)}</h2>
                <p>{say(i18n, &error)}</p>
                <button class="btn primary" on:click=move |_| open()>{text!(i18n, visit.retry)}</button>
            </div>
        }
        .into_any(),
        Stage::Filling(filling) => view! {
            <Fill filling on_submitted=move |done| stage.set(Stage::Submitted(done))/>
        }
        .into_any(),
        Stage::Submitted(Submitted { suggestions, requests, lowest_temp_c, .. }) => {
            at().map(|site| view! { <Suggestions site measures=suggestions requests lowest=lowest_temp_c/> }).into_any()
        }
    }
}

#[component]
fn Fill(filling: Filling, #[prop(into)] on_submitted: Callback<Submitted>) -> impl IntoView {
    let i18n = use_i18n();
    let submitting = RwSignal::new(false);
    let failed = RwSignal::new(None::<CallError>);
    let discarding = RwSignal::new(false);
    let submit = move |()| {
        if submitting.get_untracked() {
            return;
        }
        submitting.set(true);
        failed.set(None);
        let keeper = filling.keeper();
        let draft = filling.draft.get_value();
        spawn_local(async move {
            let submitted = match keeper.settle().await {
                Ok(()) => backend::call(SubmitVisit { draft }).await,
                Err(error) => Err(error),
            };
            let _ = submitting.try_set(false);
            match submitted {
                Ok(done) => {
                    on_submitted.try_run(done);
                }
                Err(error) => {
                    let _ = failed.try_set(Some(error));
                }
            }
        });
    };
    let discard = move |_| {
        let draft = filling.draft.get_value();
        let site = filling.site.get_value();
        spawn_local(async move {
            match backend::call(DiscardDraft { draft }).await {
                Ok(_) => address::go(&ways::site(&site)),
                Err(error) => {
                    let _ = failed.try_set(Some(error));
                }
            }
        });
    };
    let title = move || filling.read(|f| f.view().title.clone());
    view! {
        <div class="work visit-page">
            <header class="page-head">
                <a class="crumb" href=ways::site(&filling.site.get_value())>{filling.short.get_value()}" ›"</a>
                <h1>{title}</h1>
                <Kept filling/>
                <span class="grow"></span>
                <button type="button" class="btn quiet" on:click=move |_| discarding.set(true)>{t!(i18n, visit.discard)}</button>
                <div class="switch" role="group" aria-label="中文 / English">
                    <button type="button" class:on=move || i18n.get_locale() == Locale::zh on:click=move |_| i18n.set_locale(Locale::zh)>"中文"</button>
                    <button type="button" class:on=move || i18n.get_locale() == Locale::en on:click=move |_| i18n.set_locale(Locale::en)>"EN"</button>
                </div>
                <SyncPill short=true/>
            </header>
            <Show when=move || discarding.get()>
                <div class="confirm" role="alertdialog">
                    <p>{t!(i18n, visit.discard_sure)}</p>
                    <button type="button" class="btn" on:click=move |_| discarding.set(false)>{t!(i18n, visit.keep_it)}</button>
                    <button type="button" class="btn danger" on:click=discard>{t!(i18n, visit.discard)}</button>
                </div>
            </Show>
            {live(move || failed.get().map(|error| view! { <p class="page-alert" role="alert">{say(i18n, &error)}</p> }))}
            <FormFrame filling on_submit=submit submitting=submitting/>
        </div>
    }
}
