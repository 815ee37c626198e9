//! What soaks and benches record, and tests begin with. No randomness: two runs that recorded as much hold the same.

use serde_json::json;

use crate::{
    body::{Outcome, Reading, Visit},
    clock::Millis,
    ids::{GridId, HouseholdId, RequestId},
    ipc::request::TakeRequest,
    request::{Category, Channel, Mode, Request, Route, Severity},
};

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

/// A request as it was taken down, at no door: cold, small, at the desk, nothing done yet.
pub fn request(id: RequestId, grid: GridId, taken_ms: Millis) -> Request {
    Request {
        id,
        grid,
        household: None,
        facility: None,
        channel: Channel::Desk,
        category: Category::Cold,
        severity: Severity::Small,
        text: String::new(),
        phone: None,
        mode: Mode::Own,
        taken_ms,
        answered_ms: None,
        resolved_ms: None,
        resolution: None,
        assignee: None,
        satisfied: None,
        satisfied_ms: None,
        resolved_by: None,
        pauses: Vec::new(),
        route: Route::default(),
        mode_why: None,
        joined: None,
        another: false,
        again: Vec::new(),
        doubtful: false,
    }
}

/// A leak is told at the hotline.
pub fn take_leak(household: Option<HouseholdId>) -> TakeRequest {
    TakeRequest {
        household,
        facility: None,
        grid: None,
        channel: Channel::Hotline,
        category: Category::Leak,
        severity: Severity::Small,
        text: "漏水".into(),
        phone: None,
        mode: Mode::Own,
        another: false,
    }
}
