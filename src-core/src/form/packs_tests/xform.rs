//! The same cases in the XForm that each workbook becomes: made without a warning, the same rules raised, the same
//! answers missing or wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::cases::PACKS;
use super::{fill, form, raised, session, sheets};
use crate::form::engine::{Definition, Environment, NodeState, Session, Step};
use crate::form::xlsform::{Conversion, Options, convert};
use crate::workbook::Sheets;
use std::collections::BTreeSet;
use std::sync::Arc;

fn converted(name: &str, sheets: &Sheets) -> Conversion {
    let made = convert(sheets, Options { root: None, id: Some(name) }).unwrap_or_else(|e| panic!("{name}: {e:#?}"));
    assert!(made.warnings.is_empty(), "{name}: {:#?}", made.warnings);
    made
}

/// The workbook with a calculation `rule_N` for each rule: at the end, or of the repeat that it is evaluated for.
fn with_rules(name: &str, sheets: &Sheets) -> Sheets {
    let of = |sheet: &str| sheets.get(sheet).map(<[_]>::to_vec).unwrap_or_default();
    let mut survey = of("survey");
    let at = |survey: &[Vec<String>], heading: &str| survey[0].iter().position(|h| h == heading).unwrap();
    let (kind, of_name, calculation) = (at(&survey, "type"), at(&survey, "name"), at(&survey, "calculation"));
    for (i, rule) in form(name).rules.iter().enumerate() {
        let mut row = vec![String::new(); survey[0].len()];
        row[kind] = "calculate".into();
        row[of_name] = format!("rule_{i}");
        row[calculation] = format!("if({}, 'yes', 'no')", rule.when);
        let place = match &rule.foreach {
            None => survey.len(),
            Some(repeat) => {
                let begun = survey.iter().position(|r| r[kind] == "begin repeat" && r[of_name] == *repeat).unwrap();
                begun + survey[begun..].iter().position(|r| r[kind] == "end repeat").unwrap()
            }
        };
        survey.insert(place, row);
    }
    let all = ["choices", "settings"].map(|s| (s, of(s)));
    Sheets::from_rows(all.into_iter().chain([("survey", survey)]))
}

fn open(xform: &str) -> Session {
    let definition = Definition::parse(xform).unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(definition.warnings.is_empty(), "{:#?}", definition.warnings);
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:30:00+08:00").unwrap();
    let session = Session::open(Arc::new(definition), Environment::at(now));
    let faults: Vec<&str> = session.faults().collect();
    assert!(faults.is_empty(), "{faults:?}");
    session
}

fn apply(s: &mut Session, answers: &str) {
    for answer in answers.split_whitespace() {
        let (path, value) = answer.split_once('=').unwrap();
        let step = Step::Set { reference: format!("/data/{path}"), value: value.replace(',', " ") };
        let outcome = s.apply(&step);
        assert!(outcome.refused.is_none(), "{answer}: {:?}", outcome.refused);
    }
}

fn rules(states: &[NodeState], names: &[String]) -> BTreeSet<String> {
    let raised = states.iter().filter(|s| s.relevant && s.value.as_deref() == Some("yes"));
    raised
        .filter_map(|s| s.reference.rsplit_once("/rule_")?.1.parse::<usize>().ok())
        .map(|i| names[i].clone())
        .collect()
}

#[test]
fn every_workbook_becomes_an_xform_in_two_languages() {
    for pack in PACKS {
        let made = converted(pack.form, &sheets(pack.form));
        let mut session = open(&made.xform);
        assert_eq!(session.language(), "中文 (zh)", "{}", pack.form);
        let labels = |s: &Session| s.states().into_iter().filter_map(|n| n.label).collect::<Vec<_>>();
        let zh = labels(&session);
        assert!(session.apply(&Step::Language { language: "English (en)".into() }).refused.is_none());
        let en = labels(&session);
        assert_eq!(zh.len(), en.len(), "{}", pack.form);
        assert!(zh.iter().zip(&en).all(|(zh, en)| zh != en), "{}: a label is in one language only", pack.form);
    }
}

#[test]
fn the_xform_raises_and_refuses_what_the_workbook_does() {
    let mut wrong = Vec::new();
    for pack in PACKS {
        let form = form(pack.form);
        let names: Vec<String> = form.rules.iter().map(|r| r.measure.clone()).collect();
        let made = converted(pack.form, &with_rules(pack.form, &sheets(pack.form)));
        for (answers, expected) in pack.cases.iter().chain(&[("", "")]) {
            let (mut ours, mut theirs) = (session(&form), open(&made.xform));
            for part in [pack.clean, answers] {
                fill(&mut ours, part);
                apply(&mut theirs, part);
            }
            let states = theirs.states();
            let found = rules(&states, &names);
            let expected: BTreeSet<String> = expected.split_whitespace().map(str::to_owned).collect();
            if found != expected || found != raised(&ours) {
                wrong.push(format!("{}: {answers}\n  raised {found:?}\n  expected {expected:?}", pack.form));
            }
            let open: BTreeSet<String> = ours.violations().into_iter().map(|v| v.reference).collect();
            let violated = states.into_iter().filter(|s| s.violation.is_some() && s.relevant).map(|s| s.reference);
            let violated: BTreeSet<String> = violated.collect();
            if violated != open {
                wrong.push(format!("{}: {answers}\n  violated {violated:?}\n  expected {open:?}", pack.form));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
