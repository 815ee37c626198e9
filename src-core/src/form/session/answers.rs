//! The answers as typed JSON, out and in.

use super::{Role, Session};
use crate::form::expr::value::plain_number;
use crate::form::model::{ItemId, Kind};
use serde_json::{Map, Number, Value as Json};

impl Session {
    /// The answers: groups as objects, repeats as arrays of objects, numbers as numbers, several choices as an
    /// array of names, a ticked box as `true`, everything else as text. What is not relevant, not answered or
    /// only shown is left out. The root's name is left out too: `{"rooms":[{"room":"living","temperature":17.5}]}`.
    pub fn answers(&self) -> Json {
        Json::Object(self.object(0))
    }

    fn object(&self, id: u32) -> Map<String, Json> {
        let mut map = Map::new();
        for child in self.children_of(id) {
            let Some(node) = self.node_at(*child).filter(|n| n.relevant) else { continue };
            let Some(item) = self.form().item(node.item) else { continue };
            match node.role {
                Role::Group | Role::Instance => {
                    let inner = self.object(*child);
                    if !inner.is_empty() {
                        map.insert(item.name.clone(), Json::Object(inner));
                    }
                }
                Role::Range => {
                    // An empty instance keeps its place, so that `rooms[2]` stays the second; and no instance at
                    // all is not the same as the one that a new form begins with.
                    let list: Vec<Json> = node.children.iter().map(|i| Json::Object(self.object(*i))).collect();
                    map.insert(item.name.clone(), Json::Array(list));
                }
                Role::Leaf if node.value.is_empty() || (item.kind == Kind::Note && item.calculation.is_none()) => {}
                Role::Leaf => {
                    map.insert(item.name.clone(), typed(item.kind, &node.value));
                }
            }
        }
        map
    }

    /// Sets answers as `answers` writes them on a session. Instances are added and removed to match the arrays;
    /// what is computed is computed anew; what does not fit the form (unknown names, choices that are gone,
    /// malformed values) is passed over and its reference reported.
    pub fn load_answers(&mut self, answers: &Json) -> Vec<String> {
        let mut passed_over = Vec::new();
        // Twice: an answer may only be offered, or its instance exist, once a later one is known.
        for _ in 0..2 {
            passed_over.clear();
            self.load(0, answers, &mut passed_over);
            self.settle();
        }
        self.take_changes();
        passed_over
    }

    fn load(&mut self, id: u32, answers: &Json, passed_over: &mut Vec<String>) {
        let Some(object) = answers.as_object() else { return };
        let form = self.form().clone();
        let Some(item) = self.node_at(id).and_then(|n| form.item(n.item)) else { return };
        let find = |name: &str| -> Option<ItemId> {
            item.children.iter().copied().find(|c| form.item(*c).is_some_and(|i| i.name == name))
        };
        for name in object.keys().filter(|name| find(name).is_none()) {
            passed_over.push(format!("{}/{name}", self.reference(id)));
        }
        for child in &item.children {
            let Some(definition) = form.item(*child) else { continue };
            let Some(answer) = object.get(&definition.name) else { continue };
            let Some(node) = self.child_for(id, *child) else { continue };
            match definition.kind {
                Kind::Group => self.load(node, answer, passed_over),
                Kind::Repeat => self.load_repeat(node, answer, passed_over),
                // Computed anew, or fixed when the session was opened.
                kind if !kind.is_question() && kind != Kind::Hidden && kind != Kind::Preload => {}
                _ => {
                    let text = Session::json_text(answer);
                    match self.checked(node, definition, "", &text) {
                        Ok(value) => {
                            self.assign(node, value);
                        }
                        Err(_) => passed_over.push(self.reference(node)),
                    }
                    self.settle();
                }
            }
        }
    }

    fn load_repeat(&mut self, range: u32, answer: &Json, passed_over: &mut Vec<String>) {
        let Some(list) = answer.as_array() else { return };
        if !self.is_counted(range) {
            while self.children_of(range).len() > list.len() {
                let Some(last) = self.children_of(range).last().copied() else { break };
                self.drop_instance(last);
            }
            while self.children_of(range).len() < list.len() {
                if self.add_instance(range, false).is_none() {
                    break;
                }
            }
            self.settle();
        }
        for (i, inner) in list.iter().enumerate() {
            match self.children_of(range).get(i).copied() {
                Some(instance) => self.load(instance, inner, passed_over),
                None => passed_over.push(format!("{}[{}]", self.reference(range), i + 1)),
            }
        }
    }
}

fn typed(kind: Kind, value: &str) -> Json {
    match kind {
        Kind::Integer => value.parse::<i64>().map_or_else(|_| Json::String(value.into()), Json::from),
        Kind::Decimal | Kind::Range | Kind::Calculate => match number(value) {
            Some(number) => Json::Number(number),
            None => Json::String(value.into()),
        },
        Kind::SelectMultiple | Kind::Rank => {
            Json::Array(value.split_whitespace().map(|w| Json::String(w.into())).collect())
        }
        Kind::Acknowledge => Json::Bool(value == "OK"),
        _ => Json::String(value.into()),
    }
}

/// Only what reads back as it was written counts as a number: `007` and codes stay text.
fn number(value: &str) -> Option<Number> {
    let digits = value.trim_start_matches('-');
    if digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.") {
        return None;
    }
    match value.parse::<i64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => plain_number(value).and_then(Number::from_f64),
    }
}
