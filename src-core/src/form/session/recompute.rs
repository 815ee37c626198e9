//! What a change touches, and nothing else: parts of nodes wait in a queue by rank (what is read before what
//! reads it); a part whose result did not change touches nothing further.

use super::{MAX_INSTANCES, MAX_NODES, Node, Role, Session};
use crate::form::expr::value::number_text;
use crate::form::expr::{Expr, NodeRef, Tree, Value, dates, evaluate};
use crate::form::model::{ItemId, Kind};
use crate::form::program::{Flag, Part};

/// Evaluations of one change, per node of the session, before it is cut off. Only forms whose parts depend on
/// themselves through a container come near it.
const MAX_ROUNDS: usize = 40;

impl Session {
    fn push(&mut self, node: u32, item: ItemId, part: Part) {
        let rank = self.program.ranks.get(&(item, part)).copied().unwrap_or(u32::MAX);
        self.queue.insert((rank, part, node));
    }

    /// Makes the nodes of an item. Fresh forms give each repeat one instance; a new instance starts with none
    /// of the repeats within it, as the ODK engines do.
    pub(super) fn build(&mut self, item: ItemId, parent: Option<u32>, fresh: bool) -> Option<u32> {
        let kind = self.form().item(item)?.kind;
        if kind != Kind::Repeat {
            return self.make(item, parent, if kind == Kind::Group { Role::Group } else { Role::Leaf }, fresh);
        }
        let range = self.make(item, parent, Role::Range, fresh)?;
        if fresh && self.program.items.get(item).is_some_and(|c| c.count.is_none()) {
            self.add_instance(range, true);
        }
        Some(range)
    }

    /// A further instance at the end of a range.
    pub(super) fn add_instance(&mut self, range: u32, fresh: bool) -> Option<u32> {
        let item = self.node_at(range)?.item;
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let id = self.make(item, Some(range), Role::Instance, fresh)?;
        self.added.push(id);
        self.touch(range);
        self.touch_below(id);
        Some(id)
    }

    /// Takes an instance away, with all below it.
    pub(super) fn drop_instance(&mut self, id: u32) {
        let Some(range) = self.node_at(id).and_then(|n| n.parent) else { return };
        self.removed.push(self.reference(id));
        self.touch_below(id);
        if let Some(node) = self.nodes.get_mut(range as usize) {
            node.children.retain(|c| *c != id);
        }
        self.touch(range);
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            if let Some(node) = self.nodes.get_mut(at as usize) {
                node.alive = false;
                stack.extend(node.children.iter());
            }
            self.changed.remove(&at);
        }
        // Later instances have a new place, and so a new reference.
        let siblings = self.children_of(range).to_vec();
        self.changed.extend(siblings);
        self.changed.insert(range);
    }

    fn make(&mut self, item: ItemId, parent: Option<u32>, role: Role, fresh: bool) -> Option<u32> {
        let form = self.form().clone();
        let definition = form.item(item)?;
        let id = u32::try_from(self.nodes.len()).ok()?;
        let relevant = parent.and_then(|p| self.node_at(p)).is_none_or(|p| p.relevant);
        let program = self.program.clone();
        let compiled = program.items.get(item)?;
        let own = match (&compiled.relevant, role) {
            (_, Role::Instance) | (Flag::When(_), _) => true,
            (Flag::Always(own), _) => *own,
        };
        let always = |flag: &Flag| matches!(flag, Flag::Always(true));
        self.nodes.push(Node {
            item,
            parent,
            children: Vec::new(),
            role,
            alive: true,
            value: String::new(),
            own_relevant: own,
            relevant: relevant && own,
            required: always(&compiled.required),
            read_only: always(&compiled.read_only),
            valid: true,
            choices: None,
        });
        if let Some(above) = parent.and_then(|p| self.nodes.get_mut(p as usize)) {
            above.children.push(id);
        }
        if role == Role::Leaf {
            let value = match definition.kind {
                Kind::Start | Kind::End => dates::moment_text(self.now),
                Kind::Today => dates::day_text(self.now),
                _ if definition.default_is_expr => String::new(),
                _ => definition.default.clone().unwrap_or_default(),
            };
            if let Some(node) = self.nodes.get_mut(id as usize) {
                node.value = value;
            }
            if compiled.default.is_some() {
                self.defaults.push(id);
            }
        }
        if role != Role::Instance {
            for (part, _) in program.expressions(item) {
                if part != Part::Texts {
                    self.push(id, item, part);
                }
            }
        }
        if role == Role::Group || role == Role::Instance {
            for child in &definition.children {
                self.build(*child, Some(id), fresh);
            }
        }
        Some(id)
    }

    /// Queues what depends on a node's value, relevance or (for ranges) number of instances.
    pub(super) fn touch(&mut self, id: u32) {
        let Some(item) = self.node_at(id).map(|n| n.item) else { return };
        let program = self.program.clone();
        for dependent in program.dependents.get(item).into_iter().flatten() {
            let scope = if dependent.scoped { self.common_scope(id, dependent.item) } else { 0 };
            for node in self.holders(scope, dependent.item) {
                if dependent.part == Part::Texts {
                    self.changed.insert(node);
                } else {
                    self.push(node, dependent.item, dependent.part);
                }
            }
        }
    }

    /// The nodes that carry an item's computed state: ranges for repeats (and instances, for their texts).
    fn holders(&self, scope: u32, item: ItemId) -> Vec<u32> {
        let mut found = self.nodes_of(scope, item);
        if self.form().item(item).is_some_and(|i| i.kind == Kind::Repeat) {
            let above = self.form().item(item).and_then(|i| i.parent).unwrap_or(0);
            let parents = if self.node_at(scope).is_some_and(|n| n.item == above && n.role != Role::Range) {
                vec![scope]
            } else {
                self.nodes_of(scope, above)
            };
            found.extend(parents.into_iter().filter_map(|p| self.child_for(p, item)));
        }
        found
    }

    fn touch_below(&mut self, id: u32) {
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            self.changed.insert(at);
            self.touch(at);
            stack.extend(self.children_of(at).to_vec());
        }
    }

    /// Computes what is queued until nothing is left, then the defaults that are expressions.
    pub(super) fn settle(&mut self) {
        self.run();
        while !self.defaults.is_empty() {
            for id in std::mem::take(&mut self.defaults) {
                let Some(node) = self.node_at(id).filter(|n| n.alive && n.value.is_empty()) else { continue };
                let program = self.program.clone();
                let Some(expr) = program.items.get(node.item).and_then(|c| c.default.as_ref()) else { continue };
                let value = self.compute_text(expr, id);
                self.assign(id, value);
            }
            self.run();
        }
    }

    fn run(&mut self) {
        let mut budget = (self.nodes.len() + 1_000).saturating_mul(MAX_ROUNDS);
        while let Some((_, part, id)) = self.queue.pop_first() {
            if budget == 0 {
                self.queue.clear();
                return;
            }
            budget -= 1;
            if self.node_at(id).is_some_and(|n| n.alive) {
                self.compute(id, part);
            }
        }
    }

    fn evaluate(&mut self, expr: &Expr, id: u32) -> Option<Value> {
        self.evaluations += 1;
        let node = NodeRef::new(0, id);
        evaluate(expr, self, node, node).ok()
    }

    fn truth(&mut self, flag: &Flag, id: u32, failed: bool) -> bool {
        match flag {
            Flag::Always(value) => *value,
            Flag::When(expr) => self.evaluate(expr, id).map_or(failed, |v| v.truth()),
        }
    }

    fn compute_text(&mut self, expr: &Expr, id: u32) -> String {
        match self.evaluate(expr, id) {
            Some(Value::Number(n)) if n.is_nan() => String::new(),
            Some(Value::Number(n)) => number_text(n),
            Some(value) => value.text(self),
            None => String::new(),
        }
    }

    fn compute(&mut self, id: u32, part: Part) {
        let program = self.program.clone();
        let Some((item, role)) = self.node_at(id).map(|n| (n.item, n.role)) else { return };
        let Some(compiled) = program.items.get(item) else { return };
        match part {
            Part::Relevant => {
                if role == Role::Instance {
                    return;
                }
                // What cannot be evaluated is shown rather than hidden.
                let own = self.truth(&compiled.relevant, id, true);
                if self.node_at(id).is_some_and(|n| n.own_relevant != own) {
                    if let Some(node) = self.nodes.get_mut(id as usize) {
                        node.own_relevant = own;
                    }
                    self.spread_relevance(id);
                }
            }
            Part::Count => {
                let Some(expr) = compiled.count.as_ref().filter(|_| role == Role::Range) else { return };
                let wanted = self.evaluate(expr, id).map_or(0.0, |v| v.number(self));
                let wanted = if wanted.is_nan() { 0 } else { wanted.clamp(0.0, MAX_INSTANCES) as usize };
                while self.children_of(id).len() > wanted {
                    let Some(last) = self.children_of(id).last().copied() else { break };
                    self.drop_instance(last);
                }
                while self.children_of(id).len() < wanted {
                    if self.add_instance(id, false).is_none() {
                        break;
                    }
                }
            }
            Part::Value => {
                if let (Some(expr), true) = (&compiled.calculation, self.node_at(id).is_some_and(|n| n.relevant)) {
                    let value = self.compute_text(expr, id);
                    self.assign(id, value);
                }
            }
            Part::Choices => self.compute_choices(id, item, compiled.choice_filter.as_ref()),
            Part::ReadOnly | Part::Required | Part::Constraint => {
                let (flag, failed) = match part {
                    Part::ReadOnly => (&compiled.read_only, false),
                    Part::Required => (&compiled.required, false),
                    _ => (&compiled.constraint, true),
                };
                let empty = self.node_at(id).is_none_or(|n| n.value.is_empty());
                let now = if part == Part::Constraint && empty { true } else { self.truth(flag, id, failed) };
                let Some(node) = self.nodes.get_mut(id as usize) else { return };
                let slot = match part {
                    Part::ReadOnly => &mut node.read_only,
                    Part::Required => &mut node.required,
                    _ => &mut node.valid,
                };
                if std::mem::replace(slot, now) != now {
                    self.changed.insert(id);
                }
            }
            Part::Texts => {}
        }
    }

    fn compute_choices(&mut self, id: u32, item: ItemId, filter: Option<&Expr>) {
        let form = self.form().clone();
        let Some(name) = form.item(item).and_then(|i| i.list.as_ref()) else { return };
        let (Some(filter), Some(list), Some(doc)) = (filter, form.lists.get(name), self.list_doc(name)) else { return };
        let mut kept = Vec::new();
        self.evaluations += 1;
        for row in 0..list.rows.len() {
            let choice = self.list_row(doc, row);
            if evaluate(filter, self, choice, NodeRef::new(0, id)).is_ok_and(|v| v.truth()) {
                kept.extend(u32::try_from(row));
            }
        }
        let Some(node) = self.nodes.get_mut(id as usize) else { return };
        if node.choices.as_ref() == Some(&kept) {
            return;
        }
        let value = node.value.clone();
        let offered = |v: &&str| kept.iter().any(|r| list.rows.get(*r as usize).is_some_and(|row| row.name == *v));
        let value = value.split_whitespace().filter(offered).collect::<Vec<_>>().join(" ");
        node.choices = Some(kept);
        self.changed.insert(id);
        // An answer that is no longer offered is no answer.
        self.assign(id, value);
    }

    /// Gives a node its value and queues what follows. True if it is another one than before.
    pub(super) fn assign(&mut self, id: u32, value: String) -> bool {
        let Some(node) = self.nodes.get_mut(id as usize) else { return false };
        if node.value == value {
            return false;
        }
        node.value = value;
        let item = node.item;
        self.changed.insert(id);
        if let Some(Flag::When(_)) = self.program.items.get(item).map(|c| &c.constraint) {
            self.push(id, item, Part::Constraint);
        }
        self.touch(id);
        true
    }

    fn spread_relevance(&mut self, top: u32) {
        let mut stack = vec![top];
        while let Some(id) = stack.pop() {
            let Some(node) = self.node_at(id) else { continue };
            let above = node.parent.and_then(|p| self.node_at(p)).is_none_or(|p| p.relevant);
            let relevant = above && node.own_relevant;
            if node.relevant == relevant {
                continue;
            }
            let (item, role) = (node.item, node.role);
            stack.extend(node.children.iter());
            if let Some(node) = self.nodes.get_mut(id as usize) {
                node.relevant = relevant;
            }
            self.changed.insert(id);
            self.touch(id);
            if relevant && role == Role::Leaf && self.program.items.get(item).is_some_and(|c| c.calculation.is_some()) {
                self.push(id, item, Part::Value);
            }
        }
    }

    /// The node of a reference such as `/data/rooms[2]/temperature`. A repeat without index is its range.
    pub(super) fn find_node(&self, reference: &str) -> Option<u32> {
        let mut parts = reference.strip_prefix('/')?.split('/');
        if parts.next()? != self.form().item(0)?.name {
            return None;
        }
        let mut at = 0u32;
        for part in parts {
            let (name, index) = match part.strip_suffix(']').and_then(|p| p.split_once('[')) {
                Some((name, index)) => (name, Some(index.parse::<usize>().ok()?)),
                None => (part, None),
            };
            let item = self.form().item(self.node_at(at)?.item)?;
            let child = item.children.iter().find(|c| self.form().item(**c).is_some_and(|i| i.name == name))?;
            let node = self.child_for(at, *child)?;
            at = match index {
                Some(index) if self.node_at(node)?.role == Role::Range => {
                    *self.children_of(node).get(index.checked_sub(1)?)?
                }
                Some(_) => return None,
                None => node,
            };
        }
        Some(at)
    }

    /// The reference of a node.
    pub(super) fn reference(&self, id: u32) -> String {
        let mut parts = Vec::new();
        let mut at = Some(id);
        while let Some(node) = at.and_then(|a| self.node_at(a)) {
            let name = self.name(NodeRef::new(0, at.unwrap_or(0)));
            if node.role == Role::Instance {
                let range = node.parent.unwrap_or(0);
                let place = self.children_of(range).iter().position(|c| Some(*c) == at).map_or(0, |p| p + 1);
                parts.push(format!("{name}[{place}]"));
                at = self.node_at(range).and_then(|r| r.parent);
            } else {
                parts.push(name.to_owned());
                at = node.parent;
            }
        }
        parts.iter().rev().fold(String::new(), |path, part| path + "/" + part)
    }
}
