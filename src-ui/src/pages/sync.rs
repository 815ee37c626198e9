//! Sync: what waits, what runs, what failed and why, in true figures; by hand or stopped.

use huce_core::{
    ids::EventId,
    ipc::{
        CallError,
        sync::{StopSync, SyncNow, SyncProgress, SyncState, SyncStep},
    },
    wire::Refusal,
};
use leptos::task::spawn_local;

use super::{
    anew::AnewCard,
    sync_ways::{BundleCard, HubCard, PhotoRuleCard},
};
use crate::{
    backend::call,
    error::error_texts,
    frame::{Header, SyncHere, place_text},
    here::use_here,
    i18n::*,
    load::show,
    parts::{Button, Card, Kind, Pill, Row, Sign, Tone, state::ErrorLine},
    prelude::*,
    when::moment_text,
};

/// A clock that is off by more than this is worth a word, milliseconds.
const CLOCK_OFF_MS: i64 = 30_000;

/// How the sync is.
#[component]
pub fn Sync() -> impl IntoView {
    let i18n = use_i18n();
    let Some(SyncHere(state)) = use_context::<SyncHere>() else { return ().into_any() };
    let error: RwSignal<Option<CallError>> = RwSignal::new(None);
    let running = move || state.get(|s| s.running.is_some()).unwrap_or(false);
    // Of its own, so that a sync that runs meanwhile leaves the card as it is, with what was typed there.
    let copied = Memo::new(move |before: Option<&bool>| {
        state
            .get(|s| s.refused.iter().any(|(_, why)| matches!(why, Refusal::Forked | Refusal::Chain)))
            .unwrap_or(before == Some(&true))
    });
    let start = move |()| {
        error.set(None);
        spawn_local(async move {
            match call(SyncNow {}).await {
                Ok(reply) => state.put(reply),
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    let stop = move |()| {
        spawn_local(async move {
            match call(StopSync {}).await {
                Ok(reply) => state.put(reply),
                Err(e) => drop(error.try_set(Some(e))),
            }
        });
    };
    view! {
        <Header title=t!(i18n, sync.title)>
            {live(move || if running() {
                view! { <Button sign=Sign::Close on_press=stop>{t!(i18n, sync.stop)}</Button> }.into_any()
            } else {
                view! { <Button kind=Kind::Primary sign=Sign::Sync on_press=start>{t!(i18n, sync.now)}</Button> }.into_any()
            })}
        </Header>
        <main class="body">
            <ErrorLine error/>
            <div class="columns">
                <div class="column">
                    {live(move || copied.get().then(|| view! { <AnewCard/> }))}
                    {show(state, move |state| view! { <Waits state=state.clone()/> }.into_any())}
                    <PhotoRuleCard/>
                    <HubCard/>
                </div>
                <div class="column">
                    {show(state, move |state| view! { <Last state=state.clone()/> }.into_any())}
                    <BundleCard/>
                </div>
            </div>
        </main>
    }
    .into_any()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1_000_000.0)
}

/// What waits, and what runs.
#[component]
fn Waits(state: SyncState) -> impl IntoView {
    let i18n = use_i18n();
    let place = state.clone();
    let SyncState { events_waiting, photos_waiting, photo_bytes_waiting, running, online, .. } = state;
    let nothing = events_waiting + photos_waiting == 0;
    view! {
        <Card title=t!(i18n, sync.state)>
            <p><Pill dot=true tone=if online { Tone::Good } else { Tone::Warn }>{live(move || place_text(i18n, &place))}</Pill></p>
            {match running {
                Some(progress) => view! { <Progress progress/> }.into_any(),
                None => view! { <p class="sub">{live(move || if nothing { t_string!(i18n, sync.all_there) } else { t_string!(i18n, sync.kept) })}</p> }.into_any(),
            }}
            <div class="big-figures">
                <div><b>{events_waiting}</b><span>{t!(i18n, sync.records)}" · "{t!(i18n, sync.to_send)}</span></div>
                <div><b>{photos_waiting}</b><span>{t!(i18n, sync.photos)}" · "{live(move || t_string!(i18n, sync.megabytes, mb = megabytes(photo_bytes_waiting)))}</span></div>
            </div>
            <p class="sub">{t!(i18n, sync.auto)}</p>
        </Card>
    }
}

/// How the last syncs went, and what was refused.
#[component]
fn Last(state: SyncState) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let SyncState { url, last_success_ms, last_error, refused, offset_ms, .. } = state;
    let when = move |ms: i64| moment_text(i18n, ms, here.now_ms_untracked());
    view! {
        <Card>
            <ul class="rows">
                <Row title=t!(i18n, sync.last_success) sub=move || last_success_ms.map_or_else(|| t_string!(i18n, sync.never).to_owned(), when)/>
                {last_error.map(|(ms, error)| view! {
                    <Row title=t!(i18n, sync.last_error) sub=move || {
                        let (title, text) = error_texts(i18n, &error);
                        format!("{} · {title}。{text}", when(ms))
                    }/>
                })}
                {url.map(|url| view! { <Row title=t!(i18n, sync.server) sub=url/> })}
            </ul>
            {offset_ms.filter(|ms| ms.abs() > CLOCK_OFF_MS).map(|ms| view! {
                <p class="error-line warn">{live(move || t_string!(i18n, sync.clock_off, seconds = ms / 1000))}</p>
            })}
        </Card>
        <Refused refused/>
    }
}

#[component]
fn Progress(progress: SyncProgress) -> impl IntoView {
    let i18n = use_i18n();
    let SyncProgress { step, done, all } = progress;
    let figures = if step == SyncStep::Photos {
        format!("{} / {} MB", megabytes(done), megabytes(all))
    } else {
        format!("{done} / {all}")
    };
    let percent = if all == 0 { 0.0 } else { (done as f64 / all as f64 * 100.0).min(100.0) };
    view! {
        <p class="progress-line">
            <span>{live(move || match step {
                SyncStep::Connect => t_string!(i18n, sync.step_connect),
                SyncStep::Push => t_string!(i18n, sync.step_push),
                SyncStep::Pull => t_string!(i18n, sync.step_pull),
                SyncStep::Photos => t_string!(i18n, sync.step_photos),
            })}</span>
            <b>{(step != SyncStep::Connect).then_some(figures)}</b>
        </p>
        <span class="progress thick" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow=format!("{percent:.0}")><span style:width=format!("{percent:.1}%")></span></span>
        <p class="sub">{t!(i18n, sync.stop_note)}</p>
    }
}

fn why_refused(i18n: I18n, why: Refusal) -> &'static str {
    match why {
        Refusal::Unreadable => t_string!(i18n, sync.why_unreadable),
        Refusal::Signature => t_string!(i18n, sync.why_signature),
        Refusal::NotYours => t_string!(i18n, sync.why_not_yours),
        Refusal::NoRight => t_string!(i18n, sync.why_no_right),
        Refusal::Forked => t_string!(i18n, sync.why_forked),
        Refusal::Chain => t_string!(i18n, sync.why_chain),
        Refusal::Gap => t_string!(i18n, sync.why_gap),
        Refusal::NoGrid => t_string!(i18n, sync.why_no_grid),
        Refusal::NoSuchDoor => t_string!(i18n, sync.why_no_such_door),
        Refusal::Other => t_string!(i18n, sync.why_other),
    }
}

#[component]
fn Refused(refused: Vec<(EventId, Refusal)>) -> impl IntoView {
    let i18n = use_i18n();
    (!refused.is_empty()).then(|| {
        view! {
            <Card title=t!(i18n, sync.refused)>
                <p class="error-line">{t!(i18n, sync.refused_do)}</p>
                <ul class="rows">
                    {refused.into_iter().map(|(id, why)| view! { <Row title=id.to_string() sub=why_refused(i18n, why)/> }).collect_view()}
                </ul>
            </Card>
        }
    })
}
