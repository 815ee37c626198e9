//! Time as Huce keeps it. Tablet clocks lie, so an event keeps the device's own time as a hybrid logical
//! timestamp (which never goes back on one device) and, beside it, the offset to the server measured last.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// A hybrid logical timestamp: ordered, and never before one that its device has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "(i64, u32)", into = "(i64, u32)")]
pub struct Hlc {
    /// Device time, milliseconds since 1970 UTC.
    pub ms: Millis,
    /// Distinguishes events of the same millisecond.
    pub count: u32,
}

impl From<(i64, u32)> for Hlc {
    fn from((ms, count): (i64, u32)) -> Self {
        Self { ms, count }
    }
}

impl From<Hlc> for (i64, u32) {
    fn from(at: Hlc) -> Self {
        (at.ms, at.count)
    }
}

impl Hlc {
    /// The next timestamp of a device whose newest one is `self` and whose clock reads `now_ms`.
    /// A clock that was set back does not move it back.
    pub fn tick(self, now_ms: Millis) -> Self {
        if now_ms > self.ms {
            Self { ms: now_ms, count: 0 }
        } else {
            Self { ms: self.ms, count: self.count.saturating_add(1) }
        }
    }
}

/// The day in Zhengzhou (UTC+8, no summer time) of an instant. The last day that a calendar has for one beyond it.
pub fn china_date(ms: Millis) -> chrono::NaiveDate {
    china_time(ms).date()
}

/// Day and time of day in Zhengzhou of an instant.
pub fn china_time(ms: Millis) -> chrono::NaiveDateTime {
    chrono::DateTime::from_timestamp_millis(ms.saturating_add(8 * 3_600_000))
        .unwrap_or(chrono::DateTime::UNIX_EPOCH)
        .naive_utc()
}

/// An instant with Zhengzhou's offset: what `now()` and `today()` mean to a form that was opened then.
pub fn china_now(ms: Millis) -> chrono::DateTime<chrono::FixedOffset> {
    let east = chrono::FixedOffset::east_opt(8 * 3_600).unwrap_or_else(|| chrono::offset::Offset::fix(&chrono::Utc));
    chrono::DateTime::from_timestamp_millis(ms).unwrap_or(chrono::DateTime::UNIX_EPOCH).with_timezone(&east)
}

/// `YYYY-MM-DD`; month and day may have one digit. (chrono's own reader and writer know every format that there is,
/// which weighs 20 kB in the browser.)
pub fn parse_day(text: &str) -> Option<chrono::NaiveDate> {
    let mut parts = text.trim().splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    chrono::NaiveDate::from_ymd_opt(
        i32::try_from(number(year, 4..=4)?).ok()?,
        number(month, 1..=2)?,
        number(day, 1..=2)?,
    )
}

/// A number of so many figures.
pub(crate) fn number(figures: &str, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_one = count.contains(&figures.len()) && figures.bytes().all(|b| b.is_ascii_digit());
    is_one.then(|| figures.parse().ok()).flatten()
}

/// `10:42`.
pub fn clock_text(at: impl chrono::Timelike) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// The instant at which a day begins in Zhengzhou.
pub fn china_midnight(day: chrono::NaiveDate) -> Millis {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis() - 8 * 3_600_000
}
