//! Functions about dates and times. As numbers they count days since 1970-01-01T00:00Z.

use chrono::{Datelike, Timelike};

use super::super::ast::Call;
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::time::{self, Moment};
use super::super::value::Value;

const INVALID: &str = "Invalid Date";

impl<'d> Eval<'_, 'd> {
    fn date_value(&self, moment: Option<Moment>) -> Value<'d> {
        match moment {
            // JavaRosa counts whole days of the place.
            Some(m) if self.is_javarosa() => {
                let days = (m.utc_ms + i64::from(m.offset_secs) * 1000).div_euclid(86_400_000);
                Value::Date { days: days as f64, text: m.text().into() }
            }
            Some(m) => Value::Date { days: m.days(), text: m.text().into() },
            None => Value::Date { days: f64::NAN, text: INVALID.into() },
        }
    }

    fn invalid(&self, call: &Call, text: &str) -> Outcome<Value<'d>> {
        if self.is_javarosa() {
            let message = (format!("{text:?} is not a date"), format!("“{text}”不是日期。"));
            return Err(XPathError::value(call.at.clone(), message));
        }
        Ok(self.date_value(None))
    }
}

pub(super) fn now<'d>(eval: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    let moment = Moment::at(eval.context.now.timestamp_millis(), eval.context.zone);
    Ok(Value::Date { days: moment.days(), text: moment.full_text().into() })
}

pub(super) fn today<'d>(eval: &Eval<'_, 'd>, _: &Call, _: &At<'d>) -> Outcome<Value<'d>> {
    let moment = Moment::at(eval.context.now.timestamp_millis(), eval.context.zone);
    Ok(eval.date_value(Some(moment.midnight(eval.context.zone))))
}

/// Months and days may be written with one digit.
fn padded(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T').map_or((text, None), |(d, t)| (d, Some(t)));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.is_empty() || day.is_empty() {
        return None;
    }
    let time = time.map_or(String::new(), |t| format!("T{t}"));
    Some(format!("{year}-{month:0>2}-{day:0>2}{time}"))
}

fn moment<'d>(eval: &Eval<'_, 'd>, value: Value<'d>) -> Result<Option<Moment>, String> {
    let zone = eval.context.zone;
    match value {
        Value::Date { days, text } => Ok(time::parse(&text, zone).or_else(|| Moment::from_days(days, zone))),
        Value::Number(days) if days.is_nan() => Err("NaN".to_owned()),
        Value::Number(days) => Ok(Moment::from_days(days, zone)),
        other => {
            let text = other.string(eval.rules());
            let found = time::parse(&text, zone).or_else(|| time::parse(&padded(&text)?, zone));
            found.map(Some).ok_or_else(|| text.into_owned())
        }
    }
}

pub(super) fn date<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_value(call, 0, at)?;
    match &value {
        Value::Boolean(b) if eval.is_javarosa() => return eval.invalid(call, &b.to_string()),
        Value::Boolean(_) => return Ok(Value::text("")),
        Value::String(text) if text.is_empty() => return Ok(Value::text("")),
        Value::Nodes(nodes) if nodes.first().is_none_or(|n| n.text().is_empty()) => return Ok(Value::text("")),
        _ => {}
    }
    match moment(eval, value) {
        // JavaRosa takes the time away.
        Ok(Some(moment)) if eval.is_javarosa() && call.is("date") => {
            Ok(eval.date_value(Some(moment.midnight(eval.context.zone))))
        }
        Ok(moment) => Ok(eval.date_value(moment)),
        Err(text) => eval.invalid(call, &text),
    }
}

pub(super) fn date_time<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    date(eval, call, at)
}

pub(super) fn decimal_date_time<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_value(call, 0, at)?;
    match moment(eval, value) {
        Ok(moment) => Ok(Value::Number(moment.map_or(f64::NAN, |m| m.days()))),
        Err(text) if eval.is_javarosa() && !text.is_empty() => eval.invalid(call, &text),
        Err(_) => Ok(Value::Number(f64::NAN)),
    }
}

/// A time of day as the part of a day, on the clocks of the place.
pub(super) fn decimal_time<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_value(call, 0, at)?;
    if let (Value::Number(days), true) = (&value, eval.is_javarosa()) {
        return Ok(Value::Number(days - days.floor()));
    }
    let text = value.string(eval.rules());
    let zone = eval.context.zone;
    // JavaRosa also takes a date with a time.
    let moment = match time::parse(&text, zone) {
        Some(moment) if eval.is_javarosa() => Some(moment),
        _ => time::parse_time(&text).and_then(|_| time::parse(&format!("1970-01-01T{text}"), zone)),
    };
    let part = moment.map(|m| {
        let clock = m.clock();
        f64::from(clock.num_seconds_from_midnight()) * 1000.0 + f64::from(clock.nanosecond() / 1_000_000)
    });
    Ok(Value::Number(part.map_or(f64::NAN, |ms| ms / time::DAY_MS)))
}

/// Short names of months and days; those of Chinese as its readers write them.
fn names(language: &str) -> ([&'static str; 12], [&'static str; 7]) {
    let main = language.split(['-', '_', ' ']).next().unwrap_or_default();
    match main {
        "zh" => (
            ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
            ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
        ),
        "es" => (
            ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
            ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"],
        ),
        "fr" => (
            ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
            ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
        ),
        _ => (
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
            ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        ),
    }
}

pub(super) fn format_date<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let value = eval.arg_value(call, 0, at)?;
    let format = eval.arg_text(call, 1, at)?;
    // JavaRosa also takes a number of days, and refuses what is no date.
    let moment = if eval.is_javarosa() {
        match moment(eval, value) {
            Ok(moment) => moment,
            Err(text) if text.is_empty() || text == "NaN" => None,
            Err(text) => return eval.invalid(call, &text),
        }
    } else {
        time::parse(&value.string(eval.rules()), eval.context.zone)
    };
    let Some(moment) = moment else { return Ok(Value::text("")) };
    let clock = moment.clock();
    let (months, days) = names(eval.context.language);
    let mut out = String::with_capacity(format.len() + 8);
    let mut rest = &*format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let mut letters = after.chars();
        let letter = letters.next();
        let piece = match letter {
            Some('Y') => format!("{:04}", clock.year()),
            Some('y') => format!("{:02}", clock.year().rem_euclid(100)),
            Some('m') => format!("{:02}", clock.month()),
            Some('n') => clock.month().to_string(),
            Some('b') => months.get(clock.month0() as usize).copied().unwrap_or_default().to_owned(),
            Some('d') => format!("{:02}", clock.day()),
            Some('e') => clock.day().to_string(),
            Some('a') => {
                days.get(clock.weekday().num_days_from_sunday() as usize).copied().unwrap_or_default().to_owned()
            }
            Some('H') => format!("{:02}", clock.hour()),
            Some('h') => clock.hour().to_string(),
            Some('M') => format!("{:02}", clock.minute()),
            Some('S') => format!("{:02}", clock.second()),
            Some('3') => format!("{:03}", clock.nanosecond() / 1_000_000),
            // What is not a directive is text.
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        out.push_str(&piece);
        rest = letters.as_str();
    }
    out.push_str(rest);
    Ok(Value::text(out))
}
