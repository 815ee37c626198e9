//! What the answers suggest (the sheet `plan`) and what they say that somebody must hear of (the sheet `findings`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OpenForm;
use crate::form::engine::{NodeKind, NodeState};
use crate::form::language::language_code;
use crate::form::model::{Priority, path_of};
use crate::form::xlsform::RuleKind;
use crate::request::{Category, Severity};

/// A measure that a rule suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Name of the measure, stable over languages and versions.
    pub measure: String,
    /// The instance that it is about, for rules of a repeat: `/data/rooms[2]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The measure in words, by language code (`zh`, `en`; the whole name when it has no code).
    pub label: BTreeMap<String, String>,
    /// How soon.
    pub priority: Priority,
    /// Days until it is due; 0 = today.
    pub days: u32,
    /// Why, by language code, with `${name}` filled in (choices by their labels).
    pub why: BTreeMap<String, String>,
}

/// Something that the answers say is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The row of the sheet `findings`.
    pub row: u32,
    /// The instance that it is about, for rules of a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// It in words, by language code, with `${name}` filled in.
    pub text: BTreeMap<String, String>,
}

/// A rule that holds, where, and what it says in each language.
struct Held {
    rule: usize,
    at: Option<String>,
    said: BTreeMap<String, String>,
}

impl OpenForm {
    /// What the answers suggest: urgent first, then as the sheet has them.
    pub fn suggestions(&mut self) -> Vec<Suggestion> {
        let form = self.form.clone();
        let mut found = Vec::new();
        for Held { rule, at, said } in self.held() {
            if let Some(RuleKind::Measure { measure, label, priority, days }) = form.rules.get(rule).map(|r| &r.kind) {
                let (measure, label) = (measure.clone(), by_code(label, form.languages()));
                found.push(Suggestion { measure, at, label, priority: *priority, days: *days, why: said });
            }
        }
        crate::order::sort_by_key(&mut found, |s| s.priority);
        found
    }

    /// What the answers say that is wrong, as the sheet has it.
    pub fn findings(&mut self) -> Vec<Finding> {
        let form = self.form.clone();
        let mut found = Vec::new();
        for Held { rule, at, said } in self.held() {
            let Some(rule) = form.rules.get(rule) else { continue };
            if let RuleKind::Finding { severity, category } = rule.kind {
                found.push(Finding { row: rule.place.row.unwrap_or(0), at, severity, category, text: said });
            }
        }
        found
    }

    /// The rules that hold, as the sheets have them, then by instance.
    fn held(&mut self) -> Vec<Held> {
        let form = self.form.clone();
        let notes: Vec<(usize, NodeState)> = {
            let by_path: BTreeMap<&str, usize> =
                form.rules.iter().enumerate().map(|(at, rule)| (rule.path.as_str(), at)).collect();
            let states = self.session.states().into_iter().filter(|s| s.kind == NodeKind::Note && s.relevant);
            let mut notes: Vec<_> =
                states.filter_map(|s| Some((*by_path.get(path_of(&s.reference).as_str())?, s))).collect();
            crate::order::sort_by_key(&mut notes, |(at, _)| *at);
            notes
        };
        let mut held: Vec<Held> =
            notes.iter().map(|(rule, s)| Held { rule: *rule, at: instance_of(s), said: BTreeMap::new() }).collect();
        let before = self.session.language().to_owned();
        for language in form.languages() {
            self.session.speak(language);
            for ((_, note), held) in notes.iter().zip(&mut held) {
                let text = self.session.label_in_words(&note.reference).unwrap_or_default();
                held.said.insert(language_code(language).to_owned(), text.trim().to_owned());
            }
        }
        self.session.speak(&before);
        held
    }
}

/// The instance that a rule of a repeat speaks of.
fn instance_of(state: &NodeState) -> Option<String> {
    let (above, _) = state.reference.rsplit_once('/')?;
    above.ends_with(']').then(|| above.to_owned())
}

/// Texts by the codes of the form's languages; one without a language is for all.
fn by_code(texts: &[(String, String)], languages: &[String]) -> BTreeMap<String, String> {
    let text = |language: &String| {
        let own = texts.iter().find(|(of, _)| of == language || of.is_empty() || of == "default").or(texts.first());
        (language_code(language).to_owned(), own.map(|(_, text)| text.clone()).unwrap_or_default())
    };
    languages.iter().map(text).collect()
}
