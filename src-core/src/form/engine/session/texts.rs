//! Labels, hints and messages with their values filled in, in the language of the session; and what is violated.

use std::sync::Arc;

use super::Session;
use super::evaluate::Place;
use super::state::{Rendered, Violated, ViolationKind};
use super::tree::Ix;
use crate::form::engine::definition::{ItextValue, Part, Slot, Text};
use crate::form::xpath::Expr;

/// A text longer than this is cut: it is shown on a screen.
const LONGEST_TEXT: usize = 1_000_000;

impl Session {
    pub(super) fn refresh_text(&mut self, ix: Ix, slot: Slot) {
        let definition = Arc::clone(&self.definition);
        let Some(control) = &definition.node(self.node(ix).def).control else { return };
        let text = if slot == Slot::Label { &control.label } else { &control.hint };
        let Some(text) = text else { return };
        let rendered = self.rendered(text, self.place(ix));
        let node = self.node(ix);
        let known = if slot == Slot::Label { &node.label } else { &node.hint };
        if known.as_deref() == Some(&rendered) {
            return;
        }
        self.touch(ix);
        let rendered = Some(Arc::new(rendered));
        let node = self.node_mut(ix);
        match slot {
            Slot::Label => node.label = rendered,
            _ => node.hint = rendered,
        }
    }

    pub(super) fn rendered(&mut self, text: &Text, place: Place) -> Rendered {
        match text {
            Text::Parts(parts) => Rendered { text: self.joined(parts, place), ..Rendered::default() },
            Text::Reference(expression) => Rendered { text: self.string_at(*expression, place), ..Rendered::default() },
            Text::Itext { constant: Some(id), .. } => self.translated(id, place),
            Text::Itext { id, constant: None } => {
                let id = self.string_at(*id, place);
                self.translated(&id, place)
            }
        }
    }

    /// An itext entry; one that is missing says nothing.
    pub(super) fn translated(&mut self, id: &str, place: Place) -> Rendered {
        let definition = Arc::clone(&self.definition);
        let mut rendered = Rendered::default();
        for ItextValue { form, parts } in definition.itext.get(self.language, id).unwrap_or_default() {
            let text = self.joined(parts, place);
            match form.as_deref() {
                Some("image") => rendered.media.image = Some(text),
                Some("audio") => rendered.media.audio = Some(text),
                Some("video") => rendered.media.video = Some(text),
                _ => rendered.text.push_str(&text),
            }
        }
        rendered
    }

    fn joined(&mut self, parts: &[Part], place: Place) -> String {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Output(expression) => text.push_str(&self.string_at(*expression, place)),
            }
            if text.len() > LONGEST_TEXT {
                break;
            }
        }
        text
    }

    /// The label of a node for a record rather than a question: chosen values that it names are said by their labels.
    pub fn label_in_words(&mut self, reference: &str) -> Option<String> {
        let ix = self.find(reference)?;
        let definition = Arc::clone(&self.definition);
        let label = definition.node(self.node(ix).def).control.as_ref()?.label.as_ref()?;
        let place = self.place(ix);
        let mut text = String::new();
        match label {
            Text::Parts(parts) => self.in_words(parts, ix, &mut text),
            Text::Itext { constant: Some(id), .. } => {
                for value in definition.itext.get(self.language, id).unwrap_or_default() {
                    if value.form.is_none() {
                        self.in_words(&value.parts, ix, &mut text);
                    }
                }
            }
            _ => text = self.rendered(label, place).text,
        }
        Some(text)
    }

    fn in_words(&mut self, parts: &[Part], ix: Ix, to: &mut String) {
        let definition = Arc::clone(&self.definition);
        for part in parts {
            match part {
                Part::Literal(literal) => to.push_str(literal),
                Part::Output(expression) => {
                    let is_path = matches!(definition.expression(*expression).tree(), Expr::Path(_));
                    let named = is_path.then(|| self.nodes_at(*expression, ix));
                    let named = named.and_then(|nodes| nodes.first().copied()).and_then(|at| match at {
                        Place::Primary(id) => self.by_xml.get(&id).copied(),
                        Place::Secondary(..) => None,
                    });
                    match named.and_then(|named| self.chosen_labels(named)) {
                        Some(labels) => to.push_str(&labels),
                        None => to.push_str(&self.string(*expression, ix)),
                    }
                }
            }
        }
    }

    /// The labels of what was chosen; none of what is no select.
    fn chosen_labels(&self, ix: Ix) -> Option<String> {
        let node = self.node(ix);
        let choices = node.choices.as_ref()?;
        let labels = node.value.split(' ').filter(|v| !v.is_empty()).map(|v| choices.label(v).unwrap_or(v));
        Some(labels.collect::<Vec<_>>().join("、"))
    }

    /// What the value of a node violates: nothing if it is not relevant; of a blank one only that it is required.
    pub(super) fn refresh_violation(&mut self, ix: Ix) {
        let definition = Arc::clone(&self.definition);
        let bind = &definition.node(self.node(ix).def).bind;
        let node = self.node(ix);
        let (relevant, blank, required) = (node.relevant, node.value.is_empty(), node.required);
        let broken = bind.constraint.filter(|_| relevant && !blank).is_some_and(|c| !self.boolean(c, ix));
        let (kind, message) = if broken {
            (ViolationKind::Constraint, &bind.constraint_message)
        } else if relevant && blank && required {
            (ViolationKind::Required, &bind.required_message)
        } else {
            if self.node(ix).violation.is_some() {
                self.touch(ix);
                self.node_mut(ix).violation = None;
            }
            return;
        };
        let place = self.place(ix);
        let message = message.as_ref().map(|text| self.rendered(text, place).text);
        let violated = Some(Violated { kind, message });
        if self.node(ix).violation != violated {
            self.touch(ix);
            self.node_mut(ix).violation = violated;
        }
    }
}
