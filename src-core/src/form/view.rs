//! What a screen gets of a form that is being filled in, and of what a step changed. The form stays where the answers
//! are kept; screens draw what they are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::engine::{NodeKind, ViolationKind};
use super::model::Kind;
use super::screens::Screen;

/// Choices that are told with their question; the others are looked up when somebody looks for them.
pub const MOST_CHOICES: usize = 200;

/// A choice that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Choice {
    /// Its name, which is kept.
    pub value: String,
    /// Its label in the language in use.
    pub label: String,
    /// Its picture: the name of a file of the form; "" for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
}

impl Choice {
    /// A choice without a picture.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), image: String::new() }
    }
}

/// What a question shows and plays beside its text: names of files of the form, "" for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// A picture.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// A sound.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub audio: String,
    /// A film.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub video: String,
}

impl Media {
    /// There is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A node as a screen shows it. Texts are in the language in use, with `${name}` filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// Its reference: `/data/rooms[1]/temperature`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is in the tree.
    pub node: NodeKind,
    /// What it is in the form.
    pub kind: Kind,
    /// It and all above it are relevant: show it.
    pub relevant: bool,
    /// An answer must be given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// It cannot be changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub readonly: bool,
    /// The answer as text; "" when there is none or it is not relevant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// The question.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What is shown and played beside it.
    #[serde(default, skip_serializing_if = "Media::is_empty")]
    pub media: Media,
    /// How to answer it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// For selects: what is offered now, the first [`MOST_CHOICES`] and those that are chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// For selects: how many choices there are in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offered: usize,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<ViolationKind>,
    /// What to say about it; "" when the form says nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// Loose questions.
    Questions,
    /// A group.
    Group,
    /// A repeat; its instances are the chips on top.
    Repeat,
}

/// One instance of a repeat, as a chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `/data/rooms[1]`
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called: its first answered choice or text (客厅), else the repeat's label and its number.
    pub title: String,
    /// Its first answered number with its unit (14.6 °C); "" when there is none.
    pub detail: String,
    /// Questions that are relevant and answered.
    pub answered: usize,
    /// Questions that are relevant.
    pub total: usize,
    /// Rules broken: required answers that are missing, and wrong answers.
    pub violations: usize,
}

impl Instance {
    /// Nothing is missing or wrong.
    pub fn is_complete(&self) -> bool {
        self.violations == 0 && self.answered > 0
    }
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Of the group or repeat; of the first question for loose questions.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is called.
    pub label: String,
    /// What it holds.
    pub kind: PageKind,
    /// False: leave it out.
    pub relevant: bool,
    /// For repeats.
    pub instances: Vec<Instance>,
    /// Instances can be added and removed by hand.
    pub can_add: bool,
    /// Questions that are relevant and answered.
    pub answered: usize,
    /// Questions that are relevant.
    pub total: usize,
    /// Rules broken.
    pub violations: usize,
}

impl Page {
    /// Nothing is missing or wrong, and something was answered.
    pub fn is_complete(&self) -> bool {
        self.violations == 0 && self.answered > 0
    }
}

/// A form as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormView {
    /// What it is called, in its language.
    pub title: String,
    /// The language in use: its code (`zh`), else its name.
    pub language: String,
    /// All its languages.
    pub languages: Vec<String>,
    /// What `today()` says in it, YYYY-MM-DD.
    pub today: String,
    /// The sections, relevant or not.
    pub pages: Vec<Page>,
    /// The screens, seen or not.
    pub screens: Vec<Screen>,
    /// Everything, in order.
    pub nodes: Vec<NodeState>,
}

/// What a step changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FormChange {
    /// The sections that are otherwise now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
    /// The nodes that are otherwise now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeState>,
    /// References of new instances.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// The whole form anew, when instances came or went (references have shifted) or the language changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<FormView>,
}
