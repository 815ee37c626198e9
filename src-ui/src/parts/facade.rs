//! The building as one sees it from the street: floors × doors. "The end of the line is cold" is a shape here.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{body::Outcome, ids::HouseholdId, ipc::household::FacadeDoor};

use super::{
    icon::{Icon, Sign},
    temp_class,
};
use crate::{i18n::*, prelude::*, words};

/// What the doors are coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FacadeMode {
    /// 室温
    Temp,
    /// 入户
    Visit,
    /// 户策
    Plan,
    /// 诉求
    Request,
}

/// Where a door stands: entrance, the column within it, floor.
struct Layout {
    /// Entrance, its columns.
    entrances: Vec<(String, Vec<String>)>,
    /// From the top.
    floors: Vec<i32>,
    doors: BTreeMap<(String, i32, String), FacadeDoor>,
}

/// The column of a room within its entrance: the last two figures of its number, so that 301 stands above 201.
fn column(room: &str) -> String {
    let tail: Vec<char> = room.chars().rev().take(2).collect();
    tail.into_iter().rev().collect()
}

fn layout(doors: &[FacadeDoor]) -> Layout {
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut floors = BTreeSet::new();
    let mut at = BTreeMap::new();
    for door in doors {
        let mut column = column(&door.room);
        // Two rooms that would stand on each other: the second one keeps its own column.
        if at.contains_key(&(door.entrance.clone(), door.floor, column.clone())) {
            column.clone_from(&door.room);
        }
        if !order.contains(&door.entrance) {
            order.push(door.entrance.clone());
        }
        columns.entry(door.entrance.clone()).or_default().insert(column.clone());
        floors.insert(door.floor);
        at.insert((door.entrance.clone(), door.floor, column), door.clone());
    }
    let entrances =
        order.into_iter().map(|e| (e.clone(), columns.remove(&e).unwrap_or_default().into_iter().collect())).collect();
    Layout { entrances, floors: floors.into_iter().rev().collect(), doors: at }
}

/// The facade.
#[component]
pub fn FacadeGrid(
    /// Its doors, sorted by entrance, floor and room.
    doors: Vec<FacadeDoor>,
    /// What they are coloured by.
    #[prop(into)]
    mode: Signal<FacadeMode>,
    /// The door that was tapped.
    selected: RwSignal<Option<HouseholdId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let Layout { entrances, floors, doors } = layout(&doors);
    let heads = entrances
        .iter()
        .map(|(entrance, columns)| {
            let (entrance, span) = (entrance.clone(), columns.len().to_string());
            view! {
                <th scope="colgroup" colspan=span class="facade-entrance">
                    {live(move || if entrance.is_empty() { String::new() } else { t_string!(i18n, facade.entrance, entrance = entrance.as_str()) })}
                </th>
            }
        })
        .collect_view();
    let rows = floors
        .into_iter()
        .map(|floor| {
            let cells = entrances
                .iter()
                .flat_map(|(entrance, columns)| columns.iter().enumerate().map(move |(n, c)| (entrance, n, c)))
                .map(|(entrance, n, column)| {
                    let first = n == 0;
                    match doors.get(&(entrance.clone(), floor, column.clone())) {
                        Some(door) => view! {
                            <td class:first=first><DoorCell door=door.clone() mode selected/></td>
                        }
                        .into_any(),
                        None => view! { <td class:first=first></td> }.into_any(),
                    }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row" class="facade-floor">{live(move || t_string!(i18n, facade.floor, floor = floor))}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="facade-scroll">
            <table class="facade"><colgroup><col class="facade-corner"/></colgroup><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>
        </div>
    }
}

/// A door: its figure or word large, its number small; marks in the corner for what else is there.
#[component]
fn DoorCell(door: FacadeDoor, mode: Signal<FacadeMode>, selected: RwSignal<Option<HouseholdId>>) -> impl IntoView {
    let i18n = use_i18n();
    let id = door.household.clone();
    let chosen = {
        let id = id.clone();
        Signal::derive(move || selected.with(|s| s.as_ref() == Some(&id)))
    };
    let door = StoredValue::new(door);
    let class = move || {
        door.with_value(|d| match mode.get() {
            FacadeMode::Temp => temp_class(d.temp_c),
            FacadeMode::Visit => d.visit.map_or("t-none", |v| words::outcome_tone(v).class()),
            FacadeMode::Plan => d.plan.map_or("t-none", |p| words::plan_tone(p).class()),
            FacadeMode::Request if d.open_requests > 0 => "tone-bad",
            FacadeMode::Request => "t-none",
        })
    };
    let text = move || {
        door.with_value(|d| match mode.get() {
            FacadeMode::Temp => d.temp_c.map_or_else(|| "—".to_owned(), |c| format!("{c:.1}")),
            FacadeMode::Visit => match d.visit {
                Some(Outcome::Done) => "✓".to_owned(),
                Some(v) => words::outcome(i18n, v).to_owned(),
                None => "—".to_owned(),
            },
            FacadeMode::Plan => d.plan.map_or_else(|| "—".to_owned(), |p| words::plan_state(i18n, p).to_owned()),
            FacadeMode::Request if d.open_requests > 0 => {
                t_string!(i18n, facade.open_n, n = d.open_requests)
            }
            FacadeMode::Request => "—".to_owned(),
        })
    };
    let (room, care, has_plan, requests, apart) = door.with_value(|d| {
        let has_plan = d.plan.is_some_and(|p| p != huce_core::plan::PlanState::Closed);
        (d.room.clone(), d.care, has_plan, d.open_requests, d.apart)
    });
    let words_too = move || mode.get() != FacadeMode::Temp;
    view! {
        <button type="button" class=move || format!("door {}", class()) class:on=chosen class:wordy=words_too class:apart=apart
            aria-pressed=move || if chosen.get() { "true" } else { "false" } on:click=move |_| selected.set(Some(id.clone()))>
            <b>{text}</b>
            <span>{room}</span>
            <i class="door-marks">
                {care.then(|| view! { <span class="mark-care"><Icon sign=Sign::Heart/></span> })}
                {(requests > 0).then(|| view! { <span class="mark-request"></span> })}
                {has_plan.then(|| view! { <span class="mark-plan"></span> })}
            </i>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::{FacadeDoor, HouseholdId, layout};

    fn door(entrance: &str, floor: i32, room: &str) -> FacadeDoor {
        FacadeDoor {
            household: HouseholdId::new(format!("h{entrance}{room}")).unwrap(),
            entrance: entrance.into(),
            floor,
            room: room.into(),
            temp_c: None,
            visit: None,
            visited_ms: None,
            plan: None,
            open_requests: 0,
            care: false,
            apart: false,
        }
    }

    #[test]
    fn rooms_stand_above_each_other_and_none_is_lost() {
        let doors =
            [door("1", 1, "101"), door("1", 1, "102"), door("1", 2, "201"), door("2", 2, "201"), door("2", 2, "1201")];
        let made = layout(&doors);
        assert_eq!(made.floors, [2, 1]);
        assert_eq!(made.entrances[0], ("1".to_owned(), vec!["01".to_owned(), "02".to_owned()]));
        assert_eq!(made.doors.len(), doors.len());
    }
}
