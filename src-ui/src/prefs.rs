//! Language and appearance: remembered on the device, the system's choice until somebody chose.

use std::str::FromStr;

use leptos::prelude::*;

use crate::i18n::*;

const LANGUAGE: &str = "huce.language";
const THEME: &str = "huce.theme";

/// How the screens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Theme {
    /// As the system does.
    System,
    /// Warm paper.
    Light,
    /// For the night.
    Dark,
    /// For sunlight: pure contrast, larger type.
    Sun,
}

impl Theme {
    /// All, in the order of display.
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::Sun];

    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Sun => "sun",
        }
    }
}

impl FromStr for Theme {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|t| t.name() == text).ok_or(())
    }
}

/// The choices, in the context of every page.
#[derive(Clone, Copy)]
pub struct Prefs {
    /// How the screens look.
    pub theme: RwSignal<Theme>,
}

/// The choices.
pub fn use_prefs() -> Prefs {
    use_context().unwrap_or_else(|| Prefs { theme: RwSignal::new(Theme::System) })
}

fn stored(key: &str) -> Option<String> {
    web_sys::window()?.local_storage().ok()??.get_item(key).ok()?
}

fn store(key: &str, value: &str) {
    if let Some(storage) = web_sys::window().and_then(|w| w.local_storage().ok().flatten()) {
        // Full or forbidden: the choice then holds until the app is closed.
        let _ = storage.set_item(key, value);
    }
}

fn system_is_dark() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|q| q.matches())
}

/// Puts the choices in force, now and whenever they change.
pub fn provide_prefs(i18n: I18n) {
    let prefs = Prefs { theme: RwSignal::new(stored(THEME).and_then(|t| t.parse().ok()).unwrap_or(Theme::System)) };
    provide_context(prefs);
    i18n.set_locale(if stored(LANGUAGE).as_deref() == Some("en") { Locale::en } else { Locale::zh });
    Effect::new(move |before: Option<()>| {
        let theme = prefs.theme.get();
        let shown = if theme == Theme::System && system_is_dark() { Theme::Dark } else { theme };
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", shown.name());
        }
        if before.is_some() {
            store(THEME, theme.name());
        }
    });
    follow_language(i18n);
}

/// In another module of the same window ([`crate::annex`]): speaks its language, and tells it when another is chosen.
pub fn share_language(i18n: I18n) {
    i18n.set_locale(spoken());
    follow_language(i18n);
}

/// The language that the document says it is in.
fn spoken() -> Locale {
    let lang = document().document_element().and_then(|root| root.get_attribute("lang"));
    if lang.as_deref() == Some("en") { Locale::en } else { Locale::zh }
}

/// The document says which language was chosen, and an event that it says so.
fn follow_language(i18n: I18n) {
    let heard = window_event_listener_untyped(LANGUAGE, move |_| {
        if i18n.get_locale_untracked() != spoken() {
            i18n.set_locale(spoken());
        }
    });
    on_cleanup(move || heard.remove());
    Effect::new(move |before: Option<()>| {
        let (code, name) = match i18n.get_locale() {
            Locale::zh => ("zh-CN", "zh"),
            Locale::en => ("en", "en"),
        };
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", code);
        }
        if before.is_some() {
            store(LANGUAGE, name);
            let _ = web_sys::Event::new(LANGUAGE).and_then(|chosen| window().dispatch_event(&chosen));
        }
    });
}
