//! What must hold for every form that is being filled in: replay, what a step reports, answers out and in, what a person
//! may not do, errors of authors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use crate::workbook::Sheets;
use serde_json::json;
use std::sync::Arc;

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap()
}

type Rows<'a> = &'a [&'a [&'a str]];

fn sheets(all: &[(&str, Rows)]) -> Sheets {
    let rows = |rows: Rows| rows.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
    Sheets::from_rows(all.iter().map(|(name, sheet)| (*name, rows(sheet))))
}

fn open(all: &[(&str, Rows)]) -> OpenForm {
    let form = read_sheets(&sheets(all), Some("form"), true).form().unwrap_or_else(|e| panic!("{e:#?}"));
    OpenForm::new(Arc::new(form), Environment::at(now()))
}

fn set(form: &mut OpenForm, reference: &str, value: &str) -> Result<FormChange, Refused> {
    form.apply(&Step::Set { reference: reference.into(), value: value.into() })
}

fn add(form: &mut OpenForm, reference: &str) -> Result<FormChange, Refused> {
    form.apply(&Step::AddRepeat { reference: reference.into() })
}

#[test]
fn counted_repeats_and_cascades_follow() {
    let mut s = open(&[
        (
            "survey",
            &[
                &["type", "name", "label", "choice_filter", "repeat_count"],
                &["integer", "n", "N", "", ""],
                &["begin repeat", "child", "Child", "", "${n}"],
                &["text", "name", "Name", "", ""],
                &["end repeat", "", "", "", ""],
                &["select_one city", "city", "City", "", ""],
                &["select_one area", "area", "Area", "city = ${city}", ""],
            ],
        ),
        (
            "choices",
            &[
                &["list_name", "name", "label", "city"],
                &["city", "a", "A", ""],
                &["city", "b", "B", ""],
                &["area", "a1", "A1", "a"],
                &["area", "b1", "B1", "b"],
            ],
        ),
    ]);
    assert_eq!(s.node("/data/child").unwrap().count, Some(0));
    set(&mut s, "/data/n", "2").unwrap();
    set(&mut s, "/data/child[2]/name", "x").unwrap();
    assert_eq!(add(&mut s, "/data/child"), Err(Refused::Fixed));
    set(&mut s, "/data/n", "1").unwrap();
    assert_eq!(s.node("/data/child").unwrap().count, Some(1));
    assert_eq!(s.node("/data/area").unwrap().choices, []);
    set(&mut s, "/data/city", "a").unwrap();
    set(&mut s, "/data/area", "a1").unwrap();
    let change = set(&mut s, "/data/city", "b").unwrap();
    assert!(change.nodes.iter().any(|n| n.reference == "/data/area" && n.value.is_empty()));
    assert_eq!(s.node("/data/area").unwrap().choices[0].value, "b1");
    assert_eq!(s.answers(), json!({"n": 1, "child": [{}], "city": "b"}));
}

#[test]
fn what_is_not_relevant_is_not_asked_and_comes_back() {
    let mut s = open(&[(
        "survey",
        &[
            &["type", "name", "label", "relevant", "required", "calculation"],
            &["text", "a", "A", "", "", ""],
            &["begin group", "g", "G", "${a} = 'x'", "", ""],
            &["text", "b", "B", "", "yes", ""],
            &["end group", "", "", "", "", ""],
            &["calculate", "c", "", "", "", "concat('-', ${b})"],
        ],
    )]);
    assert_eq!(set(&mut s, "/data/g/b", "y"), Err(Refused::NotAsked));
    assert_eq!(set(&mut s, "/data/c", "y"), Err(Refused::Fixed));
    assert_eq!(set(&mut s, "/data/nothing", "y"), Err(Refused::NotAsked));
    set(&mut s, "/data/a", "x").unwrap();
    assert_eq!(s.violations(), ["/data/g/b"]);
    set(&mut s, "/data/g/b", "y").unwrap();
    assert_eq!(s.node("/data/c").unwrap().value, "-y");
    set(&mut s, "/data/a", "").unwrap();
    assert_eq!(s.answers(), json!({"c": "-"}));
    set(&mut s, "/data/a", "x").unwrap();
    assert_eq!(s.answers(), json!({"a": "x", "g": {"b": "y"}, "c": "-y"}));
}

#[test]
fn of_many_choices_the_first_are_told_and_all_are_found() {
    let names: Vec<String> = (0..1_000).map(|i| format!("c{i}")).collect();
    let mut choices = vec![vec!["list_name".to_owned(), "name".to_owned(), "label".to_owned()]];
    choices.extend(names.iter().map(|name| vec!["all".into(), name.clone(), format!("Choice {name}")]));
    let survey = [["type", "name", "label"], ["select_one all", "q", "Which?"]];
    let survey = survey.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    let sheets = Sheets::from_rows([("survey", survey), ("choices", choices)]);
    let form = read_sheets(&sheets, Some("form"), true).form().unwrap();
    let mut s = OpenForm::new(form.into(), Environment::at(now()));
    set(&mut s, "/data/q", "c999").unwrap();
    let node = s.node("/data/q").unwrap();
    assert_eq!((node.choices.len(), node.offered), (view::MOST_CHOICES + 1, 1_000));
    assert_eq!(node.choices.last().unwrap().label, "Choice c999");
    let (found, count) = s.find_choices("/data/q", "CHOICE C99", 0);
    assert_eq!((found.len(), count, found[0].value.as_str()), (11, 11, "c99"));
    let (found, count) = s.find_choices("/data/q", "", 900);
    assert_eq!((found.len(), count, found[0].value.as_str()), (100, 1_000, "c900"));
}

#[test]
fn a_record_reads_like_the_form() {
    let languages = ["label::中文 (zh)", "label::English (en)"];
    let form = read_sheets(
        &sheets(&[
            (
                "survey",
                &[
                    &["type", "name", languages[0], languages[1], "unit"],
                    &["begin_repeat", "rooms", "房间", "Room", ""],
                    &["select_one kind", "room", "哪一间", "Which", ""],
                    &["decimal", "temperature", "${room} 的室温", "Temperature of ${room}", "°C"],
                    &["image", "photo", "照片", "Photo", ""],
                    &["end_repeat", "", "", "", ""],
                    &["text", "note", "备注", "Note", ""],
                ],
            ),
            (
                "choices",
                &[&["list_name", "name", languages[0], languages[1]], &["kind", "living", "客厅", "living room"]],
            ),
        ]),
        Some("form"),
        true,
    );
    let form = Arc::new(form.form().unwrap_or_else(|errors| panic!("{errors:?}")));
    let answers = json!({"rooms": [{"room": "living", "temperature": 17.5, "photo": "ab"}], "note": ""});
    let want = [
        ("房间 1 · 哪一间", "Room 1 · Which", "客厅 / living room"),
        ("房间 1 · living 的室温", "Room 1 · Temperature of living", "17.5 °C"),
    ];
    let want = want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(in_words(&form, Environment::at(now()), &answers), want);
    assert_eq!(outcome::photos(&form, &answers), ["ab"]);
}

#[test]
fn rules_of_a_sheet_have_errors_with_their_places() {
    let read = read_sheets(
        &sheets(&[
            (
                "survey",
                &[
                    &["type", "name", "label"],
                    &["begin repeat", "rooms", "Rooms"],
                    &["decimal", "temperature", "T"],
                    &["end repeat", "", ""],
                ],
            ),
            (
                "plan",
                &[
                    &["when", "foreach", "measure", "priority", "days", "why"],
                    &["${temperature} < ", "rooms", "insulate", "low", "1", "x"],
                    &["${temperatur} < 18", "", "insulate", "low", "1", "x"],
                    &["true()", "room", "insulate", "soon", "x", "x"],
                ],
            ),
            ("findings", &[&["when", "severity", "category", "text"], &["", "huge", "cold", "x"]]),
        ]),
        Some("form"),
        true,
    );
    let mut found: Vec<_> =
        read.errors.iter().map(|e| (e.place.sheet.clone().unwrap(), e.place.row, e.place.column.clone())).collect();
    found.sort();
    let place = |sheet: &str, row, column: &str| (sheet.to_owned(), Some(row), Some(column.to_owned()));
    let want = [
        place("findings", 2, "severity"),
        place("findings", 2, "when"),
        place("plan", 3, "when"),
        place("plan", 4, "days"),
        place("plan", 4, "foreach"),
        place("plan", 4, "priority"),
    ];
    assert_eq!(found, want, "{:#?}", read.errors);
    assert!(read.errors.iter().all(|e| e.message.is_in_both()), "{:#?}", read.errors);
    let read = read_sheets(
        &sheets(&[
            ("survey", &[&["type", "name", "label"], &["decimal", "temperature", "T"]]),
            ("plan", &[&["when", "measure", "days", "why"], &["${temperature} < ", "insulate", "1", "x"]]),
        ]),
        Some("form"),
        true,
    );
    assert_eq!(read.errors.len(), 1, "{:#?}", read.errors);
    assert_eq!(read.errors[0].place.row, Some(2));
    assert_eq!(read.errors[0].place.column.as_deref(), Some("when"));
    assert!(read.errors[0].message.is_in_both(), "{:?}", read.errors[0]);
}

/// Steps drawn by a small generator with a fixed seed, so that a failure comes again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

fn random_step(s: &OpenForm, draw: &mut Draw) -> Step {
    let nodes = s.nodes();
    let node = &nodes[draw.below(nodes.len())];
    let reference = node.reference.clone();
    match node.node {
        NodeKind::UncontrolledRange => Step::AddRepeat { reference },
        NodeKind::RepeatInstance if draw.below(3) == 0 => Step::RemoveRepeat { reference },
        NodeKind::Root => Step::Language { language: ["zh", "en"][draw.below(2)].into() },
        _ => {
            let value = match node.choices.len() {
                0 => ["", "7", "17.5", "2026-11-01", "OK", "-3", "文字"][draw.below(7)].to_owned(),
                n => node.choices[draw.below(n)].value.clone(),
            };
            Step::Set { reference, value }
        }
    }
}

#[test]
fn replaying_the_accepted_steps_gives_the_same_form() {
    const WORKBOOK: &[u8] = include_bytes!("../../../assets/forms/heating-visit.xlsx");
    let form = Arc::new(read_bytes(WORKBOOK).form().unwrap());
    let new = || OpenForm::new(form.clone(), Environment { language: Some("zh".into()), ..Environment::at(now()) });
    for seed in 0..15 {
        let mut draw = Draw(seed);
        let mut session = new();
        let mut kept = Vec::new();
        for _ in 0..120 {
            let step = random_step(&session, &mut draw);
            let before = session.view();
            match session.apply(&step) {
                Ok(change) => {
                    let after = session.view();
                    match change.view {
                        Some(view) => assert_eq!(view, after, "{step:?}"),
                        // Whatever differs was reported.
                        None => {
                            let mut told = before;
                            for node in change.nodes {
                                let told = told.nodes.iter_mut().find(|n| n.reference == node.reference);
                                *told.unwrap() = node;
                            }
                            for page in change.pages {
                                let told = told.pages.iter_mut().find(|p| p.reference == page.reference);
                                *told.unwrap() = page;
                            }
                            assert_eq!(told, after, "{step:?}");
                        }
                    }
                    kept.push(step);
                }
                Err(_) => assert_eq!(session.view(), before, "{step:?} was refused and changed something"),
            }
        }
        let json = serde_json::to_string(&kept).unwrap();
        let steps: Vec<Step> = serde_json::from_str(&json).unwrap();
        let mut replayed = new();
        steps.iter().for_each(|step| drop(replayed.apply(step).unwrap()));
        assert_eq!(replayed.view(), session.view(), "seed {seed}");
        assert_eq!(replayed.answers(), session.answers());
        // From scratch: the same answers loaded into a new form compute the same.
        let mut loaded = new();
        loaded.apply(&Step::Language { language: session.language().to_owned() }).unwrap();
        assert_eq!(loaded.load_answers(&session.answers()), Vec::<String>::new(), "seed {seed}");
        assert_eq!(loaded.answers(), session.answers(), "seed {seed}");
    }
}

#[test]
fn steps_have_the_shape_of_the_scenarios() {
    let steps: Vec<Step> = serde_json::from_value(json!([
        {"op": "set", "ref": "/data/a", "value": "1"},
        {"op": "addRepeat", "ref": "/data/r"},
        {"op": "removeRepeat", "ref": "/data/r[1]"},
        {"op": "language", "language": "English (en)"},
    ]))
    .unwrap();
    assert!(matches!(&steps[3], Step::Language { language } if language == "English (en)"));
}
