//! People and their tablets: who has which role in which grid, when a tablet was heard last and what waits on it;
//! adding people, one-time codes for tablets, taking a tablet away.

mod bundle;
mod code;
mod devices;
mod edit;
mod forgotten;

use huce_core::{
    ids::{GridId, PersonId},
    ipc::{
        Changed,
        console::{DeviceLine, People, PeopleReply},
    },
    person::Person,
};

use super::shown::Shown;
use crate::{
    form::text,
    here::use_here,
    i18n::*,
    load::{Loader, load},
    pages::exports::Exports,
    parts::{Icon, Sign},
    prelude::*,
    words,
};
use bundle::BundleImport;
use code::CodeDialog;
use devices::{Tablets, WaitingTablets};
use edit::{EditDialog, Editing};

/// The page.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let i18n = use_i18n();
    let people = load(&[Changed::Doors], || People {});
    let editing = RwSignal::new(None::<Editing>);
    let code_for = RwSignal::new(None::<Person>);
    let filter = RwSignal::new(String::new());
    view! {
        <div class="c-sheet people-page">
            <header class="c-head">
                <h1>{t!(i18n, people.title)}</h1>
                <span class="grow"></span>
                <input class="input people-filter" type="search" autocomplete="off" placeholder=t!(i18n, people.filter)
                    aria-label=t!(i18n, people.filter) prop:value=move || filter.get()
                    on:input=move |e| filter.set(event_target_value(&e))/>
                <Exports table="people" filter=Signal::derive(move || named(&filter.get()))/>
                {move || people.get(|p| p.may_edit).unwrap_or(false).then(|| view! {
                    <button type="button" class="btn primary" on:click=move |_| editing.set(Some(Editing::Somebody))>
                        <Icon sign=Sign::Plus/><span>{t!(i18n, people.add)}</span>
                    </button>
                })}
            </header>
            <WaitingTablets people/>
            <Shown of=people lines=8 let:answer>
                <Table answer filter editing code_for people/>
            </Shown>
            <p class="exports-of"><span class="c-muted">{t!(i18n, people.tablets)}</span><Exports table="tablets" filter=Signal::derive(String::new)/></p>
            <BundleImport/>
            <EditDialog editing people/>
            <CodeDialog code_for/>
        </div>
    }
}

/// What is typed, as the server's files have it.
fn named(typed: &str) -> String {
    format!("text={}", String::from(js_sys::encode_uri_component(typed.trim())))
}

/// Does a person fit what is typed? Name, login, role's word or grid.
fn fits(person: &Person, typed: &str, words_of: impl Fn(&Person) -> String) -> bool {
    let typed = typed.trim().to_lowercase();
    typed.is_empty()
        || [person.name.to_lowercase(), person.id.as_str().to_lowercase(), words_of(person).to_lowercase()]
            .iter()
            .any(|text| text.contains(&typed))
}

/// The name of a grid among those of the reply.
fn grid_name(reply: &PeopleReply, grid: &GridId) -> String {
    reply.grids.iter().find(|g| g.0 == *grid).map_or_else(|| grid.to_string(), |g| g.1.clone())
}

#[component]
fn Table(
    answer: Memo<PeopleReply>,
    filter: RwSignal<String>,
    editing: RwSignal<Option<Editing>>,
    code_for: RwSignal<Option<Person>>,
    people: Loader<PeopleReply>,
) -> impl IntoView {
    let i18n = use_i18n();
    let here = use_here();
    let now_ms = move || here.now_ms_untracked();
    let roles = move |reply: &PeopleReply, person: &Person| {
        let said =
            person.roles.iter().map(|r| format!("{} · {}", words::role(i18n, r.role), grid_name(reply, &r.grid)));
        said.collect::<Vec<_>>()
    };
    let rows = Memo::new(move |_| {
        let typed = filter.get();
        answer.with(|reply| {
            let mut shown: Vec<Person> =
                reply.people.iter().filter(|p| fits(p, &typed, |p| roles(reply, p).join(" "))).cloned().collect();
            // Those with most to say first, then by login: an order that stays.
            shown.sort_by_key(|p| (std::cmp::Reverse(p.roles.iter().map(|r| r.role).max()), p.id.clone()));
            shown
        })
    });
    view! {
        <section class="c-card">
            {move || answer.with(|a| a.people.is_empty()).then(|| view! { <p class="c-nothing">{t_string!(i18n, people.none)}</p> })}
            {move || (rows.with(Vec::is_empty) && !answer.with(|a| a.people.is_empty())).then(|| view! {
                <p class="c-nothing" role="status">{t_string!(i18n, people.none_fits)}</p>
            })}
            <div class="c-scroll" tabindex="0" role="region" aria-label=t!(i18n, people.title)>
                <table class="c-table people-table">
                    <thead><tr>
                        <th scope="col">{t!(i18n, people.person)}</th>
                        <th scope="col">{t!(i18n, people.roles)}</th>
                        <th scope="col">{t!(i18n, people.tablets)}</th>
                        <th scope="col"><span class="visually-hidden">{t!(i18n, people.actions)}</span></th>
                    </tr></thead>
                    <tbody>
                        {move || {
                            let may_edit = answer.with(|a| a.may_edit);
                            rows.get().into_iter().map(|person| {
                                let said = answer.with(|reply| roles(reply, &person));
                                let devices = answer.with(|reply| of(reply, &person.id));
                                let [to_edit, to_code] = [person.clone(), person.clone()];
                                let spoken = person.name.clone();
                                view! {
                                    <tr>
                                        <td><b>{person.name.clone()}</b><small class="c-muted">{person.id.to_string()}</small></td>
                                        <td>{match said.is_empty() {
                                            true => view! { <span class="c-tag bad">{t_string!(i18n, people.no_role)}</span> }.into_any(),
                                            false => said.into_iter().map(|s| view! { <span class="c-tag">{s}</span> }).collect_view().into_any(),
                                        }}</td>
                                        <td class="wide"><Tablets devices now_ms=now_ms() may_edit people owner=person.name.clone()/></td>
                                        <td class="people-actions">{may_edit.then(|| view! {
                                            <button type="button" class="btn quiet" aria-label=text!(i18n, people.edit_of, name = spoken.clone())
                                                on:click=move |_| editing.set(Some(Editing::Known(to_edit.clone())))>{t_string!(i18n, people.edit)}</button>
                                            <button type="button" class="btn" aria-label=text!(i18n, people.code_of, name = spoken.clone())
                                                on:click=move |_| code_for.set(Some(to_code.clone()))>{t_string!(i18n, people.new_code)}</button>
                                        })}</td>
                                    </tr>
                                }
                            }).collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </section>
    }
}

/// Somebody's tablets: those in use first, the one heard last before the others.
fn of(reply: &PeopleReply, person: &PersonId) -> Vec<DeviceLine> {
    let mut devices: Vec<_> = reply.devices.iter().filter(|d| d.person == *person).cloned().collect();
    devices.sort_by_key(|d| (d.revoked, std::cmp::Reverse(d.seen_ms.unwrap_or(d.enrolled_ms)), d.device.clone()));
    devices
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn found_by_name_login_and_grid_in_any_case() {
        let wang = Person { id: PersonId::new("wangjianshe").unwrap(), name: "王建设".into(), roles: vec![] };
        let words = |_: &Person| "专管员 · 锅炉厂 SY-02-1".to_owned();
        for typed in ["", " 王", "WANG", "锅炉", "sy-02"] {
            assert!(fits(&wang, typed, words), "{typed}");
        }
        assert!(!fits(&wang, "李", words));
    }
}
