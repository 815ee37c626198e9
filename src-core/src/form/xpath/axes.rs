//! Steps of paths: axes and node tests.

use std::cmp::Ordering;

use super::ast::{Axis, Base, Expr, NodeTest, Path, Span, Step};
use super::error::{XPathError, XPathErrorKind};
use super::eval::{At, Eval, Outcome};
use super::value::Node;
use crate::xml::{Document, Kind, NameId, NodeId, StrId, XML_NAMESPACE};

/// Steps to children are followed this many at once.
const RUN: usize = 6;

/// Takes a node, and says whether that is enough.
pub(super) type Seen<'f, 'd> = &'f mut dyn FnMut(Node<'d>) -> Outcome<bool>;

/// A node test, with the names of one document.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matcher<'e> {
    Nothing,
    Node,
    /// Any node of the axis' own kind.
    Named,
    Name(NameId),
    /// In no namespace, or in the default namespace.
    EitherName(NameId, NameId),
    Namespace(StrId),
    Kind(Kind),
    Instruction(&'e str),
}

impl Matcher<'_> {
    fn takes(self, doc: &Document, id: NodeId, own: Kind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Node => true,
            Self::Named => doc.kind(id) == own,
            Self::Name(name) => doc.name_id(id) == name && doc.kind(id) == own,
            Self::EitherName(a, b) => {
                let name = doc.name_id(id);
                (name == a || name == b) && doc.kind(id) == own
            }
            Self::Namespace(uri) => doc.namespace_id(id) == uri && doc.kind(id) == own,
            Self::Kind(kind) => doc.kind(id) == kind,
            Self::Instruction(target) => doc.kind(id) == Kind::Instruction && doc.local_name(id) == target,
        }
    }
}

fn own_kind(axis: Axis) -> Kind {
    match axis {
        Axis::Attribute => Kind::Attribute,
        Axis::Namespace => Kind::Namespace,
        _ => Kind::Element,
    }
}

/// Steps after which nodes stay in document order and none comes twice.
fn is_downward(step: &Step) -> bool {
    matches!(step.axis, Axis::Child | Axis::Attribute | Axis::SelfNode)
}

impl<'c, 'd> Eval<'c, 'd> {
    /// Sorts by document order and takes out doubles. Documents come in the order in which they first appear.
    pub fn in_order(&self, nodes: &mut Vec<Node<'d>>) {
        if nodes.len() < 2 {
            return;
        }
        let mut docs: Vec<*const Document> = Vec::new();
        for node in nodes.iter() {
            if !docs.iter().any(|&d| std::ptr::eq(d, node.doc)) {
                docs.push(node.doc);
            }
        }
        let place = |node: &Node<'d>| docs.iter().position(|&d| std::ptr::eq(d, node.doc));
        let compare = |a: &Node<'d>, b: &Node<'d>| {
            if std::ptr::eq(a.doc, b.doc) { a.doc.compare(a.id, b.id) } else { place(a).cmp(&place(b)) }
        };
        if nodes.is_sorted_by(|a, b| compare(a, b) == Ordering::Less) {
            return;
        }
        nodes.sort_by(compare);
        nodes.dedup();
    }

    fn steps(&self, mut nodes: Vec<Node<'d>>, mut steps: &[Step]) -> Outcome<Vec<Node<'d>>> {
        // Whether no node is below another: then what is below them is in order, too.
        let mut flat = nodes.len() < 2;
        while let Some(step) = steps.first() {
            if nodes.is_empty() {
                return Ok(nodes);
            }
            let run = steps.iter().take(RUN).take_while(|s| is_downward(s)).count();
            let mut out = Vec::new();
            if let Some((run, rest)) = steps.split_at_checked(run).filter(|(run, _)| !run.is_empty()) {
                for &node in &nodes {
                    self.run(node, run, &mut |found| {
                        out.push(found);
                        Ok(false)
                    })?;
                }
                steps = rest;
                if !flat {
                    self.in_order(&mut out);
                }
            } else {
                let one = nodes.len() == 1;
                let mut doc: Option<&Document> = None;
                let mut matcher = Matcher::Nothing;
                for &node in &nodes {
                    if !doc.is_some_and(|d| std::ptr::eq(d, node.doc)) {
                        (doc, matcher) = (Some(node.doc), self.matcher(step, node.doc)?);
                    }
                    self.step(node, step, matcher, &mut out)?;
                }
                if !one || step.axis.is_reverse() {
                    self.in_order(&mut out);
                }
                flat = out.len() < 2 || (one && matches!(step.axis, Axis::FollowingSibling | Axis::PrecedingSibling));
                steps = steps.get(1..).unwrap_or_default();
            }
            nodes = out;
        }
        Ok(nodes)
    }

    /// Follows steps downward from one node, without keeping what is on the way.
    pub fn run(&self, node: Node<'d>, run: &[Step], see: Seen<'_, 'd>) -> Outcome<bool> {
        let mut matchers = [Matcher::Nothing; RUN];
        for (matcher, step) in matchers.iter_mut().zip(run) {
            *matcher = self.matcher(step, node.doc)?;
        }
        self.down(node, run, &matchers, see)
    }

    /// Says whether `see` had enough.
    fn down(&self, node: Node<'d>, run: &[Step], matchers: &[Matcher<'_>], see: Seen<'_, 'd>) -> Outcome<bool> {
        let (Some((step, run)), Some((&matcher, matchers))) = (run.split_first(), matchers.split_first()) else {
            return see(node);
        };
        let doc = node.doc;
        let mut seen = 0;
        let mut enough = false;
        let mut below = |id: NodeId| -> Outcome<bool> {
            seen += 1;
            enough = self.down(node.with(id), run, matchers, see)?;
            Ok(enough)
        };
        match (step.axis, matcher) {
            _ if !step.predicates.is_empty() => {
                let mut found = Vec::new();
                self.step(node, step, matcher, &mut found)?;
                for node in found {
                    if below(node.id)? {
                        break;
                    }
                }
            }
            (_, Matcher::Nothing) => {}
            (Axis::Child, Matcher::Name(name)) => {
                for id in doc.elements_named(node.id, name) {
                    if below(id)? {
                        break;
                    }
                }
            }
            (Axis::Child, _) => {
                for id in doc.children(node.id).filter(|&id| matcher.takes(doc, id, Kind::Element)) {
                    if below(id)? {
                        break;
                    }
                }
            }
            (Axis::Attribute, _) => {
                for id in doc.attributes(node.id).filter(|&id| matcher.takes(doc, id, Kind::Attribute)) {
                    if below(id)? {
                        break;
                    }
                }
            }
            _ => {
                if matcher.takes(doc, node.id, Kind::Element) {
                    below(node.id)?;
                }
            }
        }
        self.spend(seen, &step.at)?;
        Ok(enough)
    }

    /// A path that is only up and then down from one node: the usual one. None for all others.
    fn plain<'e>(&self, path: &'e Path, at: &At<'d>) -> Option<(Option<Node<'d>>, &'e [Step])> {
        let mut node = match path.base {
            Base::Root => self.context.root,
            Base::Context => at.node,
            Base::Expr { .. } => return None,
        };
        let mut steps = path.steps.as_slice();
        while let Some((step, rest)) = steps.split_first()
            && step.axis == Axis::Parent
            && step.test == NodeTest::Node
            && step.predicates.is_empty()
        {
            match node.doc.parent(node.id).filter(|_| node != self.context.root) {
                Some(parent) => node = node.with(parent),
                None => return Some((None, &[])),
            }
            steps = rest;
        }
        (steps.len() <= RUN && steps.iter().all(is_downward)).then_some((Some(node), steps))
    }

    /// Shows the nodes of a path, in document order, until `see` has enough.
    pub fn visit(&self, path: &Path, at: &At<'d>, see: Seen<'_, 'd>) -> Outcome<()> {
        match self.plain(path, at) {
            Some((None, _)) => {}
            Some((Some(node), steps)) => {
                self.run(node, steps, see)?;
            }
            None => {
                let start = match &path.base {
                    Base::Root => vec![self.context.root],
                    Base::Context => vec![at.node],
                    Base::Expr { of, .. } if self.is_javarosa() && !matches!(**of, Expr::Call(_)) => {
                        let message = (
                            "JavaRosa does not know paths and predicates after parentheses",
                            "JavaRosa 不支持在括号后面接路径或条件。",
                        );
                        return Err(XPathError::value(path.at.clone(), message));
                    }
                    Base::Expr { of, predicates } => {
                        let nodes = self.nodes(of, at, &path.at)?;
                        self.filter(nodes, predicates, &path.at)?
                    }
                };
                for node in self.steps(start, &path.steps)? {
                    if see(node)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The nodes of one step from one node, in document order.
    fn step(&self, node: Node<'d>, step: &Step, matcher: Matcher<'_>, out: &mut Vec<Node<'d>>) -> Outcome<()> {
        let own = own_kind(step.axis);
        let mut found: Vec<Node<'d>> = Vec::new();
        let mut looked = 0_usize;
        let mut all = Vec::new();
        if let (Axis::Child, Matcher::Name(name)) = (step.axis, matcher) {
            if let Some((predicate, rest)) = step.predicates.split_first()
                && let Some(kept) = self.by_value(node, name, predicate)?
            {
                out.append(&mut self.filter(kept, rest, &step.at)?);
                return Ok(());
            }
            found.extend(node.doc.elements_named(node.id, name).map(|id| node.with(id)));
            looked = found.len();
        } else {
            self.axis(node, step.axis, &mut all);
            looked += all.len();
            found.extend(all.iter().filter(|&&id| matcher.takes(node.doc, id, own)).map(|&id| node.with(id)));
        }
        self.spend(looked, &step.at)?;
        // Positions count along the axis, backwards where it leads backwards.
        let mut kept = self.filter(found, &step.predicates, &step.at)?;
        if step.axis.is_reverse() {
            kept.reverse();
        }
        out.append(&mut kept);
        Ok(())
    }

    /// The nodes of an axis, nearest first.
    fn axis(&self, node: Node<'d>, axis: Axis, out: &mut Vec<NodeId>) {
        let (doc, id) = (node.doc, node.id);
        let root = self.context.root;
        let top = if std::ptr::eq(root.doc, doc) { root.id } else { NodeId::DOCUMENT };
        let parent = |id: NodeId| if id == top { None } else { doc.parent(id) };
        let is_attribute = matches!(doc.kind(id), Kind::Attribute | Kind::Namespace);
        match axis {
            Axis::SelfNode => out.push(id),
            Axis::Child => out.extend(doc.children(id)),
            Axis::Attribute => out.extend(doc.attributes(id)),
            Axis::Namespace => namespaces(doc, id, out),
            Axis::Parent => out.extend(parent(id)),
            Axis::Ancestor => out.extend(std::iter::successors(parent(id), |&p| parent(p))),
            Axis::AncestorOrSelf => out.extend(std::iter::successors(Some(id), |&p| parent(p))),
            Axis::Descendant => out.extend(doc.descendants(id)),
            Axis::DescendantOrSelf => out.extend(std::iter::once(id).chain(doc.descendants(id))),
            Axis::FollowingSibling if id != top && !is_attribute => {
                out.extend(std::iter::successors(doc.next_sibling(id), |&s| doc.next_sibling(s)));
            }
            Axis::PrecedingSibling if id != top && !is_attribute => {
                out.extend(std::iter::successors(doc.previous_sibling(id), |&s| doc.previous_sibling(s)));
            }
            Axis::FollowingSibling | Axis::PrecedingSibling => {}
            Axis::Following => {
                let start = if is_attribute {
                    doc.parent(id).and_then(|p| doc.next_in(top, p))
                } else {
                    doc.next_beside(top, id)
                };
                out.extend(std::iter::successors(start, |&n| doc.next_in(top, n)));
            }
            Axis::Preceding => {
                let mut at = if is_attribute { doc.parent(id) } else { Some(id) };
                while let Some(here) = at {
                    let before = if here == top { None } else { doc.previous_sibling(here) };
                    for sibling in std::iter::successors(before, |&s| doc.previous_sibling(s)) {
                        let from = out.len();
                        out.push(sibling);
                        out.extend(doc.descendants(sibling));
                        out.get_mut(from..).unwrap_or_default().reverse();
                    }
                    at = parent(here);
                }
            }
        }
    }

    /// JavaRosa knows paths to children, parents and attributes by name only, and no `//`.
    fn is_beyond_javarosa(step: &Step) -> bool {
        match (step.axis, &step.test) {
            (Axis::Child | Axis::Attribute, NodeTest::Name { .. }) => false,
            (Axis::Child | Axis::Attribute, NodeTest::Any { prefix }) => !prefix.is_empty(),
            (Axis::SelfNode | Axis::Parent, NodeTest::Node) => false,
            _ => true,
        }
    }

    pub fn matcher<'e>(&self, step: &'e Step, doc: &Document) -> Outcome<Matcher<'e>> {
        if self.is_javarosa() && Self::is_beyond_javarosa(step) {
            let message = ("JavaRosa does not know this kind of step", "JavaRosa 不支持路径里的这一步。");
            return Err(XPathError::value(step.at.clone(), message));
        }
        Ok(match &step.test {
            NodeTest::Node => Matcher::Node,
            NodeTest::Text => Matcher::Kind(Kind::Text),
            NodeTest::Comment => Matcher::Kind(Kind::Comment),
            NodeTest::Instruction(None) => Matcher::Kind(Kind::Instruction),
            NodeTest::Instruction(Some(target)) => Matcher::Instruction(target),
            NodeTest::Any { prefix } if prefix.is_empty() => Matcher::Named,
            NodeTest::Any { prefix } => {
                doc.find_string(self.uri(prefix, &step.at)?).map_or(Matcher::Nothing, Matcher::Namespace)
            }
            NodeTest::Name { prefix, local } if prefix.is_empty() => {
                if let Some(only) = step.cache.only(doc, local) {
                    let uri = doc.uri_of(only);
                    let good = uri.is_empty() || self.context.scope.namespace("") == Some(uri);
                    return Ok(if good { Matcher::Name(only) } else { Matcher::Nothing });
                }
                let plain = doc.find_name("", local);
                let default = self.context.scope.namespace("").and_then(|uri| doc.find_name(uri, local));
                match (plain, default) {
                    (Some(a), Some(b)) if a != b => Matcher::EitherName(a, b),
                    (Some(name), _) | (None, Some(name)) => Matcher::Name(name),
                    (None, None) => Matcher::Nothing,
                }
            }
            NodeTest::Name { prefix, local } => {
                doc.find_name(self.uri(prefix, &step.at)?, local).map_or(Matcher::Nothing, Matcher::Name)
            }
        })
    }

    fn uri(&self, prefix: &str, at: &Span) -> Outcome<&'c str> {
        let known = self.context.scope.namespace(prefix).or_else(|| well_known(prefix));
        known.ok_or_else(|| XPathError::new(at.clone(), XPathErrorKind::UnknownPrefix(prefix.to_owned())))
    }
}

/// The namespaces in scope at an element, those of outer elements first; the nearest declaration of a prefix counts.
fn namespaces(doc: &Document, id: NodeId, out: &mut Vec<NodeId>) {
    if !doc.is_element(id) {
        return;
    }
    let mut found: Vec<NodeId> = Vec::new();
    for element in std::iter::once(id).chain(doc.ancestors(id)) {
        for node in doc.namespace_nodes(element) {
            let prefix = doc.local_name(node);
            if !found.iter().any(|&n| doc.local_name(n) == prefix) {
                found.push(node);
            }
        }
    }
    found.retain(|&n| !doc.text(n).is_empty());
    found.sort_by(|&a, &b| doc.compare(a, b));
    out.append(&mut found);
}

/// Prefixes that forms use without declaring them, as the ODK web engine knows them.
fn well_known(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "xml" => XML_NAMESPACE,
        "h" | "html" | "xhtml" => "http://www.w3.org/1999/xhtml",
        "jr" | "javarosa" => "http://openrosa.org/javarosa",
        "odk" => "http://www.opendatakit.org/xforms",
        "orx" | "openrosa-xforms" => "http://openrosa.org/xforms",
        "xf" | "xforms" => "http://www.w3.org/2002/xforms",
        "enk" => "http://enketo.org/xforms",
        "fn" => "http://www.w3.org/2005/xpath-functions",
        _ => return None,
    })
}
