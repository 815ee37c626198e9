//! Days and times as people read them, in China time (UTC+8, no summer time), and the clocks of promises.

use chrono::{Datelike, NaiveDate};
use huce_core::{
    clock::{Millis, china_date, china_time, clock_text, parse_day},
    request::SlaClock,
};

use crate::{i18n::*, parts::Tone};

/// `11月21日`; with the year when it is not that of `today`.
pub fn day_text(i18n: I18n, day: NaiveDate, today: NaiveDate) -> String {
    let (year, month, number) = (day.year(), day.month(), day.day());
    if year == today.year() {
        t_string!(i18n, words.day, month = month, day = number)
    } else {
        t_string!(i18n, words.day_year, year = year, month = month, day = number)
    }
}

/// `11/21`, `25/11/30` in another year: where there is no room for words.
pub fn short_day(day: NaiveDate, today: NaiveDate) -> String {
    let (year, month, number) = (day.year(), day.month(), day.day());
    if year == today.year() {
        format!("{month}/{number}")
    } else {
        format!("{:02}/{month}/{number}", year.rem_euclid(100))
    }
}

/// `11月21日` of a `YYYY-MM-DD`; the text as it is when it is none.
pub fn iso_day_text(i18n: I18n, day: &str, now_ms: Millis) -> String {
    parse_day(day).map_or_else(|| day.to_owned(), |d| day_text(i18n, d, china_date(now_ms)))
}

/// `今天 10:42`, `昨天 10:42`, `11月18日 18:20`.
pub fn moment_text(i18n: I18n, at_ms: Millis, now_ms: Millis) -> String {
    let (at, today) = (china_time(at_ms), china_date(now_ms));
    let day = match today.signed_duration_since(at.date()).num_days() {
        0 => t_string!(i18n, words.today).to_owned(),
        1 => t_string!(i18n, words.yesterday).to_owned(),
        _ => day_text(i18n, at.date(), today),
    };
    format!("{day} {}", clock_text(at))
}

/// `周六`.
pub fn weekday(i18n: I18n, day: NaiveDate) -> &'static str {
    match day.weekday().number_from_monday() {
        1 => t_string!(i18n, words.weekday_1),
        2 => t_string!(i18n, words.weekday_2),
        3 => t_string!(i18n, words.weekday_3),
        4 => t_string!(i18n, words.weekday_4),
        5 => t_string!(i18n, words.weekday_5),
        6 => t_string!(i18n, words.weekday_6),
        _ => t_string!(i18n, words.weekday_7),
    }
}

/// Whole days from today until a `YYYY-MM-DD`; negative when it is past.
pub fn days_until(day: &str, now_ms: Millis) -> Option<i64> {
    Some(parse_day(day)?.signed_duration_since(china_date(now_ms)).num_days())
}

/// What a clock has left, as it is written in its ring: `0:54` (minutes and seconds) or `6:24` (hours and minutes);
/// overdue `-11:37`, from an hour on `-22 h`, from two days on `-3 d`.
pub fn left_text(left_ms: Millis) -> String {
    let seconds = left_ms.abs() / 1000;
    let sign = if left_ms < 0 { "-" } else { "" };
    if left_ms < 0 && seconds >= 48 * 3600 {
        format!("-{} d", seconds / 86_400)
    } else if left_ms < 0 && seconds >= 3600 {
        format!("-{} h", seconds / 3600)
    } else if seconds >= 3600 {
        format!("{sign}{}:{:02}", seconds / 3600, seconds / 60 % 60)
    } else {
        format!("{sign}{}:{:02}", seconds / 60, seconds % 60)
    }
}

/// The colour of a running clock: what is left of it decides.
pub fn clock_tone(clock: &SlaClock, now_ms: Millis) -> Tone {
    match clock.left_share(now_ms) {
        share if share <= 0.2 => Tone::Bad,
        share if share <= 0.6 => Tone::Warn,
        _ => Tone::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::{days_until, left_text};

    #[test]
    fn clocks_say_minutes_then_hours_and_overdue() {
        assert_eq!(left_text(54_000), "0:54");
        assert_eq!(left_text(11 * 60_000 + 2_000), "11:02");
        assert_eq!(left_text(6 * 3_600_000 + 24 * 60_000), "6:24");
        assert_eq!(left_text(-90_000), "-1:30");
        assert_eq!(left_text(-22 * 3_600_000 - 60_000), "-22 h");
        assert_eq!(left_text(-50 * 3_600_000), "-2 d");
    }

    #[test]
    fn days_are_counted_in_china() {
        // 2026-11-20 20:00 UTC is the 21st in Zhengzhou.
        let now_ms = 1_795_204_800_000;
        assert_eq!(days_until("2026-11-21", now_ms), Some(0));
        assert_eq!(days_until("2026-11-20", now_ms), Some(-1));
        assert_eq!(days_until("soon", now_ms), None);
    }
}
