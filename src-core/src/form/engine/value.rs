//! Data types of binds and the one way in which a text becomes a value of a type, whether it was typed, calculated or
//! stands in the form: a text that is no value of the type becomes blank. The rules are those of ODK Web Forms.

use chrono::{NaiveDate, NaiveTime};

/// The type of a bind, as the ODK XForms specification lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataType {
    /// Any text.
    #[default]
    String,
    /// A whole number of 32 bits.
    Int,
    /// `true` or `false`, kept as written.
    Boolean,
    /// A number.
    Decimal,
    /// `2026-03-14`
    Date,
    /// `14:05:00.000Z`
    Time,
    /// `2026-03-14T14:05:00.000Z`
    DateTime,
    /// Latitude, longitude, altitude in m, accuracy in m.
    Geopoint,
    /// Points of a line that is not closed.
    Geotrace,
    /// Points of a closed line.
    Geoshape,
    /// The name of an attachment.
    Binary,
    /// What a scanner read.
    Barcode,
    /// What another app returned.
    Intent,
}

const NAMES: [(&str, DataType); 14] = [
    ("string", DataType::String),
    ("int", DataType::Int),
    ("integer", DataType::Int),
    ("boolean", DataType::Boolean),
    ("decimal", DataType::Decimal),
    ("date", DataType::Date),
    ("time", DataType::Time),
    ("dateTime", DataType::DateTime),
    ("geopoint", DataType::Geopoint),
    ("geotrace", DataType::Geotrace),
    ("geoshape", DataType::Geoshape),
    ("binary", DataType::Binary),
    ("barcode", DataType::Barcode),
    ("intent", DataType::Intent),
];

impl DataType {
    /// The type that a bind names (`int`, `xsd:int`); unknown names are texts.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let name = name.strip_prefix("xsd:").unwrap_or(name);
        NAMES.iter().find(|(known, _)| *known == name).map_or(Self::String, |&(_, t)| t)
    }

    /// Its name in the specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|&&(_, t)| t == self).map_or("string", |&(name, _)| name)
    }

    /// The text as a value of this type; blank if it is none.
    #[must_use]
    pub fn coerce(self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        match self {
            Self::String | Self::Boolean | Self::Binary | Self::Barcode | Self::Intent => Some(text.to_owned()),
            Self::Int => int(text),
            Self::Decimal => number(text).map(decimal),
            Self::Date => date(text),
            Self::Time => is_time(text).then(|| text.to_owned()),
            Self::DateTime => is_date_time(text).then(|| text.to_owned()),
            Self::Geopoint => geopoint(text).map(|p| p.written()),
            Self::Geotrace => points(text, false),
            Self::Geoshape => points(text, true),
        }
        .unwrap_or_default()
    }
}

/// A finite number as ECMAScript's `Number()` reads it.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0.0);
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            #[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
            return u64::from_str_radix(digits, radix).ok().map(|n| n as f64);
        }
    }
    // Rust also reads `inf`, `nan` and the like, which are no numbers here.
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|n| n.is_finite())
}

fn int(text: &str) -> Option<String> {
    let whole = number(text)?.trunc();
    (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole).then(|| {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be within 32 bits")]
        let whole = whole as i32;
        whole.to_string()
    })
}

/// Written with at least one digit after the point and never with an exponent.
fn decimal(n: f64) -> String {
    let text = n.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn date_part(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    if shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

/// `hh`, `hh:mm`, `hh:mm:ss` and `hh:mm:ss.fff`; only the last two when `strict`.
fn is_plain_time(text: &str, strict: bool) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<&str> = whole.split(':').collect();
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    let shaped = parts.iter().all(|p| digits(p, 2))
        && match parts.len() {
            3 => fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit())),
            1 | 2 => fraction.is_none() && !strict,
            _ => false,
        };
    let at = |i: usize| parts.get(i).and_then(|p| p.parse::<u32>().ok()).unwrap_or(0);
    shaped && NaiveTime::from_hms_opt(at(0), at(1), at(2).min(59)).is_some() && at(2) <= 60
}

/// A time with or without an offset from UTC.
fn is_time(text: &str) -> bool {
    if let Some(time) = text.strip_suffix('Z') {
        return is_plain_time(time, true);
    }
    let sign = text.rfind(['+', '-']);
    let Some((time, offset)) = sign.and_then(|at| text.split_at_checked(at)) else {
        return is_plain_time(text, true);
    };
    let offset = offset.get(1..).unwrap_or("");
    let (hours, minutes) = offset.split_once(':').unwrap_or(("", ""));
    let two = |s: &str, most: u8| s.len() == 2 && s.parse::<u8>().is_ok_and(|n| n <= most);
    two(hours, 14) && two(minutes, 59) && is_plain_time(time, true)
}

fn date(text: &str) -> Option<String> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    if time.is_some_and(|time| !is_plain_time(time, false)) {
        return None;
    }
    date_part(day).map(|_| day.to_owned())
}

fn is_date_time(text: &str) -> bool {
    text.split_once('T').is_some_and(|(day, time)| date_part(day).is_some() && is_time(time))
}

#[derive(Debug, Clone, Copy)]
struct Point {
    latitude: f64,
    longitude: f64,
    altitude_m: Option<f64>,
    accuracy_m: Option<f64>,
}

impl Point {
    fn written(self) -> String {
        let mut numbers = vec![self.latitude, self.longitude];
        match (self.altitude_m, self.accuracy_m) {
            (altitude, Some(accuracy)) => numbers.extend([altitude.unwrap_or(0.0), accuracy]),
            (Some(altitude), None) => numbers.push(altitude),
            (None, None) => {}
        }
        numbers.into_iter().map(decimal).collect::<Vec<_>>().join(" ")
    }
}

/// Zero latitude and longitude is what devices say that know nothing: no point.
fn geopoint(text: &str) -> Option<Point> {
    let mut numbers = text.split_whitespace().map(number);
    let (latitude, longitude) = (numbers.next()??, numbers.next()??);
    let mut optional = || match numbers.next() {
        None => Some(None),
        Some(n) => n.map(Some),
    };
    let point = Point { latitude, longitude, altitude_m: optional()?, accuracy_m: optional()? };
    let somewhere = latitude != 0.0 || longitude != 0.0;
    (latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && somewhere).then_some(point)
}

fn points(text: &str, closed: bool) -> Option<String> {
    let text = text.trim().trim_end_matches(';');
    let points = text.split(';').map(geopoint).collect::<Option<Vec<Point>>>()?;
    let (first, last) = (points.first()?, points.last()?);
    #[expect(clippy::float_cmp, reason = "closed means the very same point")]
    let is_closed = first.latitude == last.latitude && first.longitude == last.longitude;
    let enough = if closed { points.len() >= 3 } else { points.len() >= 2 };
    (enough && is_closed == closed).then(|| points.into_iter().map(Point::written).collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_value_of_the_type_is_blank() {
        let cases = [
            (DataType::Int, "12.9", "12"),
            (DataType::Int, "-0.5", "0"),
            (DataType::Int, "3000000000", ""),
            (DataType::Int, "NaN", ""),
            (DataType::Decimal, "100", "100.0"),
            (DataType::Decimal, "1e3", "1000.0"),
            (DataType::Decimal, "ten", ""),
            (DataType::Date, "2026-03-14", "2026-03-14"),
            (DataType::Date, "2026-03-14T10:00", "2026-03-14"),
            (DataType::Date, "2026-02-30", ""),
            (DataType::Date, "2026-03-14T10:00:00.000+08:00", ""),
            (DataType::Time, "14:05:00.000Z", "14:05:00.000Z"),
            (DataType::Time, "14:05:00+08:00", "14:05:00+08:00"),
            (DataType::Time, "25:05:00", ""),
            (DataType::DateTime, "2026-03-01T08:00:00.000Z", "2026-03-01T08:00:00.000Z"),
            (DataType::DateTime, "2026-03-01", ""),
            (DataType::Geopoint, "1.5 36.8 10 5", "1.5 36.8 10.0 5.0"),
            (DataType::Geopoint, "0 0 0 0", ""),
            (DataType::Geopoint, "91 0 0 0", ""),
            (DataType::Geotrace, "1 1 0 0; 2 2 0 0", "1.0 1.0 0.0 0.0;2.0 2.0 0.0 0.0"),
            (DataType::Geoshape, "1 1 0 0; 2 2 0 0", ""),
        ];
        for (data_type, text, value) in cases {
            assert_eq!(data_type.coerce(text), value, "{data_type:?} {text}");
        }
    }
}
