//! The four musts (四个必组织) of this person's grids: what was done, what is missing. On the tablet they are recorded here,
//! too: being in the grid by place and time, a meeting or patrol, a joint action, a campaign.

use huce_core::{
    ids::{GridId, RoundId},
    ipc::{
        CallError, Changed,
        duty::{Duties as Ask, GridDuties, RecordDuty},
        session::Place,
    },
    team::{Duty, Must, MustState},
};
use leptos::task::spawn_local;

use crate::{
    backend::{self, place},
    form::{locate::UsePosition, point::Point, text},
    frame::Header,
    here::use_here,
    i18n::*,
    load::{Loader, load, show},
    pages::say::say,
    parts::{Button, Card, Empty, Pill, Sign, TextField, Tone, use_toasts},
    prelude::*,
    when::moment_text,
};

/// So many missing days are named.
const NAMED: usize = 5;

fn must_word(i18n: I18n, must: Must) -> &'static str {
    match must {
        Must::CheckIn => t_string!(i18n, duty.check_in),
        Must::Weekly => t_string!(i18n, duty.weekly),
        Must::Joint => t_string!(i18n, duty.joint),
        Must::Campaign | Must::Other => t_string!(i18n, duty.campaign),
    }
}

/// The page.
#[component]
pub fn DutyPage() -> impl IntoView {
    let i18n = use_i18n();
    let duties = load(&[Changed::Doors], || Ask {});
    view! {
        <Header title=t!(i18n, duty.title)/>
        <main class="body">
            {show(duties, move |reply| {
                if reply.grids.is_empty() {
                    return view! { <Empty sign=Sign::Map title=t!(i18n, duty.none) text=t!(i18n, duty.none_do)/> };
                }
                reply.grids.iter().cloned().map(|grid| view! { <OfGrid grid duties/> }).collect_view().into_any()
            })}
        </main>
    }
}

#[component]
fn OfGrid(grid: GridDuties, duties: Loader<huce_core::ipc::duty::DutiesReply>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let GridDuties { grid: id, name, states, done } = grid;
    let lines = states.into_iter().map(|state| {
        let grid = id.clone();
        view! { <State grid state duties/> }
    });
    let lines = lines.collect_view();
    let done = done.into_iter().map(|one| {
        let note = one.duty.note.clone();
        view! {
            <li class="sub">{live(move || format!("{} · {} · {}", moment_text(i18n, one.when_ms, here.now_ms_untracked()),
                must_word(i18n, one.duty.must), here.name_of(&one.person)))}{(!note.is_empty()).then(|| format!(" · {note}"))}</li>
        }
    });
    let done = done.collect_view();
    view! {
        <Card title=name>
            <ul class="rows">{lines}</ul>
            <ul class="duty-done">{done}</ul>
        </Card>
    }
}

#[component]
fn State(grid: GridId, state: MustState, duties: Loader<huce_core::ipc::duty::DutiesReply>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let MustState { must, round, done_ms, missing } = state;
    let count = missing.len();
    let named = missing.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join("、");
    let records = place() == Place::Tablet;
    view! {
        <li class="duty-line">
            <b>{live(move || must_word(i18n, must))}</b>
            {match done_ms {
                Some(ms) => view! { <Pill tone=Tone::Good>{live(move || text!(i18n, duty.done, when = moment_text(i18n, ms, here.now_ms_untracked())))}</Pill> },
                None => view! { <Pill tone=Tone::Warn>{t!(i18n, duty.open)}</Pill> },
            }}
            {(count > 0).then(|| view! {
                <Pill tone=Tone::Bad>{live(move || text!(i18n, duty.missing, n = count))}</Pill>
                <span class="sub">{named}</span>
            })}
            {(records && done_ms.is_none()).then(|| view! { <Record grid must round duties/> })}
        </li>
    }
}

/// Records one of the four.
#[component]
fn Record(
    grid: GridId,
    must: Must,
    round: Option<RoundId>,
    duties: Loader<huce_core::ipc::duty::DutiesReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let note = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<CallError>);
    let record = Callback::new(move |at: Option<Point>| {
        let duty = Duty {
            must,
            place: at.map(|point| (point.latitude, point.longitude)),
            accuracy_m: at.map(|point| point.accuracy_m),
            with: Vec::new(),
            note: note.get_untracked().trim().to_owned(),
            round: round.clone(),
            photos: Vec::new(),
        };
        let call = RecordDuty { grid: grid.clone(), duty };
        spawn_local(async move {
            match backend::call(call).await {
                Ok(_) => {
                    toasts.say(Tone::Good, t_string!(i18n, duty.saved));
                    duties.reload();
                }
                Err(error) => drop(fault.try_set(Some(error))),
            }
        });
    });
    let act = match must {
        // By place and time: the receiver says where.
        Must::CheckIn => {
            view! { <UsePosition label=t!(i18n, duty.check_in_now) on_point=move |point: Point| record.run(Some(point)) good_m=30.0/> }
        }
        _ => view! {
            <TextField label=t!(i18n, duty.what) value=note name="duty-note"/>
            <Button on_press=Callback::new(move |()| record.run(None))>{t!(i18n, duty.record)}</Button>
        },
    };
    view! {
        <div class="duty-record">
            {act}
            {live(move || fault.get().map(|error| view! { <p class="photo-word bad" role="alert">{say(i18n, &error)}</p> }))}
        </div>
    }
}
