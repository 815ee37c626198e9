//! XML documents that can be read, made and changed: a form, its instances and what is submitted are all such
//! documents. Nodes live in one arena and are named by [`NodeId`]; names are interned, so that comparing two is
//! comparing two numbers. Read in this order: this file (what a node is) → `names` → `parse` → `read` → `change` →
//! `order` → `write`.
//!
//! ```
//! use huce_core::xml::Document;
//! # fn main() -> Result<(), huce_core::xml::XmlError> {
//! let mut doc = Document::parse("<data><name/></data>")?;
//! let data = doc.document_element().expect("parsed");
//! let name = doc.child(data, "name").expect("is there");
//! doc.set_text(name, "王");
//! let age = doc.add_element(data, "age");
//! doc.set_attribute(age, "unit", "year");
//! assert_eq!(doc.write(), r#"<data><name>王</name><age unit="year"/></data>"#);
//! # Ok(())
//! # }
//! ```

mod change;
mod names;
mod order;
mod parse;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::OnceLock;

pub(crate) use names::NameCache;
pub use names::{Name, NameId, StrId};
pub use order::Named;
pub use parse::XmlError;
pub use read::{Attributes, Children, Descendants};
pub(crate) use write::escape;

use names::Names;
use order::{ChildIndex, Order, Values};

/// The namespace of the prefix `xml`.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A node of a [`Document`], valid for this document only. Never used again for another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    const NONE: Self = Self(u32::MAX);
    /// The document node.
    pub const DOCUMENT: Self = Self(0);

    fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }

    /// Its place in the arena: small numbers, usable as an index of a table beside the document.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The document itself.
    Document,
    /// `<name>`
    Element,
    /// `name="value"`
    Attribute,
    /// `xmlns:prefix="uri"`: the local name is the prefix (empty: the default namespace), the text the URI.
    Namespace,
    /// Text. A CDATA section is a text node of its own, as in browsers and in the ODK engines.
    Text,
    /// `<!-- … -->`
    Comment,
    /// `<?target text?>`
    Instruction,
}

#[derive(Debug, Clone)]
struct Node {
    kind: Kind,
    name: NameId,
    prefix: StrId,
    parent: NodeId,
    previous: NodeId,
    next: NodeId,
    first_child: NodeId,
    last_child: NodeId,
    first_attribute: NodeId,
    text: Box<str>,
}

impl Node {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            name: NameId::NONE,
            prefix: StrId::EMPTY,
            parent: NodeId::NONE,
            previous: NodeId::NONE,
            next: NodeId::NONE,
            first_child: NodeId::NONE,
            last_child: NodeId::NONE,
            first_attribute: NodeId::NONE,
            text: Box::default(),
        }
    }
}

/// An XML document.
#[derive(Debug)]
pub struct Document {
    nodes: Vec<Node>,
    names: Names,
    /// What stands for an identifier that is not of this document: a comment without anything.
    nothing: Node,
    order: OnceLock<Order>,
    index: OnceLock<ChildIndex>,
    values: Values,
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Document {
    fn clone(&self) -> Self {
        Self {
            nodes: self.nodes.clone(),
            names: self.names.clone(),
            nothing: self.nothing.clone(),
            order: OnceLock::new(),
            index: OnceLock::new(),
            values: Values::default(),
        }
    }
}

impl Document {
    /// An empty document: the document node only.
    #[must_use]
    pub fn new() -> Self {
        Self {
            nodes: vec![Node::new(Kind::Document)],
            names: Names::default(),
            nothing: Node::new(Kind::Comment),
            order: OnceLock::new(),
            index: OnceLock::new(),
            values: Values::default(),
        }
    }

    /// How many nodes were ever made here: one more than the highest [`NodeId::index`].
    #[must_use]
    pub fn arena_len(&self) -> usize {
        self.nodes.len()
    }

    fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.index()).unwrap_or(&self.nothing)
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        self.values.forget();
        self.nodes.get_mut(id.index()).unwrap_or(&mut self.nothing)
    }

    /// The structure has changed: what was derived from it is derived again when next needed.
    fn changed(&mut self) {
        self.order.take();
        self.index.take();
    }
}
