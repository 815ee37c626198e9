//! The screens of a form that is being filled in. Read in this order: [`filling`] (what was told of the form) →
//! [`keeper`] (every answer durable at once) → [`question`] and [`asked`] (what a widget holds of its question) → the
//! widgets, a family in each file → [`frame`] (sections, chips, header, the way on) → [`summary`] and [`overview`].
//!
//! | what is asked | where |
//! |---|---|
//! | one or several of a list, a tick | [`choices`]; long lists [`lookup`]; an order [`rank`] |
//! | text, numbers, scales | [`line`], [`number`], [`range`] |
//! | days and times | [`moment`] |
//! | places, lines, areas | [`place`], with [`point`] (their texts) and [`locate`] (the receiver) |
//! | photos, signatures, drawings | [`image`], with [`drawing`] (the screen) and [`strokes`] (the paper) |
//! | codes on labels | [`code`] |
//! | recordings and files | [`recording`] |
//! | what the form shows itself | [`media`] |

/// A text of the interface as an owned text: `text!(i18n, visit.kept, time = time)`.
macro_rules! text {
    ($($what:tt)*) => {
        ::std::string::String::from($crate::i18n::t_string!($($what)*))
    };
}
pub(crate) use text;

mod asked;
mod choices;
mod code;
mod drawing;
pub mod filling;
mod frame;
mod image;
pub mod keeper;
mod line;
pub mod locate;
mod lookup;
mod media;
mod moment;
mod number;
mod overview;
mod place;
pub mod point;
mod question;
mod range;
mod rank;
mod recording;
mod strokes;
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
