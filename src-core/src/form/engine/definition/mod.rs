//! A form as the engine needs it, read once from an XForm document: the nodes of the primary instance with their
//! binds and controls, texts in all languages, secondary instances, actions, and what depends on what.
//!
//! Read in this order: this file (the shape) → [`model`] and [`body`] (from the document) → [`text`] → [`depend`]
//! (which nodes an expression reads) → [`graph`] (the order of computation); [`outline`] is what is told of it.

mod body;
mod depend;
mod graph;
mod model;
mod outline;
mod read;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use graph::{Graph, Slot};
pub(super) use model::JAVAROSA;
pub use outline::{Outline, WrittenChoice};
pub(super) use text::{Itext, ItextValue, Part, Text};

use super::problem::{Problem, Role};
use super::value::DataType;
use crate::form::xpath::{self, Expr};
use crate::xml::{Document, NodeId};

/// Nodes of one form.
pub(super) const MOST_NODES: usize = 100_000;
/// Levels of groups.
pub(super) const MOST_DEPTH: usize = 64;

/// The index of a node of the definition. The root is 0, parents come before children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DefId(pub(super) u32);

/// The index of an expression of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ExprId(pub(super) u32);

/// An expression, where it stands and what it reads.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) xpath: xpath::Expression,
    pub(super) node: String,
    pub(super) role: Role,
}

impl Expression {
    pub(super) fn tree(&self) -> &Expr {
        self.xpath.expr()
    }

    pub(super) fn source(&self) -> &str {
        self.xpath.text()
    }
}

/// A condition of a bind; constants are not worth an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Always(bool),
    When(ExprId),
}

impl Condition {
    pub(super) fn expression(self) -> Option<ExprId> {
        match self {
            Self::Always(_) => None,
            Self::When(id) => Some(id),
        }
    }
}

/// `jr:preload` and `jr:preloadParams`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Preload {
    Uid,
    Start,
    End,
    Today,
    Property(String),
}

#[derive(Debug)]
pub(super) struct Bind {
    pub(super) data_type: DataType,
    pub(super) relevant: Condition,
    pub(super) required: Condition,
    pub(super) readonly: Condition,
    pub(super) calculate: Option<ExprId>,
    pub(super) constraint: Option<ExprId>,
    pub(super) constraint_message: Option<Text>,
    pub(super) required_message: Option<Text>,
    pub(super) preload: Option<Preload>,
}

impl Default for Bind {
    fn default() -> Self {
        Self {
            data_type: DataType::String,
            relevant: Condition::Always(true),
            required: Condition::Always(false),
            readonly: Condition::Always(false),
            calculate: None,
            constraint: None,
            constraint_message: None,
            required_message: None,
            preload: None,
        }
    }
}

/// How a repeat gets its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RepeatCount {
    /// The person adds and removes them.
    Free,
    /// `jr:count`
    Computed(ExprId),
    /// `jr:noAddRemove`: those that the form has.
    Fixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeRole {
    Root,
    Group,
    /// `explicit`: the template is marked `jr:template`, its values count; else its structure only.
    Repeat {
        count: RepeatCount,
        explicit: bool,
    },
    Value,
    /// An attribute with a bind or an action, as entities have.
    Attribute,
}

/// Which control of the body shows a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlKind {
    /// `<group>`
    Group,
    /// `<repeat>`
    Repeat,
    /// `<input>`
    Input,
    /// `<select1>`
    SelectOne,
    /// `<select>`
    SelectMany,
    /// `<odk:rank>`
    Rank,
    /// `<range>`
    Range,
    /// `<trigger>`
    Trigger,
    /// `<upload>`
    Upload,
}

/// One choice that stands in the body.
#[derive(Debug)]
pub(super) struct StaticItem {
    pub(super) value: String,
    pub(super) label: Option<Text>,
}

#[derive(Debug)]
pub(super) enum Items {
    Static(Vec<StaticItem>),
    Itemset { nodeset: ExprId, value: ExprId, label: Option<Text> },
}

#[derive(Debug)]
pub(super) struct Control {
    pub(super) kind: ControlKind,
    pub(super) label: Option<Text>,
    pub(super) hint: Option<Text>,
    pub(super) items: Option<Items>,
    /// The attributes of the element, as written: appearance, mediatype, start, end, step, rows, …
    pub(super) attributes: BTreeMap<String, String>,
}

impl Control {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The bounds of a range, lower first.
    pub(super) fn bounds(&self) -> Option<(f64, f64)> {
        let number = |name| self.attribute(name).and_then(|t| t.trim().parse::<f64>().ok());
        let (start, end) = (number("start")?, number("end")?);
        (self.kind == ControlKind::Range).then(|| (start.min(end), start.max(end)))
    }
}

/// A node of the primary instance's structure.
#[derive(Debug)]
pub(super) struct NodeDef {
    /// As written, with its prefix.
    pub(super) name: String,
    /// `/data/group/name`
    pub(super) path: String,
    pub(super) parent: Option<DefId>,
    pub(super) children: Vec<DefId>,
    pub(super) role: NodeRole,
    /// Its element (or attribute) in the form document; for a repeat the template.
    pub(super) source: NodeId,
    pub(super) bind: Bind,
    pub(super) control: Option<Control>,
    /// Its place among its parent's children.
    pub(super) ordinal: u32,
    /// How many repeats it stands in, itself included.
    pub(super) repeat_depth: u32,
    /// Actions that set this node on a lifecycle event.
    pub(super) actions: Vec<usize>,
    /// Actions that a change of this node's value triggers.
    pub(super) triggers: Vec<usize>,
}

impl NodeDef {
    pub(super) fn is_value(&self) -> bool {
        matches!(self.role, NodeRole::Value | NodeRole::Attribute)
    }

    pub(super) fn is_repeat(&self) -> bool {
        matches!(self.role, NodeRole::Repeat { .. })
    }
}

/// When an action runs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Events {
    pub(super) first_load: bool,
    pub(super) load: bool,
    pub(super) new_repeat: bool,
    pub(super) value_changed: bool,
}

#[derive(Debug)]
pub(super) enum ActionValue {
    Expression(ExprId),
    Literal(String),
}

/// `setvalue`. (`odk:setgeopoint` and recordings need a device: they are kept among the problems as not done.)
#[derive(Debug)]
pub(super) struct Action {
    pub(super) target: DefId,
    pub(super) events: Events,
    pub(super) value: ActionValue,
}

#[derive(Debug)]
pub(super) enum InstanceSource {
    /// The `<instance>` element of the form document.
    Inline(NodeId),
    /// The file that has it: `jr://file-csv/villages.csv`
    External(String),
}

/// Where the form wants to be sent, as it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// `action`
    pub action: Option<String>,
    /// `base64RsaPublicKey`: submissions are to be encrypted with it.
    pub public_key: Option<String>,
    /// `orx:auto-send`
    pub auto_send: Option<String>,
    /// `orx:auto-delete`
    pub auto_delete: Option<String>,
}

/// A form, read and checked.
#[derive(Debug)]
pub struct Definition {
    pub(super) document: Arc<Document>,
    /// The title, for people.
    pub title: String,
    /// The `id` of the primary instance.
    pub id: String,
    /// The `version` of the primary instance.
    pub version: String,
    /// Languages, the default one first; a form without translations has one, named "".
    pub languages: Vec<String>,
    /// Where it wants to be sent.
    pub submission: Submission,
    /// What is wrong with it without keeping it from being filled in: cycles, references to nothing.
    pub warnings: Vec<Problem>,
    pub(super) nodes: Vec<NodeDef>,
    pub(super) expressions: Vec<Expression>,
    pub(super) itext: Itext,
    pub(super) instances: BTreeMap<String, InstanceSource>,
    pub(super) actions: Vec<Action>,
    pub(super) graph: Graph,
    /// The element that prefixes in expressions are looked up at.
    pub(super) namespaces: NodeId,
}

impl Definition {
    /// The root comes first and is always there.
    pub(super) const ROOT: DefId = DefId(0);

    pub(super) fn node(&self, id: DefId) -> &NodeDef {
        // Identifiers are made by `read` only, from this very vector.
        #[expect(clippy::indexing_slicing, reason = "made from this vector")]
        &self.nodes[id.0 as usize]
    }

    pub(super) fn expression(&self, id: ExprId) -> &Expression {
        #[expect(clippy::indexing_slicing, reason = "made from this vector")]
        &self.expressions[id.0 as usize]
    }

    /// The files that the form wants as secondary instances, by the name that expressions use.
    pub fn external_instances(&self) -> impl Iterator<Item = (&str, &str)> {
        self.instances.iter().filter_map(|(id, source)| match source {
            InstanceSource::External(file) => Some((id.as_str(), file.as_str())),
            InstanceSource::Inline(_) => None,
        })
    }

    /// The files that its texts show or play (`jr://images/pump.png`), each once.
    pub fn media(&self) -> BTreeSet<String> {
        let texts = self.itext.0.iter().flat_map(|of_language| of_language.values().flatten());
        let files =
            texts.filter(|value| matches!(value.form.as_deref(), Some("image" | "audio" | "video" | "big-image")));
        let whole = |value: &ItextValue| match value.parts.as_slice() {
            [Part::Literal(uri)] => Some(uri.trim().to_owned()),
            // A name with an answer in it is known only when it is answered.
            _ => None,
        };
        files.filter_map(whole).collect()
    }

    /// The node and its ancestors, upwards.
    pub(super) fn ancestors_or_self(&self, id: DefId) -> impl Iterator<Item = DefId> + '_ {
        std::iter::successors(Some(id), |&id| self.node(id).parent)
    }
}
