//! What is derived from the structure when it is first needed: document order, and the children of wide parents by
//! name (a form of 1,000 questions, a list of 100,000 choices).

use std::cmp::Ordering;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt as _};

use super::{Document, NameId, NodeId};

/// Parents with fewer child elements are searched one by one.
const WIDE: usize = 12;
/// From this many children of one name on, they are looked up by value.
const MANY: usize = 256;

/// The rank of each node; detached nodes have none.
pub(super) type Order = Box<[u32]>;

/// The child elements of wide parents, by name.
#[derive(Debug)]
pub(super) struct ChildIndex {
    /// For each node its place in `wide`.
    slots: Box<[u32]>,
    wide: Vec<HashMap<NameId, Box<[NodeId]>>>,
}

impl ChildIndex {
    fn get(&self, parent: NodeId) -> Option<&HashMap<NameId, Box<[NodeId]>>> {
        self.wide.get(*self.slots.get(parent.index())? as usize)
    }
}

/// Children of one name of a parent, by the text that a child of theirs has: hash of the text, place among them,
/// the child. Sorted.
type ByValue = Arc<[(u64, u32, NodeId)]>;

/// Lists by value, as long as nothing in the document changes.
#[derive(Debug, Default)]
pub(super) struct Values(Mutex<HashMap<(NodeId, NameId, NameId), ByValue>>);

impl Values {
    pub fn forget(&mut self) {
        let kept = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !kept.is_empty() {
            kept.clear();
        }
    }
}

fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

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
        match self.index.get_or_init(|| self.wide_parents()).get(parent) {
            Some(by_name) => Named::Indexed(by_name.get(&name).map(|ids| ids.iter()).unwrap_or_default()),
            None => Named::Searched { doc: self, next: self.first_child(parent), name },
        }
    }

    fn wide_parents(&self) -> ChildIndex {
        let mut slots = vec![u32::MAX; self.nodes.len()];
        let mut wide = Vec::new();
        let mut at = Some(NodeId::DOCUMENT);
        while let Some(id) = at {
            if self.elements(id).nth(WIDE - 1).is_some() {
                let mut by_name: HashMap<NameId, Vec<NodeId>> = HashMap::new();
                for child in self.elements(id) {
                    by_name.entry(self.name_id(child)).or_default().push(child);
                }
                if let Some(slot) = slots.get_mut(id.index()) {
                    *slot = u32::try_from(wide.len()).unwrap_or(u32::MAX);
                }
                wide.push(by_name.into_iter().map(|(name, ids)| (name, ids.into())).collect());
            }
            at = self.next_in(NodeId::DOCUMENT, id);
        }
        ChildIndex { slots: slots.into(), wide }
    }

    /// Whether there are so many children of this name that looking them up by value is worth it.
    pub(crate) fn has_many(&self, parent: NodeId, name: NameId) -> bool {
        matches!(self.elements_named(parent, name), Named::Indexed(ids) if ids.len() >= MANY)
    }

    /// Those of many children named `name` that have a child `key` with this text, each with its place among them
    /// (from 0), and how many there are in all. None if there are few: then looking at each is as quick.
    pub(crate) fn elements_with_value(
        &self,
        parent: NodeId,
        name: NameId,
        key: NameId,
        text: &str,
    ) -> Option<(Vec<(usize, NodeId)>, usize)> {
        let Named::Indexed(all) = self.elements_named(parent, name) else { return None };
        let all = all.as_slice();
        if all.len() < MANY {
            return None;
        }
        let by_value = {
            let mut kept = self.values.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.entry((parent, name, key)).or_insert_with(|| self.by_value(all, key)))
        };
        let wanted = hash(text);
        let from = by_value.partition_point(|(hash, ..)| *hash < wanted);
        let same = by_value.get(from..).unwrap_or_default().iter().take_while(|(hash, ..)| *hash == wanted);
        let mut found: Vec<(usize, NodeId)> = same
            .filter(|(.., id)| self.elements_named(*id, key).any(|c| self.string_value(c) == text))
            .map(|(_, place, id)| (*place as usize, *id))
            .collect();
        found.dedup();
        Some((found, all.len()))
    }

    fn by_value(&self, all: &[NodeId], key: NameId) -> ByValue {
        let mut list: Vec<(u64, u32, NodeId)> = Vec::with_capacity(all.len());
        for (place, &id) in all.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            list.extend(self.elements_named(id, key).map(|c| (hash(&self.string_value(c)), place, id)));
        }
        list.sort_unstable();
        list.into()
    }
}
