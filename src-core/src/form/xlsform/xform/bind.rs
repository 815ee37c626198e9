//! Binds, and the actions of the model.

use super::Maker;
use super::node::Tag;
use super::path::Context;
use crate::form::xlsform::draft::{Action, Kind, NEW_REPEAT};
use crate::form::xlsform::lexer;
use crate::form::xlsform::reference;
use crate::form::xlsform::settings::yes_no;
use crate::form::xlsform::tree::{Element, ElementId};
use crate::form::xlsform::value::Value;

impl Maker<'_> {
    pub(super) fn binds(&self, model: &mut Tag) {
        for (id, element) in self.tree.all() {
            if let Some(bind) = self.bind(id, element) {
                model.push(bind);
            }
            for action in self.actions(id, element, false) {
                model.push(action);
            }
        }
    }

    fn bind(&self, id: ElementId, element: &Element) -> Option<Tag> {
        let bind = element.bind.as_ref().filter(|_| !element.flat && !matches!(element.kind, Kind::External(_)))?;
        let mut tag = Tag::new("bind").with("nodeset", &element.path);
        for (key, value) in bind.iter() {
            // What a trigger sets is set by an action.
            if key == "calculate" && !element.trigger.is_empty() {
                continue;
            }
            let text = match (key, value) {
                ("readonly" | "required" | "relevant" | "constraint" | "calculate", Value::Text(text)) => {
                    match yes_no(text).filter(|_| !text.ends_with("()")) {
                        Some(true) => "true()".to_owned(),
                        Some(false) => "false()".to_owned(),
                        None => text.clone(),
                    }
                }
                ("jr:constraintMsg" | "jr:requiredMsg", value) if is_translated(value) => {
                    format!("jr:itext('{}:{key}')", element.path)
                }
                ("jr:noAppErrorString", Value::Map(_)) => format!("jr:itext('{}:{key}')", element.path),
                (_, value) => value.to_attribute(),
            };
            tag.set(key, self.expand(&text, Context::of(id)));
        }
        Some(tag)
    }

    /// The actions of an element that stand in the model, or those that stand in its repeat.
    pub(super) fn actions(&self, id: ElementId, element: &Element, in_repeat: bool) -> Vec<Tag> {
        let here = |action: &&Action| (action.event == NEW_REPEAT) == in_repeat;
        let tag = |action: &Action| {
            let mut tag = Tag::new(action.name).with("ref", &element.path).with("event", action.event);
            let default = element.default.as_deref().unwrap_or_default();
            let value = if element.dynamic_default || lexer::is_dynamic(default, &element.question_type) {
                Some(self.expand(default, Context::of(id)))
            } else if default.is_empty() {
                action.value.clone()
            } else {
                Some(default.to_owned())
            };
            if let Some(value) = value.filter(|v| action.name == "setvalue" && !v.is_empty()) {
                tag.set("value", value);
            }
            if let Some(quality) = &action.quality {
                tag.set("odk:quality", quality);
            }
            tag
        };
        element.actions.iter().filter(here).map(tag).collect()
    }
}

fn is_translated(message: &Value) -> bool {
    message.as_map().is_some() || message.as_text().is_some_and(reference::has)
}
