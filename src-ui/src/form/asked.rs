//! A question that is being answered, as its widget holds it: what it reads of the question, and how it answers.

use std::collections::BTreeMap;

use huce_core::form::{NodeState, screens::word};

use super::filling::Filling;
use crate::prelude::*;

/// What to say of something typed that is no answer; follows the language.
pub type Complaint = fn() -> &'static str;

/// A question. A handle: copies speak of the same question.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The form.
    pub filling: Filling,
    /// The question as it stands.
    pub node: Memo<Option<NodeState>>,
    /// Its answer.
    pub value: Memo<String>,
    /// It cannot be changed.
    pub locked: Memo<bool>,
    /// What was typed last is no answer: it stays in the field and goes nowhere.
    pub complaint: RwSignal<Option<Complaint>>,
    fixed: StoredValue<Fixed>,
}

/// What a question is never changes; only what it says and holds.
struct Fixed {
    reference: String,
    id: String,
    appearance: String,
    unit: String,
    parameters: BTreeMap<String, String>,
}

impl Asked {
    /// The question of this node.
    pub fn new(filling: Filling, first: &NodeState, node: Memo<Option<NodeState>>) -> Self {
        let fixed = Fixed {
            reference: first.reference.clone(),
            id: element_id(&first.reference),
            appearance: first.appearance.clone(),
            unit: first.unit.clone(),
            parameters: first.parameters.clone(),
        };
        Self {
            filling,
            node,
            value: Memo::new(move |_| read(node, |n| n.value.clone())),
            locked: Memo::new(move |_| read(node, |n| n.readonly)),
            complaint: RwSignal::new(None),
            fixed: StoredValue::new(fixed),
        }
    }

    /// Reads a part of the question, and follows it.
    pub fn read<T: Default>(&self, part: impl FnOnce(&NodeState) -> T) -> T {
        read(self.node, part)
    }

    /// Its reference.
    pub fn reference(&self) -> String {
        self.fixed.with_value(|f| f.reference.clone())
    }

    /// The id of its field.
    pub fn id(&self) -> String {
        self.fixed.with_value(|f| f.id.clone())
    }

    /// The id of its label.
    pub fn label_id(&self) -> String {
        format!("{}-label", self.id())
    }

    /// The ids of its hint and of what is wrong with its answer.
    pub fn described_by(&self) -> String {
        let id = self.id();
        format!("{id}-hint {id}-wrong")
    }

    /// Is this one of the words of its appearance?
    pub fn looks(&self, wanted: &str) -> bool {
        self.fixed.with_value(|f| word(&f.appearance, wanted))
    }

    /// The words of its appearance.
    pub fn appearance(&self) -> String {
        self.fixed.with_value(|f| f.appearance.clone())
    }

    /// The unit behind its number; "" for none.
    pub fn unit(&self) -> String {
        self.fixed.with_value(|f| f.unit.clone())
    }

    /// A number among its parameters.
    pub fn parameter(&self, name: &str) -> Option<f64> {
        self.fixed.with_value(|f| f.parameters.get(name)?.trim().parse().ok()).filter(|n: &f64| n.is_finite())
    }

    /// A word among its parameters.
    pub fn said(&self, name: &str) -> Option<String> {
        self.fixed.with_value(|f| f.parameters.get(name).cloned())
    }

    /// Answers it; "" takes the answer back.
    pub fn answer(&self, value: &str) {
        self.complaint.set(None);
        self.filling.set(&self.reference(), value, false);
    }

    /// Answers it while more is being typed.
    pub fn answer_so_far(&self, value: &str) {
        self.complaint.set(None);
        self.filling.set(&self.reference(), value, true);
    }
}

fn read<T: Default>(node: Memo<Option<NodeState>>, part: impl FnOnce(&NodeState) -> T) -> T {
    node.with(|n| n.as_ref().map(part).unwrap_or_default())
}

/// An element's id from a reference: stable, and without characters that selectors trip over.
fn element_id(reference: &str) -> String {
    let plain: String = reference.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("q{plain}")
}

/// Takes an answer back, where there is one.
#[component]
pub fn TakeBack(asked: Asked) -> impl IntoView {
    let i18n = crate::i18n::use_i18n();
    let offered = move || !asked.locked.get() && asked.value.with(|v| !v.is_empty());
    view! {
        <Show when=offered>
            <button type="button" class="btn quiet" on:click=move |_| asked.answer("")>
                {crate::i18n::t!(i18n, answer.take_back)}
            </button>
        </Show>
    }
}
