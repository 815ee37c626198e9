//! Making and changing documents. Removed nodes stay in the arena, so that they can come back and that no
//! identifier is ever used twice.

use super::{Document, Kind, Name, Node, NodeId};

impl Document {
    fn push(&mut self, node: Node) -> NodeId {
        // A document of four thousand million nodes does not fit into memory.
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    fn named(&mut self, kind: Kind, name: Name<'_>, text: &str) -> NodeId {
        let mut node = Node::new(kind);
        node.name = self.names.name(name.namespace, name.local);
        node.prefix = self.names.intern(name.prefix);
        node.text = text.into();
        self.push(node)
    }

    /// An element that stands nowhere yet.
    pub fn create_element(&mut self, name: Name<'_>) -> NodeId {
        self.named(Kind::Element, name, "")
    }

    /// A text that stands nowhere yet.
    pub fn create_text(&mut self, text: &str) -> NodeId {
        let mut node = Node::new(Kind::Text);
        node.text = text.into();
        self.push(node)
    }

    /// Adds an element as last child. The name is as written (`h:head`); its prefix, or for none the default
    /// namespace, is looked up at `parent`; an undeclared prefix stays a prefix in no namespace.
    pub fn add_element(&mut self, parent: NodeId, name: &str) -> NodeId {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = self.namespace_of_prefix(parent, prefix).unwrap_or_default().to_owned();
        self.add_element_named(parent, Name { namespace: &namespace, prefix, local })
    }

    /// Adds an element as last child.
    pub fn add_element_named(&mut self, parent: NodeId, name: Name<'_>) -> NodeId {
        let id = self.create_element(name);
        self.append(parent, id);
        id
    }

    /// Adds an element with a text in it as last child.
    pub fn add_element_with_text(&mut self, parent: NodeId, name: &str, text: &str) -> NodeId {
        let id = self.add_element(parent, name);
        self.add_text(id, text);
        id
    }

    /// Adds text at the end; an empty one adds nothing.
    pub fn add_text(&mut self, parent: NodeId, text: &str) {
        if !text.is_empty() {
            let id = self.create_text(text);
            self.append(parent, id);
        }
    }

    /// Adds a comment at the end.
    pub fn add_comment(&mut self, parent: NodeId, text: &str) -> NodeId {
        let mut node = Node::new(Kind::Comment);
        node.text = text.into();
        let id = self.push(node);
        self.append(parent, id);
        id
    }

    /// Adds a processing instruction at the end.
    pub fn add_instruction(&mut self, parent: NodeId, target: &str, text: &str) -> NodeId {
        let id = self.named(Kind::Instruction, Name::local(target), text);
        self.append(parent, id);
        id
    }

    /// Declares a namespace on an element; an empty prefix is the default namespace.
    pub fn declare_namespace(&mut self, element: NodeId, prefix: &str, uri: &str) {
        let known = self.namespace_nodes(element).find(|&n| self.local_name(n) == prefix);
        match known {
            Some(node) => self.node_mut(node).text = uri.into(),
            None => {
                let id = self.named(Kind::Namespace, Name::local(prefix), uri);
                self.append_attribute(element, id);
            }
        }
    }

    /// Sets an attribute. The name is as written (`jr:preload`); its prefix is looked up at the element.
    pub fn set_attribute(&mut self, element: NodeId, name: &str, value: &str) -> NodeId {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = match prefix {
            "" => String::new(),
            _ => self.namespace_of_prefix(element, prefix).unwrap_or_default().to_owned(),
        };
        self.set_attribute_named(element, Name { namespace: &namespace, prefix, local }, value)
    }

    /// Sets an attribute.
    pub fn set_attribute_named(&mut self, element: NodeId, name: Name<'_>, value: &str) -> NodeId {
        if let Some(id) = self.attribute_node(element, name.namespace, name.local)
            && self.name(id).prefix == name.prefix
        {
            self.node_mut(id).text = value.into();
            return id;
        }
        let id = self.named(Kind::Attribute, name, value);
        self.append_attribute(element, id);
        id
    }

    /// Takes an attribute away, by its name as written.
    pub fn remove_attribute(&mut self, element: NodeId, name: &str) {
        if let Some(id) = self.attributes(element).find(|&a| self.name(a).qualified() == name) {
            self.detach(id);
        }
    }

    fn append_attribute(&mut self, element: NodeId, id: NodeId) {
        if !self.is_element(element) {
            return;
        }
        let mut last = NodeId::NONE;
        let mut next = self.node(element).first_attribute;
        while let Some(at) = next.some() {
            last = at;
            next = self.node(at).next;
        }
        self.node_mut(id).parent = element;
        self.node_mut(id).previous = last;
        match last.some() {
            Some(last) => self.node_mut(last).next = id,
            None => self.node_mut(element).first_attribute = id,
        }
        self.order.take();
    }

    /// Replaces what an element holds by a text; of a text, comment, instruction or attribute its own text.
    pub fn set_text(&mut self, id: NodeId, text: &str) {
        let node = self.node(id);
        if !matches!(node.kind, Kind::Element | Kind::Document) {
            self.node_mut(id).text = text.into();
            return;
        }
        let first = node.first_child;
        if first == node.last_child && first != NodeId::NONE && self.kind(first) == Kind::Text && !text.is_empty() {
            self.node_mut(first).text = text.into();
            return;
        }
        while let Some(child) = self.node(id).first_child.some() {
            self.detach(child);
        }
        self.add_text(id, text);
    }

    /// Puts a node that stands elsewhere or nowhere at the end of a parent.
    pub fn append(&mut self, parent: NodeId, id: NodeId) {
        self.insert(parent, id, NodeId::NONE);
    }

    /// Puts a node before another.
    pub fn insert_before(&mut self, sibling: NodeId, id: NodeId) {
        if let Some(parent) = self.parent(sibling) {
            self.insert(parent, id, sibling);
        }
    }

    /// Puts a node after another.
    pub fn insert_after(&mut self, sibling: NodeId, id: NodeId) {
        if let Some(parent) = self.parent(sibling) {
            let before = self.node(sibling).next;
            if before != id {
                self.insert(parent, id, before);
            }
        }
    }

    /// What cannot be (a node within itself, children of a text, an attribute among children) is left as it was.
    fn insert(&mut self, parent: NodeId, id: NodeId, before: NodeId) {
        let holds = matches!(self.kind(parent), Kind::Element | Kind::Document);
        let fits = !matches!(self.kind(id), Kind::Document | Kind::Attribute | Kind::Namespace);
        let same = id == parent || id == before || id.index() >= self.nodes.len();
        if !holds || !fits || same || (self.is_element(id) && self.ancestors(parent).any(|a| a == id)) {
            return;
        }
        if self.node(id).parent != NodeId::NONE {
            self.detach(id);
        }
        let previous = match before.some() {
            Some(before) => self.node(before).previous,
            None => self.node(parent).last_child,
        };
        let node = self.node_mut(id);
        node.parent = parent;
        node.previous = previous;
        node.next = before;
        match previous.some() {
            Some(previous) => self.node_mut(previous).next = id,
            None => self.node_mut(parent).first_child = id,
        }
        match before.some() {
            Some(before) => self.node_mut(before).previous = id,
            None => self.node_mut(parent).last_child = id,
        }
        if self.is_element(id) {
            self.changed();
        } else {
            self.order.take();
        }
    }

    /// Takes a node and all below it out of its parent. It stays usable and can be put back.
    pub fn detach(&mut self, id: NodeId) {
        let (parent, previous, next) = {
            let node = self.node(id);
            (node.parent, node.previous, node.next)
        };
        let Some(parent) = parent.some() else { return };
        match previous.some() {
            Some(previous) => self.node_mut(previous).next = next,
            None if self.node(parent).first_attribute == id => self.node_mut(parent).first_attribute = next,
            None => self.node_mut(parent).first_child = next,
        }
        match next.some() {
            Some(next) => self.node_mut(next).previous = previous,
            None if self.node(parent).last_child == id => self.node_mut(parent).last_child = previous,
            None => {}
        }
        let node = self.node_mut(id);
        node.parent = NodeId::NONE;
        node.previous = NodeId::NONE;
        node.next = NodeId::NONE;
        if node.kind == Kind::Element {
            self.index.take();
        }
    }

    /// A copy of a node and all below it, in the same document, standing nowhere yet.
    pub fn duplicate(&mut self, id: NodeId) -> NodeId {
        let source = self.node(id).clone();
        self.copy_tree(source, |doc, id| doc.node(id).clone(), |_, node| node)
    }

    /// A copy of a node of another document and all below it, standing nowhere yet. Namespace declarations of
    /// its ancestors are not copied: the writer declares what is missing.
    pub fn copy_from(&mut self, other: &Document, id: NodeId) -> NodeId {
        let source = other.node(id).clone();
        self.copy_tree(
            source,
            |_, id| other.node(id).clone(),
            |doc, mut node| {
                let (namespace, local) = other.names.parts(node.name);
                node.name = doc.names.name(other.names.text(namespace), other.names.text(local));
                node.prefix = doc.names.intern(other.names.text(node.prefix));
                node
            },
        )
    }

    /// Copies without recursion: `get` gives a source node, `adopt` makes its names those of this document.
    fn copy_tree(
        &mut self,
        source: Node,
        get: impl Fn(&Self, NodeId) -> Node,
        adopt: impl Fn(&mut Self, Node) -> Node,
    ) -> NodeId {
        let mut made = NodeId::NONE;
        let mut open: Vec<(NodeId, Node)> = vec![(NodeId::NONE, source)];
        while let Some((parent, source)) = open.pop() {
            let (child, attribute, next, kind) = (source.first_child, source.first_attribute, source.next, source.kind);
            let mut node = Node::new(kind);
            (node.name, node.prefix, node.text) = (source.name, source.prefix, source.text);
            let node = adopt(self, node);
            let id = self.push(node);
            if made == NodeId::NONE {
                made = id;
            } else {
                match kind {
                    Kind::Attribute | Kind::Namespace => self.append_attribute(parent, id),
                    _ => self.append(parent, id),
                }
                if let Some(next) = next.some() {
                    let next = get(self, next);
                    open.push((parent, next));
                }
            }
            for below in [child, attribute] {
                if let Some(below) = below.some() {
                    let below = get(self, below);
                    open.push((id, below));
                }
            }
        }
        made
    }
}
