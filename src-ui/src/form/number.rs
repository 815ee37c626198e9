//! Answers that are numbers: large figures with their unit, and buttons to count with.

use super::{
    asked::Asked,
    line::{Line, Reading},
};
use crate::{i18n::*, prelude::*};

/// Whole numbers, as the engine keeps them.
const WHOLE: Reading = Reading {
    show: number_text,
    read: |typed| {
        let plain = plain_digits(typed);
        if plain.is_empty() || plain.parse::<i32>().is_ok() { Ok(plain) } else { Err(t!(I18n, visit.no_number)) }
    },
};

const DECIMAL: Reading = Reading {
    show: number_text,
    read: |typed| {
        let plain = plain_digits(typed);
        let taken = plain.is_empty() || plain.parse::<f64>().is_ok_and(f64::is_finite);
        if taken { Ok(plain) } else { Err(t!(I18n, visit.no_number)) }
    },
};

/// What the buttons beside a number do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Never below.
    pub least: f64,
    /// Never above.
    pub most: f64,
    /// How far one goes.
    pub step: f64,
}

impl Steps {
    /// Counting: whole numbers from none on.
    pub const COUNT: Self = Self { least: 0.0, most: i32::MAX as f64, step: 1.0 };

    /// The number after a tap. The first tap counts one, or says that there is none; where the scale does not begin at
    /// zero it gives its begin.
    pub fn next(self, value: Option<f64>, up: bool) -> f64 {
        let next = match (value, up) {
            (Some(value), true) => value + self.step,
            // What was typed below the scale stays there.
            (Some(value), false) => (value - self.step).max(self.least.min(value)),
            (None, true) if self.least == 0.0 => self.step,
            (None, _) => self.least,
        };
        tidy(next.min(self.most))
    }
}

/// A number that is typed; with steps also counted.
#[component]
pub fn Number(
    /// The question.
    asked: Asked,
    /// No decimals.
    whole: bool,
    /// Buttons to count with.
    #[prop(optional)]
    steps: Option<Steps>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (reading, mode) = if whole { (WHOLE, "numeric") } else { (DECIMAL, "decimal") };
    let line = view! { <Line asked reading mode class="number"/> };
    let Some(steps) = steps else { return line };
    let button = move |up: bool| {
        let tap = move |_| {
            let value = asked.value.with_untracked(|v| v.parse().ok());
            asked.answer(&steps.next(value, up).to_string());
        };
        let name = if up { t!(i18n, answer.more) } else { t!(i18n, answer.less) };
        view! {
            <button type="button" class="btn step" aria-label=name aria-controls=asked.id()
                disabled=asked.locked on:click=tap>{if up { "＋" } else { "－" }}</button>
        }
    };
    view! { <div class="counter">{button(false)}{line}{button(true)}</div> }
}

/// Without what computing with fractions leaves behind: 0.30000000000000004 is 0.3.
pub fn tidy(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// A number as people write it: the engine's `13.0` is 13. What is none stays as it is.
pub fn number_text(value: &str) -> String {
    value.parse::<f64>().ok().filter(|n| n.is_finite()).map_or_else(|| value.to_owned(), |n| n.to_string())
}

/// Full-width digits and the Chinese full stop, as Chinese keyboards give them, are figures too; and `13.` is one
/// that somebody is still typing.
pub fn plain_digits(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
            '．' | '。' | ',' | '，' => '.',
            '－' | '−' => '-',
            c => c,
        })
        .collect();
    plain.strip_suffix('.').map_or(plain.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_chinese_keyboards_give_them() {
        assert_eq!(plain_digits("１３。９"), "13.9");
        assert_eq!(plain_digits("13."), "13");
        assert_eq!(plain_digits(" －2,5 "), "-2.5");
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(number_text("13.0"), "13");
        assert_eq!(number_text("13.50"), "13.5");
        assert_eq!(number_text("about 13"), "about 13");
    }

    #[test]
    fn counting_begins_at_one_or_at_none_and_stays_on_the_scale() {
        assert_eq!(Steps::COUNT.next(None, true), 1.0);
        assert_eq!(Steps::COUNT.next(None, false), 0.0);
        assert_eq!(Steps::COUNT.next(Some(0.0), false), 0.0);
        assert_eq!(Steps::COUNT.next(Some(-3.0), false), -3.0);
        let scale = Steps { least: 16.0, most: 18.0, step: 0.1 };
        assert_eq!(scale.next(None, true), 16.0);
        assert_eq!(scale.next(Some(16.2), true), 16.3);
        assert_eq!(scale.next(Some(18.0), true), 18.0);
    }
}
