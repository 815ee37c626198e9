//! `regex(text, pattern)`. Patterns are written for ECMAScript or Java; what those allow and the library does not is
//! rewritten before. In the ODK web engine a pattern may match anywhere, in JavaRosa it must match the whole text.

use std::sync::OnceLock;

use regex_lite::{Regex, RegexBuilder};

use super::super::ast::{Call, Expr};
use super::super::error::XPathError;
use super::super::eval::{At, Eval, Outcome};
use super::super::value::Value;

/// How large a pattern may become in memory.
const SIZE: usize = 1 << 20;

/// The pattern of a call, made when first needed, if it is written as a text and not calculated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pattern(OnceLock<Result<Regex, String>>);

pub(super) fn regex<'d>(eval: &Eval<'_, 'd>, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
    let text = eval.arg_text(call, 0, at)?;
    let whole = eval.is_javarosa();
    let holds = match call.arguments.get(1) {
        Some(Expr::Literal(pattern)) if !whole => call
            .pattern
            .0
            .get_or_init(|| compile(pattern, false))
            .as_ref()
            .map(|r| r.is_match(&text))
            .map_err(Clone::clone),
        _ => compile(&eval.arg_text(call, 1, at)?, whole).map(|r| r.is_match(&text)),
    };
    holds.map(Value::Boolean).map_err(|why| {
        let message =
            (format!("the pattern of regex() is not one: {why}"), format!("regex() 的匹配式写得不对（{why}）。"));
        XPathError::value(call.at.clone(), message)
    })
}

fn compile(pattern: &str, whole: bool) -> Result<Regex, String> {
    let rewritten = rewrite(pattern);
    let rewritten = if whole { format!("^(?:{rewritten})$") } else { rewritten };
    let built = RegexBuilder::new(&rewritten).size_limit(SIZE).build();
    built.map_err(|e| e.to_string())
}

/// Within brackets, characters that the library takes for operators are escaped; a brace that begins no repetition
/// is a brace; `\/` is a slash.
fn rewrite(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut class_start = false;
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let started = std::mem::take(&mut class_start);
        match c {
            '\\' => match rest.next() {
                Some('/') => out.push('/'),
                Some('b') if in_class => out.push('\u{8}'),
                Some(other) if other.is_ascii_alphanumeric() || other.is_ascii_punctuation() => {
                    out.push('\\');
                    out.push(other);
                }
                Some(other) => out.push(other),
                None => out.push_str("\\\\"),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if rest.as_str().starts_with('^') {
                    rest.next();
                    out.push('^');
                }
                // `[]` matches nothing and `[^]` everything in ECMAScript; nobody writes them.
                class_start = true;
            }
            ']' if in_class && !started => {
                in_class = false;
                out.push(']');
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class => {
                // A hyphen after a set (`\w-.`) or at an end stands for itself.
                let after_set = out.ends_with("\\w") || out.ends_with("\\d") || out.ends_with("\\s");
                let before_set = ["\\w", "\\d", "\\s"].iter().any(|s| rest.as_str().starts_with(s));
                out.push_str(if after_set || before_set || started { "\\-" } else { "-" });
            }
            '{' if !in_class && !begins_repetition(rest.as_str()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

fn begins_repetition(rest: &str) -> bool {
    rest.split_once('}').is_some_and(|(inside, _)| {
        inside.starts_with(|c: char| c.is_ascii_digit()) && inside.bytes().all(|b| b.is_ascii_digit() || b == b',')
    })
}
