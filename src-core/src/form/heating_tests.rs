//! The heating visit, from the workbook in `assets/forms` to readings and measures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use crate::workbook::{Limits, Sheets};
use serde_json::json;

const WORKBOOK: &[u8] = include_bytes!("../../../assets/forms/heating-visit.xlsx");

fn form() -> Form {
    let sheets = Sheets::open(WORKBOOK, "survey", Limits::default()).unwrap();
    read_form(&sheets).unwrap_or_else(|e| panic!("{e:#?}"))
}

fn session(language: &str) -> Session {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap();
    Session::new(form(), now, language).unwrap()
}

fn fill(s: &mut Session, answers: &[(&str, &str)]) {
    for (reference, value) in answers {
        s.set(reference, value).unwrap_or_else(|e| panic!("{reference}: {e}"));
    }
}

fn visited(s: &mut Session) {
    fill(
        s,
        &[
            ("/data/household/opener", "owner"),
            ("/data/household/living", "owner"),
            ("/data/household/windows", "draughty"),
            ("/data/rooms[1]/room", "living"),
            ("/data/rooms[1]/temperature", "18.6"),
            ("/data/rooms[1]/radiator", "even"),
        ],
    );
    let changes = s.add_repeat("/data/rooms").unwrap();
    assert_eq!(changes.added, ["/data/rooms[2]"]);
    fill(
        s,
        &[
            ("/data/rooms[2]/room", "north_bedroom"),
            ("/data/rooms[2]/temperature", "13.9"),
            ("/data/rooms[2]/radiator", "air"),
            ("/data/rooms[2]/valve", "half"),
            ("/data/radiators/heating_mode", "series"),
            ("/data/radiators/emitter", "cast_iron"),
            ("/data/radiators/supply_temp", "48"),
            ("/data/radiators/return_temp", "30"),
            ("/data/radiators/entry_valve", "open"),
            ("/data/leaks/leak", "no"),
            ("/data/leaks/airlock", "yes"),
            ("/data/leaks/bled", "no"),
            ("/data/leaks/filter", "blocked"),
            ("/data/opinion/satisfaction", "4"),
            ("/data/signature/told", "OK"),
        ],
    );
}

#[test]
fn both_languages_are_complete() {
    let form = form();
    assert_eq!(form.languages, ["中文 (zh)", "English (en)"]);
    assert_eq!((form.title.get(0), form.title.get(1)), ("入户登记 · 供热", "Home visit · heating"));
    let complete = |t: &Text| t.is_empty() || (t.0.len() == 2 && t.0.iter().all(|t| !t.is_empty()));
    for item in form.items.iter().skip(1) {
        for text in [&item.label, &item.hint, &item.constraint_message, &item.required_message] {
            assert!(complete(text), "{}: {text:?}", item.name);
        }
        assert!(item.kind.is_unseen() || !item.label.is_empty(), "{}", item.name);
    }
    assert!(form.lists.values().flat_map(|l| &l.rows).all(|r| complete(&r.label) && !r.label.is_empty()));
    assert!(form.rules.len() >= 8 && form.rules.iter().all(|r| complete(&r.label) && complete(&r.why)));
}

#[test]
fn a_form_travels_as_json() {
    let form = form();
    let json = serde_json::to_string(&form).unwrap();
    assert!(json.len() < 40_000, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<Form>(&json).unwrap(), form);
}

#[test]
fn a_cold_room_shows_in_notes_sections_and_chips() {
    let mut s = session("zh");
    visited(&mut s);
    let label = s.node("/data/rooms[2]/temperature").unwrap().label;
    assert_eq!(label, "北卧的室温是多少？");
    let note = s.node("/data/rooms[2]/room_cold").unwrap();
    assert!(note.relevant);
    assert_eq!(note.label, "低于 18 °C 标准 4.1 度");
    assert!(!s.node("/data/rooms[1]/room_cold").unwrap().relevant);
    assert_eq!(s.node("/data/lowest_temp").unwrap().value, "13.9");
    assert_eq!(s.node("/data/below_standard").unwrap().value, "4.1");
    let pages = s.pages();
    let labels: Vec<&str> = pages.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(labels, ["住户", "房间与室温", "散热器与阀门", "渗漏与气堵", "满意度", "照片", "签字"]);
    let chips: Vec<(&str, &str)> = pages[1].instances.iter().map(|i| (&*i.title, &*i.detail)).collect();
    assert_eq!(chips, [("客厅", "18.6 °C"), ("北卧", "13.9 °C")]);
    assert_eq!(s.violations(), []);
    let changes = s.set_language("en").unwrap();
    assert!(changes.changed.contains(&"/data/rooms[2]/temperature".to_owned()));
    assert!(s.node("/data/rooms[2]/temperature").unwrap().label.ends_with("North bedroom?"));
}

#[test]
fn the_new_form_names_what_is_missing() {
    let mut s = session("zh");
    let missing: Vec<String> = s.violations().into_iter().map(|v| v.reference).collect();
    assert!(missing.contains(&"/data/rooms[1]/room".to_owned()), "{missing:?}");
    s.set("/data/rooms[1]/room", "living").unwrap();
    let cold = s.node("/data/rooms[1]/temperature").unwrap();
    assert_eq!((cold.label.as_str(), cold.violation), ("客厅的室温是多少？", Some(Violation::Required)));
    assert!(!missing.iter().any(|m| m.contains("leak_where")));
    s.set("/data/leaks/leak", "yes").unwrap();
    assert_eq!(s.node("/data/photos/photo_leak").unwrap().violation, Some(Violation::Required));
    s.set("/data/leaks/leak", "no").unwrap();
    assert!(!s.node("/data/photos/photo_leak").unwrap().relevant);
    s.set("/data/rooms[1]/temperature", "41").unwrap();
    let hot = s.node("/data/rooms[1]/temperature").unwrap();
    assert_eq!(hot.violation, Some(Violation::Constraint));
    assert!(hot.message.contains("0 到 40"), "{}", hot.message);
    assert!(matches!(s.set("/data/rooms[1]/temperature", "1x"), Err(SetError::Malformed { .. })));
    assert_eq!(s.node("/data/rooms[1]/temperature").unwrap().value, "41");
    assert!(matches!(s.set("/data/rooms[1]/room", "attic"), Err(SetError::NotOffered { .. })));
}

#[test]
fn answers_are_typed_and_come_back() {
    let mut s = session("zh");
    visited(&mut s);
    s.set("/data/household/care", "elderly ill").unwrap();
    s.set("/data/photos/photo_thermometer", "photo-hash").unwrap();
    let answers = s.answers();
    assert_eq!(answers["rooms"][1]["temperature"], json!(13.9));
    assert_eq!(answers["rooms"][1]["room_label"], json!("北卧"));
    assert_eq!(answers["household"]["care"], json!(["elderly", "ill"]));
    assert_eq!(answers["signature"]["told"], json!(true));
    assert!(answers["leaks"].get("leak_where").is_none());
    let mut other = session("zh");
    assert_eq!(other.load_answers(&answers), Vec::<String>::new());
    assert_eq!(other.answers(), answers);
    assert_eq!(other.nodes(), s.nodes());
    assert_eq!(outcome::lowest_temp_c(&answers), Some(13.9));
    assert_eq!(outcome::satisfaction(&answers), Some(4));
    assert_eq!(outcome::photos(&form(), &answers), ["photo-hash"]);
    let rooms = outcome::rooms(&answers);
    assert_eq!((rooms[1].name.as_str(), rooms[1].label.as_str(), rooms[1].temp_c), ("north_bedroom", "北卧", 13.9));
    let passed = other.load_answers(&json!({"household": {"opener": "ghost"}, "cellar": 1}));
    assert_eq!(passed, ["/data/cellar", "/data/household/opener"]);
}

#[test]
fn the_rules_suggest_what_an_inspector_would() {
    let mut s = session("zh");
    visited(&mut s);
    let found = suggest(&s);
    let names: Vec<&str> = found.iter().map(|f| f.measure.as_str()).collect();
    assert_eq!(
        names,
        ["bleed_air", "clean_filter", "open_valve", "balance_riser", "series_to_parallel", "insulate"],
        "{found:#?}"
    );
    let bleed = &found[0];
    assert_eq!(bleed.at.as_deref(), Some("/data/rooms[2]"));
    assert_eq!(bleed.label["zh"], "散热器与立管排气");
    assert_eq!(bleed.why["zh"], "北卧 13.9 °C，散热器有水声或气堵：管内有气");
    assert!(bleed.why["en"].contains("Gurgling"), "{}", bleed.why["en"]);
    s.set("/data/leaks/leak", "yes").unwrap();
    s.set("/data/leaks/leak_where", "joint riser").unwrap();
    s.set("/data/leaks/leak_severity", "spray").unwrap();
    let first = suggest(&s).remove(0);
    assert_eq!((first.measure.as_str(), first.priority, first.days), ("repair_leak", Priority::Urgent, 0));
    assert!(first.why["zh"].contains("接头, 立管"), "{}", first.why["zh"]);
}

#[test]
fn a_warm_flat_needs_nothing() {
    let mut s = session("zh");
    visited(&mut s);
    s.remove_repeat("/data/rooms[2]").unwrap();
    fill(
        &mut s,
        &[
            ("/data/household/windows", "tight"),
            ("/data/radiators/return_temp", "38"),
            ("/data/leaks/filter", "clean"),
            ("/data/leaks/airlock", "no"),
        ],
    );
    assert_eq!(suggest(&s), []);
    assert!(s.node("/data/radiators/good_note").unwrap().relevant);
}
