//! Rounds in the console: their list; drawing one up ([`draw`]); how far one is, and who takes what ([`one`]).

mod draw;
mod one;

use huce_core::{
    ipc::{
        Changed,
        round::{DriveLine, Rounds, RoundsReply},
    },
    round::Phase,
};

use super::{
    figures::{grouped, percent},
    shown::Shown,
};
use crate::{
    here::use_here,
    i18n::*,
    load::load,
    pages::ways,
    parts::{Empty, Icon, Pill, Sign, Tone},
    prelude::*,
    when::iso_day_text,
    words,
};
use draw::DrawForm;
pub use one::RoundPage;

/// The page.
#[component]
pub fn RoundsPage() -> impl IntoView {
    let i18n = use_i18n();
    let rounds = load(&[Changed::Doors], || Rounds {});
    let drawing = RwSignal::new(false);
    let may_draw = move || rounds.get(|r| !r.may_draw.is_empty()).unwrap_or(false);
    view! {
        <div class="c-sheet rounds-page">
            <header class="c-head">
                <h1>{t!(i18n, round.title)}</h1>
                <span class="grow"></span>
                <a class="btn" href=crate::router::to("/care")><Icon sign=Sign::Heart/><span>{t!(i18n, round.care_all)}</span></a>
                {move || may_draw().then(|| view! {
                    <button type="button" class="btn primary" on:click=move |_| drawing.set(true)>
                        <Icon sign=Sign::Plus/><span>{t!(i18n, round.draw)}</span>
                    </button>
                })}
            </header>
            <Show when=move || drawing.get()>
                {rounds.peek(|r| (r.may_draw.clone(), r.forms.clone())).map(|(grids, forms)| view! {
                    <DrawForm grids forms on_done=move |()| drawing.set(false)/>
                })}
            </Show>
            <Shown of=rounds lines=6 let:answer>
                <Table answer/>
            </Shown>
        </div>
    }
}

/// How a phase looks.
fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Running => Tone::Ember,
        Phase::Ahead => Tone::Calm,
        Phase::Over => Tone::Plain,
    }
}

#[component]
fn Table(answer: Memo<RoundsReply>) -> impl IntoView {
    let i18n = use_i18n();
    let none = move || answer.with(|a| a.drives.is_empty());
    let what_to_do = move || {
        if answer.with(|a| a.may_draw.is_empty()) {
            t_string!(i18n, round.none_see)
        } else {
            t_string!(i18n, round.none_do)
        }
    };
    view! {
        <section class="c-card">
            <Show when=none>
                <Empty sign=Sign::Door title=t!(i18n, round.none) text=what_to_do/>
            </Show>
            <Show when=move || !none()>
                <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, round.title)>
                    <table class="c-table">
                        <thead><tr>
                            <th scope="col">{t!(i18n, console.state)}</th>
                            <th scope="col">{t!(i18n, round.name)}</th>
                            <th scope="col">{t!(i18n, round.grid)}</th>
                            <th scope="col">{t!(i18n, round.doors)}</th>
                            <th scope="col">{t!(i18n, round.no_answer)}</th>
                            <th scope="col">{t!(i18n, round.until)}</th>
                        </tr></thead>
                        <tbody>
                            <For each=move || answer.with(|a| a.drives.clone()) key=|l: &DriveLine| format!("{l:?}") let:line><Line line/></For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Line(line: DriveLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let DriveLine { drive, name, from, until, phase, grids, doors, visited, no_answer, .. } = line;
    let now_ms = here.now_ms_untracked();
    let (first, last) = (from, until.clone());
    let period = move || {
        let [from, until] = [&first, &last].map(|day| iso_day_text(i18n, day, now_ms));
        t_string!(i18n, round.period, from = from, until = until)
    };
    let names =
        move || grids.iter().map(|grid| here.grid_name(grid)).collect::<Vec<_>>().join(t_string!(i18n, words.and_then));
    view! {
        <tr>
            <td><Pill tone=tone(phase)>{live(move || words::phase(i18n, phase))}</Pill></td>
            <td class="wide"><a class="row-to" href=ways::round(&drive)><b>{name}</b><small>{live(period)}</small></a></td>
            <td class="c-muted">{live(names)}</td>
            <td class="number">{grouped(visited.into())}" / "{grouped(doors.into())}" · "<b>{percent(visited, doors)}</b></td>
            <td class="number">{no_answer}</td>
            <td class="c-muted">{live(move || iso_day_text(i18n, &until, now_ms))}</td>
        </tr>
    }
}
