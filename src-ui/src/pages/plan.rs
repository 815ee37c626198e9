//! One household's plan: the story from the newest down, what the work brought, the measures, the follow-ups, and
//! whatever waits for a decision. Every change is one call, then the plan is read anew.

use chrono::Datelike;
use huce_core::{
    body::PhotoRole,
    clock::{china_date, china_time, clock_text},
    ids::{PersonId, PlanId},
    ipc::{
        CallError, Code,
        plan::{ChangePlan, OpenPlan, PlanChange, PlanPage as Reply},
        session::{Session, WhoAmI},
    },
    person::Person,
    plan::{Plan, PlanState},
};
use leptos::task::spawn_local;

use super::say::{doors_changed, say};
use super::{
    plan_parts::{Conflicts, Effect, FollowUps, Measures, Photos},
    plan_story::story,
    ways,
};
use crate::{address::use_params, backend, form::text, frame::header::SyncPill, i18n::*, prelude::*};

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The plan as it is; an error when it could not be read.
    pub reply: RwSignal<Option<Result<Reply, CallError>>>,
    /// Colleagues.
    pub people: RwSignal<Vec<Person>>,
    /// A change is on its way.
    pub busy: RwSignal<bool>,
    /// The last change was not kept.
    pub failed: RwSignal<Option<CallError>>,
    plan: StoredValue<Option<PlanId>>,
}

impl Desk {
    /// The plan, when it was read.
    pub fn plan(&self) -> Option<Plan> {
        self.reply.with(|r| r.as_ref().and_then(|r| r.as_ref().ok()).map(|r| r.line.plan.clone()))
    }

    /// Somebody's name.
    pub fn name_of(&self, person: &PersonId) -> String {
        let known = self.people.with(|all| all.iter().find(|p| p.id == *person).map(|p| p.name.clone()));
        known.unwrap_or_else(|| person.to_string())
    }

    /// Reads the plan anew.
    pub fn load(self) {
        let Some(plan) = self.plan.get_value() else {
            self.reply.set(Some(Err(CallError::new(Code::NotFound).with("what", "plan"))));
            return;
        };
        spawn_local(async move {
            let reply = backend::call(OpenPlan { plan }).await;
            let _ = self.reply.try_set(Some(reply));
        });
    }

    /// Changes the plan: all of it is kept, or nothing.
    pub fn change(self, changes: Vec<PlanChange>) {
        let Some(plan) = untrack(|| self.plan()) else { return };
        let call = ChangePlan { household: plan.household, plan: Some(plan.id), changes };
        self.run(async move { backend::call(call).await.map(|_| ()) });
    }

    fn run(self, work: impl Future<Output = Result<(), CallError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let done = work.await;
            let _ = self.busy.try_set(false);
            let _ = self.failed.try_set(done.err());
            if self.plan.try_get_value().is_some() {
                self.load();
            }
        });
    }
}

/// The plan's page.
#[component]
pub fn PlanPage() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let plan = params.get("plan").and_then(|p| PlanId::new(p).ok());
    let desk = Desk {
        reply: RwSignal::new(None),
        people: RwSignal::new(Vec::new()),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        plan: StoredValue::new(plan),
    };
    desk.load();
    spawn_local(async move {
        if let Ok(Session::Ready(ready)) = backend::call(WhoAmI {}).await {
            let _ = desk.people.try_set(ready.people);
        }
    });
    let changes = doors_changed();
    Effect::new(move |before: Option<()>| {
        changes.track();
        if before.is_some() {
            desk.load();
        }
    });
    let shown = Memo::new(move |_| desk.reply.with(|r| r.as_ref().map(|r| r.is_ok())));
    move || {
        match shown.get() {
        None => view! { <div class="work page-wait" role="status">{text!(i18n, plan.opening)}</div> }.into_any(),
        Some(false) => view! {
            <div class="work page-error" role="alert">
                <h2>{text!(i18n, plan.not_opened)}</h2>
                <p>{live(move || desk.reply.with(|r| match r { Some(Err(error)) => say(i18n, error), _ => String::new() }))}</p>
                <button class="btn primary" on:click=move |_| desk.load()>{text!(i18n, visit.retry)}</button>
            </div>
        }.into_any(),
        Some(true) => view! { <Page desk/> }.into_any(),
    }
    }
}

#[component]
fn Page(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let door = desk.reply.with_untracked(|r| r.as_ref().and_then(|r| r.as_ref().ok()).map(|r| r.line.door.clone()));
    let short = door.as_ref().map(|d| d.short.clone()).unwrap_or_default();
    let back = door.map(|d| (ways::household(&d.household), d.estate));
    let state = move || desk.plan().map(|p| (p.state, p.progress()));
    // The one thing to do next: the first open measure.
    let next = move || desk.plan().and_then(|p| first_open(&p));
    view! {
        <div class="work plan-page">
            <header class="page-head">
                {back.map(|(href, estate)| view! { <a class="crumb" href=href>{estate}" ›"</a> })}
                <h1>{short}" "{t!(i18n, plan.title)}</h1>
                {live(move || state().map(|(state, (done, all))| view! {
                    <em class=format!("pill {}", tone(state))>
                        {state_word(i18n, state)}
                        {(all > 0).then(|| format!(" · {} {done}/{all}", text!(i18n, plan.measures)))}
                    </em>
                }))}
                <span class="grow"></span>
                {live(move || next().map(|(id, title)| view! {
                    <button class="btn big primary" disabled=move || desk.busy.get() on:click=move |_| desk.change(vec![PlanChange::State {
                        measure: id.clone(), state: huce_core::plan::MeasureState::Done,
                    }])>{text!(i18n, plan.finish, what = title)}</button>
                }))}
                <SyncPill short=true/>
            </header>
            {live(move || desk.failed.get().map(|error| view! { <p class="page-alert" role="alert">{say(i18n, &error)}</p> }))}
            <div class="plan-columns">
                <section class="card story-card">
                    <h2>{t!(i18n, plan.story)}</h2>
                    <Photos desk/>
                    <Story desk/>
                </section>
                <div class="plan-side">
                    <Conflicts desk/>
                    <Effect desk/>
                    <Consent desk/>
                    <Measures desk/>
                    <FollowUps desk/>
                    <Ending desk/>
                </div>
            </div>
        </div>
    }
}

fn first_open(plan: &Plan) -> Option<(huce_core::ids::MeasureId, String)> {
    let open = plan.measures.iter().filter(|m| m.state == huce_core::plan::MeasureState::Open);
    open.min_by_key(|m| (m.until.clone().unwrap_or_else(|| "9".into()), m.priority.unwrap_or(9)))
        .map(|m| (m.id.clone(), m.title.clone()))
}

#[component]
fn Story(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let lines = move || {
        let chapters =
            desk.reply.with(|r| r.as_ref().and_then(|r| r.as_ref().ok()).map(|r| story(i18n, r, &|p| desk.name_of(p))));
        chapters.unwrap_or_default()
    };
    view! {
        <ol class="story">
            {live(move || lines().into_iter().map(|chapter| view! {
                <li class=format!("story-line {}", chapter.tone)>
                    <b>{chapter.title}</b>
                    <small>{when(chapter.when_ms)}" · "{chapter.person}{chapter.unsent.then(|| format!(" · {}", text!(i18n, plan.unsent)))}</small>
                    {(!chapter.more.is_empty()).then(|| view! { <p>{chapter.more}</p> })}
                </li>
            }).collect_view())}
        </ol>
    }
}

/// `11-18 18:20`
pub fn when(ms: huce_core::clock::Millis) -> String {
    let at = china_time(ms);
    format!("{:02}-{:02} {}", at.month(), at.day(), clock_text(at))
}

/// `11月22日` of a `YYYY-MM-DD`.
pub fn day_word(i18n: I18n, day: &str) -> String {
    crate::when::iso_day_text(i18n, day, js_sys::Date::now() as i64)
}

/// Today in Zhengzhou by this machine's clock; only to propose days.
pub fn today() -> chrono::NaiveDate {
    china_date(js_sys::Date::now() as i64)
}

#[component]
fn Consent(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let consent = move || desk.plan().map(|p| p.consent);
    let set = move |agreed| desk.change(vec![PlanChange::Consent { agreed }]);
    view! {
        <section class="card consent-card">
            <h2>{t!(i18n, plan.consent)}</h2>
            <div class="pair">
                <button class="option" class:on=move || consent() == Some(Some(true)) aria-pressed=move || (consent() == Some(Some(true))).to_string()
                    disabled=move || desk.busy.get() on:click=move |_| set(true)>
                    <span class="option-mark" aria-hidden="true"></span><span>{t!(i18n, plan.agreed)}</span>
                </button>
                <button class="option" class:on=move || consent() == Some(Some(false)) aria-pressed=move || (consent() == Some(Some(false))).to_string()
                    disabled=move || desk.busy.get() on:click=move |_| set(false)>
                    <span class="option-mark" aria-hidden="true"></span><span>{t!(i18n, plan.declined)}</span>
                </button>
            </div>
        </section>
    }
}

/// Ends a plan whose measures are not all done, or takes that back.
#[component]
fn Ending(desk: Desk) -> impl IntoView {
    let i18n = use_i18n();
    let state = Memo::new(move |_| desk.plan().filter(|p| !p.is_worked_off()).map(|p| p.state));
    let sure = RwSignal::new(false);
    let close = move |closed| {
        sure.set(false);
        desk.change(vec![PlanChange::Close { closed }]);
    };
    move || {
        match (state.get(), sure.get()) {
        (None, _) => ().into_any(),
        (Some(PlanState::Closed), _) => view! {
            <button class="btn" disabled=move || desk.busy.get() on:click=move |_| close(false)>{text!(i18n, plan.reopen)}</button>
        }
        .into_any(),
        (_, false) => view! { <button class="btn" on:click=move |_| sure.set(true)>{text!(i18n, plan.close)}</button> }.into_any(),
        (_, true) => view! {
            <section class="card">
                <p>{text!(i18n, plan.close_sure)}</p>
                <div class="pair">
                    <button class="btn big" on:click=move |_| sure.set(false)>{text!(i18n, plan.close_not)}</button>
                    <button class="btn big primary" disabled=move || desk.busy.get() on:click=move |_| close(true)>{text!(i18n, plan.close)}</button>
                </div>
            </section>
        }
        .into_any(),
    }
    }
}

/// A plan's state in words.
pub fn state_word(i18n: I18n, state: PlanState) -> String {
    match state {
        PlanState::Consent => text!(i18n, plan.state_consent),
        PlanState::Working => text!(i18n, plan.state_working),
        PlanState::FollowUp => text!(i18n, plan.state_follow_up),
        PlanState::Closed => text!(i18n, plan.state_closed),
    }
}

/// The state colour of a plan.
pub fn tone(state: PlanState) -> &'static str {
    match state {
        PlanState::Consent | PlanState::Working => "warn",
        PlanState::FollowUp => "calm",
        PlanState::Closed => "good",
    }
}

/// The role of a photo, as the page pairs them.
pub const PAIR: [PhotoRole; 2] = [PhotoRole::Before, PhotoRole::After];
