//! What a screen shows of a node.

use super::{Role, Session};
use crate::form::expr::{NodeRef, evaluate};
use crate::form::model::{ChoiceRow, Kind};
use crate::form::program::{Piece, Template};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a node is, in the words of the conformance data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The top.
    Root,
    /// A group.
    Group,
    /// A repeat that a person extends; `/data/rooms`.
    #[serde(rename = "repeat-range:uncontrolled")]
    RepeatRange,
    /// A repeat whose number of instances is computed.
    #[serde(rename = "repeat-range:controlled")]
    RepeatRangeCounted,
    /// One instance; `/data/rooms[1]`.
    RepeatInstance,
    /// A question with a typed value.
    Input,
    /// One or several of a list.
    Select,
    /// A list to be put in order.
    Rank,
    /// A number on a scale.
    Range,
    /// A box to tick.
    Trigger,
    /// A text.
    Note,
    /// A file.
    Upload,
    /// A value that nobody sees.
    ModelValue,
}

/// How an answer breaks the form's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Violation {
    /// It is missing.
    Required,
    /// The constraint is false.
    Constraint,
}

/// A choice that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Its name, which is kept.
    pub value: String,
    /// Its label in the session's language.
    pub label: String,
}

/// A node as a screen shows it. Texts are in the session's language with `${name}` filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// Its reference: `/data/rooms[1]/temperature`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is in the tree.
    pub node: NodeKind,
    /// What it is in the form.
    pub kind: Kind,
    /// Its name in the form.
    pub name: String,
    /// It and all above it are relevant: show it.
    pub relevant: bool,
    /// An answer must be given.
    pub required: bool,
    /// It cannot be changed (own or inherited; always for notes and computed values).
    pub readonly: bool,
    /// The answer as text; "" when there is none or it is not relevant.
    pub value: String,
    /// The question.
    pub label: String,
    /// How to answer it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// For selects: what is offered now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Words for the screen, separated by spaces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub appearance: String,
    /// Unit to show behind a number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Settings of the type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// For ranges: number of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Which rule is broken.
    pub violation: Option<Violation>,
    /// What to say about it; "" when the form says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A broken rule, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationAt {
    /// The question's reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its label.
    pub label: String,
    /// Which rule.
    pub violation: Violation,
    /// What to say about it.
    pub message: String,
}

impl Session {
    /// All nodes in order, relevant or not.
    pub fn nodes(&self) -> Vec<NodeState> {
        let mut states = Vec::new();
        self.each(0, &mut |id| states.extend(self.state(id)));
        states
    }

    /// One node, by reference.
    pub fn node(&self, reference: &str) -> Option<NodeState> {
        self.state(self.find_node(reference)?)
    }

    /// The nodes below one (itself not), in order.
    pub fn below(&self, reference: &str) -> Vec<NodeState> {
        let Some(top) = self.find_node(reference) else { return Vec::new() };
        let mut states = Vec::new();
        self.each(top, &mut |id| {
            if id != top {
                states.extend(self.state(id));
            }
        });
        states
    }

    /// What is missing or wrong, in order. Empty: the form may be submitted.
    pub fn violations(&self) -> Vec<ViolationAt> {
        let mut found = Vec::new();
        self.each(0, &mut |id| {
            if let Some(violation) = self.violation(id) {
                found.push(ViolationAt {
                    reference: self.reference(id),
                    label: self.text_of(id, |c| &c.label),
                    violation,
                    message: self.message(id, violation),
                });
            }
        });
        found
    }

    pub(super) fn each(&self, from: u32, visit: &mut dyn FnMut(u32)) {
        visit(from);
        for child in self.children_of(from) {
            self.each(*child, visit);
        }
    }

    pub(super) fn violation(&self, id: u32) -> Option<Violation> {
        let node = self.node_at(id)?;
        if !node.relevant || node.role != Role::Leaf {
            return None;
        }
        if node.value.is_empty() {
            return node.required.then_some(Violation::Required);
        }
        (!node.valid).then_some(Violation::Constraint)
    }

    fn message(&self, id: u32, violation: Violation) -> String {
        match violation {
            Violation::Required => self.text_of(id, |c| &c.required_message),
            Violation::Constraint => self.text_of(id, |c| &c.constraint_message),
        }
    }

    /// Choices that are offered now, with their rows.
    pub(super) fn offered(&self, id: u32) -> Vec<(usize, &ChoiceRow)> {
        let Some(node) = self.node_at(id) else { return Vec::new() };
        let list = self.form().item(node.item).and_then(|i| i.list.as_ref()).and_then(|l| self.form().lists.get(l));
        let Some(list) = list else { return Vec::new() };
        match &node.choices {
            None => list.rows.iter().enumerate().collect(),
            Some(kept) => {
                kept.iter().filter_map(|r| list.rows.get(*r as usize).map(|row| (*r as usize, row))).collect()
            }
        }
    }

    pub(super) fn text_of(&self, id: u32, pick: fn(&crate::form::program::Compiled) -> &Template) -> String {
        let Some(compiled) = self.node_at(id).and_then(|n| self.program.items.get(n.item)) else {
            return String::new();
        };
        self.fill(pick(compiled), id, false)
    }

    /// A text with its `${name}` filled in; `labels`: answers to selects as their labels, not their names.
    pub(in crate::form) fn fill(&self, template: &Template, at: u32, labels: bool) -> String {
        let pieces = match template.get(self.language) {
            Some(pieces) if !pieces.is_empty() => Some(pieces),
            _ => template.iter().find(|p| !p.is_empty()),
        };
        let mut text = String::new();
        for piece in pieces.into_iter().flatten() {
            match piece {
                Piece::Plain(plain) => text += plain,
                Piece::Value(expr) => {
                    let node = NodeRef::new(0, at);
                    let Ok(value) = evaluate(expr, self, node, node) else { continue };
                    let plain = value.text(self);
                    text += &match value {
                        crate::form::expr::Value::Nodes(nodes) if labels => {
                            nodes.first().map_or(plain.clone(), |n| self.shown(n.id, &plain))
                        }
                        _ => plain,
                    };
                }
            }
        }
        text
    }

    /// An answer as a person reads it: labels of choices instead of their names.
    pub(super) fn shown(&self, id: u32, value: &str) -> String {
        let item = self.node_at(id).and_then(|n| self.form().item(n.item));
        let Some(list) = item.filter(|i| i.kind.is_select()).and_then(|i| i.list.as_ref()) else {
            return value.to_owned();
        };
        let rows = self.form().lists.get(list).map(|l| l.rows.as_slice()).unwrap_or_default();
        let label = |name: &str| {
            rows.iter().find(|r| r.name == name).map_or(name.to_owned(), |r| r.label.get(self.language).to_owned())
        };
        value.split_whitespace().map(label).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn state(&self, id: u32) -> Option<NodeState> {
        let node = self.node_at(id)?;
        let item = self.form().item(node.item)?;
        let kind = match node.role {
            Role::Group if node.parent.is_none() => NodeKind::Root,
            Role::Group => NodeKind::Group,
            Role::Range if self.is_counted(id) => NodeKind::RepeatRangeCounted,
            Role::Range => NodeKind::RepeatRange,
            Role::Instance => NodeKind::RepeatInstance,
            Role::Leaf => leaf_kind(item.kind),
        };
        let violation = self.violation(id);
        let root = kind == NodeKind::Root;
        let choices = self
            .offered(id)
            .into_iter()
            .map(|(_, row)| Choice { value: row.name.clone(), label: row.label.get(self.language).to_owned() });
        Some(NodeState {
            reference: self.reference(id),
            node: kind,
            kind: item.kind,
            name: item.name.clone(),
            relevant: node.relevant,
            required: node.required,
            readonly: self.is_read_only(id) || matches!(kind, NodeKind::Note | NodeKind::ModelValue),
            value: if node.relevant { node.value.clone() } else { String::new() },
            label: if root { item.label.get(self.language).to_owned() } else { self.text_of(id, |c| &c.label) },
            hint: self.text_of(id, |c| &c.hint),
            choices: choices.collect(),
            appearance: item.appearance.clone(),
            unit: item.unit.clone(),
            parameters: item.parameters.clone(),
            count: (node.role == Role::Range).then_some(node.children.len()),
            violation,
            message: violation.map_or(String::new(), |v| self.message(id, v)),
        })
    }
}

fn leaf_kind(kind: Kind) -> NodeKind {
    match kind {
        Kind::SelectOne | Kind::SelectMultiple => NodeKind::Select,
        Kind::Rank => NodeKind::Rank,
        Kind::Range => NodeKind::Range,
        Kind::Note => NodeKind::Note,
        Kind::Acknowledge => NodeKind::Trigger,
        kind if kind.is_media() => NodeKind::Upload,
        kind if kind.is_unseen() => NodeKind::ModelValue,
        _ => NodeKind::Input,
    }
}
