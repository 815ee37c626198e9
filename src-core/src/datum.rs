//! Coordinates in China. What is stored is WGS-84 (what a satellite receiver says); maps that are sold in China show
//! GCJ-02, which is shifted by some hundred metres, and Baidu's show BD-09, shifted once more. A file of grids or
//! facilities says in which of them its degrees are, and is converted when it is read.
//!
//! The formulae are those in general use since 2012 (Krasovsky's ellipsoid, see `googollee/eviltransform` and
//! `wandergis/coordtransform`); nobody published them officially. Backwards there is no formula: the way there is
//! repeated until it hits, to less than a millimetre. Outside of China GCJ-02 is WGS-84.

use serde::{Deserialize, Serialize};

/// In which datum degrees are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Datum {
    /// WGS-84: receivers, GeoJSON by its standard, and everything that Huce stores.
    #[default]
    #[serde(rename = "wgs84")]
    Wgs84,
    /// GCJ-02: 高德, 腾讯, and most maps that are published in China.
    #[serde(rename = "gcj02")]
    Gcj02,
    /// BD-09: 百度.
    #[serde(rename = "bd09")]
    Bd09,
}

impl Datum {
    /// All, in the order of display.
    pub const ALL: [Self; 3] = [Self::Wgs84, Self::Gcj02, Self::Bd09];

    /// Its word in files, addresses and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wgs84 => "wgs84",
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The datum that a word names, as clerks and programs write it: `GCJ-02`, `火星坐标`, `EPSG:4326`, `百度`.
    pub fn of_word(word: &str) -> Option<Self> {
        let plain: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        const NAMES: [(Datum, &[&str]); 3] = [
            (Datum::Bd09, &["bd09", "baidu", "百度"]),
            (Datum::Gcj02, &["gcj02", "gcj", "mars", "amap", "火星", "国测局", "高德", "腾讯"]),
            (Datum::Wgs84, &["wgs84", "wgs", "4326", "crs84", "gps", "地球坐标", "cgcs2000", "4490"]),
        ];
        NAMES.into_iter().find(|(_, names)| names.iter().any(|name| plain.contains(name))).map(|(datum, _)| datum)
    }

    /// `place` of this datum as WGS-84.
    pub fn to_wgs84(self, place: Place) -> Place {
        match self {
            Self::Wgs84 => place,
            Self::Gcj02 => gcj02_to_wgs84(place),
            Self::Bd09 => gcj02_to_wgs84(bd09_to_gcj02(place)),
        }
    }

    /// `place` of WGS-84 in this datum.
    pub fn of_wgs84(self, place: Place) -> Place {
        match self {
            Self::Wgs84 => place,
            Self::Gcj02 => wgs84_to_gcj02(place),
            Self::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(place)),
        }
    }
}

impl std::str::FromStr for Datum {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::of_word(word).ok_or_else(|| format!("{word}: wgs84, gcj02 or bd09"))
    }
}

impl std::fmt::Display for Datum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Latitude and longitude, degrees.
pub type Place = (f64, f64);

/// Krasovsky's ellipsoid of 1940: its equatorial radius in metres, and the square of its eccentricity.
const RADIUS_M: f64 = 6_378_245.0;
const ECCENTRICITY2: f64 = 0.006_693_421_622_965_943;
/// Turns degrees into the angle of Baidu's wobble.
const WOBBLE: f64 = std::f64::consts::PI * 3000.0 / 180.0;
/// The error shrinks by a thousand with each step; the last ones change nothing.
const STEPS: usize = 8;

/// Where GCJ-02 is not WGS-84: a rectangle around China.
fn is_in_china((latitude, longitude): Place) -> bool {
    (0.8293..=55.8271).contains(&latitude) && (72.004..=137.8347).contains(&longitude)
}

/// WGS-84 → GCJ-02.
pub fn wgs84_to_gcj02(place: Place) -> Place {
    if !is_in_china(place) {
        return place;
    }
    let (latitude, longitude) = place;
    let (north_m, east_m) = shift_m(longitude - 105.0, latitude - 35.0);
    let at = latitude.to_radians();
    let flat = 1.0 - ECCENTRICITY2 * at.sin().powi(2);
    let north = north_m / (RADIUS_M * (1.0 - ECCENTRICITY2) / (flat * flat.sqrt()));
    let east = east_m / (RADIUS_M / flat.sqrt() * at.cos());
    (latitude + north.to_degrees(), longitude + east.to_degrees())
}

/// By how many metres to the north and east a place is shifted; `x` and `y` are degrees from 105° E, 35° N.
fn shift_m(x: f64, y: f64) -> (f64, f64) {
    let wave = |height: f64, degrees: f64, times: f64| height * (degrees * times * std::f64::consts::PI).sin();
    let both = wave(20.0, x, 6.0) + wave(20.0, x, 2.0);
    let root = x.abs().sqrt();
    let north =
        both + wave(20.0, y, 1.0) + wave(40.0, y, 1.0 / 3.0) + wave(160.0, y, 1.0 / 12.0) + wave(320.0, y, 1.0 / 30.0);
    let east =
        both + wave(20.0, x, 1.0) + wave(40.0, x, 1.0 / 3.0) + wave(150.0, x, 1.0 / 12.0) + wave(300.0, x, 1.0 / 30.0);
    (
        north * 2.0 / 3.0 - 100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root,
        east * 2.0 / 3.0 + 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root,
    )
}

/// GCJ-02 → WGS-84.
pub fn gcj02_to_wgs84(place: Place) -> Place {
    backwards(place, place, wgs84_to_gcj02)
}

/// GCJ-02 → BD-09.
pub fn gcj02_to_bd09((latitude, longitude): Place) -> Place {
    let far = longitude.hypot(latitude) + 0.00002 * (latitude * WOBBLE).sin();
    let angle = latitude.atan2(longitude) + 0.000_003 * (longitude * WOBBLE).cos();
    (far * angle.sin() + 0.006, far * angle.cos() + 0.0065)
}

/// BD-09 → GCJ-02.
pub fn bd09_to_gcj02(place: Place) -> Place {
    backwards(place, (place.0 - 0.006, place.1 - 0.0065), gcj02_to_bd09)
}

/// The place that `there` takes to `goal`, looked for from `start`.
fn backwards(goal: Place, start: Place, there: impl Fn(Place) -> Place) -> Place {
    let mut at = start;
    for _ in 0..STEPS {
        let hit = there(at);
        at = (at.0 - (hit.0 - goal.0), at.1 - (hit.1 - goal.1));
    }
    at
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// About a centimetre.
    const CLOSE: f64 = 1e-7;

    #[track_caller]
    fn near(a: Place, b: Place, degrees: f64) {
        assert!((a.0 - b.0).abs() < degrees && (a.1 - b.1).abs() < degrees, "{a:?} is not {b:?}");
    }

    /// WGS-84 and GCJ-02 of Shanghai, Shenzhen and Beijing, as googollee/eviltransform publishes them.
    const PUBLISHED: [(Place, Place); 3] = [
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ];

    #[test]
    fn published_pairs_of_gcj02() {
        for (wgs84, gcj02) in PUBLISHED {
            near(wgs84_to_gcj02(wgs84), gcj02, CLOSE);
            near(gcj02_to_wgs84(gcj02), wgs84, CLOSE);
        }
        // wandergis/coordtransform.
        near(wgs84_to_gcj02((39.915, 116.404)), (39.91640428150164, 116.41024449916938), CLOSE);
    }

    #[test]
    fn published_pairs_of_bd09() {
        // wandergis/coordtransform. Its way back is a first step only, good to a tenth of a metre.
        near(gcj02_to_bd09((39.915, 116.404)), (39.92133699351021, 116.41036949371029), CLOSE);
        near(bd09_to_gcj02((39.915, 116.404)), (39.90865673957631, 116.39762729119315), 2e-6);
    }

    #[test]
    fn there_and_back_is_where_it_began() {
        for step in 0..400 {
            let place = (18.0 + f64::from(step % 20) * 1.7, 75.0 + f64::from(step / 20) * 2.9);
            for datum in Datum::ALL {
                near(datum.to_wgs84(datum.of_wgs84(place)), place, 1e-9);
            }
        }
    }

    #[test]
    fn a_shift_is_some_hundred_metres_in_china_and_nothing_elsewhere() {
        let zhengzhou = (34.75, 113.62);
        let (latitude, longitude) = wgs84_to_gcj02(zhengzhou);
        assert!((latitude - zhengzhou.0).abs() < 0.01 && (longitude - zhengzhou.1).abs() > 0.004);
        assert_eq!(wgs84_to_gcj02((52.52, 13.40)), (52.52, 13.40));
        assert_eq!(gcj02_to_wgs84((52.52, 13.40)), (52.52, 13.40));
    }

    #[test]
    fn words_of_a_datum() {
        for (word, datum) in [
            ("GCJ-02", Datum::Gcj02),
            ("火星坐标系", Datum::Gcj02),
            ("百度坐标(BD-09)", Datum::Bd09),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum::Wgs84),
            ("EPSG:4326", Datum::Wgs84),
        ] {
            assert_eq!(Datum::of_word(word), Some(datum), "{word}");
        }
        assert_eq!(Datum::of_word("北京54"), None);
        assert_eq!(serde_json::to_string(&Datum::Bd09).unwrap(), "\"bd09\"");
        assert!(Datum::ALL.into_iter().all(|datum| datum.as_str().parse() == Ok(datum)));
    }
}
