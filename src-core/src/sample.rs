//! What soaks and benches record. No randomness: two runs that recorded as much hold the same.

use serde_json::json;

use crate::body::{Outcome, Reading, Visit};

/// Visit number `n`: two rooms with their temperatures, no photos.
pub fn visit(n: u64) -> Visit {
    let temp = |k: u64| 16.0 + ((n * 7 + k * 13) % 80) as f64 / 10.0;
    let rooms = [("客厅", temp(0)), ("主卧", temp(1))];
    let list: Vec<_> = rooms.iter().map(|(room, t)| json!({ "room_label": room, "temperature": t })).collect();
    Visit {
        outcome: Outcome::Done,
        round: None,
        also: Vec::new(),
        form: None,
        started_ms: None,
        answers: json!({ "rooms": list, "number": n }),
        readings: rooms.map(|(room, temp_c)| Reading { room: room.to_owned(), temp_c }).into(),
        satisfaction: Some((n % 5 + 1) as u8),
        photos: Vec::new(),
        corrects: None,
    }
}
