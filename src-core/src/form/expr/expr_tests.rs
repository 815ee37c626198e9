//! Expressions on a form of one group, as small facts of the dialect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::{NodeRef, evaluate, parse};
use crate::form::model::{Form, Item, Kind, Text};
use crate::form::session::Session;

fn session() -> Session {
    let mut root = Item::new("data", Kind::Group);
    root.children = vec![1, 2];
    let leaf = |name: &str, value: &str| {
        let mut item = Item::new(name, Kind::Text);
        item.parent = Some(0);
        item.default = Some(value.into());
        item
    };
    let form = Form {
        id: "f".into(),
        version: String::new(),
        title: Text::default(),
        languages: vec![String::new()],
        default_language: 0,
        items: vec![root, leaf("a", "3"), leaf("b", "")],
        lists: Default::default(),
        rules: Vec::new(),
        instance_name: None,
    };
    Session::new(form, chrono::DateTime::parse_from_rfc3339("2026-03-14T10:20:30+08:00").unwrap(), "").unwrap()
}

fn text(expr: &str) -> String {
    let s = session();
    let root = NodeRef::new(0, 0);
    match evaluate(&parse(expr).unwrap_or_else(|e| panic!("{expr}: {e}")), &s, root, root) {
        Ok(value) => value.text(&s),
        Err(e) => format!("error: {e}"),
    }
}

#[test]
fn values() {
    for (expr, expected) in [
        ("1 + 2 * 3", "7"),
        ("-(7 mod -3)", "-1"),
        ("8 div 0", "Infinity"),
        ("/data/b > 5", "false"),
        ("/data/b = ''", "true"),
        ("/data/a + /data/b", "NaN"),
        ("a >= 3 and a < 3.5", "true"),
        ("/data/* = '3'", "true"),
        ("/data/* != '3'", "true"),
        ("count(/data/* | /data/a)", "2"),
        ("if(a = 3, 'yes', 'no')", "yes"),
        ("coalesce(b, 'x')", "x"),
        ("selected('a bb c', 'b')", "false"),
        ("selected-at('a b c', 1)", "b"),
        ("count-selected(' a  b ')", "2"),
        ("round(2.5)", "3"),
        ("round(-1.475, 2)", "-1.48"),
        ("int(-2.5)", "-2"),
        ("substr('hello', -2)", "lo"),
        ("substr('hello', 0, -1)", "hell"),
        ("substring('12345', 1.5, 2.6)", "234"),
        ("join('-', 'a', 'b')", "a-b"),
        ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
        ("regex('12345', '[0-9]{3}')", "true"),
        ("today()", "2026-03-14"),
        ("today() - 1 < '2026-03-14'", "true"),
        ("date(today() + 10)", "2026-03-24"),
        ("format-date('2026-03-04', '%n/%e %Y %b')", "3/4 2026 Mar"),
        ("format-date('', '%Y')", ""),
        ("decimal-date-time('1970-01-01T08:00:00')", "0"),
        ("string-length('室温')", "2"),
        ("normalize-space('  a  b ')", "a b"),
        ("boolean-from-string('1')", "true"),
        ("checklist(1, 1, true(), false())", "true"),
        ("pow(2, 10) - abs(-24)", "1000"),
        ("/data/*[position() = 2 or . = 3][1]", "3"),
        ("name(/data/*[last()])", "b"),
        ("..", "3"),
        ("not(true()) or false()", "false"),
        ("min(1, 2) + max(3, 4)", "5"),
        ("min('')", "NaN"),
        ("'a' < 'b'", "false"),
        ("explode()", "error: there is no function `explode()`"),
    ] {
        assert_eq!(text(expr), expected, "{expr}");
    }
}

#[test]
fn what_is_no_expression_is_refused_with_its_place() {
    for (expr, at) in [("1 +", 3), ("(1", 2), ("'a", 0), ("${x", 0), ("a b", 2), ("1 # 2", 2), ("", 0), ("if(1,,2)", 5)]
    {
        assert_eq!(parse(expr).unwrap_err().at, at, "{expr}");
    }
    assert!(parse(&"(".repeat(5_000)).is_err());
    assert!(parse(&"-".repeat(5_000)).is_err());
    assert!(matches!(parse("${a}").unwrap(), super::Expr::Reference(name) if name == "a"));
}

#[test]
fn no_text_makes_the_parser_panic() {
    let parts =
        ["(", ")", "[", "]", "a", "::", "/", "//", ".", "..", "*", "@", "'", "1e", "é", "${", "}", ",", "-", "室"];
    let mut state = 7u64;
    for _ in 0..4_000 {
        let mut expr = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            expr += parts[(state >> 33) as usize % parts.len()];
        }
        let _ = parse(&expr);
    }
}
