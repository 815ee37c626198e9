//! The words of the column `type`.

use crate::form::model::Kind;

/// What a row of the survey sheet is.
pub(super) enum RowType {
    Begin(Kind),
    End(Kind),
    Question {
        kind: Kind,
        list: Option<String>,
        or_other: bool,
    },
    /// Known to the standard, of no effect here (`audit`).
    Nothing,
    /// Known to the standard, not to this engine yet.
    NotYet,
    Unknown,
}

/// All words, for "did you mean".
pub(super) const WORDS: [&str; 44] = [
    "begin group",
    "end group",
    "begin repeat",
    "end repeat",
    "begin_group",
    "end_group",
    "begin_repeat",
    "end_repeat",
    "select_one",
    "select_multiple",
    "rank",
    "text",
    "integer",
    "decimal",
    "range",
    "note",
    "date",
    "time",
    "dateTime",
    "image",
    "audio",
    "video",
    "file",
    "barcode",
    "geopoint",
    "geotrace",
    "geoshape",
    "acknowledge",
    "calculate",
    "hidden",
    "start",
    "end",
    "today",
    "deviceid",
    "username",
    "phonenumber",
    "email",
    "simserial",
    "subscriberid",
    "audit",
    "start-geopoint",
    "xml-external",
    "csv-external",
    "background-audio",
];

pub(super) fn row_type(text: &str) -> RowType {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|w| w.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let joined = lower.join("_");
    match joined.as_str() {
        "begin_group" | "begin_lgroup" => return RowType::Begin(Kind::Group),
        "begin_repeat" | "begin_looped_group" => return RowType::Begin(Kind::Repeat),
        "end_group" => return RowType::End(Kind::Group),
        "end_repeat" | "end_looped_group" => return RowType::End(Kind::Repeat),
        _ => {}
    }
    for (start, kind) in [
        (&["select_one"][..], Kind::SelectOne),
        (&["select", "one", "from"], Kind::SelectOne),
        (&["select", "one"], Kind::SelectOne),
        (&["select1"], Kind::SelectOne),
        (&["select_multiple"], Kind::SelectMultiple),
        (&["select", "multiple", "from"], Kind::SelectMultiple),
        (&["select", "multiple"], Kind::SelectMultiple),
        (&["select", "all", "that", "apply", "from"], Kind::SelectMultiple),
        (&["select", "all", "that", "apply"], Kind::SelectMultiple),
        (&["rank"], Kind::Rank),
    ] {
        if lower.starts_with(start) {
            let rest = words.get(start.len()..).unwrap_or_default();
            let or_other = matches!(lower.get(start.len() + 1..), Some(["or_other"] | ["or", "other"]));
            return match (rest.first(), or_other || rest.len() <= 1) {
                (Some(list), true) => RowType::Question { kind, list: Some((*list).to_owned()), or_other },
                (None, _) => RowType::Question { kind, list: None, or_other: false },
                _ => RowType::Unknown,
            };
        }
    }
    let kind = match joined.as_str() {
        "text" | "string" => Kind::Text,
        "integer" | "int" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "range" => Kind::Range,
        "note" | "add_note_prompt" => Kind::Note,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "datetime" => Kind::DateTime,
        "image" | "photo" => Kind::Image,
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        "file" => Kind::File,
        "barcode" => Kind::Barcode,
        "geopoint" | "gps" | "location" => Kind::Geopoint,
        "geotrace" => Kind::Geotrace,
        "geoshape" => Kind::Geoshape,
        "acknowledge" | "trigger" => Kind::Acknowledge,
        "calculate" => Kind::Calculate,
        "hidden" => Kind::Hidden,
        "start" | "get_start_time" => Kind::Start,
        "end" | "get_end_time" => Kind::End,
        "today" | "get_today" => Kind::Today,
        "deviceid" | "username" | "phonenumber" | "email" | "simserial" | "subscriberid" | "imei" | "get_sim_id"
        | "get_subscriber_id" | "get_device_id" | "get_phone_number" => Kind::Preload,
        "audit" => return RowType::Nothing,
        "start-geopoint" | "xml-external" | "csv-external" | "background-audio" | "osm" => return RowType::NotYet,
        _ if joined.starts_with("select_one_from_file") || joined.starts_with("select_multiple_from_file") => {
            return RowType::NotYet;
        }
        _ => return RowType::Unknown,
    };
    RowType::Question { kind, list: None, or_other: false }
}
