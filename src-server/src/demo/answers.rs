//! The demo's visits as the form would have them: what the history tells (rooms, temperatures, satisfaction) and what an
//! inspector would have found with it. Filled in by the form engine, so that no answer is there that the form refuses.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use huce_core::{
    form::{Environment, Form, OpenForm, read_bytes},
    household::STANDARD_C,
};
use serde_json::{Value, json};

use super::{DemoError, season::Room};

/// Below this a radiator is not merely lukewarm, °C in the room.
const COLD_C: f64 = 16.5;

/// The form that visits are filled in with.
pub(super) struct Paper(Arc<Form>);

fn fault(why: impl ToString) -> DemoError {
    DemoError::File { file: "history.json", why: why.to_string() }
}

impl Paper {
    /// The form of a workbook.
    pub fn open(workbook: &[u8]) -> Result<Self, DemoError> {
        let form = read_bytes(workbook).form().map_err(|flaws| fault(format!("{flaws:?}")))?;
        Ok(Self(Arc::new(form)))
    }

    /// The answers of one visit.
    pub fn fill(&self, at: DateTime<FixedOffset>, rooms: &[Room], satisfaction: u8) -> Result<Value, DemoError> {
        let lowest_c = rooms.iter().map(|r| r.temp_c).fold(f64::INFINITY, f64::min);
        let mut session = OpenForm::new(self.0.clone(), Environment::at(at));
        let passed_over = session.load_answers(&found(rooms, lowest_c, satisfaction));
        let wanting: Vec<_> = session.violations().into_iter().chain(passed_over).collect();
        if wanting.is_empty() { Ok(session.answers()) } else { Err(fault(format!("the form wants {wanting:?}"))) }
    }
}

fn found(rooms: &[Room], lowest_c: f64, satisfaction: u8) -> Value {
    let is_cold = lowest_c < STANDARD_C;
    let rooms: Vec<Value> = rooms.iter().map(room).collect();
    let score = satisfaction.to_string();
    let opinion = if satisfaction < 3 {
        json!({ "satisfaction": score, "dissatisfied": "屋里冷，夜里更明显", "wishes": ["warmer", "visit"] })
    } else {
        json!({ "satisfaction": score })
    };
    json!({
        "household": {
            "opener": "owner", "living": "owner", "people": 3, "windows": if is_cold { "draughty" } else { "tight" },
        },
        "rooms": rooms,
        "radiators": {
            "heating_mode": "series", "emitter": "cast_iron", "entry_valve": "open", "changes": ["none"],
            "supply_temp": if is_cold { 45.5 } else { 47.0 }, "return_temp": if is_cold { 29.0 } else { 38.5 },
        },
        "leaks": {
            "leak": "no", "airlock": if lowest_c < COLD_C { "yes" } else { "no" }, "bled": "no",
            "filter": if is_cold { "blocked" } else { "clean" },
        },
        "opinion": opinion,
        "signature": { "told": true },
    })
}

fn room(room: &Room) -> Value {
    let name = match room.name.as_str() {
        "客厅" => "living",
        "南卧" => "south_bedroom",
        "北卧" => "north_bedroom",
        _ => "kitchen",
    };
    let radiator = match room.temp_c {
        c if c >= STANDARD_C => "even",
        c if c >= COLD_C => "lukewarm",
        _ => "top_hot",
    };
    json!({ "room": name, "temperature": room.temp_c, "radiator": radiator, "valve": "open", "covered": "free" })
}
