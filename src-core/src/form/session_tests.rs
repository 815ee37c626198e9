//! What must hold for every session: replay, incremental equal to from scratch, little work, no panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;
use crate::workbook::Sheets;
use serde_json::json;

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap()
}

fn sheets(survey: &[&[&str]], choices: &[&[&str]]) -> Sheets {
    let rows = |rows: &[&[&str]]| rows.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
    Sheets::from_rows([("survey", rows(survey)), ("choices", rows(choices))])
}

const HEAD: [&str; 9] =
    ["type", "name", "label", "relevant", "constraint", "required", "calculation", "choice_filter", "repeat_count"];

fn open(survey: &[&[&str]], choices: &[&[&str]]) -> Session {
    let mut rows: Vec<&[&str]> = vec![&HEAD];
    rows.extend(survey);
    let form = read_form(&sheets(&rows, choices)).unwrap_or_else(|e| panic!("{e:#?}"));
    Session::new(form, now(), "").unwrap()
}

fn value(s: &Session, reference: &str) -> String {
    s.node(reference).unwrap_or_else(|| panic!("{reference}")).value
}

#[test]
fn references_in_a_repeat_mean_the_nearest_instance() {
    let mut s = open(
        &[
            &["begin repeat", "rooms", "", "", "", "", "", "", ""],
            &["decimal", "t", "", "", "", "", "", "", ""],
            &["calculate", "double", "", "", "", "", "${t} * 2", "", ""],
            &["calculate", "place", "", "", "", "", "position(..)", "", ""],
            &["calculate", "of", "", "", "", "", "count(${rooms})", "", ""],
            &["end repeat", "", "", "", "", "", "", "", ""],
            &["calculate", "total", "", "", "", "", "sum(${t}[. != ''])", "", ""],
            &["calculate", "second", "", "", "", "", "indexed-repeat(${t}, ${rooms}, 2)", "", ""],
        ],
        &[],
    );
    s.add_repeat("/data/rooms").unwrap();
    s.add_repeat("/data/rooms").unwrap();
    for (i, t) in ["1", "2", "4"].iter().enumerate() {
        s.set(&format!("/data/rooms[{}]/t", i + 1), t).unwrap();
    }
    assert_eq!(value(&s, "/data/rooms[3]/double"), "8");
    assert_eq!(value(&s, "/data/rooms[2]/place"), "2");
    assert_eq!(value(&s, "/data/rooms[1]/of"), "3");
    assert_eq!((value(&s, "/data/total"), value(&s, "/data/second")), ("7".into(), "2".into()));
    s.remove_repeat("/data/rooms[1]").unwrap();
    assert_eq!((value(&s, "/data/rooms[1]/t"), value(&s, "/data/rooms[1]/place")), ("2".into(), "1".into()));
    assert_eq!((value(&s, "/data/total"), value(&s, "/data/second")), ("6".into(), "4".into()));
    assert_eq!(value(&s, "/data/rooms[2]/of"), "2");
}

#[test]
fn counted_repeats_and_cascades_follow() {
    let mut s = open(
        &[
            &["integer", "n", "", "", "", "", "", "", ""],
            &["begin repeat", "child", "", "", "", "", "", "", "${n}"],
            &["text", "name", "", "", "", "", "", "", ""],
            &["end repeat", "", "", "", "", "", "", "", ""],
            &["select_one city", "city", "", "", "", "", "", "", ""],
            &["select_one area", "area", "", "", "", "", "", "city = ${city}", ""],
        ],
        &[
            &["list_name", "name", "label", "city"],
            &["city", "a", "A", ""],
            &["city", "b", "B", ""],
            &["area", "a1", "A1", "a"],
            &["area", "b1", "B1", "b"],
        ],
    );
    assert_eq!(s.node("/data/child").unwrap().count, Some(0));
    s.set("/data/n", "2").unwrap();
    s.set("/data/child[2]/name", "x").unwrap();
    assert!(matches!(s.add_repeat("/data/child"), Err(SetError::NotARepeat(_))));
    s.set("/data/n", "1").unwrap();
    assert_eq!(s.node("/data/child").unwrap().count, Some(1));
    assert_eq!(s.node("/data/area").unwrap().choices, []);
    s.set("/data/city", "a").unwrap();
    s.set("/data/area", "a1").unwrap();
    let changes = s.set("/data/city", "b").unwrap();
    assert!(changes.changed.contains(&"/data/area".to_owned()));
    assert_eq!(value(&s, "/data/area"), "");
    assert_eq!(s.node("/data/area").unwrap().choices[0].value, "b1");
    assert_eq!(s.answers(), json!({"n": 1, "child": [{}], "city": "b"}));
}

#[test]
fn what_is_not_relevant_reads_as_empty_and_comes_back() {
    let mut s = open(
        &[
            &["text", "a", "", "", "", "", "", "", ""],
            &["begin group", "g", "", "${a} = 'x'", "", "", "", "", ""],
            &["text", "b", "", "", "", "yes", "", "", ""],
            &["end group", "", "", "", "", "", "", "", ""],
            &["calculate", "c", "", "", "", "", "concat('-', ${b})", "", ""],
        ],
        &[],
    );
    assert!(matches!(s.set("/data/g/b", "y"), Err(SetError::NotRelevant(_))));
    s.set("/data/a", "x").unwrap();
    assert_eq!(s.violations().len(), 1);
    s.set("/data/g/b", "y").unwrap();
    assert_eq!(value(&s, "/data/c"), "-y");
    s.set("/data/a", "").unwrap();
    assert_eq!((value(&s, "/data/c"), value(&s, "/data/g/b")), ("-".into(), String::new()));
    assert_eq!(s.answers(), json!({"c": "-"}));
    s.set("/data/a", "x").unwrap();
    assert_eq!(value(&s, "/data/c"), "-y");
}

#[test]
fn a_keystroke_in_a_form_of_a_thousand_questions_costs_what_depends_on_it() {
    let mut rows: Vec<Vec<String>> = vec![HEAD.map(str::to_owned).to_vec()];
    for i in 0..1_000 {
        let mut row = vec![String::new(); HEAD.len()];
        row[0] = if i % 4 == 3 { "calculate".into() } else { "integer".into() };
        row[1] = format!("q{i}");
        if i % 4 == 3 {
            row[6] = format!("${{q{}}} + ${{q{}}}", i - 1, i - 2);
        } else if i > 0 {
            row[3] = format!("not(${{q{}}} = 99)", (i - 1) / 4 * 4);
            row[4] = ". < 100".into();
        }
        rows.push(row);
    }
    let form = read_form(&Sheets::from_rows([("survey", rows)])).unwrap();
    let mut s = Session::new(form, now(), "").unwrap();
    let most = (0..1_000)
        .filter(|i| i % 4 != 3)
        .map(|i| s.set(&format!("/data/q{i}"), "7").unwrap().evaluations)
        .max()
        .unwrap();
    assert!(most <= 8, "{most} evaluations");
    assert_eq!(value(&s, "/data/q3"), "14");
}

#[test]
fn all_errors_of_an_author_are_said_at_once() {
    let errors = read_form(&sheets(
        &[
            &HEAD,
            &["begin group", "g", "", "", "", "", "", "", ""],
            &["integr", "a", "", "", "", "", "", "", ""],
            &["integer", "tempera", "", "${temprature} > 1", "", "", "", "", ""],
            &["decimal", "temperature", "", "", ". > (1", "", "", "", ""],
            &["select_one room", "r", "", "", "", "", "", "", ""],
            &["calculate", "x", "", "", "", "", "${y} + 1", "", ""],
            &["calculate", "y", "", "", "", "", "cuont(${x})", "", ""],
            &["text", "bad name", "", "", "", "", "", "", ""],
        ],
        &[&["list_name", "name", "label"], &["rooms", "a", "A"], &["rooms", "a", "A"]],
    ))
    .unwrap_err();
    let found: Vec<(usize, &str)> = errors.iter().map(|e| (e.row, e.column.as_str())).collect();
    for expected in
        [(2, "type"), (3, "type"), (4, "relevant"), (5, "constraint"), (6, "type"), (8, ""), (9, "name"), (3, "name")]
    {
        assert!(found.contains(&expected), "{expected:?} in {errors:#?}");
    }
    let hints: Vec<&str> = errors.iter().filter_map(|e| e.hint.as_deref()).collect();
    for hint in ["`integer`", "`${temperature}`", "`rooms`", "`count()`"] {
        assert!(hints.iter().any(|h| h.contains(hint)), "{hint} in {hints:?}");
    }
    assert!(errors.iter().any(|e| e.message.contains("circle")), "{errors:#?}");
}

/// Steps drawn by a small generator with a fixed seed, so that a failure comes again.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

fn random_step(s: &Session, draw: &mut Draw) -> Step {
    let nodes = s.nodes();
    let node = &nodes[draw.below(nodes.len())];
    let reference = node.reference.clone();
    match node.node {
        NodeKind::RepeatRange => Step::AddRepeat { node: reference },
        NodeKind::RepeatInstance if draw.below(3) == 0 => Step::RemoveRepeat { node: reference },
        NodeKind::Root => Step::Language { value: ["zh", "en"][draw.below(2)].into() },
        _ => {
            let value = match node.choices.len() {
                0 => ["", "7", "17.5", "2026-11-01", "OK", "-3", "文字"][draw.below(7)].to_owned(),
                n => node.choices[draw.below(n)].value.clone(),
            };
            Step::Set { node: reference, value }
        }
    }
}

#[test]
fn replaying_the_accepted_steps_gives_the_same_session() {
    const WORKBOOK: &[u8] = include_bytes!("../../../assets/forms/heating-visit.xlsx");
    let sheets = Sheets::open(WORKBOOK, "survey", crate::workbook::Limits::default()).unwrap();
    let program = std::sync::Arc::new(Program::compile(read_form(&sheets).unwrap().into()).unwrap());
    for seed in 0..15 {
        let mut draw = Draw(seed);
        let mut session = Session::on(program.clone(), now(), "zh");
        let mut kept = Vec::new();
        for _ in 0..120 {
            let step = random_step(&session, &mut draw);
            let before = session.nodes();
            match session.apply(&step) {
                Ok(changes) => {
                    // Whatever differs was reported, unless references shifted.
                    if changes.added.is_empty() && changes.removed.is_empty() {
                        let after = session.nodes();
                        for (a, b) in before.iter().zip(&after) {
                            assert!(a == b || changes.changed.contains(&b.reference), "{step:?}: {}", b.reference);
                        }
                    }
                    kept.push(step);
                }
                Err(_) => assert_eq!(session.nodes(), before, "{step:?} was refused and changed something"),
            }
        }
        let json = serde_json::to_string(&kept).unwrap();
        let steps: Vec<Step> = serde_json::from_str(&json).unwrap();
        let mut replayed = Session::on(program.clone(), now(), "zh");
        replayed.apply_steps(&steps).unwrap();
        assert_eq!(replayed.nodes(), session.nodes(), "seed {seed}");
        assert_eq!(replayed.answers(), session.answers());
        // From scratch: the same answers loaded into a new form compute the same.
        let language = session.language().to_owned();
        let mut loaded = Session::on(program.clone(), now(), &language);
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
    assert!(matches!(&steps[3], Step::Language { value } if value == "English (en)"));
}
