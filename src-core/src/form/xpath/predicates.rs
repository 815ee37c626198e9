//! Predicates. What is the same for all nodes of a list is evaluated once; where the list is long and the predicate
//! asks for one value (`item[name = …]`), the nodes are looked up.

use std::cell::OnceCell;

use super::ast::{Axis, Base, Expr, Operator, Path, Span};
use super::axes::Matcher;
use super::compare;
use super::eval::{At, Eval, Outcome};
use super::value::{Node, Value};
use crate::xml::NameId;

/// From this many nodes on, what is the same for all of them is evaluated once.
const WORTH_PREPARING: usize = 4;

impl<'d> Eval<'_, 'd> {
    /// What is left of a list of nodes after predicates; positions count in the order of the list.
    pub fn filter(&self, mut nodes: Vec<Node<'d>>, predicates: &[Expr], at: &Span) -> Outcome<Vec<Node<'d>>> {
        for predicate in predicates {
            if let Expr::Number(position) = predicate {
                let index = if position.fract() == 0.0 && *position >= 1.0 { *position as usize } else { usize::MAX };
                nodes = nodes.get(index - 1).copied().into_iter().collect();
                continue;
            }
            let size = nodes.len();
            self.spend(size, at)?;
            let test = if size >= WORTH_PREPARING { Test::of(predicate) } else { Test::Any(predicate) };
            let mut kept = Vec::new();
            for (index, &node) in nodes.iter().enumerate() {
                if test.holds(self, &At { node, position: index + 1, size })? {
                    kept.push(node);
                }
            }
            nodes = kept;
        }
        Ok(nodes)
    }

    /// The nodes among many children of one name that a predicate leaves, if it asks for one value; else none.
    pub fn by_value(&self, node: Node<'d>, name: NameId, predicate: &Expr) -> Outcome<Option<Vec<Node<'d>>>> {
        if !matches!(predicate, Expr::Chain { .. } | Expr::And(_)) || !node.doc.has_many(node.id, name) {
            return Ok(None);
        }
        let test = Test::of(predicate);
        let Some((path, fixed)) = test.wanted_value() else { return Ok(None) };
        let Some(step) = path.steps.first() else { return Ok(None) };
        let Matcher::Name(key) = self.matcher(step, node.doc)? else { return Ok(None) };
        let here = At { node, position: 1, size: 1 };
        let mut own = None;
        let Value::String(text) = fixed.value(self, &here, &mut own)? else { return Ok(None) };
        let Some((found, size)) = node.doc.elements_with_value(node.id, name, key, text) else { return Ok(None) };
        self.spend(found.len(), &step.at)?;
        let mut kept = Vec::new();
        for (place, id) in found {
            let node = node.with(id);
            if test.holds(self, &At { node, position: place + 1, size })? {
                kept.push(node);
            }
        }
        Ok(Some(kept))
    }

    /// A predicate's value: of a path only whether there is anything.
    fn predicate(&self, expr: &Expr, at: &At<'d>) -> Outcome<Value<'d>> {
        match expr {
            Expr::Path(_) | Expr::Or(_) | Expr::And(_) => Ok(Value::Boolean(self.boolean(expr, at)?)),
            _ => self.value(expr, at),
        }
    }
}

/// A predicate, prepared for many nodes: a side of a comparison that is the same for all is evaluated once.
enum Test<'e, 'd> {
    Any(&'e Expr),
    All(Vec<Test<'e, 'd>>),
    Compare { operator: Operator, left: Side<'e, 'd>, right: Side<'e, 'd> },
}

enum Side<'e, 'd> {
    Varying(&'e Expr),
    Fixed(&'e Expr, OnceCell<Value<'d>>),
}

impl<'e, 'd> Test<'e, 'd> {
    fn of(expr: &'e Expr) -> Self {
        match expr {
            Expr::And(all) => Self::All(all.iter().map(Self::of).collect()),
            Expr::Chain { first, rest } => match rest.as_slice() {
                [(operator, second)] if compare::is_comparison(*operator) => {
                    Self::Compare { operator: *operator, left: Side::of(first), right: Side::of(second) }
                }
                _ => Self::Any(expr),
            },
            _ => Self::Any(expr),
        }
    }

    fn holds(&self, eval: &Eval<'_, 'd>, at: &At<'d>) -> Outcome<bool> {
        match self {
            Self::Any(expr) => Ok(match eval.predicate(expr, at)? {
                Value::Number(n) => n == at.position as f64,
                other => other.boolean(),
            }),
            Self::All(all) => {
                for test in all {
                    let holds = match test {
                        // Within `and`, a number is a truth and not a position.
                        Self::Any(expr) => eval.boolean(expr, at)?,
                        _ => test.holds(eval, at)?,
                    };
                    if !holds {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Compare { operator, left, right } => match (left, right) {
                (Side::Varying(Expr::Path(path)), Side::Fixed(..)) => {
                    compare::path_with(eval, path, at, *operator, right.value(eval, at, &mut None)?)
                }
                (Side::Fixed(..), Side::Varying(Expr::Path(path))) => {
                    compare::path_with(eval, path, at, compare::mirrored(*operator), left.value(eval, at, &mut None)?)
                }
                _ => {
                    let (mut a, mut b) = (None, None);
                    let left = left.value(eval, at, &mut a)?;
                    compare::compare(eval, *operator, left, right.value(eval, at, &mut b)?)
                }
            },
        }
    }

    /// A part of the test that asks for a child with a certain text.
    fn wanted_value(&self) -> Option<(&'e Path, &Side<'e, 'd>)> {
        match self {
            Self::All(all) => all.iter().find_map(Self::wanted_value),
            Self::Compare { operator: Operator::Equal, left, right } => match (left, right) {
                (Side::Varying(Expr::Path(path)), fixed @ Side::Fixed(..))
                | (fixed @ Side::Fixed(..), Side::Varying(Expr::Path(path))) => {
                    let [step] = path.steps.as_slice() else { return None };
                    let is_child = step.axis == Axis::Child && step.predicates.is_empty();
                    (is_child && matches!(path.base, Base::Context)).then_some((path, fixed))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'e, 'd> Side<'e, 'd> {
    fn of(expr: &'e Expr) -> Self {
        if expr.is_same_everywhere() { Self::Fixed(expr, OnceCell::new()) } else { Self::Varying(expr) }
    }

    fn value<'v>(&'v self, eval: &Eval<'_, 'd>, at: &At<'d>, own: &'v mut Option<Value<'d>>) -> Outcome<&'v Value<'d>> {
        match self {
            Self::Varying(expr) => Ok(own.insert(eval.value(expr, at)?)),
            Self::Fixed(expr, value) => match value.get() {
                Some(value) => Ok(value),
                None => {
                    // One node compares as its text does.
                    let made = match eval.value(expr, at)? {
                        Value::Nodes(nodes) => match nodes.as_slice() {
                            [one] => Value::String(one.text()),
                            _ => Value::Nodes(nodes),
                        },
                        other => other,
                    };
                    Ok(value.get_or_init(|| made))
                }
            },
        }
    }
}
