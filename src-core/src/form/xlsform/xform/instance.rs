//! The primary instance: the answers before anybody answers, with templates of the repeats.

use super::Maker;
use super::node::{Node, Tag};
use super::path::Context;
use crate::form::xlsform::draft::Kind;
use crate::form::xlsform::lexer;
use crate::form::xlsform::tree::{Element, ElementId};

impl Maker<'_> {
    /// The root of the answers.
    pub(super) fn primary(&self) -> Tag {
        let mut root = Tag::named(&self.settings.root);
        if let Some(element) = self.element(ElementId::ROOT) {
            self.own_attributes(ElementId::ROOT, element, &mut root);
            self.fill(element, false, &mut root);
        }
        for (name, value) in self.settings.fields.map("attribute").into_iter().flat_map(|a| a.iter()) {
            root.set(name, value.to_attribute());
        }
        root.set("id", &self.settings.id);
        for (setting, attribute) in [
            ("instance_xmlns", "xmlns"),
            ("version", "version"),
            ("prefix", "odk:prefix"),
            ("delimiter", "odk:delimiter"),
        ] {
            if let Some(value) = self.settings.text(setting) {
                root.set(attribute, value);
            }
        }
        root
    }

    /// The columns `instance::name` of an element.
    fn own_attributes(&self, id: ElementId, element: &Element, tag: &mut Tag) {
        for (name, value) in element.instance.iter().flat_map(|i| i.iter()) {
            tag.set(name, self.expand_value(value, Context::of(id)));
        }
    }

    /// What is within an element. A repeat outside of others is there twice: as a template, and once to be filled in;
    /// within that one the repeats have no templates, within the template they do.
    fn fill(&self, element: &Element, templated: bool, tag: &mut Tag) {
        for id in &element.children {
            let Some(child) = self.element(*id) else { continue };
            match child.kind {
                Kind::External(_) => {}
                Kind::Attribute => tag.set(&child.name, &child.value),
                Kind::Repeat if !templated && !child.flat => {
                    tag.push(self.template(child));
                    tag.push(self.node(*id, child, true));
                }
                _ if child.flat => self.fill(child, true, tag),
                _ => tag.push(self.node(*id, child, templated)),
            }
        }
    }

    fn node(&self, id: ElementId, element: &Element, templated: bool) -> Tag {
        let mut tag = Tag::named(&element.name);
        if !self.spend(element.name.len() + 16) {
            return tag;
        }
        self.own_attributes(id, element, &mut tag);
        if element.kind == Kind::Question {
            let default = element.default.as_deref().unwrap_or_default();
            if !default.is_empty() && !lexer::is_dynamic(default, &element.question_type) {
                tag.children.push(Node::Text(default.to_owned()));
            }
        } else {
            self.fill(element, templated, &mut tag);
        }
        tag
    }

    fn template(&self, element: &Element) -> Tag {
        let mut tag = Tag::named(&element.name);
        if !self.spend(element.name.len() + 16) {
            return tag;
        }
        tag.set("jr:template", "");
        for child_id in &element.children {
            let Some(child) = self.element(*child_id) else { continue };
            match child.kind {
                Kind::External(_) => {}
                Kind::Attribute => tag.set(&child.name, &child.value),
                Kind::Repeat => tag.push(self.template(child)),
                _ => tag.push(self.node(*child_id, child, false)),
            }
        }
        tag
    }
}
