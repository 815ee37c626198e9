//! Where something is, put on the map with a finger: the grids as the map draws them, larger when asked, and what was
//! put there. Works wherever the tablet is, as the map does.

use huce_core::ipc::household::GridFigures;
use leptos::ev::MouseEvent;
use wasm_bindgen::JsCast;

use super::map::{Projection, WIDTH};
use crate::{i18n::*, prelude::*};

/// How much larger the map can be made.
const MOST: f64 = 64.0;

/// The part of the drawing that is shown: its middle, and how many times it is made larger.
#[derive(Clone, Copy, PartialEq)]
struct View {
    middle: (f64, f64),
    times: f64,
}

/// A map to be tapped. Nothing where no grid has a shape.
#[component]
pub fn PickMap(
    /// Grids with their shapes.
    grids: Vec<GridFigures>,
    /// What is put there already, longitude and latitude each, in its order.
    #[prop(into)]
    points: Signal<Vec<[f64; 2]>>,
    /// Where it was tapped, longitude and latitude.
    #[prop(into)]
    on_pick: Callback<[f64; 2]>,
    /// It cannot be changed.
    #[prop(into)]
    locked: Signal<bool>,
) -> impl IntoView {
    let i18n = use_i18n();
    let Some(projection) = Projection::around(&grids) else { return ().into_any() };
    let height = projection.height;
    let view = RwSignal::new(View { middle: (WIDTH / 2.0, height / 2.0), times: 1.0 });
    // In the drawing's units: left, top, width, height.
    let shown = move || {
        let View { middle: (x, y), times } = view.get();
        let (wide, high) = ((WIDTH + 24.0) / times, (height + 24.0) / times);
        (x - wide / 2.0, y - high / 2.0, wide, high)
    };
    let zoom = move |by: f64| {
        let middle = points.with_untracked(|all| all.last().map(|p| projection.place(*p)));
        view.update(|v| {
            v.times = (v.times * by).clamp(1.0, MOST);
            v.middle = match middle {
                Some(last) if v.times > 1.0 => last,
                _ if v.times > 1.0 => v.middle,
                _ => (WIDTH / 2.0, height / 2.0),
            };
        });
    };
    let tapped = move |event: MouseEvent| {
        let target = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let Some(frame) = target.filter(|_| !locked.get_untracked()).map(|t| t.get_bounding_client_rect()) else {
            return;
        };
        let (left, top, wide, high) = untrack(shown);
        // The drawing stands in the middle of its frame, as large as it can.
        let scale = (frame.width() / wide).min(frame.height() / high).max(1e-9);
        let x = left + (f64::from(event.client_x()) - frame.left() - (frame.width() - wide * scale) / 2.0) / scale;
        let y = top + (f64::from(event.client_y()) - frame.top() - (frame.height() - high * scale) / 2.0) / scale;
        on_pick.run(projection.point((x, y)));
    };
    let parents: Vec<_> = grids.iter().filter_map(|g| g.grid.parent.clone()).collect();
    let shapes = grids.iter().filter(|g| !g.grid.polygon.is_empty() && !parents.contains(&g.grid.id));
    let shapes: Vec<_> = shapes
        .map(|g| view! { <path class="map-ground" d=projection.path(&g.grid.polygon)><title>{g.grid.name.clone()}</title></path> })
        .collect();
    let spots = move || {
        let size = 14.0 / view.get().times;
        let places: Vec<_> = points.get().into_iter().map(|p| projection.place(p)).collect();
        let way = places.iter().map(|(x, y)| format!("{x:.3} {y:.3}")).collect::<Vec<_>>().join("L");
        view! {
            {(places.len() > 1).then(|| view! { <path class="map-way" d=format!("M{way}") stroke-width=size / 3.0></path> })}
            {places.into_iter().map(|(x, y)| view! { <circle class="map-spot" cx=x cy=y r=size stroke-width=size / 3.0></circle> }).collect_view()}
        }
    };
    view! {
        <div class="pick-map">
            <svg class="map" viewBox=move || { let (x, y, w, h) = shown(); format!("{x:.3} {y:.3} {w:.3} {h:.3}") }
                role="img" aria-label=t!(i18n, answer.pick_map) on:click=tapped>
                {shapes}
                {live(spots)}
            </svg>
            <div class="pick-map-bar">
                <button type="button" class="btn step" aria-label=t!(i18n, answer.larger) disabled=move || view.with(|v| v.times >= MOST) on:click=move |_| zoom(2.0)>"＋"</button>
                <button type="button" class="btn step" aria-label=t!(i18n, answer.smaller) disabled=move || view.with(|v| v.times <= 1.0) on:click=move |_| zoom(0.5)>"−"</button>
            </div>
        </div>
        <p class="place-shown">{t!(i18n, answer.pick_map_do)}</p>
    }
    .into_any()
}
