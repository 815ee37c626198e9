//! The requests that run, the least time left first: clock, what, where, how.

use huce_core::{
    ipc::{
        Changed,
        household::RequestLine,
        request::{Requests, RequestsReply},
    },
    request::{ClockKind, Request, RequestState},
};

use super::super::{figures, shown::Shown};
use crate::{form::text, here::use_here, i18n::*, load::load, pages::ways, prelude::*, router::to, words};

/// So many are on the first page; the rest is behind the link.
const SHOWN: usize = 9;

/// Those that wait for somebody to answer or to resolve them; resolved ones wait for a call-back and have no clock.
fn running(reply: &RequestsReply) -> Vec<RequestLine> {
    let runs = |l: &&RequestLine| matches!(l.request.state(l.satisfied), RequestState::New | RequestState::Answered);
    let mut running: Vec<_> = reply.requests.iter().filter(runs).cloned().collect();
    running.sort_by_key(|l| l.request.clock().due_ms);
    running
}

/// The queue.
#[component]
pub fn Queue() -> impl IntoView {
    let i18n = use_i18n();
    let requests = load(&[Changed::Doors], || Requests { closed: false });
    view! {
        <section class="c-card queue" aria-label=t!(i18n, console.queue)>
            <header class="c-card-head">
                <h2>{t!(i18n, console.queue)}</h2>
                <a class="c-link" href=to("/requests")>{move || {
                    let n = requests.get(|r| r.requests.len()).unwrap_or_default();
                    text!(i18n, console.all_n, n = n)
                }}</a>
            </header>
            <Shown of=requests lines=5 let:answer>
                <QueueTable answer/>
            </Shown>
        </section>
    }
}

#[component]
fn QueueTable(answer: Memo<RequestsReply>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let rows = Memo::new(move |_| answer.with(running));
    view! {
        {move || rows.with(Vec::is_empty).then(|| view! { <p class="c-nothing">{t!(i18n, console.queue_empty)}</p> })}
        <Show when=move || !rows.with(Vec::is_empty)>
            <table class="c-table">
                <thead><tr>
                    <th scope="col">{t!(i18n, console.time_left)}</th>
                    <th scope="col">{t!(i18n, console.request)}</th>
                    <th scope="col">{t!(i18n, console.grid)}</th>
                    <th scope="col">{t!(i18n, console.mode)}</th>
                </tr></thead>
                <tbody>
                    <For each=move || rows.get().into_iter().take(SHOWN) key=|l: &RequestLine| (l.request.id.clone(), l.request.answered_ms, l.request.mode) let:line>
                        {
                            let request = StoredValue::new(line.request.clone());
                            let mode = line.request.mode;
                            let to_request = ways::request(&line.request.id);
                            view! {
                                <tr>
                                    <td><Clock request/></td>
                                    <td class="wide"><a class="row-link" href=to_request>{move || what(i18n, &line)}</a></td>
                                    <td>{move || request.with_value(|r| here.grid_name(&r.grid))}</td>
                                    <td><span class="c-tag">{move || words::request_mode(i18n, mode)}</span></td>
                                </tr>
                            }
                        }
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

/// `3-2-401 不热`, and the resident's words.
pub fn what(i18n: I18n, line: &RequestLine) -> String {
    let door = line.door.as_ref().map(|d| format!("{} {} ", d.estate, d.short)).unwrap_or_default();
    let category = words::category(i18n, line.request.category);
    match line.request.text.trim() {
        "" => format!("{door}{category}"),
        text => format!("{door}{category} · {text}"),
    }
}

/// Resolved once, and the resident was not content: its promise is broken whatever the clock said when it stopped.
fn is_reopened(request: &Request) -> bool {
    request.resolved_ms.is_some()
}

/// What is left of the promise that runs now: the time in its colour, overdue in words as well.
#[component]
pub fn Clock(
    /// Whose.
    request: StoredValue<Request>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let class = Memo::new(move |_| {
        request.with_value(|r| {
            let tone = if is_reopened(r) { "bad" } else { figures::urgency(r, here.now_ms()) };
            format!("clock {tone}")
        })
    });
    let text = Memo::new(move |_| {
        let left_ms = request.with_value(|r| r.clock().left_ms(here.now_ms()));
        if request.with_value(is_reopened) {
            return t_string!(i18n, console.reopened).to_owned();
        }
        if request.with_value(|r| r.clock().paused_ms.is_some()) {
            return t_string!(i18n, console.paused_clock).to_owned();
        }
        let time = figures::left(left_ms);
        if left_ms < 0 { text!(i18n, console.overdue_by, time = time) } else { time }
    });
    let kind = move || {
        let answering = request.with_value(|r| r.clock().kind == ClockKind::Answer);
        if answering { t_string!(i18n, console.until_answer) } else { t_string!(i18n, console.until_solved) }
    };
    view! { <span class=class title=kind><b>{text}</b><small>{kind}</small></span> }
}
