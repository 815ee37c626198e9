//! What an expression says about itself without being evaluated: which nodes it looks at, whether it may change
//! without them, and what is wrong with it.

use super::ast::{Axis, Base, Call, Expr, NodeTest, Path, Step};
use super::error::XPathError;
use super::functions;

/// Functions that answer something else each time.
const VOLATILE: [&str; 5] = ["now", "today", "random", "uuid", "randomize"];
/// Functions that look at the context node when they have no argument, or always.
const OF_CONTEXT: [&str; 12] = [
    "position",
    "last",
    "string",
    "number",
    "name",
    "local-name",
    "namespace-uri",
    "normalize-space",
    "string-length",
    "once",
    "lang",
    "choice-name",
];

/// A part of the path of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// A child or attribute (`@name`) of this local name.
    Name(Box<str>),
    /// Any one element.
    Any,
    /// Any number of elements, also none.
    Deep,
}

/// Nodes that an expression looks at: those on this path, whatever predicates may leave of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The secondary instance; none for the primary one.
    pub instance: Option<Box<str>>,
    /// From the root of the instance.
    pub parts: Vec<Part>,
}

impl Expr {
    /// Calls `see` with this expression and all within it, outer ones first.
    pub fn visit<'e>(&'e self, see: &mut dyn FnMut(&'e Expr)) {
        see(self);
        match self {
            Self::Number(_) | Self::Literal(_) => {}
            Self::Negate { of, .. } => of.visit(see),
            Self::Or(all) | Self::And(all) | Self::Union(all) => all.iter().for_each(|e| e.visit(see)),
            Self::Chain { first, rest } => {
                first.visit(see);
                rest.iter().for_each(|(_, e)| e.visit(see));
            }
            Self::Call(call) => call.arguments.iter().for_each(|e| e.visit(see)),
            Self::Path(path) => {
                if let Base::Expr { of, predicates } = &path.base {
                    of.visit(see);
                    predicates.iter().for_each(|e| e.visit(see));
                }
                path.steps.iter().flat_map(|s| &s.predicates).for_each(|e| e.visit(see));
            }
        }
    }

    /// Calls `change` with each location path within, inner ones first: so paths can be given another base.
    pub fn change_paths(&mut self, change: &mut dyn FnMut(&mut Path)) {
        match self {
            Self::Number(_) | Self::Literal(_) => {}
            Self::Negate { of, .. } => of.change_paths(change),
            Self::Or(all) | Self::And(all) | Self::Union(all) => all.iter_mut().for_each(|e| e.change_paths(change)),
            Self::Chain { first, rest } => {
                first.change_paths(change);
                rest.iter_mut().for_each(|(_, e)| e.change_paths(change));
            }
            Self::Call(call) => call.arguments.iter_mut().for_each(|e| e.change_paths(change)),
            Self::Path(path) => {
                if let Base::Expr { of, predicates } = &mut path.base {
                    of.change_paths(change);
                    predicates.iter_mut().for_each(|e| e.change_paths(change));
                }
                path.steps.iter_mut().flat_map(|s| &mut s.predicates).for_each(|e| e.change_paths(change));
                change(path);
            }
        }
    }

    /// All calls of functions.
    #[must_use]
    pub fn calls(&self) -> Vec<&Call> {
        let mut calls = Vec::new();
        self.visit(&mut |e| {
            if let Expr::Call(call) = e {
                calls.push(call);
            }
        });
        calls
    }

    /// All location paths, with the base of each; those within predicates are relative to the step there.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.visit(&mut |e| {
            if let Expr::Path(path) = e {
                paths.push(path);
            }
        });
        paths
    }

    /// Whether it may give another value although no node has changed (`now()`, `random()`, …).
    #[must_use]
    pub fn is_volatile(&self) -> bool {
        self.calls().iter().any(|c| VOLATILE.contains(&&*c.name) && !(&*c.name == "randomize" && c.arguments.len() > 1))
    }

    /// Whether its value does not depend on the context node: may be evaluated once for many.
    pub(super) fn is_same_everywhere(&self) -> bool {
        match self {
            Self::Number(_) | Self::Literal(_) => true,
            Self::Negate { of, .. } => of.is_same_everywhere(),
            Self::Or(all) | Self::And(all) | Self::Union(all) => all.iter().all(Self::is_same_everywhere),
            Self::Chain { first, rest } => {
                first.is_same_everywhere() && rest.iter().all(|(_, e)| e.is_same_everywhere())
            }
            Self::Path(path) => match &path.base {
                Base::Root => true,
                Base::Context => false,
                Base::Expr { of, .. } => of.is_same_everywhere(),
            },
            Self::Call(call) => {
                let name = &*call.name;
                let of_context = OF_CONTEXT.contains(&name)
                    && (call.arguments.is_empty() || matches!(name, "once" | "lang" | "choice-name"));
                !of_context
                    && !VOLATILE.contains(&name)
                    && call.function.is_some()
                    && call.arguments.iter().all(Self::is_same_everywhere)
            }
        }
    }

    /// What can be said to be wrong before evaluation: functions that do not exist, wrong numbers of arguments.
    #[must_use]
    pub fn problems(&self) -> Vec<XPathError> {
        self.calls()
            .into_iter()
            .filter_map(|call| match call.function {
                Some(function) => function.check_arguments(call).err(),
                None => Some(functions::unknown(call)),
            })
            .collect()
    }

    /// The nodes that it looks at, when its context node is on this path in the primary instance
    /// (`["data", "group", "name"]`).
    #[must_use]
    pub fn references(&self, context: &[&str]) -> Vec<Reference> {
        let here = Reference { instance: None, parts: context.iter().map(|&n| Part::Name(n.into())).collect() };
        let mut finder = Finder { current: here.clone(), found: Vec::new() };
        finder.expr(self, &here);
        finder.found
    }
}

struct Finder {
    current: Reference,
    found: Vec<Reference>,
}

impl Finder {
    fn add(&mut self, reference: &Reference) {
        if !self.found.contains(reference) {
            self.found.push(reference.clone());
        }
    }

    /// Finds what is looked at, and says where the nodes of the expression are, if it gives nodes.
    fn expr(&mut self, expr: &Expr, here: &Reference) -> Vec<Reference> {
        match expr {
            Expr::Number(_) | Expr::Literal(_) => Vec::new(),
            Expr::Negate { of, .. } => {
                self.expr(of, here);
                Vec::new()
            }
            Expr::Or(all) | Expr::And(all) => {
                all.iter().for_each(|e| drop(self.expr(e, here)));
                Vec::new()
            }
            Expr::Chain { first, rest } => {
                self.expr(first, here);
                rest.iter().for_each(|(_, e)| drop(self.expr(e, here)));
                Vec::new()
            }
            Expr::Union(all) => all.iter().flat_map(|e| self.expr(e, here)).collect(),
            Expr::Call(call) => self.call(call, here),
            Expr::Path(path) => self.path(path, here),
        }
    }

    fn call(&mut self, call: &Call, here: &Reference) -> Vec<Reference> {
        let given: Vec<Vec<Reference>> = call.arguments.iter().map(|a| self.expr(a, here)).collect();
        match (&*call.name, call.arguments.first()) {
            ("instance", Some(Expr::Literal(id))) => {
                vec![Reference { instance: Some(id.clone()), parts: Vec::new() }]
            }
            ("current", None) => vec![self.current.clone()],
            // A path in a text: the question whose choices are meant.
            ("choice-name", _) => {
                if let Some(Expr::Literal(path)) = call.arguments.get(1)
                    && let Ok(path) = super::parse::parse(path)
                {
                    self.expr(&path, here);
                }
                Vec::new()
            }
            ("pulldata", Some(Expr::Literal(id))) => {
                self.add(&Reference { instance: Some(id.clone()), parts: vec![Part::Deep] });
                Vec::new()
            }
            (name, None) if OF_CONTEXT.contains(&name) && !matches!(name, "position" | "last") => {
                self.add(here);
                Vec::new()
            }
            ("once", _) => {
                self.add(here);
                Vec::new()
            }
            ("indexed-repeat" | "randomize" | "if" | "coalesce", _) => given.into_iter().flatten().collect(),
            _ => Vec::new(),
        }
    }

    fn path(&mut self, path: &Path, here: &Reference) -> Vec<Reference> {
        let starts = match &path.base {
            Base::Root => vec![Reference { instance: None, parts: Vec::new() }],
            Base::Context => vec![here.clone()],
            Base::Expr { of, predicates } => {
                let before = self.found.len();
                let starts = self.expr(of, here);
                // The nodes of the base are passed through, not looked at.
                if !path.steps.is_empty() {
                    let kept: Vec<Reference> = self.found.split_off(before);
                    self.found.extend(kept.into_iter().filter(|r| !starts.contains(r)));
                }
                for start in &starts {
                    predicates.iter().for_each(|p| drop(self.expr(p, start)));
                }
                starts
            }
        };
        let mut ends = Vec::new();
        for mut at in starts {
            for step in &path.steps {
                walk(&mut at, step);
                step.predicates.iter().for_each(|p| drop(self.expr(p, &at)));
            }
            self.add(&at);
            ends.push(at);
        }
        ends
    }
}

fn walk(at: &mut Reference, step: &Step) {
    let name = match &step.test {
        NodeTest::Name { local, .. } => Part::Name(local.clone()),
        _ => Part::Any,
    };
    match step.axis {
        Axis::SelfNode => {}
        Axis::Child if matches!(step.test, NodeTest::Text | NodeTest::Comment | NodeTest::Instruction(_)) => {}
        Axis::Child => at.parts.push(name),
        Axis::Attribute => {
            if let NodeTest::Name { local, .. } = &step.test {
                at.parts.push(Part::Name(format!("@{local}").into()));
            }
        }
        Axis::Parent => {
            if at.parts.last() != Some(&Part::Deep) {
                at.parts.pop();
            }
        }
        Axis::Descendant | Axis::DescendantOrSelf => {
            at.parts.push(Part::Deep);
            if step.axis == Axis::Descendant {
                at.parts.push(name);
            }
        }
        Axis::FollowingSibling | Axis::PrecedingSibling => {
            at.parts.pop();
            at.parts.push(name);
        }
        Axis::Ancestor | Axis::AncestorOrSelf | Axis::Following | Axis::Preceding | Axis::Namespace => {
            at.parts = vec![Part::Deep];
        }
    }
}
