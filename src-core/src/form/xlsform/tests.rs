//! Whole workbooks.

use super::*;

fn sheets(survey: Vec<Vec<&str>>, others: Vec<(&str, Vec<Vec<&str>>)>) -> Sheets {
    let all = std::iter::once(("survey", survey)).chain(others);
    Sheets::from_rows(all.map(|(n, rows)| (n.to_owned(), rows)))
}

fn made(sheets: &Sheets) -> Conversion {
    convert(sheets, Options::default()).unwrap()
}

fn errors(sheets: &Sheets) -> Vec<(Code, Option<u32>)> {
    let refused = convert(sheets, Options::default()).unwrap_err();
    for problem in refused.errors.iter().chain(&refused.warnings) {
        assert!(problem.message.is_in_both(), "{problem:?}");
    }
    refused.errors.iter().map(|p| (p.code, p.place.row)).collect()
}

#[test]
fn references_within_a_repeat_are_relative() {
    let form = made(&sheets(
        vec![
            vec!["type", "name", "label", "relevance"],
            vec!["begin repeat", "room", "Room", ""],
            vec!["decimal", "temperature", "Temperature", ""],
            vec!["text", "why", "Why only ${temperature}?", "${temperature} < 18"],
            vec!["end repeat"],
        ],
        vec![],
    ));
    assert!(form.xform.contains(r#"relevant=" ../temperature  &lt; 18""#), "{}", form.xform);
    assert!(form.xform.contains(r#"<output value=" ../temperature "/>"#), "{}", form.xform);
    let place = form.origins.place("/data/room/why", "relevant").unwrap();
    assert_eq!(place, Place::row("survey", 4).column("relevance"));
}

#[test]
fn all_errors_at_once() {
    let found = errors(&sheets(
        vec![
            vec!["type", "name", "label", "calculation"],
            vec!["interger", "a", "A", ""],
            vec!["text", "b c", "B", ""],
            vec!["select_one yes_ni", "d", "D", ""],
            vec!["calculate", "e", "", "${f} + 1"],
            vec!["begin group", "g", "G", ""],
        ],
        vec![("choices", vec![vec!["list_name", "name", "label"], vec!["yes_no", "yes", "Yes"]])],
    ));
    let expected = [
        (Code::TypeUnknown, Some(2)),
        (Code::NameInvalid, Some(3)),
        (Code::ListUnknown, Some(4)),
        (Code::BeginWithoutEnd, Some(6)),
        (Code::ReferenceUnknown, Some(5)),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_was_meant_is_said() {
    let refused =
        convert(&sheets(vec![vec!["type", "name", "label"], vec!["interger", "a", "A"]], vec![]), Options::default())
            .unwrap_err();
    let said = refused.errors[0].to_string();
    assert_eq!(
        said,
        "sheet survey, row 2, column type: there is no question type \"interger\"; did you mean \"integer\"?"
    );
    assert_eq!(&*refused.errors[0].message.zh, "没有题型“interger”。");
}

#[test]
fn what_is_too_much_is_refused() {
    let mut rows = vec![vec!["type".to_owned(), "name".to_owned(), "label".to_owned()]];
    for i in 0..60 {
        rows.push(vec!["begin repeat".to_owned(), format!("r{i}"), "R".to_owned()]);
    }
    rows.extend((0..60).map(|_| vec!["end repeat".to_owned()]));
    let deep = Sheets::from_rows([("survey", rows)]);
    assert!(errors(&deep).iter().any(|(code, _)| *code == Code::TooDeep));

    // Groups between repeats double what is within with every template.
    let mut rows = vec![vec!["type".to_owned(), "name".to_owned(), "label".to_owned()]];
    for i in 0..19 {
        rows.push(vec!["begin repeat".to_owned(), format!("r{i}"), "R".to_owned()]);
        rows.push(vec!["begin group".to_owned(), format!("g{i}"), "G".to_owned()]);
    }
    rows.push(vec!["text".to_owned(), "t".to_owned(), "T".to_owned()]);
    for _ in 0..19 {
        rows.push(vec!["end group".to_owned()]);
        rows.push(vec!["end repeat".to_owned()]);
    }
    let _ = convert(&Sheets::from_rows([("survey", rows)]), Options::default());
}
