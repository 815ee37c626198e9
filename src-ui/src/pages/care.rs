//! Special-care visits 三访 that are due: on the tablet's first page the most urgent, on a page of their own all of them.

use huce_core::{
    care,
    clock::china_date,
    ids::FormId,
    ipc::{
        Changed,
        round::{CareLine, CareVisits},
        session::Place,
    },
    site::Site,
};

use super::ways;
use crate::{
    backend::place,
    frame::Header,
    here::use_here,
    i18n::*,
    load::{load, show},
    parts::{Card, Empty, Kind, LinkButton, Pill, Row, Sign, Tag, Tone},
    prelude::*,
    router::to,
    when::{day_text, iso_day_text},
    words,
};

/// How many the first page shows.
const FIRST: usize = 4;

/// The page.
#[component]
pub fn CarePage() -> impl IntoView {
    let i18n = use_i18n();
    let reply = load(&[Changed::Doors], || CareVisits {});
    view! {
        <Header title=t!(i18n, round.care_title)/>
        <main class="body">
            {show(reply, move |reply| {
                if reply.visits.is_empty() {
                    return view! { <Empty sign=Sign::Heart title=t!(i18n, round.care_none) text=t!(i18n, round.care_none_do)/> }.into_any();
                }
                let total = reply.total;
                let rows = reply.visits.iter().cloned().map(|line| view! { <Line line/> }).collect_view();
                view! {
                    <Card title=move || t_string!(i18n, round.care_total, n = total)><ul class="rows">{rows}</ul></Card>
                }.into_any()
            })}
        </main>
    }
}

/// The most urgent, on the tablet's first page; nothing where none is due.
#[component]
pub fn CareDue() -> impl IntoView {
    let i18n = use_i18n();
    let reply = load(&[Changed::Doors], || CareVisits {});
    let first = move || reply.get(|r| r.visits.iter().take(FIRST).cloned().collect::<Vec<_>>()).unwrap_or_default();
    let more = move || reply.get(|r| r.total as usize > FIRST).unwrap_or(false);
    live(move || {
        let lines = first();
        if lines.is_empty() {
            return view! { <span hidden=true></span> };
        }
        view! {
            <Card title=t!(i18n, round.care_title)>
                <ul class="rows">{lines.into_iter().map(|line| view! { <Line line/> }).collect_view()}</ul>
                {more().then(|| view! { <LinkButton kind=Kind::Quiet href=to("/care")>{t!(i18n, round.care_all)}</LinkButton> })}
            </Card>
        }
    })
}

/// A household: why, until when, when somebody was there last. On the tablet the row opens the form.
#[component]
fn Line(line: CareLine) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let CareLine { door, care: tags, kinds, due, late_days, last_ms } = line;
    let form = FormId::new(care::FORM).ok().filter(|_| place() == Place::Tablet);
    let href = match form {
        Some(form) => ways::visit_with(&Site::from(&door.household), &form),
        None => ways::household(&door.household),
    };
    let title = format!("{} {}", door.estate, door.short);
    let sub = move || {
        let said = kinds.iter().map(|kind| words::care_kind(i18n, *kind)).collect::<Vec<_>>();
        let last = match last_ms {
            Some(ms) => {
                let day = day_text(i18n, china_date(ms), china_date(here.now_ms_untracked()));
                t_string!(i18n, round.care_last, day = day)
            }
            None => t_string!(i18n, round.care_never).to_owned(),
        };
        format!("{} · {last}", said.join(t_string!(i18n, words.and_then)))
    };
    let tone = if late_days > 0 { Tone::Bad } else { Tone::Warn };
    let when = move || match late_days {
        0 => t_string!(i18n, round.care_today).to_owned(),
        days if days > 0 => t_string!(i18n, round.care_late, n = days),
        _ => t_string!(i18n, round.care_by, day = iso_day_text(i18n, &due, here.now_ms_untracked())),
    };
    view! {
        <Row title sub href>
            {tags.into_iter().map(|tag| view! { <Tag>{tag}</Tag> }).collect_view()}
            <Pill tone>{live(when)}</Pill>
        </Row>
    }
}
