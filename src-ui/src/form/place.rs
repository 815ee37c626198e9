//! Answers that are places: one point, or the points of a line or an area. The tablet's position, or typed by hand.

use huce_core::ipc::household::Map;

use super::{
    asked::{Asked, TakeBack},
    locate::{GOOD_M, UsePosition},
    point::{Figure, Point, degrees_text},
};
use crate::{i18n::*, load::load, parts::PickMap, prelude::*};

/// Latitude and longitude as they are typed.
#[derive(Clone, Copy)]
struct Typed {
    latitude: RwSignal<String>,
    longitude: RwSignal<String>,
}

impl Typed {
    fn new(point: Option<Point>) -> Self {
        let typed = Self { latitude: RwSignal::new(String::new()), longitude: RwSignal::new(String::new()) };
        typed.show(point);
        typed
    }

    fn show(self, point: Option<Point>) {
        self.latitude.set(point.map(|p| degrees_text(p.latitude)).unwrap_or_default());
        self.longitude.set(point.map(|p| degrees_text(p.longitude)).unwrap_or_default());
    }

    fn point(self) -> Option<Point> {
        self.latitude.with_untracked(|lat| self.longitude.with_untracked(|lon| Point::typed(lat, lon)))
    }

    fn is_empty(self) -> bool {
        self.latitude.with_untracked(|t| t.trim().is_empty()) && self.longitude.with_untracked(|t| t.trim().is_empty())
    }
}

/// A point.
#[component]
pub fn Place(
    /// The question.
    asked: Asked,
) -> impl IntoView {
    let i18n = use_i18n();
    let point = Memo::new(move |_| asked.value.with(|v| Point::read(v)));
    let typed = Typed::new(point.get_untracked());
    effect(move || {
        let point = point.get();
        let same = |a: Point, b: Point| a.to_string().split(' ').take(2).eq(b.to_string().split(' ').take(2));
        let stays = match (point, typed.point()) {
            (Some(kept), Some(typed)) => same(kept, typed),
            // What is half typed stays.
            (None, None) => true,
            _ => false,
        };
        if !stays {
            typed.show(point);
        }
    });
    let write = move |()| match typed.point() {
        Some(point) => asked.answer_so_far(&point.to_string()),
        None => {
            asked.answer("");
            asked.complaint.set((!typed.is_empty()).then_some(t!(i18n, answer.no_place)));
        }
    };
    view! {
        <div class="place">
            <OnMap asked points=Signal::derive(move || point.get().into_iter().collect()) on_point=move |point: Point| asked.answer(&point.to_string())/>
            <UsePosition good_m=asked.parameter("accuracyThreshold").unwrap_or(GOOD_M) locked=asked.locked label=t!(i18n, answer.use_position) on_point=move |point: Point| asked.answer(&point.to_string())/>
            {live(move || point.get().filter(|p| p.accuracy_m > 0.0).map(|p| view! { <p class="place-shown">{p.shown()}</p> }))}
            <Coordinates asked typed on_typed=write/>
            <TakeBack asked/>
        </div>
    }
}

/// The points of a line or an area.
#[component]
pub fn Places(
    /// The question.
    asked: Asked,
    /// Which of them.
    figure: Figure,
) -> impl IntoView {
    let i18n = use_i18n();
    // Too few points are no answer yet: they are held here.
    let points = RwSignal::new(figure.read(&asked.value.get_untracked()));
    effect(move || {
        let value = asked.value.get();
        let taken_back = value.is_empty() && points.with_untracked(|p| figure.write(p).is_some());
        if !value.is_empty() || taken_back {
            points.set(figure.read(&value));
        }
    });
    let typed = Typed::new(None);
    let change = move |next: Vec<Point>| {
        let answer = figure.write(&next);
        let closed = answer.is_none() && next.len() >= figure.least();
        points.set(next);
        asked.answer(&answer.unwrap_or_default());
        asked.complaint.set(closed.then_some(t!(i18n, answer.line_is_closed)));
    };
    let add = move |point: Point| {
        let mut next = points.get_untracked();
        // Two of the same place are one.
        if next.last().is_none_or(|last| last.to_string() != point.to_string()) {
            next.push(point);
            change(next);
        }
    };
    let add_typed = move |_| match typed.point() {
        Some(point) => {
            add(point);
            typed.show(None);
        }
        None => asked.complaint.set(Some(t!(i18n, answer.no_place))),
    };
    let open = move || !asked.locked.get();
    let count = move || points.with(Vec::len);
    let rows = move || points.get().into_iter().enumerate();
    view! {
        <div class="place">
            <OnMap asked points=points.into() on_point=add/>
            <ol class="points">
                <For each=rows key=|(n, p)| format!("{n} {p}") let(row)>
                    <li><b>{row.0 + 1}</b>{row.1.shown()}</li>
                </For>
            </ol>
            <Show when=move || { count() > 1 }>
                <svg class="points-sketch" viewBox="-6 -6 112 112" aria-hidden="true"><path d=move || points.with(|p| outline(p, figure))></path></svg>
            </Show>
            <p class="place-shown" role="status">
                {live(move || match figure.least().saturating_sub(count()) {
                    0 => text!(i18n, answer.n_points, n = count()),
                    missing => text!(i18n, answer.points_missing, n = count(), missing = missing),
                })}
            </p>
            <UsePosition good_m=asked.parameter("accuracyThreshold").unwrap_or(GOOD_M) locked=asked.locked label=t!(i18n, answer.add_position) on_point=add/>
            <Coordinates asked typed on_typed=move |()| asked.complaint.set(None)/>
            <Show when=open>
                <div class="take-buttons">
                    <button type="button" class="btn" on:click=add_typed>{t!(i18n, answer.add_typed)}</button>
                    <button type="button" class="btn" disabled=move || count() == 0 on:click=move |_| {
                        let mut next = points.get_untracked();
                        next.pop();
                        change(next);
                    }>{t!(i18n, answer.remove_last)}</button>
                    <TakeBack asked/>
                </div>
            </Show>
        </div>
    }
}

/// The map, where the form wants it: `maps`, `placement-map`. Without shapes of grids there is none, and what stands below
/// it is the way.
#[component]
fn OnMap(
    asked: Asked,
    /// What is put there.
    points: Signal<Vec<Point>>,
    /// Where it was tapped.
    #[prop(into)]
    on_point: Callback<Point>,
) -> impl IntoView {
    if !asked.looks("maps") && !asked.looks("placement-map") {
        return ().into_any();
    }
    let map = load(&[], || Map {});
    let shown =
        Signal::derive(move || points.with(|all| all.iter().map(|p| [p.longitude, p.latitude]).collect::<Vec<_>>()));
    let pick = move |[longitude, latitude]: [f64; 2]| {
        // Seven digits are a centimetre, as answers are kept.
        if let Some(point) = Point::typed(&degrees_text(latitude), &degrees_text(longitude)) {
            on_point.run(point);
        }
    };
    live(move || {
        map.get(|reply| view! { <PickMap grids=reply.grids.clone() points=shown on_pick=pick locked=asked.locked/> })
    })
}

#[component]
fn Coordinates(asked: Asked, typed: Typed, #[prop(into)] on_typed: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let field = move |text: RwSignal<String>, name: fn() -> &'static str, example: &'static str| {
        view! {
            <label class="part wide">
                <span>{name}</span>
                <input class="input" inputmode="decimal" autocomplete="off" placeholder=example aria-describedby=asked.described_by()
                    readonly=asked.locked prop:value=move || text.get()
                    on:input=move |ev| { text.set(event_target_value(&ev)); on_typed.run(()) }
                    on:blur=move |_| asked.filling.keeper().send()/>
            </label>
        }
    };
    view! {
        <div class="day-parts" role="group" aria-labelledby=asked.label_id()>
            {field(typed.latitude, t!(i18n, answer.latitude), "34.7466")}
            {field(typed.longitude, t!(i18n, answer.longitude), "113.6253")}
        </div>
    }
}

/// The points as a drawing of 100 by 100; closed for an area.
fn outline(points: &[Point], figure: Figure) -> String {
    let bounds =
        |of: fn(&Point) -> f64| points.iter().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
    let ((south, north), (west, east)) = (bounds(|p| p.latitude), bounds(|p| p.longitude));
    // A degree of longitude is shorter than one of latitude.
    let squeeze = ((south + north) / 2.0).to_radians().cos().max(0.05);
    let scale = 100.0 / (north - south).max((east - west) * squeeze).max(1e-9);
    let place =
        |p: &Point| format!("{:.1} {:.1}", (p.longitude - west) * squeeze * scale, (north - p.latitude) * scale);
    let path = points.iter().map(place).collect::<Vec<_>>().join("L");
    format!("M{path}{}", if figure == Figure::Area { "Z" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_fills_its_square() {
        let points = ["0.1 0.1", "0.1 0.2", "0.2 0.2"].map(|p| Point::read(p).unwrap());
        assert_eq!(outline(&points, Figure::Area), "M0.0 100.0L100.0 100.0L100.0 0.0Z");
        assert!(outline(&points[..1], Figure::Line).starts_with("M0.0 0.0"));
    }
}
