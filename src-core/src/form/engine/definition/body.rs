//! The body: which control shows which node. Groups without a reference are for pages only and leave no trace.

use std::collections::BTreeMap;

use super::read::{Reader, resolve_path};
use super::{Control, ControlKind, Items, MOST_DEPTH, Problem, Role, StaticItem};
use crate::xml::NodeId;

/// A control as it was found, before the node is known that it shows.
pub(super) struct BodyElement {
    pub(super) kind: ControlKind,
    pub(super) element: NodeId,
    /// A repeat takes the label of the group around it that has the same reference.
    pub(super) label: Option<NodeId>,
    pub(super) used: bool,
}

fn kind_of(local: &str) -> Option<ControlKind> {
    Some(match local {
        "group" => ControlKind::Group,
        "repeat" => ControlKind::Repeat,
        "input" => ControlKind::Input,
        "select1" => ControlKind::SelectOne,
        "select" => ControlKind::SelectMany,
        "rank" => ControlKind::Rank,
        "range" => ControlKind::Range,
        "trigger" => ControlKind::Trigger,
        "upload" => ControlKind::Upload,
        _ => return None,
    })
}

impl Reader<'_> {
    pub(super) fn read_body(&mut self, body: NodeId) {
        let mut open: Vec<(NodeId, String, usize)> = Vec::new();
        let root = "/".to_owned();
        open.extend(self.form.elements(body).rev().map(|e| (e, root.clone(), 1)));
        while let Some((element, base, depth)) = open.pop() {
            let Some(kind) = kind_of(self.form.local_name(element)) else { continue };
            let reference = self.form.attribute(element, if kind == ControlKind::Repeat { "nodeset" } else { "ref" });
            let path = reference.map(|reference| resolve_path(&base, reference));
            let structure = matches!(kind, ControlKind::Group | ControlKind::Repeat);
            if let Some(path) = &path {
                self.place(kind, element, path);
            } else if kind != ControlKind::Group {
                let name = self.form.local_name(element).to_owned();
                let message = (
                    format!("a {name} of the body has no reference"),
                    format!("表单正文里有一个 {name} 没有写引用（ref）。"),
                );
                self.error(Problem::new("", Role::Reference, message));
            }
            if structure && depth >= MOST_DEPTH {
                let message = ("the body's groups are nested too deeply", "表单正文的分组嵌套太深。");
                self.error(Problem::new("", Role::Form, message));
            } else if structure {
                let base = path.unwrap_or(base);
                open.extend(self.form.elements(element).rev().map(|e| (e, base.clone(), depth + 1)));
            }
        }
    }

    fn place(&mut self, kind: ControlKind, element: NodeId, path: &str) {
        let own_label = self.form.child(element, "label");
        let mut label = own_label;
        if kind == ControlKind::Repeat {
            let group = self.body.get(path).filter(|e| e.kind == ControlKind::Group);
            let around = group.filter(|group| self.form.parent(element) == Some(group.element));
            label = around.and_then(|group| group.label).or(own_label);
            if around.is_some() {
                self.body.remove(path);
            }
        }
        let found = BodyElement { kind, element, label, used: false };
        if self.body.contains_key(path) {
            let message = ("more than one control of the body shows this node", "表单正文里不止一处显示这个节点。");
            self.error(Problem::new(path, Role::Reference, message));
        } else {
            self.body.insert(path.to_owned(), found);
        }
    }

    /// The control of a node, with its texts and choices read.
    pub(super) fn control(&mut self, path: &str) -> Option<Control> {
        let found = self.body.get_mut(path)?;
        found.used = true;
        let (kind, element, label) = (found.kind, found.element, found.label);
        let label = label.and_then(|label| self.text(label, path, Role::Label));
        let hint = match kind {
            ControlKind::Group | ControlKind::Repeat => None,
            _ => self.form.child(element, "hint").and_then(|hint| self.text(hint, path, Role::Hint)),
        };
        let items = match kind {
            ControlKind::SelectOne | ControlKind::SelectMany | ControlKind::Rank => self.items(element, path),
            _ => None,
        };
        let form = self.form;
        let attributes = form.attributes(element).map(|a| (form.name(a).qualified(), form.text(a).to_owned()));
        let attributes: BTreeMap<String, String> = attributes.collect();
        Some(Control { kind, label, hint, items, attributes })
    }

    fn items(&mut self, element: NodeId, path: &str) -> Option<Items> {
        let form = self.form;
        if let Some(itemset) = form.child(element, "itemset") {
            let nodeset = form.attribute(itemset, "nodeset").unwrap_or("");
            let reference = |name| form.child(itemset, name).and_then(|e| form.attribute(e, "ref"));
            let Some(value) = reference("value") else {
                self.error(Problem::new(path, Role::ItemValue, ("the choices have no value", "选项没有值（value）。")));
                return None;
            };
            let nodeset = self.expression(nodeset, path, Role::Items);
            let value = self.expression(value, path, Role::ItemValue);
            let label = reference("label").and_then(|label| self.referenced_text(label, path, Role::ItemLabel));
            return Some(Items::Itemset { nodeset: nodeset?, value: value?, label });
        }
        let items: Vec<NodeId> = form.children_named(element, "item").collect();
        let items = items.into_iter().map(|item| {
            let value = form.child(item, "value").map(|v| form.string_value(v).into_owned()).unwrap_or_default();
            let label = form.child(item, "label").and_then(|label| self.text(label, path, Role::ItemLabel));
            StaticItem { value, label }
        });
        Some(Items::Static(items.collect()))
    }

    /// Controls and binds of nodes that are not there.
    pub(super) fn unmatched(&mut self) {
        let (control, bind) = (("a control", "控件"), ("a bind", "bind "));
        let mut lost: Vec<(String, (&str, &str))> = Vec::new();
        lost.extend(self.body.iter().filter(|(_, e)| !e.used).map(|(path, _)| (path.clone(), control)));
        lost.extend(self.binds.keys().filter(|p| !self.by_path.contains_key(*p)).map(|p| (p.clone(), bind)));
        lost.sort();
        for (path, (what, what_zh)) in lost {
            let message = (
                format!("{what} names a node that the primary instance does not have"),
                format!("{what_zh}指的节点在主实例里没有。"),
            );
            self.warn(Problem::new(&path, Role::Reference, message));
        }
    }
}
