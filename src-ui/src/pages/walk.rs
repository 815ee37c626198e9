//! The walk of a round: stairwell by stairwell, floor by floor, what is done, who was not at home and when to knock again.

use huce_core::{
    body::Outcome,
    ids::RoundId,
    ipc::{Changed, round::WalkRound},
    round::{
        again::Again,
        walk::{WalkDoor, WalkStairwell, Way, next},
    },
};
use leptos::text_prop::TextProp;

use super::ways;
use crate::{
    address::use_params,
    frame::Header,
    i18n::*,
    load::{load_some, show},
    parts::{Card, Empty, Kind, LinkButton, Pill, Row, Segmented, Sign, Tag, Tone},
    prelude::*,
    router::to,
    words,
};

/// The page.
#[component]
pub fn Walk() -> impl IntoView {
    let i18n = use_i18n();
    let params = use_params();
    let drive = Memo::new(move |_| params.get("drive").and_then(|id| RoundId::new(id).ok()));
    let (way, all) = (RwSignal::new(Way::Up), RwSignal::new(false));
    let reply = load_some(&[Changed::Doors], move || {
        let (way, all) = (way.get(), all.get());
        drive.get().map(|drive| WalkRound { drive, way, all })
    });
    let title = move || {
        let name = reply.get(|r| r.name.clone()).filter(|name| !name.is_empty());
        name.unwrap_or_else(|| t_string!(i18n, round.walk_title).to_owned())
    };
    let above = (Signal::derive(|| to("/")), TextProp::from(move || t_string!(i18n, today.title)));
    let ways = vec![
        (Way::Up, TextProp::from(move || t_string!(i18n, round.up))),
        (Way::Down, TextProp::from(move || t_string!(i18n, round.down))),
    ];
    let whose = vec![
        (false, TextProp::from(move || t_string!(i18n, round.mine))),
        (true, TextProp::from(move || t_string!(i18n, round.all))),
    ];
    view! {
        <Header title above>
            <Segmented options=ways value=way label=t!(i18n, round.way)/>
            <Segmented options=whose value=all label=t!(i18n, round.whose)/>
        </Header>
        <main class="body">
            {show(reply, move |reply| {
                if reply.rounds.is_empty() {
                    return view! { <Empty sign=Sign::Door title=t!(i18n, round.walk_none) text=t!(i18n, round.walk_none_do)/> }.into_any();
                }
                let rounds = reply.rounds.iter().cloned();
                rounds.map(|(round, stairwells)| view! { <Stairwells round stairwells/> }).collect_view().into_any()
            })}
        </main>
    }
}

#[component]
fn Stairwells(round: RoundId, stairwells: Vec<WalkStairwell>) -> impl IntoView {
    let i18n = use_i18n();
    let to_next = next(&stairwells).map(|household| ways::visit_of(household, &round));
    let cards = stairwells.into_iter().map(|stairwell| view! { <Stairwell round=round.clone() stairwell/> });
    view! {
        {to_next.map(|href| view! { <LinkButton kind=Kind::Primary big=true href>{t!(i18n, round.next)}" →"</LinkButton> })}
        <div class="walk">{cards.collect_view()}</div>
    }
}

#[component]
fn Stairwell(round: RoundId, stairwell: WalkStairwell) -> impl IntoView {
    let i18n = use_i18n();
    let WalkStairwell { at, doors, .. } = stairwell;
    let done = doors.iter().filter(|door| matches!(door.visit, Some(Outcome::Done | Outcome::Refused))).count();
    let all = doors.len();
    let title = move || {
        let name = if at.entrance.is_empty() {
            t_string!(i18n, today.stairwell_plain, building = at.building.as_str())
        } else {
            t_string!(i18n, today.stairwell, building = at.building.as_str(), entrance = at.entrance.as_str())
        };
        format!("{} {name} · {}", at.estate, t_string!(i18n, today.of_doors, done = done, all = all))
    };
    let rows = doors.into_iter().map(|door| view! { <Door round=round.clone() door/> });
    view! { <Card title><ul class="rows">{rows.collect_view()}</ul></Card> }
}

/// What is said of a door where nobody answered.
fn again_text(i18n: I18n, again: &Again) -> String {
    let parts: Vec<_> = again.tried.iter().map(|part| words::day_part(i18n, *part)).collect();
    let parts = parts.join(t_string!(i18n, words.and_then));
    if again.now {
        t_string!(i18n, round.again_now, parts = parts)
    } else {
        t_string!(i18n, round.again_at, parts = parts, at = words::day_part(i18n, again.at))
    }
}

#[component]
fn Door(round: RoundId, door: WalkDoor) -> impl IntoView {
    let i18n = use_i18n();
    let open = door.is_open();
    let WalkDoor { household, floor, room, care, visit, again, .. } = door;
    let href = ways::household(&household);
    let begin = open.then(|| ways::visit_of(&household, &round));
    let is_now = again.as_ref().is_some_and(|again| again.now);
    let sub = move || {
        let floor = (floor != 0).then(|| t_string!(i18n, round.floor, floor = floor));
        let state = match (&again, visit) {
            (Some(again), _) => Some(again_text(i18n, again)),
            (None, Some(outcome)) => Some(words::outcome(i18n, outcome).to_owned()),
            (None, None) => None,
        };
        [floor, state].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let pill = match visit {
        Some(outcome) if !is_now => view! {
            <Pill tone=words::outcome_tone(outcome)>{live(move || words::outcome(i18n, outcome))}</Pill>
        },
        Some(outcome) => view! { <Pill tone=Tone::Ember>{live(move || words::outcome(i18n, outcome))}</Pill> },
        None => view! { <span hidden=true></span> },
    };
    view! {
        <Row title=room sub href>
            {care.into_iter().map(|tag| view! { <Tag>{tag}</Tag> }).collect_view()}
            {pill}
            {begin.map(|href| view! { <LinkButton href>{t!(i18n, round.visit)}</LinkButton> })}
        </Row>
    }
}
