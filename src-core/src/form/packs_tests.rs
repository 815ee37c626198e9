//! Every workbook in `assets/forms`: read without errors, complete in both languages, and its rules raise what they
//! should. Findings are called `fN` here, N being the row in the sheet.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod cases;

use super::xlsform::RuleKind;
use super::*;
use cases::PACKS;
use std::collections::BTreeSet;
use std::sync::Arc;

fn form(name: &str) -> Arc<Form> {
    let path = format!("{}/../assets/forms/{name}.xlsx", env!("CARGO_MANIFEST_DIR"));
    let read = read_bytes(&std::fs::read(&path).unwrap());
    assert_eq!(read.warnings, [], "{name}");
    Arc::new(read.form().unwrap_or_else(|e| panic!("{name}: {e:#?}")))
}

fn session(form: &Arc<Form>) -> OpenForm {
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:30:00+08:00").unwrap();
    OpenForm::new(form.clone(), Environment::at(now))
}

fn fill(s: &mut OpenForm, answers: &str) {
    for answer in answers.split_whitespace() {
        let (path, value) = answer.split_once('=').unwrap();
        let step = Step::Set { reference: format!("/data/{path}"), value: value.replace(',', " ") };
        s.apply(&step).unwrap_or_else(|e| panic!("{answer}: {e}"));
    }
}

fn raised(s: &mut OpenForm) -> BTreeSet<String> {
    let findings = s.findings().into_iter().map(|found| format!("f{}", found.row));
    findings.chain(s.suggestions().into_iter().map(|found| found.measure)).collect()
}

/// Every text of every language.
fn texts(s: &mut OpenForm) -> Vec<(String, String)> {
    s.nodes()
        .into_iter()
        .flat_map(|n| {
            n.choices.into_iter().map(|c| c.label).chain([n.label, n.hint]).map(move |t| (n.reference.clone(), t))
        })
        .collect()
}

#[test]
fn every_workbook_says_everything_in_both_languages() {
    for pack in PACKS {
        let (name, form) = (pack.form, form(pack.form));
        assert_eq!((form.id(), form.languages()), (name, &["中文 (zh)".to_owned(), "English (en)".to_owned()][..]));
        assert!(!form.version().is_empty() && form.title("zh") != form.title("en"), "{name}");
        let mut session = session(&form);
        assert_eq!(session.session().faults().count(), 0, "{name}");
        let zh = texts(&mut session);
        session.apply(&Step::Language { language: "en".into() }).unwrap();
        let en = texts(&mut session);
        assert_eq!(zh.len(), en.len(), "{name}");
        for ((at, zh), (_, en)) in zh.iter().zip(&en) {
            assert!(
                zh.is_empty() == en.is_empty() && (zh != en || zh.chars().all(|c| c.is_ascii() && !c.is_alphabetic())),
                "{name}, {at}: {zh} · {en}"
            );
        }
        for node in session.nodes().iter().filter(|n| n.kind.is_question() || n.kind == Kind::Note) {
            assert!(!node.label.is_empty(), "{name}, {}", node.reference);
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
        let called = |rule: &xlsform::Rule| match &rule.kind {
            RuleKind::Measure { measure, .. } => measure.clone(),
            RuleKind::Finding { .. } => format!("f{}", rule.place.row.unwrap()),
        };
        let mut all: BTreeSet<String> = form.rules.iter().map(called).collect();
        let mut clean = session(&form);
        fill(&mut clean, pack.clean);
        let (open, found) = (clean.violations(), raised(&mut clean));
        if !open.is_empty() || !found.is_empty() {
            wrong.push(format!("{}: clean, but {open:?} {found:?}", pack.form));
        }
        for (answers, expected) in pack.cases {
            let mut s = session(&form);
            fill(&mut s, pack.clean);
            fill(&mut s, answers);
            let (found, expected) =
                (raised(&mut s), expected.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>());
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
    let clean = PACKS.iter().find(|p| p.form == form.id()).unwrap().clean;
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
