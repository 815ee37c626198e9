//! The walk of a round: stairwell by stairwell, floor by floor, what is done, who was not at home and when to knock again.

use huce_core::{
    body::Outcome,
    ids::{PersonId, RoundId},
    ipc::{
        Changed,
        round::{AssignRound, WalkRound},
    },
    person::{LEADERS, Person},
    round::{
        Entrance,
        again::Again,
        walk::{WalkDoor, WalkStairwell, Way, next},
    },
};
use leptos::{task::spawn_local, text_prop::TextProp};

use super::{say::say, ways};
use crate::{
    address::use_params,
    backend::call,
    frame::Header,
    here::use_here,
    i18n::*,
    load::{load_some, show},
    parts::{Card, Empty, Field, Kind, LinkButton, Pill, Row, Segmented, Sign, Tag, Tone, use_toasts},
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
                rounds.map(|(round, stairwells)| view! { <Stairwells drive round stairwells/> }).collect_view().into_any()
            })}
        </main>
    }
}

#[component]
fn Stairwells(drive: Memo<Option<RoundId>>, round: RoundId, stairwells: Vec<WalkStairwell>) -> impl IntoView {
    let i18n = use_i18n();
    let to_next = next(&stairwells).map(|household| ways::visit_of(household, &round));
    let cards = stairwells.into_iter().map(|stairwell| view! { <Stairwell drive round=round.clone() stairwell/> });
    view! {
        {to_next.map(|href| view! { <LinkButton kind=Kind::Primary big=true href>{t!(i18n, round.next)}" →"</LinkButton> })}
        <div class="walk">{cards.collect_view()}</div>
    }
}

#[component]
fn Stairwell(drive: Memo<Option<RoundId>>, round: RoundId, stairwell: WalkStairwell) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let WalkStairwell { at, who, doors } = stairwell;
    let done = doors.iter().filter(|door| matches!(door.visit, Some(Outcome::Done | Outcome::Refused))).count();
    let all = doors.len();
    let named = at.clone();
    let title = move || {
        let name = if named.entrance.is_empty() {
            t_string!(i18n, today.stairwell_plain, building = named.building.as_str())
        } else {
            t_string!(i18n, today.stairwell, building = named.building.as_str(), entrance = named.entrance.as_str())
        };
        format!("{} {name} · {}", named.estate, t_string!(i18n, today.of_doors, done = done, all = all))
    };
    let leads = here.ready(|r| r.me.roles.iter().any(|held| LEADERS.contains(&held.role))).unwrap_or(false);
    let taken = who.clone();
    let whose = if leads {
        view! { <Assign drive at who/> }
    } else {
        view! {
            <p class="sub">{live(move || match &taken {
                Some(person) => here.name_of(person),
                None => t_string!(i18n, round.nobody).to_owned(),
            })}</p>
        }
    };
    let rows = doors.into_iter().map(|door| view! { <Door round=round.clone() door/> }).collect_view();
    view! { <Card title>{whose}<ul class="rows">{rows}</ul></Card> }
}

/// Who takes a stairwell: chosen by whoever leads, and kept at once.
#[component]
fn Assign(drive: Memo<Option<RoundId>>, at: Entrance, who: Option<PersonId>) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let toasts = use_toasts();
    let at = StoredValue::new(at);
    let people = here.ready(|r| r.people.clone()).unwrap_or_default();
    let choose = move |login: String| {
        let Some(drive) = drive.get_untracked() else { return };
        let (stairwells, person) = (vec![at.get_value()], PersonId::new(login).ok());
        spawn_local(async move {
            match call(AssignRound { drive, stairwells, person }).await {
                Ok(n) => toasts.say(Tone::Good, t_string!(i18n, round.assigned, n = n)),
                Err(error) => toasts.say(Tone::Bad, say(i18n, &error)),
            }
        });
    };
    let nobody = who.is_none();
    let option = |person: Person| {
        let on = who.as_ref() == Some(&person.id);
        view! { <option value=person.id.to_string() selected=on>{person.name}</option> }
    };
    let options = people.into_iter().map(option).collect_view();
    view! {
        <Field label=t!(i18n, round.assign_to)>
            <select class="input" name="assign-to" on:change=move |e| choose(event_target_value(&e))>
                <option value="" selected=nobody>{t!(i18n, round.nobody)}</option>
                {options}
            </select>
        </Field>
    }
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
