//! What pages are made of. Parts know no transport and no page: they take values, signals and callbacks. Their looks
//! are in `style/parts.css`, by names of tokens only.

pub mod button;
pub mod card;
pub mod chart;
pub mod dialog;
pub mod facade;
pub mod field;
pub mod icon;
pub mod list;
pub mod map;
pub mod map_pick;
pub mod photo;
pub mod ring;
pub mod segmented;
pub mod show;
pub mod state;
pub mod timeline;
pub mod toast;

pub use button::{Button, Kind, LinkButton};
pub use card::{Card, Pill, Row, Tag};
pub use chart::{BurnChart, Histogram, TempChart};
pub use dialog::Dialog;
pub use facade::{FacadeGrid, FacadeMode};
pub use field::{Field, TextField};
pub use icon::{Icon, Sign};
pub use map::{GridMap, MapMode};
pub use map_pick::PickMap;
pub use photo::{PhotoPair, Thumb};
pub use ring::Ring;
pub use segmented::Segmented;
pub use state::{Empty, Failed, Waiting};
pub use timeline::{Moment, Timeline};
pub use toast::{Toasts, use_toasts};

/// What a colour says; there is always a word beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// At its end, in time, at the standard.
    Good,
    /// Soon, in work.
    Warn,
    /// Broken, overdue, below.
    Bad,
    /// Information.
    Calm,
    /// What waits for this person.
    Ember,
}

impl Tone {
    /// The class that colours a part.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "tone-plain",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
            Self::Calm => "tone-calm",
            Self::Ember => "tone-ember",
        }
    }
}

/// The class of a room temperature, °C: blue below the standard of 18 °C, warm above; grey for none.
pub fn temp_class(temp_c: Option<f64>) -> &'static str {
    match temp_c {
        None => "t-none",
        Some(c) if c < 15.0 => "t-14",
        Some(c) if c < 17.0 => "t-16",
        Some(c) if c < 18.0 => "t-18",
        Some(c) if c < 21.0 => "t-20",
        Some(c) if c < 23.0 => "t-22",
        Some(c) if c < 26.0 => "t-24",
        Some(_) => "t-26",
    }
}

/// `14.6 °C`
pub fn temp_text(temp_c: f64) -> String {
    format!("{temp_c:.1} °C")
}

/// How a temperature looks as a pill.
pub fn temp_tone(temp_c: f64) -> Tone {
    if temp_c < huce_core::household::STANDARD_C { Tone::Bad } else { Tone::Good }
}

#[cfg(test)]
mod tests {
    use super::temp_class;

    #[test]
    fn the_scale_breaks_at_the_standard() {
        assert_eq!(temp_class(Some(17.99)), "t-18");
        assert_eq!(temp_class(Some(18.0)), "t-20");
        assert_eq!(temp_class(None), "t-none");
    }
}
