//! The nodes of a session as expressions see them: ranges are invisible, values that are not relevant
//! read as empty, choice lists are documents of their own.

use super::{Node, Role, Session};
use crate::form::expr::{NodeRef, Tree};
use crate::form::model::{ChoiceList, ItemId};
use chrono::{DateTime, FixedOffset};
use std::borrow::Cow;

impl Session {
    pub(super) fn node_at(&self, id: u32) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    pub(super) fn children_of(&self, id: u32) -> &[u32] {
        self.node_at(id).map(|n| n.children.as_slice()).unwrap_or_default()
    }

    /// The child that stands for an item; children are in the order of items.
    pub(super) fn child_for(&self, parent: u32, item: ItemId) -> Option<u32> {
        let children = self.children_of(parent);
        let at = children.binary_search_by_key(&item, |c| self.node_at(*c).map_or(usize::MAX, |n| n.item)).ok()?;
        children.get(at).copied()
    }

    /// All nodes of an item below `from` (instances for a repeat, else the single nodes).
    pub(super) fn nodes_of(&self, from: u32, item: ItemId) -> Vec<u32> {
        let mut found = Vec::new();
        self.collect(from, item, &mut found);
        found
    }

    fn collect(&self, at: u32, item: ItemId, found: &mut Vec<u32>) {
        let Some(node) = self.node_at(at) else { return };
        if node.item == item && node.role != Role::Range {
            found.push(at);
            return;
        }
        if node.role == Role::Range {
            node.children.iter().for_each(|c| self.collect(*c, item, found));
            return;
        }
        // The one child that is or holds the item: the last that does not come after it.
        let upto = node.children.partition_point(|c| self.node_at(*c).is_some_and(|n| n.item <= item));
        let Some(child) = upto.checked_sub(1).and_then(|i| node.children.get(i)) else { return };
        if self.node_at(*child).is_some_and(|n| self.program.is_above(n.item, item)) {
            self.collect(*child, item, found);
        }
    }

    /// The innermost repeat instance above (or at) `from` that also holds `item`, else the root.
    pub(super) fn common_scope(&self, from: u32, item: ItemId) -> u32 {
        let mut at = Some(from);
        while let Some(id) = at {
            let Some(node) = self.node_at(id) else { break };
            // A repeat is no scope for itself: `count(${rooms})` within a room counts all rooms.
            if node.role == Role::Instance && node.item != item && self.program.is_above(node.item, item) {
                return id;
            }
            at = node.parent;
        }
        0
    }

    /// All nodes of an item in the session.
    pub(in crate::form) fn field_nodes(&self, item: ItemId) -> Vec<u32> {
        self.nodes_of(0, item)
    }

    pub(in crate::form) fn is_relevant(&self, id: u32) -> bool {
        self.node_at(id).is_some_and(|n| n.relevant)
    }

    pub(in crate::form) fn reference_of(&self, id: u32) -> String {
        self.reference(id)
    }

    fn list(&self, doc: u32) -> Option<&ChoiceList> {
        let name = self.program.lists.get((doc as usize).checked_sub(1)?)?;
        self.form().lists.get(name)
    }

    /// Document number of a choice list.
    pub(super) fn list_doc(&self, name: &str) -> Option<u32> {
        let at = self.program.lists.iter().position(|l| l == name)?;
        u32::try_from(at + 1).ok()
    }

    /// The node of a row in a choice list.
    pub(super) fn list_row(&self, doc: u32, row: usize) -> NodeRef {
        let width = self.list(doc).map_or(3, |l| l.columns.len() + 3);
        NodeRef::new(doc, u32::try_from(1 + row * width).unwrap_or(u32::MAX - 1))
    }

    /// Row and column (none for the row itself) of a node in a choice list.
    fn list_place(&self, node: NodeRef) -> Option<(usize, Option<usize>)> {
        let width = self.list(node.doc)?.columns.len() + 3;
        let at = (node.id as usize).checked_sub(1)?;
        Some((at / width, (at % width).checked_sub(1)))
    }

    fn leaf_text(&self, node: &Node) -> Cow<'_, str> {
        if node.relevant { Cow::Owned(node.value.clone()) } else { Cow::Borrowed("") }
    }
}

impl Tree for Session {
    fn parent(&self, node: NodeRef) -> Option<NodeRef> {
        if node.id == NodeRef::DOCUMENT {
            return None;
        }
        let document = Some(NodeRef::new(node.doc, NodeRef::DOCUMENT));
        if node.doc > 0 {
            if node.id == 0 {
                return document;
            }
            let (row, column) = self.list_place(node)?;
            return Some(match column {
                Some(_) => self.list_row(node.doc, row),
                None => NodeRef::new(node.doc, 0),
            });
        }
        let parent = match self.node_at(node.id)?.parent {
            None => return document,
            Some(parent) => parent,
        };
        match self.node_at(parent)?.role {
            Role::Range => self.node_at(parent)?.parent.map(|p| NodeRef::new(0, p)),
            _ => Some(NodeRef::new(0, parent)),
        }
    }

    fn children(&self, node: NodeRef) -> Vec<NodeRef> {
        if node.id == NodeRef::DOCUMENT {
            return vec![NodeRef::new(node.doc, 0)];
        }
        if node.doc > 0 {
            let Some(list) = self.list(node.doc) else { return Vec::new() };
            if node.id == 0 {
                return (0..list.rows.len()).map(|row| self.list_row(node.doc, row)).collect();
            }
            return match self.list_place(node) {
                Some((_, None)) => {
                    let width = u32::try_from(list.columns.len() + 2).unwrap_or(2);
                    (1..=width).map(|i| NodeRef::new(node.doc, node.id + i)).collect()
                }
                _ => Vec::new(),
            };
        }
        let mut found = Vec::new();
        for child in self.children_of(node.id) {
            match self.node_at(*child) {
                Some(range) if range.role == Role::Range => {
                    found.extend(range.children.iter().map(|c| NodeRef::new(0, *c)));
                }
                Some(_) => found.push(NodeRef::new(0, *child)),
                None => {}
            }
        }
        found
    }

    fn name(&self, node: NodeRef) -> &str {
        if node.id == NodeRef::DOCUMENT {
            return "";
        }
        if node.doc == 0 {
            let item = self.node_at(node.id).and_then(|n| self.form().item(n.item));
            return item.map_or("", |i| i.name.as_str());
        }
        if node.id == 0 {
            return "root";
        }
        match self.list_place(node) {
            Some((_, None)) => "item",
            Some((_, Some(0))) => "name",
            Some((_, Some(1))) => "label",
            Some((_, Some(extra))) => {
                self.list(node.doc).and_then(|l| l.columns.get(extra - 2)).map_or("", String::as_str)
            }
            None => "",
        }
    }

    fn text(&self, node: NodeRef) -> Cow<'_, str> {
        if node.id == NodeRef::DOCUMENT || (node.doc > 0 && node.id == 0) {
            return Cow::Owned(self.children(node).into_iter().map(|n| self.text(n).into_owned()).collect());
        }
        if node.doc > 0 {
            let Some((row, column)) = self.list_place(node) else { return Cow::Borrowed("") };
            let Some(choice) = self.list(node.doc).and_then(|l| l.rows.get(row)) else { return Cow::Borrowed("") };
            return Cow::Borrowed(match column {
                Some(0) => choice.name.as_str(),
                Some(1) => choice.label.get(self.language),
                Some(extra) => choice.extra.get(extra - 2).map_or("", String::as_str),
                None => choice.name.as_str(),
            });
        }
        match self.node_at(node.id) {
            Some(leaf) if leaf.role == Role::Leaf => self.leaf_text(leaf),
            Some(_) => Cow::Owned(self.children(node).into_iter().map(|n| self.text(n).into_owned()).collect()),
            None => Cow::Borrowed(""),
        }
    }

    fn order(&self, node: NodeRef) -> Vec<u32> {
        if node.id == NodeRef::DOCUMENT {
            return Vec::new();
        }
        if node.doc > 0 {
            return vec![node.id];
        }
        let mut key = Vec::new();
        let mut at = node.id;
        while let Some(parent) = self.node_at(at).and_then(|n| n.parent) {
            let place = match self.node_at(parent) {
                Some(range) if range.role == Role::Range => range.children.iter().position(|c| *c == at).unwrap_or(0),
                _ => self.node_at(at).map_or(0, |n| n.item),
            };
            key.push(u32::try_from(place).unwrap_or(u32::MAX));
            at = parent;
        }
        key.push(0);
        key.reverse();
        key
    }

    fn field(&self, from: NodeRef, item: ItemId, anywhere: bool) -> Vec<NodeRef> {
        let scope = if anywhere || from.doc > 0 { 0 } else { self.common_scope(from.id, item) };
        self.nodes_of(scope, item).into_iter().map(|id| NodeRef::new(0, id)).collect()
    }

    fn instance(&self, id: &str) -> Option<NodeRef> {
        Some(NodeRef::new(self.list_doc(id)?, NodeRef::DOCUMENT))
    }

    fn choice_label(&self, question: NodeRef, value: &str) -> Option<String> {
        let item = self.form().item(self.node_at(question.id)?.item)?;
        let list = self.form().lists.get(item.list.as_ref()?)?;
        list.rows.iter().find(|r| r.name == value).map(|r| r.label.get(self.language).to_owned())
    }

    fn question_at(&self, from: NodeRef, path: &str) -> Option<NodeRef> {
        let path = path.trim();
        if let Some(name) = path.strip_prefix("${").and_then(|p| p.strip_suffix('}')) {
            let item = self.program.find(name.trim(), self.node_at(from.id)?.item)?;
            return self.field(from, item, false).into_iter().next();
        }
        let expr = crate::form::expr::parse(path).ok()?;
        match crate::form::expr::evaluate(&expr, self, from, from).ok()? {
            crate::form::expr::Value::Nodes(nodes) => nodes.into_iter().next(),
            _ => None,
        }
    }

    fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    fn random(&self) -> f64 {
        // splitmix64, seeded from the session's clock.
        let state = self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.seed.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
