//! Every workbook in `assets/forms`: read without errors, complete in both languages, and its rules raise what they
//! should. The rules of the sheet `findings` are evaluated as those of `plan` are; here they are called `fN`, N being
//! the row in the sheet.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod cases;
mod xform;

use super::*;
use crate::request::{Category, Severity};
use crate::workbook::{Limits, Sheets};
use cases::PACKS;
use std::collections::BTreeSet;

fn sheets(form: &str) -> Sheets {
    let path = format!("{}/../assets/forms/{form}.xlsx", env!("CARGO_MANIFEST_DIR"));
    Sheets::open(&std::fs::read(&path).unwrap(), "survey", Limits::default()).unwrap()
}

/// The form with its findings as further rules, so that the same reader checks their expressions and texts.
fn form(name: &str) -> Form {
    let sheets = sheets(name);
    let of = |sheet: &str| sheets.get(sheet).map(<[_]>::to_vec).unwrap_or_default();
    let mut plan = of("plan");
    for (i, row) in of("findings").iter().enumerate().skip(1) {
        let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
        let (zh, en) = (cell(4), cell(5));
        plan.push(vec![
            cell(0),
            cell(1),
            format!("f{}", i + 1),
            zh.clone(),
            en.clone(),
            String::new(),
            "0".into(),
            zh,
            en,
        ]);
    }
    let all = ["survey", "choices", "settings"].map(|s| (s, of(s))).into_iter().chain([("plan", plan)]);
    read_form(&Sheets::from_rows(all)).unwrap_or_else(|e| panic!("{name}: {e:#?}"))
}

fn session(form: &Form) -> Session {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:30:00+08:00").unwrap();
    Session::new(form.clone(), now, "zh").unwrap()
}

fn fill(s: &mut Session, answers: &str) {
    for answer in answers.split_whitespace() {
        let (path, value) = answer.split_once('=').unwrap();
        let value = value.replace(',', " ");
        s.set(&format!("/data/{path}"), &value).unwrap_or_else(|e| panic!("{answer}: {e}"));
    }
}

fn raised(s: &Session) -> BTreeSet<String> {
    suggest(s).into_iter().map(|found| found.measure).collect()
}

#[test]
fn every_workbook_says_everything_in_both_languages() {
    for pack in PACKS {
        let form = form(pack.form);
        let name = pack.form;
        assert_eq!(
            (form.id.as_str(), form.languages.as_slice()),
            (name, &["中文 (zh)".into(), "English (en)".into()][..])
        );
        assert!(!form.version.is_empty() && form.instance_name.is_some(), "{name}");
        let complete = |t: &Text| t.is_empty() || (t.0.len() == 2 && t.0.iter().all(|t| !t.is_empty()));
        assert!(complete(&form.title) && form.title.get(0) != form.title.get(1), "{name}");
        for item in form.items.iter().skip(1) {
            for text in [&item.label, &item.hint, &item.constraint_message, &item.required_message] {
                assert!(complete(text), "{name}, {}: {text:?}", item.name);
            }
            assert!(item.kind.is_unseen() || !item.label.is_empty(), "{name}, {}", item.name);
            assert!(item.constraint.is_none() || !item.constraint_message.is_empty(), "{name}, {}", item.name);
        }
        assert!(form.lists.values().flat_map(|l| &l.rows).all(|r| complete(&r.label) && !r.label.is_empty()), "{name}");
        assert!(form.rules.iter().all(|r| complete(&r.label) && complete(&r.why) && !r.why.is_empty()), "{name}");
        let used: BTreeSet<&String> = form.items.iter().filter_map(|i| i.list.as_ref()).collect();
        assert_eq!(used, form.lists.keys().collect(), "{name}: lists that nobody uses");
    }
}

#[test]
fn findings_use_the_words_of_requests() {
    for pack in PACKS {
        let sheets = sheets(pack.form);
        let rows = sheets.get("findings").unwrap();
        let head: Vec<&str> = rows[0].iter().map(String::as_str).collect();
        assert_eq!(head, ["when", "foreach", "severity", "category", "text::中文 (zh)", "text::English (en)"]);
        for row in &rows[1..] {
            serde_json::from_value::<Severity>(row[2].as_str().into()).unwrap_or_else(|e| panic!("{}: {e}", pack.form));
            serde_json::from_value::<Category>(row[3].as_str().into()).unwrap_or_else(|e| panic!("{}: {e}", pack.form));
        }
    }
}

#[test]
fn every_rule_is_raised_by_its_case_and_none_by_a_clean_form() {
    let here = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/forms")).unwrap();
    let here: BTreeSet<String> = here.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(here, PACKS.iter().map(|p| format!("{}.xlsx", p.form)).collect());
    let mut wrong = Vec::new();
    for pack in PACKS {
        let form = form(pack.form);
        let mut all: BTreeSet<String> = form.rules.iter().map(|r| r.measure.clone()).collect();
        let mut clean = session(&form);
        fill(&mut clean, pack.clean);
        let open: Vec<String> = clean.violations().into_iter().map(|v| v.reference).collect();
        if !open.is_empty() || !raised(&clean).is_empty() {
            wrong.push(format!("{}: clean, but {open:?} {:?}", pack.form, raised(&clean)));
        }
        for (answers, expected) in pack.cases {
            let mut s = session(&form);
            fill(&mut s, pack.clean);
            fill(&mut s, answers);
            let (found, expected) =
                (raised(&s), expected.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>());
            if found != expected {
                wrong.push(format!("{}: {answers}\n  raised {found:?}\n  expected {expected:?}", pack.form));
            }
            all.retain(|rule| !expected.contains(rule));
        }
        if !all.is_empty() {
            wrong.push(format!("{}: no case for {all:?}", pack.form));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn gas_crew_and_an_old_reading_each_stop_the_way_down() {
    let form = form("drain-cleaning");
    let clean = PACKS.iter().find(|p| p.form == form.id).unwrap().clean;
    let may = |answers: &str| {
        let mut s = session(&form);
        fill(&mut s, clean);
        fill(&mut s, answers);
        assert_eq!(
            s.node("/data/entry/may_enter").unwrap().value == "yes",
            s.node("/data/entry/entered").unwrap().violation.is_none()
        );
        s.node("/data/entry/may_enter").unwrap().value == "yes"
    };
    for within in
        ["readings[1]/o2=19.5", "readings[1]/o2=23.5", "readings[1]/h2s=10", "readings[1]/lel=10", "readings[1]/co=30"]
    {
        assert!(may(within), "{within}");
    }
    for beyond in [
        "readings[1]/o2=19.4",
        "readings[1]/o2=23.6",
        "readings[1]/h2s=10.1",
        "readings[1]/lel=10.1",
        "readings[1]/co=30.1",
        "readings[1]/h2s=",
        "crew/at_top=1",
        "crew/gear=detector,blower,mask,harness,tripod",
        "readings[1]/measured=09:45:00.000+08:00",
    ] {
        assert!(!may(beyond), "{beyond}");
    }
}
