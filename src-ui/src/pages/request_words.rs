//! Words and colours of requests, and big choices among them.

use huce_core::request::{Category, Channel, Mode, Party, PauseReason, RequestState, Severity};

use crate::{form::text, i18n::*, prelude::*, words};

/// The channels that are offered when somebody takes a request down, in their order; what a file brings is not taken down.
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
            Self::File => words::channel(i18n, self).to_owned(),
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

impl Worded for Party {
    fn word(self, i18n: I18n) -> String {
        words::party(i18n, self).to_owned()
    }
}

impl Worded for PauseReason {
    fn word(self, i18n: I18n) -> String {
        words::pause_reason(i18n, self).to_owned()
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
            <legend>{live(move || label.get())}</legend>
            <div class="options three" role="radiogroup">
                {all.into_iter().map(|one| {
                    let on = move || chosen.get() == Some(one);
                    view! {
                        <button type="button" class="option" class:on=on role="radio" aria-checked=move || on().to_string()
                            on:click=move |_| chosen.set(Some(one))>
                            <span class="option-mark" aria-hidden="true"></span><span>{live(move || one.word(i18n))}</span>
                        </button>
                    }
                }).collect_view()}
            </div>
        </fieldset>
    }
}
