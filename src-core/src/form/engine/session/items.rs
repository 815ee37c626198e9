//! The items of an itemset. A filter such as `instance('villages')/root/item[district = /data/district]` is not
//! tried on every item: the items are indexed by `district` when they are first asked for, and looked up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use super::evaluate::Place;
use super::state::Rendered;
use super::tree::Ix;
use crate::form::engine::definition::{ExprId, Text};
use crate::form::xpath::ast::{Axis, NodeTest, Operator};
use crate::form::xpath::{Base, Call, Expr, Expression, Path, Step, Value};
use crate::xml::{Document, NodeId};

/// A filter that can be looked up.
#[derive(Debug)]
pub(super) struct Plan<'e> {
    instance: &'e str,
    /// Names of the steps to the items.
    steps: Vec<&'e str>,
    /// Child of the item, and the expression that it equals.
    equal: Vec<(&'e str, &'e Expr)>,
    /// What else must hold of an item.
    rest: Vec<&'e Expr>,
}

#[derive(Debug, Default)]
struct Index {
    by_value: HashMap<String, Vec<NodeId>>,
}

/// Indexes by instance, path to the items, and child. A cache: what it holds is never seen.
#[derive(Debug, Default)]
pub(super) struct ItemIndexes(RefCell<HashMap<String, Arc<Index>>>);

impl ItemIndexes {
    fn get_or_make(&self, key: String, make: impl FnOnce() -> Index) -> Arc<Index> {
        Arc::clone(self.0.borrow_mut().entry(key).or_insert_with(|| Arc::new(make())))
    }
}

fn name_of(step: &Step) -> Option<&str> {
    match (&step.test, step.axis) {
        (NodeTest::Name { local, prefix }, Axis::Child) if prefix.is_empty() => Some(local),
        _ => None,
    }
}

/// `name`: a child of the item.
fn child_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Path(Path { base: Base::Context, steps, .. }) => match steps.as_slice() {
            [step] if step.predicates.is_empty() => name_of(step),
            _ => None,
        },
        _ => None,
    }
}

/// What an expression asks of where it stands.
#[derive(Debug, Clone, Copy, Default)]
struct Asks {
    /// Relative paths, `position()`, `last()`: another answer for every item.
    item: bool,
    /// `current()`
    current: bool,
    /// `position()`, `last()`, random numbers: not to be moved elsewhere.
    place: bool,
}

fn asks(expr: &Expr, asked: &mut Asks) {
    match expr {
        Expr::Number(_) | Expr::Literal(_) => {}
        Expr::Negate { of, .. } => asks(of, asked),
        Expr::Or(all) | Expr::And(all) | Expr::Union(all) => all.iter().for_each(|e| asks(e, asked)),
        Expr::Chain { first, rest } => {
            asks(first, asked);
            rest.iter().for_each(|(_, e)| asks(e, asked));
        }
        Expr::Call(call) => asks_call(call, asked),
        Expr::Path(path) => {
            match &path.base {
                Base::Root => {}
                Base::Context => asked.item = true,
                Base::Expr { of, predicates } => {
                    asks(of, asked);
                    predicates.iter().for_each(|p| asks_within(p, asked));
                }
            }
            path.steps.iter().flat_map(|s| &s.predicates).for_each(|p| asks_within(p, asked));
        }
    }
}

/// Within a predicate, relative paths and positions are those of the predicate's own nodes.
fn asks_within(expr: &Expr, asked: &mut Asks) {
    let mut inner = Asks::default();
    asks(expr, &mut inner);
    asked.current |= inner.current;
}

fn asks_call(call: &Call, asked: &mut Asks) {
    let own = call.arguments.is_empty() && (call.is("position") || call.is("last"));
    let moving = call.is("random") || call.is("uuid") || call.is("randomize") || call.is("once");
    asked.place |= own || moving;
    // Functions of the context node without an argument: `name()`, `string()`, `number()` …
    asked.item |=
        own || (call.arguments.is_empty() && ["name", "local-name", "string", "number"].iter().any(|n| call.is(n)));
    asked.current |= call.is("current");
    call.arguments.iter().for_each(|a| asks(a, asked));
}

impl<'e> Plan<'e> {
    fn of(expr: &'e Expr) -> Option<Self> {
        let Expr::Path(Path { base: Base::Expr { of, predicates }, steps, .. }) = expr else { return None };
        let Expr::Call(call) = &**of else { return None };
        let [Expr::Literal(instance)] = call.arguments.as_slice() else { return None };
        let (last, before) = steps.split_last()?;
        let plain = predicates.is_empty() && before.iter().all(|s| s.predicates.is_empty());
        if !call.is("instance") || !plain || last.predicates.is_empty() {
            return None;
        }
        let steps = steps.iter().map(name_of).collect::<Option<Vec<_>>>()?;
        let mut plan = Self { instance, steps, equal: Vec::new(), rest: Vec::new() };
        let mut open: Vec<&Expr> = last.predicates.iter().rev().collect();
        while let Some(predicate) = open.pop() {
            match predicate {
                Expr::And(all) => open.extend(all.iter().rev()),
                // A number alone is a position.
                Expr::Number(_) | Expr::Negate { .. } => return None,
                _ => plan.condition(predicate)?,
            }
        }
        (!plan.equal.is_empty()).then_some(plan)
    }

    fn condition(&mut self, expr: &'e Expr) -> Option<()> {
        if let Expr::Chain { first, rest } = expr
            && let [(Operator::Equal, second)] = rest.as_slice()
        {
            for (item, other) in [(&**first, second), (second, &**first)] {
                let mut asked = Asks::default();
                asks(other, &mut asked);
                if let Some(child) = child_of(item)
                    && !asked.item
                    && !asked.place
                {
                    self.equal.push((child, other));
                    return Some(());
                }
            }
        }
        let mut asked = Asks::default();
        asks(expr, &mut asked);
        // What gives a number would be a position; what asks for positions counts all items.
        let truth = match expr {
            Expr::Or(_) => true,
            Expr::Chain { rest, .. } => rest.iter().all(|(operator, _)| {
                !matches!(operator, Operator::Plus | Operator::Minus | Operator::Times | Operator::Div | Operator::Mod)
            }),
            Expr::Call(call) => ["selected", "not", "contains", "starts-with", "true", "false", "regex", "boolean"]
                .iter()
                .any(|name| call.is(name)),
            _ => false,
        };
        if asked.current || asked.place || !truth {
            return None;
        }
        self.rest.push(expr);
        Some(())
    }
}

impl Session {
    /// The items of an itemset, filtered.
    pub(super) fn item_nodes(&mut self, nodeset: ExprId, ix: Ix) -> Vec<Place> {
        let definition = Arc::clone(&self.definition);
        let tree = definition.expression(nodeset).tree();
        match Plan::of(tree).and_then(|plan| self.look_up(&plan, ix)) {
            Some(places) => places,
            None => self.nodes_at(nodeset, ix),
        }
    }

    fn look_up(&self, plan: &Plan<'_>, ix: Ix) -> Option<Vec<Place>> {
        let (at, top) = self.secondary.instance(plan.instance)?;
        let mut wanted = Vec::new();
        for (child, expr) in &plan.equal {
            wanted.push((*child, self.texts(expr, self.place(ix))?));
        }
        let ((child, values), others) = wanted.split_first()?;
        let index = self.index(plan, at, top, child)?;
        let mut found: Vec<NodeId> = values.iter().filter_map(|v| index.by_value.get(v)).flatten().copied().collect();
        if values.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        let document = self.secondary.document(at)?;
        let equals = |&item: &NodeId| {
            let has = |child: &str, values: &[String]| {
                document.children_named(item, child).any(|c| values.iter().any(|v| *v == document.string_value(c)))
            };
            others.iter().all(|(child, values)| has(child, values))
        };
        found.retain(equals);
        let rest: Vec<Expression> = plan.rest.iter().map(|&expr| Expression::from(expr.clone())).collect();
        let mut places = Vec::with_capacity(found.len());
        for item in found {
            let place = Place::Secondary(at, item);
            let holds =
                rest.iter().all(|expr| self.with_context(place, |context| expr.boolean(context)).unwrap_or(false));
            if holds {
                places.push(place);
            }
        }
        Some(places)
    }

    /// The texts that an expression may be equal to; none if it compares as something else.
    fn texts(&self, expr: &Expr, place: Place) -> Option<Vec<String>> {
        let expr = Expression::from(expr.clone());
        let value = self.with_context(place, |context| {
            Ok(match expr.evaluate(context)? {
                Value::String(text) => Some(vec![text.into_owned()]),
                Value::Nodes(nodes) => Some(nodes.iter().map(|n| n.text().into_owned()).collect()),
                Value::Boolean(_) | Value::Number(_) | Value::Date { .. } => None,
            })
        });
        value.ok().flatten()
    }

    fn index(&self, plan: &Plan<'_>, at: usize, top: NodeId, child: &str) -> Option<Arc<Index>> {
        let document = self.secondary.document(at)?;
        let key = format!("{}/{}/{child}", plan.instance, plan.steps.join("/"));
        Some(self.items.get_or_make(key, || {
            let mut items = vec![top];
            for step in &plan.steps {
                items = items.into_iter().flat_map(|i| document.children_named(i, step).collect::<Vec<_>>()).collect();
            }
            Index::of(document, items.into_iter(), child)
        }))
    }

    /// `pulldata('file', 'column', 'key column', key)`: of the first row with this key.
    pub(super) fn pull(&self, file: &str, column: &str, key_column: &str, key: &str) -> Option<String> {
        let file = file.trim_end_matches(".csv");
        let (at, top) = self.secondary.instance(file)?;
        let document = self.secondary.document(at)?;
        let index = self.items.get_or_make(format!("{file}/*/*/{key_column}"), || {
            Index::of(document, document.elements(top).flat_map(|root| document.elements(root)), key_column)
        });
        let &row = index.by_value.get(key)?.first()?;
        document.child(row, column).map(|c| document.string_value(c).into_owned())
    }

    /// An expression at an item; a child's name, which is the usual case, needs no evaluation.
    pub(super) fn item_text(&mut self, expression: ExprId, item: Place) -> String {
        let definition = Arc::clone(&self.definition);
        if let (Some(name), Place::Secondary(at, id)) = (child_of(definition.expression(expression).tree()), item)
            && let Some(document) = self.secondary.document(at)
        {
            return document.child(id, name).map(|c| document.string_value(c).into_owned()).unwrap_or_default();
        }
        self.string_at(expression, item)
    }

    pub(super) fn item_label(&mut self, label: &Text, item: Place) -> Rendered {
        match label {
            Text::Reference(expression) => Rendered::plain(self.item_text(*expression, item)),
            Text::Itext { constant: Some(id), .. } => self.translated(id, item),
            Text::Itext { id, constant: None } => {
                let id = self.item_text(*id, item);
                self.translated(&id, item)
            }
            Text::Parts(_) => self.rendered(label, item),
        }
    }
}

impl Index {
    fn of(document: &Document, items: impl Iterator<Item = NodeId>, child: &str) -> Self {
        let mut index = Self::default();
        for item in items {
            for value in document.children_named(item, child) {
                let nodes = index.by_value.entry(document.string_value(value).into_owned()).or_default();
                if nodes.last() != Some(&item) {
                    nodes.push(item);
                }
            }
        }
        index
    }
}
