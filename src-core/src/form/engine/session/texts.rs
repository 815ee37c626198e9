//! Labels, hints and messages with their values filled in, in the language of the session; and what is violated.

use std::sync::Arc;

use super::Session;
use super::evaluate::Place;
use super::state::{Rendered, Violated, ViolationKind};
use super::tree::Ix;
use crate::form::engine::definition::{ItextValue, Part, Slot, Text};

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
