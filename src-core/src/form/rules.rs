//! Measures that the answers suggest: the rules of the sheet `plan`.
//!
//! A rule's `when` is evaluated once on the whole form, with `.` as the root; `${temperature}` of a repeat is then
//! the set of all instances (`min(${temperature}[. != '']) < 18`). With a repeat's name in the column
//! `foreach`, it is evaluated once for each of its relevant instances, and `${temperature}` is that instance's.

use super::expr::{NodeRef, evaluate};
use super::model::Priority;
use super::session::Session;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A measure that a rule suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Name of the measure, stable over languages and versions.
    pub measure: String,
    /// The instance that it is about, for rules with `foreach`: `/data/rooms[2]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The measure in words, by language code (`zh`, `en`; the whole heading when it has no code).
    pub label: BTreeMap<String, String>,
    /// How soon.
    pub priority: Priority,
    /// Days until it is due; 0 = today.
    pub days: u32,
    /// Why, by language code, with `${name}` filled in (choices by their labels).
    pub why: BTreeMap<String, String>,
}

/// What the answers suggest: urgent first, then as the sheet has them.
pub fn suggest(session: &Session) -> Vec<Suggestion> {
    let form = session.form().clone();
    let program = session.program().clone();
    let mut found = Vec::new();
    // One copy a language: texts are filled in the language of the session that fills them.
    let spoken: Vec<(String, Session)> =
        form.languages.iter().enumerate().map(|(i, name)| (code(name), session.in_language(i))).collect();
    for rule in &form.rules {
        let item = match &rule.foreach {
            None => 0,
            Some(name) => match program.find(name, 0) {
                Some(item) => item,
                None => continue,
            },
        };
        let (Ok(when), Ok(why)) = (program.compile_expr(&rule.when, item), program.compile_text(&rule.why, item))
        else {
            continue;
        };
        for id in session.relevant_nodes(item) {
            let node = NodeRef::new(0, id);
            if !evaluate(&when, session, node, node).is_ok_and(|v| v.truth()) {
                continue;
            }
            let texts = |text: &dyn Fn(usize, &Session) -> String| -> BTreeMap<String, String> {
                spoken.iter().enumerate().map(|(i, (code, s))| (code.clone(), text(i, s))).collect()
            };
            found.push(Suggestion {
                measure: rule.measure.clone(),
                at: rule.foreach.is_some().then(|| session.reference_of(id)),
                label: texts(&|i, _| rule.label.get(i).to_owned()),
                priority: rule.priority,
                days: rule.days,
                why: texts(&|_, s| s.fill(&why, id, true)),
            });
        }
    }
    crate::order::sort_by_key(&mut found, |s| s.priority);
    found
}

fn code(language: &str) -> String {
    match super::model::split_language(language) {
        (_, code) if !code.is_empty() => code.to_owned(),
        (bare, _) => bare.to_owned(),
    }
}

impl Session {
    fn relevant_nodes(&self, item: usize) -> Vec<u32> {
        self.field_nodes(item).into_iter().filter(|id| self.is_relevant(*id)).collect()
    }
}
