//! The answers as typed JSON, out and in.

use serde_json::{Map, Number, Value as Json};

use super::{Line, OpenForm};
use crate::form::engine::{NodeKind, Step};
use crate::form::model::Kind;

impl OpenForm {
    /// The answers: groups as objects, repeats as arrays of objects, numbers as numbers, several choices as an array of
    /// names, a ticked box as `true`, everything else as text. What is not relevant, not answered or only shown is left
    /// out. The root's name is left out too: `{"rooms":[{"room":"living","temperature":17.5}]}`.
    pub fn answers(&self) -> Json {
        let mut lines = self.lines.iter().skip(1).peekable();
        Json::Object(self.object("", &mut lines))
    }

    /// What stands below `above` (a reference, "" for the form).
    fn object<'a>(
        &self,
        above: &str,
        lines: &mut std::iter::Peekable<impl Iterator<Item = &'a Line>>,
    ) -> Map<String, Json> {
        let mut map = Map::new();
        while let Some(line) = lines.next_if(|line| line.state.reference.starts_with(above)) {
            let reference = &line.state.reference;
            let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
            match line.state.kind {
                NodeKind::Group => {
                    let inner = self.object(&format!("{reference}/"), lines);
                    if line.state.relevant && !inner.is_empty() {
                        map.insert(name, Json::Object(inner));
                    }
                }
                NodeKind::UncontrolledRange | NodeKind::ControlledRange => {
                    let mut list = Vec::new();
                    // An empty instance keeps its place, so that `rooms[2]` stays the second; and no instance at all is
                    // not the same as the one that a new form begins with.
                    while let Some(instance) = lines.next_if(|l| {
                        l.state.kind == NodeKind::RepeatInstance
                            && l.state.reference.starts_with(&format!("{reference}["))
                    }) {
                        list.push(Json::Object(self.object(&format!("{}/", instance.state.reference), lines)));
                    }
                    if line.state.relevant {
                        map.insert(name, Json::Array(list));
                    }
                }
                _ => {
                    let kind = self.question(line).kind;
                    let value = line.state.value.as_deref().unwrap_or_default();
                    if line.state.relevant && !value.is_empty() && kind != Kind::Note {
                        map.insert(name, typed(kind, value));
                    }
                }
            }
        }
        map
    }

    /// Sets answers as [`OpenForm::answers`] writes them. Instances are added and removed to match the arrays; what is
    /// computed is computed anew; what does not fit the form (unknown names, choices that are gone, malformed values)
    /// is passed over and its reference reported.
    pub fn load_answers(&mut self, answers: &Json) -> Vec<String> {
        let mut passed_over = Vec::new();
        let root = self.lines.first().map(|line| line.state.reference.clone()).unwrap_or_default();
        // Twice: an answer may only be offered, or its instance exist, once a later one is known.
        for _ in 0..2 {
            passed_over.clear();
            self.load(&root, answers, &mut passed_over);
        }
        self.read_all();
        passed_over
    }

    fn load(&mut self, above: &str, answers: &Json, passed_over: &mut Vec<String>) {
        let Some(object) = answers.as_object() else { return };
        let known = self.names_below(above);
        for name in object.keys().filter(|name| !known.contains(name)) {
            passed_over.push(format!("{above}/{name}"));
        }
        for name in known {
            let Some(answer) = object.get(&name) else { continue };
            let reference = format!("{above}/{name}");
            let Some(question) = self.form.question(&reference) else { continue };
            match question.kind {
                Kind::Group => self.load(&reference, answer, passed_over),
                Kind::Repeat => self.load_repeat(&reference, answer, passed_over),
                Kind::Note => {}
                // Computed anew, or fixed when the form was opened.
                Kind::Hidden => {}
                _ => {
                    let value = json_text(answer);
                    let taken = self.session.taken(&reference, &value);
                    if taken.is_err() || (taken.is_ok_and(|taken| taken.is_empty()) && !value.is_empty()) {
                        passed_over.push(reference);
                        continue;
                    }
                    self.session.apply(&Step::Set { reference, value });
                }
            }
        }
    }

    /// The names of what a group, an instance or the form holds, in order.
    fn names_below(&self, above: &str) -> Vec<String> {
        let path = crate::form::model::path_of(above);
        let below = self.form.questions.iter().filter_map(|q| q.path.strip_prefix(&path)?.strip_prefix('/'));
        below.filter(|name| !name.contains('/')).map(str::to_owned).collect()
    }

    fn load_repeat(&mut self, reference: &str, answer: &Json, passed_over: &mut Vec<String>) {
        let Some(list) = answer.as_array() else { return };
        let count = |form: &Self| form.session.state_of(reference).and_then(|s| s.count).unwrap_or(0);
        // What is counted refuses both; so does a form that is full.
        while count(self) > list.len() {
            let last = format!("{reference}[{}]", count(self));
            if self.session.apply(&Step::RemoveRepeat { reference: last }).refused.is_some() {
                break;
            }
        }
        while count(self) < list.len() {
            if self.session.apply(&Step::AddRepeat { reference: reference.to_owned() }).refused.is_some() {
                break;
            }
        }
        let there = count(self);
        for (i, inner) in list.iter().enumerate() {
            let instance = format!("{reference}[{}]", i + 1);
            if i < there {
                self.load(&instance, inner, passed_over);
            } else {
                passed_over.push(instance);
            }
        }
    }
}

/// A value from typed JSON: text, number, true, or an array of names.
fn json_text(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        Json::Number(n) => n.to_string(),
        Json::Bool(true) => "OK".into(),
        Json::Array(list) => list.iter().map(json_text).collect::<Vec<_>>().join(" "),
        Json::Bool(false) | Json::Null | Json::Object(_) => String::new(),
    }
}

fn typed(kind: Kind, value: &str) -> Json {
    let text = || Json::String(value.to_owned());
    match kind {
        Kind::Integer | Kind::Decimal | Kind::Range | Kind::Hidden => number(value).map_or_else(text, Json::Number),
        Kind::SelectMultiple | Kind::Rank => {
            Json::Array(value.split_whitespace().map(|w| Json::String(w.into())).collect())
        }
        Kind::Acknowledge => Json::Bool(value == "OK"),
        _ => text(),
    }
}

/// Only what reads back as it was written counts as a number: `007` and codes stay text.
fn number(value: &str) -> Option<Number> {
    let digits = value.trim_start_matches('-');
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if !plain || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")) {
        return None;
    }
    match value.parse::<i64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => value.parse::<f64>().ok().and_then(Number::from_f64),
    }
}
