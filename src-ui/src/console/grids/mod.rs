//! The tree of grids: the tree itself, the map with gaps and overlaps, what one grid is and who works in it, and the acts:
//! opening, changing, splitting, merging, sorting households. Read in this order: this file → `map.rs` → `about.rs` →
//! `act.rs` (the dialog) with `covers.rs` (addresses as people type them) → `seat.rs`.

mod about;
mod act;
mod covers;
mod map;
mod seat;

use huce_core::{
    ids::GridId,
    ipc::{
        Changed,
        grid::{GridLine, Grids, GridsReply},
    },
};

use super::shown::Shown;
use crate::{
    address,
    form::text,
    i18n::*,
    load::{Loader, load},
    parts::{Icon, Sign},
    prelude::*,
    router::to,
    words,
};
use about::About;
use act::{Act, ActDialog};
use map::TreeMap;
use seat::{SeatDialog, SeatOf};

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub struct Page {
    /// The reply; asked again after every act.
    grids: Loader<GridsReply>,
    /// The grid that is looked at.
    selected: RwSignal<Option<GridId>>,
    /// The act whose dialog is open.
    act: RwSignal<Option<Act>>,
    /// The seat whose dialog is open.
    seat: RwSignal<Option<SeatOf>>,
}

impl Page {
    /// A grid of the reply, now.
    fn peek(&self, id: &GridId) -> Option<GridLine> {
        self.grids.peek(|reply| reply.grids.iter().find(|line| line.grid.id == *id).cloned()).flatten()
    }
}

/// The page.
#[component]
pub fn GridsPage() -> impl IntoView {
    let i18n = use_i18n();
    let page = Page {
        grids: load(&[Changed::Doors], || Grids {}),
        selected: RwSignal::new(address::query("grid").and_then(|code| GridId::new(code).ok())),
        act: RwSignal::new(None),
        seat: RwSignal::new(None),
    };
    view! {
        <div class="c-sheet grids-page">
            <header class="c-head">
                <h1>{t!(i18n, grids.title)}</h1>
                <span class="grow"></span>
                <a class="btn quiet" href=to("/duties")>{t!(i18n, duty.title)}</a>
                {move || page.grids.get(|reply| reply.may_edit).unwrap_or(false).then(|| view! {
                    <button type="button" class="btn primary" on:click=move |_| page.act.set(Some(Act::New(page.selected.get_untracked())))>
                        <Icon sign=Sign::Plus/><span>{t!(i18n, grids.add)}</span>
                    </button>
                })}
            </header>
            <Shown of=page.grids lines=8 let:answer>
                <div class="grids-columns">
                    <Tree answer page/>
                    <div class="grids-side">
                        <TreeMap answer page/>
                        <About answer page/>
                    </div>
                </div>
            </Shown>
            <ActDialog page/>
            <SeatDialog page/>
        </div>
    }
}

/// The tree, a line a grid.
#[component]
fn Tree(answer: Memo<GridsReply>, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let lines = move || {
        let closed = |line: &GridLine| !line.grid.is_open();
        let of = |line: GridLine| {
            let id = line.grid.id.clone();
            let (chosen, pressed) = (id.clone(), id.clone());
            let is_on = move || page.selected.with(|selected| selected.as_ref() == Some(&chosen));
            let on = Signal::derive(is_on);
            let (own, all) = line.households;
            let count = if own == all { own.to_string() } else { format!("{own} / {all}") };
            let closed = closed(&line);
            let level = line.grid.level;
            view! {
                <li class="grid-line" style:padding-left=format!("{}px", line.depth * 18)>
                    <button type="button" class="grid-choose" class:on=on class:closed=closed aria-pressed=move || if on.get() { "true" } else { "false" }
                        on:click=move |_| page.selected.set(Some(pressed.clone()))>
                        <b>{line.grid.name.clone()}</b>
                        <small class="c-muted">{id.to_string()}" · "{live(move || if closed { t_string!(i18n, grids.closed) } else { words::level(i18n, level) })}</small>
                        <span class="grid-count">{count}</span>
                    </button>
                </li>
            }
        };
        answer.with(|reply| reply.grids.iter().cloned().map(of).collect_view())
    };
    view! {
        <section class="c-card grids-tree" aria-label=t!(i18n, grids.tree)>
            <h2>{t!(i18n, grids.tree)}</h2>
            {move || answer.with(|a| a.grids.is_empty()).then(|| view! { <p class="c-nothing">{text!(i18n, grids.none)}</p> })}
            <ul class="grids-list">{live(lines)}</ul>
        </section>
    }
}
