//! What depends on what, found once when the form is read: for every node, which computations read its value or, of
//! a repeat, its instances; and one order in which computations can be done so that each is done after what it
//! reads. Cycles are found and named.

use std::collections::{HashMap, HashSet};

use super::depend::{Places, Reads, Tree};
use super::text::{Itext, Part, Text};
use super::{Action, ActionValue, Condition, DefId, ExprId, Expression, Items, NodeDef, Problem, RepeatCount, Role};

/// A computation of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::form::engine) enum Slot {
    /// How many instances a repeat has.
    Count,
    Relevant,
    Choices,
    Calculate,
    Readonly,
    Required,
    Label,
    Hint,
    /// Constraint, required, and the message of what is violated.
    Violation,
}

const SLOTS: usize = 9;

/// A computation that reads something: of every node `node` that stands in the same `shared` outermost repeat
/// instances as what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::form::engine) struct Dependent {
    pub(in crate::form::engine) node: DefId,
    pub(in crate::form::engine) slot: Slot,
    pub(in crate::form::engine) shared: u32,
}

#[derive(Debug, Default)]
pub(in crate::form::engine) struct Graph {
    values: Vec<Vec<Dependent>>,
    instances: Vec<Vec<Dependent>>,
    languages: Vec<(DefId, Slot)>,
    ranks: Vec<[u32; SLOTS]>,
    /// Itemsets that read nothing of the primary instance: one list for all nodes and all times of a language.
    constant_items: Vec<bool>,
    /// Repeat counts that read nothing of the primary instance.
    constant_counts: Vec<bool>,
}

impl Graph {
    /// Who reads the value of a node.
    pub(in crate::form::engine) fn readers(&self, node: DefId) -> &[Dependent] {
        self.values.get(node.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Who reads the number or the positions of a repeat's instances.
    pub(in crate::form::engine) fn counters(&self, repeat: DefId) -> &[Dependent] {
        self.instances.get(repeat.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// What is computed again when the language changes.
    pub(in crate::form::engine) fn language_readers(&self) -> &[(DefId, Slot)] {
        &self.languages
    }

    /// When a computation is due: smaller is earlier.
    pub(in crate::form::engine) fn rank(&self, node: DefId, slot: Slot) -> u32 {
        self.ranks.get(node.0 as usize).and_then(|r| r.get(slot as usize)).copied().unwrap_or(u32::MAX)
    }

    pub(in crate::form::engine) fn has_constant_items(&self, node: DefId) -> bool {
        self.constant_items.get(node.0 as usize).copied().unwrap_or(false)
    }

    pub(in crate::form::engine) fn has_constant_count(&self, node: DefId) -> bool {
        self.constant_counts.get(node.0 as usize).copied().unwrap_or(false)
    }

    pub(super) fn of(
        nodes: &[NodeDef],
        by_path: &HashMap<String, DefId>,
        expressions: &[Expression],
        itext: &Itext,
        named: &HashSet<String>,
        actions: &[Action],
        warnings: &mut Vec<Problem>,
    ) -> Self {
        let tree = Tree::new(nodes, by_path);
        let mut build = Build { tree, nodes, expressions, itext, named, graph: Self::default() };
        build.graph.values = vec![Vec::new(); nodes.len()];
        build.graph.instances = vec![Vec::new(); nodes.len()];
        build.graph.constant_items = vec![false; nodes.len()];
        build.graph.constant_counts = vec![false; nodes.len()];
        for at in 0..nodes.len() {
            build.node(DefId(u32::try_from(at).unwrap_or(u32::MAX)));
        }
        let mut graph = build.graph;
        for list in graph.values.iter_mut().chain(&mut graph.instances) {
            list.sort_by_key(|d| (d.node, d.slot, d.shared));
            // What shares fewer instances is more nodes and includes what shares more.
            list.dedup_by_key(|d| (d.node, d.slot));
        }
        graph.languages.sort_unstable();
        graph.languages.dedup();
        graph.order(nodes, actions, warnings);
        graph
    }
}

struct Build<'a> {
    tree: Tree<'a>,
    nodes: &'a [NodeDef],
    expressions: &'a [Expression],
    itext: &'a Itext,
    /// Texts with values filled in that items of secondary instances can name.
    named: &'a HashSet<String>,
    graph: Graph,
}

impl<'a> Build<'a> {
    fn node(&mut self, id: DefId) {
        let Some(node) = self.nodes.get(id.0 as usize) else { return };
        let here = self.tree.here(id);
        let bind = &node.bind;
        let conditions =
            [(bind.relevant, Slot::Relevant), (bind.readonly, Slot::Readonly), (bind.required, Slot::Required)];
        for (condition, slot) in conditions {
            if let Condition::When(expression) = condition {
                self.reads(id, slot, expression, &here);
            }
        }
        for (expression, slot) in [(bind.calculate, Slot::Calculate), (bind.constraint, Slot::Violation)] {
            if let Some(expression) = expression {
                self.reads(id, slot, expression, &here);
            }
        }
        for message in [&bind.constraint_message, &bind.required_message].into_iter().flatten() {
            self.text(id, Slot::Violation, message, &here);
        }
        if let super::NodeRole::Repeat { count: RepeatCount::Computed(expression), .. } = node.role {
            let (_, reads) = self.tree.reads(self.ast(expression), &here);
            if let Some(flag) = self.graph.constant_counts.get_mut(id.0 as usize) {
                *flag = reads.is_empty();
            }
            self.add(id, Slot::Count, &reads);
        }
        let Some(control) = &node.control else { return };
        for (text, slot) in [(&control.label, Slot::Label), (&control.hint, Slot::Hint)] {
            if let Some(text) = text {
                self.text(id, slot, text, &here);
            }
        }
        match &control.items {
            Some(Items::Static(items)) => {
                for label in items.iter().filter_map(|item| item.label.as_ref()) {
                    self.text(id, Slot::Choices, label, &here);
                }
            }
            Some(Items::Itemset { nodeset, value, label }) => {
                let (items, reads) = self.tree.reads(self.ast(*nodeset), &here);
                let mut constant = reads.is_empty() && items.is_empty();
                self.add(id, Slot::Choices, &reads);
                self.reads(id, Slot::Choices, *value, &items);
                match label {
                    // Not every text there is: a label would otherwise depend on what other questions' texts show.
                    Some(Text::Itext { id: expression, constant: None }) if items.is_empty() => {
                        self.graph.languages.push((id, Slot::Choices));
                        self.reads(id, Slot::Choices, *expression, &items);
                        let (itext, named) = (self.itext, self.named);
                        for value in named.iter().flat_map(|text| itext.values(Some(text))) {
                            self.parts(id, Slot::Choices, &value.parts, &items);
                        }
                        constant &= named.is_empty();
                    }
                    Some(label) => {
                        self.text(id, Slot::Choices, label, &items);
                        constant &= !matches!(label, Text::Itext { .. });
                    }
                    None => {}
                }
                if let Some(flag) = self.graph.constant_items.get_mut(id.0 as usize) {
                    *flag = constant;
                }
            }
            None => {}
        }
    }

    fn ast(&self, id: ExprId) -> &'a crate::form::xpath::Expr {
        #[expect(clippy::indexing_slicing, reason = "made by the reader from this very slice")]
        self.expressions[id.0 as usize].tree()
    }

    fn reads(&mut self, id: DefId, slot: Slot, expression: ExprId, context: &Places) {
        let (_, reads) = self.tree.reads(self.ast(expression), context);
        self.add(id, slot, &reads);
    }

    fn text(&mut self, id: DefId, slot: Slot, text: &Text, context: &Places) {
        match text {
            Text::Parts(parts) => self.parts(id, slot, parts, context),
            Text::Reference(expression) => self.reads(id, slot, *expression, context),
            Text::Itext { id: expression, constant } => {
                self.graph.languages.push((id, slot));
                self.reads(id, slot, *expression, context);
                let itext = self.itext;
                for value in itext.values(constant.as_deref()) {
                    self.parts(id, slot, &value.parts, context);
                }
            }
        }
    }

    fn parts(&mut self, id: DefId, slot: Slot, parts: &[Part], context: &Places) {
        for part in parts {
            if let Part::Output(expression) = part {
                self.reads(id, slot, *expression, context);
            }
        }
    }

    fn add(&mut self, node: DefId, slot: Slot, reads: &Reads) {
        for (source, shared) in &reads.values {
            if let Some(list) = self.graph.values.get_mut(source.0 as usize) {
                list.push(Dependent { node, slot, shared: *shared });
            }
        }
        for (repeat, shared) in &reads.instances {
            if let Some(list) = self.graph.instances.get_mut(repeat.0 as usize) {
                list.push(Dependent { node, slot, shared: *shared });
            }
        }
        if reads.language {
            self.graph.languages.push((node, slot));
        }
    }
}

/// Vertices of the order: five a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Count,
    Relevant,
    Choices,
    Calculate,
    Value,
}

const STAGES: usize = 5;

fn vertex(node: DefId, stage: Stage) -> usize {
    node.0 as usize * STAGES + stage as usize
}

fn stage(slot: Slot) -> Option<Stage> {
    Some(match slot {
        Slot::Count => Stage::Count,
        Slot::Relevant => Stage::Relevant,
        Slot::Choices => Stage::Choices,
        Slot::Calculate => Stage::Calculate,
        _ => return None,
    })
}

impl Graph {
    fn order(&mut self, nodes: &[NodeDef], actions: &[Action], warnings: &mut Vec<Problem>) {
        let edges = self.edges(nodes, actions);
        let components = components(&edges);
        let mut rank_of = vec![0_u32; edges.len()];
        // Tarjan gives what is read last first.
        for (rank, component) in components.iter().rev().enumerate() {
            for &v in component {
                if let Some(slot) = rank_of.get_mut(v) {
                    *slot = u32::try_from(rank).unwrap_or(u32::MAX);
                }
            }
            if component.len() > 1 {
                warnings.extend(self.cycle(nodes, component));
            }
        }
        let rank = |node: DefId, stage| rank_of.get(vertex(node, stage)).copied().unwrap_or(0);
        self.ranks = (0..nodes.len())
            .map(|at| {
                let node = DefId(u32::try_from(at).unwrap_or(u32::MAX));
                let mut ranks = [u32::MAX - 1; SLOTS];
                let staged = [Stage::Count, Stage::Relevant, Stage::Choices, Stage::Calculate];
                for (to, stage) in ranks.iter_mut().zip(staged) {
                    *to = rank(node, stage);
                }
                if let Some(violation) = ranks.last_mut() {
                    *violation = u32::MAX;
                }
                ranks
            })
            .collect();
    }

    fn edges(&self, nodes: &[NodeDef], actions: &[Action]) -> Vec<Vec<usize>> {
        let mut edges: Vec<Vec<usize>> = vec![Vec::new(); nodes.len() * STAGES];
        let mut edge = |from: usize, to: usize| {
            if let Some(list) = edges.get_mut(from) {
                list.push(to);
            }
        };
        for (at, node) in nodes.iter().enumerate() {
            let id = DefId(u32::try_from(at).unwrap_or(u32::MAX));
            for stage in [Stage::Relevant, Stage::Choices, Stage::Calculate] {
                edge(vertex(id, stage), vertex(id, Stage::Value));
            }
            edge(vertex(id, Stage::Relevant), vertex(id, Stage::Calculate));
            for &child in &node.children {
                edge(vertex(id, Stage::Relevant), vertex(child, Stage::Relevant));
                edge(vertex(id, Stage::Count), vertex(child, Stage::Count));
            }
            let readers = self.readers(id).iter().map(|d| (Stage::Value, d));
            for (from, dependent) in readers.chain(self.counters(id).iter().map(|d| (Stage::Count, d))) {
                // A calculation may read what it sets: that is no cycle but `once()` and its like.
                let own = dependent.node == id && dependent.slot == Slot::Calculate;
                if let Some(to) = stage(dependent.slot).filter(|_| !own) {
                    edge(vertex(id, from), vertex(dependent.node, to));
                }
            }
            for action in node.triggers.iter().filter_map(|&a| actions.get(a)) {
                if action.target != id && matches!(action.value, ActionValue::Expression(_) | ActionValue::Literal(_)) {
                    edge(vertex(id, Stage::Value), vertex(action.target, Stage::Value));
                }
            }
        }
        edges
    }

    /// A cycle, unless it may run from one instance of a repeat to the next and so end.
    fn cycle(&self, nodes: &[NodeDef], component: &[usize]) -> Option<Problem> {
        let members: Vec<DefId> =
            component.iter().map(|v| DefId(u32::try_from(v / STAGES).unwrap_or(u32::MAX))).collect();
        let depth = |id: DefId| nodes.get(id.0 as usize).map_or(0, |n| n.repeat_depth);
        let crosses = members.iter().any(|&from| {
            let inside = self.readers(from).iter().filter(|d| members.contains(&d.node));
            inside.into_iter().any(|d| d.shared < depth(from).min(depth(d.node)))
        });
        let mut paths: Vec<&str> =
            members.iter().filter_map(|id| nodes.get(id.0 as usize)).map(|n| n.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        if crosses || component.iter().any(|v| v % STAGES == Stage::Count as usize) && paths.len() == 1 {
            return None;
        }
        let first = paths.first().copied().unwrap_or("");
        let message = match paths.len() {
            1 => ("it depends on its own value".to_owned(), "它要靠自己的值来算。".to_owned()),
            _ => (
                format!("these nodes depend on each other in a circle: {}", paths.join(", ")),
                format!("这些题互相依赖，成了循环：{}。", paths.join("、")),
            ),
        };
        let relevant = component.iter().any(|v| v % STAGES == Stage::Relevant as usize);
        Some(Problem::new(first, if relevant { Role::Relevant } else { Role::Calculate }, message))
    }
}

/// Strongly connected components, what depends before what it depends on (Tarjan, without recursion).
fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut index = vec![UNSEEN; edges.len()];
    let mut low = vec![UNSEEN; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    let get = |list: &[usize], at: usize| list.get(at).copied().unwrap_or(UNSEEN);
    for start in 0..edges.len() {
        if get(&index, start) != UNSEEN {
            continue;
        }
        let mut open = vec![(start, 0_usize)];
        while let Some((v, child)) = open.pop() {
            if child == 0 && get(&index, v) == UNSEEN {
                set(&mut index, v, next);
                set(&mut low, v, next);
                next += 1;
                stack.push(v);
                set(&mut on_stack, v, true);
            }
            if let Some(&w) = edges.get(v).and_then(|e| e.get(child)) {
                open.push((v, child + 1));
                if get(&index, w) == UNSEEN {
                    open.push((w, 0));
                } else if on_stack.get(w).copied().unwrap_or(false) {
                    let lowest = get(&low, v).min(get(&index, w));
                    set(&mut low, v, lowest);
                }
                continue;
            }
            if get(&low, v) == get(&index, v) {
                let mut component = Vec::new();
                while let Some(w) = stack.pop() {
                    set(&mut on_stack, w, false);
                    component.push(w);
                    if w == v {
                        break;
                    }
                }
                found.push(component);
            }
            if let Some(&(parent, _)) = open.last() {
                let lowest = get(&low, parent).min(get(&low, v));
                set(&mut low, parent, lowest);
            }
        }
    }
    found
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn what_is_read_comes_before_what_reads_it_and_circles_are_one() {
        let found = components(&[vec![1], vec![2], vec![1, 3], vec![]]);
        let sorted: Vec<Vec<usize>> = found
            .into_iter()
            .map(|mut c| {
                c.sort_unstable();
                c
            })
            .collect();
        assert_eq!(sorted, [vec![3], vec![1, 2], vec![0]]);
    }
}
