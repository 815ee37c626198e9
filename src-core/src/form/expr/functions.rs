//! The functions of the dialect, but those of geometry and cryptography.

use super::ast::Expr;
use super::dates;
use super::eval::{EvalError, Evaluated, Scope, eval, eval_nodes};
use super::tree::NodeRef;
use super::value::{Value, plain_number};

/// Names of all functions, for checks and for "did you mean".
pub const NAMES: [&str; 72] = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "boolean",
    "boolean-from-string",
    "ceiling",
    "checklist",
    "coalesce",
    "concat",
    "contains",
    "cos",
    "count",
    "count-non-empty",
    "count-selected",
    "current",
    "date",
    "date-time",
    "decimal-date-time",
    "decimal-time",
    "ends-with",
    "exp",
    "exp10",
    "false",
    "floor",
    "format-date",
    "format-date-time",
    "if",
    "indexed-repeat",
    "instance",
    "int",
    "join",
    "jr:choice-name",
    "last",
    "local-name",
    "log",
    "log10",
    "max",
    "min",
    "name",
    "normalize-space",
    "not",
    "now",
    "number",
    "once",
    "pi",
    "position",
    "pow",
    "random",
    "randomize",
    "regex",
    "round",
    "selected",
    "selected-at",
    "sin",
    "sqrt",
    "starts-with",
    "string",
    "string-length",
    "substr",
    "substring",
    "substring-after",
    "substring-before",
    "sum",
    "tan",
    "today",
    "translate",
    "true",
    "uuid",
    "weighted-checklist",
    "version",
];

/// Functions of the standard that this engine does not have yet; a form that uses them is refused with that reason.
pub const NOT_YET: [&str; 9] =
    ["area", "base64-decode", "digest", "distance", "enclosed-area", "geofence", "intersects", "jr:itext", "pulldata"];

struct Args<'a, 'b> {
    name: &'a str,
    args: &'a [Expr],
    scope: &'a Scope<'b>,
}

impl Args<'_, '_> {
    fn need(&self, min: usize, max: usize, says: &'static str) -> Result<(), EvalError> {
        if self.args.len() < min || self.args.len() > max {
            return Err(EvalError::Arguments(self.name.to_owned(), says));
        }
        Ok(())
    }

    fn value(&self, i: usize) -> Evaluated {
        match self.args.get(i) {
            Some(expr) => eval(expr, self.scope),
            None => Err(EvalError::Arguments(self.name.to_owned(), "more arguments")),
        }
    }

    fn text(&self, i: usize) -> Result<String, EvalError> {
        Ok(self.value(i)?.text(self.scope.tree))
    }

    fn number(&self, i: usize) -> Result<f64, EvalError> {
        Ok(self.value(i)?.number(self.scope.tree))
    }

    fn truth(&self, i: usize) -> Result<bool, EvalError> {
        Ok(self.value(i)?.truth())
    }

    fn nodes(&self, i: usize) -> Result<Vec<NodeRef>, EvalError> {
        match self.args.get(i) {
            Some(expr) => eval_nodes(expr, self.scope),
            None => Err(EvalError::Arguments(self.name.to_owned(), "nodes")),
        }
    }

    /// Texts of all arguments from `from` on, a set of nodes giving one text each.
    fn texts(&self, from: usize) -> Result<Vec<String>, EvalError> {
        let mut out = Vec::new();
        for i in from..self.args.len() {
            match self.value(i)? {
                Value::Nodes(nodes) => out.extend(nodes.iter().map(|n| self.scope.tree.text(*n).into_owned())),
                other => out.push(other.text(self.scope.tree)),
            }
        }
        Ok(out)
    }

    /// Like `texts`, as numbers.
    fn numbers(&self, from: usize) -> Result<Vec<f64>, EvalError> {
        let mut out = Vec::new();
        for i in from..self.args.len() {
            match self.value(i)? {
                Value::Nodes(nodes) => out.extend(
                    nodes.iter().map(|n| Value::Text(self.scope.tree.text(*n).into_owned()).number(self.scope.tree)),
                ),
                other => out.push(other.number(self.scope.tree)),
            }
        }
        Ok(out)
    }

    /// The one text argument, or the context node's text.
    fn text_or_context(&self) -> Result<String, EvalError> {
        self.need(0, 1, "at most one argument")?;
        if self.args.is_empty() {
            return Ok(self.scope.tree.text(self.scope.node).into_owned());
        }
        self.text(0)
    }

    fn math(&self, f: fn(f64) -> f64) -> Evaluated {
        self.need(1, 1, "one number")?;
        Ok(Value::Number(f(self.number(0)?)))
    }
}

pub(super) fn call(name: &str, args: &[Expr], scope: &Scope) -> Evaluated {
    let a = Args { name, args, scope };
    let tree = scope.tree;
    let zone = *tree.now().offset();
    Ok(match name {
        "true" | "false" => {
            a.need(0, 0, "no argument")?;
            Value::Bool(name == "true")
        }
        "if" => {
            a.need(3, 3, "three arguments: condition, then, else")?;
            return if a.truth(0)? { a.value(1) } else { a.value(2) };
        }
        "not" => {
            a.need(1, 1, "one argument")?;
            Value::Bool(!a.truth(0)?)
        }
        "boolean" => {
            a.need(1, 1, "one argument")?;
            Value::Bool(a.truth(0)?)
        }
        "boolean-from-string" => {
            a.need(1, 1, "one argument")?;
            Value::Bool(matches!(a.text(0)?.as_str(), "1" | "true"))
        }
        "coalesce" => {
            a.need(2, 2, "two arguments")?;
            let first = a.text(0)?;
            Value::Text(if first.is_empty() || first == "NaN" { a.text(1)? } else { first })
        }
        "once" => {
            a.need(1, 1, "one argument")?;
            let own = tree.text(scope.current).into_owned();
            if own.is_empty() { return a.value(0) } else { Value::Text(own) }
        }
        "string" => Value::Text(a.text_or_context()?),
        "number" => {
            a.need(0, 1, "at most one argument")?;
            if args.is_empty() {
                Value::Number(Value::Nodes(vec![scope.node]).number(tree))
            } else {
                Value::Number(a.number(0)?)
            }
        }
        "int" => a.math(f64::trunc)?,
        "floor" => a.math(f64::floor)?,
        "ceiling" => a.math(f64::ceil)?,
        "abs" => a.math(f64::abs)?,
        "sqrt" => a.math(f64::sqrt)?,
        "exp" => a.math(f64::exp)?,
        "exp10" => a.math(|n| 10f64.powf(n))?,
        "log" => a.math(f64::ln)?,
        "log10" => a.math(f64::log10)?,
        "sin" => a.math(f64::sin)?,
        "cos" => a.math(f64::cos)?,
        "tan" => a.math(f64::tan)?,
        "asin" => a.math(f64::asin)?,
        "acos" => a.math(f64::acos)?,
        "atan" => a.math(f64::atan)?,
        "atan2" => {
            a.need(2, 2, "two numbers")?;
            Value::Number(a.number(0)?.atan2(a.number(1)?))
        }
        "pi" => Value::Number(std::f64::consts::PI),
        "pow" => {
            a.need(2, 2, "two numbers")?;
            Value::Number(a.number(0)?.powf(a.number(1)?))
        }
        "round" => {
            a.need(1, 2, "one or two numbers")?;
            let places = if args.len() > 1 { a.number(1)? } else { 0.0 };
            Value::Number(round(a.number(0)?, places))
        }
        "sum" => {
            a.need(1, 1, "nodes")?;
            let mut total = 0.0;
            for node in a.nodes(0)? {
                total += Value::Text(tree.text(node).into_owned()).number(tree);
            }
            Value::Number(total)
        }
        "min" | "max" => {
            let numbers = a.numbers(0)?;
            let pick = if name == "min" { f64::min } else { f64::max };
            let poisoned = numbers.is_empty() || numbers.iter().any(|n| n.is_nan());
            Value::Number(if poisoned { f64::NAN } else { numbers.into_iter().reduce(pick).unwrap_or(f64::NAN) })
        }
        "count" => {
            a.need(1, 1, "nodes")?;
            Value::Number(a.nodes(0)?.len() as f64)
        }
        "count-non-empty" => {
            a.need(1, 1, "nodes")?;
            Value::Number(a.nodes(0)?.iter().filter(|n| !tree.text(**n).is_empty()).count() as f64)
        }
        "position" => {
            a.need(0, 1, "at most one argument")?;
            match args.first() {
                None => Value::Number(scope.position as f64),
                Some(_) => Value::Number(a.nodes(0)?.first().map_or(f64::NAN, |n| position_of(*n, scope))),
            }
        }
        "last" => Value::Number(scope.size as f64),
        "current" => Value::Nodes(vec![scope.current]),
        "instance" => {
            a.need(1, 1, "the name of a list")?;
            let id = a.text(0)?;
            match tree.instance(&id) {
                Some(node) => Value::Nodes(vec![node]),
                None => return Err(EvalError::Bad(name.into(), format!("there is no list `{id}`"))),
            }
        }
        "name" | "local-name" => {
            let node = if args.is_empty() { Some(scope.node) } else { a.nodes(0)?.first().copied() };
            Value::Text(node.map_or(String::new(), |n| tree.name(n).to_owned()))
        }
        "indexed-repeat" => indexed_repeat(&a)?,
        "selected" => {
            a.need(2, 2, "an answer and a choice")?;
            let (list, wanted) = (a.text(0)?, a.text(1)?);
            Value::Bool(list.split_whitespace().any(|word| word == wanted.trim()))
        }
        "selected-at" => {
            a.need(2, 2, "an answer and an index")?;
            let at = a.number(1)?;
            let list = a.text(0)?;
            let word = if at >= 0.0 { list.split_whitespace().nth(at as usize) } else { None };
            Value::Text(word.unwrap_or_default().to_owned())
        }
        "count-selected" => {
            a.need(1, 1, "an answer")?;
            Value::Number(a.text(0)?.split_whitespace().count() as f64)
        }
        "jr:choice-name" => {
            a.need(2, 2, "a value and the path of its question in quotes")?;
            let value = a.text(0)?;
            let question = match args.get(1) {
                Some(Expr::Field { .. } | Expr::Path(..)) => a.nodes(1)?.first().copied(),
                _ => tree.question_at(scope.current, &a.text(1)?),
            };
            Value::Text(question.and_then(|q| tree.choice_label(q, &value)).unwrap_or_default())
        }
        "concat" => Value::Text(a.texts(0)?.concat()),
        "join" => {
            a.need(1, usize::MAX, "a separator and texts")?;
            let separator = a.text(0)?;
            Value::Text(a.texts(1)?.join(&separator))
        }
        "string-length" => Value::Number(a.text_or_context()?.encode_utf16().count() as f64),
        "normalize-space" => Value::Text(a.text_or_context()?.split_whitespace().collect::<Vec<_>>().join(" ")),
        "contains" | "starts-with" | "ends-with" => {
            a.need(2, 2, "two texts")?;
            let (text, part) = (a.text(0)?, a.text(1)?);
            Value::Bool(match name {
                "contains" => text.contains(&part),
                "starts-with" => text.starts_with(&part),
                _ => text.ends_with(&part),
            })
        }
        "substr" => {
            a.need(2, 3, "a text and one or two indexes")?;
            let chars: Vec<char> = a.text(0)?.chars().collect();
            let index = |n: f64| {
                let n = if n < 0.0 { n + chars.len() as f64 } else { n };
                n.clamp(0.0, chars.len() as f64) as usize
            };
            let from = index(a.number(1)?);
            let to = if args.len() > 2 { index(a.number(2)?) } else { chars.len() };
            Value::Text(chars.iter().skip(from).take(to.saturating_sub(from)).collect())
        }
        "substring" => {
            a.need(2, 3, "a text, a place and perhaps a length")?;
            let from = half_up(a.number(1)?);
            let to = if args.len() > 2 { from + half_up(a.number(2)?) } else { f64::INFINITY };
            let inside = |i: usize| (i + 1) as f64 >= from && ((i + 1) as f64) < to;
            Value::Text(a.text(0)?.chars().enumerate().filter(|(i, _)| inside(*i)).map(|(_, c)| c).collect())
        }
        "substring-before" | "substring-after" => {
            a.need(2, 2, "two texts")?;
            let (text, part) = (a.text(0)?, a.text(1)?);
            let (before, after) = text.split_once(part.as_str()).unwrap_or_default();
            Value::Text(if name == "substring-before" { before } else { after }.to_owned())
        }
        "translate" => {
            a.need(3, 3, "three texts")?;
            let from: Vec<char> = a.text(1)?.chars().collect();
            let to: Vec<char> = a.text(2)?.chars().collect();
            let one = |c: char| match from.iter().position(|f| *f == c) {
                None => Some(c),
                Some(i) => to.get(i).copied(),
            };
            Value::Text(a.text(0)?.chars().filter_map(one).collect())
        }
        "regex" => {
            a.need(2, 2, "a text and a pattern")?;
            let pattern = a.text(1)?;
            let regex = regex_lite::RegexBuilder::new(&pattern)
                .size_limit(1 << 20)
                .build()
                .map_err(|e| EvalError::Bad(name.into(), e.to_string()))?;
            Value::Bool(regex.is_match(&a.text(0)?))
        }
        "today" => Value::Text(dates::day_text(tree.now())),
        "now" => Value::Text(dates::moment_text(tree.now())),
        "date" | "date-time" => {
            a.need(1, 1, "one argument")?;
            date(&a.value(0)?, name, scope)
        }
        "decimal-date-time" => {
            a.need(1, 1, "one date")?;
            Value::Number(a.number(0)?)
        }
        "decimal-time" => {
            a.need(1, 1, "one time")?;
            let text = a.text(0)?;
            let of = |t: chrono::NaiveTime| {
                use chrono::Timelike;
                (f64::from(t.num_seconds_from_midnight()) + f64::from(t.nanosecond()) / 1e9) / 86_400.0
            };
            Value::Number(dates::parse_time(&text).map_or(f64::NAN, of))
        }
        "format-date" | "format-date-time" => {
            a.need(2, 2, "a date and a pattern")?;
            let pattern = a.text(1)?;
            let at = match a.value(0)? {
                Value::Number(days) => dates::moment_of(days, zone),
                other => {
                    let text = other.text(tree);
                    dates::parse_moment(&text, zone)
                        .map(|at| at.with_timezone(&zone))
                        .or_else(|| plain_number(&text).and_then(|days| dates::moment_of(days, zone)))
                }
            };
            Value::Text(at.map_or(String::new(), |at| dates::format(at, &pattern)))
        }
        "checklist" => {
            a.need(2, usize::MAX, "a lowest and a highest count, and conditions")?;
            let mut met = 0.0;
            for i in 2..args.len() {
                met += f64::from(u8::from(a.truth(i)?));
            }
            within(met, a.number(0)?, a.number(1)?)
        }
        "weighted-checklist" => {
            a.need(2, usize::MAX, "a lowest and a highest sum, and pairs of condition and weight")?;
            weighted(&a)?
        }
        "random" => Value::Number(tree.random()),
        "uuid" => Value::Text(uuid(scope)),
        "randomize" => return a.value(0),
        "version" => Value::Text(String::new()),
        other => return Err(EvalError::NoFunction(other.to_owned())),
    })
}

/// `position(node)`: its place among the nodes of its name under its parent.
fn position_of(node: NodeRef, scope: &Scope) -> f64 {
    let Some(parent) = scope.tree.parent(node) else { return 1.0 };
    let same = scope.tree.children_named(parent, scope.tree.name(node));
    same.iter().position(|n| *n == node).map_or(f64::NAN, |i| (i + 1) as f64)
}

/// `indexed-repeat(field, repeat, index, …)`: the field in the index-th instance of the repeat.
fn indexed_repeat(a: &Args) -> Evaluated {
    if a.args.len() < 3 || a.args.len().is_multiple_of(2) {
        return Err(EvalError::Arguments(a.name.into(), "a question, then pairs of repeat and index"));
    }
    let tree = a.scope.tree;
    let mut fields = a.nodes(0)?;
    for i in (1..a.args.len()).step_by(2) {
        let index = a.number(i + 1)?;
        // Within what the outer pairs have left, counted under each parent.
        let chosen: Vec<NodeRef> = a.nodes(i)?.into_iter().filter(|n| position_of(*n, a.scope) == index).collect();
        fields.retain(|field| {
            let mut above = Some(*field);
            while let Some(n) = above {
                if chosen.contains(&n) {
                    return true;
                }
                above = tree.parent(n);
            }
            false
        });
    }
    Ok(Value::Nodes(fields))
}

fn within(count: f64, low: f64, high: f64) -> Value {
    Value::Bool((low < 0.0 || count >= low) && (high < 0.0 || count <= high))
}

fn weighted(a: &Args) -> Evaluated {
    let mut total = 0.0;
    for i in (2..a.args.len()).step_by(2) {
        match (a.value(i)?, a.value(i + 1)?) {
            (Value::Nodes(conditions), Value::Nodes(weights)) if conditions.len() > 1 => {
                for (condition, weight) in conditions.iter().zip(&weights) {
                    if !a.scope.tree.text(*condition).is_empty() {
                        total += Value::Nodes(vec![*weight]).number(a.scope.tree);
                    }
                }
            }
            (condition, weight) => {
                if condition.truth() {
                    total += weight.number(a.scope.tree);
                }
            }
        }
    }
    Ok(within(total, a.number(0)?, a.number(1)?))
}

/// A number is days since 1970; a date stays as it is written, anything else is no date.
fn date(value: &Value, name: &str, scope: &Scope) -> Value {
    let zone = *scope.tree.now().offset();
    let text = match value {
        Value::Number(days) => dates::moment_of(*days, zone).map(dates::day_text),
        other => {
            let text = other.text(scope.tree);
            if let Some(days) = plain_number(&text) {
                dates::moment_of(days, zone).map(dates::day_text)
            } else {
                dates::parse_moment(&text, zone).map(|_| if name == "date" { text.clone() } else { text })
            }
        }
    };
    Value::Text(text.unwrap_or_default())
}

/// Halves go up, as XPath says.
fn half_up(n: f64) -> f64 {
    if n.is_finite() { (n + 0.5).floor() } else { n }
}

/// Rounds to some places (negative: tens, hundreds), halves as XPath says for whole numbers.
fn round(n: f64, places: f64) -> f64 {
    if !n.is_finite() || !places.is_finite() {
        return n;
    }
    if places == 0.0 {
        return half_up(n);
    }
    let places = places.clamp(-30.0, 30.0) as i32;
    let scale = 10f64.powi(places.abs());
    let scaled = if places > 0 { n * scale } else { n / scale };
    // A half that binary notation has pushed just below is still a half.
    let rounded = (scaled.abs() + 0.5 + 1e-9).floor().copysign(scaled);
    if places > 0 { rounded / scale } else { rounded * scale }
}

fn uuid(scope: &Scope) -> String {
    let mut hex = String::new();
    for _ in 0..32 {
        let digit = (scope.tree.random() * 16.0) as u32;
        hex.push(char::from_digit(digit.min(15), 16).unwrap_or('0'));
    }
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
