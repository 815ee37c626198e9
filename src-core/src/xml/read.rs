//! What a document says: names, values, and the ways from node to node.

use std::borrow::Cow;

use super::{Document, Kind, Name, NameId, NodeId, StrId, XML_NAMESPACE};

/// The children of a node, first to last.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    doc: &'a Document,
    next: NodeId,
    last: NodeId,
}

impl Iterator for Children<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        let id = self.next.some()?;
        self.next = if id == self.last { NodeId::NONE } else { self.doc.node(id).next };
        Some(id)
    }
}

impl DoubleEndedIterator for Children<'_> {
    fn next_back(&mut self) -> Option<NodeId> {
        let id = self.next.some().and(self.last.some())?;
        if id == self.next {
            self.next = NodeId::NONE;
        } else {
            self.last = self.doc.node(id).previous;
        }
        Some(id)
    }
}

/// The attributes of an element.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    doc: &'a Document,
    next: NodeId,
    kind: Kind,
}

impl Iterator for Attributes<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        loop {
            let id = self.next.some()?;
            let node = self.doc.node(id);
            self.next = node.next;
            if node.kind == self.kind {
                return Some(id);
            }
        }
    }
}

/// All nodes below a node, in document order, without attributes.
#[derive(Debug, Clone)]
pub struct Descendants<'a> {
    doc: &'a Document,
    top: NodeId,
    next: NodeId,
}

impl Iterator for Descendants<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        let id = self.next.some()?;
        self.next = self.doc.next_in(self.top, id).unwrap_or(NodeId::NONE);
        Some(id)
    }
}

impl Document {
    /// What the node is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> Kind {
        self.node(id).kind
    }

    /// Whether it is an element.
    #[must_use]
    pub fn is_element(&self, id: NodeId) -> bool {
        self.kind(id) == Kind::Element
    }

    /// The outermost element.
    #[must_use]
    pub fn document_element(&self) -> Option<NodeId> {
        self.elements(NodeId::DOCUMENT).next()
    }

    /// The node that it stands in; for an attribute its element.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent.some()
    }

    /// The next node with the same parent.
    #[must_use]
    pub fn next_sibling(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).next.some()
    }

    /// The node with the same parent before it.
    #[must_use]
    pub fn previous_sibling(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).previous.some()
    }

    /// The first child.
    #[must_use]
    pub fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).first_child.some()
    }

    /// The children: elements, texts, comments, instructions.
    #[must_use]
    pub fn children(&self, id: NodeId) -> Children<'_> {
        let node = self.node(id);
        Children { doc: self, next: node.first_child, last: node.last_child }
    }

    /// The children that are elements.
    pub fn elements(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        self.children(id).filter(|&c| self.is_element(c))
    }

    /// The child elements with this local name, whatever their namespace.
    pub fn children_named<'a>(&'a self, id: NodeId, local: &'a str) -> impl DoubleEndedIterator<Item = NodeId> + 'a {
        self.elements(id).filter(move |&c| self.local_name(c) == local)
    }

    /// The first child element with this local name, whatever its namespace.
    #[must_use]
    pub fn child(&self, id: NodeId, local: &str) -> Option<NodeId> {
        self.children_named(id, local).next()
    }

    /// The attributes, without namespace declarations.
    #[must_use]
    pub fn attributes(&self, id: NodeId) -> Attributes<'_> {
        Attributes { doc: self, next: self.node(id).first_attribute, kind: Kind::Attribute }
    }

    /// The namespace declarations that stand on this element.
    #[must_use]
    pub fn namespace_nodes(&self, id: NodeId) -> Attributes<'_> {
        Attributes { doc: self, next: self.node(id).first_attribute, kind: Kind::Namespace }
    }

    /// All nodes below it, in document order, without attributes.
    #[must_use]
    pub fn descendants(&self, id: NodeId) -> Descendants<'_> {
        Descendants { doc: self, top: id, next: self.node(id).first_child }
    }

    /// The node after `id` in document order, if it is still below `top`.
    #[must_use]
    pub fn next_in(&self, top: NodeId, id: NodeId) -> Option<NodeId> {
        let node = self.node(id);
        if let Some(child) = node.first_child.some() {
            return Some(child);
        }
        self.next_beside(top, id)
    }

    /// The node after `id` and all that is below it, if it is still below `top`.
    #[must_use]
    pub fn next_beside(&self, top: NodeId, mut id: NodeId) -> Option<NodeId> {
        while id != top {
            let node = self.node(id);
            if let Some(next) = node.next.some() {
                return Some(next);
            }
            id = node.parent.some()?;
        }
        None
    }

    /// The parent, its parent, and so on to the document node.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), |&p| self.parent(p))
    }

    /// The name; empty parts for nodes without any. An instruction's local name is its target.
    #[must_use]
    pub fn name(&self, id: NodeId) -> Name<'_> {
        let node = self.node(id);
        let (namespace, local) = self.names.parts(node.name);
        Name {
            namespace: self.names.text(namespace),
            prefix: self.names.text(node.prefix),
            local: self.names.text(local),
        }
    }

    /// The interned expanded name, for quick comparison within this document.
    #[must_use]
    pub fn name_id(&self, id: NodeId) -> NameId {
        self.node(id).name
    }

    /// The interned namespace of a node.
    #[must_use]
    pub fn namespace_id(&self, id: NodeId) -> StrId {
        self.names.parts(self.node(id).name).0
    }

    /// The interned local name of a node.
    #[must_use]
    pub fn local_id(&self, id: NodeId) -> StrId {
        self.names.parts(self.node(id).name).1
    }

    /// The number of an expanded name; none if no node of this document ever had it.
    #[must_use]
    pub fn find_name(&self, namespace: &str, local: &str) -> Option<NameId> {
        self.names.find(namespace, local)
    }

    /// The namespace URI of an interned name.
    pub(crate) fn uri_of(&self, name: NameId) -> &str {
        self.names.text(self.names.parts(name).0)
    }

    /// The number of a string; none if no name of this document has it as a part.
    #[must_use]
    pub fn find_string(&self, text: &str) -> Option<StrId> {
        self.names.find_string(text)
    }

    /// The local part of the name.
    #[must_use]
    pub fn local_name(&self, id: NodeId) -> &str {
        self.name(id).local
    }

    /// The namespace URI of the name; empty if none.
    #[must_use]
    pub fn namespace(&self, id: NodeId) -> &str {
        self.name(id).namespace
    }

    /// Whether it is an element with this namespace and local name.
    #[must_use]
    pub fn is_named(&self, id: NodeId, namespace: &str, local: &str) -> bool {
        let name = self.name(id);
        self.is_element(id) && name.local == local && name.namespace == namespace
    }

    /// The value of the attribute that is written with this local name and no namespace.
    #[must_use]
    pub fn attribute(&self, id: NodeId, local: &str) -> Option<&str> {
        self.attribute_ns(id, "", local)
    }

    /// The value of an attribute by its expanded name.
    #[must_use]
    pub fn attribute_ns(&self, id: NodeId, namespace: &str, local: &str) -> Option<&str> {
        self.attribute_node(id, namespace, local).map(|a| self.text(a))
    }

    /// The node of an attribute by its expanded name.
    #[must_use]
    pub fn attribute_node(&self, id: NodeId, namespace: &str, local: &str) -> Option<NodeId> {
        self.attributes(id).find(|&a| {
            let name = self.name(a);
            name.local == local && name.namespace == namespace
        })
    }

    /// The URI that a prefix (empty: the default namespace) stands for at this node.
    #[must_use]
    pub fn namespace_of_prefix(&self, id: NodeId, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML_NAMESPACE);
        }
        std::iter::once(id)
            .chain(self.ancestors(id))
            .find_map(|e| self.namespace_nodes(e).find(|&n| self.local_name(n) == prefix).map(|n| self.text(n)))
    }

    /// A prefix (empty: the default namespace) that stands for this URI at this node.
    #[must_use]
    pub fn prefix_of_namespace(&self, id: NodeId, namespace: &str) -> Option<&str> {
        if namespace == XML_NAMESPACE {
            return Some("xml");
        }
        std::iter::once(id)
            .chain(self.ancestors(id))
            .flat_map(|e| self.namespace_nodes(e))
            .filter(|&n| self.text(n) == namespace)
            .map(|n| self.local_name(n))
            .find(|prefix| self.namespace_of_prefix(id, prefix) == Some(namespace))
    }

    /// The text that the node itself holds: of a text, comment, instruction or attribute; of others nothing.
    #[must_use]
    pub fn text(&self, id: NodeId) -> &str {
        &self.node(id).text
    }

    /// The string value as XPath has it: of an element or document all text below it, else its own text.
    #[must_use]
    pub fn string_value(&self, id: NodeId) -> Cow<'_, str> {
        let node = self.node(id);
        if !matches!(node.kind, Kind::Element | Kind::Document) {
            return Cow::Borrowed(&node.text);
        }
        let Some(first) = node.first_child.some() else { return Cow::Borrowed("") };
        let only = self.node(first);
        if first == node.last_child && only.kind == Kind::Text {
            return Cow::Borrowed(&only.text);
        }
        let mut texts = self.descendants(id).map(|n| self.node(n)).filter(|n| n.kind == Kind::Text);
        let Some(head) = texts.next() else { return Cow::Borrowed("") };
        let Some(second) = texts.next() else { return Cow::Borrowed(&head.text) };
        let mut all = String::from(&*head.text);
        all.push_str(&second.text);
        texts.for_each(|t| all.push_str(&t.text));
        Cow::Owned(all)
    }

    /// Whether the node is in the tree of the document (and not removed, or not yet put there).
    #[must_use]
    pub fn is_attached(&self, id: NodeId) -> bool {
        id == NodeId::DOCUMENT || self.ancestors(id).last() == Some(NodeId::DOCUMENT)
    }
}
