//! Who has a seat in a grid's team, on which days, and who stands in.

use chrono::NaiveDate;
use huce_core::{
    ids::{GridId, PersonId},
    ipc::{CallError, grid::SaveSeat},
    team::{Away, Member, Seat},
};
use leptos::{ev, task::spawn_local};

use super::Page;
use crate::{
    backend,
    form::text,
    i18n::*,
    pages::say::say,
    parts::{Dialog, Icon, Sign, Tone, use_toasts},
    prelude::*,
};

/// The seat that is filled.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatOf {
    /// Whose team.
    pub grid: GridId,
    /// Which seat.
    pub seat: Seat,
    /// Who has it.
    pub members: Vec<Member>,
}

/// 网格长
pub fn seat_word(i18n: I18n, seat: Seat) -> &'static str {
    match seat {
        Seat::Head => t_string!(i18n, grids.head),
        Seat::Deputy => t_string!(i18n, grids.deputy),
        Seat::Patrol => t_string!(i18n, grids.patrol),
        Seat::Labour => t_string!(i18n, grids.labour),
        Seat::Mediator => t_string!(i18n, grids.mediator),
        Seat::Family => t_string!(i18n, grids.family),
        Seat::Cleaner => t_string!(i18n, grids.cleaner),
        Seat::Inspector => t_string!(i18n, words.inspector),
        Seat::CrewLead => t_string!(i18n, words.crew_lead),
        Seat::Coordinator => t_string!(i18n, words.coordinator),
        Seat::Resident => t_string!(i18n, grids.resident),
    }
}

/// The short name of a day of the week, 1 is Monday.
fn day_word(i18n: I18n, day: u8) -> &'static str {
    match day {
        1 => t_string!(i18n, words.weekday_1),
        2 => t_string!(i18n, words.weekday_2),
        3 => t_string!(i18n, words.weekday_3),
        4 => t_string!(i18n, words.weekday_4),
        5 => t_string!(i18n, words.weekday_5),
        6 => t_string!(i18n, words.weekday_6),
        _ => t_string!(i18n, words.weekday_7),
    }
}

/// The dialog; open while a seat is filled.
#[component]
pub fn SeatDialog(page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let open = RwSignal::new(false);
    effect(move || open.set(page.seat.with(Option::is_some)));
    effect(move || {
        if !open.get() && page.seat.with_untracked(Option::is_some) {
            page.seat.set(None);
        }
    });
    let title = move || page.seat.get().map(|of| seat_word(i18n, of.seat).to_owned()).unwrap_or_default();
    view! {
        <Dialog open title=title class="edit-dialog">
            {move || page.seat.get().map(|of| view! { <Form of page/> })}
        </Dialog>
    }
}

#[component]
fn Form(of: SeatOf, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let toasts = use_toasts();
    let SeatOf { grid, seat, members } = of;
    let start = if members.is_empty() { vec![Member::default()] } else { members };
    let members = StoredValue::new(start);
    // Lines come and go; what is typed in one does not draw the others anew.
    let count = RwSignal::new(members.with_value(Vec::len));
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<CallError>));
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let call = SaveSeat { grid: grid.clone(), seat, members: members.get_value() };
        spawn_local(async move {
            let saved = backend::call(call).await;
            let _closed = busy.try_set(false);
            match saved {
                Ok(_) => {
                    toasts.say(Tone::Good, text!(i18n, grids.saved, name = seat_word(i18n, seat)));
                    page.grids.reload();
                    page.seat.set(None);
                }
                Err(error) => drop(fault.try_set(Some(error))),
            }
        });
    };
    let add = move |_| {
        members.update_value(|all| all.push(Member::default()));
        count.update(|n| *n += 1);
    };
    view! {
        <form class="edit-form" on:submit=save>
            {live(move || (0..count.get()).map(|at| view! { <Line at members/> }).collect_view())}
            <button type="button" class="btn quiet" on:click=add><Icon sign=Sign::Plus/><span>{t!(i18n, grids.add_member)}</span></button>
            {live(move || fault.get().map(|error| view! { <p class="c-said bad" role="alert">{say(i18n, &error)}</p> }))}
            <div class="dialog-foot">
                <button type="button" class="btn" on:click=move |_| page.seat.set(None)>{t!(i18n, people.cancel)}</button>
                <button type="submit" class="btn primary" disabled=move || busy.get()>{t!(i18n, people.save)}</button>
            </div>
        </form>
    }
}

/// One member: an empty name takes them out.
#[component]
fn Line(at: usize, members: StoredValue<Vec<Member>>) -> impl IntoView {
    let i18n = use_i18n();
    let start = members.with_value(|all| all.get(at).cloned()).unwrap_or_default();
    let change = move |change: &dyn Fn(&mut Member)| {
        members.update_value(|all| {
            if let Some(member) = all.get_mut(at) {
                change(member);
            }
        });
    };
    let input = move |name: &'static str, label: AnyView, value: String, set: fn(&mut Member, String)| {
        view! {
            <label class="field"><span class="field-label">{label}</span>
                <input class="input" name=name autocomplete="off" prop:value=value
                    on:input=move |e| { let typed = event_target_value(&e); change(&|member| set(member, typed.trim().to_owned())) }/>
            </label>
        }
    };
    let date = move |name: &'static str, label: AnyView, value: Option<NaiveDate>, set: fn(&mut Away, NaiveDate)| {
        view! {
            <label class="field"><span class="field-label">{label}</span>
                <input class="input" type="date" name=name prop:value=value.map(|day| day.to_string()).unwrap_or_default()
                    on:input=move |e| {
                        let Ok(day) = event_target_value(&e).parse::<NaiveDate>() else { return change(&|member| member.away.clear()) };
                        change(&|member| set(away(member, day), day));
                    }/>
            </label>
        }
    };
    let days = (1..=7u8).map(|day| {
        let is_on = start.days.contains(&day);
        view! {
            <label class="check"><input type="checkbox" prop:checked=is_on on:change=move |e| {
                let on = event_target_checked(&e);
                change(&|member| {
                    member.days.retain(|d| *d != day);
                    if on { member.days.push(day) }
                })
            }/><span>{live(move || day_word(i18n, day))}</span></label>
        }
    });
    let days = days.collect_view();
    let first = start.away.first().cloned();
    view! {
        <fieldset class="edit-roles seat-line">
            {input("seat-name", t!(i18n, people.name).into_any(), start.name.clone(), |member, text| member.name = text)}
            {input("seat-phone", t!(i18n, grids.phone).into_any(), start.phone.clone().unwrap_or_default(),
                |member, text| member.phone = (!text.is_empty()).then_some(text))}
            {input("seat-login", t!(i18n, people.login).into_any(), start.person.as_ref().map(PersonId::to_string).unwrap_or_default(),
                |member, text| member.person = PersonId::new(text).ok())}
            <div class="seat-days" role="group" aria-label=t!(i18n, grids.days)>{days}</div>
            {date("seat-away-from", t!(i18n, grids.away_from).into_any(), first.as_ref().map(|a| a.from), |away, day| away.from = day)}
            {date("seat-away-until", t!(i18n, grids.away_until).into_any(), first.as_ref().map(|a| a.until), |away, day| away.until = day)}
            {input("seat-instead", t!(i18n, grids.instead).into_any(), first.map(|a| a.instead).unwrap_or_default(),
                |member, text| if let Some(away) = member.away.first_mut() { away.instead = text })}
        </fieldset>
    }
}

/// The first absence of a member; a new one begins and ends on this day.
fn away(member: &mut Member, day: NaiveDate) -> &mut Away {
    if member.away.is_empty() {
        member.away.push(Away { from: day, until: day, instead: String::new() });
    }
    // It was just put there.
    match member.away.first_mut() {
        Some(away) => away,
        None => unreachable!("an absence is there"),
    }
}
