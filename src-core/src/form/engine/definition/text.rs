//! Labels, hints and messages: pieces of text and values among them, in the form's languages.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::read::Reader;
use super::{ExprId, InstanceSource};
use crate::form::engine::problem::Role;
use crate::xml::{Document, Kind, NodeId};

#[derive(Debug, Clone)]
pub(in crate::form::engine) enum Part {
    Literal(String),
    /// `<output value="…"/>`
    Output(ExprId),
}

#[derive(Debug, Clone)]
pub(in crate::form::engine) enum Text {
    /// Stands in the element itself.
    Parts(Vec<Part>),
    /// `ref` to a node.
    Reference(ExprId),
    /// `jr:itext(…)`: the expression gives the identifier of the text.
    Itext { id: ExprId, constant: Option<String> },
}

/// One `<value>` of an itext entry.
#[derive(Debug, Clone)]
pub(in crate::form::engine) struct ItextValue {
    /// `image`, `audio`, `video`, `big-image`, `guidance`, `long`, `short`; none is the text itself.
    pub(in crate::form::engine) form: Option<String>,
    pub(in crate::form::engine) parts: Vec<Part>,
}

/// language → identifier → values
#[derive(Debug, Default)]
pub(in crate::form::engine) struct Itext(pub(super) Vec<HashMap<String, Vec<ItextValue>>>);

impl Itext {
    pub(in crate::form::engine) fn get(&self, language: usize, id: &str) -> Option<&[ItextValue]> {
        self.0.get(language)?.get(id).map(Vec::as_slice)
    }

    /// The identifiers of texts with values filled in that items of secondary instances can name: those that stand in
    /// one of them; all, where an instance is a file, of which nothing is known yet.
    pub(super) fn named_by_items(
        &self,
        document: &Document,
        instances: &BTreeMap<String, InstanceSource>,
    ) -> HashSet<String> {
        let filled = |values: &[ItextValue]| {
            values.iter().any(|value| value.parts.iter().any(|part| matches!(part, Part::Output(_))))
        };
        let texts = self.0.iter().flatten().filter(|(_, values)| filled(values));
        let all: HashSet<&str> = texts.map(|(id, _)| id.as_str()).collect();
        let mut named = HashSet::new();
        for source in instances.values() {
            match source {
                InstanceSource::External(_) => return all.into_iter().map(str::to_owned).collect(),
                InstanceSource::Inline(_) if all.is_empty() => {}
                InstanceSource::Inline(instance) => named.extend(
                    document
                        .descendants(*instance)
                        .filter(|&node| document.kind(node) == Kind::Text)
                        .map(|node| document.string_value(node))
                        .filter(|text| all.contains(text.trim()))
                        .map(|text| text.trim().to_owned()),
                ),
            }
        }
        named
    }

    /// Every language's values of an identifier, or of all of them.
    pub(super) fn values<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a ItextValue> {
        self.0.iter().flat_map(move |texts| {
            let one = id.and_then(|id| texts.get(id)).into_iter();
            let all = id.is_none().then(|| texts.values()).into_iter().flatten();
            one.chain(all).flatten()
        })
    }
}

/// What stands between the brackets of `jr:itext(…)`.
pub(super) fn itext_argument(source: &str) -> Option<&str> {
    let inner = source.trim().strip_prefix("jr:itext")?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    Some(inner.trim())
}

fn literal(source: &str) -> Option<&str> {
    ['\'', '"'].into_iter().find_map(|quote| {
        let inner = source.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    })
}

impl Reader<'_> {
    /// The text that a `ref` attribute or a message names.
    pub(super) fn referenced_text(&mut self, source: &str, node: &str, role: Role) -> Option<Text> {
        match itext_argument(source) {
            Some(argument) => {
                let constant = literal(argument).map(str::to_owned);
                Some(Text::Itext { id: self.expression(argument, node, role)?, constant })
            }
            None => Some(Text::Reference(self.expression(source, node, role)?)),
        }
    }

    /// The text of a `<label>` or `<hint>`.
    pub(super) fn text(&mut self, element: NodeId, node: &str, role: Role) -> Option<Text> {
        match self.form.attribute(element, "ref") {
            Some(source) => self.referenced_text(source, node, role),
            None => Some(Text::Parts(self.parts(element, node, role))),
        }
    }

    /// `jr:constraintMsg` and its like: a text as it stands, or of itext.
    pub(super) fn message(&mut self, text: &str, node: &str, role: Role) -> Option<Text> {
        match itext_argument(text) {
            Some(_) => self.referenced_text(text, node, role),
            None => Some(Text::Parts(vec![Part::Literal(text.to_owned())])),
        }
    }

    pub(super) fn parts(&mut self, element: NodeId, node: &str, role: Role) -> Vec<Part> {
        let children: Vec<NodeId> = self.form.children(element).collect();
        let mut parts = Vec::new();
        for child in children {
            match self.form.kind(child) {
                Kind::Text => parts.push(Part::Literal(self.form.text(child).to_owned())),
                Kind::Element if self.form.local_name(child) == "output" => {
                    let form = self.form;
                    let value = form.attribute(child, "value").or_else(|| form.attribute(child, "ref"));
                    parts.extend(value.and_then(|source| self.expression(source, node, role)).map(Part::Output));
                }
                _ => {}
            }
        }
        parts
    }

    /// The languages, the default one first, and their texts.
    pub(super) fn itext(&mut self, model: NodeId) -> (Vec<String>, Itext) {
        let Some(itext) = self.form.child(model, "itext") else {
            return (vec![String::new()], Itext::default());
        };
        let mut translations: Vec<NodeId> = self.form.children_named(itext, "translation").collect();
        let is_default = |t: NodeId| self.form.attribute(t, "default").is_some_and(|v| !v.starts_with("false"));
        if let Some(at) = translations.iter().position(|&t| is_default(t)) {
            let first = translations.remove(at);
            translations.insert(0, first);
        }
        let mut languages = Vec::new();
        let mut all = Vec::new();
        for translation in translations {
            languages.push(self.form.attribute(translation, "lang").unwrap_or("").to_owned());
            let mut texts = HashMap::new();
            for text in self.form.children_named(translation, "text").collect::<Vec<_>>() {
                let id = self.form.attribute(text, "id").unwrap_or("").to_owned();
                let values = self.form.children_named(text, "value").collect::<Vec<_>>();
                let values = values.into_iter().map(|value| ItextValue {
                    form: self.form.attribute(value, "form").map(str::to_owned),
                    parts: self.parts(value, &id, Role::Label),
                });
                let values = values.collect();
                texts.insert(id, values);
            }
            all.push(texts);
        }
        if languages.is_empty() {
            languages.push(String::new());
        }
        (languages, Itext(all))
    }
}
