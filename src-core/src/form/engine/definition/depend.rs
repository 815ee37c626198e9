//! Which nodes of the primary instance an expression reads. Paths are followed through the structure of the form,
//! not through instances; with each node goes how many of the outermost repeat instances it shares with the node that
//! the expression belongs to, because `../age` reads one instance and `/data/rep/age` reads all.

use std::collections::{BTreeMap, HashMap};

use super::{DefId, NodeDef};
use crate::form::xpath::ast::{Axis, NodeTest};
use crate::form::xpath::{Base, Call, Expr, Path, Step};

/// Nodes that a path arrives at, with the number of repeat instances shared. Nodes of other instances are not here.
pub(in crate::form::engine) type Places = BTreeMap<DefId, u32>;

/// What an expression reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Values.
    pub(super) values: Places,
    /// The number or positions of the instances of repeats.
    pub(super) instances: Places,
    /// The language.
    pub(super) language: bool,
}

impl Reads {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.instances.is_empty() && !self.language
    }
}

fn add(places: &mut Places, id: DefId, shared: u32) {
    places.entry(id).and_modify(|s| *s = (*s).min(shared)).or_insert(shared);
}

/// The structure that paths are followed through.
pub(super) struct Tree<'a> {
    nodes: &'a [NodeDef],
    by_path: &'a HashMap<String, DefId>,
}

struct Walk<'t, 'a> {
    tree: &'t Tree<'a>,
    /// Where `current()` is.
    current: &'t Places,
    reads: Reads,
}

impl<'a> Tree<'a> {
    pub(super) fn new(nodes: &'a [NodeDef], by_path: &'a HashMap<String, DefId>) -> Self {
        Self { nodes, by_path }
    }

    /// The node itself as context.
    pub(super) fn here(&self, id: DefId) -> Places {
        Places::from([(id, self.depth(id))])
    }

    /// What the expression reads in this context, and where it arrives if it is a path.
    pub(super) fn reads(&self, expr: &Expr, context: &Places) -> (Places, Reads) {
        let mut walk = Walk { tree: self, current: context, reads: Reads::default() };
        let reached = walk.expr(expr, context);
        walk.read(&reached);
        (reached, walk.reads)
    }

    fn node(&self, id: DefId) -> Option<&'a NodeDef> {
        self.nodes.get(id.0 as usize)
    }

    fn depth(&self, id: DefId) -> u32 {
        self.node(id).map_or(0, |n| n.repeat_depth)
    }

    fn children(&self, id: DefId) -> &'a [DefId] {
        self.node(id).map_or(&[], |n| n.children.as_slice())
    }

    fn descendants(&self, id: DefId) -> Vec<DefId> {
        let mut found = Vec::new();
        let mut open = self.children(id).to_vec();
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id));
        }
        found
    }

    fn matches(&self, id: DefId, test: &NodeTest) -> bool {
        match test {
            NodeTest::Name { local, .. } => self.node(id).is_some_and(|n| {
                let name = n.name.strip_prefix('@').unwrap_or(&n.name);
                name.rsplit(':').next() == Some(local)
            }),
            NodeTest::Any { .. } | NodeTest::Node => true,
            NodeTest::Text | NodeTest::Comment | NodeTest::Instruction(_) => false,
        }
    }
}

impl Walk<'_, '_> {
    /// The value of a node is that of all values below it.
    fn read(&mut self, places: &Places) {
        for (&id, &shared) in places {
            add(&mut self.reads.values, id, shared);
            for below in self.tree.descendants(id) {
                add(&mut self.reads.values, below, shared);
                self.counted(below, shared);
            }
        }
    }

    /// A repeat's instances are gone through: their number counts.
    fn counted(&mut self, id: DefId, shared: u32) {
        if self.tree.node(id).is_some_and(NodeDef::is_repeat) {
            let outside = self.tree.depth(id).saturating_sub(1);
            add(&mut self.reads.instances, id, shared.min(outside));
        }
    }

    fn value(&mut self, expr: &Expr, context: &Places) {
        let reached = self.expr(expr, context);
        self.read(&reached);
    }

    fn expr(&mut self, expr: &Expr, context: &Places) -> Places {
        match expr {
            Expr::Number(_) | Expr::Literal(_) => {}
            Expr::Negate { of, .. } => self.value(of, context),
            Expr::Or(all) | Expr::And(all) => all.iter().for_each(|e| self.value(e, context)),
            Expr::Chain { first, rest } => {
                self.value(first, context);
                rest.iter().for_each(|(_, e)| self.value(e, context));
            }
            Expr::Union(all) => {
                let mut union = Places::new();
                for part in all {
                    for (id, shared) in self.expr(part, context) {
                        add(&mut union, id, shared);
                    }
                }
                return union;
            }
            Expr::Path(path) => return self.path(path, context),
            Expr::Call(call) => return self.call(call, context),
        }
        Places::new()
    }

    fn call(&mut self, call: &Call, context: &Places) -> Places {
        let prefixed = |prefix: &str, name: &str| &*call.prefix == prefix && &*call.name == name;
        if call.is("current") {
            return self.current.clone();
        }
        if call.is("position") || call.is("count") {
            for argument in &call.arguments {
                for (id, shared) in self.expr(argument, context) {
                    self.counted(id, shared);
                }
            }
            return Places::new();
        }
        if call.is("randomize") {
            let mut arguments = call.arguments.iter();
            let reached = arguments.next().map(|nodes| self.expr(nodes, context)).unwrap_or_default();
            arguments.for_each(|seed| self.value(seed, context));
            return reached;
        }
        if prefixed("jr", "itext") || prefixed("jr", "choice-name") {
            self.reads.language = true;
        }
        for argument in &call.arguments {
            self.value(argument, context);
            // The question is named by its path as a text.
            if let Expr::Literal(path) = argument
                && prefixed("jr", "choice-name")
                && let Some(&id) = self.tree.by_path.get(path.trim())
            {
                add(&mut self.reads.values, id, 0);
            }
        }
        Places::new()
    }

    fn path(&mut self, path: &Path, context: &Places) -> Places {
        let mut at = match &path.base {
            Base::Root => Places::from([(DefId(0), 0)]),
            Base::Context => context.clone(),
            Base::Expr { of, predicates } => {
                let at = self.expr(of, context);
                predicates.iter().for_each(|p| self.value(p, &at));
                at
            }
        };
        // The document node is above the root: the first step from it names the root itself.
        let mut above = matches!(path.base, Base::Root);
        for step in &path.steps {
            at = self.step(step, &at, &mut above);
            for predicate in &step.predicates {
                self.value(predicate, &at);
            }
        }
        at
    }

    fn step(&mut self, step: &Step, from: &Places, above: &mut bool) -> Places {
        let tree = self.tree;
        let mut to = Places::new();
        if std::mem::take(above) {
            match step.axis {
                Axis::Child if tree.matches(DefId(0), &step.test) => return from.clone(),
                Axis::SelfNode => {
                    *above = true;
                    return from.clone();
                }
                Axis::Descendant | Axis::DescendantOrSelf => {
                    // `//x`: the next step is from the document node and everything below it.
                    for id in tree.descendants(DefId(0)).into_iter().chain([DefId(0)]) {
                        if tree.matches(id, &step.test) {
                            self.arrive(&mut to, id, 0);
                        }
                    }
                    return to;
                }
                _ => return to,
            }
        }
        for (&id, &shared) in from {
            let parent = tree.node(id).and_then(|n| n.parent);
            let up = |p: DefId| shared.min(tree.depth(p));
            match step.axis {
                // The text of a node is its value.
                Axis::Child | Axis::Descendant if step.test == NodeTest::Text => add(&mut to, id, shared),
                Axis::Child | Axis::Attribute => {
                    for &child in tree.children(id).iter().filter(|&&c| tree.matches(c, &step.test)) {
                        self.arrive(&mut to, child, shared);
                    }
                }
                Axis::Descendant | Axis::DescendantOrSelf => {
                    if step.axis == Axis::DescendantOrSelf && tree.matches(id, &step.test) {
                        add(&mut to, id, shared);
                    }
                    for below in tree.descendants(id).into_iter().filter(|&d| tree.matches(d, &step.test)) {
                        self.arrive(&mut to, below, shared);
                    }
                }
                Axis::SelfNode => {
                    if tree.matches(id, &step.test) {
                        add(&mut to, id, shared);
                    }
                }
                Axis::Parent => {
                    if let Some(parent) = parent.filter(|&p| tree.matches(p, &step.test)) {
                        add(&mut to, parent, up(parent));
                    }
                }
                Axis::Ancestor | Axis::AncestorOrSelf => {
                    let mut next = if step.axis == Axis::Ancestor { parent } else { Some(id) };
                    while let Some(at) = next {
                        if tree.matches(at, &step.test) {
                            add(&mut to, at, up(at));
                        }
                        next = tree.node(at).and_then(|n| n.parent);
                    }
                }
                Axis::FollowingSibling | Axis::PrecedingSibling => {
                    let Some(parent) = parent else { continue };
                    for &sibling in tree.children(parent).iter().filter(|&&c| tree.matches(c, &step.test)) {
                        self.arrive(&mut to, sibling, up(parent));
                    }
                }
                Axis::Following | Axis::Preceding => {
                    for other in tree.descendants(DefId(0)).into_iter().filter(|&d| tree.matches(d, &step.test)) {
                        self.arrive(&mut to, other, 0);
                    }
                }
                Axis::Namespace => {}
            }
        }
        to
    }

    fn arrive(&mut self, to: &mut Places, id: DefId, shared: u32) {
        // Going down into a repeat shares none of its instances, whatever was shared further out.
        self.counted(id, shared);
        add(to, id, shared);
    }
}
