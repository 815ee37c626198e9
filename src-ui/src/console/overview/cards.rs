//! The five figures at the top: large numbers, small labels, and what the number is made of.

use huce_core::ipc::console::OverviewReply;

use super::super::figures::{grouped, percent};
use crate::{form::text, i18n::*, prelude::*, router::to};

/// One figure.
#[component]
fn Card(
    /// What it counts.
    #[prop(into)]
    label: Signal<String>,
    /// The number.
    #[prop(into)]
    number: Signal<String>,
    /// What it is made of.
    #[prop(into)]
    below: Signal<String>,
    /// What is not as it should be: its words, or nothing.
    #[prop(into, optional)]
    worry: Signal<String>,
    /// Where there is more about it.
    href: &'static str,
) -> impl IntoView {
    view! {
        <a class="c-card c-figure" href=to(href)>
            <span class="figure-label">{label}</span>
            <b class="figure-number">{number}</b>
            <span class="figure-below">{below}
                {move || Some(worry.get()).filter(|w| !w.is_empty()).map(|w| view! { " "<em class="bad">{w}</em> })}
            </span>
        </a>
    }
}

/// The row of cards.
#[component]
pub fn Cards(
    /// The figures.
    answer: Memo<OverviewReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let of = move |read: fn(&OverviewReply) -> u32| answer.with(read);
    let requests = move || answer.with(|a| a.requests_30d);
    view! {
        <div class="c-figures">
            <Card href="/buildings"
                label=Signal::derive(t!(i18n, console.coverage))
                number=Signal::derive(move || percent(of(|a| a.visited), of(|a| a.households)))
                below=Signal::derive(move || {
                    let [visited, all] = [of(|a| a.visited), of(|a| a.households)].map(|n| grouped(n.into()));
                    text!(i18n, console.coverage_below, visited = visited, all = all)
                })/>
            <Card href="/buildings"
                label=Signal::derive(t!(i18n, console.visits_today))
                number=Signal::derive(move || grouped(answer.with(|a| a.visits_today.0).into()))
                below=Signal::derive(move || {
                    text!(i18n, console.visits_below, n = grouped(answer.with(|a| a.visits_today.1).into()))
                })/>
            <Card href="/buildings"
                label=Signal::derive(t!(i18n, console.cold))
                number=Signal::derive(move || percent(of(|a| a.cold), of(|a| a.measured)))
                below=Signal::derive(move || {
                    let [cold, measured] = [of(|a| a.cold), of(|a| a.measured)].map(|n| grouped(n.into()));
                    text!(i18n, console.cold_below, cold = cold, measured = measured)
                })/>
            <Card href="/plans"
                label=Signal::derive(t!(i18n, console.plans_open))
                number=Signal::derive(move || grouped(answer.with(|a| a.plans_open.0).into()))
                below=Signal::derive(move || match answer.with(|a| a.plans_open.1) {
                    0 => text!(i18n, console.none_overdue),
                    _ => String::new(),
                })
                worry=Signal::derive(move || match answer.with(|a| a.plans_open.1) {
                    0 => String::new(),
                    n => text!(i18n, console.overdue_n, n = n),
                })/>
            <Card href="/requests"
                label=Signal::derive(t!(i18n, console.in_time))
                number=Signal::derive(move || percent(requests().2, requests().0))
                below=Signal::derive(move || {
                    let (all, answered, _, ended) = requests();
                    text!(i18n, console.in_time_below, answered = percent(answered, all), ended = percent(ended, all))
                })/>
        </div>
    }
}
