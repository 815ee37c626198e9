//! From a tree to a value. What asks for a text, a number or a truth says so, and then only the first node of a path
//! is looked for.

use std::borrow::Cow;
use std::cell::Cell;

use super::ast::{Call, Expr, Operator, Path, Span};
use super::compare;
use super::error::{XPathError, XPathErrorKind};
use super::functions;
use super::number;
use super::scope::{Context, Dialect};
use super::value::{Node, Rules, Value};

/// How many nodes an evaluation may look at: many times what a filter of 100,000 choices does, and no hanging.
const STEPS: u64 = 8_000_000;

pub(super) type Outcome<T> = Result<T, XPathError>;

/// The context node, its position and how many there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'d> {
    pub node: Node<'d>,
    pub position: usize,
    pub size: usize,
}

/// One evaluation.
pub(super) struct Eval<'c, 'd> {
    pub context: &'c Context<'c, 'd>,
    steps: Cell<u64>,
}

impl<'c, 'd> Eval<'c, 'd> {
    pub fn new(context: &'c Context<'c, 'd>) -> Self {
        Self { context, steps: Cell::new(STEPS) }
    }

    pub fn start(&self) -> At<'d> {
        At { node: self.context.node, position: self.context.position, size: self.context.size }
    }

    pub fn rules(&self) -> Rules<'c> {
        Rules { dialect: self.context.dialect, zone: self.context.zone }
    }

    pub fn is_javarosa(&self) -> bool {
        self.context.dialect == Dialect::JavaRosa
    }

    /// Counts work; fails when it becomes too much.
    pub fn spend(&self, steps: usize, at: &Span) -> Outcome<()> {
        let allowed = self.context.scope.spend(steps as u64);
        let left = self.steps.get().checked_sub(steps as u64).filter(|_| allowed);
        self.steps.set(left.unwrap_or(0));
        match left {
            Some(_) => Ok(()),
            None => {
                let message = (
                    "the expression looks at too many nodes or makes too long a text",
                    "算式要看的节点太多，或得到的文字太长。",
                );
                Err(XPathError::new(at.clone(), XPathErrorKind::Limit(message.into())))
            }
        }
    }

    pub fn value(&self, expr: &Expr, at: &At<'d>) -> Outcome<Value<'d>> {
        Ok(match expr {
            Expr::Number(n) => Value::Number(*n),
            Expr::Literal(text) => Value::text(text.to_string()),
            Expr::Negate { .. } => Value::Number(self.number(expr, at)?),
            Expr::Or(_) | Expr::And(_) => Value::Boolean(self.boolean(expr, at)?),
            Expr::Chain { first, rest } => self.chain(first, rest, at)?,
            Expr::Union(all) => Value::Nodes(self.union(all, at)?),
            Expr::Path(path) => Value::Nodes(self.path(path, at)?),
            Expr::Call(call) => self.call(call, at)?,
        })
    }

    pub fn boolean(&self, expr: &Expr, at: &At<'d>) -> Outcome<bool> {
        Ok(match expr {
            Expr::Or(all) => {
                for one in all {
                    if self.boolean(one, at)? {
                        return Ok(true);
                    }
                }
                false
            }
            Expr::And(all) => {
                for one in all {
                    if !self.boolean(one, at)? {
                        return Ok(false);
                    }
                }
                true
            }
            Expr::Path(path) => self.first(path, at)?.is_some(),
            _ => self.value(expr, at)?.boolean(),
        })
    }

    pub fn number(&self, expr: &Expr, at: &At<'d>) -> Outcome<f64> {
        Ok(match expr {
            Expr::Number(n) => *n,
            Expr::Negate { signs, of } => {
                let number = self.number(of, at)?;
                if signs % 2 == 1 { -number } else { number }
            }
            Expr::Path(path) => self.first(path, at)?.map_or(f64::NAN, |n| self.rules().number_of(&n.text())),
            _ => self.value(expr, at)?.number(self.rules()),
        })
    }

    pub fn text(&self, expr: &Expr, at: &At<'d>) -> Outcome<Cow<'d, str>> {
        Ok(match expr {
            Expr::Path(path) => self.first(path, at)?.map_or(Cow::Borrowed(""), |n| n.text()),
            Expr::Number(n) => number::write(*n, self.context.dialect),
            _ => self.value(expr, at)?.string(self.rules()),
        })
    }

    /// The nodes of an expression that must give nodes.
    pub fn nodes(&self, expr: &Expr, at: &At<'d>, span: &Span) -> Outcome<Vec<Node<'d>>> {
        match self.value(expr, at)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => {
                let message =
                    ("a path to questions should stand here, not a value", "这里要写指向题目的路径，不能是值。");
                Err(XPathError::value(span.clone(), message))
            }
        }
    }

    fn chain(&self, first: &Expr, rest: &[(Operator, Expr)], at: &At<'d>) -> Outcome<Value<'d>> {
        if let (Expr::Path(path), [(operator, right)]) = (first, rest)
            && compare::is_comparison(*operator)
            && !matches!(right, Expr::Path(_))
        {
            let right = self.value(right, at)?;
            return Ok(Value::Boolean(compare::path_with(self, path, at, *operator, &right)?));
        }
        let mut left = self.value(first, at)?;
        for (operator, right) in rest {
            left = match operator {
                Operator::Plus | Operator::Minus | Operator::Times | Operator::Div | Operator::Mod => {
                    let (a, b) = (left.number(self.rules()), self.number(right, at)?);
                    Value::Number(match operator {
                        Operator::Plus => a + b,
                        Operator::Minus => a - b,
                        Operator::Times => a * b,
                        Operator::Div => a / b,
                        _ => a % b,
                    })
                }
                _ => Value::Boolean(compare::compare(self, *operator, &left, &self.value(right, at)?)?),
            };
        }
        Ok(left)
    }

    fn union(&self, all: &[Expr], at: &At<'d>) -> Outcome<Vec<Node<'d>>> {
        let mut nodes = Vec::new();
        if self.is_javarosa() {
            let message = ("JavaRosa does not know unions of paths", "JavaRosa 不支持用 | 合并路径。");
            return Err(XPathError::value(0..0, message));
        }
        for one in all {
            let span = match one {
                Expr::Path(path) => path.at.clone(),
                Expr::Call(call) => call.at.clone(),
                _ => 0..0,
            };
            nodes.extend(self.nodes(one, at, &span)?);
        }
        self.in_order(&mut nodes);
        Ok(nodes)
    }

    /// The nodes of a path, in document order.
    pub fn path(&self, path: &Path, at: &At<'d>) -> Outcome<Vec<Node<'d>>> {
        let mut nodes = Vec::new();
        self.visit(path, at, &mut |node| {
            nodes.push(node);
            Ok(false)
        })?;
        Ok(nodes)
    }

    /// The first node of a path.
    pub fn first(&self, path: &Path, at: &At<'d>) -> Outcome<Option<Node<'d>>> {
        let mut first = None;
        self.visit(path, at, &mut |node| {
            first = Some(node);
            Ok(true)
        })?;
        Ok(first)
    }

    fn call(&self, call: &Call, at: &At<'d>) -> Outcome<Value<'d>> {
        self.spend(1, &call.at)?;
        let function = match call.function {
            Some(function) => function,
            None => functions::find_by_uri(self.context.scope.namespace(&call.prefix), &call.name)
                .ok_or_else(|| functions::unknown(call))?,
        };
        function.check_arguments(call)?;
        (function.run)(self, call, at)
    }
}
