use chrono::{DateTime, Utc};

use super::*;
use crate::xml::{Document, NodeId};

fn with<T>(xml: &str, run: impl FnOnce(&Context<'_, '_>) -> T) -> T {
    let doc = Document::parse(xml).unwrap();
    let root = Node::new(&doc, NodeId::DOCUMENT);
    let now = DateTime::<Utc>::UNIX_EPOCH.fixed_offset();
    let zone = *now.offset();
    run(&Context {
        node: root,
        root,
        position: 1,
        size: 1,
        now,
        zone: &zone,
        dialect: Dialect::XForms,
        language: "en",
        scope: &Nothing,
    })
}

fn string(xml: &str, expr: &str) -> String {
    with(xml, |context| Expression::parse(expr).unwrap().string(context).unwrap().into_owned())
}

fn error(expr: &str) -> String {
    with("<a/>", |context| match Expression::parse(expr) {
        Ok(expr) => expr.evaluate(context).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    })
}

#[test]
fn errors_say_where_and_what() {
    for (expr, says) in [
        ("1 +", "something is missing at the end (at character 4)"),
        ("selectd(a, 'b')", "there is no function selectd(); was selected() meant? (at character 1)"),
        ("count_selected(a)", "was count-selected() meant?"),
        ("choice-name(a, 'b')", "was jr:choice-name() meant?"),
        ("if(1, 2)", "if() takes 3 arguments, not 2"),
        ("concat('a", "no closing quote (at character 8)"),
        ("(1", "a closing parenthesis is missing here"),
        ("1)", "no opening one (at character 2)"),
        ("a b", "an operator is missing before this"),
        ("${name}", "no variables"),
        ("a[1", "a closing bracket"),
        ("x:a", "the prefix x: is not declared"),
        ("digest('a', 'MD6')", "MD6 is none of"),
        ("regex('a', '(')", "the pattern of regex() is not one"),
    ] {
        let text = error(expr);
        assert!(text.contains(says), "{expr}: {text}");
    }
}

#[test]
fn nothing_is_too_deep_or_too_long() {
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(error(&deep).contains("within each other"));
    assert!(error(&"[".repeat(50_000)).contains("should stand here"));
    let calls = format!("{}1{}", "if(1,".repeat(150), ",2)".repeat(150));
    assert_eq!(string("<a/>", &calls), "1");
    assert!(error(&" ".repeat(200_000)).contains("too long"));
    assert_eq!(string("<a/>", &vec!["1"; 20_000].join("+")), "20000");
    assert_eq!(string("<a/>", &vec!["a"; 20_000].join("|")), "");
    assert_eq!(string("<a/>", &format!("{}1", "-".repeat(50_001))), "-1");
    assert_eq!(string("<a/>", &vec!["0"; 20_000].join(" or ")), "false");
}

#[test]
fn much_work_ends_with_an_error() {
    let wide = format!("<a>{}</a>", "<b>1</b>".repeat(3000));
    with(&wide, |context| {
        for expr in [
            "count(//*[count(//*[count(//*) > 0]) > 0])",
            "//b[//b != //b/text()[. = 'x']]",
            "count(//b/following::b/preceding::b/following::b[. > //b])",
        ] {
            drop(Expression::parse(expr).unwrap().string(context));
        }
        let many = format!("concat({})", vec!["//b/.."; 5000].join(","));
        drop(Expression::parse(&many).unwrap().string(context));
    });
}

/// Expressions of random pieces, over a document with something of everything: no panic, and an end.
#[test]
fn random_expressions() {
    const PIECES: &[&str] = &[
        "a",
        "b",
        "*",
        "@x",
        "..",
        ".",
        "/",
        "//",
        "[",
        "]",
        "(",
        ")",
        ",",
        " + ",
        " - ",
        " div ",
        " mod ",
        " and ",
        " or ",
        " = ",
        " != ",
        " < ",
        "|",
        "1",
        "0",
        "2.5",
        "-",
        "'x'",
        "'2026-11-21T10:00:00Z'",
        "text()",
        "node()",
        "comment()",
        "ancestor::",
        "following::",
        "preceding-sibling::",
        "namespace::",
        "count(",
        "concat(",
        "substr(",
        "round(",
        "position()",
        "last()",
        "date(",
        "format-date(",
        "'%Y%b%'",
        "regex(",
        "'[a-'",
        "randomize(",
        "indexed-repeat(",
        "selected-at(",
        "checklist(",
        "area(",
        "'0 0;1 1;1 0'",
        "substring(",
        "translate(",
        "digest(",
        "'MD5'",
        "if(",
        "once(",
        "uuid(",
        "id(",
        "lang(",
        "jr:choice-name(",
        "current()",
        "instance('i')",
        "9999999999",
        "'王'",
        "pow(",
        "base64-decode(",
        "decimal-time(",
        "weighted-checklist(",
        "join(",
        "pulldata(",
        "number(",
        "p:a",
        "$",
        "!",
        "::",
    ];
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut throw = |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) as usize % sides
    };
    let xml = "<a x='1'><b>2</b><!-- c --><?p i?>t<a xmlns='u'><b x='2026-01-01'/></a></a>";
    let mut read = 0;
    with(xml, |context| {
        for _ in 0..20_000 {
            let mut text: String = (0..=throw(12)).map(|_| PIECES[throw(PIECES.len())]).collect();
            for _ in 0..text.matches('(').count().saturating_sub(text.matches(')').count()) {
                text.push_str(if throw(3) == 0 { ",1)" } else { ")" });
            }
            if let Ok(expr) = Expression::parse(&text) {
                read += 1;
                for dialect in [Dialect::XForms, Dialect::JavaRosa] {
                    let context = Context { dialect, ..*context };
                    drop(expr.evaluate(&context).map(|value| format!("{value:?}")));
                    drop(expr.string(&context));
                    drop((expr.number(&context), expr.boolean(&context)));
                }
                drop((expr.references(&["a", "b"]), expr.is_volatile(), expr.problems()));
            }
        }
    });
    assert!(read > 500, "{read} of them were expressions");
}

#[test]
fn paths_are_given_another_base() {
    let mut expr = Expression::parse("/a/b + count(../c[d = /a/b])").unwrap().expr().clone();
    let mut seen = Vec::new();
    expr.change_paths(&mut |path| {
        seen.push(path.steps.len());
        if matches!(path.base, Base::Root) {
            path.base = Base::Context;
            path.steps.remove(0);
        }
    });
    assert_eq!(seen, [2, 1, 2, 2]);
    assert_eq!(Expression::from_expr("", expr).references(&["x"]).len(), 4);
}

#[test]
fn axes_and_positions() {
    let xml = "<a><b/><c><d/><d x='1'/></c><b/><d/></a>";
    for (expr, expected) in [
        ("count(//d[1])", "2"),
        ("count((//d)[1])", "1"),
        ("name(//d[@x]/preceding::*[1])", "d"),
        ("name(//d[@x]/preceding::*[last()])", "b"),
        ("count(//d[@x]/ancestor-or-self::node())", "4"),
        ("count(//@x/following::*)", "2"),
        ("count(//c/following::*)", "2"),
        ("name(//c/preceding-sibling::*[1])", "b"),
        ("count(//d/..//d)", "3"),
        ("count(//*[self::b or self::d][position() mod 2 = 1])", "3"),
        ("count(/a/*[name() = 'd' and position() = 3])", "0"),
        ("count(/a/*[position() = 3 and name() = 'b'])", "1"),
    ] {
        assert_eq!(string(xml, expr), expected, "{expr}");
    }
}

#[test]
fn long_lists_are_looked_up_by_value() {
    let items: String =
        (0..1000).map(|i| format!("<item><k>{}</k><n>{i}</n></item>", if i % 10 == 3 { "x" } else { "y" })).collect();
    let xml = format!("<data><want>x</want>{items}</data>");
    for (expr, expected) in [
        ("count(/data/item[k = 'x'])", "100"),
        ("count(/data/item[/data/want = k])", "100"),
        ("/data/item[k = /data/want][2]/n", "13"),
        ("/data/item[n = '500' and k = 'y']/n", "500"),
        ("count(/data/item[n = '503' and k = 'y'])", "0"),
        ("count(/data/item[k = 'x' and position() = 14])", "1"),
        ("count(/data/item[k = 'x' and position() = last()])", "0"),
        ("count(/data/item[k = 'x'][position() = last()])", "1"),
        ("count(/data/item[k = 'none'])", "0"),
        ("count(/data/item[n = 500])", "1"),
        ("count(/data/item[k = /data/item/n])", "0"),
    ] {
        assert_eq!(string(&xml, expr), expected, "{expr}");
    }
    // What was looked up is forgotten when something changes.
    let mut doc = Document::parse(&xml).unwrap();
    let count = |doc: &Document| {
        let (item, k) = (doc.find_name("", "item").unwrap(), doc.find_name("", "k").unwrap());
        doc.elements_with_value(doc.document_element().unwrap(), item, k, "x").unwrap().0.len()
    };
    assert_eq!(count(&doc), 100);
    let first = doc.child(doc.document_element().unwrap(), "item").unwrap();
    let k = doc.child(first, "k").unwrap();
    doc.set_text(k, "x");
    assert_eq!(count(&doc), 101);
    doc.detach(first);
    assert_eq!(count(&doc), 100);
}

#[test]
fn one_expression_serves_several_documents() {
    let expr = Expression::parse("/a/b").unwrap();
    for (xml, value) in
        [("<a><b>1</b></a>", "1"), ("<z/>", ""), ("<a xmlns='u'><b>2</b></a>", ""), ("<a><b>3</b></a>", "3")]
    {
        assert_eq!(with(xml, |context| expr.string(context).unwrap().into_owned()), value);
    }
}

#[test]
fn references_are_found() {
    let names = |expr: &str| -> Vec<String> {
        let found = Expression::parse(expr).unwrap().references(&["data", "r", "q"]);
        found
            .iter()
            .map(|r| {
                let parts = r.parts.iter().map(|p| match p {
                    Part::Name(name) => format!("/{name}"),
                    Part::Any => "/*".to_owned(),
                    Part::Deep => "//".to_owned(),
                });
                format!("{}{}", r.instance.as_deref().unwrap_or_default(), parts.collect::<String>())
            })
            .collect()
    };
    assert_eq!(names("../a + /data/b * ."), ["/data/r/a", "/data/b", "/data/r/q"]);
    assert_eq!(names("concat(string(), 'x')"), ["/data/r/q"]);
    assert_eq!(
        names("instance('s')/root/item[name = current()/../a and ../@k = 1]/label"),
        ["s/root/item/name", "/data/r/a", "s/root/@k", "s/root/item/label"]
    );
    assert_eq!(names("jr:choice-name(../a, ' /data/b ')"), ["/data/r/a", "/data/b"]);
    assert_eq!(names("sum(//r/*)"), ["///r/*"]);
    assert_eq!(names("once(../a)"), ["/data/r/a", "/data/r/q"]);
    let is_volatile = |expr: &str| Expression::parse(expr).unwrap().is_volatile();
    assert!(is_volatile("if(a, now(), 1)") && is_volatile("randomize(a)") && !is_volatile("randomize(a, 1)"));
    assert_eq!(Expression::parse("foo(1) + true(1)").unwrap().problems().len(), 2);
}

#[test]
fn patterns_of_other_languages() {
    for (pattern, text, matches) in [
        (r"^[\w-.]+$", "a-b.c", "true"),
        (r"^\d{3}\/\d$", "123/4", "true"),
        ("a{b", "a{b", "true"),
        ("[[]", "[", "true"),
        ("^[a-z&&]+$", "a&", "true"),
        ("^[一-龥]{2,4}$", "王小明", "true"),
        ("^[+-]?[0-9]+$", "+5", "true"),
        ("x", "abc", "false"),
    ] {
        assert_eq!(string("<a/>", &format!("regex(\"{text}\", \"{pattern}\")")), matches, "{pattern}");
    }
}
