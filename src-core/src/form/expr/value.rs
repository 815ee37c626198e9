//! Values, and the conversions between them that XPath 1.0 prescribes, with ODK's dates: a text that
//! is an ISO date counts as the days since 1970-01-01 wherever a number is wanted.

use super::dates;
use super::tree::{NodeRef, Tree};

/// The result of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// true or false
    Bool(bool),
    /// A number; NaN is "no number".
    Number(f64),
    /// A text.
    Text(String),
    /// Nodes in document order, without repeats.
    Nodes(Vec<NodeRef>),
}

impl Value {
    /// As text.
    pub fn text(&self, tree: &dyn Tree) -> String {
        match self {
            Value::Bool(b) => b.to_string(),
            Value::Number(n) => number_text(*n),
            Value::Text(s) => s.clone(),
            Value::Nodes(nodes) => nodes.first().map_or(String::new(), |n| tree.text(*n).into_owned()),
        }
    }

    /// As a number.
    pub fn number(&self, tree: &dyn Tree) -> f64 {
        match self {
            Value::Bool(b) => f64::from(u8::from(*b)),
            Value::Number(n) => *n,
            Value::Text(s) => text_number(s, tree),
            Value::Nodes(nodes) => nodes.first().map_or(f64::NAN, |n| text_number(&tree.text(*n), tree)),
        }
    }

    /// As true or false.
    pub fn truth(&self) -> bool {
        match self {
            Value::Bool(b) => *b,
            Value::Number(n) => *n != 0.0 && !n.is_nan(),
            Value::Text(s) => !s.is_empty(),
            Value::Nodes(nodes) => !nodes.is_empty(),
        }
    }
}

/// A number as XPath writes it: no exponent, no trailing zeros, `NaN`, `Infinity`.
pub fn number_text(n: f64) -> String {
    if n.is_nan() {
        "NaN".into()
    } else if n.is_infinite() {
        if n > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else if n == 0.0 {
        "0".into()
    } else {
        format!("{n}")
    }
}

/// A text as a number: decimal notation, or an ISO date as days since 1970-01-01; else NaN.
pub fn text_number(text: &str, tree: &dyn Tree) -> f64 {
    match plain_number(text) {
        Some(n) => n,
        None => dates::days_of(text, *tree.now().offset()).unwrap_or(f64::NAN),
    }
}

/// Decimal notation, perhaps with an exponent. No `inf`, no `nan`, no leading `+`.
pub fn plain_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let good = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.')
        && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    if good { text.parse().ok() } else { None }
}
