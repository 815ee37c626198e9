//! Cases as in `shared/conformance/xpath.json`: an expression, where it is evaluated, and what it gives. For
//! `huce-server form xpath` and the conformance suite.

use std::cell::Cell;
use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Offset, Utc};
use regex_lite::RegexBuilder;
use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::{Context, Dialect, Expression, Node, Scope, Value, XPathError, Zone};
use crate::xml::{Document, Kind, NodeId};

/// A case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// Its name.
    pub id: String,
    dialect: String,
    xml: Option<String>,
    root: Option<String>,
    context: Option<String>,
    expr: String,
    #[serde(default)]
    ns: HashMap<String, String>,
    language: Option<String>,
    tz: Option<String>,
    now: Option<String>,
    locale: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    /// As written: reading numbers loosely loses their last digit.
    expected: Box<RawValue>,
    tolerance: Option<f64>,
    round: Option<f64>,
    flags: Option<String>,
    #[serde(default)]
    unordered: bool,
    web_forms: Option<Json>,
}

/// What the engine would answer, from the document of the case.
struct Surroundings<'d> {
    doc: &'d Document,
    case: &'d Case,
    dice: Cell<u64>,
}

impl<'d> Scope<'d> for Surroundings<'d> {
    fn instance(&self, id: &str) -> Option<Node<'d>> {
        let mut all = self.doc.descendants(NodeId::DOCUMENT);
        all.find(|&n| self.doc.local_name(n) == "instance" && self.doc.attribute(n, "id") == Some(id))
            .map(|n| Node::new(self.doc, n))
    }

    fn itext(&self, id: &str) -> Vec<Node<'d>> {
        let doc = self.doc;
        let translations: Vec<NodeId> =
            doc.descendants(NodeId::DOCUMENT).filter(|&n| doc.local_name(n) == "translation").collect();
        let wanted = match self.case.language.as_deref() {
            Some(language) => translations.iter().find(|&&t| doc.attribute(t, "lang") == Some(language)),
            None => translations.iter().find(|&&t| doc.attribute(t, "default").is_some()).or(translations.first()),
        };
        let Some(&translation) = wanted else { return Vec::new() };
        let mut texts = doc.children_named(translation, "text");
        let Some(text) = texts.find(|&t| doc.attribute(t, "id") == Some(id)) else { return Vec::new() };
        doc.children_named(text, "value").map(|n| Node::new(doc, n)).collect()
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.case.ns.get(prefix).map(String::as_str)
    }

    fn random(&self) -> f64 {
        let mut x = self.dice.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.dice.set(x);
        (x >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Evaluates a case. `zone_of` finds a time zone by its name; one that it does not know is UTC.
///
/// # Errors
/// What it gave instead of what was expected.
pub fn check(case: &Case, zone_of: &dyn Fn(&str) -> Option<Box<dyn Zone>>) -> Result<(), String> {
    let doc = match &case.xml {
        Some(xml) => Document::parse(xml).map_err(|e| format!("the document: {e}"))?,
        None => Document::new(),
    };
    let node = |path: &Option<String>| match path {
        Some(path) => find(&doc, path).map(|id| Node::new(&doc, id)).ok_or(format!("no node {path}")),
        None => Ok(Node::new(&doc, NodeId::DOCUMENT)),
    };
    let now: DateTime<Utc> = match &case.now {
        Some(now) => now.parse().map_err(|e| format!("{now}: {e}"))?,
        None => DateTime::UNIX_EPOCH,
    };
    let zone = case.tz.as_deref().and_then(zone_of);
    let zone = zone.unwrap_or_else(|| Box::new(Utc.fix()));
    let offset = FixedOffset::east_opt(zone.offset_at(now.timestamp_millis())).ok_or("the zone's offset")?;
    let scope = Surroundings { doc: &doc, case, dice: Cell::new(0x9e37_79b9_7f4a_7c15) };
    let context = Context {
        node: node(&case.context)?,
        root: node(&case.root)?,
        position: 1,
        size: 1,
        now: now.with_timezone(&offset),
        zone: zone.as_ref(),
        dialect: if case.dialect == "javarosa" { Dialect::JavaRosa } else { Dialect::XForms },
        language: case.locale.as_deref().unwrap_or("en"),
        scope: &scope,
    };
    let got = answer(case, &context);
    let good = match &got {
        Ok(got) => matches_expected(case, got),
        Err(_) => case.kind == "error",
    };
    if good {
        return Ok(());
    }
    let other = case.web_forms.as_ref().map(|w| format!("; web forms: {w}")).unwrap_or_default();
    Err(format!("{} → {got:?}, expected {} {}{other}", case.expr, case.kind, case.expected))
}

/// What came out, ready to be compared.
#[derive(Debug)]
enum Answer {
    Boolean(bool),
    Number(f64),
    Text(String),
    Nodes(Vec<(String, String)>),
}

fn answer(case: &Case, context: &Context<'_, '_>) -> Result<Answer, String> {
    let text = |e: XPathError| e.to_string();
    let expr = Expression::parse(&case.expr).map_err(text)?;
    Ok(match case.kind.as_str() {
        "boolean" => Answer::Boolean(expr.boolean(context).map_err(text)?),
        "number" => Answer::Number(expr.number(context).map_err(text)?),
        "nodeset" | "first-node" => {
            let nodes = expr.nodes(context).map_err(text)?;
            let one = if case.kind == "first-node" { 1 } else { usize::MAX };
            Answer::Nodes(nodes.iter().take(one).map(|n| (path(n.doc, n.id), n.text().into_owned())).collect())
        }
        "error" => match expr.evaluate(context).map_err(text)? {
            Value::Boolean(b) => Answer::Boolean(b),
            Value::Number(n) => Answer::Number(n),
            _ => Answer::Text(expr.string(context).map_err(text)?.into_owned()),
        },
        _ => Answer::Text(expr.string(context).map_err(text)?.into_owned()),
    })
}

fn matches_expected(case: &Case, got: &Answer) -> bool {
    let expected: Json = serde_json::from_str(case.expected.get()).unwrap_or_default();
    match got {
        Answer::Boolean(b) => expected == Json::Bool(*b),
        Answer::Number(n) => same_number(case, &expected, *n),
        Answer::Text(text) => match case.kind.as_str() {
            "string-length" => expected.as_u64() == Some(text.encode_utf16().count() as u64),
            "string-match" => {
                let insensitive = case.flags.as_deref().is_some_and(|f| f.contains('i'));
                let pattern = expected.as_str().unwrap_or_default();
                let regex = RegexBuilder::new(pattern).case_insensitive(insensitive).build();
                regex.is_ok_and(|r| r.is_match(text))
            }
            // Written without an offset in the source: that of the place is meant.
            "datetime" => expected.as_str().is_some_and(|e| text.strip_prefix(e).is_some_and(|o| o.len() <= 6)),
            _ => expected.as_str() == Some(text),
        },
        Answer::Nodes(nodes) => {
            let field = |node: &Json, name: &str| node.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
            let mut expected: Vec<(String, String)> = expected
                .as_array()
                .map(|all| all.iter().map(|n| (field(n, "path"), field(n, "value"))).collect())
                .unwrap_or_default();
            let mut nodes = nodes.clone();
            if case.unordered {
                expected.sort();
                nodes.sort();
            }
            nodes == expected
        }
    }
}

fn same_number(case: &Case, expected: &Json, got: f64) -> bool {
    let expected = match expected {
        Json::String(text) => match text.as_str() {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            "-0" => -0.0,
            _ => return false,
        },
        _ => case.expected.get().parse().unwrap_or(f64::NAN),
    };
    if let Some(factor) = case.round {
        return ((got * factor + 0.5).floor() / factor - expected).abs() < 1e-9;
    }
    if expected.is_nan() || got.is_nan() {
        return expected.is_nan() && got.is_nan();
    }
    let same = expected == got && expected.is_sign_negative() == got.is_sign_negative();
    same || case.tolerance.is_some_and(|t| expected != 0.0 && (expected - got).abs() <= t)
        || case.tolerance.is_some_and(|t| expected == 0.0 && !expected.is_sign_negative() && got.abs() <= t)
}

/// A node by its positional path from the document node.
fn find(doc: &Document, path: &str) -> Option<NodeId> {
    let mut at = NodeId::DOCUMENT;
    for step in path.split('/').filter(|s| !s.is_empty()) {
        if let Some(name) = step.strip_prefix('@') {
            at = doc.attributes(at).find(|&a| doc.name(a).qualified() == name)?;
            continue;
        }
        let (test, index) = step.strip_suffix(']')?.split_once('[')?;
        let kind = match test {
            "*" => Kind::Element,
            "text()" => Kind::Text,
            "comment()" => Kind::Comment,
            _ => Kind::Instruction,
        };
        let index: usize = index.parse().ok()?;
        at = doc.children(at).filter(|&c| doc.kind(c) == kind).nth(index.checked_sub(1)?)?;
    }
    Some(at)
}

/// The positional path of a node.
fn path(doc: &Document, id: NodeId) -> String {
    let Some(parent) = doc.parent(id) else { return "/".to_owned() };
    let kind = doc.kind(id);
    let step = match kind {
        Kind::Attribute => format!("@{}", doc.name(id).qualified()),
        Kind::Namespace => format!("namespace::{}", doc.local_name(id)),
        _ => {
            let test = match kind {
                Kind::Element => "*",
                Kind::Text => "text()",
                Kind::Comment => "comment()",
                _ => "processing-instruction()",
            };
            let index = doc.children(parent).filter(|&c| doc.kind(c) == kind).take_while(|&c| c != id).count() + 1;
            format!("{test}[{index}]")
        }
    };
    let above = path(doc, parent);
    if above == "/" { format!("/{step}") } else { format!("{above}/{step}") }
}
