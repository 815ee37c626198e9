//! What somebody does with a request besides its one next thing: hand it over, pause its clock, change how it is handled, decide
//! who is responsible. Each wants a reason, and asks for it in a dialog.

use huce_core::{
    ids::GridId,
    ipc::{
        request::{DecideRequest, HandOverRequest, PauseRequest, ResumeRequest, SetRequestMode},
        session::{Place, Ready},
    },
    person::Role,
    request::{MayHandOver, Mode, Party, PauseReason, Request},
};

use super::{
    request::Work,
    request_words::{Choose, MODES, Worded},
    say::say,
};
use crate::{backend, form::text, here::use_here, i18n::*, parts::Dialog, prelude::*};

/// What a dialog asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    HandOver,
    Pause,
    Mode,
    Decide,
}

impl Step {
    fn title(self, i18n: I18n) -> &'static str {
        match self {
            Self::HandOver => t_string!(i18n, request.hand_over),
            Self::Pause => t_string!(i18n, request.pause),
            Self::Mode => t_string!(i18n, request.change_mode),
            Self::Decide => t_string!(i18n, request.decide),
        }
    }
}

/// Does this person decide who is responsible in a grid? In the console, a dispatcher of the grid or of one above.
fn decides(ready: &Ready, grid: &GridId) -> bool {
    let path = path(ready, grid);
    let is_one = |role: Role| matches!(role, Role::Dispatcher | Role::Administrator);
    ready.place == Place::Console && ready.me.roles.iter().any(|r| is_one(r.role) && path.contains(&r.grid))
}

/// A grid and those above it, as far as this person knows them.
fn path(ready: &Ready, grid: &GridId) -> Vec<GridId> {
    let parent = |at: &GridId| {
        let known = ready.grids.iter().chain(&ready.above).find(|g| g.id == *at);
        known.and_then(|g| g.parent.clone())
    };
    let mut path = vec![grid.clone()];
    // A tree that bites its tail ends as well.
    while let Some(next) = path.last().and_then(parent)
        && !path.contains(&next)
    {
        path.push(next);
    }
    path
}

/// The buttons, and the dialog that they open.
#[component]
pub fn Steps(
    /// The request, which is open.
    request: Request,
    /// Does what is asked.
    work: Work,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let shown = RwSignal::new(false);
    let step = RwSignal::new(Step::HandOver);
    let ask = move |what: Step| {
        step.set(what);
        shown.set(true);
    };
    let may_hand_over = request.route.may_hand_over() == MayHandOver::Yes;
    let (paused, can_pause) = (request.paused().is_some(), request.resolved_ms.is_none());
    let must_decide = request.route.needs_decision();
    let request = StoredValue::new(request);
    let may_decide = move || here.ready(|ready| request.with_value(|r| decides(ready, &r.grid))).unwrap_or(false);
    let resume = move |_| {
        let call = ResumeRequest { request: request.with_value(|r| r.id.clone()) };
        work.run(backend::call(call));
    };
    view! {
        <div class="steps">
            {may_hand_over.then(|| view! {
                <button type="button" class="btn" on:click=move |_| ask(Step::HandOver)>{t!(i18n, request.hand_over)}</button>
            })}
            {paused.then(|| view! {
                <button type="button" class="btn strong" disabled=move || work.busy.get() on:click=resume>{t!(i18n, request.resume)}</button>
            })}
            {(can_pause && !paused).then(|| view! {
                <button type="button" class="btn" on:click=move |_| ask(Step::Pause)>{t!(i18n, request.pause)}</button>
            })}
            <button type="button" class="btn" on:click=move |_| ask(Step::Mode)>{t!(i18n, request.change_mode)}</button>
            {live(move || may_decide().then(|| view! {
                <button type="button" class="btn" class:strong=must_decide on:click=move |_| ask(Step::Decide)>{t!(i18n, request.decide)}</button>
            }))}
            <Dialog open=shown title=move || step.get().title(i18n)>
                {live(move || match step.get() {
                    Step::HandOver => view! { <HandOver request work/> },
                    Step::Pause => view! { <Pause request work/> },
                    Step::Mode => view! { <ChangeMode request work/> },
                    Step::Decide => view! { <Decide request work/> },
                })}
                {live(move || work.failed.get().map(|error| view! { <p class="page-alert" role="alert">{say(i18n, &error)}</p> }))}
            </Dialog>
        </div>
    }
}

/// One of a few, why, and the button that does it.
#[component]
fn Asked<T: Worded>(
    /// What is chosen from.
    #[prop(into)]
    label: Signal<String>,
    /// What there is to choose.
    all: Vec<T>,
    /// What the words are about.
    #[prop(into)]
    why: Signal<String>,
    /// Must something be said?
    must: bool,
    /// Does it.
    send: Callback<(T, String)>,
    /// Is something on its way?
    work: Work,
    /// More to choose.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = RwSignal::new(None::<T>);
    let text = RwSignal::new(String::new());
    let ready = move || chosen.get().is_some() && (!must || text.with(|t| !t.trim().is_empty()));
    let save = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        if let Some(chosen) = chosen.get_untracked().filter(|_| untrack(ready)) {
            send.run((chosen, text.get_untracked()));
        }
    };
    view! {
        <form class="asked-why" on:submit=save>
            <Choose label all chosen/>
            <label class="stacked"><span>{live(move || why.get())}</span>
                <textarea rows="3" prop:value=move || text.get() on:input=move |ev| text.set(event_target_value(&ev))></textarea></label>
            {children.map(|children| children())}
            <button class="btn big primary" disabled=move || work.busy.get() || !ready()>{t!(i18n, request.confirm)}</button>
        </form>
    }
}

#[component]
fn HandOver(request: StoredValue<Request>, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let party = request.with_value(|r| r.route.party());
    let all = Party::ALL.into_iter().filter(|p| *p != party).collect::<Vec<_>>();
    let send = Callback::new(move |(to, reason): (Party, String)| {
        let call = HandOverRequest { request: request.with_value(|r| r.id.clone()), to, who: None, reason };
        work.run(backend::call(call));
    });
    view! {
        <p class="note">{t!(i18n, request.hand_over_hint)}</p>
        <Asked label=Signal::derive(move || text!(i18n, request.to_whom)) all
            why=Signal::derive(move || text!(i18n, request.hand_over_why)) must=true send work/>
    }
}

#[component]
fn Pause(request: StoredValue<Request>, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let send = Callback::new(move |(reason, note): (PauseReason, String)| {
        let call = PauseRequest { request: request.with_value(|r| r.id.clone()), reason, note };
        work.run(backend::call(call));
    });
    view! {
        <p class="note">{t!(i18n, request.pause_hint)}</p>
        <Asked label=Signal::derive(move || text!(i18n, request.pause_why)) all=PauseReason::ALL.to_vec()
            why=Signal::derive(move || text!(i18n, request.pause_note)) must=false send work/>
    }
}

#[component]
fn ChangeMode(request: StoredValue<Request>, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let mode = request.with_value(|r| r.mode);
    let all = MODES.into_iter().filter(|m| *m != mode).collect::<Vec<_>>();
    let send = Callback::new(move |(mode, reason): (Mode, String)| {
        let call = SetRequestMode { request: request.with_value(|r| r.id.clone()), mode, reason };
        work.run(backend::call(call));
    });
    view! {
        <Asked label=Signal::derive(move || text!(i18n, request.mode)) all
            why=Signal::derive(move || text!(i18n, request.mode_why)) must=true send work/>
    }
}

/// The decision 责任认定, and whether the rule table learns from it.
#[component]
fn Decide(request: StoredValue<Request>, work: Work) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let teach = RwSignal::new(None::<GridId>);
    let send = Callback::new(move |(party, reason): (Party, String)| {
        let request = request.with_value(|r| r.id.clone());
        work.run(backend::call(DecideRequest { request, party, reason, teach: teach.get_untracked() }));
    });
    // Only where this person decides: a rule of a grid above is for those who decide there.
    let grids = move || {
        let grid = request.with_value(|r| r.grid.clone());
        let here = here.ready(|r| path(r, &grid).into_iter().filter(|at| decides(r, at)).collect::<Vec<_>>());
        here.unwrap_or_default()
    };
    let hand_overs = request.with_value(|r| r.route.hand_overs.clone());
    view! {
        {hand_overs.into_iter().map(|hand| view! {
            <p class="note">{live(move || format!("{} → {}", hand.from.word(i18n), hand.to.word(i18n)))}" · "{hand.reason}</p>
        }).collect_view()}
        <Asked label=Signal::derive(move || text!(i18n, request.who_is_responsible)) all=Party::ALL.to_vec()
            why=Signal::derive(move || text!(i18n, request.decide_why)) must=true send work>
            <label class="stacked"><span>{t!(i18n, request.teach)}</span>
                <select class="input" on:change=move |ev| teach.set(GridId::new(event_target_value(&ev)).ok())>
                    <option value="">{t!(i18n, request.teach_nobody)}</option>
                    {live(move || grids().into_iter().map(|grid| view! {
                        <option value=grid.to_string()>{here.grid_name(&grid)}</option>
                    }).collect_view())}
                </select>
            </label>
        </Asked>
    }
}
