//! Readings found in the answers of a visit, by the well-known names of the heating forms. A form that wants
//! its visits to be counted, coloured and charted uses these names:
//!
//! | name | where | what |
//! |---|---|---|
//! | `rooms` | repeat, at any depth | one room |
//! | `room` | in `rooms` | name of the room's choice |
//! | `room_label` | in `rooms`, a calculate | the room in words, as it was shown |
//! | `temperature` | in `rooms` | °C, decimal |
//! | `lowest_temp` | anywhere | °C, lowest of the rooms; computed from `rooms` when it is missing |
//! | `satisfaction` | anywhere | 1 (bad) to 5 (good) |
//!
//! Photos, recordings and files are the answers of questions of these types; which those are, only the form knows, see
//! [`photos`].

use super::model::Form;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One room's reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoomReading {
    /// Name of the choice: `living`.
    pub name: String,
    /// In words, in the language of the visit: `客厅`; the name when the form has no words.
    pub label: String,
    /// °C.
    pub temp_c: f64,
}

/// The rooms with a temperature, in the order of the form.
pub fn rooms(answers: &Json) -> Vec<RoomReading> {
    let Some(list) = find(answers, "rooms").and_then(Json::as_array) else { return Vec::new() };
    let reading = |room: &Json| {
        let text = |name: &str| find(room, name).and_then(Json::as_str).filter(|s| !s.is_empty());
        let temp_c = find(room, "temperature").and_then(number)?;
        let name = text("room").unwrap_or_default().to_owned();
        let label = text("room_label").map_or_else(|| name.clone(), str::to_owned);
        Some(RoomReading { name, label, temp_c })
    };
    list.iter().filter_map(reading).collect()
}

/// The lowest room temperature, °C.
pub fn lowest_temp_c(answers: &Json) -> Option<f64> {
    let of_rooms = rooms(answers).iter().map(|r| r.temp_c).reduce(f64::min);
    of_rooms.or_else(|| find(answers, "lowest_temp").and_then(number))
}

/// How satisfied the household is, 1 to 5.
pub fn satisfaction(answers: &Json) -> Option<u8> {
    let value = find(answers, "satisfaction")?;
    let whole = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    u8::try_from(whole).ok().filter(|s| (1..=5).contains(s))
}

/// What the questions of the form for photos, recordings and files were answered with, in the order of the form.
pub fn photos(form: &Form, answers: &Json) -> Vec<String> {
    let asked = form.questions.iter().filter(|q| q.kind.is_media());
    // Without the root's name, as the answers are.
    let ways = asked.filter_map(|q| q.path.strip_prefix('/')?.split_once('/').map(|(_, way)| way.split('/')));
    let mut found = Vec::new();
    for way in ways {
        collect(answers, way, &mut found);
    }
    found
}

fn collect<'a>(answers: &Json, mut way: impl Iterator<Item = &'a str> + Clone, found: &mut Vec<String>) {
    match answers {
        Json::Array(instances) => instances.iter().for_each(|i| collect(i, way.clone(), found)),
        Json::String(name) if !name.is_empty() && way.next().is_none() => found.push(name.clone()),
        Json::Object(group) => {
            if let Some(inner) = way.next().and_then(|name| group.get(name)) {
                collect(inner, way, found);
            }
        }
        _ => {}
    }
}

/// The first value of this name, through groups but not into repeats.
fn find<'a>(answers: &'a Json, name: &str) -> Option<&'a Json> {
    let object = answers.as_object()?;
    object.get(name).or_else(|| object.values().find_map(|inner| find(inner, name)))
}

fn number(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite())
}
