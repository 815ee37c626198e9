//! How the console writes figures: numbers, shares, what is left of a promise, moments.

use chrono::Datelike;
use huce_core::{
    clock::{Millis, china_date, china_time, clock_text},
    request::Request,
};

/// `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A share in percent with one place: `96.4%`; a dash of nothing. Only the whole is 100%.
pub fn percent(part: u32, whole: u32) -> String {
    match whole {
        0 => "–".to_owned(),
        whole if part >= whole => "100%".to_owned(),
        whole => format!("{:.1}%", (f64::from(part) * 100.0 / f64::from(whole)).min(99.9)),
    }
}

/// What is left of a promise, `4:32` or `7:41:55`; negative times count up since it broke.
pub fn left(left_ms: Millis) -> String {
    // A running clock shows the second that is being used up.
    let seconds = if left_ms >= 0 { (left_ms + 999) / 1000 } else { left_ms.saturating_neg() / 1000 };
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours}h"),
    }
}

/// The class of a clock's colour: what is left of its promise.
pub fn urgency(request: &Request, now_ms: Millis) -> &'static str {
    let clock = request.clock();
    match (clock.stopped_ms, clock.left_share(now_ms)) {
        (Some(_), _) if clock.kept(now_ms) == Some(true) => "good",
        (Some(_), _) => "bad",
        (None, share) if share <= 0.0 || clock.left_ms(now_ms) < 120_000 => "bad",
        (None, share) if share < 0.5 => "warn",
        (None, _) => "good",
    }
}

/// `10:07` today, else `11-20 10:07`, in Zhengzhou.
pub fn moment(ms: Millis, now_ms: Millis) -> String {
    let at = china_time(ms);
    let day =
        if at.date() == china_date(now_ms) { String::new() } else { format!("{:02}-{:02} ", at.month(), at.day()) };
    day + &clock_text(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_as_people_read_them() {
        assert_eq!([grouped(7), grouped(1847), grouped(260_000)], ["7", "1,847", "260,000"]);
        assert_eq!(
            [percent(0, 0), percent(1, 3), percent(999_999, 1_000_000), percent(3, 3)],
            ["–", "33.3%", "99.9%", "100%"]
        );
    }

    #[test]
    fn a_clock_shows_the_second_that_runs() {
        assert_eq!([left(54_000), left(53_001), left(662_000)], ["0:54", "0:54", "11:02"]);
        assert_eq!([left(27_715_000), left(-192_500), left(-90_000_000)], ["7:41:55", "3:12", "1d 1h"]);
    }
}
