//! What the camera wrote about time and place. It is kept as data beside the photo, and never believed: a tablet's
//! clock lies, and a receiver without a fix writes zeros.

use ::exif::{In, Rational, Reader, Tag, Value};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

/// Time and place from a picture's EXIF, as far as it has them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exif {
    /// DateTimeOriginal as written, `YYYY:MM:DD HH:MM:SS`, in the camera's local time; a time that does not exist is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<String>,
    /// OffsetTimeOriginal as written, `+08:00`: what the camera's local time is from UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// Latitude, WGS-84 degrees, south negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Longitude, WGS-84 degrees, west negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// The camera's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
}

impl Exif {
    /// Latitude and longitude, WGS-84 degrees, if both are there.
    pub fn position(&self) -> Option<(f64, f64)> {
        self.lat.zip(self.lon)
    }
}

/// Reads an EXIF block (TIFF). Whatever in it is damaged is left out.
pub(super) fn read(chunk: &[u8]) -> Exif {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let Some(block) = reader.read_raw(chunk.to_vec()).or_else(|error| error.distill_partial_result(|_| ())).ok() else {
        return Exif::default();
    };
    let (lat, lon) = match (
        degrees(&block, Tag::GPSLatitude, Tag::GPSLatitudeRef, "S", 90.0),
        degrees(&block, Tag::GPSLongitude, Tag::GPSLongitudeRef, "W", 180.0),
    ) {
        // 0, 0 is in the Gulf of Guinea, and what a receiver without a fix writes.
        (Some(lat), Some(lon)) if lat != 0.0 || lon != 0.0 => (Some(lat), Some(lon)),
        _ => (None, None),
    };
    Exif {
        taken_at: text(&block, Tag::DateTimeOriginal)
            .filter(|t| NaiveDateTime::parse_from_str(t, "%Y:%m:%d %H:%M:%S").is_ok()),
        offset: text(&block, Tag::OffsetTimeOriginal).filter(|t| is_offset(t)),
        lat,
        lon,
        camera: text(&block, Tag::Model),
    }
}

/// An ASCII field, trimmed, without control characters, at most 64 characters.
fn text(block: &::exif::Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(parts) = &block.get_field(tag, In::PRIMARY)?.value else { return None };
    let text: String = String::from_utf8_lossy(parts.first()?).chars().filter(|c| !c.is_control()).take(64).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_offset(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    matches!(shape.as_str(), "+00:00" | "-00:00")
}

/// Degrees, minutes and seconds as decimal degrees, within plus or minus `most`.
fn degrees(block: &::exif::Exif, tag: Tag, side: Tag, negative: &str, most: f64) -> Option<f64> {
    let Value::Rational(parts) = &block.get_field(tag, In::PRIMARY)?.value else { return None };
    let value: f64 =
        parts.iter().zip([1.0, 60.0, 3600.0]).map(|(part, unit): (&Rational, f64)| part.to_f64() / unit).sum();
    let value = if text(block, side)?.eq_ignore_ascii_case(negative) { -value } else { value };
    (value.is_finite() && value.abs() <= most).then_some(value)
}
