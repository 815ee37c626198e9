//! The heating visit, from the workbook in `assets/forms` to readings and measures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use serde_json::json;
use std::sync::Arc;

const WORKBOOK: &[u8] = include_bytes!("../../../assets/forms/heating-visit.xlsx");

fn form() -> Arc<Form> {
    let read = read_bytes(WORKBOOK);
    assert_eq!(read.warnings, []);
    Arc::new(read.form().unwrap_or_else(|e| panic!("{e:#?}")))
}

fn session(language: &str) -> OpenForm {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap();
    OpenForm::new(form(), Environment { language: Some(language.into()), ..Environment::at(now) })
}

fn set(s: &mut OpenForm, reference: &str, value: &str) -> Result<FormChange, Refused> {
    s.apply(&Step::Set { reference: reference.into(), value: value.into() })
}

fn fill(s: &mut OpenForm, answers: &[(&str, &str)]) {
    for (reference, value) in answers {
        set(s, reference, value).unwrap_or_else(|e| panic!("{reference}: {e}"));
    }
}

fn visited(s: &mut OpenForm) {
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
    let changes = s.apply(&Step::AddRepeat { reference: "/data/rooms".into() }).unwrap();
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
    let pages = s.view().pages;
    let labels: Vec<&str> = pages.iter().map(|p| p.label.as_str()).collect();
    assert_eq!(labels, ["住户", "房间与室温", "散热器与阀门", "渗漏与气堵", "满意度", "照片", "签字"]);
    let chips: Vec<(&str, &str)> = pages[1].instances.iter().map(|i| (&*i.title, &*i.detail)).collect();
    assert_eq!(chips, [("客厅", "18.6 °C"), ("北卧", "13.9 °C")]);
    assert_eq!(s.violations(), Vec::<String>::new());
    let change = s.apply(&Step::Language { language: "en".into() }).unwrap();
    assert_eq!(change.view.unwrap().language, "en");
    assert!(s.node("/data/rooms[2]/temperature").unwrap().label.ends_with("North bedroom?"));
}

#[test]
fn the_new_form_names_what_is_missing() {
    let mut s = session("zh");
    let missing = s.violations();
    assert!(missing.contains(&"/data/rooms[1]/room".to_owned()), "{missing:?}");
    set(&mut s, "/data/rooms[1]/room", "living").unwrap();
    let cold = s.node("/data/rooms[1]/temperature").unwrap();
    assert_eq!((cold.label.as_str(), cold.violation), ("客厅的室温是多少？", Some(ViolationKind::Required)));
    assert!(!missing.iter().any(|m| m.contains("leak_where")));
    set(&mut s, "/data/leaks/leak", "yes").unwrap();
    assert_eq!(s.node("/data/photos/photo_leak").unwrap().violation, Some(ViolationKind::Required));
    set(&mut s, "/data/leaks/leak", "no").unwrap();
    assert!(!s.node("/data/photos/photo_leak").unwrap().relevant);
    set(&mut s, "/data/rooms[1]/temperature", "41").unwrap();
    let hot = s.node("/data/rooms[1]/temperature").unwrap();
    assert_eq!(hot.violation, Some(ViolationKind::Constraint));
    assert!(hot.message.contains("0 到 40"), "{}", hot.message);
    assert_eq!(set(&mut s, "/data/rooms[1]/temperature", "1x"), Err(Refused::Malformed));
    assert_eq!(s.node("/data/rooms[1]/temperature").unwrap().value, "41.0");
    assert_eq!(set(&mut s, "/data/rooms[1]/room", "attic"), Err(Refused::NotOffered));
}

#[test]
fn answers_are_typed_and_come_back() {
    let mut s = session("zh");
    visited(&mut s);
    set(&mut s, "/data/household/care", "elderly ill").unwrap();
    set(&mut s, "/data/photos/photo_thermometer", "photo-hash").unwrap();
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
    let found = s.suggestions();
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
    set(&mut s, "/data/leaks/leak", "yes").unwrap();
    set(&mut s, "/data/leaks/leak_where", "joint riser").unwrap();
    set(&mut s, "/data/leaks/leak_severity", "spray").unwrap();
    let first = s.suggestions().remove(0);
    assert_eq!((first.measure.as_str(), first.priority, first.days), ("repair_leak", Priority::Urgent, 0));
    assert!(first.why["zh"].contains("接头、立管"), "{}", first.why["zh"]);
}

#[test]
fn a_warm_flat_needs_nothing() {
    let mut s = session("zh");
    visited(&mut s);
    s.apply(&Step::RemoveRepeat { reference: "/data/rooms[2]".into() }).unwrap();
    fill(
        &mut s,
        &[
            ("/data/household/windows", "tight"),
            ("/data/radiators/return_temp", "38"),
            ("/data/leaks/filter", "clean"),
            ("/data/leaks/airlock", "no"),
        ],
    );
    assert_eq!(s.suggestions(), []);
    assert_eq!(s.findings(), []);
    assert!(s.node("/data/radiators/good_note").unwrap().relevant);
}
