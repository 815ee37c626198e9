//! What an expression depends on, found by following its paths through the items of the form.

use super::expr::ast::{Axis, Expr, Start, Step, Test};
use super::model::{Form, ItemId, Kind};
use std::collections::BTreeSet;

/// Which items an expression reads, found without running it: paths are followed through the items.
pub(super) struct Reads<'a> {
    pub form: &'a Form,
    /// The item that carries the expression, `current()`.
    pub host: ItemId,
    /// What is read, and whether only in the same instances.
    pub found: BTreeSet<(ItemId, bool)>,
}

impl Reads<'_> {
    /// Notes what is read; gives the items that the result may be nodes of.
    pub fn expr(&mut self, expr: &Expr, context: &[ItemId]) -> Vec<ItemId> {
        match expr {
            Expr::Field { item, anywhere } => {
                self.found.insert((*item, !anywhere));
                vec![*item]
            }
            Expr::Path(start, steps) => self.path(start, steps, context),
            Expr::Union(a, b) => {
                let mut items = self.expr(a, context);
                items.extend(self.expr(b, context));
                items
            }
            Expr::Or(a, b) | Expr::And(a, b) | Expr::Compare(_, a, b) | Expr::Arith(_, a, b) => {
                self.expr(a, context);
                self.expr(b, context);
                Vec::new()
            }
            Expr::Negate(a) => {
                self.expr(a, context);
                Vec::new()
            }
            Expr::Call(name, args) => {
                let mut items: Vec<ItemId> = args.iter().flat_map(|a| self.expr(a, context)).collect();
                if name == "current" {
                    items.push(self.host);
                }
                if args.is_empty() && matches!(name.as_str(), "string" | "number" | "string-length" | "normalize-space")
                {
                    self.found.extend(context.iter().map(|i| (*i, true)));
                }
                items
            }
            Expr::Number(_) | Expr::Literal(_) | Expr::Reference(_) => Vec::new(),
        }
    }

    fn path(&mut self, start: &Start, steps: &[Step], context: &[ItemId]) -> Vec<ItemId> {
        // `None` is the document above the root.
        let mut scoped = true;
        let mut items: BTreeSet<Option<ItemId>> = match start {
            Start::Context => context.iter().map(|i| Some(*i)).collect(),
            Start::Root => {
                scoped = false;
                BTreeSet::from([None])
            }
            Start::From(from, predicates) => {
                let items = self.expr(from, context);
                predicates.iter().for_each(|p| {
                    self.expr(p, &items);
                });
                items.into_iter().map(Some).collect()
            }
        };
        for step in steps {
            let mut next = BTreeSet::new();
            for item in items {
                // Upwards out of an instance, and sideways, other instances come into sight.
                let stays = match step.axis {
                    Axis::Child | Axis::SelfNode | Axis::Descendant | Axis::DescendantOrSelf => true,
                    Axis::Parent => item.and_then(|i| self.form.item(i)).is_some_and(|i| i.kind != Kind::Repeat),
                    _ => false,
                };
                scoped &= stays;
                self.step(step, item, &mut next);
            }
            let found: Vec<ItemId> = next.iter().flatten().copied().collect();
            for predicate in &step.predicates {
                self.expr(predicate, &found);
            }
            items = next;
        }
        let items: Vec<ItemId> = items.into_iter().flatten().collect();
        self.found.extend(items.iter().map(|i| (*i, scoped)));
        items
    }

    fn step(&self, step: &Step, item: Option<ItemId>, next: &mut BTreeSet<Option<ItemId>>) {
        let children = |item: Option<ItemId>| -> Vec<ItemId> {
            match item {
                None => vec![0],
                Some(id) => self.form.item(id).map(|i| i.children.clone()).unwrap_or_default(),
            }
        };
        let parent = |item: Option<ItemId>| item.and_then(|i| self.form.item(i)).map(|i| i.parent);
        let mut found: Vec<Option<ItemId>> = Vec::new();
        match step.axis {
            Axis::Child => found.extend(children(item).into_iter().map(Some)),
            Axis::SelfNode => found.push(item),
            Axis::Parent => found.extend(parent(item)),
            Axis::Ancestor | Axis::AncestorOrSelf => {
                let mut up = if step.axis == Axis::Ancestor { parent(item) } else { Some(item) };
                while let Some(i) = up {
                    found.push(i);
                    up = parent(i);
                }
            }
            Axis::FollowingSibling | Axis::PrecedingSibling => {
                if let Some(parent) = parent(item) {
                    found.extend(children(parent).into_iter().map(Some));
                }
            }
            Axis::Attribute | Axis::Namespace => {}
            Axis::Descendant | Axis::DescendantOrSelf | Axis::Following | Axis::Preceding => {
                let whole = matches!(step.axis, Axis::Following | Axis::Preceding);
                let mut stack = vec![if whole { None } else { item }];
                if step.axis == Axis::DescendantOrSelf {
                    found.push(item);
                }
                while let Some(i) = stack.pop() {
                    let below: Vec<Option<ItemId>> = children(i).into_iter().map(Some).collect();
                    found.extend(&below);
                    stack.extend(below);
                }
            }
        }
        let accepted = |item: &Option<ItemId>| match &step.test {
            Test::Name(name) => item.and_then(|i| self.form.item(i)).is_some_and(|i| i.name == *name),
            Test::Any => item.is_some(),
            Test::Node | Test::Text => true,
            Test::Nothing => false,
        };
        next.extend(found.into_iter().filter(accepted));
    }
}
