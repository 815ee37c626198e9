//! What follows from a change. Computations wait in a queue in the order of the definition's graph; each says what
//! it changed, and who reads that is queued in turn.

use std::sync::Arc;

use super::tree::{Ix, Shape};
use super::{MOST_COMPUTATIONS, MOST_NODES, MOST_ROUNDS, Session};
use crate::form::engine::definition::{ActionValue, Condition, ControlKind, DefId, NodeRole, RepeatCount, Slot};

/// What queueing costs, in nodes looked at.
const QUEUEING: u64 = 20;
/// Rounds of triggered actions within one step.
const MOST_TRIGGERED: usize = 100;

impl Session {
    pub(super) fn enqueue(&mut self, ix: Ix, slot: Slot) {
        let rank = self.definition.graph.rank(self.node(ix).def, slot);
        self.queue.insert((rank, ix, slot));
    }

    /// Computes until nothing is left to compute: first what is queued, then the actions of a load or of new
    /// instances, then those that changed values trigger.
    pub(super) fn settle(&mut self) {
        let mut budget = MOST_COMPUTATIONS;
        self.compute(&mut budget);
        for _ in 0..MOST_TRIGGERED {
            if self.started.is_empty() && self.pending.is_empty() {
                return;
            }
            self.run_actions(&mut budget);
            self.trigger(&mut budget);
        }
        self.fault("actions trigger each other without end".to_owned());
        self.pending.clear();
        self.started.clear();
    }

    pub(super) fn fault(&mut self, what: String) {
        if self.faults.len() < 50 {
            self.faults.insert(what);
        }
    }

    fn compute(&mut self, budget: &mut usize) {
        while let Some((_, ix, slot)) = self.queue.pop_first() {
            if !self.node(ix).alive {
                continue;
            }
            let rounds = self.rounds.entry((ix, slot)).or_insert(0);
            *rounds += 1;
            if *rounds > MOST_ROUNDS {
                let path = self.def(ix).path.clone();
                self.fault(format!("{path}: it depends on itself and finds no end"));
                continue;
            }
            let Some(left) = budget.checked_sub(1).filter(|_| self.work.get() > 0) else {
                self.fault("a step causes too much work: not everything was computed".to_owned());
                self.queue.clear();
                return;
            };
            *budget = left;
            self.slot(ix, slot);
        }
    }

    fn slot(&mut self, ix: Ix, slot: Slot) {
        match slot {
            Slot::Count => self.count(ix),
            Slot::Relevant => {
                if let Condition::When(expression) = self.def(ix).bind.relevant {
                    let relevant = self.boolean(expression, ix);
                    if relevant != self.node(ix).self_relevant {
                        self.node_mut(ix).self_relevant = relevant;
                        self.update_relevance(ix);
                    }
                }
            }
            Slot::Choices => self.refresh_choices(ix),
            Slot::Calculate => {
                if let Some(expression) = self.def(ix).bind.calculate.filter(|_| self.node(ix).relevant) {
                    let text = self.string(expression, ix);
                    if self.node(ix).calculated.as_ref() != Some(&text) {
                        let base = self.decoded(ix, &text);
                        self.node_mut(ix).calculated = Some(text);
                        self.set_base(ix, base);
                    }
                }
            }
            Slot::Readonly => {
                if let Condition::When(expression) = self.def(ix).bind.readonly {
                    self.node_mut(ix).self_readonly = self.boolean(expression, ix);
                    self.update_readonly(ix);
                }
            }
            Slot::Required => {
                if let Condition::When(expression) = self.def(ix).bind.required {
                    let required = self.boolean(expression, ix);
                    if required != self.node(ix).required {
                        self.touch(ix);
                        self.node_mut(ix).required = required;
                        self.enqueue(ix, Slot::Violation);
                    }
                }
            }
            Slot::Label | Slot::Hint => self.refresh_text(ix, slot),
            Slot::Violation => self.refresh_violation(ix),
        }
    }

    fn count(&mut self, range: Ix) {
        let NodeRole::Repeat { count: RepeatCount::Computed(expression), .. } = self.def(range).role else { return };
        if !self.is_range(range) {
            return;
        }
        let wanted = self.number(expression, range);
        // A blank count is one that is being typed: nothing is taken away for that.
        if wanted.is_nan() {
            return;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
        let count = wanted.clamp(0.0, MOST_NODES as f64) as usize;
        self.resize(range, count);
        if self.node(range).children.len() < count {
            let path = self.def(range).path.clone();
            self.fault(format!("{path}: {wanted} instances are too many"));
        }
    }

    /// What was answered or calculated.
    pub(super) fn set_base(&mut self, ix: Ix, base: String) {
        self.node_mut(ix).base = base;
        self.refresh_value(ix);
    }

    /// The value that expressions see follows from what was answered, relevance and choices.
    pub(super) fn refresh_value(&mut self, ix: Ix) {
        let value = self.effective(ix);
        if value == self.node(ix).value {
            return;
        }
        self.touch(ix);
        let xml = self.xml(ix);
        self.document.set_text(xml, &value);
        let before = std::mem::replace(&mut self.node_mut(ix).value, value);
        let definition = Arc::clone(&self.definition);
        let id = self.node(ix).def;
        if !definition.node(id).triggers.is_empty() {
            self.pending.entry(ix).or_insert(before);
        }
        if definition.node(id).role == NodeRole::Value {
            self.enqueue(ix, Slot::Violation);
        }
        for dependent in definition.graph.readers(id) {
            self.enqueue_all(ix, dependent.node, dependent.slot, dependent.shared);
        }
    }

    fn enqueue_all(&mut self, from: Ix, def: DefId, slot: Slot, shared: u32) {
        let targets = self.targets(from, def, shared);
        // Every instance asked by every instance is more work than any expression.
        let left = self.work.get().saturating_sub(targets.len() as u64 * QUEUEING);
        self.work.set(left);
        if left == 0 {
            return;
        }
        for ix in targets {
            if slot != Slot::Count || self.is_range(ix) {
                self.enqueue(ix, slot);
            }
        }
    }

    /// Instances came or went: who counts them, or asks where it stands among them, is computed again.
    pub(super) fn range_changed(&mut self, range: Ix) {
        let definition = Arc::clone(&self.definition);
        let id = self.node(range).def;
        for dependent in definition.graph.counters(id) {
            self.enqueue_all(range, dependent.node, dependent.slot, dependent.shared);
        }
        // Values that came or went with the instances, for whoever reads them from outside.
        let mut below: Vec<DefId> = vec![id];
        while let Some(id) = below.pop() {
            let node = definition.node(id);
            below.extend(&node.children);
            for dependent in definition.graph.readers(id) {
                let outside = dependent.shared < definition.node(self.node(range).def).repeat_depth;
                if outside {
                    self.enqueue_all(range, dependent.node, dependent.slot, dependent.shared);
                }
            }
        }
        self.update_relevance(range);
    }

    /// Relevance is inherited: what changes here may change everything below.
    pub(super) fn update_relevance(&mut self, ix: Ix) {
        // A range is relevant as long as one of its instances is: it is asked along with them.
        let from = match (self.node(ix).shape, self.node(ix).parent) {
            (Shape::Instance, Some(range)) => range,
            _ => ix,
        };
        let mut open = vec![from];
        while let Some(ix) = open.pop() {
            let node = self.node(ix);
            let above = node.parent.is_none_or(|p| match node.shape {
                Shape::Instance => self.node(p).parent.is_none_or(|above| self.node(above).relevant),
                Shape::Plain | Shape::Range => self.node(p).relevant,
            });
            let own = match node.shape {
                Shape::Range if !node.children.is_empty() => node.children.iter().any(|&c| self.node(c).self_relevant),
                _ => node.self_relevant,
            };
            let (relevant, is_range, was) = (above && own, node.shape == Shape::Range, node.relevant);
            let children = node.children.clone();
            if relevant != was {
                self.touch(ix);
                self.node_mut(ix).relevant = relevant;
                if self.def(ix).is_value() {
                    if relevant && self.def(ix).bind.calculate.is_some() {
                        self.node_mut(ix).calculated = None;
                        self.enqueue(ix, Slot::Calculate);
                    }
                    self.refresh_value(ix);
                    self.enqueue(ix, Slot::Violation);
                }
            }
            if relevant != was || is_range {
                open.extend(children);
            }
        }
    }

    fn update_readonly(&mut self, ix: Ix) {
        let mut open = vec![ix];
        while let Some(ix) = open.pop() {
            let node = self.node(ix);
            let readonly = node.self_readonly || node.parent.is_some_and(|p| self.node(p).readonly);
            if readonly != node.readonly {
                open.extend(node.children.iter().copied());
                self.touch(ix);
                self.node_mut(ix).readonly = readonly;
            }
        }
    }

    /// Actions of a load or of a new instance, in the order of the form.
    fn run_actions(&mut self, budget: &mut usize) {
        let definition = Arc::clone(&self.definition);
        for (ix, loading) in std::mem::take(&mut self.started) {
            let actions = &self.def(ix).actions.clone();
            for action in actions.iter().filter_map(|&a| definition.actions.get(a)) {
                let due =
                    if loading { action.events.first_load || action.events.load } else { action.events.new_repeat };
                if due && self.node(ix).alive && self.node(ix).relevant {
                    self.act(&action.value, ix);
                    self.compute(budget);
                }
            }
        }
    }

    /// Actions of values that changed.
    fn trigger(&mut self, budget: &mut usize) {
        let definition = Arc::clone(&self.definition);
        for (ix, before) in std::mem::take(&mut self.pending) {
            if !self.node(ix).alive || self.node(ix).value == before {
                continue;
            }
            let triggers = &self.def(ix).triggers.clone();
            for action in triggers.iter().filter_map(|&a| definition.actions.get(a)) {
                let shared = self.common_depth(ix, action.target);
                // A target in a repeat that the source is not in would be every instance's: none is meant.
                let targets = self.targets(ix, action.target, shared);
                if let [target] = *targets.as_slice() {
                    self.act(&action.value, target);
                    self.compute(budget);
                }
            }
        }
    }

    /// How many repeats a node and a definition have in common.
    fn common_depth(&self, ix: Ix, target: DefId) -> u32 {
        let definition = &self.definition;
        let own: Vec<DefId> = definition.ancestors_or_self(self.node(ix).def).collect();
        let common = definition.ancestors_or_self(target).find(|id| own.contains(id));
        common.map_or(0, |id| definition.node(id).repeat_depth)
    }

    fn act(&mut self, value: &ActionValue, target: Ix) {
        let text = match value {
            ActionValue::Literal(text) => text.clone(),
            ActionValue::Expression(expression) => self.string(*expression, target),
        };
        if self.def(target).is_value() {
            let base = self.decoded(target, &text);
            self.set_base(target, base);
        }
    }

    /// A text as the node keeps it: of its type, or chosen values.
    pub(super) fn decoded(&self, ix: Ix, text: &str) -> String {
        let def = self.def(ix);
        match self.control_kind(ix) {
            Some(ControlKind::SelectOne) => text.to_owned(),
            Some(ControlKind::SelectMany | ControlKind::Rank) => {
                text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
            }
            Some(ControlKind::Trigger) => if text.eq_ignore_ascii_case("ok") { "OK" } else { "" }.to_owned(),
            _ => def.bind.data_type.coerce(text),
        }
    }
}

#[cfg(test)]
impl Session {
    /// Everything again, whether anything changed or not: what depends on what plays no part in it.
    pub(in crate::form::engine) fn recompute_all(&mut self) {
        self.rounds.clear();
        self.work.set(super::MOST_WORK);
        let alive: Vec<Ix> = (0..self.nodes.len())
            .filter_map(|at| u32::try_from(at).ok().map(Ix))
            .filter(|&ix| self.node(ix).alive)
            .collect();
        for &ix in &alive {
            self.node_mut(ix).calculated = None;
        }
        self.begin(&alive);
        self.started.clear();
        self.settle();
    }
}
