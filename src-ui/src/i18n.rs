//! The texts of `locales/` in the language that is chosen: `t_string!(i18n, today.title)`, with values
//! `t_string!(i18n, words.day, month = 11, day = 21)`. `build.rs` makes a function or a struct of every text, so that a
//! key or a value that does not exist is an error of the compiler. Reading a text follows the language.

use std::fmt::{Display, Write};

use leptos::prelude::*;

/// The languages, by the names of their folders in `locales/`.
#[allow(non_camel_case_types)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Locale {
    zh,
    en,
}

thread_local! {
    /// One for the whole app: it outlives every page, and a text needs nothing else to be read.
    static CHOSEN: ArcRwSignal<Locale> = ArcRwSignal::new(Locale::zh);
}

/// The language that is chosen, as pages pass it on.
#[derive(Debug, Clone, Copy)]
pub struct I18n;

/// The language that is chosen.
pub fn use_i18n() -> I18n {
    I18n
}

impl I18n {
    /// The language; follows it.
    pub fn get_locale(self) -> Locale {
        CHOSEN.with(Get::get)
    }

    /// The language, not followed.
    pub fn get_locale_untracked(self) -> Locale {
        CHOSEN.with(GetUntracked::get_untracked)
    }

    /// Chooses another language.
    pub fn set_locale(self, locale: Locale) {
        CHOSEN.with(|chosen| chosen.set(locale));
    }

    /// The one of a text in Chinese and in English.
    #[inline(never)] // hundreds of texts are read through it
    fn chosen(self, [zh, en]: &[&'static str; 2]) -> &'static str {
        match self.get_locale() {
            Locale::zh => zh,
            Locale::en => en,
        }
    }

    /// The same with values in the place of their numbers: `{0}`.
    #[inline(never)]
    fn filled(self, texts: &[&'static str; 2], values: &[&dyn Display]) -> String {
        let mut said = String::new();
        // Text and number take turns.
        for (n, piece) in self.chosen(texts).split(['{', '}']).enumerate() {
            match piece.parse().ok().and_then(|number: usize| values.get(number)) {
                Some(value) if n % 2 == 1 => drop(write!(said, "{value}")), // a string takes everything
                _ => said.push_str(piece),
            }
        }
        said
    }
}

/// Every text: a function, or a struct of the values that it names.
#[allow(non_camel_case_types)]
pub mod texts {
    use super::{Display, I18n};

    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// A text: `&'static str`; with values a `String`.
macro_rules! t_string {
    ($i18n:expr, $page:ident.$key:ident $(,)?) => {
        $crate::i18n::texts::$page::$key($i18n)
    };
    ($i18n:expr, $page:ident.$key:ident, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::texts::$page::$key { $($name: &$value),+ }.said($i18n)
    };
}

/// A text without values that follows the language by itself, as a child, an attribute or a `TextProp`. All are of one
/// type, which `move || t_string!(…)` would not be: each closure costs the wasm code of its own.
macro_rules! t {
    ($i18n:expr, $page:ident.$key:ident) => {{
        fn said() -> &'static str {
            $crate::i18n::texts::$page::$key($crate::i18n::I18n)
        }
        let _: $crate::i18n::I18n = $i18n;
        said as fn() -> &'static str
    }};
}

pub(crate) use t;
pub(crate) use t_string;

#[cfg(test)]
mod tests {
    use super::{Locale, use_i18n};

    #[test]
    fn a_text_is_said_in_the_chosen_language_with_its_values_by_name() {
        let i18n = use_i18n();
        assert_eq!(t_string!(i18n, words.today), "今天");
        assert_eq!(t_string!(i18n, words.day, month = 11, day = 21), "11月21日");
        i18n.set_locale(Locale::en);
        assert_eq!(t!(i18n, words.today)(), "today");
        assert_eq!(t_string!(i18n, words.day, day = "1{0}", month = 11), "11/1{0}");
        assert_eq!(t_string!(i18n, words.day_year, year = 2026, month = 11, day = 21), "2026-11-21");
    }
}
