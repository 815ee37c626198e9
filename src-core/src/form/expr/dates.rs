//! ISO dates and times, as texts and as days since 1970-01-01 in the session's time zone.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};

use crate::clock::{clock_text, number, parse_day};

const DAY_MS: f64 = 86_400_000.0;

/// `YYYY-MM-DD`, or an ISO date-time; without a zone it is in `zone`.
pub fn parse_moment(text: &str, zone: FixedOffset) -> Option<DateTime<FixedOffset>> {
    let text = text.trim();
    if text.len() < 8 || !text.is_ascii() {
        return None;
    }
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (parse_day(day)?, Some(time)),
        None => (parse_day(text)?, None),
    };
    let Some(time) = time else { return local(day.and_time(NaiveTime::MIN), zone) };
    let (time, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => {
            let (time, offset) = (time.get(..at)?, time.get(at..)?);
            (time, parse_offset(offset)?)
        }
        None => (time, zone),
    };
    local(day.and_time(parse_time(time)?), zone)
}

fn local(at: NaiveDateTime, zone: FixedOffset) -> Option<DateTime<FixedOffset>> {
    zone.from_local_datetime(&at).single()
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fff`; a zone behind it is ignored.
pub fn parse_time(text: &str) -> Option<NaiveTime> {
    let text = text.split(['Z', '+', '-']).next()?.trim();
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, rest)| (clock, Some(rest)));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?, parts.next());
    if parts.next().is_some() || (fraction.is_some() && second.is_none()) {
        return None;
    }
    let nanos = match fraction {
        // Nine figures are nanoseconds.
        Some(figures) => {
            number(&format!("{:0<9}", figures.get(..9).unwrap_or(figures)), 9..=9).filter(|_| !figures.is_empty())?
        }
        None => 0,
    };
    NaiveTime::from_hms_nano_opt(hour, minute, second.map_or(Some(0), |s| number(s, 1..=2))?, nanos)
}

fn parse_offset(text: &str) -> Option<FixedOffset> {
    if text == "Z" {
        return FixedOffset::east_opt(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Some(0), |m| m.parse().ok())?;
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01T00:00Z of a date or date-time; none when the text is neither.
pub fn days_of(text: &str, zone: FixedOffset) -> Option<f64> {
    parse_moment(text, zone).map(|at| at.timestamp_millis() as f64 / DAY_MS)
}

/// The moment that lies this many days after 1970-01-01T00:00Z.
pub fn moment_of(days: f64, zone: FixedOffset) -> Option<DateTime<FixedOffset>> {
    if !days.is_finite() || days.abs() > 3_000_000.0 {
        return None;
    }
    let at = DateTime::<Utc>::from_timestamp_millis((days * DAY_MS).round() as i64)?;
    Some(at.with_timezone(&zone))
}

/// `YYYY-MM-DD`.
pub fn day_text(at: DateTime<FixedOffset>) -> String {
    at.date_naive().to_string()
}

/// `YYYY-MM-DDTHH:MM:SS.mmm+HH:MM`.
pub fn moment_text(at: DateTime<FixedOffset>) -> String {
    let (day, time) = (at.date_naive(), clock_text(at.time()));
    format!("{day}T{time}:{:02}.{:03}{}", at.second(), at.timestamp_subsec_millis(), at.offset())
}

/// A day later by some days (used by tests and rules for due dates).
pub fn later(day: NaiveDate, days: u32) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(u64::from(days)))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// `format-date`: the codes of the ODK specification; others are kept as they are.
pub fn format(at: DateTime<FixedOffset>, pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let code = chars.next();
        match code {
            Some('Y') => out += &format!("{:04}", at.year()),
            Some('y') => out += &format!("{:02}", at.year().rem_euclid(100)),
            Some('m') => out += &format!("{:02}", at.month()),
            Some('n') => out += &at.month().to_string(),
            Some('b') => out += MONTHS.get(at.month0() as usize).copied().unwrap_or_default(),
            Some('d') => out += &format!("{:02}", at.day()),
            Some('e') => out += &at.day().to_string(),
            Some('H') => out += &format!("{:02}", at.hour()),
            Some('h') => out += &at.hour().to_string(),
            Some('M') => out += &format!("{:02}", at.minute()),
            Some('S') => out += &format!("{:02}", at.second()),
            Some('3') => out += &format!("{:03}", at.timestamp_subsec_millis()),
            Some('a') => {
                out += WEEKDAYS.get(at.weekday().num_days_from_sunday() as usize).copied().unwrap_or_default();
            }
            Some('%') => out.push('%'),
            Some(other) => {
                out.push('%');
                out.push(other);
            }
            None => out.push('%'),
        }
    }
    out
}
