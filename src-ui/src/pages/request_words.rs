//! Words and colours of requests, and the clock that ticks beside them.

use huce_core::{
    clock::Millis,
    request::{Category, Channel, ClockKind, Mode, RequestState, Severity, SlaClock},
};

use crate::{form::text, i18n::*, prelude::*};

/// All channels, in the order in which they are offered.
pub const CHANNELS: [Channel; 6] =
    [Channel::Hotline, Channel::CityApp, Channel::GridGroup, Channel::SuggestionBox, Channel::Desk, Channel::Visit];
/// All categories.
pub const CATEGORIES: [Category; 6] =
    [Category::Cold, Category::Leak, Category::Noise, Category::Account, Category::Equipment, Category::Other];
/// Both severities.
pub const SEVERITIES: [Severity; 2] = [Severity::Small, Severity::Major];
/// All modes.
pub const MODES: [Mode; 3] = [Mode::Own, Mode::Joint, Mode::Escalated];

/// A word for each of what a request is made of.
pub trait Worded: Copy + PartialEq + Send + Sync + 'static {
    /// In the language of the screens.
    fn word(self, i18n: I18n) -> String;
}

impl Worded for Channel {
    fn word(self, i18n: I18n) -> String {
        match self {
            Self::Hotline => text!(i18n, request.hotline),
            Self::CityApp => text!(i18n, request.city_app),
            Self::GridGroup => text!(i18n, request.grid_group),
            Self::SuggestionBox => text!(i18n, request.suggestion_box),
            Self::Desk => text!(i18n, request.desk),
            Self::Visit => text!(i18n, request.on_visit),
        }
    }
}

impl Worded for Category {
    fn word(self, i18n: I18n) -> String {
        match self {
            Self::Cold => text!(i18n, request.cold),
            Self::Leak => text!(i18n, request.leak),
            Self::Noise => text!(i18n, request.noise),
            Self::Account => text!(i18n, request.account),
            Self::Equipment => text!(i18n, request.equipment),
            Self::Other => text!(i18n, request.other),
        }
    }
}

impl Worded for Severity {
    fn word(self, i18n: I18n) -> String {
        match self {
            Self::Small => text!(i18n, request.small),
            Self::Major => text!(i18n, request.major),
        }
    }
}

impl Worded for Mode {
    fn word(self, i18n: I18n) -> String {
        match self {
            Self::Own => text!(i18n, request.own),
            Self::Joint => text!(i18n, request.joint),
            Self::Escalated => text!(i18n, request.escalated),
        }
    }
}

impl Worded for RequestState {
    fn word(self, i18n: I18n) -> String {
        match self {
            Self::New => text!(i18n, request.state_new),
            Self::Answered => text!(i18n, request.state_answered),
            Self::Resolved => text!(i18n, request.state_resolved),
            Self::Closed => text!(i18n, request.state_closed),
        }
    }
}

/// The state colour of a request.
pub fn tone(state: RequestState) -> &'static str {
    match state {
        RequestState::New => "bad",
        RequestState::Answered => "warn",
        RequestState::Resolved => "calm",
        RequestState::Closed => "good",
    }
}

/// The clock by which promises run, ticking every second from what the backend said: only what has passed since
/// then is measured here, so that a wrong clock of this machine makes no difference.
#[derive(Clone, Copy)]
pub struct Ticking {
    said: RwSignal<(Millis, f64)>,
    passed: RwSignal<f64>,
}

impl Ticking {
    /// Starts; until [`Ticking::said`] nothing is known.
    pub fn start() -> Self {
        let ticking = Self { said: RwSignal::new((0, 0.0)), passed: RwSignal::new(0.0) };
        let handle = set_interval_with_handle(
            move || {
                let _gone = ticking.passed.try_set(monotonic_ms());
            },
            std::time::Duration::from_secs(1),
        );
        if let Ok(handle) = handle {
            on_cleanup(move || handle.clear());
        }
        ticking
    }

    /// The backend said what time it is.
    pub fn said(self, now_ms: Millis) {
        let here = monotonic_ms();
        let _gone = self.passed.try_set(here);
        let _gone = self.said.try_set((now_ms, here));
    }

    /// What time it is; reactive.
    pub fn now_ms(self) -> Millis {
        let (said, at) = self.said.get();
        said + (self.passed.get() - at).max(0.0) as Millis
    }
}

/// Milliseconds that only go forward, whatever is done to the clock.
fn monotonic_ms() -> f64 {
    let performance = js_sys::Reflect::get(&window(), &"performance".into()).ok();
    let now = performance.as_ref().and_then(|p| js_sys::Reflect::get(p, &"now".into()).ok());
    let called = now.and_then(|now| {
        use wasm_bindgen::JsCast;
        let now: js_sys::Function = now.dyn_into().ok()?;
        now.call0(performance.as_ref()?).ok()?.as_f64()
    });
    called.unwrap_or_else(js_sys::Date::now)
}

/// A clock as a ring that shrinks, with its text.
#[component]
pub fn ClockRing(
    /// The clock.
    clock: SlaClock,
    /// What time it is.
    ticking: Ticking,
) -> impl IntoView {
    let i18n = use_i18n();
    let share = move || clock.left_share(ticking.now_ms());
    let tone = move || match (clock.kept(ticking.now_ms()), clock.stopped_ms) {
        (Some(false), _) => "bad",
        (Some(true), _) => "good",
        (None, _) if share() < 0.25 => "bad",
        (None, _) if share() < 0.5 => "warn",
        _ => "good",
    };
    let text = move || {
        let left = clock.left_ms(ticking.now_ms());
        match (clock.stopped_ms, left >= 0) {
            (Some(at), _) => span(at - clock.from_ms),
            (None, true) => span(left),
            (None, false) => format!("+{}", span(-left)),
        }
    };
    let under = move || match (clock.kind, clock.kept(ticking.now_ms())) {
        (_, Some(false)) if clock.stopped_ms.is_none() => text!(i18n, request.overdue),
        (ClockKind::Answer, _) => text!(i18n, request.to_answer),
        (ClockKind::Solve, _) => text!(i18n, request.to_solve),
    };
    view! {
        <span class=move || format!("sla {}", tone()) role="timer">
            <svg viewBox="0 0 64 64" aria-hidden="true">
                <circle class="sla-track" cx="32" cy="32" r="28"/>
                <circle class="sla-left" class:gone=move || share() <= f64::EPSILON cx="32" cy="32" r="28" pathLength="100" transform="rotate(-90 32 32)"
                    stroke-dasharray=move || format!("{:.1} 100", share() * 100.0)/>
            </svg>
            <span class="sla-text"><b>{text}</b><small>{under}</small></span>
        </span>
    }
}

/// `4:12`, `7:05:00`
fn span(ms: Millis) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Big choices, one of them chosen.
#[component]
pub fn Choose<T: Worded>(
    /// What is asked.
    #[prop(into)]
    label: Signal<String>,
    /// What is offered.
    all: Vec<T>,
    /// What is chosen.
    chosen: RwSignal<Option<T>>,
) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <fieldset class="choose">
            <legend>{move || label.get()}</legend>
            <div class="options three" role="radiogroup">
                {all.into_iter().map(|one| {
                    let on = move || chosen.get() == Some(one);
                    view! {
                        <button type="button" class="option" class:on=on role="radio" aria-checked=move || on().to_string()
                            on:click=move |_| chosen.set(Some(one))>
                            <span class="option-mark" aria-hidden="true"></span><span>{move || one.word(i18n)}</span>
                        </button>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn what_is_left_reads_like_a_clock() {
        assert_eq!(span(252_000), "4:12");
        assert_eq!(span(25_500_000), "7:05:00");
        assert_eq!(span(999), "0:00");
    }
}
