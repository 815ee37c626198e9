//! `range`: a number on a scale. Its numbers are compared exactly, as decimals.

use super::{Checked, Row, Survey};
use crate::form::Said;
use crate::form::xlsform::name;
use crate::form::xlsform::problem::{Code, Problem};
use crate::form::xlsform::types::RANGE;
use crate::form::xlsform::value::Value;

/// A decimal number: `digits` / 10^`scale`.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    digits: i128,
    scale: u32,
}

/// More digits than any scale has; what is longer is no number here.
const MOST_DIGITS: usize = 18;

impl Decimal {
    fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let unsigned = number.strip_prefix(['+', '-']).unwrap_or(number);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !all(whole) || !all(fraction) || whole.len() + fraction.len() == 0 {
            return None;
        }
        if whole.len() + fraction.len() > MOST_DIGITS || exponent.unsigned_abs() as usize > MOST_DIGITS {
            return None;
        }
        let mut digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        if number.starts_with('-') {
            digits = -digits;
        }
        let scale = fraction.len() as i32 - exponent;
        if scale < 0 {
            return Some(Decimal { digits: digits * 10i128.pow(scale.unsigned_abs()), scale: 0 });
        }
        Some(Decimal { digits, scale: scale.unsigned_abs() })
    }

    /// All numbers at the scale of the finest, so that they can be compared as integers.
    fn at(self, scale: u32) -> i128 {
        self.digits * 10i128.pow(scale.saturating_sub(self.scale))
    }

    fn is_integer(self) -> bool {
        self.digits % 10i128.pow(self.scale) == 0
    }
}

const EXTRAS: [&str; 3] = ["tick_interval", "placeholder", "tick_labelset"];

/// The numbers of a range, all at one scale.
struct Scale {
    start: i128,
    end: i128,
    step: i128,
    tick: Option<i128>,
    placeholder: Option<i128>,
    scale: u32,
}

impl Scale {
    fn is_outside(&self, value: i128) -> bool {
        value < self.start.min(self.end) || value > self.start.max(self.end)
    }
}

impl Survey<'_> {
    pub(super) fn range(&mut self, row: &mut Row) -> Checked {
        self.accept(row, &["end", "placeholder", "start", "step", "tick_interval", "tick_labelset"])?;
        let appearance = row.draft.fields.map("control").and_then(|c| c.get("appearance"));
        let appearance = appearance.map(Value::to_attribute).unwrap_or_default();
        let plain = !appearance.is_empty() && !appearance.contains("vertical") && !appearance.contains("no-ticks");
        if plain && EXTRAS.iter().any(|k| row.draft.parameters.get(k).is_some()) {
            let message = (
                format!("{} go only with the appearances vertical and no-ticks, or none", EXTRAS.join(", ")),
                format!("用 {} 时，显示方式（appearance）只能是 vertical、no-ticks，或不填。", EXTRAS.join("、")),
            );
            return Err(self.wrong_parameter(row, Code::RangeAppearance, message));
        }
        for (key, default) in RANGE {
            if row.draft.parameters.get(key).is_none() {
                row.draft.parameters.set(key, default);
            }
        }
        let (scale, integers) = self.scale(row)?;
        self.check_scale(row, &scale)?;
        let labels = row.draft.parameters.remove("tick_labelset");
        if let Some(labels) = &labels {
            self.check_labels(row, &scale, labels, appearance.contains("no-ticks"))?;
        }
        if !integers {
            row.draft.fields.set_in("bind", "type", "decimal");
        }
        for (key, attribute) in [("tick_interval", "odk:tick-interval"), ("placeholder", "odk:placeholder")] {
            if let Some(value) = row.draft.parameters.remove(key) {
                row.draft.parameters.set(attribute, value);
            }
        }
        for (key, value) in row.draft.parameters.clone().iter() {
            row.draft.fields.set_in("control", key, value);
        }
        if let Some(labels) = labels {
            row.draft.fields.set_text("itemset", labels);
        }
        Ok(())
    }

    fn scale(&mut self, row: &Row) -> Checked<(Scale, bool)> {
        let mut numbers = Vec::new();
        for key in ["start", "end", "step", "tick_interval", "placeholder"] {
            let number = match row.draft.parameters.get(key) {
                None => None,
                Some(text) => match Decimal::parse(text) {
                    None => {
                        let message = (format!("{key} must be a number"), format!("{key} 要填数字。"));
                        return Err(self.wrong_parameter(row, Code::RangeNoNumber, message));
                    }
                    number => number,
                },
            };
            numbers.push(number);
        }
        let scale = numbers.iter().flatten().map(|d| d.scale).max().unwrap_or_default();
        let integers = numbers.iter().flatten().all(|d| d.is_integer());
        let at = |i: usize| numbers.get(i).copied().flatten().map(|d| d.at(scale));
        let need = |i: usize| at(i).unwrap_or_default();
        let numbers = Scale { start: need(0), end: need(1), step: need(2), tick: at(3), placeholder: at(4), scale };
        Ok((numbers, integers))
    }

    fn check_scale(&mut self, row: &Row, scale: &Scale) -> Checked {
        let width = (scale.end - scale.start).abs();
        for (key, value) in [("step", Some(scale.step)), ("tick_interval", scale.tick)] {
            let Some(value) = value else { continue };
            let (code, message) = if value == 0 {
                (Code::RangeZero, (format!("{key} must not be zero"), format!("{key} 不能是 0。")))
            } else if value > width {
                let message = (
                    format!("{key} must not be more than there is between start and end"),
                    format!("{key} 不能大于 start 和 end 之间的距离。"),
                );
                (Code::RangeTooLarge, message)
            } else if value % scale.step != 0 {
                let message = (format!("{key} must be a multiple of step"), format!("{key} 要是 step 的整数倍。"));
                (Code::RangeNoMultiple, message)
            } else {
                continue;
            };
            return Err(self.wrong_parameter(row, code, message));
        }
        if let Some(placeholder) = scale.placeholder {
            if (placeholder - scale.start) % scale.step != 0 {
                let message = (
                    "placeholder must be reached from start in whole steps",
                    "placeholder 和 start 要相差整数个 step。",
                );
                return Err(self.wrong_parameter(row, Code::RangeNoMultiple, message));
            }
            if scale.is_outside(placeholder) {
                let message = ("placeholder must lie between start and end", "placeholder 要在 start 和 end 之间。");
                return Err(self.wrong_parameter(row, Code::RangeOutside, message));
            }
        }
        Ok(())
    }

    fn check_labels(&mut self, row: &Row, scale: &Scale, labels: &str, no_ticks: bool) -> Checked {
        let Some(list) = self.choices.get(labels) else {
            let message = (
                format!("tick_labelset must name a list of the sheet choices: there is no \"{labels}\""),
                format!("tick_labelset 要填 choices 工作表里的选项表：没有“{labels}”。"),
            );
            let meant = name::nearest(labels, self.choices.names());
            let place = self.sheet.place(row.number, &["parameters"]);
            self.problems.error(Problem::new(Code::RangeListUnknown, place, message).meant(meant));
            return Err(super::Refused);
        };
        let mut values = Vec::new();
        let mut wrong: Option<(Code, Said)> = None;
        for choice in &list.rows {
            let text = choice.name();
            let Some(value) = Decimal::parse(text) else {
                let message = (
                    format!("the choice \"{text}\" of {labels} is no number"),
                    format!("选项表“{labels}”的选项“{text}”不是数字。"),
                );
                wrong = Some((Code::RangeChoiceNoNumber, message.into()));
                break;
            };
            // What is finer than the numbers of the scale is no multiple of the step.
            let finest = scale.scale.max(value.scale);
            let factor = 10i128.pow(finest - scale.scale);
            let value = value.at(finest);
            if value < scale.start.min(scale.end) * factor || value > scale.start.max(scale.end) * factor {
                let message = (
                    format!("the choice \"{text}\" of {labels} does not lie between start and end"),
                    format!("选项表“{labels}”的选项“{text}”不在 start 和 end 之间。"),
                );
                wrong = Some((Code::RangeChoiceOutside, message.into()));
                break;
            }
            let off = |step: i128| (value - scale.start * factor) % (step * factor) != 0;
            if scale.tick.is_some_and(off) || off(scale.step) {
                let message = (
                    format!("the choice \"{text}\" of {labels} lies on no tick"),
                    format!("选项表“{labels}”的选项“{text}”不在刻度上。"),
                );
                wrong = Some((Code::RangeChoiceNoMultiple, message.into()));
                break;
            }
            let at_scale = value / factor;
            if !values.contains(&at_scale) {
                values.push(at_scale);
            }
        }
        let ends = [scale.start, scale.end];
        if wrong.is_none() && no_ticks {
            if values.len() > 2 {
                let message = (
                    "with no-ticks, tick_labelset must have two choices",
                    "用 no-ticks 时，tick_labelset 只能有两个选项。",
                );
                wrong = Some((Code::RangeLabelsTooMany, message.into()));
            } else if !values.iter().all(|v| ends.contains(v)) || !ends.iter().all(|e| values.contains(e)) {
                let message = (
                    "with no-ticks, the choices of tick_labelset must be start and end",
                    "用 no-ticks 时，tick_labelset 的两个选项要正好是 start 和 end。",
                );
                wrong = Some((Code::RangeChoiceNotAtEnds, message.into()));
            }
        }
        match wrong {
            Some((code, message)) => Err(self.wrong_parameter(row, code, message)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals() {
        let at = |s: &str| Decimal::parse(s).map(|d| d.at(3));
        assert_eq!(at("1"), Some(1000));
        assert_eq!(at("-0.25"), Some(-250));
        assert_eq!(at("1e2"), Some(100_000));
        assert_eq!(at(".5"), Some(500));
        for wrong in ["", "a", "1.2.3", "inf", "nan", "-", "1e99", "99999999999999999999"] {
            assert!(Decimal::parse(wrong).is_none(), "{wrong}");
        }
        assert!(Decimal::parse("2.0").unwrap().is_integer() && !Decimal::parse("2.5").unwrap().is_integer());
    }
}
