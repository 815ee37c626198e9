//! Evaluation of an expression on a [`Tree`].

use super::ast::{Arith, Axis, Compare, Expr, Start, Step, Test};
use super::functions;
use super::tree::{NodeRef, Tree};
use super::value::{Value, text_number};
use std::cell::Cell;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// No function has this name.
    #[error("there is no function `{0}()`")]
    NoFunction(String),
    /// A function got too few or too many arguments.
    #[error("`{0}()` takes {1}")]
    Arguments(String, &'static str),
    /// A function cannot work on what it got.
    #[error("`{0}()`: {1}")]
    Bad(String, String),
    /// A `${name}` that was never looked up.
    #[error("`${{{0}}}` was not looked up")]
    Unresolved(String),
    /// Something that is no set of nodes stands where nodes are needed.
    #[error("a path needs nodes to start from")]
    NoNodes,
    /// The work was cut off.
    #[error("the expression does too much work")]
    TooMuch,
}

/// Nodes that one evaluation may touch before it is cut off.
const MAX_WORK: usize = 2_000_000;

/// Where an expression stands.
pub struct Scope<'a> {
    /// The nodes.
    pub tree: &'a dyn Tree,
    /// The context node, `.`.
    pub node: NodeRef,
    /// The node that the expression belongs to, `current()`.
    pub current: NodeRef,
    /// Place of the context node in its set, from 1.
    pub position: usize,
    /// Size of that set.
    pub size: usize,
    work: &'a Cell<usize>,
}

impl<'a> Scope<'a> {
    fn at(&self, node: NodeRef, position: usize, size: usize) -> Scope<'a> {
        Scope { tree: self.tree, node, current: self.current, position, size, work: self.work }
    }

    fn spend(&self, work: usize) -> Result<(), EvalError> {
        self.work.set(self.work.get().saturating_add(work));
        if self.work.get() > MAX_WORK { Err(EvalError::TooMuch) } else { Ok(()) }
    }
}

/// Evaluates an expression with `node` as `.`, and `current` as the node that it belongs to
/// (different only for choice filters, where `.` is the choice).
pub fn evaluate(expr: &Expr, tree: &dyn Tree, node: NodeRef, current: NodeRef) -> Result<Value, EvalError> {
    let work = Cell::new(0);
    eval(expr, &Scope { tree, node, current, position: 1, size: 1, work: &work })
}

pub(super) type Evaluated = Result<Value, EvalError>;

pub(super) fn eval(expr: &Expr, scope: &Scope) -> Evaluated {
    scope.spend(1)?;
    Ok(match expr {
        Expr::Number(n) => Value::Number(*n),
        Expr::Literal(s) => Value::Text(s.clone()),
        Expr::Or(a, b) => Value::Bool(eval(a, scope)?.truth() || eval(b, scope)?.truth()),
        Expr::And(a, b) => Value::Bool(eval(a, scope)?.truth() && eval(b, scope)?.truth()),
        Expr::Compare(op, a, b) => Value::Bool(compare(*op, &eval(a, scope)?, &eval(b, scope)?, scope)?),
        Expr::Arith(op, a, b) => {
            let (a, b) = (eval(a, scope)?.number(scope.tree), eval(b, scope)?.number(scope.tree));
            Value::Number(match op {
                Arith::Add => a + b,
                Arith::Sub => a - b,
                Arith::Mul => a * b,
                Arith::Div => a / b,
                Arith::Mod => a % b,
            })
        }
        Expr::Negate(a) => Value::Number(-eval(a, scope)?.number(scope.tree)),
        Expr::Union(a, b) => {
            let mut nodes = eval_nodes(a, scope)?;
            nodes.extend(eval_nodes(b, scope)?);
            Value::Nodes(sorted(nodes, scope.tree))
        }
        Expr::Path(start, steps) => Value::Nodes(path(start, steps, scope)?),
        Expr::Call(name, args) => functions::call(name, args, scope)?,
        Expr::Reference(name) => return Err(EvalError::Unresolved(name.clone())),
        Expr::Field { item, anywhere } => Value::Nodes(scope.tree.field(scope.current, *item, *anywhere)),
    })
}

pub(super) fn eval_nodes(expr: &Expr, scope: &Scope) -> Result<Vec<NodeRef>, EvalError> {
    match eval(expr, scope)? {
        Value::Nodes(nodes) => Ok(nodes),
        _ => Err(EvalError::NoNodes),
    }
}

fn path(start: &Start, steps: &[Step], scope: &Scope) -> Result<Vec<NodeRef>, EvalError> {
    let mut nodes = match start {
        Start::Context => vec![scope.node],
        Start::Root => vec![NodeRef::new(scope.node.doc, NodeRef::DOCUMENT)],
        Start::From(expr, predicates) => {
            let mut nodes = eval_nodes(expr, scope)?;
            for predicate in predicates {
                nodes = keep(nodes, predicate, scope)?;
            }
            nodes
        }
    };
    for step in steps {
        let single = nodes.len() <= 1;
        let mut found = Vec::new();
        for node in nodes {
            let mut here = axis(step, node, scope)?;
            scope.spend(here.len())?;
            for predicate in &step.predicates {
                here = keep(here, predicate, scope)?;
            }
            found.append(&mut here);
        }
        let forward = matches!(step.axis, Axis::Child | Axis::SelfNode | Axis::Attribute);
        nodes = if forward && single { found } else { sorted(found, scope.tree) };
    }
    Ok(nodes)
}

fn keep(nodes: Vec<NodeRef>, predicate: &Expr, scope: &Scope) -> Result<Vec<NodeRef>, EvalError> {
    if let Expr::Number(n) = predicate {
        let wanted = *n;
        return Ok(nodes.into_iter().enumerate().filter(|(i, _)| (i + 1) as f64 == wanted).map(|(_, n)| n).collect());
    }
    let size = nodes.len();
    let mut kept = Vec::new();
    for (i, node) in nodes.into_iter().enumerate() {
        let good = match eval(predicate, &scope.at(node, i + 1, size))? {
            Value::Number(n) => n == (i + 1) as f64,
            other => other.truth(),
        };
        if good {
            kept.push(node);
        }
    }
    Ok(kept)
}

/// Document order, without repeats.
pub(super) fn sorted(mut nodes: Vec<NodeRef>, tree: &dyn Tree) -> Vec<NodeRef> {
    if nodes.len() > 1 {
        crate::order::sort_by_key(&mut nodes, |n| (n.doc, tree.order(*n)));
        nodes.dedup();
    }
    nodes
}

fn accepts(test: &Test, node: NodeRef, tree: &dyn Tree) -> bool {
    match test {
        Test::Name(name) => node.id != NodeRef::DOCUMENT && tree.name(node) == name,
        Test::Any => node.id != NodeRef::DOCUMENT,
        Test::Node => true,
        Test::Text | Test::Nothing => false,
    }
}

/// Nodes of one step from one node, nearest first (so that positions count as XPath wants them).
fn axis(step: &Step, node: NodeRef, scope: &Scope) -> Result<Vec<NodeRef>, EvalError> {
    let tree = scope.tree;
    let mut found = Vec::new();
    match step.axis {
        Axis::Child => {
            return Ok(match &step.test {
                Test::Name(name) => tree.children_named(node, name),
                Test::Any | Test::Node => tree.children(node),
                // A leaf's text node is the leaf itself: same text, and nothing else is asked of it.
                Test::Text => {
                    if tree.children(node).is_empty() {
                        vec![node]
                    } else {
                        Vec::new()
                    }
                }
                Test::Nothing => Vec::new(),
            });
        }
        Axis::SelfNode => found.push(node),
        Axis::Parent => found.extend(tree.parent(node)),
        Axis::Ancestor | Axis::AncestorOrSelf => {
            let mut above = if step.axis == Axis::Ancestor { tree.parent(node) } else { Some(node) };
            while let Some(n) = above {
                found.push(n);
                above = tree.parent(n);
            }
        }
        Axis::Descendant => below(node, scope, &mut found)?,
        Axis::DescendantOrSelf => {
            found.push(node);
            below(node, scope, &mut found)?;
        }
        Axis::FollowingSibling => found.extend(siblings(node, tree).1),
        Axis::PrecedingSibling => {
            found.extend(siblings(node, tree).0);
            found.reverse();
        }
        Axis::Following | Axis::Preceding => {
            let mut from = Some(node);
            while let Some(n) = from {
                let (before, after) = siblings(n, tree);
                let following = step.axis == Axis::Following;
                for sibling in if following { after } else { before } {
                    found.push(sibling);
                    below(sibling, scope, &mut found)?;
                }
                from = tree.parent(n);
            }
            found = sorted(found, tree);
            if step.axis == Axis::Preceding {
                found.reverse();
            }
        }
        Axis::Attribute => {
            let name = if let Test::Name(name) = &step.test { Some(name.as_str()) } else { None };
            return Ok(tree.attributes(node, name));
        }
        Axis::Namespace => {}
    }
    found.retain(|n| accepts(&step.test, *n, tree));
    Ok(found)
}

fn below(node: NodeRef, scope: &Scope, found: &mut Vec<NodeRef>) -> Result<(), EvalError> {
    let mut stack = vec![node];
    while let Some(n) = stack.pop() {
        if n != node {
            found.push(n);
        }
        let children = scope.tree.children(n);
        scope.spend(children.len())?;
        stack.extend(children.into_iter().rev());
    }
    Ok(())
}

fn siblings(node: NodeRef, tree: &dyn Tree) -> (Vec<NodeRef>, Vec<NodeRef>) {
    let Some(parent) = tree.parent(node) else { return Default::default() };
    let all = tree.children(parent);
    let Some(at) = all.iter().position(|n| *n == node) else { return Default::default() };
    let after = all.iter().skip(at + 1).copied().collect();
    (all.into_iter().take(at).collect(), after)
}

fn compare(op: Compare, a: &Value, b: &Value, scope: &Scope) -> Result<bool, EvalError> {
    let tree = scope.tree;
    Ok(match (a, b) {
        (Value::Nodes(_), Value::Bool(_)) | (Value::Bool(_), Value::Nodes(_)) => {
            atomic(op, &Value::Bool(a.truth()), &Value::Bool(b.truth()), tree)
        }
        (Value::Nodes(left), Value::Nodes(right)) => {
            scope.spend(left.len().saturating_mul(right.len()))?;
            let right: Vec<Value> = right.iter().map(|n| Value::Text(tree.text(*n).into_owned())).collect();
            left.iter().any(|l| {
                let l = Value::Text(tree.text(*l).into_owned());
                right.iter().any(|r| atomic(op, &l, r, tree))
            })
        }
        (Value::Nodes(left), _) => left.iter().any(|l| atomic(op, &Value::Text(tree.text(*l).into_owned()), b, tree)),
        (_, Value::Nodes(right)) => right.iter().any(|r| atomic(op, a, &Value::Text(tree.text(*r).into_owned()), tree)),
        _ => atomic(op, a, b, tree),
    })
}

fn atomic(op: Compare, a: &Value, b: &Value, tree: &dyn Tree) -> bool {
    let equal = || match (a, b) {
        (Value::Bool(_), _) | (_, Value::Bool(_)) => a.truth() == b.truth(),
        (Value::Number(n), other) | (other, Value::Number(n)) => *n == number_of(other, tree),
        _ => a.text(tree) == b.text(tree),
    };
    let (x, y) = match op {
        Compare::Eq => return equal(),
        // NaN is unlike everything, itself included.
        Compare::Ne => return !equal(),
        _ => (number_of(a, tree), number_of(b, tree)),
    };
    match op {
        Compare::Lt => x < y,
        Compare::Le => x <= y,
        Compare::Gt => x > y,
        _ => x >= y,
    }
}

fn number_of(value: &Value, tree: &dyn Tree) -> f64 {
    match value {
        Value::Text(s) => text_number(s, tree),
        other => other.number(tree),
    }
}
