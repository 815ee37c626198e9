//! What an event can say. Records that change are edited field by field; facts are only added.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::Millis,
    ids::{EventId, FormId, MeasureId, PhotoId, PlanId, RequestId, RoundId},
    team::Duty,
};

/// The kinds of record that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// 户
    Household,
    /// 设施
    Facility,
    /// 一户一策
    Plan,
    /// 诉求
    Request,
    /// 排查行动
    Round,
    /// 网格
    Grid,
    /// 责任规则
    Rule,
    /// A kind of a newer version: kept, not understood.
    #[serde(other)]
    Unknown,
}

impl Noun {
    /// Its name in keys and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Facility => "facility",
            Self::Plan => "plan",
            Self::Request => "request",
            Self::Round => "round",
            Self::Grid => "grid",
            Self::Rule => "rule",
            Self::Unknown => "unknown",
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// Fields of a record were set.
    Edit(Edit),
    /// A visit was submitted (also "no answer" and "refused").
    Visit(Visit),
    /// A photo was taken as evidence.
    Photo(Photo),
    /// Somebody called back after a request was resolved.
    CallBack(CallBack),
    /// One of the four musts was done in a grid.
    Duty(Duty),
    /// A body of a newer version: kept and relayed, shown as "newer version".
    #[serde(other)]
    Unknown,
}

/// Sets fields of one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// The kind of record.
    pub noun: Noun,
    /// Which one.
    pub id: String,
    /// The fields, each with the assertions that the new value replaces.
    pub set: BTreeMap<String, Assertion>,
}

/// A value for a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// The value; null means "no longer known".
    pub v: Value,
    /// The events whose values of this field it replaces: what the author saw when deciding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<EventId>,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The form was filled in at the door.
    Done,
    /// Nobody opened 无人在家.
    NoAnswer,
    /// Somebody opened and said no 拒访.
    Refused,
}

/// One room's temperature at a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The room as the form names it in Chinese, for example 客厅.
    pub room: String,
    /// Degrees Celsius.
    pub temp_c: f64,
}

/// One filled form at one household or facility at one time. Never changed; corrected by a later one that names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// How it ended.
    pub outcome: Outcome,
    /// The round it counts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// Other running rounds that ask the same of this door: one trip counts for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<RoundId>,
    /// The form and the first 16 digits of its workbook's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<(FormId, String)>,
    /// When the form was opened, device time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<Millis>,
    /// The answers as the form engine writes them: groups nested, repeats as arrays.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub answers: Value,
    /// Room temperatures, read out of the answers when the visit was submitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// 1 (bad) to 5 (good).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<u8>,
    /// Photos, recordings and files named in the answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoId>,
    /// The visit that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventId>,
}

impl Visit {
    /// The lowest room temperature, degrees Celsius.
    pub fn lowest_c(&self) -> Option<f64> {
        self.readings.iter().map(|r| r.temp_c).min_by(f64::total_cmp)
    }
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoRole {
    /// Evidence of a visit.
    Visit,
    /// Before a measure.
    Before,
    /// After a measure.
    After,
    /// Belongs to a request.
    Request,
}

/// What evidence is that is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Something to be heard.
    Audio,
    /// Something to be seen and heard.
    Video,
    /// Anything else: a document, a table.
    File,
}

/// A recording or a file: its bytes are as they came, not made into a picture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attached {
    /// What it is.
    pub media: Media,
    /// What it was called, as [`crate::photo::file_name`] leaves it.
    pub name: String,
}

/// A photo: the bytes travel apart from the event and are named by their hash. Recordings and files are evidence like
/// photos, and travel as they do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// The hash of the bytes.
    pub photo: PhotoId,
    /// How many bytes.
    pub bytes: u64,
    /// What it shows.
    pub role: PhotoRole,
    /// The plan and measure it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<(PlanId, Option<MeasureId>)>,
    /// The request it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// EXIF's DateTimeOriginal as written, `YYYY:MM:DD HH:MM:SS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exif_taken: Option<String>,
    /// Where it was taken: latitude and longitude, WGS-84 degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(f64, f64)>,
    /// What it is when it is no picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached: Option<Attached>,
}

/// A call back after a request was resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallBack {
    /// The request.
    pub request: RequestId,
    /// Did anybody pick up?
    pub reached: bool,
    /// Content with the result?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The event that resolved it: of which resolution this was said. Calls of versions before this field go by the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<EventId>,
}
