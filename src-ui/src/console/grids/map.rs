//! The grids of the tree as shapes, the chosen one and those below it in front, gaps and overlaps above them.

use huce_core::{
    ipc::grid::GridsReply,
    shape::{Flaw, FlawKind},
};

use super::Page;
use crate::{
    form::text,
    i18n::*,
    parts::map::{Projection, WIDTH},
    prelude::*,
};

/// The class of a gap's or an overlap's shape.
fn class_of(kind: FlawKind) -> &'static str {
    match kind {
        FlawKind::Overlap => "flaw overlap",
        FlawKind::Gap => "flaw gap",
        FlawKind::Beyond => "flaw beyond",
    }
}

/// A gap or an overlap in words, with the names of its grids.
pub fn flaw_text(i18n: I18n, flaw: &Flaw, name: impl Fn(&huce_core::ids::GridId) -> String) -> String {
    let names = flaw.grids.iter().map(name).collect::<Vec<_>>().join(" · ");
    let area = area_text(flaw.area_m2);
    match flaw.kind {
        FlawKind::Overlap => text!(i18n, grids.overlap, names = names, area = area),
        FlawKind::Gap => text!(i18n, grids.gap, names = names, area = area),
        FlawKind::Beyond => text!(i18n, grids.beyond, names = names, area = area),
    }
}

/// `340 m²`, `1.2 ha`.
fn area_text(area_m2: f64) -> String {
    if area_m2 < 10_000.0 { format!("{area_m2:.0} m²") } else { format!("{:.1} ha", area_m2 / 10_000.0) }
}

/// The map, and the list of what is wrong between grids.
#[component]
pub fn TreeMap(answer: Memo<GridsReply>, page: Page) -> impl IntoView {
    let i18n = use_i18n();
    let drawing = move || {
        answer.with(|reply| {
            let open: Vec<_> = reply.grids.iter().filter(|line| line.grid.is_open()).collect();
            let Some(projection) = Projection::of(open.iter().map(|line| &line.grid.polygon)) else {
                return view! { <p class="c-nothing">{t!(i18n, grids.no_shapes)}</p> };
            };
            // From the top: what lies below is drawn over what lies above.
            let shapes = open.iter().filter(|line| !line.grid.polygon.is_empty()).map(|line| {
                let (id, pressed) = (line.grid.id.clone(), line.grid.id.clone());
                let on = Signal::derive(move || page.selected.with(|selected| selected.as_ref() == Some(&id)));
                view! {
                    <path class="tree-grid" class:on=on fill-rule="evenodd" d=projection.path(&line.grid.polygon)
                        on:click=move |_| page.selected.set(Some(pressed.clone()))>
                        <title>{line.grid.name.clone()}</title>
                    </path>
                }
            });
            let shapes = shapes.collect_view();
            let flaws = reply.flaws.iter().map(|flaw| {
                view! { <path class=class_of(flaw.kind) fill-rule="evenodd" d=projection.path(&flaw.rings)></path> }
            });
            let flaws = flaws.collect_view();
            view! {
                <svg class="map" viewBox=format!("-12 -12 {:.0} {:.0}", WIDTH + 24.0, projection.height + 24.0) role="img"
                    aria-label=t!(i18n, grids.map)>{shapes}{flaws}</svg>
            }
        })
    };
    let list = move || {
        answer.with(|reply| {
            let name = |id: &huce_core::ids::GridId| {
                let line = reply.grids.iter().find(|line| line.grid.id == *id);
                line.map_or_else(|| id.to_string(), |line| line.grid.name.clone())
            };
            let lines = reply.flaws.iter().map(|flaw| {
                let (words, first) = (flaw_text(i18n, flaw, name), flaw.grids.first().cloned());
                view! {
                    <li><button type="button" class="btn quiet" on:click=move |_| page.selected.set(first.clone())>
                        <span class=class_of(flaw.kind) aria-hidden="true"></span>{words}
                    </button></li>
                }
            });
            lines.collect_view()
        })
    };
    let count = move || answer.with(|reply| reply.flaws.len());
    view! {
        <section class="c-card grids-map">
            <h2>{t!(i18n, grids.map)}</h2>
            {live(drawing)}
            <details class="grids-flaws" open=move || { count() > 0 }>
                <summary>{move || match count() {
                    0 => text!(i18n, grids.no_flaws),
                    n => text!(i18n, grids.flaws, n = n),
                }}</summary>
                <ul>{live(list)}</ul>
            </details>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_told_in_a_unit_that_fits() {
        assert_eq!(area_text(340.4), "340 m²");
        assert_eq!(area_text(12_340.0), "1.2 ha");
    }
}
