//! A record to be read: every question that was answered, in the form's words.

use std::sync::Arc;

use serde_json::Value;

use super::OpenForm;
use crate::form::engine::{Environment, NodeKind};
use crate::form::model::Form;

/// Every answered question in the form's order: (question in Chinese, in English, answer). Rooms and other repeats are
/// numbered. Choices are shown by their words in both languages, files and values that nobody was asked for are left
/// out. `environment` is that in which the record was made.
pub fn in_words(form: &Arc<Form>, environment: Environment, answers: &Value) -> Vec<(String, String, String)> {
    let open = |language: &str| {
        let environment = Environment { language: Some(language.to_owned()), ..environment.clone() };
        let mut open = OpenForm::new(form.clone(), environment);
        open.load_answers(answers);
        open
    };
    let (zh, en) = (open("zh"), open("en"));
    let mut lines = Vec::new();
    for (line, other) in zh.lines.iter().zip(&en.lines) {
        let question = zh.question(line);
        let state = &line.state;
        let value = state.value.as_deref().unwrap_or_default();
        let asked = question.kind.is_question() && !question.kind.is_media() && state.relevant;
        if !asked || value.is_empty() || matches!(state.kind, NodeKind::ModelValue | NodeKind::Note) {
            continue;
        }
        let answer = match (&state.choices, &other.state.choices) {
            (Some(zh), Some(en)) => {
                let word = |name: &str| both(zh.label(name).unwrap_or(name), en.label(name).unwrap_or(name));
                value.split_whitespace().map(word).collect::<Vec<_>>().join("、")
            }
            _ => format!("{value} {}", question.unit).trim_end().to_owned(),
        };
        lines.push((zh.title_of(&state.reference), en.title_of(&state.reference), answer));
    }
    lines
}

/// `开 / open`
fn both(zh: &str, en: &str) -> String {
    if zh == en { zh.to_owned() } else { format!("{zh} / {en}") }
}

impl OpenForm {
    /// `房间 2 · 室温`: a question behind the repeats that it stands in, in the language in use.
    fn title_of(&self, reference: &str) -> String {
        let label = |reference: &str| self.line(reference).map_or(String::new(), |line| self.heading(line));
        let mut title = String::new();
        for (at, _) in reference.match_indices('[') {
            let range = reference.get(..at).unwrap_or_default();
            let number = reference.get(at + 1..).and_then(|rest| rest.split(']').next()).unwrap_or_default();
            title.push_str(&format!("{} {number} · ", label(range)));
        }
        title + &label(reference)
    }
}
