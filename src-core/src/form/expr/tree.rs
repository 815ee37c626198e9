//! What an evaluator has to know about the nodes: the form's own tree and the choice lists beside it.

use crate::form::model::ItemId;
use chrono::{DateTime, FixedOffset};
use std::borrow::Cow;

/// A node: which document (0 = the form's answers, others = choice lists), and which node in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeRef {
    /// The document.
    pub doc: u32,
    /// The node in it; [`NodeRef::DOCUMENT`] is the node above the topmost element.
    pub id: u32,
}

impl NodeRef {
    /// `id` of the document node.
    pub const DOCUMENT: u32 = u32::MAX;

    /// A node.
    pub fn new(doc: u32, id: u32) -> Self {
        NodeRef { doc, id }
    }
}

/// Nodes, and what else an expression can ask for.
pub trait Tree {
    /// The node above; none above the document node.
    fn parent(&self, node: NodeRef) -> Option<NodeRef>;
    /// Child elements in document order.
    fn children(&self, node: NodeRef) -> Vec<NodeRef>;
    /// Child elements of one name, in document order.
    fn children_named(&self, node: NodeRef, name: &str) -> Vec<NodeRef> {
        self.children(node).into_iter().filter(|n| self.name(*n) == name).collect()
    }
    /// Name of the element; "" for the document node.
    fn name(&self, node: NodeRef) -> &str;
    /// Text of the element and all below it.
    fn text(&self, node: NodeRef) -> Cow<'_, str>;
    /// Attributes with this name (or all), as nodes.
    fn attributes(&self, _node: NodeRef, _name: Option<&str>) -> Vec<NodeRef> {
        Vec::new()
    }
    /// A key that sorts nodes of one document in document order.
    fn order(&self, node: NodeRef) -> Vec<u32>;
    /// `${name}`: the nodes of an item as seen from `from`, nearest scope first; all of them if `anywhere`.
    fn field(&self, from: NodeRef, item: ItemId, anywhere: bool) -> Vec<NodeRef>;
    /// The topmost element's document node of `instance('id')`.
    fn instance(&self, id: &str) -> Option<NodeRef>;
    /// `jr:choice-name`: the label of a value in the list of the question at `question`.
    fn choice_label(&self, question: NodeRef, value: &str) -> Option<String>;
    /// The node that a path names, for functions that take a path in quotes.
    fn question_at(&self, from: NodeRef, path: &str) -> Option<NodeRef>;
    /// The clock of the session, with its time zone.
    fn now(&self) -> DateTime<FixedOffset>;
    /// A number in 0..1 from a generator that was seeded from outside.
    fn random(&self) -> f64;
}
