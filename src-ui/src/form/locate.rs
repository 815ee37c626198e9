//! Where the tablet is: asked of its receiver until the place is good enough, somebody takes what there is, or gives up.
//! What goes wrong is said, with what to do instead.

use leptos::reactive::owner::LocalStorage;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Geolocation, Position, PositionError, PositionOptions};

use super::point::Point;
use crate::{i18n::*, prelude::*};

/// A place that is as good as this is taken without asking, m; a form may say otherwise (`accuracyThreshold`).
pub const GOOD_M: f64 = 5.0;

/// The longest wait for a first place, ms.
const LONGEST_MS: u32 = 60_000;

/// How the receiver is doing.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Idle,
    /// The best place so far.
    Waiting(Option<Point>),
    Failed(Trouble),
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    NoReceiver,
    Denied,
    Unavailable,
    TooLong,
}

impl Trouble {
    fn of(error: &PositionError) -> Self {
        match error.code() {
            PositionError::PERMISSION_DENIED => Self::Denied,
            PositionError::TIMEOUT => Self::TooLong,
            _ => Self::Unavailable,
        }
    }

    fn text(self, i18n: I18n) -> &'static str {
        match self {
            Self::NoReceiver => t_string!(i18n, answer.no_receiver),
            Self::Denied => t_string!(i18n, answer.position_denied),
            Self::Unavailable => t_string!(i18n, answer.position_unavailable),
            Self::TooLong => t_string!(i18n, answer.position_too_long),
        }
    }
}

/// The watch that runs; gone when it is dropped.
struct Watch {
    receiver: Geolocation,
    id: i32,
    _place: Closure<dyn Fn(Position)>,
    _error: Closure<dyn Fn(PositionError)>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.receiver.clear_watch(self.id);
    }
}

/// The button that asks for the place, and what comes of it.
#[component]
pub fn UsePosition(
    /// A place that is as good as this is taken without asking, m.
    #[prop(default = GOOD_M)]
    good_m: f64,
    /// Not now.
    #[prop(optional, into)]
    locked: Signal<bool>,
    /// What the button says.
    label: fn() -> &'static str,
    /// A place that was taken.
    #[prop(into)]
    on_point: Callback<Point>,
) -> impl IntoView {
    let i18n = use_i18n();
    let state = RwSignal::new(State::Idle);
    let watch = StoredValue::<Option<Watch>, LocalStorage>::new_local(None);
    let stop = move |after: State| {
        watch.set_value(None);
        state.set(after);
    };
    let take = move |point: Point| {
        stop(State::Idle);
        on_point.run(point);
    };
    let start = move |_| {
        state.set(State::Waiting(None));
        let place = move |position: Position| {
            let point = point_of(&position);
            match state.try_get_untracked() {
                Some(State::Waiting(_)) if point.accuracy_m <= good_m => take(point),
                Some(State::Waiting(best)) if best.is_none_or(|b| point.accuracy_m <= b.accuracy_m) => {
                    state.set(State::Waiting(Some(point)));
                }
                _ => {}
            }
        };
        let error = move |error: PositionError| {
            // One that comes after a place was found changes nothing.
            if state.try_get_untracked() == Some(State::Waiting(None)) {
                stop(State::Failed(Trouble::of(&error)));
            }
        };
        match begin(place, error) {
            Some(running) => watch.set_value(Some(running)),
            None => state.set(State::Failed(Trouble::NoReceiver)),
        }
    };
    let found = move || match state.get() {
        State::Waiting(best) => best,
        _ => None,
    };
    let waiting = Memo::new(move |_| matches!(state.get(), State::Waiting(_)));
    view! {
        <div class="position">
            <Show when=move || !waiting.get()>
                <button type="button" class="btn" disabled=locked on:click=start>{label}</button>
            </Show>
            <Show when=move || waiting.get()>
                <p class="photo-word" role="status">
                    <span class="bar busy"></span>
                    {live(move || match found() {
                        None => text!(i18n, answer.locating),
                        Some(point) => text!(i18n, answer.located_within, m = point.accuracy_m.ceil()),
                    })}
                </p>
                <Show when=move || found().is_some()>
                    <button type="button" class="btn primary" on:click=move |_| if let Some(point) = untrack(found) { take(point) }>
                        {t!(i18n, answer.take_position)}
                    </button>
                </Show>
                <button type="button" class="btn quiet" on:click=move |_| stop(State::Idle)>{t!(i18n, answer.give_up)}</button>
            </Show>
            {live(move || match state.get() {
                State::Failed(trouble) => Some(view! { <p class="photo-word bad" role="alert">{trouble.text(i18n)}</p> }),
                _ => None,
            })}
        </div>
    }
}

fn begin(place: impl Fn(Position) + 'static, error: impl Fn(PositionError) + 'static) -> Option<Watch> {
    let receiver = window().navigator().geolocation().ok()?;
    let options = PositionOptions::new();
    options.set_enable_high_accuracy(true);
    options.set_timeout(LONGEST_MS);
    let (place, error) = (Closure::<dyn Fn(Position)>::new(place), Closure::<dyn Fn(PositionError)>::new(error));
    let (to_place, to_error) = (place.as_ref().unchecked_ref(), error.as_ref().unchecked_ref());
    let id = receiver.watch_position_with_error_callback_and_options(to_place, Some(to_error), &options).ok()?;
    Some(Watch { receiver, id, _place: place, _error: error })
}

fn point_of(position: &Position) -> Point {
    let at = position.coords();
    Point {
        latitude: at.latitude(),
        longitude: at.longitude(),
        altitude_m: at.altitude().unwrap_or_default(),
        accuracy_m: at.accuracy(),
    }
}
