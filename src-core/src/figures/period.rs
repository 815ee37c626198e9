//! The periods of reports: a day 日调度, a week from Monday 周通报, a calendar month 月总结, all of Zhengzhou's days.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::clock::{Millis, china_date, china_midnight};

/// An hour.
const HOUR_MS: Millis = 3_600_000;
/// A day.
const DAY_MS: Millis = 24 * HOUR_MS;
/// The same day of the week, one year earlier.
const YEAR_DAYS: u64 = 364;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodKind {
    /// 日
    Day,
    /// 周, from Monday
    Week,
    /// 月, of the calendar
    Month,
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// How long.
    pub kind: PeriodKind,
    /// Its first instant.
    pub from_ms: Millis,
    /// The first instant after it.
    pub until_ms: Millis,
}

impl Period {
    /// The period in which a day lies.
    pub fn of(kind: PeriodKind, day: NaiveDate) -> Self {
        let from = match kind {
            PeriodKind::Day => day,
            PeriodKind::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            PeriodKind::Month => day.with_day(1).unwrap_or(day),
        };
        let until = match kind {
            PeriodKind::Day => from + Days::new(1),
            PeriodKind::Week => from + Days::new(7),
            // 31 days after the first of a month lie in the next one, whatever its length.
            PeriodKind::Month => {
                let next = from + Days::new(31);
                next.with_day(1).unwrap_or(next)
            }
        };
        Self { kind, from_ms: china_midnight(from), until_ms: china_midnight(until) }
    }

    /// Its first day.
    pub fn first_day(&self) -> NaiveDate {
        china_date(self.from_ms)
    }

    /// Its last day.
    pub fn last_day(&self) -> NaiveDate {
        china_date(self.until_ms - 1)
    }

    /// The period before it.
    pub fn before(&self) -> Self {
        Self::of(self.kind, self.first_day() - Days::new(1))
    }

    /// The period after it.
    pub fn after(&self) -> Self {
        Self::of(self.kind, self.last_day() + Days::new(1))
    }

    /// The same one a season ago: a day or week by its day of the week (52 weeks), a month by its name.
    pub fn year_before(&self) -> Self {
        let first = self.first_day();
        let day = match self.kind {
            PeriodKind::Month => first.with_year(first.year() - 1),
            PeriodKind::Day | PeriodKind::Week => first.checked_sub_days(Days::new(YEAR_DAYS)),
        };
        Self::of(self.kind, day.unwrap_or(first))
    }

    /// Does an instant lie in it?
    pub fn has(&self, ms: Millis) -> bool {
        (self.from_ms..self.until_ms).contains(&ms)
    }

    /// The instant of which its stocks speak: its end, or now while it runs.
    pub fn at_ms(&self, now_ms: Millis) -> Millis {
        self.until_ms.min(now_ms.saturating_add(1))
    }

    /// The steps of its charts: hours of a day, days of anything longer.
    pub fn step_ms(&self) -> Millis {
        if self.kind == PeriodKind::Day { HOUR_MS } else { DAY_MS }
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        usize::try_from((self.until_ms - self.from_ms) / self.step_ms()).unwrap_or_default()
    }

    /// In which step an instant lies.
    pub fn step_of(&self, ms: Millis) -> Option<usize> {
        if !self.has(ms) {
            return None;
        }
        usize::try_from((ms - self.from_ms) / self.step_ms()).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn days(period: Period) -> (NaiveDate, NaiveDate) {
        (period.first_day(), period.last_day())
    }

    #[test]
    fn weeks_begin_on_monday_and_months_have_their_own_lengths() {
        // 2026-11-25 is a Wednesday.
        let week = Period::of(PeriodKind::Week, day(2026, 11, 25));
        assert_eq!(days(week), (day(2026, 11, 23), day(2026, 11, 29)));
        assert_eq!(days(week.before()), (day(2026, 11, 16), day(2026, 11, 22)));
        assert_eq!(days(week.after()), (day(2026, 11, 30), day(2026, 12, 6)));
        assert_eq!(days(week.year_before()), (day(2025, 11, 24), day(2025, 11, 30)));
        let february = Period::of(PeriodKind::Month, day(2028, 2, 29));
        assert_eq!(days(february), (day(2028, 2, 1), day(2028, 2, 29)));
        assert_eq!(days(february.year_before()), (day(2027, 2, 1), day(2027, 2, 28)));
        assert_eq!(days(february.before()), (day(2028, 1, 1), day(2028, 1, 31)));
    }

    #[test]
    fn a_day_has_hours_and_a_running_one_ends_now() {
        let today = Period::of(PeriodKind::Day, day(2026, 11, 30));
        assert_eq!((today.steps(), today.step_of(today.from_ms + 90 * 60_000)), (24, Some(1)));
        assert_eq!(today.step_of(today.until_ms), None);
        assert_eq!(today.at_ms(today.from_ms + 5), today.from_ms + 6);
        assert_eq!(today.at_ms(today.until_ms + 5), today.until_ms);
        assert_eq!(Period::of(PeriodKind::Month, day(2026, 11, 30)).steps(), 30);
    }
}
