//! What is given out: the state of nodes, and after a step which of them are other than before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::choices::ChoiceList;
use super::tree::{Ix, Shape};
use super::{Outcome, Session};
use crate::form::engine::definition::{ControlKind, NodeRole, RepeatCount};

/// What a node is for whoever shows the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// The form itself.
    Root,
    /// Nodes that belong together.
    Group,
    /// A repeat whose number of instances is computed.
    #[serde(rename = "repeat-range:controlled")]
    ControlledRange,
    /// A repeat that the person adds to.
    #[serde(rename = "repeat-range:uncontrolled")]
    UncontrolledRange,
    /// One instance of a repeat.
    RepeatInstance,
    /// A question answered by typing, scanning, a place …
    Input,
    /// A question with choices.
    Select,
    /// Items to be put in order.
    Rank,
    /// A number between two bounds.
    Range,
    /// Something to be acknowledged.
    Trigger,
    /// Text to be read.
    Note,
    /// A file.
    Upload,
    /// A value that no control shows.
    ModelValue,
}

impl NodeKind {
    /// Its name in `form eval` and in the conformance data.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Group => "group",
            Self::ControlledRange => "repeat-range:controlled",
            Self::UncontrolledRange => "repeat-range:uncontrolled",
            Self::RepeatInstance => "repeat-instance",
            Self::Input => "input",
            Self::Select => "select",
            Self::Rank => "rank",
            Self::Range => "range",
            Self::Trigger => "trigger",
            Self::Note => "note",
            Self::Upload => "upload",
            Self::ModelValue => "model-value",
        }
    }
}

/// Which condition an answer violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// A required question has no answer.
    Required,
    /// The answer is not allowed.
    Constraint,
}

impl ViolationKind {
    /// `required` or `constraint`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Constraint => "constraint",
        }
    }
}

/// What a condition violated says; without a message of the form, words are the screen's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violated {
    pub(super) kind: ViolationKind,
    pub(super) message: Option<String>,
}

/// Files shown with a text, as the form names them (`jr://images/a.jpg`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Media {
    /// A picture.
    pub image: Option<String>,
    /// A sound.
    pub audio: Option<String>,
    /// A film.
    pub video: Option<String>,
}

/// A text with its values filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) text: String,
    pub(super) media: Media,
}

impl Rendered {
    pub(super) fn plain(text: String) -> Self {
        Self { text, media: Media::default() }
    }
}

/// The state of one node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeState {
    /// `/data/rep[2]/name`
    pub reference: String,
    /// What it is.
    pub kind: NodeKind,
    /// The language, of the root only.
    pub language: Option<String>,
    /// The name of its data type; of nodes with values only.
    pub data_type: Option<&'static str>,
    /// Whether several choices can be chosen; of selects only.
    pub multiple: Option<bool>,
    /// Whether it is part of the answers, its ancestors included.
    pub relevant: bool,
    /// Whether an answer is wanted.
    pub required: bool,
    /// Whether it cannot be answered, its ancestors included.
    pub readonly: bool,
    /// The value; of nodes with values only.
    pub value: Option<String>,
    /// The label, if it has one.
    pub label: Option<String>,
    /// Files of the label.
    pub media: Media,
    /// The hint, if it has one.
    pub hint: Option<String>,
    /// The choices; of selects and ranks only.
    pub choices: Option<Arc<ChoiceList>>,
    /// How many instances it has; of ranges only.
    pub count: Option<usize>,
    /// What its value violates.
    pub violation: Option<ViolationKind>,
    /// What the form says about that.
    pub message: Option<String>,
}

/// A node that is other than before a step.
#[derive(Debug, Clone)]
pub struct Change {
    /// As it was; none: it is new.
    pub before: Option<NodeState>,
    /// As it is.
    pub after: NodeState,
}

/// What is remembered during a step, to tell afterwards what has changed.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Touched nodes as they were; none: they are new.
    nodes: HashMap<Ix, Option<NodeState>>,
    /// What stood under references that may name other nodes now, by its order.
    moved: BTreeMap<Vec<usize>, NodeState>,
    /// Nodes that may have another reference now.
    movers: HashSet<Ix>,
    /// Ranges whose instances came, went or moved.
    ranges: Vec<Ix>,
}

impl Before {
    pub(super) fn is_new(&mut self, ix: Ix) {
        self.nodes.entry(ix).or_insert(None);
    }
}

impl Session {
    /// A node is about to change: it is remembered as it is.
    pub(super) fn touch(&mut self, ix: Ix) {
        if !self.opening && !self.before.nodes.contains_key(&ix) {
            let state = self.state(ix);
            self.before.nodes.insert(ix, Some(state));
        }
    }

    /// Instances of a range from `at` on are about to move or go.
    pub(super) fn remember_from(&mut self, range: Ix, at: usize) {
        if self.opening {
            return;
        }
        for instance in self.node(range).children.get(at..).unwrap_or_default().to_vec() {
            for ix in self.below(instance) {
                let state = match self.before.nodes.get(&ix) {
                    Some(Some(state)) => state.clone(),
                    // What came within this step was not there before it.
                    Some(None) => continue,
                    None => self.state(ix),
                };
                let order = self.order(ix);
                self.before.movers.insert(ix);
                self.before.moved.entry(order).or_insert(state);
            }
        }
        self.before.ranges.push(range);
    }

    /// The node and all below it that are shown, in the order of the form.
    fn below(&self, ix: Ix) -> Vec<Ix> {
        let mut found = Vec::new();
        let mut open = vec![ix];
        while let Some(ix) = open.pop() {
            if self.def(ix).role == NodeRole::Attribute {
                continue;
            }
            found.push(ix);
            open.extend(self.node(ix).children.iter().rev().copied());
        }
        found
    }

    /// Sorts as the form is ordered.
    fn order(&self, ix: Ix) -> Vec<usize> {
        let mut order = Vec::new();
        let mut at = Some(ix);
        while let Some(ix) = at {
            let node = self.node(ix);
            let place = if node.shape == Shape::Instance { node.position } else { self.def(ix).ordinal as usize };
            order.push(place);
            at = node.parent;
        }
        order.reverse();
        order
    }

    pub(super) fn outcome(&mut self) -> Outcome {
        let Before { nodes, moved, movers, ranges } = std::mem::take(&mut self.before);
        let mut now: BTreeMap<Vec<usize>, Ix> = BTreeMap::new();
        let shown = |ix: Ix| self.node(ix).alive && self.def(ix).role != NodeRole::Attribute;
        let touched = nodes.keys().copied().filter(|&ix| shown(ix));
        let moved_now = ranges.iter().copied().filter(|&ix| shown(ix)).flat_map(|range| self.below(range));
        for ix in touched.chain(moved_now) {
            now.insert(self.order(ix), ix);
        }
        let mut outcome = Outcome::default();
        for (order, &ix) in &now {
            let after = self.state(ix);
            // Whatever stood at this place before counts, be it another node.
            let before = match moved.get(order) {
                Some(before) => Some(before.clone()),
                None if movers.contains(&ix) => None,
                None => match nodes.get(&ix) {
                    Some(before) => before.clone().filter(|b| b.reference == after.reference),
                    None => Some(after.clone()),
                },
            };
            if before.as_ref() != Some(&after) {
                outcome.changes.push(Change { before, after });
            }
        }
        outcome.removed =
            moved.into_iter().filter(|(order, _)| !now.contains_key(order)).map(|(_, s)| s.reference).collect();
        outcome
    }

    /// The state of every node, in the order of the form.
    #[must_use]
    pub fn states(&self) -> Vec<NodeState> {
        self.below(Ix::ROOT).into_iter().map(|ix| self.state(ix)).collect()
    }

    /// The state of the node that a reference names.
    #[must_use]
    pub fn state_of(&self, reference: &str) -> Option<NodeState> {
        self.find(reference).map(|ix| self.state(ix))
    }

    fn kind(&self, ix: Ix) -> NodeKind {
        let def = self.def(ix);
        match (self.node(ix).shape, def.role) {
            (Shape::Range, NodeRole::Repeat { count: RepeatCount::Free, .. }) => return NodeKind::UncontrolledRange,
            (Shape::Range, _) => return NodeKind::ControlledRange,
            (Shape::Instance, _) => return NodeKind::RepeatInstance,
            (Shape::Plain, NodeRole::Root) => return NodeKind::Root,
            (Shape::Plain, NodeRole::Group | NodeRole::Repeat { .. }) => return NodeKind::Group,
            (Shape::Plain, NodeRole::Value | NodeRole::Attribute) => {}
        }
        let Some(control) = &def.control else { return NodeKind::ModelValue };
        match control.kind {
            ControlKind::Input if self.is_note(ix) => NodeKind::Note,
            ControlKind::Input => NodeKind::Input,
            ControlKind::SelectOne | ControlKind::SelectMany => NodeKind::Select,
            ControlKind::Rank => NodeKind::Rank,
            ControlKind::Range => NodeKind::Range,
            ControlKind::Trigger => NodeKind::Trigger,
            ControlKind::Upload => NodeKind::Upload,
            ControlKind::Group | ControlKind::Repeat => NodeKind::ModelValue,
        }
    }

    /// An input that can never be answered but says something is there to be read.
    fn is_note(&self, ix: Ix) -> bool {
        let def = self.def(ix);
        let says = def.control.as_ref().is_some_and(|c| c.label.is_some() || c.hint.is_some());
        says && def.bind.readonly == crate::form::engine::definition::Condition::Always(true)
    }

    pub(super) fn state(&self, ix: Ix) -> NodeState {
        let node = self.node(ix);
        let def = self.def(ix);
        let value = def.is_value();
        let kind = self.kind(ix);
        let rendered = |text: &Option<Arc<Rendered>>| text.as_ref().map(|t| t.text.clone());
        NodeState {
            reference: self.reference(ix),
            kind,
            language: (kind == NodeKind::Root).then(|| self.language().to_owned()),
            data_type: value.then(|| def.bind.data_type.name()),
            multiple: (kind == NodeKind::Select).then(|| self.control_kind(ix) == Some(ControlKind::SelectMany)),
            relevant: node.relevant,
            required: node.required,
            readonly: node.readonly,
            value: value.then(|| node.value.clone()),
            label: rendered(&node.label),
            media: node.label.as_ref().map(|t| t.media.clone()).unwrap_or_default(),
            hint: rendered(&node.hint),
            choices: node.choices.clone(),
            count: (node.shape == Shape::Range).then_some(node.children.len()),
            violation: node.violation.as_ref().map(|v| v.kind),
            message: node.violation.as_ref().and_then(|v| v.message.clone()),
        }
    }
}
