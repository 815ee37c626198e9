//! The sheet `plan`: when, foreach, measure, priority, days, why, label, the last two in languages.

use super::columns::Table;
use super::{AuthorError, broken, check_functions, text};
use crate::form::model::{Form, Kind, Priority, Rule, Text};
use crate::form::program::Program;

pub(super) fn read_rules(table: &Table, languages: &[String], errors: &mut Vec<AuthorError>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (number, row) in &table.rows {
        let mut wrong = |column: &str, message: String, hint: Option<&str>| {
            errors.push(AuthorError::new(table.sheet, *number, column, message, hint.map(str::to_owned)));
        };
        let (when, measure) = (table.cell(row, "when"), table.cell(row, "measure"));
        if when.is_empty() {
            wrong("when", "a rule needs a condition".into(), Some("`true()` suggests the measure always"));
        }
        if measure.is_empty() {
            wrong("measure", "a rule needs a measure".into(), None);
        }
        let priority = match table.cell(row, "priority").to_lowercase().as_str() {
            "urgent" | "紧急" | "1" => Priority::Urgent,
            "high" | "高" | "2" => Priority::High,
            "" | "normal" | "一般" | "中" | "3" => Priority::Normal,
            "low" | "低" | "4" => Priority::Low,
            other => {
                wrong("priority", format!("`{other}` is no priority"), Some("urgent, high, normal or low"));
                Priority::Normal
            }
        };
        let days_text = table.cell(row, "days");
        let days = match days_text.parse::<f64>() {
            Ok(days) if days >= 0.0 && days.fract() == 0.0 && days <= 3_650.0 => days as u32,
            _ => {
                wrong("days", format!("`{days_text}` is no whole number of days"), Some("0 means today"));
                0
            }
        };
        let mut label = text(table, row, "label", languages);
        if label.is_empty() {
            label = Text::plain(measure);
        }
        rules.push(Rule {
            when: when.to_owned(),
            foreach: Some(table.cell(row, "foreach").to_owned()).filter(|s| !s.is_empty()),
            measure: measure.to_owned(),
            label,
            priority,
            days,
            why: text(table, row, "why", languages),
            row: *number,
        });
    }
    rules
}

pub(super) fn check_rules(form: &Form, program: &Program, errors: &mut Vec<AuthorError>) {
    for rule in &form.rules {
        let mut from = 0;
        if let Some(name) = &rule.foreach {
            match program.find(name, 0).filter(|id| form.item(*id).is_some_and(|i| i.kind == Kind::Repeat)) {
                Some(id) => from = id,
                None => {
                    let message = format!("there is no repeat `{name}`");
                    errors.push(AuthorError::new("plan", rule.row, "foreach", message, None));
                }
            }
        }
        if !rule.when.is_empty() {
            match program.compile_expr(&rule.when, from) {
                Ok(expr) => check_functions(&expr, "plan", rule.row, errors),
                Err(problem) => errors.push(broken("plan", rule.row, problem)),
            }
        }
        if let Err(problem) = program.compile_text(&rule.why, from) {
            errors.push(broken("plan", rule.row, problem));
        }
    }
}
