//! The screens of a form that is being filled in. Read in this order: [`filling`] (what was told of the form) →
//! [`keeper`] (every answer durable at once) → [`question`] and the widgets → [`frame`] (sections, chips, header, the
//! way on) → [`summary`].

/// A text of the interface as an owned text: `text!(i18n, visit.kept, time = time)`.
macro_rules! text {
    ($($what:tt)*) => {
        ::std::string::String::from($crate::i18n::t_string!($($what)*))
    };
}
pub(crate) use text;

mod choices;
mod entry;
pub mod filling;
mod frame;
mod image;
pub mod keeper;
mod question;
mod summary;

pub use filling::Filling;
pub use frame::{FormFrame, Kept};

/// The code by which forms know the language of the screens; reactive.
pub fn locale_code(i18n: crate::i18n::I18n) -> &'static str {
    match i18n.get_locale() {
        crate::i18n::Locale::zh => "zh",
        crate::i18n::Locale::en => "en",
    }
}
