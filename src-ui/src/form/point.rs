//! Places as the engine keeps them: `latitude longitude altitude accuracy`, several with semicolons between them; an
//! area ends with the point that it begins with.

use std::fmt::{self, Display};

use super::number::{number_text, plain_digits};

/// A place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
    /// m above the sea.
    pub altitude_m: f64,
    /// How far off it may be, m; 0 when nobody measured it.
    pub accuracy_m: f64,
}

impl Point {
    /// A place that was typed; none when it is nowhere on earth, or where devices are that know nothing.
    pub fn typed(latitude: &str, longitude: &str) -> Option<Self> {
        let degrees = |text: &str| plain_digits(text).parse::<f64>().ok();
        Self { latitude: degrees(latitude)?, longitude: degrees(longitude)?, altitude_m: 0.0, accuracy_m: 0.0 }.real()
    }

    /// The place of an answer.
    pub fn read(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(|n| n.parse::<f64>().ok());
        let (latitude, longitude) = (numbers.next()??, numbers.next()??);
        let mut further = || numbers.next().flatten().unwrap_or_default();
        Self { latitude, longitude, altitude_m: further(), accuracy_m: further() }.real()
    }

    fn real(self) -> Option<Self> {
        let on_earth = self.latitude.abs() <= 90.0 && self.longitude.abs() <= 180.0;
        (on_earth && (self.latitude != 0.0 || self.longitude != 0.0)).then_some(self)
    }

    /// `34.746611, 113.625328 ±8 m`
    pub fn shown(&self) -> String {
        let place = format!("{:.6}, {:.6}", self.latitude, self.longitude);
        if self.accuracy_m > 0.0 { format!("{place} ±{:.0} m", self.accuracy_m.ceil()) } else { place }
    }
}

impl Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.7} {:.7} {:.1} {:.1}", self.latitude, self.longitude, self.altitude_m, self.accuracy_m)
    }
}

/// A line or an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// A line: two points or more.
    Line,
    /// An area: three corners or more.
    Area,
}

impl Figure {
    /// How many points it has at least.
    pub fn least(self) -> usize {
        match self {
            Self::Line => 2,
            Self::Area => 3,
        }
    }

    /// The points of an answer, those of an area without the last one, which is the first again.
    pub fn read(self, text: &str) -> Vec<Point> {
        let mut points: Vec<Point> = text.split(';').filter_map(Point::read).collect();
        if self == Self::Area && points.len() > 1 {
            points.pop();
        }
        points
    }

    /// The answer of points; none while they are too few, and when a line ends where it begins.
    pub fn write(self, points: &[Point]) -> Option<String> {
        let (first, last) = (points.first()?, points.last()?);
        let closed = first.to_string().split(' ').take(2).eq(last.to_string().split(' ').take(2));
        if points.len() < self.least() || closed {
            return None;
        }
        let closing = (self == Self::Area).then_some(first);
        Some(points.iter().chain(closing).map(Point::to_string).collect::<Vec<_>>().join(";"))
    }
}

/// Degrees as they are typed.
pub fn degrees_text(degrees: f64) -> String {
    number_text(&format!("{degrees:.7}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_typed_read_and_written() {
        let point = Point::typed("３４。7466", " 113.6253").unwrap();
        assert_eq!(point.to_string(), "34.7466000 113.6253000 0.0 0.0");
        assert_eq!(Point::read("34.7466 113.6253 0.0 0.0"), Some(point));
        assert_eq!(Point::read("34.7466 113.6253 98.5 7.2").unwrap().shown(), "34.746600, 113.625300 ±8 m");
        assert_eq!(Point::typed("91", "0"), None);
        assert_eq!(Point::typed("0", "0"), None);
        assert_eq!(degrees_text(113.62530), "113.6253");
    }

    #[test]
    fn an_area_ends_where_it_begins_and_a_line_does_not() {
        let points = ["1 1", "2 2", "3 1"].map(|p| Point::read(p).unwrap());
        assert_eq!(Figure::Line.write(&points[..1]), None);
        assert_eq!(Figure::Area.write(&points[..2]), None);
        let area = Figure::Area.write(&points).unwrap();
        assert_eq!(area.split(';').count(), 4);
        assert_eq!(Figure::Area.read(&area), points);
        let line = Figure::Line.write(&points).unwrap();
        assert_eq!(Figure::Line.read(&line), points);
        assert_eq!(Figure::Line.write(&[points[0], points[1], points[0]]), None);
    }
}
