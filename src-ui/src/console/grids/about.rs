//! One grid: what it is, what may be done with it, who works in it.

use huce_core::{
    ipc::grid::{GridLine, GridsReply},
    team::Seat,
};

use super::{
    Page,
    act::Act,
    covers::covers_text,
    seat::{SeatOf, seat_word},
};
use crate::{form::text, here::use_here, i18n::*, prelude::*, words};

/// The grid that is chosen.
#[component]
pub fn About(answer: Memo<GridsReply>, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let chosen = move || {
        let id = page.selected.get()?;
        answer.with(|reply| reply.grids.iter().find(|line| line.grid.id == id).cloned())
    };
    live(move || match chosen() {
        Some(line) => view! { <One line page/> },
        None => view! { <section class="c-card"><p class="c-nothing">{t!(i18n, grids.choose)}</p></section> },
    })
}

#[component]
fn One(line: GridLine, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let grid = line.grid.clone();
    let (level, id) = (grid.level, grid.id.clone());
    let covers = covers_text(&grid.covers);
    let into = grid.into.clone();
    let button = move |act: Act, word: fn(I18n) -> &'static str| {
        view! {
            <button type="button" class="btn" on:click=move |_| page.act.set(Some(act.clone()))>{live(move || word(i18n))}</button>
        }
    };
    let acts = (line.may_edit && grid.is_open()).then(|| {
        view! {
            <div class="grid-acts">
                {button(Act::Edit(id.clone()), |i| t_string!(i, grids.edit))}
                {button(Act::Split(id.clone()), |i| t_string!(i, grids.split))}
                {button(Act::Merge(id.clone()), |i| t_string!(i, grids.merge))}
                {button(Act::Sort(id.clone()), |i| t_string!(i, grids.sort))}
            </div>
        }
    });
    let households = line.households.1;
    let facilities = line.facilities;
    view! {
        <section class="c-card grid-about">
            <h2>{grid.name.clone()}</h2>
            <p class="c-muted">{id.to_string()}" · "{live(move || words::level(i18n, level))}{grid.community.clone().map(|c| format!(" · {c}"))}" · "
                {live(move || text!(i18n, grids.holds, households = households, facilities = facilities))}</p>
            {into.map(|into| view! { <p class="c-said">{live(move || text!(i18n, grids.merged_into, grid = into.to_string()))}</p> })}
            {(!covers.is_empty()).then(|| view! { <pre class="grid-covers">{covers}</pre> })}
            {acts}
            <Team line page/>
        </section>
    }
}

#[component]
fn Team(line: GridLine, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let today = here.today();
    let empty = line.grid.team.empty_seats();
    let (grid, is_open) = (line.grid.id.clone(), line.grid.is_open());
    let line = StoredValue::new(line);
    let seats = move || {
        let grid = grid.clone();
        let rows = Seat::ALL.into_iter().map(move |seat| {
            let members = line.with_value(|l| l.grid.team.seats.get(&seat).cloned().unwrap_or_default());
            let day = today.get();
            let names = members.iter().map(|member| {
                let name = member.name.clone();
                match member.on_duty(day) {
                    Some(who) if who == member.name => text!(i18n, grids.on_duty, name = name),
                    Some(who) => text!(i18n, grids.stands_in, name = name, instead = who.to_owned()),
                    None => name,
                }
            });
            let names = names.collect::<Vec<_>>().join("、");
            let of = SeatOf { grid: grid.clone(), seat, members };
            view! {
                <tr>
                    <th scope="row">{seat_word(i18n, seat)}</th>
                    <td>{if names.is_empty() { "—".to_owned() } else { names }}</td>
                    <td>{is_open.then(|| view! {
                        <button type="button" class="btn quiet" aria-label=text!(i18n, grids.fill_seat, seat = seat_word(i18n, seat))
                            on:click=move |_| page.seat.set(Some(of.clone()))>{t_string!(i18n, grids.fill)}</button>
                    })}</td>
                </tr>
            }
        });
        rows.collect_view()
    };
    view! {
        <h3>{t!(i18n, grids.team)}</h3>
        {(!empty.is_empty()).then(|| view! {
            <p class="c-why warn">{live(move || {
                let seats = empty.iter().map(|seat| seat_word(i18n, *seat)).collect::<Vec<_>>().join("、");
                text!(i18n, grids.empty_seats, seats = seats)
            })}</p>
        })}
        <table class="c-table grid-team"><tbody>{live(seats)}</tbody></table>
    }
}
