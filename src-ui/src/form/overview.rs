//! A repeat with several instances as a table: what each is called, what was found, what is open in it. A tap on a row
//! goes there.

use huce_core::form::{Instance, Page};

use super::filling::Filling;
use crate::{i18n::*, prelude::*};

/// The tables of all repeats that have more than one instance.
#[component]
pub fn Overview(
    /// The form.
    filling: Filling,
) -> impl IntoView {
    live(move || {
        let pages = filling.pages.get();
        pages.into_iter().filter(|p| p.instances.len() > 1).map(|page| view! { <Table filling page/> }).collect_view()
    })
}

#[component]
fn Table(filling: Filling, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let state = move |instance: &Instance| match (instance.violations, instance.answered) {
        (0, 0) => (text!(i18n, answer.nothing_yet), "pill"),
        (0, _) => (t_string!(i18n, visit.section_done).to_owned(), "pill good"),
        (n, _) => (text!(i18n, visit.n_open, n = n), "pill warn"),
    };
    let row = move |instance: Instance| {
        let (said, class) = state(&instance);
        let Instance { reference, title, detail, answered, total, .. } = instance;
        view! {
            <tr>
                <th scope="row"><button type="button" class="instance" on:click=move |_| filling.go(&reference)>{title}</button></th>
                <td>{detail}</td>
                <td>{answered}"/"{total}</td>
                <td><em class=class>{said}</em></td>
            </tr>
        }
    };
    view! {
        <table class="instances">
            <caption>{page.label}</caption>
            <thead class="visually-hidden"><tr>
                <th scope="col">{text!(i18n, answer.column_title)}</th>
                <th scope="col">{text!(i18n, answer.column_detail)}</th>
                <th scope="col">{text!(i18n, answer.column_answered)}</th>
                <th scope="col">{text!(i18n, answer.column_state)}</th>
            </tr></thead>
            <tbody>{page.instances.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
