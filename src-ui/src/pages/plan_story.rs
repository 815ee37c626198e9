//! A plan's story in words: what was set together becomes one line, the newest first.

use huce_core::{
    clock::Millis,
    ids::PersonId,
    ipc::plan::{PlanPage, PlanStory},
    order::sort_by_key,
    plan::{Plan, field},
};
use serde_json::Value;

use crate::{form::text, i18n::*};

/// One line of the story.
#[derive(Debug, Clone, PartialEq)]
pub struct Chapter {
    /// What happened.
    pub title: String,
    /// What else was set with it.
    pub more: String,
    /// When.
    pub when_ms: Millis,
    /// Who, by name.
    pub person: String,
    /// Not on the server yet.
    pub unsent: bool,
    /// Its state colour.
    pub tone: &'static str,
}

/// Where adding a measure stands among what was set together.
const ADDED: u8 = 3;

fn is_title(field: &str) -> bool {
    field.starts_with("measure/") && field.ends_with("/title")
}

/// The story.
pub fn story(i18n: I18n, page: &PlanPage, name_of: &dyn Fn(&PersonId) -> String) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    for together in page.story.chunk_by(|a, b| a.when_ms == b.when_ms && a.person == b.person) {
        let Some(first) = together.first() else { continue };
        let mut said: Vec<(u8, &'static str, String)> =
            together.iter().filter_map(|line| words(i18n, &page.line.plan, line, together, name_of)).collect();
        // Several measures taken over at once are one line.
        let added: Vec<&str> =
            together.iter().filter(|l| is_title(&l.field)).filter_map(|l| l.value.as_str()).collect();
        if added.len() > 1 {
            said.retain(|(weight, _, _)| *weight != ADDED);
            said.push((ADDED, "warn", text!(i18n, plan.did_add_some, n = added.len())));
            said.push((ADDED + 1, "warn", added.join(" · ")));
        }
        sort_by_key(&mut said, |(weight, _, _)| *weight);
        let mut texts = said.iter().map(|(_, _, text)| text.clone());
        let Some(title) = texts.next() else { continue };
        chapters.push(Chapter {
            title,
            more: texts.collect::<Vec<_>>().join(" · "),
            when_ms: first.when_ms,
            person: name_of(&first.person),
            unsent: together.iter().any(|l| l.unsent),
            tone: said.first().map_or("plain", |(_, tone, _)| tone),
        });
    }
    chapters
}

fn words(
    i18n: I18n,
    plan: &Plan,
    line: &PlanStory,
    together: &[PlanStory],
    name_of: &dyn Fn(&PersonId) -> String,
) -> Option<(u8, &'static str, String)> {
    let value = &line.value;
    match line.field.as_str() {
        field::DIAGNOSIS => Some((6, "plain", value.as_str()?.to_owned())),
        field::CONSENT => Some(match value.as_bool()? {
            true => (1, "good", text!(i18n, plan.did_agree)),
            false => (1, "bad", text!(i18n, plan.did_decline)),
        }),
        field::BEFORE_C => Some((4, "calm", text!(i18n, plan.did_before, c = degrees(value)?))),
        field::AFTER_C => Some((2, "good", text!(i18n, plan.did_after, c = degrees(value)?))),
        field::CLOSED => Some(match value.as_bool()? {
            true => (0, "good", text!(i18n, plan.did_close)),
            false => (0, "warn", text!(i18n, plan.did_reopen)),
        }),
        other => {
            let mut parts = other.split('/');
            match (parts.next()?, parts.next()?, parts.next()?) {
                ("measure", id, part) => measure(i18n, plan, id, part, value, together, name_of),
                ("follow", days, "due") => {
                    let day = value.as_str()?;
                    Some((5, "calm", text!(i18n, plan.did_schedule, days = days, day = day)))
                }
                ("follow", days, "done_c") => {
                    Some((1, "good", text!(i18n, plan.did_follow_up, days = days, c = degrees(value)?)))
                }
                _ => None,
            }
        }
    }
}

fn measure(
    i18n: I18n,
    plan: &Plan,
    id: &str,
    part: &str,
    value: &Value,
    together: &[PlanStory],
    name_of: &dyn Fn(&PersonId) -> String,
) -> Option<(u8, &'static str, String)> {
    let title = plan.measures.iter().find(|m| m.id.as_str() == id).map_or(id, |m| m.title.as_str());
    // What is set when a measure is added is part of adding it.
    let added = together.iter().any(|l| l.field == format!("measure/{id}/title"));
    match part {
        "title" => Some((ADDED, "warn", text!(i18n, plan.did_add, what = value.as_str()?))),
        "state" if !added => Some(match value.as_str()? {
            "done" => (0, "good", text!(i18n, plan.did_finish, what = title)),
            "dropped" => (0, "plain", text!(i18n, plan.did_drop, what = title)),
            _ => (0, "warn", text!(i18n, plan.did_undo, what = title)),
        }),
        "who" if !added => {
            let person = PersonId::new(value.as_str()?).ok()?;
            Some((3, "plain", text!(i18n, plan.did_assign, what = title, who = name_of(&person))))
        }
        "until" if !added => {
            let day = value.as_str()?;
            Some((3, "plain", text!(i18n, plan.did_date, what = title, day = day)))
        }
        _ => None,
    }
}

fn degrees(value: &Value) -> Option<String> {
    value.as_f64().map(|c| format!("{c:.1}"))
}
