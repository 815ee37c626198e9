//! What authors are told, in both languages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::{Flaw, Read, read_sheets, read_xform};
use crate::ipc::form::FlawLine;
use crate::workbook::Sheets;

type Rows<'a> = &'a [&'a [&'a str]];

fn read(sheets: &[(&str, Rows)]) -> Read {
    let rows = |rows: Rows| rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    let sheets = Sheets::from_rows(sheets.iter().map(|(name, all)| ((*name).to_owned(), rows(all))));
    read_sheets(&sheets, Some("form"), true)
}

/// Everything that is said of a survey with these rows beside a list `yes_no` and a question `a`.
fn said(headings: &[&str], rows: Rows) -> Vec<Flaw> {
    let mut survey = vec![headings];
    survey.extend(rows);
    let choices: Rows = &[&["list_name", "name", "label"], &["yes_no", "yes", "Yes"], &["yes_no", "no", "No"]];
    let read = read(&[("survey", &survey), ("choices", choices)]);
    read.errors.into_iter().chain(read.warnings).collect()
}

fn in_chinese(headings: &[&str], rows: Rows) -> Vec<String> {
    said(headings, rows).into_iter().map(|flaw| flaw.message.zh.into_string()).collect()
}

#[test]
fn the_chinese_sentence_names_what_is_wrong() {
    let plain = ["type", "name", "label"];
    for (row, want) in [
        (["interger", "a", "A"], "没有题型“interger”。"),
        (["text", "a b", "A"], "名称“a b”不能有空格。"),
        (
            ["text", "1a", "A"],
            "“1a”不能作名称：要以字母、汉字或下划线开头，后面只能是字母、汉字、数字、下划线、连字符和点。",
        ),
        (["select_one yesno", "a", "A"], "选项表“yesno”在 choices 工作表里没有。"),
        (["text", "a", "${室内}"], "没有名称为“室内”的题目或分组。"),
        (["begin group", "厨房", "A"], "分组“厨房”没有用“end group”结束。"),
        (["end repeat", "", ""], "“end repeat”前面没有“begin repeat”。"),
        (["text", "a", ""], "题目“a”没有文字（label），也没有提示（hint）。"),
    ] {
        assert_eq!(in_chinese(&plain, &[&row]), [want]);
    }
    let range = in_chinese(&["type", "name", "label", "parameters"], &[&["range", "a", "A", "step=0"]]);
    assert_eq!(range, ["step 不能是 0。"]);
}

#[test]
fn so_do_those_of_expressions() {
    let wrong = |relevant: &str| in_chinese(&["type", "name", "label", "relevant"], &[&["text", "a", "A", relevant]]);
    assert_eq!(wrong("cout(/data/b) > 1"), ["没有函数 cout()，是不是要写 count()？"]);
    assert_eq!(wrong("not()"), ["not() 要有 1 个参数，这里写了 0 个。"]);
    assert_eq!(wrong("1 +"), ["末尾少了内容。"]);
    assert_eq!(wrong("(1 + 2"), ["这里少了右括号。"]);
    let circle = in_chinese(
        &["type", "name", "label", "calculation"],
        &[&["calculate", "a", "", "${b}"], &["calculate", "b", "", "${a}"]],
    );
    assert_eq!(circle, ["这些题互相依赖，成了循环：/data/a、/data/b。"]);
}

#[test]
fn so_do_those_of_rules() {
    let read = read(&[
        ("survey", &[&["type", "name", "label"], &["decimal", "t", "T"]]),
        (
            "plan",
            &[
                &["when", "foreach", "measure", "priority", "days", "why"],
                &["", "", "insulate", "low", "1", "x"],
                &["true()", "房间", "insulate", "soon", "两天", "x"],
            ],
        ),
    ]);
    let said: Vec<&str> = read.errors.iter().map(|flaw| &*flaw.message.zh).collect();
    let want = [
        "规则要有条件（when）；写 true() 表示总是成立。",
        "“soon”不是优先级，可以填：urgent（紧急）、high（高）、normal（一般）、low（低）。",
        "天数要填 0 到 3650 的整数（0 表示当天），不能填“两天”。",
        "没有重复组“房间”。",
    ];
    assert_eq!(said, want);
}

/// Rows of a survey (type, name, label, parameters, relevant, calculation, trigger, choice_filter), each wrong in a way
/// of its own.
const WRONG: [[&str; 8]; 31] = [
    ["", "a", "A", "", "", "", "", ""],
    ["text", "", "A", "", "", "", "", ""],
    ["text", "meta", "A", "", "", "", "", ""],
    ["text", "a", "A", "rows", "", "", "", ""],
    ["text", "a", "A", "rows=x", "", "", "", ""],
    ["text", "a", "A", "lines=1", "", "", "", ""],
    ["text", "a", "A", "", "", "", "a", ""],
    ["text", "a", "A", "", "", "", "${gone}", ""],
    ["text", "a", "A", "", "${a b}", "", "", ""],
    ["calculate", "a", "", "", "", "", "", ""],
    ["include", "a", "A", "", "", "", "", ""],
    ["simserial", "a", "A", "", "", "", "", ""],
    ["image", "a", "A", "max-pixels=x", "", "", "", ""],
    ["image", "a", "A", "app=x max-pixels=9", "", "", "", ""],
    ["audio", "a", "A", "quality=best", "", "", "", ""],
    ["audit", "a", "", "", "", "", "", ""],
    ["audit", "", "", "track-changes=x", "", "", "", ""],
    ["audit", "", "", "location-priority=balanced", "", "", "", ""],
    ["geopoint", "a", "A", "capture-accuracy=x", "", "", "", ""],
    ["geotrace", "a", "A", "incremental=x", "", "", "", ""],
    ["geopoint", "a", "A", "allow-mock-accuracy=x", "", "", "", ""],
    ["geopoint", "a", "A", "reference-geometry=x", "", "", "", ""],
    ["background-geopoint", "a", "", "", "", "", "", ""],
    ["range", "a", "A", "start=x", "", "", "", ""],
    ["range", "a", "A", "step=100", "", "", "", ""],
    ["range", "a", "A", "tick_labelset=gone", "", "", "", ""],
    ["select_one_external yes_no", "a", "A", "", "", "", "", ""],
    ["select_one_from_file a.xls", "a", "A", "", "", "", "", ""],
    ["select_one yes_no or_other", "a", "A", "", "", "", "", "true()"],
    ["select_one yes_no", "a", "A", "randomize=x", "", "", "", ""],
    ["begin loop", "a", "A", "", "", "", "", ""],
];

#[test]
fn whatever_is_wrong_is_said_in_both_languages() {
    let headings =
        ["type", "name", "label", "parameters", "relevant", "calculation", "trigger", "choice_filter"].as_slice();
    let mut all: Vec<Flaw> = Vec::new();
    for row in &WRONG {
        let found = said(headings, &[row]);
        assert!(!found.is_empty(), "{row:?}");
        all.extend(found);
    }
    for sheets in [
        ("survey", [["type", "type"], ["text", "a"]]),
        ("survey", [["typ", "name"], ["text", "a"]]),
        ("settings", [["form_id", "about"], ["a", "x"]]),
        ("entities", [["list_name", "what"], ["a.b", "x"]]),
    ] {
        let (name, rows) = &sheets;
        let rows: Vec<&[&str]> = rows.iter().map(<[_; 2]>::as_slice).collect();
        let read = read(&[("survey", &[&["type", "name", "label"], &["text", "a", "A"]]), (name, &rows)]);
        all.extend(read.errors.into_iter().chain(read.warnings));
    }
    for xform in ["", "<a>", "<a/>", "<h><head><model/></head></h>"] {
        all.extend(read_xform(xform).errors);
    }
    for flaw in &all {
        assert!(flaw.message.is_in_both(), "{flaw:?}");
    }
    assert!(all.len() > WRONG.len() + 6, "{all:#?}");
}

/// Programs that know `message` only read on as before.
#[test]
fn the_page_reads_both_sentences_from_the_json() {
    let flaw = &said(&["type", "name", "label"], &[&["interger", "a", "A"]])[0];
    let json = serde_json::to_value(flaw).unwrap();
    assert_eq!(json["message"], "there is no question type \"interger\"");
    assert_eq!(json["message_zh"], "没有题型“interger”。");
    assert_eq!(serde_json::from_value::<FlawLine>(json.clone()).unwrap(), FlawLine::from(flaw));
    assert_eq!(serde_json::from_value::<Flaw>(json).unwrap(), *flaw);
}
