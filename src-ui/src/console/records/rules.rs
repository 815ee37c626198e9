//! The rule table: what decisions taught, for which grid, and from which request. Dispatchers end a rule; then the table above it, or
//! the company's own, holds again.

use huce_core::{
    ids::RuleId,
    ipc::{
        CallError, Changed,
        request::{EndRule, Rules},
    },
    rule::{Place, Rule},
};
use leptos::task::spawn_local;

use super::super::shown::Shown;
use crate::{
    backend,
    here::use_here,
    i18n::*,
    load::load,
    pages::{say::say, ways},
    parts::{Empty, Sign},
    prelude::*,
    words,
};

/// The page.
#[component]
pub fn RulesTable() -> impl IntoView {
    let i18n = use_i18n();
    let rules = load(&[Changed::Doors], || Rules {});
    let failed = RwSignal::new(None::<CallError>);
    let end = Callback::new(move |rule: RuleId| {
        spawn_local(async move {
            let ended = backend::call(EndRule { rule }).await;
            let _gone = failed.try_set(ended.err());
            rules.reload();
        });
    });
    view! {
        <div class="c-sheet">
            <header class="c-head"><h1>{t!(i18n, console.rules)}</h1></header>
            {live(move || failed.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> }))}
            <Shown of=rules lines=6 let:answer>
                <Table answer end/>
            </Shown>
        </div>
    }
}

#[component]
fn Table(answer: Memo<Vec<Rule>>, end: Callback<RuleId>) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <section class="c-card">
            <Show when=move || answer.with(Vec::is_empty)>
                <Empty sign=Sign::Request title=t!(i18n, console.rules_none) text=t!(i18n, console.rules_none_do)/>
            </Show>
            <Show when=move || !answer.with(Vec::is_empty)>
                <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, console.rules)>
                    <table class="c-table">
                        <thead><tr>
                            <th scope="col">{t!(i18n, console.grid)}</th>
                            <th scope="col">{t!(i18n, console.category)}</th>
                            <th scope="col">{t!(i18n, console.responsible)}</th>
                            <th scope="col">{t!(i18n, request.decide_why)}</th>
                            <th scope="col"></th>
                        </tr></thead>
                        <tbody>
                            <For each=move || answer.get() key=|rule: &Rule| format!("{rule:?}") let:rule><Line rule end/></For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

#[component]
fn Line(rule: Rule, end: Callback<RuleId>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let Rule { id, grid, category, place, party, reason, request } = rule;
    let place = move || match place {
        Place::Door => t_string!(i18n, console.place_door),
        Place::Facility => t_string!(i18n, console.place_facility),
        Place::Elsewhere => t_string!(i18n, console.place_elsewhere),
    };
    view! {
        <tr>
            <td>{live(move || here.grid_name(&grid))}</td>
            <td>{live(move || words::category(i18n, category))}" "<small class="c-muted">{live(place)}</small></td>
            <td><b>{live(move || words::party(i18n, party))}</b></td>
            <td class="wide">{reason}{request.map(|request| view! { " "<a class="c-link" href=ways::request(&request)>{t!(i18n, console.rule_from)}</a> })}</td>
            <td><button type="button" class="btn quiet" on:click=move |_| end.run(id.clone())>{t!(i18n, console.end_rule)}</button></td>
        </tr>
    }
}
