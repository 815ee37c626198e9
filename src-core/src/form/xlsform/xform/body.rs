//! The body: what is shown, in groups and repeats.

use super::Maker;
use super::node::Tag;
use super::path::Context;
use super::translation::label_is_translated;
use crate::form::xlsform::draft::{Kind, VALUE_CHANGED};
use crate::form::xlsform::problem::Code;
use crate::form::xlsform::survey::{EXTENSIONS, split_extension};
use crate::form::xlsform::tree::{Element, ElementId};
use crate::form::xlsform::types::Class;
use crate::form::xlsform::value::Value;

impl Maker<'_> {
    /// The controls of what is in a group.
    pub(super) fn controls(&self, id: ElementId, body: &mut Tag) {
        for child in self.element(id).into_iter().flat_map(|e| &e.children) {
            let Some(element) = self.element(*child) else { continue };
            let control = match element.kind {
                Kind::Repeat => Some(self.repeat(*child, element)),
                Kind::Group | Kind::Loop if !element.bodyless => Some(self.group(*child, element)),
                Kind::Question => self.question(*child, element),
                _ => None,
            };
            if let Some(control) = control {
                body.push(control);
            }
        }
    }

    fn group(&self, id: ElementId, element: &Element) -> Tag {
        let mut tag = Tag::new("group");
        for (key, value) in element.control.iter() {
            // An appearance is taken as written.
            let text =
                if key == "appearance" { value.to_attribute() } else { self.expand_value(value, Context::of(id)) };
            tag.set(key, text);
        }
        if !element.flat {
            tag.set("ref", &element.path);
        }
        if element.label.is_some() {
            tag.push(self.label(id, element));
        }
        self.controls(id, &mut tag);
        tag
    }

    fn repeat(&self, id: ElementId, element: &Element) -> Tag {
        let mut repeat = Tag::new("repeat").with("nodeset", &element.path);
        for (key, value) in element.control.iter() {
            repeat.set(key, self.expand_value(value, Context::of(id)));
        }
        self.controls(id, &mut repeat);
        // Defaults of new instances; nested repeats see to their own.
        for (inner, descendant) in self.tree.all() {
            if !descendant.actions.is_empty() && self.tree.repeat_of(inner) == Some(id) {
                self.actions(inner, descendant, true).into_iter().for_each(|action| repeat.push(action));
            }
        }
        Tag::new("group").with("ref", &element.path).and(self.label(id, element)).and(repeat)
    }

    fn label(&self, id: ElementId, element: &Element) -> Tag {
        let tag = Tag::new("label");
        if label_is_translated(element) {
            return tag.with("ref", format!("jr:itext('{}:label')", element.path));
        }
        match element.label.as_ref().and_then(Value::as_text) {
            Some(label) => self.with_outputs(tag, label, Context::of(id)),
            None => tag,
        }
    }

    fn hint(&self, id: ElementId, element: &Element) -> Tag {
        let tag = Tag::new("hint");
        if element.guidance.is_some() || matches!(element.hint, Some(Value::Map(_))) {
            return tag.with("ref", format!("jr:itext('{}:hint')", element.path));
        }
        match element.hint.as_ref().and_then(Value::as_text) {
            Some(hint) => self.with_outputs(tag, hint, Context::of(id)),
            None => tag,
        }
    }

    fn label_and_hint(&self, id: ElementId, element: &Element, tag: &mut Tag) {
        let (labelled, hinted) =
            (element.label.is_some() || element.media.is_some() || element.bare_media, element.hint.is_some());
        if !labelled && !hinted {
            let message = (
                format!("the question \"{}\" has no label and no hint", element.name),
                format!("题目“{}”没有文字（label），也没有提示（hint）。", element.name),
            );
            self.wrong(element, &["label"], Code::LabelMissing, message);
            return;
        }
        tag.push(self.label(id, element));
        if hinted || element.guidance.is_some() {
            tag.push(self.hint(id, element));
        }
        if element.media.as_ref().is_some_and(|m| m.has("big-image") && !m.has("image")) {
            let message = (
                format!("the question \"{}\" has a big-image, but no image", element.name),
                format!("题目“{}”有大图（big-image），但没有图片（image）。", element.name),
            );
            self.wrong(element, &["media", "big-image"], Code::BigImageAlone, message);
        }
    }

    fn question(&self, id: ElementId, element: &Element) -> Option<Tag> {
        let calculated = element.bind.as_ref().is_some_and(|b| b.has("calculate")) || !element.trigger.is_empty();
        let unseen = element.label.is_none() && element.hint.is_none();
        if element.question_type == "calculate" || (calculated && unseen) {
            for set in self.setvalues.get(&element.name).into_iter().flatten() {
                if let Some(set) = self.element(*set) {
                    let message = (
                        format!("${{{}}} is not shown, so that its change sets nothing", element.name),
                        format!("${{{}}} 不在表单上显示，不能用来触发。", element.name),
                    );
                    self.wrong(set, &["trigger"], Code::TriggerInvisible, message);
                }
            }
            return None;
        }
        if element.class == Class::Data {
            return None;
        }
        let mut tag = Tag::named(element.control.text("tag").unwrap_or("input")).with("ref", &element.path);
        self.label_and_hint(id, element, &mut tag);
        for (key, value) in element.control.iter().filter(|(k, _)| *k != "tag") {
            tag.set(key, self.expand_value(value, Context::of(id)));
        }
        match element.class {
            Class::Select => self.choices_of(id, element, &mut tag),
            Class::Range | Class::Geo => {
                if let Some(itemset) = &element.itemset {
                    tag.push(self.itemset(id, element, itemset));
                }
            }
            Class::Osm => {
                for osm in &element.tags {
                    tag.push(self.osm_tag(element, osm));
                }
            }
            Class::Input => {
                if let Some(list) = &element.query {
                    let context = Context { element: Some(id), current: true, to_parent: false };
                    let filter = element.choice_filter.as_deref().map(|f| format!("[{}]", self.expand(f, context)));
                    tag.set("query", format!("instance('{list}')/root/item{}", filter.unwrap_or_default()));
                }
            }
            _ => {}
        }
        self.changes(id, element, &mut tag);
        Some(tag)
    }

    /// What is set when this question changes.
    fn changes(&self, id: ElementId, element: &Element, tag: &mut Tag) {
        for (by, action) in [(&self.setvalues, "setvalue"), (&self.setgeopoints, "odk:setgeopoint")] {
            for set in by.get(&element.name).into_iter().flatten() {
                let Some(name) = self.element(*set).map(|e| e.name.as_str()) else { continue };
                let Some(target) = self.target(name, Some(*set)).and_then(|t| self.element(t)) else { continue };
                let mut change = Tag::new(action).with("ref", &target.path).with("event", VALUE_CHANGED);
                let calculate = self.element(*set).and_then(|e| e.bind.as_ref()).and_then(|b| b.text("calculate"));
                if let Some(calculate) = calculate.filter(|_| action == "setvalue") {
                    change.set("value", self.expand(calculate, Context::of(id)));
                }
                tag.push(change);
            }
        }
    }

    fn osm_tag(&self, element: &Element, osm: &crate::form::xlsform::value::Fields) -> Tag {
        let key = osm.text("name").unwrap_or_default();
        let label = match osm.get("label") {
            Some(Value::Text(label)) => self.with_outputs(Tag::new("label"), label, Context::default()),
            Some(Value::Map(_)) => {
                let message = (
                    format!("the label of the tag \"{key}\" cannot be in several languages"),
                    format!("标签“{key}”的文字不能分语言填写。"),
                );
                self.wrong(element, &["type"], Code::HeadingUnknown, message);
                Tag::new("label")
            }
            None => Tag::new("label"),
        };
        Tag::new("tag").with("key", key).and(label)
    }

    fn choices_of(&self, id: ElementId, element: &Element, tag: &mut Tag) {
        let data_type = element.bind.as_ref().and_then(|b| b.text("type"));
        if !matches!(data_type, Some("string" | "odk:rank")) {
            let message = ("the data type of a select cannot be changed", "选择题的数据类型不能改。");
            self.wrong(element, &["bind", "type"], Code::SelectDataType, message);
        }
        let Some(itemset) = &element.itemset else {
            let message = (
                format!("\"{}\" needs the name of a list", element.question_type),
                format!("“{}”后面要写选项表的名称。", element.question_type),
            );
            self.wrong(element, &["type"], Code::ListMissing, message);
            return;
        };
        if !self.searching.contains(&id) {
            tag.push(self.itemset(id, element, itemset));
            return;
        }
        let Some(list) = self.choices.get(itemset) else { return };
        for (at, choice) in list.rows.iter().enumerate() {
            let label = if list.translated {
                Tag::new("label").with("ref", format!("jr:itext('{}-{at}')", list.name))
            } else {
                let label = choice.fields.text("label").filter(|_| element.label.is_some());
                label.map_or_else(|| Tag::new("label"), |label| Tag::new("label").text(label))
            };
            if !self.spend(choice.name().len() + 64) {
                return;
            }
            tag.push(Tag::new("item").and(label).and(Tag::new("value").text(choice.name())));
        }
    }

    /// Finds the questions with `search()`, whose choices are written into them.
    pub(super) fn find_searches(&mut self) {
        let mut lists: Vec<(ElementId, String, bool)> = Vec::new();
        for (id, element) in self.tree.all().filter(|(_, e)| e.kind == Kind::Question && e.class == Class::Select) {
            let searches = element.control.text("appearance").is_some_and(is_search);
            let Some(itemset) = &element.itemset else { continue };
            lists.push((id, element.list_name.clone().unwrap_or_default(), searches));
            if !searches {
                continue;
            }
            if EXTENSIONS.contains(&split_extension(itemset).1) {
                let message = (
                    "search() does not go with choices from a file: remove it, or change the type",
                    "选项来自文件时不能用 search()：请去掉它，或换一种题型。",
                );
                self.wrong(element, &["type"], Code::SearchOfFile, message);
                continue;
            }
            self.searching.insert(id);
            self.searched.insert(itemset.clone());
        }
        for (id, list, _) in lists.iter().filter(|(_, list, searches)| *searches && !list.is_empty()) {
            let other = lists.iter().find(|(_, l, searches)| !searches && l == list);
            if let (Some((other, ..)), Some(element)) = (other, self.element(*id)) {
                let other = self.element(*other).map_or("", |e| e.name.as_str());
                let message = (
                    format!(
                        "the list \"{list}\" is used with search() here, and without by \"{other}\": use two lists"
                    ),
                    format!("选项表“{list}”在这里用了 search()，题目“{other}”却没有用：请分成两个选项表。"),
                );
                self.wrong(element, &["type"], Code::SearchSharesList, message);
            }
        }
    }
}

/// Whether an appearance calls `search(…)`.
fn is_search(appearance: &str) -> bool {
    appearance.len() > 7
        && appearance
            .split_once("search(")
            .is_some_and(|(_, rest)| rest.lines().next().unwrap_or_default().contains(')'))
}
