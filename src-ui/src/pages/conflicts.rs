//! The conflict desk: everything in this person's grids that two people wrote differently, the newest first. The same
//! on the tablet and in the console.

use huce_core::{
    body::Noun,
    ids::{PlanId, RequestId},
    ipc::{
        Changed,
        conflict::{ConflictLine, Conflicts as Ask},
    },
};

use super::{conflict::ConflictCard, exports::Exports, ways};
use crate::{
    form::text,
    frame::Header,
    i18n::*,
    load::{load, show},
    parts::{Card, Empty, Icon, Sign},
    prelude::*,
    router::to,
};

/// The desk.
#[component]
pub fn ConflictDesk() -> impl IntoView {
    let i18n = use_i18n();
    let desk = load(&[Changed::Doors], || Ask {});
    let count = move || desk.get(|d| d.conflicts.len()).filter(|n| *n > 0);
    let sub = move || count().map(|n| text!(i18n, conflict.count, n = n)).unwrap_or_default();
    view! {
        <Header title=t!(i18n, conflict.title) sub>
            <Exports table="conflicts" filter=Signal::derive(String::new)/>
        </Header>
        <main class="body">
            {show(desk, move |desk| {
                if desk.conflicts.is_empty() {
                    return view! { <Empty sign=Sign::Check title=t!(i18n, conflict.none) text=t!(i18n, conflict.none_do)/> }.into_any();
                }
                let lines = desk.conflicts.clone();
                view! {
                    <p class="desk-word">{t!(i18n, conflict.what)}</p>
                    {lines.into_iter().map(|line| view! { <Line line/> }).collect_view()}
                    {desk.more.then(|| view! { <p class="desk-word">{t!(i18n, conflict.more)}</p> })}
                }.into_any()
            })}
        </main>
    }
}

#[component]
fn Line(line: ConflictLine) -> impl IntoView {
    let i18n = use_i18n();
    let ConflictLine { conflict, door, facility } = line;
    let noun = conflict.noun;
    let word = move || match noun {
        Noun::Plan => t_string!(i18n, settings.plans),
        Noun::Request => t_string!(i18n, settings.requests),
        Noun::Facility => t_string!(i18n, facility.title),
        _ => t_string!(i18n, household.facts),
    };
    let href = match noun {
        Noun::Plan => PlanId::new(&*conflict.id).ok().map(|id| ways::plan(&id)),
        Noun::Request => RequestId::new(&*conflict.id).ok().map(|id| ways::request(&id)),
        _ => {
            let at = facility.as_ref().map(|f| ways::facility(&f.id));
            door.as_ref().map(|d| ways::household(&d.household)).or(at)
        }
    };
    let place =
        door.map(|d| format!("{} {}", d.estate, d.short)).or_else(|| facility.map(|f| f.name)).unwrap_or_default();
    view! {
        <Card class="desk">
            <a class="desk-door" href=href>{place}" · "{word}" ›"</a>
            <ConflictCard conflict/>
        </Card>
    }
}

/// A word on the first page while something waits to be decided.
#[component]
pub fn ConflictHint() -> impl IntoView {
    let i18n = use_i18n();
    let desk = load(&[Changed::Doors], || Ask {});
    let count = move || desk.get(|d| d.conflicts.len()).filter(|n| *n > 0);
    move || {
        count().map(|n| {
            view! {
                <a class="dispute-hint" href=to("/conflicts")>
                    <Icon sign=Sign::Warning/><span>{text!(i18n, conflict.waiting, n = n)}</span><Icon sign=Sign::Next/>
                </a>
            }
        })
    }
}
