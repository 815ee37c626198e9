//! The choices of selects and ranks, and what an answer to such a question may be.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::Session;
use super::state::Rendered;
use super::tree::Ix;
use crate::form::engine::definition::{ControlKind, Items, Text};

/// The choices of one question at one time, in one language.
#[derive(Debug, Default)]
pub struct ChoiceList {
    values: Vec<String>,
    labels: Vec<String>,
    /// The picture of each, as the form names it (`jr://images/a.jpg`), "" for none; empty where no choice has one.
    images: Vec<String>,
    by_value: OnceLock<HashMap<String, usize>>,
}

impl PartialEq for ChoiceList {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.labels == other.labels && self.images == other.images
    }
}

/// Lists up to here are gone through rather than indexed.
const FEW: usize = 16;

impl ChoiceList {
    fn new(values: Vec<String>, labels: Vec<Rendered>) -> Self {
        let has_images = labels.iter().any(|label| label.media.image.is_some());
        let image = |label: &Rendered| label.media.image.clone().unwrap_or_default();
        let images = if has_images { labels.iter().map(image).collect() } else { Vec::new() };
        let labels = labels.into_iter().map(|label| label.text).collect();
        Self { values, labels, images, by_value: OnceLock::new() }
    }

    /// The picture of the choice at a place, as the form names it.
    #[must_use]
    pub fn image(&self, at: usize) -> Option<&str> {
        self.images.get(at).map(String::as_str).filter(|image| !image.is_empty())
    }

    /// How many choices there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Value and label of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(String::as_str).zip(self.labels.iter().map(String::as_str))
    }

    /// Value and label of the choice at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<(&str, &str)> {
        Some((self.values.get(at)?, self.labels.get(at)?))
    }

    /// The place of a value; of the last one where several choices have it.
    pub fn place(&self, value: &str) -> Option<usize> {
        if self.values.len() <= FEW {
            return self.values.iter().rposition(|v| v == value);
        }
        let index = self
            .by_value
            .get_or_init(|| self.values.iter().enumerate().map(|(at, value)| (value.clone(), at)).collect());
        index.get(value).copied()
    }

    /// The label of a value.
    #[must_use]
    pub fn label(&self, value: &str) -> Option<&str> {
        self.place(value).and_then(|at| self.labels.get(at)).map(String::as_str)
    }
}

impl Session {
    pub(super) fn refresh_choices(&mut self, ix: Ix) {
        let list = self.choice_list(ix);
        let known = self.node(ix).choices.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, &list) || **known == *list) {
            return;
        }
        self.touch(ix);
        self.node_mut(ix).choices = Some(list);
        self.refresh_value(ix);
        // Whoever asks for the label of a choice.
        let definition = Arc::clone(&self.definition);
        for reader in definition.graph.readers(self.node(ix).def) {
            for target in self.targets(ix, reader.node, reader.shared) {
                self.enqueue(target, reader.slot);
            }
        }
    }

    fn choice_list(&mut self, ix: Ix) -> Arc<ChoiceList> {
        let definition = Arc::clone(&self.definition);
        let id = self.node(ix).def;
        let items = definition.node(id).control.as_ref().and_then(|c| c.items.as_ref());
        let place = self.place(ix);
        match items {
            None => Arc::default(),
            Some(Items::Static(items)) => {
                let values = items.iter().map(|item| item.value.clone()).collect();
                let labels = items.iter().map(|item| match &item.label {
                    Some(label) => self.rendered(label, place),
                    None => Rendered::plain(item.value.clone()),
                });
                let labels = labels.collect();
                Arc::new(ChoiceList::new(values, labels))
            }
            Some(Items::Itemset { nodeset, value, label }) => {
                let constant = definition.graph.has_constant_items(id);
                let key = (
                    definition.expression(*nodeset).source().to_owned(),
                    definition.expression(*value).source().to_owned(),
                    self.label_key(label.as_ref()),
                    self.language,
                );
                if constant && let Some(list) = self.constant_lists.get(&key) {
                    return Arc::clone(list);
                }
                let nodes = self.item_nodes(*nodeset, ix);
                let values: Vec<String> = nodes.iter().map(|&item| self.item_text(*value, item)).collect();
                let labels = match label {
                    None => values.iter().cloned().map(Rendered::plain).collect(),
                    Some(label) => nodes.iter().map(|&item| self.item_label(label, item)).collect(),
                };
                let list = Arc::new(ChoiceList::new(values, labels));
                if constant {
                    self.constant_lists.insert(key, Arc::clone(&list));
                }
                list
            }
        }
    }

    fn label_key(&self, label: Option<&Text>) -> String {
        match label {
            Some(Text::Reference(id)) => format!("ref {}", self.definition.expression(*id).source()),
            Some(Text::Itext { id, .. }) => format!("itext {}", self.definition.expression(*id).source()),
            Some(Text::Parts(_)) | None => String::new(),
        }
    }

    /// What expressions see of an answer: nothing where it is not relevant, and only what can be chosen now. What was
    /// chosen stays known and comes back with its choice.
    pub(super) fn effective(&self, ix: Ix) -> String {
        let node = self.node(ix);
        if !node.relevant || node.base.is_empty() {
            return String::new();
        }
        let kind = self.control_kind(ix).filter(|_| self.is_select(ix));
        let (Some(kind), Some(list)) = (kind, &node.choices) else { return node.base.clone() };
        match kind {
            ControlKind::SelectOne => {
                if list.place(&node.base).is_some() {
                    node.base.clone()
                } else {
                    String::new()
                }
            }
            ControlKind::Rank => {
                let chosen: Vec<&str> = node.base.split(' ').filter(|v| list.place(v).is_some()).collect();
                // New items go to the end.
                let others = list.values.iter().map(String::as_str).filter(|v| !chosen.contains(v));
                chosen.iter().copied().chain(others).collect::<Vec<_>>().join(" ")
            }
            _ => node.base.split(' ').filter(|v| list.place(v).is_some()).collect::<Vec<_>>().join(" "),
        }
    }

    /// What an answer becomes before it is kept; none if it is not allowed.
    pub(super) fn chosen(&self, ix: Ix, value: &str) -> Option<String> {
        let none = ChoiceList::default();
        let list = self.node(ix).choices.as_deref().unwrap_or(&none);
        let words = || value.split_ascii_whitespace();
        Some(match self.control_kind(ix) {
            Some(ControlKind::SelectOne) => {
                if list.place(value).is_some() {
                    value.to_owned()
                } else {
                    String::new()
                }
            }
            Some(ControlKind::SelectMany) => {
                let mut places: Vec<usize> = words().filter_map(|v| list.place(v)).collect();
                places.sort_unstable();
                places.dedup();
                let chosen = places.iter().filter_map(|&at| list.values.get(at)).map(String::as_str);
                chosen.collect::<Vec<_>>().join(" ")
            }
            Some(ControlKind::Rank) => {
                if !value.is_empty() && !words().any(|v| list.place(v).is_some()) {
                    return None;
                }
                words().collect::<Vec<_>>().join(" ")
            }
            Some(ControlKind::Range) => {
                let value = self.decoded(ix, value);
                let bounds = self.def(ix).control.as_ref().and_then(|c| c.bounds());
                let number = value.parse::<f64>().ok();
                if let (Some((least, most)), Some(number)) = (bounds, number)
                    && !(least..=most).contains(&number)
                {
                    return None;
                }
                value
            }
            _ => self.decoded(ix, value),
        })
    }
}
