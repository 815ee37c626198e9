//! `=`, `!=`, `<` and their kind: XPath 1.0, 3.4. Sets of nodes compare by whether there is a node for which it holds.

use std::borrow::Cow;
use std::collections::HashSet;

use super::ast::{Operator, Path};
use super::eval::{At, Eval, Outcome};
use super::number::NEARLY;
use super::scope::Dialect;
use super::value::{Node, Rules, Value};

/// Sets smaller than this are compared one by one.
const MANY: usize = 12;

/// Whether `left operator right` holds.
pub(super) fn compare<'d>(
    eval: &Eval<'_, 'd>,
    operator: Operator,
    left: &Value<'d>,
    right: &Value<'d>,
) -> Outcome<bool> {
    let rules = eval.rules();
    match (left, right) {
        (Value::Nodes(a), Value::Nodes(b)) => two_sets(eval, operator, a, b),
        // Against a truth, a set is true if there is anything in it, also for the engines' order.
        (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_))
            if matches!(operator, Operator::Equal | Operator::NotEqual) =>
        {
            Ok((left.boolean() == right.boolean()) == (operator == Operator::Equal))
        }
        (Value::Nodes(nodes), other) => {
            Ok(nodes.iter().any(|n| atoms(rules, operator, &Value::String(n.text()), other)))
        }
        (other, Value::Nodes(nodes)) => {
            Ok(nodes.iter().any(|n| atoms(rules, operator, other, &Value::String(n.text()))))
        }
        _ => Ok(atoms(rules, operator, left, right)),
    }
}

fn two_sets<'d>(eval: &Eval<'_, 'd>, operator: Operator, a: &[Node<'d>], b: &[Node<'d>]) -> Outcome<bool> {
    let rules = eval.rules();
    let right: Vec<Cow<'d, str>> = b.iter().map(Node::text).collect();
    if operator == Operator::Equal && a.len() > MANY && b.len() > MANY {
        let right: HashSet<&str> = right.iter().map(|t| &**t).collect();
        return Ok(a.iter().any(|n| right.contains(&*n.text())));
    }
    eval.spend(a.len().saturating_mul(b.len()), &(0..0))?;
    let right: Vec<Value<'d>> = right.into_iter().map(Value::String).collect();
    Ok(a.iter().any(|n| {
        let left = Value::String(n.text());
        right.iter().any(|r| atoms(rules, operator, &left, r))
    }))
}

/// Whether it compares, and not calculates.
pub(super) fn is_comparison(operator: Operator) -> bool {
    !matches!(operator, Operator::Plus | Operator::Minus | Operator::Times | Operator::Div | Operator::Mod)
}

/// The operator for the sides exchanged.
pub(super) fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        same => same,
    }
}

/// `path operator other`, without keeping the nodes where one will do.
pub(super) fn path_with<'d>(
    eval: &Eval<'_, 'd>,
    path: &Path,
    at: &At<'d>,
    operator: Operator,
    other: &Value<'d>,
) -> Outcome<bool> {
    if matches!(other, Value::Nodes(_) | Value::Boolean(_)) {
        return compare(eval, operator, &Value::Nodes(eval.path(path, at)?), other);
    }
    let rules = eval.rules();
    let mut holds = false;
    eval.visit(path, at, &mut |node| {
        holds = atoms(rules, operator, &Value::String(node.text()), other);
        Ok(holds)
    })?;
    Ok(holds)
}

/// Two values neither of which is a set of nodes.
fn atoms(rules: Rules<'_>, operator: Operator, left: &Value<'_>, right: &Value<'_>) -> bool {
    let numbers = || (left.number(rules), right.number(rules));
    match operator {
        Operator::Equal => equal(rules, left, right),
        Operator::NotEqual => !equal(rules, left, right),
        Operator::Less => numbers().0 < numbers().1,
        Operator::LessOrEqual => numbers().0 <= numbers().1,
        Operator::Greater => numbers().0 > numbers().1,
        _ => numbers().0 >= numbers().1,
    }
}

fn equal(rules: Rules<'_>, left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
        (Value::String(a), Value::String(b)) => a == b,
        _ => {
            let (a, b) = (left.number(rules), right.number(rules));
            match rules.dialect {
                Dialect::XForms => a == b,
                Dialect::JavaRosa => a == b || (a - b).abs() < NEARLY,
            }
        }
    }
}
