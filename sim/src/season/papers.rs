//! What inspectors write into the forms: what is true behind the door, in the form's words. The form engine evaluates it;
//! an answer that the form refuses ends the season with an error.

use huce_core::household::HeatingMode;
use serde_json::{Value, json};

use super::town::{Cause, Home};
use crate::dice::Dice;

/// The form of a visit.
pub const VISIT: &str = "heating-visit";
/// The form of a special-care visit.
pub const CARE: &str = "special-care";

/// °C of tenths.
pub fn degrees(tenths: i32) -> f64 {
    f64::from(tenths) / 10.0
}

/// A household's cause in the words of a plan: diagnosis, measure, what is done.
pub fn remedy(cause: Cause) -> (&'static str, &'static str, &'static str) {
    match cause {
        Cause::Filter => ("入户过滤网堵塞，流量不足", "clean_filter", "清洗过滤网"),
        Cause::Air => ("立管积气，末端不热", "bleed_air", "散热器与立管排气"),
        Cause::TopFloor => ("顶层散热大，室温偏低", "insulate", "顶层保温"),
        Cause::Series => ("串联末端流量小", "balance_riser", "调立管平衡"),
        Cause::Unpaid => ("欠费锁阀", "clear_account", "协助缴费、开阀"),
        Cause::Empty => ("邻户空置，墙体散热", "insulate", "隔墙保温"),
        Cause::Nothing => ("室温偏低，原因待查", "balance_riser", "调立管平衡"),
    }
}

/// 1 to 5: how content people are at such a temperature.
pub fn score(lowest: i32, dice: &mut Dice) -> u8 {
    let usual = match lowest {
        ..165 => 1,
        165..175 => 2,
        175..182 => 3,
        182..195 => 4,
        _ => 5,
    };
    if dice.in_of(1, 4) { (usual + 1).min(5) } else { usual }
}

/// The answers of a heating visit. `lowest`: the coldest room, tenths of a degree.
pub fn visit(home: &Home, lowest: i32, heated: bool, dice: &mut Dice) -> Value {
    let is_cold = lowest < 180;
    let radiator = |tenths: i32| match (heated, home.cause, tenths) {
        (false, ..) => "cold",
        (_, Cause::Air, ..180) => "top_hot",
        (_, _, 180..) => "even",
        _ => "lukewarm",
    };
    let mut room = |name: &str, warmer: i32| {
        let tenths = lowest + warmer;
        let valve = if dice.in_of(1, 60) { "stuck" } else { "open" };
        json!({ "room": name, "temperature": degrees(tenths), "radiator": radiator(tenths), "valve": valve, "covered": "free" })
    };
    let rooms = [room("living", 6), room("south_bedroom", 3), room("north_bedroom", 0)];
    let count = 2 + usize::from(home.area_tenths > 800);
    // The coldest room is always among them.
    let rooms: Vec<Value> = rooms.into_iter().rev().take(count).collect();
    let airlock = home.cause == Cause::Air && home.costs > 10;
    let mut leaks = json!({
        "leak": "no",
        "airlock": if airlock { "yes" } else { "no" },
        "filter": if home.cause == Cause::Filter && home.costs > 10 { "blocked" } else { "clean" },
    });
    if let (true, Some(leaks)) = (airlock, leaks.as_object_mut()) {
        leaks.insert("bled".to_owned(), json!("no"));
    }
    let score = score(lowest, dice);
    let opinion = if score < 3 {
        json!({ "satisfaction": score.to_string(), "dissatisfied": "屋里冷，夜里更明显", "wishes": ["warmer", "visit"] })
    } else {
        json!({ "satisfaction": score.to_string() })
    };
    let (mode, emitter) = match home.mode {
        HeatingMode::Series => ("series", "cast_iron"),
        HeatingMode::Parallel => ("parallel", "steel"),
        HeatingMode::Individual => ("individual", "floor"),
    };
    let pipes = if heated { (46.0, if is_cold { 34.0 } else { 38.5 }) } else { (18.0, 17.5) };
    json!({
        "household": {
            "opener": "owner", "living": "owner", "people": 1 + dice.below(4), "windows": if is_cold { "draughty" } else { "tight" },
        },
        "rooms": rooms,
        "radiators": {
            "heating_mode": mode, "emitter": emitter, "entry_valve": if home.cause == Cause::Unpaid { "locked" } else { "open" },
            "changes": ["none"], "supply_temp": pipes.0, "return_temp": pipes.1,
        },
        "leaks": leaks,
        "opinion": opinion,
        "signature": { "told": true },
    })
}

/// The answers of a special-care visit.
pub fn care(home: &Home, lowest: i32, holiday: Option<&str>, dice: &mut Dice) -> Value {
    let tag = match home.care.first() {
        Some(&"孤寡") => "alone",
        Some(&"病残") => "ill",
        Some(&"困难") => "poor",
        _ => "elderly",
    };
    let mut visit =
        json!({ "occasion": if holiday.is_some() { "holiday" } else { "everyday" }, "care": [tag], "met": "face" });
    let mut help = json!({ "helped": ["talk"], "satisfaction": score(lowest, dice).to_string(), "photo_ok": "no" });
    if let (Some(holiday), Some(visit), Some(help)) = (holiday, visit.as_object_mut(), help.as_object_mut()) {
        visit.insert("holiday".to_owned(), json!(holiday));
        help.insert("gift".to_owned(), json!("米、油"));
    }
    let mut wellbeing = json!({ "health": if dice.in_of(1, 20) { "unwell" } else { "well" }, "needs": ["none"] });
    if let (true, Some(wellbeing)) = (tag == "poor", wellbeing.as_object_mut()) {
        wellbeing.insert("subsidy".to_owned(), json!("yes"));
    }
    json!({
        "visit": visit,
        "wellbeing": wellbeing,
        "rooms": [{ "room": "living", "temperature": degrees(lowest) }],
        "safety": { "heater": ["none"] },
        "help": help,
    })
}
