//! Dates and times as texts and as numbers of days.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};

use super::scope::Zone;

pub(super) const DAY_MS: f64 = 86_400_000.0;

/// An instant and the offset of the place at that instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moment {
    pub utc_ms: i64,
    pub offset_secs: i32,
}

impl Moment {
    pub fn at(utc_ms: i64, zone: &dyn Zone) -> Self {
        Self { utc_ms, offset_secs: zone.offset_at(utc_ms) }
    }

    pub fn from_days(days: f64, zone: &dyn Zone) -> Option<Self> {
        let ms = (days * DAY_MS).round();
        // Beyond this no calendar of ours goes.
        (ms.abs() < 8.64e15).then(|| Self::at(ms as i64, zone))
    }

    /// A date and time on the clocks of the place.
    pub fn local(local: NaiveDateTime, zone: &dyn Zone) -> Self {
        let local_ms = local.and_utc().timestamp_millis();
        let guess = local_ms - i64::from(zone.offset_at(local_ms)) * 1000;
        let offset = zone.offset_at(guess);
        Self { utc_ms: local_ms - i64::from(offset) * 1000, offset_secs: offset }
    }

    pub fn days(&self) -> f64 {
        self.utc_ms as f64 / DAY_MS
    }

    /// What the clocks of the place show.
    pub fn clock(&self) -> NaiveDateTime {
        let local = self.utc_ms + i64::from(self.offset_secs) * 1000;
        DateTime::from_timestamp_millis(local).unwrap_or_default().naive_utc()
    }

    /// The date of the day, without the time.
    pub fn midnight(&self, zone: &dyn Zone) -> Self {
        Self::local(self.clock().date().and_hms_opt(0, 0, 0).unwrap_or_default(), zone)
    }

    pub fn date_text(&self) -> String {
        let clock = self.clock();
        format!("{:04}-{:02}-{:02}", clock.year(), clock.month(), clock.day())
    }

    pub fn full_text(&self) -> String {
        let clock = self.clock();
        let (sign, minutes) =
            if self.offset_secs < 0 { ('-', -self.offset_secs / 60) } else { ('+', self.offset_secs / 60) };
        format!(
            "{}T{:02}:{:02}:{:02}.{:03}{sign}{:02}:{:02}",
            self.date_text(),
            clock.hour(),
            clock.minute(),
            clock.second(),
            clock.and_utc().timestamp_subsec_millis(),
            minutes / 60,
            minutes % 60
        )
    }

    /// Only the date if it is midnight.
    pub fn text(&self) -> String {
        let clock = self.clock();
        if clock.num_seconds_from_midnight() == 0 && clock.and_utc().timestamp_subsec_millis() == 0 {
            self.date_text()
        } else {
            self.full_text()
        }
    }
}

/// A quick look before an expensive one.
pub(super) fn looks_like_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 10 && b.get(4) == Some(&b'-') && b.get(7) == Some(&b'-') && b.iter().take(4).all(u8::is_ascii_digit)
}

fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    if !head.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((head.parse().ok()?, rest))
}

/// `2026-11-21`, with `T08:30:00.000` and an offset or `Z` after it, if it is one.
pub(super) fn parse(text: &str, zone: &dyn Zone) -> Option<Moment> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let Some(rest) = rest.strip_prefix('T') else {
        return rest.is_empty().then(|| Moment::local(date.and_hms_opt(0, 0, 0).unwrap_or_default(), zone));
    };
    let (ms, offset) = parse_time(rest)?;
    let local = date.and_hms_opt(0, 0, 0)?.checked_add_signed(chrono::TimeDelta::milliseconds(ms))?;
    Some(match offset {
        Some(offset) => Moment::at(local.and_utc().timestamp_millis() - i64::from(offset) * 1000, zone),
        None => Moment::local(local, zone),
    })
}

/// `08:30:00.000+08:00`: milliseconds since midnight, and the offset in seconds if there is one.
pub(super) fn parse_time(text: &str) -> Option<(i64, Option<i32>)> {
    let (hour, mut rest) = digits(text, 2)?;
    let (mut minute, mut second, mut ms) = (0, 0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (minute, rest) = digits(after, 2)?;
        if let Some(after) = rest.strip_prefix(':') {
            (second, rest) = digits(after, 2)?;
            if let Some(after) = rest.strip_prefix('.') {
                let count = after.bytes().take_while(u8::is_ascii_digit).count();
                let (fraction, after) = after.split_at_checked(count).filter(|_| count > 0)?;
                ms = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
                rest = after;
            }
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = match rest {
        "" => None,
        "Z" => Some(0),
        _ => {
            let sign = match rest.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let (hours, rest) = digits(rest.get(1..)?, 2)?;
            let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
            if hours > 23 || minutes > 59 || !rest.is_empty() {
                return None;
            }
            Some(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?)
        }
    };
    Some((i64::from(hour * 3_600_000 + minute * 60_000 + second * 1000) + ms, offset))
}
