//! Grids as shapes with their figures, without a basemap: works wherever the tablet is.

use huce_core::{ids::GridId, ipc::household::GridFigures};

use super::temp_class;
use crate::{i18n::*, prelude::*};

/// What the grids are coloured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapMode {
    /// Mean of the last temperatures.
    Temp,
    /// Part that was visited.
    Coverage,
    /// Requests that have not come to their end.
    Requests,
}

/// The width of the drawing, in its units.
pub const WIDTH: f64 = 1000.0;

/// From longitude and latitude to the drawing's units.
#[derive(Clone, Copy)]
pub struct Projection {
    west: f64,
    north: f64,
    scale: f64,
    squeeze: f64,
    /// The height of the drawing.
    pub height: f64,
    /// The size of a figure's text.
    text: f64,
}

impl Projection {
    /// Around these grids; none where they have no shapes.
    pub fn around(grids: &[GridFigures]) -> Option<Self> {
        Self::of(grids.iter().map(|g| &g.grid.polygon))
    }

    /// Around these shapes.
    pub fn of<'a>(shapes: impl Iterator<Item = &'a Vec<Vec<[f64; 2]>>>) -> Option<Self> {
        let (mut west, mut east, mut south, mut north) = (f64::MAX, f64::MIN, f64::MAX, f64::MIN);
        for [lon, lat] in shapes.flatten().flatten().filter(|p| p.iter().all(|v| v.is_finite())) {
            (west, east) = (west.min(*lon), east.max(*lon));
            (south, north) = (south.min(*lat), north.max(*lat));
        }
        if west >= east || south >= north {
            return None;
        }
        // A degree of longitude is shorter than one of latitude.
        let squeeze = ((south + north) / 2.0).to_radians().cos().max(0.05);
        let scale = WIDTH / ((east - west) * squeeze);
        let height = ((north - south) * scale).min(4.0 * WIDTH);
        // The drawing is shown in about 700 px along its longer side; figures then have about 26.
        Some(Self { west, north, scale, squeeze, height, text: WIDTH.max(height) * 26.0 / 700.0 })
    }

    /// Where a longitude and latitude is in the drawing.
    pub fn place(self, [lon, lat]: [f64; 2]) -> (f64, f64) {
        ((lon - self.west) * self.squeeze * self.scale, (self.north - lat) * self.scale)
    }

    /// The longitude and latitude of a place in the drawing.
    pub fn point(self, (x, y): (f64, f64)) -> [f64; 2] {
        [self.west + x / (self.squeeze * self.scale), self.north - y / self.scale]
    }

    /// A grid's outline as a path.
    pub fn path(self, rings: &[Vec<[f64; 2]>]) -> String {
        let ring = |ring: &Vec<[f64; 2]>| {
            let points = ring.iter().map(|p| self.place(*p)).map(|(x, y)| format!("{x:.1} {y:.1}"));
            format!("M{}Z", points.collect::<Vec<_>>().join("L"))
        };
        rings.iter().map(ring).collect()
    }
}

/// The map.
#[component]
pub fn GridMap(
    /// Grids with polygons and figures; those above others are drawn as outlines by their children.
    grids: Vec<GridFigures>,
    /// What they are coloured by.
    #[prop(into)]
    mode: Signal<MapMode>,
    /// The grid that was tapped.
    selected: RwSignal<Option<GridId>>,
) -> impl IntoView {
    let Some(projection) = Projection::around(&grids) else { return ().into_any() };
    let parents: Vec<GridId> = grids.iter().filter_map(|g| g.grid.parent.clone()).collect();
    let shapes = grids
        .into_iter()
        .filter(|g| !g.grid.polygon.is_empty() && !parents.contains(&g.grid.id))
        .map(|figures| view! { <GridShape figures projection mode selected/> })
        .collect_view();
    view! {
        <svg class="map" viewBox=format!("-12 -12 {:.0} {:.0}", WIDTH + 24.0, projection.height + 24.0) role="group">{shapes}</svg>
    }
    .into_any()
}

#[component]
fn GridShape(
    figures: GridFigures,
    projection: Projection,
    mode: Signal<MapMode>,
    selected: RwSignal<Option<GridId>>,
) -> impl IntoView {
    let i18n = use_i18n();
    let id = figures.grid.id.clone();
    let path = projection.path(&figures.grid.polygon);
    let outer: Vec<(f64, f64)> =
        figures.grid.polygon.first().map(|r| r.iter().map(|p| projection.place(*p)).collect()).unwrap_or_default();
    let bounds = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = outer.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (low + high) / 2.0
    };
    let (x, y) = (bounds(|p| p.0), bounds(|p| p.1));
    let name = figures.grid.name.clone();
    let spoken = name.clone();
    let figures = StoredValue::new(figures);
    let class = move || {
        figures.with_value(|f| match mode.get() {
            MapMode::Temp => temp_class(f.mean_c),
            MapMode::Coverage => match (f.visited, f.households) {
                (_, 0) => "t-none",
                (v, h) if v * 4 >= h * 3 => "share-4",
                (v, h) if v * 2 >= h => "share-3",
                (v, h) if v * 4 >= h => "share-2",
                _ => "share-1",
            },
            MapMode::Requests => match f.open_requests {
                0 => "t-none",
                1..=2 => "share-2",
                3..=5 => "share-3",
                _ => "share-4",
            },
        })
    };
    let text = move || {
        figures.with_value(|f| match mode.get() {
            MapMode::Temp => f.mean_c.map_or_else(|| "—".to_owned(), |c| format!("{c:.1}°")),
            MapMode::Coverage => format!("{}/{}", f.visited, f.households),
            MapMode::Requests => t_string!(i18n, facade.open_n, n = f.open_requests),
        })
    };
    let chosen = {
        let id = id.clone();
        Signal::derive(move || selected.with(|s| s.as_ref() == Some(&id)))
    };
    let choose = {
        let id = id.clone();
        move || selected.set(Some(id.clone()))
    };
    let by_key = choose.clone();
    view! {
        <g class=move || format!("map-grid {}", class()) class:on=chosen role="button" tabindex="0" aria-label=move || format!("{spoken} {}", text())
            aria-pressed=move || if chosen.get() { "true" } else { "false" }
            on:click=move |_| choose()
            on:keydown=move |e| if matches!(e.key().as_str(), "Enter" | " ") { e.prevent_default(); by_key() }>
            <path d=path></path>
            <text class="map-figure" x=x y=y text-anchor="middle" font-size=projection.text>{text}</text>
            <text class="map-name" x=x y=y + projection.text text-anchor="middle" font-size=projection.text * 0.6>{name}</text>
        </g>
    }
}
