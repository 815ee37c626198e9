//! What is derived from the structure when it is first needed: document order, and the children of wide parents by
//! name (a form of 1,000 questions, a list of 100,000 choices).

use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Document, NameId, NodeId};

/// Parents with fewer child elements are searched one by one.
const WIDE: usize = 12;

/// The rank of each node; detached nodes have none.
pub(super) type Order = Box<[u32]>;

/// The child elements of wide parents, by name.
pub(super) type ChildIndex = HashMap<NodeId, HashMap<NameId, Box<[NodeId]>>>;

/// The child elements of one name.
#[derive(Debug, Clone)]
pub enum Named<'a> {
    /// Of a wide parent.
    Indexed(std::slice::Iter<'a, NodeId>),
    /// Looked for one by one.
    #[allow(missing_docs)]
    Searched { doc: &'a Document, next: Option<NodeId>, name: NameId },
}

impl Iterator for Named<'_> {
    type Item = NodeId;
    fn next(&mut self) -> Option<NodeId> {
        match self {
            Self::Indexed(ids) => ids.next().copied(),
            Self::Searched { doc, next, name } => loop {
                let id = (*next)?;
                let node = doc.node(id);
                *next = node.next.some();
                if node.name == *name && doc.is_element(id) {
                    return Some(id);
                }
            },
        }
    }
}

impl Document {
    /// Compares two nodes by document order: an element, its attributes, its children. Nodes that stand nowhere
    /// come last, in the order in which they were made.
    #[must_use]
    pub fn compare(&self, a: NodeId, b: NodeId) -> Ordering {
        let order = self.order.get_or_init(|| self.ranks());
        let rank = |id: NodeId| order.get(id.index()).copied().unwrap_or(u32::MAX);
        rank(a).cmp(&rank(b)).then(a.cmp(&b))
    }

    fn ranks(&self) -> Order {
        let mut ranks = vec![u32::MAX; self.nodes.len()];
        let mut rank = 0;
        let mut give = |id: NodeId| {
            if let Some(at) = ranks.get_mut(id.index()) {
                *at = rank;
            }
            rank += 1;
        };
        let mut at = Some(NodeId::DOCUMENT);
        while let Some(id) = at {
            give(id);
            self.namespace_nodes(id).for_each(&mut give);
            self.attributes(id).for_each(&mut give);
            at = self.next_in(NodeId::DOCUMENT, id);
        }
        ranks.into()
    }

    /// The child elements with this interned name, quickly also where there are many.
    #[must_use]
    pub fn elements_named(&self, parent: NodeId, name: NameId) -> Named<'_> {
        match self.index.get_or_init(|| self.wide_parents()).get(&parent) {
            Some(by_name) => Named::Indexed(by_name.get(&name).map(|ids| ids.iter()).unwrap_or_default()),
            None => Named::Searched { doc: self, next: self.first_child(parent), name },
        }
    }

    fn wide_parents(&self) -> ChildIndex {
        let mut index = ChildIndex::new();
        let mut at = Some(NodeId::DOCUMENT);
        while let Some(id) = at {
            if self.elements(id).nth(WIDE - 1).is_some() {
                let mut by_name: HashMap<NameId, Vec<NodeId>> = HashMap::new();
                for child in self.elements(id) {
                    by_name.entry(self.name_id(child)).or_default().push(child);
                }
                index.insert(id, by_name.into_iter().map(|(name, ids)| (name, ids.into())).collect());
            }
            at = self.next_in(NodeId::DOCUMENT, id);
        }
        index
    }
}
