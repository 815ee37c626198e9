//! The facts behind a figure: the first click comes here, the second one goes to a visit, plan or request.

use huce_core::{
    figures::{Figure, report::TraceLine},
    ipc::report::{MAX_TRACES, ReadTraces, TracesReply},
};

use super::{
    super::{figures::moment, shown::Shown},
    figures::{of_word, word},
    scope::{self, lang, query_of},
    tables::{kind_of, page_of},
};
use crate::{
    address,
    form::text,
    here::use_here,
    i18n::*,
    load::load,
    pages::exports::Exports,
    parts::{Empty, Icon, Sign},
    prelude::*,
    router::to,
    words,
};

/// The page: `/traces?kind=week&day=2026-11-23&figure=plans_overdue`.
#[component]
pub fn TracesPage() -> impl IntoView {
    let i18n = use_i18n();
    let scope = scope::of_address();
    let figure = address::query("figure").and_then(|word| of_word(&word)).unwrap_or(Figure::Visits);
    let back = to(format!("/reports?{}", query_of(&scope)));
    let filter = format!("{}&figure={}", query_of(&scope).replace("kind=", "length="), word(figure));
    let traces = load(&[], move || ReadTraces { scope: scope.clone(), figure });
    view! {
        <div class="c-sheet traces-page">
            <header class="c-head">
                <a class="btn quiet icon-only" href=back aria-label=t!(i18n, report.title)><Icon sign=Sign::Back/></a>
                <h1>{move || figure.name(lang(i18n))}</h1>
                <span class="c-muted">{move || figure.meaning(lang(i18n))}</span>
                <span class="grow"></span>
                <Exports table="facts" filter=Signal::stored(filter)/>
            </header>
            <Shown of=traces lines=8 let:answer><Facts answer/></Shown>
        </div>
    }
}

#[component]
fn Facts(answer: Memo<TracesReply>) -> impl IntoView {
    let i18n = use_i18n();
    let title = move || answer.with(|a| format!("{} · {}", a.period.title(lang(i18n)), a.total));
    let none = move || answer.with(|a| a.lines.is_empty());
    let more = move || answer.with(|a| a.total as usize > MAX_TRACES);
    view! {
        <section class="c-card">
            <header class="c-card-head"><h2>{title}</h2></header>
            <Show when=none><Empty sign=Sign::Check title=t!(i18n, report.no_facts)/></Show>
            <Show when=more><p class="c-muted">{text!(i18n, report.newest_only, n = MAX_TRACES)}</p></Show>
            <Show when=move || !none()>
                <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, report.facts)>
                    <table class="c-table">
                        <thead><tr>
                            <th scope="col">{t!(i18n, report.when)}</th>
                            <th scope="col">{t!(i18n, report.what)}</th>
                            <th scope="col">{t!(i18n, console.grid)}</th>
                            <th scope="col">{t!(i18n, report.who)}</th>
                            <th scope="col">{t!(i18n, report.event)}</th>
                        </tr></thead>
                        <tbody>{live(move || answer.with(|a| a.lines.iter().cloned().map(|line| view! { <Fact line/> }).collect_view()))}</tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Fact(line: TraceLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let TraceLine { trace, place, who, outcome, tenths, about, event } = line;
    let href = page_of(&trace.source);
    let (source, grid) = (trace.source, trace.grid);
    let what = move || {
        let ended = outcome.map(|outcome| words::outcome(i18n, outcome).to_owned());
        let temp = tenths.map(|n| format!("{} °C", huce_core::figures::words::tenths_text(n.into())));
        let kind = kind_of(i18n, &source).to_owned();
        std::iter::once(kind).chain(ended).chain(temp).collect::<Vec<_>>().join(" · ")
    };
    view! {
        <tr>
            <td class="number">{moment(trace.when_ms, here.now_ms_untracked())}</td>
            <td class="wide"><a class="row-to" href=href><b>{place}</b><small>{what}</small>{(!about.is_empty()).then(|| view! { <small>{about}</small> })}</a></td>
            <td>{move || here.grid_name(&grid)}</td>
            <td>{who.map(|who| here.name_of(&who))}</td>
            <td><code class="report-event">{event.map(|event| event.to_string())}</code></td>
        </tr>
    }
}
